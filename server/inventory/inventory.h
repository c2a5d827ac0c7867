/* Stock per product and warehouse: on hand, reserved, and the append-only movements that prove
 * them. Rows are locked sorted by (product, warehouse), after orders and before payments. */
#pragma once
#include "server/api/call.h"
#include "server/customers/customers.h"

/* ---- the API ---- */

/* Most of a quantity, in 10^-6. */
#define STOCK_QUANTITY_MAX INT64_C(1000000000000000)

extern const char *const stock_movement_kinds[];       /* receipt, shipment … undelivered */
extern const char *const stock_movement_entry_kinds[]; /* receipt, adjustment, return */

#define WAREHOUSE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, external_id, .min = 1, .max = 100,                                            \
          .doc = "Your id of the warehouse, unique.")                                              \
    VALUE(T, string, code, .required = true, .min = 1, .max = 40, .doc = "Short name, unique.",    \
          .example = "\"MAIN\"")                                                                   \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "Name.")                 \
    OBJECT(T, address, address, .doc = "Where it stands.")                                         \
    VALUE(T, boolean, is_default,                                                                  \
          .doc = "Used where none is named. The first one is it; true moves the mark here.")
JSON_STRUCT(warehouse_new, WAREHOUSE_NEW_FIELDS);

#define WAREHOUSE_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, id, id, .prefix = "whs", .doc = "The warehouse's id.")                                \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, code, .doc = "Short name, unique.")                                           \
    VALUE(T, string, name, .doc = "Name.")                                                         \
    VALUE(T, raw, address, .doc = "Where it stands.")                                              \
    VALUE(T, boolean, is_default, .doc = "Used where no warehouse is named.")                      \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(warehouse, WAREHOUSE_FIELDS);

#define STOCK_LEVEL_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, id, id, .prefix = "stk", .doc = "Id of the row.")                                     \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, string, unit, .doc = "The product's unit.")                                           \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, decimal, on_hand, .doc = "Quantity in the warehouse.")                                \
    VALUE(T, decimal, reserved, .doc = "Part of it that confirmed orders wait for.")               \
    VALUE(T, decimal, held, .doc = "Part of it that reservations without an order hold.")          \
    VALUE(T, decimal, safety, .doc = "Part of it that is never promised.")                         \
    VALUE(T, decimal, blocked, .doc = "Part of it in lots that are blocked or expired.")           \
    VALUE(T, decimal, available,                                                                   \
          .doc = "on_hand less reserved, held, safety and blocked; never below 0.")                \
    VALUE(T, string, bin, .doc = "Where in the warehouse it is picked.")
JSON_STRUCT(stock_level, STOCK_LEVEL_FIELDS);

#define STOCK_LEVEL_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, decimal, safety, .max = STOCK_QUANTITY_MAX,                                           \
          .doc = "Quantity that is never promised: orders and reservations leave it.",             \
          .example = "\"10\"")                                                                     \
    VALUE(T, string, bin, .min = 1, .max = 50,                                                     \
          .doc = "Where in the warehouse it is picked; null: nowhere in particular.",              \
          .example = "\"A-07-3\"")
JSON_STRUCT(stock_level_patch, STOCK_LEVEL_PATCH_FIELDS);

#define STOCK_LOT_NAMED_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, string, lot_number, .required = true, .min = 1, .max = 100,                           \
          .doc = "The lot's number, unique for the product.", .example = "\"L-2024-117\"")         \
    VALUE(T, date, expiry_date,                                                                    \
          .doc = "Of a lot that comes in: the last day on which it may ship; none: it keeps.")     \
    VALUE(T, date, best_before_date, .doc = "Of a lot that comes in: what is printed on it.")      \
    VALUE(T, string, supplier_reference, .max = 100,                                               \
          .doc = "Of a lot that comes in: what the supplier knows it by.")
JSON_STRUCT(stock_lot_named, STOCK_LOT_NAMED_FIELDS);

#define STOCK_MOVEMENT_ENTRY_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the movement, unique.") \
    VALUE(T, choice, kind, .required = true, .choices = stock_movement_entry_kinds,                \
          .doc = "receipt and return come in; adjustment corrects either way.")                    \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, decimal, quantity, .required = true, .min = -1000000000000000,                        \
          .max = 1000000000000000, .doc = "In the product's unit; only adjustments go below 0.",   \
          .example = "\"100\"")                                                                    \
    VALUE(T, id, supply_id, .prefix = "sup",                                                       \
          .doc = "Of a receipt: the supply that arrives with it, or part of it.")                  \
    OBJECT(T, stock_lot_named, lot,                                                                \
           .doc = "Of a product that tracks lots, and only then: the lot. One that comes in for "  \
                  "the first time is created.")                                                    \
    VALUE(T, string, reason, .max = 200, .doc = "Why.")                                            \
    VALUE(T, date, effective_date, .doc = "Default: today in the tenant's time zone.")
JSON_STRUCT(stock_movement_entry, STOCK_MOVEMENT_ENTRY_FIELDS);

#define STOCK_MOVEMENTS_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    LIST(T, stock_movement_entry, movements, .required = true, .min = 1, .max = 10000,             \
         .doc = "All of them are recorded, in this order, or none.")
JSON_STRUCT(stock_movements_new, STOCK_MOVEMENTS_NEW_FIELDS);

#define STOCK_MOVEMENT_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "mov", .doc = "The movement's id.")                                 \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, choice, kind, .choices = stock_movement_kinds, .doc = "What happened.")               \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, decimal, quantity, .doc = "What came in; negative: what left.")                       \
    VALUE(T, id, lot_id, .prefix = "lot", .doc = "The lot that it moved.")                         \
    VALUE(T, string, lot_number, .doc = "The lot's number.")                                       \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The shipment that took it or came back.")   \
    VALUE(T, id, credit_note_id, .prefix = "crn", .doc = "The credit note that brought it back.")  \
    VALUE(T, id, supply_id, .prefix = "sup", .doc = "The supply that arrived with it.")            \
    VALUE(T, id, count_id, .prefix = "cnt", .doc = "The count that it corrects the stock by.")     \
    VALUE(T, string, reason, .doc = "Why.")                                                        \
    VALUE(T, date, effective_date, .doc = "The day it counts for.")                                \
    VALUE(T, instant, recorded_at, .doc = "When it was recorded.")
JSON_STRUCT(stock_movement, STOCK_MOVEMENT_FIELDS);

#define STOCK_MOVEMENTS_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    LIST(T, stock_movement, movements, .doc = "What was recorded, in the order of the request.")
JSON_STRUCT(stock_movements, STOCK_MOVEMENTS_FIELDS);

/* ---- lots ---- */

extern const char *const stock_lot_statuses[]; /* available, blocked, expired */
/* Most lines of a trace. */
#define LOT_TRACE_MAX 10000

#define STOCK_LOT_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, id, id, .prefix = "lot", .doc = "Id of the lot in this warehouse.")                   \
    VALUE(T, integer, version, .doc = "Grows with every change and movement; the ETag.")           \
    VALUE(T, choice, status, .choices = stock_lot_statuses,                                        \
          .doc = "Only what is available ships by itself and may be promised; an expired lot "     \
                 "ships when asked for, a blocked one does not.")                                  \
    VALUE(T, string, lot_number, .doc = "The lot's number, unique for the product.")               \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, decimal, on_hand, .doc = "Quantity of it in the warehouse.")                          \
    VALUE(T, date, expiry_date, .doc = "The last day on which it may ship; null: it keeps.")       \
    VALUE(T, date, best_before_date, .doc = "What is printed on it.")                              \
    VALUE(T, string, supplier_reference, .doc = "What the supplier knows it by.")                  \
    VALUE(T, string, block_reason, .doc = "Why it is blocked.")                                    \
    VALUE(T, instant, created_at, .doc = "When it first came in.")                                 \
    VALUE(T, instant, updated_at, .doc = "When it last changed or moved.")
JSON_STRUCT(stock_lot, STOCK_LOT_FIELDS);

#define STOCK_LOT_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, date, expiry_date, .doc = "The last day on which it may ship; null: it keeps.")       \
    VALUE(T, date, best_before_date, .doc = "What is printed on it.")                              \
    VALUE(T, string, supplier_reference, .max = 100, .doc = "What the supplier knows it by.")      \
    VALUE(T, boolean, allow_shortage,                                                              \
          .doc = "Also when less is left than orders and reservations wait for.")
JSON_STRUCT(stock_lot_patch, STOCK_LOT_PATCH_FIELDS);

#define STOCK_LOT_BLOCK_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why.",                \
          .example = "\"Contaminated sample\"")                                                    \
    VALUE(                                                                                         \
        T, boolean, allow_shortage,                                                                \
        .doc = "Also when less is left than orders and reservations wait for: they keep waiting, " \
               "and ship when there is enough again.")
JSON_STRUCT(stock_lot_block, STOCK_LOT_BLOCK_FIELDS);

#define STOCK_LOT_UNBLOCK_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why.",                \
          .example = "\"Second sample clean\"")
JSON_STRUCT(stock_lot_unblock, STOCK_LOT_UNBLOCK_FIELDS);

#define STOCK_LOT_TRACED_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who got it.")                               \
    VALUE(T, string, customer_name, .doc = "The customer's name.")                                 \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The shipment.")                             \
    VALUE(T, string, shipment_number, .doc = "The shipment's number.")                             \
    VALUE(T, string, shipment_status, .doc = "Where the shipment stands.")                         \
    VALUE(T, date, ship_date, .doc = "When it left.")                                              \
    VALUE(T, integer, line_no, .doc = "The line of the shipment.")                                 \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, integer, order_line_no, .doc = "The line of the order.")                              \
    VALUE(T, id, lot_id, .prefix = "lot", .doc = "The lot in the warehouse that it left.")         \
    VALUE(T, string, warehouse_code, .doc = "That warehouse.")                                     \
    VALUE(T, decimal, quantity, .doc = "What left.")                                               \
    VALUE(T, decimal, returned, .doc = "What of it came back undelivered.")
JSON_STRUCT(stock_lot_traced, STOCK_LOT_TRACED_FIELDS);

#define STOCK_LOT_TRACE_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, string, lot_number, .doc = "The lot, wherever it is or was.")                         \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, decimal, on_hand, .doc = "What is in the warehouses still.")                          \
    VALUE(T, decimal, shipped, .doc = "What left with shipments.")                                 \
    VALUE(T, decimal, returned, .doc = "What of it came back undelivered.")                        \
    VALUE(T, integer, customers, .doc = "How many customers got some.")                            \
    VALUE(T, boolean, truncated,                                                                   \
          .doc = "There are more lines; all are in the movements of the lot.")                     \
    LIST(T, stock_lot, lots, .doc = "The lot in each warehouse.")                                  \
    LIST(T, stock_lot_traced, shipments, .max = LOT_TRACE_MAX,                                     \
         .doc = "Who got it, by customer and shipment.")
JSON_STRUCT(stock_lot_trace, STOCK_LOT_TRACE_FIELDS);

/* ---- supplies ---- */

extern const char *const stock_supply_statuses[]; /* open, received, canceled */

#define STOCK_SUPPLY_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the supply, unique.")   \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = STOCK_QUANTITY_MAX,             \
          .doc = "What is expected.", .example = "\"100\"")                                        \
    VALUE(T, date, expected_date, .required = true, .doc = "When it is expected.")                 \
    VALUE(T, string, reference, .max = 100,                                                        \
          .doc = "Whatever it is known by, like a purchase order.")
JSON_STRUCT(stock_supply_new, STOCK_SUPPLY_NEW_FIELDS);

#define STOCK_SUPPLY_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, decimal, quantity, .min = 1, .max = STOCK_QUANTITY_MAX, .doc = "What is expected.")   \
    VALUE(T, date, expected_date, .doc = "When it is expected.")                                   \
    VALUE(T, string, reference, .max = 100, .doc = "Whatever it is known by.")
JSON_STRUCT(stock_supply_patch, STOCK_SUPPLY_PATCH_FIELDS);

#define STOCK_SUPPLY_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, id, id, .prefix = "sup", .doc = "The supply's id.")                                   \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, choice, status, .choices = stock_supply_statuses,                                     \
          .doc = "open until all of it has been received or the rest is canceled.")                \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, decimal, quantity, .doc = "What is expected in all.")                                 \
    VALUE(T, decimal, received, .doc = "What has been received.")                                  \
    VALUE(T, decimal, open, .doc = "What is still to come.")                                       \
    VALUE(T, date, expected_date, .doc = "When it is expected.")                                   \
    VALUE(T, string, reference, .doc = "Whatever it is known by.")                                 \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(stock_supply, STOCK_SUPPLY_FIELDS);
/* ---- reservations ---- */

extern const char *const stock_reservation_statuses[];
/* Without expires_at a reservation holds for so long. */
#define RESERVATION_MINUTES_DEFAULT 15
/* The farthest expires_at. */
#define RESERVATION_DAYS_MAX 366
#define RESERVATIONS_OF_REQUEST_MAX 1000

#define STOCK_RESERVATION_ENTRY_FIELDS(T, VALUE, OBJECT, LIST)                                     \
    VALUE(T, string, external_id, .min = 1, .max = 100,                                            \
          .doc = "Your id of the reservation, unique.")                                            \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = STOCK_QUANTITY_MAX,             \
          .doc = "What to hold.", .example = "\"2\"")
JSON_STRUCT(stock_reservation_entry, STOCK_RESERVATION_ENTRY_FIELDS);

#define STOCK_RESERVATIONS_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                      \
    VALUE(T, string, owner, .required = true, .min = 1, .max = 100,                                \
          .doc = "For whom it is held: a cart, a customer, a quote.", .example = "\"cart-4711\"")  \
    VALUE(T, instant, expires_at,                                                                  \
          .doc = "Until when; default: 15 minutes from now, at most 366 days.",                    \
          .example = "\"2026-03-01T12:00:00Z\"")                                                   \
    LIST(T, stock_reservation_entry, reservations, .required = true, .min = 1,                     \
         .max = RESERVATIONS_OF_REQUEST_MAX, .doc = "All of them are held, or none.")
JSON_STRUCT(stock_reservations_new, STOCK_RESERVATIONS_NEW_FIELDS);

#define STOCK_RESERVATION_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, id, id, .prefix = "rsv", .doc = "The reservation's id.")                              \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, choice, status, .choices = stock_reservation_statuses,                                \
          .doc = "held, until an order takes it over (committed), it is released or it has "       \
                 "expired; consumed when the order has shipped what it took.")                     \
    VALUE(T, string, owner, .doc = "For whom it is held.")                                         \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, decimal, quantity, .doc = "What it holds or held.")                                   \
    VALUE(T, instant, expires_at, .doc = "Until when it holds without an order.")                  \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order that named it.")                     \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(stock_reservation, STOCK_RESERVATION_FIELDS);

#define STOCK_RESERVATIONS_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    LIST(T, stock_reservation, reservations, .max = RESERVATIONS_OF_REQUEST_MAX,                   \
         .doc = "What is held, in the order of the request.")
JSON_STRUCT(stock_reservations, STOCK_RESERVATIONS_FIELDS);

#define STOCK_RESERVATION_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                     \
    VALUE(T, instant, expires_at, .required = true, .doc = "Until when; at most 366 days from now.")
JSON_STRUCT(stock_reservation_patch, STOCK_RESERVATION_PATCH_FIELDS);

/* ---- counts ---- */

extern const char *const stock_count_statuses[]; /* open, posted, canceled */
#define COUNT_LINES_MAX 10000

#define STOCK_COUNT_PRODUCT_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")
JSON_STRUCT(stock_count_product, STOCK_COUNT_PRODUCT_FIELDS);

#define STOCK_COUNT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the count, unique.")    \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    LIST(T, stock_count_product, products, .max = COUNT_LINES_MAX,                                 \
         .doc = "What to count; default: all that has ever been in the warehouse, by SKU. A "      \
                "product that tracks lots is counted by lot, those that are there.")
JSON_STRUCT(stock_count_new, STOCK_COUNT_NEW_FIELDS);

#define STOCK_COUNT_ENTRY_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = COUNT_LINES_MAX,                 \
          .doc = "The line of the count.")                                                         \
    VALUE(T, decimal, counted, .required = true, .max = STOCK_QUANTITY_MAX,                        \
          .doc = "What is there, counted now.", .example = "\"12\"")
JSON_STRUCT(stock_count_entry, STOCK_COUNT_ENTRY_FIELDS);

#define STOCK_COUNT_ENTRIES_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    LIST(T, stock_count_entry, entries, .required = true, .min = 1, .max = COUNT_LINES_MAX,        \
         .doc = "Counting a line again replaces what was counted.")
JSON_STRUCT(stock_count_entries, STOCK_COUNT_ENTRIES_FIELDS);

#define STOCK_COUNT_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, line_no, .doc = "Number of the line, from 1.")                               \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, string, unit, .doc = "The product's unit.")                                           \
    VALUE(T, id, lot_id, .prefix = "lot", .doc = "Of a product that tracks lots: the lot.")        \
    VALUE(T, string, lot_number, .doc = "The lot's number.")                                       \
    VALUE(T, decimal, expected, .doc = "On hand by the books when the sheet was made.")            \
    VALUE(T, decimal, counted, .doc = "What was counted; null: not yet.")                          \
    VALUE(T, decimal, book, .doc = "On hand by the books when that was entered.")                  \
    VALUE(T, decimal, difference,                                                                  \
          .doc = "counted less book: what posting adds, whatever has moved in between.")
JSON_STRUCT(stock_count_line, STOCK_COUNT_LINE_FIELDS);

#define STOCK_COUNT_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, id, id, .prefix = "cnt", .doc = "The count's id.")                                    \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, choice, status, .choices = stock_count_statuses, .doc = "Where it stands.")           \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, integer, line_count, .doc = "How many products.")                                     \
    VALUE(T, instant, created_at, .doc = "When the sheet was made.")                               \
    VALUE(T, instant, posted_at, .doc = "When it corrected the stock.")                            \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(stock_count_summary, STOCK_COUNT_HEADER_FIELDS);

#define STOCK_COUNT_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    STOCK_COUNT_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    LIST(T, stock_count_line, lines, .max = COUNT_LINES_MAX, .doc = "What is counted.")
JSON_STRUCT(stock_count, STOCK_COUNT_FIELDS);

/* ---- for the stages that follow ---- */

struct warehouse_facts {
    int64_t id;
    const char *code;
    bool is_default;
};
struct warehouse_facts_list {
    struct warehouse_facts *v;
    size_t n;
};
/* All warehouses of the tenant, by id; ret is filled by the next flush. */
err warehouses_load_queue(struct tx *tx, struct warehouse_facts_list *ret) MUST_CHECK;
/* NULL when it is not there. */
const struct warehouse_facts *warehouse_find(const struct warehouse_facts_list *list, int64_t id);
const struct warehouse_facts *warehouse_default(const struct warehouse_facts_list *list);

struct stock_key {
    int64_t product_id, warehouse_id;
};
struct stock_key_list {
    struct stock_key *v;
    size_t n;
};
struct stock_facts {
    int64_t product_id, warehouse_id, on_hand, reserved;
    int64_t held;       /* by reservations */
    int64_t held_until; /* when the first of them expires; NIL64: nothing is held */
    int64_t safety;
    int64_t blocked;    /* in lots that are blocked or expired */
    int32_t expires_on; /* last day of the first lot not counted as expired; NIL32: none expires */
    bool by_lot;        /* whatever moves it names lots */
};
struct stock_facts_list {
    struct stock_facts *v;
    size_t n;
};
#define HOLDS_STOCK 1U /* tx.holds: this transaction has locked stock */
/* Locks the rows of these keys (duplicates are fine), sorted; keys without a row are left out.
 * stock_lock_queue() leaves ret to the next flush; then call stock_locked(), which lets the
 * reservations and lots expire whose time has come: only where there are some, it asks the
 * database.
 */
err stock_lock_queue(struct tx *tx, const struct stock_key *keys, size_t n,
                     struct stock_facts_list *ret) MUST_CHECK;
/* As stock_lock_queue(), but leaves out what another transaction holds: for one that holds other
 * stock and must not wait, because two that wait for each other's stock would wait for ever. */
err stock_try_lock_queue(struct tx *tx, const struct stock_key *keys, size_t n,
                         struct stock_facts_list *ret) MUST_CHECK;
err stock_locked(struct tx *tx, const struct stock_facts_list *locked) MUST_CHECK;
err stock_lock(struct tx *tx, const struct stock_key *keys, size_t n,
               struct stock_facts_list *ret) MUST_CHECK;
/* Queues empty rows where there are none yet, for those who may wait for stock: whoever waits holds
 * the row, so that whoever brings something sees him, or is seen. Before locking. Sorts keys. */
err stock_make_queue(struct tx *tx, struct stock_key *keys, size_t n) MUST_CHECK;
/* The facts of a key in a list sorted by (product, warehouse); NULL when it is not there. */
struct stock_facts *stock_find(const struct stock_facts_list *list, int64_t product_id,
                               int64_t warehouse_id);

/* What may be promised: on_hand less reserved, held, safety and blocked, never below 0. f may be
 * NULL: there has never been any. */
int64_t stock_available(const struct stock_facts *f);

/* Quantities in 10^-6. */
struct stock_delta {
    int64_t product_id, warehouse_id, on_hand, reserved, held;
};
/* Queues the deltas, summed per key, in key order; rows are created when missing (on_hand >= 0).
 * Locked by this transaction before. */
err stock_apply(struct tx *tx, const struct stock_delta *deltas, size_t n) MUST_CHECK;

/* Queues a note that some of this stock, locked, is free for those who wait for it, if there are
 * any: it is shared out right behind COMMIT (fulfillment.h). stock_apply() does it where its deltas
 * leave more to be promised; this is for whoever brings it about otherwise, behind the store of
 * what he changed. */
err stock_freed_note(struct tx *tx, const struct stock_key *keys, size_t n) MUST_CHECK;

struct stock_movement_new {
    int64_t id; /* id_new() */
    const char *external_id;
    int64_t product_id, warehouse_id;
    const char *kind;    /* one of stock_movement_kinds */
    int64_t quantity;    /* signed */
    int64_t document_id; /* NIL64: none */
    int64_t lot_id;      /* NIL64: not kept by lot */
    const char *reason;
    int32_t effective_date;
};
/* Queues the movements. The caller moves the stock itself with stock_apply, and lots with
 * stock_lots_move. */
err stock_movements_record(struct tx *tx, const struct stock_movement_new *m, size_t n) MUST_CHECK;

/* A lot, read behind the lock of its stock. */
struct lot_facts {
    int64_t id, product_id, warehouse_id;
    const char *lot_number;
    int32_t expiry_date; /* NIL32: it keeps */
    int64_t on_hand;
    bool blocked, expired;
    const char *block_reason;
};
struct lot_facts_list {
    struct lot_facts *v; /* by product, warehouse, expiry (those that keep last), age */
    size_t n;
};
/* Those of which something is there, of the rows that are kept by lot; only where there are some,
 * it asks the database. */
err stock_lots_load(struct tx *tx, const struct stock_facts_list *locked,
                    struct lot_facts_list *ret) MUST_CHECK;
/* Those of one row of stock: from *ret_first on as many as it returns. */
size_t lots_of(const struct lot_facts_list *lots, int64_t product_id, int64_t warehouse_id,
               struct lot_facts **ret_first);
/* Counts as blocked on its stock. */
bool lot_unusable(const struct lot_facts *l);

struct lot_move {
    int64_t lot_id, product_id, warehouse_id, quantity;
};
/* Queues the moves of lots, whose stock is locked, and what follows from them for what their stock
 * counts as blocked. Behind whatever else changes those rows. */
err stock_lots_move(struct tx *tx, const struct lot_move *v, size_t n) MUST_CHECK;

/* A reservation, read behind the lock of its stock. */
struct reservation_facts {
    int64_t id, product_id, warehouse_id, quantity, expires_at;
    const char *status;
    int64_t order_id; /* the order that named it; NIL64: none */
};
struct reservation_facts_list {
    struct reservation_facts *v;
    size_t n;
};
/* Queued, to be read in the flush of stock_lock_queue() or later: these reservations, sorted by id;
 * those that these orders named. */
err reservations_load_queue(struct tx *tx, const int64_t *ids, size_t n,
                            struct reservation_facts_list *ret) MUST_CHECK;
err reservations_of_orders_queue(struct tx *tx, const int64_t *orders, size_t n,
                                 struct reservation_facts_list *ret) MUST_CHECK;
struct reservation_facts *reservation_find(const struct reservation_facts_list *sorted_by_id,
                                           int64_t id); /* or NULL */
bool reservation_holds(const struct reservation_facts *r, int64_t now);
/* Queues that these reservations, held so far and their stock locked, are now "committed" to the
 * order or "released", or "held" still but named by the order; and tells. stock_apply() comes
 * behind it, with what is no longer held. */
err reservations_settle(struct tx *tx, const struct call *c, const char *status,
                        const struct reservation_facts *v, size_t n, int64_t order_id) MUST_CHECK;
/* Lets those expire whose time is over, of a few rows of stock: the sweeper, of no call. */
err reservations_sweep(struct tx *tx) MUST_CHECK;

/* A product in a warehouse as a request names it: by id or SKU; without a warehouse the default
 * one. */
struct stock_naming {
    const struct call *call;
    const char *at; /* pointer to the object that names it, "" or "/movements/3" */
    int64_t product_id;
    const char *sku;
    int64_t warehouse_id;
    struct stock_key key; /* out */
    const char *found_sku, *warehouse_code;
    bool by_lot; /* as the product says; its stock, once locked, knows for sure */
};
/* Fills in the keys; what cannot be resolved is a fault of its call. Flushes. */
err stock_namings_resolve(struct tx *tx, struct stock_naming *v, size_t n) MUST_CHECK;

/* Movements of a request on their way: what they say is checked, then they move stock under its
 * lock, then they are shown. Whoever has to lock orders does it between the first two. */
struct stock_intake;
err stock_intake_check(struct tx *tx, struct call *c, const struct stock_movements_new *in,
                       struct stock_intake **ret) MUST_CHECK;
/* Where they bring something: keys, sorted. */
size_t stock_intake_arrivals(const struct stock_intake *k, struct stock_key **ret);
/* ret: the rows, locked, as the movements leave them. */
err stock_intake_move(struct stock_intake *k, struct stock_facts_list *ret) MUST_CHECK;
err stock_intake_show(struct stock_intake *k, struct stock_movements *ret) MUST_CHECK;
