/* What others collected to break parsers, sent to the real server: JSONTestSuite as bodies, naughty
 * strings in every text field. Without the collections the tests say so and pass. */
#include "tests/support/raw_http.h"
#include "tests/support/world.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "../shared/data/api/"
#define PARSING FOLDER "jsontestsuite/test_parsing"
#define NAUGHTY FOLDER "blns/blns.json"
#define FILE_MAX (1 << 20)

static size_t read_whole(const char *path, char *bytes)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s", path);
    size_t len = fread(bytes, 1, FILE_MAX, f);
    fclose(f);
    return len;
}

static int post_bytes(struct world *w, struct raw_http *c, const char *bytes, size_t len)
{
    static struct raw_reply reply;
    raw_open(c, world_port(w));
    raw_send(c, fmt(w,
                    "POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                    world_key(w), len));
    raw_send_bytes(c, bytes, len);
    ck_assert(raw_read(c, &reply));
    raw_close(c);
    return reply.status;
}

/* No body of the suite is a customer: JSON has faulty fields, 422; anything else is refused, 400.
 */
static void expect_status(const char *name, int status, size_t len)
{
    if (name[0] == 'y')
        ck_assert_msg(status == 422, "%s: %d", name, status);
    else if (name[0] == 'n') /* an empty body is an empty object */
        ck_assert_msg(status == (len == 0 ? 422 : 400), "%s: %d", name, status);
    else
        ck_assert_msg(status == 400 || status == 422, "%s: %d", name, status);
}

START_TEST(bodies_of_the_json_test_suite_are_told_apart)
{
    DIR *folder = opendir(PARSING);
    if (folder == NULL) {
        puts("skipped: ../shared/data not found");
        return;
    }
    struct world *w = world_new();
    static struct raw_http client;
    char *bytes = malloc(FILE_MAX);
    int n = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strstr(entry->d_name, ".json") == NULL)
            continue;
        size_t len = read_whole(fmt(w, PARSING "/%s", entry->d_name), bytes);
        expect_status(entry->d_name, post_bytes(w, &client, bytes, len), len);
        n++;
    }
    closedir(folder);
    free(bytes);
    ck_assert_int_ge(n, 300);
    ck_assert_uint_eq(length(get(w, "/v1/customers"), "/data"), 0);
    world_free(w);
}
END_TEST

/* ---- naughty strings ---- */

/* The body with the naughty string for every "%"; values that hold none stay. */
static json_t *filled(const json_t *pattern, const char *naughty)
{
    if (json_is_string(pattern) && strcmp(json_string_value(pattern), "%") == 0)
        return json_string(naughty);
    json_t *copy = json_copy((json_t *)pattern);
    const char *name;
    json_t *value;
    size_t i;
    json_object_foreach (copy, name, value)
        json_object_set_new(copy, name, filled(value, naughty));
    json_array_foreach (copy, i, value)
        json_array_set_new(copy, i, filled(value, naughty));
    return copy;
}

/* Does the reply say what was sent, byte for byte? Members that are not shown are passed over, and
 * so are references, which are shown as ids. */
static bool comes_back(const json_t *sent, const json_t *shown)
{
    if (shown == NULL)
        return true;
    if (!json_is_object(sent) && !json_is_array(sent))
        return !json_is_string(sent) || strncmp(json_string_value(sent), "ext:", 4) == 0 ||
               json_equal(sent, shown);
    const char *name;
    json_t *value;
    size_t i;
    json_object_foreach ((json_t *)sent, name, value)
        if (!comes_back(value, json_object_get(shown, name)))
            return false;
    json_array_foreach (sent, i, value)
        if (!comes_back(value, json_array_get(shown, i)))
            return false;
    return true;
}

/* Takes the members out that were refused; false when the reply names none. */
static bool without_faulty(json_t *body, struct reply r)
{
    bool some = false;
    for (size_t i = 0; i < json_array_size(at(r, "/errors")); i++) {
        char member[100];
        const json_t *fault = json_array_get(at(r, "/errors"), i);
        const char *pointer = json_string_value(json_object_get(fault, "pointer"));
        snprintf(member, sizeof(member), "%.*s", (int)strcspn(pointer + 1, "/"), pointer + 1);
        some = json_object_del(body, member) == 0 || some;
    }
    return some;
}

/* True when something of it was taken. */
static bool send_naughty(struct world *w, const char *path, const json_t *pattern,
                         const char *naughty)
{
    json_t *body = filled(pattern, naughty);
    struct request_options o = {.key = "", .if_match = "*"};
    struct reply r = {0};
    bool again = true;
    while (again) {
        char *text = json_dumps(body, 0);
        r = request(w, "POST", path, text, &o);
        free(text);
        ck_assert_msg(r.status == 201 || r.status == 400 || r.status == 409 || r.status == 422,
                      "%s: %d %s", naughty, r.status, r.body);
        again = (r.status == 422 || r.status == 400) && without_faulty(body, r);
    }
    if (r.status == 201) {
        struct reply shown = get(w, "%s/%s", path, text(r, "/id"));
        expect(shown, 200);
        ck_assert_msg(comes_back(body, r.json) && comes_back(body, shown.json), "%s: %s", naughty,
                      shown.body);
    }
    json_decref(body);
    return r.status == 201;
}

static json_t *pattern_of(struct world *w, const char *text)
{
    char *json = strdup(fmt(w, "%s", text));
    for (char *p = json; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json_t *pattern = json_loads(json, 0, NULL);
    ck_assert_ptr_nonnull(pattern);
    free(json);
    return pattern;
}

START_TEST(naughty_strings_come_back_byte_for_byte_or_are_refused)
{
    json_t *naughty = json_load_file(NAUGHTY, 0, NULL);
    if (naughty == NULL) {
        puts("skipped: ../shared/data not found");
        return;
    }
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 100000);
    const struct {
        const char *path, *body;
    } resources[] = {
        {"/v1/customers",
         "{'name':'%','legal_name':'%','tax_id':'%','phone':'%','email':'%','external_id':'%',"
         "'addresses':[{'lines':['%'],'city':'%','postal_code':'%','country':'DE'}],"
         "'contacts':[{'name':'%'}],'metadata':{'key':'%'}}"},
        {"/v1/products", "{'sku':'%','name':'%','description':'%','unit':'%','external_id':'%',"
                         "'tax_code_id':'ext:T19','metadata':{'key':'%'}}"},
        {"/v1/orders", fmt(w,
                           "{'customer_id':'%s','customer_po':'%%','notes':'%%','metadata':"
                           "{'key':'%%'},'lines':[{'sku':'A','quantity':'1','description':'%%'}]}",
                           who)},
        {"/v1/payments", fmt(w,
                             "{'customer_id':'%s','method':'cash','amount':'1.00','reference':"
                             "'%%','notes':'%%','metadata':{'key':'%%'}}",
                             who)},
    };
    for (size_t k = 0; k < sizeof(resources) / sizeof(resources[0]); k++) {
        json_t *pattern = pattern_of(w, resources[k].body);
        size_t taken = 0;
        for (size_t i = 0; i < json_array_size(naughty); i++)
            taken += send_naughty(w, resources[k].path, pattern,
                                  json_string_value(json_array_get(naughty, i)));
        ck_assert_msg(taken > 400, "%s took only %zu", resources[k].path, taken);
        json_decref(pattern);
    }
    json_decref(naughty);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bad_input");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, bodies_of_the_json_test_suite_are_told_apart);
    tcase_add_test(t, naughty_strings_come_back_byte_for_byte_or_are_refused);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
