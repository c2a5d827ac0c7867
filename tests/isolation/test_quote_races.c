/* One quote, two who want it. */
#include "server/quotes/quotes.h"
#include "tests/isolation/goods.h"

static void open_shop(void)
{
    open_company();
    fixture_exec("INSERT INTO tax_rate (tenant_id, tax_code_id, valid_from, rate)"
                 " VALUES (1, 1, '2000-01-01', 19000000)");
}

/* An open quote of 2 pieces of the product of the same number. */
static void given_quote(int id)
{
    char sql[1500];
    given_product(id);
    snprintf(
        sql, sizeof sql,
        "INSERT INTO quote (tenant_id, id, number, customer_id, currency, status, revision,"
        " created_at, updated_at)"
        " VALUES (1, %d, 'QUO-%d', 1, 'EUR', 'open', 1, now(), now());"
        "INSERT INTO quote_revision (tenant_id, quote_id, revision, quote_date, valid_until,"
        " payment_terms_days, discount, net, tax, gross, line_count, created_at)"
        " VALUES (1, %d, 1, '2024-01-01', '2199-01-01', 30, 0, 200, 38, 238, 1, now());"
        "INSERT INTO quote_line (tenant_id, quote_id, revision, line_no, product_id, kind, sku,"
        " description, warehouse_id, quantity, unit_price, price_source, discount_percent,"
        " discount_amount, order_discount, tax_code_id, tax_rate, net, tax, gross)"
        " VALUES (1, %d, 1, 1, %d, 'stock', 'SKU%d', 'P', 1, 2000000, 1000000, 'request', 0,"
        " 0, 0, 1, 19000000, 200, 38, 238)",
        id, id, id, id, id, id);
    fixture_exec(sql);
}

static err accept(struct tx *tx, struct call *c, const struct act *a)
{
    struct quote_accept in;
    struct order out;
    json_set_all_absent(&quote_accept_type, &in);
    c->path_id[0] = a->id;
    return quotes_accept(tx, c, &in, &out);
}

static err decline(struct tx *tx, struct call *c, const struct act *a)
{
    struct quote_decline in = {.reason = "too dear"};
    struct quote out;
    c->path_id[0] = a->id;
    return quotes_decline(tx, c, &in, &out);
}

/* Offers `quantity` pieces. */
static err offer(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_line_new line;
    struct quote_new in;
    struct quote out;
    json_set_all_absent(&order_line_new_type, &line);
    json_set_all_absent(&quote_new_type, &in);
    line.product_id = a->id;
    line.quantity = a->quantity;
    line.unit_price = 1000000;
    line.has = UINT64_C(1) << order_line_new_has_quantity;
    in.has = UINT64_C(1) << quote_new_has_lines;
    in.customer_id = 1;
    in.lines = (struct order_line_new_list){&line, 1};
    c->path_id[0] = a->id;
    TRY(quotes_put(tx, c, &in, &out));
    ((struct act *)a)->made = out.revision;
    return OK;
}

static int64_t orders_of(int64_t quote)
{
    return sum_of("1", "sales_order WHERE quote_id", quote);
}

START_TEST(a_quote_that_two_accept_becomes_one_order)
{
    given_quote(101);
    struct act first = {.run = accept, .id = 101}, second = {.run = accept, .id = 101};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(orders_of(101), 1);
}
END_TEST

START_TEST(a_quote_is_accepted_or_declined_not_both)
{
    given_quote(102);
    struct act first = {.run = decline, .id = 102}, second = {.run = accept, .id = 102};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(orders_of(102), 0);
    given_quote(103);
    first = (struct act){.run = accept, .id = 103};
    second = (struct act){.run = decline, .id = 103};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(orders_of(103), 1);
}
END_TEST

START_TEST(what_two_offer_at_once_is_one_offer_or_two_but_never_lost)
{
    given_quote(120);
    struct act first = {.run = offer, .id = 120, .quantity = Q(3)};
    struct act same = {.run = offer, .id = 120, .quantity = Q(3)};
    race(&first, &same);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(same.result, OK);
    ck_assert_int_eq(first.made, 2);
    ck_assert_int_eq(same.made, 2);
    struct act more = {.run = offer, .id = 120, .quantity = Q(4)};
    struct act less = {.run = offer, .id = 120, .quantity = Q(1)};
    race(&more, &less);
    ck_assert_int_eq(more.made, 3);
    ck_assert_int_eq(less.made, 4);
}
END_TEST

START_TEST(an_offer_behind_an_acceptance_comes_too_late)
{
    given_quote(121);
    struct act first = {.run = accept, .id = 121};
    struct act second = {.run = offer, .id = 121, .quantity = Q(9)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_EXTERNAL_ID_TAKEN);
    ck_assert_int_eq(orders_of(121), 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_quote_that_two_accept_becomes_one_order,
        a_quote_is_accepted_or_declined_not_both,
        what_two_offer_at_once_is_one_offer_or_two_but_never_lost,
        an_offer_behind_an_acceptance_comes_too_late,
    };
    return race_main("quote races", open_shop, tests, COUNT_OF(tests));
}
