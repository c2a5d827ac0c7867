/* Structs into JSON text by their declarations, straight into a buffer. */
#include "lib/json/encode.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/base/money.h"
#include "lib/json/internal.h"
#include <assert.h>
#include <string.h>

#define PRICE_MIN_DECIMALS 2

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

/* text has room for a quote before and behind its len characters, which begin at text + 1. */
static void put_quoted(struct buf *out, char *text, size_t len)
{
    text[0] = text[len + 1] = '"';
    buf_put(out, text, len + 2);
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
    char text[ID_TEXT_MAX + 1];
    assert(m->f->prefix != NULL);
    put_quoted(m->out, text, id_format(m->f->prefix, number_at(m), text + 1));
}

static void put_integer(const struct member *m)
{
    buf_i64(m->out, number_at(m));
}

static void put_fixed(struct buf *out, int64_t v, int scale, int min_decimals)
{
    char text[DECIMAL_TEXT_MAX + 1];
    put_quoted(out, text, decimal_format(v, scale, min_decimals, text + 1));
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
    char text[DATE_TEXT + 1];
    date_format(*(const int32_t *)m->at, text + 1);
    put_quoted(m->out, text, DATE_TEXT - 1);
}

static void put_instant(const struct member *m)
{
    char text[INSTANT_TEXT + 1];
    instant_format(number_at(m), text + 1);
    put_quoted(m->out, text, strlen(text + 1));
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

bool json_is_absent(const struct json_field *f, const void *at)
{
    switch (kinds[f->kind].absent) {
    case ABSENT_NULL:
        return *(const void *const *)at == NULL;
    case ABSENT_NIL64:
        return *(const int64_t *)at == NIL64;
    case ABSENT_NIL32:
        return *(const int32_t *)at == NIL32;
    case ABSENT_FALSE:
        return !*(const bool *)at;
    case ABSENT_EMPTY:
        return ((const struct any_list *)at)->n == 0;
    }
    return false;
}

void json_encode_member(struct buf *out, const struct json_field *f, const void *at,
                        const char *currency)
{
    struct member m = {.out = out, .f = f, .at = at, .currency = currency};
    enum absent absent = kinds[f->kind].absent;
    if (absent != ABSENT_FALSE && absent != ABSENT_EMPTY && json_is_absent(f, at))
        buf_put(out, "null", 4);
    else
        kinds[f->kind].put(&m);
}

const char *json_currency_of(const struct json_type *type, const void *value, const char *outside)
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
    currency = json_currency_of(type, value, currency);
    bool first = true;
    buf_char(out, '{');
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct json_field *f = &type->fields[i];
        const void *at = (const char *)value + f->offset;
        if (f->omit_absent && json_is_absent(f, at))
            continue;
        buf_put(out, f->key + first, f->key_len - first); /* the first without its comma */
        first = false;
        json_encode_member(out, f, at, currency);
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
