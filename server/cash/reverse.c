/* Takes an allocation back: the mirror fact, never a change. */
#include "cash.sql.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "server/cash/rules.h"
#include "server/cash/source.h"
#include "server/credit/credit.h"
#include "server/invoices/invoices.h"
#include "server/routes_prototypes.h"
#include <string.h>

/* An allocation and all that taking it back moves, locked. */
struct reversal {
    int64_t id; /* of the allocation taken back */
    struct allocation_of_row of;
    struct cash_source source;
    struct invoice_state_list invoices; /* the one */
    struct open_item_list items;        /* the invoice's, unless it is settled */
    struct allocation_new mirror;
};

static err lock(struct tx *tx, struct call *c, struct reversal *r)
{
    struct allocations_reversing_row_list taken = {0};
    int64_t invoice = r->of.invoice_id;
    if (strcmp(r->of.source, "payment") == 0)
        TRY(cash_lock_payment(tx, r->of.source_id, &r->source));
    else
        TRY(cash_lock_credit_note(tx, c, r->of.source_id, &r->source));
    TRY(invoices_lock_queue(tx, &invoice, 1, &r->invoices));
    TRY(open_items_lock_queue(tx, &invoice, 1, &r->items));
    TRY(allocations_reversing(tx, r->id, &taken));
    if (taken.n > 0)
        return fail(c->problem, ERR_WRONG_STATE, "The allocation has been taken back already.");
    return r->invoices.n == 1 ? OK : ERR_INTERNAL;
}

static err decide(struct tx *tx, struct call *c, const struct allocation_reverse *in,
                  struct reversal *r)
{
    int32_t date = in->effective_date == NIL32 ? later_date(tx->today, r->of.effective_date)
                                               : in->effective_date;
    if (date < r->of.effective_date) {
        char day[DATE_TEXT];
        date_format(r->of.effective_date, day);
        fault(c->problem, "/effective_date", "too_early", "The allocation counts from %s on.", day);
        return c->problem->code;
    }
    TRY(call_check_period(c, date, "/effective_date"));
    r->mirror = (struct allocation_new){
        .id = id_new(),
        .source = r->of.source,
        .source_id = r->of.source_id,
        .invoice_id = r->of.invoice_id,
        .amount = -r->of.amount,
        .reverses = r->id,
        .reason = in->reason,
        .effective_date = date,
        .currency = r->source.currency,
    };
    return OK;
}

/* The invoice's open item after the money went back; it was deleted if the invoice was settled. */
static struct open_item reopened(const struct reversal *r)
{
    const struct invoice_state *v = &r->invoices.v[0];
    int64_t open = (r->items.n == 0 ? 0 : r->items.v[0].open_amount) + r->of.amount;
    return (struct open_item){
        .id = v->id,
        .kind = "invoice",
        .customer_id = v->customer_id,
        .currency = v->currency,
        .document_date = v->invoice_date,
        .due_date = v->due_date,
        .amount = v->gross,
        .open_amount = open,
        .disputed = invoice_disputed(v, open),
    };
}

static err store(struct tx *tx, struct call *c, struct reversal *r)
{
    const struct cash_source *s = &r->source;
    int64_t amount = r->of.amount;
    struct invoice_state *invoice = &r->invoices.v[0];
    struct open_item items[] = {reopened(r), cash_open_item(s, s->available + amount)};
    struct credit_delta credit[] = {
        {.account = invoice->credit_account_id,
         .receivable = amount,
         .disputed = items[0].disputed - (r->items.n == 0 ? 0 : r->items.v[0].disputed)},
        {.account = s->credit_account_id, .unapplied = amount},
    };
    struct transfer transfer = {
        .debit_account = LEDGER_receivable,
        .credit_account = s->account,
        .amount = amount,
        .currency = s->currency,
        .customer_id = s->customer_id,
        .debit_item = invoice->id,
        .credit_item = s->id,
        .document = "allocation",
        .document_id = r->mirror.id,
        .effective_date = r->mirror.effective_date,
    };
    allocation_announce(tx, c, &r->mirror);
    TRY(allocations_record(tx, &r->mirror, 1));
    TRY(cash_source_move(tx, s, amount, 0));
    invoice_settle(tx, c, invoice, items[0].open_amount);
    TRY(invoices_settled(tx, &invoice, 1));
    TRY(open_items_put(tx, items, COUNT_OF(items)));
    TRY(credit_apply(tx, credit, COUNT_OF(credit)));
    return ledger_post(tx, &transfer, 1);
}

err allocations_reverse(struct tx *tx, struct call *c, const struct allocation_reverse *in,
                        struct allocation *ret)
{
    struct reversal r = {.id = c->path_id[0]};
    TRY(allocation_of(tx, r.id, &r.of));
    if (r.of.reverses != NIL64)
        return fail(c->problem, ERR_WRONG_STATE,
                    "This allocation takes another one back; allocate again instead.");
    TRY(lock(tx, c, &r));
    TRY(decide(tx, c, in, &r));
    TRY(store(tx, c, &r));
    return allocation_select(tx, r.mirror.id, ret);
}
