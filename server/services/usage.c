/* POST /v1/usage-records: what was used, a file of it at once. Each record counts once; they are
 * summed exactly into the lines of their orders, all under the locks of these. */
#include "lib/base/decimal.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/orders/rules.h"
#include "server/routes_prototypes.h"
#include "server/services/internal.h"
#include "services.sql.h"
#include <stdlib.h>
#include <string.h>

struct metering {
    struct tx *tx;
    const struct bulk *in;
    struct order_state_list orders;
    struct usage_record_list had; /* by external id */
    struct external_id_claim *claims;
    struct usage_record *records; /* of each line; id NIL64: refused */
    bool *repeats;
    size_t n_refused;
};

static const struct usage_record_new *asked(const struct bulk *in, size_t i)
{
    return in->lines[i].in;
}

static bool alive(const struct bulk *in, size_t i)
{
    return in->lines[i].problem->code == OK;
}

/* ---- lock and load ---- */

static err load(struct metering *k)
{
    size_t n = k->in->n, orders = 0, names = 0;
    int64_t *ids = ARENA_ARRAY(k->tx->arena, int64_t, n);
    const char **external_ids = ARENA_ARRAY(k->tx->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        if (!alive(k->in, i))
            continue;
        ids[orders++] = asked(k->in, i)->order_id;
        external_ids[names++] = asked(k->in, i)->external_id;
    }
    if (orders == 0)
        return OK;
    TRY(orders_lock(k->tx, ids, distinct_ids(ids, orders), &k->orders));
    return usage_by_external_id(k->tx, external_ids, distinct_texts(external_ids, names), &k->had);
}

static const struct usage_record *had(const struct metering *k, const char *external_id)
{
    size_t low = 0, high = k->had.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(k->had.v[middle].external_id, external_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < k->had.n && strcmp(k->had.v[low].external_id, external_id) == 0 ? &k->had.v[low]
                                                                                 : NULL;
}

/* ---- decide ---- */

/* Says the line nothing else than the record? */
static bool repeats(const struct usage_record_new *l, const struct usage_record *r)
{
    bool same_text = l->description == NULL || r->description == NULL
                         ? l->description == r->description
                         : strcmp(l->description, r->description) == 0;
    return l->order_id == r->order_id && l->order_line_no == r->order_line_no &&
           l->quantity == r->quantity && same_text &&
           (l->used_at == NIL64 || l->used_at == r->used_at);
}

/* The record that has the external id already: stored, or of a line before this one. */
static const struct usage_record *holder(const struct metering *k, size_t i)
{
    for (const struct external_id_claim *e = k->claims[i].earlier; e != NULL; e = e->earlier)
        if (e->id != NIL64)
            return &k->records[e - k->claims];
    return had(k, asked(k->in, i)->external_id);
}

/* How large the line has to be for that much; 0: it is large enough, NIL64: it cannot be. */
static int64_t grown(const struct order_line *l, int64_t used)
{
    int64_t quantity;
    if (used <= l->quantity - l->canceled)
        return 0;
    if (strcmp(l->fulfillment, "metered") != 0 || l->blanket_line_no != NIL64 ||
        add64(used, l->canceled, &quantity) != OK || quantity > SERVICE_QUANTITY_MAX)
        return NIL64;
    return quantity;
}

static err count(const struct call *c, const struct order_state *o, struct order_line *l,
                 int64_t quantity)
{
    int64_t used;
    if (add64(l->shipped, quantity, &used) != OK || used < l->invoiced)
        return service_exceeded(c, l->shipped - l->invoiced, "is used and not invoiced");
    int64_t larger = grown(l, used);
    if (larger == NIL64)
        return service_exceeded(c, l->quantity - l->canceled - l->shipped,
                                "is open: amend the order");
    if (larger != 0 && order_line_grow(o, l, larger) != OK)
        return fail(c->problem, ERR_OVERFLOW, "The amounts of the order are out of range.");
    service_count(l, quantity);
    return OK;
}

static void check(const struct metering *k, const struct call *c, const struct usage_record_new *l)
{
    if (l->quantity == 0)
        fault(c->problem, "/quantity", "out_of_range", "Nothing was used; leave the record out.");
    if (l->used_at != NIL64 && l->used_at > k->tx->now)
        fault(c->problem, "/used_at", "in_the_future", "Write a time that has come.");
}

static err decide(struct metering *k, size_t i)
{
    const struct call *c = &k->in->lines[i];
    const struct usage_record_new *l = asked(k->in, i);
    check(k, c, l);
    const struct usage_record *before = holder(k, i);
    if (before != NULL && repeats(l, before)) {
        k->records[i] = *before;
        k->repeats[i] = true;
        return c->problem->code;
    }
    if (before != NULL)
        return external_id_taken(c, "usg", before->id);
    struct order_state *o = order_state_find(&k->orders, l->order_id);
    if (o == NULL)
        fault(c->problem, "/order_id", "unknown_reference", "There is no such order.");
    struct order_line *line = o == NULL ? NULL
                                        : service_line(c, o, l->order_line_no, "usage", "metered");
    if (c->problem->code != OK || line == NULL)
        return c->problem->code;
    /* It was used, whether the order is on hold or not. */
    TRY(service_order_check(c, o, true));
    TRY(count(c, o, line, l->quantity));
    k->records[i] = (struct usage_record){.id = id_new(),
                                          .external_id = l->external_id,
                                          .order_id = l->order_id,
                                          .order_line_no = l->order_line_no,
                                          .quantity = l->quantity,
                                          .used_at = l->used_at != NIL64 ? l->used_at : k->tx->now,
                                          .description = l->description};
    k->claims[i].id = k->records[i].id;
    return OK;
}

static void decide_all(struct metering *k)
{
    size_t n = k->in->n;
    k->claims = ARENA_ARRAY(k->tx->arena, struct external_id_claim, n);
    k->records = ARENA_ARRAY(k->tx->arena, struct usage_record, n);
    k->repeats = ARENA_ARRAY(k->tx->arena, bool, n);
    for (size_t i = 0; i < n; i++)
        k->claims[i] = (struct external_id_claim){
            .call = &k->in->lines[i],
            .external_id = alive(k->in, i) ? asked(k->in, i)->external_id : NULL,
            .id = NIL64};
    external_ids_link(k->tx->arena, k->claims, n);
    for (size_t i = 0; i < n; i++) {
        k->records[i].id = NIL64;
        err e = alive(k->in, i) ? decide(k, i) : OK;
        if (e != OK)
            call_file(&k->in->lines[i], e);
        k->n_refused += !alive(k->in, i);
    }
}

/* ---- store ---- */

#define USAGE_EVENT_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, line_no)                                                                     \
    VALUE(T, decimal, quantity)                                                                    \
    VALUE(T, decimal, used)                                                                        \
    VALUE(T, decimal, ordered)
JSON_STRUCT(usage_event_line, USAGE_EVENT_LINE_FIELDS);
JSON_TYPE(usage_event_line, USAGE_EVENT_LINE_FIELDS, .doc = "What was used of a line.");
#define USAGE_EVENT_FIELDS(T, VALUE, OBJECT, LIST) LIST(T, usage_event_line, lines)
JSON_STRUCT(usage_event, USAGE_EVENT_FIELDS);
JSON_TYPE(usage_event, USAGE_EVENT_FIELDS, .doc = "What was used of an order.");

/* One event an order, however many records. */
static void tell(struct tx *tx, const struct call *c, const struct order_state *o)
{
    struct usage_event e = {
        .lines = {.v = ARENA_ARRAY(tx->arena, struct usage_event_line, o->n_lines)}};
    for (size_t i = 0; i < o->n_lines; i++)
        if (o->lines[i].shipped != o->was[i].shipped)
            e.lines.v[e.lines.n++] = (struct usage_event_line){
                .line_no = o->lines[i].line_no,
                .quantity = o->lines[i].shipped - o->was[i].shipped,
                .used = o->lines[i].shipped,
                .ordered = o->lines[i].quantity - o->lines[i].canceled};
    event_push(tx, c, "order.usage_recorded", "order", o->id, NULL,
               call_json(tx->arena, &usage_event_type, &e, NULL));
}

static err store(struct metering *k, const struct call *c)
{
    struct usage_record *rows = ARENA_ARRAY(k->tx->arena, struct usage_record, k->in->n);
    int64_t *touched = ARENA_ARRAY(k->tx->arena, int64_t, k->in->n);
    size_t n = 0;
    for (size_t i = 0; i < k->in->n; i++) {
        if (k->records[i].id == NIL64 || k->repeats[i])
            continue;
        touched[n] = k->records[i].order_id;
        rows[n++] = k->records[i];
    }
    if (n == 0)
        return OK;
    size_t n_orders = distinct_ids(touched, n);
    for (size_t i = 0; i < n_orders; i++) {
        struct order_state *o = order_state_find(&k->orders, touched[i]);
        struct order_step step = order_moved(o);
        tell(k->tx, c, o);
        order_tell(k->tx, c, step);
    }
    TRY(usage_insert(k->tx, rows, n));
    TRY(orders_grown_store(k->tx, &k->orders));
    return orders_store(k->tx, &k->orders);
}

static struct usage_result result_of(const struct metering *k, size_t i)
{
    const struct problem *p = k->in->lines[i].problem;
    struct usage_result r = {.index = (int64_t)i,
                             .row = k->in->origins[i].row,
                             .id = k->records[i].id,
                             .external_id = asked(k->in, i) != NULL ? asked(k->in, i)->external_id
                                                                    : NULL};
    if (p->code == OK) {
        r.status = k->repeats[i] ? 200 : 201;
        return r;
    }
    r.status = err_status(p->code);
    r.code = err_slug(p->code);
    r.detail = bulk_detail(k->tx->arena, p);
    r.errors = bulk_faults(k->tx->arena, k->in, i);
    return r;
}

err usage_records_create(struct tx *tx, struct call *c, const struct bulk *in,
                         struct usage_reply *ret)
{
    struct metering k = {.tx = tx, .in = in};
    TRY(load(&k));
    decide_all(&k);
    if (in->atomic && k.n_refused > 0)
        return bulk_refuse_all(c, in);
    TRY(store(&k, c));
    *ret = (struct usage_reply){
        .refused = (int64_t)k.n_refused,
        .results = {.v = ARENA_ARRAY(tx->arena, struct usage_result, in->n), .n = in->n}};
    for (size_t i = 0; i < in->n; i++) {
        ret->results.v[i] = result_of(&k, i);
        ret->repeated += k.repeats[i];
    }
    ret->recorded = (int64_t)in->n - ret->refused - ret->repeated;
    return OK;
}
