/* The runner: everything that every operation needs and no use case sees. It routes, limits,
 * authenticates, decodes, replays idempotency keys, resolves references, runs the use case in a
 * transaction (alone or with the requests that waited with it), encodes, keeps the outcome,
 * commits, answers, counts and logs. */
#pragma once
#include "lib/http/http.h"
#include "server/settings.h"

struct bells;
struct pool;
struct runner;

struct runner_options {
    const struct o2c_settings *settings;
    struct pool *pool;
    struct pool *report_pool; /* for the class of reports */
    struct bells *bells;      /* NULL: no worker of this process listens */
    struct bytes secret;      /* keys API key hashes and cursors; outlives the runner */
};
struct runner *runner_new(const struct runner_options *o);
void runner_free(struct runner *r);
/* What http_start needs; arg is the runner. */
struct http_handler runner_handler(struct runner *r);
/* The classes of work and their workers. */
const struct http_class *runner_classes(struct runner *r, int *ret_n);
