/* What the use cases of shipments share. */
#pragma once
#include "server/orders/orders.h"
#include "server/shipments/rules.h"
#include "server/shipments/shipments.h"

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
    struct stock_facts_list stock;
};
/* Fails the call when nothing of the order may ship. */
err shipping_check_order(const struct call *c, const struct order_state *o) MUST_CHECK;
/* Fails the call when a pick is more than its line has open. */
err shipping_check_quantities(const struct shipping *s) MUST_CHECK;
/* Queues the lock of the stock rows; s->stock is there after the next flush. */
err shipping_lock_stock(struct shipping *s) MUST_CHECK;
/* Takes the picks out of stock and moves the order on: queued. Fails the call when stock is short.
 */
err shipping_go(struct shipping *s) MUST_CHECK;

/* Ships the draft. */
err shipment_ship_draft(struct tx *tx, struct call *c, int64_t id, const struct shipment_ship *in,
                        struct shipment *ret) MUST_CHECK;
