/* POST /v1/orders/{id}/reopen: canceled quantities come back, a closed order goes on. It is a
 * confirmation: credit and stock are checked as if they were ordered now. */
#include "lib/base/decimal.h"
#include "orders.sql.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/orders/stock.h"
#include "server/routes_prototypes.h"
#include <string.h>

static err take_back(const struct call *c, const struct order_reopen *in, struct order_state *o)
{
    for (size_t i = 0; in->lines.n == 0 && i < o->n_lines; i++)
        if (!o->lines[i].dropped)
            o->lines[i].canceled = 0;
    for (size_t i = 0; i < in->lines.n; i++) {
        const struct order_cancel_line *want = &in->lines.v[i];
        struct order_line *l = order_line_find(o, want->line_no);
        const char *at = arena_printf(c->problem->arena, "/lines/%zu", i);
        if (l == NULL) {
            fault(c->problem, at, "unknown_line", "The order has no line %lld.",
                  (long long)want->line_no);
            continue;
        }
        int64_t canceled = l->dropped ? 0 : l->canceled;
        int64_t quantity = want->quantity != NIL64 ? want->quantity : canceled;
        if (quantity > canceled) {
            char text[DECIMAL_TEXT_MAX];
            decimal_format(canceled, DECIMAL_SCALE, 0, text);
            fault(c->problem, arena_printf(c->problem->arena, "%s/quantity", at),
                  "quantity_exceeded", "Only %s is canceled.", text);
            continue;
        }
        l->canceled -= quantity;
    }
    return c->problem->code;
}

/* A canceled order has left its customer's number to others. */
static err claim_po(struct tx *tx, struct call *c, const struct order_reopen *in,
                    struct order_state *o)
{
    if (o->customer_po == NULL || o->po_copy != NIL64)
        return OK;
    struct po_claim claim = {.call = c,
                             .customer_id = o->customer_id,
                             .customer_po = o->customer_po,
                             .id = o->id,
                             .allowed = in->allow_duplicate_po,
                             .holder = NIL64};
    return po_claim_alone(tx, &claim, &o->po_copy);
}

/* More of an order that counts already: never over the limit, never over the stock. */
static err go_on(struct tx *tx, struct call *c, struct order_state *o)
{
    struct line_exposure was = lines_exposure(o->was, o->n_lines);
    struct line_exposure now = lines_exposure(o->lines, o->n_lines);
    const struct order_credit_ask ask = {
        .point = "confirm", .more = now.ordered - was.ordered, .document = now.ordered};
    struct order_state_list one = {.v = o, .n = 1};
    struct credit_verdict verdict;
    struct order_facts f;
    const char *why = NULL;
    TRY(order_facts_load(tx, c, o, &f));
    if (ask.more > 0) {
        why = order_credit_refusal(&f.confirm, &ask, &verdict);
        if (why != NULL)
            return fail(c->problem, ERR_CREDIT_LIMIT, "%s", why);
        TRY(order_credit_keep(tx, c, o, f.confirm.credit, &verdict,
                              (struct credit_subject){.point = "confirm", .amount = ask.more}));
    }
    for (size_t i = 0; i < o->n_lines; i++)
        if (o->lines[i].canceled != o->was[i].canceled &&
            !order_line_reserve(&f.confirm, &o->lines[i], &why))
            return fail(c->problem, ERR_INSUFFICIENT_STOCK, "%s", why);
    TRY(orders_reservations_store(tx, &one));
    o->status = order_status_of_lines(o->lines, o->n_lines);
    return orders_progressed(tx, c, o);
}

static bool counts(const struct order_state *o)
{
    if (o->confirmed_at == NIL64)
        return false;
    for (size_t i = 0; i < o->n_lines; i++)
        if (o->was[i].canceled < o->was[i].quantity || o->was[i].shipped > 0)
            return true;
    return false;
}

static void tell(struct tx *tx, const struct call *c, const struct order_reopen *in,
                 const struct order_state *o)
{
    event_push(tx, c, "order.reopened", "order", o->id,
               arena_printf(tx->arena, "{\"status\":\"%s\"}", o->status),
               call_json(tx->arena, &order_reopen_type, in, NULL));
}

err orders_reopen(struct tx *tx, struct call *c, const struct order_reopen *in, struct order *ret)
{
    struct order_state *o;
    TRY(order_lock_for(tx, c, "reopen", &o));
    TRY(take_back(c, in, o));
    TRY(claim_po(tx, c, in, o));
    tell(tx, c, in, o);
    if (counts(o)) {
        TRY(go_on(tx, c, o));
    } else if (o->confirmed_at == NIL64) {
        /* It was never confirmed: a draft again, or still held. */
        TRY(order_lines_store(tx, &(struct order_state_list){.v = o, .n = 1}));
        TRY(order_set_status(tx, o, o->held ? "on_hold" : "draft", NIL64));
    } else {
        /* Nothing of it counted any more: confirmed anew, or held. */
        TRY(order_lines_store(tx, &(struct order_state_list){.v = o, .n = 1}));
        o->confirmed_at = NIL64;
        TRY(order_confirm_locked(tx, c, o, NULL));
    }
    return order_load(tx, o->id, ret);
}
