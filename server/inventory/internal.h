/* What the use cases of stock share. */
#pragma once
#include "server/inventory/inventory.h"

/* Receives what n movements bring of these supplies (their ids, distinct), behind the locks of the
 * movements' stock. Fails the call when a supply is unknown, of another product or warehouse, or no
 * longer open. */
err supplies_receive(struct tx *tx, const struct call *c, const int64_t *ids, size_t n_ids,
                     const struct stock_movement_new *movements, size_t n) MUST_CHECK;

/* Locks the rows of these keys, as stock_lock(); where there is none it makes one first, in key
 * order: one order for all. */
err stock_rows_lock_ensured(struct tx *tx, struct stock_key *keys, size_t n,
                            struct stock_facts_list *ret) MUST_CHECK;
/* Pushes stock.moved for each. */
void stock_movements_tell(struct tx *tx, const struct call *c, const struct stock_movement_new *v,
                          size_t n);
