/* Customers and their credit through the API. */
#include "tests/support/world.h"
#include <string.h>

#define FULL                                                                                       \
    "'name':'Ada','legal_name':'Ada GmbH','tax_id':'DE1','email':'a@example.com','phone':'+49 1'," \
    "'language':'de','payment_terms_days':14,'credit_limit':'1000.50',"                            \
    "'addresses':[{'kind':'billing','lines':['Weg 1'],'city':'Bonn','postal_code':'53111',"        \
    "'country':'DE'}],'contacts':[{'name':'Bob','email':'b@example.com'}],'metadata':{'a':'b'}"

static const char *path_of(struct world *w, struct reply r)
{
    return fmt(w, "/v1/customers/%s", text(r, "/id"));
}

START_TEST(a_customer_comes_back_as_it_was_given)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/customers", "{" FULL ",'external_id':'c1'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/version"), "1");
    ck_assert_str_eq(text(r, "/currency"), "EUR");
    ck_assert_str_eq(text(r, "/credit_limit"), "1000.50");
    ck_assert_str_eq(text(r, "/payment_terms_days"), "14");
    ck_assert_str_eq(text(r, "/addresses/0/city"), "Bonn");
    ck_assert_str_eq(text(r, "/contacts/0/name"), "Bob");
    ck_assert_str_eq(text(r, "/metadata/a"), "b");
    ck_assert_str_eq(text(r, "/status"), "active");
    ck_assert_str_eq(header(r, "Location"), path_of(w, r));
    struct reply by_id = get(w, "%s", path_of(w, r)), by_ext = get(w, "/v1/customers/ext:c1");
    expect(by_id, 200);
    expect(by_ext, 200);
    ck_assert_str_eq(by_id.body, r.body);
    ck_assert_str_eq(by_ext.body, r.body);
    world_free(w);
}
END_TEST

START_TEST(a_customer_of_somebody_else_does_not_exist)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/customers", "{'name':'Ada','external_id':'c1'}");
    struct request_options other = {.api_key = world_other_tenant_key(w), .if_match = "*"};
    expect(request(w, "GET", path_of(w, r), NULL, &other), 404);
    expect(request(w, "GET", "/v1/customers/ext:c1", NULL, &other), 404);
    expect(request(w, "GET", fmt(w, "%s/credit", path_of(w, r)), NULL, &other), 404);
    expect(request(w, "PATCH", path_of(w, r), "{\"name\":\"X\"}", &other), 404);
    expect(request(w, "PUT", path_of(w, r), "{\"name\":\"X\"}", &other), 404);
    ck_assert_uint_eq(length(request(w, "GET", "/v1/customers", NULL, &other), "/data"), 0);
    ck_assert_str_eq(text(get(w, "%s", path_of(w, r)), "/name"), "Ada");
    world_free(w);
}
END_TEST

START_TEST(all_faults_of_a_customer_are_told_at_once)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/customers",
                          "{'name':'','payment_terms_days':366,'credit_limit':'-1',"
                          "'currency':'EURO','addresses':[{'country':'ZZ'}],'contacts':[{}],"
                          "'rating':'A'}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/name", "too_short");
    expect_fault(r, "/payment_terms_days", "too_large");
    expect_fault(r, "/credit_limit", "too_small");
    expect_fault(r, "/addresses/0/country", "not_a_choice");
    expect_fault(r, "/contacts/0/name", "required");
    expect_fault(r, "/rating", "unknown_member");
    ck_assert_uint_eq(length(r, "/errors"), 7);
    r = post(w, "/v1/customers", "{'name':'A','currency':'JPY','credit_limit':'1.5'}");
    expect_fault(r, "/credit_limit", "decimal_scale");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM customer"), "0");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM credit_account"), "0");
    world_free(w);
}
END_TEST

START_TEST(an_external_id_belongs_to_one_customer)
{
    struct world *w = world_new();
    struct reply first = post(w, "/v1/customers", "{'name':'A','external_id':'x'}");
    struct reply second = post(w, "/v1/customers", "{'name':'B'}");
    struct reply r = post(w, "/v1/customers", "{'name':'C','external_id':'x'}");
    expect_problem(r, 409, "external_id_taken");
    ck_assert_str_eq(text(r, "/conflicting_id"), text(first, "/id"));
    expect_problem(patch(w, path_of(w, second), "{'external_id':'x'}"), 409, "external_id_taken");
    expect(patch(w, path_of(w, first), "{'external_id':null}"), 200);
    expect(patch(w, path_of(w, second), "{'external_id':'x'}"), 200);
    ck_assert_str_eq(text(get(w, "/v1/customers/ext:x"), "/id"), text(second, "/id"));
    world_free(w);
}
END_TEST

START_TEST(a_patch_changes_only_what_it_names)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/customers", "{" FULL "}");
    const char *path = path_of(w, r);
    r = patch(w, path, "{'email':null,'credit_limit':'7','status':'blocked'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/version"), "2");
    ck_assert_str_eq(text(r, "/email"), "null");
    ck_assert_str_eq(text(r, "/credit_limit"), "7.00");
    ck_assert_str_eq(text(r, "/status"), "blocked");
    ck_assert_str_eq(text(r, "/phone"), "+49 1");
    ck_assert_str_eq(text(r, "/addresses/0/city"), "Bonn");
    struct request_options stale = {.if_match = "\"1\""}, none = {0};
    expect_problem(request(w, "PATCH", path, "{\"name\":\"X\"}", &stale), 412, "stale");
    expect_problem(request(w, "PATCH", path, "{\"name\":\"X\"}", &none), 428, "if_match_missing");
    r = patch(w, path, "{'name':null,'payment_terms_days':null,'status':null}");
    expect_fault(r, "/name", "required");
    expect_fault(r, "/payment_terms_days", "required");
    expect_fault(r, "/status", "required");
    expect_fault(patch(w, path, "{'currency':'USD'}"), "/currency", "unknown_member");
    world_free(w);
}
END_TEST

START_TEST(saying_the_same_again_changes_nothing)
{
    struct world *w = world_new();
    expect(put(w, "/v1/customers/ext:p", "{" FULL "}"), 201);
    struct reply first = get(w, "/v1/customers/ext:p"), again;
    again = put(w, "/v1/customers/ext:p", "{" FULL "}");
    expect(again, 200);
    ck_assert_str_eq(again.body, first.body);
    again = patch(w, "/v1/customers/ext:p", "{'credit_limit':'1000.5','name':'Ada'}");
    expect(again, 200);
    ck_assert_str_eq(again.body, first.body);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE resource = 'customer'"), "1");
    world_free(w);
}
END_TEST

START_TEST(a_put_replaces_all_but_identity_and_currency)
{
    struct world *w = world_new();
    struct reply r = put(w, "/v1/customers/ext:p", "{" FULL ",'currency':'USD'}");
    expect(r, 201);
    const char *id = text(r, "/id");
    r = put(w, "/v1/customers/ext:p", "{'name':'B'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/id"), id);
    ck_assert_str_eq(text(r, "/external_id"), "p");
    ck_assert_str_eq(text(r, "/currency"), "USD");
    ck_assert_str_eq(text(r, "/credit_limit"), "null");
    ck_assert_str_eq(text(r, "/tax_id"), "null");
    ck_assert_uint_eq(length(r, "/addresses"), 0);
    expect_fault(put(w, "/v1/customers/ext:p", "{'name':'B','currency':'EUR'}"), "/currency",
                 "immutable");
    expect_fault(put(w, "/v1/customers/ext:p", "{'name':'B','external_id':'q'}"), "/external_id",
                 "mismatch");
    expect(put(w, "/v1/customers/cus_0000000000001", "{'name':'B'}"), 404);
    world_free(w);
}
END_TEST

START_TEST(of_many_who_put_the_same_customer_one_creates_it)
{
    enum { N = 8 };
    struct world *w = world_new();
    for (int round = 0; round < 5; round++) {
        struct shot shots[N];
        int created = 0, found = 0;
        for (int i = 0; i < N; i++)
            shots[i] = (struct shot){.method = "PUT",
                                     .path = fmt(w, "/v1/customers/ext:r%d", round),
                                     .body = "{\"name\":\"A\"}"};
        shoot_together(w, shots, N);
        for (int i = 0; i < N; i++) {
            created += shots[i].reply.status == 201;
            found += shots[i].reply.status == 200;
        }
        ck_assert_int_eq(created, 1);
        ck_assert_int_eq(found, N - 1);
    }
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM customer"), "5");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM credit_account"), "5");
    world_free(w);
}
END_TEST

START_TEST(credit_shows_limit_exposure_and_headroom)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/customers", "{'name':'A','credit_limit':'100'}");
    const char *credit = fmt(w, "%s/credit", path_of(w, r));
    world_sql(w, "UPDATE credit_account SET ordered = 1000, unbilled = 200, receivable = 30000, "
                 "unapplied = 500");
    r = get(w, "%s", credit);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/ordered"), "10.00");
    ck_assert_str_eq(text(r, "/unbilled"), "2.00");
    ck_assert_str_eq(text(r, "/receivable"), "300.00");
    ck_assert_str_eq(text(r, "/unapplied"), "5.00");
    ck_assert_str_eq(text(r, "/exposure"), "307.00");
    ck_assert_str_eq(text(r, "/headroom"), "-207.00");
    expect(patch(w, fmt(w, "/v1/customers/%s", text(r, "/customer_id")), "{'credit_limit':null}"),
           200);
    r = get(w, "%s", credit);
    ck_assert_str_eq(text(r, "/credit_limit"), "null");
    ck_assert_str_eq(text(r, "/headroom"), "null");
    ck_assert_str_eq(text(r, "/exposure"), "307.00");
    expect(get(w, "/v1/customers/cus_0000000000001/credit"), 404);
    world_free(w);
}
END_TEST

START_TEST(customers_are_listed_by_name_and_filtered)
{
    struct world *w = world_new();
    expect(post(w, "/v1/customers", "{'name':'B','currency':'USD'}"), 201);
    expect(post(w, "/v1/customers", "{'name':'A','status':'blocked'}"), 201);
    expect(post(w, "/v1/customers", "{'name':'C','external_id':'c'}"), 201);
    struct reply r = get(w, "/v1/customers?sort=name");
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/data"), 3);
    ck_assert_str_eq(text(r, "/data/0/name"), "A");
    ck_assert_str_eq(text(r, "/data/2/name"), "C");
    r = get(w, "/v1/customers?sort=-name&limit=2");
    ck_assert_str_eq(text(r, "/data/0/name"), "C");
    ck_assert_str_eq(text(r, "/has_more"), "true");
    r = get(w, "/v1/customers?sort=-name&limit=2&cursor=%s", text(r, "/next"));
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/name"), "A");
    ck_assert_str_eq(text(r, "/has_more"), "false");
    static const char *const filters[][2] = {
        {"status=blocked", "A"}, {"currency=USD", "B"}, {"external_id=c", "C"}, {"name=B", "B"}};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        r = get(w, "/v1/customers?%s", filters[i][0]);
        ck_assert_uint_eq(length(r, "/data"), 1);
        ck_assert_str_eq(text(r, "/data/0/name"), filters[i][1]);
    }
    expect(get(w, "/v1/customers?color=red"), 400);
    world_free(w);
}
END_TEST

START_TEST(a_key_without_the_scope_is_refused)
{
    struct world *w = world_new();
    struct request_options reader = {.api_key = world_key_with(w, "customers:read")};
    expect(request(w, "GET", "/v1/customers", NULL, &reader), 200);
    expect_problem(request(w, "POST", "/v1/customers", "{\"name\":\"A\"}", &reader), 403,
                   "forbidden");
    world_free(w);
}
END_TEST

static Suite *customers_suite(void)
{
    Suite *s = suite_create("customers");
    TCase *t = tcase_create("customers");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_customer_comes_back_as_it_was_given);
    tcase_add_test(t, a_customer_of_somebody_else_does_not_exist);
    tcase_add_test(t, all_faults_of_a_customer_are_told_at_once);
    tcase_add_test(t, an_external_id_belongs_to_one_customer);
    tcase_add_test(t, a_patch_changes_only_what_it_names);
    tcase_add_test(t, saying_the_same_again_changes_nothing);
    tcase_add_test(t, a_put_replaces_all_but_identity_and_currency);
    tcase_add_test(t, of_many_who_put_the_same_customer_one_creates_it);
    tcase_add_test(t, credit_shows_limit_exposure_and_headroom);
    tcase_add_test(t, customers_are_listed_by_name_and_filtered);
    tcase_add_test(t, a_key_without_the_scope_is_refused);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(customers_suite)
