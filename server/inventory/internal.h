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

/* A lot as movements of a request name it, in a warehouse; id NIL64: not there yet. */
struct lot_entry {
    int64_t id, product_id, warehouse_id;
    const char *lot_number;
    int32_t expiry_date, best_before_date; /* NIL32: none */
    const char *supplier_reference;
    int64_t on_hand;
    bool blocked, expired;
    bool is_new, comes_expired; /* to be stored */
};
struct lot_entry_list {
    struct lot_entry *v; /* by product, warehouse, number */
    size_t n;
};
/* The lots that the entries of a request name, behind the lock of their stock: those that are
 * there, and those that come in. Fills in the lots of the movements; what does not fit is a fault
 * of the call. */
err lots_resolve(struct tx *tx, const struct call *c, const struct stock_movement_entry *entries,
                 struct stock_movement_new *movements, size_t n,
                 struct lot_entry_list *ret) MUST_CHECK;
/* The lot that an entry names; NULL: none. */
struct lot_entry *lot_entry_of(const struct lot_entry_list *lots, const struct stock_key *key,
                               const struct stock_lot_named *named);
/* Queues the lots that come in for the first time, and what moved. */
err lots_store(struct tx *tx, const struct call *c, const struct lot_entry_list *lots,
               const struct stock_movement_new *movements, size_t n) MUST_CHECK;

/* Lets the reservations expire whose time is over, of rows that are locked, and corrects the facts.
 */
err reservations_let_expire(struct tx *tx, const struct stock_facts_list *locked) MUST_CHECK;
/* Lets the lots expire whose last day is over, of rows that are locked, and corrects the facts. */
err lots_let_expire(struct tx *tx, const struct stock_facts_list *locked) MUST_CHECK;

/* Lots by id, sorted by id, behind the lock of their stock. */
err lots_load(struct tx *tx, const int64_t *ids, size_t n, struct lot_facts_list *ret) MUST_CHECK;
