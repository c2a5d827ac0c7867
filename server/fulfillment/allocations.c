/* Scarce stock, shared out in one deterministic batch that explains itself. Orders that wait are
 * locked, then the stock they wait for; decided in memory; stored. */
#include "fulfillment.sql.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "server/events/events.h"
#include "server/fulfillment/internal.h"
#include "server/fulfillment/rules.h"
#include "server/routes_prototypes.h"
#include <stdlib.h>
#include <string.h>

/* Attempts that begin anew because another order has begun to wait; after them the newcomer waits
 * for the next allocation. */
#define NEWCOMER_ATTEMPTS 4

const char *const allocation_causes[] = {"request", "receipt", "freed", NULL};

JSON_TYPE(stock_allocation_product, STOCK_ALLOCATION_PRODUCT_FIELDS,
          .doc = "A product to share out.");
JSON_TYPE(stock_allocation_new, STOCK_ALLOCATION_NEW_FIELDS, .doc = "What to share out.");
JSON_TYPE(stock_allocation_line, STOCK_ALLOCATION_LINE_FIELDS, .doc = "What a line got, and why.");
JSON_TYPE(stock_allocation_summary, STOCK_ALLOCATION_HEADER_FIELDS, .doc = "An allocation.");
JSON_TYPE(stock_allocation, STOCK_ALLOCATION_FIELDS,
          .doc = "Stock that was shared out among those who wait for it.");

err allocation_lock_orders(struct tx *tx, const struct allocation_scope *scope,
                           struct allocation_queue *ret)
{
    struct orders_waiting_row_list rows;
    TRY(orders_waiting(tx, scope->n_products == 0, scope->products, scope->n_products,
                       scope->warehouse_id, ALLOCATION_ORDERS_MAX + 1, &rows));
    *ret = (struct allocation_queue){.truncated = rows.n > ALLOCATION_ORDERS_MAX};
    size_t n = ret->truncated ? ALLOCATION_ORDERS_MAX : rows.n;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    for (size_t i = 0; i < n; i++)
        ids[i] = rows.v[i].id;
    return n > 0 ? orders_lock(tx, ids, n, &ret->orders) : OK;
}

/* ---- decide ---- */

/* By what the orders come before others. ERR_SERIALIZATION when another one has begun to wait. */
static err load(struct tx *tx, struct allocation_queue *q, const struct stock_facts_list *stock,
                struct orders_precedence_row_list *ret)
{
    struct others_waiting_row_list others;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, q->orders.n);
    for (size_t i = 0; i < q->orders.n; i++)
        ids[i] = q->orders.v[i].id;
    TRY(others_waiting_queue(tx, stock->v, stock->n, ids, q->orders.n, &others));
    TRY(orders_precedence(tx, ids, q->orders.n, ret));
    q->incomplete = others.n > 0;
    bool newcomer = others.n > 0 && !q->truncated && tx->attempt < NEWCOMER_ATTEMPTS;
    return newcomer ? ERR_SERIALIZATION : OK;
}

/* The lines that wait for stock that is locked. Orders and rows are both sorted by id. */
static size_t collect(const struct allocation_queue *q, const struct stock_facts_list *stock,
                      const struct orders_precedence_row_list *rows, struct waiting *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < q->orders.n; i++) {
        struct order_state *o = &q->orders.v[i];
        for (size_t j = 0; j < o->n_lines; j++) {
            struct order_line *l = &o->lines[j];
            if (l->backordered > 0 && stock_find(stock, l->product_id, l->warehouse_id) != NULL)
                ret[n++] = (struct waiting){.order = o,
                                            .line = l,
                                            .priority = rows->v[i].priority,
                                            .due_date = rows->v[i].due_date};
        }
    }
    return n;
}

/* ---- show ---- */

static const char *reason_of(struct arena *a, const struct stock_allocation_line *l)
{
    char wanted[DECIMAL_TEXT_MAX], available[DECIMAL_TEXT_MAX];
    decimal_format(l->wanted, DECIMAL_SCALE, 0, wanted);
    decimal_format(l->available, DECIMAL_SCALE, 0, available);
    if (strcmp(l->outcome, "on_hold") == 0)
        return "The order is on hold; what it waits for goes to those behind it.";
    if (strcmp(l->outcome, "full") == 0)
        return arena_printf(a, "All of the %s that it waited for: %s were left at its turn.",
                            wanted, available);
    return arena_printf(a, "Of the %s that it waited for, %s were left at its turn.", wanted,
                        available);
}

static struct stock_allocation_line line_of(struct arena *a, const struct waiting *w)
{
    struct stock_allocation_line l = {.rank = w->rank,
                                      .order_id = w->order->id,
                                      .order_number = w->order->number,
                                      .order_line_no = w->line->line_no,
                                      .product_id = w->line->product_id,
                                      .sku = w->line->sku,
                                      .warehouse_id = w->line->warehouse_id,
                                      .priority = w->priority,
                                      .due_date = w->due_date,
                                      .order_date = w->order->order_date,
                                      .wanted = w->wanted,
                                      .available = w->available,
                                      .granted = w->granted,
                                      .outcome = w->outcome};
    l.reason = reason_of(a, &l);
    return l;
}

static void show(struct tx *tx, const char *cause, const struct allocation_queue *q,
                 const struct waiting *w, size_t n, struct stock_allocation *ret)
{
    *ret = (struct stock_allocation){
        .id = id_new(),
        .cause = cause,
        .line_count = (int64_t)n,
        .truncated = q->truncated,
        .created_at = tx->now,
        .lines = {.v = ARENA_ARRAY(tx->arena, struct stock_allocation_line, n), .n = n}};
    for (size_t i = 0; i < n; i++) {
        ret->lines.v[i] = line_of(tx->arena, &w[i]);
        ret->lines_granted += w[i].granted > 0;
    }
}

/* ---- store ---- */

#define ALLOCATED_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, id, allocation_id, .prefix = "sal")                                                   \
    VALUE(T, integer, line_no)                                                                     \
    VALUE(T, string, sku)                                                                          \
    VALUE(T, decimal, granted)                                                                     \
    VALUE(T, decimal, backordered)
JSON_STRUCT(stock_allocated, ALLOCATED_FIELDS);
JSON_TYPE(stock_allocated, ALLOCATED_FIELDS, .doc = "What a line got.");

static void tell(struct tx *tx, const struct call *c, const struct stock_allocation *a,
                 const struct waiting *w, size_t n)
{
    event_push(tx, c, "stock_allocation.decided", "stock_allocation", a->id, NULL,
               arena_printf(tx->arena, "{\"cause\":\"%s\",\"lines\":%zu,\"granted\":%lld}",
                            a->cause, n, (long long)a->lines_granted));
    for (size_t i = 0; i < n; i++) {
        if (w[i].granted == 0)
            continue;
        struct stock_allocated got = {.allocation_id = a->id,
                                      .line_no = w[i].line->line_no,
                                      .sku = w[i].line->sku,
                                      .granted = w[i].granted,
                                      .backordered = w[i].line->backordered};
        event_push(tx, c, "order.allocated", "order", w[i].order->id, NULL,
                   call_json(tx->arena, &stock_allocated_type, &got, NULL));
    }
}

static err store(struct tx *tx, const struct call *c, const struct allocation_queue *q,
                 const struct stock_allocation *a, const struct waiting *w, size_t n)
{
    struct stock_delta *deltas = ARENA_ARRAY(tx->arena, struct stock_delta, n);
    for (size_t i = 0; i < n; i++)
        deltas[i] = (struct stock_delta){.product_id = w[i].line->product_id,
                                         .warehouse_id = w[i].line->warehouse_id,
                                         .reserved = w[i].granted};
    for (size_t i = 0; i < n; i++)
        if (w[i].granted > 0 && !w[i].order->moved)
            order_tell(tx, c, order_moved(w[i].order));
    TRY(allocation_insert(tx, a, 1));
    TRY(allocation_lines_insert(tx, a->id, a->lines.v, a->lines.n));
    TRY(orders_store(tx, &q->orders));
    return stock_apply(tx, deltas, n);
}

err allocation_run(struct tx *tx, struct call *c, const char *cause, struct allocation_queue *queue,
                   const struct stock_facts_list *stock, struct stock_allocation *ret)
{
    struct orders_precedence_row_list rows = {0};
    size_t most = 0;
    TRY(load(tx, queue, stock, &rows));
    for (size_t i = 0; i < queue->orders.n; i++)
        most += queue->orders.v[i].n_lines;
    struct waiting *w = ARENA_ARRAY(tx->arena, struct waiting, most);
    size_t n = collect(queue, stock, &rows, w);
    *ret = (struct stock_allocation){.id = NIL64};
    if (n == 0 && strcmp(cause, "receipt") == 0)
        return OK; /* nobody waits: nothing to explain */
    allocate(w, n, stock);
    show(tx, cause, queue, w, n, ret);
    if (ret->lines_granted == 0 && strcmp(cause, "freed") == 0)
        return OK; /* nobody asked, and nothing has changed */
    tell(tx, c, ret, w, n);
    return store(tx, c, queue, ret, w, n);
}

/* ---- POST /v1/stock/allocations ---- */

static err name_products(struct tx *tx, const struct call *c, const struct stock_allocation_new *in,
                         struct allocation_scope *ret)
{
    size_t n = in->products.n;
    struct warehouse_facts_list warehouses;
    *ret = (struct allocation_scope){.warehouse_id = in->warehouse_id};
    if (n == 0 && in->warehouse_id == NIL64)
        return OK;
    TRY(warehouses_load_queue(tx, &warehouses));
    struct stock_naming *named = ARENA_ARRAY(tx->arena, struct stock_naming, n);
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    for (size_t i = 0; i < n; i++)
        named[i] = (struct stock_naming){.call = c,
                                         .at = arena_printf(tx->arena, "/products/%zu", i),
                                         .product_id = in->products.v[i].product_id,
                                         .sku = in->products.v[i].sku,
                                         .warehouse_id = NIL64};
    TRY(stock_namings_resolve(tx, named, n));
    if (in->warehouse_id != NIL64 && warehouse_find(&warehouses, in->warehouse_id) == NULL)
        fault(c->problem, "/warehouse_id", "unknown_reference", "There is no such warehouse.");
    for (size_t i = 0; i < n; i++)
        ids[i] = named[i].key.product_id;
    ret->products = ids;
    ret->n_products = n;
    return c->problem->code;
}

static bool in_scope(const struct allocation_scope *s, const struct order_line *l)
{
    if (l->backordered == 0 || (s->warehouse_id != NIL64 && l->warehouse_id != s->warehouse_id))
        return false;
    for (size_t i = 0; i < s->n_products; i++)
        if (s->products[i] == l->product_id)
            return true;
    return s->n_products == 0;
}

err allocation_lock_stock(struct tx *tx, const struct allocation_scope *scope,
                          const struct allocation_queue *q, struct stock_facts_list *ret)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < q->orders.n; i++)
        most += q->orders.v[i].n_lines;
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, most);
    for (size_t i = 0; i < q->orders.n; i++)
        for (size_t j = 0; j < q->orders.v[i].n_lines; j++) {
            const struct order_line *l = &q->orders.v[i].lines[j];
            if (in_scope(scope, l))
                keys[n++] = (struct stock_key){l->product_id, l->warehouse_id};
        }
    *ret = (struct stock_facts_list){0};
    return n > 0 ? stock_lock(tx, keys, n, ret) : OK;
}

err stock_allocations_create(struct tx *tx, struct call *c, const struct stock_allocation_new *in,
                             struct stock_allocation *ret)
{
    struct allocation_scope scope;
    struct allocation_queue queue;
    struct stock_facts_list stock;
    TRY(name_products(tx, c, in, &scope));
    TRY(allocation_lock_orders(tx, &scope, &queue));
    TRY(allocation_lock_stock(tx, &scope, &queue, &stock));
    return allocation_run(tx, c, "request", &queue, &stock, ret);
}

err stock_allocations_get(struct tx *tx, struct call *c, const struct none *in,
                          struct stock_allocation *ret)
{
    (void)in;
    struct stock_allocation_line_list lines;
    TRY(allocation_lines_queue(tx, c->path_id[0], &lines));
    TRY(allocation_header(tx, c->path_id[0], ret));
    for (size_t i = 0; i < lines.n; i++)
        lines.v[i].reason = reason_of(tx->arena, &lines.v[i]);
    ret->lines = lines;
    return OK;
}
