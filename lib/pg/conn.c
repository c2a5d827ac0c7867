/* One connection to PostgreSQL in pipeline mode, never blocking beyond a deadline. */
#include "lib/pg/conn.h"

#include "lib/base/date.h"
#include "lib/base/log.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_REPLAN 8
#define REPLAN_FACTOR 4

static void *must(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

static int poll_ms(int64_t deadline_us)
{
    int64_t left = deadline_us - clock_monotonic_us();
    if (left <= 0)
        return 0;
    int64_t ms = (left + 999) / 1000;
    return ms > 1000000 ? 1000000 : (int)ms;
}

err conn_wait(struct conn *c, int64_t deadline_us)
{
    int unsent = PQflush(c->pg);
    int fd = PQsocket(c->pg);
    if (unsent < 0 || fd < 0)
        return ERR_CONNECTION;
    /* Reading while still sending: a server that cannot write its answers stops reading ours. */
    struct pollfd p = {.fd = fd, .events = (short)(unsent ? POLLIN | POLLOUT : POLLIN)};
    int n = poll(&p, 1, poll_ms(deadline_us));
    if (n < 0)
        return errno == EINTR ? OK : ERR_CONNECTION;
    if (n == 0)
        return clock_monotonic_us() >= deadline_us ? ERR_DEADLINE : OK;
    if ((p.revents & ~POLLOUT) != 0 && !PQconsumeInput(c->pg))
        return ERR_CONNECTION;
    return PQstatus(c->pg) == CONNECTION_OK ? OK : ERR_CONNECTION;
}

err conn_result(struct conn *c, int64_t deadline_us, PGresult **ret)
{
    /* One NULL separates the results of two statements; more mean that nothing will come. */
    for (int nulls = 0; nulls < 3; nulls++) {
        while (PQisBusy(c->pg))
            TRY(conn_wait(c, deadline_us));
        PGresult *res = PQgetResult(c->pg);
        if (res != NULL) {
            *ret = res;
            return OK;
        }
        if (PQstatus(c->pg) != CONNECTION_OK)
            return ERR_CONNECTION;
    }
    return ERR_CONNECTION;
}

static err finish_connecting(PGconn *pg, int64_t deadline_us)
{
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;
    while (s != PGRES_POLLING_OK) {
        if (s == PGRES_POLLING_FAILED || PQsocket(pg) < 0)
            return ERR_CONNECTION;
        struct pollfd p = {.fd = PQsocket(pg),
                           .events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        int n = poll(&p, 1, poll_ms(deadline_us));
        if (n < 0 && errno != EINTR)
            return ERR_CONNECTION;
        if (n == 0 && clock_monotonic_us() >= deadline_us)
            return ERR_DEADLINE;
        if (n > 0)
            s = PQconnectPoll(pg);
    }
    return OK;
}

static err run_settings(struct conn *c, const char *settings, int64_t deadline_us)
{
    if (PQsetnonblocking(c->pg, 1) != 0 || !PQsendQuery(c->pg, settings))
        return ERR_CONNECTION;
    for (;;) {
        while (PQisBusy(c->pg))
            TRY(conn_wait(c, deadline_us));
        PGresult *res = PQgetResult(c->pg);
        if (res == NULL)
            return PQstatus(c->pg) == CONNECTION_OK ? OK : ERR_CONNECTION;
        ExecStatusType status = PQresultStatus(res);
        PQclear(res);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            return ERR_CONNECTION;
    }
}

/* Notices may quote values; what matters arrives as an error. */
static void ignore_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

static PGconn *start(const char *conninfo)
{
    /* Later entries win: conninfo may override all but what the settings set. */
    static const char *const names[] = {"application_name",
                                        "client_encoding",
                                        "connect_timeout",
                                        "keepalives_idle",
                                        "keepalives_interval",
                                        "keepalives_count",
                                        "tcp_user_timeout",
                                        "dbname",
                                        NULL};
    const char *const values[] = {"o2cd", "UTF8", "5", "30", "10", "3", "30000", conninfo, NULL};
    static_assert(COUNT_OF(names) == COUNT_OF(values), "a value for each name");
    return PQconnectStartParams(names, values, 1);
}

static err open_steps(struct conn *c, const char *settings, int64_t deadline_us)
{
    if (c->pg == NULL || PQstatus(c->pg) == CONNECTION_BAD)
        return ERR_CONNECTION;
    TRY(finish_connecting(c->pg, deadline_us));
    PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    TRY(run_settings(c, settings, deadline_us));
    return PQenterPipelineMode(c->pg) ? OK : ERR_CONNECTION;
}

err conn_open(const char *conninfo, const char *settings, int64_t deadline_us, struct conn **ret)
{
    struct conn *c = must(calloc(1, sizeof *c));
    c->replan_at = FIRST_REPLAN;
    c->pg = start(conninfo);
    err e = open_steps(c, settings, deadline_us);
    if (e == OK) {
        *ret = c;
        return OK;
    }
    log_line(LOG_ERROR, "no connection to the database",
             LOG_S("reason", e == ERR_DEADLINE ? "timeout" : PQerrorMessage(c->pg)));
    conn_close(c);
    return ERR_UNAVAILABLE;
}

void conn_close(struct conn *c)
{
    if (c == NULL)
        return;
    PQfinish(c->pg);
    if (c->shapes != NULL)
        for (int i = 0; i < CONN_SHAPES_MAX; i++)
            free(c->shapes[i].text);
    free(c->shapes);
    free(c->prepared);
    free(c);
}

bool conn_quiet(struct conn *c)
{
    struct pollfd p = {.fd = PQsocket(c->pg), .events = POLLIN};
    return p.fd >= 0 && poll(&p, 1, 0) == 0;
}

bool conn_replans(struct conn *c)
{
    if (++c->transactions < c->replan_at)
        return false;
    c->replan_at *= REPLAN_FACTOR;
    return true;
}

bool conn_has_stmt(const struct conn *c, unsigned number)
{
    return number / 8 < c->prepared_bytes && (c->prepared[number / 8] >> (number % 8) & 1) != 0;
}

void conn_set_stmt(struct conn *c, unsigned number, bool prepared)
{
    size_t byte = number / 8;
    if (byte >= c->prepared_bytes) {
        size_t bytes = (byte + 64) / 64 * 64 + 64;
        c->prepared = must(realloc(c->prepared, bytes));
        memset(c->prepared + c->prepared_bytes, 0, bytes - c->prepared_bytes);
        c->prepared_bytes = bytes;
    }
    unsigned bit = 1U << (number % 8);
    unsigned old = c->prepared[byte];
    c->prepared[byte] = (unsigned char)(prepared ? old | bit : old & ~bit);
}

static uint64_t text_hash(const char *s) /* FNV-1a */
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return h;
}

int conn_shape(struct conn *c, const char *text, bool *ret_new)
{
    if (c->shapes == NULL)
        c->shapes = must(calloc(CONN_SHAPES_MAX, sizeof *c->shapes));
    uint64_t hash = text_hash(text);
    int unused = -1;
    for (int i = 0; i < CONN_SHAPES_MAX; i++) {
        struct shape *s = &c->shapes[i];
        if (s->text != NULL && s->hash == hash && strcmp(s->text, text) == 0) {
            *ret_new = false;
            return i;
        }
        if (s->text == NULL && unused < 0)
            unused = i;
    }
    *ret_new = unused >= 0;
    if (unused >= 0)
        c->shapes[unused] = (struct shape){.hash = hash, .text = must(strdup(text))};
    return unused;
}

void conn_forget_shape(struct conn *c, int slot)
{
    free(c->shapes[slot].text);
    c->shapes[slot].text = NULL;
}
