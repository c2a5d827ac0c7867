/* How a line is shared among milestones, and where access stands: pure. */
#pragma once
#include "server/services/services.h"

/* What is left of a line to plan: neither canceled nor fulfilled, and its net. completed_net: of
 * the milestones that were reached. */
struct milestone_rest {
    int64_t quantity, net;
};
err milestone_rest(const struct order_line *l, int64_t completed_net,
                   struct milestone_rest *ret) MUST_CHECK;

enum milestone_unit { BY_PERCENT, BY_QUANTITY, BY_AMOUNT };
/* Shares the rest among n milestones that want parts of it (in 10^-6, or minor units): quantities
 * and nets add up to the rest exactly. ERR_INVALID when the parts do not add up to it, *ret_whole
 * is what they should come to; ERR_DECIMAL_SCALE when a part is no quantity with 6 decimals, so
 * that it would be invoiced with another amount (*ret_at). ERR_OVERFLOW. */
struct milestone_shares {
    enum milestone_unit unit;
    const int64_t *parts;
    size_t n;
    int64_t *quantities, *nets; /* out */
};
err milestones_share(const struct order_line *l, const struct milestone_rest *rest,
                     struct milestone_shares *s, int64_t *ret_whole, size_t *ret_at) MUST_CHECK;

/* Which changes a status of access allows: suspend, resume, revoke; the list is in the arena. */
struct string_list access_actions(struct arena *a, const char *status);
