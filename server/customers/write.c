/* Creates, changes and replaces customers, with the credit account behind each. */
#include "customers.sql.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/credit/checks.h"
#include "server/customers/rules.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

static const char *as_json(struct tx *tx, const struct customer *t)
{
    return call_json(tx->arena, &customer_type, t, NULL);
}

/* own: the customer that may have it, NIL64 for none. */
static err check_external_id(struct tx *tx, const struct call *c, const char *external_id,
                             int64_t own)
{
    if (external_id == NULL)
        return OK;
    struct customer_by_external_id_row holder;
    bool found;
    TRY(customer_by_external_id(tx, external_id, &holder, &found));
    return found && holder.id != own ? external_id_taken(c, "cus", holder.id) : OK;
}

/* The group that a customer joins. */
static err check_group(struct tx *tx, const struct call *c, int64_t group)
{
    struct customer_group_known_row row;
    bool found;
    TRY(customer_group_known(tx, group, &row, &found));
    if (!found)
        fault(c->problem, "/group_id", "unknown_reference", "There is no such customer group.");
    return c->problem->code;
}

static err create(struct tx *tx, struct call *c, const struct customer_new *in,
                  struct customer *ret)
{
    struct customer t;
    customer_from_new(tx->arena, c, in, NULL, &t);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(check_external_id(tx, c, t.external_id, NIL64));
    if (t.group_id != NIL64)
        TRY(check_group(tx, c, t.group_id));
    t.id = id_new();
    int64_t account = id_new();
    TRY(credit_account_insert(tx, account, t.currency, t.credit_limit));
    TRY(customer_insert(tx, &t, 1, account));
    TRY(customer_select(tx, t.id, ret));
    event_push(tx, c, "customer.created", "customer", t.id, NULL, as_json(tx, ret));
    return OK;
}

/* The credit account's lock comes first, then the customer's. */
static err lock(struct tx *tx, const struct call *c, struct customer *ret, int64_t *ret_account)
{
    struct customer_lock_row row;
    TRY(credit_lock_of_customers(tx, c->path_id, 1));
    TRY(customer_lock(tx, c->path_id[0], &row));
    TRY(call_check_version(c, row.version));
    *ret_account = row.credit_account_id;
    return customer_select(tx, c->path_id[0], ret);
}

/* Stores what `after` says over `before`. Saying the same again changes nothing, not even the
 * version. */
static err store(struct tx *tx, const struct call *c, const struct customer *before,
                 const struct customer *after, int64_t account, struct customer *ret)
{
    if (c->problem->code != OK)
        return c->problem->code;
    const char *was = as_json(tx, before);
    if (strcmp(was, as_json(tx, after)) == 0) {
        *ret = *before;
        return OK;
    }
    TRY(check_external_id(tx, c, after->external_id, before->id));
    if (after->group_id != NIL64 && after->group_id != before->group_id)
        TRY(check_group(tx, c, after->group_id));
    if (after->credit_limit != NIL64 &&
        (before->credit_limit == NIL64 || after->credit_limit < before->credit_limit))
        TRY(credit_check_limit(tx, c, account, after->credit_limit));
    if (after->credit_limit != before->credit_limit)
        TRY(credit_limit_set(tx, before->id, after->credit_limit));
    TRY(customer_update(tx, after, 1));
    TRY(customer_select(tx, before->id, ret));
    event_push(tx, c, "customer.updated", "customer", before->id, was, as_json(tx, ret));
    /* With another limit, or no longer blocked, orders that wait may go on. */
    credit_made_room(tx, account, credit_cause_of(tx->arena, c, "customer", before->id));
    return OK;
}

err customers_create(struct tx *tx, struct call *c, const struct customer_new *in,
                     struct customer *ret)
{
    return create(tx, c, in, ret);
}

err customers_patch(struct tx *tx, struct call *c, const struct customer_patch *in,
                    struct customer *ret)
{
    struct customer before;
    int64_t account;
    TRY(lock(tx, c, &before, &account));
    struct customer after = before;
    customer_apply_patch(tx->arena, c, in, &after);
    return store(tx, c, &before, &after, account, ret);
}

err customers_put(struct tx *tx, struct call *c, const struct customer_new *in,
                  struct customer *ret)
{
    if (c->path_id[0] == NIL64) {
        c->status = 201;
        return create(tx, c, in, ret);
    }
    struct customer before, after;
    int64_t account;
    TRY(lock(tx, c, &before, &account));
    customer_from_new(tx->arena, c, in, &before, &after);
    return store(tx, c, &before, &after, account, ret);
}
