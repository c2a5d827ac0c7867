/* The books: transfers between accounts, open items, daily totals. Money moves only here. */
#pragma once
#include "server/api/call.h"

/* The chart: LEDGER_ACCOUNT(name, normal side, what it holds). */
#define LEDGER_ACCOUNTS(X)                                                                         \
    X(receivable, "debit", "Open invoices of customers")                                           \
    X(cash, "debit", "Money received and paid back")                                               \
    X(unapplied_cash, "credit", "Payments not yet applied to an invoice")                          \
    X(customer_credit, "credit", "Credit notes not yet applied or refunded")                       \
    X(revenue, "credit", "Net sales")                                                              \
    X(tax, "credit", "Tax owed on sales")                                                          \
    X(write_off, "debit", "Receivables given up")
#define LEDGER_ACCOUNT_NAME_(name, side, doc) extern const char LEDGER_##name[];
LEDGER_ACCOUNTS(LEDGER_ACCOUNT_NAME_) /* LEDGER_receivable is "receivable" … */

struct transfer {
    const char *debit_account, *credit_account; /* LEDGER_… */
    int64_t amount;           /* minor units; 0 is skipped, negative is a bug */
    const char *currency;
    int64_t customer_id;
    int64_t debit_item, credit_item; /* the document whose open item moves; NIL64 else */
    const char *document;     /* kind of the document that caused it: "invoice", "payment", … */
    int64_t document_id;
    int32_t effective_date;   /* checked by the caller with call_check_period */
};
/* Queues the transfers and their daily totals. May be called once per transaction: totals are hot
 * rows, locked in order after number series and before events. */
err ledger_post(struct tx *tx, const struct transfer *t, size_t n) MUST_CHECK;

/* Open items: one row per document that is not settled. */
struct open_item {
    int64_t id; /* the document's */
    const char *kind; /* invoice, payment, credit_note */
    int64_t customer_id;
    const char *currency;
    int32_t document_date, due_date;
    int64_t amount, open_amount;
};
struct open_item_list {
    struct open_item *v;
    size_t n;
};
/* Locks the items of these documents, sorted by id; settled ones are left out. */
err open_items_lock_queue(struct tx *tx, const int64_t *ids, size_t n, struct open_item_list *ret)
    MUST_CHECK;
err open_items_lock(struct tx *tx, const int64_t *ids, size_t n, struct open_item_list *ret)
    MUST_CHECK;
struct open_item *open_item_find(const struct open_item_list *list, int64_t id); /* or NULL */
/* Queues the state of items after the act: open_amount 0 removes the row, anything else writes it
 * (inserting it when it is new or was settled before). */
err open_items_put(struct tx *tx, const struct open_item *items, size_t n) MUST_CHECK;
