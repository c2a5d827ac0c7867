/* A load generator for HTTP/1.1: one thread, one epoll, n connections that are kept alive. It costs
 * a few microseconds a request, so that what is measured on shared cores is the server. */
#pragma once
#include "tests/bench/histogram.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_LOAD_REQUEST_MAX 16384

struct http_load {
    int port; /* on 127.0.0.1 */
    int connections;
    int64_t for_us;
    /* Requests a second to offer at fixed times, with latencies counted from those times whether or
     * not a connection was free; 0: every connection sends its next request after each reply. */
    int64_t rate;
    /* With a rate: the generator sleeps so long between two looks at what is due and what has come.
     * Where replies wake it one by one, the waking costs more than the replies. Latencies are then
     * only as exact as this. 0: it is awake when something comes. */
    int tick_ms;
    int64_t most; /* requests; 0: no limit but the time */
    /* Writes request n (0, 1, …) into out, which has room for request_max bytes; returns its
     * length. */
    size_t (*make)(void *arg, uint64_t n, char *out);
    size_t request_max; /* 0: HTTP_LOAD_REQUEST_MAX */
    /* Is this the right reply? body is not NUL-terminated. Not asked about 503s. */
    bool (*check)(void *arg, uint64_t n, int status, const char *body, size_t len);
    void *arg;
};

#define HTTP_LOAD_SAMPLE 400
struct http_load_result {
    int64_t good, wrong, refused; /* refused: 503; wrong: everything else that failed its check */
    int64_t refused_without_hint; /* 503 without Retry-After */
    int64_t broken;               /* connections that ended before the reply */
    int64_t skipped;              /* due at a fixed time, but no connection was free */
    int64_t took_us;
    struct histogram latency, refusals; /* of good replies; of 503s */
    char sample[HTTP_LOAD_SAMPLE];      /* the first wrong reply */
};

/* Good replies a second. */
int64_t http_load_rate(const struct http_load_result *r);
/* False when the server cannot be reached; then errno tells why. */
bool http_load_run(const struct http_load *load, struct http_load_result *ret);

/* n connections that send nothing: returns how many the server took and kept for wait_us; they are
 * closed by http_load_release. */
struct http_load_idle {
    int *fds;
    int n;
};
int http_load_hold(int port, int n, int64_t wait_us, struct http_load_idle *ret);
void http_load_release(struct http_load_idle *idle);
