/* The thread that shares out stock that became free (fulfillment.h), and lets go what reservations
 * held whose time is over: of all tenants, side by side with those of other servers. */
#pragma once

struct bells;
struct pool;
struct sharer;
struct sharer *sharer_start(struct pool *pool, struct bells *bells);
/* Lets it finish what it is at; behind bells_stop(). NULL is fine. */
void sharer_join(struct sharer *s);
