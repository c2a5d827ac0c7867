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
        return bulk_refuse_all(c, in);
    *ret = (struct orders_bulk_reply){.accepted = (int64_t)(in->n - n_refused),
                                      .refused = (int64_t)n_refused,
                                      .results = {.v = results, .n = in->n}};
    return OK;
}
