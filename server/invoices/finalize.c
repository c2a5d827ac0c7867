/* Finalize: the legal numbers, the books, the receivables. domain.md S6 rule 3. Each draft of a
 * batch is decided in turn in memory; numbers are taken once, for those that are finalized. */
#include "invoices.sql.h"
#include "server/credit/credit.h"
#include "server/events/events.h"
#include "server/invoices/internal.h"
#include "server/routes_prototypes.h"
#include "server/tenants/numbers.h"
#include <string.h>

static struct transfer billed(const struct invoice_state *i, const char *account, int64_t amount)
{
    return (struct transfer){.debit_account = LEDGER_receivable,
                             .credit_account = account,
                             .amount = amount,
                             .currency = i->currency,
                             .customer_id = i->customer_id,
                             .debit_item = i->id,
                             .credit_item = NIL64,
                             .document = "invoice",
                             .document_id = i->id,
                             .effective_date = i->invoice_date};
}

static struct open_item receivable_of(const struct invoice_state *i)
{
    return (struct open_item){.id = i->id,
                              .kind = "invoice",
                              .customer_id = i->customer_id,
                              .currency = i->currency,
                              .document_date = i->invoice_date,
                              .due_date = i->due_date,
                              .amount = i->gross,
                              .open_amount = i->gross};
}

err invoice_may_post(const struct call *c, struct invoice_state *i)
{
    TRY(call_check_period(c, i->invoice_date, "/invoice_date"));
    i->status = invoice_status_of(i->gross, i->gross);
    return OK;
}

static err put_receivables(struct tx *tx, struct invoice_state *const *i, size_t n)
{
    struct open_item *items = ARENA_ARRAY(tx->arena, struct open_item, n);
    size_t n_items = 0;
    for (size_t k = 0; k < n; k++)
        if (i[k]->gross > 0)
            items[n_items++] = receivable_of(i[k]);
    return open_items_put(tx, items, n_items);
}

err invoices_post(struct tx *tx, struct invoice_state *const *i, size_t n)
{
    const char **numbers = ARENA_ARRAY(tx->arena, const char *, n);
    struct transfer *transfers = ARENA_ARRAY(tx->arena, struct transfer, 2 * n);
    TRY(put_receivables(tx, i, n));
    TRY(numbers_take(tx, "invoice", n, numbers));
    for (size_t k = 0; k < n; k++) {
        i[k]->number = numbers[k];
        transfers[2 * k] = billed(i[k], LEDGER_revenue, i[k]->net);
        transfers[2 * k + 1] = billed(i[k], LEDGER_tax, i[k]->tax);
    }
    return ledger_post(tx, transfers, 2 * n);
}

void invoice_tell_finalized(struct tx *tx, const struct call *c, const struct invoice_state *i)
{
    event_push(tx, c, "invoice.finalized", "invoice", i->id, status_json(tx->arena, "draft"),
               invoice_event_json(tx->arena, i, i->gross));
}

void invoice_show_posted(const struct tx *tx, const struct invoice_state *i, struct invoice *ret)
{
    ret->version = i->version;
    ret->number = i->number;
    ret->status = i->status;
    ret->open_amount = i->gross;
    ret->overdue = i->gross > 0 && i->due_date < tx->today;
    ret->finalized_at = ret->updated_at = tx->now;
    invoice_complete(tx->arena, ret);
}

/* ---- drafts that were stored before ---- */

static err decide(const struct call *c, struct invoice_state *i)
{
    if (i == NULL)
        return ERR_NO_ROW;
    TRY(call_check_version(c, i->version));
    if (strcmp(i->status, "draft") != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The invoice is %s; only a draft is finalized.",
                    i->status);
    TRY(invoice_may_post(c, i));
    i->version++;
    return OK;
}

static err store(struct tx *tx, struct invoice_state *const *i, size_t n)
{
    struct credit_delta *credit = ARENA_ARRAY(tx->arena, struct credit_delta, n);
    struct invoice_state *rows = ARENA_ARRAY(tx->arena, struct invoice_state, n);
    for (size_t k = 0; k < n; k++)
        credit[k] = (struct credit_delta){.account = i[k]->credit_account_id,
                                          .unbilled = -i[k]->gross,
                                          .receivable = i[k]->gross};
    TRY(credit_apply(tx, credit, n));
    TRY(invoices_post(tx, i, n));
    for (size_t k = 0; k < n; k++)
        rows[k] = *i[k];
    return invoices_finalize_rows(tx, rows, n);
}

/* Three round trips, COMMIT included: lock and read, take the numbers, store. */
err invoices_finalize(struct tx *tx, struct invoices_finalize_cmd *cmds, size_t n)
{
    struct invoice_state_list found;
    struct invoice_list drafts;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    for (size_t k = 0; k < n; k++)
        ids[k] = cmds[k].call->path_id[0];
    TRY(credit_lock_of_invoices(tx, ids, n));
    TRY(invoices_lock_queue(tx, ids, n, &found));
    TRY(invoices_load(tx, ids, n, &drafts));

    struct invoice_state **done = ARENA_ARRAY(tx->arena, struct invoice_state *, n);
    const struct invoices_finalize_cmd **by = ARENA_ARRAY(tx->arena,
                                                          const struct invoices_finalize_cmd *, n);
    size_t n_done = 0;
    for (size_t k = 0; k < n; k++) {
        struct invoice_state *i = invoice_state_find(&found, ids[k]);
        err e = decide(cmds[k].call, i);
        if (e != OK) {
            call_file(cmds[k].call, e);
            continue;
        }
        by[n_done] = &cmds[k];
        done[n_done++] = i;
    }
    if (n_done == 0)
        return OK;
    TRY(store(tx, done, n_done));
    for (size_t k = 0; k < n_done; k++) {
        *by[k]->out = *invoice_shown(&drafts, done[k]->id);
        invoice_show_posted(tx, done[k], by[k]->out);
        invoice_tell_finalized(tx, by[k]->call, done[k]);
    }
    return OK;
}
