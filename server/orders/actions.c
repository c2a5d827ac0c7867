/* What can be done with an order that exists. Each locks the credit account, the order, then the
 * stock, decides, and stores. Holds are in holds.c. */
#include "lib/base/decimal.h"
#include "lib/base/money.h"
#include "orders.sql.h"
#include "server/credit/policies.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/orders/stock.h"
#include "server/routes_prototypes.h"
#include <string.h>

err order_lock_for(struct tx *tx, struct call *c, const char *action, struct order_state **ret)
{
    struct order_state_list list;
    TRY(orders_lock(tx, c->path_id, 1, &list));
    if (list.n == 0)
        return ERR_NO_ROW;
    struct order_state *o = &list.v[0];
    TRY(call_check_version(c, o->version));
    struct string_list allowed = order_actions(tx->arena, o->status, o->confirmed_at != NIL64,
                                               o->held, o->lines, o->n_lines);
    if (!order_allows(&allowed, action)) {
        const char *list_text = "nothing";
        for (size_t i = 0; i < allowed.n; i++)
            list_text = i == 0 ? allowed.v[0]
                               : arena_printf(tx->arena, "%s, %s", list_text, allowed.v[i]);
        fail(c->problem, ERR_WRONG_STATE, "The order is %s; what can be done now: %s.", o->status,
             list_text);
        return ERR_WRONG_STATE;
    }
    *ret = o;
    return OK;
}

err order_set_status(struct tx *tx, const struct order_state *o, const char *status,
                     int64_t confirmed_at)
{
    struct order_state now = *o;
    now.status = status;
    now.confirmed_at = confirmed_at;
    now.version++;
    return orders_progress(tx, &now, 1);
}

err order_credit_keep(struct tx *tx, const struct call *c, const struct order_state *o,
                      const struct credit_facts *account, const struct credit_verdict *verdict,
                      struct credit_subject subject)
{
    struct credit_decisions decisions = credit_decisions_new(tx->arena, 1);
    subject.call = c;
    subject.customer_id = o->customer_id;
    subject.order_id = o->id;
    credit_decisions_add(&decisions, account, verdict, &subject);
    return credit_decisions_store(tx, &decisions);
}

err order_wait_for_credit(struct tx *tx, struct order_state *o, bool waits)
{
    struct blocked_key key = {o->credit_account_id, o->id};
    struct credit_delta delta = {.account = o->credit_account_id, .held = waits ? 1 : -1};
    if (o->waits == waits)
        return OK;
    o->waits = waits;
    TRY(credit_apply(tx, &delta, 1));
    return waits ? credit_block(tx, &key, 1) : credit_unblock(tx, &key, 1);
}

err order_exposure_apply(struct tx *tx, const struct order_state *o,
                         const struct line_exposure *was, const struct line_exposure *now)
{
    struct credit_delta delta = {.account = o->credit_account_id,
                                 .ordered = now->ordered - was->ordered,
                                 .unbilled = now->unbilled - was->unbilled,
                                 .cause = credit_cause_of(tx->arena, NULL, "order", o->id)};
    return credit_apply(tx, &delta, 1);
}

err order_facts_load(struct tx *tx, const struct call *c, const struct order_state *o,
                     struct order_facts *ret)
{
    struct order_state one = *o;
    struct customer_facts_list customers;
    int64_t parties[] = {o->customer_id, order_payer(o)};
    TRY(customers_load_queue(tx, parties, COUNT_OF(parties), &customers));
    TRY(credit_lock_queue(tx, &o->credit_account_id, 1, &ret->credit));
    TRY(orders_stock_lock_queue(tx, &(struct order_state_list){.v = &one, .n = 1}, true,
                                &ret->stock));
    TRY(orders_named_queue(tx, &(struct order_state_list){.v = &one, .n = 1}, &ret->named));
    TRY(tx_flush(tx));
    TRY(stock_locked(tx, &ret->stock));
    TRY(credit_ready(tx, &ret->credit));
    order_named_free(tx, o->id, &ret->named, &ret->stock, true);
    ret->confirm = (struct confirm_case){
        .arena = tx->arena,
        .credit_mode = c->tenant->credit_mode,
        .today = tx->today,
        .customer = customer_find(&customers, o->customer_id),
        .payer = customer_find(&customers, order_payer(o)),
        .credit = credit_find(&ret->credit, o->credit_account_id),
        .stock = &ret->stock,
    };
    return OK;
}

err order_confirm_locked(struct tx *tx, struct call *c, struct order_state *o, const char *release)
{
    struct order_state_list one = {.v = o, .n = 1};
    struct order_facts f;
    struct substitute_facts_list substitutes;
    TRY(order_accept_substitutes(tx, c, o));
    TRY(order_facts_load(tx, c, o, &f));
    f.confirm.force = release != NULL;
    struct credit_verdict decision;
    const char *reason = NULL;
    int64_t gross = order_open_gross(o);
    const char *before = o->status;
    switch (confirm_decide(&f.confirm, gross, o->lines, o->n_lines, &decision, &reason)) {
    case CONFIRM_NO_STOCK:
        TRY(order_substitutes_find(tx, o->lines, o->n_lines, &substitutes));
        return fail(c->problem, ERR_INSUFFICIENT_STOCK, "%s",
                    order_name_substitutes(tx->arena, reason, o->lines, o->n_lines, &substitutes));
    case CONFIRM_HELD:
        TRY(order_hold_place(tx, c, o,
                             &(struct order_hold_placing){.kind = "credit",
                                                          .reason = reason,
                                                          .release_rule = "when_clear"}));
        TRY(order_wait_for_credit(tx, o, true));
        TRY(order_credit_keep(tx, c, o, f.confirm.credit, &decision,
                              (struct credit_subject){.point = "confirm", .amount = gross}));
        if (credit_wants_decision(f.confirm.credit))
            TRY(credit_application_for(tx, c, f.confirm.credit, o->customer_id, o->id, gross));
        TRY(order_credit_decided(tx, o->id, decision.exposure, decision.limit));
        return order_set_status(tx, o, "on_hold", NIL64);
    case CONFIRM_OK:
        break;
    }
    struct credit_delta delta = {.account = o->credit_account_id, .ordered = gross};
    TRY(credit_apply(tx, &delta, 1));
    TRY(order_wait_for_credit(tx, o, false));
    TRY(order_credit_keep(tx, c, o, f.confirm.credit, &decision,
                          (struct credit_subject){.point = release != NULL ? "release" : "confirm",
                                                  .outcome = release != NULL ? "released" : NULL,
                                                  .reason = release,
                                                  .amount = gross}));
    TRY(order_credit_decided(tx, o->id, decision.exposure, decision.limit));
    TRY(order_lines_store(tx, &one));
    TRY(order_named_settle(tx, c, "committed", o->id, &f.named));
    TRY(orders_reservations_store(tx, &one));
    TRY(order_set_status(tx, o, "confirmed", tx->now));
    event_push(tx, c, "order.confirmed", "order", o->id,
               arena_printf(tx->arena, "{\"status\":\"%s\"}", before),
               "{\"status\":\"confirmed\"}");
    TRY(order_substitutes_find(tx, o->lines, o->n_lines, &substitutes));
    order_tell_backordered(tx, c, o->id, o->lines, o->n_lines, &substitutes);
    return OK;
}

err orders_confirm(struct tx *tx, struct call *c, const struct none *in, struct order *ret)
{
    (void)in;
    struct order_state *o;
    struct order_hold_placing *approvals;
    size_t n;
    TRY(order_lock_for(tx, c, "confirm", &o));
    TRY(order_accept_substitutes(tx, c, o)); /* approved is what it becomes */
    TRY(order_approvals_load(tx, c, o->currency, o->lines, o->n_lines, &approvals, &n));
    for (size_t i = 0; i < n; i++)
        TRY(order_hold_place(tx, c, o, &approvals[i]));
    if (n > 0)
        TRY(order_set_status(tx, o, "on_hold", NIL64));
    else
        TRY(order_confirm_locked(tx, c, o, NULL));
    return order_load(tx, o->id, ret);
}

/* Cancels a quantity of a line; its reservation shrinks to what is still open. */
static void cancel_line(struct order_line *l, int64_t quantity)
{
    l->canceled += quantity;
    int64_t open = line_open_quantity(l);
    if (l->reserved > open)
        l->reserved = open;
}

/* What is picked has to be put back first. */
static err check_picked(const struct call *c, const struct order_line *l, int64_t wanted)
{
    char text[DECIMAL_TEXT_MAX];
    if (l->picked == 0 || (wanted != NIL64 && wanted <= line_free_quantity(l)))
        return OK;
    decimal_format(l->picked, DECIMAL_SCALE, 0, text);
    return fail(c->problem, ERR_WRONG_STATE,
                "%s of line %lld is picked: recall the pick list first, or cancel less.", text,
                (long long)l->line_no);
}

static err cancel_lines(struct tx *tx, struct call *c, const struct order_cancel *in,
                        struct order_state *o)
{
    for (size_t i = 0; in->lines.n == 0 && i < o->n_lines; i++)
        TRY(check_picked(c, &o->lines[i], NIL64));
    for (size_t i = 0; in->lines.n == 0 && i < o->n_lines; i++)
        cancel_line(&o->lines[i], line_free_quantity(&o->lines[i]));
    for (size_t i = 0; i < in->lines.n; i++) {
        const struct order_cancel_line *want = &in->lines.v[i];
        struct order_line *l = order_line_find(o, want->line_no);
        const char *at = arena_printf(tx->arena, "/lines/%zu", i);
        if (l == NULL) {
            fault(c->problem, at, "unknown_line", "The order has no line %lld.",
                  (long long)want->line_no);
            continue;
        }
        TRY(check_picked(c, l, want->quantity));
        int64_t open = line_free_quantity(l);
        int64_t quantity = want->quantity != NIL64 ? want->quantity : open;
        if (quantity > open) {
            char text[DECIMAL_TEXT_MAX];
            decimal_format(open, DECIMAL_SCALE, 0, text);
            fault(c->problem, arena_printf(tx->arena, "%s/quantity", at), "quantity_exceeded",
                  "Only %s can be canceled.", text);
            continue;
        }
        cancel_line(l, quantity);
    }
    return c->problem->code;
}

/* Nobody waits any more for what is held for an order that was never confirmed, and is canceled. */
static err release_named(struct tx *tx, const struct call *c, const struct order_state_list *one)
{
    const struct order_state *o = one->v;
    struct reservation_facts_list named;
    if (o->confirmed_at != NIL64 ||
        strcmp(order_status_of_lines(o->lines, o->n_lines), "canceled") != 0)
        return OK;
    TRY(orders_named_queue(tx, one, &named));
    TRY(tx_flush(tx));
    return order_named_settle(tx, c, "released", o->id, &named);
}

err orders_cancel(struct tx *tx, struct call *c, const struct order_cancel *in, struct order *ret)
{
    struct order_state *o;
    struct stock_facts_list stock;
    TRY(order_lock_for(tx, c, "cancel", &o));
    TRY(cancel_lines(tx, c, in, o));
    struct order_state_list one = {.v = o, .n = 1};
    TRY(orders_stock_lock_queue(tx, &one, true, &stock));
    TRY(tx_flush(tx));
    TRY(stock_locked(tx, &stock));
    TRY(release_named(tx, c, &one));
    TRY(orders_reservations_store(tx, &one));
    event_push(tx, c, "order.cancellation", "order", o->id, NULL,
               call_json(tx->arena, &order_cancel_type, in, NULL));
    if (o->confirmed_at != NIL64) {
        if (strcmp(order_status_of_lines(o->lines, o->n_lines), "canceled") == 0) {
            TRY(order_holds_release_all(tx, o->id, c->api_key_id, "canceled"));
            o->held = false;
        }
        TRY(orders_progressed(tx, c, o));
        return order_load(tx, o->id, ret);
    }
    /* Never confirmed: no exposure and no reservation to take back. */
    bool all = strcmp(order_status_of_lines(o->lines, o->n_lines), "canceled") == 0;
    TRY(order_lines_store(tx, &(struct order_state_list){.v = o, .n = 1}));
    if (all) {
        TRY(order_holds_release_all(tx, o->id, c->api_key_id, "canceled"));
        TRY(order_wait_for_credit(tx, o, false));
    } else if (o->waits) { /* it asks for less now */
        credit_made_room(tx, o->credit_account_id, credit_cause_of(tx->arena, c, "order", o->id));
    }
    TRY(order_set_status(tx, o, all ? "canceled" : o->status, NIL64));
    if (all)
        event_push(tx, c, "order.canceled", "order", o->id,
                   arena_printf(tx->arena, "{\"status\":\"%s\"}", o->status),
                   "{\"status\":\"canceled\"}");
    return order_load(tx, o->id, ret);
}

err orders_close(struct tx *tx, struct call *c, const struct none *in, struct order *ret)
{
    (void)in;
    struct order_state *o;
    TRY(order_lock_for(tx, c, "close", &o));
    TRY(order_set_status(tx, o, "closed", o->confirmed_at));
    event_push(tx, c, "order.closed", "order", o->id,
               arena_printf(tx->arena, "{\"status\":\"%s\"}", o->status),
               "{\"status\":\"closed\"}");
    return order_load(tx, o->id, ret);
}
