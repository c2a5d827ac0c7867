/* Where an order's goods and invoices go: what it says, or what the customer's addresses say. */
#include "server/orders/place.h"

/* One address of the two. what: "bill_to" or "ship_to". */
static const struct address *address_of(const struct call *c, const char *what,
                                        const struct address *given, int64_t no,
                                        const struct address_list *known, const char *kind)
{
    const char *number = arena_printf(c->problem->arena, "/%s_no", what);
    if (given != NULL && no != NIL64)
        fault(c->problem, number, "ambiguous", "Give %s or %s_no, not both.", what, what);
    if (given != NULL)
        return given;
    if (no == NIL64)
        return address_of_kind(known, kind);
    if ((uint64_t)no <= known->n)
        return &known->v[no - 1];
    fault(c->problem, number, "unknown_reference", "There are %zu addresses.", known->n);
    return NULL;
}

const char *address_json(struct arena *a, const struct address *at)
{
    return at != NULL ? call_json(a, &address_type, at, NULL) : NULL;
}

struct order_parties order_parties(struct arena *a, const struct call *c,
                                   const struct order_new *in, const struct customer_facts *buyer,
                                   const struct customer_facts *payer)
{
    struct address_list to_ship = customer_addresses(a, buyer);
    struct address_list to_bill = payer == buyer ? to_ship : customer_addresses(a, payer);
    const struct address *bill = address_of(c, "bill_to", in->bill_to, in->bill_to_no, &to_bill,
                                            "billing");
    const struct address *ship = address_of(c, "ship_to", in->ship_to, in->ship_to_no, &to_ship,
                                            "shipping");
    return (struct order_parties){.bill_to = customer_party_at(a, payer, bill),
                                  .ship_to = customer_party_at(a, buyer, ship),
                                  .bill_address = address_json(a, bill),
                                  .ship_address = address_json(a, ship)};
}
