/* Where a quote stands, and how it turns into the order that it offers. Pure. */
#pragma once
#include "server/quotes/quotes.h"

/* How long an offer holds when nobody says so. */
#define QUOTE_DAYS 30

/* Which actions a status allows; texts are static, the list is in the arena. */
struct string_list quote_actions(struct arena *a, const char *status);

/* The order that a quote's terms ask for, to be priced. */
struct order_new quote_order(const struct quote_new *in);
/* The order that the quote offers: everything that was agreed is said, nothing is looked up anew
 * but tax rates. */
struct order_new quote_accepted(struct arena *a, const struct quote *q,
                                const struct quote_accept *in);
