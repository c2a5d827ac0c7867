/* Declarations as JSON Schema, as parameters and as examples that the decoder takes. */
#include "json_sample.h"
#include "lib/json/schema.h"
#include <check.h>

#define SHOWN_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    VALUE(T, id, id, .required = true, .prefix = "shn", .doc = "Its id.")                          \
    VALUE(T, money, total, )                                                                       \
    VALUE(T, raw, extra, .omit_absent = true)                                                      \
    VALUE(T, price, price, )                                                                       \
    VALUE(T, boolean, active, )                                                                    \
    VALUE(T, currency, currency, .example = "\"JPY\"")                                             \
    OBJECT(T, sample_point, place, )                                                               \
    OBJECT(T, sample_point, start, .required = true)                                               \
    LIST(T, sample_point, points, .doc = "Points.")

#define FILTER_FIELDS(T, VALUE, OBJECT, LIST)                                                      \
    VALUE(T, strings, color, .choices = sample_colors, .doc = "Any of these.")                     \
    VALUE(T, integer, limit, .min = 1, .max = 200, .example = "50")                                \
    VALUE(T, date, due, .required = true)

#define LIMITED_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    VALUE(T, string, longer, .required = true, .min = 20, .max = 30)                               \
    VALUE(T, string, shorter, .max = 3)                                                            \
    VALUE(T, integer, far, .min = 50, .max = 60)                                                   \
    VALUE(T, integer, below, .min = -9, .max = -3)                                                 \
    VALUE(T, decimal, small, .min = -2 * DECIMAL_ONE, .max = 500000)                               \
    VALUE(T, decimal, whole, .min = 1, .scale = -1)                                                \
    VALUE(T, price, cost, .min = 2500000)                                                          \
    LIST(T, sample_line, lines, .min = 3, .max = 5)                                                \
    VALUE(T, boolean, lit, .default_true = true)

JSON_STRUCT(shown, SHOWN_FIELDS);
JSON_STRUCT(filter, FILTER_FIELDS);
JSON_STRUCT(limited, LIMITED_FIELDS);
JSON_TYPE(shown, SHOWN_FIELDS, .doc = "Shown.");
JSON_TYPE(filter, FILTER_FIELDS, );
JSON_TYPE(limited, LIMITED_FIELDS, );

static struct arena *a;

static void setup(void)
{
    a = arena_new(64 << 20);
}

static void teardown(void)
{
    arena_free(a);
}

static void check_is_json(const char *text)
{
    struct problem p;
    problem_init(&p, a);
    ck_assert_msg(json_check(a, text, strlen(text), &p) == OK, "%s: %s", text, p.detail);
}

static const char *schema(const struct json_type *type, enum json_direction dir)
{
    struct buf b;
    buf_init(&b, a, 64, 1 << 20);
    json_schema(&b, type, dir);
    ck_assert(!b.over);
    check_is_json(b.p);
    return b.p;
}

static const char *example(const struct json_type *type, enum json_direction dir)
{
    struct buf b;
    buf_init(&b, a, 64, 1 << 20);
    json_example(&b, type, dir);
    ck_assert(!b.over);
    check_is_json(b.p);
    return b.p;
}

static void check_part(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "%s lacks %s", text, part);
}

START_TEST(an_input_schema_is_closed_and_names_what_is_required)
{
    ck_assert_str_eq(
        schema(&sample_point_type, JSON_INPUT),
        "{\"type\":\"object\",\"description\":\"A point.\",\"properties\":{"
        "\"x\":{\"type\":\"integer\",\"minimum\":-10,\"maximum\":10,\"description\":\"Across.\"},"
        "\"y\":{\"type\":[\"integer\",\"null\"],\"minimum\":0,\"maximum\":9223372036854775807,"
        "\"description\":\"Up.\"}},\"required\":[\"x\"],\"additionalProperties\":false}");
}
END_TEST

START_TEST(an_output_schema_is_open_and_has_every_member)
{
    ck_assert_str_eq(
        schema(&sample_point_type, JSON_OUTPUT),
        "{\"type\":\"object\",\"description\":\"A point.\",\"properties\":{"
        "\"x\":{\"type\":\"integer\",\"format\":\"int64\",\"description\":\"Across.\"},"
        "\"y\":{\"type\":[\"integer\",\"null\"],\"format\":\"int64\",\"description\":\"Up.\"}},"
        "\"required\":[\"x\",\"y\"]}");
}
END_TEST

static const char *const input_parts[] = {
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":10,"
    "\"description\":\"A \\\"name\\\".\"}",
    "\"note\":{\"type\":[\"string\",\"null\"],\"maxLength\":500}",
    "\"color\":{\"type\":[\"string\",\"null\"],\"enum\":[\"red\",\"green\",\"light_blue\",null]}",
    "\"owner\":{\"type\":[\"string\",\"null\"],"
    "\"pattern\":\"^(own_[0-7][0-9a-hjkmnp-tv-z]{12}|ext:.+)$\"}",
    "\"count\":{\"type\":[\"integer\",\"null\"],\"minimum\":1,\"maximum\":1000}",
    "\"level\":{\"type\":[\"integer\",\"null\"],\"minimum\":-9223372036854775807,",
    "\"weight\":{\"type\":[\"string\",\"integer\",\"null\"],"
    "\"pattern\":\"^[0-9]{1,12}(\\\\.[0-9]{1,6})?$\",\"minimum\":0,\"maximum\":9223372036854}",
    "\"pieces\":{\"type\":[\"string\",\"integer\",\"null\"],\"pattern\":\"^[0-9]{1,12}$\","
    "\"minimum\":0,\"maximum\":500,\"description\":\"At most 500.\"}",
    "\"active\":{\"type\":[\"boolean\",\"null\"]}",
    "\"due\":{\"type\":[\"string\",\"null\"],\"format\":\"date\"}",
    "\"seen_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}",
    "\"currency\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^[A-Z]{3}$\"}",
    "\"metadata\":{\"type\":[\"object\",\"null\"],\"maxProperties\":50,"
    "\"propertyNames\":{\"minLength\":1,\"maxLength\":40},"
    "\"additionalProperties\":{\"type\":\"string\",\"maxLength\":500}}",
    "\"tags\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\",\"maxLength\":5},"
    "\"maxItems\":100}",
    "\"colors\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\","
    "\"enum\":[\"red\",\"green\",\"light_blue\"]},\"maxItems\":100}",
    "\"origin\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/sample_point\"},"
    "{\"type\":\"null\"}],\"description\":\"The start.\"}",
    "\"lines\":{\"type\":[\"array\",\"null\"],"
    "\"items\":{\"$ref\":\"#/components/schemas/sample_line\"},\"maxItems\":10000,",
    "\"corners\":{\"type\":[\"array\",\"null\"],"
    "\"items\":{\"$ref\":\"#/components/schemas/sample_point\"},\"minItems\":2,\"maxItems\":4}",
    "\"required\":[\"name\"],\"additionalProperties\":false}",
};

START_TEST(each_kind_has_its_input_schema)
{
    check_part(schema(&sample_type, JSON_INPUT), input_parts[_i]);
}
END_TEST

static const char *const output_parts[] = {
    "\"id\":{\"type\":\"string\",\"pattern\":\"^shn_[0-7][0-9a-hjkmnp-tv-z]{12}$\","
    "\"description\":\"Its id.\"}",
    "\"total\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^-?[0-9]+(\\\\.[0-9]+)?$\"}",
    "\"extra\":{}",
    "\"price\":{\"type\":[\"string\",\"null\"],"
    "\"pattern\":\"^-?[0-9]{1,12}(\\\\.[0-9]{1,6})?$\"}",
    "\"active\":{\"type\":\"boolean\"}",
    "\"currency\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^[A-Z]{3}$\","
    "\"examples\":[\"JPY\"]}",
    "\"start\":{\"$ref\":\"#/components/schemas/sample_point\"}",
    "\"points\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/sample_point\"},"
    "\"description\":\"Points.\"}",
    "\"required\":[\"id\",\"total\",\"price\",\"active\",\"currency\",\"place\",\"start\","
    "\"points\"]}",
};

START_TEST(each_kind_has_its_output_schema)
{
    check_part(schema(&shown_type, JSON_OUTPUT), output_parts[_i]);
}
END_TEST

START_TEST(a_default_is_said_of_what_comes_in)
{
    check_part(schema(&limited_type, JSON_INPUT),
               "\"lit\":{\"type\":[\"boolean\",\"null\"],\"default\":true}");
    check_part(schema(&limited_type, JSON_OUTPUT), "\"lit\":{\"type\":\"boolean\"}");
}
END_TEST

START_TEST(what_only_leaves_the_server_is_not_in_an_input_schema)
{
    const char *text = schema(&shown_type, JSON_INPUT);
    ck_assert_ptr_null(strstr(text, "\"total\""));
    ck_assert_ptr_null(strstr(text, "\"extra\""));
}
END_TEST

START_TEST(a_query_type_gives_parameter_objects)
{
    struct buf b;
    buf_init(&b, a, 64, 1 << 20);
    json_schema_parameters(&b, &filter_type);
    ck_assert_str_eq(b.p, "{\"name\":\"color\",\"in\":\"query\",\"required\":false,"
                          "\"description\":\"Any of these.\",\"style\":\"form\",\"explode\":false,"
                          "\"schema\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
                          "\"enum\":[\"red\",\"green\",\"light_blue\"]},\"maxItems\":100}},"
                          "{\"name\":\"limit\",\"in\":\"query\",\"required\":false,\"schema\":{"
                          "\"type\":\"integer\",\"minimum\":1,\"maximum\":200,\"examples\":[50]}},"
                          "{\"name\":\"due\",\"in\":\"query\",\"required\":true,"
                          "\"schema\":{\"type\":\"string\",\"format\":\"date\"}}");
}
END_TEST

static void check_example_decodes(const struct json_type *type)
{
    const char *text = example(type, JSON_INPUT);
    struct problem p;
    problem_init(&p, a);
    void *value = arena_alloc(a, type->size);
    err e = json_decode(a, type, text, strlen(text), value, NULL, NULL, &p);
    ck_assert_msg(e == OK, "%s: %s", text, sample_faults(a, &p));
}

START_TEST(an_input_example_is_one_that_the_decoder_takes)
{
    check_example_decodes(&sample_type);
    check_example_decodes(&sample_line_type);
    check_example_decodes(&sample_point_type);
    check_example_decodes(&limited_type);
    check_example_decodes(&shown_type);
}
END_TEST

START_TEST(an_output_example_has_every_member_and_the_exponent_of_its_currency)
{
    ck_assert_str_eq(example(&shown_type, JSON_OUTPUT),
                     "{\"id\":\"shn_0b5qsx7wkc000\",\"total\":\"11900\",\"extra\":{},"
                     "\"price\":\"1.00\",\"active\":true,\"currency\":\"JPY\","
                     "\"place\":{\"x\":1,\"y\":1},\"start\":{\"x\":1,\"y\":1},"
                     "\"points\":[{\"x\":1,\"y\":1}]}");
}
END_TEST

static void note_name(const struct json_type *type, void *arg)
{
    buf_printf(arg, "%s ", type->name);
}

START_TEST(every_type_is_visited_once)
{
    struct buf b;
    buf_init(&b, a, 64, 1000);
    json_types_visit(&sample_type, note_name, &b);
    ck_assert_str_eq(b.p, "sample sample_point sample_line ");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("schema");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_input_schema_is_closed_and_names_what_is_required);
    tcase_add_test(t, an_output_schema_is_open_and_has_every_member);
    tcase_add_loop_test(t, each_kind_has_its_input_schema, 0, COUNT_OF(input_parts));
    tcase_add_loop_test(t, each_kind_has_its_output_schema, 0, COUNT_OF(output_parts));
    tcase_add_test(t, a_default_is_said_of_what_comes_in);
    tcase_add_test(t, what_only_leaves_the_server_is_not_in_an_input_schema);
    tcase_add_test(t, a_query_type_gives_parameter_objects);
    tcase_add_test(t, an_input_example_is_one_that_the_decoder_takes);
    tcase_add_test(t, an_output_example_has_every_member_and_the_exponent_of_its_currency);
    tcase_add_test(t, every_type_is_visited_once);
    Suite *s = suite_create("json_schema");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
