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

struct line_exposure lines_exposure(const struct order_line *lines, size_t n); /* their sum */

/* A service that can be invoiced as soon as its order is confirmed; other lines once they are
 * shipped or fulfilled. */
bool line_billed_on_order(const struct order_line *l);
/* Quantity that can be invoiced now. */
int64_t line_billable_quantity(const struct order_line *l);
/* Quantity that is still to be shipped, fulfilled or, of services billed on order, invoiced. */
int64_t line_open_quantity(const struct order_line *l);
/* What is shipped or invoiced, whichever is more. */
int64_t line_done_quantity(const struct order_line *l);
/* What can still be canceled or moved to another order: neither picked, shipped, invoiced nor
 * canceled. */
int64_t line_free_quantity(const struct order_line *l);
bool line_complete(const struct order_line *l);
/* A line of a confirmed order that may wait for stock waits for what is open and not reserved. */
void line_wait(struct order_line *l);

/* The status that the lines imply for a confirmed order: confirmed, in_fulfillment, fulfilled or
 * canceled. Decided by counting complete lines, never by a percentage (domain.md S2). */
const char *order_status_of_lines(const struct order_line *lines, size_t n);

/* Does the server know when a hold of this kind is over? */
bool hold_can_clear(const char *kind);

/* Which actions a state allows; texts are static, the list is in the arena. */
struct string_list order_actions(struct arena *a, const char *status, bool confirmed, bool held,
                                 const struct order_line *lines, size_t n);
/* What the open holds make of these actions: approvals are given, not released. */
struct string_list order_actions_held(struct arena *a, struct string_list actions,
                                      const struct order_hold_list *holds);
bool order_allows(const struct string_list *actions, const char *action);

/* An event of an order or of a document that followed from it, in the order in which they happened.
 */
struct order_event_row {
    int64_t seq, at;
    const char *type, *resource;
    int64_t resource_id;
    const char *parent; /* kind of the document that it follows from; NULL: the order itself */
    int64_t parent_id;
    const char *request_id; /* or NULL */
    int64_t api_key_id;
    const char *before, *after;
};
struct order_event_row_list {
    struct order_event_row *v;
    size_t n;
};
/* The seq of the event from which rows->v[i] follows, NIL64 for none. In one request everything
 * follows from the first event of what the request was about, the document farthest from the order;
 * that one follows from what the document itself went through last, or else the document that it
 * belongs to. */
int64_t order_event_cause(const struct order_event_row_list *rows, size_t i);
