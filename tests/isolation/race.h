/* Transactions that race on a small company. A race stops the first transaction before its COMMIT
 * until the second one waits for a lock of it. */
#pragma once
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/pg/migrate.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "tests/unit/pg_fixture.h"
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#define Q(n) (INT64_C(1000000) * (n))
#define TODAY 20000

static struct pool *pool;
static const struct tenant_facts tenant = {
    .id = 1, .currency = "EUR", .exponent = 2, .locked_until = NIL32};

/* ---- a small company: warehouse 1, product P with stock, order P of Q(10) confirmed ---- */

static inline void open_company(void)
{
    pool = fixture_pool(4);
    fixture_exec(
        "INSERT INTO tenant (tenant_id, name, legal_name, currency, time_zone, created_at)"
        " VALUES (1, 'A', 'A', 'EUR', 'Europe/Berlin', now());"
        "INSERT INTO credit_account (tenant_id, id, currency, ordered) VALUES (1, 1, 'EUR', "
        "1000000);"
        "INSERT INTO customer (tenant_id, id, name, currency, credit_account_id, created_at,"
        " updated_at) VALUES (1, 1, 'C', 'EUR', 1, now(), now());"
        "INSERT INTO tax_code (tenant_id, id, code, name, created_at, updated_at)"
        " VALUES (1, 1, 'S', 'S', now(), now());"
        "INSERT INTO warehouse (tenant_id, id, code, name, is_default, created_at, updated_at)"
        " VALUES (1, 1, 'A', 'A', true, now(), now());");
}

static inline void given_product(int id)
{
    char sql[400];
    snprintf(sql, sizeof sql,
             "INSERT INTO product (tenant_id, id, sku, name, kind, tax_code_id, created_at,"
             " updated_at) VALUES (1, %d, 'SKU%d', 'P', 'stock', 1, now(), now())",
             id, id);
    fixture_exec(sql);
}

static inline void given_stock(int product, int on_hand, int reserved)
{
    char sql[300];
    snprintf(sql, sizeof sql,
             "INSERT INTO stock (tenant_id, id, product_id, warehouse_id, on_hand, reserved)"
             " VALUES (1, %d, %d, 1, %d000000, %d000000)",
             product, product, on_hand, reserved);
    fixture_exec(sql);
}

/* A confirmed order of 10, of which `reserved` are reserved; its id is the product's. */
static inline void given_order(int id, int reserved)
{
    char sql[1200];
    snprintf(sql, sizeof sql,
             "INSERT INTO sales_order (tenant_id, id, number, customer_id, credit_account_id,"
             " warehouse_id, status, currency, order_date, payment_terms_days, rounding,"
             " tax_rounding, net, tax, gross, line_count, created_at, confirmed_at, updated_at)"
             " VALUES (1, %d, 'ORD-%d', 1, 1, 1, 'confirmed', 'EUR', '2024-01-01', 30, 'half_up',"
             " 'per_document', 1000, 0, 1000, 1, now(), now(), now());"
             "INSERT INTO order_line (tenant_id, order_id, line_no, product_id, kind, sku,"
             " description, warehouse_id, quantity, unit_price, discount_percent, tax_code_id,"
             " tax_rate, net, tax, gross, reserved)"
             " VALUES (1, %d, 1, %d, 'stock', 'SKU', 'P', 1, 10000000, 1000000, 0, 1, 0, 1000, 0,"
             " 1000, %d000000)",
             id, id, id, id, reserved);
    fixture_exec(sql);
}

/* ---- what the transactions do ---- */

struct act {
    err (*run)(struct tx *tx, struct call *c, const struct act *a);
    int64_t id; /* of the order, the shipment or the product */
    int64_t quantity;
    /* out */
    err result;
    int64_t made; /* id of the shipment */
    int64_t retries;
    char detail[300];
};

/* ---- two of them at once ---- */

struct actor {
    struct act *act;
    sem_t *acted, *go; /* NULL: runs through */
    struct arena *arena;
    struct problem problem;
};

static inline err body(struct tx *tx, void *arg)
{
    struct actor *actor = arg;
    struct call c = {.problem = &actor->problem,
                     .tenant = &tenant,
                     .api_key_id = NIL64,
                     .path_id = {NIL64, NIL64},
                     .if_match = VERSION_ANY};
    problem_init(&actor->problem, actor->arena);
    err e = actor->act->run(tx, &c, actor->act);
    if (e == OK)
        e = events_flush(tx);
    if (actor->acted != NULL) {
        sem_post(actor->acted);
        sem_wait(actor->go);
    }
    return e;
}

static inline void *perform(void *arg)
{
    struct actor *actor = arg;
    actor->arena = arena_new((size_t)64 << 20);
    struct tx_options o = {.mode = TX_WRITE,
                           .tenant = 1,
                           .now = clock_now_us(),
                           .today = TODAY,
                           .arena = actor->arena,
                           .problem = &actor->problem,
                           .ret_retries = &actor->act->retries};
    actor->act->result = tx_run(pool, &o, body, actor);
    snprintf(actor->act->detail, sizeof actor->act->detail, "%s",
             actor->problem.detail != NULL ? actor->problem.detail : "");
    arena_free(actor->arena);
    return NULL;
}

static inline void alone(struct act *act)
{
    struct actor actor = {.act = act};
    perform(&actor);
}

static inline bool somebody_waits(void)
{
    for (int i = 0; i < 500; i++) {
        if (fixture_int("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") > 0)
            return true;
        usleep(10000);
    }
    return false;
}

/* first has done everything but COMMIT when second begins; first commits when second waits. */
static inline void race(struct act *first, struct act *second)
{
    sem_t acted, go;
    sem_init(&acted, 0, 0);
    sem_init(&go, 0, 0);
    struct actor one = {.act = first, .acted = &acted, .go = &go}, two = {.act = second};
    pthread_t a, b;
    ck_assert_int_eq(pthread_create(&a, NULL, perform, &one), 0);
    sem_wait(&acted);
    ck_assert_int_eq(pthread_create(&b, NULL, perform, &two), 0);
    bool waited = somebody_waits();
    sem_post(&go);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    sem_destroy(&acted);
    sem_destroy(&go);
    ck_assert_msg(waited, "the second transaction did not wait for the first");
    ck_assert_int_eq(first->retries, 0);
    ck_assert_int_eq(second->retries, 0);
}

static inline int64_t sum_of(const char *column, const char *rows, int64_t id)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT coalesce(sum(%s), 0) FROM %s = %" PRId64, column, rows, id);
    return fixture_int(sql);
}

static inline int64_t line_of(const char *column, int64_t order)
{
    return sum_of(column, "order_line WHERE order_id", order);
}

static inline int64_t moved(int64_t product)
{
    return sum_of("quantity", "stock_movement WHERE product_id", product);
}

static inline void expect_stock(int64_t product, int64_t on_hand, int64_t reserved)
{
    ck_assert_int_eq(sum_of("on_hand", "stock WHERE product_id", product), on_hand);
    ck_assert_int_eq(sum_of("reserved", "stock WHERE product_id", product), reserved);
}

/* ---- the program ---- */

static inline int race_main(Suite *suite, TCase *tc)
{
    fixture_start();
    if (migrate(embedded_owner_conninfo(fixture)) != OK) {
        fprintf(stderr, "the schema does not migrate\n");
        fixture_stop();
        return 1;
    }
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, open_company, NULL);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* the pool's connections do not survive a fork */
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    pool_close(pool);
    fixture_stop();
    return failed != 0;
}
