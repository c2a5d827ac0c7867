/* Customers: who buys and pays, with their addresses, contacts, terms and credit limit. */
#pragma once
#include "server/api/call.h"
#include "server/tenants/countries.h"

extern const char *const customer_statuses[]; /* active, blocked, archived */
extern const char *const address_kinds[];     /* billing, shipping */

#define ADDRESS_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    VALUE(T, choice, kind, .choices = address_kinds, .omit_absent = true,                          \
          .doc = "What it is for; without it, for everything.")                                    \
    VALUE(T, string, name, .max = 200, .omit_absent = true,                                        \
          .doc = "Who is there, when it is not the customer's own name.")                          \
    VALUE(T, strings, lines, .max = 200, .doc = "Street, house, floor.",                           \
          .example = "[\"Hafenstraße 1\"]")                                                        \
    VALUE(T, string, city, .max = 100, .doc = "City.", .example = "\"Hamburg\"")                   \
    VALUE(T, string, postal_code, .max = 20, .doc = "Postal code.", .example = "\"20457\"")        \
    VALUE(T, string, region, .max = 100, .omit_absent = true, .doc = "State or province.")         \
    VALUE(T, choice, country, .required = true, .choices = country_codes,                          \
          .doc = "ISO 3166 alpha-2 code.", .example = "\"DE\"")
JSON_STRUCT(address, ADDRESS_FIELDS);

#define CONTACT_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "The person.")           \
    VALUE(T, string, role, .max = 100, .omit_absent = true, .doc = "Such as accounts payable.")    \
    VALUE(T, string, email, .max = 254, .omit_absent = true, .doc = "E-mail address.",             \
          .example = "\"ap@example.com\"")                                                         \
    VALUE(T, string, phone, .max = 50, .omit_absent = true, .doc = "Telephone number.")            \
    VALUE(T, string, language, .max = 35, .omit_absent = true, .doc = "BCP 47 tag.",               \
          .example = "\"de\"")
JSON_STRUCT(contact, CONTACT_FIELDS);

#define CUSTOMER_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the customer, unique.") \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "What you call them.")   \
    VALUE(T, string, legal_name, .min = 1, .max = 200, .doc = "Name on invoices.")                 \
    VALUE(T, string, tax_id, .max = 50, .doc = "Tax number or VAT id.")                            \
    VALUE(T, string, email, .max = 254, .doc = "E-mail address.",                                  \
          .example = "\"billing@example.com\"")                                                    \
    VALUE(T, string, phone, .max = 50, .doc = "Telephone number.")                                 \
    VALUE(T, string, language, .max = 35, .doc = "BCP 47 tag.", .example = "\"de\"")               \
    VALUE(T, currency, currency, .doc = "Of all their documents; default: the tenant's.")          \
    VALUE(T, integer, payment_terms_days, .min = 0, .max = 365,                                    \
          .doc = "Days from invoice to due date; default 30.")                                     \
    VALUE(T, decimal, credit_limit, .max = 1000000000000000000,                                    \
          .doc = "In their currency, gross; null: no limit.", .example = "\"5000.00\"")            \
    VALUE(T, id, group_id, .prefix = "grp", .doc = "Whose prices they get; default: none.")        \
    VALUE(T, choice, status, .choices = customer_statuses, .doc = "Default: active.")              \
    LIST(T, address, addresses, .max = 20, .doc = "Where to bill and ship.")                       \
    LIST(T, contact, contacts, .max = 50, .doc = "People there.")                                  \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")
JSON_STRUCT(customer_new, CUSTOMER_NEW_FIELDS);

#define CUSTOMER_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the customer, unique.") \
    VALUE(T, string, name, .min = 1, .max = 200, .doc = "What you call them.")                     \
    VALUE(T, string, legal_name, .min = 1, .max = 200, .doc = "Name on invoices.")                 \
    VALUE(T, string, tax_id, .max = 50, .doc = "Tax number or VAT id.")                            \
    VALUE(T, string, email, .max = 254, .doc = "E-mail address.",                                  \
          .example = "\"billing@example.com\"")                                                    \
    VALUE(T, string, phone, .max = 50, .doc = "Telephone number.")                                 \
    VALUE(T, string, language, .max = 35, .doc = "BCP 47 tag.", .example = "\"de\"")               \
    VALUE(T, integer, payment_terms_days, .min = 0, .max = 365,                                    \
          .doc = "Days from invoice to due date.")                                                 \
    VALUE(T, decimal, credit_limit, .max = 1000000000000000000,                                    \
          .doc = "In their currency, gross; null: no limit.", .example = "\"5000.00\"")            \
    VALUE(T, id, group_id, .prefix = "grp", .doc = "Whose prices they get; null: none.")           \
    VALUE(T, choice, status, .choices = customer_statuses,                                         \
          .doc = "Blocked and archived customers cannot place orders.")                            \
    LIST(T, address, addresses, .max = 20, .doc = "Where to bill and ship; replaces all.")         \
    LIST(T, contact, contacts, .max = 50, .doc = "People there; replaces all.")                    \
    VALUE(T, metadata, metadata, .doc = "Your own names and values; replaces all.")
JSON_STRUCT(customer_patch, CUSTOMER_PATCH_FIELDS);

#define CUSTOMER_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    VALUE(T, id, id, .prefix = "cus", .doc = "The customer's id.")                                 \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, name, .doc = "What you call them.")                                           \
    VALUE(T, string, legal_name, .doc = "Name on invoices.")                                       \
    VALUE(T, string, tax_id, .doc = "Tax number or VAT id.")                                       \
    VALUE(T, string, email, .doc = "E-mail address.", .example = "\"billing@example.com\"")        \
    VALUE(T, string, phone, .doc = "Telephone number.")                                            \
    VALUE(T, string, language, .doc = "BCP 47 tag.", .example = "\"de\"")                          \
    VALUE(T, currency, currency, .doc = "Of all their documents.")                                 \
    VALUE(T, integer, payment_terms_days, .doc = "Days from invoice to due date.")                 \
    VALUE(T, money, credit_limit, .doc = "Null: no limit.")                                        \
    VALUE(T, id, group_id, .prefix = "grp", .doc = "Whose prices they get; null: none.")           \
    VALUE(T, choice, status, .choices = customer_statuses,                                         \
          .doc = "Blocked and archived customers cannot place orders.")                            \
    VALUE(T, raw, addresses, .type = &address_type, .doc = "Where to bill and ship.",              \
          .example = "[{\"kind\":\"billing\",\"lines\":[\"Hafenstraße 1\"],\"city\":\"Hamburg\"," \
                     "\"postal_code\":\"20457\",\"country\":\"DE\"}]")                             \
    VALUE(T, raw, contacts, .type = &contact_type, .doc = "People there.",                         \
          .example = "[{\"name\":\"Ada Lund\",\"email\":\"ap@example.com\"}]")                     \
    VALUE(T, raw, metadata, .doc = "Your own names and values.", .example = "{\"crm\":\"4711\"}")  \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(customer, CUSTOMER_FIELDS);

/* ---- groups ---- */

#define CUSTOMER_GROUP_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the group, unique.")    \
    VALUE(T, string, code, .required = true, .min = 1, .max = 30, .doc = "Short name, unique.",    \
          .example = "\"DEALERS\"")                                                                \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "Who they are.")         \
    VALUE(T, metadata, metadata, .doc = "Your own names and values.")
JSON_STRUCT(customer_group_new, CUSTOMER_GROUP_NEW_FIELDS);

#define CUSTOMER_GROUP_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the group, unique.")    \
    VALUE(T, string, code, .min = 1, .max = 30, .doc = "Short name, unique.",                      \
          .example = "\"DEALERS\"")                                                                \
    VALUE(T, string, name, .min = 1, .max = 200, .doc = "Who they are.")                           \
    VALUE(T, metadata, metadata, .doc = "Your own names and values; replaces all.")
JSON_STRUCT(customer_group_patch, CUSTOMER_GROUP_PATCH_FIELDS);

#define CUSTOMER_GROUP_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "grp", .doc = "The group's id.")                                    \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, code, .doc = "Short name.", .example = "\"DEALERS\"")                         \
    VALUE(T, string, name, .doc = "Who they are.")                                                 \
    VALUE(T, raw, metadata, .doc = "Your own names and values.", .example = "{\"tier\":\"2\"}")    \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(customer_group, CUSTOMER_GROUP_FIELDS);

/* ---- for orders, invoices and payments ---- */

struct customer_facts {
    int64_t id;
    const char *name, *legal_name, *tax_id; /* the latter two may be NULL */
    const char *currency;
    int64_t payment_terms_days;
    int64_t credit_account_id;
    int64_t group_id; /* NIL64: none */
    const char *status;
    const char *addresses; /* JSON array of address */
    int exponent;          /* of the currency; set by customers_load and by customer_find */
};
struct customer_facts_list {
    struct customer_facts *v;
    size_t n;
};
/* The customers of these ids (duplicates are fine), sorted by id; unknown ids are left out. */
err customers_load(struct tx *tx, const int64_t *ids, size_t n,
                   struct customer_facts_list *ret) MUST_CHECK;
err customers_load_queue(struct tx *tx, const int64_t *ids, size_t n,
                         struct customer_facts_list *ret) MUST_CHECK;
const struct customer_facts *customer_find(const struct customer_facts_list *list,
                                           int64_t id); /* or NULL */

/* The party as documents keep it: {"name", "tax_id", "address": {…} or null} as JSON text. The
 * address is the first of that kind ("billing", "shipping"), else the first without a kind, else
 * the first. Pure. */
const char *customer_party(struct arena *a, const struct customer_facts *f, const char *kind);
/* The same in steps: all addresses, the one of that kind, the party with any address (NULL: none).
 */
struct address_list customer_addresses(struct arena *a, const struct customer_facts *f);
const struct address *address_of_kind(const struct address_list *list, const char *kind);
const char *customer_party_at(struct arena *a, const struct customer_facts *f,
                              const struct address *at);
/* A kept party, elsewhere. */
const char *party_moved(struct arena *a, const char *party, const struct address *to);
