/* What-if: hypothetical orders, payments, limit and terms over the credit of a customer. */
#pragma once
#include "server/orders/orders.h"

#define WHAT_IF_DAYS_MAX 366
#define WHAT_IF_DAYS_DEFAULT 30

#define WHAT_IF_ORDER_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, decimal, gross, .required = true, .max = 1000000000000000000,                         \
          .doc = "What it would come to, tax included.", .example = "\"500.00\"")                  \
    VALUE(T, date, date, .doc = "When it would be confirmed; default: today.")
JSON_STRUCT(what_if_order, WHAT_IF_ORDER_FIELDS);

#define WHAT_IF_PAYMENT_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, decimal, amount, .required = true, .min = 1, .max = 1000000000000000000,              \
          .doc = "What would come in; it stays unapplied.", .example = "\"500.00\"")               \
    VALUE(T, date, date, .doc = "When it would be there; default: today.")
JSON_STRUCT(what_if_payment, WHAT_IF_PAYMENT_FIELDS);

#define WHAT_IF_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus", .doc = "Whose credit.")           \
    VALUE(T, integer, days, .min = 1, .max = WHAT_IF_DAYS_MAX,                                     \
          .doc = "How many days from today; default 30.")                                          \
    LIST(T, what_if_order, orders, .max = 1000, .doc = "Orders, of a day in this order.")          \
    LIST(T, what_if_payment, payments, .max = 1000, .doc = "Payments; before orders of the day.")  \
    VALUE(T, decimal, credit_limit, .max = 1000000000000000000,                                    \
          .doc = "Another limit from today on; null: the one that holds.")                         \
    VALUE(T, integer, payment_terms_days, .min = 0, .max = 365,                                    \
          .doc = "With pay_when_due: days after which the hypothetical orders are paid; default: " \
                 "the customer's terms.")                                                          \
    VALUE(T, boolean, pay_when_due,                                                                \
          .doc = "Open invoices are paid on their due dates, overdue ones tomorrow, and "          \
                 "hypothetical orders when their terms end.")
JSON_STRUCT(what_if, WHAT_IF_FIELDS);

#define WHAT_IF_DAY_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, date, date, .doc = "The day, at its end.")                                            \
    VALUE(T, money, exposure, .doc = "The exposure.")                                              \
    VALUE(T, money, headroom, .doc = "The limit less that; null: no limit.")
JSON_STRUCT(what_if_day, WHAT_IF_DAY_FIELDS);

extern const char *const what_if_outcomes[]; /* confirmed, held, released */
#define WHAT_IF_OUTCOME_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, integer, index, .doc = "Which of the hypothetical orders, from 0; null: a real one.", \
          .example = "0")                                                                          \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The real order that waits now.")               \
    VALUE(T, choice, outcome, .choices = what_if_outcomes,                                         \
          .doc = "confirmed at once, released later, or held to the end.")                         \
    VALUE(T, date, date, .doc = "When it is confirmed; null: it is not.")                          \
    VALUE(T, date, held_on, .doc = "When it is held first; null: it is not, or waits already.")    \
    VALUE(T, string, reason, .doc = "Why it is held at first.")
JSON_STRUCT(what_if_outcome, WHAT_IF_OUTCOME_FIELDS);

#define WHAT_IF_REPLY_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Whose credit.")                             \
    VALUE(T, id, credit_account_id, .prefix = "cra", .doc = "Their account.")                      \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, money, credit_limit, .doc = "The limit that was looked at; null: none.")              \
    VALUE(T, date, first_breach,                                                                   \
          .doc = "First day on which a hypothetical order is held, or with more exposure than "    \
                 "the limit; null: none.")                                                         \
    VALUE(T, integer, breach_index,                                                                \
          .doc = "Which of the hypothetical orders is held then, or goes over the limit where it " \
                 "is not enforced; null: none of them.",                                           \
          .example = "0")                                                                          \
    VALUE(T, string, breach_reason, .doc = "Why that one is held.")                                \
    LIST(T, what_if_day, days, .doc = "The exposure day by day.")                                  \
    LIST(T, what_if_outcome, orders,                                                               \
         .doc = "The hypothetical orders, then the real ones that "                                \
                "wait now.")
JSON_STRUCT(what_if_reply, WHAT_IF_REPLY_FIELDS);
