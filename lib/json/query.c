/* Query parameters into a struct, by the rules of JSON members. */
#include "lib/json/internal.h"
#include <string.h>

static bool taken_from_query(const struct json_field *f)
{
    return f->kind != JSON_KIND_object && f->kind != JSON_KIND_list &&
           f->kind != JSON_KIND_metadata;
}

static void decode_pair(struct decoder *d, const struct json_type *type,
                        const struct json_pair *pair, void *value)
{
    struct json_path at = {.name = pair->name};
    uint64_t *has = value;
    size_t hint = 0;
    struct json_input in = {.text = pair->value != NULL ? pair->value : ""};
    in.len = strlen(in.text);
    bool name_valid = utf8_valid(pair->name, strlen(pair->name));
    if (!name_valid || !utf8_valid(in.text, in.len)) {
        at.name = name_valid ? pair->name : "";
        decoder_refuse(d, &at, "not_utf8", "Write names and values in UTF-8.");
        return;
    }
    const struct json_field *f = json_find_field(type, pair->name, &hint);
    if (f == NULL || !taken_from_query(f)) {
        decoder_refuse(d, &at, "unknown_member", "There is no such parameter; remove it.");
        return;
    }
    uint64_t bit = UINT64_C(1) << (f - type->fields);
    if ((*has & bit) != 0) {
        decoder_refuse(d, &at, "repeated", "Write the parameter only once.");
        return;
    }
    *has |= bit;
    decoder_scalar(d, f, in, (char *)value + f->offset, &at);
}

static void refuse_missing(struct decoder *d, const struct json_type *type, uint64_t has)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        struct json_path at = {.name = type->fields[i].name};
        if (type->fields[i].required && (has >> i & 1) == 0)
            decoder_refuse(d, &at, "required", "This parameter is required.");
    }
}

err json_decode_query(struct arena *a, const struct json_type *type, const struct json_pair *pairs,
                      size_t n, void *ret, struct json_refs *refs, struct problem *p)
{
    struct decoder d = {.arena = a, .problem = p, .refs = refs, .query = true};
    size_t n_refs = refs != NULL ? refs->n : 0;
    void *before = arena_alloc(a, type->size);
    memcpy(before, ret, type->size);
    json_set_all_absent(type, ret);
    for (size_t i = 0; i < n; i++)
        decode_pair(&d, type, &pairs[i], ret);
    refuse_missing(&d, type, *(uint64_t *)ret);
    if (d.faults == 0)
        return OK;
    memcpy(ret, before, type->size);
    if (refs != NULL)
        refs->n = n_refs;
    return ERR_PARAMETER;
}
