/* Money: 64-bit minor units with an ISO 4217 currency. domain.md 2.1. Intermediates have 128 bits,
 * and every function rounds once, at its end. */
#pragma once
#include "lib/base/err.h"
#include "lib/base/value.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Named rounding modes of a document (domain.md 2.1 rule 3). */
enum rounding {
    ROUND_HALF_UP,             /* half away from zero */
    ROUND_HALF_EVEN,           /* half to the even neighbor */
    ROUND_HALF_TOWARD_POSITIVE /* half toward +infinity (XPath round(), EN 16931) */
};
const char *rounding_name(enum rounding r); /* half_up, half_even, half_toward_positive */
err rounding_parse(const char *name, enum rounding *ret) MUST_CHECK; /* ERR_INVALID */

/* Decimals of the currency's minor unit (0, 2, 3, 4), or -1 for a code that ISO 4217 lacks. */
int currency_exponent(const char *code);

/* round(numerator / denominator); denominator > 0. ERR_OVERFLOW when it leaves 64 bits. */
err round_div(__int128 numerator, __int128 denominator, enum rounding mode,
              int64_t *ret) MUST_CHECK;

/* quantity (10^-6) x unit price (major units, 10^-6) in minor units, less discount_percent (10^-6
 * percent; 0 for none), rounded once. ERR_OVERFLOW. */
err money_line_net(int64_t quantity, int64_t unit_price, int64_t discount_percent, int exponent,
                   enum rounding mode, int64_t *ret_minor) MUST_CHECK;
/* amount (minor) x rate (10^-6 percent; 19 % = 19000000), rounded to minor units. */
err money_percent(int64_t minor, int64_t rate, enum rounding mode, int64_t *ret_minor) MUST_CHECK;
/* amount (minor) x part / whole, rounded to minor units; whole != 0. */
err money_share(int64_t minor, int64_t part, int64_t whole, enum rounding mode,
                int64_t *ret_minor) MUST_CHECK;
/* Splits total over weights by largest remainder, ties to the lower index: sum of ret == total
 * exactly. Weights >= 0; all zero: the first takes all. domain.md 2.1 rule 5. */
err money_allocate(int64_t total, const int64_t *weights, size_t n, int64_t *ret) MUST_CHECK;

/* A decimal in major units (10^-6) as minor units. ERR_DECIMAL_SCALE when the currency has fewer
 * decimals than the value uses. NIL64 stays NIL64. */
err money_from_decimal(int64_t decimal, int exponent, int64_t *ret_minor) MUST_CHECK;
err add64(int64_t a, int64_t b, int64_t *ret) MUST_CHECK; /* ERR_OVERFLOW; never yields NIL64 */
