/* Price lists: create, change, replace, read. */
#include "catalog.sql.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/catalog/catalog.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

static const char *as_json(struct tx *tx, const struct pricelist *t)
{
    return call_json(tx->arena, &pricelist_type, t, NULL);
}

static err load(struct tx *tx, int64_t id, struct pricelist *ret)
{
    struct pricelist_buyer_list buyers;
    TRY(price_list_buyers_queue(tx, id, &buyers));
    TRY(price_list_select(tx, id, ret));
    ret->buyers = buyers;
    return OK;
}

/* ---- what it may say ---- */

static int64_t id_of(const struct pricelist_buyer *b)
{
    return b->customer_id != NIL64 ? b->customer_id : b->group_id;
}

static void check_buyer(const struct call *c, const struct pricelist_buyer_list *buyers, size_t i)
{
    const struct pricelist_buyer *b = &buyers->v[i];
    const char *at = arena_printf(c->problem->arena, "/buyers/%zu", i);
    if ((b->customer_id != NIL64) == (b->group_id != NIL64)) {
        fault(c->problem, at, b->customer_id != NIL64 ? "ambiguous" : "required",
              "Give customer_id or group_id.");
        return;
    }
    for (size_t j = 0; j < i; j++)
        if (id_of(&buyers->v[j]) == id_of(b)) {
            fault(c->problem, at, "repeated", "It stands here already.");
            return;
        }
}

static bool is_among(const struct price_list_known_row_list *known, int64_t id)
{
    for (size_t i = 0; i < known->n; i++)
        if (known->v[i].id == id)
            return true;
    return false;
}

static err check_buyers(struct tx *tx, const struct call *c,
                        const struct pricelist_buyer_list *buyers)
{
    struct price_list_known_row_list known;
    int64_t *customers = ARENA_ARRAY(tx->arena, int64_t, buyers->n);
    int64_t *groups = ARENA_ARRAY(tx->arena, int64_t, buyers->n);
    size_t n_customers = 0, n_groups = 0;
    for (size_t i = 0; i < buyers->n; i++) {
        check_buyer(c, buyers, i);
        if (buyers->v[i].customer_id != NIL64)
            customers[n_customers++] = buyers->v[i].customer_id;
        if (buyers->v[i].group_id != NIL64)
            groups[n_groups++] = buyers->v[i].group_id;
    }
    if (n_customers + n_groups == 0)
        return OK;
    TRY(price_list_known(tx, customers, n_customers, groups, n_groups, &known));
    for (size_t i = 0; i < buyers->n; i++) {
        const struct pricelist_buyer *b = &buyers->v[i];
        if (b->customer_id != NIL64 && !is_among(&known, b->customer_id))
            fault(c->problem, arena_printf(tx->arena, "/buyers/%zu/customer_id", i),
                  "unknown_reference", "There is no such customer.");
        if (b->group_id != NIL64 && !is_among(&known, b->group_id))
            fault(c->problem, arena_printf(tx->arena, "/buyers/%zu/group_id", i),
                  "unknown_reference", "There is no such customer group.");
    }
    return OK;
}

static err check(struct tx *tx, const struct call *c, const struct pricelist *t)
{
    struct price_list_external_id_holder_row holder;
    bool held;
    if (t->valid_to != NIL32 && t->valid_to < t->valid_from)
        fault(c->problem, "/valid_to", "too_early", "Write a day on or after valid_from.");
    TRY(check_buyers(tx, c, &t->buyers));
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(price_list_external_id_holder(tx, t->external_id, &holder, &held));
    return held && holder.id != t->id ? external_id_taken(c, "pli", holder.id) : OK;
}

/* ---- store ---- */

/* A list for everybody has one row that names nobody. */
static err insert_buyers(struct tx *tx, const struct pricelist *t)
{
    size_t n = t->buyers.n > 0 ? t->buyers.n : 1;
    struct price_list_buyers_insert_b *rows = ARENA_ARRAY(tx->arena,
                                                          struct price_list_buyers_insert_b, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct price_list_buyers_insert_b){
            .buyer_no = (int64_t)i + 1,
            .customer_id = i < t->buyers.n ? t->buyers.v[i].customer_id : NIL64,
            .group_id = i < t->buyers.n ? t->buyers.v[i].group_id : NIL64};
    return price_list_buyers_insert(tx, t->id, rows, n);
}

static struct pricelist plan_from(const struct tx *tx, const struct call *c,
                                  const struct pricelist_new *in, const struct pricelist *was)
{
    struct pricelist t = was != NULL ? *was
                                     : (struct pricelist){.id = id_new(), .valid_from = tx->today};
    const char *external_id = external_id_of_put(c, in->external_id);
    if (external_id != NULL)
        t.external_id = external_id;
    if (was == NULL)
        t.currency = in->currency != NULL ? in->currency : c->tenant->currency;
    else if (in->currency != NULL && strcmp(in->currency, was->currency) != 0)
        fault(c->problem, "/currency", "immutable",
              "The list is in %s: make another one for another currency.", was->currency);
    t.name = in->name;
    if (in->valid_from != NIL32)
        t.valid_from = in->valid_from;
    t.valid_to = in->valid_to;
    t.priority = in->priority != NIL64 ? in->priority : 0;
    t.active = in->active;
    t.buyers = in->buyers;
    return t;
}

static err create(struct tx *tx, const struct call *c, const struct pricelist_new *in,
                  struct pricelist *ret)
{
    struct pricelist t = plan_from(tx, c, in, NULL);
    TRY(check(tx, c, &t));
    TRY(price_list_insert(tx, &t, 1));
    TRY(insert_buyers(tx, &t));
    TRY(load(tx, t.id, ret));
    event_push(tx, c, "price_list.created", "price_list", t.id, NULL, as_json(tx, ret));
    return OK;
}

static err lock(struct tx *tx, const struct call *c, struct pricelist *ret)
{
    struct price_list_lock_row row;
    TRY(price_list_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    return load(tx, c->path_id[0], ret);
}

/* Saying the same again changes nothing, not even the version. */
static err store(struct tx *tx, const struct call *c, const struct pricelist *before,
                 const struct pricelist *after, struct pricelist *ret)
{
    const char *was = as_json(tx, before);
    TRY(check(tx, c, after));
    if (strcmp(was, as_json(tx, after)) == 0) {
        *ret = *before;
        return OK;
    }
    TRY(price_list_update(tx, after, 1));
    TRY(price_list_buyers_delete(tx, after->id));
    TRY(insert_buyers(tx, after));
    TRY(load(tx, after->id, ret));
    event_push(tx, c, "price_list.updated", "price_list", after->id, was, as_json(tx, ret));
    return OK;
}

err price_lists_create(struct tx *tx, struct call *c, const struct pricelist_new *in,
                       struct pricelist *ret)
{
    return create(tx, c, in, ret);
}

err price_lists_put(struct tx *tx, struct call *c, const struct pricelist_new *in,
                    struct pricelist *ret)
{
    struct pricelist before;
    if (c->path_id[0] == NIL64) {
        c->status = 201;
        return create(tx, c, in, ret);
    }
    TRY(lock(tx, c, &before));
    struct pricelist after = plan_from(tx, c, in, &before);
    return store(tx, c, &before, &after, ret);
}

static void required(const struct call *c, const char *at)
{
    fault(c->problem, at, "required", "Write a value, or leave the member out.");
}

err price_lists_patch(struct tx *tx, struct call *c, const struct pricelist_patch *in,
                      struct pricelist *ret)
{
    struct pricelist before;
    TRY(lock(tx, c, &before));
    struct pricelist after = before;
    if (JSON_HAS(pricelist_patch, in, external_id))
        after.external_id = in->external_id;
    if (JSON_HAS(pricelist_patch, in, name)) {
        if (in->name == NULL)
            required(c, "/name");
        after.name = in->name;
    }
    if (JSON_HAS(pricelist_patch, in, valid_from)) {
        if (in->valid_from == NIL32)
            required(c, "/valid_from");
        after.valid_from = in->valid_from;
    }
    if (JSON_HAS(pricelist_patch, in, valid_to))
        after.valid_to = in->valid_to;
    if (JSON_HAS(pricelist_patch, in, priority))
        after.priority = in->priority != NIL64 ? in->priority : 0;
    if (JSON_HAS(pricelist_patch, in, active))
        after.active = in->active;
    if (JSON_HAS(pricelist_patch, in, buyers))
        after.buyers = in->buyers;
    return c->problem->code != OK ? c->problem->code : store(tx, c, &before, &after, ret);
}

err price_lists_get(struct tx *tx, struct call *c, const struct none *in, struct pricelist *ret)
{
    (void)in;
    return load(tx, c->path_id[0], ret);
}
