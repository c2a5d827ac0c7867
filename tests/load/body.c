/* Builds and reads the values of JSON bodies. */
#include "tests/load/body.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "tests/load/say.h"
#include <stdio.h>

json_t *json_date(int32_t date)
{
    char text[DATE_TEXT];
    date_format(date, text);
    return json_string(text);
}

static json_t *fixed(int64_t v, int scale, int min_decimals)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(v, scale, min_decimals, text);
    return json_string(text);
}

json_t *json_quantity(int64_t v)
{
    return fixed(v, DECIMAL_SCALE, 0);
}

json_t *json_price(int64_t v)
{
    return fixed(v, DECIMAL_SCALE, 2);
}

json_t *json_money(int64_t minor)
{
    return fixed(minor, 2, 2);
}

json_t *json_ext(const char *id)
{
    return json_sprintf("ext:%s", id);
}

const char *json_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t json_int(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

int64_t json_minor(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    int64_t minor = 0;
    if (value == NULL)
        die("the reply has no member %s", name);
    if (!json_is_null(value) && decimal_parse(json_text(object, name), 2, &minor) != OK)
        die("%s is no amount: %s", name, json_text(object, name));
    return minor;
}

int32_t json_day(const json_t *object, const char *name)
{
    int32_t date;
    if (date_parse(json_text(object, name), &date) != OK)
        die("%s is no date: %s", name, json_text(object, name));
    return date;
}
