/* The runner of jobs (jobs.h), as run.h is the one of requests: threads that work off the jobs of
 * all tenants, side by side with those of other servers. */
#pragma once

struct bells;
struct pool;
struct job_workers;
struct job_workers *job_workers_start(struct pool *pool, struct bells *bells, int n);
/* Lets each finish what it is at; behind bells_stop(). NULL is fine. */
void job_workers_join(struct job_workers *w);
