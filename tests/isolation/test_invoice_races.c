/* Invoices that race: for their numbers, and for the same draft. */
#include "lib/base/id.h"
#include "server/invoices/invoices.h"
#include "server/shipments/shipments.h"
#include "tests/isolation/goods.h"

/* A draft of that gross without tax, as if it had been made for free lines; dated TODAY - age. */
static void given_draft(int id, int gross, int age)
{
    char sql[1200];
    snprintf(sql, sizeof sql,
             "INSERT INTO invoice (tenant_id, id, customer_id, credit_account_id, status, currency,"
             " invoice_date, due_date, payment_terms_days, rounding, tax_rounding, net, tax, gross,"
             " line_count, created_at, updated_at) VALUES (1, %d, 1, 1, 'draft', 'EUR',"
             " date '1970-01-01' + %d, date '1970-01-01' + %d, 0, 'half_up', 'per_document', %d, 0,"
             " %d, 1, now(), now());"
             "INSERT INTO invoice_line (tenant_id, invoice_id, line_no, description, quantity,"
             " unit_price, discount_percent, tax_code_id, tax_rate, net, tax, gross)"
             " VALUES (1, %d, 1, 'Work', 1000000, 0, 0, 1, 0, %d, 0, %d);"
             "UPDATE credit_account SET unbilled = unbilled + %d",
             id, TODAY - age, TODAY - age, gross, gross, id, gross, gross, gross);
    fixture_exec(sql);
}

static int64_t numbers_taken(void)
{
    return fixture_int("SELECT coalesce(sum(last), 0) FROM number_series WHERE series = 'invoice'");
}

/* One batch: the drafts id and id + 1, the greater one first when the quantity is odd. */
static err finalize_two(struct tx *tx, struct call *c, const struct act *a)
{
    const struct none in = {0};
    struct invoice out[2];
    struct call calls[2] = {*c, *c};
    struct problem second;
    problem_init(&second, c->problem->arena);
    calls[1].problem = &second;
    for (int i = 0; i < 2; i++)
        calls[i].path_id[0] = a->id + (i ^ (int)(a->quantity & 1));
    struct invoices_finalize_cmd cmds[] = {{&calls[0], &in, &out[0]}, {&calls[1], &in, &out[1]}};
    TRY(invoices_finalize(tx, cmds, 2));
    return calls[0].problem->code == second.code ? second.code : ERR_INTERNAL;
}

START_TEST(batches_that_finalize_the_same_drafts_crosswise_take_one_number_each)
{
    given_draft(300, 1000, 0);
    given_draft(301, 500, 0);
    int64_t before = numbers_taken();
    struct act first = {.run = finalize_two, .id = 300};
    struct act second = {.run = finalize_two, .id = 300, .quantity = 1};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(numbers_taken(), before + 2);
    ck_assert_int_eq(sum_of("version", "invoice WHERE id - 300 IN (0, 1) AND tenant_id", 1), 4);
    ck_assert_int_eq(sum_of("open_amount", "open_item WHERE id - 300 IN (0, 1) AND tenant_id", 1),
                     1500);
}
END_TEST

START_TEST(batches_of_other_drafts_wait_for_the_numbers_only)
{
    for (int id = 310; id < 314; id++)
        given_draft(id, 100, 0);
    fixture_exec("INSERT INTO credit_account (tenant_id, id, currency, unbilled)"
                 " VALUES (1, 9, 'EUR', 200);"
                 "UPDATE invoice SET credit_account_id = 9 WHERE id IN (312, 313)");
    int64_t before = numbers_taken();
    struct act first = {.run = finalize_two, .id = 310};
    struct act second = {.run = finalize_two, .id = 312};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(numbers_taken(), before + 4);
    ck_assert_int_eq(fixture_int("SELECT count(DISTINCT number) FROM invoice"
                                 " WHERE id BETWEEN 310 AND 313"),
                     4);
}
END_TEST

/* ---- one batch ---- */

enum { COMMANDS = 9 };

static const struct {
    int64_t id, if_match;
    err expected;
    const char *detail; /* NULL: whatever */
} batch[COMMANDS] = {
    {320, VERSION_ANY, OK, NULL},
    {320, VERSION_ANY, ERR_WRONG_STATE, "The invoice is finalized; only a draft is finalized."},
    {320, 1, ERR_STALE, NULL},
    {321, 2, ERR_STALE, NULL},
    {999, VERSION_ANY, ERR_NOT_FOUND, "There is no such resource."},
    {322, VERSION_ANY, ERR_PERIOD_LOCKED, NULL},
    {321, 1, OK, NULL},
    {323, VERSION_ANY, OK, NULL}, /* over nothing */
    {323, 2, ERR_WRONG_STATE, "The invoice is paid; only a draft is finalized."},
};

static err run_batch(struct tx *tx, struct call *c, const struct act *a)
{
    (void)a;
    const struct none in = {0};
    struct tenant_facts locked = *c->tenant;
    locked.locked_until = TODAY - 5;
    struct call calls[COMMANDS];
    struct problem problems[COMMANDS];
    struct invoice out[COMMANDS];
    struct invoices_finalize_cmd cmds[COMMANDS];
    for (size_t k = 0; k < COMMANDS; k++) {
        problem_init(&problems[k], c->problem->arena);
        calls[k] = *c;
        calls[k].tenant = &locked;
        calls[k].problem = &problems[k];
        calls[k].path_id[0] = batch[k].id;
        calls[k].if_match = batch[k].if_match;
        cmds[k] = (struct invoices_finalize_cmd){&calls[k], &in, &out[k]};
    }
    TRY(invoices_finalize(tx, cmds, COMMANDS));
    for (size_t k = 0; k < COMMANDS; k++) {
        ck_assert_msg(problems[k].code == batch[k].expected, "command %zu: %d %s", k,
                      problems[k].code, problems[k].detail);
        if (batch[k].detail != NULL)
            ck_assert_str_eq(problems[k].detail, batch[k].detail);
        if (batch[k].expected == OK)
            ck_assert_int_eq(out[k].version, 2);
    }
    ck_assert_str_eq(out[7].status, "paid");
    ck_assert_int_lt(strcmp(out[0].number, out[6].number), 0);
    ck_assert_int_lt(strcmp(out[6].number, out[7].number), 0);
    return OK;
}

START_TEST(in_a_batch_each_finalize_finds_what_those_before_it_left)
{
    given_draft(320, 1000, 0);
    given_draft(321, 500, 0);
    given_draft(322, 100, 10);
    given_draft(323, 0, 0);
    int64_t before = numbers_taken();
    struct act act = {.run = run_batch};
    alone(&act);
    ck_assert_int_eq(act.result, OK);
    ck_assert_int_eq(act.retries, 0);
    ck_assert_int_eq(numbers_taken(), before + 3);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM event WHERE resource = 'invoice'"
                                 " AND resource_id BETWEEN 320 AND 323"),
                     3);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM ledger_transfer"
                                 " WHERE document_id BETWEEN 320 AND 323"),
                     2);
    ck_assert_int_eq(fixture_int("SELECT version FROM invoice WHERE id = 322"), 1);
}
END_TEST

/* ---- invoices of orders ---- */

/* A shipment of that many pieces of line 1 of the order. */
static err ship(struct tx *tx, struct call *c, const struct act *a)
{
    struct shipment_line_new line = {
        .order_id = NIL64, .order_line_no = 1, .quantity = a->quantity};
    struct shipment_new in = {.freight = NIL64,
                              .order_id = a->id,
                              .ship = true,
                              .ship_date = NIL32,
                              .expected_date = NIL32,
                              .lines = {&line, 1}};
    struct shipment out;
    struct shipments_create_cmd cmd = {c, &in, &out};
    TRY(shipments_create(tx, &cmd, 1));
    return c->problem->code;
}

static void given_shipped(int order, int net, int first, int second)
{
    char sql[200];
    given_product(order);
    given_stock(order, 10, 10);
    given_order(order, 10);
    snprintf(sql, sizeof sql, "UPDATE order_line SET net = %d, gross = %d WHERE order_id = %d", net,
             net, order);
    fixture_exec(sql);
    struct act acts[] = {{.run = ship, .id = order, .quantity = Q(first)},
                         {.run = ship, .id = order, .quantity = Q(second)}};
    for (int i = 0; i < 2; i++) {
        alone(&acts[i]);
        ck_assert_int_eq(acts[i].result, OK);
    }
}

static const struct invoice_new nothing_said = {.order_id = NIL64,
                                                .shipment_id = NIL64,
                                                .customer_id = NIL64,
                                                .invoice_date = NIL32,
                                                .payment_terms_days = NIL64};
static const struct invoice_line_new no_line = {.order_line_no = NIL64,
                                                .shipment_id = NIL64,
                                                .shipment_line_no = NIL64,
                                                .product_id = NIL64,
                                                .quantity = NIL64,
                                                .unit_price = NIL64,
                                                .discount_percent = NIL64,
                                                .tax_code_id = NIL64};

/* One batch: of the orders id and id + 1, the greater one first when the quantity is odd; finalized
 * at once. */
static err invoice_two(struct tx *tx, struct call *c, const struct act *a)
{
    struct invoice_new in[2];
    struct invoice out[2];
    struct call calls[2] = {*c, *c};
    struct problem second;
    struct invoice_line_new line = no_line;
    line.order_line_no = 1;
    line.quantity = a->quantity;
    problem_init(&second, c->problem->arena);
    calls[1].problem = &second;
    for (int i = 0; i < 2; i++) {
        in[i] = nothing_said;
        in[i].order_id = a->id + (i ^ (int)(a->quantity & 1));
        in[i].finalize = true;
        in[i].lines = (struct invoice_line_new_list){&line, 1};
    }
    struct invoices_create_cmd cmds[] = {{&calls[0], &in[0], &out[0]},
                                         {&calls[1], &in[1], &out[1]}};
    TRY(invoices_create(tx, cmds, 2));
    return calls[0].problem->code == second.code ? second.code : ERR_INTERNAL;
}

START_TEST(batches_that_invoice_the_same_orders_crosswise_claim_each_piece_once)
{
    given_shipped(400, 1001, 6, 4);
    given_shipped(401, 1001, 6, 4);
    int64_t before = numbers_taken();
    struct act first = {.run = invoice_two, .id = 400, .quantity = Q(4)};
    struct act second = {.run = invoice_two, .id = 400, .quantity = Q(5) + 1};
    struct act third = {.run = invoice_two, .id = 400, .quantity = Q(1)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    race(&second, &third);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(third.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(numbers_taken(), before + 4);
    for (int id = 400; id < 402; id++) {
        ck_assert_int_eq(line_of("invoiced", id), Q(9) + 1);
        ck_assert_int_eq(sum_of("invoiced", "shipment_line WHERE order_id", id), Q(9) + 1);
    }
}
END_TEST

enum { DRAFTS = 10 };

static const struct {
    int order, customer, age;
    int64_t quantity; /* of line 1; 0: everything */
    bool finalize;
    const char *external_id;
    err expected;
} drafts[DRAFTS] = {
    {410, 0, 0, Q(3), true, NULL, OK},
    {410, 0, 0, Q(8), false, NULL, ERR_QUANTITY_EXCEEDED},
    {410, 0, 10, Q(2), true, NULL, ERR_PERIOD_LOCKED}, /* gives back what it had claimed */
    {410, 0, 0, Q(4), false, "x", OK},
    {410, 0, 0, Q(1), false, "x", ERR_EXTERNAL_ID_TAKEN},
    {999, 0, 0, 0, false, NULL, ERR_INVALID},
    {0, 1, 0, Q(1), true, NULL, OK}, /* free lines */
    {0, 999, 0, Q(1), true, NULL, ERR_INVALID},
    {410, 0, 0, 0, true, NULL, OK},
    {410, 0, 0, 0, true, NULL, ERR_QUANTITY_EXCEEDED},
};

static struct invoice_new draft_new(size_t k, struct invoice_line_new *line)
{
    struct invoice_new in = nothing_said;
    *line = no_line;
    line->quantity = drafts[k].quantity;
    if (drafts[k].order != 0) {
        in.order_id = drafts[k].order;
        line->order_line_no = 1;
    } else {
        in.customer_id = drafts[k].customer;
        line->description = "Work";
        line->unit_price = Q(7);
        line->tax_code_id = 1;
    }
    in.external_id = drafts[k].external_id;
    in.finalize = drafts[k].finalize;
    in.invoice_date = TODAY - drafts[k].age;
    if (drafts[k].quantity > 0)
        in.lines = (struct invoice_line_new_list){line, 1};
    return in;
}

static err draft_batch(struct tx *tx, struct call *c, const struct act *a)
{
    (void)a;
    struct tenant_facts locked = *c->tenant;
    locked.locked_until = TODAY - 5;
    struct call calls[DRAFTS];
    struct problem problems[DRAFTS];
    struct invoice_line_new lines[DRAFTS];
    struct invoice_new in[DRAFTS];
    struct invoice out[DRAFTS];
    struct invoices_create_cmd cmds[DRAFTS];
    for (size_t k = 0; k < DRAFTS; k++) {
        problem_init(&problems[k], c->problem->arena);
        calls[k] = *c;
        calls[k].tenant = &locked;
        calls[k].problem = &problems[k];
        in[k] = draft_new(k, &lines[k]);
        cmds[k] = (struct invoices_create_cmd){&calls[k], &in[k], &out[k]};
    }
    TRY(invoices_create(tx, cmds, DRAFTS));
    for (size_t k = 0; k < DRAFTS; k++)
        ck_assert_msg(problems[k].code == drafts[k].expected, "invoice %zu: %d %s", k,
                      problems[k].code, problems[k].detail);
    char holder[ID_TEXT_MAX];
    id_format("inv", out[3].id, holder);
    ck_assert_str_eq(problems[4].conflicting_id, holder);
    /* 1001 for ten: 3, 4 and 3 of them are 300.3, 700.7 less 300, and the rest. */
    ck_assert_int_eq(out[0].net, 300);
    ck_assert_int_eq(out[3].net, 401);
    ck_assert_int_eq(out[8].net, 300);
    ck_assert_ptr_eq(out[3].number, NULL);
    ck_assert_int_lt(strcmp(out[0].number, out[6].number), 0);
    ck_assert_int_lt(strcmp(out[6].number, out[8].number), 0);
    return OK;
}

START_TEST(in_a_batch_each_invoice_finds_what_those_before_it_left)
{
    given_shipped(410, 1001, 6, 4);
    fixture_exec("INSERT INTO tax_rate (tenant_id, tax_code_id, valid_from, rate)"
                 " VALUES (1, 1, '2020-01-01', 0)");
    int64_t before = numbers_taken();
    struct act act = {.run = draft_batch};
    alone(&act);
    ck_assert_int_eq(act.result, OK);
    ck_assert_int_eq(act.retries, 0);
    ck_assert_int_eq(numbers_taken(), before + 3);
    ck_assert_int_eq(line_of("invoiced", 410), Q(10));
    ck_assert_int_eq(sum_of("invoiced", "shipment_line WHERE order_id", 410), Q(10));
    /* A version for each document that changed it: two shipments and three invoices of the order;
     * two invoices of each shipment, whose first 6 pieces went into the first two. */
    ck_assert_int_eq(sum_of("version", "sales_order WHERE id", 410), 6);
    ck_assert_int_eq(fixture_int("SELECT min(version) FROM shipment WHERE order_id = 410"), 3);
    ck_assert_int_eq(fixture_int("SELECT max(version) FROM shipment WHERE order_id = 410"), 3);
}
END_TEST

/* One invoice over the orders id and id + 1. */
static err bill_both(struct tx *tx, struct call *c, const struct act *a)
{
    struct invoice_order_new orders[2];
    struct invoice_new in;
    struct invoice out;
    json_set_all_absent(&invoice_new_type, &in);
    orders[0].order_id = a->id + 1;
    orders[1].order_id = a->id;
    in.orders = (struct invoice_order_new_list){orders, 2};
    in.finalize = true;
    struct invoices_create_cmd cmd = {.call = c, .in = &in, .out = &out};
    TRY(invoices_create(tx, &cmd, 1));
    return c->problem->code;
}

START_TEST(invoices_over_orders_that_overlap_bill_each_order_once)
{
    for (int id = 420; id < 423; id++) {
        given_product(id);
        given_order(id, 0);
    }
    fixture_exec("UPDATE order_line SET kind = 'service', warehouse_id = NULL"
                 " WHERE order_id BETWEEN 420 AND 422");
    int64_t before = numbers_taken();
    struct act first = {.run = bill_both, .id = 420}, second = {.run = bill_both, .id = 421};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(line_of("invoiced", 420), Q(10));
    ck_assert_int_eq(line_of("invoiced", 421), Q(10));
    ck_assert_int_eq(line_of("invoiced", 422), 0);
    ck_assert_int_eq(numbers_taken(), before + 1);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM joint_invoice_order"), 2);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        batches_that_finalize_the_same_drafts_crosswise_take_one_number_each,
        batches_of_other_drafts_wait_for_the_numbers_only,
        in_a_batch_each_finalize_finds_what_those_before_it_left,
        batches_that_invoice_the_same_orders_crosswise_claim_each_piece_once,
        in_a_batch_each_invoice_finds_what_those_before_it_left,
        invoices_over_orders_that_overlap_bill_each_order_once,
    };
    return race_main("races of invoices", open_company, tests, COUNT_OF(tests));
}
