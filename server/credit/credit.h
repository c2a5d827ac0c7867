/* Credit accounts: limit and exposure counters, one row each, locked before anything else of a
 * transaction (domain.md 2.3). Counters move by deltas in the transaction of the fact.
 *
 * A group of companies is a tree of accounts: what one owes counts into those above it. Locking an
 * account locks all above it, roots first, then by depth and id, so whoever holds a root holds the
 * tree. */
#pragma once
#include "server/api/call.h"

#define CREDIT_LEVELS_MAX 8 /* from an account up to its root */

extern const char *const credit_components[]; /* receivable, unbilled, ordered, unapplied,
                                                uncleared, disputed */
extern const char *const secured_kinds[];
extern const char *const credit_modes[]; /* ignore, warn, enforce */

/* What made exposure shrink: whoever waited for credit goes on because of it. */
struct credit_cause {
    const struct call *call;
    const char *resource; /* the kind's name */
    int64_t id;
};

/* Gross amounts in the account's currency, minor units. */
struct credit_delta {
    int64_t account;
    int64_t ordered;                  /* confirmed, not yet shipped or invoiced */
    int64_t unbilled;                 /* shipped, not yet invoiced */
    int64_t receivable;               /* open invoices */
    int64_t unapplied;                /* unapplied payments and available credit notes */
    int64_t uncleared;                /* pending payments */
    int64_t disputed;                 /* of open invoices */
    int64_t held;                     /* orders that wait for credit */
    int64_t below;                    /* exposure of accounts below: credit_apply() fills it */
    const struct credit_cause *cause; /* NULL: nothing to tell */
};

/* A policy as it is now, and what it asks about: see policies.h. */
struct credit_standing;

struct credit_facts {
    int64_t id, parent_id; /* NIL64: no parent */
    int64_t credit_limit;  /* today's; NIL64: none */
    int64_t ordered, unbilled, receivable, unapplied;
    int64_t below, held_orders;
    int64_t uncleared, disputed; /* here and below; what cleared by the clock is left out of the
                                    former by credit_ready() */
    int64_t uncleared_kept;      /* the former as it is stored; set by credit_ready() */
    int64_t unapplied_uncleared; /* of unapplied, what is pending; set by credit_ready() */
    int64_t secured;             /* by collateral that is valid today */
    int64_t deposit_percent;     /* of confirmed orders, to be there as unapplied money */
    int64_t policy_id;           /* the account's or the default one; NIL64: none */
    int64_t departures; /* how often a customer left it: who was known to have it before it was
                            locked may have another one by now */
    int32_t review_date;
    bool undecided; /* nobody has decided on its limit yet */
    const char *currency;
    /* set by credit_ready() */
    struct credit_facts *parent;            /* NULL: a root */
    const struct credit_standing *standing; /* NULL: no policy */
};
struct credit_facts_list {
    struct credit_facts *v;
    size_t n;
};

/* exposure = receivable + unbilled + ordered + below - unapplied - secured, with uncleared added
 * unless the account's policy allows it, and disputed taken off if that excludes it (domain.md S3);
 * may be negative. */
int64_t credit_exposure(const struct credit_facts *f);

/* Locks the accounts and those above them. credit_lock_queue leaves ret to the next flush, after
 * which credit_ready() makes it usable. Unknown ids are left out of ret. */
err credit_lock(struct tx *tx, const int64_t *accounts, size_t n,
                struct credit_facts_list *ret) MUST_CHECK;
err credit_lock_queue(struct tx *tx, const int64_t *accounts, size_t n,
                      struct credit_facts_list *ret) MUST_CHECK;
/* Sorts by id, joins parents, and loads the policies, and what of pending payments has cleared by
 * the clock, if there are any (only then it flushes).
 * ERR_SERIALIZATION when an account got another parent while we waited for it. */
err credit_ready(struct tx *tx, struct credit_facts_list *list) MUST_CHECK;
struct credit_facts *credit_find(const struct credit_facts_list *list, int64_t id); /* or NULL */
/* The accounts of these customers / orders / invoices, locked, those of orders and customers
 * together in one order. Queued: they hold from the next
 * flush on. Call before locking the documents themselves. */
err credit_lock_of_customers(struct tx *tx, const int64_t *customers, size_t n) MUST_CHECK;
err credit_lock_of_orders(struct tx *tx, const int64_t *orders, size_t n) MUST_CHECK;
err credit_lock_of_orders_and_customers(struct tx *tx, const int64_t *orders, size_t n_orders,
                                        const int64_t *customers, size_t n_customers) MUST_CHECK;
err credit_lock_of_invoices(struct tx *tx, const int64_t *invoices, size_t n) MUST_CHECK;

/* Queues the deltas, summed per account, and what they come to in the accounts above. The accounts
 * must be locked by this transaction. Remembers whose exposure shrank while orders wait. */
err credit_apply(struct tx *tx, const struct credit_delta *deltas, size_t n) MUST_CHECK;

/* An account in whose tree orders wait for credit, and what made room there. */
struct credit_room {
    int64_t root;
    const struct credit_cause *cause; /* or NULL */
};
struct credit_room_list {
    struct credit_room *v;
    size_t n;
};
/* Says that there may be room although no counter moved: a higher limit. The account is locked. */
void credit_made_room(struct tx *tx, int64_t account, const struct credit_cause *cause);
/* The same of an account that left its group, or got into another one: it is its own root now. */
void credit_moved_out(struct tx *tx, const struct credit_facts *f,
                      const struct credit_cause *cause);
/* What was remembered, once; forgets it. */
struct credit_room_list credit_take_room(struct tx *tx);

/* A note that there is room in a tree, for a transaction that cannot use it. */
struct credit_room_note {
    int64_t root, mark;
};
struct credit_room_note_list {
    struct credit_room_note *v;
    size_t n;
};
/* Queues notes, and wakes who works them off. */
err credit_room_leave(struct tx *tx, const int64_t *roots, size_t n) MUST_CHECK;
/* Some notes, as if their room had been made in this transaction. */
err credit_room_take_up(struct tx *tx, struct credit_room_note_list *ret) MUST_CHECK;
/* They are worked off: what was noted meanwhile stays. */
err credit_room_done(struct tx *tx, const struct credit_room_note_list *notes) MUST_CHECK;
/* An account on which cause takes effect, in the arena. */
const struct credit_cause *credit_cause_of(struct arena *a, const struct call *c,
                                           const char *resource, int64_t id);

/* The orders that wait for credit in the trees of these roots, the oldest first, `most` at most. */
struct blocked_order {
    int64_t order_id, account, root;
};
struct blocked_order_list {
    struct blocked_order *v;
    size_t n;
};
err credit_blocked_orders(struct tx *tx, const int64_t *roots, size_t n, int64_t most,
                          struct blocked_order_list *ret) MUST_CHECK;
/* Queues that orders begin or cease to wait. Their counter moves by credit_delta.held. */
struct blocked_key {
    int64_t account, order_id;
};
err credit_block(struct tx *tx, const struct blocked_key *keys, size_t n) MUST_CHECK;
err credit_unblock(struct tx *tx, const struct blocked_key *keys, size_t n) MUST_CHECK;

/* An open invoice of an account: when it is due, what is open and disputed of it. */
struct credit_due {
    int32_t due_date;
    int64_t amount, disputed;
};
struct credit_due_list {
    struct credit_due *v;
    size_t n;
};
err credit_dues(struct tx *tx, int64_t account,
                struct credit_due_list *ret) MUST_CHECK; /* by date */

/* A pending payment that will clear by the clock, of an account or of one below it. */
struct credit_clearing {
    int32_t clears_on; /* after today */
    int64_t amount;
    int64_t unapplied; /* of the account's own payments, what is not applied */
};
struct credit_clearing_list {
    struct credit_clearing *v;
    size_t n;
};
err credit_clearing_days(struct tx *tx, int64_t account,
                         struct credit_clearing_list *ret) MUST_CHECK;
