/* Collections: how far customers have been dunned, and what they promised to pay. Whoever collects
 * reports it; credit policies ask. */
#pragma once
#include "server/api/call.h"

#define DUNNING_LEVEL_MAX 9
#define PROMISE_GRACE_DEFAULT 3 /* days */
#define PROMISE_INVOICES_MAX 1000

#define COLLECTIONS_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, integer, dunning_level, .required = true, .min = 0, .max = DUNNING_LEVEL_MAX,         \
          .doc = "The highest level that was reached and still holds; 0: none.", .example = "2")   \
    VALUE(T, date, since, .doc = "Since when; default: today.")                                    \
    VALUE(T, string, source, .max = 200, .doc = "Who says so.", .example = "\"dunning run 12\"")
JSON_STRUCT(collections_new, COLLECTIONS_NEW_FIELDS);

#define COLLECTIONS_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "The customer.")                             \
    VALUE(T, integer, version, .doc = "Grows with every change; 0: nobody has said anything yet.") \
    VALUE(T, integer, dunning_level, .doc = "0: none; 9: the highest.")                            \
    VALUE(T, date, since, .doc = "Since when.")                                                    \
    VALUE(T, string, source, .doc = "Who says so.")                                                \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(collections, COLLECTIONS_FIELDS);

extern const char *const promise_statuses[]; /* open, kept, partly_kept, broken, canceled */
extern const char *const promise_channels[];

#define PROMISE_INVOICE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    VALUE(T, id, invoice_id, .required = true, .prefix = "inv",                                    \
          .doc = "An open invoice of the customer that no other open promise is about.")
JSON_STRUCT(promise_invoice_new, PROMISE_INVOICE_NEW_FIELDS);

#define PROMISE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus", .doc = "Who promised.")           \
    LIST(T, promise_invoice_new, invoices, .required = true, .min = 1,                             \
         .max = PROMISE_INVOICES_MAX, .doc = "What they will pay.")                                \
    VALUE(T, decimal, amount, .min = 1, .max = 1000000000000000000,                                \
          .doc = "How much of it; default: all that is open of these.", .example = "\"100.00\"")   \
    VALUE(T, date, due_date, .required = true, .doc = "Until when.")                               \
    VALUE(T, integer, grace_days, .min = 0, .max = 90,                                             \
          .doc = "Days behind that on which it still counts as kept; default: 3.", .example = "3") \
    VALUE(T, choice, channel, .choices = promise_channels, .doc = "How they said it.")             \
    VALUE(T, string, promised_by, .max = 200, .doc = "Who of them said it.")                       \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")
JSON_STRUCT(promise_new, PROMISE_NEW_FIELDS);

#define PROMISE_CANCEL_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why.")
JSON_STRUCT(promise_cancel, PROMISE_CANCEL_FIELDS);

#define PROMISE_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "prm", .doc = "The promise's id.")                                  \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who promised.")                             \
    VALUE(T, choice, status, .choices = promise_statuses,                                          \
          .doc = "By what was paid until due_date and grace_days: kept as soon as all of it was; " \
                 "behind the last day partly_kept, or broken when nothing was.")                   \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, money, amount, .doc = "What was promised.")                                           \
    VALUE(T, money, paid,                                                                          \
          .doc = "Payments since then, until the last day, that were applied to the invoices and " \
                 "not taken back.")                                                                \
    VALUE(T, date, due_date, .doc = "Until when.")                                                 \
    VALUE(T, integer, grace_days, .doc = "Days behind that on which it still counts as kept.")     \
    VALUE(T, choice, channel, .choices = promise_channels, .doc = "How they said it.")             \
    VALUE(T, string, promised_by, .doc = "Who of them said it.")                                   \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, string, cancel_reason, .doc = "Why it was canceled.")                                 \
    VALUE(T, instant, canceled_at, .doc = "When it was canceled.")                                 \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A promise in a list: the header. */
JSON_STRUCT(promise_summary, PROMISE_HEADER_FIELDS);

#define PROMISE_INVOICE_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The invoice.")                               \
    VALUE(T, string, number, .doc = "Its number.")                                                 \
    VALUE(T, money, open_amount, .doc = "What is open of it now.")
JSON_STRUCT(promise_invoice, PROMISE_INVOICE_FIELDS);

#define PROMISE_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    PROMISE_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    LIST(T, promise_invoice, invoices, .doc = "What they will pay.")                               \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.",                     \
          .example = "[\"cancel\"]")
JSON_STRUCT(promise, PROMISE_FIELDS);
