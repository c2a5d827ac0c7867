/* Commands on orders that race: for the same stock, for the same credit, for the same order. */
#include "server/orders/orders.h"
#include "server/shipments/shipments.h"
#include "tests/isolation/goods.h"

/* ---- what the transactions do ---- */

static struct tenant_facts enforcing;

static void enforce(struct call *c)
{
    enforcing = tenant;
    enforcing.credit_mode = "enforce";
    c->tenant = &enforcing;
}

/* Line 1 of the order to that quantity. */
static err amend(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_amend_line line = {
        .line_no = 1, .quantity = a->quantity, .unit_price = NIL64, .discount_percent = NIL64};
    struct order_amend in = {.requested_date = NIL32,
                             .committed_date = NIL32,
                             .promised_date = NIL32,
                             .lines = {&line, 1}};
    struct order out;
    enforce(c);
    c->path_id[0] = a->id;
    return orders_amend(tx, c, &in, &out);
}

static err split(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_split_line line = {.line_no = 1, .quantity = a->quantity};
    struct order_split in = {.lines = {&line, 1}};
    struct order out;
    c->path_id[0] = a->id;
    return orders_split(tx, c, &in, &out);
}

static err cancel(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_cancel_line line = {.line_no = 1, .quantity = a->quantity};
    struct order_cancel in = {.lines = {&line, 1}};
    struct order out;
    c->path_id[0] = a->id;
    return orders_cancel(tx, c, &in, &out);
}

static err reopen(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_reopen in = {0};
    struct order out;
    enforce(c);
    c->path_id[0] = a->id;
    return orders_reopen(tx, c, &in, &out);
}

static err release(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_release in = {
        .reason = "fine", .hold_no = a->quantity, .cap = NIL64, .expires_on = NIL32};
    struct order out;
    enforce(c);
    c->path_id[0] = a->id;
    return orders_release(tx, c, &in, &out);
}

static err review(struct tx *tx, struct call *c, const struct act *a)
{
    struct none in = {0};
    struct order out;
    enforce(c);
    c->path_id[0] = a->id;
    return orders_review(tx, c, &in, &out);
}

static err ship(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_line_new line = {
        .order_id = NIL64, .order_line_no = 1, .quantity = a->quantity};
    struct shipment_new in = {.order_id = a->id,
                              .freight = NIL64,
                              .ship = true,
                              .ship_date = NIL32,
                              .expected_date = NIL32,
                              .lines = {&line, 1}};
    struct shipment out;
    struct shipments_create_cmd cmd = {c, &in, &out};
    TRY(shipments_create(tx, &cmd, 1));
    return c->problem->code;
}

/* ---- what they are done to ---- */

/* Another order of 10 of the same product. */
static void given_second_order(int id, int product)
{
    char sql[200];
    given_order(id, 10);
    snprintf(sql, sizeof sql, "UPDATE order_line SET product_id = %d WHERE order_id = %d", product,
             id);
    fixture_exec(sql);
}

static void given_limit(int above_exposure)
{
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE credit_account SET credit_limit = ordered + unbilled + %d",
             above_exposure);
    fixture_exec(sql);
}

/* Held for credit, never confirmed. */
static void given_held_order(int id)
{
    char sql[700];
    given_order(id, 0);
    snprintf(sql, sizeof sql,
             "UPDATE sales_order SET status = 'on_hold', confirmed_at = NULL WHERE id = %d;"
             "INSERT INTO order_hold (tenant_id, order_id, hold_no, kind, reason, placed_at,"
             " release_rule) VALUES (1, %d, 1, 'credit', 'limit', now(), 'when_clear');"
             "INSERT INTO blocked_order (tenant_id, credit_account_id, order_id, blocked_at)"
             " VALUES (1, 1, %d, now());"
             "UPDATE credit_account SET held_orders = held_orders + 1",
             id, id, id);
    fixture_exec(sql);
}

static int64_t ordered(void)
{
    return fixture_int("SELECT ordered FROM credit_account WHERE id = 1");
}

/* ---- the races ---- */

START_TEST(two_orders_that_grow_at_once_do_not_reserve_the_same_goods)
{
    fixture_exec("UPDATE credit_account SET credit_limit = NULL");
    given_product(100);
    given_stock(100, 25, 20);
    given_order(100, 10);
    given_second_order(101, 100);
    struct act first = {.run = amend, .id = 100, .quantity = Q(14)};
    struct act second = {.run = amend, .id = 101, .quantity = Q(13)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    expect_stock(100, Q(25), Q(24));
    ck_assert_int_eq(line_of("reserved", 100), Q(14));
    ck_assert_int_eq(line_of("quantity", 101), Q(10));
}
END_TEST

START_TEST(two_orders_that_grow_at_once_do_not_use_the_same_credit)
{
    given_product(110);
    given_stock(110, 100, 20);
    given_order(110, 10);
    given_second_order(111, 110);
    given_limit(500);
    int64_t before = ordered();
    struct act first = {.run = amend, .id = 110, .quantity = Q(14)};
    struct act second = {.run = amend, .id = 111, .quantity = Q(12)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_CREDIT_LIMIT);
    ck_assert_int_eq(ordered(), before + 400);
    expect_stock(110, Q(100), Q(24));
}
END_TEST

START_TEST(an_amendment_that_waits_for_a_shipment_sees_what_has_left)
{
    given_product(120);
    given_stock(120, 50, 10);
    given_order(120, 10);
    struct act first = {.run = ship, .id = 120, .quantity = Q(6)};
    struct act second = {.run = amend, .id = 120, .quantity = Q(5)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INVALID);
    ck_assert_int_eq(line_of("quantity", 120), Q(10));
    ck_assert_int_eq(line_of("shipped", 120), Q(6));
}
END_TEST

START_TEST(of_two_splits_of_a_line_only_what_is_open_moves)
{
    given_product(130);
    given_stock(130, 50, 10);
    given_order(130, 10);
    int64_t before = ordered();
    struct act first = {.run = split, .id = 130, .quantity = Q(6)};
    struct act second = {.run = split, .id = 130, .quantity = Q(6)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INVALID);
    ck_assert_int_eq(line_of("quantity", 130), Q(4));
    ck_assert_int_eq(sum_of("quantity", "order_line WHERE product_id", 130), Q(10));
    ck_assert_int_eq(sum_of("gross", "order_line WHERE product_id", 130), 1000);
    expect_stock(130, Q(50), Q(10));
    ck_assert_int_eq(sum_of("reserved", "order_line WHERE product_id", 130), Q(10));
    ck_assert_int_eq(ordered(), before);
}
END_TEST

START_TEST(a_split_that_waits_for_a_cancellation_moves_only_what_it_left)
{
    given_product(140);
    given_stock(140, 50, 10);
    given_order(140, 10);
    struct act first = {.run = cancel, .id = 140, .quantity = Q(7)};
    struct act second = {.run = split, .id = 140, .quantity = Q(4)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INVALID);
    expect_stock(140, Q(50), Q(3));
}
END_TEST

START_TEST(an_order_is_reopened_once)
{
    given_product(150);
    given_stock(150, 50, 10);
    given_order(150, 10);
    fixture_exec("UPDATE credit_account SET credit_limit = NULL");
    struct act whole = {.run = cancel, .id = 150, .quantity = Q(10)};
    alone(&whole);
    ck_assert_int_eq(whole.result, OK);
    int64_t before = ordered();
    struct act first = {.run = reopen, .id = 150}, second = {.run = reopen, .id = 150};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_stock(150, Q(50), Q(10));
    ck_assert_int_eq(ordered(), before + 1000);
}
END_TEST

START_TEST(a_hold_is_released_once_and_the_order_confirmed_once)
{
    given_product(160);
    given_stock(160, 50, 0);
    given_held_order(160);
    fixture_exec("UPDATE credit_account SET credit_limit = 0");
    int64_t before = ordered();
    struct act first = {.run = release, .id = 160, .quantity = 1};
    struct act second = {.run = release, .id = 160, .quantity = 1};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_stock(160, Q(50), Q(10));
    ck_assert_int_eq(ordered(), before + 1000);
}
END_TEST

START_TEST(of_two_held_orders_that_are_reviewed_at_once_only_the_one_that_fits_goes_on)
{
    given_product(170);
    given_product(171);
    given_stock(170, 50, 0);
    given_stock(171, 50, 0);
    given_held_order(170);
    given_held_order(171);
    given_limit(1500);
    int64_t before = ordered();
    struct act first = {.run = review, .id = 170}, second = {.run = review, .id = 171};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(ordered(), before + 1000);
    expect_stock(170, Q(50), Q(10));
    expect_stock(171, Q(50), 0);
    ck_assert_int_eq(
        fixture_int("SELECT count(*) FROM order_hold WHERE order_id = 171 AND released_at IS NULL"),
        1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        two_orders_that_grow_at_once_do_not_reserve_the_same_goods,
        two_orders_that_grow_at_once_do_not_use_the_same_credit,
        an_amendment_that_waits_for_a_shipment_sees_what_has_left,
        of_two_splits_of_a_line_only_what_is_open_moves,
        a_split_that_waits_for_a_cancellation_moves_only_what_it_left,
        an_order_is_reopened_once,
        a_hold_is_released_once_and_the_order_confirmed_once,
        of_two_held_orders_that_are_reviewed_at_once_only_the_one_that_fits_goes_on,
    };
    return race_main("order races", open_company, tests, sizeof tests / sizeof tests[0]);
}
