/* One blanket order, and several who draw from it or give back. */
#include "server/blankets/blankets.h"
#include "tests/isolation/goods.h"

static void open_shop(void)
{
    open_company();
    fixture_exec("INSERT INTO tax_rate (tenant_id, tax_code_id, valid_from, rate)"
                 " VALUES (1, 1, '2000-01-01', 19000000)");
}

/* A blanket order of 10 pieces of the product of the same number. */
static void given_blanket(int id)
{
    char sql[900];
    given_product(id);
    snprintf(sql, sizeof sql,
             "INSERT INTO blanket_order (tenant_id, id, number, status, customer_id, currency,"
             " valid_from, valid_to, payment_terms_days, line_count, created_at, updated_at)"
             " VALUES (1, %d, 'BLK-%d', 'open', 1, 'EUR', '2000-01-01', '2199-01-01', 30, 1,"
             " now(), now());"
             "INSERT INTO blanket_line (tenant_id, blanket_order_id, line_no, product_id, sku,"
             " description, unit_price, discount_percent, quantity)"
             " VALUES (1, %d, 1, %d, 'SKU%d', 'P', 1000000, 0, 10000000)",
             id, id, id, id, id);
    fixture_exec(sql);
}

static err call_off(struct tx *tx, struct call *c, const struct act *a)
{
    struct call_off_line line;
    struct call_off in;
    struct order out;
    json_set_all_absent(&call_off_line_type, &line);
    json_set_all_absent(&call_off_type, &in);
    line.line_no = 1;
    line.quantity = a->quantity;
    in.lines = (struct call_off_line_list){&line, 1};
    c->path_id[0] = a->id;
    err e = blankets_call_off(tx, c, &in, &out);
    if (e == OK)
        ((struct act *)a)->made = out.id;
    return e;
}

/* Agrees on `quantity` pieces anew. */
static err agree(struct tx *tx, struct call *c, const struct act *a)
{
    struct blanket_line_new line;
    struct blanket_new in;
    struct blanket out;
    json_set_all_absent(&blanket_line_new_type, &line);
    json_set_all_absent(&blanket_new_type, &in);
    line.product_id = a->id;
    line.quantity = a->quantity;
    line.unit_price = 1000000;
    line.has = UINT64_C(1) << blanket_line_new_has_quantity;
    in.has = UINT64_C(1) << blanket_new_has_lines;
    in.customer_id = 1;
    in.valid_to = 60000;
    in.lines = (struct blanket_line_new_list){&line, 1};
    c->path_id[0] = a->id;
    return blankets_put(tx, c, &in, &out);
}

static err cancel(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_cancel in;
    struct order out;
    json_set_all_absent(&order_cancel_type, &in);
    c->path_id[0] = a->id;
    return orders_cancel(tx, c, &in, &out);
}

static int64_t called(int64_t blanket)
{
    return sum_of("called", "blanket_line WHERE blanket_order_id", blanket);
}

static int64_t drawn(int64_t blanket)
{
    return sum_of("quantity - canceled",
                  "order_line l JOIN sales_order o ON o.id = l.order_id WHERE o.blanket_order_id",
                  blanket);
}

START_TEST(two_call_offs_never_draw_more_than_is_open)
{
    given_blanket(401);
    struct act first = {.run = call_off, .id = 401, .quantity = Q(6)};
    struct act second = {.run = call_off, .id = 401, .quantity = Q(6)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(called(401), Q(6));
    ck_assert_int_eq(drawn(401), Q(6));
}
END_TEST

START_TEST(a_call_off_behind_another_gets_what_that_left)
{
    given_blanket(402);
    struct act first = {.run = call_off, .id = 402, .quantity = Q(6)};
    struct act second = {.run = call_off, .id = 402, .quantity = Q(4)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(called(402), Q(10));
}
END_TEST

START_TEST(a_cancellation_and_a_call_off_both_count)
{
    given_blanket(403);
    struct act made = {.run = call_off, .id = 403, .quantity = Q(6)};
    alone(&made);
    struct act first = {.run = cancel, .id = made.made};
    struct act second = {.run = call_off, .id = 403, .quantity = Q(3)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(called(403), Q(3));
    ck_assert_int_eq(drawn(403), Q(3));
}
END_TEST

START_TEST(two_cancellations_of_one_call_off_give_back_once)
{
    given_blanket(404);
    struct act made = {.run = call_off, .id = 404, .quantity = Q(6)};
    alone(&made);
    struct act first = {.run = cancel, .id = made.made}, second = {.run = cancel, .id = made.made};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(called(404), 0);
}
END_TEST

START_TEST(a_blanket_order_is_agreed_anew_or_called_off_whoever_comes_first)
{
    given_blanket(430);
    struct act first = {.run = call_off, .id = 430, .quantity = Q(6)};
    struct act second = {.run = agree, .id = 430, .quantity = Q(5)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_EXTERNAL_ID_TAKEN);
    ck_assert_int_eq(called(430), Q(6));
    given_blanket(431);
    struct act anew = {.run = agree, .id = 431, .quantity = Q(5)};
    struct act late = {.run = call_off, .id = 431, .quantity = Q(6)};
    race(&anew, &late);
    ck_assert_int_eq(anew.result, OK);
    ck_assert_int_eq(late.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(drawn(431), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        two_call_offs_never_draw_more_than_is_open,
        a_call_off_behind_another_gets_what_that_left,
        a_cancellation_and_a_call_off_both_count,
        two_cancellations_of_one_call_off_give_back_once,
        a_blanket_order_is_agreed_anew_or_called_off_whoever_comes_first,
    };
    return race_main("blanket races", open_shop, tests, COUNT_OF(tests));
}
