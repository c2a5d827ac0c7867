/* Metered lines: what was used beyond what was ordered makes the line larger. */
#include "orders.sql.h"
#include "server/catalog/totals.h"
#include "server/orders/place.h"
#include <string.h>

static err price(const struct order_state *o, struct order_line *l, int64_t was_quantity)
{
    int exponent = currency_exponent(o->currency);
    enum rounding rounding;
    int64_t before, after, net;
    TRY(rounding_parse(o->rounding, &rounding));
    TRY(money_line_net(was_quantity, l->unit_price, l->discount_percent, exponent, rounding,
                       &before));
    TRY(money_line_net(l->quantity, l->unit_price, l->discount_percent, exponent, rounding,
                       &after));
    TRY(add64(l->net, after - before, &net));
    struct totals_line t = {.quantity = l->quantity,
                            .unit_price = l->unit_price,
                            .discount_percent = l->discount_percent,
                            .tax_code_id = l->tax_code_id,
                            .tax_rate = l->tax_rate,
                            .net = net == after ? NIL64 : net};
    struct totals total;
    TRY(totals_compute(&t, 1, exponent, rounding, strcmp(o->tax_rounding, "per_line") == 0,
                       &total));
    l->net = total.net;
    l->tax = total.tax;
    l->gross = total.gross;
    return OK;
}

err order_line_grow(const struct order_state *o, struct order_line *l, int64_t quantity)
{
    struct order_line grown = *l;
    grown.quantity = quantity;
    TRY(price(o, &grown, l->quantity));
    *l = grown;
    return OK;
}

err orders_grown_store(struct tx *tx, const struct order_state_list *orders)
{
    size_t most = 0, n = 0, n_orders = 0;
    for (size_t i = 0; i < orders->n; i++)
        most += orders->v[i].n_lines;
    struct order_lines_grow_l *rows = ARENA_ARRAY(tx->arena, struct order_lines_grow_l, most);
    struct orders_grow_o *totals = ARENA_ARRAY(tx->arena, struct orders_grow_o, orders->n);
    for (size_t i = 0; i < orders->n; i++) {
        const struct order_state *o = &orders->v[i];
        struct orders_grow_o sum = {.id = o->id};
        size_t first = n;
        for (size_t j = 0; j < o->n_lines; j++) {
            const struct order_line *l = &o->lines[j], *was = &o->was[j];
            if (l->quantity == was->quantity)
                continue;
            rows[n++] = (struct order_lines_grow_l){.order_id = o->id,
                                                    .line_no = l->line_no,
                                                    .quantity = l->quantity,
                                                    .net = l->net,
                                                    .tax = l->tax,
                                                    .gross = l->gross};
            sum.net += l->net - was->net;
            sum.tax += l->tax - was->tax;
            sum.gross += l->gross - was->gross;
        }
        if (n > first)
            totals[n_orders++] = sum;
    }
    if (n == 0)
        return OK;
    TRY(order_lines_grow(tx, rows, n));
    return orders_grow(tx, totals, n_orders);
}
