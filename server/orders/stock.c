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

err orders_stock_lock_queue(struct tx *tx, const struct order_state_list *orders,
                            struct stock_facts_list *ret)
{
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, lines_of(orders));
    size_t n = 0;
    for (size_t i = 0; i < orders->n; i++)
        for (size_t j = 0; j < orders->v[i].n_lines; j++) {
            const struct order_line *l = &orders->v[i].lines[j];
            if (l->warehouse_id != NIL64)
                keys[n++] = (struct stock_key){.product_id = l->product_id,
                                               .warehouse_id = l->warehouse_id};
        }
    *ret = (struct stock_facts_list){0};
    return n > 0 ? stock_lock_queue(tx, keys, n, ret) : OK;
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

int64_t order_open_gross(const struct order_state *o)
{
    int64_t gross = 0;
    for (size_t i = 0; i < o->n_lines; i++)
        gross += line_exposure(&o->lines[i]).ordered;
    return gross;
}
