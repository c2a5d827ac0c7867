/* Dunning levels and promises to pay, and what credit policies make of them. */
#include "tests/support/world.h"
#include <string.h>

static const char *copy(struct world *w, const char *s)
{
    return fmt(w, "%s", s);
}

static const char *account_path(struct world *w, const char *customer)
{
    struct reply r = get(w, "/v1/customers/%s/credit", customer);
    return fmt(w, "/v1/credit-accounts/%s", text(r, "/credit_account_id"));
}

static const char *order(struct world *w, const char *customer, const char *status)
{
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'1',"
                          "'unit_price':'10.00','tax_code_id':'ext:T0'}]}",
                          customer);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), status);
    return copy(w, text(r, "/id"));
}

static void expect_status(struct world *w, const char *order, const char *status)
{
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", order), "/status"), status);
}

/* An invoice without an order, of no tax; its id. */
static const char *invoice(struct world *w, const char *customer, const char *amount)
{
    struct reply r = post(w, "/v1/invoices",
                          "{'customer_id':'%s','finalize':true,'lines':[{'description':'Work',"
                          "'quantity':'1','unit_price':'%s','tax_code_id':'ext:T0'}]}",
                          customer, amount);
    expect(r, 201);
    return copy(w, text(r, "/id"));
}

/* A payment for the invoice; its id. */
static const char *pay(struct world *w, const char *customer, const char *invoice,
                       const char *amount)
{
    struct reply r = post(w, "/v1/payments",
                          "{'customer_id':'%s','method':'card','amount':'%s','allocations':[{"
                          "'invoice_id':'%s'}]}",
                          customer, amount, invoice);
    expect(r, 201);
    return copy(w, text(r, "/id"));
}

static const char *day(struct world *w, int from_now)
{
    return copy(w,
                world_sql(w, "SELECT (now() AT TIME ZONE 'Europe/Berlin')::date + %d", from_now));
}

static struct reply promise(struct world *w, const char *customer, const char *invoice,
                            const char *more)
{
    return post(w, "/v1/promises",
                "{'customer_id':'%s','invoices':[{'invoice_id':'%s'}],'due_date':'%s'%s}", customer,
                invoice, day(w, 1), more);
}

static const char *promised(struct world *w, const char *customer, const char *invoice,
                            const char *more)
{
    struct reply r = promise(w, customer, invoice, more);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "open");
    return fmt(w, "/v1/promises/%s", text(r, "/id"));
}

static void expect_promise(struct world *w, const char *path, const char *status, const char *paid)
{
    struct reply r = get(w, "%s", path);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), status);
    ck_assert_str_eq(text(r, "/paid"), paid);
    struct reply list = get(w, "/v1/promises?status=%s", status);
    bool listed = false;
    for (size_t i = 0; i < length(list, "/data"); i++)
        listed = listed || strcmp(text(list, fmt(w, "/data/%zu/id", i)), text(r, "/id")) == 0;
    ck_assert(listed);
}

/* Days pass: everything was promised that much earlier. Payments stay where they are. */
static void let_pass(struct world *w, int days)
{
    world_sql(w, "UPDATE promise SET due_date = due_date - %d, last_day = last_day - %d", days,
              days);
}

static void given_policy(struct world *w, const char *customer, const char *rules)
{
    struct reply r = post(w, "/v1/credit-policies", "{'name':'P','mode':'enforce',%s}", rules);
    expect(r, 201);
    expect(patch(w, account_path(w, customer), "{'policy_id':'%s'}", text(r, "/id")), 200);
}

START_TEST(a_dunning_level_is_reported_and_holds_orders_until_it_falls)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, NULL);
    const char *path = fmt(w, "/v1/customers/%s/collections", who);
    struct reply r = get(w, "%s", path);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/dunning_level"), "0");
    ck_assert_str_eq(text(r, "/version"), "0");
    ck_assert_str_eq(text(r, "/since"), "null");
    given_policy(w, who, "'max_dunning_level':2");
    r = put(w, path, "{'dunning_level':3,'source':'run 12'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/since"), day(w, 0));
    ck_assert_str_eq(get(w, "%s", path).body, r.body);
    const char *waits = order(w, who, "on_hold");
    r = get(w, "/v1/credit-decisions?order_id=%s", waits);
    ck_assert_str_eq(text(r, "/data/0/reason"), "The dunning level is 3, 2 is allowed.");
    ck_assert_str_eq(text(r, "/data/0/rules/0/rule"), "dunning_level");
    ck_assert_str_eq(text(r, "/data/0/rules/0/value"), "3");
    ck_assert_str_eq(text(r, "/data/0/rules/0/bound"), "2");
    expect_fault(put(w, path, "{'dunning_level':1,'since':'%s'}", day(w, 1)), "/since",
                 "too_large");
    expect(put(w, path, "{'dunning_level':10}"), 422);
    r = put(w, path, "{'dunning_level':2,'since':'2020-01-01'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    expect_status(w, waits, "confirmed");
    expect(put(w, "/v1/customers/cus_0000000000001/collections", "{'dunning_level':1}"), 404);
    ck_assert_uint_eq(length(get(w, "/v1/events?type=customer.dunning_changed"), "/data"), 2);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_promise_is_kept_by_what_is_paid_behind_it_and_no_later_than_its_last_day)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *bill = invoice(w, who, "100.00");
    pay(w, who, bill, "20.00"); /* before it was promised */
    const char *path = promised(w, who, bill, ",'channel':'phone','promised_by':'Kim'");
    struct reply r = get(w, "%s", path);
    ck_assert_str_eq(text(r, "/amount"), "80.00");
    ck_assert_str_eq(text(r, "/grace_days"), "3");
    ck_assert_str_eq(text(r, "/allowed_actions/0"), "cancel");
    ck_assert_str_eq(text(r, "/invoices/0/open_amount"), "80.00");
    pay(w, who, bill, "30.00");
    expect_promise(w, path, "open", "30.00");
    let_pass(w, 4); /* its last day */
    expect_promise(w, path, "open", "30.00");
    const char *rest = pay(w, who, bill, "50.00");
    expect_promise(w, path, "kept", "80.00");
    expect_problem(post(w, fmt(w, "%s/cancel", path), "{'reason':'x'}"), 409, "wrong_state");
    let_pass(w, 1); /* they came a day behind it */
    expect_promise(w, path, "broken", "0.00");
    world_sql(w,
              "ALTER TABLE allocation DISABLE TRIGGER USER; UPDATE allocation SET effective_date "
              "= effective_date - 1; ALTER TABLE allocation ENABLE TRIGGER USER");
    expect_promise(w, path, "kept", "80.00");
    expect(post(w, fmt(w, "/v1/payments/%s/return", rest), "{'reason':'no funds'}"), 200);
    expect_promise(w, path, "partly_kept", "30.00"); /* it bounced */
    world_free(w);
}
END_TEST

START_TEST(a_promise_that_cannot_be_is_refused_with_all_that_is_wrong)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *other = given_customer(w, NULL);
    const char *bill = invoice(w, who, "100.00"), *foreign = invoice(w, other, "100.00");
    struct reply r = post(w, "/v1/promises",
                          "{'customer_id':'%s','invoices':[{'invoice_id':'%s'},{'invoice_id':'%s'},"
                          "{'invoice_id':'inv_0000000000001'},{'invoice_id':'%s'}],'due_date':"
                          "'2020-01-01'}",
                          who, bill, foreign, bill);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/invoices/1/invoice_id", "other_customer");
    expect_fault(r, "/invoices/2/invoice_id", "unknown_reference");
    expect_fault(r, "/invoices/3/invoice_id", "repeated");
    expect_fault(r, "/due_date", "too_small");
    expect_fault(promise(w, who, bill, ",'amount':'1.001'"), "/amount", "scale");
    expect_problem(promise(w, who, bill, ",'amount':'100.01'"), 409, "amount_exceeded");
    expect_fault(promise(w, "cus_0000000000001", bill, ""), "/customer_id", "unknown_reference");
    const char *path = promised(w, who, bill, "");
    expect_problem(promise(w, who, bill, ""), 409, "wrong_state");
    r = post(w, fmt(w, "%s/cancel", path), "{'reason':'agreed on something else'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "canceled");
    expect_promise(w, path, "canceled", "0.00");
    promised(w, who, bill, ",'amount':'40.00','grace_days':0");
    pay(w, who, bill, "40.00"); /* which keeps it */
    const char *rest = promised(w, who, bill, "");
    ck_assert_str_eq(text(get(w, "%s", rest), "/amount"), "60.00");
    pay(w, who, bill, "60.00");
    expect_problem(promise(w, who, bill, ""), 409, "wrong_state");
    expect(get(w, "/v1/promises/prm_0000000000001"), 404);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(broken_promises_hold_orders_for_a_while)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, NULL), *bill = invoice(w, who, "100.00");
    const char *other = invoice(w, who, "5.00");
    given_policy(w, who, "'max_broken_promises':0,'broken_promise_days':30");
    promised(w, who, bill, ",'grace_days':0");
    order(w, who, "confirmed");
    let_pass(w, 2);
    const char *waits = order(w, who, "on_hold");
    struct reply r = get(w, "/v1/credit-decisions?order_id=%s", waits);
    ck_assert_str_eq(text(r, "/data/0/rules/0/rule"), "broken_promises");
    ck_assert_str_eq(text(r, "/data/0/rules/0/value"), "1");
    ck_assert_str_eq(text(r, "/data/0/reason"),
                     "Promises to pay were broken 1 times, 0 are allowed.");
    r = post(w, "/v1/credit/what-if", "{'customer_id':'%s','orders':[{'gross':'1.00'}]}", who);
    ck_assert_str_eq(text(r, "/orders/0/outcome"), "held");
    ck_assert_str_eq(text(r, "/first_breach"), day(w, 0));
    ck_assert_str_eq(text(r, "/breach_index"), "0");
    let_pass(w, 28);
    order(w, who, "on_hold");
    let_pass(w, 2); /* 31 days ago */
    order(w, who, "confirmed");
    pay(w, who, other, "5.00"); /* whatever moves the account lets the others go on */
    expect_status(w, waits, "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_if_tells_the_day_and_the_order_that_is_too_much)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *orders = fmt(w,
                             "'customer_id':'%s','days':5,'orders':[{'gross':'60.00'},"
                             "{'gross':'50.00','date':'%s'},{'gross':'45.00','date':'%s'}]",
                             who, day(w, 2), day(w, 1));
    struct reply r = post(w, "/v1/credit/what-if", "{%s}", orders);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/first_breach"), day(w, 1));
    ck_assert_str_eq(text(r, "/breach_index"), "2");
    ck_assert_str_eq(text(r, "/breach_reason"), text(r, "/orders/2/reason"));
    ck_assert_str_eq(text(r, "/orders/2/held_on"), day(w, 1));
    ck_assert_str_eq(text(r, "/orders/1/held_on"), day(w, 2));
    ck_assert_str_eq(text(r, "/orders/0/held_on"), "null");
    ck_assert_str_eq(text(r, "/days/2/exposure"), "60.00");
    /* Where the limit is not enforced, the same order goes over it. */
    expect(patch(w, "/v1/tenant", "{'credit_mode':'warn'}"), 200);
    r = post(w, "/v1/credit/what-if", "{%s}", orders);
    ck_assert_str_eq(text(r, "/first_breach"), day(w, 1));
    ck_assert_str_eq(text(r, "/breach_index"), "2");
    ck_assert_str_eq(text(r, "/orders/2/outcome"), "confirmed");
    ck_assert_str_eq(text(r, "/days/1/exposure"), "105.00");
    /* A limit that is too low already is nobody's order. */
    invoice(w, who, "10.00");
    r = post(w, "/v1/credit/what-if", "{'customer_id':'%s','credit_limit':'5.00'}", who);
    ck_assert_str_eq(text(r, "/first_breach"), day(w, 0));
    ck_assert_str_eq(text(r, "/breach_index"), "null");
    r = post(w, "/v1/credit/what-if", "{'customer_id':'%s','orders':[{'gross':'1.00'}]}", who);
    ck_assert_str_eq(text(r, "/first_breach"), "null");
    world_free(w);
}
END_TEST

static Suite *collections_suite(void)
{
    Suite *s = suite_create("collections");
    TCase *t = tcase_create("collections");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_dunning_level_is_reported_and_holds_orders_until_it_falls);
    tcase_add_test(t, a_promise_is_kept_by_what_is_paid_behind_it_and_no_later_than_its_last_day);
    tcase_add_test(t, a_promise_that_cannot_be_is_refused_with_all_that_is_wrong);
    tcase_add_test(t, broken_promises_hold_orders_for_a_while);
    tcase_add_test(t, what_if_tells_the_day_and_the_order_that_is_too_much);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(collections_suite)
