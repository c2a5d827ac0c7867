/* Catalog: products, their prices, and tax codes with dated rates. */
#pragma once
#include "server/api/call.h"

extern const char *const product_kinds[]; /* stock, service */
extern const char *const service_fulfillments[];
extern const char *const product_statuses[]; /* active, archived */
extern const char *const tax_categories[];   /* EN 16931: S, Z, E, AE, K, G, O */

/* ---- tax codes ---- */

#define TAX_CODE_RATE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, date, valid_from, .required = true, .doc = "First day of the rate.",                  \
          .example = "\"2021-01-01\"")                                                             \
    VALUE(T, decimal, rate, .required = true, .max = 100000000, .doc = "Percent.",                 \
          .example = "\"19\"")
JSON_STRUCT(tax_code_rate, TAX_CODE_RATE_FIELDS);

#define TAX_CODE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the tax code, unique.") \
    VALUE(T, string, code, .required = true, .min = 1, .max = 30, .doc = "Short name, unique.",    \
          .example = "\"VAT19\"")                                                                  \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "What it is.")           \
    VALUE(T, choice, category, .choices = tax_categories,                                          \
          .doc = "EN 16931 category; default S. Only S has a rate above zero.")                    \
    LIST(T, tax_code_rate, rates, .required = true, .min = 1, .max = 100,                          \
         .doc = "Each is valid until the next one begins.")
JSON_STRUCT(tax_code_new, TAX_CODE_NEW_FIELDS);

#define TAX_CODE_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    VALUE(T, id, id, .prefix = "tax", .doc = "The tax code's id.")                                 \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, code, .doc = "Short name.", .example = "\"VAT19\"")                           \
    VALUE(T, string, name, .doc = "What it is.")                                                   \
    VALUE(T, choice, category, .choices = tax_categories, .doc = "EN 16931 category.")             \
    VALUE(T, raw, rates, .type = &tax_code_rate_type,                                              \
          .doc = "Dated rates in percent, oldest first.",                                          \
          .example = "[{\"valid_from\":\"2021-01-01\",\"rate\":\"19\"}]")                          \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(tax_code, TAX_CODE_FIELDS);

/* ---- products ---- */

#define PRODUCT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the product, unique.")  \
    VALUE(T, string, sku, .required = true, .min = 1, .max = 100,                                  \
          .doc = "Stock keeping unit, unique.")                                                    \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "What it is.")           \
    VALUE(T, string, description, .max = 2000, .doc = "More about it.")                            \
    VALUE(T, choice, kind, .choices = product_kinds,                                               \
          .doc = "Stock is kept in warehouses and shipped, services are not; default stock.")      \
    VALUE(T, choice, fulfillment, .choices = service_fulfillments,                                 \
          .doc = "How a service is fulfilled bit by bit, and billed as it is: milestone; access, " \
                 "granted; usage, up to what is ordered; metered, also beyond it. Default: with "  \
                 "the order, billed at once.")                                                     \
    VALUE(T, string, unit, .min = 1, .max = 30, .doc = "Unit of its quantities; default piece.",   \
          .example = "\"piece\"")                                                                  \
    VALUE(T, id, tax_code_id, .required = true, .prefix = "tax", .doc = "How it is taxed.")        \
    VALUE(T, price, unit_cost, .max = 1000000000000000,                                            \
          .doc = "What a unit costs, in the tenant's currency; for margins.",                      \
          .example = "\"7.25\"")                                                                   \
    VALUE(                                                                                         \
        T, boolean, track_lots,                                                                    \
        .doc = "Its stock is kept by lot: whatever moves it names the lot. Fixed once there has "  \
               "been any stock.")                                                                  \
    VALUE(T, choice, status, .choices = product_statuses, .doc = "Default: active.")               \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")
JSON_STRUCT(product_new, PRODUCT_NEW_FIELDS);

#define PRODUCT_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the product, unique.")  \
    VALUE(T, string, sku, .min = 1, .max = 100, .doc = "Stock keeping unit, unique.")              \
    VALUE(T, string, name, .min = 1, .max = 200, .doc = "What it is.")                             \
    VALUE(T, string, description, .max = 2000, .doc = "More about it.")                            \
    VALUE(T, choice, fulfillment, .choices = service_fulfillments,                                 \
          .doc = "How a service is fulfilled, of orders to come; null: with the order.")           \
    VALUE(T, string, unit, .min = 1, .max = 30, .doc = "Unit of its quantities.",                  \
          .example = "\"piece\"")                                                                  \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "How it is taxed.")                          \
    VALUE(T, price, unit_cost, .max = 1000000000000000,                                            \
          .doc = "What a unit costs, in the tenant's currency; null: unknown.",                    \
          .example = "\"7.25\"")                                                                   \
    VALUE(                                                                                         \
        T, boolean, track_lots,                                                                    \
        .doc = "Its stock is kept by lot: whatever moves it names the lot. Fixed once there has "  \
               "been any stock.")                                                                  \
    VALUE(T, choice, status, .choices = product_statuses,                                          \
          .doc = "Archived products cannot be ordered.")                                           \
    VALUE(T, metadata, metadata, .doc = "Your own names and values; replaces all.")
JSON_STRUCT(product_patch, PRODUCT_PATCH_FIELDS);

#define PRODUCT_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    VALUE(T, id, id, .prefix = "prd", .doc = "The product's id.")                                  \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, sku, .doc = "Stock keeping unit.")                                            \
    VALUE(T, string, name, .doc = "What it is.")                                                   \
    VALUE(T, string, description, .doc = "More about it.")                                         \
    VALUE(T, choice, kind, .choices = product_kinds, .doc = "stock or service.")                   \
    VALUE(T, choice, fulfillment, .choices = service_fulfillments,                                 \
          .doc = "How a service is fulfilled; null: with the order, or it is goods.")              \
    VALUE(T, string, unit, .doc = "Unit of its quantities.", .example = "\"piece\"")               \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "How it is taxed.")                          \
    VALUE(T, price, unit_cost, .doc = "What a unit costs, in the tenant's currency.",              \
          .example = "\"7.25\"")                                                                   \
    VALUE(                                                                                         \
        T, boolean, track_lots,                                                                    \
        .doc = "Its stock is kept by lot: whatever moves it names the lot. Fixed once there has "  \
               "been any stock.")                                                                  \
    VALUE(T, choice, status, .choices = product_statuses,                                          \
          .doc = "Archived products cannot be ordered.")                                           \
    VALUE(T, raw, metadata, .doc = "Your own names and values.", .example = "{\"shelf\":\"B7\"}")  \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(product, PRODUCT_FIELDS);

/* ---- price lists ---- */

#define PRICE_LIST_BUYERS_MAX 1000

#define PRICE_LIST_BUYER_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "A customer; or give a group.")              \
    VALUE(T, id, group_id, .prefix = "grp", .doc = "The customers of a group.")
JSON_STRUCT(pricelist_buyer, PRICE_LIST_BUYER_FIELDS);

#define PRICE_LIST_BUYERS(T, LIST)                                                                 \
    LIST(T, pricelist_buyer, buyers, .max = PRICE_LIST_BUYERS_MAX,                                 \
         .doc = "Whom its prices are for; none: everybody.")

#define PRICE_LIST_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, external_id, .min = 1, .max = 100,                                            \
          .doc = "Your id of the price list, unique.")                                             \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "Name.",                 \
          .example = "\"Dealers 2026\"")                                                           \
    VALUE(T, currency, currency, .doc = "Of all its prices, for good; default: the tenant's.")     \
    VALUE(T, date, valid_from, .doc = "First day; default: today in the tenant's time zone.")      \
    VALUE(T, date, valid_to, .doc = "Last day; default: open.")                                    \
    VALUE(T, integer, priority, .max = 9,                                                          \
          .doc = "Of lists for the same customer, group or all the higher one goes before; "       \
                 "default 0.",                                                                     \
          .example = "0")                                                                          \
    VALUE(T, boolean, active, .default_true = true,                                                \
          .doc = "False: its prices do not hold for now.", .example = "true")                      \
    PRICE_LIST_BUYERS(T, LIST)
JSON_STRUCT(pricelist_new, PRICE_LIST_NEW_FIELDS);

#define PRICE_LIST_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, external_id, .min = 1, .max = 100,                                            \
          .doc = "Your id of the price list, unique.")                                             \
    VALUE(T, string, name, .min = 1, .max = 200, .doc = "Name.")                                   \
    VALUE(T, date, valid_from, .doc = "First day.")                                                \
    VALUE(T, date, valid_to, .doc = "Last day; null: open.")                                       \
    VALUE(T, integer, priority, .max = 9, .doc = "The higher one goes before.", .example = "0")    \
    VALUE(T, boolean, active, .doc = "False: its prices do not hold for now.", .example = "true")  \
    PRICE_LIST_BUYERS(T, LIST)
JSON_STRUCT(pricelist_patch, PRICE_LIST_PATCH_FIELDS);

#define PRICE_LIST_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, id, id, .prefix = "pli", .doc = "The price list's id.")                               \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, name, .doc = "Name.")                                                         \
    VALUE(T, currency, currency, .doc = "Of all its prices.")                                      \
    VALUE(T, date, valid_from, .doc = "First day.")                                                \
    VALUE(T, date, valid_to, .doc = "Last day; null: open.")                                       \
    VALUE(T, integer, priority, .doc = "The higher one goes before.", .example = "0")              \
    VALUE(T, boolean, active, .doc = "False: its prices do not hold for now.", .example = "true")  \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(pricelist_summary, PRICE_LIST_HEADER_FIELDS);

#define PRICE_LIST_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    PRICE_LIST_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    PRICE_LIST_BUYERS(T, LIST)
JSON_STRUCT(pricelist, PRICE_LIST_FIELDS);

/* ---- substitutes ---- */

#define SUBSTITUTES_MAX 50

#define PRODUCT_SUBSTITUTE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                      \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "What goes instead; or give its sku.")        \
    VALUE(T, string, sku, .max = 100, .doc = "What goes instead, by its SKU.")                     \
    VALUE(T, date, valid_from, .doc = "First day; default: at once.")                              \
    VALUE(T, date, valid_to, .doc = "Last day; default: open.")
JSON_STRUCT(product_substitute_new, PRODUCT_SUBSTITUTE_NEW_FIELDS);

#define PRODUCT_SUBSTITUTES_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                     \
    LIST(T, product_substitute_new, substitutes, .max = SUBSTITUTES_MAX,                           \
         .doc = "One for one, the best first; instead of those that were there.")
JSON_STRUCT(product_substitutes_new, PRODUCT_SUBSTITUTES_NEW_FIELDS);

#define PRODUCT_SUBSTITUTE_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, integer, rank, .doc = "1: the best.")                                                 \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "What goes instead.")                         \
    VALUE(T, string, sku, .doc = "Its SKU.")                                                       \
    VALUE(T, string, name, .doc = "Its name.")                                                     \
    VALUE(T, date, valid_from, .doc = "First day; null: from ever.")                               \
    VALUE(T, date, valid_to, .doc = "Last day; null: open.")
JSON_STRUCT(product_substitute, PRODUCT_SUBSTITUTE_FIELDS);

#define PRODUCT_SUBSTITUTES_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    LIST(T, product_substitute, substitutes, .max = SUBSTITUTES_MAX,                               \
         .doc = "What may be delivered instead, one for one, the best first.")
JSON_STRUCT(product_substitutes, PRODUCT_SUBSTITUTES_FIELDS);

/* ---- prices ---- */

#define PRICE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the price, unique.")    \
    VALUE(T, id, product_id, .required = true, .prefix = "prd", .doc = "What is priced.")          \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "For this customer only; default: all.")     \
    VALUE(T, id, group_id, .prefix = "grp",                                                        \
          .doc = "For the customers of this group only; default: all.")                            \
    VALUE(T, id, price_list_id, .prefix = "pli",                                                   \
          .doc = "Of this list, which says whom it is for; default: of none.")                     \
    VALUE(T, currency, currency,                                                                   \
          .doc = "Default: the customer's or the list's, else the tenant's.")                      \
    VALUE(T, price, unit_price, .required = true, .max = 1000000000000000,                         \
          .doc = "Net price of a unit, up to 6 decimals.", .example = "\"12.50\"")                 \
    VALUE(T, decimal, min_quantity, .max = 1000000000000000,                                       \
          .doc = "From this quantity of an order line on; default 0.", .example = "\"1\"")         \
    VALUE(T, date, valid_from, .doc = "First day; default: today in the tenant's time zone.")      \
    VALUE(T, date, valid_to, .doc = "Last day; default: open.")
JSON_STRUCT(price_new, PRICE_NEW_FIELDS);

#define PRICE_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    VALUE(T, id, id, .prefix = "prc", .doc = "The price's id.")                                    \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "What is priced.")                            \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "For this customer only; null: all.")        \
    VALUE(T, id, group_id, .prefix = "grp",                                                        \
          .doc = "For the customers of this group only; null: all.")                               \
    VALUE(T, id, price_list_id, .prefix = "pli", .doc = "Of this list; null: of none.")            \
    VALUE(T, currency, currency, .doc = "Currency of the price.")                                  \
    VALUE(T, price, unit_price, .doc = "Net price of a unit.", .example = "\"12.50\"")             \
    VALUE(T, decimal, min_quantity, .doc = "From this quantity of an order line on.")              \
    VALUE(T, date, valid_from, .doc = "First day.")                                                \
    VALUE(T, date, valid_to, .doc = "Last day; null: open.")                                       \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(price, PRICE_FIELDS);

/* ---- why a price ---- */

extern const char *const price_sources[];  /* customer, group, general */
extern const char *const price_outcomes[]; /* chosen, and why others are not */

#define PRICE_QUESTION_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who buys; default: anybody.")               \
    VALUE(T, currency, currency, .doc = "Default: the customer's, else the tenant's.")             \
    VALUE(T, decimal, quantity, .min = 1, .max = 1000000000000000, .doc = "Default: 1.")           \
    VALUE(T, date, date, .doc = "Default: today in the tenant's time zone.")
JSON_STRUCT(price_question, PRICE_QUESTION_FIELDS);

#define PRICE_CANDIDATE_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, price_id, .prefix = "prc", .doc = "The price.")                                   \
    VALUE(T, choice, source, .choices = price_sources, .doc = "Whose price it is.")                \
    VALUE(T, id, price_list_id, .prefix = "pli", .doc = "The list that it is of; null: none.")     \
    VALUE(T, string, price_list_name, .doc = "The list's name.")                                   \
    VALUE(T, integer, priority, .doc = "The list's priority.", .example = "0")                     \
    VALUE(T, currency, currency, .doc = "Currency of the price.")                                  \
    VALUE(T, price, unit_price, .doc = "Net price of a unit.", .example = "\"12.50\"")             \
    VALUE(T, decimal, min_quantity, .doc = "From this quantity of an order line on.")              \
    VALUE(T, date, valid_from, .doc = "First day.")                                                \
    VALUE(T, date, valid_to, .doc = "Last day; null: open.")                                       \
    VALUE(T, choice, outcome, .choices = price_outcomes, .doc = "What became of it.")              \
    VALUE(T, string, detail, .doc = "The same in a sentence.")
JSON_STRUCT(price_candidate, PRICE_CANDIDATE_FIELDS);

#define PRICE_EXPLANATION_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who buys; null: anybody.")                  \
    VALUE(T, id, group_id, .prefix = "grp", .doc = "The group whose prices they get.")             \
    VALUE(T, currency, currency, .doc = "What they pay in.")                                       \
    VALUE(T, decimal, quantity, .doc = "How much of it.")                                          \
    VALUE(T, date, date, .doc = "On which day.")                                                   \
    VALUE(T, price, unit_price, .doc = "The price that holds; null: none.")                        \
    VALUE(T, id, price_id, .prefix = "prc", .doc = "Which one that is.")                           \
    VALUE(T, id, price_list_id, .prefix = "pli", .doc = "The list that it is of; null: none.")     \
    VALUE(T, string, price_list_name, .doc = "The list's name.")                                   \
    VALUE(T, string, reason, .doc = "Why this one, in a sentence; null: none holds.")              \
    LIST(T, price_candidate, candidates, .max = 10000,                                             \
         .doc = "The prices that hold on that day for this customer, in order of precedence: the " \
                "customer's own, their group's, those for all; of each those of no list, then "    \
                "list by list from the highest priority on; of these the highest tier, of these "  \
                "the newest.")
JSON_STRUCT(price_explanation, PRICE_EXPLANATION_FIELDS);

/* ---- for inventory, orders and invoices ---- */

struct product_facts {
    int64_t id;
    const char *sku, *name, *kind, *unit;
    const char *fulfillment; /* of a service that is billed as it is fulfilled; else NULL */
    int64_t tax_code_id;
    int64_t unit_cost; /* in the tenant's currency; NIL64: unknown */
    const char *status;
};
struct product_facts_list {
    struct product_facts *v;
    size_t n;
};
/* The products of these ids, sorted by id; those of these SKUs, sorted by SKU (byte order).
 * Duplicates are fine, unknown ones are left out. Queued: ret is filled by the next flush. */
err products_load_queue(struct tx *tx, const int64_t *ids, size_t n,
                        struct product_facts_list *ret) MUST_CHECK;
err products_load_by_sku_queue(struct tx *tx, const char *const *skus, size_t n,
                               struct product_facts_list *ret) MUST_CHECK;
const struct product_facts *product_find(const struct product_facts_list *sorted_by_id,
                                         int64_t id); /* or NULL */
const struct product_facts *product_find_sku(const struct product_facts_list *sorted_by_sku,
                                             const char *sku); /* or NULL */

struct tax_rate_facts {
    int64_t tax_code_id;
    int32_t valid_from;
    int64_t rate; /* 10^-6 percent */
};
struct tax_rate_facts_list {
    struct tax_rate_facts *v;
    size_t n;
};
/* All dated rates of these codes, sorted by (code, valid_from). Every tax code has at least one. */
err tax_rates_load_queue(struct tx *tx, const int64_t *tax_code_ids, size_t n,
                         struct tax_rate_facts_list *ret) MUST_CHECK;
/* Is there such a tax code (among those asked for)? */
bool tax_code_known(const struct tax_rate_facts_list *list, int64_t tax_code_id);
/* The rate in force on a day. ERR_NO_TAX_RATE when the code is unknown or begins later. */
err tax_rate_on(const struct tax_rate_facts_list *list, int64_t tax_code_id, int32_t date,
                int64_t *ret_rate) MUST_CHECK;

struct price_facts {
    int64_t id, product_id;
    int64_t customer_id, group_id; /* at most one of them; both NIL64: for all */
    const char *currency;
    int64_t unit_price, min_quantity;
    int32_t valid_from, valid_to; /* valid_to NIL32: open */
    int64_t price_list_id;        /* NIL64: of no list; the ids above are then its own, else those
                                     whom the list is for */
    const char *list_name;
    int64_t list_priority;
    int32_t list_from, list_to; /* the list's days; NIL32: of no list, or open */
};
struct price_facts_list {
    struct price_facts *v;
    size_t n;
};
/* The prices of these products that are valid on some day of first … last: those for all and those
 * of the given customers and groups, of lists that are for them too. In order of precedence, as
 * price_pick needs them. */
err prices_load_queue(struct tx *tx, const int64_t *product_ids, size_t n,
                      const int64_t *customer_ids, size_t n_customers, const int64_t *group_ids,
                      size_t n_groups, int32_t first, int32_t last,
                      struct price_facts_list *ret) MUST_CHECK;
/* What a price must fit. */
struct price_wanted {
    int64_t product_id;
    int64_t customer_id, group_id; /* NIL64: nobody in particular, no group */
    const char *currency;
    int64_t quantity;
    int32_t date;
};
/* The price that holds: the customer's own before their group's before those for all; of each
 * those of no list, then those of the list with the highest priority, of lists alike of the newest;
 * then the highest tier that the quantity reaches, then the latest valid_from. NULL when there is
 * none. */
const struct price_facts *price_pick(const struct price_facts_list *list,
                                     const struct price_wanted *w);
const char *price_source(const struct price_facts *p); /* one of price_sources */
/* Why it holds, in a sentence. */
const char *price_reason(struct arena *a, const struct price_facts *p);
/* The product's prices for w out of the list, by precedence, and what became of each. chosen: the
 * one that was taken, which need not be the one that price_pick would take now; NULL: none was,
 * somebody gave a price of their own. */
struct price_candidate_list price_candidates(struct arena *a, const struct price_facts_list *list,
                                             const struct price_wanted *w,
                                             const struct price_facts *chosen);
