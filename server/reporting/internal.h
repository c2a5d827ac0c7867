/* What the reports share. */
#pragma once
#include "reporting.sql.h"
#include "server/reporting/reporting.h"
#include "server/reporting/rules.h"

/* What a report is about: one customer or all of them, in one currency. */
struct report_scope {
    int64_t customer_id;                              /* NIL64: all */
    const char *customer_external_id, *customer_name; /* NULL for all */
    const char *currency;
};
/* Finds the customer, if any, and the currency. An unknown customer is a fault. */
err report_scope_find(struct tx *tx, struct call *c, int64_t customer_id, const char *currency,
                      struct report_scope *ret) MUST_CHECK;

/* Adds a control total and says whether its sides agree. list->v has room. */
bool report_control_add(struct report_control_list *list, const char *name, int64_t report,
                        int64_t ledger);

/* Open amounts as of a day: of everything in the scope, and of at most `most` customers behind
 * `after`, by id. */
struct aging {
    struct aging_total total;
    int64_t payments, credit_notes; /* how many the total has */
    struct aging_row_list rows;     /* without names */
    bool more;
};
err aging_load(struct tx *tx, const struct report_scope *s, int32_t as_of,
               const struct aging_scale *scale, int64_t after, int64_t most,
               struct aging *ret) MUST_CHECK;
/* What the books say of a day, each on the account's normal side. */
struct subledger {
    int64_t receivable, unapplied_cash, customer_credit;
};
err subledger_load(struct tx *tx, const struct report_scope *s, int32_t as_of,
                   struct subledger *ret) MUST_CHECK;
/* Compares the total with the books: three control totals. list->v has room for them. */
err aging_control(struct tx *tx, const struct report_scope *s, int32_t as_of,
                  const struct aging_total *total, struct report_control_list *list,
                  bool *ret_reconciled) MUST_CHECK;
#define AGING_CONTROLS 3

/* First and last day of a period; a first day behind the last is a fault. */
err report_period(struct call *c, int32_t from, int32_t to) MUST_CHECK;
