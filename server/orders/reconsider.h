/* Orders that wait for credit, looked at again when there is room. */
#pragma once
#include "server/credit/credit.h"
#include "server/orders/orders.h"

/* Most orders that one transaction looks at again; the rest waits for the next room. */
#define RECONSIDERED_MAX 1000

/* Locks the orders that wait for credit in the trees of these roots, and nothing else keeps: with
 * their accounts, the oldest first. blocked says in which tree each is. */
err orders_waiting_for_credit(struct tx *tx, const int64_t *roots, size_t n,
                              struct blocked_order_list *blocked,
                              struct order_state_list *ret) MUST_CHECK;

/* The last act of a transaction, before its events are written: confirms what fits where exposure
 * shrank in it. c: whose request it is, when the cause does not say. Costs nothing where no order
 * waits. */
err orders_reconsider(struct tx *tx, const struct call *c) MUST_CHECK;
/* The same for notes of transactions that could not have the stock of the orders at once. */
err orders_reconsider_noted(struct tx *tx, const struct call *c) MUST_CHECK;
