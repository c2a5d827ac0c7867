/* The rules of invoices and credit notes: shares, claims, caps, states. */
#include "server/invoices/rules.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define Q(n) (INT64_C(1000000) * (n))
#define VAT19 INT64_C(19000000)

static struct arena *arena;

static void arena_begin(void)
{
    arena = arena_new((size_t)64 << 20);
}

static void arena_end(void)
{
    arena_free(arena);
}

static uint32_t seed = 12345;
static int64_t dice(int64_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (int64_t)(seed >> 8) % sides;
}

/* ---- orders as they come in ---- */

struct sketch {
    struct order_line lines[8];
    struct shipment_line_state goods[16];
    struct shipment_state shipments[8];
    struct order_state order;
    struct shipment_state_list list;
};

static struct order_line stock_line(int64_t no, int64_t quantity, int64_t shipped, int64_t net)
{
    return (struct order_line){.line_no = no,
                               .kind = "stock",
                               .quantity = quantity,
                               .shipped = shipped,
                               .net = net,
                               .tax_code_id = 1,
                               .tax_rate = VAT19};
}

static void order_of(struct sketch *s, size_t n_lines, size_t n_shipments)
{
    s->order = (struct order_state){
        .id = 77, .status = "confirmed", .lines = s->lines, .n_lines = n_lines};
    s->list = (struct shipment_state_list){s->shipments, n_shipments};
}

/* One shipment with one line. */
static void ship(struct sketch *s, size_t i, const char *status, int64_t order_line,
                 int64_t quantity)
{
    s->goods[i] = (struct shipment_line_state){.shipment_id = 100 + (int64_t)i,
                                               .line_no = 1,
                                               .order_id = 77,
                                               .order_line_no = order_line,
                                               .quantity = quantity};
    s->shipments[i] = (struct shipment_state){.id = 100 + (int64_t)i,
                                              .order_id = 77,
                                              .status = status,
                                              .lines = &s->goods[i],
                                              .n_lines = 1};
}

START_TEST(the_oldest_shipment_is_claimed_first_and_both_guards_move)
{
    struct sketch s = {.lines = {stock_line(1, Q(10), Q(7), 1000)}};
    ship(&s, 0, "delivered", 1, Q(3));
    ship(&s, 1, "shipped", 1, Q(4));
    ship(&s, 2, "draft", 1, Q(3));
    order_of(&s, 1, 3);
    struct claims k;
    int64_t available = -1;
    claims_init(&k, arena, &s.order, &s.list);
    ck_assert_int_eq(claims_take(&k, &s.lines[0], NIL64, NIL64, Q(5), &available), OK);
    ck_assert_uint_eq(k.n_parts, 2);
    ck_assert_int_eq(k.parts[0].quantity, Q(3));
    ck_assert_int_eq(k.parts[1].quantity, Q(2));
    ck_assert_int_eq(s.goods[0].invoiced, Q(3));
    ck_assert_int_eq(s.goods[1].invoiced, Q(2));
    ck_assert_int_eq(s.goods[2].invoiced, 0);
    ck_assert_int_eq(s.lines[0].invoiced, Q(5));
    ck_assert_int_eq(claims_take(&k, &s.lines[0], NIL64, NIL64, Q(3), &available),
                     ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(available, Q(2));
    ck_assert_int_eq(s.lines[0].invoiced, Q(5));
}
END_TEST

START_TEST(a_named_shipment_gives_only_its_own_goods)
{
    struct sketch s = {.lines = {stock_line(1, Q(10), Q(7), 1000)}};
    ship(&s, 0, "shipped", 1, Q(3));
    ship(&s, 1, "shipped", 1, Q(4));
    order_of(&s, 1, 2);
    struct claims k;
    int64_t available = -1;
    claims_init(&k, arena, &s.order, &s.list);
    ck_assert_int_eq(claims_take(&k, &s.lines[0], 101, NIL64, Q(5), &available),
                     ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(available, Q(4));
    ck_assert_int_eq(claims_take(&k, &s.lines[0], 101, 2, Q(1), &available), ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(available, 0);
    ck_assert_int_eq(claims_take(&k, &s.lines[0], 101, 1, NIL64, &available), OK);
    ck_assert_int_eq(claims_take(&k, &s.lines[0], 101, NIL64, NIL64, &available), OK);
    claims_finish(&k);
    ck_assert_uint_eq(k.n_parts, 1);
    ck_assert_int_eq(k.parts[0].quantity, Q(4));
    ck_assert_int_eq(k.parts[0].goods->shipment_id, 101);
    ck_assert_int_eq(s.goods[0].invoiced, 0);
}
END_TEST

START_TEST(services_are_claimed_without_a_shipment_but_not_while_the_order_is_held)
{
    struct sketch s = {.lines = {{.line_no = 1,
                                  .kind = "service",
                                  .quantity = Q(8),
                                  .canceled = Q(2),
                                  .invoiced = Q(1)}}};
    order_of(&s, 1, 0);
    struct claims k;
    int64_t available = -1;
    claims_init(&k, arena, &s.order, &s.list);
    ck_assert_int_eq(claims_take(&k, &s.lines[0], NIL64, NIL64, Q(5) + 1, &available),
                     ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(available, Q(5));
    ck_assert_int_eq(claims_take(&k, &s.lines[0], 100, NIL64, Q(1), &available),
                     ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(available, 0);
    s.order.status = "on_hold";
    ck_assert_int_eq(claims_take(&k, &s.lines[0], NIL64, NIL64, NIL64, &available), OK);
    ck_assert_uint_eq(k.n_parts, 0);
    s.order.status = "confirmed";
    ck_assert_int_eq(claims_take(&k, &s.lines[0], NIL64, NIL64, NIL64, &available), OK);
    ck_assert_int_eq(s.lines[0].invoiced, Q(6));
}
END_TEST

START_TEST(parts_asked_for_twice_become_one_and_stand_in_order)
{
    struct sketch s = {.lines = {stock_line(1, Q(5), Q(5), 500), stock_line(2, Q(5), Q(5), 700)}};
    ship(&s, 0, "shipped", 2, Q(5));
    ship(&s, 1, "shipped", 1, Q(5));
    order_of(&s, 2, 2);
    struct claims k;
    int64_t available;
    claims_init(&k, arena, &s.order, &s.list);
    ck_assert_int_eq(claims_take(&k, &s.lines[1], NIL64, NIL64, Q(1), &available), OK);
    ck_assert_int_eq(claims_take(&k, &s.lines[0], NIL64, NIL64, Q(2), &available), OK);
    ck_assert_int_eq(claims_take(&k, &s.lines[1], NIL64, NIL64, Q(3), &available), OK);
    claims_finish(&k);
    ck_assert_uint_eq(k.n_parts, 2);
    ck_assert_int_eq(k.parts[0].line->line_no, 1);
    ck_assert_int_eq(k.parts[0].quantity, Q(2));
    ck_assert_int_eq(k.parts[1].line->line_no, 2);
    ck_assert_int_eq(k.parts[1].quantity, Q(4));
}
END_TEST

/* ---- shares ---- */

/* Invoices a line piece by piece; now and then a living invoice is voided. */
static void invoice_at_random(int64_t net, int64_t quantity)
{
    struct order_line line = {.quantity = quantity, .net = net};
    int64_t quantities[64], nets[64], invoiced = 0, sum = 0;
    size_t n = 0;
    for (int step = 0; invoiced < quantity; step++) {
        if (n > 0 && (n == 63 || (step < 60 && dice(4) == 0))) {
            size_t gone = (size_t)dice((int64_t)n);
            invoiced -= quantities[gone];
            sum -= nets[gone];
            quantities[gone] = quantities[--n];
            nets[gone] = nets[n];
            continue;
        }
        int64_t q = step > 80 ? quantity - invoiced : 1 + dice(quantity - invoiced);
        ck_assert_int_eq(invoice_share(&line, invoiced + q, sum, (enum rounding)dice(3), &nets[n]),
                         OK);
        ck_assert_int_ge(nets[n], 0);
        quantities[n] = q;
        invoiced += q;
        sum += nets[n++];
        ck_assert_int_le(sum, net);
    }
    ck_assert_int_eq(sum, net);
}

START_TEST(partial_invoices_add_up_to_the_order_line_whatever_is_voided_in_between)
{
    for (int i = 0; i < 5000; i++)
        invoice_at_random(dice(1000), 1 + dice(i % 2 ? 20 : 5000000));
    invoice_at_random(INT64_C(900000000000000000), INT64_C(1000000000000000));
}
END_TEST

/* Orders n lines of quantity 1 with these prices, ships and invoices them at once. */
static struct totals invoice_whole(const int64_t *prices, size_t n, int64_t rate, bool per_line,
                                   struct totals *ret_order)
{
    struct order_line *lines = ARENA_ARRAY(arena, struct order_line, n);
    struct totals_line *ordered = ARENA_ARRAY(arena, struct totals_line, n);
    for (size_t i = 0; i < n; i++)
        ordered[i] = (struct totals_line){.quantity = Q(1),
                                          .unit_price = prices[i],
                                          .tax_code_id = 1,
                                          .tax_rate = rate,
                                          .net = NIL64};
    ck_assert_int_eq(totals_compute(ordered, n, 2, ROUND_HALF_UP, per_line, ret_order), OK);
    for (size_t i = 0; i < n; i++)
        lines[i] = (struct order_line){.line_no = (int64_t)i + 1,
                                       .kind = "service",
                                       .quantity = Q(1),
                                       .unit_price = prices[i],
                                       .tax_code_id = 1,
                                       .tax_rate = rate,
                                       .net = ordered[i].net};
    struct order_state order = {.id = 77, .status = "confirmed", .lines = lines, .n_lines = n};
    struct shipment_state_list none = {0};
    struct claims k;
    int64_t available;
    claims_init(&k, arena, &order, &none);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(claims_take(&k, &lines[i], NIL64, NIL64, NIL64, &available), OK);
    claims_finish(&k);
    struct invoiced_net_list before = {0};
    struct invoice_line_list out;
    struct totals t;
    ck_assert_int_eq(claims_price(&k, &before, 2, ROUND_HALF_UP, per_line, &out, &t), OK);
    ck_assert_uint_eq(out.n, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(out.v[i].net, ordered[i].net);
        ck_assert_int_eq(out.v[i].tax, ordered[i].tax);
    }
    return t;
}

START_TEST(an_order_and_its_invoice_show_the_same_totals)
{
    static const int64_t prices[] = {5095200000, 523200000, 80640000,
                                     54120000,   182000000, 186200000};
    struct totals order;
    struct totals t = invoice_whole(prices, COUNT_OF(prices), 7000000, true, &order);
    ck_assert_int_eq(t.net, 612136);
    ck_assert_int_eq(t.tax, 42848);
    ck_assert_int_eq(order.tax, 42848);
    t = invoice_whole(prices, COUNT_OF(prices), 7000000, false, &order);
    ck_assert_int_eq(t.net, 612136);
    ck_assert_int_eq(t.tax, 42850);
    ck_assert_int_eq(order.tax, 42850);
}
END_TEST

START_TEST(a_line_shipped_in_parts_costs_as_much_as_whole)
{
    struct sketch s = {.lines = {stock_line(1, Q(3), Q(3), 1000)}};
    s.lines[0].unit_price = 3333333;
    ship(&s, 0, "shipped", 1, Q(1));
    ship(&s, 1, "shipped", 1, Q(1));
    ship(&s, 2, "shipped", 1, Q(1));
    order_of(&s, 1, 3);
    struct claims k;
    int64_t available;
    claims_init(&k, arena, &s.order, &s.list);
    ck_assert_int_eq(claims_take(&k, &s.lines[0], NIL64, NIL64, NIL64, &available), OK);
    claims_finish(&k);
    struct invoiced_net_list before = {0};
    struct invoice_line_list out;
    struct totals t;
    ck_assert_int_eq(claims_price(&k, &before, 2, ROUND_HALF_UP, false, &out, &t), OK);
    ck_assert_uint_eq(out.n, 3);
    ck_assert_int_eq(t.net, 1000);
    ck_assert_int_eq(t.tax, 190);
    ck_assert_int_eq(out.v[0].net, 334);
    ck_assert_int_eq(out.v[1].net, 333);
    ck_assert_int_eq(out.v[2].net, 333);
    ck_assert_int_eq(out.v[0].tax, 64);
    ck_assert_int_eq(out.v[1].tax, 63);
    ck_assert_int_eq(out.v[2].tax, 63);
    ck_assert_int_eq(out.v[2].shipment_id, 102);
    ck_assert_int_eq(out.v[2].line_no, 3);
}
END_TEST

START_TEST(what_living_invoices_took_is_left_out_of_the_next)
{
    struct sketch s = {.lines = {stock_line(1, Q(3), Q(3), 1000)}};
    s.lines[0].invoiced = Q(2);
    ship(&s, 0, "shipped", 1, Q(3));
    s.goods[0].invoiced = Q(2);
    order_of(&s, 1, 1);
    struct claims k;
    int64_t available;
    claims_init(&k, arena, &s.order, &s.list);
    ck_assert_int_eq(claims_take(&k, &s.lines[0], NIL64, NIL64, NIL64, &available), OK);
    claims_finish(&k);
    struct invoiced_net took = {1, 667};
    struct invoiced_net_list before = {&took, 1};
    struct invoice_line_list out;
    struct totals t;
    ck_assert_int_eq(claims_price(&k, &before, 2, ROUND_HALF_UP, false, &out, &t), OK);
    ck_assert_int_eq(t.net, 333);
    ck_assert_int_eq(t.tax, 63);
}
END_TEST

/* ---- credit notes ---- */

static struct invoice_line invoiced(int64_t no, int64_t quantity, int64_t net, int64_t tax)
{
    return (struct invoice_line){.line_no = no,
                                 .quantity = quantity,
                                 .net = net,
                                 .tax = tax,
                                 .tax_code_id = 1,
                                 .tax_rate = VAT19};
}

static struct credit_note_line back(int64_t no, int64_t quantity)
{
    return (struct credit_note_line){
        .invoice_line_no = no, .quantity = quantity, .credited_quantity = quantity};
}

static struct credit_note_line less(int64_t no, int64_t net)
{
    return (struct credit_note_line){.invoice_line_no = no, .quantity = Q(1), .net = net};
}

static err credit(struct invoice_line *lines, size_t n_lines, struct credit_note_line *l, size_t n,
                  struct totals *t)
{
    struct invoice_line_list list = {lines, n_lines};
    size_t at;
    err e = credit_amounts(&list, l, n, 2, ROUND_HALF_UP, false, t, &at);
    for (size_t i = 0; e == OK && i < n; i++) {
        struct invoice_line *of = invoice_line_find(&list, l[i].invoice_line_no);
        of->credited_quantity += l[i].credited_quantity;
        of->credited_net += l[i].net;
        of->credited_tax += l[i].tax;
    }
    return e;
}

START_TEST(the_last_credit_takes_the_remainder)
{
    struct invoice_line line = invoiced(1, Q(3), 1000, 190);
    static const int64_t nets[] = {333, 334, 333}, taxes[] = {63, 63, 64};
    for (size_t i = 0; i < 3; i++) {
        struct credit_note_line l = back(1, Q(1));
        struct totals t;
        ck_assert_int_eq(credit(&line, 1, &l, 1, &t), OK);
        ck_assert_int_eq(t.net, nets[i]);
        ck_assert_int_eq(t.tax, taxes[i]);
        ck_assert_int_eq(t.gross, nets[i] + taxes[i]);
    }
    ck_assert_int_eq(line.credited_net, 1000);
    ck_assert_int_eq(line.credited_tax, 190);
}
END_TEST

START_TEST(more_than_the_invoice_is_never_credited)
{
    struct invoice_line line = invoiced(1, Q(3), 1000, 190);
    struct totals t;
    struct credit_note_line l = back(1, Q(3) + 1);
    ck_assert_int_eq(credit(&line, 1, &l, 1, &t), ERR_QUANTITY_EXCEEDED);
    l = less(1, 1001);
    ck_assert_int_eq(credit(&line, 1, &l, 1, &t), ERR_AMOUNT_EXCEEDED);
    l = less(1, 400);
    ck_assert_int_eq(credit(&line, 1, &l, 1, &t), OK);
    ck_assert_int_eq(t.tax, 76);
    l = less(1, 601);
    ck_assert_int_eq(credit(&line, 1, &l, 1, &t), ERR_AMOUNT_EXCEEDED);
    l = back(1, Q(3));
    ck_assert_int_eq(credit(&line, 1, &l, 1, &t), OK);
    ck_assert_int_eq(t.net, 600);
    ck_assert_int_eq(t.tax, 114);
    l = back(1, 1);
    ck_assert_int_eq(credit(&line, 1, &l, 1, &t), ERR_QUANTITY_EXCEEDED);
}
END_TEST

/* Tax of each part rounded up anew would pass the invoice's by a cent. */
START_TEST(tax_of_the_parts_never_passes_the_tax_of_the_invoice)
{
    struct invoice_line line = invoiced(1, Q(2), 26, 5); /* 26 x 19 % = 4.94 */
    struct credit_note_line l = less(1, 13);             /* 13 x 19 % = 2.47 */
    struct totals t;
    ck_assert_int_eq(credit(&line, 1, &l, 1, &t), OK);
    ck_assert_int_eq(t.tax, 2);
    l = less(1, 13);
    ck_assert_int_eq(credit(&line, 1, &l, 1, &t), OK);
    ck_assert_int_eq(t.tax, 3);

    line = invoiced(1, Q(4), 12, 2);  /* 12 x 19 % = 2.28 */
    for (int64_t i = 0; i < 4; i++) { /* 3 x 19 % = 0.57, four times 1 */
        l = back(1, Q(1));
        ck_assert_int_eq(credit(&line, 1, &l, 1, &t), OK);
        ck_assert_int_eq(t.tax, i < 2);
    }
    ck_assert_int_eq(line.credited_tax, 2);
}
END_TEST

START_TEST(any_series_of_credits_ends_at_the_invoice_exactly)
{
    for (int round = 0; round < 3000; round++) {
        struct invoice_line line = invoiced(1, 1 + dice(Q(5)), dice(5000), 0);
        ck_assert_int_eq(money_percent(line.net, VAT19, ROUND_HALF_UP, &line.tax), OK);
        while (line.credited_quantity < line.quantity) {
            int64_t left = line.quantity - line.credited_quantity;
            int64_t left_net = line.net - line.credited_net;
            struct credit_note_line l = back(1, dice(3) == 0 ? left : 1 + dice(left));
            if (left_net > 0 && dice(3) == 0)
                l = less(1, 1 + dice(left_net));
            struct totals t;
            ck_assert_int_eq(credit(&line, 1, &l, 1, &t), OK);
            ck_assert_int_ge(t.net, 0);
            ck_assert_int_ge(t.tax, 0);
            ck_assert_int_le(line.credited_net, line.net);
            ck_assert_int_le(line.credited_tax, line.tax);
        }
        ck_assert_int_eq(line.credited_net, line.net);
        ck_assert_int_eq(line.credited_tax, line.tax);
    }
}
END_TEST

START_TEST(a_full_credit_takes_the_tax_of_every_line_as_it_was_spread)
{
    struct invoice_line lines[] = {invoiced(1, Q(1), 5, 1), invoiced(2, Q(1), 5, 1),
                                   invoiced(3, Q(1), 5, 1)};
    struct credit_note_line all[] = {back(1, Q(1)), back(2, Q(1)), back(3, Q(1))};
    struct totals t;
    ck_assert_int_eq(credit(lines, 3, all, 3, &t), OK);
    ck_assert_int_eq(t.net, 15);
    ck_assert_int_eq(t.tax, 3);
}
END_TEST

/* ---- states ---- */

START_TEST(the_open_amount_decides_the_status)
{
    ck_assert_str_eq(invoice_status_of(100, 100), "finalized");
    ck_assert_str_eq(invoice_status_of(100, 99), "partially_paid");
    ck_assert_str_eq(invoice_status_of(100, 1), "partially_paid");
    ck_assert_str_eq(invoice_status_of(100, 0), "paid");
    ck_assert_str_eq(invoice_status_of(0, 0), "paid");
}
END_TEST

START_TEST(events_tell_progress_and_falling_back)
{
    static const struct {
        const char *was, *now, *event;
    } cases[] = {
        {"finalized", "finalized", NULL},
        {"finalized", "partially_paid", "invoice.partially_paid"},
        {"partially_paid", "partially_paid", "invoice.partially_paid"},
        {"finalized", "paid", "invoice.paid"},
        {"partially_paid", "paid", "invoice.paid"},
        {"paid", "paid", NULL},
        {"paid", "partially_paid", "invoice.reopened"},
        {"paid", "finalized", "invoice.reopened"},
        {"partially_paid", "finalized", "invoice.reopened"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *event = invoice_settled_event(cases[i].was, cases[i].now);
        if (cases[i].event == NULL)
            ck_assert_ptr_null(event);
        else
            ck_assert_str_eq(event, cases[i].event);
    }
}
END_TEST

START_TEST(only_an_untouched_invoice_can_be_voided)
{
    ck_assert(invoice_can_void("draft", 100, 0, 0));
    ck_assert(invoice_can_void("finalized", 100, 100, 0));
    ck_assert(!invoice_can_void("finalized", 100, 100, 1));
    ck_assert(!invoice_can_void("partially_paid", 100, 99, 0));
    ck_assert(!invoice_can_void("paid", 100, 0, 0));
    ck_assert(invoice_can_void("paid", 0, 0, 0));
    ck_assert(!invoice_can_void("void", 100, 100, 0));
    ck_assert(!invoice_can_void("canceled", 100, 100, 0));
}
END_TEST

START_TEST(the_tax_summary_groups_by_code_and_rate)
{
    const struct totals_line lines[] = {
        {.tax_code_id = 2, .tax_rate = 7000000, .net = 100, .tax = 7},
        {.tax_code_id = 1, .tax_rate = VAT19, .net = 200, .tax = 38},
        {.tax_code_id = 2, .tax_rate = 7000000, .net = 50, .tax = 4},
        {.tax_code_id = 2, .tax_rate = 5000000, .net = 20, .tax = 1},
    };
    struct tax_summary_list list = tax_summary_of(arena, lines, COUNT_OF(lines));
    ck_assert_uint_eq(list.n, 3);
    ck_assert_int_eq(list.v[0].tax_code_id, 1);
    ck_assert_int_eq(list.v[0].tax, 38);
    ck_assert_int_eq(list.v[1].tax_rate, 5000000);
    ck_assert_int_eq(list.v[2].net, 150);
    ck_assert_int_eq(list.v[2].tax, 11);
    ck_assert_uint_eq(tax_summary_of(arena, lines, 0).n, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("invoices");
    TCase *t = tcase_create("rules");
    tcase_add_checked_fixture(t, arena_begin, arena_end);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_oldest_shipment_is_claimed_first_and_both_guards_move);
    tcase_add_test(t, a_named_shipment_gives_only_its_own_goods);
    tcase_add_test(t, services_are_claimed_without_a_shipment_but_not_while_the_order_is_held);
    tcase_add_test(t, parts_asked_for_twice_become_one_and_stand_in_order);
    tcase_add_test(t, partial_invoices_add_up_to_the_order_line_whatever_is_voided_in_between);
    tcase_add_test(t, an_order_and_its_invoice_show_the_same_totals);
    tcase_add_test(t, a_line_shipped_in_parts_costs_as_much_as_whole);
    tcase_add_test(t, what_living_invoices_took_is_left_out_of_the_next);
    tcase_add_test(t, the_last_credit_takes_the_remainder);
    tcase_add_test(t, more_than_the_invoice_is_never_credited);
    tcase_add_test(t, tax_of_the_parts_never_passes_the_tax_of_the_invoice);
    tcase_add_test(t, any_series_of_credits_ends_at_the_invoice_exactly);
    tcase_add_test(t, a_full_credit_takes_the_tax_of_every_line_as_it_was_spread);
    tcase_add_test(t, the_open_amount_decides_the_status);
    tcase_add_test(t, events_tell_progress_and_falling_back);
    tcase_add_test(t, only_an_untouched_invoice_can_be_voided);
    tcase_add_test(t, the_tax_summary_groups_by_code_and_rate);
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
