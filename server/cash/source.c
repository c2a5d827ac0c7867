/* Locks what is applied to invoices or paid back. */
#include "server/cash/source.h"
#include "cash.sql.h"
#include "lib/base/decimal.h"
#include "server/cash/rules.h"
#include "server/credit/credit.h"
#include "server/invoices/invoices.h"
#include <string.h>

const char *cash_text(struct arena *a, int64_t amount, const char *currency)
{
    char text[DECIMAL_TEXT_MAX];
    int exponent = currency_exponent(currency);
    decimal_format(amount, exponent, exponent, text);
    return arena_printf(a, "%s %s", text, currency);
}

err cash_lock_payment(struct tx *tx, int64_t id, struct cash_source *ret)
{
    struct payment_peek_row peek;
    struct credit_facts_list *credit = ARENA_NEW(tx->arena, struct credit_facts_list);
    struct source_taken_back_row_list back = {0};
    struct payment_summary p;
    TRY(payment_peek(tx, id, &peek));
    TRY(credit_lock_queue(tx, &peek.credit_account_id, 1, credit));
    struct payment_clearing_row_list clearing = {0};
    TRY(source_taken_back_queue(tx, id, &back)); /* holds still: so does the credit account */
    TRY(payment_clearing_queue(tx, id, &clearing));
    TRY(payment_lock(tx, id, &p));
    p.status = payment_status(p.clearing, p.amount, p.refunded, p.unapplied);
    *ret = (struct cash_source){
        .kind = "payment",
        .account = LEDGER_unapplied_cash,
        .id = id,
        .version = p.version,
        .customer_id = p.customer_id,
        .credit_account_id = peek.credit_account_id,
        .currency = p.currency,
        .method = p.method,
        .date = p.value_date,
        .usable = later_date(p.value_date, back.v[0].last),
        .amount = p.amount,
        .available = p.unapplied,
        .refunded = p.refunded,
        .clearing = p.clearing,
        .pending = clearing.n > 0 && clearing.v[0].pending,
        .clears_on = p.clears_on,
        .before = call_json(tx->arena, &payment_summary_type, &p, NULL),
    };
    return OK;
}

/* The open item of a credit note is locked with it, ahead of those of invoices: whoever wants it
 * holds the credit note, so nobody waits for it in another order. */
err cash_lock_credit_note(struct tx *tx, const struct call *c, int64_t id, struct cash_source *ret)
{
    struct credit_note_state peek;
    struct credit_facts_list *credit = ARENA_NEW(tx->arena, struct credit_facts_list);
    struct credit_note_state_list notes = {0};
    struct open_item_list items = {0};
    struct source_taken_back_row_list back = {0};
    TRY(credit_note_peek(tx, id, &peek));
    TRY(credit_lock_queue(tx, &peek.credit_account_id, 1, credit));
    TRY(credit_notes_lock_queue(tx, &id, 1, &notes));
    TRY(open_items_lock_queue(tx, &id, 1, &items));
    TRY(source_taken_back(tx, id, &back));
    if (notes.n == 0)
        return ERR_NO_ROW;
    const struct credit_note_state *n = &notes.v[0];
    if (strcmp(n->status, "issued") != 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The credit note is %s; only an issued one holds credit.",
                    strcmp(n->status, "draft") == 0 ? "a draft" : "void");
    *ret = (struct cash_source){
        .kind = "credit_note",
        .account = LEDGER_customer_credit,
        .id = id,
        .version = n->version,
        .customer_id = n->customer_id,
        .credit_account_id = n->credit_account_id,
        .currency = n->currency,
        .method = "bank_transfer",
        .date = n->credit_note_date,
        .usable = later_date(n->credit_note_date, back.v[0].last),
        .amount = n->gross,
        .available = items.n == 0 ? 0 : items.v[0].open_amount,
    };
    return OK;
}

bool cash_cleared_by(const struct cash_source *s, int32_t day)
{
    return !s->pending || (s->clears_on != NIL32 && s->clears_on <= day);
}

struct open_item cash_open_item(const struct cash_source *s, int64_t available)
{
    return (struct open_item){
        .id = s->id,
        .kind = s->kind,
        .customer_id = s->customer_id,
        .currency = s->currency,
        .document_date = s->date,
        .due_date = s->date,
        .amount = s->amount,
        .open_amount = available,
    };
}

err cash_source_move(struct tx *tx, const struct cash_source *s, int64_t unapplied,
                     int64_t refunded)
{
    if (strcmp(s->kind, "payment") == 0)
        return payment_move(tx, s->id, unapplied, refunded);
    return credit_notes_touch(tx, &s->id, 1);
}
