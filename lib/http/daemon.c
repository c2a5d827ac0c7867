/* The libmicrohttpd side: listening, what the library calls, start and stop.
 *
 * Suspension. A request in the queue is suspended: its connection has no timeout (the request's own
 * deadline counts) and MHD_stop_daemon() panics if one is left. http_stop() therefore first answers
 * everything that was accepted. */
#include "lib/base/log.h"
#include "lib/base/metrics.h"
#include "lib/http/acceptor.h"
#include "lib/http/exchange.h"
#include "lib/http/lane.h"
#include "lib/http/linger.h"
#include "lib/http/peers.h"
#include "lib/http/server.h"
#include "lib/http/workers.h"
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LANE_SLACK 4 /* the library may count a connection that it has just closed */
/* Request line and headers have to fit. The library zeroes all of it after each request, and it is
 * cold when there are many connections. */
#define CONNECTION_MEMORY ((size_t)8 * 1024)
#define BACKLOG 1024
#define FILES_BESIDES 256 /* sockets of the database, logs, what libraries open */
#define DRAIN_S 5         /* most time for clients to read their last response */

struct arena *server_arena(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct arena *a = s->n_arenas > 0 ? s->arenas[--s->n_arenas] : NULL;
    pthread_mutex_unlock(&s->lock);
    return a ? a : arena_new(s->options.arena_limit);
}

void server_arena_return(struct http_server *s, struct arena *a)
{
    arena_reset(a);
    pthread_mutex_lock(&s->lock);
    bool keep = s->n_arenas < HTTP_ARENAS_KEPT;
    if (keep)
        s->arenas[s->n_arenas++] = a;
    pthread_mutex_unlock(&s->lock);
    if (!keep)
        arena_free(a);
}

/* Without the lock while nobody waits: it is called for every request. */
void server_owe(struct http_server *s, int n)
{
    if (atomic_fetch_add(&s->owed, n) + n > 0 || !atomic_load(&s->stopping))
        return;
    pthread_mutex_lock(&s->lock);
    pthread_cond_signal(&s->sent);
    pthread_mutex_unlock(&s->lock);
}

static void *on_target(void *lane, const char *target, struct MHD_Connection *connection)
{
    return exchange_new(lane, connection, target);
}

static enum MHD_Result on_access(void *server, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *len, void **context)
{
    (void)server;
    (void)connection;
    (void)url;
    (void)version;
    return exchange_step(*context, method, data, len) ? MHD_YES : MHD_NO;
}

static void on_completed(void *server, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    (void)server;
    (void)connection;
    (void)how;
    if (*context)
        exchange_end(*context);
    *context = NULL;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct lane *lane = arg;
    struct http_server *s = lane->server;
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        metric_add(s->connections, 1);
        *context = peer_add(s->peers, fd);
    } else {
        if (peer_was_cut_short(*context))
            linger_on(s->lingerer, fd);
        peer_remove(s->peers, *context);
        metric_add(s->connections, -1);
        acceptor_left(s->acceptor, lane);
    }
}

/* The query is decoded by target_parse(); the library must leave it alone. */
static size_t no_unescape(void *server, struct MHD_Connection *connection, char *s)
{
    (void)server;
    (void)connection;
    return strlen(s);
}

PRINTF_LIKE(2, 0) static void on_log(void *server, const char *fmt, va_list ap)
{
    (void)server;
    char text[512];
    vsnprintf(text, sizeof text, fmt, ap);
    text[strcspn(text, "\n")] = '\0';
    const char *line = text;
    log_line(LOG_DEBUG, "libmicrohttpd", LOG_S("text", line));
}

static void on_accepted(struct exchange *ex)
{
    ex->owed = true;
    server_owe(ex->server, 1);
    MHD_suspend_connection(ex->connection);
}

static void on_finished(struct exchange *ex)
{
    struct lane *lane = ex->lane; /* ex is gone as soon as the lane sends its answer */
    MHD_resume_connection(ex->connection);
    lane_wake(lane);
}

static int listen_on(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound = {0};
    socklen_t len = sizeof bound;
    if (getsockname(fd, &bound.any, &len) != 0)
        return 0;
    if (bound.any.sa_family == AF_INET6)
        return ntohs(bound.v6.sin6_port);
    return ntohs(bound.v4.sin_port);
}

static err listen_start(struct http_server *s)
{
    char port[16];
    snprintf(port, sizeof port, "%d", s->options.port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(s->options.address, port, &hints, &found);
    if (failed == 0)
        s->listen_fd = listen_on(found);
    if (s->listen_fd < 0) {
        log_line(LOG_ERROR, "cannot listen", LOG_S("address", s->options.address),
                 LOG_I("port", s->options.port),
                 LOG_S("reason", failed ? gai_strerror(failed) : strerror(errno)));
    }
    if (found)
        freeaddrinfo(found);
    if (s->listen_fd < 0)
        return ERR_INTERNAL;
    s->port = port_of(s->listen_fd);
    return OK;
}

/* Many systems give a process 1024 files and let it have more when it asks. */
static void raise_file_limit(unsigned connections)
{
    struct rlimit limit;
    rlim_t wanted = connections + FILES_BESIDES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_line(LOG_WARN, "fewer files may be open than connections are allowed",
                 LOG_I("limit", limit.rlim_cur), LOG_I("connections", connections));
}

static struct MHD_Daemon *daemon_start(struct http_server *s, struct lane *lane)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, on_access, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, s,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)lane->most + LANE_SLACK,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->options.idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK,
        on_target, lane, MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, s, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, lane, MHD_OPTION_END);
}

/* The connections are shared evenly by the threads that were asked for. */
static err lanes_start(struct http_server *s)
{
    int n = s->options.threads < HTTP_LANES_MAX ? s->options.threads : HTTP_LANES_MAX;
    int left = s->options.connections;
    raise_file_limit((unsigned)left);
    while (s->n_lanes < n) {
        struct lane *lane = &s->lanes[s->n_lanes];
        lane->server = s;
        lane->most = (left + n - s->n_lanes - 1) / (n - s->n_lanes);
        left -= lane->most;
        lane->daemon = daemon_start(s, lane);
        s->n_lanes += lane->daemon != NULL;
        if (lane->daemon == NULL || !lane_start(lane)) {
            log_line(LOG_ERROR, "libmicrohttpd does not start");
            return ERR_INTERNAL;
        }
    }
    return OK;
}

static struct metric *refused(const char *label)
{
    return metric_counter("o2c_http_refused_total", "Requests refused by the front end.", label);
}

static struct http_server *server_new(const struct http_options *o, const struct http_handler *h)
{
    struct http_server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->options = *o;
    s->handler = *h;
    s->listen_fd = -1;
    memcpy(s->classes, o->classes, (size_t)o->n_classes * sizeof s->classes[0]);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->sent, &monotonic);
    pthread_condattr_destroy(&monotonic);
    s->connections = metric_gauge("o2c_http_connections", "Open connections.", "");
    s->refused_too_large = refused("reason=\"too_large\"");
    s->refused_malformed = refused("reason=\"malformed\"");
    s->refused_stopping = refused("reason=\"stopping\"");
    return s;
}

static void server_free(struct http_server *s)
{
    if (s->acceptor)
        acceptor_quiesce(s->acceptor);
    for (int i = 0; i < s->n_lanes; i++)
        lane_stop(&s->lanes[i]);
    acceptor_stop(s->acceptor);
    for (int i = 0; i < s->options.n_classes; i++)
        workers_free(s->workers[i]);
    peers_stop(s->peers);
    linger_stop(s->lingerer);
    for (int i = 0; i < s->n_arenas; i++)
        arena_free(s->arenas[i]);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    pthread_cond_destroy(&s->sent);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static err server_run(struct http_server *s)
{
    static const struct workers_hooks hooks = {on_accepted, on_finished};
    for (int i = 0; i < s->options.n_classes; i++)
        TRY(workers_start(&s->classes[i], i, &s->handler, &hooks, &s->workers[i]));
    TRY(peers_start(s->options.request_timeout_us + s->options.idle_timeout_s * INT64_C(1000000),
                    &s->peers));
    TRY(linger_start(&s->lingerer));
    TRY(listen_start(s));
    TRY(lanes_start(s));
    return acceptor_start(s, &s->acceptor);
}

err http_start(const struct http_options *o, const struct http_handler *h, struct http_server **ret)
{
    if (o->n_classes < 1 || o->n_classes > HTTP_CLASSES_MAX || !h->route || !h->run)
        return ERR_INTERNAL;
    struct http_server *s = server_new(o, h);
    if (!s)
        return ERR_INTERNAL;
    err e = server_run(s);
    if (e != OK) {
        server_free(s);
        return e;
    }
    *ret = s;
    return OK;
}

int http_port(const struct http_server *s)
{
    return s->port;
}

static void wait_until_sent(struct http_server *s)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DRAIN_S;
    pthread_mutex_lock(&s->lock);
    int late = 0;
    while (atomic_load(&s->owed) > 0 && late == 0)
        late = pthread_cond_timedwait(&s->sent, &s->lock, &until);
    pthread_mutex_unlock(&s->lock);
}

void http_stop(struct http_server *s)
{
    atomic_store(&s->stopping, true);
    acceptor_quiesce(s->acceptor);
    for (int i = 0; i < s->options.n_classes; i++)
        workers_close(s->workers[i]);
    for (int i = 0; i < s->options.n_classes; i++)
        workers_join(s->workers[i]);
    wait_until_sent(s);
    server_free(s);
}
