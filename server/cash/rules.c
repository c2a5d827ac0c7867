/* Which amounts go where. */
#include "server/cash/rules.h"
#include <stdlib.h>
#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int32_t later_date(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int by_due_date(const void *a, const void *b)
{
    const struct open_item *x = a, *y = b;
    if (x->due_date != y->due_date)
        return x->due_date < y->due_date ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

struct named {
    int64_t invoice_id;
    size_t index;
};

static int by_invoice(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    if (x->invoice_id != y->invoice_id)
        return x->invoice_id < y->invoice_id ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

size_t cash_find_repeated(struct arena *a, const struct cash_ask *asks, size_t n)
{
    struct named *sorted = ARENA_ARRAY(a, struct named, n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct named){.invoice_id = asks[i].invoice_id, .index = i};
    qsort(sorted, n, sizeof *sorted, by_invoice);
    size_t first = n;
    for (size_t i = 1; i < n; i++) {
        if (sorted[i].invoice_id == sorted[i - 1].invoice_id && sorted[i].index < first)
            first = sorted[i].index;
    }
    return first;
}

static err refuse(struct cash_refusal *ret, size_t ask, enum cash_why why, int64_t limit)
{
    *ret = (struct cash_refusal){.ask = ask, .why = why, .limit = limit};
    return ERR_AMOUNT_EXCEEDED;
}

/* The share of one ask, out of what is left. */
static err serve(size_t index, const struct cash_ask *ask, const struct open_item_list *items,
                 int64_t left, int64_t *ret_amount, struct cash_refusal *ret_refusal)
{
    const struct open_item *item = open_item_find(items, ask->invoice_id);
    int64_t open = item == NULL ? 0 : item->open_amount;
    bool free_choice = ask->amount == NIL64;
    if (free_choice ? open == 0 : ask->amount > open)
        return refuse(ret_refusal, index, CASH_OVER_OPEN, open);
    if (free_choice ? left == 0 : ask->amount > left)
        return refuse(ret_refusal, index, CASH_OVER_AVAILABLE, left);
    *ret_amount = free_choice ? least(open, left) : ask->amount;
    return OK;
}

static err serve_asks(int64_t available, const struct cash_ask *asks, size_t n,
                      const struct open_item_list *items, struct cash_split *split,
                      struct cash_refusal *ret_refusal)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            if ((asks[i].amount == NIL64) != (pass == 1))
                continue;
            int64_t amount;
            TRY(serve(i, &asks[i], items, available - split->total, &amount, ret_refusal));
            split->v[i] = (struct cash_share){.invoice_id = asks[i].invoice_id, .amount = amount};
            split->total += amount;
        }
    }
    split->n = n;
    return OK;
}

static void serve_oldest(struct arena *a, int64_t available, const struct open_item_list *items,
                         struct cash_split *split)
{
    int64_t *named = ARENA_ARRAY(a, int64_t, split->n);
    size_t n_named = split->n;
    for (size_t i = 0; i < n_named; i++)
        named[i] = split->v[i].invoice_id;
    qsort(named, n_named, sizeof *named, by_id);

    struct open_item *queue = ARENA_ARRAY(a, struct open_item, items->n);
    size_t n = 0;
    for (size_t i = 0; i < items->n; i++) {
        const struct open_item *item = &items->v[i];
        if (strcmp(item->kind, "invoice") == 0 &&
            bsearch(&item->id, named, n_named, sizeof *named, by_id) == NULL)
            queue[n++] = *item;
    }
    qsort(queue, n, sizeof *queue, by_due_date);
    if (n > ALLOCATIONS_PER_REQUEST_MAX)
        n = ALLOCATIONS_PER_REQUEST_MAX;
    for (size_t i = 0; i < n && split->total < available; i++) {
        int64_t amount = least(queue[i].open_amount, available - split->total);
        split->v[split->n++] = (struct cash_share){.invoice_id = queue[i].id, .amount = amount};
        split->total += amount;
    }
}

err cash_split(struct arena *a, int64_t available, const struct cash_ask *asks, size_t n_asks,
               const struct open_item_list *items, bool oldest_due, struct cash_split *ret,
               struct cash_refusal *ret_refusal)
{
    struct cash_split split = {.v = ARENA_ARRAY(a, struct cash_share, n_asks + items->n)};
    TRY(serve_asks(available, asks, n_asks, items, &split, ret_refusal));
    if (oldest_due)
        serve_oldest(a, available, items, &split);
    *ret = split;
    return OK;
}

const char *payment_status(const char *clearing, int64_t amount, int64_t refunded,
                           int64_t unapplied)
{
    if (strcmp(clearing, "returned") == 0)
        return "returned";
    if (refunded == amount)
        return "refunded";
    if (unapplied == 0)
        return "allocated";
    return unapplied + refunded == amount ? "unallocated" : "partly_allocated";
}

size_t payment_actions(const char *clearing, int64_t refunded, int64_t unapplied,
                       const char *ret[PAYMENT_ACTIONS_MAX])
{
    bool pending = strcmp(clearing, "pending") == 0;
    size_t n = 0;
    if (unapplied > 0)
        ret[n++] = "allocate";
    if (unapplied > 0 && !pending)
        ret[n++] = "refund";
    if (pending)
        ret[n++] = "clear";
    if (refunded == 0 && strcmp(clearing, "returned") != 0)
        ret[n++] = "return";
    return n;
}
