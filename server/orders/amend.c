/* POST /v1/orders/{id}/amend: changes a confirmed order. Prices it anew, checks credit and stock of
 * what it grows by under their locks, and keeps what it was. */
#include "lib/base/decimal.h"
#include "lib/base/money.h"
#include "orders.sql.h"
#include "server/catalog/totals.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An order being amended. lines: those it had, changed, and the new ones behind them. */
struct amending {
    struct tx *tx;
    struct call *c;
    const struct order_amend *in;
    struct order_state *o;
    struct order before, header;
    struct order_line *lines;
    bool *changed;
    size_t n_had, n;
    bool substitutes; /* what is new goes instead of what lines had open */
    bool confirms;    /* the order is confirmed next, and judged by that */
};

/* ---- what the request says ---- */

static const char *at_line(const struct amending *k, size_t i, const char *member)
{
    return arena_printf(k->tx->arena, "/lines/%zu/%s", i, member);
}

static void refuse(const struct amending *k, size_t i, const char *member, const char *code,
                   const char *why)
{
    fault(k->c->problem, at_line(k, i, member), code, "%s", why);
}

/* Takes out what is open: the line becomes what was done of it, or nothing. */
static void drop(struct order_line *l)
{
    int64_t done = line_done_quantity(l) + l->picked;
    if (done + l->canceled > 0) {
        l->quantity = done + l->canceled;
        return;
    }
    l->dropped = true;
    l->canceled = l->quantity;
    l->discount_amount = 0;
}

static void change_price(const struct amending *k, size_t i, struct order_line *l)
{
    const struct order_amend_line *want = &k->in->lines.v[i];
    if (want->unit_price != NIL64) {
        l->unit_price = want->unit_price;
        l->price_source = "request";
        l->price_id = NIL64;
    }
    if (want->discount_percent != NIL64)
        l->discount_percent = want->discount_percent;
    if (want->discount_amount != NIL64 &&
        money_from_decimal(want->discount_amount, currency_exponent(k->o->currency),
                           &l->discount_amount) != OK)
        refuse(k, i, "discount_amount", err_slug(ERR_DECIMAL_SCALE),
               "The currency has fewer decimals.");
}

static void change_quantity(const struct amending *k, size_t i, struct order_line *l)
{
    const struct order_amend_line *want = &k->in->lines.v[i];
    int64_t least = line_done_quantity(l) + l->picked + l->canceled;
    if (want->quantity >= least) {
        l->quantity = want->quantity;
        return;
    }
    char text[DECIMAL_TEXT_MAX];
    decimal_format(least, DECIMAL_SCALE, 0, text);
    fault(k->c->problem, at_line(k, i, "quantity"), "quantity_exceeded",
          "%s is picked, shipped, invoiced or canceled already; it cannot be less.", text);
}

static void change_line(const struct amending *k, size_t i, struct order_line *l)
{
    const struct order_amend_line *want = &k->in->lines.v[i];
    bool price = want->unit_price != NIL64 || want->discount_percent != NIL64 ||
                 want->discount_amount != NIL64;
    if (l->dropped || l->canceled == l->quantity) {
        refuse(k, i, "line_no", "canceled", "Nothing is left of the line: add another one.");
        return;
    }
    if (price && l->invoiced > 0) {
        refuse(k, i,
               want->unit_price != NIL64         ? "unit_price"
               : want->discount_percent != NIL64 ? "discount_percent"
                                                 : "discount_amount",
               "invoiced", "Part of the line is invoiced at its price: add a line for the rest.");
        return;
    }
    if (want->drop && (want->quantity != NIL64 || price)) {
        refuse(k, i, "drop", "ambiguous", "Drop the line or change it, not both.");
        return;
    }
    if (want->drop)
        drop(l);
    if (want->quantity != NIL64)
        change_quantity(k, i, l);
    change_price(k, i, l);
}

static void change_lines(const struct amending *k)
{
    for (size_t i = 0; i < k->in->lines.n; i++) {
        int64_t no = k->in->lines.v[i].line_no;
        if (no > (int64_t)k->n_had)
            refuse(k, i, "line_no", "unknown_line", "The order has no such line.");
        else if (k->changed[no - 1])
            refuse(k, i, "line_no", "repeated", "The line stands here already.");
        else
            change_line(k, i, &k->lines[no - 1]);
        if (no <= (int64_t)k->n_had)
            k->changed[no - 1] = true;
    }
}

static err add_lines(struct amending *k)
{
    struct order_line_list added = {0};
    if (k->in->add_lines.n == 0)
        return OK;
    if (k->n > ORDER_LINES_MAX) {
        fault(k->c->problem, "/add_lines", "too_many", "An order has at most %d lines.",
              ORDER_LINES_MAX);
        return k->c->problem->code;
    }
    TRY(order_lines_resolve(k->tx, k->c, &k->before, &k->in->add_lines, "/add_lines", &added));
    for (size_t i = 0; i < added.n; i++) {
        k->lines[k->n_had + i] = added.v[i];
        k->lines[k->n_had + i].line_no = (int64_t)(k->n_had + i + 1);
        k->changed[k->n_had + i] = true;
    }
    return OK;
}

/* Room for so many more lines than there are. */
static void begin(struct amending *k, size_t n_more)
{
    k->n_had = k->o->n_lines;
    k->n = k->n_had + n_more;
    k->lines = ARENA_ARRAY(k->tx->arena, struct order_line, k->n);
    k->changed = ARENA_ARRAY(k->tx->arena, bool, k->n);
    memcpy(k->lines, k->o->lines, k->n_had * sizeof(*k->lines));
}

static err read_request(struct amending *k)
{
    begin(k, k->in->add_lines.n);
    change_lines(k);
    if (k->c->problem->code != OK)
        return k->c->problem->code;
    TRY(add_lines(k));
    if (strcmp(order_status_of_lines(k->lines, k->n), "canceled") == 0)
        fault(k->c->problem, "/lines", "nothing_left", "Nothing would be left: cancel the order.");
    return k->c->problem->code;
}

/* ---- what it is worth ---- */

static struct totals_line totals_of(const struct order_line *l, int64_t net)
{
    return (struct totals_line){.quantity = l->quantity,
                                .unit_price = l->unit_price,
                                .discount_percent = l->discount_percent,
                                .discount_amount = l->discount_amount,
                                .order_discount = l->dropped ? 0 : l->order_discount,
                                .tax_code_id = l->tax_code_id,
                                .tax_rate = l->tax_rate,
                                .net = l->dropped ? 0 : net};
}

static err compute(const struct amending *k, struct totals_line *t, size_t n, struct totals *ret)
{
    enum rounding rounding;
    TRY(rounding_parse(k->o->rounding, &rounding));
    return totals_compute(t, n, currency_exponent(k->o->currency), rounding,
                          strcmp(k->o->tax_rounding, "per_line") == 0, ret);
}

/* A line that stays is worth what it was, whatever its quantity and price say by themselves: it may
 * have been split, or bear a discount of the order. */
static err keep(const struct amending *k, struct totals_line *t)
{
    struct totals ignored;
    for (size_t i = 0; i < k->n; i++) {
        const struct order_line *l = &k->lines[i];
        t[i] = totals_of(l, NIL64);
        if (k->changed[i])
            continue;
        TRY(compute(k, &t[i], 1, &ignored));
        t[i] = totals_of(l, t[i].net == l->net ? NIL64 : l->net);
    }
    return OK;
}

/* The order's discount on the lines that change: the percentage, or of an amount what they had of
 * it. What is dropped takes its part along. */
static err discount(const struct amending *k, struct totals_line *t, size_t *ret_at)
{
    struct totals_line *some = ARENA_ARRAY(k->tx->arena, struct totals_line, k->n);
    size_t *at = ARENA_ARRAY(k->tx->arena, size_t, k->n), n = 0, bad;
    struct totals_discount d = {.percent = k->before.discount_percent, .amount = NIL64};
    int64_t had = 0, taken;
    enum rounding rounding;
    TRY(rounding_parse(k->o->rounding, &rounding));
    for (size_t i = 0; i < k->n; i++) {
        if (!k->changed[i] || k->lines[i].dropped)
            continue;
        had += k->lines[i].order_discount;
        at[n] = i;
        some[n++] = t[i];
    }
    if (k->before.discount_amount != NIL64)
        d.amount = had;
    err e = totals_discount(some, n, currency_exponent(k->o->currency), rounding, d, &taken, &bad);
    *ret_at = bad < n ? at[bad] : k->n;
    for (size_t i = 0; e == OK && i < n; i++)
        t[at[i]] = some[i];
    return e;
}

static err refuse_totals(const struct amending *k, err e, size_t at)
{
    for (size_t i = 0; e == ERR_AMOUNT_EXCEEDED && i < k->in->lines.n; i++)
        if (k->in->lines.v[i].line_no == (int64_t)at + 1)
            refuse(k, i, "discount_amount", "too_large", "The discount is more than the line.");
    if (k->c->problem->code != OK)
        return k->c->problem->code;
    fault(k->c->problem, "/lines",
          e == ERR_AMOUNT_EXCEEDED ? "discount_too_large" : err_slug(ERR_OVERFLOW), "%s",
          e == ERR_AMOUNT_EXCEEDED ? "The discount of the order is more than is left of the lines."
                                   : "The amounts of this order are out of range.");
    return k->c->problem->code;
}

static err price(struct amending *k)
{
    struct totals_line *t = ARENA_ARRAY(k->tx->arena, struct totals_line, k->n);
    struct totals total;
    size_t at = k->n;
    err e = keep(k, t);
    if (e == OK)
        e = discount(k, t, &at);
    if (e == OK)
        e = compute(k, t, k->n, &total);
    if (e != OK)
        return refuse_totals(k, e, at);
    k->header.discount = 0;
    for (size_t i = 0; i < k->n; i++) {
        k->lines[i].order_discount = t[i].order_discount;
        k->lines[i].net = t[i].net;
        k->lines[i].tax = t[i].tax;
        k->lines[i].gross = t[i].gross;
        k->header.discount += t[i].order_discount;
    }
    if (k->header.discount_amount != NIL64)
        k->header.discount_amount = k->header.discount;
    k->header.net = total.net;
    k->header.tax = total.tax;
    k->header.gross = total.gross;
    return OK;
}

/* ---- what it grows by ---- */

/* A release of its credit hold, up to a cap, is a decision about what the order becomes, too. */
static err check_credit(struct amending *k, struct order_facts *f)
{
    struct line_exposure was = lines_exposure(k->o->was, k->n_had);
    struct line_exposure now = lines_exposure(k->lines, k->n);
    int64_t more = now.ordered + now.unbilled - was.ordered - was.unbilled;
    const struct order_credit_ask ask = {.point = "amend", .more = more, .document = now.ordered};
    struct order_holds_row_list holds;
    struct credit_verdict verdict;
    TRY(order_holds(k->tx, &k->o->id, 1, &holds));
    f->confirm.force = order_credit_released(&holds, now.ordered, k->tx->today);
    if (more > 0) {
        const char *why = order_credit_refusal(&f->confirm, &ask, &verdict);
        if (why != NULL)
            return fail(k->c->problem, ERR_CREDIT_LIMIT, "%s", why);
        TRY(order_credit_keep(k->tx, k->c, k->o, f->confirm.credit, &verdict,
                              (struct credit_subject){.point = "amend", .amount = more}));
        if (verdict.outcome == CREDIT_WARNED)
            event_push(k->tx, k->c, "order.credit_exceeded", "order", k->o->id, NULL,
                       order_event_json(k->tx->arena, &k->before));
    }
    return order_exposure_apply(k->tx, k->o, &was, &now);
}

/* First what is given back, then what is taken. */
static err reserve(struct amending *k, const struct order_facts *f)
{
    struct stock_delta *deltas = ARENA_ARRAY(k->tx->arena, struct stock_delta, k->n);
    size_t n = 0;
    const char *why;
    for (int taking = 0; taking < 2; taking++)
        for (size_t i = 0; i < k->n; i++) {
            struct order_line *l = &k->lines[i];
            int64_t had = i < k->n_had ? k->o->was[i].reserved : 0, at = l->reserved;
            if (!k->changed[i] || (line_open_quantity(l) > had) != (taking == 1))
                continue;
            if (k->substitutes && i < k->n_had && taking == 1) {
                line_wait(l); /* what is left of it is as short as before */
                continue;
            }
            if (!order_line_reserve(&f->confirm, l, &why))
                return fail(k->c->problem, ERR_INSUFFICIENT_STOCK, "%s", why);
            if (l->reserved != at)
                deltas[n++] = (struct stock_delta){.product_id = l->product_id,
                                                   .warehouse_id = l->warehouse_id,
                                                   .reserved = l->reserved - at};
        }
    return n > 0 ? stock_apply(k->tx, deltas, n) : OK;
}

static err check(struct amending *k)
{
    struct order_facts f;
    struct order_state all = *k->o;
    all.lines = k->lines;
    all.n_lines = k->n;
    if (k->o->confirmed_at == NIL64) {
        /* It counts nothing and reserves nothing until it is released; it may fit now. */
        if (k->o->waits)
            credit_made_room(k->tx, k->o->credit_account_id,
                             credit_cause_of(k->tx->arena, k->c, "order", k->o->id));
        return OK;
    }
    TRY(order_facts_load(k->tx, k->c, &all, &f));
    TRY(check_credit(k, &f));
    return reserve(k, &f);
}

/* What it has become may need an approval that nobody is asked for yet. */
static err ask_approvals(struct amending *k)
{
    struct order_hold_placing *needed;
    size_t n;
    if (k->confirms || (k->in->lines.n + k->in->add_lines.n == 0 && !k->substitutes))
        return OK;
    TRY(order_approvals_load(k->tx, k->c, k->o->currency, k->lines, k->n, &needed, &n));
    for (size_t i = 0; i < n; i++) {
        bool asked = false;
        for (size_t j = 0; j < k->before.holds.n; j++)
            asked = asked || (k->before.holds.v[j].released_at == NIL64 &&
                              k->before.holds.v[j].approval_rule_id == needed[i].approval_rule_id);
        if (asked)
            continue;
        TRY(order_hold_place(k->tx, k->c, k->o, &needed[i]));
        k->o->held = true;
        k->o->status = "on_hold";
    }
    return OK;
}

/* ---- store ---- */

static err store(struct amending *k)
{
    struct order_line *changed = ARENA_ARRAY(k->tx->arena, struct order_line, k->n_had);
    size_t n = 0;
    for (size_t i = 0; i < k->n_had; i++)
        if (memcmp(&k->lines[i], &k->o->was[i], sizeof(k->lines[i])) != 0)
            changed[n++] = k->lines[i];
    TRY(order_lines_change(k->tx, k->o->id, changed, n));
    TRY(blanket_draw_changes(k->tx, k->o, k->lines));
    TRY(order_lines_add(k->tx, k->o->id, k->lines + k->n_had, k->n - k->n_had));
    return order_amended(k->tx, &k->header, 1);
}

static void take_dates(struct amending *k)
{
    const struct order_amend *in = k->in;
    if (JSON_HAS(order_amend, in, requested_date))
        k->header.requested_date = in->requested_date;
    if (JSON_HAS(order_amend, in, committed_date))
        k->header.committed_date = in->committed_date;
    if (JSON_HAS(order_amend, in, promised_date))
        k->header.promised_date = in->promised_date;
}

/* Prices, checks and stores the lines as they have become; before and after are shown and kept. */
static err finish(struct amending *k, const char *kind, const char *reason, struct order *ret)
{
    struct tx *tx = k->tx;
    TRY(price(k));
    TRY(check(k));
    TRY(ask_approvals(k));
    k->header.version = k->o->version + 1;
    k->header.line_count = (int64_t)k->n;
    k->header.status = k->o->confirmed_at == NIL64 || k->o->held
                           ? k->o->status
                           : order_status_of_lines(k->lines, k->n);
    TRY(store(k));
    TRY(order_load(tx, k->o->id, ret));
    return order_revision_keep(tx, k->c, kind, reason, &k->before, ret);
}

static void tell_status(const struct amending *k)
{
    order_tell(k->tx, k->c,
               (struct order_step){
                   .order_id = k->o->id, .was = k->before.status, .now = k->header.status});
}

err orders_amend(struct tx *tx, struct call *c, const struct order_amend *in, struct order *ret)
{
    struct amending k = {.tx = tx, .c = c, .in = in};
    TRY(order_lock_for(tx, c, "amend", &k.o));
    TRY(order_load(tx, k.o->id, &k.before));
    k.header = k.before;
    take_dates(&k);
    TRY(read_request(&k));
    TRY(finish(&k, "amend", in->reason, ret));
    event_push(tx, c, "order.amended", "order", k.o->id, order_event_json(tx->arena, &k.before),
               order_event_json(tx->arena, ret));
    tell_status(&k);
    return OK;
}

/* ---- POST /v1/orders/{id}/substitute ---- */

/* Wishes that are granted: what goes, and instead of which line. */
struct replacing {
    const struct substitute_wish *wishes;
    size_t n_wishes;
    struct substitute_facts_list offers;
    struct order_line_new *goes;
    struct order_line **instead_of;
    bool *reprice;
    size_t n;
};

static err find_offers(const struct amending *k, struct replacing *r)
{
    struct stock_key *keys = ARENA_ARRAY(k->tx->arena, struct stock_key, r->n_wishes);
    size_t n = 0;
    for (size_t i = 0; i < r->n_wishes; i++) {
        int64_t no = r->wishes[i].line_no;
        if (no <= (int64_t)k->n_had && k->lines[no - 1].warehouse_id != NIL64)
            keys[n++] = (struct stock_key){k->lines[no - 1].product_id,
                                           k->lines[no - 1].warehouse_id};
    }
    return substitutes_find(k->tx, keys, n, &r->offers);
}

static bool is_named(const struct substitute_wish *w, const struct substitute_facts *s)
{
    if (w->product_id != NIL64)
        return s->substitute_id == w->product_id;
    return w->sku == NULL || strcmp(w->sku, s->sku) == 0;
}

/* The one that is named, or the first that has enough; what it gives is no longer there for the
 * next wish. NULL: none; ret_known: but there are some. */
static struct substitute_facts *choose(const struct replacing *r, const struct substitute_wish *w,
                                       const struct order_line *l, int64_t quantity,
                                       bool *ret_known)
{
    bool named = w->product_id != NIL64 || w->sku != NULL;
    *ret_known = false;
    for (size_t i = 0; i < r->offers.n; i++) {
        struct substitute_facts *s = &r->offers.v[i];
        if (s->product_id != l->product_id || s->warehouse_id != l->warehouse_id || !is_named(w, s))
            continue;
        *ret_known = true;
        if (!named && s->available < quantity)
            continue;
        for (size_t j = 0; j < r->offers.n; j++)
            if (r->offers.v[j].substitute_id == s->substitute_id &&
                r->offers.v[j].warehouse_id == s->warehouse_id)
                r->offers.v[j].available -= quantity;
        return s;
    }
    return NULL;
}

static err refuse_choice(const struct amending *k, size_t i, const struct replacing *r,
                         const struct order_line *l, int64_t quantity, bool known)
{
    char text[DECIMAL_TEXT_MAX];
    const struct substitute_wish *w = &r->wishes[i];
    if (!known) {
        refuse(k, i,
               w->product_id != NIL64 ? "product_id"
               : w->sku != NULL       ? "sku"
                                      : "line_no",
               "not_a_substitute", "It is no substitute of the line's product today.");
        return OK;
    }
    decimal_format(quantity, DECIMAL_SCALE, 0, text);
    return fail(k->c->problem, ERR_INSUFFICIENT_STOCK, "Line %lld: no substitute of %s has %s.",
                (long long)l->line_no, l->sku, text);
}

/* How much of the line goes; 0 and a fault when nothing can. */
static int64_t quantity_of(const struct amending *k, size_t i, const struct substitute_wish *w,
                           const struct order_line *l)
{
    char text[DECIMAL_TEXT_MAX];
    int64_t free = line_free_quantity(l), waits = line_open_quantity(l) - l->reserved;
    if (strcmp(l->kind, "stock") != 0) {
        refuse(k, i, "line_no", "service", "The line is a service; nothing goes instead.");
        return 0;
    }
    waits = waits < free ? waits : free;
    if (w->quantity == NIL64 && waits <= 0)
        refuse(k, i, "line_no", "nothing_waits",
               "All that is open of the line is reserved; say a quantity to replace it.");
    if (w->quantity == NIL64)
        return waits > 0 ? waits : 0;
    if (w->quantity <= free)
        return w->quantity;
    decimal_format(free, DECIMAL_SCALE, 0, text);
    fault(k->c->problem, at_line(k, i, "quantity"), "quantity_exceeded", "Only %s of it is open.",
          text);
    return 0;
}

static err grant(struct amending *k, size_t i, struct replacing *r)
{
    const struct substitute_wish *w = &r->wishes[i];
    struct order_line *l = w->line_no <= (int64_t)k->n_had ? &k->lines[w->line_no - 1] : NULL;
    bool known;
    if (l == NULL || k->changed[w->line_no - 1]) {
        refuse(k, i, "line_no", l == NULL ? "unknown_line" : "repeated",
               l == NULL ? "The order has no such line." : "The line stands here already.");
        return OK;
    }
    int64_t quantity = quantity_of(k, i, w, l);
    if (quantity == 0)
        return OK;
    const struct substitute_facts *s = choose(r, w, l, quantity, &known);
    if (s == NULL)
        return w->optional ? OK : refuse_choice(k, i, r, l, quantity, known);
    struct order_line_new *goes = &r->goes[r->n];
    json_set_all_absent(&order_line_new_type, goes);
    goes->product_id = s->substitute_id;
    goes->quantity = quantity;
    goes->warehouse_id = l->warehouse_id;
    goes->has |= (uint64_t)1 << order_line_new_has_backorder; /* it goes now, or not at all */
    if (!w->reprice) {
        goes->unit_price = l->unit_price;
        goes->discount_percent = l->discount_percent;
    }
    k->changed[w->line_no - 1] = true;
    r->reprice[r->n] = w->reprice;
    r->instead_of[r->n++] = l;
    return OK;
}

/* The line becomes less by what goes instead, which takes its part of the discount along. */
static err hand_over(const struct replacing *r, size_t i, struct order_line *l,
                     struct order_line *goes)
{
    int64_t discount;
    TRY(money_share(l->discount_amount, goes->quantity, l->quantity, ROUND_HALF_UP, &discount));
    goes->substitutes_line_no = l->line_no;
    goes->substitution = "none";
    if (!r->reprice[i]) {
        goes->price_source = l->price_source;
        goes->price_id = l->price_id;
        goes->discount_amount = discount;
    }
    l->discount_amount -= discount;
    if (l->quantity > goes->quantity) {
        l->quantity -= goes->quantity;
        return OK;
    }
    l->dropped = true;
    l->canceled = l->quantity;
    l->discount_amount = 0;
    return OK;
}

static err replace(struct amending *k, struct replacing *r)
{
    struct order_line_list added;
    const struct order_line_new_list in = {.v = r->goes, .n = r->n};
    if (k->n_had + r->n > ORDER_LINES_MAX)
        return fail(k->c->problem, ERR_WRONG_STATE, "An order has at most %d lines.",
                    ORDER_LINES_MAX);
    TRY(order_lines_resolve(k->tx, k->c, &k->before, &in, "/lines", &added));
    for (size_t i = 0; i < added.n; i++) {
        struct order_line *goes = &k->lines[k->n_had + i];
        *goes = added.v[i];
        goes->line_no = (int64_t)(k->n_had + i + 1);
        k->changed[k->n_had + i] = true;
        TRY(hand_over(r, i, r->instead_of[i], goes));
    }
    k->n = k->n_had + added.n;
    return OK;
}

#define ORDER_SUBSTITUTED_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                      \
    VALUE(T, integer, line_no)                                                                     \
    VALUE(T, integer, substitutes_line_no)                                                         \
    VALUE(T, id, product_id, .prefix = "prd")                                                      \
    VALUE(T, string, sku)                                                                          \
    VALUE(T, decimal, quantity)
JSON_STRUCT(order_substituted_line, ORDER_SUBSTITUTED_LINE_FIELDS);
JSON_TYPE(order_substituted_line, ORDER_SUBSTITUTED_LINE_FIELDS, .doc = "What goes instead.");
#define ORDER_SUBSTITUTED_FIELDS(T, VALUE, OBJECT, LIST) LIST(T, order_substituted_line, lines)
JSON_STRUCT(order_substituted, ORDER_SUBSTITUTED_FIELDS);
JSON_TYPE(order_substituted, ORDER_SUBSTITUTED_FIELDS, .doc = "What goes instead on an order.");

void order_tell_substituted(struct tx *tx, const struct call *c, int64_t order_id,
                            const struct order_line *lines, size_t n)
{
    struct order_substituted e = {
        .lines.v = ARENA_ARRAY(tx->arena, struct order_substituted_line, n)};
    for (size_t i = 0; i < n; i++)
        if (lines[i].substitutes_line_no != NIL64)
            e.lines.v[e.lines.n++] = (struct order_substituted_line){
                .line_no = lines[i].line_no,
                .substitutes_line_no = lines[i].substitutes_line_no,
                .product_id = lines[i].product_id,
                .sku = lines[i].sku,
                .quantity = lines[i].quantity};
    if (e.lines.n > 0)
        event_push(tx, c, "order.substituted", "order", order_id, NULL,
                   call_json(tx->arena, &order_substituted_type, &e, NULL));
}

err order_substitute(struct tx *tx, struct call *c, struct order_state *o,
                     const struct substitute_wish *wishes, size_t n, const char *reason,
                     struct order *ret)
{
    struct order_amend nothing;
    struct order after;
    json_set_all_absent(&order_amend_type, &nothing);
    struct amending k = {.tx = tx,
                         .c = c,
                         .in = &nothing,
                         .o = o,
                         .substitutes = true,
                         .confirms = n > 0 && wishes[0].optional};
    struct replacing r = {.wishes = wishes,
                          .n_wishes = n,
                          .goes = ARENA_ARRAY(tx->arena, struct order_line_new, n),
                          .instead_of = ARENA_ARRAY(tx->arena, struct order_line *, n),
                          .reprice = ARENA_ARRAY(tx->arena, bool, n)};
    TRY(order_load(tx, o->id, &k.before));
    k.header = k.before;
    begin(&k, n);
    TRY(find_offers(&k, &r));
    for (size_t i = 0; i < n; i++)
        TRY(grant(&k, i, &r));
    if (c->problem->code != OK)
        return c->problem->code;
    if (r.n == 0)
        return OK;
    TRY(replace(&k, &r));
    TRY(finish(&k, "substitute", reason, ret != NULL ? ret : &after));
    order_tell_substituted(tx, c, o->id, k.lines + k.n_had, k.n - k.n_had);
    tell_status(&k);
    return OK;
}

err orders_substitute(struct tx *tx, struct call *c, const struct order_substitute *in,
                      struct order *ret)
{
    struct order_state *o;
    struct substitute_wish *wishes = ARENA_ARRAY(tx->arena, struct substitute_wish, in->lines.n);
    TRY(order_lock_for(tx, c, "amend", &o));
    for (size_t i = 0; i < in->lines.n; i++) {
        const struct order_substitute_line *l = &in->lines.v[i];
        wishes[i] = (struct substitute_wish){.line_no = l->line_no,
                                             .product_id = l->product_id,
                                             .sku = l->sku,
                                             .quantity = l->quantity,
                                             .reprice = l->price != NULL &&
                                                        strcmp(l->price, "reprice") == 0};
        if (l->product_id != NIL64 && l->sku != NULL)
            fault(c->problem, arena_printf(tx->arena, "/lines/%zu/sku", i), "ambiguous",
                  "Give product_id or sku, not both.");
    }
    if (c->problem->code != OK)
        return c->problem->code;
    return order_substitute(tx, c, o, wishes, in->lines.n, in->reason, ret);
}
