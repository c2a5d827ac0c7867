/* Quotes through the API: priced like orders, revised, lost, accepted once. */
#include "tests/support/world.h"
#include <string.h>

#define LINES "'lines':[{'sku':'A','quantity':'3'},{'sku':'S','quantity':'2'}]"

static const char *given_quote(struct world *w, const char *customer, const char *more)
{
    struct reply r = post(w, "/v1/quotes", "{'customer_id':'%s',%s" LINES "}", customer, more);
    expect(r, 201);
    return fmt(w, "/v1/quotes/%s", text(r, "/id"));
}

static const char *shop(struct world *w)
{
    given_product(w, "A", "10.00", 100);
    given_service(w, "S", "33.33");
    return given_customer(w, NULL);
}

/* As if the days had passed. */
static void expire(struct world *w)
{
    world_sql(w, "BEGIN; SET LOCAL session_replication_role = replica;"
                 "UPDATE quote_revision SET quote_date = '2020-01-01', valid_until = '2020-01-31';"
                 "COMMIT");
}

START_TEST(a_quote_is_priced_as_an_order_and_touches_neither_stock_nor_credit)
{
    struct world *w = world_new();
    const char *who = shop(w);
    struct reply r = post(
        w, "/v1/quotes", "{'external_id':'q','customer_id':'%s','discount_percent':'10'," LINES "}",
        who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/number"), "QUO-000001");
    ck_assert_str_eq(text(r, "/status"), "open");
    ck_assert_str_eq(text(r, "/revision"), "1");
    struct reply o = post(w, "/v1/orders/preview",
                          "{'customer_id':'%s','discount_percent':'10'," LINES "}", who);
    const char *same[] = {"/net",
                          "/tax",
                          "/gross",
                          "/discount",
                          "/lines/0/net",
                          "/lines/1/tax",
                          "/lines/0/price_id",
                          "/lines/0/price_source",
                          "/payment_terms_days"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        ck_assert_str_eq(text(r, same[i]), text(o, same[i]));
    ck_assert_str_eq(text(r, "/valid_until"),
                     world_sql(w, "SELECT (now() AT TIME ZONE 'Europe/Berlin')::date + 30"));
    ck_assert_str_eq(get(w, "/v1/quotes/ext:q").body, r.body);
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/exposure"), "0.00");
    ck_assert_str_eq(world_sql(w, "SELECT sum(reserved) FROM stock"), "0");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order"), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_quote_with_faults_is_refused_with_all_of_them)
{
    struct world *w = world_new();
    const char *who = shop(w);
    struct reply r = post(w, "/v1/quotes",
                          "{'customer_id':'%s','valid_until':'2020-01-01','lines':[{'sku':'X',"
                          "'quantity':'1'}]}",
                          who);
    expect_fault(r, "/valid_until", "too_early");
    expect_fault(r, "/lines/0/sku", "unknown_reference");
    expect_fault(post(w, "/v1/quotes", "{'customer_id':'cus_0000000000001'," LINES "}"),
                 "/customer_id", "unknown_reference");
    expect_fault(post(w, "/v1/quotes", "{'customer_id':'%s','lines':[]}", who), "/lines",
                 "too_few");
    given_quote(w, who, "'external_id':'q',");
    expect_problem(post(w, "/v1/quotes", "{'customer_id':'%s','external_id':'q'," LINES "}", who),
                   409, "external_id_taken");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM quote"), "1");
    world_free(w);
}
END_TEST

START_TEST(every_revision_of_a_quote_is_kept)
{
    struct world *w = world_new();
    const char *path = given_quote(w, shop(w), "");
    struct reply r = post(w, fmt(w, "%s/revise", path),
                          "{'reason':'more','discount_amount':'5','lines':[{'sku':'A',"
                          "'quantity':'9','unit_price':'9.50'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/revision"), "2");
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/net"), "80.50");
    ck_assert_uint_eq(length(r, "/lines"), 1);
    ck_assert_str_eq(get(w, "%s", path).body, r.body);
    r = get(w, "%s/revisions", path);
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/revisions"), 2);
    ck_assert_str_eq(text(r, "/revisions/0/net"), "96.66");
    ck_assert_uint_eq(length(r, "/revisions/0/lines"), 2);
    ck_assert_str_eq(text(r, "/revisions/1/reason"), "more");
    ck_assert_str_eq(text(r, "/revisions/1/lines/0/unit_price"), "9.50");
    ck_assert_str_eq(text(get(w, "/v1/quotes"), "/data/0/net"), "80.50");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_accepted_quote_is_an_order_with_the_quoted_prices)
{
    struct world *w = world_new();
    const char *who = shop(w);
    struct reply q = post(w, "/v1/quotes",
                          "{'customer_id':'%s','payment_terms_days':7,'notes':'n',"
                          "'discount_amount':'4.99','lines':[{'sku':'A','quantity':'3',"
                          "'discount_amount':'1.01'},{'sku':'S','quantity':'2',"
                          "'discount_percent':'3'}]}",
                          who);
    expect(q, 201);
    expect(post(w, "/v1/prices", "{'product_id':'%s','customer_id':'%s','unit_price':'99'}",
                text(q, "/lines/0/product_id"), who),
           201);
    const char *path = fmt(w, "/v1/quotes/%s", text(q, "/id"));
    struct reply r = post(w, fmt(w, "%s/accept", path),
                          "{'external_id':'o','customer_po':'PO7','confirm':true}");
    expect(r, 201);
    const char *same[] = {"/net",
                          "/tax",
                          "/gross",
                          "/discount",
                          "/lines/0/net",
                          "/lines/1/tax",
                          "/lines/0/unit_price",
                          "/payment_terms_days",
                          "/notes"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        ck_assert_str_eq(text(r, same[i]), text(q, same[i]));
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/quote_id"), text(q, "/id"));
    ck_assert_str_eq(text(r, "/lines/0/price_source"), "quote");
    ck_assert_str_eq(text(r, "/customer_po"), "PO7");
    ck_assert_str_eq(get(w, "/v1/orders/ext:o").body, r.body);
    q = get(w, "%s", path);
    ck_assert_str_eq(text(q, "/status"), "accepted");
    ck_assert_str_eq(text(q, "/order_id"), text(r, "/id"));
    ck_assert_uint_eq(length(q, "/allowed_actions"), 0);
    static const char *const actions[] = {"accept", "revise", "decline"};
    for (size_t i = 0; i < 3; i++)
        expect_problem(post(w, fmt(w, "%s/%s", path, actions[i]), "%s",
                            i == 0   ? "{}"
                            : i == 1 ? "{'lines':[{'sku':'A','quantity':'1'}]}"
                                     : "{'reason':'r'}"),
                       409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_acceptance_that_fails_leaves_the_quote_open)
{
    struct world *w = world_new();
    const char *who = shop(w);
    struct reply q = post(w, "/v1/quotes",
                          "{'customer_id':'%s','lines':[{'sku':'A','quantity':'101'}]}", who);
    expect(q, 201);
    const char *path = fmt(w, "/v1/quotes/%s", text(q, "/id"));
    expect_problem(post(w, fmt(w, "%s/accept", path), "{'confirm':true}"), 409,
                   "insufficient_stock");
    ck_assert_str_eq(get(w, "%s", path).body, q.body);
    expect(act(w, path, "accept"), 201);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_expired_quote_must_be_revised_before_it_is_accepted)
{
    struct world *w = world_new();
    const char *path = given_quote(w, shop(w), "");
    expire(w);
    struct reply r = get(w, "%s", path);
    ck_assert_str_eq(text(r, "/status"), "expired");
    ck_assert_str_eq(text(r, "/allowed_actions/0"), "revise");
    ck_assert_uint_eq(length(get(w, "/v1/quotes?status=expired"), "/data"), 1);
    ck_assert_uint_eq(length(get(w, "/v1/quotes?status=open"), "/data"), 0);
    r = act(w, path, "accept");
    expect_problem(r, 409, "wrong_state");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "expired"));
    expect(post(w, fmt(w, "%s/revise", path), "{" LINES "}"), 200);
    expect(act(w, path, "accept"), 201);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_lost_quote_says_why)
{
    struct world *w = world_new();
    const char *path = given_quote(w, shop(w), "");
    expect_fault(act(w, path, "decline"), "/reason", "required");
    struct reply r = post(w, fmt(w, "%s/decline", path), "{'reason':'too dear'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "declined");
    ck_assert_str_eq(text(r, "/lost_reason"), "too dear");
    expect_problem(act(w, path, "accept"), 409, "wrong_state");
    r = get(w, "/v1/audit?action=quote.declined");
    ck_assert_str_eq(text(r, "/data/0/after/lost_reason"), "too dear");
    ck_assert_str_eq(text(r, "/data/0/before/status"), "open");
    world_free(w);
}
END_TEST

START_TEST(a_quote_is_put_by_external_id_and_offers_what_is_new)
{
    struct world *w = world_new();
    const char *who = shop(w), *other = given_customer(w, NULL);
    const char *body = fmt(w, "{'customer_id':'%s','metadata':{'a':'b'}," LINES "}", who);
    struct reply r = put(w, "/v1/quotes/ext:q", "%s", body);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/external_id"), "q");
    struct reply again = put(w, "/v1/quotes/ext:q", "%s", body);
    expect(again, 200);
    ck_assert_str_eq(again.body, r.body);
    r = put(w, "/v1/quotes/ext:q",
            "{'customer_id':'%s','metadata':{'a':'c'},'lines':[{'sku':'A','quantity':'5'}]}", who);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/revision"), "2");
    ck_assert_str_eq(text(r, "/metadata/a"), "c");
    ck_assert_str_eq(text(r, "/lines/0/quantity"), "5");
    ck_assert_uint_eq(length(get(w, "/v1/quotes/ext:q/revisions"), "/revisions"), 2);
    expect_fault(put(w, "/v1/quotes/ext:q", "{'customer_id':'%s'," LINES "}", other),
                 "/customer_id", "fixed");
    expect_fault(
        put(w, "/v1/quotes/ext:q", "{'external_id':'x','customer_id':'%s'," LINES "}", who),
        "/external_id", "mismatch");
    expire(w);
    expect(put(w, "/v1/quotes/ext:q", "%s", body), 200);
    expect(post(w, "/v1/quotes/ext:q/accept", "{'external_id':'o'}"), 201);
    expect(put(w, "/v1/quotes/ext:q", "%s", body), 200);
    r = put(w, "/v1/quotes/ext:q", "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}",
            who);
    expect_problem(r, 409, "external_id_taken");
    ck_assert_str_eq(text(r, "/errors/0/pointer"), "/lines");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *quotes_suite(void)
{
    Suite *s = suite_create("quotes");
    TCase *t = tcase_create("quotes");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_quote_is_priced_as_an_order_and_touches_neither_stock_nor_credit);
    tcase_add_test(t, a_quote_with_faults_is_refused_with_all_of_them);
    tcase_add_test(t, every_revision_of_a_quote_is_kept);
    tcase_add_test(t, an_accepted_quote_is_an_order_with_the_quoted_prices);
    tcase_add_test(t, an_acceptance_that_fails_leaves_the_quote_open);
    tcase_add_test(t, an_expired_quote_must_be_revised_before_it_is_accepted);
    tcase_add_test(t, a_lost_quote_says_why);
    tcase_add_test(t, a_quote_is_put_by_external_id_and_offers_what_is_new);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(quotes_suite)
