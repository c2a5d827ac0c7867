/* Finding in lists that are sorted by id. */
#include "lib/base/find.h"
#include <check.h>

struct thing {
    const char *name;
    int64_t id;
};

START_TEST(the_element_with_the_id_is_found_and_no_other)
{
    struct thing v[] = {{"least", INT64_MIN}, {"one", 1}, {"three", 3}, {"most", INT64_MAX}};
    struct {
        struct thing *v;
        size_t n;
    } list = {v, 0};
    static const int64_t absent[] = {INT64_MIN + 1, 0, 2, 4, INT64_MAX - 1};
    for (size_t n = 0; n <= 4; n++) {
        list.n = n;
        for (size_t i = 0; i < 4; i++)
            ck_assert_ptr_eq(LIST_FIND_ID(&list, v[i].id), i < n ? &v[i] : NULL);
        for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
            ck_assert_ptr_null(LIST_FIND_ID(&list, absent[i]));
    }
    list.v = NULL;
    list.n = 0;
    ck_assert_ptr_null(LIST_FIND_ID(&list, 1));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("find");
    TCase *t = tcase_create("lists");
    tcase_add_test(t, the_element_with_the_id_is_found_and_no_other);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
