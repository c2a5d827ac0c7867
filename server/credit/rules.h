/* Sums over credit deltas, and the judgment whether an amount fits. Pure. */
#pragma once
#include "server/credit/credit.h"

/* Sorts by account and adds up what concerns the same one, in place; leaves out accounts on which
 * nothing moves. ret_n is how many remain. ERR_OVERFLOW. */
err credit_deltas_sum(struct credit_delta *deltas, size_t n, size_t *ret_n) MUST_CHECK;

/* What a delta adds to the exposure, uncleared and disputed left out: what the accounts above count
 * as below. */
int64_t credit_delta_net(const struct credit_delta *d);

/* The amount counts as ordered on the account, and in those above it. */
void credit_take(struct credit_facts *account, int64_t amount);

enum credit_outcome { CREDIT_APPROVED, CREDIT_WARNED, CREDIT_HELD };

struct credit_question {
    const char *point;       /* confirm, amend, ship, … */
    const char *tenant_mode; /* where no policy says another */
    int64_t amount;          /* what it adds to the exposure */
    int64_t ordered;         /* of it, what becomes ordered: a deposit is asked for that */
    int64_t document;        /* gross of the whole document */
    int32_t today;
};

struct credit_verdict {
    enum credit_outcome outcome;
    int64_t exposure; /* of the account, the amount included */
    int64_t limit;    /* of the account; NIL64: none */
    bool exceeded;    /* some rule is broken, whatever the mode makes of it */
    const char *mode;
    const char *reason; /* of the first broken rule, or NULL */
    const char *trace;  /* JSON: every rule with its values */
};

/* Judges against the limits of the account and of those above it, its deposit, and what its policy
 * asks beyond the amount. Texts go to the arena. */
void credit_judge(struct arena *a, const struct credit_facts *account,
                  const struct credit_question *q, struct credit_verdict *ret);
