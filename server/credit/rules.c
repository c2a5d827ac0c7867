/* What the credit counters mean, and how changes of them add up. */
#include "server/credit/rules.h"
#include <stdlib.h>

int64_t credit_exposure(const struct credit_facts *f)
{
    __int128 sum = (__int128)f->receivable + f->unbilled + f->ordered - f->unapplied;
    if (sum > INT64_MAX)
        return INT64_MAX;
    return sum < -INT64_MAX ? -INT64_MAX : (int64_t)sum;
}

static int by_account(const void *left, const void *right)
{
    const struct credit_delta *l = left, *r = right;
    return (l->account > r->account) - (l->account < r->account);
}

static err add(struct credit_delta *to, const struct credit_delta *d)
{
    TRY(add64(to->ordered, d->ordered, &to->ordered));
    TRY(add64(to->unbilled, d->unbilled, &to->unbilled));
    TRY(add64(to->receivable, d->receivable, &to->receivable));
    return add64(to->unapplied, d->unapplied, &to->unapplied);
}

static bool moves(const struct credit_delta *d)
{
    return d->ordered != 0 || d->unbilled != 0 || d->receivable != 0 || d->unapplied != 0;
}

err credit_deltas_sum(struct credit_delta *deltas, size_t n, size_t *ret_n)
{
    size_t kept = 0;
    if (n > 1)
        qsort(deltas, n, sizeof *deltas, by_account);
    for (size_t i = 0; i < n;) {
        struct credit_delta sum = {.account = deltas[i].account};
        for (; i < n && deltas[i].account == sum.account; i++)
            TRY(add(&sum, &deltas[i]));
        if (moves(&sum))
            deltas[kept++] = sum;
    }
    *ret_n = kept;
    return OK;
}
