/* Reservations, orders and receipts that race for the same stock. */
#include "lib/base/id.h"
#include "server/fulfillment/fulfillment.h"
#include "server/inventory/inventory.h"
#include "server/orders/orders.h"
#include "tests/isolation/goods.h"

/* ---- what the transactions do ---- */

/* Holds `quantity` of product id. */
static err hold(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_reservation_entry entry = {
        .product_id = a->id, .warehouse_id = NIL64, .quantity = a->quantity};
    struct stock_reservations_new in = {
        .owner = "x", .expires_at = NIL64, .reservations = {&entry, 1}};
    struct stock_reservations out;
    struct stock_reservations_create_cmd cmd = {c, &in, &out};
    TRY(stock_reservations_create(tx, &cmd, 1));
    if (c->problem->code == OK)
        ((struct act *)a)->made = out.reservations.v[0].id;
    return c->problem->code;
}

static err release(struct tx *tx, struct call *c, const struct act *a)
{
    struct none in = {0};
    struct stock_reservation out;
    c->path_id[0] = a->id;
    return stock_reservations_release(tx, c, &in, &out);
}

static struct tenant_facts orders_tenant;

/* Orders `quantity` of product id; arg: the reservation that it names, and may it wait. */
struct order_wish {
    int64_t reservation; /* 0: none */
    bool backorder;
};

static err buy(struct tx *tx, struct call *c, const struct act *a)
{
    const struct order_wish *wish = a->arg;
    struct order_line_new line;
    struct order_reservation named = {.reservation_id = wish != NULL ? wish->reservation : 0};
    struct order_new in;
    json_set_all_absent(&order_line_new_type, &line);
    json_set_all_absent(&order_new_type, &in);
    line.product_id = a->id;
    line.quantity = a->quantity;
    line.unit_price = 1000000;
    in.customer_id = 1;
    in.confirm = true;
    in.backorder = wish != NULL && wish->backorder;
    in.reservations = (struct order_reservation_list){&named, named.reservation_id != 0};
    in.lines = (struct order_line_new_list){&line, 1};
    struct order out;
    struct orders_create_cmd cmd = {c, &in, &out};
    c->tenant = &orders_tenant;
    TRY(orders_create(tx, &cmd, 1));
    if (c->problem->code == OK)
        ((struct act *)a)->made = out.id;
    return c->problem->code;
}

static err receive(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_movement_entry entry = {.kind = "receipt",
                                         .product_id = a->id,
                                         .warehouse_id = NIL64,
                                         .supply_id = NIL64,
                                         .quantity = a->quantity,
                                         .effective_date = NIL32};
    struct stock_movements_new in = {.movements = {&entry, 1}};
    struct stock_movements out;
    return stock_movements_create(tx, c, &in, &out);
}

/* Shares out product id. */
static err share_out(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_allocation_product product = {.product_id = a->id};
    struct stock_allocation_new in = {.warehouse_id = NIL64, .products = {&product, 1}};
    struct stock_allocation out;
    TRY(stock_allocations_create(tx, c, &in, &out));
    ((struct act *)a)->made = out.lines_granted;
    return OK;
}

/* A turn of the worker that shares out what became free; made: how much is left to do. */
static err share_freed(struct tx *tx, struct call *c, const struct act *a)
{
    struct freed_turn turn;
    TRY(freed_share(tx, c, &turn));
    ((struct act *)a)->made = turn.again;
    return OK;
}

static err cancel_order(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_cancel all;
    struct order out;
    json_set_all_absent(&order_cancel_type, &all);
    c->path_id[0] = a->id;
    c->tenant = &orders_tenant;
    return orders_cancel(tx, c, &all, &out);
}

static err review_stock(struct tx *tx, struct call *c, const struct act *a)
{
    c->path_id[0] = a->id;
    c->tenant = &orders_tenant;
    return orders_review_stock(tx, c);
}

static err receive_supply(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_movement_entry entry = {.kind = "receipt",
                                         .product_id = *(const int64_t *)a->arg,
                                         .warehouse_id = NIL64,
                                         .supply_id = a->id,
                                         .quantity = a->quantity,
                                         .effective_date = NIL32};
    struct stock_movements_new in = {.movements = {&entry, 1}};
    struct stock_movements out;
    return stock_movements_create(tx, c, &in, &out);
}

static err cancel_supply(struct tx *tx, struct call *c, const struct act *a)
{
    struct none in = {0};
    struct stock_supply out;
    c->path_id[0] = a->id;
    return stock_supplies_cancel(tx, c, &in, &out);
}

static err post_count(struct tx *tx, struct call *c, const struct act *a)
{
    struct none in = {0};
    struct stock_count out;
    c->path_id[0] = a->id;
    return stock_counts_post(tx, c, &in, &out);
}

/* Enters `quantity` on line 1 of the count. */
static err enter_count(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_count_entry entry = {.line_no = 1, .counted = a->quantity};
    struct stock_count_entries in = {.entries = {&entry, 1}};
    struct stock_count out;
    c->path_id[0] = a->id;
    return stock_counts_enter(tx, c, &in, &out);
}

/* ---- the company ---- */

static void open_stock(void)
{
    open_company();
    orders_tenant = tenant;
    orders_tenant.credit_mode = "ignore";
    fixture_exec("INSERT INTO tax_rate (tenant_id, tax_code_id, valid_from, rate)"
                 " VALUES (1, 1, '2000-01-01', 0)");
}

static void expect_held(int64_t product, int64_t held)
{
    ck_assert_int_eq(sum_of("held", "stock WHERE product_id", product), held);
    ck_assert_int_eq(
        sum_of("quantity", "stock_reservation WHERE status = 'held' AND product_id", product),
        held);
}

/* ---- the races ---- */

START_TEST(of_two_reservations_of_the_last_pieces_one_is_refused)
{
    given_product(100);
    given_stock(100, 10, 0);
    struct act first = {.run = hold, .id = 100, .quantity = Q(6)};
    struct act second = {.run = hold, .id = 100, .quantity = Q(6)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    ck_assert_str_eq(second.detail, "Reservation 1 wants 6 of SKU100, 4 are available.");
    expect_held(100, Q(6));
}
END_TEST

START_TEST(an_order_behind_a_reservation_finds_what_it_leaves)
{
    given_product(110);
    given_stock(110, 10, 0);
    struct act first = {.run = hold, .id = 110, .quantity = Q(6)};
    struct act second = {.run = buy, .id = 110, .quantity = Q(5)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    expect_held(110, Q(6));
    expect_stock(110, Q(10), 0);
}
END_TEST

START_TEST(a_reservation_behind_an_order_finds_what_it_leaves)
{
    given_product(120);
    given_stock(120, 10, 0);
    struct act first = {.run = buy, .id = 120, .quantity = Q(6)};
    struct act second = {.run = hold, .id = 120, .quantity = Q(4)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    expect_held(120, Q(4));
    expect_stock(120, Q(10), Q(6));
}
END_TEST

START_TEST(of_two_orders_that_name_one_reservation_one_takes_it_over)
{
    given_product(130);
    given_stock(130, 10, 0);
    struct act held = {.run = hold, .id = 130, .quantity = Q(10)};
    alone(&held);
    struct order_wish wish = {.reservation = held.made};
    struct act first = {.run = buy, .id = 130, .quantity = Q(10), .arg = &wish};
    struct act second = {.run = buy, .id = 130, .quantity = Q(10), .arg = &wish};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_held(130, 0);
    expect_stock(130, Q(10), Q(10));
    ck_assert_int_eq(sum_of("order_id", "stock_reservation WHERE id", held.made), first.made);
}
END_TEST

START_TEST(a_reservation_is_released_or_taken_over_but_not_both)
{
    given_product(140);
    given_stock(140, 10, 0);
    struct act held = {.run = hold, .id = 140, .quantity = Q(10)};
    alone(&held);
    struct order_wish wish = {.reservation = held.made};
    struct act first = {.run = buy, .id = 140, .quantity = Q(10), .arg = &wish};
    struct act second = {.run = release, .id = held.made};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_held(140, 0);
    expect_stock(140, Q(10), Q(10));
}
END_TEST

/* What was held until a moment ago is free, once: the second to see it does not free it again. */
START_TEST(two_orders_that_find_the_same_expired_reservation_share_what_it_held)
{
    given_product(150);
    given_stock(150, 10, 0);
    struct act held = {.run = hold, .id = 150, .quantity = Q(10)};
    alone(&held);
    fixture_exec("UPDATE stock_reservation SET expires_at = now() - interval '1 second'"
                 " WHERE product_id = 150;"
                 "UPDATE stock SET held_until = now() - interval '1 second'"
                 " WHERE product_id = 150");
    struct act first = {.run = buy, .id = 150, .quantity = Q(6)};
    struct act second = {.run = buy, .id = 150, .quantity = Q(6)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    expect_held(150, 0);
    expect_stock(150, Q(10), Q(6));
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM stock_reservation WHERE product_id = 150"
                                 " AND status = 'expired'"),
                     1);
}
END_TEST

START_TEST(two_orders_that_may_wait_share_what_is_there_and_wait_for_the_rest)
{
    given_product(160);
    given_stock(160, 10, 0);
    struct order_wish wish = {.backorder = true};
    struct act first = {.run = buy, .id = 160, .quantity = Q(6), .arg = &wish};
    struct act second = {.run = buy, .id = 160, .quantity = Q(6), .arg = &wish};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    expect_stock(160, Q(10), Q(10));
    ck_assert_int_eq(line_of("backordered", second.made), Q(2));
}
END_TEST

/* An order of product id that waits for all of it. */
static int64_t given_waiting(int id, int quantity)
{
    struct order_wish wish = {.backorder = true};
    struct act act = {.run = buy, .id = id, .quantity = Q(quantity), .arg = &wish};
    alone(&act);
    ck_assert_int_eq(act.result, OK);
    return act.made;
}

START_TEST(of_two_that_share_out_the_same_stock_the_second_finds_nothing_left)
{
    given_product(170);
    given_stock(170, 0, 0);
    int64_t order = given_waiting(170, 6);
    fixture_exec("UPDATE stock SET on_hand = 4000000 WHERE product_id = 170");
    struct act first = {.run = share_out, .id = 170}, second = {.run = share_out, .id = 170};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(first.made, 1);
    ck_assert_int_eq(second.made, 0);
    expect_stock(170, Q(4), Q(4));
    ck_assert_int_eq(line_of("reserved", order), Q(4));
    ck_assert_int_eq(line_of("backordered", order), Q(2));
}
END_TEST

START_TEST(an_order_behind_a_sharing_out_finds_what_it_leaves)
{
    given_product(180);
    given_stock(180, 0, 0);
    int64_t order = given_waiting(180, 6);
    fixture_exec("UPDATE stock SET on_hand = 8000000 WHERE product_id = 180");
    struct act first = {.run = share_out, .id = 180};
    struct act second = {.run = buy, .id = 180, .quantity = Q(3)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    ck_assert_int_eq(line_of("reserved", order), Q(6));
    expect_stock(180, Q(8), Q(6));
}
END_TEST

START_TEST(a_sharing_out_behind_an_order_finds_what_it_leaves)
{
    given_product(190);
    given_stock(190, 0, 0);
    int64_t order = given_waiting(190, 6);
    fixture_exec("UPDATE stock SET on_hand = 8000000 WHERE product_id = 190");
    struct act first = {.run = buy, .id = 190, .quantity = Q(5)};
    struct act second = {.run = share_out, .id = 190};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(line_of("reserved", order), Q(3));
    expect_stock(190, Q(8), Q(8));
}
END_TEST

START_TEST(two_receipts_serve_one_who_waits_no_more_than_once)
{
    given_product(200);
    given_stock(200, 0, 0);
    int64_t order = given_waiting(200, 6);
    struct act first = {.run = receive, .id = 200, .quantity = Q(5)};
    struct act second = {.run = receive, .id = 200, .quantity = Q(5)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(line_of("reserved", order), Q(6));
    ck_assert_int_eq(line_of("backordered", order), 0);
    expect_stock(200, Q(10), Q(6));
}
END_TEST

/* The receipt has looked who waits, and waits for the stock; meanwhile an order begins to wait. It
 * begins anew and serves the newcomer. */
START_TEST(an_order_that_begins_to_wait_while_goods_come_in_is_served)
{
    given_product(210);
    given_stock(210, 0, 0);
    struct order_wish wish = {.backorder = true};
    struct act first = {.run = buy, .id = 210, .quantity = Q(3), .arg = &wish};
    struct act second = {.run = receive, .id = 210, .quantity = Q(5)};
    meet(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(second.retries, 1);
    ck_assert_int_eq(line_of("reserved", first.made), Q(3));
    expect_stock(210, Q(5), Q(3));
}
END_TEST

/* Where nothing has ever been there is no stock to lock: whoever may wait makes the row. */
START_TEST(the_first_goods_ever_and_the_first_who_waits_for_them_find_each_other)
{
    given_product(300);
    struct order_wish wish = {.backorder = true};
    struct act first = {.run = buy, .id = 300, .quantity = Q(3), .arg = &wish};
    struct act second = {.run = receive, .id = 300, .quantity = Q(5)};
    meet(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    struct act share = {.run = share_freed};
    alone(&share);
    ck_assert_int_eq(share.result, OK);
    ck_assert_int_eq(line_of("reserved", first.made), Q(3));
    expect_stock(300, Q(5), Q(3));
    given_product(301);
    struct act goods = {.run = receive, .id = 301, .quantity = Q(5)};
    struct act buyer = {.run = buy, .id = 301, .quantity = Q(3), .arg = &wish};
    race(&goods, &buyer);
    ck_assert_int_eq(goods.result, OK);
    ck_assert_int_eq(buyer.result, OK);
    expect_stock(301, Q(5), Q(3));
}
END_TEST

static int64_t notes(void)
{
    return fixture_int("SELECT count(*) FROM stock_freed");
}

START_TEST(who_begins_to_wait_while_stock_becomes_free_is_served)
{
    given_product(310);
    given_stock(310, 10, 10);
    given_order(310, 10);
    struct order_wish wish = {.backorder = true};
    struct act first = {.run = buy, .id = 310, .quantity = Q(4), .arg = &wish};
    struct act second = {.run = cancel_order, .id = 310};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(notes(), 1);
    struct act share = {.run = share_freed};
    alone(&share);
    ck_assert_int_eq(share.result, OK);
    ck_assert_int_eq(line_of("reserved", first.made), Q(4));
    ck_assert_int_eq(notes(), 0);
    expect_stock(310, Q(10), Q(4));
}
END_TEST

START_TEST(nobody_notes_stock_that_nobody_waits_for)
{
    given_product(320);
    given_stock(320, 10, 10);
    given_order(320, 10);
    struct act cancel = {.run = cancel_order, .id = 320};
    alone(&cancel);
    ck_assert_int_eq(cancel.result, OK);
    ck_assert_int_eq(notes(), 0);
}
END_TEST

/* The order of id takes all 10 there are, another waits for 10. */
static int64_t given_wanted(int id)
{
    given_product(id);
    given_stock(id, 10, 10);
    given_order(id, 10);
    return given_waiting(id, 10);
}

START_TEST(what_is_shared_out_by_two_is_given_once)
{
    int64_t waits = given_wanted(330);
    struct act cancel = {.run = cancel_order, .id = 330};
    alone(&cancel);
    ck_assert_int_eq(notes(), 1);
    struct act first = {.run = share_freed}, second = {.run = share_freed};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(line_of("reserved", waits), Q(10));
    expect_stock(330, Q(10), Q(10));
    ck_assert_int_eq(notes(), 0);
}
END_TEST

/* The worker has read the note and waits for the stock; it is noted anew and not forgotten. */
START_TEST(what_becomes_free_while_it_is_shared_out_stays_noted)
{
    int64_t waits = given_wanted(340);
    fixture_exec("INSERT INTO stock_freed VALUES (1, 340, 1, 7)");
    struct act first = {.run = cancel_order, .id = 340}, second = {.run = share_freed};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(line_of("reserved", waits), Q(10));
    ck_assert_int_eq(notes(), 1);
    struct act again = {.run = share_freed};
    alone(&again);
    ck_assert_int_eq(again.result, OK);
    ck_assert_int_eq(notes(), 0);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM stock_allocation a"
                                 " JOIN stock_allocation_line l ON l.allocation_id = a.id"
                                 " WHERE a.cause = 'freed' AND l.product_id = 340"),
                     1);
}
END_TEST

START_TEST(stock_becomes_free_behind_a_sharing_out_and_is_noted)
{
    int64_t waits = given_wanted(350);
    fixture_exec("INSERT INTO stock_freed VALUES (1, 350, 1, 7)");
    struct act first = {.run = share_freed}, second = {.run = cancel_order, .id = 350};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(line_of("reserved", waits), 0);
    ck_assert_int_eq(notes(), 1);
    struct act again = {.run = share_freed};
    alone(&again);
    ck_assert_int_eq(line_of("reserved", waits), Q(10));
    ck_assert_int_eq(notes(), 0);
}
END_TEST

START_TEST(of_two_that_find_stock_for_a_held_order_one_releases_it)
{
    given_product(360);
    given_stock(360, 10, 0);
    given_order(360, 0);
    fixture_exec("UPDATE sales_order SET status = 'on_hold' WHERE id = 360;"
                 "INSERT INTO order_hold (tenant_id, order_id, hold_no, kind, reason, placed_at,"
                 " release_rule) VALUES (1, 360, 1, 'stock', 'x', now(), 'when_clear')");
    struct act first = {.run = review_stock, .id = 360}, second = {.run = review_stock, .id = 360};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM sales_order WHERE id = 360"
                                 " AND status = 'confirmed'"),
                     1);
}
END_TEST

START_TEST(a_supply_is_received_or_canceled_whoever_comes_first)
{
    static const int64_t product = 220;
    given_product(220);
    given_stock(220, 0, 0);
    fixture_exec("INSERT INTO stock_supply (tenant_id, id, product_id, warehouse_id, quantity,"
                 " expected_date, status, created_at, updated_at)"
                 " VALUES (1, 220, 220, 1, 10000000, '2030-01-01', 'open', now(), now())");
    struct act first = {
        .run = receive_supply, .id = 220, .quantity = Q(4), .arg = (void *)&product};
    struct act second = {
        .run = receive_supply, .id = 220, .quantity = Q(6), .arg = (void *)&product};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(sum_of("received", "stock_supply WHERE id", 220), Q(10));
    fixture_exec("UPDATE stock_supply SET status = 'open', quantity = 20000000 WHERE id = 220");
    struct act cancel = {.run = cancel_supply, .id = 220};
    struct act late = {.run = receive_supply, .id = 220, .quantity = Q(1), .arg = (void *)&product};
    race(&cancel, &late);
    ck_assert_int_eq(cancel.result, OK);
    ck_assert_int_eq(late.result, ERR_WRONG_STATE);
    expect_stock(220, Q(10), 0);
}
END_TEST

/* A count of the product, of the same id, that found `counted` of 10. */
static void given_count(int id, int counted)
{
    char sql[500];
    snprintf(sql, sizeof sql,
             "INSERT INTO stock_count (tenant_id, id, warehouse_id, status, line_count, created_at,"
             " updated_at) VALUES (1, %d, 1, 'open', 1, now(), now());"
             "INSERT INTO stock_count_line (tenant_id, count_id, line_no, product_id, expected,"
             " counted, book) VALUES (1, %d, 1, %d, 10000000, %d000000, 10000000)",
             id, id, id, counted);
    fixture_exec(sql);
}

START_TEST(a_count_is_posted_once)
{
    given_product(230);
    given_stock(230, 10, 0);
    given_count(230, 7);
    struct act first = {.run = post_count, .id = 230}, second = {.run = post_count, .id = 230};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_stock(230, Q(7), 0);
    ck_assert_int_eq(moved(230), Q(-3));
}
END_TEST

START_TEST(a_count_behind_an_order_leaves_what_it_reserved)
{
    given_product(240);
    given_stock(240, 10, 0);
    given_count(240, 7);
    struct act first = {.run = buy, .id = 240, .quantity = Q(8)};
    struct act second = {.run = post_count, .id = 240};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    expect_stock(240, Q(10), Q(8));
}
END_TEST

START_TEST(what_is_counted_behind_a_receipt_is_compared_with_what_it_left)
{
    given_product(250);
    given_stock(250, 10, 0);
    given_count(250, 10);
    struct act first = {.run = receive, .id = 250, .quantity = Q(5)};
    struct act second = {.run = enter_count, .id = 250, .quantity = Q(14)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    struct act post = {.run = post_count, .id = 250};
    alone(&post);
    ck_assert_int_eq(post.result, OK);
    expect_stock(250, Q(14), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        of_two_reservations_of_the_last_pieces_one_is_refused,
        an_order_behind_a_reservation_finds_what_it_leaves,
        a_reservation_behind_an_order_finds_what_it_leaves,
        of_two_orders_that_name_one_reservation_one_takes_it_over,
        a_reservation_is_released_or_taken_over_but_not_both,
        two_orders_that_find_the_same_expired_reservation_share_what_it_held,
        two_orders_that_may_wait_share_what_is_there_and_wait_for_the_rest,
        of_two_that_share_out_the_same_stock_the_second_finds_nothing_left,
        an_order_behind_a_sharing_out_finds_what_it_leaves,
        a_sharing_out_behind_an_order_finds_what_it_leaves,
        two_receipts_serve_one_who_waits_no_more_than_once,
        an_order_that_begins_to_wait_while_goods_come_in_is_served,
        the_first_goods_ever_and_the_first_who_waits_for_them_find_each_other,
        who_begins_to_wait_while_stock_becomes_free_is_served,
        nobody_notes_stock_that_nobody_waits_for,
        what_is_shared_out_by_two_is_given_once,
        what_becomes_free_while_it_is_shared_out_stays_noted,
        stock_becomes_free_behind_a_sharing_out_and_is_noted,
        of_two_that_find_stock_for_a_held_order_one_releases_it,
        a_supply_is_received_or_canceled_whoever_comes_first,
        a_count_is_posted_once,
        a_count_behind_an_order_leaves_what_it_reserved,
        what_is_counted_behind_a_receipt_is_compared_with_what_it_left,
    };
    return race_main("races of stock", open_stock, tests, COUNT_OF(tests));
}
