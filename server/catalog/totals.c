/* Computes net, tax and gross of a document, exactly until the one rounding of each amount. */
#include "server/catalog/totals.h"
#include <assert.h>
#include <stdlib.h>

/* Decimals of quantity x price x (1 - discount). */
#define PRODUCT_SCALE 20
#define PERCENT INT64_C(100000000) /* 100 % in 10^-6 percent */

/* An exact amount: minor units plus rest / (unit x PERCENT) of one, 0 <= rest < unit x PERCENT,
 * where unit is 10^(20 - exponent): the scale of quantity x price x (1 - discount). */
struct exact {
    __int128 minor, rest;
};

/* A line's share in the tax of its group. */
struct part {
    struct totals_line *line;
    struct exact tax;
};

static __int128 unit_of(int exponent)
{
    __int128 unit = 1;
    for (int i = PRODUCT_SCALE - exponent; i > 0; i--)
        unit *= 10;
    return unit;
}

/* dividend = ret x divisor + *rest with 0 <= *rest < divisor. */
static __int128 floor_div(__int128 dividend, __int128 divisor, __int128 *rest)
{
    __int128 quotient = dividend / divisor;
    *rest = dividend % divisor;
    if (*rest < 0) {
        *rest += divisor;
        quotient--;
    }
    return quotient;
}

/* The unrounded net as whole minor units and a rest over unit. */
static __int128 exact_net(const struct totals_line *l, bool given, __int128 unit, __int128 *rest)
{
    *rest = 0;
    if (given)
        return l->net;
    /* The product of all three can need 153 bits, so the division comes first. */
    __int128 factor = (__int128)PERCENT - l->discount_percent;
    __int128 gross_rest;
    __int128 gross = floor_div((__int128)l->quantity * l->unit_price, unit, &gross_rest);
    __int128 carry = floor_div(gross_rest * factor, unit, rest);
    return gross * factor + carry;
}

/* net x rate / 100 %; net has 64 bits (its rounding fitted), so nothing here leaves 128. */
static struct exact exact_tax(__int128 net, __int128 net_rest, int64_t rate, __int128 unit)
{
    __int128 hundredths_rest, below_rest;
    __int128 carry = floor_div(net_rest * rate, unit, &below_rest);
    struct exact tax;
    tax.minor = floor_div(net * rate + carry, PERCENT, &hundredths_rest);
    tax.rest = hundredths_rest * unit + below_rest;
    return tax;
}

static err exact_round(struct exact e, __int128 denominator, enum rounding mode, int64_t *ret)
{
    if (e.minor < 0 && e.rest > 0) {
        e.minor++;
        e.rest -= denominator;
    }
    /* The last bit of the whole decides half_even; the rest of it would not fit beside the
     * fraction. */
    __int128 low = e.minor % 2;
    int64_t rounded;
    TRY(round_div(low * denominator + e.rest, denominator, mode, &rounded));
    __int128 sum = e.minor - low + rounded;
    if (sum > INT64_MAX || sum <= INT64_MIN)
        return ERR_OVERFLOW;
    *ret = (int64_t)sum;
    return OK;
}

static int by_group(const void *left, const void *right)
{
    const struct totals_line *l = ((const struct part *)left)->line;
    const struct totals_line *r = ((const struct part *)right)->line;
    if (l->tax_code_id != r->tax_code_id)
        return l->tax_code_id < r->tax_code_id ? -1 : 1;
    if (l->tax_rate != r->tax_rate)
        return l->tax_rate < r->tax_rate ? -1 : 1;
    return (l > r) - (l < r);
}

static int by_remainder(const void *left, const void *right)
{
    const struct part *l = left, *r = right;
    if (l->tax.rest != r->tax.rest)
        return l->tax.rest > r->tax.rest ? -1 : 1;
    return (l->line > r->line) - (l->line < r->line);
}

/* Every line gets its tax rounded down; the minor units that are left of the group's tax go to the
 * largest remainders, of which there are always enough. */
static err spread(struct part *parts, size_t n, __int128 denominator, enum rounding mode)
{
    struct exact sum = {0, 0};
    __int128 down = 0;
    for (size_t i = 0; i < n; i++) {
        sum.minor += parts[i].tax.minor;
        sum.rest += parts[i].tax.rest;
        sum.minor += sum.rest / denominator;
        sum.rest %= denominator;
        down += parts[i].tax.minor;
        parts[i].line->tax = (int64_t)parts[i].tax.minor;
    }
    int64_t total;
    TRY(exact_round(sum, denominator, mode, &total));
    __int128 left = total - down;
    if (left == 0)
        return OK;
    qsort(parts, n, sizeof *parts, by_remainder);
    for (size_t i = 0; left > 0; i++, left--) {
        assert(i < n && parts[i].tax.rest > 0);
        parts[i].line->tax++;
    }
    return OK;
}

static bool same_group(const struct part *a, const struct part *b)
{
    return a->line->tax_code_id == b->line->tax_code_id && a->line->tax_rate == b->line->tax_rate;
}

static err tax_groups(struct part *parts, size_t n, __int128 denominator, enum rounding mode)
{
    qsort(parts, n, sizeof *parts, by_group);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && same_group(&parts[first], &parts[end]);)
            end++;
        TRY(spread(parts + first, end - first, denominator, mode));
    }
    return OK;
}

/* Net of the line, and its tax: rounded, or exact for its group. */
static err compute_line(struct totals_line *l, int exponent, __int128 unit, enum rounding mode,
                        bool tax_per_line, struct part *ret)
{
    bool given = l->net != NIL64;
    if (!given)
        TRY(money_line_net(l->quantity, l->unit_price, l->discount_percent, exponent, mode,
                           &l->net));
    if (tax_per_line)
        return money_percent(l->net, l->tax_rate, mode, &l->tax);
    __int128 rest, net = exact_net(l, given, unit, &rest);
    *ret = (struct part){.line = l, .tax = exact_tax(net, rest, l->tax_rate, unit)};
    bool fits = ret->tax.minor < INT64_MAX && ret->tax.minor > INT64_MIN;
    return fits ? OK : ERR_OVERFLOW;
}

static err add_up(struct totals_line *lines, size_t n, struct totals *ret)
{
    struct totals sum = {0};
    for (size_t i = 0; i < n; i++) {
        TRY(add64(lines[i].net, lines[i].tax, &lines[i].gross));
        TRY(add64(sum.net, lines[i].net, &sum.net));
        TRY(add64(sum.tax, lines[i].tax, &sum.tax));
    }
    TRY(add64(sum.net, sum.tax, &sum.gross));
    *ret = sum;
    return OK;
}

static err compute_lines(struct totals_line *lines, size_t n, int exponent, enum rounding rounding,
                         bool tax_per_line, struct part *parts)
{
    __int128 unit = unit_of(exponent);
    for (size_t i = 0; i < n; i++)
        TRY(compute_line(&lines[i], exponent, unit, rounding, tax_per_line, &parts[i]));
    return tax_per_line ? OK : tax_groups(parts, n, unit * PERCENT, rounding);
}

/* Nets of all lines after their own discounts. */
static err line_nets(struct totals_line *lines, size_t n, int exponent, enum rounding mode,
                     int64_t *nets, int64_t *ret_sum, size_t *ret_at)
{
    *ret_sum = 0;
    for (size_t i = 0; i < n; i++) {
        const struct totals_line *l = &lines[i];
        *ret_at = i;
        if (l->net != NIL64)
            nets[i] = l->net;
        else
            TRY(money_line_net(l->quantity, l->unit_price, l->discount_percent, exponent, mode,
                               &nets[i]));
        if (l->discount_amount > nets[i])
            return ERR_AMOUNT_EXCEEDED;
        nets[i] -= l->discount_amount;
        TRY(add64(*ret_sum, nets[i], ret_sum));
    }
    *ret_at = n;
    return OK;
}

static err discount_of(int64_t sum, struct totals_discount d, enum rounding mode, int64_t *ret)
{
    *ret = 0;
    if (d.percent != NIL64)
        return money_percent(sum, d.percent, mode, ret);
    if (d.amount != NIL64)
        *ret = d.amount;
    return *ret > sum ? ERR_AMOUNT_EXCEEDED : OK;
}

static err discount_lines(struct totals_line *lines, size_t n, int exponent, enum rounding mode,
                          struct totals_discount d, int64_t *nets, int64_t *shares,
                          int64_t *ret_discount, size_t *ret_at)
{
    int64_t sum;
    TRY(line_nets(lines, n, exponent, mode, nets, &sum, ret_at));
    TRY(discount_of(sum, d, mode, ret_discount));
    TRY(money_allocate(*ret_discount, nets, n, shares));
    for (size_t i = 0; i < n; i++) {
        lines[i].order_discount = shares[i];
        if (lines[i].discount_amount != 0 || shares[i] != 0)
            lines[i].net = nets[i] - shares[i];
    }
    return OK;
}

err totals_discount(struct totals_line *lines, size_t n, int exponent, enum rounding rounding,
                    struct totals_discount discount, int64_t *ret_discount, size_t *ret_at)
{
    int64_t *nets = calloc(2 * n + 1, sizeof *nets);
    if (nets == NULL)
        abort();
    err e = discount_lines(lines, n, exponent, rounding, discount, nets, nets + n, ret_discount,
                           ret_at);
    free(nets);
    return e;
}

err totals_compute(struct totals_line *lines, size_t n, int exponent, enum rounding rounding,
                   bool tax_per_line, struct totals *ret)
{
    struct part *parts = calloc(n + 1, sizeof *parts);
    if (parts == NULL)
        abort();
    err e = compute_lines(lines, n, exponent, rounding, tax_per_line, parts);
    free(parts);
    return e == OK ? add_up(lines, n, ret) : e;
}
