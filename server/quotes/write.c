/* Offers, revises, declines and accepts quotes. Whoever changes a quote locks it first; whoever
 * accepts it then places an order, with the locks that this takes. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "quotes.sql.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/quotes/internal.h"
#include "server/quotes/rules.h"
#include "server/routes_prototypes.h"

#define QUOTE_EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, id, id, .prefix = "quo", .doc = "The quote.")                                         \
    VALUE(T, string, number, .doc = "Its number.")                                                 \
    VALUE(T, string, status, .doc = "Where it stands.")                                            \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who asks.")                                 \
    VALUE(T, integer, revision, .doc = "Which offer it is.")                                       \
    VALUE(T, date, valid_until, .doc = "Last day on which it can be accepted.")                    \
    VALUE(T, currency, currency, .doc = "Currency.")                                               \
    VALUE(T, money, gross, .doc = "To be paid.")                                                   \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order that it became.")                    \
    VALUE(T, string, lost_reason, .doc = "Why it was declined.")
JSON_STRUCT(quote_event, QUOTE_EVENT_FIELDS);
JSON_TYPE(quote_event, QUOTE_EVENT_FIELDS, .doc = "What an event says of a quote.");

static const char *event_json(struct arena *a, const struct quote *q)
{
    struct quote_event e = {.id = q->id,
                            .number = q->number,
                            .status = q->status,
                            .customer_id = q->customer_id,
                            .revision = q->revision,
                            .valid_until = q->valid_until,
                            .currency = q->currency,
                            .gross = q->gross,
                            .order_id = q->order_id,
                            .lost_reason = q->lost_reason};
    return call_json(a, &quote_event_type, &e, NULL);
}

/* The priced order as a revision of the quote. */
static struct quote terms_of(const struct order *o, int64_t revision, int32_t valid_until)
{
    return (struct quote){.revision = revision,
                          .quote_date = o->order_date,
                          .valid_until = valid_until,
                          .requested_date = o->requested_date,
                          .payment_terms_days = o->payment_terms_days,
                          .warehouse_id = o->warehouse_id,
                          .discount_percent = o->discount_percent,
                          .discount_amount = o->discount_amount,
                          .discount = o->discount,
                          .net = o->net,
                          .tax = o->tax,
                          .gross = o->gross,
                          .line_count = o->line_count,
                          .notes = o->notes};
}

/* Until when the offer holds. */
static int32_t validity(const struct tx *tx, const struct call *c, const struct quote_new *in)
{
    int32_t from = in->quote_date != NIL32 && in->quote_date > tx->today ? in->quote_date
                                                                         : tx->today;
    int32_t until = in->valid_until != NIL32 ? in->valid_until : from + QUOTE_DAYS;
    if (until < from)
        fault(c->problem, "/valid_until", "too_early",
              "Write a day that has not passed, on or after quote_date.");
    else if (until > DATE_MAX)
        fault(c->problem, "/quote_date", "out_of_range", "The day is too far away.");
    return until;
}

/* Prices what is offered. */
static err price(struct tx *tx, struct call *c, const struct quote_new *in, int64_t revision,
                 struct order *ret_priced, struct quote *ret_terms)
{
    struct order_new asked = quote_order(in);
    err e = order_price(tx, c, &asked, ret_priced);
    if (e != OK && c->problem->n_faults == 0)
        return e;
    int32_t until = validity(tx, c, in); /* one more fault, perhaps */
    if (c->problem->code == OK)
        *ret_terms = terms_of(ret_priced, revision, until);
    return c->problem->code;
}

static err store_revision(struct tx *tx, int64_t id, const char *reason, const struct order *priced,
                          const struct quote *terms)
{
    TRY(quote_revision_insert(tx, id, reason, terms, 1));
    return quote_lines_insert(tx, id, terms->revision, priced->lines.v, priced->lines.n);
}

static err check_external_id(struct tx *tx, const struct call *c, const char *external_id)
{
    struct quote_by_external_id_row holder;
    bool found = false;
    if (external_id != NULL)
        TRY(quote_by_external_id(tx, external_id, &holder, &found));
    return found ? external_id_taken(c, "quo", holder.id) : OK;
}

static err create(struct tx *tx, struct call *c, const struct quote_new *in, struct quote *ret)
{
    struct order priced;
    struct quote terms;
    struct quote_number_row number;
    TRY(price(tx, c, in, 1, &priced, &terms));
    TRY(check_external_id(tx, c, in->external_id));
    TRY(quote_number(tx, &number));
    int64_t id = id_new();
    TRY(quote_insert(tx, id, in->external_id,
                     arena_printf(tx->arena, "QUO-%06lld", (long long)number.number),
                     in->customer_id, priced.currency, priced.metadata));
    TRY(store_revision(tx, id, NULL, &priced, &terms));
    TRY(quote_load(tx, id, ret));
    event_push(tx, c, "quote.created", "quote", id, NULL, event_json(tx->arena, ret));
    return OK;
}

err quotes_create(struct tx *tx, struct call *c, const struct quote_new *in, struct quote *ret)
{
    return create(tx, c, in, ret);
}

/* The quote of the path, locked, if the action is allowed. */
static err lock(struct tx *tx, struct call *c, const char *action, struct quote *ret)
{
    struct quote_lock_row row;
    TRY(quote_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    TRY(quote_load(tx, c->path_id[0], ret));
    if (order_allows(&ret->allowed_actions, action))
        return OK;
    const char *allowed = "nothing";
    for (size_t i = 0; i < ret->allowed_actions.n; i++)
        allowed = i == 0 ? ret->allowed_actions.v[0]
                         : arena_printf(tx->arena, "%s, %s", allowed, ret->allowed_actions.v[i]);
    return fail(c->problem, ERR_WRONG_STATE, "The quote is %s; what can be done now: %s.",
                ret->status, allowed);
}

/* Another offer of a locked quote. */
static err revise(struct tx *tx, struct call *c, const struct quote *was,
                  const struct quote_new *asked, const char *reason, struct quote *ret)
{
    struct quote terms;
    struct order priced;
    TRY(price(tx, c, asked, was->revision + 1, &priced, &terms));
    TRY(store_revision(tx, was->id, reason, &priced, &terms));
    TRY(quote_revised(tx, was->id, terms.revision, asked->metadata));
    TRY(quote_load(tx, was->id, ret));
    event_push(tx, c, "quote.revised", "quote", was->id, event_json(tx->arena, was),
               event_json(tx->arena, ret));
    return OK;
}

err quotes_revise(struct tx *tx, struct call *c, const struct quote_revise *in, struct quote *ret)
{
    struct quote was;
    TRY(lock(tx, c, "revise", &was));
    struct quote_new asked = {.customer_id = was.customer_id,
                              .quote_date = in->quote_date,
                              .valid_until = in->valid_until,
                              .requested_date = in->requested_date,
                              .payment_terms_days = in->payment_terms_days,
                              .warehouse_id = in->warehouse_id,
                              .discount_percent = in->discount_percent,
                              .discount_amount = in->discount_amount,
                              .notes = in->notes,
                              .lines = in->lines};
    return revise(tx, c, &was, &asked, in->reason, ret);
}

/* What the quote does not say yet is another offer, as long as there may be one. */
static err replace(struct tx *tx, struct call *c, const struct quote_new *in, struct quote *ret)
{
    struct quote_lock_row row;
    struct quote is;
    TRY(quote_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    TRY(quote_load(tx, c->path_id[0], &is));
    const char *differs = json_first_difference(tx->arena, (struct json_side){&quote_new_type, in},
                                                (struct json_side){&quote_type, &is}, NULL);
    if (differs == NULL) {
        *ret = is;
        return OK;
    }
    if (!order_allows(&is.allowed_actions, "revise"))
        return external_id_differs(c, "quo", is.id, differs);
    if (in->customer_id != is.customer_id) {
        fault(c->problem, "/customer_id", "fixed",
              "A quote keeps its customer: decline it and create another.");
        return c->problem->code;
    }
    return revise(tx, c, &is, in, NULL, ret);
}

err quotes_put(struct tx *tx, struct call *c, const struct quote_new *in, struct quote *ret)
{
    struct quote_new named = *in;
    named.external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] != NIL64)
        return replace(tx, c, &named, ret);
    c->status = 201;
    return create(tx, c, &named, ret);
}

err quotes_decline(struct tx *tx, struct call *c, const struct quote_decline *in, struct quote *ret)
{
    struct quote was;
    TRY(lock(tx, c, "decline", &was));
    TRY(quote_declined(tx, was.id, in->reason));
    TRY(quote_load(tx, was.id, ret));
    event_push(tx, c, "quote.declined", "quote", was.id, event_json(tx->arena, &was),
               event_json(tx->arena, ret));
    return OK;
}

err quotes_accept(struct tx *tx, struct call *c, const struct quote_accept *in, struct order *ret)
{
    struct quote was, now;
    TRY(lock(tx, c, "accept", &was));
    struct order_new asked = quote_accepted(tx->arena, &was, in);
    struct order_origin origin = {
        .quote_id = was.id, .blanket_order_id = NIL64, .price_source = "quote"};
    TRY(order_place_from(tx, c, &asked, &origin, ret));
    TRY(quote_became(tx, was.id, ret->id));
    TRY(quote_load(tx, was.id, &now));
    event_push(tx, c, "quote.accepted", "quote", was.id, event_json(tx->arena, &was),
               event_json(tx->arena, &now));
    return OK;
}
