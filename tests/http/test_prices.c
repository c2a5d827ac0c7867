/* Whose price a customer gets, why, and what discounts take off. */
#include "tests/support/world.h"
#include <stdlib.h>
#include <string.h>

static const char *given_group(struct world *w, const char *code)
{
    struct reply r = post(w, "/v1/customer-groups", "{'external_id':'%s','code':'%s','name':'%s'}",
                          code, code, code);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static const char *given_price(struct world *w, const char *product, const char *more)
{
    struct reply r = post(w, "/v1/prices", "{'product_id':'%s','valid_from':'2000-01-01',%s}",
                          product, more);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

/* A draft of `quantity` pieces of A. */
static struct reply order_of_a(struct world *w, const char *customer, const char *quantity)
{
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','lines':[{'sku':'A','quantity':'%s'}]}", customer,
                          quantity);
    expect(r, 201);
    return r;
}

START_TEST(groups_are_created_changed_and_replaced)
{
    struct world *w = world_new();
    const char *id = given_group(w, "DEALERS");
    struct reply r = get(w, "/v1/customer-groups/ext:DEALERS");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/id"), id);
    ck_assert_str_eq(text(r, "/version"), "1");
    r = patch(w, "/v1/customer-groups/ext:DEALERS", "{'name':'Big dealers','metadata':{'a':'b'}}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/name"), "Big dealers");
    ck_assert_str_eq(text(r, "/code"), "DEALERS");
    ck_assert_str_eq(text(r, "/version"), "2");
    expect_fault(patch(w, "/v1/customer-groups/ext:DEALERS", "{'code':null,'name':null}"), "/code",
                 "required");
    r = put(w, "/v1/customer-groups/ext:DEALERS", "{'code':'DEALERS','name':'Big dealers'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "3");
    ck_assert_str_eq(
        put(w, "/v1/customer-groups/ext:DEALERS", "{'code':'DEALERS','name':'Big dealers'}").body,
        r.body);
    expect(put(w, "/v1/customer-groups/ext:NEW", "{'code':'NEW','name':'New'}"), 201);
    r = post(w, "/v1/customer-groups", "{'code':'DEALERS','name':'x'}");
    expect_problem(r, 409, "duplicate");
    ck_assert_str_eq(text(r, "/conflicting_id"), id);
    expect_problem(post(w, "/v1/customer-groups", "{'external_id':'NEW','code':'N','name':'x'}"),
                   409, "external_id_taken");
    r = get(w, "/v1/customer-groups?sort=-code");
    ck_assert_uint_eq(length(r, "/data"), 2);
    ck_assert_str_eq(text(r, "/data/0/code"), "NEW");
    world_free(w);
}
END_TEST

START_TEST(a_customer_joins_and_leaves_a_group)
{
    struct world *w = world_new();
    const char *group = given_group(w, "G"), *who = given_customer(w, "'group_id':'ext:G'");
    const char *path = fmt(w, "/v1/customers/%s", who);
    ck_assert_str_eq(text(get(w, "%s", path), "/group_id"), group);
    ck_assert_uint_eq(length(get(w, "/v1/customers?group_id=%s", group), "/data"), 1);
    struct reply r = patch(w, path, "{'group_id':null}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/group_id"), "null");
    expect(patch(w, path, "{'group_id':'%s'}", group), 200);
    expect_fault(patch(w, path, "{'group_id':'grp_0000000000001'}"), "/group_id",
                 "unknown_reference");
    expect_fault(post(w, "/v1/customers", "{'name':'x','group_id':'grp_0000000000001'}"),
                 "/group_id", "unknown_reference");
    world_free(w);
}
END_TEST

START_TEST(a_price_is_of_a_customer_or_of_a_group)
{
    struct world *w = world_new();
    const char *group = given_group(w, "G"), *who = given_customer(w, NULL);
    const char *a = given_product(w, "A", "10.00", 10);
    struct reply r = post(w, "/v1/prices",
                          "{'product_id':'%s','customer_id':'%s','group_id':'ext:G',"
                          "'unit_price':'1'}",
                          a, who);
    expect_fault(r, "/group_id", "ambiguous");
    expect_fault(post(w, "/v1/prices",
                      "{'product_id':'%s','group_id':'grp_0000000000001','unit_price':'1'}", a),
                 "/group_id", "unknown_reference");
    const char *price = given_price(w, a, "'group_id':'ext:G','unit_price':'8.00'");
    r = post(w, "/v1/prices",
             "{'product_id':'%s','group_id':'ext:G','unit_price':'7.00',"
             "'valid_from':'2000-01-01'}",
             a);
    expect_problem(r, 409, "duplicate");
    ck_assert_str_eq(text(r, "/conflicting_id"), price);
    r = get(w, "/v1/prices?group_id=%s", group);
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/unit_price"), "8.00");
    ck_assert_str_eq(text(r, "/data/0/group_id"), group);
    world_free(w);
}
END_TEST

START_TEST(an_order_takes_the_most_specific_price_and_keeps_where_it_came_from)
{
    struct world *w = world_new();
    const char *a = given_product(w, "A", "10.00", 1000);
    given_group(w, "G");
    const char *own = given_customer(w, "'group_id':'ext:G'");
    const char *member = given_customer(w, "'group_id':'ext:G'"), *other = given_customer(w, NULL);
    const char *group = given_price(w, a, "'group_id':'ext:G','unit_price':'9.00'");
    const char *tier = given_price(w, a,
                                   "'group_id':'ext:G','unit_price':'8.50','min_quantity':'10'");
    const char *theirs = given_price(w, a, fmt(w, "'customer_id':'%s','unit_price':'9.50'", own));
    struct {
        const char *customer, *quantity, *unit_price, *source, *price;
    } cases[] = {{own, "20", "9.50", "customer", theirs},
                 {member, "9", "9.00", "group", group},
                 {member, "10", "8.50", "group", tier},
                 {other, "20", "10.00", "general", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reply r = order_of_a(w, cases[i].customer, cases[i].quantity);
        ck_assert_str_eq(text(r, "/lines/0/unit_price"), cases[i].unit_price);
        ck_assert_str_eq(text(r, "/lines/0/price_source"), cases[i].source);
        if (cases[i].price != NULL)
            ck_assert_str_eq(text(r, "/lines/0/price_id"), cases[i].price);
        ck_assert_str_eq(get(w, "/v1/orders/%s", text(r, "/id")).body, r.body);
    }
    struct reply r = post(w, "/v1/orders/preview",
                          "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1',"
                          "'unit_price':'3'}]}",
                          own);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/price_source"), "request");
    ck_assert_str_eq(text(r, "/lines/0/price_id"), "null");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_price_is_explained_by_those_that_it_goes_before)
{
    struct world *w = world_new();
    const char *a = given_product(w, "A", "10.00", 10);
    const char *group = given_group(w, "G"), *who = given_customer(w, "'group_id':'ext:G'");
    const char *price = given_price(w, a, "'group_id':'ext:G','unit_price':'9.00'");
    given_price(w, a, "'group_id':'ext:G','unit_price':'8.00','min_quantity':'100'");
    given_price(w, a, "'currency':'USD','unit_price':'11.00'");
    struct reply r = get(w, "/v1/prices/explain?customer_id=%s&sku=A&quantity=5", who);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/unit_price"), "9.00");
    ck_assert_str_eq(text(r, "/price_id"), price);
    ck_assert_str_eq(text(r, "/group_id"), group);
    ck_assert_str_eq(text(r, "/currency"), "EUR");
    ck_assert_uint_eq(length(r, "/candidates"), 4);
    ck_assert_str_eq(text(r, "/candidates/0/outcome"), "quantity_not_reached");
    ck_assert_str_eq(text(r, "/candidates/1/outcome"), "chosen");
    ck_assert_str_eq(text(r, "/candidates/1/source"), "group");
    ck_assert_str_eq(text(r, "/candidates/2/source"), "general");
    r = get(w, "/v1/prices/explain?product_id=%s&date=2001-01-01&currency=GBP", a);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/unit_price"), "null");
    ck_assert_str_eq(text(r, "/quantity"), "1");
    r = get(w, "/v1/prices/explain?customer_id=cus_0000000000001&sku=X");
    expect(r, 422);
    ck_assert_str_eq(text(r, "/errors/0/parameter"), "sku");
    ck_assert_str_eq(text(r, "/errors/1/parameter"), "customer_id");
    r = get(w, "/v1/prices/explain?customer_id=%s", who);
    expect(r, 422);
    ck_assert_str_eq(text(r, "/errors/0/parameter"), "product_id");
    ck_assert_str_eq(text(r, "/errors/0/code"), "required");
    world_free(w);
}
END_TEST

START_TEST(an_order_explains_the_prices_of_its_lines)
{
    struct world *w = world_new();
    const char *a = given_product(w, "A", "10.00", 10), *who = given_customer(w, NULL);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','lines':[{'sku':'A','quantity':'2'},"
                          "{'sku':'A','quantity':'1','unit_price':'1'}]}",
                          who);
    expect(r, 201);
    const char *path = fmt(w, "/v1/orders/%s/prices", text(r, "/id"));
    const char *taken = fmt(w, "%s", text(r, "/lines/0/price_id"));
    r = get(w, "%s", path);
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/lines"), 2);
    ck_assert_str_eq(text(r, "/lines/0/candidates/0/price_id"), taken);
    ck_assert_str_eq(text(r, "/lines/0/candidates/0/outcome"), "chosen");
    ck_assert_str_eq(text(r, "/lines/1/price_source"), "request");
    ck_assert_str_eq(text(r, "/lines/1/candidates/0/outcome"), "overridden");
    /* A better price that comes later changes nothing, and says so. */
    given_price(w, a, fmt(w, "'customer_id':'%s','unit_price':'5.00'", who));
    r = get(w, "%s", path);
    ck_assert_str_eq(text(r, "/lines/0/unit_price"), "10.00");
    ck_assert_str_eq(text(r, "/lines/0/candidates/0/outcome"), "newer");
    ck_assert_str_eq(text(r, "/lines/0/candidates/1/outcome"), "chosen");
    world_free(w);
}
END_TEST

START_TEST(price_lists_are_created_changed_and_replaced)
{
    struct world *w = world_new();
    const char *group = given_group(w, "DEALERS"), *who = given_customer(w, NULL);
    struct reply r = post(
        w, "/v1/price-lists",
        "{'external_id':'L1','name':'Dealers','valid_from':'2024-01-01',"
        "'priority':3,'buyers':[{'group_id':'ext:DEALERS'},{'customer_id':'%s'}]}",
        who);
    expect(r, 201);
    const char *id = text(r, "/id");
    ck_assert_str_eq(text(r, "/currency"), "EUR");
    ck_assert_str_eq(text(r, "/active"), "true");
    ck_assert_str_eq(text(r, "/buyers/0/group_id"), group);
    ck_assert_str_eq(get(w, "/v1/price-lists/ext:L1").body, r.body);
    r = patch(w, "/v1/price-lists/ext:L1", "{'name':'Big dealers','valid_to':'2030-12-31'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_uint_eq(length(r, "/buyers"), 2);
    r = patch(w, "/v1/price-lists/ext:L1", "{'buyers':[],'active':false}");
    ck_assert_uint_eq(length(r, "/buyers"), 0);
    r = put(w, "/v1/price-lists/ext:L1", "{'name':'Everybody','priority':1}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/valid_from"), "2024-01-01");
    ck_assert_str_eq(text(r, "/valid_to"), "null");
    ck_assert_str_eq(text(r, "/active"), "true");
    ck_assert_str_eq(put(w, "/v1/price-lists/ext:L1", "{'name':'Everybody','priority':1}").body,
                     r.body);
    expect(put(w, "/v1/price-lists/ext:L2", "{'name':'Dollars','currency':'USD'}"), 201);
    expect_fault(put(w, "/v1/price-lists/ext:L2", "{'name':'Dollars','currency':'EUR'}"),
                 "/currency", "immutable");
    r = post(w, "/v1/price-lists", "{'external_id':'L1','name':'x'}");
    expect_problem(r, 409, "external_id_taken");
    ck_assert_str_eq(text(r, "/conflicting_id"), id);
    expect_fault(post(w, "/v1/price-lists", "{'name':'x','priority':10}"), "/priority",
                 "too_large");
    r = post(w, "/v1/price-lists",
             "{'name':'x','valid_from':'2024-01-02','valid_to':'2024-01-01',"
             "'buyers':[{},{'group_id':'ext:DEALERS'},{'group_id':'ext:DEALERS'},"
             "{'customer_id':'cus_0000000000001'},{'group_id':'grp_0000000000001'}]}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/valid_to", "too_early");
    expect_fault(r, "/buyers/0", "required");
    expect_fault(r, "/buyers/2", "repeated");
    expect_fault(r, "/buyers/3/customer_id", "unknown_reference");
    expect_fault(r, "/buyers/4/group_id", "unknown_reference");
    expect_fault(patch(w, "/v1/price-lists/ext:L1", "{'name':null,'valid_from':null}"), "/name",
                 "required");
    ck_assert_uint_eq(length(get(w, "/v1/price-lists?currency=USD"), "/data"), 1);
    ck_assert_uint_eq(length(get(w, "/v1/price-lists?active=true&sort=name"), "/data"), 2);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_price_of_a_list_holds_for_whom_the_list_is_and_says_why)
{
    struct world *w = world_new();
    const char *group = given_group(w, "DEALERS");
    const char *dealer = given_customer(w, "'group_id':'ext:DEALERS'");
    const char *other = given_customer(w, NULL);
    const char *a = given_product(w, "A", "10.00", 100);
    expect(post(w, "/v1/price-lists",
                "{'external_id':'L1','name':'Dealers','valid_from':'2000-01-01','priority':3,"
                "'buyers':[{'group_id':'%s'}]}",
                group),
           201);
    expect(post(w, "/v1/price-lists",
                "{'external_id':'L2','name':'Spring','valid_from':'2000-01-01','priority':5,"
                "'buyers':[{'group_id':'%s'}]}",
                group),
           201);
    const char *eight = given_price(w, a, "'price_list_id':'ext:L1','unit_price':'8.00'");
    given_price(w, a, "'price_list_id':'ext:L1','unit_price':'7.00','min_quantity':'10'");
    const char *nine = given_price(w, a, "'price_list_id':'ext:L2','unit_price':'9.00'");
    struct reply r = order_of_a(w, dealer, "10");
    ck_assert_str_eq(text(r, "/lines/0/unit_price"), "9.00");
    ck_assert_str_eq(text(r, "/lines/0/price_source"), "group");
    ck_assert_str_eq(text(r, "/lines/0/price_id"), nine);
    const char *order = text(r, "/id");
    ck_assert_str_eq(text(order_of_a(w, other, "10"), "/lines/0/unit_price"), "10.00");
    r = get(w, "/v1/prices/explain?sku=A&customer_id=%s&quantity=10", dealer);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/price_list_name"), "Spring");
    ck_assert_str_eq(text(r, "/reason"),
                     "It is for the customer's group, by the list \"Spring\" of "
                     "priority 5; no other that holds goes before it.");
    ck_assert_uint_eq(length(r, "/candidates"), 4);
    ck_assert_str_eq(text(r, "/candidates/1/outcome"), "lower_priority");
    ck_assert_str_eq(text(r, "/candidates/1/price_list_name"), "Dealers");
    ck_assert_str_eq(text(r, "/candidates/3/outcome"), "less_specific");
    r = get(w, "/v1/orders/%s/prices", order);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/lines/0/candidates/0/price_list_name"), "Spring");
    ck_assert_str_eq(text(r, "/lines/0/candidates/0/outcome"), "chosen");
    expect(patch(w, "/v1/price-lists/ext:L2", "{'active':false}"), 200);
    ck_assert_str_eq(text(order_of_a(w, dealer, "10"), "/lines/0/unit_price"), "7.00");
    ck_assert_str_eq(text(order_of_a(w, dealer, "1"), "/lines/0/price_id"), eight);
    expect(patch(w, "/v1/price-lists/ext:L1", "{'valid_to':'2000-12-31'}"), 200);
    ck_assert_str_eq(text(order_of_a(w, dealer, "10"), "/lines/0/unit_price"), "10.00");
    expect(patch(w, "/v1/price-lists/ext:L1",
                 "{'valid_to':null,'buyers':[{'customer_id':'%s'},{'group_id':'%s'}]}", dealer,
                 group),
           200);
    r = order_of_a(w, dealer, "1");
    ck_assert_str_eq(text(r, "/lines/0/price_source"), "customer");
    r = get(w, "/v1/orders/%s/prices", text(r, "/id"));
    ck_assert_str_eq(text(r, "/lines/0/candidates/1/outcome"), "chosen");
    ck_assert_str_eq(text(r, "/lines/0/candidates/3/outcome"), "less_specific");
    expect(patch(w, "/v1/price-lists/ext:L1", "{'buyers':[]}"), 200);
    r = order_of_a(w, other, "1");
    ck_assert_str_eq(text(r, "/lines/0/unit_price"), "10.00"); /* of no list goes before */
    ck_assert_uint_eq(
        length(get(w, "/v1/prices?price_list_id=%s", text(get(w, "/v1/price-lists/ext:L1"), "/id")),
               "/data"),
        2);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_price_is_of_one_list_and_in_its_currency)
{
    struct world *w = world_new();
    const char *a = given_product(w, "A", "10.00", 100), *who = given_customer(w, NULL);
    expect(post(w, "/v1/price-lists", "{'external_id':'L1','name':'Dollars','currency':'USD'}"),
           201);
    struct reply r = post(w, "/v1/prices",
                          "{'product_id':'%s','price_list_id':'ext:L1','unit_price':'1'}", a);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/currency"), "USD");
    expect_problem(
        post(w, "/v1/prices", "{'product_id':'%s','price_list_id':'ext:L1','unit_price':'2'}", a),
        409, "duplicate");
    expect_fault(post(w, "/v1/prices",
                      "{'product_id':'%s','price_list_id':'ext:L1','unit_price':'2',"
                      "'currency':'EUR'}",
                      a),
                 "/currency", "currency_mismatch");
    expect_fault(post(w, "/v1/prices",
                      "{'product_id':'%s','price_list_id':'ext:L1','customer_id':'%s',"
                      "'unit_price':'2'}",
                      a, who),
                 "/price_list_id", "ambiguous");
    expect_fault(post(w, "/v1/prices",
                      "{'product_id':'%s','price_list_id':'pli_0000000000001','unit_price':'2'}",
                      a),
                 "/price_list_id", "unknown_reference");
    world_free(w);
}
END_TEST

START_TEST(discounts_come_off_lines_and_order_before_tax)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    given_product(w, "B", "33.33", 100);
    const char *who = given_customer(w, NULL);
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'discount_percent':'3',"
                          "'lines':[{'sku':'A','quantity':'7','discount_percent':'10',"
                          "'discount_amount':'1.50'},{'sku':'B','quantity':'3'}]}",
                          who);
    expect(r, 201);
    /* 63.00 - 1.50 = 61.50; 99.99; together 161.49, less 3 % = 4.84 (1.84 and 3.00). */
    ck_assert_str_eq(text(r, "/discount"), "4.84");
    ck_assert_str_eq(text(r, "/discount_percent"), "3");
    ck_assert_str_eq(text(r, "/discount_amount"), "null");
    ck_assert_str_eq(text(r, "/lines/0/discount_amount"), "1.50");
    ck_assert_str_eq(text(r, "/lines/0/order_discount"), "1.84");
    ck_assert_str_eq(text(r, "/lines/0/net"), "59.66");
    ck_assert_str_eq(text(r, "/lines/1/order_discount"), "3.00");
    ck_assert_str_eq(text(r, "/lines/1/net"), "96.99");
    ck_assert_str_eq(text(r, "/net"), "156.65");
    ck_assert_str_eq(text(r, "/tax"), "29.76");
    ck_assert_str_eq(text(r, "/gross"), "186.41");
    ck_assert_str_eq(get(w, "/v1/orders/%s", text(r, "/id")).body, r.body);
    ck_assert_str_eq(text(get(w, "/v1/orders"), "/data/0/discount"), "4.84");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/ordered"), "186.41");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_discount_must_make_sense)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, NULL);
#define ORDER "{'customer_id':'%s',%s'lines':[{'sku':'A','quantity':'1'%s}]}"
    expect_fault(
        post(w, "/v1/orders", ORDER, who, "'discount_percent':'1','discount_amount':'1',", ""),
        "/discount_amount", "ambiguous");
    expect_fault(post(w, "/v1/orders", ORDER, who, "'discount_amount':'10.01',", ""),
                 "/discount_amount", "too_large");
    expect_fault(post(w, "/v1/orders", ORDER, who, "'discount_amount':'0.001',", ""),
                 "/discount_amount", "decimal_scale");
    expect_fault(post(w, "/v1/orders", ORDER, who, "", ",'discount_amount':'10.01'"),
                 "/lines/0/discount_amount", "too_large");
    expect_fault(post(w, "/v1/orders", ORDER, who, "", ",'discount_amount':'1.001'"),
                 "/lines/0/discount_amount", "decimal_scale");
    expect_fault(post(w, "/v1/orders", ORDER, who, "'discount_percent':'101',", ""),
                 "/discount_percent", "too_large");
    struct reply r = post(w, "/v1/orders", ORDER, who, "'discount_amount':'10',", "");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/gross"), "0.00");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order"), "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_is_replaced_with_other_discounts)
{
    struct world *w = world_new();
    given_product(w, "A", "10.00", 100);
    const char *who = given_customer(w, NULL);
#define DRAFT "{'customer_id':'%s','discount_amount':'%s','lines':[{'sku':'A','quantity':'2'}]}"
    expect(put(w, "/v1/orders/ext:d", DRAFT, who, "1.00"), 201);
    struct reply r = put(w, "/v1/orders/ext:d", DRAFT, who, "1.00");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "1");
    r = put(w, "/v1/orders/ext:d", DRAFT, who, "2.00");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/net"), "18.00");
    ck_assert_str_eq(get(w, "/v1/orders/ext:d").body, r.body);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(invoices_of_partial_quantities_add_up_to_the_discounted_order)
{
    struct world *w = world_new();
    given_product(w, "A", "3.33", 100);
    given_service(w, "S", "17.77");
    const char *who = given_customer(w, NULL);
    struct reply r = post(w, "/v1/orders",
                          "{'external_id':'o','customer_id':'%s','confirm':true,"
                          "'discount_amount':'10.00','lines':[{'sku':'A','quantity':'7',"
                          "'discount_amount':'0.50'},{'sku':'S','quantity':'3'}]}",
                          who);
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), "66.12"); /* 22.81 + 53.31 - 10.00 */
    long net = 0;
    for (int i = 0; i < 7; i++) {
        expect(post(w, "/v1/shipments",
                    "{'order_id':'ext:o','ship':true,'lines':[{'order_line_no':1,"
                    "'quantity':'1'}]}"),
               201);
        r = post(w, "/v1/invoices",
                 "{'order_id':'ext:o','finalize':true,'lines':[{'order_line_no':1,"
                 "'quantity':'1'}%s]}",
                 i < 3 ? ",{'order_line_no':2,'quantity':'1'}" : "");
        expect(r, 201);
        const char *dot = strchr(text(r, "/net"), '.');
        net += strtol(text(r, "/net"), NULL, 10) * 100 + strtol(dot + 1, NULL, 10);
        ck_assert_str_ne(text(r, "/lines/0/discount_amount"), "0.00");
    }
    ck_assert_int_eq(net, 6612);
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/ordered"), "0.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_invoice_of_a_whole_discounted_order_shows_its_totals)
{
    struct world *w = world_new();
    given_service(w, "S", "0.333333");
    given_service(w, "T", "19.99");
    const char *who = given_customer(w, NULL);
    struct reply order = post(w, "/v1/orders",
                              "{'external_id':'o','customer_id':'%s','confirm':true,"
                              "'discount_percent':'12.5','lines':[{'sku':'S','quantity':'7',"
                              "'discount_amount':'0.33'},{'sku':'T','quantity':'3.5'}]}",
                              who);
    expect(order, 201);
    struct reply r = post(w, "/v1/invoices", "{'order_id':'ext:o','finalize':true}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/net"), text(order, "/net"));
    ck_assert_str_eq(text(r, "/tax"), text(order, "/tax"));
    ck_assert_str_eq(text(r, "/gross"), text(order, "/gross"));
    ck_assert_str_eq(text(r, "/lines/1/tax"), text(order, "/lines/1/tax"));
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/unbilled"), "0.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *prices_suite(void)
{
    Suite *s = suite_create("prices");
    TCase *t = tcase_create("prices");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, groups_are_created_changed_and_replaced);
    tcase_add_test(t, a_customer_joins_and_leaves_a_group);
    tcase_add_test(t, a_price_is_of_a_customer_or_of_a_group);
    tcase_add_test(t, an_order_takes_the_most_specific_price_and_keeps_where_it_came_from);
    tcase_add_test(t, a_price_is_explained_by_those_that_it_goes_before);
    tcase_add_test(t, an_order_explains_the_prices_of_its_lines);
    tcase_add_test(t, price_lists_are_created_changed_and_replaced);
    tcase_add_test(t, a_price_of_a_list_holds_for_whom_the_list_is_and_says_why);
    tcase_add_test(t, a_price_is_of_one_list_and_in_its_currency);
    tcase_add_test(t, discounts_come_off_lines_and_order_before_tax);
    tcase_add_test(t, a_discount_must_make_sense);
    tcase_add_test(t, a_draft_is_replaced_with_other_discounts);
    tcase_add_test(t, invoices_of_partial_quantities_add_up_to_the_discounted_order);
    tcase_add_test(t, an_invoice_of_a_whole_discounted_order_shows_its_totals);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(prices_suite)
