/* Placing orders: the facts of a whole batch, the pure decision, the effects. */
#pragma once
#include "server/approvals/approvals.h"
#include "server/catalog/catalog.h"
#include "server/credit/applications.h"
#include "server/credit/decisions.h"
#include "server/credit/rules.h"
#include "server/customers/customers.h"
#include "server/inventory/inventory.h"
#include "server/orders/rules.h"

/* Why confirming did not simply confirm. */
enum confirm_outcome { CONFIRM_OK, CONFIRM_HELD, CONFIRM_NO_STOCK };

/* Confirms an order in memory, against facts that shrink as orders consume them: reserves the open
 * quantity of its stock lines (l->reserved; what is short of those that may wait: l->backordered)
 * and adds its gross to the account's exposure. Where credit does not allow it (mode enforce)
 * nothing is consumed and ret_reason tells why it is held; without stock nothing is consumed and
 * ret_reason names the first line that lacks it. force: whoever releases a hold has decided to go
 * over the limit. Pure: texts go to the arena. */
struct confirm_case {
    struct arena *arena;
    const char *credit_mode; /* ignore, warn, enforce: where no policy says another */
    int32_t today;
    const struct customer_facts *customer;
    const struct customer_facts *payer; /* the customer, or who pays for them */
    struct credit_facts *credit;
    struct stock_facts_list *stock;
    bool force;
};
enum confirm_outcome confirm_decide(const struct confirm_case *k, int64_t gross,
                                    struct order_line *lines, size_t n,
                                    struct credit_verdict *ret_credit, const char **ret_reason);

/* Where the terms of an order come from, when it is not the request alone. */
struct order_origin {
    int64_t quote_id, blanket_order_id; /* NIL64: none */
    const int64_t *blanket_line_nos;    /* of each line; NULL: none */
    const char *price_source;           /* of lines with a unit_price, instead of "request" */
};
/* Queues what order lines draw from blanket orders, or (negative) give back. */
struct blanket_draw {
    int64_t blanket_order_id, line_no, quantity;
};
err blanket_draw(struct tx *tx, const struct blanket_draw *draws, size_t n) MUST_CHECK;
/* The same for a locked call-off whose lines change: now is what they become. Once a transaction.
 */
err blanket_draw_changes(struct tx *tx, struct order_state *o,
                         const struct order_line *now) MUST_CHECK;
/* Places a new order of that origin, as POST /v1/orders would. */
err order_place_from(struct tx *tx, struct call *c, const struct order_new *in,
                     const struct order_origin *origin, struct order *ret) MUST_CHECK;
/* Prices an order as POST /v1/orders would, and that is all: nothing is locked, numbered or stored.
 * in->confirm and in->external_id say nothing here. */
err order_price(struct tx *tx, struct call *c, const struct order_new *in,
                struct order *ret) MUST_CHECK;

/* NULL when the credit of the customer, and of who pays, bears `more`; else why not. Consumes
 * nothing. */
struct order_credit_ask {
    const char *point;      /* confirm, amend */
    int64_t more, document; /* gross that is added, and of all that is open then */
};
const char *order_credit_refusal(const struct confirm_case *k, const struct order_credit_ask *ask,
                                 struct credit_verdict *ret);
/* Reserves what is open of a stock line: takes it from the facts, or gives back what is no longer
 * open. False, and why, when there is not enough; then nothing has changed. */
bool order_line_reserve(const struct confirm_case *k, struct order_line *l,
                        const char **ret_reason);
/* Could all that is open and not yet reserved be reserved? Consumes nothing. */
bool order_stock_suffices(struct arena *a, const struct stock_facts_list *stock,
                          const struct order_line *lines, size_t n);

/* ---- commands on one order (actions.c): locked first, in the one order of locks ---- */

/* The order of the path, locked, when `action` is allowed now; else the call's problem says what
 * is. */
err order_lock_for(struct tx *tx, struct call *c, const char *action,
                   struct order_state **ret) MUST_CHECK;
/* Against what a locked order is checked: its customers, and under lock its credit account and the
 * stock of its lines. */
struct order_facts {
    struct confirm_case confirm;
    struct credit_facts_list credit;
    struct stock_facts_list stock; /* what is held for the order is free */
    struct reservation_facts_list named;
};
err order_facts_load(struct tx *tx, const struct call *c, const struct order_state *o,
                     struct order_facts *ret) MUST_CHECK;
/* Queues deltas of what some lines count as ordered and unbilled on the order's account. */
err order_exposure_apply(struct tx *tx, const struct order_state *o,
                         const struct line_exposure *was,
                         const struct line_exposure *now) MUST_CHECK;
/* Queues lines that are new to a locked order. */
err order_lines_add(struct tx *tx, int64_t order_id, const struct order_line *lines,
                    size_t n) MUST_CHECK;
/* Queues all that an amendment can change of lines that are there. */
err order_lines_change(struct tx *tx, int64_t order_id, const struct order_line *lines,
                       size_t n) MUST_CHECK;
/* Resolves and prices lines for an order that exists, as if it had been ordered with them; they
 * have no numbers and amounts yet. Faults are under `under` ("/add_lines"). */
err order_lines_resolve(struct tx *tx, struct call *c, const struct order *o,
                        const struct order_line_new_list *in, const char *under,
                        struct order_line_list *ret) MUST_CHECK;
/* What is to go instead of what a line has open. */
struct substitute_wish {
    int64_t line_no;
    int64_t product_id; /* NIL64: by sku; without that the best one that has enough */
    const char *sku;
    int64_t quantity; /* NIL64: all that is open and not reserved */
    bool reprice;     /* else the line's price */
    bool optional; /* the order is confirmed next, with or without a substitute: of all or none */
};
/* Replaces them on a locked order as an amendment: priced, checked against credit and stock, kept
 * as a revision. ret may be NULL. */
err order_substitute(struct tx *tx, struct call *c, struct order_state *o,
                     const struct substitute_wish *wishes, size_t n, const char *reason,
                     struct order *ret) MUST_CHECK;
/* What is short of the lines of a locked order, not confirmed yet, that take substitutes: replaces
 * it where one has enough; o is then the order as it has become. */
err order_accept_substitutes(struct tx *tx, struct call *c, struct order_state *o) MUST_CHECK;
/* Pushes order.substituted, which names the lines that replace others, if any do. */
void order_tell_substituted(struct tx *tx, const struct call *c, int64_t order_id,
                            const struct order_line *lines, size_t n);
/* A sentence that names what could go instead of what lines lack, behind `reason`. */
const char *order_name_substitutes(struct arena *a, const char *reason,
                                   const struct order_line *lines, size_t n,
                                   const struct substitute_facts_list *substitutes);
/* Queues which lines, inserted just before, may be replaced and which ones replace another. */
err order_lines_substitution_store(struct tx *tx, int64_t order_id, const struct order_line *lines,
                                   size_t n) MUST_CHECK;

/* Keeps what an amendment made of a locked order. */
err order_revision_keep(struct tx *tx, const struct call *c, const char *kind, const char *reason,
                        const struct order *before, const struct order *after) MUST_CHECK;
/* Queues the header alone. */
err order_set_status(struct tx *tx, const struct order_state *o, const char *status,
                     int64_t confirmed_at) MUST_CHECK;
/* Confirms a locked order, or puts it on credit hold. release: why it goes over the limit, if it
 * does; NULL: it may not. */
err order_confirm_locked(struct tx *tx, struct call *c, struct order_state *o,
                         const char *release) MUST_CHECK;
/* What was decided on the order's credit, where it has to be kept. */
err order_credit_keep(struct tx *tx, const struct call *c, const struct order_state *o,
                      const struct credit_facts *account, const struct credit_verdict *verdict,
                      struct credit_subject subject) MUST_CHECK;
/* The order waits for credit from now on, or no longer. */
err order_wait_for_credit(struct tx *tx, struct order_state *o, bool waits) MUST_CHECK;
/* Has somebody decided that the order may go over the limit with that much open? */
struct order_holds_row_list;
bool order_credit_released(const struct order_holds_row_list *holds, int64_t open_gross,
                           int32_t today);

struct order_hold_placing {
    const char *kind, *reason, *owner, *release_rule; /* owner may be NULL */
    int64_t approval_rule_id;                         /* 0: none asked for it */
};
/* Queues one more hold and tells of it; the caller stores the status. */
err order_hold_place(struct tx *tx, struct call *c, const struct order_state *o,
                     const struct order_hold_placing *hold) MUST_CHECK;

/* The approvals that lines ask for by the rules, as holds in ret (room for rules->n); returns how
 * many. unit_costs: of each line's product. Pure. */
size_t order_approvals(struct arena *a, const struct call *c,
                       const struct approval_rule_facts_list *rules, const char *currency,
                       const struct order_line *lines, const int64_t *unit_costs, size_t n,
                       struct order_hold_placing *ret);
/* The same with rules and costs as they are now; asks nothing where the tenant has no rules. */
err order_approvals_load(struct tx *tx, const struct call *c, const char *currency,
                         const struct order_line *lines, size_t n, struct order_hold_placing **ret,
                         size_t *ret_n) MUST_CHECK;

/* Who wants a customer's order number for an order. Stored orders are asked with
 * po_claims_load_queue; after the flush po_claims_held tells the claims. */
struct po_claim {
    const struct call *call;
    int64_t customer_id;
    const char *customer_po;
    int64_t id;               /* of the order that wants it */
    bool allowed;             /* allow_duplicate_po */
    int64_t holder;           /* another order that has it; NIL64: none */
    struct po_claim *earlier; /* of the batch: the last one before it that wants the same */
};
struct orders_by_customer_po_row_list;
err po_claims_load_queue(struct tx *tx, const struct po_claim *claims, size_t n,
                         struct orders_by_customer_po_row_list *ret) MUST_CHECK;
void po_claims_held(struct po_claim *claims, const struct orders_by_customer_po_row_list *rows);
/* Fills `earlier` of a batch in the order in which it came. */
void po_claims_link(struct arena *a, struct po_claim *claims, size_t n);
/* Decided in turn: the po_copy of the order. NIL64 when the number is another order's, and the
 * call's problem says so. */
int64_t po_claim_take(struct po_claim *claim);
/* All of it for a claim that comes alone. */
err po_claim_alone(struct tx *tx, struct po_claim *claim, int64_t *ret) MUST_CHECK;

/* Where it goes: parties as documents keep them, addresses as JSON (NULL: none). */
struct order_parties {
    const char *bill_to, *ship_to, *bill_address, *ship_address;
};
struct order_parties order_parties(struct arena *a, const struct call *c,
                                   const struct order_new *in, const struct customer_facts *buyer,
                                   const struct customer_facts *payer);
const char *address_json(struct arena *a, const struct address *at);

/* What events say of an order: id, number, status, customer, totals. */
const char *order_event_json(struct arena *a, const struct order *o);
/* The order as it is shown. ERR_NO_ROW. */
err order_load(struct tx *tx, int64_t id, struct order *ret) MUST_CHECK;
/* Queues the counters of those lines of locked orders that changed. */
err order_lines_store(struct tx *tx, const struct order_state_list *orders) MUST_CHECK;
/* Places an order that comes alone. draft: the order that it replaces, locked by this transaction;
 * it keeps its id and number. NULL: a new one. */
err order_place_one(struct tx *tx, struct call *c, const struct order_new *in,
                    const struct order *draft, struct order *ret) MUST_CHECK;
