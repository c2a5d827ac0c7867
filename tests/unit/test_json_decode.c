/* JSON text and query strings into structs: each kind, each fault, all faults at once. */
#include "json_sample.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include <check.h>
#include <stdlib.h>
#include <time.h>

static struct arena *a;

static void setup(void)
{
    a = arena_new(256 << 20);
}

static void teardown(void)
{
    arena_free(a);
}

static struct sample_result decoded(const char *text)
{
    struct sample_result r = sample_decode(a, text);
    ck_assert_msg(r.code == OK, "%s: %s %s", text, r.problem.detail ? r.problem.detail : "",
                  sample_faults(a, &r.problem));
    ck_assert_uint_eq(r.problem.n_faults, 0);
    return r;
}

static void check_faults(const char *text, const char *faults)
{
    struct sample_result r = sample_decode(a, text);
    ck_assert_msg(strcmp(sample_faults(a, &r.problem), faults) == 0, "%s: %s, not %s", text,
                  sample_faults(a, &r.problem), faults);
    ck_assert_int_eq(r.code, ERR_INVALID);
    ck_assert_int_eq(r.problem.code, ERR_INVALID);
}

/* ---- good values ---- */

START_TEST(absent_members_get_their_absent_values)
{
    struct sample v = decoded("{\"name\":\"n\"}").value;
    ck_assert_str_eq(v.name, "n");
    ck_assert_uint_eq(v.has, 1);
    ck_assert_ptr_null(v.note);
    ck_assert_ptr_null(v.color);
    ck_assert(v.owner == NIL64 && v.count == NIL64 && v.level == NIL64 && v.weight == NIL64);
    ck_assert(v.pieces == NIL64 && v.cost == NIL64 && v.seen_at == NIL64);
    ck_assert(v.due == NIL32 && !v.active);
    ck_assert_ptr_null(v.currency);
    ck_assert_ptr_null(v.metadata);
    ck_assert_uint_eq(v.tags.n, 0);
    ck_assert_ptr_null(v.origin);
    ck_assert_uint_eq(v.lines.n, 0);
}
END_TEST

#define SWITCH_FIELDS(T, VALUE, OBJECT, LIST) VALUE(T, boolean, on, .default_true = true)
JSON_STRUCT(lamp_switch, SWITCH_FIELDS);
JSON_TYPE(lamp_switch, SWITCH_FIELDS, );

static bool switched_on(const char *text)
{
    struct lamp_switch v;
    struct problem p;
    problem_init(&p, a);
    ck_assert_int_eq(json_decode(a, &lamp_switch_type, text, strlen(text), &v, NULL, NULL, &p), OK);
    return v.on;
}

START_TEST(a_boolean_can_be_true_by_default)
{
    ck_assert(switched_on("{}"));
    ck_assert(switched_on("{\"on\":null}"));
    ck_assert(switched_on("{\"on\":true}"));
    ck_assert(!switched_on("{\"on\":false}"));
}
END_TEST

START_TEST(each_text_kind_is_taken)
{
    struct sample v =
        decoded("{\"name\":\"Zo\\u00eb \\ud83d\\ude00\",\"note\":\"\",\"color\":\"light_blue\","
                "\"currency\":\"EUR\",\"tags\":[\"a\",\"bcdef\"],\"colors\":[\"red\",\"red\"],"
                "\"metadata\":{ \"b\": \"x\\ny\", \"a\":\"\"},\"active\":true}")
            .value;
    ck_assert_str_eq(v.name, "Zo\xc3\xab \xf0\x9f\x98\x80");
    ck_assert_str_eq(v.note, "");
    ck_assert_ptr_eq(v.color, sample_colors[2]);
    ck_assert_str_eq(v.currency, "EUR");
    ck_assert_uint_eq(v.tags.n, 2);
    ck_assert_str_eq(v.tags.v[0], "a");
    ck_assert_str_eq(v.tags.v[1], "bcdef");
    ck_assert_uint_eq(v.colors.n, 2);
    ck_assert_ptr_eq(v.colors.v[1], sample_colors[0]);
    ck_assert_str_eq(v.metadata, "{\"b\":\"x\\ny\",\"a\":\"\"}");
    ck_assert(v.active);
}
END_TEST

static const struct {
    const char *member;
    size_t offset;
    int64_t want;
} good_numbers[] = {
    {"\"count\":1", offsetof(struct sample, count), 1},
    {"\"count\":1000", offsetof(struct sample, count), 1000},
    {"\"level\":-9223372036854775807", offsetof(struct sample, level), -INT64_MAX},
    {"\"level\":9223372036854775807", offsetof(struct sample, level), INT64_MAX},
    {"\"level\":-0", offsetof(struct sample, level), 0},
    {"\"weight\":\"12.50\"", offsetof(struct sample, weight), 12500000},
    {"\"weight\":\"0.000001\"", offsetof(struct sample, weight), 1},
    {"\"weight\":\"0.0000010\"", offsetof(struct sample, weight), 1},
    {"\"weight\":7", offsetof(struct sample, weight), 7000000},
    {"\"weight\":0", offsetof(struct sample, weight), 0},
    {"\"weight\":9223372036854", offsetof(struct sample, weight), INT64_C(9223372036854000000)},
    {"\"weight\":\"9223372036854.775807\"", offsetof(struct sample, weight), INT64_MAX},
    {"\"pieces\":\"3\"", offsetof(struct sample, pieces), 3000000},
    {"\"pieces\":\"3.000\"", offsetof(struct sample, pieces), 3000000},
    {"\"pieces\":500", offsetof(struct sample, pieces), 500000000},
    {"\"cost\":\"1.2345\"", offsetof(struct sample, cost), 1234500},
    {"\"seen_at\":\"1970-01-01T01:00:00.5+01:00\"", offsetof(struct sample, seen_at), 500000},
    {"\"owner\":\"own_000000000000z\"", offsetof(struct sample, owner), 31},
};

START_TEST(numbers_within_their_limits_are_taken)
{
    const char *text = arena_printf(a, "{\"name\":\"n\",%s}", good_numbers[_i].member);
    struct sample v = decoded(text).value;
    int64_t got;
    memcpy(&got, (const char *)&v + good_numbers[_i].offset, sizeof got);
    ck_assert_msg(got == good_numbers[_i].want, "%s gives %lld", text, (long long)got);
}
END_TEST

START_TEST(dates_are_days_since_1970)
{
    ck_assert_int_eq(decoded("{\"name\":\"n\",\"due\":\"1970-01-02\"}").value.due, 1);
    ck_assert_int_eq(decoded("{\"name\":\"n\",\"due\":\"2024-02-29\"}").value.due, 19782);
}
END_TEST

START_TEST(nested_objects_and_lists_are_taken)
{
    struct sample v =
        decoded("{\"lines\":[{\"sku\":\"A\",\"quantity\":2,\"place\":{\"x\":-10}},"
                "{\"quantity\":\"0.5\",\"sku\":\"B\",\"unit_price\":\"9.99\"}],\"name\":\"n\","
                "\"origin\":{\"y\":4,\"x\":3},\"corners\":[{\"x\":1},{\"x\":2}]}")
            .value;
    ck_assert_uint_eq(v.lines.n, 2);
    ck_assert_str_eq(v.lines.v[0].sku, "A");
    ck_assert_int_eq(v.lines.v[0].quantity, 2000000);
    ck_assert_int_eq(v.lines.v[0].place->x, -10);
    ck_assert(v.lines.v[0].place->y == NIL64 && v.lines.v[0].unit_price == NIL64);
    ck_assert_int_eq(v.lines.v[1].quantity, 500000);
    ck_assert_int_eq(v.lines.v[1].unit_price, 9990000);
    ck_assert_ptr_null(v.lines.v[1].place);
    ck_assert_int_eq(v.origin->x, 3);
    ck_assert_int_eq(v.origin->y, 4);
    ck_assert_uint_eq(v.corners.n, 2);
    ck_assert_int_eq(v.corners.v[1].x, 2);
}
END_TEST

/* ---- presence and null ---- */

START_TEST(presence_tells_null_from_absent)
{
    struct sample v = decoded("{\"note\":null,\"name\":\"n\",\"count\":null,\"due\":null,"
                              "\"lines\":null,\"origin\":null,\"tags\":null,\"active\":null}")
                          .value;
    ck_assert(JSON_HAS(sample, &v, name) && JSON_HAS(sample, &v, note));
    ck_assert(JSON_HAS(sample, &v, count) && JSON_HAS(sample, &v, due));
    ck_assert(JSON_HAS(sample, &v, lines) && JSON_HAS(sample, &v, origin));
    ck_assert(JSON_HAS(sample, &v, tags) && JSON_HAS(sample, &v, active));
    ck_assert(!JSON_HAS(sample, &v, color) && !JSON_HAS(sample, &v, corners));
    ck_assert_ptr_null(v.note);
    ck_assert(v.count == NIL64 && v.due == NIL32 && !v.active);
    ck_assert(v.lines.n == 0 && v.origin == NULL && v.tags.n == 0);
}
END_TEST

START_TEST(presence_is_kept_in_nested_objects)
{
    struct sample v = decoded("{\"name\":\"n\",\"origin\":{\"x\":1,\"y\":null}}").value;
    ck_assert(JSON_HAS(sample_point, v.origin, x) && JSON_HAS(sample_point, v.origin, y));
    v = decoded("{\"name\":\"n\",\"origin\":{\"x\":1}}").value;
    ck_assert(JSON_HAS(sample_point, v.origin, x) && !JSON_HAS(sample_point, v.origin, y));
}
END_TEST

START_TEST(null_does_not_satisfy_required)
{
    check_faults("{\"name\":null}", "/name required");
}
END_TEST

/* ---- bad values ---- */

static const struct {
    const char *member, *faults;
} bad_members[] = {
    {"\"note\":1", "/note type"},
    {"\"note\":true", "/note type"},
    {"\"note\":[]", "/note type"},
    {"\"color\":\"blue\"", "/color not_a_choice"},
    {"\"color\":\"Red\"", "/color not_a_choice"},
    {"\"color\":\"\"", "/color not_a_choice"},
    {"\"color\":1", "/color type"},
    {"\"owner\":\"own_\"", "/owner not_an_id"},
    {"\"owner\":\"xyz_000000000000z\"", "/owner not_an_id"},
    {"\"owner\":\"own_000000000000zz\"", "/owner not_an_id"},
    {"\"owner\":\"own_0000000000000\"", "/owner not_an_id"},
    {"\"owner\":\"ext:abc\"", "/owner not_an_id"},
    {"\"owner\":12", "/owner type"},
    {"\"count\":0", "/count too_small"},
    {"\"count\":-5", "/count too_small"},
    {"\"count\":1001", "/count too_large"},
    {"\"count\":1.0", "/count type"},
    {"\"count\":1e2", "/count type"},
    {"\"count\":\"1\"", "/count type"},
    {"\"count\":123456789012345678901234567890", "/count overflow"},
    {"\"count\":-123456789012345678901234567890", "/count overflow"},
    {"\"count\":9223372036854775808", "/count overflow"},
    {"\"count\":1e400", "/count overflow"},
    {"\"count\":1e19", "/count overflow"},
    {"\"level\":-9223372036854775808", "/level overflow"},
    {"\"weight\":12.5", "/weight real_refused"},
    {"\"weight\":1e3", "/weight real_refused"},
    {"\"weight\":1e400", "/weight overflow"},
    {"\"weight\":-1e400", "/weight overflow"},
    {"\"weight\":123456789012345678901234567890", "/weight overflow"},
    {"\"weight\":9223372036855", "/weight overflow"},
    {"\"weight\":\"9223372036854.775808\"", "/weight overflow"},
    {"\"weight\":\"12,5\"", "/weight decimal_syntax"},
    {"\"weight\":\"\"", "/weight decimal_syntax"},
    {"\"weight\":\"1e3\"", "/weight decimal_syntax"},
    {"\"weight\":\"+1\"", "/weight decimal_syntax"},
    {"\"weight\":\" 1\"", "/weight decimal_syntax"},
    {"\"weight\":\"1.\"", "/weight decimal_syntax"},
    {"\"weight\":\"NaN\"", "/weight decimal_syntax"},
    {"\"weight\":\"0.0000001\"", "/weight decimal_scale"},
    {"\"weight\":\"-0.000001\"", "/weight too_small"},
    {"\"weight\":-1", "/weight too_small"},
    {"\"weight\":true", "/weight type"},
    {"\"weight\":{}", "/weight type"},
    {"\"pieces\":\"3.5\"", "/pieces decimal_scale"},
    {"\"pieces\":\"501\"", "/pieces too_large"},
    {"\"cost\":\"1.23456\"", "/cost decimal_scale"},
    {"\"cost\":0.1", "/cost real_refused"},
    {"\"active\":\"true\"", "/active type"},
    {"\"active\":1", "/active type"},
    {"\"due\":\"2023-02-29\"", "/due not_a_date"},
    {"\"due\":\"2023-2-9\"", "/due not_a_date"},
    {"\"due\":\"2023-02-09T00:00:00Z\"", "/due not_a_date"},
    {"\"due\":20230209", "/due type"},
    {"\"seen_at\":\"2023-02-09\"", "/seen_at not_an_instant"},
    {"\"seen_at\":\"2023-02-09T00:00:00\"", "/seen_at not_an_instant"},
    {"\"seen_at\":\"2023-02-09T25:00:00Z\"", "/seen_at not_an_instant"},
    {"\"seen_at\":0", "/seen_at type"},
    {"\"currency\":\"EURO\"", "/currency not_a_currency"},
    {"\"currency\":\"ZZZ\"", "/currency not_a_currency"},
    {"\"currency\":\"eur\"", "/currency not_a_currency"},
    {"\"currency\":978", "/currency type"},
    {"\"metadata\":[]", "/metadata type"},
    {"\"metadata\":\"{}\"", "/metadata type"},
    {"\"metadata\":{\"a\":1,\"b\":null,\"c\":\"ok\"}", "/metadata/a type, /metadata/b type"},
    {"\"metadata\":{\"\":\"x\"}", "/metadata/ too_short"},
    {"\"metadata\":{\"12345678901234567890123456789012345678901\":\"x\"}",
     "/metadata/12345678901234567890123456789012345678901 too_long"},
    {"\"tags\":\"a\"", "/tags type"},
    {"\"tags\":[\"abcdef\",\"ok\",1,null]", "/tags/0 too_long, /tags/2 type, /tags/3 type"},
    {"\"colors\":[\"red\",\"blue\"]", "/colors/1 not_a_choice"},
    {"\"origin\":[]", "/origin type"},
    {"\"origin\":{}", "/origin/x required"},
    {"\"origin\":{\"x\":11,\"z\":1}", "/origin/x too_large, /origin/z unknown_member"},
    {"\"lines\":{}", "/lines type"},
    {"\"lines\":[null,1,{\"sku\":\"A\",\"quantity\":1}]", "/lines/0 type, /lines/1 type"},
    {"\"lines\":[{\"sku\":\"A\",\"quantity\":1},{\"sku\":\"\",\"quantity\":0}]",
     "/lines/1/sku too_short, /lines/1/quantity too_small"},
    {"\"lines\":[{\"sku\":\"A\",\"quantity\":1,\"percent\":\"-100.01\"}]",
     "/lines/0/percent too_small"},
    {"\"lines\":[{\"sku\":\"A\",\"quantity\":1,\"place\":{\"x\":\"1\"}}]", "/lines/0/place/x type"},
    {"\"corners\":[{\"x\":1}]", "/corners too_few"},
    {"\"corners\":[{\"x\":1},{\"x\":1},{\"x\":1},{\"x\":1},{\"x\":1}]", "/corners too_many"},
    {"\"has\":1", "/has unknown_member"},
    {"\"Name\":\"n\"", "/Name unknown_member"},
    {"\"\":1", "/ unknown_member"},
    {"\"a/b~c\":1", "/a~1b~0c unknown_member"},
    {"\"x\":1e400", "/x unknown_member"},
};

START_TEST(each_bad_value_has_its_fault)
{
    check_faults(arena_printf(a, "{\"name\":\"n\",%s}", bad_members[_i].member),
                 bad_members[_i].faults);
}
END_TEST

START_TEST(lengths_count_characters_not_bytes)
{
    decoded("{\"name\":\"\xc3\xab\xc3\xab\xc3\xab\xc3\xab\xc3\xab\xc3\xab\xc3\xab\xc3\xab\xc3\xab"
            "\xf0\x9f\x98\x80\"}");
    check_faults("{\"name\":\"12345678901\"}", "/name too_long");
    check_faults("{\"name\":\"\"}", "/name too_short");
    char long_note[600];
    memset(long_note, 'x', sizeof long_note);
    decoded(arena_printf(a, "{\"name\":\"n\",\"note\":\"%.500s\"}", long_note));
    check_faults(arena_printf(a, "{\"name\":\"n\",\"note\":\"%.501s\"}", long_note),
                 "/note too_long");
    check_faults(arena_printf(a, "{\"name\":\"n\",\"metadata\":{\"k\":\"%.501s\"}}", long_note),
                 "/metadata/k too_long");
}
END_TEST

/* A document of n lines; extra stands at the end of each. */
static const char *many_lines(int n, const char *extra)
{
    struct buf b;
    buf_init(&b, a, 1024, 64 << 20);
    buf_str(&b, "{\"name\":\"n\",\"lines\":[");
    for (int i = 0; i < n; i++)
        buf_printf(&b,
                   "%s{\"sku\":\"SKU-%06d\",\"quantity\":\"3.5\",\"unit_price\":\"19.99\","
                   "\"percent\":\"2.5\",\"place\":{\"x\":1,\"y\":20000000000}%s}",
                   i > 0 ? "," : "", i, extra);
    buf_str(&b, "]}");
    ck_assert(!b.over);
    return b.p;
}

START_TEST(metadata_holds_fifty_entries_and_strings_a_hundred)
{
    struct buf fifty, more;
    buf_init(&fifty, a, 64, 1 << 16);
    buf_init(&more, a, 64, 1 << 16);
    for (int i = 0; i < 50; i++)
        buf_printf(&fifty, "%s\"k%d\":\"v\"", i > 0 ? "," : "", i);
    buf_printf(&more, "%s,\"k50\":\"v\"", fifty.p);
    decoded(arena_printf(a, "{\"name\":\"n\",\"metadata\":{%s}}", fifty.p));
    check_faults(arena_printf(a, "{\"name\":\"n\",\"metadata\":{%s}}", more.p),
                 "/metadata too_many");
    const char *tags = "\"t\",\"t\",\"t\",\"t\",\"t\",\"t\",\"t\",\"t\",\"t\",\"t\"";
    struct buf hundred;
    buf_init(&hundred, a, 64, 1 << 16);
    for (int i = 0; i < 10; i++)
        buf_printf(&hundred, "%s%s", i > 0 ? "," : "", tags);
    ck_assert_uint_eq(
        decoded(arena_printf(a, "{\"name\":\"n\",\"tags\":[%s]}", hundred.p)).value.tags.n, 100);
    check_faults(arena_printf(a, "{\"name\":\"n\",\"tags\":[%s,\"t\"]}", hundred.p),
                 "/tags too_many");
}
END_TEST

START_TEST(all_faults_are_told_at_once)
{
    check_faults("{\"extra\":1,\"count\":0,\"color\":\"x\",\"due\":\"x\",\"weight\":1.5,"
                 "\"lines\":[{},{\"sku\":1,\"quantity\":\"x\",\"place\":{\"x\":99}}]}",
                 "/extra unknown_member, /count too_small, /color not_a_choice, /due not_a_date, "
                 "/weight real_refused, /lines/0/sku required, /lines/0/quantity required, "
                 "/lines/1/sku type, /lines/1/quantity decimal_syntax, /lines/1/place/x too_large, "
                 "/name required");
}
END_TEST

START_TEST(details_tell_the_reader_what_to_write)
{
    struct sample_result r = sample_decode(a, "{\"name\":\"n\",\"weight\":12.5,\"color\":\"x\"}");
    ck_assert_str_eq(r.problem.faults[0].detail, "Write exact numbers as strings, e.g. \"12.50\".");
    ck_assert_str_eq(r.problem.faults[1].detail, "Write one of: red, green, light_blue.");
    r = sample_decode(a, "{\"name\":\"n\",\"count\":0,\"pieces\":501}");
    ck_assert_str_eq(r.problem.faults[0].detail, "Write a number of at least 1.");
    ck_assert_str_eq(r.problem.faults[1].detail, "Write a number of at most 500.");
}
END_TEST

START_TEST(faults_past_the_limit_are_counted_not_listed)
{
    struct buf b;
    buf_init(&b, a, 1024, 1 << 20);
    for (int i = 0; i < 250; i++)
        buf_printf(&b, ",\"u%d\":0", i);
    struct sample_result r = sample_decode(a, arena_printf(a, "{\"name\":\"n\"%s}", b.p));
    ck_assert_int_eq(r.code, ERR_INVALID);
    ck_assert_uint_eq(r.problem.n_faults, PROBLEM_FAULTS_MAX);
    ck_assert_str_eq(r.problem.faults[99].pointer, "/u99");
    ck_assert_ptr_nonnull(r.problem.detail);
    ck_assert_ptr_nonnull(strstr(r.problem.detail, "250"));
}
END_TEST

START_TEST(a_failure_leaves_the_result_and_the_references_untouched)
{
    struct sample v;
    memset(&v, 0x5a, sizeof v);
    struct json_refs refs = {0};
    struct problem p;
    problem_init(&p, a);
    const char *canonical = "before";
    const char *text = "{\"name\":\"n\",\"owner\":\"ext:A\",\"count\":0}";
    err e = json_decode(a, &sample_type, text, strlen(text), &v, &refs, &canonical, &p);
    ck_assert_int_eq(e, ERR_INVALID);
    ck_assert_uint_eq(refs.n, 0);
    ck_assert_str_eq(canonical, "before");
    for (size_t i = 0; i < sizeof v; i++)
        ck_assert_int_eq(((const char *)&v)[i], 0x5a);
}
END_TEST

/* ---- references ---- */

START_TEST(external_ids_become_references_to_fill_in)
{
    struct sample v;
    struct json_refs refs = {0};
    struct problem p;
    problem_init(&p, a);
    const char *text = "{\"name\":\"n\",\"owner\":\"ext:A/7 \xc3\xab\"}";
    ck_assert_int_eq(json_decode(a, &sample_type, text, strlen(text), &v, &refs, NULL, &p), OK);
    ck_assert_uint_eq(refs.n, 1);
    ck_assert_str_eq(refs.v[0].external_id, "A/7 \xc3\xab");
    ck_assert_str_eq(refs.v[0].prefix, "own");
    ck_assert_str_eq(refs.v[0].pointer, "/owner");
    ck_assert_ptr_eq(refs.v[0].target, &v.owner);
    ck_assert(v.owner == NIL64);
}
END_TEST

START_TEST(references_of_many_documents_collect)
{
    struct sample v[40];
    struct json_refs refs = {0};
    struct problem p;
    problem_init(&p, a);
    for (size_t i = 0; i < COUNT_OF(v); i++) {
        const char *text = arena_printf(a, "{\"name\":\"n\",\"owner\":\"ext:%zu\"}", i);
        ck_assert_int_eq(json_decode(a, &sample_type, text, strlen(text), &v[i], &refs, NULL, &p),
                         OK);
    }
    ck_assert_uint_eq(refs.n, COUNT_OF(v));
    for (size_t i = 0; i < COUNT_OF(v); i++) {
        ck_assert_str_eq(refs.v[i].external_id, arena_printf(a, "%zu", i));
        ck_assert_ptr_eq(refs.v[i].target, &v[i].owner);
    }
}
END_TEST

START_TEST(an_empty_external_id_is_refused)
{
    struct sample v;
    struct json_refs refs = {0};
    struct problem p;
    problem_init(&p, a);
    const char *text = "{\"name\":\"n\",\"owner\":\"ext:\"}";
    ck_assert_int_eq(json_decode(a, &sample_type, text, strlen(text), &v, &refs, NULL, &p),
                     ERR_INVALID);
    ck_assert_str_eq(sample_faults(a, &p), "/owner not_an_id");
}
END_TEST

/* ---- text that is not acceptable JSON ---- */

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
    const char *text;
    size_t len;
    const char *detail; /* part of it */
} malformed[] = {
    {BYTES("{"), "too early"},
    {BYTES(" "), "line 1"},
    {BYTES("{\"name\":\"n\"} x"), "more text after the end"},
    {BYTES("{\"name\":\"n\",}"), "line 1, column 13"},
    {BYTES("{\n  \"name\": n}"), "line 2"},
    {BYTES("{\"name\":\"a\0b\"}"), "NUL byte"},
    {BYTES("{\"name\":\"n\"}\0"), "NUL byte"},
    {BYTES("\0"), "NUL byte"},
    {BYTES("123\0"), "NUL byte"},
    {BYTES("{\"name\":\"\xff\"}"), "not valid UTF-8"},
    {BYTES("{\"name\":\"\xed\xa0\x80\"}"), "not valid UTF-8"},
    {BYTES("{\"name\":\"\xc0\x80\"}"), "not valid UTF-8"},
    {BYTES("{\"name\":\"\\ud800\"}"), "line 1"},
    {BYTES("\xef\xbb\xbf{}"), "line 1"},
    {BYTES("{'name':'n'}"), "line 1"},
    {BYTES("{\"count\":01}"), "line 1"},
    {BYTES("{\"count\":+1}"), "line 1"},
    {BYTES("{\"count\":NaN}"), "line 1"},
    {BYTES("{\"count\":1e400,}"), "line 1, column 16"},
    {BYTES("{\"count\":1234567890123456789012345678901234567890 5}"), "line 1"},
    {BYTES("{\"count\":01e400}"), "line 1"},
    {BYTES("{\"count\":12345678901234567890.}"), "line 1"},
    {BYTES("{\"count\":1e400e400}"), "line 1"},
    {BYTES("{\"count\":--1e400}"), "line 1"},
};

START_TEST(text_that_is_not_json_is_a_syntax_error_with_its_place)
{
    struct sample_result r = sample_decode_bytes(a, malformed[_i].text, malformed[_i].len);
    ck_assert_msg(r.code == ERR_SYNTAX, "%s", malformed[_i].text);
    ck_assert_int_eq(r.problem.code, ERR_SYNTAX);
    ck_assert_uint_eq(r.problem.n_faults, 0);
    ck_assert_msg(strstr(r.problem.detail, malformed[_i].detail) != NULL, "%s: %s",
                  malformed[_i].text, r.problem.detail);
    struct problem p;
    problem_init(&p, a);
    ck_assert_int_eq(json_check(a, malformed[_i].text, malformed[_i].len, &p), ERR_SYNTAX);
}
END_TEST

static const struct {
    const char *text, *faults;
} ambiguous[] = {
    {"{\"name\":\"n\",\"name\":\"m\"}", " duplicate_member"},
    {"{\"name\":\"n\",\"x\":{\"y\":1,\"y\":1}}", " duplicate_member"},
    {"{\"a\":1e400,\"a\":1}", " duplicate_member"},
    {"{\"name\":\"a\\u0000b\"}", " null_character"},
    {"{\"na\\u0000me\":\"b\"}", " null_character"},
};

START_TEST(json_that_two_readers_would_read_differently_is_a_fault)
{
    struct sample_result r = sample_decode(a, ambiguous[_i].text);
    ck_assert_msg(r.code == ERR_INVALID, "%s", ambiguous[_i].text);
    ck_assert_str_eq(sample_faults(a, &r.problem), ambiguous[_i].faults);
}
END_TEST

START_TEST(a_top_level_that_is_no_object_is_a_fault)
{
    static const char *const texts[] = {"[]", "1", "\"x\"", "null", "true", "1e400", "[{}]"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        check_faults(texts[i], " type");
        struct problem p;
        problem_init(&p, a);
        ck_assert_int_eq(json_check(a, texts[i], strlen(texts[i]), &p), OK);
    }
}
END_TEST

START_TEST(empty_text_is_an_empty_object)
{
    check_faults("", "/name required");
    struct problem p;
    problem_init(&p, a);
    static const struct json_type lenient = {.name = "lenient", .size = sizeof(uint64_t)};
    uint64_t has = 99;
    const char *canonical = NULL;
    ck_assert_int_eq(json_decode(a, &lenient, "", 0, &has, NULL, &canonical, &p), OK);
    ck_assert_uint_eq(has, 0);
    ck_assert_str_eq(canonical, "{}");
    ck_assert_int_eq(json_check(a, "", 0, &p), ERR_SYNTAX);
}
END_TEST

static const char *nested(int depth, char open, char close)
{
    char *text = arena_alloc(a, (size_t)depth * 6 + 2);
    char *end = text;
    for (int i = 0; i < depth; i++) {
        *end++ = open;
        if (open == '{' && i + 1 < depth) {
            memcpy(end, "\"a\":", 4);
            end += 4;
        }
    }
    for (int i = 0; i < depth; i++)
        *end++ = close;
    return text;
}

START_TEST(nesting_is_taken_to_the_limit_and_not_beyond)
{
    struct problem p;
    problem_init(&p, a);
    const char *text = nested(JSON_DEPTH_MAX, '[', ']');
    ck_assert_int_eq(json_check(a, text, strlen(text), &p), OK);
    text = nested(JSON_DEPTH_MAX, '{', '}');
    ck_assert_int_eq(json_check(a, text, strlen(text), &p), OK);
    static const int depths[] = {JSON_DEPTH_MAX + 1, 2049, 100000};
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        text = nested(depths[i], '[', ']');
        ck_assert_int_eq(json_check(a, text, strlen(text), &p), ERR_SYNTAX);
        ck_assert_str_eq(p.detail, "The JSON is nested deeper than 32 levels.");
        text = nested(depths[i], '{', '}');
        ck_assert_int_eq(json_check(a, text, strlen(text), &p), ERR_SYNTAX);
    }
}
END_TEST

START_TEST(brackets_in_strings_are_not_nesting)
{
    const char
        *text = "{\"name\":\"[[[[[[\\\"[\",\"note\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\\"
                "\",\"tags\":[\"{{{{\"]}";
    ck_assert_str_eq(decoded(text).value.name, "[[[[[[\"[");
}
END_TEST

START_TEST(the_canonical_text_is_compact_and_sorted)
{
    struct sample_result r = decoded("{ \"note\" : \"\\u00eb\\/\\n\",\n\"name\":\"n\" , "
                                     "\"origin\":{\"y\":2,\"x\":1},\"active\":false}");
    ck_assert_str_eq(r.canonical, "{\"active\":false,\"name\":\"n\",\"note\":\"\xc3\xab/\\n\","
                                  "\"origin\":{\"x\":1,\"y\":2}}");
}
END_TEST

START_TEST(ten_thousand_lines_decode_quickly)
{
    /* An unknown member in every line is the slowest way to fail. */
    const char *good = many_lines(10000, ""), *bad = many_lines(10000, ",\"quantity_\":1");
    clock_t start = clock();
    struct sample_result r = decoded(good);
    ck_assert_uint_eq(r.value.lines.n, 10000);
    ck_assert_str_eq(r.value.lines.v[9999].sku, "SKU-009999");
    ck_assert_int_eq(sample_decode(a, bad).code, ERR_INVALID);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (getenv("JSON_TEST_TIMES") != NULL)
        printf("two documents of %zu kB: %.3f s\n", strlen(good) / 1000, seconds);
    /* Quadratic behavior would take minutes. */
    ck_assert(seconds < 5);
    check_faults(many_lines(10001, ""), "/lines too_many");
}
END_TEST

/* ---- queries ---- */

static const char *query_faults(const struct json_pair *pairs, size_t n)
{
    struct sample v;
    struct problem p;
    problem_init(&p, a);
    err e = json_decode_query(a, &sample_type, pairs, n, &v, NULL, &p);
    ck_assert_int_eq(e, p.n_faults > 0 ? ERR_PARAMETER : OK);
    ck_assert_int_eq(p.code, e);
    return sample_faults(a, &p);
}

START_TEST(a_query_fills_a_struct)
{
    static const struct json_pair pairs[] = {
        {"name", "n&m"},    {"color", "red"},      {"owner", "own_000000000000z"},
        {"count", "12"},    {"level", "-3"},       {"weight", "1.5"},
        {"active", "true"}, {"due", "1970-01-03"}, {"currency", "JPY"},
        {"tags", "a,b,c"},  {"colors", "green"},   {"seen_at", "1970-01-01T00:00:01Z"},
        {"note", ""},
    };
    struct sample v;
    struct problem p;
    problem_init(&p, a);
    ck_assert_int_eq(json_decode_query(a, &sample_type, pairs, COUNT_OF(pairs), &v, NULL, &p), OK);
    ck_assert_str_eq(v.name, "n&m");
    ck_assert_ptr_eq(v.color, sample_colors[0]);
    ck_assert_int_eq(v.owner, 31);
    ck_assert_int_eq(v.count, 12);
    ck_assert_int_eq(v.level, -3);
    ck_assert_int_eq(v.weight, 1500000);
    ck_assert(v.active);
    ck_assert_int_eq(v.due, 2);
    ck_assert_int_eq(v.seen_at, 1000000);
    ck_assert_str_eq(v.currency, "JPY");
    ck_assert_uint_eq(v.tags.n, 3);
    ck_assert_str_eq(v.tags.v[2], "c");
    ck_assert_uint_eq(v.colors.n, 1);
    ck_assert_str_eq(v.note, "");
    ck_assert(JSON_HAS(sample, &v, note) && !JSON_HAS(sample, &v, cost));
    ck_assert(v.cost == NIL64);
}
END_TEST

static const struct {
    struct json_pair pair;
    const char *faults;
} bad_parameters[] = {
    {{"nam", "x"}, "?nam unknown_member"},
    {{"lines", "x"}, "?lines unknown_member"},
    {{"origin", "{}"}, "?origin unknown_member"},
    {{"metadata", "{}"}, "?metadata unknown_member"},
    {{"name", "again"}, "?name repeated"},
    {{"count", ""}, "?count type"},
    {{"count", "1x"}, "?count type"},
    {{"count", "+1"}, "?count type"},
    {{"count", "1.0"}, "?count type"},
    {{"count", "0"}, "?count too_small"},
    {{"count", "99999999999999999999"}, "?count overflow"},
    {{"level", "-9223372036854775808"}, "?level overflow"},
    {{"active", "yes"}, "?active type"},
    {{"active", ""}, "?active type"},
    {{"due", "today"}, "?due not_a_date"},
    {{"seen_at", "now"}, "?seen_at not_an_instant"},
    {{"owner", "own_x"}, "?owner not_an_id"},
    {{"owner", "ext:x"}, "?owner not_an_id"},
    {{"weight", "x"}, "?weight decimal_syntax"},
    {{"color", "blue"}, "?color not_a_choice"},
    {{"colors", "red,,green"}, "?colors not_a_choice"},
    {{"tags", "a,123456"}, "?tags too_long"},
    {{"note", "\xff"}, "?note not_utf8"},
    {{"\xff", "x"}, "? not_utf8"},
};

START_TEST(each_bad_parameter_has_its_fault)
{
    struct json_pair pairs[] = {{"name", "n"}, bad_parameters[_i].pair};
    ck_assert_str_eq(query_faults(pairs, 2), bad_parameters[_i].faults);
}
END_TEST

START_TEST(a_missing_parameter_is_a_fault)
{
    struct json_pair pairs[] = {{"zzz", "1"}};
    ck_assert_str_eq(query_faults(pairs, 1), "?zzz unknown_member, ?name required");
}
END_TEST

/* ---- UTF-8 ---- */

START_TEST(utf8_is_told_from_other_bytes)
{
    static const struct {
        const char *text;
        size_t len;
        bool valid;
    } cases[] = {
        {BYTES(""), true},
        {BYTES("abc"), true},
        {BYTES("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), true},
        {BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true},
        {BYTES("a\0b"), false},
        {BYTES("\x80"), false},
        {BYTES("\xc1\xbf"), false},
        {BYTES("\xc2"), false},
        {BYTES("\xc2\x41"), false},
        {BYTES("\xe0\x9f\xbf"), false},
        {BYTES("\xe1\x80"), false},
        {BYTES("\xe1\x80\x41"), false},
        {BYTES("\xed\xa0\x80"), false},
        {BYTES("\xf0\x8f\xbf\xbf"), false},
        {BYTES("\xf0\x90\x80"), false},
        {BYTES("\xf0\x90\x80\x41"), false},
        {BYTES("\xf4\x90\x80\x80"), false},
        {BYTES("\xf5\x80\x80\x80"), false},
        {BYTES("\xff"), false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(utf8_valid(cases[i].text, cases[i].len) == cases[i].valid, "case %zu", i);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("decode");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, absent_members_get_their_absent_values);
    tcase_add_test(t, a_boolean_can_be_true_by_default);
    tcase_add_test(t, each_text_kind_is_taken);
    tcase_add_loop_test(t, numbers_within_their_limits_are_taken, 0, COUNT_OF(good_numbers));
    tcase_add_test(t, dates_are_days_since_1970);
    tcase_add_test(t, nested_objects_and_lists_are_taken);
    tcase_add_test(t, presence_tells_null_from_absent);
    tcase_add_test(t, presence_is_kept_in_nested_objects);
    tcase_add_test(t, null_does_not_satisfy_required);
    tcase_add_loop_test(t, each_bad_value_has_its_fault, 0, COUNT_OF(bad_members));
    tcase_add_test(t, lengths_count_characters_not_bytes);
    tcase_add_test(t, metadata_holds_fifty_entries_and_strings_a_hundred);
    tcase_add_test(t, all_faults_are_told_at_once);
    tcase_add_test(t, details_tell_the_reader_what_to_write);
    tcase_add_test(t, faults_past_the_limit_are_counted_not_listed);
    tcase_add_test(t, a_failure_leaves_the_result_and_the_references_untouched);
    tcase_add_test(t, external_ids_become_references_to_fill_in);
    tcase_add_test(t, references_of_many_documents_collect);
    tcase_add_test(t, an_empty_external_id_is_refused);
    tcase_add_loop_test(t, text_that_is_not_json_is_a_syntax_error_with_its_place, 0,
                        COUNT_OF(malformed));
    tcase_add_loop_test(t, json_that_two_readers_would_read_differently_is_a_fault, 0,
                        COUNT_OF(ambiguous));
    tcase_add_test(t, a_top_level_that_is_no_object_is_a_fault);
    tcase_add_test(t, empty_text_is_an_empty_object);
    tcase_add_test(t, nesting_is_taken_to_the_limit_and_not_beyond);
    tcase_add_test(t, brackets_in_strings_are_not_nesting);
    tcase_add_test(t, the_canonical_text_is_compact_and_sorted);
    tcase_add_test(t, ten_thousand_lines_decode_quickly);
    tcase_add_test(t, a_query_fills_a_struct);
    tcase_add_loop_test(t, each_bad_parameter_has_its_fault, 0, COUNT_OF(bad_parameters));
    tcase_add_test(t, a_missing_parameter_is_a_fault);
    tcase_add_test(t, utf8_is_told_from_other_bytes);
    Suite *s = suite_create("json_decode");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
