/* Which approvals an order needs: the tenant's rules against its lines. */
#include "server/orders/place.h"
#include <string.h>

/* Lines of which nothing is left say nothing about the order. */
static bool counts(const struct order_line *l)
{
    return l->canceled < l->quantity;
}

size_t order_approvals(struct arena *a, const struct call *c,
                       const struct approval_rule_facts_list *rules, const char *currency,
                       const struct order_line *lines, const int64_t *unit_costs, size_t n,
                       struct order_hold_placing *ret)
{
    struct approval_line *counted = ARENA_ARRAY(a, struct approval_line, n);
    struct approval_case k = {.currency = currency,
                              .cost_currency = c->tenant->currency,
                              .rounding = c->tenant->rounding,
                              .lines = counted};
    size_t met = 0;
    for (size_t i = 0; i < n; i++) {
        if (!counts(&lines[i]))
            continue;
        counted[k.n++] = (struct approval_line){.quantity = lines[i].quantity,
                                                .unit_price = lines[i].unit_price,
                                                .net = lines[i].net,
                                                .unit_cost = unit_costs[i]};
        k.gross += lines[i].gross; /* at most the order's */
    }
    for (size_t i = 0; i < rules->n; i++) {
        const char *reason = approval_reason(a, &rules->v[i], &k);
        if (reason != NULL)
            ret[met++] = (struct order_hold_placing){.kind = "approval",
                                                     .reason = reason,
                                                     .owner = rules->v[i].approver_scope,
                                                     .release_rule = "manual",
                                                     .approval_rule_id = rules->v[i].id};
    }
    return met;
}

err order_approvals_load(struct tx *tx, const struct call *c, const char *currency,
                         const struct order_line *lines, size_t n, struct order_hold_placing **ret,
                         size_t *ret_n)
{
    struct approval_rule_facts_list rules;
    struct product_facts_list products;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    *ret_n = 0;
    if (!c->tenant->approvals)
        return OK;
    for (size_t i = 0; i < n; i++)
        ids[i] = lines[i].product_id;
    TRY(approval_rules_load_queue(tx, &rules));
    TRY(products_load_queue(tx, ids, n, &products));
    TRY(tx_flush(tx));
    for (size_t i = 0; i < n; i++) {
        const struct product_facts *p = product_find(&products, lines[i].product_id);
        ids[i] = p != NULL ? p->unit_cost : NIL64;
    }
    *ret = ARENA_ARRAY(tx->arena, struct order_hold_placing, rules.n);
    *ret_n = order_approvals(tx->arena, c, &rules, currency, lines, ids, n, *ret);
    return OK;
}
