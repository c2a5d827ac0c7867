/* Shipments over the API: draft, ship, deliver, cancel. */
#include "tests/support/world.h"
#include <string.h>

/* A customer, A and B with 100 pieces each, a service S. */
struct shop {
    struct world *w;
    const char *who;
};

static struct shop shop_open(void)
{
    struct world *w = world_new();
    struct shop s = {w, given_customer(w, NULL)};
    given_product(w, "A", "10.00", 100);
    given_product(w, "B", "5.00", 100);
    given_service(w, "S", "99.00");
    return s;
}

static const char *order_of(struct shop s, const char *lines)
{
    struct reply r = post(s.w, "/v1/orders", "{'customer_id':'%s','confirm':true,'lines':[%s]}",
                          s.who, lines);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    return fmt(s.w, "%s", text(r, "/id"));
}

static const char *stock_of(struct world *w, const char *sku)
{
    struct reply r = get(w, "/v1/stock?sku=%s", sku);
    return fmt(w, "%s %s", text(r, "/data/0/on_hand"), text(r, "/data/0/reserved"));
}

static const char *line_of(struct world *w, const char *order, int at)
{
    struct reply r = get(w, "/v1/orders/%s", order);
    return fmt(w, "%s %s %s", text(r, fmt(w, "/lines/%d/reserved", at)),
               text(r, fmt(w, "/lines/%d/shipped", at)),
               text(r, fmt(w, "/lines/%d/delivered", at)));
}

static const char *path_of(struct world *w, struct reply r)
{
    return fmt(w, "/v1/shipments/%s", text(r, "/id"));
}

START_TEST(a_draft_takes_nothing_until_it_ships)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'6'},{'sku':'B','quantity':'4'}");
    struct reply r = post(w, "/v1/shipments",
                          "{'order_id':'%s','external_id':'s1','carrier':'DHL',"
                          "'lines':[{'order_line_no':1,'quantity':'2.5'}]}",
                          order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "draft");
    ck_assert_str_eq(text(r, "/ship_date"), "null");
    ck_assert_str_eq(text(r, "/allowed_actions/0"), "ship");
    ck_assert_str_eq(text(r, "/allowed_actions/1"), "cancel");
    ck_assert_str_eq(text(r, "/lines/0/sku"), "A");
    ck_assert_str_eq(get(w, "/v1/shipments/ext:s1").body, r.body);
    ck_assert_str_eq(stock_of(w, "A"), "100 6");
    ck_assert_str_eq(line_of(w, order, 0), "6 0 0");

    r = post(w, "/v1/shipments/ext:s1/ship", "{'tracking_number':'T1','ship_date':'2024-05-31'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "shipped");
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/carrier"), "DHL");
    ck_assert_str_eq(text(r, "/tracking_number"), "T1");
    ck_assert_str_eq(text(r, "/ship_date"), "2024-05-31");
    ck_assert_str_eq(text(r, "/allowed_actions/0"), "deliver");
    ck_assert_str_eq(text(r, "/allowed_actions/1"), "invoice");
    ck_assert_str_eq(stock_of(w, "A"), "97.5 3.5");
    ck_assert_str_eq(line_of(w, order, 0), "3.5 2.5 0");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", order), "/status"), "in_fulfillment");
    struct reply m = get(w, "/v1/stock/movements?kind=shipment");
    ck_assert_uint_eq(length(m, "/data"), 1);
    ck_assert_str_eq(text(m, "/data/0/quantity"), "-2.5");
    ck_assert_str_eq(text(m, "/data/0/shipment_id"), text(r, "/id"));
    ck_assert_str_eq(text(m, "/data/0/effective_date"), "2024-05-31");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(without_lines_everything_reserved_ships_at_once)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'6'},{'sku':'S','quantity':'1'},"
                                    "{'sku':'B','quantity':'4'}");
    struct reply r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "shipped");
    ck_assert_str_eq(text(r, "/ship_date"), text(get(w, "/v1/tenant"), "/today"));
    ck_assert_uint_eq(length(r, "/lines"), 2);
    ck_assert_str_eq(text(r, "/lines/1/line_no"), "2");
    ck_assert_str_eq(text(r, "/lines/1/order_line_no"), "3");
    ck_assert_str_eq(stock_of(w, "A"), "94 0");
    ck_assert_str_eq(stock_of(w, "B"), "96 0");
    r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order);
    expect_problem(r, 409, "wrong_state");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", s.who), "/unbilled"), "95.20");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(no_more_ships_than_is_open_and_the_line_is_named)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'6'}");
    expect(post(w, "/v1/shipments",
                "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'4'}]}",
                order),
           201);
    struct reply r = post(
        w, "/v1/shipments",
        "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'2.000001'}]}", order);
    expect_problem(r, 409, "quantity_exceeded");
    ck_assert_str_eq(text(r, "/detail"), "Line 1: only 2 of order line 1 (A) is open to ship.");
    ck_assert_str_eq(stock_of(w, "A"), "96 2");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(two_drafts_may_plan_the_same_goods_but_only_one_ships)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'6'}");
    struct reply one = post(w, "/v1/shipments", "{'order_id':'%s'}", order);
    struct reply two = post(w, "/v1/shipments", "{'order_id':'%s'}", order);
    expect(one, 201);
    expect(two, 201);
    expect(act(w, path_of(w, one), "ship"), 200);
    /* With all its goods gone the order is fulfilled. */
    expect_problem(act(w, path_of(w, two), "ship"), 409, "wrong_state");
    expect_problem(act(w, path_of(w, one), "ship"), 409, "wrong_state");
    expect_problem(act(w, path_of(w, one), "cancel"), 409, "wrong_state");
    struct reply r = act(w, path_of(w, two), "cancel");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "canceled");
    ck_assert_uint_eq(length(r, "/allowed_actions"), 0);
    ck_assert_str_eq(stock_of(w, "A"), "94 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(all_faults_of_lines_come_at_once)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'6'},{'sku':'S','quantity':'1'}");
    struct reply r = post(w, "/v1/shipments",
                          "{'order_id':'%s','lines':[{'order_line_no':2,'quantity':'1'},"
                          "{'order_line_no':3,'quantity':'1'},{'order_line_no':1,'quantity':'1'},"
                          "{'order_line_no':1,'quantity':'1'}]}",
                          order);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/lines/0/order_line_no", "service");
    expect_fault(r, "/lines/1/order_line_no", "unknown_reference");
    expect_fault(r, "/lines/3/order_line_no", "repeated");
    ck_assert_uint_eq(length(r, "/errors"), 3);
    r = post(w, "/v1/shipments", "{'order_id':'ord_0000000000001'}");
    expect_fault(r, "/order_id", "unknown_reference");
    r = post(w, "/v1/shipments", "{'order_id':'%s','lines':[]}", order);
    expect_fault(r, "/lines", "too_few");
    r = post(w, "/v1/shipments", "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'0'}]}",
             order);
    expect_fault(r, "/lines/0/quantity", "too_small");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM shipment"), "0");
    world_free(w);
}
END_TEST

START_TEST(drafts_and_held_orders_do_not_ship)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", s.who);
    expect(r, 201);
    expect_problem(post(w, "/v1/shipments", "{'order_id':'%s'}", text(r, "/id")), 409,
                   "wrong_state");
    const char *order = order_of(s, "{'sku':'A','quantity':'6'}");
    struct reply draft = post(w, "/v1/shipments", "{'order_id':'%s'}", order);
    expect(draft, 201);
    expect(post(w, fmt(w, "/v1/orders/%s/hold", order), "{'reason':'call first'}"), 200);
    expect_problem(act(w, path_of(w, draft), "ship"), 409, "on_hold");
    expect_problem(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order), 409,
                   "on_hold");
    expect(post(w, fmt(w, "/v1/orders/%s/release", order), "{'reason':'called'}"), 200);
    expect(act(w, path_of(w, draft), "ship"), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_arrived_is_recorded_with_its_proof)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'6'},{'sku':'B','quantity':'4'}");
    struct reply r = post(w, "/v1/shipments",
                          "{'order_id':'%s','ship':true,'ship_date':'2024-05-31'}", order);
    expect(r, 201);
    const char *deliver = fmt(w, "%s/deliver", path_of(w, r));
    expect_fault(post(w, deliver, "{'delivered_date':'2024-05-30'}"), "/delivered_date",
                 "too_early");
    struct reply bad = post(w, deliver,
                            "{'lines':[{'line_no':3,'delivered':'1'},{'line_no':1,'delivered':'1'},"
                            "{'line_no':1,'delivered':'1'}]}");
    expect_fault(bad, "/lines/0/line_no", "unknown_reference");
    expect_fault(bad, "/lines/2/line_no", "repeated");
    expect_problem(post(w, deliver, "{'lines':[{'line_no':1,'delivered':'6.000001'}]}"), 409,
                   "quantity_exceeded");

    r = post(w, deliver,
             "{'delivered_date':'2024-06-03','lines':[{'line_no':1,'delivered':'5.5'}],"
             "'proof':{'signed_by':'J. M\303\274ller','received_at':'2024-06-03T08:00:00Z',"
             "'note':'one damaged'}}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "delivered");
    ck_assert_str_eq(text(r, "/delivered_date"), "2024-06-03");
    ck_assert_str_eq(text(r, "/proof/signed_by"), "J. M\303\274ller");
    ck_assert_str_eq(text(r, "/lines/0/delivered"), "5.5");
    ck_assert_str_eq(text(r, "/lines/1/delivered"), "4");
    ck_assert_str_eq(text(r, "/allowed_actions/0"), "invoice");
    ck_assert_str_eq(line_of(w, order, 0), "0 6 5.5");
    ck_assert_str_eq(line_of(w, order, 1), "0 4 4");
    expect_problem(post(w, deliver, "{}"), 409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(put_by_external_id_ships_once_and_repeats_itself)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'6'}");
    struct reply first = put(
        w, "/v1/shipments/ext:s1",
        "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'2'}]}", order);
    expect(first, 201);
    ck_assert_str_eq(text(first, "/external_id"), "s1");
    struct reply again = put(
        w, "/v1/shipments/ext:s1",
        "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'2'}]}", order);
    expect(again, 200);
    ck_assert_str_eq(again.body, first.body);
    struct reply r = put(
        w, "/v1/shipments/ext:s1",
        "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'3'}]}", order);
    expect_problem(r, 409, "external_id_taken");
    ck_assert_str_eq(text(r, "/conflicting_id"), text(first, "/id"));
    r = post(w, "/v1/shipments", "{'order_id':'%s','external_id':'s1'}", order);
    expect_problem(r, 409, "external_id_taken");
    r = put(w, "/v1/shipments/ext:s2", "{'order_id':'%s','external_id':'s3'}", order);
    expect_fault(r, "/external_id", "mismatch");
    ck_assert_str_eq(stock_of(w, "A"), "98 4");

    expect(put(w, "/v1/shipments/ext:s2", "{'order_id':'%s'}", order), 201);
    r = put(w, "/v1/shipments/ext:s2", "{'order_id':'%s','ship':true}", order);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "shipped");
    ck_assert_str_eq(stock_of(w, "A"), "94 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(clients_that_ship_the_same_line_at_once_ship_what_is_open)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'10'}");
    const char *body = fmt(w,
                           "{\"order_id\":\"%s\",\"ship\":true,\"lines\":[{\"order_line_no\":1,"
                           "\"quantity\":\"3\"}]}",
                           order);
    const char *bodies[12];
    struct reply replies[12];
    for (size_t i = 0; i < 12; i++)
        bodies[i] = body;
    post_together(w, "/v1/shipments", bodies, replies, 12);
    int shipped = 0;
    for (size_t i = 0; i < 12; i++) {
        if (replies[i].status == 201)
            shipped++;
        else
            expect_problem(replies[i], 409, "quantity_exceeded");
    }
    ck_assert_int_eq(shipped, 3);
    ck_assert_str_eq(stock_of(w, "A"), "91 1");
    ck_assert_str_eq(line_of(w, order, 0), "1 9 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(clients_that_put_the_same_shipment_at_once_make_one)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'10'}");
    const char *body = fmt(w, "{\"order_id\":\"%s\",\"ship\":true}", order);
    struct shot shots[8];
    for (size_t i = 0; i < 8; i++)
        shots[i] = (struct shot){"PUT", "/v1/shipments/ext:s1", body, {0}, {0}};
    shoot_together(w, shots, 8);
    int created = 0;
    for (size_t i = 0; i < 8; i++) {
        ck_assert_msg(shots[i].reply.status == 200 || shots[i].reply.status == 201, "%d %s",
                      shots[i].reply.status, shots[i].reply.body);
        created += shots[i].reply.status == 201;
    }
    ck_assert_int_eq(created, 1);
    ck_assert_str_eq(stock_of(w, "A"), "90 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(ten_thousand_lines_ship_and_arrive)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    given_product(w, "C", "0.01", 20000);
    static char body[10000 * 40];
    size_t len = (size_t)snprintf(body, sizeof body,
                                  "{\"customer_id\":\"%s\",\"confirm\":true,\"lines\":[", s.who);
    for (int i = 0; i < 10000; i++)
        len += (size_t)snprintf(body + len, sizeof body - len,
                                "%s{\"sku\":\"C\",\"quantity\":\"1\"}", i ? "," : "");
    snprintf(body + len, sizeof body - len, "]}");
    struct reply r = request(w, "POST", "/v1/orders", body, &(struct request_options){.key = ""});
    expect(r, 201);
    r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", text(r, "/id"));
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/lines"), 10000);
    ck_assert_str_eq(text(r, "/lines/9999/order_line_no"), "10000");
    ck_assert_str_eq(stock_of(w, "C"), "10000 0");
    r = act(w, path_of(w, r), "deliver");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/9999/delivered"), "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(nothing_leaves_on_a_day_that_is_locked)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'1'}");
    expect(patch(w, "/v1/tenant", "{'locked_until':'2024-06-30'}"), 200);
    /* A key of its own: what a server knows of a tenant is cached by key for a moment. */
    struct request_options o = {.api_key = world_key_with(w, "shipments:write"), .key = ""};
    struct reply r = request(
        w, "POST", "/v1/shipments",
        fmt(w, "{\"order_id\":\"%s\",\"ship\":true,\"ship_date\":\"2024-06-30\"}", order), &o);
    expect_problem(r, 422, "period_locked");
    ck_assert_str_eq(text(r, "/errors/0/pointer"), "/ship_date");
    ck_assert_str_eq(stock_of(w, "A"), "100 1");
    r = request(w, "POST", "/v1/shipments",
                fmt(w, "{\"order_id\":\"%s\",\"ship\":true,\"ship_date\":\"2024-07-01\"}", order),
                &o);
    expect(r, 201);
    world_free(w);
}
END_TEST

START_TEST(every_step_is_told_as_an_event)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'2'}");
    struct reply r = post(w, "/v1/shipments",
                          "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'1'}]}", order);
    expect(act(w, path_of(w, r), "ship"), 200);
    expect(act(w, path_of(w, r), "deliver"), 200);
    r = post(w, "/v1/shipments", "{'order_id':'%s'}", order);
    expect(act(w, path_of(w, r), "cancel"), 200);
    ck_assert_str_eq(world_sql(w, "SELECT string_agg(type, ' ' ORDER BY seq) FROM event"
                                  " WHERE resource = 'shipment'"),
                     "shipment.created shipment.shipped shipment.delivered shipment.created "
                     "shipment.canceled");
    ck_assert_str_eq(world_sql(w, "SELECT before->>'status' || ' ' || (after->>'status')"
                                  " FROM event WHERE type = 'shipment.delivered'"),
                     "shipped delivered");
    world_free(w);
}
END_TEST

START_TEST(shipments_are_listed_by_order_and_state)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *order = order_of(s, "{'sku':'A','quantity':'2'}");
    struct reply one = post(w, "/v1/shipments",
                            "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'1'}]}",
                            order);
    struct reply two = post(
        w, "/v1/shipments",
        "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'1'}]}", order);
    struct reply r = get(w, "/v1/shipments?order_id=%s", order);
    ck_assert_uint_eq(length(r, "/data"), 2);
    ck_assert_str_eq(text(r, "/data/0/id"), text(one, "/id"));
    r = get(w, "/v1/shipments?status=shipped,delivered&customer_id=%s", s.who);
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/id"), text(two, "/id"));
    struct request_options other = {.api_key = world_other_tenant_key(w)};
    ck_assert_uint_eq(length(request(w, "GET", "/v1/shipments", NULL, &other), "/data"), 0);
    expect_problem(request(w, "GET", path_of(w, one), NULL, &other), 404, "not_found");
    world_free(w);
}
END_TEST

static Suite *shipments_suite(void)
{
    Suite *s = suite_create("shipments");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, a_draft_takes_nothing_until_it_ships);
    tcase_add_test(tc, without_lines_everything_reserved_ships_at_once);
    tcase_add_test(tc, no_more_ships_than_is_open_and_the_line_is_named);
    tcase_add_test(tc, two_drafts_may_plan_the_same_goods_but_only_one_ships);
    tcase_add_test(tc, all_faults_of_lines_come_at_once);
    tcase_add_test(tc, drafts_and_held_orders_do_not_ship);
    tcase_add_test(tc, what_arrived_is_recorded_with_its_proof);
    tcase_add_test(tc, put_by_external_id_ships_once_and_repeats_itself);
    tcase_add_test(tc, clients_that_ship_the_same_line_at_once_ship_what_is_open);
    tcase_add_test(tc, clients_that_put_the_same_shipment_at_once_make_one);
    tcase_add_test(tc, ten_thousand_lines_ship_and_arrive);
    tcase_add_test(tc, nothing_leaves_on_a_day_that_is_locked);
    tcase_add_test(tc, every_step_is_told_as_an_event);
    tcase_add_test(tc, shipments_are_listed_by_order_and_state);
    return s;
}

WORLD_MAIN(shipments_suite)
