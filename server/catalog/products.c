/* Creates, changes and replaces products. */
#include "catalog.sql.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/catalog/catalog.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

static const char *or_default(const char *given, const char *otherwise)
{
    return given != NULL ? given : otherwise;
}

/* Stock and reservations would lose their meaning with another kind. */
static const char *take_kind(const struct call *c, const char *asked, const struct product *was)
{
    if (was == NULL)
        return or_default(asked, "stock");
    if (asked != NULL && strcmp(asked, was->kind) != 0)
        fault(c->problem, "/kind", "immutable",
              "A product stays what it is: create another product.");
    return was->kind;
}

static const char *check_fulfillment(const struct call *c, const char *kind, const char *asked)
{
    if (asked != NULL && strcmp(kind, "service") != 0)
        fault(c->problem, "/fulfillment", "mismatch",
              "Only a service is fulfilled so; leave it out.");
    return asked;
}

static struct product plan_from(const struct call *c, const struct product_new *in,
                                const struct product *was)
{
    struct product t = was != NULL ? *was : (struct product){.id = id_new()};
    t.external_id = or_default(external_id_of_put(c, in->external_id), t.external_id);
    t.sku = in->sku;
    t.name = in->name;
    t.description = in->description;
    t.kind = take_kind(c, in->kind, was);
    t.fulfillment = check_fulfillment(c, t.kind, in->fulfillment);
    t.unit = or_default(in->unit, "piece");
    t.tax_code_id = in->tax_code_id;
    t.unit_cost = in->unit_cost;
    if (JSON_HAS(product_new, in, track_lots))
        t.track_lots = in->track_lots;
    t.status = or_default(in->status, "active");
    t.metadata = or_default(in->metadata, "{}");
    return t;
}

/* A member that the request names but that cannot be missing. */
static const char *patch_text(const struct call *c, bool named, const char *pointer,
                              const char *asked, const char *was)
{
    if (!named)
        return was;
    if (asked == NULL)
        fault(c->problem, pointer, "required", "Write a value, or leave the member out.");
    return asked;
}

static void apply_patch(const struct call *c, const struct product_patch *in, struct product *t)
{
#define NAMED(member) JSON_HAS(product_patch, in, member)
    if (NAMED(external_id))
        t->external_id = in->external_id;
    if (NAMED(description))
        t->description = in->description;
    if (NAMED(fulfillment))
        t->fulfillment = check_fulfillment(c, t->kind, in->fulfillment);
    if (NAMED(unit_cost))
        t->unit_cost = in->unit_cost;
    if (NAMED(track_lots))
        t->track_lots = in->track_lots;
    if (NAMED(metadata))
        t->metadata = or_default(in->metadata, "{}");
    t->sku = patch_text(c, NAMED(sku), "/sku", in->sku, t->sku);
    t->name = patch_text(c, NAMED(name), "/name", in->name, t->name);
    t->unit = patch_text(c, NAMED(unit), "/unit", in->unit, t->unit);
    t->status = patch_text(c, NAMED(status), "/status", in->status, t->status);
    if (NAMED(tax_code_id)) {
        if (in->tax_code_id == NIL64)
            fault(c->problem, "/tax_code_id", "required",
                  "Write a value, or leave the member out.");
        t->tax_code_id = in->tax_code_id;
    }
#undef NAMED
}

static err check_keys(struct tx *tx, const struct call *c, const struct product *t)
{
    struct product_keys_row keys;
    TRY(product_keys(tx, t->external_id, t->sku, t->tax_code_id, &keys));
    if (!keys.tax_code_known) {
        fault(c->problem, "/tax_code_id", "unknown_reference", "There is no such tax code.");
        return c->problem->code;
    }
    if (keys.external_id_holder != NIL64 && keys.external_id_holder != t->id)
        return external_id_taken(c, "prd", keys.external_id_holder);
    if (keys.sku_holder != NIL64 && keys.sku_holder != t->id)
        return key_taken(c, "sku", "prd", keys.sku_holder);
    return OK;
}

/* Services have no stock, and what has lots keeps them: stock says by itself whether it is kept by
 * lot, from its first row on. */
static err check_lots(struct tx *tx, const struct call *c, const struct product *before,
                      const struct product *after)
{
    struct product_lock_unstocked_row locked;
    struct product_stocked_row now;
    if (after->track_lots && strcmp(after->kind, "stock") != 0)
        fault(c->problem, "/track_lots", "service", "A service has no stock and so no lots.");
    if (before == NULL || before->track_lots == after->track_lots || c->problem->code != OK)
        return c->problem->code;
    TRY(product_lock_unstocked(tx, after->id, &locked));
    TRY(product_stocked(tx, after->id, &now));
    if (now.stocked)
        fault(c->problem, "/track_lots", "immutable",
              "There has been stock of the product: create another product.");
    return c->problem->code;
}

static const char *as_json(struct tx *tx, const struct product *t)
{
    return call_json(tx->arena, &product_type, t, NULL);
}

static err create(struct tx *tx, const struct call *c, const struct product_new *in,
                  struct product *ret)
{
    struct product t = plan_from(c, in, NULL);
    TRY(check_lots(tx, c, NULL, &t));
    TRY(check_keys(tx, c, &t));
    TRY(product_insert(tx, &t, 1));
    TRY(product_select(tx, t.id, ret));
    event_push(tx, c, "product.created", "product", t.id, NULL, as_json(tx, ret));
    return OK;
}

static err lock(struct tx *tx, const struct call *c, struct product *ret)
{
    struct product_lock_row row;
    TRY(product_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    return product_select(tx, c->path_id[0], ret);
}

/* Stores what `after` says over `before`. Saying the same again changes nothing, not even the
 * version. */
static err store(struct tx *tx, const struct call *c, const struct product *before,
                 const struct product *after, struct product *ret)
{
    if (c->problem->code != OK)
        return c->problem->code;
    const char *was = as_json(tx, before);
    if (strcmp(was, as_json(tx, after)) == 0) {
        *ret = *before;
        return OK;
    }
    TRY(check_lots(tx, c, before, after));
    TRY(check_keys(tx, c, after));
    TRY(product_update(tx, after, 1));
    TRY(product_select(tx, before->id, ret));
    event_push(tx, c, "product.updated", "product", before->id, was, as_json(tx, ret));
    return OK;
}

err products_create(struct tx *tx, struct call *c, const struct product_new *in,
                    struct product *ret)
{
    return create(tx, c, in, ret);
}

err products_patch(struct tx *tx, struct call *c, const struct product_patch *in,
                   struct product *ret)
{
    struct product before;
    TRY(lock(tx, c, &before));
    struct product after = before;
    apply_patch(c, in, &after);
    return store(tx, c, &before, &after, ret);
}

err products_put(struct tx *tx, struct call *c, const struct product_new *in, struct product *ret)
{
    if (c->path_id[0] == NIL64) {
        c->status = 201;
        return create(tx, c, in, ret);
    }
    struct product before;
    TRY(lock(tx, c, &before));
    struct product after = plan_from(c, in, &before);
    return store(tx, c, &before, &after, ret);
}
