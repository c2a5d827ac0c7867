/* What the files of this floor share: paths to values, fault reporting, limits of kinds. */
#pragma once
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/problem.h"
#include "lib/json/decode.h"
#include "lib/json/spec.h"
#include <jansson.h>
#include <stdarg.h>

#define JSON_STRING_MAX 500  /* characters, when a declaration says nothing */
#define JSON_LIST_MAX 100    /* items, when a declaration says nothing */
#define JSON_STRINGS_MAX 100 /* items of a `strings` member */
#define JSON_METADATA_MEMBERS 50
#define JSON_METADATA_NAME_MAX 40
#define JSON_METADATA_VALUE_MAX 500

/* Where a value stands, linked from the inside out and made into text only for a fault. */
struct json_path {
    const struct json_path *up; /* NULL: the parent is the whole document */
    const char *name;           /* NULL: index is meant */
    size_t index;
};

struct decoder {
    struct arena *arena;
    struct problem *problem;
    struct json_refs *refs;
    bool query;    /* pointers read "?name", values are text */
    size_t faults; /* all of them, also those past PROBLEM_FAULTS_MAX */
};

/* path as an RFC 6901 pointer, in the arena. NULL is the document: "". */
const char *json_pointer(struct arena *a, const struct json_path *path);
/* The same, or "?name" in a query. */
const char *decoder_pointer(const struct decoder *d, const struct json_path *path);
/* Records a fault at path. */
void decoder_refuse(struct decoder *d, const struct json_path *path, const char *code,
                    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* One JSON value, or the text of one query parameter (json is NULL then). */
struct json_input {
    const json_t *json;
    const char *text; /* of a JSON string or a parameter, else NULL */
    size_t len;
};
/* Decodes a value that is not null into the member at target, or records faults. The kind must be
 * none of object, list, money, raw. */
void decoder_scalar(struct decoder *d, const struct json_field *f, struct json_input in,
                    void *target, const struct json_path *path);
/* The struct that every LIST member is, whatever its type, and struct string_list too. */
struct any_list {
    void *v;
    size_t n;
};
/* Writes the absent value of the kind. */
void json_set_absent(const struct json_field *f, void *target);
/* The field of that name that a client may send, or NULL. *hint is where to look first. */
const struct json_field *json_find_field(const struct json_type *type, const char *name,
                                         size_t *hint);

/* Text into a jansson tree, which the caller frees. A number too large for 64 bits does not stop
 * it: such a number becomes the real 1e308, which every kind refuses. */
err json_parse(struct arena *a, const char *text, size_t len, json_t **ret,
               struct problem *p) MUST_CHECK;

size_t utf8_characters(const char *s, size_t len);

/* The limits in force: what the declaration says or the kind's default. */
int64_t json_field_min(const struct json_field *f);
int64_t json_field_max(const struct json_field *f);
int json_field_scale(const struct json_field *f);
/* True for money and raw, which only ever leave the server. */
bool json_encode_only(const struct json_field *f);

/* Appends the value of one member; currency as for json_encode. */
void json_encode_member(struct buf *out, const struct json_field *f, const void *at,
                        const char *currency);
bool json_is_absent(const struct json_field *f, const void *at);
/* The struct's own currency, wherever it stands, or the one from outside. */
const char *json_currency_of(const struct json_type *type, const void *value, const char *outside);
