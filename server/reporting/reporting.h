/* Reports over the books. Every report says which day and currency it is about, and carries control
 * totals: its own sums beside the ledger's. domain.md S7, S12 and section 5. */
#pragma once
#include "server/api/call.h"

#define REPORT_ROWS_MAX 10000

extern const char *const aging_groups[];    /* customer, total */
extern const char *const open_item_kinds[]; /* invoice, payment, credit_note */

/* ---- control totals ---- */

#define REPORT_CONTROL_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, name, .doc = "What is compared.", .example = "\"receivable\"")                \
    VALUE(T, money, report, .doc = "By this report.")                                              \
    VALUE(T, money, ledger, .doc = "By the books.")
JSON_STRUCT(report_control, REPORT_CONTROL_FIELDS);

#define REPORT_CONTROLS_(T, VALUE, LIST)                                                           \
    LIST(T, report_control, controls, .doc = "The report's sums beside the ledger's.")             \
    VALUE(T, boolean, reconciled, .doc = "All control totals agree.", .example = "true")

#define REPORT_CURRENCY_QUERY_(T, VALUE)                                                           \
    VALUE(T, currency, currency,                                                                   \
          .doc = "Amounts of this currency only; default: the customer's where the report is "     \
                 "about one customer, else the tenant's.")

/* ---- aging ---- */

#define AGING_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, date, as_of,                                                                          \
          .doc = "The last day that counts, by effective dates; default: today in the tenant's "   \
                 "time zone.")                                                                     \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Only this customer.")                       \
    REPORT_CURRENCY_QUERY_(T, VALUE)                                                               \
    VALUE(T, strings, buckets, .max = 6,                                                           \
          .doc = "The last days overdue of all buckets but the last, ascending; default "          \
                 "30,60,90,120.",                                                                  \
          .example = "[\"30\",\"60\",\"90\",\"120\"]")                                             \
    VALUE(T, choice, group, .choices = aging_groups,                                               \
          .doc = "customer (the default): a row per customer with a balance; total: only totals.") \
    VALUE(T, integer, limit, .min = 1, .max = REPORT_ROWS_MAX,                                     \
          .doc = "Rows at most; default 10000. The totals are always those of all customers.")     \
    VALUE(T, id, after, .prefix = "cus",                                                           \
          .doc = "Only rows behind this customer: the last one of the page before.")
JSON_STRUCT(aging_query, AGING_QUERY_FIELDS);

#define AGING_AMOUNT_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, bucket,                                                                       \
          .doc = "not_due, then days overdue: 1_30, 31_60, 61_90, 91_120, over_120.",              \
          .example = "\"31_60\"")                                                                  \
    VALUE(T, money, amount, .doc = "Open on invoices of this age.")                                \
    VALUE(T, integer, invoices, .doc = "How many invoices that is.")
JSON_STRUCT(aging_amount, AGING_AMOUNT_FIELDS);

#define AGING_AMOUNTS_(T, VALUE, LIST)                                                             \
    LIST(T, aging_amount, buckets, .doc = "All buckets, by age.")                                  \
    VALUE(T, money, open_invoices, .doc = "Sum of the buckets.")                                   \
    VALUE(T, money, overdue, .doc = "Of it past its due date.")                                    \
    VALUE(T, money, unapplied_payments, .doc = "Received and not applied to an invoice.")          \
    VALUE(T, money, available_credit, .doc = "Credit notes not applied or refunded.")              \
    VALUE(T, money, net, .doc = "open_invoices less unapplied_payments and available_credit.")

#define AGING_ROW_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "The customer.")                             \
    VALUE(T, string, external_id, .doc = "Your id of the customer.")                               \
    VALUE(T, string, name, .doc = "The customer's name.")                                          \
    AGING_AMOUNTS_(T, VALUE, LIST)
JSON_STRUCT(aging_row, AGING_ROW_FIELDS);

#define AGING_TOTAL_FIELDS(T, VALUE, OBJECT, LIST) AGING_AMOUNTS_(T, VALUE, LIST)
JSON_STRUCT(aging_total, AGING_TOTAL_FIELDS);

#define AGING_REPORT_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, date, as_of, .doc = "The last day that counts.")                                      \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    LIST(T, aging_row, rows, .doc = "Customers with a balance, by id.")                            \
    VALUE(T, boolean, truncated, .doc = "There are more customers: ask again with after.")         \
    OBJECT(T, aging_total, totals, .doc = "Of all customers.")                                     \
    REPORT_CONTROLS_(T, VALUE, LIST)
JSON_STRUCT(aging_report, AGING_REPORT_FIELDS);

/* ---- open items ---- */

#define OPEN_ITEMS_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, date, as_of,                                                                          \
          .doc = "The last day that counts, by effective dates; default: today in the tenant's "   \
                 "time zone.")                                                                     \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Only this customer.")                       \
    REPORT_CURRENCY_QUERY_(T, VALUE)                                                               \
    VALUE(T, choice, kind, .choices = open_item_kinds, .doc = "Only documents of this kind.")      \
    VALUE(T, boolean, overdue_only, .doc = "Only invoices past their due date.")                   \
    VALUE(T, integer, limit, .min = 1, .max = REPORT_ROWS_MAX,                                     \
          .doc = "Rows at most; default 10000. The totals are always those of all items.")
JSON_STRUCT(open_items_query, OPEN_ITEMS_QUERY_FIELDS);

#define OPEN_ITEMS_ROW_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, choice, kind, .choices = open_item_kinds, .doc = "Kind of the document.")             \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The document, when it is an invoice.")       \
    VALUE(T, id, payment_id, .prefix = "pay", .doc = "The document, when it is a payment.")        \
    VALUE(T, id, credit_note_id, .prefix = "crn",                                                  \
          .doc = "The document, when it is a credit note.")                                        \
    VALUE(T, string, number, .doc = "The document's number.", .example = "\"INV-000042\"")         \
    VALUE(T, string, external_id, .doc = "Your id of the document.")                               \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "The customer.")                             \
    VALUE(T, date, document_date, .doc = "Date of the document.")                                  \
    VALUE(T, date, due_date, .doc = "When an invoice is due.")                                     \
    VALUE(T, money, amount, .doc = "Amount of the document.")                                      \
    VALUE(T, money, open_amount,                                                                   \
          .doc = "What was open on that day; of a payment or credit note: "                        \
                 "what was left to apply.")                                                        \
    VALUE(T, integer, days_overdue, .doc = "Of an invoice, 0 when it is not due yet.")
JSON_STRUCT(open_items_row, OPEN_ITEMS_ROW_FIELDS);

#define OPEN_ITEMS_TOTAL_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, items, .doc = "How many documents.")                                         \
    VALUE(T, money, open_invoices, .doc = "Open on invoices.")                                     \
    VALUE(T, money, overdue, .doc = "Of it past its due date.")                                    \
    VALUE(T, money, unapplied_payments, .doc = "Left on payments.")                                \
    VALUE(T, money, available_credit, .doc = "Left on credit notes.")                              \
    VALUE(T, money, net, .doc = "open_invoices less unapplied_payments and available_credit.")
JSON_STRUCT(open_items_total, OPEN_ITEMS_TOTAL_FIELDS);

#define OPEN_ITEMS_REPORT_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, date, as_of, .doc = "The last day that counts.")                                      \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    LIST(T, open_items_row, rows, .doc = "By due date.")                                           \
    VALUE(T, boolean, truncated, .doc = "There are more than these.")                              \
    OBJECT(T, open_items_total, totals, .doc = "Of all that was asked for, shown or not.")         \
    REPORT_CONTROLS_(T, VALUE, LIST)
JSON_STRUCT(open_items_report, OPEN_ITEMS_REPORT_FIELDS);

/* ---- statement ---- */

#define STATEMENT_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, customer_id, .required = true, .prefix = "cus", .doc = "Whose statement.")        \
    VALUE(T, date, from, .doc = "First day; default: the first of the month of to.")               \
    VALUE(T, date, to, .doc = "Last day; default: today in the tenant's time zone.")               \
    REPORT_CURRENCY_QUERY_(T, VALUE)
JSON_STRUCT(statement_query, STATEMENT_QUERY_FIELDS);

#define STATEMENT_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, date, date, .doc = "The day it counts for.")                                          \
    VALUE(T, string, kind,                                                                         \
          .doc = "invoice, credit_note, payment, refund; with _void when it is "                   \
                 "taken back.",                                                                    \
          .example = "\"invoice\"")                                                                \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The document, when it is an invoice.")       \
    VALUE(T, id, credit_note_id, .prefix = "crn",                                                  \
          .doc = "The document, when it is a credit note.")                                        \
    VALUE(T, id, payment_id, .prefix = "pay", .doc = "The document, when it is a payment.")        \
    VALUE(T, id, refund_id, .prefix = "rfd", .doc = "The document, when it is a refund.")          \
    VALUE(T, string, number, .doc = "The document's number.", .example = "\"INV-000042\"")         \
    VALUE(T, string, external_id, .doc = "Your id of the document.")                               \
    VALUE(T, date, due_date, .doc = "When an invoice is due.")                                     \
    VALUE(T, money, debit, .doc = "What the customer owes more.")                                  \
    VALUE(T, money, credit, .doc = "What the customer owes less.")                                 \
    VALUE(T, money, balance, .doc = "What the customer owes after it.")
JSON_STRUCT(statement_line, STATEMENT_LINE_FIELDS);

#define STATEMENT_REPORT_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Whose statement.")                          \
    VALUE(T, string, external_id, .doc = "Your id of the customer.")                               \
    VALUE(T, string, name, .doc = "The customer's name.")                                          \
    VALUE(T, date, from, .doc = "First day.")                                                      \
    VALUE(T, date, to, .doc = "Last day.")                                                         \
    VALUE(T, date, as_of, .doc = "The day of the closing balance: to.")                            \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, money, opening_balance,                                                               \
          .doc = "What the customer owed before the first day: open invoices less unapplied "      \
                 "payments and available credit.")                                                 \
    LIST(T, statement_line, lines,                                                                 \
         .doc = "By date. Applying money to invoices moves no balance "                            \
                "and is not shown.")                                                               \
    VALUE(T, boolean, truncated, .doc = "There are more than 10000 lines; the sums are of all.")   \
    VALUE(T, money, debit, .doc = "Sum of all debits.")                                            \
    VALUE(T, money, credit, .doc = "Sum of all credits.")                                          \
    VALUE(T, money, closing_balance, .doc = "opening_balance + debit - credit.")                   \
    OBJECT(T, aging_total, aging, .doc = "The closing balance by age.")                            \
    REPORT_CONTROLS_(T, VALUE, LIST)
JSON_STRUCT(statement_report, STATEMENT_REPORT_FIELDS);

/* ---- days sales outstanding ---- */

#define DSO_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, date, as_of,                                                                          \
          .doc = "The last day that counts, by effective dates; default: today in the tenant's "   \
                 "time zone.")                                                                     \
    VALUE(T, integer, days, .min = 1, .max = 3660, .doc = "Length of the period; default 90.")     \
    REPORT_CURRENCY_QUERY_(T, VALUE)                                                               \
    VALUE(T, boolean, net_of_unapplied,                                                            \
          .doc = "Receivables less unapplied payments and available credit; default: gross.")
JSON_STRUCT(dso_query, DSO_QUERY_FIELDS);

#define DSO_MONTH_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, date, month, .doc = "Its first day.", .example = "\"2026-03-01\"")                    \
    VALUE(T, integer, days, .doc = "Its days up to as_of.")                                        \
    VALUE(T, money, sales, .doc = "Gross, less credit notes.")
JSON_STRUCT(dso_month, DSO_MONTH_FIELDS);

#define DSO_REPORT_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, date, as_of, .doc = "The last day of the period.")                                    \
    VALUE(T, date, from, .doc = "The first day of the period.")                                    \
    VALUE(T, integer, days, .doc = "Length of the period (D).")                                    \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, boolean, net_of_unapplied, .doc = "How receivables were taken.")                      \
    VALUE(T, decimal, simple, .doc = "receivable / sales x days.", .example = "\"55.347403\"")     \
    VALUE(T, decimal, countback,                                                                   \
          .doc = "Days back, month by month from as_of, until sales equal receivable.",            \
          .example = "\"166.333333\"")                                                             \
    VALUE(T, boolean, countback_complete,                                                          \
          .doc = "False: a month without sales came first, so countback is a lower bound.")        \
    VALUE(T, decimal, best_possible, .doc = "current / sales x days.", .example = "\"30.5\"")      \
    VALUE(T, decimal, average_days_delinquent, .doc = "simple - best_possible.",                   \
          .example = "\"24.847403\"")                                                              \
    VALUE(T, decimal, collection_effectiveness,                                                    \
          .doc = "Percent: (opening_receivable + sales - receivable) / (opening_receivable + "     \
                 "sales - current) x 100.",                                                        \
          .example = "\"79.63\"")                                                                  \
    VALUE(T, money, receivable, .doc = "Open at the end of as_of (AR), tax included.")             \
    VALUE(T, money, current, .doc = "Of the open invoices what is not due yet.")                   \
    VALUE(T, integer, invoices, .doc = "How many invoices are open.")                              \
    VALUE(T, money, opening_receivable, .doc = "Open before the period.")                          \
    VALUE(T, money, sales, .doc = "Invoiced in the period (S), tax included, less credit notes.")  \
    LIST(T, dso_month, months, .doc = "Sales by month that countback used, newest first.")         \
    REPORT_CONTROLS_(T, VALUE, LIST)
JSON_STRUCT(dso_report, DSO_REPORT_FIELDS);

/* ---- sales ---- */

#define SALES_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, date, from,                                                                           \
          .doc = "First day; default: the first of the month, 11 months before "                   \
                 "to.")                                                                            \
    VALUE(T, date, to, .doc = "Last day; default: today in the tenant's time zone.")               \
    REPORT_CURRENCY_QUERY_(T, VALUE)                                                               \
    VALUE(T, integer, limit, .min = 1, .max = REPORT_ROWS_MAX,                                     \
          .doc = "Rows at most; default 1000. The totals are always those of all.")
JSON_STRUCT(sales_query, SALES_QUERY_FIELDS);

#define SALES_AMOUNTS_(T, VALUE)                                                                   \
    VALUE(T, money, net, .doc = "Net sales: invoices less credit notes and voided invoices.")      \
    VALUE(T, money, tax, .doc = "Tax on them.")                                                    \
    VALUE(T, money, gross, .doc = "Net and tax.")

#define SALES_HEAD_(T, VALUE)                                                                      \
    VALUE(T, date, as_of, .doc = "The last day that counts: to.")                                  \
    VALUE(T, date, from, .doc = "First day.")                                                      \
    VALUE(T, date, to, .doc = "Last day.")                                                         \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")

#define SALES_MONTH_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, date, month, .doc = "The month's first day.", .example = "\"2026-03-01\"")            \
    SALES_AMOUNTS_(T, VALUE)                                                                       \
    VALUE(T, integer, invoices, .doc = "Invoices of the month.")                                   \
    VALUE(T, integer, credit_notes, .doc = "Credit notes of the month.")                           \
    VALUE(T, integer, voids, .doc = "Documents voided in the month.")
JSON_STRUCT(sales_month, SALES_MONTH_FIELDS);

#define SALES_MONTHS_TOTAL_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    SALES_AMOUNTS_(T, VALUE)                                                                       \
    VALUE(T, integer, invoices, .doc = "Invoices.")                                                \
    VALUE(T, integer, credit_notes, .doc = "Credit notes.")                                        \
    VALUE(T, integer, voids, .doc = "Documents voided.")
JSON_STRUCT(sales_months_total, SALES_MONTHS_TOTAL_FIELDS);

#define SALES_BY_MONTH_REPORT_FIELDS(T, VALUE, OBJECT, LIST)                                       \
    SALES_HEAD_(T, VALUE)                                                                          \
    LIST(T, sales_month, rows, .doc = "Months with sales, oldest first.")                          \
    OBJECT(T, sales_months_total, totals, .doc = "Of all months.")                                 \
    REPORT_CONTROLS_(T, VALUE, LIST)
JSON_STRUCT(sales_by_month_report, SALES_BY_MONTH_REPORT_FIELDS);

#define SALES_CUSTOMER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "The customer.")                             \
    VALUE(T, string, external_id, .doc = "Your id of the customer.")                               \
    VALUE(T, string, name, .doc = "The customer's name.")                                          \
    SALES_AMOUNTS_(T, VALUE)                                                                       \
    VALUE(T, integer, documents, .doc = "Invoices and credit notes.")                              \
    VALUE(T, integer, lines, .doc = "Their lines.")
JSON_STRUCT(sales_customer, SALES_CUSTOMER_FIELDS);

#define SALES_PRODUCT_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; null: lines without one.")      \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, string, name, .doc = "The product's name.")                                           \
    VALUE(T, decimal, quantity, .doc = "Sold, less credited.")                                     \
    SALES_AMOUNTS_(T, VALUE)                                                                       \
    VALUE(T, integer, documents, .doc = "Invoices and credit notes.")                              \
    VALUE(T, integer, lines, .doc = "Their lines.")
JSON_STRUCT(sales_product, SALES_PRODUCT_FIELDS);

#define SALES_TOTAL_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    SALES_AMOUNTS_(T, VALUE)                                                                       \
    VALUE(T, integer, rows, .doc = "How many rows there are, shown or not.")                       \
    VALUE(T, integer, lines, .doc = "Lines of documents.")
JSON_STRUCT(sales_total, SALES_TOTAL_FIELDS);

#define SALES_BY_CUSTOMER_REPORT_FIELDS(T, VALUE, OBJECT, LIST)                                    \
    SALES_HEAD_(T, VALUE)                                                                          \
    LIST(T, sales_customer, rows, .doc = "By net, largest first.")                                 \
    VALUE(T, boolean, truncated, .doc = "There are more than these.")                              \
    OBJECT(T, sales_total, totals, .doc = "Of all customers, shown or not.")                       \
    REPORT_CONTROLS_(T, VALUE, LIST)
JSON_STRUCT(sales_by_customer_report, SALES_BY_CUSTOMER_REPORT_FIELDS);

#define SALES_BY_PRODUCT_REPORT_FIELDS(T, VALUE, OBJECT, LIST)                                     \
    SALES_HEAD_(T, VALUE)                                                                          \
    LIST(T, sales_product, rows, .doc = "By net, largest first.")                                  \
    VALUE(T, boolean, truncated, .doc = "There are more than these.")                              \
    OBJECT(T, sales_total, totals, .doc = "Of all products, shown or not.")                        \
    REPORT_CONTROLS_(T, VALUE, LIST)
JSON_STRUCT(sales_by_product_report, SALES_BY_PRODUCT_REPORT_FIELDS);
