/* The value conventions shared by JSON structs and SQL rows.
 *
 *   text      const char *, UTF-8, NULL = absent
 *   integers  int64_t, NIL64 = absent
 *   decimal   int64_t in millionths (10^-6): quantities, unit prices, percent rates; NIL64 = absent
 *   money     int64_t in minor units of the currency beside it; NIL64 = absent
 *   date      int32_t, days since 1970-01-01 (a civil date); NIL32 = absent
 *   instant   int64_t, microseconds since 1970-01-01T00:00:00Z; NIL64 = absent
 *   id        int64_t, see id.h; NIL64 = absent
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NIL64 INT64_MIN
#define NIL32 INT32_MIN
#define DECIMAL_ONE INT64_C(1000000)
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct bytes {
    const unsigned char *p; /* NULL = absent */
    size_t len;
};

struct string_list {
    const char **v;
    size_t n;
};
