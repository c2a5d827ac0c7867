/* Receivables by age, as of a day. */
#include "server/reporting/internal.h"
#include "server/routes_prototypes.h"
#include <stdlib.h>
#include <string.h>

/* Kinds of aging_amounts. */
enum { KIND_INVOICE = 0, KIND_CREDIT_NOTE = -1, KIND_PAYMENT = -2 };

err report_scope_find(struct tx *tx, struct call *c, int64_t customer_id, const char *currency,
                      struct report_scope *ret)
{
    *ret = (struct report_scope){.customer_id = customer_id, .currency = c->tenant->currency};
    if (customer_id != NIL64) {
        struct report_customer_row customer;
        bool found;
        TRY(report_customer(tx, customer_id, &customer, &found));
        if (!found) {
            fault(c->problem, "?customer_id", "unknown_reference", "There is no such customer.");
            return c->problem->code;
        }
        ret->customer_external_id = customer.external_id;
        ret->customer_name = customer.name;
        ret->currency = customer.currency;
    }
    if (currency != NULL)
        ret->currency = currency;
    return OK;
}

bool report_control_add(struct report_control_list *list, const char *name, int64_t report,
                        int64_t ledger)
{
    list->v[list->n++] = (struct report_control){.name = name, .report = report, .ledger = ledger};
    return report == ledger;
}

err report_period(struct call *c, int32_t from, int32_t to)
{
    if (from <= to)
        return OK;
    fault(c->problem, "?from", "invalid", "The first day must not be after the last.");
    return c->problem->code;
}

/* The buckets that all totals of a report begin with. */
struct aging_frame {
    const struct aging_scale *scale;
    int32_t as_of;
    struct aging_amount empty[AGING_BOUNDS_MAX + 1];
};

static void frame_make(struct arena *a, const struct aging_scale *scale, int32_t as_of,
                       struct aging_frame *ret)
{
    *ret = (struct aging_frame){.scale = scale, .as_of = as_of};
    for (size_t i = 0; i <= scale->n; i++)
        ret->empty[i].bucket = aging_bucket_name(a, scale, i);
}

static struct aging_total total_new(struct arena *a, const struct aging_frame *f)
{
    struct aging_total t = {.buckets.n = f->scale->n + 1};
    t.buckets.v = ARENA_ARRAY(a, struct aging_amount, t.buckets.n);
    memcpy(t.buckets.v, f->empty, t.buckets.n * sizeof f->empty[0]);
    return t;
}

static err invoice_add(struct aging_total *t, const struct aging_frame *f,
                       const struct aging_amounts_row *r)
{
    size_t bucket = aging_bucket(f->scale, (int64_t)f->as_of - r->due_date);
    struct aging_amount *b = &t->buckets.v[bucket];
    b->invoices += r->items;
    TRY(add64(b->amount, r->amount, &b->amount));
    if (bucket > 0)
        TRY(add64(t->overdue, r->amount, &t->overdue));
    return add64(t->open_invoices, r->amount, &t->open_invoices);
}

static err total_add(struct aging_total *t, const struct aging_frame *f,
                     const struct aging_amounts_row *r)
{
    if (r->kind == KIND_INVOICE) {
        TRY(invoice_add(t, f, r));
        return add64(t->net, r->amount, &t->net);
    }
    int64_t *sum = r->kind == KIND_PAYMENT ? &t->unapplied_payments : &t->available_credit;
    TRY(add64(*sum, r->amount, sum));
    return add64(t->net, -r->amount, &t->net);
}

/* The total of the rows of one customer, which begin at *i; moves *i behind them. */
static err total_of_customer(struct arena *a, const struct aging_frame *f,
                             const struct aging_amounts_row_list *rows, size_t *i,
                             struct aging_total *ret)
{
    *ret = total_new(a, f);
    for (int64_t customer = rows->v[*i].customer_id;
         *i < rows->n && rows->v[*i].customer_id == customer; ++*i)
        TRY(total_add(ret, f, &rows->v[*i]));
    return OK;
}

/* How many items of a kind all customers have. */
static int64_t items_of(const struct aging_amounts_row_list *rows, int32_t kind)
{
    int64_t n = 0;
    for (size_t i = 0; i < rows->n && rows->v[i].customer_id == 0; i++)
        if (rows->v[i].kind == kind)
            n += rows->v[i].items;
    return n;
}

static size_t count_customers(const struct aging_amounts_row_list *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        n += i == 0 || rows->v[i].customer_id != rows->v[i - 1].customer_id;
    return n;
}

static int by_customer(const void *a, const void *b)
{
    const struct aging_amounts_row *x = a, *y = b;
    return (x->customer_id > y->customer_id) - (x->customer_id < y->customer_id);
}

static bool is_sorted(const struct aging_amounts_row_list *rows)
{
    for (size_t i = 1; i < rows->n; i++)
        if (rows->v[i].customer_id < rows->v[i - 1].customer_id)
            return false;
    return true;
}

/* Sorted by customer; one more than most, to see whether there are more. */
static err amounts_load(struct tx *tx, const struct report_scope *s, int32_t as_of, int64_t after,
                        int64_t most, struct aging_amounts_row_list *ret)
{
    int64_t upto = s->customer_id == NIL64 ? INT64_MAX : s->customer_id;
    if (s->customer_id != NIL64 && after < s->customer_id - 1)
        after = s->customer_id - 1;
    TRY(aging_amounts(tx, as_of, s->currency, s->customer_id, after, upto, most == 0 ? 0 : most + 1,
                      ret));
    if (!is_sorted(ret))
        qsort(ret->v, ret->n, sizeof ret->v[0], by_customer);
    return OK;
}

err aging_load(struct tx *tx, const struct report_scope *s, int32_t as_of,
               const struct aging_scale *scale, int64_t after, int64_t most, struct aging *ret)
{
    struct aging_amounts_row_list rows;
    struct aging_frame frame;
    frame_make(tx->arena, scale, as_of, &frame);
    TRY(amounts_load(tx, s, as_of, after, most, &rows));
    *ret = (struct aging){.total = total_new(tx->arena, &frame),
                          .payments = items_of(&rows, KIND_PAYMENT),
                          .credit_notes = items_of(&rows, KIND_CREDIT_NOTE)};
    ret->rows.v = ARENA_ARRAY(tx->arena, struct aging_row, count_customers(&rows));
    for (size_t i = 0; i < rows.n;) {
        int64_t customer = rows.v[i].customer_id;
        struct aging_total t;
        TRY(total_of_customer(tx->arena, &frame, &rows, &i, &t));
        if (customer == 0) {
            ret->total = t;
        } else if (ret->rows.n == (size_t)most) {
            ret->more = true;
        } else {
            ret->rows.v[ret->rows.n++] = (struct aging_row){
                .customer_id = customer,
                .buckets = t.buckets,
                .open_invoices = t.open_invoices,
                .overdue = t.overdue,
                .unapplied_payments = t.unapplied_payments,
                .available_credit = t.available_credit,
                .net = t.net};
        }
    }
    return OK;
}

err subledger_load(struct tx *tx, const struct report_scope *s, int32_t as_of,
                   struct subledger *ret)
{
    if (s->customer_id == NIL64) {
        struct subledger_balances_row all;
        TRY(subledger_balances(tx, as_of, s->currency, &all));
        *ret = (struct subledger){all.receivable, all.unapplied_cash, all.customer_credit};
        return OK;
    }
    struct subledger_balances_of_customer_row one;
    TRY(subledger_balances_of_customer(tx, s->customer_id, as_of, s->currency, &one));
    *ret = (struct subledger){one.receivable, one.unapplied_cash, one.customer_credit};
    return OK;
}

err aging_control(struct tx *tx, const struct report_scope *s, int32_t as_of,
                  const struct aging_total *total, struct report_control_list *list,
                  bool *ret_reconciled)
{
    struct subledger books;
    TRY(subledger_load(tx, s, as_of, &books));
    bool receivable = report_control_add(list, "receivable", total->open_invoices,
                                         books.receivable);
    bool cash = report_control_add(list, "unapplied_cash", total->unapplied_payments,
                                   books.unapplied_cash);
    bool credit = report_control_add(list, "customer_credit", total->available_credit,
                                     books.customer_credit);
    *ret_reconciled = receivable && cash && credit;
    return OK;
}

/* Both lists are sorted by id. */
static err name_rows(struct tx *tx, struct aging_row_list *rows)
{
    struct report_customers_row_list names;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        ids[i] = rows->v[i].customer_id;
    TRY(report_customers(tx, ids, rows->n, &names));
    for (size_t i = 0, j = 0; i < rows->n && j < names.n; i++)
        if (rows->v[i].customer_id == names.v[j].id) {
            rows->v[i].external_id = names.v[j].external_id;
            rows->v[i].name = names.v[j++].name;
        }
    return OK;
}

err reports_aging(struct tx *tx, struct call *c, const struct aging_query *in,
                  struct aging_report *ret)
{
    struct aging_scale scale = aging_scale_default();
    const char *wrong = in->buckets.n > 0 ? aging_scale_parse(&in->buckets, &scale) : NULL;
    if (wrong != NULL) {
        fault(c->problem, "?buckets", "invalid", "%s", wrong);
        return c->problem->code;
    }
    bool only_total = in->group != NULL && strcmp(in->group, "total") == 0;
    int64_t most = in->limit == NIL64 ? REPORT_ROWS_MAX : in->limit;
    struct report_scope scope;
    struct aging aging;
    TRY(report_scope_find(tx, c, in->customer_id, in->currency, &scope));
    ret->as_of = in->as_of == NIL32 ? tx->today : in->as_of;
    ret->currency = scope.currency;
    TRY(aging_load(tx, &scope, ret->as_of, &scale, in->after == NIL64 ? 0 : in->after,
                   only_total ? 0 : most, &aging));
    ret->rows = aging.rows;
    ret->truncated = aging.more && !only_total;
    ret->totals = ARENA_NEW(tx->arena, struct aging_total);
    *ret->totals = aging.total;
    if (ret->rows.n > 0)
        TRY(name_rows(tx, &ret->rows));
    ret->controls.v = ARENA_ARRAY(tx->arena, struct report_control, AGING_CONTROLS);
    ret->controls.n = 0;
    return aging_control(tx, &scope, ret->as_of, ret->totals, &ret->controls, &ret->reconciled);
}
