/* The pool under many threads: waiting, order, time limits, broken connections. */
#include "lib/pg/conn.h"
#include "pg_fixture.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static int64_t from_now(int64_t us)
{
    return clock_monotonic_us() + us;
}

static struct pool *small_pool(size_t size, int64_t wait_us)
{
    struct pool_options o = {.conninfo = embedded_owner_conninfo(fixture),
                             .size = size,
                             .wait_us = wait_us,
                             .statement_timeout_ms = 20000,
                             .lock_timeout_ms = 10000};
    struct pool *p = NULL;
    ck_assert_int_eq(pool_open(&o, &p), OK);
    return p;
}

START_TEST(the_connection_given_back_last_goes_out_first)
{
    struct pool *p = small_pool(3, 100000);
    struct conn *a = NULL, *b = NULL, *c = NULL;
    ck_assert_int_eq(pool_take(p, from_now(1000000), false, &a), OK);
    ck_assert_int_eq(pool_take(p, from_now(1000000), false, &b), OK);
    pool_give(p, a, true);
    pool_give(p, b, true);
    ck_assert_int_eq(pool_take(p, from_now(1000000), false, &c), OK);
    ck_assert_ptr_eq(c, b);
    pool_give(p, c, true);
    struct pool_stats s = pool_stats(p);
    ck_assert_uint_eq(s.size, 3);
    ck_assert_uint_eq(s.idle, 2);
    ck_assert_uint_eq(s.busy, 0);
    ck_assert_int_eq(s.opened, 2);
    pool_close(p);
}
END_TEST

START_TEST(a_full_pool_makes_wait_and_then_says_overloaded_or_deadline)
{
    struct pool *p = small_pool(1, 150000);
    struct conn *a = NULL, *b = NULL;
    ck_assert_int_eq(pool_take(p, from_now(1000000), false, &a), OK);
    int64_t start = clock_monotonic_us();
    ck_assert_int_eq(pool_take(p, from_now(5000000), false, &b), ERR_OVERLOADED);
    ck_assert_int_ge(clock_monotonic_us() - start, 150000);
    start = clock_monotonic_us();
    ck_assert_int_eq(pool_take(p, from_now(50000), false, &b), ERR_DEADLINE);
    ck_assert_int_ge(clock_monotonic_us() - start, 50000);
    ck_assert_int_lt(clock_monotonic_us() - start, 140000);
    ck_assert_ptr_null(b);
    pool_give(p, a, true);
    struct pool_stats s = pool_stats(p);
    ck_assert_int_eq(s.waits, 2);
    ck_assert_int_eq(s.timeouts, 2);
    pool_close(p);
}
END_TEST

START_TEST(a_database_that_is_not_there_is_unavailable)
{
    struct pool_options o = {.conninfo = "host=/nonexistent", .size = 1, .wait_us = 1000};
    struct pool *p = NULL;
    ck_assert_int_eq(pool_open(&o, &p), ERR_UNAVAILABLE);
    ck_assert_ptr_null(p);
}
END_TEST

START_TEST(health_is_a_question_answered_in_time)
{
    struct pool *p = small_pool(1, 50000);
    ck_assert(pool_healthy(p, 1000000));
    struct conn *a = NULL;
    ck_assert_int_eq(pool_take(p, from_now(1000000), false, &a), OK);
    ck_assert(!pool_healthy(p, 100000));
    pool_give(p, a, true);
    ck_assert(pool_healthy(p, 1000000));
    ck_assert_int_eq(pool_stats(p).opened, 1);
    pool_close(p);
}
END_TEST

START_TEST(a_connection_in_a_transaction_is_closed_and_counted)
{
    struct pool *p = small_pool(1, 50000);
    struct conn *c = NULL;
    ck_assert_int_eq(pool_take(p, from_now(1000000), false, &c), OK);
    ck_assert_int_eq(PQsendQueryParams(c->pg, "BEGIN", 0, NULL, NULL, NULL, NULL, 0), 1);
    ck_assert_int_eq(PQpipelineSync(c->pg), 1);
    for (ExecStatusType s = PGRES_EMPTY_QUERY; s != PGRES_PIPELINE_SYNC;) {
        PGresult *res = NULL;
        ck_assert_int_eq(conn_result(c, from_now(1000000), &res), OK);
        s = PQresultStatus(res);
        PQclear(res);
    }
    pool_give(p, c, true);
    struct pool_stats s = pool_stats(p);
    ck_assert_int_eq(s.failed, 1);
    ck_assert_uint_eq(s.idle + s.busy, 0);
    pool_close(p);
}
END_TEST

START_TEST(every_connection_has_the_settings_of_the_server)
{
    struct pool_options o = {.conninfo = embedded_owner_conninfo(fixture),
                             .size = 1,
                             .wait_us = 1000,
                             .statement_timeout_ms = 1234,
                             .lock_timeout_ms = 567,
                             .schema = "Some schema"};
    struct pool *p = NULL;
    ck_assert_int_eq(pool_open(&o, &p), OK);
    struct conn *c = NULL;
    ck_assert_int_eq(pool_take(p, from_now(1000000), false, &c), OK);
    const char *sql = "SELECT concat_ws(' ', current_setting('statement_timeout'),"
                      " current_setting('lock_timeout'), current_setting('plan_cache_mode'),"
                      " current_setting('jit'), current_setting('search_path'),"
                      " current_setting('application_name'))";
    ck_assert_int_eq(PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0), 1);
    ck_assert_int_eq(PQpipelineSync(c->pg), 1);
    PGresult *res = NULL;
    ck_assert_int_eq(conn_result(c, from_now(1000000), &res), OK);
    ck_assert_str_eq(PQgetvalue(res, 0, 0),
                     "1234ms 567ms force_generic_plan off \"Some schema\" o2cd");
    PQclear(res);
    ck_assert_int_eq(conn_result(c, from_now(1000000), &res), OK);
    PQclear(res);
    pool_give(p, c, true);
    pool_close(p);
}
END_TEST

/* ---- who waits longest is served first ---- */

struct queue {
    struct pool *pool;
    _Atomic int next;
    int order[8];
};
struct place {
    struct queue *queue;
    int number;
};

static void *stand_in_line(void *arg)
{
    struct place *me = arg;
    struct conn *c = NULL;
    if (pool_take(me->queue->pool, from_now(5000000), false, &c) != OK)
        return NULL;
    me->queue->order[atomic_fetch_add(&me->queue->next, 1)] = me->number;
    pool_give(me->queue->pool, c, me->number % 3 != 2); /* some come back broken */
    return NULL;
}

START_TEST(who_waits_longest_is_served_first)
{
    struct queue q = {.pool = small_pool(1, 5000000)};
    struct place places[8];
    pthread_t threads[8];
    struct conn *c = NULL;
    ck_assert_int_eq(pool_take(q.pool, from_now(1000000), false, &c), OK);
    for (int i = 0; i < 8; i++) {
        places[i] = (struct place){&q, i};
        pthread_create(&threads[i], NULL, stand_in_line, &places[i]);
        while (pool_stats(q.pool).waits <= i)
            usleep(1000);
    }
    pool_give(q.pool, c, true);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(q.order[i], i);
    ck_assert_uint_eq(pool_stats(q.pool).busy, 0);
    pool_close(q.pool);
}
END_TEST

/* ---- all at once ---- */

static const struct pg_column by_param[] = {{.name = "by", .type = PG_I64}};
static const struct stmt add = {.name = "add",
                                .sql = "UPDATE counter SET n = n + $1",
                                .params = by_param,
                                .n_params = 1,
                                .number = 3};

static err add_body(struct tx *tx, void *arg)
{
    return tx_queue(tx, &add, (struct pg_value[]){{.p = arg}}, NULL);
}

struct crowd {
    struct pool *pool;
    _Atomic int64_t added, refused, unknown;
    _Atomic bool wrong;
};

static void *add_often(void *arg)
{
    struct crowd *c = arg;
    struct arena *arena = arena_new(1 << 20);
    struct problem problem;
    for (int i = 0; i < 100; i++) {
        arena_reset(arena);
        problem_init(&problem, arena);
        int64_t by = 1;
        struct tx_options o = {.mode = TX_WRITE, .arena = arena, .problem = &problem};
        if (i % 10 == 9)
            o.deadline_us = from_now(i * 20); /* some have hardly any time */
        err e = tx_run(c->pool, &o, add_body, &by);
        if (e == OK)
            atomic_fetch_add(&c->added, 1);
        else if (e == ERR_COMMIT_UNKNOWN)
            atomic_fetch_add(&c->unknown, 1);
        else if (e == ERR_DEADLINE || e == ERR_OVERLOADED || e == ERR_UNAVAILABLE)
            atomic_fetch_add(&c->refused, 1);
        else
            atomic_store(&c->wrong, true);
    }
    arena_free(arena);
    return NULL;
}

START_TEST(eight_threads_on_three_connections_lose_and_double_nothing)
{
    fixture_exec("DROP TABLE IF EXISTS counter; CREATE TABLE counter (n bigint);"
                 "INSERT INTO counter VALUES (0)");
    struct crowd c = {.pool = small_pool(3, 2000000)};
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, add_often, &c);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    ck_assert(!c.wrong);
    ck_assert_int_ge(c.added, 8 * 90);
    ck_assert_int_eq(c.added + c.refused + c.unknown, 800);
    /* Abandoned commits may still be under way. */
    free(fixture_sql(true, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                           " WHERE application_name = 'o2cd'"));
    int64_t n = fixture_int("SELECT n FROM counter");
    ck_assert_int_ge(n, c.added);
    ck_assert_int_le(n, c.added + c.unknown);
    ck_assert_uint_eq(pool_stats(c.pool).busy, 0);
    pool_close(c.pool);
}
END_TEST

int main(void)
{
    fixture_start();
    Suite *suite = suite_create("pg_pool");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, the_connection_given_back_last_goes_out_first);
    tcase_add_test(c, a_full_pool_makes_wait_and_then_says_overloaded_or_deadline);
    tcase_add_test(c, a_database_that_is_not_there_is_unavailable);
    tcase_add_test(c, health_is_a_question_answered_in_time);
    tcase_add_test(c, a_connection_in_a_transaction_is_closed_and_counted);
    tcase_add_test(c, every_connection_has_the_settings_of_the_server);
    tcase_add_test(c, who_waits_longest_is_served_first);
    tcase_add_test(c, eight_threads_on_three_connections_lose_and_double_nothing);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    fixture_stop();
    return failures != 0;
}
