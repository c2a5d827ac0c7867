/* JSON objects into structs by their declarations, with every fault at once. */
#include "lib/json/decode.h"
#include "lib/base/buf.h"
#include "lib/json/internal.h"
#include <assert.h>
#include <string.h>

static void decode_object(struct decoder *d, const struct json_type *type, const json_t *object,
                          void *value, const struct json_path *path);

static void decode_list(struct decoder *d, const struct json_field *f, const json_t *json,
                        struct any_list *target, const struct json_path *path)
{
    size_t n = json_array_size(json);
    if (!json_is_array(json)) {
        decoder_refuse(d, path, "type", "Write an array of objects.");
        return;
    }
    if ((int64_t)n > json_field_max(f)) {
        decoder_refuse(d, path, "too_many", "Write at most %lld items.",
                       (long long)json_field_max(f));
        return;
    }
    if ((int64_t)n < json_field_min(f))
        decoder_refuse(d, path, "too_few", "Write at least %lld item%s.",
                       (long long)json_field_min(f), json_field_min(f) == 1 ? "" : "s");
    char *items = arena_array_bytes(d->arena, n, f->type->size);
    for (size_t i = 0; i < n; i++) {
        struct json_path at = {.up = path, .index = i};
        decode_object(d, f->type, json_array_get(json, i), items + i * f->type->size, &at);
    }
    *target = (struct any_list){.v = items, .n = n};
}

static void decode_member(struct decoder *d, const struct json_field *f, const json_t *json,
                          void *target, const struct json_path *path)
{
    if (json_is_null(json)) {
        if (f->required)
            decoder_refuse(d, path, "required", "This member must not be null.");
    } else if (f->kind == JSON_KIND_object) {
        void *nested = arena_alloc(d->arena, f->type->size);
        decode_object(d, f->type, json, nested, path);
        *(void **)target = nested;
    } else if (f->kind == JSON_KIND_list) {
        decode_list(d, f, json, target, path);
    } else {
        struct json_input in = {.json = json};
        if (json_is_string(json)) {
            in.text = json_string_value(json);
            in.len = json_string_length(json);
        }
        decoder_scalar(d, f, in, target, path);
    }
}

static void refuse_missing(struct decoder *d, const struct json_type *type, uint64_t has,
                           const struct json_path *path)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct json_field *f = &type->fields[i];
        if (!f->required || json_encode_only(f) || (has >> i & 1) != 0)
            continue;
        struct json_path at = {.up = path, .name = f->name};
        decoder_refuse(d, &at, "required", "This member is required.");
    }
}

static void decode_object(struct decoder *d, const struct json_type *type, const json_t *object,
                          void *value, const struct json_path *path)
{
    if (!json_is_object(object)) {
        decoder_refuse(d, path, "type",
                       path == NULL ? "The body must be a JSON object." : "Write an object.");
        return;
    }
    json_set_all_absent(type, value);
    uint64_t *has = value; /* the first member of every declared struct */
    size_t hint = 0;
    const char *name;
    json_t *json;
    json_object_foreach ((json_t *)object, name, json) {
        struct json_path at = {.up = path, .name = name};
        const struct json_field *f = json_find_field(type, name, &hint);
        if (f == NULL) {
            decoder_refuse(d, &at, "unknown_member", "There is no such member; remove it.");
            continue;
        }
        *has |= UINT64_C(1) << (f - type->fields);
        decode_member(d, f, json, (char *)value + f->offset, &at);
    }
    refuse_missing(d, type, *has, path);
}

static int append(const char *text, size_t len, void *arg)
{
    buf_put(arg, text, len);
    return 0;
}

/* A value without reals never grows by being written compactly: source_len bounds the text. */
static const char *canonical_text(struct arena *a, const json_t *root, size_t source_len)
{
    struct buf b;
    buf_init(&b, a, source_len + 3, source_len + 64);
    int rc = json_dump_callback(root, append, &b, JSON_COMPACT | JSON_SORT_KEYS);
    assert(rc == 0 && !b.over);
    return b.p;
}

static err decode_root(struct decoder *d, const struct json_type *type, const json_t *root,
                       void *ret)
{
    size_t n_refs = d->refs != NULL ? d->refs->n : 0;
    /* References point into ret itself, so it is filled in place and put back on failure. */
    void *before = arena_alloc(d->arena, type->size);
    memcpy(before, ret, type->size);
    decode_object(d, type, root, ret, NULL);
    if (d->faults == 0)
        return OK;
    memcpy(ret, before, type->size);
    if (d->refs != NULL)
        d->refs->n = n_refs;
    return ERR_INVALID;
}

err json_decode(struct arena *a, const struct json_type *type, const char *text, size_t len,
                void *ret, struct json_refs *refs, const char **canonical, struct problem *p)
{
    json_auto_t *root = NULL;
    if (len == 0)
        root = json_object();
    else
        TRY(json_parse(a, text, len, &root, p));
    struct decoder d = {.arena = a, .problem = p, .refs = refs};
    TRY(decode_root(&d, type, root, ret));
    if (canonical != NULL)
        *canonical = canonical_text(a, root, len);
    return OK;
}
