/* The JSON types of reports and of the proof. */
#include "server/reporting/proof.h"
#include "server/reporting/reporting.h"

const char *const aging_groups[] = {"customer", "total", NULL};
const char *const open_item_kinds[] = {"invoice", "payment", "credit_note", NULL};

JSON_TYPE(report_control, REPORT_CONTROL_FIELDS, .doc = "A control total.");
JSON_TYPE(aging_query, AGING_QUERY_FIELDS, .doc = "Which receivables, and when.");
JSON_TYPE(aging_amount, AGING_AMOUNT_FIELDS, .doc = "Open invoices of one age.");
JSON_TYPE(aging_row, AGING_ROW_FIELDS, .doc = "A customer's balance by age.");
JSON_TYPE(aging_total, AGING_TOTAL_FIELDS, .doc = "A balance by age.");
JSON_TYPE(aging_report, AGING_REPORT_FIELDS, .doc = "Receivables by age.");
JSON_TYPE(open_items_query, OPEN_ITEMS_QUERY_FIELDS, .doc = "Which items, and when.");
JSON_TYPE(open_items_row, OPEN_ITEMS_ROW_FIELDS, .doc = "A document that is not settled.");
JSON_TYPE(open_items_total, OPEN_ITEMS_TOTAL_FIELDS, .doc = "Sums of open items.");
JSON_TYPE(open_items_report, OPEN_ITEMS_REPORT_FIELDS, .doc = "Documents that are not settled.");
JSON_TYPE(statement_query, STATEMENT_QUERY_FIELDS, .doc = "Whose statement, and when.");
JSON_TYPE(statement_line, STATEMENT_LINE_FIELDS, .doc = "What moved the customer's balance.");
JSON_TYPE(statement_report, STATEMENT_REPORT_FIELDS, .doc = "A customer's statement.");
JSON_TYPE(dso_query, DSO_QUERY_FIELDS, .doc = "When, and over which period.");
JSON_TYPE(dso_month, DSO_MONTH_FIELDS, .doc = "Sales of a month.");
JSON_TYPE(dso_report, DSO_REPORT_FIELDS,
          .doc = "Days sales outstanding by three methods, with their inputs. A figure is null "
                 "where the period has no sales.");
JSON_TYPE(sales_query, SALES_QUERY_FIELDS, .doc = "Which days.");
JSON_TYPE(sales_month, SALES_MONTH_FIELDS, .doc = "Sales of a month.");
JSON_TYPE(sales_months_total, SALES_MONTHS_TOTAL_FIELDS, .doc = "Sales of all months.");
JSON_TYPE(sales_by_month_report, SALES_BY_MONTH_REPORT_FIELDS,
          .doc = "Net sales by month: rows from the ledger, control totals from the documents.");
JSON_TYPE(sales_customer, SALES_CUSTOMER_FIELDS, .doc = "Sales to a customer.");
JSON_TYPE(sales_product, SALES_PRODUCT_FIELDS, .doc = "Sales of a product.");
JSON_TYPE(sales_total, SALES_TOTAL_FIELDS, .doc = "Sales of all rows.");
JSON_TYPE(sales_by_customer_report, SALES_BY_CUSTOMER_REPORT_FIELDS,
          .doc = "Net sales by customer, from the lines of documents.");
JSON_TYPE(sales_by_product_report, SALES_BY_PRODUCT_REPORT_FIELDS,
          .doc = "Net sales by product, from the lines of documents.");

JSON_TYPE(proof_example, PROOF_EXAMPLE_FIELDS, .doc = "Something that is wrong.");
JSON_TYPE(proof_invariant, PROOF_INVARIANT_FIELDS, .doc = "What always holds.");
JSON_TYPE(proof_count, PROOF_COUNT_FIELDS, .doc = "How many rows were looked at.");
JSON_TYPE(proof, PROOF_FIELDS, .doc = "Every invariant of the books over one snapshot.");
