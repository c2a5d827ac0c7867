/* Draft a credit note of an invoice or of free lines, and issue it if asked; show it. */
#include "invoices.sql.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/credit/credit.h"
#include "server/customers/customers.h"
#include "server/events/events.h"
#include "server/invoices/internal.h"
#include "server/routes_prototypes.h"
#include <string.h>

struct composing {
    struct crediting k;
    const struct credit_note_new *in;
    const char *external_id;
    struct credit_note_taken_row_list taken; /* after the first flush */
    const char *bill_to;
};

/* ---- shown ---- */

static struct tax_summary_list summary_of(struct arena *a,
                                          const struct credit_note_line_list *lines)
{
    struct totals_line *t = ARENA_ARRAY(a, struct totals_line, lines->n);
    for (size_t i = 0; i < lines->n; i++)
        t[i] = (struct totals_line){.tax_code_id = lines->v[i].tax_code_id,
                                    .tax_rate = lines->v[i].tax_rate,
                                    .net = lines->v[i].net,
                                    .tax = lines->v[i].tax};
    return tax_summary_of(a, t, lines->n);
}

static struct string_list actions_of(struct arena *a, const struct credit_note *n)
{
    struct string_list actions = {.v = ARENA_ARRAY(a, const char *, 3)};
    if (strcmp(n->status, "draft") == 0)
        actions.v[actions.n++] = "issue";
    if (n->available > 0) {
        actions.v[actions.n++] = "allocate";
        actions.v[actions.n++] = "refund";
    }
    return actions;
}

err credit_note_load(struct tx *tx, int64_t id, struct credit_note *ret)
{
    struct credit_note_line_list lines = {0};
    struct credit_note n;
    TRY(credit_note_lines_select_queue(tx, id, &lines));
    TRY(credit_note_header(tx, id, &n));
    n.lines = lines;
    n.tax_summary = summary_of(tx->arena, &lines);
    n.allowed_actions = actions_of(tx->arena, &n);
    *ret = n;
    return OK;
}

err credit_notes_get(struct tx *tx, struct call *c, const struct none *in, struct credit_note *ret)
{
    (void)in;
    return credit_note_load(tx, c->path_id[0], ret);
}

err credit_notes_lock_queue(struct tx *tx, const int64_t *ids, size_t n,
                            struct credit_note_state_list *ret)
{
    return credit_note_rows_lock_queue(tx, ids, n, ret);
}

/* ---- what the request says ---- */

static void check_invoice_line(const struct call *c, const struct credit_note_line_new *l, size_t i)
{
    if (l->invoice_line_no == NIL64)
        line_fault(c, i, "invoice_line_no", "required", "Say which line of the invoice.");
    if (l->net != NIL64 && l->quantity != NIL64)
        line_fault(c, i, "net", "out_of_place", "Give a quantity or a net amount, not both.");
    refuse_member(c, i, "product_id", l->product_id != NIL64, "an invoice");
    refuse_member(c, i, "sku", l->sku != NULL, "an invoice");
    refuse_member(c, i, "description", l->description != NULL, "an invoice");
    refuse_member(c, i, "unit_price", l->unit_price != NIL64, "an invoice");
    refuse_member(c, i, "discount_percent", l->discount_percent != NIL64, "an invoice");
    refuse_member(c, i, "tax_code_id", l->tax_code_id != NIL64, "an invoice");
}

static err check_request(const struct composing *d)
{
    const struct credit_note_new *in = d->in;
    const struct call *c = d->k.c;
    if (in->invoice_id == NIL64 && in->customer_id == NIL64)
        fault(c->problem, "/invoice_id", "required", "Name an invoice, or a customer with lines.");
    else if (in->invoice_id == NIL64 && in->lines.n == 0)
        fault(c->problem, "/lines", "required", "A credit note without an invoice needs lines.");
    for (size_t i = 0; i < in->lines.n; i++) {
        const struct credit_note_line_new *l = &in->lines.v[i];
        if (in->invoice_id != NIL64) {
            check_invoice_line(c, l, i);
        } else {
            refuse_member(c, i, "invoice_line_no", l->invoice_line_no != NIL64, "no invoice");
            refuse_member(c, i, "net", l->net != NIL64, "no invoice");
        }
    }
    return c->problem->code;
}

static err queue_taken(struct composing *d)
{
    return d->external_id == NULL ? OK
                                  : credit_note_taken_queue(d->k.tx, d->external_id, &d->taken);
}

static err refuse_taken(const struct composing *d)
{
    return d->taken.n == 0 ? OK : external_id_taken(d->k.c, "crn", d->taken.v[0].id);
}

static err check_currency(const struct composing *d)
{
    const char *currency = d->k.note.currency;
    if (d->in->currency != NULL && strcmp(d->in->currency, currency) != 0)
        return fail(d->k.c->problem, ERR_CURRENCY_MISMATCH,
                    "The credit note must be in %s; leave the currency out.", currency);
    return OK;
}

/* ---- of an invoice ---- */

/* A line of the invoice as the credit note repeats it, wholly. */
static struct credit_note_line line_of(const struct invoice_line *i)
{
    int64_t left = i->quantity - i->credited_quantity;
    return (struct credit_note_line){.invoice_line_no = i->line_no,
                                     .product_id = i->product_id,
                                     .sku = i->sku,
                                     .description = i->description,
                                     .quantity = left,
                                     .credited_quantity = left,
                                     .unit_price = i->unit_price,
                                     .discount_percent = i->discount_percent,
                                     .tax_code_id = i->tax_code_id,
                                     .tax_rate = i->tax_rate};
}

static void set_amount(const struct composing *d, size_t i, int64_t net, struct credit_note_line *l)
{
    int exponent = currency_exponent(d->k.note.currency);
    l->quantity = DECIMAL_ONE;
    l->credited_quantity = 0;
    l->unit_price = net;
    l->discount_percent = 0;
    if (money_from_decimal(net, exponent, &l->net) != OK)
        line_fault(d->k.c, i, "net", "decimal_scale", "The currency has fewer decimals.");
}

static err take_named(struct composing *d)
{
    const struct credit_note_line_new_list *in = &d->in->lines;
    bool *seen = ARENA_ARRAY(d->k.tx->arena, bool, d->k.invoice_lines.n);
    for (size_t i = 0; i < in->n; i++) {
        const struct invoice_line *of = invoice_line_find(&d->k.invoice_lines,
                                                          in->v[i].invoice_line_no);
        if (of == NULL) {
            line_fault(d->k.c, i, "invoice_line_no", "unknown", "The invoice has no such line.");
            continue;
        }
        if (seen[of->line_no - 1])
            line_fault(d->k.c, i, "invoice_line_no", "repeated",
                       "The line stands here already; add them up.");
        seen[of->line_no - 1] = true;
        struct credit_note_line *l = &d->k.lines.v[d->k.lines.n++];
        *l = line_of(of);
        l->line_no = (int64_t)i + 1;
        if (in->v[i].net != NIL64)
            set_amount(d, i, in->v[i].net, l);
        else if (in->v[i].quantity != NIL64)
            l->quantity = l->credited_quantity = in->v[i].quantity;
        else if (l->quantity == 0)
            return fail(d->k.c->problem, ERR_QUANTITY_EXCEEDED,
                        "Line %zu: nothing is left of line %lld of the invoice.", i + 1,
                        (long long)of->line_no);
    }
    return d->k.c->problem->code;
}

static err take_all(struct composing *d)
{
    for (size_t i = 0; i < d->k.invoice_lines.n; i++) {
        const struct invoice_line *of = &d->k.invoice_lines.v[i];
        if (of->credited_quantity == of->quantity)
            continue;
        struct credit_note_line *l = &d->k.lines.v[d->k.lines.n++];
        *l = line_of(of);
        l->line_no = (int64_t)d->k.lines.n;
    }
    if (d->k.lines.n == 0)
        return fail(d->k.c->problem, ERR_QUANTITY_EXCEEDED,
                    "Nothing is left of the invoice to credit.");
    return OK;
}

static err check_invoice(struct composing *d)
{
    const struct invoice_state *i = d->k.invoice;
    const struct call *c = d->k.c;
    if (d->in->customer_id != NIL64 && d->in->customer_id != i->customer_id)
        fault(c->problem, "/customer_id", "mismatch", "The invoice is of another customer.");
    if (d->in->credit_note_date == NIL32)
        d->k.note.credit_note_date = d->k.tx->today > i->invoice_date ? d->k.tx->today
                                                                      : i->invoice_date;
    else if (d->in->credit_note_date < i->invoice_date)
        fault(c->problem, "/credit_note_date", "too_early",
              "A credit note cannot be older than its invoice.");
    return c->problem->code;
}

static err compose_of_invoice(struct composing *d)
{
    TRY(queue_taken(d));
    err e = crediting_lock_source(&d->k, d->in->invoice_id, d->in->issue);
    if (e == ERR_NO_ROW) {
        fault(d->k.c->problem, "/invoice_id", "unknown", "There is no such invoice.");
        return d->k.c->problem->code;
    }
    TRY(e);
    TRY(refuse_taken(d));
    TRY(crediting_lock_invoice(&d->k, d->in->invoice_id));
    const struct invoice_state *i = d->k.invoice;
    d->k.note.customer_id = i->customer_id;
    d->k.note.credit_account_id = i->credit_account_id;
    d->k.note.invoice_id = i->id;
    d->k.note.currency = i->currency;
    d->k.note.rounding = i->rounding;
    d->k.note.tax_rounding = i->tax_rounding;
    TRY(check_currency(d));
    TRY(check_invoice(d));
    d->bill_to = d->k.bill_to;
    size_t most = d->in->lines.n > 0 ? d->in->lines.n : d->k.invoice_lines.n;
    d->k.lines.v = ARENA_ARRAY(d->k.tx->arena, struct credit_note_line, most);
    TRY(d->in->lines.n > 0 ? take_named(d) : take_all(d));
    return crediting_amounts(&d->k);
}

/* ---- of free lines ---- */

static struct free_lines free_lines_of(struct arena *a, const struct credit_note_line_new_list *in)
{
    struct free_lines f = {.v = ARENA_ARRAY(a, struct free_line, in->n), .n = in->n};
    for (size_t i = 0; i < in->n; i++) {
        const struct credit_note_line_new *l = &in->v[i];
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

static struct credit_note_line free_credit_line(const struct free_line *l, size_t i)
{
    return (struct credit_note_line){.line_no = (int64_t)i + 1,
                                     .invoice_line_no = NIL64,
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

static err compose_of_free_lines(struct composing *d)
{
    struct tx *tx = d->k.tx;
    struct credit_note_state *n = &d->k.note;
    struct free_lines f = free_lines_of(tx->arena, &d->in->lines), *const lines = &f;
    struct customer_facts_list customers;
    TRY(queue_taken(d));
    TRY(credit_lock_of_customers(tx, &d->in->customer_id, 1));
    TRY(free_lines_queue(tx, &lines, 1));
    TRY(customers_load(tx, &d->in->customer_id, 1, &customers));
    TRY(refuse_taken(d));
    const struct customer_facts *customer = customer_find(&customers, d->in->customer_id);
    if (customer == NULL) {
        fault(d->k.c->problem, "/customer_id", "unknown", "There is no such customer.");
        return d->k.c->problem->code;
    }
    n->customer_id = customer->id;
    n->credit_account_id = customer->credit_account_id;
    n->invoice_id = NIL64;
    n->currency = customer->currency;
    n->rounding = rounding_name(d->k.c->tenant->rounding);
    n->tax_rounding = d->k.c->tenant->tax_per_line ? "per_line" : "per_document";
    d->bill_to = customer_party(tx->arena, customer, "billing");
    TRY(check_currency(d));
    struct totals totals;
    TRY(free_lines_rates(tx, &lines, 1));
    TRY(free_lines_price(tx->arena, d->k.c, &f, n->credit_note_date, customer->exponent, &totals));
    n->net = totals.net;
    n->tax = totals.tax;
    n->gross = totals.gross;

    d->k.lines.v = ARENA_ARRAY(tx->arena, struct credit_note_line, f.n);
    d->k.lines.n = f.n;
    for (size_t i = 0; i < f.n; i++)
        d->k.lines.v[i] = free_credit_line(&f.v[i], i);
    return OK;
}

/* ---- stored ---- */

static err store(struct composing *d)
{
    struct crediting *k = &d->k;
    k->note.status = "draft";
    event_push(k->tx, k->c, "credit_note.created", "credit_note", k->note.id, NULL,
               credit_note_event_json(k->tx->arena, &k->note, 0));
    TRY(credit_note_insert(k->tx, &k->note, 1, d->external_id, d->in->reason, (int64_t)k->lines.n,
                           d->bill_to, d->in->notes,
                           d->in->metadata == NULL ? "{}" : d->in->metadata));
    TRY(credit_note_lines_insert(k->tx, k->note.id, k->note.invoice_id, k->lines.v, k->lines.n));
    return d->in->issue ? credit_note_post(k) : OK;
}

static err create(struct tx *tx, struct call *c, const struct credit_note_new *in,
                  const char *external_id, struct credit_note *ret)
{
    struct composing d = {.k = {.tx = tx, .c = c, .note = {.id = id_new(), .version = 1}},
                          .in = in,
                          .external_id = external_id};
    d.k.note.credit_note_date = in->credit_note_date == NIL32 ? tx->today : in->credit_note_date;
    TRY(check_request(&d));
    TRY(in->invoice_id != NIL64 ? compose_of_invoice(&d) : compose_of_free_lines(&d));
    TRY(store(&d));
    return credit_note_load(tx, d.k.note.id, ret);
}

err credit_notes_create(struct tx *tx, struct call *c, const struct credit_note_new *in,
                        struct credit_note *ret)
{
    return create(tx, c, in, in->external_id, ret);
}

err credit_notes_put(struct tx *tx, struct call *c, const struct credit_note_new *in,
                     struct credit_note *ret)
{
    const char *external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] == NIL64) {
        c->status = 201;
        return create(tx, c, in, external_id, ret);
    }
    struct credit_note is;
    TRY(credit_note_load(tx, c->path_id[0], &is));
    TRY(call_check_version(c, is.version));
    TRY(external_id_repeats(c, "crn", is.id, (struct json_side){&credit_note_new_type, in},
                            (struct json_side){&credit_note_type, &is}, NULL));
    *ret = is;
    return OK;
}
