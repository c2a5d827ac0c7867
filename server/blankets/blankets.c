/* Blanket orders: agree, call off, close. Whoever calls off locks the blanket order first and then
 * places an order, with the locks that this takes. */
#include "server/blankets/blankets.h"
#include "blankets.sql.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <string.h>

const char *const blanket_statuses[] = {"open", "expired", "closed", NULL};

JSON_TYPE(blanket_line_new, BLANKET_LINE_NEW_FIELDS, .doc = "A line of a new blanket order.");
JSON_TYPE(blanket_new, BLANKET_NEW_FIELDS, .doc = "A new blanket order.");
JSON_TYPE(blanket_line, BLANKET_LINE_FIELDS, .doc = "A line, and what is left of it.");
JSON_TYPE(blanket_summary, BLANKET_HEADER_FIELDS, .doc = "A blanket order without its lines.");
JSON_TYPE(blanket, BLANKET_FIELDS, .doc = "A blanket order.");
JSON_TYPE(blanket_close, BLANKET_CLOSE_FIELDS, .doc = "The end of a blanket order.");
JSON_TYPE(call_off_line, CALL_OFF_LINE_FIELDS, .doc = "A quantity to call off.");
JSON_TYPE(call_off, CALL_OFF_FIELDS, .doc = "What is wanted of a blanket order now.");

#define BLANKET_EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, id, id, .prefix = "blk", .doc = "The blanket order.")                                 \
    VALUE(T, string, number, .doc = "Its number.")                                                 \
    VALUE(T, string, status, .doc = "Where it stands.")                                            \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who buys.")                                 \
    VALUE(T, date, valid_to, .doc = "Last day of call-offs.")                                      \
    VALUE(T, string, closed_reason, .doc = "Why it was closed.")                                   \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The call-off.")
JSON_STRUCT(blanket_event, BLANKET_EVENT_FIELDS);
JSON_TYPE(blanket_event, BLANKET_EVENT_FIELDS, .doc = "What an event says of a blanket order.");

static const char *event_json(struct arena *a, const struct blanket *b, int64_t order_id)
{
    struct blanket_event e = {.id = b->id,
                              .number = b->number,
                              .status = b->status,
                              .customer_id = b->customer_id,
                              .valid_to = b->valid_to,
                              .closed_reason = b->closed_reason,
                              .order_id = order_id};
    return call_json(a, &blanket_event_type, &e, NULL);
}

struct string_list blanket_actions(struct arena *a, const char *status)
{
    struct string_list ret = {.v = ARENA_ARRAY(a, const char *, 2)};
    if (strcmp(status, "open") == 0)
        ret.v[ret.n++] = "call_off";
    if (strcmp(status, "closed") != 0)
        ret.v[ret.n++] = "close";
    return ret;
}

static err load(struct tx *tx, int64_t id, struct blanket *ret)
{
    TRY(blanket_select(tx, id, ret));
    TRY(blanket_lines(tx, id, &ret->lines));
    ret->allowed_actions = blanket_actions(tx->arena, ret->status);
    return OK;
}

err blankets_get(struct tx *tx, struct call *c, const struct none *in, struct blanket *ret)
{
    (void)in;
    return load(tx, c->path_id[0], ret);
}

/* ---- agree ---- */

/* The order of everything that is agreed: it finds products and prices. */
static struct order_new whole(struct arena *a, const struct tx *tx, const struct blanket_new *in)
{
    struct order_new o;
    json_set_all_absent(&order_new_type, &o);
    o.customer_id = in->customer_id;
    o.currency = in->currency;
    o.order_date = in->valid_from != NIL32 ? in->valid_from : tx->today;
    o.payment_terms_days = in->payment_terms_days;
    o.lines.v = ARENA_ARRAY(a, struct order_line_new, in->lines.n);
    o.lines.n = in->lines.n;
    for (size_t i = 0; i < in->lines.n; i++) {
        const struct blanket_line_new *l = &in->lines.v[i];
        json_set_all_absent(&order_line_new_type, &o.lines.v[i]);
        o.lines.v[i].product_id = l->product_id;
        o.lines.v[i].sku = l->sku;
        o.lines.v[i].description = l->description;
        o.lines.v[i].quantity = l->quantity;
        o.lines.v[i].unit_price = l->unit_price;
        o.lines.v[i].discount_percent = l->discount_percent;
    }
    return o;
}

static err check_external_id(struct tx *tx, const struct call *c, const char *external_id)
{
    struct blanket_by_external_id_row holder;
    bool found = false;
    if (external_id != NULL)
        TRY(blanket_by_external_id(tx, external_id, &holder, &found));
    return found ? external_id_taken(c, "blk", holder.id) : OK;
}

/* Prices what is agreed; was: what it replaces, or NULL. */
static err plan(struct tx *tx, struct call *c, const struct blanket_new *in,
                const struct blanket *was, struct order *ret_priced, struct blanket *ret)
{
    struct order_new asked = whole(tx->arena, tx, in);
    err e = order_price(tx, c, &asked, ret_priced);
    if (e != OK && c->problem->n_faults == 0)
        return e;
    if (in->valid_to < asked.order_date || in->valid_to < tx->today)
        fault(c->problem, "/valid_to", "too_early",
              "Write a day that has not passed, on or after valid_from.");
    if (c->problem->code != OK)
        return c->problem->code;
    *ret = (struct blanket){
        .id = was != NULL ? was->id : id_new(),
        .external_id = in->external_id,
        .customer_id = in->customer_id,
        .currency = ret_priced->currency,
        .customer_po = in->customer_po,
        .valid_from = asked.order_date,
        .valid_to = in->valid_to,
        .payment_terms_days = ret_priced->payment_terms_days,
        .line_count = (int64_t)in->lines.n,
        .notes = in->notes,
        .metadata = in->metadata != NULL ? in->metadata : "{}",
    };
    return OK;
}

static err create(struct tx *tx, struct call *c, const struct blanket_new *in, struct blanket *ret)
{
    struct order priced;
    struct blanket b;
    struct blanket_number_row number;
    TRY(plan(tx, c, in, NULL, &priced, &b));
    TRY(check_external_id(tx, c, in->external_id));
    TRY(blanket_number(tx, &number));
    b.number = arena_printf(tx->arena, "BLK-%06lld", (long long)number.number);
    TRY(blanket_insert(tx, &b, 1));
    TRY(blanket_lines_insert(tx, b.id, priced.lines.v, priced.lines.n));
    TRY(load(tx, b.id, ret));
    event_push(tx, c, "blanket_order.created", "blanket_order", b.id, NULL,
               event_json(tx->arena, ret, NIL64));
    return OK;
}

err blankets_create(struct tx *tx, struct call *c, const struct blanket_new *in,
                    struct blanket *ret)
{
    return create(tx, c, in, ret);
}

/* Agrees anew, while nothing was ever called off: call-offs name lines. */
static err replace(struct tx *tx, struct call *c, const struct blanket_new *in, struct blanket *ret)
{
    struct blanket_lock_row row;
    struct blanket_drawn_from_row drawn;
    struct blanket is, b;
    struct order priced;
    TRY(blanket_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    TRY(load(tx, c->path_id[0], &is));
    const char *differs = json_first_difference(tx->arena,
                                                (struct json_side){&blanket_new_type, in},
                                                (struct json_side){&blanket_type, &is}, NULL);
    if (differs == NULL) {
        *ret = is;
        return OK;
    }
    TRY(blanket_drawn_from(tx, is.id, &drawn));
    if (drawn.drawn || strcmp(is.status, "closed") == 0)
        return external_id_differs(c, "blk", is.id, differs);
    TRY(plan(tx, c, in, &is, &priced, &b));
    if (b.external_id == NULL)
        b.external_id = is.external_id;
    TRY(blanket_replace(tx, &b, 1));
    TRY(blanket_lines_delete(tx, b.id));
    TRY(blanket_lines_insert(tx, b.id, priced.lines.v, priced.lines.n));
    TRY(load(tx, b.id, ret));
    event_push(tx, c, "blanket_order.updated", "blanket_order", b.id,
               event_json(tx->arena, &is, NIL64), event_json(tx->arena, ret, NIL64));
    return OK;
}

err blankets_put(struct tx *tx, struct call *c, const struct blanket_new *in, struct blanket *ret)
{
    struct blanket_new named = *in;
    named.external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] != NIL64)
        return replace(tx, c, &named, ret);
    c->status = 201;
    return create(tx, c, &named, ret);
}

/* ---- call off ---- */

/* The blanket order of the path, locked, if the action is allowed. */
static err lock(struct tx *tx, struct call *c, const char *action, struct blanket *ret)
{
    struct blanket_lock_row row;
    TRY(blanket_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    TRY(load(tx, c->path_id[0], ret));
    if (order_allows(&ret->allowed_actions, action))
        return OK;
    return fail(c->problem, ERR_WRONG_STATE, "The blanket order is %s; what can be done now: %s.",
                ret->status, ret->allowed_actions.n > 0 ? ret->allowed_actions.v[0] : "nothing");
}

static struct blanket_line *line_find(const struct blanket *b, int64_t line_no)
{
    /* Lines are numbered from 1 without gaps. */
    return line_no >= 1 && (size_t)line_no <= b->lines.n ? &b->lines.v[line_no - 1] : NULL;
}

static void check_line(struct tx *tx, struct call *c, const struct blanket *b,
                       const struct call_off *in, size_t i)
{
    const struct call_off_line *want = &in->lines.v[i];
    const struct blanket_line *l = line_find(b, want->line_no);
    const char *at = arena_printf(tx->arena, "/lines/%zu", i);
    if (l == NULL) {
        fault(c->problem, arena_printf(tx->arena, "%s/line_no", at), "unknown_line",
              "The blanket order has no line %lld.", (long long)want->line_no);
        return;
    }
    for (size_t j = 0; j < i; j++)
        if (in->lines.v[j].line_no == want->line_no) {
            fault(c->problem, arena_printf(tx->arena, "%s/line_no", at), "duplicate",
                  "Call each line off once, with the sum.");
            return;
        }
    if (want->quantity > l->open) {
        char text[DECIMAL_TEXT_MAX];
        decimal_format(l->open, DECIMAL_SCALE, 0, text);
        fail(c->problem, ERR_QUANTITY_EXCEEDED, "Line %lld of the blanket order has %s left.",
             (long long)want->line_no, text);
    }
}

/* Faults of the request go before the refusal of a quantity. */
static err check(struct tx *tx, struct call *c, const struct blanket *b, const struct call_off *in)
{
    for (size_t i = 0; i < in->lines.n; i++)
        check_line(tx, c, b, in, i);
    if (c->problem->n_faults > 0)
        c->problem->code = ERR_INVALID;
    if (c->problem->code == OK && tx->today < b->valid_from)
        return fail(c->problem, ERR_WRONG_STATE, "Call-offs begin with valid_from.");
    return c->problem->code;
}

static struct order_new order_of(struct arena *a, const struct blanket *b,
                                 const struct call_off *in, int64_t *ret_line_nos)
{
    struct order_new o;
    json_set_all_absent(&order_new_type, &o);
    o.external_id = in->external_id;
    o.customer_id = b->customer_id;
    o.channel = in->channel;
    o.customer_po = in->customer_po;
    o.requested_date = in->requested_date;
    o.payment_terms_days = b->payment_terms_days;
    o.warehouse_id = in->warehouse_id;
    o.confirm = in->confirm;
    o.notes = in->notes;
    o.metadata = in->metadata;
    o.lines.v = ARENA_ARRAY(a, struct order_line_new, in->lines.n);
    o.lines.n = in->lines.n;
    for (size_t i = 0; i < in->lines.n; i++) {
        const struct blanket_line *l = line_find(b, in->lines.v[i].line_no);
        json_set_all_absent(&order_line_new_type, &o.lines.v[i]);
        o.lines.v[i].product_id = l->product_id;
        o.lines.v[i].description = l->description;
        o.lines.v[i].quantity = in->lines.v[i].quantity;
        o.lines.v[i].unit_price = l->unit_price;
        o.lines.v[i].discount_percent = l->discount_percent;
        o.lines.v[i].warehouse_id = in->lines.v[i].warehouse_id;
        ret_line_nos[i] = l->line_no;
    }
    return o;
}

err blankets_call_off(struct tx *tx, struct call *c, const struct call_off *in, struct order *ret)
{
    struct blanket b;
    TRY(lock(tx, c, "call_off", &b));
    TRY(check(tx, c, &b, in));
    int64_t *line_nos = ARENA_ARRAY(tx->arena, int64_t, in->lines.n);
    struct order_new asked = order_of(tx->arena, &b, in, line_nos);
    struct order_origin origin = {.quote_id = NIL64,
                                  .blanket_order_id = b.id,
                                  .blanket_line_nos = line_nos,
                                  .price_source = "agreement"};
    TRY(order_place_from(tx, c, &asked, &origin, ret));
    event_push(tx, c, "blanket_order.called_off", "blanket_order", b.id, NULL,
               event_json(tx->arena, &b, ret->id));
    return OK;
}

err blankets_close(struct tx *tx, struct call *c, const struct blanket_close *in,
                   struct blanket *ret)
{
    struct blanket was;
    TRY(lock(tx, c, "close", &was));
    TRY(blanket_closed(tx, was.id, in->reason));
    TRY(load(tx, was.id, ret));
    event_push(tx, c, "blanket_order.closed", "blanket_order", was.id,
               event_json(tx->arena, &was, NIL64), event_json(tx->arena, ret, NIL64));
    return OK;
}
