/* Races for credit: sister companies for the last headroom of their group, orders against limits,
 * accounts and dunning levels, promises against payments, decisions against each other. */
#include "lib/base/decimal.h"
#include "server/cash/cash.h"
#include "server/collections/collections.h"
#include "server/credit/accounts.h"
#include "server/credit/applications.h"
#include "server/credit/bureau.h"
#include "server/invoices/invoices.h"
#include "server/orders/orders.h"
#include "tests/isolation/books.h"
#include "tests/isolation/races.h"

#define Q(n) (INT64_C(1000000) * (n))

enum { NORTH = 1, SOUTH, ALONE, OTHER, GROUP = 10 };

/* Customers have accounts of their own ids; those of NORTH and SOUTH are below GROUP. */
static void open_company(void)
{
    pool = fixture_pool(4);
    fixture_exec(
        "INSERT INTO tenant (tenant_id, name, legal_name, currency, time_zone, created_at)"
        " VALUES (1, 'A', 'A', 'EUR', 'Europe/Berlin', now());"
        "INSERT INTO tax_code (tenant_id, id, code, name, created_at, updated_at)"
        " VALUES (1, 1, 'Z', 'Z', now(), now());"
        "INSERT INTO tax_rate (tenant_id, tax_code_id, valid_from, rate)"
        " VALUES (1, 1, '2000-01-01', 0);"
        "INSERT INTO product (tenant_id, id, sku, name, kind, tax_code_id, created_at, updated_at)"
        " VALUES (1, 1, 'WORK', 'Work', 'service', 1, now(), now());"
        "INSERT INTO warehouse (tenant_id, id, code, name, is_default, created_at, updated_at)"
        " VALUES (1, 1, 'A', 'A', true, now(), now());"
        "INSERT INTO credit_account (tenant_id, id, currency) VALUES (1, 10, 'EUR');"
        "INSERT INTO credit_account (tenant_id, id, currency, parent_id, ancestors)"
        " SELECT 1, g, 'EUR', CASE WHEN g < 3 THEN 10 END,"
        " CASE WHEN g < 3 THEN '{10}'::bigint[] ELSE '{}' END FROM generate_series(1, 4) g;"
        "INSERT INTO customer (tenant_id, id, name, currency, credit_account_id, created_at,"
        " updated_at) SELECT 1, g, 'C', 'EUR', g, now(), now() FROM generate_series(1, 4) g;"
        "INSERT INTO credit_policy (tenant_id, id, name, mode, max_dunning_level,"
        " max_broken_promises, created_at, updated_at)"
        " VALUES (1, 1, 'P', 'enforce', 2, 0, now(), now())");
}

/* ---- what the transactions do ---- */

static struct tenant_facts enforcing;

/* An order of customer a->id over a->quantity, confirmed if credit allows. */
static err order(struct tx *tx, struct call *c, const struct act *a)
{
    struct order_line_new line;
    struct order_new in;
    struct order out;
    json_set_all_absent(&order_new_type, &in);
    json_set_all_absent(&order_line_new_type, &line);
    line.product_id = 1;
    line.quantity = Q(1);
    line.unit_price = a->quantity;
    in.customer_id = a->id;
    in.confirm = true;
    in.lines.v = &line;
    in.lines.n = 1;
    enforcing = tenant;
    enforcing.credit_mode = "enforce";
    c->tenant = &enforcing;
    struct orders_create_cmd cmd = {c, &in, &out};
    TRY(orders_create(tx, &cmd, 1));
    if (c->problem->code != OK)
        return c->problem->code;
    *(int64_t *)a->arg = out.id;
    return OK;
}

static err limit(struct tx *tx, struct call *c, const struct act *a)
{
    struct credit_account_patch in;
    struct credit_account out;
    json_set_all_absent(&credit_account_patch_type, &in);
    in.has = (uint64_t)1 << credit_account_patch_has_credit_limit;
    in.credit_limit = a->quantity;
    c->path_id[0] = a->id;
    return credit_accounts_patch(tx, c, &in, &out);
}

/* Customer a->quantity joins account a->id. */
static err join(struct tx *tx, struct call *c, const struct act *a)
{
    struct credit_account_join in = {.customer_id = a->quantity};
    struct credit_account out;
    c->path_id[0] = a->id;
    return credit_accounts_join(tx, c, &in, &out);
}

static err bill(struct tx *tx, struct call *c, const struct act *a)
{
    struct invoice_line_new line;
    struct invoice_new in;
    struct invoice out;
    json_set_all_absent(&invoice_line_new_type, &line);
    json_set_all_absent(&invoice_new_type, &in);
    line.description = "Work";
    line.quantity = Q(1);
    line.unit_price = a->quantity;
    line.tax_code_id = 1;
    in.customer_id = a->id;
    in.finalize = true;
    in.lines.v = &line;
    in.lines.n = 1;
    struct invoices_create_cmd cmd = {c, &in, &out};
    TRY(invoices_create(tx, &cmd, 1));
    if (c->problem->code != OK)
        return c->problem->code;
    *(int64_t *)a->arg = out.id;
    return OK;
}

/* A payment of customer a->id over a->quantity for the oldest due. */
static err pay(struct tx *tx, struct call *c, const struct act *a)
{
    struct payment_new in;
    struct payment out;
    json_set_all_absent(&payment_new_type, &in);
    in.customer_id = a->id;
    in.method = "card";
    in.amount = a->quantity;
    in.allocate = "oldest_due";
    struct payments_create_cmd cmd = {c, &in, &out};
    TRY(payments_create(tx, &cmd, 1));
    return c->problem->code;
}

struct promised {
    int64_t customer, invoice, id;
};

/* a->arg says which invoice, and gets the promise; a->quantity: how much. */
static err promise(struct tx *tx, struct call *c, const struct act *a)
{
    struct promised *p = a->arg;
    struct promise_invoice_new invoice = {.invoice_id = p->invoice};
    struct promise_new in;
    struct promise out;
    json_set_all_absent(&promise_new_type, &in);
    in.customer_id = p->customer;
    in.invoices.v = &invoice;
    in.invoices.n = 1;
    in.amount = a->quantity;
    in.due_date = TODAY;
    TRY(promises_create(tx, c, &in, &out));
    p->id = out.id;
    return OK;
}

static err cancel(struct tx *tx, struct call *c, const struct act *a)
{
    struct promise_cancel in = {.reason = "x"};
    struct promise out;
    c->path_id[0] = ((struct promised *)a->arg)->id;
    return promises_cancel(tx, c, &in, &out);
}

static err dun(struct tx *tx, struct call *c, const struct act *a)
{
    struct collections_new in = {.dunning_level = a->quantity, .since = NIL32};
    struct collections out;
    c->path_id[0] = a->id;
    return collections_put(tx, c, &in, &out);
}

static err apply(struct tx *tx, struct call *c, const struct act *a)
{
    struct credit_application_new in = {
        .customer_id = a->id, .requested_limit = a->quantity, .requested_terms_days = NIL64};
    struct credit_application out;
    TRY(credit_applications_create(tx, c, &in, &out));
    *(int64_t *)a->arg = out.id;
    return OK;
}

static err decide(struct tx *tx, struct call *c, const struct act *a)
{
    struct credit_application_decide in = {.decision = "approve",
                                           .credit_limit = a->quantity,
                                           .payment_terms_days = NIL64,
                                           .deposit_percent = NIL64,
                                           .reason = "x"};
    struct credit_application out;
    c->path_id[0] = a->id;
    return credit_applications_decide(tx, c, &in, &out);
}

static err ask(struct tx *tx, struct call *c, const struct act *a)
{
    struct bureau_request out;
    c->path_id[0] = a->id;
    return credit_applications_ask(tx, c, &(struct none){0}, &out);
}

/* ---- shorthand ---- */

static void fine(struct act act)
{
    alone(&act);
    ck_assert_msg(act.result == OK, "%s", act.detail);
}

static bool confirmed(int64_t order)
{
    char sql[100];
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM sales_order WHERE id = %" PRId64 " AND status = 'confirmed'",
             order);
    return fixture_int(sql) == 1;
}

static int64_t exposure_of(int64_t account)
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "SELECT ordered + unbilled + receivable + below - unapplied FROM credit_account"
             " WHERE id = %" PRId64,
             account);
    return fixture_int(sql) / 100;
}

/* The group's limit leaves that much headroom. */
static void given_headroom(int64_t amount)
{
    fine((struct act){.run = limit, .id = GROUP, .quantity = Q(exposure_of(GROUP) + amount)});
}

static struct promised given_promise_to(int64_t customer, int64_t amount)
{
    struct promised p = {.customer = customer};
    fine((struct act){.run = bill, .id = customer, .quantity = Q(amount), .arg = &p.invoice});
    return p;
}

/* ---- the races ---- */

START_TEST(sister_companies_do_not_both_get_the_last_headroom_of_their_group)
{
    int64_t one = 0, two = 0;
    given_headroom(100);
    struct act first = {.run = order, .id = NORTH, .quantity = Q(60), .arg = &one};
    struct act second = {.run = order, .id = SOUTH, .quantity = Q(60), .arg = &two};
    race(&first, &second);
    ck_assert_msg(first.result == OK && second.result == OK, "%s %s", first.detail, second.detail);
    ck_assert(confirmed(one) && !confirmed(two));
    expect_proof_holds();
    int64_t three = 0;
    fine((struct act){.run = order, .id = SOUTH, .quantity = Q(40), .arg = &three});
    ck_assert(confirmed(three));
    expect_proof_holds();
}
END_TEST

START_TEST(an_order_behind_a_lower_limit_of_the_group_sees_it_and_the_other_way_round_it_stays)
{
    int64_t one = 0, two = 0, before = exposure_of(GROUP);
    given_headroom(100);
    struct act lower = {.run = limit, .id = GROUP, .quantity = Q(before + 50)};
    struct act late = {.run = order, .id = NORTH, .quantity = Q(60), .arg = &one};
    race(&lower, &late);
    ck_assert_int_eq(lower.result, OK);
    ck_assert(!confirmed(one));
    struct act early = {.run = order, .id = SOUTH, .quantity = Q(50), .arg = &two};
    lower = (struct act){.run = limit, .id = GROUP, .quantity = Q(before + 10)};
    race(&early, &lower);
    ck_assert_int_eq(lower.result, OK);
    ck_assert(confirmed(two));
    ck_assert_int_eq(exposure_of(GROUP), before + 50);
    expect_proof_holds();
}
END_TEST

START_TEST(an_order_that_waits_goes_on_when_a_limit_grows_behind_it)
{
    int64_t one = 0;
    given_headroom(10);
    struct act first = {.run = order, .id = NORTH, .quantity = Q(20), .arg = &one};
    struct act second = {.run = limit, .id = GROUP, .quantity = Q(exposure_of(GROUP) + 30)};
    race(&first, &second);
    ck_assert_int_eq(second.result, OK);
    ck_assert(!confirmed(one)); /* nobody runs what goes on here: the server does, at the end */
    ck_assert_int_gt(fixture_int("SELECT count(*) FROM blocked_order"), 0);
    expect_proof_holds();
}
END_TEST

START_TEST(a_customer_with_an_order_on_its_way_stays_in_the_account)
{
    int64_t one = 0;
    struct act first = {.run = order, .id = OTHER, .quantity = Q(20), .arg = &one};
    struct act second = {.run = join, .id = ALONE, .quantity = OTHER};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_IN_USE);
    expect_proof_holds();
}
END_TEST

START_TEST(an_order_behind_a_customer_who_joined_another_account_counts_there)
{
    int64_t one = 0;
    struct act first = {.run = join, .id = OTHER, .quantity = ALONE};
    struct act second = {.run = order, .id = ALONE, .quantity = Q(20), .arg = &one};
    int64_t before = exposure_of(OTHER);
    race_again(&first, &second, 1);
    ck_assert_int_eq(first.result, OK);
    ck_assert_msg(second.result == OK, "%s", second.detail);
    ck_assert(confirmed(one));
    ck_assert_int_eq(exposure_of(OTHER), before + 20);
    expect_proof_holds();
}
END_TEST

START_TEST(an_invoice_is_promised_once_at_a_time)
{
    struct promised p = given_promise_to(OTHER, 100), q = p;
    struct act first = {.run = promise, .quantity = Q(100), .arg = &p};
    struct act second = {.run = promise, .quantity = Q(50), .arg = &q};
    race(&first, &second);
    ck_assert_msg(first.result == OK, "%s", first.detail);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    first = (struct act){.run = cancel, .arg = &p};
    second = first;
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    fine((struct act){.run = promise, .quantity = Q(50), .arg = &q});
    expect_proof_holds();
}
END_TEST

static int64_t paid_of(const struct promised *p)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT paid FROM promise_paid WHERE promise_id = %" PRId64, p->id);
    return fixture_int(sql) / 100;
}

START_TEST(a_payment_before_a_promise_is_not_what_was_promised_and_one_behind_it_is)
{
    struct promised p = given_promise_to(SOUTH, 100);
    struct act paying = {.run = pay, .id = SOUTH, .quantity = Q(60)};
    struct act late = {.run = promise, .quantity = Q(50), .arg = &p};
    race(&paying, &late);
    ck_assert_int_eq(paying.result, OK);
    ck_assert_int_eq(late.result, ERR_AMOUNT_EXCEEDED);
    struct act early = {.run = promise, .quantity = Q(40), .arg = &p};
    paying = (struct act){.run = pay, .id = SOUTH, .quantity = Q(30)};
    race(&early, &paying);
    ck_assert_msg(early.result == OK, "%s", early.detail);
    ck_assert_int_eq(paying.result, OK);
    ck_assert_int_eq(paid_of(&p), 30);
    /* What keeps it, and what would cancel it. */
    paying = (struct act){.run = pay, .id = SOUTH, .quantity = Q(10)};
    struct act canceling = {.run = cancel, .arg = &p};
    race(&paying, &canceling);
    ck_assert_int_eq(paid_of(&p), 40);
    ck_assert_int_eq(canceling.result, ERR_WRONG_STATE);
    expect_proof_holds();
}
END_TEST

START_TEST(an_order_behind_a_dunning_level_sees_it)
{
    int64_t one = 0, two = 0;
    fixture_exec("UPDATE credit_account SET policy_id = 1 WHERE id = 4");
    struct act first = {.run = dun, .id = OTHER, .quantity = 3};
    struct act second = {.run = order, .id = OTHER, .quantity = Q(1), .arg = &one};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert(!confirmed(one));
    first = (struct act){.run = dun, .id = OTHER, .quantity = 2};
    second = (struct act){.run = order, .id = OTHER, .quantity = Q(1), .arg = &two};
    race(&first, &second);
    ck_assert(confirmed(two));
    fixture_exec("UPDATE credit_account SET policy_id = NULL WHERE id = 4");
    expect_proof_holds();
}
END_TEST

START_TEST(a_customer_has_one_application_and_it_is_decided_once)
{
    int64_t one = 0, two = 0;
    struct act first = {.run = apply, .id = NORTH, .quantity = Q(100), .arg = &one};
    struct act second = {.run = apply, .id = NORTH, .quantity = Q(200), .arg = &two};
    race(&first, &second);
    ck_assert_msg(first.result == OK, "%s", first.detail);
    ck_assert_int_eq(second.result, ERR_DUPLICATE);
    bureau_available(true);
    first = (struct act){.run = ask, .id = one};
    second = first;
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    first = (struct act){.run = decide, .id = one, .quantity = Q(100)};
    second = (struct act){.run = decide, .id = one, .quantity = Q(200)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(fixture_int("SELECT credit_limit FROM credit_account WHERE id = 1"), 10000);
    expect_proof_holds();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        sister_companies_do_not_both_get_the_last_headroom_of_their_group,
        an_order_behind_a_lower_limit_of_the_group_sees_it_and_the_other_way_round_it_stays,
        an_order_that_waits_goes_on_when_a_limit_grows_behind_it,
        a_customer_with_an_order_on_its_way_stays_in_the_account,
        an_invoice_is_promised_once_at_a_time,
        a_payment_before_a_promise_is_not_what_was_promised_and_one_behind_it_is,
        an_order_behind_a_dunning_level_sees_it,
        an_order_behind_a_customer_who_joined_another_account_counts_there,
        a_customer_has_one_application_and_it_is_decided_once,
    };
    return race_main("races for credit", open_company, tests, COUNT_OF(tests));
}
