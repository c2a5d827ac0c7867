/* Types with every kind, and helpers, for the tests of lib/json. Included once per program. */
#pragma once
#include "lib/base/arena.h"
#include "lib/base/problem.h"
#include "lib/json/decode.h"
#include "lib/json/encode.h"
#include "lib/json/spec.h"
#include <stdio.h>
#include <string.h>

static const char *const sample_colors[] = {"red", "green", "light_blue", NULL};

#define SAMPLE_POINT_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, integer, x, .required = true, .min = -10, .max = 10, .doc = "Across.")                \
    VALUE(T, integer, y, .doc = "Up.")

#define SAMPLE_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, sku, .required = true, .min = 1, .max = 40, .doc = "The article.")            \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .doc = "How many.")                    \
    VALUE(T, price, unit_price, .doc = "For one.")                                                 \
    VALUE(T, decimal, percent, .min = -100 * DECIMAL_ONE, .max = 100 * DECIMAL_ONE, .scale = 2)    \
    OBJECT(T, sample_point, place, .doc = "Where.")

#define SAMPLE_FIELDS(T, VALUE, OBJECT, LIST)                                                      \
    VALUE(T, string, name, .required = true, .min = 1, .max = 10, .doc = "A \"name\".")            \
    VALUE(T, string, note, )                                                                       \
    VALUE(T, choice, color, .choices = sample_colors)                                              \
    VALUE(T, id, owner, .prefix = "own")                                                           \
    VALUE(T, integer, count, .min = 1, .max = 1000)                                                \
    VALUE(T, integer, level, .min = INT64_MIN)                                                     \
    VALUE(T, decimal, weight, )                                                                    \
    VALUE(T, decimal, pieces, .scale = -1, .max = 500 * DECIMAL_ONE)                               \
    VALUE(T, price, cost, .scale = 4)                                                              \
    VALUE(T, boolean, active, )                                                                    \
    VALUE(T, date, due, )                                                                          \
    VALUE(T, instant, seen_at, )                                                                   \
    VALUE(T, currency, currency, )                                                                 \
    VALUE(T, metadata, metadata, )                                                                 \
    VALUE(T, strings, tags, .max = 5)                                                              \
    VALUE(T, strings, colors, .choices = sample_colors)                                            \
    OBJECT(T, sample_point, origin, .doc = "The start.")                                           \
    LIST(T, sample_line, lines, .min = 0, .max = 10000, .doc = "The lines.")                       \
    LIST(T, sample_point, corners, .min = 2, .max = 4)

JSON_STRUCT(sample_point, SAMPLE_POINT_FIELDS);
JSON_STRUCT(sample_line, SAMPLE_LINE_FIELDS);
JSON_STRUCT(sample, SAMPLE_FIELDS);
JSON_TYPE(sample_point, SAMPLE_POINT_FIELDS, .doc = "A point.");
JSON_TYPE(sample_line, SAMPLE_LINE_FIELDS, .doc = "A line.");
JSON_TYPE(sample, SAMPLE_FIELDS, .doc = "One of everything.");

/* What one decoding yields. */
struct sample_result {
    struct sample value;
    struct json_refs refs;
    const char *canonical;
    struct problem problem;
    err code;
};

static inline struct sample_result sample_decode_bytes(struct arena *a, const char *text,
                                                       size_t len)
{
    struct sample_result r;
    memset(&r, 0, sizeof r);
    problem_init(&r.problem, a);
    r.code = json_decode(a, &sample_type, text, len, &r.value, NULL, &r.canonical, &r.problem);
    return r;
}

static inline struct sample_result sample_decode(struct arena *a, const char *text)
{
    return sample_decode_bytes(a, text, strlen(text));
}

/* "pointer code" of each fault, separated by commas. */
static inline const char *sample_faults(struct arena *a, const struct problem *p)
{
    const char *all = "";
    for (size_t i = 0; i < p->n_faults; i++)
        all = arena_printf(a, "%s%s%s %s", all, i > 0 ? ", " : "", p->faults[i].pointer,
                           p->faults[i].code);
    return all;
}

static inline const char *sample_text(struct arena *a, const struct sample *value)
{
    struct buf b;
    buf_init(&b, a, 1024, 64 << 20);
    json_encode(&b, &sample_type, value, NULL);
    return b.over ? "over" : b.p;
}
