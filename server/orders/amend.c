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

static err read_request(struct amending *k)
{
    k->n_had = k->o->n_lines;
    k->n = k->n_had + k->in->add_lines.n;
    k->lines = ARENA_ARRAY(k->tx->arena, struct order_line, k->n);
    k->changed = ARENA_ARRAY(k->tx->arena, bool, k->n);
    memcpy(k->lines, k->o->lines, k->n_had * sizeof(*k->lines));
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
    if (k->in->lines.n + k->in->add_lines.n == 0)
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

err orders_amend(struct tx *tx, struct call *c, const struct order_amend *in, struct order *ret)
{
    struct amending k = {.tx = tx, .c = c, .in = in};
    TRY(order_lock_for(tx, c, "amend", &k.o));
    TRY(order_load(tx, k.o->id, &k.before));
    k.header = k.before;
    take_dates(&k);
    TRY(read_request(&k));
    TRY(price(&k));
    TRY(check(&k));
    TRY(ask_approvals(&k));
    k.header.version = k.o->version + 1;
    k.header.line_count = (int64_t)k.n;
    k.header.status = k.o->confirmed_at == NIL64 || k.o->held ? k.o->status
                                                              : order_status_of_lines(k.lines, k.n);
    TRY(store(&k));
    TRY(order_load(tx, k.o->id, ret));
    TRY(order_revision_keep(tx, c, "amend", in->reason, &k.before, ret));
    event_push(tx, c, "order.amended", "order", k.o->id, order_event_json(tx->arena, &k.before),
               order_event_json(tx->arena, ret));
    order_tell(
        tx, c,
        (struct order_step){.order_id = k.o->id, .was = k.before.status, .now = k.header.status});
    return OK;
}
