/* Confirm a pick list: what was found is picked, and shipments are drafted of it; what was short is
 * reserved no more, and taken off the stock where somebody says that it is not there. Recall one:
 * what has not shipped is put back. */
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "picking.sql.h"
#include "server/events/events.h"
#include "server/inventory/inventory.h"
#include "server/orders/stock.h"
#include "server/picking/internal.h"
#include "server/routes_prototypes.h"
#include "server/shipments/shipments.h"
#include <inttypes.h>
#include <string.h>

struct confirming {
    struct tx *tx;
    struct call *c;
    const struct pick_list_confirm *in;
    struct order_state_list orders;
    struct stock_facts_list stock;
    struct pick_list list;
    struct pick_row_list rows;
    int64_t *missing; /* of each part: what is not there */
};

/* ---- what was found ---- */

static size_t parts_from(const struct pick_row_list *rows, int64_t line_no, size_t *ret_first)
{
    size_t first = 0, n = 0;
    while (first < rows->n && rows->v[first].line_no != line_no)
        first++;
    while (first + n < rows->n && rows->v[first + n].line_no == line_no)
        n++;
    *ret_first = first;
    return n;
}

static void line_fault(const struct confirming *k, size_t i, const char *member, const char *code,
                       const char *detail)
{
    fault(k->c->problem, arena_printf(k->tx->arena, "/lines/%zu/%s", i, member), code, "%s",
          detail);
}

static bool named_before(const struct pick_list_confirm *in, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (in->lines.v[j].line_no == in->lines.v[i].line_no)
            return true;
    return false;
}

static void take_line(struct confirming *k, size_t i)
{
    const struct pick_confirm_line *l = &k->in->lines.v[i];
    size_t first, n = parts_from(&k->rows, l->line_no, &first);
    int64_t listed = 0;
    for (size_t j = 0; j < n; j++)
        listed += k->rows.v[first + j].quantity;
    if (n == 0)
        line_fault(k, i, "line_no", "unknown_line", "The list has no such line.");
    else if (named_before(k->in, i))
        line_fault(k, i, "line_no", "repeated", "The line stands here already.");
    else if (l->quantity > listed)
        line_fault(k, i, "quantity", "quantity_exceeded", "More than the list says.");
    else
        pick_share(&k->rows.v[first], n, l->quantity);
    for (size_t j = 0; l->adjust && j < n; j++)
        k->missing[first + j] = k->rows.v[first + j].quantity - k->rows.v[first + j].picked;
}

static err take_request(struct confirming *k)
{
    k->missing = ARENA_ARRAY(k->tx->arena, int64_t, k->rows.n);
    for (size_t i = 0; i < k->rows.n; i++)
        k->rows.v[i].picked = k->rows.v[i].quantity;
    for (size_t i = 0; i < k->in->lines.n; i++)
        take_line(k, i);
    return k->c->problem->code;
}

/* ---- the orders ---- */

static err pick(struct confirming *k, const struct pick_row *r)
{
    struct order_state *o = order_state_find(&k->orders, r->order_id);
    struct order_line *l = o != NULL ? order_line_find(o, r->order_line_no) : NULL;
    if (l == NULL)
        return ERR_NO_ROW;
    int64_t left = l->reserved - l->picked, released = r->quantity - r->picked;
    if (r->picked > left) {
        char text[DECIMAL_TEXT_MAX];
        decimal_format(left, DECIMAL_SCALE, 0, text);
        return fail(k->c->problem, ERR_QUANTITY_EXCEEDED,
                    "Only %s of line %" PRId64
                    " of %s is still reserved: confirm that much of line "
                    "%" PRId64 " of the list.",
                    text, l->line_no, o->number, r->line_no);
    }
    l->picked += r->picked;
    left -= r->picked;
    l->reserved -= released < left ? released : left;
    return OK;
}

static bool changed(const struct order_state *o)
{
    for (size_t i = 0; i < o->n_lines; i++)
        if (o->lines[i].picked != o->was[i].picked || o->lines[i].reserved != o->was[i].reserved)
            return true;
    return false;
}

static err move_orders(struct tx *tx, const struct call *c, struct order_state_list *orders)
{
    for (size_t i = 0; i < orders->n; i++) {
        struct order_state *o = &orders->v[i];
        if (!changed(o))
            continue;
        bool waited = false;
        for (size_t j = 0; j < o->n_lines; j++)
            waited = waited || o->lines[j].reserved < o->was[j].reserved;
        order_tell(tx, c, order_moved(o));
        if (!waited)
            continue;
        struct substitute_facts_list substitutes;
        TRY(order_substitutes_find(tx, o->lines, o->n_lines, &substitutes));
        order_tell_backordered(tx, c, o->id, o->lines, o->n_lines, &substitutes);
    }
    TRY(orders_store(tx, orders));
    return orders_reservations_store(tx, orders);
}

/* ---- the stock ---- */

static err lock_stock(struct confirming *k)
{
    struct stock_key *keys = ARENA_ARRAY(k->tx->arena, struct stock_key, k->rows.n);
    for (size_t i = 0; i < k->rows.n; i++)
        keys[i] = (struct stock_key){k->rows.v[i].product_id, k->list.warehouse_id};
    return stock_lock(k->tx, keys, k->rows.n, &k->stock);
}

/* What is not there leaves the books. */
static err adjust(struct confirming *k)
{
    size_t n = 0;
    struct stock_delta *deltas = ARENA_ARRAY(k->tx->arena, struct stock_delta, k->rows.n);
    struct stock_movement_new *moves = ARENA_ARRAY(k->tx->arena, struct stock_movement_new,
                                                   k->rows.n);
    for (size_t i = 0; i < k->rows.n; i++) {
        const struct pick_row *r = &k->rows.v[i];
        if (k->missing[i] == 0)
            continue;
        const struct stock_facts *s = stock_find(&k->stock, r->product_id, k->list.warehouse_id);
        if (s != NULL && s->by_lot)
            return fail(k->c->problem, ERR_WRONG_STATE,
                        "Stock of %s is kept by lot: adjust the lot with POST /v1/stock/movements.",
                        r->sku);
        deltas[n] = (struct stock_delta){.product_id = r->product_id,
                                         .warehouse_id = k->list.warehouse_id,
                                         .on_hand = -k->missing[i]};
        moves[n++] = (struct stock_movement_new){.id = id_new(),
                                                 .product_id = r->product_id,
                                                 .warehouse_id = k->list.warehouse_id,
                                                 .kind = "adjustment",
                                                 .quantity = -k->missing[i],
                                                 .document_id = NIL64,
                                                 .lot_id = NIL64,
                                                 .reason = "not found when picking",
                                                 .effective_date = k->tx->today};
    }
    if (n == 0)
        return OK;
    TRY(call_check_period(k->c, k->tx->today, ""));
    TRY(stock_apply(k->tx, deltas, n));
    return stock_movements_record(k->tx, moves, n);
}

/* ---- the shipments ---- */

/* An order that ships complete and waits for more is drafted when the rest is there. */
static bool ships_now(const struct order_state *o)
{
    for (size_t i = 0; o->ship_complete && i < o->n_lines; i++)
        if (strcmp(o->lines[i].kind, "stock") == 0 &&
            o->lines[i].quantity - o->lines[i].canceled - o->lines[i].shipped >
                o->lines[i].reserved)
            return false;
    return true;
}

/* Of what was picked for one order. */
static struct shipment_new shipment_of(const struct confirming *k, const struct order_state *o)
{
    struct shipment_new s;
    json_set_all_absent(&shipment_new_type, &s);
    s.order_id = o->id;
    s.lines.v = ARENA_ARRAY(k->tx->arena, struct shipment_line_new, k->rows.n);
    for (size_t i = 0; i < k->rows.n; i++) {
        const struct pick_row *r = &k->rows.v[i];
        if (r->order_id != o->id || r->picked == 0)
            continue;
        json_set_all_absent(&shipment_line_new_type, &s.lines.v[s.lines.n]);
        s.lines.v[s.lines.n].order_line_no = r->order_line_no;
        s.lines.v[s.lines.n++].quantity = r->picked;
    }
    return s;
}

static err draft_shipments(struct confirming *k)
{
    size_t n = 0;
    struct shipment_new *in = ARENA_ARRAY(k->tx->arena, struct shipment_new, k->orders.n);
    struct shipment *out = ARENA_ARRAY(k->tx->arena, struct shipment, k->orders.n);
    struct shipments_create_cmd *cmds = ARENA_ARRAY(k->tx->arena, struct shipments_create_cmd,
                                                    k->orders.n);
    for (size_t i = 0; i < k->orders.n; i++) {
        in[n] = shipment_of(k, &k->orders.v[i]);
        if (in[n].lines.n == 0 || !ships_now(&k->orders.v[i]))
            continue;
        cmds[n] = (struct shipments_create_cmd){.call = k->c, .in = &in[n], .out = &out[n]};
        n++;
    }
    if (n == 0)
        return OK;
    TRY(shipments_create(k->tx, cmds, n));
    if (k->c->problem->code != OK)
        return k->c->problem->code;
    for (size_t i = 0; i < k->rows.n; i++)
        for (size_t j = 0; j < n; j++)
            if (k->rows.v[i].order_id == out[j].order_id && k->rows.v[i].picked > 0)
                k->rows.v[i].shipment_id = out[j].id;
    return OK;
}

err pick_lists_confirm(struct tx *tx, struct call *c, const struct pick_list_confirm *in,
                       struct pick_list *ret)
{
    struct confirming k = {.tx = tx, .c = c, .in = in};
    TRY(pick_list_lock_orders(tx, c->path_id[0], &k.orders));
    TRY(pick_list_lock_for(tx, c, "confirm", &k.list, &k.rows));
    TRY(take_request(&k));
    for (size_t i = 0; i < k.rows.n; i++)
        TRY(pick(&k, &k.rows.v[i]));
    TRY(lock_stock(&k));
    TRY(move_orders(tx, c, &k.orders));
    TRY(adjust(&k));
    TRY(draft_shipments(&k));
    TRY(pick_parts_store(tx, k.list.id, k.rows.v, k.rows.n));
    TRY(pick_list_status(tx, k.list.id, "picked", tx->now));
    TRY(pick_list_load(tx, k.list.id, ret, NULL));
    event_push(tx, c, "pick_list.picked", "pick_list", k.list.id,
               arena_printf(tx->arena, "{\"status\":\"%s\"}", k.list.status),
               pick_list_json(tx, ret));
    return OK;
}

/* ---- recall ---- */

static bool has_left(const struct pick_row *r)
{
    return r->shipment_status != NULL && strcmp(r->shipment_status, "draft") != 0 &&
           strcmp(r->shipment_status, "canceled") != 0;
}

static err cancel_drafts(struct tx *tx, const struct call *c, const struct pick_row_list *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct pick_row *r = &rows->v[i];
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen = seen || rows->v[j].shipment_id == r->shipment_id;
        if (seen || r->shipment_status == NULL || strcmp(r->shipment_status, "draft") != 0)
            continue;
        struct call own = *c;
        struct shipment ignored;
        own.path_id[0] = r->shipment_id;
        own.if_match = VERSION_ANY;
        TRY(shipments_cancel(tx, &own, &(const struct none){0}, &ignored));
    }
    return OK;
}

static err put_back(struct order_state_list *orders, struct pick_row_list *rows, int64_t *ret_back)
{
    for (size_t i = 0; i < rows->n; i++) {
        struct pick_row *r = &rows->v[i];
        struct order_state *o = order_state_find(orders, r->order_id);
        struct order_line *l = o != NULL ? order_line_find(o, r->order_line_no) : NULL;
        if (l == NULL)
            return ERR_NO_ROW;
        if (has_left(r))
            continue;
        r->recalled = r->picked < l->picked ? r->picked : l->picked;
        l->picked -= r->recalled;
        *ret_back += r->recalled;
    }
    return OK;
}

err pick_lists_recall(struct tx *tx, struct call *c, const struct pick_list_recall *in,
                      struct pick_list *ret)
{
    struct order_state_list orders;
    struct pick_list was;
    struct pick_row_list rows;
    int64_t back = 0;
    TRY(pick_list_lock_orders(tx, c->path_id[0], &orders));
    TRY(pick_list_lock_for(tx, c, "recall", &was, &rows));
    TRY(put_back(&orders, &rows, &back));
    if (back == 0)
        return fail(c->problem, ERR_WRONG_STATE, "Everything of the list has shipped.");
    TRY(cancel_drafts(tx, c, &rows));
    for (size_t i = 0; i < orders.n; i++)
        if (changed(&orders.v[i]))
            order_tell(tx, c, order_moved(&orders.v[i]));
    TRY(orders_store(tx, &orders));
    TRY(pick_parts_store(tx, was.id, rows.v, rows.n));
    TRY(pick_list_status(tx, was.id, "recalled", was.picked_at));
    TRY(pick_list_load(tx, was.id, ret, NULL));
    event_push(tx, c, "pick_list.recalled", "pick_list", was.id,
               arena_printf(tx->arena, "{\"status\":\"%s\"}", was.status),
               call_json(tx->arena, &pick_list_recall_type, in, NULL));
    return OK;
}
