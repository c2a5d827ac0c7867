/* Applying payments and credit notes to invoices: any number of applications in one transaction,
 * each decided as if those before it had been stored already. Find what they may touch, lock it,
 * decide in turn in memory, store all of it set-based. */
#pragma once
#include "server/cash/rules.h"
#include "server/cash/source.h"
#include "server/invoices/invoices.h"

/* One payment or credit note on its way to invoices. */
struct application {
    struct call *call;
    const struct allocation_entry_list *entries; /* of the body */
    bool oldest_due;
    int64_t customer_id; /* whose invoices oldest_due reaches */
    /* The caller's, before the locks: */
    int64_t available; /* most that it may have to give */
    /* The caller's, before application_decide: */
    const struct cash_source *source;
    int32_t effective_date; /* of each allocation; later where its invoice was not open before */
    /* application_read: */
    const struct cash_ask *asks; /* as the entries */
    /* application_decide: */
    struct cash_split split;
    const int32_t *dates;       /* effective dates, one per share */
    const int64_t *open;        /* what each share leaves open of its invoice */
    const int64_t *uncontested; /* by how much less of it is disputed then */
    /* cash_posting_add: */
    const struct allocation_new *allocations; /* one per share */
};
/* policy: the body's `allocate`. */
struct application application_of(struct call *c, int64_t customer_id,
                                  const struct allocation_entry_list *entries, const char *policy);

/* An open invoice that oldest_due may reach, not locked yet. */
struct oldest_open {
    int64_t customer_id, id, open_amount;
};
struct oldest_open_list {
    struct oldest_open *v; /* by customer, due date, id */
    size_t n;
};
/* When money was last taken back from an invoice. */
struct taken_back {
    int64_t invoice_id;
    int32_t last;
};
struct taken_back_list {
    struct taken_back *v; /* by invoice */
    size_t n;
};
/* The invoices of all applications of a transaction. Open amounts are those after the applications
 * that were decided. */
struct payables {
    struct oldest_open_list oldest;
    struct invoice_state_list invoices; /* locked */
    struct open_item_list items;        /* theirs, locked */
    struct taken_back_list back;
};
bool payables_need_search(const struct application *apps, size_t n); /* any oldest_due? */
/* Queues the search for what oldest_due may reach; nothing when no application asks for that. The
 * credit accounts are locked, or queued to be. */
err payables_search_queue(struct tx *tx, const struct application *apps, size_t n,
                          struct payables *ret) MUST_CHECK;
/* Queues the locks of what the applications name, and of what the search found that their money
 * reaches. After the search's flush, if it was needed. */
err payables_lock_queue(struct tx *tx, const struct application *apps, size_t n,
                        struct payables *p) MUST_CHECK;

/* Reads the entries: faults for amounts that the currency cannot hold and for invoices named twice.
 */
void application_read(struct arena *a, struct application *app);
/* Decides, in memory alone, and takes the shares off the open amounts. Its source is locked, or
 * new. Refuses, told to the caller: faults for invoices that do not exist or belong to somebody
 * else; ERR_WRONG_STATE, ERR_CURRENCY_MISMATCH, ERR_AMOUNT_EXCEEDED, ERR_PERIOD_LOCKED. */
err application_decide(struct arena *a, struct application *app, struct payables *p) MUST_CHECK;

/* What the decided applications of a transaction write. */
struct cash_posting;
/* Room for all of apps. */
struct cash_posting *cash_posting_new(struct arena *a, const struct application *apps, size_t n,
                                      struct payables *p);
/* Adds one, in the order in which they were decided, and pushes the events of its allocations and
 * invoices. Of a fresh source also what it brought. The source's own row is the caller's. */
void cash_posting_add(struct tx *tx, struct cash_posting *posting, struct application *app);
/* Queues all of it, a statement a table: allocations, invoices, open items, credit counters, books.
 */
err cash_posting_store(struct tx *tx, const struct cash_posting *posting) MUST_CHECK;
