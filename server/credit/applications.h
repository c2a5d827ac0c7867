/* Onboarding: who wants credit, how they have paid so far, and what was decided. First-time
 * customers are sent here by a policy that asks for a decision. */
#pragma once
#include "server/credit/accounts.h"

extern const char *const credit_application_statuses[]; /* open, approved, declined */
extern const char *const credit_application_verdicts[]; /* approve, decline */
extern const char *const bureau_statuses[];             /* bureau.h */

#define CREDIT_REFERENCE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "Who vouches for them.") \
    VALUE(T, string, contact, .max = 200, .omit_absent = true, .doc = "How to reach them.")        \
    VALUE(T, string, says, .max = 1000, .omit_absent = true, .doc = "What they say.")
JSON_STRUCT(credit_reference, CREDIT_REFERENCE_FIELDS);

#define CREDIT_APPLICATION_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                      \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus", .doc = "Who wants credit.")       \
    VALUE(T, decimal, requested_limit, .required = true, .max = CREDIT_AMOUNT_MAX,                 \
          .doc = "How much, in the customer's currency.", .example = "\"5000.00\"")                \
    VALUE(T, integer, requested_terms_days, .min = 0, .max = 365,                                  \
          .doc = "Days from invoice to due date that they ask for.")                               \
    LIST(T, credit_reference, references, .max = 20, .doc = "Who vouches for them.")               \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")
JSON_STRUCT(credit_application_new, CREDIT_APPLICATION_NEW_FIELDS);

#define CREDIT_SCORE_PART_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, string, part, .doc = "What was looked at.")                                           \
    VALUE(T, string, value, .doc = "What was seen.")                                               \
    VALUE(T, integer, points, .doc = "What it is worth.")                                          \
    VALUE(T, integer, most, .doc = "The most that it can be worth.")
JSON_STRUCT(credit_score_part, CREDIT_SCORE_PART_FIELDS);

#define CREDIT_APPLICATION_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, id, id, .prefix = "cap", .doc = "The application's id.")                              \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who wants credit.")                         \
    VALUE(T, choice, status, .choices = credit_application_statuses, .doc = "Where it stands.")    \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, money, requested_limit, .doc = "How much they ask for.")                              \
    VALUE(T, integer, requested_terms_days, .doc = "Which terms they ask for.")                    \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order that sent them here, if one did.")   \
    VALUE(T, raw, references, .type = &credit_reference_type, .doc = "Who vouches for them.",      \
          .example = "[{\"name\":\"Nordbank\"}]")                                                  \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, integer, score,                                                                       \
          .doc = "0 to 100, from how they paid until they applied; once a bureau has answered, "   \
                 "the mean of that and its score.")                                                \
    VALUE(T, raw, score_parts, .type = &credit_score_part_type,                                    \
          .doc = "How the score came about.",                                                      \
          .example = "[{\"part\":\"days_late\",\"value\":\"3\",\"points\":34,\"most\":40}]")       \
    VALUE(T, money, granted_limit, .doc = "The limit that was decided on.")                        \
    VALUE(T, integer, granted_terms_days, .doc = "The terms that were decided on.")                \
    VALUE(T, decimal, deposit_percent, .doc = "The deposit that is asked for.")                    \
    VALUE(T, string, reason, .doc = "Why it was decided so.")                                      \
    VALUE(T, instant, decided_at, .doc = "When it was decided.")                                   \
    VALUE(T, id, decided_by, .prefix = "key", .doc = "The key that decided.")                      \
    VALUE(T, choice, bureau_status, .choices = bureau_statuses,                                    \
          .doc = "Where the question to the credit bureau stands; null: it was not asked.")        \
    VALUE(T, integer, bureau_score, .doc = "What it answered, 0 to 100.")                          \
    VALUE(T, money, bureau_limit, .doc = "The limit that it proposes.")                            \
    VALUE(T, string, bureau_reference, .doc = "Its own name of the answer.")                       \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(credit_application, CREDIT_APPLICATION_FIELDS);

#define CREDIT_APPLICATION_DECIDE_FIELDS(T, VALUE, OBJECT, LIST)                                   \
    VALUE(T, choice, decision, .required = true, .choices = credit_application_verdicts,           \
          .doc = "approve or decline.")                                                            \
    VALUE(                                                                                         \
        T, decimal, credit_limit, .max = CREDIT_AMOUNT_MAX,                                        \
        .doc = "The limit; default: the one asked for. A declined customer has none to ask for; "  \
               "their orders go on waiting.")                                                      \
    VALUE(T, integer, payment_terms_days, .min = 0, .max = 365,                                    \
          .doc = "Default: what they ask for, or what they have.")                                 \
    VALUE(T, decimal, deposit_percent, .max = 100000000,                                           \
          .doc = "Of what is confirmed and not shipped; 100: prepayment; default: none.")          \
    VALUE(T, boolean, wait_for_bureau,                                                             \
          .doc = "Refuse with 409 while the credit bureau is being asked.")                        \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why.")
JSON_STRUCT(credit_application_decide, CREDIT_APPLICATION_DECIDE_FIELDS);

/* How a customer has paid. */
struct credit_behavior {
    int64_t invoices;  /* finalized; 0: nothing is known */
    int64_t late_days; /* average over all of them, millionths; unpaid ones count until today */
    int64_t owed, overdue;
    int64_t volume;   /* gross of the last 365 days */
    int64_t age_days; /* since their first order */
};
/* The scorecard: 40 points for paying on time, 30 for little that is overdue, 15 for the volume
 * against the limit asked for, 15 for the age of the relation. Who is unknown gets half of the
 * first two. ret_parts: JSON, every part with its value. Pure. */
int64_t credit_score(struct arena *a, const struct credit_behavior *b, int64_t requested_limit,
                     const char **ret_parts);

/* A new customer whose order waits for a decision: opens an application unless one is open. */
err credit_application_for(struct tx *tx, const struct call *c, const struct credit_facts *account,
                           int64_t customer, int64_t order, int64_t amount) MUST_CHECK;
