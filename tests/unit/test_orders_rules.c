/* The pure rules of orders: exposure of lines, status from lines, the credit decision, the actions.
 */
#include <check.h>
#undef fail
#include "server/orders/place.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECES(n) ((n)*DECIMAL_ONE)

static struct order_line stock_line(int64_t quantity, int64_t gross)
{
    return (struct order_line){.line_no = 1,
                               .product_id = 7,
                               .warehouse_id = 8,
                               .kind = "stock",
                               .sku = "A",
                               .quantity = PIECES(quantity),
                               .gross = gross};
}

START_TEST(a_fresh_line_is_ordered_exposure_in_full)
{
    struct order_line l = stock_line(3, 1000);
    struct line_exposure e = line_exposure(&l);
    ck_assert_int_eq(e.ordered, 1000);
    ck_assert_int_eq(e.unbilled, 0);
}
END_TEST

START_TEST(the_parts_of_a_line_add_up_to_its_gross_at_every_step)
{
    unsigned short seed[3] = {42, 0, 0};
    for (int round = 0; round < 20000; round++) {
        struct order_line l = stock_line(1 + nrand48(seed) % 50, nrand48(seed) % 100000);
        int64_t pieces = l.quantity / DECIMAL_ONE;
        l.shipped = PIECES(nrand48(seed) % (pieces + 1));
        l.canceled = PIECES(nrand48(seed) % (pieces - l.shipped / DECIMAL_ONE + 1));
        l.invoiced = PIECES(nrand48(seed) % (l.shipped / DECIMAL_ONE + 1));
        struct line_exposure e = line_exposure(&l);
        ck_assert_int_ge(e.ordered, 0);
        ck_assert_int_ge(e.unbilled, 0);
        ck_assert_int_le(e.ordered + e.unbilled, l.gross);
        if (l.canceled == 0 && l.invoiced == 0)
            ck_assert_int_eq(e.ordered + e.unbilled, l.gross);
        if (l.shipped + l.canceled == l.quantity)
            ck_assert_int_eq(e.ordered, 0);
        if (l.invoiced == l.shipped)
            ck_assert_int_eq(e.unbilled, 0);
    }
}
END_TEST

START_TEST(a_service_invoiced_ahead_is_neither_ordered_nor_unbilled)
{
    struct order_line l = stock_line(4, 1000);
    l.kind = "service";
    l.invoiced = PIECES(1);
    struct line_exposure e = line_exposure(&l);
    ck_assert_int_eq(e.ordered, 750);
    ck_assert_int_eq(e.unbilled, 0);
    ck_assert_int_eq(line_open_quantity(&l), PIECES(3));
}
END_TEST

/* erpnext#12354: 250000 of 250000 mm and 0 of 2 pieces read as 99.9992 percent, hence complete. */
START_TEST(mixed_units_never_make_an_order_complete)
{
    struct order_line lines[2] = {stock_line(250000, 100), stock_line(2, 100)};
    lines[0].shipped = lines[0].quantity;
    ck_assert_str_eq(order_status_of_lines(lines, 2), "in_fulfillment");
    lines[1].shipped = PIECES(1);
    lines[1].canceled = PIECES(1);
    ck_assert_str_eq(order_status_of_lines(lines, 2), "fulfilled");
}
END_TEST

START_TEST(the_status_follows_the_lines)
{
    struct order_line l = stock_line(2, 100);
    ck_assert_str_eq(order_status_of_lines(&l, 1), "confirmed");
    l.shipped = PIECES(1);
    ck_assert_str_eq(order_status_of_lines(&l, 1), "in_fulfillment");
    l.shipped = PIECES(2);
    ck_assert_str_eq(order_status_of_lines(&l, 1), "fulfilled");
    l.shipped = 0;
    l.canceled = PIECES(2);
    ck_assert_str_eq(order_status_of_lines(&l, 1), "canceled");
}
END_TEST

struct bench {
    struct arena *arena;
    struct customer_facts customer;
    struct credit_facts credit;
    struct stock_facts stock;
    struct stock_facts_list stocks;
    struct confirm_case k;
};

static void bench_init(struct bench *b, int64_t limit, int64_t on_hand)
{
    *b = (struct bench){.arena = arena_new(1 << 20),
                        .customer = {.id = 1, .currency = "EUR", .status = "active"},
                        .credit = {.id = 2, .currency = "EUR", .credit_limit = limit},
                        .stock = {.product_id = 7, .warehouse_id = 8, .on_hand = PIECES(on_hand)}};
    b->stocks = (struct stock_facts_list){.v = &b->stock, .n = 1};
    b->k = (struct confirm_case){.arena = b->arena,
                                 .credit_mode = "enforce",
                                 .customer = &b->customer,
                                 .payer = &b->customer,
                                 .credit = &b->credit,
                                 .stock = &b->stocks};
}

START_TEST(facts_shrink_as_orders_of_a_batch_consume_them)
{
    struct bench b;
    struct credit_verdict d;
    const char *reason;
    bench_init(&b, 1500, 10);
    struct order_line first = stock_line(4, 1000), second = stock_line(4, 1000);
    ck_assert_int_eq(confirm_decide(&b.k, 1000, &first, 1, &d, &reason), CONFIRM_OK);
    ck_assert_int_eq(b.credit.ordered, 1000);
    ck_assert_int_eq(b.stock.reserved, PIECES(4));
    ck_assert_int_eq(first.reserved, PIECES(4));
    ck_assert_int_eq(confirm_decide(&b.k, 1000, &second, 1, &d, &reason), CONFIRM_HELD);
    ck_assert_str_eq(reason, "The exposure would be 20.00 EUR, the credit limit is 15.00 EUR.");
    ck_assert_int_eq(b.credit.ordered, 1000);
    ck_assert_int_eq(b.stock.reserved, PIECES(4));
    ck_assert_int_eq(second.reserved, 0);
    arena_free(b.arena);
}
END_TEST

START_TEST(an_order_that_lacks_stock_on_its_last_line_consumes_nothing)
{
    struct bench b;
    struct credit_verdict d;
    const char *reason;
    bench_init(&b, NIL64, 10);
    struct order_line lines[2] = {stock_line(6, 100), stock_line(5, 100)};
    lines[1].line_no = 2;
    ck_assert_int_eq(confirm_decide(&b.k, 200, lines, 2, &d, &reason), CONFIRM_NO_STOCK);
    ck_assert_str_eq(reason, "Line 2 wants 5 of A, 4 are available.");
    ck_assert_int_eq(b.stock.reserved, 0);
    ck_assert_int_eq(lines[0].reserved + lines[1].reserved, 0);
    ck_assert_int_eq(b.credit.ordered, 0);
    arena_free(b.arena);
}
END_TEST

START_TEST(a_release_goes_over_the_limit_and_a_blocked_customer_is_held)
{
    struct bench b;
    struct credit_verdict d;
    const char *reason;
    bench_init(&b, 0, 10);
    struct order_line l = stock_line(1, 100);
    b.k.force = true;
    ck_assert_int_eq(confirm_decide(&b.k, 100, &l, 1, &d, &reason), CONFIRM_OK);
    ck_assert(d.exceeded);
    b.k.force = false;
    b.k.credit_mode = "warn";
    l.reserved = 0;
    ck_assert_int_eq(confirm_decide(&b.k, 100, &l, 1, &d, &reason), CONFIRM_OK);
    ck_assert(d.exceeded);
    b.customer.status = "blocked";
    l.reserved = 0;
    ck_assert_int_eq(confirm_decide(&b.k, 100, &l, 1, &d, &reason), CONFIRM_HELD);
    arena_free(b.arena);
}
END_TEST

static const char *joined(const struct string_list *list)
{
    static char out[256];
    out[0] = '\0';
    for (size_t i = 0; i < list->n; i++) {
        size_t len = strlen(out);
        snprintf(out + len, sizeof(out) - len, "%s%s", i ? " " : "", list->v[i]);
    }
    return out;
}

static const struct {
    const char *status;
    bool confirmed, held;
    int64_t shipped, invoiced, canceled; /* of 2 */
    const char *actions;
} action_cases[] = {
    {"draft", false, false, 0, 0, 0, "confirm cancel"},
    {"draft", false, false, 0, 0, 1, "confirm cancel"},
    {"on_hold", false, true, 0, 0, 0, "release hold cancel amend"},
    {"confirmed", true, false, 0, 0, 0, "hold cancel ship amend split"},
    {"confirmed", true, false, 0, 0, 1, "hold cancel ship amend split reopen"},
    {"on_hold", true, true, 1, 0, 0, "release hold cancel amend"},
    {"in_fulfillment", true, false, 1, 0, 0, "hold cancel ship invoice amend split"},
    {"fulfilled", true, false, 2, 1, 0, "invoice amend"},
    {"fulfilled", true, false, 2, 2, 0, "close amend"},
    {"closed", true, false, 2, 2, 0, "reopen"},
    {"canceled", true, false, 0, 0, 2, "reopen"},
};

START_TEST(each_state_allows_exactly_its_actions)
{
    struct arena *a = arena_new(1 << 20);
    struct order_line l = stock_line(2, 100);
    l.shipped = PIECES(action_cases[_i].shipped);
    l.invoiced = PIECES(action_cases[_i].invoiced);
    l.canceled = PIECES(action_cases[_i].canceled);
    struct string_list got = order_actions(a, action_cases[_i].status, action_cases[_i].confirmed,
                                           action_cases[_i].held, &l, 1);
    ck_assert_str_eq(joined(&got), action_cases[_i].actions);
    arena_free(a);
}
END_TEST

START_TEST(what_was_dropped_does_not_come_back)
{
    struct arena *a = arena_new(1 << 20);
    struct order_line lines[2] = {stock_line(2, 100), stock_line(2, 0)};
    lines[1].canceled = lines[1].quantity;
    lines[1].dropped = true;
    struct string_list got = order_actions(a, "confirmed", true, false, lines, 2);
    ck_assert_str_eq(joined(&got), "hold cancel ship amend split");
    arena_free(a);
}
END_TEST

/* An order is confirmed and shipped in one request, invoiced in another and paid in a third. */
START_TEST(events_follow_from_the_act_of_their_request_and_that_from_its_document)
{
    struct order_event_row v[] = {
        {.seq = 1, .resource = "order", .resource_id = 1, .request_id = "a"},
        {.seq = 4, .resource = "order", .resource_id = 1, .request_id = "b"},
        {.seq = 5, .resource = "shipment", .resource_id = 2, .request_id = "b"},
        {.seq = 6, .resource = "shipment", .resource_id = 2, .request_id = "b"},
        {.seq = 8, .resource = "shipment", .resource_id = 2, .request_id = "c"},
        {.seq = 9, .resource = "invoice", .resource_id = 3, .request_id = "d"},
        {.seq = 11, .resource = "invoice", .resource_id = 3, .request_id = "e"},
        {.seq = 12, .resource = "payment", .resource_id = 4, .request_id = "e"},
        {.seq = 13, .resource = "order", .resource_id = 1},
    };
    v[2].parent = v[3].parent = v[4].parent = "order";
    v[2].parent_id = v[3].parent_id = v[4].parent_id = 1;
    v[5].parent = v[6].parent = "shipment";
    v[5].parent_id = v[6].parent_id = 2;
    v[7].parent = "invoice";
    v[7].parent_id = 3;
    const int64_t causes[] = {NIL64, 5, 1, 5, 6, 8, 12, 9, 4};
    const struct order_event_row_list rows = {v, 9};
    for (size_t i = 0; i < rows.n; i++)
        ck_assert_int_eq(order_event_cause(&rows, i), causes[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("orders_rules");
    TCase *t = tcase_create("rules");
    tcase_add_test(t, what_was_dropped_does_not_come_back);
    tcase_add_test(t, events_follow_from_the_act_of_their_request_and_that_from_its_document);
    suite_add_tcase(s, t);
    tcase_add_test(t, a_fresh_line_is_ordered_exposure_in_full);
    tcase_add_test(t, the_parts_of_a_line_add_up_to_its_gross_at_every_step);
    tcase_add_test(t, a_service_invoiced_ahead_is_neither_ordered_nor_unbilled);
    tcase_add_test(t, mixed_units_never_make_an_order_complete);
    tcase_add_test(t, the_status_follows_the_lines);
    tcase_add_test(t, facts_shrink_as_orders_of_a_batch_consume_them);
    tcase_add_test(t, an_order_that_lacks_stock_on_its_last_line_consumes_nothing);
    tcase_add_test(t, a_release_goes_over_the_limit_and_a_blocked_customer_is_held);
    tcase_add_loop_test(t, each_state_allows_exactly_its_actions, 0, (int)COUNT_OF(action_cases));
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
