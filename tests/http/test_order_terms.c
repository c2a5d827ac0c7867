/* What an order says of itself: channels, the customer's number, dates, addresses, who pays, and
 * what of it can be changed later. */
#include "tests/support/world.h"
#include <stdlib.h>
#include <string.h>

#define LINES "'lines':[{'sku':'A','quantity':'1'}]"

static const char *made(struct world *w, struct reply r)
{
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

START_TEST(an_order_comes_in_by_one_of_six_channels)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *const channels[] = {"web", "email", "phone", "crm", "edi", "portal"};
    given_product(w, "A", "1.00", 10);
    for (size_t i = 0; i < 6; i++) {
        struct reply r = post(w, "/v1/orders", "{'customer_id':'%s','channel':'%s'," LINES "}", who,
                              channels[i]);
        expect(r, 201);
        ck_assert_str_eq(text(r, "/channel"), channels[i]);
    }
    struct reply r = post(w, "/v1/orders", "{'customer_id':'%s','channel':'fax'," LINES "}", who);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/channel", "not_a_choice");
    world_free(w);
}
END_TEST

START_TEST(a_customers_number_is_on_one_order_unless_the_request_allows_more)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *other = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    const char *body = fmt(w, "{'customer_id':'%s','customer_po':'PO-1','confirm':true," LINES "}",
                           who);
    const char *first = made(w, post(w, "/v1/orders", "%s", body));
    struct reply r = post(w, "/v1/orders", "%s", body);
    expect_problem(r, 409, "duplicate");
    ck_assert_str_eq(text(r, "/conflicting_id"), first);
    r = post(w, "/v1/orders/preview", "%s", body);
    expect_problem(r, 409, "duplicate");
    /* It is another customer's business what numbers they use. */
    made(w, post(w, "/v1/orders", "{'customer_id':'%s','customer_po':'PO-1'," LINES "}", other));
    const char *twin = made(
        w,
        post(w, "/v1/orders",
             "{'customer_id':'%s','customer_po':'PO-1','allow_duplicate_po':true," LINES "}", who));
    /* A canceled order leaves its number, the other one still has it. */
    expect(act(w, fmt(w, "/v1/orders/%s", first), "cancel"), 200);
    r = post(w, "/v1/orders", "%s", body);
    expect_problem(r, 409, "duplicate");
    ck_assert_str_eq(text(r, "/conflicting_id"), twin);
    expect(act(w, fmt(w, "/v1/orders/%s", twin), "cancel"), 200);
    made(w, post(w, "/v1/orders", "%s", body));
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static void race_for_a_number(const char *batching)
{
    enum { N = 12 };
    struct world *w = world_new_with((const char *[]){"O2C_BATCHING", batching, NULL});
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 100);
    const char *bodies[N];
    struct reply r[N];
    for (int i = 0; i < N; i++)
        bodies[i] = fmt(w, "{'customer_id':'%s','customer_po':'PO-1','confirm':%s," LINES "}", who,
                        i % 2 ? "true" : "false");
    post_together(w, "/v1/orders", bodies, r, N);
    int taken = 0;
    for (int i = 0; i < N; i++) {
        if (r[i].status == 201)
            taken++;
        else
            expect_problem(r[i], 409, "duplicate");
    }
    ck_assert_int_eq(taken, 1);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order"), "1");
    expect_books_balance(w);
    world_free(w);
}

START_TEST(of_orders_with_one_number_in_a_batch_one_is_taken)
{
    race_for_a_number("1");
}
END_TEST

START_TEST(of_orders_with_one_number_that_race_one_is_taken)
{
    race_for_a_number("0");
}
END_TEST

START_TEST(a_file_of_orders_says_which_of_its_lines_has_the_number_already)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 100);
    const char *line = fmt(
        w,
        "{\"customer_id\":\"%s\",\"customer_po\":\"P\",\"lines\":[{\"sku\":\"A\","
        "\"quantity\":\"1\"}]}",
        who);
    const char *type[] = {"Content-Type: application/x-ndjson", NULL};
    struct request_options o = {.key = "", .headers = type};
    struct reply r = request(w, "POST", "/v1/orders/bulk", fmt(w, "%s\n%s\n", line, line), &o);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/results/0/status"), "201");
    ck_assert_str_eq(text(r, "/results/1/status"), "409");
    ck_assert_str_eq(text(r, "/results/1/code"), "duplicate");
    ck_assert_str_eq(text(r, "/results/1/conflicting_id"), text(r, "/results/0/id"));
    world_free(w);
}
END_TEST

#define ADDRESSES                                                                                  \
    "'addresses':[{'kind':'billing','city':'Bonn','country':'DE'},"                                \
    "{'kind':'shipping','city':'Kiel','country':'DE'},{'city':'Ulm','country':'DE'}]"

START_TEST(addresses_are_the_customers_or_what_the_order_says)
{
    struct world *w = world_new();
    const char *who = given_customer(w, ADDRESSES);
    given_product(w, "A", "1.00", 10);
    struct reply r = post(w, "/v1/orders", "{'customer_id':'%s'," LINES "}", who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/bill_to/city"), "Bonn");
    ck_assert_str_eq(text(r, "/ship_to/city"), "Kiel");
    ck_assert_str_eq(get(w, "/v1/orders/%s", text(r, "/id")).body, r.body);
    const char *body = fmt(w,
                           "{'customer_id':'%s','ship_to':{'city':'Genf','country':'CH'},"
                           "'bill_to_no':3,'confirm':true," LINES "}",
                           who);
    r = put(w, "/v1/orders/ext:X", "%s", body);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/bill_to/city"), "Ulm");
    ck_assert_str_eq(text(r, "/ship_to/city"), "Genf");
    expect(put(w, "/v1/orders/ext:X", "%s", body), 200);
    const char *id = fmt(w, "%s", text(r, "/id"));
    r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/ship_to/address/city"), "Genf");
    r = post(w, "/v1/invoices", "{'order_id':'%s'}", id);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/bill_to/address/city"), "Ulm");
    r = post(w, "/v1/orders",
             "{'customer_id':'%s','ship_to':{'city':'Genf','country':'CH'},'ship_to_no':1,"
             "'bill_to_no':4," LINES "}",
             who);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/ship_to_no", "ambiguous");
    expect_fault(r, "/bill_to_no", "unknown_reference");
    world_free(w);
}
END_TEST

START_TEST(who_pays_is_checked_for_credit_and_gets_the_invoices)
{
    struct world *w = world_new();
    const char *buys = given_customer(w, "'credit_limit':'0.00'," ADDRESSES);
    const char *pays = given_customer(w, "'credit_limit':'100.00','payment_terms_days':60,"
                                         "'addresses':[{'city':'Rom','country':'IT'}]");
    given_product(w, "A", "50.00", 10);
    const char *body = fmt(w, "{'customer_id':'%s','payer_id':'%s','confirm':true," LINES "}", buys,
                           pays);
    struct reply r = post(w, "/v1/orders", "%s", body);
    const char *id = made(w, r);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/payer_id"), pays);
    ck_assert_str_eq(text(r, "/bill_to/city"), "Rom");
    ck_assert_str_eq(text(r, "/ship_to/city"), "Kiel");
    ck_assert_str_eq(text(r, "/payment_terms_days"), "60");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", pays), "/ordered"), "59.50");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", buys), "/exposure"), "0.00");
    r = post(w, "/v1/orders", "%s", body);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    expect_books_balance(w);

    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 201);
    r = post(w, "/v1/invoices", "{'order_id':'%s','customer_id':'%s'}", id, buys);
    expect_fault(r, "/customer_id", "mismatch");
    r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", id);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/customer_id"), pays);
    ck_assert_str_eq(text(r, "/bill_to/address/city"), "Rom");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", pays), "/receivable"), "59.50");
    expect_books_balance(w);
    expect(post(w, "/v1/payments",
                "{'customer_id':'%s','method':'cash','amount':'59.50','allocate':'oldest_due'}",
                pays),
           201);
    ck_assert_str_eq(text(get(w, "/v1/invoices/%s", text(r, "/id")), "/status"), "paid");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(who_pays_must_be_there_and_pay_in_the_same_currency)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *dollars = given_customer(w, "'currency':'USD'");
    const char *blocked = given_customer(w, "'status':'blocked'");
    given_product(w, "A", "1.00", 10);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','payer_id':'cus_0000000000001'," LINES "}", who);
    expect_fault(r, "/payer_id", "unknown_reference");
    r = post(w, "/v1/orders", "{'customer_id':'%s','payer_id':'%s'," LINES "}", who, dollars);
    expect_fault(r, "/payer_id", "currency_mismatch");
    r = post(w, "/v1/orders", "{'customer_id':'%s','payer_id':'%s','confirm':true," LINES "}", who,
             blocked);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/reason"), "Who pays is blocked.");
    r = post(w, "/v1/orders", "{'customer_id':'%s','payer_id':'%s'," LINES "}", who, who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/payer_id"), "null");
    world_free(w);
}
END_TEST

START_TEST(a_draft_keeps_who_pays_when_it_is_replaced)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *pays = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    const char *path = "/v1/orders/ext:X";
    expect(put(w, path, "{'customer_id':'%s','payer_id':'%s'," LINES "}", who, pays), 201);
    struct reply r = put(w, path, "{'customer_id':'%s','notes':'n','confirm':true," LINES "}", who);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/payer_id"), pays);
    expect(put(w, "/v1/orders/ext:Y", "{'customer_id':'%s'," LINES "}", who), 201);
    r = put(w, "/v1/orders/ext:Y", "{'customer_id':'%s','payer_id':'%s'," LINES "}", who, pays);
    expect_fault(r, "/payer_id", "fixed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(dates_texts_addresses_and_number_of_a_confirmed_order_change)
{
    struct world *w = world_new();
    const char *who = given_customer(w, ADDRESSES);
    given_product(w, "A", "1.00", 10);
    made(w, post(w, "/v1/orders", "{'customer_id':'%s','customer_po':'TAKEN'," LINES "}", who));
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','customer_po':'P','requested_date':'2026-01-05',"
                          "'committed_date':'2026-01-06','promised_date':'2026-01-07','confirm':"
                          "true," LINES "}",
                          who);
    const char *path = fmt(w, "/v1/orders/%s", made(w, r));
    ck_assert_str_eq(text(r, "/committed_date"), "2026-01-06");
    ck_assert_str_eq(get(w, "%s", path).body, r.body);
    r = patch(w, path,
              "{'customer_po':'Q','requested_date':null,'promised_date':'2026-02-01',"
              "'ship_to':{'city':'Genf','country':'CH'},'notes':'ring twice',"
              "'metadata':{'k':'v'}}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/customer_po"), "Q");
    ck_assert_str_eq(text(r, "/requested_date"), "null");
    ck_assert_str_eq(text(r, "/committed_date"), "2026-01-06");
    ck_assert_str_eq(text(r, "/promised_date"), "2026-02-01");
    ck_assert_str_eq(text(r, "/ship_to/city"), "Genf");
    ck_assert_str_eq(text(r, "/bill_to/city"), "Bonn");
    ck_assert_str_eq(text(r, "/metadata/k"), "v");
    ck_assert_str_eq(patch(w, path, "{'notes':'ring twice'}").body, r.body);
    expect_problem(patch(w, path, "{'customer_po':'TAKEN'}"), 409, "duplicate");
    expect(patch(w, path, "{'customer_po':'TAKEN','allow_duplicate_po':true}"), 200);
    /* Its old number is free. */
    made(w, post(w, "/v1/orders", "{'customer_id':'%s','customer_po':'Q'," LINES "}", who));
    struct request_options stale = {.if_match = "\"1\""};
    expect_problem(request(w, "PATCH", path, "{\"notes\":\"x\"}", &stale), 412, "stale");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_has_left_or_is_over_keeps_its_addresses_and_dates)
{
    struct world *w = world_new();
    const char *who = given_customer(w, ADDRESSES);
    given_product(w, "A", "1.00", 10);
    const char *id = given_order(w, who, "A", 2);
    const char *path = fmt(w, "/v1/orders/%s", id);
    expect(post(w, "/v1/shipments",
                "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'1'}]}", id),
           201);
    struct reply r = patch(w, path, "{'ship_to':{'city':'Genf','country':'CH'}}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/ship_to", "fixed");
    expect(patch(w, path, "{'bill_to':{'city':'Genf','country':'CH'}}"), 200);
    expect(post(w, "/v1/invoices", "{'order_id':'%s'}", id), 201);
    expect_fault(patch(w, path, "{'bill_to':{'city':'Rom','country':'IT'}}"), "/bill_to", "fixed");
    id = given_order(w, who, "A", 1);
    path = fmt(w, "/v1/orders/%s", id);
    expect(act(w, path, "cancel"), 200);
    expect_fault(patch(w, path, "{'promised_date':'2026-01-01','customer_po':'x'}"),
                 "/promised_date", "fixed");
    r = patch(w, path, "{'notes':'called off'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/notes"), "called off");
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("order terms");
    TCase *t = tcase_create("order terms");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, an_order_comes_in_by_one_of_six_channels);
    tcase_add_test(t, a_customers_number_is_on_one_order_unless_the_request_allows_more);
    tcase_add_test(t, of_orders_with_one_number_in_a_batch_one_is_taken);
    tcase_add_test(t, of_orders_with_one_number_that_race_one_is_taken);
    tcase_add_test(t, a_file_of_orders_says_which_of_its_lines_has_the_number_already);
    tcase_add_test(t, addresses_are_the_customers_or_what_the_order_says);
    tcase_add_test(t, who_pays_is_checked_for_credit_and_gets_the_invoices);
    tcase_add_test(t, who_pays_must_be_there_and_pay_in_the_same_currency);
    tcase_add_test(t, a_draft_keeps_who_pays_when_it_is_replaced);
    tcase_add_test(t, dates_texts_addresses_and_number_of_a_confirmed_order_change);
    tcase_add_test(t, what_has_left_or_is_over_keeps_its_addresses_and_dates);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
