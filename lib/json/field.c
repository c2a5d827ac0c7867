/* What a declaration means where it says nothing: limits, absent values, who may send a member. */
#include "lib/json/internal.h"
#include <assert.h>
#include <string.h>

int64_t json_field_min(const struct json_field *f)
{
    return f->min == INT64_MIN ? INT64_MIN + 1 : f->min;
}

int64_t json_field_max(const struct json_field *f)
{
    if (f->max != 0)
        return f->max;
    if (f->kind == JSON_KIND_string || f->kind == JSON_KIND_strings)
        return JSON_STRING_MAX;
    return f->kind == JSON_KIND_list ? JSON_LIST_MAX : INT64_MAX;
}

int json_field_scale(const struct json_field *f)
{
    return f->scale == 0 ? 6 : f->scale < 0 ? 0 : f->scale;
}

bool json_encode_only(const struct json_field *f)
{
    return f->kind == JSON_KIND_money || f->kind == JSON_KIND_raw;
}

void json_set_absent(const struct json_field *f, void *target)
{
    static const size_t sizes[] = {
        [JSON_KIND_string] = sizeof(char *),   [JSON_KIND_choice] = sizeof(char *),
        [JSON_KIND_id] = sizeof(int64_t),      [JSON_KIND_integer] = sizeof(int64_t),
        [JSON_KIND_decimal] = sizeof(int64_t), [JSON_KIND_price] = sizeof(int64_t),
        [JSON_KIND_money] = sizeof(int64_t),   [JSON_KIND_boolean] = sizeof(bool),
        [JSON_KIND_date] = sizeof(int32_t),    [JSON_KIND_instant] = sizeof(int64_t),
        [JSON_KIND_currency] = sizeof(char *), [JSON_KIND_metadata] = sizeof(char *),
        [JSON_KIND_raw] = sizeof(char *),      [JSON_KIND_strings] = sizeof(struct string_list),
        [JSON_KIND_object] = sizeof(void *),   [JSON_KIND_list] = sizeof(struct any_list),
    };
    assert((size_t)f->kind < COUNT_OF(sizes));
    bool number = f->kind == JSON_KIND_id || f->kind == JSON_KIND_integer ||
                  f->kind == JSON_KIND_decimal || f->kind == JSON_KIND_price ||
                  f->kind == JSON_KIND_money || f->kind == JSON_KIND_instant;
    if (number)
        *(int64_t *)target = NIL64;
    else if (f->kind == JSON_KIND_date)
        *(int32_t *)target = NIL32;
    else if (f->kind == JSON_KIND_boolean)
        *(bool *)target = f->default_true;
    else
        memset(target, 0, sizes[f->kind]);
}

void json_set_all_absent(const struct json_type *type, void *value)
{
    memset(value, 0, type->size);
    for (size_t i = 0; i < type->n_fields; i++)
        json_set_absent(&type->fields[i], (char *)value + type->fields[i].offset);
}

const struct json_field *json_find_field(const struct json_type *type, const char *name,
                                         size_t *hint)
{
    /* Clients send members in much the same order each time: start behind the last find. */
    for (size_t k = 0; k < type->n_fields; k++) {
        size_t i = (*hint + k) % type->n_fields;
        if (strcmp(type->fields[i].name, name) == 0 && !json_encode_only(&type->fields[i])) {
            *hint = i + 1;
            return &type->fields[i];
        }
    }
    return NULL;
}
