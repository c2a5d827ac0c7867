/* Key figures of receivables, with the vectors of domain.md section 10. */
#include "lib/base/date.h"
#include "lib/base/money.h"
#include "server/reporting/rules.h"
#include <check.h>

/* A figure as people print it: two decimals. */
static int64_t hundredths(int64_t decimal)
{
    int64_t ret = NIL64;
    ck_assert_int_eq(round_div(decimal, 10000, ROUND_HALF_UP, &ret), OK);
    return ret;
}

static int32_t day(int year, int month, int of_month)
{
    return date_from_ymd((struct ymd){year, month, of_month});
}

START_TEST(simple_dso_is_receivables_over_sales_times_days)
{
    int64_t v;
    ck_assert_int_eq(dso_simple(10869, 5538 + 4566 + 7570, 90, &v), OK);
    ck_assert_int_eq(v, 55347403);
    ck_assert_int_eq(hundredths(v), 5535);
    ck_assert_int_eq(dso_simple(0, 100, 90, &v), OK);
    ck_assert_int_eq(v, 0);
}
END_TEST

START_TEST(simple_dso_is_not_defined_without_sales)
{
    int64_t v = 0;
    ck_assert_int_eq(dso_simple(10869, 0, 90, &v), OK);
    ck_assert_int_eq(v, NIL64);
    v = 0;
    ck_assert_int_eq(dso_simple(10869, -5, 90, &v), OK);
    ck_assert_int_eq(v, NIL64);
}
END_TEST

START_TEST(simple_dso_beyond_its_range_is_an_error)
{
    int64_t v = 7;
    ck_assert_int_eq(dso_simple(INT64_MAX, 1, 3660, &v), ERR_OVERFLOW);
    ck_assert_int_eq(v, 7);
}
END_TEST

static const struct month_sales half_year[] = {
    {.days = 30, .sales = 2500}, {.days = 31, .sales = 1750}, {.days = 31, .sales = 2250},
    {.days = 30, .sales = 2500}, {.days = 31, .sales = 2000}, {.days = 30, .sales = 2250}};

static const struct {
    int64_t receivable;
    size_t months;
    int64_t dso;
    bool complete;
} countbacks[] = {
    {12000, 6, 166333333, true}, {13000, 6, 179666667, true},  {0, 6, 0, true},
    {-50, 6, 0, true},           {1250, 6, 15000000, true},    {2500, 6, 30000000, true},
    {13250, 6, 183000000, true}, {13251, 6, 183000000, false}, {2501, 1, 30000000, false},
};

START_TEST(countback_dso_uses_up_the_sales_of_the_newest_months_first)
{
    int64_t v;
    bool complete;
    ck_assert_int_eq(
        dso_countback(countbacks[_i].receivable, half_year, countbacks[_i].months, &v, &complete),
        OK);
    ck_assert_int_eq(v, countbacks[_i].dso);
    ck_assert_int_eq(complete, countbacks[_i].complete);
}
END_TEST

START_TEST(countback_dso_stops_at_a_month_without_sales)
{
    const struct month_sales months[] = {
        {.days = 15, .sales = 100}, {.days = 31, .sales = 0}, {.days = 30, .sales = 1000}};
    int64_t v;
    bool complete;
    ck_assert_int_eq(dso_countback(150, months, 3, &v, &complete), OK);
    ck_assert_int_eq(v, 15000000);
    ck_assert(!complete);
}
END_TEST

START_TEST(collection_effectiveness_is_what_was_collected_of_what_could_be)
{
    static const struct {
        int64_t opening, sales, closing, current, hundredths;
    } cases[] = {
        {6200, 10890, 6340, 3590, 7963},
        {6200, 10890 / 3, 6340, 3590, 5593}, /* the variant with the sales of a month */
        {100000, 1000000, 120000, 100000, 9800},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t v;
        ck_assert_int_eq(collection_effectiveness(cases[i].opening, cases[i].sales,
                                                  cases[i].closing, cases[i].current, &v),
                         OK);
        ck_assert_int_eq(hundredths(v), cases[i].hundredths);
    }
}
END_TEST

START_TEST(collection_effectiveness_is_not_defined_when_nothing_was_due)
{
    int64_t v = 0;
    ck_assert_int_eq(collection_effectiveness(0, 500, 500, 500, &v), OK);
    ck_assert_int_eq(v, NIL64);
}
END_TEST

START_TEST(an_item_falls_into_the_bucket_of_its_days_overdue)
{
    static const struct {
        int64_t days;
        size_t bucket;
        const char *name;
    } cases[] = {{-400, 0, "not_due"}, {0, 0, "not_due"},    {1, 1, "1_30"},
                 {30, 1, "1_30"},      {31, 2, "31_60"},     {60, 2, "31_60"},
                 {61, 3, "61_90"},     {90, 3, "61_90"},     {91, 4, "91_120"},
                 {120, 4, "91_120"},   {121, 5, "over_120"}, {9999, 5, "over_120"}};
    struct arena *a = arena_new(1 << 20);
    struct aging_scale s = aging_scale_default();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_uint_eq(aging_bucket(&s, cases[i].days), cases[i].bucket);
        ck_assert_str_eq(aging_bucket_name(a, &s, cases[i].bucket), cases[i].name);
    }
    arena_free(a);
}
END_TEST

START_TEST(buckets_can_be_chosen_by_their_last_days)
{
    const char *days[] = {"7", "14"};
    struct arena *a = arena_new(1 << 20);
    struct aging_scale s;
    ck_assert_ptr_null(aging_scale_parse(&(struct string_list){days, 2}, &s));
    ck_assert_uint_eq(s.n, 3);
    static const char *const names[] = {"not_due", "1_7", "8_14", "over_14"};
    for (size_t i = 0; i <= s.n; i++)
        ck_assert_str_eq(aging_bucket_name(a, &s, i), names[i]);
    ck_assert_uint_eq(aging_bucket(&s, 14), 2);
    ck_assert_uint_eq(aging_bucket(&s, 15), 3);
    arena_free(a);
}
END_TEST

START_TEST(buckets_that_make_no_sense_are_refused)
{
    static const char *const wrong[][2] = {{"0", "5"},  {"30", "30"},  {"30", "20"},
                                           {"-1", "5"}, {"1.5", "5"},  {"", "5"},
                                           {"x", "5"},  {"5", "36501"}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const char *days[] = {wrong[i][0], wrong[i][1]};
        struct aging_scale s = {.n = 99};
        ck_assert_ptr_nonnull(aging_scale_parse(&(struct string_list){days, 2}, &s));
        ck_assert_uint_eq(s.n, 99);
    }
    const char *many[AGING_BOUNDS_MAX];
    static const char *const numbers[] = {"1",  "2",  "3",  "4",  "5",  "6",  "7",
                                          "8",  "9",  "10", "11", "12", "13", "14",
                                          "15", "16", "17", "18", "19", "20"};
    for (size_t i = 0; i < AGING_BOUNDS_MAX; i++)
        many[i] = numbers[i];
    struct aging_scale s;
    ck_assert_ptr_nonnull(aging_scale_parse(&(struct string_list){many, 0}, &s));
    ck_assert_ptr_nonnull(aging_scale_parse(&(struct string_list){many, AGING_BOUNDS_MAX}, &s));
    ck_assert_ptr_null(aging_scale_parse(&(struct string_list){many, AGING_BOUNDS_MAX - 1}, &s));
    ck_assert_uint_eq(s.n, AGING_BOUNDS_MAX);
}
END_TEST

START_TEST(months_go_back_from_the_day_of_the_report)
{
    struct month_sales m[4];
    months_back(day(2024, 3, 10), m, 4);
    static const struct ymd starts[] = {{2024, 3, 1}, {2024, 2, 1}, {2024, 1, 1}, {2023, 12, 1}};
    static const int64_t days[] = {10, 29, 31, 31};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(m[i].month, date_from_ymd(starts[i]));
        ck_assert_int_eq(m[i].days, days[i]);
        ck_assert_int_eq(m[i].sales, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("reporting rules");
    TCase *t = tcase_create("figures");
    tcase_add_test(t, simple_dso_is_receivables_over_sales_times_days);
    tcase_add_test(t, simple_dso_is_not_defined_without_sales);
    tcase_add_test(t, simple_dso_beyond_its_range_is_an_error);
    tcase_add_loop_test(t, countback_dso_uses_up_the_sales_of_the_newest_months_first, 0,
                        (int)COUNT_OF(countbacks));
    tcase_add_test(t, countback_dso_stops_at_a_month_without_sales);
    tcase_add_test(t, collection_effectiveness_is_what_was_collected_of_what_could_be);
    tcase_add_test(t, collection_effectiveness_is_not_defined_when_nothing_was_due);
    tcase_add_test(t, an_item_falls_into_the_bucket_of_its_days_overdue);
    tcase_add_test(t, buckets_can_be_chosen_by_their_last_days);
    tcase_add_test(t, buckets_that_make_no_sense_are_refused);
    tcase_add_test(t, months_go_back_from_the_day_of_the_report);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
