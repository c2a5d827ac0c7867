/* What quotes look like. */
#include "quotes.sql.h"
#include "server/quotes/internal.h"
#include "server/quotes/rules.h"
#include "server/routes_prototypes.h"

JSON_TYPE(quote_new, QUOTE_NEW_FIELDS, .doc = "A new quote.");
JSON_TYPE(quote_revise, QUOTE_REVISE_FIELDS, .doc = "Another offer, instead of the last one.");
JSON_TYPE(quote_decline, QUOTE_DECLINE_FIELDS, .doc = "The end of a quote that was lost.");
JSON_TYPE(quote_accept, QUOTE_ACCEPT_FIELDS, .doc = "What the order of an accepted quote adds.");
JSON_TYPE(quote_line, ORDER_LINE_TERMS_FIELDS, .doc = "A line of a quote.");
JSON_TYPE(quote_line_of, QUOTE_LINE_OF_FIELDS, .doc = "A line and its revision.");
JSON_TYPE(quote_summary, QUOTE_HEADER_FIELDS, .doc = "A quote without its lines.");
JSON_TYPE(quote, QUOTE_FIELDS, .doc = "A quote with its current lines.");
JSON_TYPE(quote_revision, QUOTE_REVISION_FIELDS, .doc = "An offer as it was made.");
JSON_TYPE(quote_revisions, QUOTE_REVISIONS_FIELDS, .doc = "All offers of a quote.");

static struct quote_line line_of(const struct quote_line_of *l)
{
    return (struct quote_line){.line_no = l->line_no,
                               .product_id = l->product_id,
                               .kind = l->kind,
                               .sku = l->sku,
                               .description = l->description,
                               .warehouse_id = l->warehouse_id,
                               .quantity = l->quantity,
                               .unit_price = l->unit_price,
                               .price_source = l->price_source,
                               .price_id = l->price_id,
                               .discount_percent = l->discount_percent,
                               .discount_amount = l->discount_amount,
                               .order_discount = l->order_discount,
                               .tax_code_id = l->tax_code_id,
                               .tax_rate = l->tax_rate,
                               .net = l->net,
                               .tax = l->tax,
                               .gross = l->gross};
}

/* The next rows of the revision, out of rows sorted by revision. */
static struct quote_line_list lines_of(struct arena *a, int64_t revision,
                                       const struct quote_line_of_list *rows, size_t *at)
{
    size_t first = *at;
    while (*at < rows->n && rows->v[*at].revision == revision)
        ++*at;
    struct quote_line_list ret = {.v = ARENA_ARRAY(a, struct quote_line, *at - first)};
    for (size_t i = first; i < *at; i++)
        ret.v[ret.n++] = line_of(&rows->v[i]);
    return ret;
}

err quote_load(struct tx *tx, int64_t id, struct quote *ret)
{
    struct quote_line_of_list lines;
    size_t at = 0;
    TRY(quote_select(tx, id, ret));
    TRY(quote_lines(tx, id, ret->revision, &lines));
    ret->lines = lines_of(tx->arena, ret->revision, &lines, &at);
    ret->allowed_actions = quote_actions(tx->arena, ret->status);
    return OK;
}

err quotes_get(struct tx *tx, struct call *c, const struct none *in, struct quote *ret)
{
    (void)in;
    return quote_load(tx, c->path_id[0], ret);
}

err quotes_revisions(struct tx *tx, struct call *c, const struct none *in,
                     struct quote_revisions *ret)
{
    (void)in;
    struct quote_line_of_list lines;
    size_t at = 0;
    TRY(quote_revisions(tx, c->path_id[0], &ret->revisions));
    if (ret->revisions.n == 0)
        return ERR_NO_ROW;
    TRY(quote_lines(tx, c->path_id[0], NIL64, &lines));
    ret->quote_id = c->path_id[0];
    for (size_t i = 0; i < ret->revisions.n; i++) {
        struct quote_revision *r = &ret->revisions.v[i];
        r->lines = lines_of(tx->arena, r->revision, &lines, &at);
    }
    return OK;
}
