/* Supplies: record, change, cancel, and receive by movements. */
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/inventory/internal.h"
#include "server/inventory/rules.h"
#include "server/routes_prototypes.h"
#include "supplies.sql.h"
#include <string.h>

static const char *supply_json(struct tx *tx, const struct stock_supply *s)
{
    return call_json(tx->arena, &stock_supply_type, s, NULL);
}

static err check_free(struct tx *tx, const struct call *c, const char *external_id)
{
    struct supply_by_external_id_row holder;
    bool found = false;
    if (external_id != NULL)
        TRY(supply_by_external_id(tx, external_id, &holder, &found));
    return found ? external_id_taken(c, "sup", holder.id) : OK;
}

err stock_supplies_create(struct tx *tx, struct call *c, const struct stock_supply_new *in,
                          struct stock_supply *ret)
{
    struct stock_naming what = {.call = c,
                                .at = "",
                                .product_id = in->product_id,
                                .sku = in->sku,
                                .warehouse_id = in->warehouse_id};
    TRY(stock_namings_resolve(tx, &what, 1));
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(check_free(tx, c, in->external_id));
    int64_t id = id_new();
    TRY(supply_insert(tx, id, in->external_id, what.key.product_id, what.key.warehouse_id,
                      in->quantity, in->expected_date, in->reference));
    TRY(supply_select(tx, id, ret));
    event_push(tx, c, "stock_supply.created", "stock_supply", id, NULL, supply_json(tx, ret));
    return OK;
}

err stock_supplies_get(struct tx *tx, struct call *c, const struct none *in,
                       struct stock_supply *ret)
{
    (void)in;
    return supply_select(tx, c->path_id[0], ret);
}

/* The supply of the path, locked, as it is shown, if it is open still. */
static err lock_open(struct tx *tx, const struct call *c, const char *what,
                     struct stock_supply *ret)
{
    struct stock_supply_list locked;
    TRY(supplies_lock(tx, &c->path_id[0], 1, &locked));
    if (locked.n == 0)
        return ERR_NO_ROW;
    TRY(call_check_version(c, locked.v[0].version));
    if (strcmp(locked.v[0].status, "open") != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The supply is %s; only an open one can be %s.",
                    locked.v[0].status, what);
    return supply_select(tx, c->path_id[0], ret);
}

/* Stores what `after` says over `before`, if it says something else. */
static err store(struct tx *tx, const struct call *c, const char *event,
                 const struct stock_supply *before, const struct stock_supply *after,
                 struct stock_supply *ret)
{
    const char *was = supply_json(tx, before);
    *ret = *before;
    if (strcmp(was, supply_json(tx, after)) == 0)
        return OK;
    TRY(supply_update(tx, after->id, after->quantity, after->expected_date, after->reference,
                      after->status));
    TRY(supply_select(tx, after->id, ret));
    event_push(tx, c, event, "stock_supply", after->id, was, supply_json(tx, ret));
    return OK;
}

err stock_supplies_patch(struct tx *tx, struct call *c, const struct stock_supply_patch *in,
                         struct stock_supply *ret)
{
    struct stock_supply before, after;
    TRY(lock_open(tx, c, "changed", &before));
    after = before;
    if (in->quantity != NIL64)
        after.quantity = in->quantity;
    if (in->expected_date != NIL32)
        after.expected_date = in->expected_date;
    if (JSON_HAS(stock_supply_patch, in, reference))
        after.reference = in->reference;
    after.status = supply_status(&after);
    return store(tx, c, "stock_supply.updated", &before, &after, ret);
}

err stock_supplies_cancel(struct tx *tx, struct call *c, const struct none *in,
                          struct stock_supply *ret)
{
    (void)in;
    struct stock_supply before, after;
    TRY(lock_open(tx, c, "canceled", &before));
    after = before;
    after.status = "canceled";
    return store(tx, c, "stock_supply.canceled", &before, &after, ret);
}

/* ---- received by movements ---- */

static void supply_fault(const struct call *c, size_t i, const char *code, const char *detail)
{
    struct problem *p = c->problem;
    fault(p, arena_printf(p->arena, "/movements/%zu/supply_id", i), code, "%s", detail);
}

static struct stock_supply *find(const struct stock_supply_list *list, int64_t id)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].id == id)
            return &list->v[i];
    return NULL;
}

static err receive(const struct call *c, size_t i, const struct stock_movement_new *m,
                   const struct stock_supply_list *supplies)
{
    struct stock_supply *s = find(supplies, m->document_id);
    if (s == NULL)
        supply_fault(c, i, "unknown_reference", "There is no such supply.");
    else if (s->product_id != m->product_id || s->warehouse_id != m->warehouse_id)
        supply_fault(c, i, "mismatch", "The supply is of another product or warehouse.");
    else if (strcmp(s->status, "open") != 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "Line %zu: the supply is %s; only an open one can be received.", i + 1,
                    s->status);
    else
        return add64(s->received, m->quantity, &s->received);
    return OK;
}

err supplies_receive(struct tx *tx, const struct call *c, const int64_t *ids, size_t n_ids,
                     const struct stock_movement_new *movements, size_t n)
{
    struct stock_supply_list supplies;
    if (n_ids == 0)
        return OK;
    TRY(supplies_lock(tx, ids, n_ids, &supplies));
    for (size_t i = 0; i < n; i++)
        if (movements[i].document_id != NIL64)
            TRY(receive(c, i, &movements[i], &supplies));
    if (c->problem->code != OK)
        return c->problem->code;
    for (size_t i = 0; i < supplies.n; i++) {
        struct stock_supply *s = &supplies.v[i];
        s->status = supply_status(s);
        event_push(tx, c,
                   strcmp(s->status, "open") == 0 ? "stock_supply.partly_received"
                                                  : "stock_supply.received",
                   "stock_supply", s->id, NULL,
                   arena_printf(tx->arena, "{\"status\":\"%s\"}", s->status));
    }
    return supplies_store(tx, supplies.v, supplies.n);
}
