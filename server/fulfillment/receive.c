/* POST /v1/stock/movements: what arrives goes to those who wait for it, in the same transaction. */
#include "lib/base/distinct.h"
#include "server/fulfillment/internal.h"
#include "server/routes_prototypes.h"

/* Orders are locked before stock: those that wait for what arrives. */
static err lock_waiting(struct tx *tx, const struct stock_key *keys, size_t n,
                        struct allocation_queue *ret)
{
    int64_t *products = ARENA_ARRAY(tx->arena, int64_t, n);
    for (size_t i = 0; i < n; i++)
        products[i] = keys[i].product_id;
    *ret = (struct allocation_queue){0};
    if (n == 0)
        return OK;
    struct allocation_scope scope = {
        .products = products, .n_products = distinct_ids(products, n), .warehouse_id = NIL64};
    return allocation_lock_orders(tx, &scope, ret);
}

err stock_movements_create(struct tx *tx, struct call *c, const struct stock_movements_new *in,
                           struct stock_movements *ret)
{
    struct stock_intake *k;
    struct stock_key *arrivals;
    struct allocation_queue queue;
    struct stock_facts_list stock;
    struct stock_allocation given;
    TRY(stock_intake_check(tx, c, in, &k));
    size_t n = stock_intake_arrivals(k, &arrivals);
    TRY(lock_waiting(tx, arrivals, n, &queue));
    TRY(stock_intake_move(k, &stock));
    if (n > 0)
        TRY(allocation_run(tx, c, "receipt", &queue, &stock, &given));
    if (queue.orders.n > 0 && !queue.incomplete)
        TRY(freed_settle(tx, arrivals, n));
    return stock_intake_show(k, ret);
}
