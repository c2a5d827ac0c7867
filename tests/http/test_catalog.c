/* Tax codes, products and prices through the API. */
#include "tests/support/world.h"
#include <string.h>

static const char *given_tax(struct world *w)
{
    struct reply r = put(w, "/v1/tax-codes/ext:t",
                         "{'code':'T','name':'Tax','rates':[{'valid_from':'2000-01-01',"
                         "'rate':'19'}]}");
    ck_assert(r.status == 200 || r.status == 201);
    return text(r, "/id");
}

static const char *given_thing(struct world *w, const char *sku)
{
    struct reply r = post(w, "/v1/products", "{'sku':'%s','name':'Thing','tax_code_id':'%s'}", sku,
                          given_tax(w));
    expect(r, 201);
    return text(r, "/id");
}

START_TEST(a_tax_code_keeps_its_rates_in_the_order_of_their_days)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/tax-codes",
                          "{'code':'VAT','name':'VAT','external_id':'v','rates':["
                          "{'valid_from':'2021-01-01','rate':'19'},"
                          "{'valid_from':'2020-07-01','rate':'16.25'},"
                          "{'valid_from':'2007-01-01','rate':'19.000'}]}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/category"), "S");
    ck_assert_uint_eq(length(r, "/rates"), 3);
    ck_assert_str_eq(text(r, "/rates/0/valid_from"), "2007-01-01");
    ck_assert_str_eq(text(r, "/rates/0/rate"), "19");
    ck_assert_str_eq(text(r, "/rates/1/rate"), "16.25");
    ck_assert_str_eq(text(r, "/rates/2/valid_from"), "2021-01-01");
    ck_assert_str_eq(get(w, "/v1/tax-codes/%s", text(r, "/id")).body, r.body);
    ck_assert_str_eq(get(w, "/v1/tax-codes/ext:v").body, r.body);
    world_free(w);
}
END_TEST

START_TEST(rates_that_contradict_are_refused)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/tax-codes",
                          "{'code':'E','name':'Exempt','category':'E','rates':["
                          "{'valid_from':'2020-01-01','rate':'0'},"
                          "{'valid_from':'2020-01-01','rate':'7'}]}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/rates/1/rate", "not_zero");
    expect_fault(r, "/rates/1/valid_from", "duplicate");
    expect_fault(post(w, "/v1/tax-codes", "{'code':'E','name':'E','rates':[]}"), "/rates",
                 "too_few");
    expect_fault(post(w, "/v1/tax-codes",
                      "{'code':'E','name':'E','rates':[{'valid_from':'2020-01-01','rate':'101'}]}"),
                 "/rates/0/rate", "too_large");
    world_free(w);
}
END_TEST

START_TEST(a_tax_code_is_replaced_as_a_whole_and_only_when_it_differs)
{
    struct world *w = world_new();
    const char *id = given_tax(w);
    given_tax(w);
    struct reply r = get(w, "/v1/tax-codes/ext:t");
    ck_assert_str_eq(text(r, "/version"), "1");
    r = put(w, "/v1/tax-codes/ext:t",
            "{'code':'T2','name':'Tax','rates':[{'valid_from':'2001-01-01','rate':'7'}]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/id"), id);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/code"), "T2");
    ck_assert_uint_eq(length(r, "/rates"), 1);
    ck_assert_str_eq(text(r, "/rates/0/rate"), "7");
    world_free(w);
}
END_TEST

START_TEST(codes_and_skus_belong_to_one)
{
    struct world *w = world_new();
    const char *tax = given_tax(w), *thing = given_thing(w, "A");
    struct reply r = post(w, "/v1/tax-codes",
                          "{'code':'T','name':'x','rates':[{'valid_from':'2000-01-01',"
                          "'rate':'1'}]}");
    expect_problem(r, 409, "duplicate");
    ck_assert_str_eq(text(r, "/conflicting_id"), tax);
    r = post(w, "/v1/products", "{'sku':'A','name':'x','tax_code_id':'ext:t'}");
    expect_problem(r, 409, "duplicate");
    ck_assert_str_eq(text(r, "/conflicting_id"), thing);
    const char *other = given_thing(w, "B");
    expect_problem(patch(w, fmt(w, "/v1/products/%s", other), "{'sku':'A'}"), 409, "duplicate");
    world_free(w);
}
END_TEST

START_TEST(a_product_needs_a_tax_code_that_exists)
{
    struct world *w = world_new();
    expect_fault(post(w, "/v1/products", "{'sku':'A','name':'x'}"), "/tax_code_id", "required");
    expect_fault(
        post(w, "/v1/products", "{'sku':'A','name':'x','tax_code_id':'tax_0000000000001'}"),
        "/tax_code_id", "unknown_reference");
    expect_fault(post(w, "/v1/products", "{'sku':'A','name':'x','tax_code_id':'ext:t'}"),
                 "/tax_code_id", "unknown_reference");
    const char *thing = given_thing(w, "A");
    expect_fault(patch(w, fmt(w, "/v1/products/%s", thing), "{'tax_code_id':'tax_0000000000001'}"),
                 "/tax_code_id", "unknown_reference");
    world_free(w);
}
END_TEST

START_TEST(a_product_changes_but_stays_stock_or_service)
{
    struct world *w = world_new();
    const char *thing = given_thing(w, "A"), *path = fmt(w, "/v1/products/%s", thing);
    struct reply r = patch(w, path, "{'name':'Other','description':'long','status':'archived'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/name"), "Other");
    ck_assert_str_eq(text(r, "/sku"), "A");
    ck_assert_str_eq(text(r, "/kind"), "stock");
    ck_assert_str_eq(text(r, "/unit"), "piece");
    ck_assert_str_eq(text(r, "/version"), "2");
    r = patch(w, path, "{'sku':null,'unit':null}");
    expect_fault(r, "/sku", "required");
    expect_fault(r, "/unit", "required");
    r = put(w, path, "{'sku':'A','name':'N','tax_code_id':'ext:t','kind':'service'}");
    expect_fault(r, "/kind", "immutable");
    r = put(w, path, "{'sku':'A','name':'N','tax_code_id':'ext:t'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/description"), "null");
    ck_assert_str_eq(text(r, "/status"), "active");
    ck_assert_str_eq(text(r, "/version"), "3");
    ck_assert_str_eq(put(w, path, "{'sku':'A','name':'N','tax_code_id':'ext:t'}").body, r.body);
    world_free(w);
}
END_TEST

START_TEST(products_are_listed_and_filtered)
{
    struct world *w = world_new();
    given_thing(w, "B");
    given_thing(w, "A");
    expect(
        post(w, "/v1/products", "{'sku':'C','name':'Work','kind':'service','tax_code_id':'ext:t'}"),
        201);
    struct reply r = get(w, "/v1/products?sort=sku");
    ck_assert_uint_eq(length(r, "/data"), 3);
    ck_assert_str_eq(text(r, "/data/0/sku"), "A");
    r = get(w, "/v1/products?kind=service");
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/sku"), "C");
    r = get(w, "/v1/products?sku=A,C&sort=-sku");
    ck_assert_uint_eq(length(r, "/data"), 2);
    ck_assert_str_eq(text(r, "/data/0/sku"), "C");
    r = get(w, "/v1/products?tax_code_id=%s&limit=2", given_tax(w));
    ck_assert_uint_eq(length(r, "/data"), 2);
    ck_assert_str_eq(text(r, "/has_more"), "true");
    world_free(w);
}
END_TEST

START_TEST(a_price_takes_its_currency_from_customer_or_tenant_and_its_day_from_today)
{
    struct world *w = world_new();
    const char *thing = given_thing(w, "A");
    expect(put(w, "/v1/customers/ext:us", "{'name':'A','currency':'USD'}"), 201);
    struct reply r = post(w, "/v1/prices", "{'product_id':'%s','unit_price':'12.345678'}", thing);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/currency"), "EUR");
    ck_assert_str_eq(text(r, "/unit_price"), "12.345678");
    ck_assert_str_eq(text(r, "/min_quantity"), "0");
    ck_assert_str_eq(text(r, "/customer_id"), "null");
    ck_assert_str_eq(text(r, "/valid_from"), text(get(w, "/v1/tenant"), "/today"));
    r = post(w, "/v1/prices", "{'product_id':'%s','customer_id':'ext:us','unit_price':'12'}",
             thing);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/currency"), "USD");
    ck_assert_str_eq(text(r, "/unit_price"), "12.00");
    r = post(w, "/v1/prices",
             "{'product_id':'%s','customer_id':'ext:us','unit_price':'12','currency':'EUR'}",
             thing);
    expect_fault(r, "/currency", "currency_mismatch");
    world_free(w);
}
END_TEST

START_TEST(bad_prices_are_refused_with_their_faults)
{
    struct world *w = world_new();
    const char *thing = given_thing(w, "A");
    struct reply r = post(w, "/v1/prices",
                          "{'product_id':'prd_0000000000001','customer_id':'cus_0000000000001',"
                          "'unit_price':'1'}");
    expect_fault(r, "/product_id", "unknown_reference");
    expect_fault(r, "/customer_id", "unknown_reference");
    r = post(w, "/v1/prices", "{'product_id':'%s','unit_price':'1.0000001'}", thing);
    expect_fault(r, "/unit_price", "decimal_scale");
    r = post(w, "/v1/prices",
             "{'product_id':'%s','unit_price':'1','valid_from':'2020-02-20',"
             "'valid_to':'2020-02-19'}",
             thing);
    expect_fault(r, "/valid_to", "too_early");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM price"), "0");
    world_free(w);
}
END_TEST

START_TEST(one_price_holds_per_product_customer_currency_tier_and_day)
{
    struct world *w = world_new();
    const char *thing = given_thing(w, "A");
#define DAY "'valid_from':'2020-01-01'"
    struct reply first = put(w, "/v1/prices/ext:1", "{'product_id':'%s','unit_price':'1'," DAY "}",
                             thing);
    expect(first, 201);
    struct reply r = post(w, "/v1/prices", "{'product_id':'%s','unit_price':'2'," DAY "}", thing);
    expect_problem(r, 409, "duplicate");
    ck_assert_str_eq(text(r, "/conflicting_id"), text(first, "/id"));
    expect(post(w, "/v1/prices", "{'product_id':'%s','unit_price':'2','min_quantity':'10'," DAY "}",
                thing),
           201);
    expect(post(w, "/v1/prices", "{'product_id':'%s','unit_price':'2','currency':'USD'," DAY "}",
                thing),
           201);
    r = put(w, "/v1/prices/ext:1", "{'product_id':'%s','unit_price':'3'}", thing);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/unit_price"), "3.00");
    ck_assert_str_eq(text(r, "/valid_from"), "2020-01-01");
    ck_assert_str_eq(text(r, "/version"), "2");
    r = put(w, "/v1/prices/ext:1", "{'product_id':'%s','unit_price':'3','min_quantity':'10'}",
            thing);
    expect_problem(r, 409, "duplicate");
    r = get(w, "/v1/prices?product_id=%s&currency=EUR", thing);
    ck_assert_uint_eq(length(r, "/data"), 2);
    world_free(w);
}
END_TEST

START_TEST(of_many_who_create_the_same_sku_one_wins_and_the_others_learn_who)
{
    enum { N = 8 };
    struct world *w = world_new();
    given_tax(w);
    const char *bodies[N];
    struct reply r[N];
    for (int i = 0; i < N; i++)
        bodies[i] = "{\"sku\":\"A\",\"name\":\"x\",\"tax_code_id\":\"ext:t\"}";
    post_together(w, "/v1/products", bodies, r, N);
    int created = 0, refused = 0;
    for (int i = 0; i < N; i++) {
        created += r[i].status == 201;
        refused += r[i].status == 409 && strcmp(text(r[i], "/code"), "duplicate") == 0;
    }
    ck_assert_int_eq(created, 1);
    ck_assert_int_eq(refused, N - 1);
    world_free(w);
}
END_TEST

static Suite *catalog_suite(void)
{
    Suite *s = suite_create("catalog");
    TCase *t = tcase_create("catalog");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_tax_code_keeps_its_rates_in_the_order_of_their_days);
    tcase_add_test(t, rates_that_contradict_are_refused);
    tcase_add_test(t, a_tax_code_is_replaced_as_a_whole_and_only_when_it_differs);
    tcase_add_test(t, codes_and_skus_belong_to_one);
    tcase_add_test(t, a_product_needs_a_tax_code_that_exists);
    tcase_add_test(t, a_product_changes_but_stays_stock_or_service);
    tcase_add_test(t, products_are_listed_and_filtered);
    tcase_add_test(t, a_price_takes_its_currency_from_customer_or_tenant_and_its_day_from_today);
    tcase_add_test(t, bad_prices_are_refused_with_their_faults);
    tcase_add_test(t, one_price_holds_per_product_customer_currency_tier_and_day);
    tcase_add_test(t, of_many_who_create_the_same_sku_one_wins_and_the_others_learn_who);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(catalog_suite)
