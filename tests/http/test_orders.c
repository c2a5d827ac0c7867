/* Orders over the API: create, preview, confirm, hold, release, cancel, close, batches. */
#include "tests/support/world.h"
#include <stdlib.h>
#include <string.h>

static const char *order_of(struct world *w, const char *who, const char *more)
{
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s',%s'lines':[{'sku':'A','quantity':'2'}]}", who, more);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

START_TEST(an_order_is_priced_taxed_and_shown_the_same_by_get)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "12.345678", 10);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','external_id':'web-1','channel':'web','lines':["
                          "{'sku':'A','quantity':'3','discount_percent':'10'},"
                          "{'product_id':'ext:A','quantity':'0.5','unit_price':'100'}]}",
                          who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "draft");
    ck_assert_str_eq(text(r, "/lines/0/net"), "33.33"); /* 3 x 12.345678 less 10 % = 33.3333… */
    ck_assert_str_eq(text(r, "/lines/1/net"), "50.00");
    ck_assert_str_eq(text(r, "/net"), "83.33");
    ck_assert_str_eq(text(r, "/tax"), "15.83"); /* 83.33 x 19 % = 15.8327 */
    ck_assert_str_eq(text(r, "/gross"), "99.16");
    ck_assert_str_eq(header(r, "ETag"), "\"1\"");
    ck_assert_str_eq(header(r, "Location"), fmt(w, "/v1/orders/%s", text(r, "/id")));
    ck_assert_str_eq(get(w, "%s", header(r, "Location")).body, r.body);
    ck_assert_str_eq(get(w, "/v1/orders/ext:web-1").body, r.body);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(all_faults_of_an_order_come_at_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','lines':[{'sku':'NO','quantity':'1'},"
                          "{'quantity':'1'},{'sku':'A','quantity':'1','tax_code_id':"
                          "'tax_0000000000001'},{'sku':'A','quantity':'1'}]}",
                          who);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/lines/0/sku", "unknown_reference");
    expect_fault(r, "/lines/1/product_id", "required");
    r = post(w, "/v1/orders", "{'customer_id':'cus_0000000000001','lines':[]}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/lines", "too_few");
    r = post(w, "/v1/orders",
             "{'customer_id':'cus_0000000000001','lines':[{'sku':'A','quantity':'1'}]}");
    expect_fault(r, "/customer_id", "unknown_reference");
    r = post(w, "/v1/orders",
             "{'customer_id':'%s','currency':'USD','lines':[{'sku':'A','quantity':'1'}]}", who);
    expect_fault(r, "/currency", "currency_mismatch");
    r = post(w, "/v1/orders",
             "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1','unit':'box'},"
             "{'sku':'A','quantity':'1','unit':'piece'}]}",
             who);
    expect_fault(r, "/lines/0/unit", "unknown_unit");
    ck_assert_str_eq(text(r, "/errors/0/detail"), "A is sold by the piece.");
    ck_assert_uint_eq(length(r, "/errors"), 1);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order"), "0");
    world_free(w);
}
END_TEST

START_TEST(a_product_without_a_price_is_refused_unless_the_line_gives_one)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    expect(
        post(w, "/v1/products", "{'sku':'B','name':'B','kind':'service','tax_code_id':'ext:T0'}"),
        201);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','lines':[{'sku':'B','quantity':'1'}]}", who);
    expect_fault(r, "/lines/0/unit_price", "no_price");
    r = post(w, "/v1/orders",
             "{'customer_id':'%s','lines':[{'sku':'B','quantity':'1','unit_price':'0'}]}", who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/gross"), "0.00");
    world_free(w);
}
END_TEST

START_TEST(of_two_orders_in_one_batch_the_one_beyond_the_limit_is_held)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    given_product(w, "A", "50.00", 10);
    const char *body = fmt(
        w, "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'1'}]}", who);
    struct reply r[2];
    post_together(w, "/v1/orders", (const char *[]){body, body}, r, 2);
    expect(r[0], 201);
    expect(r[1], 201);
    int confirmed = 0, held = 0;
    for (int i = 0; i < 2; i++) {
        confirmed += strcmp(text(r[i], "/status"), "confirmed") == 0;
        held += strcmp(text(r[i], "/status"), "on_hold") == 0;
    }
    ck_assert_int_eq(confirmed, 1);
    ck_assert_int_eq(held, 1);
    struct reply credit = get(w, "/v1/customers/%s/credit", who);
    ck_assert_str_eq(text(credit, "/exposure"), "59.50");
    ck_assert_str_eq(text(credit, "/headroom"), "40.50");
    ck_assert_str_eq(text(get(w, "/v1/stock"), "/data/0/reserved"), "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(releasing_a_hold_confirms_the_order_over_the_limit_but_never_over_the_stock)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'0.00'");
    given_product(w, "A", "50.00", 3);
    const char *first = order_of(w, who, "'confirm':true,");
    const char *second = order_of(w, who, "'confirm':true,");
    struct reply r = post(w, fmt(w, "/v1/orders/%s/release", first), "{'reason':'paid by wire'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "2");
    ck_assert_str_eq(text(r, "/holds/0/release_reason"), "paid by wire");
    expect_problem(post(w, fmt(w, "/v1/orders/%s/release", second), "{'reason':'again'}"), 409,
                   "insufficient_stock");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", second), "/status"), "on_hold");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_is_confirmed_later_and_only_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "50.00", 3);
    const char *path = fmt(w, "/v1/orders/%s", order_of(w, who, ""));
    struct reply r = act(w, path, "confirm");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/version"), "2");
    r = act(w, path, "confirm");
    expect_problem(r, 409, "wrong_state");
    const char *other = fmt(w, "/v1/orders/%s", order_of(w, who, ""));
    expect_problem(act(w, other, "confirm"), 409, "insufficient_stock");
    ck_assert_str_eq(text(get(w, "%s", other), "/status"), "draft");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(canceling_gives_back_stock_and_credit)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'1000.00'");
    given_product(w, "A", "50.00", 5);
    const char *path = fmt(w, "/v1/orders/%s", order_of(w, who, "'confirm':true,"));
    struct reply r = post(w, fmt(w, "%s/cancel", path), "{'lines':[{'line_no':1,'quantity':'3'}]}");
    expect_fault(r, "/lines/0/quantity", "quantity_exceeded");
    r = post(w, fmt(w, "%s/cancel", path), "{'lines':[{'line_no':1,'quantity':'0.5'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "1.5");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/ordered"), "89.25");
    expect_books_balance(w);
    r = act(w, path, "cancel");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "canceled");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/exposure"), "0.00");
    ck_assert_str_eq(text(get(w, "/v1/stock"), "/data/0/reserved"), "0");
    expect_problem(act(w, path, "cancel"), 409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_held_order_keeps_its_reservation_and_cannot_ship)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "50.00", 5);
    const char *id = order_of(w, who, "'confirm':true,");
    struct reply r = post(w, fmt(w, "/v1/orders/%s/hold", id),
                          "{'kind':'fraud','reason':'address looks odd'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "2");
    expect_problem(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 409, "on_hold");
    expect_books_balance(w);
    expect(post(w, fmt(w, "/v1/orders/%s/release", id), "{'reason':'called them'}"), 200);
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 201);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_preview_equals_the_real_thing_and_writes_nothing)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'60.00'");
    given_product(w, "A", "25.00", 5);
    const char *events = world_sql(w, "SELECT count(*) FROM event");
    struct reply p = post(
        w, "/v1/orders/preview",
        "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'2'}]}", who);
    expect(p, 200);
    ck_assert_str_eq(text(p, "/status"), "confirmed");
    ck_assert_str_eq(text(p, "/gross"), "59.50");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order"), "0");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event"), events);
    struct reply r = post(
        w, "/v1/orders", "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'2'}]}",
        who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/gross"), text(p, "/gross"));
    ck_assert_str_eq(text(r, "/status"), text(p, "/status"));
    world_free(w);
}
END_TEST

START_TEST(put_by_external_id_creates_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "25.00", 5);
    const char *body = fmt(w, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", who);
    struct reply first = put(w, "/v1/orders/ext:X-1", "%s", body);
    expect(first, 201);
    struct request_options o = {0};
    struct reply again = request(w, "PUT", "/v1/orders/ext:X-1",
                                 fmt(w,
                                     "{\"customer_id\":\"%s\",\"lines\":[{\"sku\":\"A\","
                                     "\"quantity\":\"1\"}]}",
                                     who),
                                 &o);
    expect(again, 200);
    ck_assert_str_eq(text(again, "/id"), text(first, "/id"));
    struct reply taken = post(w, "/v1/orders",
                              "{'external_id':'X-1','customer_id':'%s','lines':[{'sku':'A',"
                              "'quantity':'1'}]}",
                              who);
    expect_problem(taken, 409, "external_id_taken");
    ck_assert_str_eq(text(taken, "/conflicting_id"), text(first, "/id"));
    world_free(w);
}
END_TEST

START_TEST(a_draft_is_replaced_by_external_id_and_keeps_id_and_number)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *other = given_customer(w, NULL);
    given_product(w, "A", "25.00", 5);
    given_product(w, "B", "10.00", 5);
    const char *path = "/v1/orders/ext:X-1";
    struct reply first = put(w, path, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}",
                             who);
    expect(first, 201);
    struct reply r = put(w, path,
                         "{'customer_id':'%s','customer_po':'PO-7','lines':[{'sku':'B','quantity':"
                         "'2'},{'sku':'A','quantity':'1'}]}",
                         who);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/id"), text(first, "/id"));
    ck_assert_str_eq(text(r, "/number"), text(first, "/number"));
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/external_id"), "X-1");
    ck_assert_str_eq(text(r, "/net"), "45.00");
    ck_assert_str_eq(get(w, "%s", path).body, r.body);
    ck_assert_str_eq(text(get(w, "/v1/events?type=order.updated&resource_id=%s", text(r, "/id")),
                          "/data/0/type"),
                     "order.updated");
    /* Saying the same, or less, changes nothing. */
    struct reply same = put(w, path,
                            "{'customer_id':'%s','lines':[{'sku':'B','quantity':'2.0'},{'sku':'A',"
                            "'quantity':'1','unit_price':'25'}]}",
                            who);
    expect(same, 200);
    ck_assert_str_eq(same.body, r.body);
    r = put(w, path, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", other);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/customer_id", "fixed");
    /* Confirmed, it is no longer replaced; what differs is named. */
    r = put(w, path,
            "{'customer_id':'%s','confirm':true,'lines':[{'sku':'B','quantity':'2'},{'sku':'A',"
            "'quantity':'1'}]}",
            who);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "2");
    r = put(w, path,
            "{'customer_id':'%s','lines':[{'sku':'B','quantity':'2'},{'sku':'A','quantity':'2'}]}",
            who);
    expect_problem(r, 409, "external_id_taken");
    expect_fault(r, "/lines/1/quantity", "differs");
    r = put(w, path,
            "{'customer_id':'%s','customer_po':'PO-8','lines':[{'sku':'B','quantity':'2'}]}", who);
    expect_fault(r, "/customer_po", "differs");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_is_replaced_and_confirmed_in_one_or_held_over_the_limit)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'50.00'");
    given_product(w, "A", "25.00", 5);
    const char *draft = fmt(w, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", who);
    expect(put(w, "/v1/orders/ext:X-1", "%s", draft), 201);
    expect(put(w, "/v1/orders/ext:X-2", "%s", draft), 201);
    const char *final = fmt(w, "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A'", who);
    expect_problem(put(w, "/v1/orders/ext:X-1", "%s,'unit_price':'1','quantity':'6'}]}", final),
                   409, "insufficient_stock");
    struct reply r = put(w, "/v1/orders/ext:X-2", "%s,'quantity':'2'}]}", final);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/kind"), "credit");
    r = get(w, "/v1/orders/ext:X-1");
    ck_assert_str_eq(text(r, "/status"), "draft");
    ck_assert_str_eq(text(r, "/lines/0/quantity"), "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_line_canceled_before_the_order_is_confirmed_wants_no_stock)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 1);
    given_product(w, "NEVER", "1.00", 0);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'},"
                          "{'sku':'NEVER','quantity':'3'}]}",
                          who);
    const char *order = fmt(w, "/v1/orders/%s", text(r, "/id"));
    expect(post(w, fmt(w, "%s/cancel", order), "{'lines':[{'line_no':2}]}"), 200);
    expect(r = act(w, order, "confirm"), 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "1");
    ck_assert_str_eq(text(r, "/lines/1/reserved"), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* One euro of credit is left; 24 orders of one euro each want it. */
static void last_euro(const char *batching)
{
    enum { ORDERS = 24 };
    struct world *w = world_new_with((const char *[]){"O2C_BATCHING", batching, NULL});
    const char *who = given_customer(w, "'credit_limit':'11.90'");
    given_product(w, "A", "1.00", 1000);
    given_order(w, who, "A", 9);
    const char *bodies[ORDERS];
    struct reply r[ORDERS];
    for (int i = 0; i < ORDERS; i++)
        bodies[i] = fmt(
            w, "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'1'}]}", who);
    post_together(w, "/v1/orders", bodies, r, ORDERS);
    int confirmed = 0;
    for (int i = 0; i < ORDERS; i++) {
        expect(r[i], 201);
        confirmed += strcmp(text(r[i], "/status"), "confirmed") == 0;
    }
    ck_assert_int_eq(confirmed, 1);
    struct reply credit = get(w, "/v1/customers/%s/credit", who);
    ck_assert_str_eq(text(credit, "/exposure"), "11.90");
    ck_assert_str_eq(text(credit, "/headroom"), "0.00");
    expect_books_balance(w);
    world_free(w);
}

START_TEST(the_last_euro_of_credit_is_spent_once_with_batches)
{
    last_euro("1");
}
END_TEST

START_TEST(the_last_euro_of_credit_is_spent_once_without_batches)
{
    last_euro("0");
}
END_TEST

/* The same key on many threads: one order, and everybody is told of it. */
static void one_key(const char *batching)
{
    enum { CLIENTS = 16 };
    struct world *w = world_new_with((const char *[]){"O2C_BATCHING", batching, NULL});
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 1000);
    const char *body = fmt(w,
                           "{\"customer_id\":\"%s\",\"confirm\":true,\"lines\":[{\"sku\":"
                           "\"A\",\"quantity\":\"1\"}]}",
                           who);
    struct shot shots[CLIENTS] = {0};
    for (int i = 0; i < CLIENTS; i++)
        shots[i] = (struct shot){.method = "POST",
                                 .path = "/v1/orders",
                                 .body = body,
                                 .options = {.key = "one-intention"}};
    shoot_together(w, shots, CLIENTS);
    int replayed = 0;
    for (int i = 0; i < CLIENTS; i++) {
        expect(shots[i].reply, 201);
        ck_assert_str_eq(shots[i].reply.body, shots[0].reply.body);
        replayed += header(shots[i].reply, "Idempotency-Replayed") != NULL;
    }
    ck_assert_int_eq(replayed, CLIENTS - 1);
    ck_assert_uint_eq(length(get(w, "/v1/orders"), "/data"), 1);
    shots[0].body = fmt(w,
                        "{\"customer_id\":\"%s\",\"lines\":[{\"sku\":\"A\",\"quantity\":"
                        "\"2\"}]}",
                        who);
    shoot_together(w, shots, 1);
    expect_problem(shots[0].reply, 422, "idempotency_mismatch");
    expect_books_balance(w);
    world_free(w);
}

START_TEST(one_key_makes_one_order_with_batches)
{
    one_key("1");
}
END_TEST

START_TEST(one_key_makes_one_order_without_batches)
{
    one_key("0");
}
END_TEST

/* 64 orders for 40 pieces at once, whatever way they are batched: 40 get one, 24 get none. */
static void last_pieces(const char *batching)
{
    enum { ORDERS = 64, PIECES = 40 };
    struct world *w = world_new_with((const char *[]){"O2C_BATCHING", batching, NULL});
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", PIECES);
    const char *body = fmt(
        w, "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'1'}]}", who);
    const char *bodies[ORDERS];
    struct reply r[ORDERS];
    for (int i = 0; i < ORDERS; i++)
        bodies[i] = body;
    post_together(w, "/v1/orders", bodies, r, ORDERS);
    int won = 0;
    for (int i = 0; i < ORDERS; i++) {
        won += r[i].status == 201;
        if (r[i].status != 201)
            expect_problem(r[i], 409, "insufficient_stock");
    }
    ck_assert_int_eq(won, PIECES);
    ck_assert_str_eq(text(get(w, "/v1/stock"), "/data/0/available"), "0");
    expect_books_balance(w);
    world_free(w);
}

START_TEST(the_last_pieces_are_sold_once_with_batches)
{
    last_pieces("1");
}
END_TEST

START_TEST(the_last_pieces_are_sold_once_without_batches)
{
    last_pieces("0");
}
END_TEST

static Suite *orders_suite(void)
{
    Suite *s = suite_create("orders");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    tcase_add_test(t, an_order_is_priced_taxed_and_shown_the_same_by_get);
    tcase_add_test(t, all_faults_of_an_order_come_at_once);
    tcase_add_test(t, a_product_without_a_price_is_refused_unless_the_line_gives_one);
    tcase_add_test(t, of_two_orders_in_one_batch_the_one_beyond_the_limit_is_held);
    tcase_add_test(t, releasing_a_hold_confirms_the_order_over_the_limit_but_never_over_the_stock);
    tcase_add_test(t, a_draft_is_confirmed_later_and_only_once);
    tcase_add_test(t, canceling_gives_back_stock_and_credit);
    tcase_add_test(t, a_held_order_keeps_its_reservation_and_cannot_ship);
    tcase_add_test(t, a_preview_equals_the_real_thing_and_writes_nothing);
    tcase_add_test(t, put_by_external_id_creates_once);
    tcase_add_test(t, a_draft_is_replaced_by_external_id_and_keeps_id_and_number);
    tcase_add_test(t, a_draft_is_replaced_and_confirmed_in_one_or_held_over_the_limit);
    tcase_add_test(t, a_line_canceled_before_the_order_is_confirmed_wants_no_stock);
    tcase_add_test(t, the_last_euro_of_credit_is_spent_once_with_batches);
    tcase_add_test(t, the_last_euro_of_credit_is_spent_once_without_batches);
    tcase_add_test(t, one_key_makes_one_order_with_batches);
    tcase_add_test(t, one_key_makes_one_order_without_batches);
    tcase_add_test(t, the_last_pieces_are_sold_once_with_batches);
    tcase_add_test(t, the_last_pieces_are_sold_once_without_batches);
    return s;
}
WORLD_MAIN(orders_suite)
