/* One thread that reads and drops until the other side closes, or has had its time. */
#include "lib/http/linger.h"
#include "lib/base/date.h"
#include "lib/http/wakeup.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_MOST 64 /* sockets at once */
#define LINGER_US INT64_C(10000000)
#define DROP_BYTES ((size_t)64 * 1024) /* at a time */

struct lingerer {
    pthread_t thread;
    int wake; /* a socket came, or stop */
    char dropped[DROP_BYTES];

    pthread_mutex_t lock; /* of everything below */
    bool stopping;
    int n;
    int fds[LINGER_MOST];
    int64_t until_us[LINGER_MOST];
};

void linger_on(struct lingerer *l, int fd)
{
    pthread_mutex_lock(&l->lock);
    int own = l->n < LINGER_MOST && !l->stopping ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (own >= 0) {
        shutdown(own, SHUT_WR);
        l->fds[l->n] = own;
        l->until_us[l->n++] = clock_monotonic_us() + LINGER_US;
    }
    pthread_mutex_unlock(&l->lock);
    if (own >= 0)
        wakeup_send(l->wake);
}

/* Fills polled with the wake descriptor and all sockets; returns how many, 0 to stop. */
static nfds_t gather(struct lingerer *l, struct pollfd *polled)
{
    pthread_mutex_lock(&l->lock);
    nfds_t n = 0;
    if (!l->stopping) {
        polled[n++] = (struct pollfd){.fd = l->wake, .events = POLLIN};
        for (int i = 0; i < l->n; i++)
            polled[n++] = (struct pollfd){.fd = l->fds[i], .events = POLLIN};
    }
    pthread_mutex_unlock(&l->lock);
    return n;
}

/* False when the other side has closed, or nothing is to be had of it any more. */
static bool drop(struct lingerer *l, int fd)
{
    ssize_t got = recv(fd, l->dropped, sizeof l->dropped, MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Only this thread takes sockets out, and others add behind: positions stay while it goes
 * backwards. */
static void drop_all(struct lingerer *l, const struct pollfd *polled, nfds_t n)
{
    int64_t now_us = clock_monotonic_us();
    pthread_mutex_lock(&l->lock);
    for (int i = (int)n - 2; i >= 0; i--) {
        bool ready = polled[i + 1].revents != 0;
        if ((!ready || drop(l, l->fds[i])) && now_us < l->until_us[i])
            continue;
        close(l->fds[i]);
        l->n--;
        l->fds[i] = l->fds[l->n];
        l->until_us[i] = l->until_us[l->n];
    }
    pthread_mutex_unlock(&l->lock);
}

static void *run(void *arg)
{
    struct lingerer *l = arg;
    struct pollfd polled[LINGER_MOST + 1];
    for (nfds_t n; (n = gather(l, polled)) > 0;) {
        /* Whoever says nothing is looked at a few times in its time. */
        if (poll(polled, n, n > 1 ? (int)(LINGER_US / 4000) : -1) < 0)
            continue;
        if (polled[0].revents != 0)
            wakeup_take(l->wake);
        drop_all(l, polled, n);
    }
    return NULL;
}

static void linger_free(struct lingerer *l)
{
    for (int i = 0; i < l->n; i++)
        close(l->fds[i]);
    if (l->wake >= 0)
        close(l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

err linger_start(struct lingerer **ret)
{
    struct lingerer *l = calloc(1, sizeof *l);
    if (l == NULL)
        return ERR_INTERNAL;
    pthread_mutex_init(&l->lock, NULL);
    l->wake = wakeup_open();
    if (l->wake < 0 || pthread_create(&l->thread, NULL, run, l) != 0) {
        linger_free(l);
        return ERR_INTERNAL;
    }
    *ret = l;
    return OK;
}

void linger_stop(struct lingerer *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_mutex_unlock(&l->lock);
    wakeup_send(l->wake);
    pthread_join(l->thread, NULL);
    linger_free(l);
}
