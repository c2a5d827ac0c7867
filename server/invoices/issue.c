/* Issue a credit note: check what the invoice can bear, take the legal number, post, offset the
 * invoice, keep the rest as available credit. */
#include "invoices.sql.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/credit/credit.h"
#include "server/events/events.h"
#include "server/invoices/internal.h"
#include "server/routes_prototypes.h"
#include "server/tenants/numbers.h"
#include <assert.h>
#include <string.h>

#define CREDIT_NOTE_EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, string, number, .doc = "Its number.")                                                 \
    VALUE(T, choice, status, .choices = credit_note_statuses, .doc = "Where it stands.")           \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who is credited.")                          \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The invoice it credits.")                    \
    VALUE(T, currency, currency, .doc = "Currency.")                                               \
    VALUE(T, money, gross, .doc = "Net and tax.")                                                  \
    VALUE(T, money, available, .doc = "Not applied to an invoice.")
JSON_STRUCT(credit_note_event, CREDIT_NOTE_EVENT_FIELDS);
JSON_TYPE(credit_note_event, CREDIT_NOTE_EVENT_FIELDS,
          .doc = "What an event says of a credit note.");

const char *credit_note_event_json(struct arena *a, const struct credit_note_state *n,
                                   int64_t available)
{
    struct credit_note_event e = {.number = n->number,
                                  .status = n->status,
                                  .customer_id = n->customer_id,
                                  .invoice_id = n->invoice_id,
                                  .currency = n->currency,
                                  .gross = n->gross,
                                  .available = available};
    return call_json(a, &credit_note_event_type, &e, NULL);
}

/* ---- the invoice ---- */

err crediting_lock_source(struct crediting *k, int64_t invoice_id, bool issue)
{
    struct invoice_source_row source;
    TRY(invoice_source(k->tx, invoice_id, &source));
    k->bill_to = source.bill_to;
    if (!issue)
        return OK;
    if (source.order_id != NIL64)
        return orders_lock(k->tx, &source.order_id, 1, &k->orders);
    /* Free, or over several orders: its lines, which never change, say which. */
    struct invoice_line_list lines;
    TRY(invoice_lines_load(k->tx, invoice_id, &lines));
    int64_t *orders = ARENA_ARRAY(k->tx->arena, int64_t, lines.n);
    size_t n = 0;
    for (size_t i = 0; i < lines.n; i++)
        if (lines.v[i].order_id != NIL64)
            orders[n++] = lines.v[i].order_id;
    return n == 0 ? credit_lock_of_invoices(k->tx, &invoice_id, 1)
                  : orders_lock(k->tx, orders, distinct_ids(orders, n), &k->orders);
}

err crediting_lock_invoice(struct crediting *k, int64_t invoice_id)
{
    struct invoice_state_list found = {0};
    struct open_item_list items = {0};
    TRY(invoices_lock_queue(k->tx, &invoice_id, 1, &found));
    TRY(open_items_lock_queue(k->tx, &invoice_id, 1, &items));
    TRY(invoice_lines_load(k->tx, invoice_id, &k->invoice_lines));
    k->invoice = invoice_state_find(&found, invoice_id);
    k->open = open_item_find(&items, invoice_id);
    return k->invoice == NULL ? ERR_NO_ROW : OK;
}

static err refuse_amount(const struct crediting *k, err e, size_t at)
{
    const struct credit_note_line *l = &k->lines.v[at];
    if (e == ERR_QUANTITY_EXCEEDED)
        return fail(k->c->problem, e,
                    "Line %zu: less than this quantity is left of line %lld of the invoice.",
                    at + 1, (long long)l->invoice_line_no);
    if (e == ERR_AMOUNT_EXCEEDED)
        return fail(k->c->problem, e,
                    "Line %zu: less than this amount is left of line %lld of the invoice.", at + 1,
                    (long long)l->invoice_line_no);
    return fail(k->c->problem, e, "The amounts of the credit note are too large.");
}

err crediting_amounts(struct crediting *k)
{
    struct credit_note_state *n = &k->note;
    if (!invoice_takes_money(k->invoice) && strcmp(k->invoice->status, "paid") != 0)
        return fail(k->c->problem, ERR_WRONG_STATE,
                    "The invoice is %s; only what was finalized can be credited.",
                    k->invoice->status);
    struct totals totals;
    size_t at = 0;
    err e = credit_amounts(&k->invoice_lines, k->lines.v, k->lines.n,
                           currency_exponent(n->currency), document_rounding(n->rounding),
                           document_tax_per_line(n->tax_rounding), &totals, &at);
    if (e != OK)
        return refuse_amount(k, e, at);
    n->net = totals.net;
    n->tax = totals.tax;
    n->gross = totals.gross;
    return OK;
}

/* ---- issued ---- */

/* The lines of the invoice and of its order remember what was taken back. */
static err count_credited(struct crediting *k)
{
    if (k->invoice == NULL)
        return OK;
    TRY(invoice_lines_credit(k->tx, k->invoice->id, k->lines.v, k->lines.n));
    for (size_t i = 0; i < k->lines.n; i++) {
        const struct invoice_line *of = invoice_line_find(&k->invoice_lines,
                                                          k->lines.v[i].invoice_line_no);
        struct order_state *o = order_state_find(&k->orders, of->order_id);
        struct order_line *line = o != NULL ? order_line_find(o, of->order_line_no) : NULL;
        if (line != NULL)
            line->credited += k->lines.v[i].credited_quantity;
    }
    for (size_t i = 0; i < k->orders.n; i++)
        order_tell(k->tx, k->c, order_moved(&k->orders.v[i]));
    return orders_store(k->tx, &k->orders);
}

static struct transfer transfer_of(const struct crediting *k, const char *debit, const char *credit,
                                   int64_t amount)
{
    const struct credit_note_state *n = &k->note;
    return (struct transfer){.debit_account = debit,
                             .credit_account = credit,
                             .amount = amount,
                             .currency = n->currency,
                             .customer_id = n->customer_id,
                             .debit_item = NIL64,
                             .credit_item = NIL64,
                             .document = "credit_note",
                             .document_id = n->id,
                             .effective_date = n->credit_note_date};
}

static err post(const struct crediting *k, int64_t offset, int64_t allocation_id)
{
    struct transfer net = transfer_of(k, LEDGER_revenue, LEDGER_customer_credit, k->note.net);
    struct transfer tax = transfer_of(k, LEDGER_tax, LEDGER_customer_credit, k->note.tax);
    net.credit_item = tax.credit_item = k->note.id;
    struct transfer applied = transfer_of(k, LEDGER_customer_credit, LEDGER_receivable, offset);
    if (offset > 0) {
        applied.debit_item = k->note.id;
        applied.credit_item = k->invoice->id;
        applied.document = "allocation";
        applied.document_id = allocation_id;
    }
    const struct transfer transfers[] = {net, tax, applied};
    return ledger_post(k->tx, transfers, COUNT_OF(transfers));
}

static err put_items(const struct crediting *k, int64_t offset)
{
    const struct credit_note_state *n = &k->note;
    struct open_item items[2];
    size_t used = 0;
    if (offset > 0) {
        assert(k->open != NULL); /* what is offset is open */
        items[used] = *k->open;
        open_item_reduce(&items[used++], offset);
    }
    if (n->gross > offset)
        items[used++] = (struct open_item){.id = n->id,
                                           .kind = "credit_note",
                                           .customer_id = n->customer_id,
                                           .currency = n->currency,
                                           .document_date = n->credit_note_date,
                                           .due_date = n->credit_note_date,
                                           .amount = n->gross,
                                           .open_amount = n->gross - offset};
    return used == 0 ? OK : open_items_put(k->tx, items, used);
}

static err settle_invoice(struct crediting *k, int64_t offset, int64_t *ret_allocation)
{
    if (k->invoice == NULL)
        return OK;
    if (offset > 0) {
        struct allocation_new a = {.id = id_new(),
                                   .source = "credit_note",
                                   .source_id = k->note.id,
                                   .invoice_id = k->invoice->id,
                                   .amount = offset,
                                   .reverses = NIL64,
                                   .effective_date = k->note.credit_note_date,
                                   .currency = k->note.currency};
        allocation_announce(k->tx, k->c, &a);
        TRY(allocations_record(k->tx, &a, 1));
        *ret_allocation = a.id;
    }
    int64_t open = k->open == NULL ? 0 : k->open->open_amount - offset;
    invoice_settle(k->tx, k->c, k->invoice, open);
    return invoices_settled(k->tx, &k->invoice, 1);
}

err credit_note_post(struct crediting *k)
{
    struct credit_note_state *n = &k->note;
    TRY(call_check_period(k->c, n->credit_note_date, "/credit_note_date"));
    int64_t open = k->open == NULL ? 0 : k->open->open_amount;
    int64_t offset = n->gross < open ? n->gross : open, allocation_id = NIL64;
    struct credit_delta delta = {
        .account = n->credit_account_id,
        .receivable = -offset,
        .disputed = k->open == NULL
                        ? 0
                        : invoice_disputed(k->invoice, open - offset) - k->open->disputed,
        .unapplied = n->gross - offset,
        .cause = credit_cause_of(k->tx->arena, k->c, "credit_note", n->id)};
    TRY(credit_apply(k->tx, &delta, 1));
    TRY(count_credited(k));
    TRY(settle_invoice(k, offset, &allocation_id));
    TRY(put_items(k, offset));
    TRY(numbers_take(k->tx, "credit_note", 1, &n->number));
    n->status = "issued";
    TRY(credit_note_issue_row(k->tx, n->id, n->number, n->net, n->tax, n->gross));
    TRY(post(k, offset, allocation_id));
    event_push(k->tx, k->c, "credit_note.issued", "credit_note", n->id,
               status_json(k->tx->arena, "draft"),
               credit_note_event_json(k->tx->arena, n, n->gross - offset));
    return OK;
}

/* ---- a draft that was stored before ---- */

static err lock_draft(struct crediting *k, int64_t id)
{
    struct credit_note_state peeked;
    struct credit_note_state_list found = {0};
    TRY(credit_note_peek(k->tx, id, &peeked));
    if (peeked.invoice_id != NIL64)
        TRY(crediting_lock_source(k, peeked.invoice_id, true));
    else
        TRY(credit_lock_of_customers(k->tx, &peeked.customer_id, 1));
    TRY(credit_notes_lock_queue(k->tx, &id, 1, &found));
    TRY(credit_note_lines_select(k->tx, id, &k->lines));
    if (found.n == 0)
        return ERR_NO_ROW;
    k->note = found.v[0];
    return peeked.invoice_id == NIL64 ? OK : crediting_lock_invoice(k, peeked.invoice_id);
}

err credit_notes_issue(struct tx *tx, struct call *c, const struct none *in,
                       struct credit_note *ret)
{
    (void)in;
    struct crediting k = {.tx = tx, .c = c};
    TRY(lock_draft(&k, c->path_id[0]));
    TRY(call_check_version(c, k.note.version));
    if (strcmp(k.note.status, "draft") != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The credit note is %s; only a draft is issued.",
                    k.note.status);
    if (k.invoice != NULL) {
        TRY(crediting_amounts(&k));
        TRY(credit_note_lines_update(tx, k.note.id, k.lines.v, k.lines.n));
    }
    TRY(credit_note_post(&k));
    return credit_note_load(tx, k.note.id, ret);
}
