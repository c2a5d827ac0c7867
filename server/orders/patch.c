/* PATCH /v1/orders/{id}: what may change without another look at credit, stock and prices. */
#include "lib/base/id.h"
#include "orders.sql.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <string.h>

/* What events say of it. */
#define ORDER_TERMS_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, customer_po, .doc = "The customer's purchase order number.")                  \
    VALUE(T, date, requested_date, .doc = "When the customer wants it.")                           \
    VALUE(T, date, committed_date, .doc = "When we agreed to deliver it.")                         \
    VALUE(T, date, promised_date, .doc = "When we now expect to deliver it.")                      \
    VALUE(T, raw, bill_to, .doc = "Where the invoices go.")                                        \
    VALUE(T, raw, ship_to, .doc = "Where the goods go.")                                           \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, raw, metadata, .doc = "Your own names and values.")
JSON_STRUCT(order_terms, ORDER_TERMS_FIELDS);
JSON_TYPE(order_terms, ORDER_TERMS_FIELDS, .doc = "What can change of an order by itself.");

static const char *terms_json(struct arena *a, const struct order *o)
{
    struct order_terms t = {.customer_po = o->customer_po,
                            .requested_date = o->requested_date,
                            .committed_date = o->committed_date,
                            .promised_date = o->promised_date,
                            .bill_to = o->bill_to,
                            .ship_to = o->ship_to,
                            .notes = o->notes,
                            .metadata = o->metadata};
    return call_json(a, &order_terms_type, &t, NULL);
}

static bool begun(const struct order *o, bool invoices)
{
    for (size_t i = 0; i < o->lines.n; i++)
        if ((invoices ? o->lines.v[i].invoiced : o->lines.v[i].shipped) > 0)
            return true;
    return false;
}

static void fixed(const struct call *c, const char *member, const char *why)
{
    fault(c->problem, arena_printf(c->problem->arena, "/%s", member), "fixed", "%s", why);
}

/* What the order no longer lets happen. */
static void check(const struct call *c, const struct order_patch *in, const struct order *o)
{
    static const char over[] = "The order is over; only notes and metadata change.";
    bool ended = strcmp(o->status, "canceled") == 0 || strcmp(o->status, "closed") == 0;
    if (JSON_HAS(order_patch, in, customer_po) && ended)
        fixed(c, "customer_po", over);
    if (JSON_HAS(order_patch, in, requested_date) && ended)
        fixed(c, "requested_date", over);
    if (JSON_HAS(order_patch, in, committed_date) && ended)
        fixed(c, "committed_date", over);
    if (JSON_HAS(order_patch, in, promised_date) && ended)
        fixed(c, "promised_date", over);
    if (JSON_HAS(order_patch, in, ship_to) && (ended || begun(o, false)))
        fixed(c, "ship_to", "Goods have left, or the order is over; the address stays.");
    if (JSON_HAS(order_patch, in, bill_to) && (ended || begun(o, true)))
        fixed(c, "bill_to", "Something is invoiced, or the order is over; the address stays.");
    if (JSON_HAS(order_patch, in, ship_to) && in->ship_to == NULL)
        fault(c->problem, "/ship_to", "required", "Give an address.");
    if (JSON_HAS(order_patch, in, bill_to) && in->bill_to == NULL)
        fault(c->problem, "/bill_to", "required", "Give an address.");
}

static void apply(struct arena *a, const struct order_patch *in, struct order *o)
{
    if (JSON_HAS(order_patch, in, customer_po))
        o->customer_po = in->customer_po;
    if (JSON_HAS(order_patch, in, requested_date))
        o->requested_date = in->requested_date;
    if (JSON_HAS(order_patch, in, committed_date))
        o->committed_date = in->committed_date;
    if (JSON_HAS(order_patch, in, promised_date))
        o->promised_date = in->promised_date;
    if (JSON_HAS(order_patch, in, bill_to))
        o->bill_to = address_json(a, in->bill_to);
    if (JSON_HAS(order_patch, in, ship_to))
        o->ship_to = address_json(a, in->ship_to);
    if (JSON_HAS(order_patch, in, notes))
        o->notes = in->notes;
    if (JSON_HAS(order_patch, in, metadata))
        o->metadata = in->metadata != NULL ? in->metadata : "{}";
}

/* The po_copy that the order then has. */
static err claim_po(struct tx *tx, struct call *c, const struct order_patch *in,
                    const struct order *o, const struct order_state *locked, int64_t *ret)
{
    *ret = locked->po_copy;
    if (!JSON_HAS(order_patch, in, customer_po) ||
        (locked->customer_po != NULL && in->customer_po != NULL &&
         strcmp(locked->customer_po, in->customer_po) == 0))
        return OK;
    *ret = NIL64;
    if (in->customer_po == NULL)
        return OK;
    struct po_claim claim = {.call = c,
                             .customer_id = o->customer_id,
                             .customer_po = in->customer_po,
                             .id = o->id,
                             .allowed = in->allow_duplicate_po,
                             .holder = NIL64};
    return po_claim_alone(tx, &claim, ret);
}

err orders_patch(struct tx *tx, struct call *c, const struct order_patch *in, struct order *ret)
{
    struct order_state_list list;
    struct order before;
    int64_t po_copy;
    TRY(orders_lock(tx, c->path_id, 1, &list));
    if (list.n == 0)
        return ERR_NO_ROW;
    const struct order_state *locked = &list.v[0];
    TRY(call_check_version(c, locked->version));
    TRY(order_load(tx, locked->id, &before));
    check(c, in, &before);
    if (c->problem->code != OK)
        return c->problem->code;
    struct order after = before;
    apply(tx->arena, in, &after);
    const char *was = terms_json(tx->arena, &before), *now = terms_json(tx->arena, &after);
    if (strcmp(was, now) == 0) {
        *ret = before;
        return OK;
    }
    TRY(claim_po(tx, c, in, &before, locked, &po_copy));
    const char *bill_to = in->bill_to != NULL ? party_moved(tx->arena, locked->bill_to, in->bill_to)
                                              : locked->bill_to;
    const char *ship_to = in->ship_to != NULL ? party_moved(tx->arena, locked->ship_to, in->ship_to)
                                              : locked->ship_to;
    TRY(order_patch_store(tx, &after, 1, bill_to, ship_to, po_copy));
    event_push(tx, c, "order.updated", "order", before.id, was, now);
    return order_load(tx, before.id, ret);
}
