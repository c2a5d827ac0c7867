/* GET /v1/prices/explain: which price a customer gets, and why. */
#include "catalog.sql.h"
#include "server/catalog/catalog.h"
#include "server/routes_prototypes.h"

/* Finds who and what is asked for; what is missing is a fault. */
static err resolve(struct tx *tx, struct call *c, const struct price_question *in,
                   struct price_wanted *ret)
{
    bool found = true;
    struct product_id_of_sku_row product = {.id = in->product_id};
    struct price_buyer_row buyer = {.group_id = NIL64};
    if (in->product_id != NIL64 && in->sku != NULL)
        fault(c->problem, "?sku", "ambiguous", "Give product_id or sku, not both.");
    else if (in->product_id == NIL64 && in->sku == NULL)
        fault(c->problem, "?product_id", "required", "Give product_id or sku.");
    else if (in->sku != NULL)
        TRY(product_id_of_sku(tx, in->sku, &product, &found));
    if (!found)
        fault(c->problem, "?sku", "unknown_reference", "There is no such product.");
    found = true;
    if (in->customer_id != NIL64)
        TRY(price_buyer(tx, in->customer_id, &buyer, &found));
    if (!found)
        fault(c->problem, "?customer_id", "unknown_reference", "There is no such customer.");
    const char *currency = buyer.currency != NULL ? buyer.currency : c->tenant->currency;
    *ret = (struct price_wanted){
        .product_id = product.id,
        .customer_id = in->customer_id,
        .group_id = buyer.group_id,
        .currency = in->currency != NULL ? in->currency : currency,
        .quantity = in->quantity != NIL64 ? in->quantity : DECIMAL_ONE,
        .date = in->date != NIL32 ? in->date : tx->today,
    };
    return c->problem->code;
}

err prices_explain(struct tx *tx, struct call *c, const struct price_question *in,
                   struct price_explanation *ret)
{
    struct price_wanted w;
    struct price_facts_list list;
    TRY(resolve(tx, c, in, &w));
    TRY(prices_load(tx, &w.product_id, 1, &w.customer_id, w.customer_id != NIL64, &w.group_id,
                    w.group_id != NIL64, w.date, w.date, &list));
    const struct price_facts *chosen = price_pick(&list, &w);
    *ret = (struct price_explanation){
        .product_id = w.product_id,
        .customer_id = w.customer_id,
        .group_id = w.group_id,
        .currency = w.currency,
        .quantity = w.quantity,
        .date = w.date,
        .unit_price = chosen != NULL ? chosen->unit_price : NIL64,
        .price_id = chosen != NULL ? chosen->id : NIL64,
        .price_list_id = chosen != NULL ? chosen->price_list_id : NIL64,
        .price_list_name = chosen != NULL ? chosen->list_name : NULL,
        .reason = chosen != NULL ? price_reason(tx->arena, chosen) : NULL,
        .candidates = price_candidates(tx->arena, &list, &w, chosen)};
    return OK;
}
