/* See acceptor.h. */
#include "lib/http/acceptor.h"
#include "lib/base/log.h"
#include "lib/http/lane.h"
#include "lib/http/wakeup.h"
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAUSE_MS 50 /* when the process or the system has no file left for a connection */

struct acceptor {
    struct http_server *server;
    pthread_t thread;
    bool runs;
    int wake; /* a connection left while all lanes were full, or stop */
    atomic_bool full, stop;
};

/* The lane for the next connection, or NULL. Only this thread adds, so that room stays. */
static struct lane *lane_choose(struct http_server *s)
{
    struct lane *best = NULL;
    for (int i = 0; i < s->n_lanes; i++) {
        struct lane *lane = &s->lanes[i];
        if (lane_has_room(lane) &&
            (best == NULL || atomic_load(&lane->open) < atomic_load(&best->open)))
            best = lane;
    }
    return best;
}

/* The lane for the next connection, as soon as there is one. */
static struct lane *lane_await(struct acceptor *a)
{
    for (;;) {
        struct lane *lane = lane_choose(a->server);
        if (lane != NULL || atomic_load(&a->stop))
            return lane;
        atomic_store(&a->full, true);
        if (lane_choose(a->server) == NULL) /* none left since */
            wakeup_take(a->wake);
        atomic_store(&a->full, false);
    }
}

static void accept_one(struct acceptor *a, struct lane *lane)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    int fd = accept4(a->server->listen_fd, (struct sockaddr *)&peer, &len,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        lane_give(lane, fd, &peer, len);
        return;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log_line(LOG_WARN, "cannot accept a connection", LOG_S("reason", strerror(errno)));
        poll(NULL, 0, PAUSE_MS);
    }
}

static void *accept_all(void *arg)
{
    struct acceptor *a = arg;
    while (!atomic_load(&a->stop)) {
        struct pollfd fds[] = {{.fd = a->server->listen_fd, .events = POLLIN},
                               {.fd = a->wake, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[1].revents != 0)
            wakeup_take(a->wake); /* which does not sleep then */
        struct lane *lane = fds[0].revents != 0 ? lane_await(a) : NULL;
        if (lane != NULL)
            accept_one(a, lane);
    }
    return NULL;
}

void acceptor_left(struct acceptor *a, struct lane *lane)
{
    atomic_fetch_sub(&lane->open, 1);
    if (atomic_load(&a->full))
        wakeup_send(a->wake);
}

err acceptor_start(struct http_server *s, struct acceptor **ret)
{
    struct acceptor *a = calloc(1, sizeof *a);
    if (a == NULL)
        return ERR_INTERNAL;
    *ret = a; /* a connection can leave before this returns */
    a->server = s;
    a->wake = wakeup_open();
    a->runs = a->wake >= 0 && pthread_create(&a->thread, NULL, accept_all, a) == 0;
    if (a->runs)
        return OK;
    log_line(LOG_ERROR, "the acceptor does not start", LOG_S("reason", strerror(errno)));
    return ERR_INTERNAL;
}

void acceptor_quiesce(struct acceptor *a)
{
    if (!a->runs)
        return;
    atomic_store(&a->stop, true);
    wakeup_send(a->wake);
    pthread_join(a->thread, NULL);
    a->runs = false;
}

void acceptor_stop(struct acceptor *a)
{
    if (a == NULL)
        return;
    acceptor_quiesce(a);
    if (a->wake >= 0)
        close(a->wake);
    free(a);
}
