/* Payments that may still come back: cleared when somebody says so or by the clock, or returned,
 * which takes back all that they paid. */
#include "cash.sql.h"
#include "lib/base/date.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/cash/rules.h"
#include "server/cash/source.h"
#include "server/credit/credit.h"
#include "server/events/events.h"
#include "server/invoices/invoices.h"
#include "server/routes_prototypes.h"
#include <stdlib.h>
#include <string.h>

#define SWEEP_MAX 500 /* payments that one run of the sweeper clears */

/* ---- cleared ---- */

err payments_clear(struct tx *tx, struct call *c, const struct none *in, struct payment *ret)
{
    (void)in;
    struct cash_source s;
    TRY(cash_lock_payment(tx, c->path_id[0], &s));
    TRY(call_check_version(c, s.version));
    if (cash_cleared_by(&s, tx->today))
        return fail(c->problem, ERR_WRONG_STATE, "The payment is %s already.", s.clearing);
    struct credit_delta credit = {.account = s.credit_account_id,
                                  .uncleared = -s.amount,
                                  .cause = credit_cause_of(tx->arena, c, "payment", s.id)};
    TRY(payments_cleared(tx, &s.id, 1));
    TRY(credit_apply(tx, &credit, 1));
    TRY(payment_load(tx, s.id, ret));
    event_push(tx, c, "payment.cleared", "payment", s.id, s.before, payment_json(tx->arena, ret));
    return OK;
}

/* Their credit accounts first: whoever moves a payment holds its account. */
err payments_sweep(struct tx *tx)
{
    struct payments_overdue_row_list due;
    struct payments_pending_lock_row_list rows;
    struct credit_facts_list locked;
    TRY(payments_overdue(tx, SWEEP_MAX, &due));
    if (due.n == 0)
        return OK;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, due.n);
    int64_t *accounts = ARENA_ARRAY(tx->arena, int64_t, due.n);
    for (size_t i = 0; i < due.n; i++) {
        ids[i] = due.v[i].id;
        accounts[i] = due.v[i].credit_account_id;
    }
    tx->today = due.v[0].today;
    TRY(credit_lock(tx, accounts, distinct_ids(accounts, due.n), &locked));
    TRY(payments_pending_lock(tx, ids, due.n, &rows));
    struct credit_delta *credit = ARENA_ARRAY(tx->arena, struct credit_delta, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.v[i].id;
        credit[i] = (struct credit_delta){
            .account = rows.v[i].credit_account_id,
            .uncleared = -rows.v[i].amount,
            .cause = credit_cause_of(tx->arena, NULL, "payment", rows.v[i].id)};
        event_push(tx, NULL, "payment.cleared", "payment", rows.v[i].id,
                   "{\"clearing\":\"pending\"}", "{\"clearing\":\"cleared\"}");
    }
    if (rows.n == 0)
        return OK;
    TRY(payments_cleared(tx, ids, rows.n));
    return credit_apply(tx, credit, rows.n);
}

/* ---- returned ---- */

/* A payment that came back, and all that this moves, locked. */
struct returning {
    struct tx *tx;
    struct call *c;
    struct cash_source s;
    struct allocations_living_row_list living; /* what it paid */
    struct invoice_state_list invoices;
    struct open_item_list open; /* of the invoices; those of settled ones are missing */
    struct open_item *items;    /* one per invoice, as they will be; the payment's at the end */
    int64_t *disputed;          /* of each invoice, before */
    struct allocation_new *mirrors;
    int32_t date;
};

static err lock(struct returning *r, int64_t id)
{
    TRY(cash_lock_payment(r->tx, id, &r->s));
    TRY(allocations_living(r->tx, id, &r->living));
    int64_t *ids = ARENA_ARRAY(r->tx->arena, int64_t, r->living.n);
    for (size_t i = 0; i < r->living.n; i++)
        ids[i] = r->living.v[i].invoice_id;
    size_t n = distinct_ids(ids, r->living.n);
    if (n == 0)
        return OK;
    TRY(invoices_lock_queue(r->tx, ids, n, &r->invoices));
    TRY(open_items_lock_queue(r->tx, ids, n, &r->open));
    TRY(tx_flush(r->tx));
    return r->invoices.n == n ? OK : ERR_INTERNAL;
}

static err check(struct returning *r, const struct payment_return *in)
{
    const struct cash_source *s = &r->s;
    TRY(call_check_version(r->c, s->version));
    if (strcmp(s->clearing, "returned") == 0)
        return fail(r->c->problem, ERR_WRONG_STATE, "The payment has come back already.");
    if (s->refunded > 0)
        return fail(r->c->problem, ERR_WRONG_STATE,
                    "%s of it were paid back, so it cannot come back; reverse its allocations.",
                    cash_text(r->c->problem->arena, s->refunded, s->currency));
    int32_t first = s->usable;
    for (size_t i = 0; i < r->living.n; i++)
        first = later_date(first, r->living.v[i].effective_date);
    r->date = in->value_date == NIL32 ? later_date(r->tx->today, first) : in->value_date;
    if (r->date < first) {
        char day[DATE_TEXT];
        date_format(first, day);
        fault(r->c->problem, "/value_date", "too_early",
              "It was there, or applied, until %s at least.", day);
        return r->c->problem->code;
    }
    return call_check_period(r->c, r->date, "/value_date");
}

static struct open_item item_of(const struct returning *r, const struct invoice_state *v)
{
    const struct open_item *open = open_item_find(&r->open, v->id);
    return (struct open_item){.id = v->id,
                              .kind = "invoice",
                              .customer_id = v->customer_id,
                              .currency = v->currency,
                              .document_date = v->invoice_date,
                              .due_date = v->due_date,
                              .amount = v->gross,
                              .open_amount = open != NULL ? open->open_amount : 0,
                              .disputed = open != NULL ? open->disputed : 0};
}

/* The mirror of each allocation, and what is open of the invoices then. */
static void decide(struct returning *r, const char *reason)
{
    struct arena *a = r->tx->arena;
    const struct cash_source *s = &r->s;
    size_t n = r->invoices.n;
    r->mirrors = ARENA_ARRAY(a, struct allocation_new, r->living.n);
    r->items = ARENA_ARRAY(a, struct open_item, n + 1);
    r->disputed = ARENA_ARRAY(a, int64_t, n);
    for (size_t i = 0; i < n; i++) {
        r->items[i] = item_of(r, &r->invoices.v[i]);
        r->disputed[i] = r->items[i].disputed;
    }
    for (size_t i = 0; i < r->living.n; i++) {
        const struct allocations_living_row *l = &r->living.v[i];
        struct invoice_state *v = invoice_state_find(&r->invoices, l->invoice_id);
        r->items[v - r->invoices.v].open_amount += l->amount;
        r->mirrors[i] = (struct allocation_new){.id = id_new(),
                                                .source = s->kind,
                                                .source_id = s->id,
                                                .invoice_id = l->invoice_id,
                                                .amount = -l->amount,
                                                .reverses = l->id,
                                                .reason = reason,
                                                .effective_date = r->date,
                                                .currency = s->currency};
    }
    for (size_t i = 0; i < n; i++)
        r->items[i].disputed = invoice_disputed(&r->invoices.v[i], r->items[i].open_amount);
    r->items[n] = cash_open_item(s, 0);
}

/* What the invoices get back comes out of the payment, which leaves as a whole. */
static err post(const struct returning *r, int64_t refund)
{
    const struct cash_source *s = &r->s;
    struct transfer *t = ARENA_ARRAY(r->tx->arena, struct transfer, r->living.n + 1);
    for (size_t i = 0; i < r->living.n; i++)
        t[i] = (struct transfer){.debit_account = LEDGER_receivable,
                                 .credit_account = s->account,
                                 .amount = -r->mirrors[i].amount,
                                 .currency = s->currency,
                                 .customer_id = s->customer_id,
                                 .debit_item = r->mirrors[i].invoice_id,
                                 .credit_item = s->id,
                                 .document = "allocation",
                                 .document_id = r->mirrors[i].id,
                                 .effective_date = r->date};
    t[r->living.n] = (struct transfer){.debit_account = s->account,
                                       .credit_account = LEDGER_cash,
                                       .amount = s->amount,
                                       .currency = s->currency,
                                       .customer_id = s->customer_id,
                                       .debit_item = s->id,
                                       .credit_item = NIL64,
                                       .document = "refund",
                                       .document_id = refund,
                                       .effective_date = r->date};
    return ledger_post(r->tx, t, r->living.n + 1);
}

static err move_credit(const struct returning *r)
{
    const struct cash_source *s = &r->s;
    size_t n = r->invoices.n;
    struct credit_delta *credit = ARENA_ARRAY(r->tx->arena, struct credit_delta, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct open_item *was = open_item_find(&r->open, r->items[i].id);
        credit[i] = (struct credit_delta){.account = r->invoices.v[i].credit_account_id,
                                          .receivable = r->items[i].open_amount -
                                                        (was != NULL ? was->open_amount : 0),
                                          .disputed = r->items[i].disputed - r->disputed[i]};
    }
    credit[n] = (struct credit_delta){.account = s->credit_account_id,
                                      .unapplied = -s->available,
                                      .uncleared = s->pending ? -s->amount : 0};
    return credit_apply(r->tx, credit, n + 1);
}

static err store(struct returning *r, const char *reason)
{
    struct tx *tx = r->tx;
    const struct cash_source *s = &r->s;
    size_t n = r->invoices.n;
    int64_t refund = id_new();
    struct invoice_state **invoices = ARENA_ARRAY(tx->arena, struct invoice_state *, n);
    for (size_t i = 0; i < r->living.n; i++)
        allocation_announce(tx, r->c, &r->mirrors[i]);
    for (size_t i = 0; i < n; i++) {
        invoices[i] = &r->invoices.v[i];
        invoice_settle(tx, r->c, invoices[i], r->items[i].open_amount);
    }
    TRY(allocations_record(tx, r->mirrors, r->living.n));
    TRY(refund_insert(tx, refund, NULL, s->kind, s->id, s->customer_id, s->method, s->currency,
                      s->amount, r->date, reason, true));
    TRY(payment_returned(tx, s->id, reason));
    TRY(invoices_settled(tx, invoices, n));
    TRY(open_items_put(tx, r->items, n + 1));
    TRY(move_credit(r));
    return post(r, refund);
}

err payments_return(struct tx *tx, struct call *c, const struct payment_return *in,
                    struct payment *ret)
{
    struct returning r = {.tx = tx, .c = c};
    TRY(lock(&r, c->path_id[0]));
    TRY(check(&r, in));
    decide(&r, in->reason);
    TRY(store(&r, in->reason));
    TRY(payment_load(tx, r.s.id, ret));
    event_push(tx, c, "payment.returned", "payment", r.s.id, r.s.before,
               payment_json(tx->arena, ret));
    return OK;
}
