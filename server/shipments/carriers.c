/* Carriers: who carries shipments, and the secret that signs what they send. */
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "server/shipments/tracking.h"
#include "shipments.sql.h"
#include <string.h>

JSON_TYPE(carrier_new, CARRIER_NEW_FIELDS, .doc = "A carrier to create.");
JSON_TYPE(carrier_patch, CARRIER_PATCH_FIELDS, .doc = "What to change of a carrier.");
JSON_TYPE(carrier_summary, CARRIER_HEADER_FIELDS, .doc = "A carrier.");
JSON_TYPE(carrier, CARRIER_FIELDS, .doc = "Who carries shipments.");

static err load(struct tx *tx, int64_t id, struct carrier *ret)
{
    char tenant[ID_TEXT_MAX], carrier[ID_TEXT_MAX];
    TRY(carrier_load(tx, id, ret));
    id_format("ten", tx->tenant, tenant);
    id_format("car", id, carrier);
    ret->webhook_path = arena_printf(tx->arena, "/v1/webhooks/%s/%s", tenant, carrier);
    return OK;
}

static const char *carrier_json(struct tx *tx, const struct carrier *c)
{
    return call_json(tx->arena, &carrier_type, c, NULL);
}

static err check_free(struct tx *tx, struct call *c, int64_t id, const char *external_id,
                      const char *name)
{
    struct carrier_taken_row other;
    bool found;
    TRY(carrier_taken(tx, id, external_id, name, &other, &found));
    if (!found)
        return OK;
    return other.by_external_id ? external_id_taken(c, "car", other.id)
                                : key_taken(c, "name", "car", other.id);
}

err carriers_create(struct tx *tx, struct call *c, const struct carrier_new *in,
                    struct carrier *ret)
{
    int64_t id = id_new();
    TRY(check_free(tx, c, id, in->external_id, in->name));
    TRY(carrier_insert(tx, id, in->external_id, in->name, in->webhook_secret, in->delivers));
    TRY(load(tx, id, ret));
    event_push(tx, c, "carrier.created", "carrier", id, NULL, carrier_json(tx, ret));
    return OK;
}

err carriers_get(struct tx *tx, struct call *c, const struct none *in, struct carrier *ret)
{
    (void)in;
    return load(tx, c->path_id[0], ret);
}

err carriers_patch(struct tx *tx, struct call *c, const struct carrier_patch *in,
                   struct carrier *ret)
{
    struct carrier_lock_row row;
    struct carrier was;
    TRY(carrier_lock(tx, c->path_id[0], &row));
    TRY(load(tx, c->path_id[0], &was));
    TRY(call_check_version(c, was.version));
    bool renames = JSON_HAS(carrier_patch, in, name);
    bool resigns = JSON_HAS(carrier_patch, in, webhook_secret);
    if (renames && in->name == NULL) {
        fault(c->problem, "/name", "required", "Write a value, or leave the member out.");
        return c->problem->code;
    }
    if (renames)
        TRY(check_free(tx, c, was.id, NULL, in->name));
    bool overlaps = resigns && in->webhook_secret != NULL && row.webhook_secret != NULL;
    if (resigns)
        TRY(carrier_set_secret(tx, was.id, in->webhook_secret, overlaps ? row.webhook_secret : NULL,
                               overlaps ? tx->now + CARRIER_SECRET_OVERLAP_US : NIL64));
    TRY(carrier_touch(tx, was.id, renames ? in->name : was.name,
                      JSON_HAS(carrier_patch, in, delivers) ? in->delivers : was.delivers));
    TRY(load(tx, was.id, ret));
    event_push(tx, c, resigns ? "carrier.secret_changed" : "carrier.updated", "carrier", was.id,
               carrier_json(tx, &was), carrier_json(tx, ret));
    return OK;
}
