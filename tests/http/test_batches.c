/* Many clients at once, whose requests wait and run together: each gets what it would get alone. */
#include "tests/support/world.h"
#include <stdlib.h>
#include <string.h>

static struct world *world_batching(const char *batching)
{
    return world_new_with((const char *[]){"O2C_BATCHING", batching, NULL});
}

/* ---- shipments ---- */

/* Orders of 10 pieces, three shipments of 4 for each: two go, the third one is refused. Half of
 * them carry an external id, which one more shipment asks for; one names an order that nobody has.
 */
static void ship_together(const char *batching)
{
    enum { ORDERS = 12, EACH = 4, N = ORDERS * EACH };
    struct world *w = world_batching(batching);
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 200);
    const char *orders[ORDERS], *bodies[N + 1];
    struct reply r[N + 1];
    for (int i = 0; i < ORDERS; i++)
        orders[i] = given_order(w, who, "A", 10);
    for (int i = 0; i < N; i++)
        bodies[i] = fmt(w,
                        "{'order_id':'%s','external_id':'%d-%d','ship':true,"
                        "'lines':[{'order_line_no':1,'quantity':'4'}]}",
                        orders[i % ORDERS], i % ORDERS, i / ORDERS % 3);
    bodies[N] = "{'order_id':'ext:nobody','ship':true}";
    post_together(w, "/v1/shipments", bodies, r, N + 1);
    expect_fault(r[N], "/order_id", "unknown_reference");
    int shipped = 0, exceeded = 0;
    for (int i = 0; i < N; i++) {
        shipped += r[i].status == 201;
        exceeded += strstr(r[i].body, "quantity_exceeded") != NULL;
        if (r[i].status == 201)
            ck_assert_str_eq(get(w, "/v1/shipments/%s", text(r[i], "/id")).body, r[i].body);
        else if (strstr(r[i].body, "quantity_exceeded") == NULL)
            expect_problem(r[i], 409, "external_id_taken");
    }
    ck_assert_int_eq(shipped, 2 * ORDERS);
    ck_assert_int_ge(exceeded, ORDERS);
    ck_assert_str_eq(
        world_sql(w, "SELECT on_hand / 1000000 || ' ' || reserved / 1000000 FROM stock"),
        fmt(w, "%d %d", 200 - 8 * ORDERS, 2 * ORDERS));
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order WHERE version = 3"),
                     fmt(w, "%d", ORDERS));
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE type = 'shipment.shipped'"),
                     fmt(w, "%d", 2 * ORDERS));
    expect_books_balance(w);
    world_free(w);
}

START_TEST(shipments_of_many_clients_take_what_is_open_with_batches)
{
    ship_together("1");
}
END_TEST

START_TEST(shipments_of_many_clients_take_what_is_open_without_batches)
{
    ship_together("0");
}
END_TEST

/* ---- invoices ---- */

static const char *draft_of(struct world *w, const char *who)
{
    struct reply r = post(w, "/v1/invoices",
                          "{'customer_id':'%s','lines':[{'description':'Work','quantity':'1',"
                          "'unit_price':'10','tax_code_id':'ext:T19'}]}",
                          who);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

/* Each draft is finalized by one client who saw it and by one who did not look; a third one saw
 * another version. */
static void finalize_together(const char *batching)
{
    enum { DRAFTS = 16, EACH = 3, N = DRAFTS * EACH };
    struct world *w = world_batching(batching);
    const char *who[] = {given_customer(w, NULL), given_customer(w, NULL)};
    const char *seen[EACH] = {"\"1\"", "*", "\"9\""};
    struct shot shots[N + 1];
    for (int i = 0; i < DRAFTS; i++) {
        const char *draft = draft_of(w, who[i % 2]);
        for (int k = 0; k < EACH; k++)
            shots[k * DRAFTS + i] = (struct shot){
                .method = "POST",
                .path = fmt(w, "/v1/invoices/%s/finalize", draft),
                .options = {.key = fmt(w, "%d-%d", i, k), .if_match = seen[k]}};
    }
    shots[N] = (struct shot){.method = "POST",
                             .path = "/v1/invoices/ext:nobody/finalize",
                             .options = {.key = "", .if_match = "*"}};
    shoot_together(w, shots, N + 1);
    expect_problem(shots[N].reply, 404, "not_found");
    int done = 0;
    for (int i = 0; i < N; i++) {
        struct reply r = shots[i].reply;
        done += r.status == 200;
        if (r.status == 200)
            ck_assert_str_eq(get(w, "/v1/invoices/%s", text(r, "/id")).body, r.body);
        else if (i / DRAFTS == 1)
            expect_problem(r, 409, "wrong_state");
        else
            expect_problem(r, 412, "stale");
    }
    ck_assert_int_eq(done, DRAFTS);
    ck_assert_str_eq(
        world_sql(w, "SELECT count(DISTINCT number) || ' ' || max(number) FROM invoice"),
        fmt(w, "%d INV-%06d", DRAFTS, DRAFTS));
    /* Done and refused are what a retry gets; that somebody saw an old version is not. */
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM idempotency_key WHERE status = 412"), "0");
    shoot_together(w, shots, N);
    for (int i = 0; i < N; i++)
        ck_assert(shots[i].reply.status == 412 ||
                  header(shots[i].reply, "Idempotency-Replayed") != NULL);
    expect_books_balance(w);
    world_free(w);
}

START_TEST(finalizes_of_many_clients_take_one_number_a_draft_with_batches)
{
    finalize_together("1");
}
END_TEST

START_TEST(finalizes_of_many_clients_take_one_number_a_draft_without_batches)
{
    finalize_together("0");
}
END_TEST

/* Ten pieces of each order have left. Four clients invoice four of them each, half of them under
 * the same external ids; others invoice work. */
static void invoice_together(const char *batching)
{
    enum { ORDERS = 8, EACH = 4, N = ORDERS * EACH, WORK = 8 };
    struct world *w = world_batching(batching);
    const char *who = given_customer(w, NULL), *bodies[N + WORK];
    struct reply r[N + WORK];
    given_product(w, "A", "1.37", 100);
    for (int i = 0; i < ORDERS; i++) {
        const char *order = given_order(w, who, "A", 10);
        expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order), 201);
        for (int k = 0; k < EACH; k++)
            bodies[k * ORDERS + i] = fmt(w,
                                         "{'order_id':'%s','external_id':'%d-%d','finalize':%s,"
                                         "'lines':[{'order_line_no':1,'quantity':'4'}]}",
                                         order, i, k % 3, k % 2 ? "true" : "false");
    }
    for (int i = 0; i < WORK; i++)
        bodies[N + i] = fmt(w,
                            "{'customer_id':'%s','finalize':true,'lines':[{'description':'Work',"
                            "'quantity':'1','unit_price':'1.37','tax_code_id':'ext:T19'}]}",
                            i % 4 ? who : "ext:nobody");
    post_together(w, "/v1/invoices", bodies, r, N + WORK);
    int made = 0;
    for (int i = 0; i < N + WORK; i++) {
        made += i < N && r[i].status == 201;
        if (r[i].status == 201)
            ck_assert_str_eq(get(w, "/v1/invoices/%s", text(r[i], "/id")).body, r[i].body);
        else if (i >= N)
            expect(r[i], i % 4 ? 201 : 422);
        else if (strstr(r[i].body, "quantity_exceeded") == NULL)
            expect_problem(r[i], 409, "external_id_taken");
    }
    ck_assert_int_eq(made, 2 * ORDERS);
    ck_assert_str_eq(world_sql(w, "SELECT (sum(invoiced) / 1000000)::int FROM order_line"),
                     fmt(w, "%d", 8 * ORDERS));
    ck_assert_str_eq(
        world_sql(w, "SELECT count(DISTINCT number) - right(max(number), 6)::int FROM invoice"),
        "0");
    expect_books_balance(w);
    world_free(w);
}

START_TEST(invoices_of_many_clients_claim_each_piece_once_with_batches)
{
    invoice_together("1");
}
END_TEST

START_TEST(invoices_of_many_clients_claim_each_piece_once_without_batches)
{
    invoice_together("0");
}
END_TEST

/* A refusal that needs no question to the database does not bring the answer to the key along. */
START_TEST(what_is_refused_at_once_is_kept_under_its_key)
{
    struct world *w = world_new();
    const char *bodies[] = {"{}", "{}", "{\"notes\":\"other\"}"};
    for (int i = 0; i < 3; i++) {
        struct reply r = request(w, "POST", "/v1/invoices", bodies[i],
                                 &(struct request_options){.key = "k"});
        expect_problem(r, 422, i < 2 ? "invalid" : "idempotency_mismatch");
        ck_assert_int_eq(header(r, "Idempotency-Replayed") != NULL, i == 1);
    }
    world_free(w);
}
END_TEST

/* ---- what they cost ---- */

static long round_trips(struct world *w)
{
    static const char name[] = "\no2c_tx_round_trips_total ";
    const char *found = strstr(get(w, "/metrics").body, name);
    ck_assert_ptr_ne(found, NULL);
    return strtol(found + strlen(name), NULL, 10);
}

/* Alone; together they cost no more. COMMIT is one of them. */
START_TEST(a_document_costs_two_or_three_round_trips)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 100);
    const char *order = given_order(w, who, "A", 10);
    long begin = round_trips(w);
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order), 201);
    long shipped = round_trips(w);
    struct reply r = post(w, "/v1/invoices", "{'order_id':'%s'}", order);
    expect(r, 201);
    long drafted = round_trips(w);
    expect(act(w, fmt(w, "/v1/invoices/%s", text(r, "/id")), "finalize"), 200);
    long finalized = round_trips(w);
    ck_assert_int_eq(shipped - begin, 3);
    ck_assert_int_eq(drafted - shipped, 2);
    ck_assert_int_eq(finalized - drafted, 3);
    world_free(w);
}
END_TEST

/* ---- the whole way ---- */

/* Whatever may happen to an order and its documents, at the same moment. */
static void everything_at_once(struct world *w, const char *who, int round)
{
    enum { ORDERS = 4, EACH = 10, N = ORDERS * EACH };
    struct shot shots[N];
    for (int i = 0; i < ORDERS; i++) {
        const char *order = given_order(w, who, "A", 10);
        const char *mine = fmt(w, "%d-%d", round, i);
        expect(post(w, "/v1/shipments",
                    "{'order_id':'%s','external_id':'s%s','ship':true,"
                    "'lines':[{'order_line_no':1,'quantity':'4'}]}",
                    order, mine),
               201);
        expect(post(w, "/v1/shipments",
                    "{'order_id':'%s','external_id':'d%s',"
                    "'lines':[{'order_line_no':1,'quantity':'2'}]}",
                    order, mine),
               201);
        expect(post(w, "/v1/invoices",
                    "{'order_id':'%s','external_id':'i%s',"
                    "'lines':[{'order_line_no':1,'quantity':'1'}]}",
                    order, mine),
               201);
        const char *ship = fmt(w,
                               "{\"order_id\":\"%s\",\"ship\":true,\"lines\":"
                               "[{\"order_line_no\":1,\"quantity\":\"3\"}]}",
                               order);
        const char *bill = fmt(w, "{\"order_id\":\"%s\",\"finalize\":true}", order);
        const char *steps[EACH][2] = {
            {"/v1/shipments", ship},
            {"/v1/shipments", ship},
            {fmt(w, "/v1/shipments/ext:d%s/ship", mine), "{}"},
            {fmt(w, "/v1/shipments/ext:s%s/deliver", mine), "{}"},
            {fmt(w, "/v1/orders/%s/cancel", order),
             "{\"lines\":[{\"line_no\":1,\"quantity\":\"1\"}]}"},
            {"/v1/invoices", bill},
            {"/v1/invoices", bill},
            {fmt(w, "/v1/invoices/ext:i%s/finalize", mine), NULL},
            {fmt(w, "/v1/invoices/ext:i%s/finalize", mine), NULL},
            {fmt(w, "/v1/invoices/ext:i%s/void", mine), "{}"},
        };
        for (int k = 0; k < EACH; k++)
            shots[k * ORDERS + i] = (struct shot){.method = "POST",
                                                  .path = steps[k][0],
                                                  .body = steps[k][1],
                                                  .options = {.key = "", .if_match = "*"}};
    }
    shoot_together(w, shots, N);
    for (int i = 0; i < N; i++)
        if (shots[i].reply.status / 100 != 2)
            expect(shots[i].reply, 409);
}

START_TEST(documents_of_the_same_orders_never_tear)
{
    struct world *w = world_new();
    const char *who[] = {given_customer(w, NULL), given_customer(w, NULL)};
    given_product(w, "A", "1.37", 400);
    for (int round = 0; round < 6; round++) {
        everything_at_once(w, who[round % 2], round);
        expect_books_balance(w);
    }
    ck_assert_str_eq(world_sql(w, "SELECT count(number) - right(max(number), 6)::int FROM invoice"),
                     "0");
    world_free(w);
}
END_TEST

static Suite *batches_suite(void)
{
    Suite *s = suite_create("batches");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    tcase_add_test(t, shipments_of_many_clients_take_what_is_open_with_batches);
    tcase_add_test(t, shipments_of_many_clients_take_what_is_open_without_batches);
    tcase_add_test(t, finalizes_of_many_clients_take_one_number_a_draft_with_batches);
    tcase_add_test(t, finalizes_of_many_clients_take_one_number_a_draft_without_batches);
    tcase_add_test(t, invoices_of_many_clients_claim_each_piece_once_with_batches);
    tcase_add_test(t, invoices_of_many_clients_claim_each_piece_once_without_batches);
    tcase_add_test(t, what_is_refused_at_once_is_kept_under_its_key);
    tcase_add_test(t, a_document_costs_two_or_three_round_trips);
    tcase_add_test(t, documents_of_the_same_orders_never_tear);
    return s;
}
WORLD_MAIN(batches_suite)
