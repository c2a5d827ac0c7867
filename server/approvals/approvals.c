/* Approval rules: create, replace, read. */
#include "server/approvals/approvals.h"
#include "approvals.sql.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

const char *const approval_rule_statuses[] = {"active", "archived", NULL};

JSON_TYPE(approval_rule_new, APPROVAL_RULE_NEW_FIELDS, .doc = "A rule to create or replace.");
JSON_TYPE(approval_rule, APPROVAL_RULE_FIELDS,
          .doc = "Which orders somebody else must approve: those that meet all its conditions.");

/* resource:action, in small letters: what keys can have. */
static bool is_scope(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    size_t resource = strspn(text, letters);
    if (resource == 0 || text[resource] != ':')
        return false;
    size_t action = strspn(text + resource + 1, letters);
    return action > 0 && text[resource + 1 + action] == '\0';
}

static void check(const struct call *c, const struct approval_rule_new *in)
{
    if (in->gross_from == NIL64 && in->discount_from == NIL64 && in->margin_below == NIL64)
        fault(c->problem, "/gross_from", "required",
              "Give a condition: gross_from, discount_from or margin_below.");
    if (in->approver_scope != NULL && !is_scope(in->approver_scope))
        fault(c->problem, "/approver_scope", "invalid",
              "Write a scope in small letters, such as approvals:director.");
}

static struct approval_rule plan_from(const struct call *c, const struct approval_rule_new *in,
                                      const struct approval_rule *was)
{
    struct approval_rule t = was != NULL ? *was : (struct approval_rule){.id = id_new()};
    const char *external_id = external_id_of_put(c, in->external_id);
    check(c, in);
    if (external_id != NULL)
        t.external_id = external_id;
    t.name = in->name;
    t.status = in->status != NULL ? in->status : "active";
    t.currency = in->currency != NULL ? in->currency : c->tenant->currency;
    if (money_from_decimal(in->gross_from, currency_exponent(t.currency), &t.gross_from) != OK)
        fault(c->problem, "/gross_from", err_slug(ERR_DECIMAL_SCALE), "%s has %d decimals.",
              t.currency, currency_exponent(t.currency));
    t.discount_from = in->discount_from;
    t.margin_below = in->margin_below;
    t.approver_scope = in->approver_scope != NULL ? in->approver_scope : APPROVER_SCOPE_DEFAULT;
    return t;
}

static err check_external_id(struct tx *tx, const struct call *c, const struct approval_rule *t)
{
    struct approval_rule_by_external_id_row holder = {.id = NIL64};
    bool found = false;
    if (t->external_id != NULL)
        TRY(approval_rule_by_external_id(tx, t->external_id, &holder, &found));
    return found && holder.id != t->id ? external_id_taken(c, "apr", holder.id) : OK;
}

static const char *as_json(struct tx *tx, const struct approval_rule *t)
{
    return call_json(tx->arena, &approval_rule_type, t, NULL);
}

static err create(struct tx *tx, const struct call *c, const struct approval_rule_new *in,
                  struct approval_rule *ret)
{
    struct approval_rule t = plan_from(c, in, NULL);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(check_external_id(tx, c, &t));
    TRY(approval_rule_insert(tx, &t, 1));
    TRY(approval_rule_select(tx, t.id, ret));
    event_push(tx, c, "approval_rule.created", "approval_rule", t.id, NULL, as_json(tx, ret));
    return OK;
}

err approval_rules_create(struct tx *tx, struct call *c, const struct approval_rule_new *in,
                          struct approval_rule *ret)
{
    return create(tx, c, in, ret);
}

err approval_rules_put(struct tx *tx, struct call *c, const struct approval_rule_new *in,
                       struct approval_rule *ret)
{
    if (c->path_id[0] == NIL64) {
        c->status = 201;
        return create(tx, c, in, ret);
    }
    struct approval_rule before;
    TRY(approval_rule_lock(tx, c->path_id[0], &before));
    TRY(call_check_version(c, before.version));
    struct approval_rule after = plan_from(c, in, &before);
    if (c->problem->code != OK)
        return c->problem->code;
    const char *was = as_json(tx, &before);
    if (strcmp(was, as_json(tx, &after)) == 0) {
        *ret = before;
        return OK;
    }
    TRY(check_external_id(tx, c, &after));
    TRY(approval_rule_update(tx, &after, 1));
    TRY(approval_rule_select(tx, before.id, ret));
    event_push(tx, c, "approval_rule.updated", "approval_rule", before.id, was, as_json(tx, ret));
    return OK;
}

err approval_rules_get(struct tx *tx, struct call *c, const struct none *in,
                       struct approval_rule *ret)
{
    (void)in;
    return approval_rule_select(tx, c->path_id[0], ret);
}
