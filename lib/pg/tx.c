/* Transactions: statements gather in a queue, travel in one pipeline, and run again when the
 * database asks for it. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/pg/conn.h"
#include "lib/pg/inject.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define ATTEMPTS_MAX 8
#define PAUSE_MIN_US INT64_C(2000)
#define PAUSE_MAX_US INT64_C(100000)
#define DEADLINE_DEFAULT_US INT64_C(30000000)
#define ROLLBACK_GRACE_US INT64_C(1000000)
#define ROWS_MANY 1000
#define STMT_NAME 16
#define SLOW_NAMES 512

enum request_kind { REQUEST_COMMAND, REQUEST_STMT, REQUEST_TEXT };

struct request {
    struct request *next;
    enum request_kind kind;
    const char *name, *sql;
    struct wire_params params;
    struct wire_shape shape;
    struct pg_rows *rows;
    unsigned number; /* of REQUEST_STMT */
    int slot;        /* of REQUEST_TEXT; -1 = unnamed */
    bool preparing;  /* a PREPARE travels before it */
    bool ends;       /* COMMIT or ROLLBACK: its command tag must be its name */
};

struct pg_link {
    struct conn *conn; /* NULL once lost */
    struct pool *pool;
    enum tx_mode mode;
    int64_t deadline_us;
    bool begun;            /* BEGIN was sent */
    bool planned_for_many; /* plans are made for the parameters that come with them */
    err error;             /* the first failure of the database */
    const char *reason;
    struct request *first, **last;
    struct request *ending; /* COMMIT or ROLLBACK when queued */
    bool ended;             /* its command tag came back */
    bool refused;           /* the server itself refused a statement: no COMMIT can have happened */
    bool break_after_send;  /* injected */
};

static _Atomic int64_t slow_us = 1000000;

void pg_set_slow_us(int64_t us)
{
    atomic_store(&slow_us, us);
}

/* ---- faults on demand ---- */

static _Atomic int inject_statement, inject_commit; /* count down; 0 = off */
static _Atomic int inject_error, inject_how;

void pg_inject(int nth_statement, err e)
{
    atomic_store(&inject_error, (int)e);
    atomic_store(&inject_statement, nth_statement);
}

void pg_inject_commit(int nth_commit, enum pg_inject_commit how)
{
    atomic_store(&inject_how, (int)how);
    atomic_store(&inject_commit, nth_commit);
}

void pg_inject_off(void)
{
    atomic_store(&inject_statement, 0);
    atomic_store(&inject_commit, 0);
}

int pg_inject_pending(void)
{
    return (atomic_load(&inject_statement) > 0) + (atomic_load(&inject_commit) > 0);
}

static bool injected(_Atomic int *countdown)
{
    if (atomic_load_explicit(countdown, memory_order_relaxed) <= 0)
        return false;
    return atomic_fetch_sub(countdown, 1) == 1;
}

/* ---- the queue ---- */

static struct request *enqueue(struct tx *tx, const struct request *r)
{
    struct pg_link *l = tx->link;
    struct request *copy = ARENA_NEW(tx->arena, struct request);
    *copy = *r;
    copy->next = NULL;
    *l->last = copy;
    l->last = &copy->next;
    return copy;
}

static struct request *enqueue_command(struct tx *tx, const char *sql, bool ends)
{
    return enqueue(tx, &(struct request){.kind = REQUEST_COMMAND,
                                         .name = sql,
                                         .sql = sql,
                                         .shape.statement = sql,
                                         .ends = ends});
}

/* BEGIN travels with the first statement: a script that asks nothing costs nothing. */
static void begin_once(struct tx *tx)
{
    struct pg_link *l = tx->link;
    if (l->begun || l->first != NULL)
        return;
    enqueue_command(tx,
                    l->mode == TX_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                       : "BEGIN ISOLATION LEVEL READ COMMITTED",
                    false);
    if (conn_replans(l->conn))
        enqueue_command(tx, "DISCARD PLANS", false);
}

/* A generic plan takes an array for ten rows and may loop over it once for each row of a table:
 * with thousands of both that is quadratic. From here on it is worth planning for what is really
 * there. */
static void plan_for_many(struct tx *tx, const struct pg_column *params, size_t n_params,
                          const struct pg_value *values)
{
    struct pg_link *l = tx->link;
    bool many = false;
    for (size_t i = 0; i < n_params; i++)
        many = many || (params[i].array && values[i].n >= ROWS_MANY);
    if (!many || l->planned_for_many)
        return;
    enqueue_command(tx, "SET LOCAL plan_cache_mode = force_custom_plan", false);
    l->planned_for_many = true;
}

static err queue_request(struct tx *tx, struct request *r, const struct pg_column *params,
                         size_t n_params, const struct pg_value *values)
{
    if (tx->link->error != OK)
        return tx->link->error;
    TRY(wire_encode(tx->arena, params, n_params, values, &r->params));
    r->shape.statement = r->name;
    begin_once(tx);
    plan_for_many(tx, params, n_params, values);
    enqueue(tx, r);
    return OK;
}

err tx_queue(struct tx *tx, const struct stmt *s, const struct pg_value *values,
             struct pg_rows *rows)
{
    struct request r = {
        .kind = REQUEST_STMT,
        .name = s->name,
        .sql = s->sql,
        .shape = {.columns = s->columns, .n_columns = s->n_columns, .row_size = s->row_size},
        .rows = rows,
        .number = s->number};
    return queue_request(tx, &r, s->params, s->n_params, values);
}

/* ---- sending ---- */

static const char *prepared_name(const struct request *r, char out[STMT_NAME])
{
    if (r->kind == REQUEST_STMT)
        snprintf(out, STMT_NAME, "s%u", r->number);
    else
        snprintf(out, STMT_NAME, "x%d", r->slot);
    return out;
}

/* Finds out whether c knows the statement, and promises that it will. */
static void plan_prepare(struct conn *c, struct request *r)
{
    if (r->kind == REQUEST_STMT) {
        r->preparing = !conn_has_stmt(c, r->number);
        if (r->preparing)
            conn_set_stmt(c, r->number, true);
    } else {
        r->slot = conn_shape(c, r->sql, &r->preparing);
    }
}

static void forget_prepare(struct conn *c, const struct request *r)
{
    if (r->kind == REQUEST_STMT)
        conn_set_stmt(c, r->number, false);
    else
        conn_forget_shape(c, r->slot);
}

static bool send_request(const struct pg_link *l, struct request *r)
{
    struct conn *c = l->conn;
    const struct wire_params *p = &r->params;
    if (r->kind == REQUEST_COMMAND)
        return PQsendQueryParams(c->pg, r->sql, 0, NULL, NULL, NULL, NULL, 1) == 1;
    plan_prepare(c, r);
    if (r->kind == REQUEST_TEXT && r->slot < 0)
        return PQsendQueryParams(c->pg, r->sql, (int)p->n, p->types, p->values, p->lengths,
                                 p->formats, 1) == 1;
    char name[STMT_NAME];
    prepared_name(r, name);
    if (r->preparing && !PQsendPrepare(c->pg, name, r->sql, (int)p->n, p->types))
        return false;
    return PQsendQueryPrepared(c->pg, name, (int)p->n, p->values, p->lengths, p->formats, 1) == 1;
}

static void record(struct pg_link *l, err e, const char *reason)
{
    if (l->error != OK)
        return;
    l->error = e;
    l->reason = reason;
}

static void lose(struct pg_link *l, err e)
{
    record(l, e, "connection");
    pool_give(l->pool, l->conn, false);
    l->conn = NULL;
}

static void break_line(struct conn *c)
{
    shutdown(PQsocket(c->pg), SHUT_RDWR);
}

/* True when the rest must not be sent. */
static bool inject_here(struct pg_link *l, struct request *r)
{
    if (r->kind != REQUEST_COMMAND && injected(&inject_statement)) {
        err e = (err)atomic_load(&inject_error);
        if (e == ERR_CONNECTION)
            break_line(l->conn);
        else
            record(l, e, "injected");
        return e != ERR_CONNECTION;
    }
    if (r == l->ending && strcmp(r->sql, "COMMIT") == 0 && injected(&inject_commit)) {
        if (atomic_load(&inject_how) == INJECT_COMMIT_UNSENT)
            break_line(l->conn);
        if (atomic_load(&inject_how) == INJECT_COMMIT_ROLLBACK)
            r->sql = "ROLLBACK";
        if (atomic_load(&inject_how) == INJECT_COMMIT_SENT)
            l->break_after_send = true;
    }
    return false;
}

/* Sends the batch; *ret_end is the first request that was not. */
static err send_batch(struct pg_link *l, struct request *batch, struct request **ret_end)
{
    struct request *r = batch;
    for (; r != NULL && !inject_here(l, r); r = r->next) {
        if (!send_request(l, r))
            return ERR_CONNECTION;
        l->begun = true;
    }
    *ret_end = r;
    return PQpipelineSync(l->conn->pg) ? OK : ERR_CONNECTION;
}

/* ---- receiving ---- */

/* The server answers a pipeline in one piece: only the batch has a duration, so all are named. */
static void log_if_slow(const struct request *batch, int64_t since)
{
    int64_t took = clock_monotonic_us() - since;
    if (took < atomic_load_explicit(&slow_us, memory_order_relaxed))
        return;
    char names[SLOW_NAMES] = "";
    size_t len = 0;
    for (const struct request *r = batch; r != NULL && len < sizeof names; r = r->next)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len > 0 ? " " : "",
                                r->kind == REQUEST_COMMAND ? r->sql : r->name);
    const char *text = names;
    log_line(LOG_WARN, "slow statements", LOG_S("statements", text), LOG_I("us", took));
}

static void take_error(struct tx *tx, const struct request *r, const PGresult *res)
{
    struct pg_link *l = tx->link;
    if (l->error != OK)
        return;
    const char *reason = "";
    err e = sqlstate_error(res, r->name, tx->problem, &reason);
    /* Without a SQLSTATE it is only libpq that speaks: the server may have gone on. */
    l->refused = !r->ends && PQresultErrorField(res, PG_DIAG_SQLSTATE) != NULL;
    record(l, e, reason);
}

/* A result that came: fills rows, checks the tag, or records what went wrong. */
static void take_result(struct tx *tx, const struct request *r, const PGresult *res)
{
    struct pg_link *l = tx->link;
    ExecStatusType status = PQresultStatus(res);
    if (status == PGRES_PIPELINE_ABORTED)
        return;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        take_error(tx, r, res);
        return;
    }
    if (r->ends) {
        l->ended = strcmp(PQcmdStatus((PGresult *)res), r->name) == 0;
        if (l->ended)
            return;
        log_line(LOG_ERROR, "the server did not end the transaction as asked",
                 LOG_S("asked", r->name), LOG_S("tag", PQcmdStatus((PGresult *)res)));
        record(l, ERR_INTERNAL, "tag");
    } else if (r->rows != NULL && l->error == OK) {
        err e = wire_decode(tx->arena, &r->shape, res, r->rows);
        if (e != OK)
            record(l, e, "result");
    }
}

/* Wrong status at this place means that we lost count: nothing on this connection can be trusted.
 */
static err expect_prepared(struct tx *tx, struct request *r)
{
    struct pg_link *l = tx->link;
    PGresult *res = NULL;
    TRY(conn_result(l->conn, l->deadline_us, &res));
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_COMMAND_OK) {
        forget_prepare(l->conn, r);
        take_result(tx, r, res);
    }
    PQclear(res);
    r->preparing = false;
    return OK;
}

static err receive_request(struct tx *tx, struct request *r)
{
    struct pg_link *l = tx->link;
    if (r->preparing)
        TRY(expect_prepared(tx, r));
    PGresult *res = NULL;
    TRY(conn_result(l->conn, l->deadline_us, &res));
    take_result(tx, r, res);
    bool lost_count = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
    PQclear(res);
    return lost_count ? ERR_CONNECTION : OK;
}

static err receive_sync(struct pg_link *l)
{
    PGresult *res = NULL;
    TRY(conn_result(l->conn, l->deadline_us, &res));
    ExecStatusType status = PQresultStatus(res);
    PQclear(res);
    return status == PGRES_PIPELINE_SYNC ? OK : ERR_CONNECTION;
}

static err await_commit_then_break(struct pg_link *l)
{
    TRY(conn_wait(l->conn, l->deadline_us));
    break_line(l->conn);
    return ERR_CONNECTION;
}

static err receive_batch(struct tx *tx, struct request *batch, const struct request *end)
{
    struct pg_link *l = tx->link;
    if (l->break_after_send)
        return await_commit_then_break(l);
    for (struct request *r = batch; r != end; r = r->next) {
        TRY(receive_request(tx, r));
        if (l->error == ERR_CONNECTION)
            return ERR_CONNECTION;
    }
    return receive_sync(l);
}

static struct metric *round_trips(void)
{
    static _Atomic(struct metric *) kept;
    struct metric *m = atomic_load_explicit(&kept, memory_order_acquire);
    if (m == NULL) {
        m = metric_counter("o2c_tx_round_trips_total", "Pipelines sent to the database", "");
        atomic_store_explicit(&kept, m, memory_order_release);
    }
    return m;
}

/* Sends and receives what is queued, whatever happened before. */
static err exchange(struct tx *tx)
{
    struct pg_link *l = tx->link;
    struct request *batch = l->first, *end = NULL;
    l->first = NULL;
    l->last = &l->first;
    int64_t since = clock_monotonic_us();
    metric_add(round_trips(), 1);
    err e = send_batch(l, batch, &end);
    if (e == OK)
        e = receive_batch(tx, batch, end);
    log_if_slow(batch, since);
    if (e != OK)
        lose(l, e);
    return l->error;
}

err tx_flush(struct tx *tx)
{
    struct pg_link *l = tx->link;
    if (l->error != OK)
        return l->error;
    return l->first == NULL ? OK : exchange(tx);
}

err tx_query(struct tx *tx, const struct stmt *s, const struct pg_value *values,
             struct pg_rows *rows)
{
    TRY(tx_queue(tx, s, values, rows));
    return tx_flush(tx);
}

err tx_query_text(struct tx *tx, const char *name, const char *text, const struct pg_column *params,
                  const struct pg_value *values, size_t n_params, const struct pg_column *columns,
                  size_t n_columns, size_t row_size, struct pg_rows *rows)
{
    struct request r = {.kind = REQUEST_TEXT,
                        .name = name,
                        .sql = text,
                        .shape = {.columns = columns, .n_columns = n_columns, .row_size = row_size},
                        .rows = rows};
    TRY(queue_request(tx, &r, params, n_params, values));
    return tx_flush(tx);
}

/* ---- the runner ---- */

static void roll_back(struct tx *tx)
{
    struct pg_link *l = tx->link;
    if (l->conn == NULL || !l->begun || PQtransactionStatus(l->conn->pg) == PQTRANS_IDLE)
        return;
    int64_t grace = clock_monotonic_us() + ROLLBACK_GRACE_US;
    if (l->deadline_us < grace)
        l->deadline_us = grace;
    l->first = NULL; /* what was queued and not sent never happens */
    l->last = &l->first;
    l->ending = enqueue_command(tx, "ROLLBACK", true);
    (void)exchange(tx);
}

static err commit(struct tx *tx, bool dry)
{
    struct pg_link *l = tx->link;
    if (l->error != OK || (!l->begun && l->first == NULL))
        return l->error;
    if (dry && l->mode == TX_WRITE)
        enqueue_command(tx, "SET CONSTRAINTS ALL IMMEDIATE", false);
    l->ending = enqueue_command(tx, dry ? "ROLLBACK" : "COMMIT", true);
    return exchange(tx);
}

static bool outcome_unknown(const struct pg_link *l)
{
    return l->mode == TX_WRITE && l->conn == NULL && l->ending != NULL && !l->ended &&
           !l->refused && strcmp(l->ending->name, "COMMIT") == 0 &&
           (l->error == ERR_CONNECTION || l->error == ERR_DEADLINE);
}

static err describe(struct tx *tx, err e, const char *detail)
{
    return tx->problem == NULL ? e : fail(tx->problem, e, "%s", detail);
}

static err run_on(struct tx *tx, bool dry, err (*body)(struct tx *tx, void *arg), void *arg)
{
    struct pg_link *l = tx->link;
    err e = body(tx, arg);
    if (e == OK)
        e = commit(tx, dry);
    if (outcome_unknown(l))
        return describe(tx, ERR_COMMIT_UNKNOWN,
                        "The connection broke while the change was being committed. Repeat the "
                        "request with the same key.");
    /* A body may hide the database's reason to run again behind an error of its own. */
    if (e == OK || l->error == ERR_SERIALIZATION || l->error == ERR_CONNECTION)
        e = l->error;
    if (e != OK)
        roll_back(tx);
    return e;
}

struct run {
    struct pool *pool;
    const struct tx_options *o;
    err (*body)(struct tx *tx, void *arg);
    void *arg;
    int64_t deadline_us;
    const char *reason; /* of the last failure */
};

static err attempt(struct run *run, int number, bool fresh)
{
    const struct tx_options *o = run->o;
    struct pg_link l = {.pool = run->pool, .mode = o->mode, .deadline_us = run->deadline_us};
    l.last = &l.first;
    struct tx tx = {.arena = o->arena,
                    .problem = o->problem,
                    .tenant = o->tenant,
                    .now = o->now,
                    .today = o->today,
                    .attempt = number,
                    .link = &l};
    err e = pool_take(run->pool, run->deadline_us, fresh, &l.conn);
    if (e != OK)
        return describe(&tx, e, "No connection to the database was free in time.");
    e = run_on(&tx, o->rollback, run->body, run->arg);
    if (o->ret_wakes != NULL)
        *o->ret_wakes = e == OK && !o->rollback ? tx.wakes : 0;
    if (e == ERR_DEADLINE && l.conn == NULL)
        describe(&tx, e, "The database did not answer in time.");
    if (l.conn != NULL)
        pool_give(run->pool, l.conn, l.error != ERR_CONNECTION);
    run->reason = l.reason != NULL ? l.reason : "script";
    return e;
}

/* Full jitter: those who collided come back at different times. False when the deadline is nearer
 * than the pause. */
static bool pause_before(int repeat, int64_t deadline_us)
{
    int64_t cap = PAUSE_MIN_US << (repeat < 8 ? repeat : 8);
    if (cap > PAUSE_MAX_US)
        cap = PAUSE_MAX_US;
    int64_t us = PAUSE_MIN_US + (int64_t)(random_u64() % (uint64_t)(cap - PAUSE_MIN_US + 1));
    if (clock_monotonic_us() + us >= deadline_us)
        return false;
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&t, NULL);
    return true;
}

static void count_retry(const struct run *run)
{
    char labels[64];
    snprintf(labels, sizeof labels, "reason=\"%s\"", run->reason);
    metric_add(metric_counter("o2c_tx_retries_total", "Transactions that ran again", labels), 1);
    if (run->o->ret_retries != NULL)
        ++*run->o->ret_retries;
}

static err give_up(const struct tx_options *o, err e, const char *detail)
{
    return o->problem == NULL ? e : fail(o->problem, e, "%s", detail);
}

err tx_run(struct pool *pool, const struct tx_options *o, err (*body)(struct tx *tx, void *arg),
           void *arg)
{
    struct run run = {.pool = pool, .o = o, .body = body, .arg = arg};
    run.deadline_us = o->deadline_us != 0 ? o->deadline_us
                                          : clock_monotonic_us() + DEADLINE_DEFAULT_US;
    struct arena_mark mark = arena_mark(o->arena);
    struct problem before = {0};
    if (o->problem != NULL)
        before = *o->problem;
    if (o->ret_retries != NULL)
        *o->ret_retries = 0;
    if (o->ret_wakes != NULL)
        *o->ret_wakes = 0;
    bool lost = false;
    for (int number = 1;; number++) {
        err e = attempt(&run, number, lost);
        if (e != ERR_SERIALIZATION && e != ERR_CONNECTION)
            return e;
        if (e == ERR_CONNECTION && lost)
            return give_up(o, ERR_UNAVAILABLE, "The connection to the database broke twice.");
        lost |= e == ERR_CONNECTION;
        if (number >= ATTEMPTS_MAX || !pause_before(number, run.deadline_us))
            return e == ERR_CONNECTION
                       ? give_up(o, ERR_UNAVAILABLE, "The connection to the database broke.")
                       : give_up(o, ERR_CONFLICT_RETRIES,
                                 "Too many concurrent changes. Try again.");
        count_retry(&run);
        if (o->problem != NULL)
            *o->problem = before;
        arena_rewind(o->arena, mark);
    }
}
