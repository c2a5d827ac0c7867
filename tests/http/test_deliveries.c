/* Deliveries that fail in part: what is open again, what is invoiced, what is back in stock. */
#include "tests/support/world.h"

struct shop {
    struct world *w;
    const char *who, *order, *path; /* of the shipment */
};

/* Ten of A are on their way, `invoiced` of them billed. */
static struct shop shop_open(const char *invoiced)
{
    struct shop s = {.w = world_new()};
    s.who = given_customer(s.w, NULL);
    given_product(s.w, "A", "10.00", 100);
    s.order = given_order(s.w, s.who, "A", 10);
    struct reply r = post(s.w, "/v1/shipments", "{'order_id':'%s','ship':true}", s.order);
    expect(r, 201);
    s.path = fmt(s.w, "/v1/shipments/%s", text(r, "/id"));
    if (invoiced != NULL)
        expect(post(s.w, "/v1/invoices",
                    "{'order_id':'%s','finalize':true,'lines':[{'order_line_no':1,"
                    "'quantity':'%s'}]}",
                    s.order, invoiced),
               201);
    return s;
}

static struct reply deliver(struct shop s, const char *lines)
{
    return post(s.w, fmt(s.w, "%s/deliver", s.path), "{'lines':[%s]}", lines);
}

/* Status, then canceled, shipped, delivered, failed and invoiced of the only line. */
static const char *order_stands(struct shop s)
{
    struct reply r = get(s.w, "/v1/orders/%s", s.order);
    return fmt(s.w, "%s %s %s %s %s %s", text(r, "/status"), text(r, "/lines/0/canceled"),
               text(r, "/lines/0/shipped"), text(r, "/lines/0/delivered"),
               text(r, "/lines/0/failed"), text(r, "/lines/0/invoiced"));
}

static const char *on_hand(struct shop s)
{
    return text(get(s.w, "/v1/stock?sku=A"), "/data/0/on_hand");
}

static const char *exposure(struct shop s)
{
    struct reply r = get(s.w, "/v1/customers/%s/credit", s.who);
    return fmt(s.w, "%s %s %s", text(r, "/ordered"), text(r, "/unbilled"), text(r, "/receivable"));
}

START_TEST(what_is_short_or_lost_is_open_again)
{
    struct shop s = shop_open(NULL);
    struct world *w = s.w;
    ck_assert_str_eq(exposure(s), "0.00 119.00 0.00");
    struct reply r = deliver(s, "{'line_no':1,'exceptions':[{'kind':'short','quantity':'1',"
                                "'reason':'one box missing'},{'kind':'lost','quantity':'2'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "exception");
    ck_assert_str_eq(text(r, "/lines/0/delivered"), "7");
    ck_assert_str_eq(text(r, "/lines/0/failed"), "3");
    ck_assert_str_eq(text(r, "/lines/0/invoiceable"), "7");
    ck_assert_str_eq(text(r, "/exceptions/0/kind"), "short");
    ck_assert_str_eq(text(r, "/exceptions/0/reason"), "one box missing");
    ck_assert_str_eq(text(r, "/exceptions/1/failed"), "2");
    ck_assert_str_eq(text(r, "/exceptions/1/resolution"), "reship");
    ck_assert_str_eq(get(w, "%s", s.path).body, r.body);
    ck_assert_str_eq(order_stands(s), "in_fulfillment 0 7 7 3 0");
    ck_assert_str_eq(exposure(s), "35.70 83.30 0.00");
    ck_assert_str_eq(on_hand(s), "90");
    ck_assert_str_eq(world_sql(w, "SELECT string_agg(type, ' ' ORDER BY seq) FROM event WHERE seq >"
                                  " (SELECT max(seq) FROM event WHERE type = 'shipment.shipped')"),
                     "order.reopened order.in_fulfillment shipment.exception");
    ck_assert_str_eq(world_sql(w, "SELECT after->'lines'->0->>'quantity' FROM event"
                                  " WHERE type = 'order.reopened'"),
                     "3");
    ck_assert_str_eq(world_sql(w, "SELECT after->'exceptions'->1->>'kind' FROM event"
                                  " WHERE type = 'shipment.exception'"),
                     "lost");
    expect_problem(deliver(s, ""), 409, "wrong_state");
    expect_books_balance(w);

    /* The rest ships again, and all of it is billed once. */
    r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", s.order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/lines/0/quantity"), "3");
    r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", s.order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "100.00");
    ck_assert_str_eq(text(r, "/lines/0/quantity"), "7");
    ck_assert_str_eq(text(r, "/lines/1/quantity"), "3");
    ck_assert_str_eq(order_stands(s), "fulfilled 0 10 7 3 10");
    ck_assert_str_eq(exposure(s), "0.00 0.00 119.00");
    ck_assert_str_eq(on_hand(s), "87");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_was_invoiced_and_lost_ships_again_without_another_bill)
{
    struct shop s = shop_open("10");
    struct world *w = s.w;
    expect(deliver(s, "{'line_no':1,'exceptions':[{'kind':'lost','quantity':'2'}]}"), 200);
    ck_assert_str_eq(order_stands(s), "in_fulfillment 0 8 8 2 10");
    ck_assert_str_eq(exposure(s), "0.00 0.00 119.00");
    expect_problem(post(w, "/v1/invoices", "{'order_id':'%s'}", s.order), 409, "quantity_exceeded");
    struct reply r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", s.order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/lines/0/quantity"), "2");
    ck_assert_str_eq(text(r, "/lines/0/invoiceable"), "0");
    ck_assert_uint_eq(length(r, "/allowed_actions"), 1); /* deliver */
    expect_problem(post(w, "/v1/invoices", "{'order_id':'%s'}", s.order), 409, "quantity_exceeded");
    ck_assert_str_eq(order_stands(s), "fulfilled 0 10 8 2 10");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(of_what_was_half_invoiced_the_replacement_bills_the_rest)
{
    struct shop s = shop_open("4");
    struct world *w = s.w;
    expect(deliver(s, "{'line_no':1,'delivered':'2','exceptions':[{'kind':'damaged','quantity':"
                      "'8'}]}"),
           200);
    ck_assert_str_eq(order_stands(s), "in_fulfillment 0 2 2 8 4");
    expect_problem(post(w, "/v1/invoices", "{'order_id':'%s'}", s.order), 409, "quantity_exceeded");
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", s.order), 201);
    struct reply r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", s.order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/lines/0/quantity"), "6");
    ck_assert_str_eq(text(r, "/net"), "60.00");
    ck_assert_str_eq(exposure(s), "0.00 0.00 119.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(refused_goods_come_back_to_stock_when_they_are_said_to)
{
    struct shop s = shop_open(NULL);
    struct world *w = s.w;
    struct reply r = deliver(s, "{'line_no':1,'exceptions':[{'kind':'refused','quantity':'4',"
                                "'restock':true},{'kind':'damaged','quantity':'1','restock':true}]"
                                "}");
    expect_fault(r, "/lines/0/exceptions/1/restock", "out_of_place");
    r = deliver(s, "{'line_no':1,'exceptions':[{'kind':'refused','quantity':'4','restock':true},"
                   "{'kind':'damaged','quantity':'1'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/exceptions/0/restocked"), "true");
    ck_assert_str_eq(on_hand(s), "94");
    r = get(w, "/v1/stock/movements?kind=undelivered");
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/quantity"), "4");
    ck_assert_str_eq(text(r, "/data/0/reason"), "refused");
    ck_assert_str_eq(text(r, "/data/0/credit_note_id"), "null");
    ck_assert_str_eq(fmt(w, "/v1/shipments/%s", text(r, "/data/0/shipment_id")), s.path);
    ck_assert_str_eq(order_stands(s), "in_fulfillment 0 5 5 5 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(without_a_replacement_the_line_is_closed_or_left_to_a_credit_note)
{
    struct shop s = shop_open("7");
    struct world *w = s.w;
    /* Three of five were not invoiced: canceled. Two were: they stay, to be credited. */
    struct reply r = deliver(s, "{'line_no':1,'exceptions':[{'kind':'refused','quantity':'5',"
                                "'resolution':'close','restock':true}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/exceptions/0/failed"), "3");
    ck_assert_str_eq(text(r, "/lines/0/invoiceable"), "0");
    ck_assert_str_eq(order_stands(s), "fulfilled 3 7 5 3 7");
    ck_assert_str_eq(exposure(s), "0.00 0.00 83.30");
    ck_assert_str_eq(on_hand(s), "95");
    expect_problem(post(w, "/v1/shipments", "{'order_id':'%s'}", s.order), 409, "wrong_state");
    const char *invoice = text(get(w, "/v1/invoices?order_id=%s", s.order), "/data/0/id");
    expect(post(w, "/v1/credit-notes",
                "{'invoice_id':'%s','reason':'damaged','issue':true,'lines':[{'invoice_line_no':1,"
                "'quantity':'2'}]}",
                invoice),
           201);
    ck_assert_str_eq(exposure(s), "0.00 0.00 59.50");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_closed_order_takes_nothing_back)
{
    struct shop s = shop_open("10");
    struct world *w = s.w;
    expect(act(w, fmt(w, "/v1/orders/%s", s.order), "close"), 200);
    expect_problem(deliver(s, "{'line_no':1,'exceptions':[{'kind':'lost','quantity':'2'}]}"), 409,
                   "wrong_state");
    expect(deliver(s, "{'line_no':1,'exceptions':[{'kind':'lost','quantity':'2','resolution':"
                      "'close'}]}"),
           200);
    ck_assert_str_eq(order_stands(s), "closed 0 10 8 0 10");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_replacement_can_be_lost_too)
{
    struct shop s = shop_open("10");
    struct world *w = s.w;
    expect(deliver(s, "{'line_no':1,'exceptions':[{'kind':'lost','quantity':'2'}]}"), 200);
    struct reply r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", s.order);
    expect(r, 201);
    s.path = fmt(w, "/v1/shipments/%s", text(r, "/id"));
    /* It was paid for with the first: nothing to cancel, two to credit. */
    r = deliver(s, "{'line_no':1,'exceptions':[{'kind':'lost','quantity':'2','resolution':"
                   "'close'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/exceptions/0/failed"), "0");
    ck_assert_str_eq(order_stands(s), "fulfilled 0 10 8 2 10");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(quantities_must_add_up_and_all_faults_come_at_once)
{
    struct shop s = shop_open(NULL);
    struct world *w = s.w;
    struct reply r = deliver(s, "{'line_no':1,'exceptions':[{'kind':'lost','quantity':'1'},"
                                "{'kind':'lost','quantity':'1','restock':true}]},"
                                "{'line_no':2},{'line_no':1}");
    expect_fault(r, "/lines/0/exceptions/1/kind", "repeated");
    expect_fault(r, "/lines/0/exceptions/1/restock", "out_of_place");
    expect_fault(r, "/lines/1/line_no", "unknown_reference");
    expect_fault(r, "/lines/2/line_no", "repeated");
    r = deliver(s, "{'line_no':1,'exceptions':[{'kind':'stolen','quantity':'1.0000001'}]}");
    expect_fault(r, "/lines/0/exceptions/0/kind", "not_a_choice");
    expect_problem(
        deliver(s, "{'line_no':1,'exceptions':[{'kind':'lost','quantity':'10.000001'}]}"), 409,
        "quantity_exceeded");
    expect_problem(deliver(s, "{'line_no':1,'delivered':'9','exceptions':[{'kind':'lost',"
                              "'quantity':'1.5'}]}"),
                   409, "quantity_exceeded");
    ck_assert_str_eq(order_stands(s), "fulfilled 0 10 0 0 0");
    ck_assert_str_eq(text(get(w, "%s", s.path), "/status"), "shipped");
    /* Less than all may be accounted for: the rest is neither delivered nor open again. */
    expect(
        deliver(s, "{'line_no':1,'delivered':'8','exceptions':[{'kind':'lost','quantity':'1'}]}"),
        200);
    ck_assert_str_eq(order_stands(s), "in_fulfillment 0 9 8 1 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(nothing_comes_back_on_a_day_that_is_locked)
{
    struct shop s = shop_open(NULL);
    struct world *w = s.w;
    expect(patch(w, "/v1/tenant", "{'locked_until':'2099-12-31'}"), 200);
    struct request_options o = {
        .api_key = world_key_with(w, "shipments:write"), .key = "", .if_match = "*"};
    struct reply r = request(w, "POST", fmt(w, "%s/deliver", s.path),
                             "{\"lines\":[{\"line_no\":1,\"exceptions\":[{\"kind\":\"refused\","
                             "\"quantity\":\"1\",\"restock\":true}]}]}",
                             &o);
    expect_problem(r, 422, "period_locked");
    ck_assert_str_eq(on_hand(s), "90");
    world_free(w);
}
END_TEST

START_TEST(what_failed_is_open_on_the_order_that_it_was_of)
{
    struct shop s = shop_open(NULL);
    struct world *w = s.w;
    const char *one = given_order(w, s.who, "A", 3), *two = given_order(w, s.who, "A", 2);
    struct reply r = post(w, "/v1/shipments",
                          "{'orders':[{'order_id':'%s'},{'order_id':'%s'}],'ship':true}", one, two);
    expect(r, 201);
    s.path = fmt(w, "/v1/shipments/%s", text(r, "/id"));
    expect(deliver(s, "{'line_no':2,'exceptions':[{'kind':'refused','quantity':'1'}]}"), 200);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", one), "/status"), "fulfilled");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", two), "/status"), "in_fulfillment");
    r = post(w, "/v1/invoices", "{'order_id':'%s'}", two);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "10.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("deliveries");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, what_is_short_or_lost_is_open_again);
    tcase_add_test(tc, what_was_invoiced_and_lost_ships_again_without_another_bill);
    tcase_add_test(tc, of_what_was_half_invoiced_the_replacement_bills_the_rest);
    tcase_add_test(tc, refused_goods_come_back_to_stock_when_they_are_said_to);
    tcase_add_test(tc, without_a_replacement_the_line_is_closed_or_left_to_a_credit_note);
    tcase_add_test(tc, a_closed_order_takes_nothing_back);
    tcase_add_test(tc, a_replacement_can_be_lost_too);
    tcase_add_test(tc, quantities_must_add_up_and_all_faults_come_at_once);
    tcase_add_test(tc, nothing_comes_back_on_a_day_that_is_locked);
    tcase_add_test(tc, what_failed_is_open_on_the_order_that_it_was_of);
    return s;
}

WORLD_MAIN(suite)
