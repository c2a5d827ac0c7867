/* What the use cases of cash share: the payment as GET gives it, and the locked source of money. */
#pragma once
#include "server/cash/cash.h"
#include "server/ledger/ledger.h"

/* ERR_NO_ROW when there is no such payment. */
err payment_load(struct tx *tx, int64_t id, struct payment *ret) MUST_CHECK;
/* Fills status and allowed_actions, which follow from the amounts. */
void payment_derive(struct arena *a, struct payment *p);
/* Its header as compact JSON, for events. */
const char *payment_json(struct arena *a, const struct payment *p);

/* What is applied to invoices or paid back: a payment or a credit note, locked. */
struct cash_source {
    const char *kind;    /* payment, credit_note: also the name of its kind of resource */
    const char *account; /* where the ledger holds what is available of it */
    int64_t id, version, customer_id, credit_account_id;
    const char *currency;
    const char *method;   /* how it would be paid back */
    int32_t date;         /* of the document */
    int32_t usable;       /* the day from which all that is available is there: the document's date,
                             or when an allocation was last taken back; earlier use would make the
                             balance of the days between negative */
    int64_t amount;       /* of the document */
    int64_t available;    /* neither applied nor refunded */
    int64_t refunded;     /* of a payment */
    const char *clearing; /* of a payment, by the clock: pending, cleared, returned */
    bool fresh;           /* received by this transaction: not in the books yet */
    bool pending;         /* a payment that counts as uncleared, though its day may have come */
    int32_t clears_on;    /* of a pending one; NIL32: when somebody says so */
    const char *before;   /* JSON of its header as it was, or NULL */
};

/* Locks the credit account, then the payment. ERR_NO_ROW. */
err cash_lock_payment(struct tx *tx, int64_t id, struct cash_source *ret) MUST_CHECK;
/* Locks the credit account, then the credit note. ERR_NO_ROW; ERR_WRONG_STATE, told to the caller,
 * when it is not issued. */
err cash_lock_credit_note(struct tx *tx, const struct call *c, int64_t id,
                          struct cash_source *ret) MUST_CHECK;

/* The source's open item when `available` is left of it. */
struct open_item cash_open_item(const struct cash_source *s, int64_t available);
/* Has a pending payment cleared by the clock? */
bool cash_cleared_by(const struct cash_source *s, int32_t day);
/* Queues what changes in the document itself: `unapplied` is added to what is available,
 * `refunded` to what was paid back. */
err cash_source_move(struct tx *tx, const struct cash_source *s, int64_t unapplied,
                     int64_t refunded) MUST_CHECK;
/* An amount with its currency, for sentences: "12.50 EUR". */
const char *cash_text(struct arena *a, int64_t amount, const char *currency);
