/* Money that may still come back, and invoices that are disputed: what they do to the exposure. */
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

/* An order of n pieces of A at 10.00 and no tax, to be confirmed; its id. */
static const char *order(struct world *w, const char *customer, int n, const char *status)
{
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'%d',"
                          "'unit_price':'10.00','tax_code_id':'ext:T0'}]}",
                          customer, n);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), status);
    return copy(w, text(r, "/id"));
}

static void expect_status(struct world *w, const char *order, const char *status)
{
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", order), "/status"), status);
}

/* An invoice without an order, of no tax; its path. */
static const char *invoice(struct world *w, const char *customer, const char *amount)
{
    struct reply r = post(w, "/v1/invoices",
                          "{'customer_id':'%s','finalize':true,'lines':[{'description':'Work',"
                          "'quantity':'1','unit_price':'%s','tax_code_id':'ext:T0'}]}",
                          customer, amount);
    expect(r, 201);
    return fmt(w, "/v1/invoices/%s", text(r, "/id"));
}

/* A check that has not cleared, for the oldest due; its path. */
static const char *check(struct world *w, const char *customer, const char *amount,
                         const char *more)
{
    struct reply r = post(w, "/v1/payments",
                          "{'customer_id':'%s','method':'check','amount':'%s','cleared':false,"
                          "'allocate':'oldest_due'%s}",
                          customer, amount, more);
    expect(r, 201);
    return fmt(w, "/v1/payments/%s", text(r, "/id"));
}

static void expect_account(struct world *w, const char *path, const char *component,
                           const char *amount, const char *exposure)
{
    struct reply r = get(w, "%s", path);
    expect(r, 200);
    ck_assert_str_eq(text(r, fmt(w, "/%s", component)), amount);
    ck_assert_str_eq(text(r, "/exposure"), exposure);
    r = get(w, "%s/exposure?component=%s", path, component);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/amount"), amount);
    ck_assert_str_eq(text(r, "/total"), amount);
}

static const char *day(struct world *w, int from_now)
{
    return copy(w,
                world_sql(w, "SELECT (now() AT TIME ZONE 'Europe/Berlin')::date + %d", from_now));
}

static const char *given_policy(struct world *w, const char *rules)
{
    struct reply r = post(w, "/v1/credit-policies", "{'name':'P','mode':'enforce',%s}", rules);
    expect(r, 201);
    return copy(w, text(r, "/id"));
}

/* ---- payments ---- */

START_TEST(a_check_pays_but_counts_until_it_has_cleared)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *account = account_path(w, who), *bill = invoice(w, who, "80.00");
    const char *paid = check(w, who, "100.00", "");
    struct reply r = get(w, "%s", paid);
    ck_assert_str_eq(text(r, "/clearing"), "pending");
    ck_assert_str_eq(text(r, "/status"), "partly_allocated");
    ck_assert_str_eq(text(r, "/allowed_actions/0"), "allocate");
    ck_assert_str_eq(text(r, "/allowed_actions/1"), "clear");
    ck_assert_str_eq(text(r, "/allowed_actions/2"), "return");
    ck_assert_str_eq(text(get(w, "%s", bill), "/status"), "paid");
    expect_account(w, account, "uncleared", "100.00", "80.00");
    ck_assert_str_eq(text(get(w, "/v1/payments?clearing=pending"), "/data/0/id"), text(r, "/id"));
    const char *waits = order(w, who, 3, "on_hold");
    expect_problem(post(w, fmt(w, "%s/refund", paid), "{}"), 409, "wrong_state");
    expect_books_balance(w);
    r = act(w, paid, "clear");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/clearing"), "cleared");
    expect_status(w, waits, "confirmed");
    expect_account(w, account, "uncleared", "0.00", "10.00");
    expect_problem(act(w, paid, "clear"), 409, "wrong_state");
    r = get(w, "/v1/events?type=payment.cleared");
    ck_assert_str_eq(text(r, "/data/0/resource"), "payment");
    r = post(w, "/v1/payments",
             "{'customer_id':'%s','method':'check','amount':'1.00','cleared':null}", who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/clearing"), "cleared");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_check_clears_by_the_clock_without_anybody_writing_it)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *account = account_path(w, who);
    invoice(w, who, "80.00");
    const char *paid = check(w, who, "80.00", fmt(w, ",'clears_on':'%s'", day(w, 2)));
    expect_account(w, account, "uncleared", "80.00", "80.00");
    order(w, who, 3, "on_hold");
    world_sql(w, "UPDATE payment SET clears_on = clears_on - 2");
    struct reply r = get(w, "%s", paid);
    ck_assert_str_eq(text(r, "/clearing"), "cleared");
    expect_account(w, account, "uncleared", "0.00", "0.00");
    ck_assert_uint_eq(length(get(w, "/v1/payments?clearing=pending"), "/data"), 0);
    order(w, who, 9, "confirmed");
    expect_problem(act(w, paid, "clear"), 409, "wrong_state");
    expect_books_balance(w);
    /* It may bounce all the same, and takes what the counter still has along. */
    expect(post(w, fmt(w, "%s/return", paid), "{'reason':'no funds'}"), 200);
    expect_account(w, account, "uncleared", "0.00", "170.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_cleared_by_the_clock_is_paid_back_like_any_other)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *paid = check(w, who, "80.00", fmt(w, ",'clears_on':'%s'", day(w, 2)));
    expect_problem(post(w, fmt(w, "%s/refund", paid), "{}"), 409, "wrong_state");
    world_sql(w, "UPDATE payment SET clears_on = clears_on - 2");
    expect(post(w, fmt(w, "%s/refund", paid), "{'amount':'30.00'}"), 201);
    expect_account(w, account_path(w, who), "uncleared", "0.00", "-50.00");
    expect_problem(post(w, fmt(w, "%s/return", paid), "{'reason':'no funds'}"), 409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_payment_that_bounces_opens_what_it_paid)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *account = account_path(w, who);
    const char *one = invoice(w, who, "30.00"), *two = invoice(w, who, "40.00");
    const char *paid = check(w, who, "20.00", "");
    expect(post(w, "/v1/payments",
                "{'customer_id':'%s','method':'cash','amount':'25.00','allocate':'oldest_due'}",
                who),
           201);
    const char *second = check(w, who, "90.00", "");
    ck_assert_str_eq(text(get(w, "%s", two), "/status"), "paid");
    /* One of its allocations was taken back and made again. */
    struct reply r = get(w, "%s", second);
    expect(post(w, fmt(w, "/v1/allocations/%s/reverse", text(r, "/allocations/0/id")),
                "{'reason':'mistake'}"),
           201);
    expect(post(w, fmt(w, "%s/allocate", second), "{'allocate':'oldest_due'}"), 200);
    expect_account(w, account, "uncleared", "110.00", "45.00");
    r = post(w, fmt(w, "%s/return", second), "{'reason':'no funds'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "returned");
    ck_assert_str_eq(text(r, "/clearing"), "returned");
    ck_assert_str_eq(text(r, "/return_reason"), "no funds");
    ck_assert_str_eq(text(r, "/unapplied"), "0.00");
    ck_assert_str_eq(text(r, "/refunded"), "90.00");
    ck_assert_uint_eq(length(r, "/allowed_actions"), 0);
    ck_assert_str_eq(text(get(w, "%s", one), "/status"), "paid");
    ck_assert_str_eq(text(get(w, "%s", two), "/open_amount"), "25.00");
    ck_assert_str_eq(text(get(w, "/v1/refunds?returned=true"), "/data/0/amount"), "90.00");
    expect_account(w, account, "uncleared", "20.00", "45.00");
    expect_books_balance(w);
    expect_problem(post(w, fmt(w, "%s/return", second), "{'reason':'again'}"), 409, "wrong_state");
    expect_problem(act(w, second, "clear"), 409, "wrong_state");
    expect_problem(post(w, fmt(w, "%s/refund", second), "{}"), 409, "amount_exceeded");
    /* One that has cleared may come back too, on a day on which it was there. */
    expect(act(w, paid, "clear"), 200);
    expect_fault(post(w, fmt(w, "%s/return", paid), "{'reason':'late','value_date':'2020-01-01'}"),
                 "/value_date", "too_early");
    expect(post(w, fmt(w, "%s/return", paid), "{'reason':'charged back'}"), 200);
    ck_assert_str_eq(text(get(w, "%s", one), "/open_amount"), "20.00");
    expect_account(w, account, "uncleared", "0.00", "45.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_key_replays_a_return_and_a_locked_day_refuses_it)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    invoice(w, who, "30.00");
    const char *paid = check(w, who, "30.00", "");
    struct request_options o = {.key = "return-1", .if_match = "*"};
    struct reply first = request(w, "POST", fmt(w, "%s/return", paid), "{\"reason\":\"x\"}", &o);
    struct reply again = request(w, "POST", fmt(w, "%s/return", paid), "{\"reason\":\"x\"}", &o);
    expect(first, 200);
    expect(again, 200);
    ck_assert_str_eq(first.body, again.body);
    expect_books_balance(w);
    const char *other = check(w, who, "30.00", "");
    expect(patch(w, "/v1/tenant", "{'locked_until':'%s'}", day(w, 0)), 200);
    expect_problem(post(w, fmt(w, "%s/return", other), "{'reason':'x'}"), 422, "period_locked");
    ck_assert_str_eq(text(get(w, "%s", other), "/clearing"), "pending");
    world_free(w);
}
END_TEST

START_TEST(days_of_clearing_that_make_no_sense_are_refused)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    expect_fault(post(w, "/v1/payments",
                      "{'customer_id':'%s','method':'check','amount':'1.00','clears_on':'%s'}", who,
                      day(w, 2)),
                 "/clears_on", "conflict");
    expect_fault(post(w, "/v1/payments",
                      "{'customer_id':'%s','method':'check','amount':'1.00','cleared':false,"
                      "'value_date':'%s','clears_on':'%s'}",
                      who, day(w, 3), day(w, 2)),
                 "/clears_on", "too_early");
    expect_problem(post(w, "/v1/payments/pay_0000000000001/clear", "{}"), 404, "not_found");
    const char *body = fmt(w,
                           "{'customer_id':'%s','method':'check','amount':'1.00','cleared':false,"
                           "'clears_on':'%s'}",
                           who, day(w, 2));
    expect(put(w, "/v1/payments/ext:C1", "%s", body), 201);
    expect(put(w, "/v1/payments/ext:C1", "%s", body), 200);
    expect(act(w, "/v1/payments/ext:C1", "clear"), 200);
    expect(put(w, "/v1/payments/ext:C1", "%s", body), 200); /* the same payment, cleared by now */
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_policy_may_take_checks_for_money)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *account = account_path(w, who);
    invoice(w, who, "80.00");
    check(w, who, "80.00", "");
    order(w, who, 3, "on_hold");
    const char *policy = given_policy(w, "'allow_uncleared':true");
    expect(patch(w, account, "{'policy_id':'%s'}", policy), 200);
    expect_account(w, account, "uncleared", "80.00", "30.00"); /* the order goes on with that */
    order(w, who, 7, "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_deposit_has_to_have_cleared)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, NULL);
    expect(patch(w, account_path(w, who), "{'deposit_percent':'50'}"), 200);
    invoice(w, who, "80.00");
    check(w, who, "80.00", ""); /* all of it applied */
    const char *deposit = check(w, who, "20.00", "");
    const char *waits = order(w, who, 4, "on_hold");
    expect(act(w, deposit, "clear"), 200);
    expect_status(w, waits, "confirmed");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(uncleared_and_disputed_count_in_the_group_too)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *north = given_customer(w, NULL), *south = given_customer(w, NULL);
    struct reply group = post(w, "/v1/credit-accounts", "{'credit_limit':'100.00'}");
    const char *id = copy(w, text(group, "/id")), *root = fmt(w, "/v1/credit-accounts/%s", id);
    const char *bill = invoice(w, north, "80.00");
    const char *paid = check(w, north, "50.00", ""); /* before it belongs to the group */
    expect(post(w, fmt(w, "%s/dispute", bill),
                "{'amount':'10.00','kind':'price','reason':'too dear'}"),
           200);
    expect(patch(w, account_path(w, north), "{'parent_id':'%s'}", id), 200);
    expect(patch(w, account_path(w, south), "{'parent_id':'%s'}", id), 200);
    expect_account(w, root, "uncleared", "50.00", "80.00");
    expect_account(w, root, "disputed", "10.00", "80.00");
    const char *waits = order(w, south, 3, "on_hold");
    const char *policy = given_policy(w, "'exclude_disputed':true");
    expect(patch(w, root, "{'policy_id':'%s'}", policy), 200);
    expect_status(w, waits, "confirmed");
    expect_account(w, root, "disputed", "10.00", "100.00");
    const char *more = order(w, south, 4, "on_hold");
    expect_books_balance(w);
    expect(act(w, paid, "clear"), 200);
    expect_status(w, more, "confirmed");
    expect_account(w, root, "uncleared", "0.00", "90.00");
    expect_books_balance(w);
    expect(patch(w, account_path(w, north), "{'parent_id':null}"), 200);
    expect_account(w, root, "disputed", "0.00", "70.00");
    expect_books_balance(w);
    /* Nobody leaves an account behind while money may come back there. */
    const char *pending = check(w, south, "5.00", "");
    expect(post(w, "/v1/credit-accounts", "{}"), 201);
    expect_books_balance(w);
    expect(act(w, pending, "clear"), 200);
    world_free(w);
}
END_TEST

START_TEST(a_customer_whose_money_may_come_back_stays_in_the_account)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *other = given_customer(w, NULL);
    invoice(w, who, "80.00");
    const char *paid = check(w, who, "80.00", ""); /* nothing is open */
    const char *join = fmt(w, "%s/customers", account_path(w, other));
    expect_problem(post(w, join, "{'customer_id':'%s'}", who), 409, "in_use");
    expect(act(w, paid, "clear"), 200);
    expect(post(w, join, "{'customer_id':'%s'}", who), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_if_plays_the_days_on_which_checks_clear)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    invoice(w, who, "80.00");
    check(w, who, "80.00", fmt(w, ",'clears_on':'%s'", day(w, 2)));
    struct reply r = post(w, "/v1/credit/what-if",
                          "{'customer_id':'%s','days':4,'orders':[{'gross':'30.00'}]}", who);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/orders/0/outcome"), "released");
    ck_assert_str_eq(text(r, "/orders/0/date"), day(w, 2));
    ck_assert_str_eq(text(r, "/days/1/exposure"), "80.00");
    ck_assert_str_eq(text(r, "/days/2/exposure"), "30.00");
    world_free(w);
}
END_TEST

/* ---- disputes ---- */

START_TEST(a_dispute_counts_no_more_than_is_open)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *account = account_path(w, who);
    const char *bill = invoice(w, who, "100.00"), *dispute = fmt(w, "%s/dispute", bill);
    expect_problem(post(w, dispute, "{'amount':'100.01','kind':'price','reason':'no'}"), 409,
                   "amount_exceeded");
    expect_fault(post(w, dispute, "{'amount':'1.001','kind':'price','reason':'no'}"), "/amount",
                 "scale");
    struct reply r = post(w, dispute, "{'amount':'60.00','kind':'price','reason':'too dear'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/disputed_amount"), "60.00");
    ck_assert_str_eq(text(r, "/open_amount"), "100.00");
    expect_account(w, account, "disputed", "60.00", "100.00");
    expect_problem(post(w, dispute, "{'kind':'price','reason':'again'}"), 409, "wrong_state");
    expect_problem(post(w, fmt(w, "%s/void", bill), "{}"), 409, "wrong_state");
    /* Money and credit notes make it less, and what they are taken back for makes it more. */
    r = post(w, "/v1/payments",
             "{'customer_id':'%s','method':'cash','amount':'70.00','allocate':'oldest_due'}", who);
    expect(r, 201);
    const char *allocation = copy(w, text(r, "/allocations/0/id"));
    expect_account(w, account, "disputed", "30.00", "30.00");
    expect(post(w, "/v1/credit-notes",
                "{'invoice_id':'%s','reason':'pricing','issue':true,'lines':[{'invoice_line_no':1,"
                "'net':'10.00'}]}",
                text(get(w, "%s", bill), "/id")),
           201);
    expect_account(w, account, "disputed", "20.00", "20.00");
    expect_books_balance(w);
    const char *check_path = check(w, who, "20.00", "");
    ck_assert_str_eq(text(get(w, "%s", bill), "/status"), "paid");
    expect_account(w, account, "disputed", "0.00", "20.00");
    expect_books_balance(w);
    expect(post(w, fmt(w, "%s/return", check_path), "{'reason':'no funds'}"), 200);
    expect_account(w, account, "disputed", "20.00", "20.00");
    expect(post(w, fmt(w, "/v1/allocations/%s/reverse", allocation), "{'reason':'mistake'}"), 201);
    expect_account(w, account, "disputed", "60.00", "20.00");
    expect_books_balance(w);
    r = post(w, fmt(w, "%s/resolve-dispute", bill), "{'outcome':'partial','note':'10 off'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/disputed_amount"), "0.00");
    expect_account(w, account, "disputed", "0.00", "20.00");
    expect_problem(post(w, fmt(w, "%s/resolve-dispute", bill), "{'outcome':'valid'}"), 409,
                   "wrong_state");
    r = get(w, "/v1/disputes?customer_id=%s&status=resolved", who);
    ck_assert_str_eq(text(r, "/data/0/outcome"), "partial");
    ck_assert_str_eq(text(r, "/data/0/amount"), "60.00");
    expect(get(w, "/v1/disputes/%s", text(r, "/data/0/id")), 200);
    ck_assert_uint_eq(length(get(w, "/v1/events?type=invoice.disputed"), "/data"), 1);
    ck_assert_uint_eq(length(get(w, "/v1/events?type=invoice.dispute_resolved"), "/data"), 1);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_dispute_stays_when_its_invoice_is_paid_and_can_be_resolved)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *bill = invoice(w, who, "50.00");
    expect(post(w, fmt(w, "%s/dispute", bill), "{'kind':'delivery','reason':'late'}"), 200);
    expect(post(w, "/v1/payments",
                "{'customer_id':'%s','method':'cash','amount':'50.00','allocate':'oldest_due'}",
                who),
           201);
    expect_books_balance(w);
    expect(post(w, fmt(w, "%s/resolve-dispute", bill), "{'outcome':'invalid'}"), 200);
    expect_problem(post(w, fmt(w, "%s/dispute", bill), "{'kind':'other','reason':'x'}"), 409,
                   "wrong_state");
    struct reply draft = post(w, "/v1/invoices",
                              "{'customer_id':'%s','lines':[{'description':'X','quantity':'1',"
                              "'unit_price':'7.00','tax_code_id':'ext:T0'}]}",
                              who);
    expect_problem(post(w, fmt(w, "/v1/invoices/%s/dispute", text(draft, "/id")),
                        "{'kind':'other','reason':'x'}"),
                   409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_policy_may_leave_out_what_is_disputed_also_as_overdue)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    const char *bill = invoice(w, who, "90.00");
    world_sql(w, "UPDATE invoice SET due_date = due_date - 90; UPDATE open_item SET due_date = "
                 "due_date - 90");
    const char *policy = given_policy(w, "'exclude_disputed':true,'max_overdue_days':10");
    expect(patch(w, account_path(w, who), "{'policy_id':'%s'}", policy), 200);
    const char *waits = order(w, who, 2, "on_hold");
    expect(post(w, fmt(w, "%s/dispute", bill), "{'amount':'89.00','kind':'tax','reason':'x'}"),
           200);
    expect_status(w, waits, "on_hold"); /* 1.00 is overdue still */
    expect(post(w, fmt(w, "%s/resolve-dispute", bill), "{'outcome':'invalid'}"), 200);
    expect(post(w, fmt(w, "%s/dispute", bill), "{'kind':'tax','reason':'x'}"), 200);
    expect_status(w, waits, "confirmed");
    expect_account(w, account_path(w, who), "disputed", "90.00", "20.00");
    struct reply r = get(w, "/v1/credit-decisions?order_id=%s&outcome=released", waits);
    ck_assert_uint_eq(length(r, "/data"), 1);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *clearing_suite(void)
{
    Suite *s = suite_create("clearing");
    TCase *t = tcase_create("clearing");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_check_pays_but_counts_until_it_has_cleared);
    tcase_add_test(t, a_check_clears_by_the_clock_without_anybody_writing_it);
    tcase_add_test(t, what_cleared_by_the_clock_is_paid_back_like_any_other);
    tcase_add_test(t, a_payment_that_bounces_opens_what_it_paid);
    tcase_add_test(t, a_key_replays_a_return_and_a_locked_day_refuses_it);
    tcase_add_test(t, days_of_clearing_that_make_no_sense_are_refused);
    tcase_add_test(t, a_policy_may_take_checks_for_money);
    tcase_add_test(t, a_deposit_has_to_have_cleared);
    tcase_add_test(t, uncleared_and_disputed_count_in_the_group_too);
    tcase_add_test(t, a_customer_whose_money_may_come_back_stays_in_the_account);
    tcase_add_test(t, what_if_plays_the_days_on_which_checks_clear);
    tcase_add_test(t, a_dispute_counts_no_more_than_is_open);
    tcase_add_test(t, a_dispute_stays_when_its_invoice_is_paid_and_can_be_resolved);
    tcase_add_test(t, a_policy_may_leave_out_what_is_disputed_also_as_overdue);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(clearing_suite)
