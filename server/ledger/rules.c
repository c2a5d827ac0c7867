/* Sums of transfers and of balances. */
#include "server/ledger/rules.h"
#include <stdlib.h>
#include <string.h>

#define LEDGER_NAME(name, side, doc) const char LEDGER_##name[] = #name;
LEDGER_ACCOUNTS(LEDGER_NAME)

static int day_order(const void *a, const void *b)
{
    const struct ledger_day_sum *x = a, *y = b;
    int order = strcmp(x->account, y->account);
    if (order == 0)
        order = strcmp(x->currency, y->currency);
    return order != 0 ? order : (x->day > y->day) - (x->day < y->day);
}

err ledger_days_sum(const struct transfer *t, size_t n, struct ledger_day_sum *ret, size_t *ret_n)
{
    size_t sides = 0;
    for (size_t i = 0; i < n; i++) {
        if (t[i].amount == 0)
            continue;
        ret[sides++] = (struct ledger_day_sum){t[i].debit_account, t[i].currency,
                                               t[i].effective_date, t[i].amount, 0};
        ret[sides++] = (struct ledger_day_sum){t[i].credit_account, t[i].currency,
                                               t[i].effective_date, 0, t[i].amount};
    }
    qsort(ret, sides, sizeof *ret, day_order);
    size_t kept = 0;
    for (size_t i = 0; i < sides;) {
        struct ledger_day_sum sum = ret[i++];
        for (; i < sides && day_order(&sum, &ret[i]) == 0; i++) {
            TRY(add64(sum.debit, ret[i].debit, &sum.debit));
            TRY(add64(sum.credit, ret[i].credit, &sum.credit));
        }
        ret[kept++] = sum;
    }
    *ret_n = kept;
    return OK;
}

static const char *normal_side(const char *account)
{
#define SIDE_OF(name, side, doc)                                                                   \
    if (strcmp(account, #name) == 0)                                                               \
        return side;
    LEDGER_ACCOUNTS(SIDE_OF)
    return "debit";
}

err trial_balance_finish(struct trial_balance *b, struct arena *a)
{
    b->totals.v = ARENA_ARRAY(a, struct trial_balance_total, b->rows.n);
    b->totals.n = 0;
    struct trial_balance_total *total = NULL;
    for (size_t i = 0; i < b->rows.n; i++) {
        struct trial_balance_row *row = &b->rows.v[i];
        row->normal_side = normal_side(row->account);
        bool debit = strcmp(row->normal_side, "debit") == 0;
        TRY(add64(debit ? row->debit : row->credit, debit ? -row->credit : -row->debit,
                  &row->balance));
        if (total == NULL || strcmp(total->currency, row->currency) != 0) {
            total = &b->totals.v[b->totals.n++];
            total->currency = row->currency;
        }
        TRY(add64(total->debit, row->debit, &total->debit));
        TRY(add64(total->credit, row->credit, &total->credit));
    }
    return OK;
}
