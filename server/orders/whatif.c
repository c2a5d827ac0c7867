/* POST /v1/credit/what-if: plays days forward over the locked facts, in memory, with the judgment
 * that confirming uses. Stock is left out: it is about credit alone. */
#include "server/orders/whatif.h"
#include "server/credit/policies.h"
#include "server/credit/rules.h"
#include "server/customers/customers.h"
#include "server/orders/reconsider.h"
#include "server/orders/stock.h"
#include "server/routes_prototypes.h"
#include <string.h>

const char *const what_if_outcomes[] = {"confirmed", "held", "released", NULL};

JSON_TYPE(what_if_order, WHAT_IF_ORDER_FIELDS, .doc = "An order that might come.");
JSON_TYPE(what_if_payment, WHAT_IF_PAYMENT_FIELDS, .doc = "A payment that might come.");
JSON_TYPE(what_if, WHAT_IF_FIELDS, .doc = "What might happen.");
JSON_TYPE(what_if_day, WHAT_IF_DAY_FIELDS, .doc = "The exposure at the end of a day.");
JSON_TYPE(what_if_outcome, WHAT_IF_OUTCOME_FIELDS, .doc = "What becomes of an order.");
JSON_TYPE(what_if_reply, WHAT_IF_REPLY_FIELDS, .doc = "What would become of it.");

/* An order that plays along: hypothetical, or one that waits. */
struct player {
    struct what_if_outcome *out;
    struct credit_facts *account;
    int64_t gross;
    int32_t date; /* when it wants to be confirmed */
    bool waits;
};

struct play {
    struct tx *tx;
    struct call *c;
    const struct what_if *in;
    struct what_if_reply *out;
    const struct customer_facts *customer;
    struct credit_facts_list credit;
    struct credit_facts *account;
    struct credit_standing standing; /* of the account, as of the day that is played */
    struct credit_due_list dues;
    struct credit_clearing_list clearings;
    struct order_state_list waiting; /* real ones */
    struct player *players;
    size_t n_players;
    int64_t terms;
};

/* ---- load ---- */

static err find_customer(struct play *p)
{
    struct customer_facts_list *list = ARENA_NEW(p->tx->arena, struct customer_facts_list);
    TRY(customers_load(p->tx, &p->in->customer_id, 1, list));
    if (list->n == 0)
        fault(p->c->problem, "/customer_id", "unknown_reference", "There is no such customer.");
    else
        p->customer = &list->v[0];
    return p->c->problem->code;
}

static int64_t root_of(const struct credit_facts *f)
{
    while (f->parent != NULL)
        f = f->parent;
    return f->id;
}

/* The account, those who wait in its group, and their accounts: all in one list. */
static err load(struct play *p)
{
    struct tx *tx = p->tx;
    struct blocked_order_list blocked = {0};
    int64_t account = p->customer->credit_account_id;
    TRY(credit_lock(tx, &account, 1, &p->credit));
    int64_t root = root_of(credit_find(&p->credit, account));
    TRY(orders_waiting_for_credit(tx, &root, 1, &blocked, &p->waiting));
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, p->waiting.n + 1);
    ids[0] = account;
    for (size_t i = 0; i < p->waiting.n; i++)
        ids[i + 1] = p->waiting.v[i].credit_account_id;
    TRY(credit_lock(tx, ids, p->waiting.n + 1, &p->credit));
    p->account = credit_find(&p->credit, account);
    if (p->account->uncleared > 0)
        TRY(credit_clearing_days(tx, account, &p->clearings));
    return credit_dues(tx, account, &p->dues);
}

/* ---- what comes in ---- */

static int64_t minor_of(const struct play *p, int64_t decimal, const char *pointer)
{
    int64_t minor = NIL64;
    if (decimal != NIL64 && money_from_decimal(decimal, p->customer->exponent, &minor) != OK)
        fault(p->c->problem, pointer, "decimal_scale", "%s has %d decimals.", p->customer->currency,
              p->customer->exponent);
    return minor;
}

static int32_t day_of(const struct play *p, int32_t date, const char *pointer)
{
    if (date != NIL32 && date < p->tx->today)
        fault(p->c->problem, pointer, "too_small", "That day has passed.");
    return date == NIL32 ? p->tx->today : date;
}

static void add_player(struct play *p, struct what_if_outcome outcome, int64_t account,
                       int64_t gross, int32_t date)
{
    struct what_if_outcome *out = &p->out->orders.v[p->out->orders.n++];
    *out = outcome;
    out->outcome = "held";
    out->date = out->held_on = NIL32;
    p->players[p->n_players++] = (struct player){.out = out,
                                                 .account = credit_find(&p->credit, account),
                                                 .gross = gross,
                                                 .date = date,
                                                 .waits = outcome.order_id != NIL64};
}

static err take(struct play *p)
{
    struct arena *a = p->tx->arena;
    size_t n = p->in->orders.n + p->waiting.n;
    p->players = ARENA_ARRAY(a, struct player, n);
    p->out->orders.v = ARENA_ARRAY(a, struct what_if_outcome, n);
    for (size_t i = 0; i < p->in->orders.n; i++) {
        const struct what_if_order *o = &p->in->orders.v[i];
        add_player(p, (struct what_if_outcome){.index = (int64_t)i, .order_id = NIL64},
                   p->account->id, minor_of(p, o->gross, arena_printf(a, "/orders/%zu/gross", i)),
                   day_of(p, o->date, arena_printf(a, "/orders/%zu/date", i)));
    }
    for (size_t i = 0; i < p->waiting.n; i++) {
        const struct order_state *o = &p->waiting.v[i];
        add_player(p, (struct what_if_outcome){.index = NIL64, .order_id = o->id},
                   o->credit_account_id, order_open_gross(o), p->tx->today);
    }
    for (size_t i = 0; i < p->in->payments.n; i++) {
        const struct what_if_payment *pay = &p->in->payments.v[i];
        minor_of(p, pay->amount, arena_printf(a, "/payments/%zu/amount", i));
        day_of(p, pay->date, arena_printf(a, "/payments/%zu/date", i));
    }
    int64_t limit = minor_of(p, p->in->credit_limit, "/credit_limit");
    if (limit != NIL64)
        p->account->credit_limit = limit;
    p->terms = p->in->payment_terms_days != NIL64 ? p->in->payment_terms_days
                                                  : p->customer->payment_terms_days;
    return p->c->problem->code;
}

/* ---- play ---- */

/* Less is owed: here, and in those above. */
static void pay(struct play *p, int64_t *counter, int64_t by)
{
    int64_t before = credit_exposure(p->account);
    *counter += by;
    int64_t moved = credit_exposure(p->account) - before;
    for (struct credit_facts *f = p->account->parent; f != NULL; f = f->parent)
        f->below += moved;
}

/* What is overdue on that day, as the policy sees it. */
static void look_at_dues(struct play *p, int32_t day)
{
    struct credit_standing *s = &p->standing;
    s->overdue_days = s->overdue = s->receivable = 0;
    for (size_t i = 0; i < p->dues.n; i++) {
        const struct credit_due *d = &p->dues.v[i];
        int64_t owed = d->amount - (s->exclude_disputed ? d->disputed : 0);
        s->receivable += owed;
        if (owed == 0 || d->due_date >= day)
            continue;
        s->overdue += owed;
        if (day - d->due_date > s->overdue_days)
            s->overdue_days = day - d->due_date;
    }
}

static bool confirm(struct play *p, struct player *w, int32_t day, const char *outcome)
{
    struct credit_verdict verdict;
    struct credit_question q = {.point = "confirm",
                                .tenant_mode = p->c->tenant->credit_mode,
                                .amount = w->gross,
                                .ordered = w->gross,
                                .document = w->gross,
                                .today = day};
    credit_judge(p->tx->arena, w->account, &q, &verdict);
    if (strcmp(p->customer->status, "blocked") == 0 && w->account == p->account) {
        verdict.outcome = CREDIT_HELD;
        verdict.reason = "The customer is blocked.";
    } else if (!credit_checked_at(w->account, "confirm")) {
        verdict.outcome = CREDIT_APPROVED;
    }
    w->waits = verdict.outcome == CREDIT_HELD;
    if (w->waits) {
        if (w->out->reason == NULL)
            w->out->reason = verdict.reason;
        if (w->out->index != NIL64 && w->out->held_on == NIL32)
            w->out->held_on = day;
        return false;
    }
    credit_take(w->account, w->gross);
    w->out->outcome = outcome;
    w->out->date = day;
    return true;
}

/* Payments that clear on the day count as uncleared no more, here and in those above. */
static bool clear(struct play *p, int32_t day)
{
    bool room = false;
    for (size_t i = 0; i < p->clearings.n; i++) {
        const struct credit_clearing *k = &p->clearings.v[i];
        if (k->clears_on != day)
            continue;
        p->account->unapplied_uncleared -= k->unapplied;
        for (struct credit_facts *f = p->account; f != NULL; f = f->parent)
            f->uncleared -= k->amount;
        room = true;
    }
    return room;
}

/* Payments of the day, and with pay_when_due what ends on it. Is there room now? */
static bool play_money(struct play *p, int32_t day)
{
    bool room = clear(p, day);
    for (size_t i = 0; i < p->in->payments.n; i++) {
        const struct what_if_payment *in = &p->in->payments.v[i];
        if (day_of(p, in->date, "") != day)
            continue;
        pay(p, &p->account->unapplied, minor_of(p, in->amount, ""));
        room = true;
    }
    for (size_t i = 0; p->in->pay_when_due && day > p->tx->today && i < p->dues.n; i++) {
        struct credit_due *d = &p->dues.v[i];
        if (d->amount == 0 || d->due_date > day)
            continue;
        pay(p, &p->account->receivable, -d->amount);
        for (struct credit_facts *f = p->account; f != NULL; f = f->parent)
            f->disputed -= d->disputed;
        d->amount = d->disputed = 0;
        room = true;
    }
    for (size_t i = 0; p->in->pay_when_due && i < p->n_players; i++) {
        struct player *w = &p->players[i];
        if (w->out->index == NIL64 || w->out->date == NIL32 || w->out->date + p->terms != day ||
            day == p->tx->today)
            continue;
        pay(p, &p->account->ordered, -w->gross);
        room = true;
    }
    return room;
}

/* Those that wait, the real ones first: they are older. */
static void release(struct play *p, int32_t day)
{
    for (int real = 1; real >= 0; real--)
        for (size_t i = 0; i < p->n_players; i++) {
            struct player *w = &p->players[i];
            if (w->waits && (w->out->order_id != NIL64) == (real == 1))
                confirm(p, w, day, "released");
        }
}

static bool over_limit(const struct play *p)
{
    return p->account->credit_limit != NIL64 &&
           credit_exposure(p->account) > p->account->credit_limit;
}

/* The first one counts. of: the order that it is about, or NULL. */
static void note_breach(struct play *p, int32_t day, bool breach, const struct what_if_outcome *of)
{
    if (!breach || p->out->first_breach != NIL32)
        return;
    p->out->first_breach = day;
    if (of == NULL)
        return;
    p->out->breach_index = of->index;
    p->out->breach_reason = of->reason;
}

static void play_day(struct play *p, int32_t day)
{
    bool room = play_money(p, day);
    look_at_dues(p, day);
    if (room || (day == p->tx->today && p->in->credit_limit != NIL64))
        release(p, day);
    for (size_t i = 0; i < p->n_players; i++)
        if (p->players[i].out->index != NIL64 && p->players[i].date == day) {
            bool held = !confirm(p, &p->players[i], day, "confirmed");
            note_breach(p, day, held || over_limit(p), p->players[i].out);
        }
    note_breach(p, day, over_limit(p), NULL);
    int64_t exposure = credit_exposure(p->account), limit = p->account->credit_limit;
    p->out->days.v[p->out->days.n++] = (struct what_if_day){
        .date = day, .exposure = exposure, .headroom = limit == NIL64 ? NIL64 : limit - exposure};
}

err credit_what_if(struct tx *tx, struct call *c, const struct what_if *in,
                   struct what_if_reply *ret)
{
    struct play p = {.tx = tx, .c = c, .in = in, .out = ret};
    int32_t days = in->days == NIL64 ? WHAT_IF_DAYS_DEFAULT : (int32_t)in->days;
    TRY(find_customer(&p));
    TRY(load(&p));
    TRY(take(&p));
    if (p.account->standing != NULL) {
        p.standing = *p.account->standing;
        p.account->standing = &p.standing;
    }
    ret->customer_id = in->customer_id;
    ret->credit_account_id = p.account->id;
    ret->currency = p.account->currency;
    ret->credit_limit = p.account->credit_limit;
    ret->first_breach = NIL32;
    ret->breach_index = NIL64;
    ret->days.v = ARENA_ARRAY(tx->arena, struct what_if_day, (size_t)days);
    for (int32_t day = tx->today; day < tx->today + days; day++)
        play_day(&p, day);
    return c->problem->code;
}
