/* Products and warehouses as requests name them. */
#include "inventory.sql.h"
#include "lib/base/distinct.h"
#include "server/inventory/rules.h"
#include <stdlib.h>
#include <string.h>

struct known {
    struct stock_product_list by_id, by_sku; /* sorted */
    struct warehouse_facts_list warehouses;
};

static void naming_fault(const struct stock_naming *v, const char *member, const char *code,
                         const char *detail)
{
    struct problem *p = v->call->problem;
    fault(p, arena_printf(p->arena, "%s/%s", v->at, member), code, "%s", detail);
}

static int id_order(const void *a, const void *b)
{
    const struct stock_product *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int sku_order(const void *a, const void *b)
{
    const struct stock_product *x = a, *y = b;
    return strcmp(x->sku, y->sku);
}

static err load(struct tx *tx, const struct stock_naming *v, size_t n, struct known *k)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    const char **skus = ARENA_ARRAY(tx->arena, const char *, n);
    size_t n_ids = 0, n_skus = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].product_id != NIL64)
            ids[n_ids++] = v[i].product_id;
        if (v[i].sku != NULL)
            skus[n_skus++] = v[i].sku;
    }
    if (n_ids > 0)
        TRY(stock_products_by_id_queue(tx, ids, distinct_ids(ids, n_ids), &k->by_id));
    if (n_skus > 0)
        TRY(stock_products_by_sku_queue(tx, skus, distinct_texts(skus, n_skus), &k->by_sku));
    TRY(warehouses_load_queue(tx, &k->warehouses));
    TRY(tx_flush(tx));
    if (k->by_id.n > 0)
        qsort(k->by_id.v, k->by_id.n, sizeof *k->by_id.v, id_order);
    if (k->by_sku.n > 0)
        qsort(k->by_sku.v, k->by_sku.n, sizeof *k->by_sku.v, sku_order);
    return OK;
}

static const struct stock_product *find_product(const struct known *k, const struct stock_naming *v)
{
    struct stock_product key = {.id = v->product_id, .sku = v->sku};
    const struct stock_product_list *list = v->product_id != NIL64 ? &k->by_id : &k->by_sku;
    return list->n == 0 ? NULL
                        : bsearch(&key, list->v, list->n, sizeof *list->v,
                                  v->product_id != NIL64 ? id_order : sku_order);
}

static void resolve_product(struct stock_naming *v, const struct known *k)
{
    const char *member = v->product_id != NIL64 ? "product_id" : "sku";
    v->key.product_id = NIL64;
    if (v->product_id == NIL64 && v->sku == NULL) {
        naming_fault(v, "product_id", "required", "Name the product by product_id or sku.");
        return;
    }
    if (v->product_id != NIL64 && v->sku != NULL) {
        naming_fault(v, "sku", "ambiguous", "Give product_id or sku, not both.");
        return;
    }
    const struct stock_product *p = find_product(k, v);
    if (p == NULL) {
        naming_fault(v, member, "unknown_reference", "There is no such product.");
        return;
    }
    if (strcmp(p->kind, "stock") != 0)
        naming_fault(v, member, "service", "The product is a service; services have no stock.");
    v->key.product_id = p->id;
    v->found_sku = p->sku;
    v->by_lot = p->track_lots;
}

static void resolve_warehouse(struct stock_naming *v, const struct known *k)
{
    const struct warehouse_facts *w = v->warehouse_id == NIL64
                                          ? warehouse_default(&k->warehouses)
                                          : warehouse_find(&k->warehouses, v->warehouse_id);
    v->key.warehouse_id = w != NULL ? w->id : NIL64;
    v->warehouse_code = w != NULL ? w->code : NULL;
    if (w == NULL && v->warehouse_id == NIL64)
        naming_fault(v, "warehouse_id", "required", "There is no warehouse yet; create one.");
    else if (w == NULL)
        naming_fault(v, "warehouse_id", "unknown_reference", "There is no such warehouse.");
}

err stock_namings_resolve(struct tx *tx, struct stock_naming *v, size_t n)
{
    struct known k = {0};
    TRY(load(tx, v, n, &k));
    for (size_t i = 0; i < n; i++) {
        resolve_product(&v[i], &k);
        resolve_warehouse(&v[i], &k);
    }
    return OK;
}
