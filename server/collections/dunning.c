/* How far customers have been dunned. */
#include "collections.sql.h"
#include "server/collections/collections.h"
#include "server/credit/credit.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"

JSON_TYPE(collections_new, COLLECTIONS_NEW_FIELDS, .doc = "How far a customer has been dunned.");
JSON_TYPE(collections, COLLECTIONS_FIELDS, .doc = "How far a customer has been dunned.");

/* What is known; level 0 where nobody has said anything. ERR_NO_ROW: there is no such customer. */
static err load(struct tx *tx, int64_t customer, struct collections *ret, int64_t *ret_account)
{
    struct collections_customer_row who;
    bool found;
    TRY(collections_customer(tx, customer, &who, &found));
    if (!found)
        return ERR_NO_ROW;
    *ret_account = who.credit_account_id;
    TRY(collections_select(tx, customer, ret, &found));
    if (!found)
        *ret = (struct collections){.customer_id = customer, .since = NIL32, .updated_at = NIL64};
    return OK;
}

err collections_get(struct tx *tx, struct call *c, const struct none *in, struct collections *ret)
{
    (void)in;
    int64_t account;
    return load(tx, c->path_id[0], ret, &account);
}

/* The last word counts. A lower level makes room for orders that wait. */
err collections_put(struct tx *tx, struct call *c, const struct collections_new *in,
                    struct collections *ret)
{
    int64_t customer = c->path_id[0], account;
    struct collections before;
    int32_t since = in->since != NIL32 ? in->since : tx->today;
    TRY(credit_lock_of_customers(tx, &customer, 1));
    TRY(load(tx, customer, &before, &account));
    if (since > tx->today)
        fault(c->problem, "/since", "too_large", "That day has not come yet.");
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(collections_store(tx, customer, in->dunning_level, since, in->source));
    TRY(load(tx, customer, ret, &account));
    if (ret->dunning_level < before.dunning_level)
        credit_made_room(tx, account, credit_cause_of(tx->arena, c, "customer", customer));
    event_push(tx, c, "customer.dunning_changed", "customer", customer,
               call_json(tx->arena, &collections_type, &before, NULL),
               call_json(tx->arena, &collections_type, ret, NULL));
    return OK;
}
