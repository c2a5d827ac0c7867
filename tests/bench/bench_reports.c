/* Reports of two tenants that differ in how long their history is: what is open and what moved in
 * the last LIVE_DAYS days is the same, so the reports are the same to the letter, and their cost
 * has to be. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_HISTORY 100000
#define LONG_HISTORY 1000000
#define CUSTOMERS 20000
#define LIVE 80000 /* invoices of both tenants, five of eight are open */
#define LIVE_DAYS 120
#define ROUNDS 40
#define ROUNDS_FEW 5 /* of what takes seconds */
#define WARM_UP 6
#define RATIO_MOST (-1.2)
#define AGING_MOST_MS (-50)

#define INVOICE STAGE_ID(40)
#define PAYMENT STAGE_ID(41)
#define ALLOCATION STAGE_ID(42)
#define CREDIT_NOTE STAGE_ID(43)
#define TRANSFER STAGE_ID(44) /* of invoices; those of the others follow in the same order */
#define UNAPPLIED 10000000    /* payments of no invoice come this far behind the others */
#define SETTLED_BELOW (INT64_C(1) << 32) /* what is settled for long comes before the live */

/* ---- two histories ---- */

/* Both tenants have the same customers, and ids of theirs are only unique within a tenant. */
static void make_customers(const struct stage *s)
{
    stage_sql(s,
              "SELECT set_config('b.t', '%lld', false);"
              "CREATE OR REPLACE FUNCTION pg_temp.t() RETURNS bigint LANGUAGE sql STABLE AS "
              " 'SELECT current_setting(''b.t'')::bigint';"
              "CREATE OR REPLACE FUNCTION pg_temp.today() RETURNS date LANGUAGE sql STABLE AS "
              " 'SELECT (now() AT TIME ZONE ''Europe/Berlin'')::date';"
              "INSERT INTO tax_code (tenant_id, id, code, name, created_at, updated_at)"
              " VALUES (pg_temp.t(), %lld, 'T0', 'None', now(), now());"
              "INSERT INTO credit_account (tenant_id, id, currency)"
              " SELECT pg_temp.t(), %lld + i, 'EUR' FROM generate_series(0, %d) i;"
              "INSERT INTO customer (tenant_id, id, external_id, name, currency,"
              " credit_account_id, created_at, updated_at) SELECT pg_temp.t(), %lld + i, 'C-' || i,"
              " 'Customer number ' || i, 'EUR', %lld + i, now(), now()"
              " FROM generate_series(0, %d) i",
              (long long)s->tenant, (long long)STAGE_TAX, (long long)STAGE_ACCOUNT, CUSTOMERS - 1,
              (long long)STAGE_CUSTOMER, (long long)STAGE_ACCOUNT, CUSTOMERS - 1);
}

/* The table drawn: a row for each invoice. First what was settled before the last LIVE_DAYS days,
 * over two and a half years; then the LIVE invoices of the last 180 days, whose payments are of the
 * last LIVE_DAYS days. halves: how much of it is paid. */
static void draw(const struct stage *s, int settled)
{
    stage_sql(s,
              "CREATE TEMP TABLE drawn AS"
              " SELECT k - %lld AS k, k * 7919 %% %d AS customer, day,"
              " 10000 + k * 7919 %% 45000 * 2 AS gross, 2 AS halves,"
              " day + 1 + (k %% 38)::int AS paid_day FROM generate_series(0, %d::bigint) k"
              " CROSS JOIN LATERAL (SELECT pg_temp.today() - 1095 + (k * 935 / %d)::int AS day) d",
              (long long)SETTLED_BELOW, CUSTOMERS, settled - 1, settled);
    stage_sql(s,
              "INSERT INTO drawn SELECT k, k %% %d, day, 10000 + k * 7919 %% 45000 * 2,"
              " CASE WHEN turn < 4 THEN 0 WHEN turn = 4 THEN 1 ELSE 2 END,"
              " pg_temp.today() - least(pg_temp.today() - day, %d) * (k %% 97)::int / 100"
              " FROM generate_series(0, %d::bigint) k"
              " CROSS JOIN LATERAL (SELECT (k / %d + k) %% 8 AS turn,"
              " pg_temp.today() - 179 + (k * 180 / %d)::int AS day) d;"
              "ANALYZE drawn",
              CUSTOMERS, LIVE_DAYS - 1, LIVE - 1, CUSTOMERS, LIVE);
}

static void make_invoices(const struct stage *s)
{
    stage_sql(s,
              "INSERT INTO invoice (tenant_id, id, number, customer_id, credit_account_id, status,"
              " currency, invoice_date, due_date, payment_terms_days, rounding, tax_rounding, net,"
              " tax, gross, line_count, created_at, finalized_at, updated_at)"
              " SELECT pg_temp.t(), %lld + k, 'INV-' || k + %lld, %lld + customer, %lld + customer,"
              " (ARRAY['finalized', 'partially_paid', 'paid'])[halves + 1], 'EUR', day, day + 30,"
              " 30, 'half_up', 'per_document', gross, 0, gross, 1, day, day, day FROM drawn;"
              "INSERT INTO invoice_line (tenant_id, invoice_id, line_no, description, quantity,"
              " unit_price, discount_percent, tax_code_id, tax_rate, net, tax, gross)"
              " SELECT pg_temp.t(), %lld + k, 1, 'Service', 1000000, gross * 10000, 0, %lld, 0,"
              " gross, 0, gross FROM drawn",
              (long long)INVOICE, (long long)SETTLED_BELOW, (long long)STAGE_CUSTOMER,
              (long long)STAGE_ACCOUNT, (long long)INVOICE, (long long)STAGE_TAX);
}

/* One for each invoice that is paid at all, and one that nobody applied for every tenth customer.
 */
static void make_payments(const struct stage *s)
{
    stage_sql(s,
              "INSERT INTO payment (tenant_id, id, number, customer_id, credit_account_id, method,"
              " currency, amount, unapplied, value_date, created_at, updated_at)"
              " SELECT pg_temp.t(), %lld + k, 'PAY-' || k + %lld, %lld + customer, %lld + customer,"
              " 'bank_transfer', 'EUR', amount, unapplied, day, day, day"
              " FROM (SELECT k, customer, gross * halves / 2 AS amount, 0 AS unapplied,"
              " paid_day AS day FROM drawn WHERE halves > 0"
              " UNION ALL SELECT %d + c, c, 5000 + c, 5000 + c, pg_temp.today() - (c / 10 %% 100)"
              " FROM generate_series(0, %d, 10) c) p;"
              "INSERT INTO allocation (tenant_id, id, source, source_id, invoice_id, amount,"
              " effective_date, recorded_at) SELECT pg_temp.t(), %lld + k, 'payment', %lld + k,"
              " %lld + k, gross * halves / 2, paid_day, paid_day FROM drawn WHERE halves > 0",
              (long long)PAYMENT, (long long)SETTLED_BELOW, (long long)STAGE_CUSTOMER,
              (long long)STAGE_ACCOUNT, UNAPPLIED, CUSTOMERS - 1, (long long)ALLOCATION,
              (long long)PAYMENT, (long long)INVOICE);
}

/* One that is open for every twentieth customer. */
static void make_credit_notes(const struct stage *s)
{
    stage_sql(
        s,
        "INSERT INTO credit_note (tenant_id, id, number, customer_id, credit_account_id,"
        " status, reason, currency, credit_note_date, rounding, tax_rounding, net, tax, gross,"
        " line_count, created_at, issued_at, updated_at)"
        " SELECT pg_temp.t(), %lld + c, 'CRN-' || c, %lld + c, %lld + c, 'issued', 'pricing',"
        " 'EUR', pg_temp.today() - (c / 20 %% 100), 'half_up', 'per_document', 3000 + c, 0,"
        " 3000 + c, 1, now(), now(), now() FROM generate_series(1, %d, 20) c;"
        "INSERT INTO credit_note_line (tenant_id, credit_note_id, line_no, description,"
        " quantity, unit_price, discount_percent, tax_code_id, tax_rate, net, tax, gross)"
        " SELECT tenant_id, id, 1, 'Rebate', 1000000, gross * 10000, 0, %lld, 0, net, 0,"
        " gross FROM credit_note WHERE tenant_id = pg_temp.t()",
        (long long)CREDIT_NOTE, (long long)STAGE_CUSTOMER, (long long)STAGE_ACCOUNT, CUSTOMERS - 1,
        (long long)STAGE_TAX);
}

/* What the documents posted, day by day as it would have come. */
static void post(const struct stage *s)
{
    stage_sql(s,
              "INSERT INTO ledger_transfer (tenant_id, id, debit_account, credit_account, amount,"
              " currency, customer_id, debit_item, credit_item, document, document_id,"
              " effective_date, recorded_at)"
              " SELECT pg_temp.t(), id + %lld, debit, credit, amount, 'EUR', customer_id,"
              " debit_item, credit_item, document, id, day, day FROM ("
              "SELECT id, 'receivable' AS debit, 'revenue' AS credit, gross AS amount, customer_id,"
              " id AS debit_item, NULL::bigint AS credit_item, 'invoice' AS document,"
              " invoice_date AS day FROM invoice WHERE tenant_id = pg_temp.t()"
              " UNION ALL SELECT id, 'cash', 'unapplied_cash', amount, customer_id, NULL, id,"
              " 'payment', value_date FROM payment WHERE tenant_id = pg_temp.t()"
              " UNION ALL SELECT a.id, 'unapplied_cash', 'receivable', a.amount, p.customer_id,"
              " p.id, a.invoice_id, 'allocation', a.effective_date FROM allocation a JOIN payment p"
              " ON p.tenant_id = a.tenant_id AND p.id = a.source_id"
              " WHERE a.tenant_id = pg_temp.t()"
              " UNION ALL SELECT id, 'revenue', 'customer_credit', gross, customer_id, NULL, id,"
              " 'credit_note', credit_note_date FROM credit_note WHERE tenant_id = pg_temp.t()"
              ") x ORDER BY day",
              (long long)(TRANSFER - INVOICE));
    stage_sql(s, "INSERT INTO ledger_day SELECT tenant_id, account, currency, effective_date,"
                 " sum(greatest(amount, 0)), sum(greatest(-amount, 0)) FROM ledger_posting"
                 " WHERE tenant_id = pg_temp.t() GROUP BY 1, 2, 3, 4");
}

static void open_items(const struct stage *s)
{
    stage_sql(s,
              "INSERT INTO open_item (tenant_id, id, kind, customer_id, currency, document_date,"
              " due_date, amount, open_amount)"
              " SELECT pg_temp.t(), %lld + k, 'invoice', %lld + customer, 'EUR', day, day + 30,"
              " gross, gross - gross * halves / 2 FROM drawn WHERE halves < 2"
              " UNION ALL SELECT tenant_id, id, 'payment', customer_id, currency, value_date,"
              " value_date, amount, unapplied FROM payment"
              " WHERE tenant_id = pg_temp.t() AND unapplied > 0"
              " UNION ALL SELECT tenant_id, id, 'credit_note', customer_id, currency,"
              " credit_note_date, credit_note_date, gross, gross FROM credit_note"
              " WHERE tenant_id = pg_temp.t();"
              "ANALYZE open_item; ANALYZE credit_account;" /* or it joins them row by row */
              "UPDATE credit_account a SET receivable = o.receivable, unapplied = o.unapplied"
              " FROM (SELECT customer_id - %lld AS c,"
              " coalesce(sum(open_amount) FILTER (WHERE kind = 'invoice'), 0) AS receivable,"
              " coalesce(sum(open_amount) FILTER (WHERE kind <> 'invoice'), 0) AS unapplied"
              " FROM open_item WHERE tenant_id = pg_temp.t() GROUP BY 1) o"
              " WHERE a.tenant_id = pg_temp.t() AND a.id = %lld + o.c",
              (long long)INVOICE, (long long)STAGE_CUSTOMER, (long long)STAGE_CUSTOMER,
              (long long)STAGE_ACCOUNT);
}

static struct stage make_history(const struct stage *s, int invoices)
{
    int64_t since = clock_monotonic_us();
    struct stage tenant = stage_tenant(s);
    stage_sql(s, "SET session_replication_role = replica");
    make_customers(&tenant);
    draw(s, invoices - LIVE);
    make_invoices(s);
    make_payments(s);
    make_credit_notes(s);
    stage_sql(s, "ANALYZE invoice; ANALYZE payment; ANALYZE allocation; ANALYZE credit_note");
    post(s);
    open_items(s);
    stage_sql(s, "SET session_replication_role = origin; DROP TABLE drawn");
    note("%d invoices, %lld of them open, made in %lld s", invoices,
         (long long)stage_int(s, "SELECT count(*) FROM open_item"
                                 " WHERE tenant_id = pg_temp.t() AND kind = 'invoice'"),
         (long long)((clock_monotonic_us() - since) / 1000000));
    return tenant;
}

/* ---- the reports ---- */

static const struct report {
    const char *name, *path; /* %s: the customer, the day */
    int days_ago;            /* as of; 0: as the report does by itself */
    bool longer;             /* goes back to where the histories differ */
} reports[] = {
    {"aging", "aging?group=customer", 0, false},
    {"aging, totals", "aging?group=total", 0, false},
    {"aging of a customer", "aging?customer_id=%s", 0, false},
    {"open items, first page", "open-items?limit=100", 0, false},
    {"open items of a customer", "open-items?customer_id=%s", 0, false},
    {"days sales outstanding", "dso?days=60", 0, false},
    {"statement of a quarter", "statement?customer_id=%s&from=%s", 90, false},
    {"aging a week ago", "aging?as_of=%s", 7, false},
    {"aging 90 days ago", "aging?as_of=%s", 90, false},
    {"aging of a customer 90 days ago", "aging?customer_id=%s&as_of=%s", 90, false},
    {"open items 90 days ago", "open-items?limit=100&as_of=%s", 90, false},
    {"aging a year ago", "aging?as_of=%s", 365, true},
};
#define N_REPORTS (sizeof reports / sizeof reports[0])

/* One request at a time, whose reply is kept. */
struct ask {
    const struct stage *stage;
    char path[128];
    int64_t since_us, took_us;
    char *reply;
    size_t len;
};

static size_t make_ask(void *arg, uint64_t n, char out[HTTP_LOAD_REQUEST_MAX])
{
    struct ask *a = arg;
    (void)n;
    a->since_us = clock_monotonic_us();
    return make_request(a->stage, out, "GET", a->path, NULL, NULL);
}

static bool take_report(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    static const char sound[] = "\"reconciled\":true";
    struct ask *a = arg;
    (void)n;
    a->took_us = clock_monotonic_us() - a->since_us;
    a->len = len;
    a->reply = strndup(body, len);
    return status == 200 && memmem(body, len, sound, sizeof sound - 1) != NULL;
}

/* Two places, of which a report uses what it has: the customer comes first. */
static void write_path(const struct report *r, int32_t today, int round, char *out, size_t size)
{
    char customer[ID_TEXT_MAX], day[DATE_TEXT];
    id_format("cus", STAGE_CUSTOMER + round * 37 % CUSTOMERS, customer);
    date_format(today - r->days_ago, day);
    bool customer_next = strstr(r->path, "customer_id") != NULL;
    size_t n = (size_t)snprintf(out, size, "/v1/reports/");
    for (const char *p = r->path; *p != '\0' && n + ID_TEXT_MAX < size; p++) {
        if (p[0] != '%') {
            out[n++] = *p;
            continue;
        }
        n += (size_t)snprintf(out + n, size - n, "%s", customer_next ? customer : day);
        customer_next = false;
        p++;
    }
    out[n] = '\0';
}

static void ask(struct ask *a)
{
    struct http_load_result result;
    struct http_load load = {.port = a->stage->main.port,
                             .connections = 1,
                             .for_us = 60000000,
                             .most = 1,
                             .make = make_ask,
                             .check = take_report,
                             .arg = a};
    if (!http_load_run(&load, &result) || result.good != 1)
        die("%s: %s", a->path, result.sample);
}

static double ms(int64_t us)
{
    return (double)us / 1000;
}

/* Asks both tenants in turn; returns the fastest of the long history in microseconds. */
static int64_t measure(const struct report *r, const struct stage tenants[2], int32_t today)
{
    static int64_t took[2][ROUNDS];
    int64_t middle[2], worst[2];
    int rounds = r->longer ? ROUNDS_FEW : ROUNDS;
    for (int i = r->longer ? 0 : -WARM_UP; i < rounds; i++) {
        struct ask a[2] = {{.stage = &tenants[0]}, {.stage = &tenants[1]}};
        for (int t = 0; t < 2; t++) {
            write_path(r, today, i + WARM_UP, a[t].path, sizeof a[t].path);
            ask(&a[t]);
            if (i >= 0)
                took[t][i] = a[t].took_us;
        }
        if (!r->longer && (a[0].len != a[1].len || memcmp(a[0].reply, a[1].reply, a[0].len) != 0))
            die("%s differs:\n%.600s\n%.600s", a[0].path, a[0].reply, a[1].reply);
        free(a[0].reply);
        free(a[1].reply);
    }
    for (int t = 0; t < 2; t++) {
        middle[t] = median(took[t], rounds); /* which sorts */
        worst[t] = took[t][rounds * 99 / 100];
    }
    figure(r->name, (double)middle[1] / (double)middle[0], r->longer ? 0 : RATIO_MOST,
           "1M %.1f ms (p99 %.1f), 100k %.1f ms (p99 %.1f)", ms(middle[1]), ms(worst[1]),
           ms(middle[0]), ms(worst[0]));
    return took[1][0];
}

void bench_reports(struct bench *b)
{
    const struct stage tenants[] = {make_history(&b->stage, SHORT_HISTORY),
                                    make_history(&b->stage, LONG_HISTORY)};
    int64_t since = clock_monotonic_us();
    stage_sql(&b->stage, "VACUUM ANALYZE");
    stage_sql(&b->stage, "CHECKPOINT");
    note("tidied up in %lld s", (long long)((clock_monotonic_us() - since) / 1000000));
    int32_t today = (int32_t)stage_int(&b->stage, "SELECT pg_temp.today() - '1970-01-01'::date");
    int64_t aging = 0;
    for (size_t i = 0; i < N_REPORTS; i++) {
        int64_t us = measure(&reports[i], tenants, today);
        if (i == 0)
            aging = us;
    }
    /* Other work on the machine only adds: the fastest is the nearest to what it costs. */
    figure("aging of 1M invoices, ms", ms(aging), AGING_MOST_MS,
           "the fastest; %d customers, a page of 10,000", CUSTOMERS);
}
