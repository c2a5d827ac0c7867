/* One order that waits for approval, and two who decide. */
#include "server/orders/orders.h"
#include "tests/isolation/goods.h"

/* An order of 10, held for approval, never confirmed; its id is the product's. */
static void given_held(int id)
{
    char sql[600];
    given_product(id);
    given_stock(id, 10, 0);
    given_order(id, 0);
    snprintf(sql, sizeof sql,
             "UPDATE sales_order SET status = 'on_hold', confirmed_at = NULL WHERE id = %d;"
             "INSERT INTO order_hold (tenant_id, order_id, hold_no, kind, reason, placed_at,"
             " placed_by) VALUES (1, %d, 1, 'approval', 'big', now(), 7)",
             id, id);
    fixture_exec(sql);
}

static err approve(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_approve in = {.reason = "fine"};
    struct order out;
    c->path_id[0] = a->id;
    c->scopes = "*";
    return orders_approve(tx, c, &in, &out);
}

static err reject(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_reject in = {.reason = "no", .cancel = true};
    struct order out;
    c->path_id[0] = a->id;
    c->scopes = "*";
    return orders_reject(tx, c, &in, &out);
}

static int64_t confirmed(int64_t order)
{
    return sum_of("1", "sales_order WHERE status = 'confirmed' AND id", order);
}

START_TEST(an_order_that_two_approve_is_confirmed_once)
{
    given_held(301);
    int64_t ordered = sum_of("ordered", "credit_account WHERE id", 1);
    struct act first = {.run = approve, .id = 301}, second = {.run = approve, .id = 301};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(confirmed(301), 1);
    expect_stock(301, Q(10), Q(10));
    ck_assert_int_eq(sum_of("ordered", "credit_account WHERE id", 1), ordered + 1000);
}
END_TEST

START_TEST(an_order_is_approved_or_rejected_not_both)
{
    given_held(302);
    struct act first = {.run = reject, .id = 302}, second = {.run = approve, .id = 302};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(confirmed(302), 0);
    expect_stock(302, Q(10), 0);
    given_held(303);
    first = (struct act){.run = approve, .id = 303};
    second = (struct act){.run = reject, .id = 303};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(confirmed(303), 1);
}
END_TEST

START_TEST(two_orders_that_are_approved_at_once_do_not_share_stock)
{
    given_held(304);
    given_held(305);
    fixture_exec("UPDATE order_line SET product_id = 304 WHERE order_id = 305");
    struct act first = {.run = approve, .id = 304}, second = {.run = approve, .id = 305};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    expect_stock(304, Q(10), Q(10));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {an_order_that_two_approve_is_confirmed_once,
                                  an_order_is_approved_or_rejected_not_both,
                                  two_orders_that_are_approved_at_once_do_not_share_stock};
    return race_main("approval races", open_company, tests, COUNT_OF(tests));
}
