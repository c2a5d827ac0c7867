/* Confirmed orders that change: canceled and reopened, amended, split. */
#include "tests/support/world.h"
#include <stdlib.h>
#include <string.h>

static const char *placed(struct world *w, const char *who, const char *lines)
{
    struct reply r = post(w, "/v1/orders", "{'customer_id':'%s','confirm':true,'lines':[%s]}", who,
                          lines);
    expect(r, 201);
    return fmt(w, "/v1/orders/%s", text(r, "/id"));
}

static const char *id_of(const char *path)
{
    return path + strlen("/v1/orders/");
}

static void ship(struct world *w, const char *path, const char *quantity)
{
    expect(post(w, "/v1/shipments",
                "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'%s'}]}",
                id_of(path), quantity),
           201);
}

static const char *credit(struct world *w, const char *who, const char *member)
{
    return fmt(w, "%s", text(get(w, "/v1/customers/%s/credit", who), member));
}

static const char *reserved(struct world *w)
{
    return fmt(w, "%s", text(get(w, "/v1/stock"), "/data/0/reserved"));
}

/* ---- cancel and reopen ---- */

START_TEST(the_rest_of_a_line_is_canceled_and_comes_back_like_a_confirmation)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'1000.00'");
    given_product(w, "A", "10.00", 10);
    const char *path = placed(w, who, "{'sku':'A','quantity':'8'}");
    ship(w, path, "3");
    struct reply r = post(w, fmt(w, "%s/cancel", path), "{'lines':[{'line_no':1,'quantity':'6'}]}");
    expect_fault(r, "/lines/0/quantity", "quantity_exceeded");
    r = act(w, path, "cancel");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "fulfilled");
    ck_assert_str_eq(text(r, "/lines/0/canceled"), "5");
    ck_assert_str_eq(credit(w, who, "/ordered"), "0.00");
    ck_assert_str_eq(reserved(w), "0");
    expect_books_balance(w);
    r = post(w, fmt(w, "%s/reopen", path), "{'lines':[{'line_no':1,'quantity':'6'}]}");
    expect_fault(r, "/lines/0/quantity", "quantity_exceeded");
    r = post(w, fmt(w, "%s/reopen", path), "{'lines':[{'line_no':1,'quantity':'2'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "in_fulfillment");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "2");
    ck_assert_str_eq(credit(w, who, "/ordered"), "23.80");
    expect_books_balance(w);
    placed(w, who, "{'sku':'A','quantity':'5'}");
    expect_problem(act(w, path, "reopen"), 409, "insufficient_stock");
    expect(patch(w, fmt(w, "/v1/customers/%s", who), "{'credit_limit':'60.00'}"), 200);
    expect_problem(act(w, path, "reopen"), 409, "credit_limit");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_canceled_order_is_reopened_as_a_new_confirmation)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    given_product(w, "A", "50.00", 10);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','customer_po':'P','confirm':true,'lines':[{'sku':'A'"
                          ",'quantity':'1'}]}",
                          who);
    expect(r, 201);
    const char *path = fmt(w, "/v1/orders/%s", text(r, "/id"));
    expect_problem(act(w, path, "reopen"), 409, "wrong_state");
    expect(act(w, path, "cancel"), 200);
    /* Meanwhile another order uses up the limit. */
    const char *other = placed(w, who, "{'sku':'A','quantity':'1'}");
    r = act(w, path, "reopen");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/kind"), "credit");
    ck_assert_str_eq(credit(w, who, "/ordered"), "59.50");
    expect_books_balance(w);
    expect(act(w, other, "cancel"), 200); /* makes room for it */
    ck_assert_str_eq(text(get(w, "%s", path), "/status"), "confirmed");
    expect_books_balance(w);
    /* The customer's number may be another order's by now. */
    expect(act(w, path, "cancel"), 200);
    expect(post(w, "/v1/orders",
                "{'customer_id':'%s','customer_po':'P','lines':[{'sku':'A','quantity':'1'}]}", who),
           201);
    expect_problem(act(w, path, "reopen"), 409, "duplicate");
    expect(post(w, fmt(w, "%s/reopen", path), "{'allow_duplicate_po':true}"), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(canceling_and_reopening_does_not_get_around_the_limit)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'50.00'");
    given_product(w, "A", "10.00", 20);
    const char *path = placed(w, who, "{'sku':'A','quantity':'9'}");
    expect(act(w, path, "cancel"), 200);
    expect(act(w, path, "reopen"), 200);
    struct reply r = act(w, path, "confirm");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    expect(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'4'}]}"), 200);
    ck_assert_str_eq(text(get(w, "%s", path), "/status"), "confirmed");
    expect_problem(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'9'}]}"),
                   409, "credit_limit");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_closed_order_goes_on_and_a_canceled_draft_is_a_draft_again)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "50.00", 10);
    const char *path = placed(w, who, "{'sku':'A','quantity':'2'}");
    ship(w, path, "1");
    expect(act(w, path, "cancel"), 200);
    expect(post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", id_of(path)), 201);
    expect(act(w, path, "close"), 200);
    struct reply r = act(w, path, "reopen");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "in_fulfillment");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "1");
    expect_books_balance(w);
    r = post(w, "/v1/orders", "{'customer_id':'%s','lines':[{'sku':'A','quantity':'2'}]}", who);
    path = fmt(w, "/v1/orders/%s", text(r, "/id"));
    expect(act(w, path, "cancel"), 200);
    r = act(w, path, "reopen");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "draft");
    expect(act(w, path, "confirm"), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- amend ---- */

START_TEST(an_amendment_changes_lines_prices_and_dates_and_keeps_what_was)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'1000.00'");
    given_product(w, "A", "10.00", 10);
    given_product(w, "B", "20.00", 10);
    given_service(w, "S", "5.00");
    const char *path = placed(w, who,
                              "{'sku':'A','quantity':'4'},{'sku':'B','quantity':'2'},"
                              "{'sku':'S','quantity':'1'}");
    const char *was = get(w, "%s", path).body;
    struct reply r = post(w, fmt(w, "%s/amend", path),
                          "{'reason':'call of today','promised_date':'2026-03-01','lines':["
                          "{'line_no':1,'quantity':'6','unit_price':'9.00'},"
                          "{'line_no':2,'drop':true},{'line_no':3,'discount_percent':'50'}],"
                          "'add_lines':[{'sku':'B','quantity':'1'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/promised_date"), "2026-03-01");
    ck_assert_str_eq(text(r, "/lines/0/net"), "54.00");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "6");
    ck_assert_str_eq(text(r, "/lines/1/dropped"), "true");
    ck_assert_str_eq(text(r, "/lines/1/gross"), "0.00");
    ck_assert_str_eq(text(r, "/lines/1/reserved"), "0");
    ck_assert_str_eq(text(r, "/lines/2/net"), "2.50");
    ck_assert_str_eq(text(r, "/lines/3/line_no"), "4");
    ck_assert_str_eq(text(r, "/lines/3/reserved"), "1");
    ck_assert_str_eq(text(r, "/net"), "76.50");
    ck_assert_str_eq(text(r, "/gross"), "91.04");
    ck_assert_str_eq(credit(w, who, "/ordered"), "91.04");
    expect_books_balance(w);
    struct reply v = get(w, "%s/revisions", path);
    expect(v, 200);
    ck_assert_uint_eq(length(v, "/revisions"), 1);
    ck_assert_str_eq(text(v, "/revisions/0/reason"), "call of today");
    ck_assert_str_eq(text(v, "/revisions/0/kind"), "amend");
    ck_assert_str_ne(text(v, "/revisions/0/api_key_id"), "null");
    ck_assert_ptr_nonnull(strstr(v.body, was));
    ck_assert_ptr_nonnull(strstr(v.body, r.body));
    ck_assert_str_eq(text(get(w, "/v1/events?type=order.amended"), "/data/0/data/gross"), "91.04");
    /* It ships and is invoiced as amended. */
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id_of(path)), 201);
    r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", id_of(path));
    expect(r, 201);
    ck_assert_str_eq(text(r, "/gross"), "91.04");
    ck_assert_str_eq(text(get(w, "%s", path), "/status"), "fulfilled");
    expect_books_balance(w);
    r = post(w, fmt(w, "%s/amend", path), "{'add_lines':[{'sku':'A','quantity':'1'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "in_fulfillment");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(discounts_of_an_order_follow_its_amendments_and_splits)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 50);
    given_product(w, "B", "20.00", 50);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'discount_percent':'10','lines':["
                          "{'sku':'A','quantity':'3','discount_amount':'3.00'},"
                          "{'sku':'B','quantity':'1'}]}",
                          who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "42.30"); /* 27 + 20 less 10 % */
    const char *path = fmt(w, "/v1/orders/%s", text(r, "/id"));
    r = post(w, fmt(w, "%s/amend", path),
             "{'lines':[{'line_no':1,'quantity':'6','discount_amount':'10.00'}],"
             "'add_lines':[{'sku':'B','quantity':'2','discount_percent':'50'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/net"), "45.00"); /* 60 - 10 less 10 % */
    ck_assert_str_eq(text(r, "/lines/1/net"), "18.00");
    ck_assert_str_eq(text(r, "/lines/2/net"), "18.00");
    ck_assert_str_eq(text(r, "/discount"), "9.00");
    expect_books_balance(w);
    struct reply n = post(w, fmt(w, "%s/split", path), "{'lines':[{'line_no':1,'quantity':'2'}]}");
    expect(n, 201);
    ck_assert_str_eq(text(n, "/net"), "15.00");
    ck_assert_str_eq(text(n, "/discount"), "1.67");
    ck_assert_str_eq(text(n, "/lines/0/discount_amount"), "3.33");
    expect_books_balance(w);
    r = post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'discount_amount':'99.00'}]}");
    expect_fault(r, "/lines/0/discount_amount", "too_large");

    r = post(w, "/v1/orders",
             "{'customer_id':'%s','confirm':true,'discount_amount':'6.00','lines':["
             "{'sku':'A','quantity':'4'},{'sku':'B','quantity':'1'}]}",
             who);
    expect(r, 201);
    path = fmt(w, "/v1/orders/%s", text(r, "/id"));
    r = post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'5'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/net"), "46.00");
    ck_assert_str_eq(text(r, "/discount_amount"), "6.00");
    r = post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':2,'drop':true}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/discount_amount"), "4.00");
    ck_assert_str_eq(text(r, "/net"), "46.00");
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id_of(path)), 201);
    r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", id_of(path));
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "46.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_an_order_grows_by_is_checked_for_credit_and_stock)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    given_product(w, "A", "10.00", 9);
    const char *path = placed(w, who, "{'sku':'A','quantity':'5'}");
    const char *was = get(w, "%s", path).body;
    const char *events = world_sql(w, "SELECT count(*) FROM event");
    struct reply r = post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'9'}]}");
    expect_problem(r, 409, "credit_limit");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "107.10"));
    r = post(w, fmt(w, "%s/amend", path),
             "{'lines':[{'line_no':1,'quantity':'10','unit_price':'1.00'}]}");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_str_eq(get(w, "%s", path).body, was);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event"), events);
    r = post(w, fmt(w, "%s/amend?dry_run=true", path), "{'lines':[{'line_no':1,'quantity':'8'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/gross"), "95.20");
    ck_assert_str_eq(get(w, "%s", path).body, was);
    expect(patch(w, fmt(w, "/v1/customers/%s", who), "{'credit_limit':'1.00'}"), 200);
    r = post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'4'}]}");
    expect(r, 200); /* less is always possible */
    ck_assert_str_eq(credit(w, who, "/ordered"), "47.60");
    ck_assert_str_eq(reserved(w), "4");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_amendment_does_not_touch_what_is_shipped_invoiced_or_over)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 20);
    const char *path = placed(w, who, "{'sku':'A','quantity':'5'},{'sku':'A','quantity':'1'}");
    ship(w, path, "2");
    expect(post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", id_of(path)), 201);
    expect(post(w, fmt(w, "%s/cancel", path), "{'lines':[{'line_no':2}]}"), 200);
    const char *amend = fmt(w, "%s/amend", path);
    struct reply r = post(w, amend,
                          "{'lines':[{'line_no':1,'quantity':'1'},{'line_no':2,'quantity':'3'},"
                          "{'line_no':7,'quantity':'1'},{'line_no':1,'quantity':'3'}],"
                          "'add_lines':[{'sku':'NO','quantity':'1'}]}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/lines/0/quantity", "quantity_exceeded");
    expect_fault(r, "/lines/1/line_no", "canceled");
    expect_fault(r, "/lines/2/line_no", "unknown_line");
    expect_fault(r, "/lines/3/line_no", "repeated");
    expect_fault(post(w, amend, "{'add_lines':[{'sku':'NO','quantity':'1'}]}"), "/add_lines/0/sku",
                 "unknown_reference");
    expect_fault(post(w, amend, "{'lines':[{'line_no':1,'unit_price':'1.00'}]}"),
                 "/lines/0/unit_price", "invoiced");
    r = post(w, amend, "{'lines':[{'line_no':1,'drop':true}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/quantity"), "2");
    ck_assert_str_eq(text(r, "/status"), "fulfilled");
    expect_books_balance(w);
    path = placed(w, who, "{'sku':'A','quantity':'1'}");
    expect_fault(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'drop':true}]}"),
                 "/lines", "nothing_left");
    expect(act(w, path, "cancel"), 200);
    r = post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'2'}]}");
    expect_problem(r, 409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_held_order_is_amended_until_it_fits_the_limit)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'50.00'");
    given_product(w, "A", "10.00", 20);
    const char *path = placed(w, who, "{'sku':'A','quantity':'9'}");
    struct reply r = post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'6'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "0");
    expect_books_balance(w);
    expect(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'4'}]}"), 200);
    r = get(w, "%s", path);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "4");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_release_of_credit_is_a_decision_up_to_its_cap)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'50.00'");
    given_product(w, "A", "10.00", 20);
    const char *path = placed(w, who, "{'sku':'A','quantity':'5'}");
    expect(post(w, fmt(w, "%s/release", path), "{'reason':'known','cap':'80.00'}"), 200);
    expect(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'6'}]}"), 200);
    expect_problem(post(w, fmt(w, "%s/amend", path), "{'lines':[{'line_no':1,'quantity':'7'}]}"),
                   409, "credit_limit");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- split ---- */

START_TEST(a_split_moves_goods_money_and_reservations_to_an_order_of_their_own)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'1000.00'");
    given_product(w, "A", "3.333333", 20);
    given_product(w, "B", "7.77", 20);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','customer_po':'P','confirm':true,'channel':'edi',"
                          "'lines':[{'sku':'A','quantity':'7'},{'sku':'B','quantity':'3'}]}",
                          who);
    expect(r, 201);
    const char *path = fmt(w, "/v1/orders/%s", text(r, "/id"));
    const char *before = credit(w, who, "/ordered");
    ck_assert_str_eq(text(r, "/gross"), before);
    struct reply n = post(w, fmt(w, "%s/split", path),
                          "{'external_id':'later','lines':[{'line_no':2},"
                          "{'line_no':1,'quantity':'3'}]}");
    expect(n, 201);
    ck_assert_str_eq(text(n, "/status"), "confirmed");
    ck_assert_str_eq(text(n, "/split_from"), id_of(path));
    ck_assert_str_eq(text(n, "/customer_po"), "P");
    ck_assert_str_eq(text(n, "/channel"), "edi");
    ck_assert_str_eq(text(n, "/lines/0/sku"), "B");
    ck_assert_str_eq(text(n, "/lines/0/reserved"), "3");
    ck_assert_str_eq(text(n, "/lines/1/quantity"), "3");
    struct reply o = get(w, "%s", path);
    ck_assert_str_eq(text(o, "/lines/0/quantity"), "4");
    ck_assert_str_eq(text(o, "/lines/0/reserved"), "4");
    ck_assert_str_eq(text(o, "/lines/1/dropped"), "true");
    ck_assert_str_eq(world_sql(w, "SELECT sum(gross)::numeric / 100 = %s FROM sales_order", before),
                     "t");
    ck_assert_str_eq(credit(w, who, "/ordered"), before);
    ck_assert_str_eq(text(get(w, "%s/revisions", path), "/revisions/0/kind"), "split");
    expect_books_balance(w);
    /* Amended later, lines that stay keep the cent that they got. */
    r = post(w, fmt(w, "%s/amend", path), "{'add_lines':[{'sku':'B','quantity':'1'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/net"), text(o, "/lines/0/net"));
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", text(n, "/id")), 201);
    r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", text(n, "/id"));
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), text(n, "/net"));
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(only_what_is_open_can_be_split_off_and_something_stays)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 20);
    const char *path = placed(w, who, "{'sku':'A','quantity':'5'},{'sku':'A','quantity':'1'}");
    const char *split = fmt(w, "%s/split", path);
    struct reply r = post(w, split, "{'lines':[{'line_no':1},{'line_no':2}]}");
    expect_fault(r, "/lines", "nothing_left");
    ship(w, path, "2");
    r = post(w, split,
             "{'lines':[{'line_no':1,'quantity':'4'},{'line_no':9},{'line_no':1,'quantity':'1'}]}");
    expect_fault(r, "/lines/0/quantity", "quantity_exceeded");
    expect_fault(r, "/lines/1/line_no", "unknown_line");
    expect_fault(r, "/lines/2/line_no", "repeated");
    r = post(w, split, "{'lines':[{'line_no':1},{'line_no':2}]}");
    expect(r, 201);
    ck_assert_str_eq(text(get(w, "%s", path), "/status"), "fulfilled");
    expect_problem(post(w, split, "{'lines':[{'line_no':1}]}"), 409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("order changes");
    TCase *t = tcase_create("order changes");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_rest_of_a_line_is_canceled_and_comes_back_like_a_confirmation);
    tcase_add_test(t, a_canceled_order_is_reopened_as_a_new_confirmation);
    tcase_add_test(t, canceling_and_reopening_does_not_get_around_the_limit);
    tcase_add_test(t, a_closed_order_goes_on_and_a_canceled_draft_is_a_draft_again);
    tcase_add_test(t, an_amendment_changes_lines_prices_and_dates_and_keeps_what_was);
    tcase_add_test(t, discounts_of_an_order_follow_its_amendments_and_splits);
    tcase_add_test(t, what_an_order_grows_by_is_checked_for_credit_and_stock);
    tcase_add_test(t, an_amendment_does_not_touch_what_is_shipped_invoiced_or_over);
    tcase_add_test(t, a_held_order_is_amended_until_it_fits_the_limit);
    tcase_add_test(t, a_release_of_credit_is_a_decision_up_to_its_cap);
    tcase_add_test(t, a_split_moves_goods_money_and_reservations_to_an_order_of_their_own);
    tcase_add_test(t, only_what_is_open_can_be_split_off_and_something_stays);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
