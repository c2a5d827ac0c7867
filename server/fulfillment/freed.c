/* What becomes free while somebody waits for it. The transaction that frees holds its orders and
 * then the stock: it cannot lock those of the orders that wait, only leave a note (stock_freed).
 * Whoever takes the note up begins with the orders, as everybody does. */
#include "fulfillment.sql.h"
#include "lib/base/distinct.h"
#include "server/fulfillment/internal.h"

/* Rows of stock of one turn; orders held for it that are looked at. */
#define FREED_MOST 100
#define HELD_MOST 100

static err share(struct tx *tx, struct call *c, const struct allocation_scope *scope,
                 struct freed_turn *ret)
{
    struct allocation_queue queue;
    struct stock_facts_list stock;
    struct stock_allocation given;
    TRY(allocation_lock_orders(tx, scope, &queue));
    TRY(allocation_lock_stock(tx, scope, &queue, &stock));
    if (queue.orders.n == 0)
        return OK;
    TRY(allocation_run(tx, c, "freed", &queue, &stock, &given));
    /* Newcomers are among the next ones; those behind the first thousands when these are served. */
    ret->again = queue.truncated ? given.lines_granted > 0 : queue.incomplete;
    return OK;
}

static err find_held(struct tx *tx, const struct allocation_scope *scope, struct freed_turn *ret)
{
    struct orders_held_for_stock_row_list rows;
    TRY(orders_held_for_stock(tx, scope->products, scope->n_products, HELD_MOST, &rows));
    ret->held = ARENA_ARRAY(tx->arena, int64_t, rows.n);
    for (; ret->n_held < rows.n; ret->n_held++)
        ret->held[ret->n_held] = rows.v[ret->n_held].id;
    return OK;
}

err freed_share(struct tx *tx, struct call *c, struct freed_turn *ret)
{
    *ret = (struct freed_turn){0};
    TRY(freed_load(tx, FREED_MOST, &ret->freed));
    if (ret->freed.n == 0)
        return OK;
    int64_t *products = ARENA_ARRAY(tx->arena, int64_t, ret->freed.n);
    for (size_t i = 0; i < ret->freed.n; i++)
        products[i] = ret->freed.v[i].product_id;
    struct allocation_scope scope = {.products = products,
                                     .n_products = distinct_ids(products, ret->freed.n),
                                     .warehouse_id = NIL64};
    TRY(share(tx, c, &scope, ret));
    TRY(find_held(tx, &scope, ret));
    return ret->n_held > 0 || ret->again ? OK : freed_done(tx, ret);
}

err freed_done(struct tx *tx, const struct freed_turn *turn)
{
    return freed_delete(tx, turn->freed.v, turn->freed.n);
}
