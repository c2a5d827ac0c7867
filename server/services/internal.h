/* What the files of this folder share. */
#pragma once
#include "server/services/services.h"

/* The order, locked, or NULL in *ret when there is none. */
err service_order_lock(struct tx *tx, int64_t order_id, struct order_state **ret) MUST_CHECK;
/* 409 unless services of the order can be fulfilled now. held: although it is on hold. */
err service_order_check(const struct call *c, const struct order_state *o, bool held) MUST_CHECK;
/* The line of that number, if it is fulfilled so; else a fault at /order_line_no, and NULL. */
struct order_line *service_line(const struct call *c, const struct order_state *o, int64_t line_no,
                                const char *fulfillment, const char *or_else);
/* Counts a quantity of a line as fulfilled, or (negative) no longer. */
void service_count(struct order_line *l, int64_t quantity);
/* "Only <left> is open": 409. */
err service_exceeded(const struct call *c, int64_t left, const char *what) MUST_CHECK;
