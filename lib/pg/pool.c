/* A pool of connections: the last one given back goes out first, who waits longest is served
 * first. */
#include "lib/pg/conn.h"

#include "lib/base/date.h"
#include "lib/base/log.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_US INT64_C(5000000)
#define IDLE_IN_TRANSACTION_MS 60000
#define CHECK_CLIENT_MS 2000

struct waiter {
    pthread_cond_t cond;
    struct waiter *next;
    bool served; /* with conn, or the right to open one when NULL */
    struct conn *conn;
};

struct pool {
    pthread_mutex_t lock;
    char *conninfo, *settings;
    int64_t wait_us;
    struct conn *idle;
    struct waiter *first, **last;
    struct pool_stats stats; /* size is the maximum; idle + busy are open or opening */
};

struct pool_stats pool_stats(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct pool_stats s = p->stats;
    pthread_mutex_unlock(&p->lock);
    return s;
}

/* Called with the lock held. */
static bool serve_first(struct pool *p, struct conn *c)
{
    struct waiter *w = p->first;
    if (w == NULL)
        return false;
    p->first = w->next;
    if (p->first == NULL)
        p->last = &p->first;
    w->conn = c;
    w->served = true;
    pthread_cond_signal(&w->cond);
    return true;
}

static void leave_queue(struct pool *p, struct waiter *w)
{
    struct waiter **at = &p->first;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    if (w->next == NULL)
        p->last = at;
}

static struct timespec timespec_us(int64_t us)
{
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

/* Called with the lock held. OK: served with *ret, or with a place to open one in when NULL. */
static err wait_turn(struct pool *p, int64_t deadline_us, struct conn **ret)
{
    int64_t patience = clock_monotonic_us() + p->wait_us;
    struct timespec until = timespec_us(patience < deadline_us ? patience : deadline_us);
    struct waiter w = {0};
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w.cond, &attr);
    pthread_condattr_destroy(&attr);
    *p->last = &w;
    p->last = &w.next;
    p->stats.waits++;
    int rc = 0;
    while (!w.served && rc == 0)
        rc = pthread_cond_timedwait(&w.cond, &p->lock, &until);
    if (!w.served) {
        leave_queue(p, &w);
        p->stats.timeouts++;
    }
    pthread_cond_destroy(&w.cond);
    if (!w.served)
        return patience < deadline_us ? ERR_OVERLOADED : ERR_DEADLINE;
    *ret = w.conn;
    return OK;
}

/* Called with the lock held. */
static err take_place(struct pool *p, int64_t deadline_us, struct conn **ret)
{
    *ret = NULL;
    if (p->first == NULL && p->idle != NULL) {
        *ret = p->idle;
        p->idle = p->idle->next;
        p->stats.idle--;
        p->stats.busy++;
        return OK;
    }
    if (p->first == NULL && p->stats.idle + p->stats.busy < p->stats.size) {
        p->stats.busy++;
        return OK;
    }
    return wait_turn(p, deadline_us, ret);
}

static err open_in_place(struct pool *p, int64_t deadline_us, struct conn **ret)
{
    int64_t limit = clock_monotonic_us() + CONNECT_US;
    err e = conn_open(p->conninfo, p->settings, limit < deadline_us ? limit : deadline_us, ret);
    pthread_mutex_lock(&p->lock);
    if (e == OK)
        p->stats.opened++;
    else
        p->stats.failed++;
    if (e != OK && !serve_first(p, NULL))
        p->stats.busy--;
    pthread_mutex_unlock(&p->lock);
    return e;
}

err pool_take(struct pool *p, int64_t deadline_us, bool fresh, struct conn **ret)
{
    struct conn *c = NULL;
    pthread_mutex_lock(&p->lock);
    err e = take_place(p, deadline_us, &c);
    pthread_mutex_unlock(&p->lock);
    TRY(e);
    if (c != NULL && (fresh || !conn_quiet(c))) {
        conn_close(c);
        c = NULL;
    }
    if (c == NULL)
        TRY(open_in_place(p, deadline_us, &c));
    c->next = NULL;
    *ret = c;
    return OK;
}

void pool_give(struct pool *p, struct conn *c, bool healthy)
{
    bool keep = healthy && PQstatus(c->pg) == CONNECTION_OK &&
                PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    if (!keep) {
        conn_close(c);
        c = NULL;
    }
    pthread_mutex_lock(&p->lock);
    if (!keep)
        p->stats.failed++;
    if (!serve_first(p, c)) {
        p->stats.busy--;
        if (c != NULL) {
            c->next = p->idle;
            p->idle = c;
            p->stats.idle++;
        }
    }
    pthread_mutex_unlock(&p->lock);
}

static char *settings_text(const struct pool_options *o)
{
    char *schema = NULL, *text = NULL;
    if (o->schema != NULL && asprintf(&schema, "SET search_path = \"%s\";", o->schema) < 0)
        abort();
    if (asprintf(&text,
                 "SET statement_timeout = %lld; SET lock_timeout = %lld;"
                 "SET idle_in_transaction_session_timeout = %d;"
                 "SET client_connection_check_interval = %d;"
                 "SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = %s;"
                 "SET client_min_messages = error; SET TimeZone = 'UTC'; %s",
                 (long long)o->statement_timeout_ms, (long long)o->lock_timeout_ms,
                 IDLE_IN_TRANSACTION_MS, CHECK_CLIENT_MS, o->scans ? "on" : "off",
                 schema != NULL ? schema : "") < 0)
        abort();
    free(schema);
    return text;
}

err pool_open(const struct pool_options *o, struct pool **ret)
{
    if (o->schema != NULL && strchr(o->schema, '"') != NULL)
        return ERR_PARAMETER;
    struct pool *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    pthread_mutex_init(&p->lock, NULL);
    p->conninfo = strdup(o->conninfo);
    if (p->conninfo == NULL)
        abort();
    p->settings = settings_text(o);
    p->wait_us = o->wait_us;
    p->stats.size = o->size > 0 ? o->size : 1;
    p->last = &p->first;
    struct conn *c = NULL;
    err e = pool_take(p, clock_monotonic_us() + CONNECT_US, false, &c);
    if (e != OK) {
        pool_close(p);
        return e;
    }
    pool_give(p, c, true);
    *ret = p;
    return OK;
}

void pool_close(struct pool *p)
{
    if (p == NULL)
        return;
    if (p->stats.busy != 0)
        log_line(LOG_ERROR, "the pool is closed while connections are busy",
                 LOG_I("busy", p->stats.busy));
    while (p->idle != NULL) {
        struct conn *next = p->idle->next;
        conn_close(p->idle);
        p->idle = next;
    }
    pthread_mutex_destroy(&p->lock);
    free(p->conninfo);
    free(p->settings);
    free(p);
}

static bool ask(struct conn *c, int64_t deadline_us)
{
    if (!PQsendQueryParams(c->pg, "SELECT 1", 0, NULL, NULL, NULL, NULL, 1) ||
        !PQpipelineSync(c->pg))
        return false;
    bool answered = false;
    for (;;) {
        PGresult *res = NULL;
        if (conn_result(c, deadline_us, &res) != OK)
            return false;
        ExecStatusType status = PQresultStatus(res);
        PQclear(res);
        if (status == PGRES_PIPELINE_SYNC)
            return answered;
        answered |= status == PGRES_TUPLES_OK;
    }
}

bool pool_healthy(struct pool *p, int64_t timeout_us)
{
    int64_t deadline_us = clock_monotonic_us() + timeout_us;
    struct conn *c = NULL;
    if (pool_take(p, deadline_us, false, &c) != OK)
        return false;
    bool well = ask(c, deadline_us);
    pool_give(p, c, well);
    return well;
}
