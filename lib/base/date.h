/* Civil dates (days since 1970-01-01, proleptic Gregorian) and UTC instants (microseconds). */
#pragma once
#include "lib/base/err.h"
#include "lib/base/value.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATE_TEXT 11      /* YYYY-MM-DD and NUL */
#define INSTANT_TEXT 28   /* YYYY-MM-DDTHH:MM:SS.ffffffZ and NUL */
#define DATE_MIN (-25567) /* 1900-01-01 */
#define DATE_MAX 84005    /* 2199-12-31 */

struct ymd {
    int year, month, day;
};

bool ymd_valid(struct ymd d);        /* exists in the calendar, years 1 to 9999 */
int32_t date_from_ymd(struct ymd d); /* d must be valid */
struct ymd date_ymd(int32_t date);
err date_parse(const char *s, int32_t *ret) MUST_CHECK; /* YYYY-MM-DD within MIN..MAX; ERR_DATE */
void date_format(int32_t date, char out[DATE_TEXT]);
int32_t date_add_months(int32_t date, int months); /* clamps to the month's last day */
int32_t date_month_start(int32_t date);
int32_t date_month_end(int32_t date);
int date_weekday(int32_t date); /* 1 = Monday … 7 = Sunday */

/* RFC 3339 with Z or an offset, up to microseconds (further digits cut). No leap seconds.
 * The written date lies within DATE_MIN..DATE_MAX. ERR_DATE. */
err instant_parse(const char *s, int64_t *ret) MUST_CHECK;
void instant_format(int64_t us, char out[INSTANT_TEXT]); /* milliseconds: …SS.fffZ */
int32_t instant_date_utc(int64_t us);

/* The real clock; the only place that reads it. */
int64_t clock_now_us(void);       /* UTC */
int64_t clock_monotonic_us(void); /* for durations and deadlines */
