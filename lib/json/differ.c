/* Compares what is asked for with what is kept, member by member. */
#include "lib/json/differ.h"
#include "lib/base/money.h"
#include "lib/json/internal.h"
#include <string.h>

struct comparison {
    struct arena *arena;
    const char *currency; /* of the money that is kept */
};

static const char *compare(struct comparison *c, struct json_side asked, struct json_side kept,
                           const char *const *except, const struct json_path *up);

static const struct json_field *field_named(const struct json_type *type, const char *name)
{
    for (size_t i = 0; i < type->n_fields; i++)
        if (strcmp(type->fields[i].name, name) == 0)
            return &type->fields[i];
    return NULL;
}

static bool same_text(const void *asked, const void *kept)
{
    const char *a = *(const char *const *)asked, *k = *(const char *const *)kept;
    return k != NULL && strcmp(a, k) == 0;
}

static bool same_number(const struct comparison *c, const struct json_field *kept, const void *a,
                        const void *k)
{
    int64_t asked = *(const int64_t *)a;
    if (kept->kind == JSON_KIND_money &&
        money_from_decimal(asked, currency_exponent(c->currency), &asked) != OK)
        return false;
    return asked == *(const int64_t *)k;
}

/* Objects and lists of strings, by their text; what is kept may be text already. */
static bool same_encoding(const struct comparison *c, const struct json_field *asked, const void *a,
                          const struct json_field *kept, const void *k)
{
    struct buf text, other;
    buf_init(&text, c->arena, 256, SIZE_MAX - 1);
    json_encode_member(&text, asked, a, c->currency);
    if (kept->kind == JSON_KIND_raw) {
        const char *raw = *(const char *const *)k;
        return raw != NULL && strcmp(text.p, raw) == 0;
    }
    buf_init(&other, c->arena, 256, SIZE_MAX - 1);
    json_encode_member(&other, kept, k, c->currency);
    return strcmp(text.p, other.p) == 0;
}

static const char *compare_lists(struct comparison *c, const struct json_field *asked,
                                 const void *a, const struct json_field *kept, const void *k,
                                 const struct json_path *at)
{
    const struct any_list *la = a, *lk = k;
    if (la->n == 0)
        return NULL;
    if (kept->kind != JSON_KIND_list || la->n != lk->n)
        return json_pointer(c->arena, at);
    for (size_t i = 0; i < la->n; i++) {
        struct json_path item = {.up = at, .index = i};
        const char *found = compare(
            c, (struct json_side){asked->type, (const char *)la->v + i * asked->type->size},
            (struct json_side){kept->type, (const char *)lk->v + i * kept->type->size}, NULL,
            &item);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static bool same_member(const struct comparison *c, const struct json_field *asked, const void *a,
                        const struct json_field *kept, const void *k)
{
    switch (asked->kind) {
    case JSON_KIND_string:
    case JSON_KIND_choice:
    case JSON_KIND_currency:
    case JSON_KIND_metadata:
    case JSON_KIND_raw:
        return same_text(a, k);
    case JSON_KIND_id:
    case JSON_KIND_integer:
    case JSON_KIND_decimal:
    case JSON_KIND_price:
    case JSON_KIND_money:
    case JSON_KIND_instant:
        return same_number(c, kept, a, k);
    case JSON_KIND_boolean:
        return *(const bool *)a == *(const bool *)k;
    case JSON_KIND_date:
        return *(const int32_t *)a == *(const int32_t *)k;
    case JSON_KIND_strings:
    case JSON_KIND_object:
        return same_encoding(c, asked, a, kept, k);
    case JSON_KIND_list:
        break; /* compare_lists() */
    }
    return true;
}

static bool excepted(const char *const *except, const char *name)
{
    for (; except != NULL && *except != NULL; except++)
        if (strcmp(*except, name) == 0)
            return true;
    return false;
}

static const char *compare(struct comparison *c, struct json_side asked, struct json_side kept,
                           const char *const *except, const struct json_path *up)
{
    c->currency = json_currency_of(kept.type, kept.value, c->currency);
    uint64_t has = *(const uint64_t *)asked.value;
    for (size_t i = 0; i < asked.type->n_fields; i++) {
        const struct json_field *f = &asked.type->fields[i];
        const struct json_field *g = field_named(kept.type, f->name);
        const char *a = (const char *)asked.value + f->offset;
        if ((has >> i & 1) == 0 || g == NULL || json_is_absent(f, a) || excepted(except, f->name))
            continue;
        const char *k = (const char *)kept.value + g->offset;
        struct json_path at = {.up = up, .name = f->name};
        if (f->kind == JSON_KIND_list) {
            const char *found = compare_lists(c, f, a, g, k, &at);
            if (found != NULL)
                return found;
        } else if (!same_member(c, f, a, g, k)) {
            return json_pointer(c->arena, &at);
        }
    }
    return NULL;
}

const char *json_first_difference(struct arena *a, struct json_side asked, struct json_side kept,
                                  const char *const *except)
{
    return compare(&(struct comparison){.arena = a}, asked, kept, except, NULL);
}
