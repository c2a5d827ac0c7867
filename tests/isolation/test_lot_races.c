/* Lots that two want at once: shipments for the last pieces of one, a block against whoever ships
 * or is promised it, first receipts. */
#include "lib/base/id.h"
#include "server/catalog/catalog.h"
#include "server/inventory/inventory.h"
#include "server/shipments/shipments.h"
#include "tests/isolation/goods.h"

/* ---- what the transactions do ---- */

/* Ships a quantity of line 1 of order id, out of the lot that arg names, or of those that come
 * first. */
static err ship_lot(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_lot_new lot = {.lot_number = a->arg, .quantity = a->quantity};
    struct shipment_line_new line = {.order_id = NIL64,
                                     .order_line_no = 1,
                                     .quantity = a->quantity,
                                     .lots = {&lot, a->arg != NULL}};
    struct shipment_new in = {.freight = NIL64,
                              .order_id = a->id,
                              .ship = true,
                              .ship_date = NIL32,
                              .expected_date = NIL32,
                              .lines = {&line, 1}};
    struct shipment out;
    struct shipments_create_cmd cmd = {c, &in, &out};
    TRY(shipments_create(tx, &cmd, 1));
    return c->problem->code;
}

static err block(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_lot_block in = {.reason = "sample"};
    struct stock_lot out;
    c->path_id[0] = a->id;
    return stock_lots_block(tx, c, &in, &out);
}

static err unblock(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_lot_unblock in = {.reason = "clean"};
    struct stock_lot out;
    c->path_id[0] = a->id;
    return stock_lots_unblock(tx, c, &in, &out);
}

/* Holds a quantity of product id. */
static err reserve(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_reservation_entry entry = {
        .product_id = a->id, .warehouse_id = NIL64, .quantity = a->quantity};
    struct stock_reservations_new in = {
        .owner = "cart", .expires_at = NIL64, .reservations = {&entry, 1}};
    struct stock_reservations out;
    struct stock_reservations_create_cmd cmd = {c, &in, &out};
    TRY(stock_reservations_create(tx, &cmd, 1));
    return c->problem->code;
}

/* A receipt of product id; arg: the lot, which expires on day `made`, or NULL. */
static err receive(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_lot_named lot = {
        .lot_number = a->arg, .expiry_date = (int32_t)a->made, .best_before_date = NIL32};
    struct stock_movement_entry entry = {.kind = "receipt",
                                         .supply_id = NIL64,
                                         .product_id = a->id,
                                         .warehouse_id = NIL64,
                                         .quantity = a->quantity,
                                         .lot = a->arg == NULL ? NULL : &lot,
                                         .effective_date = NIL32};
    struct stock_movements_new in = {.movements = {&entry, 1}};
    struct stock_movements out;
    return stock_movements_create(tx, c, &in, &out);
}

static err track(struct tx *tx, struct call *c, const struct act *a)
{
    struct product_patch in = {.track_lots = true,
                               .has = (uint64_t)1 << product_patch_has_track_lots,
                               .tax_code_id = NIL64,
                               .unit_cost = NIL64};
    struct product out;
    c->path_id[0] = a->id;
    return products_patch(tx, c, &in, &out);
}

/* ---- what there is ---- */

static void given_lot(int id, int product, const char *number, int on_hand, int expires)
{
    char sql[500];
    snprintf(
        sql, sizeof sql,
        "INSERT INTO stock_lot (tenant_id, id, product_id, warehouse_id, lot_number,"
        " expiry_date, on_hand, created_at, updated_at)"
        " VALUES (1, %d, %d, 1, '%s', date '1970-01-01' + %d, %d000000, now(), now());"
        "UPDATE stock SET by_lot = true, expires_on = least(expires_on, date '1970-01-01' + %d)"
        " WHERE product_id = %d;"
        "UPDATE product SET track_lots = true WHERE id = %d",
        id, product, number, expires, on_hand, expires, product, product);
    fixture_exec(sql);
}

/* Lots A, which expires first, and B of the product; its id and the next are those of two orders.
 */
static void given_two_lots(int product, int a, int b)
{
    char sql[300];
    given_product(product);
    given_stock(product, a + b, 0);
    given_lot(product * 10, product, "A", a, TODAY + 1);
    given_lot(product * 10 + 1, product, "B", b, TODAY + 2);
    given_order(product, 0);
    given_product(product + 1);
    given_order(product + 1, 0);
    snprintf(sql, sizeof sql,
             "INSERT INTO credit_account (tenant_id, id, currency, ordered)"
             " VALUES (1, %d, 'EUR', 1000000);"
             "UPDATE order_line SET product_id = %d WHERE order_id = %d;"
             "UPDATE sales_order SET credit_account_id = %d WHERE id = %d",
             product, product, product + 1, product, product + 1);
    fixture_exec(sql);
}

static void expect_lots(int product, int64_t a, int64_t b, int64_t blocked)
{
    ck_assert_int_eq(sum_of("on_hand", "stock_lot WHERE id", product * 10), a);
    ck_assert_int_eq(sum_of("on_hand", "stock_lot WHERE id", product * 10 + 1), b);
    ck_assert_int_eq(sum_of("on_hand", "stock WHERE product_id", product), a + b);
    ck_assert_int_eq(sum_of("blocked", "stock WHERE product_id", product), blocked);
}

/* ---- the races ---- */

START_TEST(two_shipments_never_take_the_same_pieces_of_a_lot)
{
    given_two_lots(100, 6, 20);
    struct act first = {.run = ship_lot, .id = 100, .quantity = Q(5)};
    struct act second = {.run = ship_lot, .id = 101, .quantity = Q(5)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    expect_lots(100, 0, Q(16), 0);
    ck_assert_int_eq(sum_of("quantity", "shipment_line_lot WHERE lot_id", 1000), Q(6));
    ck_assert_int_eq(sum_of("quantity", "shipment_line_lot WHERE lot_id", 1001), Q(4));
    ck_assert_int_eq(sum_of("quantity", "stock_movement WHERE lot_id", 1000), Q(-6));
    ck_assert_int_eq(moved(100), Q(-10));
}
END_TEST

START_TEST(the_last_pieces_of_a_named_lot_go_to_the_first_who_names_it)
{
    given_two_lots(110, 6, 20);
    struct act first = {.run = ship_lot, .id = 110, .quantity = Q(4), .arg = "A"};
    struct act second = {.run = ship_lot, .id = 111, .quantity = Q(4), .arg = "A"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    ck_assert_str_eq(second.detail, "Line 1: only 2 is left of lot A.");
    expect_lots(110, Q(2), Q(20), 0);
    ck_assert_int_eq(line_of("shipped", 111), 0);
}
END_TEST

START_TEST(a_shipment_behind_a_block_leaves_the_lot_alone)
{
    given_two_lots(120, 6, 20);
    struct act first = {.run = block, .id = 1200};
    struct act second = {.run = ship_lot, .id = 120, .quantity = Q(5)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    expect_lots(120, Q(6), Q(15), Q(6));
    struct act again = {.run = unblock, .id = 1200};
    struct act named = {.run = ship_lot, .id = 121, .quantity = Q(5), .arg = "A"};
    race(&again, &named);
    ck_assert_int_eq(named.result, OK);
    expect_lots(120, Q(1), Q(15), 0);
}
END_TEST

START_TEST(a_shipment_that_names_a_lot_behind_its_block_is_refused)
{
    given_two_lots(130, 6, 20);
    struct act first = {.run = block, .id = 1300};
    struct act second = {.run = ship_lot, .id = 130, .quantity = Q(5), .arg = "A"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_str_eq(second.detail, "Line 1: lot A is blocked (sample); unblock it first.");
    expect_lots(130, Q(6), Q(20), Q(6));
}
END_TEST

START_TEST(a_block_behind_a_shipment_holds_what_is_left)
{
    given_two_lots(140, 6, 20);
    struct act first = {.run = ship_lot, .id = 140, .quantity = Q(5)};
    struct act second = {.run = block, .id = 1400};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    expect_lots(140, Q(1), Q(20), Q(1));
}
END_TEST

START_TEST(what_is_blocked_is_not_promised_and_what_is_promised_is_not_blocked)
{
    given_two_lots(150, 6, 6);
    struct act first = {.run = block, .id = 1500};
    struct act second = {.run = reserve, .id = 150, .quantity = Q(7)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    struct act third = {.run = reserve, .id = 150, .quantity = Q(5)};
    struct act fourth = {.run = block, .id = 1501};
    race(&third, &fourth);
    ck_assert_int_eq(third.result, OK);
    ck_assert_int_eq(fourth.result, ERR_INSUFFICIENT_STOCK);
    ck_assert_str_eq(fourth.detail, "Without lot B, 0 of SKU150 can ship, 5 are reserved or held: "
                                    "release them first, or say allow_shortage.");
    expect_lots(150, Q(6), Q(6), Q(6));
}
END_TEST

START_TEST(a_lot_is_blocked_once)
{
    given_two_lots(160, 6, 6);
    struct act first = {.run = block, .id = 1600};
    struct act second = {.run = block, .id = 1600};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_lots(160, Q(6), Q(6), Q(6));
}
END_TEST

START_TEST(a_lot_that_two_bring_in_first_is_one_lot)
{
    given_product(170);
    fixture_exec("UPDATE product SET track_lots = true WHERE id = 170");
    struct act first = {.run = receive, .id = 170, .quantity = Q(3), .arg = "N", .made = TODAY + 5};
    struct act second = {
        .run = receive, .id = 170, .quantity = Q(4), .arg = "N", .made = TODAY + 5};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(sum_of("on_hand", "stock_lot WHERE product_id", 170), Q(7));
    ck_assert_int_eq(sum_of("1", "stock_lot WHERE product_id", 170), 1);
    struct act third = {.run = receive, .id = 170, .quantity = Q(3), .arg = "M", .made = TODAY + 5};
    struct act fourth = {
        .run = receive, .id = 170, .quantity = Q(4), .arg = "M", .made = TODAY + 6};
    race(&third, &fourth);
    ck_assert_int_eq(third.result, OK);
    ck_assert_int_ne(fourth.result, OK);
    ck_assert_int_eq(sum_of("on_hand", "stock WHERE product_id", 170), Q(10));
}
END_TEST

START_TEST(a_product_does_not_begin_to_track_lots_under_its_first_receipt)
{
    given_product(180);
    struct act first = {.run = receive, .id = 180, .quantity = Q(3)};
    struct act second = {.run = track, .id = 180};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_ne(second.result, OK);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM stock s JOIN product p ON p.id = 180"
                                 " WHERE s.product_id = 180 AND NOT s.by_lot AND NOT p.track_lots"),
                     1);
    given_product(181);
    struct act third = {.run = track, .id = 181};
    struct act fourth = {.run = receive, .id = 181, .quantity = Q(3)};
    meet(&third, &fourth);
    ck_assert_int_eq(third.result, OK);
    ck_assert_int_ne(fourth.result, OK);
    ck_assert_int_eq(fourth.retries, 1);
    ck_assert_int_eq(sum_of("on_hand", "stock WHERE product_id", 181), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        two_shipments_never_take_the_same_pieces_of_a_lot,
        the_last_pieces_of_a_named_lot_go_to_the_first_who_names_it,
        a_shipment_behind_a_block_leaves_the_lot_alone,
        a_shipment_that_names_a_lot_behind_its_block_is_refused,
        a_block_behind_a_shipment_holds_what_is_left,
        what_is_blocked_is_not_promised_and_what_is_promised_is_not_blocked,
        a_lot_is_blocked_once,
        a_lot_that_two_bring_in_first_is_one_lot,
        a_product_does_not_begin_to_track_lots_under_its_first_receipt,
    };
    return race_main("races of lots", open_company, tests, COUNT_OF(tests));
}
