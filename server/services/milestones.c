/* Milestones: plan the open part of a line, complete them, take that back while nothing of it is
 * invoiced. */
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/base/money.h"
#include "server/events/events.h"
#include "server/orders/rules.h"
#include "server/routes_prototypes.h"
#include "server/services/internal.h"
#include "server/services/rules.h"
#include "services.sql.h"
#include <string.h>

static const char *as_json(struct tx *tx, const struct milestone *m)
{
    return call_json(tx->arena, &milestone_type, m, m->currency);
}

/* ---- plan ---- */

struct planning {
    struct tx *tx;
    struct call *c;
    const struct milestone_plan_new *in;
    struct order_state *o;
    struct order_line *l;
    struct milestone_rest rest;
    int64_t n_before; /* milestones of the line so far */
    struct milestone_shares shares;
};

static void plan_fault(const struct planning *k, size_t i, const char *member, const char *code,
                       const char *detail)
{
    fault(k->c->problem, arena_printf(k->tx->arena, "/milestones/%zu%s", i, member), code, "%s",
          detail);
}

static size_t units_of(const struct milestone_new *m, enum milestone_unit *ret)
{
    *ret = m->percent != NIL64 ? BY_PERCENT : m->quantity != NIL64 ? BY_QUANTITY : BY_AMOUNT;
    return (size_t)(m->percent != NIL64) + (m->quantity != NIL64) + (m->amount != NIL64);
}

static err read_parts(struct planning *k)
{
    const struct milestone_new_list *in = &k->in->milestones;
    int64_t *parts = ARENA_ARRAY(k->tx->arena, int64_t, in->n);
    int exponent = currency_exponent(k->o->currency);
    for (size_t i = 0; i < in->n; i++) {
        const struct milestone_new *m = &in->v[i];
        enum milestone_unit unit;
        if (units_of(m, &unit) != 1) {
            plan_fault(k, i, "", "ambiguous", "Give percent, quantity or amount, one of them.");
            continue;
        }
        if (i == 0)
            k->shares.unit = unit;
        else if (unit != k->shares.unit)
            plan_fault(k, i, "", "mixed", "All milestones of a plan have their part in one unit.");
        parts[i] = unit == BY_PERCENT ? m->percent : m->quantity;
        if (unit == BY_AMOUNT && money_from_decimal(m->amount, exponent, &parts[i]) != OK)
            plan_fault(k, i, "/amount", err_slug(ERR_DECIMAL_SCALE),
                       "The currency has fewer decimals.");
    }
    k->shares.parts = parts;
    k->shares.n = in->n;
    k->shares.quantities = ARENA_ARRAY(k->tx->arena, int64_t, in->n);
    k->shares.nets = ARENA_ARRAY(k->tx->arena, int64_t, in->n);
    return k->c->problem->code;
}

static const char *whole_text(const struct planning *k, int64_t whole)
{
    char *text = ARENA_ARRAY(k->tx->arena, char, DECIMAL_TEXT_MAX);
    int exponent = currency_exponent(k->o->currency);
    if (k->shares.unit == BY_AMOUNT)
        decimal_format(whole, exponent, exponent, text);
    else
        decimal_format(whole, DECIMAL_SCALE, 0, text);
    return text;
}

static err share(struct planning *k)
{
    static const char *const members[] = {"/percent", "/quantity", "/amount"};
    int64_t whole;
    size_t at = 0;
    TRY(read_parts(k));
    err e = milestones_share(k->l, &k->rest, &k->shares, &whole, &at);
    if (e == ERR_INVALID)
        fault(k->c->problem, "/milestones", "sum",
              "The milestones must add up to what is open of the line: %s%s.", whole_text(k, whole),
              k->shares.unit == BY_PERCENT ? " percent" : "");
    else if (e == ERR_DECIMAL_SCALE)
        plan_fault(k, at, members[k->shares.unit], "decimal_scale",
                   "That part is no quantity of the line with 6 decimals: choose other parts, or "
                   "order the line in smaller units.");
    else
        return e;
    return k->c->problem->code;
}

/* What the line has already: numbers go on, and what was reached is no part of a new plan. */
static err look_back(struct planning *k)
{
    struct milestone_list had;
    int64_t completed = 0;
    TRY(milestones_of_line(k->tx, k->o->id, k->l->line_no, &had));
    for (size_t i = 0; i < had.n; i++)
        if (strcmp(had.v[i].status, "completed") == 0)
            TRY(add64(completed, had.v[i].net, &completed));
    k->n_before = (int64_t)had.n;
    if (had.n + k->in->milestones.n > MILESTONES_MAX)
        return fail(k->c->problem, ERR_WRONG_STATE,
                    "A line has at most %d milestones, replaced ones included.", MILESTONES_MAX);
    TRY(milestone_rest(k->l, completed, &k->rest));
    if (k->rest.quantity <= 0)
        return fail(k->c->problem, ERR_WRONG_STATE, "Nothing of the line is open to be planned.");
    return OK;
}

static err store(const struct planning *k)
{
    struct milestone *rows = ARENA_ARRAY(k->tx->arena, struct milestone, k->in->milestones.n);
    for (size_t i = 0; i < k->in->milestones.n; i++)
        rows[i] = (struct milestone){.id = id_new(),
                                     .order_id = k->o->id,
                                     .order_line_no = k->l->line_no,
                                     .milestone_no = k->n_before + (int64_t)i + 1,
                                     .name = k->in->milestones.v[i].name,
                                     .status = "planned",
                                     .planned_date = k->in->milestones.v[i].planned_date,
                                     .quantity = k->shares.quantities[i],
                                     .net = k->shares.nets[i]};
    TRY(milestones_replace(k->tx, k->o->id, k->l->line_no));
    return milestones_insert(k->tx, rows, k->in->milestones.n);
}

err milestones_create(struct tx *tx, struct call *c, const struct milestone_plan_new *in,
                      struct milestone_plan *ret)
{
    struct planning k = {.tx = tx, .c = c, .in = in};
    TRY(service_order_lock(tx, c->path_id[0], &k.o));
    if (k.o == NULL)
        return ERR_NO_ROW;
    TRY(service_order_check(c, k.o, true));
    k.l = service_line(c, k.o, in->order_line_no, "milestone", NULL);
    if (k.l == NULL)
        return c->problem->code;
    TRY(look_back(&k));
    TRY(share(&k));
    TRY(store(&k));
    *ret = (struct milestone_plan){.order_id = k.o->id, .order_line_no = k.l->line_no};
    TRY(milestones_of_line(tx, k.o->id, k.l->line_no, &ret->milestones));
    event_push(tx, c, "order.milestones_planned", "order", k.o->id, NULL,
               call_json(tx->arena, &milestone_plan_type, ret, k.o->currency));
    return OK;
}

err milestones_get(struct tx *tx, struct call *c, const struct none *in, struct milestone *ret)
{
    (void)in;
    return milestone_select(tx, c->path_id[0], ret);
}

/* ---- reached, and not ---- */

/* The milestone of the path with its order, locked, if it has the status that is wanted. */
static err lock(struct tx *tx, const struct call *c, const char *status, struct milestone *ret,
                struct order_state **ret_order)
{
    struct milestone peeked;
    TRY(milestone_select(tx, c->path_id[0], &peeked));
    TRY(service_order_lock(tx, peeked.order_id, ret_order));
    TRY(milestone_select(tx, c->path_id[0], ret));
    TRY(call_check_version(c, ret->version));
    if (*ret_order == NULL)
        return ERR_NO_ROW;
    if (strcmp(ret->status, status) != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The milestone is %s; what can be done now: %s.",
                    ret->status,
                    strcmp(ret->status, "planned") == 0     ? "complete"
                    : strcmp(ret->status, "completed") == 0 ? "reopen"
                                                            : "nothing");
    return OK;
}

static err move(struct tx *tx, struct call *c, const char *event, struct order_state *o,
                const struct milestone *was, const struct milestone *now, struct milestone *ret)
{
    TRY(milestone_update(tx, now->id, now->status, now->completed_on, now->evidence));
    TRY(milestone_select(tx, now->id, ret));
    event_push(tx, c, event, "milestone", now->id, as_json(tx, was), as_json(tx, ret));
    return orders_progressed(tx, c, o);
}

err milestones_complete(struct tx *tx, struct call *c, const struct milestone_complete *in,
                        struct milestone *ret)
{
    struct order_state *o;
    struct milestone was, now;
    if (in->completed_on != NIL32 && in->completed_on > tx->today) {
        fault(c->problem, "/completed_on", "in_the_future", "Write a day that has come.");
        return c->problem->code;
    }
    TRY(lock(tx, c, "planned", &was, &o));
    TRY(service_order_check(c, o, false));
    struct order_line *l = order_line_find(o, was.order_line_no);
    if (line_free_quantity(l) < was.quantity)
        return service_exceeded(c, line_free_quantity(l),
                                "is open: it was changed since, plan its milestones anew");
    service_count(l, was.quantity);
    now = was;
    now.status = "completed";
    now.completed_on = in->completed_on != NIL32 ? in->completed_on : tx->today;
    now.evidence = in->evidence;
    return move(tx, c, "milestone.completed", o, &was, &now, ret);
}

err milestones_reopen(struct tx *tx, struct call *c, const struct milestone_reopen *in,
                      struct milestone *ret)
{
    struct order_state *o;
    struct milestone was, now;
    TRY(lock(tx, c, "completed", &was, &o));
    TRY(service_order_check(c, o, true));
    struct order_line *l = order_line_find(o, was.order_line_no);
    if (l->shipped - l->invoiced < was.quantity)
        return service_exceeded(c, l->shipped - l->invoiced,
                                "is fulfilled and not invoiced: credit the invoice instead");
    service_count(l, -was.quantity);
    now = was;
    now.status = "planned";
    now.completed_on = NIL32;
    now.evidence = in->reason;
    return move(tx, c, "milestone.reopened", o, &was, &now, ret);
}
