/* POST /v1/shipments: records a batch of shipments, and ships those that ask for it. Lock the
 * orders, load what depends on them and lock the stock, decide each shipment in turn in memory,
 * store all: three round trips, COMMIT included, however many they are. */
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "shipments.sql.h"
#include <inttypes.h>
#include <string.h>

/* One shipment that is asked for. */
struct adding {
    struct call *call;
    const struct shipment_new *in;
    const char *external_id;
    struct shipment *out;
    int64_t *orders; /* those that it names, each once, as first named */
    size_t n_orders;
};

struct facts {
    struct order_state_list orders;
    struct stock_facts_list stock;
    struct lot_facts_list lots;       /* of stock that is kept by lot */
    struct freight_rule_list freight; /* when something ships */
    struct shipments_by_external_id_row_list taken;
    struct shipment_numbers_row_list numbers; /* for each that is alive when they are asked for */
};

/* ---- which orders ---- */

static void add_order(struct adding *a, int64_t id)
{
    size_t k = 0;
    while (k < a->n_orders && a->orders[k] != id)
        k++;
    if (k == SHIPMENT_ORDERS_MAX)
        fault(a->call->problem, "/lines", "too_many", "One shipment takes goods of %d orders.",
              SHIPMENT_ORDERS_MAX);
    else if (k == a->n_orders)
        a->orders[a->n_orders++] = id;
}

static int64_t order_of_line(const struct shipment_new *in, size_t i)
{
    return in->lines.v[i].order_id != NIL64 ? in->lines.v[i].order_id : in->order_id;
}

static void name_orders(struct tx *tx, struct adding *a)
{
    const struct shipment_new *in = a->in;
    struct problem *p = a->call->problem;
    a->orders = ARENA_ARRAY(tx->arena, int64_t, SHIPMENT_ORDERS_MAX);
    if (in->orders.n > 0 && (in->order_id != NIL64 || in->lines.n > 0))
        fault(p, "/orders", "out_of_place", "Name orders, or one order_id, or lines of orders.");
    else if (in->orders.n == 0 && in->order_id == NIL64 && in->lines.n == 0)
        fault(p, "/order_id", "required", "Say which order ships.");
    for (size_t i = 0; i < in->lines.n && p->code == OK; i++) {
        if (order_of_line(in, i) == NIL64)
            fault(p, "/order_id", "required", "Say which order ships, here or in every line.");
        else
            add_order(a, order_of_line(in, i));
    }
    if (in->lines.n == 0 && in->order_id != NIL64)
        add_order(a, in->order_id);
    for (size_t i = 0; i < in->orders.n; i++)
        add_order(a, in->orders.v[i].order_id);
}

/* Where the request first names its k-th order. */
static const char *pointer_to_order(const struct adding *a, size_t k)
{
    struct arena *arena = a->call->problem->arena;
    for (size_t i = 0; i < a->in->orders.n; i++)
        if (a->in->orders.v[i].order_id == a->orders[k])
            return arena_printf(arena, "/orders/%zu/order_id", i);
    for (size_t i = 0; i < a->in->lines.n; i++)
        if (a->in->lines.v[i].order_id == a->orders[k])
            return arena_printf(arena, "/lines/%zu/order_id", i);
    return "/order_id";
}

/* ---- which lines ---- */

static void line_fault(const struct call *c, size_t i, const char *code, const char *detail)
{
    fault(c->problem, arena_printf(c->problem->arena, "/lines/%zu/order_line_no", i), code, "%s",
          detail);
}

static size_t index_of_order(const struct shipping *s, int64_t id)
{
    size_t k = 0;
    while (s->orders[k]->id != id)
        k++;
    return k;
}

/* The named lines of the orders; all faults at once. */
static err pick_named(struct shipping *s, const struct shipment_new *in)
{
    bool **seen = ARENA_ARRAY(s->tx->arena, bool *, s->n_orders);
    for (size_t k = 0; k < s->n_orders; k++)
        seen[k] = ARENA_ARRAY(s->tx->arena, bool, s->orders[k]->n_lines);
    s->picks = ARENA_ARRAY(s->tx->arena, struct shipment_pick, in->lines.n);
    for (size_t i = 0; i < in->lines.n; i++) {
        const struct shipment_line_new *l = &in->lines.v[i];
        size_t k = index_of_order(s, order_of_line(in, i));
        struct order_line *line = order_line_find(s->orders[k], l->order_line_no);
        if (line == NULL) {
            line_fault(s->c, i, "unknown_reference", "The order has no such line.");
            continue;
        }
        size_t at = (size_t)(line - s->orders[k]->lines);
        if (seen[k][at])
            line_fault(s->c, i, "repeated", "The line stands here already; add the quantities up.");
        else if (strcmp(line->kind, "stock") != 0)
            line_fault(s->c, i, "service", "A service does not ship; invoice it from the order.");
        seen[k][at] = true;
        if (l->lots.n > 0 && !in->ship)
            fault(s->c->problem, arena_printf(s->tx->arena, "/lines/%zu/lots", i), "out_of_place",
                  "Say which lots go out when it ships.");
        s->picks[s->n] = shipment_pick_line(s->orders[k], line, (int64_t)i + 1, l->quantity);
        s->picks[s->n].asked = &l->lots;
        if (l->lots.n > 0)
            s->picks[s->n].lots_at = arena_printf(s->tx->arena, "/lines/%zu/lots", i);
        s->n++;
    }
    return s->c->problem->code;
}

static err refuse_empty(const struct shipping *s, size_t k)
{
    static const char nothing[] = "Nothing is open to ship on %s; services are invoiced from the "
                                  "order.";
    return fail(s->c->problem, ERR_WRONG_STATE, nothing,
                s->n_orders > 1 ? s->orders[k]->number : "the order");
}

/* Everything of the orders, one after the other. */
static err pick_all(struct shipping *s)
{
    size_t most = 0;
    for (size_t k = 0; k < s->n_orders; k++)
        most += s->orders[k]->n_lines;
    s->picks = ARENA_ARRAY(s->tx->arena, struct shipment_pick, most);
    for (size_t k = 0; k < s->n_orders; k++) {
        size_t n = shipment_pick_all(s->orders[k], s->picks + s->n);
        if (n == 0)
            return refuse_empty(s, k);
        for (size_t i = 0; i < n; i++, s->n++)
            s->picks[s->n].line_no = (int64_t)s->n + 1;
    }
    return OK;
}

static err check_packages(const struct shipping *s, const struct shipment_new *in)
{
    if (in->packages.n == 0)
        return OK;
    int64_t *quantities = ARENA_ARRAY(s->tx->arena, int64_t, s->n);
    for (size_t i = 0; i < s->n; i++)
        quantities[i] = s->picks[i].quantity;
    packages_check(s->c, &in->packages, quantities, s->n);
    return s->c->problem->code;
}

/* ---- load ---- */

static bool alive(const struct shipping *s)
{
    return s->c->problem->code == OK;
}

/* Finds the orders of a shipment among those that are locked. */
static void take_orders(const struct adding *a, struct shipping *s, const struct facts *f)
{
    s->orders = ARENA_ARRAY(s->tx->arena, struct order_state *, a->n_orders);
    for (size_t k = 0; k < a->n_orders; k++) {
        struct order_state *o = order_state_find(&f->orders, a->orders[k]);
        if (o == NULL)
            fault(s->c->problem, pointer_to_order(a, k), "unknown_reference",
                  "There is no such order.");
        else if (s->n_orders > 0 && !shipment_orders_agree(s->orders[0], o))
            fault(s->c->problem, pointer_to_order(a, k), "mismatch",
                  "One shipment goes to one customer at one address; this order does not go "
                  "there with %s.",
                  s->orders[0]->number);
        else
            s->orders[s->n_orders++] = o;
    }
}

static err lock_orders(struct tx *tx, struct adding *a, struct shipping *s, size_t n,
                       struct facts *f)
{
    size_t most = 0, k = 0;
    bool leaves = false;
    for (size_t i = 0; i < n; i++) {
        name_orders(tx, &a[i]);
        leaves = leaves || a[i].in->ship;
        most += alive(&s[i]) ? a[i].n_orders : 0;
    }
    if (most == 0)
        return OK;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, most);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; alive(&s[i]) && j < a[i].n_orders; j++)
            ids[k++] = a[i].orders[j];
    TRY(orders_lock(tx, ids, distinct_ids(ids, k), &f->orders));
    if (leaves)
        TRY(orders_check_credit(tx, s[0].c, &f->orders));
    for (size_t i = 0; i < n; i++)
        if (alive(&s[i]))
            take_orders(&a[i], &s[i], f);
    return OK;
}

static size_t add_stock_key(struct order_state *o, struct order_line *line, struct stock_key *key)
{
    if (line == NULL || shipment_open_quantity(line) == 0)
        return 0;
    struct shipment_pick p = shipment_pick_line(o, line, 0, 0);
    *key = (struct stock_key){p.product_id, p.warehouse_id};
    return 1;
}

/* The stock that a shipment may take from, whatever those before it leave. */
static size_t stock_keys(const struct shipping *s, const struct shipment_new *in,
                         struct stock_key *keys)
{
    size_t n = 0;
    for (size_t i = 0; i < in->lines.n; i++) {
        struct order_state *o = s->orders[index_of_order(s, order_of_line(in, i))];
        n += add_stock_key(o, order_line_find(o, in->lines.v[i].order_line_no), keys + n);
    }
    for (size_t k = 0; in->lines.n == 0 && k < s->n_orders; k++)
        for (size_t i = 0; i < s->orders[k]->n_lines; i++)
            n += add_stock_key(s->orders[k], &s->orders[k]->lines[i], keys + n);
    return n;
}

static size_t stock_keys_most(const struct shipping *s, const struct shipment_new *in)
{
    size_t most = in->lines.n;
    for (size_t k = 0; in->lines.n == 0 && k < s->n_orders; k++)
        most += s->orders[k]->n_lines;
    return most;
}

static err lock_stock(struct tx *tx, const struct adding *a, const struct shipping *s, size_t n,
                      struct facts *f)
{
    size_t most = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        if (alive(&s[i]))
            most += stock_keys_most(&s[i], a[i].in);
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, most);
    for (size_t i = 0; i < n; i++)
        if (alive(&s[i]) && a[i].in->ship)
            k += stock_keys(&s[i], a[i].in, keys + k);
    return k > 0 ? stock_lock_queue(tx, keys, k, &f->stock) : OK;
}

/* Behind the locks of the orders: of two that race for one external id of an order the second one
 * sees the first. */
static err load(struct tx *tx, const struct adding *a, const struct shipping *s, size_t n,
                struct facts *f)
{
    const char **external_ids = ARENA_ARRAY(tx->arena, const char *, n);
    size_t n_named = 0, n_alive = 0;
    bool any_ships = false;
    for (size_t i = 0; i < n; i++) {
        if (!alive(&s[i]))
            continue;
        n_alive++;
        any_ships = any_ships || a[i].in->ship;
        if (a[i].external_id != NULL)
            external_ids[n_named++] = a[i].external_id;
    }
    if (n_alive == 0)
        return OK;
    if (n_named > 0)
        TRY(shipments_by_external_id_queue(tx, external_ids, n_named, &f->taken));
    TRY(shipment_numbers_queue(tx, (int64_t)n_alive, &f->numbers));
    TRY(lock_stock(tx, a, s, n, f));
    if (any_ships)
        TRY(freight_rules_queue(tx, &f->freight));
    TRY(tx_flush(tx));
    TRY(stock_locked(tx, &f->stock));
    return stock_lots_load(tx, &f->stock, &f->lots);
}

/* ---- decide ---- */

/* Who has the external id of the k-th: a shipment that was there, or one before it in the batch. */
static int64_t holder_of(const struct adding *a, const struct shipping *s, size_t k,
                         const struct facts *f)
{
    const char *mine = a[k].external_id;
    for (size_t i = 0; mine != NULL && i < f->taken.n; i++)
        if (strcmp(f->taken.v[i].external_id, mine) == 0)
            return f->taken.v[i].id;
    for (size_t i = 0; mine != NULL && i < k; i++)
        if (alive(&s[i]) && a[i].external_id != NULL && strcmp(a[i].external_id, mine) == 0)
            return s[i].shipment_id;
    return NIL64;
}

static err decide(struct shipping *s, const struct shipment_new *in, const struct facts *f)
{
    s->ship_date = in->ship_date;
    TRY(in->lines.n > 0 ? pick_named(s, in) : pick_all(s));
    TRY(check_packages(s, in));
    TRY(shipping_check_orders(s));
    TRY(shipping_check_quantities(s));
    if (!in->ship && in->freight != NIL64)
        fault(s->c->problem, "/freight", "out_of_place",
              "Say what the freight costs when it ships.");
    if (!in->ship)
        return s->c->problem->code;
    if (s->ship_date == NIL32)
        s->ship_date = s->tx->today;
    TRY(call_check_period(s->c, s->ship_date, "/ship_date"));
    TRY(shipping_charge(s, &f->freight, in->freight));
    return shipping_leave(s, &f->stock, &f->lots);
}

/* Of goods that have just left with the pick. */
static int64_t invoiceable(const struct shipment_pick *p)
{
    int64_t of_order = p->line->shipped - p->line->invoiced;
    int64_t least = of_order < p->quantity ? of_order : p->quantity;
    return least > 0 ? least : 0;
}

static struct shipment_lot_list lots_taken(struct arena *a, const struct shipment_pick *p)
{
    struct shipment_lot_list ret = {0};
    if (p->n_lots == 0)
        return ret;
    ret.v = ARENA_ARRAY(a, struct shipment_lot, p->n_lots);
    for (; ret.n < p->n_lots; ret.n++)
        ret.v[ret.n] = (struct shipment_lot){.lot_id = p->lots[ret.n].lot->id,
                                             .lot_number = p->lots[ret.n].lot->lot_number,
                                             .quantity = p->lots[ret.n].quantity};
    return ret;
}

static struct shipment_line_list lines_of(const struct shipping *s)
{
    struct shipment_line_list ret = {.v = ARENA_ARRAY(s->tx->arena, struct shipment_line, s->n)};
    for (size_t i = 0; i < s->n; i++) {
        const struct shipment_pick *p = &s->picks[i];
        ret.v[ret.n++] = (struct shipment_line){.line_no = p->line_no,
                                                .order_id = p->order->id,
                                                .order_line_no = p->order_line_no,
                                                .product_id = p->product_id,
                                                .sku = p->line->sku,
                                                .description = p->line->description,
                                                .warehouse_id = p->warehouse_id,
                                                .quantity = p->quantity,
                                                .invoiceable = invoiceable(p),
                                                .lots = lots_taken(s->tx->arena, p)};
    }
    return ret;
}

/* The shipment as it will be stored, and as GET will show it. */
static void show(const struct shipping *s, const struct adding *a, int64_t number)
{
    const struct shipment_new *in = a->in;
    const struct tx *tx = s->tx;
    *a->out = (struct shipment){
        .id = s->shipment_id,
        .version = 1,
        .external_id = a->external_id,
        .number = arena_printf(tx->arena, "SHP-%06" PRId64, number),
        .status = in->ship ? "shipped" : "draft",
        .order_id = s->n_orders == 1 ? s->orders[0]->id : NIL64,
        .customer_id = s->orders[0]->customer_id,
        .warehouse_id = shipment_warehouse(s->picks, s->n),
        .carrier = in->carrier,
        .service = in->service,
        .tracking_number = in->tracking_number,
        .ship_date = s->ship_date,
        .expected_date = in->expected_date,
        .delivered_date = NIL32,
        .ship_to = s->orders[0]->ship_to,
        .freight_currency = s->freight.currency,
        .freight = s->freight.currency == NULL ? NIL64 : s->freight.amount,
        .freight_invoice_id = NIL64,
        .notes = in->notes,
        .metadata = in->metadata == NULL ? "{}" : in->metadata,
        .created_at = tx->now,
        .updated_at = tx->now,
        .lines = lines_of(s),
        .packages = packages_of(tx->arena, &in->packages),
    };
    shipment_complete(tx->arena, a->out);
}

/* Each in turn, as those before it leave orders and stock. */
static err decide_all(struct tx *tx, const struct adding *a, struct shipping *s, size_t n,
                      const struct facts *f)
{
    size_t numbers = 0;
    for (size_t k = 0; k < n; k++) {
        if (!alive(&s[k]))
            continue;
        int64_t number = f->numbers.v[numbers++].number;
        int64_t holder = holder_of(a, s, k, f);
        if (holder != NIL64) {
            if (external_id_taken(s[k].c, "shp", holder) == ERR_SERIALIZATION)
                return ERR_SERIALIZATION;
            continue;
        }
        if (decide(&s[k], a[k].in, f) != OK)
            continue;
        show(&s[k], &a[k], number);
        shipment_tell(tx, s[k].c, "shipment.created", NULL, a[k].out);
        if (a[k].in->ship)
            shipment_tell(tx, s[k].c, "shipment.shipped", "draft", a[k].out);
    }
    return OK;
}

/* ---- store ---- */

static struct shipment_lines_insert_l line_row(const struct shipping *s,
                                               const struct shipment_pick *p)
{
    return (struct shipment_lines_insert_l){.shipment_id = s->shipment_id,
                                            .order_id = p->order->id,
                                            .line_no = p->line_no,
                                            .order_line_no = p->order_line_no,
                                            .product_id = p->product_id,
                                            .warehouse_id = p->warehouse_id,
                                            .quantity = p->quantity};
}

static err store(struct tx *tx, const struct adding *a, const struct shipping *s, size_t n,
                 const struct facts *f)
{
    size_t most = 0, n_rows = 0, n_lines = 0;
    for (size_t i = 0; i < n; i++)
        most += alive(&s[i]) ? s[i].n : 0;
    struct shipment *rows = ARENA_ARRAY(tx->arena, struct shipment, n);
    struct shipment_lines_insert_l *lines = ARENA_ARRAY(tx->arena, struct shipment_lines_insert_l,
                                                        most);
    struct shipment_packages *packed = ARENA_ARRAY(tx->arena, struct shipment_packages, n);
    for (size_t i = 0; i < n; i++) {
        if (!alive(&s[i]))
            continue;
        packed[n_rows] = (struct shipment_packages){s[i].shipment_id, a[i].out->packages};
        rows[n_rows++] = *a[i].out;
        for (size_t j = 0; j < s[i].n; j++)
            lines[n_lines++] = line_row(&s[i], &s[i].picks[j]);
    }
    if (n_rows == 0)
        return OK;
    TRY(shipments_insert(tx, rows, n_rows));
    TRY(shipment_lines_insert(tx, lines, n_lines));
    TRY(packages_store(tx, packed, n_rows));
    for (size_t i = 0; i < n; i++)
        if (alive(&s[i]))
            TRY(shipping_store_charge(&s[i]));
    return shippings_store(tx, s, n, &f->orders);
}

static err add(struct tx *tx, struct adding *a, size_t n)
{
    struct facts f = {0};
    struct shipping *s = ARENA_ARRAY(tx->arena, struct shipping, n);
    for (size_t i = 0; i < n; i++)
        s[i] = (struct shipping){.tx = tx, .c = a[i].call, .shipment_id = id_new()};
    TRY(lock_orders(tx, a, s, n, &f));
    TRY(load(tx, a, s, n, &f));
    TRY(decide_all(tx, a, s, n, &f));
    return store(tx, a, s, n, &f);
}

err shipments_create(struct tx *tx, struct shipments_create_cmd *cmds, size_t n)
{
    struct adding *a = ARENA_ARRAY(tx->arena, struct adding, n);
    for (size_t i = 0; i < n; i++)
        a[i] = (struct adding){.call = cmds[i].call,
                               .in = cmds[i].in,
                               .external_id = cmds[i].in->external_id,
                               .out = cmds[i].out};
    return add(tx, a, n);
}

/* The same shipment again: as it is. Only what was still a draft is shipped now, if asked. */
static err shipment_again(struct tx *tx, struct call *c, const struct shipment_new *in,
                          const char *external_id, struct shipment *ret)
{
    struct shipment now;
    TRY(shipment_load(tx, c->path_id[0], &now));
    TRY(call_check_version(c, now.version));
    if (external_id != NULL &&
        (now.external_id == NULL || strcmp(external_id, now.external_id) != 0)) {
        fault(c->problem, "/external_id", "fixed",
              "The external id of a shipment does not change.");
        return c->problem->code;
    }
    TRY(external_id_repeats(c, "shp", now.id, (struct json_side){&shipment_new_type, in},
                            (struct json_side){&shipment_type, &now}, NULL));
    if (in->ship && strcmp(now.status, "draft") == 0) {
        const struct shipment_ship how = {
            .ship_date = in->ship_date,
            .expected_date = in->expected_date,
            .carrier = in->carrier,
            .service = in->service,
            .tracking_number = in->tracking_number,
            .freight = in->freight,
        };
        return shipment_ship_draft(tx, c, now.id, &how, ret);
    }
    *ret = now;
    return OK;
}

err shipments_put(struct tx *tx, struct call *c, const struct shipment_new *in,
                  struct shipment *ret)
{
    const char *external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] != NIL64)
        return shipment_again(tx, c, in, external_id, ret);
    c->status = 201;
    TRY(add(tx, &(struct adding){.call = c, .in = in, .external_id = external_id, .out = ret}, 1));
    return c->problem->code;
}
