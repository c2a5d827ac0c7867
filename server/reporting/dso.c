/* Days sales outstanding by three methods, with their inputs. */
#include "server/reporting/internal.h"
#include "server/routes_prototypes.h"

/* Ten years: receivables that sales of ten years do not cover are no matter of days. */
#define COUNTBACK_MONTHS 120
#define PERIOD_DAYS_DEFAULT 90

static err sales_between(struct tx *tx, const char *currency, int32_t from, int32_t to,
                         int64_t *ret)
{
    struct ledger_sales_row_list months;
    int64_t sum = 0;
    TRY(ledger_sales(tx, currency, from, to, &months));
    for (size_t i = 0; i < months.n; i++) {
        TRY(add64(sum, months.v[i].net, &sum));
        TRY(add64(sum, months.v[i].tax, &sum));
    }
    *ret = sum;
    return OK;
}

/* Sales of the months up to as_of, newest first. */
static err months_load(struct tx *tx, const char *currency, int32_t as_of,
                       struct month_sales months[COUNTBACK_MONTHS])
{
    struct ledger_sales_row_list rows;
    months_back(as_of, months, COUNTBACK_MONTHS);
    TRY(ledger_sales(tx, currency, months[COUNTBACK_MONTHS - 1].month, as_of, &rows));
    for (size_t i = 0, j = rows.n; i < COUNTBACK_MONTHS && j > 0; i++)
        if (months[i].month == rows.v[j - 1].month) {
            j--;
            TRY(add64(rows.v[j].net, rows.v[j].tax, &months[i].sales));
        }
    return OK;
}

/* The months that countback went through. */
static struct dso_month_list months_used(struct arena *a, const struct month_sales *months,
                                         int64_t receivable)
{
    struct dso_month_list list = {.v = ARENA_ARRAY(a, struct dso_month, COUNTBACK_MONTHS)};
    while (receivable > 0 && list.n < COUNTBACK_MONTHS && months[list.n].sales > 0) {
        const struct month_sales *m = &months[list.n];
        receivable = receivable > m->sales ? receivable - m->sales : 0;
        list.v[list.n++] = (struct dso_month){
            .month = m->month, .days = m->days, .sales = m->sales};
    }
    return list;
}

static err figures(struct dso_report *r, const struct month_sales *months)
{
    TRY(dso_simple(r->receivable, r->sales, r->days, &r->simple));
    TRY(dso_simple(r->current, r->sales, r->days, &r->best_possible));
    r->average_days_delinquent = NIL64;
    if (r->simple != NIL64 && r->best_possible != NIL64)
        TRY(add64(r->simple, -r->best_possible, &r->average_days_delinquent));
    TRY(dso_countback(r->receivable, months, COUNTBACK_MONTHS, &r->countback,
                      &r->countback_complete));
    return collection_effectiveness(r->opening_receivable, r->sales, r->receivable, r->current,
                                    &r->collection_effectiveness);
}

/* From the books: what was open before the period counts as a sum, not by its age. */
static err opening_of(struct tx *tx, const struct report_scope *scope, int32_t day, bool net,
                      int64_t *ret)
{
    struct subledger books;
    TRY(subledger_load(tx, scope, day, &books));
    *ret = books.receivable;
    if (!net)
        return OK;
    TRY(add64(*ret, -books.unapplied_cash, ret));
    return add64(*ret, -books.customer_credit, ret);
}

err reports_dso(struct tx *tx, struct call *c, const struct dso_query *in, struct dso_report *ret)
{
    struct report_scope scope;
    struct aging closing;
    struct month_sales *months = ARENA_ARRAY(tx->arena, struct month_sales, COUNTBACK_MONTHS);
    const struct aging_scale scale = aging_scale_default();
    TRY(report_scope_find(tx, c, NIL64, in->currency, &scope));
    ret->as_of = in->as_of == NIL32 ? tx->today : in->as_of;
    ret->days = in->days == NIL64 ? PERIOD_DAYS_DEFAULT : in->days;
    ret->from = ret->as_of - (int32_t)ret->days + 1;
    ret->currency = scope.currency;
    ret->net_of_unapplied = in->net_of_unapplied;
    TRY(aging_load(tx, &scope, ret->as_of, &scale, 0, 0, &closing));
    ret->receivable = in->net_of_unapplied ? closing.total.net : closing.total.open_invoices;
    TRY(opening_of(tx, &scope, ret->from - 1, in->net_of_unapplied, &ret->opening_receivable));
    ret->current = closing.total.buckets.v[0].amount;
    for (size_t i = 0; i < closing.total.buckets.n; i++)
        ret->invoices += closing.total.buckets.v[i].invoices;
    TRY(sales_between(tx, scope.currency, ret->from, ret->as_of, &ret->sales));
    TRY(months_load(tx, scope.currency, ret->as_of, months));
    ret->months = months_used(tx->arena, months, ret->receivable);
    TRY(figures(ret, months));
    ret->controls.v = ARENA_ARRAY(tx->arena, struct report_control, AGING_CONTROLS);
    ret->controls.n = 0;
    return aging_control(tx, &scope, ret->as_of, &closing.total, &ret->controls, &ret->reconciled);
}
