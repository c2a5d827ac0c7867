/* Which amounts go where: pure functions over open items, no database. domain.md 2.3: neither the
 * money nor an invoice ever gives more than it has. */
#pragma once
#include "lib/base/arena.h"
#include "server/cash/cash.h"
#include "server/ledger/ledger.h"

/* What the caller wants of one invoice. */
struct cash_ask {
    int64_t invoice_id;
    int64_t amount; /* minor units; NIL64: as much as both sides have */
};

struct cash_share {
    int64_t invoice_id;
    int64_t amount; /* > 0 */
};
struct cash_split {
    struct cash_share *v; /* the asks in their order, then the oldest due; each invoice once */
    size_t n;
    int64_t total; /* <= what was available */
};

enum cash_why {
    CASH_OVER_OPEN,      /* asks for more than the invoice's open amount */
    CASH_OVER_AVAILABLE, /* asks for more than what the asks before it leave */
};
struct cash_refusal {
    size_t ask; /* index of the one that cannot be met */
    enum cash_why why;
    int64_t limit; /* what it could have at most, >= 0 */
};

/* Splits what is available. Asks with an amount are served first, in their order and exactly; then
 * those without, in their order; then, with oldest_due, the other items of kind invoice, by due
 * date and id, until nothing is left or ALLOCATIONS_PER_REQUEST_MAX of them were served. items:
 * sorted by id; an invoice without one has nothing open.
 * No invoice is asked for twice. ERR_AMOUNT_EXCEEDED, and ret_refusal filled, when an ask cannot be
 * met; one without an amount cannot when there would be nothing for it. */
err cash_split(struct arena *a, int64_t available, const struct cash_ask *asks, size_t n_asks,
               const struct open_item_list *items, bool oldest_due, struct cash_split *ret,
               struct cash_refusal *ret_refusal) MUST_CHECK;

/* The index of the first ask whose invoice an earlier one names too; n when there is none. */
size_t cash_find_repeated(struct arena *a, const struct cash_ask *asks, size_t n);

/* The later of two days; NIL32 is earlier than any. */
int32_t later_date(int32_t a, int32_t b);

/* One of payment_statuses. */
const char *payment_status(const char *clearing, int64_t amount, int64_t refunded,
                           int64_t unapplied);

#define PAYMENT_ACTIONS_MAX 4
/* Names of the actions that such a payment allows. Returns how many. */
size_t payment_actions(const char *clearing, int64_t refunded, int64_t unapplied,
                       const char *ret[PAYMENT_ACTIONS_MAX]);
