/* Applying a payment or a credit note to invoices: lock, decide, store. */
#include "server/cash/apply.h"
#include "cash.sql.h"
#include "lib/base/id.h"
#include "server/credit/credit.h"
#include <stdlib.h>
#include <string.h>

struct cash_wish cash_wish_of(const struct call *c, struct arena *a,
                              const struct allocation_entry_list *entries, const char *policy,
                              const char *currency)
{
    struct cash_ask *asks = ARENA_ARRAY(a, struct cash_ask, entries->n);
    struct problem *p = c->problem;
    int exponent = currency_exponent(currency);
    for (size_t i = 0; i < entries->n; i++) {
        asks[i] = (struct cash_ask){.invoice_id = entries->v[i].invoice_id, .amount = NIL64};
        if (money_from_decimal(entries->v[i].amount, exponent, &asks[i].amount) != OK)
            fault(p, arena_printf(p->arena, "/allocations/%zu/amount", i), "scale",
                  "%s has %d decimals.", currency, exponent);
    }
    size_t repeated = cash_find_repeated(a, asks, entries->n);
    if (repeated < entries->n)
        fault(p, arena_printf(p->arena, "/allocations/%zu/invoice_id", repeated), "repeated",
              "The invoice is named before; add the amounts up.");
    return (struct cash_wish){.asks = asks,
                              .n = entries->n,
                              .oldest_due = policy != NULL && strcmp(policy, "oldest_due") == 0};
}

/* ret_back: when money was last taken back from the invoices, sorted by them. */
static err lock_invoices(struct tx *tx, const struct cash_wish *wish, struct application *app,
                         struct invoices_taken_back_row_list *ret_back)
{
    const struct cash_source *s = app->source;
    int64_t *named = ARENA_ARRAY(tx->arena, int64_t, wish->n);
    struct open_invoices_oldest_row_list oldest = {0};
    for (size_t i = 0; i < wish->n; i++)
        named[i] = wish->asks[i].invoice_id;
    if (wish->oldest_due)
        TRY(open_invoices_oldest(tx, s->customer_id, s->currency, named, wish->n, s->available,
                                 ALLOCATIONS_PER_REQUEST_MAX, &oldest));
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, wish->n + oldest.n);
    size_t n = 0;
    for (size_t i = 0; i < wish->n; i++)
        ids[n++] = named[i];
    for (size_t i = 0; i < oldest.n; i++)
        ids[n++] = oldest.v[i].id;
    if (n == 0)
        return OK;
    TRY(invoices_lock_queue(tx, ids, n, &app->invoices));
    TRY(open_items_lock_queue(tx, ids, n, &app->items));
    return invoices_taken_back(tx, ids, n, ret_back);
}

static void check_references(struct call *c, const struct cash_wish *wish,
                             const struct application *app)
{
    struct problem *p = c->problem;
    for (size_t i = 0; i < wish->n; i++) {
        const struct invoice_state *v = invoice_state_find(&app->invoices,
                                                           wish->asks[i].invoice_id);
        const char *at = arena_printf(p->arena, "/allocations/%zu/invoice_id", i);
        if (v == NULL)
            fault(p, at, "unknown", "There is no such invoice.");
        else if (v->customer_id != app->source->customer_id)
            fault(p, at, "other_customer", "The invoice belongs to another customer.");
    }
}

/* How a sentence calls an invoice. */
static const char *invoice_name(struct arena *a, const struct invoice_state *v)
{
    char id[ID_TEXT_MAX];
    id_format("inv", v->id, id);
    return v->number != NULL ? v->number : arena_strdup(a, id);
}

static err check_states(struct call *c, const struct cash_wish *wish, const struct application *app)
{
    for (size_t i = 0; i < wish->n; i++) {
        const struct invoice_state *v = invoice_state_find(&app->invoices,
                                                           wish->asks[i].invoice_id);
        const char *name = invoice_name(c->problem->arena, v);
        if (!invoice_takes_money(v) && strcmp(v->status, "paid") != 0)
            return fail(c->problem, ERR_WRONG_STATE,
                        "Invoice %s is %s; only a finalized invoice can be paid.", name,
                        strcmp(v->status, "draft") == 0 ? "a draft" : v->status);
        if (strcmp(v->currency, app->source->currency) != 0)
            return fail(c->problem, ERR_CURRENCY_MISMATCH, "Invoice %s is in %s, the money in %s.",
                        name, v->currency, app->source->currency);
    }
    return OK;
}

static err tell_refusal(struct call *c, const struct cash_wish *wish, const struct application *app,
                        const struct cash_refusal *r)
{
    struct arena *a = c->problem->arena;
    const struct cash_ask *ask = &wish->asks[r->ask];
    const char *currency = app->source->currency;
    const char *name = invoice_name(a, invoice_state_find(&app->invoices, ask->invoice_id));
    const char *limit = cash_text(a, r->limit, currency);
    const char *asked = ask->amount == NIL64 ? "its open amount"
                                             : cash_text(a, ask->amount, currency);
    if (r->why == CASH_OVER_OPEN)
        return fail(c->problem, ERR_AMOUNT_EXCEEDED,
                    "Allocation %zu asks invoice %s for %s, but %s is open on it.", r->ask + 1,
                    name, asked, limit);
    return fail(c->problem, ERR_AMOUNT_EXCEEDED,
                "Allocation %zu asks for %s for invoice %s, but %s is left to allocate.",
                r->ask + 1, asked, name, limit);
}

static int compare_invoice(const void *key, const void *row)
{
    int64_t id = *(const int64_t *)key;
    int64_t other = ((const struct invoices_taken_back_row *)row)->invoice_id;
    return (id > other) - (id < other);
}

/* The first day on which an invoice is open for all that it is open for now. */
static int32_t open_since(const struct invoice_state *v,
                          const struct invoices_taken_back_row_list *back)
{
    const struct invoices_taken_back_row *row = back->n == 0
                                                    ? NULL
                                                    : bsearch(&v->id, back->v, back->n,
                                                              sizeof *back->v, compare_invoice);
    return row == NULL ? v->invoice_date : later_date(v->invoice_date, row->last);
}

static err date_shares(struct tx *tx, struct call *c, int32_t effective_date,
                       const struct invoices_taken_back_row_list *back, struct application *app)
{
    int32_t *dates = ARENA_ARRAY(tx->arena, int32_t, app->split.n);
    for (size_t i = 0; i < app->split.n; i++) {
        const struct invoice_state *v = invoice_state_find(&app->invoices,
                                                           app->split.v[i].invoice_id);
        dates[i] = later_date(effective_date, open_since(v, back));
        TRY(call_check_period(c, dates[i]));
    }
    app->dates = dates;
    return OK;
}

err application_decide(struct tx *tx, struct call *c, const struct cash_source *source,
                       const struct cash_wish *wish, struct application *ret)
{
    struct application app = {.source = source};
    struct cash_refusal refusal;
    struct invoices_taken_back_row_list back = {0};
    TRY(lock_invoices(tx, wish, &app, &back));
    check_references(c, wish, &app);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(check_states(c, wish, &app));
    err e = cash_split(tx->arena, source->available, wish->asks, wish->n, &app.items,
                       wish->oldest_due, &app.split, &refusal);
    if (e == ERR_AMOUNT_EXCEEDED)
        return tell_refusal(c, wish, &app, &refusal);
    TRY(e);
    TRY(date_shares(tx, c, wish->effective_date, &back, &app));
    *ret = app;
    return OK;
}

static struct allocation_new allocation_of_share(const struct application *app, size_t i)
{
    return (struct allocation_new){
        .id = id_new(),
        .source = app->source->kind,
        .source_id = app->source->id,
        .invoice_id = app->split.v[i].invoice_id,
        .amount = app->split.v[i].amount,
        .reverses = NIL64,
        .effective_date = app->dates[i],
        .currency = app->source->currency,
    };
}

static struct transfer transfer_of_allocation(const struct cash_source *s,
                                              const struct allocation_new *row)
{
    return (struct transfer){
        .debit_account = s->account,
        .credit_account = LEDGER_receivable,
        .amount = row->amount,
        .currency = s->currency,
        .customer_id = s->customer_id,
        .debit_item = s->id,
        .credit_item = row->invoice_id,
        .document = "allocation",
        .document_id = row->id,
        .effective_date = row->effective_date,
    };
}

static struct transfer transfer_of_receipt(const struct cash_source *s)
{
    return (struct transfer){
        .debit_account = LEDGER_cash,
        .credit_account = s->account,
        .amount = s->amount,
        .currency = s->currency,
        .customer_id = s->customer_id,
        .debit_item = NIL64,
        .credit_item = s->id,
        .document = s->kind,
        .document_id = s->id,
        .effective_date = s->date,
    };
}

/* Open items, invoices and credit counters after the shares were taken. */
static err store_balances(struct tx *tx, struct call *c, const struct application *app)
{
    const struct cash_source *s = app->source;
    size_t n = app->split.n;
    struct open_item *items = ARENA_ARRAY(tx->arena, struct open_item, n + 1);
    struct invoice_state **invoices = ARENA_ARRAY(tx->arena, struct invoice_state *, n);
    int64_t *open = ARENA_ARRAY(tx->arena, int64_t, n);
    struct credit_delta *credit = ARENA_ARRAY(tx->arena, struct credit_delta, n + 1);
    int64_t left = s->available - app->split.total;
    for (size_t i = 0; i < n; i++) {
        const struct cash_share *share = &app->split.v[i];
        items[i] = *open_item_find(&app->items, share->invoice_id);
        items[i].open_amount -= share->amount;
        open[i] = items[i].open_amount;
        invoices[i] = invoice_state_find(&app->invoices, share->invoice_id);
        credit[i] = (struct credit_delta){.account = invoices[i]->credit_account_id,
                                          .receivable = -share->amount};
    }
    items[n] = cash_open_item(s, left);
    credit[n] = (struct credit_delta){.account = s->credit_account_id,
                                      .unapplied = s->fresh ? left : -app->split.total};
    if (n > 0)
        TRY(invoices_settled(tx, c, invoices, open, n));
    TRY(open_items_put(tx, items, n + 1));
    return credit_apply(tx, credit, n + 1);
}

err application_store(struct tx *tx, struct call *c, const struct application *app)
{
    size_t n = app->split.n, n_transfers = 0;
    struct allocation_new *rows = ARENA_ARRAY(tx->arena, struct allocation_new, n);
    struct transfer *transfers = ARENA_ARRAY(tx->arena, struct transfer, n + 1);
    if (app->source->fresh)
        transfers[n_transfers++] = transfer_of_receipt(app->source);
    for (size_t i = 0; i < n; i++) {
        rows[i] = allocation_of_share(app, i);
        transfers[n_transfers++] = transfer_of_allocation(app->source, &rows[i]);
    }
    if (n > 0)
        TRY(allocations_record(tx, c, rows, n));
    TRY(store_balances(tx, c, app));
    return ledger_post(tx, transfers, n_transfers);
}
