/* What can be promised when, and who gets what is scarce. */
#include "server/fulfillment/rules.h"
#include <check.h>

#define Q(n) (INT64_C(1000000) * (n))
#define TODAY 20000

START_TEST(what_is_expected_counts_from_its_day_on_and_what_is_overdue_never)
{
    static const struct supply_on supplies[] = {
        {TODAY - 3, Q(50)}, {TODAY, Q(1)}, {TODAY + 2, Q(5)}, {TODAY + 9, Q(20)}};
    struct promise p = {.free = Q(3), .today = TODAY, .supplies = supplies, .n = 4};
    ck_assert_int_eq(promise_by(&p, TODAY), Q(4));
    ck_assert_int_eq(promise_by(&p, TODAY + 1), Q(4));
    ck_assert_int_eq(promise_by(&p, TODAY + 2), Q(9));
    ck_assert_int_eq(promise_by(&p, TODAY + 99), Q(29));
    ck_assert_int_eq(promise_first(&p, Q(3)), TODAY);
    ck_assert_int_eq(promise_first(&p, Q(4)), TODAY);
    ck_assert_int_eq(promise_first(&p, Q(9)), TODAY + 2);
    ck_assert_int_eq(promise_first(&p, Q(9) + 1), TODAY + 9);
    ck_assert_int_eq(promise_first(&p, Q(29) + 1), NIL32);
}
END_TEST

START_TEST(those_who_wait_already_are_served_before_anything_is_promised)
{
    static const struct supply_on supplies[] = {{TODAY + 2, Q(5)}, {TODAY + 9, Q(20)}};
    struct promise p = {.free = Q(-8), .today = TODAY, .supplies = supplies, .n = 2};
    ck_assert_int_eq(promise_by(&p, TODAY + 2), 0);
    ck_assert_int_eq(promise_by(&p, TODAY + 9), Q(17));
    ck_assert_int_eq(promise_first(&p, 1), TODAY + 9);
}
END_TEST

START_TEST(more_than_can_be_counted_is_the_largest_number)
{
    static const struct supply_on supplies[] = {{TODAY, INT64_MAX}, {TODAY, INT64_MAX}};
    struct promise p = {.free = 5, .today = TODAY, .supplies = supplies, .n = 2};
    ck_assert_int_eq(promise_by(&p, TODAY), INT64_MAX);
    ck_assert_int_eq(promise_first(&p, INT64_MAX), TODAY);
}
END_TEST

/* ---- scarce stock ---- */

enum { N = 6 };

START_TEST(priority_comes_first_then_the_due_date_then_the_order_date_then_the_id)
{
    static const struct {
        int64_t id, priority;
        int32_t due, ordered;
        int64_t rank, granted;
        const char *outcome;
        bool held;
    } cases[N] = {
        {1, 0, NIL32, 10, 6, 0, "none", false},  {2, 0, 500, 30, 3, Q(4), "full", false},
        {3, 0, 500, 20, 2, 0, "on_hold", true},  {4, 9, NIL32, 90, 1, Q(4), "full", false},
        {5, 0, 600, 10, 4, Q(2), "part", false}, {6, 0, 600, 10, 5, 0, "none", false},
    };
    struct stock_facts row = {
        .product_id = 7, .warehouse_id = 8, .on_hand = Q(20), .reserved = Q(5), .safety = Q(5)};
    struct stock_facts_list stock = {&row, 1};
    struct order_state orders[N];
    struct order_line lines[N];
    struct waiting w[N];
    for (int i = 0; i < N; i++) {
        orders[i] = (struct order_state){
            .id = cases[i].id, .order_date = cases[i].ordered, .held = cases[i].held};
        lines[i] = (struct order_line){.line_no = 1,
                                       .product_id = 7,
                                       .warehouse_id = 8,
                                       .quantity = Q(4),
                                       .backorder = true,
                                       .backordered = Q(4)};
        /* in the reverse order: what comes in does not matter */
        w[N - 1 - i] = (struct waiting){.order = &orders[i],
                                        .line = &lines[i],
                                        .priority = cases[i].priority,
                                        .due_date = cases[i].due};
    }
    allocate(w, N, &stock);
    for (int i = 0; i < N; i++) {
        int k = 0;
        while (w[k].order->id != cases[i].id)
            k++;
        ck_assert_int_eq(w[k].rank, cases[i].rank);
        ck_assert_int_eq(w[k].granted, cases[i].granted);
        ck_assert_str_eq(w[k].outcome, cases[i].outcome);
        ck_assert_int_eq(lines[i].reserved, cases[i].granted);
        ck_assert_int_eq(lines[i].backordered, Q(4) - cases[i].granted);
    }
    ck_assert_int_eq(row.reserved, Q(15));
    ck_assert_int_eq(stock_available(&row), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fulfillment rules");
    TCase *tc = tcase_create("rules");
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, what_is_expected_counts_from_its_day_on_and_what_is_overdue_never);
    tcase_add_test(tc, those_who_wait_already_are_served_before_anything_is_promised);
    tcase_add_test(tc, more_than_can_be_counted_is_the_largest_number);
    tcase_add_test(tc, priority_comes_first_then_the_due_date_then_the_order_date_then_the_id);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
