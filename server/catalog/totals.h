/* Net, tax and gross of a document's lines: the one calculation that orders, invoices and credit
 * notes share, so that no two screens round differently. Pure. domain.md 2.1 rules 3 to 5. */
#pragma once
#include "lib/base/money.h"

struct totals_line {
    /* in */
    int64_t quantity;         /* 10^-6 */
    int64_t unit_price;       /* major units, 10^-6 */
    int64_t discount_percent; /* 10^-6 percent */
    int64_t discount_amount;  /* minor units, off what the percentage leaves */
    int64_t tax_code_id;
    int64_t tax_rate; /* 10^-6 percent */
    /* in and out: when net is not NIL64 it is taken as given (a share of another document) */
    int64_t net;
    /* out, minor units */
    int64_t order_discount; /* its part of the document's discount; by totals_discount */
    int64_t tax, gross;
};
struct totals {
    int64_t net, tax, gross;
};

/* A discount on a whole document: percent (10^-6 percent) of the sum of its lines, or an amount;
 * NIL64: none, at most one of them. */
struct totals_discount {
    int64_t percent, amount;
};
/* Takes the lines' discount_amount and the document's discount off: the latter is rounded once and
 * spread over the lines' nets by largest remainder, ties to the lower index. A line from which
 * something was taken has its net given from then on, so that tax is computed on what is left; the
 * others stay as they are for totals_compute. *ret_discount: what the document's discount is.
 * ERR_AMOUNT_EXCEEDED when more is taken off than there is: off line *ret_at, or off the document
 * (*ret_at = n). ERR_OVERFLOW. */
err totals_discount(struct totals_line *lines, size_t n, int exponent, enum rounding rounding,
                    struct totals_discount discount, int64_t *ret_discount,
                    size_t *ret_at) MUST_CHECK;

/* net per line: round(quantity x unit price less discount).
 *
 * tax per line: round(net x rate) on each. tax per document: lines are grouped by (tax code, rate);
 * each group's tax is round(sum of unrounded net x rate), rounded once, and is spread over its
 * lines by largest remainder: every line gets its exact tax rounded down or up, ties to the lower
 * index. The unrounded net of a line whose net is given is that net. So a document that repeats a
 * line in full gets the same tax from quantity, price and discount (net NIL64), and not always from
 * the rounded net.
 *
 * ERR_OVERFLOW when an amount leaves its range; the lines are then undefined. */
err totals_compute(struct totals_line *lines, size_t n, int exponent, enum rounding rounding,
                   bool tax_per_line, struct totals *ret) MUST_CHECK;
