/* The one representation of a shipment: what GET shows and what every change answers. */
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "server/shipments/rules.h"
#include "shipments.sql.h"

static bool open_to_invoice(const struct shipment *s)
{
    for (size_t i = 0; i < s->lines.n; i++) {
        if (s->lines.v[i].invoiced < s->lines.v[i].quantity)
            return true;
    }
    return false;
}

void shipment_allow(struct arena *a, struct shipment *s)
{
    s->allowed_actions.v = ARENA_ARRAY(a, const char *, SHIPMENT_ACTIONS_MAX);
    s->allowed_actions.n = shipment_actions(s->status, open_to_invoice(s), s->allowed_actions.v);
}

err shipment_load(struct tx *tx, int64_t id, struct shipment *ret)
{
    struct shipment s = {0};
    struct shipment_line_list lines;
    TRY(shipment_lines_load_queue(tx, id, &lines));
    TRY(shipment_header(tx, id, &s));
    s.lines = lines;
    shipment_allow(tx->arena, &s);
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
    VALUE(T, integer, line_count, .omit_absent = true)
JSON_STRUCT(shipment_fact, SHIPMENT_FACT_FIELDS);
JSON_TYPE(shipment_fact, SHIPMENT_FACT_FIELDS, .doc = "A shipment as an event tells it.");

static const char *status_json(struct tx *tx, const char *status)
{
    return status == NULL ? NULL : arena_printf(tx->arena, "{\"status\":\"%s\"}", status);
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
    };
    event_push(tx, c, type, "shipment", s->id, status_json(tx, was),
               call_json(tx->arena, &shipment_fact_type, &now, NULL));
}
