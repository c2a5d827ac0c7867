/* A customer's year: events by date, each a request whose answer makes further events. Decisions
 * are drawn per document and rest on facts that never change once recorded, so that living the year
 * again repeats it. */
#include "lib/base/date.h"
#include "tests/load/body.h"
#include "tests/load/client.h"
#include "tests/load/company.h"
#include "tests/load/names.h"
#include "tests/load/rng.h"
#include "tests/load/say.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOC_ID_MAX 64

enum what {
    ORDER,
    RELEASE,
    CANCEL,
    SHIP,
    DELIVER,
    INVOICE,
    CREDIT,
    PAY,
    PAY_REST,
    PAY_RUN,
    REFUND
};

struct event {
    int32_t date;
    int seq; /* of those of a day, the order of their making */
    enum what what;
    size_t n;              /* order (of all) or invoice (of the customer) */
    int part;              /* shipment and invoice of the order */
    int64_t amount;        /* REFUND */
    char id[DOC_ID_MAX];   /* REFUND: external id of its source */
    const char *documents; /* REFUND: payments or credit-notes */
};

struct bill {
    char id[DOC_ID_MAX];
    int32_t date, due;
    int64_t open; /* cents */
    int64_t first_quantity;
};

struct life {
    struct client *client;
    const struct company *company;
    const struct company_customer *customer;
    struct event *events; /* a heap */
    size_t n_events;
    int seq;
    struct bill *bills;
    size_t n_bills;
    struct event now;
    int64_t paying, spent; /* what the payment under way brings, and what of it is applied */
};

static struct rng rng_about(const struct life *l, const char *what, size_t n, int part)
{
    return rng_of((uint64_t)l->company->o.seed, what, n * 4 + (size_t)part);
}

/* ---- events by date ---- */

static bool before(const struct event *a, const struct event *b)
{
    return a->date != b->date ? a->date < b->date : a->seq < b->seq;
}

static void swap(struct event *a, struct event *b)
{
    struct event c = *a;
    *a = *b;
    *b = c;
}

static void plan(struct life *l, struct event e)
{
    l->events = reallocarray(l->events, l->n_events + 1, sizeof(*l->events));
    if (l->events == NULL)
        abort();
    e.seq = l->seq++;
    size_t i = l->n_events++;
    l->events[i] = e;
    for (; i > 0 && before(&l->events[i], &l->events[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&l->events[i], &l->events[(i - 1) / 2]);
}

static bool take(struct life *l, struct event *ret)
{
    if (l->n_events == 0)
        return false;
    *ret = l->events[0];
    l->events[0] = l->events[--l->n_events];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < l->n_events; k++)
            if (before(&l->events[k], &l->events[least]))
                least = k;
        if (least == i)
            return true;
        swap(&l->events[i], &l->events[least]);
        i = least;
    }
}

/* ---- requests ---- */

static void answered(void *arg, const struct reply *reply);

static void put(struct life *l, const char *collection, const char *id, json_t *body)
{
    char *path = ext_path(collection, id, "");
    client_send(
        l->client,
        &(struct request){.method = "PUT", .path = path, .body = body, .done = answered, .arg = l});
    free(path);
}

static void act(struct life *l, const char *collection, const char *id, const char *action,
                json_t *body)
{
    char *path = ext_path(collection, id, action), key[160];
    snprintf(key, sizeof(key), "company %s%s", id, action);
    client_send(l->client, &(struct request){.method = "POST",
                                             .path = path,
                                             .body = body,
                                             .key = key,
                                             .any_version = l->now.what != REFUND,
                                             .done = answered,
                                             .arg = l});
    free(path);
}

static void part_id(const struct company_order *o, int part, char out[DOC_ID_MAX])
{
    snprintf(out, DOC_ID_MAX, "%s-%d", o->id, part + 1);
}

/* ---- orders ---- */

static void send_order(struct life *l, const struct company_order *o)
{
    static const char *const channels[] = {"web", "email", "phone", "crm", "edi", "portal"};
    const struct company *c = l->company;
    struct rng r = rng_about(l, "order header", l->now.n, 0);
    json_t *lines = json_array();
    char warehouse[COMPANY_ID_MAX];
    company_id(c, 'w', o->warehouse + 1, warehouse);
    for (int i = 0; i < o->n_lines; i++) {
        json_t *line = json_pack("{s:s, s:o}", "sku", c->products[o->lines[i].product].id,
                                 "quantity", json_sprintf("%d", o->lines[i].quantity));
        if (o->lines[i].discount_percent > 0)
            json_object_set_new(line, "discount_percent",
                                json_sprintf("%d", o->lines[i].discount_percent));
        if (strcmp(l->customer->place->country, "DE") != 0)
            json_object_set_new(line, "tax_code_id", json_string("ext:EU0"));
        json_array_append_new(lines, line);
    }
    put(l, "orders", o->id,
        json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:o}", "customer_id",
                  json_ext(l->customer->id), "channel", channels[rng_between(&r, 0, 5)],
                  "customer_po",
                  json_sprintf("PO-%lld-%s", (long long)rng_between(&r, 1000, 99999), o->id),
                  "order_date", json_date(o->date), "requested_date",
                  json_date(o->date + (int32_t)rng_between(&r, 3, 14)), "warehouse_id",
                  json_ext(warehouse), "confirm", o->fate != FATE_DRAFT, "lines", lines));
}

static void plan_shipping(struct life *l, int32_t from)
{
    struct rng r = rng_about(l, "shipping", l->now.n, 0);
    const struct company_order *o = &l->company->orders[l->now.n];
    int32_t first = from + (int32_t)rng_between(&r, 1, 6);
    plan(l, (struct event){.date = first, .what = SHIP, .n = l->now.n});
    if (o->split > 0)
        plan(l, (struct event){.date = first + (int32_t)rng_between(&r, 6, 25),
                               .what = SHIP,
                               .n = l->now.n,
                               .part = 1});
}

static void plan_hold(struct life *l, bool still)
{
    struct rng r = rng_about(l, "hold", l->now.n, 0);
    int32_t date = l->now.date + (int32_t)rng_between(&r, 1, 4);
    int64_t fate = rng_between(&r, 0, 99);
    if (fate >= 70 && fate < 85 && l->now.date > l->company->today - 45)
        return; /* nobody has looked at it yet */
    plan(l, (struct event){
                .date = date, .what = fate >= 85 ? CANCEL : RELEASE, .n = l->now.n, .part = still});
}

/* A hold that was released before is as good a reason as one that still holds: the year repeats. */
static void order_answered(struct life *l, const json_t *order)
{
    const struct company_order *o = &l->company->orders[l->now.n];
    bool held = json_array_size(json_object_get(order, "holds")) > 0;
    const char *status = json_text(order, "status");
    bool canceled = strcmp(status, "canceled") == 0;
    if (o->fate == FATE_DRAFT)
        return;
    if (held)
        plan_hold(l, strcmp(status, "on_hold") == 0);
    else if (o->fate == FATE_CANCELED)
        plan(l,
             (struct event){.date = o->date + 1, .what = CANCEL, .n = l->now.n, .part = !canceled});
    else
        plan_shipping(l, o->date);
}

/* ---- shipments ---- */

static void send_shipment(struct life *l, const struct company_order *o)
{
    static const char *const carriers[] = {"Hafen Spedition", "Paketbote", "Nordfracht"};
    struct rng r = rng_about(l, "shipment", l->now.n, l->now.part);
    char id[DOC_ID_MAX];
    part_id(o, l->now.part, id);
    json_t *body = json_pack(
        "{s:o, s:b, s:o, s:s, s:o}", "order_id", json_ext(o->id), "ship", 1, "ship_date",
        json_date(l->now.date), "carrier", carriers[rng_between(&r, 0, 2)], "tracking_number",
        json_sprintf("T%lld", (long long)rng_between(&r, 100000000, 999999999)));
    if (o->split > 0) {
        json_t *lines = json_array();
        int first = l->now.part ? o->split : 0, last = l->now.part ? o->n_lines : o->split;
        for (int i = first; i < last; i++)
            if (!l->company->products[o->lines[i].product].service)
                json_array_append_new(lines,
                                      json_pack("{s:i, s:o}", "order_line_no", i + 1, "quantity",
                                                json_sprintf("%d", o->lines[i].quantity)));
        json_object_set_new(body, "lines", lines);
    }
    put(l, "shipments", id, body);
}

static void shipment_answered(struct life *l, const json_t *shipment)
{
    struct rng r = rng_about(l, "delivery", l->now.n, l->now.part);
    int32_t arrives = l->now.date + (int32_t)rng_between(&r, 1, 5);
    int32_t billed = l->now.date + (int32_t)rng_between(&r, 0, 1);
    bool delivered = strcmp(json_text(shipment, "status"), "delivered") == 0;
    plan(l, (struct event){.date = billed, .what = INVOICE, .n = l->now.n, .part = l->now.part});
    if (rng_chance(&r, 93) && !delivered)
        plan(l,
             (struct event){.date = arrives, .what = DELIVER, .n = l->now.n, .part = l->now.part});
}

static void send_delivery(struct life *l, const struct company_order *o)
{
    struct rng r = rng_about(l, "signature", l->now.n, l->now.part);
    char id[DOC_ID_MAX], person[60];
    part_id(o, l->now.part, id);
    name_person(&r, person, sizeof(person));
    act(l, "shipments", id, "/deliver",
        json_pack("{s:o, s:{s:s}}", "delivered_date", json_date(l->now.date), "proof", "signed_by",
                  person));
}

/* ---- invoices and credit notes ---- */

static void send_invoice(struct life *l, const struct company_order *o)
{
    struct rng r = rng_about(l, "invoice", l->now.n, l->now.part);
    bool finalize = l->now.date < l->company->today - 3 || rng_chance(&r, 80);
    char id[DOC_ID_MAX];
    part_id(o, l->now.part, id);
    put(l, "invoices", id,
        json_pack("{s:o, s:o, s:b}", "order_id", json_ext(o->id), "invoice_date",
                  json_date(l->now.date), "finalize", finalize));
}

static void plan_payment(struct life *l, const struct bill *b, size_t n)
{
    struct rng r = rng_about(l, b->id, 0, 0);
    int32_t date = b->due;
    switch (l->customer->payer) {
    case PAYER_EARLY:
        date = b->date + (int32_t)rng_between(&r, 2, 8);
        break;
    case PAYER_PROMPT:
        date += (int32_t)rng_between(&r, -4, 2);
        break;
    case PAYER_SLOW:
        date += (int32_t)rng_between(&r, 3, 21);
        break;
    case PAYER_LATE:
        date += (int32_t)rng_between(&r, 15, 65);
        break;
    case PAYER_BAD:
        date += (int32_t)rng_between(&r, 50, 130);
        if (rng_chance(&r, 35))
            return;
        break;
    case PAYER_RUNS:
    case PAYERS:
        return;
    }
    plan(l, (struct event){.date = date < b->date ? b->date : date, .what = PAY, .n = n});
}

static void invoice_answered(struct life *l, const json_t *invoice)
{
    if (strcmp(json_text(invoice, "status"), "draft") == 0)
        return;
    struct rng r = rng_about(l, "complaint", l->now.n, l->now.part);
    l->bills = reallocarray(l->bills, l->n_bills + 1, sizeof(*l->bills));
    if (l->bills == NULL)
        abort();
    struct bill *b = &l->bills[l->n_bills++];
    const json_t *first = json_array_get(json_object_get(invoice, "lines"), 0);
    *b = (struct bill){.date = l->now.date,
                       .due = json_day(invoice, "due_date"),
                       .open = json_minor(invoice, "gross"),
                       .first_quantity = strtoll(json_text(first, "quantity"), NULL, 10)};
    part_id(&l->company->orders[l->now.n], l->now.part, b->id);
    plan_payment(l, b, l->n_bills - 1);
    if (rng_chance(&r, 5))
        plan(l, (struct event){.date = l->now.date + (int32_t)rng_between(&r, 4, 30),
                               .what = CREDIT,
                               .n = l->n_bills - 1});
}

static void send_credit_note(struct life *l, const struct bill *b)
{
    static const char *const reasons[] = {"pricing",    "damaged", "quantity_short",
                                          "wrong_item", "quality", "goodwill"};
    struct rng r = rng_about(l, b->id, 1, 0);
    const char *reason = reasons[rng_between(&r, 0, 5)];
    json_t *quantity = json_sprintf(
        "%lld", (long long)rng_between(&r, 1, b->first_quantity > 0 ? b->first_quantity : 1));
    put(l, "credit-notes", b->id,
        json_pack("{s:o, s:s, s:o, s:b, s:[{s:i, s:o}]}", "invoice_id", json_ext(b->id), "reason",
                  reason, "credit_note_date", json_date(l->now.date), "issue", 1, "lines",
                  "invoice_line_no", 1, "quantity", quantity));
}

static void plan_refund(struct life *l, const char *documents, const char *id, int64_t amount,
                        int32_t date)
{
    struct event e = {.date = date, .what = REFUND, .amount = amount, .documents = documents};
    snprintf(e.id, sizeof(e.id), "%s", id);
    plan(l, e);
}

/* The server offsets the invoice first; what is left is paid back, or stays as credit. */
static void credit_note_answered(struct life *l, const json_t *note)
{
    struct bill *b = &l->bills[l->now.n];
    struct rng r = rng_about(l, b->id, 2, 0);
    int64_t gross = json_minor(note, "gross");
    int64_t offset = gross < b->open ? gross : b->open;
    b->open -= offset;
    int32_t date = l->now.date + (int32_t)rng_between(&r, 3, 12);
    if (gross > offset && rng_chance(&r, 60))
        plan_refund(l, "credit-notes", b->id, gross - offset, date);
}

static void send_refund(struct life *l)
{
    act(l, l->now.documents, l->now.id, "/refund",
        json_pack("{s:s, s:o, s:o}", "external_id", l->now.id, "amount", json_money(l->now.amount),
                  "value_date", json_date(l->now.date)));
}

/* ---- payments ---- */

static const char *method_of(const struct life *l)
{
    static const char *const methods[PAYERS] = {"card",          "bank_transfer", "bank_transfer",
                                                "bank_transfer", "check",         "bank_transfer"};
    return methods[l->customer->payer];
}

static void send_payment(struct life *l, const char *id, const char *reference, json_t *allocations)
{
    put(l, "payments", id,
        json_pack("{s:o, s:s, s:o, s:o, s:s, s:o}", "customer_id", json_ext(l->customer->id),
                  "method", method_of(l), "amount", json_money(l->paying), "value_date",
                  json_date(l->now.date), "reference", reference, "allocations", allocations));
}

static void allocate(struct life *l, struct bill *b, int64_t amount, json_t *allocations)
{
    json_array_append_new(allocations, json_pack("{s:o, s:o}", "invoice_id", json_ext(b->id),
                                                 "amount", json_money(amount)));
    b->open -= amount;
    l->spent += amount;
}

/* Some pay a part first, some too much. */
static int64_t amount_to_pay(struct life *l, const struct bill *b)
{
    static const int partly[PAYERS] = {0, 1, 6, 14, 25, 0};
    struct rng r = rng_about(l, b->id, 3, 0);
    int64_t cents = rng_between(&r, 1, 5000), percent = rng_between(&r, 30, 75);
    int32_t rest = l->now.date + (int32_t)rng_between(&r, 12, 50);
    bool paid_later = rng_chance(&r, 75);
    if (l->now.what == PAY && rng_chance(&r, partly[l->customer->payer])) {
        if (paid_later)
            plan(l, (struct event){.date = rest, .what = PAY_REST, .n = l->now.n});
        return b->open * percent / 100 + 1;
    }
    return rng_chance(&r, 2) ? b->open + cents : b->open;
}

static bool pay_bill(struct life *l, struct bill *b)
{
    if (b->open == 0)
        return false;
    char id[DOC_ID_MAX];
    int64_t open = b->open;
    snprintf(id, sizeof(id), "%.50s%s", b->id, l->now.what == PAY ? "" : "-rest");
    l->paying = amount_to_pay(l, b);
    json_t *allocations = json_array();
    allocate(l, b, l->paying < open ? l->paying : open, allocations);
    if (l->paying > l->spent) {
        struct rng r = rng_about(l, b->id, 4, 0);
        if (rng_chance(&r, 50))
            plan_refund(l, "payments", id, l->paying - l->spent,
                        l->now.date + (int32_t)rng_between(&r, 5, 20));
    }
    send_payment(l, id, b->id, allocations);
    return true;
}

static bool pay_run(struct life *l)
{
    char id[DOC_ID_MAX], day[DATE_TEXT];
    json_t *allocations = json_array();
    for (size_t i = 0; i < l->n_bills; i++)
        if (l->bills[i].open > 0 && l->bills[i].due <= l->now.date + 2)
            allocate(l, &l->bills[i], l->bills[i].open, allocations);
    if (l->spent == 0) {
        json_decref(allocations);
        return false;
    }
    date_format(l->now.date, day);
    snprintf(id, sizeof(id), "%s-%s", l->customer->id, day);
    l->paying = l->spent;
    send_payment(l, id, "payment run", allocations);
    return true;
}

static void plan_runs(struct life *l)
{
    if (l->customer->payer != PAYER_RUNS)
        return;
    for (int32_t month = date_month_start(l->company->start); month <= l->company->today;
         month = date_add_months(month, 1)) {
        plan(l, (struct event){.date = month + 4, .what = PAY_RUN});
        plan(l, (struct event){.date = month + 19, .what = PAY_RUN});
    }
}

/* ---- one event after another ---- */

static json_t *because(const char *reason)
{
    return json_pack("{s:s}", "reason", reason);
}

/* False when there is nothing to send. */
static bool send_release(struct life *l, const struct company_order *o)
{
    plan_shipping(l, l->now.date);
    if (l->now.part)
        act(l, "orders", o->id, "/release", because("The customer promised to pay"));
    return l->now.part;
}

static bool send_event(struct life *l)
{
    const struct company_order *o = &l->company->orders[l->now.n];
    l->paying = l->spent = 0;
    switch (l->now.what) {
    case ORDER:
        send_order(l, o);
        return true;
    case RELEASE:
        return send_release(l, o);
    case CANCEL:
        if (l->now.part)
            act(l, "orders", o->id, "/cancel", because("The customer changed their mind"));
        return l->now.part;
    case SHIP:
        send_shipment(l, o);
        return true;
    case DELIVER:
        send_delivery(l, o);
        return true;
    case INVOICE:
        send_invoice(l, o);
        return true;
    case CREDIT:
        assert(l->bills != NULL);
        send_credit_note(l, &l->bills[l->now.n]);
        return true;
    case PAY:
    case PAY_REST:
        assert(l->bills != NULL);
        return pay_bill(l, &l->bills[l->now.n]);
    case PAY_RUN:
        return pay_run(l);
    case REFUND:
        send_refund(l);
        return true;
    }
    return false;
}

static void next(struct life *l)
{
    do {
        if (!take(l, &l->now) || l->now.date > l->company->today) {
            free(l->events);
            free(l->bills);
            free(l);
            return;
        }
    } while (!send_event(l));
}

static void answered(void *arg, const struct reply *reply)
{
    struct life *l = arg;
    if (l->now.what == REFUND && reply_is(reply, "external_id_taken")) {
        next(l);
        return;
    }
    expect(reply, 200, 201);
    json_t *json = reply_json(reply);
    if (l->now.what == ORDER)
        order_answered(l, json);
    else if (l->now.what == SHIP)
        shipment_answered(l, json);
    else if (l->now.what == INVOICE)
        invoice_answered(l, json);
    else if (l->now.what == CREDIT)
        credit_note_answered(l, json);
    json_decref(json);
    next(l);
}

void company_live(struct client *client, const struct company *c, size_t customer)
{
    struct life *l = calloc(1, sizeof(*l));
    if (l == NULL)
        abort();
    *l = (struct life){.client = client, .company = c, .customer = &c->customers[customer]};
    for (size_t i = l->customer->first_order; i < l->customer->first_order + l->customer->n_orders;
         i++)
        plan(l, (struct event){.date = c->orders[i].date, .what = ORDER, .n = i});
    plan_runs(l);
    next(l);
}
