/* The calendar over its whole range, instants, and identifiers from many threads. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UNTOUCHED (-4711)

START_TEST(every_date_of_the_range_reads_back_and_follows_its_neighbor)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct ymd expected = {1900, 1, 1};
    int weekday = 1; /* 1900-01-01 was a Monday */
    for (int32_t date = DATE_MIN; date <= DATE_MAX; date++) {
        struct ymd d = date_ymd(date);
        ck_assert(d.year == expected.year && d.month == expected.month && d.day == expected.day);
        ck_assert(ymd_valid(d));
        ck_assert_int_eq(date_from_ymd(d), date);
        ck_assert_int_eq(date_weekday(date), weekday);
        char text[DATE_TEXT];
        int32_t back = UNTOUCHED;
        date_format(date, text);
        ck_assert_int_eq(date_parse(text, &back), OK);
        ck_assert_int_eq(back, date);

        bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
        int length = lengths[d.month - 1] + (d.month == 2 && leap);
        ck_assert_int_eq(date_month_start(date), date - d.day + 1);
        ck_assert_int_eq(date_month_end(date), date - d.day + length);
        weekday = weekday % 7 + 1;
        expected.day++;
        if (expected.day > length) {
            expected.day = 1;
            expected.month++;
        }
        if (expected.month > 12) {
            expected.month = 1;
            expected.year++;
        }
    }
    ck_assert_int_eq(expected.year, 2200);
}
END_TEST

START_TEST(dates_are_read_strictly)
{
    static const struct {
        const char *text;
        err e;
        int32_t date;
    } cases[] = {
        {"1970-01-01", OK, 0},
        {"1900-01-01", OK, DATE_MIN},
        {"2199-12-31", OK, DATE_MAX},
        {"2000-02-29", OK, 11016},
        {"2024-02-29", OK, 19782},
        {"2026-11-22", OK, 20779},
        {"1899-12-31", ERR_DATE, 0},
        {"2200-01-01", ERR_DATE, 0},
        {"2100-02-29", ERR_DATE, 0},
        {"1900-02-29", ERR_DATE, 0},
        {"2023-02-29", ERR_DATE, 0},
        {"2024-00-10", ERR_DATE, 0},
        {"2024-13-10", ERR_DATE, 0},
        {"2024-04-31", ERR_DATE, 0},
        {"2024-04-00", ERR_DATE, 0},
        {"2024-4-01", ERR_DATE, 0},
        {"2024-04-1", ERR_DATE, 0},
        {"2024/04/01", ERR_DATE, 0},
        {"20240401", ERR_DATE, 0},
        {"2024-04-01 ", ERR_DATE, 0},
        {" 2024-04-01", ERR_DATE, 0},
        {"2024-04-01T", ERR_DATE, 0},
        {"", ERR_DATE, 0},
        {"2", ERR_DATE, 0},
        {"2024", ERR_DATE, 0},
        {"2024-", ERR_DATE, 0},
        {"2024-04", ERR_DATE, 0},
        {"2024-04-", ERR_DATE, 0},
        {"+024-04-01", ERR_DATE, 0},
        {"0000-01-01", ERR_DATE, 0},
        {"9999-12-31", ERR_DATE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t date = UNTOUCHED;
        ck_assert_msg(date_parse(cases[i].text, &date) == cases[i].e, "\"%s\"", cases[i].text);
        ck_assert_int_eq(date, cases[i].e == OK ? cases[i].date : UNTOUCHED);
    }
}
END_TEST

START_TEST(months_are_added_and_clamped_to_the_last_day)
{
    static const struct {
        const char *from;
        int months;
        const char *to;
    } cases[] = {
        {"2024-01-31", 1, "2024-02-29"},    {"2023-01-31", 1, "2023-02-28"},
        {"2024-01-31", 2, "2024-03-31"},    {"2024-03-31", -1, "2024-02-29"},
        {"2024-02-29", 12, "2025-02-28"},   {"2024-02-29", -48, "2020-02-29"},
        {"2024-12-15", 1, "2025-01-15"},    {"2024-01-15", -1, "2023-12-15"},
        {"2024-05-31", 0, "2024-05-31"},    {"2024-11-30", 3, "2025-02-28"},
        {"1900-01-31", 2400, "2100-01-31"}, {"2024-10-31", -11, "2023-11-30"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t from = 0, to = 0;
        ck_assert_int_eq(date_parse(cases[i].from, &from), OK);
        ck_assert_int_eq(date_parse(cases[i].to, &to), OK);
        ck_assert_msg(date_add_months(from, cases[i].months) == to, "%s", cases[i].from);
    }
}
END_TEST

START_TEST(instants_are_read_with_any_offset_and_fraction)
{
    const int64_t noon = INT64_C(1795348800000000); /* 2026-11-22T12:00:00Z */
    static const struct {
        const char *text;
        int64_t after_noon;
    } good[] = {
        {"2026-11-22T12:00:00Z", 0},
        {"2026-11-22t12:00:00z", 0},
        {"2026-11-22T12:00:00+00:00", 0},
        {"2026-11-22T12:00:00-00:00", 0},
        {"2026-11-22T13:30:00+01:30", 0},
        {"2026-11-22T00:00:00-12:00", 0},
        {"2026-11-23T11:59:00+23:59", 0},
        {"2026-11-22T12:00:00.5Z", 500000},
        {"2026-11-22T12:00:00.000001Z", 1},
        {"2026-11-22T12:00:00.1234569999999999999999Z", 123456},
        {"2026-11-22T12:00:59.999Z", 59999000},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t us = UNTOUCHED;
        ck_assert_msg(instant_parse(good[i].text, &us) == OK, "%s", good[i].text);
        ck_assert_msg(us - noon == good[i].after_noon, "%s gave %ld", good[i].text, us);
    }
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T12:00:00",
        "2026-11-22 12:00:00Z",
        "2026-11-22T12:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T12:60:00Z",
        "2026-11-22T12:00:60Z",
        "2026-11-22T12:00:00.Z",
        "2026-11-22T12:00:00,5Z",
        "2026-11-22T12:00:00ZZ",
        "2026-11-22T12:00:00+0100",
        "2026-11-22T12:00:00+01",
        "2026-11-22T12:00:00+24:00",
        "2026-11-22T12:00:00+01:60",
        "2026-11-22T12:00:00+01:00Z",
        "2026-11-22T12:00:00 Z",
        "2026-02-30T12:00:00Z",
        "2026-11-22T1:00:00Z",
        "1899-12-31T00:00:00Z",
        "2026-11-22T12:00:",
        "2026-11-22T12:00:00.5",
        "2026-11-22T12:00:00+",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t us = UNTOUCHED;
        ck_assert_msg(instant_parse(bad[i], &us) == ERR_DATE, "%s", bad[i]);
        ck_assert_int_eq(us, UNTOUCHED);
    }
}
END_TEST

START_TEST(instants_are_written_in_milliseconds_also_before_1970)
{
    static const struct {
        int64_t us;
        const char *text;
        int32_t date;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z", 0},
        {-1, "1969-12-31T23:59:59.999Z", -1},
        {-1000, "1969-12-31T23:59:59.999Z", -1},
        {-86400000000, "1969-12-31T00:00:00.000Z", -1},
        {-86400000001, "1969-12-30T23:59:59.999Z", -2},
        {999, "1970-01-01T00:00:00.000Z", 0},
        {86399999999, "1970-01-01T23:59:59.999Z", 0},
        {INT64_C(1795348800123456), "2026-11-22T12:00:00.123Z", 20779},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[INSTANT_TEXT];
        instant_format(cases[i].us, text);
        ck_assert_str_eq(text, cases[i].text);
        ck_assert_int_eq(instant_date_utc(cases[i].us), cases[i].date);
        int64_t back = UNTOUCHED;
        ck_assert_int_eq(instant_parse(text, &back), OK);
        ck_assert_int_le(back, cases[i].us);
        ck_assert_int_gt(back + 1000, cases[i].us);
    }
}
END_TEST

START_TEST(the_clocks_run)
{
    int64_t before = (int64_t)time(NULL) * 1000000, now = clock_now_us();
    ck_assert_int_ge(now, before - 1000000);
    ck_assert_int_le(now, before + 5000000);
    int64_t t = clock_monotonic_us();
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    ck_assert_int_ge(clock_monotonic_us() - t, 2000);
}
END_TEST

#define THREADS 4
#define DRAWS 200000
static int64_t drawn[THREADS][DRAWS];

static pthread_barrier_t together;

static void *draw(void *into)
{
    int64_t *ids = into;
    pthread_barrier_wait(&together);
    for (int i = 0; i < DRAWS; i++)
        ids[i] = id_new();
    return NULL;
}

static int compare_ids(const void *left, const void *right)
{
    int64_t l = *(const int64_t *)left, r = *(const int64_t *)right;
    return (l > r) - (l < r);
}

/* First of all, so that the threads also race for the random node. */
START_TEST(ids_from_many_threads_are_unique_and_each_thread_sees_them_rise)
{
    pthread_t threads[THREADS];
    ck_assert_int_eq(pthread_barrier_init(&together, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, draw, drawn[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
    for (int i = 0; i < THREADS; i++)
        for (int k = 1; k < DRAWS; k++)
            ck_assert(drawn[i][k] > drawn[i][k - 1]);
    int64_t *all = &drawn[0][0];
    qsort(all, THREADS * DRAWS, sizeof *all, compare_ids);
    for (int i = 1; i < THREADS * DRAWS; i++)
        ck_assert(all[i] > all[i - 1]);
    ck_assert(all[0] > 0);
    ck_assert_int_eq(all[0] >> 13 & 255, all[THREADS * DRAWS - 1] >> 13 & 255);
}
END_TEST

START_TEST(an_id_carries_the_time_and_the_node)
{
    id_set_node(0xA5);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    int64_t now_ms = clock_now_us() / 1000, id = id_new();
    int64_t ms = (id >> 21) + INT64_C(1577836800000);
    ck_assert_int_ge(ms, now_ms);
    ck_assert_int_le(ms, now_ms + 1000);
    ck_assert_int_eq(id >> 13 & 255, 0xA5);
    ck_assert(id > 0);
}
END_TEST

START_TEST(a_block_of_ids_is_consecutive_and_later_than_all_before)
{
    static const size_t sizes[] = {1, 2, 100, 5000, 5000, 8191, 8192, 8192, 0, 3};
    int64_t last = id_new();
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t n = sizes[i];
            int64_t first = id_new_block(n);
            ck_assert(first > last);
            last = n > 0 ? first + (int64_t)n - 1 : first;
            /* first to last differ in the counter only */
            ck_assert_int_eq(first >> 13, last >> 13);
        }
}
END_TEST

START_TEST(a_block_uses_a_millisecond_to_its_last_counter_and_no_further)
{
    /* Whole milliseconds taken ahead of the clock make the next position predictable. */
    for (int i = 0; i < 1000; i++)
        id_new_block(ID_BLOCK_MAX);
    int64_t last = id_new_block(100) + 99;
    size_t left = (size_t)(8191 - (last & 8191));
    ck_assert_int_eq(id_new_block(left), last + 1);
    last = id_new_block(100) + 99;
    ck_assert_int_eq(last & 8191, 99);
    int64_t spilled = id_new_block(left + 1);
    ck_assert_int_eq(spilled & 8191, 0);
    ck_assert_int_eq(spilled >> 21, (last >> 21) + 1);
}
END_TEST

START_TEST(an_id_reads_back_from_its_text)
{
    char text[ID_TEXT_MAX];
    ck_assert_uint_eq(id_format("ord", 1, text), 17);
    ck_assert_str_eq(text, "ord_0000000000001");
    ck_assert_uint_eq(id_format("p", INT64_MAX, text), 15);
    ck_assert_str_eq(text, "p_7zzzzzzzzzzzz");
    ck_assert_uint_eq(id_format("eightchr", INT64_C(0x0123456789ABCDEF), text), 22);
    ck_assert_str_eq(text, "eightchr_028t5cy4tqkff");
    uint64_t v = 0x9E3779B97F4A7C15U;
    char previous[ID_TEXT_MAX] = "";
    for (int i = 0; i < 100000; i++) {
        v ^= v << 13, v ^= v >> 7, v ^= v << 17;
        int64_t id = (int64_t)(v >> 1 >> v % 62) | 1, back = UNTOUCHED;
        id_format("cus", id, text);
        ck_assert_int_eq(id_parse("cus", text, &back), OK);
        ck_assert_int_eq(back, id);
    }
    for (int i = 0; i < 1000; i++) {
        id_format("cus", id_new(), text);
        ck_assert_str_gt(text, previous);
        memcpy(previous, text, sizeof previous);
    }
}
END_TEST

START_TEST(only_the_canonical_text_of_the_right_kind_is_an_id)
{
    static const char *const bad[] = {
        "",
        "cus",
        "cus_",
        "_0000000000001",
        "0000000000001",
        "cu_0000000000001",
        "ord_0000000000001",
        "cuss_0000000000001",
        "CUS_0000000000001",
        "cus-0000000000001",
        "cus_000000000001",
        "cus_00000000000001",
        "cus_0000000000001 ",
        " cus_0000000000001",
        "cus_000000000000A",
        "cus_000000000000i",
        "cus_000000000000l",
        "cus_000000000000o",
        "cus_000000000000u",
        "cus_00000000-0001",
        "cus_8000000000000",
        "cus_g000000000000",
        "cus_zzzzzzzzzzzzz",
        "cus_0000000000000",
        "cus_+000000000001",
        "cus_00000\xC3\xA9"
        "000001",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t id = UNTOUCHED;
        ck_assert_msg(id_parse("cus", bad[i], &id) == ERR_INVALID, "%s", bad[i]);
        ck_assert_int_eq(id, UNTOUCHED);
    }
    int64_t id = UNTOUCHED;
    ck_assert_int_eq(id_parse("cus", NULL, &id), ERR_INVALID);
    ck_assert_int_eq(id_parse("cus", "cus_7zzzzzzzzzzzz", &id), OK);
    ck_assert_int_eq(id, INT64_MAX);
    ck_assert_int_eq(id_parse("cus", "cus_00000000000v0", &id), OK);
    ck_assert_int_eq(id, 27 * 32);
}
END_TEST

START_TEST(request_ids_are_random_uuids)
{
    char one[REQUEST_ID_TEXT], two[REQUEST_ID_TEXT];
    request_id_new(one);
    request_id_new(two);
    ck_assert_uint_eq(strlen(one), 36);
    ck_assert_uint_eq(strspn(one, "0123456789abcdef-"), 36);
    ck_assert_int_eq(one[14], '4');
    ck_assert_str_ne(one, two);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base: dates and ids");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, ids_from_many_threads_are_unique_and_each_thread_sees_them_rise);
    tcase_add_test(t, an_id_carries_the_time_and_the_node);
    tcase_add_test(t, a_block_of_ids_is_consecutive_and_later_than_all_before);
    tcase_add_test(t, a_block_uses_a_millisecond_to_its_last_counter_and_no_further);
    tcase_add_test(t, an_id_reads_back_from_its_text);
    tcase_add_test(t, only_the_canonical_text_of_the_right_kind_is_an_id);
    tcase_add_test(t, request_ids_are_random_uuids);
    tcase_add_test(t, every_date_of_the_range_reads_back_and_follows_its_neighbor);
    tcase_add_test(t, dates_are_read_strictly);
    tcase_add_test(t, months_are_added_and_clamped_to_the_last_day);
    tcase_add_test(t, instants_are_read_with_any_offset_and_fraction);
    tcase_add_test(t, instants_are_written_in_milliseconds_also_before_1970);
    tcase_add_test(t, the_clocks_run);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
