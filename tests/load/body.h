/* Values of request bodies and replies as the API writes them. */
#pragma once
#include <jansson.h>
#include <stdint.h>

json_t *json_date(int32_t date);                               /* "2011-01-31" */
json_t *json_quantity(int64_t v);                              /* 10^-6 */
json_t *json_price(int64_t v);                                 /* 10^-6, at least two decimals */
json_t *json_money(int64_t minor);                             /* two decimals */
json_t *json_ext(const char *id);                              /* "ext:<id>" */
const char *json_text(const json_t *object, const char *name); /* "" when it is not there */
int64_t json_int(const json_t *object, const char *name);      /* 0 when it is not there */
int64_t json_minor(const json_t *object, const char *name);    /* "12.50" as 1250; 0 for null */
int32_t json_day(const json_t *object, const char *name);      /* of a date */
