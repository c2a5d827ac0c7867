/* May goods of an order leave, for its customer's credit? */
#include "orders_credit.sql.h"
#include "server/credit/checks.h"
#include "server/orders/orders.h"

static bool listed(const struct orders_released_row_list *rows, int64_t id)
{
    for (size_t i = 0; i < rows->n; i++)
        if (rows->v[i].order_id == id)
            return true;
    return false;
}

err orders_check_credit(struct tx *tx, const struct call *c, const struct order_state_list *orders)
{
    struct orders_released_row_list released;
    struct credit_ask *asks = ARENA_ARRAY(tx->arena, struct credit_ask, orders->n);
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, orders->n);
    if (orders->n == 0 || !credit_any_policy(tx))
        return OK;
    for (size_t i = 0; i < orders->n; i++)
        ids[i] = orders->v[i].id;
    TRY(orders_released(tx, ids, orders->n, &released));
    for (size_t i = 0; i < orders->n; i++)
        asks[i] = (struct credit_ask){.call = c,
                                      .account = orders->v[i].credit_account_id,
                                      .customer_id = orders->v[i].customer_id,
                                      .order_id = orders->v[i].id,
                                      .released = listed(&released, orders->v[i].id)};
    TRY(credit_check(tx, "ship", asks, orders->n));
    for (size_t i = 0; i < orders->n; i++)
        orders->v[i].credit_refusal = asks[i].refused;
    return OK;
}
