/* POST /v1/orders/bulk against COPY of the same rows and updates of the same others. */
#include "lib/base/date.h"
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const copied[] = {"sales_order", "order_line", "event", "idempotency_key"};
#define N_COPIED (sizeof copied / sizeof copied[0])

static bool all_accepted(void *mix, uint64_t n, int status, const char *body, size_t len)
{
    (void)mix;
    (void)n;
    static const char mark[] = "\"accepted\":1000,\"refused\":0";
    return status == 200 && memmem(body, len, mark, sizeof mark - 1) != NULL;
}

/* Bulk requests on one connection, for so long or so many; returns orders a second. */
static int64_t bulk_rate(struct bench *b, int64_t most)
{
    struct order_mix mix = {.stage = &b->stage, .spread = UNIFORM, .seed = fresh_seed()};
    struct http_load_result result;
    struct http_load load = {.port = b->stage.main.port,
                             .connections = 1,
                             .for_us = (int64_t)b->seconds * 1000000,
                             .most = most,
                             .make = make_bulk,
                             .request_max = BULK_REQUEST_MAX,
                             .check = all_accepted,
                             .arg = &mix};
    if (!http_load_run(&load, &result) || result.wrong > 0 || result.good == 0)
        die("a file of orders was answered: %s", result.sample);
    return result.good * BULK_ORDERS * 1000000 / result.took_us;
}

/* ---- the yardstick ---- */

/* Keeps what the last bulk request wrote: new rows to copy, and whose rows it changed. */
static void keep_rows(struct bench *b)
{
    const struct stage *s = &b->stage;
    int64_t xid = stage_int(s,
                            "SELECT xmin::text::bigint FROM sales_order WHERE tenant_id = %lld "
                            "ORDER BY id DESC LIMIT 1",
                            (long long)s->tenant);
    for (size_t i = 0; i < N_COPIED; i++)
        stage_sql(s, "CREATE UNLOGGED TABLE bench_%s AS SELECT * FROM %s WHERE xmin::text = '%lld'",
                  copied[i], copied[i], (long long)xid);
    stage_sql(s,
              "CREATE UNLOGGED TABLE bench_credit AS SELECT tenant_id, id, 100::bigint AS delta"
              " FROM credit_account WHERE xmin::text = '%lld';"
              "CREATE UNLOGGED TABLE bench_stock AS SELECT tenant_id, id, 1000000::bigint AS delta"
              " FROM stock WHERE xmin::text = '%lld'; ANALYZE bench_credit; ANALYZE bench_stock",
              (long long)xid, (long long)xid);
    note("a file of %d orders: %lld order lines and %lld events new, %lld credit accounts and %lld "
         "stocks changed",
         BULK_ORDERS, (long long)stage_int(s, "SELECT count(*) FROM bench_order_line"),
         (long long)stage_int(s, "SELECT count(*) FROM bench_event"),
         (long long)stage_int(s, "SELECT count(*) FROM bench_credit"),
         (long long)stage_int(s, "SELECT count(*) FROM bench_stock"));
}

struct text {
    char *p;
    size_t n;
};

/* The kept rows as COPY reads them, with ids, numbers and keys that no other round has. */
static struct text rows_of_round(PGconn *pg, const char *table, int round)
{
    char sql[4096];
    PGresult *list = NULL;
    snprintf(
        sql, sizeof sql,
        "SELECT string_agg(CASE WHEN attname IN ('id', 'order_id', 'resource_id') THEN"
        " format('%%I + %lld', attname) WHEN attname = 'seq' THEN format('%%I + %lld', attname)"
        " WHEN attname IN ('number', 'key', 'customer_po') THEN format('%%I || ''-%d''', attname)"
        " ELSE quote_ident(attname) END, ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = 'bench_%s'::regclass AND attnum > 0",
        (long long)(round + 1) << 40, (long long)(round + 1) << 40, round, table);
    list = PQexec(pg, sql);
    if (PQresultStatus(list) != PGRES_TUPLES_OK)
        die("%s", PQerrorMessage(pg));
    snprintf(sql, sizeof sql, "COPY (SELECT %s FROM bench_%s) TO STDOUT", PQgetvalue(list, 0, 0),
             table);
    PQclear(list);
    PQclear(PQexec(pg, sql));
    struct text t = {0};
    char *line;
    for (int len; (len = PQgetCopyData(pg, &line, 0)) > 0; PQfreemem(line)) {
        t.p = realloc(t.p, t.n + (size_t)len);
        if (t.p == NULL)
            abort();
        memcpy(t.p + t.n, line, (size_t)len);
        t.n += (size_t)len;
    }
    PQclear(PQgetResult(pg));
    return t;
}

static void must_run(PGconn *pg, const char *sql)
{
    PGresult *res = PQexec(pg, sql);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        die("%.100s: %s", sql, PQerrorMessage(pg));
    PQclear(res);
}

static void copy_in(PGconn *pg, const char *table, const struct text *rows)
{
    char sql[128];
    snprintf(sql, sizeof sql, "COPY %s FROM STDIN", table);
    PQclear(PQexec(pg, sql));
    if (PQputCopyData(pg, rows->p, (int)rows->n) != 1 || PQputCopyEnd(pg, NULL) != 1)
        die("COPY %s: %s", table, PQerrorMessage(pg));
    PGresult *res = PQgetResult(pg);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        die("COPY %s: %s", table, PQerrorMessage(pg));
    PQclear(res);
    PQclear(PQgetResult(pg));
}

/* One transaction; returns how long it took. */
static int64_t copy_round(PGconn *pg, int round)
{
    struct text rows[N_COPIED];
    for (size_t i = 0; i < N_COPIED; i++)
        rows[i] = rows_of_round(pg, copied[i], round);
    int64_t since = clock_monotonic_us();
    must_run(pg, "BEGIN");
    must_run(pg, "UPDATE credit_account a SET ordered = a.ordered + d.delta FROM bench_credit d "
                 "WHERE a.tenant_id = d.tenant_id AND a.id = d.id");
    must_run(pg, "UPDATE stock s SET reserved = s.reserved + d.delta FROM bench_stock d "
                 "WHERE s.tenant_id = d.tenant_id AND s.id = d.id");
    for (size_t i = 0; i < N_COPIED; i++)
        copy_in(pg, copied[i], &rows[i]);
    must_run(pg, "COMMIT");
    int64_t took = clock_monotonic_us() - since;
    for (size_t i = 0; i < N_COPIED; i++)
        free(rows[i].p);
    return took;
}

static int64_t copy_rate(struct bench *b, PGconn *pg)
{
    static int round;
    int64_t took = 0, n = 0;
    do {
        took += copy_round(pg, round++);
        n++;
    } while (took < (int64_t)b->seconds * 1000000);
    return n * BULK_ORDERS * 1000000 / took;
}

void bench_bulk(struct bench *b)
{
    bulk_rate(b, 3);
    keep_rows(b);
    PGconn *pg = PQconnectdb(b->stage.conninfo);
    int64_t ours[REPETITIONS], theirs[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        ours[i] = bulk_rate(b, 0);
        theirs[i] = copy_rate(b, pg);
    }
    PQfinish(pg);
    int64_t o = median(ours, REPETITIONS), t = median(theirs, REPETITIONS);
    figure("orders in files of 1,000", (double)o / (double)t, 0.4, "%lld/s, COPY %lld/s",
           (long long)o, (long long)t);
}
