/* Finalize: the legal number, the books, the receivable. domain.md S6 rule 3. */
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

static err post_receivable(struct tx *tx, const struct invoice_state *i)
{
    struct transfer transfers[] = {billed(i, LEDGER_revenue, i->net),
                                   billed(i, LEDGER_tax, i->tax)};
    struct open_item item = {.id = i->id,
                             .kind = "invoice",
                             .customer_id = i->customer_id,
                             .currency = i->currency,
                             .document_date = i->invoice_date,
                             .due_date = i->due_date,
                             .amount = i->gross,
                             .open_amount = i->gross};
    TRY(open_items_put(tx, &item, 1));
    return ledger_post(tx, transfers, COUNT_OF(transfers));
}

err invoice_post(struct tx *tx, const struct call *c, struct invoice_state *i, int64_t drafted)
{
    TRY(call_check_period(c, i->invoice_date));
    struct credit_delta delta = {
        .account = i->credit_account_id, .unbilled = -drafted, .receivable = i->gross};
    TRY(credit_apply(tx, &delta, 1));
    TRY(numbers_take(tx, "invoice", 1, &i->number));
    if (i->gross > 0)
        TRY(post_receivable(tx, i));
    i->status = invoice_status_of(i->gross, i->gross);
    event_push(tx, c, "invoice.finalized", "invoice", i->id, status_json(tx->arena, "draft"),
               invoice_event_json(tx->arena, i, i->gross));
    return OK;
}

err invoices_finalize(struct tx *tx, struct call *c, const struct none *in, struct invoice *ret)
{
    (void)in;
    struct invoice_state_list found;
    TRY(credit_lock_of_invoices(tx, c->path_id, 1));
    TRY(invoices_lock_queue(tx, c->path_id, 1, &found));
    TRY(tx_flush(tx));
    if (found.n == 0)
        return ERR_NO_ROW;
    struct invoice_state *i = &found.v[0];
    TRY(call_check_version(c, i->version));
    if (strcmp(i->status, "draft") != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The invoice is %s; only a draft is finalized.",
                    i->status);
    TRY(invoice_post(tx, c, i, i->gross));
    TRY(invoice_finalize_row(tx, i->id, i->number, i->status));
    return invoice_load(tx, i->id, ret);
}
