/* Promises to pay: recorded, canceled; whether they were kept follows from payments. */
#include "collections.sql.h"
#include "lib/base/decimal.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/collections/collections.h"
#include "server/credit/credit.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

const char *const promise_statuses[] = {"open", "kept", "partly_kept", "broken", "canceled", NULL};
const char *const promise_channels[] = {"phone", "email", "letter", "portal",
                                        "visit", "other", NULL};

JSON_TYPE(promise_invoice_new, PROMISE_INVOICE_NEW_FIELDS, .doc = "An invoice to be paid.");
JSON_TYPE(promise_new, PROMISE_NEW_FIELDS, .doc = "A promise to pay.");
JSON_TYPE(promise_cancel, PROMISE_CANCEL_FIELDS, .doc = "Why a promise does not hold.");
JSON_TYPE(promise_summary, PROMISE_HEADER_FIELDS, .doc = "A promise without its invoices.");
JSON_TYPE(promise_invoice, PROMISE_INVOICE_FIELDS, .doc = "An invoice to be paid.");
JSON_TYPE(promise, PROMISE_FIELDS, .doc = "A promise to pay.");

#define COPY_MEMBER(T, kind, name, ...) ret->name = summary->name;

static void promise_of_summary(const struct promise_summary *summary, struct promise *ret)
{
    *ret = (struct promise){0};
    PROMISE_HEADER_FIELDS(promise, COPY_MEMBER, COPY_MEMBER, COPY_MEMBER)
}

static const char *as_json(struct tx *tx, const struct promise_summary *p)
{
    return call_json(tx->arena, &promise_summary_type, p, NULL);
}

static err load(struct tx *tx, int64_t id, struct promise_summary *ret_summary, struct promise *ret)
{
    bool found;
    TRY(promise_select(tx, id, ret_summary, &found));
    if (!found)
        return ERR_NO_ROW;
    promise_of_summary(ret_summary, ret);
    TRY(promise_invoices_select(tx, id, &ret->invoices));
    ret->allowed_actions.v = ARENA_ARRAY(tx->arena, const char *, 1);
    if (strcmp(ret->status, "open") == 0)
        ret->allowed_actions.v[ret->allowed_actions.n++] = "cancel";
    return OK;
}

err promises_get(struct tx *tx, struct call *c, const struct none *in, struct promise *ret)
{
    (void)in;
    struct promise_summary summary;
    return load(tx, c->path_id[0], &summary, ret);
}

/* ---- recorded ---- */

/* A promise on its way. */
struct promising {
    struct tx *tx;
    struct call *c;
    const struct promise_new *in;
    struct collections_customer_row who;
    int64_t *invoices; /* distinct */
    size_t n_invoices;
    struct promise_subject_list subjects;
    int64_t open; /* of all of them */
};

static err lock(struct promising *p)
{
    struct tx *tx = p->tx;
    bool found;
    TRY(credit_lock_of_customers(tx, &p->in->customer_id, 1));
    TRY(collections_customer(tx, p->in->customer_id, &p->who, &found));
    if (!found) {
        fault(p->c->problem, "/customer_id", "unknown_reference", "There is no such customer.");
        return p->c->problem->code;
    }
    p->invoices = ARENA_ARRAY(tx->arena, int64_t, p->in->invoices.n);
    for (size_t i = 0; i < p->in->invoices.n; i++)
        p->invoices[i] = p->in->invoices.v[i].invoice_id;
    p->n_invoices = distinct_ids(p->invoices, p->in->invoices.n);
    return promise_subjects(tx, p->invoices, p->n_invoices, &p->subjects);
}

static const struct promise_subject *subject_of(const struct promising *p, int64_t invoice)
{
    for (size_t i = 0; i < p->subjects.n; i++)
        if (p->subjects.v[i].invoice_id == invoice)
            return &p->subjects.v[i];
    return NULL;
}

static bool named_before(const struct promising *p, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (p->in->invoices.v[i].invoice_id == p->in->invoices.v[at].invoice_id)
            return true;
    return false;
}

static err check_references(const struct promising *p)
{
    struct problem *problem = p->c->problem;
    for (size_t i = 0; i < p->in->invoices.n; i++) {
        const struct promise_subject *s = subject_of(p, p->in->invoices.v[i].invoice_id);
        const char *at = arena_printf(problem->arena, "/invoices/%zu/invoice_id", i);
        if (s == NULL)
            fault(problem, at, "unknown_reference", "There is no such invoice.");
        else if (s->customer_id != p->in->customer_id)
            fault(problem, at, "other_customer", "The invoice belongs to another customer.");
        else if (named_before(p, i))
            fault(problem, at, "repeated", "The invoice is named before.");
    }
    if (p->in->due_date < p->tx->today)
        fault(problem, "/due_date", "too_small", "That day has passed.");
    return problem->code;
}

static err check_subjects(struct promising *p)
{
    char id[ID_TEXT_MAX];
    for (size_t i = 0; i < p->subjects.n; i++) {
        const struct promise_subject *s = &p->subjects.v[i];
        id_format("inv", s->invoice_id, id);
        const char *name = s->number != NULL ? s->number : id;
        if (s->open_amount == 0)
            return fail(p->c->problem, ERR_WRONG_STATE,
                        "Invoice %s is %s; only one that something is open on can be promised.",
                        name, strcmp(s->status, "draft") == 0 ? "a draft" : s->status);
        if (s->promise_id != NIL64) {
            char other[ID_TEXT_MAX];
            id_format("prm", s->promise_id, other);
            return fail(p->c->problem, ERR_WRONG_STATE,
                        "Invoice %s is part of the open promise %s; cancel that one first.", name,
                        other);
        }
        TRY(add64(p->open, s->open_amount, &p->open));
    }
    return OK;
}

static err amount_of(const struct promising *p, int64_t *ret)
{
    int exponent = currency_exponent(p->who.currency);
    char text[DECIMAL_TEXT_MAX];
    *ret = p->open;
    if (p->in->amount != NIL64 && money_from_decimal(p->in->amount, exponent, ret) != OK) {
        fault(p->c->problem, "/amount", "scale", "%s has %d decimals.", p->who.currency, exponent);
        return p->c->problem->code;
    }
    if (*ret <= p->open)
        return OK;
    decimal_format(p->open, exponent, exponent, text);
    return fail(p->c->problem, ERR_AMOUNT_EXCEEDED,
                "%s %s are open of these invoices; no more can be promised.", text,
                p->who.currency);
}

err promises_create(struct tx *tx, struct call *c, const struct promise_new *in,
                    struct promise *ret)
{
    struct promising p = {.tx = tx, .c = c, .in = in};
    struct promise_summary summary;
    int64_t amount, id = id_new();
    TRY(lock(&p));
    TRY(check_references(&p));
    TRY(check_subjects(&p));
    TRY(amount_of(&p, &amount));
    TRY(promise_insert(tx, id, in->customer_id, p.who.currency, amount, in->due_date,
                       in->grace_days != NIL64 ? in->grace_days : PROMISE_GRACE_DEFAULT,
                       in->channel, in->promised_by, in->notes));
    TRY(promise_invoices_insert(tx, id, p.invoices, p.n_invoices));
    TRY(load(tx, id, &summary, ret));
    event_push(tx, c, "promise.created", "promise", id, NULL, as_json(tx, &summary));
    return OK;
}

/* ---- canceled ---- */

/* Behind the customer's credit account, as a payment that keeps it. */
err promises_cancel(struct tx *tx, struct call *c, const struct promise_cancel *in,
                    struct promise *ret)
{
    struct promise_customer_row of;
    struct promise_summary before, after;
    bool found;
    TRY(promise_customer(tx, c->path_id[0], &of, &found));
    if (!found)
        return ERR_NO_ROW;
    TRY(credit_lock_of_customers(tx, &of.customer_id, 1));
    TRY(load(tx, c->path_id[0], &before, ret));
    TRY(call_check_version(c, before.version));
    if (strcmp(before.status, "open") != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The promise is %s; only an open one is canceled.",
                    before.status);
    TRY(promise_canceled(tx, before.id, in->reason));
    TRY(load(tx, before.id, &after, ret));
    event_push(tx, c, "promise.canceled", "promise", before.id, as_json(tx, &before),
               as_json(tx, &after));
    return OK;
}
