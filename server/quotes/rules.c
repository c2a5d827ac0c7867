/* Pure rules of quotes: see rules.h. */
#include "server/quotes/rules.h"
#include "lib/base/decimal.h"
#include <string.h>

const char *const quote_statuses[] = {"open", "expired", "accepted", "declined", NULL};

struct string_list quote_actions(struct arena *a, const char *status)
{
    struct string_list ret = {.v = ARENA_ARRAY(a, const char *, 3)};
    bool open = strcmp(status, "open") == 0;
    if (open)
        ret.v[ret.n++] = "accept";
    if (open || strcmp(status, "expired") == 0) {
        ret.v[ret.n++] = "revise";
        ret.v[ret.n++] = "decline";
    }
    return ret;
}

struct order_new quote_order(const struct quote_new *in)
{
    struct order_new o;
    json_set_all_absent(&order_new_type, &o);
    o.customer_id = in->customer_id;
    o.currency = in->currency;
    o.order_date = in->quote_date;
    o.requested_date = in->requested_date;
    o.payment_terms_days = in->payment_terms_days;
    o.warehouse_id = in->warehouse_id;
    o.discount_percent = in->discount_percent;
    o.discount_amount = in->discount_amount;
    o.notes = in->notes;
    o.metadata = in->metadata;
    o.lines = in->lines;
    return o;
}

/* Minor units as the decimal that a request would say; NIL64 stays NIL64. */
static int64_t decimal_of(int64_t minor, int exponent)
{
    for (int i = exponent; minor != NIL64 && i < DECIMAL_SCALE; i++)
        minor *= 10; /* it came out of such a decimal */
    return minor;
}

static struct order_line_new line_accepted(const struct quote_line *l, int exponent)
{
    struct order_line_new n;
    json_set_all_absent(&order_line_new_type, &n);
    n.product_id = l->product_id;
    n.description = l->description;
    n.quantity = l->quantity;
    n.unit_price = l->unit_price;
    n.discount_percent = l->discount_percent;
    n.discount_amount = decimal_of(l->discount_amount, exponent);
    n.tax_code_id = l->tax_code_id;
    n.warehouse_id = l->warehouse_id;
    return n;
}

struct order_new quote_accepted(struct arena *a, const struct quote *q,
                                const struct quote_accept *in)
{
    struct order_new o;
    int exponent = currency_exponent(q->currency);
    json_set_all_absent(&order_new_type, &o);
    o.external_id = in->external_id;
    o.customer_id = q->customer_id;
    o.channel = in->channel;
    o.customer_po = in->customer_po;
    o.requested_date = in->requested_date != NIL32 ? in->requested_date : q->requested_date;
    o.payment_terms_days = q->payment_terms_days;
    o.warehouse_id = q->warehouse_id;
    o.discount_percent = q->discount_percent;
    o.discount_amount = decimal_of(q->discount_amount, exponent);
    o.confirm = in->confirm;
    o.notes = in->notes != NULL ? in->notes : q->notes;
    o.metadata = in->metadata != NULL ? in->metadata : q->metadata;
    o.lines.v = ARENA_ARRAY(a, struct order_line_new, q->lines.n);
    o.lines.n = q->lines.n;
    for (size_t i = 0; i < q->lines.n; i++)
        o.lines.v[i] = line_accepted(&q->lines.v[i], exponent);
    return o;
}
