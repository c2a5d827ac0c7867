/* What can be promised, and who gets what is scarce: pure functions, no database. */
#pragma once
#include "lib/base/value.h"
#include "server/inventory/inventory.h"
#include "server/orders/orders.h"
#include <stdbool.h>

/* Goods that are expected on a day. */
struct supply_on {
    int32_t date;
    int64_t quantity;
};
/* A product in a warehouse: what is free after everybody who waits has been served (may be
 * negative), and what is expected, by date. What is overdue counts for nothing. */
struct promise {
    int64_t free;
    int32_t today;
    const struct supply_on *supplies;
    size_t n;
};
/* What can be promised by a day, today or later; never below 0. */
int64_t promise_by(const struct promise *p, int32_t date);
/* The first day by which the quantity can be promised; NIL32: none. */
int32_t promise_first(const struct promise *p, int64_t quantity);

/* A line that waits for stock, and by what its order comes before others. */
struct waiting {
    struct order_state *order;
    struct order_line *line;
    int64_t priority;
    int32_t due_date; /* promised, else requested; NIL32: neither */
    int64_t rank;     /* out: from 1 */
    int64_t wanted, available, granted;
    const char *outcome; /* of allocation_outcomes */
};
extern const char *const allocation_outcomes[]; /* full, part, none, on_hold */

/* Gives what is available to those who wait: higher priority first, then the earlier due date
 * (those without one last), then the earlier order date, then the earlier order and line. Each
 * takes what is there, up to what it waits for; orders on hold take nothing. Moves lines and facts.
 * Sorts v. */
void allocate(struct waiting *v, size_t n, const struct stock_facts_list *stock);
