/* Approval rules: which orders somebody else must approve before they are confirmed. */
#pragma once
#include "server/api/call.h"

extern const char *const approval_rule_statuses[]; /* active, archived */

/* Whose approval is asked for when a rule names nobody. */
#define APPROVER_SCOPE_DEFAULT "orders:approve"

#define APPROVAL_RULE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the rule, unique.")     \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200,                                 \
          .doc = "What it is called; the hold's reason says it.")                                  \
    VALUE(T, choice, status, .choices = approval_rule_statuses,                                    \
          .doc = "Archived rules ask for nothing; default active.")                                \
    VALUE(T, currency, currency, .doc = "Of gross_from; default: the tenant's.")                   \
    VALUE(T, decimal, gross_from, .min = 0, .max = 1000000000000000000,                            \
          .doc = "Orders in the currency, of this gross amount or more.",                          \
          .example = "\"10000.00\"")                                                               \
    VALUE(T, decimal, discount_from, .min = 1, .max = 100000000,                                   \
          .doc = "Orders whose lines and header together take off this percentage or more.",       \
          .example = "\"15\"")                                                                     \
    VALUE(T, decimal, margin_below, .min = -1000000000, .max = 100000000,                          \
          .doc = "Orders whose margin, net less unit costs, is below this percentage of net. "     \
                 "Lines of products without a unit_cost do not count; nor do orders in another "   \
                 "currency than the tenant's, in which costs are.",                                \
          .example = "\"20\"")                                                                     \
    VALUE(T, string, approver_scope, .min = 3, .max = 64,                                          \
          .doc = "The scope that an approver's key must have besides orders:approve, such as "     \
                 "approvals:director; default: no other.",                                         \
          .example = "\"approvals:director\"")
JSON_STRUCT(approval_rule_new, APPROVAL_RULE_NEW_FIELDS);

#define APPROVAL_RULE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, id, id, .prefix = "apr", .doc = "The rule's id.")                                     \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, name, .doc = "What it is called.")                                            \
    VALUE(T, choice, status, .choices = approval_rule_statuses,                                    \
          .doc = "Archived rules ask for nothing.")                                                \
    VALUE(T, currency, currency, .doc = "Of gross_from.")                                          \
    VALUE(T, money, gross_from, .doc = "Orders of this gross amount or more; null: any.")          \
    VALUE(T, decimal, discount_from, .doc = "Orders with this discount or more; null: any.")       \
    VALUE(T, decimal, margin_below, .doc = "Orders with a margin below this; null: any.")          \
    VALUE(T, string, approver_scope, .doc = "What an approver's key must have.",                   \
          .example = "\"approvals:director\"")                                                     \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(approval_rule, APPROVAL_RULE_FIELDS);

/* ---- for orders ---- */

struct approval_rule_facts {
    int64_t id;
    const char *name, *approver_scope, *currency;
    int64_t gross_from, discount_from, margin_below; /* NIL64: does not ask */
};
struct approval_rule_facts_list {
    struct approval_rule_facts *v;
    size_t n;
};
/* The active rules, by id. Queued: ret is filled by the next flush. Only worth asking when the
 * tenant has some (tenant_facts.approvals). */
err approval_rules_load_queue(struct tx *tx, struct approval_rule_facts_list *ret) MUST_CHECK;

/* An order line as rules see it. */
struct approval_line {
    int64_t quantity, unit_price, net;
    int64_t unit_cost; /* in the tenant's currency; NIL64: unknown */
};
struct approval_case {
    const char *currency, *cost_currency;
    enum rounding rounding;
    int64_t gross;
    const struct approval_line *lines;
    size_t n;
};
/* Does the order meet all conditions of the rule? Then the reason of the hold, a sentence in the
 * arena; otherwise NULL. Pure. An order whose amounts leave their range meets every rule. */
const char *approval_reason(struct arena *a, const struct approval_rule_facts *rule,
                            const struct approval_case *k);
