/* How a shipment ends: delivered with its proof, or canceled before it left. */
#include "lib/base/decimal.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "shipments.sql.h"
#include <inttypes.h>
#include <string.h>

static err lock_shipment(struct tx *tx, struct call *c, int64_t id, struct shipment_state *ret)
{
    struct shipment_state_list shipments;
    TRY(shipments_lock(tx, &id, 1, &shipments));
    if (shipments.n != 1)
        return ERR_NO_ROW;
    *ret = shipments.v[0];
    return call_check_version(c, ret->version);
}

/* Everything arrived, but for the lines that say otherwise; all faults at once. */
static err note_delivered(struct tx *tx, struct call *c, const struct shipment_deliver *in,
                          struct shipment_state *s)
{
    bool *seen = ARENA_ARRAY(tx->arena, bool, s->n_lines);
    for (size_t i = 0; i < s->n_lines; i++)
        s->lines[i].delivered = s->lines[i].quantity;
    for (size_t i = 0; i < in->lines.n; i++) {
        struct shipment_line_state *l = shipment_line_state_find(s, in->lines.v[i].line_no);
        const char *pointer = arena_printf(c->problem->arena, "/lines/%zu/line_no", i);
        if (l == NULL) {
            fault(c->problem, pointer, "unknown_reference", "The shipment has no such line.");
            continue;
        }
        if (seen[l - s->lines])
            fault(c->problem, pointer, "repeated", "The line stands here already.");
        seen[l - s->lines] = true;
        l->delivered = in->lines.v[i].delivered;
    }
    return c->problem->code;
}

static err check_delivered(const struct call *c, const struct shipment_state *s)
{
    for (size_t i = 0; i < s->n_lines; i++) {
        if (s->lines[i].delivered <= s->lines[i].quantity)
            continue;
        char text[DECIMAL_TEXT_MAX];
        decimal_format(s->lines[i].quantity, DECIMAL_SCALE, 0, text);
        return fail(c->problem, ERR_QUANTITY_EXCEEDED,
                    "Line %" PRId64 ": only %s was shipped; no more can arrive.",
                    s->lines[i].line_no, text);
    }
    return OK;
}

static err progress_order(struct tx *tx, const struct call *c, struct order_state *o,
                          const struct shipment_state *s)
{
    for (size_t i = 0; i < s->n_lines; i++) {
        struct order_line *line = order_line_find(o, s->lines[i].order_line_no);
        if (line == NULL) /* confirmed orders keep their lines */
            return fail(c->problem, ERR_INTERNAL, "A line of the order is missing.");
        line->delivered += s->lines[i].delivered;
    }
    return orders_progressed(tx, c, o);
}

static err check_deliverable(const struct call *c, const struct shipment_state *s, int32_t date)
{
    if (strcmp(s->status, "shipped") != 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The shipment is %s; only what is on its way can be delivered.", s->status);
    if (date < s->ship_date) {
        fault(c->problem, "/delivered_date", "too_early", "It cannot arrive before it has left.");
        return c->problem->code;
    }
    return OK;
}

err shipments_deliver(struct tx *tx, struct call *c, const struct shipment_deliver *in,
                      struct shipment *ret)
{
    int64_t id = c->path_id[0];
    int32_t date = in->delivered_date == NIL32 ? tx->today : in->delivered_date;
    struct shipment_order_row of;
    TRY(shipment_order(tx, id, &of));
    struct order_state_list orders;
    TRY(orders_lock(tx, &of.order_id, 1, &orders));
    struct shipment_state s;
    TRY(lock_shipment(tx, c, id, &s));
    if (orders.n != 1)
        return ERR_NO_ROW;
    TRY(check_deliverable(c, &s, date));
    TRY(note_delivered(tx, c, in, &s));
    TRY(check_delivered(c, &s));

    const char *proof = in->proof == NULL
                            ? NULL
                            : call_json(tx->arena, &shipment_proof_type, in->proof, NULL);
    TRY(shipment_lines_set_delivered(tx, s.lines, s.n_lines));
    TRY(shipment_set_delivered(tx, id, date, proof));
    TRY(progress_order(tx, c, orders.v, &s));
    TRY(shipment_load(tx, id, ret));
    shipment_tell(tx, c, "shipment.delivered", "shipped", ret);
    return OK;
}

err shipments_cancel(struct tx *tx, struct call *c, const struct none *in, struct shipment *ret)
{
    (void)in;
    struct shipment_state s;
    TRY(lock_shipment(tx, c, c->path_id[0], &s));
    if (strcmp(s.status, "draft") != 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The shipment is %s; only a draft can be canceled.", s.status);
    TRY(shipment_set_canceled(tx, s.id));
    TRY(shipment_load(tx, s.id, ret));
    shipment_tell(tx, c, "shipment.canceled", "draft", ret);
    return OK;
}
