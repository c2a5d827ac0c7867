/* Documents that are not settled, as of a day. */
#include "server/reporting/internal.h"
#include "server/routes_prototypes.h"
#include <string.h>

static struct open_items_row item_row(const struct open_items_page_row *r, int32_t as_of)
{
    bool invoice = strcmp(r->kind, "invoice") == 0;
    bool payment = strcmp(r->kind, "payment") == 0;
    int64_t late = as_of > r->due_date ? as_of - r->due_date : 0;
    return (struct open_items_row){.kind = r->kind,
                                   .invoice_id = invoice ? r->id : NIL64,
                                   .payment_id = payment ? r->id : NIL64,
                                   .credit_note_id = invoice || payment ? NIL64 : r->id,
                                   .number = r->number,
                                   .external_id = r->external_id,
                                   .customer_id = r->customer_id,
                                   .document_date = r->document_date,
                                   .due_date = invoice ? r->due_date : NIL32,
                                   .amount = r->amount,
                                   .open_amount = r->open_amount,
                                   .days_overdue = invoice ? late : NIL64};
}

static bool wanted(const struct open_items_query *in, const char *kind)
{
    return in->kind == NULL || strcmp(in->kind, kind) == 0;
}

/* How many items of the total of everything were asked for, and their sums. */
static err total_of(const struct open_items_query *in, const struct aging_total *all,
                    int64_t payments, int64_t credit_notes, struct open_items_total *ret)
{
    *ret = (struct open_items_total){0};
    for (size_t i = in->overdue_only ? 1 : 0; wanted(in, "invoice") && i < all->buckets.n; i++) {
        const struct aging_amount *b = &all->buckets.v[i];
        ret->items += b->invoices;
        TRY(add64(ret->open_invoices, b->amount, &ret->open_invoices));
    }
    if (wanted(in, "invoice"))
        ret->overdue = all->overdue;
    if (wanted(in, "payment") && !in->overdue_only) {
        ret->items += payments;
        ret->unapplied_payments = all->unapplied_payments;
    }
    if (wanted(in, "credit_note") && !in->overdue_only) {
        ret->items += credit_notes;
        ret->available_credit = all->available_credit;
    }
    TRY(add64(ret->open_invoices, -ret->unapplied_payments, &ret->net));
    return add64(ret->net, -ret->available_credit, &ret->net);
}

err reports_open_items(struct tx *tx, struct call *c, const struct open_items_query *in,
                       struct open_items_report *ret)
{
    struct report_scope scope;
    struct aging all;
    struct open_items_page_row_list page;
    const struct aging_scale scale = aging_scale_default();
    size_t most = in->limit == NIL64 ? REPORT_ROWS_MAX : (size_t)in->limit;
    TRY(report_scope_find(tx, c, in->customer_id, in->currency, &scope));
    ret->as_of = in->as_of == NIL32 ? tx->today : in->as_of;
    ret->currency = scope.currency;
    TRY(open_items_page(tx, ret->as_of, scope.currency, scope.customer_id, in->kind,
                        in->overdue_only, (int64_t)most + 1, &page));
    ret->truncated = page.n > most;
    ret->rows.n = ret->truncated ? most : page.n;
    ret->rows.v = ARENA_ARRAY(tx->arena, struct open_items_row, ret->rows.n);
    for (size_t i = 0; i < ret->rows.n; i++)
        ret->rows.v[i] = item_row(&page.v[i], ret->as_of);
    TRY(aging_load(tx, &scope, ret->as_of, &scale, 0, 0, &all));
    ret->totals = ARENA_NEW(tx->arena, struct open_items_total);
    TRY(total_of(in, &all.total, all.payments, all.credit_notes, ret->totals));
    ret->controls.v = ARENA_ARRAY(tx->arena, struct report_control, AGING_CONTROLS);
    ret->controls.n = 0;
    return aging_control(tx, &scope, ret->as_of, &all.total, &ret->controls, &ret->reconciled);
}
