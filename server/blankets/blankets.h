/* Blanket orders: what a customer will buy within a time, at agreed prices. Call-offs are orders
 * that draw from the open quantity; what is canceled of them is open again. */
#pragma once
#include "server/orders/orders.h"

extern const char *const blanket_statuses[]; /* open, expired, closed */

#define BLANKET_LINE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, string, description, .max = 500, .doc = "Default: the product's name.")               \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "In all, in the product's unit.", .example = "\"1000\"")                          \
    VALUE(T, price, unit_price, .min = 0, .max = 1000000000000000,                                 \
          .doc = "Agreed net price of a unit; default: what the whole quantity costs now.",        \
          .example = "\"12.50\"")                                                                  \
    VALUE(T, decimal, discount_percent, .min = 0, .max = 100000000, .doc = "Agreed percent off.")
JSON_STRUCT(blanket_line_new, BLANKET_LINE_NEW_FIELDS);

#define BLANKET_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, external_id, .max = 100, .min = 1,                                            \
          .doc = "Your id of the blanket order, unique.")                                          \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus", .doc = "Who buys.")               \
    VALUE(T, currency, currency, .doc = "Must be the customer's currency, which is the default.")  \
    VALUE(T, string, customer_po, .max = 100, .doc = "The customer's number of the agreement.")    \
    VALUE(T, date, valid_from, .doc = "First day of call-offs; default: today.")                   \
    VALUE(T, date, valid_to, .required = true, .doc = "Last day of call-offs.")                    \
    VALUE(T, integer, payment_terms_days, .min = 0, .max = 365, .doc = "Default: the customer's.") \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")                              \
    LIST(T, blanket_line_new, lines, .required = true, .min = 1, .max = 1000,                      \
         .doc = "What is agreed.")
JSON_STRUCT(blanket_new, BLANKET_NEW_FIELDS);

#define BLANKET_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, integer, line_no, .doc = "Number of the line, from 1.")                               \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU when agreed.")                                 \
    VALUE(T, string, description, .doc = "What was agreed.")                                       \
    VALUE(T, price, unit_price, .doc = "Agreed net price of a unit.")                              \
    VALUE(T, decimal, discount_percent, .doc = "Agreed percent off.")                              \
    VALUE(T, decimal, quantity, .doc = "In all.")                                                  \
    VALUE(T, decimal, called, .doc = "On call-offs, less what was canceled of them.")              \
    VALUE(T, decimal, open, .doc = "What can still be called off.")
JSON_STRUCT(blanket_line, BLANKET_LINE_FIELDS);

#define BLANKET_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "blk", .doc = "The blanket order's id.")                            \
    VALUE(T, integer, version, .doc = "Grows with every change of it; the ETag.")                  \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, number, .doc = "The number of the blanket order.")                            \
    VALUE(T, choice, status, .choices = blanket_statuses,                                          \
          .doc = "expired: not closed, but valid_to has passed.")                                  \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who buys.")                                 \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, string, customer_po, .doc = "The customer's number of the agreement.")                \
    VALUE(T, date, valid_from, .doc = "First day of call-offs.")                                   \
    VALUE(T, date, valid_to, .doc = "Last day of call-offs.")                                      \
    VALUE(T, integer, payment_terms_days, .doc = "Days from invoice to due date.")                 \
    VALUE(T, integer, line_count, .doc = "How many lines.")                                        \
    VALUE(T, string, closed_reason, .doc = "Why it was closed.")                                   \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, raw, metadata, .doc = "Your own names and values.")                                   \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A blanket order in a list: the header. */
JSON_STRUCT(blanket_summary, BLANKET_HEADER_FIELDS);

#define BLANKET_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    BLANKET_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    LIST(T, blanket_line, lines, .max = 1000, .doc = "What is agreed, and what is left of it.")    \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.")
JSON_STRUCT(blanket, BLANKET_FIELDS);

#define BLANKET_CLOSE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why it ends.")
JSON_STRUCT(blanket_close, BLANKET_CLOSE_FIELDS);

#define CALL_OFF_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 1000,                            \
          .doc = "The line of the blanket order; each at most once.")                              \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "At most what is open.", .example = "\"50\"")                                     \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the order's warehouse.")
JSON_STRUCT(call_off_line, CALL_OFF_LINE_FIELDS);

#define CALL_OFF_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    VALUE(T, string, external_id, .max = 100, .min = 1, .doc = "Your id of the order, unique.")    \
    VALUE(T, choice, channel, .choices = order_channels, .doc = "How the call-off came in.")       \
    VALUE(T, string, customer_po, .max = 100, .doc = "The customer's number of the call-off.")     \
    VALUE(T, date, requested_date, .doc = "When the customer wants it.")                           \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, boolean, confirm, .doc = "Also confirm the order: check credit and reserve stock.")   \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Of the order.")                                           \
    LIST(T, call_off_line, lines, .required = true, .min = 1, .max = 1000,                         \
         .doc = "What is wanted of it now.")
JSON_STRUCT(call_off, CALL_OFF_FIELDS);

/* Which actions a status allows; texts are static, the list is in the arena. Pure. */
struct string_list blanket_actions(struct arena *a, const char *status);
