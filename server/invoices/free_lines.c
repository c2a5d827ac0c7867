/* Lines of invoices and credit notes that no earlier document stands behind. */
#include "server/catalog/catalog.h"
#include "server/invoices/internal.h"

void line_fault(const struct call *c, size_t line, const char *member, const char *code,
                const char *detail)
{
    fault(c->problem, arena_printf(c->problem->arena, "/lines/%zu/%s", line, member), code, "%s",
          detail);
}

void refuse_member(const struct call *c, size_t line, const char *member, bool present,
                   const char *source)
{
    if (present)
        line_fault(c, line, member, "out_of_place",
                   arena_printf(c->problem->arena, "Leave it out: the line is one of %s.", source));
}

err free_lines_queue(struct tx *tx, struct free_lines *f)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, f->n);
    const char **skus = ARENA_ARRAY(tx->arena, const char *, f->n);
    size_t n_ids = 0, n_skus = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->v[i].product_id != NIL64)
            ids[n_ids++] = f->v[i].product_id;
        else if (f->v[i].sku != NULL)
            skus[n_skus++] = f->v[i].sku;
    }
    f->by_id = ARENA_NEW(tx->arena, struct product_facts_list);
    f->by_sku = ARENA_NEW(tx->arena, struct product_facts_list);
    if (n_ids > 0)
        TRY(products_load_queue(tx, ids, n_ids, f->by_id));
    return n_skus == 0 ? OK : products_load_by_sku_queue(tx, skus, n_skus, f->by_sku);
}

/* The product of a line, or NULL when it has none or an unknown one (a fault). */
static const struct product_facts *product_of(const struct call *c, const struct free_lines *f,
                                              size_t i)
{
    const struct free_line *l = &f->v[i];
    const struct product_facts *p = NULL;
    if (l->product_id != NIL64) {
        if (l->sku != NULL)
            line_fault(c, i, "sku", "out_of_place", "Name the product by product_id or by sku.");
        p = product_find(f->by_id, l->product_id);
        if (p == NULL)
            line_fault(c, i, "product_id", "unknown", "There is no such product.");
    } else if (l->sku != NULL) {
        p = product_find_sku(f->by_sku, l->sku);
        if (p == NULL)
            line_fault(c, i, "sku", "unknown", "There is no product with this SKU.");
    } else if (l->description == NULL) {
        line_fault(c, i, "description", "required", "Name a product or describe what it is.");
    }
    return p;
}

static void complete(const struct call *c, struct free_lines *f, size_t i)
{
    struct free_line *l = &f->v[i];
    const struct product_facts *p = product_of(c, f, i);
    if (p != NULL) {
        l->product_id = p->id;
        l->sku = p->sku;
        if (l->description == NULL)
            l->description = p->name;
        if (l->tax_code_id == NIL64)
            l->tax_code_id = p->tax_code_id;
    } else if (l->tax_code_id == NIL64 && l->product_id == NIL64 && l->sku == NULL) {
        line_fault(c, i, "tax_code_id", "required", "A line without a product needs a tax code.");
    }
    if (l->quantity == NIL64)
        line_fault(c, i, "quantity", "required", "Say how many.");
    if (l->unit_price == NIL64)
        line_fault(c, i, "unit_price", "required", "Say what one costs.");
    if (l->discount_percent == NIL64)
        l->discount_percent = 0;
}

static err load_rates(struct tx *tx, const struct free_lines *f, struct tax_rate_facts_list *ret)
{
    int64_t *codes = ARENA_ARRAY(tx->arena, int64_t, f->n);
    for (size_t i = 0; i < f->n; i++)
        codes[i] = f->v[i].tax_code_id;
    TRY(tax_rates_load_queue(tx, codes, f->n, ret));
    return tx_flush(tx);
}

static err set_rates(const struct call *c, struct free_lines *f,
                     const struct tax_rate_facts_list *rates, int32_t date)
{
    for (size_t i = 0; i < f->n; i++) {
        struct free_line *l = &f->v[i];
        if (!tax_code_known(rates, l->tax_code_id))
            line_fault(c, i, "tax_code_id", "unknown", "There is no such tax code.");
        else if (tax_rate_on(rates, l->tax_code_id, date, &l->tax_rate) != OK)
            return fail(c->problem, ERR_NO_TAX_RATE,
                        "Line %zu: its tax code has no rate on the date of the document.", i + 1);
    }
    return c->problem->code;
}

err free_lines_price(struct tx *tx, const struct call *c, struct free_lines *f, int32_t date,
                     int exponent, struct totals *ret)
{
    for (size_t i = 0; i < f->n; i++)
        complete(c, f, i);
    if (c->problem->code != OK)
        return c->problem->code;
    struct tax_rate_facts_list rates;
    TRY(load_rates(tx, f, &rates));
    TRY(set_rates(c, f, &rates, date));

    struct totals_line *t = ARENA_ARRAY(tx->arena, struct totals_line, f->n);
    for (size_t i = 0; i < f->n; i++)
        t[i] = (struct totals_line){.quantity = f->v[i].quantity,
                                    .unit_price = f->v[i].unit_price,
                                    .discount_percent = f->v[i].discount_percent,
                                    .tax_code_id = f->v[i].tax_code_id,
                                    .tax_rate = f->v[i].tax_rate,
                                    .net = NIL64};
    if (totals_compute(t, f->n, exponent, c->tenant->rounding, c->tenant->tax_per_line, ret) != OK)
        return fail(c->problem, ERR_OVERFLOW, "The amounts of the lines are too large.");
    for (size_t i = 0; i < f->n; i++) {
        f->v[i].net = t[i].net;
        f->v[i].tax = t[i].tax;
        f->v[i].gross = t[i].gross;
    }
    return OK;
}
