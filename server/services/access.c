/* Access: granting it fulfills the line, revoking it gives back what is not invoiced. When it
 * begins and ends is told by the clock. */
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/orders/rules.h"
#include "server/routes_prototypes.h"
#include "server/services/internal.h"
#include "server/services/rules.h"
#include "services.sql.h"
#include <string.h>

static const char *as_json(struct tx *tx, const struct access_grant *g)
{
    return call_json(tx->arena, &access_grant_type, g, NULL);
}

err access_grants_get(struct tx *tx, struct call *c, const struct none *in,
                      struct access_grant *ret)
{
    (void)in;
    return access_select(tx, c->path_id[0], ret);
}

/* ---- grant ---- */

static err check_free(struct tx *tx, const struct call *c, const char *external_id)
{
    struct access_by_external_id_row holder;
    bool found = false;
    if (external_id != NULL)
        TRY(access_by_external_id(tx, external_id, &holder, &found));
    return found ? external_id_taken(c, "acg", holder.id) : OK;
}

static err check_time(const struct call *c, const struct access_grant *g)
{
    if (g->ends_at != NIL64 && g->ends_at <= g->starts_at)
        fault(c->problem, "/ends_at", "too_early", "It must end after it begins.");
    return c->problem->code;
}

err access_grants_create(struct tx *tx, struct call *c, const struct access_grant_new *in,
                         struct access_grant *ret)
{
    struct order_state *o;
    struct access_grant g = {.id = id_new(),
                             .external_id = in->external_id,
                             .order_id = in->order_id,
                             .order_line_no = in->order_line_no,
                             .starts_at = in->starts_at != NIL64 ? in->starts_at : tx->now,
                             .ends_at = in->ends_at};
    TRY(check_time(c, &g));
    TRY(service_order_lock(tx, in->order_id, &o));
    if (o == NULL) {
        fault(c->problem, "/order_id", "unknown_reference", "There is no such order.");
        return c->problem->code;
    }
    struct order_line *l = service_line(c, o, in->order_line_no, "access", NULL);
    if (l == NULL)
        return c->problem->code;
    TRY(service_order_check(c, o, false));
    TRY(check_free(tx, c, in->external_id));
    int64_t left = line_free_quantity(l);
    g.quantity = in->quantity != NIL64 ? in->quantity : left;
    if (g.quantity > left || left == 0)
        return service_exceeded(c, left, "is open to be granted");
    g.customer_id = o->customer_id;
    g.product_id = l->product_id;
    service_count(l, g.quantity);
    TRY(access_insert(tx, &g, 1));
    TRY(access_select(tx, g.id, ret));
    event_push(tx, c, "access_grant.granted", "access_grant", g.id, NULL, as_json(tx, ret));
    return orders_progressed(tx, c, o);
}

/* ---- change ---- */

/* The grant of the path with its order, locked, if the action is allowed. */
static err lock_for(struct tx *tx, const struct call *c, const char *action,
                    struct access_grant *ret, struct order_state **ret_order)
{
    struct access_grant peeked;
    TRY(access_select(tx, c->path_id[0], &peeked));
    TRY(service_order_lock(tx, peeked.order_id, ret_order));
    TRY(access_select(tx, c->path_id[0], ret));
    TRY(call_check_version(c, ret->version));
    struct string_list allowed = access_actions(tx->arena, ret->status);
    if (order_allows(&allowed, action))
        return *ret_order != NULL ? OK : ERR_NO_ROW;
    const char *text = allowed.n == 0 ? "nothing"
                                      : arena_printf(tx->arena, "%s, %s", allowed.v[0],
                                                     allowed.v[allowed.n - 1]);
    return fail(c->problem, ERR_WRONG_STATE, "The access is %s; what can be done now: %s.",
                ret->status, text);
}

static err store(struct tx *tx, const struct call *c, const char *event,
                 const struct access_grant *was, const struct access_grant *now,
                 struct access_grant *ret)
{
    TRY(access_update(tx, now->id, now->status, now->released, now->reason));
    TRY(access_select(tx, now->id, ret));
    event_push(tx, c, event, "access_grant", now->id, as_json(tx, was), as_json(tx, ret));
    return OK;
}

static err change(struct tx *tx, struct call *c, const char *action, const char *status,
                  const char *event, const char *reason, struct access_grant *ret)
{
    struct order_state *o;
    struct access_grant was, now;
    TRY(lock_for(tx, c, action, &was, &o));
    now = was;
    now.status = status;
    now.reason = reason;
    return store(tx, c, event, &was, &now, ret);
}

err access_grants_suspend(struct tx *tx, struct call *c, const struct access_change *in,
                          struct access_grant *ret)
{
    return change(tx, c, "suspend", "suspended", "access_grant.suspended", in->reason, ret);
}

err access_grants_resume(struct tx *tx, struct call *c, const struct access_change *in,
                         struct access_grant *ret)
{
    return change(tx, c, "resume", "granted", "access_grant.resumed", in->reason, ret);
}

err access_grants_revoke(struct tx *tx, struct call *c, const struct access_revoke *in,
                         struct access_grant *ret)
{
    struct order_state *o;
    struct access_grant was, now;
    TRY(lock_for(tx, c, "revoke", &was, &o));
    struct order_line *l = order_line_find(o, was.order_line_no);
    int64_t unbilled = l->shipped - l->invoiced;
    now = was;
    now.status = "revoked";
    now.reason = in->reason;
    now.released = unbilled < was.quantity ? unbilled : was.quantity;
    service_count(l, -now.released);
    if (!in->keep_open)
        l->canceled += now.released;
    TRY(store(tx, c, "access_grant.revoked", &was, &now, ret));
    return now.released > 0 ? orders_progressed(tx, c, o) : OK;
}
