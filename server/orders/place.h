/* Placing orders: the facts of a whole batch, the pure decision, the effects. */
#pragma once
#include "server/catalog/catalog.h"
#include "server/credit/decisions.h"
#include "server/credit/rules.h"
#include "server/customers/customers.h"
#include "server/inventory/inventory.h"
#include "server/orders/rules.h"

/* Why confirming did not simply confirm. */
enum confirm_outcome { CONFIRM_OK, CONFIRM_HELD, CONFIRM_NO_STOCK };

/* Confirms an order in memory, against facts that shrink as orders consume them: reserves the open
 * quantity of its stock lines (l->reserved; what is short of those that may wait: l->backordered)
 * and adds its gross to the account's exposure. Where credit does not allow it (mode enforce)
 * nothing is consumed and ret_reason tells why it is held; without stock nothing is consumed and
 * ret_reason names the first line that lacks it. force: whoever releases a hold has decided to go
 * over the limit. Pure: texts go to the arena. */
struct confirm_case {
    struct arena *arena;
    const char *credit_mode; /* ignore, warn, enforce: where no policy says another */
    int32_t today;
    const struct customer_facts *customer;
    struct credit_facts *credit;
    struct stock_facts_list *stock;
    bool force;
};
enum confirm_outcome confirm_decide(const struct confirm_case *k, int64_t gross,
                                    struct order_line *lines, size_t n,
                                    struct credit_verdict *ret_credit, const char **ret_reason);

/* Where the terms of an order come from, when it is not the request alone. */
struct order_origin {
    int64_t quote_id;
    const char *price_source; /* of lines with a unit_price, instead of "request" */
};
/* Places a new order of that origin, as POST /v1/orders would. */
err order_place_from(struct tx *tx, struct call *c, const struct order_new *in,
                     const struct order_origin *origin, struct order *ret) MUST_CHECK;
/* Prices an order as POST /v1/orders would, and that is all: nothing is locked, numbered or stored.
 * in->confirm and in->external_id say nothing here. */
err order_price(struct tx *tx, struct call *c, const struct order_new *in,
                struct order *ret) MUST_CHECK;

/* What events say of an order: id, number, status, customer, totals. */
const char *order_event_json(struct arena *a, const struct order *o);
/* The order as it is shown. ERR_NO_ROW. */
err order_load(struct tx *tx, int64_t id, struct order *ret) MUST_CHECK;
/* Queues the counters of those lines of locked orders that changed. */
err order_lines_store(struct tx *tx, const struct order_state_list *orders) MUST_CHECK;
/* Places an order that comes alone. draft: the order that it replaces, locked by this transaction;
 * it keeps its id and number. NULL: a new one. */
err order_place_one(struct tx *tx, struct call *c, const struct order_new *in,
                    const struct order *draft, struct order *ret) MUST_CHECK;
