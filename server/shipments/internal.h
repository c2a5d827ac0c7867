/* What the use cases of shipments share. */
#pragma once
#include "server/orders/orders.h"
#include "server/shipments/freight.h"
#include "server/shipments/rules.h"
#include "server/shipments/shipments.h"

/* Says in s what follows from the rest of it: its orders, and what can be done. */
void shipment_complete(struct arena *a, struct shipment *s);
/* ERR_NO_ROW when it is not there. */
err shipment_load(struct tx *tx, int64_t id, struct shipment *ret) MUST_CHECK;

/* Pushes the event of what s is now; was: its status before, NULL for none. */
void shipment_tell(struct tx *tx, const struct call *c, const char *type, const char *was,
                   const struct shipment *s);

/* Goods on their way out: of orders locked by this transaction. */
struct shipping {
    struct tx *tx;
    struct call *c;
    struct order_state **orders; /* each once, in the order of the lines */
    size_t n_orders;
    int64_t shipment_id;
    int32_t ship_date;
    struct shipment_pick *picks;
    size_t n;
    struct stock_delta *taken; /* by pick, of what has left; NULL: nothing has */
    struct freight_charge freight;
};
/* Before anything leaves: what the customer pays for it. given: as the request says it. */
err shipping_charge(struct shipping *s, const struct freight_rule_list *rules,
                    int64_t given) MUST_CHECK;
/* Queues the charge of what left. */
err shipping_store_charge(const struct shipping *s) MUST_CHECK;
/* Fails the call when nothing of one of the orders may ship. */
err shipping_check_orders(const struct shipping *s) MUST_CHECK;
/* Fails the call when a pick is more than its line has open. */
err shipping_check_quantities(const struct shipping *s) MUST_CHECK;
/* Takes the picks out of locked stock and its lots and moves the orders on, in memory. Fails the
 * call when stock is short or a lot cannot go; then nothing has changed. */
err shipping_leave(struct shipping *s, const struct stock_facts_list *stock,
                   const struct lot_facts_list *lots) MUST_CHECK;
/* Queues what left with those of n shipments that did: stock, its movements, the orders. */
err shippings_store(struct tx *tx, const struct shipping *s, size_t n,
                    const struct order_state_list *orders) MUST_CHECK;

/* Fails the call: the pick cannot be taken out of stock. */
err shipping_refuse_take(const struct shipping *s, size_t i, const struct stock_facts *stock,
                         err e) MUST_CHECK;
/* Takes a pick, which stock bears otherwise, out of the lots of its stock. Where that is kept by
 * lot, pick->lots says which; where it is not, the pick may not name any. */
err shipping_take_lots(const struct shipping *s, size_t i, struct stock_facts *stock,
                       const struct lot_facts_list *lots, struct stock_delta *ret) MUST_CHECK;
/* Takes back what that did. */
void shipping_put_lots_back(struct shipment_pick *pick, struct stock_facts *stock);

/* A lot that a line took. */
struct shipment_lot_taken {
    int64_t shipment_id, line_no, lot_id, quantity, returned;
    const char *lot_number;
};
struct shipment_lot_taken_list {
    struct shipment_lot_taken *v; /* by line */
    size_t n;
};
/* Queues which lots the picks of n shipments took, and takes them out of stock, behind it. */
err shippings_store_lots(struct tx *tx, const struct shipping *s, size_t n) MUST_CHECK;
/* Queues the question for the lots of a shipment; after the flush its lines get them. */
err shipment_lots_queue(struct tx *tx, int64_t shipment_id,
                        struct shipment_lot_taken_list *ret) MUST_CHECK;
void shipment_lots_hand_out(struct arena *a, const struct shipment_lot_taken_list *taken,
                            struct shipment_line_list *lines);

/* Goods of a line that come back into the stock that they left. */
struct restocking {
    const struct shipment_line_state *line;
    int64_t quantity;
    const struct shipment_lot_back_list *lots; /* as the request names them */
    const char *at;                            /* pointer to the exception */
    const char *reason;
};
/* Puts them back, each into the lot that it came from; their stock is locked. */
err shipment_restock(struct tx *tx, const struct call *c, int64_t shipment_id, int32_t date,
                     const struct restocking *v, size_t n) MUST_CHECK;

/* Checks how lines with these quantities (by line number, from 1) are to be packed: all that is
 * wrong is a fault under /packages. */
void packages_check(const struct call *c, const struct shipment_package_new_list *packages,
                    const int64_t *quantities, size_t n);
/* The packages as they will be stored. */
struct shipment_package_list packages_of(struct arena *a,
                                         const struct shipment_package_new_list *in);
struct shipment_packages {
    int64_t shipment_id;
    struct shipment_package_list packages;
};
/* Queues the packages of n shipments that have none. */
err packages_store(struct tx *tx, const struct shipment_packages *v, size_t n) MUST_CHECK;
/* Queues what a draft is packed in instead of what it was. */
err packages_replace(struct tx *tx, const struct shipment_packages *v) MUST_CHECK;
/* Queues the question for the packages of a shipment; after the flush they are put together. */
struct packages_loading;
err packages_load_queue(struct tx *tx, int64_t shipment_id,
                        struct packages_loading **ret) MUST_CHECK;
struct shipment_package_list packages_loaded(struct arena *a, struct packages_loading *k);

/* The orders of a shipment, then the shipment, locked: the documented order of locks. ERR_NO_ROW,
 * or ERR_STALE when the caller saw another version. */
err shipment_lock_with_orders(struct tx *tx, const struct call *c, int64_t id,
                              struct order_state_list *ret_orders,
                              struct shipment_state *ret) MUST_CHECK;

/* Ships the draft. */
err shipment_ship_draft(struct tx *tx, struct call *c, int64_t id, const struct shipment_ship *in,
                        struct shipment *ret) MUST_CHECK;
/* Delivers the shipment that is on its way. */
err shipment_deliver(struct tx *tx, struct call *c, int64_t id, const struct shipment_deliver *in,
                     struct shipment *ret) MUST_CHECK;
