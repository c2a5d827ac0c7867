/* Workers and whoever cancels, at one job: no line is worked off twice, and what was canceled stays
 * where it was. */
#include "server/api/bulk_source.h"
#include "server/api/worker.h"
#include "server/jobs/jobs.h"
#include "server/routes.h"
#include "tests/isolation/goods.h"

#define KEY 77
#define LINE_MAX_TEXT 200

/* ---- what the transactions do ---- */

/* Makes a job of `quantity` orders of product id. */
static err make(struct tx *tx, struct call *c, const struct act *a)
{
    char *file = ARENA_ARRAY(tx->arena, char, (size_t)a->quantity *LINE_MAX_TEXT + 1);
    size_t len = 0;
    for (int64_t i = 0; i < a->quantity; i++)
        len += (size_t)snprintf(file + len, LINE_MAX_TEXT,
                                "{\"external_id\":\"j%" PRId64 "-%" PRId64
                                "\",\"customer_id\":\"cus_0000000000001\",\"lines\":[{\"sku\":\"SKU"
                                "%" PRId64 "\",\"quantity\":\"1\",\"unit_price\":\"1\"}]}\n",
                                a->id, i, a->id);
    struct bulk_text text = {.media = BULK_NDJSON,
                             .body = {.p = (const unsigned char *)file, .len = len}};
    struct job job;
    for (size_t i = 0; i < n_routes; i++)
        if (strcmp(routes[i].name, "orders_import") == 0)
            c->route = &routes[i];
    c->api_key_id = KEY;
    TRY(jobs_take(tx, c, &text, &job));
    ((struct act *)a)->made = job.id;
    return OK;
}

/* The next step of job id; made: did it move? */
static err step(struct tx *tx, struct call *c, const struct act *a)
{
    bool moved;
    (void)c;
    TRY(job_step(tx, a->id, &moved));
    ((struct act *)a)->made = moved;
    return OK;
}

static err cancel(struct tx *tx, struct call *c, const struct act *a)
{
    struct none in = {0};
    struct job out;
    c->path_id[0] = a->id;
    return jobs_cancel(tx, c, &in, &out);
}

/* ---- the company ---- */

static void open_jobs(void)
{
    open_company();
    fixture_exec("INSERT INTO tax_rate (tenant_id, tax_code_id, valid_from, rate)"
                 " VALUES (1, 1, '2000-01-01', 0);"
                 "INSERT INTO api_key (tenant_id, id, name, secret_hash, scopes, created_at)"
                 " VALUES (1, 77, 'k', decode(repeat('00', 32), 'hex'), '*', now())");
}

/* A job of so many lines, 500 a part, that runs. */
static int64_t given_job(int product, int lines)
{
    given_product(product);
    struct act making = {.run = make, .id = product, .quantity = lines};
    alone(&making);
    ck_assert_int_eq(making.result, OK);
    struct act starting = {.run = step, .id = making.made};
    alone(&starting);
    ck_assert_int_eq(starting.made, 1);
    return making.made;
}

static int64_t of_job(const char *what, int64_t job)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT %s FROM job WHERE id = %" PRId64, what, job);
    return fixture_int(sql);
}

static int64_t orders_of(int product)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM sales_order WHERE external_id LIKE 'j%d-%%'",
             product);
    return fixture_int(sql);
}

/* ---- the races ---- */

/* The second does not wait for the first: it passes by. */
START_TEST(of_two_workers_one_has_the_job_and_the_other_passes_by)
{
    int64_t job = given_job(100, 700);
    struct act first = {.run = step, .id = job}, second = {.run = step, .id = job};
    sem_t acted, go;
    sem_init(&acted, 0, 0);
    sem_init(&go, 0, 0);
    struct actor one = {.act = &first, .acted = &acted, .go = &go};
    pthread_t a;
    ck_assert_int_eq(pthread_create(&a, NULL, perform, &one), 0);
    sem_wait(&acted);
    alone(&second);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(second.made, 0);
    sem_post(&go);
    pthread_join(a, NULL);
    sem_destroy(&acted);
    sem_destroy(&go);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(first.made, 1);
    ck_assert_int_eq(orders_of(100), 500);
    alone(&second);
    ck_assert_int_eq(second.made, 1);
    ck_assert_int_eq(orders_of(100), 700);
    ck_assert_int_eq(of_job("(status = 'succeeded')::int", job), 1);
    alone(&second);
    ck_assert_int_eq(second.made, 0);
}
END_TEST

START_TEST(who_cancels_waits_for_the_step_and_keeps_what_it_did)
{
    int64_t job = given_job(110, 700);
    struct act first = {.run = step, .id = job}, second = {.run = cancel, .id = job};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(of_job("accepted", job), 500);
    ck_assert_int_eq(of_job("(status = 'canceled')::int", job), 1);
    ck_assert_int_eq(orders_of(110), 500);
    struct act late = {.run = step, .id = job};
    alone(&late);
    ck_assert_int_eq(late.made, 0);
    ck_assert_int_eq(orders_of(110), 500);
}
END_TEST

START_TEST(a_job_that_ends_first_is_not_canceled)
{
    int64_t job = given_job(120, 10);
    struct act first = {.run = step, .id = job}, second = {.run = cancel, .id = job};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(of_job("(status = 'succeeded')::int", job), 1);
}
END_TEST

START_TEST(of_two_that_cancel_one_does)
{
    int64_t job = given_job(130, 10);
    struct act first = {.run = cancel, .id = job}, second = {.run = cancel, .id = job};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM event WHERE type = 'job.canceled'"
                                 " AND resource_id = (SELECT max(id) FROM job)"),
                     1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        of_two_workers_one_has_the_job_and_the_other_passes_by,
        who_cancels_waits_for_the_step_and_keeps_what_it_did,
        a_job_that_ends_first_is_not_canceled,
        of_two_that_cancel_one_does,
    };
    return race_main("races of jobs", open_jobs, tests, COUNT_OF(tests));
}
