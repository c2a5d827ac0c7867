/* See lane.h. */
#include "lib/http/lane.h"
#include "lib/base/log.h"
#include "lib/http/wakeup.h"
#include <limits.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define HTTP_THREAD_NICE 15

/* A connection that was given and not yet taken. */
struct arrival {
    struct arrival *next;
    int fd;
    struct sockaddr_storage peer;
    socklen_t len;
};

void lane_wake(struct lane *lane)
{
    if (!atomic_exchange(&lane->woken, true))
        wakeup_send(lane->wake);
}

/* Who wakes the lane from here on wakes it again. */
static void forget_wakes(struct lane *lane)
{
    wakeup_take(lane->wake);
    atomic_exchange(&lane->woken, false);
}

static struct arrival *arrivals_take(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    struct arrival *first = lane->arrivals;
    lane->arrivals = NULL;
    pthread_mutex_unlock(&lane->lock);
    return first;
}

static void arrivals_admit(struct lane *lane)
{
    for (struct arrival *a = arrivals_take(lane), *next; a != NULL; a = next) {
        next = a->next;
        if (MHD_add_connection(lane->daemon, a->fd, (const struct sockaddr *)&a->peer, a->len) !=
            MHD_YES) {
            atomic_fetch_sub(&lane->open, 1); /* it closed the socket */
            log_line(LOG_WARN, "libmicrohttpd did not take a connection");
        }
        free(a);
    }
}

/* Until when the library has nothing to do by itself, as poll() wants it. */
static int idle_ms(struct lane *lane)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (MHD_get_timeout(lane->daemon, &ms) != MHD_YES)
        return -1;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* What was admitted goes before what asks for admission: when the processor is what is missing,
 * reading and refusing a flood must not keep the workers from it. */
static void lower_priority(void)
{
    setpriority(PRIO_PROCESS, (id_t)gettid(), HTTP_THREAD_NICE);
}

static void *run(void *arg)
{
    struct lane *lane = arg;
    int epoll_fd = MHD_get_daemon_info(lane->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    lower_priority();
    while (!atomic_load(&lane->stop)) {
        struct pollfd fds[] = {{.fd = epoll_fd, .events = POLLIN},
                               {.fd = lane->wake, .events = POLLIN}};
        if (poll(fds, 2, idle_ms(lane)) < 0)
            continue;
        if (fds[1].revents != 0) {
            forget_wakes(lane);
            arrivals_admit(lane);
        }
        MHD_run(lane->daemon);
    }
    return NULL;
}

bool lane_start(struct lane *lane)
{
    pthread_mutex_init(&lane->lock, NULL);
    lane->wake = wakeup_open();
    lane->runs = lane->wake >= 0 && pthread_create(&lane->thread, NULL, run, lane) == 0;
    if (lane->runs)
        pthread_setname_np(lane->thread, "http");
    return lane->runs;
}

bool lane_has_room(const struct lane *lane)
{
    return atomic_load(&lane->open) < lane->most;
}

void lane_give(struct lane *lane, int fd, const struct sockaddr_storage *peer, socklen_t len)
{
    struct arrival *a = malloc(sizeof *a);
    if (a == NULL) {
        log_line(LOG_WARN, "no memory for a connection");
        close(fd);
        return;
    }
    *a = (struct arrival){.fd = fd, .peer = *peer, .len = len};
    atomic_fetch_add(&lane->open, 1);
    pthread_mutex_lock(&lane->lock);
    a->next = lane->arrivals;
    lane->arrivals = a;
    pthread_mutex_unlock(&lane->lock);
    lane_wake(lane);
}

void lane_stop(struct lane *lane)
{
    if (lane->runs) {
        atomic_store(&lane->stop, true);
        lane_wake(lane);
        pthread_join(lane->thread, NULL);
    }
    for (struct arrival *a = arrivals_take(lane), *next; a != NULL; a = next) {
        next = a->next;
        close(a->fd);
        free(a);
    }
    if (lane->daemon != NULL)
        MHD_stop_daemon(lane->daemon);
    if (lane->wake >= 0)
        close(lane->wake);
    pthread_mutex_destroy(&lane->lock);
}
