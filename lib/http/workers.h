/* The bounded queue of one class of requests and the threads that work it off. A worker takes the
 * oldest request and with it the waiting ones of its group; what passes its deadline in the queue
 * is taken out by a reaper thread, busy workers or not. Threads sleep while there is nothing to do.
 */
#pragma once
#include "lib/http/exchange.h"

#define HTTP_BATCH_MAX 128 /* most requests in one run(), whatever batch_max says */

struct workers;

struct workers_hooks {
    /* Called under the queue's lock when the exchange is accepted, before a worker can see it. */
    void (*accepted)(struct exchange *ex);
    /* The exchange has its response. Afterwards the exchange belongs to the HTTP thread. */
    void (*finished)(struct exchange *ex);
};

err workers_start(const struct http_class *class, int index, const struct http_handler *handler,
                  const struct workers_hooks *hooks, struct workers **ret) MUST_CHECK;
/* Whether submit() would say ERR_OVERLOADED just now; then it counts as a refusal. */
bool workers_full(struct workers *w);
/* OK, or ERR_OVERLOADED when the queue is full, or ERR_UNAVAILABLE when it is closed. */
err workers_submit(struct workers *w, struct exchange *ex) MUST_CHECK;
/* Accepts nothing more and answers 503 to what waits. */
void workers_close(struct workers *w);
/* After close: waits for the running requests and ends the threads. submit() stays allowed. */
void workers_join(struct workers *w);
void workers_free(struct workers *w); /* closes and joins first; NULL is fine */

/* Answers with code, a sentence and Retry-After: 1. */
void exchange_refuse(struct exchange *ex, err code, const char *detail);
