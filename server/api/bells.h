/* Bells: a transaction that leaves work to a background worker says so in tx.wakes; whoever ran it
 * rings behind COMMIT, and the worker of this process looks at once. Other processes do not hear
 * it: their workers look now and then, so that nothing is lost when a server dies in between. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define WAKES_JOBS 1U   /* a job was made */
#define WAKES_STOCK 2U  /* stock, or credit, has become free for those who may wait for it */
#define WAKES_BUREAU 4U /* there is a question to the credit bureau */

struct bells;
struct bells *bells_new(void);
void bells_free(struct bells *b); /* nobody waits any more; NULL is fine */
/* wakes: the bits. NULL is fine: nobody listens. */
void bells_ring(struct bells *b, unsigned wakes);
/* Waits until one of the bits is rung that was not heard yet, the bells stop, or ms have passed.
 * heard: 0 at first; the listener's own. */
void bells_wait(struct bells *b, unsigned wakes, uint64_t *heard, int ms);
/* Lets all waiters go, for good. */
void bells_stop(struct bells *b);
bool bells_stopped(struct bells *b);
