/* The rules of stock: signs of movements, coverage of reservations, sums per key. */
#include "server/inventory/rules.h"
#include <check.h>

#define Q(n) (INT64_C(1000000) * (n))

START_TEST(only_an_adjustment_may_take_stock_away)
{
    static const struct {
        const char *kind;
        int64_t quantity;
        bool fine;
    } cases[] = {
        {"receipt", Q(5), true},    {"receipt", 1, true},        {"receipt", Q(-5), false},
        {"receipt", 0, false},      {"return", Q(5), true},      {"return", -1, false},
        {"adjustment", Q(5), true}, {"adjustment", Q(-5), true}, {"adjustment", -1, true},
        {"adjustment", 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg((stock_quantity_fault(cases[i].kind, cases[i].quantity) == NULL) ==
                          cases[i].fine,
                      "%s %lld", cases[i].kind, (long long)cases[i].quantity);
}
END_TEST

START_TEST(stock_never_falls_below_what_is_reserved)
{
    static const struct {
        int64_t on_hand, reserved, quantity;
        err e;
        int64_t after;
    } cases[] = {
        {Q(10), Q(4), Q(-6), OK, Q(4)},  {Q(10), Q(4), Q(-6) - 1, ERR_INSUFFICIENT_STOCK, Q(10)},
        {Q(10), 0, Q(-10), OK, 0},       {Q(10), 0, Q(-11), ERR_INSUFFICIENT_STOCK, Q(10)},
        {0, 0, Q(3), OK, Q(3)},          {0, 0, -1, ERR_INSUFFICIENT_STOCK, 0},
        {Q(10), Q(10), Q(1), OK, Q(11)}, {INT64_MAX - 1, 0, 2, ERR_OVERFLOW, INT64_MAX - 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stock_facts f = {.on_hand = cases[i].on_hand, .reserved = cases[i].reserved};
        ck_assert_int_eq(stock_move(&f, cases[i].quantity, false), cases[i].e);
        ck_assert_int_eq(f.on_hand, cases[i].after);
        ck_assert_int_eq(f.reserved, cases[i].reserved);
    }
}
END_TEST

START_TEST(nor_below_what_is_held)
{
    struct stock_facts f = {.on_hand = Q(10), .reserved = Q(4), .held = Q(3)};
    ck_assert_int_eq(stock_move(&f, Q(-3) - 1, false), ERR_INSUFFICIENT_STOCK);
    ck_assert_int_eq(stock_move(&f, Q(-3), false), OK);
    ck_assert_int_eq(f.on_hand, Q(7));
}
END_TEST

START_TEST(what_is_blocked_covers_nothing_that_is_reserved)
{
    struct stock_facts f = {.on_hand = Q(10), .reserved = Q(4), .held = Q(1), .blocked = Q(3)};
    ck_assert_int_eq(stock_available(&f), Q(2));
    ck_assert(!stock_short_without(&f, Q(2)));
    ck_assert(stock_short_without(&f, Q(2) + 1));
    ck_assert_int_eq(stock_move(&f, Q(-2) - 1, false), ERR_INSUFFICIENT_STOCK);
    ck_assert_int_eq(stock_move(&f, Q(-3), true), OK);
    ck_assert_int_eq(f.blocked, 0);
    ck_assert_int_eq(f.on_hand, Q(7));
    ck_assert_int_eq(stock_move(&f, Q(5), true), OK);
    ck_assert_int_eq(f.blocked, Q(5));
    f = (struct stock_facts){.on_hand = Q(5), .reserved = Q(5), .blocked = Q(5)};
    ck_assert_int_eq(stock_available(&f), 0);
    ck_assert_int_eq(stock_move(&f, Q(-1), true), ERR_INSUFFICIENT_STOCK);
    f = (struct stock_facts){.on_hand = INT64_MAX};
    ck_assert_int_eq(stock_move(&f, 1, true), ERR_OVERFLOW);
    ck_assert_int_eq(f.blocked, 0);
}
END_TEST

START_TEST(moves_of_a_lot_are_added_up_and_lots_are_found_by_their_stock)
{
    struct lot_move moves[] = {{.lot_id = 2, .quantity = 5},
                               {.lot_id = 1, .quantity = 3},
                               {.lot_id = 2, .quantity = -5},
                               {.lot_id = 1, .quantity = 4}};
    ck_assert_uint_eq(lot_moves_sum(moves, COUNT_OF(moves)), 1);
    ck_assert_int_eq(moves[0].lot_id, 1);
    ck_assert_int_eq(moves[0].quantity, 7);
    struct lot_facts lots[] = {{.id = 1, .product_id = 1, .warehouse_id = 2},
                               {.id = 2, .product_id = 1, .warehouse_id = 2},
                               {.id = 3, .product_id = 1, .warehouse_id = 3},
                               {.id = 4, .product_id = 2, .warehouse_id = 1}};
    const struct lot_facts_list list = {lots, COUNT_OF(lots)};
    struct lot_facts *first;
    ck_assert_uint_eq(lots_of(&list, 1, 2, &first), 2);
    ck_assert_int_eq(first->id, 1);
    ck_assert_uint_eq(lots_of(&list, 2, 1, &first), 1);
    ck_assert_int_eq(first->id, 4);
    ck_assert_uint_eq(lots_of(&list, 1, 1, &first), 0);
    ck_assert_uint_eq(lots_of(&list, 2, 2, &first), 0);
    ck_assert_uint_eq(lots_of(&(struct lot_facts_list){0}, 1, 1, &first), 0);
}
END_TEST

START_TEST(available_is_what_nobody_has_a_claim_to_and_never_negative)
{
    struct stock_facts f = {.on_hand = Q(10), .reserved = Q(4), .held = Q(3), .safety = Q(1)};
    ck_assert_int_eq(stock_available(&f), Q(2));
    f.safety = Q(4);
    ck_assert_int_eq(stock_available(&f), 0);
    ck_assert_int_eq(stock_available(NULL), 0);
    f = (struct stock_facts){.on_hand = INT64_MAX, .safety = INT64_MAX};
    ck_assert_int_eq(stock_available(&f), 0);
    f = (struct stock_facts){.safety = INT64_MAX};
    ck_assert_int_eq(stock_available(&f), 0);
}
END_TEST

START_TEST(keys_are_sorted_by_product_then_warehouse_and_each_occurs_once)
{
    struct stock_key keys[] = {{3, 1}, {1, 2}, {3, 1}, {1, 1}, {2, 9}, {1, 2}};
    static const struct stock_key expected[] = {{1, 1}, {1, 2}, {2, 9}, {3, 1}};
    ck_assert_uint_eq(stock_keys_sort(keys, COUNT_OF(keys)), COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        ck_assert_int_eq(keys[i].product_id, expected[i].product_id);
        ck_assert_int_eq(keys[i].warehouse_id, expected[i].warehouse_id);
    }
}
END_TEST

START_TEST(deltas_of_a_key_are_added_up_and_those_that_change_nothing_vanish)
{
    struct stock_delta d[] = {
        {2, 1, Q(-1), Q(-1), Q(1)}, {1, 1, Q(5), 0, 0}, {2, 1, Q(-2), 0, Q(2)},
        {1, 1, Q(-5), 0, 0},        {3, 1, 0, Q(4), 0}, {4, 1, 0, 0, Q(-4)},
    };
    size_t n;
    ck_assert_int_eq(stock_deltas_sum(d, COUNT_OF(d), &n), OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_int_eq(d[0].held, Q(3));
    ck_assert_int_eq(d[2].held, Q(-4));
    ck_assert_int_eq(d[0].product_id, 2);
    ck_assert_int_eq(d[0].on_hand, Q(-3));
    ck_assert_int_eq(d[0].reserved, Q(-1));
    ck_assert_int_eq(d[1].product_id, 3);
    ck_assert_int_eq(d[1].on_hand, 0);
    ck_assert_int_eq(d[1].reserved, Q(4));
}
END_TEST

START_TEST(no_deltas_are_no_deltas)
{
    struct stock_delta d[1] = {{0}};
    size_t n = 7;
    ck_assert_int_eq(stock_deltas_sum(d, 0, &n), OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_sum_beyond_64_bits_is_refused)
{
    struct stock_delta d[] = {{1, 1, INT64_MAX, 0, 0}, {1, 1, 1, 0, 0}};
    size_t n = 7;
    ck_assert_int_eq(stock_deltas_sum(d, COUNT_OF(d), &n), ERR_OVERFLOW);
    ck_assert_uint_eq(n, 7);
}
END_TEST

START_TEST(facts_are_found_by_product_and_warehouse)
{
    struct stock_facts rows[] = {{.product_id = 1, .warehouse_id = 1},
                                 {.product_id = 1, .warehouse_id = 5},
                                 {.product_id = 2, .warehouse_id = 1},
                                 {.product_id = 7, .warehouse_id = 3}};
    struct stock_facts_list list = {rows, COUNT_OF(rows)};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_ptr_eq(stock_find(&list, rows[i].product_id, rows[i].warehouse_id), &rows[i]);
    ck_assert_ptr_null(stock_find(&list, 1, 3));
    ck_assert_ptr_null(stock_find(&list, 8, 1));
    ck_assert_ptr_null(stock_find(&list, 0, 1));
    ck_assert_ptr_null(stock_find(&(struct stock_facts_list){0}, 1, 1));
}
END_TEST

START_TEST(warehouses_are_found_by_id_and_by_the_default_mark)
{
    struct warehouse_facts rows[] = {{3, "A", false}, {5, "B", true}, {9, "C", false}};
    struct warehouse_facts_list list = {rows, COUNT_OF(rows)};
    ck_assert_ptr_eq(warehouse_find(&list, 3), &rows[0]);
    ck_assert_ptr_eq(warehouse_find(&list, 9), &rows[2]);
    ck_assert_ptr_null(warehouse_find(&list, 4));
    ck_assert_ptr_null(warehouse_find(&list, NIL64));
    ck_assert_ptr_eq(warehouse_default(&list), &rows[1]);
    ck_assert_ptr_null(warehouse_default(&(struct warehouse_facts_list){0}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inventory rules");
    TCase *tc = tcase_create("rules");
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, only_an_adjustment_may_take_stock_away);
    tcase_add_test(tc, stock_never_falls_below_what_is_reserved);
    tcase_add_test(tc, nor_below_what_is_held);
    tcase_add_test(tc, what_is_blocked_covers_nothing_that_is_reserved);
    tcase_add_test(tc, moves_of_a_lot_are_added_up_and_lots_are_found_by_their_stock);
    tcase_add_test(tc, available_is_what_nobody_has_a_claim_to_and_never_negative);
    tcase_add_test(tc, keys_are_sorted_by_product_then_warehouse_and_each_occurs_once);
    tcase_add_test(tc, deltas_of_a_key_are_added_up_and_those_that_change_nothing_vanish);
    tcase_add_test(tc, no_deltas_are_no_deltas);
    tcase_add_test(tc, a_sum_beyond_64_bits_is_refused);
    tcase_add_test(tc, facts_are_found_by_product_and_warehouse);
    tcase_add_test(tc, warehouses_are_found_by_id_and_by_the_default_mark);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
