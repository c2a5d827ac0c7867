/* Substitutes: what may go instead of a product, offered, chosen by hand, or accepted. */
#include "tests/support/world.h"
#include <string.h>

/* "reserved available" */
static const char *stock_of(struct world *w, const char *sku)
{
    struct reply r = get(w, "/v1/stock?sku=%s", sku);
    expect(r, 200);
    return fmt(w, "%s %s", text(r, "/data/0/reserved"), text(r, "/data/0/available"));
}

/* "A 2 2, B 3 3": sku, quantity and what is reserved, of each line that is not dropped. */
static const char *lines_of(struct world *w, struct reply r)
{
    const char *all = "";
    for (size_t i = 0; i < length(r, "/lines"); i++) {
        if (strcmp(text(r, fmt(w, "/lines/%zu/dropped", i)), "true") == 0)
            continue;
        all = fmt(w, "%s%s%s %s %s", all, all[0] != '\0' ? ", " : "",
                  text(r, fmt(w, "/lines/%zu/sku", i)), text(r, fmt(w, "/lines/%zu/quantity", i)),
                  text(r, fmt(w, "/lines/%zu/reserved", i)));
    }
    return all;
}

static void substitute(struct world *w, const char *sku, const char *substitutes)
{
    struct reply r = get(w, "/v1/products?sku=%s", sku);
    expect(put(w, fmt(w, "/v1/products/%s/substitutes", text(r, "/data/0/id")),
               "{'substitutes':[%s]}", substitutes),
           200);
}

static struct reply order(struct world *w, const char *who, const char *more)
{
    return post(w, "/v1/orders", "{'customer_id':'%s','confirm':true,%s}", who, more);
}

START_TEST(substitutes_of_a_product_are_an_ordered_list_with_days)
{
    struct world *w = world_new();
    const char *a = given_product(w, "A", "1.00", 0);
    given_product(w, "B", "2.00", 0);
    given_product(w, "C", "3.00", 0);
    const char *service = given_service(w, "S", "5.00");
    const char *path = fmt(w, "/v1/products/%s/substitutes", a);
    struct reply r = put(w, path,
                         "{'substitutes':[{'sku':'A'},{'sku':'S'},{'sku':'B'},{'sku':'B'},{},"
                         "{'sku':'NO'},{'sku':'C','valid_from':'2025-02-01','valid_to':"
                         "'2025-01-01'},{'product_id':'%s','sku':'B'}]}",
                         a);
    expect_fault(r, "/substitutes/0/sku", "itself");
    expect_fault(r, "/substitutes/1/sku", "service");
    expect_fault(r, "/substitutes/3/sku", "repeated");
    expect_fault(r, "/substitutes/4/product_id", "required");
    expect_fault(r, "/substitutes/5/sku", "unknown_reference");
    expect_fault(r, "/substitutes/6/valid_to", "too_early");
    expect_fault(r, "/substitutes/7/sku", "ambiguous");
    r = put(w, path, "{'substitutes':[{'sku':'C','valid_to':'2199-12-31'},{'sku':'B'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/substitutes/0/sku"), "C");
    ck_assert_str_eq(text(r, "/substitutes/1/rank"), "2");
    ck_assert_str_eq(get(w, "%s", path).body, r.body);
    expect_fault(
        put(w, fmt(w, "/v1/products/%s/substitutes", service), "{'substitutes':[{'sku':'B'}]}"),
        "/substitutes", "service");
    r = put(w, path, "{}");
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/substitutes"), 0);
    ck_assert_str_eq(
        world_sql(w, "SELECT count(*) FROM event WHERE type = 'product.substitutes_changed'"), "2");
    world_free(w);
}
END_TEST

START_TEST(what_is_short_is_proposed_with_what_there_is_of_it)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 2);
    given_product(w, "B", "2.00", 3);
    given_product(w, "C", "3.00", 9);
    given_product(w, "OLD", "3.00", 9);
    substitute(w, "A", "{'sku':'OLD','valid_to':'2020-01-01'},{'sku':'B'},{'sku':'C'}");
    struct reply r = get(w, "/v1/stock/availability?sku=A&quantity=5");
    ck_assert_uint_eq(length(r, "/substitutes"), 2);
    ck_assert_str_eq(text(r, "/substitutes/0/sku"), "B");
    ck_assert_str_eq(text(r, "/substitutes/1/available"), "9");
    ck_assert_uint_eq(length(get(w, "/v1/stock/availability?sku=A&quantity=2"), "/substitutes"), 0);
    const char *body = "'substitution':'propose','lines':[{'sku':'A','quantity':'5'}]";
    r = order(w, who, body);
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "Instead of line 1 3 of B could go."));
    r = post(w, "/v1/orders/preview", "{'customer_id':'%s','confirm':true,%s}", who, body);
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "9 of C could go"));
    r = order(w, who, fmt(w, "'backorder':true,%s", body));
    expect(r, 201);
    ck_assert_str_eq(text(r, "/lines/0/substitution"), "propose");
    ck_assert_str_eq(world_sql(w, "SELECT after->'lines'->0->'substitutes'->1->>'sku' FROM event"
                                  " WHERE type = 'order.backordered'"),
                     "C");
    struct reply b = get(w, "/v1/orders/%s/blockers", text(r, "/id"));
    expect(b, 200);
    ck_assert_str_eq(text(b, "/blockers/0/kind"), "missing_stock");
    ck_assert_str_eq(text(b, "/blockers/0/substitutes/0/sku"), "B");
    ck_assert_str_eq(text(b, "/blockers/0/substitutes/0/available"), "3");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_waits_is_replaced_at_its_price_or_at_the_substitutes)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 2);
    given_product(w, "B", "2.00", 3);
    given_product(w, "C", "3.00", 9);
    substitute(w, "A", "{'sku':'B'},{'sku':'C'}");
    struct reply r = order(w, who,
                           "'backorder':true,'lines':[{'sku':'A','quantity':'6','discount_percent':"
                           "'10','discount_amount':'0.60'},{'sku':'B','quantity':'1'}]");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/lines/0/net"), "4.80");
    const char *path = fmt(w, "/v1/orders/%s/substitute", text(r, "/id"));
    r = post(w, path,
             "{'lines':[{'line_no':1,'sku':'A'},{'line_no':3},{'line_no':2},{'line_no':1}]}");
    expect_fault(r, "/lines/0/sku", "not_a_substitute");
    expect_fault(r, "/lines/1/line_no", "unknown_line");
    expect_fault(r, "/lines/2/line_no", "nothing_waits");
    r = post(w, path, "{'lines':[{'line_no':1,'quantity':'7'}]}");
    expect_fault(r, "/lines/0/quantity", "quantity_exceeded");
    /* B has 2 left, 4 wait: the first that has enough is C */
    expect_problem(post(w, path, "{'lines':[{'line_no':1,'sku':'B'}]}"), 409, "insufficient_stock");
    r = post(w, path, "{'reason':'agreed','lines':[{'line_no':1,'quantity':'1'}]}");
    expect(r, 200);
    ck_assert_str_eq(lines_of(w, r), "A 5 2, B 1 1, B 1 1");
    ck_assert_str_eq(text(r, "/lines/2/substitutes_line_no"), "1");
    ck_assert_str_eq(text(r, "/lines/2/unit_price"), "1.00");
    ck_assert_str_eq(text(r, "/lines/2/net"), "0.80");
    ck_assert_str_eq(text(r, "/lines/0/net"), "4.00");
    ck_assert_str_eq(text(r, "/lines/0/backordered"), "3");
    ck_assert_str_eq(text(r, "/net"), "6.80");
    r = post(w, path, "{'lines':[{'line_no':1,'price':'reprice'}]}");
    expect(r, 200);
    ck_assert_str_eq(lines_of(w, r), "A 2 2, B 1 1, B 1 1, C 3 3");
    ck_assert_str_eq(text(r, "/lines/3/unit_price"), "3.00");
    ck_assert_str_eq(text(r, "/lines/3/net"), "9.00");
    ck_assert_str_eq(stock_of(w, "C"), "3 6");
    r = get(w, "/v1/orders/%s/revisions", text(r, "/id"));
    ck_assert_str_eq(text(r, "/revisions/0/kind"), "substitute");
    ck_assert_str_eq(text(r, "/revisions/0/reason"), "agreed");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE type = 'order.substituted'"),
                     "2");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_substitution_is_checked_against_credit_and_a_line_may_go_as_a_whole)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'12.00'");
    given_product(w, "A", "1.00", 0);
    given_product(w, "B", "2.00", 9);
    substitute(w, "A", "{'sku':'B'}");
    struct reply r = order(w, who, "'backorder':true,'lines':[{'sku':'A','quantity':'6'}]");
    expect(r, 201);
    const char *id = fmt(w, "%s", text(r, "/id"));
    const char *path = fmt(w, "/v1/orders/%s/substitute", id);
    expect_problem(post(w, path, "{'lines':[{'line_no':1,'price':'reprice'}]}"), 409,
                   "credit_limit");
    r = post(w, path, "{'lines':[{'line_no':1}]}");
    expect(r, 200);
    ck_assert_str_eq(lines_of(w, r), "B 6 6");
    ck_assert_str_eq(text(r, "/lines/0/dropped"), "true");
    ck_assert_str_eq(text(r, "/net"), "6.00");
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 201);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", id), "/status"), "fulfilled");
    expect(post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", id), 201);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_order_that_accepts_substitutes_takes_them_when_it_comes)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 2);
    given_product(w, "B", "2.00", 3);
    given_product(w, "C", "3.00", 9);
    substitute(w, "A", "{'sku':'B'},{'sku':'C'}");
    /* the first line takes what there is; B goes for what the second lacks, C for the third */
    struct reply r = order(w, who,
                           "'substitution':'accept','discount_amount':'1.00','lines':[{'sku':'A',"
                           "'quantity':'1'},{'sku':'A','quantity':'4'},{'sku':'A','quantity':'5'},"
                           "{'sku':'A','quantity':'1','substitution':'none','backorder':true}]");
    expect(r, 201);
    ck_assert_str_eq(lines_of(w, r), "A 1 1, A 1 1, A 1 0, B 3 3, C 5 5");
    ck_assert_str_eq(text(r, "/lines/4/substitutes_line_no"), "2");
    ck_assert_str_eq(text(r, "/lines/4/unit_price"), "1.00");
    ck_assert_str_eq(text(r, "/lines/2/dropped"), "true");
    ck_assert_str_eq(text(r, "/line_count"), "6");
    ck_assert_str_eq(text(r, "/net"), "10.00");
    ck_assert_str_eq(text(r, "/discount"), "1.00");
    ck_assert_str_eq(get(w, "/v1/orders/%s", text(r, "/id")).body, r.body);
    ck_assert_str_eq(stock_of(w, "B"), "3 0");
    ck_assert_str_eq(world_sql(w, "SELECT json_array_length(after->'lines') FROM event"
                                  " WHERE type = 'order.substituted'"),
                     "2");
    /* none has enough: refused as ever, or waiting where it may */
    expect_problem(order(w, who, "'substitution':'accept','lines':[{'sku':'A','quantity':'5'}]"),
                   409, "insufficient_stock");
    r = order(w, who,
              "'substitution':'accept','backorder':true,'lines':[{'sku':'A','quantity':'5'}]");
    expect(r, 201);
    ck_assert_str_eq(lines_of(w, r), "A 5 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_that_accepts_substitutes_takes_them_when_it_is_confirmed)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 2);
    given_product(w, "B", "2.00", 9);
    substitute(w, "A", "{'sku':'B'}");
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','substitution':'accept','lines':[{'sku':'A',"
                          "'quantity':'5'},{'sku':'A','quantity':'1','substitution':'propose'}]}",
                          who);
    expect(r, 201);
    const char *id = fmt(w, "%s", text(r, "/id"));
    r = act(w, fmt(w, "/v1/orders/%s", id), "confirm");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "Instead of line 2"));
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'sku':'A','kind':'receipt','quantity':'4'}]}"),
           201);
    expect(act(w, fmt(w, "/v1/orders/%s", id), "confirm"), 200);
    ck_assert_str_eq(lines_of(w, get(w, "/v1/orders/%s", id)), "A 5 5, A 1 1");
    r = post(w, "/v1/orders",
             "{'customer_id':'%s','substitution':'accept','lines':[{'sku':'A','quantity':'5'}]}",
             who);
    id = fmt(w, "%s", text(r, "/id"));
    r = act(w, fmt(w, "/v1/orders/%s", id), "confirm");
    expect(r, 200);
    ck_assert_str_eq(lines_of(w, r), "B 5 5");
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    r = get(w, "/v1/orders/%s/revisions", id);
    ck_assert_str_eq(text(r, "/revisions/0/kind"), "substitute");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(hundreds_that_accept_the_last_pieces_of_a_substitute_get_what_is_there)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 5);
    given_product(w, "B", "2.00", 12);
    substitute(w, "A", "{'sku':'B'}");
    const char *bodies[60];
    struct reply replies[60];
    int good = 0;
    for (size_t i = 0; i < 60; i++)
        bodies[i] = fmt(w,
                        "{\"customer_id\":\"%s\",\"confirm\":true,\"substitution\":\"accept\","
                        "\"lines\":[{\"sku\":\"A\",\"quantity\":\"1\"}]}",
                        who);
    post_together(w, "/v1/orders", bodies, replies, 60);
    for (size_t i = 0; i < 60; i++) {
        ck_assert(replies[i].status == 201 || replies[i].status == 409);
        good += replies[i].status == 201;
    }
    ck_assert_int_eq(good, 17);
    ck_assert_str_eq(stock_of(w, "B"), "12 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *substitutes_suite(void)
{
    Suite *s = suite_create("substitutes");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, substitutes_of_a_product_are_an_ordered_list_with_days);
    tcase_add_test(tc, what_is_short_is_proposed_with_what_there_is_of_it);
    tcase_add_test(tc, what_waits_is_replaced_at_its_price_or_at_the_substitutes);
    tcase_add_test(tc, a_substitution_is_checked_against_credit_and_a_line_may_go_as_a_whole);
    tcase_add_test(tc, an_order_that_accepts_substitutes_takes_them_when_it_comes);
    tcase_add_test(tc, a_draft_that_accepts_substitutes_takes_them_when_it_is_confirmed);
    tcase_add_test(tc, hundreds_that_accept_the_last_pieces_of_a_substitute_get_what_is_there);
    return s;
}

WORLD_MAIN(substitutes_suite)
