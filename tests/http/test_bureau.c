/* Asking a credit bureau: what it says, and what is made of its silence. */
#include "tests/support/stand_in.h"
#include "tests/support/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN "s3cret-of-the-tests"

/* A world whose bureau is the stand-in. */
struct setting {
    struct world *w;
    struct stand_in *bureau;
    char token_file[64];
};

static void open_setting(struct setting *s)
{
    char url[100];
    s->bureau = stand_in_new();
    snprintf(url, sizeof url, "http://127.0.0.1:%d/score", stand_in_port(s->bureau));
    snprintf(s->token_file, sizeof s->token_file, "/tmp/o2c-bureau-XXXXXX");
    int fd = mkstemp(s->token_file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, TOKEN "\n", strlen(TOKEN) + 1), (ssize_t)strlen(TOKEN) + 1);
    close(fd);
    const char *const env[] = {"O2C_BUREAU_URL",
                               url,
                               "O2C_BUREAU_TOKEN_FILE",
                               s->token_file,
                               "O2C_BUREAU_TIMEOUT_MS",
                               "300",
                               "O2C_BUREAU_RETRY_MS",
                               "50",
                               NULL};
    s->w = world_new_with(env);
}

static void close_setting(struct setting *s)
{
    world_free(s->w);
    stand_in_free(s->bureau);
    unlink(s->token_file);
}

/* An application for 1000.00; its path. */
static const char *application(struct world *w)
{
    struct reply r = post(w, "/v1/credit-applications",
                          "{'customer_id':'%s','requested_limit':'1000.00'}",
                          given_customer(w, "'tax_id':'DE1'"));
    expect(r, 201);
    return fmt(w, "/v1/credit-applications/%s", text(r, "/id"));
}

static struct reply ask(struct world *w, const char *path)
{
    struct reply r = post(w, fmt(w, "%s/bureau", path), "{}");
    expect(r, 202);
    ck_assert_str_eq(text(r, "/status"), "asked");
    return r;
}

static long number(const char *text)
{
    return strtol(text, NULL, 10);
}

/* The request once it has that status. */
static struct reply await(struct world *w, const char *path, const char *status)
{
    struct reply r = {0};
    for (int i = 0; i < 500; i++) {
        r = get(w, "%s/bureau", path);
        expect(r, 200);
        if (strcmp(text(r, "/status"), status) == 0)
            return r;
        usleep(20000);
    }
    ck_abort_msg("not %s: %s", status, r.body);
    return r;
}

static int asked(struct setting *s)
{
    char last[8192];
    return stand_in_asked(s->bureau, last, sizeof last);
}

static const char *key_of_last(struct setting *s)
{
    char last[8192];
    stand_in_asked(s->bureau, last, sizeof last);
    const char *key = strstr(last, "Idempotency-Key: ");
    ck_assert_ptr_nonnull(key);
    key += strlen("Idempotency-Key: ");
    return fmt(s->w, "%.*s", (int)strcspn(key, "\r"), key);
}

START_TEST(an_answer_enters_the_scorecard_and_the_application_shows_it)
{
    struct setting s;
    open_setting(&s);
    struct world *w = s.w;
    stand_in_shall(s.bureau, STAND_IN_ANSWERS, 200,
                   "{\"score\":90,\"limit\":\"750.00\",\"reference\":\"B-7\"}");
    const char *path = application(w);
    struct reply before = get(w, "%s", path);
    ck_assert_str_eq(text(before, "/bureau_status"), "null");
    expect_problem(get(w, "%s/bureau", path), 404, "not_found");
    struct reply r = ask(w, path);
    const char *id = fmt(w, "%s", text(r, "/id"));
    r = await(w, path, "answered");
    ck_assert_str_eq(text(r, "/score"), "90");
    ck_assert_str_eq(text(r, "/proposed_limit"), "750.00");
    ck_assert_str_eq(text(r, "/reference"), "B-7");
    ck_assert_str_eq(text(r, "/tries"), "1");
    ck_assert_str_eq(text(r, "/next_try_at"), "null");
    struct reply after = get(w, "%s", path);
    ck_assert_int_eq(number(text(after, "/score")), (number(text(before, "/score")) + 90 + 1) / 2);
    ck_assert_str_eq(text(after, "/bureau_status"), "answered");
    ck_assert_str_eq(text(after, "/bureau_score"), "90");
    ck_assert_str_eq(text(after, "/bureau_limit"), "750.00");
    ck_assert_str_eq(text(after, "/bureau_reference"), "B-7");
    ck_assert_uint_eq(length(after, "/score_parts"), length(before, "/score_parts") + 1);
    char last[8192];
    ck_assert_int_eq(stand_in_asked(s.bureau, last, sizeof last), 1);
    ck_assert_int_eq(strncmp(last, "POST /score HTTP/1.1\r\n", 22), 0);
    ck_assert_ptr_nonnull(strstr(last, "Authorization: Bearer " TOKEN "\r\n"));
    ck_assert_str_eq(key_of_last(&s), id);
    ck_assert_ptr_nonnull(strstr(last, "\"tax_id\":\"DE1\""));
    ck_assert_ptr_nonnull(strstr(last, "\"requested_limit\":\"1000.00\""));
    expect_problem(post(w, fmt(w, "%s/bureau", path), "{}"), 409, "wrong_state");
    ck_assert_uint_eq(length(get(w, "/v1/events?type=credit_application.bureau_answered"), "/data"),
                      1);
    ck_assert_str_eq(
        world_sql(w, "SELECT count(*) FROM event e WHERE e::text LIKE '%%" TOKEN "%%'"), "0");
    expect_books_balance(w);
    close_setting(&s);
}
END_TEST

START_TEST(silence_is_unknown_and_asked_again_under_the_same_key_until_it_is_known)
{
    struct setting s;
    open_setting(&s);
    struct world *w = s.w;
    stand_in_shall(s.bureau, STAND_IN_HANGS, 0, "");
    const char *path = application(w);
    ask(w, path);
    struct reply r = await(w, path, "unknown");
    ck_assert_str_ne(text(r, "/next_try_at"), "null");
    const char *key = key_of_last(&s);
    struct reply application_now = get(w, "%s", path);
    ck_assert_str_eq(text(application_now, "/bureau_status"), "unknown");
    ck_assert_str_eq(text(application_now, "/bureau_score"), "null");
    expect_problem(post(w, fmt(w, "%s/bureau", path), "{}"), 409, "wrong_state");
    expect_problem(post(w, fmt(w, "%s/decide", path),
                        "{'decision':'approve','reason':'x','wait_for_bureau':true}"),
                   409, "wrong_state");
    stand_in_shall(s.bureau, STAND_IN_HANGS_UP, 0, "");
    usleep(700000);
    r = get(w, "%s/bureau", path);
    ck_assert_str_eq(text(r, "/status"), "unknown");
    stand_in_shall(s.bureau, STAND_IN_ANSWERS, 200, "{\"score\":10}");
    r = await(w, path, "answered");
    ck_assert_str_eq(key_of_last(&s), key);
    ck_assert_int_ge(number(text(r, "/tries")), 2);
    ck_assert_str_eq(text(r, "/proposed_limit"), "null");
    expect(post(w, fmt(w, "%s/decide", path),
                "{'decision':'decline','reason':'x','wait_for_bureau':true}"),
           200);
    expect_books_balance(w);
    close_setting(&s);
}
END_TEST

START_TEST(what_nobody_can_tell_is_given_up_and_stays_unknown)
{
    struct setting s;
    open_setting(&s);
    struct world *w = s.w;
    stand_in_shall(s.bureau, STAND_IN_HANGS_UP, 0, "");
    const char *path = application(w);
    ask(w, path);
    await(w, path, "unknown");
    world_sql(w, "UPDATE bureau_request SET tries = 11, next_try_at = now()");
    struct reply r = {0};
    for (int i = 0; i < 500; i++) {
        r = get(w, "%s/bureau", path);
        if (strcmp(text(r, "/next_try_at"), "null") == 0)
            break;
        usleep(20000);
    }
    ck_assert_str_eq(text(r, "/status"), "unknown");
    ck_assert_str_eq(text(r, "/next_try_at"), "null");
    ck_assert_uint_eq(length(get(w, "/v1/events?type=credit_application.bureau_given_up"), "/data"),
                      1);
    /* Somebody may ask anew, or decide without it. */
    stand_in_shall(s.bureau, STAND_IN_ANSWERS, 200, "{\"score\":50}");
    ask(w, path);
    await(w, path, "answered");
    close_setting(&s);
}
END_TEST

START_TEST(what_is_no_answer_is_a_failure)
{
    static const struct {
        enum stand_in_manner manner;
        int status;
        const char *body, *outcome;
    } cases[] = {
        {STAND_IN_ANSWERS, 500, "{}", "failed"},
        {STAND_IN_ANSWERS, 401, "{}", "failed"},
        {STAND_IN_ANSWERS, 200, "", "failed"},
        {STAND_IN_ANSWERS, 200, "<html>", "failed"},
        {STAND_IN_ANSWERS, 200, "{\"score\":101}", "failed"},
        {STAND_IN_ANSWERS, 200, "{\"score\":5,\"limit\":\"1.001\"}", "failed"},
        {STAND_IN_ANSWERS, 200, "{\"limit\":\"1.00\"}", "failed"},
        {STAND_IN_ANSWERS, 422, "{}", "refused"},
        {STAND_IN_BABBLES, 0, "", "failed"},
        {STAND_IN_TALKS_ON, 0, "", "failed"},
        {STAND_IN_REDIRECTS, 0, "", "failed"},
    };
    struct setting s;
    open_setting(&s);
    struct world *w = s.w;
    const char *path = application(w), *key = "";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int before = asked(&s);
        stand_in_shall(s.bureau, cases[i].manner, cases[i].status, cases[i].body);
        struct reply r = ask(w, path);
        r = await(w, path, cases[i].outcome);
        ck_assert_str_eq(text(r, "/next_try_at"), "null");
        ck_assert_str_ne(text(r, "/reason"), "null");
        ck_assert_str_eq(text(r, "/score"), "null");
        ck_assert_int_eq(asked(&s), before + 1); /* nobody followed the redirect either */
        ck_assert_str_ne(key_of_last(&s), key);  /* a new question */
        key = key_of_last(&s);
    }
    ck_assert_str_eq(text(get(w, "%s", path), "/version"), "1"); /* nothing was scored */
    close_setting(&s);
}
END_TEST

START_TEST(a_busy_bureau_is_asked_again)
{
    struct setting s;
    open_setting(&s);
    struct world *w = s.w;
    stand_in_shall(s.bureau, STAND_IN_ANSWERS, 503, "{}");
    const char *path = application(w);
    ask(w, path);
    for (int i = 0; i < 500 && asked(&s) < 2; i++)
        usleep(20000);
    ck_assert_int_ge(asked(&s), 2);
    ck_assert_str_eq(text(get(w, "%s/bureau", path), "/status"), "asked");
    stand_in_shall(s.bureau, STAND_IN_ANSWERS, 200, "{\"score\":70}");
    await(w, path, "answered");
    close_setting(&s);
}
END_TEST

START_TEST(a_bureau_that_is_not_there_has_heard_nothing)
{
    const char *const env[] = {"O2C_BUREAU_URL", "http://127.0.0.1:1/", "O2C_BUREAU_RETRY_MS", "20",
                               NULL};
    struct world *w = world_new_with(env);
    const char *path = application(w);
    struct reply r = ask(w, path);
    for (int i = 0; i < 500 && number(text(r, "/tries")) < 3; i++) {
        usleep(20000);
        r = get(w, "%s/bureau", path);
    }
    ck_assert_int_ge(number(text(r, "/tries")), 3);
    ck_assert_str_eq(text(r, "/status"), "asked");
    ck_assert_str_ne(text(r, "/reason"), "null");
    world_sql(w, "UPDATE bureau_request SET tries = 11, next_try_at = now()");
    r = await(w, path, "failed"); /* it was never heard, so this is known */
    ck_assert_str_eq(text(r, "/next_try_at"), "null");
    world_free(w);
}
END_TEST

START_TEST(without_a_bureau_nobody_is_asked)
{
    struct world *w = world_new();
    const char *path = application(w);
    struct reply r = post(w, fmt(w, "%s/bureau", path), "{}");
    expect_problem(r, 409, "wrong_state");
    expect_problem(post(w, "/v1/credit-applications/cap_0000000000001/bureau", "{}"), 404,
                   "not_found");
    expect(post(w, fmt(w, "%s/decide", path),
                "{'decision':'decline','reason':'x','wait_for_bureau':true}"),
           200); /* there is nothing to wait for */
    expect_problem(post(w, fmt(w, "%s/bureau", path), "{}"), 409, "wrong_state");
    world_free(w);
}
END_TEST

static Suite *bureau_suite(void)
{
    Suite *s = suite_create("bureau");
    TCase *t = tcase_create("bureau");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, an_answer_enters_the_scorecard_and_the_application_shows_it);
    tcase_add_test(t, silence_is_unknown_and_asked_again_under_the_same_key_until_it_is_known);
    tcase_add_test(t, what_nobody_can_tell_is_given_up_and_stays_unknown);
    tcase_add_test(t, what_is_no_answer_is_a_failure);
    tcase_add_test(t, a_busy_bureau_is_asked_again);
    tcase_add_test(t, a_bureau_that_is_not_there_has_heard_nothing);
    tcase_add_test(t, without_a_bureau_nobody_is_asked);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(bureau_suite)
