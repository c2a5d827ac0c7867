/* Many transactions at once on the same credit accounts and the same number series. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "server/credit/credit.h"
#include "server/tenants/numbers.h"
#include "tests/support/world.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 25, ACCOUNTS = 4 };

struct crowd {
    struct pool *pool;
    int64_t tenant;
    int64_t accounts[ACCOUNTS];
    err (*body)(struct tx *tx, void *arg);
};
struct member {
    struct crowd *crowd;
    int number, round;
    int64_t retries;
    err e;
    char taken[ROUNDS][32]; /* "" where the transaction was rolled back */
};

static bool rolls_back(const struct member *m)
{
    return (m->number + m->round) % 3 == 0;
}

static void *run_member(void *arg)
{
    struct member *m = arg;
    for (m->round = 0; m->round < ROUNDS && m->e == OK; m->round++) {
        struct arena *a = arena_new(1 << 20);
        struct problem p;
        problem_init(&p, a);
        struct tx_options o = {.mode = TX_WRITE,
                               .tenant = m->crowd->tenant,
                               .now = clock_now_us(),
                               .rollback = rolls_back(m),
                               .arena = a,
                               .problem = &p,
                               .ret_retries = &m->retries};
        m->e = tx_run(m->crowd->pool, &o, m->crowd->body, m);
        arena_free(a);
    }
    return NULL;
}

static int64_t run_crowd(struct crowd *c, struct member *members)
{
    pthread_t threads[THREADS];
    int64_t retries = 0;
    for (int i = 0; i < THREADS; i++) {
        members[i] = (struct member){.crowd = c, .number = i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_member, &members[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(members[i].e, OK);
        retries += members[i].retries;
    }
    return retries;
}

static struct crowd crowd_new(struct world *w, err (*body)(struct tx *, void *))
{
    struct crowd c = {.body = body};
    struct pool_options o = {.conninfo = world_conninfo(w),
                             .size = THREADS,
                             .wait_us = 10000000,
                             .lock_timeout_ms = 9000};
    ck_assert_int_eq(pool_open(&o, &c.pool), OK);
    ck_assert_int_eq(id_parse("ten", world_tenant(w), &c.tenant), OK);
    return c;
}

static err take_numbers(struct tx *tx, void *arg)
{
    struct member *m = arg;
    const char *numbers[2];
    TRY(numbers_take(tx, "invoice", 2, numbers));
    char *to = m->taken[m->round];
    to[0] = '\0';
    if (!rolls_back(m))
        snprintf(to, sizeof m->taken[0], "%s", numbers[0]);
    return OK;
}

START_TEST(numbers_have_no_gap_and_no_twin_although_some_transactions_are_rolled_back)
{
    struct world *w = world_new();
    struct crowd c = crowd_new(w, take_numbers);
    static struct member members[THREADS];
    run_crowd(&c, members);
    bool seen[THREADS * ROUNDS * 2 + 2] = {false};
    int n = 0;
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < ROUNDS; j++) {
            const char *number = members[i].taken[j];
            if (number[0] == '\0')
                continue;
            ck_assert_int_eq(strncmp(number, "INV-", 4), 0);
            ck_assert_uint_eq(strlen(number), strlen("INV-000001"));
            long first = strtol(number + 4, NULL, 10);
            ck_assert(first > 0 && first <= THREADS * ROUNDS * 2 && !seen[first]);
            seen[first] = seen[first + 1] = true;
            n += 2;
        }
    ck_assert_int_gt(n, 0);
    for (int i = 1; i <= n; i++)
        ck_assert_msg(seen[i], "%d of %d is missing", i, n);
    ck_assert_str_eq(world_sql(w, "SELECT last FROM number_series WHERE series = 'invoice'"),
                     fmt(w, "%d", n));
    pool_close(c.pool);
    world_free(w);
}
END_TEST

/* Half of the members name the accounts in the opposite order. */
static err move_credit(struct tx *tx, void *arg)
{
    const struct member *m = arg;
    int64_t ids[ACCOUNTS];
    struct credit_delta d[ACCOUNTS + 1];
    for (int i = 0; i < ACCOUNTS; i++) {
        int k = m->number % 2 ? i : ACCOUNTS - 1 - i;
        ids[i] = m->crowd->accounts[k];
        d[i] = (struct credit_delta){.account = ids[i], .receivable = 3, .ordered = k};
    }
    d[ACCOUNTS] = (struct credit_delta){.account = ids[0], .receivable = -1};
    struct credit_facts_list locked;
    TRY(credit_lock(tx, ids, ACCOUNTS, &locked));
    for (size_t i = 1; i < locked.n; i++)
        if (locked.v[i - 1].id >= locked.v[i].id)
            return ERR_INTERNAL;
    return locked.n == ACCOUNTS ? credit_apply(tx, d, ACCOUNTS + 1) : ERR_INTERNAL;
}

START_TEST(credit_moves_in_any_order_add_up_exactly_and_never_deadlock)
{
    struct world *w = world_new();
    struct crowd c = crowd_new(w, move_credit);
    for (int i = 0; i < ACCOUNTS; i++) {
        expect(put(w, fmt(w, "/v1/customers/ext:%d", i), "{'name':'A'}"), 201);
        c.accounts[i] = strtoll(world_sql(w,
                                          "SELECT credit_account_id FROM customer "
                                          "WHERE external_id = '%d'",
                                          i),
                                NULL, 10);
    }
    static struct member members[THREADS];
    ck_assert_int_eq(run_crowd(&c, members), 0);
    int moves = 0;
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < ROUNDS; j++)
            moves += (i + j) % 3 != 0;
    ck_assert_str_eq(world_sql(w, "SELECT sum(receivable) FROM credit_account"),
                     fmt(w, "%d", moves * (3 * ACCOUNTS - 1)));
    ck_assert_str_eq(world_sql(w, "SELECT string_agg(ordered::text, ' ' ORDER BY id) "
                                  "FROM credit_account"),
                     fmt(w, "0 %d %d %d", moves, 2 * moves, 3 * moves));
    pool_close(c.pool);
    world_free(w);
}
END_TEST

static Suite *isolation_suite(void)
{
    Suite *s = suite_create("credit and numbers");
    TCase *t = tcase_create("credit and numbers");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, numbers_have_no_gap_and_no_twin_although_some_transactions_are_rolled_back);
    tcase_add_test(t, credit_moves_in_any_order_add_up_exactly_and_never_deadlock);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(isolation_suite)
