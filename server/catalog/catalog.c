/* What tax codes, products and prices look like. */
#include "server/catalog/catalog.h"
#include "catalog.sql.h"
#include "server/routes_prototypes.h"

const char *const product_kinds[] = {"stock", "service", NULL};
const char *const service_fulfillments[] = {"milestone", "access", "usage", "metered", NULL};
const char *const product_statuses[] = {"active", "archived", NULL};
const char *const tax_categories[] = {"S", "Z", "E", "AE", "K", "G", "O", NULL};

const char *const price_sources[] = {"customer", "group", "general", NULL};

JSON_TYPE(tax_code_rate, TAX_CODE_RATE_FIELDS, .doc = "A rate from a day on.");
JSON_TYPE(tax_code_new, TAX_CODE_NEW_FIELDS, .doc = "A tax code to create or replace.");
JSON_TYPE(tax_code, TAX_CODE_FIELDS, .doc = "How sales are taxed.");
JSON_TYPE(product_new, PRODUCT_NEW_FIELDS, .doc = "A product to create or replace.");
JSON_TYPE(product_patch, PRODUCT_PATCH_FIELDS,
          .doc = "What to change; null clears a member that may be missing.");
JSON_TYPE(product, PRODUCT_FIELDS, .doc = "What is sold.");
JSON_TYPE(pricelist_buyer, PRICE_LIST_BUYER_FIELDS, .doc = "Whom a price list is for.");
JSON_TYPE(pricelist_new, PRICE_LIST_NEW_FIELDS, .doc = "A price list to create or replace.");
JSON_TYPE(pricelist_patch, PRICE_LIST_PATCH_FIELDS, .doc = "What to change of a price list.");
JSON_TYPE(pricelist_summary, PRICE_LIST_HEADER_FIELDS, .doc = "A price list.");
JSON_TYPE(pricelist, PRICE_LIST_FIELDS,
          .doc = "Prices that hold together, for a time and for some.");
JSON_TYPE(price_new, PRICE_NEW_FIELDS, .doc = "A price to create or replace.");
JSON_TYPE(price, PRICE_FIELDS, .doc = "What a unit of a product costs, for whom and when.");
JSON_TYPE(price_question, PRICE_QUESTION_FIELDS, .doc = "Who buys what, how much of it and when.");
JSON_TYPE(price_candidate, PRICE_CANDIDATE_FIELDS, .doc = "A price, and what became of it.");
JSON_TYPE(price_explanation, PRICE_EXPLANATION_FIELDS, .doc = "Which price holds, and why.");

err tax_codes_get(struct tx *tx, struct call *c, const struct none *in, struct tax_code *ret)
{
    (void)in;
    return tax_code_select(tx, c->path_id[0], ret);
}

err products_get(struct tx *tx, struct call *c, const struct none *in, struct product *ret)
{
    (void)in;
    return product_select(tx, c->path_id[0], ret);
}

err prices_get(struct tx *tx, struct call *c, const struct none *in, struct price *ret)
{
    (void)in;
    return price_select(tx, c->path_id[0], ret);
}
