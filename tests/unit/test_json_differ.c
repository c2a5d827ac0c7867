/* What a request says against what is kept. */
#include <check.h>
#undef fail
#include "lib/json/differ.h"
#include "tests/unit/json_sample.h"

#define KEPT_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, string, sku, )                                                                        \
    VALUE(T, price, quantity, )                                                                    \
    VALUE(T, money, unit_price, )                                                                  \
    VALUE(T, raw, place, )
#define KEPT_FIELDS(T, VALUE, OBJECT, LIST)                                                        \
    VALUE(T, string, name, )                                                                       \
    VALUE(T, id, owner, .prefix = "own")                                                           \
    VALUE(T, money, weight, )                                                                      \
    VALUE(T, boolean, active, )                                                                    \
    VALUE(T, date, due, )                                                                          \
    VALUE(T, currency, currency, )                                                                 \
    VALUE(T, raw, metadata, )                                                                      \
    VALUE(T, strings, tags, )                                                                      \
    LIST(T, kept_line, lines, )
JSON_STRUCT(kept_line, KEPT_LINE_FIELDS);
JSON_STRUCT(kept, KEPT_FIELDS);
JSON_TYPE(kept_line, KEPT_LINE_FIELDS, .doc = "A line.");
JSON_TYPE(kept, KEPT_FIELDS, .doc = "What is kept.");

static struct arena *a;

static void setup(void)
{
    a = arena_new(16 << 20);
}

static void teardown(void)
{
    arena_free(a);
}

static struct kept_line kept_lines[] = {
    {.sku = "A", .quantity = 1500000, .unit_price = 250, .place = "{\"x\":1,\"y\":null}"},
    {.sku = "B", .quantity = 2000000, .unit_price = NIL64},
};
static const char *kept_tags[] = {"t", "u"};
static const struct kept kept = {.name = "Ada",
                                 .owner = 5,
                                 .weight = 1250,
                                 .active = true,
                                 .due = 3,
                                 .currency = "EUR",
                                 .metadata = "{\"a\":\"1\"}",
                                 .tags = {.v = kept_tags, .n = 2},
                                 .lines = {.v = kept_lines, .n = 2}};

static const struct {
    const char *asked, *pointer;
} cases[] = {
    {"{'name':'Ada'}", NULL},
    {"{'name':'Eva'}", "/name"},
    {"{'name':'Ada','note':'kept has no such member'}", NULL},
    {"{'name':'Ada','owner':null}", NULL},
    {"{'name':'Ada','owner':'own_0000000000005'}", NULL},
    {"{'name':'Ada','owner':'own_0000000000006'}", "/owner"},
    {"{'name':'Ada','weight':'12.5'}", NULL},
    {"{'name':'Ada','weight':'12.51'}", "/weight"},
    {"{'name':'Ada','weight':'12.500001'}", "/weight"},
    {"{'name':'Ada','active':true}", NULL},
    {"{'name':'Ada','due':'1970-01-04'}", NULL},
    {"{'name':'Ada','due':'1970-01-05'}", "/due"},
    {"{'name':'Ada','currency':'USD'}", "/currency"},
    {"{'name':'Ada','metadata':{'a':'1'}}", NULL},
    {"{'name':'Ada','metadata':{'a':'2'}}", "/metadata"},
    {"{'name':'Ada','tags':['t','u']}", NULL},
    {"{'name':'Ada','tags':['u','t']}", "/tags"},
    {"{'name':'Ada','lines':[]}", NULL},
    {"{'name':'Ada','lines':[{'sku':'A','quantity':'1.50'}]}", "/lines"},
    {"{'name':'Ada','lines':[{'sku':'A','quantity':'1.50'},{'sku':'B','quantity':'2'}]}", NULL},
    {"{'name':'Ada','lines':[{'sku':'A','quantity':'1.5'},{'sku':'C','quantity':'2'}]}",
     "/lines/1/sku"},
    {"{'name':'Ada','lines':[{'sku':'A','quantity':'1.5','unit_price':'2.5'},"
     "{'sku':'B','quantity':'2'}]}",
     NULL},
    {"{'name':'Ada','lines':[{'sku':'A','quantity':'1.5'},"
     "{'sku':'B','quantity':'2','unit_price':'0'}]}",
     "/lines/1/unit_price"},
    {"{'name':'Ada','lines':[{'sku':'A','quantity':'1.5','place':{'x':1}},"
     "{'sku':'B','quantity':'2'}]}",
     NULL},
    {"{'name':'Ada','lines':[{'sku':'A','quantity':'1.5','place':{'x':2}},"
     "{'sku':'B','quantity':'2'}]}",
     "/lines/0/place"},
};

static const char *difference(const char *asked, const char *const *except)
{
    char *text = arena_strdup(a, asked);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    struct sample_result r = sample_decode(a, text);
    ck_assert_msg(r.code == OK, "%s: %s", asked, sample_faults(a, &r.problem));
    return json_first_difference(a, (struct json_side){&sample_type, &r.value},
                                 (struct json_side){&kept_type, &kept}, except);
}

START_TEST(the_first_member_that_says_something_else_is_named)
{
    const char *found = difference(cases[_i].asked, NULL);
    const char *expected = cases[_i].pointer;
    ck_assert_msg((found == NULL) == (expected == NULL) &&
                      (found == NULL || strcmp(found, expected) == 0),
                  "%s: %s", cases[_i].asked, found ? found : "no difference");
}
END_TEST

START_TEST(what_is_excepted_is_not_compared)
{
    ck_assert_ptr_null(
        difference("{'name':'Eva','weight':'1'}", (const char *[]){"weight", "name", NULL}));
    ck_assert_str_eq(difference("{'name':'Eva','weight':'1'}", (const char *[]){"name", NULL}),
                     "/weight");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("differ");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, the_first_member_that_says_something_else_is_named, 0, COUNT_OF(cases));
    tcase_add_test(t, what_is_excepted_is_not_compared);
    Suite *s = suite_create("json_differ");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
