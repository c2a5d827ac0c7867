/* Decimals as scaled integers, to and from text. */
#include "lib/base/decimal.h"
#include <assert.h>
#include <stdbool.h>

#define SCALE_MAX 18

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *s)
{
    while (is_digit(*s))
        s++;
    return s;
}

/* True when s is digits[.digits] and nothing else. */
static bool well_formed(const char *s)
{
    const char *end = skip_digits(s);
    if (end == s)
        return false;
    if (*end == '.') {
        const char *fraction = end + 1;
        end = skip_digits(fraction);
        if (end == fraction)
            return false;
    }
    return *end == '\0';
}

/* Appends a digit; false when the magnitude leaves 63 bits. */
static bool push_digit(int64_t *v, char digit)
{
    return !__builtin_mul_overflow(*v, 10, v) && !__builtin_add_overflow(*v, digit - '0', v);
}

err decimal_parse(const char *s, int scale, int64_t *ret)
{
    assert(s && scale >= 0 && scale <= SCALE_MAX);
    bool negative = *s == '-';
    const char *p = negative ? s + 1 : s;
    if (!well_formed(p))
        return ERR_DECIMAL_SYNTAX;

    int64_t v = 0;
    bool fits = true;
    for (; is_digit(*p); p++)
        fits = fits && push_digit(&v, *p);
    if (*p == '.')
        p++;
    for (int i = 0; i < scale; i++) {
        char digit = *p ? *p++ : '0';
        fits = fits && push_digit(&v, digit);
    }
    for (; *p; p++)
        if (*p != '0')
            return ERR_DECIMAL_SCALE;
    if (!fits)
        return ERR_OVERFLOW;
    *ret = negative ? -v : v;
    return OK;
}

size_t decimal_format(int64_t v, int scale, int min_decimals, char *out)
{
    assert(scale >= 0 && scale <= SCALE_MAX && min_decimals <= scale);
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    int decimals = scale;
    for (; decimals > 0 && decimals > min_decimals && rest % 10 == 0; decimals--)
        rest /= 10;

    char text[DECIMAL_TEXT_MAX]; /* right to left */
    size_t n = 0;
    for (int i = 0; i < decimals; i++, rest /= 10)
        text[n++] = (char)('0' + rest % 10);
    if (decimals > 0)
        text[n++] = '.';
    do {
        text[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (v < 0)
        text[n++] = '-';

    for (size_t i = 0; i < n; i++)
        out[i] = text[n - 1 - i];
    out[n] = '\0';
    return n;
}
