/* What a customer owed, what moved it, and what the customer owes now. */
#include "lib/base/date.h"
#include "server/reporting/internal.h"
#include "server/routes_prototypes.h"
#include <string.h>

static struct statement_line line_of(struct arena *a, const struct statement_lines_row *r)
{
    struct statement_line l = {.date = r->day,
                               .kind = r->taken_back ? arena_printf(a, "%s_void", r->document)
                                                     : r->document,
                               .invoice_id = NIL64,
                               .credit_note_id = NIL64,
                               .payment_id = NIL64,
                               .refund_id = NIL64,
                               .number = r->number,
                               .external_id = r->external_id,
                               .due_date = r->due_date,
                               .debit = r->effect > 0 ? r->effect : 0,
                               .credit = r->effect < 0 ? -r->effect : 0};
    const struct {
        const char *document;
        int64_t *id;
    } places[] = {{"invoice", &l.invoice_id},
                  {"credit_note", &l.credit_note_id},
                  {"payment", &l.payment_id},
                  {"refund", &l.refund_id}};
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (strcmp(places[i].document, r->document) == 0)
            *places[i].id = r->document_id;
    return l;
}

static err fill_lines(struct arena *a, const struct statement_lines_row_list *rows,
                      struct statement_report *ret)
{
    int64_t balance = ret->opening_balance;
    ret->truncated = rows->n > REPORT_ROWS_MAX;
    ret->lines.n = ret->truncated ? REPORT_ROWS_MAX : rows->n;
    ret->lines.v = ARENA_ARRAY(a, struct statement_line, ret->lines.n);
    for (size_t i = 0; i < ret->lines.n; i++) {
        ret->lines.v[i] = line_of(a, &rows->v[i]);
        TRY(add64(balance, rows->v[i].effect, &balance));
        ret->lines.v[i].balance = balance;
    }
    ret->debit = rows->n > 0 ? rows->v[0].debit : 0;
    ret->credit = rows->n > 0 ? rows->v[0].credit : 0;
    TRY(add64(ret->opening_balance, ret->debit, &balance));
    return add64(balance, -ret->credit, &ret->closing_balance);
}

err reports_statement(struct tx *tx, struct call *c, const struct statement_query *in,
                      struct statement_report *ret)
{
    struct report_scope scope;
    struct aging before, after;
    struct statement_lines_row_list rows;
    const struct aging_scale scale = aging_scale_default();
    ret->to = ret->as_of = in->to == NIL32 ? tx->today : in->to;
    ret->from = in->from == NIL32 ? date_month_start(ret->to) : in->from;
    TRY(report_period(c, ret->from, ret->to));
    TRY(report_scope_find(tx, c, in->customer_id, in->currency, &scope));
    ret->customer_id = scope.customer_id;
    ret->external_id = scope.customer_external_id;
    ret->name = scope.customer_name;
    ret->currency = scope.currency;
    TRY(aging_load(tx, &scope, ret->from - 1, &scale, 0, 0, &before));
    TRY(aging_load(tx, &scope, ret->to, &scale, 0, 0, &after));
    TRY(statement_lines(tx, scope.customer_id, scope.currency, ret->from, ret->to,
                        REPORT_ROWS_MAX + 1, &rows));
    ret->opening_balance = before.total.net;
    TRY(fill_lines(tx->arena, &rows, ret));
    ret->aging = ARENA_NEW(tx->arena, struct aging_total);
    *ret->aging = after.total;
    ret->controls.v = ARENA_ARRAY(tx->arena, struct report_control, AGING_CONTROLS + 1);
    ret->controls.n = 0;
    bool books;
    TRY(aging_control(tx, &scope, ret->to, ret->aging, &ret->controls, &books));
    bool items = report_control_add(&ret->controls, "closing_balance", ret->closing_balance,
                                    after.total.net);
    ret->reconciled = books && items;
    return OK;
}
