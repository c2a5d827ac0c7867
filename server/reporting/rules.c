/* Key figures of receivables: see rules.h. */
#include "server/reporting/rules.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/money.h"
#include <assert.h>

#define HUNDRED_PERCENT 100
#define LONGEST_AGE_DAYS 36500

err dso_simple(int64_t receivable, int64_t sales, int64_t days, int64_t *ret)
{
    if (sales <= 0) {
        *ret = NIL64;
        return OK;
    }
    return round_div((__int128)receivable * days * DECIMAL_ONE, sales, ROUND_HALF_UP, ret);
}

err dso_countback(int64_t receivable, const struct month_sales *months, size_t n, int64_t *ret,
                  bool *ret_complete)
{
    int64_t whole_days = 0;
    for (size_t i = 0; receivable > 0; i++) {
        if (i == n || months[i].sales <= 0) {
            *ret = whole_days * DECIMAL_ONE;
            *ret_complete = false;
            return OK;
        }
        const struct month_sales *m = &months[i];
        if (receivable < m->sales) {
            int64_t part;
            TRY(round_div((__int128)receivable * m->days * DECIMAL_ONE, m->sales, ROUND_HALF_UP,
                          &part));
            *ret = whole_days * DECIMAL_ONE + part;
            *ret_complete = true;
            return OK;
        }
        receivable -= m->sales;
        whole_days += m->days;
    }
    *ret = whole_days * DECIMAL_ONE;
    *ret_complete = true;
    return OK;
}

err collection_effectiveness(int64_t opening, int64_t sales, int64_t closing, int64_t current,
                             int64_t *ret)
{
    __int128 collected = (__int128)opening + sales - closing;
    __int128 collectible = (__int128)opening + sales - current;
    if (collectible <= 0) {
        *ret = NIL64;
        return OK;
    }
    return round_div(collected * HUNDRED_PERCENT * DECIMAL_ONE, collectible, ROUND_HALF_UP, ret);
}

struct aging_scale aging_scale_default(void)
{
    return (struct aging_scale){.first_days = {1, 31, 61, 91, 121}, .n = 5};
}

const char *aging_scale_parse(const struct string_list *last_days, struct aging_scale *ret)
{
    struct aging_scale s = {.first_days = {1}, .n = 1};
    if (last_days->n == 0 || last_days->n >= AGING_BOUNDS_MAX)
        return "Give 1 to 19 last days of buckets, like 30,60,90.";
    for (size_t i = 0; i < last_days->n; i++) {
        int64_t last;
        if (decimal_parse(last_days->v[i], 0, &last) != OK || last < s.first_days[s.n - 1] ||
            last > LONGEST_AGE_DAYS)
            return "Give whole days from 1 to 36500, each larger than the one before.";
        s.first_days[s.n++] = (int32_t)last + 1;
    }
    *ret = s;
    return NULL;
}

size_t aging_bucket(const struct aging_scale *s, int64_t days_overdue)
{
    size_t bucket = 0;
    while (bucket < s->n && days_overdue >= s->first_days[bucket])
        bucket++;
    return bucket;
}

const char *aging_bucket_name(struct arena *a, const struct aging_scale *s, size_t bucket)
{
    assert(bucket <= s->n);
    if (bucket == 0)
        return "not_due";
    if (bucket == s->n)
        return arena_printf(a, "over_%d", s->first_days[bucket - 1] - 1);
    return arena_printf(a, "%d_%d", s->first_days[bucket - 1], s->first_days[bucket] - 1);
}

void months_back(int32_t as_of, struct month_sales *months, size_t n)
{
    int32_t end = as_of;
    for (size_t i = 0; i < n; i++) {
        int32_t start = date_month_start(end);
        months[i] = (struct month_sales){.month = start, .days = end - start + 1};
        end = start - 1;
    }
}
