/* See http_load.h. */
#include "tests/bench/http_load.h"
#include "lib/base/date.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 2048
#define REPLY_INITIAL 16384
#define DRAIN_US INT64_C(15000000)
#define CONNECT_TRIES 50

struct link {
    int fd;
    bool busy;
    uint64_t n;
    int64_t since_us;
    size_t out_len, out_sent;
    char *in, *out;
    size_t in_len, in_cap;
};

struct run {
    const struct http_load *load;
    struct http_load_result *result;
    struct link *links;
    struct link **idle; /* with fixed times: the free ones */
    int n_idle, busy;
    int epoll;
    uint64_t next;
    int64_t began_us, end_us;
    bool failed;
};

int64_t http_load_rate(const struct http_load_result *r)
{
    return r->took_us == 0 ? 0 : r->good * 1000000 / r->took_us;
}

static void *must(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

/* ---- connections ---- */

static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (int i = 0; i < CONNECT_TRIES; i++) {
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
            return fd;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    close(fd);
    return -1;
}

static bool open_link(struct run *r, struct link *l)
{
    l->fd = connect_to(r->load->port);
    l->busy = false;
    l->in_len = 0;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
    if (l->fd >= 0 && epoll_ctl(r->epoll, EPOLL_CTL_ADD, l->fd, &e) == 0)
        return true;
    r->failed = true;
    return false;
}

static bool reopen_link(struct run *r, struct link *l)
{
    close(l->fd);
    return open_link(r, l);
}

/* ---- sending ---- */

static bool may_send(const struct run *r, int64_t now)
{
    return now < r->end_us && (r->load->most == 0 || r->next < (uint64_t)r->load->most);
}

/* A request fits into an empty socket buffer; the rare rest is written blocking. */
static void send_next(struct run *r, struct link *l, int64_t since_us)
{
    l->n = r->next++;
    l->since_us = since_us;
    l->out_len = r->load->make(r->load->arg, l->n, l->out);
    l->busy = true;
    r->busy++;
    for (l->out_sent = 0; l->out_sent < l->out_len;) {
        ssize_t sent = send(l->fd, l->out + l->out_sent, l->out_len - l->out_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return; /* the closed connection shows when it is read */
        if (sent > 0)
            l->out_sent += (size_t)sent;
    }
}

static void free_link(struct run *r, struct link *l, int64_t now)
{
    l->busy = false;
    r->busy--;
    if (r->load->rate > 0)
        r->idle[r->n_idle++] = l;
    else if (may_send(r, now))
        send_next(r, l, now);
}

/* ---- receiving ---- */

struct reply {
    int status;
    bool closes, hint; /* Connection: close; Retry-After */
    const char *body;
    size_t body_len, whole;
};

static bool header_is(const char *line, const char *name, size_t len)
{
    return strncasecmp(line, name, len) == 0;
}

/* False while the reply is incomplete. */
static bool parse_reply(const struct link *l, struct reply *ret)
{
    const char *end = memmem(l->in, l->in_len, "\r\n\r\n", 4);
    if (end == NULL || l->in_len < 12)
        return false;
    *ret = (struct reply){.status = (int)strtol(l->in + 9, NULL, 10)};
    for (const char *p = memchr(l->in, '\n', l->in_len); p != NULL && p < end;
         p = memchr(p, '\n', (size_t)(end + 2 - p))) {
        p++;
        if (header_is(p, "content-length:", 15))
            ret->body_len = (size_t)strtoul(p + 15, NULL, 10);
        else if (header_is(p, "connection: close", 17))
            ret->closes = true;
        else if (header_is(p, "retry-after:", 12))
            ret->hint = true;
    }
    ret->body = end + 4;
    ret->whole = (size_t)(ret->body - l->in) + ret->body_len;
    return l->in_len >= ret->whole;
}

static void count_reply(struct run *r, struct link *l, const struct reply *reply, int64_t now)
{
    struct http_load_result *result = r->result;
    if (reply->status == 503) {
        result->refused++;
        result->refused_without_hint += !reply->hint;
        histogram_add(&result->refusals, now - l->since_us);
    } else if (r->load->check(r->load->arg, l->n, reply->status, reply->body, reply->body_len)) {
        result->good++;
        histogram_add(&result->latency, now - l->since_us);
    } else {
        if (result->wrong++ == 0)
            snprintf(result->sample, sizeof result->sample, "%.*s", (int)reply->whole, l->in);
    }
}

static void lost(struct run *r, struct link *l, int64_t now)
{
    bool was_busy = l->busy;
    r->result->broken += was_busy;
    if (!reopen_link(r, l))
        r->busy -= was_busy;
    else if (was_busy)
        free_link(r, l, now);
}

static void receive(struct run *r, struct link *l)
{
    if (l->in_cap - l->in_len < REPLY_INITIAL / 2) {
        l->in_cap = l->in_cap * 2 + REPLY_INITIAL;
        l->in = must(realloc(l->in, l->in_cap));
    }
    ssize_t got = recv(l->fd, l->in + l->in_len, l->in_cap - l->in_len - 1, MSG_DONTWAIT);
    int64_t now = clock_monotonic_us();
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        lost(r, l, now);
        return;
    }
    l->in_len += (size_t)got;
    l->in[l->in_len] = '\0';
    struct reply reply;
    if (!parse_reply(l, &reply))
        return;
    count_reply(r, l, &reply, now);
    l->in_len = 0;
    if (reply.closes && !reopen_link(r, l)) {
        r->busy--;
        return;
    }
    free_link(r, l, now);
}

/* ---- the loop ---- */

/* Sends what is due; returns how long nothing more will be. */
static int send_due(struct run *r, int64_t now)
{
    const struct http_load *load = r->load;
    if (load->rate == 0)
        return 100;
    while (may_send(r, now)) {
        int64_t due = r->began_us + (int64_t)((__int128)(r->next + (uint64_t)r->result->skipped) *
                                              1000000 / load->rate);
        if (due > now)
            return due - now > 1500 ? 1 : 0;
        if (r->n_idle == 0)
            r->result->skipped++;
        else
            send_next(r, r->idle[--r->n_idle], due);
    }
    return 100;
}

/* Sleeps until the next look; returns how long epoll may wait after that. */
static int pause_for(const struct http_load *load, int wait_ms)
{
    if (load->tick_ms == 0)
        return wait_ms;
    nanosleep(&(struct timespec){.tv_nsec = load->tick_ms * 1000000L}, NULL);
    return 0;
}

static void loop(struct run *r)
{
    struct epoll_event events[EVENTS];
    r->began_us = clock_monotonic_us();
    r->end_us = r->began_us + r->load->for_us;
    for (int i = 0; i < r->load->connections; i++) {
        if (r->load->rate > 0)
            r->idle[r->n_idle++] = &r->links[i];
        else if (may_send(r, r->began_us))
            send_next(r, &r->links[i], clock_monotonic_us());
    }
    for (;;) {
        int64_t now = clock_monotonic_us();
        if (!may_send(r, now) && (r->busy == 0 || now > r->end_us + DRAIN_US))
            break;
        int n = epoll_wait(r->epoll, events, EVENTS, pause_for(r->load, send_due(r, now)));
        for (int i = 0; i < n && !r->failed; i++)
            receive(r, events[i].data.ptr);
        if (r->failed)
            break;
    }
    r->result->took_us = clock_monotonic_us() - r->began_us;
    r->result->broken += r->busy;
}

bool http_load_run(const struct http_load *load, struct http_load_result *ret)
{
    *ret = (struct http_load_result){0};
    size_t n = (size_t)load->connections;
    struct run r = {.load = load, .result = ret};
    r.links = must(calloc(n, sizeof *r.links));
    r.idle = must(calloc(n, sizeof(struct link *)));
    r.epoll = epoll_create1(EPOLL_CLOEXEC);
    size_t request_max = load->request_max > 0 ? load->request_max : HTTP_LOAD_REQUEST_MAX;
    for (size_t i = 0; i < n && !r.failed; i++) {
        r.links[i].out = must(malloc(request_max));
        open_link(&r, &r.links[i]);
    }
    if (!r.failed)
        loop(&r);
    for (size_t i = 0; i < n; i++) {
        if (r.links[i].fd > 0)
            close(r.links[i].fd);
        free(r.links[i].in);
        free(r.links[i].out);
    }
    free(r.links);
    free(r.idle);
    close(r.epoll);
    return !r.failed;
}

/* ---- connections that only wait ---- */

/* A connection that was taken answers a request; one that waits in the backlog does not. */
static bool answers(int fd, int64_t wait_us)
{
    static const char ask[] = "GET /healthz HTTP/1.1\r\nHost: o2c\r\n\r\n";
    char got[1024];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) == (ssize_t)sizeof ask - 1 &&
           poll(&p, 1, (int)(wait_us / 1000)) == 1 && recv(fd, got, sizeof got, 0) > 12 &&
           memcmp(got, "HTTP/1.1 200", 12) == 0;
}

int http_load_hold(int port, int n, int64_t wait_us, struct http_load_idle *ret)
{
    *ret = (struct http_load_idle){.fds = must(calloc((size_t)n, sizeof(int)))};
    for (int i = 0; i < n; i++) {
        int fd = connect_to(port);
        if (fd < 0)
            break;
        ret->fds[ret->n++] = fd;
        if (!answers(fd, wait_us))
            return ret->n - 1;
    }
    return ret->n;
}

void http_load_release(struct http_load_idle *idle)
{
    for (int i = 0; i < idle->n; i++)
        close(idle->fds[i]);
    free(idle->fds);
}
