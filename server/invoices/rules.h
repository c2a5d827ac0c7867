/* What an invoice may claim, what it costs, what can be credited: pure decisions over structs. */
#pragma once
#include "server/catalog/catalog.h"
#include "server/catalog/totals.h"
#include "server/invoices/invoices.h"
#include "server/orders/orders.h"
#include "server/shipments/shipments.h"

/* ---- claiming quantities of an order ---- */

/* Net amount that living invoices took of an order line. */
struct invoiced_net {
    int64_t order_line_no, net;
};
struct invoiced_net_list {
    struct invoiced_net *v; /* by order_line_no */
    size_t n;
};

/* A quantity of an order line, of goods as part of one shipment line. */
struct claim_part {
    struct order_line *line;
    struct shipment_line_state *goods; /* NULL: a service */
    int64_t quantity;
};
/* Freight that goes along with the goods of a shipment. */
struct claim_charge {
    struct shipment_state *shipment;
    int64_t tax_rate;
};
struct claims {
    struct order_state *order;
    struct shipment_line_state **goods; /* by (order line, shipment, line): the oldest first */
    size_t n_goods;
    struct claim_part *parts;
    size_t n_parts, cap_parts;
    struct claim_charge *charges; /* by shipment */
    size_t n_charges;
    struct arena *arena;
};
/* shipments: those of the order that have left; their lines and the order's are counted up in place
 * by what is claimed. */
void claims_init(struct claims *k, struct arena *a, struct order_state *order,
                 const struct shipment_state_list *shipments);
/* Claims a quantity of a line (NIL64: all that can be invoiced), of goods restricted to a shipment
 * and a line of it (NIL64: the oldest first). Goods: shipped and not invoiced; services: fulfilled
 * and not invoiced, or, when they are billed on order, neither canceled nor invoiced, and none
 * while the order is on hold. ERR_QUANTITY_EXCEEDED, with *ret_available set to what could have
 * been claimed, when it is more than that. */
err claims_take(struct claims *k, struct order_line *line, int64_t shipment_id,
                int64_t shipment_line_no, int64_t quantity, int64_t *ret_available) MUST_CHECK;
/* Gives back all that was taken, because the invoice is refused after all. */
void claims_release(struct claims *k);
/* Brings the parts into order: by order line, shipment, line, each once. */
void claims_finish(struct claims *k);

/* What of an order line's net an invoice gets: the share of all that is invoiced after it, less
 * what the living invoices before it took, never negative. So the parts of a line always add up to
 * its net, whatever is voided in between. */
err invoice_share(const struct order_line *line, int64_t invoiced_after, int64_t net_before,
                  enum rounding rounding, int64_t *ret_net) MUST_CHECK;
/* After claims_finish: the shipments of the parts whose freight nobody bills yet become charges.
 * ERR_NO_TAX_RATE on that day. */
err claims_charge(struct claims *k, const struct shipment_state_list *shipments,
                  const struct tax_rate_facts_list *rates, int32_t date) MUST_CHECK;
/* The lines of the invoice, one per part and then one per charge, priced; after claims_finish. Tax
 * is computed as for the order and split over the parts of a line. */
err claims_price(const struct claims *k, const struct invoiced_net_list *before, int exponent,
                 enum rounding rounding, bool tax_per_line, struct invoice_line_list *ret,
                 struct totals *ret_totals) MUST_CHECK;
/* The same for one invoice of n orders: their lines one order after the other, tax computed over
 * all of them. before[i]: of the order of k[i]. */
err claims_price_joint(const struct claims *k, size_t n,
                       const struct invoiced_net_list *const *before, int exponent,
                       enum rounding rounding, bool tax_per_line, struct invoice_line_list *ret,
                       struct totals *ret_totals) MUST_CHECK;

/* ---- credit notes ---- */

/* Fills net, tax and gross of credit lines of one invoice, each with invoice_line_no and either
 * credited_quantity > 0, or 0 and the net to take off. A quantity gets its share of what is left of
 * the line, the last quantity all of it; tax follows the rate, but never beyond what is left, and
 * whoever takes the rest of the net takes the rest of the tax: nothing is rounded twice
 * (domain.md S6 rule 7). ERR_QUANTITY_EXCEEDED or ERR_AMOUNT_EXCEEDED with *ret_at (index of the
 * line) set. */
err credit_amounts(const struct invoice_line_list *invoice, struct credit_note_line *lines,
                   size_t n, int exponent, enum rounding rounding, bool tax_per_line,
                   struct totals *ret, size_t *ret_at) MUST_CHECK;
/* The line of that number, or NULL. */
struct invoice_line *invoice_line_find(const struct invoice_line_list *lines, int64_t line_no);

/* ---- states ---- */

/* finalized, partially_paid or paid. */
const char *invoice_status_of(int64_t gross, int64_t open);
/* NULL when nothing happened that anybody would want to hear of. */
const char *invoice_settled_event(const char *was, const char *now);
/* May the invoice be voided (a draft: canceled)? */
bool invoice_can_void(const char *status, int64_t gross, int64_t open, int64_t credited);

/* Net and tax per tax code and rate, in order of the code. */
struct tax_summary_list tax_summary_of(struct arena *a, const struct totals_line *lines, size_t n);
