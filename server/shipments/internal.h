/* What the use cases of shipments share. */
#pragma once
#include "server/orders/orders.h"
#include "server/shipments/rules.h"
#include "server/shipments/shipments.h"

/* Says in s what can be done with it; the rest of s is there. */
void shipment_allow(struct arena *a, struct shipment *s);
/* ERR_NO_ROW when it is not there. */
err shipment_load(struct tx *tx, int64_t id, struct shipment *ret) MUST_CHECK;

/* Pushes the event of what s is now; was: its status before, NULL for none. */
void shipment_tell(struct tx *tx, const struct call *c, const char *type, const char *was,
                   const struct shipment *s);

/* Goods on their way out: of one order, locked by this transaction. */
struct shipping {
    struct tx *tx;
    struct call *c;
    struct order_state *order;
    int64_t shipment_id;
    int32_t ship_date;
    struct shipment_pick *picks;
    size_t n;
    struct stock_delta *taken; /* by pick, of what has left; NULL: nothing has */
};
/* Fails the call when nothing of the order may ship. */
err shipping_check_order(const struct call *c, const struct order_state *o) MUST_CHECK;
/* Fails the call when a pick is more than its line has open. */
err shipping_check_quantities(const struct shipping *s) MUST_CHECK;
/* Takes the picks out of locked stock and moves the order on, in memory. Fails the call when stock
 * is short; then nothing has changed. */
err shipping_leave(struct shipping *s, const struct stock_facts_list *stock) MUST_CHECK;
/* Queues what left with those of n shipments that did: stock, its movements, the orders. */
err shippings_store(struct tx *tx, const struct shipping *s, size_t n,
                    const struct order_state_list *orders) MUST_CHECK;

/* Ships the draft. */
err shipment_ship_draft(struct tx *tx, struct call *c, int64_t id, const struct shipment_ship *in,
                        struct shipment *ret) MUST_CHECK;
