/* Applying payments and credit notes to invoices: see apply.h. */
#include "server/cash/apply.h"
#include "cash.sql.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/credit/credit.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct application application_of(struct call *c, int64_t customer_id,
                                  const struct allocation_entry_list *entries, const char *policy)
{
    return (struct application){.call = c,
                                .entries = entries,
                                .oldest_due = policy != NULL && strcmp(policy, "oldest_due") == 0,
                                .customer_id = customer_id};
}

/* ---- search ---- */

static size_t count_named(const struct application *apps, size_t n)
{
    size_t named = 0;
    for (size_t i = 0; i < n; i++)
        named += apps[i].entries->n;
    return named;
}

/* The distinct invoices that the applications name, sorted, in an array with room for `more`. */
static int64_t *named_ids(struct arena *a, const struct application *apps, size_t n, size_t more,
                          size_t *ret_n)
{
    int64_t *ids = ARENA_ARRAY(a, int64_t, count_named(apps, n) + more);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < apps[i].entries->n; j++)
            ids[k++] = apps[i].entries->v[j].invoice_id;
    *ret_n = distinct_ids(ids, k);
    return ids;
}

bool payables_need_search(const struct application *apps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (apps[i].oldest_due)
            return true;
    return false;
}

static int by_customer(const void *a, const void *b)
{
    const struct oldest_open_select_w *x = a, *y = b;
    return (x->customer_id > y->customer_id) - (x->customer_id < y->customer_id);
}

err payables_search_queue(struct tx *tx, const struct application *apps, size_t n,
                          struct payables *ret)
{
    struct oldest_open_select_w *wanted = ARENA_ARRAY(tx->arena, struct oldest_open_select_w, n);
    size_t asking = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (apps[i].oldest_due)
            wanted[asking++] = (struct oldest_open_select_w){.customer_id = apps[i].customer_id,
                                                             .most = ALLOCATIONS_PER_REQUEST_MAX};
    if (asking == 0)
        return OK;
    qsort(wanted, asking, sizeof(*wanted), by_customer);
    for (size_t i = 0; i < asking; i++)
        if (kept > 0 && wanted[kept - 1].customer_id == wanted[i].customer_id)
            wanted[kept - 1].most += wanted[i].most;
        else
            wanted[kept++] = wanted[i];
    for (size_t i = 0; i < kept; i++)
        wanted[i].most += (int64_t)count_named(apps, n); /* those may be skipped */
    return oldest_open_select_queue(tx, wanted, kept, &ret->oldest);
}

/* ---- lock ---- */

/* All that the customer's applications may give to the oldest due. */
static int64_t money_of(const struct application *apps, size_t n, int64_t customer_id)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        if (apps[i].oldest_due && apps[i].customer_id == customer_id &&
            add64(sum, apps[i].available, &sum) != OK)
            return INT64_MAX;
    return sum;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Invoices that nobody names are paid strictly from the oldest on, so all their customer's money
 * together reaches no further than this. */
static size_t add_reached(const struct application *apps, size_t n,
                          const struct oldest_open_list *oldest, int64_t *ids, size_t n_named)
{
    size_t n_ids = n_named;
    int64_t left = 0;
    for (size_t i = 0; i < oldest->n; i++) {
        const struct oldest_open *o = &oldest->v[i];
        if (i == 0 || oldest->v[i - 1].customer_id != o->customer_id)
            left = money_of(apps, n, o->customer_id);
        if (left <= 0 || bsearch(&o->id, ids, n_named, sizeof(*ids), by_id) != NULL)
            continue;
        ids[n_ids++] = o->id;
        left -= o->open_amount;
    }
    return n_ids;
}

err payables_lock_queue(struct tx *tx, const struct application *apps, size_t n, struct payables *p)
{
    size_t n_ids;
    int64_t *ids = named_ids(tx->arena, apps, n, p->oldest.n, &n_ids);
    n_ids = add_reached(apps, n, &p->oldest, ids, n_ids);
    if (n_ids == 0)
        return OK;
    TRY(invoices_lock_queue(tx, ids, n_ids, &p->invoices));
    TRY(open_items_lock_queue(tx, ids, n_ids, &p->items));
    return invoices_taken_back_queue(tx, ids, n_ids, &p->back);
}

/* ---- decide ---- */

void application_read(struct arena *a, struct application *app)
{
    const struct allocation_entry_list *entries = app->entries;
    const char *currency = app->source->currency;
    struct cash_ask *asks = ARENA_ARRAY(a, struct cash_ask, entries->n);
    struct problem *p = app->call->problem;
    int exponent = currency_exponent(currency);
    for (size_t i = 0; i < entries->n; i++) {
        asks[i] = (struct cash_ask){.invoice_id = entries->v[i].invoice_id, .amount = NIL64};
        if (money_from_decimal(entries->v[i].amount, exponent, &asks[i].amount) != OK)
            fault(p, arena_printf(p->arena, "/allocations/%zu/amount", i), "scale",
                  "%s has %d decimals.", currency, exponent);
    }
    size_t repeated = cash_find_repeated(a, asks, entries->n);
    if (repeated < entries->n)
        fault(p, arena_printf(p->arena, "/allocations/%zu/invoice_id", repeated), "repeated",
              "The invoice is named before; add the amounts up.");
    app->asks = asks;
}

static const struct invoice_state *asked_invoice(const struct application *app, size_t i,
                                                 const struct payables *p)
{
    return invoice_state_find(&p->invoices, app->asks[i].invoice_id);
}

static err check_references(const struct application *app, const struct payables *payables)
{
    struct problem *p = app->call->problem;
    for (size_t i = 0; i < app->entries->n; i++) {
        const struct invoice_state *v = asked_invoice(app, i, payables);
        const char *at = arena_printf(p->arena, "/allocations/%zu/invoice_id", i);
        if (v == NULL)
            fault(p, at, "unknown", "There is no such invoice.");
        else if (v->customer_id != app->source->customer_id)
            fault(p, at, "other_customer", "The invoice belongs to another customer.");
    }
    return p->code;
}

/* How a sentence calls an invoice. */
static const char *invoice_name(struct arena *a, const struct invoice_state *v)
{
    char id[ID_TEXT_MAX];
    id_format("inv", v->id, id);
    return v->number != NULL ? v->number : arena_strdup(a, id);
}

static err check_states(const struct application *app, const struct payables *payables)
{
    struct problem *p = app->call->problem;
    for (size_t i = 0; i < app->entries->n; i++) {
        const struct invoice_state *v = asked_invoice(app, i, payables);
        const char *name = invoice_name(p->arena, v);
        if (!invoice_takes_money(v) && strcmp(v->status, "paid") != 0)
            return fail(p, ERR_WRONG_STATE,
                        "Invoice %s is %s; only a finalized invoice can be paid.", name,
                        strcmp(v->status, "draft") == 0 ? "a draft" : v->status);
        if (strcmp(v->currency, app->source->currency) != 0)
            return fail(p, ERR_CURRENCY_MISMATCH, "Invoice %s is in %s, the money in %s.", name,
                        v->currency, app->source->currency);
    }
    return OK;
}

static err tell_refusal(const struct application *app, const struct payables *payables,
                        const struct cash_refusal *r)
{
    struct problem *p = app->call->problem;
    const struct cash_ask *ask = &app->asks[r->ask];
    const char *currency = app->source->currency;
    const char *name = invoice_name(p->arena, asked_invoice(app, r->ask, payables));
    const char *limit = cash_text(p->arena, r->limit, currency);
    const char *asked = ask->amount == NIL64 ? "its open amount"
                                             : cash_text(p->arena, ask->amount, currency);
    if (r->why == CASH_OVER_OPEN)
        return fail(p, ERR_AMOUNT_EXCEEDED,
                    "Allocation %zu asks invoice %s for %s, but %s is open on it.", r->ask + 1,
                    name, asked, limit);
    return fail(p, ERR_AMOUNT_EXCEEDED,
                "Allocation %zu asks for %s for invoice %s, but %s is left to allocate.",
                r->ask + 1, asked, name, limit);
}

/* What is still open of the source's customer: others of the batch may pay for other customers. */
static struct open_item_list items_of_source(struct arena *a, const struct cash_source *s,
                                             const struct open_item_list *all)
{
    struct open_item_list items = {.v = ARENA_ARRAY(a, struct open_item, all->n)};
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].customer_id == s->customer_id && all->v[i].open_amount > 0 &&
            strcmp(all->v[i].currency, s->currency) == 0)
            items.v[items.n++] = all->v[i];
    return items;
}

static int compare_invoice(const void *key, const void *row)
{
    int64_t id = *(const int64_t *)key, other = ((const struct taken_back *)row)->invoice_id;
    return (id > other) - (id < other);
}

/* The first day on which an invoice is open for all that it is open for now. */
static int32_t open_since(const struct invoice_state *v, const struct taken_back_list *back)
{
    const struct taken_back *row = back->n == 0 ? NULL
                                                : bsearch(&v->id, back->v, back->n, sizeof *back->v,
                                                          compare_invoice);
    return row == NULL ? v->invoice_date : later_date(v->invoice_date, row->last);
}

static err date_shares(struct arena *a, struct application *app, const struct payables *p)
{
    int32_t *dates = ARENA_ARRAY(a, int32_t, app->split.n);
    for (size_t i = 0; i < app->split.n; i++) {
        const struct invoice_state *v = invoice_state_find(&p->invoices,
                                                           app->split.v[i].invoice_id);
        dates[i] = later_date(app->effective_date, open_since(v, &p->back));
        TRY(call_check_period(app->call, dates[i], "/allocations"));
    }
    app->dates = dates;
    return OK;
}

static void take_shares(struct arena *a, struct application *app, const struct payables *p)
{
    int64_t *open = ARENA_ARRAY(a, int64_t, app->split.n);
    int64_t *uncontested = ARENA_ARRAY(a, int64_t, app->split.n);
    for (size_t i = 0; i < app->split.n; i++) {
        struct open_item *item = open_item_find(&p->items, app->split.v[i].invoice_id);
        assert(item != NULL); /* something was open */
        uncontested[i] = open_item_reduce(item, app->split.v[i].amount);
        open[i] = item->open_amount;
    }
    app->open = open;
    app->uncontested = uncontested;
}

err application_decide(struct arena *a, struct application *app, struct payables *p)
{
    struct cash_refusal refusal;
    TRY(check_references(app, p));
    TRY(check_states(app, p));
    struct open_item_list items = app->oldest_due ? items_of_source(a, app->source, &p->items)
                                                  : p->items;
    err e = cash_split(a, app->source->available, app->asks, app->entries->n, &items,
                       app->oldest_due, &app->split, &refusal);
    if (e == ERR_AMOUNT_EXCEEDED)
        return tell_refusal(app, p, &refusal);
    TRY(e);
    TRY(date_shares(a, app, p));
    take_shares(a, app, p);
    return OK;
}

/* ---- store ---- */

struct cash_posting {
    struct payables *payables;
    bool *settled; /* one per locked invoice */
    struct allocation_new *allocations;
    struct transfer *transfers;
    struct credit_delta *credit;
    struct open_item *sources;
    size_t n_allocations, n_transfers, n_credit, n_sources;
};

struct cash_posting *cash_posting_new(struct arena *a, const struct application *apps, size_t n,
                                      struct payables *p)
{
    size_t shares = 0;
    for (size_t i = 0; i < n; i++)
        shares += apps[i].split.n;
    struct cash_posting *posting = ARENA_NEW(a, struct cash_posting);
    *posting = (struct cash_posting){
        .payables = p,
        .settled = ARENA_ARRAY(a, bool, p->invoices.n),
        .allocations = ARENA_ARRAY(a, struct allocation_new, shares),
        .transfers = ARENA_ARRAY(a, struct transfer, shares + n),
        .credit = ARENA_ARRAY(a, struct credit_delta, shares + n),
        .sources = ARENA_ARRAY(a, struct open_item, n),
    };
    return posting;
}

static struct allocation_new allocation_of_share(const struct application *app, size_t i)
{
    return (struct allocation_new){
        .id = id_new(),
        .source = app->source->kind,
        .source_id = app->source->id,
        .invoice_id = app->split.v[i].invoice_id,
        .amount = app->split.v[i].amount,
        .reverses = NIL64,
        .effective_date = app->dates[i],
        .currency = app->source->currency,
    };
}

static struct transfer transfer_of_allocation(const struct cash_source *s,
                                              const struct allocation_new *row)
{
    return (struct transfer){
        .debit_account = s->account,
        .credit_account = LEDGER_receivable,
        .amount = row->amount,
        .currency = s->currency,
        .customer_id = s->customer_id,
        .debit_item = s->id,
        .credit_item = row->invoice_id,
        .document = "allocation",
        .document_id = row->id,
        .effective_date = row->effective_date,
    };
}

static struct transfer transfer_of_receipt(const struct cash_source *s)
{
    return (struct transfer){
        .debit_account = LEDGER_cash,
        .credit_account = s->account,
        .amount = s->amount,
        .currency = s->currency,
        .customer_id = s->customer_id,
        .debit_item = NIL64,
        .credit_item = s->id,
        .document = s->kind,
        .document_id = s->id,
        .effective_date = s->date,
    };
}

/* What is left of the source, in its open item and its customer's credit. */
static void add_source(struct cash_posting *posting, const struct application *app,
                       const struct credit_cause *cause)
{
    const struct cash_source *s = app->source;
    int64_t left = s->available - app->split.total;
    if (s->fresh)
        posting->transfers[posting->n_transfers++] = transfer_of_receipt(s);
    if (left > 0 || !s->fresh) /* what came and went at once was never open */
        posting->sources[posting->n_sources++] = cash_open_item(s, left);
    posting->credit[posting->n_credit++] = (struct credit_delta){
        .account = s->credit_account_id,
        .unapplied = s->fresh ? left : -app->split.total,
        .uncleared = s->fresh && s->pending ? s->amount : 0,
        .cause = cause};
}

static void add_share(struct cash_posting *posting, const struct application *app, size_t i,
                      const struct allocation_new *row, const struct credit_cause *cause)
{
    const struct invoice_state_list *invoices = &posting->payables->invoices;
    const struct invoice_state *invoice = invoice_state_find(invoices, row->invoice_id);
    posting->settled[invoice - invoices->v] = true;
    posting->transfers[posting->n_transfers++] = transfer_of_allocation(app->source, row);
    posting->credit[posting->n_credit++] = (struct credit_delta){
        .account = invoice->credit_account_id,
        .receivable = -row->amount,
        .disputed = -app->uncontested[i],
        .cause = cause};
}

void cash_posting_add(struct tx *tx, struct cash_posting *posting, struct application *app)
{
    struct allocation_new *rows = posting->allocations + posting->n_allocations;
    app->allocations = rows;
    posting->n_allocations += app->split.n;
    const struct credit_cause *cause = credit_cause_of(tx->arena, app->call, app->source->kind,
                                                       app->source->id);
    add_source(posting, app, cause);
    for (size_t i = 0; i < app->split.n; i++) {
        rows[i] = allocation_of_share(app, i);
        add_share(posting, app, i, &rows[i], cause);
        allocation_announce(tx, app->call, &rows[i]);
    }
    for (size_t i = 0; i < app->split.n; i++)
        invoice_settle(tx, app->call,
                       invoice_state_find(&posting->payables->invoices, rows[i].invoice_id),
                       app->open[i]);
}

/* Each invoice once, however many paid it. */
static err store_invoices(struct tx *tx, const struct cash_posting *posting)
{
    struct payables *p = posting->payables;
    struct invoice_state **invoices = ARENA_ARRAY(tx->arena, struct invoice_state *, p->invoices.n);
    struct open_item *items = ARENA_ARRAY(tx->arena, struct open_item,
                                          p->invoices.n + posting->n_sources);
    size_t n = 0, n_items = 0;
    for (size_t i = 0; i < p->invoices.n; i++) {
        if (!posting->settled[i])
            continue;
        invoices[n++] = &p->invoices.v[i];
        items[n_items++] = *open_item_find(&p->items, p->invoices.v[i].id);
    }
    for (size_t i = 0; i < posting->n_sources; i++)
        items[n_items++] = posting->sources[i];
    TRY(invoices_settled(tx, invoices, n));
    return open_items_put(tx, items, n_items);
}

err cash_posting_store(struct tx *tx, const struct cash_posting *posting)
{
    TRY(allocations_record(tx, posting->allocations, posting->n_allocations));
    TRY(store_invoices(tx, posting));
    TRY(credit_apply(tx, posting->credit, posting->n_credit));
    return ledger_post(tx, posting->transfers, posting->n_transfers);
}
