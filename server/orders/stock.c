/* Locks and moves the stock of orders. */
#include "server/orders/stock.h"
#include "server/orders/rules.h"

static size_t lines_of(const struct order_state_list *orders)
{
    size_t n = 0;
    for (size_t i = 0; i < orders->n; i++)
        n += orders->v[i].n_lines;
    return n;
}

err orders_stock_lock_queue(struct tx *tx, const struct order_state_list *orders, bool wait,
                            struct stock_facts_list *ret)
{
    size_t most = lines_of(orders), n = 0, w = 0;
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, most);
    struct stock_key *waits = ARENA_ARRAY(tx->arena, struct stock_key, most);
    for (size_t i = 0; i < orders->n; i++)
        for (size_t j = 0; j < orders->v[i].n_lines; j++) {
            const struct order_line *l = &orders->v[i].lines[j];
            if (l->warehouse_id == NIL64)
                continue;
            keys[n] = (struct stock_key){.product_id = l->product_id,
                                         .warehouse_id = l->warehouse_id};
            if (l->backorder)
                waits[w++] = keys[n];
            n++;
        }
    *ret = (struct stock_facts_list){0};
    if (!wait)
        return n > 0 ? stock_try_lock_queue(tx, keys, n, ret) : OK;
    TRY(stock_make_queue(tx, waits, w));
    return n > 0 ? stock_lock_queue(tx, keys, n, ret) : OK;
}

bool order_stock_is_locked(const struct order_state *o, const struct stock_facts_list *locked)
{
    for (size_t j = 0; j < o->n_lines; j++)
        if (o->lines[j].warehouse_id != NIL64 &&
            stock_find(locked, o->lines[j].product_id, o->lines[j].warehouse_id) == NULL)
            return false;
    return true;
}

err orders_reservations_store(struct tx *tx, const struct order_state_list *orders)
{
    struct stock_delta *deltas = ARENA_ARRAY(tx->arena, struct stock_delta, lines_of(orders));
    size_t n = 0;
    for (size_t i = 0; i < orders->n; i++)
        for (size_t j = 0; j < orders->v[i].n_lines; j++) {
            const struct order_line *l = &orders->v[i].lines[j], *was = &orders->v[i].was[j];
            if (l->reserved != was->reserved)
                deltas[n++] = (struct stock_delta){.product_id = l->product_id,
                                                   .warehouse_id = l->warehouse_id,
                                                   .reserved = l->reserved - was->reserved};
        }
    return n > 0 ? stock_apply(tx, deltas, n) : OK;
}

err orders_named_queue(struct tx *tx, const struct order_state_list *orders,
                       struct reservation_facts_list *ret)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, orders->n);
    for (size_t i = 0; i < orders->n; i++)
        ids[i] = orders->v[i].id;
    return reservations_of_orders_queue(tx, ids, orders->n, ret);
}

static bool held_for(const struct tx *tx, const struct reservation_facts *r, int64_t order_id)
{
    return r->order_id == order_id && reservation_holds(r, tx->now);
}

void order_named_free(const struct tx *tx, int64_t order_id,
                      const struct reservation_facts_list *named,
                      const struct stock_facts_list *stock, bool free)
{
    for (size_t i = 0; i < named->n; i++) {
        const struct reservation_facts *r = &named->v[i];
        if (held_for(tx, r, order_id))
            stock_find(stock, r->product_id, r->warehouse_id)->held += free ? -r->quantity
                                                                            : r->quantity;
    }
}

err order_named_settle(struct tx *tx, const struct call *c, const char *status, int64_t order_id,
                       const struct reservation_facts_list *named)
{
    struct reservation_facts *over = ARENA_ARRAY(tx->arena, struct reservation_facts, named->n);
    struct stock_delta *deltas = ARENA_ARRAY(tx->arena, struct stock_delta, named->n);
    size_t n = 0;
    for (size_t i = 0; i < named->n; i++) {
        const struct reservation_facts *r = &named->v[i];
        if (!held_for(tx, r, order_id))
            continue;
        deltas[n] = (struct stock_delta){
            .product_id = r->product_id, .warehouse_id = r->warehouse_id, .held = -r->quantity};
        over[n++] = *r;
    }
    if (n == 0)
        return OK;
    TRY(reservations_settle(tx, c, status, over, n, order_id));
    return stock_apply(tx, deltas, n);
}

int64_t order_open_gross(const struct order_state *o)
{
    int64_t gross = 0;
    for (size_t i = 0; i < o->n_lines; i++)
        gross += line_exposure(&o->lines[i]).ordered;
    return gross;
}
