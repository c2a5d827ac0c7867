/* What may ship, what shipping takes from where, and what can be done with a shipment. */
#include "server/shipments/rules.h"
#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Is anything open that is not reserved? */
static bool anything_waits(const struct order_state *o)
{
    for (size_t i = 0; i < o->n_lines; i++)
        if (shipment_open_quantity(&o->lines[i]) > o->lines[i].reserved)
            return true;
    return false;
}

err shipment_order_check(const struct order_state *o, const char **ret_why)
{
    if (o->held || strcmp(o->status, "on_hold") == 0) {
        *ret_why = "The order is on hold; release it first.";
        return ERR_ON_HOLD;
    }
    if (strcmp(o->status, "confirmed") == 0 || strcmp(o->status, "in_fulfillment") == 0) {
        if (!o->ship_complete || !anything_waits(o))
            return OK;
        *ret_why = "The order ships complete, and part of it still waits for stock.";
        return ERR_WRONG_STATE;
    }
    if (strcmp(o->status, "draft") == 0)
        *ret_why = "The order is a draft; confirm it first.";
    else if (strcmp(o->status, "canceled") == 0)
        *ret_why = "The order is canceled.";
    else
        *ret_why = "Nothing is open on the order: it is fulfilled.";
    return ERR_WRONG_STATE;
}

int64_t shipment_open_quantity(const struct order_line *line)
{
    if (strcmp(line->kind, "stock") != 0)
        return 0;
    return line->quantity - line->canceled - line->shipped;
}

struct shipment_pick shipment_pick_line(struct order_state *o, struct order_line *line,
                                        int64_t line_no, int64_t quantity)
{
    return (struct shipment_pick){
        .line_no = line_no,
        .order_line_no = line->line_no,
        .product_id = line->product_id,
        .warehouse_id = line->warehouse_id == NIL64 ? o->warehouse_id : line->warehouse_id,
        .quantity = quantity,
        .order = o,
        .line = line,
    };
}

static bool anything_reserved(const struct order_state *o)
{
    for (size_t i = 0; i < o->n_lines; i++) {
        if (o->lines[i].reserved > 0)
            return true;
    }
    return false;
}

size_t shipment_pick_all(struct order_state *o, struct shipment_pick *picks)
{
    bool reserved = anything_reserved(o);
    size_t n = 0;
    for (size_t i = 0; i < o->n_lines; i++) {
        struct order_line *line = &o->lines[i];
        int64_t quantity = reserved ? line->reserved : shipment_open_quantity(line);
        if (quantity > 0) {
            picks[n] = shipment_pick_line(o, line, (int64_t)n + 1, quantity);
            n++;
        }
    }
    return n;
}

int64_t shipment_takeable(const struct order_line *line, const struct stock_facts *stock)
{
    /* Where a block or an expiry has left less than is reserved, first come is first served. */
    return stock == NULL
               ? 0
               : least(line->reserved + stock_available(stock), stock->on_hand - stock->blocked);
}

size_t lots_take_first(struct lot_facts *lots, size_t n, int64_t quantity, struct lot_take *ret)
{
    size_t used = 0;
    int64_t left = quantity;
    for (size_t i = 0; i < n && left > 0; i++) {
        if (lot_unusable(&lots[i]) || lots[i].on_hand == 0)
            continue;
        ret[used] = (struct lot_take){&lots[i], least(left, lots[i].on_hand)};
        left -= ret[used++].quantity;
    }
    if (left > 0)
        return 0;
    for (size_t i = 0; i < used; i++)
        ret[i].lot->on_hand -= ret[i].quantity;
    return used;
}

err shipment_take(struct shipment_pick *pick, struct stock_facts *stock, struct stock_delta *ret)
{
    struct order_line *line = pick->line;
    int64_t from_reserved = least(line->reserved, pick->quantity);
    if (pick->quantity > shipment_open_quantity(line))
        return ERR_QUANTITY_EXCEEDED;
    if (stock == NULL || pick->quantity > shipment_takeable(line, stock))
        return ERR_INSUFFICIENT_STOCK;

    pick->from_picked = least(line->picked, from_reserved);
    line->picked -= pick->from_picked;
    line->reserved -= from_reserved;
    line->shipped += pick->quantity;
    stock->reserved -= from_reserved;
    stock->on_hand -= pick->quantity;
    *ret = (struct stock_delta){
        .product_id = pick->product_id,
        .warehouse_id = pick->warehouse_id,
        .on_hand = -pick->quantity,
        .reserved = -from_reserved,
    };
    return OK;
}

void shipment_put_back(struct shipment_pick *pick, struct stock_facts *stock,
                       const struct stock_delta *taken)
{
    pick->line->reserved -= taken->reserved;
    pick->line->picked += pick->from_picked;
    pick->from_picked = 0;
    pick->line->shipped += taken->on_hand;
    stock->reserved -= taken->reserved;
    stock->on_hand -= taken->on_hand;
}

int64_t shipment_warehouse(const struct shipment_pick *picks, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (picks[i].warehouse_id != picks[0].warehouse_id)
            return NIL64;
    }
    return n == 0 ? NIL64 : picks[0].warehouse_id;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool shipment_orders_agree(const struct order_state *a, const struct order_state *b)
{
    return a->customer_id == b->customer_id && same_text(a->ship_to, b->ship_to);
}

bool shipment_has_left(const char *status)
{
    return strcmp(status, "shipped") == 0 || strcmp(status, "delivered") == 0 ||
           strcmp(status, "exception") == 0;
}

int64_t shipment_line_unbilled(const struct shipment_line_state *l)
{
    int64_t left = l->quantity - l->failed - l->invoiced;
    return left > 0 ? left : 0;
}

int64_t shipment_fail(struct shipment_line_state *l, struct order_line *line, int64_t quantity,
                      bool reship)
{
    int64_t failed = quantity;
    if (!reship) {
        failed = least(failed, shipment_line_unbilled(l));
        failed = least(failed, line->quantity - line->canceled - line->invoiced);
        line->canceled += failed;
    }
    l->failed += failed;
    line->failed += failed;
    line->shipped -= failed;
    return failed;
}

/* As in the proof of shipment_tracking. */
static int tracking_rank(const char *status)
{
    static const char *const order[] = {"picked_up", "in_transit", "out_for_delivery",
                                        "exception", "refused",    "damaged",
                                        "lost",      "delivered"};
    int rank = 0;
    while (rank < (int)COUNT_OF(order) && strcmp(order[rank], status) != 0)
        rank++;
    return rank;
}

bool tracking_supersedes(const char *was, int64_t was_at, const char *status, int64_t at)
{
    if (was == NULL || at != was_at)
        return was == NULL || at > was_at;
    return tracking_rank(status) > tracking_rank(was);
}

size_t shipment_actions(const char *status, bool open_to_invoice,
                        const char *ret[SHIPMENT_ACTIONS_MAX])
{
    size_t n = 0;
    if (strcmp(status, "draft") == 0) {
        ret[n++] = "ship";
        ret[n++] = "cancel";
        return n;
    }
    if (strcmp(status, "shipped") == 0)
        ret[n++] = "deliver";
    if (open_to_invoice && strcmp(status, "canceled") != 0)
        ret[n++] = "invoice";
    return n;
}
