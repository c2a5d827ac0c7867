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
/* Says in i what follows from the rest of it: tax per code, and what can be done. */
void invoice_complete(struct arena *a, struct invoice *i);
err invoice_lines_load(struct tx *tx, int64_t invoice_id, struct invoice_line_list *ret) MUST_CHECK;

const char *invoice_event_json(struct arena *a, const struct invoice_state *i, int64_t open);
const char *status_json(struct arena *a, const char *status);

/* ---- claiming and finalizing ---- */

/* Queues what the lines of n invoices claim of shipments (sign 1) or give back (-1). */
struct counted {
    int64_t invoice_id;
    const struct invoice_line_list *lines;
};
err shipments_count(struct tx *tx, const struct counted *v, size_t n, int sign) MUST_CHECK;

/* Decides that a claimed invoice is posted: gives it the status it then has. Refuses a locked day;
 * then nothing has changed. */
err invoice_may_post(const struct call *c, struct invoice_state *i) MUST_CHECK;
/* Takes the numbers of n invoices for which that was decided, and queues their open items and their
 * books. What was queued before travels with the question for the numbers: that is the place of
 * what needs none, because the row of the numbers is held from here on. */
err invoices_post(struct tx *tx, struct invoice_state *const *i, size_t n) MUST_CHECK;
void invoice_tell_finalized(struct tx *tx, const struct call *c, const struct invoice_state *i);
/* What was shown as a draft becomes what GET will show of the posted invoice. */
void invoice_show_posted(const struct tx *tx, const struct invoice_state *i, struct invoice *ret);

/* ---- lines without a source document ---- */

struct free_line {
    /* in; what is absent is looked up */
    int64_t product_id;
    const char *sku, *description;
    int64_t quantity, unit_price, discount_percent, tax_code_id;
    /* out, beside the above */
    int64_t tax_rate, net, tax, gross;
};
struct free_lines { /* of one document */
    struct free_line *v;
    size_t n;
    /* shared by the documents of a batch */
    struct product_facts_list *by_id, *by_sku; /* after the flush that follows free_lines_queue */
    struct tax_rate_facts_list *rates;         /* after free_lines_rates */
};
/* Queues what the lines of n documents refer to. */
err free_lines_queue(struct tx *tx, struct free_lines *const *f, size_t n) MUST_CHECK;
/* After the flush: loads the tax rates of the lines. */
err free_lines_rates(struct tx *tx, struct free_lines *const *f, size_t n) MUST_CHECK;
/* In memory: completes and prices the lines of a document with the rates of that day, in the
 * tenant's rounding. All that is wrong is a fault under /lines. */
err free_lines_price(struct arena *a, const struct call *c, struct free_lines *f, int32_t date,
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
    struct order_state_list orders; /* of the invoice, when it is issued */
    struct invoice_state *invoice;  /* NULL: free */
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
