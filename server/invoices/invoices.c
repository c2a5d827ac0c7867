/* Invoices as they are shown, and as cash locks and settles them. */
#include "server/invoices/invoices.h"
#include "invoices.sql.h"
#include "lib/base/find.h"
#include "server/events/events.h"
#include "server/invoices/internal.h"
#include "server/routes_prototypes.h"
#include <assert.h>
#include <string.h>

#define INVOICE_EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, number, .doc = "Its number.")                                                 \
    VALUE(T, choice, status, .choices = invoice_statuses, .doc = "Where it stands.")               \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who pays.")                                 \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order it bills.")                          \
    VALUE(T, currency, currency, .doc = "Currency.")                                               \
    VALUE(T, money, gross, .doc = "Net and tax.")                                                  \
    VALUE(T, money, open_amount, .doc = "Still to be paid.")                                       \
    VALUE(T, date, due_date, .doc = "Last day to pay.")
JSON_STRUCT(invoice_event, INVOICE_EVENT_FIELDS);
JSON_TYPE(invoice_event, INVOICE_EVENT_FIELDS, .doc = "What an event says of an invoice.");

#define ALLOCATION_EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, payment_id, .prefix = "pay", .doc = "The payment.")                               \
    VALUE(T, id, credit_note_id, .prefix = "crn", .doc = "The credit note.")                       \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The invoice.")                               \
    VALUE(T, currency, currency, .doc = "Currency.")                                               \
    VALUE(T, money, amount, .doc = "What is applied; negative: taken back.")                       \
    VALUE(T, id, reverses, .prefix = "alc", .doc = "The allocation taken back.")                   \
    VALUE(T, date, effective_date, .doc = "The day it counts for.")
JSON_STRUCT(allocation_event, ALLOCATION_EVENT_FIELDS);
JSON_TYPE(allocation_event, ALLOCATION_EVENT_FIELDS, .doc = "What an event says of an allocation.");

enum rounding document_rounding(const char *name)
{
    enum rounding r = ROUND_HALF_UP;
    err e = rounding_parse(name, &r);
    assert(e == OK); /* the schema allows no other name */
    return r;
}

bool document_tax_per_line(const char *tax_rounding)
{
    return strcmp(tax_rounding, "per_line") == 0;
}

const char *invoice_event_json(struct arena *a, const struct invoice_state *i, int64_t open)
{
    struct invoice_event e = {.number = i->number,
                              .status = i->status,
                              .customer_id = i->customer_id,
                              .order_id = i->order_id,
                              .currency = i->currency,
                              .gross = i->gross,
                              .open_amount = open,
                              .due_date = i->due_date};
    return call_json(a, &invoice_event_type, &e, NULL);
}

const char *status_json(struct arena *a, const char *status)
{
    return arena_printf(a, "{\"status\":\"%s\"}", status);
}

/* ---- shown ---- */

static struct tax_summary_list summary_of(struct arena *a, const struct invoice_line_list *lines)
{
    struct totals_line *t = ARENA_ARRAY(a, struct totals_line, lines->n);
    for (size_t i = 0; i < lines->n; i++)
        t[i] = (struct totals_line){.tax_code_id = lines->v[i].tax_code_id,
                                    .tax_rate = lines->v[i].tax_rate,
                                    .net = lines->v[i].net,
                                    .tax = lines->v[i].tax};
    return tax_summary_of(a, t, lines->n);
}

static struct string_list actions_of(struct arena *a, const struct invoice *i)
{
    struct string_list actions = {.v = ARENA_ARRAY(a, const char *, 5)};
    struct invoice_state state = {.status = i->status};
    if (strcmp(i->status, "draft") == 0)
        actions.v[actions.n++] = "finalize";
    if (invoice_takes_money(&state))
        actions.v[actions.n++] = "pay";
    if (i->number != NULL && strcmp(i->status, "void") != 0 && i->credited_amount < i->gross)
        actions.v[actions.n++] = "credit";
    if (i->disputed_amount > 0)
        actions.v[actions.n++] = "resolve-dispute";
    else if (i->open_amount > 0)
        actions.v[actions.n++] = "dispute";
    if (i->disputed_amount == 0 &&
        invoice_can_void(i->status, i->gross, i->open_amount, i->credited_amount))
        actions.v[actions.n++] = "void";
    return actions;
}

void invoice_complete(struct arena *a, struct invoice *i)
{
    i->tax_summary = summary_of(a, &i->lines);
    i->allowed_actions = actions_of(a, i);
}

static struct invoice_line line_of(const struct invoice_line_of *l)
{
    return (struct invoice_line){.line_no = l->line_no,
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
                                 .gross = l->gross,
                                 .credited_quantity = l->credited_quantity,
                                 .credited_net = l->credited_net,
                                 .credited_tax = l->credited_tax};
}

/* The next rows of the invoice, out of rows sorted by invoice. */
static struct invoice_line_list lines_of(struct arena *a, int64_t invoice,
                                         const struct invoice_line_of_list *rows, size_t *at)
{
    size_t first = *at;
    while (*at < rows->n && rows->v[*at].invoice_id == invoice)
        ++*at;
    struct invoice_line_list ret = {.v = ARENA_ARRAY(a, struct invoice_line, *at - first)};
    for (size_t i = first; i < *at; i++)
        ret.v[ret.n++] = line_of(&rows->v[i]);
    return ret;
}

err invoice_lines_load(struct tx *tx, int64_t invoice_id, struct invoice_line_list *ret)
{
    struct invoice_line_of_list rows;
    size_t at = 0;
    TRY(invoice_lines(tx, &invoice_id, 1, &rows));
    *ret = lines_of(tx->arena, invoice_id, &rows, &at);
    return OK;
}

err invoices_load(struct tx *tx, const int64_t *ids, size_t n, struct invoice_list *ret)
{
    struct invoice_line_of_list lines = {0};
    size_t at = 0;
    TRY(invoice_lines_queue(tx, ids, n, &lines));
    TRY(invoice_headers(tx, ids, n, ret));
    for (size_t k = 0; k < ret->n; k++) {
        struct invoice *i = &ret->v[k];
        i->lines = lines_of(tx->arena, i->id, &lines, &at);
        invoice_complete(tx->arena, i);
    }
    return OK;
}

struct invoice *invoice_shown(const struct invoice_list *list, int64_t id)
{
    return LIST_FIND_ID(list, id);
}

err invoice_load(struct tx *tx, int64_t id, struct invoice *ret)
{
    struct invoice_list one;
    TRY(invoices_load(tx, &id, 1, &one));
    if (one.n == 0)
        return ERR_NO_ROW;
    *ret = one.v[0];
    return OK;
}

err invoices_get(struct tx *tx, struct call *c, const struct none *in, struct invoice *ret)
{
    (void)in;
    return invoice_load(tx, c->path_id[0], ret);
}

/* ---- locked and settled ---- */

int64_t invoice_disputed(const struct invoice_state *i, int64_t open)
{
    return i->disputed < open ? i->disputed : open;
}

err invoices_lock_queue(struct tx *tx, const int64_t *ids, size_t n, struct invoice_state_list *ret)
{
    return invoice_rows_lock_queue(tx, ids, n, ret);
}

struct invoice_state *invoice_state_find(const struct invoice_state_list *list, int64_t id)
{
    return LIST_FIND_ID(list, id);
}

void invoice_settle(struct tx *tx, const struct call *c, struct invoice_state *i, int64_t new_open)
{
    const char *was = i->status;
    i->status = invoice_status_of(i->gross, new_open);
    i->version++;
    const char *event = invoice_settled_event(was, i->status);
    if (event != NULL)
        event_push(tx, c, event, "invoice", i->id, status_json(tx->arena, was),
                   invoice_event_json(tx->arena, i, new_open));
}

err invoices_settled(struct tx *tx, struct invoice_state *const *i, size_t n)
{
    if (n == 0)
        return OK;
    struct invoices_settle_rows_s *rows = ARENA_ARRAY(tx->arena, struct invoices_settle_rows_s, n);
    for (size_t k = 0; k < n; k++)
        rows[k] = (struct invoices_settle_rows_s){
            .id = i[k]->id, .version = i[k]->version, .status = i[k]->status};
    return invoices_settle_rows(tx, rows, n);
}

void allocation_announce(struct tx *tx, const struct call *c, const struct allocation_new *a)
{
    bool payment = strcmp(a->source, "payment") == 0;
    struct allocation_event e = {.payment_id = payment ? a->source_id : NIL64,
                                 .credit_note_id = payment ? NIL64 : a->source_id,
                                 .invoice_id = a->invoice_id,
                                 .currency = a->currency,
                                 .amount = a->amount,
                                 .reverses = a->reverses,
                                 .effective_date = a->effective_date};
    event_push(tx, c, a->reverses == NIL64 ? "allocation.created" : "allocation.reversed",
               "allocation", a->id, NULL, call_json(tx->arena, &allocation_event_type, &e, NULL));
}

err allocations_record(struct tx *tx, const struct allocation_new *a, size_t n)
{
    return n > 0 ? allocations_insert(tx, a, n) : OK;
}
