/* Which orders meet an approval rule. */
#include "server/approvals/approvals.h"
#include <check.h>
#include <string.h>

#define M INT64_C(1000000)
#define NONE NIL64

static struct arena *arena;

static void arena_begin(void)
{
    arena = arena_new(1 << 20);
}

static void arena_end(void)
{
    arena_free(arena);
}

static struct approval_rule_facts rule(int64_t gross, int64_t discount, int64_t margin)
{
    return (struct approval_rule_facts){.id = 1,
                                        .name = "R",
                                        .approver_scope = "a:b",
                                        .currency = "EUR",
                                        .gross_from = gross,
                                        .discount_from = discount,
                                        .margin_below = margin};
}

/* Two lines of 100.00, the first costs 60.00 and the cost of the second is unknown; `off` cents
 * are taken off the first. */
static const char *reason(struct approval_rule_facts r, int64_t off, const char *currency)
{
    struct approval_line lines[] = {
        {.quantity = 10 * M, .unit_price = 10 * M, .unit_cost = 6 * M, .net = 10000 - off},
        {.quantity = 1 * M, .unit_price = 100 * M, .unit_cost = NONE, .net = 10000}};
    struct approval_case k = {.currency = currency,
                              .cost_currency = "EUR",
                              .rounding = ROUND_HALF_UP,
                              .gross = 20000 - off,
                              .lines = lines,
                              .n = 2};
    return approval_reason(arena, &r, &k);
}

START_TEST(a_gross_amount_is_met_from_the_amount_on_in_its_currency)
{
    ck_assert_ptr_null(reason(rule(20001, NONE, NONE), 0, "EUR"));
    ck_assert_str_eq(reason(rule(20000, NONE, NONE), 0, "EUR"),
                     "R: Gross is 200.00 EUR, from 200.00 on it needs approval.");
    ck_assert_ptr_null(reason(rule(20000, NONE, NONE), 1, "EUR"));
    ck_assert_ptr_null(reason(rule(1, NONE, NONE), 0, "USD"));
}
END_TEST

START_TEST(a_discount_is_met_exactly_from_the_percentage_on)
{
    ck_assert_ptr_null(reason(rule(NONE, 5 * M, NONE), 999, "EUR"));
    ck_assert_str_eq(reason(rule(NONE, 5 * M, NONE), 1000, "EUR"),
                     "R: The discount is 5 %, from 5 % on it needs approval.");
    ck_assert_ptr_nonnull(reason(rule(NONE, 5 * M, NONE), 1000, "USD"));
    ck_assert_ptr_null(reason(rule(NONE, 1, NONE), 0, "EUR"));
}
END_TEST

START_TEST(a_margin_is_of_the_lines_whose_cost_is_known)
{
    ck_assert_ptr_null(reason(rule(NONE, NONE, 40 * M), 0, "EUR")); /* exactly 40 % */
    ck_assert_ptr_nonnull(reason(rule(NONE, NONE, 40 * M), 1, "EUR"));
    ck_assert_str_eq(reason(rule(NONE, NONE, 30 * M), 2000, "EUR"),
                     "R: The margin is 25 %, below 30 % it needs approval.");
    ck_assert_ptr_null(reason(rule(NONE, NONE, 30 * M), 2000, "USD")); /* costs are in EUR */
    ck_assert_ptr_nonnull(reason(rule(NONE, NONE, 0), 10000, "EUR"));  /* given away */
    ck_assert_ptr_null(reason(rule(NONE, NONE, -100 * M), 4000, "EUR"));
}
END_TEST

START_TEST(all_conditions_of_a_rule_must_be_met)
{
    ck_assert_ptr_null(reason(rule(10000, 5 * M, NONE), 0, "EUR"));
    ck_assert_ptr_null(reason(rule(30000, 5 * M, NONE), 1000, "EUR"));
    const char *text = reason(rule(10000, 5 * M, 40 * M), 1000, "EUR");
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "Gross"));
    ck_assert_ptr_nonnull(strstr(text, "discount"));
    ck_assert_ptr_nonnull(strstr(text, "margin"));
}
END_TEST

START_TEST(an_order_out_of_range_needs_approval)
{
    struct approval_line l = {
        .quantity = INT64_MAX, .unit_price = INT64_MAX, .unit_cost = NONE, .net = 1};
    struct approval_case k = {
        .currency = "EUR", .cost_currency = "EUR", .gross = 1, .lines = &l, .n = 1};
    struct approval_rule_facts r = rule(100, NONE, NONE);
    ck_assert_ptr_nonnull(approval_reason(arena, &r, &k));
}
END_TEST

START_TEST(scopes_allow_what_they_name)
{
    ck_assert(scopes_allow("*", "orders:approve"));
    ck_assert(scopes_allow("a:b orders:*", "orders:approve"));
    ck_assert(scopes_allow("a:b orders:approve", "orders:approve"));
    ck_assert(!scopes_allow("orders:read", "orders:approve"));
    ck_assert(!scopes_allow("", "orders:approve"));
    ck_assert(!scopes_allow(NULL, "orders:approve"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("approval rules");
    TCase *t = tcase_create("approval rules");
    tcase_add_checked_fixture(t, arena_begin, arena_end);
    tcase_add_test(t, a_gross_amount_is_met_from_the_amount_on_in_its_currency);
    tcase_add_test(t, a_discount_is_met_exactly_from_the_percentage_on);
    tcase_add_test(t, a_margin_is_of_the_lines_whose_cost_is_known);
    tcase_add_test(t, all_conditions_of_a_rule_must_be_met);
    tcase_add_test(t, an_order_out_of_range_needs_approval);
    tcase_add_test(t, scopes_allow_what_they_name);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
