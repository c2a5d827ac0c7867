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

bool order_line_reserve(const struct confirm_case *k, struct order_line *l, const char **ret_reason)
{
    int64_t wanted = line_open_quantity(l) - l->reserved;
    if (!is_stock(l) || wanted == 0) {
        line_wait(l);
        return true; /* canceled before it was ever confirmed: there may be no stock row at all */
    }
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
    int64_t taken = wanted < available || wanted < 0 ? wanted : available;
    if (taken > 0 || wanted < 0) {
        assert(s != NULL); /* something of it is available, or was reserved */
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

const char *order_credit_refusal(const struct confirm_case *k, const struct order_credit_ask *ask,
                                 struct credit_verdict *ret)
{
    struct credit_question q = {.point = ask->point,
                                .tenant_mode = k->credit_mode,
                                .amount = ask->more,
                                .ordered = ask->more,
                                .document = ask->document,
                                .today = k->today};
    credit_judge(k->arena, k->credit, &q, ret);
    if (k->force)
        return NULL;
    const char *blocked = strcmp(k->customer->status, "blocked") == 0 ? "The customer is blocked."
                          : strcmp(k->payer->status, "blocked") == 0  ? "Who pays is blocked."
                                                                      : NULL;
    if (blocked != NULL) {
        ret->outcome = CREDIT_HELD;
        return ret->reason = blocked;
    }
    if (!credit_checked_at(k->credit, ask->point))
        ret->outcome = CREDIT_APPROVED;
    return ret->outcome == CREDIT_HELD ? ret->reason : NULL;
}

enum confirm_outcome confirm_decide(const struct confirm_case *k, int64_t gross,
                                    struct order_line *lines, size_t n,
                                    struct credit_verdict *ret_credit, const char **ret_reason)
{
    const struct order_credit_ask ask = {.point = "confirm", .more = gross, .document = gross};
    *ret_reason = order_credit_refusal(k, &ask, ret_credit);
    if (*ret_reason != NULL)
        return CONFIRM_HELD;
    for (size_t i = 0; i < n; i++) {
        if (order_line_reserve(k, &lines[i], ret_reason))
            continue;
        unreserve(k, lines, i);
        return CONFIRM_NO_STOCK;
    }
    credit_take(k->credit, gross);
    return CONFIRM_OK;
}

bool order_stock_suffices(struct arena *a, const struct stock_facts_list *stock,
                          const struct order_line *lines, size_t n)
{
    struct stock_facts_list tried = {.v = ARENA_ARRAY(a, struct stock_facts, stock->n),
                                     .n = stock->n};
    if (stock->n > 0)
        memcpy(tried.v, stock->v, stock->n * sizeof(*stock->v));
    struct confirm_case k = {.arena = a, .stock = &tried};
    const char *reason;
    for (size_t i = 0; i < n; i++) {
        struct order_line l = lines[i];
        if (!order_line_reserve(&k, &l, &reason) || l.backordered > 0)
            return false;
    }
    return true;
}
