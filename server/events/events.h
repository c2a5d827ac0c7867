/* Facts, told in order: the outbox and the audit log are one table, written in the transaction of
 * the fact itself. */
#pragma once
#include "server/api/call.h"

/* Records that something happened to a resource. type: "order.confirmed"; resource: the kind's name
 * ("order"). before and after: JSON objects as text, small (a header, not 10,000 lines), NULL for
 * none. Kept in memory until the runner writes all events of the transaction in one statement. */
void event_push(struct tx *tx, const struct call *c, const char *type, const char *resource,
                int64_t resource_id, const char *before, const char *after);

/* Queues what was pushed; called by the runner as the last write before COMMIT. */
err events_flush(struct tx *tx) MUST_CHECK;
