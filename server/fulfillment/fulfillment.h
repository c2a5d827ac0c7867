/* From stock to orders and back: what can be promised when, and who gets what is scarce. */
#pragma once
#include "server/api/call.h"
#include "server/inventory/inventory.h"
#include "server/orders/orders.h"

/* ---- what can be promised ---- */

#define AVAILABILITY_ITEMS_MAX 1000

#define STOCK_AVAILABILITY_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                    \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, decimal, quantity, .min = 1, .max = STOCK_QUANTITY_MAX,                               \
          .doc = "How much is wanted; default: one millionth, anything.", .example = "\"5\"")      \
    VALUE(T, date, date, .doc = "By when; default: today in the tenant's time zone.")
JSON_STRUCT(stock_availability_query, STOCK_AVAILABILITY_QUERY_FIELDS);

#define STOCK_AVAILABILITY_POINT_FIELDS(T, VALUE, OBJECT, LIST)                                    \
    VALUE(T, date, date, .doc = "From this day on.")                                               \
    VALUE(T, decimal, incoming, .doc = "What is expected on that day.")                            \
    VALUE(T, decimal, available, .doc = "What can be promised from then on.")
JSON_STRUCT(stock_availability_point, STOCK_AVAILABILITY_POINT_FIELDS);

#define STOCK_AVAILABILITY_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, date, date, .doc = "By when.")                                                        \
    VALUE(T, decimal, quantity,                                                                    \
          .doc = "How much is wanted, by all items of the product together.")                      \
    VALUE(T, decimal, on_hand, .doc = "Quantity in the warehouse.")                                \
    VALUE(T, decimal, reserved, .doc = "Less: what confirmed orders have reserved.")               \
    VALUE(T, decimal, held, .doc = "Less: what reservations hold.")                                \
    VALUE(T, decimal, safety, .doc = "Less: what is never promised.")                              \
    VALUE(T, decimal, blocked, .doc = "Less: what stands in lots that are blocked or expired.")    \
    VALUE(T, decimal, backordered, .doc = "Less: what confirmed orders wait for.")                 \
    VALUE(T, decimal, incoming, .doc = "More: what is expected from today to the date.")           \
    VALUE(T, decimal, overdue,                                                                     \
          .doc = "Expected before today and not received: not counted until it has a new date.")   \
    VALUE(T, decimal, available, .doc = "What can be promised by the date; never below 0.")        \
    VALUE(T, boolean, sufficient, .doc = "The quantity can be promised by the date.",              \
          .example = "true")                                                                       \
    VALUE(T, date, first_date,                                                                     \
          .doc = "First day on which the quantity can be promised; null: none by what is "         \
                 "expected.")                                                                      \
    LIST(T, stock_availability_point, supplies, .max = 10000, .doc = "What is expected, by day.")  \
    LIST(T, substitute_offer, substitutes, .max = SUBSTITUTES_MAX,                                 \
         .doc = "Where the quantity cannot be promised: what could go instead, the best first.")
JSON_STRUCT(stock_availability, STOCK_AVAILABILITY_FIELDS);

#define STOCK_AVAILABILITY_ITEM_FIELDS(T, VALUE, OBJECT, LIST)                                     \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = STOCK_QUANTITY_MAX,             \
          .doc = "How much is wanted.", .example = "\"5\"")
JSON_STRUCT(stock_availability_item, STOCK_AVAILABILITY_ITEM_FIELDS);

#define STOCK_AVAILABILITY_CHECK_FIELDS(T, VALUE, OBJECT, LIST)                                    \
    VALUE(T, date, date, .doc = "By when; default: today in the tenant's time zone.")              \
    LIST(T, stock_availability_item, items, .required = true, .min = 1,                            \
         .max = AVAILABILITY_ITEMS_MAX, .doc = "Several items of a product are added up.")
JSON_STRUCT(stock_availability_check, STOCK_AVAILABILITY_CHECK_FIELDS);

#define STOCK_AVAILABILITIES_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, date, date, .doc = "By when.")                                                        \
    VALUE(T, boolean, sufficient, .doc = "All of it can be promised by the date.",                 \
          .example = "true")                                                                       \
    VALUE(T, date, first_date, .doc = "First day on which all of it can be promised, or null.")    \
    LIST(T, stock_availability, items, .max = AVAILABILITY_ITEMS_MAX,                              \
         .doc = "In the order of the request.")
JSON_STRUCT(stock_availabilities, STOCK_AVAILABILITIES_FIELDS);

/* ---- who gets what is scarce ---- */

/* Orders that one allocation looks at: those that come first. */
#define ALLOCATION_ORDERS_MAX 5000

extern const char *const allocation_causes[];   /* request, receipt, freed */
extern const char *const allocation_outcomes[]; /* full, part, none, on_hold */

#define STOCK_ALLOCATION_PRODUCT_FIELDS(T, VALUE, OBJECT, LIST)                                    \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")
JSON_STRUCT(stock_allocation_product, STOCK_ALLOCATION_PRODUCT_FIELDS);

#define STOCK_ALLOCATION_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Only this warehouse; default: all.")       \
    LIST(T, stock_allocation_product, products, .max = 1000,                                       \
         .doc = "Only these products; default: all that orders wait for.")
JSON_STRUCT(stock_allocation_new, STOCK_ALLOCATION_NEW_FIELDS);

#define STOCK_ALLOCATION_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    VALUE(T, integer, rank, .doc = "Who came first, from 1.")                                      \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, string, order_number, .doc = "Its number.")                                           \
    VALUE(T, integer, order_line_no, .doc = "The line of the order.")                              \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU when ordered.")                                \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, integer, priority, .doc = "The order's: higher comes first.", .example = "0")         \
    VALUE(T, date, due_date, .doc = "Then: when the order is promised or else requested.")         \
    VALUE(T, date, order_date, .doc = "Then: when it was ordered; then by id and line.")           \
    VALUE(T, decimal, wanted, .doc = "What the line waited for.")                                  \
    VALUE(T, decimal, available, .doc = "What was left when it was the line's turn.")              \
    VALUE(T, decimal, granted, .doc = "What the line got: it is reserved.")                        \
    VALUE(T, choice, outcome, .choices = allocation_outcomes,                                      \
          .doc = "full, part or none of it; on_hold: orders on hold get nothing.")                 \
    VALUE(T, string, reason, .doc = "The same in a sentence.")
JSON_STRUCT(stock_allocation_line, STOCK_ALLOCATION_LINE_FIELDS);

#define STOCK_ALLOCATION_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                     \
    VALUE(T, id, id, .prefix = "sal", .doc = "The allocation's id.")                               \
    VALUE(T, choice, cause, .choices = allocation_causes,                                          \
          .doc = "request: somebody asked; receipt: goods came in; freed: something became free "  \
                 "otherwise.")                                                                     \
    VALUE(T, integer, line_count, .doc = "Lines that waited.")                                     \
    VALUE(T, integer, lines_granted, .doc = "Lines that got something.")                           \
    VALUE(T, boolean, truncated, .doc = "More orders waited than one allocation looks at.")        \
    VALUE(T, instant, created_at, .doc = "When it was decided.")
JSON_STRUCT(stock_allocation_summary, STOCK_ALLOCATION_HEADER_FIELDS);

#define STOCK_ALLOCATION_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    STOCK_ALLOCATION_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    LIST(T, stock_allocation_line, lines, .max = 1000000, .doc = "All that waited, by rank.")
JSON_STRUCT(stock_allocation, STOCK_ALLOCATION_FIELDS);

/* ---- stock that became free ---- */

/* Tenants with something to do, of all: stock that became free while somebody waits for it, and
 * reservations whose time is over. */
struct stock_work {
    int64_t tenant;
    int32_t today;
};
struct stock_work_list {
    struct stock_work *v;
    size_t n;
};
err stock_work_find(struct tx *tx, struct stock_work_list *ret) MUST_CHECK;

/* What became free and was not shared out yet. */
struct freed_stock {
    int64_t product_id, warehouse_id, mark;
};
struct freed_stock_list {
    struct freed_stock *v;
    size_t n;
};
struct freed_turn {
    struct freed_stock_list freed; /* some of it */
    int64_t *held;                 /* orders that are held until there is stock, and want of it: */
    size_t n_held;                 /* review each, then freed_done() */
    bool again;                    /* there is more to share out */
};
/* A turn of the worker that shares out what became free: gives it to the lines that wait, as
 * POST /v1/stock/allocations does. Where no order is held for it that is all; what became free
 * meanwhile stays for the next turn. */
err freed_share(struct tx *tx, struct call *c, struct freed_turn *ret) MUST_CHECK;
/* They are reviewed: that much was shared out. */
err freed_done(struct tx *tx, const struct freed_turn *turn) MUST_CHECK;
