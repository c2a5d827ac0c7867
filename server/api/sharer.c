/* Shares out stock that became free: see sharer.h. A turn of a tenant is a transaction that lets
 * reservations expire, one that looks again at orders that wait for credit, one that shares out
 * what is free, and one for each order that is held until there is stock. Each is done again if the
 * server dies before the last has committed. */
#include "server/api/sharer.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "server/api/auth.h"
#include "server/api/bells.h"
#include "server/events/events.h"
#include "server/fulfillment/fulfillment.h"
#include "server/inventory/inventory.h"
#include "server/orders/orders.h"
#include "server/orders/reconsider.h"
#include <pthread.h>
#include <stdlib.h>

#define ARENA_LIMIT ((size_t)512 << 20)
#define TURNS_MAX 1000     /* of a tenant, before others have theirs */
#define PAUSE_IDLE_MS 1000 /* until notes of other servers, and reservations, are looked for */
#define PAUSE_FAILED_MS 1000
#define TURN_DEADLINE_US (60 * INT64_C(1000000))

struct sharer {
    struct pool *pool;
    struct bells *bells;
    pthread_t thread;
    struct arena *list, *turn, *each;
};

/* A transaction of a tenant. */
struct task {
    err (*run)(struct tx *tx, struct call *c, void *arg);
    void *arg;
};

static err task_body(struct tx *tx, void *arg)
{
    const struct task *task = arg;
    struct actor actor = {0};
    struct call c = {.problem = tx->problem,
                     .tenant = &actor.tenant,
                     .api_key_id = NIL64,
                     .path_id = {NIL64, NIL64},
                     .if_match = VERSION_ANY};
    TRY(auth_tenant(tx, &actor));
    TRY(task->run(tx, &c, task->arg));
    TRY(orders_reconsider(tx, &c));
    return events_flush(tx);
}

static err run_task(struct sharer *s, struct arena *a, const struct stock_work *work,
                    err (*run)(struct tx *, struct call *, void *), void *arg)
{
    struct task task = {.run = run, .arg = arg};
    struct problem p;
    problem_init(&p, a);
    struct tx_options o = {.mode = TX_WRITE,
                           .tenant = work->tenant,
                           .now = clock_now_us(),
                           .today = work->today,
                           .deadline_us = clock_monotonic_us() + TURN_DEADLINE_US,
                           .arena = a,
                           .problem = &p};
    err e = tx_run(s->pool, &o, task_body, &task);
    if (e == OK || err_status(e) < 500)
        return e;
    char tenant[ID_TEXT_MAX];
    id_format("ten", work->tenant, tenant);
    log_line(LOG_WARN, "stock could not be shared out", LOG_S("tenant", tenant),
             LOG_S("code", err_slug(e)), LOG_S("detail", p.detail ? p.detail : ""));
    return e;
}

/* ---- the transactions ---- */

static err sweep(struct tx *tx, struct call *c, void *arg)
{
    (void)c;
    (void)arg;
    return reservations_sweep(tx);
}

static err reconsider(struct tx *tx, struct call *c, void *arg)
{
    (void)arg;
    return orders_reconsider_noted(tx, c);
}

static err share(struct tx *tx, struct call *c, void *arg)
{
    return freed_share(tx, c, arg);
}

static err review(struct tx *tx, struct call *c, void *arg)
{
    c->path_id[0] = *(const int64_t *)arg;
    return orders_review_stock(tx, c);
}

static err settle(struct tx *tx, struct call *c, void *arg)
{
    (void)c;
    return freed_done(tx, arg);
}

/* ---- turns ---- */

/* An order that cannot go on for a reason of its own stays where it is. */
static err review_held(struct sharer *s, const struct stock_work *work, struct freed_turn *turn)
{
    for (size_t i = 0; i < turn->n_held; i++) {
        arena_reset(s->each);
        err e = run_task(s, s->each, work, review, &turn->held[i]);
        if (err_status(e) >= 500)
            return e;
    }
    return OK;
}

/* ret_more: there may be something left to share out. */
static err take_turn(struct sharer *s, const struct stock_work *work, bool *ret_more)
{
    struct freed_turn turn = {0};
    arena_reset(s->turn);
    TRY(run_task(s, s->turn, work, share, &turn));
    *ret_more = turn.freed.n > 0;
    if (turn.n_held == 0)
        return OK;
    TRY(review_held(s, work, &turn));
    arena_reset(s->each);
    return turn.again ? OK : run_task(s, s->each, work, settle, &turn);
}

static err serve(struct sharer *s, const struct stock_work *work)
{
    bool more = true;
    arena_reset(s->each);
    TRY(run_task(s, s->each, work, sweep, NULL));
    arena_reset(s->each);
    TRY(run_task(s, s->each, work, reconsider, NULL));
    for (int i = 0; more && i < TURNS_MAX && !bells_stopped(s->bells); i++)
        TRY(take_turn(s, work, &more));
    return OK;
}

static err find_work(struct tx *tx, void *arg)
{
    return stock_work_find(tx, arg);
}

/* Once through the tenants; one that fails does not keep the others. */
static err round_trip(struct sharer *s)
{
    struct stock_work_list work = {0};
    struct problem p;
    arena_reset(s->list);
    problem_init(&p, s->list);
    struct tx_options o = {.mode = TX_READ, .now = clock_now_us(), .arena = s->list, .problem = &p};
    err e = tx_run(s->pool, &o, find_work, &work);
    for (size_t i = 0; e != ERR_UNAVAILABLE && i < work.n && !bells_stopped(s->bells); i++) {
        err one = serve(s, &work.v[i]);
        e = one != OK ? one : e;
    }
    return e;
}

static void *sharing(void *arg)
{
    struct sharer *s = arg;
    uint64_t heard = 0;
    s->list = arena_new(ARENA_LIMIT);
    s->turn = arena_new(ARENA_LIMIT);
    s->each = arena_new(ARENA_LIMIT);
    while (!bells_stopped(s->bells)) {
        if (round_trip(s) == OK)
            bells_wait(s->bells, WAKES_STOCK, &heard, PAUSE_IDLE_MS);
        else
            bells_wait(s->bells, 0, &(uint64_t){0}, PAUSE_FAILED_MS);
    }
    arena_free(s->list);
    arena_free(s->turn);
    arena_free(s->each);
    return NULL;
}

struct sharer *sharer_start(struct pool *pool, struct bells *bells)
{
    struct sharer *s = calloc(1, sizeof(*s));
    if (s == NULL)
        abort();
    s->pool = pool;
    s->bells = bells;
    if (pthread_create(&s->thread, NULL, sharing, s) == 0)
        return s;
    log_line(LOG_ERROR, "the thread that shares out stock could not be started");
    free(s);
    return NULL;
}

void sharer_join(struct sharer *s)
{
    if (s == NULL)
        return;
    pthread_join(s->thread, NULL);
    free(s);
}
