/* The rules of the books: what transfers add to the days, and how balances are shown. */
#include "server/ledger/rules.h"
#include <check.h>

static struct transfer move(const char *debit, const char *credit, int64_t amount,
                            const char *currency, int32_t day)
{
    return (struct transfer){.debit_account = debit,
                             .credit_account = credit,
                             .amount = amount,
                             .currency = currency,
                             .effective_date = day};
}

START_TEST(transfers_are_added_up_per_account_currency_and_day)
{
    const struct transfer t[] = {
        move(LEDGER_receivable, LEDGER_revenue, 100, "EUR", 10),
        move(LEDGER_receivable, LEDGER_tax, 19, "EUR", 10),
        move(LEDGER_cash, LEDGER_receivable, 60, "EUR", 10),
        move(LEDGER_receivable, LEDGER_revenue, 5, "EUR", 9),
        move(LEDGER_receivable, LEDGER_revenue, 7, "USD", 10),
        move(LEDGER_receivable, LEDGER_write_off, 0, "EUR", 10),
    };
    static const struct ledger_day_sum expected[] = {
        {"cash", "EUR", 10, 60, 0},         {"receivable", "EUR", 9, 5, 0},
        {"receivable", "EUR", 10, 119, 60}, {"receivable", "USD", 10, 7, 0},
        {"revenue", "EUR", 9, 0, 5},        {"revenue", "EUR", 10, 0, 100},
        {"revenue", "USD", 10, 0, 7},       {"tax", "EUR", 10, 0, 19},
    };
    struct ledger_day_sum sums[2 * COUNT_OF(t)];
    size_t n = 0;
    ck_assert_int_eq(ledger_days_sum(t, COUNT_OF(t), sums, &n), OK);
    ck_assert_uint_eq(n, COUNT_OF(expected));
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(sums[i].account, expected[i].account);
        ck_assert_str_eq(sums[i].currency, expected[i].currency);
        ck_assert_int_eq(sums[i].day, expected[i].day);
        ck_assert_int_eq(sums[i].debit, expected[i].debit);
        ck_assert_int_eq(sums[i].credit, expected[i].credit);
    }
}
END_TEST

START_TEST(a_day_that_overflows_is_refused)
{
    const struct transfer t[] = {move(LEDGER_cash, LEDGER_tax, INT64_MAX, "EUR", 1),
                                 move(LEDGER_cash, LEDGER_tax, 1, "EUR", 1)};
    struct ledger_day_sum sums[4];
    size_t n;
    ck_assert_int_eq(ledger_days_sum(t, 2, sums, &n), ERR_OVERFLOW);
}
END_TEST

START_TEST(balances_stand_on_the_normal_side_and_totals_agree_per_currency)
{
    struct trial_balance_row rows[] = {
        {.account = "cash", .currency = "EUR", .debit = 60, .credit = 80},
        {.account = "receivable", .currency = "EUR", .debit = 119, .credit = 60},
        {.account = "revenue", .currency = "EUR", .debit = 0, .credit = 39},
        {.account = "cash", .currency = "USD", .debit = 7, .credit = 0},
        {.account = "unapplied_cash", .currency = "USD", .debit = 2, .credit = 9},
    };
    static const int64_t balances[] = {-20, 59, 39, 7, 7};
    struct trial_balance b = {.rows = {rows, COUNT_OF(rows)}};
    struct arena *a = arena_new((size_t)1 << 20);
    ck_assert_int_eq(trial_balance_finish(&b, a), OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_int_eq(rows[i].balance, balances[i]);
    ck_assert_str_eq(rows[1].normal_side, "debit");
    ck_assert_str_eq(rows[2].normal_side, "credit");
    ck_assert_uint_eq(b.totals.n, 2);
    ck_assert_str_eq(b.totals.v[0].currency, "EUR");
    ck_assert_int_eq(b.totals.v[0].debit, 179);
    ck_assert_int_eq(b.totals.v[0].credit, 179);
    ck_assert_int_eq(b.totals.v[1].debit, 9);
    ck_assert_int_eq(b.totals.v[1].credit, 9);
    arena_free(a);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ledger");
    TCase *t = tcase_create("rules");
    tcase_add_test(t, transfers_are_added_up_per_account_currency_and_day);
    tcase_add_test(t, a_day_that_overflows_is_refused);
    tcase_add_test(t, balances_stand_on_the_normal_side_and_totals_agree_per_currency);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
