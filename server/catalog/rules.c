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

/* Do the prices of this product for this customer (NIL64: for all) come later than p? */
static bool stands_before(const struct price_facts *p, int64_t product_id, int64_t customer_id)
{
    if (p->product_id != product_id)
        return p->product_id < product_id;
    if (customer_id == NIL64 || p->customer_id == NIL64)
        return p->customer_id != customer_id && p->customer_id != NIL64;
    return p->customer_id < customer_id;
}

static size_t first_price(const struct price_facts_list *list, int64_t product_id,
                          int64_t customer_id)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stands_before(&list->v[middle], product_id, customer_id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A line that the price must fit. */
struct wanted {
    int64_t product_id;
    const char *currency;
    int64_t quantity;
    int32_t date;
};

static err pick_of(const struct price_facts_list *list, const struct wanted *w, int64_t customer_id,
                   int64_t *ret_unit_price)
{
    for (size_t i = first_price(list, w->product_id, customer_id); i < list->n; i++) {
        const struct price_facts *p = &list->v[i];
        if (p->product_id != w->product_id || p->customer_id != customer_id)
            break;
        bool in_force = p->valid_from <= w->date &&
                        (p->valid_to == NIL32 || w->date <= p->valid_to);
        if (in_force && p->min_quantity <= w->quantity && strcmp(p->currency, w->currency) == 0) {
            *ret_unit_price = p->unit_price;
            return OK;
        }
    }
    return ERR_NO_PRICE;
}

err price_pick(const struct price_facts_list *list, int64_t product_id, int64_t customer_id,
               const char *currency, int64_t quantity, int32_t date, int64_t *ret_unit_price)
{
    struct wanted w = {
        .product_id = product_id, .currency = currency, .quantity = quantity, .date = date};
    if (customer_id != NIL64 && pick_of(list, &w, customer_id, ret_unit_price) == OK)
        return OK;
    return pick_of(list, &w, NIL64, ret_unit_price);
}
