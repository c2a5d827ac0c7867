/* Pure rules of orders: see rules.h. */
#include "server/orders/rules.h"
#include "lib/base/money.h"
#include <assert.h>
#include <string.h>

const char *const order_statuses[] = {"draft",     "on_hold", "confirmed", "in_fulfillment",
                                      "fulfilled", "closed",  "canceled",  NULL};
const char *const order_channels[] = {"web", "email", "phone", "crm", "edi", "portal", NULL};
const char *const order_hold_kinds[] = {"credit",           "stock", "approval", "fraud",
                                        "customer_request", NULL};
const char *const order_release_rules[] = {"manual", "when_clear", NULL};

bool hold_can_clear(const char *kind)
{
    return strcmp(kind, "credit") == 0 || strcmp(kind, "stock") == 0;
}

const char *const order_price_sources[] = {"customer", "group",     "general", "request",
                                           "quote",    "agreement", NULL};

/* The part of the gross that belongs to the first `quantity` pieces. Cannot overflow: the quantity
 * is at most the line's. */
static int64_t share(const struct order_line *l, int64_t quantity)
{
    int64_t part = 0;
    err e = money_share(l->gross, quantity, l->quantity, ROUND_HALF_UP, &part);
    assert(e == OK);
    return part;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t line_done_quantity(const struct order_line *l)
{
    return larger(l->shipped, l->invoiced);
}

struct line_exposure line_exposure(const struct order_line *l)
{
    int64_t done = line_done_quantity(l);
    return (struct line_exposure){.ordered = l->gross - share(l, done + l->canceled),
                                  .unbilled = share(l, done) - share(l, l->invoiced)};
}

struct line_exposure lines_exposure(const struct order_line *lines, size_t n)
{
    struct line_exposure sum = {0};
    for (size_t i = 0; i < n; i++) {
        struct line_exposure e = line_exposure(&lines[i]);
        sum.ordered += e.ordered;
        sum.unbilled += e.unbilled;
    }
    return sum;
}

static bool is_service(const struct order_line *l)
{
    return strcmp(l->kind, "service") == 0;
}

bool line_billed_on_order(const struct order_line *l)
{
    return is_service(l) && l->fulfillment == NULL;
}

int64_t line_billable_quantity(const struct order_line *l)
{
    int64_t up_to = line_billed_on_order(l) ? l->quantity - l->canceled : l->shipped;
    return up_to > l->invoiced ? up_to - l->invoiced : 0;
}

int64_t line_open_quantity(const struct order_line *l)
{
    return l->quantity - l->canceled - (line_billed_on_order(l) ? l->invoiced : l->shipped);
}

void line_wait(struct order_line *l)
{
    l->backordered = l->backorder ? line_open_quantity(l) - l->reserved : 0;
}

int64_t line_free_quantity(const struct order_line *l)
{
    return l->quantity - l->canceled - line_done_quantity(l) - l->picked;
}

bool line_complete(const struct order_line *l)
{
    return line_open_quantity(l) == 0;
}

const char *order_status_of_lines(const struct order_line *lines, size_t n)
{
    size_t complete = 0, canceled = 0, begun = 0;
    for (size_t i = 0; i < n; i++) {
        complete += line_complete(&lines[i]);
        canceled += lines[i].canceled == lines[i].quantity;
        begun += lines[i].shipped > 0 || lines[i].invoiced > 0;
    }
    if (canceled == n)
        return "canceled";
    if (complete == n)
        return "fulfilled";
    return begun > 0 ? "in_fulfillment" : "confirmed";
}

static bool any_line(const struct order_line *lines, size_t n,
                     bool (*matches)(const struct order_line *))
{
    for (size_t i = 0; i < n; i++)
        if (matches(&lines[i]))
            return true;
    return false;
}

static bool is_open(const struct order_line *l)
{
    return !line_complete(l);
}

static bool ships(const struct order_line *l)
{
    return !is_service(l) && is_open(l);
}

static bool to_fulfill(const struct order_line *l)
{
    return l->fulfillment != NULL && is_open(l);
}

static bool is_billable(const struct order_line *l)
{
    return line_billable_quantity(l) > 0;
}

/* What was dropped does not come back. */
static bool any_canceled(const struct order_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lines[i].canceled > 0 && !lines[i].dropped)
            return true;
    return false;
}

struct string_list order_actions(struct arena *a, const char *status, bool confirmed, bool held,
                                 const struct order_line *lines, size_t n)
{
    struct string_list ret = {.v = ARENA_ARRAY(a, const char *, 12)};
    bool ended = strcmp(status, "canceled") == 0 || strcmp(status, "closed") == 0;
    bool draft = strcmp(status, "draft") == 0;
    bool open = any_line(lines, n, is_open);
    bool invoiceable = any_line(lines, n, is_billable);
    bool reopens = strcmp(status, "closed") == 0 || (!draft && any_canceled(lines, n));
    if (ended) {
        if (reopens)
            ret.v[ret.n++] = "reopen";
        return ret;
    }
    if (draft)
        ret.v[ret.n++] = "confirm";
    if (held)
        ret.v[ret.n++] = "release";
    if (open && !draft)
        ret.v[ret.n++] = "hold";
    if (open)
        ret.v[ret.n++] = "cancel";
    if (confirmed && !held) {
        if (any_line(lines, n, ships))
            ret.v[ret.n++] = "ship";
        if (any_line(lines, n, to_fulfill))
            ret.v[ret.n++] = "fulfill";
        if (invoiceable)
            ret.v[ret.n++] = "invoice";
        else if (!open)
            ret.v[ret.n++] = "close";
    }
    if (!draft)
        ret.v[ret.n++] = "amend";
    if (open && confirmed && !held)
        ret.v[ret.n++] = "split";
    if (reopens)
        ret.v[ret.n++] = "reopen";
    return ret;
}

struct string_list order_actions_held(struct arena *a, struct string_list actions,
                                      const struct order_hold_list *holds)
{
    struct string_list ret = {.v = ARENA_ARRAY(a, const char *, actions.n + 2)};
    size_t approvals = 0, by_rule = 0, open = 0;
    for (size_t i = 0; i < holds->n; i++) {
        bool is_open = holds->v[i].released_at == NIL64;
        open += is_open;
        approvals += is_open && strcmp(holds->v[i].kind, "approval") == 0;
        by_rule += is_open && holds->v[i].approval_rule_id != NIL64;
    }
    for (size_t i = 0; i < actions.n; i++)
        if (by_rule == 0 || by_rule < open || strcmp(actions.v[i], "release") != 0)
            ret.v[ret.n++] = actions.v[i];
    if (approvals > 0) {
        ret.v[ret.n++] = "approve";
        ret.v[ret.n++] = "reject";
    }
    return ret;
}

bool order_allows(const struct string_list *actions, const char *action)
{
    for (size_t i = 0; i < actions->n; i++)
        if (strcmp(actions->v[i], action) == 0)
            return true;
    return false;
}
