/* What can be promised by a day: what is on hand and expected, less what is spoken for. */
#include "fulfillment.sql.h"
#include "server/fulfillment/fulfillment.h"
#include "server/fulfillment/rules.h"
#include "server/routes_prototypes.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

JSON_TYPE(stock_availability_query, STOCK_AVAILABILITY_QUERY_FIELDS, .doc = "What is wanted.");
JSON_TYPE(stock_availability_point, STOCK_AVAILABILITY_POINT_FIELDS, .doc = "Expected on a day.");
JSON_TYPE(stock_availability, STOCK_AVAILABILITY_FIELDS,
          .doc = "What can be promised of a product in a warehouse.");
JSON_TYPE(stock_availability_item, STOCK_AVAILABILITY_ITEM_FIELDS, .doc = "What is wanted.");
JSON_TYPE(stock_availability_check, STOCK_AVAILABILITY_CHECK_FIELDS, .doc = "All that is wanted.");
JSON_TYPE(stock_availabilities, STOCK_AVAILABILITIES_FIELDS, .doc = "What can be promised.");

/* The rows of one key. */
struct level {
    const struct availability_load_row *v;
    size_t n;
};

static int key_order(const void *a, const void *b)
{
    const struct stock_key *x = a, *y = b;
    if (x->product_id != y->product_id)
        return x->product_id < y->product_id ? -1 : 1;
    return (x->warehouse_id > y->warehouse_id) - (x->warehouse_id < y->warehouse_id);
}

static err load(struct tx *tx, const struct stock_naming *named, size_t n,
                struct availability_load_row_list *ret)
{
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, n);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        keys[i] = named[i].key;
    qsort(keys, n, sizeof *keys, key_order);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || key_order(&keys[kept - 1], &keys[i]) != 0)
            keys[kept++] = keys[i];
    return availability_load(tx, keys, kept, ret);
}

static struct level level_of(const struct availability_load_row_list *rows, struct stock_key key)
{
    struct level l = {0};
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->v[i].product_id != key.product_id || rows->v[i].warehouse_id != key.warehouse_id)
            continue;
        if (l.n++ == 0)
            l.v = &rows->v[i];
    }
    assert(l.n > 0); /* there is a row of every key */
    return l;
}

static struct promise promise_of(const struct tx *tx, const struct level *l)
{
    const struct availability_load_row *r = &l->v[0];
    struct supply_on *supplies = ARENA_ARRAY(tx->arena, struct supply_on, l->n);
    struct promise p = {.free = r->on_hand - r->reserved - r->held - r->safety - r->blocked -
                                r->backordered,
                        .today = tx->today,
                        .supplies = supplies};
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].expected_date != NIL32)
            supplies[p.n++] = (struct supply_on){l->v[i].expected_date, l->v[i].incoming};
    return p;
}

static void show_supplies(const struct tx *tx, const struct promise *p,
                          struct stock_availability *ret)
{
    ret->supplies.v = ARENA_ARRAY(tx->arena, struct stock_availability_point, p->n);
    for (size_t i = 0; i < p->n; i++) {
        const struct supply_on *s = &p->supplies[i];
        if (s->date < tx->today)
            ret->overdue += s->quantity;
        else if (s->date <= ret->date)
            ret->incoming += s->quantity;
        ret->supplies.v[ret->supplies.n++] = (struct stock_availability_point){
            .date = s->date,
            .incoming = s->quantity,
            .available = promise_by(p, s->date < tx->today ? tx->today : s->date)};
    }
}

static void show(const struct tx *tx, const struct stock_naming *what, const struct level *l,
                 int32_t date, int64_t quantity, struct stock_availability *ret)
{
    const struct availability_load_row *r = &l->v[0];
    struct promise p = promise_of(tx, l);
    *ret = (struct stock_availability){.product_id = what->key.product_id,
                                       .sku = what->found_sku,
                                       .warehouse_id = what->key.warehouse_id,
                                       .warehouse_code = what->warehouse_code,
                                       .date = date,
                                       .quantity = quantity,
                                       .on_hand = r->on_hand,
                                       .reserved = r->reserved,
                                       .held = r->held,
                                       .safety = r->safety,
                                       .blocked = r->blocked,
                                       .backordered = r->backordered,
                                       .available = promise_by(&p, date),
                                       .first_date = promise_first(&p, quantity)};
    ret->sufficient = ret->available >= quantity;
    show_supplies(tx, &p, ret);
}

/* Of what cannot be promised: what could go instead. */
static err add_substitutes(struct tx *tx, struct stock_availability *v, size_t n)
{
    struct substitute_facts_list found;
    struct stock_key *keys = NULL;
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].sufficient)
            continue;
        if (keys == NULL)
            keys = ARENA_ARRAY(tx->arena, struct stock_key, n);
        keys[k++] = (struct stock_key){v[i].product_id, v[i].warehouse_id};
    }
    TRY(substitutes_find(tx, keys, k, &found));
    for (size_t i = 0; i < n; i++)
        if (!v[i].sufficient)
            v[i].substitutes = substitute_offers(tx->arena, &found, v[i].product_id,
                                                 v[i].warehouse_id);
    return OK;
}

static int32_t date_of(const struct tx *tx, const struct call *c, const char *at, int32_t asked)
{
    if (asked == NIL32)
        return tx->today;
    if (asked < tx->today)
        fault(c->problem, at, "past", "Nothing can be promised for a day that is over.");
    return asked;
}

err stock_availability_get(struct tx *tx, struct call *c, const struct stock_availability_query *in,
                           struct stock_availability *ret)
{
    struct availability_load_row_list rows;
    struct stock_naming what = {.call = c,
                                .at = "",
                                .product_id = in->product_id,
                                .sku = in->sku,
                                .warehouse_id = in->warehouse_id};
    int32_t date = date_of(tx, c, "/date", in->date);
    TRY(stock_namings_resolve(tx, &what, 1));
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(load(tx, &what, 1, &rows));
    struct level l = level_of(&rows, what.key);
    show(tx, &what, &l, date, in->quantity == NIL64 ? 1 : in->quantity, ret);
    return add_substitutes(tx, ret, 1);
}

/* What all items of the key want together. */
static int64_t wanted(const struct stock_availability_check *in, const struct stock_naming *named,
                      struct stock_key key)
{
    int64_t sum = 0;
    for (size_t i = 0; i < in->items.n; i++)
        if (key_order(&named[i].key, &key) == 0)
            sum += in->items.v[i].quantity; /* a thousand of the largest still fit */
    return sum;
}

err stock_availability_of(struct tx *tx, struct call *c, const struct stock_availability_check *in,
                          struct stock_availabilities *ret)
{
    size_t n = in->items.n;
    struct availability_load_row_list rows;
    struct stock_naming *named = ARENA_ARRAY(tx->arena, struct stock_naming, n);
    for (size_t i = 0; i < n; i++)
        named[i] = (struct stock_naming){.call = c,
                                         .at = arena_printf(tx->arena, "/items/%zu", i),
                                         .product_id = in->items.v[i].product_id,
                                         .sku = in->items.v[i].sku,
                                         .warehouse_id = in->items.v[i].warehouse_id};
    ret->date = date_of(tx, c, "/date", in->date);
    TRY(stock_namings_resolve(tx, named, n));
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(load(tx, named, n, &rows));
    ret->items = (struct stock_availability_list){
        .v = ARENA_ARRAY(tx->arena, struct stock_availability, n), .n = n};
    ret->sufficient = true;
    ret->first_date = tx->today;
    for (size_t i = 0; i < n; i++) {
        struct stock_availability *a = &ret->items.v[i];
        struct level l = level_of(&rows, named[i].key);
        show(tx, &named[i], &l, ret->date, wanted(in, named, named[i].key), a);
        ret->sufficient = ret->sufficient && a->sufficient;
        if (ret->first_date != NIL32 && (a->first_date == NIL32 || a->first_date > ret->first_date))
            ret->first_date = a->first_date;
    }
    return add_substitutes(tx, ret->items.v, n);
}
