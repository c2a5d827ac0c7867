/* Services that race: one milestone, one record, what is open of a line. */
#include "server/invoices/invoices.h"
#include "server/services/services.h"
#include "tests/isolation/goods.h"

/* ---- what the transactions do ---- */

static err complete(struct tx *tx, struct call *c, const struct act *a)
{
    struct milestone_complete in = {.completed_on = NIL32};
    struct milestone out;
    c->path_id[0] = a->id;
    return milestones_complete(tx, c, &in, &out);
}

static err take_back(struct tx *tx, struct call *c, const struct act *a)
{
    struct milestone_reopen in = {.reason = "not yet"};
    struct milestone out;
    c->path_id[0] = a->id;
    return milestones_reopen(tx, c, &in, &out);
}

static err grant(struct tx *tx, struct call *c, const struct act *a)
{
    struct access_grant_new in = {.order_id = a->id,
                                  .order_line_no = 1,
                                  .quantity = a->quantity,
                                  .starts_at = NIL64,
                                  .ends_at = NIL64};
    struct access_grant out;
    return access_grants_create(tx, c, &in, &out);
}

static err take_away(struct tx *tx, struct call *c, const struct act *a)
{
    struct access_revoke in = {.reason = "left"};
    struct access_grant out;
    c->path_id[0] = a->id;
    return access_grants_revoke(tx, c, &in, &out);
}

static err bill(struct tx *tx, struct call *c, const struct act *a)
{
    struct invoice_new in;
    struct invoice out;
    json_set_all_absent(&invoice_new_type, &in);
    in.order_id = a->id;
    struct invoices_create_cmd cmd = {.call = c, .in = &in, .out = &out};
    TRY(invoices_create(tx, &cmd, 1));
    return c->problem->code;
}

/* One record of the order with an external id; made: whether it was recorded before. */
static err use(struct tx *tx, struct call *c, const struct act *a)
{
    struct usage_record_new in = {.external_id = a->arg,
                                  .order_id = a->id,
                                  .order_line_no = 1,
                                  .quantity = a->quantity,
                                  .used_at = NIL64};
    struct problem problem;
    problem_init(&problem, tx->arena);
    struct call line = *c;
    line.problem = &problem;
    line.in = &in;
    struct bulk_origin origin = {0};
    struct bulk file = {.atomic = true, .lines = &line, .n = 1, .origins = &origin};
    struct usage_reply out;
    TRY(usage_records_create(tx, c, &file, &out));
    ((struct act *)a)->made = out.repeated;
    return OK;
}

/* ---- on what ---- */

/* A confirmed order of 10 of a service that is fulfilled so. */
static void given_services(int id, const char *fulfillment)
{
    char sql[300];
    given_product(id);
    given_order(id, 0);
    snprintf(sql, sizeof sql,
             "UPDATE product SET kind = 'service' WHERE id = %d;"
             "UPDATE order_line SET kind = 'service', fulfillment = '%s', warehouse_id = NULL"
             " WHERE order_id = %d",
             id, fulfillment, id);
    fixture_exec(sql);
}

static void given_milestone(int order, int no, int quantity)
{
    char sql[400];
    snprintf(sql, sizeof sql,
             "INSERT INTO milestone (tenant_id, id, order_id, order_line_no, milestone_no, name,"
             " quantity, net, status, created_at, updated_at)"
             " VALUES (1, %d, %d, 1, %d, 'M', %d000000, %d, 'planned', now(), now())",
             order * 10 + no, order, no, quantity, quantity * 100);
    fixture_exec(sql);
}

START_TEST(a_milestone_is_completed_once)
{
    given_services(10, "milestone");
    given_milestone(10, 1, 6);
    given_milestone(10, 2, 4);
    struct act first = {.run = complete, .id = 101}, second = {.run = complete, .id = 101};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(line_of("shipped", 10), Q(6));
}
END_TEST

START_TEST(a_milestone_is_invoiced_or_reopened_and_not_both)
{
    given_services(20, "milestone");
    given_milestone(20, 1, 10);
    struct act done = {.run = complete, .id = 201};
    alone(&done);
    struct act first = {.run = bill, .id = 20}, second = {.run = take_back, .id = 201};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(line_of("invoiced", 20), Q(10));
}
END_TEST

START_TEST(two_grants_at_once_do_not_give_the_same_seats)
{
    given_services(30, "access");
    struct act first = {.run = grant, .id = 30, .quantity = Q(6)};
    struct act second = {.run = grant, .id = 30, .quantity = Q(6)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(line_of("shipped", 30), Q(6));
}
END_TEST

START_TEST(access_that_is_invoiced_meanwhile_is_not_released)
{
    given_services(40, "access");
    struct act seats = {.run = grant, .id = 40, .quantity = Q(10)};
    alone(&seats);
    ck_assert_int_eq(seats.result, OK);
    struct act first = {.run = bill, .id = 40};
    struct act second = {.run = take_away,
                         .id = fixture_int("SELECT id FROM access_grant WHERE order_id = 40")};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(sum_of("released", "access_grant WHERE order_id", 40), 0);
    ck_assert_int_eq(line_of("shipped", 40), Q(10));
}
END_TEST

START_TEST(usage_with_one_id_counts_once)
{
    given_services(50, "usage");
    struct act first = {.run = use, .id = 50, .quantity = Q(3), .arg = "u-50"};
    struct act second = {.run = use, .id = 50, .quantity = Q(3), .arg = "u-50"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(first.made, 0);
    ck_assert_int_eq(second.made, 1);
    ck_assert_int_eq(line_of("shipped", 50), Q(3));
}
END_TEST

START_TEST(usage_at_once_does_not_go_beyond_the_line)
{
    given_services(60, "usage");
    struct act first = {.run = use, .id = 60, .quantity = Q(6), .arg = "u-61"};
    struct act second = {.run = use, .id = 60, .quantity = Q(6), .arg = "u-62"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_QUANTITY_EXCEEDED);
    ck_assert_int_eq(line_of("shipped", 60), Q(6));
}
END_TEST

START_TEST(a_metered_line_grows_by_both)
{
    given_services(70, "metered");
    int64_t before = fixture_int("SELECT ordered + unbilled FROM credit_account");
    struct act first = {.run = use, .id = 70, .quantity = Q(15), .arg = "u-71"};
    struct act second = {.run = use, .id = 70, .quantity = Q(5), .arg = "u-72"};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(line_of("shipped", 70), Q(20));
    ck_assert_int_eq(line_of("quantity", 70), Q(20));
    ck_assert_int_eq(line_of("gross", 70), 2000);
    ck_assert_int_eq(sum_of("gross", "sales_order WHERE id", 70), 2000);
    ck_assert_int_eq(fixture_int("SELECT ordered + unbilled FROM credit_account"), before + 1000);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_milestone_is_completed_once,
        a_milestone_is_invoiced_or_reopened_and_not_both,
        two_grants_at_once_do_not_give_the_same_seats,
        access_that_is_invoiced_meanwhile_is_not_released,
        usage_with_one_id_counts_once,
        usage_at_once_does_not_go_beyond_the_line,
        a_metered_line_grows_by_both,
    };
    return race_main("service races", open_company, tests, sizeof tests / sizeof tests[0]);
}
