/* Exposure, and sums of credit deltas. */
#include "server/credit/rules.h"
#include <check.h>
#include <stdlib.h>

START_TEST(exposure_is_what_is_owed_and_promised_less_what_is_in_hand)
{
    static const struct {
        struct credit_facts f;
        int64_t exposure;
    } cases[] = {
        {{.ordered = 1, .unbilled = 20, .receivable = 300, .unapplied = 0}, 321},
        {{.ordered = 1, .unbilled = 20, .receivable = 300, .unapplied = 4000}, -3679},
        {{.credit_limit = 5}, 0},
        {{.ordered = INT64_MAX, .receivable = INT64_MAX}, INT64_MAX},
        {{.ordered = INT64_MAX, .unbilled = 1, .unapplied = 1}, INT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_int_eq(credit_exposure(&cases[i].f), cases[i].exposure);
}
END_TEST

START_TEST(deltas_add_up_per_account_in_order_and_idle_accounts_are_left_out)
{
    struct credit_delta d[] = {
        {.account = 9, .ordered = 5, .receivable = 1},
        {.account = 2, .unbilled = 7},
        {.account = 4, .unapplied = 3},
        {.account = 9, .ordered = -2, .unapplied = 8},
        {.account = 4, .unapplied = -3},
    };
    size_t n = 0;
    ck_assert_int_eq(credit_deltas_sum(d, COUNT_OF(d), &n), OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(d[0].account, 2);
    ck_assert_int_eq(d[0].ordered, 0);
    ck_assert_int_eq(d[0].unbilled, 7);
    ck_assert_int_eq(d[0].receivable, 0);
    ck_assert_int_eq(d[0].unapplied, 0);
    ck_assert_int_eq(d[1].account, 9);
    ck_assert_int_eq(d[1].ordered, 3);
    ck_assert_int_eq(d[1].unbilled, 0);
    ck_assert_int_eq(d[1].receivable, 1);
    ck_assert_int_eq(d[1].unapplied, 8);
}
END_TEST

START_TEST(a_sum_beyond_64_bits_is_refused)
{
    for (int member = 0; member < 4; member++) {
        struct credit_delta d[2] = {{.account = 1}, {.account = 1}};
        for (int i = 0; i < 2; i++) {
            int64_t *const members[] = {&d[i].ordered, &d[i].unbilled, &d[i].receivable,
                                        &d[i].unapplied};
            *members[member] = INT64_MAX;
        }
        size_t n = 99;
        ck_assert_int_eq(credit_deltas_sum(d, 2, &n), ERR_OVERFLOW);
        ck_assert_uint_eq(n, 99);
    }
}
END_TEST

START_TEST(no_deltas_move_nothing)
{
    size_t n = 99;
    ck_assert_int_eq(credit_deltas_sum(NULL, 0, &n), OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("credit rules");
    TCase *t = tcase_create("credit rules");
    tcase_add_test(t, exposure_is_what_is_owed_and_promised_less_what_is_in_hand);
    tcase_add_test(t, deltas_add_up_per_account_in_order_and_idle_accounts_are_left_out);
    tcase_add_test(t, a_sum_beyond_64_bits_is_refused);
    tcase_add_test(t, no_deltas_move_nothing);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
