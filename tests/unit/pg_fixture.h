/* A throwaway PostgreSQL for one test program, and a pool on it. */
#pragma once
#include <check.h>
#undef fail /* an old macro of Check; ours is in problem.h */
#include "lib/base/arena.h"
#include "lib/base/date.h"
#include "lib/base/log.h"
#include "lib/base/problem.h"
#include "lib/pg/embedded.h"
#include "lib/pg/inject.h"
#include "lib/pg/pg.h"
#include <ftw.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char fixture_dir[] __attribute__((unused)) = "/tmp/o2c-test-pg-XXXXXX";
static struct embedded *fixture __attribute__((unused));

static inline int fixture_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void fixture_start(void)
{
    log_set_level(LOG_OFF);
    if (mkdtemp(fixture_dir) == NULL)
        abort();
    struct embedded_options o = {
        .dir = fixture_dir, .shared_buffers = "64MB", .max_connections = 40, .throwaway = true};
    if (embedded_start(&o, &fixture) != OK) {
        fprintf(stderr, "no PostgreSQL\n");
        exit(1);
    }
}

static inline void fixture_stop(void)
{
    embedded_stop(fixture);
    nftw(fixture_dir, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct pool *fixture_pool(size_t size)
{
    struct pool_options o = {.conninfo = embedded_owner_conninfo(fixture),
                             .size = size,
                             .wait_us = 3000000,
                             .statement_timeout_ms = 20000,
                             .lock_timeout_ms = 10000};
    struct pool *p = NULL;
    ck_assert_int_eq(pool_open(&o, &p), OK);
    return p;
}

/* Runs SQL beside the pool, as the superuser when admin. Returns the first cell, to be freed. */
static inline char *fixture_sql(bool admin, const char *sql)
{
    const char *names[] = {"dbname", "user", "options", NULL};
    const char *values[] = {embedded_owner_conninfo(fixture), admin ? "postgres" : "o2c_owner",
                            "-c client_min_messages=error", NULL};
    PGconn *pg = PQconnectdbParams(names, values, 1);
    PGresult *res = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(res);
    ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
                  PQerrorMessage(pg));
    char *cell = strdup(PQntuples(res) > 0 ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    PQfinish(pg);
    return cell;
}

static inline void fixture_exec(const char *sql)
{
    free(fixture_sql(false, sql));
}

static inline int64_t fixture_int(const char *sql)
{
    char *cell = fixture_sql(false, sql);
    int64_t v = strtoll(cell, NULL, 10);
    free(cell);
    return v;
}
