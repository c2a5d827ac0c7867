/* Turns requests into the customer that they ask for. */
#include "server/customers/rules.h"
#include "lib/json/encode.h"
#include "server/api/external_id.h"
#include <assert.h>
#include <string.h>

#define PEOPLE_MAX (4 << 20)
#define TERMS_DEFAULT 30

static const char *encode_list(struct arena *a, const struct json_type *type, const void *v,
                               size_t n)
{
    struct buf out;
    buf_init(&out, a, 256, PEOPLE_MAX);
    json_encode_list(&out, type, v, n, NULL);
    assert(!out.over);
    return out.p;
}

static const char *or_default(const char *given, const char *otherwise)
{
    return given != NULL ? given : otherwise;
}

static void take_limit(const struct call *c, int64_t limit, const char *currency, int64_t *ret)
{
    if (money_from_decimal(limit, currency_exponent(currency), ret) != OK)
        fault(c->problem, "/credit_limit", "decimal_scale", "%s has %d decimals.", currency,
              currency_exponent(currency));
}

static const char *take_currency(const struct call *c, const char *asked,
                                 const struct customer *was)
{
    if (was == NULL)
        return or_default(asked, c->tenant->currency);
    if (asked != NULL && strcmp(asked, was->currency) != 0)
        fault(c->problem, "/currency", "immutable",
              "A customer keeps its currency: create another customer for %s.", asked);
    return was->currency;
}

void customer_from_new(struct arena *a, const struct call *c, const struct customer_new *in,
                       const struct customer *was, struct customer *ret)
{
    struct customer t = was != NULL ? *was : (struct customer){0};
    const char *external_id = external_id_of_put(c, in->external_id);
    t.external_id = external_id != NULL ? external_id : t.external_id;
    t.name = in->name;
    t.legal_name = in->legal_name;
    t.tax_id = in->tax_id;
    t.email = in->email;
    t.phone = in->phone;
    t.language = in->language;
    t.currency = take_currency(c, in->currency, was);
    t.payment_terms_days = in->payment_terms_days == NIL64 ? TERMS_DEFAULT : in->payment_terms_days;
    take_limit(c, in->credit_limit, t.currency, &t.credit_limit);
    t.group_id = in->group_id;
    t.status = or_default(in->status, "active");
    t.addresses = encode_list(a, &address_type, in->addresses.v, in->addresses.n);
    t.contacts = encode_list(a, &contact_type, in->contacts.v, in->contacts.n);
    t.metadata = or_default(in->metadata, "{}");
    *ret = t;
}

static void refuse_null(const struct call *c, const char *pointer, bool is_null)
{
    if (is_null)
        fault(c->problem, pointer, "required", "Write a value, or leave the member out.");
}

static void patch_names(const struct call *c, const struct customer_patch *in, struct customer *t)
{
    if (JSON_HAS(customer_patch, in, external_id))
        t->external_id = in->external_id;
    if (JSON_HAS(customer_patch, in, name)) {
        refuse_null(c, "/name", in->name == NULL);
        t->name = in->name;
    }
    if (JSON_HAS(customer_patch, in, legal_name))
        t->legal_name = in->legal_name;
    if (JSON_HAS(customer_patch, in, tax_id))
        t->tax_id = in->tax_id;
    if (JSON_HAS(customer_patch, in, email))
        t->email = in->email;
    if (JSON_HAS(customer_patch, in, phone))
        t->phone = in->phone;
    if (JSON_HAS(customer_patch, in, language))
        t->language = in->language;
}

static void patch_terms(const struct call *c, const struct customer_patch *in, struct customer *t)
{
    if (JSON_HAS(customer_patch, in, payment_terms_days)) {
        refuse_null(c, "/payment_terms_days", in->payment_terms_days == NIL64);
        t->payment_terms_days = in->payment_terms_days;
    }
    if (JSON_HAS(customer_patch, in, credit_limit))
        take_limit(c, in->credit_limit, t->currency, &t->credit_limit);
    if (JSON_HAS(customer_patch, in, group_id))
        t->group_id = in->group_id;
    if (JSON_HAS(customer_patch, in, status)) {
        refuse_null(c, "/status", in->status == NULL);
        t->status = in->status;
    }
}

void customer_apply_patch(struct arena *a, const struct call *c, const struct customer_patch *in,
                          struct customer *t)
{
    patch_names(c, in, t);
    patch_terms(c, in, t);
    if (JSON_HAS(customer_patch, in, addresses))
        t->addresses = encode_list(a, &address_type, in->addresses.v, in->addresses.n);
    if (JSON_HAS(customer_patch, in, contacts))
        t->contacts = encode_list(a, &contact_type, in->contacts.v, in->contacts.n);
    if (JSON_HAS(customer_patch, in, metadata))
        t->metadata = or_default(in->metadata, "{}");
}
