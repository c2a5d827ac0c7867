/* Which amounts of a payment go to which invoices. */
#include "server/cash/rules.h"
#include <check.h>
#include <stdlib.h>

#define UNTOUCHED INT64_C(-4711)
#define ALL NIL64 /* an ask without an amount */
#define MOST 8

static struct arena *arena;

static void setup(void)
{
    arena = arena_new((size_t)64 << 20);
}

static void teardown(void)
{
    arena_free(arena);
}

struct item {
    int64_t id, open;
    int32_t due;
    const char *kind; /* NULL: invoice */
};

static struct open_item_list items_of(const struct item *in, size_t n)
{
    struct open_item_list list = {.v = ARENA_ARRAY(arena, struct open_item, n), .n = n};
    for (size_t i = 0; i < n; i++)
        list.v[i] = (struct open_item){.id = in[i].id,
                                       .kind = in[i].kind == NULL ? "invoice" : in[i].kind,
                                       .due_date = in[i].due,
                                       .amount = in[i].open,
                                       .open_amount = in[i].open};
    return list;
}

/* Arrays end with a zero id. */
struct split_case {
    const char *what;
    int64_t available;
    bool oldest_due;
    struct item items[MOST];
    struct cash_ask asks[MOST];
    struct cash_share expected[MOST];
    int64_t total;
};

static const struct split_case split_cases[] = {
    {"nothing asked, nothing given", 100, false, {{1, 60, 5, NULL}}, {{0, 0}}, {{0, 0}}, 0},
    {"an exact amount", 100, false, {{1, 60, 5, NULL}}, {{1, 40}}, {{1, 40}}, 40},
    {"all that is open", 100, false, {{1, 60, 5, NULL}}, {{1, ALL}}, {{1, 60}}, 60},
    {"all that is there", 50, false, {{1, 60, 5, NULL}}, {{1, ALL}}, {{1, 50}}, 50},
    {"to the last cent of both", 60, false, {{1, 60, 5, NULL}}, {{1, 60}}, {{1, 60}}, 60},
    {"one to many, the last gets the rest",
     100,
     false,
     {{1, 60, 5, NULL}, {2, 70, 5, NULL}},
     {{1, ALL}, {2, ALL}},
     {{1, 60}, {2, 40}},
     100},
    {"amounts come before those without, wherever they stand",
     100,
     false,
     {{1, 90, 5, NULL}, {2, 70, 5, NULL}},
     {{1, ALL}, {2, 70}},
     {{1, 30}, {2, 70}},
     100},
    {"the order of the asks is kept, not that of the ids",
     100,
     false,
     {{1, 60, 5, NULL}, {2, 70, 5, NULL}},
     {{2, ALL}, {1, ALL}},
     {{2, 70}, {1, 30}},
     100},
    {"oldest due first, not lowest id first",
     100,
     true,
     {{1, 60, 9, NULL}, {2, 70, 3, NULL}, {3, 10, 5, NULL}},
     {{0, 0}},
     {{2, 70}, {3, 10}, {1, 20}},
     100},
    {"of the same due date the older document first",
     50,
     true,
     {{1, 30, 5, NULL}, {2, 30, 5, NULL}},
     {{0, 0}},
     {{1, 30}, {2, 20}},
     50},
    {"an overpayment is kept", 100, true, {{1, 60, 5, NULL}}, {{0, 0}}, {{1, 60}}, 60},
    {"no open items, all is kept", 100, true, {{0, 0, 0, NULL}}, {{0, 0}}, {{0, 0}}, 0},
    {"named invoices get what was named and no more",
     100,
     true,
     {{1, 60, 1, NULL}, {2, 70, 2, NULL}},
     {{1, 10}},
     {{1, 10}, {2, 70}},
     80},
    {"payments and credit notes are not paid",
     100,
     true,
     {{1, 60, 1, "payment"}, {2, 70, 2, "credit_note"}, {3, 5, 3, NULL}},
     {{0, 0}},
     {{3, 5}},
     5},
    {"nothing is left for the oldest",
     60,
     true,
     {{1, 60, 1, NULL}, {2, 70, 2, NULL}},
     {{1, 60}},
     {{1, 60}},
     60},
    {"the largest amounts do not overflow",
     INT64_MAX,
     true,
     {{1, INT64_MAX - 1, 1, NULL}, {2, INT64_MAX, 2, NULL}},
     {{0, 0}},
     {{1, INT64_MAX - 1}, {2, 1}},
     INT64_MAX},
};

static size_t count_items(const struct item *v)
{
    size_t n = 0;
    while (n < MOST && v[n].id != 0)
        n++;
    return n;
}

static size_t count_asks(const struct cash_ask *v)
{
    size_t n = 0;
    while (n < MOST && v[n].invoice_id != 0)
        n++;
    return n;
}

START_TEST(money_goes_where_it_was_asked_to_go_and_then_to_the_oldest_debt)
{
    const struct split_case *t = &split_cases[_i];
    struct open_item_list items = items_of(t->items, count_items(t->items));
    struct cash_split split;
    struct cash_refusal refusal;
    ck_assert_int_eq(cash_split(arena, t->available, t->asks, count_asks(t->asks), &items,
                                t->oldest_due, &split, &refusal),
                     OK);
    ck_assert_msg(split.total == t->total, "%s: %lld", t->what, (long long)split.total);
    for (size_t i = 0; i < split.n; i++) {
        ck_assert_msg(split.v[i].invoice_id == t->expected[i].invoice_id, "%s: share %zu", t->what,
                      i);
        ck_assert_msg(split.v[i].amount == t->expected[i].amount, "%s: share %zu is %lld", t->what,
                      i, (long long)split.v[i].amount);
    }
    ck_assert_msg(split.n == MOST || t->expected[split.n].invoice_id == 0, "%s: %zu shares",
                  t->what, split.n);
}
END_TEST

static const struct {
    const char *what;
    int64_t available;
    struct item items[MOST];
    struct cash_ask asks[MOST];
    struct cash_refusal expected;
} refusal_cases[] = {
    {"a cent above what is open", 100, {{1, 60, 5, NULL}}, {{1, 61}}, {0, CASH_OVER_OPEN, 60}},
    {"a cent above what is there", 60, {{1, 70, 5, NULL}}, {{1, 61}}, {0, CASH_OVER_AVAILABLE, 60}},
    {"a settled invoice", 100, {{2, 60, 5, NULL}}, {{1, 1}}, {0, CASH_OVER_OPEN, 0}},
    {"a settled invoice without an amount",
     100,
     {{2, 60, 5, NULL}},
     {{1, ALL}},
     {0, CASH_OVER_OPEN, 0}},
    {"nothing available", 0, {{1, 60, 5, NULL}}, {{1, ALL}}, {0, CASH_OVER_AVAILABLE, 0}},
    {"the amounts together are too much",
     100,
     {{1, 60, 5, NULL}, {2, 60, 5, NULL}},
     {{1, 60}, {2, 41}},
     {1, CASH_OVER_AVAILABLE, 40}},
    {"nothing is left for the one without an amount",
     100,
     {{1, 60, 5, NULL}, {2, 100, 5, NULL}},
     {{1, ALL}, {2, 100}},
     {0, CASH_OVER_AVAILABLE, 0}},
    {"the second of two",
     100,
     {{1, 60, 5, NULL}, {2, 30, 5, NULL}},
     {{1, 60}, {2, 31}},
     {1, CASH_OVER_OPEN, 30}},
};

START_TEST(an_ask_that_cannot_be_met_is_named_with_its_limit)
{
    struct open_item_list items = items_of(refusal_cases[_i].items,
                                           count_items(refusal_cases[_i].items));
    struct cash_split split = {.total = UNTOUCHED};
    struct cash_refusal refusal = {0};
    const struct cash_refusal *expected = &refusal_cases[_i].expected;
    const char *what = refusal_cases[_i].what;
    for (int oldest = 0; oldest < 2; oldest++) {
        err e = cash_split(arena, refusal_cases[_i].available, refusal_cases[_i].asks,
                           count_asks(refusal_cases[_i].asks), &items, oldest == 1, &split,
                           &refusal);
        ck_assert_msg(e == ERR_AMOUNT_EXCEEDED, "%s: %s", what, err_slug(e));
        ck_assert_msg(refusal.ask == expected->ask, "%s: ask %zu", what, refusal.ask);
        ck_assert_msg(refusal.why == expected->why, "%s: why", what);
        ck_assert_msg(refusal.limit == expected->limit, "%s: limit %lld", what,
                      (long long)refusal.limit);
        ck_assert_int_eq(split.total, UNTOUCHED);
    }
}
END_TEST

START_TEST(the_first_repeated_invoice_is_found)
{
    static const struct {
        struct cash_ask asks[MOST];
        size_t n, expected;
    } cases[] = {
        {{{0, 0}}, 0, 0},
        {{{1, 5}}, 1, 1},
        {{{2, 5}, {1, 5}}, 2, 2},
        {{{1, 5}, {1, 5}}, 2, 1},
        {{{9, 1}, {7, 1}, {9, 1}, {7, 1}}, 4, 2},
        {{{3, 1}, {2, 1}, {1, 1}, {1, ALL}, {2, 1}, {3, 1}}, 6, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_uint_eq(cash_find_repeated(arena, cases[i].asks, cases[i].n), cases[i].expected);
}
END_TEST

START_TEST(only_unapplied_money_can_be_allocated_or_refunded)
{
    const char *actions[PAYMENT_ACTIONS_MAX] = {0};
    ck_assert_uint_eq(payment_actions("cleared", 1, 0, actions), 0);
    ck_assert_uint_eq(payment_actions("cleared", 0, 0, actions), 1);
    ck_assert_str_eq(actions[0], "return");
    ck_assert_uint_eq(payment_actions("cleared", 1, 1, actions), 2);
    ck_assert_uint_eq(payment_actions("pending", 0, 1, actions), 3);
    ck_assert_str_eq(actions[1], "clear");
    ck_assert_uint_eq(payment_actions("returned", 5, 0, actions), 0);
    ck_assert_uint_eq(payment_actions("cleared", 1, 1, actions), 2);
    ck_assert_str_eq(actions[0], "allocate");
    ck_assert_str_eq(actions[1], "refund");
}
END_TEST

START_TEST(the_later_of_two_days_counts_and_a_missing_one_is_earliest)
{
    ck_assert_int_eq(later_date(5, 7), 7);
    ck_assert_int_eq(later_date(7, 5), 7);
    ck_assert_int_eq(later_date(NIL32, -9000), -9000);
}
END_TEST

static uint64_t seed = 0x9E3779B97F4A7C15U;

static int64_t random_below(int64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed >> 1) % n;
}

/* Nothing is given twice, no side gives more than it has, exact asks are exact, and money stays
 * unapplied only when no reachable invoice is open. */
static void check_split(int64_t available, const struct open_item_list *items,
                        const struct cash_ask *asks, size_t n_asks, bool oldest_due,
                        const struct cash_split *split)
{
    int64_t total = 0, *given = ARENA_ARRAY(arena, int64_t, items->n);
    for (size_t i = 0; i < split->n; i++) {
        struct open_item *item = open_item_find(items, split->v[i].invoice_id);
        ck_assert_ptr_nonnull(item);
        size_t index = (size_t)(item - items->v);
        ck_assert_int_gt(split->v[i].amount, 0);
        ck_assert_int_le(split->v[i].amount, item->open_amount);
        ck_assert_int_eq(given[index], 0);
        given[index] = split->v[i].amount;
        total += split->v[i].amount;
    }
    ck_assert_int_eq(total, split->total);
    ck_assert_int_le(total, available);
    for (size_t i = 0; i < n_asks; i++) {
        ck_assert_int_eq(split->v[i].invoice_id, asks[i].invoice_id);
        if (asks[i].amount != ALL)
            ck_assert_int_eq(split->v[i].amount, asks[i].amount);
    }
    for (size_t i = n_asks + 1; i < split->n; i++)
        ck_assert_int_le(open_item_find(items, split->v[i - 1].invoice_id)->due_date,
                         open_item_find(items, split->v[i].invoice_id)->due_date);
    if (!oldest_due || total == available)
        return;
    for (size_t i = 0; i < items->n; i++) {
        bool named = false;
        for (size_t j = 0; j < n_asks; j++)
            named |= asks[j].invoice_id == items->v[i].id;
        if (!named)
            ck_assert_int_eq(given[i], items->v[i].open_amount);
    }
}

START_TEST(no_side_ever_gives_more_than_it_has)
{
    int served = 0, refused = 0;
    for (int round = 0; round < 20000; round++) {
        struct arena_mark mark = arena_mark(arena);
        struct item made[MOST];
        struct cash_ask asks[MOST];
        size_t n = (size_t)random_below(MOST), n_asks = 0;
        for (size_t i = 0; i < n; i++) {
            made[i] = (struct item){(int64_t)i * 3 + 1, 1 + random_below(100),
                                    (int32_t)random_below(4), NULL};
            if (random_below(3) == 0)
                asks[n_asks++] = (struct cash_ask){
                    made[i].id, random_below(2) == 0 ? ALL : 1 + random_below(60)};
        }
        struct open_item_list items = items_of(made, n);
        int64_t available = 1 + random_below(300);
        bool oldest_due = random_below(2) == 0;
        struct cash_split split;
        struct cash_refusal refusal = {.ask = MOST};
        err e = cash_split(arena, available, asks, n_asks, &items, oldest_due, &split, &refusal);
        if (e == OK) {
            served++;
            check_split(available, &items, asks, n_asks, oldest_due, &split);
        } else {
            refused++;
            ck_assert_int_eq(e, ERR_AMOUNT_EXCEEDED);
            ck_assert_uint_lt(refusal.ask, n_asks);
            ck_assert_int_ge(refusal.limit, 0);
            ck_assert(asks[refusal.ask].amount == ALL ? refusal.limit == 0
                                                      : refusal.limit < asks[refusal.ask].amount);
        }
        arena_rewind(arena, mark);
    }
    ck_assert_int_gt(served, 5000);
    ck_assert_int_gt(refused, 1000);
}
END_TEST

START_TEST(ten_thousand_invoices_are_split_at_once)
{
    enum { N = 10000 };
    struct item *made = ARENA_ARRAY(arena, struct item, N);
    struct cash_ask *asks = ARENA_ARRAY(arena, struct cash_ask, N / 2);
    for (int i = 0; i < N; i++)
        made[i] = (struct item){i + 1, 100, (N - i) % 365, NULL};
    for (int i = 0; i < N / 2; i++)
        asks[i] = (struct cash_ask){2 * i + 1, 50};
    struct open_item_list items = items_of(made, N);
    struct cash_split split;
    struct cash_refusal refusal;
    ck_assert_int_eq(cash_split(arena, INT64_MAX, asks, N / 2, &items, true, &split, &refusal), OK);
    ck_assert_uint_eq(split.n, N);
    ck_assert_int_eq(split.total, N / 2 * 50 + N / 2 * 100);
    ck_assert_uint_eq(cash_find_repeated(arena, asks, N / 2), N / 2);
}
END_TEST

START_TEST(the_oldest_debts_beyond_the_most_of_a_request_wait_for_the_next)
{
    enum { N = ALLOCATIONS_PER_REQUEST_MAX + 2 };
    struct item *made = ARENA_ARRAY(arena, struct item, N);
    for (int i = 0; i < N; i++)
        made[i] = (struct item){i + 1, 1, N - i, NULL};
    const struct cash_ask ask = {1, 1};
    struct open_item_list items = items_of(made, N);
    struct cash_split split;
    struct cash_refusal refusal;
    ck_assert_int_eq(cash_split(arena, INT64_MAX, &ask, 1, &items, true, &split, &refusal), OK);
    ck_assert_uint_eq(split.n, 1 + ALLOCATIONS_PER_REQUEST_MAX);
    ck_assert_int_eq(split.v[1].invoice_id, N);
    ck_assert_int_eq(split.v[split.n - 1].invoice_id, 3);
}
END_TEST

START_TEST(a_status_follows_from_the_amounts)
{
    ck_assert_str_eq(payment_status("cleared", 10, 0, 10), "unallocated");
    ck_assert_str_eq(payment_status("cleared", 10, 4, 6), "unallocated");
    ck_assert_str_eq(payment_status("cleared", 10, 4, 5), "partly_allocated");
    ck_assert_str_eq(payment_status("cleared", 10, 4, 0), "allocated");
    ck_assert_str_eq(payment_status("cleared", 10, 10, 0), "refunded");
    ck_assert_str_eq(payment_status("returned", 10, 10, 0), "returned");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cash rules");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, money_goes_where_it_was_asked_to_go_and_then_to_the_oldest_debt, 0,
                        (int)COUNT_OF(split_cases));
    tcase_add_loop_test(t, an_ask_that_cannot_be_met_is_named_with_its_limit, 0,
                        (int)COUNT_OF(refusal_cases));
    tcase_add_test(t, the_first_repeated_invoice_is_found);
    tcase_add_test(t, only_unapplied_money_can_be_allocated_or_refunded);
    tcase_add_test(t, the_later_of_two_days_counts_and_a_missing_one_is_earliest);
    tcase_add_test(t, no_side_ever_gives_more_than_it_has);
    tcase_add_test(t, ten_thousand_invoices_are_split_at_once);
    tcase_add_test(t, the_oldest_debts_beyond_the_most_of_a_request_wait_for_the_next);
    tcase_add_test(t, a_status_follows_from_the_amounts);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
