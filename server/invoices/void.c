/* Void: the reversal in the books, and the quantities back to where they can be invoiced again. A
 * draft that is voided is canceled: it never had a number. */
#include "invoices.sql.h"
#include "lib/base/distinct.h"
#include "server/credit/credit.h"
#include "server/events/events.h"
#include "server/invoices/internal.h"
#include "server/routes_prototypes.h"
#include <string.h>

struct voiding {
    struct tx *tx;
    struct call *c;
    struct order_state_list orders; /* none: of free lines */
    struct invoice_state *i;
    struct invoice_line_list lines;
    struct open_item *open; /* NULL: nothing open */
};

/* The orders of an invoice never change; one over several is known by its lines. */
static err lock_source(struct voiding *v, const struct invoice_state *peeked)
{
    int64_t *orders = ARENA_ARRAY(v->tx->arena, int64_t, v->lines.n + 1);
    size_t n = 0;
    if (peeked->order_id != NIL64)
        orders[n++] = peeked->order_id;
    for (size_t i = 0; peeked->order_id == NIL64 && i < v->lines.n; i++)
        if (v->lines.v[i].order_id != NIL64)
            orders[n++] = v->lines.v[i].order_id;
    if (n == 0)
        return credit_lock_of_invoices(v->tx, &peeked->id, 1);
    return orders_lock(v->tx, orders, distinct_ids(orders, n), &v->orders);
}

static err lock_shipments(const struct voiding *v)
{
    int64_t *ids = ARENA_ARRAY(v->tx->arena, int64_t, v->lines.n);
    size_t n = 0;
    for (size_t i = 0; i < v->lines.n; i++)
        if (v->lines.v[i].shipment_id != NIL64)
            ids[n++] = v->lines.v[i].shipment_id;
    struct shipment_state_list ignored;
    return n == 0 ? OK : shipments_lock(v->tx, ids, n, &ignored);
}

static err lock(struct voiding *v, int64_t id)
{
    struct invoice_state peeked;
    struct invoice_state_list *found = ARENA_NEW(v->tx->arena, struct invoice_state_list);
    struct open_item_list *items = ARENA_NEW(v->tx->arena, struct open_item_list);
    TRY(invoice_peek(v->tx, id, &peeked));
    TRY(invoice_lines_load(v->tx, id, &v->lines));
    TRY(lock_source(v, &peeked));
    TRY(lock_shipments(v));
    TRY(invoices_lock_queue(v->tx, &id, 1, found));
    TRY(open_items_lock_queue(v->tx, &id, 1, items));
    TRY(invoice_lines_load(v->tx, id, &v->lines));
    v->i = invoice_state_find(found, id);
    v->open = open_item_find(items, id);
    return v->i == NULL ? ERR_NO_ROW : OK;
}

static bool any_credited(const struct invoice_line_list *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        if (lines->v[i].credited_quantity != 0 || lines->v[i].credited_net != 0)
            return true;
    return false;
}

static err check(const struct voiding *v)
{
    const struct invoice_state *i = v->i;
    TRY(call_check_version(v->c, i->version));
    if (!invoice_can_void(i->status, i->gross, v->open ? v->open->open_amount : 0,
                          any_credited(&v->lines)))
        return fail(v->c->problem, ERR_WRONG_STATE,
                    "The invoice is %s, or something was paid or credited on it; credit it.",
                    i->status);
    if (i->disputed > 0)
        return fail(v->c->problem, ERR_WRONG_STATE,
                    "The invoice is disputed; resolve the dispute, or credit the invoice.");
    for (size_t k = 0; k < v->orders.n; k++)
        if (strcmp(v->orders.v[k].status, "closed") == 0)
            return fail(v->c->problem, ERR_WRONG_STATE,
                        "The order of the invoice is closed; credit the invoice instead.");
    return OK;
}

static err release_quantities(struct voiding *v)
{
    if (v->orders.n == 0)
        return OK;
    for (size_t i = 0; i < v->lines.n; i++) {
        const struct invoice_line *l = &v->lines.v[i];
        const struct order_state *o = order_state_find(&v->orders, l->order_id);
        struct order_line *line = o != NULL ? order_line_find(o, l->order_line_no) : NULL;
        if (line != NULL)
            line->invoiced -= l->quantity;
    }
    for (size_t i = 0; i < v->orders.n; i++)
        order_tell(v->tx, v->c, order_moved(&v->orders.v[i]));
    TRY(orders_store(v->tx, &v->orders));
    return shipments_count(v->tx, &(struct counted){v->i->id, &v->lines}, 1, -1);
}

static struct transfer reversed(const struct invoice_state *i, const char *account, int64_t amount,
                                int32_t date)
{
    return (struct transfer){.debit_account = account,
                             .credit_account = LEDGER_receivable,
                             .amount = amount,
                             .currency = i->currency,
                             .customer_id = i->customer_id,
                             .debit_item = NIL64,
                             .credit_item = i->id,
                             .document = "invoice",
                             .document_id = i->id,
                             .effective_date = date};
}

static err reverse(const struct voiding *v)
{
    const struct invoice_state *i = v->i;
    /* Not before the invoice itself: no day may show less than nothing. */
    int32_t date = v->tx->today > i->invoice_date ? v->tx->today : i->invoice_date;
    TRY(call_check_period(v->c, date, ""));
    struct credit_delta delta = {.account = i->credit_account_id,
                                 .receivable = -i->gross,
                                 .cause = credit_cause_of(v->tx->arena, v->c, "invoice", i->id)};
    TRY(credit_apply(v->tx, &delta, 1));
    if (v->open == NULL)
        return OK;
    struct open_item item = *v->open;
    item.open_amount = 0;
    struct transfer transfers[] = {reversed(i, LEDGER_revenue, i->net, date),
                                   reversed(i, LEDGER_tax, i->tax, date)};
    TRY(open_items_put(v->tx, &item, 1));
    return ledger_post(v->tx, transfers, COUNT_OF(transfers));
}

static err unclaim_draft(const struct voiding *v)
{
    struct credit_delta delta = {.account = v->i->credit_account_id,
                                 .unbilled = -v->i->gross,
                                 .cause = credit_cause_of(v->tx->arena, v->c, "invoice", v->i->id)};
    return credit_apply(v->tx, &delta, 1);
}

#define INVOICE_VOIDED_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, choice, status, .choices = invoice_statuses, .doc = "void or canceled.")              \
    VALUE(T, string, number, .doc = "The number, which stays used.")                               \
    VALUE(T, string, reason, .doc = "Why.")
JSON_STRUCT(invoice_voided, INVOICE_VOIDED_FIELDS);
JSON_TYPE(invoice_voided, INVOICE_VOIDED_FIELDS, .doc = "What an event says of a void invoice.");

err invoices_void(struct tx *tx, struct call *c, const struct invoice_void *in, struct invoice *ret)
{
    struct voiding v = {.tx = tx, .c = c};
    TRY(lock(&v, c->path_id[0]));
    TRY(check(&v));
    bool draft = strcmp(v.i->status, "draft") == 0;
    TRY(release_quantities(&v));
    TRY(draft ? unclaim_draft(&v) : reverse(&v));

    struct invoice_voided after = {
        .status = draft ? "canceled" : "void", .number = v.i->number, .reason = in->reason};
    TRY(invoice_end_row(tx, v.i->id, after.status));
    event_push(tx, c, draft ? "invoice.canceled" : "invoice.voided", "invoice", v.i->id,
               status_json(tx->arena, v.i->status),
               call_json(tx->arena, &invoice_voided_type, &after, NULL));
    return invoice_load(tx, v.i->id, ret);
}
