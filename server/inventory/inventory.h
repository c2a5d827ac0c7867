/* Stock per product and warehouse: on hand, reserved, and the append-only movements that prove
 * them. Rows are locked sorted by (product, warehouse), after orders and before payments. */
#pragma once
#include "server/api/call.h"

struct stock_key {
    int64_t product_id, warehouse_id;
};
struct stock_facts {
    int64_t product_id, warehouse_id, on_hand, reserved;
};
struct stock_facts_list {
    struct stock_facts *v;
    size_t n;
};
/* Locks the rows of these keys (duplicates are fine), sorted; keys without a row are left out. */
err stock_lock_queue(struct tx *tx, const struct stock_key *keys, size_t n,
                     struct stock_facts_list *ret) MUST_CHECK;
err stock_lock(struct tx *tx, const struct stock_key *keys, size_t n, struct stock_facts_list *ret)
    MUST_CHECK;
/* The facts of a key in a list sorted by (product, warehouse); NULL when it is not there. */
struct stock_facts *stock_find(const struct stock_facts_list *list, int64_t product_id,
                               int64_t warehouse_id);

/* Quantities in 10^-6. */
struct stock_delta {
    int64_t product_id, warehouse_id, on_hand, reserved;
};
/* Queues the deltas, summed per key, in key order; rows are created when missing (on_hand >= 0).
 * Locked by this transaction before. */
err stock_apply(struct tx *tx, const struct stock_delta *deltas, size_t n) MUST_CHECK;

struct stock_movement_new {
    int64_t id; /* id_new() */
    const char *external_id;
    int64_t product_id, warehouse_id;
    const char *kind; /* receipt, shipment, adjustment, return */
    int64_t quantity; /* signed */
    int64_t document_id; /* NIL64: none */
    const char *reason;
    int32_t effective_date;
};
/* Queues the movements. The caller moves the stock itself with stock_apply. */
err stock_movements_record(struct tx *tx, const struct stock_movement_new *m, size_t n) MUST_CHECK;
