/* Net sales by month, by customer and by product. The books and the documents are summed apart and
 * compared. */
#include "lib/base/date.h"
#include "server/reporting/internal.h"
#include "server/routes_prototypes.h"

#define SALES_ROWS_DEFAULT 1000
#define MONTHS_BEFORE_DEFAULT 11

struct sales_period {
    const char *currency;
    int32_t from, to;
    size_t limit;
};

static err period_of(struct tx *tx, struct call *c, const struct sales_query *in,
                     struct sales_period *ret)
{
    int32_t to = in->to == NIL32 ? tx->today : in->to;
    *ret = (struct sales_period){
        .currency = in->currency ? in->currency : c->tenant->currency,
        .to = to,
        .from = in->from == NIL32 ? date_add_months(date_month_start(to), -MONTHS_BEFORE_DEFAULT)
                                  : in->from,
        .limit = in->limit == NIL64 ? SALES_ROWS_DEFAULT : (size_t)in->limit,
    };
    return report_period(c, ret->from, ret->to);
}

struct net_tax {
    int64_t net, tax;
};

static err net_tax_add(struct net_tax *sum, int64_t net, int64_t tax)
{
    TRY(add64(sum->net, net, &sum->net));
    return add64(sum->tax, tax, &sum->tax);
}

static err books_of(struct tx *tx, const struct sales_period *p, struct net_tax *ret)
{
    struct ledger_sales_row_list months;
    TRY(ledger_sales(tx, p->currency, p->from, p->to, &months));
    *ret = (struct net_tax){0, 0};
    for (size_t i = 0; i < months.n; i++)
        TRY(net_tax_add(ret, months.v[i].net, months.v[i].tax));
    return OK;
}

static bool compare(struct arena *a, struct net_tax report, struct net_tax books,
                    struct report_control_list *ret)
{
    *ret = (struct report_control_list){.v = ARENA_ARRAY(a, struct report_control, 2)};
    bool net = report_control_add(ret, "revenue", report.net, books.net);
    bool tax = report_control_add(ret, "tax", report.tax, books.tax);
    return net && tax;
}

/* The next month of either list, which is put together from both. */
static struct sales_month next_month(const struct ledger_sales_row_list *books, size_t *i,
                                     const struct document_sales_row_list *documents, size_t *j)
{
    const struct ledger_sales_row *b = *i < books->n ? &books->v[*i] : NULL;
    const struct document_sales_row *d = *j < documents->n ? &documents->v[*j] : NULL;
    if (b != NULL && d != NULL && b->month != d->month) {
        if (b->month < d->month)
            d = NULL;
        else
            b = NULL;
    }
    struct sales_month m = {0};
    if (b != NULL) {
        ++*i;
        m.month = b->month;
        m.net = b->net;
        m.tax = b->tax;
    }
    if (d != NULL) {
        ++*j;
        m.month = d->month;
        m.invoices = d->invoices;
        m.credit_notes = d->credit_notes;
        m.voids = d->voids;
    }
    return m;
}

static err months_put_together(struct arena *a, const struct ledger_sales_row_list *books,
                               const struct document_sales_row_list *documents,
                               struct sales_by_month_report *ret)
{
    struct net_tax sum = {0, 0}, by_documents = {0, 0};
    ret->totals = ARENA_NEW(a, struct sales_months_total);
    ret->rows.v = ARENA_ARRAY(a, struct sales_month, books->n + documents->n);
    ret->rows.n = 0;
    for (size_t i = 0, j = 0; i < books->n || j < documents->n;) {
        struct sales_month *m = &ret->rows.v[ret->rows.n++];
        *m = next_month(books, &i, documents, &j);
        TRY(add64(m->net, m->tax, &m->gross));
        TRY(net_tax_add(&sum, m->net, m->tax));
        ret->totals->invoices += m->invoices;
        ret->totals->credit_notes += m->credit_notes;
        ret->totals->voids += m->voids;
    }
    for (size_t j = 0; j < documents->n; j++)
        TRY(net_tax_add(&by_documents, documents->v[j].net, documents->v[j].tax));
    ret->totals->net = sum.net;
    ret->totals->tax = sum.tax;
    ret->reconciled = compare(a, by_documents, sum, &ret->controls);
    return add64(sum.net, sum.tax, &ret->totals->gross);
}

err reports_sales_by_month(struct tx *tx, struct call *c, const struct sales_query *in,
                           struct sales_by_month_report *ret)
{
    struct sales_period p;
    struct ledger_sales_row_list books;
    struct document_sales_row_list documents;
    TRY(period_of(tx, c, in, &p));
    ret->from = p.from;
    ret->to = ret->as_of = p.to;
    ret->currency = p.currency;
    TRY(ledger_sales_queue(tx, p.currency, p.from, p.to, &books));
    TRY(document_sales(tx, p.currency, p.from, p.to, &documents));
    return months_put_together(tx->arena, &books, &documents, ret);
}

static err total_of(struct arena *a, struct net_tax all, int64_t rows, int64_t lines,
                    struct sales_total **ret)
{
    struct sales_total *t = ARENA_NEW(a, struct sales_total);
    *t = (struct sales_total){.net = all.net, .tax = all.tax, .rows = rows, .lines = lines};
    *ret = t;
    return add64(all.net, all.tax, &t->gross);
}

err reports_sales_by_customer(struct tx *tx, struct call *c, const struct sales_query *in,
                              struct sales_by_customer_report *ret)
{
    struct sales_period p;
    struct customer_sales_row_list rows;
    struct net_tax books, all = {0, 0};
    TRY(period_of(tx, c, in, &p));
    ret->from = p.from;
    ret->to = ret->as_of = p.to;
    ret->currency = p.currency;
    TRY(customer_sales(tx, p.currency, p.from, p.to, (int64_t)p.limit + 1, &rows));
    ret->truncated = rows.n > p.limit;
    ret->rows.n = ret->truncated ? p.limit : rows.n;
    ret->rows.v = ARENA_ARRAY(tx->arena, struct sales_customer, ret->rows.n);
    for (size_t i = 0; i < ret->rows.n; i++) {
        const struct customer_sales_row *r = &rows.v[i];
        ret->rows.v[i] = (struct sales_customer){.customer_id = r->customer_id,
                                                 .external_id = r->external_id,
                                                 .name = r->name,
                                                 .net = r->net,
                                                 .tax = r->tax,
                                                 .documents = r->documents,
                                                 .lines = r->lines};
        TRY(add64(r->net, r->tax, &ret->rows.v[i].gross));
    }
    if (rows.n > 0)
        all = (struct net_tax){rows.v[0].all_net, rows.v[0].all_tax};
    TRY(total_of(tx->arena, all, rows.n > 0 ? rows.v[0].all_rows : 0,
                 rows.n > 0 ? rows.v[0].all_lines : 0, &ret->totals));
    TRY(books_of(tx, &p, &books));
    ret->reconciled = compare(tx->arena, all, books, &ret->controls);
    return OK;
}

err reports_sales_by_product(struct tx *tx, struct call *c, const struct sales_query *in,
                             struct sales_by_product_report *ret)
{
    struct sales_period p;
    struct product_sales_row_list rows;
    struct net_tax books, all = {0, 0};
    TRY(period_of(tx, c, in, &p));
    ret->from = p.from;
    ret->to = ret->as_of = p.to;
    ret->currency = p.currency;
    TRY(product_sales(tx, p.currency, p.from, p.to, (int64_t)p.limit + 1, &rows));
    ret->truncated = rows.n > p.limit;
    ret->rows.n = ret->truncated ? p.limit : rows.n;
    ret->rows.v = ARENA_ARRAY(tx->arena, struct sales_product, ret->rows.n);
    for (size_t i = 0; i < ret->rows.n; i++) {
        const struct product_sales_row *r = &rows.v[i];
        ret->rows.v[i] = (struct sales_product){.product_id = r->product_id,
                                                .sku = r->sku,
                                                .name = r->name,
                                                .quantity = r->quantity,
                                                .net = r->net,
                                                .tax = r->tax,
                                                .documents = r->documents,
                                                .lines = r->lines};
        TRY(add64(r->net, r->tax, &ret->rows.v[i].gross));
    }
    if (rows.n > 0)
        all = (struct net_tax){rows.v[0].all_net, rows.v[0].all_tax};
    TRY(total_of(tx->arena, all, rows.n > 0 ? rows.v[0].all_rows : 0,
                 rows.n > 0 ? rows.v[0].all_lines : 0, &ret->totals));
    TRY(books_of(tx, &p, &books));
    ret->reconciled = compare(tx->arena, all, books, &ret->controls);
    return OK;
}
