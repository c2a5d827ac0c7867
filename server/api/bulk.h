/* Bodies of many lines (NDJSON, CSV): each line is decoded like a request of its own. */
#pragma once
#include "lib/json/decode.h"
#include "server/api/bulk_source.h"
#include "server/routes.h"

#define BULK_FAULT_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, string, pointer, .doc = "Where in the line (RFC 6901).")                              \
    VALUE(T, string, code, .doc = "The stable name of the fault.")                                 \
    VALUE(T, string, detail, .doc = "A sentence: what to do.")                                     \
    VALUE(T, integer, row, .doc = "In which row of the body, from 1.", .example = "1")             \
    VALUE(T, string, column, .doc = "In which column of a CSV body.")
JSON_STRUCT(bulk_fault, BULK_FAULT_FIELDS);

/* The lines of a body, blank ones left out: bulk->lines and, in step, ret_refs, which are made in
 * the arena; bulk->atomic is the caller's. Each line is like the call and has a problem of its own.
 * Returns the canonical text of all lines, for the fingerprint. No line, more than the route takes,
 * or a header that cannot be used: a fault of the call. */
const char *bulk_decode(struct arena *a, const struct call *c, const struct bulk_text *text,
                        struct bulk *bulk, struct json_refs **ret_refs);
/* Before each attempt: forgets what the one before found wrong with the lines that were decoded.
 * Their problems live in a. */
void bulk_begin(const struct bulk *bulk, struct arena *a);

/* Why a line was refused, as a sentence, and its faults with their places. */
const char *bulk_detail(struct arena *a, const struct problem *p);
struct bulk_fault_list bulk_faults(struct arena *a, const struct bulk *bulk, size_t line);
/* All or none, when some lines were refused: every fault of every line at a pointer that leads
 * through the line's index; when these are more than are listed, the first of each line, so that as
 * many lines as possible are named. */
err bulk_refuse_all(const struct call *c, const struct bulk *in) MUST_CHECK;
