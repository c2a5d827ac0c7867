/* Batches of payments: each payment as if it had come alone, and batches that race with each other
 * and with whatever else moves money. */
#include "lib/base/id.h"
#include "lib/base/metrics.h"
#include "server/cash/cash.h"
#include "server/invoices/invoices.h"
#include "tests/isolation/books.h"
#include "tests/isolation/races.h"

#define Q(n) (INT64_C(1000000) * (n))
#define CENTS(n) (INT64_C(100) * (n))

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
        "INSERT INTO credit_account (tenant_id, id, currency)"
        " SELECT 1, g, 'EUR' FROM generate_series(1, 4) g;"
        "INSERT INTO customer (tenant_id, id, name, currency, credit_account_id, created_at,"
        " updated_at) SELECT 1, g, 'C', 'EUR', g, now(), now() FROM generate_series(1, 4) g");
}

/* ---- what the transactions do ---- */

/* Bills the customer a->id for a->quantity; a->arg gets the invoice. */
static err bill(struct tx *tx, struct call *c, const struct act *a)
{
    struct invoice_line_new line = {.order_line_no = NIL64,
                                    .shipment_id = NIL64,
                                    .shipment_line_no = NIL64,
                                    .product_id = NIL64,
                                    .description = "Work",
                                    .quantity = Q(1),
                                    .unit_price = a->quantity,
                                    .discount_percent = NIL64,
                                    .tax_code_id = 1};
    struct invoice_new in = {.order_id = NIL64,
                             .shipment_id = NIL64,
                             .customer_id = a->id,
                             .invoice_date = NIL32,
                             .payment_terms_days = 30,
                             .finalize = true,
                             .lines = {&line, 1}};
    struct invoice out;
    struct invoices_create_cmd cmd = {c, &in, &out};
    TRY(invoices_create(tx, &cmd, 1));
    if (c->problem->code != OK)
        return c->problem->code;
    *(int64_t *)a->arg = out.id;
    return OK;
}

#define SHARES_MAX 6
#define BATCH_MAX 12

/* A payment of a batch, and what became of it. */
struct paid {
    int64_t customer, amount;
    const char *external_id, *allocate;
    struct allocation_entry entries[SHARES_MAX];
    size_t n_entries;
    bool pending;      /* it has not cleared, */
    int32_t clears_on; /* and does then; 0: when somebody says so */
    /* out */
    err e;
    char detail[200];
    int64_t id, unapplied;
    char conflicting[ID_TEXT_MAX];
    struct allocation shares[SHARES_MAX];
    size_t n_shares;
};
struct batch {
    struct paid v[BATCH_MAX];
    size_t n;
};

static void note(struct paid *p, const struct problem *problem, const struct payment *out)
{
    p->e = problem->code;
    snprintf(p->detail, sizeof p->detail, "%s", problem->detail != NULL ? problem->detail : "");
    snprintf(p->conflicting, sizeof p->conflicting, "%s",
             problem->conflicting_id != NULL ? problem->conflicting_id : "");
    if (p->e != OK)
        return;
    p->id = out->id;
    p->unapplied = out->unapplied;
    p->n_shares = out->allocations.n;
    ck_assert_uint_le(p->n_shares, SHARES_MAX);
    for (size_t i = 0; i < p->n_shares; i++)
        p->shares[i] = out->allocations.v[i];
}

static err pay(struct tx *tx, struct call *c, const struct act *a)
{
    struct batch *b = a->arg;
    struct call calls[BATCH_MAX];
    struct problem problems[BATCH_MAX];
    struct payment_new in[BATCH_MAX];
    struct payment out[BATCH_MAX];
    struct payments_create_cmd cmds[BATCH_MAX];
    for (size_t i = 0; i < b->n; i++) {
        struct paid *p = &b->v[i];
        problem_init(&problems[i], tx->arena);
        calls[i] = *c;
        calls[i].problem = &problems[i];
        in[i] = (struct payment_new){.external_id = p->external_id,
                                     .customer_id = p->customer,
                                     .method = "card",
                                     .amount = p->amount,
                                     .value_date = NIL32,
                                     .clears_on = p->clears_on != 0 ? p->clears_on : NIL32,
                                     .allocations = {p->entries, p->n_entries},
                                     .allocate = p->allocate};
        in[i].has |= p->pending ? (uint64_t)1 << payment_new_has_cleared : 0;
        cmds[i] = (struct payments_create_cmd){.call = &calls[i], .in = &in[i], .out = &out[i]};
    }
    TRY(payments_create(tx, cmds, b->n));
    for (size_t i = 0; i < b->n; i++)
        note(&b->v[i], &problems[i], &out[i]);
    return OK;
}

static err allocate_later(struct tx *tx, struct call *c, const struct act *a)
{
    struct allocation_entry entry = {.invoice_id = *(int64_t *)a->arg, .amount = a->quantity};
    struct allocations_new in = {.effective_date = NIL32, .allocations = {&entry, 1}};
    struct payment out;
    c->path_id[0] = a->id;
    return payments_allocate(tx, c, &in, &out);
}

static err take_back(struct tx *tx, struct call *c, const struct act *a)
{
    struct allocation_reverse in = {.reason = "bounced", .effective_date = NIL32};
    struct allocation out;
    c->path_id[0] = a->id;
    return allocations_reverse(tx, c, &in, &out);
}

static err clear(struct tx *tx, struct call *c, const struct act *a)
{
    struct payment out;
    c->path_id[0] = a->id;
    return payments_clear(tx, c, &(struct none){0}, &out);
}

static err bounce(struct tx *tx, struct call *c, const struct act *a)
{
    struct payment_return in = {.reason = "bounced", .value_date = NIL32};
    struct payment out;
    c->path_id[0] = a->id;
    return payments_return(tx, c, &in, &out);
}

static err sweep(struct tx *tx, struct call *c, const struct act *a)
{
    (void)c;
    (void)a;
    return payments_sweep(tx);
}

static err dispute(struct tx *tx, struct call *c, const struct act *a)
{
    struct dispute_new in = {.amount = a->quantity, .kind = "price", .reason = "too dear"};
    struct invoice out;
    c->path_id[0] = a->id;
    return invoices_dispute(tx, c, &in, &out);
}

static err resolve(struct tx *tx, struct call *c, const struct act *a)
{
    struct dispute_resolve in = {.outcome = "valid"};
    struct invoice out;
    c->path_id[0] = a->id;
    return invoices_resolve_dispute(tx, c, &in, &out);
}

/* ---- shorthand ---- */

static int64_t given_invoice(int64_t customer, int64_t amount)
{
    int64_t id = NIL64;
    struct act act = {.run = bill, .id = customer, .quantity = Q(amount), .arg = &id};
    alone(&act);
    ck_assert_msg(act.result == OK, "%s", act.detail);
    return id;
}

static struct paid payment(int64_t customer, int64_t amount, int64_t invoice, int64_t share)
{
    return (struct paid){
        .customer = customer,
        .amount = Q(amount),
        .entries[0] = {.invoice_id = invoice, .amount = share == NIL64 ? NIL64 : Q(share)},
        .n_entries = invoice != NIL64};
}

static struct act act_of(struct batch *b)
{
    return (struct act){.run = pay, .arg = b};
}

static void receive(struct batch *b)
{
    struct act act = act_of(b);
    alone(&act);
    ck_assert_msg(act.result == OK, "%s", act.detail);
}

static int64_t open_of(int64_t invoice)
{
    char sql[120];
    snprintf(sql, sizeof sql,
             "SELECT coalesce(sum(open_amount), 0) FROM open_item WHERE id = %" PRId64, invoice);
    return fixture_int(sql);
}

static void expect_books_balance(void)
{
    expect_proof_holds();
    ck_assert_int_eq(fixture_int("SELECT count(*) - (SELECT coalesce(max(last), 0)"
                                 " FROM number_series WHERE series = 'payment') FROM payment"),
                     0); /* a refused one takes no number */
}

/* ---- alone ---- */

static int64_t round_trips_of(struct batch *b)
{
    const struct metric *m = metric_counter("o2c_tx_round_trips_total", "", "");
    int64_t before = metric_value(m);
    receive(b);
    return metric_value(m) - before;
}

START_TEST(a_batch_takes_as_many_round_trips_as_one_payment)
{
    for (size_t n = 1; n <= BATCH_MAX; n += BATCH_MAX - 1) {
        struct batch named = {.n = n}, searching = {.n = n};
        for (size_t i = 0; i < n; i++) {
            int64_t customer = 1 + (int64_t)i % 2;
            named.v[i] = payment(customer, 10, given_invoice(customer, 10), 10);
            given_invoice(customer, 10);
            searching.v[i] = payment(customer, 10, NIL64, NIL64);
            searching.v[i].allocate = "oldest_due";
        }
        ck_assert_int_eq(round_trips_of(&named), 3);
        ck_assert_int_eq(round_trips_of(&searching), 4);
    }
    expect_books_balance();
}
END_TEST

/* ---- batches that race ---- */

START_TEST(a_batch_behind_another_gets_what_that_left_of_the_invoice)
{
    int64_t invoice = given_invoice(1, 100);
    struct batch one = {
        .v = {payment(1, 60, invoice, 60), payment(1, 60, invoice, 60), payment(1, 5, invoice, 5)},
        .n = 3};
    struct batch two = {.v = {payment(1, 36, invoice, 36), payment(1, 50, invoice, NIL64),
                              payment(1, 1, invoice, 1), payment(1, 7, NIL64, NIL64)},
                        .n = 4};
    struct act first = act_of(&one), second = act_of(&two);
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(one.v[0].e, OK);
    ck_assert_int_eq(one.v[1].e, ERR_AMOUNT_EXCEEDED);
    ck_assert_ptr_nonnull(strstr(one.v[1].detail, "60.00 EUR, but 40.00 EUR is open"));
    ck_assert_int_eq(one.v[2].e, OK);
    ck_assert_int_eq(two.v[0].e, ERR_AMOUNT_EXCEEDED);
    ck_assert_ptr_nonnull(strstr(two.v[0].detail, "36.00 EUR, but 35.00 EUR is open"));
    ck_assert_int_eq(two.v[1].e, OK);
    ck_assert_int_eq(two.v[1].unapplied, CENTS(15));
    ck_assert_int_eq(two.v[2].e, ERR_AMOUNT_EXCEEDED);
    ck_assert_ptr_nonnull(strstr(two.v[2].detail, "but 0.00 EUR is open"));
    ck_assert_int_eq(two.v[3].e, OK);
    ck_assert_int_eq(open_of(invoice), 0);
    expect_books_balance();
}
END_TEST

START_TEST(batches_that_name_the_same_customers_in_another_order_wait_and_do_not_deadlock)
{
    int64_t a = given_invoice(1, 100), b = given_invoice(2, 100);
    struct batch one = {.v = {payment(2, 30, b, 30), payment(1, 30, a, 30)}, .n = 2};
    struct batch two = {.v = {payment(1, 70, a, NIL64), payment(2, 80, b, NIL64)}, .n = 2};
    two.v[1].allocate = "oldest_due";
    struct act first = act_of(&one), second = act_of(&two);
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(two.v[0].unapplied, 0);
    ck_assert_int_eq(two.v[1].unapplied, CENTS(10));
    ck_assert_int_eq(open_of(a) + open_of(b), 0);
    expect_books_balance();
}
END_TEST

START_TEST(a_batch_behind_an_allocation_sees_what_is_left)
{
    int64_t invoice = given_invoice(1, 100);
    struct batch kept = {.v = {payment(1, 60, NIL64, NIL64)}, .n = 1};
    receive(&kept);
    struct batch batch = {.v = {payment(1, 41, invoice, 41), payment(1, 40, invoice, 40)}, .n = 2};
    struct act first = {.run = allocate_later, .id = kept.v[0].id, .quantity = Q(60)};
    struct act second = act_of(&batch);
    first.arg = &invoice;
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(batch.v[0].e, ERR_AMOUNT_EXCEEDED);
    ck_assert_int_eq(batch.v[1].e, OK);
    ck_assert_int_eq(open_of(invoice), 0);
    expect_books_balance();
}
END_TEST

START_TEST(a_batch_behind_a_reversal_pays_what_was_reopened)
{
    int64_t invoice = given_invoice(1, 100);
    struct batch settling = {.v = {payment(1, 100, invoice, 100)}, .n = 1};
    receive(&settling);
    struct batch batch = {.v = {payment(1, 60, invoice, 60), payment(1, 60, invoice, NIL64)},
                          .n = 2};
    struct act first = {.run = take_back, .id = settling.v[0].shares[0].id};
    struct act second = act_of(&batch);
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(batch.v[0].e, OK);
    ck_assert_int_eq(batch.v[1].e, OK);
    ck_assert_int_eq(batch.v[1].unapplied, CENTS(20));
    expect_books_balance();
}
END_TEST

START_TEST(an_allocation_behind_a_batch_gets_what_that_left)
{
    int64_t invoice = given_invoice(1, 100);
    struct batch kept = {.v = {payment(1, 60, NIL64, NIL64)}, .n = 1};
    receive(&kept);
    struct batch batch = {.v = {payment(1, 41, invoice, 41), payment(1, 9, invoice, NIL64)},
                          .n = 2};
    struct act first = act_of(&batch);
    struct act second = {.run = allocate_later, .id = kept.v[0].id, .quantity = Q(60)};
    second.arg = &invoice;
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_AMOUNT_EXCEEDED);
    ck_assert_ptr_nonnull(strstr(second.detail, "60.00 EUR, but 50.00 EUR is open"));
    expect_books_balance();
}
END_TEST

START_TEST(an_external_id_belongs_to_the_first_payment_that_is_not_refused)
{
    int64_t invoice = given_invoice(1, 10);
    struct batch one = {.v = {payment(1, 20, invoice, 11), payment(1, 20, invoice, 10),
                              payment(1, 20, NIL64, NIL64)},
                        .n = 3};
    struct batch two = {.v = {payment(1, 20, NIL64, NIL64), payment(1, 20, NIL64, NIL64)}, .n = 2};
    for (int i = 0; i < 3; i++)
        one.v[i].external_id = "RACE";
    two.v[1].external_id = "RACE";
    struct act first = act_of(&one), second = act_of(&two);
    race(&first, &second);
    char winner[ID_TEXT_MAX];
    id_format("pay", one.v[1].id, winner);
    ck_assert_int_eq(one.v[0].e, ERR_AMOUNT_EXCEEDED);
    ck_assert_int_eq(one.v[1].e, OK);
    ck_assert_int_eq(one.v[2].e, ERR_EXTERNAL_ID_TAKEN);
    ck_assert_str_eq(one.v[2].conflicting, winner);
    ck_assert_int_eq(two.v[0].e, OK);
    ck_assert_int_eq(two.v[1].e, ERR_EXTERNAL_ID_TAKEN);
    ck_assert_str_eq(two.v[1].conflicting, winner);
    expect_books_balance();
}
END_TEST

/* ---- money that may come back, and disputes ---- */

/* A check of the customer 2 over the whole of a new invoice; ret gets the payment's id. */
static int64_t given_check(int64_t amount, int64_t *ret, int32_t clears_on)
{
    int64_t invoice = given_invoice(2, amount);
    struct batch batch = {.v = {payment(2, amount, invoice, amount)}, .n = 1};
    batch.v[0].pending = true;
    batch.v[0].clears_on = clears_on;
    receive(&batch);
    *ret = batch.v[0].id;
    return invoice;
}

static int64_t counter(const char *name)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT sum(%s)::bigint FROM credit_account", name);
    return fixture_int(sql);
}

START_TEST(a_payment_clears_once)
{
    int64_t id, before = counter("uncleared");
    given_check(100, &id, 0);
    ck_assert_int_eq(counter("uncleared"), before + CENTS(100));
    struct act first = {.run = clear, .id = id}, second = {.run = clear, .id = id};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(counter("uncleared"), before);
    expect_books_balance();
}
END_TEST

START_TEST(a_payment_comes_back_once)
{
    int64_t id, invoice = given_check(100, &id, 0);
    struct act first = {.run = bounce, .id = id}, second = {.run = bounce, .id = id};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(open_of(invoice), CENTS(100));
    expect_books_balance();
}
END_TEST

START_TEST(a_payment_that_has_come_back_does_not_clear_and_the_other_way_round_it_does)
{
    int64_t id, invoice = given_check(100, &id, 0);
    struct act back = {.run = bounce, .id = id}, late = {.run = clear, .id = id};
    race(&back, &late);
    ck_assert_int_eq(back.result, OK);
    ck_assert_int_eq(late.result, ERR_WRONG_STATE);
    ck_assert_int_eq(open_of(invoice), CENTS(100));
    invoice = given_check(50, &id, 0);
    struct act cleared = {.run = clear, .id = id};
    back = (struct act){.run = bounce, .id = id};
    race(&cleared, &back);
    ck_assert_int_eq(cleared.result, OK);
    ck_assert_int_eq(back.result, OK);
    ck_assert_int_eq(open_of(invoice), CENTS(50));
    expect_books_balance();
}
END_TEST

START_TEST(the_sweeper_and_whoever_comes_before_it_count_a_payment_down_once)
{
    int64_t id, before = counter("uncleared");
    int64_t invoice = given_check(100, &id, TODAY); /* cleared, nobody has written it */
    ck_assert_int_eq(counter("uncleared"), before + CENTS(100));
    struct act first = {.run = bounce, .id = id}, second = {.run = sweep};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(counter("uncleared"), before);
    ck_assert_int_eq(open_of(invoice), CENTS(100));
    given_check(100, &id, TODAY);
    first = (struct act){.run = sweep};
    second = (struct act){.run = sweep};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(counter("uncleared"), before);
    struct act late = {.run = clear, .id = id};
    alone(&late);
    ck_assert_int_eq(late.result, ERR_WRONG_STATE);
    expect_books_balance();
}
END_TEST

START_TEST(what_comes_back_behind_a_payment_of_the_same_invoice_opens_its_own_share)
{
    int64_t invoice = given_invoice(2, 100);
    struct batch bounced = {.v = {payment(2, 60, invoice, 60)}, .n = 1};
    bounced.v[0].pending = true;
    receive(&bounced);
    struct batch batch = {.v = {payment(2, 40, invoice, 40), payment(2, 1, invoice, 1)}, .n = 2};
    struct act first = act_of(&batch), second = {.run = bounce, .id = bounced.v[0].id};
    race(&first, &second);
    ck_assert_int_eq(batch.v[0].e, OK);
    ck_assert_int_eq(batch.v[1].e, ERR_AMOUNT_EXCEEDED);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(open_of(invoice), CENTS(60));
    expect_books_balance();
}
END_TEST

START_TEST(money_that_is_applied_meanwhile_comes_back_too)
{
    int64_t invoice = given_invoice(2, 100);
    struct batch bounced = {.v = {payment(2, 60, NIL64, NIL64)}, .n = 1};
    receive(&bounced);
    struct act first = {
        .run = allocate_later, .id = bounced.v[0].id, .quantity = Q(60), .arg = &invoice};
    struct act second = {.run = bounce, .id = bounced.v[0].id};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, OK);
    ck_assert_int_eq(open_of(invoice), CENTS(100));
    expect_books_balance();
}
END_TEST

START_TEST(an_invoice_has_one_dispute_at_a_time_and_it_is_resolved_once)
{
    int64_t invoice = given_invoice(2, 100);
    struct act first = {.run = dispute, .id = invoice, .quantity = Q(30)};
    struct act second = {.run = dispute, .id = invoice, .quantity = Q(40)};
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(counter("disputed"), CENTS(30));
    expect_books_balance();
    first = (struct act){.run = resolve, .id = invoice};
    second = first;
    race(&first, &second);
    ck_assert_int_eq(first.result, OK);
    ck_assert_int_eq(second.result, ERR_WRONG_STATE);
    ck_assert_int_eq(counter("disputed"), 0);
    expect_books_balance();
}
END_TEST

START_TEST(a_dispute_and_a_payment_see_each_other)
{
    int64_t invoice = given_invoice(2, 100);
    struct batch batch = {.v = {payment(2, 80, invoice, 80)}, .n = 1};
    struct act paying = act_of(&batch);
    struct act late = {.run = dispute, .id = invoice, .quantity = Q(30)};
    race(&paying, &late);
    ck_assert_int_eq(batch.v[0].e, OK);
    ck_assert_int_eq(late.result, ERR_AMOUNT_EXCEEDED);
    invoice = given_invoice(2, 100);
    struct act early = {.run = dispute, .id = invoice, .quantity = Q(30)};
    struct batch other = {.v = {payment(2, 80, invoice, 80)}, .n = 1};
    paying = act_of(&other);
    race(&early, &paying);
    ck_assert_int_eq(early.result, OK);
    ck_assert_int_eq(other.v[0].e, OK);
    ck_assert_int_eq(counter("disputed"), CENTS(20));
    struct act done = {.run = resolve, .id = invoice};
    alone(&done);
    ck_assert_int_eq(done.result, OK);
    expect_books_balance();
}
END_TEST

/* ---- a batch is what its payments would have been alone ---- */

enum { INVOICES = 5, ROUNDS = 30 };

static unsigned below(unsigned *seed, unsigned n)
{
    return (unsigned)rand_r(seed) % n;
}

/* A payment of the customer for some of the invoices, not always one that can be. */
static struct paid any_payment(unsigned *seed, int64_t customer, const int64_t *invoices)
{
    struct paid p = {.customer = customer,
                     .amount = Q(1 + below(seed, 60)),
                     .allocate = below(seed, 2) ? "oldest_due" : NULL};
    unsigned first = below(seed, INVOICES), n = below(seed, 4);
    for (unsigned i = 0; i < n; i++)
        p.entries[p.n_entries++] = (struct allocation_entry){
            .invoice_id = invoices[(first + i * 2) % INVOICES],
            .amount = below(seed, 2) ? NIL64 : Q(1 + below(seed, 15))};
    return p;
}

static int place_of(const int64_t *invoices, int64_t id)
{
    for (int i = 0; i < INVOICES; i++)
        if (invoices[i] == id)
            return i;
    return -1;
}

static void expect_same(const struct paid *x, const int64_t *of_x, const struct paid *y,
                        const int64_t *of_y)
{
    ck_assert_int_eq(x->e, y->e);
    ck_assert_int_eq(x->unapplied, y->unapplied);
    ck_assert_uint_eq(x->n_shares, y->n_shares);
    for (size_t i = 0; i < x->n_shares; i++) {
        ck_assert_int_eq(place_of(of_x, x->shares[i].invoice_id),
                         place_of(of_y, y->shares[i].invoice_id));
        ck_assert_int_eq(x->shares[i].amount, y->shares[i].amount);
        ck_assert_int_eq(x->shares[i].effective_date, y->shares[i].effective_date);
    }
}

/* What an observer sees of the customer afterwards, with ids and numbers left out. */
static char *traces_of(int64_t customer)
{
    char sql[1500];
    snprintf(
        sql, sizeof sql,
        "SELECT (SELECT string_agg(format('%%s %%s %%s', i.version, i.status,"
        " coalesce(o.open_amount, 0)), ',' ORDER BY i.id) FROM invoice i"
        " LEFT JOIN open_item o ON o.id = i.id WHERE i.customer_id = %" PRId64 ")"
        " || (SELECT format(' / %%s %%s / ', receivable, unapplied) FROM credit_account"
        " WHERE id = %" PRId64 ")"
        " || (SELECT coalesce(string_agg(concat_ws(' ', e.type, e.before->>'status',"
        " e.after->>'status', e.after->>'open_amount', e.after->>'amount', e.after->>'unapplied'),"
        " ',' ORDER BY e.seq), '') FROM event e WHERE e.resource_id IN ("
        " SELECT id FROM invoice WHERE customer_id = %" PRId64
        " UNION SELECT id FROM payment WHERE customer_id = %" PRId64
        " UNION SELECT a.id FROM allocation a JOIN invoice i ON i.id = a.invoice_id"
        " WHERE i.customer_id = %" PRId64 "))",
        customer, customer, customer, customer, customer);
    return fixture_sql(false, sql);
}

START_TEST(a_batch_does_what_its_payments_would_have_done_one_by_one)
{
    unsigned seed = 4711;
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t together[INVOICES], apart[INVOICES];
        for (int i = 0; i < INVOICES; i++) {
            unsigned amount = 10 + below(&seed, 40);
            together[i] = given_invoice(3, amount);
            apart[i] = given_invoice(4, amount);
        }
        struct batch batch = {.n = 2 + below(&seed, BATCH_MAX - 2)};
        for (size_t i = 0; i < batch.n; i++)
            batch.v[i] = any_payment(&seed, 3, together);
        struct batch singles[BATCH_MAX];
        for (size_t i = 0; i < batch.n; i++) {
            singles[i] = (struct batch){.v = {batch.v[i]}, .n = 1};
            singles[i].v[0].customer = 4;
            for (size_t j = 0; j < batch.v[i].n_entries; j++)
                singles[i].v[0].entries[j].invoice_id =
                    apart[place_of(together, batch.v[i].entries[j].invoice_id)];
        }
        receive(&batch);
        for (size_t i = 0; i < batch.n; i++) {
            receive(&singles[i]);
            expect_same(&batch.v[i], together, &singles[i].v[0], apart);
            refused += batch.v[i].e != OK;
        }
    }
    ck_assert_int_gt(refused, ROUNDS);
    char *x = traces_of(3), *y = traces_of(4);
    ck_assert_str_eq(x, y);
    free(x);
    free(y);
    expect_books_balance();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_batch_takes_as_many_round_trips_as_one_payment,
        a_batch_behind_another_gets_what_that_left_of_the_invoice,
        batches_that_name_the_same_customers_in_another_order_wait_and_do_not_deadlock,
        a_batch_behind_an_allocation_sees_what_is_left,
        a_batch_behind_a_reversal_pays_what_was_reopened,
        an_allocation_behind_a_batch_gets_what_that_left,
        an_external_id_belongs_to_the_first_payment_that_is_not_refused,
        a_payment_clears_once,
        a_payment_comes_back_once,
        a_payment_that_has_come_back_does_not_clear_and_the_other_way_round_it_does,
        the_sweeper_and_whoever_comes_before_it_count_a_payment_down_once,
        what_comes_back_behind_a_payment_of_the_same_invoice_opens_its_own_share,
        money_that_is_applied_meanwhile_comes_back_too,
        an_invoice_has_one_dispute_at_a_time_and_it_is_resolved_once,
        a_dispute_and_a_payment_see_each_other,
        a_batch_does_what_its_payments_would_have_done_one_by_one,
    };
    return race_main("races of payments", open_company, tests, COUNT_OF(tests));
}
