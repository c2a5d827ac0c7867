/* "ext:<external id>" in place of an id: looked up for a whole batch at once. */
#pragma once
#include "lib/json/decode.h"
#include "lib/pg/pg.h"

struct refs;
/* Queues one statement per kind that the references name. */
err refs_queue(struct tx *tx, const struct json_refs *refs, size_t n, struct refs **ret) MUST_CHECK;
/* After the flush: fills the target of each reference of one list; those without a resource become
 * faults under p (code ERR_INVALID), except for references without a pointer (those of the path).
 */
void refs_fill(struct refs *found, const struct json_refs *refs, struct problem *p);
