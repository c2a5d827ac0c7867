/* Pick lists: what orders reserve in a warehouse, taken from the shelves together. A list says by
 * bin and product how much, and for which orders; confirmed, it says what was found: that is picked
 * (order_line.picked), the shipments of it are drafted, and what was short is reserved no more. */
#pragma once
#include "server/orders/orders.h"

extern const char *const pick_list_statuses[]; /* open … recalled */

#define PICK_PARTS_MAX 1000 /* order lines of a list */

#define PICK_ORDER_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, order_id, .required = true, .prefix = "ord", .doc = "An order to pick.")
JSON_STRUCT(pick_order_new, PICK_ORDER_NEW_FIELDS);

#define PICK_LIST_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the list, unique.")     \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where; default: the default warehouse.")   \
    LIST(T, pick_order_new, orders, .max = PICK_PARTS_MAX,                                         \
         .doc = "What to pick: these orders; or say promised_by.")                                 \
    VALUE(T, date, promised_by,                                                                    \
          .doc = "Orders that are promised by this day, the earliest first; those on hold and "    \
                 "those of which nothing is to be picked are left out.")                           \
    VALUE(T, date, promised_from,                                                                  \
          .doc = "With promised_by: and not before this day; default: 90 days before.")            \
    VALUE(T, integer, most, .min = 1, .max = PICK_PARTS_MAX,                                       \
          .doc = "At most that many order lines; default 200.", .example = "50")                   \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")
JSON_STRUCT(pick_list_new, PICK_LIST_NEW_FIELDS);

#define PICK_PART_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, integer, part_no, .doc = "Number of the part in the line, from 1.")                   \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "For this order.")                              \
    VALUE(T, integer, order_line_no, .doc = "For this line of it.")                                \
    VALUE(T, decimal, quantity, .doc = "To be picked.")                                            \
    VALUE(T, decimal, picked, .doc = "Was picked; null: not confirmed yet.")                       \
    VALUE(T, decimal, recalled, .doc = "Of it, put back again.")                                   \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The shipment that was drafted of it.")
JSON_STRUCT(pick_part, PICK_PART_FIELDS);

#define PICK_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, integer, line_no,                                                                     \
          .doc = "Number of the line, from 1: the way through the warehouse.")                     \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "Its SKU.")                                                       \
    VALUE(T, string, bin, .doc = "Where it is; null: nowhere in particular.")                      \
    VALUE(T, decimal, quantity, .doc = "To be picked, for all orders.")                            \
    VALUE(T, decimal, picked, .doc = "Was picked; null: not confirmed yet.")                       \
    LIST(T, pick_part, parts, .max = PICK_PARTS_MAX, .doc = "For which orders.")
JSON_STRUCT(pick_line, PICK_LINE_FIELDS);

#define PICK_LIST_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, id, .prefix = "pck", .doc = "The list's id.")                                     \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, choice, status, .choices = pick_list_statuses, .doc = "Where it stands.")             \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where it is picked.")                      \
    VALUE(T, integer, part_count, .doc = "How many order lines are behind it.")                    \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, instant, created_at, .doc = "When it was made.")                                      \
    VALUE(T, instant, picked_at, .doc = "When it was confirmed.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A list in a list: the header. */
JSON_STRUCT(pick_list_summary, PICK_LIST_HEADER_FIELDS);

#define PICK_LIST_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    PICK_LIST_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    LIST(T, pick_line, lines, .max = PICK_PARTS_MAX, .doc = "What to pick, by bin and product.")   \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.")
JSON_STRUCT(pick_list, PICK_LIST_FIELDS);

#define PICK_CONFIRM_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = PICK_PARTS_MAX,                  \
          .doc = "A line of the list.")                                                            \
    VALUE(T, decimal, quantity, .required = true, .max = 1000000000000000,                         \
          .doc = "What was found of it; the first parts get it first.")                            \
    VALUE(T, boolean, adjust,                                                                      \
          .doc = "What was short is not there: also take it off the stock on hand.")
JSON_STRUCT(pick_confirm_line, PICK_CONFIRM_LINE_FIELDS);

#define PICK_LIST_CONFIRM_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    LIST(T, pick_confirm_line, lines, .max = PICK_PARTS_MAX,                                       \
         .doc = "Lines that were short; others were picked in full.")
JSON_STRUCT(pick_list_confirm, PICK_LIST_CONFIRM_FIELDS);

#define PICK_LIST_RECALL_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500,                               \
          .doc = "Why; kept in the event.")
JSON_STRUCT(pick_list_recall, PICK_LIST_RECALL_FIELDS);

/* ---- rules (rules.c): pure ---- */

/* A part of a list and what it is about: how parts are loaded and stored. */
struct pick_row {
    int64_t line_no, part_no, product_id;
    const char *sku, *bin; /* bin NULL: none */
    int64_t order_id, order_line_no, quantity;
    int64_t picked; /* NIL64: not confirmed */
    int64_t recalled, shipment_id;
    const char *shipment_status; /* NULL: no shipment */
};
struct pick_row_list {
    struct pick_row *v; /* by line and part */
    size_t n;
};
/* Brings the parts into the order in which one walks: by bin (none last), SKU, then as they are;
 * and numbers them: a line for each product, its parts from 1. */
void pick_rows_number(struct pick_row *rows, size_t n);
/* The lines of the list. */
struct pick_line_list pick_lines_of(struct arena *a, const struct pick_row_list *rows);
/* Hands what was found of a line out to its parts, the first first. */
void pick_share(struct pick_row *parts, size_t n, int64_t found);
struct string_list pick_list_actions(struct arena *a, const char *status);
