/* Warehouses: create, replace, read. A tenant that has any has exactly one default. */
#include "inventory.sql.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/inventory/inventory.h"
#include "server/routes_prototypes.h"
#include <string.h>

static const char *address_json(struct tx *tx, const struct warehouse_new *in)
{
    return in->address == NULL ? NULL : call_json(tx->arena, &address_type, in->address, NULL);
}

static const char *warehouse_json(struct tx *tx, const struct warehouse *w)
{
    return call_json(tx->arena, &warehouse_type, w, NULL);
}

static err check_free(struct tx *tx, struct call *c, int64_t id, const char *external_id,
                      const char *code)
{
    struct warehouse_taken_row other;
    bool found;
    TRY(warehouse_taken(tx, id, external_id, code, &other, &found));
    if (!found)
        return OK;
    if (!other.by_external_id)
        return key_taken(c, "code", "whs", other.id);
    if (c->path_external_id != NULL && c->path_id[0] == NIL64)
        return ERR_SERIALIZATION; /* made since the path was looked up: run again and find it */
    return external_id_taken(c, "whs", other.id);
}

static err warehouse_add(struct tx *tx, struct call *c, const struct warehouse_new *in,
                         const char *external_id, struct warehouse *ret)
{
    struct warehouse_lock_tenant_row tenant;
    TRY(warehouse_lock_tenant(tx, &tenant));
    struct warehouse_facts_list all;
    TRY(warehouses_load_queue(tx, &all));
    int64_t id = id_new();
    TRY(check_free(tx, c, id, external_id, in->code));

    bool is_default = in->is_default || warehouse_default(&all) == NULL;
    if (is_default)
        TRY(warehouse_clear_default(tx, id));
    TRY(warehouse_insert(tx, id, external_id, in->code, in->name, address_json(tx, in),
                         is_default));
    TRY(warehouse_load(tx, id, ret));
    event_push(tx, c, "warehouse.created", "warehouse", id, NULL, warehouse_json(tx, ret));
    return OK;
}

err warehouses_create(struct tx *tx, struct call *c, const struct warehouse_new *in,
                      struct warehouse *ret)
{
    return warehouse_add(tx, c, in, in->external_id, ret);
}

/* A full replacement, but for what says who the warehouse is: an external id and the default mark
 * stay when the body leaves them out. */
static err warehouse_replace(struct tx *tx, struct call *c, const struct warehouse_new *in,
                             const char *external_id, struct warehouse *ret)
{
    struct warehouse_lock_tenant_row tenant;
    TRY(warehouse_lock_tenant(tx, &tenant));
    struct warehouse was;
    TRY(warehouse_load(tx, c->path_id[0], &was));
    TRY(call_check_version(c, was.version));

    bool is_default = was.is_default;
    if (JSON_HAS(warehouse_new, in, is_default)) {
        if (was.is_default && !in->is_default)
            fault(c->problem, "/is_default", "default_needed",
                  "One warehouse must be the default; make another one the default instead.");
        is_default = in->is_default;
    }
    if (c->problem->code != OK)
        return c->problem->code;

    struct warehouse after = was;
    after.external_id = external_id != NULL ? external_id : was.external_id;
    after.code = in->code;
    after.name = in->name;
    after.address = address_json(tx, in);
    after.is_default = is_default;
    /* Saying the same again changes nothing, not even the version. */
    const char *before = warehouse_json(tx, &was);
    if (strcmp(before, warehouse_json(tx, &after)) == 0) {
        *ret = was;
        return OK;
    }
    TRY(check_free(tx, c, was.id, after.external_id, in->code));
    if (is_default && !was.is_default)
        TRY(warehouse_clear_default(tx, was.id));
    TRY(warehouse_update(tx, was.id, after.external_id, in->code, in->name, after.address,
                         is_default));
    TRY(warehouse_load(tx, was.id, ret));
    event_push(tx, c, "warehouse.updated", "warehouse", was.id, before, warehouse_json(tx, ret));
    return OK;
}

err warehouses_put(struct tx *tx, struct call *c, const struct warehouse_new *in,
                   struct warehouse *ret)
{
    const char *external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] != NIL64)
        return warehouse_replace(tx, c, in, external_id, ret);
    c->status = 201;
    return warehouse_add(tx, c, in, external_id, ret);
}

err warehouses_get(struct tx *tx, struct call *c, const struct none *in, struct warehouse *ret)
{
    (void)in;
    return warehouse_load(tx, c->path_id[0], ret);
}
