/* What a set of transfers does to the daily totals. Pure. */
#pragma once
#include "server/ledger/ledger.h"

struct ledger_day_sum {
    const char *account, *currency;
    int32_t day;
    int64_t debit, credit;
};
/* The totals that n transfers add, one per account, currency and day, sorted by these three. ret
 * has room for 2 n; ret_n: how many were filled. Transfers of 0 count for nothing. ERR_OVERFLOW. */
err ledger_days_sum(const struct transfer *t, size_t n, struct ledger_day_sum *ret,
                    size_t *ret_n) MUST_CHECK;

/* Fills normal sides and balances of the rows (sorted by currency) and the totals per currency. */
err trial_balance_finish(struct trial_balance *b, struct arena *a) MUST_CHECK;
