/* Answers of operations: bodies with ETag and Location, conditional reads, pages of lists. */
#pragma once
#include "lib/http/http.h"
#include "server/routes.h"

/* What the caller gets, and what an idempotency key keeps. */
struct outcome {
    int status;
    const char *body;
    const char *etag, *location; /* or NULL */
    const struct file *file;     /* instead of body; or NULL */
};
/* The reply of a call that went well, encoded into the arena. */
struct outcome outcome_of(struct arena *a, const struct call *c);
/* The headers of an outcome as JSON, to keep; and back. */
const char *outcome_headers(struct arena *a, const struct outcome *o);
void outcome_take_headers(struct arena *a, struct outcome *o, const char *json);
/* Sends it; a GET whose If-None-Match names the ETag gets 304. */
void outcome_send(struct http_request *r, const struct outcome *o);
/* A page of a list: data, has_more, next, prev and the Link header (RFC 8288). */
void page_send(struct http_request *r, const struct call *c, struct bytes secret);
