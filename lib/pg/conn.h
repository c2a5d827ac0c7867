/* Private to lib/pg: one connection in pipeline mode, the wire format of values, the meaning of
 * SQLSTATEs, and what the pool and the transaction runner say to each other. */
#pragma once
#include "lib/base/metrics.h"
#include "lib/pg/pg.h"
#include <libpq-fe.h>

/* ---- connections (conn.c) ---- */

#define CONN_SHAPES_MAX 256

struct shape { /* a prepared text of tx_query_text; its slot is its name */
    uint64_t hash;
    char *text; /* NULL = free */
};

struct conn {
    PGconn *pg;
    unsigned char *prepared; /* bitmap by stmt->number */
    size_t prepared_bytes;
    struct shape *shapes;            /* CONN_SHAPES_MAX of them, or NULL before the first */
    struct conn *next;               /* the pool's stack */
    int64_t transactions, replan_at; /* begun; when plans are made anew */
};

/* settings: SQL that runs once on the new connection. ERR_UNAVAILABLE with a log line. */
err conn_open(const char *conninfo, const char *settings, int64_t deadline_us,
              struct conn **ret) MUST_CHECK;
void conn_close(struct conn *c); /* NULL is fine */
/* False when an idle connection has something to say: the server only speaks unasked to say
 * goodbye. */
bool conn_quiet(struct conn *c);
/* Sends what is left, waits for input, takes it in. ERR_DEADLINE, ERR_CONNECTION: close it. */
err conn_wait(struct conn *c, int64_t deadline_us) MUST_CHECK;
/* The next result of the pipeline; the caller clears it. Errors as conn_wait. */
err conn_result(struct conn *c, int64_t deadline_us, PGresult **ret) MUST_CHECK;

/* Counts a transaction. True when its statements should be planned anew: after the 8th, 32nd,
 * 128th, … of a connection. A plan kept from when a table was almost empty reads all of it for a
 * few rows, and PostgreSQL keeps plans until it has analyzed the table: in a new database that is
 * after the first busy minute. Planning all again takes a few milliseconds. */
bool conn_replans(struct conn *c);

bool conn_has_stmt(const struct conn *c, unsigned number);
void conn_set_stmt(struct conn *c, unsigned number, bool prepared);
/* The slot of text, or a free one that now holds it (*ret_new), or -1 when all are taken. */
int conn_shape(struct conn *c, const char *text, bool *ret_new);
void conn_forget_shape(struct conn *c, int slot);

/* ---- values on the wire (wire.c) ---- */

struct wire_params {
    size_t n;
    Oid *types;
    const char **values;
    int *lengths, *formats;
};

/* Everything lies in the arena. ERR_TOO_LARGE for a parameter of more than 1 GB. */
err wire_encode(struct arena *a, const struct pg_column *params, size_t n,
                const struct pg_value *values, struct wire_params *ret) MUST_CHECK;
struct wire_shape {
    const char *statement; /* for the log */
    const struct pg_column *columns;
    size_t n_columns, row_size;
};
/* ERR_INTERNAL with a log line when the result is not of the declared shape. */
err wire_decode(struct arena *a, const struct wire_shape *shape, const PGresult *res,
                struct pg_rows *ret) MUST_CHECK;

/* ---- what a failed statement means (sqlstate.c) ---- */

/* Describes the failure in p (may be NULL) and logs what is nobody's fault but ours. *ret_reason is
 * a literal for the metric of retries. */
err sqlstate_error(const PGresult *res, const char *statement, struct problem *p,
                   const char **ret_reason);

/* ---- the pool's inside (pool.c) ---- */

/* fresh: a connection made now. ERR_OVERLOADED (wait_us is over), ERR_DEADLINE, ERR_UNAVAILABLE. */
err pool_take(struct pool *p, int64_t deadline_us, bool fresh, struct conn **ret) MUST_CHECK;
/* Gives c back; closes it unless it is idle and in good health. */
void pool_give(struct pool *p, struct conn *c, bool healthy);
