/* Shipments over several orders of a customer, and how they are packed. */
#include "tests/support/world.h"

struct shop {
    struct world *w;
    const char *who, *one, *two; /* a customer, and confirmed orders of theirs */
};

static const char *order_of(struct world *w, const char *who, const char *lines)
{
    struct reply r = post(w, "/v1/orders", "{'customer_id':'%s','confirm':true,'lines':[%s]}", who,
                          lines);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static struct shop shop_open(void)
{
    struct shop s = {.w = world_new()};
    s.who = given_customer(s.w, NULL);
    given_product(s.w, "A", "10.00", 100);
    given_product(s.w, "B", "3.00", 100);
    s.one = order_of(s.w, s.who, "{'sku':'A','quantity':'6'},{'sku':'B','quantity':'2'}");
    s.two = order_of(s.w, s.who, "{'sku':'A','quantity':'4'}");
    return s;
}

static const char *line_of(struct world *w, const char *order, int line)
{
    struct reply r = get(w, "/v1/orders/%s", order);
    return fmt(w, "%s %s %s", text(r, fmt(w, "/lines/%d/reserved", line)),
               text(r, fmt(w, "/lines/%d/shipped", line)),
               text(r, fmt(w, "/lines/%d/delivered", line)));
}

static const char *path_of(struct world *w, struct reply r)
{
    return fmt(w, "/v1/shipments/%s", text(r, "/id"));
}

START_TEST(orders_of_one_customer_ship_together)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    struct reply r = post(w, "/v1/shipments",
                          "{'orders':[{'order_id':'%s'},{'order_id':'%s'}],'ship':true,"
                          "'carrier':'Post','service':'express','expected_date':'2030-01-05'}",
                          s.two, s.one);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/order_id"), "null");
    ck_assert_uint_eq(length(r, "/orders"), 2);
    ck_assert_str_eq(text(r, "/orders/0/order_id"), s.two);
    ck_assert_str_eq(text(r, "/orders/1/order_id"), s.one);
    ck_assert_uint_eq(length(r, "/lines"), 3);
    ck_assert_str_eq(text(r, "/lines/0/order_id"), s.two);
    ck_assert_str_eq(text(r, "/lines/1/order_id"), s.one);
    ck_assert_str_eq(text(r, "/lines/2/line_no"), "3");
    ck_assert_str_eq(text(r, "/lines/2/order_line_no"), "2");
    ck_assert_str_eq(text(r, "/service"), "express");
    ck_assert_str_eq(get(w, "%s", path_of(w, r)).body, r.body);
    ck_assert_str_eq(line_of(w, s.one, 0), "0 6 0");
    ck_assert_str_eq(line_of(w, s.two, 0), "0 4 0");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", s.two), "/status"), "fulfilled");
    ck_assert_str_eq(text(get(w, "/v1/stock?sku=A"), "/data/0/on_hand"), "90");
    /* Found by each of its orders. */
    ck_assert_uint_eq(length(get(w, "/v1/shipments?order_id=%s", s.one), "/data"), 1);
    ck_assert_uint_eq(length(get(w, "/v1/shipments?order_id=%s,%s", s.one, s.two), "/data"), 1);
    expect(act(w, path_of(w, r), "deliver"), 200);
    ck_assert_str_eq(line_of(w, s.one, 1), "0 2 2");
    ck_assert_str_eq(line_of(w, s.two, 0), "0 4 4");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(lines_name_their_orders)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *body = fmt(w,
                           "{'lines':[{'order_id':'%s','order_line_no':1,'quantity':'5'},"
                           "{'order_id':'%s','order_line_no':1,'quantity':'1'},"
                           "{'order_id':'%s','order_line_no':2,'quantity':'2'}]}",
                           s.one, s.two, s.one);
    struct reply r = put(w, "/v1/shipments/ext:j1", "%s", body);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "draft");
    ck_assert_str_eq(text(r, "/orders/0/order_id"), s.one);
    ck_assert_str_eq(text(r, "/lines/0/invoiceable"), "0");
    expect(put(w, "/v1/shipments/ext:j1", "%s", body), 200);
    r = act(w, "/v1/shipments/ext:j1", "ship");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/1/invoiceable"), "1");
    ck_assert_str_eq(line_of(w, s.one, 0), "1 5 0");
    ck_assert_str_eq(line_of(w, s.two, 0), "3 1 0");
    /* A line without an order is the shipment's. */
    r = post(w, "/v1/shipments",
             "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'1'},"
             "{'order_id':'%s','order_line_no':1,'quantity':'3'}]}",
             s.one, s.two);
    expect(r, 201);
    ck_assert_str_eq(line_of(w, s.one, 0), "0 6 0");
    ck_assert_str_eq(line_of(w, s.two, 0), "0 4 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_cannot_go_together_is_refused_and_named)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *other = given_customer(w, "'external_id':'other'");
    const char *theirs = order_of(w, other, "{'sku':'A','quantity':'1'}");
    struct reply r = post(w, "/v1/shipments",
                          "{'orders':[{'order_id':'%s'},{'order_id':'%s'},"
                          "{'order_id':'ord_0000000000001'}]}",
                          s.one, theirs);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/orders/1/order_id", "mismatch");
    expect_fault(r, "/orders/2/order_id", "unknown_reference");
    /* The same customer, who moved meanwhile. */
    expect(patch(w, fmt(w, "/v1/customers/%s", s.who),
                 "{'addresses':[{'kind':'shipping','city':'Bonn','country':'DE'}]}"),
           200);
    const char *moved = order_of(w, s.who, "{'sku':'A','quantity':'1'}");
    r = post(w, "/v1/shipments",
             "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'1'},"
             "{'order_id':'%s','order_line_no':1,'quantity':'1'}]}",
             s.one, moved);
    expect_fault(r, "/lines/1/order_id", "mismatch");
    expect_fault(post(w, "/v1/shipments", "{'ship':true}"), "/order_id", "required");
    expect_fault(post(w, "/v1/shipments", "{'lines':[{'order_line_no':1,'quantity':'1'}]}"),
                 "/order_id", "required");
    expect_fault(
        post(w, "/v1/shipments", "{'order_id':'%s','orders':[{'order_id':'%s'}]}", s.one, s.two),
        "/orders", "out_of_place");
    r = post(w, "/v1/shipments",
             "{'lines':[{'order_id':'%s','order_line_no':9,'quantity':'1'},"
             "{'order_id':'%s','order_line_no':1,'quantity':'1'},"
             "{'order_id':'%s','order_line_no':1,'quantity':'1'}]}",
             s.one, s.two, s.two);
    expect_fault(r, "/lines/0/order_line_no", "unknown_reference");
    expect_fault(r, "/lines/2/order_line_no", "repeated");
    /* One of them on hold, or without anything to ship. */
    expect(post(w, fmt(w, "/v1/orders/%s/hold", s.two), "{'reason':'wait'}"), 200);
    r = post(w, "/v1/shipments", "{'orders':[{'order_id':'%s'},{'order_id':'%s'}],'ship':true}",
             s.one, s.two);
    expect_problem(r, 409, "on_hold");
    ck_assert_str_eq(line_of(w, s.one, 0), "6 0 0");
    expect(post(w, fmt(w, "/v1/orders/%s/release", s.two), "{'reason':'go'}"), 200);
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", s.two), 201);
    r = post(w, "/v1/shipments", "{'orders':[{'order_id':'%s'},{'order_id':'%s'}]}", s.one, s.two);
    expect_problem(r, 409, "wrong_state");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM shipment"), "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(each_order_of_a_shipment_gets_its_own_invoice)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    struct reply r = post(w, "/v1/shipments",
                          "{'external_id':'j','orders':[{'order_id':'%s'},{'order_id':'%s'}],"
                          "'ship':true}",
                          s.one, s.two);
    expect(r, 201);
    expect_fault(post(w, "/v1/invoices", "{'shipment_id':'ext:j'}"), "/order_id", "required");
    r = post(w, "/v1/invoices", "{'shipment_id':'ext:j','order_id':'%s','finalize':true}", s.one);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "66.00");
    ck_assert_uint_eq(length(r, "/lines"), 2);
    r = get(w, "/v1/shipments/ext:j");
    ck_assert_str_eq(text(r, "/lines/0/invoiceable"), "0");
    ck_assert_str_eq(text(r, "/lines/2/invoiceable"), "4");
    r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", s.two);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "40.00");
    r = get(w, "/v1/shipments/ext:j");
    ck_assert_uint_eq(length(r, "/allowed_actions"), 1);
    ck_assert_str_eq(text(r, "/allowed_actions/0"), "deliver");
    const char *third = order_of(w, s.who, "{'sku':'A','quantity':'1'}");
    expect_fault(post(w, "/v1/invoices", "{'shipment_id':'ext:j','order_id':'%s'}", third),
                 "/shipment_id", "mismatch");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(packages_say_what_is_inside)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    struct reply r = post(w, "/v1/shipments",
                          "{'order_id':'%s','ship':true,'packages':[{'tracking_number':'T1',"
                          "'weight_kg':'2.5','length_cm':'40','width_cm':'30','height_cm':'20.5',"
                          "'lines':[{'line_no':1,'quantity':'4'},{'line_no':2,'quantity':'2'}]},"
                          "{'lines':[{'line_no':1,'quantity':'2'}]}]}",
                          s.one);
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/packages"), 2);
    ck_assert_str_eq(text(r, "/packages/0/package_no"), "1");
    ck_assert_str_eq(text(r, "/packages/0/weight_kg"), "2.5");
    ck_assert_str_eq(text(r, "/packages/0/height_cm"), "20.5");
    ck_assert_str_eq(text(r, "/packages/0/lines/1/quantity"), "2");
    ck_assert_str_eq(text(r, "/packages/1/tracking_number"), "null");
    ck_assert_str_eq(get(w, "%s", path_of(w, r)).body, r.body);
    r = post(w, "/v1/shipments",
             "{'order_id':'%s','packages':[{'lines':[{'line_no':1,'quantity':'3'},"
             "{'line_no':1,'quantity':'1'},{'line_no':2,'quantity':'1'}]},"
             "{'weight_kg':'0','lines':[{'line_no':1,'quantity':'1'}]}]}",
             s.two);
    expect_fault(r, "/packages/1/weight_kg", "too_small");
    r = post(w, "/v1/shipments",
             "{'order_id':'%s','packages':[{'lines':[{'line_no':1,'quantity':'3'},"
             "{'line_no':1,'quantity':'1'},{'line_no':2,'quantity':'1'}]},"
             "{'lines':[{'line_no':1,'quantity':'1.000001'}]}]}",
             s.two);
    expect_fault(r, "/packages/0/lines/1/line_no", "repeated");
    expect_fault(r, "/packages/0/lines/2/line_no", "unknown_reference");
    expect_fault(r, "/packages/1/lines/0/quantity", "too_large");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_is_packed_anew_when_it_ships)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    struct reply r = post(w, "/v1/shipments",
                          "{'order_id':'%s','packages':[{'lines':[{'line_no':1,'quantity':'4'}]}]}",
                          s.two);
    expect(r, 201);
    const char *path = path_of(w, r), *ship = fmt(w, "%s/ship", path);
    expect_fault(post(w, ship, "{'packages':[{'lines':[{'line_no':1,'quantity':'5'}]}]}"),
                 "/packages/0/lines/0/quantity", "too_large");
    r = post(w, ship,
             "{'service':'freight','packages':[{'weight_kg':'1','lines':[{'line_no':1,"
             "'quantity':'1'}]},{'lines':[{'line_no':1,'quantity':'3'}]}]}");
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/packages"), 2);
    ck_assert_str_eq(text(r, "/packages/1/lines/0/quantity"), "3");
    ck_assert_str_eq(text(r, "/service"), "freight");
    ck_assert_str_eq(get(w, "%s", path).body, r.body);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("joint shipments");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, orders_of_one_customer_ship_together);
    tcase_add_test(tc, lines_name_their_orders);
    tcase_add_test(tc, what_cannot_go_together_is_refused_and_named);
    tcase_add_test(tc, each_order_of_a_shipment_gets_its_own_invoice);
    tcase_add_test(tc, packages_say_what_is_inside);
    tcase_add_test(tc, a_draft_is_packed_anew_when_it_ships);
    return s;
}

WORLD_MAIN(suite)
