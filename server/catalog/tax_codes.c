/* Creates and replaces tax codes with their dated rates. */
#include "catalog.sql.h"
#include "lib/base/id.h"
#include "lib/json/encode.h"
#include "server/api/external_id.h"
#include "server/catalog/catalog.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RATES_MAX (1 << 16)

struct plan {
    struct tax_code code;
    struct tax_code_rate_list rates; /* oldest first */
};

static void check_rates(struct arena *a, const struct call *c, const struct tax_code_new *in)
{
    bool taxed = in->category == NULL || strcmp(in->category, "S") == 0;
    for (size_t i = 0; i < in->rates.n; i++) {
        const struct tax_code_rate *r = &in->rates.v[i];
        if (!taxed && r->rate > 0)
            fault(c->problem, arena_printf(a, "/rates/%zu/rate", i), "not_zero",
                  "Category %s has the rate 0: use category S for others.", in->category);
        for (size_t j = 0; j < i; j++)
            if (in->rates.v[j].valid_from == r->valid_from) {
                fault(c->problem, arena_printf(a, "/rates/%zu/valid_from", i), "duplicate",
                      "Give each first day once.");
                break;
            }
    }
}

static int by_day(const void *left, const void *right)
{
    const struct tax_code_rate *l = left, *r = right;
    return (l->valid_from > r->valid_from) - (l->valid_from < r->valid_from);
}

static struct tax_code_rate_list sorted(struct arena *a, const struct tax_code_rate_list *rates)
{
    struct tax_code_rate_list copy = {ARENA_ARRAY(a, struct tax_code_rate, rates->n), rates->n};
    if (copy.n == 0)
        return copy;
    memcpy(copy.v, rates->v, copy.n * sizeof *copy.v);
    qsort(copy.v, copy.n, sizeof *copy.v, by_day);
    return copy;
}

static const char *encode_rates(struct arena *a, const struct tax_code_rate_list *rates)
{
    struct buf out;
    buf_init(&out, a, 256, RATES_MAX);
    json_encode_list(&out, &tax_code_rate_type, rates->v, rates->n, NULL);
    assert(!out.over);
    return out.p;
}

static struct plan plan_from(struct arena *a, const struct call *c, const struct tax_code_new *in,
                             const struct tax_code *was)
{
    struct plan p = {.code = was != NULL ? *was : (struct tax_code){.id = id_new()},
                     .rates = sorted(a, &in->rates)};
    check_rates(a, c, in);
    const char *external_id = external_id_of_put(c, in->external_id);
    if (external_id != NULL)
        p.code.external_id = external_id;
    p.code.code = in->code;
    p.code.name = in->name;
    p.code.category = in->category != NULL ? in->category : "S";
    p.code.rates = encode_rates(a, &p.rates);
    return p;
}

static err check_keys(struct tx *tx, const struct call *c, const struct tax_code *t)
{
    struct tax_code_keys_row keys;
    TRY(tax_code_keys(tx, t->external_id, t->code, &keys));
    if (keys.external_id_holder != NIL64 && keys.external_id_holder != t->id)
        return external_id_taken(c, "tax", keys.external_id_holder);
    if (keys.code_holder != NIL64 && keys.code_holder != t->id)
        return key_taken(c, "code", "tax", keys.code_holder);
    return OK;
}

static const char *as_json(struct tx *tx, const struct tax_code *t)
{
    return call_json(tx->arena, &tax_code_type, t, NULL);
}

static err create(struct tx *tx, const struct call *c, const struct tax_code_new *in,
                  struct tax_code *ret)
{
    struct plan p = plan_from(tx->arena, c, in, NULL);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(check_keys(tx, c, &p.code));
    TRY(tax_code_insert(tx, &p.code, 1));
    TRY(tax_rates_insert(tx, p.code.id, p.rates.v, p.rates.n));
    TRY(tax_code_select(tx, p.code.id, ret));
    event_push(tx, c, "tax_code.created", "tax_code", ret->id, NULL, as_json(tx, ret));
    return OK;
}

static err replace(struct tx *tx, const struct call *c, const struct tax_code_new *in,
                   struct tax_code *ret)
{
    struct tax_code before;
    struct tax_code_lock_row row;
    TRY(tax_code_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    TRY(tax_code_select(tx, c->path_id[0], &before));
    struct plan p = plan_from(tx->arena, c, in, &before);
    if (c->problem->code != OK)
        return c->problem->code;
    const char *was = as_json(tx, &before);
    if (strcmp(was, as_json(tx, &p.code)) == 0) {
        *ret = before;
        return OK;
    }
    TRY(check_keys(tx, c, &p.code));
    TRY(tax_code_update(tx, &p.code, 1));
    TRY(tax_rates_delete(tx, p.code.id));
    TRY(tax_rates_insert(tx, p.code.id, p.rates.v, p.rates.n));
    TRY(tax_code_select(tx, p.code.id, ret));
    event_push(tx, c, "tax_code.updated", "tax_code", ret->id, was, as_json(tx, ret));
    return OK;
}

err tax_codes_create(struct tx *tx, struct call *c, const struct tax_code_new *in,
                     struct tax_code *ret)
{
    return create(tx, c, in, ret);
}

err tax_codes_put(struct tx *tx, struct call *c, const struct tax_code_new *in,
                  struct tax_code *ret)
{
    if (c->path_id[0] != NIL64)
        return replace(tx, c, in, ret);
    c->status = 201;
    return create(tx, c, in, ret);
}
