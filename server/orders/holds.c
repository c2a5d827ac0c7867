/* Holds: placed for a reason, each with an owner and a rule of release; an order moves when none is
 * left. Releasing the last one checks what confirming checks. */
#include "lib/base/money.h"
#include "orders.sql.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/orders/stock.h"
#include "server/routes_prototypes.h"
#include <string.h>

#define CLEARED "The condition has cleared."

JSON_TYPE(order_holds_reply, ORDER_HOLDS_REPLY_FIELDS, .doc = "The holds of an order.");

static const char *hold_json(struct arena *a, const char *kind, const char *reason,
                             const char *owner)
{
    struct order_hold_fact fact = {
        .status = "on_hold", .hold = kind, .reason = reason, .owner = owner};
    return call_json(a, &order_hold_fact_type, &fact, NULL);
}

err order_hold_place(struct tx *tx, struct call *c, const struct order_state *o,
                     const struct order_hold_placing *hold)
{
    TRY(order_hold_add(tx, o->id, hold->kind, hold->reason, c->api_key_id, hold->owner,
                       hold->release_rule,
                       hold->approval_rule_id != 0 ? hold->approval_rule_id : NIL64));
    event_push(tx, c, "order.held", "order", o->id,
               arena_printf(tx->arena, "{\"status\":\"%s\"}", o->status),
               hold_json(tx->arena, hold->kind, hold->reason, hold->owner));
    return OK;
}

err orders_hold(struct tx *tx, struct call *c, const struct order_hold_new *in, struct order *ret)
{
    struct order_state *o;
    struct order_hold_placing hold = {.kind = in->kind ? in->kind : "customer_request",
                                      .reason = in->reason,
                                      .owner = in->owner,
                                      .release_rule = in->release_rule ? in->release_rule
                                                                       : "manual"};
    if (strcmp(hold.release_rule, "when_clear") == 0 && !hold_can_clear(hold.kind)) {
        fault(c->problem, "/release_rule", "unknown_condition",
              "Nobody but you knows when a hold of this kind is over: say manual. Holds for credit "
              "and stock clear by themselves.");
        return c->problem->code;
    }
    TRY(order_lock_for(tx, c, "hold", &o));
    TRY(order_hold_place(tx, c, o, &hold));
    if (strcmp(hold.kind, "credit") == 0 && o->confirmed_at == NIL64)
        TRY(order_wait_for_credit(tx, o, true));
    TRY(order_set_status(tx, o, "on_hold", o->confirmed_at));
    return order_load(tx, o->id, ret);
}

/* ---- releasing ---- */

/* A locked order with its holds; as they are released, here too. */
struct releasing {
    struct tx *tx;
    struct call *c;
    struct order_state *o;
    struct order_holds_row_list holds;
    int64_t *nos; /* released in this command */
    size_t n;
    int64_t cap; /* of a release of credit */
    int32_t expires_on;
};

static err begin(struct tx *tx, struct call *c, struct releasing *r)
{
    *r = (struct releasing){.tx = tx, .c = c, .cap = NIL64, .expires_on = NIL32};
    TRY(order_lock_for(tx, c, "release", &r->o));
    TRY(order_holds(tx, &r->o->id, 1, &r->holds));
    r->nos = ARENA_ARRAY(tx->arena, int64_t, r->holds.n);
    return OK;
}

/* Released once, for a time that is over. */
static bool expired(const struct releasing *r, const struct order_holds_row *h)
{
    return h->released_at != NIL64 && h->release_expires != NIL32 &&
           h->release_expires < r->tx->today;
}

static bool holds(const struct releasing *r, const struct order_holds_row *h)
{
    return h->released_at == NIL64 || expired(r, h);
}

static void let_go(struct releasing *r, struct order_holds_row *h, const char *reason, bool cleared)
{
    struct order_hold_fact fact = {.hold = h->kind, .reason = reason, .owner = h->owner};
    h->released_at = r->tx->now;
    h->released_by = r->c->api_key_id;
    h->cleared = cleared;
    h->release_cap = r->cap;
    h->release_expires = r->expires_on;
    r->nos[r->n++] = h->hold_no;
    event_push(r->tx, r->c, "order.released", "order", r->o->id, "{\"status\":\"on_hold\"}",
               call_json(r->tx->arena, &order_hold_fact_type, &fact, NULL));
}

static bool is_open_approval(const struct order_holds_row *h)
{
    return h->released_at == NIL64 && strcmp(h->kind, "approval") == 0;
}

/* Then it is no matter of releasing: somebody who may has to approve. */
static bool is_asked_by_rule(const struct order_holds_row *h)
{
    return is_open_approval(h) && h->approval_rule_id != NIL64;
}

static size_t left(const struct releasing *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->holds.n; i++)
        n += holds(r, &r->holds.v[i]);
    return n;
}

/* Does it still wait for credit, never confirmed? */
static bool waits(const struct releasing *r)
{
    for (size_t i = 0; i < r->holds.n; i++)
        if (r->holds.v[i].released_at == NIL64 && strcmp(r->holds.v[i].kind, "credit") == 0)
            return r->o->confirmed_at == NIL64;
    return false;
}

bool order_credit_released(const struct order_holds_row_list *list, int64_t open_gross,
                           int32_t today)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct order_holds_row *h = &list->v[i];
        if (strcmp(h->kind, "credit") == 0 && h->released_at != NIL64 && !h->cleared &&
            (h->release_cap == NIL64 || open_gross <= h->release_cap) &&
            (h->release_expires == NIL32 || h->release_expires >= today))
            return true;
    }
    return false;
}

/* While it was held, what it waits for went to those behind it: there may be some now. */
static err wait_again(struct tx *tx, const struct order_state *o)
{
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, o->n_lines);
    size_t n = 0;
    for (size_t i = 0; i < o->n_lines; i++)
        if (o->lines[i].backordered > 0)
            keys[n++] = (struct stock_key){o->lines[i].product_id, o->lines[i].warehouse_id};
    return stock_freed_note(tx, keys, n);
}

/* An order whose exposure counts already goes on where it stood, if its customer's credit still
 * lets it. */
static err go_on(struct releasing *r, bool force)
{
    struct order_facts f;
    struct credit_verdict verdict;
    const struct order_credit_ask ask = {.point = "confirm", .document = order_open_gross(r->o)};
    TRY(order_facts_load(r->tx, r->c, r->o, &f));
    f.confirm.force = force;
    const char *refusal = order_credit_refusal(&f.confirm, &ask, &verdict);
    if (refusal != NULL) {
        TRY(order_hold_place(r->tx, r->c, r->o,
                             &(struct order_hold_placing){.kind = "credit",
                                                          .reason = refusal,
                                                          .release_rule = "when_clear"}));
        TRY(order_credit_keep(r->tx, r->c, r->o, f.confirm.credit, &verdict,
                              (struct credit_subject){.point = "confirm"}));
        return order_set_status(r->tx, r->o, "on_hold", r->o->confirmed_at);
    }
    r->o->held = false;
    TRY(orders_progressed(r->tx, r->c, r->o));
    return wait_again(r->tx, r->o);
}

static err finish(struct releasing *r, const char *reason, bool cleared, struct order *ret)
{
    struct order_state *o = r->o;
    if (r->n == 0)
        return order_load(r->tx, o->id, ret);
    bool force = order_credit_released(&r->holds, order_open_gross(o), r->tx->today);
    TRY(order_holds_release(r->tx, o->id, r->nos, r->n, r->c->api_key_id, reason, cleared, r->cap,
                            r->expires_on));
    if (left(r) > 0) {
        TRY(order_wait_for_credit(r->tx, o, waits(r)));
        TRY(order_set_status(r->tx, o, "on_hold", o->confirmed_at));
    } else if (o->confirmed_at != NIL64) {
        TRY(go_on(r, force));
    } else {
        TRY(order_confirm_locked(r->tx, r->c, o, force ? reason : NULL));
    }
    return order_load(r->tx, o->id, ret);
}

/* The cap in minor units; faults for a cap below the order and a day that has passed. */
static err take_terms(struct releasing *r, const struct order_release *in)
{
    struct call *c = r->c;
    int exponent = currency_exponent(r->o->currency);
    if (in->cap != NIL64 && money_from_decimal(in->cap, exponent, &r->cap) != OK)
        fault(c->problem, "/cap", "decimal_scale", "%s has %d decimals.", r->o->currency, exponent);
    else if (r->cap != NIL64 && order_open_gross(r->o) > r->cap)
        fault(c->problem, "/cap", "too_small", "What is open of the order is more than that.");
    if (in->expires_on != NIL32 && in->expires_on < r->tx->today)
        fault(c->problem, "/expires_on", "too_small", "That day has passed.");
    r->expires_on = in->expires_on;
    return c->problem->code;
}

err orders_release(struct tx *tx, struct call *c, const struct order_release *in, struct order *ret)
{
    struct releasing r;
    bool known = false;
    size_t approvals = 0;
    TRY(begin(tx, c, &r));
    TRY(take_terms(&r, in));
    for (size_t i = 0; i < r.holds.n; i++) {
        struct order_holds_row *h = &r.holds.v[i];
        if (in->hold_no != NIL64 && in->hold_no != h->hold_no)
            continue;
        known = true;
        approvals += is_asked_by_rule(h);
        if (holds(&r, h) && !is_asked_by_rule(h))
            let_go(&r, h, in->reason, false);
    }
    if (!known) {
        fault(c->problem, "/hold_no", "unknown_reference", "The order has no hold %lld.",
              (long long)in->hold_no);
        return c->problem->code;
    }
    if (r.n == 0 && approvals > 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The order waits for approval; what can be done now: approve, reject.");
    if (r.n == 0)
        return fail(c->problem, ERR_WRONG_STATE, "Hold %lld was released already.",
                    (long long)in->hold_no);
    return finish(&r, in->reason, false, ret);
}

/* ---- approving ---- */

/* Is the hold the caller's to decide? */
static bool decides(const struct releasing *r, const struct order_holds_row *h)
{
    return is_open_approval(h) && (h->approval_rule_id == NIL64 || call_may(r->c, h->owner));
}

/* OK when the caller decides at least one of the approvals that the order waits for. */
static err check_approver(const struct releasing *r)
{
    const struct order_holds_row *other = NULL;
    for (size_t i = 0; i < r->holds.n; i++) {
        if (decides(r, &r->holds.v[i]))
            return OK;
        if (is_open_approval(&r->holds.v[i]))
            other = &r->holds.v[i];
    }
    if (other != NULL)
        return fail(r->c->problem, ERR_FORBIDDEN, "The approver's key needs the scope %s.",
                    other->owner);
    return fail(r->c->problem, ERR_WRONG_STATE, "The order does not wait for approval.");
}

/* Maker is not checker: neither who made the order nor who asked for its approval gives it. */
static err check_maker(const struct releasing *r)
{
    struct order_made_by_row by;
    TRY(order_made_by(r->tx, r->o->id, r->c->api_key_id, &by));
    for (size_t i = 0; i < r->holds.n; i++)
        by.made = by.made ||
                  (is_open_approval(&r->holds.v[i]) && r->holds.v[i].placed_by == r->c->api_key_id);
    return by.made ? fail(r->c->problem, ERR_MAKER,
                          "The key that made the order, or asked for its approval, cannot approve "
                          "it: use another one.")
                   : OK;
}

static const char *decision_json(const struct releasing *r, const char *reason)
{
    struct order_hold_fact fact = {.hold = "approval", .reason = reason};
    return call_json(r->tx->arena, &order_hold_fact_type, &fact, NULL);
}

err orders_approve(struct tx *tx, struct call *c, const struct order_approve *in, struct order *ret)
{
    struct releasing r;
    TRY(begin(tx, c, &r));
    TRY(check_approver(&r));
    TRY(check_maker(&r));
    event_push(tx, c, "order.approved", "order", r.o->id, NULL, decision_json(&r, in->reason));
    for (size_t i = 0; i < r.holds.n; i++)
        if (decides(&r, &r.holds.v[i]))
            let_go(&r, &r.holds.v[i], in->reason, false);
    return finish(&r, in->reason, false, ret);
}

err orders_reject(struct tx *tx, struct call *c, const struct order_reject *in, struct order *ret)
{
    struct releasing r;
    TRY(begin(tx, c, &r));
    TRY(check_approver(&r));
    for (size_t i = 0; i < r.holds.n; i++)
        if (decides(&r, &r.holds.v[i]))
            r.nos[r.n++] = r.holds.v[i].hold_no;
    TRY(order_hold_rejected(tx, r.o->id, r.nos, r.n,
                            arena_printf(tx->arena, "Rejected: %s", in->reason)));
    event_push(tx, c, "order.rejected", "order", r.o->id, NULL, decision_json(&r, in->reason));
    if (in->cancel) {
        struct order_cancel all;
        json_set_all_absent(&order_cancel_type, &all);
        all.reason = in->reason;
        return orders_cancel(tx, c, &all, ret);
    }
    TRY(order_set_status(tx, r.o, "on_hold", r.o->confirmed_at));
    return order_load(tx, r.o->id, ret);
}

/* Is what the hold waits for there? */
static bool clear(const struct releasing *r, const struct order_facts *f, const char *kind)
{
    struct credit_verdict verdict;
    int64_t gross = order_open_gross(r->o);
    const struct order_credit_ask ask = {
        .point = "confirm", .more = r->o->confirmed_at != NIL64 ? 0 : gross, .document = gross};
    if (strcmp(kind, "credit") == 0)
        return order_credit_refusal(&f->confirm, &ask, &verdict) == NULL;
    return order_stock_suffices(r->tx->arena, f->confirm.stock, r->o->lines, r->o->n_lines);
}

/* only: holds of this kind; NULL: of all kinds. */
static err review(struct tx *tx, struct call *c, const char *only, struct order *ret)
{
    struct releasing r;
    struct order_facts f;
    TRY(begin(tx, c, &r));
    TRY(order_facts_load(tx, c, r.o, &f));
    for (size_t i = 0; i < r.holds.n; i++) {
        struct order_holds_row *h = &r.holds.v[i];
        if (h->released_at == NIL64 && strcmp(h->release_rule, "when_clear") == 0 &&
            (only == NULL || strcmp(h->kind, only) == 0) && clear(&r, &f, h->kind))
            let_go(&r, h, CLEARED, true);
    }
    return finish(&r, CLEARED, true, ret);
}

err orders_review(struct tx *tx, struct call *c, const struct none *in, struct order *ret)
{
    (void)in;
    return review(tx, c, NULL, ret);
}

err orders_review_stock(struct tx *tx, struct call *c)
{
    struct order ignored;
    return review(tx, c, "stock", &ignored);
}

err orders_holds(struct tx *tx, struct call *c, const struct none *in,
                 struct order_holds_reply *ret)
{
    (void)in;
    struct order o;
    TRY(order_load(tx, c->path_id[0], &o));
    *ret = (struct order_holds_reply){.order_id = o.id, .status = o.status, .holds = o.holds};
    return OK;
}
