/* Pure rules: see rules.h. */
#include "server/fulfillment/rules.h"
#include <stdlib.h>

/* Saturates: nobody can promise more than the largest number. */
static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

int64_t promise_by(const struct promise *p, int32_t date)
{
    int64_t incoming = 0;
    for (size_t i = 0; i < p->n && p->supplies[i].date <= date; i++)
        if (p->supplies[i].date >= p->today)
            incoming = plus(incoming, p->supplies[i].quantity);
    int64_t available = plus(incoming, p->free);
    return available > 0 ? available : 0;
}

int32_t promise_first(const struct promise *p, int64_t quantity)
{
    int64_t available = p->free;
    if (available >= quantity)
        return p->today;
    for (size_t i = 0; i < p->n; i++) {
        if (p->supplies[i].date < p->today)
            continue;
        available = plus(p->supplies[i].quantity, available);
        if (available >= quantity)
            return p->supplies[i].date;
    }
    return NIL32;
}

const char *const allocation_outcomes[] = {"full", "part", "none", "on_hold", NULL};

static int order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_precedence(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;
    if (x->priority != y->priority)
        return order_of(y->priority, x->priority);
    if (x->due_date != y->due_date) {
        if (x->due_date == NIL32 || y->due_date == NIL32)
            return x->due_date == NIL32 ? 1 : -1;
        return order_of(x->due_date, y->due_date);
    }
    if (x->order->order_date != y->order->order_date)
        return order_of(x->order->order_date, y->order->order_date);
    if (x->order->id != y->order->id)
        return order_of(x->order->id, y->order->id);
    return order_of(x->line->line_no, y->line->line_no);
}

static void grant(struct waiting *w, struct stock_facts *stock)
{
    w->wanted = w->line->backordered;
    w->available = stock_available(stock);
    if (w->order->held) {
        w->outcome = "on_hold";
        return;
    }
    w->granted = w->wanted < w->available ? w->wanted : w->available;
    w->outcome = w->granted == w->wanted ? "full" : w->granted > 0 ? "part" : "none";
    if (w->granted == 0)
        return;
    w->line->reserved += w->granted;
    w->line->backordered -= w->granted;
    stock->reserved += w->granted;
}

void allocate(struct waiting *v, size_t n, const struct stock_facts_list *stock)
{
    qsort(v, n, sizeof *v, by_precedence);
    for (size_t i = 0; i < n; i++) {
        v[i].rank = (int64_t)i + 1;
        grant(&v[i], stock_find(stock, v[i].line->product_id, v[i].line->warehouse_id));
    }
}
