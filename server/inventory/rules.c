/* What stock may do: signs of movements, coverage of reservations, sums per key. */
#include "server/inventory/rules.h"
#include "lib/base/find.h"
#include "lib/base/money.h"
#include <stdlib.h>
#include <string.h>

const char *stock_quantity_fault(const char *kind, int64_t quantity)
{
    if (quantity == 0)
        return "A movement of nothing is no movement; give a quantity other than 0.";
    if (quantity < 0 && strcmp(kind, "adjustment") != 0)
        return "Only an adjustment may take stock away; give a quantity above 0.";
    return NULL;
}

err stock_move(struct stock_facts *f, int64_t quantity, bool unusable)
{
    int64_t on_hand;
    TRY(add64(f->on_hand, quantity, &on_hand));
    int64_t blocked = f->blocked + (unusable ? quantity : 0); /* within on_hand */
    if (quantity < 0 && on_hand < f->reserved + f->held)
        return ERR_INSUFFICIENT_STOCK;
    if (quantity < 0 && !unusable && on_hand - blocked < f->reserved + f->held)
        return ERR_INSUFFICIENT_STOCK;
    f->on_hand = on_hand;
    f->blocked = blocked;
    return OK;
}

bool stock_short_without(const struct stock_facts *f, int64_t quantity)
{
    return f->on_hand - f->blocked - quantity < f->reserved + f->held;
}

bool lot_unusable(const struct lot_facts *l)
{
    return l->blocked || l->expired;
}

static int lot_order(const void *a, const void *b)
{
    const struct lot_move *x = a, *y = b;
    return (x->lot_id > y->lot_id) - (x->lot_id < y->lot_id);
}

size_t lot_moves_sum(struct lot_move *v, size_t n)
{
    size_t kept = 0;
    qsort(v, n, sizeof *v, lot_order);
    for (size_t i = 0; i < n;) {
        struct lot_move sum = v[i++];
        for (; i < n && v[i].lot_id == sum.lot_id; i++)
            sum.quantity += v[i].quantity; /* each sum has been checked to fit the lot */
        if (sum.quantity != 0)
            v[kept++] = sum;
    }
    return kept;
}

int64_t stock_available(const struct stock_facts *f)
{
    /* Neither term is negative, reserved and held are within on_hand, and so is blocked: no
     * overflow. */
    int64_t available = f == NULL ? 0 : f->on_hand - f->reserved - f->held - f->blocked - f->safety;
    return available > 0 ? available : 0;
}

bool reservation_holds(const struct reservation_facts *r, int64_t now)
{
    return strcmp(r->status, "held") == 0 && r->expires_at > now;
}

struct reservation_facts *reservation_find(const struct reservation_facts_list *list, int64_t id)
{
    return LIST_FIND_ID(list, id);
}

static int compare_keys(int64_t product_a, int64_t warehouse_a, int64_t product_b,
                        int64_t warehouse_b)
{
    if (product_a != product_b)
        return product_a < product_b ? -1 : 1;
    return (warehouse_a > warehouse_b) - (warehouse_a < warehouse_b);
}

static int key_order(const void *a, const void *b)
{
    const struct stock_key *x = a, *y = b;
    return compare_keys(x->product_id, x->warehouse_id, y->product_id, y->warehouse_id);
}

size_t stock_keys_sort(struct stock_key *keys, size_t n)
{
    qsort(keys, n, sizeof *keys, key_order);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || key_order(&keys[kept - 1], &keys[i]) != 0)
            keys[kept++] = keys[i];
    }
    return kept;
}

static int delta_order(const void *a, const void *b)
{
    const struct stock_delta *x = a, *y = b;
    return compare_keys(x->product_id, x->warehouse_id, y->product_id, y->warehouse_id);
}

err stock_deltas_sum(struct stock_delta *deltas, size_t n, size_t *ret_n)
{
    qsort(deltas, n, sizeof *deltas, delta_order);
    size_t kept = 0;
    for (size_t i = 0; i < n;) {
        struct stock_delta sum = deltas[i++];
        for (; i < n && delta_order(&sum, &deltas[i]) == 0; i++) {
            TRY(add64(sum.on_hand, deltas[i].on_hand, &sum.on_hand));
            TRY(add64(sum.reserved, deltas[i].reserved, &sum.reserved));
            TRY(add64(sum.held, deltas[i].held, &sum.held));
        }
        if (sum.on_hand != 0 || sum.reserved != 0 || sum.held != 0)
            deltas[kept++] = sum;
    }
    *ret_n = kept;
    return OK;
}

struct stock_facts *stock_find(const struct stock_facts_list *list, int64_t product_id,
                               int64_t warehouse_id)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct stock_facts *f = &list->v[middle];
        int order = compare_keys(f->product_id, f->warehouse_id, product_id, warehouse_id);
        if (order == 0)
            return f;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t lots_of(const struct lot_facts_list *lots, int64_t product_id, int64_t warehouse_id,
               struct lot_facts **ret_first)
{
    size_t low = 0, high = lots->n, n = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct lot_facts *l = &lots->v[middle];
        if (compare_keys(l->product_id, l->warehouse_id, product_id, warehouse_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_first = lots->v + low;
    while (low + n < lots->n &&
           compare_keys(lots->v[low + n].product_id, lots->v[low + n].warehouse_id, product_id,
                        warehouse_id) == 0)
        n++;
    return n;
}

const struct warehouse_facts *warehouse_find(const struct warehouse_facts_list *list, int64_t id)
{
    return LIST_FIND_ID(list, id);
}

const struct warehouse_facts *warehouse_default(const struct warehouse_facts_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i].is_default)
            return &list->v[i];
    }
    return NULL;
}

const char *supply_status(const struct stock_supply *s)
{
    if (strcmp(s->status, "canceled") == 0)
        return s->status;
    return s->received >= s->quantity ? "received" : "open";
}
