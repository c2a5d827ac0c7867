/* Posts transfers, keeps open items, shows the books. */
#include "server/ledger/ledger.h"
#include "ledger.sql.h"
#include "lib/base/find.h"
#include "lib/base/id.h"
#include "server/ledger/rules.h"
#include "server/routes_prototypes.h"
#include <assert.h>

const char *const ledger_sides[] = {"debit", "credit", NULL};

JSON_TYPE(ledger_account, LEDGER_ACCOUNT_FIELDS, .doc = "An account of the books.");
JSON_TYPE(ledger_account_chart, LEDGER_ACCOUNT_CHART_FIELDS, .doc = "The chart of accounts.");
JSON_TYPE(as_of_query, AS_OF_QUERY_FIELDS, .doc = "As of which day.");
JSON_TYPE(trial_balance_row, TRIAL_BALANCE_ROW_FIELDS, .doc = "An account in one currency.");
JSON_TYPE(trial_balance_total, TRIAL_BALANCE_TOTAL_FIELDS, .doc = "Debits and credits agree.");
JSON_TYPE(trial_balance, TRIAL_BALANCE_FIELDS, .doc = "What each account holds.");
JSON_TYPE(ledger_transfer, LEDGER_TRANSFER_FIELDS, .doc = "Value that moved between two accounts.");

static size_t transfer_rows(const struct transfer *t, size_t n,
                            struct ledger_transfers_insert_t *rows)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        assert(t[i].amount >= 0);
        if (t[i].amount == 0)
            continue;
        rows[used++] = (struct ledger_transfers_insert_t){
            .id = id_new(),
            .debit_account = t[i].debit_account,
            .credit_account = t[i].credit_account,
            .amount = t[i].amount,
            .currency = t[i].currency,
            .customer_id = t[i].customer_id,
            .debit_item = t[i].debit_item,
            .credit_item = t[i].credit_item,
            .document = t[i].document,
            .document_id = t[i].document_id,
            .effective_date = t[i].effective_date,
        };
    }
    return used;
}

err ledger_post(struct tx *tx, const struct transfer *t, size_t n)
{
    struct ledger_transfers_insert_t *rows = ARENA_ARRAY(tx->arena,
                                                         struct ledger_transfers_insert_t, n);
    struct ledger_day_sum *days = ARENA_ARRAY(tx->arena, struct ledger_day_sum, 2 * n);
    size_t n_rows = transfer_rows(t, n, rows), n_days;
    if (n_rows == 0)
        return OK;
    TRY(ledger_days_sum(t, n, days, &n_days));
    TRY(ledger_transfers_insert(tx, rows, n_rows));
    return ledger_days_add(tx, days, n_days);
}

err open_items_lock_queue(struct tx *tx, const int64_t *ids, size_t n, struct open_item_list *ret)
{
    return open_items_select_locked_queue(tx, ids, n, ret);
}

err open_items_lock(struct tx *tx, const int64_t *ids, size_t n, struct open_item_list *ret)
{
    return open_items_select_locked(tx, ids, n, ret);
}

struct open_item *open_item_find(const struct open_item_list *list, int64_t id)
{
    return LIST_FIND_ID(list, id);
}

int64_t open_item_reduce(struct open_item *item, int64_t by)
{
    int64_t was = item->disputed;
    item->open_amount -= by;
    if (item->disputed > item->open_amount)
        item->disputed = item->open_amount;
    return was - item->disputed;
}

err open_items_put(struct tx *tx, const struct open_item *items, size_t n)
{
    struct open_item *kept = ARENA_ARRAY(tx->arena, struct open_item, n);
    int64_t *settled = ARENA_ARRAY(tx->arena, int64_t, n);
    size_t n_kept = 0, n_settled = 0;
    for (size_t i = 0; i < n; i++) {
        assert(items[i].open_amount >= 0);
        if (items[i].open_amount == 0)
            settled[n_settled++] = items[i].id;
        else
            kept[n_kept++] = items[i];
    }
    if (n_settled > 0)
        TRY(open_items_delete(tx, settled, n_settled));
    return n_kept == 0 ? OK : open_items_upsert(tx, kept, n_kept);
}

err ledger_accounts(struct tx *tx, struct call *c, const struct none *in,
                    struct ledger_account_chart *ret)
{
    (void)c;
    (void)in;
#define CHART_ROW(name_, side_, doc_)                                                              \
    {.name = LEDGER_##name_, .normal_side = (side_), .description = (doc_)},
    const struct ledger_account chart[] = {LEDGER_ACCOUNTS(CHART_ROW)};
    ret->accounts.n = COUNT_OF(chart);
    ret->accounts.v = ARENA_ARRAY(tx->arena, struct ledger_account, COUNT_OF(chart));
    for (size_t i = 0; i < COUNT_OF(chart); i++)
        ret->accounts.v[i] = chart[i];
    return OK;
}

err ledger_trial_balance(struct tx *tx, struct call *c, const struct as_of_query *in,
                         struct trial_balance *ret)
{
    (void)c;
    ret->as_of = in->as_of == NIL32 ? tx->today : in->as_of;
    TRY(trial_balance_select(tx, ret->as_of, &ret->rows));
    return trial_balance_finish(ret, tx->arena);
}

err ledger_transfers_get(struct tx *tx, struct call *c, const struct none *in,
                         struct ledger_transfer *ret)
{
    (void)in;
    return ledger_transfer_load(tx, c->path_id[0], ret);
}
