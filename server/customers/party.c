/* The customer as a party of a document: what the document keeps when the customer changes. */
#include "lib/json/decode.h"
#include "lib/json/encode.h"
#include "server/customers/customers.h"
#include <assert.h>
#include <string.h>

#define PARTY_MAX (1 << 20)

#define ADDRESS_BOOK_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    LIST(T, address, addresses, .doc = "All addresses.")
JSON_STRUCT(address_book, ADDRESS_BOOK_FIELDS);
JSON_TYPE(address_book, ADDRESS_BOOK_FIELDS, .doc = "Addresses as they are stored.");

#define PARTY_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    VALUE(T, string, name, .doc = "Name of the party.")                                            \
    VALUE(T, string, tax_id, .doc = "Tax number or VAT id.")                                       \
    OBJECT(T, address, address, .doc = "Where it is.")
JSON_STRUCT(party, PARTY_FIELDS);
JSON_TYPE(party, PARTY_FIELDS, .doc = "A party of a document.");

static void decode(struct arena *a, const struct json_type *type, const char *text, void *ret)
{
    struct problem p;
    problem_init(&p, a);
    err e = json_decode(a, type, text, strlen(text), ret, NULL, NULL, &p);
    assert(e == OK); /* it was encoded from this type */
}

static const char *encode(struct arena *a, const struct party *party)
{
    struct buf out;
    buf_init(&out, a, 256, PARTY_MAX);
    json_encode(&out, &party_type, party, NULL);
    assert(!out.over);
    return out.p;
}

struct address_list customer_addresses(struct arena *a, const struct customer_facts *f)
{
    struct address_book book;
    if (strcmp(f->addresses, "[]") == 0)
        return (struct address_list){0};
    decode(a, &address_book_type, arena_printf(a, "{\"addresses\":%s}", f->addresses), &book);
    return book.addresses;
}

const struct address *address_of_kind(const struct address_list *list, const char *kind)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].kind != NULL && strcmp(list->v[i].kind, kind) == 0)
            return &list->v[i];
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].kind == NULL)
            return &list->v[i];
    return list->n > 0 ? &list->v[0] : NULL;
}

const char *customer_party_at(struct arena *a, const struct customer_facts *f,
                              const struct address *at)
{
    struct address copy = at != NULL ? *at : (struct address){0};
    struct party party = {.name = f->legal_name != NULL ? f->legal_name : f->name,
                          .tax_id = f->tax_id,
                          .address = at != NULL ? &copy : NULL};
    return encode(a, &party);
}

const char *customer_party(struct arena *a, const struct customer_facts *f, const char *kind)
{
    struct address_list addresses = customer_addresses(a, f);
    return customer_party_at(a, f, address_of_kind(&addresses, kind));
}

const char *party_moved(struct arena *a, const char *party, const struct address *to)
{
    struct party moved = {0};
    struct address copy = *to;
    if (party != NULL)
        decode(a, &party_type, party, &moved);
    moved.address = &copy;
    return encode(a, &moved);
}
