/* What the use cases of stock share. */
#pragma once
#include "server/inventory/inventory.h"

/* Receives what n movements bring of these supplies (their ids, distinct), behind the locks of the
 * movements' stock. Fails the call when a supply is unknown, of another product or warehouse, or no
 * longer open. */
err supplies_receive(struct tx *tx, const struct call *c, const int64_t *ids, size_t n_ids,
                     const struct stock_movement_new *movements, size_t n) MUST_CHECK;
