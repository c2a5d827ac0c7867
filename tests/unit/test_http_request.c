/* The request target, the ids of a request and problem documents, without a server. */
#include "lib/http/http.h"
#include "lib/http/target.h"
#include "lib/http/trace.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

#undef fail /* a macro of check.h */

static struct arena *arena;

static void open_arena(void)
{
    arena = arena_new(1 << 20);
}

static void close_arena(void)
{
    arena_free(arena);
}

static struct http_request request_for(const char *raw)
{
    return (struct http_request){.arena = arena, .raw_path = raw, .request_id = "req-1"};
}

static err parse(struct http_request *r, struct problem *p)
{
    problem_init(p, arena);
    return target_parse(r, p);
}

START_TEST(a_path_is_decoded_once)
{
    static const struct {
        const char *raw, *path;
    } cases[] = {
        {"/", "/"},
        {"/a/b", "/a/b"},
        {"/a%20b", "/a b"},
        {"/a+b", "/a+b"},
        {"/%2541", "/%2541"}, /* but for these two: */
        {"/a/%2fb%2F", "/a/%2Fb%2F"},
        {"/%c3%A4", "/\xC3\xA4"},
        {"/\xE2\x82\xAC", "/\xE2\x82\xAC"},
        {"/%F4%8F%BF%BF?x=1", "/\xF4\x8F\xBF\xBF"},
        {"/trailing/", "/trailing/"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request r = request_for(cases[i].raw);
        struct problem p;
        ck_assert_msg(parse(&r, &p) == OK, "%s", cases[i].raw);
        ck_assert_str_eq(r.path, cases[i].path);
    }
}
END_TEST

START_TEST(a_target_that_is_not_clean_utf8_is_refused)
{
    static const char *cases[] = {
        "",           "*",          "a/b",           "http://host/",  "/%",   "/%4",
        "/%4g",       "/%g4",       "/a%00b",        "/a?x=%00",      "/%ff", "/%c0%af",
        "/%e0%80%80", "/%ed%a0%80", "/%f4%90%80%80", "/%f5%80%80%80", "/%c3", "/%e2%82",
        "/a?x=%",     "/a?%zz=1",   "/a?x=%c3",      "/a//b",         "//a",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request r = request_for(cases[i]);
        struct problem p;
        ck_assert_msg(parse(&r, &p) == ERR_SYNTAX, "%s", cases[i]);
        ck_assert_int_eq(p.code, ERR_SYNTAX);
        ck_assert_ptr_nonnull(p.detail);
    }
}
END_TEST

START_TEST(query_pairs_keep_their_order_and_are_decoded)
{
    struct http_request r = request_for("/a?b=1+2&a=%2B%26%3d&&b&c=&d=x=y&=z&due%5Blte%5D=3");
    struct problem p;
    ck_assert_int_eq(parse(&r, &p), OK);
    static const struct http_pair expected[] = {{"b", "1 2"},     {"a", "+&="}, {"b", ""},
                                                {"c", ""},        {"d", "x=y"}, {"", "z"},
                                                {"due[lte]", "3"}};
    ck_assert_uint_eq(r.n_query, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        ck_assert_str_eq(r.query[i].name, expected[i].name);
        ck_assert_str_eq(r.query[i].value, expected[i].value);
    }
}
END_TEST

START_TEST(sixty_four_query_pairs_are_taken_and_sixty_five_refused)
{
    char raw[512] = "/?";
    size_t len = 2;
    for (int i = 0; i < 64; i++)
        len += (size_t)snprintf(raw + len, sizeof raw - len, "a%d=1&", i);
    struct http_request r = request_for(raw);
    struct problem p;
    ck_assert_int_eq(parse(&r, &p), OK);
    ck_assert_uint_eq(r.n_query, 64);
    snprintf(raw + len, sizeof raw - len, "b");
    r = request_for(raw);
    ck_assert_int_eq(parse(&r, &p), ERR_SYNTAX);
    ck_assert_str_eq(p.detail, "The query has more than 64 parameters.");
}
END_TEST

START_TEST(a_sane_request_id_is_kept_and_any_other_replaced)
{
    char longest[65] = "";
    memset(longest, 'a', 63);
    static const char *bad[] = {"", "a b", "a/b", "\xC3\xA4", "a\"b", NULL};
    char out[64];
    trace_request_id("Job-7_a.b", out);
    ck_assert_str_eq(out, "Job-7_a.b");
    trace_request_id(longest, out);
    ck_assert_str_eq(out, longest);
    longest[63] = 'a';
    trace_request_id(longest, out);
    ck_assert_uint_eq(strlen(out), 36);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        trace_request_id(bad[i], out);
        ck_assert_uint_eq(strlen(out), 36);
    }
}
END_TEST

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

START_TEST(a_good_traceparent_keeps_its_trace_and_gets_a_new_span)
{
    static const struct {
        const char *caller, *start, *end;
    } cases[] = {
        {"00-" TRACE "-" SPAN "-01", "00-" TRACE "-", "-01"},
        {"00-" TRACE "-" SPAN "-00", "00-" TRACE "-", "-00"},
        {"cc-" TRACE "-" SPAN "-01-more", "00-" TRACE "-", "-01"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[56];
        trace_parent(cases[i].caller, out);
        ck_assert_uint_eq(strlen(out), 55);
        ck_assert_mem_eq(out, cases[i].start, strlen(cases[i].start));
        ck_assert_str_eq(out + 52, cases[i].end);
        ck_assert_int_ne(memcmp(out + 36, SPAN, 16), 0);
        ck_assert_uint_eq(strspn(out + 36, "0123456789abcdef"), 16);
    }
}
END_TEST

START_TEST(a_bad_traceparent_starts_a_new_trace)
{
    static const char *cases[] = {
        NULL,
        "",
        "00-" TRACE "-" SPAN,
        "00-" TRACE "-" SPAN "-01x",
        "00-" TRACE "-" SPAN "-01-more",
        "ff-" TRACE "-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01",
        "00_" TRACE "-" SPAN "-01",
        "00-" TRACE "-" SPAN "-0g",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[56];
        trace_parent(cases[i], out);
        ck_assert_uint_eq(strlen(out), 55);
        ck_assert_mem_eq(out, "00-", 3);
        ck_assert_str_eq(out + 52, "-01");
        ck_assert_int_ne(memcmp(out + 3, TRACE, 32), 0);
        ck_assert_uint_eq(strspn(out + 3, "0123456789abcdef"), 32);
    }
}
END_TEST

START_TEST(a_problem_is_rendered_in_full)
{
    struct http_request r = request_for("/");
    struct problem p;
    problem_init(&p, arena);
    ck_assert_int_eq(fail(&p, ERR_OVERLOADED, "Busy \"now\"."), ERR_OVERLOADED);
    p.retry_after_s = 7;
    p.conflicting_id = "x_1";
    http_respond_problem(&r, &p);
    ck_assert_int_eq(r.response.status, 503);
    ck_assert_str_eq(r.response.content_type, "application/problem+json");
    ck_assert_str_eq(r.response.body,
                     "{\"type\":\"/problems/overloaded\",\"title\":\"The server is busy\","
                     "\"status\":503,\"detail\":\"Busy \\\"now\\\".\","
                     "\"instance\":\"/requests/req-1\",\"code\":\"overloaded\","
                     "\"request_id\":\"req-1\",\"retryable\":true,\"conflicting_id\":\"x_1\"}");
    ck_assert_uint_eq(r.response.body_len, strlen(r.response.body));
    ck_assert_uint_eq(r.response.n_headers, 1);
    ck_assert_str_eq(r.response.headers[0].name, "Retry-After");
    ck_assert_str_eq(r.response.headers[0].value, "7");
}
END_TEST

START_TEST(faults_are_listed_with_pointer_or_parameter)
{
    struct http_request r = request_for("/");
    struct problem p;
    problem_init(&p, arena);
    fault(&p, "/lines/0/quantity", "too_small", "At least %d.", 1);
    fault(&p, "?limit", "too_large", "At most 200.");
    http_respond_problem(&r, &p);
    ck_assert_int_eq(r.response.status, 422);
    ck_assert_str_eq(
        r.response.body,
        "{\"type\":\"/problems/invalid\",\"title\":\"The request has invalid fields\","
        "\"status\":422,\"detail\":\"The request has invalid fields.\","
        "\"instance\":\"/requests/req-1\",\"code\":\"invalid\",\"request_id\":\"req-1\","
        "\"retryable\":false,\"errors\":["
        "{\"pointer\":\"/lines/0/quantity\",\"code\":\"too_small\",\"detail\":\"At least 1.\"},"
        "{\"parameter\":\"limit\",\"code\":\"too_large\",\"detail\":\"At most 200.\"}]}");
}
END_TEST

START_TEST(faults_past_the_maximum_are_counted)
{
    struct http_request r = request_for("/");
    struct problem p;
    problem_init(&p, arena);
    (void)fail(&p, ERR_INVALID, "Bad.");
    for (int i = 0; i < PROBLEM_FAULTS_MAX + 23; i++)
        fault(&p, "/a", "required", "Missing.");
    http_respond_problem(&r, &p);
    ck_assert_ptr_nonnull(
        strstr(r.response.body, "\"detail\":\"Bad. 23 more faults are not listed.\""));
    size_t listed = 0;
    for (const char *at = r.response.body; (at = strstr(at, "\"pointer\"")); at++)
        listed++;
    ck_assert_uint_eq(listed, PROBLEM_FAULTS_MAX);
}
END_TEST

START_TEST(long_faults_leave_the_document_whole)
{
    struct http_request r = request_for("/");
    struct problem p;
    problem_init(&p, arena);
    char *pointer = arena_alloc(arena, 20001);
    memset(pointer, 'a', 20000);
    for (int i = 0; i < 5; i++)
        fault(&p, pointer, "required", "Missing.");
    http_respond_problem(&r, &p);
    const char *body = r.response.body;
    ck_assert_ptr_nonnull(strstr(body, " 2 more faults are not listed.\""));
    ck_assert_uint_gt(r.response.body_len, 60000);
    ck_assert_uint_lt(r.response.body_len, 64 * 1024 + 1024);
    ck_assert_str_eq(body + r.response.body_len - strlen("\"detail\":\"Missing.\"}]}"),
                     "\"detail\":\"Missing.\"}]}");
}
END_TEST

START_TEST(a_header_set_twice_has_the_last_value)
{
    struct http_request r = request_for("/");
    http_set_header(&r, "ETag", "1");
    http_set_header(&r, "Link", "x");
    http_set_header(&r, "etag", "2");
    ck_assert_uint_eq(r.response.n_headers, 2);
    ck_assert_str_eq(r.response.headers[0].value, "2");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http request");
    TCase *tc = tcase_create("all");
    tcase_add_checked_fixture(tc, open_arena, close_arena);
    tcase_add_test(tc, a_path_is_decoded_once);
    tcase_add_test(tc, a_target_that_is_not_clean_utf8_is_refused);
    tcase_add_test(tc, query_pairs_keep_their_order_and_are_decoded);
    tcase_add_test(tc, sixty_four_query_pairs_are_taken_and_sixty_five_refused);
    tcase_add_test(tc, a_sane_request_id_is_kept_and_any_other_replaced);
    tcase_add_test(tc, a_good_traceparent_keeps_its_trace_and_gets_a_new_span);
    tcase_add_test(tc, a_bad_traceparent_starts_a_new_trace);
    tcase_add_test(tc, a_problem_is_rendered_in_full);
    tcase_add_test(tc, faults_are_listed_with_pointer_or_parameter);
    tcase_add_test(tc, faults_past_the_maximum_are_counted);
    tcase_add_test(tc, long_faults_leave_the_document_whole);
    tcase_add_test(tc, a_header_set_twice_has_the_last_value);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
