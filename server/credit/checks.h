/* Check points behind placing an order: shipping, invoicing without an order, lowering a limit.
 * They ask only where an account's policy wants it, and cost nothing elsewhere. */
#pragma once
#include "server/credit/credit.h"

struct credit_ask {
    const struct call *call;
    int64_t account, customer_id, order_id; /* the latter two may be NIL64 */
    int64_t amount;                         /* what it adds to the exposure */
    int64_t document;                       /* gross of the document; 0: none */
    bool released;                          /* somebody has decided to go over the limit */
    const char *refused;                    /* out: why not, or NULL */
};

/* Does an account that this transaction has locked (by orders, by orders and customers, or with its
 * facts) have a policy? */
bool credit_any_policy(struct tx *tx);
/* Judges in turn, each as if those before had gone through, and keeps the decisions that are not
 * refusals: those roll back with what they refuse. The accounts are locked. */
err credit_check(struct tx *tx, const char *point, struct credit_ask *asks, size_t n) MUST_CHECK;
/* Refuses a limit below the exposure where the policy says so (ERR_CREDIT_LIMIT). NIL64: no limit.
 * The account is locked. */
err credit_check_limit(struct tx *tx, const struct call *c, int64_t account,
                       int64_t limit) MUST_CHECK;
