/* Pure rules of services: see rules.h. */
#include "server/services/rules.h"
#include "lib/base/decimal.h"
#include "lib/base/money.h"
#include <string.h>

const char *const milestone_statuses[] = {"planned", "completed", "replaced", NULL};
const char *const access_statuses[] = {"granted", "active",  "suspended",
                                       "revoked", "expired", NULL};

err milestone_rest(const struct order_line *l, int64_t completed_net, struct milestone_rest *ret)
{
    int64_t net;
    TRY(money_share(l->net, l->quantity - l->canceled, l->quantity, ROUND_HALF_UP, &net));
    *ret = (struct milestone_rest){.quantity = l->quantity - l->canceled - l->shipped,
                                   .net = net > completed_net ? net - completed_net : 0};
    return OK;
}

static int64_t whole_of(const struct milestone_rest *rest, enum milestone_unit unit)
{
    return unit == BY_PERCENT    ? 100 * DECIMAL_ONE
           : unit == BY_QUANTITY ? rest->quantity
                                 : rest->net;
}

/* Invoices bill the share of a quantity: that must come to the amount that was planned. */
static err check_amounts(const struct order_line *l, const struct milestone_shares *s,
                         size_t *ret_at)
{
    int64_t quantity = l->shipped, net = 0, before, after;
    TRY(money_share(l->net, quantity, l->quantity, ROUND_HALF_UP, &before));
    for (size_t i = 0; i < s->n; i++) {
        quantity += s->quantities[i];
        net += s->nets[i];
        TRY(money_share(l->net, quantity, l->quantity, ROUND_HALF_UP, &after));
        *ret_at = i;
        if (after - before != net)
            return ERR_DECIMAL_SCALE;
    }
    return OK;
}

err milestones_share(const struct order_line *l, const struct milestone_rest *rest,
                     struct milestone_shares *s, int64_t *ret_whole, size_t *ret_at)
{
    int64_t sum = 0;
    *ret_whole = whole_of(rest, s->unit);
    for (size_t i = 0; i < s->n; i++)
        TRY(add64(sum, s->parts[i], &sum));
    if (sum != *ret_whole)
        return ERR_INVALID;
    TRY(money_allocate(rest->quantity, s->parts, s->n, s->quantities));
    TRY(money_allocate(rest->net, s->parts, s->n, s->nets));
    for (size_t i = 0; i < s->n; i++) {
        *ret_at = i;
        if (s->quantities[i] == 0)
            return ERR_DECIMAL_SCALE;
    }
    return s->unit == BY_AMOUNT ? check_amounts(l, s, ret_at) : OK;
}

struct string_list access_actions(struct arena *a, const char *status)
{
    struct string_list ret = {.v = ARENA_ARRAY(a, const char *, 2)};
    bool begun = strcmp(status, "granted") == 0 || strcmp(status, "active") == 0;
    if (begun)
        ret.v[ret.n++] = "suspend";
    if (strcmp(status, "suspended") == 0)
        ret.v[ret.n++] = "resume";
    if (begun || ret.n > 0)
        ret.v[ret.n++] = "revoke";
    return ret;
}
