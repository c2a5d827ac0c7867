/* What stock may do: pure functions, no database. */
#pragma once
#include "lib/base/err.h"
#include "server/inventory/inventory.h"

/* A product as stock sees it. */
struct stock_product {
    int64_t id;
    const char *sku, *kind;
    bool track_lots;
};
struct stock_product_list {
    struct stock_product *v;
    size_t n;
};

/* NULL, or why a movement of this kind cannot have this quantity: a sentence. */
const char *stock_quantity_fault(const char *kind, int64_t quantity);

/* Moves on_hand; unusable: pieces of a lot that is blocked or expired. What is reserved and held
 * stays covered by what is usable: ERR_INSUFFICIENT_STOCK when taking away would leave less,
 * ERR_OVERFLOW beyond 64 bits; f is then unchanged. */
err stock_move(struct stock_facts *f, int64_t quantity, bool unusable) MUST_CHECK;

/* Would less be usable than is reserved and held if so much more were blocked? */
bool stock_short_without(const struct stock_facts *f, int64_t quantity);

/* Adds up the moves of a lot, drops those that change nothing; returns how many are left, by lot.
 */
size_t lot_moves_sum(struct lot_move *v, size_t n);

/* Sorts by (product, warehouse) and drops repeats; returns how many are left. */
size_t stock_keys_sort(struct stock_key *keys, size_t n);
/* Sorts by (product, warehouse), adds up the deltas of a key, drops those that change nothing;
 * ret_n gets how many are left. ERR_OVERFLOW. */
err stock_deltas_sum(struct stock_delta *deltas, size_t n, size_t *ret_n) MUST_CHECK;

/* open or received, by what has been received of it; a canceled one stays canceled. */
const char *supply_status(const struct stock_supply *s);
