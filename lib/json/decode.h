/* JSON text (or a query string) into a struct, by its declaration. */
#pragma once
#include "lib/base/arena.h"
#include "lib/base/problem.h"
#include "lib/json/spec.h"
#include <stddef.h>

#define JSON_DEPTH_MAX 32

/* A reference given as "ext:<external id>": target is filled in by whoever can look it up. */
struct json_ref {
    int64_t *target;
    const char *prefix; /* which kind of resource */
    const char *external_id;
    const char *pointer; /* for the fault when there is none */
};
struct json_refs {
    struct json_ref *v;
    size_t n, cap;
};

/* Decodes text into ret (type->size bytes). All faults at once go to p (at most
 * PROBLEM_FAULTS_MAX): unknown members, missing ones, wrong kinds, ranges, lengths. Not JSON,
 * or deeper than JSON_DEPTH_MAX: ERR_SYNTAX. Faulty fields, duplicate members, U+0000 in a string:
 * ERR_INVALID. Empty text is taken as {} . Absent members get their absent value; lists are empty.
 * ret and all it points to live in a. refs collects the "ext:" references, may be NULL (then they
 * are refused). canonical, if not NULL, gets the compact text with sorted names (for fingerprints).
 */
err json_decode(struct arena *a, const struct json_type *type, const char *text, size_t len,
                void *ret, struct json_refs *refs, const char **canonical,
                struct problem *p) MUST_CHECK;

struct json_pair {
    const char *name, *value; /* percent-decoded */
};
/* Query parameters into a struct of VALUEs (strings are split at commas). Unknown or repeated
 * names and bad values are faults with pointer "?name" and the code ERR_PARAMETER. Metadata has no
 * form in a query and counts as unknown. */
err json_decode_query(struct arena *a, const struct json_type *type, const struct json_pair *pairs,
                      size_t n, void *ret, struct json_refs *refs, struct problem *p) MUST_CHECK;

/* Is this text JSON at all (RFC 8259, depth limit)? Any value may stand at the top, numbers of any
 * size; empty text is not JSON. OK, ERR_SYNTAX, or ERR_INVALID for duplicate names and U+0000. */
err json_check(struct arena *a, const char *text, size_t len, struct problem *p) MUST_CHECK;
/* True for well-formed UTF-8 without NUL. */
bool utf8_valid(const char *s, size_t len);
