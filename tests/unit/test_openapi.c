/* The OpenAPI document: it is the committed one, it is whole, and it says what the route table
 * says. The layout of one value to a line makes its structure visible by indentation. */
#include "lib/json/decode.h"
#include "lib/json/schema.h"
#include "server/api/openapi.h"
#include "server/routes.h"
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMITTED "openapi/openapi.json"
#define BYTES_MAX ((size_t)8 << 20)

static struct arena *a;
static const char *document;

static void setup(void)
{
    a = arena_new((size_t)256 << 20);
    struct buf b;
    buf_init(&b, a, 1 << 20, BYTES_MAX);
    openapi_write(&b);
    ck_assert(!b.over);
    document = b.p;
}

static void teardown(void)
{
    arena_free(a);
}

/* The object that a line opens, as text: from the line after begin to the line before its closing
 * bracket, which has the same indentation. NULL: there is no such line in `in`. */
static const char *block(const char *in, int indent, const char *name)
{
    const char *line = arena_printf(a, "\n%*s\"%s\": {\n", indent, "", name);
    const char *at = strstr(in, line);
    if (at == NULL)
        return NULL;
    at += strlen(line) - 1;
    const char *end = strstr(at, arena_printf(a, "\n%*s}", indent, ""));
    ck_assert_ptr_nonnull(end);
    return arena_strndup(a, at, (size_t)(end - at) + 1);
}

static const char *operation(const struct route *r)
{
    const char *path = block(document, 4, r->path);
    ck_assert_msg(path != NULL, "no path %s", r->path);
    char *method = arena_strdup(a, r->method);
    for (char *c = method; *c != '\0'; c++)
        *c = (char)(*c | 0x20);
    const char *found = block(path, 6, method);
    ck_assert_msg(found != NULL, "no %s %s", r->method, r->path);
    return found;
}

static const struct route *route_named(const char *name)
{
    for (size_t i = 0; i < n_routes; i++)
        if (strcmp(routes[i].name, name) == 0)
            return &routes[i];
    ck_abort_msg("no route %s", name);
    return NULL;
}

static const char *file_text(const char *path)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s: %s (tests run in the source directory)", path, strerror(errno));
    char *text = arena_alloc(a, BYTES_MAX + 1);
    size_t len = fread(text, 1, BYTES_MAX, f);
    fclose(f);
    text[len] = '\0';
    return text;
}

START_TEST(the_committed_document_is_what_the_server_serves)
{
    const char *committed = file_text(COMMITTED);
    size_t same = 0, line = 1;
    for (; committed[same] != '\0' && committed[same] == document[same]; same++)
        line += committed[same] == '\n';
    ck_assert_msg(committed[same] == document[same],
                  COMMITTED " differs from line %zu on; o2cd openapi > " COMMITTED, line);
}
END_TEST

START_TEST(the_document_is_json_without_duplicate_names)
{
    struct problem p;
    problem_init(&p, a);
    ck_assert_msg(json_check(a, document, strlen(document), &p) == OK, "%s", p.detail);
}
END_TEST

START_TEST(writing_it_twice_gives_the_same_bytes)
{
    struct buf again;
    buf_init(&again, a, 1 << 20, BYTES_MAX);
    openapi_write(&again);
    ck_assert_str_eq(again.p, document);
}
END_TEST

/* Sections of the components, cut out once: there are thousands of references. */
struct sections {
    const char *components;
    struct {
        const char *name, *text;
    } v[8];
    size_t n;
};

static const char *section_named(struct sections *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->v[i].name, name) == 0)
            return s->v[i].text;
    ck_assert_uint_lt(s->n, COUNT_OF(s->v));
    const char *text = block(s->components, 4, name);
    ck_assert_msg(text != NULL, "no components/%s", name);
    s->v[s->n].name = name;
    s->v[s->n++].text = text;
    return text;
}

START_TEST(every_reference_leads_somewhere)
{
    static const char mark[] = "\"$ref\": \"#/components/";
    struct sections sections = {.components = block(document, 2, "components")};
    ck_assert_ptr_nonnull(sections.components);
    size_t n = 0;
    for (const char *at = document; (at = strstr(at, "\"$ref\": \"")) != NULL; n++) {
        ck_assert_msg(strncmp(at, mark, strlen(mark)) == 0, "%.80s", at);
        at += strlen(mark);
        const char *section = arena_strndup(a, at, strcspn(at, "/"));
        at += strlen(section) + 1;
        const char *name = arena_strndup(a, at, strcspn(at, "\""));
        const char *line = arena_printf(a, "\n      \"%s\": {", name);
        ck_assert_msg(strstr(section_named(&sections, section), line) != NULL,
                      "no components/%s/%s", section, name);
    }
    ck_assert_uint_gt(n, 1000);
}
END_TEST

START_TEST(every_route_is_an_operation_with_its_name_and_scope)
{
    for (size_t i = 0; i < n_routes; i++) {
        const struct route *r = &routes[i];
        const char *op = operation(r);
        ck_assert_msg(strstr(op, arena_printf(a, "\n        \"operationId\": \"%s\",\n", r->name)),
                      "%s", r->name);
        ck_assert_msg(strstr(op, arena_printf(a, "\n        \"x-scope\": \"%s\",\n", r->scope)),
                      "%s", r->name);
        ck_assert_msg(strstr(op, "\n        \"requestBody\": {")
                          ? r->in->n_fields > 0
                          : r->kind != ROUTE_WRITE || r->in->n_fields == 0,
                      "%s", r->name);
    }
}
END_TEST

START_TEST(no_two_operations_share_a_name)
{
    static const char mark[] = "\n        \"operationId\": \"";
    size_t n = 0;
    for (const char *at = document; (at = strstr(at, mark)) != NULL; n++) {
        const char *end = strchr(at + strlen(mark), '"');
        const char *line = arena_strndup(a, at, (size_t)(end - at) + 1);
        at = end;
        ck_assert_msg(strstr(at, line) == NULL, "twice: %s", line + 1);
    }
    ck_assert_uint_eq(n, n_routes + 6);
}
END_TEST

START_TEST(every_operation_has_a_tag_that_is_described)
{
    static const char mark[] = "\n        \"tags\": [\n          ";
    const char *declared = arena_strndup(a, document,
                                         (size_t)(strstr(document, "\n  \"paths\": {") - document));
    size_t n = 0;
    for (const char *at = document; (at = strstr(at, mark)) != NULL; n++) {
        at += strlen(mark);
        const char *tag = arena_strndup(a, at, strcspn(at, "\n"));
        ck_assert_msg(strstr(declared, arena_printf(a, "\"name\": %s,\n", tag)), "tag %s", tag);
    }
    ck_assert_uint_eq(n, n_routes + 6);
}
END_TEST

START_TEST(every_error_of_a_route_is_among_its_responses)
{
    for (size_t i = 0; i < n_routes; i++)
        for (const err *e = routes[i].errors; *e != OK; e++) {
            const char *status = arena_printf(a, "%d", err_status(*e));
            const char *response = block(block(operation(&routes[i]), 8, "responses"), 10, status);
            ck_assert_msg(response != NULL, "%s: no %s", routes[i].name, status);
            const char *example = arena_printf(a, "\"#/components/examples/problem.%s\"",
                                               err_slug(*e));
            ck_assert_msg(strstr(response, example) != NULL ||
                              strstr(response, "#/components/responses/") != NULL,
                          "%s: no %s", routes[i].name, err_slug(*e));
        }
}
END_TEST

/* The names of the members of a block, one level deep at that indentation. */
static const char *members(const char *text, int indent)
{
    struct buf b;
    buf_init(&b, a, 128, 4096);
    const char *mark = arena_printf(a, "\n%*s\"", indent, "");
    for (const char *at = text; (at = strstr(at, mark)) != NULL;) {
        at += strlen(mark);
        buf_printf(&b, "%s%.*s", b.len > 0 ? " " : "", (int)strcspn(at, "\""), at);
    }
    return b.p;
}

static const struct {
    const char *name, *statuses;
} answers[] = {
    {"tenant_get", "200 304 400 401 403 500 503"},
    {"tenant_patch", "200 400 401 403 412 413 415 422 428 500 503"},
    {"customers_list", "200 400 401 403 500 503"},
    {"customers_get", "200 304 400 401 403 404 500 503"},
    {"customers_put", "200 201 400 401 403 404 409 412 413 415 422 500 503"},
    {"orders_create", "201 400 401 403 404 409 413 415 422 500 503"},
    {"orders_bulk", "200 400 401 403 404 409 413 415 422 500 503"},
    {"orders_preview", "200 400 401 403 404 409 413 415 422 500 503"},
    {"orders_confirm", "200 400 401 403 404 409 412 413 415 422 428 500 503"},
    {"invoices_finalize", "200 400 401 403 404 409 412 413 415 422 428 500 503"},
};

START_TEST(operations_declare_exactly_these_answers)
{
    const char *op = operation(route_named(answers[_i].name));
    ck_assert_str_eq(members(block(op, 8, "responses"), 10), answers[_i].statuses);
}
END_TEST

static const struct {
    const char *name, *parts[6];
} parameters[] = {
    {"customers_create", {"dry_run", "Idempotency-Key", "X-Request-Id"}},
    {"customers_put", {"customer_id", "dry_run", "Idempotency-Key", "If-Match", "X-Request-Id"}},
    {"customers_get", {"customer_id", "If-None-Match", "X-Request-Id"}},
    {"orders_preview", {"dry_run", "X-Request-Id"}},
    {"orders_bulk", {"dry_run", "atomic", "Idempotency-Key.required", "X-Request-Id"}},
    {"orders_confirm",
     {"order_id", "dry_run", "Idempotency-Key.required", "If-Match.required", "X-Request-Id"}},
};

START_TEST(operations_take_exactly_these_parameters)
{
    static const char mark[] = "\n            \"$ref\": \"#/components/parameters/";
    const char *at = operation(route_named(parameters[_i].name));
    for (size_t i = 0; parameters[_i].parts[i] != NULL; i++) {
        at = strstr(at, mark);
        ck_assert_msg(at != NULL, "%s lacks %s", parameters[_i].name, parameters[_i].parts[i]);
        at += strlen(mark);
        ck_assert_str_eq(arena_strndup(a, at, strcspn(at, "\"")), parameters[_i].parts[i]);
    }
    ck_assert_ptr_null(strstr(at, mark));
}
END_TEST

START_TEST(a_list_takes_its_filters_ranges_and_sorts)
{
    const char *op = operation(route_named("orders_list"));
    static const char *const there[] = {"\"name\": \"status\",",
                                        "\"name\": \"created_at[lt]\",",
                                        "\"name\": \"created_at[gte]\",",
                                        "\"name\": \"sort\",",
                                        "\"-id\"",
                                        "#/components/parameters/limit\"",
                                        "#/components/schemas/order_summary_page\""};
    for (size_t i = 0; i < COUNT_OF(there); i++)
        ck_assert_msg(strstr(op, there[i]) != NULL, "%s", there[i]);
    ck_assert_ptr_null(strstr(op, "\"name\": \"customer_id[lt]\""));
}
END_TEST

START_TEST(only_kinds_with_external_ids_take_them_in_a_path)
{
    const char *all = block(block(document, 2, "components"), 4, "parameters");
    ck_assert_ptr_nonnull(strstr(block(all, 6, "order_id"),
                                 "\"pattern\": \"^(ord_[0-7][0-9a-hjkmnp-tv-z]{12}|ext:.+)$\""));
    ck_assert_ptr_nonnull(
        strstr(block(all, 6, "transfer_id"), "\"pattern\": \"^trf_[0-7][0-9a-hjkmnp-tv-z]{12}$\""));
}
END_TEST

START_TEST(every_example_of_a_body_can_be_decoded)
{
    for (size_t i = 0; i < n_routes; i++) {
        const struct route *r = &routes[i];
        if (r->kind != ROUTE_WRITE)
            continue;
        struct buf b;
        buf_init(&b, a, 1024, BYTES_MAX);
        json_example(&b, r->in, JSON_INPUT);
        struct problem p;
        problem_init(&p, a);
        struct json_refs refs = {0};
        err e = json_decode(a, r->in, b.p, b.len, arena_alloc(a, r->in->size), &refs, NULL, &p);
        ck_assert_msg(e == OK, "%s: %s at %s: %s", r->name, err_slug(e),
                      p.n_faults > 0 ? p.faults[0].pointer : "",
                      p.n_faults > 0 ? p.faults[0].detail : b.p);
    }
}
END_TEST

START_TEST(every_answer_example_is_json)
{
    for (size_t i = 0; i < n_routes; i++) {
        struct buf b;
        buf_init(&b, a, 1024, BYTES_MAX);
        json_example(&b, routes[i].out, JSON_OUTPUT);
        struct problem p;
        problem_init(&p, a);
        ck_assert_msg(json_check(a, b.p, b.len, &p) == OK, "%s: %s", routes[i].name, b.p);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("openapi");
    TCase *t = tcase_create("document");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_committed_document_is_what_the_server_serves);
    tcase_add_test(t, the_document_is_json_without_duplicate_names);
    tcase_add_test(t, writing_it_twice_gives_the_same_bytes);
    tcase_add_test(t, every_reference_leads_somewhere);
    tcase_add_test(t, every_route_is_an_operation_with_its_name_and_scope);
    tcase_add_test(t, no_two_operations_share_a_name);
    tcase_add_test(t, every_operation_has_a_tag_that_is_described);
    tcase_add_test(t, every_error_of_a_route_is_among_its_responses);
    tcase_add_loop_test(t, operations_declare_exactly_these_answers, 0, (int)COUNT_OF(answers));
    tcase_add_loop_test(t, operations_take_exactly_these_parameters, 0, (int)COUNT_OF(parameters));
    tcase_add_test(t, a_list_takes_its_filters_ranges_and_sorts);
    tcase_add_test(t, only_kinds_with_external_ids_take_them_in_a_path);
    tcase_add_test(t, every_example_of_a_body_can_be_decoded);
    tcase_add_test(t, every_answer_example_is_json);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
