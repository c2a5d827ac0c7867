/* From a request to a customer, and from a customer to a party of a document. */
#include "lib/json/decode.h"
#include "server/customers/rules.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct problem problem;
static const struct tenant_facts tenant = {.currency = "EUR", .exponent = 2};
static struct call call = {.problem = &problem, .tenant = &tenant};

static void setup(void)
{
    arena = arena_new(1 << 24);
    problem_init(&problem, arena);
    call.path_external_id = NULL;
}

static void teardown(void)
{
    arena_free(arena);
}

static void decode(const struct json_type *type, const char *text, void *ret)
{
    ck_assert_int_eq(json_decode(arena, type, text, strlen(text), ret, NULL, NULL, &problem), OK);
}

static struct customer from_new(const char *text, const struct customer *was)
{
    struct customer_new in;
    decode(&customer_new_type, text, &in);
    struct customer t;
    customer_from_new(arena, &call, &in, was, &t);
    return t;
}

static void patch(const char *text, struct customer *t)
{
    struct customer_patch in;
    decode(&customer_patch_type, text, &in);
    customer_apply_patch(arena, &call, &in, t);
}

static void expect_fault(const char *pointer, const char *code)
{
    ck_assert_int_eq(problem.code, ERR_INVALID);
    ck_assert_uint_eq(problem.n_faults, 1);
    ck_assert_str_eq(problem.faults[0].pointer, pointer);
    ck_assert_str_eq(problem.faults[0].code, code);
}

START_TEST(a_customer_with_a_name_alone_gets_the_defaults)
{
    struct customer t = from_new("{\"name\":\"Ada\"}", NULL);
    ck_assert_int_eq(problem.code, OK);
    ck_assert_str_eq(t.name, "Ada");
    ck_assert_str_eq(t.currency, "EUR");
    ck_assert_int_eq(t.payment_terms_days, 30);
    ck_assert_int_eq(t.credit_limit, NIL64);
    ck_assert_str_eq(t.status, "active");
    ck_assert_str_eq(t.addresses, "[]");
    ck_assert_str_eq(t.contacts, "[]");
    ck_assert_str_eq(t.metadata, "{}");
    ck_assert_ptr_null(t.external_id);
    ck_assert_ptr_null(t.legal_name);
}
END_TEST

START_TEST(the_limit_is_kept_in_the_customers_own_minor_unit)
{
    ck_assert_int_eq(from_new("{\"name\":\"A\",\"credit_limit\":\"12.34\"}", NULL).credit_limit,
                     1234);
    ck_assert_int_eq(from_new("{\"name\":\"A\",\"credit_limit\":\"12\",\"currency\":\"JPY\"}", NULL)
                         .credit_limit,
                     12);
    ck_assert_int_eq(from_new("{\"name\":\"A\",\"credit_limit\":\"0\"}", NULL).credit_limit, 0);
    ck_assert_int_eq(problem.code, OK);
    from_new("{\"name\":\"A\",\"credit_limit\":\"12.5\",\"currency\":\"JPY\"}", NULL);
    expect_fault("/credit_limit", "decimal_scale");
}
END_TEST

START_TEST(replacing_clears_what_is_not_named_but_keeps_identity)
{
    struct customer was = from_new("{\"name\":\"A\",\"external_id\":\"x\",\"currency\":\"USD\","
                                   "\"tax_id\":\"T\",\"credit_limit\":\"5\",\"status\":\"blocked\","
                                   "\"payment_terms_days\":7,\"contacts\":[{\"name\":\"C\"}],"
                                   "\"metadata\":{\"a\":\"b\"}}",
                                   NULL);
    was.id = 42;
    was.version = 3;
    struct customer t = from_new("{\"name\":\"B\"}", &was);
    ck_assert_int_eq(problem.code, OK);
    ck_assert_int_eq(t.id, 42);
    ck_assert_int_eq(t.version, 3);
    ck_assert_str_eq(t.external_id, "x");
    ck_assert_str_eq(t.currency, "USD");
    ck_assert_str_eq(t.name, "B");
    ck_assert_ptr_null(t.tax_id);
    ck_assert_int_eq(t.credit_limit, NIL64);
    ck_assert_str_eq(t.status, "active");
    ck_assert_int_eq(t.payment_terms_days, 30);
    ck_assert_str_eq(t.contacts, "[]");
    ck_assert_str_eq(t.metadata, "{}");
    from_new("{\"name\":\"B\",\"currency\":\"EUR\"}", &was);
    expect_fault("/currency", "immutable");
}
END_TEST

START_TEST(the_external_id_of_path_and_body_must_agree)
{
    call.path_external_id = "p";
    ck_assert_str_eq(from_new("{\"name\":\"A\"}", NULL).external_id, "p");
    ck_assert_str_eq(from_new("{\"name\":\"A\",\"external_id\":\"p\"}", NULL).external_id, "p");
    ck_assert_int_eq(problem.code, OK);
    from_new("{\"name\":\"A\",\"external_id\":\"q\"}", NULL);
    expect_fault("/external_id", "mismatch");
}
END_TEST

START_TEST(a_patch_changes_what_it_names_and_null_clears)
{
    struct customer t = from_new("{\"name\":\"A\",\"tax_id\":\"T\",\"email\":\"e\","
                                 "\"credit_limit\":\"5\",\"addresses\":[{\"country\":\"DE\"}]}",
                                 NULL);
    patch("{\"name\":\"B\",\"tax_id\":null}", &t);
    ck_assert_str_eq(t.name, "B");
    ck_assert_ptr_null(t.tax_id);
    ck_assert_str_eq(t.email, "e");
    ck_assert_int_eq(t.credit_limit, 500);
    patch("{\"credit_limit\":null,\"addresses\":[],\"status\":\"archived\"}", &t);
    ck_assert_int_eq(t.credit_limit, NIL64);
    ck_assert_str_eq(t.addresses, "[]");
    ck_assert_str_eq(t.status, "archived");
    ck_assert_str_eq(t.name, "B");
    ck_assert_int_eq(problem.code, OK);
}
END_TEST

START_TEST(a_patch_cannot_clear_what_every_customer_has)
{
    static const char *const members[] = {"name", "payment_terms_days", "status"};
    struct customer t = from_new("{\"name\":\"A\"}", NULL);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        problem_init(&problem, arena);
        patch(arena_printf(arena, "{\"%s\":null}", members[i]), &t);
        expect_fault(arena_printf(arena, "/%s", members[i]), "required");
    }
}
END_TEST

START_TEST(a_party_has_the_address_of_its_kind_or_a_general_one_or_the_first)
{
#define PLACE(kind, city) "{" kind "\"city\":\"" city "\",\"country\":\"DE\"}"
#define KIND(kind) "\"kind\":\"" kind "\","
    static const struct {
        const char *addresses, *kind, *city;
    } cases[] = {
        {"[]", "billing", NULL},
        {"[" PLACE(KIND("shipping"), "S") "," PLACE(KIND("billing"), "B") "]", "billing", "B"},
        {"[" PLACE(KIND("shipping"), "S") "," PLACE(KIND("billing"), "B") "]", "shipping", "S"},
        {"[" PLACE(KIND("shipping"), "S") "," PLACE("", "G") "]", "billing", "G"},
        {"[" PLACE(KIND("shipping"), "S") "]", "billing", "S"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct customer_facts f = {.name = "A", .addresses = cases[i].addresses};
        const char *party = customer_party(arena, &f, cases[i].kind);
        const char *city = cases[i].city == NULL
                               ? "\"address\":null"
                               : arena_printf(arena, "\"city\":\"%s\"", cases[i].city);
        ck_assert_msg(strstr(party, city) != NULL, "case %zu: %s", i, party);
    }
}
END_TEST

START_TEST(a_party_goes_by_its_legal_name)
{
    struct customer_facts f = {.name = "Ada", .tax_id = "DE1", .addresses = "[]"};
    ck_assert_str_eq(customer_party(arena, &f, "billing"),
                     "{\"name\":\"Ada\",\"tax_id\":\"DE1\",\"address\":null}");
    f.legal_name = "Ada \"A\" GmbH";
    f.tax_id = NULL;
    ck_assert_str_eq(customer_party(arena, &f, "billing"),
                     "{\"name\":\"Ada \\\"A\\\" GmbH\",\"tax_id\":null,\"address\":null}");
}
END_TEST

START_TEST(customers_are_found_by_id_with_their_currencys_decimals)
{
    struct customer_facts v[] = {{.id = 3, .currency = "JPY"}, {.id = 8, .currency = "KWD"}};
    struct customer_facts_list list = {v, 2}, none = {0};
    ck_assert_int_eq(customer_find(&list, 3)->exponent, 0);
    ck_assert_int_eq(customer_find(&list, 8)->exponent, 3);
    ck_assert_ptr_null(customer_find(&list, 5));
    ck_assert_ptr_null(customer_find(&none, 3));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("customers rules");
    TCase *t = tcase_create("customers rules");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_customer_with_a_name_alone_gets_the_defaults);
    tcase_add_test(t, the_limit_is_kept_in_the_customers_own_minor_unit);
    tcase_add_test(t, replacing_clears_what_is_not_named_but_keeps_identity);
    tcase_add_test(t, the_external_id_of_path_and_body_must_agree);
    tcase_add_test(t, a_patch_changes_what_it_names_and_null_clears);
    tcase_add_test(t, a_patch_cannot_clear_what_every_customer_has);
    tcase_add_test(t, a_party_has_the_address_of_its_kind_or_a_general_one_or_the_first);
    tcase_add_test(t, a_party_goes_by_its_legal_name);
    tcase_add_test(t, customers_are_found_by_id_with_their_currencys_decimals);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
