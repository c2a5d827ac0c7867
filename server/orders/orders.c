/* Orders as they are shown, and as the later stages lock and advance them. */
#include "server/orders/orders.h"
#include "lib/base/distinct.h"
#include "lib/base/find.h"
#include "orders.sql.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

JSON_TYPE(order_line_new, ORDER_LINE_NEW_FIELDS, .doc = "A line of a new order.");
JSON_TYPE(order_reservation, ORDER_RESERVATION_FIELDS, .doc = "Stock that is held for an order.");
JSON_TYPE(order_new, ORDER_NEW_FIELDS, .doc = "A new order.");
JSON_TYPE(order_line, ORDER_LINE_FIELDS, .doc = "A line of an order and how far it has come.");
JSON_TYPE(order_line_price, ORDER_LINE_PRICE_FIELDS,
          .doc = "Where the price of a line comes from.");
JSON_TYPE(order_prices, ORDER_PRICES_FIELDS, .doc = "Where the prices of an order come from.");
JSON_TYPE(order_line_of, ORDER_LINE_OF_FIELDS, .doc = "A line and its order.");
JSON_TYPE(order_hold, ORDER_HOLD_FIELDS, .doc = "What keeps or kept an order from moving.");
JSON_TYPE(order_hold_fact, ORDER_HOLD_FACT_FIELDS, .doc = "What an event says of a hold.");
JSON_TYPE(order_summary, ORDER_HEADER_FIELDS, .doc = "An order without its lines.");
JSON_TYPE(order, ORDER_FIELDS, .doc = "An order.");
JSON_TYPE(order_patch, ORDER_PATCH_FIELDS, .doc = "What to change of an order.");
JSON_TYPE(order_hold_new, ORDER_HOLD_NEW_FIELDS, .doc = "A hold to put on an order.");
JSON_TYPE(order_release, ORDER_RELEASE_FIELDS, .doc = "The release of an order's holds.");
JSON_TYPE(order_cancel_line, ORDER_CANCEL_LINE_FIELDS, .doc = "A line to cancel.");
JSON_TYPE(order_reopen, ORDER_REOPEN_FIELDS, .doc = "What to reopen of an order.");
JSON_TYPE(order_amend_line, ORDER_AMEND_LINE_FIELDS, .doc = "A line to change.");
JSON_TYPE(order_amend, ORDER_AMEND_FIELDS, .doc = "What to change of a confirmed order.");
JSON_TYPE(order_split_line, ORDER_SPLIT_LINE_FIELDS, .doc = "A line to move.");
JSON_TYPE(order_split, ORDER_SPLIT_FIELDS, .doc = "What to move to an order of its own.");
JSON_TYPE(order_revision, ORDER_REVISION_FIELDS, .doc = "A change of a confirmed order.");
JSON_TYPE(order_revisions_reply, ORDER_REVISIONS_REPLY_FIELDS, .doc = "All changes of an order.");
JSON_TYPE(order_approve, ORDER_APPROVE_FIELDS, .doc = "The approval of an order.");
JSON_TYPE(order_reject, ORDER_REJECT_FIELDS, .doc = "The refusal of an approval.");
JSON_TYPE(order_cancel, ORDER_CANCEL_FIELDS, .doc = "What to cancel of an order.");

#define ORDER_EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, id, id, .prefix = "ord", .doc = "The order.")                                         \
    VALUE(T, string, number, .doc = "Its number.")                                                 \
    VALUE(T, string, status, .doc = "Where it stands.")                                            \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who buys.")                                 \
    VALUE(T, currency, currency, .doc = "Currency.")                                               \
    VALUE(T, money, gross, .doc = "To be paid.")
JSON_STRUCT(order_event, ORDER_EVENT_FIELDS);
JSON_TYPE(order_event, ORDER_EVENT_FIELDS, .doc = "What an event says of an order.");

const char *order_event_json(struct arena *a, const struct order *o)
{
    struct order_event e = {.id = o->id,
                            .number = o->number,
                            .status = o->status,
                            .customer_id = o->customer_id,
                            .currency = o->currency,
                            .gross = o->gross};
    return call_json(a, &order_event_type, &e, NULL);
}

#define ORDER_WAITING_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, integer, line_no)                                                                     \
    VALUE(T, string, sku)                                                                          \
    VALUE(T, decimal, quantity)                                                                    \
    VALUE(T, decimal, reserved)                                                                    \
    VALUE(T, decimal, backordered)                                                                 \
    LIST(T, substitute_offer, substitutes, .omit_absent = true)
JSON_STRUCT(order_waiting_line, ORDER_WAITING_LINE_FIELDS);
JSON_TYPE(order_waiting_line, ORDER_WAITING_LINE_FIELDS, .doc = "A line that waits for stock.");
#define ORDER_WAITING_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, integer, waiting)                                                                     \
    LIST(T, order_waiting_line, lines)
JSON_STRUCT(order_waiting, ORDER_WAITING_FIELDS);
JSON_TYPE(order_waiting, ORDER_WAITING_FIELDS, .doc = "Lines of an order that wait for stock.");

/* Lines that an event names; it counts all. */
#define WAITING_LINES_TOLD 100

void order_tell_backordered(struct tx *tx, const struct call *c, int64_t order_id,
                            const struct order_line *lines, size_t n,
                            const struct substitute_facts_list *substitutes)
{
    struct order_waiting w = {
        .lines = {.v = ARENA_ARRAY(tx->arena, struct order_waiting_line, WAITING_LINES_TOLD)}};
    for (size_t i = 0; i < n; i++) {
        const struct order_line *l = &lines[i];
        if (l->backordered == 0)
            continue;
        if (w.waiting++ >= WAITING_LINES_TOLD)
            continue;
        w.lines.v[w.lines.n++] = (struct order_waiting_line){
            .line_no = l->line_no,
            .sku = l->sku,
            .quantity = l->quantity,
            .reserved = l->reserved,
            .backordered = l->backordered,
            .substitutes = substitute_offers(tx->arena, line_may_substitute(l) ? substitutes : NULL,
                                             l->product_id, l->warehouse_id)};
    }
    if (w.waiting > 0)
        event_push(tx, c, "order.backordered", "order", order_id, NULL,
                   call_json(tx->arena, &order_waiting_type, &w, NULL));
}

/* A release that has expired holds what has yet to leave. */
static bool any_hold(const struct order *o, int32_t today)
{
    bool leaves = false;
    for (size_t i = 0; i < o->lines.n; i++)
        leaves = leaves ||
                 (strcmp(o->lines.v[i].kind, "stock") == 0 && !line_complete(&o->lines.v[i]));
    for (size_t i = 0; i < o->holds.n; i++) {
        const struct order_hold *h = &o->holds.v[i];
        if (h->released_at == NIL64 ||
            (leaves && h->release_expires != NIL32 && h->release_expires < today))
            return true;
    }
    return false;
}

/* An order's counters as its own struct order_line: rows of several orders carry the order's id. */
static struct order_line line_of(const struct order_line_of *l)
{
    return (struct order_line){.line_no = l->line_no,
                               .product_id = l->product_id,
                               .kind = l->kind,
                               .sku = l->sku,
                               .description = l->description,
                               .warehouse_id = l->warehouse_id,
                               .quantity = l->quantity,
                               .unit_price = l->unit_price,
                               .price_source = l->price_source,
                               .price_id = l->price_id,
                               .discount_percent = l->discount_percent,
                               .discount_amount = l->discount_amount,
                               .order_discount = l->order_discount,
                               .tax_code_id = l->tax_code_id,
                               .tax_rate = l->tax_rate,
                               .net = l->net,
                               .tax = l->tax,
                               .gross = l->gross,
                               .blanket_line_no = l->blanket_line_no,
                               .canceled = l->canceled,
                               .reserved = l->reserved,
                               .picked = l->picked,
                               .shipped = l->shipped,
                               .delivered = l->delivered,
                               .failed = l->failed,
                               .invoiced = l->invoiced,
                               .returned = l->returned,
                               .credited = l->credited,
                               .backorder = l->backorder,
                               .backordered = l->backordered,
                               .dropped = l->dropped,
                               .fulfillment = l->fulfillment,
                               .substitution = l->substitution,
                               .substitutes_line_no = l->substitutes_line_no};
}

/* The next rows of the order, out of rows sorted by order. As many as there are: line_count is
 * another fact, which the proof compares. */
static struct order_line_list lines_of(struct arena *a, int64_t order,
                                       const struct order_line_of_list *rows, size_t *at)
{
    size_t first = *at;
    while (*at < rows->n && rows->v[*at].order_id == order)
        ++*at;
    struct order_line_list ret = {.v = ARENA_ARRAY(a, struct order_line, *at - first)};
    for (size_t i = first; i < *at; i++)
        ret.v[ret.n++] = line_of(&rows->v[i]);
    return ret;
}

static struct order_hold_list holds_of(struct arena *a, const struct order *o,
                                       const struct order_holds_row_list *rows, size_t *at)
{
    size_t first = *at;
    while (*at < rows->n && rows->v[*at].order_id == o->id)
        ++*at;
    struct order_hold_list ret = {.v = ARENA_ARRAY(a, struct order_hold, *at - first)};
    for (size_t i = first; i < *at; i++) {
        const struct order_holds_row *r = &rows->v[i];
        ret.v[ret.n++] = (struct order_hold){.hold_no = r->hold_no,
                                             .kind = r->kind,
                                             .reason = r->reason,
                                             .owner = r->owner,
                                             .release_rule = r->release_rule,
                                             .approval_rule_id = r->approval_rule_id,
                                             .placed_at = r->placed_at,
                                             .placed_by = r->placed_by,
                                             .released_at = r->released_at,
                                             .released_by = r->released_by,
                                             .release_reason = r->release_reason,
                                             .release_cap = r->release_cap,
                                             .release_expires = r->release_expires,
                                             .cleared = r->cleared};
    }
    return ret;
}

/* The orders as they are shown, by id, in one flush; those that do not exist are left out. */
static err orders_load(struct tx *tx, const int64_t *ids, size_t n, struct order_list *ret)
{
    struct order_line_of_list lines = {0};
    struct order_holds_row_list holds = {0};
    size_t line = 0, hold = 0;
    TRY(order_lines_queue(tx, ids, n, &lines));
    TRY(order_holds_queue(tx, ids, n, &holds));
    TRY(orders_headers(tx, ids, n, ret));
    for (size_t i = 0; i < ret->n; i++) {
        struct order *o = &ret->v[i];
        o->lines = lines_of(tx->arena, o->id, &lines, &line);
        o->holds = holds_of(tx->arena, o, &holds, &hold);
        struct string_list actions = order_actions(tx->arena, o->status, o->confirmed_at != NIL64,
                                                   any_hold(o, tx->today), o->lines.v, o->lines.n);
        o->allowed_actions = order_actions_held(tx->arena, actions, &o->holds);
    }
    return OK;
}

err order_load(struct tx *tx, int64_t id, struct order *ret)
{
    struct order_list one;
    TRY(orders_load(tx, &id, 1, &one));
    if (one.n == 0)
        return ERR_NO_ROW;
    *ret = one.v[0];
    return OK;
}

err orders_get(struct tx *tx, struct orders_get_cmd *cmds, size_t n)
{
    struct order_list orders;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    for (size_t i = 0; i < n; i++)
        ids[i] = cmds[i].call->path_id[0];
    TRY(orders_load(tx, ids, n, &orders));
    for (size_t i = 0; i < n; i++) {
        const struct order *o = LIST_FIND_ID(&orders, ids[i]);
        if (o == NULL)
            fail(cmds[i].call->problem, ERR_NOT_FOUND, "There is no such order.");
        else
            *cmds[i].out = *o;
    }
    return OK;
}

/* ---- for the stages that follow ---- */

static void take_lines(struct arena *a, struct order_state *o, struct order_line_list lines)
{
    struct order_line *was = ARENA_ARRAY(a, struct order_line, lines.n);
    if (lines.n > 0)
        memcpy(was, lines.v, lines.n * sizeof(*was));
    o->lines = lines.v;
    o->was = was;
    o->n_lines = lines.n;
}

static const struct orders_held_row *hold_of(const struct orders_held_row_list *held, int64_t id)
{
    for (size_t i = 0; i < held->n; i++)
        if (held->v[i].order_id == id)
            return &held->v[i];
    return NULL;
}

struct orders_locking {
    struct orders_lock_rows_row_list rows;
    struct order_line_of_list lines;
    struct orders_held_row_list held;
};

err orders_lock_queue(struct tx *tx, const int64_t *ids, size_t n, struct orders_locking **ret)
{
    struct orders_locking *k = ARENA_NEW(tx->arena, struct orders_locking);
    TRY(credit_lock_of_orders(tx, ids, n));
    TRY(orders_lock_rows_queue(tx, ids, n, &k->rows));
    /* Behind the locks, in the same flush: READ COMMITTED gives each statement its own snapshot, so
     * these see what the lock waited for. */
    TRY(order_lines_queue(tx, ids, n, &k->lines));
    TRY(orders_held_queue(tx, ids, n, &k->held));
    *ret = k;
    return OK;
}

struct order_state_list orders_locked(struct tx *tx, const struct orders_locking *k)
{
    struct order_state_list list = {.v = ARENA_ARRAY(tx->arena, struct order_state, k->rows.n),
                                    .n = k->rows.n};
    size_t at = 0;
    for (size_t i = 0; i < k->rows.n; i++) {
        const struct orders_lock_rows_row *r = &k->rows.v[i];
        const struct orders_held_row *hold = hold_of(&k->held, r->id);
        list.v[i] = (struct order_state){.id = r->id,
                                         .version = r->version,
                                         .customer_id = r->customer_id,
                                         .credit_account_id = r->credit_account_id,
                                         .warehouse_id = r->warehouse_id,
                                         .payment_terms_days = r->payment_terms_days,
                                         .number = r->number,
                                         .status = r->status,
                                         .currency = r->currency,
                                         .rounding = r->rounding,
                                         .tax_rounding = r->tax_rounding,
                                         .customer_po = r->customer_po,
                                         .payer_id = r->payer_id,
                                         .po_copy = r->po_copy,
                                         .bill_to = r->bill_to,
                                         .ship_to = r->ship_to,
                                         .blanket_order_id = r->blanket_order_id,
                                         .order_date = r->order_date,
                                         .confirmed_at = r->confirmed_at,
                                         .held = hold != NULL,
                                         .ship_complete = r->ship_complete,
                                         .waits = hold != NULL && hold->credit &&
                                                  r->confirmed_at == NIL64};
        take_lines(tx->arena, &list.v[i], lines_of(tx->arena, r->id, &k->lines, &at));
    }
    return list;
}

err orders_lock(struct tx *tx, const int64_t *ids, size_t n, struct order_state_list *ret)
{
    struct orders_locking *k;
    TRY(orders_lock_queue(tx, ids, n, &k));
    TRY(tx_flush(tx));
    *ret = orders_locked(tx, k);
    return OK;
}

int64_t order_payer(const struct order_state *o)
{
    return o->payer_id != NIL64 ? o->payer_id : o->customer_id;
}

struct order_state *order_state_find(const struct order_state_list *list, int64_t id)
{
    return LIST_FIND_ID(list, id);
}

struct order_line *order_line_find(const struct order_state *o, int64_t line_no)
{
    /* Lines are numbered from 1 without gaps. */
    return line_no >= 1 && (size_t)line_no <= o->n_lines ? &o->lines[line_no - 1] : NULL;
}

static const char *state_json(struct arena *a, const char *status)
{
    return arena_printf(a, "{\"status\":\"%s\"}", status);
}

static const char *status_event(struct arena *a, const char *status)
{
    return strcmp(status, "on_hold") == 0 ? "order.held" : arena_printf(a, "order.%s", status);
}

static const char *new_status(const struct order_state *o)
{
    /* A closed order stays closed: what is credited later is the invoice's affair. */
    if (o->confirmed_at == NIL64 || strcmp(o->status, "closed") == 0)
        return o->status;
    return o->held ? "on_hold" : order_status_of_lines(o->lines, o->n_lines);
}

struct order_step order_moved(struct order_state *o)
{
    struct order_step step = {.order_id = o->id, .was = o->status, .now = new_status(o)};
    for (size_t i = 0; o->confirmed_at != NIL64 && i < o->n_lines; i++)
        line_wait(&o->lines[i]);
    o->status = step.now;
    o->version++;
    o->moved = true;
    return step;
}

void order_tell(struct tx *tx, const struct call *c, struct order_step step)
{
    if (strcmp(step.was, step.now) != 0)
        event_push(tx, c, status_event(tx->arena, step.now), "order", step.order_id,
                   state_json(tx->arena, step.was), state_json(tx->arena, step.now));
}

static bool line_changed(const struct order_state *o, size_t i)
{
    return memcmp(&o->lines[i], &o->was[i], sizeof(o->lines[i])) != 0;
}

static struct order_lines_progress_l line_row(const struct order_state *o, size_t i)
{
    const struct order_line *l = &o->lines[i];
    return (struct order_lines_progress_l){.order_id = o->id,
                                           .line_no = l->line_no,
                                           .canceled = l->canceled,
                                           .reserved = l->reserved,
                                           .shipped = l->shipped,
                                           .delivered = l->delivered,
                                           .failed = l->failed,
                                           .invoiced = l->invoiced,
                                           .returned = l->returned,
                                           .credited = l->credited,
                                           .backordered = l->backordered};
}

err blanket_draw(struct tx *tx, const struct blanket_draw *draws, size_t n)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    struct blanket_lines_draw_d *rows = ARENA_ARRAY(tx->arena, struct blanket_lines_draw_d, n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = draws[i].blanket_order_id;
        rows[i] = (struct blanket_lines_draw_d){.blanket_order_id = draws[i].blanket_order_id,
                                                .line_no = draws[i].line_no,
                                                .quantity = draws[i].quantity};
    }
    TRY(blanket_lines_lock_queue(tx, ids, distinct_ids(ids, n),
                                 ARENA_NEW(tx->arena, struct blanket_lines_lock_row_list)));
    return blanket_lines_draw(tx, rows, n);
}

/* What a line takes of its blanket order. */
static int64_t drawn(const struct order_line *l)
{
    return l->blanket_line_no != NIL64 ? l->quantity - l->canceled : 0;
}

err blanket_draw_changes(struct tx *tx, struct order_state *o, const struct order_line *now)
{
    struct blanket_draw *draws = NULL;
    size_t n = 0;
    if (o->blanket_order_id == NIL64 || o->drew)
        return OK;
    for (size_t i = 0; i < o->n_lines; i++) {
        int64_t quantity = drawn(&now[i]) - drawn(&o->was[i]);
        if (quantity == 0)
            continue;
        if (draws == NULL)
            draws = ARENA_ARRAY(tx->arena, struct blanket_draw, o->n_lines);
        draws[n++] = (struct blanket_draw){.blanket_order_id = o->blanket_order_id,
                                           .line_no = o->lines[i].blanket_line_no,
                                           .quantity = quantity};
    }
    o->drew = n > 0;
    return n > 0 ? blanket_draw(tx, draws, n) : OK;
}

/* Of lines that something was picked of, or shipped that was; most orders know nothing of it. */
static err store_picked(struct tx *tx, const struct order_state_list *orders, size_t most)
{
    struct order_lines_pick_l *rows = NULL;
    size_t n = 0;
    for (size_t i = 0; i < orders->n; i++)
        for (size_t j = 0; j < orders->v[i].n_lines; j++) {
            const struct order_line *l = &orders->v[i].lines[j];
            if (l->picked == orders->v[i].was[j].picked)
                continue;
            if (rows == NULL)
                rows = ARENA_ARRAY(tx->arena, struct order_lines_pick_l, most);
            rows[n++] = (struct order_lines_pick_l){
                .order_id = orders->v[i].id, .line_no = l->line_no, .picked = l->picked};
        }
    return n > 0 ? order_lines_pick(tx, rows, n) : OK;
}

err order_lines_store(struct tx *tx, const struct order_state_list *orders)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < orders->n; i++)
        most += orders->v[i].n_lines;
    struct order_lines_progress_l *rows = ARENA_ARRAY(tx->arena, struct order_lines_progress_l,
                                                      most);
    for (size_t i = 0; i < orders->n; i++)
        for (size_t j = 0; j < orders->v[i].n_lines; j++)
            if (line_changed(&orders->v[i], j))
                rows[n++] = line_row(&orders->v[i], j);
    if (n == 0)
        return OK;
    TRY(store_picked(tx, orders, most));
    TRY(order_lines_progress(tx, rows, n));
    for (size_t i = 0; i < orders->n; i++)
        TRY(blanket_draw_changes(tx, &orders->v[i], orders->v[i].lines));
    return OK;
}

/* What the lines now say, less what they said. */
static struct credit_delta credit_moved(struct tx *tx, const struct order_state *o)
{
    struct credit_delta delta = {.account = o->credit_account_id,
                                 .cause = credit_cause_of(tx->arena, NULL, "order", o->id)};
    for (size_t i = 0; o->confirmed_at != NIL64 && i < o->n_lines; i++) {
        if (!line_changed(o, i))
            continue;
        struct line_exposure now = line_exposure(&o->lines[i]), was = line_exposure(&o->was[i]);
        delta.ordered += now.ordered - was.ordered;
        delta.unbilled += now.unbilled - was.unbilled;
    }
    return delta;
}

err orders_store(struct tx *tx, const struct order_state_list *orders)
{
    struct order_state_list moved = {.v = ARENA_ARRAY(tx->arena, struct order_state, orders->n)};
    struct credit_delta *credit = ARENA_ARRAY(tx->arena, struct credit_delta, orders->n);
    for (size_t i = 0; i < orders->n; i++) {
        if (!orders->v[i].moved)
            continue;
        credit[moved.n] = credit_moved(tx, &orders->v[i]);
        moved.v[moved.n++] = orders->v[i];
    }
    if (moved.n == 0)
        return OK;
    TRY(credit_apply(tx, credit, moved.n));
    TRY(order_lines_store(tx, &moved));
    return orders_progress(tx, moved.v, moved.n);
}

err orders_progressed(struct tx *tx, const struct call *c, struct order_state *o)
{
    order_tell(tx, c, order_moved(o));
    return orders_store(tx, &(struct order_state_list){.v = o, .n = 1});
}
