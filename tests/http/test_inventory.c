/* Warehouses, stock and its movements over the API. */
#include "tests/support/world.h"
#include <string.h>

static const char *stock_of(struct world *w, const char *sku)
{
    struct reply r = get(w, "/v1/stock?sku=%s", sku);
    expect(r, 200);
    if (length(r, "/data") == 0)
        return "none";
    return fmt(w, "%s %s %s", text(r, "/data/0/on_hand"), text(r, "/data/0/reserved"),
               text(r, "/data/0/available"));
}

START_TEST(the_first_warehouse_is_the_default_and_the_mark_moves)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/warehouses", "{'code':'ONE','name':'One','external_id':'w1'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/is_default"), "true");
    ck_assert_str_eq(get(w, "/v1/warehouses/ext:w1").body, r.body);
    r = post(w, "/v1/warehouses",
             "{'code':'TWO','name':'Two','address':{'city':'Bonn','country':'DE'}}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/is_default"), "false");
    ck_assert_str_eq(text(r, "/address/city"), "Bonn");
    r = put(w, "/v1/warehouses/ext:w3", "{'code':'THREE','name':'Three','is_default':true}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/external_id"), "w3");
    ck_assert_str_eq(text(get(w, "/v1/warehouses?is_default=true"), "/data/0/code"), "THREE");
    ck_assert_uint_eq(length(get(w, "/v1/warehouses?is_default=true"), "/data"), 1);
    ck_assert_str_eq(text(get(w, "/v1/warehouses/ext:w1"), "/version"), "2");
    world_free(w);
}
END_TEST

START_TEST(replacing_a_warehouse_keeps_the_default_mark_unless_it_is_moved)
{
    struct world *w = world_new();
    expect(put(w, "/v1/warehouses/ext:w1", "{'code':'ONE','name':'One'}"), 201);
    struct reply r = put(w, "/v1/warehouses/ext:w1", "{'code':'UNO','name':'Uno'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/code"), "UNO");
    ck_assert_str_eq(text(r, "/is_default"), "true");
    ck_assert_str_eq(text(r, "/version"), "2");
    r = put(w, "/v1/warehouses/ext:w1", "{'code':'UNO','name':'Uno','is_default':false}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/is_default", "default_needed");
    r = put(w, "/v1/warehouses/ext:w1", "{'code':'UNO','name':'Uno','external_id':'other'}");
    expect_fault(r, "/external_id", "mismatch");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM warehouse"), "1");
    world_free(w);
}
END_TEST

START_TEST(a_code_and_an_external_id_belong_to_one_warehouse)
{
    struct world *w = world_new();
    struct reply one = post(w, "/v1/warehouses", "{'code':'ONE','name':'One','external_id':'w1'}");
    expect(one, 201);
    struct reply r = post(w, "/v1/warehouses", "{'code':'ONE','name':'Two'}");
    expect_problem(r, 409, "duplicate");
    ck_assert_str_eq(text(r, "/conflicting_id"), text(one, "/id"));
    r = post(w, "/v1/warehouses", "{'code':'TWO','name':'Two','external_id':'w1'}");
    expect_problem(r, 409, "external_id_taken");
    ck_assert_str_eq(text(r, "/conflicting_id"), text(one, "/id"));
    world_free(w);
}
END_TEST

START_TEST(a_warehouse_that_many_create_at_once_is_created_once)
{
    struct world *w = world_new();
    struct shot shots[8];
    for (size_t i = 0; i < 8; i++)
        shots[i] = (struct shot){
            "PUT", "/v1/warehouses/ext:w1", "{\"code\":\"ONE\",\"name\":\"One\"}", {0}, {0}};
    shoot_together(w, shots, 8);
    int created = 0;
    for (size_t i = 0; i < 8; i++) {
        ck_assert_msg(shots[i].reply.status == 200 || shots[i].reply.status == 201, "%d %s",
                      shots[i].reply.status, shots[i].reply.body);
        created += shots[i].reply.status == 201;
    }
    ck_assert_int_eq(created, 1);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM warehouse WHERE is_default"), "1");
    world_free(w);
}
END_TEST

START_TEST(receipts_and_adjustments_move_stock_and_are_kept)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    struct reply r = post(w, "/v1/stock/movements",
                          "{'movements':[{'kind':'receipt','sku':'A','quantity':'10.5',"
                          "'external_id':'m1','effective_date':'2024-02-29','reason':'first'},"
                          "{'kind':'adjustment','sku':'A','quantity':'-2'},"
                          "{'kind':'return','product_id':'ext:A','quantity':'1'}]}");
    expect(r, 201);
    ck_assert_uint_eq(length(r, "/movements"), 3);
    ck_assert_str_eq(text(r, "/movements/0/effective_date"), "2024-02-29");
    ck_assert_str_eq(text(r, "/movements/0/warehouse_code"), "MAIN");
    ck_assert_str_eq(text(r, "/movements/1/quantity"), "-2");
    ck_assert_str_eq(text(r, "/movements/2/kind"), "return");
    ck_assert_str_eq(stock_of(w, "A"), "9.5 0 9.5");
    struct reply first = get(w, "/v1/stock/movements/ext:m1");
    expect(first, 200);
    ck_assert_str_eq(text(first, "/id"), text(r, "/movements/0/id"));
    ck_assert_str_eq(text(first, "/reason"), "first");
    r = get(w, "/v1/stock/movements?sku=A&kind=adjustment");
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/quantity"), "-2");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE type = 'stock.moved'"), "3");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(stock_is_never_taken_below_what_is_reserved_and_the_line_is_named)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 10);
    given_order(w, given_customer(w, NULL), "A", 6);
    ck_assert_str_eq(stock_of(w, "A"), "10 6 4");
    struct reply r = post(w, "/v1/stock/movements",
                          "{'movements':[{'kind':'adjustment','sku':'A','quantity':'-1'},"
                          "{'kind':'adjustment','sku':'A','quantity':'-3.000001'}]}");
    expect_problem(r, 409, "insufficient_stock");
    ck_assert_str_eq(text(r, "/detail"), "Line 2: only 3 is available to take away; the rest is "
                                         "reserved or not there.");
    ck_assert_str_eq(stock_of(w, "A"), "10 6 4");
    expect(post(w, "/v1/stock/movements",
                "{'movements':[{'kind':'adjustment','sku':'A','quantity':'-4'}]}"),
           201);
    ck_assert_str_eq(stock_of(w, "A"), "6 6 0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(all_faults_of_movements_come_at_once_and_nothing_moves)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    given_service(w, "S", "1.00");
    struct reply r = post(
        w, "/v1/stock/movements",
        "{'movements':[{'kind':'receipt','quantity':'1'},"
        "{'kind':'receipt','sku':'NO','quantity':'1'},"
        "{'kind':'receipt','sku':'S','quantity':'1'},"
        "{'kind':'receipt','sku':'A','quantity':'-1'},"
        "{'kind':'adjustment','sku':'A','quantity':'0'},"
        "{'kind':'receipt','sku':'A','product_id':'ext:A','quantity':'1'},"
        "{'kind':'receipt','sku':'A','quantity':'1','external_id':'twice'},"
        "{'kind':'receipt','sku':'A','quantity':'1','external_id':'twice'},"
        "{'kind':'receipt','sku':'A','quantity':'1','warehouse_id':'whs_0000000000001'}]}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/movements/0/product_id", "required");
    expect_fault(r, "/movements/1/sku", "unknown_reference");
    expect_fault(r, "/movements/2/sku", "service");
    expect_fault(r, "/movements/3/quantity", "sign");
    expect_fault(r, "/movements/4/quantity", "sign");
    expect_fault(r, "/movements/5/sku", "ambiguous");
    expect_fault(r, "/movements/6/external_id", "repeated");
    expect_fault(r, "/movements/7/external_id", "repeated");
    expect_fault(r, "/movements/8/warehouse_id", "unknown_reference");
    ck_assert_uint_eq(length(r, "/errors"), 9);
    r = post(w, "/v1/stock/movements",
             "{'movements':[{'kind':'shipment','sku':'A','quantity':'1'}]}");
    expect_fault(r, "/movements/0/kind", "not_a_choice");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM stock_movement"), "0");
    world_free(w);
}
END_TEST

START_TEST(an_external_id_names_one_movement)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    static const char body[] = "{'movements':[{'kind':'receipt','sku':'A','quantity':'1'},"
                               "{'kind':'receipt','sku':'A','quantity':'1','external_id':'m1'}]}";
    struct reply first = post(w, "/v1/stock/movements", body);
    expect(first, 201);
    struct reply r = post(w, "/v1/stock/movements", body);
    expect_problem(r, 409, "external_id_taken");
    ck_assert_str_eq(text(r, "/conflicting_id"), text(first, "/movements/1/id"));
    ck_assert_ptr_nonnull(strstr(text(r, "/detail"), "Line 2"));
    ck_assert_str_eq(stock_of(w, "A"), "2 0 2");
    world_free(w);
}
END_TEST

START_TEST(a_dry_run_answers_like_the_real_thing_and_moves_nothing)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    struct reply r = post(w, "/v1/stock/movements?dry_run=true",
                          "{'movements':[{'kind':'receipt','sku':'A','quantity':'1'}]}");
    ck_assert_str_eq(text(r, "/movements/0/quantity"), "1");
    ck_assert_str_eq(stock_of(w, "A"), "none");
    world_free(w);
}
END_TEST

START_TEST(ten_thousand_movements_are_one_request_and_one_more_is_too_many)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    given_product(w, "B", "1.00", 0);
    static char body[10001 * 60];
    for (int n = 10000; n <= 10001; n++) {
        size_t len = (size_t)snprintf(body, sizeof body, "{\"movements\":[");
        for (int i = 0; i < n; i++)
            len += (size_t)snprintf(body + len, sizeof body - len,
                                    "%s{\"kind\":\"receipt\",\"sku\":\"%s\",\"quantity\":\"1\"}",
                                    i ? "," : "", i % 4 ? "A" : "B");
        snprintf(body + len, sizeof body - len, "]}");
        struct reply r = request(w, "POST", "/v1/stock/movements", body,
                                 &(struct request_options){.key = ""});
        if (n == 10000) {
            expect(r, 201);
            ck_assert_uint_eq(length(r, "/movements"), 10000);
        } else {
            expect_fault(r, "/movements", "too_many");
        }
    }
    ck_assert_str_eq(stock_of(w, "A"), "7500 0 7500");
    ck_assert_str_eq(stock_of(w, "B"), "2500 0 2500");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(clients_that_take_the_last_pieces_at_once_never_take_more_than_there_are)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 10);
    given_product(w, "B", "1.00", 100);
    static const char *const ways[] = {
        "{\"movements\":[{\"kind\":\"adjustment\",\"sku\":\"A\",\"quantity\":\"-3\"},"
        "{\"kind\":\"adjustment\",\"sku\":\"B\",\"quantity\":\"-1\"}]}",
        "{\"movements\":[{\"kind\":\"adjustment\",\"sku\":\"B\",\"quantity\":\"-1\"},"
        "{\"kind\":\"adjustment\",\"sku\":\"A\",\"quantity\":\"-3\"}]}"};
    const char *bodies[16];
    struct reply replies[16];
    for (size_t i = 0; i < 16; i++)
        bodies[i] = ways[i % 2];
    post_together(w, "/v1/stock/movements", bodies, replies, 16);
    int taken = 0;
    for (size_t i = 0; i < 16; i++) {
        if (replies[i].status == 201)
            taken++;
        else
            expect_problem(replies[i], 409, "insufficient_stock");
    }
    ck_assert_int_eq(taken, 3);
    ck_assert_str_eq(stock_of(w, "A"), "1 0 1");
    ck_assert_str_eq(stock_of(w, "B"), "97 0 97");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(nothing_moves_on_a_day_that_is_locked)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 0);
    expect(patch(w, "/v1/tenant", "{'locked_until':'2024-06-30'}"), 200);
    /* A key of its own: what a server knows of a tenant is cached by key for a moment. */
    struct request_options o = {.api_key = world_key_with(w, "inventory:write"), .key = ""};
    struct reply r = request(
        w, "POST", "/v1/stock/movements",
        "{\"movements\":[{\"kind\":\"receipt\",\"sku\":\"A\",\"quantity\":\"1\","
        "\"effective_date\":\"2024-06-30\"}]}",
        &o);
    expect_problem(r, 422, "period_locked");
    ck_assert_str_eq(text(r, "/errors/0/pointer"), "/movements/0/effective_date");
    r = request(w, "POST", "/v1/stock/movements",
                "{\"movements\":[{\"kind\":\"receipt\",\"sku\":\"A\",\"quantity\":\"1\","
                "\"effective_date\":\"2024-07-01\"}]}",
                &o);
    expect(r, 201);
    world_free(w);
}
END_TEST

START_TEST(stock_is_listed_by_sku_page_by_page)
{
    struct world *w = world_new();
    given_product(w, "B", "1.00", 2);
    given_product(w, "A", "1.00", 1);
    given_product(w, "C", "1.00", 3);
    struct reply r = get(w, "/v1/stock?sort=sku&limit=2");
    ck_assert_uint_eq(length(r, "/data"), 2);
    ck_assert_str_eq(text(r, "/data/0/sku"), "A");
    ck_assert_str_eq(text(r, "/data/1/sku"), "B");
    ck_assert_str_eq(text(r, "/has_more"), "true");
    r = get(w, "/v1/stock?sort=sku&limit=2&cursor=%s", text(r, "/next"));
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/sku"), "C");
    ck_assert_str_eq(text(r, "/has_more"), "false");
    world_free(w);
}
END_TEST

START_TEST(another_tenant_sees_nothing_of_it)
{
    struct world *w = world_new();
    given_product(w, "A", "1.00", 1);
    struct request_options other = {.api_key = world_other_tenant_key(w)};
    ck_assert_uint_eq(length(request(w, "GET", "/v1/stock", NULL, &other), "/data"), 0);
    ck_assert_uint_eq(length(request(w, "GET", "/v1/warehouses", NULL, &other), "/data"), 0);
    struct reply mine = get(w, "/v1/stock/movements");
    const char *path = fmt(w, "/v1/stock/movements/%s", text(mine, "/data/0/id"));
    expect(get(w, "%s", path), 200);
    expect_problem(request(w, "GET", path, NULL, &other), 404, "not_found");
    world_free(w);
}
END_TEST

static Suite *inventory_suite(void)
{
    Suite *s = suite_create("inventory");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, the_first_warehouse_is_the_default_and_the_mark_moves);
    tcase_add_test(tc, replacing_a_warehouse_keeps_the_default_mark_unless_it_is_moved);
    tcase_add_test(tc, a_code_and_an_external_id_belong_to_one_warehouse);
    tcase_add_test(tc, a_warehouse_that_many_create_at_once_is_created_once);
    tcase_add_test(tc, receipts_and_adjustments_move_stock_and_are_kept);
    tcase_add_test(tc, stock_is_never_taken_below_what_is_reserved_and_the_line_is_named);
    tcase_add_test(tc, all_faults_of_movements_come_at_once_and_nothing_moves);
    tcase_add_test(tc, an_external_id_names_one_movement);
    tcase_add_test(tc, a_dry_run_answers_like_the_real_thing_and_moves_nothing);
    tcase_add_test(tc, ten_thousand_movements_are_one_request_and_one_more_is_too_many);
    tcase_add_test(tc, clients_that_take_the_last_pieces_at_once_never_take_more_than_there_are);
    tcase_add_test(tc, nothing_moves_on_a_day_that_is_locked);
    tcase_add_test(tc, stock_is_listed_by_sku_page_by_page);
    tcase_add_test(tc, another_tenant_sees_nothing_of_it);
    return s;
}

WORLD_MAIN(inventory_suite)
