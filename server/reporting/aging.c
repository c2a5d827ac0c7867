/* Receivables by age, as of a day. */
#include "server/reporting/internal.h"
#include "server/routes_prototypes.h"
#include <stdlib.h>
#include <string.h>

/* Kinds of open_amount. */
enum { KIND_INVOICE = 0, KIND_CREDIT_NOTE = -1, KIND_PAYMENT = -2 };

#define MANY_CUSTOMERS 1000  /* rows of a page from which all items are read at once */
#define ITEMS_AT_ONCE 200000 /* at most: 8 MB, and as much again on its way */

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
                       const struct open_amount *r)
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
                     const struct open_amount *r)
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
                             const struct open_amount_list *rows, size_t *i,
                             struct aging_total *ret)
{
    *ret = total_new(a, f);
    for (int64_t customer = rows->v[*i].customer_id;
         *i < rows->n && rows->v[*i].customer_id == customer; ++*i)
        TRY(total_add(ret, f, &rows->v[*i]));
    return OK;
}

static size_t count_customers(const struct open_amount_list *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        n += i == 0 || rows->v[i].customer_id != rows->v[i - 1].customer_id;
    return n;
}

static int by_customer(const void *a, const void *b)
{
    const struct open_amount *x = a, *y = b;
    return (x->customer_id > y->customer_id) - (x->customer_id < y->customer_id);
}

static bool is_sorted(const struct open_amount_list *rows)
{
    for (size_t i = 1; i < rows->n; i++)
        if (rows->v[i].customer_id < rows->v[i - 1].customer_id)
            return false;
    return true;
}

/* Sorted by customer. whole: all items of all customers, and no sum of all as customer 0. */
struct amounts {
    struct open_amount_list rows;
    bool whole;
};

/* As of any day. Sorted by customer; one more than most, to see whether there are more. */
static err amounts_then(struct tx *tx, const struct report_scope *s, int32_t as_of, int64_t after,
                        int64_t most, struct open_amount_list *ret)
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

static void append(struct arena *a, struct open_amount_list *list,
                   const struct open_amount_list *more)
{
    struct open_amount *all = ARENA_ARRAY(a, struct open_amount, list->n + more->n);
    if (list->n > 0)
        memcpy(all, list->v, list->n * sizeof all[0]);
    if (more->n > 0)
        memcpy(all + list->n, more->v, more->n * sizeof all[0]);
    list->v = all;
    list->n += more->n;
}

/* Takes the last customer out, of whom there may be more items. */
static void drop_last_customer(struct open_amount_list *items)
{
    int64_t last = items->v[items->n - 1].customer_id;
    while (items->n > 0 && items->v[items->n - 1].customer_id == last)
        items->n--;
}

/* The items of `customers` customers behind `after`. How many items that is nobody knows before:
 * at first one each is read, then what is missing at the rate of what came. */
static err items_now(struct tx *tx, const struct report_scope *s, int64_t after, size_t customers,
                     struct open_amount_list *list)
{
    size_t want = customers, had = 0, read = 0;
    for (;;) {
        struct open_amount_list items;
        TRY(aging_now_items(tx, s->currency, after, (int64_t)want, &items));
        bool all = items.n < want;
        if (!all)
            drop_last_customer(&items);
        append(tx->arena, list, &items);
        if (all)
            return OK;
        if (items.n == 0) { /* one customer has more items than were read */
            want *= 4;
            continue;
        }
        after = items.v[items.n - 1].customer_id;
        read += items.n;
        had = count_customers(list) - 1; /* customer 0 is the total */
        if (had >= customers)
            return OK;
        want = (customers - had) * read / had * 11 / 10 + 100;
    }
}

static int items_by_customer(const void *a, const void *b)
{
    const struct aging_now_all_row *x = a, *y = b;
    return (x->customer_id > y->customer_id) - (x->customer_id < y->customer_id);
}

/* All that is open now in one go, when that is not too much: it costs less than reading the sums
 * of all and the items of a page. */
static err everything_now(struct tx *tx, const struct report_scope *s, struct amounts *ret)
{
    struct aging_now_all_row_list items;
    TRY(aging_now_all(tx, s->currency, ITEMS_AT_ONCE + 1, &items));
    ret->whole = items.n <= ITEMS_AT_ONCE;
    if (!ret->whole)
        return OK;
    qsort(items.v, items.n, sizeof items.v[0], items_by_customer);
    ret->rows.v = ARENA_ARRAY(tx->arena, struct open_amount, items.n);
    ret->rows.n = items.n;
    for (size_t i = 0; i < items.n; i++)
        ret->rows.v[i] = (struct open_amount){.customer_id = items.v[i].customer_id,
                                              .kind = items.v[i].letter == 'i'   ? KIND_INVOICE
                                                      : items.v[i].letter == 'c' ? KIND_CREDIT_NOTE
                                                                                 : KIND_PAYMENT,
                                              .due_date = items.v[i].due_date,
                                              .items = 1,
                                              .amount = items.v[i].amount};
    return OK;
}

/* As of a day after which nothing is effective: as amounts_then(), of all customers. */
static err amounts_now(struct tx *tx, const struct report_scope *s, int64_t after, int64_t most,
                       struct amounts *ret)
{
    if (most >= MANY_CUSTOMERS)
        TRY(everything_now(tx, s, ret));
    if (ret->whole)
        return OK;
    TRY(aging_now_totals(tx, s->currency, &ret->rows));
    return most == 0 ? OK : items_now(tx, s, after, (size_t)most + 1, &ret->rows);
}

static err amounts_load(struct tx *tx, const struct report_scope *s, int32_t as_of, int64_t after,
                        int64_t most, struct amounts *ret)
{
    struct aging_moved_row then = {.moved = true};
    *ret = (struct amounts){0};
    if (s->customer_id == NIL64)
        TRY(aging_moved(tx, as_of, s->currency, &then));
    return then.moved ? amounts_then(tx, s, as_of, after, most, &ret->rows)
                      : amounts_now(tx, s, after, most, ret);
}

static err total_of_all(const struct aging_frame *f, const struct amounts *amounts,
                        struct aging *ret)
{
    for (size_t i = 0; i < amounts->rows.n; i++) {
        const struct open_amount *r = &amounts->rows.v[i];
        if (r->customer_id != 0 && !amounts->whole)
            break;
        TRY(total_add(&ret->total, f, r));
        ret->payments += r->kind == KIND_PAYMENT ? r->items : 0;
        ret->credit_notes += r->kind == KIND_CREDIT_NOTE ? r->items : 0;
    }
    return OK;
}

static err row_of_customer(struct arena *a, const struct aging_frame *f,
                           const struct open_amount_list *rows, size_t *i, struct aging_row *ret)
{
    struct aging_total t;
    int64_t customer = rows->v[*i].customer_id;
    TRY(total_of_customer(a, f, rows, i, &t));
    *ret = (struct aging_row){.customer_id = customer,
                              .buckets = t.buckets,
                              .open_invoices = t.open_invoices,
                              .overdue = t.overdue,
                              .unapplied_payments = t.unapplied_payments,
                              .available_credit = t.available_credit,
                              .net = t.net};
    return OK;
}

err aging_load(struct tx *tx, const struct report_scope *s, int32_t as_of,
               const struct aging_scale *scale, int64_t after, int64_t most, struct aging *ret)
{
    struct amounts amounts;
    struct aging_frame frame;
    frame_make(tx->arena, scale, as_of, &frame);
    TRY(amounts_load(tx, s, as_of, after, most, &amounts));
    *ret = (struct aging){.total = total_new(tx->arena, &frame)};
    TRY(total_of_all(&frame, &amounts, ret));
    ret->rows.v = ARENA_ARRAY(tx->arena, struct aging_row, (size_t)most);
    for (size_t i = 0; i < amounts.rows.n && !ret->more && most > 0;) {
        int64_t customer = amounts.rows.v[i].customer_id;
        if (customer == 0 || customer <= after)
            i++;
        else if (ret->rows.n == (size_t)most)
            ret->more = true;
        else
            TRY(row_of_customer(tx->arena, &frame, &amounts.rows, &i, &ret->rows.v[ret->rows.n++]));
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
