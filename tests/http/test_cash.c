/* Payments, allocations and refunds through the API, alone and racing. */
#include "tests/support/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A finalized invoice over that gross amount, dated and due. */
static const char *bill(struct world *w, const char *customer, const char *gross, const char *date,
                        int terms)
{
    struct reply r = post(
        w, "/v1/invoices",
        "{'customer_id':'%s','finalize':true,'invoice_date':'%s','payment_terms_days':%d,"
        "'lines':[{'description':'Work','quantity':'1','unit_price':'%s',"
        "'tax_code_id':'ext:T0'}]}",
        customer, date, terms, gross);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static const char *pay(struct world *w, const char *customer, const char *amount, const char *more)
{
    struct reply r = post(
        w, "/v1/payments",
        "{'customer_id':'%s','method':'bank_transfer','amount':'%s','value_date':'2026-03-10'"
        "%s%s}",
        customer, amount, more ? "," : "", more ? more : "");
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static const char *credit(struct world *w, const char *customer, const char *gross)
{
    struct reply r = post(w, "/v1/credit-notes",
                          "{'customer_id':'%s','reason':'other','issue':true,"
                          "'credit_note_date':'2026-03-01','lines':[{'description':'Goodwill',"
                          "'quantity':'1','unit_price':'%s','tax_code_id':'ext:T0'}]}",
                          customer, gross);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static void expect_payment(struct world *w, const char *id, const char *status,
                           const char *allocated, const char *refunded, const char *unapplied)
{
    struct reply r = get(w, "/v1/payments/%s", id);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), status);
    ck_assert_str_eq(text(r, "/allocated"), allocated);
    ck_assert_str_eq(text(r, "/refunded"), refunded);
    ck_assert_str_eq(text(r, "/unapplied"), unapplied);
    bool none = strcmp(unapplied, "0.00") == 0, whole = strcmp(refunded, "0.00") == 0;
    ck_assert_uint_eq(length(r, "/allowed_actions"), (none ? 0U : 2U) + (whole ? 1U : 0U));
    expect(r = get(w, "/v1/payments?id=%s&status=%s", id, status), 200);
    ck_assert_uint_eq(length(r, "/data"), 1);
}

static void expect_invoice(struct world *w, const char *id, const char *status, const char *open)
{
    struct reply r = get(w, "/v1/invoices/%s", id);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), status);
    ck_assert_str_eq(text(r, "/open_amount"), open);
}

static void expect_credit(struct world *w, const char *customer, const char *receivable,
                          const char *unapplied)
{
    struct reply r = get(w, "/v1/customers/%s/credit", customer);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/receivable"), receivable);
    ck_assert_str_eq(text(r, "/unapplied"), unapplied);
}

/* Payments, credit counters, ledger and open items say the same of everybody. */
static void expect_cash_agrees(struct world *w)
{
    ck_assert_str_eq(
        world_sql(w, "SELECT count(*) FROM payment p LEFT JOIN open_item o"
                     " ON o.tenant_id = p.tenant_id AND o.id = p.id"
                     " WHERE p.unapplied <> coalesce(o.open_amount, 0)"
                     " OR p.amount <> p.unapplied + p.refunded + (SELECT coalesce(sum(a.amount), 0)"
                     " FROM allocation a WHERE a.source_id = p.id)"
                     " OR p.refunded <> (SELECT coalesce(sum(r.amount), 0) FROM refund r"
                     " WHERE r.source_id = p.id)"),
        "0");
    ck_assert_str_eq(
        world_sql(w, "SELECT count(*) FROM credit_account c JOIN customer k"
                     " ON k.tenant_id = c.tenant_id AND k.credit_account_id = c.id"
                     " CROSS JOIN LATERAL (SELECT"
                     " coalesce(sum(open_amount) FILTER (WHERE kind = 'invoice'), 0) AS owed,"
                     " coalesce(sum(open_amount) FILTER (WHERE kind <> 'invoice'), 0) AS held"
                     " FROM open_item o WHERE o.customer_id = k.id) o"
                     " WHERE c.receivable <> o.owed OR c.unapplied <> o.held"),
        "0");
    ck_assert_str_eq(
        world_sql(w, "SELECT count(*) FROM (SELECT item, sum(amount) AS amount FROM"
                     " (SELECT debit_item AS item, CASE debit_account WHEN 'receivable'"
                     " THEN amount ELSE -amount END AS amount FROM ledger_transfer"
                     " UNION ALL SELECT credit_item, CASE credit_account WHEN 'receivable'"
                     " THEN -amount ELSE amount END FROM ledger_transfer) t"
                     " WHERE item IS NOT NULL GROUP BY item) l FULL JOIN open_item o ON o.id = item"
                     " WHERE coalesce(l.amount, 0) <> coalesce(o.open_amount, 0)"),
        "0");
    expect_books_balance(w);
}

static int count(const struct reply *r, size_t n, int status)
{
    int found = 0;
    for (size_t i = 0; i < n; i++)
        found += r[i].status == status;
    return found;
}

/* ---- receiving ---- */

START_TEST(a_payment_settles_its_invoice_and_the_rest_stays_unapplied)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *invoice = bill(w, who, "119.00", "2026-03-01", 30);
    struct reply r = post(w, "/v1/payments",
                          "{'external_id':'BANK-1','customer_id':'%s','method':'bank_transfer',"
                          "'amount':'150','value_date':'2026-03-20','reference':'thanks',"
                          "'metadata':{'a':'b'},'allocations':[{'invoice_id':'%s'}]}",
                          who, invoice);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/number"), "PAY-000001");
    ck_assert_str_eq(text(r, "/amount"), "150.00");
    ck_assert_str_eq(text(r, "/currency"), "EUR");
    ck_assert_str_eq(text(r, "/metadata/a"), "b");
    ck_assert_uint_eq(length(r, "/allocations"), 1);
    ck_assert_str_eq(text(r, "/allocations/0/invoice_id"), invoice);
    ck_assert_str_eq(text(r, "/allocations/0/amount"), "119.00");
    ck_assert_str_eq(text(r, "/allocations/0/effective_date"), "2026-03-20");
    expect_payment(w, text(r, "/id"), "partly_allocated", "119.00", "0.00", "31.00");
    expect_invoice(w, invoice, "paid", "0.00");
    expect_credit(w, who, "0.00", "31.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(oldest_due_pays_by_due_date_and_an_allocation_counts_from_the_invoice_on)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *late = bill(w, who, "50.00", "2026-01-01", 90);
    const char *early = bill(w, who, "60.00", "2026-02-01", 10);
    const char *future = bill(w, who, "70.00", "2026-04-01", 1);
    const char *named = bill(w, who, "30.00", "2026-01-01", 1);
    struct reply r = post(w, "/v1/payments",
                          "{'customer_id':'%s','method':'check','amount':'121.00','value_date':"
                          "'2026-03-10','allocate':'oldest_due','allocations':[{'invoice_id':'%s',"
                          "'amount':'5.00'}]}",
                          who, named);
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/allocations"), 4);
    expect_payment(w, text(r, "/id"), "allocated", "121.00", "0.00", "0.00");
    expect_invoice(w, named, "partially_paid", "25.00");
    expect_invoice(w, early, "paid", "0.00");
    expect_invoice(w, late, "paid", "0.00");
    expect_invoice(w, future, "partially_paid", "64.00");
    r = get(w, "/v1/allocations?invoice_id=%s", future);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/data/0/amount"), "6.00");
    ck_assert_str_eq(text(r, "/data/0/effective_date"), "2026-04-01");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

#define PAYMENT "{'customer_id':'%s','method':'card','amount':'%s'}"
#define PAYMENT_FOR "{'customer_id':'%s','method':'cash','amount':'%s','allocations':[%s]}"
#define SHARE "{'invoice_id':'%s','amount':'%s'}"

START_TEST(a_payment_by_external_id_is_recorded_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    struct reply first = put(w, "/v1/payments/ext:P-1", PAYMENT, who, "10.00");
    expect(first, 201);
    ck_assert_str_eq(text(first, "/external_id"), "P-1");
    struct reply again = put(w, "/v1/payments/ext:P-1", PAYMENT, who, "10");
    expect(again, 200);
    ck_assert_str_eq(text(again, "/id"), text(first, "/id"));
    ck_assert_str_eq(text(again, "/version"), "1");
    struct reply other = put(w, "/v1/payments/ext:P-1", PAYMENT, who, "11.00");
    expect_problem(other, 409, "external_id_taken");
    ck_assert_str_eq(text(other, "/conflicting_id"), text(first, "/id"));
    struct reply posted = post(
        w, "/v1/payments",
        "{'external_id':'P-1','customer_id':'%s','method':'card','amount':'10.00'}", who);
    expect_problem(posted, 409, "external_id_taken");
    expect_fault(put(w, "/v1/payments/ext:P-2",
                     "{'external_id':'P-3','customer_id':'%s','method':'card','amount':'1'}", who),
                 "/external_id", "mismatch");
    expect_credit(w, who, "0.00", "10.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(what_cannot_be_paid_is_refused_and_named)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *other = given_customer(w, NULL);
    const char *invoice = bill(w, who, "100.00", "2026-03-01", 30);
    const char *foreign = bill(w, other, "100.00", "2026-03-01", 30);
    const char *draft = text(
        post(w, "/v1/invoices",
             "{'customer_id':'%s','lines':[{'description':'Work','quantity':'1',"
             "'unit_price':'1','tax_code_id':'ext:T0'}]}",
             who),
        "/id");

    expect_problem(
        post(w, "/v1/payments", PAYMENT_FOR, who, "500", fmt(w, SHARE, invoice, "100.01")), 409,
        "amount_exceeded");
    expect_problem(post(w, "/v1/payments", PAYMENT_FOR, who, "99", fmt(w, SHARE, invoice, "100")),
                   409, "amount_exceeded");
    expect_problem(post(w, "/v1/payments", PAYMENT_FOR, who, "99", fmt(w, SHARE, draft, "1")), 409,
                   "wrong_state");
    expect_fault(post(w, "/v1/payments", PAYMENT_FOR, who, "99", fmt(w, SHARE, foreign, "1")),
                 "/allocations/0/invoice_id", "other_customer");
    expect_fault(
        post(w, "/v1/payments", PAYMENT_FOR, who, "99", fmt(w, SHARE, "inv_0000000000001", "1")),
        "/allocations/0/invoice_id", "unknown");
    expect_fault(post(w, "/v1/payments", PAYMENT_FOR, who, "99", fmt(w, SHARE, invoice, "1.001")),
                 "/allocations/0/amount", "scale");
    expect_fault(post(w, "/v1/payments", PAYMENT_FOR, who, "99.001", ""), "/amount", "scale");
    expect_fault(post(w, "/v1/payments", PAYMENT_FOR, "cus_0000000000001", "99", ""),
                 "/customer_id", "unknown");
    expect_fault(post(w, "/v1/payments", PAYMENT_FOR, who, "99",
                      fmt(w, "{'invoice_id':'%s'},{'invoice_id':'%s'}", invoice, invoice)),
                 "/allocations/1/invoice_id", "repeated");
    expect(post(w, "/v1/payments", PAYMENT_FOR, who, "0", ""), 422);
    expect(post(w, "/v1/payments", PAYMENT_FOR, who, "-1", ""), 422);
    expect_problem(post(w, "/v1/payments",
                        "{'customer_id':'%s','method':'cash','amount':'1','currency':'USD'}", who),
                   422, "currency_mismatch");
    expect_invoice(w, invoice, "finalized", "100.00");
    expect_credit(w, who, "100.00", "0.00");
    ck_assert_uint_eq(length(get(w, "/v1/payments"), "/data"), 0);
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

/* ---- allocating ---- */

START_TEST(unapplied_money_is_allocated_later_one_to_many_and_many_to_one)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *a = bill(w, who, "60.00", "2026-03-01", 30);
    const char *b = bill(w, who, "60.00", "2026-03-01", 30);
    const char *first = pay(w, who, "70.00", NULL);
    const char *second = pay(w, who, "100.00", NULL);
    struct reply r = post(w, fmt(w, "/v1/payments/%s/allocate", first),
                          "{'effective_date':'2026-03-12','allocations':[{'invoice_id':'%s'},"
                          "{'invoice_id':'%s'}]}",
                          a, b);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/allocations/1/amount"), "10.00");
    ck_assert_str_eq(text(r, "/allocations/1/effective_date"), "2026-03-12");
    r = post(w, fmt(w, "/v1/payments/%s/allocate", second), "{'allocate':'oldest_due'}");
    expect(r, 200);
    expect_payment(w, first, "allocated", "70.00", "0.00", "0.00");
    expect_payment(w, second, "partly_allocated", "50.00", "0.00", "50.00");
    expect_invoice(w, b, "paid", "0.00");
    expect_credit(w, who, "0.00", "50.00");

    expect_problem(post(w, fmt(w, "/v1/payments/%s/allocate", second),
                        "{'allocations':[{'invoice_id':'%s'}]}", a),
                   409, "amount_exceeded");
    r = post(w, fmt(w, "/v1/payments/%s/allocate", second), "{'allocate':'oldest_due'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    expect_fault(post(w, fmt(w, "/v1/payments/%s/allocate", second), "{}"), "/allocations",
                 "required");
    struct request_options stale = {.key = "", .if_match = "\"1\""};
    expect_problem(request(w, "POST", fmt(w, "/v1/payments/%s/allocate", second),
                           "{\"allocate\":\"oldest_due\"}", &stale),
                   412, "stale");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(a_reversed_allocation_gives_the_money_back_and_reopens_the_invoice)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *invoice = bill(w, who, "60.00", "2026-03-01", 30);
    const char *payment = pay(w, who, "60.00",
                              fmt(w, "'allocations':[{'invoice_id':'%s'}]", invoice));
    const char *allocation = text(get(w, "/v1/payments/%s", payment), "/allocations/0/id");
    const char *path = fmt(w, "/v1/allocations/%s/reverse", allocation);

    expect_fault(post(w, path, "{}"), "/reason", "required");
    expect_fault(post(w, path, "{'reason':'oops','effective_date':'2026-03-09'}"),
                 "/effective_date", "too_early");
    struct reply r = post(w, path, "{'reason':'oops','effective_date':'2026-03-11'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/amount"), "-60.00");
    ck_assert_str_eq(text(r, "/reverses"), allocation);
    ck_assert_str_eq(text(r, "/reason"), "oops");
    ck_assert_str_eq(text(r, "/effective_date"), "2026-03-11");
    const char *mirror = text(r, "/id");
    ck_assert_str_eq(text(get(w, "/v1/allocations/%s", allocation), "/reversed_by"), mirror);
    expect_payment(w, payment, "unallocated", "0.00", "0.00", "60.00");
    expect_invoice(w, invoice, "finalized", "60.00");
    expect_credit(w, who, "60.00", "60.00");
    expect_cash_agrees(w);

    expect_problem(post(w, path, "{'reason':'again'}"), 409, "wrong_state");
    expect_problem(post(w, fmt(w, "/v1/allocations/%s/reverse", mirror), "{'reason':'no'}"), 409,
                   "wrong_state");
    r = post(w, fmt(w, "/v1/payments/%s/allocate", payment),
             "{'allocate':'oldest_due','effective_date':'2026-03-10'}");
    expect(r, 200);
    expect_invoice(w, invoice, "paid", "0.00");
    ck_assert_uint_eq(length(r, "/allocations"), 3);
    /* Dated earlier it would have been paid twice on the day before it was taken back. */
    ck_assert_str_eq(text(r, "/allocations/2/effective_date"), "2026-03-11");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

/* ---- paying back ---- */

START_TEST(only_what_is_unapplied_can_be_refunded)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *invoice = bill(w, who, "60.00", "2026-03-01", 30);
    const char *payment = pay(w, who, "100.00",
                              fmt(w, "'allocations':[{'invoice_id':'%s'}]", invoice));
    const char *path = fmt(w, "/v1/payments/%s/refund", payment);
    expect_problem(post(w, path, "{'amount':'40.01'}"), 409, "amount_exceeded");
    expect_fault(post(w, path, "{'value_date':'2026-03-09'}"), "/value_date", "too_early");
    struct reply r = post(
        w, path,
        "{'external_id':'R-1','amount':'15.00','method':'cash','value_date':'2026-03-12'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/payment_id"), payment);
    ck_assert_str_eq(text(r, "/credit_note_id"), "null");
    ck_assert_str_eq(text(r, "/amount"), "15.00");
    ck_assert_str_eq(text(r, "/method"), "cash");
    expect_problem(post(w, path, "{'external_id':'R-1','amount':'1.00'}"), 409,
                   "external_id_taken");
    expect_payment(w, payment, "partly_allocated", "60.00", "15.00", "25.00");
    r = post(w, path, "{}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/amount"), "25.00");
    ck_assert_str_eq(text(r, "/method"), "bank_transfer");
    expect(get(w, "/v1/refunds/%s", text(r, "/id")), 200);
    expect_payment(w, payment, "allocated", "60.00", "40.00", "0.00");
    expect_problem(post(w, path, "{}"), 409, "amount_exceeded");
    ck_assert_uint_eq(length(get(w, "/v1/refunds?payment_id=%s", payment), "/data"), 2);
    expect_credit(w, who, "0.00", "0.00");

    const char *whole = pay(w, who, "5.00", NULL);
    expect(post(w, fmt(w, "/v1/payments/%s/refund", whole), "{}"), 201);
    expect_payment(w, whole, "refunded", "0.00", "5.00", "0.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(money_that_came_back_is_not_there_before_it_did)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *first = bill(w, who, "60.00", "2026-03-01", 30);
    const char *payment = pay(w, who, "60.00",
                              fmt(w, "'allocations':[{'invoice_id':'%s'}]", first));
    const char *allocation = text(get(w, "/v1/payments/%s", payment), "/allocations/0/id");
    expect(post(w, fmt(w, "/v1/allocations/%s/reverse", allocation),
                "{'reason':'bounced','effective_date':'2026-03-20'}"),
           201);
    expect_fault(post(w, fmt(w, "/v1/payments/%s/refund", payment), "{'value_date':'2026-03-19'}"),
                 "/value_date", "too_early");
    const char *second = bill(w, who, "10.00", "2026-03-01", 30);
    struct reply r = post(w, fmt(w, "/v1/payments/%s/allocate", payment),
                          "{'effective_date':'2026-03-12','allocations':[{'invoice_id':'%s'}]}",
                          second);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/allocations/2/effective_date"), "2026-03-20");
    const char *other = pay(w, who, "60.00", fmt(w, "'allocations':[{'invoice_id':'%s'}]", first));
    ck_assert_str_eq(text(get(w, "/v1/payments/%s", other), "/allocations/0/effective_date"),
                     "2026-03-20");
    expect(post(w, fmt(w, "/v1/payments/%s/refund", payment), "{'value_date':'2026-03-20'}"), 201);
    expect_payment(w, payment, "allocated", "10.00", "50.00", "0.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(credit_of_a_credit_note_is_applied_taken_back_and_refunded)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *invoice = bill(w, who, "60.00", "2026-02-01", 30);
    const char *note = credit(w, who, "100.00");
    expect_credit(w, who, "60.00", "100.00");
    struct reply r = post(w, fmt(w, "/v1/credit-notes/%s/allocate", note),
                          "{'allocations':[{'invoice_id':'%s'}]}", invoice);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/available"), "40.00");
    expect_invoice(w, invoice, "paid", "0.00");
    expect_credit(w, who, "0.00", "40.00");
    expect_problem(post(w, fmt(w, "/v1/credit-notes/%s/refund", note), "{'amount':'40.01'}"), 409,
                   "amount_exceeded");
    r = post(w, fmt(w, "/v1/credit-notes/%s/refund", note), "{'amount':'40'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/credit_note_id"), note);
    ck_assert_str_eq(text(r, "/payment_id"), "null");
    expect_credit(w, who, "0.00", "0.00");
    expect_cash_agrees(w);

    r = get(w, "/v1/allocations?credit_note_id=%s", note);
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/source"), "credit_note");
    expect(post(w, fmt(w, "/v1/allocations/%s/reverse", text(r, "/data/0/id")),
                "{'reason':'wrong invoice'}"),
           201);
    expect_invoice(w, invoice, "finalized", "60.00");
    ck_assert_str_eq(text(get(w, "/v1/credit-notes/%s", note), "/available"), "60.00");
    expect_credit(w, who, "60.00", "60.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_credit_note_holds_no_credit)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    struct reply r = post(w, "/v1/credit-notes",
                          "{'customer_id':'%s','reason':'other','lines':[{'description':'x',"
                          "'quantity':'1','unit_price':'5','tax_code_id':'ext:T0'}]}",
                          who);
    expect(r, 201);
    const char *note = text(r, "/id");
    expect_problem(post(w, fmt(w, "/v1/credit-notes/%s/refund", note), "{}"), 409, "wrong_state");
    expect_problem(
        post(w, fmt(w, "/v1/credit-notes/%s/allocate", note), "{'allocate':'oldest_due'}"), 409,
        "wrong_state");
    expect(post(w, "/v1/payments/pay_0000000000001/refund", "{}"), 404);
    expect(post(w, "/v1/payments/pay_0000000000001/allocate", "{'allocate':'oldest_due'}"), 404);
    expect(post(w, "/v1/credit-notes/crn_0000000000001/refund", "{}"), 404);
    expect(post(w, "/v1/allocations/alc_0000000000001/reverse", "{'reason':'x'}"), 404);
    world_free(w);
}
END_TEST

START_TEST(nothing_moves_in_a_locked_period)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *invoice = bill(w, who, "60.00", "2026-03-01", 30);
    const char *payment = pay(w, who, "100.00",
                              fmt(w, "'allocations':[{'invoice_id':'%s'}]", invoice));
    const char *allocation = text(get(w, "/v1/payments/%s", payment), "/allocations/0/id");
    expect(patch(w, "/v1/tenant", "{'locked_until':'2026-03-31'}"), 200);
    /* What a server knows of the tenant is cached with the key. */
    struct request_options new_key = {
        .api_key = world_key_with(w, "*"), .key = "", .if_match = "*"};
    expect_problem(request(w, "POST", "/v1/payments",
                           fmt(w,
                               "{\"customer_id\":\"%s\",\"method\":\"cash\",\"amount\":\"1\","
                               "\"value_date\":\"2026-03-31\"}",
                               who),
                           &new_key),
                   422, "period_locked");
    expect_problem(request(w, "POST", fmt(w, "/v1/payments/%s/refund", payment),
                           "{\"value_date\":\"2026-03-31\"}", &new_key),
                   422, "period_locked");
    const char *path = fmt(w, "/v1/allocations/%s/reverse", allocation);
    expect_problem(
        request(w, "POST", path, "{\"reason\":\"x\",\"effective_date\":\"2026-03-31\"}", &new_key),
        422, "period_locked");
    expect(
        request(w, "POST", path, "{\"reason\":\"x\",\"effective_date\":\"2026-04-01\"}", &new_key),
        201);
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

/* ---- many ---- */

START_TEST(a_thousand_invoices_are_paid_by_one_payment)
{
    enum { N = 1000 };
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    char *body = NULL;
    size_t size;
    FILE *f = open_memstream(&body, &size);
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < N; i++)
        fprintf(f, "%s{'invoice_id':'%s'}", i > 0 ? "," : "",
                bill(w, who, "1.01", "2026-01-01", i % 60));
    fclose(f);
    struct reply r = post(w, "/v1/payments",
                          "{'customer_id':'%s','method':'cash','amount':'1010.00','allocations':"
                          "[%s]}",
                          who, body);
    free(body);
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/allocations"), N);
    ck_assert_str_eq(text(r, "/unapplied"), "0.00");
    expect_credit(w, who, "0.00", "0.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

/* ---- racing ---- */

enum { RACERS = 8 };

START_TEST(of_payments_that_race_for_one_invoice_only_one_settles_it)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *invoice = bill(w, who, "100.00", "2026-03-01", 30);
    const char *bodies[RACERS];
    struct reply r[RACERS];
    for (int i = 0; i < RACERS; i++)
        bodies[i] = fmt(w,
                        "{'customer_id':'%s','method':'cash','amount':'100.00','allocations':"
                        "[{'invoice_id':'%s','amount':'100.00'}]}",
                        who, invoice);
    post_together(w, "/v1/payments", bodies, r, RACERS);
    ck_assert_int_eq(count(r, RACERS, 201), 1);
    ck_assert_int_eq(count(r, RACERS, 409), RACERS - 1);
    expect_invoice(w, invoice, "paid", "0.00");
    expect_credit(w, who, "0.00", "0.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(payments_that_race_with_oldest_due_share_what_is_open)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *invoices[3];
    for (int i = 0; i < 3; i++)
        invoices[i] = bill(w, who, "100.00", "2026-03-01", 30 - i);
    const char *bodies[RACERS];
    struct reply r[RACERS];
    for (int i = 0; i < RACERS; i++)
        bodies[i] = fmt(w,
                        "{'customer_id':'%s','method':'cash','amount':'70.00',"
                        "'allocate':'oldest_due'}",
                        who);
    post_together(w, "/v1/payments", bodies, r, RACERS);
    ck_assert_int_eq(count(r, RACERS, 201), RACERS);
    for (int i = 0; i < 3; i++)
        expect_invoice(w, invoices[i], "paid", "0.00");
    expect_credit(w, who, "0.00", "260.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

/* 32 payments of 31.00 at once, each sent twice, for five invoices of 100.00, whatever
 * way they are batched: three of each invoice's are taken, and a reply is what GET then shows. */
static void crowd_at_the_till(const char *batching)
{
    enum { CROWD = 64, INVOICES = 5 };
    struct world *w = world_new_with((const char *[]){"O2C_BATCHING", batching, NULL});
    const char *who = given_customer(w, NULL), *invoices[INVOICES];
    for (int i = 0; i < INVOICES; i++)
        invoices[i] = bill(w, who, "100.00", "2026-03-01", 30);
    struct shot shots[CROWD] = {0};
    for (int i = 0; i < CROWD; i++)
        shots[i] = (struct shot){
            .method = "POST",
            .path = "/v1/payments",
            .body = fmt(w,
                        "{\"external_id\":\"%d\",\"customer_id\":\"%s\",\"method\":\"cash\","
                        "\"amount\":\"31\",\"reference\":\"R\",\"metadata\":{\"a\":\"b\"},"
                        "\"allocations\":[{\"invoice_id\":\"%s\",\"amount\":\"30\"}]}",
                        i / 2, who, invoices[i / 2 % INVOICES]),
            .options = {.key = fmt(w, "crowd-%d", i / 2)}};
    shoot_together(w, shots, CROWD);
    int taken = 0, replayed = 0;
    for (int i = 0; i < CROWD; i++) {
        struct reply r = shots[i].reply;
        replayed += header(r, "Idempotency-Replayed") != NULL;
        ck_assert_str_eq(r.body, shots[i ^ 1].reply.body);
        if (r.status != 201) {
            expect_problem(r, 409, "amount_exceeded");
            continue;
        }
        taken += i % 2;
        ck_assert_str_eq(get(w, "/v1/payments/%s", text(r, "/id")).body, r.body);
    }
    ck_assert_int_eq(taken, 3 * INVOICES);
    ck_assert_int_eq(replayed, CROWD / 2);
    for (int i = 0; i < INVOICES; i++)
        expect_invoice(w, invoices[i], "partially_paid", "10.00");
    expect_credit(w, who, "50.00", "15.00");
    ck_assert_str_eq(
        world_sql(w, "SELECT count(*) || ' ' || max(number) || ' ' || count(DISTINCT number)"
                     " FROM payment"),
        "15 PAY-000015 15");
    expect_cash_agrees(w);
    world_free(w);
}

START_TEST(a_crowd_of_payments_never_pays_too_much_with_batches)
{
    crowd_at_the_till("1");
}
END_TEST

START_TEST(a_crowd_of_payments_never_pays_too_much_without_batches)
{
    crowd_at_the_till("0");
}
END_TEST

START_TEST(payments_that_wait_together_are_each_what_they_would_be_alone)
{
    enum { CROWD = 64 };
    struct world *w = world_new();
    const char *who = given_customer(w, NULL), *other = given_customer(w, NULL);
    const char *first = bill(w, who, "100.00", "2026-01-01", 30);
    const char *second = bill(w, who, "100.00", "2026-01-02", 30);
    const char *bodies[CROWD];
    struct reply r[CROWD];
    for (int i = 0; i < CROWD; i++)
        bodies[i] = i % 8 == 0   ? fmt(w, PAYMENT_FOR, who, "1", fmt(w, SHARE, second, "2"))
                    : i % 8 == 1 ? fmt(w, PAYMENT_FOR, other, "9", fmt(w, SHARE, first, "1"))
                    : i % 8 == 2 ? fmt(w,
                                       "{'external_id':'TWIN','customer_id':'%s','method':'cash',"
                                       "'amount':'5.00'}",
                                       other)
                    : i % 8 == 3 ? fmt(w, PAYMENT_FOR, "cus_0000000000001", "9", "")
                                 : fmt(w,
                                       "{'customer_id':'%s','method':'cash','amount':'7.00',"
                                       "'allocate':'oldest_due'}",
                                       who);
    post_together(w, "/v1/payments", bodies, r, CROWD);
    int twins = 0;
    for (int i = 0; i < CROWD; i++) {
        if (i % 8 == 0)
            expect_problem(r[i], 409, "amount_exceeded");
        else if (i % 8 == 1)
            expect_fault(r[i], "/allocations/0/invoice_id", "other_customer");
        else if (i % 8 == 3)
            expect_fault(r[i], "/customer_id", "unknown");
        else if (i % 8 == 2 && r[i].status != 201)
            expect_problem(r[i], 409, "external_id_taken");
        else
            expect(r[i], 201);
        twins += i % 8 == 2 && r[i].status == 201;
    }
    ck_assert_int_eq(twins, 1);
    expect_invoice(w, first, "paid", "0.00");
    expect_invoice(w, second, "paid", "0.00");
    expect_credit(w, who, "0.00", "24.00");
    expect_credit(w, other, "0.00", "5.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(of_refunds_that_race_for_one_payment_only_what_is_there_is_paid)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *payment = pay(w, who, "100.00", NULL);
    const char *bodies[RACERS];
    struct reply r[RACERS];
    for (int i = 0; i < RACERS; i++)
        bodies[i] = "{'amount':'40.00'}";
    post_together(w, fmt(w, "/v1/payments/%s/refund", payment), bodies, r, RACERS);
    ck_assert_int_eq(count(r, RACERS, 201), 2);
    ck_assert_int_eq(count(r, RACERS, 409), RACERS - 2);
    expect_payment(w, payment, "unallocated", "0.00", "80.00", "20.00");
    expect_credit(w, who, "0.00", "20.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(an_allocation_is_taken_back_once_however_often_it_is_asked)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *invoice = bill(w, who, "100.00", "2026-03-01", 30);
    const char *payment = pay(w, who, "100.00",
                              fmt(w, "'allocations':[{'invoice_id':'%s'}]", invoice));
    const char *allocation = text(get(w, "/v1/payments/%s", payment), "/allocations/0/id");
    const char *bodies[RACERS];
    struct reply r[RACERS];
    for (int i = 0; i < RACERS; i++)
        bodies[i] = "{'reason':'race'}";
    post_together(w, fmt(w, "/v1/allocations/%s/reverse", allocation), bodies, r, RACERS);
    ck_assert_int_eq(count(r, RACERS, 201), 1);
    ck_assert_int_eq(count(r, RACERS, 409), RACERS - 1);
    expect_payment(w, payment, "unallocated", "0.00", "0.00", "100.00");
    expect_invoice(w, invoice, "finalized", "100.00");
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

START_TEST(an_invoice_is_either_voided_or_paid)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    for (int round = 0; round < 10; round++) {
        const char *invoice = bill(w, who, "100.00", "2026-03-01", 30);
        const char *payment = pay(w, who, "100.00", NULL);
        struct shot shots[] = {
            {.method = "POST",
             .path = fmt(w, "/v1/payments/%s/allocate", payment),
             .body = fmt(w, "{\"allocations\":[{\"invoice_id\":\"%s\"}]}", invoice),
             .options = {.key = "", .if_match = "*"}},
            {.method = "POST",
             .path = fmt(w, "/v1/invoices/%s/void", invoice),
             .body = "{\"reason\":\"a mistake\"}",
             .options = {.key = "", .if_match = "*"}},
        };
        shoot_together(w, shots, 2);
        bool paid = shots[0].reply.status == 200;
        ck_assert_int_eq(shots[0].reply.status, paid ? 200 : 409);
        ck_assert_int_eq(shots[1].reply.status, paid ? 409 : 200);
        expect_invoice(w, invoice, paid ? "paid" : "void", "0.00");
        expect_payment(w, payment, paid ? "allocated" : "unallocated", paid ? "100.00" : "0.00",
                       "0.00", paid ? "0.00" : "100.00");
    }
    expect_cash_agrees(w);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cash");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, a_payment_settles_its_invoice_and_the_rest_stays_unapplied);
    tcase_add_test(t, oldest_due_pays_by_due_date_and_an_allocation_counts_from_the_invoice_on);
    tcase_add_test(t, a_payment_by_external_id_is_recorded_once);
    tcase_add_test(t, what_cannot_be_paid_is_refused_and_named);
    tcase_add_test(t, unapplied_money_is_allocated_later_one_to_many_and_many_to_one);
    tcase_add_test(t, a_reversed_allocation_gives_the_money_back_and_reopens_the_invoice);
    tcase_add_test(t, only_what_is_unapplied_can_be_refunded);
    tcase_add_test(t, money_that_came_back_is_not_there_before_it_did);
    tcase_add_test(t, credit_of_a_credit_note_is_applied_taken_back_and_refunded);
    tcase_add_test(t, a_draft_credit_note_holds_no_credit);
    tcase_add_test(t, nothing_moves_in_a_locked_period);
    tcase_add_test(t, a_thousand_invoices_are_paid_by_one_payment);
    tcase_add_test(t, of_payments_that_race_for_one_invoice_only_one_settles_it);
    tcase_add_test(t, payments_that_race_with_oldest_due_share_what_is_open);
    tcase_add_test(t, a_crowd_of_payments_never_pays_too_much_with_batches);
    tcase_add_test(t, a_crowd_of_payments_never_pays_too_much_without_batches);
    tcase_add_test(t, payments_that_wait_together_are_each_what_they_would_be_alone);
    tcase_add_test(t, of_refunds_that_race_for_one_payment_only_what_is_there_is_paid);
    tcase_add_test(t, an_allocation_is_taken_back_once_however_often_it_is_asked);
    tcase_add_test(t, an_invoice_is_either_voided_or_paid);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
