/* Names of a request across systems: X-Request-Id and the W3C trace context. */
#pragma once
#include "lib/http/http.h"

/* caller: the header's value or NULL. Kept when it is 1..63 of [A-Za-z0-9._-], else a new one. */
void trace_request_id(const char *caller, char out[64]);
/* caller: the traceparent header or NULL. The caller's trace id and flags with a new span id when
 * it is well-formed (https://www.w3.org/TR/trace-context/), else a new sampled trace. */
void trace_parent(const char *caller, char out[56]);
