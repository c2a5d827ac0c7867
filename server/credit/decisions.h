/* What was decided on whose credit, with the values that every rule saw: kept for good. An approval
 * by limits alone is kept by its order (credit_exposure, credit_limit) and costs no row. */
#pragma once
#include "server/credit/rules.h"

extern const char *const credit_points[];
extern const char *const credit_outcomes[]; /* approved, warned, held, refused, released */

#define CREDIT_DECISION_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, id, .prefix = "cde", .doc = "The decision's id.")                                 \
    VALUE(T, id, credit_account_id, .prefix = "cra", .doc = "Whose credit.")                       \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "The customer.")                             \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order, where one asked.")                  \
    VALUE(T, choice, point, .choices = credit_points, .doc = "What asked for it.")                 \
    VALUE(T, choice, outcome, .choices = credit_outcomes, .doc = "What came out.")                 \
    VALUE(T, choice, mode, .choices = credit_modes, .doc = "What a broken rule led to.")           \
    VALUE(T, id, policy_id, .prefix = "cpo", .doc = "The policy; null: limits alone.")             \
    VALUE(T, integer, policy_version, .doc = "Which version of it.")                               \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, money, amount, .doc = "What was asked for.")                                          \
    VALUE(T, money, exposure, .doc = "The exposure, the amount included.")                         \
    VALUE(T, money, credit_limit, .doc = "The limit of that day; null: none.")                     \
    VALUE(T, string, reason, .doc = "The first broken rule, or why it was released.")              \
    VALUE(T, raw, rules, .type = &credit_rule_type, .doc = "Every rule with its values.",          \
          .example = "[{\"rule\":\"limit\",\"account\":\"cra_01kq3v8d2e7g4\",\"value\":"           \
                     "\"589.05\",\"bound\":\"500.00\",\"ok\":false}]")                             \
    VALUE(T, instant, decided_at, .doc = "When.")                                                  \
    VALUE(T, id, decided_by, .prefix = "key", .doc = "The key that asked.")

#define CREDIT_RULE_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, rule, .doc = "Its name.")                                                     \
    VALUE(T, id, account, .prefix = "cra", .doc = "The account that it looked at.")                \
    VALUE(T, string, value, .doc = "What it saw.")                                                 \
    VALUE(T, string, bound, .doc = "What is allowed.")                                             \
    VALUE(T, boolean, ok, .doc = "Was it kept?")
JSON_STRUCT(credit_rule, CREDIT_RULE_FIELDS);
JSON_STRUCT(credit_decision, CREDIT_DECISION_FIELDS);

/* What was asked. */
struct credit_subject {
    const struct call *call; /* NULL: the server itself */
    const char *point;
    int64_t customer_id, order_id; /* NIL64: none */
    int64_t amount;
    const char *outcome; /* NULL: the verdict's */
    const char *reason;  /* NULL: the verdict's */
};

/* The decisions of a transaction, stored in one statement. */
struct credit_decisions {
    struct arena *arena;
    struct credit_decision *v;
    size_t n, cap;
};
struct credit_decisions credit_decisions_new(struct arena *a, size_t cap);
/* Adds it where it is to be kept: under a policy, or when it is no plain approval. */
void credit_decisions_add(struct credit_decisions *d, const struct credit_facts *account,
                          const struct credit_verdict *verdict,
                          const struct credit_subject *subject);
/* Queues them. */
err credit_decisions_store(struct tx *tx, const struct credit_decisions *d) MUST_CHECK;
