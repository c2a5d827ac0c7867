/* The reports over a small history with known days and amounts, as of several days. */
#include "tests/support/world.h"
#include <string.h>

struct history {
    const char *a, *b;        /* customers */
    const char *i1, *i2, *i3; /* invoices */
    const char *payment;
};

static const char *made(struct world *w, struct reply r)
{
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

/* customer, date, terms, sku, price, tax code */
#define INVOICE(...) made(w, post(w, "/v1/invoices", INVOICE_BODY, __VA_ARGS__))
#define INVOICE_BODY                                                                               \
    "{'customer_id':'%s','invoice_date':'%s','payment_terms_days':%d,'finalize':true,'lines':"     \
    "[{'sku':'%s','quantity':'1','unit_price':'%s','tax_code_id':'ext:%s'}]}"

/*           A                                   B
 * 01-10     i1  100.00 due 02-09
 * 02-20     i2  200.00 due 03-22
 * 03-01                                         i3  300.00 + 57.00 tax due 03-15
 * 03-05     paid 150.00, 100.00 of it for i1
 * 03-10     credit of 40.00 on i2
 * 03-20                                         paid 57.00 for i3
 * 04-02     20.00 paid back                                                        */
static void history_make(struct world *w, struct history *h)
{
    h->a = given_customer(w, "'external_id':'CA'");
    h->b = given_customer(w, "'external_id':'CB'");
    given_service(w, "S", "1.00");
    given_service(w, "P", "1.00");
    h->i1 = INVOICE(h->a, "2026-01-10", 30, "S", "100.00", "T0");
    h->i2 = INVOICE(h->a, "2026-02-20", 30, "S", "200.00", "T0");
    h->i3 = INVOICE(h->b, "2026-03-01", 14, "P", "300.00", "T19");
    h->payment = made(w, post(w, "/v1/payments",
                              "{'customer_id':'%s','method':'bank_transfer','amount':'150.00',"
                              "'value_date':'2026-03-05','allocations':[{'invoice_id':'%s'}]}",
                              h->a, h->i1));
    made(w, post(w, "/v1/credit-notes",
                 "{'invoice_id':'%s','reason':'pricing','issue':true,'credit_note_date':"
                 "'2026-03-10','lines':[{'invoice_line_no':1,'net':'40.00'}]}",
                 h->i2));
    made(w, post(w, "/v1/payments",
                 "{'customer_id':'%s','method':'bank_transfer','amount':'57.00','value_date':"
                 "'2026-03-20','allocations':[{'invoice_id':'%s'}]}",
                 h->b, h->i3));
    made(w, post(w, fmt(w, "/v1/payments/%s/refund", h->payment),
                 "{'amount':'20.00','value_date':'2026-04-02'}"));
}

/* "member=value member=value …" against the object at pointer. */
static void expect_members(struct world *w, struct reply r, const char *pointer,
                           const char *members)
{
    char *all = (char *)fmt(w, "%s", members), *rest = NULL;
    for (char *m = strtok_r(all, " ", &rest); m != NULL; m = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(m, '=');
        ck_assert_ptr_nonnull(value);
        *value++ = '\0';
        ck_assert_msg(strcmp(text(r, fmt(w, "%s/%s", pointer, m)), value) == 0,
                      "%s/%s is %s, not %s: %s", pointer, m, text(r, fmt(w, "%s/%s", pointer, m)),
                      value, r.body);
    }
}

/* The report at path; its control totals agree with the ledger. */
static struct reply report(struct world *w, const char *path)
{
    struct reply r = get(w, "/v1/reports/%s", path);
    expect(r, 200);
    ck_assert_msg(strcmp(text(r, "/reconciled"), "true") == 0, "%s: %s", path, r.body);
    ck_assert_uint_gt(length(r, "/controls"), 0);
    return r;
}

/* "bucket=amount …" of the totals; the buckets that are not named hold nothing. */
static void expect_buckets(struct world *w, struct reply r, const char *pointer,
                           const char *expected)
{
    for (size_t i = 0; i < length(r, fmt(w, "%s/buckets", pointer)); i++) {
        const char *name = text(r, fmt(w, "%s/buckets/%zu/bucket", pointer, i));
        const char *amount = text(r, fmt(w, "%s/buckets/%zu/amount", pointer, i));
        const char *entry = strstr(expected, fmt(w, "%s=", name));
        const char *want = entry != NULL ? entry + strlen(name) + 1 : "0.00 ";
        ck_assert_msg(strncmp(want, amount, strlen(amount)) == 0 &&
                          (want[strlen(amount)] == ' ' || want[strlen(amount)] == '\0'),
                      "%s: %s, not %s", name, amount, expected);
    }
}

START_TEST(aging_shows_what_was_open_on_a_day_by_its_age_then)
{
    struct world *w = world_new();
    struct history h;
    history_make(w, &h);
    struct reply r = report(w, "aging?as_of=2026-02-28");
    expect_buckets(w, r, "/totals", "not_due=200.00 1_30=100.00");
    expect_members(w, r, "/totals", "open_invoices=300.00 overdue=100.00 net=300.00");
    ck_assert_uint_eq(length(r, "/rows"), 1);
    r = report(w, "aging?as_of=2026-03-04");
    expect_buckets(w, r, "/totals", "not_due=557.00 1_30=100.00");
    r = report(w, "aging?as_of=2026-03-31");
    expect_buckets(w, r, "/totals", "1_30=460.00");
    expect_members(w, r, "/totals",
                   "open_invoices=460.00 overdue=460.00 unapplied_payments=50.00 "
                   "available_credit=0.00 net=410.00");
    expect_members(w, r, "/rows/0", "external_id=CA open_invoices=160.00 net=110.00");
    expect_members(w, r, "/rows/1", "external_id=CB open_invoices=300.00 net=300.00");
    r = report(w, "aging?as_of=2026-05-01&buckets=10,40");
    expect_buckets(w, r, "/totals", "11_40=160.00 over_40=300.00");
    expect_members(w, r, "/totals", "unapplied_payments=30.00");
    r = report(w, fmt(w, "aging?as_of=2026-03-31&customer_id=%s", h.b));
    expect_members(w, r, "/totals", "open_invoices=300.00 unapplied_payments=0.00");
    r = report(w, "aging");
    expect_buckets(w, r, "/totals", "over_120=460.00");
    r = report(w, "aging?limit=1");
    ck_assert_str_eq(text(r, "/truncated"), "true");
    r = report(w, fmt(w, "aging?limit=1&after=%s", text(r, "/rows/0/customer_id")));
    expect_members(w, r, "/rows/0", "external_id=CB");
    ck_assert_str_eq(text(r, "/truncated"), "false");
    expect_members(w, r, "/totals", "open_invoices=460.00");
    ck_assert_uint_eq(length(report(w, "aging?as_of=2026-01-09"), "/rows"), 0);
    world_free(w);
}
END_TEST

/* What came later or was recorded later: an allocation taken back, two voids, a refund, a payment
 * of before, and a customer of whom nothing was known then. */
START_TEST(what_happened_since_is_taken_back)
{
    struct world *w = world_new();
    struct history h;
    history_make(w, &h);
    const char *later = given_customer(w, "'external_id':'CL'");
    const char *past = given_customer(w, "'external_id':'CP'");
    const char *big = INVOICE(h.a, "2026-03-01", 30, "S", "1000.00", "T0");
    const char *only = INVOICE(past, "2026-03-01", 10, "S", "7.00", "T0");
    INVOICE(later, "2026-04-05", 30, "S", "5.00", "T0");
    made(w, post(w, "/v1/payments",
                 "{'customer_id':'%s','method':'bank_transfer','amount':'30.00','value_date':"
                 "'2026-03-02','allocations':[{'invoice_id':'%s'}]}",
                 h.b, h.i3));
    const char *allocation = fmt(w, "%s",
                                 text(get(w, "/v1/payments/%s", h.payment), "/allocations/0/id"));
    expect(post(w, fmt(w, "/v1/allocations/%s/reverse", allocation),
                "{'reason':'wrong','effective_date':'2026-04-10'}"),
           201);
    expect(post(w, fmt(w, "/v1/invoices/%s/void", big), "{}"), 200);
    expect(post(w, fmt(w, "/v1/invoices/%s/void", only), "{}"), 200);

    expect_buckets(w, report(w, "aging?as_of=2026-03-01"), "/totals",
                   "not_due=1564.00 1_30=100.00");
    expect_buckets(w, report(w, "aging?as_of=2026-03-02"), "/totals",
                   "not_due=1534.00 1_30=100.00");
    struct reply r = report(w, "aging?as_of=2026-03-31&limit=3");
    expect_buckets(w, r, "/totals", "not_due=1000.00 1_30=437.00");
    expect_members(w, r, "/totals", "open_invoices=1437.00 unapplied_payments=50.00 net=1387.00");
    expect_members(w, r, "", "truncated=false");
    ck_assert_uint_eq(length(r, "/rows"), 3);
    expect_members(w, r, "/rows/0", "external_id=CA open_invoices=1160.00 net=1110.00");
    expect_members(w, r, "/rows/1", "external_id=CB open_invoices=270.00 net=270.00");
    expect_members(w, r, "/rows/2", "external_id=CP open_invoices=7.00 net=7.00");
    expect_members(w, r, "/totals/buckets/1", "bucket=1_30 invoices=3");
    r = report(w, fmt(w, "aging?as_of=2026-03-31&limit=1&after=%s", h.b));
    expect_members(w, r, "/rows/0", "external_id=CP");
    expect_members(w, r, "", "truncated=false");
    r = report(w, "aging?as_of=2026-04-10");
    expect_buckets(w, r, "/totals", "not_due=5.00 1_30=1437.00 31_60=100.00");
    expect_members(w, r, "/totals", "unapplied_payments=130.00");
    expect_members(w, report(w, "aging"), "/totals", "open_invoices=535.00");

    ck_assert_uint_eq(length(report(w, "open-items?as_of=2026-03-31"), "/rows"), 5);
    ck_assert_uint_eq(length(report(w, "open-items"), "/rows"), 5);
    r = report(w, fmt(w, "aging?as_of=2026-03-31&customer_id=%s", h.a));
    expect_members(w, r, "/rows/0",
                   "external_id=CA open_invoices=1160.00 unapplied_payments=50.00");
    r = report(w, fmt(w, "aging?as_of=2026-03-31&customer_id=%s", past));
    expect_members(w, r, "/rows/0", "external_id=CP net=7.00");
    ck_assert_uint_eq(
        length(report(w, fmt(w, "aging?as_of=2026-03-31&customer_id=%s", later)), "/rows"), 0);
    r = report(w, fmt(w, "aging?customer_id=%s&after=%s", h.a, h.a));
    ck_assert_uint_eq(length(r, "/rows"), 0);
    expect_members(w, r, "/totals", "open_invoices=260.00");
    r = report(w, fmt(w, "statement?customer_id=%s&from=2026-03-01&to=2026-03-31", h.a));
    expect_members(w, r, "", "opening_balance=300.00 closing_balance=1110.00");
    report(w, "dso?as_of=2026-03-31&days=30");
    world_free(w);
}
END_TEST

START_TEST(open_items_are_listed_by_due_date_as_they_were)
{
    struct world *w = world_new();
    struct history h;
    history_make(w, &h);
    struct reply r = report(w, "open-items?as_of=2026-03-31");
    ck_assert_uint_eq(length(r, "/rows"), 3);
    expect_members(w, r, "/rows/0", "kind=payment open_amount=50.00 due_date=null");
    expect_members(w, r, "/rows/1",
                   "kind=invoice amount=357.00 open_amount=300.00 days_overdue=16");
    expect_members(w, r, "/rows/2", "kind=invoice amount=200.00 open_amount=160.00 days_overdue=9");
    ck_assert_str_eq(text(r, "/rows/2/invoice_id"), h.i2);
    expect_members(w, r, "/totals", "items=3 open_invoices=460.00 overdue=460.00 net=410.00");
    r = report(w, "open-items?as_of=2026-03-31&kind=invoice&limit=1");
    ck_assert_uint_eq(length(r, "/rows"), 1);
    ck_assert_str_eq(text(r, "/truncated"), "true");
    expect_members(w, r, "/totals", "items=2 unapplied_payments=0.00");
    r = report(w, "open-items?as_of=2026-02-28&overdue_only=true");
    ck_assert_uint_eq(length(r, "/rows"), 1);
    ck_assert_str_eq(text(r, "/rows/0/invoice_id"), h.i1);
    r = report(w, "open-items");
    expect_members(w, r, "/rows/0", "kind=payment open_amount=30.00");
    world_free(w);
}
END_TEST

START_TEST(a_statement_carries_its_balance_from_line_to_line)
{
    struct world *w = world_new();
    struct history h;
    history_make(w, &h);
    struct reply r = report(w,
                            fmt(w, "statement?customer_id=%s&from=2026-02-01&to=2026-03-31", h.a));
    expect_members(w, r, "",
                   "opening_balance=100.00 debit=200.00 credit=190.00 closing_balance=110.00 "
                   "external_id=CA");
    ck_assert_uint_eq(length(r, "/lines"), 3);
    expect_members(w, r, "/lines/0",
                   "date=2026-02-20 kind=invoice debit=200.00 credit=0.00 balance=300.00 "
                   "due_date=2026-03-22");
    expect_members(w, r, "/lines/1", "date=2026-03-05 kind=payment credit=150.00 balance=150.00");
    expect_members(w, r, "/lines/2",
                   "date=2026-03-10 kind=credit_note credit=40.00 balance=110.00");
    expect_members(w, r, "/aging", "open_invoices=160.00 unapplied_payments=50.00 net=110.00");
    r = report(w, "statement?customer_id=ext:CA&from=2026-04-01&to=2026-04-30");
    expect_members(w, r, "", "opening_balance=110.00 closing_balance=130.00");
    expect_members(w, r, "/lines/0", "kind=refund debit=20.00 balance=130.00");
    expect_problem(get(w, "/v1/reports/statement"), 400, "parameter");
    expect_problem(get(w, "/v1/reports/statement?customer_id=cus_0000000000001"), 422, "invalid");
    r = get(w, "/v1/reports/statement?customer_id=%s&from=2026-04-02&to=2026-04-01", h.a);
    expect_problem(r, 422, "invalid");
    world_free(w);
}
END_TEST

START_TEST(days_sales_outstanding_follow_their_formulas)
{
    struct world *w = world_new();
    struct history h;
    history_make(w, &h);
    struct reply r = report(w, "dso?as_of=2026-03-31&days=90");
    expect_members(w, r, "",
                   "from=2026-01-01 receivable=460.00 sales=617.00 current=0.00 "
                   "opening_receivable=0.00 simple=67.098865 countback=51.02 "
                   "countback_complete=true best_possible=0 average_days_delinquent=67.098865 "
                   "collection_effectiveness=25.445705 invoices=2");
    expect_members(w, r, "/months/0", "month=2026-03-01 days=31 sales=317.00");
    r = report(w, "dso?as_of=2026-03-31&days=90&net_of_unapplied=true");
    expect_members(w, r, "", "receivable=410.00");
    r = report(w, "dso?as_of=2026-01-05"); /* nothing was ever sold: no ratio */
    expect_members(w, r, "", "receivable=0.00 sales=0.00 simple=null");
    world_free(w);
}
END_TEST

START_TEST(sales_add_up_by_month_by_customer_and_by_product)
{
    struct world *w = world_new();
    struct history h;
    history_make(w, &h);
    struct reply r = report(w, "sales-by-month?from=2026-01-01&to=2026-12-31");
    ck_assert_uint_eq(length(r, "/rows"), 3);
    expect_members(w, r, "/rows/0", "month=2026-01-01 net=100.00 invoices=1");
    expect_members(w, r, "/rows/2",
                   "month=2026-03-01 net=260.00 tax=57.00 gross=317.00 invoices=1 credit_notes=1");
    expect_members(w, r, "/totals", "net=560.00 tax=57.00 gross=617.00 invoices=3 credit_notes=1");
    r = report(w, "sales-by-customer?from=2026-01-01&to=2026-12-31");
    expect_members(w, r, "/rows/0", "external_id=CB net=300.00 documents=1");
    expect_members(w, r, "/rows/1", "external_id=CA net=260.00 documents=3 lines=3");
    expect_members(w, r, "/totals", "net=560.00 rows=2 lines=4");
    r = report(w, "sales-by-product?from=2026-02-01&to=2026-03-31");
    expect_members(w, r, "/rows/0", "sku=P net=300.00 quantity=1");
    expect_members(w, r, "/rows/1", "sku=S net=160.00 quantity=1");
    r = report(w, "sales-by-product?from=2026-01-01&to=2026-12-31&limit=1");
    ck_assert_str_eq(text(r, "/truncated"), "true");
    expect_members(w, r, "/totals", "net=560.00 rows=2");
    /* A void counts in the month in which it is made. */
    const char *wrong = INVOICE(h.a, "2026-03-31", 0, "S", "1000.00", "T0");
    expect_members(w, report(w, "sales-by-month?from=2026-01-01&to=2026-12-31"), "/totals",
                   "net=1560.00");
    expect(post(w, fmt(w, "/v1/invoices/%s/void", wrong), "{}"), 200);
    expect_members(w, report(w, "sales-by-month?from=2026-01-01&to=2026-12-31"), "/totals",
                   "net=560.00 voids=1");
    expect_members(w, report(w, "sales-by-month?from=2026-03-01&to=2026-03-31"), "/totals",
                   "net=1260.00 voids=0");
    world_free(w);
}
END_TEST

/* debit, credit and balance of an account of the trial balance. */
static void expect_account(struct world *w, struct reply r, const char *account,
                           const char *members)
{
    for (size_t i = 0; i < length(r, "/rows"); i++)
        if (strcmp(text(r, fmt(w, "/rows/%zu/account", i)), account) == 0) {
            expect_members(w, r, fmt(w, "/rows/%zu", i), members);
            return;
        }
    ck_abort_msg("no %s in %s", account, r.body);
}

START_TEST(the_trial_balance_is_that_of_the_day)
{
    struct world *w = world_new();
    struct history h;
    history_make(w, &h);
    struct reply r = get(w, "/v1/ledger/trial-balance?as_of=2026-03-31");
    expect(r, 200);
    expect_account(w, r, "receivable", "debit=657.00 credit=197.00 balance=460.00");
    expect_account(w, r, "unapplied_cash", "debit=157.00 credit=207.00 balance=50.00");
    expect_account(w, r, "customer_credit", "debit=40.00 credit=40.00 balance=0.00");
    expect_account(w, r, "cash", "debit=207.00 credit=0.00 balance=207.00");
    expect_account(w, r, "revenue", "debit=40.00 credit=600.00 balance=560.00");
    expect_account(w, r, "tax", "credit=57.00 balance=57.00");
    r = get(w, "/v1/ledger/trial-balance?as_of=2026-04-02");
    expect_account(w, r, "cash", "debit=207.00 credit=20.00 balance=187.00");
    expect(r = get(w, "/v1/ledger/accounts"), 200);
    ck_assert_uint_ge(length(r, "/accounts"), 7);
    world_free(w);
}
END_TEST

START_TEST(a_wrong_parameter_of_a_report_is_named)
{
    struct world *w = world_new();
    struct reply r = get(w, "/v1/reports/aging?as_of=2026-02-30&group=nobody&nonsense=1");
    expect_problem(r, 400, "parameter");
    ck_assert_uint_eq(length(r, "/errors"), 3);
    expect_problem(get(w, "/v1/reports/aging?buckets=30,30"), 422, "invalid");
    expect_problem(get(w, "/v1/reports/dso?days=0"), 400, "parameter");
    world_free(w);
}
END_TEST

/* A replica that has not replayed anything yet is an empty database. */
START_TEST(reports_are_read_from_the_replica_where_there_is_one)
{
    struct world *behind = world_new();
    const char *env[] = {"O2C_REPORT_DATABASE_URL", world_conninfo(behind), NULL};
    struct world *w = world_new_with(env);
    struct history h;
    history_make(w, &h);
    ck_assert_uint_eq(length(report(w, "aging?as_of=2026-02-28"), "/rows"), 0);
    ck_assert_uint_gt(length(get(w, "/v1/invoices"), "/data"), 0);
    expect_problem(get(w, "/v1/reports/statement?customer_id=%s", h.a), 422, "invalid");
    world_free(w);
    world_free(behind);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("reports");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, aging_shows_what_was_open_on_a_day_by_its_age_then);
    tcase_add_test(t, what_happened_since_is_taken_back);
    tcase_add_test(t, open_items_are_listed_by_due_date_as_they_were);
    tcase_add_test(t, a_statement_carries_its_balance_from_line_to_line);
    tcase_add_test(t, days_sales_outstanding_follow_their_formulas);
    tcase_add_test(t, sales_add_up_by_month_by_customer_and_by_product);
    tcase_add_test(t, the_trial_balance_is_that_of_the_day);
    tcase_add_test(t, a_wrong_parameter_of_a_report_is_named);
    tcase_add_test(t, reports_are_read_from_the_replica_where_there_is_one);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
