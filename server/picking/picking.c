/* Pick lists: make one, show it, begin, give it up. */
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "picking.sql.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/inventory/inventory.h"
#include "server/orders/rules.h"
#include "server/picking/internal.h"
#include "server/routes_prototypes.h"
#include <string.h>

#define PARTS_DEFAULT 200
#define DAYS_DEFAULT 90

JSON_TYPE(pick_order_new, PICK_ORDER_NEW_FIELDS, .doc = "An order to pick.");
JSON_TYPE(pick_list_new, PICK_LIST_NEW_FIELDS, .doc = "What to pick.");
JSON_TYPE(pick_part, PICK_PART_FIELDS, .doc = "What is picked for an order.");
JSON_TYPE(pick_line, PICK_LINE_FIELDS, .doc = "What is picked of a product.");
JSON_TYPE(pick_list_summary, PICK_LIST_HEADER_FIELDS, .doc = "A pick list without its lines.");
JSON_TYPE(pick_list, PICK_LIST_FIELDS, .doc = "A pick list.");
JSON_TYPE(pick_confirm_line, PICK_CONFIRM_LINE_FIELDS, .doc = "A line that was short.");
JSON_TYPE(pick_list_confirm, PICK_LIST_CONFIRM_FIELDS, .doc = "What was picked.");
JSON_TYPE(pick_list_recall, PICK_LIST_RECALL_FIELDS, .doc = "Why a list is recalled.");

const char *pick_list_json(struct tx *tx, const struct pick_list *l)
{
    return call_json(tx->arena, &pick_list_type, l, NULL);
}

err pick_list_load(struct tx *tx, int64_t id, struct pick_list *ret, struct pick_row_list *ret_rows)
{
    struct pick_row_list rows;
    TRY(pick_list_header(tx, id, ret));
    TRY(pick_parts(tx, id, &rows));
    ret->lines = pick_lines_of(tx->arena, &rows);
    ret->allowed_actions = pick_list_actions(tx->arena, ret->status);
    if (ret_rows != NULL)
        *ret_rows = rows;
    return OK;
}

err pick_lists_get(struct tx *tx, struct call *c, const struct none *in, struct pick_list *ret)
{
    (void)in;
    return pick_list_load(tx, c->path_id[0], ret, NULL);
}

/* ---- make ---- */

struct listing {
    struct tx *tx;
    struct call *c;
    const struct pick_list_new *in;
    int64_t warehouse_id;
    const int64_t *orders; /* the most urgent first */
    size_t n_orders;
    struct order_state_list locked;
    struct pick_claimed_row_list claimed;
    struct pick_row *rows;
    size_t n, most;
};

static void check_request(const struct listing *k)
{
    const struct pick_list_new *in = k->in;
    struct problem *p = k->c->problem;
    if ((in->orders.n > 0) == (in->promised_by != NIL32))
        fault(p, "/orders", in->orders.n > 0 ? "ambiguous" : "required",
              "Name orders, or the day by which they are promised.");
    if (in->promised_from != NIL32 && in->promised_by == NIL32)
        fault(p, "/promised_from", "out_of_place", "It goes with promised_by.");
    else if (in->promised_from != NIL32 && in->promised_from > in->promised_by)
        fault(p, "/promised_from", "too_late", "Write a day that is not after promised_by.");
    for (size_t i = 0; i < in->orders.n; i++)
        for (size_t j = 0; j < i; j++)
            if (in->orders.v[j].order_id == in->orders.v[i].order_id) {
                fault(p, arena_printf(k->tx->arena, "/orders/%zu/order_id", i), "repeated",
                      "The order stands here already.");
                break;
            }
}

static err find_warehouse(struct listing *k)
{
    struct warehouse_facts_list warehouses;
    TRY(warehouses_load_queue(k->tx, &warehouses));
    TRY(tx_flush(k->tx));
    const struct warehouse_facts *w = k->in->warehouse_id != NIL64
                                          ? warehouse_find(&warehouses, k->in->warehouse_id)
                                          : warehouse_default(&warehouses);
    if (w == NULL)
        fault(k->c->problem, "/warehouse_id",
              k->in->warehouse_id != NIL64 ? "unknown_reference" : "required",
              k->in->warehouse_id != NIL64 ? "There is no such warehouse."
                                           : "There is no default warehouse.");
    else
        k->warehouse_id = w->id;
    return k->c->problem->code;
}

/* Which orders: those that are named, or those that are promised. */
static err find_orders(struct listing *k)
{
    const struct pick_list_new *in = k->in;
    struct pick_candidates_row_list found = {0};
    if (in->orders.n == 0) {
        int32_t first = in->promised_from != NIL32 ? in->promised_from
                                                   : in->promised_by - DAYS_DEFAULT;
        TRY(pick_candidates(k->tx, k->warehouse_id, first, in->promised_by, (int64_t)k->most,
                            &found));
    }
    k->n_orders = in->orders.n > 0 ? in->orders.n : found.n;
    int64_t *ids = ARENA_ARRAY(k->tx->arena, int64_t, k->n_orders);
    int64_t *sorted = ARENA_ARRAY(k->tx->arena, int64_t, k->n_orders);
    for (size_t i = 0; i < k->n_orders; i++)
        sorted[i] = ids[i] = in->orders.n > 0 ? in->orders.v[i].order_id : found.v[i].id;
    k->orders = ids;
    if (k->n_orders == 0)
        return OK;
    TRY(orders_lock(k->tx, sorted, distinct_ids(sorted, k->n_orders), &k->locked));
    return pick_claimed(k->tx, sorted, k->n_orders, &k->claimed);
}

static int64_t claimed(const struct listing *k, int64_t order_id, int64_t line_no)
{
    for (size_t i = 0; i < k->claimed.n; i++)
        if (k->claimed.v[i].order_id == order_id && k->claimed.v[i].order_line_no == line_no)
            return k->claimed.v[i].quantity;
    return 0;
}

static void list_order(struct listing *k, const struct order_state *o)
{
    for (size_t i = 0; i < o->n_lines && k->n < k->most; i++) {
        const struct order_line *l = &o->lines[i];
        int64_t quantity = l->reserved - l->picked;
        if (l->warehouse_id != k->warehouse_id || quantity <= 0)
            continue;
        quantity -= claimed(k, o->id, l->line_no);
        if (quantity > 0)
            k->rows[k->n++] = (struct pick_row){.product_id = l->product_id,
                                                .sku = l->sku,
                                                .order_id = o->id,
                                                .order_line_no = l->line_no,
                                                .quantity = quantity,
                                                .picked = NIL64,
                                                .shipment_id = NIL64};
    }
}

static bool can_be_picked(const struct order_state *o)
{
    return !o->held && o->confirmed_at != NIL64 &&
           (strcmp(o->status, "confirmed") == 0 || strcmp(o->status, "in_fulfillment") == 0);
}

static err list_orders(struct listing *k)
{
    k->rows = ARENA_ARRAY(k->tx->arena, struct pick_row, k->most);
    for (size_t i = 0; i < k->n_orders; i++) {
        const struct order_state *o = order_state_find(&k->locked, k->orders[i]);
        bool named = k->in->orders.n > 0;
        if (o == NULL)
            fault(k->c->problem, arena_printf(k->tx->arena, "/orders/%zu/order_id", i),
                  "unknown_reference", "There is no such order.");
        else if (can_be_picked(o))
            list_order(k, o);
        else if (named && k->c->problem->code == OK)
            fail(k->c->problem, ERR_WRONG_STATE,
                 "%s is %s; orders that are confirmed and not on hold are picked.", o->number,
                 o->status);
    }
    if (k->c->problem->code == OK && k->n == 0)
        return fail(k->c->problem, ERR_WRONG_STATE,
                    "Nothing of these orders is reserved there and on no other list.");
    return k->c->problem->code;
}

static err find_bins(struct listing *k)
{
    struct pick_bins_row_list bins;
    int64_t *products = ARENA_ARRAY(k->tx->arena, int64_t, k->n);
    for (size_t i = 0; i < k->n; i++)
        products[i] = k->rows[i].product_id;
    TRY(pick_bins(k->tx, k->warehouse_id, products, distinct_ids(products, k->n), &bins));
    for (size_t i = 0; i < k->n; i++)
        for (size_t j = 0; j < bins.n; j++)
            if (bins.v[j].product_id == k->rows[i].product_id)
                k->rows[i].bin = bins.v[j].bin;
    return OK;
}

static err check_free(struct tx *tx, const struct call *c, const char *external_id)
{
    struct pick_list_by_external_id_row holder;
    bool found = false;
    if (external_id != NULL)
        TRY(pick_list_by_external_id(tx, external_id, &holder, &found));
    return found ? external_id_taken(c, "pck", holder.id) : OK;
}

err pick_lists_create(struct tx *tx, struct call *c, const struct pick_list_new *in,
                      struct pick_list *ret)
{
    struct listing k = {
        .tx = tx, .c = c, .in = in, .most = in->most != NIL64 ? (size_t)in->most : PARTS_DEFAULT};
    int64_t id = id_new();
    check_request(&k);
    TRY(find_warehouse(&k));
    TRY(find_orders(&k));
    TRY(check_free(tx, c, in->external_id));
    TRY(list_orders(&k));
    TRY(find_bins(&k));
    pick_rows_number(k.rows, k.n);
    TRY(pick_list_insert(tx, id, in->external_id, k.warehouse_id, (int64_t)k.n, in->notes));
    TRY(pick_parts_insert(tx, id, k.rows, k.n));
    TRY(pick_list_load(tx, id, ret, NULL));
    event_push(tx, c, "pick_list.created", "pick_list", id, NULL, pick_list_json(tx, ret));
    return OK;
}

/* ---- begin, give up ---- */

err pick_list_lock_orders(struct tx *tx, int64_t id, struct order_state_list *ret)
{
    struct pick_row_list rows;
    TRY(pick_parts(tx, id, &rows));
    if (rows.n == 0)
        return ERR_NO_ROW;
    int64_t *orders = ARENA_ARRAY(tx->arena, int64_t, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        orders[i] = rows.v[i].order_id;
    return orders_lock(tx, orders, distinct_ids(orders, rows.n), ret);
}

err pick_list_lock_for(struct tx *tx, const struct call *c, const char *action,
                       struct pick_list *ret, struct pick_row_list *ret_rows)
{
    struct pick_list_lock_row row;
    TRY(pick_list_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    TRY(pick_list_load(tx, c->path_id[0], ret, ret_rows));
    if (order_allows(&ret->allowed_actions, action))
        return OK;
    const char *text = "nothing";
    for (size_t i = 0; i < ret->allowed_actions.n; i++)
        text = i == 0 ? ret->allowed_actions.v[0]
                      : arena_printf(tx->arena, "%s, %s", text, ret->allowed_actions.v[i]);
    return fail(c->problem, ERR_WRONG_STATE, "The pick list is %s; what can be done now: %s.",
                ret->status, text);
}

static err change(struct tx *tx, struct call *c, const char *action, const char *status,
                  struct pick_list *ret)
{
    struct pick_list was;
    TRY(pick_list_lock_for(tx, c, action, &was, NULL));
    TRY(pick_list_status(tx, was.id, status, NIL64));
    TRY(pick_list_load(tx, was.id, ret, NULL));
    event_push(tx, c, arena_printf(tx->arena, "pick_list.%s", status), "pick_list", was.id,
               arena_printf(tx->arena, "{\"status\":\"%s\"}", was.status),
               arena_printf(tx->arena, "{\"status\":\"%s\"}", status));
    return OK;
}

err pick_lists_start(struct tx *tx, struct call *c, const struct none *in, struct pick_list *ret)
{
    (void)in;
    return change(tx, c, "start", "picking", ret);
}

err pick_lists_cancel(struct tx *tx, struct call *c, const struct none *in, struct pick_list *ret)
{
    (void)in;
    return change(tx, c, "cancel", "canceled", ret);
}
