/* A JSON Schema validator of the size that openapi.json needs, and the memory of what was tested.
 */
#include "tests/support/contract.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "server/api/openapi.h"
#include "server/api/router.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_BYTES_MAX ((size_t)16 << 20)
#define OPERATIONS_MAX 256
#define BREACH_MAX 400

static json_t *document;
static atomic_bool exercised[OPERATIONS_MAX];
static _Thread_local char breach_text[BREACH_MAX];

static void load_document(void)
{
    struct arena *a = arena_new(2 * DOCUMENT_BYTES_MAX);
    struct buf b;
    buf_init(&b, a, 1 << 20, DOCUMENT_BYTES_MAX);
    openapi_write(&b);
    document = json_loadb(b.p, b.len, 0, NULL);
    arena_free(a);
}

/* ---- schemas ---- */

static const char *breach(const char *at, const char *what)
{
    snprintf(breach_text, sizeof(breach_text), "%s: %s", at, what);
    return breach_text;
}

/* What {"$ref": "#/a/b"} means; anything else means itself. */
static const json_t *resolve(const json_t *node)
{
    const char *ref = json_string_value(json_object_get(node, "$ref"));
    const json_t *found = ref != NULL ? document : node;
    char step[200];
    for (const char *s = ref ? ref + 1 : ""; *s == '/';) {
        size_t len = strcspn(s + 1, "/");
        snprintf(step, sizeof(step), "%.*s", (int)len, s + 1);
        found = json_object_get(found, step);
        s += len + 1;
    }
    return found;
}

static bool is_type(const char *name, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return strcmp(name, "object") == 0;
    case JSON_ARRAY:
        return strcmp(name, "array") == 0;
    case JSON_STRING:
        return strcmp(name, "string") == 0;
    case JSON_INTEGER:
        return strcmp(name, "integer") == 0 || strcmp(name, "number") == 0;
    case JSON_REAL:
        return strcmp(name, "number") == 0;
    case JSON_TRUE:
    case JSON_FALSE:
        return strcmp(name, "boolean") == 0;
    case JSON_NULL:
        return strcmp(name, "null") == 0;
    }
    return false;
}

static bool has_type(const json_t *types, const json_t *value)
{
    if (types == NULL)
        return true;
    if (json_is_string(types))
        return is_type(json_string_value(types), value);
    for (size_t i = 0; i < json_array_size(types); i++)
        if (is_type(json_string_value(json_array_get(types, i)), value))
            return true;
    return false;
}

static bool among(const json_t *values, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(values); i++)
        if (json_equal(json_array_get(values, i), value))
            return true;
    return values == NULL;
}

static const char *validate(const json_t *schema, const json_t *value, const char *at);

static const char *validate_members(const json_t *schema, const json_t *value, const char *at)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        if (json_object_get(value, name) == NULL)
            return breach(at, name);
    }
    for (void *it = json_object_iter((json_t *)value); it != NULL;
         it = json_object_iter_next((json_t *)value, it)) {
        char path[256];
        snprintf(path, sizeof(path), "%s/%s", at, json_object_iter_key(it));
        const json_t *member = json_object_get(properties, json_object_iter_key(it));
        const char *found = NULL;
        if (member != NULL)
            found = validate(member, json_object_iter_value(it), path);
        else if (properties != NULL && json_object_get(schema, "additionalProperties") == NULL &&
                 json_object_get(schema, "$ref") == NULL)
            found = breach(path, "is not in the schema");
        if (found != NULL)
            return found;
    }
    return NULL;
}

static const char *validate_any(const json_t *schemas, const json_t *value, const char *at)
{
    const char *found = NULL;
    for (size_t i = 0; i < json_array_size(schemas); i++) {
        found = validate(json_array_get(schemas, i), value, at);
        if (found == NULL)
            return NULL;
    }
    return found;
}

static const char *validate(const json_t *schema, const json_t *value, const char *at)
{
    if (json_object_get(schema, "$ref") != NULL) {
        const char *found = validate(resolve(schema), value, at);
        if (found != NULL)
            return found;
    }
    if (!has_type(json_object_get(schema, "type"), value))
        return breach(at, "has another type");
    if (!json_is_null(value) && !among(json_object_get(schema, "enum"), value))
        return breach(at, "is none of the values");
    const char *found = validate_any(json_object_get(schema, "anyOf"), value, at);
    if (found == NULL && json_is_object(value))
        found = validate_members(schema, value, at);
    const json_t *items = json_object_get(schema, "items");
    for (size_t i = 0; found == NULL && items != NULL && i < json_array_size(value); i++) {
        char path[256];
        snprintf(path, sizeof(path), "%s/%zu", at, i);
        found = validate(items, json_array_get(value, i), path);
    }
    return found;
}

/* ---- operations ---- */

static const json_t *promised(const struct route *route, int status)
{
    char method[8] = "", code[8];
    for (size_t i = 0; route->method[i] != '\0' && i + 1 < sizeof(method); i++)
        method[i] = (char)(route->method[i] | 0x20);
    snprintf(code, sizeof(code), "%d", status);
    const json_t *path = json_object_get(json_object_get(document, "paths"), route->path);
    const json_t *responses = json_object_get(json_object_get(path, method), "responses");
    return resolve(json_object_get(responses, code));
}

const char *contract_breach(const char *method, const char *path, int status, const json_t *body)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_document);
    struct arena *a = arena_new(1 << 20);
    struct route_match match;
    route_find(a, method, arena_strndup(a, path, strcspn(path, "?")), &match);
    arena_free(a);
    if (match.route == NULL || status == 0)
        return NULL;
    const json_t *response = promised(match.route, status);
    if (response == NULL)
        return breach(match.route->name, "answers with a status that it does not declare");
    if (status < 300)
        atomic_store(&exercised[match.route - routes], true);
    const json_t *content = json_object_get(response, "content");
    const json_t *media = json_object_get(content, status < 400 ? "application/json"
                                                                : "application/problem+json");
    const json_t *schema = json_object_get(media, "schema");
    if (schema == NULL || body == NULL)
        return NULL;
    char at[100];
    snprintf(at, sizeof(at), "%s %d ", match.route->name, status);
    return validate(schema, body, at);
}

void contract_save_exercised(void)
{
    const char *dir = getenv("O2C_EXERCISED");
    if (dir == NULL)
        return;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", dir, program_invocation_short_name);
    FILE *f = fopen(path, "we");
    if (f == NULL)
        abort();
    for (size_t i = 0; i < n_routes; i++)
        if (atomic_load(&exercised[i]))
            fprintf(f, "%s\n", routes[i].name);
    fclose(f);
}
