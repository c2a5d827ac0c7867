/* Files that are worked off in the background: progress, results, cancellation, and that every line
 * is worked off once, whatever is killed meanwhile. */
#include "tests/support/world.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IMPORT "/v1/jobs/orders-import"
#define WAIT_MS 60000

static const char *const ndjson[] = {"Content-Type: application/x-ndjson", NULL};
static const char *const csv[] = {"Content-Type: text/csv", NULL};
static const char *const one_worker[] = {"O2C_JOB_WORKERS", "1", NULL};

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static struct world *given_world(const char *const *env)
{
    struct world *w = world_new_with(env);
    given_customer(w, "'external_id':'C1'");
    given_product(w, "A", "10.00", 1000000);
    return w;
}

/* n orders l-0 …; every tenth wants a product that does not exist, if asked. */
static const char *lines_of(struct world *w, const char *prefix, int n, bool some_bad)
{
    size_t cap = (size_t)n * 150 + 1, len = 0;
    char *lines = malloc(cap);
    lines[0] = '\0';
    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(lines + len, cap - len,
                                "{\"external_id\":\"%s-%d\",\"customer_id\":\"ext:C1\",\"confirm\":"
                                "true,\"lines\":[{\"sku\":\"%s\",\"quantity\":\"1\"}]}\n",
                                prefix, i, some_bad && i % 10 == 9 ? "NO" : "A");
    const char *kept = fmt(w, "%s", lines);
    free(lines);
    return kept;
}

static struct reply send(struct world *w, const char *api_key, const char *const *type,
                         const char *body)
{
    struct request_options o = {.api_key = api_key, .key = "", .headers = type};
    return request(w, "POST", IMPORT, body, &o);
}

static const char *sent(struct world *w, const char *const *type, const char *body)
{
    struct reply r = send(w, NULL, type, body);
    expect(r, 202);
    ck_assert_str_eq(text(r, "/status"), "queued");
    ck_assert_str_eq(text(r, "/done"), "0");
    return text(r, "/id");
}

static struct reply ended(struct world *w, const char *job)
{
    struct reply r = get(w, "/v1/jobs/%s", job);
    for (int ms = 0; ms < WAIT_MS && strcmp(text(r, "/finished_at"), "null") == 0; ms += 10) {
        nap();
        r = get(w, "/v1/jobs/%s", job);
    }
    expect(r, 200);
    ck_assert_str_ne(text(r, "/finished_at"), "null");
    return r;
}

static long number(struct reply r, const char *pointer)
{
    return strtol(text(r, pointer), NULL, 10);
}

static const char *count(struct world *w, const char *what)
{
    return world_sql(w, "SELECT count(*) FROM %s", what);
}

START_TEST(each_line_of_a_file_becomes_an_order_or_a_result_that_says_why_not)
{
    struct world *w = given_world(one_worker);
    const char *job = sent(w, ndjson, lines_of(w, "l", 1200, true));
    struct reply r = ended(w, job);
    ck_assert_str_eq(text(r, "/status"), "partially_failed");
    ck_assert_str_eq(text(r, "/kind"), "orders_import");
    ck_assert_str_eq(text(r, "/total"), "1200");
    ck_assert_str_eq(text(r, "/done"), "1200");
    ck_assert_str_eq(text(r, "/accepted"), "1080");
    ck_assert_str_eq(text(r, "/refused"), "120");
    ck_assert_str_eq(count(w, "sales_order"), "1080");
    r = get(w, "/v1/jobs/%s/results", job);
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/results"), 100);
    ck_assert_str_eq(text(r, "/next_after"), "99");
    ck_assert_str_eq(text(r, "/results/0/external_id"), "l-0");
    expect(get(w, "/v1/orders/%s", text(r, "/results/0/id")), 200);
    r = get(w, "/v1/jobs/%s/results?after=1189&limit=20", job);
    ck_assert_uint_eq(length(r, "/results"), 10);
    ck_assert_str_eq(text(r, "/has_more"), "false");
    ck_assert_str_eq(text(r, "/next_after"), "null");
    ck_assert_str_eq(text(r, "/results/0/index"), "1190");
    ck_assert_str_eq(text(r, "/results/0/row"), "1191");
    r = get(w, "/v1/jobs/%s/results?outcome=refused&after=9&limit=1000", job);
    ck_assert_uint_eq(length(r, "/results"), 119);
    ck_assert_str_eq(text(r, "/results/0/index"), "19");
    ck_assert_str_eq(text(r, "/results/0/status"), "422");
    ck_assert_str_eq(text(r, "/results/0/errors/0/pointer"), "/lines/0/sku");
    ck_assert_str_eq(text(r, "/results/118/row"), "1200");
    r = get(w, "/v1/jobs?status=partially_failed,failed");
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/id"), job);
    r = get(w, "/v1/events?resource_id=%s", job);
    ck_assert_uint_eq(length(r, "/data"), 3);
    ck_assert_str_eq(text(r, "/data/0/type"), "job.created");
    ck_assert_str_eq(text(r, "/data/1/type"), "job.started");
    ck_assert_str_eq(text(r, "/data/2/type"), "job.partially_failed");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE type = 'order.confirmed'"
                                  " AND request_id = (SELECT request_id FROM job)"
                                  " AND api_key_id = (SELECT api_key_id FROM job)"),
                     "1080");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_file_that_is_only_tried_tells_what_would_become_of_it_and_changes_nothing)
{
    struct world *w = given_world(one_worker);
    const char *file = lines_of(w, "l", 1200, true);
    struct request_options o = {.key = "try-1", .headers = ndjson};
    struct reply r = request(w, "POST", IMPORT "?validate_only=true", file, &o);
    expect(r, 202);
    ck_assert_str_eq(text(r, "/validate_only"), "true");
    const char *tried = text(r, "/id");
    expect_problem(request(w, "POST", IMPORT, file, &o), 422, "idempotency_mismatch");
    r = ended(w, tried);
    ck_assert_str_eq(text(r, "/status"), "partially_failed");
    ck_assert_str_eq(text(r, "/accepted"), "1080");
    ck_assert_str_eq(text(r, "/refused"), "120");
    ck_assert_str_eq(count(w, "sales_order"), "0");
    ck_assert_str_eq(count(w, "event WHERE resource = 'order'"), "0");
    ck_assert_str_eq(world_sql(w, "SELECT reserved FROM stock"), "0");
    struct reply would = get(w, "/v1/jobs/%s/results?limit=1000", tried);
    ck_assert_str_eq(text(would, "/results/0/status"), "201");
    ck_assert_str_eq(text(would, "/results/0/id"), "null");
    ck_assert_str_eq(text(would, "/results/9/errors/0/pointer"), "/lines/0/sku");
    r = ended(w, sent(w, ndjson, file));
    ck_assert_str_eq(text(r, "/validate_only"), "false");
    ck_assert_str_eq(text(r, "/accepted"), "1080");
    struct reply did = get(w, "/v1/jobs/%s/results?limit=1000", text(r, "/id"));
    for (int i = 0; i < 1000; i++) {
        const char *at = fmt(w, "/results/%d/status", i);
        ck_assert_str_eq(text(would, at), text(did, at));
    }
    ck_assert_uint_eq(length(get(w, "/v1/jobs?validate_only=true"), "/data"), 1);
    expect_problem(request(w, "POST", IMPORT "?validate_only=perhaps", file, &o), 400, "parameter");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* Less than the workers sleep when nobody rings. */
START_TEST(a_job_begins_when_it_is_made)
{
    struct world *w = given_world(one_worker);
    for (int i = 0; i < 3; i++) {
        nap();
        struct reply r = get(w, "/v1/jobs/%s",
                             sent(w, ndjson, lines_of(w, fmt(w, "n%d", i), 1, false)));
        for (int ms = 0; ms < 500 && strcmp(text(r, "/finished_at"), "null") == 0; ms += 10) {
            nap();
            r = get(w, "/v1/jobs/%s", text(r, "/id"));
        }
        ck_assert_str_eq(text(r, "/status"), "succeeded");
    }
    world_free(w);
}
END_TEST

START_TEST(a_file_of_csv_keeps_its_row_numbers_from_part_to_part)
{
    enum { ORDERS = 700 };
    struct world *w = given_world(one_worker);
    size_t cap = ORDERS * 60 + 100, len = 0;
    char *file = malloc(cap);
    len += (size_t)snprintf(file, cap, "external_id,customer_external_id,\"sku\",quantity\r\n");
    for (int i = 0; i < ORDERS; i++)
        len += (size_t)snprintf(file + len, cap - len, "c-%d,C1,A,1\r\n%sc-%d,,A,%s\r\n", i,
                                i == 3 ? "\r\n" : "", i, i % 350 == 349 ? "none" : "2");
    const char *job = sent(w, csv, file);
    free(file);
    struct reply r = ended(w, job);
    ck_assert_str_eq(text(r, "/status"), "partially_failed");
    ck_assert_str_eq(text(r, "/accepted"), "698");
    r = get(w, "/v1/jobs/%s/results?outcome=refused", job);
    ck_assert_uint_eq(length(r, "/results"), 2);
    ck_assert_str_eq(text(r, "/results/0/index"), "349");
    ck_assert_str_eq(text(r, "/results/0/row"), "701");
    ck_assert_str_eq(text(r, "/results/1/index"), "699");
    ck_assert_str_eq(text(r, "/results/1/row"), "1401");
    ck_assert_str_eq(text(r, "/results/1/errors/0/row"), "1402");
    ck_assert_str_eq(text(r, "/results/1/errors/0/column"), "quantity");
    ck_assert_str_eq(count(w, "order_line"), "1396");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_is_no_file_is_refused_at_once_and_a_key_makes_one_job)
{
    struct world *w = given_world(NULL);
    expect_problem(send(w, NULL, csv, "sku,surprise\nA,1\n"), 422, "invalid");
    expect_problem(send(w, NULL, csv, "sku\n"), 422, "invalid");
    expect_problem(send(w, NULL, ndjson, "\n\n"), 422, "invalid");
    struct request_options json = {.key = ""};
    expect_problem(request(w, "POST", IMPORT, "{}", &json), 415, "media_type");
    struct request_options o = {.key = "mine", .headers = ndjson};
    expect_problem(request(w, "POST", IMPORT "?atomic=true", "{}", &o), 400, "parameter");
    expect(request(w, "POST", IMPORT "?dry_run=true", "{}", &o), 202);
    ck_assert_str_eq(count(w, "job"), "0");
    struct reply first = request(w, "POST", IMPORT, "{}\n{}", &o);
    expect(first, 202);
    ck_assert_str_eq(text(first, "/total"), "2");
    struct reply again = request(w, "POST", IMPORT, "{}\n{}", &o);
    ck_assert_str_eq(again.body, first.body);
    expect_problem(request(w, "POST", IMPORT, "{}\n[]", &o), 422, "idempotency_mismatch");
    ck_assert_str_eq(count(w, "job"), "1");
    struct request_options reader = {
        .api_key = world_key_with(w, "jobs:read"), .key = "", .headers = ndjson};
    expect_problem(request(w, "POST", IMPORT, "{}", &reader), 403, "forbidden");
    struct request_options other = {.api_key = world_other_tenant_key(w)};
    const char *path = fmt(w, "/v1/jobs/%s", text(first, "/id"));
    expect_problem(request(w, "GET", path, NULL, &other), 404, "not_found");
    expect_problem(request(w, "GET", fmt(w, "%s/results", path), NULL, &other), 404, "not_found");
    world_free(w);
}
END_TEST

START_TEST(a_job_is_canceled_once_and_what_it_did_stays)
{
    struct world *w = given_world(one_worker);
    const char *job = sent(w, ndjson, lines_of(w, "l", 5000, false));
    struct shot shots[2];
    for (int i = 0; i < 2; i++)
        shots[i] = (struct shot){
            .method = "POST", .path = fmt(w, "/v1/jobs/%s/cancel", job), .options = {.key = ""}};
    shoot_together(w, shots, 2);
    int won = shots[0].reply.status == 200 ? 0 : 1;
    expect(shots[won].reply, 200);
    ck_assert_str_eq(text(shots[won].reply, "/status"), "canceled");
    expect_problem(shots[1 - won].reply, 409, "wrong_state");
    for (int i = 0; i < 50; i++)
        nap();
    struct reply r = get(w, "/v1/jobs/%s", job);
    ck_assert_str_eq(text(r, "/done"), text(shots[won].reply, "/done"));
    ck_assert_str_eq(text(r, "/accepted"), count(w, "sales_order"));
    ck_assert_str_eq(text(r, "/accepted"), count(w, "job_result"));
    ck_assert_int_lt(number(r, "/done"), 5000);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_job_ends_when_its_key_is_revoked_or_loses_the_scope)
{
    static const char *const takes[] = {
        "UPDATE api_key SET revoked_at = now() WHERE scopes = 'orders:*'",
        "UPDATE api_key SET scopes = 'orders:read' WHERE scopes = 'orders:write'"};
    static const char *const scopes[] = {"orders:*", "orders:write"};
    static const char *const reasons[] = {"Its API key was revoked or has expired.",
                                          "Its API key lacks the scope orders:write."};
    struct world *w = given_world(one_worker);
    for (int i = 0; i < 2; i++) {
        const char *key = world_key_with(w, scopes[i]);
        struct reply r = send(w, key, ndjson, lines_of(w, fmt(w, "k%d", i), 5000, false));
        expect(r, 202);
        world_sql(w, "%s", takes[i]);
        r = ended(w, text(r, "/id"));
        ck_assert_str_eq(text(r, "/status"), "failed");
        ck_assert_str_eq(text(r, "/reason"), reasons[i]);
        ck_assert_int_lt(number(r, "/done"), 5000);
    }
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_line_that_the_database_cannot_take_fails_alone)
{
    struct world *w = given_world(one_worker);
    world_sql(w, "CREATE FUNCTION choke() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                 " IF NEW.external_id = 'l-777' THEN RAISE EXCEPTION 'choked'; END IF;"
                 " RETURN NEW; END $$;"
                 "CREATE TRIGGER choke BEFORE INSERT ON sales_order FOR EACH ROW"
                 " EXECUTE FUNCTION choke()");
    const char *job = sent(w, ndjson, lines_of(w, "l", 1000, false));
    struct reply r = ended(w, job);
    ck_assert_str_eq(text(r, "/status"), "partially_failed");
    ck_assert_str_eq(text(r, "/accepted"), "999");
    r = get(w, "/v1/jobs/%s/results?outcome=refused", job);
    ck_assert_uint_eq(length(r, "/results"), 1);
    ck_assert_str_eq(text(r, "/results/0/external_id"), "l-777");
    ck_assert_str_eq(text(r, "/results/0/status"), "500");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(several_workers_share_the_jobs_and_do_each_line_once)
{
    struct world *w = given_world((const char *[]){"O2C_JOB_WORKERS", "3", NULL});
    const char *jobs[4];
    for (int i = 0; i < 4; i++)
        jobs[i] = sent(w, ndjson, lines_of(w, fmt(w, "s%d", i), 1500, false));
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(text(ended(w, jobs[i]), "/status"), "succeeded");
    ck_assert_str_eq(count(w, "sales_order"), "6000");
    ck_assert_str_eq(count(w, "job_result"), "6000");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- killed ---- */

/* A server of its own on the world's database, as it is run. */
static pid_t start_server(struct world *w)
{
    char program[4096];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 64);
    ck_assert_int_gt(len, 0);
    program[len] = '\0';
    char *name = strrchr(program, '/');
    snprintf(name, sizeof(program) - (size_t)(name - program), "/../server/o2cd");
    const char *conninfo = world_conninfo(w);
    pid_t pid = fork();
    if (pid == 0) {
        char *url, *env[8];
        if (asprintf(&url, "O2C_DATABASE_URL=%s", conninfo) < 0)
            _exit(1);
        env[0] = url;
        env[1] = "O2C_PORT=0";
        env[2] = "O2C_SECRET=a secret of the tests";
        env[3] = "O2C_LOG_LEVEL=off";
        env[4] = "O2C_JOB_WORKERS=2";
        env[5] = NULL;
        char *argv[] = {program, "serve", NULL};
        execve(program, argv, env);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

static void kill_server(pid_t pid)
{
    int status;
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status)); /* it did not end by itself before */
}

static long done(struct world *w, const char *job)
{
    return number(get(w, "/v1/jobs/%s", job), "/done");
}

START_TEST(a_server_that_is_killed_in_the_middle_is_followed_by_one_that_goes_on)
{
    enum { LINES = 6000 };
    struct world *w = given_world(NULL);
    const char *job = sent(w, ndjson, lines_of(w, "l", LINES, true));
    long before = 0;
    for (int i = 0; i < 3; i++) {
        pid_t pid = start_server(w);
        for (int ms = 0; ms < WAIT_MS && done(w, job) <= before; ms += 10)
            nap();
        kill_server(pid);
        long now = done(w, job);
        ck_assert_int_gt(now, before);
        ck_assert_int_lt(now, LINES);
        before = now;
    }
    pid_t last = start_server(w);
    struct reply r = ended(w, job);
    kill_server(last);
    ck_assert_str_eq(text(r, "/status"), "partially_failed");
    ck_assert_str_eq(text(r, "/accepted"), "5400");
    ck_assert_str_eq(text(r, "/refused"), "600");
    ck_assert_str_eq(count(w, "sales_order"), "5400");
    ck_assert_str_eq(count(w, "order_line"), "5400");
    ck_assert_str_eq(count(w, "job_result"), "6000");
    ck_assert_str_eq(world_sql(w, "SELECT (sum(reserved) / 1000000)::int FROM stock"), "5400");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *jobs_suite(void)
{
    Suite *s = suite_create("jobs");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 240);
    suite_add_tcase(s, t);
    tcase_add_test(t, each_line_of_a_file_becomes_an_order_or_a_result_that_says_why_not);
    tcase_add_test(t, a_file_that_is_only_tried_tells_what_would_become_of_it_and_changes_nothing);
    tcase_add_test(t, a_job_begins_when_it_is_made);
    tcase_add_test(t, a_file_of_csv_keeps_its_row_numbers_from_part_to_part);
    tcase_add_test(t, what_is_no_file_is_refused_at_once_and_a_key_makes_one_job);
    tcase_add_test(t, a_job_is_canceled_once_and_what_it_did_stays);
    tcase_add_test(t, a_job_ends_when_its_key_is_revoked_or_loses_the_scope);
    tcase_add_test(t, a_line_that_the_database_cannot_take_fails_alone);
    tcase_add_test(t, several_workers_share_the_jobs_and_do_each_line_once);
    tcase_add_test(t, a_server_that_is_killed_in_the_middle_is_followed_by_one_that_goes_on);
    return s;
}
WORLD_MAIN(jobs_suite)
