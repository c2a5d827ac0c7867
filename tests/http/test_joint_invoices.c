/* One invoice over several orders or shipments of one payer. */
#include "tests/support/world.h"
#include <string.h>

struct shop {
    struct world *w;
    const char *who, *a, *b; /* two orders, all shipped */
    const char *ship_a, *ship_b;
};

static const char *shipped(struct shop s, const char *order)
{
    struct reply r = post(s.w, "/v1/shipments", "{'order_id':'%s','ship':true}", order);
    expect(r, 201);
    return fmt(s.w, "%s", text(r, "/id"));
}

/* 10 and 20 of A at 0.33 each; with 19 % tax. */
static struct shop shop_open(void)
{
    struct shop s = {.w = world_new()};
    s.who = given_customer(s.w, NULL);
    given_product(s.w, "A", "0.33", 1000);
    s.a = given_order(s.w, s.who, "A", 5);
    s.b = given_order(s.w, s.who, "A", 7);
    s.ship_a = shipped(s, s.a);
    s.ship_b = shipped(s, s.b);
    return s;
}

static struct reply bill(struct shop s, const char *more)
{
    return post(s.w, "/v1/invoices", "{'orders':[{'order_id':'%s'},{'order_id':'%s'}]%s}", s.a, s.b,
                more);
}

static const char *exposure(struct shop s)
{
    struct reply r = get(s.w, "/v1/customers/%s/credit", s.who);
    return fmt(s.w, "%s %s %s", text(r, "/ordered"), text(r, "/unbilled"), text(r, "/receivable"));
}

static const char *invoiced(struct shop s, const char *order)
{
    return text(get(s.w, "/v1/orders/%s", order), "/lines/0/invoiced");
}

static void close_shop(struct shop s)
{
    expect_books_balance(s.w);
    world_free(s.w);
}

START_TEST(two_orders_are_billed_together_exactly)
{
    struct shop s = shop_open();
    struct reply r = bill(s, ",'finalize':true");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/number"), "INV-000001");
    ck_assert_str_eq(text(r, "/order_id"), "null");
    ck_assert_str_eq(text(r, "/net"), "3.96");
    ck_assert_str_eq(text(r, "/tax"), "0.75"); /* of the whole: 0.7524; not 0.31 + 0.44 */
    ck_assert_str_eq(text(r, "/gross"), "4.71");
    ck_assert_uint_eq(length(r, "/lines"), 2);
    ck_assert_str_eq(text(r, "/lines/0/order_id"), s.a);
    ck_assert_str_eq(text(r, "/lines/1/order_id"), s.b);
    ck_assert_str_eq(text(r, "/lines/1/line_no"), "2");
    ck_assert_str_eq(text(r, "/lines/1/shipment_id"), s.ship_b);
    ck_assert_str_eq(exposure(s), "0.00 0.00 4.71");
    ck_assert_str_eq(text(get(s.w, "/v1/orders/%s", s.b), "/status"), "fulfilled");
    struct reply told = get(s.w, "/v1/orders/%s/timeline", s.b);
    bool found = false;
    for (size_t i = 0; i < length(told, "/entries"); i++)
        found = found ||
                strcmp(text(told, fmt(s.w, "/entries/%zu/type", i)), "invoice.finalized") == 0;
    ck_assert(found);
    struct reply listed = get(s.w, "/v1/invoices?order_id=%s", s.b);
    ck_assert_uint_eq(length(listed, "/data"), 1);
    ck_assert_str_eq(text(listed, "/data/0/id"), text(r, "/id"));
    expect_problem(bill(s, ""), 409, "quantity_exceeded");
    close_shop(s);
}
END_TEST

START_TEST(all_orders_are_billed_or_none)
{
    struct shop s = shop_open();
    expect(post(s.w, "/v1/invoices", "{'order_id':'%s'}", s.b), 201);
    struct reply r = bill(s, "");
    expect_problem(r, 409, "quantity_exceeded");
    ck_assert_str_eq(invoiced(s, s.a), "0");
    expect(post(s.w, "/v1/invoices", "{'order_id':'%s','finalize':true}", s.a), 201);
    close_shop(s);
}
END_TEST

START_TEST(what_is_voided_can_be_billed_again_order_by_order)
{
    struct shop s = shop_open();
    struct reply r = bill(s, "");
    expect(r, 201);
    const char *draft = text(r, "/id");
    ck_assert_str_eq(exposure(s), "0.00 4.71 0.00");
    ck_assert_str_eq(text(get(s.w, "/v1/orders/%s/blockers", s.a), "/blockers/0/invoice_id"),
                     draft);
    expect(act(s.w, fmt(s.w, "/v1/invoices/%s", draft), "void"), 200);
    ck_assert_str_eq(invoiced(s, s.a), "0");
    ck_assert_str_eq(invoiced(s, s.b), "0");
    r = bill(s, ",'finalize':true");
    expect(r, 201);
    expect(act(s.w, fmt(s.w, "/v1/invoices/%s", text(r, "/id")), "void"), 200);
    ck_assert_str_eq(exposure(s), "0.00 4.71 0.00");
    expect(post(s.w, "/v1/invoices", "{'order_id':'%s','finalize':true}", s.a), 201);
    expect(post(s.w, "/v1/invoices", "{'order_id':'%s','finalize':true}", s.b), 201);
    close_shop(s);
}
END_TEST

START_TEST(a_credit_note_counts_on_the_lines_of_each_order)
{
    struct shop s = shop_open();
    struct reply r = bill(s, ",'finalize':true");
    expect(r, 201);
    expect(post(s.w, "/v1/credit-notes",
                "{'invoice_id':'%s','reason':'damaged','issue':true,'lines':[{'invoice_line_no':1,"
                "'quantity':'2'},{'invoice_line_no':2,'quantity':'3'}]}",
                text(r, "/id")),
           201);
    ck_assert_str_eq(text(get(s.w, "/v1/orders/%s", s.a), "/lines/0/credited"), "2");
    ck_assert_str_eq(text(get(s.w, "/v1/orders/%s", s.b), "/lines/0/credited"), "3");
    expect(post(s.w, "/v1/credit-notes", "{'invoice_id':'%s','reason':'damaged','issue':true}",
                text(r, "/id")),
           201);
    ck_assert_str_eq(exposure(s), "0.00 0.00 0.00");
    close_shop(s);
}
END_TEST

START_TEST(shipments_are_billed_together_and_nothing_else)
{
    struct shop s = shop_open();
    const char *more = given_order(s.w, s.who, "A", 2);
    expect(put(s.w, "/v1/freight-policy",
               "{'rules':[{'currency':'EUR','mode':'actual','tax_code_id':'ext:T19'}]}"),
           200);
    struct reply r = post(s.w, "/v1/shipments",
                          "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'1'}],"
                          "'ship':true,'freight':'4.00'}",
                          more);
    expect(r, 201);
    const char *third = fmt(s.w, "%s", text(r, "/id"));
    r = post(s.w, "/v1/invoices",
             "{'finalize':true,'shipments':[{'shipment_id':'%s'},{'shipment_id':'%s'}]}", s.ship_a,
             third);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "5.98"); /* 1.65 + 0.33 + 4.00 */
    ck_assert_uint_eq(length(r, "/lines"), 3);
    ck_assert_str_eq(invoiced(s, s.b), "0");
    ck_assert_str_eq(invoiced(s, more), "1");
    r = post(s.w, "/v1/invoices", "{'shipments':[{'shipment_id':'shp_0000000000001'}]}");
    expect_fault(r, "/shipments/0/shipment_id", "unknown");
    close_shop(s);
}
END_TEST

START_TEST(orders_that_do_not_agree_are_not_billed_together)
{
    struct shop s = shop_open();
    const char *other = given_customer(s.w, NULL);
    const char *theirs = given_order(s.w, other, "A", 1);
    shipped(s, theirs);
    expect_problem(
        post(s.w, "/v1/invoices", "{'orders':[{'order_id':'%s'},{'order_id':'%s'}]}", s.a, theirs),
        409, "wrong_state");
    struct reply r = post(s.w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'payment_terms_days':7,'lines':"
                          "[{'sku':'A','quantity':'1'}]}",
                          s.who);
    expect(r, 201);
    const char *soon = fmt(s.w, "%s", text(r, "/id"));
    shipped(s, soon);
    const char *both = fmt(s.w, "'orders':[{'order_id':'%s'},{'order_id':'%s'}]", s.a, soon);
    expect_problem(post(s.w, "/v1/invoices", "{%s}", both), 409, "wrong_state");
    r = post(s.w, "/v1/invoices", "{%s,'order_id':'%s','lines':[{'order_line_no':1}]}", both, s.a);
    expect_fault(r, "/orders", "ambiguous");
    expect_fault(r, "/lines", "not_allowed");
    expect_fault(
        post(s.w, "/v1/invoices", "{'orders':[{'order_id':'%s'},{'order_id':'%s'}]}", s.a, s.a),
        "/orders/1/order_id", "repeated");
    expect_fault(post(s.w, "/v1/invoices",
                      "{'orders':[{'order_id':'%s'},{'order_id':'ord_0000000000001'}]}", s.a),
                 "/orders/1/order_id", "unknown");
    expect(post(s.w, "/v1/invoices", "{%s,'payment_terms_days':14}", both), 201);
    close_shop(s);
}
END_TEST

START_TEST(a_repeated_put_finds_the_same_orders)
{
    struct shop s = shop_open();
    const char *body = fmt(s.w, "{'orders':[{'order_id':'%s'},{'order_id':'%s'}]}", s.a, s.b);
    expect(put(s.w, "/v1/invoices/ext:J1", "%s", body), 201);
    expect(put(s.w, "/v1/invoices/ext:J1", "%s", body), 200);
    expect_problem(put(s.w, "/v1/invoices/ext:J1", "{'orders':[{'order_id':'%s'}]}", s.a), 409,
                   "external_id_taken");
    close_shop(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("joint invoices");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, two_orders_are_billed_together_exactly);
    tcase_add_test(t, all_orders_are_billed_or_none);
    tcase_add_test(t, what_is_voided_can_be_billed_again_order_by_order);
    tcase_add_test(t, a_credit_note_counts_on_the_lines_of_each_order);
    tcase_add_test(t, shipments_are_billed_together_and_nothing_else);
    tcase_add_test(t, orders_that_do_not_agree_are_not_billed_together);
    tcase_add_test(t, a_repeated_put_finds_the_same_orders);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
