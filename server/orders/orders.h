/* Orders: what the customer wants, and how far each line has come. */
#pragma once
#include "server/api/bulk.h"
#include "server/catalog/catalog.h"
#include "server/customers/customers.h"
#include "server/inventory/inventory.h"

extern const char *const order_statuses[]; /* draft … canceled */
extern const char *const order_channels[];

#define ORDER_LINE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, string, description, .max = 500, .doc = "Default: the product's name.")               \
    VALUE(T, decimal, quantity, .required = true, .min = 1, .max = 1000000000000000,               \
          .doc = "In the product's unit, up to 6 decimals.", .example = "\"2\"")                   \
    VALUE(T, string, unit, .max = 30,                                                              \
          .doc = "Unit of the quantity, to be sure: only the product's is taken, which is the "    \
                 "default.",                                                                       \
          .example = "\"piece\"")                                                                  \
    VALUE(T, price, unit_price, .min = 0, .max = 1000000000000000,                                 \
          .doc = "Net price of a unit; default: the price list's.", .example = "\"12.50\"")        \
    VALUE(T, decimal, discount_percent, .min = 0, .max = 100000000,                                \
          .doc = "Percent off the line.")                                                          \
    VALUE(T, decimal, discount_amount, .min = 0, .max = 1000000000000000000,                       \
          .doc = "Net amount off the line, after discount_percent.", .example = "\"5.00\"")        \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "Default: the product's tax code.")          \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the order's warehouse.")          \
    VALUE(T, boolean, backorder,                                                                   \
          .doc = "When stock is short, the line may wait for the rest; default: the order's.")     \
    VALUE(T, choice, substitution, .choices = order_substitutions,                                 \
          .doc = "When stock is short: none; propose: name the product's substitutes; accept: "    \
                 "confirming delivers one that has enough instead, at the line's price; default: " \
                 "the order's.")
extern const char *const order_substitutions[]; /* none, propose, accept */
JSON_STRUCT(order_line_new, ORDER_LINE_NEW_FIELDS);

#define ORDER_RESERVATION_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, id, reservation_id, .required = true, .prefix = "rsv",                                \
          .doc = "A held reservation of a product and warehouse of the order.")
JSON_STRUCT(order_reservation, ORDER_RESERVATION_FIELDS);

#define ORDER_LINES_MAX 10000 /* of one order */
#define ORDER_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, string, external_id, .max = 100, .min = 1, .doc = "Your id of the order, unique.")    \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus", .doc = "Who buys.")               \
    VALUE(T, id, payer_id, .prefix = "cus",                                                        \
          .doc = "Who pays, when another customer does: their credit is checked, they get the "    \
                 "invoices.")                                                                      \
    VALUE(T, choice, channel, .choices = order_channels, .doc = "How the order came in.")          \
    VALUE(T, string, customer_po, .max = 100,                                                      \
          .doc = "The customer's purchase order number; on one order only, unless canceled.")      \
    VALUE(T, boolean, allow_duplicate_po,                                                          \
          .doc = "Take the order although another one has its customer_po.")                       \
    VALUE(T, currency, currency, .doc = "Must be the customer's currency, which is the default.")  \
    VALUE(T, date, order_date, .doc = "Default: today in the tenant's time zone.")                 \
    VALUE(T, date, requested_date, .doc = "When the customer wants it.")                           \
    VALUE(T, date, committed_date, .doc = "When we agreed to deliver it.")                         \
    VALUE(T, date, promised_date, .doc = "When we now expect to deliver it.")                      \
    OBJECT(T, address, bill_to, .doc = "Default: the billing address of who pays.")                \
    OBJECT(T, address, ship_to, .doc = "Default: the customer's shipping address.")                \
    VALUE(T, integer, bill_to_no, .min = 1, .max = 20,                                             \
          .doc = "Instead of bill_to: which address of who pays, from 1.", .example = "1")         \
    VALUE(T, integer, ship_to_no, .min = 1, .max = 20,                                             \
          .doc = "Instead of ship_to: which address of the customer, from 1.", .example = "1")     \
    VALUE(T, integer, payment_terms_days, .min = 0, .max = 365,                                    \
          .doc = "Default: those of who pays.")                                                    \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, decimal, discount_percent, .min = 0, .max = 100000000,                                \
          .doc = "Percent off the sum of the lines; or give discount_amount.")                     \
    VALUE(T, decimal, discount_amount, .min = 0, .max = 1000000000000000000,                       \
          .doc = "Net amount off the sum of the lines.", .example = "\"5.00\"")                    \
    VALUE(T, boolean, confirm, .doc = "Also confirm it: check credit and reserve stock.")          \
    VALUE(T, boolean, backorder,                                                                   \
          .doc = "When stock is short, take the order; its lines wait for the rest.")              \
    VALUE(T, choice, substitution, .choices = order_substitutions,                                 \
          .doc = "Of its lines that do not say it; default: none.")                                \
    VALUE(T, boolean, ship_complete, .doc = "Nothing ships before all of it is reserved.")         \
    VALUE(T, integer, priority, .min = 0, .max = 9,                                                \
          .doc = "Who gets scarce stock first: higher before lower; default 0.", .example = "0")   \
    LIST(T, order_reservation, reservations,                                                       \
         .doc = "Stock that is held for the order: taken over when it is confirmed.")              \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")                              \
    LIST(T, order_line_new, lines, .required = true, .min = 1, .max = ORDER_LINES_MAX,             \
         .doc = "What is ordered.")
JSON_STRUCT(order_new, ORDER_NEW_FIELDS);

/* What was agreed: of orders and of quotes. */
#define ORDER_LINE_TERMS_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, line_no, .doc = "Number of the line, from 1.")                               \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, choice, kind, .choices = product_kinds, .doc = "stock or service.")                   \
    VALUE(T, string, sku, .doc = "The product's SKU when ordered.")                                \
    VALUE(T, string, description, .doc = "What was ordered.")                                      \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where it ships from.")                     \
    VALUE(T, decimal, quantity, .doc = "Ordered.")                                                 \
    VALUE(T, price, unit_price, .doc = "Net price of a unit.")                                     \
    VALUE(T, choice, price_source, .choices = order_price_sources,                                 \
          .doc = "Whose price it is: the customer's, their group's, everybody's (general), the "   \
                 "request's, the quote's or the blanket order's (agreement).")                     \
    VALUE(T, id, price_id, .prefix = "prc", .doc = "The price that was chosen; null: none.")       \
    VALUE(T, decimal, discount_percent, .doc = "Percent off the line.")                            \
    VALUE(T, money, discount_amount, .doc = "Amount off the line, after the percentage.")          \
    VALUE(T, money, order_discount, .doc = "The line's part of the order's discount.")             \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "Tax code.")                                 \
    VALUE(T, decimal, tax_rate, .doc = "Percent.")                                                 \
    VALUE(T, money, net, .doc = "Net amount, all discounts taken off.")                            \
    VALUE(T, money, tax, .doc = "Tax amount.")                                                     \
    VALUE(T, money, gross, .doc = "Net and tax.")

#define ORDER_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    ORDER_LINE_TERMS_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, integer, blanket_line_no, .doc = "The line of the blanket order.")                    \
    VALUE(                                                                                         \
        T, choice, fulfillment, .choices = service_fulfillments,                                   \
        .doc = "How the service is fulfilled: what is, counts as shipped and delivered, and can "  \
               "be invoiced; null: with the order, or goods.")                                     \
    VALUE(T, decimal, canceled, .doc = "Quantity canceled.")                                       \
    VALUE(T, decimal, reserved, .doc = "Quantity reserved in stock.")                              \
    VALUE(T, decimal, picked, .doc = "Part of what is reserved: picked, waiting to ship.")         \
    VALUE(T, decimal, shipped, .doc = "Quantity shipped.")                                         \
    VALUE(T, decimal, delivered, .doc = "Quantity delivered.")                                     \
    VALUE(T, decimal, failed,                                                                      \
          .doc = "Quantity that was shipped, did not arrive, and so does not count as shipped.")   \
    VALUE(T, decimal, invoiced, .doc = "Quantity invoiced.")                                       \
    VALUE(T, decimal, returned, .doc = "Quantity returned.")                                       \
    VALUE(T, decimal, credited, .doc = "Quantity credited.")                                       \
    VALUE(T, boolean, backorder, .doc = "The line may wait for stock.")                            \
    VALUE(T, decimal, backordered, .doc = "Quantity that waits for stock.")                        \
    VALUE(T, choice, substitution, .choices = order_substitutions,                                 \
          .doc = "Whether substitutes may go instead when stock is short.")                        \
    VALUE(T, integer, substitutes_line_no, .doc = "The line whose goods these go instead of.")     \
    VALUE(T, boolean, dropped,                                                                     \
          .doc = "Taken out by an amendment or moved to another order: canceled, worth nothing.")
extern const char *const product_kinds[];       /* stock, service; catalog.h */
extern const char *const order_price_sources[]; /* those of catalog.h, and request */
JSON_STRUCT(order_line, ORDER_LINE_FIELDS);

#define ORDER_HOLD_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, integer, hold_no, .doc = "Number of the hold.")                                       \
    VALUE(T, string, kind, .doc = "credit, stock, approval, fraud or customer_request.")           \
    VALUE(T, string, reason, .doc = "Why it is held.")                                             \
    VALUE(T, string, owner,                                                                        \
          .doc = "Who has to do something about it; of approvals by rule the "                     \
                 "scope that an approver's key needs.")                                            \
    VALUE(T, id, approval_rule_id, .prefix = "apr", .doc = "The approval rule that it is for.")    \
    VALUE(T, choice, release_rule, .choices = order_release_rules,                                 \
          .doc = "manual: somebody releases it; when_clear: also a review, once its condition is " \
                 "gone.")                                                                          \
    VALUE(T, instant, placed_at, .doc = "Since when.")                                             \
    VALUE(T, id, placed_by, .prefix = "key", .doc = "The API key that placed it.")                 \
    VALUE(T, instant, released_at, .doc = "Until when; null while it holds.")                      \
    VALUE(T, id, released_by, .prefix = "key", .doc = "The API key that released it.")             \
    VALUE(T, string, release_reason, .doc = "Why it was released.")                                \
    VALUE(T, money, release_cap, .doc = "Gross up to which the release holds.")                    \
    VALUE(T, date, release_expires, .doc = "Last day of the release; then the hold is back.")      \
    VALUE(T, boolean, cleared, .doc = "Released because its condition was gone.")
extern const char *const order_release_rules[]; /* manual, when_clear */
JSON_STRUCT(order_hold, ORDER_HOLD_FIELDS);

#define ORDER_HOLDS_REPLY_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, choice, status, .choices = order_statuses, .doc = "Where it stands.")                 \
    LIST(T, order_hold, holds, .doc = "All its holds, also those released, by number.")
JSON_STRUCT(order_holds_reply, ORDER_HOLDS_REPLY_FIELDS);

/* What events say of a hold. */
#define ORDER_HOLD_FACT_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, string, status, .omit_absent = true, .doc = "Where the order stands.")                \
    VALUE(T, string, hold, .doc = "Kind of the hold.")                                             \
    VALUE(T, string, reason, .doc = "Why.")                                                        \
    VALUE(T, string, owner, .omit_absent = true, .doc = "Who has to do something about it.")
JSON_STRUCT(order_hold_fact, ORDER_HOLD_FACT_FIELDS);

#define ORDER_ADDRESS_EXAMPLE                                                                      \
    "{\"lines\":[\"Hafenstraße 1\"],\"city\":\"Hamburg\",\"postal_code\":\"20457\","              \
    "\"country\":\"DE\"}"
#define ORDER_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, id, id, .prefix = "ord", .doc = "The order's id.")                                    \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, number, .doc = "The order number.")                                           \
    VALUE(T, choice, status, .choices = order_statuses, .doc = "Where the order stands.")          \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who buys.")                                 \
    VALUE(T, id, payer_id, .prefix = "cus", .doc = "Who pays; null: the customer.")                \
    VALUE(T, choice, channel, .choices = order_channels, .doc = "How it came in.")                 \
    VALUE(T, string, customer_po, .doc = "The customer's purchase order number.")                  \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, date, order_date, .doc = "Date of the order.")                                        \
    VALUE(T, date, requested_date, .doc = "When the customer wants it.")                           \
    VALUE(T, date, committed_date, .doc = "When we agreed to deliver it.")                         \
    VALUE(T, date, promised_date, .doc = "When we now expect to deliver it.")                      \
    VALUE(T, raw, bill_to, .doc = "Where the invoices go.", .example = ORDER_ADDRESS_EXAMPLE)      \
    VALUE(T, raw, ship_to, .doc = "Where the goods go.", .example = ORDER_ADDRESS_EXAMPLE)         \
    VALUE(T, integer, payment_terms_days, .doc = "Days from invoice to due date.")                 \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Where it ships from.")                     \
    VALUE(T, id, quote_id, .prefix = "quo", .doc = "The quote that it was accepted from.")         \
    VALUE(T, id, blanket_order_id, .prefix = "blk", .doc = "The blanket order that it calls off.") \
    VALUE(T, decimal, discount_percent, .doc = "Percent off the sum of the lines.")                \
    VALUE(T, money, discount_amount, .doc = "Amount off the sum of the lines.")                    \
    VALUE(T, money, discount, .doc = "What that takes off; the lines' order_discount adds up.")    \
    VALUE(T, money, net, .doc = "Sum of the lines.")                                               \
    VALUE(T, money, tax, .doc = "Tax on it.")                                                      \
    VALUE(T, money, gross, .doc = "To be paid.")                                                   \
    VALUE(T, integer, line_count, .doc = "How many lines.")                                        \
    VALUE(T, integer, priority, .doc = "Who gets scarce stock first: higher before lower.",        \
          .example = "0")                                                                          \
    VALUE(T, boolean, ship_complete, .doc = "Nothing ships before all of it is reserved.")         \
    VALUE(T, id, split_from, .prefix = "ord", .doc = "The order that it was split from.")          \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, raw, metadata, .doc = "Your own names and values.")                                   \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, confirmed_at, .doc = "When it was confirmed.")                               \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* An order in a list: the header. */
JSON_STRUCT(order_summary, ORDER_HEADER_FIELDS);

#define ORDER_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    ORDER_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    LIST(T, order_line, lines, .doc = "What is ordered.")                                          \
    LIST(T, order_hold, holds, .doc = "What keeps or kept it from moving.")                        \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.")
JSON_STRUCT(order, ORDER_FIELDS);

#define ORDER_LINE_PRICE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, line_no, .doc = "The line.")                                                 \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, decimal, quantity, .doc = "Ordered.")                                                 \
    VALUE(T, price, unit_price, .doc = "Net price of a unit.")                                     \
    VALUE(T, choice, price_source, .choices = order_price_sources, .doc = "Whose price it is.")    \
    VALUE(T, id, price_id, .prefix = "prc", .doc = "The price that was chosen; null: none.")       \
    LIST(T, price_candidate, candidates, .max = 10000,                                             \
         .doc = "The prices that hold on the order date, by precedence, and what became of each.")
JSON_STRUCT(order_line_price, ORDER_LINE_PRICE_FIELDS);

#define ORDER_PRICES_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, date, date, .doc = "The day on which prices must hold: the order date.")              \
    LIST(T, order_line_price, lines, .max = 10000, .doc = "One for each line.")
JSON_STRUCT(order_prices, ORDER_PRICES_FIELDS);

#define ORDER_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, customer_po, .max = 100, .doc = "The customer's purchase order number.")      \
    VALUE(T, boolean, allow_duplicate_po, .doc = "Although another order has it.")                 \
    VALUE(T, date, requested_date, .doc = "When the customer wants it.")                           \
    VALUE(T, date, committed_date, .doc = "When we agreed to deliver it.")                         \
    VALUE(T, date, promised_date, .doc = "When we now expect to deliver it.")                      \
    OBJECT(T, address, bill_to, .doc = "Where the invoices go; while nothing is invoiced.")        \
    OBJECT(T, address, ship_to, .doc = "Where the goods go; while nothing has shipped.")           \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Your own names and values; replaces all.")
JSON_STRUCT(order_patch, ORDER_PATCH_FIELDS);

#define ORDER_HOLD_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, choice, kind, .choices = order_hold_kinds, .doc = "Default: customer_request.")       \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why it is held.")     \
    VALUE(T, string, owner, .min = 1, .max = 200, .doc = "Who has to do something about it.")      \
    VALUE(T, choice, release_rule, .choices = order_release_rules,                                 \
          .doc = "Default: manual. when_clear is for credit and stock.")
extern const char *const order_hold_kinds[];
JSON_STRUCT(order_hold_new, ORDER_HOLD_NEW_FIELDS);

#define ORDER_RELEASE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why it may go on.")   \
    VALUE(T, decimal, cap, .max = 1000000000000000000,                                             \
          .doc = "Gross amount up to which a release of credit holds; null: whatever it becomes.", \
          .example = "\"500.00\"")                                                                 \
    VALUE(T, date, expires_on,                                                                     \
          .doc = "Last day on which goods may leave on it; null: it does not expire.")             \
    VALUE(T, integer, hold_no, .min = 1, .max = 10000, .doc = "Default: all holds.")
JSON_STRUCT(order_release, ORDER_RELEASE_FIELDS);

#define ORDER_APPROVE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why it may go on.")
JSON_STRUCT(order_approve, ORDER_APPROVE_FIELDS);

#define ORDER_REJECT_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 400, .doc = "Why not.")            \
    VALUE(T, boolean, cancel, .doc = "Also cancel what is open of it; else it stays on hold.")
JSON_STRUCT(order_reject, ORDER_REJECT_FIELDS);

#define ORDER_CANCEL_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 10000, .doc = "The line.")       \
    VALUE(T, decimal, quantity, .min = 1, .max = 1000000000000000,                                 \
          .doc = "Default: all that is open.")
JSON_STRUCT(order_cancel_line, ORDER_CANCEL_LINE_FIELDS);

#define ORDER_CANCEL_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, reason, .max = 500, .doc = "Why.")                                            \
    LIST(T, order_cancel_line, lines, .max = 10000, .doc = "Default: everything that is open.")
JSON_STRUCT(order_cancel, ORDER_CANCEL_FIELDS);

#define ORDER_REOPEN_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, reason, .max = 500, .doc = "Why.")                                            \
    VALUE(T, boolean, allow_duplicate_po,                                                          \
          .doc = "Although another order has its customer_po now.")                                \
    LIST(T, order_cancel_line, lines, .max = 10000,                                                \
         .doc = "Which canceled quantities come back. Default: all of them.")
JSON_STRUCT(order_reopen, ORDER_REOPEN_FIELDS);

#define ORDER_AMEND_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 10000, .doc = "The line.")       \
    VALUE(T, decimal, quantity, .min = 1, .max = 1000000000000000,                                 \
          .doc = "All of it, not less than what is shipped, invoiced or canceled.")                \
    VALUE(T, price, unit_price, .min = 0, .max = 1000000000000000,                                 \
          .doc = "Net price of a unit; while nothing of the line is invoiced.")                    \
    VALUE(T, decimal, discount_percent, .min = 0, .max = 100000000,                                \
          .doc = "Percent off the line; while nothing of the line is invoiced.")                   \
    VALUE(T, decimal, discount_amount, .min = 0, .max = 1000000000000000000,                       \
          .doc = "Net amount off the line, too; while nothing of the line is invoiced.")           \
    VALUE(T, boolean, drop, .doc = "Take out what is open of the line.")
JSON_STRUCT(order_amend_line, ORDER_AMEND_LINE_FIELDS);

#define ORDER_AMEND_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, reason, .max = 500, .doc = "Why.")                                            \
    VALUE(T, date, requested_date, .doc = "When the customer wants it; null: none.")               \
    VALUE(T, date, committed_date, .doc = "When we agreed to deliver it; null: none.")             \
    VALUE(T, date, promised_date, .doc = "When we now expect to deliver it; null: none.")          \
    LIST(T, order_amend_line, lines, .max = 10000, .doc = "What to change; other lines stay.")     \
    LIST(T, order_line_new, add_lines, .max = 10000, .doc = "What to add.")
JSON_STRUCT(order_amend, ORDER_AMEND_FIELDS);

extern const char *const order_substitute_prices[]; /* keep, reprice */
#define ORDER_SUBSTITUTE_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 10000,                           \
          .doc = "The line; each at most once.")                                                   \
    VALUE(T, id, product_id, .prefix = "prd",                                                      \
          .doc = "The substitute; or its sku; default: the best one that has enough.")             \
    VALUE(T, string, sku, .max = 100, .doc = "The substitute by its SKU.")                         \
    VALUE(T, decimal, quantity, .min = 1, .max = 1000000000000000,                                 \
          .doc = "How much of what is open; default: all that is not reserved.",                   \
          .example = "\"2\"")                                                                      \
    VALUE(T, choice, price, .choices = order_substitute_prices,                                    \
          .doc = "keep (the default): the price and the percentage off are the line's; reprice: "  \
                 "the price list's for the substitute.")
JSON_STRUCT(order_substitute_line, ORDER_SUBSTITUTE_LINE_FIELDS);

#define ORDER_SUBSTITUTE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, reason, .max = 500, .doc = "Why.")                                            \
    LIST(T, order_substitute_line, lines, .required = true, .min = 1, .max = 1000,                 \
         .doc = "What to replace, all of it or none.")
JSON_STRUCT(order_substitute, ORDER_SUBSTITUTE_FIELDS);

#define SUBSTITUTE_OFFER_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "What could go instead.")                     \
    VALUE(T, string, sku, .doc = "Its SKU.")                                                       \
    VALUE(T, integer, rank, .doc = "1: the best.")                                                 \
    VALUE(T, decimal, available, .doc = "What can be promised of it in the same warehouse now.")
JSON_STRUCT(substitute_offer, SUBSTITUTE_OFFER_FIELDS);

#define ORDER_SPLIT_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, line_no, .required = true, .min = 1, .max = 10000, .doc = "The line.")       \
    VALUE(T, decimal, quantity, .min = 1, .max = 1000000000000000,                                 \
          .doc = "Default: all that is open.")
JSON_STRUCT(order_split_line, ORDER_SPLIT_LINE_FIELDS);

#define ORDER_SPLIT_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, external_id, .max = 100, .min = 1, .doc = "Your id of the new order.")        \
    VALUE(T, string, reason, .max = 500, .doc = "Why.")                                            \
    LIST(T, order_split_line, lines, .required = true, .min = 1, .max = 10000,                     \
         .doc = "What moves to the new order.")
JSON_STRUCT(order_split, ORDER_SPLIT_FIELDS);

#define ORDER_REVISION_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, integer, revision_no, .doc = "1, 2, 3 …", .example = "1")                             \
    VALUE(T, string, kind, .doc = "amend, split or substitute.", .example = "\"amend\"")           \
    VALUE(T, string, reason, .doc = "Why.")                                                        \
    VALUE(T, instant, at, .doc = "When.")                                                          \
    VALUE(T, id, api_key_id, .prefix = "key", .doc = "The API key that did it.")                   \
    VALUE(T, string, request_id, .doc = "The request that did it.")                                \
    VALUE(T, raw, before, .doc = "The whole order before.", .example = "{\"version\":1}")          \
    VALUE(T, raw, after, .doc = "The whole order after.", .example = "{\"version\":2}")
JSON_STRUCT(order_revision, ORDER_REVISION_FIELDS);

#define ORDER_REVISIONS_MAX 1000 /* an order is amended so often at most */
#define ORDER_REVISIONS_REPLY_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    LIST(T, order_revision, revisions, .max = ORDER_REVISIONS_MAX, .doc = "From the first.")
JSON_STRUCT(order_revisions_reply, ORDER_REVISIONS_REPLY_FIELDS);

#define ORDERS_BULK_RESULT_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, integer, index, .doc = "Which line, from 0; blank lines do not count.",               \
          .example = "0")                                                                          \
    VALUE(T, integer, row, .doc = "In which row of the body it begins, from 1.", .example = "1")   \
    VALUE(T, integer, status, .doc = "The HTTP status if it had come alone.", .example = "201")    \
    VALUE(T, id, id, .prefix = "ord", .doc = "The new order; null when refused.")                  \
    VALUE(T, string, external_id, .doc = "Your id; null when the line could not be read.")         \
    VALUE(T, string, number, .doc = "The order number; null when refused.")                        \
    VALUE(T, choice, order_status, .choices = order_statuses,                                      \
          .doc = "Where the order stands; null when refused.")                                     \
    VALUE(T, string, code, .doc = "Why it was refused; null when it was not.")                     \
    VALUE(T, string, detail, .doc = "A sentence that says what is wrong, and what to do.")         \
    VALUE(T, string, conflicting_id, .doc = "The order in the way.")                               \
    LIST(T, bulk_fault, errors, .max = PROBLEM_FAULTS_MAX, .doc = "Faults of the line.")
JSON_STRUCT(orders_bulk_result, ORDERS_BULK_RESULT_FIELDS);

#define ORDERS_BULK_REPLY_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, integer, accepted, .doc = "Lines that became orders.")                                \
    VALUE(T, integer, refused, .doc = "Lines that did not.")                                       \
    LIST(T, orders_bulk_result, results, .max = 10000, .doc = "One for each line, in order.")
JSON_STRUCT(orders_bulk_reply, ORDERS_BULK_REPLY_FIELDS);

extern const char *const order_blocker_kinds[];
#define ORDER_BLOCKER_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, choice, kind, .choices = order_blocker_kinds, .doc = "What it is.")                   \
    VALUE(T, string, detail, .doc = "A sentence that says what has to happen.")                    \
    VALUE(T, string, owner, .doc = "Who has to do something about it, as far as it is known.")     \
    VALUE(T, instant, since, .doc = "Since when; null where nobody noted it.")                     \
    VALUE(T, integer, age_seconds, .doc = "For how long.", .example = "86400")                     \
    VALUE(T, integer, hold_no, .doc = "The hold, where it is one.")                                \
    VALUE(T, integer, line_no, .doc = "The line, where it is about one.")                          \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The draft that waits, where it is one.")    \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The draft that waits, where it is one.")     \
    LIST(T, substitute_offer, substitutes, .max = SUBSTITUTES_MAX,                                 \
         .doc = "Of a line without stock that says so: what could go instead.")
JSON_STRUCT(order_blocker, ORDER_BLOCKER_FIELDS);

#define ORDER_BLOCKERS_REPLY_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, choice, status, .choices = order_statuses, .doc = "Where it stands.")                 \
    LIST(T, order_blocker, blockers, .max = 30000,                                                 \
         .doc = "All that keeps it from moving on; none when it is over.")
JSON_STRUCT(order_blockers_reply, ORDER_BLOCKERS_REPLY_FIELDS);

#define ORDER_TIMELINE_ENTRY_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, integer, seq, .doc = "The event's number.")                                           \
    VALUE(T, instant, at, .doc = "When it was recorded.")                                          \
    VALUE(T, string, type, .doc = "What happened.", .example = "\"invoice.finalized\"")            \
    VALUE(T, string, resource, .doc = "The kind of what it happened to.",                          \
          .example = "\"invoice\"")                                                                \
    VALUE(T, string, resource_id, .doc = "Its id.", .example = "\"inv_01kq3v8d2e7g4\"")            \
    VALUE(T, string, belongs_to, .doc = "The document that it follows from; null: the order.",     \
          .example = "\"shp_01kq3v8d2e7g4\"")                                                      \
    VALUE(T, integer, caused_by,                                                                   \
          .doc = "The event that this one follows from: in the same request the act that brought " \
                 "it about, else what the document, or the one it belongs to, went through last.") \
    VALUE(T, string, request_id, .doc = "The request that did it.")                                \
    VALUE(T, id, api_key_id, .prefix = "key", .doc = "The key that asked for it.")                 \
    VALUE(T, raw, before, .doc = "The resource before.", .example = "{\"status\":\"draft\"}")      \
    VALUE(T, raw, after, .doc = "The resource after.", .example = "{\"status\":\"finalized\"}")
JSON_STRUCT(order_timeline_entry, ORDER_TIMELINE_ENTRY_FIELDS);

/* An order that has more to tell is told of from the beginning. */
#define ORDER_TIMELINE_MAX 10000
#define ORDER_TIMELINE_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, boolean, complete, .doc = "False: there is more than these 10000.",                   \
          .example = "true")                                                                       \
    LIST(T, order_timeline_entry, entries, .max = ORDER_TIMELINE_MAX,                              \
         .doc = "What happened to the order, its shipments, invoices, credit notes, the payments " \
                "applied to them, in the order in which it happened.")
JSON_STRUCT(order_timeline, ORDER_TIMELINE_FIELDS);

/* A line together with its order: how sets of lines of several orders are loaded. */
#define ORDER_LINE_OF_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    ORDER_LINE_FIELDS(T, VALUE, OBJECT, LIST)
JSON_STRUCT(order_line_of, ORDER_LINE_OF_FIELDS);

/* ---- for the stages that follow ---- */

/* An order locked by this transaction, its credit account locked before it. */
struct order_state {
    int64_t id, version, customer_id, credit_account_id, warehouse_id, payment_terms_days;
    int64_t payer_id; /* NIL64: the customer */
    int64_t po_copy;  /* NIL64: no customer_po to defend */
    const char *number, *status, *currency, *rounding, *tax_rounding, *customer_po;
    const char *bill_to, *ship_to; /* JSON or NULL */
    int64_t blanket_order_id;      /* that it calls off; NIL64: none */
    int32_t order_date;
    int64_t confirmed_at;         /* NIL64: it does not count as exposure and reserves nothing */
    bool held;                    /* a hold that was not released, or whose release expired */
    bool waits;                   /* for credit, never confirmed: credit counts it as held */
    bool ship_complete;           /* nothing ships while a line waits for stock */
    const char *credit_refusal;   /* set by orders_check_credit(): why goods may not leave */
    bool drew;                    /* blanket_draw_changes() has queued what it draws */
    bool moved;                   /* order_moved() was called: there is something to store */
    struct order_line *lines;     /* all of them, by line_no */
    const struct order_line *was; /* the same as they were when locked */
    size_t n_lines;
};
/* Who gets the invoices. */
int64_t order_payer(const struct order_state *o);
struct order_state_list {
    struct order_state *v;
    size_t n;
};
/* Locks the orders (sorted) and loads their lines: credit accounts first, then orders. Unknown ids
 * are left out. */
err orders_lock(struct tx *tx, const int64_t *ids, size_t n,
                struct order_state_list *ret) MUST_CHECK;
/* The same in two steps, for what has to wait for the locks and can travel with them: queued, and
 * after the flush. */
struct orders_locking;
err orders_lock_queue(struct tx *tx, const int64_t *ids, size_t n,
                      struct orders_locking **ret) MUST_CHECK;
struct order_state_list orders_locked(struct tx *tx, const struct orders_locking *k);
struct order_state *order_state_find(const struct order_state_list *list, int64_t id); /* or NULL */
struct order_line *order_line_find(const struct order_state *o, int64_t line_no);      /* or NULL */

/* Releases the holds of the order (the call's path) that wait until there is stock for it, if there
 * is now, as POST /v1/orders/{id}/holds/review does. ERR_WRONG_STATE: it is not held any more. */
err orders_review_stock(struct tx *tx, struct call *c) MUST_CHECK;

/* Asks credit whether goods of these locked orders may leave, where a policy wants that: sets
 * credit_refusal of those that may not. Orders that somebody released go through. */
err orders_check_credit(struct tx *tx, const struct call *c,
                        const struct order_state_list *orders) MUST_CHECK;

/* From one status to another, or to the same. */
struct order_step {
    int64_t order_id;
    const char *was, *now;
};
/* One command has changed canceled/reserved/shipped/delivered/failed/invoiced/returned/credited of
 * a locked order, in o->lines in place: derives the header's status from the lines and bumps the
 * version. In memory only, so that the next command of a batch finds the order as this one leaves
 * it. */
struct order_step order_moved(struct order_state *o);
/* Pushes order.<status> when the status changed. */
void order_tell(struct tx *tx, const struct call *c, struct order_step step);
/* Queues what moved: headers, counters of lines, and by what the lines now say ordered and unbilled
 * of the credit accounts. One call per transaction. */
err orders_store(struct tx *tx, const struct order_state_list *orders) MUST_CHECK;
/* A metered line of a locked order grows to that quantity, in o->lines in place: what it grows by
 * costs the line's price, without discounts in amounts. ERR_OVERFLOW; then nothing has changed. */
err order_line_grow(const struct order_state *o, struct order_line *l, int64_t quantity) MUST_CHECK;
/* Queues what lines have grown by, with the totals of their orders. Before orders_store(). */
err orders_grown_store(struct tx *tx, const struct order_state_list *orders) MUST_CHECK;
/* A product that may go instead of another one, in a warehouse, and what can be promised of it. */
struct substitute_facts {
    int64_t product_id, warehouse_id; /* what it stands in for, and where */
    int64_t substitute_id, rank, tax_code_id, unit_cost, available;
    const char *sku, *name;
};
struct substitute_facts_list {
    struct substitute_facts *v; /* by product, warehouse, rank */
    size_t n;
};
/* The substitutes of products that hold today and can be ordered, as stock is now: read without a
 * lock. */
err substitutes_find(struct tx *tx, const struct stock_key *keys, size_t n,
                     struct substitute_facts_list *ret) MUST_CHECK;
/* What of them stands in for one product in one warehouse. */
struct substitute_offer_list substitute_offers(struct arena *a,
                                               const struct substitute_facts_list *list,
                                               int64_t product_id, int64_t warehouse_id);
/* The same for lines that wait for stock and may be replaced; asks nothing where there are none. */
err order_substitutes_find(struct tx *tx, const struct order_line *lines, size_t n,
                           struct substitute_facts_list *ret) MUST_CHECK;

/* May others go instead of what the line lacks; without anybody being asked? */
bool line_may_substitute(const struct order_line *l);
bool line_accepts_substitute(const struct order_line *l);

/* Pushes order.backordered, which names the lines that wait for stock, if any do, and what could go
 * instead; substitutes may be NULL. */
void order_tell_backordered(struct tx *tx, const struct call *c, int64_t order_id,
                            const struct order_line *lines, size_t n,
                            const struct substitute_facts_list *substitutes);
/* All three, for a command that comes alone. */
err orders_progressed(struct tx *tx, const struct call *c, struct order_state *o) MUST_CHECK;
