/* Pick lists: what is reserved is picked together, drafted as shipments, and put back. */
#include "tests/support/world.h"
#include <string.h>

struct depot {
    struct world *w;
    const char *who, *a, *b; /* two orders: 4 of B and 3 of A; 5 of A */
};

static struct depot depot_open(void)
{
    struct depot d = {.w = world_new()};
    d.who = given_customer(d.w, NULL);
    given_product(d.w, "A", "1.00", 20);
    given_product(d.w, "B", "1.00", 20);
    given_product(d.w, "C", "1.00", 20);
    struct reply r = post(d.w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'promised_date':'2030-01-10',"
                          "'lines':[{'sku':'B','quantity':'4'},{'sku':'A','quantity':'3'}]}",
                          d.who);
    expect(r, 201);
    d.a = fmt(d.w, "%s", text(r, "/id"));
    r = post(d.w, "/v1/orders",
             "{'customer_id':'%s','confirm':true,'promised_date':'2030-01-05','lines':[{'sku':'A',"
             "'quantity':'5'}]}",
             d.who);
    expect(r, 201);
    d.b = fmt(d.w, "%s", text(r, "/id"));
    const char *main = text(get(d.w, "/v1/warehouses?code=MAIN"), "/data/0/id");
    expect(patch(d.w, fmt(d.w, "/v1/stock/ext:B/%s", main), "{'bin':'A-01'}"), 200);
    r = patch(d.w, fmt(d.w, "/v1/stock/ext:A/%s", main), "{'bin':'B-07'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/bin"), "B-07");
    ck_assert_str_eq(text(r, "/safety"), "0");
    return d;
}

static struct reply list_both(struct depot d)
{
    struct reply r = post(d.w, "/v1/pick-lists", "{'promised_by':'2030-01-31'}");
    expect(r, 201);
    return r;
}

static const char *path(struct depot d, struct reply r)
{
    return fmt(d.w, "/v1/pick-lists/%s", text(r, "/id"));
}

/* Status, then of line i: canceled reserved picked shipped. */
static const char *stands(struct depot d, const char *order, int i)
{
    struct reply r = get(d.w, "/v1/orders/%s", order);
    return fmt(d.w, "%s %s %s %s %s", text(r, "/status"),
               text(r, fmt(d.w, "/lines/%d/canceled", i)),
               text(r, fmt(d.w, "/lines/%d/reserved", i)), text(r, fmt(d.w, "/lines/%d/picked", i)),
               text(r, fmt(d.w, "/lines/%d/shipped", i)));
}

static void close_depot(struct depot d)
{
    expect_books_balance(d.w);
    world_free(d.w);
}

START_TEST(a_list_goes_by_bin_and_product_and_names_the_orders)
{
    struct depot d = depot_open();
    struct reply r = list_both(d);
    ck_assert_str_eq(text(r, "/status"), "open");
    ck_assert_str_eq(text(r, "/part_count"), "3");
    ck_assert_uint_eq(length(r, "/lines"), 2);
    ck_assert_str_eq(text(r, "/lines/0/sku"), "B");
    ck_assert_str_eq(text(r, "/lines/0/bin"), "A-01");
    ck_assert_str_eq(text(r, "/lines/1/quantity"), "8");
    ck_assert_str_eq(text(r, "/lines/1/parts/0/order_id"), d.b); /* promised first */
    ck_assert_str_eq(text(r, "/lines/1/parts/1/order_id"), d.a);
    ck_assert_str_eq(text(r, "/lines/1/picked"), "null");
    /* What is on a list is on no other one. */
    expect_problem(post(d.w, "/v1/pick-lists", "{'orders':[{'order_id':'%s'}]}", d.a), 409,
                   "wrong_state");
    expect(act(d.w, path(d, r), "start"), 200);
    expect_problem(act(d.w, path(d, r), "start"), 409, "wrong_state");
    expect(act(d.w, path(d, r), "cancel"), 200);
    expect_problem(post(d.w, fmt(d.w, "%s/confirm", path(d, r)), "{}"), 409, "wrong_state");
    r = post(d.w, "/v1/pick-lists", "{'external_id':'P1','orders':[{'order_id':'%s'}],'most':1}",
             d.a);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/part_count"), "1");
    expect_problem(
        post(d.w, "/v1/pick-lists", "{'external_id':'P1','orders':[{'order_id':'%s'}]}", d.b), 409,
        "external_id_taken");
    ck_assert_uint_eq(length(get(d.w, "/v1/pick-lists?status=open"), "/data"), 1);
    ck_assert_str_eq(text(get(d.w, "/v1/pick-lists/ext:P1"), "/lines/0/sku"), "B");
    close_depot(d);
}
END_TEST

START_TEST(what_is_picked_is_drafted_packed_and_shipped)
{
    struct depot d = depot_open();
    struct reply list = list_both(d);
    struct reply r = post(d.w, fmt(d.w, "%s/confirm", path(d, list)), "{}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "picked");
    ck_assert_str_eq(text(r, "/lines/1/picked"), "8");
    const char *of_b = text(r, "/lines/1/parts/0/shipment_id");
    const char *of_a = text(r, "/lines/1/parts/1/shipment_id");
    ck_assert_str_eq(text(r, "/lines/0/parts/0/shipment_id"), of_a);
    ck_assert_str_eq(stands(d, d.a, 1), "confirmed 0 3 3 0");
    ck_assert_str_eq(text(get(d.w, "/v1/shipments/%s", of_a), "/status"), "draft");
    r = post(d.w, fmt(d.w, "/v1/shipments/%s/ship", of_a),
             "{'packages':[{'weight_kg':'1','lines':[{'line_no':1,'quantity':'4'},{'line_no':2,"
             "'quantity':'3'}]}]}");
    expect(r, 200);
    ck_assert_str_eq(stands(d, d.a, 0), "fulfilled 0 0 0 4");
    ck_assert_str_eq(stands(d, d.b, 0), "confirmed 0 5 5 0");
    /* Part of it goes another way: what is picked goes first. */
    expect(post(d.w, "/v1/shipments",
                "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'2'}]}", d.b),
           201);
    ck_assert_str_eq(stands(d, d.b, 0), "in_fulfillment 0 3 3 2");
    /* Recalled is what has not shipped. */
    r = post(d.w, fmt(d.w, "%s/recall", path(d, list)), "{'reason':'wrong cart'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "recalled");
    ck_assert_str_eq(text(r, "/lines/1/parts/0/recalled"), "3");
    ck_assert_str_eq(text(r, "/lines/1/parts/1/recalled"), "0");
    ck_assert_str_eq(text(get(d.w, "/v1/shipments/%s", of_b), "/status"), "canceled");
    ck_assert_str_eq(stands(d, d.b, 0), "in_fulfillment 0 3 0 2");
    list = list_both(d);
    ck_assert_str_eq(text(list, "/lines/0/quantity"), "3");
    close_depot(d);
}
END_TEST

START_TEST(what_is_picked_is_not_canceled_before_it_is_recalled)
{
    struct depot d = depot_open();
    struct reply r = post(d.w, "/v1/pick-lists", "{'orders':[{'order_id':'%s'}],'most':1}", d.a);
    expect(r, 201);
    expect(
        post(d.w, fmt(d.w, "%s/confirm", path(d, r)), "{'lines':[{'line_no':1,'quantity':'3'}]}"),
        200);
    ck_assert_str_eq(stands(d, d.a, 0), "confirmed 0 3 3 0");
    const char *cancel = fmt(d.w, "/v1/orders/%s/cancel", d.a);
    struct reply refused = act(d.w, fmt(d.w, "/v1/orders/%s", d.a), "cancel");
    expect_problem(refused, 409, "wrong_state");
    ck_assert_ptr_nonnull(strstr(text(refused, "/detail"), "recall"));
    expect_problem(post(d.w, cancel, "{'lines':[{'line_no':1,'quantity':'2'}]}"), 409,
                   "wrong_state");
    expect_problem(
        post(d.w, fmt(d.w, "/v1/orders/%s/amend", d.a), "{'lines':[{'line_no':1,'quantity':'2'}]}"),
        422, "invalid");
    expect(post(d.w, cancel, "{'lines':[{'line_no':1,'quantity':'1'},{'line_no':2}]}"), 200);
    ck_assert_str_eq(stands(d, d.a, 0), "confirmed 1 3 3 0");
    expect_problem(
        post(d.w, fmt(d.w, "/v1/orders/%s/split", d.a), "{'lines':[{'line_no':1,'quantity':'1'}]}"),
        422, "invalid");
    expect(post(d.w, fmt(d.w, "%s/recall", path(d, r)), "{'reason':'changed mind'}"), 200);
    expect(act(d.w, fmt(d.w, "/v1/orders/%s", d.a), "cancel"), 200);
    ck_assert_str_eq(stands(d, d.a, 0), "canceled 4 0 0 0");
    close_depot(d);
}
END_TEST

START_TEST(what_is_short_is_reserved_no_more)
{
    struct depot d = depot_open();
    struct reply r = list_both(d);
    const char *confirm = fmt(d.w, "%s/confirm", path(d, r));
    struct reply bad = post(d.w, confirm,
                            "{'lines':[{'line_no':1,'quantity':'5'},{'line_no':9,'quantity':'1'},"
                            "{'line_no':2,'quantity':'1'},{'line_no':2,'quantity':'1'}]}");
    expect_problem(bad, 422, "invalid");
    expect_fault(bad, "/lines/0/quantity", "quantity_exceeded");
    expect_fault(bad, "/lines/1/line_no", "unknown_line");
    expect_fault(bad, "/lines/3/line_no", "repeated");
    r = post(d.w, confirm,
             "{'lines':[{'line_no':2,'quantity':'6','adjust':true},{'line_no':1,'quantity':'3'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/1/parts/0/picked"), "5");
    ck_assert_str_eq(text(r, "/lines/1/parts/1/picked"), "1");
    ck_assert_str_eq(stands(d, d.a, 0), "confirmed 0 3 3 0");
    ck_assert_str_eq(stands(d, d.a, 1), "confirmed 0 1 1 0");
    struct reply stock = get(d.w, "/v1/stock?sku=A");
    ck_assert_str_eq(text(stock, "/data/0/on_hand"), "18"); /* two are not there */
    ck_assert_str_eq(text(stock, "/data/0/reserved"), "6");
    stock = get(d.w, "/v1/stock?sku=B");
    ck_assert_str_eq(text(stock, "/data/0/on_hand"), "20");
    ck_assert_str_eq(text(stock, "/data/0/reserved"), "3");
    stock = get(d.w, "/v1/stock/movements?kind=adjustment");
    ck_assert_str_eq(text(stock, "/data/0/reason"), "not found when picking");
    close_depot(d);
}
END_TEST

START_TEST(a_list_that_the_orders_have_left_behind_is_not_confirmed_in_full)
{
    struct depot d = depot_open();
    struct reply r = list_both(d);
    expect(post(d.w, "/v1/shipments",
                "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'2'}]}", d.b),
           201);
    expect_problem(post(d.w, fmt(d.w, "%s/confirm", path(d, r)), "{}"), 409, "quantity_exceeded");
    expect(act(d.w, fmt(d.w, "/v1/orders/%s", d.a), "cancel"), 200);
    expect(post(d.w, fmt(d.w, "%s/confirm", path(d, r)),
                "{'lines':[{'line_no':1,'quantity':'0'},{'line_no':2,'quantity':'3'}]}"),
           200);
    ck_assert_str_eq(stands(d, d.b, 0), "in_fulfillment 0 3 3 2");
    close_depot(d);
}
END_TEST

START_TEST(orders_on_hold_are_not_picked)
{
    struct depot d = depot_open();
    expect(post(d.w, fmt(d.w, "/v1/orders/%s/hold", d.a), "{'reason':'wait'}"), 200);
    expect_problem(post(d.w, "/v1/pick-lists", "{'orders':[{'order_id':'%s'}]}", d.a), 409,
                   "wrong_state");
    struct reply r = list_both(d); /* without it */
    ck_assert_str_eq(text(r, "/part_count"), "1");
    expect(post(d.w, fmt(d.w, "/v1/orders/%s/hold", d.b), "{'reason':'wait'}"), 200);
    expect_problem(post(d.w, fmt(d.w, "%s/confirm", path(d, r)), "{}"), 409, "on_hold");
    ck_assert_str_eq(stands(d, d.b, 0), "on_hold 0 5 0 0");
    expect_fault(post(d.w, "/v1/pick-lists", "{}"), "/orders", "required");
    expect_fault(
        post(d.w, "/v1/pick-lists", "{'promised_by':'2030-01-01','promised_from':'2030-01-02'}"),
        "/promised_from", "too_late");
    close_depot(d);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("picking");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_list_goes_by_bin_and_product_and_names_the_orders);
    tcase_add_test(t, what_is_picked_is_drafted_packed_and_shipped);
    tcase_add_test(t, what_is_picked_is_not_canceled_before_it_is_recalled);
    tcase_add_test(t, what_is_short_is_reserved_no_more);
    tcase_add_test(t, a_list_that_the_orders_have_left_behind_is_not_confirmed_in_full);
    tcase_add_test(t, orders_on_hold_are_not_picked);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
