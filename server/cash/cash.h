/* Cash: payments, what they and credit notes are applied to, what is paid back. */
#pragma once
#include "server/api/call.h"

/* ---- the API ---- */

/* bank_transfer, card, cash, check, direct_debit, other */
extern const char *const payment_methods[];
extern const char
    *const payment_statuses[]; /* unallocated, partly_allocated, allocated, refunded, returned */
extern const char *const payment_clearings[];  /* pending, cleared, returned */
extern const char *const allocate_policies[];  /* none, oldest_due */
extern const char *const allocation_sources[]; /* payment, credit_note */

#define ALLOCATIONS_PER_REQUEST_MAX 10000

#define ALLOCATION_ENTRY_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, invoice_id, .required = true, .prefix = "inv",                                    \
          .doc = "The invoice; each at most once.")                                                \
    VALUE(T, decimal, amount, .min = 1, .max = 1000000000000000000,                                \
          .doc = "In the currency of both; default: as much as the invoice and the money allow.",  \
          .example = "\"119.00\"")
JSON_STRUCT(allocation_entry, ALLOCATION_ENTRY_FIELDS);

#define PAYMENT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the payment, unique.")  \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus", .doc = "Who paid.")               \
    VALUE(T, choice, method, .required = true, .choices = payment_methods, .doc = "How it came.")  \
    VALUE(T, currency, currency, .doc = "Default and, for now, always: the customer's.")           \
    VALUE(T, decimal, amount, .required = true, .min = 1, .max = 1000000000000000000,              \
          .doc = "What was received; may be more than is owed.", .example = "\"119.00\"")          \
    VALUE(T, date, value_date, .doc = "When it counts as received; default: today.")               \
    VALUE(T, boolean, cleared, .default_true = true,                                               \
          .doc = "false: it may still come back (check, direct debit); it pays invoices, but its " \
                 "amount counts as uncleared in the exposure.",                                    \
          .example = "true")                                                                       \
    VALUE(T, date, clears_on,                                                                      \
          .doc = "With cleared false: the day from which on it counts as cleared; default: when "  \
                 "somebody says so.")                                                              \
    VALUE(T, string, reference, .max = 500, .doc = "What the payer wrote.",                        \
          .example = "\"INV-000042\"")                                                             \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")                              \
    LIST(T, allocation_entry, allocations, .max = ALLOCATIONS_PER_REQUEST_MAX,                     \
         .doc = "The invoices it pays; what is left stays unapplied.")                             \
    VALUE(T, choice, allocate, .choices = allocate_policies,                                       \
          .doc = "What happens to what allocations leaves: oldest_due pays the customer's other "  \
                 "open invoices, oldest due date first; default: none.")
JSON_STRUCT(payment_new, PAYMENT_NEW_FIELDS);

#define ALLOCATIONS_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, date, effective_date,                                                                 \
          .doc = "The day it counts for, but never before the money was there or the invoice "     \
                 "open; default: today.")                                                          \
    LIST(T, allocation_entry, allocations, .max = ALLOCATIONS_PER_REQUEST_MAX,                     \
         .doc = "The invoices to pay.")                                                            \
    VALUE(T, choice, allocate, .choices = allocate_policies,                                       \
          .doc = "What happens to what allocations leaves: oldest_due pays the customer's other "  \
                 "open invoices, oldest due date first; default: none.",                           \
          .example = "\"oldest_due\"")
JSON_STRUCT(allocations_new, ALLOCATIONS_NEW_FIELDS);

#define ALLOCATION_REVERSE_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500,                               \
          .doc = "Why it is taken back.", .example = "\"Paid for another invoice\"")               \
    VALUE(T, date, effective_date,                                                                 \
          .doc = "The day it counts for, not before the allocation's own; default: today.")
JSON_STRUCT(allocation_reverse, ALLOCATION_REVERSE_FIELDS);

#define ALLOCATION_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, id, id, .prefix = "alc", .doc = "The allocation's id.")                               \
    VALUE(T, choice, source, .choices = allocation_sources, .doc = "What was applied.")            \
    VALUE(T, id, payment_id, .prefix = "pay", .doc = "The payment that was applied.")              \
    VALUE(T, id, credit_note_id, .prefix = "crn", .doc = "The credit note that was applied.")      \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "The customer of both.")                     \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The invoice it was applied to.")             \
    VALUE(T, string, invoice_number, .doc = "The invoice's number.")                               \
    VALUE(T, currency, currency, .doc = "Currency of the amount.")                                 \
    VALUE(T, money, amount, .doc = "How much; negative when it takes another one back.")           \
    VALUE(T, id, reverses, .prefix = "alc", .doc = "The allocation that this one takes back.")     \
    VALUE(T, id, reversed_by, .prefix = "alc", .doc = "The allocation that took this one back.")   \
    VALUE(T, string, reason, .doc = "Why it was taken back.")                                      \
    VALUE(T, date, effective_date, .doc = "The day it counts for.")                                \
    VALUE(T, instant, recorded_at, .doc = "When it was recorded.")
JSON_STRUCT(allocation, ALLOCATION_FIELDS);

#define PAYMENT_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "pay", .doc = "The payment's id.")                                  \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, number, .doc = "The payment's number.", .example = "\"PAY-000042\"")          \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who paid.")                                 \
    VALUE(T, choice, status, .choices = payment_statuses,                                          \
          .doc = "How far it is applied: allocated when nothing is left, refunded when all of it " \
                 "was paid back, returned when it bounced.")                                       \
    VALUE(T, choice, method, .choices = payment_methods, .doc = "How it came.")                    \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, money, amount, .doc = "What was received: allocated + refunded + unapplied.")         \
    VALUE(T, money, allocated, .doc = "What is applied to invoices.")                              \
    VALUE(T, money, refunded, .doc = "What was paid back.")                                        \
    VALUE(T, money, unapplied, .doc = "What is left.")                                             \
    VALUE(T, date, value_date, .doc = "When it counts as received.")                               \
    VALUE(T, string, reference, .doc = "What the payer wrote.")                                    \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, raw, metadata, .doc = "Your own names and values.")                                   \
    VALUE(T, choice, clearing, .choices = payment_clearings,                                       \
          .doc = "pending: it may still come back; returned: it did.")                             \
    VALUE(T, date, clears_on, .doc = "The day from which on it counts as cleared.")                \
    VALUE(T, string, return_reason, .doc = "Why it came back.")                                    \
    VALUE(T, instant, returned_at, .doc = "When it came back.")                                    \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A payment in a list: the header. */
JSON_STRUCT(payment_summary, PAYMENT_HEADER_FIELDS);

#define PAYMENT_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    PAYMENT_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    LIST(T, allocation, allocations, .doc = "What it was applied to, and what was taken back.")    \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.")
JSON_STRUCT(payment, PAYMENT_FIELDS);

#define PAYMENT_RETURN_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why it came back.",   \
          .example = "\"Insufficient funds\"")                                                     \
    VALUE(T, date, value_date,                                                                     \
          .doc = "When it counts as returned, not before it was there or applied; default: "       \
                 "today.")
JSON_STRUCT(payment_return, PAYMENT_RETURN_FIELDS);

#define REFUND_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the refund, unique.")   \
    VALUE(T, decimal, amount, .min = 1, .max = 1000000000000000000,                                \
          .doc = "What is paid back; default: all that is not applied.", .example = "\"19.00\"")   \
    VALUE(T, choice, method, .choices = payment_methods,                                           \
          .doc = "How it is paid; default: as the payment came, for a credit note bank_transfer.") \
    VALUE(T, date, value_date,                                                                     \
          .doc = "When it counts as paid, not before the money was there; default: today.")        \
    VALUE(T, string, reference, .max = 500, .doc = "What the receiver reads.")
JSON_STRUCT(refund_new, REFUND_NEW_FIELDS);

#define REFUND_FIELDS(T, VALUE, OBJECT, LIST)                                                      \
    VALUE(T, id, id, .prefix = "rfd", .doc = "The refund's id.")                                   \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, choice, source, .choices = allocation_sources, .doc = "What was paid back.")          \
    VALUE(T, id, payment_id, .prefix = "pay", .doc = "The payment that was paid back.")            \
    VALUE(T, id, credit_note_id, .prefix = "crn", .doc = "The credit note that was paid out.")     \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who received it.")                          \
    VALUE(T, choice, method, .choices = payment_methods, .doc = "How it was paid.")                \
    VALUE(T, currency, currency, .doc = "Currency of the amount.")                                 \
    VALUE(T, money, amount, .doc = "What was paid back.")                                          \
    VALUE(T, date, value_date, .doc = "When it counts as paid.")                                   \
    VALUE(T, string, reference, .doc = "What the receiver reads.")                                 \
    VALUE(T, boolean, returned, .doc = "The payment came back: it bounced.")                       \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")
JSON_STRUCT(refund, REFUND_FIELDS);

/* Payments that cleared by the clock cease to count as uncleared, some of them, and tx->today
 * becomes the day of their books: the sweeper, of no call. Orders may go on then. */
err payments_sweep(struct tx *tx) MUST_CHECK;
