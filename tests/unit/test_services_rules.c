/* How a line is shared among milestones, and what access allows. */
#include "lib/base/decimal.h"
#include "server/orders/rules.h"
#include "server/services/rules.h"
#include <check.h>

#define Q(n) (INT64_C(1000000) * (n))

static struct order_line line_of(int64_t quantity, int64_t net)
{
    return (struct order_line){.kind = "service",
                               .fulfillment = "milestone",
                               .quantity = quantity,
                               .net = net,
                               .gross = net};
}

static err share(const struct order_line *l, int64_t completed, enum milestone_unit unit,
                 const int64_t *parts, size_t n, int64_t *quantities, int64_t *nets)
{
    struct milestone_rest rest;
    struct milestone_shares s = {
        .unit = unit, .parts = parts, .n = n, .quantities = quantities, .nets = nets};
    int64_t whole;
    size_t at;
    ck_assert_int_eq(milestone_rest(l, completed, &rest), OK);
    return milestones_share(l, &rest, &s, &whole, &at);
}

START_TEST(thirds_of_a_line_add_up_to_it)
{
    const struct order_line l = line_of(Q(1), 10000);
    const int64_t parts[] = {33333333, 33333333, 33333334};
    int64_t q[3], net[3];
    ck_assert_int_eq(share(&l, 0, BY_PERCENT, parts, 3, q, net), OK);
    ck_assert_int_eq(q[0] + q[1] + q[2], Q(1));
    ck_assert_int_eq(net[0] + net[1] + net[2], 10000);
    ck_assert_int_eq(net[2], 3334);
}
END_TEST

START_TEST(what_was_reached_or_canceled_is_not_shared_again)
{
    struct order_line l = line_of(Q(10), 10000);
    const int64_t parts[] = {Q(2), Q(3)};
    int64_t q[2], net[2];
    l.shipped = Q(4);
    l.canceled = Q(1);
    ck_assert_int_eq(share(&l, 4000, BY_QUANTITY, parts, 2, q, net), OK);
    ck_assert_int_eq(net[0], 2000);
    ck_assert_int_eq(net[1], 3000);
    l.canceled = Q(2);
    ck_assert_int_eq(share(&l, 4000, BY_QUANTITY, parts, 2, q, net), ERR_INVALID);
}
END_TEST

START_TEST(an_amount_is_a_quantity_that_is_invoiced_with_it)
{
    struct order_line l = line_of(Q(1), 10000);
    const int64_t fine[] = {3333, 6667}, sums_up_to_less[] = {3333, 6666};
    int64_t q[2], net[2];
    ck_assert_int_eq(share(&l, 0, BY_AMOUNT, fine, 2, q, net), OK);
    ck_assert_int_eq(q[0], 333300);
    ck_assert_int_eq(share(&l, 0, BY_AMOUNT, sums_up_to_less, 2, q, net), ERR_INVALID);
    l = line_of(Q(1), 10000000);
    const int64_t coarse[] = {3333333, 6666667};
    ck_assert_int_eq(share(&l, 0, BY_AMOUNT, coarse, 2, q, net), ERR_DECIMAL_SCALE);
    const int64_t nothing[] = {1, 9999999};
    ck_assert_int_eq(share(&l, 0, BY_AMOUNT, nothing, 2, q, net), ERR_DECIMAL_SCALE);
}
END_TEST

START_TEST(access_that_has_ended_allows_nothing)
{
    struct arena *a = arena_new(1 << 16);
    ck_assert_uint_eq(access_actions(a, "revoked").n, 0);
    ck_assert_uint_eq(access_actions(a, "expired").n, 0);
    ck_assert_str_eq(access_actions(a, "granted").v[0], "suspend");
    ck_assert_str_eq(access_actions(a, "active").v[1], "revoke");
    ck_assert_str_eq(access_actions(a, "suspended").v[0], "resume");
    ck_assert_str_eq(access_actions(a, "suspended").v[1], "revoke");
    arena_free(a);
}
END_TEST

START_TEST(only_what_is_fulfilled_of_such_a_line_is_billable_and_unbilled)
{
    struct order_line l = line_of(Q(10), 1000);
    ck_assert(!line_billed_on_order(&l));
    ck_assert_int_eq(line_billable_quantity(&l), 0);
    l.shipped = l.delivered = Q(4);
    l.invoiced = Q(1);
    ck_assert_int_eq(line_billable_quantity(&l), Q(3));
    ck_assert_int_eq(line_open_quantity(&l), Q(6));
    ck_assert_int_eq(line_exposure(&l).unbilled, 300);
    ck_assert_int_eq(line_exposure(&l).ordered, 600);
    l.fulfillment = NULL;
    l.shipped = 0;
    ck_assert(line_billed_on_order(&l));
    ck_assert_int_eq(line_billable_quantity(&l), Q(9));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("services_rules");
    TCase *t = tcase_create("rules");
    tcase_add_test(t, thirds_of_a_line_add_up_to_it);
    tcase_add_test(t, what_was_reached_or_canceled_is_not_shared_again);
    tcase_add_test(t, an_amount_is_a_quantity_that_is_invoiced_with_it);
    tcase_add_test(t, access_that_has_ended_allows_nothing);
    tcase_add_test(t, only_what_is_fulfilled_of_such_a_line_is_billable_and_unbilled);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
