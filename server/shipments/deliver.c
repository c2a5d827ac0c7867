/* How a shipment ends: delivered with its proof, in full or with exceptions, or canceled before it
 * left. What did not arrive is open on the order again, or closed; what came back is in stock. */
#include "lib/base/decimal.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "shipments.sql.h"
#include <inttypes.h>
#include <string.h>

/* A delivery at work. */
struct delivery {
    struct tx *tx;
    struct call *c;
    const struct shipment_deliver *in;
    struct order_state_list orders;
    struct shipment_state s;
    int32_t date;
    struct shipment_exception_list exceptions;
    struct stock_key *failed; /* stock that is waited for again, or gets something back */
    size_t n_failed;
    bool restocks;
};

/* ---- what the request says ---- */

static void exception_fault(const struct call *c, size_t i, size_t j, const char *member,
                            const char *code, const char *detail)
{
    struct problem *p = c->problem;
    fault(p, arena_printf(p->arena, "/lines/%zu/exceptions/%zu/%s", i, j, member), code, "%s",
          detail);
}

static bool may_restock(const char *kind)
{
    return strcmp(kind, "short") == 0 || strcmp(kind, "refused") == 0;
}

static void check_exceptions(const struct call *c, size_t i,
                             const struct shipment_exception_new_list *list)
{
    for (size_t j = 0; j < list->n; j++) {
        for (size_t k = 0; k < j; k++)
            if (strcmp(list->v[k].kind, list->v[j].kind) == 0)
                exception_fault(c, i, j, "kind", "repeated",
                                "This kind stands here already; add the quantities up.");
        if (list->v[j].restock && !may_restock(list->v[j].kind))
            exception_fault(c, i, j, "restock", "out_of_place",
                            "Damaged and lost goods do not go back to stock; leave it out.");
        if (list->v[j].lots.n > 0 && !list->v[j].restock)
            exception_fault(c, i, j, "lots", "out_of_place",
                            "Lots are named of what goes back to stock; leave them out.");
    }
}

/* Cannot overflow: a line has at most four exceptions, each within its own limit. */
static int64_t not_arrived(const struct shipment_deliver_line *in)
{
    int64_t sum = 0;
    for (size_t j = 0; j < in->exceptions.n; j++)
        sum += in->exceptions.v[j].quantity;
    return sum;
}

static err refuse_quantity(const struct call *c, const struct shipment_line_state *l)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(l->quantity, DECIMAL_SCALE, 0, text);
    return fail(c->problem, ERR_QUANTITY_EXCEEDED,
                "Line %" PRId64 ": only %s was shipped; no more can arrive or fail to.", l->line_no,
                text);
}

static err note_line(const struct delivery *d, size_t i)
{
    const struct shipment_deliver_line *in = &d->in->lines.v[i];
    struct shipment_line_state *l = shipment_line_state_find(&d->s, in->line_no);
    int64_t failed = not_arrived(in);
    l->delivered = in->delivered == NIL64 ? l->quantity - failed : in->delivered;
    if (l->delivered < 0 || l->delivered > l->quantity || failed > l->quantity - l->delivered)
        return refuse_quantity(d->c, l);
    return OK;
}

static void check_line(const struct delivery *d, size_t i, bool *seen)
{
    const struct shipment_deliver_line *in = &d->in->lines.v[i];
    struct problem *p = d->c->problem;
    const char *pointer = arena_printf(p->arena, "/lines/%zu/line_no", i);
    if (shipment_line_state_find(&d->s, in->line_no) == NULL) {
        fault(p, pointer, "unknown_reference", "The shipment has no such line.");
        return;
    }
    if (seen[in->line_no - 1])
        fault(p, pointer, "repeated", "The line stands here already.");
    seen[in->line_no - 1] = true;
    check_exceptions(d->c, i, &in->exceptions);
}

/* Everything arrived, but for the lines that say otherwise; all faults at once. */
static err note_delivered(struct delivery *d)
{
    bool *seen = ARENA_ARRAY(d->tx->arena, bool, d->s.n_lines);
    for (size_t i = 0; i < d->in->lines.n; i++)
        check_line(d, i, seen);
    if (d->c->problem->code != OK)
        return d->c->problem->code;
    for (size_t i = 0; i < d->s.n_lines; i++)
        d->s.lines[i].delivered = d->s.lines[i].quantity;
    for (size_t i = 0; i < d->in->lines.n; i++)
        TRY(note_line(d, i));
    return OK;
}

static err check_deliverable(const struct delivery *d)
{
    struct problem *p = d->c->problem;
    if (strcmp(d->s.status, "shipped") != 0)
        return fail(p, ERR_WRONG_STATE,
                    "The shipment is %s; only what is on its way can be delivered.", d->s.status);
    if (d->date < d->s.ship_date) {
        fault(p, "/delivered_date", "too_early", "It cannot arrive before it has left.");
        return p->code;
    }
    return OK;
}

/* ---- what follows ---- */

static struct order_line *line_behind(const struct delivery *d, const struct shipment_line_state *l,
                                      struct order_state **ret_order)
{
    *ret_order = order_state_find(&d->orders, l->order_id);
    return *ret_order == NULL ? NULL : order_line_find(*ret_order, l->order_line_no);
}

static err fail_line(struct delivery *d, struct shipment_line_state *l,
                     const struct shipment_exception_new *in)
{
    struct order_state *o;
    struct order_line *line = line_behind(d, l, &o);
    bool reship = in->resolution == NULL || strcmp(in->resolution, "reship") == 0;
    if (reship && strcmp(o->status, "closed") == 0)
        return fail(d->c->problem, ERR_WRONG_STATE,
                    "Line %" PRId64 ": the order %s is closed and takes nothing back to ship "
                    "again; say resolution close.",
                    l->line_no, o->number);
    d->exceptions.v[d->exceptions.n] = (struct shipment_exception){
        .exception_no = (int64_t)d->exceptions.n + 1,
        .line_no = l->line_no,
        .kind = in->kind,
        .quantity = in->quantity,
        .resolution = reship ? "reship" : "close",
        .restocked = in->restock,
        .failed = shipment_fail(l, line, in->quantity, reship),
        .reason = in->reason,
    };
    d->exceptions.n++;
    d->restocks = d->restocks || in->restock;
    return OK;
}

/* Moves the orders on, in memory. */
static err progress_orders(struct delivery *d)
{
    size_t most = 0;
    for (size_t i = 0; i < d->in->lines.n; i++)
        most += d->in->lines.v[i].exceptions.n;
    d->exceptions.v = ARENA_ARRAY(d->tx->arena, struct shipment_exception, most);
    for (size_t i = 0; i < d->s.n_lines; i++) {
        struct order_state *o;
        struct order_line *line = line_behind(d, &d->s.lines[i], &o);
        if (line == NULL) /* confirmed orders keep their lines */
            return fail(d->c->problem, ERR_INTERNAL, "A line of the order is missing.");
        line->delivered += d->s.lines[i].delivered;
    }
    for (size_t i = 0; i < d->in->lines.n; i++) {
        const struct shipment_deliver_line *in = &d->in->lines.v[i];
        for (size_t j = 0; j < in->exceptions.n; j++)
            TRY(fail_line(d, shipment_line_state_find(&d->s, in->line_no), &in->exceptions.v[j]));
    }
    return OK;
}

/* What is open on an order again, as its event tells it. */
#define ORDER_REOPENED_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    VALUE(T, integer, line_no)                                                                     \
    VALUE(T, decimal, quantity)
JSON_STRUCT(order_reopened_line, ORDER_REOPENED_LINE_FIELDS);
JSON_TYPE(order_reopened_line, ORDER_REOPENED_LINE_FIELDS, .doc = "A line that is open again.");
#define ORDER_REOPENED_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, shipment_id, .prefix = "shp")                                                     \
    LIST(T, order_reopened_line, lines)
JSON_STRUCT(order_reopened, ORDER_REOPENED_FIELDS);
JSON_TYPE(order_reopened, ORDER_REOPENED_FIELDS, .doc = "What is open on an order again.");

static void tell_reopened(const struct delivery *d, const struct order_state *o)
{
    struct order_reopened e = {
        .shipment_id = d->s.id,
        .lines.v = ARENA_ARRAY(d->tx->arena, struct order_reopened_line, o->n_lines)};
    for (size_t i = 0; i < o->n_lines; i++) {
        const struct order_line *now = &o->lines[i], *was = &o->was[i];
        int64_t reopened = now->failed - was->failed - (now->canceled - was->canceled);
        if (reopened > 0)
            e.lines.v[e.lines.n++] = (struct order_reopened_line){.line_no = now->line_no,
                                                                  .quantity = reopened};
    }
    if (e.lines.n > 0)
        event_push(d->tx, d->c, "order.reopened", "order", o->id, NULL,
                   call_json(d->tx->arena, &order_reopened_type, &e, NULL));
}

static err store_orders(struct delivery *d)
{
    for (size_t i = 0; i < d->orders.n; i++) {
        tell_reopened(d, &d->orders.v[i]);
        order_tell(d->tx, d->c, order_moved(&d->orders.v[i]));
    }
    return orders_store(d->tx, &d->orders);
}

/* The stock of what did not arrive and may be waited for again, or is put back. */
static err lock_failed(struct delivery *d)
{
    struct stock_facts_list locked;
    d->failed = ARENA_ARRAY(d->tx->arena, struct stock_key, d->exceptions.n);
    for (size_t i = 0; i < d->exceptions.n; i++) {
        struct order_state *o;
        const struct shipment_exception *e = &d->exceptions.v[i];
        const struct shipment_line_state *l = shipment_line_state_find(&d->s, e->line_no);
        if (e->restocked || line_behind(d, l, &o)->backorder)
            d->failed[d->n_failed++] = (struct stock_key){l->product_id, l->warehouse_id};
    }
    return d->n_failed > 0 ? stock_lock(d->tx, d->failed, d->n_failed, &locked) : OK;
}

/* Puts back what was refused and not damaged, where it came from. */
static err restock(struct delivery *d)
{
    if (!d->restocks)
        return OK;
    TRY(call_check_period(d->c, d->date, "/delivered_date"));
    struct restocking *back = ARENA_ARRAY(d->tx->arena, struct restocking, d->exceptions.n);
    size_t n = 0;
    for (size_t i = 0; i < d->in->lines.n; i++) {
        const struct shipment_deliver_line *in = &d->in->lines.v[i];
        for (size_t j = 0; j < in->exceptions.n; j++) {
            const struct shipment_exception_new *e = &in->exceptions.v[j];
            if (e->restock)
                back[n++] = (struct restocking){
                    .line = shipment_line_state_find(&d->s, in->line_no),
                    .quantity = e->quantity,
                    .lots = &e->lots,
                    .at = arena_printf(d->tx->arena, "/lines/%zu/exceptions/%zu", i, j),
                    .reason = e->kind};
        }
    }
    return shipment_restock(d->tx, d->c, d->s.id, d->date, back, n);
}

static err store(struct delivery *d, const char *status)
{
    struct tx *tx = d->tx;
    const char *proof = d->in->proof == NULL
                            ? NULL
                            : call_json(tx->arena, &shipment_proof_type, d->in->proof, NULL);
    TRY(lock_failed(d));
    TRY(restock(d));
    TRY(shipment_lines_set_delivered(tx, d->s.lines, d->s.n_lines));
    TRY(shipment_set_delivered(tx, d->s.id, status, d->date, proof));
    if (d->exceptions.n > 0)
        TRY(shipment_exceptions_insert(tx, d->s.id, d->exceptions.v, d->exceptions.n));
    TRY(store_orders(d));
    return stock_freed_note(tx, d->failed, d->n_failed);
}

err shipment_deliver(struct tx *tx, struct call *c, int64_t id, const struct shipment_deliver *in,
                     struct shipment *ret)
{
    struct delivery d = {
        .tx = tx,
        .c = c,
        .in = in,
        .date = in->delivered_date == NIL32 ? tx->today : in->delivered_date,
    };
    TRY(shipment_lock_with_orders(tx, c, id, &d.orders, &d.s));
    TRY(check_deliverable(&d));
    TRY(note_delivered(&d));
    TRY(progress_orders(&d));
    const char *status = d.exceptions.n > 0 ? "exception" : "delivered";
    TRY(store(&d, status));
    TRY(shipment_load(tx, d.s.id, ret));
    shipment_tell(tx, c, arena_printf(tx->arena, "shipment.%s", status), "shipped", ret);
    return OK;
}

err shipments_deliver(struct tx *tx, struct call *c, const struct shipment_deliver *in,
                      struct shipment *ret)
{
    return shipment_deliver(tx, c, c->path_id[0], in, ret);
}

err shipments_cancel(struct tx *tx, struct call *c, const struct none *in, struct shipment *ret)
{
    (void)in;
    struct shipment_state_list shipments;
    TRY(shipments_lock(tx, c->path_id, 1, &shipments));
    if (shipments.n != 1)
        return ERR_NO_ROW;
    const struct shipment_state *s = &shipments.v[0];
    TRY(call_check_version(c, s->version));
    if (strcmp(s->status, "draft") != 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The shipment is %s; only a draft can be canceled.", s->status);
    TRY(shipment_set_canceled(tx, s->id));
    TRY(shipment_load(tx, s->id, ret));
    shipment_tell(tx, c, "shipment.canceled", "draft", ret);
    return OK;
}
