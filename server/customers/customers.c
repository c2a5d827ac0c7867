/* What a customer looks like, and what other domains read of one. */
#include "server/customers/customers.h"
#include "customers.sql.h"
#include "lib/base/find.h"
#include "server/routes_prototypes.h"
#include <stdlib.h>

const char *const customer_statuses[] = {"active", "blocked", "archived", NULL};
const char *const address_kinds[] = {"billing", "shipping", NULL};

JSON_TYPE(address, ADDRESS_FIELDS, .doc = "A postal address.");
JSON_TYPE(contact, CONTACT_FIELDS, .doc = "A person at the customer's.");
JSON_TYPE(customer_new, CUSTOMER_NEW_FIELDS, .doc = "A customer to create or replace.");
JSON_TYPE(customer_patch, CUSTOMER_PATCH_FIELDS,
          .doc = "What to change; null clears a member that may be missing.");
JSON_TYPE(customer, CUSTOMER_FIELDS, .doc = "Who buys and pays.");
JSON_TYPE(customer_group_new, CUSTOMER_GROUP_NEW_FIELDS, .doc = "A group to create or replace.");
JSON_TYPE(customer_group_patch, CUSTOMER_GROUP_PATCH_FIELDS,
          .doc = "What to change; null clears a member that may be missing.");
JSON_TYPE(customer_group, CUSTOMER_GROUP_FIELDS, .doc = "Customers who share prices.");

err customers_get(struct tx *tx, struct call *c, const struct none *in, struct customer *ret)
{
    (void)in;
    return customer_select(tx, c->path_id[0], ret);
}

err customers_load_queue(struct tx *tx, const int64_t *ids, size_t n,
                         struct customer_facts_list *ret)
{
    return customer_facts_select_queue(tx, ids, n, ret);
}

err customers_load(struct tx *tx, const int64_t *ids, size_t n, struct customer_facts_list *ret)
{
    TRY(customer_facts_select(tx, ids, n, ret));
    for (size_t i = 0; i < ret->n; i++)
        ret->v[i].exponent = currency_exponent(ret->v[i].currency);
    return OK;
}

const struct customer_facts *customer_find(const struct customer_facts_list *list, int64_t id)
{
    struct customer_facts *found = LIST_FIND_ID(list, id);
    if (found != NULL)
        found->exponent = currency_exponent(found->currency);
    return found;
}
