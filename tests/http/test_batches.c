/* Many clients at once, whose requests wait and run together: each gets what it would get alone. */
#include "tests/support/world.h"
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

static Suite *batches_suite(void)
{
    Suite *s = suite_create("batches");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    tcase_add_test(t, shipments_of_many_clients_take_what_is_open_with_batches);
    tcase_add_test(t, shipments_of_many_clients_take_what_is_open_without_batches);
    return s;
}
WORLD_MAIN(batches_suite)
