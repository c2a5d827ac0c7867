/* The worker that asks the credit bureau. It finds a question whose time has come, counts the try
 * in a transaction, asks outside of any, and stores what came of it in another one. */
#pragma once
#include "lib/pg/pg.h"

struct bells;

struct asker_options {
    const char *url;        /* "": there is no bureau */
    const char *token;      /* or "" */
    const char *token_file; /* its first line is the token; or "" */
    int64_t timeout_ms;     /* of a try */
    int64_t retry_ms;       /* until the second try; doubled with each, up to an hour */
};

/* Reads the token. ERR_PARAMETER, logged: a URL that may not be asked, or a token file that cannot
 * be read. *ret NULL when there is no bureau. */
struct asker;
err asker_start(struct pool *pool, struct bells *bells, const struct asker_options *o,
                struct asker **ret) MUST_CHECK;
/* After bells_stop; waits for the try that it is at. NULL is fine. */
void asker_join(struct asker *a);
