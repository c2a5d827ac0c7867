/* Bodies of many lines (NDJSON): each line is decoded like a request of its own. */
#pragma once
#include "lib/json/decode.h"
#include "server/routes.h"

/* The lines of a body, blank ones left out: bulk->lines and, in step, ret_refs, which are made in
 * the arena; bulk->atomic is the caller's. Each line is like the call and has a problem of its own.
 * Returns the canonical text of all lines, for the fingerprint. No line, or more than the route
 * takes: a fault of the call. */
const char *bulk_decode(struct arena *a, const struct call *c, struct bytes body, struct bulk *bulk,
                        struct json_refs **ret_refs);
/* Before each attempt: forgets what the one before found wrong with the lines that were decoded.
 * Their problems live in a. */
void bulk_begin(const struct bulk *bulk, struct arena *a);
