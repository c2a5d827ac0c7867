/* What a failed statement means to the caller: SQLSTATEs and constraints become errors. */
#include "lib/pg/conn.h"

#include "lib/base/log.h"
#include <stdatomic.h>
#include <string.h>

static _Atomic(const struct pg_constraint *) constraints;

void pg_set_constraints(const struct pg_constraint *table)
{
    atomic_store(&constraints, table);
}

static const struct pg_constraint *find_constraint(const char *name)
{
    const struct pg_constraint *c = atomic_load_explicit(&constraints, memory_order_acquire);
    for (; c != NULL && c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static const char *field(const PGresult *res, int code)
{
    const char *s = PQresultErrorField(res, code);
    return s != NULL ? s : "";
}

/* The primary message only: details quote values. */
static void log_failure(const PGresult *res, const char *statement, const char *message)
{
    log_line(LOG_ERROR, message, LOG_S("statement", statement),
             LOG_S("sqlstate", field(res, PG_DIAG_SQLSTATE)),
             LOG_S("constraint", field(res, PG_DIAG_CONSTRAINT_NAME)),
             LOG_S("text", field(res, PG_DIAG_MESSAGE_PRIMARY)));
}

static err describe(struct problem *p, err e, const char *detail)
{
    return p == NULL ? e : fail(p, e, "%s", detail);
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static err constraint_error(const PGresult *res, const char *statement, struct problem *p)
{
    const char *name = field(res, PG_DIAG_CONSTRAINT_NAME);
    const struct pg_constraint *known = find_constraint(name);
    if (known != NULL)
        return known->error == ERR_SERIALIZATION ? ERR_SERIALIZATION
                                                 : describe(p, known->error, known->detail);
    /* Two servers drew the same id: the next run draws another. */
    if (strcmp(field(res, PG_DIAG_SQLSTATE), "23505") == 0 && ends_with(name, "_pkey"))
        return ERR_SERIALIZATION;
    log_failure(res, statement, "a constraint without a name in the API refused a change");
    return describe(p, ERR_CONSTRAINT, "A rule of the database refused the change.");
}

static bool connection_ended(const PGresult *res, const char *state)
{
    const char *severity = field(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    return strncmp(state, "08", 2) == 0 || strncmp(state, "57P0", 4) == 0 ||
           strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0 || *state == '\0';
}

/* A statement that this connection prepared no longer exists or no longer fits the schema: a new
 * connection helps. */
static bool plan_outdated(const PGresult *res, const char *state)
{
    return strcmp(state, "26000") == 0 ||
           strcmp(field(res, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0;
}

err sqlstate_error(const PGresult *res, const char *statement, struct problem *p,
                   const char **ret_reason)
{
    const char *state = field(res, PG_DIAG_SQLSTATE);
    *ret_reason = "serialization";
    if (strcmp(state, "40001") == 0)
        return ERR_SERIALIZATION;
    *ret_reason = "deadlock";
    if (strcmp(state, "40P01") == 0)
        return ERR_SERIALIZATION;
    *ret_reason = "constraint";
    if (strncmp(state, "23", 2) == 0)
        return constraint_error(res, statement, p);
    *ret_reason = "connection";
    if (connection_ended(res, state) || plan_outdated(res, state)) {
        log_failure(res, statement, "the database ended the connection");
        return ERR_CONNECTION;
    }
    if (strcmp(state, "55P03") == 0)
        return describe(p, ERR_CONFLICT_RETRIES, "A lock was not free in time. Try again.");
    if (strcmp(state, "57014") == 0)
        return describe(p, ERR_DEADLINE, "A statement of the database took too long.");
    log_failure(res, statement, "a statement failed");
    return describe(p, ERR_INTERNAL, "The database refused a statement.");
}
