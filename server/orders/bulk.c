/* POST /v1/orders/bulk: the lines of a file as one batch of POST /v1/orders. */
#include "server/orders/place.h"
#include "server/routes_prototypes.h"

/* Order lines of all orders together: what fits into the memory of a transaction. */
#define BULK_ORDER_LINES_MAX 200000

JSON_TYPE(orders_bulk_result, ORDERS_BULK_RESULT_FIELDS, .doc = "What became of a line.");
JSON_TYPE(orders_bulk_reply, ORDERS_BULK_REPLY_FIELDS, .doc = "What became of all lines.");

static err check_size(const struct call *c, const struct bulk *in)
{
    size_t n = 0;
    for (size_t i = 0; i < in->n; i++)
        if (in->lines[i].in != NULL)
            n += ((const struct order_new *)in->lines[i].in)->lines.n;
    if (n > BULK_ORDER_LINES_MAX)
        fault(c->problem, "", "too_many",
              "The orders of one request have at most %d lines together; these have %zu.",
              BULK_ORDER_LINES_MAX, n);
    return c->problem->code;
}

/* Places those that nothing is wrong with yet. */
static err place(struct tx *tx, const struct bulk *in, struct order *orders)
{
    struct orders_create_cmd *cmds = ARENA_ARRAY(tx->arena, struct orders_create_cmd, in->n);
    size_t n = 0;
    for (size_t i = 0; i < in->n; i++)
        if (in->lines[i].problem->code == OK)
            cmds[n++] = (struct orders_create_cmd){
                .call = &in->lines[i], .in = in->lines[i].in, .out = &orders[i]};
    return n > 0 ? orders_create(tx, cmds, n) : OK;
}

static struct orders_bulk_result result_of(struct arena *a, const struct bulk *bulk, size_t i,
                                           const struct order *o)
{
    const struct order_new *in = bulk->lines[i].in;
    const struct problem *p = bulk->lines[i].problem;
    struct orders_bulk_result r = {.index = (int64_t)i,
                                   .row = bulk->origins[i].row,
                                   .external_id = in != NULL ? in->external_id : NULL};
    if (p->code == OK) {
        r.status = 201;
        r.id = o->id;
        r.number = o->number;
        r.order_status = o->status;
    } else {
        r.status = err_status(p->code);
        r.id = NIL64;
        r.code = err_slug(p->code);
        r.detail = bulk_detail(a, p);
        r.conflicting_id = p->conflicting_id;
        r.errors = bulk_faults(a, bulk, i);
    }
    return r;
}

/* A reason that all refused lines share, if it is one that an order can meet without a fault. */
static err shared_refusal(const struct bulk *in)
{
    err shared = OK;
    for (size_t i = 0; i < in->n; i++) {
        err e = in->lines[i].problem->code;
        if (e != OK && (err_status(e) != 409 || (shared != OK && shared != e)))
            return ERR_INVALID;
        shared = e != OK ? e : shared;
    }
    return shared;
}

/* Faults that all refused lines have together; one that was refused without counts once. */
static size_t count_faults(const struct bulk *in)
{
    size_t n = 0;
    for (size_t i = 0; i < in->n; i++) {
        const struct problem *l = in->lines[i].problem;
        n += l->code == OK ? 0 : l->n_faults > 0 ? l->n_faults : 1;
    }
    return n;
}

static void name_fault(struct problem *p, size_t line, const struct bulk_fault *f)
{
    const char *at = arena_printf(p->arena, "/%zu%s", line, f->pointer);
    if (f->column != NULL)
        fault(p, at, f->code, "Row %lld, %s: %s", (long long)f->row, f->column, f->detail);
    else
        fault(p, at, f->code, "%s", f->detail);
}

/* Every fault of every line at a pointer that leads through the line's index; when these are more
 * than are listed, the first of each line, so that as many lines as possible are named. */
static err refuse_all(const struct call *c, const struct bulk *in, size_t n_refused)
{
    struct problem *p = c->problem;
    fail(p, shared_refusal(in), "%zu of %zu lines are refused, so nothing was written.", n_refused,
         in->n);
    size_t each = count_faults(in) <= PROBLEM_FAULTS_MAX ? PROBLEM_FAULTS_MAX : 1;
    for (size_t i = 0; i < in->n; i++) {
        const struct problem *l = in->lines[i].problem;
        if (l->code != OK && l->n_faults == 0)
            fault(p, arena_printf(p->arena, "/%zu", i), err_slug(l->code), "%s",
                  bulk_detail(p->arena, l));
        struct bulk_fault_list faults = bulk_faults(p->arena, in, i);
        for (size_t k = 0; k < faults.n && k < each; k++)
            name_fault(p, i, &faults.v[k]);
    }
    return p->code;
}

err orders_bulk(struct tx *tx, struct call *c, const struct bulk *in, struct orders_bulk_reply *ret)
{
    TRY(check_size(c, in));
    struct order *orders = ARENA_ARRAY(tx->arena, struct order, in->n);
    TRY(place(tx, in, orders));
    struct orders_bulk_result *results = ARENA_ARRAY(tx->arena, struct orders_bulk_result, in->n);
    size_t n_refused = 0;
    for (size_t i = 0; i < in->n; i++) {
        results[i] = result_of(tx->arena, in, i, &orders[i]);
        n_refused += in->lines[i].problem->code != OK;
    }
    if (in->atomic && n_refused > 0)
        return refuse_all(c, in, n_refused);
    *ret = (struct orders_bulk_reply){.accepted = (int64_t)(in->n - n_refused),
                                      .refused = (int64_t)n_refused,
                                      .results = {.v = results, .n = in->n}};
    return OK;
}
