/* Credit accounts as resources: what was agreed with a customer or a group of companies, and what
 * it owes by component, with the documents behind each. */
#pragma once
#include "server/credit/credit.h"

#define CREDIT_AMOUNT_MAX 1000000000000000000 /* 10^12 in major units */
#define EXPOSURE_DOCUMENTS_MAX 1000

#define CREDIT_TERMS_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, name, .max = 200, .doc = "Such as the name of a group of companies.")         \
    VALUE(T, decimal, credit_limit, .max = CREDIT_AMOUNT_MAX,                                      \
          .doc = "In the account's currency, gross; null: no limit.", .example = "\"5000.00\"")    \
    VALUE(T, date, limit_from,                                                                     \
          .doc = "First day of the limit; null: it always was. On other "                          \
                 "days the limit is 0.")                                                           \
    VALUE(T, date, limit_to, .doc = "Last day of the limit; null: until further notice.")          \
    VALUE(T, id, parent_id, .prefix = "cra",                                                       \
          .doc = "The account that this one counts into: its limit holds for all below it. Of "    \
                 "the same currency.")                                                             \
    VALUE(T, string, reviewer, .max = 200, .doc = "Who looks after it.")                           \
    VALUE(T, date, review_date, .doc = "When to look at it again.")                                \
    VALUE(T, decimal, secured_amount, .max = CREDIT_AMOUNT_MAX,                                    \
          .doc = "What collateral secures; taken off the exposure while it is valid.")             \
    VALUE(T, choice, secured_kind, .choices = secured_kinds, .doc = "What the collateral is.")     \
    VALUE(T, date, secured_from, .doc = "First day of the collateral.")                            \
    VALUE(T, date, secured_to, .doc = "Last day of the collateral.")                               \
    VALUE(T, decimal, deposit_percent, .max = 100000000,                                           \
          .doc = "That much of what is confirmed and not shipped has to be there as unapplied "    \
                 "money; 100: prepayment.")                                                        \
    VALUE(T, id, policy_id, .prefix = "cpo", .doc = "Its policy; null: the default one, if any.")

#define CREDIT_ACCOUNT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, currency, currency, .doc = "Of all its amounts; default: the tenant's.")              \
    CREDIT_TERMS_FIELDS(T, VALUE, OBJECT, LIST)
JSON_STRUCT(credit_account_new, CREDIT_ACCOUNT_NEW_FIELDS);

JSON_STRUCT(credit_account_patch, CREDIT_TERMS_FIELDS);

#define CREDIT_ACCOUNT_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "cra", .doc = "The account's id.")                                  \
    VALUE(T, integer, version, .doc = "Grows with every change of what was agreed; the ETag.")     \
    VALUE(T, string, name, .doc = "Such as the name of a group of companies.")                     \
    VALUE(T, currency, currency, .doc = "Of all its amounts.")                                     \
    VALUE(T, money, credit_limit, .doc = "As agreed; null: no limit.")                             \
    VALUE(T, date, limit_from, .doc = "First day of the limit.")                                   \
    VALUE(T, date, limit_to, .doc = "Last day of the limit.")                                      \
    VALUE(T, money, limit_today, .doc = "What it is today: 0 on other days; null: no limit.")      \
    VALUE(T, id, parent_id, .prefix = "cra", .doc = "The account that it counts into.")            \
    VALUE(T, string, reviewer, .doc = "Who looks after it.")                                       \
    VALUE(T, date, review_date, .doc = "When to look at it again.")                                \
    VALUE(T, money, secured_amount, .doc = "What collateral secures.")                             \
    VALUE(T, choice, secured_kind, .choices = secured_kinds, .doc = "What the collateral is.")     \
    VALUE(T, date, secured_from, .doc = "First day of the collateral.")                            \
    VALUE(T, date, secured_to, .doc = "Last day of the collateral.")                               \
    VALUE(T, decimal, deposit_percent, .doc = "Of what is confirmed and not shipped.")             \
    VALUE(T, id, policy_id, .prefix = "cpo", .doc = "Its policy; null: the default one.")          \
    VALUE(T, money, ordered, .doc = "Confirmed, not yet shipped or invoiced.")                     \
    VALUE(T, money, unbilled, .doc = "Shipped, not yet invoiced.")                                 \
    VALUE(T, money, receivable, .doc = "Open invoices.")                                           \
    VALUE(T, money, unapplied, .doc = "Payments and credit notes not yet applied.")                \
    VALUE(T, money, below,                                                                         \
          .doc = "Exposure of the accounts below, without collateral, uncleared, disputed.")       \
    VALUE(T, money, secured, .doc = "Of the collateral, what is valid today.")                     \
    VALUE(T, money, uncleared,                                                                     \
          .doc = "Payments, here and below, that have not cleared, applied or not.")               \
    VALUE(T, money, disputed, .doc = "What is disputed of open invoices, here and below.")         \
    VALUE(T, money, exposure,                                                                      \
          .doc = "receivable + unbilled + ordered + below - unapplied - secured; with uncleared "  \
                 "added unless the policy allows it, and disputed taken off if it excludes it.")   \
    VALUE(T, money, headroom, .doc = "Today's limit less exposure; null: no limit.")               \
    VALUE(T, integer, held_orders, .doc = "Orders, here and below, that wait for credit.")
JSON_STRUCT(credit_account, CREDIT_ACCOUNT_FIELDS);

#define CREDIT_ACCOUNT_JOIN_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus",                                   \
          .doc = "Who shares the account from now on; nothing of theirs may be open elsewhere.")
JSON_STRUCT(credit_account_join, CREDIT_ACCOUNT_JOIN_FIELDS);

#define EXPOSURE_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, choice, component, .choices = credit_components,                                      \
          .doc = "Which part of the exposure; default: receivable.", .example = "\"receivable\"")
JSON_STRUCT(exposure_query, EXPOSURE_QUERY_FIELDS);

#define EXPOSURE_DOCUMENT_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, string, resource, .doc = "order, invoice, payment or credit_note.",                   \
          .example = "\"invoice\"")                                                                \
    VALUE(T, string, resource_id, .doc = "Its id.", .example = "\"inv_01kq3v8d2e7g4\"")            \
    VALUE(T, string, number, .doc = "Its number; null: a draft.")                                  \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Whose it is.")                              \
    VALUE(T, date, document_date, .doc = "Its date.")                                              \
    VALUE(T, date, due_date, .doc = "When an invoice is due.")                                     \
    VALUE(T, money, amount, .doc = "What it adds to the component.")
JSON_STRUCT(exposure_document, EXPOSURE_DOCUMENT_FIELDS);

#define EXPOSURE_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    VALUE(T, id, credit_account_id, .prefix = "cra", .doc = "The account.")                        \
    VALUE(T, choice, component, .choices = credit_components, .doc = "Which part.")                \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, money, amount, .doc = "What the account counts.")                                     \
    VALUE(T, money, total, .doc = "What the documents come to; the same.")                         \
    VALUE(T, integer, count, .doc = "How many documents.")                                         \
    LIST(T, exposure_document, documents, .max = EXPOSURE_DOCUMENTS_MAX,                           \
         .doc = "The documents, the largest first.")                                               \
    VALUE(T, boolean, truncated, .doc = "There are more than are listed.")
JSON_STRUCT(exposure, EXPOSURE_FIELDS);

#define CUSTOMER_CREDIT_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "The customer.")                             \
    VALUE(T, id, credit_account_id, .prefix = "cra",                                               \
          .doc = "Their account; amounts are of all who share it.")                                \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, money, credit_limit, .doc = "Today's; null: no limit.")                               \
    VALUE(T, money, ordered, .doc = "Confirmed, not yet shipped or invoiced.")                     \
    VALUE(T, money, unbilled, .doc = "Shipped, not yet invoiced.")                                 \
    VALUE(T, money, receivable, .doc = "Open invoices.")                                           \
    VALUE(T, money, unapplied, .doc = "Payments and credit notes not yet applied.")                \
    VALUE(T, money, below,                                                                         \
          .doc = "Exposure of the accounts below, without collateral, uncleared, disputed.")       \
    VALUE(T, money, secured, .doc = "By collateral that is valid today.")                          \
    VALUE(T, money, uncleared,                                                                     \
          .doc = "Payments, here and below, that have not cleared, applied or not.")               \
    VALUE(T, money, disputed, .doc = "What is disputed of open invoices, here and below.")         \
    VALUE(T, money, exposure,                                                                      \
          .doc = "receivable + unbilled + ordered + below - unapplied - secured; with uncleared "  \
                 "added unless the policy allows it, and disputed taken off if it excludes it.")   \
    VALUE(T, money, headroom, .doc = "Limit less exposure, negative beyond it; null: no limit.")   \
    VALUE(T, integer, held_orders, .doc = "Orders, here and below, that wait for credit.")
JSON_STRUCT(customer_credit, CUSTOMER_CREDIT_FIELDS);
