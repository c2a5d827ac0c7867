/* Shipments that race: for the same line, for the same draft, with an adjustment of the stock that
 * they take. */
#include "lib/base/id.h"
#include "server/inventory/inventory.h"
#include "server/invoices/invoices.h"
#include "server/shipments/documents.h"
#include "server/shipments/shipments.h"
#include "server/shipments/tracking.h"
#include "tests/isolation/goods.h"

/* ---- what the transactions do ---- */

static err create_one(struct tx *tx, struct call *c, const struct shipment_new *in,
                      struct shipment *out)
{
    struct shipments_create_cmd cmd = {c, in, out};
    TRY(shipments_create(tx, &cmd, 1));
    return c->problem->code;
}

static err ship_line(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_line_new line = {
        .order_id = NIL64, .order_line_no = 1, .quantity = a->quantity};
    struct shipment_new in = {.freight = NIL64,
                              .order_id = a->id,
                              .ship = true,
                              .ship_date = NIL32,
                              .expected_date = NIL32,
                              .lines = {&line, 1}};
    struct shipment out;
    return create_one(tx, c, &in, &out);
}

/* One batch: lines 1 of the orders id and id + 1, the greater one first when the quantity is odd.
 */
static err ship_two(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_line_new line = {
        .order_id = NIL64, .order_line_no = 1, .quantity = a->quantity};
    struct shipment_new in[2];
    struct shipment out[2];
    struct call calls[2] = {*c, *c};
    struct problem second;
    problem_init(&second, c->problem->arena);
    calls[1].problem = &second;
    for (int i = 0; i < 2; i++)
        in[i] = (struct shipment_new){.freight = NIL64,
                                      .order_id = a->id + (i ^ (int)(a->quantity & 1)),
                                      .ship = true,
                                      .ship_date = NIL32,
                                      .expected_date = NIL32,
                                      .lines = {&line, 1}};
    struct shipments_create_cmd cmds[] = {{&calls[0], &in[0], &out[0]},
                                          {&calls[1], &in[1], &out[1]}};
    TRY(shipments_create(tx, cmds, 2));
    return calls[0].problem->code == second.code ? second.code : ERR_INTERNAL;
}

/* One shipment of lines 1 of the orders id and id + 1, the greater one first when the quantity is
 * odd. */
static err ship_joint(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_line_new lines[2];
    for (int i = 0; i < 2; i++)
        lines[i] = (struct shipment_line_new){.order_id = a->id + (i ^ (int)(a->quantity & 1)),
                                              .order_line_no = 1,
                                              .quantity = a->quantity};
    struct shipment_new in = {.freight = NIL64,
                              .order_id = NIL64,
                              .ship = true,
                              .ship_date = NIL32,
                              .expected_date = NIL32,
                              .lines = {lines, 2}};
    struct shipment out;
    return create_one(tx, c, &in, &out);
}

static int64_t drafted;

static err draft_line(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_line_new line = {
        .order_id = NIL64, .order_line_no = 1, .quantity = a->quantity};
    struct shipment_new in = {.freight = NIL64,
                              .order_id = a->id,
                              .ship_date = NIL32,
                              .expected_date = NIL32,
                              .lines = {&line, 1}};
    struct shipment out;
    TRY(create_one(tx, c, &in, &out));
    drafted = out.id;
    return OK;
}

static err ship_draft(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_ship in = {.freight = NIL64, .ship_date = NIL32, .expected_date = NIL32};
    struct shipment out;
    c->path_id[0] = a->id;
    return shipments_ship(tx, c, &in, &out);
}

static err cancel_draft(struct tx *tx, struct call *c, const struct act *a)
{
    struct none in = {0};
    struct shipment out;
    c->path_id[0] = a->id;
    return shipments_cancel(tx, c, &in, &out);
}

/* All but a quantity arrives; that is refused and back in stock. */
static err deliver_less(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_exception_new failed = {
        .kind = "refused", .quantity = a->quantity, .restock = true};
    struct shipment_deliver_line line = {
        .line_no = 1, .delivered = NIL64, .exceptions = {&failed, 1}};
    struct shipment_deliver in = {.delivered_date = NIL32, .lines = {&line, 1}};
    struct shipment out;
    c->path_id[0] = a->id;
    return shipments_deliver(tx, c, &in, &out);
}

static err bill_order(struct tx *tx, struct call *c, const struct act *a)
{
    struct invoice_line_new line = {.order_line_no = 1,
                                    .shipment_id = NIL64,
                                    .shipment_line_no = NIL64,
                                    .product_id = NIL64,
                                    .quantity = a->quantity,
                                    .unit_price = NIL64,
                                    .discount_percent = NIL64,
                                    .tax_code_id = NIL64};
    struct invoice_new in = {.order_id = a->id,
                             .shipment_id = NIL64,
                             .customer_id = NIL64,
                             .invoice_date = NIL32,
                             .payment_terms_days = NIL64,
                             .lines = {&line, 1}};
    struct invoice out;
    struct invoices_create_cmd cmd = {c, &in, &out};
    TRY(invoices_create(tx, &cmd, 1));
    return c->problem->code;
}

static err track_one(struct tx *tx, struct call *c, const struct act *a)
{
    struct tracking_event_new event = {.event_id = a->arg,
                                       .status = a->quantity > 1 ? "delivered" : "in_transit",
                                       .occurred_at = a->quantity,
                                       .package_no = NIL64};
    struct tracking_new in = {.events = {&event, 1}};
    struct shipment_tracking out;
    c->path_id[0] = a->id;
    return shipments_track(tx, c, &in, &out);
}

static err add_document(struct tx *tx, struct call *c, const struct act *a)
{
    struct document_new in = {.kind = "other"};
    struct document out;
    c->path_id[0] = a->id;
    c->media = "text/plain";
    c->body = (struct bytes){.p = a->arg, .len = strlen(a->arg)};
    TRY(shipments_document(tx, c, &in, &out));
    return tx_flush(tx); /* so that the content is there before the other one begins */
}

static err adjust(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_movement_entry entry = {.kind = "adjustment",
                                         .supply_id = NIL64,
                                         .product_id = a->id,
                                         .warehouse_id = NIL64,
                                         .quantity = a->quantity,
                                         .effective_date = NIL32};
    struct stock_movements_new in = {.movements = {&entry, 1}};
    struct stock_movements out;
    return stock_movements_create(tx, c, &in, &out);
}

/* Receives products id and id + 1, the greater one first when the quantity is odd. */
static err receive_two(struct tx *tx, struct call *c, const struct act *a)
{
    struct stock_movement_entry entries[2];
    for (int i = 0; i < 2; i++)
        entries[i] = (struct stock_movement_entry){.kind = "receipt",
                                                   .supply_id = NIL64,
                                                   .product_id = a->id +
                                                                 (i ^ (int)(a->quantity & 1)),
                                                   .warehouse_id = NIL64,
                                                   .quantity = a->quantity,
                                                   .effective_date = NIL32};
    struct stock_movements_new in = {.movements = {entries, 2}};
    struct stock_movements out;
    return stock_movements_create(tx, c, &in, &out);
}

static err invoice_all(struct tx *tx, struct call *c, const struct act *a)
{
    (void)c;
    struct shipment_state_list shipments;
    TRY(shipments_lock(tx, &a->id, 1, &shipments));
    struct shipment_state *s = shipment_state_find(&shipments, a->id);
    if (s == NULL)
        return ERR_NO_ROW;
    struct shipment_line_state *line = shipment_line_state_find(s, 1);
    if (line->invoiced + a->quantity > line->quantity)
        return ERR_QUANTITY_EXCEEDED;
    struct shipment_line_invoiced row = {s->id, 1, a->quantity, .invoice_id = 1};
    TRY(shipment_lines_invoice(tx, &row, 1));
    return tx_flush(tx);
}

/* ---- the races ---- */

START_TEST(of_two_shipments_of_the_same_line_only_what_is_open_leaves)
{
    given_product(100);
    given_stock(100, 50, 10);
    given_order(100, 10);
    struct act first = {.run = ship_line, .id = 100, .quantity = Q(6)};
    struct act second = {.run = ship_line, .id = 100, .quantity = Q(6)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_str_eq(second.detail, "Line 1: only 4 of order line 1 (SKU) is open to ship.");
    expect_stock(100, Q(44), Q(4));
    ck_assert_int_eq(line_of("shipped", 100), Q(6));
    ck_assert_int_eq(line_of("reserved", 100), Q(4));
    ck_assert_int_eq(moved(100), Q(-6));
}
END_TEST

START_TEST(two_shipments_that_fit_the_line_together_both_leave)
{
    given_product(110);
    given_stock(110, 10, 10);
    given_order(110, 10);
    struct act first = {.run = ship_line, .id = 110, .quantity = Q(6)};
    struct act second = {.run = ship_line, .id = 110, .quantity = Q(4)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    expect_stock(110, 0, 0);
    ck_assert_int_eq(line_of("shipped", 110), Q(10));
    ck_assert_int_eq(moved(110), Q(-10));
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM sales_order WHERE id = 110"
                                 " AND status = 'fulfilled'"),
                     1);
}
END_TEST

START_TEST(shipments_of_two_orders_share_the_last_stock_without_overselling)
{
    given_product(120);
    given_stock(120, 10, 0);
    given_order(120, 0);
    given_product(121);
    given_order(121, 0);
    fixture_exec("UPDATE order_line SET product_id = 120 WHERE order_id = 121;"
                 "INSERT INTO credit_account (tenant_id, id, currency, ordered)"
                 " VALUES (1, 2, 'EUR', 1000000);"
                 "UPDATE sales_order SET credit_account_id = 2 WHERE id = 121");
    struct act first = {.run = ship_line, .id = 120, .quantity = Q(7)};
    struct act second = {.run = ship_line, .id = 121, .quantity = Q(7)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    expect_stock(120, Q(3), 0);
    ck_assert_int_eq(line_of("shipped", 121), 0);
}
END_TEST

START_TEST(a_draft_ships_once)
{
    given_product(130);
    given_stock(130, 20, 10);
    given_order(130, 10);
    struct act draft = {.run = draft_line, .id = 130, .quantity = Q(5)};
    alone(&draft);
    ck_assert_int_eq(draft.result, OK);
    expect_stock(130, Q(20), Q(10));
    struct act first = {.run = ship_draft, .id = drafted};
    struct act second = {.run = ship_draft, .id = drafted};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_stock(130, Q(15), Q(5));
    ck_assert_int_eq(line_of("shipped", 130), Q(5));
}
END_TEST

START_TEST(a_draft_that_is_being_canceled_does_not_ship)
{
    given_product(140);
    given_stock(140, 20, 10);
    given_order(140, 10);
    struct act draft = {.run = draft_line, .id = 140, .quantity = Q(5)};
    alone(&draft);
    struct act first = {.run = cancel_draft, .id = drafted};
    struct act second = {.run = ship_draft, .id = drafted};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_stock(140, Q(20), Q(10));
}
END_TEST

START_TEST(a_shipment_behind_an_adjustment_sees_what_was_taken_away)
{
    given_product(150);
    given_stock(150, 10, 6);
    given_order(150, 6);
    struct act first = {.run = adjust, .id = 150, .quantity = Q(-3)};
    struct act second = {.run = ship_line, .id = 150, .quantity = Q(10)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    ck_assert_str_eq(second.detail, "Line 1: only 7 of order line 1 (SKU) can leave the warehouse: "
                                    "the rest is not there or reserved for others.");
    expect_stock(150, Q(7), Q(6));
    ck_assert_int_eq(moved(150), Q(-3));
}
END_TEST

START_TEST(an_adjustment_behind_a_shipment_sees_what_has_left)
{
    given_product(160);
    given_stock(160, 10, 6);
    given_order(160, 6);
    struct act first = {.run = ship_line, .id = 160, .quantity = Q(10)};
    struct act second = {.run = adjust, .id = 160, .quantity = Q(-3)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    ck_assert_str_eq(second.detail,
                     "Line 1: only 0 is available to take away; the rest is reserved "
                     "or not there.");
    expect_stock(160, 0, 0);
    ck_assert_int_eq(moved(160), Q(-10));
}
END_TEST

START_TEST(first_receipts_of_the_same_products_wait_for_each_other_and_add_up)
{
    given_product(170);
    given_product(171);
    struct act first = {.run = receive_two, .id = 170, .quantity = Q(2)};
    struct act second = {.run = receive_two, .id = 170, .quantity = Q(3) + 1};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    expect_stock(170, Q(5) + 1, 0);
    expect_stock(171, Q(5) + 1, 0);
}
END_TEST

START_TEST(a_shipment_line_is_not_invoiced_twice)
{
    given_product(180);
    given_stock(180, 10, 10);
    given_order(180, 10);
    struct act draft = {.run = draft_line, .id = 180, .quantity = Q(5)};
    alone(&draft);
    struct act shipping = {.run = ship_draft, .id = drafted};
    alone(&shipping);
    ck_assert_int_eq(shipping.result, OK);
    struct act first = {.run = invoice_all, .id = drafted, .quantity = Q(5)};
    struct act second = {.run = invoice_all, .id = drafted, .quantity = Q(5)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(fixture_int("SELECT invoiced FROM shipment_line WHERE order_id = 180"), Q(5));
}
END_TEST

START_TEST(batches_that_name_the_same_orders_crosswise_wait_for_each_other)
{
    for (int id = 190; id < 192; id++) {
        given_product(id);
        given_stock(id, 10, 10);
        given_order(id, 10);
    }
    struct act first = {.run = ship_two, .id = 190, .quantity = Q(4)};
    struct act second = {.run = ship_two, .id = 190, .quantity = Q(5) + 1};
    struct act third = {.run = ship_two, .id = 190, .quantity = Q(4)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    race(&second, &third);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(third.result, ERR_QUANTITY_EXCEEDED);
    for (int id = 190; id < 192; id++) {
        expect_stock(id, Q(1) - 1, Q(1) - 1);
        ck_assert_int_eq(line_of("shipped", id), Q(9) + 1);
        ck_assert_int_eq(moved(id), -Q(9) - 1);
        ck_assert_int_eq(sum_of("version", "sales_order WHERE id", id), 3);
    }
}
END_TEST

START_TEST(joint_shipments_that_name_the_same_orders_crosswise_wait_for_each_other)
{
    for (int id = 210; id < 212; id++) {
        given_product(id);
        given_stock(id, 10, 10);
        given_order(id, 10);
    }
    struct act first = {.run = ship_joint, .id = 210, .quantity = Q(4)};
    struct act second = {.run = ship_joint, .id = 210, .quantity = Q(5) + 1};
    struct act third = {.run = ship_joint, .id = 210, .quantity = Q(1)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    race(&second, &third);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(third.result, ERR_QUANTITY_EXCEEDED);
    for (int id = 210; id < 212; id++) {
        expect_stock(id, Q(1) - 1, Q(1) - 1);
        ck_assert_int_eq(line_of("shipped", id), Q(9) + 1);
    }
    ck_assert_int_eq(fixture_int("SELECT count(DISTINCT shipment_id) FROM shipment_line"
                                 " WHERE order_id IN (210, 211)"),
                     2);
}
END_TEST

static void ship_five(int id)
{
    given_product(id);
    given_stock(id, 10, 10);
    given_order(id, 10);
    struct act draft = {.run = draft_line, .id = id, .quantity = Q(5)};
    alone(&draft);
    struct act shipping = {.run = ship_draft, .id = drafted};
    alone(&shipping);
    ck_assert_int_eq(shipping.result, OK);
}

START_TEST(a_delivery_fails_once)
{
    ship_five(220);
    struct act first = {.run = deliver_less, .id = drafted, .quantity = Q(2)};
    struct act second = {.run = deliver_less, .id = drafted, .quantity = Q(3)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    expect_stock(220, Q(7), Q(5));
    ck_assert_int_eq(line_of("shipped", 220), Q(3));
    ck_assert_int_eq(line_of("failed", 220), Q(2));
    ck_assert_int_eq(moved(220), Q(-3));
}
END_TEST

START_TEST(an_invoice_behind_a_failed_delivery_bills_no_more_than_what_arrived)
{
    ship_five(230);
    struct act first = {.run = deliver_less, .id = drafted, .quantity = Q(2)};
    struct act second = {.run = bill_order, .id = 230, .quantity = Q(4)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(line_of("invoiced", 230), 0);
}
END_TEST

START_TEST(a_failed_delivery_behind_an_invoice_finds_what_was_billed)
{
    ship_five(240);
    struct act first = {.run = bill_order, .id = 240, .quantity = Q(5)};
    struct act second = {.run = deliver_less, .id = drafted, .quantity = Q(2)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(line_of("invoiced", 240), Q(5));
    ck_assert_int_eq(line_of("shipped", 240), Q(3));
    ck_assert_int_eq(line_of("failed", 240), Q(2));
    struct act third = {.run = bill_order, .id = 240, .quantity = Q(1)};
    alone(&third);
    ck_assert_int_eq(third.result, ERR_QUANTITY_EXCEEDED);
}
END_TEST

START_TEST(of_two_invoices_of_a_shipment_one_bills_its_freight)
{
    ship_five(280);
    fixture_exec("INSERT INTO tax_rate (tenant_id, tax_code_id, valid_from, rate)"
                 " VALUES (1, 1, '2000-01-01', 0) ON CONFLICT DO NOTHING;"
                 "UPDATE shipment SET freight = 500, freight_currency = 'EUR',"
                 " freight_tax_code_id = 1, freight_description = 'Freight'"
                 " WHERE order_id = 280");
    struct act first = {.run = bill_order, .id = 280, .quantity = Q(2)};
    struct act second = {.run = bill_order, .id = 280, .quantity = Q(3)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM invoice_line l JOIN shipment s"
                                 " ON s.id = l.shipment_id AND s.freight_invoice_id = l.invoice_id"
                                 " WHERE s.order_id = 280 AND l.shipment_line_no IS NULL"
                                 " AND l.net = 500"),
                     1);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM invoice_line l JOIN shipment s"
                                 " ON s.id = l.shipment_id WHERE s.order_id = 280"
                                 " AND l.shipment_line_no IS NULL"),
                     1);
}
END_TEST

START_TEST(an_update_that_comes_twice_is_kept_once_and_a_late_one_is_not_the_last_word)
{
    ship_five(250);
    struct act first = {.run = track_one, .id = drafted, .quantity = 2, .arg = "a"};
    struct act second = {.run = track_one, .id = drafted, .quantity = 2, .arg = "a"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    struct act third = {.run = track_one, .id = drafted, .quantity = 3, .arg = "b"};
    struct act fourth = {.run = track_one, .id = drafted, .quantity = 1, .arg = "c"};
    race(&third, &fourth);
    ck_assert_int_eq(fourth.result, OK);
    ck_assert_int_eq(sum_of("1", "shipment_tracking WHERE shipment_id", drafted), 3);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM shipment s JOIN shipment_tracking t"
                                 " ON t.shipment_id = s.id AND t.event_id = 'b'"
                                 " WHERE s.tracking_at = t.occurred_at"
                                 " AND s.tracking_status = 'delivered'"),
                     1);
}
END_TEST

/* Five of product id on their way, with a carrier whose word delivers. */
static void given_carried(int id)
{
    char sql[200];
    ship_five(id);
    fixture_exec("INSERT INTO carrier (tenant_id, id, name, delivers, created_at, updated_at)"
                 " VALUES (1, 1, 'Post', true, now(), now()) ON CONFLICT DO NOTHING");
    snprintf(sql, sizeof sql, "UPDATE shipment SET carrier = 'Post' WHERE id = %" PRId64, drafted);
    fixture_exec(sql);
}

START_TEST(a_shipment_is_delivered_once_by_the_carriers_word_or_by_hand)
{
    given_carried(251);
    struct act word = {.run = track_one, .id = drafted, .quantity = 2, .arg = "a"};
    struct act hand = {.run = deliver_less, .id = drafted, .quantity = Q(2)};
    race(&word, &hand);
    ck_assert_int_eq(word.result, OK);
    ck_assert_int_eq(hand.result, ERR_WRONG_STATE);
    ck_assert_int_eq(line_of("delivered", 251), Q(5));
    ck_assert_int_eq(line_of("failed", 251), 0);
    given_carried(252);
    struct act first = {.run = deliver_less, .id = drafted, .quantity = Q(2)};
    struct act late = {.run = track_one, .id = drafted, .quantity = 2, .arg = "a"};
    race(&first, &late);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(late.result, OK);
    ck_assert_int_eq(line_of("delivered", 252), Q(3));
    ck_assert_int_eq(line_of("failed", 252), Q(2));
    ck_assert_int_eq(sum_of("1", "shipment_tracking WHERE shipment_id", drafted), 1);
}
END_TEST

START_TEST(two_words_of_delivery_at_once_deliver_once)
{
    given_carried(253);
    struct act first = {.run = track_one, .id = drafted, .quantity = 2, .arg = "a"};
    struct act second = {.run = track_one, .id = drafted, .quantity = 3, .arg = "b"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(line_of("delivered", 253), Q(5));
    ck_assert_int_eq(
        sum_of("1", "event WHERE type = 'shipment.delivered' AND resource_id", drafted), 1);
}
END_TEST

START_TEST(a_document_that_is_sent_twice_at_once_is_kept_once)
{
    ship_five(260);
    struct act first = {.run = add_document, .id = drafted, .arg = "slip"};
    struct act second = {.run = add_document, .id = drafted, .arg = "slip"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(sum_of("1", "shipment_document WHERE shipment_id", drafted), 1);
}
END_TEST

START_TEST(shipments_that_get_the_same_content_at_once_share_it)
{
    ship_five(270);
    struct act first = {.run = add_document, .id = drafted, .arg = "shared"};
    ship_five(271);
    struct act second = {.run = add_document, .id = drafted, .arg = "shared"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM shipment_document d JOIN document_content c"
                                 " USING (sha256) WHERE c.content = 'shared'"),
                     2);
}
END_TEST

/* ---- one batch ---- */

enum { COMMANDS = 9 };

static const struct {
    int order;
    const char *external_id;
    int64_t quantities[2]; /* of the lines; none: everything */
    err expected;
    const char *detail; /* NULL: whatever */
} batch[COMMANDS] = {
    {200, "a", {Q(4)}, OK, NULL},
    {200,
     NULL,
     {Q(7)},
     ERR_QUANTITY_EXCEEDED,
     "Line 1: only 6 of order line 1 (SKU) is open to ship."},
    /* What its first line took before the second one failed is there for the next. */
    {201, NULL, {Q(2), Q(1)}, ERR_INSUFFICIENT_STOCK, NULL},
    {201, NULL, {Q(2)}, OK, NULL},
    {999, NULL, {Q(1)}, ERR_INVALID, NULL},
    {200, "a", {Q(1)}, ERR_EXTERNAL_ID_TAKEN, NULL},
    {200, "b", {Q(7)}, ERR_QUANTITY_EXCEEDED, NULL},
    {200, "b", {0}, OK, NULL},
    {200,
     NULL,
     {0},
     ERR_WRONG_STATE,
     "Nothing is open to ship on the order; services are invoiced from the order."},
};

static err run_batch(struct tx *tx, struct call *c, const struct act *a)
{
    (void)a;
    struct call calls[COMMANDS];
    struct problem problems[COMMANDS];
    struct shipment_line_new lines[COMMANDS][2];
    struct shipment_new in[COMMANDS];
    struct shipment out[COMMANDS];
    struct shipments_create_cmd cmds[COMMANDS];
    for (size_t k = 0; k < COMMANDS; k++) {
        size_t n = 0;
        for (; n < 2 && batch[k].quantities[n] > 0; n++)
            lines[k][n] = (struct shipment_line_new){.order_id = NIL64,
                                                     .order_line_no = (int64_t)n + 1,
                                                     .quantity = batch[k].quantities[n]};
        problem_init(&problems[k], c->problem->arena);
        calls[k] = *c;
        calls[k].problem = &problems[k];
        in[k] = (struct shipment_new){.freight = NIL64,
                                      .external_id = batch[k].external_id,
                                      .order_id = batch[k].order,
                                      .ship = true,
                                      .ship_date = NIL32,
                                      .expected_date = NIL32,
                                      .lines = {lines[k], n}};
        cmds[k] = (struct shipments_create_cmd){&calls[k], &in[k], &out[k]};
    }
    TRY(shipments_create(tx, cmds, COMMANDS));
    for (size_t k = 0; k < COMMANDS; k++) {
        ck_assert_msg(problems[k].code == batch[k].expected, "command %zu: %d %s", k,
                      problems[k].code, problems[k].detail);
        if (batch[k].detail != NULL)
            ck_assert_str_eq(problems[k].detail, batch[k].detail);
    }
    char holder[ID_TEXT_MAX];
    id_format("shp", out[0].id, holder);
    ck_assert_str_eq(problems[5].conflicting_id, holder);
    ck_assert_int_eq(out[7].lines.v[0].quantity, Q(6));
    return OK;
}

START_TEST(in_a_batch_each_shipment_finds_what_those_before_it_left)
{
    given_product(200);
    given_product(201);
    given_stock(200, 12, 10);
    given_order(200, 10);
    given_order(201, 0);
    fixture_exec("UPDATE order_line SET product_id = 200 WHERE order_id = 201;"
                 "INSERT INTO order_line (tenant_id, order_id, line_no, product_id, kind, sku,"
                 " description, warehouse_id, quantity, unit_price, discount_percent, tax_code_id,"
                 " tax_rate, net, tax, gross) VALUES (1, 201, 2, 201, 'stock', 'SKU2', 'P', 1,"
                 " 1000000, 1000000, 0, 1, 0, 100, 0, 100)");
    struct act act = {.run = run_batch};
    alone(&act);
    ck_assert_int_eq(act.result, OK);
    ck_assert_int_eq(act.retries, 0);
    expect_stock(200, 0, 0);
    ck_assert_int_eq(moved(200), Q(-12));
    ck_assert_int_eq(line_of("shipped", 200), Q(10));
    ck_assert_int_eq(line_of("shipped", 201), Q(2));
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM sales_order WHERE id = 200"
                                 " AND status = 'fulfilled' AND version = 3"),
                     1);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM shipment WHERE order_id IN (200, 201)"), 3);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM event WHERE resource = 'order'"
                                 " AND resource_id = 200"),
                     2);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        of_two_shipments_of_the_same_line_only_what_is_open_leaves,
        two_shipments_that_fit_the_line_together_both_leave,
        shipments_of_two_orders_share_the_last_stock_without_overselling,
        a_draft_ships_once,
        a_draft_that_is_being_canceled_does_not_ship,
        a_shipment_behind_an_adjustment_sees_what_was_taken_away,
        an_adjustment_behind_a_shipment_sees_what_has_left,
        first_receipts_of_the_same_products_wait_for_each_other_and_add_up,
        a_shipment_line_is_not_invoiced_twice,
        batches_that_name_the_same_orders_crosswise_wait_for_each_other,
        joint_shipments_that_name_the_same_orders_crosswise_wait_for_each_other,
        a_delivery_fails_once,
        an_invoice_behind_a_failed_delivery_bills_no_more_than_what_arrived,
        a_failed_delivery_behind_an_invoice_finds_what_was_billed,
        of_two_invoices_of_a_shipment_one_bills_its_freight,
        an_update_that_comes_twice_is_kept_once_and_a_late_one_is_not_the_last_word,
        a_shipment_is_delivered_once_by_the_carriers_word_or_by_hand,
        two_words_of_delivery_at_once_deliver_once,
        a_document_that_is_sent_twice_at_once_is_kept_once,
        shipments_that_get_the_same_content_at_once_share_it,
        in_a_batch_each_shipment_finds_what_those_before_it_left,
    };
    return race_main("races of shipments", open_company, tests, COUNT_OF(tests));
}
