/* Calendar arithmetic on the proleptic Gregorian calendar, and the clocks. */
#include "lib/base/date.h"
#include <assert.h>
#include <time.h>

#define US_PER_SECOND INT64_C(1000000)
#define SECONDS_PER_DAY INT64_C(86400)
#define DAYS_PER_ERA 146097 /* 400 years */
#define EPOCH_SHIFT 719468  /* days from 0000-03-01 to 1970-01-01 */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool ymd_valid(struct ymd d)
{
    return d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
           d.day <= days_in_month(d.year, d.month);
}

/* Years are counted from March, so that the leap day is the last of its year. */
int32_t date_from_ymd(struct ymd d)
{
    assert(ymd_valid(d));
    int year = d.month <= 2 ? d.year - 1 : d.year;
    int era = year / 400, year_of_era = year % 400;
    int month = (d.month + 9) % 12;
    int day_of_year = (153 * month + 2) / 5 + d.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - EPOCH_SHIFT;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct ymd date_ymd(int32_t date)
{
    int64_t days = (int64_t)date + EPOCH_SHIFT;
    int64_t era = floor_div(days, DAYS_PER_ERA);
    int day_of_era = (int)(days - era * DAYS_PER_ERA);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) /
                      365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153; /* 0 = March */
    struct ymd d = {.year = (int)(era * 400) + year_of_era + (month >= 10),
                    .month = month < 10 ? month + 3 : month - 9,
                    .day = day_of_year - (153 * month + 2) / 5 + 1};
    return d;
}

/* Reads exactly n digits; -1 when there are fewer. */
static int read_digits(const char *s, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

/* The date in the first ten characters of s. */
static err read_date(const char *s, int32_t *ret)
{
    struct ymd d = {.year = read_digits(s, 4)};
    if (d.year < 0 || s[4] != '-')
        return ERR_DATE;
    d.month = read_digits(s + 5, 2);
    if (d.month < 0 || s[7] != '-')
        return ERR_DATE;
    d.day = read_digits(s + 8, 2);
    if (!ymd_valid(d))
        return ERR_DATE;
    int32_t date = date_from_ymd(d);
    if (date < DATE_MIN || date > DATE_MAX)
        return ERR_DATE;
    *ret = date;
    return OK;
}

err date_parse(const char *s, int32_t *ret)
{
    int32_t date;
    TRY(read_date(s, &date));
    if (s[DATE_TEXT - 1] != '\0')
        return ERR_DATE;
    *ret = date;
    return OK;
}

static void write_digits(char *out, int n, int v)
{
    while (n-- > 0) {
        out[n] = (char)('0' + v % 10);
        v /= 10;
    }
}

void date_format(int32_t date, char out[DATE_TEXT])
{
    struct ymd d = date_ymd(date);
    assert(ymd_valid(d));
    write_digits(out, 4, d.year);
    out[4] = '-';
    write_digits(out + 5, 2, d.month);
    out[7] = '-';
    write_digits(out + 8, 2, d.day);
    out[10] = '\0';
}

int32_t date_add_months(int32_t date, int months)
{
    struct ymd d = date_ymd(date);
    int64_t month = (int64_t)d.year * 12 + d.month - 1 + months;
    d.year = (int)floor_div(month, 12);
    d.month = (int)(month - (int64_t)d.year * 12) + 1;
    int last = days_in_month(d.year, d.month);
    if (d.day > last)
        d.day = last;
    return date_from_ymd(d);
}

int32_t date_month_start(int32_t date)
{
    return date - date_ymd(date).day + 1;
}

int32_t date_month_end(int32_t date)
{
    struct ymd d = date_ymd(date);
    return date - d.day + days_in_month(d.year, d.month);
}

int date_weekday(int32_t date)
{
    /* 1970-01-01 was a Thursday. */
    int64_t days = (int64_t)date + 3;
    return (int)(days - floor_div(days, 7) * 7) + 1;
}

/* HH:MM, or -1. */
static int read_hour_minute(const char *s)
{
    int hour = read_digits(s, 2);
    if (hour < 0 || hour > 23 || s[2] != ':')
        return -1;
    int minute = read_digits(s + 3, 2);
    if (minute < 0 || minute > 59)
        return -1;
    return hour * 60 + minute;
}

/* Digits after the point as microseconds; moves *s past them. -1 when there is none. */
static int read_fraction(const char **s)
{
    int us = 0, digits = 0;
    for (; **s >= '0' && **s <= '9'; (*s)++, digits += digits < 7)
        if (digits < 6)
            us = us * 10 + (**s - '0');
    if (digits == 0)
        return -1;
    for (; digits < 6; digits++)
        us *= 10;
    return us;
}

/* Z or +HH:MM up to the end of the text, as minutes east of UTC. */
static err read_offset(const char *s, int *ret)
{
    if ((*s == 'Z' || *s == 'z') && s[1] == '\0') {
        *ret = 0;
        return OK;
    }
    if (*s != '+' && *s != '-')
        return ERR_DATE;
    int minutes = read_hour_minute(s + 1);
    if (minutes < 0 || s[6] != '\0')
        return ERR_DATE;
    *ret = *s == '-' ? -minutes : minutes;
    return OK;
}

err instant_parse(const char *s, int64_t *ret)
{
    int32_t date;
    TRY(read_date(s, &date));
    if (s[10] != 'T' && s[10] != 't')
        return ERR_DATE;
    int minutes = read_hour_minute(s + 11);
    if (minutes < 0 || s[16] != ':')
        return ERR_DATE;
    int seconds = read_digits(s + 17, 2);
    if (seconds < 0 || seconds > 59)
        return ERR_DATE;
    s += 19;
    int us = 0, offset;
    if (*s == '.') {
        s++;
        us = read_fraction(&s);
        if (us < 0)
            return ERR_DATE;
    }
    TRY(read_offset(s, &offset));
    int64_t total = date * SECONDS_PER_DAY + (minutes - offset) * INT64_C(60) + seconds;
    *ret = total * US_PER_SECOND + us;
    return OK;
}

int32_t instant_date_utc(int64_t us)
{
    return (int32_t)floor_div(us, SECONDS_PER_DAY * US_PER_SECOND);
}

void instant_format(int64_t us, char out[INSTANT_TEXT])
{
    int32_t date = instant_date_utc(us);
    int64_t ms = floor_div(us, 1000) - date * SECONDS_PER_DAY * 1000;
    int seconds = (int)(ms / 1000);
    date_format(date, out);
    out[10] = 'T';
    write_digits(out + 11, 2, seconds / 3600);
    out[13] = ':';
    write_digits(out + 14, 2, seconds / 60 % 60);
    out[16] = ':';
    write_digits(out + 17, 2, seconds % 60);
    out[19] = '.';
    write_digits(out + 20, 3, (int)(ms % 1000));
    out[23] = 'Z';
    out[24] = '\0';
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    int failed = clock_gettime(clock, &now);
    assert(failed == 0);
    (void)failed;
    return now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}
