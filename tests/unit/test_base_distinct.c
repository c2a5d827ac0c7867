/* Sets of ids and texts. */
#include "lib/base/distinct.h"
#include <check.h>

START_TEST(ids_are_sorted_and_kept_once)
{
    int64_t v[] = {7, INT64_MIN, 7, -1, INT64_MAX, 0, -1, 7};
    ck_assert_uint_eq(distinct_ids(v, 8), 5);
    static const int64_t expected[] = {INT64_MIN, -1, 0, 7, INT64_MAX};
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(v[i], expected[i]);
    ck_assert_uint_eq(distinct_ids(v, 1), 1);
    ck_assert_uint_eq(distinct_ids(v, 0), 0);
}
END_TEST

START_TEST(texts_are_sorted_by_bytes_and_kept_once)
{
    const char *v[] = {"b", "a", "B", "", "a", "ä", "b"};
    ck_assert_uint_eq(distinct_texts(v, 7), 5);
    static const char *const expected[] = {"", "B", "a", "b", "ä"};
    for (size_t i = 0; i < 5; i++)
        ck_assert_str_eq(v[i], expected[i]);
    ck_assert_uint_eq(distinct_texts(v, 0), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("distinct");
    TCase *t = tcase_create("sets");
    tcase_add_test(t, ids_are_sorted_and_kept_once);
    tcase_add_test(t, texts_are_sorted_by_bytes_and_kept_once);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
