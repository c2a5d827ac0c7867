/* Key figures of receivables: pure functions in exact arithmetic, no clock and no database.
 * Definitions and vectors: domain.md sections 5 and 10. Figures are decimals (10^-6), rounded half
 * up once; NIL64 means that the figure is not defined for these inputs. ERR_OVERFLOW when a figure
 * leaves its range. */
#pragma once
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/value.h"
#include <stdbool.h>

/* Items of a customer that are open, of a kind and due on a day. kind: 0 invoice, -1 credit note,
 * -2 payment. Minor units. */
struct open_amount {
    int64_t customer_id;
    int32_t kind, due_date;
    int64_t items, amount;
};
struct open_amount_list {
    struct open_amount *v;
    size_t n;
};

/* Receivables / sales x days. Not defined without sales. With the current part instead of all
 * receivables it is the best possible DSO. */
err dso_simple(int64_t receivable, int64_t sales, int64_t days, int64_t *ret) MUST_CHECK;

/* A calendar month, or the part of it up to the day of the report. */
struct month_sales {
    int32_t month; /* its first day */
    int64_t days;
    int64_t sales; /* gross, less credit notes */
};
/* Counts back from the newest month (the first) until its sales have used the receivables up.
 * ret_complete is false when a month without sales, or the end of the list, came before: then the
 * figure is a lower bound. */
err dso_countback(int64_t receivable, const struct month_sales *months, size_t n, int64_t *ret,
                  bool *ret_complete) MUST_CHECK;

/* Collection effectiveness in percent: (opening + sales - closing) / (opening + sales - current),
 * where sales are those of the whole period and current is the part of closing not yet due. */
err collection_effectiveness(int64_t opening, int64_t sales, int64_t closing, int64_t current,
                             int64_t *ret) MUST_CHECK;

/* Buckets of age. first_days[i] is the first day overdue of bucket i + 1; bucket 0 is not due. */
#define AGING_BOUNDS_MAX 20
struct aging_scale {
    int32_t first_days[AGING_BOUNDS_MAX];
    size_t n; /* there are n + 1 buckets */
};
/* 1–30, 31–60, 61–90, 91–120 and more. */
struct aging_scale aging_scale_default(void);
/* From the last days of all buckets but the last: "30", "60", "90". NULL, or a sentence that says
 * what is wrong. */
const char *aging_scale_parse(const struct string_list *last_days, struct aging_scale *ret);
size_t aging_bucket(const struct aging_scale *s, int64_t days_overdue);
/* "not_due", "1_30", "over_120". */
const char *aging_bucket_name(struct arena *a, const struct aging_scale *s, size_t bucket);

/* Fills months with those that end at as_of, newest first, without sales. */
void months_back(int32_t as_of, struct month_sales *months, size_t n);
