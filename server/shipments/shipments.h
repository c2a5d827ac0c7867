/* Shipments: goods of one or several orders of a customer that leave a warehouse, how they are
 * packed, and the proof that they arrived. */
#pragma once
#include "server/api/call.h"

/* ---- the API ---- */

extern const char *const shipment_statuses[]; /* draft, shipped, delivered, exception, canceled */
extern const char *const shipment_exception_kinds[]; /* short, damaged, refused, lost */
extern const char *const shipment_resolutions[];     /* reship, close */

#define SHIPMENT_ORDERS_MAX 100
#define SHIPMENT_PACKAGES_MAX 1000
#define SHIPMENT_MEASURE_MAX 1000000000000 /* a million kg or cm */

/* Most lots of a line. */
#define SHIPMENT_LOTS_MAX 100

#define SHIPMENT_LOT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, lot_number, .required = true, .min = 1, .max = 100,                           \
          .doc = "A lot of the product in the warehouse; each at most once.",                      \
          .example = "\"L-2024-117\"")                                                             \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "What of it goes out; all lots together: the line's quantity.",                   \
          .example = "\"2\"")                                                                      \
    VALUE(T, boolean, allow_expired, .doc = "Also when its last day is over.")
JSON_STRUCT(shipment_lot_new, SHIPMENT_LOT_NEW_FIELDS);

#define SHIPMENT_LINE_LOTS_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 10000,                           \
          .doc = "The line of the shipment; each at most once.", .example = "1")                   \
    LIST(T, shipment_lot_new, lots, .required = true, .min = 1, .max = SHIPMENT_LOTS_MAX,          \
         .doc = "The lots that it takes.")
JSON_STRUCT(shipment_line_lots, SHIPMENT_LINE_LOTS_FIELDS);

#define SHIPMENT_LINE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order; default: the shipment's.")          \
    VALUE(T, integer, order_line_no, .required = true, .min = 1, .max = 10000,                     \
          .doc = "The line of the order; each at most once.", .example = "1")                      \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "At most what is ordered, not canceled and not shipped yet.", .example = "\"2\"") \
    LIST(T, shipment_lot_new, lots, .max = SHIPMENT_LOTS_MAX,                                      \
         .doc =                                                                                    \
             "With ship, of a product that tracks lots: which ones go out. Default: of those "     \
             "that are neither blocked nor expired the one that expires first, then the oldest.")
JSON_STRUCT(shipment_line_new, SHIPMENT_LINE_NEW_FIELDS);

#define SHIPMENT_ORDER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, order_id, .required = true, .prefix = "ord", .doc = "An order it fulfills.")
JSON_STRUCT(shipment_order, SHIPMENT_ORDER_FIELDS);

#define SHIPMENT_PACKAGE_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 10000,                           \
          .doc = "The line of the shipment; each at most once a package.", .example = "1")         \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "What of it is inside; all packages together: at most the line's quantity.",      \
          .example = "\"2\"")
JSON_STRUCT(shipment_package_line, SHIPMENT_PACKAGE_LINE_FIELDS);

#define SHIPMENT_PACKAGE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, string, tracking_number, .min = 1, .max = 100,                                        \
          .doc = "The carrier's number of this package.")                                          \
    VALUE(T, decimal, weight_kg, .min = 1, .max = SHIPMENT_MEASURE_MAX, .doc = "Weight in kg.",    \
          .example = "\"2.5\"")                                                                    \
    VALUE(T, decimal, length_cm, .min = 1, .max = SHIPMENT_MEASURE_MAX, .doc = "Length in cm.",    \
          .example = "\"40\"")                                                                     \
    VALUE(T, decimal, width_cm, .min = 1, .max = SHIPMENT_MEASURE_MAX, .doc = "Width in cm.",      \
          .example = "\"30\"")                                                                     \
    VALUE(T, decimal, height_cm, .min = 1, .max = SHIPMENT_MEASURE_MAX, .doc = "Height in cm.",    \
          .example = "\"20\"")                                                                     \
    LIST(T, shipment_package_line, lines, .max = 10000, .doc = "What is inside.")
JSON_STRUCT(shipment_package_new, SHIPMENT_PACKAGE_NEW_FIELDS);

#define SHIPMENT_PACKAGE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, package_no, .doc = "Number of the package, from 1.")                         \
    VALUE(T, string, tracking_number, .doc = "The carrier's number of this package.")              \
    VALUE(T, decimal, weight_kg, .doc = "Weight in kg.")                                           \
    VALUE(T, decimal, length_cm, .doc = "Length in cm.")                                           \
    VALUE(T, decimal, width_cm, .doc = "Width in cm.")                                             \
    VALUE(T, decimal, height_cm, .doc = "Height in cm.")                                           \
    LIST(T, shipment_package_line, lines, .doc = "What is inside.")
JSON_STRUCT(shipment_package, SHIPMENT_PACKAGE_FIELDS);

#define SHIPMENT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the shipment, unique.") \
    VALUE(T, id, order_id, .prefix = "ord",                                                        \
          .doc = "The order it fulfills; of several: name them in orders, or in the lines.")       \
    LIST(T, shipment_order, orders, .min = 1, .max = SHIPMENT_ORDERS_MAX,                          \
         .doc = "Instead of order_id and lines: several orders of one customer that go to one "    \
                "address, with all that is reserved of each, or, when nothing is, all that is "    \
                "open.")                                                                           \
    VALUE(T, boolean, ship, .doc = "Also ship it: consume reservations, move stock.")              \
    VALUE(T, date, ship_date, .doc = "When it leaves; default with ship: today.")                  \
    VALUE(T, date, expected_date, .doc = "When it should arrive.")                                 \
    VALUE(T, string, carrier, .max = 100, .doc = "Who carries it.")                                \
    VALUE(T, string, service, .max = 100, .doc = "The carrier's service: express, freight.")       \
    VALUE(T, string, tracking_number, .max = 100, .doc = "The carrier's number.")                  \
    VALUE(                                                                                         \
        T, decimal, freight, .max = 1000000000000000,                                              \
        .doc = "With ship, where the freight policy says actual: what the customer pays for it, "  \
               "net, in the currency of the orders.",                                              \
        .example = "\"4.90\"")                                                                     \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")                              \
    LIST(T, shipment_line_new, lines, .min = 1, .max = 10000,                                      \
         .doc = "What leaves; default: all that is reserved for the order, or, when nothing is, "  \
                "all that is open.")                                                               \
    LIST(T, shipment_package_new, packages, .max = SHIPMENT_PACKAGES_MAX,                          \
         .doc = "How it is packed; packages are numbered from 1 in this order.")
JSON_STRUCT(shipment_new, SHIPMENT_NEW_FIELDS);

#define SHIPMENT_SHIP_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, date, ship_date, .doc = "When it left; default: the draft's date, else today.")       \
    VALUE(T, date, expected_date, .doc = "When it should arrive; default: as in the draft.")       \
    VALUE(T, string, carrier, .max = 100, .doc = "Who carries it; default: as in the draft.")      \
    VALUE(T, string, service, .max = 100,                                                          \
          .doc = "The carrier's service; default: as in the draft.")                               \
    VALUE(T, string, tracking_number, .max = 100,                                                  \
          .doc = "The carrier's number; default: as in the draft.")                                \
    VALUE(T, decimal, freight, .max = 1000000000000000,                                            \
          .doc = "Where the freight policy says actual: what the customer pays for it, net.",      \
          .example = "\"4.90\"")                                                                   \
    LIST(T, shipment_package_new, packages, .max = SHIPMENT_PACKAGES_MAX,                          \
         .doc = "How it is packed, instead of what the draft says.")                               \
    LIST(T, shipment_line_lots, lots, .max = 10000,                                                \
         .doc = "Of lines whose product tracks lots: which ones go out. Default: of those that "   \
                "are neither blocked nor expired the one that expires first, then the oldest.")
JSON_STRUCT(shipment_ship, SHIPMENT_SHIP_FIELDS);

#define SHIPMENT_PROOF_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, signed_by, .max = 200, .doc = "Who signed.")                                  \
    VALUE(T, instant, received_at, .doc = "When it was handed over.")                              \
    VALUE(T, string, note, .max = 2000, .doc = "What the receiver noted: short, damaged, refused.")
JSON_STRUCT(shipment_proof, SHIPMENT_PROOF_FIELDS);

#define SHIPMENT_LOT_BACK_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, string, lot_number, .required = true, .min = 1, .max = 100,                           \
          .doc = "A lot that went out with the line; each at most once.",                          \
          .example = "\"L-2024-117\"")                                                             \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "What of it came back; all lots together: the exception's quantity.",             \
          .example = "\"1\"")
JSON_STRUCT(shipment_lot_back, SHIPMENT_LOT_BACK_FIELDS);

#define SHIPMENT_EXCEPTION_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                      \
    VALUE(T, choice, kind, .required = true, .choices = shipment_exception_kinds,                  \
          .doc = "Why it did not arrive; each at most once a line.")                               \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "How much of the line.", .example = "\"1\"")                                      \
    VALUE(T, choice, resolution, .choices = shipment_resolutions,                                  \
          .doc = "reship (the default): the order's line is open again and ships again; what was " \
                 "invoiced already is not invoiced again. close: the customer gets no "            \
                 "replacement; what was not invoiced is canceled, what was is left to a credit "   \
                 "note.")                                                                          \
    VALUE(T, boolean, restock,                                                                     \
          .doc = "Short and refused goods only: they are back in the warehouse that they left. "   \
                 "Everything else is lost to stock.")                                              \
    LIST(T, shipment_lot_back, lots, .max = SHIPMENT_LOTS_MAX,                                     \
         .doc = "With restock, of a line that took several lots: which of them came back.")        \
    VALUE(T, string, reason, .max = 500, .doc = "What the receiver or the carrier said.")
JSON_STRUCT(shipment_exception_new, SHIPMENT_EXCEPTION_NEW_FIELDS);

#define SHIPMENT_DELIVER_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 10000,                           \
          .doc = "The line of the shipment; each at most once.", .example = "1")                   \
    VALUE(T, decimal, delivered,                                                                   \
          .doc = "What arrived, with the exceptions at most what was shipped; default: all but "   \
                 "the exceptions.",                                                                \
          .example = "\"1\"")                                                                      \
    LIST(T, shipment_exception_new, exceptions, .max = 4,                                          \
         .doc = "What did not arrive, and what follows.")
JSON_STRUCT(shipment_deliver_line, SHIPMENT_DELIVER_LINE_FIELDS);

#define SHIPMENT_DELIVER_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, date, delivered_date, .doc = "Default: today in the tenant's time zone.")             \
    OBJECT(T, shipment_proof, proof, .doc = "Proof of delivery.")                                  \
    LIST(T, shipment_deliver_line, lines, .max = 10000,                                            \
         .doc = "Lines that did not arrive in full; the others did.")
JSON_STRUCT(shipment_deliver, SHIPMENT_DELIVER_FIELDS);

#define SHIPMENT_EXCEPTION_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, integer, exception_no, .doc = "Number of the exception, from 1.")                     \
    VALUE(T, integer, line_no, .doc = "The line of the shipment.")                                 \
    VALUE(T, choice, kind, .choices = shipment_exception_kinds, .doc = "Why it did not arrive.")   \
    VALUE(T, decimal, quantity, .doc = "How much of the line.")                                    \
    VALUE(T, choice, resolution, .choices = shipment_resolutions,                                  \
          .doc = "Whether it ships again.")                                                        \
    VALUE(T, boolean, restocked, .doc = "It is back in stock.")                                    \
    VALUE(T, decimal, failed,                                                                      \
          .doc = "Part that does not count as shipped any more: it ships again or is canceled. "   \
                 "The rest was invoiced and is to be credited.")                                   \
    VALUE(T, string, reason, .doc = "What was said.")
JSON_STRUCT(shipment_exception, SHIPMENT_EXCEPTION_FIELDS);

#define SHIPMENT_LOT_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, id, lot_id, .prefix = "lot", .doc = "The lot in the warehouse that it left.")         \
    VALUE(T, string, lot_number, .doc = "The lot's number.")                                       \
    VALUE(T, decimal, quantity, .doc = "What of it went out.")                                     \
    VALUE(T, decimal, returned, .doc = "What of that came back undelivered.")
JSON_STRUCT(shipment_lot, SHIPMENT_LOT_FIELDS);

#define SHIPMENT_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, integer, line_no, .doc = "Number of the line, from 1.")                               \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, integer, order_line_no, .doc = "The line of the order.")                              \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU when ordered.")                                \
    VALUE(T, string, description, .doc = "What was ordered.")                                      \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where it ships from.")                     \
    VALUE(T, decimal, quantity, .doc = "Quantity that ships.")                                     \
    VALUE(T, decimal, delivered, .doc = "Quantity that arrived.")                                  \
    VALUE(T, decimal, failed,                                                                      \
          .doc = "Quantity that did not arrive and does not count as shipped any more.")           \
    VALUE(T, decimal, invoiced, .doc = "Quantity invoiced.")                                       \
    VALUE(T, decimal, invoiceable, .doc = "Quantity that can be invoiced now.")                    \
    LIST(T, shipment_lot, lots, .doc = "The lots that went out; of products that track lots.")
JSON_STRUCT(shipment_line, SHIPMENT_LINE_FIELDS);

#define SHIPMENT_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, id, .prefix = "shp", .doc = "The shipment's id.")                                 \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, number, .doc = "The shipment number.")                                        \
    VALUE(T, choice, status, .choices = shipment_statuses, .doc = "Where the shipment stands.")    \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order it fulfills; null: several.")        \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who receives it.")                          \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where it ships from; null: several.")      \
    VALUE(T, string, carrier, .doc = "Who carries it.")                                            \
    VALUE(T, string, service, .doc = "The carrier's service.")                                     \
    VALUE(T, string, tracking_number, .doc = "The carrier's number.")                              \
    VALUE(T, string, tracking_status, .doc = "The carrier's last word, see its tracking.")         \
    VALUE(T, date, ship_date, .doc = "When it left; of a draft: when it should.")                  \
    VALUE(T, date, expected_date, .doc = "When it should arrive.")                                 \
    VALUE(T, date, delivered_date, .doc = "When it arrived, or failed to.")                        \
    VALUE(T, raw, ship_to, .doc = "Where it goes, as the order said.")                             \
    VALUE(T, raw, proof, .doc = "Proof of delivery: signed_by, received_at, note.")                \
    VALUE(T, currency, freight_currency, .doc = "Currency of the freight.")                        \
    VALUE(T, money, freight, .doc = "What the customer pays for it, net; null: nothing.")          \
    VALUE(T, id, freight_invoice_id, .prefix = "inv",                                              \
          .doc = "The invoice that bills the freight.")                                            \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, raw, metadata, .doc = "Your own names and values.")                                   \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A shipment in a list: the header. */
JSON_STRUCT(shipment_summary, SHIPMENT_HEADER_FIELDS);

#define SHIPMENT_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    SHIPMENT_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    LIST(T, shipment_order, orders, .doc = "The orders that it fulfills.")                         \
    LIST(T, shipment_line, lines, .doc = "What ships.")                                            \
    LIST(T, shipment_package, packages, .doc = "How it is packed.")                                \
    LIST(T, shipment_exception, exceptions, .doc = "What did not arrive.")                         \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.")
JSON_STRUCT(shipment, SHIPMENT_FIELDS);

/* ---- for the stages that follow ---- */

struct shipment_line_state {
    int64_t shipment_id, line_no;
    int64_t order_id, order_line_no;
    int64_t product_id, warehouse_id;
    int64_t quantity, delivered, failed, invoiced; /* 10^-6 */
};
struct shipment_line_state_list {
    struct shipment_line_state *v;
    size_t n;
};
/* What can still be invoiced of the line itself; its order line may allow less. */
int64_t shipment_line_unbilled(const struct shipment_line_state *l);

/* A shipment locked by this transaction. */
struct shipment_state {
    int64_t id, version, customer_id;
    int64_t order_id; /* NIL64: several, see the lines */
    const char *number, *status;
    int32_t ship_date;                               /* NIL32: not planned */
    int64_t freight;                                 /* minor units; NIL64: none */
    int64_t freight_tax_code_id, freight_invoice_id; /* NIL64: none */
    const char *freight_description;
    struct shipment_line_state *lines; /* all of them, by line_no */
    size_t n_lines;
};
struct shipment_state_list {
    struct shipment_state *v; /* by id */
    size_t n;
};
/* Locks the shipments, sorted by id, and loads their lines; unknown ids are left out. The lock of a
 * shipment covers its lines. Orders come first: whoever needs both has called orders_lock before.
 */
err shipments_lock(struct tx *tx, const int64_t *ids, size_t n,
                   struct shipment_state_list *ret) MUST_CHECK;
/* Has it left? Whatever became of it then. */
bool shipment_has_left(const char *status);
/* The same for the shipments of these orders (locked before) that have left and are not yet
 * invoiced in full. Of shipments over several orders only the lines of these are loaded: do not
 * look for lines by number. */
err shipments_lock_of_orders(struct tx *tx, const int64_t *orders, size_t n,
                             struct shipment_state_list *ret) MUST_CHECK;
struct shipment_state *shipment_state_find(const struct shipment_state_list *list, int64_t id);
struct shipment_line_state *shipment_line_state_find(const struct shipment_state *s,
                                                     int64_t line_no); /* or NULL */

/* The orders of shipments, which must be locked before them. They never change. */
struct order_of_shipment {
    int64_t shipment_id, order_id;
};
struct order_of_shipment_list {
    struct order_of_shipment *v; /* by shipment, then order */
    size_t n;
};
err shipments_orders(struct tx *tx, const int64_t *shipments, size_t n,
                     struct order_of_shipment_list *ret) MUST_CHECK;

/* Which invoice bills the freight of a locked shipment; NIL64: none any more. */
struct shipment_freight {
    int64_t shipment_id, invoice_id;
};
err shipments_bill_freight(struct tx *tx, const struct shipment_freight *rows, size_t n) MUST_CHECK;

struct shipment_line_invoiced {
    int64_t shipment_id, line_no;
    int64_t quantity; /* 10^-6, added to what is invoiced; negative takes it back */
    int64_t invoice_id;
};
/* Queues the rows, in any order, summed per line; each invoice gives a shipment that it names a new
 * version. The shipments are locked by this transaction. The database refuses more than was shipped
 * (shipment_line_counters_check), so check before. */
err shipment_lines_invoice(struct tx *tx, const struct shipment_line_invoiced *rows,
                           size_t n) MUST_CHECK;
