/* Records payments that were received, a batch at a time, and applies those that ask for it. What
 * they name is locked and loaded in one flush, what oldest_due finds in a second; each is decided
 * in turn in memory; the numbers of those that are not refused take a flush, and all is stored in
 * one. */
#include "cash.sql.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/cash/apply.h"
#include "server/credit/credit.h"
#include "server/customers/customers.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "server/tenants/numbers.h"
#include <string.h>

/* One payment on its way. */
struct receiving {
    struct call *call;
    const struct payment_new *in;
    struct payment *out;
    const struct customer_facts *customer; /* NULL: there is none */
    struct cash_source source;
};

/* A batch of n; the arrays have one element for each. */
struct receipts {
    struct receiving *v;
    struct application *apps;
    struct external_id_claim *claims;
    size_t n;
    struct customer_facts_list customers;
    struct external_id_holder_list taken;
    struct payables payables;
};

static bool alive(const struct receiving *p)
{
    return p->call->problem->code == OK;
}

/* ---- load ---- */

static void begin(struct arena *a, struct receipts *r)
{
    r->apps = ARENA_ARRAY(a, struct application, r->n);
    r->claims = ARENA_ARRAY(a, struct external_id_claim, r->n);
    for (size_t i = 0; i < r->n; i++) {
        const struct receiving *p = &r->v[i];
        r->apps[i] = application_of(p->call, p->in->customer_id, &p->in->allocations,
                                    p->in->allocate);
        r->claims[i] = (struct external_id_claim){
            .call = p->call, .external_id = p->in->external_id, .id = NIL64};
    }
    external_ids_link(a, r->claims, r->n);
}

/* Locks the credit accounts; everything else is read behind these locks. */
static err lock_and_load_queue(struct tx *tx, struct receipts *r)
{
    int64_t *customers = ARENA_ARRAY(tx->arena, int64_t, r->n);
    const char **external_ids = ARENA_ARRAY(tx->arena, const char *, r->n);
    size_t n_external = 0;
    for (size_t i = 0; i < r->n; i++) {
        customers[i] = r->v[i].in->customer_id;
        if (r->v[i].in->external_id != NULL)
            external_ids[n_external++] = r->v[i].in->external_id;
    }
    size_t n_customers = distinct_ids(customers, r->n);
    TRY(credit_lock_of_customers(tx, customers, n_customers));
    TRY(customers_load_queue(tx, customers, n_customers, &r->customers));
    if (n_external == 0)
        return OK;
    n_external = distinct_texts(external_ids, n_external);
    return payments_by_external_id_queue(tx, external_ids, n_external, &r->taken);
}

/* The body's amount in minor units; NIL64 when the customer's currency has fewer decimals. */
static int64_t amount_of(const struct receiving *p)
{
    int64_t amount;
    return money_from_decimal(p->in->amount, currency_exponent(p->customer->currency), &amount) ==
                   OK
               ? amount
               : NIL64;
}

/* All invoices of the batch are locked at once, in the order of their ids: behind the search, when
 * there is one. */
static err load(struct tx *tx, struct receipts *r)
{
    bool search = payables_need_search(r->apps, r->n);
    TRY(lock_and_load_queue(tx, r));
    TRY(payables_search_queue(tx, r->apps, r->n, &r->payables));
    if (!search)
        TRY(payables_lock_queue(tx, r->apps, r->n, &r->payables));
    TRY(tx_flush(tx));
    for (size_t i = 0; i < r->n; i++) {
        struct receiving *p = &r->v[i];
        p->customer = customer_find(&r->customers, p->in->customer_id);
        int64_t amount = p->customer != NULL ? amount_of(p) : NIL64;
        r->apps[i].available = amount != NIL64 ? amount : 0;
    }
    if (search)
        TRY(payables_lock_queue(tx, r->apps, r->n, &r->payables));
    return tx_flush(tx);
}

/* ---- decide ---- */

/* The payment as the source of its allocations; faults for what cannot be. */
static err resolve(struct tx *tx, struct receiving *p, struct application *app)
{
    const struct payment_new *in = p->in;
    struct problem *problem = p->call->problem;
    if (p->customer == NULL) {
        fault(problem, "/customer_id", "unknown", "There is no such customer.");
        return problem->code;
    }
    const char *currency = p->customer->currency;
    if (in->currency != NULL && strcmp(in->currency, currency) != 0)
        return fail(problem, ERR_CURRENCY_MISMATCH, "The customer pays in %s, not in %s.", currency,
                    in->currency);
    if (amount_of(p) == NIL64)
        fault(problem, "/amount", "scale", "%s has %d decimals.", currency,
              currency_exponent(currency));
    int32_t date = in->value_date == NIL32 ? tx->today : in->value_date;
    if (in->clears_on != NIL32 && in->cleared)
        fault(problem, "/clears_on", "conflict", "What is cleared does not clear later.");
    else if (in->clears_on != NIL32 && in->clears_on < date)
        fault(problem, "/clears_on", "too_early", "It clears before it was received.");
    p->source = (struct cash_source){
        .kind = "payment",
        .account = LEDGER_unapplied_cash,
        .id = id_new(),
        .customer_id = p->customer->id,
        .credit_account_id = p->customer->credit_account_id,
        .currency = currency,
        .method = in->method,
        .pending = !in->cleared,
        .clears_on = in->clears_on,
        .date = date,
        .usable = date,
        .amount = app->available,
        .available = app->available,
        .fresh = true,
    };
    app->source = &p->source;
    app->effective_date = date;
    application_read(tx->arena, app);
    return problem->code;
}

static err decide(struct tx *tx, struct receipts *r, size_t i)
{
    struct receiving *p = &r->v[i];
    struct application *app = &r->apps[i];
    TRY(external_id_check(&r->claims[i], "pay", &r->taken));
    TRY(resolve(tx, p, app));
    TRY(call_check_period(p->call, p->source.date, "/value_date"));
    TRY(application_decide(tx->arena, app, &r->payables));
    r->claims[i].id = p->source.id;
    return OK;
}

/* Each as if those before it had been stored. A refusal is its call's alone; ret_n: how many were
 * not refused. */
static err decide_each(struct tx *tx, struct receipts *r, size_t *ret_n)
{
    *ret_n = 0;
    for (size_t i = 0; i < r->n; i++) {
        err e = decide(tx, r, i);
        if (e != OK && alive(&r->v[i]))
            return e;
        *ret_n += e == OK;
    }
    return OK;
}

/* ---- store ---- */

static void show(struct tx *tx, const struct receiving *p, const struct application *app,
                 const char *number)
{
    const struct cash_source *s = &p->source;
    const struct payment_new *in = p->in;
    *p->out = (struct payment){
        .id = s->id,
        .version = 1,
        .external_id = in->external_id,
        .number = number,
        .customer_id = s->customer_id,
        .method = s->method,
        .currency = s->currency,
        .amount = s->amount,
        .allocated = app->split.total,
        .unapplied = s->amount - app->split.total,
        .value_date = s->date,
        .reference = in->reference,
        .notes = in->notes,
        .metadata = in->metadata != NULL ? in->metadata : "{}",
        .clearing = cash_cleared_by(s, tx->today) ? "cleared" : "pending",
        .clears_on = s->clears_on,
        .returned_at = NIL64,
        .created_at = tx->now,
        .updated_at = tx->now,
    };
    payment_derive(tx->arena, p->out);
}

/* Shows the allocations as they were stored, by id. */
static void show_allocations(struct tx *tx, const struct receiving *p,
                             const struct application *app,
                             const struct invoice_state_list *invoices)
{
    struct allocation *v = ARENA_ARRAY(tx->arena, struct allocation, app->split.n);
    for (size_t i = 0; i < app->split.n; i++) {
        const struct allocation_new *a = &app->allocations[i];
        v[i] = (struct allocation){
            .id = a->id,
            .source = a->source,
            .payment_id = a->source_id,
            .credit_note_id = NIL64,
            .customer_id = p->source.customer_id,
            .invoice_id = a->invoice_id,
            .invoice_number = invoice_state_find(invoices, a->invoice_id)->number,
            .currency = a->currency,
            .amount = a->amount,
            .reverses = NIL64,
            .reversed_by = NIL64,
            .effective_date = a->effective_date,
            .recorded_at = tx->now,
        };
    }
    p->out->allocations = (struct allocation_list){.v = v, .n = app->split.n};
}

static struct payments_insert_p row_of(const struct receiving *p)
{
    const struct payment *o = p->out;
    return (struct payments_insert_p){
        .id = o->id,
        .external_id = o->external_id,
        .number = o->number,
        .customer_id = o->customer_id,
        .credit_account_id = p->source.credit_account_id,
        .method = o->method,
        .currency = o->currency,
        .amount = o->amount,
        .unapplied = o->unapplied,
        .value_date = o->value_date,
        .reference = o->reference,
        .notes = o->notes,
        .metadata = o->metadata,
        .clearing = p->source.pending ? "pending" : "cleared",
        .clears_on = o->clears_on,
    };
}

/* Events, reply and rows of one. */
static struct payments_insert_p record(struct tx *tx, const struct receipts *r, size_t i,
                                       const char *number, struct cash_posting *posting)
{
    struct receiving *p = &r->v[i];
    struct application *app = &r->apps[i];
    show(tx, p, app, number);
    const char *after = payment_json(tx->arena, p->out);
    event_push(tx, p->call, "payment.received", "payment", p->out->id, NULL, after);
    cash_posting_add(tx, posting, app);
    if (app->split.n > 0)
        event_push(tx, p->call, "payment.allocated", "payment", p->out->id, NULL, after);
    show_allocations(tx, p, app, &r->payables.invoices);
    return row_of(p);
}

static err store(struct tx *tx, struct receipts *r, size_t n_alive)
{
    if (n_alive == 0)
        return OK;
    const char **numbers = ARENA_ARRAY(tx->arena, const char *, n_alive);
    TRY(numbers_take(tx, "payment", n_alive, numbers));
    struct payments_insert_p *rows = ARENA_ARRAY(tx->arena, struct payments_insert_p, n_alive);
    struct cash_posting *posting = cash_posting_new(tx->arena, r->apps, r->n, &r->payables);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (alive(&r->v[i])) {
            rows[n] = record(tx, r, i, numbers[n], posting);
            n++;
        }
    TRY(payments_insert(tx, rows, n));
    return cash_posting_store(tx, posting);
}

static err receive(struct tx *tx, struct receiving *v, size_t n)
{
    struct receipts r = {.v = v, .n = n};
    size_t n_alive;
    begin(tx->arena, &r);
    TRY(load(tx, &r));
    TRY(decide_each(tx, &r, &n_alive));
    return store(tx, &r, n_alive);
}

err payments_create(struct tx *tx, struct payments_create_cmd *cmds, size_t n)
{
    struct receiving *v = ARENA_ARRAY(tx->arena, struct receiving, n);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct receiving){.call = cmds[i].call, .in = cmds[i].in, .out = cmds[i].out};
    return receive(tx, v, n);
}

/* A payment is a fact: sending it again is fine, sending another one under its id is not. */
static err repeat(struct tx *tx, struct call *c, const struct payment_new *in, struct payment *ret)
{
    struct payment p;
    TRY(payment_load(tx, c->path_id[0], &p));
    TRY(call_check_version(c, p.version));
    static const char *const instructions[] = {"allocations", "cleared", NULL};
    TRY(external_id_repeats(c, "pay", p.id, (struct json_side){&payment_new_type, in},
                            (struct json_side){&payment_type, &p}, instructions));
    *ret = p;
    return OK;
}

err payments_put(struct tx *tx, struct call *c, const struct payment_new *in, struct payment *ret)
{
    struct payment_new named = *in;
    named.external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] != NIL64)
        return repeat(tx, c, in, ret);
    struct receiving one = {.call = c, .in = &named, .out = ret};
    c->status = 201;
    TRY(receive(tx, &one, 1));
    return c->problem->code;
}
