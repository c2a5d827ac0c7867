/* Transactions against a private PostgreSQL: types, pipelines, failures, retries. */
#include "lib/base/metrics.h"
#include "pg_fixture.h"
#include <pthread.h>
#include <string.h>

static struct pool *pool;
static struct arena *arena;
static struct problem problem;

static void setup(void)
{
    pool = fixture_pool(4);
    arena = arena_new(256 << 20);
    problem_init(&problem, arena);
    pg_inject_off();
    pg_set_constraints(NULL);
    fixture_exec("DROP TABLE IF EXISTS t, u CASCADE;"
                 "CREATE TABLE t (id bigint PRIMARY KEY, v bigint NOT NULL DEFAULT 0,"
                 " CONSTRAINT t_v_positive CHECK (v >= 0));"
                 "CREATE TABLE u (id bigint PRIMARY KEY,"
                 " t bigint CONSTRAINT u_t REFERENCES t DEFERRABLE INITIALLY DEFERRED,"
                 " code text CONSTRAINT u_code UNIQUE);"
                 "INSERT INTO t VALUES (1, 10), (2, 20)");
}

static void teardown(void)
{
    struct pool_stats s = pool_stats(pool);
    ck_assert_uint_eq(s.busy, 0);
    pool_close(pool);
    arena_free(arena);
}

static struct tx_options options(enum tx_mode mode)
{
    return (struct tx_options){.mode = mode, .arena = arena, .problem = &problem};
}

static err run(enum tx_mode mode, err (*body)(struct tx *, void *), void *arg)
{
    struct tx_options o = options(mode);
    return tx_run(pool, &o, body, arg);
}

/* ---- statements by hand, as sqlgen would make them ---- */

struct two {
    int64_t id, v;
};
static const struct pg_column id_param[] = {{.name = "id", .type = PG_I64}};
static const struct pg_column two_params[] = {{.name = "id", .type = PG_I64},
                                              {.name = "v", .type = PG_I64}};
static const struct pg_column two_columns[] = {
    {.name = "id", .type = PG_I64, .offset = offsetof(struct two, id)},
    {.name = "v", .type = PG_I64, .offset = offsetof(struct two, v)}};

#define STMT(n, name_, sql_, params_, ...)                                                         \
    {                                                                                              \
        .name = (name_), .file = "test", .sql = (sql_), .params = (params_),                       \
        .n_params = COUNT_OF(params_), .number = (n), ##__VA_ARGS__                                \
    }
#define TWO_ROWS .columns = two_columns, .n_columns = 2, .row_size = sizeof(struct two)

static const struct stmt t_get = STMT(0, "t_get", "SELECT id, v FROM t WHERE id = $1", id_param,
                                      TWO_ROWS);
static const struct stmt t_lock = STMT(1, "t_lock", "SELECT id, v FROM t WHERE id = $1 FOR UPDATE",
                                       id_param, TWO_ROWS);
static const struct stmt t_set = STMT(2, "t_set", "UPDATE t SET v = $2 WHERE id = $1", two_params);
static const struct stmt t_add = STMT(700, "t_add", "INSERT INTO t (id, v) VALUES ($1, $2)",
                                      two_params);
static const struct stmt u_add = STMT(
    4, "u_add", "INSERT INTO u (id, t, code) VALUES ($1, $2, 'x')", two_params);
static const struct stmt broken = STMT(5, "broken", "SELECT id, w FROM t WHERE id = $1", id_param,
                                       TWO_ROWS);
static const struct stmt nulled = STMT(7, "nulled", "SELECT $1::int8, NULL::int8", id_param,
                                       TWO_ROWS);
static const struct stmt one_column = STMT(8, "one_column", "SELECT $1::int8", id_param, TWO_ROWS);
static const struct stmt wrong_type = STMT(9, "wrong_type", "SELECT $1::int8, sum(v) FROM t",
                                           id_param, TWO_ROWS);
static const struct stmt die = STMT(
    10, "die", "SELECT pg_terminate_backend(pg_backend_pid()), $1::int8", id_param);

static err queue1(struct tx *tx, const struct stmt *s, int64_t id, struct pg_rows *rows)
{
    return tx_queue(tx, s, (struct pg_value[]){{.p = &id}}, rows);
}

static err queue2(struct tx *tx, const struct stmt *s, int64_t id, int64_t v)
{
    return tx_queue(tx, s, (struct pg_value[]){{.p = &id}, {.p = &v}}, NULL);
}

static err ask1(struct tx *tx, const struct stmt *s, int64_t id, struct pg_rows *rows)
{
    TRY(queue1(tx, s, id, rows));
    return tx_flush(tx);
}

static int64_t value_of(int64_t id)
{
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT v FROM t WHERE id = %lld", (long long)id);
    return fixture_int(sql);
}

/* ---- types ---- */

struct all {
    int64_t i64;
    int32_t i32;
    bool flag;
    const char *text;
    int32_t date;
    int64_t instant;
    const char *json;
    struct bytes bytes;
};
#define MEMBER(member_, type_)                                                                     \
    {                                                                                              \
        .name = #member_, .type = (type_), .nullable = true,                                       \
        .offset = offsetof(struct all, member_)                                                    \
    }
static const struct pg_column all_columns[] = {MEMBER(i64, PG_I64),   MEMBER(i32, PG_I32),
                                               MEMBER(flag, PG_BOOL), MEMBER(text, PG_TEXT),
                                               MEMBER(date, PG_DATE), MEMBER(instant, PG_INSTANT),
                                               MEMBER(json, PG_JSON), MEMBER(bytes, PG_BYTES)};
static const struct stmt echo = {
    .name = "echo",
    .sql = "SELECT $1, $2, $3, $4, $5, $6, $7, $8",
    .params = all_columns,
    .n_params = 8,
    .columns = all_columns,
    .n_columns = 8,
    .row_size = sizeof(struct all),
    .number = 20,
};
static const struct stmt spelled = {
    .name = "spelled",
    .sql = "SELECT $1, $2, $3, concat_ws('|', $1, $2, $3, $4, $5, $6 AT TIME ZONE 'UTC', $7,"
           " encode($8, 'hex')), $5, $6, $7, $8",
    .params = all_columns,
    .n_params = 8,
    .columns = all_columns,
    .n_columns = 8,
    .row_size = sizeof(struct all),
    .number = 21,
};

static err query_all(struct tx *tx, const struct stmt *s, const struct all *a, struct all *ret)
{
    struct pg_rows rows = {0};
    TRY(tx_query(tx, s,
                 (struct pg_value[]){{.p = &a->i64},
                                     {.p = &a->i32},
                                     {.p = &a->flag},
                                     {.p = &a->text},
                                     {.p = &a->date},
                                     {.p = &a->instant},
                                     {.p = &a->json},
                                     {.p = &a->bytes}},
                 &rows));
    ck_assert_uint_eq(rows.n, 1);
    *ret = *(struct all *)rows.v;
    return OK;
}

static void assert_text(const char *got, const char *want)
{
    ck_assert_int_eq(got == NULL, want == NULL);
    if (want != NULL)
        ck_assert_str_eq(got, want);
}

static void assert_all_eq(const struct all *got, const struct all *want)
{
    ck_assert_int_eq(got->i64, want->i64);
    ck_assert_int_eq(got->i32, want->i32);
    ck_assert_int_eq(got->flag, want->flag);
    assert_text(got->text, want->text);
    ck_assert_int_eq(got->date, want->date);
    ck_assert_int_eq(got->instant, want->instant);
    assert_text(got->json, want->json);
    ck_assert_int_eq(got->bytes.p == NULL, want->bytes.p == NULL);
    ck_assert_uint_eq(got->bytes.len, want->bytes.len);
    if (want->bytes.len > 0)
        ck_assert_int_eq(memcmp(got->bytes.p, want->bytes.p, want->bytes.len), 0);
}

static const struct all samples[] = {
    {1, 2, true, "hällo", 0, 0, "{\"a\": 1}", {(const unsigned char *)"\0\1\xff", 3}},
    {INT64_MAX,
     INT32_MAX,
     false,
     "",
     DATE_MAX,
     INT64_C(4102444800123456),
     "null",
     {(const unsigned char *)"", 0}},
    {INT64_MIN + 1,
     INT32_MIN + 1,
     true,
     "x",
     DATE_MIN,
     INT64_C(-2208988800000001),
     "[]",
     {(const unsigned char *)"x", 1}},
    {NIL64, NIL32, false, NULL, NIL32, NIL64, NULL, {0}},
    {-1, -1, true, "a|b", 10957, 946684800000000, "\"\"", {(const unsigned char *)"ab", 2}},
};

static err echo_all(struct tx *tx, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct all got = {0};
        TRY(query_all(tx, &echo, &samples[i], &got));
        assert_all_eq(&got, &samples[i]);
    }
    return OK;
}

START_TEST(every_type_comes_back_as_it_went_and_absent_values_too)
{
    ck_assert_int_eq(run(TX_READ, echo_all, NULL), OK);
}
END_TEST

static err spell(struct tx *tx, void *arg)
{
    struct all got = {0};
    TRY(query_all(tx, &spelled, &samples[4], &got));
    *(const char **)arg = got.text;
    return OK;
}

START_TEST(the_database_reads_the_values_that_were_meant)
{
    const char *text = NULL;
    ck_assert_int_eq(run(TX_READ, spell, &text), OK);
    ck_assert_str_eq(text, "-1|-1|t|a|b|2000-01-01|2000-01-01 00:00:00|\"\"|6162");
}
END_TEST

#define ARRAY(member_, type_)                                                                      \
    {                                                                                              \
        .name = #member_, .type = (type_), .array = true, .offset = offsetof(struct all, member_)  \
    }
static const struct pg_column all_arrays[] = {
    ARRAY(i64, PG_I64),   ARRAY(i32, PG_I32),         ARRAY(flag, PG_BOOL), ARRAY(text, PG_TEXT),
    ARRAY(date, PG_DATE), ARRAY(instant, PG_INSTANT), ARRAY(json, PG_JSON), ARRAY(bytes, PG_BYTES)};
static const struct stmt echo_arrays = {
    .name = "echo_arrays",
    .sql = "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)",
    .params = all_arrays,
    .n_params = 8,
    .columns = all_columns,
    .n_columns = 8,
    .row_size = sizeof(struct all),
    .number = 22,
};

struct rows_arg {
    const struct all *v;
    size_t n;
    struct pg_rows rows;
};

static err send_arrays(struct tx *tx, void *arg)
{
    struct rows_arg *a = arg;
    struct pg_value values[8];
    for (size_t i = 0; i < 8; i++)
        values[i] = (struct pg_value){(const char *)a->v + all_arrays[i].offset, a->n,
                                      sizeof(struct all)};
    return tx_query(tx, &echo_arrays, values, &a->rows);
}

START_TEST(arrays_of_structs_travel_with_their_absent_elements)
{
    struct rows_arg a = {samples, COUNT_OF(samples), {0}};
    ck_assert_int_eq(run(TX_READ, send_arrays, &a), OK);
    ck_assert_uint_eq(a.rows.n, COUNT_OF(samples));
    for (size_t i = 0; i < a.rows.n; i++)
        assert_all_eq((struct all *)a.rows.v + i, &samples[i]);
}
END_TEST

START_TEST(an_empty_array_gives_no_rows)
{
    struct rows_arg a = {NULL, 0, {(void *)1, 7}};
    ck_assert_int_eq(run(TX_READ, send_arrays, &a), OK);
    ck_assert_uint_eq(a.rows.n, 0);
}
END_TEST

START_TEST(ten_thousand_rows_of_megabytes_do_not_jam_the_pipeline)
{
    static struct all big[10000];
    static char long_text[4096];
    memset(long_text, 'z', sizeof long_text - 1);
    for (size_t i = 0; i < COUNT_OF(big); i++) {
        big[i] = samples[i % COUNT_OF(samples)];
        big[i].i64 = (int64_t)i;
        big[i].text = long_text;
    }
    struct rows_arg a = {big, COUNT_OF(big), {0}};
    ck_assert_int_eq(run(TX_READ, send_arrays, &a), OK);
    ck_assert_uint_eq(a.rows.n, COUNT_OF(big));
    for (size_t i = 0; i < a.rows.n; i++)
        assert_all_eq((struct all *)a.rows.v + i, &big[i]);
}
END_TEST

/* ---- pipelines ---- */

static err many_large_in_one_flush(struct tx *tx, void *arg)
{
    struct pg_rows *rows = arg;
    static char text[1 << 20];
    memset(text, 'q', sizeof text - 1);
    struct all a = samples[0];
    a.text = text;
    for (int i = 0; i < 16; i++)
        TRY(tx_queue(tx, &echo,
                     (struct pg_value[]){{.p = &a.i64},
                                         {.p = &a.i32},
                                         {.p = &a.flag},
                                         {.p = &a.text},
                                         {.p = &a.date},
                                         {.p = &a.instant},
                                         {.p = &a.json},
                                         {.p = &a.bytes}},
                     &rows[i]));
    return tx_flush(tx);
}

START_TEST(large_parameters_and_large_answers_cross_without_deadlock)
{
    struct pg_rows rows[16] = {0};
    ck_assert_int_eq(run(TX_READ, many_large_in_one_flush, rows), OK);
    for (int i = 0; i < 16; i++) {
        ck_assert_uint_eq(rows[i].n, 1);
        ck_assert_uint_eq(strlen(((struct all *)rows[i].v)->text), (1 << 20) - 1);
    }
}
END_TEST

static int64_t trips(void)
{
    return metric_value(metric_counter("o2c_tx_round_trips_total", "", ""));
}

static err several(struct tx *tx, void *arg)
{
    struct pg_rows *rows = arg;
    TRY(queue2(tx, &t_set, 1, 11));
    TRY(queue1(tx, &t_get, 1, &rows[0]));
    TRY(queue2(tx, &t_set, 2, 22));
    TRY(queue1(tx, &t_get, 2, &rows[1]));
    TRY(tx_flush(tx));
    return queue2(tx, &t_add, 3, 33);
}

START_TEST(queued_statements_share_a_round_trip_and_the_rest_goes_with_commit)
{
    struct pg_rows rows[2] = {0};
    int64_t before = trips();
    ck_assert_int_eq(run(TX_WRITE, several, rows), OK);
    ck_assert_int_eq(trips() - before, 2);
    ck_assert_int_eq(((struct two *)rows[0].v)->v, 11);
    ck_assert_int_eq(((struct two *)rows[1].v)->v, 22);
    ck_assert_int_eq(value_of(1), 11);
    ck_assert_int_eq(value_of(3), 33);
}
END_TEST

static err nothing(struct tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    return OK;
}

START_TEST(a_script_that_asks_nothing_costs_no_round_trip)
{
    int64_t before = trips();
    ck_assert_int_eq(run(TX_WRITE, nothing, NULL), OK);
    ck_assert_int_eq(trips() - before, 0);
}
END_TEST

static err refuse(struct tx *tx, void *arg)
{
    (void)arg;
    struct pg_rows rows = {0};
    TRY(ask1(tx, &t_get, 1, &rows));
    TRY(queue2(tx, &t_set, 1, 99));
    return fail(tx->problem, ERR_ON_HOLD, "Release the order first.");
}

START_TEST(an_error_of_the_script_rolls_back_and_is_returned)
{
    ck_assert_int_eq(run(TX_WRITE, refuse, NULL), ERR_ON_HOLD);
    ck_assert_str_eq(problem.detail, "Release the order first.");
    ck_assert_int_eq(value_of(1), 10);
    ck_assert_uint_eq(pool_stats(pool).idle, 1);
}
END_TEST

static err set_one(struct tx *tx, void *arg)
{
    (void)arg;
    return queue2(tx, &t_set, 1, 77);
}

START_TEST(a_dry_run_succeeds_and_changes_nothing)
{
    struct tx_options o = options(TX_WRITE);
    o.rollback = true;
    ck_assert_int_eq(tx_run(pool, &o, set_one, NULL), OK);
    ck_assert_int_eq(value_of(1), 10);
}
END_TEST

static err write_in_read(struct tx *tx, void *arg)
{
    (void)arg;
    TRY(queue2(tx, &t_set, 1, 5));
    return tx_flush(tx);
}

START_TEST(a_reading_transaction_cannot_write)
{
    ck_assert_int_eq(run(TX_READ, write_in_read, NULL), ERR_INTERNAL);
    ck_assert_int_eq(value_of(1), 10);
}
END_TEST

/* ---- failures ---- */

struct middle {
    err first, second;
    struct pg_rows before, after;
};

static err error_in_the_middle(struct tx *tx, void *arg)
{
    struct middle *m = arg;
    TRY(queue1(tx, &t_get, 1, &m->before));
    TRY(queue2(tx, &t_set, 1, -5));
    TRY(queue1(tx, &t_get, 2, &m->after));
    m->first = tx_flush(tx);
    m->second = queue1(tx, &t_get, 2, &m->after);
    return OK; /* even a script that looks away does not commit */
}

START_TEST(an_error_in_the_middle_fails_all_that_follows)
{
    static const struct pg_constraint table[] = {
        {"t_v_positive", ERR_INSUFFICIENT_STOCK, "Order less."}, {0}};
    pg_set_constraints(table);
    struct middle m = {0};
    ck_assert_int_eq(run(TX_WRITE, error_in_the_middle, &m), ERR_INSUFFICIENT_STOCK);
    ck_assert_int_eq(m.first, ERR_INSUFFICIENT_STOCK);
    ck_assert_int_eq(m.second, ERR_INSUFFICIENT_STOCK);
    ck_assert_str_eq(problem.detail, "Order less.");
    ck_assert_uint_eq(m.before.n, 1);
    ck_assert_ptr_null(m.after.v);
    /* The connection is in order, and statements whose PREPARE was skipped are prepared again. */
    struct pg_rows rows[2] = {0};
    ck_assert_int_eq(run(TX_WRITE, several, rows), OK);
    ck_assert_int_eq(pool_stats(pool).opened, 1);
}
END_TEST

static err run_stmt(struct tx *tx, void *arg)
{
    const struct stmt *s = arg;
    struct pg_rows rows = {0};
    return ask1(tx, s, 1, s->n_columns > 0 ? &rows : NULL);
}

static err add_one(struct tx *tx, void *arg)
{
    (void)arg;
    return queue2(tx, &t_add, 1, 1);
}

static err add_orphan(struct tx *tx, void *arg)
{
    (void)arg;
    return queue2(tx, &u_add, 1, 4711);
}

static err add_code_twice(struct tx *tx, void *arg)
{
    (void)arg;
    TRY(queue2(tx, &u_add, 1, 1));
    return queue2(tx, &u_add, 2, 1);
}

START_TEST(results_that_are_not_as_declared_are_internal_errors)
{
    const struct stmt *cases[] = {&broken, &nulled, &one_column, &wrong_type};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_int_eq(run(TX_READ, run_stmt, (void *)cases[i]), ERR_INTERNAL);
    ck_assert_int_eq(pool_stats(pool).opened, 1);
}
END_TEST

START_TEST(constraints_become_errors_of_the_api)
{
    static const struct pg_constraint table[] = {{"u_t", ERR_IN_USE, "Use an existing one."},
                                                 {"u_code", ERR_DUPLICATE, "Choose another."},
                                                 {0}};
    ck_assert_int_eq(run(TX_WRITE, add_code_twice, NULL), ERR_CONSTRAINT);
    pg_set_constraints(table);
    ck_assert_int_eq(run(TX_WRITE, add_code_twice, NULL), ERR_DUPLICATE);
    ck_assert_str_eq(problem.detail, "Choose another.");
    ck_assert_int_eq(run(TX_WRITE, add_orphan, NULL), ERR_IN_USE); /* found by COMMIT */
    ck_assert_str_eq(problem.detail, "Use an existing one.");
    struct tx_options dry = options(TX_WRITE);
    dry.rollback = true;
    ck_assert_int_eq(tx_run(pool, &dry, add_orphan, NULL), ERR_IN_USE);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM u"), 0);
}
END_TEST

START_TEST(a_primary_key_taken_runs_again_until_contention_is_admitted)
{
    struct tx_options o = options(TX_WRITE);
    int64_t retries = 0;
    o.ret_retries = &retries;
    ck_assert_int_eq(tx_run(pool, &o, add_one, NULL), ERR_CONFLICT_RETRIES);
    ck_assert_int_eq(retries, 7);
}
END_TEST

static err add_free_id(struct tx *tx, void *arg)
{
    (void)arg;
    ARENA_ARRAY(tx->arena, char, 1000);
    fail(tx->problem, ERR_WRONG_STATE, "left over from attempt %d", tx->attempt);
    return queue2(tx, &t_add, tx->attempt < 3 ? 1 : 3, 1);
}

START_TEST(each_attempt_starts_with_a_clean_arena_and_problem)
{
    struct tx_options o = options(TX_WRITE);
    int64_t retries = 0;
    o.ret_retries = &retries;
    ck_assert_int_eq(tx_run(pool, &o, add_free_id, NULL), OK);
    ck_assert_int_eq(retries, 2);
    ck_assert_str_eq(problem.detail, "left over from attempt 3");
    ck_assert_uint_lt(arena_used(arena), 4000);
}
END_TEST

/* ---- two at a time ---- */

static err increment_snapshot(struct tx *tx, void *arg)
{
    (void)arg;
    struct pg_rows none = {0};
    static const struct stmt serializable = {
        .name = "serializable",
        .sql = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        .number = 30};
    TRY(tx_queue(tx, &serializable, NULL, NULL));
    TRY(ask1(tx, &t_get, 1, &none));
    int64_t v = ((struct two *)none.v)->v;
    if (tx->attempt == 1)
        fixture_exec("UPDATE t SET v = v + 1 WHERE id = 1");
    return queue2(tx, &t_set, 1, v + 1);
}

START_TEST(a_serialization_failure_runs_again_on_fresh_data)
{
    struct tx_options o = options(TX_WRITE);
    int64_t retries = 0;
    o.ret_retries = &retries;
    ck_assert_int_eq(tx_run(pool, &o, increment_snapshot, NULL), OK);
    ck_assert_int_eq(retries, 1);
    ck_assert_int_eq(value_of(1), 12);
}
END_TEST

struct crossing {
    int64_t first, second, retries;
    pthread_barrier_t *barrier;
    err result;
};

static err lock_both(struct tx *tx, void *arg)
{
    struct crossing *c = arg;
    struct pg_rows rows = {0};
    TRY(ask1(tx, &t_lock, c->first, &rows));
    if (tx->attempt == 1)
        pthread_barrier_wait(c->barrier);
    TRY(ask1(tx, &t_lock, c->second, &rows));
    return queue2(tx, &t_set, c->second, ((struct two *)rows.v)->v + 1);
}

static void *cross(void *arg)
{
    struct crossing *c = arg;
    struct arena *own = arena_new(1 << 20);
    struct problem p;
    problem_init(&p, own);
    struct tx_options o = {
        .mode = TX_WRITE, .arena = own, .problem = &p, .ret_retries = &c->retries};
    c->result = tx_run(pool, &o, lock_both, c);
    arena_free(own);
    return NULL;
}

START_TEST(a_deadlock_is_resolved_by_running_one_again)
{
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    struct crossing c[2] = {{.first = 1, .second = 2, .barrier = &barrier},
                            {.first = 2, .second = 1, .barrier = &barrier}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, cross, &c[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(c[0].result, OK);
    ck_assert_int_eq(c[1].result, OK);
    ck_assert_int_eq(c[0].retries + c[1].retries, 1);
    ck_assert_int_eq(value_of(1), 11);
    ck_assert_int_eq(value_of(2), 21);
}
END_TEST

static err snapshot(struct tx *tx, void *arg)
{
    int64_t *seen = arg;
    struct pg_rows rows = {0};
    TRY(ask1(tx, &t_get, 1, &rows));
    seen[0] = ((struct two *)rows.v)->v;
    fixture_exec("UPDATE t SET v = v + 5 WHERE id = 1");
    TRY(ask1(tx, &t_get, 1, &rows));
    seen[1] = ((struct two *)rows.v)->v;
    return OK;
}

START_TEST(a_reading_transaction_sees_one_snapshot)
{
    int64_t seen[2] = {0};
    ck_assert_int_eq(run(TX_READ, snapshot, seen), OK);
    ck_assert_int_eq(seen[0], 10);
    ck_assert_int_eq(seen[1], 10);
}
END_TEST

/* ---- deadlines ---- */

START_TEST(an_expired_deadline_drops_the_connection)
{
    struct tx_options o = options(TX_READ);
    int64_t start = clock_monotonic_us();
    o.deadline_us = start + 200000;
    static const struct stmt long_nap = STMT(11, "long_nap", "SELECT pg_sleep(5), $1::int8",
                                             id_param);
    ck_assert_int_eq(tx_run(pool, &o, run_stmt, (void *)&long_nap), ERR_DEADLINE);
    int64_t took = clock_monotonic_us() - start;
    ck_assert_int_ge(took, 200000);
    ck_assert_int_lt(took, 1500000);
    ck_assert_uint_eq(pool_stats(pool).idle, 0);
    ck_assert_int_eq(run(TX_WRITE, set_one, NULL), OK);
}
END_TEST

START_TEST(statement_and_lock_timeouts_have_names)
{
    struct pool_options o = {.conninfo = embedded_owner_conninfo(fixture),
                             .size = 1,
                             .wait_us = 1000000,
                             .statement_timeout_ms = 300,
                             .lock_timeout_ms = 100};
    struct pool *all = pool;
    ck_assert_int_eq(pool_open(&o, &pool), OK);
    static const struct stmt long_nap = STMT(11, "long_nap", "SELECT pg_sleep(5), $1::int8",
                                             id_param);
    ck_assert_int_eq(run(TX_READ, run_stmt, (void *)&long_nap), ERR_DEADLINE);
    const char *names[] = {"dbname", NULL}, *values[] = {o.conninfo, NULL};
    PGconn *holder = PQconnectdbParams(names, values, 1);
    PQclear(PQexec(holder, "BEGIN; SELECT FROM t WHERE id = 1 FOR UPDATE"));
    ck_assert_int_eq(run(TX_WRITE, run_stmt, (void *)&t_lock), ERR_CONFLICT_RETRIES);
    PQfinish(holder);
    ck_assert_int_eq(pool_stats(pool).opened, 1);
    pool_close(pool);
    pool = all;
}
END_TEST

/* ---- lost connections ---- */

struct dying {
    int times, attempts;
};

static err die_some_times(struct tx *tx, void *arg)
{
    struct dying *d = arg;
    d->attempts = tx->attempt;
    struct pg_rows rows = {0};
    TRY(ask1(tx, &t_get, 1, &rows));
    if (tx->attempt <= d->times)
        TRY(ask1(tx, &die, 1, NULL));
    return queue2(tx, &t_set, 1, 50 + tx->attempt);
}

START_TEST(a_connection_lost_before_commit_is_replaced_once)
{
    struct dying once = {.times = 1}, twice = {.times = 2};
    ck_assert_int_eq(run(TX_WRITE, die_some_times, &once), OK);
    ck_assert_int_eq(value_of(1), 52);
    ck_assert_int_eq(run(TX_WRITE, die_some_times, &twice), ERR_UNAVAILABLE);
    ck_assert_int_eq(twice.attempts, 2);
}
END_TEST

START_TEST(idle_connections_that_the_server_closed_are_not_used)
{
    ck_assert_int_eq(run(TX_WRITE, set_one, NULL), OK);
    free(fixture_sql(true, "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                           " WHERE application_name = 'o2cd'"));
    struct tx_options o = options(TX_WRITE);
    int64_t retries = 0;
    o.ret_retries = &retries;
    ck_assert_int_eq(tx_run(pool, &o, set_one, NULL), OK);
    ck_assert_int_eq(retries, 0);
    ck_assert_int_eq(pool_stats(pool).opened, 2);
}
END_TEST

START_TEST(a_connection_lost_during_commit_leaves_the_outcome_unknown)
{
    pg_inject_commit(1, INJECT_COMMIT_SENT);
    ck_assert_int_eq(run(TX_WRITE, set_one, NULL), ERR_COMMIT_UNKNOWN);
    ck_assert_int_eq(value_of(1), 77); /* it did happen */
    fixture_exec("UPDATE t SET v = 10 WHERE id = 1");
    pg_inject_commit(1, INJECT_COMMIT_UNSENT);
    ck_assert_int_eq(run(TX_WRITE, set_one, NULL), ERR_COMMIT_UNKNOWN);
    ck_assert_int_eq(value_of(1), 10); /* it did not */
    ck_assert_int_eq(pg_inject_pending(), 0);
    ck_assert_int_eq(run(TX_WRITE, set_one, NULL), OK);
}
END_TEST

START_TEST(a_reading_transaction_has_no_unknown_outcome)
{
    struct pg_rows rows[16] = {0};
    pg_inject_commit(1, INJECT_COMMIT_UNSENT);
    ck_assert_int_eq(run(TX_READ, many_large_in_one_flush, rows), OK);
    ck_assert_int_eq(pg_inject_pending(), 0);
    ck_assert_int_eq(pool_stats(pool).opened, 2);
}
END_TEST

START_TEST(a_deadline_that_expires_during_commit_leaves_the_outcome_unknown)
{
    fixture_exec("CREATE OR REPLACE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
                 " 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';"
                 "CREATE CONSTRAINT TRIGGER dawdle AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED"
                 " FOR EACH ROW EXECUTE FUNCTION dawdle()");
    struct tx_options o = options(TX_WRITE);
    o.deadline_us = clock_monotonic_us() + 300000;
    ck_assert_int_eq(tx_run(pool, &o, set_one, NULL), ERR_COMMIT_UNKNOWN);
}
END_TEST

static err die_with_commit(struct tx *tx, void *arg)
{
    (void)arg;
    if (tx->attempt == 1)
        TRY(queue1(tx, &die, 1, NULL));
    return queue2(tx, &t_set, 1, 60);
}

START_TEST(a_server_that_ends_the_connection_before_commit_is_no_unknown_outcome)
{
    ck_assert_int_eq(run(TX_WRITE, die_with_commit, NULL), OK);
    ck_assert_int_eq(value_of(1), 60);
}
END_TEST

START_TEST(a_commit_that_the_server_answers_with_rollback_is_an_error)
{
    pg_inject_commit(1, INJECT_COMMIT_ROLLBACK);
    ck_assert_int_eq(run(TX_WRITE, set_one, NULL), ERR_INTERNAL);
    ck_assert_int_eq(value_of(1), 10);
    ck_assert_int_eq(run(TX_WRITE, set_one, NULL), OK);
}
END_TEST

START_TEST(faults_strike_the_statement_that_was_named)
{
    struct pg_rows rows[2] = {0};
    pg_inject(2, ERR_INTERNAL);
    ck_assert_int_eq(run(TX_WRITE, several, rows), ERR_INTERNAL);
    ck_assert_int_eq(value_of(1), 10);
    pg_inject(3, ERR_SERIALIZATION);
    ck_assert_int_eq(run(TX_WRITE, several, rows), OK);
    fixture_exec("DELETE FROM t WHERE id = 3");
    pg_inject(4, ERR_CONNECTION);
    ck_assert_int_eq(run(TX_WRITE, several, rows), OK);
    ck_assert_int_eq(value_of(3), 33);
    ck_assert_int_eq(pool_stats(pool).opened, 2);
}
END_TEST

START_TEST(a_prepared_statement_that_the_schema_outgrew_is_prepared_again)
{
    static const struct stmt star = STMT(12, "star", "SELECT * FROM t WHERE id = $1", id_param,
                                         TWO_ROWS);
    ck_assert_int_eq(run(TX_READ, run_stmt, (void *)&star), OK);
    fixture_exec("ALTER TABLE t ALTER v TYPE int");
    ck_assert_int_eq(run(TX_READ, run_stmt, (void *)&star), OK);
    ck_assert_int_eq(pool_stats(pool).opened, 2);
}
END_TEST

/* ---- texts made at run time ---- */

struct shapes {
    int from, to;
};

static err ask_shapes(struct tx *tx, void *arg)
{
    struct shapes *s = arg;
    for (int i = s->from; i < s->to; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT id, %d::int8 FROM t WHERE id = $1", i);
        int64_t id = 2;
        struct pg_rows rows = {0};
        TRY(tx_query_text(tx, "shape", sql, id_param, (struct pg_value[]){{.p = &id}}, 1,
                          two_columns, 2, sizeof(struct two), &rows));
        ck_assert_uint_eq(rows.n, 1);
        ck_assert_int_eq(((struct two *)rows.v)->id, 2);
        ck_assert_int_eq(((struct two *)rows.v)->v, i);
    }
    return OK;
}

static err count_prepared(struct tx *tx, void *arg)
{
    static const struct stmt s = STMT(
        13, "count_prepared",
        "SELECT $1::int8, count(*) FROM pg_prepared_statements WHERE name LIKE 'x%'", id_param,
        TWO_ROWS);
    struct pg_rows rows = {0};
    TRY(ask1(tx, &s, 1, &rows));
    *(int64_t *)arg = ((struct two *)rows.v)->v;
    return OK;
}

static err bad_shape(struct tx *tx, void *arg)
{
    (void)arg;
    struct pg_rows rows = {0};
    return tx_query_text(tx, "bad", "SELECT nonsense", NULL, NULL, 0, two_columns, 2,
                         sizeof(struct two), &rows);
}

START_TEST(texts_are_prepared_once_and_at_most_256_of_them)
{
    struct shapes few = {0, 10}, many = {0, 300};
    int64_t prepared = 0;
    ck_assert_int_eq(run(TX_READ, bad_shape, NULL), ERR_INTERNAL);
    ck_assert_int_eq(run(TX_READ, ask_shapes, &few), OK);
    ck_assert_int_eq(run(TX_READ, ask_shapes, &few), OK);
    ck_assert_int_eq(run(TX_READ, count_prepared, &prepared), OK);
    ck_assert_int_eq(prepared, 10);
    ck_assert_int_eq(run(TX_READ, ask_shapes, &many), OK);
    ck_assert_int_eq(run(TX_READ, ask_shapes, &many), OK);
    ck_assert_int_eq(run(TX_READ, count_prepared, &prepared), OK);
    ck_assert_int_eq(prepared, 256);
}
END_TEST

/* What body logs while level is on. */
static void capture_log(enum log_level level, const struct stmt *s, char *out, size_t size)
{
    FILE *file = tmpfile();
    int kept = dup(2);
    ck_assert(file != NULL && kept >= 0);
    dup2(fileno(file), 2);
    log_set_level(level);
    err e = run(TX_READ, run_stmt, (void *)s);
    log_set_level(LOG_OFF);
    dup2(kept, 2);
    close(kept);
    (void)e;
    rewind(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

START_TEST(slow_statements_are_logged_by_name)
{
    static const struct stmt nap = STMT(6, "short_nap", "SELECT pg_sleep(0.05), $1::int8",
                                        id_param);
    char log[2000];
    capture_log(LOG_WARN, &nap, log, sizeof log);
    ck_assert_str_eq(log, "");
    pg_set_slow_us(40000);
    capture_log(LOG_WARN, &nap, log, sizeof log);
    ck_assert_ptr_nonnull(strstr(log, "slow statements"));
    ck_assert_ptr_nonnull(strstr(log, "short_nap"));
    pg_set_slow_us(1000000);
}
END_TEST

START_TEST(failures_are_logged_with_statement_and_column_or_sqlstate)
{
    char log[2000];
    capture_log(LOG_ERROR, &nulled, log, sizeof log);
    ck_assert_ptr_nonnull(strstr(log, "\"nulled\""));
    ck_assert_ptr_nonnull(strstr(log, "\"v\""));
    capture_log(LOG_ERROR, &broken, log, sizeof log);
    ck_assert_ptr_nonnull(strstr(log, "\"broken\""));
    ck_assert_ptr_nonnull(strstr(log, "\"42703\""));
}
END_TEST

int main(void)
{
    fixture_start();
    Suite *suite = suite_create("pg_tx");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_type_comes_back_as_it_went_and_absent_values_too);
    tcase_add_test(c, the_database_reads_the_values_that_were_meant);
    tcase_add_test(c, arrays_of_structs_travel_with_their_absent_elements);
    tcase_add_test(c, an_empty_array_gives_no_rows);
    tcase_add_test(c, ten_thousand_rows_of_megabytes_do_not_jam_the_pipeline);
    tcase_add_test(c, large_parameters_and_large_answers_cross_without_deadlock);
    tcase_add_test(c, queued_statements_share_a_round_trip_and_the_rest_goes_with_commit);
    tcase_add_test(c, a_script_that_asks_nothing_costs_no_round_trip);
    tcase_add_test(c, an_error_of_the_script_rolls_back_and_is_returned);
    tcase_add_test(c, a_dry_run_succeeds_and_changes_nothing);
    tcase_add_test(c, a_reading_transaction_cannot_write);
    tcase_add_test(c, an_error_in_the_middle_fails_all_that_follows);
    tcase_add_test(c, results_that_are_not_as_declared_are_internal_errors);
    tcase_add_test(c, constraints_become_errors_of_the_api);
    tcase_add_test(c, a_primary_key_taken_runs_again_until_contention_is_admitted);
    tcase_add_test(c, each_attempt_starts_with_a_clean_arena_and_problem);
    tcase_add_test(c, a_serialization_failure_runs_again_on_fresh_data);
    tcase_add_test(c, a_deadlock_is_resolved_by_running_one_again);
    tcase_add_test(c, a_reading_transaction_sees_one_snapshot);
    tcase_add_test(c, an_expired_deadline_drops_the_connection);
    tcase_add_test(c, statement_and_lock_timeouts_have_names);
    tcase_add_test(c, a_connection_lost_before_commit_is_replaced_once);
    tcase_add_test(c, idle_connections_that_the_server_closed_are_not_used);
    tcase_add_test(c, a_connection_lost_during_commit_leaves_the_outcome_unknown);
    tcase_add_test(c, a_reading_transaction_has_no_unknown_outcome);
    tcase_add_test(c, a_deadline_that_expires_during_commit_leaves_the_outcome_unknown);
    tcase_add_test(c, a_server_that_ends_the_connection_before_commit_is_no_unknown_outcome);
    tcase_add_test(c, a_commit_that_the_server_answers_with_rollback_is_an_error);
    tcase_add_test(c, faults_strike_the_statement_that_was_named);
    tcase_add_test(c, a_prepared_statement_that_the_schema_outgrew_is_prepared_again);
    tcase_add_test(c, texts_are_prepared_once_and_at_most_256_of_them);
    tcase_add_test(c, slow_statements_are_logged_by_name);
    tcase_add_test(c, failures_are_logged_with_statement_and_column_or_sqlstate);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    fixture_stop();
    return failures != 0;
}
