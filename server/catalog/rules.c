/* Finds the product, the tax rate and the price that hold for a line. */
#include "server/catalog/catalog.h"
#include <stdlib.h>
#include <string.h>

static int compare_id(const void *key, const void *element)
{
    int64_t id = *(const int64_t *)key, other = ((const struct product_facts *)element)->id;
    return (id > other) - (id < other);
}

const struct product_facts *product_find(const struct product_facts_list *sorted_by_id, int64_t id)
{
    if (sorted_by_id->n == 0)
        return NULL;
    return bsearch(&id, sorted_by_id->v, sorted_by_id->n, sizeof *sorted_by_id->v, compare_id);
}

static int compare_sku(const void *key, const void *element)
{
    return strcmp(key, ((const struct product_facts *)element)->sku);
}

const struct product_facts *product_find_sku(const struct product_facts_list *sorted_by_sku,
                                             const char *sku)
{
    if (sorted_by_sku->n == 0)
        return NULL;
    return bsearch(sku, sorted_by_sku->v, sorted_by_sku->n, sizeof *sorted_by_sku->v, compare_sku);
}

/* How many rates stand before the first one of a later code, or of this code after the date. */
static size_t rates_until(const struct tax_rate_facts_list *list, int64_t code, int32_t date)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct tax_rate_facts *r = &list->v[middle];
        if (r->tax_code_id < code || (r->tax_code_id == code && r->valid_from <= date))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool tax_code_known(const struct tax_rate_facts_list *list, int64_t tax_code_id)
{
    size_t until = rates_until(list, tax_code_id, INT32_MAX);
    return until > 0 && list->v[until - 1].tax_code_id == tax_code_id;
}

err tax_rate_on(const struct tax_rate_facts_list *list, int64_t tax_code_id, int32_t date,
                int64_t *ret_rate)
{
    size_t until = rates_until(list, tax_code_id, date);
    if (until == 0 || list->v[until - 1].tax_code_id != tax_code_id)
        return ERR_NO_TAX_RATE;
    *ret_rate = list->v[until - 1].rate;
    return OK;
}

static size_t first_of_product(const struct price_facts_list *list, int64_t product_id)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->v[middle].product_id < product_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

err price_pick(const struct price_facts_list *list, int64_t product_id, int64_t customer_id,
               const char *currency, int64_t quantity, int32_t date, int64_t *ret_unit_price)
{
    for (size_t i = first_of_product(list, product_id);
         i < list->n && list->v[i].product_id == product_id; i++) {
        const struct price_facts *p = &list->v[i];
        bool for_them = p->customer_id == NIL64 || p->customer_id == customer_id;
        bool in_force = p->valid_from <= date && (p->valid_to == NIL32 || date <= p->valid_to);
        if (for_them && in_force && p->min_quantity <= quantity &&
            strcmp(p->currency, currency) == 0) {
            *ret_unit_price = p->unit_price;
            return OK;
        }
    }
    return ERR_NO_PRICE;
}
