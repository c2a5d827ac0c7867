/* What shipping costs the customer: a policy per currency, a charge on each shipment that leaves,
 * and a line on the first invoice that bills goods of it. */
#pragma once
#include "server/api/call.h"

extern const char *const freight_modes[]; /* none, fixed, per_shipment, actual */

#define FREIGHT_RULE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, currency, currency, .required = true, .doc = "Of the orders that it is for.")         \
    VALUE(T, choice, mode, .required = true, .choices = freight_modes,                             \
          .doc = "none: free. fixed: once an order, with its first shipment. per_shipment: with "  \
                 "every shipment. actual: what the shipment says in freight.")                     \
    VALUE(T, decimal, amount, .max = 1000000000000000, .doc = "Net, for fixed and per_shipment.",  \
          .example = "\"4.90\"")                                                                   \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "How it is taxed; needed but for none.")     \
    VALUE(T, string, description, .min = 1, .max = 200,                                            \
          .doc = "How invoices call it; default: Freight.")
JSON_STRUCT(freight_rule_new, FREIGHT_RULE_NEW_FIELDS);

#define FREIGHT_POLICY_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    LIST(T, freight_rule_new, rules, .required = true, .max = 200,                                 \
         .doc = "One a currency; of all others shipping is free.")
JSON_STRUCT(freight_policy_new, FREIGHT_POLICY_NEW_FIELDS);

#define FREIGHT_RULE_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, currency, currency, .doc = "Of the orders that it is for.")                           \
    VALUE(T, choice, mode, .choices = freight_modes, .doc = "When it is charged.")                 \
    VALUE(T, money, amount, .doc = "Net; null: what the shipment says.")                           \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "How it is taxed.")                          \
    VALUE(T, string, description, .doc = "How invoices call it.")
JSON_STRUCT(freight_rule, FREIGHT_RULE_FIELDS);

#define FREIGHT_POLICY_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    LIST(T, freight_rule, rules, .max = 200, .doc = "By currency.")
JSON_STRUCT(freight_policy, FREIGHT_POLICY_FIELDS);

/* ---- for shipping ---- */

/* A shipment that is about to leave. */
struct freight_case {
    const char *currency;
    int64_t given;  /* decimal, NIL64: the request says nothing */
    size_t n_first; /* orders of which nothing has ever left */
};
struct freight_charge {
    int64_t amount; /* minor units, NIL64: none */
    int64_t tax_code_id;
    const char *currency, *description; /* NULL: none */
};
/* OK, or a fault at /freight. Pure. */
err freight_decide(const struct call *c, const struct freight_rule_list *rules,
                   const struct freight_case *k, struct freight_charge *ret) MUST_CHECK;
/* Queues the question for the policy. */
err freight_rules_queue(struct tx *tx, struct freight_rule_list *ret) MUST_CHECK;
