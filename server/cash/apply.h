/* Applying a payment or a credit note to invoices. */
#pragma once
#include "server/cash/rules.h"
#include "server/cash/source.h"
#include "server/invoices/invoices.h"

struct cash_wish {
    const struct cash_ask *asks; /* as the body's allocations */
    size_t n;
    bool oldest_due;
    int32_t effective_date; /* of each allocation; later where its invoice was not open before */
};
/* Reads the wish out of a body: faults for amounts that the currency cannot hold and for invoices
 * named twice. effective_date is left to the caller. */
struct cash_wish cash_wish_of(const struct call *c, struct arena *a,
                              const struct allocation_entry_list *entries, const char *policy,
                              const char *currency);

/* What applying does, decided but not stored. */
struct application {
    const struct cash_source *source;
    struct cash_split split;
    struct invoice_state_list invoices; /* locked */
    struct open_item_list items;        /* theirs, locked */
    const int32_t *dates;               /* effective dates, one per share */
};
/* Locks the invoices and decides. The source and its credit account are locked (or new). Faults for
 * invoices that do not exist or belong to somebody else; ERR_WRONG_STATE, ERR_CURRENCY_MISMATCH,
 * ERR_AMOUNT_EXCEEDED, ERR_PERIOD_LOCKED, all told to the caller. */
err application_decide(struct tx *tx, struct call *c, const struct cash_source *source,
                       const struct cash_wish *wish, struct application *ret) MUST_CHECK;
/* Queues it: allocations, invoices, open items, credit counters and books. Of a fresh source also
 * what it brought. The source's own row is the caller's. */
err application_store(struct tx *tx, struct call *c, const struct application *a) MUST_CHECK;
