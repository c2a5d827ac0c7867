/* Arenas, buffers, the names of failures and the collection of faults. */
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/problem.h"
#include "lib/base/value.h"
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#undef fail /* Check has a macro of that name */

#define ROOMY ((size_t)64 << 20)

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

START_TEST(memory_is_zeroed_and_aligned_also_after_a_rewind_and_a_reset)
{
    struct arena *a = arena_new(ROOMY);
    struct arena_mark start = arena_mark(a);
    for (int round = 0; round < 4; round++) {
        for (size_t n = 1; n < 5000; n += 37) {
            char *p = arena_alloc(a, n);
            ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
            ck_assert(all_zero(p, n));
            memset(p, 0xAA, n);
        }
        if (round % 2)
            arena_reset(a);
        else
            arena_rewind(a, start);
        ck_assert_uint_eq(arena_used(a), 0);
    }
    arena_free(a);
}
END_TEST

START_TEST(what_was_taken_before_a_mark_survives_the_rewind)
{
    struct arena *a = arena_new(ROOMY);
    char *kept = arena_strdup(a, "kept");
    size_t used = arena_used(a);
    struct arena_mark m = arena_mark(a);
    for (int i = 0; i < 100; i++)
        memset(arena_alloc(a, 10000), 'x', 10000);
    ck_assert_uint_ge(arena_used(a), used + 1000000);
    arena_rewind(a, m);
    ck_assert_uint_eq(arena_used(a), used);
    ck_assert_str_eq(kept, "kept");
    arena_free(a);
}
END_TEST

START_TEST(an_arena_past_its_limit_says_so_and_still_serves)
{
    struct arena *a = arena_new(1024);
    arena_alloc(a, 1024);
    ck_assert(!arena_over(a));
    char *p = arena_alloc(a, 5 << 20);
    ck_assert(arena_over(a));
    memset(p, 'x', 5 << 20);
    arena_reset(a);
    ck_assert(!arena_over(a));
    arena_free(a);
    arena_free(NULL);
}
END_TEST

START_TEST(texts_are_copied_and_formatted_at_any_length)
{
    struct arena *a = arena_new(ROOMY);
    ck_assert_ptr_null(arena_strdup(a, NULL));
    ck_assert_ptr_null(arena_strndup(a, NULL, 3));
    ck_assert_str_eq(arena_strndup(a, "abcdef", 3), "abc");
    ck_assert_str_eq(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    for (int width = 250; width < 260; width++) {
        const char *text = arena_printf(a, "%*d|", width, 5);
        ck_assert_uint_eq(strlen(text), (size_t)width + 1);
        ck_assert_str_eq(text + width - 1, "5|");
    }
    ck_assert_uint_eq(strlen(arena_printf(a, "%200000d", 1)), 200000);
    arena_free(a);
}
END_TEST

START_TEST(an_empty_array_is_a_valid_pointer)
{
    struct arena *a = arena_new(ROOMY);
    ck_assert_ptr_nonnull(ARENA_ARRAY(a, int64_t, 0));
    int64_t *v = ARENA_ARRAY(a, int64_t, 1000);
    ck_assert_int_eq(v[999], 0);
    arena_free(a);
}
END_TEST

/* In a child, so that it works with and without Check's own forking. */
START_TEST(an_array_whose_size_overflows_aborts)
{
    pid_t child = fork();
    if (child == 0) {
        int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        struct arena *a = arena_new(ROOMY);
        arena_array_bytes(a, SIZE_MAX / 8 + 1, 16);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(a_buffer_grows_to_its_maximum_and_drops_whole_writes_beyond)
{
    struct arena *a = arena_new(ROOMY);
    struct buf b;
    buf_init(&b, a, 2, 10);
    ck_assert_str_eq(b.p, "");
    buf_str(&b, "0123");
    buf_char(&b, '4');
    buf_put(&b, "56789", 5);
    ck_assert_str_eq(b.p, "0123456789");
    ck_assert(!b.over);
    buf_char(&b, 'x');
    ck_assert(b.over);
    ck_assert_str_eq(b.p, "0123456789");
    ck_assert_uint_eq(b.len, 10);

    buf_init(&b, a, 100, 3);
    buf_str(&b, "ab");
    buf_str(&b, "cd");
    buf_str(&b, "c");
    ck_assert(b.over);
    ck_assert_str_eq(b.p, "ab");
    arena_free(a);
}
END_TEST

START_TEST(a_buffer_prints_formats_and_every_integer)
{
    struct arena *a = arena_new(ROOMY);
    struct buf b;
    buf_init(&b, a, 0, 1000);
    buf_i64(&b, 0);
    buf_char(&b, ' ');
    buf_i64(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_i64(&b, INT64_MAX);
    buf_printf(&b, " %s=%05d", "n", 42);
    ck_assert_str_eq(b.p, "0 -9223372036854775808 9223372036854775807 n=00042");
    size_t len = b.len;
    buf_printf(&b, "%*d", 1000 - (int)len, 1);
    ck_assert(!b.over);
    ck_assert_uint_eq(b.len, 1000);
    buf_init(&b, a, 0, 5);
    buf_printf(&b, "%s", "abcdef");
    ck_assert(b.over);
    ck_assert_str_eq(b.p, "");
    arena_free(a);
}
END_TEST

START_TEST(json_texts_are_escaped_and_invalid_utf8_is_replaced)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {NULL, "null"},
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\""},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"\xC3", "\"\xEF\xBF\xBD\""},
        {"a\x80z", "\"a\xEF\xBF\xBDz\""},
        {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xC1\xBF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xE0\x9F\xBF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\x9F\xBF\xEE\x80\x80", "\"\xED\x9F\xBF\xEE\x80\x80\""},
        {"\xF0\x8F\xBF\xBF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\""},
        {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xF5\"", "\"\xEF\xBF\xBD\\\"\""},
        {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    struct arena *a = arena_new(ROOMY);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b;
        buf_init(&b, a, 1, 100);
        buf_json(&b, cases[i].in);
        ck_assert_str_eq(b.p, cases[i].out);
    }
    arena_free(a);
}
END_TEST

START_TEST(every_failure_has_a_status_a_unique_slug_and_a_title)
{
    for (int e = 1; e < ERR_COUNT; e++) {
        ck_assert_int_ge(err_status((err)e), 400);
        ck_assert_int_le(err_status((err)e), 599);
        ck_assert_uint_gt(strlen(err_title((err)e)), 0);
        for (int other = 0; other < e; other++)
            ck_assert_str_ne(err_slug((err)e), err_slug((err)other));
    }
    ck_assert_int_eq(err_status(OK), 200);
    ck_assert_str_eq(err_slug(OK), "ok");
    ck_assert_int_eq(err_status(ERR_INVALID), 422);
    ck_assert_str_eq(err_slug(ERR_METHOD), "method_not_allowed");
    ck_assert_str_eq(err_slug((err)(ERR_COUNT + 5)), "internal");
}
END_TEST

START_TEST(the_last_failure_wins)
{
    struct arena *a = arena_new(ROOMY);
    struct problem p;
    problem_init(&p, a);
    ck_assert_int_eq(p.code, OK);
    ck_assert_ptr_null(p.detail);
    ck_assert_int_eq(fail(&p, ERR_NOT_FOUND, "No %s.", "thing"), ERR_NOT_FOUND);
    ck_assert_int_eq(fail(&p, ERR_FORBIDDEN, "No."), ERR_FORBIDDEN);
    ck_assert_int_eq(p.code, ERR_FORBIDDEN);
    ck_assert_str_eq(p.detail, "No.");
    fault(&p, "/a", "required", "Give a.");
    ck_assert_int_eq(p.code, ERR_FORBIDDEN);
    arena_free(a);
}
END_TEST

START_TEST(faults_beyond_the_maximum_are_counted_not_listed)
{
    struct arena *a = arena_new(ROOMY);
    struct problem p;
    problem_init(&p, a);
    for (int i = 0; i < PROBLEM_FAULTS_MAX; i++)
        fault(&p, arena_printf(a, "/lines/%d", i), "range", "Line %d is wrong.", i);
    ck_assert_int_eq(p.code, ERR_INVALID);
    ck_assert_ptr_null(p.detail);
    size_t used = arena_used(a);
    for (int i = 0; i < 100000; i++)
        fault(&p, "/more", "range", "Wrong.");
    ck_assert_uint_eq(p.n_faults, PROBLEM_FAULTS_MAX);
    ck_assert_str_eq(p.faults[0].pointer, "/lines/0");
    ck_assert_str_eq(p.faults[99].pointer, "/lines/99");
    ck_assert_str_eq(p.faults[99].code, "range");
    ck_assert_str_eq(p.faults[99].detail, "Line 99 is wrong.");
    ck_assert_str_eq(p.detail, "100100 fields are invalid; the first 100 are listed.");
    ck_assert_uint_lt(arena_used(a) - used, 1000);
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base: memory and problems");
    TCase *t = tcase_create("all");
    tcase_add_test(t, memory_is_zeroed_and_aligned_also_after_a_rewind_and_a_reset);
    tcase_add_test(t, what_was_taken_before_a_mark_survives_the_rewind);
    tcase_add_test(t, an_arena_past_its_limit_says_so_and_still_serves);
    tcase_add_test(t, texts_are_copied_and_formatted_at_any_length);
    tcase_add_test(t, an_empty_array_is_a_valid_pointer);
    tcase_add_test(t, an_array_whose_size_overflows_aborts);
    tcase_add_test(t, a_buffer_grows_to_its_maximum_and_drops_whole_writes_beyond);
    tcase_add_test(t, a_buffer_prints_formats_and_every_integer);
    tcase_add_test(t, json_texts_are_escaped_and_invalid_utf8_is_replaced);
    tcase_add_test(t, every_failure_has_a_status_a_unique_slug_and_a_title);
    tcase_add_test(t, the_last_failure_wins);
    tcase_add_test(t, faults_beyond_the_maximum_are_counted_not_listed);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
