/* What payments, allocations and refunds look like. */
#include "server/cash/cash.h"
#include "cash.sql.h"
#include "server/cash/rules.h"
#include "server/cash/source.h"
#include "server/routes_prototypes.h"

const char *const payment_methods[] = {"bank_transfer", "card",  "cash", "check",
                                       "direct_debit",  "other", NULL};
const char *const payment_statuses[] = {"unallocated", "partly_allocated", "allocated",
                                        "refunded",    "returned",         NULL};
const char *const payment_clearings[] = {"pending", "cleared", "returned", NULL};
const char *const allocate_policies[] = {"none", "oldest_due", NULL};
const char *const allocation_sources[] = {"payment", "credit_note", NULL};

JSON_TYPE(allocation_entry, ALLOCATION_ENTRY_FIELDS, .doc = "An invoice to pay.");
JSON_TYPE(payment_new, PAYMENT_NEW_FIELDS, .doc = "A payment that was received.");
JSON_TYPE(allocations_new, ALLOCATIONS_NEW_FIELDS, .doc = "Which invoices are paid.");
JSON_TYPE(allocation_reverse, ALLOCATION_REVERSE_FIELDS, .doc = "Why an allocation is taken back.");
JSON_TYPE(allocation, ALLOCATION_FIELDS,
          .doc = "A payment or credit note applied to an invoice, or that taken back.");
JSON_TYPE(payment_summary, PAYMENT_HEADER_FIELDS, .doc = "A payment without its allocations.");
JSON_TYPE(payment, PAYMENT_FIELDS, .doc = "Money received from a customer.");
JSON_TYPE(payment_return, PAYMENT_RETURN_FIELDS, .doc = "How a payment came back.");
JSON_TYPE(refund_new, REFUND_NEW_FIELDS, .doc = "What is paid back.");
JSON_TYPE(refund, REFUND_FIELDS, .doc = "Money paid back to a customer.");

#define COPY_MEMBER(T, kind, name, ...) ret->name = from->name;

static void payment_of_summary(const struct payment_summary *from, struct payment *ret)
{
    *ret = (struct payment){0};
    PAYMENT_HEADER_FIELDS(payment, COPY_MEMBER, COPY_MEMBER, COPY_MEMBER)
}

static void payment_to_summary(const struct payment *from, struct payment_summary *ret)
{
    *ret = (struct payment_summary){0};
    PAYMENT_HEADER_FIELDS(payment, COPY_MEMBER, COPY_MEMBER, COPY_MEMBER)
}

const char *payment_json(struct arena *a, const struct payment *p)
{
    struct payment_summary summary;
    payment_to_summary(p, &summary);
    return call_json(a, &payment_summary_type, &summary, NULL);
}

void payment_derive(struct arena *a, struct payment *p)
{
    p->status = payment_status(p->clearing, p->amount, p->refunded, p->unapplied);
    p->allowed_actions.v = ARENA_ARRAY(a, const char *, PAYMENT_ACTIONS_MAX);
    p->allowed_actions.n = payment_actions(p->clearing, p->refunded, p->unapplied,
                                           p->allowed_actions.v);
}

err payment_load(struct tx *tx, int64_t id, struct payment *ret)
{
    struct payment_summary summary;
    struct allocation_list allocations = {0};
    TRY(allocations_of_source_queue(tx, id, &allocations));
    TRY(payment_select(tx, id, &summary));
    payment_of_summary(&summary, ret);
    ret->allocations = allocations;
    payment_derive(tx->arena, ret);
    return OK;
}

err payments_get(struct tx *tx, struct call *c, const struct none *in, struct payment *ret)
{
    (void)in;
    return payment_load(tx, c->path_id[0], ret);
}

err allocations_get(struct tx *tx, struct call *c, const struct none *in, struct allocation *ret)
{
    (void)in;
    return allocation_select(tx, c->path_id[0], ret);
}

err refunds_get(struct tx *tx, struct call *c, const struct none *in, struct refund *ret)
{
    (void)in;
    return refund_select(tx, c->path_id[0], ret);
}
