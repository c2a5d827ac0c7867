/* Records payments that were received, and applies them if asked. */
#include "cash.sql.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/cash/apply.h"
#include "server/credit/credit.h"
#include "server/customers/customers.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "server/tenants/numbers.h"
#include <string.h>

/* The body's amount in minor units; a fault and 0 when the currency has fewer decimals. */
static int64_t amount_of(const struct call *c, const struct payment_new *in, const char *currency)
{
    int64_t amount = 0;
    if (money_from_decimal(in->amount, currency_exponent(currency), &amount) != OK)
        fault(c->problem, "/amount", "scale", "%s has %d decimals.", currency,
              currency_exponent(currency));
    return amount;
}

/* The payment as the source of its allocations, with faults for what cannot be. */
static err source_of(struct tx *tx, const struct call *c, const struct payment_new *in,
                     const struct customer_facts *customer, struct cash_source *ret)
{
    if (customer == NULL) {
        fault(c->problem, "/customer_id", "unknown", "There is no such customer.");
        return ERR_INVALID;
    }
    if (in->currency != NULL && strcmp(in->currency, customer->currency) != 0)
        return fail(c->problem, ERR_CURRENCY_MISMATCH, "The customer pays in %s, not in %s.",
                    customer->currency, in->currency);
    int64_t amount = amount_of(c, in, customer->currency);
    int32_t date = in->value_date == NIL32 ? tx->today : in->value_date;
    *ret = (struct cash_source){
        .kind = "payment",
        .account = LEDGER_unapplied_cash,
        .id = id_new(),
        .customer_id = customer->id,
        .credit_account_id = customer->credit_account_id,
        .currency = customer->currency,
        .method = in->method,
        .date = date,
        .usable = date,
        .amount = amount,
        .available = amount,
        .fresh = true,
    };
    return OK;
}

static err insert(struct tx *tx, const struct cash_source *s, const struct payment_new *in,
                  const char *external_id, int64_t unapplied, struct payment_summary *ret)
{
    const char *number;
    TRY(numbers_take(tx, "payment", 1, &number));
    TRY(payment_insert(tx, s->id, external_id, number, s->customer_id, s->credit_account_id,
                       s->method, s->currency, s->amount, unapplied, s->date, in->reference,
                       in->notes, in->metadata == NULL ? "{}" : in->metadata));
    return payment_select(tx, s->id, ret);
}

/* Locks the credit account; the customer is read behind that lock. */
static err load(struct tx *tx, const struct call *c, const struct payment_new *in,
                const char *external_id, struct customer_facts_list *ret_customers)
{
    struct payments_by_external_id_row_list holders = {0};
    TRY(credit_lock_of_customers(tx, &in->customer_id, 1));
    TRY(customers_load_queue(tx, &in->customer_id, 1, ret_customers));
    if (external_id != NULL)
        TRY(payments_by_external_id_queue(tx, external_id, &holders));
    TRY(tx_flush(tx));
    return holders.n > 0 ? external_id_taken(c, "pay", holders.v[0].id) : OK;
}

static err create(struct tx *tx, struct call *c, const struct payment_new *in,
                  const char *external_id, struct payment *ret)
{
    struct customer_facts_list customers = {0};
    struct cash_source s = {0};
    struct application app;
    TRY(load(tx, c, in, external_id, &customers));
    TRY(source_of(tx, c, in, customer_find(&customers, in->customer_id), &s));
    struct cash_wish wish = cash_wish_of(c, tx->arena, &in->allocations, in->allocate, s.currency);
    wish.effective_date = s.date;
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(call_check_period(c, s.date));
    TRY(application_decide(tx, c, &s, &wish, &app));

    struct payment_summary header;
    TRY(insert(tx, &s, in, external_id, s.available - app.split.total, &header));
    const char *after = call_json(tx->arena, &payment_summary_type, &header, NULL);
    event_push(tx, c, "payment.received", "payment", s.id, NULL, after);
    TRY(application_store(tx, c, &app));
    if (app.split.n > 0)
        event_push(tx, c, "payment.allocated", "payment", s.id, NULL, after);
    return payment_load(tx, s.id, ret);
}

err payments_create(struct tx *tx, struct call *c, const struct payment_new *in,
                    struct payment *ret)
{
    return create(tx, c, in, in->external_id, ret);
}

/* A payment is a fact: sending it again is fine, sending another one under its id is not. */
static err repeat(struct tx *tx, struct call *c, const struct payment_new *in, struct payment *ret)
{
    struct payment p;
    TRY(payment_load(tx, c->path_id[0], &p));
    TRY(call_check_version(c, p.version));
    static const char *const instructions[] = {"allocations", NULL};
    TRY(external_id_repeats(c, "pay", p.id, (struct json_side){&payment_new_type, in},
                            (struct json_side){&payment_type, &p}, instructions));
    *ret = p;
    return OK;
}

err payments_put(struct tx *tx, struct call *c, const struct payment_new *in, struct payment *ret)
{
    const char *external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] != NIL64)
        return repeat(tx, c, in, ret);
    c->status = 201;
    return create(tx, c, in, external_id, ret);
}
