/* Structs into JSON text by their declarations, straight into a buffer. */
#include "lib/json/encode.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/base/money.h"
#include <assert.h>
#include <string.h>

#define PRICE_MIN_DECIMALS 2

struct any_list {
    void *v;
    size_t n;
};

/* What a member is written with. */
struct member {
    struct buf *out;
    const struct json_field *f;
    const void *at;
    const char *currency; /* in force, may be NULL */
};

static const char *text_at(const struct member *m)
{
    return *(const char *const *)m->at;
}

static int64_t number_at(const struct member *m)
{
    return *(const int64_t *)m->at;
}

static void put_quoted(struct buf *out, const char *ascii)
{
    buf_char(out, '"');
    buf_str(out, ascii);
    buf_char(out, '"');
}

static void put_text(const struct member *m)
{
    buf_json(m->out, text_at(m));
}

static void put_verbatim(const struct member *m)
{
    const char *text = text_at(m);
    buf_str(m->out, text != NULL ? text : "null");
}

static void put_id(const struct member *m)
{
    char text[ID_TEXT_MAX];
    assert(m->f->prefix != NULL);
    id_format(m->f->prefix, number_at(m), text);
    put_quoted(m->out, text);
}

static void put_integer(const struct member *m)
{
    buf_i64(m->out, number_at(m));
}

static void put_fixed(struct buf *out, int64_t v, int scale, int min_decimals)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(v, scale, min_decimals, text);
    put_quoted(out, text);
}

static void put_decimal(const struct member *m)
{
    put_fixed(m->out, number_at(m), DECIMAL_SCALE, 0);
}

static void put_price(const struct member *m)
{
    put_fixed(m->out, number_at(m), DECIMAL_SCALE, PRICE_MIN_DECIMALS);
}

static void put_money(const struct member *m)
{
    assert(m->currency != NULL);
    int exponent = currency_exponent(m->currency);
    assert(exponent >= 0);
    put_fixed(m->out, number_at(m), exponent, exponent);
}

static void put_boolean(const struct member *m)
{
    buf_str(m->out, *(const bool *)m->at ? "true" : "false");
}

static void put_date(const struct member *m)
{
    char text[DATE_TEXT];
    date_format(*(const int32_t *)m->at, text);
    put_quoted(m->out, text);
}

static void put_instant(const struct member *m)
{
    char text[INSTANT_TEXT];
    instant_format(number_at(m), text);
    put_quoted(m->out, text);
}

static void put_strings(const struct member *m)
{
    const struct string_list *list = m->at;
    buf_char(m->out, '[');
    for (size_t i = 0; i < list->n; i++) {
        if (i > 0)
            buf_char(m->out, ',');
        buf_json(m->out, list->v[i]);
    }
    buf_char(m->out, ']');
}

static void put_object(const struct member *m)
{
    json_encode(m->out, m->f->type, *(const void *const *)m->at, m->currency);
}

static void put_list(const struct member *m)
{
    const struct any_list *list = m->at;
    json_encode_list(m->out, m->f->type, list->v, list->n, m->currency);
}

/* How the absent value of a kind looks in memory. */
enum absent { ABSENT_NULL, ABSENT_NIL64, ABSENT_NIL32, ABSENT_FALSE, ABSENT_EMPTY };

static const struct {
    void (*put)(const struct member *);
    enum absent absent;
} kinds[] = {
    [JSON_KIND_string] = {put_text, ABSENT_NULL},
    [JSON_KIND_choice] = {put_text, ABSENT_NULL},
    [JSON_KIND_id] = {put_id, ABSENT_NIL64},
    [JSON_KIND_integer] = {put_integer, ABSENT_NIL64},
    [JSON_KIND_decimal] = {put_decimal, ABSENT_NIL64},
    [JSON_KIND_price] = {put_price, ABSENT_NIL64},
    [JSON_KIND_money] = {put_money, ABSENT_NIL64},
    [JSON_KIND_boolean] = {put_boolean, ABSENT_FALSE},
    [JSON_KIND_date] = {put_date, ABSENT_NIL32},
    [JSON_KIND_instant] = {put_instant, ABSENT_NIL64},
    [JSON_KIND_currency] = {put_text, ABSENT_NULL},
    [JSON_KIND_metadata] = {put_verbatim, ABSENT_NULL},
    [JSON_KIND_raw] = {put_verbatim, ABSENT_NULL},
    [JSON_KIND_strings] = {put_strings, ABSENT_EMPTY},
    [JSON_KIND_object] = {put_object, ABSENT_NULL},
    [JSON_KIND_list] = {put_list, ABSENT_EMPTY},
};

static bool is_absent(const struct member *m)
{
    switch (kinds[m->f->kind].absent) {
    case ABSENT_NULL:
        return *(const void *const *)m->at == NULL;
    case ABSENT_NIL64:
        return number_at(m) == NIL64;
    case ABSENT_NIL32:
        return *(const int32_t *)m->at == NIL32;
    case ABSENT_FALSE:
        return !*(const bool *)m->at;
    case ABSENT_EMPTY:
        /* v before n in struct string_list and in every declared list. */
        return ((const struct any_list *)m->at)->n == 0;
    }
    return false;
}

static bool writes_null(const struct member *m)
{
    enum absent absent = kinds[m->f->kind].absent;
    return absent != ABSENT_FALSE && absent != ABSENT_EMPTY && is_absent(m);
}

/* The struct's own currency, wherever it stands, or the one from outside. */
static const char *currency_of(const struct json_type *type, const void *value, const char *outside)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (type->fields[i].kind != JSON_KIND_currency)
            continue;
        const char *own = *(const char *const *)((const char *)value + type->fields[i].offset);
        if (own != NULL)
            return own;
    }
    return outside;
}

void json_encode(struct buf *out, const struct json_type *type, const void *value,
                 const char *currency)
{
    struct member m = {.out = out, .currency = currency_of(type, value, currency)};
    bool first = true;
    buf_char(out, '{');
    for (size_t i = 0; i < type->n_fields; i++) {
        m.f = &type->fields[i];
        m.at = (const char *)value + m.f->offset;
        if (m.f->omit_absent && is_absent(&m))
            continue;
        buf_str(out, first ? "\"" : ",\"");
        first = false;
        buf_str(out, m.f->name);
        buf_put(out, "\":", 2);
        if (writes_null(&m))
            buf_put(out, "null", 4);
        else
            kinds[m.f->kind].put(&m);
    }
    buf_char(out, '}');
}

void json_encode_list(struct buf *out, const struct json_type *type, const void *v, size_t n,
                      const char *currency)
{
    buf_char(out, '[');
    for (size_t i = 0; i < n && !out->over; i++) {
        if (i > 0)
            buf_char(out, ',');
        json_encode(out, type, (const char *)v + i * type->size, currency);
    }
    buf_char(out, ']');
}
