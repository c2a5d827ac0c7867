/* What an order is worth and where it stands: pure rules over lines. domain.md S2, S3, section 6.
 */
#pragma once
#include "server/orders/orders.h"

/* What a line adds to its credit account, gross minor units. Shares are rounded half up, from
 * cumulative quantities, so that the parts of a line always add up to its gross. */
struct line_exposure {
    int64_t ordered;  /* not shipped, not invoiced, not canceled */
    int64_t unbilled; /* shipped, not invoiced */
};
struct line_exposure line_exposure(const struct order_line *l);

/* Quantity that can still be canceled, shipped (stock) or invoiced (both; stock: once shipped). */
int64_t line_open_quantity(const struct order_line *l);
bool line_complete(const struct order_line *l);
/* A line of a confirmed order that may wait for stock waits for what is open and not reserved. */
void line_wait(struct order_line *l);

/* The status that the lines imply for a confirmed order: confirmed, in_fulfillment, fulfilled or
 * canceled. Decided by counting complete lines, never by a percentage (domain.md S2). */
const char *order_status_of_lines(const struct order_line *lines, size_t n);

/* Which actions a state allows; texts are static, the list is in the arena. */
struct string_list order_actions(struct arena *a, const char *status, bool confirmed, bool held,
                                 const struct order_line *lines, size_t n);
bool order_allows(const struct string_list *actions, const char *action);
