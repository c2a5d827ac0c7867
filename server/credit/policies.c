/* Makes versions of credit policies, and loads what they ask about accounts. */
#include "server/credit/policies.h"
#include "lib/base/id.h"
#include "policies.sql.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"

const char *const credit_modes[] = {"ignore", "warn", "enforce", NULL};

JSON_TYPE(credit_policy_new, CREDIT_POLICY_RULE_FIELDS, .doc = "What a credit policy shall say.");
JSON_TYPE(credit_policy, CREDIT_POLICY_FIELDS, .doc = "What is checked, where, and what follows.");
JSON_TYPE(credit_policy_version, CREDIT_POLICY_VERSION_FIELDS, .doc = "A version of a policy.");
JSON_TYPE(credit_policy_history, CREDIT_POLICY_HISTORY_FIELDS, .doc = "All versions of a policy.");

static struct credit_policy of_request(int64_t id, const struct credit_policy_new *in)
{
    return (struct credit_policy){.id = id,
                                  .name = in->name,
                                  .is_default = in->is_default,
                                  .mode = in->mode,
                                  .max_overdue_days = in->max_overdue_days,
                                  .max_overdue_percent = in->max_overdue_percent,
                                  .max_document = in->max_document,
                                  .check_review = in->check_review,
                                  .check_new_customer = in->check_new_customer,
                                  .horizon_days = in->horizon_days,
                                  .max_dunning_level = in->max_dunning_level,
                                  .max_broken_promises = in->max_broken_promises,
                                  .broken_promise_days = in->broken_promise_days,
                                  .allow_uncleared = in->allow_uncleared,
                                  .exclude_disputed = in->exclude_disputed,
                                  .at_confirm = in->at_confirm,
                                  .at_amend = in->at_amend,
                                  .at_ship = in->at_ship,
                                  .at_invoice = in->at_invoice,
                                  .at_limit_decrease = in->at_limit_decrease};
}

/* One name, one policy; and one default at most. */
static err check_others(struct tx *tx, const struct call *c, const struct credit_policy *p)
{
    struct credit_policy_others_row_list others;
    TRY(credit_policy_others(tx, p->id, p->name, &others));
    for (size_t i = 0; i < others.n; i++) {
        if (others.v[i].named)
            return key_taken(c, "name", "cpo", others.v[i].id);
        if (p->is_default && others.v[i].is_default)
            return key_taken(c, "is_default", "cpo", others.v[i].id);
    }
    return OK;
}

static err keep(struct tx *tx, const struct call *c, int64_t id, const char *type,
                const char *before, struct credit_policy *ret)
{
    TRY(credit_policy_select(tx, id, ret));
    const char *content = call_json(tx->arena, &credit_policy_type, ret, NULL);
    TRY(credit_policy_version_insert(tx, id, ret->version, content));
    event_push(tx, c, type, "credit_policy", id, before, content);
    return OK;
}

err credit_policies_create(struct tx *tx, struct call *c, const struct credit_policy_new *in,
                           struct credit_policy *ret)
{
    struct credit_policy p = of_request(id_new(), in);
    TRY(check_others(tx, c, &p));
    TRY(credit_policy_insert(tx, &p, 1));
    return keep(tx, c, p.id, "credit_policy.created", NULL, ret);
}

err credit_policies_put(struct tx *tx, struct call *c, const struct credit_policy_new *in,
                        struct credit_policy *ret)
{
    struct credit_policy_lock_row lock;
    struct credit_policy before, after = of_request(c->path_id[0], in);
    TRY(credit_policy_lock(tx, after.id, &lock));
    TRY(call_check_version(c, lock.version));
    TRY(credit_policy_select(tx, after.id, &before));
    TRY(check_others(tx, c, &after));
    TRY(credit_policy_update(tx, &after, 1));
    return keep(tx, c, after.id, "credit_policy.updated",
                call_json(tx->arena, &credit_policy_type, &before, NULL), ret);
}

err credit_policies_get(struct tx *tx, struct call *c, const struct none *in,
                        struct credit_policy *ret)
{
    (void)in;
    return credit_policy_select(tx, c->path_id[0], ret);
}

err credit_policies_versions(struct tx *tx, struct call *c, const struct none *in,
                             struct credit_policy_history *ret)
{
    (void)in;
    ret->credit_policy_id = c->path_id[0];
    TRY(credit_policy_versions(tx, c->path_id[0], &ret->versions));
    return ret->versions.n == 0 ? ERR_NO_ROW : OK;
}

/* A bound in major units becomes one in minor units, the nearest below. */
static int64_t in_minor(int64_t decimal, const char *currency)
{
    int64_t unit = DECIMAL_ONE;
    for (int i = currency_exponent(currency); i > 0; i--)
        unit /= 10;
    return decimal == NIL64 ? NIL64 : decimal / unit;
}

err credit_standings_load(struct tx *tx, struct credit_facts_list *list)
{
    struct credit_standing_list standings;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, list->n);
    for (size_t i = 0; i < list->n; i++)
        ids[i] = list->v[i].id;
    TRY(credit_standings(tx, ids, list->n, &standings));
    for (size_t i = 0; i < standings.n; i++) {
        struct credit_standing *s = &standings.v[i];
        struct credit_facts *f = credit_find(list, s->account);
        if (f == NULL)
            continue;
        s->max_document = in_minor(s->max_document, f->currency);
        f->standing = s;
    }
    return OK;
}
