/* Applies what a payment or a credit note still holds to invoices. */
#include "server/cash/apply.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

/* The wish in the body; faults for what cannot be. */
static err read(struct tx *tx, struct application *app, const struct cash_source *s,
                const struct allocations_new *in)
{
    struct call *c = app->call;
    app->source = s;
    app->available = s->available;
    app->effective_date = later_date(in->effective_date == NIL32 ? tx->today : in->effective_date,
                                     s->usable);
    application_read(tx->arena, app);
    if (app->entries->n == 0 && !app->oldest_due)
        fault(c->problem, "/allocations", "required",
              "Name the invoices to pay, or say \"allocate\": \"oldest_due\".");
    return c->problem->code;
}

static err lock(struct tx *tx, const struct application *app, struct payables *ret)
{
    TRY(payables_search_queue(tx, app, 1, ret));
    TRY(tx_flush(tx));
    TRY(payables_lock_queue(tx, app, 1, ret));
    return tx_flush(tx);
}

/* Applies a locked source; ret_changed: false when there was nothing to pay. */
static err allocate(struct tx *tx, struct call *c, const struct cash_source *s,
                    const struct allocations_new *in, bool *ret_changed)
{
    struct application app = application_of(c, s->customer_id, &in->allocations, in->allocate);
    struct payables payables = {0};
    TRY(call_check_version(c, s->version));
    TRY(read(tx, &app, s, in));
    TRY(lock(tx, &app, &payables));
    TRY(application_decide(tx->arena, &app, &payables));
    *ret_changed = app.split.n > 0;
    if (!*ret_changed)
        return OK;
    struct cash_posting *posting = cash_posting_new(tx->arena, &app, 1, &payables);
    cash_posting_add(tx, posting, &app);
    TRY(cash_source_move(tx, s, -app.split.total, 0));
    return cash_posting_store(tx, posting);
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
