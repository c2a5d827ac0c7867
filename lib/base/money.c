/* Rounding, percentages and allocation over 128-bit intermediates. */
#include "lib/base/money.h"
#include "lib/base/decimal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ALLOCATE_ON_STACK 64
#define PERCENT_ONE INT64_C(100000000) /* 100 % in 10^-6 percent */

static const char *const rounding_names[] = {
    [ROUND_HALF_UP] = "half_up",
    [ROUND_HALF_EVEN] = "half_even",
    [ROUND_HALF_TOWARD_POSITIVE] = "half_toward_positive",
};

const char *rounding_name(enum rounding r)
{
    assert((size_t)r < COUNT_OF(rounding_names));
    return rounding_names[r];
}

err rounding_parse(const char *name, enum rounding *ret)
{
    for (size_t i = 0; name && i < COUNT_OF(rounding_names); i++) {
        if (strcmp(name, rounding_names[i]) == 0) {
            *ret = (enum rounding)i;
            return OK;
        }
    }
    return ERR_INVALID;
}

struct currency {
    char code[4];
    signed char exponent;
};

static const struct currency currencies[] = {
#define CURRENCY(code, exponent) {#code, exponent},
#include "currencies.def"
#undef CURRENCY
};

static int currency_compare(const void *code, const void *currency)
{
    return strcmp(code, ((const struct currency *)currency)->code);
}

int currency_exponent(const char *code)
{
    if (!code)
        return -1;
    /* All amounts of a reply are of one currency. */
    static _Thread_local const struct currency *last = currencies;
    if (strcmp(code, last->code) == 0)
        return last->exponent;
    const struct currency *found = bsearch(code, currencies, COUNT_OF(currencies),
                                           sizeof currencies[0], currency_compare);
    if (!found)
        return -1;
    last = found;
    return found->exponent;
}

static __int128 magnitude(__int128 v)
{
    return v < 0 ? -v : v;
}

static __int128 power_of_ten(int n)
{
    __int128 p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

/* True when whole + fraction moves one further from zero. half: how |fraction| compares to 1/2. */
static bool rounds_away(__int128 whole, bool negative, int half, enum rounding mode)
{
    if (half != 0)
        return half > 0;
    switch (mode) {
    case ROUND_HALF_UP:
        return true;
    case ROUND_HALF_EVEN:
        return whole % 2 != 0;
    case ROUND_HALF_TOWARD_POSITIVE:
        return !negative;
    }
    abort();
}

/* Rounds whole + rest / denominator, where whole and rest do not differ in sign and |rest| <
 * denominator. */
static err round_parts(__int128 whole, __int128 rest, __int128 denominator, enum rounding mode,
                       int64_t *ret)
{
    __int128 below = magnitude(rest), above = denominator - below;
    int half = (below > above) - (below < above);
    bool negative = rest < 0;
    if (rest != 0 && rounds_away(whole, negative, half, mode))
        whole += negative ? -1 : 1;
    if (whole > INT64_MAX || whole <= INT64_MIN)
        return ERR_OVERFLOW;
    *ret = (int64_t)whole;
    return OK;
}

err round_div(__int128 numerator, __int128 denominator, enum rounding mode, int64_t *ret)
{
    assert(denominator > 0);
    return round_parts(numerator / denominator, numerator % denominator, denominator, mode, ret);
}

err money_line_net(int64_t quantity, int64_t unit_price, int64_t discount_percent, int exponent,
                   enum rounding mode, int64_t *ret_minor)
{
    assert(exponent >= 0 && exponent <= DECIMAL_SCALE);
    __int128 gross = (__int128)quantity * unit_price;
    __int128 factor = (__int128)PERCENT_ONE - discount_percent;
    __int128 unit = power_of_ten(DECIMAL_SCALE * 2 + 8 - exponent);
    /* gross x factor can need 153 bits, so the division comes first and the remainder follows. */
    __int128 whole, rest;
    if (__builtin_mul_overflow(gross / unit, factor, &whole) ||
        __builtin_mul_overflow(gross % unit, factor, &rest) ||
        __builtin_add_overflow(whole, rest / unit, &whole))
        return ERR_OVERFLOW;
    return round_parts(whole, rest % unit, unit, mode, ret_minor);
}

err money_percent(int64_t minor, int64_t rate, enum rounding mode, int64_t *ret_minor)
{
    return round_div((__int128)minor * rate, PERCENT_ONE, mode, ret_minor);
}

err money_share(int64_t minor, int64_t part, int64_t whole, enum rounding mode, int64_t *ret_minor)
{
    assert(whole != 0);
    __int128 numerator = (__int128)minor * part;
    return round_div(whole < 0 ? -numerator : numerator, magnitude(whole), mode, ret_minor);
}

struct remainder {
    __int128 size;
    size_t index;
};

static int remainder_compare(const void *left, const void *right)
{
    const struct remainder *l = left, *r = right;
    if (l->size != r->size)
        return l->size > r->size ? -1 : 1;
    return l->index < r->index ? -1 : 1;
}

static __int128 sum_of_weights(const int64_t *weights, size_t n)
{
    __int128 sum = 0;
    for (size_t i = 0; i < n; i++) {
        assert(weights[i] >= 0);
        sum += weights[i];
    }
    return sum;
}

/* Every part rounded toward zero into ret; what is lost goes to the largest remainders, one unit
 * each: there are always more non-zero remainders than units. */
static void allocate(int64_t total, const int64_t *weights, size_t n, __int128 sum,
                     struct remainder *remainders, int64_t *ret)
{
    int64_t left = total;
    for (size_t i = 0; i < n; i++) {
        __int128 product = (__int128)total * weights[i];
        remainders[i] = (struct remainder){.size = magnitude(product % sum), .index = i};
        ret[i] = (int64_t)(product / sum);
        left -= ret[i];
    }
    if (left == 0)
        return;
    qsort(remainders, n, sizeof *remainders, remainder_compare);
    int64_t step = left < 0 ? -1 : 1;
    for (size_t i = 0; left != 0; i++, left -= step) {
        assert(i < n && remainders[i].size > 0);
        ret[remainders[i].index] += step;
    }
}

err money_allocate(int64_t total, const int64_t *weights, size_t n, int64_t *ret)
{
    assert(n > 0 || total == 0);
    if (total == NIL64)
        return ERR_OVERFLOW;
    if (n == 0)
        return OK;
    __int128 sum = sum_of_weights(weights, n);
    if (sum == 0) {
        memset(ret, 0, n * sizeof *ret);
        ret[0] = total;
        return OK;
    }
    struct remainder few[ALLOCATE_ON_STACK];
    struct remainder *many = n > ALLOCATE_ON_STACK ? calloc(n, sizeof *many) : NULL;
    if (n > ALLOCATE_ON_STACK && !many)
        abort();
    allocate(total, weights, n, sum, many ? many : few, ret);
    free(many);
    return OK;
}

err money_from_decimal(int64_t decimal, int exponent, int64_t *ret_minor)
{
    assert(exponent >= 0 && exponent <= DECIMAL_SCALE);
    int64_t unit = (int64_t)power_of_ten(DECIMAL_SCALE - exponent);
    if (decimal != NIL64 && decimal % unit != 0)
        return ERR_DECIMAL_SCALE;
    *ret_minor = decimal == NIL64 ? NIL64 : decimal / unit;
    return OK;
}

err add64(int64_t a, int64_t b, int64_t *ret)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum == NIL64)
        return ERR_OVERFLOW;
    *ret = sum;
    return OK;
}
