/* Ship: goods leave the warehouse. Consumes what is reserved, then what is free; every line moves
 * stock once, and the order moves on. */
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "shipments.sql.h"
#include <inttypes.h>
#include <string.h>

err shipping_check_orders(const struct shipping *s)
{
    for (size_t i = 0; i < s->n_orders; i++) {
        const char *why = NULL;
        err e = shipment_order_check(s->orders[i], &why);
        if (e != OK && s->n_orders > 1)
            return fail(s->c->problem, e, "%s: %s", s->orders[i]->number, why);
        if (e != OK)
            return fail(s->c->problem, e, "%s", why);
    }
    return OK;
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

err shipping_refuse_take(const struct shipping *s, size_t i, const struct stock_facts *stock, err e)
{
    const struct order_line *line = s->picks[i].line;
    int64_t most = e == ERR_QUANTITY_EXCEEDED ? shipment_open_quantity(line)
                                              : shipment_takeable(line, stock);
    return refuse_pick(s, &s->picks[i], e, most);
}

static bool nothing_ever_left(const struct order_state *o)
{
    for (size_t i = 0; i < o->n_lines; i++)
        if (o->lines[i].shipped > 0 || o->lines[i].failed > 0)
            return false;
    return true;
}

err shipping_charge(struct shipping *s, const struct freight_rule_list *rules, int64_t given)
{
    struct freight_case k = {.currency = s->orders[0]->currency, .given = given};
    for (size_t i = 0; i < s->n_orders; i++)
        k.n_first += nothing_ever_left(s->orders[i]);
    return freight_decide(s->c, rules, &k, &s->freight);
}

err shipping_store_charge(const struct shipping *s)
{
    const struct freight_charge *f = &s->freight;
    if (s->taken == NULL || f->currency == NULL)
        return OK;
    return shipment_set_freight(s->tx, s->shipment_id, f->amount, f->currency, f->tax_code_id,
                                f->description);
}

/* Takes a pick out of stock, and out of lots where it is kept by lot. */
static err take(const struct shipping *s, size_t i, const struct stock_facts_list *stock,
                const struct lot_facts_list *lots, struct stock_delta *ret)
{
    struct stock_facts *f = stock_of(s, i, stock);
    bool plain = f == NULL || !f->by_lot;
    if (!plain || (s->picks[i].asked != NULL && s->picks[i].asked->n > 0))
        return shipping_take_lots(s, i, f, lots, ret);
    err e = shipment_take(&s->picks[i], f, ret);
    return e == OK ? OK : shipping_refuse_take(s, i, f, e);
}

static void put_back(const struct shipping *s, size_t i, const struct stock_facts_list *stock,
                     const struct stock_delta *taken)
{
    shipment_put_back(&s->picks[i], stock_of(s, i, stock), taken);
    shipping_put_lots_back(&s->picks[i], stock_of(s, i, stock));
}

err shipping_leave(struct shipping *s, const struct stock_facts_list *stock,
                   const struct lot_facts_list *lots)
{
    struct stock_delta *taken = ARENA_ARRAY(s->tx->arena, struct stock_delta, s->n);
    for (size_t i = 0; i < s->n_orders; i++)
        if (s->orders[i]->credit_refusal != NULL)
            return fail(s->c->problem, ERR_CREDIT_LIMIT, "%s: %s", s->orders[i]->number,
                        s->orders[i]->credit_refusal);
    for (size_t i = 0; i < s->n; i++) {
        err e = take(s, i, stock, lots, &taken[i]);
        if (e == OK)
            continue;
        while (i-- > 0)
            put_back(s, i, stock, &taken[i]);
        return e;
    }
    s->taken = taken;
    for (size_t i = 0; i < s->n_orders; i++)
        order_tell(s->tx, s->c, order_moved(s->orders[i]));
    return OK;
}

/* lot NULL: stock that is not kept by lot. */
static struct stock_movement_new movement_of(const struct shipping *s, size_t i,
                                             const struct lot_take *lot)
{
    return (struct stock_movement_new){
        .id = id_new(),
        .product_id = s->picks[i].product_id,
        .warehouse_id = s->picks[i].warehouse_id,
        .kind = "shipment",
        .quantity = lot != NULL ? -lot->quantity : -s->picks[i].quantity,
        .document_id = s->shipment_id,
        .lot_id = lot != NULL ? lot->lot->id : NIL64,
        .effective_date = s->ship_date,
    };
}

/* One for the pick, or one for each of its lots. */
static size_t movements_of(const struct shipping *s, size_t i, struct stock_movement_new *ret)
{
    const struct shipment_pick *p = &s->picks[i];
    for (size_t j = 0; j < p->n_lots; j++)
        ret[j] = movement_of(s, i, &p->lots[j]);
    if (p->n_lots == 0)
        ret[0] = movement_of(s, i, NULL);
    return p->n_lots == 0 ? 1 : p->n_lots;
}

err shippings_store(struct tx *tx, const struct shipping *s, size_t n,
                    const struct order_state_list *orders)
{
    size_t most = 0, most_lots = 0, k = 0, n_moves = 0;
    for (size_t i = 0; i < n; i++) {
        most += s[i].taken != NULL ? s[i].n : 0;
        for (size_t j = 0; s[i].taken != NULL && j < s[i].n; j++)
            most_lots += s[i].picks[j].n_lots;
    }
    if (most == 0)
        return OK;
    struct stock_delta *deltas = ARENA_ARRAY(tx->arena, struct stock_delta, most);
    struct stock_movement_new *moves = ARENA_ARRAY(tx->arena, struct stock_movement_new,
                                                   most + most_lots);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; s[i].taken != NULL && j < s[i].n; j++) {
            deltas[k++] = s[i].taken[j];
            n_moves += movements_of(&s[i], j, moves + n_moves);
        }
    TRY(stock_apply(tx, deltas, k));
    if (most_lots > 0)
        TRY(shippings_store_lots(tx, s, n));
    TRY(stock_movements_record(tx, moves, n_moves));
    return orders_store(tx, orders);
}

err shipment_lock_with_orders(struct tx *tx, const struct call *c, int64_t id,
                              struct order_state_list *ret_orders, struct shipment_state *ret)
{
    struct order_of_shipment_list of;
    struct shipment_state_list shipments;
    TRY(shipments_orders(tx, &id, 1, &of));
    int64_t *orders = ARENA_ARRAY(tx->arena, int64_t, of.n);
    for (size_t i = 0; i < of.n; i++)
        orders[i] = of.v[i].order_id;
    TRY(orders_lock(tx, orders, of.n, ret_orders));
    TRY(shipments_lock(tx, &id, 1, &shipments));
    if (of.n == 0 || ret_orders->n != of.n || shipments.n != 1)
        return ERR_NO_ROW;
    *ret = shipments.v[0];
    return call_check_version(c, ret->version);
}

static err lock_stock(const struct shipping *s, struct stock_facts_list *ret)
{
    struct stock_key *keys = ARENA_ARRAY(s->tx->arena, struct stock_key, s->n);
    for (size_t i = 0; i < s->n; i++)
        keys[i] = (struct stock_key){s->picks[i].product_id, s->picks[i].warehouse_id};
    return stock_lock(s->tx, keys, s->n, ret);
}

/* The draft's lines as picks of the orders as they are now. */
static err pick_draft(struct shipping *s, const struct order_state_list *orders,
                      const struct shipment_state *draft)
{
    s->picks = ARENA_ARRAY(s->tx->arena, struct shipment_pick, draft->n_lines);
    s->n = draft->n_lines;
    for (size_t i = 0; i < draft->n_lines; i++) {
        const struct shipment_line_state *l = &draft->lines[i];
        struct order_state *o = order_state_find(orders, l->order_id);
        struct order_line *line = o == NULL ? NULL : order_line_find(o, l->order_line_no);
        if (line == NULL) /* confirmed orders keep their lines */
            return fail(s->c->problem, ERR_INTERNAL, "A line of the order is missing.");
        s->picks[i] = shipment_pick_line(o, line, l->line_no, l->quantity);
        s->picks[i].warehouse_id = l->warehouse_id;
    }
    return OK;
}

/* Which lots the lines take; all faults at once. */
static err name_lots(struct shipping *s, const struct shipment_line_lots_list *in)
{
    struct problem *p = s->c->problem;
    for (size_t i = 0; i < in->n; i++) {
        size_t k = 0;
        while (k < s->n && s->picks[k].line_no != in->v[i].line_no)
            k++;
        const char *at = arena_printf(p->arena, "/lots/%zu/line_no", i);
        if (k == s->n)
            fault(p, at, "unknown_reference", "The shipment has no such line.");
        else if (s->picks[k].asked != NULL)
            fault(p, at, "repeated", "The line stands here already.");
        else
            s->picks[k].asked = &in->v[i].lots;
        if (k < s->n)
            s->picks[k].lots_at = arena_printf(p->arena, "/lots/%zu/lots", i);
    }
    return p->code;
}

static int32_t date_of(const struct tx *tx, const struct shipment_ship *in,
                       const struct shipment_state *draft)
{
    if (in->ship_date != NIL32)
        return in->ship_date;
    return draft->ship_date != NIL32 ? draft->ship_date : tx->today;
}

static err check_packages(const struct shipping *s, const struct shipment_package_new_list *in)
{
    int64_t *quantities = ARENA_ARRAY(s->tx->arena, int64_t, s->n);
    for (size_t i = 0; i < s->n; i++)
        quantities[i] = s->picks[i].quantity;
    packages_check(s->c, in, quantities, s->n);
    return s->c->problem->code;
}

static err repack(const struct shipping *s, const struct shipment_ship *in)
{
    if (!JSON_HAS(shipment_ship, in, packages))
        return OK;
    const struct shipment_packages packed = {s->shipment_id,
                                             packages_of(s->tx->arena, &in->packages)};
    return packages_replace(s->tx, &packed);
}

err shipment_ship_draft(struct tx *tx, struct call *c, int64_t id, const struct shipment_ship *in,
                        struct shipment *ret)
{
    struct shipping s = {.tx = tx, .c = c, .shipment_id = id};
    struct order_state_list orders;
    struct shipment_state draft;
    struct stock_facts_list stock;
    struct lot_facts_list lots;
    struct freight_rule_list rules;
    TRY(shipment_lock_with_orders(tx, c, id, &orders, &draft));
    s.orders = ARENA_ARRAY(tx->arena, struct order_state *, orders.n);
    for (; s.n_orders < orders.n; s.n_orders++)
        s.orders[s.n_orders] = &orders.v[s.n_orders];
    if (strcmp(draft.status, "draft") != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The shipment is %s; only a draft can be shipped.",
                    draft.status);
    TRY(shipping_check_orders(&s));
    s.ship_date = date_of(tx, in, &draft);
    TRY(call_check_period(c, s.ship_date, "/ship_date"));

    TRY(pick_draft(&s, &orders, &draft));
    TRY(check_packages(&s, &in->packages));
    TRY(name_lots(&s, &in->lots));
    TRY(orders_check_credit(tx, c, &orders));
    TRY(freight_rules_queue(tx, &rules));
    TRY(lock_stock(&s, &stock));
    TRY(stock_lots_load(tx, &stock, &lots));
    TRY(shipping_charge(&s, &rules, in->freight));
    TRY(shipping_leave(&s, &stock, &lots));
    TRY(shippings_store(tx, &s, 1, &orders));
    TRY(shipment_set_shipped(tx, id, s.ship_date, in->expected_date, in->carrier, in->service,
                             in->tracking_number));
    TRY(shipping_store_charge(&s));
    TRY(repack(&s, in));
    TRY(shipment_load(tx, id, ret));
    shipment_tell(tx, c, "shipment.shipped", "draft", ret);
    return OK;
}

err shipments_ship(struct tx *tx, struct call *c, const struct shipment_ship *in,
                   struct shipment *ret)
{
    return shipment_ship_draft(tx, c, c->path_id[0], in, ret);
}
