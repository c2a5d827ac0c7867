/* An HTTP request to a server that is not ours, behind a narrow interface: one URL that an operator
 * has configured, a body, a bounded answer, and what is known when there is none. No redirects, no
 * proxies, certificates are checked. */
#pragma once
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_request {
    const char *url;
    const char *bearer;          /* the token, or NULL */
    const char *idempotency_key; /* the same each time it is asked */
    const char *json;            /* the body */
    int64_t timeout_ms;          /* for all of it */
    size_t answer_max;           /* bytes of the answer's body */
    bool (*stopped)(void *arg);  /* asked about once a second: give up? NULL: never */
    void *arg;
};

enum client_outcome {
    CLIENT_ANSWERED, /* there is a status */
    CLIENT_NOT_SENT, /* nobody has seen the request */
    CLIENT_UNKNOWN,  /* it was sent; what became of it is not known */
    CLIENT_GARBLED,  /* what came back is no answer: not HTTP, or too much */
};

struct client_answer {
    enum client_outcome outcome;
    int status;       /* of CLIENT_ANSWERED */
    const char *body; /* in the arena, ended by NUL */
    size_t len;
    const char *detail; /* why there is no answer, for people; has no secrets */
};

/* May such a URL be asked? https, or http on the loopback interface; no user in it. */
bool client_url_allowed(const char *url);
/* POST. Blocks, timeout_ms at most. Any thread. */
void client_post(struct arena *a, const struct client_request *r, struct client_answer *ret);
