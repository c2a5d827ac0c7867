/* Reservations: stock that is held before there is an order. POST holds for a batch of requests:
 * resolve, lock the stock, decide each in turn in memory, store all. */
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "reservations.sql.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/inventory/internal.h"
#include "server/inventory/rules.h"
#include "server/routes_prototypes.h"
#include <string.h>

#define MINUTE_US (60 * INT64_C(1000000))
#define DAY_US (1440 * MINUTE_US)
/* Rows of stock and reservations that one run of the sweeper looks at. */
#define SWEEP_MAX 1000

/* One entry of a request on its way. */
struct holding {
    const struct stock_reservation_entry *in;
    struct stock_reservation *out;
};

/* One request. */
struct asking {
    struct call *call;
    const struct stock_reservations_new *in;
    size_t first; /* of its holdings */
    int64_t expires_at;
};

struct facts {
    struct external_id_holder_list taken;
    struct stock_facts_list stock;
    struct stock_naming *namings;     /* as holdings */
    struct external_id_claim *claims; /* as holdings */
    struct holding *holdings;
    size_t n;
};

static bool alive(const struct asking *a)
{
    return a->call->problem->code == OK;
}

/* ---- load ---- */

static int64_t expiry(const struct tx *tx, const struct call *c, int64_t asked)
{
    if (asked == NIL64)
        return tx->now + RESERVATION_MINUTES_DEFAULT * MINUTE_US;
    if (asked <= tx->now)
        fault(c->problem, "/expires_at", "past", "Give a time that is still to come.");
    else if (asked > tx->now + RESERVATION_DAYS_MAX * DAY_US)
        fault(c->problem, "/expires_at", "too_far", "Stock is held for at most %d days.",
              RESERVATION_DAYS_MAX);
    return asked;
}

static void spread(struct tx *tx, struct asking *a, size_t n, struct facts *f)
{
    for (size_t i = 0; i < n; i++)
        f->n += a[i].in->reservations.n;
    f->holdings = ARENA_ARRAY(tx->arena, struct holding, f->n);
    f->namings = ARENA_ARRAY(tx->arena, struct stock_naming, f->n);
    f->claims = ARENA_ARRAY(tx->arena, struct external_id_claim, f->n);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        a[i].expires_at = expiry(tx, a[i].call, a[i].in->expires_at);
        a[i].first = k;
        for (size_t j = 0; j < a[i].in->reservations.n; j++, k++) {
            const struct stock_reservation_entry *e = &a[i].in->reservations.v[j];
            f->holdings[k].in = e;
            f->namings[k] = (struct stock_naming){
                .call = a[i].call,
                .at = arena_printf(tx->arena, "/reservations/%zu", j),
                .product_id = e->product_id,
                .sku = e->sku,
                .warehouse_id = e->warehouse_id};
            f->claims[k] = (struct external_id_claim){
                .call = a[i].call, .external_id = e->external_id, .id = NIL64};
        }
    }
    external_ids_link(tx->arena, f->claims, f->n);
}

static err load(struct tx *tx, struct facts *f)
{
    const char **external_ids = ARENA_ARRAY(tx->arena, const char *, f->n);
    size_t n = 0;
    for (size_t k = 0; k < f->n; k++)
        if (f->claims[k].external_id != NULL)
            external_ids[n++] = f->claims[k].external_id;
    if (n > 0)
        TRY(reservations_by_external_id_queue(tx, external_ids, n, &f->taken));
    return stock_namings_resolve(tx, f->namings, f->n);
}

static err check_external_ids(const struct asking *a, const struct facts *f)
{
    for (size_t j = 0; alive(a) && j < a->in->reservations.n; j++) {
        struct external_id_claim *claim = &f->claims[a->first + j];
        if (claim->earlier != NULL && claim->earlier->call == claim->call)
            fault(a->call->problem,
                  arena_printf(a->call->problem->arena, "/reservations/%zu/external_id", j),
                  "repeated", "The external id stands at more than one reservation.");
        else if (external_id_check(claim, "rsv", &f->taken) == ERR_SERIALIZATION)
            return ERR_SERIALIZATION;
    }
    return OK;
}

static err lock(struct tx *tx, const struct asking *a, size_t n, struct facts *f)
{
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, f->n);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; alive(&a[i]) && j < a[i].in->reservations.n; j++)
            keys[k++] = f->namings[a[i].first + j].key;
    return k > 0 ? stock_lock(tx, keys, k, &f->stock) : OK;
}

/* ---- decide ---- */

static err refuse(const struct call *c, size_t j, int64_t wanted, int64_t available,
                  const char *sku)
{
    char want[DECIMAL_TEXT_MAX], have[DECIMAL_TEXT_MAX];
    decimal_format(wanted, DECIMAL_SCALE, 0, want);
    decimal_format(available, DECIMAL_SCALE, 0, have);
    return fail(c->problem, ERR_INSUFFICIENT_STOCK,
                "Reservation %zu wants %s of %s, %s are available.", j + 1, want, sku, have);
}

/* Takes what the request wants out of the facts, or nothing. */
static bool hold(const struct asking *a, const struct facts *f)
{
    for (size_t j = 0; j < a->in->reservations.n; j++) {
        const struct stock_naming *what = &f->namings[a->first + j];
        int64_t wanted = a->in->reservations.v[j].quantity;
        struct stock_facts *s = stock_find(&f->stock, what->key.product_id, what->key.warehouse_id);
        if (wanted <= stock_available(s)) {
            s->held += wanted;
            continue;
        }
        (void)refuse(a->call, j, wanted, stock_available(s), what->found_sku);
        while (j-- > 0) {
            const struct stock_naming *back = &f->namings[a->first + j];
            stock_find(&f->stock, back->key.product_id, back->key.warehouse_id)
                ->held -= a->in->reservations.v[j].quantity;
        }
        return false;
    }
    return true;
}

static struct stock_reservation shown(const struct tx *tx, const struct asking *a,
                                      const struct holding *h, const struct stock_naming *what)
{
    return (struct stock_reservation){.id = id_new(),
                                      .version = 1,
                                      .external_id = h->in->external_id,
                                      .status = "held",
                                      .owner = a->in->owner,
                                      .product_id = what->key.product_id,
                                      .sku = what->found_sku,
                                      .warehouse_id = what->key.warehouse_id,
                                      .warehouse_code = what->warehouse_code,
                                      .quantity = h->in->quantity,
                                      .expires_at = a->expires_at,
                                      .order_id = NIL64,
                                      .created_at = tx->now,
                                      .updated_at = tx->now};
}

static void show(struct tx *tx, const struct asking *a, struct facts *f,
                 struct stock_reservations *out)
{
    out->reservations.n = a->in->reservations.n;
    out->reservations.v = ARENA_ARRAY(tx->arena, struct stock_reservation, out->reservations.n);
    for (size_t j = 0; j < out->reservations.n; j++) {
        struct holding *h = &f->holdings[a->first + j];
        h->out = &out->reservations.v[j];
        *h->out = shown(tx, a, h, &f->namings[a->first + j]);
        f->claims[a->first + j].id = h->out->id;
        event_push(tx, a->call, "stock_reservation.held", "stock_reservation", h->out->id, NULL,
                   call_json(tx->arena, &stock_reservation_type, h->out, NULL));
    }
}

/* ---- store ---- */

static err store(struct tx *tx, const struct facts *f)
{
    struct stock_reservation *rows = ARENA_ARRAY(tx->arena, struct stock_reservation, f->n);
    struct stock_delta *deltas = ARENA_ARRAY(tx->arena, struct stock_delta, f->n);
    size_t n = 0;
    for (size_t k = 0; k < f->n; k++) {
        const struct stock_reservation *r = f->holdings[k].out;
        if (r == NULL)
            continue;
        deltas[n] = (struct stock_delta){
            .product_id = r->product_id, .warehouse_id = r->warehouse_id, .held = r->quantity};
        rows[n++] = *r;
    }
    if (n == 0)
        return OK;
    TRY(reservations_insert(tx, rows, n));
    return stock_apply(tx, deltas, n);
}

err stock_reservations_create(struct tx *tx, struct stock_reservations_create_cmd *cmds, size_t n)
{
    struct facts f = {0};
    struct asking *a = ARENA_ARRAY(tx->arena, struct asking, n);
    for (size_t i = 0; i < n; i++)
        a[i] = (struct asking){.call = cmds[i].call, .in = cmds[i].in};
    spread(tx, a, n, &f);
    TRY(load(tx, &f));
    TRY(lock(tx, a, n, &f));
    for (size_t i = 0; i < n; i++) {
        TRY(check_external_ids(&a[i], &f));
        if (alive(&a[i]) && hold(&a[i], &f))
            show(tx, &a[i], &f, cmds[i].out);
    }
    return store(tx, &f);
}

/* ---- one reservation ---- */

static err select_one(struct tx *tx, int64_t id, struct stock_reservation *ret)
{
    struct stock_reservation_list found;
    TRY(reservations_show(tx, &id, 1, &found));
    if (found.n == 0)
        return ERR_NO_ROW;
    *ret = found.v[0];
    return OK;
}

err stock_reservations_get(struct tx *tx, struct call *c, const struct none *in,
                           struct stock_reservation *ret)
{
    (void)in;
    return select_one(tx, c->path_id[0], ret);
}

/* The reservation of the path, its stock locked, if it still holds something. */
static err lock_held(struct tx *tx, const struct call *c, const char *what,
                     struct reservation_facts *ret)
{
    struct reservation_facts_list seen;
    struct stock_facts_list stock;
    struct stock_reservation now;
    TRY(reservations_load_queue(tx, &c->path_id[0], 1, &seen));
    TRY(tx_flush(tx));
    if (seen.n == 0)
        return ERR_NO_ROW;
    struct stock_key key = {seen.v[0].product_id, seen.v[0].warehouse_id};
    TRY(stock_lock(tx, &key, 1, &stock));
    TRY(reservations_load_queue(tx, &c->path_id[0], 1, &seen));
    TRY(select_one(tx, c->path_id[0], &now));
    TRY(call_check_version(c, now.version));
    if (!reservation_holds(&seen.v[0], tx->now))
        return fail(c->problem, ERR_WRONG_STATE,
                    "The reservation is %s; only a held one can be %s.", now.status, what);
    *ret = seen.v[0];
    return OK;
}

err stock_reservations_patch(struct tx *tx, struct call *c,
                             const struct stock_reservation_patch *in,
                             struct stock_reservation *ret)
{
    struct reservation_facts r = {0};
    TRY(lock_held(tx, c, "extended", &r));
    int64_t expires_at = expiry(tx, c, in->expires_at);
    if (c->problem->code != OK)
        return c->problem->code;
    if (expires_at != r.expires_at) {
        TRY(reservation_extend(tx, r.id, expires_at));
        TRY(stock_touch_held(tx, r.product_id, r.warehouse_id));
    }
    TRY(select_one(tx, r.id, ret));
    if (expires_at == r.expires_at)
        return OK;
    char was[INSTANT_TEXT];
    instant_format(r.expires_at, was);
    event_push(tx, c, "stock_reservation.extended", "stock_reservation", r.id,
               arena_printf(tx->arena, "{\"expires_at\":\"%s\"}", was),
               call_json(tx->arena, &stock_reservation_type, ret, NULL));
    return OK;
}

err stock_reservations_release(struct tx *tx, struct call *c, const struct none *in,
                               struct stock_reservation *ret)
{
    (void)in;
    struct reservation_facts r = {0};
    TRY(lock_held(tx, c, "released", &r));
    struct stock_delta delta = {
        .product_id = r.product_id, .warehouse_id = r.warehouse_id, .held = -r.quantity};
    TRY(reservations_settle(tx, c, "released", &r, 1, NIL64));
    TRY(stock_apply(tx, &delta, 1));
    return select_one(tx, r.id, ret);
}

/* ---- for orders, and the sweeper ---- */

err reservations_settle(struct tx *tx, const struct call *c, const char *status,
                        const struct reservation_facts *v, size_t n, int64_t order_id)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    char order[ID_TEXT_MAX] = "";
    if (n == 0)
        return OK;
    if (order_id != NIL64)
        id_format("ord", order_id, order);
    for (size_t i = 0; i < n; i++) {
        ids[i] = v[i].id;
        event_push(
            tx, c,
            strcmp(status, "held") == 0 ? "stock_reservation.named"
                                        : arena_printf(tx->arena, "stock_reservation.%s", status),
            "stock_reservation", v[i].id, "{\"status\":\"held\"}",
            order_id == NIL64 ? arena_printf(tx->arena, "{\"status\":\"%s\"}", status)
                              : arena_printf(tx->arena, "{\"status\":\"%s\",\"order_id\":\"%s\"}",
                                             status, order));
    }
    return reservations_update(tx, ids, n, status, order_id);
}

err reservations_sweep(struct tx *tx)
{
    struct stock_key_list keys;
    struct stock_facts_list stock;
    TRY(stock_overdue(tx, SWEEP_MAX, &keys));
    if (keys.n == 0)
        return OK;
    TRY(stock_lock_queue(tx, keys.v, keys.n, &stock));
    TRY(tx_flush(tx));
    return reservations_let_expire(tx, &stock); /* lots expire by the tenant's day, not by ours */
}
