/* Declarations as JSON Schema and as OpenAPI parameters. */
#include "lib/json/schema.h"
#include "lib/base/decimal.h"
#include "lib/json/internal.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define ID_PATTERN "[0-7][0-9a-hjkmnp-tv-z]{12}"
#define TYPES_MAX 256

/* Members are separated by a comma before each but the first. */
struct writer {
    struct buf *out;
    const struct json_field *f;
    enum json_direction dir;
    bool nullable;
    bool first;
};

static void key(struct writer *w, const char *name)
{
    buf_printf(w->out, "%s\"%s\":", w->first ? "" : ",", name);
    w->first = false;
}

static void put_key_text(struct writer *w, const char *name, const char *text)
{
    key(w, name);
    buf_json(w->out, text);
}

static void put_key_number(struct writer *w, const char *name, int64_t v)
{
    key(w, name);
    buf_i64(w->out, v);
}

static void put_type(struct writer *w, const char *type)
{
    key(w, "type");
    buf_printf(w->out, w->nullable ? "[\"%s\",\"null\"]" : "\"%s\"", type);
}

static bool is_input(const struct writer *w)
{
    return w->dir == JSON_INPUT;
}

static void describe_string(struct writer *w)
{
    put_type(w, "string");
    if (is_input(w) && json_field_min(w->f) > 0)
        put_key_number(w, "minLength", json_field_min(w->f));
    if (is_input(w) || w->f->max != 0)
        put_key_number(w, "maxLength", json_field_max(w->f));
}

static void put_enum(struct writer *w, bool nullable)
{
    key(w, "enum");
    buf_char(w->out, '[');
    for (const char *const *c = w->f->choices; *c != NULL; c++) {
        buf_str(w->out, c == w->f->choices ? "" : ",");
        buf_json(w->out, *c);
    }
    buf_str(w->out, nullable ? ",null]" : "]");
}

static void describe_choice(struct writer *w)
{
    put_type(w, "string");
    put_enum(w, w->nullable);
}

static void describe_id(struct writer *w)
{
    put_type(w, "string");
    key(w, "pattern");
    buf_printf(w->out, is_input(w) ? "\"^(%s_" ID_PATTERN "|ext:.+)$\"" : "\"^%s_" ID_PATTERN "$\"",
               w->f->prefix);
}

static void describe_integer(struct writer *w)
{
    put_type(w, "integer");
    if (!is_input(w)) {
        put_key_text(w, "format", "int64");
        return;
    }
    put_key_number(w, "minimum", json_field_min(w->f));
    put_key_number(w, "maximum", json_field_max(w->f));
}

static void put_decimal_pattern(struct writer *w)
{
    int scale = json_field_scale(w->f);
    const char *sign = is_input(w) && json_field_min(w->f) >= 0 ? "" : "-?";
    key(w, "pattern");
    if (scale == 0)
        buf_printf(w->out, "\"^%s[0-9]{1,12}$\"", sign);
    else
        buf_printf(w->out, "\"^%s[0-9]{1,12}(\\\\.[0-9]{1,%d})?$\"", sign, scale);
}

static void describe_decimal(struct writer *w)
{
    if (is_input(w)) {
        key(w, "type");
        buf_str(w->out,
                w->nullable ? "[\"string\",\"integer\",\"null\"]" : "[\"string\",\"integer\"]");
    } else {
        put_type(w, "string");
    }
    put_decimal_pattern(w);
    if (!is_input(w))
        return;
    /* For the integer form only: JSON Schema cannot limit a number in a string. */
    int64_t min = json_field_min(w->f), max = json_field_max(w->f);
    put_key_number(w, "minimum", min / DECIMAL_ONE + (min > 0 && min % DECIMAL_ONE != 0));
    put_key_number(w, "maximum", max / DECIMAL_ONE - (max < 0 && max % DECIMAL_ONE != 0));
}

static void describe_money(struct writer *w)
{
    put_type(w, "string");
    put_key_text(w, "pattern", "^-?[0-9]+(\\.[0-9]+)?$");
}

static void describe_boolean(struct writer *w)
{
    put_type(w, "boolean");
    if (w->f->default_true && is_input(w)) {
        key(w, "default");
        buf_str(w->out, "true");
    }
}

static void describe_date(struct writer *w)
{
    put_type(w, "string");
    put_key_text(w, "format", "date");
}

static void describe_instant(struct writer *w)
{
    put_type(w, "string");
    put_key_text(w, "format", "date-time");
}

static void describe_currency(struct writer *w)
{
    put_type(w, "string");
    put_key_text(w, "pattern", "^[A-Z]{3}$");
}

static void describe_metadata(struct writer *w)
{
    put_type(w, "object");
    put_key_number(w, "maxProperties", JSON_METADATA_MEMBERS);
    key(w, "propertyNames");
    buf_printf(w->out, "{\"minLength\":1,\"maxLength\":%d}", JSON_METADATA_NAME_MAX);
    key(w, "additionalProperties");
    buf_printf(w->out, "{\"type\":\"string\",\"maxLength\":%d}", JSON_METADATA_VALUE_MAX);
}

static void describe_strings(struct writer *w)
{
    put_type(w, "array");
    key(w, "items");
    struct writer item = *w;
    item.first = true;
    item.nullable = false;
    buf_char(w->out, '{');
    if (w->f->choices != NULL)
        describe_choice(&item);
    else
        describe_string(&item);
    buf_char(w->out, '}');
    if (is_input(w))
        put_key_number(w, "maxItems", JSON_STRINGS_MAX);
}

static void put_reference(struct writer *w)
{
    buf_printf(w->out, "{\"$ref\":\"#/components/schemas/%s\"}", w->f->type->name);
}

static void describe_object(struct writer *w)
{
    if (!w->nullable) {
        put_key_text(w, "$ref",
                     arena_printf(w->out->arena, "#/components/schemas/%s", w->f->type->name));
        return;
    }
    key(w, "anyOf");
    buf_char(w->out, '[');
    put_reference(w);
    buf_str(w->out, ",{\"type\":\"null\"}]");
}

static void describe_list(struct writer *w)
{
    put_type(w, "array");
    key(w, "items");
    put_reference(w);
    if (is_input(w) && json_field_min(w->f) > 0)
        put_key_number(w, "minItems", json_field_min(w->f));
    if (is_input(w))
        put_key_number(w, "maxItems", json_field_max(w->f));
}

/* Any JSON, so no keyword; or a list that is kept as text. */
static void describe_raw(struct writer *w)
{
    if (w->f->type != NULL)
        describe_list(w);
}

static void put_limits_note(struct buf *note, const struct json_field *f)
{
    char text[DECIMAL_TEXT_MAX];
    if (f->min != 0) {
        decimal_format(json_field_min(f), DECIMAL_SCALE, 0, text);
        buf_printf(note, "%sAt least %s.", note->len > 0 ? " " : "", text);
    }
    if (f->max != 0) {
        decimal_format(f->max, DECIMAL_SCALE, 0, text);
        buf_printf(note, "%sAt most %s.", note->len > 0 ? " " : "", text);
    }
}

static void put_description(struct writer *w)
{
    struct buf note;
    buf_init(&note, w->out->arena, 128, 4096);
    buf_str(&note, w->f->doc != NULL ? w->f->doc : "");
    if (is_input(w) && (w->f->kind == JSON_KIND_decimal || w->f->kind == JSON_KIND_price))
        put_limits_note(&note, w->f);
    if (note.len > 0)
        put_key_text(w, "description", note.p);
}

static void put_field(struct buf *out, const struct json_field *f, enum json_direction dir,
                      bool nullable)
{
    static void (*const describe[])(struct writer *) = {
        [JSON_KIND_string] = describe_string,
        [JSON_KIND_choice] = describe_choice,
        [JSON_KIND_id] = describe_id,
        [JSON_KIND_integer] = describe_integer,
        [JSON_KIND_decimal] = describe_decimal,
        [JSON_KIND_price] = describe_decimal,
        [JSON_KIND_money] = describe_money,
        [JSON_KIND_boolean] = describe_boolean,
        [JSON_KIND_date] = describe_date,
        [JSON_KIND_instant] = describe_instant,
        [JSON_KIND_currency] = describe_currency,
        [JSON_KIND_metadata] = describe_metadata,
        [JSON_KIND_raw] = describe_raw,
        [JSON_KIND_strings] = describe_strings,
        [JSON_KIND_object] = describe_object,
        [JSON_KIND_list] = describe_list,
    };
    struct writer w = {.out = out, .f = f, .dir = dir, .nullable = nullable, .first = true};
    buf_char(out, '{');
    describe[f->kind](&w);
    put_description(&w);
    if (f->example != NULL) {
        key(&w, "examples");
        buf_printf(out, "[%s]", f->example);
    }
    buf_char(out, '}');
}

static bool travels(const struct json_field *f, enum json_direction dir)
{
    return dir == JSON_OUTPUT || !json_encode_only(f);
}

static bool may_be_null(const struct json_field *f, enum json_direction dir)
{
    if (dir == JSON_INPUT)
        return !f->required;
    bool never = f->kind == JSON_KIND_boolean || f->kind == JSON_KIND_strings ||
                 f->kind == JSON_KIND_list;
    return !never && !f->required && !f->omit_absent;
}

static bool always_there(const struct json_field *f, enum json_direction dir)
{
    return dir == JSON_INPUT ? f->required : !f->omit_absent;
}

static void put_required(struct writer *w, const struct json_type *type)
{
    const char *separator = "[";
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct json_field *f = &type->fields[i];
        if (!travels(f, w->dir) || !always_there(f, w->dir))
            continue;
        if (separator[0] == '[')
            key(w, "required");
        buf_printf(w->out, "%s\"%s\"", separator, f->name);
        separator = ",";
    }
    if (separator[0] == ',')
        buf_char(w->out, ']');
}

void json_schema(struct buf *out, const struct json_type *type, enum json_direction dir)
{
    struct writer w = {.out = out, .dir = dir, .first = true};
    buf_char(out, '{');
    put_type(&w, "object");
    if (type->doc != NULL)
        put_key_text(&w, "description", type->doc);
    key(&w, "properties");
    struct writer members = {.out = out, .first = true};
    buf_char(out, '{');
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct json_field *f = &type->fields[i];
        if (!travels(f, dir))
            continue;
        key(&members, f->name);
        put_field(out, f, dir, may_be_null(f, dir));
    }
    buf_char(out, '}');
    put_required(&w, type);
    if (dir == JSON_INPUT) {
        key(&w, "additionalProperties");
        buf_str(out, "false");
    }
    buf_char(out, '}');
}

void json_schema_parameters(struct buf *out, const struct json_type *type)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct json_field *f = &type->fields[i];
        if (i > 0)
            buf_char(out, ',');
        struct writer w = {.out = out, .f = f, .first = true};
        buf_char(out, '{');
        put_key_text(&w, "name", f->name);
        put_key_text(&w, "in", "query");
        key(&w, "required");
        buf_str(out, f->required ? "true" : "false");
        if (f->doc != NULL)
            put_key_text(&w, "description", f->doc);
        if (f->kind == JSON_KIND_strings)
            buf_str(out, ",\"style\":\"form\",\"explode\":false");
        key(&w, "schema");
        struct json_field undescribed = *f; /* the parameter has the description already */
        undescribed.doc = NULL;
        put_field(out, &undescribed, JSON_INPUT, false);
        buf_char(out, '}');
    }
}

struct visited {
    const struct json_type *v[TYPES_MAX];
    size_t n;
};

static void visit(struct visited *seen, const struct json_type *type,
                  void (*fn)(const struct json_type *, void *), void *arg)
{
    for (size_t i = 0; i < seen->n; i++)
        if (seen->v[i] == type)
            return;
    assert(seen->n < TYPES_MAX);
    seen->v[seen->n++] = type;
    fn(type, arg);
    for (size_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].type != NULL)
            visit(seen, type->fields[i].type, fn, arg);
}

void json_types_visit(const struct json_type *type, void (*fn)(const struct json_type *, void *),
                      void *arg)
{
    struct visited seen = {.n = 0};
    visit(&seen, type, fn, arg);
}
