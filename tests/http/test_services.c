/* Services that are fulfilled bit by bit and billed as they are: milestones, access, usage. */
#include "tests/support/world.h"
#include <stdlib.h>
#include <string.h>

static const char *const ndjson[] = {"Content-Type: application/x-ndjson", NULL};

struct office {
    struct world *w;
    const char *who, *order;
};

static void given_kind(struct world *w, const char *sku, const char *fulfillment, const char *price)
{
    given_service(w, sku, price);
    expect(patch(w, fmt(w, "/v1/products/ext:%s", sku), "{'fulfillment':'%s'}", fulfillment), 200);
}

/* A confirmed order of that much of a service that is fulfilled so. */
static struct office office_open(const char *fulfillment, const char *price, const char *quantity)
{
    struct office o = {.w = world_new()};
    o.who = given_customer(o.w, NULL);
    given_kind(o.w, "S", fulfillment, price);
    struct reply r = post(o.w, "/v1/orders",
                          "{'external_id':'O1','customer_id':'%s','confirm':true,'lines':"
                          "[{'sku':'S','quantity':'%s'}]}",
                          o.who, quantity);
    expect(r, 201);
    o.order = fmt(o.w, "%s", text(r, "/id"));
    return o;
}

static struct reply plan(struct office o, const char *milestones)
{
    return post(o.w, "/v1/orders/ext:O1/milestones", "{'order_line_no':1,'milestones':[%s]}",
                milestones);
}

static const char *milestone(struct office o, struct reply r, int i)
{
    return fmt(o.w, "/v1/milestones/%s", text(r, fmt(o.w, "/milestones/%d/id", i)));
}

/* Status, then canceled, shipped, delivered, invoiced of the only line. */
static const char *order_stands(struct office o)
{
    struct reply r = get(o.w, "/v1/orders/%s", o.order);
    return fmt(o.w, "%s %s %s %s %s", text(r, "/status"), text(r, "/lines/0/canceled"),
               text(r, "/lines/0/shipped"), text(r, "/lines/0/delivered"),
               text(r, "/lines/0/invoiced"));
}

static const char *exposure(struct office o)
{
    struct reply r = get(o.w, "/v1/customers/%s/credit", o.who);
    return fmt(o.w, "%s %s %s", text(r, "/ordered"), text(r, "/unbilled"), text(r, "/receivable"));
}

static struct reply bill(struct office o)
{
    return post(o.w, "/v1/invoices", "{'order_id':'%s','finalize':true}", o.order);
}

static struct reply use(struct office o, const char *query, const char *lines)
{
    char *body = strdup(lines);
    for (char *c = body; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    struct request_options options = {.headers = ndjson};
    struct reply r = request(o.w, "POST", fmt(o.w, "/v1/usage-records%s", query), body, &options);
    free(body);
    return r;
}

static const char *used(struct office o, const char *id, const char *quantity)
{
    return fmt(o.w, "{'external_id':'%s','order_id':'ext:O1','order_line_no':1,'quantity':'%s'}\n",
               id, quantity);
}

/* recorded, repeated, refused */
static const char *counted(struct office o, struct reply r)
{
    expect(r, 200);
    return fmt(o.w, "%s %s %s", text(r, "/recorded"), text(r, "/repeated"), text(r, "/refused"));
}

static void close_office(struct office o)
{
    expect_books_balance(o.w);
    world_free(o.w);
}

START_TEST(each_milestone_makes_its_part_billable)
{
    struct office o = office_open("milestone", "100.00", "1");
    ck_assert_str_eq(text(get(o.w, "/v1/orders/ext:O1"), "/lines/0/fulfillment"), "milestone");
    expect_problem(bill(o), 409, "quantity_exceeded");
    struct reply r = plan(o, "{'name':'Design','percent':'30','planned_date':'2099-01-01'},"
                             "{'name':'Build','percent':'50'},{'name':'Rest','percent':'20'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/milestones/1/quantity"), "0.5");
    ck_assert_str_eq(text(r, "/milestones/1/net"), "50.00");
    ck_assert_str_eq(order_stands(o), "confirmed 0 0 0 0");
    ck_assert_str_eq(exposure(o), "119.00 0.00 0.00");
    struct reply done = post(o.w, fmt(o.w, "%s/complete", milestone(o, r, 1)),
                             "{'completed_on':'2024-05-06','evidence':'signed off'}");
    expect(done, 200);
    ck_assert_str_eq(text(done, "/status"), "completed");
    ck_assert_str_eq(text(done, "/completed_on"), "2024-05-06");
    ck_assert_str_eq(order_stands(o), "in_fulfillment 0 0.5 0.5 0");
    ck_assert_str_eq(exposure(o), "59.50 59.50 0.00");
    struct reply waits = get(o.w, "/v1/billable?customer_id=%s", o.who);
    expect(waits, 200);
    ck_assert_str_eq(text(waits, "/data/0/id"), o.order);
    ck_assert_str_eq(text(waits, "/data/0/gross"), "59.50");
    struct reply invoice = bill(o);
    expect(invoice, 201);
    ck_assert_str_eq(text(invoice, "/net"), "50.00");
    ck_assert_str_eq(exposure(o), "59.50 0.00 59.50");
    ck_assert_uint_eq(length(get(o.w, "/v1/billable"), "/data"), 0);
    expect(act(o.w, milestone(o, r, 0), "complete"), 200);
    expect(act(o.w, milestone(o, r, 2), "complete"), 200);
    ck_assert_str_eq(order_stands(o), "fulfilled 0 1 1 0.5");
    expect(bill(o), 201);
    ck_assert_str_eq(exposure(o), "0.00 0.00 119.00");
    expect(act(o.w, "/v1/orders/ext:O1", "close"), 200);
    close_office(o);
}
END_TEST

START_TEST(milestones_add_up_to_the_line_exactly)
{
    struct office o = office_open("milestone", "100.00", "3");
    struct reply r = plan(o, "{'name':'A','percent':'30'},{'name':'B','percent':'60'}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/milestones", "sum");
    r = plan(o, "{'name':'A','percent':'100'},{'name':'B','quantity':'1'},{'name':'C'}");
    expect_fault(r, "/milestones/1", "mixed");
    expect_fault(r, "/milestones/2", "ambiguous");
    expect_fault(plan(o, "{'name':'A','quantity':'2.5'}"), "/milestones", "sum");
    expect_fault(plan(o, "{'name':'A','amount':'299.99'}"), "/milestones", "sum");
    r = plan(o, "{'name':'A','percent':'33.333333'},{'name':'B','percent':'33.333333'},"
                "{'name':'C','percent':'33.333334'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/milestones/0/quantity"), "1");
    ck_assert_str_eq(text(r, "/milestones/2/net"), "100.00");
    r = plan(o, "{'name':'A','amount':'100.01'},{'name':'B','amount':'199.99'}");
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/milestones"), 5);
    ck_assert_str_eq(text(r, "/milestones/0/status"), "replaced");
    ck_assert_str_eq(text(r, "/milestones/3/net"), "100.01");
    expect_problem(act(o.w, milestone(o, r, 0), "complete"), 409, "wrong_state");
    expect(act(o.w, milestone(o, r, 3), "complete"), 200);
    ck_assert_str_eq(text(bill(o), "/net"), "100.01");
    /* What was reached stays; the rest is planned anew. */
    expect_fault(plan(o, "{'name':'A','amount':'200.00'}"), "/milestones", "sum");
    r = plan(o, "{'name':'Rest','amount':'199.99'}");
    expect(r, 201);
    expect(act(o.w, milestone(o, r, 5), "complete"), 200);
    ck_assert_str_eq(text(bill(o), "/net"), "199.99");
    ck_assert_str_eq(order_stands(o), "fulfilled 0 3 3 3");
    expect_problem(plan(o, "{'name':'More','percent':'100'}"), 409, "wrong_state");
    ck_assert_uint_eq(length(get(o.w, "/v1/milestones?status=completed"), "/data"), 2);
    close_office(o);
}
END_TEST

START_TEST(amounts_that_no_quantity_bills_exactly_are_refused)
{
    struct office o = office_open("milestone", "100000.00", "1");
    struct reply r = plan(o, "{'name':'A','amount':'33333.33'},{'name':'B','amount':'66666.67'}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/milestones/0/amount", "decimal_scale");
    expect(plan(o, "{'name':'A','amount':'30000.00'},{'name':'B','amount':'70000.00'}"), 201);
    close_office(o);
}
END_TEST

START_TEST(a_milestone_is_reopened_until_it_is_invoiced)
{
    struct office o = office_open("milestone", "100.00", "1");
    struct reply r = plan(o, "{'name':'A','percent':'40'},{'name':'B','percent':'60'}");
    const char *a = milestone(o, r, 0);
    expect_fault(post(o.w, fmt(o.w, "%s/complete", a), "{'completed_on':'2199-12-31'}"),
                 "/completed_on", "in_the_future");
    expect(act(o.w, a, "complete"), 200);
    expect_problem(act(o.w, a, "complete"), 409, "wrong_state");
    expect(post(o.w, fmt(o.w, "%s/reopen", a), "{'reason':'not signed'}"), 200);
    ck_assert_str_eq(order_stands(o), "confirmed 0 0 0 0");
    expect(act(o.w, a, "complete"), 200);
    expect(bill(o), 201);
    expect_problem(post(o.w, fmt(o.w, "%s/reopen", a), "{'reason':'late'}"), 409,
                   "quantity_exceeded");
    /* Part of the plan is canceled with the line: what no longer fits cannot be reached. */
    expect(post(o.w, "/v1/orders/ext:O1/cancel", "{'lines':[{'line_no':1,'quantity':'0.3'}]}"),
           200);
    expect_problem(act(o.w, milestone(o, r, 1), "complete"), 409, "quantity_exceeded");
    r = plan(o, "{'name':'Less','percent':'100'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/milestones/2/quantity"), "0.3");
    ck_assert_str_eq(text(r, "/milestones/2/net"), "30.00");
    expect(act(o.w, milestone(o, r, 2), "complete"), 200);
    ck_assert_str_eq(order_stands(o), "fulfilled 0.3 0.7 0.7 0.4");
    close_office(o);
}
END_TEST

START_TEST(an_order_on_hold_is_not_fulfilled)
{
    struct office o = office_open("milestone", "100.00", "1");
    struct reply r = plan(o, "{'name':'A','percent':'40'},{'name':'B','percent':'60'}");
    expect(act(o.w, milestone(o, r, 0), "complete"), 200);
    expect(post(o.w, "/v1/orders/ext:O1/hold", "{'reason':'wait'}"), 200);
    expect_problem(act(o.w, milestone(o, r, 1), "complete"), 409, "wrong_state");
    expect(bill(o), 201); /* what is fulfilled is owed */
    expect(post(o.w, "/v1/orders/ext:O1/release", "{'reason':'go'}"), 200);
    expect(act(o.w, milestone(o, r, 1), "complete"), 200);
    close_office(o);
}
END_TEST

static struct reply grant(struct office o, const char *more)
{
    return post(o.w, "/v1/access-grants", "{'order_id':'ext:O1','order_line_no':1%s}", more);
}

START_TEST(access_is_granted_and_ends_by_the_clock)
{
    struct office o = office_open("access", "10.00", "5");
    struct reply r = grant(o,
                           ",'external_id':'G1','quantity':'2','ends_at':'2099-01-01T00:00:00Z'");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "active");
    ck_assert_str_eq(text(r, "/customer_id"), o.who);
    ck_assert_str_eq(order_stands(o), "in_fulfillment 0 2 2 0");
    ck_assert_str_eq(exposure(o), "35.70 23.80 0.00");
    expect_problem(grant(o, ",'external_id':'G1','quantity':'1'"), 409, "external_id_taken");
    expect_problem(grant(o, ",'quantity':'4'"), 409, "quantity_exceeded");
    expect_fault(grant(o, ",'starts_at':'2099-01-01T00:00:00Z','ends_at':'2098-01-01T00:00:00Z'"),
                 "/ends_at", "too_early");
    r = grant(o, ",'external_id':'G2','starts_at':'2099-01-01T00:00:00Z'");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "granted");
    ck_assert_str_eq(text(r, "/quantity"), "3");
    ck_assert_str_eq(order_stands(o), "fulfilled 0 5 5 0");
    world_sql(o.w, "UPDATE access_grant SET starts_at = '2020-01-01', ends_at = '2021-01-01'"
                   " WHERE external_id = 'G2'");
    ck_assert_str_eq(text(get(o.w, "/v1/access-grants/ext:G2"), "/status"), "expired");
    expect_problem(post(o.w, "/v1/access-grants/ext:G2/suspend", "{'reason':'late'}"), 409,
                   "wrong_state");
    ck_assert_uint_eq(length(get(o.w, "/v1/access-grants?status=expired"), "/data"), 1);
    expect(post(o.w, "/v1/access-grants/ext:G1/suspend", "{'reason':'unpaid'}"), 200);
    expect_problem(post(o.w, "/v1/access-grants/ext:G1/suspend", "{'reason':'unpaid'}"), 409,
                   "wrong_state");
    ck_assert_str_eq(text(get(o.w, "/v1/access-grants/ext:G1"), "/status"), "suspended");
    expect(post(o.w, "/v1/access-grants/ext:G1/resume", "{'reason':'paid'}"), 200);
    ck_assert_str_eq(text(get(o.w, "/v1/access-grants/ext:G1"), "/status"), "active");
    close_office(o);
}
END_TEST

START_TEST(revoking_access_releases_what_is_not_invoiced)
{
    struct office o = office_open("access", "10.00", "5");
    expect(grant(o, ",'external_id':'G1','quantity':'2'"), 201);
    expect(bill(o), 201);
    expect(grant(o, ",'external_id':'G2','quantity':'3'"), 201);
    struct reply r = post(o.w, "/v1/access-grants/ext:G2/revoke",
                          "{'reason':'wrong person','keep_open':true}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "revoked");
    ck_assert_str_eq(text(r, "/released"), "3");
    ck_assert_str_eq(order_stands(o), "in_fulfillment 0 2 2 2");
    expect(grant(o, ",'external_id':'G3'"), 201);
    expect(post(o.w, "/v1/access-grants/ext:G3/revoke", "{'reason':'left'}"), 200);
    ck_assert_str_eq(order_stands(o), "fulfilled 3 2 2 2");
    r = post(o.w, "/v1/access-grants/ext:G1/revoke", "{'reason':'left'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/released"), "0"); /* it is invoiced */
    ck_assert_str_eq(exposure(o), "0.00 0.00 23.80");
    close_office(o);
}
END_TEST

START_TEST(usage_counts_once_and_is_summed_exactly)
{
    struct office o = office_open("usage", "0.10", "1000");
    const char *lines = fmt(o.w, "%s%s%s", used(o, "u-1", "0.000001"), used(o, "u-2", "2.5"),
                            used(o, "u-1", "0.000001"));
    ck_assert_str_eq(counted(o, use(o, "", lines)), "2 1 0");
    ck_assert_str_eq(order_stands(o), "in_fulfillment 0 2.500001 2.500001 0");
    ck_assert_str_eq(counted(o, use(o, "", lines)), "0 3 0");
    struct reply r = use(o, "",
                         fmt(o.w, "%s%s%s{'external_id':'u-5'}\n", used(o, "u-2", "2"),
                             used(o, "u-3", "997.5"), used(o, "u-4", "997.499999")));
    ck_assert_str_eq(counted(o, r), "1 0 3");
    ck_assert_str_eq(text(r, "/results/0/code"), "external_id_taken");
    ck_assert_str_eq(text(r, "/results/1/code"), "quantity_exceeded");
    ck_assert_str_eq(text(r, "/results/2/status"), "201");
    ck_assert_str_eq(text(r, "/results/3/code"), "invalid");
    ck_assert_str_eq(order_stands(o), "fulfilled 0 1000 1000 0");
    expect(bill(o), 201);
    r = use(o, "?atomic=true", used(o, "u-6", "-1"));
    expect_problem(r, 409, "quantity_exceeded");
    ck_assert_uint_eq(length(get(o.w, "/v1/usage-records?order_id=%s", o.order), "/data"), 3);
    close_office(o);
}
END_TEST

START_TEST(usage_is_taken_back_until_it_is_invoiced)
{
    struct office o = office_open("usage", "1.00", "10");
    ck_assert_str_eq(counted(o, use(o, "", used(o, "u-1", "4"))), "1 0 0");
    expect(bill(o), 201);
    ck_assert_str_eq(counted(o, use(o, "",
                                    fmt(o.w, "%s%s%s", used(o, "u-2", "3"), used(o, "u-3", "-2"),
                                        used(o, "u-4", "-2")))),
                     "2 0 1");
    ck_assert_str_eq(order_stands(o), "in_fulfillment 0 5 5 4");
    close_office(o);
}
END_TEST

START_TEST(a_metered_line_grows_with_what_is_used)
{
    struct office o = office_open("metered", "0.33", "10");
    ck_assert_str_eq(exposure(o), "3.93 0.00 0.00");
    ck_assert_str_eq(counted(o, use(o, "", used(o, "u-1", "7"))), "1 0 0");
    expect(bill(o), 201);
    ck_assert_str_eq(
        counted(o, use(o, "", fmt(o.w, "%s%s", used(o, "u-2", "100.5"), used(o, "u-3", "0.5")))),
        "2 0 0");
    struct reply r = get(o.w, "/v1/orders/ext:O1");
    ck_assert_str_eq(text(r, "/status"), "fulfilled");
    ck_assert_str_eq(text(r, "/lines/0/quantity"), "108");
    ck_assert_str_eq(text(r, "/net"), "35.64");
    ck_assert_str_eq(text(r, "/gross"), "42.41");
    r = bill(o);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "33.33"); /* 35.64 - 2.31 */
    ck_assert_str_eq(counted(o, use(o, "", used(o, "u-4", "1"))), "1 0 0");
    ck_assert_str_eq(text(get(o.w, "/v1/billable"), "/data/0/lines"), "1");
    expect(bill(o), 201);
    expect(act(o.w, "/v1/orders/ext:O1", "close"), 200);
    ck_assert_str_eq(counted(o, use(o, "", used(o, "u-5", "1"))), "0 0 1");
    close_office(o);
}
END_TEST

START_TEST(each_line_is_fulfilled_in_its_own_way)
{
    struct office o = office_open("milestone", "100.00", "1");
    expect_fault(grant(o, ""), "/order_line_no", "mismatch");
    struct reply r = use(o, "", used(o, "u-1", "1"));
    ck_assert_str_eq(counted(o, r), "0 0 1");
    ck_assert_str_eq(text(r, "/results/0/errors/0/pointer"), "/order_line_no");
    expect_fault(post(o.w, "/v1/orders/ext:O1/milestones",
                      "{'order_line_no':7,'milestones':[{'name':'A','percent':'100'}]}"),
                 "/order_line_no", "unknown_line");
    given_product(o.w, "G", "1.00", 1);
    expect_fault(patch(o.w, "/v1/products/ext:G", "{'fulfillment':'usage'}"), "/fulfillment",
                 "mismatch");
    /* An order keeps the way that its product had. */
    expect(patch(o.w, "/v1/products/ext:S", "{'fulfillment':null}"), 200);
    ck_assert_str_eq(text(get(o.w, "/v1/orders/ext:O1"), "/lines/0/fulfillment"), "milestone");
    const char *plain = given_order(o.w, o.who, "S", 1);
    ck_assert_str_eq(text(get(o.w, "/v1/orders/%s", plain), "/lines/0/fulfillment"), "null");
    expect(post(o.w, "/v1/invoices", "{'order_id':'%s'}", plain), 201);
    ck_assert_str_eq(text(get(o.w, "/v1/orders/ext:O1"), "/allowed_actions/2"), "fulfill");
    r = get(o.w, "/v1/orders/ext:O1/blockers");
    ck_assert_str_eq(text(r, "/blockers/0/kind"), "not_fulfilled");
    close_office(o);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("services");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, each_milestone_makes_its_part_billable);
    tcase_add_test(t, milestones_add_up_to_the_line_exactly);
    tcase_add_test(t, amounts_that_no_quantity_bills_exactly_are_refused);
    tcase_add_test(t, a_milestone_is_reopened_until_it_is_invoiced);
    tcase_add_test(t, an_order_on_hold_is_not_fulfilled);
    tcase_add_test(t, access_is_granted_and_ends_by_the_clock);
    tcase_add_test(t, revoking_access_releases_what_is_not_invoiced);
    tcase_add_test(t, usage_counts_once_and_is_summed_exactly);
    tcase_add_test(t, usage_is_taken_back_until_it_is_invoiced);
    tcase_add_test(t, a_metered_line_grows_with_what_is_used);
    tcase_add_test(t, each_line_is_fulfilled_in_its_own_way);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
