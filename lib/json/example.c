/* An example value for each declaration, valid by its own rules. */
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/base/money.h"
#include "lib/json/internal.h"
#include "lib/json/schema.h"
#include <string.h>

/* Declarations that nest themselves end here. */
#define EXAMPLE_DEPTH_MAX 8
#define EXAMPLE_ID INT64_C(402784000000000000) /* made in January 2026 */

static void put_example(struct buf *out, const struct json_type *type, enum json_direction dir,
                        const char *currency, int depth);

/* "string", repeated or cut to fit the limits. */
static void put_text(struct buf *out, const struct json_field *f)
{
    static const char word[] = "example ";
    int64_t n = (int64_t)strlen("example");
    n = n < json_field_min(f) ? json_field_min(f) : n;
    n = n > json_field_max(f) ? json_field_max(f) : n;
    buf_char(out, '"');
    for (int64_t i = 0; i < n; i++)
        buf_char(out, word[(size_t)i % strlen(word)]);
    buf_char(out, '"');
}

static int64_t within(const struct json_field *f, int64_t v)
{
    v = v < json_field_min(f) ? json_field_min(f) : v;
    return v > json_field_max(f) ? json_field_max(f) : v;
}

static void put_decimal(struct buf *out, const struct json_field *f, int min_decimals)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(within(f, DECIMAL_ONE), DECIMAL_SCALE, min_decimals, text);
    buf_printf(out, "\"%s\"", text);
}

static void put_money(struct buf *out, const char *currency)
{
    char text[DECIMAL_TEXT_MAX];
    int exponent = currency_exponent(currency);
    decimal_format(11900, exponent, exponent, text);
    buf_printf(out, "\"%s\"", text);
}

static void put_id(struct buf *out, const struct json_field *f)
{
    char text[ID_TEXT_MAX];
    id_format(f->prefix, EXAMPLE_ID, text);
    buf_printf(out, "\"%s\"", text);
}

static void put_strings(struct buf *out, const struct json_field *f)
{
    buf_char(out, '[');
    if (f->choices != NULL)
        buf_json(out, f->choices[0]);
    else
        put_text(out, f);
    buf_char(out, ']');
}

static void put_list(struct buf *out, const struct json_field *f, enum json_direction dir,
                     const char *currency, int depth)
{
    int64_t n = json_field_min(f) > 1 ? json_field_min(f) : 1;
    buf_char(out, '[');
    for (int64_t i = 0; i < n; i++) {
        buf_str(out, i > 0 ? "," : "");
        put_example(out, f->type, dir, currency, depth + 1);
    }
    buf_char(out, ']');
}

/* Kinds whose example is a constant, else NULL. */
static const char *constant(enum json_kind kind)
{
    static const char *const texts[] = {
        [JSON_KIND_boolean] = "true",
        [JSON_KIND_date] = "\"2026-01-31\"",
        [JSON_KIND_instant] = "\"2026-01-31T09:30:00.000Z\"",
        [JSON_KIND_currency] = "\"EUR\"",
        [JSON_KIND_metadata] = "{\"key\":\"value\"}",
        [JSON_KIND_raw] = "{}",
    };
    return (size_t)kind < COUNT_OF(texts) ? texts[kind] : NULL;
}

static void put_value(struct buf *out, const struct json_field *f, enum json_direction dir,
                      const char *currency, int depth)
{
    const char *text = f->example != NULL ? f->example : constant(f->kind);
    if (text != NULL)
        buf_str(out, text);
    else if (f->kind == JSON_KIND_string)
        put_text(out, f);
    else if (f->kind == JSON_KIND_choice)
        buf_json(out, f->choices[0]);
    else if (f->kind == JSON_KIND_id)
        put_id(out, f);
    else if (f->kind == JSON_KIND_integer)
        buf_i64(out, within(f, 1));
    else if (f->kind == JSON_KIND_money)
        put_money(out, currency);
    else if (f->kind == JSON_KIND_strings)
        put_strings(out, f);
    else if (f->kind == JSON_KIND_object && depth >= EXAMPLE_DEPTH_MAX)
        buf_str(out, "null");
    else if (f->kind == JSON_KIND_object)
        put_example(out, f->type, dir, currency, depth + 1);
    else if (f->kind == JSON_KIND_list && depth >= EXAMPLE_DEPTH_MAX)
        buf_str(out, "[]");
    else if (f->kind == JSON_KIND_list)
        put_list(out, f, dir, currency, depth);
    else
        put_decimal(out, f, f->kind == JSON_KIND_price ? 2 : 0);
}

/* The code in the declared example of the type's currency member ("\"JPY\"" names the yen). */
static const char *currency_of(struct arena *a, const struct json_type *type, const char *outside)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct json_field *f = &type->fields[i];
        if (f->kind != JSON_KIND_currency)
            continue;
        return f->example != NULL && strlen(f->example) == 5 ? arena_strndup(a, f->example + 1, 3)
                                                             : "EUR";
    }
    return outside;
}

static void put_example(struct buf *out, const struct json_type *type, enum json_direction dir,
                        const char *currency, int depth)
{
    const char *separator = "";
    currency = currency_of(out->arena, type, currency);
    buf_char(out, '{');
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct json_field *f = &type->fields[i];
        if (dir == JSON_INPUT && json_encode_only(f))
            continue;
        buf_printf(out, "%s\"%s\":", separator, f->name);
        put_value(out, f, dir, currency, depth);
        separator = ",";
    }
    buf_char(out, '}');
}

void json_example(struct buf *out, const struct json_type *type, enum json_direction dir)
{
    put_example(out, type, dir, "EUR", 0);
}
