/* Levels of stock: how much of it is never promised, where it is picked. */
#include "inventory.sql.h"
#include "server/events/events.h"
#include "server/inventory/internal.h"
#include "server/routes_prototypes.h"
#include <string.h>

err stock_patch(struct tx *tx, struct call *c, const struct stock_level_patch *in,
                struct stock_level *ret)
{
    struct stock_naming what = {
        .call = c, .at = "", .product_id = c->path_id[0], .warehouse_id = c->path_id[1]};
    TRY(stock_namings_resolve(tx, &what, 1));
    if (c->problem->n_faults > 0)
        return fail(c->problem, ERR_NOT_FOUND, "%s", c->problem->faults[0].detail);

    struct stock_facts_list locked;
    TRY(stock_rows_lock_ensured(tx, &what.key, 1, &locked));
    struct stock_level before;
    TRY(stock_level_load(tx, what.key.product_id, what.key.warehouse_id, &before));
    *ret = before;
    int64_t safety = in->safety != NIL64 ? in->safety : before.safety;
    const char *bin = JSON_HAS(stock_level_patch, in, bin) ? in->bin : before.bin;
    bool moves = (bin == NULL) != (before.bin == NULL) ||
                 (bin != NULL && strcmp(bin, before.bin) != 0);
    if (before.safety == safety && !moves)
        return OK;
    TRY(stock_set_terms(tx, what.key.product_id, what.key.warehouse_id, safety, bin));
    if (safety < before.safety)
        TRY(stock_freed_note(tx, &what.key, 1));
    TRY(stock_level_load(tx, what.key.product_id, what.key.warehouse_id, ret));
    event_push(tx, c, moves ? "stock.bin_changed" : "stock.safety_changed", "product",
               ret->product_id, call_json(tx->arena, &stock_level_type, &before, NULL),
               call_json(tx->arena, &stock_level_type, ret, NULL));
    return OK;
}
