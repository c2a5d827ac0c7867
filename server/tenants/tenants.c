/* Reads, changes and creates the legal entity. */
#include "server/tenants/tenants.h"
#include "lib/base/id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "server/tenants/countries.h"
#include "tenants.sql.h"
#include <stdlib.h>
#include <string.h>

const char *const tenant_roundings[] = {"half_up", "half_even", "half_toward_positive", NULL};
const char *const tenant_tax_roundings[] = {"per_line", "per_document", NULL};
const char *const tenant_credit_modes[] = {"ignore", "warn", "enforce", NULL};

JSON_TYPE(tenant, TENANT_FIELDS, .doc = "The legal entity whose books these are.");
JSON_TYPE(tenant_patch_body, TENANT_PATCH_BODY_FIELDS, .doc = "What to change.");

err tenant_get(struct tx *tx, struct call *c, const struct none *in, struct tenant *ret)
{
    (void)c, (void)in;
    return tenant_select(tx, ret);
}

static void refuse_null(const struct call *c, const char *pointer)
{
    fault(c->problem, pointer, "required", "Write a value, or leave the member out.");
}

static void apply(const struct call *c, const struct tenant_patch_body *in, struct tenant *t)
{
    if (JSON_HAS(tenant_patch_body, in, name)) {
        if (in->name == NULL)
            refuse_null(c, "/name");
        t->name = in->name;
    }
    if (JSON_HAS(tenant_patch_body, in, legal_name)) {
        if (in->legal_name == NULL)
            refuse_null(c, "/legal_name");
        t->legal_name = in->legal_name;
    }
    if (JSON_HAS(tenant_patch_body, in, tax_id))
        t->tax_id = in->tax_id;
    if (JSON_HAS(tenant_patch_body, in, credit_mode)) {
        if (in->credit_mode == NULL)
            refuse_null(c, "/credit_mode");
        t->credit_mode = in->credit_mode;
    }
    if (JSON_HAS(tenant_patch_body, in, locked_until))
        t->locked_until = in->locked_until;
}

err tenant_patch(struct tx *tx, struct call *c, const struct tenant_patch_body *in,
                 struct tenant *ret)
{
    struct tenant before;
    TRY(tenant_lock(tx, &before));
    TRY(call_check_version(c, before.version));
    struct tenant after = before;
    apply(c, in, &after);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(tenant_update(tx, after.name, after.legal_name, after.tax_id, after.credit_mode,
                      after.locked_until));
    TRY(tenant_select(tx, ret));
    event_push(tx, c, "tenant.updated", "tenant", ret->id,
               call_json(tx->arena, &tenant_type, &before, NULL),
               call_json(tx->arena, &tenant_type, ret, NULL));
    return OK;
}

/* ---- for the command line ---- */

static bool one_of(const char *const *names, const char *name)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static err check(const struct tenant_new *in, struct problem *p)
{
    if (in->name[0] == '\0' || in->legal_name[0] == '\0')
        return fail(p, ERR_INVALID, "The tenant needs a name and a legal name.");
    if (currency_exponent(in->currency) < 0)
        return fail(p, ERR_INVALID, "%s is no ISO 4217 currency.", in->currency);
    if (!one_of(country_codes, in->country))
        return fail(p, ERR_INVALID, "%s is no ISO 3166 alpha-2 country.", in->country);
    if (!one_of(tenant_roundings, in->rounding))
        return fail(p, ERR_INVALID, "%s is no way to round.", in->rounding);
    if (!one_of(tenant_tax_roundings, in->tax_rounding))
        return fail(p, ERR_INVALID, "Tax is rounded per_line or per_document.");
    if (!one_of(tenant_credit_modes, in->credit_mode))
        return fail(p, ERR_INVALID, "The credit mode is ignore, warn or enforce.");
    if (in->fiscal_year_start_month < 1 || in->fiscal_year_start_month > 12)
        return fail(p, ERR_INVALID, "The fiscal year starts in a month from 1 to 12.");
    return OK;
}

static const char *or_default(const char *given, const char *otherwise)
{
    return given != NULL ? given : otherwise;
}

err tenant_create(struct tx *tx, const struct tenant_new *in, int64_t *ret_id)
{
    struct tenant_new t = *in;
    t.country = or_default(in->country, "DE");
    t.rounding = or_default(in->rounding, "half_up");
    t.tax_rounding = or_default(in->tax_rounding, "per_document");
    t.credit_mode = or_default(in->credit_mode, "enforce");
    t.fiscal_year_start_month = in->fiscal_year_start_month ? in->fiscal_year_start_month : 1;
    TRY(check(&t, tx->problem));

    struct time_zone_known_row zone;
    TRY(time_zone_known(tx, t.time_zone, &zone));
    if (!zone.known)
        return fail(tx->problem, ERR_INVALID, "%s is no time zone, write one like Europe/Berlin.",
                    t.time_zone);

    int64_t id = id_new();
    TRY(tenant_insert(tx, id, t.name, t.legal_name, t.tax_id, t.country, t.currency, t.time_zone,
                      t.fiscal_year_start_month, t.rounding, t.tax_rounding, t.credit_mode));
    tx->tenant = id;
    *ret_id = id;
    return OK;
}
