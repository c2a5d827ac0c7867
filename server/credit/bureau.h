/* What a credit bureau says of an applicant. The question is stored first and asked by a worker of
 * the server, outside of any transaction; what is not known is asked again under the same key until
 * it is, or given up: it is never taken for a yes or a no.
 *
 * The bureau, or an adapter in front of it, takes POST with a bureau_question as JSON and
 * "Idempotency-Key: brq_…", and answers 200 with a bureau_answer. Another 4xx is a refusal (it has
 * nothing to say of them), except 401, 403, 404 and 405, which are failures of ours; 408, 425, 429
 * and 503 are asked again; other statuses are failures of theirs. */
#pragma once
#include "lib/client/client.h"
#include "server/api/call.h"

#define BUREAU_ANSWER_BYTES_MAX ((size_t)16384)
#define BUREAU_TRIES_MAX 12

extern const char *const bureau_statuses[]; /* asked, answered, refused, failed, unknown */

#define BUREAU_QUESTION_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, application_id, .prefix = "cap", .doc = "The application.")                       \
    VALUE(T, string, name, .doc = "Who applies.")                                                  \
    VALUE(T, string, legal_name, .doc = "Their legal name.")                                       \
    VALUE(T, string, tax_id, .doc = "Their tax id.")                                               \
    VALUE(T, currency, currency, .doc = "Currency of the limit.")                                  \
    VALUE(T, money, requested_limit, .doc = "What they ask for.")
JSON_STRUCT(bureau_question, BUREAU_QUESTION_FIELDS);

#define BUREAU_ANSWER_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, integer, score, .required = true, .min = 0, .max = 100, .doc = "0: bad; 100: good.")  \
    VALUE(T, decimal, limit, .max = 1000000000000000000, .doc = "A limit that it proposes.")       \
    VALUE(T, string, reference, .max = 100, .doc = "Its own name of the answer.")
JSON_STRUCT(bureau_answer, BUREAU_ANSWER_FIELDS);

#define BUREAU_REQUEST_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "brq", .doc = "The request's id: the key under which it is asked.") \
    VALUE(T, id, credit_application_id, .prefix = "cap", .doc = "The application.")                \
    VALUE(T, choice, status, .choices = bureau_statuses,                                           \
          .doc = "unknown: it was sent, and nobody knows what became of it.")                      \
    VALUE(T, integer, tries, .doc = "How often it was asked.")                                     \
    VALUE(T, instant, next_try_at, .doc = "When it is asked next, at the latest; null: no more.")  \
    VALUE(T, integer, score, .doc = "What was answered, 0 to 100.")                                \
    VALUE(T, currency, currency, .doc = "Currency of the limit.")                                  \
    VALUE(T, money, proposed_limit, .doc = "The limit that was proposed.")                         \
    VALUE(T, string, reference, .doc = "The bureau's own name of the answer.")                     \
    VALUE(T, string, reason, .doc = "Why there is no answer.")                                     \
    VALUE(T, instant, asked_at, .doc = "When it was recorded.")                                    \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(bureau_request, BUREAU_REQUEST_FIELDS);

/* Whether this server has a bureau to ask: said once, before it serves. */
void bureau_available(bool yes);

/* ---- for the worker ---- */

struct bureau_due {
    int64_t tenant, id;
    int32_t today;
};
struct bureau_due_list {
    struct bureau_due *v;
    size_t n;
};
/* Requests of all tenants whose time has come, the longest waiting first; no tenant's transaction.
 */
err bureau_find(struct tx *tx, struct bureau_due_list *ret) MUST_CHECK;

/* A request that this worker has to itself until `again`; whoever dies with it leaves it to be
 * asked again then. */
struct bureau_try {
    int64_t id, application_id;
    int64_t tries; /* this one included */
    const char *key, *json;
    const char *currency;
};
/* ret_free false: another worker has it, or it has ended. Counts the try. */
err bureau_claim(struct tx *tx, int64_t id, int64_t again, struct bureau_try *ret,
                 bool *ret_free) MUST_CHECK;

/* What an answer says. Pure; texts go to the arena. */
struct bureau_outcome {
    const char *status; /* one of bureau_statuses; asked: it was not heard, and is asked again */
    int64_t score;      /* NIL64 unless answered */
    int64_t proposed_limit;
    const char *reference, *reason;
};
void bureau_read(struct arena *a, const struct client_answer *answer, const char *currency,
                 struct bureau_outcome *ret);
/* Stores it, and gives it up after BUREAU_TRIES_MAX; the scorecard of an application that is open
 * takes an answer in. again: when it is asked next if it has to be. */
err bureau_store(struct tx *tx, const struct bureau_try *t, const struct bureau_outcome *o,
                 int64_t again) MUST_CHECK;
