/* Holds, what blocks an order, and what happened to it. */
#include "tests/support/world.h"
#include <stdlib.h>
#include <string.h>

static const char *ordered(struct world *w, const char *who, int quantity)
{
    struct reply r = post(
        w, "/v1/orders",
        "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'%d'}]}", who, quantity);
    expect(r, 201);
    return fmt(w, "/v1/orders/%s", text(r, "/id"));
}

static struct reply hold(struct world *w, const char *path, const char *kind, const char *more)
{
    return post(w, fmt(w, "%s/hold", path), "{'kind':'%s','reason':'r-%s'%s}", kind, kind, more);
}

static struct reply release(struct world *w, const char *path, int hold_no)
{
    return post(w, fmt(w, "%s/release", path), "{'reason':'fine','hold_no':%d}", hold_no);
}

START_TEST(an_order_moves_only_when_no_hold_is_left)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *path = ordered(w, who, 2);
    expect(hold(w, path, "fraud", ",'owner':'risk team'"), 200);
    expect(hold(w, path, "approval", ""), 200);
    struct reply r = hold(w, path, "customer_request", "");
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/holds"), 3);
    ck_assert_str_eq(text(r, "/holds/0/owner"), "risk team");
    ck_assert_str_eq(text(r, "/holds/0/release_rule"), "manual");
    ck_assert_str_ne(text(r, "/holds/1/placed_by"), "null");
    r = release(w, path, 2);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/1/release_reason"), "fine");
    ck_assert_str_eq(text(r, "/holds/0/released_at"), "null");
    expect_problem(release(w, path, 2), 409, "wrong_state");
    expect_fault(release(w, path, 9), "/hold_no", "unknown_reference");
    expect(release(w, path, 1), 200);
    r = release(w, path, 3);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    r = get(w, "%s/holds", path);
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/holds"), 3);
    ck_assert_str_eq(text(get(w, "/v1/orders/ext:no/holds"), "/code"), "not_found");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(only_what_the_server_can_judge_clears_by_itself)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *path = ordered(w, who, 2);
    struct reply r = hold(w, path, "fraud", ",'release_rule':'when_clear'");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/release_rule", "unknown_condition");
    expect(hold(w, path, "stock", ",'release_rule':'when_clear'"), 200);
    expect(hold(w, path, "fraud", ""), 200);
    r = act(w, path, "holds/review");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/cleared"), "true");
    ck_assert_str_eq(text(r, "/holds/1/released_at"), "null");
    expect(release(w, path, 2), 200);
    expect_problem(act(w, path, "holds/review"), 409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_credit_hold_clears_once_the_customer_has_paid)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    given_product(w, "A", "50.00", 10);
    const char *path = ordered(w, who, 3);
    struct reply r = act(w, path, "holds/review");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "1");
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/release_rule"), "when_clear");
    expect(hold(w, path, "approval", ""), 200);
    expect(post(w, "/v1/payments", "{'customer_id':'%s','method':'cash','amount':'100.00'}", who),
           201);
    r = act(w, path, "holds/review");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/cleared"), "true");
    expect_books_balance(w);
    r = release(w, path, 2);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "3");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/ordered"), "178.50");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_order_goes_on_by_itself_only_when_no_hold_needs_somebody)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'0.00'");
    given_product(w, "A", "50.00", 10);
    const char *path = ordered(w, who, 1), *other = ordered(w, who, 1);
    expect(hold(w, path, "credit", ""), 200);
    expect(post(w, "/v1/payments", "{'customer_id':'%s','method':'cash','amount':'500.00'}", who),
           201);
    struct reply r = get(w, "%s", other);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/holds/0/cleared"), "true");
    r = get(w, "%s", path);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/released_at"), "null");
    expect(post(w, fmt(w, "%s/release", path), "{'reason':'fine'}"), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(releasing_another_hold_is_no_decision_about_credit)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    given_product(w, "A", "50.00", 10);
    const char *path = ordered(w, who, 1);
    expect(hold(w, path, "customer_request", ""), 200);
    expect(patch(w, fmt(w, "/v1/customers/%s", who), "{'credit_limit':'10.00'}"), 200);
    struct reply r = release(w, path, 1);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/1/kind"), "credit");
    expect_books_balance(w);
    r = release(w, path, 2);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static bool blocks(struct world *w, struct reply r, const char *kind)
{
    for (size_t i = 0; i < length(r, "/blockers"); i++)
        if (strcmp(text(r, fmt(w, "/blockers/%zu/kind", i)), kind) == 0)
            return true;
    return false;
}

START_TEST(every_condition_that_keeps_an_order_from_moving_is_named)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    given_product(w, "A", "50.00", 4);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','lines':[{'sku':'A','quantity':'3'},"
                          "{'sku':'A','quantity':'2'}]}",
                          who);
    expect(r, 201);
    const char *draft = fmt(w, "/v1/orders/%s", text(r, "/id"));
    r = get(w, "%s/blockers", draft);
    expect(r, 200);
    ck_assert(blocks(w, r, "not_confirmed") && blocks(w, r, "credit_limit"));
    ck_assert_uint_eq(length(r, "/blockers"), 3);
    ck_assert_str_eq(text(r, "/blockers/2/kind"), "missing_stock");
    ck_assert_str_eq(text(r, "/blockers/2/line_no"), "2");
    ck_assert_str_eq(text(r, "/blockers/2/detail"), "Line 2 waits for 1 of 2 of A.");

    const char *path = ordered(w, who, 1);
    r = get(w, "%s/blockers", path);
    ck_assert_uint_eq(length(r, "/blockers"), 1);
    ck_assert_str_eq(text(r, "/blockers/0/kind"), "not_shipped");
    expect(hold(w, path, "fraud", ",'owner':'risk team'"), 200);
    expect(patch(w, fmt(w, "/v1/customers/%s", who), "{'status':'blocked'}"), 200);
    r = get(w, "%s/blockers", path);
    ck_assert_uint_eq(length(r, "/blockers"), 2);
    ck_assert_str_eq(text(r, "/blockers/0/kind"), "hold");
    ck_assert_str_eq(text(r, "/blockers/0/owner"), "risk team");
    ck_assert_str_eq(text(r, "/blockers/0/hold_no"), "1");
    ck_assert_str_ne(text(r, "/blockers/0/age_seconds"), "null");
    ck_assert_str_eq(text(r, "/blockers/1/kind"), "customer_blocked");
    ck_assert_str_ne(text(r, "/blockers/1/since"), "null");
    ck_assert_str_ne(text(r, "/blockers/1/owner"), "null");
    expect(patch(w, fmt(w, "/v1/customers/%s", who), "{'status':'active'}"), 200);
    expect(release(w, path, 1), 200);

    const char *id = path + strlen("/v1/orders/");
    r = post(w, "/v1/shipments", "{'order_id':'%s'}", id);
    expect(r, 201);
    const char *shipment = fmt(w, "%s", text(r, "/id"));
    r = get(w, "%s/blockers", path);
    ck_assert_uint_eq(length(r, "/blockers"), 1);
    ck_assert_str_eq(text(r, "/blockers/0/kind"), "draft_shipment");
    ck_assert_str_eq(text(r, "/blockers/0/shipment_id"), shipment);
    ck_assert_str_ne(text(r, "/blockers/0/owner"), "null");
    expect(act(w, fmt(w, "/v1/shipments/%s", shipment), "ship"), 200);
    ck_assert_str_eq(text(get(w, "%s/blockers", path), "/blockers/0/kind"), "not_invoiced");
    r = post(w, "/v1/invoices", "{'order_id':'%s'}", id);
    expect(r, 201);
    const char *invoice = fmt(w, "%s", text(r, "/id"));
    r = get(w, "%s/blockers", path);
    ck_assert_uint_eq(length(r, "/blockers"), 1);
    ck_assert_str_eq(text(r, "/blockers/0/invoice_id"), invoice);
    expect(act(w, fmt(w, "/v1/invoices/%s", invoice), "finalize"), 200);
    ck_assert_uint_eq(length(get(w, "%s/blockers", path), "/blockers"), 0);
    world_free(w);
}
END_TEST

static const char *find(struct world *w, struct reply r, const char *type, const char *member)
{
    for (size_t i = 0; i < length(r, "/entries"); i++)
        if (strcmp(text(r, fmt(w, "/entries/%zu/type", i)), type) == 0)
            return fmt(w, "%s", text(r, fmt(w, "/entries/%zu/%s", i, member)));
    ck_abort_msg("no %s in %s", type, r.body);
}

START_TEST(the_timeline_tells_everything_and_what_caused_it)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "50.00", 4);
    const char *path = ordered(w, who, 1), *id = path + strlen("/v1/orders/");
    struct reply r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id);
    expect(r, 201);
    const char *shipment = fmt(w, "%s", text(r, "/id"));
    r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", id);
    expect(r, 201);
    const char *invoice = fmt(w, "%s", text(r, "/id"));
    expect(post(w, "/v1/credit-notes",
                "{'invoice_id':'%s','reason':'quality','issue':true,'lines':[{'invoice_line_no':1,"
                "'quantity':'0.5'}]}",
                invoice),
           201);
    expect(post(w, "/v1/payments",
                "{'customer_id':'%s','method':'cash','amount':'29.75','allocate':'oldest_due'}",
                who),
           201);
    ordered(w, who, 1); /* another order, which it does not tell of */
    r = get(w, "%s/timeline", path);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/complete"), "true");
    ck_assert_str_eq(text(r, "/entries/0/type"), "order.confirmed");
    ck_assert_str_eq(text(r, "/entries/0/caused_by"), "null");
    for (size_t i = 1; i < length(r, "/entries"); i++) {
        ck_assert_int_gt(json_integer_value(at(r, fmt(w, "/entries/%zu/seq", i))),
                         json_integer_value(at(r, fmt(w, "/entries/%zu/seq", i - 1))));
        ck_assert_str_ne(text(r, fmt(w, "/entries/%zu/caused_by", i)), "null");
    }
    ck_assert_str_eq(find(w, r, "shipment.created", "caused_by"), text(r, "/entries/0/seq"));
    ck_assert_str_eq(find(w, r, "shipment.created", "belongs_to"), id);
    ck_assert_str_eq(find(w, r, "order.fulfilled", "caused_by"),
                     find(w, r, "shipment.created", "seq"));
    ck_assert_str_eq(find(w, r, "invoice.created", "belongs_to"), shipment);
    ck_assert_str_eq(find(w, r, "credit_note.created", "belongs_to"), invoice);
    ck_assert_str_eq(find(w, r, "payment.received", "belongs_to"), invoice);
    ck_assert_str_eq(find(w, r, "invoice.paid", "caused_by"),
                     find(w, r, "payment.received", "seq"));
    expect_problem(get(w, "/v1/orders/ord_0000000000001/timeline"), 404, "not_found");
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("order holds");
    TCase *t = tcase_create("order holds");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, an_order_moves_only_when_no_hold_is_left);
    tcase_add_test(t, only_what_the_server_can_judge_clears_by_itself);
    tcase_add_test(t, a_credit_hold_clears_once_the_customer_has_paid);
    tcase_add_test(t, an_order_goes_on_by_itself_only_when_no_hold_needs_somebody);
    tcase_add_test(t, releasing_another_hold_is_no_decision_about_credit);
    tcase_add_test(t, every_condition_that_keeps_an_order_from_moving_is_named);
    tcase_add_test(t, the_timeline_tells_everything_and_what_caused_it);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
