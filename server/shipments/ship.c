/* Ship: goods leave the warehouse. Consumes what is reserved, then what is free; every line moves
 * stock once, and the order moves on. */
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "shipments.sql.h"
#include <inttypes.h>
#include <string.h>

err shipping_check_order(const struct call *c, const struct order_state *o)
{
    const char *why = NULL;
    err e = shipment_order_check(o, &why);
    return e == OK ? OK : fail(c->problem, e, "%s", why);
}

static err refuse_pick(const struct shipping *s, const struct shipment_pick *pick, err e,
                       int64_t most)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(most, DECIMAL_SCALE, 0, text);
    if (e == ERR_QUANTITY_EXCEEDED)
        return fail(s->c->problem, e,
                    "Line %" PRId64 ": only %s of order line %" PRId64 " (%s) is open to ship.",
                    pick->line_no, text, pick->order_line_no, pick->line->sku);
    return fail(s->c->problem, e,
                "Line %" PRId64 ": only %s of order line %" PRId64
                " (%s) can leave the warehouse: the rest is not there or reserved for others.",
                pick->line_no, text, pick->order_line_no, pick->line->sku);
}

err shipping_check_quantities(const struct shipping *s)
{
    for (size_t i = 0; i < s->n; i++) {
        int64_t open = shipment_open_quantity(s->picks[i].line);
        if (s->picks[i].quantity > open)
            return refuse_pick(s, &s->picks[i], ERR_QUANTITY_EXCEEDED, open);
    }
    return OK;
}

static struct stock_facts *stock_of(const struct shipping *s, size_t i,
                                    const struct stock_facts_list *stock)
{
    return stock_find(stock, s->picks[i].product_id, s->picks[i].warehouse_id);
}

static err refuse_take(const struct shipping *s, size_t i, const struct stock_facts *stock, err e)
{
    const struct order_line *line = s->picks[i].line;
    int64_t most = e == ERR_QUANTITY_EXCEEDED ? shipment_open_quantity(line)
                                              : shipment_takeable(line, stock);
    return refuse_pick(s, &s->picks[i], e, most);
}

err shipping_leave(struct shipping *s, const struct stock_facts_list *stock)
{
    struct stock_delta *taken = ARENA_ARRAY(s->tx->arena, struct stock_delta, s->n);
    for (size_t i = 0; i < s->n; i++) {
        err e = shipment_take(&s->picks[i], stock_of(s, i, stock), &taken[i]);
        if (e == OK)
            continue;
        e = refuse_take(s, i, stock_of(s, i, stock), e);
        while (i-- > 0)
            shipment_put_back(&s->picks[i], stock_of(s, i, stock), &taken[i]);
        return e;
    }
    s->taken = taken;
    order_tell(s->tx, s->c, order_moved(s->order));
    return OK;
}

static struct stock_movement_new movement_of(const struct shipping *s, size_t i)
{
    return (struct stock_movement_new){
        .id = id_new(),
        .product_id = s->picks[i].product_id,
        .warehouse_id = s->picks[i].warehouse_id,
        .kind = "shipment",
        .quantity = -s->picks[i].quantity,
        .document_id = s->shipment_id,
        .effective_date = s->ship_date,
    };
}

err shippings_store(struct tx *tx, const struct shipping *s, size_t n,
                    const struct order_state_list *orders)
{
    size_t most = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        most += s[i].taken != NULL ? s[i].n : 0;
    if (most == 0)
        return OK;
    struct stock_delta *deltas = ARENA_ARRAY(tx->arena, struct stock_delta, most);
    struct stock_movement_new *moves = ARENA_ARRAY(tx->arena, struct stock_movement_new, most);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; s[i].taken != NULL && j < s[i].n; j++) {
            deltas[k] = s[i].taken[j];
            moves[k++] = movement_of(&s[i], j);
        }
    TRY(stock_apply(tx, deltas, k));
    TRY(stock_movements_record(tx, moves, k));
    return orders_store(tx, orders);
}

/* The order of the shipment, then the shipment: the documented order of locks. */
static err lock_both(struct tx *tx, int64_t id, struct order_state_list *ret_order,
                     struct shipment_state *ret)
{
    struct shipment_order_row of;
    TRY(shipment_order(tx, id, &of));
    TRY(orders_lock(tx, &of.order_id, 1, ret_order));
    struct shipment_state_list shipments;
    TRY(shipments_lock(tx, &id, 1, &shipments));
    if (ret_order->n != 1 || shipments.n != 1)
        return ERR_NO_ROW;
    *ret = shipments.v[0];
    return OK;
}

static err lock_stock(const struct shipping *s, struct stock_facts_list *ret)
{
    struct stock_key *keys = ARENA_ARRAY(s->tx->arena, struct stock_key, s->n);
    for (size_t i = 0; i < s->n; i++)
        keys[i] = (struct stock_key){s->picks[i].product_id, s->picks[i].warehouse_id};
    return stock_lock(s->tx, keys, s->n, ret);
}

/* The draft's lines as picks of the order as it is now. */
static err pick_draft(struct shipping *s, const struct shipment_state *draft)
{
    s->picks = ARENA_ARRAY(s->tx->arena, struct shipment_pick, draft->n_lines);
    s->n = draft->n_lines;
    for (size_t i = 0; i < draft->n_lines; i++) {
        const struct shipment_line_state *l = &draft->lines[i];
        struct order_line *line = order_line_find(s->order, l->order_line_no);
        if (line == NULL) /* confirmed orders keep their lines */
            return fail(s->c->problem, ERR_INTERNAL, "A line of the order is missing.");
        s->picks[i] = shipment_pick_line(s->order, line, l->line_no, l->quantity);
        s->picks[i].warehouse_id = l->warehouse_id;
    }
    return OK;
}

static int32_t date_of(const struct tx *tx, const struct shipment_ship *in,
                       const struct shipment_state *draft)
{
    if (in->ship_date != NIL32)
        return in->ship_date;
    return draft->ship_date != NIL32 ? draft->ship_date : tx->today;
}

err shipment_ship_draft(struct tx *tx, struct call *c, int64_t id, const struct shipment_ship *in,
                        struct shipment *ret)
{
    struct shipping s = {.tx = tx, .c = c, .shipment_id = id};
    struct order_state_list orders;
    struct shipment_state draft;
    struct stock_facts_list stock;
    TRY(lock_both(tx, id, &orders, &draft));
    s.order = orders.v;
    TRY(call_check_version(c, draft.version));
    if (strcmp(draft.status, "draft") != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The shipment is %s; only a draft can be shipped.",
                    draft.status);
    TRY(shipping_check_order(c, s.order));
    s.ship_date = date_of(tx, in, &draft);
    TRY(call_check_period(c, s.ship_date));

    TRY(pick_draft(&s, &draft));
    TRY(lock_stock(&s, &stock));
    TRY(shipping_leave(&s, &stock));
    TRY(shippings_store(tx, &s, 1, &orders));
    TRY(shipment_set_shipped(tx, id, s.ship_date, in->expected_date, in->carrier,
                             in->tracking_number));
    TRY(shipment_load(tx, id, ret));
    shipment_tell(tx, c, "shipment.shipped", "draft", ret);
    return OK;
}

err shipments_ship(struct tx *tx, struct call *c, const struct shipment_ship *in,
                   struct shipment *ret)
{
    return shipment_ship_draft(tx, c, c->path_id[0], in, ret);
}
