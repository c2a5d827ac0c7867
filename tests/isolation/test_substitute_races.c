/* Substitutions that race for the last pieces of a substitute, with each other and with orders. */
#include "server/orders/orders.h"
#include "tests/isolation/goods.h"

/* ---- what the transactions do ---- */

/* A quantity of line 1 of order id goes by product `made`; 0: by the one that has enough. */
static err substitute(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_substitute_line line = {
        .line_no = 1, .product_id = a->made > 0 ? a->made : NIL64, .quantity = a->quantity};
    struct order_substitute in = {.lines = {&line, 1}};
    struct order out;
    c->path_id[0] = a->id;
    return orders_substitute(tx, c, &in, &out);
}

/* An order of a quantity of product id that accepts substitutes. */
static err order(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_line_new line;
    struct order_new in;
    struct order out;
    struct orders_create_cmd cmd = {c, &in, &out};
    json_set_all_absent(&order_line_new_type, &line);
    json_set_all_absent(&order_new_type, &in);
    line.product_id = a->id;
    line.quantity = a->quantity;
    line.unit_price = 1000000;
    in.customer_id = a->made;
    in.confirm = true;
    in.substitution = "accept";
    in.lines = (struct order_line_new_list){&line, 1};
    TRY(orders_create(tx, &cmd, 1));
    return c->problem->code;
}

/* ---- what there is ---- */

/* Product id without stock, its substitute id + 2 with so many pieces, and two orders, id and
 * id + 1, of customers of their own, that wait for 10 of it. */
static void given_short(int id, int pieces)
{
    char sql[1200];
    given_product(id);
    given_product(id + 1);
    given_product(id + 2);
    given_stock(id, 0, 0);
    given_stock(id + 2, pieces, 0);
    given_order(id, 0);
    given_order(id + 1, 0);
    snprintf(sql, sizeof sql,
             "INSERT INTO product_substitute (tenant_id, product_id, rank, substitute_id)"
             " VALUES (1, %d, 1, %d);"
             "INSERT INTO credit_account (tenant_id, id, currency, ordered)"
             " VALUES (1, %d, 'EUR', 1000000);"
             "INSERT INTO customer (tenant_id, id, name, currency, credit_account_id, created_at,"
             " updated_at) VALUES (1, %d, 'C', 'EUR', %d, now(), now());"
             "UPDATE order_line SET product_id = %d, backorder = true, backordered = 10000000"
             " WHERE order_id IN (%d, %d);"
             "UPDATE sales_order SET credit_account_id = %d, customer_id = %d WHERE id = %d",
             id, id + 2, id + 1, id + 1, id + 1, id, id, id + 1, id + 1, id + 1, id + 1);
    fixture_exec(sql);
}

/* ---- the races ---- */

START_TEST(two_substitutions_never_share_the_last_pieces)
{
    given_short(100, 7);
    struct act first = {.run = substitute, .id = 100, .quantity = Q(4)};
    struct act second = {.run = substitute, .id = 101, .quantity = Q(4)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    ck_assert_str_eq(second.detail, "Line 2 wants 4 of SKU102, 3 are available.");
    expect_stock(102, Q(7), Q(4));
    ck_assert_int_eq(line_of("backordered", 100), Q(6));
    ck_assert_int_eq(line_of("quantity", 100), Q(10));
    ck_assert_int_eq(line_of("backordered", 101), Q(10));
    ck_assert_int_eq(sum_of("1", "order_line WHERE substitutes_line_no = 1 AND order_id", 100), 1);
}
END_TEST

START_TEST(two_substitutions_that_fit_both_go)
{
    given_short(110, 10);
    struct act first = {.run = substitute, .id = 110, .quantity = Q(6), .made = 112};
    struct act second = {.run = substitute, .id = 111, .quantity = Q(4), .made = 112};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    expect_stock(112, Q(10), Q(10));
}
END_TEST

START_TEST(a_line_is_replaced_once)
{
    given_short(120, 20);
    struct act first = {.run = substitute, .id = 120, .quantity = NIL64};
    struct act second = {.run = substitute, .id = 120, .quantity = NIL64};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_ne(second.result, OK);
    expect_stock(122, Q(20), Q(10));
}
END_TEST

START_TEST(orders_that_accept_substitutes_never_share_the_last_pieces)
{
    given_short(130, 7);
    struct act first = {.run = order, .id = 130, .quantity = Q(4), .made = 1};
    struct act second = {.run = order, .id = 130, .quantity = Q(4), .made = 131};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_INSUFFICIENT_STOCK);
    expect_stock(132, Q(7), Q(4));
    struct act third = {.run = substitute, .id = 130, .quantity = Q(2)};
    struct act fourth = {.run = order, .id = 130, .quantity = Q(2), .made = 131};
    race(&third, &fourth);
    ck_assert_int_eq(third.result, OK);
    ck_assert_int_eq(fourth.result, ERR_INSUFFICIENT_STOCK);
    expect_stock(132, Q(7), Q(6));
}
END_TEST

static void open_taxed_company(void)
{
    open_company();
    fixture_exec("INSERT INTO tax_rate VALUES (1, 1, '2000-01-01', 0)");
}

int main(void)
{
    const TTest *const tests[] = {
        two_substitutions_never_share_the_last_pieces,
        two_substitutions_that_fit_both_go,
        a_line_is_replaced_once,
        orders_that_accept_substitutes_never_share_the_last_pieces,
    };
    return race_main("races of substitutions", open_taxed_company, tests, COUNT_OF(tests));
}
