/* Draft an invoice of an order, of a shipment or of free lines, and finalize it if asked. */
#include "invoices.sql.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/credit/credit.h"
#include "server/customers/customers.h"
#include "server/events/events.h"
#include "server/invoices/internal.h"
#include "server/routes_prototypes.h"
#include <stdlib.h>
#include <string.h>

struct drafting {
    struct tx *tx;
    struct call *c;
    const struct invoice_new *in;
    const char *external_id;
    struct invoice_taken_row_list taken; /* after the first flush */
    struct invoice_state i;
    struct invoice_line_list lines;
    struct totals totals;
    int64_t payment_terms_days;
    const char *bill_to, *customer_po;
};

/* ---- what the request says ---- */

static void check_order_line(const struct call *c, const struct invoice_line_new *l, size_t i)
{
    if (l->order_line_no == NIL64)
        line_fault(c, i, "order_line_no", "required", "Say which line of the order.");
    refuse_member(c, i, "product_id", l->product_id != NIL64, "an order");
    refuse_member(c, i, "sku", l->sku != NULL, "an order");
    refuse_member(c, i, "description", l->description != NULL, "an order");
    refuse_member(c, i, "unit_price", l->unit_price != NIL64, "an order");
    refuse_member(c, i, "discount_percent", l->discount_percent != NIL64, "an order");
    refuse_member(c, i, "tax_code_id", l->tax_code_id != NIL64, "an order");
}

static void check_free_line(const struct call *c, const struct invoice_line_new *l, size_t i)
{
    refuse_member(c, i, "order_line_no", l->order_line_no != NIL64, "no order");
    refuse_member(c, i, "shipment_id", l->shipment_id != NIL64, "no order");
    refuse_member(c, i, "shipment_line_no", l->shipment_line_no != NIL64, "no order");
}

static err check_request(const struct drafting *d)
{
    const struct invoice_new *in = d->in;
    struct problem *p = d->c->problem;
    bool free = in->order_id == NIL64 && in->shipment_id == NIL64;
    if (free && in->customer_id == NIL64)
        fault(p, "/order_id", "required", "Name an order, a shipment, or a customer with lines.");
    else if (free && in->lines.n == 0)
        fault(p, "/lines", "required", "An invoice without an order needs lines.");
    for (size_t i = 0; i < in->lines.n; i++) {
        if (free)
            check_free_line(d->c, &in->lines.v[i], i);
        else
            check_order_line(d->c, &in->lines.v[i], i);
        if (!free && in->lines.v[i].shipment_line_no != NIL64 && in->shipment_id == NIL64 &&
            in->lines.v[i].shipment_id == NIL64)
            line_fault(d->c, i, "shipment_id", "required", "Say of which shipment.");
    }
    return p->code;
}

static err refuse_taken(const struct drafting *d)
{
    return d->taken.n == 0 ? OK : external_id_taken(d->c, "inv", d->taken.v[0].id);
}

static err queue_taken(struct drafting *d)
{
    return d->external_id == NULL ? OK : invoice_taken_queue(d->tx, d->external_id, &d->taken);
}

/* Dates and currency, once the source has said its own. */
static err set_terms(struct drafting *d, const char *currency, int64_t terms)
{
    struct invoice_state *i = &d->i;
    i->currency = currency;
    i->invoice_date = d->in->invoice_date == NIL32 ? d->tx->today : d->in->invoice_date;
    d->payment_terms_days = d->in->payment_terms_days == NIL64 ? terms : d->in->payment_terms_days;
    i->due_date = i->invoice_date + (int32_t)d->payment_terms_days;
    if (i->due_date > DATE_MAX) {
        fault(d->c->problem, "/invoice_date", "out_of_range", "The due date is too far away.");
        return d->c->problem->code;
    }
    if (d->in->currency != NULL && strcmp(d->in->currency, currency) != 0)
        return fail(d->c->problem, ERR_CURRENCY_MISMATCH,
                    "The invoice must be in %s; leave the currency out.", currency);
    return OK;
}

/* ---- of an order ---- */

static err find_order(const struct drafting *d, int64_t *ret)
{
    *ret = d->in->order_id;
    if (d->in->shipment_id == NIL64)
        return OK;
    struct invoice_shipment_find_row row;
    bool found;
    TRY(invoice_shipment_find(d->tx, d->in->shipment_id, &row, &found));
    if (!found)
        fault(d->c->problem, "/shipment_id", "unknown", "There is no such shipment.");
    else if (*ret != NIL64 && *ret != row.order_id)
        fault(d->c->problem, "/shipment_id", "mismatch", "The shipment is of another order.");
    else
        *ret = row.order_id;
    return d->c->problem->code;
}

static err check_order(const struct drafting *d, const struct order_state *o)
{
    struct problem *p = d->c->problem;
    if (d->in->customer_id != NIL64 && d->in->customer_id != o->customer_id) {
        fault(p, "/customer_id", "mismatch", "The order is of another customer; leave it out.");
        return p->code;
    }
    if (o->confirmed_at == NIL64 || strcmp(o->status, "canceled") == 0)
        return fail(p, ERR_WRONG_STATE, "The order is %s; only a confirmed order can be invoiced.",
                    o->status);
    return OK;
}

static err refuse_quantity(const struct drafting *d, size_t i, int64_t order_line_no,
                           int64_t available)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(available, DECIMAL_SCALE, 0, text);
    return fail(d->c->problem, ERR_QUANTITY_EXCEEDED,
                "Line %zu: of line %lld of the order %s can be invoiced now.", i + 1,
                (long long)order_line_no, text);
}

static err claim_named(const struct drafting *d, struct claims *k)
{
    for (size_t i = 0; i < d->in->lines.n; i++) {
        const struct invoice_line_new *l = &d->in->lines.v[i];
        struct order_line *line = order_line_find(k->order, l->order_line_no);
        if (line == NULL) {
            line_fault(d->c, i, "order_line_no", "unknown", "The order has no such line.");
            continue;
        }
        int64_t shipment = l->shipment_id == NIL64 ? d->in->shipment_id : l->shipment_id;
        int64_t available = 0;
        if (claims_take(k, line, shipment, l->shipment_line_no, l->quantity, &available) != OK)
            return refuse_quantity(d, i, line->line_no, available);
    }
    return d->c->problem->code;
}

static err claim_all(const struct drafting *d, struct claims *k)
{
    for (size_t i = 0; i < k->order->n_lines; i++) {
        int64_t available;
        TRY(claims_take(k, &k->order->lines[i], d->in->shipment_id, NIL64, NIL64, &available));
    }
    return OK;
}

static err claim(struct drafting *d, struct claims *k)
{
    TRY(d->in->lines.n > 0 ? claim_named(d, k) : claim_all(d, k));
    claims_finish(k);
    if (k->n_parts == 0)
        return fail(d->c->problem, ERR_QUANTITY_EXCEEDED,
                    "Nothing of it is left to invoice: goods are invoiced once they are shipped.");
    return OK;
}

static err price(struct drafting *d, const struct claims *k, const struct invoiced_net_list *before)
{
    const struct order_state *o = k->order;
    err e = claims_price(k, before, currency_exponent(o->currency), document_rounding(o->rounding),
                         document_tax_per_line(o->tax_rounding), &d->lines, &d->totals);
    return e == OK ? OK : fail(d->c->problem, e, "The amounts of the invoice are too large.");
}

/* Shipment lines are counted up by shipment, so that each shipment is touched once. */
static int by_shipment(const void *a, const void *b)
{
    const struct shipment_line_invoiced *x = a, *y = b;
    if (x->shipment_id != y->shipment_id)
        return x->shipment_id < y->shipment_id ? -1 : 1;
    return (x->line_no > y->line_no) - (x->line_no < y->line_no);
}

err shipments_count(struct tx *tx, const struct invoice_line_list *lines, int sign)
{
    struct shipment_line_invoiced *rows = ARENA_ARRAY(tx->arena, struct shipment_line_invoiced,
                                                      lines->n);
    size_t n = 0;
    for (size_t i = 0; i < lines->n; i++)
        if (lines->v[i].shipment_id != NIL64)
            rows[n++] = (struct shipment_line_invoiced){
                lines->v[i].shipment_id, lines->v[i].shipment_line_no, sign * lines->v[i].quantity};
    qsort(rows, n, sizeof(*rows), by_shipment);
    return n == 0 ? OK : shipment_lines_invoice(tx, rows, n);
}

static void take_order(struct drafting *d, const struct order_state *o)
{
    d->i.customer_id = o->customer_id;
    d->i.credit_account_id = o->credit_account_id;
    d->i.order_id = o->id;
    d->i.rounding = o->rounding;
    d->i.tax_rounding = o->tax_rounding;
    d->bill_to = o->bill_to;
    d->customer_po = d->in->customer_po == NULL ? o->customer_po : d->in->customer_po;
}

static err draft_of_order(struct drafting *d)
{
    int64_t order_id = NIL64;
    struct order_state_list orders;
    TRY(find_order(d, &order_id));
    TRY(queue_taken(d));
    TRY(orders_lock(d->tx, &order_id, 1, &orders));
    TRY(refuse_taken(d));
    if (orders.n == 0) {
        fault(d->c->problem, "/order_id", "unknown", "There is no such order.");
        return d->c->problem->code;
    }
    struct order_state *o = &orders.v[0];
    TRY(check_order(d, o));
    TRY(set_terms(d, o->currency, o->payment_terms_days));
    take_order(d, o);

    struct invoiced_net_list before = {0};
    struct shipment_state_list shipments;
    struct claims k;
    TRY(invoiced_of_order_queue(d->tx, o->id, &before));
    TRY(shipments_lock_of_orders(d->tx, &o->id, 1, &shipments));
    claims_init(&k, d->tx->arena, o, &shipments);
    TRY(claim(d, &k));
    TRY(price(d, &k, &before));
    TRY(orders_progressed(d->tx, d->c, o));
    return shipments_count(d->tx, &d->lines, 1);
}

/* ---- of free lines ---- */

static struct free_lines free_lines_of(struct arena *a, const struct invoice_line_new_list *in)
{
    struct free_lines f = {.v = ARENA_ARRAY(a, struct free_line, in->n), .n = in->n};
    for (size_t i = 0; i < in->n; i++) {
        const struct invoice_line_new *l = &in->v[i];
        f.v[i] = (struct free_line){.product_id = l->product_id,
                                    .sku = l->sku,
                                    .description = l->description,
                                    .quantity = l->quantity,
                                    .unit_price = l->unit_price,
                                    .discount_percent = l->discount_percent,
                                    .tax_code_id = l->tax_code_id};
    }
    return f;
}

static struct invoice_line free_invoice_line(const struct free_line *l, size_t i)
{
    return (struct invoice_line){.line_no = (int64_t)i + 1,
                                 .order_id = NIL64,
                                 .order_line_no = NIL64,
                                 .shipment_id = NIL64,
                                 .shipment_line_no = NIL64,
                                 .product_id = l->product_id,
                                 .sku = l->sku,
                                 .description = l->description,
                                 .quantity = l->quantity,
                                 .unit_price = l->unit_price,
                                 .discount_percent = l->discount_percent,
                                 .tax_code_id = l->tax_code_id,
                                 .tax_rate = l->tax_rate,
                                 .net = l->net,
                                 .tax = l->tax,
                                 .gross = l->gross};
}

static void take_customer(struct drafting *d, const struct customer_facts *f)
{
    d->i.customer_id = f->id;
    d->i.credit_account_id = f->credit_account_id;
    d->i.order_id = NIL64;
    d->i.rounding = rounding_name(d->c->tenant->rounding);
    d->i.tax_rounding = d->c->tenant->tax_per_line ? "per_line" : "per_document";
    d->bill_to = customer_party(d->tx->arena, f, "billing");
    d->customer_po = d->in->customer_po;
}

static err draft_of_free_lines(struct drafting *d)
{
    struct free_lines f = free_lines_of(d->tx->arena, &d->in->lines);
    struct customer_facts_list customers;
    TRY(queue_taken(d));
    TRY(credit_lock_of_customers(d->tx, &d->in->customer_id, 1));
    TRY(free_lines_queue(d->tx, &f));
    TRY(customers_load(d->tx, &d->in->customer_id, 1, &customers));
    TRY(refuse_taken(d));
    const struct customer_facts *customer = customer_find(&customers, d->in->customer_id);
    if (customer == NULL) {
        fault(d->c->problem, "/customer_id", "unknown", "There is no such customer.");
        return d->c->problem->code;
    }
    TRY(set_terms(d, customer->currency, customer->payment_terms_days));
    take_customer(d, customer);
    TRY(free_lines_price(d->tx, d->c, &f, d->i.invoice_date, customer->exponent, &d->totals));

    d->lines.v = ARENA_ARRAY(d->tx->arena, struct invoice_line, f.n);
    d->lines.n = f.n;
    for (size_t i = 0; i < f.n; i++)
        d->lines.v[i] = free_invoice_line(&f.v[i], i);
    return OK;
}

/* ---- stored ---- */

static err store(struct drafting *d)
{
    const struct invoice_new *in = d->in;
    struct invoice_state *i = &d->i;
    i->net = d->totals.net;
    i->tax = d->totals.tax;
    i->gross = d->totals.gross;
    i->status = "draft";
    event_push(d->tx, d->c, "invoice.created", "invoice", i->id, NULL,
               invoice_event_json(d->tx->arena, i, 0));
    if (in->finalize) {
        TRY(invoice_may_post(d->c, i));
        TRY(invoices_post(d->tx, &(struct posting){d->c, i, 0}, 1));
    } else {
        struct credit_delta delta = {.account = i->credit_account_id, .unbilled = i->gross};
        TRY(credit_apply(d->tx, &delta, 1));
    }
    TRY(invoice_insert(d->tx, i, 1, d->external_id, d->payment_terms_days, (int64_t)d->lines.n,
                       d->bill_to, d->customer_po, in->notes,
                       in->metadata == NULL ? "{}" : in->metadata,
                       in->finalize ? d->tx->now : NIL64));
    return invoice_lines_insert(d->tx, i->id, d->lines.v, d->lines.n);
}

static err create(struct tx *tx, struct call *c, const struct invoice_new *in,
                  const char *external_id, struct invoice *ret)
{
    struct drafting d = {.tx = tx,
                         .c = c,
                         .in = in,
                         .external_id = external_id,
                         .i = {.id = id_new(), .version = 1}};
    TRY(check_request(&d));
    if (in->order_id != NIL64 || in->shipment_id != NIL64)
        TRY(draft_of_order(&d));
    else
        TRY(draft_of_free_lines(&d));
    TRY(store(&d));
    return invoice_load(tx, d.i.id, ret);
}

err invoices_create(struct tx *tx, struct call *c, const struct invoice_new *in,
                    struct invoice *ret)
{
    return create(tx, c, in, in->external_id, ret);
}

/* Lines taken from an order are a choice of what to bill: the invoice has what came of it. */
static err repeat(const struct call *c, const struct invoice_new *in, const struct invoice *is)
{
    static const char *const chosen[] = {"lines", NULL};
    bool free_lines = in->order_id == NIL64 && in->shipment_id == NIL64;
    return external_id_repeats(c, "inv", is->id, (struct json_side){&invoice_new_type, in},
                               (struct json_side){&invoice_type, is}, free_lines ? NULL : chosen);
}

err invoices_put(struct tx *tx, struct call *c, const struct invoice_new *in, struct invoice *ret)
{
    const char *external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] == NIL64) {
        c->status = 201;
        return create(tx, c, in, external_id, ret);
    }
    struct invoice is;
    TRY(invoice_load(tx, c->path_id[0], &is));
    TRY(call_check_version(c, is.version));
    TRY(repeat(c, in, &is));
    *ret = is;
    return OK;
}
