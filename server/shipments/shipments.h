/* Shipments: goods of one order that leave a warehouse, and the proof that they arrived. */
#pragma once
#include "server/api/call.h"

/* ---- the API ---- */

extern const char *const shipment_statuses[]; /* draft, shipped, delivered, canceled */

#define SHIPMENT_LINE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, integer, order_line_no, .required = true, .min = 1, .max = 10000,                     \
          .doc = "The line of the order; each at most once.", .example = "1")                      \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "At most what is ordered, not canceled and not shipped yet.", .example = "\"2\"")
JSON_STRUCT(shipment_line_new, SHIPMENT_LINE_NEW_FIELDS);

#define SHIPMENT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the shipment, unique.") \
    VALUE(T, id, order_id, .required = true, .prefix = "ord", .doc = "The order it fulfills.")     \
    VALUE(T, boolean, ship, .doc = "Also ship it: consume reservations, move stock.")              \
    VALUE(T, date, ship_date, .doc = "When it leaves; default with ship: today.")                  \
    VALUE(T, date, expected_date, .doc = "When it should arrive.")                                 \
    VALUE(T, string, carrier, .max = 100, .doc = "Who carries it.")                                \
    VALUE(T, string, tracking_number, .max = 100, .doc = "The carrier's number.")                  \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")                              \
    LIST(T, shipment_line_new, lines, .min = 1, .max = 10000,                                      \
         .doc = "What leaves; default: all that is reserved for the order, or, when nothing is, "  \
                "all that is open.")
JSON_STRUCT(shipment_new, SHIPMENT_NEW_FIELDS);

#define SHIPMENT_SHIP_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, date, ship_date, .doc = "When it left; default: the draft's date, else today.")       \
    VALUE(T, date, expected_date, .doc = "When it should arrive; default: as in the draft.")       \
    VALUE(T, string, carrier, .max = 100, .doc = "Who carries it; default: as in the draft.")      \
    VALUE(T, string, tracking_number, .max = 100,                                                  \
          .doc = "The carrier's number; default: as in the draft.")
JSON_STRUCT(shipment_ship, SHIPMENT_SHIP_FIELDS);

#define SHIPMENT_PROOF_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, signed_by, .max = 200, .doc = "Who signed.")                                  \
    VALUE(T, instant, received_at, .doc = "When it was handed over.")                              \
    VALUE(T, string, note, .max = 2000, .doc = "What the receiver noted: short, damaged, refused.")
JSON_STRUCT(shipment_proof, SHIPMENT_PROOF_FIELDS);

#define SHIPMENT_DELIVER_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 10000,                           \
          .doc = "The line of the shipment; each at most once.", .example = "1")                   \
    VALUE(T, decimal, delivered, .required = true,                                                 \
          .doc = "What arrived, at most what was shipped.", .example = "\"2\"")
JSON_STRUCT(shipment_deliver_line, SHIPMENT_DELIVER_LINE_FIELDS);

#define SHIPMENT_DELIVER_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, date, delivered_date, .doc = "Default: today in the tenant's time zone.")             \
    OBJECT(T, shipment_proof, proof, .doc = "Proof of delivery.")                                  \
    LIST(T, shipment_deliver_line, lines, .max = 10000,                                            \
         .doc = "Lines that did not arrive in full; the others did.")
JSON_STRUCT(shipment_deliver, SHIPMENT_DELIVER_FIELDS);

#define SHIPMENT_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, integer, line_no, .doc = "Number of the line, from 1.")                               \
    VALUE(T, integer, order_line_no, .doc = "The line of the order.")                              \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU when ordered.")                                \
    VALUE(T, string, description, .doc = "What was ordered.")                                      \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where it ships from.")                     \
    VALUE(T, decimal, quantity, .doc = "Quantity that ships.")                                     \
    VALUE(T, decimal, delivered, .doc = "Quantity that arrived.")                                  \
    VALUE(T, decimal, invoiced, .doc = "Quantity invoiced.")
JSON_STRUCT(shipment_line, SHIPMENT_LINE_FIELDS);

#define SHIPMENT_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, id, .prefix = "shp", .doc = "The shipment's id.")                                 \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, number, .doc = "The shipment number.")                                        \
    VALUE(T, choice, status, .choices = shipment_statuses, .doc = "Where the shipment stands.")    \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order it fulfills.")                       \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who receives it.")                          \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where it ships from; null: several.")      \
    VALUE(T, string, carrier, .doc = "Who carries it.")                                            \
    VALUE(T, string, tracking_number, .doc = "The carrier's number.")                              \
    VALUE(T, date, ship_date, .doc = "When it left; of a draft: when it should.")                  \
    VALUE(T, date, expected_date, .doc = "When it should arrive.")                                 \
    VALUE(T, date, delivered_date, .doc = "When it arrived.")                                      \
    VALUE(T, raw, ship_to, .doc = "Where it goes, as the order said.")                             \
    VALUE(T, raw, proof, .doc = "Proof of delivery: signed_by, received_at, note.")                \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, raw, metadata, .doc = "Your own names and values.")                                   \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A shipment in a list: the header. */
JSON_STRUCT(shipment_summary, SHIPMENT_HEADER_FIELDS);

#define SHIPMENT_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    SHIPMENT_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    LIST(T, shipment_line, lines, .doc = "What ships.")                                            \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.")
JSON_STRUCT(shipment, SHIPMENT_FIELDS);

/* ---- for the stages that follow ---- */

struct shipment_line_state {
    int64_t shipment_id, line_no;
    int64_t order_id, order_line_no;
    int64_t product_id, warehouse_id;
    int64_t quantity, delivered, invoiced; /* 10^-6 */
};
struct shipment_line_state_list {
    struct shipment_line_state *v;
    size_t n;
};
/* A shipment locked by this transaction. */
struct shipment_state {
    int64_t id, version, order_id, customer_id;
    const char *number, *status;
    int32_t ship_date;                 /* NIL32: not planned */
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
/* The same for the shipments of these orders (locked before) that have left and are not yet
 * invoiced in full. */
err shipments_lock_of_orders(struct tx *tx, const int64_t *orders, size_t n,
                             struct shipment_state_list *ret) MUST_CHECK;
struct shipment_state *shipment_state_find(const struct shipment_state_list *list, int64_t id);
struct shipment_line_state *shipment_line_state_find(const struct shipment_state *s,
                                                     int64_t line_no); /* or NULL */

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
