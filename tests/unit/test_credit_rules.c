/* Exposure, and sums of credit deltas. */
#include "server/credit/applications.h"
#include "server/credit/policies.h"
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
        {{.receivable = 300, .uncleared = 40, .disputed = 5}, 340},
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

static struct credit_verdict judge(const struct credit_facts *f, const char *mode, int64_t amount)
{
    static struct arena *a;
    if (a == NULL)
        a = arena_new(1 << 20);
    struct credit_question q = {.point = "confirm",
                                .tenant_mode = mode,
                                .amount = amount,
                                .ordered = amount,
                                .document = amount,
                                .today = 100};
    struct credit_verdict v;
    credit_judge(a, f, &q, &v);
    return v;
}

static struct credit_facts owing(int64_t receivable, int64_t limit)
{
    return (struct credit_facts){.id = 1,
                                 .parent_id = NIL64,
                                 .policy_id = NIL64,
                                 .currency = "EUR",
                                 .credit_limit = limit,
                                 .receivable = receivable,
                                 .review_date = NIL32};
}

static bool exceeded(int64_t receivable, int64_t limit, int64_t amount)
{
    struct credit_facts f = owing(receivable, limit);
    return judge(&f, "enforce", amount).exceeded;
}

START_TEST(the_limit_itself_may_be_reached_but_not_passed)
{
    ck_assert(!exceeded(900, 1000, 100));
    ck_assert(exceeded(900, 1000, 101));
    ck_assert(!exceeded(900, NIL64, INT64_C(1) << 60));
    ck_assert(exceeded(INT64_MAX, 1000, 1));
    ck_assert(!exceeded(-500, 0, 500));
    ck_assert(exceeded(0, 0, 1));
}
END_TEST

START_TEST(the_mode_says_what_a_broken_rule_leads_to)
{
    struct credit_facts f = owing(1000, 1000);
    ck_assert_int_eq(judge(&f, "enforce", 1).outcome, CREDIT_HELD);
    ck_assert_int_eq(judge(&f, "warn", 1).outcome, CREDIT_WARNED);
    ck_assert_int_eq(judge(&f, "ignore", 1).outcome, CREDIT_APPROVED);
    ck_assert_int_eq(judge(&f, "enforce", 0).outcome, CREDIT_APPROVED);
    ck_assert_str_eq(judge(&f, "warn", 1).reason,
                     "The exposure would be 10.01 EUR, the credit limit is 10.00 EUR.");
}
END_TEST

START_TEST(an_amount_has_to_fit_on_every_level_of_the_group)
{
    struct credit_facts root = owing(0, 1000), mid = owing(0, NIL64), leaf = owing(100, 500);
    root.below = 700;
    mid.parent = &root;
    leaf.parent = &mid;
    ck_assert_int_eq(judge(&leaf, "enforce", 300).outcome, CREDIT_APPROVED);
    struct credit_verdict v = judge(&leaf, "enforce", 301);
    ck_assert_int_eq(v.outcome, CREDIT_HELD);
    ck_assert_str_eq(v.reason, "The exposure of the group would be 10.01 EUR, its credit limit is "
                               "10.00 EUR.");
    ck_assert_int_eq(v.exposure, 401);
    ck_assert_int_eq(judge(&leaf, "enforce", 401).outcome, CREDIT_HELD);
    credit_take(&leaf, 300);
    ck_assert_int_eq(leaf.ordered, 300);
    ck_assert_int_eq(mid.below, 300);
    ck_assert_int_eq(root.below, 1000);
}
END_TEST

START_TEST(collateral_lowers_the_exposure_and_a_deposit_has_to_be_there)
{
    struct credit_facts f = owing(1000, 1000);
    f.secured = 50;
    ck_assert_int_eq(judge(&f, "enforce", 50).outcome, CREDIT_APPROVED);
    ck_assert_int_eq(judge(&f, "enforce", 51).outcome, CREDIT_HELD);
    f = owing(0, NIL64);
    f.deposit_percent = 30 * DECIMAL_ONE;
    f.unapplied = 29;
    ck_assert_str_eq(judge(&f, "enforce", 100).reason,
                     "A deposit of 0.30 EUR is asked for, 0.29 EUR are there.");
    f.unapplied = 30;
    ck_assert_int_eq(judge(&f, "enforce", 100).outcome, CREDIT_APPROVED);
    f.ordered = 100;
    ck_assert_int_eq(judge(&f, "enforce", 100).outcome, CREDIT_HELD);
}
END_TEST

/* Every rule on its own: what just keeps it, and what breaks it. */
START_TEST(a_policy_asks_for_more_than_the_amount)
{
    const struct credit_standing none = {.account = 1,
                                         .mode = "enforce",
                                         .max_overdue_days = NIL64,
                                         .max_overdue_percent = NIL64,
                                         .max_document = NIL64,
                                         .horizon_days = NIL64,
                                         .max_dunning_level = NIL64,
                                         .max_broken_promises = NIL64,
                                         .at_confirm = true};
    struct credit_standing s[20];
    for (size_t i = 0; i < COUNT_OF(s); i++)
        s[i] = none;
    s[1].max_overdue_days = s[1].overdue_days = 10;
    s[2] = s[1];
    s[2].overdue_days = 11;
    s[3].max_overdue_percent = 50 * DECIMAL_ONE;
    s[3].receivable = 1000;
    s[3].overdue = 500;
    s[4] = s[3];
    s[4].overdue = 501;
    s[5].max_document = 100;
    s[6].max_document = 99;
    s[7].check_review = s[8].check_review = true;
    s[9].check_new_customer = s[10].check_new_customer = true;
    s[11].beyond = 900;
    s[12].max_dunning_level = s[12].dunning_level = 2;
    s[13] = s[12];
    s[13].dunning_level = 3;
    s[14].max_broken_promises = s[14].broken_promises = 1;
    s[15] = s[14];
    s[15].broken_promises = 2;
    s[17].allow_uncleared = true;
    s[19].exclude_disputed = true;
    static const bool held[] = {false, false, true,  false, true,  false, true, false, true, false,
                                true,  false, false, true,  false, true,  true, false, true, false};
    for (size_t i = 0; i < COUNT_OF(s); i++) {
        struct credit_facts f = owing(i == 11 ? 1800 : 0, 1000);
        f.review_date = i == 8 ? 99 : 100;
        f.undecided = i == 10;
        f.uncleared = i == 16 || i == 17 ? 1000 : 0;
        f.disputed = i == 18 || i == 19 ? 200 : 0;
        f.receivable += i == 18 || i == 19 ? 1000 : 0;
        f.standing = &s[i];
        struct credit_verdict v = judge(&f, "ignore", 100);
        ck_assert_msg((v.outcome == CREDIT_HELD) == held[i], "rule %zu: %s", i, v.trace);
    }
}
END_TEST

START_TEST(a_trace_tells_every_rule_with_its_values)
{
    struct credit_facts f = owing(900, 1000);
    ck_assert_str_eq(judge(&f, "enforce", 101).trace,
                     "[{\"rule\":\"limit\",\"account\":\"cra_0000000000001\",\"value\":"
                     "\"10.01\",\"bound\":\"10.00\",\"ok\":false}]");
}
END_TEST

START_TEST(without_a_policy_only_confirming_and_amending_ask)
{
    struct credit_standing s = {.at_ship = true};
    struct credit_facts f = owing(0, 0);
    ck_assert(credit_checked_at(&f, "confirm") && credit_checked_at(&f, "amend"));
    ck_assert(!credit_checked_at(&f, "ship") && !credit_checked_at(&f, "invoice"));
    f.standing = &s;
    ck_assert(!credit_checked_at(&f, "confirm") && credit_checked_at(&f, "ship"));
}
END_TEST

static int64_t score(struct credit_behavior b)
{
    struct arena *a = arena_new(1 << 16);
    const char *parts;
    int64_t points = credit_score(a, &b, 1000, &parts);
    arena_free(a);
    return points;
}

START_TEST(a_score_grows_with_volume_and_age_and_falls_with_every_late_day)
{
    ck_assert_int_eq(score((struct credit_behavior){0}), 20 + 15);
    struct credit_behavior best = {.invoices = 9, .owed = 10, .volume = 4000, .age_days = 730};
    ck_assert_int_eq(score(best), 100);
    struct credit_behavior b = best;
    b.late_days = 5 * DECIMAL_ONE;
    ck_assert_int_eq(score(b), 90);
    b.late_days = 5000 * DECIMAL_ONE;
    ck_assert_int_eq(score(b), 60);
    b = best;
    b.overdue = 5;
    ck_assert_int_eq(score(b), 85);
    b.overdue = 10;
    ck_assert_int_eq(score(b), 70);
    b = best;
    b.volume = 2000;
    b.age_days = 365;
    ck_assert_int_eq(score(b), 70 + 7 + 7);
    b.volume = b.age_days = 0;
    ck_assert_int_eq(score(b), 70);
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
    tcase_add_test(t, the_limit_itself_may_be_reached_but_not_passed);
    tcase_add_test(t, the_mode_says_what_a_broken_rule_leads_to);
    tcase_add_test(t, an_amount_has_to_fit_on_every_level_of_the_group);
    tcase_add_test(t, collateral_lowers_the_exposure_and_a_deposit_has_to_be_there);
    tcase_add_test(t, a_policy_asks_for_more_than_the_amount);
    tcase_add_test(t, a_trace_tells_every_rule_with_its_values);
    tcase_add_test(t, without_a_policy_only_confirming_and_amending_ask);
    tcase_add_test(t, a_score_grows_with_volume_and_age_and_falls_with_every_late_day);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
