/* Pick lists that race: with themselves, with each other, with what happens to their orders. */
#include "server/orders/orders.h"
#include "server/picking/picking.h"
#include "server/shipments/shipments.h"
#include "tests/isolation/goods.h"

/* ---- what the transactions do ---- */

static err list(struct tx *tx, struct call *c, const struct act *a)
{
    struct pick_order_new order = {.order_id = a->id};
    struct pick_list_new in;
    struct pick_list out;
    json_set_all_absent(&pick_list_new_type, &in);
    in.orders = (struct pick_order_new_list){&order, 1};
    return pick_lists_create(tx, c, &in, &out);
}

static err confirm(struct tx *tx, struct call *c, const struct act *a)
{
    struct pick_list_confirm in = {0};
    struct pick_list out;
    c->path_id[0] = a->id;
    return pick_lists_confirm(tx, c, &in, &out);
}

static err recall(struct tx *tx, struct call *c, const struct act *a)
{
    struct pick_list_recall in = {.reason = "back"};
    struct pick_list out;
    c->path_id[0] = a->id;
    return pick_lists_recall(tx, c, &in, &out);
}

static err give_up(struct tx *tx, struct call *c, const struct act *a)
{
    struct pick_list out;
    c->path_id[0] = a->id;
    return pick_lists_cancel(tx, c, &(const struct none){0}, &out);
}

static err cancel_order(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_cancel in = {0};
    struct order out;
    c->path_id[0] = a->id;
    return orders_cancel(tx, c, &in, &out);
}

/* Ships the draft of the order. */
static err ship(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_ship in;
    struct shipment out;
    json_set_all_absent(&shipment_ship_type, &in);
    c->path_id[0] = a->id;
    return shipments_ship(tx, c, &in, &out);
}

/* ---- on what ---- */

static void given_reserved(int id)
{
    given_product(id);
    given_stock(id, 50, 10);
    given_order(id, 10);
}

static int64_t given_list(int order)
{
    struct act made = {.run = list, .id = order};
    given_reserved(order);
    alone(&made);
    ck_assert_int_eq(made.result, OK);
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT max(pick_list_id) FROM pick_list_part WHERE order_id = %d",
             order);
    return fixture_int(sql);
}

START_TEST(two_lists_do_not_pick_the_same_goods)
{
    given_reserved(10);
    struct act first = {.run = list, .id = 10}, second = {.run = list, .id = 10};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(sum_of("quantity", "pick_list_part WHERE order_id", 10), Q(10));
}
END_TEST

START_TEST(a_list_is_confirmed_once)
{
    int64_t id = given_list(20);
    struct act first = {.run = confirm, .id = id}, second = {.run = confirm, .id = id};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(line_of("picked", 20), Q(10));
    ck_assert_int_eq(sum_of("quantity", "shipment_line WHERE order_id", 20), Q(10));
}
END_TEST

START_TEST(an_order_that_is_picked_meanwhile_is_not_canceled)
{
    int64_t id = given_list(30);
    struct act first = {.run = confirm, .id = id}, second = {.run = cancel_order, .id = 30};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(line_of("canceled", 30), 0);
}
END_TEST

START_TEST(an_order_that_is_canceled_meanwhile_is_not_picked)
{
    int64_t id = given_list(40);
    struct act first = {.run = cancel_order, .id = 40}, second = {.run = confirm, .id = id};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(line_of("picked", 40), 0);
    expect_stock(40, Q(50), 0);
}
END_TEST

START_TEST(a_list_that_is_given_up_meanwhile_is_not_confirmed)
{
    int64_t id = given_list(50);
    struct act first = {.run = give_up, .id = id}, second = {.run = confirm, .id = id};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(line_of("picked", 50), 0);
}
END_TEST

START_TEST(what_ships_meanwhile_is_not_recalled)
{
    int64_t id = given_list(60);
    struct act picked = {.run = confirm, .id = id};
    alone(&picked);
    ck_assert_int_eq(picked.result, OK);
    struct act first = {.run = ship,
                        .id = fixture_int("SELECT shipment_id FROM shipment_line"
                                          " WHERE order_id = 60")};
    struct act second = {.run = recall, .id = id};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(line_of("shipped", 60), Q(10));
    ck_assert_int_eq(line_of("picked", 60), 0);
    expect_stock(60, Q(40), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        two_lists_do_not_pick_the_same_goods,
        a_list_is_confirmed_once,
        an_order_that_is_picked_meanwhile_is_not_canceled,
        an_order_that_is_canceled_meanwhile_is_not_picked,
        a_list_that_is_given_up_meanwhile_is_not_confirmed,
        what_ships_meanwhile_is_not_recalled,
    };
    return race_main("picking races", open_company, tests, sizeof tests / sizeof tests[0]);
}
