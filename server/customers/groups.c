/* Groups of customers: create, change, replace, read. */
#include "customers.sql.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/customers/customers.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

static const char *as_json(struct tx *tx, const struct customer_group *t)
{
    return call_json(tx->arena, &customer_group_type, t, NULL);
}

static err check_keys(struct tx *tx, const struct call *c, const struct customer_group *t)
{
    struct customer_group_keys_row keys;
    TRY(customer_group_keys(tx, t->external_id, t->code, &keys));
    if (keys.external_id_holder != NIL64 && keys.external_id_holder != t->id)
        return external_id_taken(c, "grp", keys.external_id_holder);
    if (keys.code_holder != NIL64 && keys.code_holder != t->id)
        return key_taken(c, "code", "grp", keys.code_holder);
    return OK;
}

static struct customer_group plan_from(const struct call *c, const struct customer_group_new *in,
                                       const struct customer_group *was)
{
    struct customer_group t = was != NULL ? *was : (struct customer_group){.id = id_new()};
    const char *external_id = external_id_of_put(c, in->external_id);
    if (external_id != NULL)
        t.external_id = external_id;
    t.code = in->code;
    t.name = in->name;
    t.metadata = in->metadata != NULL ? in->metadata : "{}";
    return t;
}

static err create(struct tx *tx, const struct call *c, const struct customer_group_new *in,
                  struct customer_group *ret)
{
    struct customer_group t = plan_from(c, in, NULL);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(check_keys(tx, c, &t));
    TRY(customer_group_insert(tx, t.id, t.external_id, t.code, t.name, t.metadata));
    TRY(customer_group_select(tx, t.id, ret));
    event_push(tx, c, "customer_group.created", "customer_group", t.id, NULL, as_json(tx, ret));
    return OK;
}

static err lock(struct tx *tx, const struct call *c, struct customer_group *ret)
{
    TRY(customer_group_lock(tx, c->path_id[0], ret));
    return call_check_version(c, ret->version);
}

/* Stores what `after` says over `before`. Saying the same again changes nothing, not even the
 * version. */
static err store(struct tx *tx, const struct call *c, const struct customer_group *before,
                 const struct customer_group *after, struct customer_group *ret)
{
    if (c->problem->code != OK)
        return c->problem->code;
    const char *was = as_json(tx, before);
    if (strcmp(was, as_json(tx, after)) == 0) {
        *ret = *before;
        return OK;
    }
    TRY(check_keys(tx, c, after));
    TRY(customer_group_update(tx, after->id, after->external_id, after->code, after->name,
                              after->metadata));
    TRY(customer_group_select(tx, before->id, ret));
    event_push(tx, c, "customer_group.updated", "customer_group", before->id, was,
               as_json(tx, ret));
    return OK;
}

err customer_groups_create(struct tx *tx, struct call *c, const struct customer_group_new *in,
                           struct customer_group *ret)
{
    return create(tx, c, in, ret);
}

/* A text that the request names but that cannot be missing. */
static void patch_text(const struct call *c, const char *pointer, const char *asked,
                       const char **ret)
{
    if (asked == NULL)
        fault(c->problem, pointer, "required", "Write a value, or leave the member out.");
    *ret = asked;
}

err customer_groups_patch(struct tx *tx, struct call *c, const struct customer_group_patch *in,
                          struct customer_group *ret)
{
    struct customer_group before;
    TRY(lock(tx, c, &before));
    struct customer_group after = before;
    if (JSON_HAS(customer_group_patch, in, external_id))
        after.external_id = in->external_id;
    if (JSON_HAS(customer_group_patch, in, code))
        patch_text(c, "/code", in->code, &after.code);
    if (JSON_HAS(customer_group_patch, in, name))
        patch_text(c, "/name", in->name, &after.name);
    if (JSON_HAS(customer_group_patch, in, metadata))
        after.metadata = in->metadata != NULL ? in->metadata : "{}";
    return store(tx, c, &before, &after, ret);
}

err customer_groups_put(struct tx *tx, struct call *c, const struct customer_group_new *in,
                        struct customer_group *ret)
{
    if (c->path_id[0] == NIL64) {
        c->status = 201;
        return create(tx, c, in, ret);
    }
    struct customer_group before;
    TRY(lock(tx, c, &before));
    struct customer_group after = plan_from(c, in, &before);
    return store(tx, c, &before, &after, ret);
}

err customer_groups_get(struct tx *tx, struct call *c, const struct none *in,
                        struct customer_group *ret)
{
    (void)in;
    return customer_group_select(tx, c->path_id[0], ret);
}
