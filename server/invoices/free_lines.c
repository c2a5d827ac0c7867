/* Lines of invoices and credit notes that no earlier document stands behind. */
#include "lib/base/distinct.h"
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

static size_t count(struct free_lines *const *f, size_t n)
{
    size_t lines = 0;
    for (size_t k = 0; k < n; k++)
        lines += f[k]->n;
    return lines;
}

err free_lines_queue(struct tx *tx, struct free_lines *const *f, size_t n)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, count(f, n));
    const char **skus = ARENA_ARRAY(tx->arena, const char *, count(f, n));
    struct product_facts_list *by_id = ARENA_NEW(tx->arena, struct product_facts_list);
    struct product_facts_list *by_sku = ARENA_NEW(tx->arena, struct product_facts_list);
    size_t n_ids = 0, n_skus = 0;
    for (size_t k = 0; k < n; k++) {
        f[k]->by_id = by_id;
        f[k]->by_sku = by_sku;
        for (size_t i = 0; i < f[k]->n; i++) {
            if (f[k]->v[i].product_id != NIL64)
                ids[n_ids++] = f[k]->v[i].product_id;
            else if (f[k]->v[i].sku != NULL)
                skus[n_skus++] = f[k]->v[i].sku;
        }
    }
    if (n_ids > 0)
        TRY(products_load_queue(tx, ids, distinct_ids(ids, n_ids), by_id));
    return n_skus == 0 ? OK
                       : products_load_by_sku_queue(tx, skus, distinct_texts(skus, n_skus), by_sku);
}

/* NULL when the line names none or an unknown one. */
static const struct product_facts *find_product(const struct free_lines *f,
                                                const struct free_line *l)
{
    if (l->product_id != NIL64)
        return product_find(f->by_id, l->product_id);
    return l->sku != NULL ? product_find_sku(f->by_sku, l->sku) : NULL;
}

err free_lines_rates(struct tx *tx, struct free_lines *const *f, size_t n)
{
    int64_t *codes = ARENA_ARRAY(tx->arena, int64_t, count(f, n));
    struct tax_rate_facts_list *rates = ARENA_NEW(tx->arena, struct tax_rate_facts_list);
    size_t n_codes = 0;
    for (size_t k = 0; k < n; k++) {
        f[k]->rates = rates;
        for (size_t i = 0; i < f[k]->n; i++) {
            const struct free_line *l = &f[k]->v[i];
            const struct product_facts *p = find_product(f[k], l);
            if (l->tax_code_id != NIL64)
                codes[n_codes++] = l->tax_code_id;
            else if (p != NULL)
                codes[n_codes++] = p->tax_code_id;
        }
    }
    if (n_codes == 0)
        return OK;
    TRY(tax_rates_load_queue(tx, codes, distinct_ids(codes, n_codes), rates));
    return tx_flush(tx);
}

/* The product of a line, or NULL when it has none or an unknown one (a fault). */
static const struct product_facts *product_of(const struct call *c, const struct free_lines *f,
                                              size_t i)
{
    const struct free_line *l = &f->v[i];
    const struct product_facts *p = find_product(f, l);
    if (l->product_id != NIL64 && l->sku != NULL)
        line_fault(c, i, "sku", "out_of_place", "Name the product by product_id or by sku.");
    if (l->product_id != NIL64 && p == NULL)
        line_fault(c, i, "product_id", "unknown", "There is no such product.");
    else if (l->sku != NULL && p == NULL)
        line_fault(c, i, "sku", "unknown", "There is no product with this SKU.");
    else if (p == NULL && l->description == NULL)
        line_fault(c, i, "description", "required", "Name a product or describe what it is.");
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

static err set_rates(const struct call *c, struct free_lines *f, int32_t date)
{
    for (size_t i = 0; i < f->n; i++) {
        struct free_line *l = &f->v[i];
        if (!tax_code_known(f->rates, l->tax_code_id))
            line_fault(c, i, "tax_code_id", "unknown", "There is no such tax code.");
        else if (tax_rate_on(f->rates, l->tax_code_id, date, &l->tax_rate) != OK)
            return fail(c->problem, ERR_NO_TAX_RATE,
                        "Line %zu: its tax code has no rate on the date of the document.", i + 1);
    }
    return c->problem->code;
}

err free_lines_price(struct arena *a, const struct call *c, struct free_lines *f, int32_t date,
                     int exponent, struct totals *ret)
{
    for (size_t i = 0; i < f->n; i++)
        complete(c, f, i);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(set_rates(c, f, date));

    struct totals_line *t = ARENA_ARRAY(a, struct totals_line, f->n);
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
