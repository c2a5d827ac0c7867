/* The rules of shipping: what may leave, what it takes from where, what can be done next. */
#include "server/shipments/rules.h"
#include <check.h>
#include <stdio.h>

#define Q(n) (INT64_C(1000000) * (n))

static struct order_line stock_line(int64_t line_no, int64_t quantity, int64_t canceled,
                                    int64_t shipped, int64_t reserved)
{
    return (struct order_line){
        .line_no = line_no,
        .product_id = 100 + line_no,
        .kind = "stock",
        .warehouse_id = 7,
        .quantity = quantity,
        .canceled = canceled,
        .shipped = shipped,
        .reserved = reserved,
    };
}

START_TEST(only_a_confirmed_order_without_a_hold_ships)
{
    static const struct {
        const char *status;
        bool held;
        err e;
    } cases[] = {
        {"confirmed", false, OK},
        {"in_fulfillment", false, OK},
        {"confirmed", true, ERR_ON_HOLD},
        {"in_fulfillment", true, ERR_ON_HOLD},
        {"on_hold", true, ERR_ON_HOLD},
        {"on_hold", false, ERR_ON_HOLD},
        {"draft", false, ERR_WRONG_STATE},
        {"canceled", false, ERR_WRONG_STATE},
        {"fulfilled", false, ERR_WRONG_STATE},
        {"closed", false, ERR_WRONG_STATE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct order_state o = {.status = cases[i].status, .held = cases[i].held};
        const char *why = NULL;
        ck_assert_int_eq(shipment_order_check(&o, &why), cases[i].e);
        ck_assert((why == NULL) == (cases[i].e == OK));
    }
}
END_TEST

START_TEST(open_is_ordered_less_canceled_less_shipped_and_services_never_ship)
{
    struct order_line line = stock_line(1, Q(10), Q(2), Q(3), Q(5));
    ck_assert_int_eq(shipment_open_quantity(&line), Q(5));
    line.kind = "service";
    ck_assert_int_eq(shipment_open_quantity(&line), 0);
}
END_TEST

START_TEST(without_named_lines_all_that_is_reserved_ships)
{
    struct order_line lines[] = {
        stock_line(1, Q(10), 0, 0, Q(6)),
        stock_line(2, Q(4), 0, 0, 0),
        stock_line(3, Q(2), 0, 0, Q(2)),
    };
    struct order_state o = {.lines = lines, .n_lines = COUNT_OF(lines), .warehouse_id = 9};
    struct shipment_pick picks[3];
    ck_assert_uint_eq(shipment_pick_all(&o, picks), 2);
    ck_assert_int_eq(picks[0].line_no, 1);
    ck_assert_int_eq(picks[0].order_line_no, 1);
    ck_assert_int_eq(picks[0].quantity, Q(6));
    ck_assert_int_eq(picks[1].line_no, 2);
    ck_assert_int_eq(picks[1].order_line_no, 3);
    ck_assert_int_eq(picks[1].quantity, Q(2));
    ck_assert_int_eq(picks[1].product_id, 103);
    ck_assert_int_eq(picks[1].warehouse_id, 7);
    ck_assert_ptr_eq(picks[1].line, &lines[2]);
}
END_TEST

START_TEST(without_any_reservation_all_that_is_open_ships)
{
    struct order_line lines[] = {
        stock_line(1, Q(10), Q(1), Q(2), 0),
        stock_line(2, Q(4), 0, Q(4), 0),
        stock_line(3, Q(2), 0, 0, 0),
    };
    lines[2].kind = "service";
    struct order_state o = {.lines = lines, .n_lines = COUNT_OF(lines)};
    struct shipment_pick picks[3];
    ck_assert_uint_eq(shipment_pick_all(&o, picks), 1);
    ck_assert_int_eq(picks[0].order_line_no, 1);
    ck_assert_int_eq(picks[0].quantity, Q(7));
}
END_TEST

START_TEST(a_line_without_a_warehouse_ships_from_the_order_s)
{
    struct order_line line = stock_line(1, Q(1), 0, 0, 0);
    line.warehouse_id = NIL64;
    struct order_state o = {.lines = &line, .n_lines = 1, .warehouse_id = 9};
    ck_assert_int_eq(shipment_pick_line(&o, &line, 1, Q(1)).warehouse_id, 9);
}
END_TEST

/* One line of 10 against one row of stock. */
START_TEST(shipping_takes_what_is_reserved_first_and_then_what_is_free)
{
    static const struct {
        int64_t canceled, shipped, reserved; /* of the line */
        int64_t on_hand, stock_reserved;     /* of the stock */
        int64_t quantity;
        err e;
        int64_t takes_reserved;
    } cases[] = {
        /* all of it reserved */
        {0, 0, Q(10), Q(10), Q(10), Q(10), OK, Q(10)},
        /* part of the reservation */
        {0, 0, Q(10), Q(10), Q(10), Q(4), OK, Q(4)},
        /* the reservation and free stock */
        {0, 0, Q(6), Q(20), Q(8), Q(10), OK, Q(6)},
        /* the rest is reserved for others: 20 on hand, 6 ours, 12 theirs, 2 free */
        {0, 0, Q(6), Q(20), Q(18), Q(8), OK, Q(6)},
        {0, 0, Q(6), Q(20), Q(18), Q(8) + 1, ERR_INSUFFICIENT_STOCK, 0},
        /* nothing reserved */
        {0, 0, 0, Q(10), 0, Q(10), OK, 0},
        {0, 0, 0, Q(9), 0, Q(10), ERR_INSUFFICIENT_STOCK, 0},
        {0, 0, 0, Q(10), Q(1), Q(10), ERR_INSUFFICIENT_STOCK, 0},
        /* more than is open */
        {0, 0, 0, Q(99), 0, Q(10) + 1, ERR_QUANTITY_EXCEEDED, 0},
        {Q(3), Q(3), Q(4), Q(99), Q(4), Q(4) + 1, ERR_QUANTITY_EXCEEDED, 0},
        {Q(3), Q(3), Q(4), Q(99), Q(4), Q(4), OK, Q(4)},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct order_line line = stock_line(1, Q(10), cases[i].canceled, cases[i].shipped,
                                            cases[i].reserved);
        struct stock_facts stock = {.product_id = 101,
                                    .warehouse_id = 7,
                                    .on_hand = cases[i].on_hand,
                                    .reserved = cases[i].stock_reserved};
        struct shipment_pick pick = {.line_no = 1,
                                     .product_id = 101,
                                     .warehouse_id = 7,
                                     .quantity = cases[i].quantity,
                                     .line = &line};
        struct stock_delta delta = {0};
        ck_assert_msg(shipment_take(&pick, &stock, &delta) == cases[i].e, "case %zu", i);
        int64_t moved = cases[i].e == OK ? cases[i].quantity : 0;
        ck_assert_int_eq(line.shipped, cases[i].shipped + moved);
        ck_assert_int_eq(line.reserved, cases[i].reserved - cases[i].takes_reserved);
        ck_assert_int_eq(stock.on_hand, cases[i].on_hand - moved);
        ck_assert_int_eq(stock.reserved, cases[i].stock_reserved - cases[i].takes_reserved);
        ck_assert_int_eq(delta.on_hand, -moved);
        ck_assert_int_eq(delta.reserved, -cases[i].takes_reserved);
        ck_assert_int_le(line.shipped + line.canceled + line.reserved, line.quantity);
        ck_assert_int_le(stock.reserved, stock.on_hand);
        shipment_put_back(&pick, &stock, &delta);
        ck_assert_int_eq(line.shipped, cases[i].shipped);
        ck_assert_int_eq(line.reserved, cases[i].reserved);
        ck_assert_int_eq(stock.on_hand, cases[i].on_hand);
        ck_assert_int_eq(stock.reserved, cases[i].stock_reserved);
    }
}
END_TEST

START_TEST(two_lines_of_one_product_share_its_stock)
{
    struct order_line a = stock_line(1, Q(6), 0, 0, 0), b = stock_line(2, Q(6), 0, 0, 0);
    struct stock_facts stock = {.product_id = 101, .warehouse_id = 7, .on_hand = Q(10)};
    struct shipment_pick first = {.quantity = Q(6), .line = &a};
    struct shipment_pick second = {.quantity = Q(6), .line = &b};
    struct stock_delta delta;
    ck_assert_int_eq(shipment_take(&first, &stock, &delta), OK);
    ck_assert_int_eq(shipment_take(&second, &stock, &delta), ERR_INSUFFICIENT_STOCK);
    ck_assert_int_eq(shipment_takeable(&b, &stock), Q(4));
    ck_assert_int_eq(b.shipped, 0);
}
END_TEST

START_TEST(what_is_blocked_does_not_ship_though_it_is_reserved)
{
    struct order_line line = stock_line(1, Q(6), 0, 0, Q(6));
    struct stock_facts stock = {.product_id = 101,
                                .warehouse_id = 7,
                                .on_hand = Q(8),
                                .reserved = Q(6),
                                .blocked = Q(5),
                                .by_lot = true};
    struct shipment_pick pick = {.quantity = Q(4), .line = &line};
    struct stock_delta delta;
    ck_assert_int_eq(shipment_takeable(&line, &stock), Q(3));
    ck_assert_int_eq(shipment_take(&pick, &stock, &delta), ERR_INSUFFICIENT_STOCK);
    pick.quantity = Q(3);
    ck_assert_int_eq(shipment_take(&pick, &stock, &delta), OK);
    ck_assert_int_eq(shipment_takeable(&line, &stock), 0);
}
END_TEST

START_TEST(lots_are_taken_in_their_order_and_only_those_that_are_usable)
{
    struct lot_facts lots[] = {{.id = 1, .on_hand = Q(3), .expired = true},
                               {.id = 2, .on_hand = Q(2)},
                               {.id = 3, .on_hand = Q(3), .blocked = true},
                               {.id = 4, .on_hand = 0},
                               {.id = 5, .on_hand = Q(4)}};
    struct lot_take takes[COUNT_OF(lots)];
    ck_assert_uint_eq(lots_take_first(lots, COUNT_OF(lots), Q(6) + 1, takes), 0);
    ck_assert_int_eq(lots[1].on_hand, Q(2));
    ck_assert_uint_eq(lots_take_first(lots, COUNT_OF(lots), Q(5), takes), 2);
    ck_assert_int_eq(takes[0].lot->id, 2);
    ck_assert_int_eq(takes[0].quantity, Q(2));
    ck_assert_int_eq(takes[1].lot->id, 5);
    ck_assert_int_eq(takes[1].quantity, Q(3));
    ck_assert_int_eq(lots[4].on_hand, Q(1));
    ck_assert_int_eq(lots[0].on_hand, Q(3));
}
END_TEST

START_TEST(a_product_that_never_had_stock_does_not_ship)
{
    struct order_line line = stock_line(1, Q(1), 0, 0, 0);
    struct shipment_pick pick = {.quantity = Q(1), .line = &line};
    struct stock_delta delta;
    ck_assert_int_eq(shipment_take(&pick, NULL, &delta), ERR_INSUFFICIENT_STOCK);
    ck_assert_int_eq(shipment_takeable(&line, NULL), 0);
}
END_TEST

START_TEST(a_shipment_names_the_warehouse_that_all_its_lines_share)
{
    struct shipment_pick picks[] = {{.warehouse_id = 7}, {.warehouse_id = 7}, {.warehouse_id = 8}};
    ck_assert_int_eq(shipment_warehouse(picks, 1), 7);
    ck_assert_int_eq(shipment_warehouse(picks, 2), 7);
    ck_assert_int_eq(shipment_warehouse(picks, 3), NIL64);
    ck_assert_int_eq(shipment_warehouse(picks, 0), NIL64);
}
END_TEST

START_TEST(the_state_decides_what_can_be_done)
{
    static const struct {
        const char *status;
        bool open;
        const char *actions;
    } cases[] = {
        {"draft", true, "ship cancel "}, {"shipped", true, "deliver invoice "},
        {"shipped", false, "deliver "},  {"delivered", true, "invoice "},
        {"delivered", false, ""},        {"canceled", true, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *actions[SHIPMENT_ACTIONS_MAX];
        size_t n = shipment_actions(cases[i].status, cases[i].open, actions);
        char text[64] = "";
        size_t len = 0;
        for (size_t k = 0; k < n; k++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s ", actions[k]);
        ck_assert_str_eq(text, cases[i].actions);
    }
}
END_TEST

START_TEST(what_fails_to_arrive_is_open_again_or_canceled)
{
    static const struct {
        int64_t invoiced_here, invoiced, failed_before, quantity;
        bool reship;
        int64_t failed, canceled;
    } cases[] = {
        {0, 0, 0, 4, true, 4, 0},    {0, 0, 0, 4, false, 4, 4},
        {10, 10, 0, 4, true, 4, 0},  /* owed under the same invoice */
        {10, 10, 0, 4, false, 0, 0}, /* all to be credited */
        {7, 7, 0, 4, false, 3, 3},   /* one of them to be credited */
        {7, 7, 2, 4, false, 1, 1},   /* after two that ship again */
        {0, 10, 0, 4, false, 0, 0},  /* billed with another shipment */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct order_line line = stock_line(1, Q(10), 0, Q(10 - cases[i].failed_before), 0);
        struct shipment_line_state l = {.quantity = Q(10),
                                        .failed = Q(cases[i].failed_before),
                                        .invoiced = Q(cases[i].invoiced_here)};
        line.failed = Q(cases[i].failed_before);
        line.invoiced = Q(cases[i].invoiced);
        int64_t failed = shipment_fail(&l, &line, Q(cases[i].quantity), cases[i].reship);
        ck_assert_int_eq(failed, Q(cases[i].failed));
        ck_assert_int_eq(line.canceled, Q(cases[i].canceled));
        ck_assert_int_eq(line.failed, Q(cases[i].failed_before) + failed);
        ck_assert_int_eq(l.failed, Q(cases[i].failed_before) + failed);
        ck_assert_int_eq(line.shipped + line.failed, Q(10));
        /* order_line_counters_check */
        ck_assert(line.shipped + line.canceled <= line.quantity);
        ck_assert(line.invoiced + line.canceled <= line.quantity);
        ck_assert(line.invoiced <= line.shipped + line.failed);
    }
}
END_TEST

START_TEST(the_last_word_is_the_latest_by_the_carriers_clock)
{
    ck_assert(tracking_supersedes(NULL, NIL64, "picked_up", 1));
    ck_assert(tracking_supersedes("picked_up", 1, "in_transit", 2));
    ck_assert(!tracking_supersedes("in_transit", 2, "picked_up", 1));
    ck_assert(tracking_supersedes("delivered", 1, "in_transit", 2));
    /* Of the same instant what is further on the way, whichever came first. */
    ck_assert(tracking_supersedes("in_transit", 2, "delivered", 2));
    ck_assert(!tracking_supersedes("delivered", 2, "exception", 2));
    ck_assert(!tracking_supersedes("in_transit", 2, "in_transit", 2));
}
END_TEST

START_TEST(orders_go_together_to_one_customer_at_one_address)
{
    struct order_state a = {.customer_id = 1, .ship_to = "{}"}, b = a;
    ck_assert(shipment_orders_agree(&a, &b));
    b.ship_to = NULL;
    ck_assert(!shipment_orders_agree(&a, &b));
    a.ship_to = NULL;
    ck_assert(shipment_orders_agree(&a, &b));
    b.customer_id = 2;
    ck_assert(!shipment_orders_agree(&a, &b));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shipment rules");
    TCase *tc = tcase_create("rules");
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, only_a_confirmed_order_without_a_hold_ships);
    tcase_add_test(tc, open_is_ordered_less_canceled_less_shipped_and_services_never_ship);
    tcase_add_test(tc, without_named_lines_all_that_is_reserved_ships);
    tcase_add_test(tc, without_any_reservation_all_that_is_open_ships);
    tcase_add_test(tc, a_line_without_a_warehouse_ships_from_the_order_s);
    tcase_add_test(tc, shipping_takes_what_is_reserved_first_and_then_what_is_free);
    tcase_add_test(tc, two_lines_of_one_product_share_its_stock);
    tcase_add_test(tc, what_is_blocked_does_not_ship_though_it_is_reserved);
    tcase_add_test(tc, lots_are_taken_in_their_order_and_only_those_that_are_usable);
    tcase_add_test(tc, a_product_that_never_had_stock_does_not_ship);
    tcase_add_test(tc, a_shipment_names_the_warehouse_that_all_its_lines_share);
    tcase_add_test(tc, the_state_decides_what_can_be_done);
    tcase_add_test(tc, what_fails_to_arrive_is_open_again_or_canceled);
    tcase_add_test(tc, orders_go_together_to_one_customer_at_one_address);
    tcase_add_test(tc, the_last_word_is_the_latest_by_the_carriers_clock);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
