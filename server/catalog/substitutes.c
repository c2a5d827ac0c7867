/* What may be delivered instead of a product. */
#include "catalog.sql.h"
#include "server/catalog/catalog.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

JSON_TYPE(product_substitute_new, PRODUCT_SUBSTITUTE_NEW_FIELDS, .doc = "A substitute to name.");
JSON_TYPE(product_substitutes_new, PRODUCT_SUBSTITUTES_NEW_FIELDS,
          .doc = "The substitutes of a product.");
JSON_TYPE(product_substitute, PRODUCT_SUBSTITUTE_FIELDS, .doc = "A substitute of a product.");
JSON_TYPE(product_substitutes, PRODUCT_SUBSTITUTES_FIELDS, .doc = "The substitutes of a product.");

/* The products that the request names, by id and by SKU. */
struct named {
    struct product_facts_list by_id, by_sku;
};

static err load(struct tx *tx, const struct product_substitute_new_list *in, struct named *ret)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, in->n);
    const char **skus = ARENA_ARRAY(tx->arena, const char *, in->n);
    size_t n_ids = 0, n_skus = 0;
    *ret = (struct named){0};
    for (size_t i = 0; i < in->n; i++) {
        if (in->v[i].product_id != NIL64)
            ids[n_ids++] = in->v[i].product_id;
        if (in->v[i].sku != NULL)
            skus[n_skus++] = in->v[i].sku;
    }
    if (n_ids > 0)
        TRY(products_load_queue(tx, ids, n_ids, &ret->by_id));
    if (n_skus > 0)
        TRY(products_load_by_sku_queue(tx, skus, n_skus, &ret->by_sku));
    return tx_flush(tx);
}

static void substitute_fault(const struct call *c, size_t i, const char *member, const char *code,
                             const char *detail)
{
    struct problem *p = c->problem;
    fault(p, arena_printf(p->arena, "/substitutes/%zu/%s", i, member), code, "%s", detail);
}

static const struct product_facts *find(const struct call *c, const struct named *named, size_t i,
                                        const struct product_substitute_new *in)
{
    bool by_id = in->product_id != NIL64;
    if (by_id == (in->sku != NULL)) {
        substitute_fault(c, i, by_id ? "sku" : "product_id", by_id ? "ambiguous" : "required",
                         by_id ? "Give product_id or sku, not both."
                               : "Name the product by product_id or sku.");
        return NULL;
    }
    const struct product_facts *p = by_id ? product_find(&named->by_id, in->product_id)
                                          : product_find_sku(&named->by_sku, in->sku);
    if (p == NULL)
        substitute_fault(c, i, by_id ? "product_id" : "sku", "unknown_reference",
                         "There is no such product.");
    return p;
}

/* All that is wrong with one; before: those in front of it. */
static void check(const struct call *c, size_t i, const struct product_substitute_new *in,
                  const struct product *of, const struct product_facts *p,
                  const struct product_substitute *before)
{
    const char *member = in->product_id != NIL64 ? "product_id" : "sku";
    if (in->valid_to != NIL32 && in->valid_from != NIL32 && in->valid_to < in->valid_from)
        substitute_fault(c, i, "valid_to", "too_early", "It ends before it begins.");
    if (p == NULL)
        return;
    if (p->id == of->id)
        substitute_fault(c, i, member, "itself", "A product is no substitute of itself.");
    if (strcmp(p->kind, "stock") != 0)
        substitute_fault(c, i, member, "service", "Only goods go instead of goods.");
    if (strcmp(p->unit, of->unit) != 0)
        substitute_fault(c, i, member, "unit",
                         "It goes one for one and so must have the product's unit.");
    for (size_t j = 0; j < i; j++)
        if (before[j].product_id == p->id) {
            substitute_fault(c, i, member, "repeated", "The product stands here already.");
            break;
        }
}

err product_substitutes_put(struct tx *tx, struct call *c, const struct product_substitutes_new *in,
                            struct product_substitutes *ret)
{
    struct product_lock_row locked;
    struct product of;
    struct named named;
    size_t n = in->substitutes.n;
    struct product_substitutes before = {.product_id = c->path_id[0]};
    TRY(product_lock(tx, c->path_id[0], &locked));
    TRY(product_select(tx, c->path_id[0], &of));
    TRY(load(tx, &in->substitutes, &named));
    TRY(substitutes_of(tx, of.id, &before.substitutes));
    if (strcmp(of.kind, "stock") != 0 && n > 0)
        fault(c->problem, "/substitutes", "service", "A service has no stock and no substitutes.");
    struct product_substitute *rows = ARENA_ARRAY(tx->arena, struct product_substitute, n);
    for (size_t i = 0; i < n; i++) {
        const struct product_substitute_new *s = &in->substitutes.v[i];
        const struct product_facts *p = find(c, &named, i, s);
        check(c, i, s, &of, p, rows);
        rows[i] = (struct product_substitute){.rank = (int64_t)i + 1,
                                              .product_id = p != NULL ? p->id : NIL64,
                                              .valid_from = s->valid_from,
                                              .valid_to = s->valid_to};
    }
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(substitutes_delete(tx, of.id));
    if (n > 0)
        TRY(substitutes_insert(tx, of.id, rows, n));
    *ret = (struct product_substitutes){.product_id = of.id};
    TRY(substitutes_of(tx, of.id, &ret->substitutes));
    const char *was = call_json(tx->arena, &product_substitutes_type, &before, NULL);
    const char *now = call_json(tx->arena, &product_substitutes_type, ret, NULL);
    if (strcmp(was, now) != 0)
        event_push(tx, c, "product.substitutes_changed", "product", of.id, was, now);
    return OK;
}

err product_substitutes_get(struct tx *tx, struct call *c, const struct none *in,
                            struct product_substitutes *ret)
{
    (void)in;
    struct product of;
    *ret = (struct product_substitutes){.product_id = c->path_id[0]};
    TRY(substitutes_of_queue(tx, c->path_id[0], &ret->substitutes));
    return product_select(tx, c->path_id[0], &of);
}
