/* Credit over the API: accounts, groups of companies, policies, decisions, releases, and orders
 * that go on when there is room. */
#include "tests/support/world.h"
#include <stdlib.h>
#include <string.h>

static const char *copy(struct world *w, const char *s)
{
    return fmt(w, "%s", s);
}

static const char *account_of(struct world *w, const char *customer)
{
    return copy(w, text(get(w, "/v1/customers/%s/credit", customer), "/credit_account_id"));
}

static const char *account_path(struct world *w, const char *customer)
{
    return fmt(w, "/v1/credit-accounts/%s", account_of(w, customer));
}

/* An order of n pieces of A at 10.00 and no tax, to be confirmed. */
static struct reply order(struct world *w, const char *customer, int n)
{
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'%d',"
                          "'unit_price':'10.00','tax_code_id':'ext:T0'}]}",
                          customer, n);
    expect(r, 201);
    return r;
}

static const char *order_id(struct world *w, const char *customer, int n, const char *status)
{
    struct reply r = order(w, customer, n);
    ck_assert_str_eq(text(r, "/status"), status);
    return copy(w, text(r, "/id"));
}

static void expect_status(struct world *w, const char *id, const char *status)
{
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", id), "/status"), status);
}

static struct reply pay(struct world *w, const char *customer, const char *amount)
{
    struct reply r = post(w, "/v1/payments",
                          "{'customer_id':'%s','method':'bank_transfer','amount':'%s'}", customer,
                          amount);
    expect(r, 201);
    return r;
}

START_TEST(an_account_is_agreed_on_and_comes_back_as_it_was_given)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *path = account_path(w, who);
    struct reply r = get(w, "%s", path);
    expect(r, 200);
    ck_assert_str_eq(header(r, "ETag"), "\"1\"");
    ck_assert_str_eq(text(r, "/credit_limit"), "100.00");
    ck_assert_str_eq(text(r, "/limit_today"), "100.00");
    r = patch(w, path,
              "{'credit_limit':'250.00','limit_from':'2000-01-01','limit_to':'2190-12-31',"
              "'reviewer':'Kim','review_date':'2190-01-01','secured_amount':'50.00',"
              "'secured_kind':'insurance','deposit_percent':'10','name':'North'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/credit_limit"), "250.00");
    ck_assert_str_eq(text(r, "/secured"), "50.00");
    ck_assert_str_eq(text(r, "/exposure"), "-50.00");
    ck_assert_str_eq(text(r, "/headroom"), "300.00");
    ck_assert_str_eq(text(r, "/reviewer"), "Kim");
    ck_assert_str_eq(get(w, "%s", path).body, r.body);
    ck_assert_str_eq(text(get(w, "/v1/credit-accounts?name=North"), "/data/0/id"), text(r, "/id"));
    ck_assert_str_eq(
        text(get(w, "/v1/customers?credit_account_id=%s", text(r, "/id")), "/data/0/id"), who);
    struct request_options stale = {.if_match = "\"1\""};
    expect(request(w, "PATCH", path, "{\"reviewer\":\"Lee\"}", &stale), 412);
    r = patch(w, path, "{'limit_to':'2001-01-01'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/limit_today"), "0.00");
    world_free(w);
}
END_TEST

START_TEST(terms_that_make_no_sense_are_all_told_at_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    struct reply r = patch(w, account_path(w, who),
                           "{'limit_from':'2020-02-01','limit_to':'2020-01-01',"
                           "'secured_amount':'1.00','secured_from':'2020-02-01',"
                           "'secured_to':'2020-01-01'}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/limit_to", "too_small");
    expect_fault(r, "/credit_limit", "required");
    expect_fault(r, "/secured_to", "too_small");
    expect_fault(r, "/secured_kind", "required");
    expect_fault(patch(w, account_path(w, who), "{'credit_limit':'1.005'}"), "/credit_limit",
                 "decimal_scale");
    expect_fault(patch(w, account_path(w, who), "{'policy_id':'cpo_0000000000001'}"), "/policy_id",
                 "unknown_reference");
    world_free(w);
}
END_TEST

START_TEST(customers_who_share_an_account_share_its_limit)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *one = given_customer(w, "'credit_limit':'100.00'"), *two = given_customer(w, NULL);
    const char *dollars = given_customer(w, "'currency':'USD'");
    const char *join = fmt(w, "%s/customers", account_path(w, one));
    expect(post(w, join, "{'customer_id':'%s'}", two), 200);
    ck_assert_str_eq(account_of(w, two), account_of(w, one));
    order_id(w, one, 6, "confirmed");
    order_id(w, two, 5, "on_hold");
    order_id(w, two, 4, "confirmed");
    expect_fault(post(w, join, "{'customer_id':'%s'}", dollars), "/customer_id",
                 "currency_mismatch");
    const char *busy = given_customer(w, NULL);
    order_id(w, busy, 1, "confirmed");
    expect_problem(post(w, join, "{'customer_id':'%s'}", busy), 409, "in_use");
    expect(post(w, join, "{'customer_id':'%s'}", two), 200); /* it is there already */
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_group_holds_its_limit_on_every_level)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *north = given_customer(w, "'credit_limit':'80.00'");
    const char *south = given_customer(w, "'credit_limit':'80.00'");
    struct reply group = post(w, "/v1/credit-accounts", "{'name':'Group','credit_limit':'100.00'}");
    expect(group, 201);
    const char *id = copy(w, text(group, "/id"));
    order_id(w, north, 3, "confirmed"); /* before it belongs to the group */
    expect(patch(w, account_path(w, north), "{'parent_id':'%s'}", id), 200);
    expect(patch(w, account_path(w, south), "{'parent_id':'%s'}", id), 200);
    struct reply r = get(w, "/v1/credit-accounts/%s", id);
    ck_assert_str_eq(text(r, "/below"), "30.00");
    ck_assert_str_eq(text(r, "/headroom"), "70.00");
    order_id(w, south, 9, "on_hold"); /* its own limit */
    const char *held = order_id(w, south, 8, "on_hold");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", held), "/holds/0/reason"),
                     "The exposure of the group would be 110.00 EUR, its credit limit is 100.00 "
                     "EUR.");
    order_id(w, south, 7, "confirmed");
    order_id(w, north, 1, "on_hold");
    r = get(w, "/v1/credit-accounts/%s", id);
    ck_assert_str_eq(text(r, "/exposure"), "100.00");
    ck_assert_str_eq(text(r, "/held_orders"), "3");
    ck_assert_uint_eq(length(get(w, "/v1/credit-accounts?parent_id=%s", id), "/data"), 2);
    expect_books_balance(w);
    /* Out of the group again. */
    expect(patch(w, account_path(w, south), "{'parent_id':null}"), 200);
    r = get(w, "/v1/credit-accounts/%s", id);
    ck_assert_str_eq(text(r, "/below"), "40.00"); /* there was room for the order of north */
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_group_has_no_circle_and_one_currency)
{
    struct world *w = world_new();
    const char *ids[9];
    for (int i = 0; i < 9; i++) {
        struct reply r = post(w, "/v1/credit-accounts", "{'name':'%d'}", i);
        expect(r, 201);
        ids[i] = copy(w, text(r, "/id"));
    }
    for (int i = 1; i < 8; i++)
        expect(patch(w, fmt(w, "/v1/credit-accounts/%s", ids[i]), "{'parent_id':'%s'}", ids[i - 1]),
               200);
    expect_fault(patch(w, fmt(w, "/v1/credit-accounts/%s", ids[0]), "{'parent_id':'%s'}", ids[3]),
                 "/parent_id", "cycle");
    expect_fault(patch(w, fmt(w, "/v1/credit-accounts/%s", ids[8]), "{'parent_id':'%s'}", ids[7]),
                 "/parent_id", "too_deep");
    expect_fault(
        patch(w, fmt(w, "/v1/credit-accounts/%s", ids[8]), "{'parent_id':'cra_0000000000001'}"),
        "/parent_id", "unknown_reference");
    expect_fault(post(w, "/v1/credit-accounts", "{'currency':'USD','parent_id':'%s'}", ids[0]),
                 "/parent_id", "currency_mismatch");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(the_documents_behind_each_component_add_up_to_it)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, NULL);
    given_invoice(w, who, "A", 2);
    const char *shipped = order_id(w, who, 5, "confirmed");
    order_id(w, who, 3, "confirmed");
    expect(post(w, "/v1/shipments",
                "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'2'}]}",
                shipped),
           201);
    expect(post(w, "/v1/invoices",
                "{'customer_id':'%s','lines':[{'description':'X','quantity':'1','unit_price':"
                "'7.00','tax_code_id':'ext:T0'}]}",
                who),
           201);
    pay(w, who, "3.00");
    static const char *const components[][3] = {{"receivable", "23.80", "1"},
                                                {"unbilled", "27.00", "2"},
                                                {"ordered", "60.00", "2"},
                                                {"unapplied", "3.00", "1"}};
    for (size_t i = 0; i < 4; i++) {
        struct reply r = get(w, "%s/exposure?component=%s", account_path(w, who), components[i][0]);
        expect(r, 200);
        ck_assert_str_eq(text(r, "/total"), components[i][1]);
        ck_assert_str_eq(text(r, "/amount"), components[i][1]);
        ck_assert_str_eq(text(r, "/count"), components[i][2]);
        ck_assert_str_eq(text(r, "/documents/0/customer_id"), who);
    }
    ck_assert_str_eq(text(get(w, "%s/exposure", account_path(w, who)), "/component"), "receivable");
    expect(get(w, "%s/exposure?component=hope", account_path(w, who)), 400);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_payment_lets_waiting_orders_go_on_oldest_first_and_never_too_far)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    order_id(w, who, 10, "confirmed");
    const char *first = order_id(w, who, 4, "on_hold");
    const char *second = order_id(w, who, 3, "on_hold");
    const char *third = order_id(w, who, 1, "on_hold");
    ck_assert_str_eq(text(get(w, "%s", account_path(w, who)), "/held_orders"), "3");
    pay(w, who, "5.00");
    expect_status(w, first, "on_hold");
    struct reply payment = pay(w, who, "46.00");
    expect_status(w, first, "confirmed");
    expect_status(w, second, "on_hold");
    expect_status(w, third, "confirmed");
    struct reply r = get(w, "%s", account_path(w, who));
    ck_assert_str_eq(text(r, "/exposure"), "99.00");
    ck_assert_str_eq(text(r, "/held_orders"), "1");
    r = get(w, "/v1/events?type=order.confirmed&resource_id=%s", first);
    ck_assert_str_eq(text(r, "/data/0/data/because/resource_id"), text(payment, "/id"));
    ck_assert_str_eq(text(get(w, "/v1/stock"), "/data/0/reserved"), "15");
    r = get(w, "/v1/credit-decisions?order_id=%s", first);
    ck_assert_uint_eq(length(r, "/data"), 2);
    ck_assert_str_eq(text(r, "/data/0/outcome"), "held");
    ck_assert_str_eq(text(r, "/data/1/outcome"), "released");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(room_comes_from_limits_cancellations_and_credit_notes_too)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *big = order_id(w, who, 10, "confirmed");
    const char *a = order_id(w, who, 3, "on_hold"), *b = order_id(w, who, 2, "on_hold");
    const char *c = order_id(w, who, 1, "on_hold"), *d = order_id(w, who, 50, "on_hold");
    expect(post(w, fmt(w, "/v1/orders/%s/cancel", big), "{'lines':[{'line_no':1,'quantity':'3'}]}"),
           200);
    expect_status(w, a, "confirmed");
    expect(patch(w, account_path(w, who), "{'credit_limit':'120.00'}"), 200);
    expect_status(w, b, "confirmed");
    expect(post(w, "/v1/credit-notes",
                "{'customer_id':'%s','reason':'goodwill','issue':true,'lines':[{'description':"
                "'Bonus','quantity':'1','unit_price':'10.00','tax_code_id':'ext:T0'}]}",
                who),
           201);
    expect_status(w, c, "confirmed");
    expect_status(w, d, "on_hold");
    /* The order itself asks for less. */
    expect(patch(w, fmt(w, "/v1/customers/%s", who), "{'credit_limit':'140.00'}"), 200);
    expect_status(w, d, "on_hold");
    expect(post(w, fmt(w, "/v1/orders/%s/cancel", d), "{'lines':[{'line_no':1,'quantity':'48'}]}"),
           200);
    expect_status(w, d, "confirmed");
    ck_assert_str_eq(text(get(w, "%s", account_path(w, who)), "/held_orders"), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_lacks_stock_or_has_another_hold_goes_on_waiting)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 3);
    const char *who = given_customer(w, "'credit_limit':'0.00'");
    const char *many = order_id(w, who, 5, "on_hold"), *few = order_id(w, who, 2, "on_hold");
    const char *odd = order_id(w, who, 1, "on_hold");
    expect(post(w, fmt(w, "/v1/orders/%s/hold", odd), "{'kind':'fraud','reason':'odd'}"), 200);
    pay(w, who, "100.00");
    expect_status(w, many, "on_hold");
    expect_status(w, few, "confirmed");
    expect_status(w, odd, "on_hold");
    expect(act(w, fmt(w, "/v1/orders/%s", many), "cancel"), 200);
    expect(post(w, fmt(w, "/v1/orders/%s/release", odd), "{'reason':'fine'}"), 200);
    ck_assert_str_eq(text(get(w, "%s", account_path(w, who)), "/held_orders"), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_payment_of_one_company_lets_orders_of_its_sister_go_on)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *north = given_customer(w, NULL), *south = given_customer(w, NULL);
    struct reply group = post(w, "/v1/credit-accounts", "{'credit_limit':'100.00'}");
    const char *id = copy(w, text(group, "/id"));
    expect(patch(w, account_path(w, north), "{'parent_id':'%s'}", id), 200);
    expect(patch(w, account_path(w, south), "{'parent_id':'%s'}", id), 200);
    order_id(w, north, 10, "confirmed");
    const char *held = order_id(w, south, 2, "on_hold");
    pay(w, north, "20.00");
    expect_status(w, held, "confirmed");
    ck_assert_str_eq(text(get(w, "/v1/credit-accounts/%s", id), "/exposure"), "100.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_release_has_a_cap_and_a_last_day_and_the_hold_comes_back_behind_it)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'0.00'");
    const char *id = order_id(w, who, 5, "on_hold");
    const char *release = fmt(w, "/v1/orders/%s/release", id);
    struct reply r = post(w, release, "{'reason':'x','cap':'49.99','expires_on':'2000-01-01'}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/cap", "too_small");
    expect_fault(r, "/expires_on", "too_small");
    r = post(w, release, "{'reason':'they pay on Friday','cap':'50.00','expires_on':'2190-01-01'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/holds/0/release_cap"), "50.00");
    ck_assert_str_eq(text(r, "/holds/0/release_expires"), "2190-01-01");
    expect(post(w, "/v1/shipments",
                "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,'quantity':'1'}]}", id),
           201);
    world_sql(w, "UPDATE order_hold SET release_expires = '2020-01-01'");
    expect_problem(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 409, "on_hold");
    expect(post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", id), 201);
    expect(post(w, release, "{'reason':'one more week'}"), 200);
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 201);
    r = get(w, "/v1/credit-decisions?order_id=%s", id);
    ck_assert_str_eq(text(r, "/data/1/outcome"), "released");
    ck_assert_str_eq(text(r, "/data/1/reason"), "they pay on Friday");
    ck_assert_str_eq(text(r, "/data/1/rules/0/rule"), "limit");
    struct request_options o = {
        .api_key = world_key_with(w, "orders:write"), .if_match = "*", .key = ""};
    expect(request(w, "POST", release, "{\"reason\":\"x\"}", &o), 403);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_policy_has_versions_and_decisions_keep_the_one_they_were_taken_under)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'1000.00'");
    struct reply p = post(w, "/v1/credit-policies",
                          "{'name':'Small','mode':'enforce','max_document':'20.00'}");
    expect(p, 201);
    ck_assert_str_eq(text(p, "/at_confirm"), "true");
    const char *path = fmt(w, "/v1/credit-policies/%s", text(p, "/id"));
    expect(patch(w, account_path(w, who), "{'policy_id':'%s'}", text(p, "/id")), 200);
    const char *held = order_id(w, who, 3, "on_hold");
    order_id(w, who, 2, "confirmed");
    struct reply r = put(w, path, "{'name':'Small','mode':'warn','max_document':'20.00'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    order_id(w, who, 3, "confirmed");
    r = get(w, "/v1/credit-decisions?customer_id=%s", who);
    ck_assert_uint_eq(length(r, "/data"), 3);
    ck_assert_str_eq(text(r, "/data/0/order_id"), held);
    ck_assert_str_eq(text(r, "/data/0/outcome"), "held");
    ck_assert_str_eq(text(r, "/data/0/policy_version"), "1");
    ck_assert_str_eq(text(r, "/data/0/rules/1/rule"), "largest_document");
    ck_assert_str_eq(text(r, "/data/0/rules/1/value"), "30.00");
    ck_assert_str_eq(text(r, "/data/0/rules/1/bound"), "20.00");
    ck_assert_str_eq(text(r, "/data/1/outcome"), "approved");
    ck_assert_str_eq(text(r, "/data/2/outcome"), "warned");
    ck_assert_str_eq(text(r, "/data/2/policy_version"), "2");
    r = get(w, "%s/versions", path);
    ck_assert_uint_eq(length(r, "/versions"), 2);
    ck_assert_str_eq(text(r, "/versions/0/content/mode"), "enforce");
    ck_assert_str_eq(text(r, "/versions/1/content/mode"), "warn");
    expect_problem(post(w, "/v1/credit-policies", "{'name':'Small','mode':'warn'}"), 409,
                   "duplicate");
    ck_assert_str_eq(text(get(w, "/v1/credit-policies?mode=warn"), "/data/0/name"), "Small");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(overdue_invoices_stop_orders_until_they_are_paid)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'1000.00'");
    expect(post(w, "/v1/credit-policies",
                "{'name':'P','mode':'enforce','is_default':true,'max_overdue_days':3}"),
           201);
    const char *invoice = given_invoice(w, who, "A", 2);
    order_id(w, who, 1, "confirmed");
    world_sql(w, "UPDATE open_item SET due_date = due_date - 40");
    world_sql(w, "UPDATE invoice SET due_date = due_date - 40");
    const char *held = order_id(w, who, 1, "on_hold");
    struct reply payment = pay(w, who, "23.80");
    expect_status(w, held, "on_hold"); /* money that is not applied pays no invoice */
    expect(post(w, fmt(w, "/v1/payments/%s/allocate", text(payment, "/id")),
                "{'allocations':[{'invoice_id':'%s'}]}", invoice),
           200);
    expect_status(w, held, "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_new_customer_waits_until_somebody_has_decided)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    expect(post(w, "/v1/credit-policies",
                "{'name':'P','mode':'enforce','is_default':true,'check_new_customer':true}"),
           201);
    const char *new = given_customer(w, NULL), *known = given_customer(w, "'credit_limit':'50'");
    order_id(w, known, 5, "confirmed");
    const char *held = order_id(w, new, 5, "on_hold");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", held), "/holds/0/reason"),
                     "Nobody has decided on the customer's credit yet.");
    expect(patch(w, account_path(w, new), "{'credit_limit':null}"), 200);
    expect_status(w, held, "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_horizon_leaves_out_what_is_wanted_later)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    expect(post(w, "/v1/credit-policies",
                "{'name':'P','mode':'enforce','is_default':true,'horizon_days':30}"),
           201);
    expect(post(w, "/v1/orders",
                "{'customer_id':'%s','confirm':true,'requested_date':'2190-01-01','lines':[{"
                "'sku':'A','quantity':'9','unit_price':'10.00','tax_code_id':'ext:T0'}]}",
                who),
           201);
    order_id(w, who, 10, "confirmed");
    order_id(w, who, 1, "on_hold");
    ck_assert_str_eq(text(get(w, "%s", account_path(w, who)), "/exposure"), "190.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_deposit_has_to_be_there_before_an_order_goes_on)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, NULL);
    expect(patch(w, account_path(w, who), "{'deposit_percent':'30'}"), 200);
    const char *held = order_id(w, who, 10, "on_hold");
    pay(w, who, "29.99");
    expect_status(w, held, "on_hold");
    pay(w, who, "0.01");
    expect_status(w, held, "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_policy_is_asked_where_goods_leave_where_invoices_have_no_order_and_where_limits_shrink)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *first = order_id(w, who, 5, "confirmed"),
               *second = order_id(w, who, 4, "confirmed");
    expect(post(w, "/v1/credit-policies",
                "{'name':'P','mode':'enforce','is_default':true,'at_ship':true,'at_invoice':true,"
                "'at_limit_decrease':true}"),
           201);
    static const char invoice[] = "{'customer_id':'%s','lines':[{'description':'X','quantity':'1',"
                                  "'unit_price':'%s','tax_code_id':'ext:T0'}]}";
    expect_problem(post(w, "/v1/invoices", invoice, who, "10.01"), 409, "credit_limit");
    expect(post(w, "/v1/invoices", invoice, who, "10.00"), 201);
    expect_problem(patch(w, account_path(w, who), "{'credit_limit':'99.99'}"), 409, "credit_limit");
    expect_problem(patch(w, fmt(w, "/v1/customers/%s", who), "{'credit_limit':'99.99'}"), 409,
                   "credit_limit");
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", first), 201);
    world_sql(w, "UPDATE credit_account SET credit_limit = 9999");
    expect_problem(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", second), 409,
                   "credit_limit");
    /* Held, and released by somebody who may, it goes. */
    expect(post(w, fmt(w, "/v1/orders/%s/hold", second), "{'kind':'credit','reason':'ask'}"), 200);
    expect(post(w, fmt(w, "/v1/orders/%s/release", second), "{'reason':'they called'}"), 200);
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", second), 201);
    struct reply r = get(w, "/v1/credit-decisions?order_id=%s&point=ship", second);
    ck_assert_str_eq(text(r, "/data/0/outcome"), "released");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_if_equals_what_really_doing_it_gives_and_writes_nothing)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    order_id(w, who, 10, "confirmed");
    const char *first = order_id(w, who, 4, "on_hold"), *second = order_id(w, who, 9, "on_hold");
    const char *events = world_sql(w, "SELECT count(*) FROM event");
    struct reply r = post(w, "/v1/credit/what-if",
                          "{'customer_id':'%s','credit_limit':'110.00','payments':[{'amount':"
                          "'40.00'}],'orders':[{'gross':'10.00'},{'gross':'10.00'}],'days':3}",
                          who);
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/days"), 3);
    ck_assert_str_eq(text(r, "/days/0/exposure"), "110.00");
    ck_assert_str_eq(text(r, "/days/0/headroom"), "0.00");
    ck_assert_str_eq(text(r, "/first_breach"), text(r, "/days/0/date"));
    ck_assert_str_eq(text(r, "/breach_index"), "1"); /* the second is held */
    ck_assert_str_eq(text(r, "/orders/0/outcome"), "confirmed");
    ck_assert_str_eq(text(r, "/orders/1/outcome"), "held");
    ck_assert_str_eq(text(r, "/orders/2/order_id"), first);
    ck_assert_str_eq(text(r, "/orders/2/outcome"), "released");
    ck_assert_str_eq(text(r, "/orders/3/order_id"), second);
    ck_assert_str_eq(text(r, "/orders/3/outcome"), "held");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event"), events);
    expect_status(w, first, "on_hold");
    ck_assert_str_eq(text(get(w, "%s", account_path(w, who)), "/exposure"), "100.00");
    /* Now really. */
    expect(patch(w, account_path(w, who), "{'credit_limit':'110.00'}"), 200);
    pay(w, who, "40.00");
    expect_status(w, first, "confirmed");
    expect_status(w, second, "on_hold");
    order_id(w, who, 1, "confirmed");
    const char *last = order_id(w, who, 1, "on_hold");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", last), "/holds/0/reason"),
                     text(r, "/orders/1/reason"));
    struct reply real = get(w, "%s", account_path(w, who));
    ck_assert_str_eq(text(real, "/exposure"), text(r, "/days/0/exposure"));
    ck_assert_str_eq(text(real, "/headroom"), text(r, "/days/0/headroom"));
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_if_plays_days_with_terms_due_dates_and_a_first_breach)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00','payment_terms_days':2");
    given_invoice(w, who, "A", 5); /* 59.50, due in two days */
    struct reply r = post(w, "/v1/credit/what-if",
                          "{'customer_id':'%s','orders':[{'gross':'50.00'}],'days':5,"
                          "'pay_when_due':true,'payment_terms_days':1}",
                          who);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/days/0/exposure"), "59.50");
    ck_assert_str_eq(text(r, "/orders/0/outcome"), "released");
    ck_assert_str_eq(text(r, "/orders/0/date"), text(r, "/days/2/date"));
    ck_assert_str_eq(text(r, "/days/2/exposure"), "50.00");
    ck_assert_str_eq(text(r, "/days/3/exposure"), "0.00");
    r = post(w, "/v1/credit/what-if", "{'customer_id':'%s','credit_limit':'59.49'}", who);
    ck_assert_uint_eq(length(r, "/days"), 30);
    ck_assert_str_eq(text(r, "/first_breach"), text(r, "/days/0/date"));
    r = post(w, "/v1/credit/what-if",
             "{'customer_id':'%s','orders':[{'gross':'1.001','date':'2000-01-01'}]}", who);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/orders/0/gross", "decimal_scale");
    expect_fault(r, "/orders/0/date", "too_small");
    world_free(w);
}
END_TEST

START_TEST(a_first_time_customer_is_sent_to_apply_and_goes_on_when_approved)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    expect(post(w, "/v1/credit-policies",
                "{'name':'P','mode':'enforce','is_default':true,'check_new_customer':true}"),
           201);
    const char *new = given_customer(w, NULL);
    const char *first = order_id(w, new, 5, "on_hold"), *second = order_id(w, new, 9, "on_hold");
    struct reply r = get(w, "/v1/credit-applications?customer_id=%s", new);
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/order_id"), first);
    ck_assert_str_eq(text(r, "/data/0/requested_limit"), "50.00");
    ck_assert_str_eq(text(r, "/data/0/score"), "35");
    const char *decide = fmt(w, "/v1/credit-applications/%s/decide", text(r, "/data/0/id"));
    struct request_options clerk = {
        .api_key = world_key_with(w, "credit:write"), .if_match = "*", .key = ""};
    expect(request(w, "POST", decide, "{\"decision\":\"approve\",\"reason\":\"x\"}", &clerk), 403);
    expect_fault(post(w, decide, "{'decision':'approve','reason':'x','credit_limit':'1.005'}"),
                 "/credit_limit", "decimal_scale");
    r = post(
        w, decide,
        "{'decision':'approve','credit_limit':'100.00','payment_terms_days':7,'reason':'good'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "approved");
    ck_assert_str_eq(text(r, "/granted_limit"), "100.00");
    expect_status(w, first, "confirmed");
    expect_status(w, second, "on_hold"); /* 140.00 */
    ck_assert_str_eq(text(get(w, "/v1/customers/%s", new), "/payment_terms_days"), "7");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s", new), "/credit_limit"), "100.00");
    expect_problem(post(w, decide, "{'decision':'decline','reason':'x'}"), 409, "wrong_state");
    order_id(w, new, 1, "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_application_is_scored_declined_and_made_again)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'payment_terms_days':0");
    given_invoice(w, who, "A", 10); /* 119.00 */
    world_sql(w, "UPDATE open_item SET due_date = due_date - 10");
    world_sql(w, "UPDATE invoice SET due_date = due_date - 10");
    struct reply r = post(w, "/v1/credit-applications",
                          "{'customer_id':'%s','requested_limit':'59.50','references':[{'name':"
                          "'Nordbank','says':'fine'}]}",
                          who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/references/0/name"), "Nordbank");
    ck_assert_str_eq(text(r, "/score_parts/0/value"), "10");
    ck_assert_str_eq(text(r, "/score_parts/0/points"), "20");
    ck_assert_str_eq(text(r, "/score_parts/1/points"), "0");
    ck_assert_str_eq(text(r, "/score_parts/2/points"), "7");
    ck_assert_str_eq(text(r, "/score"), "27");
    const char *path = fmt(w, "/v1/credit-applications/%s", text(r, "/id"));
    struct reply again = post(w, "/v1/credit-applications",
                              "{'customer_id':'%s','requested_limit':'1.00'}", who);
    expect_problem(again, 409, "duplicate");
    ck_assert_str_eq(text(again, "/conflicting_id"), text(r, "/id"));
    expect(post(w, fmt(w, "%s/decide", path), "{'decision':'decline','reason':'pays late'}"), 200);
    ck_assert_str_eq(text(get(w, "%s", path), "/status"), "declined");
    expect(post(w, "/v1/credit-applications", "{'customer_id':'%s','requested_limit':'1.00'}", who),
           201);
    expect_fault(post(w, "/v1/credit-applications",
                      "{'customer_id':'cus_0000000000001','requested_limit':'1.00'}"),
                 "/customer_id", "unknown_reference");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* Orders of two sisters, payments of both, all at once: nobody passes the group's limit, nothing
 * that fits is left waiting, and nothing is lost. */
START_TEST(a_crowd_of_orders_and_payments_never_passes_the_limit_of_the_group)
{
    enum { N = 24 };
    struct world *w = world_new();
    given_product(w, "A", "10.00", 1000);
    const char *sisters[2] = {given_customer(w, NULL), given_customer(w, NULL)};
    struct reply group = post(w, "/v1/credit-accounts", "{'credit_limit':'200.00'}");
    const char *id = copy(w, text(group, "/id"));
    for (int i = 0; i < 2; i++)
        expect(patch(w, account_path(w, sisters[i]), "{'parent_id':'%s'}", id), 200);
    struct shot shots[N];
    for (int i = 0; i < N; i++) {
        bool payment = i % 3 == 2;
        shots[i] = (struct shot){
            .method = "POST",
            .path = payment ? "/v1/payments" : "/v1/orders",
            .body = payment ? fmt(w,
                                  "{\"customer_id\":\"%s\",\"method\":\"cash\",\"amount\":"
                                  "\"20.00\"}",
                                  sisters[i / 3 % 2])
                            : fmt(w,
                                  "{\"customer_id\":\"%s\",\"confirm\":true,\"lines\":[{"
                                  "\"sku\":\"A\",\"quantity\":\"3\",\"unit_price\":\"10.00\","
                                  "\"tax_code_id\":\"ext:T0\"}]}",
                                  sisters[i % 2]),
            .options = {.key = ""}};
    }
    shoot_together(w, shots, N);
    for (int i = 0; i < N; i++)
        expect(shots[i].reply, 201);
    /* 16 orders of 30.00, 8 payments of 20.00: 12 orders fit under 200.00 + 160.00. */
    struct reply r = get(w, "/v1/credit-accounts/%s", id);
    ck_assert_str_eq(text(r, "/exposure"), "200.00");
    ck_assert_str_eq(text(r, "/held_orders"), "4");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order WHERE status = 'confirmed'"),
                     "12");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* Accounts change their group while they are used. */
START_TEST(an_account_that_changes_its_group_meanwhile_counts_into_the_right_one)
{
    enum { N = 16 };
    struct world *w = world_new();
    given_product(w, "A", "10.00", 1000);
    const char *who = given_customer(w, NULL), *groups[2];
    for (int i = 0; i < 2; i++)
        groups[i] = copy(w, text(post(w, "/v1/credit-accounts", "{'name':'%d'}", i), "/id"));
    struct shot shots[N];
    for (int i = 0; i < N; i++)
        shots[i] = (struct shot){
            .method = i % 2 == 0 ? "POST" : "PATCH",
            .path = i % 2 == 0 ? "/v1/orders" : account_path(w, who),
            .body = i % 2 == 0 ? fmt(w,
                                     "{\"customer_id\":\"%s\",\"confirm\":true,\"lines\":[{"
                                     "\"sku\":\"A\",\"quantity\":\"1\"}]}",
                                     who)
                               : fmt(w, "{\"parent_id\":\"%s\"}", groups[i / 2 % 2]),
            .options = {.key = "", .if_match = i % 2 == 0 ? NULL : "*"}};
    shoot_together(w, shots, N);
    for (int i = 0; i < N; i++)
        expect(shots[i].reply, i % 2 == 0 ? 201 : 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

#define BY_HAND "BEGIN; SET LOCAL session_replication_role = replica;"

static void expect_violated(struct world *w, const char *sql, const char *undo, const char *name)
{
    world_sql(w, BY_HAND "%s; COMMIT", sql);
    struct reply r = get(w, "/v1/proof");
    for (size_t i = 0; i < length(r, "/invariants"); i++)
        if (strcmp(text(r, fmt(w, "/invariants/%zu/ok", i)), "true") != 0 &&
            strcmp(text(r, fmt(w, "/invariants/%zu/advisory", i)), "true") != 0)
            ck_assert_msg(strcmp(text(r, fmt(w, "/invariants/%zu/name", i)), name) == 0, "%s: %s",
                          sql, text(r, fmt(w, "/invariants/%zu/name", i)));
    ck_assert_str_eq(text(r, "/ok"), "false");
    world_sql(w, BY_HAND "%s; COMMIT", undo);
    expect_books_balance(w);
}

START_TEST(a_corrupted_group_or_queue_is_named_by_its_invariant)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'50.00'");
    struct reply group = post(w, "/v1/credit-accounts", "{'credit_limit':'100.00'}");
    expect(patch(w, account_path(w, who), "{'parent_id':'%s'}", text(group, "/id")), 200);
    order_id(w, who, 2, "confirmed");
    order_id(w, who, 9, "on_hold");
    expect_books_balance(w);
    expect_violated(w, "UPDATE credit_account SET below = below + 1 WHERE parent_id IS NULL",
                    "UPDATE credit_account SET below = below - 1 WHERE parent_id IS NULL",
                    "credit_groups");
    expect_violated(
        w, "UPDATE credit_account SET ancestors = ARRAY[1, parent_id] WHERE parent_id IS NOT NULL",
        "UPDATE credit_account SET ancestors = ARRAY[parent_id] WHERE parent_id IS NOT "
        "NULL",
        "credit_groups");
    expect_violated(w, "UPDATE credit_account SET held_orders = 2 WHERE parent_id IS NULL",
                    "UPDATE credit_account SET held_orders = 1 WHERE parent_id IS NULL",
                    "blocked_orders");
    expect_violated(w, "CREATE TABLE kept AS TABLE blocked_order; DELETE FROM blocked_order",
                    "INSERT INTO blocked_order TABLE kept; DROP TABLE kept", "blocked_orders");
    world_free(w);
}
END_TEST

static Suite *credit_suite(void)
{
    Suite *s = suite_create("credit");
    TCase *t = tcase_create("credit");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, an_account_is_agreed_on_and_comes_back_as_it_was_given);
    tcase_add_test(t, terms_that_make_no_sense_are_all_told_at_once);
    tcase_add_test(t, customers_who_share_an_account_share_its_limit);
    tcase_add_test(t, a_group_holds_its_limit_on_every_level);
    tcase_add_test(t, a_group_has_no_circle_and_one_currency);
    tcase_add_test(t, the_documents_behind_each_component_add_up_to_it);
    tcase_add_test(t, a_payment_lets_waiting_orders_go_on_oldest_first_and_never_too_far);
    tcase_add_test(t, room_comes_from_limits_cancellations_and_credit_notes_too);
    tcase_add_test(t, what_lacks_stock_or_has_another_hold_goes_on_waiting);
    tcase_add_test(t, a_payment_of_one_company_lets_orders_of_its_sister_go_on);
    tcase_add_test(t, a_release_has_a_cap_and_a_last_day_and_the_hold_comes_back_behind_it);
    tcase_add_test(t, a_policy_has_versions_and_decisions_keep_the_one_they_were_taken_under);
    tcase_add_test(t, overdue_invoices_stop_orders_until_they_are_paid);
    tcase_add_test(t, a_new_customer_waits_until_somebody_has_decided);
    tcase_add_test(t, a_horizon_leaves_out_what_is_wanted_later);
    tcase_add_test(t, a_deposit_has_to_be_there_before_an_order_goes_on);
    tcase_add_test(t, a_crowd_of_orders_and_payments_never_passes_the_limit_of_the_group);
    tcase_add_test(t, an_account_that_changes_its_group_meanwhile_counts_into_the_right_one);
    tcase_add_test(t, a_corrupted_group_or_queue_is_named_by_its_invariant);
    tcase_add_test(
        t,
        a_policy_is_asked_where_goods_leave_where_invoices_have_no_order_and_where_limits_shrink);
    tcase_add_test(t, what_if_equals_what_really_doing_it_gives_and_writes_nothing);
    tcase_add_test(t, what_if_plays_days_with_terms_due_dates_and_a_first_breach);
    tcase_add_test(t, a_first_time_customer_is_sent_to_apply_and_goes_on_when_approved);
    tcase_add_test(t, an_application_is_scored_declined_and_made_again);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(credit_suite)
