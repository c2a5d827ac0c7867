/* Resolves external ids through one statement per kind. */
#include "server/api/refs.h"
#include "lib/base/distinct.h"
#include "refs.sql.h"
#include "server/api/router.h"
#include <stdlib.h>
#include <string.h>

/* All lookups return (id, external_id), so their rows have one layout. */
struct found_row {
    int64_t id;
    const char *external_id;
};

typedef err lookup_fn(struct tx *tx, const char *const *external_ids, size_t n,
                      struct pg_rows *ret);

#define LOOKUP(kind)                                                                               \
    static err kind##_lookup(struct tx *tx, const char *const *external_ids, size_t n,             \
                             struct pg_rows *ret)                                                  \
    {                                                                                              \
        _Static_assert(sizeof(struct ref_##kind##_row) == sizeof(struct found_row), "layout");     \
        return ref_##kind##_queue(tx, external_ids, n, (struct ref_##kind##_row_list *)ret);       \
    }
// clang-format off
#define LOOKUPS(X) \
    X(customer) X(customer_group) X(tax_code) X(product) X(price) X(price_list) X(warehouse) X(order) \
    X(quote) X(blanket_order) X(approval_rule) \
    X(shipment) X(carrier) X(invoice) X(credit_note) X(payment) X(refund) X(stock_movement) \
    X(stock_supply) X(stock_reservation) X(stock_count) X(access_grant) X(pick_list)
// clang-format on
LOOKUPS(LOOKUP)

static const struct {
    const char *kind;
    lookup_fn *run;
} lookups[] = {
#define LOOKUP_ROW(kind) {#kind, kind##_lookup},
    LOOKUPS(LOOKUP_ROW)
#undef LOOKUP_ROW
};

struct refs {
    struct pg_rows found[COUNT_OF(lookups)];
    bool sorted[COUNT_OF(lookups)];
};

static size_t lookup_of(const char *prefix)
{
    for (size_t k = 0; k < COUNT_OF(lookups); k++)
        if (strcmp(kind_prefix(lookups[k].kind), prefix) == 0)
            return k;
    return COUNT_OF(lookups);
}

/* The lines of a request name the same few customers and products over and over: each is asked for
 * once. */
err refs_queue(struct tx *tx, const struct json_refs *refs, size_t n, struct refs **ret)
{
    struct refs *found = ARENA_NEW(tx->arena, struct refs);
    const char **texts[COUNT_OF(lookups)] = {0};
    size_t n_texts[COUNT_OF(lookups)] = {0}, total = 0;
    for (size_t i = 0; i < n; i++)
        total += refs[i].n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < refs[i].n; j++) {
            size_t k = lookup_of(refs[i].v[j].prefix);
            if (k == COUNT_OF(lookups))
                continue;
            if (texts[k] == NULL)
                texts[k] = ARENA_ARRAY(tx->arena, const char *, total);
            texts[k][n_texts[k]++] = refs[i].v[j].external_id;
        }
    for (size_t k = 0; k < COUNT_OF(lookups); k++)
        if (n_texts[k] > 0)
            TRY(lookups[k].run(tx, texts[k], distinct_texts(texts[k], n_texts[k]),
                               &found->found[k]));
    *ret = found;
    return OK;
}

static int by_external_id(const void *a, const void *b)
{
    return strcmp(((const struct found_row *)a)->external_id,
                  ((const struct found_row *)b)->external_id);
}

static const struct found_row *look_up(struct refs *found, size_t k, const char *external_id)
{
    struct pg_rows *rows = &found->found[k];
    if (!found->sorted[k] && rows->n > 0)
        qsort(rows->v, rows->n, sizeof(struct found_row), by_external_id);
    found->sorted[k] = true;
    struct found_row key = {.external_id = external_id};
    return rows->n ? bsearch(&key, rows->v, rows->n, sizeof(key), by_external_id) : NULL;
}

void refs_fill(struct refs *found, const struct json_refs *refs, struct problem *p)
{
    for (size_t j = 0; j < refs->n; j++) {
        const struct json_ref *ref = &refs->v[j];
        size_t k = lookup_of(ref->prefix);
        const struct found_row *row = k < COUNT_OF(lookups) ? look_up(found, k, ref->external_id)
                                                            : NULL;
        *ref->target = row ? row->id : NIL64;
        if (row == NULL && ref->pointer != NULL)
            fault(p, ref->pointer, "unknown_reference", "There is no %s with external id %s.",
                  k < COUNT_OF(lookups) ? lookups[k].kind : "such resource", ref->external_id);
    }
}
