/* One number of a customer, one order: who has it among the orders that are stored and among those
 * of a batch. */
#include "lib/base/id.h"
#include "orders.sql.h"
#include "server/api/external_id.h"
#include "server/orders/place.h"
#include <stdlib.h>
#include <string.h>

static int same_po(const struct po_claim *x, const struct po_claim *y)
{
    if (x->customer_id != y->customer_id)
        return x->customer_id < y->customer_id ? -1 : 1;
    return strcmp(x->customer_po, y->customer_po);
}

/* Those that want the same together, in the order in which they came. */
static int twins_together(const void *a, const void *b)
{
    const struct po_claim *x = *(struct po_claim *const *)a, *y = *(struct po_claim *const *)b;
    int order = same_po(x, y);
    return order != 0 ? order : (x > y) - (x < y);
}

void po_claims_link(struct arena *a, struct po_claim *claims, size_t n)
{
    struct po_claim **sorted = ARENA_ARRAY(a, struct po_claim *, n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &claims[i];
    if (n > 1)
        qsort(sorted, n, sizeof(*sorted), twins_together);
    for (size_t i = 1; i < n; i++)
        if (same_po(sorted[i - 1], sorted[i]) == 0)
            sorted[i]->earlier = sorted[i - 1];
}

err po_claims_load_queue(struct tx *tx, const struct po_claim *claims, size_t n,
                         struct orders_by_customer_po_row_list *ret)
{
    return n > 0 ? orders_by_customer_po_queue(tx, claims, n, ret) : OK;
}

void po_claims_held(struct po_claim *claims, const struct orders_by_customer_po_row_list *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        claims[rows->v[i].claim - 1].holder = rows->v[i].holder;
}

int64_t po_claim_take(struct po_claim *claim)
{
    int64_t holder = claim->holder;
    while (claim->earlier != NULL && claim->earlier->call->problem->code != OK)
        claim->earlier = claim->earlier->earlier;
    if (holder == NIL64 && claim->earlier != NULL)
        holder = claim->earlier->id;
    if (holder == NIL64)
        return 0;
    if (claim->allowed)
        return claim->id;
    err e = key_taken(claim->call, "customer_po", "ord", holder);
    (void)fail(claim->call->problem, e,
               "The customer's order number %s is on %s already. If this is another order, say "
               "allow_duplicate_po.",
               claim->customer_po, claim->call->problem->conflicting_id);
    return NIL64;
}

err po_claim_alone(struct tx *tx, struct po_claim *claim, int64_t *ret)
{
    struct orders_by_customer_po_row_list rows;
    TRY(orders_by_customer_po(tx, claim, 1, &rows));
    po_claims_held(claim, &rows);
    *ret = po_claim_take(claim);
    return claim->call->problem->code;
}
