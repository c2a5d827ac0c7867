/* What shipping costs the customer: the policy, the charge, the line of the invoice. */
#include "tests/support/world.h"

struct shop {
    struct world *w;
    const char *who;
};

static struct shop shop_open(const char *rule)
{
    struct shop s = {.w = world_new()};
    s.who = given_customer(s.w, NULL);
    given_product(s.w, "A", "10.00", 100);
    struct reply r = put(s.w, "/v1/freight-policy",
                         "{'rules':[{'currency':'EUR','tax_code_id':'ext:T19',%s}]}", rule);
    expect(r, 200);
    ck_assert_str_eq(get(s.w, "/v1/freight-policy").body, r.body);
    return s;
}

static struct reply ship(struct shop s, const char *order, const char *more)
{
    struct reply r = post(s.w, "/v1/shipments",
                          "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':"
                          "'1'}]%s}",
                          order, more);
    expect(r, 201);
    ck_assert_str_eq(get(s.w, "/v1/shipments/%s", text(r, "/id")).body, r.body);
    return r;
}

static struct reply bill(struct shop s, const char *order)
{
    struct reply r = post(s.w, "/v1/invoices", "{'order_id':'%s','finalize':true}", order);
    expect(r, 201);
    return r;
}

START_TEST(freight_per_shipment_is_billed_with_its_goods_and_never_twice)
{
    struct shop s = shop_open("'mode':'per_shipment','amount':'4.95'");
    struct world *w = s.w;
    const char *order = given_order(w, s.who, "A", 3);
    struct reply one = ship(s, order, ""), two = ship(s, order, "");
    ck_assert_str_eq(text(one, "/freight"), "4.95");
    ck_assert_str_eq(text(one, "/freight_currency"), "EUR");
    struct reply r = post(w, "/v1/invoices", "{'shipment_id':'%s','finalize':true}",
                          text(one, "/id"));
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/lines"), 2);
    ck_assert_str_eq(text(r, "/lines/1/description"), fmt(w, "Freight %s", text(one, "/number")));
    ck_assert_str_eq(text(r, "/lines/1/unit_price"), "4.95");
    ck_assert_str_eq(text(r, "/lines/1/net"), "4.95");
    ck_assert_str_eq(text(r, "/net"), "14.95");
    ck_assert_str_eq(text(r, "/tax"), "2.84"); /* of the sum, rounded once */
    ck_assert_str_eq(text(r, "/gross"), "17.79");
    ck_assert_str_eq(text(get(w, "/v1/shipments/%s", text(one, "/id")), "/freight_invoice_id"),
                     text(r, "/id"));
    const char *first = fmt(w, "/v1/invoices/%s", text(r, "/id"));
    r = bill(s, order);
    ck_assert_str_eq(text(r, "/net"), "14.95");
    ck_assert_str_eq(text(r, "/lines/1/shipment_id"), text(two, "/id"));
    /* Void, and billed anew with the next invoice. */
    expect(post(w, fmt(w, "%s/void", first), "{}"), 200);
    ck_assert_str_eq(text(get(w, "/v1/shipments/%s", text(one, "/id")), "/freight_invoice_id"),
                     "null");
    r = bill(s, order);
    ck_assert_str_eq(text(r, "/net"), "14.95");
    /* Credited like any line. */
    expect(post(w, "/v1/credit-notes",
                "{'invoice_id':'%s','reason':'goodwill','issue':true,'lines':[{'invoice_line_no':2,"
                "'quantity':'1'}]}",
                text(r, "/id")),
           201);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_part_of_a_shipment_takes_all_of_its_freight)
{
    struct shop s = shop_open("'mode':'per_shipment','amount':'5.00','description':'Shipping'");
    struct world *w = s.w;
    const char *order = given_order(w, s.who, "A", 3);
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order), 201);
    struct reply r = post(w, "/v1/invoices",
                          "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'1'}]}", order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "15.00");
    const char *draft = fmt(w, "/v1/invoices/%s", text(r, "/id"));
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", s.who), "/unbilled"), "41.65");
    r = post(w, "/v1/invoices", "{'order_id':'%s'}", order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "20.00");
    expect(act(w, draft, "void"), 200);
    r = post(w, "/v1/invoices", "{'order_id':'%s'}", order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "15.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(fixed_freight_is_charged_once_an_order)
{
    struct shop s = shop_open("'mode':'fixed','amount':'6.00'");
    struct world *w = s.w;
    const char *order = given_order(w, s.who, "A", 3), *other = given_order(w, s.who, "A", 2);
    ck_assert_str_eq(text(ship(s, order, ""), "/freight"), "6.00");
    ck_assert_str_eq(text(ship(s, order, ""), "/freight"), "null");
    /* One that has its freight and one that has not. */
    struct reply r = post(w, "/v1/shipments",
                          "{'orders':[{'order_id':'%s'},{'order_id':'%s'}],'ship':true}", order,
                          other);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/freight"), "6.00");
    ck_assert_str_eq(text(bill(s, order), "/net"), "42.00");
    ck_assert_str_eq(text(bill(s, other), "/net"), "20.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(actual_freight_is_what_the_shipment_says)
{
    struct shop s = shop_open("'mode':'actual'");
    struct world *w = s.w;
    const char *order = given_order(w, s.who, "A", 5);
    ck_assert_str_eq(text(ship(s, order, ",'freight':'12.34'"), "/freight"), "12.34");
    ck_assert_str_eq(text(ship(s, order, ""), "/freight"), "null");
    ck_assert_str_eq(text(bill(s, order), "/net"), "32.34");
    expect_fault(post(w, "/v1/shipments", "{'order_id':'%s','ship':true,'freight':'1.234'}", order),
                 "/freight", "decimal_scale");
    expect_fault(post(w, "/v1/shipments", "{'order_id':'%s','freight':'1.23'}", order), "/freight",
                 "out_of_place");
    struct reply r = post(w, "/v1/shipments", "{'order_id':'%s'}", order);
    expect(r, 201);
    r = post(w, fmt(w, "/v1/shipments/%s/ship", text(r, "/id")), "{'freight':'0.01'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/freight"), "0.01");
    ck_assert_str_eq(text(bill(s, order), "/net"), "30.01");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_policy_is_checked_and_replaced_as_a_whole)
{
    struct shop s = shop_open("'mode':'per_shipment','amount':'1.00'");
    struct world *w = s.w;
    struct reply r = put(w, "/v1/freight-policy",
                         "{'rules':[{'currency':'EUR','mode':'fixed'},{'currency':'JPY','mode':"
                         "'per_shipment','amount':'1.5','tax_code_id':'ext:T19'},{'currency':"
                         "'EUR','mode':'actual','amount':'1','tax_code_id':'tax_0000000000001'}]}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/rules/0/amount", "required");
    expect_fault(r, "/rules/0/tax_code_id", "required");
    expect_fault(r, "/rules/1/amount", "decimal_scale");
    expect_fault(r, "/rules/2/currency", "repeated");
    expect_fault(r, "/rules/2/amount", "out_of_place");
    expect_fault(r, "/rules/2/tax_code_id", "unknown_reference");
    r = put(w, "/v1/freight-policy", "{'rules':[{'currency':'EUR','mode':'none'}]}");
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/rules"), 0);
    const char *order = given_order(w, s.who, "A", 1);
    expect_fault(post(w, "/v1/shipments", "{'order_id':'%s','ship':true,'freight':'1'}", order),
                 "/freight", "out_of_place");
    ck_assert_str_eq(text(ship(s, order, ""), "/freight"), "null");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event"
                                  " WHERE type = 'freight_policy.changed'"),
                     "2");
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("freight");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, freight_per_shipment_is_billed_with_its_goods_and_never_twice);
    tcase_add_test(tc, a_part_of_a_shipment_takes_all_of_its_freight);
    tcase_add_test(tc, fixed_freight_is_charged_once_an_order);
    tcase_add_test(tc, actual_freight_is_what_the_shipment_says);
    tcase_add_test(tc, a_policy_is_checked_and_replaced_as_a_whole);
    return s;
}

WORLD_MAIN(suite)
