/* The stock of locked orders: what confirming, releasing and canceling do with it. */
#pragma once
#include "server/inventory/inventory.h"
#include "server/orders/orders.h"

/* Locks the stock of all stock lines of the orders, in the order of stock; for lines that may wait
 * there is a row then, even where nothing has ever been. Queued; nothing is asked when there are
 * none. wait false: leaves out what another transaction holds (stock_try_lock_queue()), and makes
 * no rows. */
err orders_stock_lock_queue(struct tx *tx, const struct order_state_list *orders, bool wait,
                            struct stock_facts_list *ret) MUST_CHECK;
/* Is all that the order needs among what was locked? */
bool order_stock_is_locked(const struct order_state *o, const struct stock_facts_list *locked);
/* Queues what the lines' reservations say now against what they said. */
err orders_reservations_store(struct tx *tx, const struct order_state_list *orders) MUST_CHECK;
/* The reservations that these orders named, behind the lock of their stock. Queued. */
err orders_named_queue(struct tx *tx, const struct order_state_list *orders,
                       struct reservation_facts_list *ret) MUST_CHECK;
/* What is held for the order is free for it, in memory; or, free false, held again. */
void order_named_free(const struct tx *tx, int64_t order_id,
                      const struct reservation_facts_list *named,
                      const struct stock_facts_list *stock, bool free);
/* Queues that what is held for the order is committed to it, or released. Before
 * orders_reservations_store(). */
err order_named_settle(struct tx *tx, const struct call *c, const char *status, int64_t order_id,
                       const struct reservation_facts_list *named) MUST_CHECK;
/* Gross of what is neither shipped, invoiced nor canceled. */
int64_t order_open_gross(const struct order_state *o);
