/* Decimals and money: the numbers of the domain, and properties over random ones. */
#include "lib/base/decimal.h"
#include "lib/base/money.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNTOUCHED INT64_C(-4711)
#define MAX INT64_MAX

static uint64_t seed = 0x9E3779B97F4A7C15U;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Of every magnitude alike, never NIL64. */
static int64_t random_i64(void)
{
    int64_t v = (int64_t)(next_random() >> 1) >> (next_random() % 63);
    return next_random() & 1 ? -v : v;
}

START_TEST(decimals_are_read_exactly_or_refused_by_name)
{
    static const struct {
        const char *text;
        int scale;
        err e;
        int64_t value;
    } cases[] = {
        {"0", 6, OK, 0},
        {"-0", 6, OK, 0},
        {"12.5", 6, OK, 12500000},
        {"-12.500000", 6, OK, -12500000},
        {"007", 2, OK, 700},
        {"0.000001", 6, OK, 1},
        {"0.0000010", 6, OK, 1},
        {"0.0000000000000000000000000000", 6, OK, 0},
        {"1.000", 0, OK, 1},
        {"9223372036854.775807", 6, OK, MAX},
        {"-9223372036854.775807", 6, OK, -MAX},
        {"9223372036854.775808", 6, ERR_OVERFLOW, 0},
        {"-9223372036854.775808", 6, ERR_OVERFLOW, 0},
        {"9223372036855", 6, ERR_OVERFLOW, 0},
        {"99999999999999999999999999999999999999999", 0, ERR_OVERFLOW, 0},
        {"00000000000000000000000000000000000000001", 0, OK, 1},
        {"0.0000001", 6, ERR_DECIMAL_SCALE, 0},
        {"1.5", 0, ERR_DECIMAL_SCALE, 0},
        {"1.0050", 2, ERR_DECIMAL_SCALE, 0},
        {"", 6, ERR_DECIMAL_SYNTAX, 0},
        {"-", 6, ERR_DECIMAL_SYNTAX, 0},
        {".", 6, ERR_DECIMAL_SYNTAX, 0},
        {".5", 6, ERR_DECIMAL_SYNTAX, 0},
        {"5.", 6, ERR_DECIMAL_SYNTAX, 0},
        {"-.5", 6, ERR_DECIMAL_SYNTAX, 0},
        {"+5", 6, ERR_DECIMAL_SYNTAX, 0},
        {"--5", 6, ERR_DECIMAL_SYNTAX, 0},
        {" 5", 6, ERR_DECIMAL_SYNTAX, 0},
        {"5 ", 6, ERR_DECIMAL_SYNTAX, 0},
        {"1e3", 6, ERR_DECIMAL_SYNTAX, 0},
        {"1,5", 6, ERR_DECIMAL_SYNTAX, 0},
        {"1.2.3", 6, ERR_DECIMAL_SYNTAX, 0},
        {"0x10", 6, ERR_DECIMAL_SYNTAX, 0},
        {"NaN", 6, ERR_DECIMAL_SYNTAX, 0},
        {"1.23456789x", 6, ERR_DECIMAL_SYNTAX, 0},
        {"\xD9\xA1", 6, ERR_DECIMAL_SYNTAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t v = UNTOUCHED;
        ck_assert_msg(decimal_parse(cases[i].text, cases[i].scale, &v) == cases[i].e, "\"%s\"",
                      cases[i].text);
        ck_assert_msg(v == (cases[i].e == OK ? cases[i].value : UNTOUCHED), "\"%s\" gave %ld",
                      cases[i].text, v);
    }
}
END_TEST

START_TEST(decimals_are_written_with_the_asked_minimum_of_decimals)
{
    static const struct {
        int64_t v;
        int scale, min;
        const char *text;
    } cases[] = {
        {0, 6, 0, "0"},
        {0, 2, 2, "0.00"},
        {12500000, 6, 0, "12.5"},
        {12500000, 6, 2, "12.50"},
        {12345678, 6, 2, "12.345678"},
        {-1, 6, 0, "-0.000001"},
        {-1, 2, 2, "-0.01"},
        {1200, 2, 0, "12"},
        {1200, 0, 0, "1200"},
        {5, 3, 3, "0.005"},
        {MAX, 6, 6, "9223372036854.775807"},
        {MAX, 18, 18, "9.223372036854775807"},
        {NIL64, 6, 0, "-9223372036854.775808"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[DECIMAL_TEXT_MAX];
        size_t len = decimal_format(cases[i].v, cases[i].scale, cases[i].min, text);
        ck_assert_str_eq(text, cases[i].text);
        ck_assert_uint_eq(len, strlen(cases[i].text));
    }
}
END_TEST

START_TEST(a_written_decimal_reads_back_as_itself)
{
    for (int i = 0; i < 200000; i++) {
        int64_t v = random_i64(), back = UNTOUCHED;
        int scale = (int)(next_random() % 19);
        int min = (int)(next_random() % (unsigned)(scale + 1));
        char text[DECIMAL_TEXT_MAX];
        decimal_format(v, scale, min, text);
        ck_assert_int_eq(decimal_parse(text, scale, &back), OK);
        ck_assert_int_eq(back, v);
    }
}
END_TEST

START_TEST(rounding_modes_have_names)
{
    for (int i = ROUND_HALF_UP; i <= ROUND_HALF_TOWARD_POSITIVE; i++) {
        enum rounding back = ROUND_HALF_UP;
        ck_assert_int_eq(rounding_parse(rounding_name((enum rounding)i), &back), OK);
        ck_assert_int_eq((int)back, i);
    }
    enum rounding mode = ROUND_HALF_EVEN;
    ck_assert_str_eq(rounding_name(mode), "half_even");
    ck_assert_int_eq(rounding_parse("half_down", &mode), ERR_INVALID);
    ck_assert_int_eq(rounding_parse(NULL, &mode), ERR_INVALID);
    ck_assert_int_eq((int)mode, ROUND_HALF_EVEN);
}
END_TEST

START_TEST(halves_go_where_the_mode_says)
{
    static const struct {
        int64_t n, d, up, even, positive;
    } cases[] = {
        {5, 2, 3, 2, 3},    {-5, 2, -3, -2, -2}, {7, 2, 4, 4, 4},        {-7, 2, -4, -4, -3},
        {1, 2, 1, 0, 1},    {-1, 2, -1, 0, 0},   {7, 3, 2, 2, 2},        {-7, 3, -2, -2, -2},
        {8, 3, 3, 3, 3},    {-8, 3, -3, -3, -3}, {0, 7, 0, 0, 0},        {-6, 3, -2, -2, -2},
        {49, 100, 0, 0, 0}, {51, 100, 1, 1, 1},  {-51, 100, -1, -1, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const int64_t expected[] = {cases[i].up, cases[i].even, cases[i].positive};
        for (int mode = 0; mode < 3; mode++) {
            int64_t v = UNTOUCHED;
            ck_assert_int_eq(round_div(cases[i].n, cases[i].d, (enum rounding)mode, &v), OK);
            ck_assert_msg(v == expected[mode], "%ld/%ld mode %d gave %ld", cases[i].n, cases[i].d,
                          mode, v);
        }
    }
}
END_TEST

/* The nearest integer found by looking at all of them. */
static int slow_round(int n, int d, enum rounding mode)
{
    for (int q = -310; q <= 310; q++) {
        int twice_off = 2 * (n - q * d); /* n/d lies twice_off / 2d above q */
        if (abs(twice_off) < d)
            return q;
        if (twice_off != d)
            continue;
        bool upper = mode == ROUND_HALF_TOWARD_POSITIVE || (mode == ROUND_HALF_UP && n > 0) ||
                     (mode == ROUND_HALF_EVEN && q % 2 != 0);
        return upper ? q + 1 : q;
    }
    ck_abort_msg("no nearest integer");
}

START_TEST(round_div_agrees_with_a_slow_search)
{
    for (int mode = 0; mode < 3; mode++)
        for (int d = 1; d <= 24; d++)
            for (int n = -300; n <= 300; n++) {
                int64_t v = UNTOUCHED;
                ck_assert_int_eq(round_div(n, d, (enum rounding)mode, &v), OK);
                ck_assert_int_eq(v, slow_round(n, d, (enum rounding)mode));
            }
}
END_TEST

START_TEST(round_div_is_never_off_by_more_than_half_and_names_overflow)
{
    for (int i = 0; i < 200000; i++) {
        __int128 n = (__int128)random_i64() * random_i64();
        __int128 d = (__int128)(next_random() >> 1 >> next_random() % 63) + 1;
        enum rounding mode = (enum rounding)(next_random() % 3);
        int64_t v = UNTOUCHED;
        err e = round_div(n, d, mode, &v);
        if (e == OK) {
            __int128 off = 2 * (n - v * d);
            ck_assert(-d <= off && off <= d);
        } else {
            ck_assert_int_eq(e, ERR_OVERFLOW);
            ck_assert_int_eq(v, UNTOUCHED);
            ck_assert(n / d >= MAX || n / d <= -MAX);
        }
    }
}
END_TEST

START_TEST(round_div_stops_exactly_at_the_edge_of_64_bits)
{
    int64_t v = UNTOUCHED;
    __int128 edge = (__int128)MAX * 2;
    ck_assert_int_eq(round_div(edge, 2, ROUND_HALF_UP, &v), OK);
    ck_assert_int_eq(v, MAX);
    ck_assert_int_eq(round_div(-edge, 2, ROUND_HALF_UP, &v), OK);
    ck_assert_int_eq(v, -MAX);
    v = UNTOUCHED;
    ck_assert_int_eq(round_div(edge + 1, 2, ROUND_HALF_UP, &v), ERR_OVERFLOW);
    ck_assert_int_eq(round_div(-edge - 1, 2, ROUND_HALF_UP, &v), ERR_OVERFLOW);
    ck_assert_int_eq(round_div(-edge - 2, 2, ROUND_HALF_UP, &v), ERR_OVERFLOW);
    ck_assert_int_eq(v, UNTOUCHED);
    ck_assert_int_eq(round_div(-edge - 1, 2, ROUND_HALF_TOWARD_POSITIVE, &v), OK);
    ck_assert_int_eq(v, -MAX);
    __int128 huge = (__int128)1 << 126;
    ck_assert_int_eq(round_div(huge + huge / 2, huge, ROUND_HALF_UP, &v), OK);
    ck_assert_int_eq(v, 2);
}
END_TEST

static int64_t decimal(const char *text)
{
    int64_t v = UNTOUCHED;
    ck_assert_int_eq(decimal_parse(text, DECIMAL_SCALE, &v), OK);
    return v;
}

START_TEST(a_line_is_quantity_times_price_less_discount_rounded_once)
{
    static const struct {
        const char *quantity, *price, *discount;
        int exponent;
        enum rounding mode;
        int64_t net;
    } cases[] = {
        {"16", "348.35", "4", 2, ROUND_HALF_UP, 535066},
        {"-61.5", "174.65", "0", 2, ROUND_HALF_TOWARD_POSITIVE, -1074097},
        {"-61.5", "174.65", "0", 2, ROUND_HALF_UP, -1074098},
        {"-61.5", "174.65", "0", 2, ROUND_HALF_EVEN, -1074098},
        {"61.5", "174.65", "0", 2, ROUND_HALF_TOWARD_POSITIVE, 1074098},
        {"1", "0.005", "0", 2, ROUND_HALF_UP, 1},
        {"1", "0.005", "0", 2, ROUND_HALF_EVEN, 0},
        {"3", "0.333333", "0", 2, ROUND_HALF_UP, 100},
        {"1", "1234.5", "0", 0, ROUND_HALF_EVEN, 1234},
        {"1", "1234.5", "0", 0, ROUND_HALF_UP, 1235},
        {"1", "1.2345", "0", 3, ROUND_HALF_EVEN, 1234},
        {"1", "1.2345", "0", 4, ROUND_HALF_EVEN, 12345},
        {"10", "9.99", "100", 2, ROUND_HALF_UP, 0},
        {"10", "9.99", "110", 2, ROUND_HALF_UP, -999},
        {"10", "9.99", "-10", 2, ROUND_HALF_UP, 10989},
        {"0.000001", "0.000001", "0", 2, ROUND_HALF_UP, 0},
        /* These need more than 128 bits on the way. */
        {"3000000000", "3000000000", "0", 0, ROUND_HALF_UP, INT64_C(9000000000000000000)},
        {"3000000000", "3000000000", "50", 0, ROUND_HALF_UP, INT64_C(4500000000000000000)},
        {"-3000000000", "3000000000", "0.000001", 0, ROUND_HALF_UP, INT64_C(-8999999910000000000)},
        {"9223372036854.775807", "1", "0", 6, ROUND_HALF_UP, MAX},
        {"9223372036854.775807", "1", "0", 0, ROUND_HALF_UP, INT64_C(9223372036855)},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t net = UNTOUCHED;
        ck_assert_int_eq(money_line_net(decimal(cases[i].quantity), decimal(cases[i].price),
                                        decimal(cases[i].discount), cases[i].exponent,
                                        cases[i].mode, &net),
                         OK);
        ck_assert_msg(net == cases[i].net, "%s x %s gave %ld", cases[i].quantity, cases[i].price,
                      net);
    }
    int64_t net = UNTOUCHED;
    ck_assert_int_eq(money_line_net(MAX, MAX, 0, 2, ROUND_HALF_UP, &net), ERR_OVERFLOW);
    ck_assert_int_eq(money_line_net(-MAX, MAX, -MAX, 2, ROUND_HALF_UP, &net), ERR_OVERFLOW);
    ck_assert_int_eq(money_line_net(decimal("9223372036854.775807"), decimal("1.000001"), 0, 6,
                                    ROUND_HALF_UP, &net),
                     ERR_OVERFLOW);
    ck_assert_int_eq(net, UNTOUCHED);
}
END_TEST

START_TEST(a_line_agrees_with_one_division_where_that_fits)
{
    for (int i = 0; i < 100000; i++) {
        int64_t quantity = random_i64() >> 19, price = random_i64() >> 19;
        int64_t discount = (int64_t)(next_random() % 100000001);
        int exponent = (int)(next_random() % 5);
        enum rounding mode = (enum rounding)(next_random() % 3);
        __int128 unit = 1;
        for (int k = 0; k < 20 - exponent; k++)
            unit *= 10;
        int64_t net = UNTOUCHED, expected = UNTOUCHED;
        err e = round_div((__int128)quantity * price * (100000000 - discount), unit, mode,
                          &expected);
        ck_assert_int_eq(money_line_net(quantity, price, discount, exponent, mode, &net), e);
        ck_assert_int_eq(net, expected);
    }
}
END_TEST

START_TEST(a_percentage_is_rounded_by_the_mode)
{
    static const struct {
        int64_t minor;
        const char *rate;
        enum rounding mode;
        int64_t result;
    } cases[] = {
        {15445, "10", ROUND_HALF_UP, 1545},
        {15445, "10", ROUND_HALF_EVEN, 1544},
        {-761250, "19", ROUND_HALF_TOWARD_POSITIVE, -144637},
        {-761250, "19", ROUND_HALF_UP, -144638},
        {761250, "19", ROUND_HALF_TOWARD_POSITIVE, 144638},
        {10000, "2", ROUND_HALF_UP, 200},
        {9800, "21", ROUND_HALF_UP, 2058},
        {10000, "21", ROUND_HALF_UP, 2100},
        {535066, "22", ROUND_HALF_UP, 117715},
        {MAX, "100", ROUND_HALF_UP, MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t v = UNTOUCHED;
        ck_assert_int_eq(money_percent(cases[i].minor, decimal(cases[i].rate), cases[i].mode, &v),
                         OK);
        ck_assert_msg(v == cases[i].result, "%ld at %s gave %ld", cases[i].minor, cases[i].rate, v);
    }
    int64_t v = UNTOUCHED;
    ck_assert_int_eq(money_percent(MAX, decimal("100.000001"), ROUND_HALF_UP, &v), ERR_OVERFLOW);
    ck_assert_int_eq(v, UNTOUCHED);
}
END_TEST

START_TEST(tax_of_the_rounded_line_and_of_the_exact_document_differ_by_a_cent)
{
    int64_t net = 0, tax = 0, total = 0;
    ck_assert_int_eq(
        money_line_net(decimal("16"), decimal("348.35"), decimal("4"), 2, ROUND_HALF_UP, &net), OK);
    ck_assert_int_eq(money_percent(net, decimal("22"), ROUND_HALF_UP, &tax), OK);
    ck_assert_int_eq(add64(net, tax, &total), OK);
    ck_assert_int_eq(total, 652781);

    __int128 exact = (__int128)34835 * 16 * 96; /* 10^-2 minor units */
    ck_assert_int_eq(round_div(exact * 122, 100 * 100, ROUND_HALF_UP, &total), OK);
    ck_assert_int_eq(total, 652780);
}
END_TEST

START_TEST(tax_of_a_group_is_that_of_its_sum)
{
    const int64_t lines[] = {5445, 60000, -50000};
    int64_t base = 0, tax = 0;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        ck_assert_int_eq(add64(base, lines[i], &base), OK);
    ck_assert_int_eq(base, 15445);
    ck_assert_int_eq(money_percent(base, decimal("10"), ROUND_HALF_UP, &tax), OK);
    ck_assert_int_eq(tax, 1545);
    ck_assert_int_eq(money_percent(base, decimal("10"), ROUND_HALF_EVEN, &tax), OK);
    ck_assert_int_eq(tax, 1544);
}
END_TEST

START_TEST(tax_per_line_and_per_document_are_two_figures)
{
    const int64_t lines[] = {509520, 52320, 8064, 5412, 18200, 18620};
    int64_t base = 0, per_line = 0, per_document = 0;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        int64_t tax = 0;
        ck_assert_int_eq(money_percent(lines[i], decimal("7"), ROUND_HALF_UP, &tax), OK);
        per_line += tax;
        base += lines[i];
    }
    ck_assert_int_eq(base, 612136);
    ck_assert_int_eq(per_line, 42848);
    ck_assert_int_eq(money_percent(base, decimal("7"), ROUND_HALF_UP, &per_document), OK);
    ck_assert_int_eq(per_document, 42850);
    /* Spread back over the lines, the cents of the document are all there. */
    int64_t parts[COUNT_OF(lines)], sum = 0;
    ck_assert_int_eq(money_allocate(per_document, lines, COUNT_OF(lines), parts), OK);
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        sum += parts[i];
    ck_assert_int_eq(sum, 42850);
}
END_TEST

START_TEST(a_share_takes_part_of_a_whole_of_either_sign)
{
    static const struct {
        int64_t minor, part, whole, share;
    } cases[] = {
        {10000, 1, 3, 3333},
        {10000, 2, 3, 6667},
        {-10000, 2, 3, -6667},
        {10000, -2, -3, 6667},
        {10000, 2, -3, -6667},
        {25, 1, 2, 13},
        {-25, 1, 2, -13},
        {MAX, MAX, MAX, MAX},
        {0, 5, 7, 0},
        /* 4500.00 at 11 % for 30 of 365 days, of the year's 495.00 */
        {49500, 30, 365, 4068},
        /* 100.00 at 5 % for 30 of 365 days */
        {500, 30, 365, 41},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t v = UNTOUCHED;
        ck_assert_int_eq(
            money_share(cases[i].minor, cases[i].part, cases[i].whole, ROUND_HALF_UP, &v), OK);
        ck_assert_int_eq(v, cases[i].share);
    }
    int64_t v = UNTOUCHED;
    ck_assert_int_eq(money_share(MAX, 2, 1, ROUND_HALF_UP, &v), ERR_OVERFLOW);
    ck_assert_int_eq(v, UNTOUCHED);
}
END_TEST

START_TEST(an_allocation_goes_by_largest_remainder_then_by_line)
{
    static const struct {
        int64_t total;
        size_t n;
        int64_t weights[4], parts[4];
    } cases[] = {
        {100, 3, {1, 1, 1}, {34, 33, 33}},
        {101, 3, {1, 1, 1}, {34, 34, 33}},
        {-100, 3, {1, 1, 1}, {-34, -33, -33}},
        {100, 3, {0, 0, 0}, {100, 0, 0}},
        {10, 3, {1, 0, 2}, {3, 0, 7}},
        {1, 4, {1, 2, 2, 1}, {0, 1, 0, 0}},
        {2, 4, {0, 1, 1, 1}, {0, 1, 1, 0}},
        {0, 2, {3, 4}, {0, 0}},
        {7, 1, {5}, {7}},
        {MAX, 2, {MAX, MAX}, {INT64_C(4611686018427387904), INT64_C(4611686018427387903)}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t parts[4];
        ck_assert_int_eq(money_allocate(cases[i].total, cases[i].weights, cases[i].n, parts), OK);
        for (size_t k = 0; k < cases[i].n; k++)
            ck_assert_msg(parts[k] == cases[i].parts[k], "case %zu part %zu is %ld", i, k,
                          parts[k]);
    }
    int64_t part = UNTOUCHED, one = 1;
    ck_assert_int_eq(money_allocate(NIL64, &one, 1, &part), ERR_OVERFLOW);
    ck_assert_int_eq(part, UNTOUCHED);
    ck_assert_int_eq(money_allocate(0, NULL, 0, NULL), OK);
}
END_TEST

START_TEST(the_parts_of_an_allocation_sum_to_the_total_and_are_near_their_share)
{
    static int64_t weights[300], parts[300];
    for (int i = 0; i < 20000; i++) {
        size_t n = 1 + next_random() % (i % 20 ? 8 : COUNT_OF(weights));
        int64_t total = random_i64();
        __int128 sum = 0, all = 0;
        for (size_t k = 0; k < n; k++) {
            int64_t w = random_i64();
            weights[k] = next_random() % 4 ? (w < 0 ? -w : w) : 0;
            sum += weights[k];
        }
        ck_assert_int_eq(money_allocate(total, weights, n, parts), OK);
        for (size_t k = 0; k < n; k++) {
            all += parts[k];
            if (sum == 0)
                continue;
            /* |part - total * weight / sum| < 1 */
            __int128 off = (__int128)total * weights[k] / sum - parts[k];
            ck_assert(off >= -1 && off <= 1);
            ck_assert(weights[k] > 0 || parts[k] == 0);
            ck_assert(parts[k] == 0 || (parts[k] < 0) == (total < 0));
        }
        ck_assert(all == total);
    }
}
END_TEST

START_TEST(a_decimal_becomes_money_only_when_the_currency_has_its_decimals)
{
    static const struct {
        const char *text;
        int exponent;
        err e;
        int64_t minor;
    } cases[] = {
        {"12.34", 2, OK, 1234},
        {"-12.34", 2, OK, -1234},
        {"12.345", 2, ERR_DECIMAL_SCALE, 0},
        {"12.345", 3, OK, 12345},
        {"12", 0, OK, 12},
        {"12.1", 0, ERR_DECIMAL_SCALE, 0},
        {"0.0001", 4, OK, 1},
        {"-0.001", 2, ERR_DECIMAL_SCALE, 0},
        {"0", 2, OK, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t v = UNTOUCHED;
        ck_assert_int_eq(money_from_decimal(decimal(cases[i].text), cases[i].exponent, &v),
                         cases[i].e);
        ck_assert_int_eq(v, cases[i].e == OK ? cases[i].minor : UNTOUCHED);
    }
    int64_t v = UNTOUCHED;
    ck_assert_int_eq(money_from_decimal(NIL64, 2, &v), OK);
    ck_assert_int_eq(v, NIL64);
}
END_TEST

START_TEST(a_sum_that_leaves_64_bits_or_hits_nil_is_refused)
{
    int64_t v = UNTOUCHED;
    ck_assert_int_eq(add64(MAX, 1, &v), ERR_OVERFLOW);
    ck_assert_int_eq(add64(-MAX, -1, &v), ERR_OVERFLOW);
    ck_assert_int_eq(add64(-MAX, -2, &v), ERR_OVERFLOW);
    ck_assert_int_eq(v, UNTOUCHED);
    ck_assert_int_eq(add64(MAX, -MAX, &v), OK);
    ck_assert_int_eq(v, 0);
}
END_TEST

static const struct {
    const char *code;
    int exponent;
} currencies[] = {
#define CURRENCY(code, exponent) {#code, exponent},
#include "lib/base/currencies.def"
#undef CURRENCY
};

START_TEST(every_currency_of_the_table_is_found_and_nothing_else)
{
    for (size_t i = 0; i < COUNT_OF(currencies); i++) {
        ck_assert_int_eq(currency_exponent(currencies[i].code), currencies[i].exponent);
        ck_assert(i == 0 || strcmp(currencies[i - 1].code, currencies[i].code) < 0);
    }
    ck_assert_int_eq(currency_exponent("EUR"), 2);
    ck_assert_int_eq(currency_exponent("JPY"), 0);
    ck_assert_int_eq(currency_exponent("KWD"), 3);
    ck_assert_int_eq(currency_exponent("CLF"), 4);
    const char *unknown[] = {"", "EU", "EURO", "eur", "XXX", "XAU", "AAA", "ZZZ", "DEM", NULL};
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        ck_assert_int_eq(currency_exponent(unknown[i]), -1);
}
END_TEST

START_TEST(the_currencies_agree_with_the_published_list)
{
    FILE *f = fopen("../shared/data/refdata/iso4217/iso4217.csv", "r");
    if (!f) {
        printf("skipped: the published list of currencies is not here\n");
        return;
    }
    char line[256];
    int seen = 0;
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f)) {
        /* alpha3,numeric,minor_units,name */
        ck_assert_uint_gt(strlen(line), 8);
        line[3] = '\0';
        bool none = line[8] == 'N';
        ck_assert_msg(currency_exponent(line) == (none ? -1 : line[8] - '0'), "%s", line);
        seen++;
    }
    fclose(f);
    ck_assert_int_gt(seen, 150);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base: decimals and money");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, decimals_are_read_exactly_or_refused_by_name);
    tcase_add_test(t, decimals_are_written_with_the_asked_minimum_of_decimals);
    tcase_add_test(t, a_written_decimal_reads_back_as_itself);
    tcase_add_test(t, rounding_modes_have_names);
    tcase_add_test(t, halves_go_where_the_mode_says);
    tcase_add_test(t, round_div_agrees_with_a_slow_search);
    tcase_add_test(t, round_div_is_never_off_by_more_than_half_and_names_overflow);
    tcase_add_test(t, round_div_stops_exactly_at_the_edge_of_64_bits);
    tcase_add_test(t, a_line_is_quantity_times_price_less_discount_rounded_once);
    tcase_add_test(t, a_line_agrees_with_one_division_where_that_fits);
    tcase_add_test(t, a_percentage_is_rounded_by_the_mode);
    tcase_add_test(t, tax_of_the_rounded_line_and_of_the_exact_document_differ_by_a_cent);
    tcase_add_test(t, tax_of_a_group_is_that_of_its_sum);
    tcase_add_test(t, tax_per_line_and_per_document_are_two_figures);
    tcase_add_test(t, a_share_takes_part_of_a_whole_of_either_sign);
    tcase_add_test(t, an_allocation_goes_by_largest_remainder_then_by_line);
    tcase_add_test(t, the_parts_of_an_allocation_sum_to_the_total_and_are_near_their_share);
    tcase_add_test(t, a_decimal_becomes_money_only_when_the_currency_has_its_decimals);
    tcase_add_test(t, a_sum_that_leaves_64_bits_or_hits_nil_is_refused);
    tcase_add_test(t, every_currency_of_the_table_is_found_and_nothing_else);
    tcase_add_test(t, the_currencies_agree_with_the_published_list);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
