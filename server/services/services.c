/* What milestones, access and usage do alike. */
#include "lib/base/decimal.h"
#include "server/services/internal.h"
#include <string.h>

JSON_TYPE(milestone_new, MILESTONE_NEW_FIELDS, .doc = "A milestone to reach.");
JSON_TYPE(milestone_plan_new, MILESTONE_PLAN_NEW_FIELDS, .doc = "The milestones of a line.");
JSON_TYPE(milestone, MILESTONE_FIELDS, .doc = "A milestone of an order line.");
JSON_TYPE(milestone_plan, MILESTONE_PLAN_FIELDS, .doc = "The milestones of a line.");
JSON_TYPE(milestone_complete, MILESTONE_COMPLETE_FIELDS, .doc = "That a milestone was reached.");
JSON_TYPE(milestone_reopen, MILESTONE_REOPEN_FIELDS, .doc = "That a milestone was not reached.");
JSON_TYPE(access_grant_new, ACCESS_GRANT_NEW_FIELDS, .doc = "Access to grant.");
JSON_TYPE(access_grant, ACCESS_GRANT_FIELDS, .doc = "Access that a customer has.");
JSON_TYPE(access_change, ACCESS_CHANGE_FIELDS, .doc = "Why access changes.");
JSON_TYPE(access_revoke, ACCESS_REVOKE_FIELDS, .doc = "Why access ends.");
JSON_TYPE(usage_record_new, USAGE_RECORD_NEW_FIELDS, .doc = "Something that was used.");
JSON_TYPE(usage_record, USAGE_RECORD_FIELDS, .doc = "Something that was used.");
JSON_TYPE(usage_result, USAGE_RESULT_FIELDS, .doc = "What became of a line.");
JSON_TYPE(usage_reply, USAGE_REPLY_FIELDS, .doc = "What became of all lines.");

err service_order_lock(struct tx *tx, int64_t order_id, struct order_state **ret)
{
    struct order_state_list *list = ARENA_NEW(tx->arena, struct order_state_list);
    TRY(orders_lock(tx, &order_id, 1, list));
    *ret = order_state_find(list, order_id);
    return OK;
}

err service_order_check(const struct call *c, const struct order_state *o, bool held)
{
    bool ended = strcmp(o->status, "canceled") == 0 || strcmp(o->status, "closed") == 0;
    if (o->confirmed_at == NIL64 || ended || (o->held && !held))
        return fail(c->problem, ERR_WRONG_STATE,
                    "The order is %s; services of a confirmed order that is not on hold are "
                    "fulfilled.",
                    o->status);
    return OK;
}

struct order_line *service_line(const struct call *c, const struct order_state *o, int64_t line_no,
                                const char *fulfillment, const char *or_else)
{
    struct order_line *l = order_line_find(o, line_no);
    if (l == NULL) {
        fault(c->problem, "/order_line_no", "unknown_line", "The order has no such line.");
        return NULL;
    }
    if (l->fulfillment != NULL && (strcmp(l->fulfillment, fulfillment) == 0 ||
                                   (or_else != NULL && strcmp(l->fulfillment, or_else) == 0)))
        return l;
    fault(c->problem, "/order_line_no", "mismatch",
          "The line is not fulfilled by %s; its product says how.", fulfillment);
    return NULL;
}

void service_count(struct order_line *l, int64_t quantity)
{
    l->shipped += quantity;
    l->delivered += quantity;
}

err service_exceeded(const struct call *c, int64_t left, const char *what)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(left, DECIMAL_SCALE, 0, text);
    return fail(c->problem, ERR_QUANTITY_EXCEEDED, "Only %s of the line %s.", text, what);
}
