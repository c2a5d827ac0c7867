/* The PostgreSQL floor: connection pool, transactions in libpq's pipeline mode, statements.
 *
 * A transaction script calls the functions that sqlgen made from the .sql files (sqlgen.md). Those
 * call tx_queue and tx_flush: statements without rows are queued and travel with the next one that
 * needs an answer, or with COMMIT. Nothing outside lib/pg sees libpq. */
#pragma once
#include "lib/base/arena.h"
#include "lib/base/problem.h"
#include "lib/base/value.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- statements: static data made by sqlgen ---- */

enum pg_type { PG_I64, PG_I32, PG_BOOL, PG_TEXT, PG_DATE, PG_INSTANT, PG_JSON, PG_BYTES };

struct pg_column { /* a result column, or one member of a parameter struct */
    const char *name;
    enum pg_type type;
    bool array;    /* parameters only */
    bool nullable; /* NULL is allowed; otherwise a NULL result is ERR_INTERNAL */
    size_t offset; /* into the row struct */
};

struct stmt {
    const char *name; /* "credit_lock", for logs and metrics */
    const char *file; /* "server/credit/credit.sql" */
    const char *sql;  /* with $1 … $n */
    const struct pg_column *params;
    size_t n_params;
    const struct pg_column *columns; /* in the order of the result; none for exec */
    size_t n_columns;
    size_t row_size;
    unsigned number; /* dense, unique: index into each connection's set of prepared statements */
};

/* A parameter's value: scalar through p (a pointer to the C value), or an array of n elements that
 * start at p and are `stride` bytes apart. */
struct pg_value {
    const void *p;
    size_t n, stride;
};

/* Rows of a statement: v points to n row structs in the transaction's arena. Same layout as every
 * struct <name>_list. */
struct pg_rows {
    void *v;
    size_t n;
};

/* ---- pool ---- */

struct pool;
struct pool_options {
    const char *conninfo;
    size_t size;     /* connections at most */
    int64_t wait_us; /* longest wait for a connection */
    int64_t statement_timeout_ms, lock_timeout_ms;
    const char *schema; /* search_path, NULL for the default */
    /* Plans may read whole tables, as reports do. Without it an index is taken wherever there is
     * one: plans are kept, and one that was made while a table was small must serve when it is not.
     */
    bool scans;
};
/* Connects lazily. err from the first connection attempt. */
err pool_open(const struct pool_options *o, struct pool **ret) MUST_CHECK;
void pool_close(struct pool *p); /* waits for nothing: all connections must be back */
bool pool_healthy(struct pool *p, int64_t timeout_us); /* SELECT 1 on some connection */
struct pool_stats {
    size_t size, idle, busy;
    int64_t waits, timeouts, opened, failed;
};
struct pool_stats pool_stats(struct pool *p);
/* Round trips that take longer are logged with the names of their statements; default 1 s. */
void pg_set_slow_us(int64_t us);

/* ---- transactions ---- */

struct pg_constraint { /* maps a named constraint of the schema to an error of the API */
    const char *name;
    err error;
    const char *detail; /* what the reader should do */
};
/* Set once at start; the array ends with a NULL name. ERR_SERIALIZATION as error means: run again.
 */
void pg_set_constraints(const struct pg_constraint *table);

enum tx_mode { TX_WRITE, TX_READ /* REPEATABLE READ READ ONLY: one snapshot */ };

struct tx {
    struct arena *arena;     /* rewound to its state at tx_run's start before each attempt */
    struct problem *problem; /* where failures of the database are described */
    int64_t tenant;          /* bound to :tenant */
    int64_t now;             /* instant, bound to :now; never the database's clock */
    int32_t today;           /* the tenant's civil date, bound to :today */
    int attempt;             /* 1, 2, … */
    void *user;     /* the runner's own; NULL at the start of each attempt unless set below */
    void *credit;   /* as user, for what credit keeps of a transaction */
    unsigned wakes; /* the program's bits: whom to wake behind COMMIT; 0 at the start of each
                       attempt */
    unsigned holds; /* the program's bits: what it has locked; 0 at the start of each attempt */
    struct pg_link *link; /* private to lib/pg */
};

struct tx_options {
    enum tx_mode mode;
    int64_t tenant, now;
    int32_t today;
    int64_t deadline_us; /* on clock_monotonic_us(); 0 = 30 s from now */
    bool rollback;       /* end with ROLLBACK even on success (dry run); the result is OK */
    struct arena *arena;
    struct problem *problem;
    int64_t *ret_retries; /* NULL or counts the repeats */
    unsigned *ret_wakes;  /* NULL or gets tx.wakes of what was committed, else 0 */
};

/* Takes a connection, BEGINs, runs body, COMMITs and checks the command tag. When body or COMMIT
 * meets ERR_SERIALIZATION (40001, 40P01, or a constraint mapped to it) the arena is rewound and all
 * of it runs again after a jittered pause, up to 8 times within the deadline; then
 * ERR_CONFLICT_RETRIES. An error from body rolls back and is returned. Connection lost before
 * COMMIT: retried once on a new connection; lost during COMMIT: ERR_COMMIT_UNKNOWN. */
err tx_run(struct pool *pool, const struct tx_options *o, err (*body)(struct tx *tx, void *arg),
           void *arg) MUST_CHECK;

/* Queues a statement. values: one per stmt->params. rows: NULL for statements without rows;
 * otherwise filled at the next tx_flush. Parameter data is copied at once. */
err tx_queue(struct tx *tx, const struct stmt *s, const struct pg_value *values,
             struct pg_rows *rows) MUST_CHECK;
/* Sends what is queued, waits, fills all rows. The first error of the batch is returned: everything
 * after it in the transaction fails too. */
err tx_flush(struct tx *tx) MUST_CHECK;
/* tx_queue + tx_flush. */
err tx_query(struct tx *tx, const struct stmt *s, const struct pg_value *values,
             struct pg_rows *rows) MUST_CHECK;
/* Exactly one row expected by `one`: ERR_NO_ROW for none. */

/* Statements built at run time out of declared pieces (lists). text must be the same pointer or
 * text for the same shape; it is prepared once per connection and shape (at most 256 shapes, then
 * unnamed). */
err tx_query_text(struct tx *tx, const char *name, const char *text, const struct pg_column *params,
                  const struct pg_value *values, size_t n_params, const struct pg_column *columns,
                  size_t n_columns, size_t row_size, struct pg_rows *rows) MUST_CHECK;

/* Every statement that sqlgen made, for the tests that prepare and describe them all; made by
 * sqlgen: stmts[number]. */
extern const struct stmt *const all_stmts[];
extern const size_t n_all_stmts;
