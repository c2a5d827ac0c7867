/* Quotes: offers, priced and taxed as an order would be, that reserve nothing and are no exposure.
 * Every revision is kept; an accepted quote becomes one order with the quoted prices. */
#pragma once
#include "server/orders/orders.h"

extern const char *const quote_statuses[]; /* open, expired, accepted, declined */

/* What is offered: of a new quote and of each revision. */
#define QUOTE_TERMS_NEW_FIELDS_(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, date, quote_date,                                                                     \
          .doc = "On which day prices and tax rates must hold; default: today.")                   \
    VALUE(T, date, valid_until, .doc = "Last day on which it can be accepted; default: 30 days.")  \
    VALUE(T, date, requested_date, .doc = "When the customer wants it.")                           \
    VALUE(T, integer, payment_terms_days, .min = 0, .max = 365, .doc = "Default: the customer's.") \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, decimal, discount_percent, .min = 0, .max = 100000000,                                \
          .doc = "Percent off the sum of the lines; or give discount_amount.")                     \
    VALUE(T, decimal, discount_amount, .min = 0, .max = 1000000000000000000,                       \
          .doc = "Net amount off the sum of the lines.", .example = "\"5.00\"")                    \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")

#define QUOTE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, string, external_id, .max = 100, .min = 1, .doc = "Your id of the quote, unique.")    \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus", .doc = "Who asks.")               \
    VALUE(T, currency, currency, .doc = "Must be the customer's currency, which is the default.")  \
    QUOTE_TERMS_NEW_FIELDS_(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")                              \
    LIST(T, order_line_new, lines, .required = true, .min = 1, .max = 10000,                       \
         .doc = "What is offered.")
JSON_STRUCT(quote_new, QUOTE_NEW_FIELDS);

#define QUOTE_REVISE_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, reason, .max = 500, .doc = "What is new, and why.")                           \
    QUOTE_TERMS_NEW_FIELDS_(T, VALUE, OBJECT, LIST)                                                \
    LIST(T, order_line_new, lines, .required = true, .min = 1, .max = 10000,                       \
         .doc = "What is offered now, all of it.")
JSON_STRUCT(quote_revise, QUOTE_REVISE_FIELDS);

#define QUOTE_DECLINE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why it was lost.")
JSON_STRUCT(quote_decline, QUOTE_DECLINE_FIELDS);

#define QUOTE_ACCEPT_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, external_id, .max = 100, .min = 1, .doc = "Your id of the order, unique.")    \
    VALUE(T, choice, channel, .choices = order_channels, .doc = "How the acceptance came in.")     \
    VALUE(T, string, customer_po, .max = 100, .doc = "The customer's purchase order number.")      \
    VALUE(T, date, requested_date, .doc = "Default: the quote's.")                                 \
    VALUE(T, boolean, confirm, .doc = "Also confirm the order: check credit and reserve stock.")   \
    VALUE(T, string, notes, .max = 2000, .doc = "Default: the quote's.")                           \
    VALUE(T, metadata, metadata, .doc = "Of the order; default: the quote's.")
JSON_STRUCT(quote_accept, QUOTE_ACCEPT_FIELDS);

JSON_STRUCT(quote_line, ORDER_LINE_TERMS_FIELDS);

#define QUOTE_TERMS_FIELDS_(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, integer, revision, .doc = "Which offer it is, from 1.")                               \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, date, quote_date, .doc = "On which day its prices and tax rates hold.")               \
    VALUE(T, date, valid_until, .doc = "Last day on which it can be accepted.")                    \
    VALUE(T, date, requested_date, .doc = "When the customer wants it.")                           \
    VALUE(T, integer, payment_terms_days, .doc = "Days from invoice to due date.")                 \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where it ships from.")                     \
    VALUE(T, decimal, discount_percent, .doc = "Percent off the sum of the lines.")                \
    VALUE(T, money, discount_amount, .doc = "Amount off the sum of the lines.")                    \
    VALUE(T, money, discount, .doc = "What that takes off; the lines' order_discount adds up.")    \
    VALUE(T, money, net, .doc = "Sum of the lines.")                                               \
    VALUE(T, money, tax, .doc = "Tax on it.")                                                      \
    VALUE(T, money, gross, .doc = "To be paid.")                                                   \
    VALUE(T, integer, line_count, .doc = "How many lines.")                                        \
    VALUE(T, string, notes, .doc = "Free text.")

#define QUOTE_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, id, id, .prefix = "quo", .doc = "The quote's id.")                                    \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, number, .doc = "The quote number.")                                           \
    VALUE(T, choice, status, .choices = quote_statuses,                                            \
          .doc = "expired: still open, but valid_until has passed.")                               \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who asks.")                                 \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order that it became.")                    \
    VALUE(T, string, lost_reason, .doc = "Why it was declined.")                                   \
    QUOTE_TERMS_FIELDS_(T, VALUE, OBJECT, LIST)                                                    \
    VALUE(T, raw, metadata, .doc = "Your own names and values.")                                   \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A quote in a list: the header with its current terms. */
JSON_STRUCT(quote_summary, QUOTE_HEADER_FIELDS);

#define QUOTE_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    QUOTE_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    LIST(T, quote_line, lines, .max = 10000, .doc = "What is offered.")                            \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.")
JSON_STRUCT(quote, QUOTE_FIELDS);

#define QUOTE_REVISION_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    QUOTE_TERMS_FIELDS_(T, VALUE, OBJECT, LIST)                                                    \
    VALUE(T, string, reason, .doc = "What was new, and why.")                                      \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    LIST(T, quote_line, lines, .max = 10000, .doc = "What was offered.")
JSON_STRUCT(quote_revision, QUOTE_REVISION_FIELDS);

#define QUOTE_REVISIONS_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, quote_id, .prefix = "quo", .doc = "The quote.")                                   \
    LIST(T, quote_revision, revisions, .max = 10000, .doc = "All offers, the first one first.")
JSON_STRUCT(quote_revisions, QUOTE_REVISIONS_FIELDS);

/* A line together with its revision: how lines are loaded. */
#define QUOTE_LINE_OF_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, integer, revision, .doc = "The revision.")                                            \
    ORDER_LINE_TERMS_FIELDS(T, VALUE, OBJECT, LIST)
JSON_STRUCT(quote_line_of, QUOTE_LINE_OF_FIELDS);
