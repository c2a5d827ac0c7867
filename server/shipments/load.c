/* The one representation of a shipment: what GET shows and what every change answers. */
#include "lib/base/id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "server/shipments/rules.h"
#include "shipments.sql.h"

static bool open_to_invoice(const struct shipment *s)
{
    for (size_t i = 0; i < s->lines.n; i++) {
        if (s->lines.v[i].invoiceable > 0)
            return true;
    }
    return false;
}

static void shipment_allow(struct arena *a, struct shipment *s)
{
    s->allowed_actions.v = ARENA_ARRAY(a, const char *, SHIPMENT_ACTIONS_MAX);
    s->allowed_actions.n = shipment_actions(s->status, open_to_invoice(s), s->allowed_actions.v);
}

/* The orders of the lines, each once, in their order. */
static struct shipment_order_list orders_of(struct arena *a, const struct shipment_line_list *lines)
{
    struct shipment_order_list ret = {
        .v = ARENA_ARRAY(a, struct shipment_order, SHIPMENT_ORDERS_MAX)};
    for (size_t i = 0; i < lines->n; i++) {
        size_t k = 0;
        /* Most lines are of the order of the one before. */
        if (i > 0 && lines->v[i].order_id == lines->v[i - 1].order_id)
            continue;
        while (k < ret.n && ret.v[k].order_id != lines->v[i].order_id)
            k++;
        if (k == ret.n && k < SHIPMENT_ORDERS_MAX)
            ret.v[ret.n++] = (struct shipment_order){.order_id = lines->v[i].order_id};
    }
    return ret;
}

void shipment_complete(struct arena *a, struct shipment *s)
{
    for (size_t i = 0; !shipment_has_left(s->status) && i < s->lines.n; i++)
        s->lines.v[i].invoiceable = 0;
    s->orders = orders_of(a, &s->lines);
    shipment_allow(a, s);
}

err shipment_load(struct tx *tx, int64_t id, struct shipment *ret)
{
    struct shipment s = {0};
    struct shipment_line_list lines;
    struct shipment_exception_list exceptions;
    struct packages_loading *packages;
    struct shipment_lot_taken_list lots;
    TRY(shipment_lots_queue(tx, id, &lots));
    TRY(shipment_lines_load_queue(tx, id, &lines));
    TRY(packages_load_queue(tx, id, &packages));
    TRY(shipment_exceptions_load_queue(tx, id, &exceptions));
    TRY(shipment_header(tx, id, &s));
    shipment_lots_hand_out(tx->arena, &lots, &lines);
    s.lines = lines;
    s.packages = packages_loaded(tx->arena, packages);
    s.exceptions = exceptions;
    shipment_complete(tx->arena, &s);
    *ret = s;
    return OK;
}

err shipments_get(struct tx *tx, struct call *c, const struct none *in, struct shipment *ret)
{
    (void)in;
    return shipment_load(tx, c->path_id[0], ret);
}

/* What events tell of a shipment. */
#define SHIPMENT_FACT_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, number, .omit_absent = true)                                                  \
    VALUE(T, string, status)                                                                       \
    VALUE(T, id, order_id, .prefix = "ord", .omit_absent = true)                                   \
    VALUE(T, date, ship_date, .omit_absent = true)                                                 \
    VALUE(T, date, delivered_date, .omit_absent = true)                                            \
    VALUE(T, integer, line_count, .omit_absent = true)                                             \
    VALUE(T, strings, order_ids, .omit_absent = true)                                              \
    LIST(T, shipment_exception, exceptions, .omit_absent = true)
JSON_STRUCT(shipment_fact, SHIPMENT_FACT_FIELDS);
JSON_TYPE(shipment_fact, SHIPMENT_FACT_FIELDS, .doc = "A shipment as an event tells it.");

static const char *status_json(struct tx *tx, const char *status)
{
    return status == NULL ? NULL : arena_printf(tx->arena, "{\"status\":\"%s\"}", status);
}

/* Of several orders: of one, order_id says it. */
static struct string_list order_ids(struct arena *a, const struct shipment *s)
{
    struct string_list ret = {.v = ARENA_ARRAY(a, const char *, s->orders.n)};
    for (size_t i = 0; s->orders.n > 1 && i < s->orders.n; i++) {
        char text[ID_TEXT_MAX];
        id_format("ord", s->orders.v[i].order_id, text);
        ret.v[ret.n++] = arena_strdup(a, text);
    }
    return ret;
}

void shipment_tell(struct tx *tx, const struct call *c, const char *type, const char *was,
                   const struct shipment *s)
{
    struct shipment_fact now = {
        .number = s->number,
        .status = s->status,
        .order_id = s->order_id,
        .ship_date = s->ship_date,
        .delivered_date = s->delivered_date,
        .line_count = (int64_t)s->lines.n,
        .order_ids = order_ids(tx->arena, s),
        .exceptions = s->exceptions,
    };
    event_push(tx, c, type, "shipment", s->id, status_json(tx, was),
               call_json(tx->arena, &shipment_fact_type, &now, NULL));
}
