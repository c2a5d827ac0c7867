/* GET /v1/orders/{id}/prices: which prices there were for each line, and why the one was taken. */
#include "lib/base/distinct.h"
#include "server/customers/customers.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"

/* All prices of what the order has, for its customer, on its date. */
static err load(struct tx *tx, const struct order *o, const struct customer_facts *buyer,
                struct price_facts_list *ret)
{
    int64_t *products = ARENA_ARRAY(tx->arena, int64_t, o->lines.n);
    for (size_t i = 0; i < o->lines.n; i++)
        products[i] = o->lines.v[i].product_id;
    TRY(prices_load_queue(tx, products, distinct_ids(products, o->lines.n), &o->customer_id, 1,
                          &buyer->group_id, buyer->group_id != NIL64, o->order_date, o->order_date,
                          ret));
    return tx_flush(tx);
}

static const struct price_facts *price_of_id(const struct price_facts_list *list, int64_t id)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].id == id)
            return &list->v[i];
    return NULL;
}

static struct order_line_price explain(struct arena *a, const struct order *o,
                                       const struct order_line *l, int64_t group_id,
                                       const struct price_facts_list *list)
{
    struct price_wanted w = {.product_id = l->product_id,
                             .customer_id = o->customer_id,
                             .group_id = group_id,
                             .currency = o->currency,
                             .quantity = l->quantity,
                             .date = o->order_date};
    const struct price_facts *chosen = l->price_id != NIL64 ? price_of_id(list, l->price_id) : NULL;
    return (struct order_line_price){.line_no = l->line_no,
                                     .product_id = l->product_id,
                                     .quantity = l->quantity,
                                     .unit_price = l->unit_price,
                                     .price_source = l->price_source,
                                     .price_id = l->price_id,
                                     .candidates = price_candidates(a, list, &w, chosen)};
}

err orders_prices(struct tx *tx, struct call *c, const struct none *in, struct order_prices *ret)
{
    (void)in;
    struct order o;
    struct customer_facts_list buyers;
    struct price_facts_list list;
    TRY(order_load(tx, c->path_id[0], &o));
    TRY(customers_load(tx, &o.customer_id, 1, &buyers));
    TRY(load(tx, &o, &buyers.v[0], &list));
    *ret = (struct order_prices){
        .order_id = o.id,
        .currency = o.currency,
        .date = o.order_date,
        .lines.v = ARENA_ARRAY(tx->arena, struct order_line_price, o.lines.n),
        .lines.n = o.lines.n,
    };
    for (size_t i = 0; i < o.lines.n; i++)
        ret->lines.v[i] = explain(tx->arena, &o, &o.lines.v[i], buyers.v[0].group_id, &list);
    return OK;
}
