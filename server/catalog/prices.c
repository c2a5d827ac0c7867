/* Creates and replaces prices. */
#include "catalog.sql.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/catalog/catalog.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

static struct price plan_from(const struct tx *tx, const struct call *c, const struct price_new *in,
                              const struct price *was)
{
    struct price t = was != NULL ? *was : (struct price){.id = id_new(), .valid_from = tx->today};
    const char *external_id = external_id_of_put(c, in->external_id);
    if (external_id != NULL)
        t.external_id = external_id;
    t.product_id = in->product_id;
    t.customer_id = in->customer_id;
    t.group_id = in->group_id;
    t.price_list_id = in->price_list_id;
    t.currency = in->currency;
    t.unit_price = in->unit_price;
    t.min_quantity = in->min_quantity == NIL64 ? 0 : in->min_quantity;
    if (in->valid_from != NIL32)
        t.valid_from = in->valid_from;
    t.valid_to = in->valid_to;
    if (t.customer_id != NIL64 && t.group_id != NIL64)
        fault(c->problem, "/group_id", "ambiguous", "Give customer_id or group_id, not both.");
    if (t.price_list_id != NIL64 && (t.customer_id != NIL64 || t.group_id != NIL64))
        fault(c->problem, "/price_list_id", "ambiguous",
              "The list says whom its prices are for: leave customer_id and group_id out.");
    if (t.valid_to != NIL32 && t.valid_to < t.valid_from)
        fault(c->problem, "/valid_to", "too_early", "Write a day on or after valid_from.");
    return t;
}

static void check_references(const struct call *c, const struct price *t,
                             const struct price_keys_row *keys)
{
    if (!keys->product_known)
        fault(c->problem, "/product_id", "unknown_reference", "There is no such product.");
    if (t->group_id != NIL64 && !keys->group_known)
        fault(c->problem, "/group_id", "unknown_reference", "There is no such customer group.");
    if (t->price_list_id != NIL64 && keys->list_currency == NULL)
        fault(c->problem, "/price_list_id", "unknown_reference", "There is no such price list.");
    else if (t->price_list_id != NIL64 && t->currency != NULL &&
             strcmp(t->currency, keys->list_currency) != 0)
        fault(c->problem, "/currency", "currency_mismatch", "The list is in %s.",
              keys->list_currency);
    if (t->customer_id == NIL64)
        return;
    if (keys->customer_currency == NULL)
        fault(c->problem, "/customer_id", "unknown_reference", "There is no such customer.");
    else if (t->currency != NULL && strcmp(t->currency, keys->customer_currency) != 0)
        fault(c->problem, "/currency", "currency_mismatch", "The customer buys in %s.",
              keys->customer_currency);
}

/* Also fills in the currency. */
static err check(struct tx *tx, const struct call *c, struct price *t)
{
    if (c->problem->code != OK)
        return c->problem->code;
    struct price_keys_row keys;
    TRY(price_keys(tx, t->external_id, t->product_id, t->customer_id, t->group_id, t->price_list_id,
                   t->currency, c->tenant->currency, t->min_quantity, t->valid_from, &keys));
    check_references(c, t, &keys);
    if (c->problem->code != OK)
        return c->problem->code;
    if (keys.external_id_holder != NIL64 && keys.external_id_holder != t->id)
        return external_id_taken(c, "prc", keys.external_id_holder);
    if (keys.key_holder != NIL64 && keys.key_holder != t->id)
        return key_taken(c,
                         "combination of product, customer, group or list, currency, quantity and "
                         "first day",
                         "prc", keys.key_holder);
    if (t->currency == NULL)
        t->currency = keys.customer_currency != NULL ? keys.customer_currency
                      : keys.list_currency != NULL   ? keys.list_currency
                                                     : c->tenant->currency;
    return OK;
}

static const char *as_json(struct tx *tx, const struct price *t)
{
    return call_json(tx->arena, &price_type, t, NULL);
}

static err create(struct tx *tx, const struct call *c, const struct price_new *in,
                  struct price *ret)
{
    struct price t = plan_from(tx, c, in, NULL);
    TRY(check(tx, c, &t));
    TRY(price_insert(tx, &t, 1));
    TRY(price_select(tx, t.id, ret));
    event_push(tx, c, "price.created", "price", t.id, NULL, as_json(tx, ret));
    return OK;
}

static err replace(struct tx *tx, const struct call *c, const struct price_new *in,
                   struct price *ret)
{
    struct price before;
    struct price_lock_row row;
    TRY(price_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    TRY(price_select(tx, c->path_id[0], &before));
    struct price after = plan_from(tx, c, in, &before);
    TRY(check(tx, c, &after));
    const char *was = as_json(tx, &before);
    if (strcmp(was, as_json(tx, &after)) == 0) {
        *ret = before;
        return OK;
    }
    TRY(price_update(tx, &after, 1));
    TRY(price_select(tx, before.id, ret));
    event_push(tx, c, "price.updated", "price", before.id, was, as_json(tx, ret));
    return OK;
}

err prices_create(struct tx *tx, struct call *c, const struct price_new *in, struct price *ret)
{
    return create(tx, c, in, ret);
}

err prices_put(struct tx *tx, struct call *c, const struct price_new *in, struct price *ret)
{
    if (c->path_id[0] != NIL64)
        return replace(tx, c, in, ret);
    c->status = 201;
    return create(tx, c, in, ret);
}
