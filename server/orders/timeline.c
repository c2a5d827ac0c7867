/* GET /v1/orders/{id}/timeline: the events of an order and of all that followed from it, and which
 * of them follows from which. */
#include "lib/base/id.h"
#include "orders.sql.h"
#include "server/api/router.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <string.h>

JSON_TYPE(order_timeline_entry, ORDER_TIMELINE_ENTRY_FIELDS, .doc = "Something that happened.");
JSON_TYPE(order_timeline, ORDER_TIMELINE_FIELDS, .doc = "All that happened to an order.");

/* How far a document is from the order. */
static int distance(const char *resource)
{
    static const char *const far[] = {"order",      "shipment",    "invoice",
                                      "allocation", "credit_note", "payment"};
    for (size_t i = 0; i < COUNT_OF(far); i++)
        if (strcmp(far[i], resource) == 0)
            return (int)i;
    return (int)COUNT_OF(far);
}

static bool same_request(const struct order_event_row *a, const struct order_event_row *b)
{
    return a->request_id != NULL && b->request_id != NULL &&
           strcmp(a->request_id, b->request_id) == 0;
}

/* The events of a request stand together: where they begin. */
static size_t request_from(const struct order_event_row_list *rows, size_t i)
{
    while (i > 0 && same_request(&rows->v[i - 1], &rows->v[i]))
        i--;
    return i;
}

/* The first event of what the request was about. */
static size_t act_of(const struct order_event_row_list *rows, size_t from)
{
    size_t act = from;
    for (size_t k = from + 1; k < rows->n && same_request(&rows->v[k], &rows->v[from]); k++)
        if (distance(rows->v[k].resource) > distance(rows->v[act].resource))
            act = k;
    return act;
}

/* The last event before i of that document. */
static int64_t last_of(const struct order_event_row_list *rows, size_t i, int64_t resource_id)
{
    while (i-- > 0)
        if (rows->v[i].resource_id == resource_id)
            return rows->v[i].seq;
    return NIL64;
}

int64_t order_event_cause(const struct order_event_row_list *rows, size_t i)
{
    const struct order_event_row *e = &rows->v[i];
    size_t from = request_from(rows, i), act = act_of(rows, from);
    if (act != i)
        return rows->v[act].seq;
    int64_t seq = last_of(rows, from, e->resource_id);
    if (seq == NIL64 && e->parent != NULL)
        seq = last_of(rows, from, e->parent_id);
    return seq;
}

static const char *id_text(struct arena *a, const char *kind, int64_t id)
{
    const char *prefix = kind != NULL ? kind_prefix(kind) : NULL;
    if (prefix == NULL)
        return NULL;
    char *text = arena_alloc(a, ID_TEXT_MAX);
    id_format(prefix, id, text);
    return text;
}

err orders_timeline(struct tx *tx, struct call *c, const struct none *in,
                    struct order_timeline *ret)
{
    (void)in;
    struct order_event_row_list rows;
    struct order_list known;
    TRY(orders_headers_queue(tx, c->path_id, 1, &known));
    TRY(order_events(tx, c->path_id[0], ORDER_TIMELINE_MAX + 1, &rows));
    if (known.n == 0)
        return ERR_NO_ROW;
    *ret = (struct order_timeline){.order_id = c->path_id[0],
                                   .complete = rows.n <= ORDER_TIMELINE_MAX};
    if (!ret->complete)
        rows.n = ORDER_TIMELINE_MAX;
    ret->entries.v = ARENA_ARRAY(tx->arena, struct order_timeline_entry, rows.n);
    ret->entries.n = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        const struct order_event_row *e = &rows.v[i];
        ret->entries.v[i] = (struct order_timeline_entry){
            .seq = e->seq,
            .at = e->at,
            .type = e->type,
            .resource = e->resource,
            .resource_id = id_text(tx->arena, e->resource, e->resource_id),
            .belongs_to = id_text(tx->arena, e->parent, e->parent_id),
            .caused_by = order_event_cause(&rows, i),
            .request_id = e->request_id,
            .api_key_id = e->api_key_id,
            .before = e->before,
            .after = e->after};
    }
    return OK;
}
