/* One declaration per JSON type: it yields the C struct, the decoder, the encoder and the schema.
 *
 *   #define CUSTOMER_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                         \
 *       VALUE(T, string,  name,         .required = true, .max = 200, .doc = "Legal name.")     \
 *       VALUE(T, decimal, credit_limit, .min = 0, .doc = "Credit limit in major units.")        \
 *       OBJECT(T, address, billing,     .doc = "Where invoices go.")                            \
 *       LIST(T, contact,  contacts,     .max = 20, .doc = "People.")
 *   JSON_STRUCT(customer_new, CUSTOMER_NEW_FIELDS);                     // in the header
 *   JSON_TYPE(customer_new, CUSTOMER_NEW_FIELDS, .doc = "A new customer.");  // in one .c file
 *
 * JSON_STRUCT declares struct customer_new, struct customer_new_list {v, n}, the type object
 * customer_new_type and the field numbers customer_new_has_<member>. The first member of each
 * struct is `uint64_t has`: bit i is set when member i was present in the decoded text (null
 * counts as present). At most 64 members.
 *
 * A nested type must be declared (JSON_STRUCT) before the type that uses it.
 *
 * Kinds, and the C type that holds each (absent values as in lib/base/value.h):
 *   string    const char *   UTF-8 text. .max characters (default 500), .min characters
 *   choice    const char *   one of .choices (a NULL-terminated list of names)
 *   id        int64_t        "cus_…", .prefix = "cus"; input may also say "ext:<external id>"
 *   integer   int64_t        a JSON integer within .min … .max
 *   decimal   int64_t        10^-6, a JSON string "12.5" (or JSON integer); .min … .max in 10^-6;
 *                            .scale limits the decimals (default 6); a JSON real is refused
 *   price     int64_t        as decimal; encoded with at least 2 decimals
 *   money     int64_t        minor units; ENCODE ONLY, with the exponent of the currency in force
 *   boolean   bool           false when absent; true when decoded with .default_true
 *   date      int32_t        "YYYY-MM-DD"
 *   instant   int64_t        RFC 3339
 *   currency  const char *   an ISO 4217 code; when encoding it sets the currency in force for its
 *                            struct (wherever the member stands) and everything nested in it
 *   metadata  const char *   an object of string values as compact JSON text: at most 50 members,
 *                            names of 1..40 characters, values up to 500
 *   raw       const char *   ENCODE ONLY: JSON text put in as it is (NULL: null). With .type it
 *                            is a list of that type, for the schema
 *   strings   struct string_list
 *                            an array of at most 100 strings, each within .max characters, or each
 *                            one of .choices when the declaration has some
 *
 * VALUE takes the kinds above; OBJECT a struct <type> * (NULL when absent); LIST a
 * struct <type>_list with .min to .max items (default 0 to 100).
 *
 * Numbers (integer, decimal, price) are never negative unless .min says so: the default of .min is
 * 0, that of .max is the largest number. .min = INT64_MIN means no lower limit. These limits hold
 * for decoding only. A client that sends an encode-only member gets an unknown_member fault.
 */
#pragma once
#include "lib/base/value.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind {
    JSON_KIND_string,
    JSON_KIND_choice,
    JSON_KIND_id,
    JSON_KIND_integer,
    JSON_KIND_decimal,
    JSON_KIND_price,
    JSON_KIND_money,
    JSON_KIND_boolean,
    JSON_KIND_date,
    JSON_KIND_instant,
    JSON_KIND_currency,
    JSON_KIND_metadata,
    JSON_KIND_raw,
    JSON_KIND_strings,
    JSON_KIND_object, /* by OBJECT and LIST, not by VALUE */
    JSON_KIND_list
};

#define JSON_CTYPE_string const char *
#define JSON_CTYPE_choice const char *
#define JSON_CTYPE_id int64_t
#define JSON_CTYPE_integer int64_t
#define JSON_CTYPE_decimal int64_t
#define JSON_CTYPE_price int64_t
#define JSON_CTYPE_money int64_t
#define JSON_CTYPE_boolean bool
#define JSON_CTYPE_date int32_t
#define JSON_CTYPE_instant int64_t
#define JSON_CTYPE_currency const char *
#define JSON_CTYPE_metadata const char *
#define JSON_CTYPE_raw const char *
#define JSON_CTYPE_strings struct string_list

struct json_type;

struct json_field {
    const char *name, *key; /* key: ,"name": as it is written */
    size_t key_len;
    enum json_kind kind;
    size_t offset;
    const struct json_type *type; /* of OBJECT and LIST */
    /* what a declaration may set: */
    bool required;      /* decode: must be present and not null */
    bool default_true;  /* boolean, decode: true when absent or null */
    bool omit_absent;   /* encode: leave the member out when absent (default: explicit null) */
    int64_t min, max;   /* 0 = the kind's default, see above */
    int scale;          /* decimal, price: most decimals; 0 = the default of 6; -1 = none */
    const char *prefix; /* id */
    const char *const *choices;
    const char *doc;     /* for OpenAPI */
    const char *example; /* JSON text for OpenAPI; default: made from the kind */
};

struct json_type {
    const char *name; /* the schema's name in OpenAPI */
    size_t size;
    const struct json_field *fields;
    size_t n_fields;
    const char *doc;
};

#define JSON_MEMBER_VALUE_(T, kind_, name_, ...) JSON_CTYPE_##kind_ name_;
#define JSON_MEMBER_OBJECT_(T, type_, name_, ...) struct type_ *name_;
#define JSON_MEMBER_LIST_(T, type_, name_, ...) struct type_##_list name_;
#define JSON_HAS_(T, type_, name_, ...) T##_has_##name_,

#define JSON_STRUCT(name_, FIELDS)                                                                 \
    struct name_ {                                                                                 \
        uint64_t has;                                                                              \
        FIELDS(name_, JSON_MEMBER_VALUE_, JSON_MEMBER_OBJECT_, JSON_MEMBER_LIST_)                  \
    };                                                                                             \
    struct name_##_list {                                                                          \
        struct name_ *v;                                                                           \
        size_t n;                                                                                  \
    };                                                                                             \
    enum { FIELDS(name_, JSON_HAS_, JSON_HAS_, JSON_HAS_) name_##_n_fields };                      \
    extern const struct json_type name_##_type

#define JSON_NAMED_(name_)                                                                         \
    .name = #name_, .key = ",\"" #name_ "\":", .key_len = sizeof(",\"" #name_ "\":") - 1
#define JSON_FIELD_VALUE_(T, kind_, name_, ...)                                                    \
    {JSON_NAMED_(name_), .kind = JSON_KIND_##kind_, .offset = offsetof(struct T, name_),           \
     __VA_ARGS__},
#define JSON_FIELD_OBJECT_(T, type_, name_, ...)                                                   \
    {JSON_NAMED_(name_), .kind = JSON_KIND_object, .offset = offsetof(struct T, name_),            \
     .type = &type_##_type, __VA_ARGS__},
#define JSON_FIELD_LIST_(T, type_, name_, ...)                                                     \
    {JSON_NAMED_(name_), .kind = JSON_KIND_list, .offset = offsetof(struct T, name_),              \
     .type = &type_##_type, __VA_ARGS__},

#define JSON_TYPE(name_, FIELDS, ...)                                                              \
    static const struct json_field name_##_fields[] = {                                            \
        FIELDS(name_, JSON_FIELD_VALUE_, JSON_FIELD_OBJECT_, JSON_FIELD_LIST_)};                   \
    _Static_assert(COUNT_OF(name_##_fields) <= 64, #name_ " has more than 64 members");            \
    const struct json_type name_##_type = {.name = #name_,                                         \
                                           .size = sizeof(struct name_),                           \
                                           .fields = name_##_fields,                               \
                                           .n_fields = COUNT_OF(name_##_fields),                   \
                                           __VA_ARGS__}

/* A type without members. */
#define JSON_STRUCT_EMPTY(name_)                                                                   \
    struct name_ {                                                                                 \
        uint64_t has;                                                                              \
    };                                                                                             \
    extern const struct json_type name_##_type

/* Was the member present in the decoded text? JSON_HAS(customer_patch, in, name) */
#define JSON_HAS(T, ptr, member) (((ptr)->has >> T##_has_##member & 1) != 0)

/* Makes every member of a struct of the type absent: where a struct that is usually decoded is
 * filled in by hand. */
void json_set_all_absent(const struct json_type *type, void *value);
