/* PUT /v1/orders/{id} and POST /v1/orders/preview: orders that come alone. */
#include "server/api/external_id.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <string.h>

err orders_preview(struct tx *tx, struct call *c, const struct order_new *in, struct order *ret)
{
    return order_place_one(tx, c, in, NULL, ret);
}

/* Writes the draft anew, prices and all. Its credit account is locked with it, so it keeps its
 * customer and who pays: another one's account would have to be locked before. */
static err replace(struct tx *tx, struct call *c, const struct order_new *in,
                   const struct order *seen, struct order *ret)
{
    struct order_state_list locked;
    if (seen->blanket_order_id != NIL64)
        return fail(c->problem, ERR_WRONG_STATE,
                    "A call-off keeps its lines: cancel it and call off again.");
    TRY(orders_lock(tx, &seen->id, 1, &locked));
    if (locked.n == 0 || locked.v[0].version != seen->version)
        return ERR_SERIALIZATION; /* changed since it was read: run again */
    if (in->customer_id != seen->customer_id) {
        fault(c->problem, "/customer_id", "fixed",
              "An order keeps its customer: cancel it and create another.");
        return c->problem->code;
    }
    if (in->payer_id != NIL64 && in->payer_id != seen->payer_id &&
        !(in->payer_id == seen->customer_id && seen->payer_id == NIL64)) {
        fault(c->problem, "/payer_id", "fixed",
              "An order keeps who pays: cancel it and create another.");
        return c->problem->code;
    }
    struct order_new kept = *in;
    kept.payer_id = seen->payer_id;
    return order_place_one(tx, c, &kept, seen, ret);
}

err orders_put(struct tx *tx, struct call *c, const struct order_new *in, struct order *ret)
{
    struct order_new named = *in;
    named.external_id = external_id_of_put(c, in->external_id);
    if (c->problem->code != OK)
        return c->problem->code;
    if (c->path_id[0] == NIL64) {
        c->status = 201;
        return order_place_one(tx, c, &named, NULL, ret);
    }
    struct order is;
    TRY(order_load(tx, c->path_id[0], &is));
    TRY(call_check_version(c, is.version));
    const char *differs = json_first_difference(tx->arena, (struct json_side){&order_new_type, in},
                                                (struct json_side){&order_type, &is}, NULL);
    bool draft = strcmp(is.status, "draft") == 0;
    if (differs != NULL && draft) {
        if (named.external_id == NULL)
            named.external_id = is.external_id;
        return replace(tx, c, &named, &is, ret);
    }
    if (differs != NULL)
        return external_id_differs(c, "ord", is.id, differs);
    if (draft && in->confirm)
        return orders_confirm(tx, c, NULL, ret);
    *ret = is;
    return OK;
}
