/* Keeps credit decisions. */
#include "server/credit/decisions.h"
#include "decisions.sql.h"
#include "lib/base/id.h"
#include "server/credit/policies.h"

const char *const credit_points[] = {"confirm",        "amend",   "ship",       "invoice",
                                     "limit_decrease", "release", "reconsider", NULL};
const char *const credit_outcomes[] = {"approved", "warned", "held", "refused", "released", NULL};

JSON_TYPE(credit_rule, CREDIT_RULE_FIELDS, .doc = "A rule, and what it saw.");
JSON_TYPE(credit_decision, CREDIT_DECISION_FIELDS, .doc = "What was decided on whose credit.");

struct credit_decisions credit_decisions_new(struct arena *a, size_t cap)
{
    return (struct credit_decisions){.arena = a, .cap = cap};
}

void credit_decisions_add(struct credit_decisions *d, const struct credit_facts *account,
                          const struct credit_verdict *verdict,
                          const struct credit_subject *subject)
{
    static const char *const names[] = {
        [CREDIT_APPROVED] = "approved", [CREDIT_WARNED] = "warned", [CREDIT_HELD] = "held"};
    const struct credit_standing *s = account->standing;
    if (s == NULL && verdict->outcome == CREDIT_APPROVED && subject->outcome == NULL)
        return;
    if (d->v == NULL)
        d->v = ARENA_ARRAY(d->arena, struct credit_decision, d->cap);
    d->v[d->n++] = (struct credit_decision){
        .id = id_new(),
        .credit_account_id = account->id,
        .customer_id = subject->customer_id,
        .order_id = subject->order_id,
        .point = subject->point,
        .outcome = subject->outcome != NULL ? subject->outcome : names[verdict->outcome],
        .mode = verdict->mode,
        .policy_id = s != NULL ? s->policy_id : NIL64,
        .policy_version = s != NULL ? s->policy_version : NIL64,
        .currency = account->currency,
        .amount = subject->amount,
        .exposure = verdict->exposure,
        .credit_limit = verdict->limit,
        .reason = subject->reason != NULL ? subject->reason : verdict->reason,
        .rules = verdict->trace,
        .decided_by = subject->call != NULL ? subject->call->api_key_id : NIL64,
    };
}

err credit_decisions_store(struct tx *tx, const struct credit_decisions *d)
{
    return d->n > 0 ? credit_decisions_insert(tx, d->v, d->n) : OK;
}
