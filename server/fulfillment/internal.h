/* What the use cases that hand stock to orders share. */
#pragma once
#include "server/fulfillment/fulfillment.h"
#include "server/orders/orders.h"

/* Those who wait for stock of these products, or of all, in one warehouse, or in all. */
struct allocation_scope {
    const int64_t *products;
    size_t n_products; /* 0: all */
    int64_t warehouse_id;
};
/* Their orders, locked; the stock is locked behind them. */
struct allocation_queue {
    struct order_state_list orders;
    bool truncated;
};
err allocation_lock_orders(struct tx *tx, const struct allocation_scope *scope,
                           struct allocation_queue *ret) MUST_CHECK;
/* Gives the stock, locked, to the lines of the orders that wait for it, stores and tells all of it.
 * ERR_SERIALIZATION when an order has begun to wait since the orders were locked: run again, and it
 * is among them. */
err allocation_run(struct tx *tx, struct call *c, const char *cause,
                   const struct allocation_queue *queue, const struct stock_facts_list *stock,
                   struct stock_allocation *ret) MUST_CHECK;
