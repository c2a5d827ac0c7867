/* The runner of jobs (jobs.h), as run.h is the one of requests: threads that work off the jobs of
 * all tenants, side by side with those of other servers. */
#pragma once

struct pool;
struct job_workers;
struct job_workers *job_workers_start(struct pool *pool, int n);
/* Lets each finish what it is at. NULL is fine. */
void job_workers_stop(struct job_workers *w);
