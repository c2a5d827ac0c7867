/* The decision to confirm: credit first, then stock, all or nothing. */
#include "lib/base/decimal.h"
#include "server/credit/policies.h"
#include "server/orders/place.h"
#include <assert.h>
#include <string.h>

static bool is_stock(const struct order_line *l)
{
    return strcmp(l->kind, "stock") == 0;
}

/* Takes the line's open quantity from the facts, or says why not. What is not there a line that may
 * wait does without. */
static bool reserve(const struct confirm_case *k, struct order_line *l, const char **ret_reason)
{
    int64_t wanted = line_open_quantity(l) - l->reserved;
    if (wanted == 0)
        return true; /* canceled before it was ever confirmed: there may be no stock row at all */
    struct stock_facts *s = stock_find(k->stock, l->product_id, l->warehouse_id);
    int64_t available = stock_available(s);
    if (wanted > available && !l->backorder) {
        char want[DECIMAL_TEXT_MAX], have[DECIMAL_TEXT_MAX];
        decimal_format(wanted, DECIMAL_SCALE, 0, want);
        decimal_format(available, DECIMAL_SCALE, 0, have);
        *ret_reason = arena_printf(k->arena, "Line %lld wants %s of %s, %s are available.",
                                   (long long)l->line_no, want, l->sku, have);
        return false;
    }
    int64_t taken = wanted < available ? wanted : available;
    if (taken > 0) {
        assert(s != NULL); /* something of it is available */
        s->reserved += taken;
        l->reserved += taken;
    }
    line_wait(l);
    return true;
}

static void unreserve(const struct confirm_case *k, struct order_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        lines[i].backordered = 0;
        if (lines[i].reserved == 0)
            continue;
        stock_find(k->stock, lines[i].product_id, lines[i].warehouse_id)->reserved -= lines[i]
                                                                                          .reserved;
        lines[i].reserved = 0;
    }
}

/* NULL when the customer's credit lets the order through. */
static const char *credit_refusal(const struct confirm_case *k, int64_t gross,
                                  struct credit_verdict *ret)
{
    struct credit_question q = {.point = "confirm",
                                .tenant_mode = k->credit_mode,
                                .amount = gross,
                                .ordered = gross,
                                .document = gross,
                                .today = k->today};
    credit_judge(k->arena, k->credit, &q, ret);
    if (k->force)
        return NULL;
    if (strcmp(k->customer->status, "blocked") == 0) {
        ret->outcome = CREDIT_HELD;
        return ret->reason = "The customer is blocked.";
    }
    if (!credit_checked_at(k->credit, "confirm"))
        ret->outcome = CREDIT_APPROVED;
    return ret->outcome == CREDIT_HELD ? ret->reason : NULL;
}

enum confirm_outcome confirm_decide(const struct confirm_case *k, int64_t gross,
                                    struct order_line *lines, size_t n,
                                    struct credit_verdict *ret_credit, const char **ret_reason)
{
    *ret_reason = credit_refusal(k, gross, ret_credit);
    if (*ret_reason != NULL)
        return CONFIRM_HELD;
    for (size_t i = 0; i < n; i++) {
        if (!is_stock(&lines[i]) || reserve(k, &lines[i], ret_reason))
            continue;
        unreserve(k, lines, i);
        return CONFIRM_NO_STOCK;
    }
    credit_take(k->credit, gross);
    return CONFIRM_OK;
}
