/* Stock that is kept by lot: receive, ship, block, expire, count and trace, over the API. */
#include "tests/support/world.h"
#include <string.h>

/* So many days from today, by the tenant's clock. */
static const char *day(struct world *w, int days)
{
    return fmt(w, "%s",
               world_sql(w, "SELECT ((now() AT TIME ZONE 'Europe/Berlin')::date + %d)", days));
}

static void given_tracked(struct world *w, const char *sku)
{
    const char *id = given_product(w, sku, "1.00", 0);
    expect(patch(w, fmt(w, "/v1/products/%s", id), "{'track_lots':true}"), 200);
}

/* Pieces of a lot come in; expiry in so many days, 0: it keeps. The lot's id. */
static const char *receive(struct world *w, const char *sku, const char *lot, int quantity,
                           int days)
{
    const char *expiry = days == 0 ? "" : fmt(w, ",'expiry_date':'%s'", day(w, days));
    struct reply r = post(w, "/v1/stock/movements",
                          "{'movements':[{'kind':'receipt','sku':'%s','quantity':'%d','lot':"
                          "{'lot_number':'%s'%s}}]}",
                          sku, quantity, lot, expiry);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/movements/0/lot_id"));
}

/* "on_hand reserved blocked available" */
static const char *stock_of(struct world *w, const char *sku)
{
    struct reply r = get(w, "/v1/stock?sku=%s", sku);
    expect(r, 200);
    return fmt(w, "%s %s %s %s", text(r, "/data/0/on_hand"), text(r, "/data/0/reserved"),
               text(r, "/data/0/blocked"), text(r, "/data/0/available"));
}

/* "L1:3 L2:4", by age. */
static const char *lots_of(struct world *w, const char *sku)
{
    struct reply r = get(w, "/v1/stock/lots?sku=%s", sku);
    expect(r, 200);
    const char *all = "";
    for (size_t i = 0; i < length(r, "/data"); i++)
        all = fmt(w, "%s%s%s:%s", all, i > 0 ? " " : "", text(r, fmt(w, "/data/%zu/lot_number", i)),
                  text(r, fmt(w, "/data/%zu/on_hand", i)));
    return all;
}

/* The same of the lines of a shipment: "L1:3 L2:4 | L2:1". */
static const char *lots_shipped(struct world *w, struct reply r)
{
    const char *all = "";
    for (size_t i = 0; i < length(r, "/lines"); i++) {
        all = fmt(w, "%s%s", all, i > 0 ? " |" : "");
        for (size_t j = 0; j < length(r, fmt(w, "/lines/%zu/lots", i)); j++)
            all = fmt(w, "%s%s%s:%s", all, i + j > 0 ? " " : "",
                      text(r, fmt(w, "/lines/%zu/lots/%zu/lot_number", i, j)),
                      text(r, fmt(w, "/lines/%zu/lots/%zu/quantity", i, j)));
    }
    return all;
}

static struct reply ship(struct world *w, const char *order, const char *more)
{
    return post(w, "/v1/shipments", "{'order_id':'%s','ship':true%s}", order, more);
}

/* The clock goes on: a lot that expires on a day to come has expired yesterday, unnoticed. */
static void let_expire(struct world *w, const char *lot_number)
{
    world_sql(w, "UPDATE stock_lot SET expiry_date = '%s' WHERE lot_number = '%s'", day(w, -1),
              lot_number);
    world_sql(w, "UPDATE stock s SET expires_on = (SELECT min(l.expiry_date) FROM stock_lot l"
                 " WHERE l.product_id = s.product_id AND l.on_hand > 0 AND NOT l.expired)"
                 " WHERE by_lot");
}

START_TEST(a_product_that_tracks_lots_names_them_and_others_do_not)
{
    struct world *w = world_new();
    given_tracked(w, "A");
    given_product(w, "B", "1.00", 5);
    struct reply r = post(w, "/v1/stock/movements",
                          "{'movements':[{'kind':'receipt','sku':'A','quantity':'1'},"
                          "{'kind':'receipt','sku':'B','quantity':'1','lot':{'lot_number':'X'}},"
                          "{'kind':'adjustment','sku':'A','quantity':'-1','lot':{'lot_number':"
                          "'X'}}]}");
    expect_fault(r, "/movements/0/lot", "required");
    expect_fault(r, "/movements/1/lot", "not_tracked");
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'adjustment','sku':'A','quantity':'-1','lot':{'lot_number':"
             "'X'}}]}");
    expect_fault(r, "/movements/0/lot/lot_number", "unknown_reference");
    const char *a1 = receive(w, "A", "A1", 4, 30);
    r = get(w, "/v1/stock/lots/%s", a1);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "available");
    ck_assert_str_eq(text(r, "/on_hand"), "4");
    ck_assert_str_eq(text(r, "/expiry_date"), day(w, 30));
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'receipt','sku':'A','quantity':'1','lot':{'lot_number':'A1',"
             "'expiry_date':'%s'}}]}",
             day(w, 31));
    expect_fault(r, "/movements/0/lot/expiry_date", "mismatch");
    receive(w, "A", "A1", 2, 0);
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'adjustment','sku':'A','quantity':'-7','lot':{'lot_number':"
             "'A1'}}]}");
    expect_problem(r, 409, "insufficient_stock");
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'receipt','sku':'A','quantity':'3','lot':{'lot_number':'A2'}},"
             "{'kind':'adjustment','sku':'A','quantity':'-4','lot':{'lot_number':'A2'}}]}");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "of lot A2 only 3"));
    ck_assert_str_eq(lots_of(w, "A"), "A1:6");
    ck_assert_str_eq(stock_of(w, "A"), "6 0 0 6");
    r = get(w, "/v1/stock/movements?lot_id=%s", a1);
    ck_assert_uint_eq(length(r, "/data"), 2);
    ck_assert_str_eq(text(r, "/data/0/lot_number"), "A1");
    r = get(w, "/v1/stock/lots?expiry_date[lt]=%s&in_stock=true", day(w, 31));
    ck_assert_uint_eq(length(r, "/data"), 1);
    r = patch(w, "/v1/products/ext:A", "{'track_lots':false}");
    expect_fault(r, "/track_lots", "immutable");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_expires_first_goes_out_first_and_then_the_oldest)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_tracked(w, "A");
    receive(w, "A", "KEEPS1", 3, 0);
    receive(w, "A", "KEEPS2", 3, 0);
    receive(w, "A", "LATE", 3, 60);
    receive(w, "A", "SOON", 3, 10);
    struct reply r = ship(w, given_order(w, who, "A", 8), "");
    expect(r, 201);
    ck_assert_str_eq(lots_shipped(w, r), "SOON:3 LATE:3 KEEPS1:2");
    ck_assert_str_eq(get(w, "/v1/shipments/%s", text(r, "/id")).body, r.body);
    ck_assert_str_eq(lots_of(w, "A"), "KEEPS1:1 KEEPS2:3 LATE:0 SOON:0");
    /* two lines of one order, then two shipments at once: nothing is taken twice */
    struct reply two = post(w, "/v1/orders",
                            "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':"
                            "'2'},{'sku':'A','quantity':'2'}]}",
                            who);
    expect(two, 201);
    r = ship(w, text(two, "/id"), "");
    expect(r, 201);
    ck_assert_str_eq(lots_shipped(w, r), "KEEPS1:1 KEEPS2:1 | KEEPS2:2");
    ck_assert_str_eq(stock_of(w, "A"), "0 0 0 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_shipment_takes_the_lots_that_it_names)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_tracked(w, "A");
    given_product(w, "B", "1.00", 5);
    receive(w, "A", "A1", 5, 10);
    receive(w, "A", "A2", 5, 20);
    const char *order = given_order(w, who, "A", 6);
    struct reply r = ship(w, order,
                          ",'lines':[{'order_line_no':1,'quantity':'4','lots':[{'lot_number':'A2',"
                          "'quantity':'3'},{'lot_number':'NO','quantity':'2'},{'lot_number':'A2',"
                          "'quantity':'1'}]}]");
    expect_fault(r, "/lines/0/lots/1/lot_number", "unknown_reference");
    expect_fault(r, "/lines/0/lots/2/lot_number", "repeated");
    expect_fault(r, "/lines/0/lots", "sum");
    r = ship(w, given_order(w, who, "B", 1),
             ",'lines':[{'order_line_no':1,'quantity':'1','lots':[{'lot_number':'A2','quantity':"
             "'1'}]}]");
    expect_fault(r, "/lines/0/lots", "not_tracked");
    r = ship(w, order,
             ",'lines':[{'order_line_no':1,'quantity':'6','lots':[{'lot_number':'A2','quantity':"
             "'6'}]}]");
    expect_problem(r, 409, "insufficient_stock");
    r = post(w, "/v1/shipments",
             "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'4','lots':[{'lot_number':"
             "'A2','quantity':'4'}]}]}",
             order);
    expect_fault(r, "/lines/0/lots", "out_of_place");
    ck_assert_str_eq(stock_of(w, "A"), "10 6 0 4");
    struct reply draft = post(w, "/v1/shipments",
                              "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'4'}]}",
                              order);
    expect(draft, 201);
    const char *path = fmt(w, "/v1/shipments/%s/ship", text(draft, "/id"));
    r = post(w, path, "{'lots':[{'line_no':2,'lots':[{'lot_number':'A2','quantity':'4'}]}]}");
    expect_fault(r, "/lots/0/line_no", "unknown_reference");
    r = post(w, path, "{'lots':[{'line_no':1,'lots':[{'lot_number':'A2','quantity':'4'}]}]}");
    expect(r, 200);
    ck_assert_str_eq(lots_shipped(w, r), "A2:4");
    r = ship(w, order,
             ",'lines':[{'order_line_no':1,'quantity':'2','lots':[{'lot_number':'A2','quantity':"
             "'1'},{'lot_number':'A1','quantity':'1'}]}]");
    expect(r, 201);
    ck_assert_str_eq(lots_of(w, "A"), "A1:4 A2:0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_blocked_lot_neither_ships_nor_is_promised)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_tracked(w, "A");
    const char *a1 = receive(w, "A", "A1", 5, 10);
    receive(w, "A", "A2", 5, 20);
    const char *order = given_order(w, who, "A", 6);
    struct reply r = post(w, fmt(w, "/v1/stock/lots/%s/block", a1), "{'reason':'sample'}");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "5 of A can ship, 6 are reserved"));
    r = post(w, fmt(w, "/v1/stock/lots/%s/block", a1), "{'reason':'sample','allow_shortage':true}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "blocked");
    ck_assert_str_eq(text(r, "/block_reason"), "sample");
    ck_assert_str_eq(stock_of(w, "A"), "10 6 5 0");
    r = get(w, "/v1/stock/availability?sku=A");
    ck_assert_str_eq(text(r, "/blocked"), "5");
    ck_assert_str_eq(text(r, "/available"), "0");
    expect_problem(post(w, fmt(w, "/v1/stock/lots/%s/block", a1), "{'reason':'again'}"), 409,
                   "wrong_state");
    expect_problem(post(w, "/v1/orders",
                        "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'1'}]}",
                        who),
                   409, "insufficient_stock");
    /* what is good of it ships, and no more */
    expect_problem(ship(w, order, ""), 409, "insufficient_stock");
    expect_problem(ship(w, order,
                        ",'lines':[{'order_line_no':1,'quantity':'1','lots':[{'lot_number':'A1',"
                        "'quantity':'1','allow_expired':true}]}]"),
                   409, "wrong_state");
    r = ship(w, order, ",'lines':[{'order_line_no':1,'quantity':'5'}]");
    expect(r, 201);
    ck_assert_str_eq(lots_shipped(w, r), "A2:5");
    ck_assert_str_eq(stock_of(w, "A"), "5 1 5 0");
    r = post(w, fmt(w, "/v1/stock/lots/%s/unblock", a1), "{'reason':'clean'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/block_reason"), "null");
    expect_problem(post(w, fmt(w, "/v1/stock/lots/%s/unblock", a1), "{'reason':'clean'}"), 409,
                   "wrong_state");
    ck_assert_str_eq(stock_of(w, "A"), "5 1 0 4");
    expect(ship(w, order, ""), 201);
    ck_assert_str_eq(world_sql(w, "SELECT after->>'reason' FROM event"
                                  " WHERE type = 'stock_lot.unblocked'"),
                     "clean");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_expired_lot_is_not_promised_and_ships_only_when_told)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_tracked(w, "A");
    receive(w, "A", "OLD", 5, 1);
    receive(w, "A", "NEW", 5, 100);
    const char *order = given_order(w, who, "A", 6);
    let_expire(w, "OLD");
    /* nobody has noticed: reads see it all the same */
    ck_assert_str_eq(stock_of(w, "A"), "10 6 5 0");
    ck_assert_str_eq(text(get(w, "/v1/stock/availability?sku=A"), "/blocked"), "5");
    ck_assert_str_eq(text(get(w, "/v1/stock/lots?lot_number=OLD"), "/data/0/status"), "expired");
    ck_assert_uint_eq(length(get(w, "/v1/stock/lots?status=expired"), "/data"), 1);
    expect_problem(ship(w, order, ""), 409, "insufficient_stock");
    expect_problem(ship(w, order,
                        ",'lines':[{'order_line_no':1,'quantity':'1','lots':[{'lot_number':'OLD',"
                        "'quantity':'1'}]}]"),
                   409, "wrong_state");
    struct reply r = ship(w, order,
                          ",'lines':[{'order_line_no':1,'quantity':'6','lots':[{'lot_number':"
                          "'OLD','quantity':'2','allow_expired':true},{'lot_number':'NEW',"
                          "'quantity':'4'}]}]");
    expect(r, 201);
    ck_assert_str_eq(stock_of(w, "A"), "4 0 3 1");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE type = 'stock_lot.expired'"),
                     "1");
    /* more of an expired lot comes in, and a lot that has expired already */
    receive(w, "A", "OLD", 1, 0);
    receive(w, "A", "OLDER", 2, -3);
    ck_assert_str_eq(stock_of(w, "A"), "7 0 6 1");
    /* the date was wrong */
    r = get(w, "/v1/stock/lots?lot_number=OLD");
    r = patch(w, fmt(w, "/v1/stock/lots/%s", text(r, "/data/0/id")), "{'expiry_date':'%s'}",
              day(w, 9));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "available");
    ck_assert_str_eq(stock_of(w, "A"), "7 0 2 5");
    given_order(w, who, "A", 5);
    r = get(w, "/v1/stock/lots?lot_number=NEW");
    const char *fresh = fmt(w, "/v1/stock/lots/%s", text(r, "/data/0/id"));
    expect_problem(patch(w, fresh, "{'expiry_date':'%s'}", day(w, -1)), 409, "insufficient_stock");
    expect(patch(w, fresh, "{'expiry_date':'%s','allow_shortage':true}", day(w, -1)), 200);
    ck_assert_str_eq(stock_of(w, "A"), "7 5 3 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_comes_back_goes_into_the_lots_that_it_came_from)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_tracked(w, "A");
    receive(w, "A", "A1", 3, 10);
    receive(w, "A", "A2", 5, 20);
    struct reply r = ship(w, given_order(w, who, "A", 5), "");
    expect(r, 201);
    const char *path = fmt(w, "/v1/shipments/%s/deliver", text(r, "/id"));
    r = post(w, path,
             "{'lines':[{'line_no':1,'exceptions':[{'kind':'refused','quantity':'2','restock':"
             "true}]}]}");
    expect_fault(r, "/lines/0/exceptions/0/lots", "required");
    r = post(w, path,
             "{'lines':[{'line_no':1,'exceptions':[{'kind':'refused','quantity':'3','restock':"
             "true,'lots':[{'lot_number':'A2','quantity':'3'},{'lot_number':'NO','quantity':'1'}"
             "]},{'kind':'lost','quantity':'1','lots':[{'lot_number':'A2','quantity':'1'}]}]}]}");
    expect_fault(r, "/lines/0/exceptions/1/lots", "out_of_place");
    r = post(w, path,
             "{'lines':[{'line_no':1,'exceptions':[{'kind':'refused','quantity':'3','restock':"
             "true,'lots':[{'lot_number':'A2','quantity':'3'},{'lot_number':'NO','quantity':'1'}"
             "]}]}]}");
    expect_fault(r, "/lines/0/exceptions/0/lots/0/quantity", "too_much");
    expect_fault(r, "/lines/0/exceptions/0/lots/1/lot_number", "unknown_reference");
    expect_fault(r, "/lines/0/exceptions/0/lots", "sum");
    r = post(w, path,
             "{'lines':[{'line_no':1,'exceptions':[{'kind':'refused','quantity':'2','restock':"
             "true,'lots':[{'lot_number':'A1','quantity':'1'},{'lot_number':'A2','quantity':'1'}"
             "]},{'kind':'short','quantity':'1','restock':true,'lots':[{'lot_number':'A1',"
             "'quantity':'1'}]}]}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/lots/0/returned"), "2");
    ck_assert_str_eq(text(r, "/lines/0/lots/1/returned"), "1");
    ck_assert_str_eq(lots_of(w, "A"), "A1:2 A2:4");
    /* a line of one lot needs not say which */
    r = ship(w, given_order(w, who, "A", 2), "");
    ck_assert_str_eq(lots_shipped(w, r), "A1:2");
    r = post(w, fmt(w, "/v1/shipments/%s/deliver", text(r, "/id")),
             "{'lines':[{'line_no':1,'exceptions':[{'kind':'refused','quantity':'1','restock':"
             "true}]}]}");
    expect(r, 200);
    ck_assert_str_eq(lots_of(w, "A"), "A1:1 A2:4");
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'return','sku':'A','quantity':'1','lot':{'lot_number':"
                "'A1'}}]}"),
           201);
    ck_assert_str_eq(lots_of(w, "A"), "A1:2 A2:4");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_recall_names_everybody_who_got_the_lot_from_whatever_warehouse)
{
    struct world *w = world_new();
    const char *one = given_customer(w, "'external_id':'one'");
    const char *two = given_customer(w, "'external_id':'two'");
    given_tracked(w, "A");
    expect(post(w, "/v1/warehouses", "{'code':'W2','name':'Second','external_id':'W2'}"), 201);
    const char *a1 = receive(w, "A", "A1", 9, 10);
    struct reply r = post(w, "/v1/stock/movements",
                          "{'movements':[{'kind':'receipt','sku':'A','quantity':'4',"
                          "'warehouse_id':'ext:W2','lot':{'lot_number':'A1'}}]}");
    expect(r, 201);
    r = get(w, "/v1/stock/lots/%s", text(r, "/movements/0/lot_id"));
    ck_assert_str_eq(text(r, "/expiry_date"), day(w, 10));
    receive(w, "A", "A2", 9, 20);
    expect(ship(w, given_order(w, one, "A", 3), ""), 201);
    r = ship(w, given_order(w, two, "A", 7), "");
    expect(r, 201);
    ck_assert_str_eq(lots_shipped(w, r), "A1:6 A2:1");
    r = post(w, "/v1/orders",
             "{'customer_id':'%s','confirm':true,'warehouse_id':'ext:W2','lines':[{'sku':'A',"
             "'quantity':'2'}]}",
             two);
    expect(r, 201);
    expect(ship(w, text(r, "/id"), ""), 201);
    r = get(w, "/v1/stock/lots/%s/trace", a1);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lot_number"), "A1");
    ck_assert_str_eq(text(r, "/shipped"), "11");
    ck_assert_str_eq(text(r, "/on_hand"), "2");
    ck_assert_str_eq(text(r, "/returned"), "0");
    ck_assert_str_eq(text(r, "/customers"), "2");
    ck_assert_str_eq(text(r, "/truncated"), "false");
    ck_assert_uint_eq(length(r, "/lots"), 2);
    ck_assert_uint_eq(length(r, "/shipments"), 3);
    int of_two = 0;
    for (size_t i = 0; i < 3; i++)
        of_two += strcmp(text(r, fmt(w, "/shipments/%zu/customer_id", i)), two) == 0;
    ck_assert_int_eq(of_two, 2);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(lots_are_counted_one_by_one)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_tracked(w, "A");
    given_tracked(w, "NONE");
    given_product(w, "B", "1.00", 5);
    receive(w, "A", "A1", 3, 10);
    receive(w, "A", "A2", 5, 20);
    expect_fault(post(w, "/v1/stock/counts", "{'products':[{'sku':'NONE'}]}"), "/products/0",
                 "no_lots");
    struct reply r = post(w, "/v1/stock/counts", "{'products':[{'sku':'A'},{'sku':'B'}]}");
    expect(r, 201);
    const char *count = fmt(w, "/v1/stock/counts/%s", text(r, "/id"));
    ck_assert_uint_eq(length(r, "/lines"), 3);
    ck_assert_str_eq(text(r, "/lines/0/lot_number"), "A1");
    ck_assert_str_eq(text(r, "/lines/0/expected"), "3");
    ck_assert_str_eq(text(r, "/lines/2/lot_number"), "null");
    expect(ship(w, given_order(w, who, "A", 1), ""), 201);
    r = post(w, fmt(w, "%s/entries", count),
             "{'entries':[{'line_no':1,'counted':'1'},{'line_no':2,'counted':'6'},"
             "{'line_no':3,'counted':'4'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/book"), "2");
    const char *order = given_order(w, who, "A", 7);
    expect(act(w, count, "post"), 200);
    ck_assert_str_eq(lots_of(w, "A"), "A1:1 A2:6");
    ck_assert_str_eq(stock_of(w, "A"), "7 7 0 0");
    /* a lot cannot be counted below what is left of it, nor stock below what is reserved */
    r = post(w, "/v1/stock/counts", "{}");
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/lines"), 3);
    count = fmt(w, "/v1/stock/counts/%s", text(r, "/id"));
    expect(post(w, fmt(w, "%s/entries", count), "{'entries':[{'line_no':1,'counted':'0'}]}"), 200);
    expect_problem(act(w, count, "post"), 409, "insufficient_stock");
    expect(ship(w, order, ""), 201);
    expect_problem(act(w, count, "post"), 409, "insufficient_stock");
    ck_assert_str_eq(stock_of(w, "A"), "0 0 0 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(supplies_arrive_in_lots_and_those_who_wait_get_what_is_good)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_tracked(w, "A");
    struct reply r = post(w, "/v1/stock/supplies",
                          "{'sku':'A','quantity':'10','expected_date':'%s'}", day(w, 3));
    const char *supply = fmt(w, "%s", text(r, "/id"));
    r = post(w, "/v1/orders",
             "{'customer_id':'%s','confirm':true,'backorder':true,'lines':[{'sku':'A','quantity':"
             "'8'}]}",
             who);
    expect(r, 201);
    const char *order = fmt(w, "%s", text(r, "/id"));
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'receipt','sku':'A','quantity':'6','supply_id':'%s','lot':"
                "{'lot_number':'A1'}},{'kind':'receipt','sku':'A','quantity':'4','supply_id':'%s',"
                "'lot':{'lot_number':'A2','expiry_date':'%s'}}]}",
                supply, supply, day(w, -1)),
           201);
    r = get(w, "/v1/orders/%s", order);
    ck_assert_str_eq(text(r, "/lines/0/reserved"), "6");
    ck_assert_str_eq(text(r, "/lines/0/backordered"), "2");
    ck_assert_str_eq(text(get(w, "/v1/stock/supplies/%s", supply), "/status"), "received");
    ck_assert_str_eq(stock_of(w, "A"), "10 6 4 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *lots_suite(void)
{
    Suite *s = suite_create("lots");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, a_product_that_tracks_lots_names_them_and_others_do_not);
    tcase_add_test(tc, what_expires_first_goes_out_first_and_then_the_oldest);
    tcase_add_test(tc, a_shipment_takes_the_lots_that_it_names);
    tcase_add_test(tc, a_blocked_lot_neither_ships_nor_is_promised);
    tcase_add_test(tc, an_expired_lot_is_not_promised_and_ships_only_when_told);
    tcase_add_test(tc, what_comes_back_goes_into_the_lots_that_it_came_from);
    tcase_add_test(tc, a_recall_names_everybody_who_got_the_lot_from_whatever_warehouse);
    tcase_add_test(tc, lots_are_counted_one_by_one);
    tcase_add_test(tc, supplies_arrive_in_lots_and_those_who_wait_get_what_is_good);
    return s;
}

WORLD_MAIN(lots_suite)
