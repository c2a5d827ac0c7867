/* POST /v1/invoices: drafts a batch of invoices, each of orders, of shipments or of free lines,
 * and finalizes those that ask for it. Lock and load for all, decide each in turn in memory, take
 * the numbers, store all: two round trips, COMMIT included, three when any is finalized; one more
 * to learn the orders of shipments, one for the tax rates of free lines. */
#include "invoices.sql.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/credit/checks.h"
#include "server/customers/customers.h"
#include "server/events/events.h"
#include "server/invoices/internal.h"
#include "server/routes_prototypes.h"
#include <string.h>

/* One invoice on its way. */
struct drafting {
    struct tx *tx;
    struct call *c;
    const struct invoice_new *in;
    const char *external_id;
    struct invoice *out;
    const int64_t *orders; /* none: of free lines */
    size_t n_orders;
    struct free_lines free;
    struct order_step *steps; /* of the orders */
    struct invoice_state i;
    struct invoice_line_list lines;
    struct totals totals;
    int64_t payment_terms_days;
    const char *bill_to, *customer_po;
};

struct facts {
    struct invoices_by_external_id_row_list taken;
    struct order_state_list orders;
    struct invoiced_net_list *before; /* of each order: all its lines */
    struct shipment_state_list shipments;
    struct tax_rate_facts_list freight_rates; /* when there is freight to bill */
    struct customer_facts_list customers;
};

static bool alive(const struct drafting *d)
{
    return d->c->problem->code == OK;
}

/* Bills it several orders or shipments, by lists of them? */
static bool is_joint(const struct invoice_new *in)
{
    return in->orders.n > 0 || in->shipments.n > 0;
}

static bool of_free_lines(const struct drafting *d)
{
    return d->in->order_id == NIL64 && d->in->shipment_id == NIL64 && !is_joint(d->in);
}

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

static void check_sources(const struct drafting *d)
{
    const struct invoice_new *in = d->in;
    struct problem *p = d->c->problem;
    if (!is_joint(in))
        return;
    if (in->order_id != NIL64 || in->shipment_id != NIL64 ||
        (in->orders.n > 0 && in->shipments.n > 0))
        fault(p, in->orders.n > 0 ? "/orders" : "/shipments", "ambiguous",
              "Name orders or shipments, in one way.");
    if (in->lines.n > 0)
        fault(p, "/lines", "not_allowed",
              "Several orders are billed with all that can be invoiced; leave the lines out.");
    for (size_t i = 0; i < in->orders.n; i++)
        for (size_t j = 0; j < i; j++)
            if (in->orders.v[j].order_id == in->orders.v[i].order_id) {
                fault(p, arena_printf(d->tx->arena, "/orders/%zu/order_id", i), "repeated",
                      "The order stands here already.");
                break;
            }
}

static void check_request(const struct drafting *d)
{
    const struct invoice_new *in = d->in;
    struct problem *p = d->c->problem;
    bool free = of_free_lines(d);
    check_sources(d);
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

static err check_order(const struct drafting *d, const struct order_state *o)
{
    struct problem *p = d->c->problem;
    if (d->in->customer_id != NIL64 && d->in->customer_id != order_payer(o)) {
        fault(p, "/customer_id", "mismatch", "Another customer pays the order; leave it out.");
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
    int64_t available;
    for (size_t i = 0; i < k->order->n_lines; i++) {
        struct order_line *l = &k->order->lines[i];
        for (size_t j = 0; j < d->in->shipments.n; j++)
            TRY(claims_take(k, l, d->in->shipments.v[j].shipment_id, NIL64, NIL64, &available));
        if (d->in->shipments.n == 0)
            TRY(claims_take(k, l, d->in->shipment_id, NIL64, NIL64, &available));
    }
    return OK;
}

static err claim(struct drafting *d, struct claims *k)
{
    TRY(d->in->lines.n > 0 ? claim_named(d, k) : claim_all(d, k));
    claims_finish(k);
    if (k->n_parts == 0)
        return fail(d->c->problem, ERR_QUANTITY_EXCEEDED,
                    "Nothing of %s is left to invoice: goods are invoiced once they are shipped, "
                    "milestones, access and usage once they are fulfilled.",
                    k->order->number);
    return OK;
}

static err price(struct drafting *d, const struct claims *k,
                 const struct invoiced_net_list *const *before)
{
    const struct order_state *o = k->order;
    err e = claims_price_joint(k, d->n_orders, before, currency_exponent(o->currency),
                               document_rounding(o->rounding),
                               document_tax_per_line(o->tax_rounding), &d->lines, &d->totals);
    return e == OK ? OK : fail(d->c->problem, e, "The amounts of the invoice are too large.");
}

static void take_order(struct drafting *d, const struct order_state *o)
{
    d->i.customer_id = order_payer(o);
    d->i.credit_account_id = o->credit_account_id;
    d->i.order_id = d->n_orders == 1 ? o->id : NIL64;
    d->i.rounding = o->rounding;
    d->i.tax_rounding = o->tax_rounding;
    d->bill_to = o->bill_to;
    d->customer_po = d->in->customer_po == NULL ? o->customer_po : d->in->customer_po;
}

/* The invoice is a draft, or finalized at once. */
static err accept(struct drafting *d)
{
    struct invoice_state *i = &d->i;
    i->net = d->totals.net;
    i->tax = d->totals.tax;
    i->gross = d->totals.gross;
    i->status = "draft";
    return d->in->finalize ? invoice_may_post(d->c, i) : OK;
}

/* The next invoice of the order finds this one before it. */
static void add_nets(struct invoiced_net_list *before, int64_t order_id,
                     const struct invoice_line_list *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        if (lines->v[i].order_id == order_id)
            before->v[lines->v[i].order_line_no - 1].net += lines->v[i].net;
}

/* The freight of its shipments, if nobody bills it yet; the next order of the invoice, and the next
 * invoice, find it billed. */
static err charge(const struct drafting *d, struct claims *k, const struct facts *f)
{
    err e = claims_charge(k, &f->shipments, &f->freight_rates, d->i.invoice_date);
    for (size_t i = 0; e == OK && i < k->n_charges; i++)
        k->charges[i].shipment->freight_invoice_id = d->i.id;
    return e == OK ? OK
                   : fail(d->c->problem, e,
                          "The tax code of the freight has no rate on the date of the invoice.");
}

static void release(const struct drafting *d, struct claims *k)
{
    claims_release(k);
    for (size_t i = 0; i < k->n_charges; i++)
        if (k->charges[i].shipment->freight_invoice_id == d->i.id)
            k->charges[i].shipment->freight_invoice_id = NIL64;
}

static err find_states(const struct drafting *d, const struct facts *f, struct order_state **ret)
{
    for (size_t i = 0; i < d->n_orders; i++) {
        ret[i] = order_state_find(&f->orders, d->orders[i]);
        if (ret[i] == NULL)
            fault(d->c->problem,
                  d->in->orders.n > 0 ? arena_printf(d->tx->arena, "/orders/%zu/order_id", i)
                                      : "/order_id",
                  "unknown", "There is no such order.");
    }
    for (size_t i = 0; d->c->problem->code == OK && i < d->n_orders; i++)
        TRY(check_order(d, ret[i]));
    return d->c->problem->code;
}

static err refuse_together(const struct drafting *d, const struct order_state *a,
                           const struct order_state *b, const char *what)
{
    return fail(d->c->problem, ERR_WRONG_STATE,
                "%s and %s have different %s: invoice them one by one.", a->number, b->number,
                what);
}

/* Orders that one invoice bills agree in what an invoice has once. */
static err check_together(struct drafting *d, struct order_state *const *o)
{
    for (size_t i = 1; i < d->n_orders; i++) {
        if (order_payer(o[i]) != order_payer(o[0]) ||
            o[i]->credit_account_id != o[0]->credit_account_id)
            return refuse_together(d, o[0], o[i], "payers");
        if (strcmp(o[i]->currency, o[0]->currency) != 0)
            return refuse_together(d, o[0], o[i], "currencies");
        if (strcmp(o[i]->rounding, o[0]->rounding) != 0 ||
            strcmp(o[i]->tax_rounding, o[0]->tax_rounding) != 0)
            return refuse_together(d, o[0], o[i], "rules of rounding");
        if (o[i]->payment_terms_days != o[0]->payment_terms_days &&
            d->in->payment_terms_days == NIL64)
            return refuse_together(d, o[0], o[i], "payment terms (or give payment_terms_days)");
        if (d->in->customer_po == NULL && d->customer_po != NULL &&
            (o[i]->customer_po == NULL || strcmp(o[i]->customer_po, d->customer_po) != 0))
            d->customer_po = NULL; /* the lines name the orders */
    }
    return OK;
}

/* One order after the other claims what it has; all of them or none. */
static err claim_each(struct drafting *d, const struct facts *f, struct order_state *const *o,
                      struct claims *k, const struct invoiced_net_list *const *before)
{
    size_t n = 0;
    err e = OK;
    for (; e == OK && n < d->n_orders; n++) {
        claims_init(&k[n], d->tx->arena, o[n], &f->shipments);
        e = claim(d, &k[n]);
        if (e == OK)
            e = charge(d, &k[n], f);
    }
    if (e == OK)
        e = price(d, k, before);
    if (e == OK)
        e = accept(d);
    for (size_t i = 0; e != OK && i < n; i++)
        release(d, &k[i]);
    return e;
}

static err draft_of_orders(struct drafting *d, const struct facts *f)
{
    struct arena *a = d->tx->arena;
    struct order_state **o = ARENA_ARRAY(a, struct order_state *, d->n_orders);
    const struct invoiced_net_list **before = ARENA_ARRAY(a, const struct invoiced_net_list *,
                                                          d->n_orders);
    TRY(find_states(d, f, o));
    TRY(set_terms(d, o[0]->currency, o[0]->payment_terms_days));
    take_order(d, o[0]);
    TRY(check_together(d, o));
    for (size_t i = 0; i < d->n_orders; i++)
        before[i] = &f->before[o[i] - f->orders.v];
    TRY(claim_each(d, f, o, ARENA_ARRAY(a, struct claims, d->n_orders), before));
    d->steps = ARENA_ARRAY(a, struct order_step, d->n_orders);
    for (size_t i = 0; i < d->n_orders; i++) {
        add_nets(&f->before[o[i] - f->orders.v], o[i]->id, &d->lines);
        d->steps[i] = order_moved(o[i]);
    }
    return OK;
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

static err draft_of_free_lines(struct drafting *d, const struct facts *f)
{
    const struct customer_facts *customer = customer_find(&f->customers, d->in->customer_id);
    if (customer == NULL) {
        fault(d->c->problem, "/customer_id", "unknown", "There is no such customer.");
        return d->c->problem->code;
    }
    TRY(set_terms(d, customer->currency, customer->payment_terms_days));
    take_customer(d, customer);
    TRY(free_lines_price(d->tx->arena, d->c, &d->free, d->i.invoice_date, customer->exponent,
                         &d->totals));

    d->lines.v = ARENA_ARRAY(d->tx->arena, struct invoice_line, d->free.n);
    d->lines.n = d->free.n;
    for (size_t i = 0; i < d->free.n; i++)
        d->lines.v[i] = free_invoice_line(&d->free.v[i], i);
    return accept(d);
}

/* ---- lock and load ---- */

/* Of a shipment over several orders the request says which. */
static int64_t find_order(const struct drafting *d, const struct order_of_shipment_list *known)
{
    struct problem *p = d->c->problem;
    int64_t only = NIL64;
    size_t n = 0;
    bool named = false;
    if (d->in->shipment_id == NIL64)
        return d->in->order_id;
    for (size_t i = 0; i < known->n; i++) {
        if (known->v[i].shipment_id != d->in->shipment_id)
            continue;
        only = known->v[i].order_id;
        named = named || only == d->in->order_id;
        n++;
    }
    if (n == 0)
        fault(p, "/shipment_id", "unknown", "There is no such shipment.");
    else if (d->in->order_id != NIL64 && !named)
        fault(p, "/shipment_id", "mismatch", "The shipment is of another order.");
    else if (d->in->order_id == NIL64 && n > 1)
        fault(p, "/order_id", "required",
              "The shipment carries goods of several orders; say which one to bill.");
    return named ? d->in->order_id : only;
}

/* The orders of all the shipments. */
static void find_orders_of_shipments(struct drafting *d, const struct order_of_shipment_list *known)
{
    int64_t *orders = ARENA_ARRAY(d->tx->arena, int64_t, known->n);
    for (size_t j = 0; j < d->in->shipments.n; j++) {
        size_t before = d->n_orders;
        for (size_t i = 0; i < known->n; i++)
            if (known->v[i].shipment_id == d->in->shipments.v[j].shipment_id)
                orders[d->n_orders++] = known->v[i].order_id;
        if (d->n_orders == before)
            fault(d->c->problem, arena_printf(d->tx->arena, "/shipments/%zu/shipment_id", j),
                  "unknown", "There is no such shipment.");
    }
    d->n_orders = distinct_ids(orders, d->n_orders);
    d->orders = orders;
}

static void set_orders(struct drafting *d, const struct order_of_shipment_list *known)
{
    if (d->in->shipments.n > 0) {
        find_orders_of_shipments(d, known);
        return;
    }
    size_t n = d->in->orders.n > 0 ? d->in->orders.n : 1;
    int64_t *orders = ARENA_ARRAY(d->tx->arena, int64_t, n);
    for (size_t i = 0; i < d->in->orders.n; i++)
        orders[i] = d->in->orders.v[i].order_id;
    if (d->in->orders.n == 0)
        orders[0] = find_order(d, known);
    d->orders = orders;
    d->n_orders = n;
}

/* Orders are locked before shipments: of an invoice that names only a shipment, learn its order. */
static err find_orders(struct tx *tx, struct drafting *d, size_t n)
{
    struct order_of_shipment_list known = {0};
    size_t most = n, n_shipments = 0;
    for (size_t i = 0; i < n; i++)
        most += d[i].in->shipments.n;
    int64_t *shipments = ARENA_ARRAY(tx->arena, int64_t, most);
    for (size_t i = 0; i < n; i++) {
        if (!alive(&d[i]))
            continue;
        if (d[i].in->shipment_id != NIL64)
            shipments[n_shipments++] = d[i].in->shipment_id;
        for (size_t j = 0; j < d[i].in->shipments.n; j++)
            shipments[n_shipments++] = d[i].in->shipments.v[j].shipment_id;
    }
    if (n_shipments > 0)
        TRY(shipments_orders(tx, shipments, distinct_ids(shipments, n_shipments), &known));
    for (size_t i = 0; i < n; i++)
        if (alive(&d[i]) && !of_free_lines(&d[i]))
            set_orders(&d[i], &known);
    return OK;
}

/* What to lock and load. */
struct wanted {
    int64_t *orders, *customers;
    struct free_lines **free;
    const char **external_ids;
    size_t n_orders, n_customers, n_free, n_named;
};

static struct wanted wanted_of(struct tx *tx, struct drafting *d, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most += d[i].n_orders;
    struct wanted w = {.orders = ARENA_ARRAY(tx->arena, int64_t, most),
                       .customers = ARENA_ARRAY(tx->arena, int64_t, n),
                       .free = ARENA_ARRAY(tx->arena, struct free_lines *, n),
                       .external_ids = ARENA_ARRAY(tx->arena, const char *, n)};
    for (size_t i = 0; i < n; i++) {
        if (!alive(&d[i]))
            continue;
        if (d[i].external_id != NULL)
            w.external_ids[w.n_named++] = d[i].external_id;
        if (of_free_lines(&d[i])) {
            d[i].free = free_lines_of(tx->arena, &d[i].in->lines);
            w.free[w.n_free++] = &d[i].free;
            w.customers[w.n_customers++] = d[i].in->customer_id;
        } else {
            for (size_t j = 0; j < d[i].n_orders; j++)
                w.orders[w.n_orders++] = d[i].orders[j];
        }
    }
    w.n_orders = distinct_ids(w.orders, w.n_orders);
    w.n_customers = distinct_ids(w.customers, w.n_customers);
    return w;
}

/* Rows of all orders become one list an order, with all its lines. */
static struct invoiced_net_list *nets_by_order(struct arena *a,
                                               const struct order_state_list *orders,
                                               const struct invoiced_of_orders_row_list *rows)
{
    struct invoiced_net_list *ret = ARENA_ARRAY(a, struct invoiced_net_list, orders->n);
    for (size_t i = 0; i < orders->n; i++) {
        ret[i].n = orders->v[i].n_lines;
        ret[i].v = ARENA_ARRAY(a, struct invoiced_net, ret[i].n);
        for (size_t j = 0; j < ret[i].n; j++)
            ret[i].v[j].order_line_no = (int64_t)j + 1;
    }
    for (size_t i = 0; i < rows->n; i++) {
        const struct order_state *o = order_state_find(orders, rows->v[i].order_id);
        if (o != NULL && order_line_find(o, rows->v[i].order_line_no) != NULL)
            ret[o - orders->v].v[rows->v[i].order_line_no - 1].net = rows->v[i].net;
    }
    return ret;
}

/* One more question, when there is freight to bill. */
static err load_freight_rates(struct tx *tx, struct facts *f)
{
    int64_t *codes = ARENA_ARRAY(tx->arena, int64_t, f->shipments.n);
    size_t n = 0;
    for (size_t i = 0; i < f->shipments.n; i++)
        if (f->shipments.v[i].freight != NIL64 && f->shipments.v[i].freight_invoice_id == NIL64)
            codes[n++] = f->shipments.v[i].freight_tax_code_id;
    if (n == 0)
        return OK;
    TRY(tax_rates_load_queue(tx, codes, distinct_ids(codes, n), &f->freight_rates));
    return tx_flush(tx);
}

/* Behind the locks of the orders, in the same flush: their shipments, what is invoiced of them, and
 * who has the external ids. */
static err lock_orders(struct tx *tx, const struct wanted *w, struct facts *f)
{
    struct orders_locking *locking;
    struct invoiced_of_orders_row_list nets = {0};
    TRY(orders_lock_queue(tx, w->orders, w->n_orders, &locking));
    TRY(invoiced_of_orders_queue(tx, w->orders, w->n_orders, &nets));
    if (w->n_named > 0)
        TRY(invoices_by_external_id_queue(tx, w->external_ids, w->n_named, &f->taken));
    TRY(shipments_lock_of_orders(tx, w->orders, w->n_orders, &f->shipments));
    f->orders = orders_locked(tx, locking);
    f->before = nets_by_order(tx->arena, &f->orders, &nets);
    return load_freight_rates(tx, f);
}

static err lock(struct tx *tx, struct drafting *d, size_t n, struct facts *f)
{
    struct wanted w = wanted_of(tx, d, n);
    if (w.n_free > 0) {
        TRY(credit_lock_of_orders_and_customers(tx, w.orders, w.n_orders, w.customers,
                                                w.n_customers));
        TRY(customers_load_queue(tx, w.customers, w.n_customers, &f->customers));
        TRY(free_lines_queue(tx, w.free, w.n_free));
    }
    if (w.n_orders > 0)
        TRY(lock_orders(tx, &w, f));
    else if (w.n_named > 0)
        TRY(invoices_by_external_id_queue(tx, w.external_ids, w.n_named, &f->taken));
    if (w.n_free == 0)
        return OK;
    TRY(tx_flush(tx));
    return free_lines_rates(tx, w.free, w.n_free);
}

/* ---- decide ---- */

/* Who has the external id of the k-th: an invoice that was there, or one before it in the batch. */
static int64_t holder_of(const struct drafting *d, size_t k, const struct facts *f)
{
    const char *mine = d[k].external_id;
    for (size_t i = 0; mine != NULL && i < f->taken.n; i++)
        if (strcmp(f->taken.v[i].external_id, mine) == 0)
            return f->taken.v[i].id;
    for (size_t i = 0; mine != NULL && i < k; i++)
        if (alive(&d[i]) && d[i].external_id != NULL && strcmp(d[i].external_id, mine) == 0)
            return d[i].i.id;
    return NIL64;
}

static err decide(struct drafting *d, size_t k, const struct facts *f)
{
    int64_t holder = holder_of(d, k, f);
    if (holder != NIL64)
        return external_id_taken(d[k].c, "inv", holder);
    return of_free_lines(&d[k]) ? draft_of_free_lines(&d[k], f) : draft_of_orders(&d[k], f);
}

/* ---- store ---- */

/* The draft as GET would show it. */
static struct invoice shown(const struct drafting *d)
{
    const struct invoice_state *i = &d->i;
    return (struct invoice){
        .id = i->id,
        .version = i->version,
        .external_id = d->external_id,
        .status = "draft",
        .customer_id = i->customer_id,
        .order_id = i->order_id,
        .customer_po = d->customer_po,
        .currency = i->currency,
        .invoice_date = i->invoice_date,
        .due_date = i->due_date,
        .payment_terms_days = d->payment_terms_days,
        .net = i->net,
        .tax = i->tax,
        .gross = i->gross,
        .line_count = (int64_t)d->lines.n,
        .notes = d->in->notes,
        .metadata = d->in->metadata == NULL ? "{}" : d->in->metadata,
        .created_at = d->tx->now,
        .finalized_at = NIL64,
        .voided_at = NIL64,
        .updated_at = d->tx->now,
        .bill_to = d->bill_to,
        .rounding = i->rounding,
        .tax_rounding = i->tax_rounding,
        .lines = d->lines,
    };
}

static void tell(const struct drafting *d)
{
    struct tx *tx = d->tx;
    struct invoice_state draft = d->i;
    draft.number = NULL;
    draft.status = "draft";
    for (size_t i = 0; d->steps != NULL && i < d->n_orders; i++)
        order_tell(tx, d->c, d->steps[i]);
    event_push(tx, d->c, "invoice.created", "invoice", d->i.id, NULL,
               invoice_event_json(tx->arena, &draft, 0));
    if (d->in->finalize)
        invoice_tell_finalized(tx, d->c, &d->i);
}

static struct invoices_insert_i row_of(const struct drafting *d)
{
    const struct invoice *o = d->out;
    return (struct invoices_insert_i){.id = o->id,
                                      .external_id = o->external_id,
                                      .number = o->number,
                                      .customer_id = o->customer_id,
                                      .credit_account_id = d->i.credit_account_id,
                                      .order_id = o->order_id,
                                      .status = o->status,
                                      .currency = o->currency,
                                      .invoice_date = o->invoice_date,
                                      .due_date = o->due_date,
                                      .payment_terms_days = o->payment_terms_days,
                                      .rounding = o->rounding,
                                      .tax_rounding = o->tax_rounding,
                                      .net = o->net,
                                      .tax = o->tax,
                                      .gross = o->gross,
                                      .line_count = o->line_count,
                                      .bill_to = o->bill_to,
                                      .customer_po = o->customer_po,
                                      .notes = o->notes,
                                      .metadata = o->metadata,
                                      .finalized_at = o->finalized_at};
}

static struct invoice_lines_insert_l line_row(int64_t invoice_id, const struct invoice_line *l)
{
    return (struct invoice_lines_insert_l){.invoice_id = invoice_id,
                                           .line_no = l->line_no,
                                           .order_id = l->order_id,
                                           .order_line_no = l->order_line_no,
                                           .shipment_id = l->shipment_id,
                                           .shipment_line_no = l->shipment_line_no,
                                           .product_id = l->product_id,
                                           .sku = l->sku,
                                           .description = l->description,
                                           .quantity = l->quantity,
                                           .unit_price = l->unit_price,
                                           .discount_percent = l->discount_percent,
                                           .discount_amount = l->discount_amount,
                                           .tax_code_id = l->tax_code_id,
                                           .tax_rate = l->tax_rate,
                                           .net = l->net,
                                           .tax = l->tax,
                                           .gross = l->gross};
}

/* Lines of a shipment that are of no line of it bill its freight. */
static err freight_count(struct tx *tx, const struct counted *v, size_t n, int sign)
{
    size_t most = 0, used = 0;
    for (size_t k = 0; k < n; k++)
        most += v[k].lines->n;
    struct shipment_freight *rows = ARENA_ARRAY(tx->arena, struct shipment_freight, most);
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < v[k].lines->n; j++) {
            const struct invoice_line *l = &v[k].lines->v[j];
            if (l->shipment_id != NIL64 && l->shipment_line_no == NIL64)
                rows[used++] = (struct shipment_freight){l->shipment_id,
                                                         sign > 0 ? v[k].invoice_id : NIL64};
        }
    return shipments_bill_freight(tx, rows, used);
}

err shipments_count(struct tx *tx, const struct counted *v, size_t n, int sign)
{
    size_t most = 0, used = 0;
    for (size_t k = 0; k < n; k++)
        most += v[k].lines->n;
    struct shipment_line_invoiced *rows = ARENA_ARRAY(tx->arena, struct shipment_line_invoiced,
                                                      most);
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < v[k].lines->n; j++) {
            const struct invoice_line *l = &v[k].lines->v[j];
            if (l->shipment_line_no != NIL64)
                rows[used++] = (struct shipment_line_invoiced){l->shipment_id, l->shipment_line_no,
                                                               sign * l->quantity, v[k].invoice_id};
        }
    TRY(shipment_lines_invoice(tx, rows, used));
    return freight_count(tx, v, n, sign);
}

/* The orders of invoices over several. */
static err insert_orders(struct tx *tx, struct drafting *const *d, size_t n)
{
    size_t most = 0, used = 0;
    for (size_t k = 0; k < n; k++)
        most += d[k]->n_orders > 1 ? d[k]->n_orders : 0;
    if (most == 0)
        return OK;
    struct invoice_orders_insert_x *rows = ARENA_ARRAY(tx->arena, struct invoice_orders_insert_x,
                                                       most);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; d[k]->n_orders > 1 && i < d[k]->n_orders; i++)
            rows[used++] = (struct invoice_orders_insert_x){.invoice_id = d[k]->i.id,
                                                            .order_id = d[k]->orders[i]};
    return invoice_orders_insert(tx, rows, used);
}

static err insert(struct tx *tx, struct drafting *const *d, size_t n)
{
    size_t most = 0, n_lines = 0;
    for (size_t k = 0; k < n; k++)
        most += d[k]->lines.n;
    struct invoices_insert_i *rows = ARENA_ARRAY(tx->arena, struct invoices_insert_i, n);
    struct invoice_lines_insert_l *lines = ARENA_ARRAY(tx->arena, struct invoice_lines_insert_l,
                                                       most);
    struct counted *counted = ARENA_ARRAY(tx->arena, struct counted, n);
    for (size_t k = 0; k < n; k++) {
        rows[k] = row_of(d[k]);
        counted[k] = (struct counted){d[k]->i.id, &d[k]->lines};
        for (size_t j = 0; j < d[k]->lines.n; j++)
            lines[n_lines++] = line_row(d[k]->i.id, &d[k]->lines.v[j]);
    }
    TRY(invoices_insert(tx, rows, n));
    TRY(invoice_lines_insert(tx, lines, n_lines));
    TRY(insert_orders(tx, d, n));
    return shipments_count(tx, counted, n, 1);
}

/* What the invoices add to their credit accounts, and their numbers and books. */
static err post(struct tx *tx, struct drafting *const *d, size_t n)
{
    struct credit_delta *credit = ARENA_ARRAY(tx->arena, struct credit_delta, n);
    struct invoice_state **posted = ARENA_ARRAY(tx->arena, struct invoice_state *, n);
    size_t n_posted = 0;
    for (size_t k = 0; k < n; k++) {
        struct invoice_state *i = &d[k]->i;
        credit[k] = (struct credit_delta){.account = i->credit_account_id};
        if (d[k]->in->finalize) {
            credit[k].receivable = i->gross;
            posted[n_posted++] = i;
        } else {
            credit[k].unbilled = i->gross;
        }
    }
    TRY(credit_apply(tx, credit, n));
    return n_posted == 0 ? OK : invoices_post(tx, posted, n_posted);
}

static err store(struct tx *tx, struct drafting *d, size_t n, const struct facts *f)
{
    struct drafting **made = ARENA_ARRAY(tx->arena, struct drafting *, n);
    size_t n_made = 0;
    for (size_t k = 0; k < n; k++)
        if (alive(&d[k]))
            made[n_made++] = &d[k];
    if (n_made == 0)
        return OK;
    TRY(post(tx, made, n_made));
    for (size_t k = 0; k < n_made; k++) {
        *made[k]->out = shown(made[k]);
        if (made[k]->in->finalize)
            invoice_show_posted(tx, &made[k]->i, made[k]->out);
        else
            invoice_complete(tx->arena, made[k]->out);
        tell(made[k]);
    }
    TRY(insert(tx, made, n_made));
    return orders_store(tx, &f->orders);
}

/* Invoices without an order are asked about where a policy wants it; a refused one is no more. */
static err check_credit(struct tx *tx, struct drafting *d, size_t n)
{
    struct credit_ask *asks = ARENA_ARRAY(tx->arena, struct credit_ask, n);
    struct drafting **asking = ARENA_ARRAY(tx->arena, struct drafting *, n);
    size_t m = 0;
    for (size_t k = 0; k < n; k++) {
        if (!alive(&d[k]) || !of_free_lines(&d[k]))
            continue;
        asking[m] = &d[k];
        asks[m++] = (struct credit_ask){.call = d[k].c,
                                        .account = d[k].i.credit_account_id,
                                        .customer_id = d[k].i.customer_id,
                                        .order_id = NIL64,
                                        .amount = d[k].i.gross,
                                        .document = d[k].i.gross};
    }
    TRY(credit_check(tx, "invoice", asks, m));
    for (size_t k = 0; k < m; k++)
        if (asks[k].refused != NULL)
            fail(asking[k]->c->problem, ERR_CREDIT_LIMIT, "%s", asks[k].refused);
    return OK;
}

static err create(struct tx *tx, struct drafting *d, size_t n)
{
    struct facts f = {0};
    for (size_t k = 0; k < n; k++) {
        d[k].tx = tx;
        d[k].i = (struct invoice_state){.id = id_new(), .version = 1};
        check_request(&d[k]);
    }
    TRY(find_orders(tx, d, n));
    TRY(lock(tx, d, n, &f));
    for (size_t k = 0; k < n; k++) {
        if (!alive(&d[k]))
            continue;
        err e = decide(d, k, &f);
        if (e == ERR_SERIALIZATION)
            return e;
        if (e != OK)
            call_file(d[k].c, e);
    }
    TRY(check_credit(tx, d, n));
    return store(tx, d, n, &f);
}

err invoices_create(struct tx *tx, struct invoices_create_cmd *cmds, size_t n)
{
    struct drafting *d = ARENA_ARRAY(tx->arena, struct drafting, n);
    for (size_t k = 0; k < n; k++)
        d[k] = (struct drafting){.c = cmds[k].call,
                                 .in = cmds[k].in,
                                 .external_id = cmds[k].in->external_id,
                                 .out = cmds[k].out};
    return create(tx, d, n);
}

/* Does it bill exactly these orders, or shipments? What they had to bill then is what it has. */
static bool bills_these(const struct invoice_new *in, const struct invoice *is)
{
    for (size_t j = 0; j < in->orders.n + in->shipments.n; j++) {
        bool found = false;
        for (size_t i = 0; i < is->lines.n; i++)
            found = found || (in->orders.n > 0
                                  ? is->lines.v[i].order_id == in->orders.v[j].order_id
                                  : is->lines.v[i].shipment_id == in->shipments.v[j].shipment_id);
        if (!found)
            return false;
    }
    for (size_t i = 0; i < is->lines.n; i++) {
        bool found = is->lines.v[i].order_id == NIL64;
        for (size_t j = 0; j < in->orders.n; j++)
            found = found || is->lines.v[i].order_id == in->orders.v[j].order_id;
        for (size_t j = 0; j < in->shipments.n; j++)
            found = found || is->lines.v[i].shipment_id == in->shipments.v[j].shipment_id;
        if (!found)
            return false;
    }
    return true;
}

/* Lines taken from an order are a choice of what to bill: the invoice has what came of it. */
static err repeat(const struct call *c, const struct invoice_new *in, const struct invoice *is)
{
    static const char *const chosen[] = {"lines", NULL};
    bool free_lines = in->order_id == NIL64 && in->shipment_id == NIL64;
    if (is_joint(in) && !bills_these(in, is))
        return external_id_differs(c, "inv", is->id, in->orders.n > 0 ? "/orders" : "/shipments");
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
        struct drafting d = {.c = c, .in = in, .external_id = external_id, .out = ret};
        TRY(create(tx, &d, 1));
        return c->problem->code;
    }
    struct invoice is;
    TRY(invoice_load(tx, c->path_id[0], &is));
    TRY(call_check_version(c, is.version));
    TRY(repeat(c, in, &is));
    *ret = is;
    return OK;
}
