/* Blanket orders: agreed once, called off in parts, never more than agreed. */
#include "tests/support/world.h"
#include <string.h>

static const char *shop(struct world *w)
{
    given_product(w, "A", "10.00", 100);
    given_product(w, "B", "5.00", 100);
    return given_customer(w, NULL);
}

/* 50 of A at 8.00, 20 of B at the price of today less 10 %. */
static const char *given_blanket(struct world *w, const char *customer)
{
    struct reply r = post(w, "/v1/blanket-orders",
                          "{'external_id':'b','customer_id':'%s','valid_to':'2199-01-01',"
                          "'payment_terms_days':10,'lines':[{'sku':'A','quantity':'50',"
                          "'unit_price':'8.00'},{'sku':'B','quantity':'20',"
                          "'discount_percent':'10'}]}",
                          customer);
    expect(r, 201);
    return fmt(w, "/v1/blanket-orders/%s", text(r, "/id"));
}

static struct reply call_off(struct world *w, const char *blanket, const char *more,
                             const char *line_no, const char *quantity)
{
    return post(w, fmt(w, "%s/call-offs", blanket), "{%s'lines':[{'line_no':%s,'quantity':'%s'}]}",
                more, line_no, quantity);
}

static const char *open_of(struct world *w, const char *blanket, int line)
{
    return fmt(w, "%s", text(get(w, "%s", blanket), fmt(w, "/lines/%d/open", line)));
}

START_TEST(a_call_off_is_an_order_at_the_agreed_price)
{
    struct world *w = world_new();
    const char *who = shop(w), *blanket = given_blanket(w, who);
    struct reply r = get(w, "%s", blanket);
    ck_assert_str_eq(text(r, "/number"), "BLK-000001");
    ck_assert_str_eq(text(r, "/status"), "open");
    ck_assert_str_eq(text(r, "/lines/1/unit_price"), "5.00");
    ck_assert_str_eq(text(r, "/lines/1/open"), "20");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/exposure"), "0.00");

    r = post(w, fmt(w, "%s/call-offs", blanket),
             "{'external_id':'c1','confirm':true,'lines':[{'line_no':1,'quantity':'10'},"
             "{'line_no':2,'quantity':'4'}]}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/net"), "98.00"); /* 80.00 + 18.00 */
    ck_assert_str_eq(text(r, "/payment_terms_days"), "10");
    ck_assert_str_eq(text(r, "/lines/0/price_source"), "agreement");
    ck_assert_str_eq(text(r, "/lines/1/blanket_line_no"), "2");
    ck_assert_str_eq(get(w, "/v1/orders/ext:c1").body, r.body);
    const char *id = fmt(w, "%s", text(get(w, "%s", blanket), "/id"));
    ck_assert_str_eq(text(r, "/blanket_order_id"), id);
    ck_assert_uint_eq(length(get(w, "/v1/orders?blanket_order_id=%s", id), "/data"), 1);
    r = get(w, "%s", blanket);
    ck_assert_str_eq(text(r, "/lines/0/called"), "10");
    ck_assert_str_eq(text(r, "/lines/0/open"), "40");
    ck_assert_str_eq(text(r, "/lines/1/open"), "16");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(no_more_is_called_off_than_was_agreed)
{
    struct world *w = world_new();
    const char *blanket = given_blanket(w, shop(w));
    expect(call_off(w, blanket, "", "2", "15"), 201);
    struct reply r = call_off(w, blanket, "", "2", "5.000001");
    expect_problem(r, 409, "quantity_exceeded");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "5 left"));
    expect(call_off(w, blanket, "", "2", "5"), 201);
    expect_problem(call_off(w, blanket, "", "2", "0.000001"), 409, "quantity_exceeded");
    expect_fault(call_off(w, blanket, "", "3", "1"), "/lines/0/line_no", "unknown_line");
    r = post(w, fmt(w, "%s/call-offs", blanket),
             "{'lines':[{'line_no':1,'quantity':'1'},{'line_no':1,'quantity':'1'}]}");
    expect_fault(r, "/lines/1/line_no", "duplicate");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order"), "2");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_is_canceled_of_a_call_off_is_open_again)
{
    struct world *w = world_new();
    const char *blanket = given_blanket(w, shop(w));
    struct reply draft = call_off(w, blanket, "", "1", "30");
    expect(draft, 201);
    struct reply order = call_off(w, blanket, "'confirm':true,", "1", "20");
    expect(order, 201);
    ck_assert_str_eq(open_of(w, blanket, 0), "0");
    expect(post(w, fmt(w, "/v1/orders/%s/cancel", text(order, "/id")),
                "{'lines':[{'line_no':1,'quantity':'7'}]}"),
           200);
    ck_assert_str_eq(open_of(w, blanket, 0), "7");
    expect(act(w, fmt(w, "/v1/orders/%s", text(draft, "/id")), "cancel"), 200);
    ck_assert_str_eq(open_of(w, blanket, 0), "37");
    expect(post(w, fmt(w, "/v1/orders/%s/reopen", text(draft, "/id")), "{}"), 200);
    ck_assert_str_eq(open_of(w, blanket, 0), "7");
    expect(act(w, fmt(w, "/v1/orders/%s", text(order, "/id")), "cancel"), 200);
    ck_assert_str_eq(open_of(w, blanket, 0), "20");
    expect(post(w, fmt(w, "/v1/orders/%s/reopen", text(order, "/id")), "{}"), 200);
    ck_assert_str_eq(open_of(w, blanket, 0), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_amended_or_split_call_off_draws_what_it_then_says)
{
    struct world *w = world_new();
    const char *blanket = given_blanket(w, shop(w));
    struct reply order = call_off(w, blanket, "'confirm':true,", "1", "20");
    expect(order, 201);
    const char *path = fmt(w, "/v1/orders/%s", text(order, "/id"));
    expect(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'45'}]}"), 200);
    ck_assert_str_eq(open_of(w, blanket, 0), "5");
    expect_problem(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'51'}]}"),
                   409, "quantity_exceeded");
    expect(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'30'}]}"), 200);
    ck_assert_str_eq(open_of(w, blanket, 0), "20");
    struct reply r = post(w, fmt(w, "%s/split", path), "{'lines':[{'line_no':1,'quantity':'10'}]}");
    ck_assert(r.status == 200 || r.status == 201);
    ck_assert_str_eq(open_of(w, blanket, 0), "20");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_call_off_keeps_its_lines)
{
    struct world *w = world_new();
    const char *who = shop(w), *blanket = given_blanket(w, who);
    expect(call_off(w, blanket, "'external_id':'c',", "1", "3"), 201);
    expect_problem(put(w, "/v1/orders/ext:c",
                       "{'customer_id':'%s','lines':[{'sku':'A','quantity':'4'}]}", who),
                   409, "wrong_state");
    expect(act(w, "/v1/orders/ext:c", "confirm"), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(call_offs_end_with_the_agreement)
{
    struct world *w = world_new();
    const char *who = shop(w), *blanket = given_blanket(w, who);
    world_sql(w, "UPDATE blanket_order SET valid_from = '2020-01-01', valid_to = '2020-12-31'");
    struct reply r = get(w, "%s", blanket);
    ck_assert_str_eq(text(r, "/status"), "expired");
    ck_assert_uint_eq(length(get(w, "/v1/blanket-orders?status=expired"), "/data"), 1);
    expect_problem(call_off(w, blanket, "", "1", "1"), 409, "wrong_state");
    r = post(w, fmt(w, "%s/close", blanket), "{'reason':'over'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "closed");
    ck_assert_str_eq(text(r, "/closed_reason"), "over");
    expect_problem(post(w, fmt(w, "%s/close", blanket), "{'reason':'r'}"), 409, "wrong_state");
    r = post(w, "/v1/blanket-orders",
             "{'customer_id':'%s','valid_from':'2198-01-01','valid_to':'2198-12-31',"
             "'lines':[{'sku':'A','quantity':'1'}]}",
             who);
    expect(r, 201);
    expect_problem(call_off(w, fmt(w, "/v1/blanket-orders/%s", text(r, "/id")), "", "1", "1"), 409,
                   "wrong_state");
    r = post(w, "/v1/blanket-orders",
             "{'customer_id':'%s','valid_to':'2020-01-01','lines':[{'sku':'X','quantity':'1'}]}",
             who);
    expect_fault(r, "/valid_to", "too_early");
    expect_fault(r, "/lines/0/sku", "unknown_reference");
    expect_problem(post(w, "/v1/blanket-orders",
                        "{'external_id':'b','customer_id':'%s','valid_to':'2199-01-01',"
                        "'lines':[{'sku':'A','quantity':'1'}]}",
                        who),
                   409, "external_id_taken");
    world_free(w);
}
END_TEST

START_TEST(of_many_who_call_off_at_once_none_gets_more_than_is_left)
{
    enum { N = 8 };
    struct world *w = world_new();
    const char *blanket = given_blanket(w, shop(w)), *bodies[N];
    struct reply r[N];
    for (int i = 0; i < N; i++)
        bodies[i] = "{\"confirm\":true,\"lines\":[{\"line_no\":1,\"quantity\":\"8\"}]}";
    struct shot shots[N];
    for (int i = 0; i < N; i++)
        shots[i] = (struct shot){.method = "POST",
                                 .path = fmt(w, "%s/call-offs", blanket),
                                 .body = bodies[i],
                                 .options = {.key = "", .if_match = "*"}};
    shoot_together(w, shots, N);
    int made = 0;
    for (int i = 0; i < N; i++) {
        r[i] = shots[i].reply;
        made += r[i].status == 201;
        ck_assert(r[i].status == 201 || strcmp(text(r[i], "/code"), "quantity_exceeded") == 0);
    }
    ck_assert_int_eq(made, 6);
    ck_assert_str_eq(open_of(w, blanket, 0), "2");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_blanket_order_is_put_and_agreed_anew_until_it_is_called_off)
{
    struct world *w = world_new();
    const char *who = shop(w);
    const char *path = "/v1/blanket-orders/ext:b";
    const char *body = fmt(w,
                           "{'customer_id':'%s','valid_to':'2199-01-01','lines':[{'sku':'A',"
                           "'quantity':'50','unit_price':'8.00'},{'sku':'B','quantity':'20'}]}",
                           who);
    struct reply r = put(w, path, "%s", body);
    expect(r, 201);
    const char *id = text(r, "/id");
    struct reply again = put(w, path, "%s", body);
    expect(again, 200);
    ck_assert_str_eq(again.body, r.body);
    const char *less = fmt(w,
                           "{'customer_id':'%s','valid_to':'2198-01-01','lines':[{'sku':'B',"
                           "'quantity':'10','unit_price':'4.00'}]}",
                           who);
    r = put(w, path, "%s", less);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/id"), id);
    ck_assert_str_eq(text(r, "/external_id"), "b");
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_uint_eq(length(r, "/lines"), 1);
    ck_assert_str_eq(text(r, "/lines/0/open"), "10");
    ck_assert_str_eq(text(r, "/valid_to"), "2198-01-01");
    expect_fault(put(w, path,
                     "{'customer_id':'%s','valid_to':'2000-01-01','lines':[{'sku':'NO',"
                     "'quantity':'1'}]}",
                     who),
                 "/valid_to", "too_early");
    r = call_off(w, path, "", "1", "3");
    expect(r, 201);
    expect(put(w, path, "%s", less), 200);
    expect(act(w, fmt(w, "/v1/orders/%s", text(r, "/id")), "cancel"), 200);
    r = put(w, path, "%s", body);
    expect_problem(r, 409, "external_id_taken");
    ck_assert_str_eq(text(r, "/conflicting_id"), id);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *blankets_suite(void)
{
    Suite *s = suite_create("blanket orders");
    TCase *t = tcase_create("blanket orders");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_call_off_is_an_order_at_the_agreed_price);
    tcase_add_test(t, no_more_is_called_off_than_was_agreed);
    tcase_add_test(t, what_is_canceled_of_a_call_off_is_open_again);
    tcase_add_test(t, an_amended_or_split_call_off_draws_what_it_then_says);
    tcase_add_test(t, a_draft_call_off_keeps_its_lines);
    tcase_add_test(t, call_offs_end_with_the_agreement);
    tcase_add_test(t, of_many_who_call_off_at_once_none_gets_more_than_is_left);
    tcase_add_test(t, a_blanket_order_is_put_and_agreed_anew_until_it_is_called_off);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(blankets_suite)
