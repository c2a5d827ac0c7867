/* Pays back what of a payment or a credit note is not applied. */
#include "cash.sql.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/cash/rules.h"
#include "server/cash/source.h"
#include "server/credit/credit.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"

struct payback {
    int64_t id;
    int64_t amount;
    int32_t value_date;
};

static err check_external_id(struct tx *tx, const struct call *c, const char *external_id)
{
    struct refunds_by_external_id_row_list holders = {0};
    if (external_id == NULL)
        return OK;
    TRY(refunds_by_external_id(tx, external_id, &holders));
    return holders.n > 0 ? external_id_taken(c, "rfd", holders.v[0].id) : OK;
}

static err decide(struct tx *tx, struct call *c, const struct cash_source *s,
                  const struct refund_new *in, struct payback *ret)
{
    int exponent = currency_exponent(s->currency);
    int64_t amount = NIL64;
    if (money_from_decimal(in->amount, exponent, &amount) != OK)
        fault(c->problem, "/amount", "scale", "%s has %d decimals.", s->currency, exponent);
    if (in->value_date != NIL32 && in->value_date < s->usable) {
        char day[DATE_TEXT];
        date_format(s->usable, day);
        fault(c->problem, "/value_date", "too_early", "The money is there from %s on.", day);
    }
    if (c->problem->code != OK)
        return c->problem->code;
    if (!cash_cleared_by(s, tx->today))
        return fail(c->problem, ERR_WRONG_STATE,
                    "The payment has not cleared; clear it first, or return it.");
    if (amount == NIL64)
        amount = s->available;
    if (amount > s->available || amount == 0)
        return fail(c->problem, ERR_AMOUNT_EXCEEDED,
                    "%s can be paid back; the rest is applied to "
                    "invoices or was paid back before.",
                    cash_text(c->problem->arena, s->available, s->currency));
    *ret = (struct payback){
        .id = id_new(),
        .amount = amount,
        .value_date = in->value_date == NIL32 ? later_date(tx->today, s->usable) : in->value_date,
    };
    return call_check_period(c, ret->value_date, "/value_date");
}

static err store(struct tx *tx, const struct cash_source *s, const struct refund_new *in,
                 const struct payback *p)
{
    struct open_item item = cash_open_item(s, s->available - p->amount);
    struct credit_delta credit = {.account = s->credit_account_id,
                                  .unapplied = -p->amount,
                                  .uncleared = s->pending ? -s->amount : 0};
    struct transfer transfer = {
        .debit_account = s->account,
        .credit_account = LEDGER_cash,
        .amount = p->amount,
        .currency = s->currency,
        .customer_id = s->customer_id,
        .debit_item = s->id,
        .credit_item = NIL64,
        .document = "refund",
        .document_id = p->id,
        .effective_date = p->value_date,
    };
    TRY(refund_insert(tx, p->id, in->external_id, s->kind, s->id, s->customer_id,
                      in->method == NULL ? s->method : in->method, s->currency, p->amount,
                      p->value_date, in->reference, false));
    if (s->pending) /* it has cleared by the clock */
        TRY(payments_cleared(tx, &s->id, 1));
    TRY(cash_source_move(tx, s, -p->amount, p->amount));
    TRY(open_items_put(tx, &item, 1));
    TRY(credit_apply(tx, &credit, 1));
    return ledger_post(tx, &transfer, 1);
}

static err pay_back(struct tx *tx, struct call *c, const struct cash_source *s,
                    const struct refund_new *in, const char *event, struct refund *ret)
{
    struct payback p = {0};
    TRY(call_check_version(c, s->version));
    TRY(check_external_id(tx, c, in->external_id));
    TRY(decide(tx, c, s, in, &p));
    TRY(store(tx, s, in, &p));
    TRY(refund_select(tx, p.id, ret));
    event_push(tx, c, event, s->kind, s->id, NULL, call_json(tx->arena, &refund_type, ret, NULL));
    return OK;
}

err payments_refund(struct tx *tx, struct call *c, const struct refund_new *in, struct refund *ret)
{
    struct cash_source s;
    TRY(cash_lock_payment(tx, c->path_id[0], &s));
    return pay_back(tx, c, &s, in, "payment.refunded", ret);
}

err credit_notes_refund(struct tx *tx, struct call *c, const struct refund_new *in,
                        struct refund *ret)
{
    struct cash_source s;
    TRY(cash_lock_credit_note(tx, c, c->path_id[0], &s));
    return pay_back(tx, c, &s, in, "credit_note.refunded", ret);
}
