/* Brings the schema up to what the program knows, one migration a transaction. */
#include "lib/base/log.h"
#include "lib/pg/migrate_list.h"
#include "lib/pg/sha256.h"
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_KEY "7021905530147118961" /* any number that nobody else locks */

static err refuse(const char *name, const char *why)
{
    log_line(LOG_ERROR, "migration refused", LOG_S("migration", name), LOG_S("why", why));
    return ERR_INTERNAL;
}

static int line_of(const char *sql, const char *position)
{
    long at = position != NULL ? strtol(position, NULL, 10) : 0;
    int line = 1;
    /* Positions count characters, not bytes. */
    for (const char *s = sql; at > 1 && *s != '\0'; s++) {
        line += *s == '\n';
        at -= (s[1] & 0xc0) != 0x80;
    }
    return line;
}

static err failed(PGconn *pg, const PGresult *res, const char *name, const char *sql)
{
    log_line(LOG_ERROR, "migration failed", LOG_S("migration", name),
             LOG_S("sqlstate", PQresultErrorField(res, PG_DIAG_SQLSTATE)),
             LOG_I("line", line_of(sql, PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION))),
             LOG_S("text", PQerrorMessage(pg)));
    return PQstatus(pg) == CONNECTION_OK ? ERR_INTERNAL : ERR_UNAVAILABLE;
}

/* name: for the log. *ret may be NULL. */
static err run(PGconn *pg, const char *name, const char *sql, const char *const *params, int n,
               PGresult **ret)
{
    PGresult *res = n > 0 ? PQexecParams(pg, sql, n, NULL, params, NULL, NULL, 0) : PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(res);
    err e = OK;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        e = failed(pg, res, name, sql);
    if (e == OK && ret != NULL)
        *ret = res;
    else
        PQclear(res);
    return e;
}

static void ignore_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

static err connect_to(const char *conninfo, PGconn **ret)
{
    static const char *const names[] = {"application_name", "connect_timeout", "client_encoding",
                                        "dbname", NULL};
    const char *const values[] = {"o2cd-migrate", "5", "UTF8", conninfo, NULL};
    PGconn *pg = PQconnectdbParams(names, values, 1);
    if (PQstatus(pg) != CONNECTION_OK) {
        log_line(LOG_ERROR, "no connection to the database", LOG_S("reason", PQerrorMessage(pg)));
        PQfinish(pg);
        return ERR_UNAVAILABLE;
    }
    PQsetNoticeReceiver(pg, ignore_notice, NULL);
    *ret = pg;
    return OK;
}

static const struct migration *find(const struct migration *list, int n, int version)
{
    for (int i = 0; i < n; i++)
        if (list[i].version == version)
            return &list[i];
    return NULL;
}

static err compare(const PGresult *done, const struct migration *list, int n)
{
    for (int row = 0; row < PQntuples(done); row++) {
        const char *name = PQgetvalue(done, row, 1);
        const struct migration *m = find(list, n, (int)strtol(PQgetvalue(done, row, 0), NULL, 10));
        if (m == NULL)
            return refuse(name, "the schema is newer than this program");
        char sha256[SHA256_TEXT];
        sha256_text(m->sql, sha256);
        if (strcmp(sha256, PQgetvalue(done, row, 2)) != 0)
            return refuse(m->name, "its text differs from what was applied");
    }
    return OK;
}

static bool is_done(const PGresult *done, int version)
{
    for (int row = 0; row < PQntuples(done); row++)
        if (strtol(PQgetvalue(done, row, 0), NULL, 10) == version)
            return true;
    return false;
}

static err read_done(PGconn *pg, PGresult **ret)
{
    return run(pg, "schema_migration",
               "SELECT version, name, sha256 FROM schema_migration ORDER BY version", NULL, 0, ret);
}

static err apply_steps(PGconn *pg, const struct migration *m)
{
    char version[16], sha256[SHA256_TEXT];
    snprintf(version, sizeof version, "%d", m->version);
    sha256_text(m->sql, sha256);
    TRY(run(pg, m->name, "BEGIN", NULL, 0, NULL));
    TRY(run(pg, m->name, m->sql, NULL, 0, NULL));
    if (PQtransactionStatus(pg) != PQTRANS_INTRANS)
        return refuse(m->name, "it ends its own transaction");
    TRY(run(pg, m->name, "INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)",
            (const char *const[]){version, m->name, sha256}, 3, NULL));
    return run(pg, m->name, "COMMIT", NULL, 0, NULL);
}

static err apply(PGconn *pg, const struct migration *m)
{
    err e = apply_steps(pg, m);
    if (e == OK)
        log_line(LOG_INFO, "migration applied", LOG_S("migration", m->name));
    return e;
}

static err apply_missing(PGconn *pg, const PGresult *done, const struct migration *list, int n)
{
    TRY(compare(done, list, n));
    for (int i = 0; i < n; i++)
        if (!is_done(done, list[i].version))
            TRY(apply(pg, &list[i]));
    return OK;
}

static err migrate_steps(PGconn *pg, const struct migration *list, int n)
{
    PGresult *done = NULL;
    /* Held until the connection closes, so that two servers that start together take turns. */
    TRY(run(pg, "lock", "SELECT pg_advisory_lock(" LOCK_KEY ")", NULL, 0, NULL));
    TRY(run(pg, "schema_migration",
            "CREATE TABLE IF NOT EXISTS schema_migration ("
            " version int PRIMARY KEY,"
            " name text NOT NULL,"
            " sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp());"
            "GRANT SELECT ON schema_migration TO PUBLIC", /* any role may run migrate_check */
            NULL, 0, NULL));
    TRY(read_done(pg, &done));
    err e = apply_missing(pg, done, list, n);
    PQclear(done);
    return e;
}

err migrate_list(const char *conninfo, const struct migration *list, int n)
{
    PGconn *pg = NULL;
    TRY(connect_to(conninfo, &pg));
    err e = migrate_steps(pg, list, n);
    PQfinish(pg);
    return e;
}

static err check_steps(PGconn *pg, const struct migration *list, int n)
{
    PGresult *done = NULL;
    TRY(read_done(pg, &done));
    err e = compare(done, list, n);
    for (int i = 0; i < n && e == OK; i++)
        if (!is_done(done, list[i].version))
            e = refuse(list[i].name, "it has not been applied");
    PQclear(done);
    return e;
}

err migrate_check_list(const char *conninfo, const struct migration *list, int n)
{
    PGconn *pg = NULL;
    TRY(connect_to(conninfo, &pg));
    err e = check_steps(pg, list, n);
    PQfinish(pg);
    return e;
}

err migrate(const char *conninfo)
{
    return migrate_list(conninfo, migrations, n_migrations);
}

err migrate_check(const char *conninfo)
{
    return migrate_check_list(conninfo, migrations, n_migrations);
}
