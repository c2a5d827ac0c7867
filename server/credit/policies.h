/* Policies: what is checked beyond the amount, where, and what follows. Every version is kept; what
 * was decided under an older one stays as it was. */
#pragma once
#include "server/credit/credit.h"

#define CREDIT_POLICY_RULE_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, string, name, .required = true, .min = 1, .max = 100, .doc = "Its name, unique.")     \
    VALUE(T, boolean, is_default,                                                                  \
          .doc = "Holds for all accounts without a policy of their own; "                          \
                 "at most one does.")                                                              \
    VALUE(T, choice, mode, .required = true, .choices = credit_modes,                              \
          .doc = "What a broken rule leads to: ignore, warn (an event) or enforce (a hold, or a "  \
                 "refusal).")                                                                      \
    VALUE(T, integer, max_overdue_days, .max = 3650,                                               \
          .doc = "Most days that an open invoice may be overdue; null: no such rule.")             \
    VALUE(T, decimal, max_overdue_percent, .max = 100000000,                                       \
          .doc = "Largest overdue share of what is owed; null: no such rule.")                     \
    VALUE(T, decimal, max_document, .max = 1000000000000000000,                                    \
          .doc = "Largest gross of a document, in the account's currency; null: no such rule.")    \
    VALUE(T, boolean, check_review, .doc = "The review date must not have passed.")                \
    VALUE(T, boolean, check_new_customer,                                                          \
          .doc = "Somebody must have decided on the limit: first-time customers wait for that.")   \
    VALUE(T, integer, horizon_days, .max = 3650,                                                   \
          .doc = "Confirmed orders requested for later than that do not count; null: all do.")     \
    VALUE(T, integer, max_dunning_level, .max = 9,                                                 \
          .doc = "Highest dunning level of a customer that is allowed; null: no such rule.")       \
    VALUE(T, integer, max_broken_promises, .max = 1000,                                            \
          .doc = "Most promises to pay that may have been broken lately; null: no such rule.")     \
    VALUE(T, integer, broken_promise_days, .min = 1, .max = 3650,                                  \
          .doc = "With max_broken_promises: how many days back that looks; null: 365.")            \
    VALUE(T, boolean, allow_uncleared,                                                             \
          .doc = "Payments that have not cleared lower the exposure as if they had.")              \
    VALUE(T, boolean, exclude_disputed,                                                            \
          .doc = "What is disputed of open invoices does not count, nor as overdue.")              \
    VALUE(T, boolean, at_confirm, .default_true = true,                                            \
          .doc = "Checks when an order is confirmed.")                                             \
    VALUE(T, boolean, at_amend, .default_true = true,                                              \
          .doc = "Checks when a confirmed order grows.")                                           \
    VALUE(T, boolean, at_ship, .doc = "Checks when goods leave.")                                  \
    VALUE(T, boolean, at_invoice, .doc = "Checks invoices without an order.")                      \
    VALUE(T, boolean, at_limit_decrease, .doc = "Refuses limits below the exposure.")
JSON_STRUCT(credit_policy_new, CREDIT_POLICY_RULE_FIELDS);

#define CREDIT_POLICY_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, id, id, .prefix = "cpo", .doc = "The policy's id.")                                   \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    CREDIT_POLICY_RULE_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(credit_policy, CREDIT_POLICY_FIELDS);

#define CREDIT_POLICY_VERSION_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    VALUE(T, integer, version, .doc = "Which version.")                                            \
    VALUE(T, instant, created_at, .doc = "Since when.")                                            \
    VALUE(T, raw, content, .doc = "What the policy said.", .example = "{\"mode\":\"enforce\"}")
JSON_STRUCT(credit_policy_version, CREDIT_POLICY_VERSION_FIELDS);

#define CREDIT_POLICY_HISTORY_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    VALUE(T, id, credit_policy_id, .prefix = "cpo", .doc = "The policy.")                          \
    LIST(T, credit_policy_version, versions, .doc = "Its versions, the first one first.")
JSON_STRUCT(credit_policy_history, CREDIT_POLICY_HISTORY_FIELDS);

/* What is asked of an account under a policy, loaded behind the account's lock. Absent numbers are
 * no rule. */
struct credit_standing {
    int64_t account, policy_id, policy_version;
    const char *mode;
    int64_t max_overdue_days;
    int64_t max_overdue_percent; /* millionths */
    int64_t max_document;        /* minor units */
    int64_t horizon_days;
    int64_t max_dunning_level, max_broken_promises;
    bool check_review, check_new_customer;
    bool allow_uncleared, exclude_disputed; /* both: false without a policy */
    bool at_confirm, at_amend, at_ship, at_invoice, at_limit_decrease;
    /* facts */
    int64_t overdue_days;    /* of the oldest open invoice; 0: none is overdue */
    int64_t overdue;         /* open amount past its due date */
    int64_t receivable;      /* open amount */
    int64_t beyond;          /* ordered for after the horizon */
    int64_t dunning_level;   /* the highest of its customers; asked only for the rule */
    int64_t broken_promises; /* of its customers, within the rule's days; asked only for it */
};
struct credit_standing_list {
    struct credit_standing *v;
    size_t n;
};

/* Does an order of such a customer wait for a first decision on their credit? */
bool credit_wants_decision(const struct credit_facts *account);

/* Loads the standing of every account of the list that has a policy: one flush. */
err credit_standings_load(struct tx *tx, struct credit_facts_list *list) MUST_CHECK;

/* Does the policy want a check at that point? No policy: at confirm only. */
bool credit_checked_at(const struct credit_facts *account, const char *point);
