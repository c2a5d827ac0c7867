/* JSON types of invoices and credit notes. */
#include "server/invoices/invoices.h"

const char *const invoice_statuses[] = {"draft",    "finalized", "partially_paid", "paid", "void",
                                        "canceled", NULL};
const char *const credit_note_statuses[] = {"draft", "issued", "void", NULL};
const char *const credit_note_reasons[] = {"pricing",
                                           "quantity_short",
                                           "quantity_over",
                                           "damaged",
                                           "wrong_item",
                                           "not_received",
                                           "late_delivery",
                                           "quality",
                                           "duplicate_invoice",
                                           "missing_po",
                                           "wrong_po",
                                           "tax",
                                           "freight",
                                           "promo_rebate",
                                           "unearned_discount",
                                           "terms",
                                           "already_paid",
                                           "service_not_rendered",
                                           "contract",
                                           "order_change",
                                           "order_cancellation",
                                           "goodwill",
                                           "bad_debt",
                                           "other",
                                           NULL};

JSON_TYPE(invoice_line_new, INVOICE_LINE_NEW_FIELDS, .doc = "A line of a new invoice.");
JSON_TYPE(invoice_order_new, INVOICE_ORDER_NEW_FIELDS, .doc = "An order to bill.");
JSON_TYPE(invoice_shipment_new, INVOICE_SHIPMENT_NEW_FIELDS, .doc = "A shipment to bill.");
JSON_TYPE(invoice_new, INVOICE_NEW_FIELDS,
          .doc = "A new invoice: of an order, of a shipment, or of free lines for a customer.");
JSON_TYPE(invoice_void, INVOICE_VOID_FIELDS, .doc = "Why an invoice is voided.");
JSON_TYPE(invoice_line, INVOICE_LINE_FIELDS, .doc = "A line of an invoice.");
JSON_TYPE(invoice_line_of, INVOICE_LINE_OF_FIELDS, .doc = "A line and its invoice.");
JSON_TYPE(tax_summary, TAX_SUMMARY_FIELDS, .doc = "Net and tax of one tax code and rate.");
JSON_TYPE(invoice_summary, INVOICE_HEADER_FIELDS, .doc = "An invoice without its lines.");
JSON_TYPE(billable, BILLABLE_FIELDS, .doc = "What waits to be billed of an order.");
JSON_TYPE(invoice, INVOICE_FIELDS, .doc = "An invoice.");
JSON_TYPE(credit_note_line_new, CREDIT_NOTE_LINE_NEW_FIELDS, .doc = "A line of a new credit note.");
JSON_TYPE(credit_note_new, CREDIT_NOTE_NEW_FIELDS,
          .doc = "A new credit note: of an invoice, or of free lines for a customer.");
JSON_TYPE(credit_note_line, CREDIT_NOTE_LINE_FIELDS, .doc = "A line of a credit note.");
JSON_TYPE(credit_note_summary, CREDIT_NOTE_HEADER_FIELDS,
          .doc = "A credit note without its lines.");
JSON_TYPE(credit_note, CREDIT_NOTE_FIELDS, .doc = "A credit note.");
