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

extern const char *const ledger_sides[]; /* debit, credit */

/* ---- the API ---- */

#define LEDGER_ACCOUNT_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, name, .doc = "The account's name.", .example = "\"receivable\"")              \
    VALUE(T, choice, normal_side, .choices = ledger_sides, .doc = "The side that makes it grow.")  \
    VALUE(T, string, description, .doc = "What it holds.")
JSON_STRUCT(ledger_account, LEDGER_ACCOUNT_FIELDS);

#define LEDGER_ACCOUNT_CHART_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    LIST(T, ledger_account, accounts, .doc = "All accounts.")
JSON_STRUCT(ledger_account_chart, LEDGER_ACCOUNT_CHART_FIELDS);

#define AS_OF_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, date, as_of,                                                                          \
          .doc = "The last day that counts; default: today in the tenant's time zone.")
JSON_STRUCT(as_of_query, AS_OF_QUERY_FIELDS);

#define TRIAL_BALANCE_ROW_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, string, account, .doc = "The account.", .example = "\"receivable\"")                  \
    VALUE(T, choice, normal_side, .choices = ledger_sides, .doc = "The side that makes it grow.")  \
    VALUE(T, currency, currency, .doc = "Currency of the row.")                                    \
    VALUE(T, money, debit, .doc = "Sum of what was debited.")                                      \
    VALUE(T, money, credit, .doc = "Sum of what was credited.")                                    \
    VALUE(T, money, balance, .doc = "On the normal side; negative on the other.")
JSON_STRUCT(trial_balance_row, TRIAL_BALANCE_ROW_FIELDS);

#define TRIAL_BALANCE_TOTAL_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    VALUE(T, currency, currency, .doc = "Currency of the totals.")                                 \
    VALUE(T, money, debit, .doc = "Sum of all debits.")                                            \
    VALUE(T, money, credit, .doc = "Sum of all credits, the same amount.")
JSON_STRUCT(trial_balance_total, TRIAL_BALANCE_TOTAL_FIELDS);

#define TRIAL_BALANCE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, date, as_of, .doc = "The last day that counts.")                                      \
    LIST(T, trial_balance_row, rows, .doc = "One per currency and account that has moved.")        \
    LIST(T, trial_balance_total, totals, .doc = "One per currency.")
JSON_STRUCT(trial_balance, TRIAL_BALANCE_FIELDS);

#define LEDGER_TRANSFER_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, id, .prefix = "trf", .doc = "The transfer's id.")                                 \
    VALUE(T, string, debit_account, .doc = "The account debited.", .example = "\"receivable\"")    \
    VALUE(T, string, credit_account, .doc = "The account credited.", .example = "\"revenue\"")     \
    VALUE(T, currency, currency, .doc = "Currency of the amount.")                                 \
    VALUE(T, money, amount, .doc = "What moved.")                                                  \
    VALUE(T, date, effective_date, .doc = "The day it counts for.")                                \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "The customer concerned.")                   \
    VALUE(T, string, document, .doc = "Kind of the document that caused it.",                      \
          .example = "\"invoice\"")                                                                \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The invoice concerned.")                     \
    VALUE(T, id, credit_note_id, .prefix = "crn", .doc = "The credit note concerned.")             \
    VALUE(T, id, payment_id, .prefix = "pay", .doc = "The payment concerned.")                     \
    VALUE(T, id, allocation_id, .prefix = "alc", .doc = "The allocation that caused it.")          \
    VALUE(T, id, refund_id, .prefix = "rfd", .doc = "The refund that caused it.")                  \
    VALUE(T, instant, recorded_at, .doc = "When it was recorded.")
JSON_STRUCT(ledger_transfer, LEDGER_TRANSFER_FIELDS);

/* ---- for everyone ---- */

struct transfer {
    const char *debit_account, *credit_account; /* LEDGER_… */
    int64_t amount;                             /* minor units; 0 is skipped, negative is a bug */
    const char *currency;
    int64_t customer_id;
    int64_t debit_item, credit_item; /* the document whose open item moves; NIL64 else */
    const char *document; /* kind of the document that caused it: "invoice", "credit_note",
                             "payment", "allocation", "refund" */
    int64_t document_id;
    int32_t effective_date; /* checked by the caller with call_check_period */
};
/* Queues the transfers and their daily totals. May be called once per transaction: totals are hot
 * rows, locked in order after number series and before events. */
err ledger_post(struct tx *tx, const struct transfer *t, size_t n) MUST_CHECK;

/* Open items: one row per document that is not settled. */
struct open_item {
    int64_t id;       /* the document's */
    const char *kind; /* invoice, payment, credit_note */
    int64_t customer_id;
    const char *currency;
    int32_t document_date, due_date;
    int64_t amount, open_amount;
    int64_t disputed; /* of what is open on an invoice, never more */
};
struct open_item_list {
    struct open_item *v;
    size_t n;
};
/* Locks the items of these documents, sorted by id; settled ones are left out. */
err open_items_lock_queue(struct tx *tx, const int64_t *ids, size_t n,
                          struct open_item_list *ret) MUST_CHECK;
err open_items_lock(struct tx *tx, const int64_t *ids, size_t n,
                    struct open_item_list *ret) MUST_CHECK;
struct open_item *open_item_find(const struct open_item_list *list, int64_t id); /* or NULL */
/* Takes that off what is open. Returns by how much less of it is disputed then. */
int64_t open_item_reduce(struct open_item *item, int64_t by);
/* Queues the state of items after the act: open_amount 0 removes the row, anything else writes it
 * (inserting it when it is new or was settled before). */
err open_items_put(struct tx *tx, const struct open_item *items, size_t n) MUST_CHECK;
