/* GET /v1/orders/{id}/blockers: every condition that keeps an order from moving on, read from one
 * snapshot. */
#include "lib/base/decimal.h"
#include "orders.sql.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <string.h>

JSON_TYPE(order_blocker, ORDER_BLOCKER_FIELDS, .doc = "Something that keeps an order from moving.");
JSON_TYPE(order_blockers_reply, ORDER_BLOCKERS_REPLY_FIELDS, .doc = "What an order waits for.");

const char *const order_blocker_kinds[] = {"not_confirmed", "hold",          "customer_blocked",
                                           "payer_blocked", "credit_limit",  "missing_stock",
                                           "not_shipped",   "not_fulfilled", "draft_shipment",
                                           "not_invoiced",  "draft_invoice", NULL};

struct looking {
    struct tx *tx;
    const struct call *c;
    struct order o;
    struct order_hold_owners_row_list owners;
    struct order_parties_now_row_list parties;
    struct order_drafts_row_list drafts;
    struct credit_facts credit;
    struct stock_facts_list stock;
    struct substitute_facts_list substitutes;
    struct order_blocker_list *out;
};

static struct order_blocker *add(struct looking *k, const char *kind, int64_t since,
                                 const char *detail)
{
    struct order_blocker *b = &k->out->v[k->out->n++];
    int64_t age = since != NIL64 && k->tx->now > since ? (k->tx->now - since) / 1000000 : 0;
    *b = (struct order_blocker){.kind = kind,
                                .detail = detail,
                                .since = since,
                                .age_seconds = since != NIL64 ? age : NIL64,
                                .hold_no = NIL64,
                                .line_no = NIL64,
                                .shipment_id = NIL64,
                                .invoice_id = NIL64};
    return b;
}

static bool confirmed(const struct looking *k)
{
    return k->o.confirmed_at != NIL64;
}

static void holds(struct looking *k)
{
    size_t at = 0;
    for (size_t i = 0; i < k->o.holds.n; i++) {
        const struct order_hold *h = &k->o.holds.v[i];
        if (h->released_at != NIL64)
            continue;
        struct order_blocker *b = add(
            k, "hold", h->placed_at,
            arena_printf(k->tx->arena, "Held (%s): %s", h->kind, h->reason));
        b->hold_no = h->hold_no;
        while (at < k->owners.n && k->owners.v[at].hold_no < h->hold_no)
            at++;
        if (at < k->owners.n && k->owners.v[at].hold_no == h->hold_no)
            b->owner = k->owners.v[at].owner;
    }
}

static void parties(struct looking *k)
{
    bool active = true;
    for (size_t i = 0; i < k->parties.n; i++) {
        const struct order_parties_now_row *p = &k->parties.v[i];
        if (strcmp(p->status, "active") == 0)
            continue;
        active = false;
        bool buys = p->customer_id == k->o.customer_id;
        struct order_blocker *b = add(
            k, buys ? "customer_blocked" : "payer_blocked", p->since,
            arena_printf(k->tx->arena, "%s is %s.", buys ? "The customer" : "Who pays", p->status));
        b->owner = p->owner;
    }
    int64_t gross = 0;
    for (size_t i = 0; i < k->o.lines.n; i++)
        gross += line_exposure(&k->o.lines.v[i]).ordered;
    int64_t exposure = credit_exposure(&k->credit);
    bool exceeded = k->credit.credit_limit != NIL64 &&
                    (__int128)exposure + gross > k->credit.credit_limit;
    if (active && exceeded && !confirmed(k) && strcmp(k->c->tenant->credit_mode, "enforce") == 0)
        add(k, "credit_limit", k->o.created_at,
            "Confirming it would go over the credit limit of who pays.");
}

/* Of a line: what its warehouse lacks. Lines before it have taken theirs. */
static void missing(struct looking *k, const struct order_line *l)
{
    int64_t open = line_open_quantity(l), lacks = open - l->reserved;
    char lack[DECIMAL_TEXT_MAX], wants[DECIMAL_TEXT_MAX];
    if (strcmp(l->kind, "stock") != 0 || lacks <= 0)
        return;
    struct stock_facts *s = stock_find(&k->stock, l->product_id, l->warehouse_id);
    int64_t available = stock_available(s);
    int64_t take = available < lacks ? available : lacks;
    if (s != NULL)
        s->reserved += take;
    if (!confirmed(k) && take == lacks)
        return;
    decimal_format(confirmed(k) ? lacks : lacks - take, DECIMAL_SCALE, 0, lack);
    decimal_format(open, DECIMAL_SCALE, 0, wants);
    struct order_blocker *b = add(k, "missing_stock",
                                  confirmed(k) ? k->o.confirmed_at : k->o.created_at,
                                  arena_printf(k->tx->arena, "Line %lld waits for %s of %s of %s.",
                                               (long long)l->line_no, lack, wants, l->sku));
    b->line_no = l->line_no;
    b->substitutes = substitute_offers(k->tx->arena,
                                       line_may_substitute(l) ? &k->substitutes : NULL,
                                       l->product_id, l->warehouse_id);
}

/* A next step that nobody has taken. */
static void next_steps(struct looking *k, bool held)
{
    bool ship = false, invoice = false, fulfill = false;
    for (size_t i = 0; i < k->o.lines.n; i++) {
        const struct order_line *l = &k->o.lines.v[i];
        ship = ship || l->reserved > 0;
        invoice = invoice || line_billable_quantity(l) > 0;
        fulfill = fulfill || (l->fulfillment != NULL && !line_complete(l));
    }
    for (size_t i = 0; i < k->drafts.n; i++) {
        const struct order_drafts_row *d = &k->drafts.v[i];
        bool shipment = strcmp(d->kind, "shipment") == 0;
        struct order_blocker *b = add(
            k, shipment ? "draft_shipment" : "draft_invoice", d->since,
            shipment ? arena_printf(k->tx->arena, "%s has not shipped.", d->label)
                     : "The draft invoice is not finalized.");
        b->owner = d->owner;
        *(shipment ? &b->shipment_id : &b->invoice_id) = d->id;
        ship = ship && !shipment;
    }
    if (!confirmed(k) || held)
        return;
    if (ship)
        add(k, "not_shipped", k->o.confirmed_at, "Goods are reserved and no shipment takes them.");
    if (fulfill)
        add(k, "not_fulfilled", k->o.confirmed_at,
            "Services are open: milestones, access or usage.");
    if (invoice)
        add(k, "not_invoiced", k->o.updated_at, "Something could be invoiced and is not.");
}

static err look(struct looking *k)
{
    bool found;
    int64_t id = k->c->path_id[0];
    TRY(order_load(k->tx, id, &k->o));
    TRY(order_hold_owners_queue(k->tx, id, &k->owners));
    TRY(order_parties_now_queue(k->tx, id, &k->parties));
    TRY(order_drafts_queue(k->tx, id, &k->drafts));
    TRY(order_stock_now_queue(k->tx, id, &k->stock));
    TRY(order_credit_now(k->tx, id, &k->credit, &found));
    return order_substitutes_find(k->tx, k->o.lines.v, k->o.lines.n, &k->substitutes);
}

err orders_blockers(struct tx *tx, struct call *c, const struct none *in,
                    struct order_blockers_reply *ret)
{
    (void)in;
    struct looking k = {.tx = tx, .c = c, .out = &ret->blockers};
    TRY(look(&k));
    *ret = (struct order_blockers_reply){.order_id = k.o.id, .status = k.o.status};
    if (strcmp(k.o.status, "canceled") == 0 || strcmp(k.o.status, "closed") == 0)
        return OK;
    ret->blockers.v = ARENA_ARRAY(tx->arena, struct order_blocker,
                                  k.o.holds.n + k.parties.n + k.drafts.n + k.o.lines.n + 5);
    if (strcmp(k.o.status, "draft") == 0)
        add(&k, "not_confirmed", k.o.created_at, "It is a draft; confirm it.");
    holds(&k);
    bool held = false;
    for (size_t i = 0; i < k.o.holds.n; i++)
        held = held || k.o.holds.v[i].released_at == NIL64;
    parties(&k);
    for (size_t i = 0; i < k.o.lines.n; i++)
        missing(&k, &k.o.lines.v[i]);
    next_steps(&k, held);
    return OK;
}
