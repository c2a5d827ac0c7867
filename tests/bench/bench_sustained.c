/* A company at work for as long as it is asked to: orders, payments, shipments, invoices and reads
 * in the proportions of a working day, at a steady rate below what the server can do. What it
 * measures is growth: of latency, of memory, of dead rows. Afterwards the books must be right. */
#include "lib/base/id.h"
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include "tests/bench/usage.h"
#include "tests/load/rng.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 64
#define LOAD_PERCENT 60 /* of what it can take */
#define SLICES 15
#define RING 65536
#define OPS 8192 /* more than requests in flight */
#define PAYMENTS_PER_INVOICE 40
#define GROWTH_MOST 1.25 /* the last third against the second */
#define LATENCY_MOST 1.5

enum op { ORDER, PAYMENT, STATUS, SHIP, DELIVER, INVOICE, STOCK, REPORT, N_OPS };
static const char *const op_names[N_OPS] = {"orders",     "payments", "status", "shipments",
                                            "deliveries", "invoices", "stock",  "reports"};
/* In tenths of a percent; reports are a minute's work of a person, not of a machine. */
static const int weights[N_OPS] = {450, 430, 40, 14, 13, 13, 37, 3};

/* Documents that wait for their next step: the oldest first. */
struct waiting {
    int64_t id, order, customer;
    int64_t part, left; /* of an invoice: one payment, all that is to come; minor units */
};

struct ring {
    struct waiting v[RING];
    uint64_t head, tail;
};

static void ring_put(struct ring *r, struct waiting w)
{
    if (r->tail - r->head < RING)
        r->v[r->tail++ % RING] = w;
}

static bool ring_take(struct ring *r, struct waiting *ret)
{
    if (r->head == r->tail)
        return false;
    *ret = r->v[r->head++ % RING];
    return true;
}

struct company {
    const struct stage *stage;
    struct order_mix mix;
    struct ring to_ship, to_deliver, to_invoice, to_pay;
    int64_t last_order; /* for status reads; 0: none yet */
    struct {
        enum op op;
        struct waiting of;
    } ops[OPS];
    int64_t done[N_OPS];
};

/* ---- requests ---- */

/* One of a few texts that are used in turn. */
static const char *text_of(const char *prefix, int64_t id)
{
    static char text[4][ID_TEXT_MAX];
    static unsigned turn;
    char *ret = text[++turn % 4];
    id_format(prefix, id, ret);
    return ret;
}

static int64_t any_customer(struct rng *r)
{
    return STAGE_CUSTOMER + rng_between(r, 0, STAGE_CUSTOMERS - 1);
}

static size_t post(const struct company *c, uint64_t n, char *out, const char *path,
                   const char *body)
{
    char key[48];
    snprintf(key, sizeof key, "%llx-%llx", (unsigned long long)c->mix.seed, (unsigned long long)n);
    return make_request(c->stage, out, "POST", path, key, body);
}

/* The next part of an invoice, the last with what is left; without one, money on account. */
static size_t pay(struct company *c, struct rng *r, uint64_t n, char *out)
{
    char body[400], allocations[64] = "";
    struct waiting w = {.customer = any_customer(r)};
    int64_t amount = rng_between(r, 100, 9999);
    if (ring_take(&c->to_pay, &w)) {
        amount = w.left < 2 * w.part ? w.left : w.part;
        snprintf(allocations, sizeof allocations, "{\"invoice_id\":\"%s\"}", text_of("inv", w.id));
        w.left -= amount;
        if (w.left > 0)
            ring_put(&c->to_pay, w);
    }
    snprintf(body, sizeof body,
             "{\"customer_id\":\"%s\",\"method\":\"bank_transfer\",\"amount\":\"%lld.%02lld\","
             "\"allocations\":[%s]}",
             text_of("cus", w.customer), (long long)(amount / 100), (long long)(amount % 100),
             allocations);
    return post(c, n, out, "/v1/payments", body);
}

static size_t ship(const struct company *c, uint64_t n, char *out, const struct waiting *w)
{
    char body[120];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"ship\":true,\"carrier\":\"Post\"}",
             text_of("ord", w->order));
    return post(c, n, out, "/v1/shipments", body);
}

static size_t deliver(const struct company *c, uint64_t n, char *out, const struct waiting *w)
{
    char path[80];
    snprintf(path, sizeof path, "/v1/shipments/%s/deliver", text_of("shp", w->id));
    return post(c, n, out, path, "{}");
}

static size_t invoice(const struct company *c, uint64_t n, char *out, const struct waiting *w)
{
    char body[120];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"finalize\":true}",
             text_of("ord", w->order));
    return post(c, n, out, "/v1/invoices", body);
}

static size_t report(const struct company *c, struct rng *r, char *out)
{
    static const int often[] = {3, 3, 3, 3, 1};
    static const char *const paths[] = {
        "/v1/reports/aging?group=total", "/v1/reports/open-items?limit=50&customer_id=%s",
        "/v1/reports/aging?customer_id=%s", "/v1/reports/statement?customer_id=%s",
        "/v1/reports/dso?days=30"};
    char path[160];
    expand(paths[rng_pick(r, often, 5)], text_of("cus", any_customer(r)), path, sizeof path);
    return make_request(c->stage, out, "GET", path, NULL, NULL);
}

static size_t get(const struct company *c, char *out, const char *fmt, const char *id)
{
    char path[160];
    expand(fmt, id, path, sizeof path);
    return make_request(c->stage, out, "GET", path, NULL, NULL);
}

/* What waits for the step; when nothing does, another order is placed instead. */
static enum op choose(struct company *c, struct rng *r, struct waiting *ret)
{
    enum op op = (enum op)rng_pick(r, weights, N_OPS);
    struct ring *from = op == SHIP      ? &c->to_ship
                        : op == DELIVER ? &c->to_deliver
                        : op == INVOICE ? &c->to_invoice
                                        : NULL;
    if ((from != NULL && !ring_take(from, ret)) || (op == STATUS && c->last_order == 0))
        return ORDER;
    return op;
}

static size_t make_op(void *arg, uint64_t n, char *out)
{
    struct company *c = arg;
    struct rng r = rng_of(c->mix.seed, "op", n);
    struct waiting w = {0};
    enum op op = choose(c, &r, &w);
    c->ops[n % OPS].op = op;
    c->ops[n % OPS].of = w;
    switch (op) {
    case PAYMENT:
        return pay(c, &r, n, out);
    case STATUS:
        return get(c, out, "/v1/orders/%s", text_of("ord", c->last_order));
    case SHIP:
        return ship(c, n, out, &w);
    case DELIVER:
        return deliver(c, n, out, &w);
    case INVOICE:
        return invoice(c, n, out, &w);
    case STOCK:
        return get(c, out, "/v1/stock?product_id=%s",
                   text_of("prd", STAGE_PRODUCT + rng_between(&r, 0, STAGE_PRODUCTS - 1)));
    case REPORT:
        return report(c, &r, out);
    case ORDER:
    case N_OPS:
    default:
        return make_order(&c->mix, n, out);
    }
}

/* ---- replies ---- */

/* Minor units of "123.45". */
static int64_t cents(const char *text)
{
    char *point;
    int64_t whole = strtoll(text, &point, 10);
    return whole * 100 + (*point == '.' ? strtoll(point + 1, NULL, 10) : 0);
}

static struct waiting issued(const char *body)
{
    char gross[32];
    text_after(body, "\"gross\":\"", gross, sizeof gross);
    int64_t total = cents(gross);
    return (struct waiting){.id = id_after(body, "\"id\":\"", "inv"),
                            .customer = id_after(body, "\"customer_id\":\"", "cus"),
                            .part = total / PAYMENTS_PER_INVOICE,
                            .left = total};
}

static void go_on(struct company *c, enum op op, const struct waiting *w, const char *body)
{
    if (op == ORDER) {
        c->last_order = id_after(body, "\"id\":\"", "ord");
        ring_put(&c->to_ship, (struct waiting){.order = c->last_order});
    } else if (op == SHIP) {
        ring_put(&c->to_deliver,
                 (struct waiting){.id = id_after(body, "\"id\":\"", "shp"), .order = w->order});
    } else if (op == DELIVER) {
        ring_put(&c->to_invoice, (struct waiting){.order = w->order});
    } else if (op == INVOICE) {
        ring_put(&c->to_pay, issued(body));
    }
}

static bool check_op(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    struct company *c = arg;
    enum op op = c->ops[n % OPS].op;
    if (status != 200 && status != 201)
        return false;
    char *text = strndup(body, len);
    go_on(c, op, &c->ops[n % OPS].of, text);
    free(text);
    c->done[op]++;
    return true;
}

/* ---- the run ---- */

struct slice {
    int64_t rate, p50_us, p99_us, server_kib, postgres_kib, skipped;
};

static struct slice run_slice(struct bench *b, struct company *c, int64_t rate, int64_t for_us)
{
    struct http_load_result result;
    struct http_load load = {.port = b->stage.main.port,
                             .connections = CONNECTIONS,
                             .for_us = for_us,
                             .rate = rate,
                             .make = make_op,
                             .check = check_op,
                             .arg = c};
    c->mix.seed = fresh_seed();
    if (!http_load_run(&load, &result) || result.wrong > 0 || result.refused > 0)
        die("%lld refused; a request was answered: %s", (long long)result.refused, result.sample);
    return (struct slice){.rate = http_load_rate(&result),
                          .p50_us = histogram_percentile(&result.latency, 50),
                          .p99_us = histogram_percentile(&result.latency, 99),
                          .server_kib = resident_kib(b->stage.main.pid),
                          .postgres_kib = postgres_kib(&b->stage),
                          .skipped = result.skipped};
}

/* The median of a member over the slices of a third. */
#define MEDIAN(slices, third, member)                                                              \
    ({                                                                                             \
        int64_t values_[SLICES / 3];                                                               \
        for (int i_ = 0; i_ < SLICES / 3; i_++)                                                    \
            values_[i_] = (slices)[(third)*SLICES / 3 + i_].member;                                \
        (double)median(values_, SLICES / 3);                                                       \
    })

static void tell_growth(const struct slice *s)
{
    figure("sustained: p50, end over middle", MEDIAN(s, 2, p50_us) / MEDIAN(s, 1, p50_us),
           -LATENCY_MOST, "%.1f ms, then %.1f ms", MEDIAN(s, 1, p50_us) / 1000,
           MEDIAN(s, 2, p50_us) / 1000);
    figure("sustained: p99, end over middle", MEDIAN(s, 2, p99_us) / MEDIAN(s, 1, p99_us),
           -LATENCY_MOST, "%.1f ms, then %.1f ms", MEDIAN(s, 1, p99_us) / 1000,
           MEDIAN(s, 2, p99_us) / 1000);
    figure("sustained: memory of the server", MEDIAN(s, 2, server_kib) / MEDIAN(s, 1, server_kib),
           -GROWTH_MOST, "%.1f MiB, then %.1f MiB", MEDIAN(s, 1, server_kib) / 1024,
           MEDIAN(s, 2, server_kib) / 1024);
}

/* What PostgreSQL says of its housekeeping. */
static void tell_housekeeping(const struct stage *s)
{
    note("%s", stage_sql(s, "SELECT format('checkpoints: %%s by time, %%s by WAL, %%s s writing; "
                            "database %%s', checkpoints_timed, checkpoints_req, "
                            "(checkpoint_write_time / 1000)::bigint, "
                            "pg_size_pretty(pg_database_size('o2c'))) FROM pg_stat_bgwriter"));
    note("%s",
         stage_sql(s,
                   "SELECT string_agg(format('%%s: %%s live, %%s dead, %%s HOT of %%s updates, "
                   "vacuumed %%s times, %%s + indices %%s', relname, n_live_tup, n_dead_tup, "
                   "n_tup_hot_upd, n_tup_upd, autovacuum_count, "
                   "pg_size_pretty(pg_relation_size(relid)), "
                   "pg_size_pretty(pg_indexes_size(relid))), E'\\n' ORDER BY n_tup_upd DESC) "
                   "FROM (SELECT * FROM pg_stat_user_tables ORDER BY n_tup_upd DESC LIMIT 8) t"));
}

static void check_books(const struct stage *s)
{
    char dir[96];
    snprintf(dir, sizeof dir, "O2C_DATA_DIR=%s", s->dir);
    const char *argv[] = {s->o2cd, "check", NULL}, *env[] = {dir, NULL};
    int status = 0;
    char *said = run_program(argv, env, &status);
    figure("sustained: books that are right", status == 0, 1.0, "o2cd check");
    if (status != 0)
        note("%.2000s", said);
    free(said);
}

void bench_sustained(struct bench *b)
{
    static struct company c;
    static struct slice slices[SLICES];
    c = (struct company){.stage = &b->stage, .mix = {.stage = &b->stage, .spread = SKEWED}};
    run_slice(b, &c, 0, 10000000); /* fills the rings and the caches */
    struct slice peak = run_slice(b, &c, 0, 5000000);
    int64_t rate = peak.rate * LOAD_PERCENT / 100;
    note("sustained: %lld requests/s, %d %% of the peak %lld/s, for %d s", (long long)rate,
         LOAD_PERCENT, (long long)peak.rate, b->seconds);
    for (int i = 0; i < SLICES; i++) {
        struct slice s = run_slice(b, &c, rate, (int64_t)b->seconds * 1000000 / SLICES);
        slices[i] = s;
        note("  %2d: %lld/s, p50 %.1f ms, p99 %.1f ms, server %.1f MiB, PostgreSQL %.0f MiB, %lld "
             "late",
             i + 1, (long long)s.rate, (double)s.p50_us / 1000, (double)s.p99_us / 1000,
             (double)s.server_kib / 1024, (double)s.postgres_kib / 1024, (long long)s.skipped);
    }
    for (int i = 0; i < N_OPS; i++)
        note("  %-11s %9lld", op_names[i], (long long)c.done[i]);
    tell_growth(slices);
    tell_housekeeping(&b->stage);
    check_books(&b->stage);
}
