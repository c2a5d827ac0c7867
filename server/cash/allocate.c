/* Applies what a payment or a credit note still holds to invoices. */
#include "server/cash/apply.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

/* Applies a locked source; ret_changed: false when there was nothing to pay. */
static err allocate(struct tx *tx, struct call *c, const struct cash_source *s,
                    const struct allocations_new *in, bool *ret_changed)
{
    struct application app;
    TRY(call_check_version(c, s->version));
    struct cash_wish wish = cash_wish_of(c, tx->arena, &in->allocations, in->allocate, s->currency);
    if (wish.n == 0 && !wish.oldest_due)
        fault(c->problem, "/allocations", "required",
              "Name the invoices to pay, or say \"allocate\": \"oldest_due\".");
    if (c->problem->code != OK)
        return c->problem->code;
    wish.effective_date = later_date(in->effective_date == NIL32 ? tx->today : in->effective_date,
                                     s->usable);
    TRY(application_decide(tx, c, s, &wish, &app));
    *ret_changed = app.split.n > 0;
    if (!*ret_changed)
        return OK;
    TRY(cash_source_move(tx, s, -app.split.total, 0));
    return application_store(tx, c, &app);
}

err payments_allocate(struct tx *tx, struct call *c, const struct allocations_new *in,
                      struct payment *ret)
{
    struct cash_source s;
    bool changed;
    TRY(cash_lock_payment(tx, c->path_id[0], &s));
    TRY(allocate(tx, c, &s, in, &changed));
    TRY(payment_load(tx, s.id, ret));
    if (changed)
        event_push(tx, c, "payment.allocated", "payment", s.id, s.before,
                   payment_json(tx->arena, ret));
    return OK;
}

#define COPY_MEMBER(T, kind, name, ...) summary.name = n->name;

static const char *credit_note_json(struct arena *a, const struct credit_note *n)
{
    struct credit_note_summary summary = {0};
    CREDIT_NOTE_HEADER_FIELDS(credit_note, COPY_MEMBER, COPY_MEMBER, COPY_MEMBER)
    return call_json(a, &credit_note_summary_type, &summary, NULL);
}

err credit_notes_allocate(struct tx *tx, struct call *c, const struct allocations_new *in,
                          struct credit_note *ret)
{
    struct cash_source s;
    bool changed;
    TRY(cash_lock_credit_note(tx, c, c->path_id[0], &s));
    TRY(allocate(tx, c, &s, in, &changed));
    TRY(credit_note_load(tx, s.id, ret));
    if (changed)
        event_push(tx, c, "credit_note.allocated", "credit_note", s.id, s.before,
                   credit_note_json(tx->arena, ret));
    return OK;
}
