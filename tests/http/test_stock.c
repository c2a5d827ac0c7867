/* Safety stock, supplies, what can be promised when, reservations and lines that wait, over the
 * API. */
#include "tests/support/world.h"
#include <string.h>
#include <time.h>

static const char *stock_of(struct world *w, const char *sku)
{
    struct reply r = get(w, "/v1/stock?sku=%s", sku);
    expect(r, 200);
    return fmt(w, "%s %s %s %s", text(r, "/data/0/on_hand"), text(r, "/data/0/reserved"),
               text(r, "/data/0/held"), text(r, "/data/0/available"));
}

/* So many days from today, by the tenant's clock. */
static const char *day(struct world *w, int days)
{
    return fmt(w, "%s",
               world_sql(w, "SELECT ((now() AT TIME ZONE 'Europe/Berlin')::date + %d)", days));
}

static const char *from_now(struct world *w, const char *interval)
{
    return fmt(w, "%s",
               world_sql(w,
                         "SELECT to_char((now() + interval '%s') AT TIME ZONE 'UTC',"
                         " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
                         interval));
}

static const char *given_supply(struct world *w, const char *sku, int quantity, const char *date)
{
    struct reply r = post(w, "/v1/stock/supplies",
                          "{'sku':'%s','quantity':'%d','expected_date':'%s'}", sku, quantity, date);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static const char *given_reservation(struct world *w, const char *sku, int quantity)
{
    struct reply r = post(w, "/v1/stock/reservations",
                          "{'owner':'cart','reservations':[{'sku':'%s','quantity':'%d'}]}", sku,
                          quantity);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/reservations/0/id"));
}

/* Time goes by: the reservation is over, and nobody has noticed. */
static void let_expire(struct world *w, const char *id)
{
    struct reply r = get(w, "/v1/stock/reservations/%s", id);
    world_sql(w,
              "UPDATE stock_reservation SET expires_at = now() - interval '1 second'"
              " WHERE external_id = '%s'",
              text(r, "/external_id"));
    world_sql(w, "UPDATE stock s SET held_until = (SELECT min(expires_at) FROM stock_reservation r"
                 " WHERE r.product_id = s.product_id AND r.status = 'held') WHERE held > 0");
}

static struct reply order(struct world *w, const char *who, const char *more)
{
    return post(w, "/v1/orders", "{'customer_id':'%s','confirm':true,%s}", who, more);
}

/* ---- safety stock ---- */

START_TEST(safety_stock_is_not_promised)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    struct reply r = patch(w, "/v1/stock/ext:A/ext:NO", "{'safety':'3'}");
    expect_problem(r, 404, "not_found");
    const char *main = text(get(w, "/v1/warehouses?code=MAIN"), "/data/0/id");
    const char *path = fmt(w, "/v1/stock/ext:A/%s", main);
    r = patch(w, path, "{'safety':'3'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/safety"), "3");
    ck_assert_str_eq(text(r, "/available"), "7");
    r = order(w, who, "'lines':[{'sku':'A','quantity':'8'}]");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_str_eq(text(r, "/detail"), "Line 1 wants 8 of A, 7 are available.");
    r = order(w, who, "'lines':[{'sku':'A','quantity':'7'}]");
    expect(r, 201);
    ck_assert_str_eq(stock_of(w, "A"), "10 7 0 0");
    /* What was promised before stays promised, and nothing is taken from what is negative. */
    expect(patch(w, path, "{'safety':'9'}"), 200);
    ck_assert_str_eq(stock_of(w, "A"), "10 7 0 0");
    expect(patch(w, path, "{'safety':'0'}"), 200);
    ck_assert_str_eq(stock_of(w, "A"), "10 7 0 3");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE type = 'stock.safety_changed'"),
                     "3");
    expect_fault(patch(w, path, "{'safety':'-1'}"), "/safety", "too_small");
    expect_problem(patch(w, fmt(w, "/v1/stock/prd_0000000000001/%s", main), "{'safety':'1'}"), 404,
                   "not_found");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(safety_can_be_said_before_the_first_receipt)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    const char *main = text(get(w, "/v1/warehouses?code=MAIN"), "/data/0/id");
    expect(patch(w, fmt(w, "/v1/stock/ext:A/%s", main), "{'safety':'5'}"), 200);
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'receipt','sku':'A','quantity':'7'}]}"),
           201);
    ck_assert_str_eq(stock_of(w, "A"), "7 0 0 2");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- supplies ---- */

START_TEST(a_supply_is_received_by_movements_until_nothing_is_to_come)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    struct reply r = post(w, "/v1/stock/supplies",
                          "{'external_id':'PO-1','sku':'A','quantity':'10','expected_date':'%s',"
                          "'reference':'PO 1'}",
                          day(w, 3));
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "open");
    ck_assert_str_eq(text(r, "/open"), "10");
    ck_assert_str_eq(get(w, "/v1/stock/supplies/ext:PO-1").body, r.body);
    expect_problem(post(w, "/v1/stock/supplies",
                        "{'external_id':'PO-1','sku':'A','quantity':'1','expected_date':'%s'}",
                        day(w, 3)),
                   409, "external_id_taken");
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'receipt','sku':'A','quantity':'4','supply_id':'ext:PO-1'}]}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/movements/0/supply_id"),
                     text(get(w, "/v1/stock/supplies/ext:PO-1"), "/id"));
    r = get(w, "/v1/stock/supplies/ext:PO-1");
    ck_assert_str_eq(text(r, "/received"), "4");
    ck_assert_str_eq(text(r, "/open"), "6");
    ck_assert_str_eq(text(r, "/version"), "2");
    r = patch(w, "/v1/stock/supplies/ext:PO-1", "{'quantity':'9','expected_date':'%s'}", day(w, 5));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/open"), "5");
    ck_assert_str_eq(text(r, "/expected_date"), day(w, 5));
    /* More than expected is fine: it is there. */
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'receipt','sku':'A','quantity':'3','supply_id':'ext:PO-1'},"
                "{'kind':'receipt','sku':'A','quantity':'3','supply_id':'ext:PO-1'}]}"),
           201);
    r = get(w, "/v1/stock/supplies/ext:PO-1");
    ck_assert_str_eq(text(r, "/status"), "received");
    ck_assert_str_eq(text(r, "/received"), "10");
    ck_assert_str_eq(text(r, "/open"), "0");
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'receipt','sku':'A','quantity':'1','supply_id':'ext:PO-1'}]}");
    expect_problem(r, 409, "wrong_state");
    expect_problem(act(w, "/v1/stock/supplies/ext:PO-1", "cancel"), 409, "wrong_state");
    ck_assert_uint_eq(length(get(w, "/v1/stock/supplies?status=received"), "/data"), 1);
    ck_assert_str_eq(stock_of(w, "A"), "10 0 0 10");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_canceled_supply_does_not_come_and_a_wrong_one_is_refused)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    given_product(w, "B", "1.00", 0);
    const char *id = given_supply(w, "A", 10, day(w, 1));
    struct reply r = post(w, "/v1/stock/movements",
                          "{'movements':[{'kind':'receipt','sku':'B','quantity':'1','supply_id':"
                          "'%s'}]}",
                          id);
    expect_fault(r, "/movements/0/supply_id", "mismatch");
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'adjustment','sku':'A','quantity':'1','supply_id':'%s'}]}", id);
    expect_fault(r, "/movements/0/supply_id", "not_a_receipt");
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'receipt','sku':'A','quantity':'1','supply_id':"
             "'sup_0000000000001'}]}");
    expect_fault(r, "/movements/0/supply_id", "unknown_reference");
    r = act(w, fmt(w, "/v1/stock/supplies/%s", id), "cancel");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "canceled");
    ck_assert_str_eq(text(r, "/open"), "0");
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'receipt','sku':'A','quantity':'1','supply_id':'%s'}]}", id);
    expect_problem(r, 409, "wrong_state");
    ck_assert_str_eq(text(get(w, "/v1/stock/availability?sku=A&date=%s", day(w, 9)), "/available"),
                     "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- availability ---- */

START_TEST(what_can_be_promised_grows_with_what_is_expected)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    const char *main = text(get(w, "/v1/warehouses?code=MAIN"), "/data/0/id");
    expect(patch(w, fmt(w, "/v1/stock/ext:A/%s", main), "{'safety':'1'}"), 200);
    given_order(w, who, "A", 4);
    given_reservation(w, "A", 2);
    given_supply(w, "A", 5, day(w, 2));
    given_supply(w, "A", 20, day(w, 7));
    world_sql(w,
              "INSERT INTO stock_supply SELECT tenant_id, 5, 1, 'late', product_id, warehouse_id,"
              " 3000000, 0, DATE '2020-01-01', 'open', NULL, now(), now() FROM stock");
    struct reply r = get(w, "/v1/stock/availability?sku=A&quantity=6");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/on_hand"), "10");
    ck_assert_str_eq(text(r, "/reserved"), "4");
    ck_assert_str_eq(text(r, "/held"), "2");
    ck_assert_str_eq(text(r, "/safety"), "1");
    ck_assert_str_eq(text(r, "/overdue"), "3");
    ck_assert_str_eq(text(r, "/available"), "3");
    ck_assert_str_eq(text(r, "/sufficient"), "false");
    ck_assert_str_eq(text(r, "/first_date"), day(w, 2));
    ck_assert_uint_eq(length(r, "/supplies"), 3);
    ck_assert_str_eq(text(r, "/supplies/2/available"), "28");
    r = get(w, "/v1/stock/availability?product_id=ext:A&quantity=8&date=%s", day(w, 2));
    ck_assert_str_eq(text(r, "/incoming"), "5");
    ck_assert_str_eq(text(r, "/available"), "8");
    ck_assert_str_eq(text(r, "/sufficient"), "true");
    r = get(w, "/v1/stock/availability?sku=A&quantity=28.000001");
    ck_assert_str_eq(text(r, "/first_date"), "null");
    expect_fault(get(w, "/v1/stock/availability?sku=A&date=%s", day(w, -1)), "/date", "past");
    expect_fault(get(w, "/v1/stock/availability?sku=NO"), "/sku", "unknown_reference");
    world_free(w);
}
END_TEST

START_TEST(several_products_are_promised_together_and_repeated_ones_add_up)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 5);
    given_product(w, "B", "1.00", 0);
    given_supply(w, "A", 10, day(w, 2));
    given_supply(w, "B", 10, day(w, 4));
    struct reply r = post(w, "/v1/stock/availability",
                          "{'items':[{'sku':'A','quantity':'3'},{'sku':'B','quantity':'1'},"
                          "{'product_id':'ext:A','quantity':'3'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/items/0/quantity"), "6");
    ck_assert_str_eq(text(r, "/items/0/sufficient"), "false");
    ck_assert_str_eq(text(r, "/items/0/first_date"), day(w, 2));
    ck_assert_str_eq(text(r, "/items/2/first_date"), day(w, 2));
    ck_assert_str_eq(text(r, "/items/1/first_date"), day(w, 4));
    ck_assert_str_eq(text(r, "/sufficient"), "false");
    ck_assert_str_eq(text(r, "/first_date"), day(w, 4));
    r = post(w, "/v1/stock/availability", "{'date':'%s','items':[{'sku':'B','quantity':'11'}]}",
             day(w, 30));
    ck_assert_str_eq(text(r, "/first_date"), "null");
    r = post(w, "/v1/stock/availability",
             "{'items':[{'sku':'NO','quantity':'3'},{'quantity':'1'}]}");
    expect_fault(r, "/items/0/sku", "unknown_reference");
    expect_fault(r, "/items/1/product_id", "required");
    world_free(w);
}
END_TEST

/* ---- reservations ---- */

START_TEST(a_reservation_holds_stock_until_it_is_released)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    struct reply r = post(w, "/v1/stock/reservations",
                          "{'owner':'cart 7','reservations':[{'external_id':'R1','sku':'A',"
                          "'quantity':'4'},{'sku':'A','quantity':'2.5'}]}");
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/reservations"), 2);
    ck_assert_str_eq(text(r, "/reservations/0/status"), "held");
    ck_assert_str_eq(text(r, "/reservations/0/owner"), "cart 7");
    ck_assert_str_eq(stock_of(w, "A"), "10 0 6.5 3.5");
    const char *second = fmt(w, "%s", text(r, "/reservations/1/id"));
    expect_problem(order(w, who, "'lines':[{'sku':'A','quantity':'4'}]"), 409,
                   "insufficient_stock");
    expect_problem(post(w, "/v1/stock/movements",
                        "{'movements':[{'kind':'adjustment','sku':'A','quantity':'-4'}]}"),
                   409, "insufficient_stock");
    r = act(w, "/v1/stock/reservations/ext:R1", "release");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "released");
    ck_assert_str_eq(stock_of(w, "A"), "10 0 2.5 7.5");
    r = act(w, "/v1/stock/reservations/ext:R1", "release");
    expect_problem(r, 409, "wrong_state");
    expect(order(w, who, "'lines':[{'sku':'A','quantity':'7.5'}]"), 201);
    ck_assert_uint_eq(length(get(w, "/v1/stock/reservations?status=held"), "/data"), 1);
    ck_assert_str_eq(
        text(get(w, "/v1/stock/reservations?owner=cart%%207&status=held"), "/data/0/id"), second);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(products_named_twice_are_added_up_and_nothing_is_held_in_part)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 10);
    given_product(w, "B", "1.00", 10);
    struct reply r = post(w, "/v1/stock/reservations",
                          "{'owner':'x','reservations':[{'sku':'B','quantity':'1'},{'sku':'A',"
                          "'quantity':'6'},{'product_id':'ext:A','quantity':'5'}]}");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_str_eq(text(r, "/detail"), "Reservation 3 wants 5 of A, 4 are available.");
    ck_assert_str_eq(stock_of(w, "A"), "10 0 0 10");
    ck_assert_str_eq(stock_of(w, "B"), "10 0 0 10");
    r = post(w, "/v1/stock/reservations",
             "{'owner':'x','expires_at':'2020-01-01T00:00:00Z','reservations':[{'sku':'NO',"
             "'quantity':'1'},{'sku':'A','quantity':'1','external_id':'twice'},{'sku':'A',"
             "'quantity':'1','external_id':'twice'}]}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/expires_at", "past");
    expect_fault(r, "/reservations/0/sku", "unknown_reference");
    r = post(w, "/v1/stock/reservations",
             "{'owner':'x','reservations':[{'sku':'A','quantity':'1','external_id':'twice'},"
             "{'sku':'A','quantity':'1','external_id':'twice'}]}");
    expect_fault(r, "/reservations/1/external_id", "repeated");
    r = post(w, "/v1/stock/reservations",
             "{'owner':'x','expires_at':'%s','reservations':[{'sku':'A','quantity':'1'}]}",
             from_now(w, "400 days"));
    expect_fault(r, "/expires_at", "too_far");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM stock_reservation"), "0");
    world_free(w);
}
END_TEST

START_TEST(what_has_expired_is_free_at_once_and_who_needs_it_takes_it)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    struct reply r = post(w, "/v1/stock/reservations",
                          "{'owner':'x','reservations':[{'sku':'A','quantity':'7','external_id':"
                          "'R1'}]}");
    expect(r, 201);
    expect(post(w, "/v1/stock/reservations",
                "{'owner':'y','reservations':[{'sku':'A','quantity':'2','external_id':'R2'}]}"),
           201);
    ck_assert_str_eq(stock_of(w, "A"), "10 0 9 1");
    let_expire(w, "ext:R1");
    ck_assert_str_eq(stock_of(w, "A"), "10 0 2 8"); /* seen before anybody cleans */
    ck_assert_str_eq(text(get(w, "/v1/stock/reservations/ext:R1"), "/status"), "expired");
    ck_assert_uint_eq(length(get(w, "/v1/stock/reservations?status=expired"), "/data"), 1);
    ck_assert_str_eq(text(get(w, "/v1/stock/availability?sku=A"), "/available"), "8");
    expect_problem(act(w, "/v1/stock/reservations/ext:R1", "release"), 409, "wrong_state");
    expect(order(w, who, "'lines':[{'sku':'A','quantity':'8'}]"), 201);
    ck_assert_str_eq(stock_of(w, "A"), "10 8 2 0");
    ck_assert_str_eq(world_sql(w, "SELECT held || ' ' || (held_until > now()) FROM stock"),
                     "2000000 true");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event"
                                  " WHERE type = 'stock_reservation.expired'"),
                     "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_reservation_can_be_extended_while_it_holds)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 10);
    const char *path = fmt(w, "/v1/stock/reservations/%s", given_reservation(w, "A", 3));
    const char *later = from_now(w, "2 days");
    struct reply r = patch(w, path, "{'expires_at':'%s'}", later);
    expect(r, 200);
    ck_assert_int_eq(strncmp(text(r, "/expires_at"), later, 22), 0);
    ck_assert_str_eq(text(r, "/version"), "2");
    expect_fault(patch(w, path, "{'expires_at':'2020-01-01T00:00:00Z'}"), "/expires_at", "past");
    expect_books_balance(w);
    expect(act(w, path, "release"), 200);
    expect_problem(patch(w, path, "{'expires_at':'%s'}", later), 409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_order_takes_over_what_is_held_for_it)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    const char *mine = given_reservation(w, "A", 6), *other = given_reservation(w, "A", 4);
    expect_problem(order(w, who, "'lines':[{'sku':'A','quantity':'6'}]"), 409,
                   "insufficient_stock");
    const char *body = fmt(w,
                           "'reservations':[{'reservation_id':'%s'}],"
                           "'lines':[{'sku':'A','quantity':'5'}]",
                           mine);
    struct reply r = order(w, who, body);
    expect(r, 201);
    const char *id = fmt(w, "%s", text(r, "/id"));
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "5");
    ck_assert_str_eq(stock_of(w, "A"), "10 5 4 1"); /* what it did not need is free */
    r = get(w, "/v1/stock/reservations/%s", mine);
    ck_assert_str_eq(text(r, "/status"), "committed");
    ck_assert_str_eq(text(r, "/order_id"), id);
    r = order(w, who, body);
    expect_problem(r, 409, "wrong_state");
    ck_assert_str_eq(
        text(r, "/detail"),
        fmt(w, "Reservation %s is committed: make another one, or leave it out.", mine));
    r = order(w, who,
              fmt(w, "'reservations':[{'reservation_id':'rsv_0000000000001'}],"
                     "'lines':[{'sku':'A','quantity':'1'}]"));
    expect_fault(r, "/reservations/0/reservation_id", "unknown_reference");
    given_product(w, "B", "1.00", 10);
    r = order(w, who,
              fmt(w,
                  "'reservations':[{'reservation_id':'%s'}],"
                  "'lines':[{'sku':'B','quantity':'1'}]",
                  other));
    expect_fault(r, "/reservations/0/reservation_id", "mismatch");
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 201);
    ck_assert_str_eq(text(get(w, "/v1/stock/reservations/%s", mine), "/status"), "consumed");
    ck_assert_uint_eq(length(get(w, "/v1/stock/reservations?order_id=%s", id), "/data"), 1);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_order_on_hold_keeps_what_is_held_until_it_is_released_or_canceled)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'0.00'");
    given_product(w, "A", "1.00", 10);
    const char *first = given_reservation(w, "A", 5), *second = given_reservation(w, "A", 5);
    const char *ids[2];
    for (int i = 0; i < 2; i++) {
        struct reply r = order(w, who,
                               fmt(w,
                                   "'reservations':[{'reservation_id':'%s'}],"
                                   "'lines':[{'sku':'A','quantity':'5'}]",
                                   i == 0 ? first : second));
        expect(r, 201);
        ck_assert_str_eq(text(r, "/status"), "on_hold");
        ids[i] = fmt(w, "%s", text(r, "/id"));
    }
    ck_assert_str_eq(stock_of(w, "A"), "10 0 10 0");
    struct reply r = order(w, who,
                           fmt(w,
                               "'reservations':[{'reservation_id':'%s'}],"
                               "'lines':[{'sku':'A','quantity':'5'}]",
                               first));
    expect_problem(r, 409, "wrong_state");
    ck_assert_str_eq(text(r, "/detail"),
                     fmt(w, "Reservation %s is held for another order.", first));
    expect(post(w, fmt(w, "/v1/orders/%s/release", ids[0]), "{'reason':'paid'}"), 200);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", ids[0]), "/lines/0/reserved"), "5");
    ck_assert_str_eq(text(get(w, "/v1/stock/reservations/%s", first), "/status"), "committed");
    ck_assert_str_eq(stock_of(w, "A"), "10 5 5 0");
    expect(act(w, fmt(w, "/v1/orders/%s", ids[1]), "cancel"), 200);
    ck_assert_str_eq(text(get(w, "/v1/stock/reservations/%s", second), "/status"), "released");
    ck_assert_str_eq(stock_of(w, "A"), "10 5 0 5");
    expect(act(w, fmt(w, "/v1/orders/%s", ids[0]), "cancel"), 200);
    ck_assert_str_eq(text(get(w, "/v1/stock/reservations/%s", first), "/status"), "released");
    ck_assert_str_eq(stock_of(w, "A"), "10 0 0 10");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_takes_over_what_it_named_when_it_is_confirmed)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 5);
    const char *mine = given_reservation(w, "A", 5);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','reservations':[{'reservation_id':'%s'}],"
                          "'lines':[{'sku':'A','quantity':'5'}]}",
                          who, mine);
    expect(r, 201);
    ck_assert_str_eq(stock_of(w, "A"), "5 0 5 0");
    expect_books_balance(w);
    r = act(w, fmt(w, "/v1/orders/%s", text(r, "/id")), "confirm");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "5");
    ck_assert_str_eq(text(get(w, "/v1/stock/reservations/%s", mine), "/status"), "committed");
    ck_assert_str_eq(stock_of(w, "A"), "5 5 0 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* Hundreds of clients want the same product: some order, some hold, some order what they hold. */
START_TEST(hundreds_that_want_the_last_pieces_get_exactly_what_is_there)
{
    enum { N = 300, PIECES = 200 };
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", PIECES);
    patch(w, fmt(w, "/v1/stock/ext:A/%s", text(get(w, "/v1/warehouses?code=MAIN"), "/data/0/id")),
          "{'safety':'7'}");
    static struct shot shots[N];
    const char *reserve = "{\"owner\":\"x\",\"reservations\":[{\"sku\":\"A\",\"quantity\":\"1\"}]}";
    const char *buy = fmt(w,
                          "{\"customer_id\":\"%s\",\"confirm\":true,\"lines\":[{\"sku\":\"A\","
                          "\"quantity\":\"1\"},{\"sku\":\"A\",\"quantity\":\"1\"}]}",
                          who);
    long held = 0, ordered = 0;
    for (int round = 0; round < N; round += 50) {
        for (int i = 0; i < 50; i++)
            shots[i] = (struct shot){"POST",
                                     i % 2 ? "/v1/orders" : "/v1/stock/reservations",
                                     i % 2 ? buy : reserve,
                                     {.key = ""},
                                     {0}};
        shoot_together(w, shots, 50);
        for (int i = 0; i < 50; i++) {
            if (shots[i].reply.status != 201)
                expect_problem(shots[i].reply, 409, "insufficient_stock");
            else if (i % 2)
                ordered += 2;
            else
                held++;
        }
    }
    ck_assert_int_eq(held + ordered, PIECES - 7);
    ck_assert_str_eq(stock_of(w, "A"), fmt(w, "%d %ld %ld 0", PIECES, ordered, held));
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- lines that wait ---- */

START_TEST(an_order_that_may_wait_takes_what_is_there_and_says_what_is_short)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 4);
    given_product(w, "B", "1.00", 4);
    struct reply r = order(w, who,
                           "'lines':[{'sku':'A','quantity':'6','backorder':true},"
                           "{'sku':'B','quantity':'5'}]");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_str_eq(text(r, "/detail"), "Line 2 wants 5 of B, 4 are available.");
    r = order(w, who,
              "'backorder':true,'lines':[{'sku':'A','quantity':'6'},{'sku':'B','quantity':'1'}]");
    expect(r, 201);
    const char *id = fmt(w, "%s", text(r, "/id"));
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "4");
    ck_assert_str_eq(text(r, "/lines/0/backordered"), "2");
    ck_assert_str_eq(text(r, "/lines/1/backordered"), "0");
    ck_assert_str_eq(get(w, "/v1/orders/%s", id).body, r.body);
    r = get(w, "/v1/events?type=order.backordered");
    ck_assert_str_eq(text(r, "/data/0/resource_id"), id);
    ck_assert_str_eq(text(r, "/data/0/data/lines/0/backordered"), "2");
    ck_assert_uint_eq(length(r, "/data/0/data/lines"), 1);
    r = order(w, who, "'backorder':true,'lines':[{'sku':'A','quantity':'1','backorder':false}]");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_str_eq(text(get(w, "/v1/stock/availability?sku=A"), "/backordered"), "2");
    /* What waits shrinks with what is canceled. */
    r = post(w, fmt(w, "/v1/orders/%s/cancel", id), "{'lines':[{'line_no':1,'quantity':'1'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "4");
    ck_assert_str_eq(text(r, "/lines/0/backordered"), "1");
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 201);
    r = get(w, "/v1/orders/%s", id);
    ck_assert_str_eq(text(r, "/lines/0/shipped"), "4");
    ck_assert_str_eq(text(r, "/lines/0/backordered"), "1");
    ck_assert_str_eq(text(r, "/status"), "in_fulfillment");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_order_that_ships_complete_waits_for_its_last_piece)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 4);
    given_product(w, "B", "1.00", 4);
    struct reply r = order(w, who,
                           "'backorder':true,'ship_complete':true,'lines':[{'sku':'A','quantity':"
                           "'6'},{'sku':'B','quantity':'1'}]");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/ship_complete"), "true");
    const char *id = fmt(w, "%s", text(r, "/id"));
    r = post(w, "/v1/shipments",
             "{'order_id':'%s','ship':true,'lines':[{'order_line_no':2,'quantity':'1'}]}", id);
    expect_problem(r, 409, "wrong_state");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "ships complete"));
    /* Giving up what is short lets the rest go. */
    expect(post(w, fmt(w, "/v1/orders/%s/cancel", id), "{'lines':[{'line_no':1,'quantity':'2'}]}"),
           200);
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", id), 201);
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", id), "/status"), "fulfilled");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- sharing out ---- */

static const char *given_waiting(struct world *w, const char *who, const char *more, int quantity)
{
    struct reply r = order(
        w, who, fmt(w, "%s'backorder':true,'lines':[{'sku':'A','quantity':'%d'}]", more, quantity));
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static const char *got(struct world *w, const char *order)
{
    struct reply r = get(w, "/v1/orders/%s", order);
    return fmt(w, "%s+%s", text(r, "/lines/0/reserved"), text(r, "/lines/0/backordered"));
}

START_TEST(what_comes_in_goes_to_those_who_wait_in_their_order)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 1);
    const char *first = given_waiting(w, who, "", 5);
    const char *late = given_waiting(
        w, who, "'requested_date':'2029-01-01','promised_date':'2030-02-01',", 5);
    const char *soon = given_waiting(w, who, "'requested_date':'2030-01-01',", 5);
    const char *vip = given_waiting(w, who, "'priority':3,", 5);
    const char *held = given_waiting(w, who, "'priority':9,", 5);
    expect(post(w, fmt(w, "/v1/orders/%s/hold", held), "{'reason':'wait'}"), 200);
    ck_assert_str_eq(got(w, first), "1+4");
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'receipt','sku':'A','quantity':'12'}]}"),
           201);
    ck_assert_str_eq(got(w, vip), "5+0");
    ck_assert_str_eq(got(w, soon), "5+0");
    ck_assert_str_eq(got(w, late), "2+3");
    ck_assert_str_eq(got(w, first), "1+4");
    ck_assert_str_eq(got(w, held), "0+5");
    ck_assert_str_eq(stock_of(w, "A"), "13 13 0 0");
    struct reply r = get(w, "/v1/stock/allocations?cause=receipt");
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/line_count"), "5");
    ck_assert_str_eq(text(r, "/data/0/lines_granted"), "3");
    r = get(w, "/v1/stock/allocations/%s", text(r, "/data/0/id"));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/order_id"), held);
    ck_assert_str_eq(text(r, "/lines/0/outcome"), "on_hold");
    ck_assert_str_eq(text(r, "/lines/1/order_id"), vip);
    ck_assert_str_eq(text(r, "/lines/1/outcome"), "full");
    ck_assert_str_eq(text(r, "/lines/1/reason"),
                     "All of the 5 that it waited for: 12 were left at its turn.");
    ck_assert_str_eq(text(r, "/lines/3/order_id"), late);
    ck_assert_str_eq(text(r, "/lines/3/reason"),
                     "Of the 5 that it waited for, 2 were left at its turn.");
    ck_assert_str_eq(text(r, "/lines/4/outcome"), "none");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE type = 'order.allocated'"),
                     "3");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_becomes_free_is_shared_out_when_asked_and_a_dry_run_only_tells)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    given_product(w, "B", "1.00", 10);
    const char *big = given_order(w, who, "A", 10);
    const char *first = given_waiting(w, who, "", 6), *second = given_waiting(w, who, "", 6);
    expect(act(w, fmt(w, "/v1/orders/%s", big), "cancel"), 200);
    struct reply dry = post(w, "/v1/stock/allocations?dry_run=true", "{}");
    expect(dry, 201);
    ck_assert_str_eq(got(w, first), "0+6");
    ck_assert_uint_eq(length(get(w, "/v1/stock/allocations"), "/data"), 0);
    struct reply r = post(w, "/v1/stock/allocations", "{'products':[{'sku':'B'}]}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/line_count"), "0");
    r = post(w, "/v1/stock/allocations", "{'products':[{'sku':'A'}]}");
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/lines"), 2);
    for (int i = 0; i < 2; i++)
        ck_assert_str_eq(text(dry, fmt(w, "/lines/%d/granted", i)),
                         text(r, fmt(w, "/lines/%d/granted", i)));
    ck_assert_str_eq(get(w, "/v1/stock/allocations/%s", text(r, "/id")).body, r.body);
    ck_assert_str_eq(got(w, first), "6+0");
    ck_assert_str_eq(got(w, second), "4+2");
    r = post(w, "/v1/stock/allocations", "{}");
    ck_assert_str_eq(text(r, "/lines_granted"), "0");
    r = post(w, "/v1/stock/allocations",
             "{'warehouse_id':'whs_0000000000001','products':[{'sku':'NO'},{}]}");
    expect_fault(r, "/warehouse_id", "unknown_reference");
    expect_fault(r, "/products/0/sku", "unknown_reference");
    expect_fault(r, "/products/1/product_id", "required");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- counts ---- */

START_TEST(a_count_corrects_the_stock_by_what_differed_when_it_was_counted)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    given_product(w, "B", "1.00", 5);
    given_product(w, "C", "1.00", 7);
    struct reply r = post(w, "/v1/stock/counts", "{'external_id':'C1','notes':'shelf 4'}");
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/lines"), 3);
    ck_assert_str_eq(text(r, "/lines/0/sku"), "A");
    ck_assert_str_eq(text(r, "/lines/0/expected"), "10");
    ck_assert_str_eq(text(r, "/lines/0/counted"), "null");
    /* Something leaves between the sheet and the count, and between the count and the posting. */
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'adjustment','sku':'A','quantity':'-2'}]}"),
           201);
    r = post(w, "/v1/stock/counts/ext:C1/entries",
             "{'entries':[{'line_no':1,'counted':'7'},{'line_no':2,'counted':'5'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/book"), "8");
    ck_assert_str_eq(text(r, "/lines/0/difference"), "-1");
    given_order(w, who, "A", 4);
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'receipt','sku':'A','quantity':'3'}]}"),
           201);
    r = act(w, "/v1/stock/counts/ext:C1", "post");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "posted");
    ck_assert_str_eq(stock_of(w, "A"), "10 4 0 6");
    ck_assert_str_eq(stock_of(w, "B"), "5 0 0 5");
    ck_assert_str_eq(stock_of(w, "C"), "7 0 0 7");
    struct reply m = get(w, "/v1/stock/movements?kind=adjustment&sku=A");
    ck_assert_uint_eq(length(m, "/data"), 2);
    ck_assert_str_eq(text(m, "/data/1/quantity"), "-1");
    ck_assert_str_eq(text(m, "/data/1/count_id"), text(r, "/id"));
    expect_problem(act(w, "/v1/stock/counts/ext:C1", "post"), 409, "wrong_state");
    expect_problem(act(w, "/v1/stock/counts/ext:C1", "cancel"), 409, "wrong_state");
    expect_problem(
        post(w, "/v1/stock/counts/ext:C1/entries", "{'entries':[{'line_no':3,'counted':'1'}]}"),
        409, "wrong_state");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_count_does_not_take_away_what_is_reserved_or_held_and_names_the_lines)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 10);
    given_product(w, "B", "1.00", 10);
    given_product(w, "C", "1.00", 10);
    given_order(w, who, "A", 8);
    given_reservation(w, "B", 8);
    struct reply r = post(w, "/v1/stock/counts",
                          "{'products':[{'sku':'C'},{'sku':'B'},{'product_id':'ext:A'}]}");
    expect(r, 201);
    const char *path = fmt(w, "/v1/stock/counts/%s", text(r, "/id"));
    expect(post(w, fmt(w, "%s/entries", path),
                "{'entries':[{'line_no':1,'counted':'4'},{'line_no':2,'counted':'7.5'},"
                "{'line_no':3,'counted':'7'}]}"),
           200);
    r = act(w, path, "post");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_uint_eq(length(r, "/errors"), 2);
    expect_fault(r, "/lines/1", "insufficient_stock");
    expect_fault(r, "/lines/2", "insufficient_stock");
    ck_assert_str_eq(text(r, "/errors/1/detail"),
                     "A: 10 are on hand, of which 8 are reserved or held.");
    ck_assert_str_eq(stock_of(w, "C"), "10 0 0 10");
    /* Counted again, it fits. */
    expect(post(w, fmt(w, "%s/entries", path),
                "{'entries':[{'line_no':2,'counted':'8'},{'line_no':3,'counted':'9'}]}"),
           200);
    expect(act(w, path, "post"), 200);
    ck_assert_str_eq(stock_of(w, "A"), "9 8 0 1");
    ck_assert_str_eq(stock_of(w, "B"), "8 0 8 0");
    ck_assert_str_eq(stock_of(w, "C"), "4 0 0 4");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(faults_of_a_count_come_at_once_and_a_canceled_one_changes_nothing)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 10);
    given_service(w, "S", "1.00");
    struct reply r = post(w, "/v1/stock/counts",
                          "{'products':[{'sku':'A'},{'product_id':'ext:A'},{'sku':'S'},{}]}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/products/1", "repeated");
    expect_fault(r, "/products/2/sku", "service");
    expect_fault(r, "/products/3/product_id", "required");
    r = post(w, "/v1/stock/counts", "{'external_id':'C1'}");
    expect(r, 201);
    expect_problem(post(w, "/v1/stock/counts", "{'external_id':'C1'}"), 409, "external_id_taken");
    r = post(w, "/v1/stock/counts/ext:C1/entries",
             "{'entries':[{'line_no':2,'counted':'1'},{'line_no':1,'counted':'1'},"
             "{'line_no':1,'counted':'2'}]}");
    expect_fault(r, "/entries/0/line_no", "unknown_line");
    expect_fault(r, "/entries/2/line_no", "repeated");
    expect(act(w, "/v1/stock/counts/ext:C1", "cancel"), 200);
    ck_assert_str_eq(text(get(w, "/v1/stock/counts?status=canceled"), "/data/0/external_id"), "C1");
    ck_assert_str_eq(stock_of(w, "A"), "10 0 0 10");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_order_that_waited_for_credit_takes_over_what_was_held_for_it)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'6.00'");
    given_product(w, "A", "1.00", 10);
    const char *mine = given_reservation(w, "A", 5);
    struct reply first = order(w, who, "'lines':[{'sku':'A','quantity':'5'}]");
    expect(first, 201);
    struct reply r = order(w, who,
                           fmt(w,
                               "'reservations':[{'reservation_id':'%s'}],"
                               "'lines':[{'sku':'A','quantity':'5'}]",
                               mine));
    expect(r, 201);
    ck_assert_str_eq(text(r, "/status"), "on_hold");
    const char *id = fmt(w, "%s", text(r, "/id"));
    expect(act(w, fmt(w, "/v1/orders/%s", text(first, "/id")), "cancel"), 200);
    r = get(w, "/v1/orders/%s", id);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "5");
    ck_assert_str_eq(text(get(w, "/v1/stock/reservations/%s", mine), "/status"), "committed");
    ck_assert_str_eq(stock_of(w, "A"), "10 5 0 5");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *stock_suite(void)
{
    Suite *s = suite_create("stock");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, safety_stock_is_not_promised);
    tcase_add_test(tc, safety_can_be_said_before_the_first_receipt);
    tcase_add_test(tc, a_supply_is_received_by_movements_until_nothing_is_to_come);
    tcase_add_test(tc, a_canceled_supply_does_not_come_and_a_wrong_one_is_refused);
    tcase_add_test(tc, what_can_be_promised_grows_with_what_is_expected);
    tcase_add_test(tc, several_products_are_promised_together_and_repeated_ones_add_up);
    tcase_add_test(tc, a_reservation_holds_stock_until_it_is_released);
    tcase_add_test(tc, products_named_twice_are_added_up_and_nothing_is_held_in_part);
    tcase_add_test(tc, what_has_expired_is_free_at_once_and_who_needs_it_takes_it);
    tcase_add_test(tc, a_reservation_can_be_extended_while_it_holds);
    tcase_add_test(tc, an_order_takes_over_what_is_held_for_it);
    tcase_add_test(tc, an_order_on_hold_keeps_what_is_held_until_it_is_released_or_canceled);
    tcase_add_test(tc, a_draft_takes_over_what_it_named_when_it_is_confirmed);
    tcase_add_test(tc, hundreds_that_want_the_last_pieces_get_exactly_what_is_there);
    tcase_add_test(tc, an_order_that_may_wait_takes_what_is_there_and_says_what_is_short);
    tcase_add_test(tc, an_order_that_ships_complete_waits_for_its_last_piece);
    tcase_add_test(tc, what_comes_in_goes_to_those_who_wait_in_their_order);
    tcase_add_test(tc, what_becomes_free_is_shared_out_when_asked_and_a_dry_run_only_tells);
    tcase_add_test(tc, a_count_corrects_the_stock_by_what_differed_when_it_was_counted);
    tcase_add_test(tc, a_count_does_not_take_away_what_is_reserved_or_held_and_names_the_lines);
    tcase_add_test(tc, faults_of_a_count_come_at_once_and_a_canceled_one_changes_nothing);
    tcase_add_test(tc, an_order_that_waited_for_credit_takes_over_what_was_held_for_it);
    return s;
}

WORLD_MAIN(stock_suite)
