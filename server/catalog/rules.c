/* Finds the product, the tax rate and the price that hold for a line. */
#include "lib/base/find.h"
#include "server/catalog/catalog.h"
#include <stdlib.h>
#include <string.h>

const struct product_facts *product_find(const struct product_facts_list *sorted_by_id, int64_t id)
{
    return LIST_FIND_ID(sorted_by_id, id);
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

/* Whose price it is: 0 the customer's, 1 the group's, 2 everybody's. */
static int class_of(const struct price_facts *p)
{
    if (p->customer_id != NIL64)
        return 0;
    return p->group_id != NIL64 ? 1 : 2;
}

/* Those who own prices; everybody's owner is nobody. */
struct owner {
    int class;
    int64_t id;
};

static int64_t owner_id(const struct price_facts *p)
{
    return p->customer_id != NIL64 ? p->customer_id : p->group_id;
}

/* Do the prices of this product for this owner come later than p? */
static bool stands_before(const struct price_facts *p, int64_t product_id, struct owner o)
{
    if (p->product_id != product_id)
        return p->product_id < product_id;
    if (class_of(p) != o.class)
        return class_of(p) < o.class;
    return owner_id(p) < o.id;
}

static size_t first_price(const struct price_facts_list *list, int64_t product_id, struct owner o)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stands_before(&list->v[middle], product_id, o))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of(const struct price_facts *p, int64_t product_id, struct owner o)
{
    return p->product_id == product_id && class_of(p) == o.class && owner_id(p) == o.id;
}

static bool applies(const struct price_facts *p, const struct price_wanted *w)
{
    bool in_force = p->valid_from <= w->date && (p->valid_to == NIL32 || w->date <= p->valid_to) &&
                    (p->list_from == NIL32 || p->list_from <= w->date) &&
                    (p->list_to == NIL32 || w->date <= p->list_to);
    return in_force && p->min_quantity <= w->quantity && strcmp(p->currency, w->currency) == 0;
}

/* Owners in order of precedence; returns how many there are. */
static size_t owners_of(const struct price_wanted *w, struct owner ret[3])
{
    size_t n = 0;
    if (w->customer_id != NIL64)
        ret[n++] = (struct owner){0, w->customer_id};
    if (w->group_id != NIL64)
        ret[n++] = (struct owner){1, w->group_id};
    ret[n++] = (struct owner){2, NIL64};
    return n;
}

const struct price_facts *price_pick(const struct price_facts_list *list,
                                     const struct price_wanted *w)
{
    struct owner owners[3];
    size_t n = owners_of(w, owners);
    for (size_t k = 0; k < n; k++)
        for (size_t i = first_price(list, w->product_id, owners[k]); i < list->n; i++) {
            if (!is_of(&list->v[i], w->product_id, owners[k]))
                break;
            if (applies(&list->v[i], w))
                return &list->v[i];
        }
    return NULL;
}

const char *price_source(const struct price_facts *p)
{
    return price_sources[class_of(p)];
}

const char *price_reason(struct arena *a, const struct price_facts *p)
{
    static const char *const whose[] = {"the customer's own", "for the customer's group",
                                        "for everybody"};
    const char *what = arena_printf(a, "It is %s", whose[class_of(p)]);
    if (p->price_list_id != NIL64)
        what = arena_printf(a, "%s, by the list \"%s\" of priority %lld", what, p->list_name,
                            (long long)p->list_priority);
    return arena_printf(a, "%s; no other that holds goes before it.", what);
}

/* ---- why ---- */

static const struct {
    const char *outcome, *detail;
} verdicts[] = {
    {"chosen", "This price holds."},
    {"overridden", "It would hold, but the line has a price of its own."},
    {"less_specific", "A price of the customer or of their group goes before it."},
    {"lower_priority", "A price of no list, or of a list that goes before, holds."},
    {"lower_tier", "A price for a higher quantity goes before it."},
    {"older", "A price that began later goes before it."},
    {"quantity_not_reached", "It begins at a higher quantity."},
    {"other_currency", "It is in another currency."},
    {"not_valid", "It does not hold on that day."},
    {"newer", "It was not there yet, or the customer was in another group."},
};
enum verdict {
    CHOSEN,
    OVERRIDDEN,
    LESS_SPECIFIC,
    LOWER_PRIORITY,
    LOWER_TIER,
    OLDER,
    NOT_REACHED,
    OTHER_CURRENCY,
    NOT_VALID,
    NEWER
};
const char *const price_outcomes[] = {
    "chosen", "overridden",           "less_specific",  "lower_priority", "lower_tier",
    "older",  "quantity_not_reached", "other_currency", "not_valid",      "newer",
    NULL};

/* Of two of one owner: does the list of p, or that it is of none, go before the other's? */
static bool list_before(const struct price_facts *p, const struct price_facts *other)
{
    if (p->price_list_id == NIL64 || other->price_list_id == NIL64)
        return p->price_list_id == NIL64;
    if (p->list_priority != other->list_priority)
        return p->list_priority > other->list_priority;
    return p->price_list_id > other->price_list_id;
}

/* Of two that apply, why p is not the one. */
static enum verdict behind(const struct price_facts *p, const struct price_facts *chosen)
{
    if (class_of(p) != class_of(chosen))
        return class_of(p) > class_of(chosen) ? LESS_SPECIFIC : NEWER;
    if (p->price_list_id != chosen->price_list_id)
        return list_before(chosen, p) ? LOWER_PRIORITY : NEWER;
    if (p->min_quantity != chosen->min_quantity)
        return p->min_quantity < chosen->min_quantity ? LOWER_TIER : NEWER;
    return p->valid_from < chosen->valid_from ? OLDER : NEWER;
}

static enum verdict judge(const struct price_facts *p, const struct price_wanted *w,
                          const struct price_facts *chosen)
{
    if (p == chosen)
        return CHOSEN; /* a list that is for a customer and their group has each of its prices twice
                        */
    if (strcmp(p->currency, w->currency) != 0)
        return OTHER_CURRENCY;
    if (!applies(p, w))
        return p->min_quantity > w->quantity ? NOT_REACHED : NOT_VALID;
    return chosen != NULL ? behind(p, chosen) : OVERRIDDEN;
}

struct price_candidate_list price_candidates(struct arena *a, const struct price_facts_list *list,
                                             const struct price_wanted *w,
                                             const struct price_facts *chosen)
{
    struct owner owners[3];
    size_t n = owners_of(w, owners);
    struct price_candidate_list ret = {.v = ARENA_ARRAY(a, struct price_candidate, list->n)};
    for (size_t k = 0; k < n; k++)
        for (size_t i = first_price(list, w->product_id, owners[k]); i < list->n; i++) {
            const struct price_facts *p = &list->v[i];
            if (!is_of(p, w->product_id, owners[k]))
                break;
            enum verdict v = judge(p, w, chosen);
            ret.v[ret.n++] = (struct price_candidate){.price_id = p->id,
                                                      .source = price_source(p),
                                                      .price_list_id = p->price_list_id,
                                                      .price_list_name = p->list_name,
                                                      .priority = p->list_priority,
                                                      .currency = p->currency,
                                                      .unit_price = p->unit_price,
                                                      .min_quantity = p->min_quantity,
                                                      .valid_from = p->valid_from,
                                                      .valid_to = p->valid_to,
                                                      .outcome = verdicts[v].outcome,
                                                      .detail = v == CHOSEN ? price_reason(a, p)
                                                                            : verdicts[v].detail};
        }
    return ret;
}
