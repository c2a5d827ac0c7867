/* Compares what the server has of a file's documents with what the file says. */
#include "lib/base/date.h"
#include "tests/load/body.h"
#include "tests/load/client.h"
#include "tests/load/report.h"
#include "tests/load/retail.h"
#include "tests/load/say.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct comparison {
    struct retail *retail;
    struct retail_month *months; /* as on the server, beside retail->months */
    bool *seen;                  /* documents */
};

/* Published control totals of files by their first document: net and credits in cents. */
static const struct {
    const char *first_doc;
    size_t n_docs, n_lines;
    struct {
        struct ymd day;
        int64_t lines, documents, net, credit_lines, credits;
    } months[3];
} known[] = {
    {"536365",
     4894,
     105335,
     {{{2010, 12, 1}, 42481, 2025, 74895702, 728, -7478912},
      {{2011, 1, 1}, 35147, 1476, 56000026, 701, -13136430},
      {{2011, 2, 1}, 27707, 1393, 49806265, 475, -2556924}}},
};

/* ---- what is on the server ---- */

/* Counts lines of a document; NULL when it is not of this file. */
static struct retail_month *count(struct comparison *cmp, const char *no, int64_t lines,
                                  int64_t net)
{
    size_t i;
    if (!map_get(&cmp->retail->doc_of, no, &i))
        return NULL;
    const struct retail_doc *d = &cmp->retail->docs[i];
    struct retail_month
        *m = &cmp->months[retail_month_of(cmp->retail, d->date) - cmp->retail->months];
    m->documents += !cmp->seen[i];
    cmp->seen[i] = true;
    m->lines += lines;
    m->net += net;
    if (d->kind == 'C') {
        m->credit_lines += lines;
        m->credits += net;
    }
    return m;
}

static void each_invoice(void *arg, const json_t *invoice)
{
    const char *status = json_text(invoice, "status");
    if (strcmp(status, "draft") != 0 && strcmp(status, "void") != 0)
        count(arg, json_text(invoice, "external_id"), json_int(invoice, "line_count"),
              json_minor(invoice, "net"));
}

static void each_credit_note(void *arg, const json_t *note)
{
    if (strcmp(json_text(note, "status"), "issued") == 0)
        count(arg, json_text(note, "external_id"), json_int(note, "line_count"),
              -json_minor(note, "net"));
}

/* Their external ids are <document>/<line>. */
static void each_adjustment(void *arg, const json_t *movement)
{
    const char *id = json_text(movement, "external_id"), *slash = strchr(id, '/');
    char no[100] = "";
    if (slash != NULL && (size_t)(slash - id) < sizeof(no)) {
        memcpy(no, id, (size_t)(slash - id));
        count(arg, no, 1, 0);
    }
}

/* ---- tables ---- */

static void print_row(const char *month, const char *source, const struct retail_month *m)
{
    printf("%-8s %-8s %12s %12s %16s %14s %16s\n", month, source, say_count(m->lines),
           say_count(m->documents), say_money(m->net), say_count(m->credit_lines),
           say_money(m->credits));
}

static bool same(const struct retail_month *a, const struct retail_month *b)
{
    return a->lines == b->lines && a->documents == b->documents && a->net == b->net &&
           a->credit_lines == b->credit_lines && a->credits == b->credits;
}

static void add(struct retail_month *sum, const struct retail_month *m)
{
    sum->lines += m->lines;
    sum->documents += m->documents;
    sum->net += m->net;
    sum->credit_lines += m->credit_lines;
    sum->credits += m->credits;
}

static bool compare_months(const struct comparison *cmp)
{
    const struct retail *r = cmp->retail;
    struct retail_month file = {0}, server = {0};
    bool ok = true;
    say_title("Control totals");
    printf("%-8s %-8s %12s %12s %16s %14s %16s\n", "month", "", "lines", "documents", "net",
           "credit lines", "credits");
    for (size_t i = 0; i < r->n_months; i++) {
        char text[DATE_TEXT];
        date_format(r->months[i].first_day, text);
        text[7] = '\0';
        print_row(text, "file", &r->months[i]);
        print_row("", same(&r->months[i], &cmp->months[i]) ? "server" : "DIFFERS", &cmp->months[i]);
        ok &= same(&r->months[i], &cmp->months[i]);
        add(&file, &r->months[i]);
        add(&server, &cmp->months[i]);
    }
    print_row("total", "file", &file);
    print_row("", same(&file, &server) ? "server" : "DIFFERS", &server);
    return ok;
}

static bool check_known(const struct retail *r)
{
    for (size_t k = 0; k < COUNT_OF(known); k++) {
        if (strcmp(r->docs[0].no, known[k].first_doc) != 0 || r->n_docs != known[k].n_docs ||
            r->n_lines != known[k].n_lines)
            continue;
        bool ok = r->n_months == COUNT_OF(known[k].months);
        for (size_t i = 0; ok && i < r->n_months; i++) {
            struct retail_month published = {.lines = known[k].months[i].lines,
                                             .documents = known[k].months[i].documents,
                                             .net = known[k].months[i].net,
                                             .credit_lines = known[k].months[i].credit_lines,
                                             .credits = known[k].months[i].credits};
            ok = r->months[i].first_day == date_from_ymd(known[k].months[i].day) &&
                 same(&r->months[i], &published);
        }
        printf("published totals of this file: %s\n", ok ? "the same" : "DIFFERENT");
        return ok;
    }
    return true;
}

/* Net sales by the books, for the months of the file. */
static bool compare_report(struct client *c, const struct retail *r)
{
    char path[200], from[DATE_TEXT], to[DATE_TEXT];
    date_format(r->months[0].first_day, from);
    date_format(date_month_end(r->months[r->n_months - 1].first_day), to);
    snprintf(path, sizeof(path), "/v1/reports/sales-by-month?from=%s&to=%s", from, to);
    json_t *report = client_call(c, "GET", path, NULL);
    const json_t *row;
    size_t i, n = 0;
    bool ok = json_is_true(json_object_get(report, "reconciled"));
    json_array_foreach (json_object_get(report, "rows"), i, row) {
        const struct retail_month *m = NULL;
        for (size_t k = 0; k < r->n_months; k++)
            if (r->months[k].first_day == json_day(row, "month"))
                m = &r->months[k];
        if (m != NULL)
            n++;
        if (m == NULL || m->net != json_minor(row, "net")) {
            printf("DIFFERS: net sales of %.7s are %s by the books, %s by the file\n",
                   json_text(row, "month"), say_money(json_minor(row, "net")),
                   say_money(m ? m->net : 0));
            ok = false;
        }
    }
    ok &= n == r->n_months;
    printf("net sales by month, by the books: %s\n", ok ? "the same" : "DIFFERENT");
    json_decref(report);
    return ok;
}

/* Everything was paid or refunded the same day: only cash and revenue have a balance. */
static bool check_settled(struct client *c)
{
    static const char *const zero[] = {"receivable", "unapplied_cash", "customer_credit", "tax"};
    json_t *balance = client_call(c, "GET", "/v1/ledger/trial-balance", NULL);
    json_t *aging = client_call(c, "GET", "/v1/reports/aging?group=total", NULL);
    const json_t *row, *totals = json_object_get(aging, "totals");
    bool ok = json_minor(totals, "open_invoices") == 0 && json_minor(totals, "net") == 0;
    size_t i;
    json_array_foreach (json_object_get(balance, "rows"), i, row)
        for (size_t k = 0; k < COUNT_OF(zero); k++)
            if (strcmp(json_text(row, "account"), zero[k]) == 0)
                ok &= json_minor(row, "balance") == 0;
    printf("receivables: open invoices %s, net %s: %s\n",
           say_money(json_minor(totals, "open_invoices")), say_money(json_minor(totals, "net")),
           ok ? "nothing is owed" : "NOT ZERO");
    json_decref(balance);
    json_decref(aging);
    return ok;
}

bool retail_compare(struct client *c, struct retail *r)
{
    struct comparison cmp = {.retail = r,
                             .months = calloc(r->n_months, sizeof(*cmp.months)),
                             .seen = calloc(r->n_docs, sizeof(*cmp.seen))};
    if (cmp.months == NULL || cmp.seen == NULL)
        abort();
    client_list(c, "/v1/invoices", "", each_invoice, &cmp);
    client_list(c, "/v1/credit-notes", "", each_credit_note, &cmp);
    client_list(c, "/v1/stock/movements", "kind=adjustment", each_adjustment, &cmp);
    bool ok = compare_months(&cmp);
    ok &= check_known(r);
    ok &= compare_report(c, r);
    report_trial_balance(c);
    ok &= check_settled(c);
    ok &= report_proof(c);
    printf("\n%s\n", ok ? "Everything agrees." : "NOT EVERYTHING AGREES.");
    free(cmp.months);
    free(cmp.seen);
    return ok;
}
