/* Totals of documents: the published rounding vectors, the spread of tax, and the edges. */
#include "server/catalog/totals.h"
#include <check.h>
#include <stdlib.h>

#define AUTO NIL64
#define M INT64_C(1000000)

static struct totals_line line(int64_t quantity, int64_t price, int64_t discount, int64_t rate)
{
    return (struct totals_line){.quantity = quantity,
                                .unit_price = price,
                                .discount_percent = discount,
                                .tax_code_id = 1,
                                .tax_rate = rate,
                                .net = AUTO};
}

static struct totals compute(struct totals_line *lines, size_t n, enum rounding mode, bool per_line)
{
    struct totals t = {-1, -1, -1};
    ck_assert_int_eq(totals_compute(lines, n, 2, mode, per_line, &t), OK);
    int64_t net = 0, tax = 0, gross = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(lines[i].gross, lines[i].net + lines[i].tax);
        net += lines[i].net;
        tax += lines[i].tax;
        gross += lines[i].gross;
    }
    ck_assert_int_eq(t.net, net);
    ck_assert_int_eq(t.tax, tax);
    ck_assert_int_eq(t.gross, gross);
    return t;
}

static void expect(struct totals t, int64_t net, int64_t tax)
{
    ck_assert_int_eq(t.net, net);
    ck_assert_int_eq(t.tax, tax);
    ck_assert_int_eq(t.gross, net + tax);
}

START_TEST(a_discounted_line_is_taxed_before_or_after_its_rounding)
{
    struct totals_line l = line(16 * M, 348350000, 4 * M, 22 * M);
    expect(compute(&l, 1, ROUND_HALF_UP, false), 535066, 117714); /* 6527.80 */
    l = line(16 * M, 348350000, 4 * M, 22 * M);
    expect(compute(&l, 1, ROUND_HALF_UP, true), 535066, 117715); /* 6527.81 */
}
END_TEST

START_TEST(half_a_cent_of_a_group_follows_the_rounding_mode)
{
    static const struct {
        enum rounding mode;
        int64_t tax;
    } cases[] = {
        {ROUND_HALF_UP, 1545}, {ROUND_HALF_EVEN, 1544}, {ROUND_HALF_TOWARD_POSITIVE, 1545}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct totals_line l[] = {line(M, 54450000, 0, 10 * M), line(M, 600 * M, 0, 10 * M),
                                  line(M, -500 * M, 0, 10 * M)};
        expect(compute(l, 3, cases[i].mode, false), 15445, cases[i].tax);
    }
}
END_TEST

START_TEST(six_lines_at_seven_percent_differ_by_two_cents_between_the_strategies)
{
    static const int64_t prices[] = {5095200000, 523200000, 80640000,
                                     54120000,   182000000, 186200000};
    struct totals_line l[COUNT_OF(prices)];
    for (size_t i = 0; i < COUNT_OF(prices); i++)
        l[i] = line(M, prices[i], 0, 7 * M);
    expect(compute(l, COUNT_OF(l), ROUND_HALF_UP, true), 612136, 42848);
    for (size_t i = 0; i < COUNT_OF(prices); i++)
        l[i] = line(M, prices[i], 0, 7 * M);
    expect(compute(l, COUNT_OF(l), ROUND_HALF_UP, false), 612136, 42850);
}
END_TEST

START_TEST(a_negative_half_goes_toward_positive_or_away_from_zero)
{
    static const struct {
        enum rounding mode;
        int64_t tax;
    } cases[] = {{ROUND_HALF_TOWARD_POSITIVE, -144637},
                 {ROUND_HALF_UP, -144638},
                 {ROUND_HALF_EVEN, -144638}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int per_line = 0; per_line < 2; per_line++) {
            struct totals_line l = line(M, -7612500000, 0, 19 * M);
            expect(compute(&l, 1, cases[i].mode, per_line), -761250, cases[i].tax);
        }
}
END_TEST

START_TEST(a_negative_half_of_a_net_goes_the_same_way)
{
    struct totals_line l = line(-61500000, 174650000, 0, 0);
    expect(compute(&l, 1, ROUND_HALF_TOWARD_POSITIVE, false), -1074097, 0);
    l = line(-61500000, 174650000, 0, 0);
    expect(compute(&l, 1, ROUND_HALF_UP, false), -1074098, 0);
}
END_TEST

START_TEST(the_cents_of_a_group_go_to_the_largest_remainders_then_to_the_first_lines)
{
    /* Exact taxes 0.5 0.5 0.9 0.1 cents: 2 in sum. */
    struct totals_line l[] = {line(M, 50000, 0, 10 * M), line(M, 50000, 0, 10 * M),
                              line(M, 90000, 0, 10 * M), line(M, 10000, 0, 10 * M)};
    expect(compute(l, 4, ROUND_HALF_UP, false), 20, 2);
    ck_assert_int_eq(l[0].tax, 1);
    ck_assert_int_eq(l[1].tax, 0);
    ck_assert_int_eq(l[2].tax, 1);
    ck_assert_int_eq(l[3].tax, 0);
}
END_TEST

START_TEST(a_line_of_another_sign_in_the_group_stays_within_a_cent_of_its_own_tax)
{
    struct totals_line l[] = {line(M, 10050000, 0, 10 * M), line(M, -10040000, 0, 10 * M)};
    /* 100.5 and -100.4 cents: 0.1 in sum. */
    expect(compute(l, 2, ROUND_HALF_UP, false), 1, 0);
    ck_assert_int_eq(l[0].tax, 100);
    ck_assert_int_eq(l[1].tax, -100);
}
END_TEST

START_TEST(groups_are_rounded_on_their_own)
{
    struct totals_line l[] = {line(M, 50000, 0, 10 * M), line(M, 50000, 0, 10 * M),
                              line(M, 50000, 0, 10 * M)};
    l[1].tax_code_id = 2;
    expect(compute(l, 3, ROUND_HALF_UP, false), 15, 2);
    ck_assert_int_eq(l[0].tax, 1);
    ck_assert_int_eq(l[1].tax, 1); /* half a cent, alone in its group */
    ck_assert_int_eq(l[2].tax, 0);

    struct totals_line m[] = {line(M, 50000, 0, 10 * M), line(M, 50000, 0, 9 * M)};
    expect(compute(m, 2, ROUND_HALF_UP, false), 10, 1);
    ck_assert_int_eq(m[0].tax, 1);
    ck_assert_int_eq(m[1].tax, 0);
}
END_TEST

START_TEST(a_given_net_is_kept_and_taxed_as_it_is)
{
    struct totals_line l = line(16 * M, 348350000, 4 * M, 22 * M);
    l.net = 535066;
    expect(compute(&l, 1, ROUND_HALF_UP, false), 535066, 117715);
    l = line(3 * M, 10 * M, 0, 19 * M);
    l.net = 0;
    expect(compute(&l, 1, ROUND_HALF_UP, false), 0, 0);
}
END_TEST

START_TEST(currencies_without_and_with_three_decimals_round_in_their_own_unit)
{
    struct totals t;
    struct totals_line l = line(3 * M, 33500000, 0, 10 * M); /* 100.5 JPY */
    ck_assert_int_eq(totals_compute(&l, 1, 0, ROUND_HALF_UP, false, &t), OK);
    expect(t, 101, 10);
    l = line(M, 1234500, 0, 5 * M); /* 1.2345 KWD */
    ck_assert_int_eq(totals_compute(&l, 1, 3, ROUND_HALF_EVEN, false, &t), OK);
    expect(t, 1234, 62);
}
END_TEST

START_TEST(no_lines_add_up_to_nothing)
{
    struct totals t = {1, 1, 1};
    ck_assert_int_eq(totals_compute(NULL, 0, 2, ROUND_HALF_UP, false, &t), OK);
    expect(t, 0, 0);
}
END_TEST

START_TEST(amounts_beyond_64_bits_are_refused)
{
    struct totals t;
    struct totals_line l = line(INT64_C(1000000000000000), INT64_C(1000000000000000), 0, 0);
    ck_assert_int_eq(totals_compute(&l, 1, 2, ROUND_HALF_UP, false, &t), ERR_OVERFLOW);
    for (int per_line = 0; per_line < 2; per_line++) {
        struct totals_line high = line(M, M, 0, 100 * M);
        high.net = INT64_MAX - 1;
        ck_assert_int_eq(totals_compute(&high, 1, 2, ROUND_HALF_UP, per_line, &t), ERR_OVERFLOW);
        struct totals_line two[] = {line(M, M, 0, 0), line(M, M, 0, 0)};
        two[0].net = two[1].net = INT64_MAX / 2 + 1;
        ck_assert_int_eq(totals_compute(two, 2, 2, ROUND_HALF_UP, per_line, &t), ERR_OVERFLOW);
    }
}
END_TEST

START_TEST(the_largest_factors_are_still_exact)
{
    /* 10^9 x 92233720.368547 less 99.999999 %, 100 % tax */
    struct totals_line l = line(INT64_C(1000000000000000), INT64_C(92233720368547), 99999999,
                                100 * M);
    expect(compute(&l, 1, ROUND_HALF_UP, false), INT64_C(92233720369), INT64_C(92233720369));
}
END_TEST

static int64_t next(uint64_t *seed, int64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(*seed >> 33) % below;
}

START_TEST(every_line_of_ten_thousand_stays_within_a_cent_of_its_exact_tax)
{
    enum { N = 10000 };
    struct totals_line *l = calloc(N, sizeof *l);
    uint64_t seed = 7;
    for (size_t i = 0; i < N; i++) {
        l[i] = line(next(&seed, 1000) * M + M, next(&seed, 10000) * 10000, next(&seed, 3) * 2500000,
                    (next(&seed, 2) ? 19 : 7) * M);
        l[i].tax_code_id = next(&seed, 3);
    }
    compute(l, N, ROUND_HALF_UP, false);
    for (size_t i = 0; i < N; i++) {
        /* quantity x price x (1 - discount) x rate in 10^-28 cents would not fit: drop zeros. */
        __int128 numerator = (__int128)(l[i].quantity / M) * (l[i].unit_price / 10000) *
                             (100 * M - l[i].discount_percent) * (l[i].tax_rate / M);
        __int128 denominator = (__int128)100 * M * 100;
        ck_assert(l[i].tax * denominator > numerator - denominator);
        ck_assert(l[i].tax * denominator < numerator + denominator);
    }
    free(l);
}
END_TEST

static int64_t take_off(struct totals_line *l, size_t n, int64_t percent, int64_t amount)
{
    struct totals_discount d = {.percent = percent, .amount = amount};
    int64_t discount;
    size_t at;
    ck_assert_int_eq(totals_discount(l, n, 2, ROUND_HALF_UP, d, &discount, &at), OK);
    return discount;
}

START_TEST(amounts_come_off_a_line_after_its_percentage_and_tax_is_on_the_rest)
{
    struct totals_line l[] = {line(3 * M, 10 * M, 10 * M, 19 * M), line(M, 5 * M, 0, 19 * M)};
    l[0].discount_amount = 200;
    ck_assert_int_eq(take_off(l, 2, AUTO, AUTO), 0);
    ck_assert_int_eq(l[0].net, 2500);
    ck_assert_int_eq(l[1].net, AUTO); /* nothing was taken off: computed as ever */
    expect(compute(l, 2, ROUND_HALF_UP, false), 3000, 570);
}
END_TEST

START_TEST(the_discount_of_a_document_is_rounded_once_and_spread_by_largest_remainder)
{
    struct totals_line l[] = {line(M, 333 * M / 100, 0, 19 * M), line(M, 333 * M / 100, 0, 7 * M),
                              line(M, 334 * M / 100, 0, 0)};
    ck_assert_int_eq(take_off(l, 3, AUTO, 100), 100);
    ck_assert_int_eq(l[0].order_discount, 33);
    ck_assert_int_eq(l[1].order_discount, 33);
    ck_assert_int_eq(l[2].order_discount, 34);
    expect(compute(l, 3, ROUND_HALF_UP, true), 900, 57 + 21);

    struct totals_line third[] = {line(M, 1 * M, 0, 0), line(M, 1 * M, 0, 0), line(M, 1 * M, 0, 0)};
    ck_assert_int_eq(take_off(third, 3, 33333333, AUTO), 100); /* 33.333333 % of 3.00 */
    ck_assert_int_eq(third[0].order_discount, 34);             /* the first of three equal ones */
    ck_assert_int_eq(third[1].order_discount, 33);
    ck_assert_int_eq(third[2].order_discount, 33);
    struct totals_line all[] = {line(M, 7 * M, 0, 19 * M), line(M, 0, 0, 19 * M)};
    ck_assert_int_eq(take_off(all, 2, 100 * M, AUTO), 700);
    expect(compute(all, 2, ROUND_HALF_UP, false), 0, 0);
}
END_TEST

START_TEST(no_more_is_taken_off_than_there_is)
{
    struct totals_line l[] = {line(M, 5 * M, 0, 0), line(M, 5 * M, 0, 0)};
    struct totals_discount none = {AUTO, AUTO}, more = {AUTO, 1001};
    int64_t discount;
    size_t at;
    ck_assert_int_eq(totals_discount(l, 2, 2, ROUND_HALF_UP, more, &discount, &at),
                     ERR_AMOUNT_EXCEEDED);
    ck_assert_uint_eq(at, 2);
    l[1].discount_amount = 501;
    ck_assert_int_eq(totals_discount(l, 2, 2, ROUND_HALF_UP, none, &discount, &at),
                     ERR_AMOUNT_EXCEEDED);
    ck_assert_uint_eq(at, 1);
    l[0].unit_price = l[0].quantity = INT64_MAX;
    ck_assert_int_eq(totals_discount(l, 2, 2, ROUND_HALF_UP, none, &discount, &at), ERR_OVERFLOW);
}
END_TEST

START_TEST(discounts_of_any_lines_add_up)
{
    uint64_t seed = 7;
    for (int round = 0; round < 2000; round++) {
        struct totals_line l[9];
        size_t n = 1 + (size_t)next(&seed, 9);
        int64_t own = 0, before = 0;
        for (size_t i = 0; i < n; i++) {
            l[i] = line(M * (1 + next(&seed, 20)), 10000 * next(&seed, 100000), 0, 19 * M);
            int64_t net = l[i].quantity / M * (l[i].unit_price / 10000);
            l[i].discount_amount = net > 0 ? next(&seed, net) : 0;
            own += l[i].discount_amount;
            before += net;
        }
        int64_t discount = round % 2 ? take_off(l, n, next(&seed, 100 * M), AUTO)
                                     : take_off(l, n, AUTO, (before - own) / (1 + round % 7));
        int64_t shares = 0;
        for (size_t i = 0; i < n; i++) {
            shares += l[i].order_discount;
            ck_assert_int_ge(l[i].order_discount, 0);
        }
        ck_assert_int_eq(shares, discount);
        struct totals t = compute(l, n, ROUND_HALF_UP, false);
        ck_assert_int_eq(t.net, before - own - discount);
        for (size_t i = 0; i < n; i++)
            ck_assert_int_ge(l[i].net, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("totals");
    TCase *t = tcase_create("totals");
    tcase_add_test(t, a_discounted_line_is_taxed_before_or_after_its_rounding);
    tcase_add_test(t, half_a_cent_of_a_group_follows_the_rounding_mode);
    tcase_add_test(t, six_lines_at_seven_percent_differ_by_two_cents_between_the_strategies);
    tcase_add_test(t, a_negative_half_goes_toward_positive_or_away_from_zero);
    tcase_add_test(t, a_negative_half_of_a_net_goes_the_same_way);
    tcase_add_test(t, the_cents_of_a_group_go_to_the_largest_remainders_then_to_the_first_lines);
    tcase_add_test(t, a_line_of_another_sign_in_the_group_stays_within_a_cent_of_its_own_tax);
    tcase_add_test(t, groups_are_rounded_on_their_own);
    tcase_add_test(t, a_given_net_is_kept_and_taxed_as_it_is);
    tcase_add_test(t, currencies_without_and_with_three_decimals_round_in_their_own_unit);
    tcase_add_test(t, no_lines_add_up_to_nothing);
    tcase_add_test(t, amounts_beyond_64_bits_are_refused);
    tcase_add_test(t, the_largest_factors_are_still_exact);
    tcase_add_test(t, every_line_of_ten_thousand_stays_within_a_cent_of_its_exact_tax);
    tcase_add_test(t, amounts_come_off_a_line_after_its_percentage_and_tax_is_on_the_rest);
    tcase_add_test(t, the_discount_of_a_document_is_rounded_once_and_spread_by_largest_remainder);
    tcase_add_test(t, no_more_is_taken_off_than_there_is);
    tcase_add_test(t, discounts_of_any_lines_add_up);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
