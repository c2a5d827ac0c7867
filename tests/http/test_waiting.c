/* What becomes free goes to those who wait for it, by itself and within the same second. */
#include "tests/support/world.h"
#include <libpq-fe.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SOON_MS 900 /* less than the worker sleeps when nobody rings */

static struct world *open_world(void)
{
    static const char *const env[] = {"O2C_JOB_WORKERS", "1", NULL};
    return world_new_with(env);
}

static int64_t ms_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *given_waiting(struct world *w, const char *who, int quantity)
{
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'backorder':true,"
                          "'lines':[{'sku':'A','quantity':'%d'}]}",
                          who, quantity);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

/* Fails unless the order's member reads so before long. */
static void becomes(struct world *w, const char *order, const char *member, const char *value,
                    int within_ms)
{
    int64_t since = ms_now();
    struct reply r = {0};
    while (ms_now() - since < within_ms) {
        r = get(w, "/v1/orders/%s", order);
        expect(r, 200);
        if (strcmp(text(r, member), value) == 0)
            return;
        usleep(5000);
    }
    ck_abort_msg("%s is still %s and not %s", member, text(r, member), value);
}

#define served(w, order, reserved) becomes(w, order, "/lines/0/reserved", reserved, SOON_MS)

START_TEST(what_orders_give_back_goes_to_those_who_wait_in_their_order)
{
    struct world *w = open_world();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    const char *big = given_order(w, who, "A", 10);
    const char *first = given_waiting(w, who, 3), *second = given_waiting(w, who, 4);
    expect(post(w, fmt(w, "/v1/orders/%s/amend", big), "{'lines':[{'line_no':1,'quantity':'8'}]}"),
           200);
    served(w, first, "2");
    expect(post(w, fmt(w, "/v1/orders/%s/cancel", big), "{'lines':[{'line_no':1,'quantity':'2'}]}"),
           200);
    served(w, first, "3");
    served(w, second, "1");
    expect(act(w, fmt(w, "/v1/orders/%s", big), "cancel"), 200);
    served(w, second, "4");
    struct reply r = get(w, "/v1/stock/allocations?cause=freed");
    ck_assert_uint_eq(length(r, "/data"), 3);
    r = get(w, "/v1/stock/allocations/%s", text(r, "/data/2/id"));
    ck_assert_str_eq(text(r, "/lines/0/order_id"), second);
    ck_assert_str_eq(text(r, "/lines/0/outcome"), "full");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM stock_freed"), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_reservations_held_goes_to_those_who_wait)
{
    struct world *w = open_world();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    struct reply r = post(w, "/v1/stock/reservations",
                          "{'owner':'cart','reservations':[{'sku':'A','quantity':'4'},"
                          "{'sku':'A','quantity':'6'}]}");
    expect(r, 201);
    const char *order = given_waiting(w, who, 10);
    const char *one = text(r, "/reservations/0/id");
    expect(act(w, fmt(w, "/v1/stock/reservations/%s", one), "release"), 200);
    served(w, order, "4");
    world_sql(w, "UPDATE stock_reservation SET expires_at = now() + interval '100 ms'"
                 " WHERE status = 'held';"
                 "UPDATE stock SET held_until = now() + interval '100 ms'");
    becomes(w, order, "/lines/0/reserved", "10", 2500);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM stock_reservation"
                                  " WHERE status = 'expired'"),
                     "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_comes_back_is_found_or_is_promised_after_all_goes_to_those_who_wait)
{
    struct world *w = open_world();
    const char *who = given_customer(w, NULL);
    const char *product = given_product(w, "A", "1.00", 10);
    given_invoice(w, who, "A", 6);
    const char *warehouse = fmt(w, "%s", text(get(w, "/v1/warehouses"), "/data/0/id"));
    expect(patch(w, fmt(w, "/v1/stock/%s/%s", product, warehouse), "{'safety':'4'}"), 200);
    const char *order = given_waiting(w, who, 20);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", order), "/lines/0/reserved"), "0");
    expect(patch(w, fmt(w, "/v1/stock/%s/%s", product, warehouse), "{'safety':'1'}"), 200);
    served(w, order, "3");
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'return','sku':'A','quantity':'2'}]}"),
           201);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", order), "/lines/0/reserved"), "5");
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'adjustment','sku':'A','quantity':'3',"
                "'reason':'found'}]}"),
           201);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", order), "/lines/0/reserved"), "8");
    struct reply r = post(w, "/v1/stock/counts", "{'products':[{'sku':'A'}]}");
    expect(r, 201);
    const char *count = fmt(w, "/v1/stock/counts/%s", text(r, "/id"));
    expect(post(w, fmt(w, "%s/entries", count), "{'entries':[{'line_no':1,'counted':'11'}]}"), 200);
    expect(act(w, count, "post"), 200);
    served(w, order, "10");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_did_not_arrive_waits_again_and_what_came_back_serves_it)
{
    struct world *w = open_world();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    const char *order = given_waiting(w, who, 6);
    struct reply r = post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order);
    expect(r, 201);
    r = post(w, fmt(w, "/v1/shipments/%s/deliver", text(r, "/id")),
             "{'lines':[{'line_no':1,'exceptions':[{'kind':'lost','quantity':'2'},"
             "{'kind':'refused','quantity':'1','restock':true}]}]}");
    expect(r, 200);
    served(w, order, "3");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_order_on_hold_gets_nothing_until_it_goes_on)
{
    struct world *w = open_world();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    const char *big = given_order(w, who, "A", 10);
    const char *order = given_waiting(w, who, 4);
    expect(post(w, fmt(w, "/v1/orders/%s/hold", order), "{'reason':'wait'}"), 200);
    expect(act(w, fmt(w, "/v1/orders/%s", big), "cancel"), 200);
    usleep(300000);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", order), "/lines/0/reserved"), "0");
    ck_assert_uint_eq(length(get(w, "/v1/stock/allocations"), "/data"), 0);
    expect(post(w, fmt(w, "/v1/orders/%s/release", order), "{'reason':'go on'}"), 200);
    served(w, order, "4");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_hold_for_stock_ends_when_there_is_stock)
{
    struct world *w = open_world();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    const char *big = given_order(w, who, "A", 10);
    const char *order = given_waiting(w, who, 4);
    expect(post(w, fmt(w, "/v1/orders/%s/hold", order),
                "{'kind':'stock','reason':'no piece of it yet','release_rule':'when_clear'}"),
           200);
    expect(post(w, fmt(w, "/v1/orders/%s/cancel", big), "{'lines':[{'line_no':1,'quantity':'3'}]}"),
           200);
    usleep(200000);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", order), "/status"), "on_hold");
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'receipt','sku':'A','quantity':'1'}]}"),
           201);
    becomes(w, order, "/status", "confirmed", SOON_MS);
    served(w, order, "4");
    struct reply r = get(w, "/v1/orders/%s", order);
    ck_assert_str_eq(text(r, "/holds/0/cleared"), "true");
    ck_assert_str_eq(text(r, "/holds/0/released_by"), "null");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM stock_freed"), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* Many that cancel and many that wait, at once: everything that is free in the end is given. */
START_TEST(who_holds_stock_leaves_an_order_whose_stock_is_taken_to_the_worker)
{
    struct world *w = open_world();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    given_product(w, "A", "1.00", 100);
    given_product(w, "B", "1.00", 100);
    const char *big = given_order(w, who, "A", 60);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,"
                          "'lines':[{'sku':'B','quantity':'60'}]}",
                          who);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    const char *order = fmt(w, "%s", text(r, "/id"));

    PGconn *other = PQconnectdb(world_conninfo(w));
    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "SELECT FROM stock s JOIN product p ON p.id = s.product_id"
                          " WHERE p.sku = 'B' FOR UPDATE OF s"));
    ck_assert_int_eq(PQtransactionStatus(other), PQTRANS_INTRANS);
    expect(act(w, fmt(w, "/v1/orders/%s", big), "cancel"), 200);
    r = get(w, "/v1/orders/%s", order);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM credit_room"), "1");
    PQfinish(other);
    becomes(w, order, "/status", "confirmed", SOON_MS);
    for (int i = 0; i < 200 && strcmp(world_sql(w, "SELECT count(*) FROM credit_room"), "0") != 0;
         i++)
        usleep(5000);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM credit_room"), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(under_load_nobody_waits_for_what_is_free)
{
    enum { N = 40 };
    struct world *w = open_world();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", N);
    const char *orders[N];
    for (size_t i = 0; i < N; i++)
        orders[i] = given_order(w, who, "A", 1);
    struct shot shots[2 * N];
    for (size_t i = 0; i < N; i++) {
        shots[2 * i] = (struct shot){.method = "POST",
                                     .path = fmt(w, "/v1/orders/%s/cancel", orders[i]),
                                     .body = "{}",
                                     .options = {.key = "", .if_match = "*"}};
        shots[2 * i + 1] = (struct shot){
            .method = "POST",
            .path = "/v1/orders",
            .body = fmt(w,
                        "{\"customer_id\":\"%s\",\"confirm\":true,\"backorder\":true,"
                        "\"lines\":[{\"sku\":\"A\",\"quantity\":\"2\"}]}",
                        who),
            .options = {.key = "", .if_match = "*"}};
    }
    shoot_together(w, shots, 2 * (size_t)N);
    for (size_t i = 0; i < 2 * (size_t)N; i++)
        expect(shots[i].reply, i % 2 == 0 ? 200 : 201);
    int64_t since = ms_now();
    while (strcmp(world_sql(w, "SELECT reserved = on_hand FROM stock"), "t") != 0)
        ck_assert_int_lt(ms_now() - since, SOON_MS);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("waiting");
    TCase *tc = tcase_create("waiting");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, what_orders_give_back_goes_to_those_who_wait_in_their_order);
    tcase_add_test(tc, what_reservations_held_goes_to_those_who_wait);
    tcase_add_test(tc, what_comes_back_is_found_or_is_promised_after_all_goes_to_those_who_wait);
    tcase_add_test(tc, what_did_not_arrive_waits_again_and_what_came_back_serves_it);
    tcase_add_test(tc, an_order_on_hold_gets_nothing_until_it_goes_on);
    tcase_add_test(tc, a_hold_for_stock_ends_when_there_is_stock);
    tcase_add_test(tc, who_holds_stock_leaves_an_order_whose_stock_is_taken_to_the_worker);
    tcase_add_test(tc, under_load_nobody_waits_for_what_is_free);
    suite_add_tcase(s, tc);
    return s;
}

WORLD_MAIN(suite)
