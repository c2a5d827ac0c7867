/* Bodies that others wrote to break JSON parsers, when they are at hand: JSONTestSuite and the Big
 * List of Naughty Strings. Without them the tests say so and pass. */
#include "json_sample.h"
#include <check.h>
#include <dirent.h>
#include <stdlib.h>

#define FOLDER "../shared/data/api/"
#define PARSING FOLDER "jsontestsuite/test_parsing"
#define NAUGHTY FOLDER "blns/blns.base64.txt"
#define FILE_MAX (1 << 20)

static struct arena *a;

static void setup(void)
{
    a = arena_new(256 << 20);
}

static void teardown(void)
{
    arena_free(a);
}

/* Well-formed by RFC 8259, and still no request that we take. */
static const struct {
    const char *name, *why;
} refused_on_purpose[] = {
    {"y_object_duplicated_key.json", "names must be unique"},
    {"y_object_duplicated_key_and_value.json", "names must be unique"},
    {"y_object_escaped_null_in_key.json", "no U+0000 in names"},
    {"y_string_null_escape.json", "no U+0000 in strings"},
};

static bool is_refused_on_purpose(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(refused_on_purpose); i++)
        if (strcmp(refused_on_purpose[i].name, name) == 0)
            return true;
    return false;
}

/* The bytes of the file, in the arena without anything behind them but a NUL. */
static char *read_whole(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s", path);
    char *bytes = arena_alloc(a, FILE_MAX + 1);
    *ret_len = fread(bytes, 1, FILE_MAX, f);
    fclose(f);
    return bytes;
}

/* A copy on the heap, so that a read past the end is caught by the sanitizer. */
static err check_exactly(const char *bytes, size_t len, struct problem *p)
{
    char *exact = malloc(len == 0 ? 1 : len);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, bytes, len);
    err e = json_check(a, exact, len, p);
    struct sample v;
    struct problem ignored;
    problem_init(&ignored, a);
    err decoded = json_decode(a, &sample_type, exact, len, &v, NULL, NULL, &ignored);
    /* No body of the suite is a sample: what is JSON has faulty fields. */
    ck_assert_int_eq(decoded, e != ERR_SYNTAX || len == 0 ? ERR_INVALID : ERR_SYNTAX);
    free(exact);
    return e;
}

static void check_body(const char *name)
{
    size_t len;
    struct arena_mark mark = arena_mark(a);
    const char *bytes = read_whole(arena_printf(a, PARSING "/%s", name), &len);
    struct problem p;
    problem_init(&p, a);
    err e = check_exactly(bytes, len, &p);
    err due = name[0] == 'n' ? ERR_SYNTAX : is_refused_on_purpose(name) ? ERR_INVALID : OK;
    if (name[0] != 'i')
        ck_assert_msg(e == due, "%s: %s", name, p.detail ? p.detail : "accepted");
    ck_assert(e == OK || p.detail != NULL || p.n_faults > 0);
    arena_rewind(a, mark);
}

START_TEST(the_json_test_suite_is_accepted_and_refused_as_it_says)
{
    DIR *folder = opendir(PARSING);
    if (folder == NULL) {
        puts("skipped: ../shared/data not found");
        return;
    }
    int n = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len < 6 || strcmp(entry->d_name + len - 5, ".json") != 0)
            continue;
        check_body(entry->d_name);
        n++;
    }
    closedir(folder);
    ck_assert_int_ge(n, 300);
}
END_TEST

static int base64_value(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

static char *base64_decoded(const char *text)
{
    char *bytes = arena_alloc(a, strlen(text) + 1), *end = bytes;
    unsigned bits = 0;
    int n = 0;
    for (; base64_value(*text) >= 0; text++) {
        bits = bits << 6 | (unsigned)base64_value(*text);
        n += 6;
        if (n >= 8) {
            n -= 8;
            *end++ = (char)(bits >> n & 0xff);
        }
    }
    return bytes;
}

static void check_survives(const char *naughty)
{
    struct sample before = sample_decode(a, "{\"name\":\"n\",\"corners\":[{\"x\":1},{\"x\":2}]}")
                               .value;
    before.note = naughty;
    const char *text = sample_text(a, &before);
    struct sample_result once = sample_decode(a, text);
    ck_assert_msg(once.code == OK, "%s: %s", text, sample_faults(a, &once.problem));
    ck_assert_str_eq(once.value.note, naughty);
    struct sample_result twice = sample_decode(a, sample_text(a, &once.value));
    ck_assert_int_eq(twice.code, OK);
    ck_assert_str_eq(twice.value.note, naughty);
    ck_assert_str_eq(once.canonical, twice.canonical);
}

START_TEST(naughty_strings_come_back_byte_for_byte)
{
    FILE *f = fopen(NAUGHTY, "r");
    if (f == NULL) {
        puts("skipped: ../shared/data not found");
        return;
    }
    char *line = NULL;
    size_t cap = 0;
    int n = 0;
    while (getline(&line, &cap, f) >= 0) {
        if (line[0] == '#')
            continue;
        const char *naughty = base64_decoded(line);
        if (!utf8_valid(naughty, strlen(naughty)))
            continue;
        check_survives(naughty);
        n++;
    }
    free(line);
    fclose(f);
    ck_assert_int_ge(n, 400);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("suites");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_json_test_suite_is_accepted_and_refused_as_it_says);
    tcase_add_test(t, naughty_strings_come_back_byte_for_byte);
    Suite *s = suite_create("json_suites");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
