/* What carriers say of shipments: kept as it comes, each update once; the shipment follows the
 * latest by the carrier's clock, so that updates may come late and in any order. */
#include "server/shipments/tracking.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "server/shipments/internal.h"
#include "server/shipments/rules.h"
#include "shipments.sql.h"
#include <string.h>

const char *const tracking_statuses[] = {"picked_up", "in_transit", "out_for_delivery",
                                         "delivered", "exception",  "refused",
                                         "damaged",   "lost",       NULL};
const char *const tracking_sources[] = {"api", "webhook", NULL};
const char *const webhook_results[] = {"recorded", "known", "unknown_shipment", "refused", NULL};

JSON_TYPE(tracking_event_new, TRACKING_EVENT_NEW_FIELDS, .doc = "What a carrier says.");
JSON_TYPE(tracking_new, TRACKING_NEW_FIELDS, .doc = "Updates of a shipment.");
JSON_TYPE(tracking_event, TRACKING_EVENT_FIELDS, .doc = "What a carrier said.");
JSON_TYPE(shipment_tracking, SHIPMENT_TRACKING_FIELDS, .doc = "The way of a shipment.");
JSON_TYPE(webhook_event, WEBHOOK_EVENT_FIELDS, .doc = "What a carrier says of a shipment.");
JSON_TYPE(webhook_events, WEBHOOK_EVENTS_FIELDS, .doc = "What a carrier sends.");
JSON_TYPE(webhook_result, WEBHOOK_RESULT_FIELDS, .doc = "What became of an update.");
JSON_TYPE(webhook_reply, WEBHOOK_REPLY_FIELDS, .doc = "What became of what a carrier sent.");

/* What an event tells of an update. */
#define TRACKING_FACT_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, event_id, .omit_absent = true)                                                \
    VALUE(T, string, status)                                                                       \
    VALUE(T, instant, occurred_at)                                                                 \
    VALUE(T, integer, package_no, .omit_absent = true)                                             \
    VALUE(T, string, place, .omit_absent = true)                                                   \
    VALUE(T, string, tracking_status)
JSON_STRUCT(tracking_fact, TRACKING_FACT_FIELDS);
JSON_TYPE(tracking_fact, TRACKING_FACT_FIELDS, .doc = "An update as an event tells it.");

/* One update on its way. */
struct update {
    int64_t shipment_id; /* NIL64: unknown */
    const struct tracking_event_new *said;
    const char *result; /* out: one of webhook_results */
};

/* What is known of the shipments. */
struct facts {
    struct tracking_deliverable_row_list may;  /* be delivered by their carrier's word */
    struct tracking_heads_lock_row_list heads; /* by id */
    struct tracking_known_row_list known;
    struct tracking_counts_row_list counts;
};

static struct tracking_heads_lock_row *head_of(const struct facts *f, int64_t id)
{
    for (size_t i = 0; i < f->heads.n; i++)
        if (f->heads.v[i].id == id)
            return &f->heads.v[i];
    return NULL;
}

static int64_t *count_of(const struct facts *f, int64_t id)
{
    for (size_t i = 0; i < f->counts.n; i++)
        if (f->counts.v[i].shipment_id == id)
            return &f->counts.v[i].n;
    return NULL;
}

/* The orders of those that the updates may deliver are locked before any shipment. */
static err lock_orders(struct tx *tx, const struct update *u, size_t n, struct facts *f)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    size_t n_ids = 0;
    struct order_state_list orders;
    for (size_t i = 0; i < n; i++)
        if (u[i].shipment_id != NIL64 && strcmp(u[i].said->status, "delivered") == 0)
            ids[n_ids++] = u[i].shipment_id;
    if (n_ids == 0)
        return OK;
    TRY(tracking_deliverable(tx, ids, distinct_ids(ids, n_ids), &f->may));
    if (f->may.n == 0)
        return OK;
    int64_t *of = ARENA_ARRAY(tx->arena, int64_t, f->may.n);
    for (size_t i = 0; i < f->may.n; i++)
        of[i] = f->may.v[i].order_id;
    return orders_lock(tx, of, distinct_ids(of, f->may.n), &orders);
}

static err lock_and_load(struct tx *tx, const struct update *u, size_t n, struct facts *f)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    const char **events = ARENA_ARRAY(tx->arena, const char *, n);
    size_t n_ids = 0;
    for (size_t i = 0; i < n; i++) {
        if (u[i].shipment_id != NIL64)
            ids[n_ids++] = u[i].shipment_id;
        events[i] = u[i].said->event_id;
    }
    if (n_ids == 0)
        return OK;
    TRY(lock_orders(tx, u, n, f));
    n_ids = distinct_ids(ids, n_ids);
    /* Behind the locks: READ COMMITTED gives each statement its own snapshot. */
    TRY(tracking_heads_lock_queue(tx, ids, n_ids, &f->heads));
    TRY(tracking_counts_queue(tx, ids, n_ids, &f->counts));
    return tracking_known(tx, ids, n_ids, events, n, &f->known);
}

static bool is_known(const struct facts *f, const struct update *u, size_t k)
{
    for (size_t i = 0; i < f->known.n; i++)
        if (f->known.v[i].shipment_id == u[k].shipment_id &&
            strcmp(f->known.v[i].event_id, u[k].said->event_id) == 0)
            return true;
    for (size_t i = 0; i < k; i++)
        if (u[i].shipment_id == u[k].shipment_id &&
            strcmp(u[i].said->event_id, u[k].said->event_id) == 0)
            return true;
    return false;
}

static void tell(struct tx *tx, const struct call *c, const struct update *u, const char *was,
                 const char *now)
{
    struct tracking_fact fact = {.event_id = u->said->event_id,
                                 .status = u->said->status,
                                 .occurred_at = u->said->occurred_at,
                                 .package_no = u->said->package_no,
                                 .place = u->said->place,
                                 .tracking_status = now};
    const char *before = was == NULL ? NULL
                                     : arena_printf(tx->arena, "{\"tracking_status\":\"%s\"}", was);
    event_push(tx, c, "shipment.tracked", "shipment", u->shipment_id, before,
               call_json(tx->arena, &tracking_fact_type, &fact, NULL));
}

static const char *decide(struct tx *tx, const struct call *c, const struct update *u, size_t k,
                          const struct facts *f)
{
    struct tracking_heads_lock_row *head = head_of(f, u[k].shipment_id);
    if (head == NULL)
        return "unknown_shipment";
    if (!shipment_has_left(head->status))
        return "refused";
    if (is_known(f, u, k))
        return "known";
    int64_t *count = count_of(f, head->id);
    if (count == NULL || *count >= TRACKING_EVENTS_MAX)
        return "refused";
    ++*count;
    const char *was = head->tracking_status;
    if (tracking_supersedes(was, head->tracking_at, u[k].said->status, u[k].said->occurred_at)) {
        head->tracking_status = u[k].said->status;
        head->tracking_at = u[k].said->occurred_at;
    }
    tell(tx, c, &u[k], was, head->tracking_status);
    return "recorded";
}

static err store(struct tx *tx, const struct update *u, size_t n, const char *source,
                 const struct facts *f)
{
    struct tracking_insert_t *rows = ARENA_ARRAY(tx->arena, struct tracking_insert_t, n);
    struct tracking_heads_store_s *heads = ARENA_ARRAY(tx->arena, struct tracking_heads_store_s, n);
    size_t n_rows = 0, n_heads = 0;
    for (size_t i = 0; i < n; i++) {
        const struct tracking_event_new *said = u[i].said;
        if (strcmp(u[i].result, "recorded") != 0)
            continue;
        rows[n_rows++] = (struct tracking_insert_t){.id = id_new(),
                                                    .shipment_id = u[i].shipment_id,
                                                    .event_id = said->event_id,
                                                    .status = said->status,
                                                    .occurred_at = said->occurred_at,
                                                    .package_no = said->package_no,
                                                    .place = said->place,
                                                    .description = said->description,
                                                    .source = source};
        size_t k = 0;
        while (k < n_heads && heads[k].id != u[i].shipment_id)
            k++;
        const struct tracking_heads_lock_row *head = head_of(f, u[i].shipment_id);
        heads[k] = (struct tracking_heads_store_s){head->id, head->tracking_status,
                                                   head->tracking_at};
        n_heads += k == n_heads;
    }
    if (n_rows == 0)
        return OK;
    TRY(tracking_insert(tx, rows, n_rows));
    return tracking_heads_store(tx, heads, n_heads);
}

/* ---- delivered by the carrier's word ---- */

/* The update that says it, new and the last word; NULL: none. */
static const struct update *said_delivered(const struct update *u, size_t n,
                                           const struct tracking_heads_lock_row *head)
{
    for (size_t i = 0; i < n; i++)
        if (u[i].shipment_id == head->id && strcmp(u[i].result, "recorded") == 0 &&
            strcmp(u[i].said->status, "delivered") == 0 &&
            u[i].said->occurred_at == head->tracking_at)
            return &u[i];
    return NULL;
}

static const char *note_of(struct arena *a, const struct tracking_event_new *said)
{
    const char *note = arena_printf(a, "The carrier's update %s", said->event_id);
    if (said->place != NULL)
        note = arena_printf(a, "%s, %s", note, said->place);
    return said->description != NULL ? arena_printf(a, "%s: %s", note, said->description) : note;
}

/* In full, on the day that the carrier says; its clock can be neither ahead of us nor before the
 * goods left. */
static err deliver(struct tx *tx, const struct call *c, const struct tracking_event_new *said,
                   const struct tracking_deliverable_row *may)
{
    struct tracking_delivered_row when;
    TRY(tracking_delivered(tx, may->shipment_id, said->occurred_at, &when));
    if (when.packages_open > 0)
        return OK;
    struct shipment_proof proof;
    struct shipment_deliver in;
    struct shipment out;
    struct call own = *c;
    own.if_match = VERSION_ANY;
    json_set_all_absent(&shipment_proof_type, &proof);
    json_set_all_absent(&shipment_deliver_type, &in);
    proof.received_at = said->occurred_at;
    proof.note = note_of(tx->arena, said);
    in.proof = &proof;
    in.delivered_date = when.day < tx->today ? when.day : tx->today;
    if (in.delivered_date < may->ship_date)
        in.delivered_date = may->ship_date;
    return shipment_deliver(tx, &own, may->shipment_id, &in, &out);
}

static err deliver_said(struct tx *tx, const struct call *c, const struct update *u, size_t n,
                        const struct facts *f)
{
    for (size_t i = 0; i < f->may.n; i++) {
        const struct tracking_deliverable_row *may = &f->may.v[i];
        const struct tracking_heads_lock_row *head = head_of(f, may->shipment_id);
        if ((i > 0 && f->may.v[i - 1].shipment_id == may->shipment_id) || head == NULL ||
            strcmp(head->status, "shipped") != 0 || head->tracking_status == NULL ||
            strcmp(head->tracking_status, "delivered") != 0)
            continue;
        const struct update *said = said_delivered(u, n, head);
        if (said != NULL)
            TRY(deliver(tx, c, said->said, may));
    }
    return OK;
}

static err record(struct tx *tx, const struct call *c, struct update *u, size_t n,
                  const char *source)
{
    struct facts f = {0};
    TRY(lock_and_load(tx, u, n, &f));
    for (size_t k = 0; k < n; k++)
        u[k].result = decide(tx, c, u, k, &f);
    TRY(store(tx, u, n, source, &f));
    return deliver_said(tx, c, u, n, &f);
}

static void check_instant(const struct call *c, size_t i, int64_t at, int64_t now)
{
    if (at - now > TRACKING_AHEAD_US)
        fault(c->problem, arena_printf(c->problem->arena, "/events/%zu/occurred_at", i), "too_late",
              "It has not happened yet.");
}

/* ---- over the API ---- */

static err show(struct tx *tx, int64_t id, struct shipment_tracking *ret)
{
    struct tracking_event_list events;
    struct tracking_head_row head;
    TRY(tracking_events_queue(tx, id, &events));
    TRY(tracking_head(tx, id, &head));
    *ret = (struct shipment_tracking){.shipment_id = id,
                                      .tracking_status = head.tracking_status,
                                      .tracking_at = head.tracking_at,
                                      .events = events};
    return OK;
}

static err refuse(const struct call *c, const struct facts *f, int64_t id)
{
    const struct tracking_heads_lock_row *head = head_of(f, id);
    if (head == NULL)
        return ERR_NO_ROW;
    if (!shipment_has_left(head->status))
        return fail(c->problem, ERR_WRONG_STATE,
                    "The shipment is %s; only what has left can be tracked.", head->status);
    return OK;
}

err shipments_track(struct tx *tx, struct call *c, const struct tracking_new *in,
                    struct shipment_tracking *ret)
{
    int64_t id = c->path_id[0];
    struct update *u = ARENA_ARRAY(tx->arena, struct update, in->events.n);
    for (size_t i = 0; i < in->events.n; i++) {
        check_instant(c, i, in->events.v[i].occurred_at, tx->now);
        u[i] = (struct update){.shipment_id = id, .said = &in->events.v[i]};
    }
    if (c->problem->code != OK)
        return c->problem->code;
    struct facts f = {0};
    TRY(lock_and_load(tx, u, in->events.n, &f));
    TRY(refuse(c, &f, id));
    for (size_t k = 0; k < in->events.n; k++) {
        u[k].result = decide(tx, c, u, k, &f);
        if (strcmp(u[k].result, "refused") == 0)
            return fail(c->problem, ERR_WRONG_STATE,
                        "The shipment has %d updates; it takes no more.", TRACKING_EVENTS_MAX);
    }
    TRY(store(tx, u, in->events.n, "api", &f));
    TRY(deliver_said(tx, c, u, in->events.n, &f));
    return show(tx, id, ret);
}

err shipments_tracking(struct tx *tx, struct call *c, const struct none *in,
                       struct shipment_tracking *ret)
{
    (void)in;
    return show(tx, c->path_id[0], ret);
}

/* ---- by webhook ---- */

/* The latest shipment of the carrier that has the number. */
static err find_shipments(struct tx *tx, int64_t carrier_id, const struct webhook_events *in,
                          struct tracking_targets_row_list *ret)
{
    const char **numbers = ARENA_ARRAY(tx->arena, const char *, in->events.n);
    for (size_t i = 0; i < in->events.n; i++)
        numbers[i] = in->events.v[i].tracking_number;
    return tracking_targets(tx, carrier_id, numbers, distinct_texts(numbers, in->events.n), ret);
}

static struct update update_of(struct arena *a, const struct webhook_event *e,
                               const struct tracking_targets_row_list *targets)
{
    struct tracking_event_new *said = ARENA_NEW(a, struct tracking_event_new);
    *said = (struct tracking_event_new){.event_id = e->event_id,
                                        .status = e->status,
                                        .occurred_at = e->occurred_at,
                                        .package_no = NIL64,
                                        .place = e->place,
                                        .description = e->description};
    struct update u = {.shipment_id = NIL64, .said = said};
    for (size_t i = 0; i < targets->n && u.shipment_id == NIL64; i++)
        if (strcmp(targets->v[i].number, e->tracking_number) == 0) {
            u.shipment_id = targets->v[i].shipment_id;
            said->package_no = targets->v[i].package_no;
        }
    return u;
}

err carriers_webhook(struct tx *tx, struct call *c, const struct webhook_events *in,
                     struct webhook_reply *ret)
{
    struct tracking_targets_row_list targets;
    struct update *u = ARENA_ARRAY(tx->arena, struct update, in->events.n);
    for (size_t i = 0; i < in->events.n; i++)
        check_instant(c, i, in->events.v[i].occurred_at, tx->now);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(find_shipments(tx, c->path_id[1], in, &targets));
    for (size_t i = 0; i < in->events.n; i++)
        u[i] = update_of(tx->arena, &in->events.v[i], &targets);
    TRY(record(tx, c, u, in->events.n, "webhook"));
    ret->results.v = ARENA_ARRAY(tx->arena, struct webhook_result, in->events.n);
    for (size_t i = 0; i < in->events.n; i++) {
        ret->recorded += strcmp(u[i].result, "recorded") == 0;
        ret->results.v[ret->results.n++] = (struct webhook_result){
            .tracking_number = in->events.v[i].tracking_number,
            .event_id = in->events.v[i].event_id,
            .result = u[i].result};
    }
    return OK;
}
