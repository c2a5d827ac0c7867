/* The HTTP front end behind a narrow interface: requests in, responses out. libmicrohttpd epoll
 * threads read and write; a bounded queue and worker threads run the product's code. Nothing
 * outside lib/http sees libmicrohttpd.
 *
 * Life of a request: the headers are read -> route() (on the HTTP thread: decides the class, the
 * limits, or answers at once) -> the body is gathered -> admit() (on the HTTP thread, must not
 * block: gives the batch group, or answers) -> the queue of its class (full: 503, Retry-After) ->
 * a worker takes it with the waiting requests of the same group, up to the batch limit, and calls
 * run() -> each response is sent when run() returns. */
#pragma once
#include "lib/base/arena.h"
#include "lib/base/problem.h"
#include "lib/base/value.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_pair {
    const char *name, *value; /* percent-decoded; never NULL (value may be "") */
};

struct http_response {
    int status; /* 0 = none yet */
    const char *content_type;
    const char *body; /* in the request's arena, or static */
    size_t body_len;
    struct http_pair headers[16];
    size_t n_headers;
};

struct http_request {
    struct arena *arena; /* of this request alone; lives until the response is sent */
    /* path: without query, percent-decoded once but for %2F and %25, so that a slash inside a
     * segment does not end it; no NUL or "//" inside. */
    const char *method, *path;
    const char *raw_path; /* as sent, with the query */
    struct http_pair *query;
    size_t n_query;
    const char *body; /* NUL-terminated; "" for none */
    size_t body_len;
    const char *remote; /* the peer's address as text */
    /* The caller's X-Request-Id when sane (1..63 of [A-Za-z0-9._-]), else a new one. */
    char request_id[64];
    /* W3C trace context for downstream and logs: the caller's trace id with a new span id, or a
     * new one. */
    char traceparent[56];
    int64_t received_us, deadline_us; /* on clock_monotonic_us() */
    struct http_response response;
    /* set by route() and admit(): */
    int class;        /* index into http_options.classes */
    uint64_t group;   /* 0: never batched; equal numbers may run together */
    size_t batch_max; /* most requests in one run() */
    size_t body_max;  /* bytes; larger: 413 */
    void *user;       /* the product's own per-request data */
    /* Set by lib/http: refused because the queue is full. There may be tens of thousands a second;
     * a log line says how many, so that done() need not write one for each. */
    bool crowded_out;
    void *private_; /* lib/http's */
};

/* A header of the request, case-insensitive, or NULL. */
const char *http_header(const struct http_request *r, const char *name);
/* body is in the request's arena or static; it is not copied. The last call wins. */
void http_respond(struct http_request *r, int status, const char *content_type, const char *body,
                  size_t body_len);
/* Copies both; replaces a header of that name. Every response has X-Request-Id, Content-Type,
 * X-Content-Type-Options: nosniff and, unless set here, Cache-Control: no-store by itself. */
void http_set_header(struct http_request *r, const char *name, const char *value);
/* Answers with p as application/problem+json: type "/problems/<code>", title, status, detail,
 * instance "/requests/<request id>", code, request_id, retryable (503, 429 or Retry-After),
 * conflicting_id and errors[] when there are any, each with pointer (or parameter, for "?name"),
 * code and detail. Sets Retry-After and Allow as p says. */
void http_respond_problem(struct http_request *r, const struct problem *p);

struct http_class {
    const char *name; /* metrics label */
    int workers;
    int queue_max;
};

struct http_handler {
    /* Sets class, batch_max, body_max, user; or responds (status set: the request ends here). */
    void (*route)(struct http_request *r, void *arg);
    /* The body is complete. Sets group; or responds. NULL: nothing to do. */
    void (*admit)(struct http_request *r, void *arg);
    /* Runs n >= 1 requests of one group; must respond to each. worker: 0 … of the class. */
    void (*run)(struct http_request **r, size_t n, int class, int worker, void *arg);
    /* Once for each request that route() saw, and for those refused before it (then user is NULL):
     * after the response is queued for sending, or when the client is gone before that (with
     * status 499 if it had no answer yet). On the HTTP thread, must not block. NULL: nothing. */
    void (*done)(struct http_request *r, void *arg);
    void *arg;
};

struct http_options {
    const char *address; /* "127.0.0.1" */
    int port;            /* 0: any free one, see http_port() */
    int threads;         /* that share the connections: lane.h */
    int connections;     /* at most */
    int idle_timeout_s;
    /* From the headers to the answer. In the queue: 503; still sending its body: cut off. */
    int64_t request_timeout_us;
    size_t arena_limit;
    const struct http_class *classes;
    int n_classes;
};

struct http_server;
err http_start(const struct http_options *o, const struct http_handler *h,
               struct http_server **ret) MUST_CHECK;
int http_port(const struct http_server *s);
/* Stops accepting, answers 503 to what is queued, lets running requests finish, gives clients a few
 * seconds to read, joins, stops and frees s. Not from one of the handler's functions. */
void http_stop(struct http_server *s);
