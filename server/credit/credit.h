/* Credit accounts: limit and exposure counters, one row each, locked before anything else of a
 * transaction (domain.md 2.3). Counters move by deltas in the transaction of the fact. */
#pragma once
#include "server/api/call.h"

/* Gross amounts in the account's currency, minor units. */
struct credit_delta {
    int64_t account;
    int64_t ordered;    /* confirmed, not yet shipped or invoiced */
    int64_t unbilled;   /* shipped, not yet invoiced */
    int64_t receivable; /* open invoices */
    int64_t unapplied;  /* unapplied payments and available credit notes */
};

struct credit_facts {
    int64_t id;
    int64_t credit_limit; /* NIL64: none */
    int64_t ordered, unbilled, receivable, unapplied;
};
struct credit_facts_list {
    struct credit_facts *v;
    size_t n;
};

/* exposure = receivable + unbilled + ordered - unapplied (domain.md S3); may be negative. */
int64_t credit_exposure(const struct credit_facts *f);

/* Locks the accounts, sorted by id. credit_lock_queue leaves ret to the next flush. Unknown ids are
 * left out of ret. */
err credit_lock(struct tx *tx, const int64_t *accounts, size_t n,
                struct credit_facts_list *ret) MUST_CHECK;
err credit_lock_queue(struct tx *tx, const int64_t *accounts, size_t n,
                      struct credit_facts_list *ret) MUST_CHECK;
/* The accounts of these customers / orders / invoices, locked, those of orders and customers
 * together in one order. Queued: they hold from the next
 * flush on. Call before locking the documents themselves. */
err credit_lock_of_customers(struct tx *tx, const int64_t *customers, size_t n) MUST_CHECK;
err credit_lock_of_orders(struct tx *tx, const int64_t *orders, size_t n) MUST_CHECK;
err credit_lock_of_orders_and_customers(struct tx *tx, const int64_t *orders, size_t n_orders,
                                        const int64_t *customers, size_t n_customers) MUST_CHECK;
err credit_lock_of_invoices(struct tx *tx, const int64_t *invoices, size_t n) MUST_CHECK;

/* Queues the deltas, summed per account. The accounts must be locked by this transaction. */
err credit_apply(struct tx *tx, const struct credit_delta *deltas, size_t n) MUST_CHECK;
