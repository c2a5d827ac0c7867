/* Tenants: the legal entity whose books these are, and the API keys that act for it. */
#pragma once
#include "server/api/call.h"

extern const char *const tenant_roundings[];     /* half_up … */
extern const char *const tenant_tax_roundings[]; /* per_line, per_document */
extern const char *const tenant_credit_modes[];  /* ignore, warn, enforce */

#define TENANT_FIELDS(T, VALUE, OBJECT, LIST)                                                      \
    VALUE(T, id, id, .prefix = "ten", .doc = "The tenant's id.")                                   \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, name, .doc = "Short name.")                                                   \
    VALUE(T, string, legal_name, .doc = "Name on invoices.")                                       \
    VALUE(T, string, tax_id, .doc = "Tax number or VAT id.")                                       \
    VALUE(T, string, country, .doc = "ISO 3166 alpha-2 code.", .example = "\"DE\"")                \
    VALUE(T, currency, currency, .doc = "Currency of the books.")                                  \
    VALUE(T, string, time_zone, .doc = "IANA name; decides what today is.",                        \
          .example = "\"Europe/Berlin\"")                                                          \
    VALUE(T, integer, fiscal_year_start_month, .doc = "1 = January.")                              \
    VALUE(T, choice, rounding, .choices = tenant_roundings, .doc = "Of new documents.")            \
    VALUE(T, choice, tax_rounding, .choices = tenant_tax_roundings, .doc = "Of new documents.")    \
    VALUE(T, choice, credit_mode, .choices = tenant_credit_modes,                                  \
          .doc = "What confirming beyond the credit limit does: nothing, a warning, a hold.")      \
    VALUE(T, date, locked_until, .doc = "Nothing is posted on this day or before; null: open.")    \
    VALUE(T, date, today, .doc = "The civil date there now.")                                      \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")
JSON_STRUCT(tenant, TENANT_FIELDS);

#define TENANT_PATCH_BODY_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, string, name, .min = 1, .max = 200, .doc = "Short name.")                             \
    VALUE(T, string, legal_name, .min = 1, .max = 200, .doc = "Name on invoices.")                 \
    VALUE(T, string, tax_id, .max = 50, .doc = "Tax number or VAT id; null clears it.")            \
    VALUE(T, choice, credit_mode, .choices = tenant_credit_modes,                                  \
          .doc = "What confirming beyond the credit limit does: nothing, a warning, a hold.")      \
    VALUE(T, date, locked_until,                                                                   \
          .doc = "Nothing is posted on this day or before; null opens the books.")
JSON_STRUCT(tenant_patch_body, TENANT_PATCH_BODY_FIELDS);

/* ---- for the command line ---- */

struct tenant_new {
    const char *name, *legal_name, *currency, *time_zone; /* never NULL */
    const char *tax_id, *country;                         /* NULL: none, DE */
    const char *rounding, *tax_rounding, *credit_mode;    /* NULL: half_up, per_document, enforce */
    int fiscal_year_start_month;                          /* 0: January */
};
/* Queues a new tenant and moves tx to it, so that what follows in the transaction is its own.
 * ERR_INVALID with a sentence in tx->problem when a value is not acceptable. */
err tenant_create(struct tx *tx, const struct tenant_new *in, int64_t *ret_id) MUST_CHECK;
/* Authentication and the command line also use statements of tenants.sql directly: tenant_find,
 * api_key_find, api_key_insert, tenants_list_all. */
