/* Disputes: what a customer does not accept of an invoice. It stays owed and due; what counts of it
 * is never more than what is open. */
#include "invoices.sql.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "server/credit/credit.h"
#include "server/events/events.h"
#include "server/invoices/internal.h"
#include "server/routes_prototypes.h"
#include <string.h>

const char *const dispute_kinds[] = {"price", "quantity",  "quality", "delivery",
                                     "tax",   "duplicate", "other",   NULL};
const char *const dispute_statuses[] = {"open", "resolved", NULL};
const char *const dispute_outcomes[] = {"valid", "invalid", "partial", NULL};

JSON_TYPE(dispute_new, DISPUTE_NEW_FIELDS, .doc = "What is disputed, and why.");
JSON_TYPE(dispute_resolve, DISPUTE_RESOLVE_FIELDS, .doc = "How a dispute ended.");
JSON_TYPE(dispute, DISPUTE_FIELDS, .doc = "What a customer does not accept of an invoice.");

/* An invoice and what is open of it, locked. */
struct disputing {
    struct tx *tx;
    struct call *c;
    struct invoice_state *i;
    struct open_item *open; /* NULL: it is settled */
};

static err lock(struct disputing *d, int64_t id)
{
    struct invoice_state_list *found = ARENA_NEW(d->tx->arena, struct invoice_state_list);
    struct open_item_list *items = ARENA_NEW(d->tx->arena, struct open_item_list);
    TRY(credit_lock_of_invoices(d->tx, &id, 1));
    TRY(invoices_lock_queue(d->tx, &id, 1, found));
    TRY(open_items_lock_queue(d->tx, &id, 1, items));
    TRY(tx_flush(d->tx));
    d->i = invoice_state_find(found, id);
    d->open = open_item_find(items, id);
    return d->i == NULL ? ERR_NO_ROW : call_check_version(d->c, d->i->version);
}

/* The invoice's dispute is about so much from now on. */
static err store(struct disputing *d, int64_t amount)
{
    struct invoice_state *i = d->i;
    i->disputed = amount;
    TRY(invoice_dispute_row(d->tx, i->id, amount));
    if (d->open == NULL)
        return OK;
    struct open_item item = *d->open;
    item.disputed = invoice_disputed(i, item.open_amount);
    struct credit_delta credit = {.account = i->credit_account_id,
                                  .disputed = item.disputed - d->open->disputed,
                                  .cause = credit_cause_of(d->tx->arena, d->c, "invoice", i->id)};
    TRY(open_items_put(d->tx, &item, 1));
    return credit_apply(d->tx, &credit, 1);
}

static err tell(const struct disputing *d, const char *event, int64_t dispute)
{
    struct dispute row;
    TRY(dispute_select(d->tx, dispute, &row));
    event_push(d->tx, d->c, event, "invoice", d->i->id, NULL,
               call_json(d->tx->arena, &dispute_type, &row, NULL));
    return OK;
}

static err amount_of(const struct disputing *d, const struct dispute_new *in, int64_t *ret)
{
    const char *currency = d->i->currency;
    int64_t open = d->open->open_amount;
    *ret = open;
    if (in->amount != NIL64 &&
        money_from_decimal(in->amount, currency_exponent(currency), ret) != OK) {
        fault(d->c->problem, "/amount", "scale", "%s has %d decimals.", currency,
              currency_exponent(currency));
        return d->c->problem->code;
    }
    if (*ret <= open)
        return OK;
    char text[DECIMAL_TEXT_MAX];
    int exponent = currency_exponent(currency);
    decimal_format(open, exponent, exponent, text);
    return fail(d->c->problem, ERR_AMOUNT_EXCEEDED, "%s %s are open; no more can be disputed.",
                text, currency);
}

err invoices_dispute(struct tx *tx, struct call *c, const struct dispute_new *in,
                     struct invoice *ret)
{
    struct disputing d = {.tx = tx, .c = c};
    int64_t amount, id = id_new();
    TRY(lock(&d, c->path_id[0]));
    if (d.i->disputed > 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The invoice is disputed already; resolve that dispute first.");
    if (d.open == NULL)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The invoice is %s; only one that something is open on can be disputed.",
                    d.i->status);
    TRY(amount_of(&d, in, &amount));
    TRY(dispute_insert(tx, id, d.i->id, d.i->customer_id, in->kind, d.i->currency, amount,
                       in->reason, c->api_key_id));
    TRY(store(&d, amount));
    TRY(tell(&d, "invoice.disputed", id));
    return invoice_load(tx, d.i->id, ret);
}

err invoices_resolve_dispute(struct tx *tx, struct call *c, const struct dispute_resolve *in,
                             struct invoice *ret)
{
    struct disputing d = {.tx = tx, .c = c};
    struct dispute_open_row open;
    bool found;
    TRY(lock(&d, c->path_id[0]));
    TRY(dispute_open(tx, d.i->id, &open, &found));
    if (!found)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The invoice is not disputed; there is nothing to resolve.");
    TRY(dispute_resolved(tx, open.id, in->outcome, in->note, c->api_key_id));
    TRY(store(&d, 0));
    TRY(tell(&d, "invoice.dispute_resolved", open.id));
    return invoice_load(tx, d.i->id, ret);
}

err disputes_get(struct tx *tx, struct call *c, const struct none *in, struct dispute *ret)
{
    (void)in;
    return dispute_select(tx, c->path_id[0], ret);
}
