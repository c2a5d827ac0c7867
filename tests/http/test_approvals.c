/* Orders that somebody else must approve. */
#include "tests/support/world.h"
#include <string.h>

static void given_rule(struct world *w, const char *name, const char *condition)
{
    expect(put(w, fmt(w, "/v1/approval-rules/ext:%s", name), "{'name':'%s',%s}", name, condition),
           201);
}

/* 10.00 each, which cost 6.00. */
static const char *shop(struct world *w)
{
    const char *a = given_product(w, "A", "10.00", 100);
    expect(patch(w, fmt(w, "/v1/products/%s", a), "{'unit_cost':'6.00'}"), 200);
    return given_customer(w, NULL);
}

static struct reply order_of(struct world *w, const char *customer, const char *more,
                             const char *line)
{
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,%s'lines':[{'sku':'A',%s}]}",
                          customer, more, line);
    expect(r, 201);
    return r;
}

static const char *path_of(struct world *w, struct reply order)
{
    return fmt(w, "/v1/orders/%s", text(order, "/id"));
}

/* As another key, with these scopes. */
static struct reply as(struct world *w, const char *scopes, const char *path, const char *body)
{
    struct request_options o = {.api_key = world_key_with(w, scopes), .key = "", .if_match = "*"};
    return request(w, "POST", path, body, &o);
}

static struct reply approve(struct world *w, struct reply order, const char *scopes)
{
    return as(w, scopes, fmt(w, "%s/approve", path_of(w, order)), "{\"reason\":\"fine\"}");
}

START_TEST(rules_are_made_replaced_and_archived)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/approval-rules",
                          "{'external_id':'big','name':'Big orders','gross_from':'1000.00',"
                          "'approver_scope':'approvals:director'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "active");
    ck_assert_str_eq(text(r, "/gross_from"), "1000.00");
    ck_assert_str_eq(text(r, "/currency"), "EUR");
    ck_assert_str_eq(text(r, "/discount_from"), "null");
    ck_assert_str_eq(get(w, "/v1/approval-rules/ext:big").body, r.body);
    r = put(w, "/v1/approval-rules/ext:big",
            "{'name':'Big','margin_below':'20',"
            "'status':'archived'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/approver_scope"), "orders:approve");
    ck_assert_uint_eq(length(get(w, "/v1/approval-rules?status=active"), "/data"), 0);
    expect_fault(post(w, "/v1/approval-rules", "{'name':'x'}"), "/gross_from", "required");
    r = post(w, "/v1/approval-rules",
             "{'name':'x','gross_from':'1.001','approver_scope':'Director'}");
    expect_fault(r, "/gross_from", "decimal_scale");
    expect_fault(r, "/approver_scope", "invalid");
    expect_problem(
        post(w, "/v1/approval-rules", "{'external_id':'big','name':'x','gross_from':'1'}"), 409,
        "external_id_taken");
    world_free(w);
}
END_TEST

START_TEST(a_product_may_have_a_unit_cost)
{
    struct world *w = world_new();
    const char *path = fmt(w, "/v1/products/%s", given_product(w, "A", "10.00", 1));
    ck_assert_str_eq(text(get(w, "%s", path), "/unit_cost"), "null");
    struct reply r = patch(w, path, "{'unit_cost':'7.25'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/unit_cost"), "7.25");
    expect(patch(w, path, "{'unit_cost':null}"), 200);
    expect_fault(patch(w, path, "{'unit_cost':'-1'}"), "/unit_cost", "too_small");
    world_free(w);
}
END_TEST

START_TEST(an_order_that_meets_a_rule_waits_for_somebody_else)
{
    struct world *w = world_new();
    const char *who = shop(w);
    given_rule(w, "big", "'gross_from':'100.00'");
    ck_assert_str_eq(text(order_of(w, who, "", "'quantity':'8'"), "/status"), "confirmed");
    struct reply o = order_of(w, who, "", "'quantity':'9'"); /* 107.10 */
    ck_assert_str_eq(text(o, "/status"), "on_hold");
    ck_assert_str_eq(text(o, "/confirmed_at"), "null");
    ck_assert_str_eq(text(o, "/holds/0/kind"), "approval");
    ck_assert_str_eq(text(o, "/holds/0/owner"), "orders:approve");
    ck_assert_ptr_nonnull(strstr(text(o, "/holds/0/reason"), "107.10"));
    ck_assert_str_eq(text(o, "/lines/0/reserved"), "0");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/exposure"), "95.20");
    ck_assert_ptr_nonnull(strstr(get(w, "%s", path_of(w, o)).body, "\"approve\""));

    expect_problem(post(w, fmt(w, "%s/approve", path_of(w, o)), "{'reason':'mine'}"), 409,
                   "maker_is_checker");
    expect_problem(approve(w, o, "orders:write"), 403, "forbidden");
    struct reply r = approve(w, o, "orders:approve");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "9");
    ck_assert_str_eq(text(r, "/holds/0/release_reason"), "fine");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/exposure"), "202.30");
    expect_problem(approve(w, o, "orders:approve"), 409, "wrong_state");
    r = get(w, "/v1/audit?action=order.approved");
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_ne(text(r, "/data/0/api_key_id"), "null");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(discount_and_margin_ask_for_their_own_approvers)
{
    struct world *w = world_new();
    const char *who = shop(w);
    given_rule(w, "discount", "'discount_from':'15','approver_scope':'approvals:sales'");
    given_rule(w, "margin", "'margin_below':'30','approver_scope':'approvals:finance'");
    ck_assert_str_eq(
        text(order_of(w, who, "'discount_percent':'14.2',", "'quantity':'1'"), "/status"),
        "confirmed");
    /* 10.00 less 10 %, less 10 %: 19 % off; 8.10 with costs of 6.00: 25.93 %. */
    struct reply o = order_of(w, who, "'discount_percent':'10',",
                              "'quantity':'1','discount_percent':'10'");
    ck_assert_uint_eq(length(o, "/holds"), 2);
    ck_assert_ptr_nonnull(strstr(text(o, "/holds/0/reason"), "19 %"));
    ck_assert_ptr_nonnull(strstr(text(o, "/holds/1/reason"), "25.93 %"));
    expect_problem(approve(w, o, "orders:approve"), 403, "forbidden");
    struct reply r = approve(w, o, "orders:approve approvals:finance");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/released_at"), "null");
    ck_assert_str_ne(text(r, "/holds/1/released_at"), "null");
    r = approve(w, o, "orders:approve approvals:sales");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_is_judged_when_it_is_confirmed_and_who_confirms_is_a_maker_too)
{
    struct world *w = world_new();
    const char *who = shop(w);
    struct reply o = post(w, "/v1/orders",
                          "{'customer_id':'%s','lines':[{'sku':'A','quantity':'10'}]}", who);
    expect(o, 201);
    given_rule(w, "big", "'gross_from':'100.00'");
    struct request_options confirmer = {
        .api_key = world_key_with(w, "orders:*"), .key = "", .if_match = "*"};
    struct reply r = request(w, "POST", fmt(w, "%s/confirm", path_of(w, o)), "{}", &confirmer);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    const char *path = fmt(w, "%s/approve", path_of(w, o)), *body = "{\"reason\":\"r\"}";
    expect_problem(request(w, "POST", path, body, &confirmer), 409, "maker_is_checker");
    expect_problem(post(w, path, "{'reason':'r'}"), 409, "maker_is_checker");
    expect(approve(w, o, "orders:approve"), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_approval_checks_credit_and_stock_as_a_confirmation_does)
{
    struct world *w = world_new();
    const char *who = shop(w);
    expect(patch(w, fmt(w, "/v1/customers/%s", who), "{'credit_limit':'200.00'}"), 200);
    given_rule(w, "big", "'gross_from':'100.00'");
    struct reply o = order_of(w, who, "", "'quantity':'10'");
    struct reply too_many = order_of(w, who, "", "'quantity':'101'");
    order_of(w, who, "", "'quantity':'7'"); /* 83.30 of 200.00 are used, the order has 119.00 */
    struct reply r = approve(w, o, "orders:approve");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/1/kind"), "credit");
    expect(patch(w, fmt(w, "/v1/customers/%s", who), "{'credit_limit':null}"), 200);
    expect_problem(approve(w, too_many, "orders:approve"), 409, "insufficient_stock");
    ck_assert_str_eq(text(get(w, "%s", path_of(w, too_many)), "/holds/0/released_at"), "null");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_release_leaves_approvals_to_approvers)
{
    struct world *w = world_new();
    const char *who = shop(w);
    given_rule(w, "big", "'gross_from':'100.00'");
    struct reply o = order_of(w, who, "", "'quantity':'10'");
    const char *path = path_of(w, o);
    expect_problem(post(w, fmt(w, "%s/release", path), "{'reason':'go'}"), 409, "wrong_state");
    expect(post(w, fmt(w, "%s/hold", path), "{'reason':'wait'}"), 200);
    struct reply r = post(w, fmt(w, "%s/release", path), "{'reason':'go'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/released_at"), "null");
    ck_assert_str_ne(text(r, "/holds/1/released_at"), "null");
    expect(approve(w, o, "*"), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_rejected_order_stays_on_hold_or_is_canceled)
{
    struct world *w = world_new();
    const char *who = shop(w);
    given_rule(w, "big", "'gross_from':'100.00'");
    struct reply o = order_of(w, who, "", "'quantity':'10'");
    const char *path = fmt(w, "%s/reject", path_of(w, o));
    expect_problem(as(w, "orders:write", path, "{\"reason\":\"no\"}"), 403, "forbidden");
    struct reply r = as(w, "orders:approve", path, "{\"reason\":\"too much\"}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_ptr_nonnull(strstr(text(r, "/holds/0/reason"), "Rejected: too much"));
    ck_assert_str_eq(text(r, "/holds/0/released_at"), "null");
    r = as(w, "orders:approve", path, "{\"reason\":\"never\",\"cancel\":true}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "canceled");
    ck_assert_str_eq(text(r, "/lines/0/canceled"), "10");
    expect_problem(approve(w, o, "orders:approve"), 409, "wrong_state");
    ck_assert_uint_eq(length(get(w, "/v1/events?type=order.rejected"), "/data"), 2);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_order_that_is_amended_into_a_rule_needs_approval)
{
    struct world *w = world_new();
    const char *who = shop(w);
    given_rule(w, "big", "'gross_from':'100.00'");
    struct reply o = order_of(w, who, "", "'quantity':'5'");
    ck_assert_str_eq(text(o, "/status"), "confirmed");
    struct reply r = post(w, fmt(w, "%s/amend", path_of(w, o)),
                          "{'reason':'more','lines':[{'line_no':1,'quantity':'20'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(text(r, "/holds/0/kind"), "approval");
    expect_problem(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", text(o, "/id")), 409,
                   "on_hold");
    r = approve(w, o, "orders:approve");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(archived_rules_ask_for_nothing)
{
    struct world *w = world_new();
    const char *who = shop(w);
    given_rule(w, "big", "'gross_from':'100.00'");
    ck_assert_str_eq(text(order_of(w, who, "", "'quantity':'10'"), "/status"), "on_hold");
    expect(put(w, "/v1/approval-rules/ext:big",
               "{'name':'big','gross_from':'100.00','status':'archived'}"),
           200);
    ck_assert_str_eq(text(order_of(w, who, "", "'quantity':'10'"), "/status"), "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *approvals_suite(void)
{
    Suite *s = suite_create("approvals");
    TCase *t = tcase_create("approvals");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, rules_are_made_replaced_and_archived);
    tcase_add_test(t, a_product_may_have_a_unit_cost);
    tcase_add_test(t, an_order_that_meets_a_rule_waits_for_somebody_else);
    tcase_add_test(t, discount_and_margin_ask_for_their_own_approvers);
    tcase_add_test(t, a_draft_is_judged_when_it_is_confirmed_and_who_confirms_is_a_maker_too);
    tcase_add_test(t, an_approval_checks_credit_and_stock_as_a_confirmation_does);
    tcase_add_test(t, a_release_leaves_approvals_to_approvers);
    tcase_add_test(t, a_rejected_order_stays_on_hold_or_is_canceled);
    tcase_add_test(t, an_order_that_is_amended_into_a_rule_needs_approval);
    tcase_add_test(t, archived_rules_ask_for_nothing);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(approvals_suite)
