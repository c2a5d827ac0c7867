/* Create a shipment of an order, and ship it in the same breath if asked. */
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "shipments.sql.h"
#include <inttypes.h>
#include <string.h>

static void line_fault(const struct call *c, size_t i, const char *code, const char *detail)
{
    fault(c->problem, arena_printf(c->problem->arena, "/lines/%zu/order_line_no", i), code, "%s",
          detail);
}

/* The named lines of the order; all faults at once. */
static err pick_named(struct shipping *s, const struct shipment_new *in)
{
    bool *seen = ARENA_ARRAY(s->tx->arena, bool, s->order->n_lines);
    s->picks = ARENA_ARRAY(s->tx->arena, struct shipment_pick, in->lines.n);
    for (size_t i = 0; i < in->lines.n; i++) {
        const struct shipment_line_new *l = &in->lines.v[i];
        struct order_line *line = order_line_find(s->order, l->order_line_no);
        if (line == NULL) {
            line_fault(s->c, i, "unknown_reference", "The order has no such line.");
            continue;
        }
        size_t at = (size_t)(line - s->order->lines);
        if (seen[at])
            line_fault(s->c, i, "repeated", "The line stands here already; add the quantities up.");
        else if (strcmp(line->kind, "stock") != 0)
            line_fault(s->c, i, "service", "A service does not ship; invoice it from the order.");
        seen[at] = true;
        s->picks[s->n++] = shipment_pick_line(s->order, line, (int64_t)i + 1, l->quantity);
    }
    return s->c->problem->code;
}

static err pick(struct shipping *s, const struct shipment_new *in)
{
    if (in->lines.n > 0)
        return pick_named(s, in);
    s->picks = ARENA_ARRAY(s->tx->arena, struct shipment_pick, s->order->n_lines);
    s->n = shipment_pick_all(s->order, s->picks);
    if (s->n == 0)
        return fail(s->c->problem, ERR_WRONG_STATE,
                    "Nothing is open to ship on the order; services are invoiced from the order.");
    return OK;
}

static err lock_order(struct shipping *s, int64_t order_id)
{
    struct order_state_list orders;
    TRY(orders_lock(s->tx, &order_id, 1, &orders));
    if (orders.n == 0) {
        fault(s->c->problem, "/order_id", "unknown_reference", "There is no such order.");
        return ERR_INVALID;
    }
    s->order = orders.v;
    return OK;
}

static err insert(const struct shipping *s, const struct shipment_new *in, const char *external_id,
                  int64_t number)
{
    const char *text = arena_printf(s->tx->arena, "SHP-%06" PRId64, number);
    TRY(shipment_insert(s->tx, s->shipment_id, external_id, text, s->order->customer_id,
                        s->order->id, shipment_warehouse(s->picks, s->n),
                        in->ship ? "shipped" : "draft", in->carrier, in->tracking_number,
                        s->ship_date, in->expected_date, s->order->ship_to, in->notes,
                        in->metadata == NULL ? "{}" : in->metadata));
    return shipment_lines_insert(s->tx, s->shipment_id, s->order->id, s->picks, s->n);
}

static err shipment_add(struct tx *tx, struct call *c, const struct shipment_new *in,
                        const char *external_id, struct shipment *ret)
{
    struct shipping s = {.tx = tx, .c = c, .shipment_id = id_new(), .ship_date = in->ship_date};
    TRY(lock_order(&s, in->order_id));

    /* Read behind the lock of the order: of two that race with one external id the second one sees
     * the first. */
    struct shipments_by_external_id_row_list taken = {0};
    if (external_id != NULL)
        TRY(shipments_by_external_id_queue(tx, external_id, &taken));
    struct shipment_next_number_row_list numbers;
    TRY(shipment_next_number_queue(tx, &numbers));
    err picked = pick(&s, in);
    if (picked == OK && in->ship)
        TRY(shipping_lock_stock(&s));
    TRY(tx_flush(tx));
    if (taken.n > 0 && c->path_external_id != NULL)
        return ERR_SERIALIZATION; /* made since the path was looked up: run again and find it */
    if (taken.n > 0)
        return external_id_taken(c, "shp", taken.v[0].id);
    TRY(picked);

    TRY(shipping_check_order(c, s.order));
    TRY(shipping_check_quantities(&s));
    if (in->ship) {
        if (s.ship_date == NIL32)
            s.ship_date = tx->today;
        TRY(call_check_period(c, s.ship_date));
        TRY(shipping_go(&s));
    }
    TRY(insert(&s, in, external_id, numbers.v[0].number));
    TRY(shipment_load(tx, s.shipment_id, ret));
    shipment_tell(tx, c, "shipment.created", NULL, ret);
    if (in->ship)
        shipment_tell(tx, c, "shipment.shipped", "draft", ret);
    return OK;
}

err shipments_create(struct tx *tx, struct call *c, const struct shipment_new *in,
                     struct shipment *ret)
{
    return shipment_add(tx, c, in, in->external_id, ret);
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
            .tracking_number = in->tracking_number,
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
    return shipment_add(tx, c, in, external_id, ret);
}
