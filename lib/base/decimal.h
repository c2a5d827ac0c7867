/* Exact decimals of fixed scale in 64 bits: no floating point anywhere. */
#pragma once
#include "lib/base/err.h"
#include "lib/base/value.h"
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_SCALE 6
#define DECIMAL_TEXT_MAX 32

/* Parses -?digits[.digits] (no sign +, exponent, spaces, or leading/trailing dot) into v *
 * 10^-scale. ERR_DECIMAL_SYNTAX, ERR_DECIMAL_SCALE (non-zero digits beyond scale), ERR_OVERFLOW.
 * Never yields NIL64. */
err decimal_parse(const char *s, int scale, int64_t *ret) MUST_CHECK;
/* Writes v * 10^-scale with at least min_decimals decimals and no further trailing zeros.
 * Returns the length. out has DECIMAL_TEXT_MAX bytes. */
size_t decimal_format(int64_t v, int scale, int min_decimals, char *out);
