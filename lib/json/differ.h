/* Does a request say what is already there? */
#pragma once
#include "lib/base/arena.h"
#include "lib/json/spec.h"

struct json_side {
    const struct json_type *type;
    const void *value; /* a struct of that type */
};

/* The pointer (RFC 6901) of the first member of asked that says something else than the member of
 * that name in kept, or NULL when there is none. What is absent or null in asked says nothing; nor
 * does a member that kept lacks (an instruction like "confirm") or one named in except (NULL, or
 * ended by NULL). Lists must have the same length; decimals are compared with money in the currency
 * of kept. */
const char *json_first_difference(struct arena *a, struct json_side asked, struct json_side kept,
                                  const char *const *except);
