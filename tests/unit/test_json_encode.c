/* Structs into JSON text: each kind, currencies in force, absent values, and the way back. */
#include "json_sample.h"
#include "lib/base/date.h"
#include <check.h>

#define MONEY_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, money, net, )                                                                         \
    VALUE(T, string, label, .omit_absent = true)

#define MONEY_FOREIGN_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, money, paid, )                                                                        \
    VALUE(T, currency, paid_in, )

#define MONEY_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    VALUE(T, money, total, )                                                                       \
    LIST(T, money_line, lines, )                                                                   \
    OBJECT(T, money_foreign, foreign, )                                                            \
    VALUE(T, money, open, )                                                                        \
    VALUE(T, currency, currency, )                                                                 \
    VALUE(T, raw, extra, )

#define OMIT_FIELDS(T, VALUE, OBJECT, LIST)                                                        \
    VALUE(T, string, text, .omit_absent = true)                                                    \
    VALUE(T, choice, choice, .omit_absent = true, .choices = sample_colors)                        \
    VALUE(T, id, id, .omit_absent = true, .prefix = "own")                                         \
    VALUE(T, integer, integer, .omit_absent = true)                                                \
    VALUE(T, decimal, decimal, .omit_absent = true)                                                \
    VALUE(T, price, price, .omit_absent = true)                                                    \
    VALUE(T, money, money, .omit_absent = true)                                                    \
    VALUE(T, boolean, boolean, .omit_absent = true)                                                \
    VALUE(T, date, date, .omit_absent = true)                                                      \
    VALUE(T, instant, instant, .omit_absent = true)                                                \
    VALUE(T, currency, currency, .omit_absent = true)                                              \
    VALUE(T, metadata, metadata, .omit_absent = true)                                              \
    VALUE(T, raw, raw, .omit_absent = true)                                                        \
    VALUE(T, strings, strings, .omit_absent = true)                                                \
    OBJECT(T, sample_point, object, .omit_absent = true)                                           \
    LIST(T, sample_point, list, .omit_absent = true)

JSON_STRUCT(money_line, MONEY_LINE_FIELDS);
JSON_STRUCT(money_foreign, MONEY_FOREIGN_FIELDS);
JSON_STRUCT(money, MONEY_FIELDS);
JSON_STRUCT(omit, OMIT_FIELDS);
JSON_TYPE(money_line, MONEY_LINE_FIELDS, );
JSON_TYPE(money_foreign, MONEY_FOREIGN_FIELDS, );
JSON_TYPE(money, MONEY_FIELDS, );
JSON_TYPE(omit, OMIT_FIELDS, );

static struct arena *a;

static void setup(void)
{
    a = arena_new(64 << 20);
}

static void teardown(void)
{
    arena_free(a);
}

static const char *encoded(const struct json_type *type, const void *value, const char *currency)
{
    struct buf b;
    buf_init(&b, a, 16, 1 << 20);
    json_encode(&b, type, value, currency);
    ck_assert(!b.over);
    return b.p;
}

START_TEST(absent_values_are_explicit_nulls)
{
    struct sample_result r = sample_decode(a, "{\"name\":\"n\"}");
    ck_assert_str_eq(sample_text(a, &r.value),
                     "{\"name\":\"n\",\"note\":null,\"color\":null,\"owner\":null,\"count\":null,"
                     "\"level\":null,\"weight\":null,\"pieces\":null,\"cost\":null,"
                     "\"active\":false,\"due\":null,\"seen_at\":null,\"currency\":null,"
                     "\"metadata\":null,\"tags\":[],\"colors\":[],\"origin\":null,\"lines\":[],"
                     "\"corners\":[]}");
}
END_TEST

START_TEST(each_kind_has_its_text)
{
    struct sample_point corners[] = {{.x = 1, .y = -2}, {.x = 3, .y = NIL64}};
    const char *tags[] = {"a\"b", "\n"};
    struct sample v = {
        .name = "q\"\\\x01/\xc3\xab",
        .note = "",
        .color = "red",
        .owner = 31,
        .count = 0,
        .level = -INT64_MAX,
        .weight = 12500000,
        .pieces = 3000000,
        .cost = 1500000,
        .active = true,
        .due = 19782,
        .seen_at = 1500999,
        .currency = "EUR",
        .metadata = "{\"k\":\"v\"}",
        .tags = {tags, 2},
        .origin = &corners[0],
        .corners = {corners, 2},
    };
    ck_assert_str_eq(
        sample_text(a, &v),
        "{\"name\":\"q\\\"\\\\\\u0001/\xc3\xab\",\"note\":\"\",\"color\":\"red\","
        "\"owner\":\"own_000000000000z\",\"count\":0,\"level\":-9223372036854775807,"
        "\"weight\":\"12.5\",\"pieces\":\"3\",\"cost\":\"1.50\",\"active\":true,"
        "\"due\":\"2024-02-29\",\"seen_at\":\"1970-01-01T00:00:01.500Z\",\"currency\":\"EUR\","
        "\"metadata\":{\"k\":\"v\"},\"tags\":[\"a\\\"b\",\"\\n\"],\"colors\":[],"
        "\"origin\":{\"x\":1,\"y\":-2},\"lines\":[],"
        "\"corners\":[{\"x\":1,\"y\":-2},{\"x\":3,\"y\":null}]}");
}
END_TEST

static const struct {
    int64_t v;
    const char *price, *decimal;
} decimals[] = {
    {0, "\"0.00\"", "\"0\""},
    {1, "\"0.000001\"", "\"0.000001\""},
    {-1, "\"-0.000001\"", "\"-0.000001\""},
    {100000, "\"0.10\"", "\"0.1\""},
    {1000000, "\"1.00\"", "\"1\""},
    {19990000, "\"19.99\"", "\"19.99\""},
    {19995000, "\"19.995\"", "\"19.995\""},
    {INT64_MAX, "\"9223372036854.775807\"", "\"9223372036854.775807\""},
    {-INT64_MAX, "\"-9223372036854.775807\"", "\"-9223372036854.775807\""},
};

START_TEST(a_price_has_two_decimals_at_least_and_a_decimal_no_trailing_zeros)
{
    struct omit v = {.id = NIL64,
                     .integer = NIL64,
                     .money = NIL64,
                     .date = NIL32,
                     .instant = NIL64,
                     .price = decimals[_i].v,
                     .decimal = decimals[_i].v};
    ck_assert_str_eq(
        encoded(&omit_type, &v, NULL),
        arena_printf(a, "{\"decimal\":%s,\"price\":%s}", decimals[_i].decimal, decimals[_i].price));
}
END_TEST

START_TEST(omitted_members_leave_no_trace)
{
    struct omit v;
    memset(&v, 0, sizeof v);
    v.id = v.integer = v.decimal = v.price = v.money = v.instant = NIL64;
    v.date = NIL32;
    ck_assert_str_eq(encoded(&omit_type, &v, NULL), "{}");
    v.date = 0;
    v.integer = 0;
    v.text = "";
    v.raw = "[1,2]";
    ck_assert_str_eq(encoded(&omit_type, &v, NULL),
                     "{\"text\":\"\",\"integer\":0,\"date\":\"1970-01-01\",\"raw\":[1,2]}");
}
END_TEST

static const struct {
    const char *currency;
    const char *total, *open;
} exponents[] = {
    {"EUR", "\"1234.50\"", "\"-0.05\""},
    {"JPY", "\"123450\"", "\"-5\""},
    {"BHD", "\"123.450\"", "\"-0.005\""},
    {"CLF", "\"12.3450\"", "\"-0.0005\""},
};

START_TEST(money_has_the_exponent_of_its_currency_wherever_the_member_stands)
{
    struct money_line lines[] = {{.net = 123450, .label = "x"}, {.net = NIL64}};
    struct money v = {
        .total = 123450, .lines = {lines, 2}, .open = -5, .currency = exponents[_i].currency};
    ck_assert_str_eq(encoded(&money_type, &v, "USD"),
                     arena_printf(a,
                                  "{\"total\":%s,\"lines\":[{\"net\":%s,\"label\":\"x\"},"
                                  "{\"net\":null}],\"foreign\":null,\"open\":%s,"
                                  "\"currency\":\"%s\",\"extra\":null}",
                                  exponents[_i].total, exponents[_i].total, exponents[_i].open,
                                  exponents[_i].currency));
}
END_TEST

START_TEST(an_inner_currency_rules_its_own_struct_only)
{
    struct money_foreign foreign = {.paid = 100, .paid_in = "JPY"};
    struct money v = {
        .total = 100, .foreign = &foreign, .open = 100, .currency = "EUR", .extra = "{\"a\":1}"};
    ck_assert_str_eq(encoded(&money_type, &v, NULL),
                     "{\"total\":\"1.00\",\"lines\":[],\"foreign\":{\"paid\":\"100\","
                     "\"paid_in\":\"JPY\"},\"open\":\"1.00\",\"currency\":\"EUR\","
                     "\"extra\":{\"a\":1}}");
}
END_TEST

START_TEST(the_currency_from_outside_is_in_force_where_there_is_no_own)
{
    struct money_line lines[] = {{.net = 1, .label = "a"}, {.net = 2}};
    struct buf b;
    buf_init(&b, a, 16, 1000);
    json_encode_list(&b, &money_line_type, lines, 2, "BHD");
    ck_assert_str_eq(b.p, "[{\"net\":\"0.001\",\"label\":\"a\"},{\"net\":\"0.002\"}]");
    struct money_foreign foreign = {.paid = 100};
    ck_assert_str_eq(encoded(&money_foreign_type, &foreign, "EUR"),
                     "{\"paid\":\"1.00\",\"paid_in\":null}");
}
END_TEST

START_TEST(absent_money_needs_no_currency)
{
    struct money_line line = {.net = NIL64};
    ck_assert_str_eq(encoded(&money_line_type, &line, NULL), "{\"net\":null}");
    struct buf b;
    buf_init(&b, a, 16, 1000);
    json_encode_list(&b, &money_line_type, NULL, 0, NULL);
    ck_assert_str_eq(b.p, "[]");
}
END_TEST

START_TEST(a_client_cannot_send_what_only_leaves_the_server)
{
    struct money v;
    struct problem p;
    problem_init(&p, a);
    const char *text = "{\"currency\":\"EUR\",\"total\":\"1.00\",\"extra\":{}}";
    ck_assert_int_eq(json_decode(a, &money_type, text, strlen(text), &v, NULL, NULL, &p),
                     ERR_INVALID);
    ck_assert_str_eq(sample_faults(a, &p), "/total unknown_member, /extra unknown_member");
}
END_TEST

START_TEST(a_full_buffer_stops_and_says_so)
{
    struct money_line lines[100] = {0};
    struct buf b;
    buf_init(&b, a, 16, 50);
    json_encode_list(&b, &money_line_type, lines, 100, "EUR");
    ck_assert(b.over);
    ck_assert_uint_le(b.len, 50);
}
END_TEST

START_TEST(what_was_decoded_encodes_to_the_same_again)
{
    const char
        *text = "{\"name\":\"Zo\xc3\xab\",\"note\":\"a\\\"\\\\\\n\\u0001\",\"color\":\"green\","
                "\"owner\":\"own_7zzzzzzzzzzzz\",\"count\":7,\"level\":-5,"
                "\"weight\":\"0.000001\",\"pieces\":\"500\",\"cost\":\"9.99\","
                "\"active\":true,\"due\":\"2199-12-31\","
                "\"seen_at\":\"2026-01-31T09:30:00.125Z\",\"currency\":\"KWD\","
                "\"metadata\":{\"z\":\"1\",\"a\":\"\\u0001\"},\"tags\":[\"t\",\"\"],"
                "\"colors\":[\"red\"],\"origin\":{\"x\":-10,\"y\":null},"
                "\"lines\":[{\"sku\":\"A\",\"quantity\":\"1.5\",\"unit_price\":\"2.50\","
                "\"percent\":\"-12.25\",\"place\":{\"x\":0,\"y\":9}}],"
                "\"corners\":[{\"x\":1,\"y\":1},{\"x\":2,\"y\":2}]}";
    struct sample_result r = sample_decode(a, text);
    ck_assert_msg(r.code == OK, "%s", sample_faults(a, &r.problem));
    ck_assert_str_eq(sample_text(a, &r.value), text);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("encode");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, absent_values_are_explicit_nulls);
    tcase_add_test(t, each_kind_has_its_text);
    tcase_add_loop_test(t, a_price_has_two_decimals_at_least_and_a_decimal_no_trailing_zeros, 0,
                        COUNT_OF(decimals));
    tcase_add_test(t, omitted_members_leave_no_trace);
    tcase_add_loop_test(t, money_has_the_exponent_of_its_currency_wherever_the_member_stands, 0,
                        COUNT_OF(exponents));
    tcase_add_test(t, an_inner_currency_rules_its_own_struct_only);
    tcase_add_test(t, the_currency_from_outside_is_in_force_where_there_is_no_own);
    tcase_add_test(t, absent_money_needs_no_currency);
    tcase_add_test(t, a_client_cannot_send_what_only_leaves_the_server);
    tcase_add_test(t, a_full_buffer_stops_and_says_so);
    tcase_add_test(t, what_was_decoded_encodes_to_the_same_again);
    Suite *s = suite_create("json_encode");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
