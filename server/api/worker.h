/* The runner of jobs (jobs.h), as run.h is the one of requests: threads that work off the jobs of
 * all tenants, side by side with those of other servers. */
#pragma once

#include "server/api/call.h"

struct bells;
struct pool;
struct job_workers;
struct job_workers *job_workers_start(struct pool *pool, struct bells *bells, int n);
/* Lets each finish what it is at; behind bells_stop(). NULL is fine. */
void job_workers_join(struct job_workers *w);
/* The next step of a job, in a transaction of its tenant: it starts, or some lines are worked off.
 * ret_moved false: another worker is at it, or it has ended. What the workers do, for tests. */
err job_step(struct tx *tx, int64_t job, bool *ret_moved) MUST_CHECK;
