/* The contract to other domains: lock stock, move it, record why. */
#include "server/inventory/inventory.h"
#include "inventory.sql.h"
#include "lib/base/id.h"
#include "reservations.sql.h"
#include "server/api/bells.h"
#include "server/events/events.h"
#include "server/inventory/internal.h"
#include "server/inventory/rules.h"
#include <string.h>

static struct stock_key *sorted_keys(struct tx *tx, const struct stock_key *keys, size_t *n)
{
    struct stock_key *sorted = ARENA_ARRAY(tx->arena, struct stock_key, *n);
    if (*n > 0)
        memcpy(sorted, keys, *n * sizeof *keys);
    *n = stock_keys_sort(sorted, *n);
    return sorted;
}

err stock_freed_note(struct tx *tx, const struct stock_key *keys, size_t n)
{
    if (n == 0)
        return OK;
    const struct stock_key *sorted = sorted_keys(tx, keys, &n);
    struct stock_freed_insert_k *rows = ARENA_ARRAY(tx->arena, struct stock_freed_insert_k, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct stock_freed_insert_k){sorted[i].product_id, sorted[i].warehouse_id,
                                                id_new()};
    tx->wakes |= WAKES_STOCK;
    return stock_freed_insert(tx, rows, n);
}

err stock_lock_queue(struct tx *tx, const struct stock_key *keys, size_t n,
                     struct stock_facts_list *ret)
{
    const struct stock_key *sorted = sorted_keys(tx, keys, &n);
    tx->holds |= HOLDS_STOCK;
    return stock_rows_lock_queue(tx, sorted, n, ret);
}

err stock_try_lock_queue(struct tx *tx, const struct stock_key *keys, size_t n,
                         struct stock_facts_list *ret)
{
    const struct stock_key *sorted = sorted_keys(tx, keys, &n);
    return stock_rows_try_lock_queue(tx, sorted, n, ret);
}

err stock_lock(struct tx *tx, const struct stock_key *keys, size_t n, struct stock_facts_list *ret)
{
    TRY(stock_lock_queue(tx, keys, n, ret));
    TRY(tx_flush(tx));
    return stock_locked(tx, ret);
}

/* Takes what these hold out of the facts, and tells that they are over. */
static err expire(struct tx *tx, const struct stock_facts_list *locked,
                  const struct stock_key *keys, size_t n)
{
    struct reservation_facts_list over;
    TRY(reservations_expire(tx, keys, n, &over));
    struct stock_delta *deltas = ARENA_ARRAY(tx->arena, struct stock_delta, over.n);
    for (size_t i = 0; i < over.n; i++) {
        const struct reservation_facts *r = &over.v[i];
        struct stock_facts *f = stock_find(locked, r->product_id, r->warehouse_id);
        f->held -= r->quantity;
        deltas[i] = (struct stock_delta){
            .product_id = r->product_id, .warehouse_id = r->warehouse_id, .held = -r->quantity};
        event_push(tx, NULL, "stock_reservation.expired", "stock_reservation", r->id,
                   "{\"status\":\"held\"}", "{\"status\":\"expired\"}");
    }
    return stock_apply(tx, deltas, over.n);
}

err stock_locked(struct tx *tx, const struct stock_facts_list *locked)
{
    TRY(reservations_let_expire(tx, locked));
    return lots_let_expire(tx, locked);
}

err reservations_let_expire(struct tx *tx, const struct stock_facts_list *locked)
{
    struct stock_key *keys = NULL;
    size_t n = 0;
    for (size_t i = 0; i < locked->n; i++) {
        const struct stock_facts *f = &locked->v[i];
        if (f->held == 0 || f->held_until > tx->now)
            continue;
        if (keys == NULL)
            keys = ARENA_ARRAY(tx->arena, struct stock_key, locked->n);
        keys[n++] = (struct stock_key){f->product_id, f->warehouse_id};
    }
    return n > 0 ? expire(tx, locked, keys, n) : OK;
}

/* An UPDATE alone would lose what arrives where nothing has ever been. */
static err ensure_rows(struct tx *tx, const struct stock_delta *deltas, size_t n)
{
    struct stock_rows_ensure_keys *keys = ARENA_ARRAY(tx->arena, struct stock_rows_ensure_keys, n);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (deltas[i].on_hand > 0)
            keys[used++] = (struct stock_rows_ensure_keys){
                .id = id_new(),
                .product_id = deltas[i].product_id,
                .warehouse_id = deltas[i].warehouse_id,
            };
    }
    return used == 0 ? OK : stock_rows_ensure(tx, keys, used);
}

err stock_make_queue(struct tx *tx, struct stock_key *keys, size_t n)
{
    if (n == 0)
        return OK;
    n = stock_keys_sort(keys, n);
    struct stock_rows_ensure_keys *rows = ARENA_ARRAY(tx->arena, struct stock_rows_ensure_keys, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct stock_rows_ensure_keys){id_new(), keys[i].product_id,
                                                  keys[i].warehouse_id};
    return stock_rows_ensure(tx, rows, n);
}

err stock_rows_lock_ensured(struct tx *tx, struct stock_key *keys, size_t n,
                            struct stock_facts_list *ret)
{
    TRY(stock_make_queue(tx, keys, n));
    return stock_lock(tx, keys, n, ret);
}

/* Where the deltas, summed per key, leave more to be promised than before. */
static err note_freed(struct tx *tx, const struct stock_delta *sums, size_t n)
{
    struct stock_key *keys = NULL;
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (sums[i].on_hand <= sums[i].reserved + sums[i].held)
            continue;
        if (keys == NULL)
            keys = ARENA_ARRAY(tx->arena, struct stock_key, n);
        keys[k++] = (struct stock_key){sums[i].product_id, sums[i].warehouse_id};
    }
    return stock_freed_note(tx, keys, k);
}

err stock_apply(struct tx *tx, const struct stock_delta *deltas, size_t n)
{
    struct stock_delta *sums = ARENA_ARRAY(tx->arena, struct stock_delta, n);
    if (n > 0)
        memcpy(sums, deltas, n * sizeof *deltas);
    TRY(stock_deltas_sum(sums, n, &n));
    if (n == 0)
        return OK;
    TRY(ensure_rows(tx, sums, n));
    TRY(note_freed(tx, sums, n));
    return stock_rows_move(tx, sums, n);
}

err stock_movements_record(struct tx *tx, const struct stock_movement_new *m, size_t n)
{
    return n == 0 ? OK : stock_movements_insert(tx, m, n);
}
