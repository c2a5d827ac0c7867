/* Orders that wait for credit, looked at again when there is room. */
#pragma once
#include "server/api/call.h"

/* Most orders that one transaction looks at again; the rest waits for the next room. */
#define RECONSIDERED_MAX 1000

/* The last act of a transaction, before its events are written: confirms what fits where exposure
 * shrank in it. c: whose request it is, when the cause does not say. Costs nothing where no order
 * waits. */
err orders_reconsider(struct tx *tx, const struct call *c) MUST_CHECK;
