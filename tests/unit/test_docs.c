/* /docs: the page with and without the viewer's files, and what else the directory gives away:
 * nothing. */
#include "server/api/openapi.h"
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *a;
static char dir[64];

static const char *in_dir(const char *name)
{
    return arena_printf(a, "%s/%s", dir, name);
}

static void put_file(const char *name, const char *text)
{
    FILE *f = fopen(in_dir(name), "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

static const char *const made[] = {"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png",
                                   "package.json"};

static void setup(void)
{
    a = arena_new((size_t)64 << 20);
    snprintf(dir, sizeof(dir), "/tmp/o2c-docs-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    put_file("swagger-ui.css", "css");
    put_file("swagger-ui-bundle.js", "js");
    put_file("package.json", "secret");
}

static void teardown(void)
{
    for (size_t i = 0; i < COUNT_OF(made); i++)
        (void)unlink(in_dir(made[i]));
    (void)rmdir(dir);
    arena_free(a);
}

static struct http_response get(const char *path, const char *from)
{
    struct http_request r = {.arena = a, .method = "GET", .path = path, .raw_path = path};
    docs_respond(&r, from);
    return r.response;
}

static const char *header(const struct http_response *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return "";
}

static const char *body(const struct http_response *r)
{
    return arena_strndup(a, r->body, r->body_len);
}

static const char *const page_paths[] = {"/docs", "/docs/"};

START_TEST(the_page_loads_nothing_from_elsewhere)
{
    struct http_response r = get(page_paths[_i], dir);
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(r.content_type, "text/html; charset=utf-8");
    ck_assert_ptr_nonnull(strstr(body(&r), "src=\"/docs/swagger-ui-bundle.js\""));
    ck_assert_ptr_null(strstr(body(&r), "//"));
    const char *policy = header(&r, "Content-Security-Policy");
    ck_assert_ptr_nonnull(strstr(policy, "default-src 'none'; script-src 'self';"));
    ck_assert_ptr_nonnull(strstr(policy, "connect-src 'self';"));
}
END_TEST

START_TEST(without_the_viewer_the_page_says_how_to_get_it)
{
    ck_assert_int_eq(unlink(in_dir("swagger-ui-bundle.js")), 0);
    const char *const from[] = {"", "/nowhere", dir};
    for (size_t i = 0; i < COUNT_OF(from); i++) {
        struct http_response r = get("/docs", from[i]);
        ck_assert_int_eq(r.status, 200);
        ck_assert_ptr_nonnull(strstr(body(&r), "href=\"/openapi.json\""));
        ck_assert_ptr_nonnull(strstr(body(&r), "npm ci --prefix openapi"));
        ck_assert_ptr_nonnull(strstr(body(&r), "O2C_DOCS_DIR="));
        ck_assert_ptr_null(strstr(body(&r), "<script"));
    }
}
END_TEST

static const struct {
    const char *path, *media, *text;
} given[] = {
    {"/docs/swagger-ui.css", "text/css; charset=utf-8", "css"},
    {"/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", "js"},
};

START_TEST(the_viewers_files_are_served_with_their_types)
{
    struct http_response r = get(given[_i].path, dir);
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(r.content_type, given[_i].media);
    ck_assert_str_eq(body(&r), given[_i].text);
}
END_TEST

START_TEST(the_start_script_is_the_servers_own)
{
    struct http_response r = get("/docs/start.js", "");
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(r.content_type, "text/javascript; charset=utf-8");
    ck_assert_ptr_nonnull(strstr(body(&r), "url: '/openapi.json'"));
    ck_assert_ptr_nonnull(strstr(body(&r), "validatorUrl: null"));
}
END_TEST

static const char *const refused[] = {"/docs/package.json",      "/docs/../package.json",
                                      "/docs/./swagger-ui.css",  "/docs/../../../../etc/passwd",
                                      "/docs//etc/passwd",       "/docs/swagger-ui.css/",
                                      "/docs/swagger-ui.css\\",  "/docs/SWAGGER-UI.CSS",
                                      "/docs/favicon-32x32.png", "/docs/."};

START_TEST(nothing_else_in_the_directory_or_around_it_is_served)
{
    struct http_response r = get(refused[_i], dir);
    ck_assert_int_eq(r.status, 404);
    ck_assert_str_eq(r.content_type, "application/problem+json");
}
END_TEST

START_TEST(a_file_that_is_too_large_is_not_read)
{
    ck_assert_int_eq(truncate(in_dir("swagger-ui.css"), (off_t)16 << 20), 0);
    ck_assert_int_eq(get("/docs/swagger-ui.css", dir).status, 200);
    ck_assert_int_eq(truncate(in_dir("swagger-ui.css"), ((off_t)16 << 20) + 1), 0);
    ck_assert_int_eq(get("/docs/swagger-ui.css", dir).status, 404);
}
END_TEST

START_TEST(what_is_not_a_regular_file_is_not_read)
{
    ck_assert_int_eq(mkfifo(in_dir("favicon-32x32.png"), 0600), 0);
    ck_assert_int_eq(get("/docs/favicon-32x32.png", dir).status, 404);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("docs");
    TCase *t = tcase_create("docs");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, the_page_loads_nothing_from_elsewhere, 0, (int)COUNT_OF(page_paths));
    tcase_add_test(t, without_the_viewer_the_page_says_how_to_get_it);
    tcase_add_loop_test(t, the_viewers_files_are_served_with_their_types, 0, (int)COUNT_OF(given));
    tcase_add_test(t, the_start_script_is_the_servers_own);
    tcase_add_loop_test(t, nothing_else_in_the_directory_or_around_it_is_served, 0,
                        (int)COUNT_OF(refused));
    tcase_add_test(t, a_file_that_is_too_large_is_not_read);
    tcase_add_test(t, what_is_not_a_regular_file_is_not_read);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
