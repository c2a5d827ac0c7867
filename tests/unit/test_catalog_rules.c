/* Which product, tax rate and price hold for a line. */
#include "server/catalog/catalog.h"
#include <check.h>
#include <stdlib.h>

#define M INT64_C(1000000)
static struct tax_rate_facts rates[] = {
    {.tax_code_id = 1, .valid_from = 100, .rate = 19 * M},
    {.tax_code_id = 1, .valid_from = 200, .rate = 16 * M},
    {.tax_code_id = 1, .valid_from = 300, .rate = 19 * M},
    {.tax_code_id = 3, .valid_from = 0, .rate = 0},
};
static const struct tax_rate_facts_list rate_list = {rates, COUNT_OF(rates)};

START_TEST(a_rate_holds_from_its_first_day_until_the_next_one)
{
    static const struct {
        int64_t code;
        int32_t date;
        err e;
        int64_t rate;
    } cases[] = {
        {1, 99, ERR_NO_TAX_RATE, -1},  {1, 100, OK, 19 * M},
        {1, 199, OK, 19 * M},          {1, 200, OK, 16 * M},
        {1, 299, OK, 16 * M},          {1, 300, OK, 19 * M},
        {1, INT32_MAX, OK, 19 * M},    {3, 0, OK, 0},
        {3, -1, ERR_NO_TAX_RATE, -1},  {2, 300, ERR_NO_TAX_RATE, -1},
        {4, 300, ERR_NO_TAX_RATE, -1}, {0, 300, ERR_NO_TAX_RATE, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t rate = -1;
        ck_assert_int_eq(tax_rate_on(&rate_list, cases[i].code, cases[i].date, &rate), cases[i].e);
        ck_assert_int_eq(rate, cases[i].rate);
    }
}
END_TEST

START_TEST(a_tax_code_is_known_by_its_rates)
{
    ck_assert(tax_code_known(&rate_list, 1));
    ck_assert(!tax_code_known(&rate_list, 2));
    ck_assert(tax_code_known(&rate_list, 3));
    ck_assert(!tax_code_known(&rate_list, 4));
    ck_assert(!tax_code_known(&rate_list, 0));
    struct tax_rate_facts_list none = {0};
    ck_assert(!tax_code_known(&none, 1));
}
END_TEST

START_TEST(products_are_found_by_id_and_by_sku)
{
    struct product_facts by_id[] = {
        {.id = 2, .sku = "b"}, {.id = 5, .sku = "a"}, {.id = 9, .sku = "c"}};
    struct product_facts by_sku[] = {
        {.id = 1, .sku = "A"}, {.id = 2, .sku = "Z"}, {.id = 3, .sku = "a"}};
    struct product_facts_list ids = {by_id, 3}, skus = {by_sku, 3}, none = {0};
    ck_assert_ptr_eq(product_find(&ids, 2), &by_id[0]);
    ck_assert_ptr_eq(product_find(&ids, 9), &by_id[2]);
    ck_assert_ptr_null(product_find(&ids, 3));
    ck_assert_ptr_null(product_find(&none, 3));
    ck_assert_ptr_eq(product_find_sku(&skus, "A"), &by_sku[0]);
    ck_assert_ptr_eq(product_find_sku(&skus, "a"), &by_sku[2]);
    ck_assert_ptr_null(product_find_sku(&skus, "b"));
    ck_assert_ptr_null(product_find_sku(&none, "b"));
}
END_TEST

#define ANYONE NIL64
#define OPEN NIL32
#define NO_GROUP NIL64
#define OWN NIL64, NULL, 0, NIL32, NIL32 /* of no list */
#define IN_LIST(id, name, priority, from, to) id, name, priority, from, to
/* Sorted as prices_load sorts: product, customers, groups, everybody, tier and day down. */
static struct price_facts prices[] = {
    {1, 1, 7, NO_GROUP, "EUR", 80 * M, 10 * M, 100, OPEN, OWN},
    {2, 1, 7, NO_GROUP, "EUR", 90 * M, 0, 200, OPEN, OWN},
    {3, 1, 7, NO_GROUP, "EUR", 91 * M, 0, 100, 149, OWN},
    {4, 1, 8, NO_GROUP, "USD", 5 * M, 0, 0, OPEN, OWN},
    {5, 1, ANYONE, 3, "EUR", 60 * M, 50 * M, 0, OPEN, OWN},
    {6, 1, ANYONE, 3, "EUR", 97 * M, 0, 100, OPEN, OWN},
    {7, 1, ANYONE, 4, "EUR", 96 * M, 0, 0, OPEN, OWN},
    {8, 1, ANYONE, NO_GROUP, "EUR", 70 * M, 100 * M, 0, OPEN, OWN},
    {9, 1, ANYONE, NO_GROUP, "USD", 111 * M, 0, 0, OPEN, OWN},
    {10, 1, ANYONE, NO_GROUP, "EUR", 99 * M, 0, 150, OPEN, OWN},
    {11, 1, ANYONE, NO_GROUP, "EUR", 98 * M, 0, 0, OPEN, OWN},
    {12, 3, ANYONE, NO_GROUP, "EUR", 1 * M, 5 * M, 0, 10, OWN},
};
static const struct price_facts_list price_list = {prices, COUNT_OF(prices)};

START_TEST(the_price_is_the_customers_then_the_groups_then_the_highest_tier_then_the_latest)
{
    static const struct {
        int64_t product, customer, group, quantity;
        const char *currency;
        int32_t date;
        int64_t price; /* -1: none */
    } cases[] = {
        {1, 9, NO_GROUP, M, "EUR", 150, 99 * M},       /* the latest general one */
        {1, 9, NO_GROUP, M, "EUR", 149, 98 * M},       /* before it began */
        {1, 9, NO_GROUP, 100 * M, "EUR", 300, 70 * M}, /* the tier is reached exactly */
        {1, 9, NO_GROUP, 100 * M - 1, "EUR", 300, 99 * M},
        {1, 9, NO_GROUP, M, "USD", 0, 111 * M},
        {1, 7, NO_GROUP, M, "EUR", 200, 90 * M},       /* their own, though a tier is cheaper */
        {1, 7, NO_GROUP, 100 * M, "EUR", 200, 80 * M}, /* their own tier before the general one */
        {1, 7, NO_GROUP, M, "EUR", 149, 91 * M},       /* the last day counts */
        {1, 7, NO_GROUP, M, "EUR", 150, 99 * M},       /* theirs has ended, the next not begun */
        {1, 7, NO_GROUP, M, "EUR", 50, 98 * M},
        {1, 8, NO_GROUP, M, "EUR", 200, 99 * M}, /* theirs is in another currency */
        {1, 8, NO_GROUP, M, "USD", 200, 5 * M},
        {1, ANYONE, NO_GROUP, M, "EUR", 200, 99 * M}, /* somebody without prices of their own */
        {1, 9, 3, M, "EUR", 200, 97 * M},             /* the group's before the general one */
        {1, 9, 3, 100 * M, "EUR", 200, 60 * M},       /* the group's tier */
        {1, 9, 3, M, "EUR", 99, 98 * M},              /* the group's has not begun */
        {1, 9, 4, 100 * M, "EUR", 200, 96 * M},       /* the group's, though a tier is cheaper */
        {1, 9, 5, M, "EUR", 200, 99 * M},             /* a group without prices */
        {1, 7, 3, M, "EUR", 200, 90 * M},             /* their own before the group's */
        {1, 7, 3, M, "EUR", 160, 97 * M},             /* nothing of their own holds */
        {1, 7, 4, M, "USD", 200, 111 * M},
        {1, 9, NO_GROUP, M, "EUR", -1, -1},
        {1, 9, NO_GROUP, M, "GBP", 200, -1},
        {2, 9, 3, M, "EUR", 200, -1},
        {3, 9, 3, 5 * M, "EUR", 10, 1 * M},
        {3, 9, 3, 5 * M, "EUR", 11, -1},
        {3, 9, NO_GROUP, 4 * M, "EUR", 10, -1},
        {4, 9, NO_GROUP, M, "EUR", 10, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct price_wanted w = {cases[i].product,  cases[i].customer, cases[i].group,
                                 cases[i].currency, cases[i].quantity, cases[i].date};
        const struct price_facts *p = price_pick(&price_list, &w);
        int64_t price = p != NULL ? p->unit_price : -1;
        ck_assert_msg(price == cases[i].price, "case %zu: %lld", i, (long long)price);
    }
}
END_TEST

/* By customer 7, group 3, everybody; in each those of no list, then by priority, the newest first.
 */
static struct price_facts listed[] = {
    {1, 1, 7, NO_GROUP, "EUR", 10 * M, 20 * M, 0, OPEN, OWN},
    {2, 1, 7, NO_GROUP, "EUR", 11 * M, 0, 0, OPEN, IN_LIST(50, "New", 2, 100, 199)},
    {3, 1, 7, NO_GROUP, "EUR", 12 * M, 0, 0, OPEN, IN_LIST(49, "Old", 2, 0, OPEN)},
    {4, 1, ANYONE, 3, "EUR", 20 * M, 0, 0, OPEN, OWN},
    {5, 1, ANYONE, 3, "EUR", 21 * M, 0, 0, OPEN, IN_LIST(60, "High", 9, 0, OPEN)},
    {6, 1, ANYONE, 4, "EUR", 31 * M, 10 * M, 0, OPEN, IN_LIST(60, "High", 9, 0, OPEN)},
    {7, 1, ANYONE, 4, "EUR", 32 * M, 0, 0, OPEN, IN_LIST(60, "High", 9, 0, OPEN)},
    {8, 1, ANYONE, 4, "EUR", 30 * M, 50 * M, 0, OPEN, IN_LIST(61, "Low", 1, 0, OPEN)},
    {9, 1, ANYONE, NO_GROUP, "EUR", 40 * M, 0, 50, OPEN, IN_LIST(70, "All", 0, 0, OPEN)},
};
static const struct price_facts_list with_lists = {listed, COUNT_OF(listed)};

START_TEST(an_own_price_goes_before_those_of_lists_and_these_by_priority_and_then_tier)
{
    static const struct {
        int64_t customer, group, quantity;
        int32_t date;
        int64_t id; /* 0: none */
    } cases[] = {
        {7, 3, 20 * M, 150, 1}, /* theirs, of no list */
        {7, 3, M, 150, 2},      /* of two lists alike the newer one */
        {7, 3, M, 200, 3},      /* whose last day is over */
        {7, 3, M, 99, 3},       /* or not begun */
        {9, 3, M, 150, 4},      /* the group's own before any list of the group */
        {9, 4, M, 150, 7},      /* the higher priority */
        {9, 4, 60 * M, 150, 6}, /* though the other list has a tier for it */
        {9, 5, M, 150, 9},      /* a list for everybody */
        {9, 5, M, 49, 0},       /* the price has not begun */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct price_wanted w = {1,     cases[i].customer, cases[i].group,
                                 "EUR", cases[i].quantity, cases[i].date};
        const struct price_facts *p = price_pick(&with_lists, &w);
        int64_t id = p != NULL ? p->id : 0;
        ck_assert_msg(id == cases[i].id, "case %zu: %lld", i, (long long)id);
    }
    struct arena *a = arena_new(1 << 20);
    struct price_wanted w = {1, 9, 4, "EUR", 60 * M, 150};
    const struct price_facts *chosen = price_pick(&with_lists, &w);
    struct price_candidate_list why = price_candidates(a, &with_lists, &w, chosen);
    static const char *const expected[] = {"chosen", "lower_tier", "lower_priority",
                                           "less_specific"};
    ck_assert_uint_eq(why.n, COUNT_OF(expected));
    for (size_t i = 0; i < why.n; i++)
        ck_assert_str_eq(why.v[i].outcome, expected[i]);
    ck_assert_str_eq(why.v[0].detail, "It is for the customer's group, by the list \"High\" of "
                                      "priority 9; no other that holds goes before it.");
    arena_free(a);
}
END_TEST

static void expect_outcomes(const struct price_wanted *w, const struct price_facts *chosen,
                            const char *const *expected)
{
    struct arena *a = arena_new(1 << 20);
    struct price_candidate_list list = price_candidates(a, &price_list, w, chosen);
    size_t n = 0;
    for (; expected[n] != NULL; n++) {
        ck_assert_uint_lt(n, list.n);
        ck_assert_str_eq(list.v[n].outcome, expected[n]);
        ck_assert_ptr_nonnull(list.v[n].detail);
    }
    ck_assert_uint_eq(list.n, n);
    arena_free(a);
}

START_TEST(every_price_tells_what_became_of_it)
{
    struct price_wanted w = {1, 7, 3, "EUR", 100 * M, 200};
    expect_outcomes(&w, price_pick(&price_list, &w),
                    (const char *const[]){"chosen", "lower_tier", "not_valid", "less_specific",
                                          "less_specific", "less_specific", "other_currency",
                                          "less_specific", "less_specific", NULL});
    w = (struct price_wanted){1, 9, NO_GROUP, "EUR", M, 200};
    expect_outcomes(
        &w, price_pick(&price_list, &w),
        (const char *const[]){"quantity_not_reached", "other_currency", "chosen", "older", NULL});
    /* The line has a price of its own. */
    expect_outcomes(&w, NULL,
                    (const char *const[]){"quantity_not_reached", "other_currency", "overridden",
                                          "overridden", NULL});
    /* The line took what would not be taken now. */
    expect_outcomes(
        &w, &prices[10],
        (const char *const[]){"quantity_not_reached", "other_currency", "newer", "chosen", NULL});
    ck_assert_str_eq(price_source(&prices[0]), "customer");
    ck_assert_str_eq(price_source(&prices[4]), "group");
    ck_assert_str_eq(price_source(&prices[7]), "general");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("catalog rules");
    TCase *t = tcase_create("catalog rules");
    tcase_add_test(t, a_rate_holds_from_its_first_day_until_the_next_one);
    tcase_add_test(t, a_tax_code_is_known_by_its_rates);
    tcase_add_test(t, products_are_found_by_id_and_by_sku);
    tcase_add_test(
        t, the_price_is_the_customers_then_the_groups_then_the_highest_tier_then_the_latest);
    tcase_add_test(t, an_own_price_goes_before_those_of_lists_and_these_by_priority_and_then_tier);
    tcase_add_test(t, every_price_tells_what_became_of_it);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
