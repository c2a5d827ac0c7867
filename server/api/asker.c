/* Asks the credit bureau: see asker.h. */
#include "server/api/asker.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "server/api/bells.h"
#include "server/credit/bureau.h"
#include "server/events/events.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_LIMIT ((size_t)64 << 20)
#define PAUSE_IDLE_MS 1000
#define PAUSE_MAX_MS 3600000
#define TOKEN_MAX 4096
#define LEASE_SPARE_MS 30000 /* how much longer than a try may take it belongs to its worker */

struct asker {
    struct pool *pool;
    struct bells *bells;
    struct asker_options o;
    char *url, *token; /* token NULL: none */
    pthread_t thread;
    struct arena *list, *each;
};

/* A question at work. */
struct asking {
    const struct asker *asker;
    int64_t id;
    struct bureau_try t;
    bool available;
    struct bureau_outcome outcome;
};

/* retry_ms, doubled with each try, up to an hour. */
static int64_t pause_us(const struct asker *a, int64_t tries)
{
    int64_t ms = a->o.retry_ms;
    for (int64_t i = 1; i < tries && ms < PAUSE_MAX_MS; i++)
        ms *= 2;
    return (ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS) * 1000;
}

/* ---- the transactions ---- */

static err find(struct tx *tx, void *arg)
{
    return bureau_find(tx, arg);
}

static err claim(struct tx *tx, void *arg)
{
    struct asking *q = arg;
    int64_t lease_us = (q->asker->o.timeout_ms + LEASE_SPARE_MS) * 1000;
    return bureau_claim(tx, q->id, tx->now + lease_us, &q->t, &q->available);
}

static err store(struct tx *tx, void *arg)
{
    const struct asking *q = arg;
    TRY(bureau_store(tx, &q->t, &q->outcome, tx->now + pause_us(q->asker, q->t.tries)));
    return events_flush(tx);
}

static err run(struct asker *a, const struct bureau_due *due, err (*body)(struct tx *, void *),
               struct asking *q)
{
    struct problem p;
    problem_init(&p, a->each);
    struct tx_options o = {.mode = TX_WRITE,
                           .tenant = due->tenant,
                           .now = clock_now_us(),
                           .today = due->today,
                           .arena = a->each,
                           .problem = &p};
    err e = tx_run(a->pool, &o, body, q);
    if (e != OK)
        log_line(LOG_WARN, "a question to the bureau could not be stored",
                 LOG_S("code", err_slug(e)), LOG_S("detail", p.detail ? p.detail : ""));
    return e;
}

/* ---- a try ---- */

static bool stopped(void *arg)
{
    const struct asker *a = arg;
    return bells_stopped(a->bells);
}

static err ask(struct asker *a, const struct bureau_due *due)
{
    struct asking q = {.asker = a, .id = due->id};
    struct client_answer answer;
    arena_reset(a->each);
    TRY(run(a, due, claim, &q));
    if (!q.available)
        return OK;
    struct client_request r = {.url = a->url,
                               .bearer = a->token,
                               .idempotency_key = q.t.key,
                               .json = q.t.json,
                               .timeout_ms = a->o.timeout_ms,
                               .answer_max = BUREAU_ANSWER_BYTES_MAX,
                               .stopped = stopped,
                               .arg = a};
    client_post(a->each, &r, &answer);
    bureau_read(a->each, &answer, q.t.currency, &q.outcome);
    log_line(LOG_INFO, "asked the bureau", LOG_S("request", q.t.key), LOG_I("try", q.t.tries),
             LOG_S("outcome", q.outcome.status), LOG_I("status", answer.status));
    return run(a, due, store, &q);
}

/* One that fails does not keep the others. */
static err round_trip(struct asker *a, size_t *ret_n)
{
    struct bureau_due_list due = {0};
    struct problem p;
    arena_reset(a->list);
    problem_init(&p, a->list);
    struct tx_options o = {.mode = TX_READ, .now = clock_now_us(), .arena = a->list, .problem = &p};
    err e = tx_run(a->pool, &o, find, &due);
    for (size_t i = 0; e != ERR_UNAVAILABLE && i < due.n && !bells_stopped(a->bells); i++) {
        err one = ask(a, &due.v[i]);
        e = one != OK ? one : e;
    }
    *ret_n = due.n;
    return e;
}

static void *asking(void *arg)
{
    struct asker *a = arg;
    uint64_t heard = 0;
    size_t n = 0;
    a->list = arena_new(ARENA_LIMIT);
    a->each = arena_new(ARENA_LIMIT);
    int64_t idle_ms = a->o.retry_ms < PAUSE_IDLE_MS ? a->o.retry_ms : PAUSE_IDLE_MS;
    while (!bells_stopped(a->bells)) {
        err e = round_trip(a, &n);
        if (e != OK || n == 0)
            bells_wait(a->bells, e == OK ? WAKES_BUREAU : 0, &heard,
                       e == OK ? (int)idle_ms : PAUSE_IDLE_MS);
    }
    arena_free(a->list);
    arena_free(a->each);
    return NULL;
}

/* ---- started ---- */

static err read_token(const char *path, char *ret, size_t size)
{
    FILE *f = fopen(path, "re");
    bool read = f != NULL && fgets(ret, (int)size, f) != NULL;
    if (f != NULL)
        fclose(f);
    if (!read) {
        log_line(LOG_ERROR, "the bureau's token cannot be read", LOG_S("path", path));
        return ERR_PARAMETER;
    }
    ret[strcspn(ret, "\r\n")] = '\0';
    return OK;
}

static bool is_token(const char *token)
{
    for (const char *s = token; *s != '\0'; s++)
        if (*s <= ' ' || *s > '~')
            return false;
    return true;
}

static err load_token(const struct asker_options *o, char *ret, size_t size)
{
    snprintf(ret, size, "%s", o->token);
    if (o->token_file[0] != '\0')
        TRY(read_token(o->token_file, ret, size));
    if (is_token(ret))
        return OK;
    log_line(LOG_ERROR, "the bureau's token has characters that no token has");
    return ERR_PARAMETER;
}

static void asker_free(struct asker *a)
{
    free(a->url);
    free(a->token);
    free(a);
}

err asker_start(struct pool *pool, struct bells *bells, const struct asker_options *o,
                struct asker **ret)
{
    char token[TOKEN_MAX];
    *ret = NULL;
    bureau_available(o->url[0] != '\0');
    if (o->url[0] == '\0')
        return OK;
    if (!client_url_allowed(o->url)) {
        log_line(LOG_ERROR, "O2C_BUREAU_URL is no https URL (or http on the loopback interface)");
        return ERR_PARAMETER;
    }
    TRY(load_token(o, token, sizeof(token)));
    struct asker *a = calloc(1, sizeof(*a));
    if (a == NULL)
        abort();
    *a = (struct asker){.pool = pool, .bells = bells, .o = *o, .url = strdup(o->url)};
    if (token[0] != '\0')
        a->token = strdup(token);
    if (a->url == NULL || pthread_create(&a->thread, NULL, asking, a) != 0) {
        log_line(LOG_ERROR, "the thread that asks the bureau could not be started");
        asker_free(a);
        return ERR_INTERNAL;
    }
    *ret = a;
    return OK;
}

void asker_join(struct asker *a)
{
    if (a == NULL)
        return;
    pthread_join(a->thread, NULL);
    asker_free(a);
}
