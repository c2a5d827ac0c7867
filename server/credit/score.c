/* The scorecard: see applications.h. */
#include "lib/base/decimal.h"
#include "lib/base/money.h"
#include "server/credit/applications.h"

#define POINTS_LATE 40
#define POINTS_OVERDUE 30
#define POINTS_VOLUME 15
#define POINTS_AGE 15
#define POINTS_PER_LATE_DAY 2
#define VOLUME_LIMITS 4 /* a year's volume of so many limits is worth all points */
#define AGE_DAYS 730    /* and so many days */

static const char *part(struct arena *a, const char *before, const char *name, const char *value,
                        int64_t points, int most)
{
    return arena_printf(a, "%s%s{\"part\":\"%s\",\"value\":\"%s\",\"points\":%lld,\"most\":%d}",
                        before, before[0] == '\0' ? "" : ",", name, value, (long long)points, most);
}

/* points x value / whole, within 0 and points. */
static int64_t share(int64_t points, int64_t value, __int128 whole)
{
    if (value <= 0)
        return 0;
    return whole <= value ? points : (int64_t)((__int128)points * value / whole);
}

static const char *decimal(struct arena *a, int64_t millionths)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(millionths, DECIMAL_SCALE, 0, text);
    return arena_strdup(a, text);
}

int64_t credit_score(struct arena *a, const struct credit_behavior *b, int64_t requested_limit,
                     const char **ret_parts)
{
    bool known = b->invoices > 0;
    int64_t late = known ? b->late_days * POINTS_PER_LATE_DAY / DECIMAL_ONE : POINTS_LATE / 2;
    int64_t overdue = b->owed > 0 ? (int64_t)((__int128)b->overdue * 100 * DECIMAL_ONE / b->owed)
                                  : 0;
    late = POINTS_LATE - (late < POINTS_LATE ? late : POINTS_LATE);
    int64_t owing = known ? share(POINTS_OVERDUE, 100 * DECIMAL_ONE - overdue, 100 * DECIMAL_ONE)
                          : POINTS_OVERDUE / 2;
    int64_t volume = share(POINTS_VOLUME, b->volume, (__int128)requested_limit * VOLUME_LIMITS);
    int64_t age = share(POINTS_AGE, b->age_days, AGE_DAYS);
    const char *parts = part(a, "", "days_late", known ? decimal(a, b->late_days) : "unknown", late,
                             POINTS_LATE);
    parts = part(a, parts, "overdue_percent", known ? decimal(a, overdue) : "unknown", owing,
                 POINTS_OVERDUE);
    parts = part(
        a, parts, "volume_of_limit_percent",
        requested_limit > 0
            ? arena_printf(a, "%lld", (long long)((__int128)b->volume * 100 / requested_limit))
            : "unbounded",
        volume, POINTS_VOLUME);
    parts = part(a, parts, "age_days", arena_printf(a, "%lld", (long long)b->age_days), age,
                 POINTS_AGE);
    *ret_parts = arena_printf(a, "[%s]", parts);
    return late + owing + volume + age;
}
