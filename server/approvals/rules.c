/* Does an order meet a rule? Percentages are compared as fractions, without rounding. */
#include "lib/base/decimal.h"
#include "server/approvals/approvals.h"
#include <string.h>

#define PERCENT INT64_C(100000000) /* 100 % in 10^-6 percent */

/* What an order's lines say together. */
struct figures {
    int64_t full, net;        /* before all discounts, and after */
    int64_t costed_net, cost; /* of the lines whose cost is known */
    bool costed;              /* there are such */
};

static err add_line(struct figures *f, const struct approval_line *l, int exponent,
                    enum rounding rounding)
{
    int64_t full, cost;
    TRY(money_line_net(l->quantity, l->unit_price, 0, exponent, rounding, &full));
    TRY(add64(f->full, full, &f->full));
    TRY(add64(f->net, l->net, &f->net));
    if (l->unit_cost == NIL64)
        return OK;
    TRY(money_line_net(l->quantity, l->unit_cost, 0, exponent, rounding, &cost));
    TRY(add64(f->cost, cost, &f->cost));
    f->costed = true;
    return add64(f->costed_net, l->net, &f->costed_net);
}

static err add_up(const struct approval_case *k, struct figures *ret)
{
    *ret = (struct figures){0};
    for (size_t i = 0; i < k->n; i++)
        TRY(add_line(ret, &k->lines[i], currency_exponent(k->currency), k->rounding));
    return OK;
}

/* part of whole as a percentage for the reader, two decimals. */
static const char *percent_text(struct arena *a, int64_t part, int64_t whole)
{
    char text[DECIMAL_TEXT_MAX];
    int64_t hundredths = 0;
    if (whole <= 0 || round_div((__int128)part * 10000, whole, ROUND_HALF_UP, &hundredths) != OK)
        return "-";
    decimal_format(hundredths, 2, 0, text);
    return arena_strdup(a, text);
}

static const char *decimal_text(struct arena *a, int64_t v, int scale, int decimals)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(v, scale, decimals, text);
    return arena_strdup(a, text);
}

/* What each condition finds: NULL when it is not met. */

static const char *gross_reason(struct arena *a, const struct approval_rule_facts *r,
                                const struct approval_case *k)
{
    if (strcmp(r->currency, k->currency) != 0 || k->gross < r->gross_from)
        return NULL;
    int exponent = currency_exponent(k->currency);
    return arena_printf(a, " Gross is %s %s, from %s on it needs approval.",
                        decimal_text(a, k->gross, exponent, exponent), k->currency,
                        decimal_text(a, r->gross_from, exponent, exponent));
}

static const char *discount_reason(struct arena *a, const struct approval_rule_facts *r,
                                   const struct figures *f)
{
    int64_t off = f->full - f->net;
    if (off <= 0 || (__int128)off * PERCENT < (__int128)r->discount_from * f->full)
        return NULL;
    return arena_printf(a, " The discount is %s %%, from %s %% on it needs approval.",
                        percent_text(a, off, f->full),
                        decimal_text(a, r->discount_from, DECIMAL_SCALE, 0));
}

static const char *margin_reason(struct arena *a, const struct approval_rule_facts *r,
                                 const struct approval_case *k, const struct figures *f)
{
    int64_t margin = f->costed_net - f->cost;
    if (!f->costed || strcmp(k->currency, k->cost_currency) != 0 ||
        (__int128)margin * PERCENT >= (__int128)r->margin_below * f->costed_net)
        return NULL;
    return arena_printf(a, " The margin is %s %%, below %s %% it needs approval.",
                        percent_text(a, margin, f->costed_net),
                        decimal_text(a, r->margin_below, DECIMAL_SCALE, 0));
}

const char *approval_reason(struct arena *a, const struct approval_rule_facts *r,
                            const struct approval_case *k)
{
    struct figures f;
    const char *gross = "", *discount = "", *margin = "";
    if (add_up(k, &f) != OK)
        return arena_printf(a, "%s: the amounts are out of range.", r->name);
    if (r->gross_from != NIL64)
        gross = gross_reason(a, r, k);
    if (r->discount_from != NIL64)
        discount = discount_reason(a, r, &f);
    if (r->margin_below != NIL64)
        margin = margin_reason(a, r, k, &f);
    if (gross == NULL || discount == NULL || margin == NULL)
        return NULL;
    return arena_printf(a, "%s:%s%s%s", r->name, gross, discount, margin);
}
