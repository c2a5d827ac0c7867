/* Invoices and credit notes: what is billed, and what is taken back.
 *
 * Quantities are claimed when an invoice is drafted: order_line.invoiced and, for goods,
 * shipment_line.invoiced grow under the order's lock, so that no shipment is billed twice; they are
 * released when the draft is canceled or the invoice voided. The number, the books and the
 * receivable come at finalization. So that exposure stays honest in between,
 *
 *   credit_account.unbilled = gross of order lines shipped and not invoiced
 *                           + gross of draft invoices
 *
 * A credit note claims nothing until it is issued. Its open item is the truth about what of it is
 * still available; an invoice's open item about what is still to be paid. */
#pragma once
#include "server/api/call.h"
#include "server/ledger/ledger.h"

extern const char *const invoice_statuses[];     /* draft … void, canceled */
extern const char *const credit_note_statuses[]; /* draft, issued, void */
extern const char *const credit_note_reasons[];
extern const char *const tenant_roundings[];     /* tenants.h */
extern const char *const tenant_tax_roundings[]; /* tenants.h */

#define INVOICE_LINES_MAX 10000

/* ---- the API: invoices ---- */

#define INVOICE_LINE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, order_line_no, .min = 1, .doc = "With order_id: the line of the order.")     \
    VALUE(T, id, shipment_id, .prefix = "shp",                                                     \
          .doc = "With order_id: only goods of this shipment; default: the oldest first.")         \
    VALUE(T, integer, shipment_line_no, .min = 1,                                                  \
          .doc = "With shipment_id: only goods of this line of it.")                               \
    VALUE(T, id, product_id, .prefix = "prd",                                                      \
          .doc = "Without order_id: the product; or give its sku, or only a description.")         \
    VALUE(T, string, sku, .max = 100, .doc = "Without order_id: the product by its SKU.")          \
    VALUE(T, string, description, .min = 1, .max = 500,                                            \
          .doc = "Without order_id: what is billed; default: the product's name.")                 \
    VALUE(T, decimal, quantity, .min = 1, .max = 1000000000000000,                                 \
          .doc = "With order_id, default: all that can be invoiced.", .example = "\"2\"")          \
    VALUE(T, price, unit_price, .max = 1000000000000000,                                           \
          .doc = "Without order_id: net price of a unit.", .example = "\"12.50\"")                 \
    VALUE(T, decimal, discount_percent, .max = 100000000,                                          \
          .doc = "Without order_id: percent off the line.")                                        \
    VALUE(T, id, tax_code_id, .prefix = "tax",                                                     \
          .doc = "Without order_id; default: the product's tax code.")
JSON_STRUCT(invoice_line_new, INVOICE_LINE_NEW_FIELDS);

#define INVOICE_ORDER_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, id, order_id, .required = true, .prefix = "ord", .doc = "An order to bill.")
JSON_STRUCT(invoice_order_new, INVOICE_ORDER_NEW_FIELDS);

#define INVOICE_SHIPMENT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, id, shipment_id, .required = true, .prefix = "shp", .doc = "A shipment to bill.")
JSON_STRUCT(invoice_shipment_new, INVOICE_SHIPMENT_NEW_FIELDS);

#define INVOICE_SOURCES_MAX 1000

#define INVOICE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the invoice, unique.")  \
    VALUE(T, id, order_id, .prefix = "ord",                                                        \
          .doc = "Bill this order: without lines, all that is shipped and all services not yet "   \
                 "invoiced.")                                                                      \
    VALUE(T, id, shipment_id, .prefix = "shp",                                                     \
          .doc = "Bill this shipment: without lines, all of it that is not yet invoiced. Of one "  \
                 "over several orders, say with order_id which of them.")                          \
    LIST(T, invoice_order_new, orders, .max = INVOICE_SOURCES_MAX,                                 \
         .doc = "Bill all of these orders of one payer together: all of each that can be "         \
                "invoiced.")                                                                       \
    LIST(T, invoice_shipment_new, shipments, .max = INVOICE_SOURCES_MAX,                           \
         .doc = "Bill all of these shipments together, whatever orders they are of.")              \
    VALUE(T, id, customer_id, .prefix = "cus",                                                     \
          .doc = "Bill this customer for lines without an order.")                                 \
    VALUE(T, currency, currency,                                                                   \
          .doc = "Must be the order's or customer's, which is the default.")                       \
    VALUE(T, date, invoice_date, .doc = "Default: today in the tenant's time zone.")               \
    VALUE(T, integer, payment_terms_days, .min = 0, .max = 365,                                    \
          .doc = "Days to the due date; default: the order's or customer's.")                      \
    VALUE(T, string, customer_po, .max = 100,                                                      \
          .doc = "Purchase order number; default: the order's.")                                   \
    VALUE(T, boolean, finalize, .doc = "Also finalize it: number, books, receivable.")             \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")                              \
    LIST(T, invoice_line_new, lines, .max = INVOICE_LINES_MAX, .doc = "What is billed.")
JSON_STRUCT(invoice_new, INVOICE_NEW_FIELDS);

#define INVOICE_VOID_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, reason, .max = 500, .doc = "Why; kept in the event.")
JSON_STRUCT(invoice_void, INVOICE_VOID_FIELDS);

#define INVOICE_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, integer, line_no, .doc = "Number of the line, from 1.")                               \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order it bills.")                          \
    VALUE(T, integer, order_line_no, .doc = "Line of the order.")                                  \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The shipment it bills.")                    \
    VALUE(T, integer, shipment_line_no, .doc = "Line of the shipment.")                            \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU when billed.")                                 \
    VALUE(T, string, description, .doc = "What is billed.")                                        \
    VALUE(T, decimal, quantity, .doc = "Billed quantity.")                                         \
    VALUE(T, price, unit_price, .doc = "Net price of a unit.")                                     \
    VALUE(T, decimal, discount_percent, .doc = "Percent off the line.")                            \
    VALUE(T, money, discount_amount,                                                               \
          .doc = "What the order's discounts in amounts and on all lines take off besides.")       \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "Tax code.")                                 \
    VALUE(T, decimal, tax_rate, .doc = "Percent.")                                                 \
    VALUE(T, money, net, .doc = "Net amount.")                                                     \
    VALUE(T, money, tax, .doc = "Tax amount.")                                                     \
    VALUE(T, money, gross, .doc = "Net and tax.")                                                  \
    VALUE(T, decimal, credited_quantity, .doc = "Quantity taken back by credit notes.")            \
    VALUE(T, money, credited_net, .doc = "Net amount taken back by credit notes.")                 \
    VALUE(T, money, credited_tax, .doc = "Tax taken back by credit notes.")
JSON_STRUCT(invoice_line, INVOICE_LINE_FIELDS);

/* A line together with its invoice: how lines of several invoices are loaded. */
#define INVOICE_LINE_OF_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The invoice.")                               \
    INVOICE_LINE_FIELDS(T, VALUE, OBJECT, LIST)
JSON_STRUCT(invoice_line_of, INVOICE_LINE_OF_FIELDS);

#define TAX_SUMMARY_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "Tax code.")                                 \
    VALUE(T, decimal, tax_rate, .doc = "Percent.")                                                 \
    VALUE(T, money, net, .doc = "Net amount taxed so.")                                            \
    VALUE(T, money, tax, .doc = "Tax on it.")
JSON_STRUCT(tax_summary, TAX_SUMMARY_FIELDS);

#define INVOICE_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "inv", .doc = "The invoice's id.")                                  \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, number, .doc = "The legal number; null until it is finalized.",               \
          .example = "\"INV-000042\"")                                                             \
    VALUE(T, choice, status, .choices = invoice_statuses, .doc = "Where the invoice stands.")      \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who pays.")                                 \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order it bills; null: several, or none.")  \
    VALUE(T, string, customer_po, .doc = "The customer's purchase order number.")                  \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, date, invoice_date, .doc = "Date of the invoice.")                                    \
    VALUE(T, date, due_date, .doc = "Last day to pay.")                                            \
    VALUE(T, integer, payment_terms_days, .doc = "Days from invoice to due date.")                 \
    VALUE(T, money, net, .doc = "Sum of the lines.")                                               \
    VALUE(T, money, tax, .doc = "Tax on it.")                                                      \
    VALUE(T, money, gross, .doc = "Net and tax.")                                                  \
    VALUE(T, money, open_amount, .doc = "Still to be paid.")                                       \
    VALUE(T, money, disputed_amount, .doc = "Of what is open, what is disputed.")                  \
    VALUE(T, boolean, overdue, .doc = "Something is open after the due date.")                     \
    VALUE(T, integer, line_count, .doc = "How many lines.")                                        \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, raw, metadata, .doc = "Your own names and values.",                                   \
          .example = "{\"project\":\"4711\"}")                                                     \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, finalized_at, .doc = "When it was finalized.")                               \
    VALUE(T, instant, voided_at, .doc = "When it was voided or the draft canceled.")               \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* An invoice in a list: the header. */
JSON_STRUCT(invoice_summary, INVOICE_HEADER_FIELDS);

#define INVOICE_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    INVOICE_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, raw, bill_to, .doc = "Who it is made out to, as it was then.",                        \
          .example = "{\"name\":\"Ada Lund AB\"}")                                                 \
    VALUE(T, choice, rounding, .choices = tenant_roundings, .doc = "How amounts are rounded.")     \
    VALUE(T, choice, tax_rounding, .choices = tenant_tax_roundings,                                \
          .doc = "Where tax is rounded.")                                                          \
    VALUE(T, money, paid_amount, .doc = "Payments applied to it.")                                 \
    VALUE(T, money, credit_applied, .doc = "Credit notes applied to it.")                          \
    VALUE(T, money, credited_amount, .doc = "Gross of the credit notes issued for its lines.")     \
    LIST(T, tax_summary, tax_summary, .doc = "Net and tax per tax code and rate.")                 \
    LIST(T, invoice_line, lines, .doc = "What is billed.")                                         \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.",                     \
          .example = "[\"finalize\",\"void\"]")
JSON_STRUCT(invoice, INVOICE_FIELDS);

/* ---- the API: disputes ---- */

extern const char *const dispute_kinds[];
extern const char *const dispute_statuses[]; /* open, resolved */
extern const char *const dispute_outcomes[]; /* valid, invalid, partial */

#define DISPUTE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, decimal, amount, .min = 1, .max = 1000000000000000000,                                \
          .doc = "How much of the invoice, not more than is open; default: all that is open.",     \
          .example = "\"19.00\"")                                                                  \
    VALUE(T, choice, kind, .required = true, .choices = dispute_kinds, .doc = "What it is about.", \
          .example = "\"price\"")                                                                  \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 1000, .doc = "What they say.")
JSON_STRUCT(dispute_new, DISPUTE_NEW_FIELDS);

#define DISPUTE_RESOLVE_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, choice, outcome, .required = true, .choices = dispute_outcomes,                       \
          .doc = "Were they right? What follows, such as a credit note, is a document of its "     \
                 "own.",                                                                           \
          .example = "\"invalid\"")                                                                \
    VALUE(T, string, note, .max = 1000, .doc = "Why.")
JSON_STRUCT(dispute_resolve, DISPUTE_RESOLVE_FIELDS);

#define DISPUTE_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    VALUE(T, id, id, .prefix = "dsp", .doc = "The dispute's id.")                                  \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The invoice.")                               \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Whose it is.")                              \
    VALUE(T, choice, status, .choices = dispute_statuses, .doc = "Where it stands.")               \
    VALUE(T, choice, kind, .choices = dispute_kinds, .doc = "What it is about.")                   \
    VALUE(T, currency, currency, .doc = "Currency of the amount.")                                 \
    VALUE(T, money, amount,                                                                        \
          .doc = "What was disputed when it was opened. While it is open that much counts, but "   \
                 "never more than is open on the invoice.")                                        \
    VALUE(T, string, reason, .doc = "What they say.")                                              \
    VALUE(T, choice, outcome, .choices = dispute_outcomes, .doc = "Were they right?")              \
    VALUE(T, string, note, .doc = "Why.")                                                          \
    VALUE(T, instant, opened_at, .doc = "When it was opened.")                                     \
    VALUE(T, id, opened_by, .prefix = "key", .doc = "The key that opened it.")                     \
    VALUE(T, instant, resolved_at, .doc = "When it was resolved.")                                 \
    VALUE(T, id, resolved_by, .prefix = "key", .doc = "The key that resolved it.")
JSON_STRUCT(dispute, DISPUTE_FIELDS);

/* What waits to be billed of an order. */
#define BILLABLE_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    VALUE(T, id, id, .prefix = "ord", .doc = "The order.")                                         \
    VALUE(T, string, number, .doc = "Its number.")                                                 \
    VALUE(T, string, status, .doc = "Where it stands.", .example = "\"in_fulfillment\"")           \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who buys.")                                 \
    VALUE(T, id, payer_id, .prefix = "cus", .doc = "Who gets the invoice.")                        \
    VALUE(T, currency, currency, .doc = "Currency of the amount.")                                 \
    VALUE(T, integer, lines, .doc = "Lines of which something can be invoiced.")                   \
    VALUE(T, money, gross, .doc = "What that is worth, tax included.")                             \
    VALUE(T, instant, updated_at, .doc = "When the order last changed.")
JSON_STRUCT(billable, BILLABLE_FIELDS);

/* ---- the API: credit notes ---- */

#define CREDIT_NOTE_LINE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, integer, invoice_line_no, .min = 1,                                                   \
          .doc = "With invoice_id: the line of the invoice, each at most once.")                   \
    VALUE(T, decimal, net, .min = 1, .max = 1000000000000000000,                                   \
          .doc = "With invoice_id: net amount to take off the line, instead of a quantity.",       \
          .example = "\"5.00\"")                                                                   \
    VALUE(T, id, product_id, .prefix = "prd",                                                      \
          .doc = "Without invoice_id: the product; or give its sku, or only a description.")       \
    VALUE(T, string, sku, .max = 100, .doc = "Without invoice_id: the product by its SKU.")        \
    VALUE(T, string, description, .min = 1, .max = 500,                                            \
          .doc = "Without invoice_id: what is credited; default: the product's name.")             \
    VALUE(T, decimal, quantity, .min = 1, .max = 1000000000000000,                                 \
          .doc = "Quantity to take back; with invoice_id, default: all that is left.",             \
          .example = "\"2\"")                                                                      \
    VALUE(T, price, unit_price, .max = 1000000000000000,                                           \
          .doc = "Without invoice_id: net price of a unit.", .example = "\"12.50\"")               \
    VALUE(T, decimal, discount_percent, .max = 100000000,                                          \
          .doc = "Without invoice_id: percent off the line.")                                      \
    VALUE(T, id, tax_code_id, .prefix = "tax",                                                     \
          .doc = "Without invoice_id; default: the product's tax code.")
JSON_STRUCT(credit_note_line_new, CREDIT_NOTE_LINE_NEW_FIELDS);

#define CREDIT_NOTE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, string, external_id, .min = 1, .max = 100,                                            \
          .doc = "Your id of the credit note, unique.")                                            \
    VALUE(T, id, invoice_id, .prefix = "inv",                                                      \
          .doc = "Credit this invoice: without lines, all that is left of it.")                    \
    VALUE(T, id, customer_id, .prefix = "cus",                                                     \
          .doc = "Credit this customer with lines of no invoice.")                                 \
    VALUE(T, choice, reason, .required = true, .choices = credit_note_reasons, .doc = "Why.")      \
    VALUE(T, currency, currency,                                                                   \
          .doc = "Must be the invoice's or customer's, which is the default.")                     \
    VALUE(T, date, credit_note_date,                                                               \
          .doc = "Not before the invoice's; default: today in the tenant's time zone.")            \
    VALUE(T, boolean, issue, .doc = "Also issue it: number, books, offset against the invoice.")   \
    VALUE(T, string, notes, .max = 2000, .doc = "Free text.")                                      \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")                              \
    LIST(T, credit_note_line_new, lines, .max = INVOICE_LINES_MAX, .doc = "What is credited.")
JSON_STRUCT(credit_note_new, CREDIT_NOTE_NEW_FIELDS);

#define CREDIT_NOTE_LINE_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, integer, line_no, .doc = "Number of the line, from 1.")                               \
    VALUE(T, integer, invoice_line_no, .doc = "Line of the invoice.")                              \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU then.")                                        \
    VALUE(T, string, description, .doc = "What is credited.")                                      \
    VALUE(T, decimal, quantity, .doc = "Credited quantity; 1 where an amount is credited.")        \
    VALUE(T, decimal, credited_quantity,                                                           \
          .doc = "Part of it that is taken back from the invoice's line; 0 for an amount.")        \
    VALUE(T, price, unit_price, .doc = "Net price of a unit.")                                     \
    VALUE(T, decimal, discount_percent, .doc = "Percent off the line.")                            \
    VALUE(T, id, tax_code_id, .prefix = "tax", .doc = "Tax code.")                                 \
    VALUE(T, decimal, tax_rate, .doc = "Percent.")                                                 \
    VALUE(T, money, net, .doc = "Net amount.")                                                     \
    VALUE(T, money, tax, .doc = "Tax amount.")                                                     \
    VALUE(T, money, gross, .doc = "Net and tax.")
JSON_STRUCT(credit_note_line, CREDIT_NOTE_LINE_FIELDS);

#define CREDIT_NOTE_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, id, id, .prefix = "crn", .doc = "The credit note's id.")                              \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, number, .doc = "The legal number; null until it is issued.",                  \
          .example = "\"CRN-000007\"")                                                             \
    VALUE(T, choice, status, .choices = credit_note_statuses, .doc = "Where it stands.")           \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who is credited.")                          \
    VALUE(T, id, invoice_id, .prefix = "inv", .doc = "The invoice it credits; null: none.")        \
    VALUE(T, choice, reason, .choices = credit_note_reasons, .doc = "Why.")                        \
    VALUE(T, currency, currency, .doc = "Currency of all amounts.")                                \
    VALUE(T, date, credit_note_date, .doc = "Date of the credit note.")                            \
    VALUE(T, money, net, .doc = "Sum of the lines.")                                               \
    VALUE(T, money, tax, .doc = "Tax on it.")                                                      \
    VALUE(T, money, gross, .doc = "Net and tax.")                                                  \
    VALUE(T, money, available, .doc = "Neither applied to invoices nor refunded yet.")             \
    VALUE(T, integer, line_count, .doc = "How many lines.")                                        \
    VALUE(T, string, notes, .doc = "Free text.")                                                   \
    VALUE(T, raw, metadata, .doc = "Your own names and values.", .example = "{\"case\":\"4711\"}") \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, issued_at, .doc = "When it was issued.")                                     \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A credit note in a list: the header. */
JSON_STRUCT(credit_note_summary, CREDIT_NOTE_HEADER_FIELDS);

#define CREDIT_NOTE_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    CREDIT_NOTE_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, raw, bill_to, .doc = "Who it is made out to, as it was then.",                        \
          .example = "{\"name\":\"Ada Lund AB\"}")                                                 \
    VALUE(T, choice, rounding, .choices = tenant_roundings, .doc = "How amounts are rounded.")     \
    VALUE(T, choice, tax_rounding, .choices = tenant_tax_roundings,                                \
          .doc = "Where tax is rounded.")                                                          \
    VALUE(T, money, applied_amount, .doc = "Applied to invoices.")                                 \
    VALUE(T, money, refunded_amount, .doc = "Paid back.")                                          \
    LIST(T, tax_summary, tax_summary, .doc = "Net and tax per tax code and rate.")                 \
    LIST(T, credit_note_line, lines, .doc = "What is credited.")                                   \
    VALUE(T, strings, allowed_actions, .doc = "What can be done with it now.",                     \
          .example = "[\"allocate\",\"refund\"]")
JSON_STRUCT(credit_note, CREDIT_NOTE_FIELDS);

/* ---- for cash and the stages that follow ---- */

/* An invoice locked by this transaction. */
struct invoice_state {
    int64_t id, version, customer_id, credit_account_id;
    int64_t order_id;                                                 /* NIL64: none */
    const char *number, *status, *currency, *rounding, *tax_rounding; /* number may be NULL */
    int32_t invoice_date, due_date;
    int64_t net, tax, gross;
    int64_t disputed; /* what its open dispute is about, paid or not; 0: none is open */
};
struct invoice_state_list {
    struct invoice_state *v;
    size_t n;
};
/* Locks the invoices, sorted by id; unknown ids are left out. Lock order: the credit accounts
 * first (credit_lock_of_invoices or _of_customers), then orders, the payment or credit note, then
 * these, then open items (open_items_lock with the ids of all documents concerned). Queued: ret is
 * filled by the next flush. */
err invoices_lock_queue(struct tx *tx, const int64_t *ids, size_t n,
                        struct invoice_state_list *ret) MUST_CHECK;
struct invoice_state *invoice_state_find(const struct invoice_state_list *list,
                                         int64_t id); /* or NULL */

/* What of an open amount is disputed. */
int64_t invoice_disputed(const struct invoice_state *i, int64_t open);

/* Can money be applied to an invoice in this state? finalized or partially_paid. */
bool invoice_takes_money(const struct invoice_state *i);

/* What follows for a locked invoice from a new open amount: status finalized (all open),
 * partially_paid or paid (0), a new version, and an event: invoice.paid, invoice.partially_paid, or
 * invoice.reopened when it was further before. Brings i up to date; may happen several times in a
 * transaction before invoices_settled stores the outcome. The open items, credit counters, ledger
 * and allocations are the caller's. */
void invoice_settle(struct tx *tx, const struct call *c, struct invoice_state *i, int64_t new_open);
/* Queues status and version of locked invoices as invoice_settle left them, each once. */
err invoices_settled(struct tx *tx, struct invoice_state *const *i, size_t n) MUST_CHECK;

/* A credit note locked by this transaction. */
struct credit_note_state {
    int64_t id, version, customer_id, credit_account_id;
    int64_t invoice_id;                                               /* NIL64: none */
    const char *number, *status, *currency, *rounding, *tax_rounding; /* number may be NULL */
    int32_t credit_note_date;
    int64_t net, tax, gross;
};
struct credit_note_state_list {
    struct credit_note_state *v;
    size_t n;
};
/* Locks the credit notes, sorted by id, where payments are locked: after orders, before invoices.
 * Unknown ids are left out. Queued. The available amount is the open item's. */
err credit_notes_lock_queue(struct tx *tx, const int64_t *ids, size_t n,
                            struct credit_note_state_list *ret) MUST_CHECK;
/* Without a lock, to learn the customer before locking the credit account; ERR_NO_ROW. */
err credit_note_peek(struct tx *tx, int64_t id, struct credit_note_state *ret) MUST_CHECK;
/* Queues a new version of locked credit notes, after their available amount changed. */
err credit_notes_touch(struct tx *tx, const int64_t *ids, size_t n) MUST_CHECK;

/* The representations, as GET gives them. ERR_NO_ROW. */
err invoice_load(struct tx *tx, int64_t id, struct invoice *ret) MUST_CHECK;
err credit_note_load(struct tx *tx, int64_t id, struct credit_note *ret) MUST_CHECK;

/* Applies a payment or credit note to an invoice, or takes that back. */
struct allocation_new {
    int64_t id;         /* id_new() */
    const char *source; /* payment, credit_note */
    int64_t source_id, invoice_id;
    int64_t amount;   /* minor units; negative when it reverses */
    int64_t reverses; /* the allocation taken back; NIL64: none */
    const char *reason;
    int32_t effective_date; /* checked by the caller with call_check_period */
    const char *currency;   /* for the event */
};
/* Pushes its event: allocation.created or allocation.reversed. */
void allocation_announce(struct tx *tx, const struct call *c, const struct allocation_new *a);
/* Queues the rows. */
err allocations_record(struct tx *tx, const struct allocation_new *a, size_t n) MUST_CHECK;
