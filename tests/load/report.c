/* Fetches reports and prints them. */
#include "tests/load/report.h"
#include "lib/base/date.h"
#include "tests/load/body.h"
#include "tests/load/client.h"
#include "tests/load/say.h"
#include <stdio.h>

#define PATH_MAX_LEN 200

static const char *money(const json_t *object, const char *name)
{
    return say_money(json_minor(object, name));
}

static json_t *get_range(struct client *c, const char *report, int32_t from, int32_t to)
{
    char path[PATH_MAX_LEN], from_text[DATE_TEXT], to_text[DATE_TEXT];
    date_format(from, from_text);
    date_format(to, to_text);
    snprintf(path, sizeof(path), "/v1/reports/%s?from=%s&to=%s", report, from_text, to_text);
    return client_call(c, "GET", path, NULL);
}

static void print_controls(const json_t *report)
{
    if (json_is_true(json_object_get(report, "reconciled")))
        return;
    const json_t *control;
    size_t i;
    json_array_foreach (json_object_get(report, "controls"), i, control)
        printf("NOT RECONCILED %s: report %s, ledger %s\n", json_text(control, "name"),
               money(control, "report"), money(control, "ledger"));
}

void report_sales_by_month(struct client *c, int32_t from, int32_t to)
{
    json_t *report = get_range(c, "sales-by-month", from, to);
    const json_t *row, *totals = json_object_get(report, "totals");
    size_t i;
    say_title("Sales by month");
    printf("%-8s %10s %13s %16s %14s %16s\n", "month", "invoices", "credit notes", "net", "tax",
           "gross");
    json_array_foreach (json_object_get(report, "rows"), i, row)
        printf("%-8.7s %10s %13s %16s %14s %16s\n", json_text(row, "month"),
               say_count(json_int(row, "invoices")), say_count(json_int(row, "credit_notes")),
               money(row, "net"), money(row, "tax"), money(row, "gross"));
    printf("%-8s %10s %13s %16s %14s %16s\n", "total", say_count(json_int(totals, "invoices")),
           say_count(json_int(totals, "credit_notes")), money(totals, "net"), money(totals, "tax"),
           money(totals, "gross"));
    print_controls(report);
    json_decref(report);
}

void report_top_customers(struct client *c, int32_t from, int32_t to, int rows)
{
    json_t *report = get_range(c, "sales-by-customer", from, to);
    int64_t all = json_minor(json_object_get(report, "totals"), "net");
    const json_t *row;
    size_t i;
    say_title("Top customers");
    printf("%-36s %16s %10s %8s\n", "customer", "net", "documents", "share");
    json_array_foreach (json_object_get(report, "rows"), i, row) {
        if ((int)i == rows)
            break;
        int64_t net = json_minor(row, "net"), permille = all > 0 ? net * 1000 / all : 0;
        printf("%-36.36s %16s %10s %5lld.%lld %%\n", json_text(row, "name"), say_money(net),
               say_count(json_int(row, "documents")), (long long)(permille / 10),
               (long long)(permille % 10));
    }
    print_controls(report);
    json_decref(report);
}

static void print_aging_row(const char *name, const json_t *row)
{
    const json_t *bucket;
    size_t i;
    printf("%-28.28s", name);
    json_array_foreach (json_object_get(row, "buckets"), i, bucket)
        printf(" %13s", money(bucket, "amount"));
    printf(" %13s %13s\n",
           say_money(-json_minor(row, "unapplied_payments") - json_minor(row, "available_credit")),
           money(row, "net"));
}

/* The rows with the most overdue: moves the largest of those from `at` on to `at`. */
static void largest_first(json_t *rows, size_t at)
{
    size_t best = at;
    for (size_t i = at + 1; i < json_array_size(rows); i++)
        if (json_minor(json_array_get(rows, i), "overdue") >
            json_minor(json_array_get(rows, best), "overdue"))
            best = i;
    json_t *a = json_incref(json_array_get(rows, at)), *b = json_array_get(rows, best);
    json_array_set(rows, at, b);
    json_array_set_new(rows, best, a);
}

void report_aging(struct client *c, int rows)
{
    json_t *report = client_call(c, "GET", "/v1/reports/aging", NULL);
    json_t *list = json_object_get(report, "rows");
    const json_t *totals = json_object_get(report, "totals"), *bucket;
    size_t i;
    say_title("Aging, the most overdue first");
    printf("%-28s", json_text(report, "as_of"));
    json_array_foreach (json_object_get(totals, "buckets"), i, bucket)
        printf(" %13s", json_text(bucket, "bucket"));
    printf(" %13s %13s\n", "unapplied", "net");
    for (i = 0; i < json_array_size(list) && (int)i < rows; i++) {
        largest_first(list, i);
        print_aging_row(json_text(json_array_get(list, i), "name"), json_array_get(list, i));
    }
    if (json_array_size(list) > (size_t)rows)
        printf("and %zu customers more\n", json_array_size(list) - (size_t)rows);
    print_aging_row("total", totals);
    print_controls(report);
    json_decref(report);
}

static void print_figure(const json_t *report, const char *name, const char *what, const char *unit)
{
    printf("%-36s %16.7s %s\n", what, json_text(report, name), unit);
}

void report_dso(struct client *c, int days)
{
    char path[PATH_MAX_LEN];
    snprintf(path, sizeof(path), "/v1/reports/dso?days=%d", days);
    json_t *report = client_call(c, "GET", path, NULL);
    say_title("Days sales outstanding");
    printf("%-36s %16s %s\n", "receivable", money(report, "receivable"),
           json_text(report, "currency"));
    printf("sales of %d days %19s %16s %s\n", days, "", money(report, "sales"),
           json_text(report, "currency"));
    print_figure(report, "simple", "DSO, simple", "days");
    print_figure(report, "countback", "DSO, countback", "days");
    print_figure(report, "best_possible", "best possible DSO", "days");
    print_figure(report, "average_days_delinquent", "average days delinquent", "days");
    print_figure(report, "collection_effectiveness", "collection effectiveness", "%");
    print_controls(report);
    json_decref(report);
}

void report_trial_balance(struct client *c)
{
    json_t *report = client_call(c, "GET", "/v1/ledger/trial-balance", NULL);
    const json_t *row;
    size_t i;
    say_title("Trial balance");
    printf("%-24s %16s %16s %16s\n", "account", "debit", "credit", "balance");
    json_array_foreach (json_object_get(report, "rows"), i, row)
        printf("%-20s %3s %16s %16s %16s\n", json_text(row, "account"), json_text(row, "currency"),
               money(row, "debit"), money(row, "credit"), money(row, "balance"));
    json_array_foreach (json_object_get(report, "totals"), i, row)
        printf("%-20s %3s %16s %16s\n", "total", json_text(row, "currency"), money(row, "debit"),
               money(row, "credit"));
    json_decref(report);
}

static void print_violations(const json_t *invariant)
{
    const json_t *example;
    size_t i;
    printf("%s %s: %s times: %s\n",
           json_is_true(json_object_get(invariant, "advisory")) ? "note" : "BROKEN",
           json_text(invariant, "name"), say_count(json_int(invariant, "violations")),
           json_text(invariant, "description"));
    json_array_foreach (json_object_get(invariant, "examples"), i, example)
        printf("    %s %s %s\n", json_text(example, "resource"), json_text(example, "resource_id"),
               json_text(example, "detail"));
}

bool report_proof(struct client *c)
{
    json_t *proof = client_call(c, "GET", "/v1/proof", NULL);
    const json_t *one, *list = json_object_get(proof, "invariants");
    bool ok = json_is_true(json_object_get(proof, "ok"));
    size_t i;
    say_title("Proof");
    json_array_foreach (list, i, one)
        if (!json_is_true(json_object_get(one, "ok")))
            print_violations(one);
    printf("%zu invariants over", json_array_size(list));
    json_array_foreach (json_object_get(proof, "counts"), i, one)
        printf("%s %s %s", i ? "," : "", say_count(json_int(one, "count")), json_text(one, "name"));
    printf(": %s\n", ok ? "all hold" : "NOT ALL HOLD");
    json_decref(proof);
    return ok;
}
