/* One value into one member, kind by kind: the same rules for JSON and for query parameters. */
#include "lib/base/buf.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/base/money.h"
#include "lib/json/internal.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EXTERNAL "ext:"

struct slot {
    struct decoder *d;
    const struct json_field *f;
    const struct json_path *path;
    void *target;
};

#define REFUSE(s, code, ...) decoder_refuse((s)->d, (s)->path, (code), __VA_ARGS__)

/* False, with a fault, for JSON that is not a string. */
static bool is_text(const struct slot *s, struct json_input in, const char *example)
{
    if (in.text != NULL)
        return true;
    REFUSE(s, "type", "Write a string, e.g. %s.", example);
    return false;
}

static bool length_fits(const struct slot *s, const char *text, size_t len)
{
    int64_t n = (int64_t)utf8_characters(text, len);
    int64_t min = json_field_min(s->f), max = json_field_max(s->f);
    if (n > max)
        REFUSE(s, "too_long", "Write at most %" PRId64 " characters.", max);
    else if (n < min)
        REFUSE(s, "too_short", "Write at least %" PRId64 " character%s.", min, min == 1 ? "" : "s");
    return n >= min && n <= max;
}

static const char *find_choice(const char *const *choices, const char *text)
{
    for (; *choices != NULL; choices++)
        if (strcmp(*choices, text) == 0)
            return *choices;
    return NULL;
}

static void refuse_choice(const struct slot *s)
{
    struct buf names;
    buf_init(&names, s->d->arena, 128, 4096);
    for (const char *const *c = s->f->choices; *c != NULL; c++) {
        buf_str(&names, c == s->f->choices ? "" : ", ");
        buf_str(&names, *c);
    }
    REFUSE(s, "not_a_choice", "Write one of: %s.", names.p);
}

static void take_string(const struct slot *s, struct json_input in)
{
    if (is_text(s, in, "\"text\"") && length_fits(s, in.text, in.len))
        *(const char **)s->target = arena_strndup(s->d->arena, in.text, in.len);
}

static void take_choice(const struct slot *s, struct json_input in)
{
    assert(s->f->choices != NULL);
    const char *choice = in.text != NULL ? find_choice(s->f->choices, in.text) : NULL;
    if (choice != NULL)
        *(const char **)s->target = choice;
    else if (is_text(s, in, "one of the listed names"))
        refuse_choice(s);
}

static void push_ref(const struct slot *s, const char *external_id)
{
    struct json_refs *refs = s->d->refs;
    if (refs->n == refs->cap) {
        size_t cap = refs->cap == 0 ? 16 : refs->cap * 2;
        struct json_ref *v = ARENA_ARRAY(s->d->arena, struct json_ref, cap);
        if (refs->n > 0)
            memcpy(v, refs->v, refs->n * sizeof *v);
        refs->v = v;
        refs->cap = cap;
    }
    refs->v[refs->n++] = (struct json_ref){
        .target = s->target,
        .prefix = s->f->prefix,
        .external_id = arena_strdup(s->d->arena, external_id),
        .pointer = decoder_pointer(s->d, s->path),
    };
}

static void take_external(const struct slot *s, const char *external_id)
{
    size_t n = utf8_characters(external_id, strlen(external_id));
    if (s->d->refs == NULL)
        REFUSE(s, "not_an_id", "An external id is not taken here: write \"%s_…\".", s->f->prefix);
    else if (n == 0)
        REFUSE(s, "not_an_id", "Write the external id after \"" EXTERNAL "\".");
    else if (n > JSON_STRING_MAX)
        REFUSE(s, "too_long", "Write at most %d characters.", JSON_STRING_MAX);
    else
        push_ref(s, external_id);
}

static void take_id(const struct slot *s, struct json_input in)
{
    assert(s->f->prefix != NULL);
    if (in.text == NULL)
        REFUSE(s, "type", "Write a string, e.g. \"%s_…\".", s->f->prefix);
    else if (strncmp(in.text, EXTERNAL, strlen(EXTERNAL)) == 0)
        take_external(s, in.text + strlen(EXTERNAL));
    else if (id_parse(s->f->prefix, in.text, s->target) != OK)
        REFUSE(s, "not_an_id", "Write \"%s_\" and the 13 characters of the id%s.", s->f->prefix,
               s->d->refs != NULL ? ", or \"" EXTERNAL "\" and the external id" : "");
}

/* Beyond what any 64-bit number holds; parse.c turns numbers that overflow a double into 1e308. */
static bool is_huge(const json_t *json)
{
    double v = json_real_value(json);
    return v >= 9223372036854775808.0 || v < -9223372036854775808.0;
}

static void refuse_overflow(const struct slot *s)
{
    REFUSE(s, "overflow", "The number does not fit into 64 bits.");
}

/* limits and v are in 10^-scale. */
static bool range_fits(const struct slot *s, int64_t v, int scale)
{
    int64_t min = json_field_min(s->f), max = json_field_max(s->f);
    if (v >= min && v <= max)
        return true;
    char limit[DECIMAL_TEXT_MAX];
    decimal_format(v < min ? min : max, scale, 0, limit);
    if (v < min)
        REFUSE(s, "too_small", "Write a number of at least %s.", limit);
    else
        REFUSE(s, "too_large", "Write a number of at most %s.", limit);
    return false;
}

/* -?digits and nothing else; OK, ERR_DECIMAL_SYNTAX or ERR_OVERFLOW. */
static err parse_integer(const char *text, int64_t *ret)
{
    const char *digits = text + (text[0] == '-');
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return ERR_DECIMAL_SYNTAX;
    errno = 0;
    int64_t v = strtoll(text, NULL, 10);
    if (errno == ERANGE)
        return ERR_OVERFLOW;
    *ret = v;
    return OK;
}

static void take_integer(const struct slot *s, struct json_input in)
{
    int64_t v = 0;
    err e = ERR_DECIMAL_SYNTAX;
    if (in.json == NULL) {
        e = parse_integer(in.text, &v);
    } else if (json_is_integer(in.json)) {
        v = json_integer_value(in.json);
        e = OK;
    } else if (json_is_real(in.json) && is_huge(in.json)) {
        e = ERR_OVERFLOW;
    }
    if (e == ERR_OVERFLOW || (e == OK && v == NIL64))
        refuse_overflow(s);
    else if (e != OK)
        REFUSE(s, "type", "Write a whole number, e.g. 12.");
    else if (range_fits(s, v, 0))
        *(int64_t *)s->target = v;
}

static void refuse_decimal(const struct slot *s, err e)
{
    if (e == ERR_OVERFLOW)
        refuse_overflow(s);
    else if (e == ERR_DECIMAL_SCALE)
        REFUSE(s, "decimal_scale", "Write at most %d decimals.", json_field_scale(s->f));
    else
        REFUSE(s, "decimal_syntax", "Write digits and at most one dot, e.g. \"12.50\".");
}

static err decimal_from_text(const struct slot *s, const char *text, int64_t *ret)
{
    int64_t v, unit = 1;
    TRY(decimal_parse(text, DECIMAL_SCALE, &v));
    for (int i = json_field_scale(s->f); i < DECIMAL_SCALE; i++)
        unit *= 10;
    if (v % unit != 0)
        return ERR_DECIMAL_SCALE;
    *ret = v;
    return OK;
}

static err decimal_from_integer(int64_t whole, int64_t *ret)
{
    int64_t v;
    if (__builtin_mul_overflow(whole, DECIMAL_ONE, &v))
        return ERR_OVERFLOW;
    *ret = v;
    return OK;
}

static void take_decimal(const struct slot *s, struct json_input in)
{
    int64_t v = 0;
    err e = OK;
    if (in.text != NULL) {
        e = decimal_from_text(s, in.text, &v);
    } else if (json_is_integer(in.json)) {
        e = decimal_from_integer(json_integer_value(in.json), &v);
    } else if (json_is_real(in.json) && is_huge(in.json)) {
        e = ERR_OVERFLOW;
    } else if (json_is_real(in.json)) {
        REFUSE(s, "real_refused", "Write exact numbers as strings, e.g. \"12.50\".");
        return;
    } else {
        REFUSE(s, "type", "Write a number as a string, e.g. \"12.50\".");
        return;
    }
    if (e != OK)
        refuse_decimal(s, e);
    else if (range_fits(s, v, DECIMAL_SCALE))
        *(int64_t *)s->target = v;
}

static void take_boolean(const struct slot *s, struct json_input in)
{
    bool yes = in.json != NULL ? json_is_true(in.json) : strcmp(in.text, "true") == 0;
    bool no = in.json != NULL ? json_is_false(in.json) : strcmp(in.text, "false") == 0;
    if (!yes && !no)
        REFUSE(s, "type", "Write true or false.");
    else
        *(bool *)s->target = yes;
}

static void take_date(const struct slot *s, struct json_input in)
{
    if (is_text(s, in, "\"2026-01-31\"") && date_parse(in.text, s->target) != OK)
        REFUSE(s, "not_a_date", "Write a calendar date as YYYY-MM-DD, e.g. \"2026-01-31\".");
}

static void take_instant(const struct slot *s, struct json_input in)
{
    if (is_text(s, in, "\"2026-01-31T09:30:00Z\"") && instant_parse(in.text, s->target) != OK)
        REFUSE(s, "not_an_instant",
               "Write an RFC 3339 instant with its offset, e.g. \"2026-01-31T09:30:00Z\".");
}

static void take_currency(const struct slot *s, struct json_input in)
{
    if (!is_text(s, in, "\"EUR\""))
        return;
    if (currency_exponent(in.text) < 0)
        REFUSE(s, "not_a_currency", "Write an ISO 4217 code, e.g. \"EUR\".");
    else
        *(const char **)s->target = arena_strndup(s->d->arena, in.text, in.len);
}

static bool metadata_member_fits(const struct slot *s, const char *name, const json_t *value)
{
    struct json_path at = {.up = s->path, .name = name};
    struct slot member = {.d = s->d, .path = &at};
    size_t before = s->d->faults;
    size_t n = utf8_characters(name, strlen(name));
    if (n < 1)
        REFUSE(&member, "too_short", "Give the entry a name.");
    else if (n > JSON_METADATA_NAME_MAX)
        REFUSE(&member, "too_long", "Write a name of at most %d characters.",
               JSON_METADATA_NAME_MAX);
    if (!json_is_string(value))
        REFUSE(&member, "type", "Write a string; metadata holds only strings.");
    else if (utf8_characters(json_string_value(value), json_string_length(value)) >
             JSON_METADATA_VALUE_MAX)
        REFUSE(&member, "too_long", "Write at most %d characters.", JSON_METADATA_VALUE_MAX);
    return s->d->faults == before;
}

static void put_metadata(struct buf *out, const json_t *object)
{
    const char *name, *separator = "{";
    json_t *value;
    json_object_foreach ((json_t *)object, name, value) {
        buf_str(out, separator);
        buf_json(out, name);
        buf_char(out, ':');
        buf_json(out, json_string_value(value));
        separator = ",";
    }
    buf_str(out, json_object_size(object) == 0 ? "{}" : "}");
}

static void take_metadata(const struct slot *s, struct json_input in)
{
    if (!json_is_object(in.json)) {
        REFUSE(s, "type", "Write an object of strings, e.g. {\"color\": \"red\"}.");
        return;
    }
    if (json_object_size(in.json) > JSON_METADATA_MEMBERS) {
        REFUSE(s, "too_many", "Write at most %d entries.", JSON_METADATA_MEMBERS);
        return;
    }
    bool fits = true;
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)in.json, name, value)
        fits = metadata_member_fits(s, name, value) && fits;
    if (!fits)
        return;
    struct buf out;
    /* Escaping makes at most six bytes of one. */
    size_t max = (size_t)JSON_METADATA_MEMBERS *
                 (6 * 4 * (JSON_METADATA_NAME_MAX + JSON_METADATA_VALUE_MAX) + 8);
    buf_init(&out, s->d->arena, 256, max);
    put_metadata(&out, in.json);
    assert(!out.over);
    *(const char **)s->target = out.p;
}

static const char *take_item(const struct slot *s, const char *text, size_t len)
{
    const char *own = arena_strndup(s->d->arena, text, len);
    if (s->f->choices == NULL)
        return length_fits(s, text, len) ? own : NULL;
    const char *choice = find_choice(s->f->choices, own);
    if (choice == NULL)
        refuse_choice(s);
    return choice;
}

static bool count_fits(const struct slot *s, size_t n)
{
    if (n > JSON_STRINGS_MAX)
        REFUSE(s, "too_many", "Write at most %d items.", JSON_STRINGS_MAX);
    return n <= JSON_STRINGS_MAX;
}

static void take_array(const struct slot *s, const json_t *array)
{
    size_t n = json_array_size(array);
    if (!count_fits(s, n))
        return;
    struct string_list list = {.v = ARENA_ARRAY(s->d->arena, const char *, n), .n = n};
    for (size_t i = 0; i < n; i++) {
        struct json_path at = {.up = s->path, .index = i};
        struct slot item = {.d = s->d, .f = s->f, .path = &at};
        const json_t *json = json_array_get(array, i);
        if (json_is_string(json))
            list.v[i] = take_item(&item, json_string_value(json), json_string_length(json));
        else
            REFUSE(&item, "type", "Write a string.");
    }
    *(struct string_list *)s->target = list;
}

static void take_comma_list(const struct slot *s, const char *text)
{
    size_t n = text[0] == '\0' ? 0 : 1;
    for (const char *c = text; *c != '\0'; c++)
        n += *c == ',';
    if (!count_fits(s, n))
        return;
    struct string_list list = {.v = ARENA_ARRAY(s->d->arena, const char *, n), .n = n};
    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(text, ",");
        list.v[i] = take_item(s, text, len);
        text += len + 1;
    }
    *(struct string_list *)s->target = list;
}

static void take_strings(const struct slot *s, struct json_input in)
{
    if (in.json == NULL)
        take_comma_list(s, in.text);
    else if (json_is_array(in.json))
        take_array(s, in.json);
    else
        REFUSE(s, "type", "Write an array of strings.");
}

void decoder_scalar(struct decoder *d, const struct json_field *f, struct json_input in,
                    void *target, const struct json_path *path)
{
    static void (*const take[])(const struct slot *, struct json_input) = {
        [JSON_KIND_string] = take_string,
        [JSON_KIND_choice] = take_choice,
        [JSON_KIND_id] = take_id,
        [JSON_KIND_integer] = take_integer,
        [JSON_KIND_decimal] = take_decimal,
        [JSON_KIND_price] = take_decimal,
        [JSON_KIND_boolean] = take_boolean,
        [JSON_KIND_date] = take_date,
        [JSON_KIND_instant] = take_instant,
        [JSON_KIND_currency] = take_currency,
        [JSON_KIND_metadata] = take_metadata,
        [JSON_KIND_strings] = take_strings,
    };
    assert((size_t)f->kind < COUNT_OF(take) && take[f->kind] != NULL);
    struct slot s = {.d = d, .f = f, .path = path, .target = target};
    take[f->kind](&s, in);
}
