/* Locks, moves and shows credit accounts. */
#include "server/credit/credit.h"
#include "credit.sql.h"
#include "server/credit/rules.h"
#include "server/customers/customers.h"
#include "server/routes_prototypes.h"
#include <string.h>

/* The answers of the lock statements arrive with a flush of the caller's, hence the arena. */
err credit_lock_of_customers(struct tx *tx, const int64_t *customers, size_t n)
{
    return credit_lock_by_customers_queue(
        tx, customers, n, ARENA_NEW(tx->arena, struct credit_lock_by_customers_row_list));
}

err credit_lock_of_orders(struct tx *tx, const int64_t *orders, size_t n)
{
    return credit_lock_by_orders_queue(tx, orders, n,
                                       ARENA_NEW(tx->arena, struct credit_lock_by_orders_row_list));
}

err credit_lock_of_orders_and_customers(struct tx *tx, const int64_t *orders, size_t n_orders,
                                        const int64_t *customers, size_t n_customers)
{
    return credit_lock_by_orders_and_customers_queue(
        tx, orders, n_orders, customers, n_customers,
        ARENA_NEW(tx->arena, struct credit_lock_by_orders_and_customers_row_list));
}

err credit_lock_of_invoices(struct tx *tx, const int64_t *invoices, size_t n)
{
    return credit_lock_by_invoices_queue(
        tx, invoices, n, ARENA_NEW(tx->arena, struct credit_lock_by_invoices_row_list));
}

err credit_apply(struct tx *tx, const struct credit_delta *deltas, size_t n)
{
    struct credit_delta *sums = ARENA_ARRAY(tx->arena, struct credit_delta, n);
    if (n > 0)
        memcpy(sums, deltas, n * sizeof *sums);
    TRY(credit_deltas_sum(sums, n, &n));
    return n > 0 ? credit_move(tx, sums, n) : OK;
}

err customers_credit(struct tx *tx, struct call *c, const struct none *in,
                     struct customer_credit *ret)
{
    (void)in;
    struct credit_of_customer_row row;
    TRY(credit_of_customer(tx, c->path_id[0], &row));
    struct credit_facts facts = {.id = row.id,
                                 .credit_limit = row.credit_limit,
                                 .ordered = row.ordered,
                                 .unbilled = row.unbilled,
                                 .receivable = row.receivable,
                                 .unapplied = row.unapplied};
    int64_t exposure = credit_exposure(&facts), headroom = NIL64;
    if (row.credit_limit != NIL64 && __builtin_sub_overflow(row.credit_limit, exposure, &headroom))
        headroom = INT64_MAX;
    *ret = (struct customer_credit){.customer_id = c->path_id[0],
                                    .currency = row.currency,
                                    .credit_limit = row.credit_limit,
                                    .ordered = row.ordered,
                                    .unbilled = row.unbilled,
                                    .receivable = row.receivable,
                                    .unapplied = row.unapplied,
                                    .exposure = exposure,
                                    .headroom = headroom};
    return OK;
}
