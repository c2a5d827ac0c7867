/* Structs into JSON text, by their declaration; members in declaration order, explicit nulls. */
#pragma once
#include "lib/base/buf.h"
#include "lib/json/spec.h"

/* Appends the object. currency: the currency in force outside (NULL: none; a money member met
 * without one is a bug and asserts). */
void json_encode(struct buf *out, const struct json_type *type, const void *value,
                 const char *currency);
/* Appends [ … ] of n elements of type->size bytes each. */
void json_encode_list(struct buf *out, const struct json_type *type, const void *v, size_t n,
                      const char *currency);
