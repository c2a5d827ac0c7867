/* Bells: see bells.h. One lock and one condition for all; a listener compares counts. */
#include "server/api/bells.h"
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#define BELLS 2 /* bits */

struct bells {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    uint64_t counts[BELLS];
    bool stopped;
};

struct bells *bells_new(void)
{
    struct bells *b = calloc(1, sizeof(*b));
    pthread_condattr_t attr;
    if (b == NULL)
        abort();
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&b->rung, &attr);
    pthread_condattr_destroy(&attr);
    return b;
}

void bells_free(struct bells *b)
{
    if (b == NULL)
        return;
    pthread_cond_destroy(&b->rung);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

void bells_ring(struct bells *b, unsigned wakes)
{
    if (b == NULL || wakes == 0)
        return;
    pthread_mutex_lock(&b->lock);
    for (unsigned i = 0; i < BELLS; i++)
        b->counts[i] += (wakes >> i) & 1U;
    pthread_cond_broadcast(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

/* How often they were rung together: grows with each. */
static uint64_t count_of(const struct bells *b, unsigned wakes)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < BELLS; i++)
        sum += ((wakes >> i) & 1U) != 0 ? b->counts[i] : 0;
    return sum;
}

void bells_wait(struct bells *b, unsigned wakes, uint64_t *heard, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&b->lock);
    while (!b->stopped && count_of(b, wakes) == *heard &&
           pthread_cond_timedwait(&b->rung, &b->lock, &until) != ETIMEDOUT)
        ;
    *heard = count_of(b, wakes);
    pthread_mutex_unlock(&b->lock);
}

void bells_stop(struct bells *b)
{
    pthread_mutex_lock(&b->lock);
    b->stopped = true;
    pthread_cond_broadcast(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

bool bells_stopped(struct bells *b)
{
    pthread_mutex_lock(&b->lock);
    bool yes = b->stopped;
    pthread_mutex_unlock(&b->lock);
    return yes;
}
