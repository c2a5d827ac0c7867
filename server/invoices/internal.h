/* What the files of this folder share. */
#pragma once
#include "server/invoices/invoices.h"
#include "server/invoices/rules.h"

/* ---- documents ---- */

enum rounding document_rounding(const char *name);
bool document_tax_per_line(const char *tax_rounding);

/* The invoices as they are shown, by id, in one flush; those that do not exist are left out. */
err invoices_load(struct tx *tx, const int64_t *ids, size_t n, struct invoice_list *ret) MUST_CHECK;
struct invoice *invoice_shown(const struct invoice_list *list, int64_t id); /* or NULL */
/* Says in i what can be done with it; the rest of i is there. */
void invoice_allow(struct arena *a, struct invoice *i);
err invoice_lines_load(struct tx *tx, int64_t invoice_id, struct invoice_line_list *ret) MUST_CHECK;

const char *invoice_event_json(struct arena *a, const struct invoice_state *i, int64_t open);
const char *status_json(struct arena *a, const char *status);

/* ---- claiming and finalizing ---- */

/* Queues what an invoice's lines claim of shipments (sign 1) or give back (-1). */
err shipments_count(struct tx *tx, const struct invoice_line_list *lines, int sign) MUST_CHECK;

/* Decides that a claimed invoice is posted: gives it the status it then has. Refuses a locked day;
 * then nothing has changed. */
err invoice_may_post(const struct call *c, struct invoice_state *i) MUST_CHECK;
/* An invoice for which that was decided. */
struct posting {
    const struct call *c;
    struct invoice_state *i;
    int64_t drafted; /* part of its gross that is in unbilled already */
};
/* Takes the numbers and queues books, open items and exposure of n invoices; each gets its number.
 * Their credit accounts are locked. */
err invoices_post(struct tx *tx, const struct posting *p, size_t n) MUST_CHECK;

/* ---- lines without a source document ---- */

struct free_line {
    /* in; what is absent is looked up */
    int64_t product_id;
    const char *sku, *description;
    int64_t quantity, unit_price, discount_percent, tax_code_id;
    /* out, beside the above */
    int64_t tax_rate, net, tax, gross;
};
struct free_lines {
    struct free_line *v;
    size_t n;
    struct product_facts_list *by_id, *by_sku; /* after the flush that follows free_lines_queue */
};
/* Queues what the lines refer to. */
err free_lines_queue(struct tx *tx, struct free_lines *f) MUST_CHECK;
/* After the flush: completes and prices the lines with the rates of that day, in the tenant's
 * rounding. All that is wrong is a fault under /lines. */
err free_lines_price(struct tx *tx, const struct call *c, struct free_lines *f, int32_t date,
                     int exponent, struct totals *ret) MUST_CHECK;

/* A member that has no place in this kind of line. */
void refuse_member(const struct call *c, size_t line, const char *member, bool present,
                   const char *source);
void line_fault(const struct call *c, size_t line, const char *member, const char *code,
                const char *detail);

/* ---- credit notes ---- */

/* A credit note at work, and what it credits. */
struct crediting {
    struct tx *tx;
    struct call *c;
    struct credit_note_state note;
    struct credit_note_line_list lines;
    struct order_state *order;     /* NULL: none, or not locked */
    struct invoice_state *invoice; /* NULL: free */
    struct invoice_line_list invoice_lines;
    struct open_item *open; /* of the invoice; NULL: settled */
    const char *bill_to;    /* of the invoice */
};
/* First the invoice's credit account and order, if the credit note is to be issued; then the
 * invoice with its lines and open item. ERR_NO_ROW when there is no such invoice. */
err crediting_lock_source(struct crediting *k, int64_t invoice_id, bool issue) MUST_CHECK;
err crediting_lock_invoice(struct crediting *k, int64_t invoice_id) MUST_CHECK;
/* Amounts of the lines and the note from what is left of the invoice; refuses what it cannot bear.
 */
err crediting_amounts(struct crediting *k) MUST_CHECK;
/* Takes the number, posts, offsets the invoice, keeps the rest. The note's row is there or queued,
 * everything is locked. */
err credit_note_post(struct crediting *k) MUST_CHECK;
const char *credit_note_event_json(struct arena *a, const struct credit_note_state *n,
                                   int64_t available);
