/* Transactions that race: the first has done everything but COMMIT when the second begins, and
 * commits when the second waits for a lock of it. For the programs of this folder: fixture_start()
 * and migrate, then tests that call race() and alone(). */
#pragma once
#include "lib/pg/migrate.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "tests/unit/pg_fixture.h"
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#define TODAY 20000

static struct pool *pool;
static const struct tenant_facts tenant = {
    .id = 1, .currency = "EUR", .exponent = 2, .locked_until = NIL32};

/* What a transaction does; run tells its failure as use cases do. */
struct act {
    err (*run)(struct tx *tx, struct call *c, const struct act *a);
    int64_t id, quantity; /* whatever run makes of them */
    void *arg;
    /* out */
    err result;
    int64_t made; /* id of what run made */
    int64_t retries;
    char detail[300];
};

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

/* As race(), and the second may have to run again. */
static inline void meet(struct act *first, struct act *second)
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
}

/* The second one runs that often again, because what it knew before it waited was old. */
static inline void race_again(struct act *first, struct act *second, int64_t retries)
{
    meet(first, second);
    ck_assert_int_eq(second->retries, retries);
}

static inline void race(struct act *first, struct act *second)
{
    race_again(first, second, 0);
}

/* A program's main: its tests, each after `open` has made their company once. */
static inline int race_main(const char *name, void (*open)(void), const TTest *const *tests,
                            size_t n)
{
    fixture_start();
    if (migrate(embedded_owner_conninfo(fixture)) != OK) {
        fprintf(stderr, "the schema does not migrate\n");
        fixture_stop();
        return 1;
    }
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create("races");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, open, NULL);
    suite_add_tcase(suite, tc);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tc, tests[i]);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* the pool's connections do not survive a fork */
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    pool_close(pool);
    fixture_stop();
    return failed != 0;
}
