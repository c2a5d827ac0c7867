/* Freight: the policy, and the charge that follows from it. */
#include "server/shipments/freight.h"
#include "lib/base/decimal.h"
#include "server/catalog/catalog.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "shipments.sql.h"
#include <string.h>

const char *const freight_modes[] = {"none", "fixed", "per_shipment", "actual", NULL};

JSON_TYPE(freight_rule_new, FREIGHT_RULE_NEW_FIELDS, .doc = "What shipping costs in a currency.");
JSON_TYPE(freight_policy_new, FREIGHT_POLICY_NEW_FIELDS, .doc = "What shipping costs.");
JSON_TYPE(freight_rule, FREIGHT_RULE_FIELDS, .doc = "What shipping costs in a currency.");
JSON_TYPE(freight_policy, FREIGHT_POLICY_FIELDS, .doc = "What shipping costs.");

/* ---- the policy ---- */

static void rule_fault(const struct call *c, size_t i, const char *member, const char *code,
                       const char *detail)
{
    struct problem *p = c->problem;
    fault(p, arena_printf(p->arena, "/rules/%zu/%s", i, member), code, "%s", detail);
}

static void check_rule(const struct call *c, const struct freight_policy_new *in, size_t i,
                       const struct tax_rate_facts_list *rates, struct freight_rule *ret)
{
    const struct freight_rule_new *r = &in->rules.v[i];
    bool free = strcmp(r->mode, "none") == 0, actual = strcmp(r->mode, "actual") == 0;
    *ret = (struct freight_rule){.currency = r->currency,
                                 .mode = r->mode,
                                 .amount = NIL64,
                                 .tax_code_id = r->tax_code_id,
                                 .description = r->description != NULL ? r->description
                                                                       : "Freight"};
    for (size_t k = 0; k < i; k++)
        if (strcmp(in->rules.v[k].currency, r->currency) == 0)
            rule_fault(c, i, "currency", "repeated", "The currency stands here already.");
    if ((free || actual) && r->amount != NIL64)
        rule_fault(c, i, "amount", "out_of_place", "Leave it out: it has no fixed amount.");
    else if (!free && !actual && r->amount == NIL64)
        rule_fault(c, i, "amount", "required", "Say what it costs.");
    else if (r->amount != NIL64 &&
             money_from_decimal(r->amount, currency_exponent(r->currency), &ret->amount) != OK)
        rule_fault(c, i, "amount", "decimal_scale", "The currency has fewer decimals.");
    if (!free && r->tax_code_id == NIL64)
        rule_fault(c, i, "tax_code_id", "required", "Say how it is taxed.");
    else if (r->tax_code_id != NIL64 && !tax_code_known(rates, r->tax_code_id))
        rule_fault(c, i, "tax_code_id", "unknown_reference", "There is no such tax code.");
}

err freight_rules_queue(struct tx *tx, struct freight_rule_list *ret)
{
    return freight_rules_load_queue(tx, ret);
}

static err show(struct tx *tx, struct freight_policy *ret)
{
    return freight_rules_load(tx, &ret->rules);
}

err freight_policy_get(struct tx *tx, struct call *c, const struct none *in,
                       struct freight_policy *ret)
{
    (void)c, (void)in;
    return show(tx, ret);
}

err freight_policy_put(struct tx *tx, struct call *c, const struct freight_policy_new *in,
                       struct freight_policy *ret)
{
    size_t n = in->rules.n, kept = 0;
    int64_t *codes = ARENA_ARRAY(tx->arena, int64_t, n);
    struct freight_rule *rules = ARENA_ARRAY(tx->arena, struct freight_rule, n);
    struct tax_rate_facts_list rates = {0};
    struct freight_policy was;
    struct freight_lock_row lock;
    for (size_t i = 0; i < n; i++)
        codes[i] = in->rules.v[i].tax_code_id;
    TRY(tax_rates_load_queue(tx, codes, n, &rates));
    TRY(freight_lock(tx, &lock)); /* whoever writes the policy holds the tenant */
    TRY(show(tx, &was));
    for (size_t i = 0; i < n; i++) {
        check_rule(c, in, i, &rates, &rules[kept]);
        kept += strcmp(in->rules.v[i].mode, "none") != 0;
    }
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(freight_rules_delete(tx));
    if (kept > 0)
        TRY(freight_rules_insert(tx, rules, kept));
    TRY(show(tx, ret));
    event_push(tx, c, "freight_policy.changed", "tenant", tx->tenant,
               call_json(tx->arena, &freight_policy_type, &was, NULL),
               call_json(tx->arena, &freight_policy_type, ret, NULL));
    return OK;
}

/* ---- the charge ---- */

static err fault_freight(const struct call *c, const char *code, const char *detail)
{
    fault(c->problem, "/freight", code, "%s", detail);
    return c->problem->code;
}

err freight_decide(const struct call *c, const struct freight_rule_list *rules,
                   const struct freight_case *k, struct freight_charge *ret)
{
    const struct freight_rule *rule = NULL;
    for (size_t i = 0; i < rules->n && rule == NULL; i++)
        if (strcmp(rules->v[i].currency, k->currency) == 0)
            rule = &rules->v[i];
    bool actual = rule != NULL && strcmp(rule->mode, "actual") == 0;
    int64_t amount = 0;
    *ret = (struct freight_charge){.amount = NIL64, .tax_code_id = NIL64};
    if (!actual && k->given != NIL64)
        return fault_freight(c, "out_of_place",
                             "The freight policy does not take what a shipment says; leave it "
                             "out.");
    if (rule == NULL || (actual && k->given == NIL64))
        return OK;
    if (actual && money_from_decimal(k->given, currency_exponent(k->currency), &amount) != OK)
        return fault_freight(c, "decimal_scale", "The currency has fewer decimals.");
    if (strcmp(rule->mode, "per_shipment") == 0)
        amount = rule->amount;
    else if (!actual && __builtin_mul_overflow(rule->amount, (int64_t)k->n_first, &amount))
        return fault_freight(c, "out_of_range", "The freight is too large.");
    if (amount > 0)
        *ret = (struct freight_charge){.amount = amount,
                                       .tax_code_id = rule->tax_code_id,
                                       .currency = rule->currency,
                                       .description = rule->description};
    return OK;
}
