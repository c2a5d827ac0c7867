/* What may ship, what shipping takes from where, and what can be done with a shipment: pure
 * functions, no database. */
#pragma once
#include "lib/base/err.h"
#include "server/inventory/inventory.h"
#include "server/orders/orders.h"
#include "server/shipments/shipments.h"
#include <stdbool.h>

/* What leaves out of a lot. */
struct lot_take {
    struct lot_facts *lot;
    int64_t quantity;
};

/* One line that leaves. */
struct shipment_pick {
    int64_t line_no; /* of the shipment, from 1 */
    int64_t order_line_no, product_id, warehouse_id;
    int64_t quantity;
    int64_t from_picked; /* of what was picked before, once it has left */
    struct order_state *order;
    struct order_line *line;
    const struct shipment_lot_new_list *asked; /* NULL or none: the lots are ours to choose */
    const char *lots_at;                       /* pointer to what it asks */
    struct lot_take *lots;                     /* of stock that is kept by lot, once it has left */
    size_t n_lots;
};

/* OK, or ERR_ON_HOLD or ERR_WRONG_STATE with a sentence that says why nothing of the order may
 * ship. */
err shipment_order_check(const struct order_state *o, const char **ret_why) MUST_CHECK;

/* Ordered, not canceled, not shipped; 0 for services. */
int64_t shipment_open_quantity(const struct order_line *line);

/* What ships when the caller names no lines: all that is reserved, or, when nothing is, all that is
 * open. picks has room for o->n_lines; returns how many were filled. */
size_t shipment_pick_all(struct order_state *o, struct shipment_pick *picks);
struct shipment_pick shipment_pick_line(struct order_state *o, struct order_line *line,
                                        int64_t line_no, int64_t quantity);

/* Takes the pick out of stock: first what is reserved for its line, then what is available. Moves
 * line->reserved, line->shipped and the facts of stock, and says by how much stock changes.
 * ERR_QUANTITY_EXCEEDED, ERR_INSUFFICIENT_STOCK (stock may be NULL: never had any); then nothing
 * has changed. */
err shipment_take(struct shipment_pick *pick, struct stock_facts *stock,
                  struct stock_delta *ret) MUST_CHECK;
/* Takes back what shipment_take did. */
void shipment_put_back(struct shipment_pick *pick, struct stock_facts *stock,
                       const struct stock_delta *taken);
/* Takes a quantity out of the usable ones of n lots, those that come first in the list; returns how
 * many takes it made, or 0 when they hold less, which then have not changed. ret has room for n. */
size_t lots_take_first(struct lot_facts *lots, size_t n, int64_t quantity, struct lot_take *ret);

/* What could be taken for the line now; never what is blocked or expired. */
int64_t shipment_takeable(const struct order_line *line, const struct stock_facts *stock);

/* The warehouse that all picks share; NIL64 when they do not. */
int64_t shipment_warehouse(const struct shipment_pick *picks, size_t n);

/* May goods of both orders go in one shipment: one customer, one address? */
bool shipment_orders_agree(const struct order_state *a, const struct order_state *b);

/* A quantity of a shipment line did not arrive; nothing of it counts as delivered. Takes what can
 * be taken off `shipped` of the order's line, whose `failed` grows by it, and returns how much that
 * is. reship: all of it, so that the line is open again; what was invoiced before stays invoiced.
 * Otherwise only what is not invoiced, which is canceled at once. Both lines are moved on. */
int64_t shipment_fail(struct shipment_line_state *l, struct order_line *line, int64_t quantity,
                      bool reship);

/* Is an update the last word, after the one that is (was NULL: none)? The later one by the
 * carrier's clock; of the same instant the one that is further on the way. */
bool tracking_supersedes(const char *was, int64_t was_at, const char *status, int64_t at);

#define SHIPMENT_ACTIONS_MAX 2
/* Names of the actions that the state allows; open_to_invoice: something can be invoiced.
 * Returns how many. */
size_t shipment_actions(const char *status, bool open_to_invoice,
                        const char *ret[SHIPMENT_ACTIONS_MAX]);
