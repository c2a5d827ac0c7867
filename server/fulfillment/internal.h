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
    bool truncated;  /* more orders wait than one allocation looks at */
    bool incomplete; /* by allocation_run(): others wait that are not among them */
};
err allocation_lock_orders(struct tx *tx, const struct allocation_scope *scope,
                           struct allocation_queue *ret) MUST_CHECK;
/* The stock that these orders wait for, as far as it is in the scope. */
err allocation_lock_stock(struct tx *tx, const struct allocation_scope *scope,
                          const struct allocation_queue *queue,
                          struct stock_facts_list *ret) MUST_CHECK;
/* Gives the stock, locked, to the lines of the orders that wait for it, stores and tells all of it.
 * ERR_SERIALIZATION when an order has begun to wait since the orders were locked: run again, and it
 * is among them. An allocation that nobody asked for, and that gives nothing, leaves no trace. */
err allocation_run(struct tx *tx, struct call *c, const char *cause, struct allocation_queue *queue,
                   const struct stock_facts_list *stock, struct stock_allocation *ret) MUST_CHECK;
/* Queues that nobody has to share out this stock, locked, any more; of products that orders are
 * held for somebody has. */
err freed_settle(struct tx *tx, const struct stock_key *keys, size_t n) MUST_CHECK;
