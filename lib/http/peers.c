/* The list of connections and the thread that cuts those that never say what they want. */
#include "lib/http/peers.h"
#include "lib/base/date.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct peer {
    struct peer *previous, *next;
    _Atomic int64_t since_us; /* 0: busy */
    int fd;
    bool cut_short;
};

struct peers {
    int64_t limit_us;
    pthread_t watcher;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t change;
    struct peer *head;
    bool stopping;
};

void peer_busy(struct peer *peer)
{
    atomic_store_explicit(&peer->since_us, 0, memory_order_relaxed);
}

void peer_idle(struct peer *peer)
{
    atomic_store_explicit(&peer->since_us, clock_monotonic_us(), memory_order_relaxed);
}

void peer_cut_short(struct peer *peer)
{
    peer->cut_short = true;
}

bool peer_was_cut_short(const struct peer *peer)
{
    return peer->cut_short;
}

static void cut_the_slow(struct peers *p)
{
    int64_t oldest_us = clock_monotonic_us() - p->limit_us;
    for (struct peer *peer = p->head; peer; peer = peer->next) {
        int64_t since_us = atomic_load_explicit(&peer->since_us, memory_order_relaxed);
        if (since_us != 0 && since_us < oldest_us)
            shutdown(peer->fd, SHUT_RDWR); /* its HTTP thread sees the end and closes */
    }
}

/* Looks a few times per limit while there are connections, and sleeps when there are none. */
static void *watch(void *arg)
{
    struct peers *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        if (!p->head) {
            pthread_cond_wait(&p->change, &p->lock);
            continue;
        }
        int64_t at_us = clock_monotonic_us() + p->limit_us / 4;
        struct timespec at = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
        if (pthread_cond_timedwait(&p->change, &p->lock, &at) != 0)
            cut_the_slow(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct peer *peer_add(struct peers *p, int fd)
{
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        abort();
    peer->fd = fd;
    peer_idle(peer);
    pthread_mutex_lock(&p->lock);
    peer->next = p->head;
    if (p->head)
        p->head->previous = peer;
    else
        pthread_cond_signal(&p->change);
    p->head = peer;
    pthread_mutex_unlock(&p->lock);
    return peer;
}

void peer_remove(struct peers *p, struct peer *peer)
{
    pthread_mutex_lock(&p->lock);
    if (peer->previous)
        peer->previous->next = peer->next;
    else
        p->head = peer->next;
    if (peer->next)
        peer->next->previous = peer->previous;
    pthread_mutex_unlock(&p->lock);
    free(peer);
}

static void peers_free(struct peers *p)
{
    pthread_cond_destroy(&p->change);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

err peers_start(int64_t limit_us, struct peers **ret)
{
    struct peers *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_INTERNAL;
    p->limit_us = limit_us;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->change, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&p->watcher, NULL, watch, p) != 0) {
        peers_free(p);
        return ERR_INTERNAL;
    }
    *ret = p;
    return OK;
}

void peers_stop(struct peers *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_signal(&p->change);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->watcher, NULL);
    peers_free(p);
}
