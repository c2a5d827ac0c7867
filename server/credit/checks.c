/* Asks at the check points that policies want. */
#include "server/credit/checks.h"
#include "lib/base/distinct.h"
#include "server/credit/decisions.h"
#include "server/credit/policies.h"

/* NULL: it may go on. */
static const char *judge(struct tx *tx, const char *point, const struct credit_ask *ask,
                         struct credit_facts *f, struct credit_decisions *decisions)
{
    struct credit_verdict verdict;
    struct credit_question q = {.point = point,
                                .tenant_mode = "enforce",
                                .amount = ask->amount,
                                .document = ask->document,
                                .today = tx->today};
    if (f->standing == NULL || !credit_checked_at(f, point))
        return NULL;
    credit_judge(tx->arena, f, &q, &verdict);
    bool held = verdict.outcome == CREDIT_HELD;
    if (held && !ask->released)
        return verdict.reason;
    credit_decisions_add(decisions, f, &verdict,
                         &(struct credit_subject){.call = ask->call,
                                                  .point = point,
                                                  .customer_id = ask->customer_id,
                                                  .order_id = ask->order_id,
                                                  .amount = ask->amount,
                                                  .outcome = held ? "released" : NULL});
    credit_take(f, ask->amount);
    return NULL;
}

err credit_check(struct tx *tx, const char *point, struct credit_ask *asks, size_t n)
{
    struct credit_facts_list facts;
    struct credit_decisions decisions = credit_decisions_new(tx->arena, n);
    int64_t *accounts = ARENA_ARRAY(tx->arena, int64_t, n);
    if (n == 0 || !credit_any_policy(tx))
        return OK;
    for (size_t i = 0; i < n; i++)
        accounts[i] = asks[i].account;
    TRY(credit_lock(tx, accounts, distinct_ids(accounts, n), &facts));
    for (size_t i = 0; i < n; i++) {
        struct credit_facts *f = credit_find(&facts, asks[i].account);
        if (f != NULL)
            asks[i].refused = judge(tx, point, &asks[i], f, &decisions);
    }
    return credit_decisions_store(tx, &decisions);
}

err credit_check_limit(struct tx *tx, const struct call *c, int64_t account, int64_t limit)
{
    struct credit_facts_list facts;
    struct credit_decisions decisions = credit_decisions_new(tx->arena, 1);
    TRY(credit_lock(tx, &account, 1, &facts));
    struct credit_facts *f = credit_find(&facts, account);
    if (f == NULL || f->standing == NULL || !f->standing->at_limit_decrease)
        return OK;
    f->credit_limit = limit;
    struct credit_ask ask = {
        .call = c, .account = account, .customer_id = NIL64, .order_id = NIL64};
    const char *refused = judge(tx, "limit_decrease", &ask, f, &decisions);
    if (refused != NULL)
        return fail(c->problem, ERR_CREDIT_LIMIT, "%s", refused);
    return credit_decisions_store(tx, &decisions);
}
