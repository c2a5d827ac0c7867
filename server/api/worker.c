/* The runner of jobs: see worker.h. Finds one that no other worker is at, does some lines of it,
 * and commits them with their results and the job's progress. */
#include "server/api/worker.h"
#include "jobs.sql.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "server/api/auth.h"
#include "server/api/bells.h"
#include "server/api/refs.h"
#include "server/events/events.h"
#include "server/jobs/jobs.h"
#include "server/orders/reconsider.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_LIMIT ((size_t)512 << 20)
#define OPEN_MOST 16
#define LINES_MOST 500     /* in one transaction */
#define TRIES_MAX 16       /* of a turn: halving down to one line, refusing it, giving up */
#define PAUSE_IDLE_MS 1000 /* until jobs of other servers are looked for */
#define PAUSE_FAILED_MS 1000
#define STEP_DEADLINE_US (60 * INT64_C(1000000))

struct job_workers {
    struct pool *pool;
    struct bells *bells;
    int n;
    pthread_t threads[];
};

/* One worker's next transaction. */
struct step {
    int64_t job;
    size_t most;  /* lines; fewer after failures, so that a bad line is alone in the end */
    err refuse;   /* what its first line fails with, alone; OK: nothing known */
    int64_t at;   /* that line's index */
    bool abandon; /* not even refusing it helped: the job fails */
    size_t n;     /* out: lines worked off */
    bool moved;   /* out: the job was free, and has changed */
    struct rehearsal *rehearsed; /* of a job that only tries its lines; NULL: no such job */
};

/* What would become of the lines from `from` on, as a transaction found that was rolled back. */
struct rehearsal {
    struct job_result *results;
    size_t n; /* 0: nothing was tried */
    int64_t from;
};

struct claim {
    struct job job;
    const char *request_id;
    bool csv;
};

static const struct route *route_of(const char *kind)
{
    for (size_t i = 0; i < n_routes; i++)
        if (routes[i].work != NULL && strcmp(routes[i].name, kind) == 0)
            return &routes[i];
    return NULL;
}

static err claim(struct tx *tx, int64_t id, struct claim *ret, bool *ret_free)
{
    struct job_claim_row r;
    TRY(job_claim(tx, id, &r, ret_free));
    if (*ret_free)
        *ret = (struct claim){.job = {.id = id,
                                      .kind = r.kind,
                                      .validate_only = r.validate_only,
                                      .status = r.status,
                                      .total = r.total,
                                      .done = r.accepted + r.refused,
                                      .accepted = r.accepted,
                                      .refused = r.refused,
                                      .api_key_id = r.api_key_id,
                                      .created_at = r.created_at,
                                      .started_at = r.started_at,
                                      .finished_at = NIL64},
                              .request_id = r.request_id,
                              .csv = r.csv};
    return OK;
}

static err start(struct tx *tx, const struct call *c, const struct job *was)
{
    struct job now = *was;
    now.status = "running";
    now.started_at = tx->now;
    return job_store(tx, c, was, now, "job.started");
}

static err fail_job(struct tx *tx, const struct call *c, const struct job *was, const char *reason)
{
    struct job now = *was;
    now.status = "failed";
    now.reason = reason;
    now.finished_at = tx->now;
    return job_store(tx, c, was, now, "job.failed");
}

/* Loads the actor; why the job may not go on, NULL: it may. */
static err check_key(struct tx *tx, const struct route *route, int64_t key, struct actor *ret,
                     const char **ret_reason)
{
    err e = auth_actor(tx, key, ret);
    *ret_reason = NULL;
    if (e == ERR_UNAUTHENTICATED)
        *ret_reason = "Its API key was revoked or has expired.";
    else if (e != OK)
        return e;
    else if (route == NULL)
        *ret_reason = "This server knows no such kind of job.";
    else if (!actor_may(ret, route->scope))
        *ret_reason = arena_printf(tx->arena, "Its API key lacks the scope %s.", route->scope);
    return OK;
}

/* The lines from the job's position on, decoded, with their references resolved. */
static err load_lines(struct tx *tx, struct call *c, const struct claim *k, size_t most,
                      struct bulk *ret)
{
    struct job_part_of_row part;
    bool found;
    TRY(job_part_of(tx, k->job.id, k->job.done, &part, &found));
    size_t skip = found ? (size_t)(k->job.done - part.first_index) : 0;
    if (!found || skip >= (size_t)part.line_count)
        return fail(tx->problem, ERR_INTERNAL, "Line %lld of the file is missing.",
                    (long long)k->job.done);
    struct bulk_text text = {
        .media = k->csv ? BULK_CSV : BULK_NDJSON, .body = part.body, .first_row = part.first_row};
    struct json_refs *refs = NULL;
    struct refs *known = NULL;
    bulk_decode(tx->arena, c, &text, ret, &refs);
    if (ret->n != (size_t)part.line_count)
        return fail(tx->problem, ERR_INTERNAL, "The file was cut into other lines.");
    ret->lines += skip;
    ret->origins += skip;
    refs += skip;
    ret->n = ret->n - skip < most ? ret->n - skip : most;
    TRY(refs_queue(tx, refs, ret->n, &known));
    TRY(tx_flush(tx));
    for (size_t i = 0; i < ret->n; i++)
        refs_fill(known, &refs[i], ret->lines[i].problem);
    return OK;
}

static err store_results(struct tx *tx, int64_t job, const struct job_result *results, size_t n)
{
    struct job_results_insert_r *rows = ARENA_ARRAY(tx->arena, struct job_results_insert_r, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct job_results_insert_r){
            .index = results[i].index,
            .status = results[i].status,
            .result = call_json(tx->arena, &job_result_type, &results[i], NULL)};
    return job_results_insert(tx, job, rows, n);
}

static struct job progress(struct tx *tx, const struct job *was, const struct job_result *results,
                           size_t n)
{
    struct job now = *was;
    now.done += (int64_t)n;
    for (size_t i = 0; i < n; i++)
        *(results[i].status < 400 ? &now.accepted : &now.refused) += 1;
    if (now.done == now.total) {
        now.status = now.refused == 0    ? "succeeded"
                     : now.accepted == 0 ? "failed"
                                         : "partially_failed";
        now.finished_at = tx->now;
    }
    return now;
}

/* Works off the next lines. */
static err run_lines(struct tx *tx, struct call *c, const struct claim *k, const struct step *s,
                     struct job_result **ret, size_t *ret_n)
{
    struct bulk lines = {0};
    TRY(load_lines(tx, c, k, s->most, &lines));
    if (s->refuse != OK && s->at == k->job.done && lines.n == 1)
        fail(lines.lines[0].problem, s->refuse,
             "The server cannot take this line. Tell whoever "
             "runs it.");
    *ret = ARENA_ARRAY(tx->arena, struct job_result, lines.n);
    *ret_n = lines.n;
    TRY(c->route->work(tx, c, &lines, *ret));
    for (size_t i = 0; i < lines.n; i++)
        (*ret)[i].index = k->job.done + (int64_t)i;
    return arena_over(tx->arena)
               ? fail(tx->problem, ERR_OVERLOADED, "These lines need too much memory together.")
               : OK;
}

static err work_off(struct tx *tx, struct call *c, const struct claim *k, struct step *s)
{
    struct job_result *results = NULL;
    size_t n = 0;
    if (s->rehearsed == NULL) {
        TRY(run_lines(tx, c, k, s, &results, &n));
    } else if (s->rehearsed->from == k->job.done) {
        results = s->rehearsed->results;
        n = s->rehearsed->n;
    }
    if (n == 0)
        return OK; /* another worker was there in between */
    TRY(store_results(tx, k->job.id, results, n));
    struct job now = progress(tx, &k->job, results, n);
    s->n = n;
    return job_store(tx, c, &k->job, now,
                     now.finished_at != NIL64 ? arena_printf(tx->arena, "job.%s", now.status)
                                              : NULL);
}

/* A job that this transaction has to itself. */
struct turn {
    struct claim k;
    struct actor actor;
    struct call call;
    const char *reason; /* why it may not go on; NULL: it may */
};

/* ret_free false: another worker has it, or it has ended. */
static err begin_turn(struct tx *tx, struct step *s, struct turn *t, bool *ret_free)
{
    *t = (struct turn){0};
    s->n = 0;
    s->moved = false;
    TRY(claim(tx, s->job, &t->k, ret_free));
    if (!*ret_free)
        return OK;
    s->at = s->refuse == OK ? t->k.job.done : s->at;
    const struct route *route = route_of(t->k.job.kind);
    t->call = (struct call){.route = route,
                            .problem = tx->problem,
                            .tenant = &t->actor.tenant,
                            .api_key_id = t->k.job.api_key_id,
                            .request_id = t->k.request_id,
                            .if_match = VERSION_ANY};
    return check_key(tx, route, t->k.job.api_key_id, &t->actor, &t->reason);
}

static bool is_queued(const struct turn *t)
{
    return strcmp(t->k.job.status, "queued") == 0;
}

/* Tries the next lines; the transaction is rolled back. */
static err rehearse_body(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct rehearsal *r = s->rehearsed;
    struct turn t;
    bool available;
    *r = (struct rehearsal){0};
    TRY(begin_turn(tx, s, &t, &available));
    if (!available || t.reason != NULL || s->abandon || is_queued(&t))
        return OK;
    r->from = t.k.job.done;
    TRY(run_lines(tx, &t.call, &t.k, s, &r->results, &r->n));
    for (size_t i = 0; i < r->n; i++)
        r->results[i].id = NULL;
    return tx_flush(tx); /* what the database says to what it would have to store */
}

static err step_body(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct turn t;
    bool available;
    TRY(begin_turn(tx, s, &t, &available));
    if (!available)
        return OK;
    if (s->abandon)
        t.reason = "The server cannot work it off. Tell whoever runs it.";
    if (t.reason != NULL)
        TRY(fail_job(tx, &t.call, &t.k.job, t.reason));
    else if (is_queued(&t))
        TRY(start(tx, &t.call, &t.k.job));
    else
        TRY(work_off(tx, &t.call, &t.k, s));
    s->moved = true;
    TRY(orders_reconsider(tx, &t.call));
    return events_flush(tx);
}

err job_step(struct tx *tx, int64_t job, bool *ret_moved)
{
    struct step s = {.job = job, .most = LINES_MOST};
    err e = step_body(tx, &s);
    *ret_moved = s.moved;
    return e;
}

static bool may_pass(err e)
{
    return err_status(e) == 503;
}

/* A failure makes the next step smaller, until the line that cannot be taken is alone and gets it
 * as its result. Failures that pass by themselves are not a line's: those are waited for. */
static void learn(struct step *s, err e)
{
    if (e == OK) {
        s->most = s->most * 2 < LINES_MOST ? s->most * 2 : LINES_MOST;
        s->refuse = OK;
    } else if (s->most > 1) {
        s->most /= 2;
    } else if (!may_pass(e)) {
        s->abandon = s->refuse != OK;
        s->refuse = e;
    }
}

static err take_step(struct job_workers *w, struct arena *a, const struct jobs_open_row *open,
                     struct step *s)
{
    unsigned wakes;
    struct problem p;
    arena_reset(a);
    problem_init(&p, a);
    struct tx_options o = {.mode = TX_WRITE,
                           .tenant = open->tenant,
                           .now = clock_now_us(),
                           .today = open->today,
                           .deadline_us = clock_monotonic_us() + STEP_DEADLINE_US,
                           .arena = a,
                           .problem = &p,
                           .ret_wakes = &wakes};
    struct rehearsal rehearsal = {0};
    s->job = open->id;
    s->rehearsed = open->validate_only ? &rehearsal : NULL;
    err e = OK;
    if (open->validate_only) {
        struct tx_options dry = o;
        dry.rollback = true;
        e = tx_run(w->pool, &dry, rehearse_body, s);
    }
    if (e == OK)
        e = tx_run(w->pool, &o, step_body, s);
    bells_ring(w->bells, wakes);
    char id[ID_TEXT_MAX];
    id_format("job", open->id, id);
    if (e != OK)
        log_line(LOG_WARN, "a step of a job failed", LOG_S("job", id), LOG_S("code", err_slug(e)),
                 LOG_S("detail", p.detail ? p.detail : ""), LOG_I("lines", (int64_t)s->most));
    return e;
}

/* A step of one job; failures that are the lines' own are followed to the line. */
static err take_turn(struct job_workers *w, struct arena *a, const struct jobs_open_row *open,
                     struct step *s)
{
    err e = OK;
    s->refuse = OK;
    s->abandon = false;
    for (int i = 0; i < TRIES_MAX; i++) {
        e = take_step(w, a, open, s);
        learn(s, e);
        if (e == OK || may_pass(e))
            break;
    }
    return e;
}

static err list_open(struct tx *tx, void *arg)
{
    return jobs_open(tx, OPEN_MOST, arg);
}

/* Once through the open jobs, a step of each: was there something to do? One that has to wait does
 * not keep the others. */
static err round_trip(struct job_workers *w, struct arena *list, struct arena *each, struct step *s,
                      bool *ret_moved)
{
    struct jobs_open_row_list open = {0};
    struct problem p;
    arena_reset(list);
    problem_init(&p, list);
    struct tx_options o = {.mode = TX_READ, .now = clock_now_us(), .arena = list, .problem = &p};
    err e = tx_run(w->pool, &o, list_open, &open);
    *ret_moved = false;
    for (size_t i = 0; e != ERR_UNAVAILABLE && i < open.n && !bells_stopped(w->bells); i++) {
        err one = take_turn(w, each, &open.v[i], s);
        *ret_moved = *ret_moved || (one == OK && s->moved);
        e = one != OK ? one : e;
    }
    return e;
}

static void *worker(void *arg)
{
    struct job_workers *w = arg;
    struct arena *list = arena_new(ARENA_LIMIT), *each = arena_new(ARENA_LIMIT);
    struct step s = {.most = LINES_MOST};
    uint64_t heard = 0;
    while (!bells_stopped(w->bells)) {
        bool moved;
        err e = round_trip(w, list, each, &s, &moved);
        uint64_t nothing = 0;
        if (e != OK)
            bells_wait(w->bells, 0, &nothing, PAUSE_FAILED_MS);
        else if (!moved)
            bells_wait(w->bells, WAKES_JOBS, &heard, PAUSE_IDLE_MS);
    }
    arena_free(list);
    arena_free(each);
    return NULL;
}

struct job_workers *job_workers_start(struct pool *pool, struct bells *bells, int n)
{
    struct job_workers *w = calloc(1, sizeof(*w) + (size_t)n * sizeof(w->threads[0]));
    if (w == NULL)
        abort();
    w->pool = pool;
    w->bells = bells;
    while (w->n < n && pthread_create(&w->threads[w->n], NULL, worker, w) == 0)
        w->n++;
    if (w->n < n)
        log_line(LOG_ERROR, "not all workers for jobs could be started", LOG_I("started", w->n));
    return w;
}

void job_workers_join(struct job_workers *w)
{
    if (w == NULL)
        return;
    for (int i = 0; i < w->n; i++)
        pthread_join(w->threads[i], NULL);
    free(w);
}
