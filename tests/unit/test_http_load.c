/* The front end under many busy connections: no stall, nothing lost, a clean stop in the middle.
 * libmicrohttpd 0.9.75 hangs when one of its threads has 128 ready connections; these tests are the
 * guard of the limit of connections per thread. */
#include "lib/base/date.h"
#include "lib/http/http.h"
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MAX 512
#define STALL_MS 5000 /* no event for this long is a stall: far below the server's timeouts */
#define TOTAL_LIMIT_US 120000000
#ifdef __SANITIZE_THREAD__
#define ROUNDS 10
#else
#define ROUNDS 100
#endif

static atomic_int ran, finished, refused;

static void route(struct http_request *r, void *arg)
{
    (void)arg;
    r->body_max = 4096;
    r->batch_max = 8;
}

static void admit(struct http_request *r, void *arg)
{
    (void)arg;
    r->group = r->body_len > 0;
}

static void run(struct http_request **r, size_t n, int class, int worker, void *arg)
{
    (void)class;
    (void)worker;
    (void)arg;
    for (size_t i = 0; i < n; i++) {
        atomic_fetch_add(&ran, 1);
        if (r[i]->body_len > 0)
            http_respond(r[i], 201, "text/plain", r[i]->body, r[i]->body_len);
        else
            http_respond(r[i], 200, "text/plain", "fine", 4);
    }
}

static void done(struct http_request *r, void *arg)
{
    (void)arg;
    atomic_fetch_add(r->response.status < 300 ? &finished : &refused, 1);
}

static struct http_server *start(int threads, int connections)
{
    static const struct http_handler handler = {route, admit, run, done, NULL};
    static const struct http_class class = {"load", 3, 1024};
    struct http_options o = {.address = "127.0.0.1",
                             .threads = threads,
                             .connections = connections,
                             .idle_timeout_s = 60,
                             .request_timeout_us = 60000000,
                             .arena_limit = 1 << 20,
                             .classes = &class,
                             .n_classes = 1};
    struct http_server *s = NULL;
    ran = finished = refused = 0;
    ck_assert_int_eq(http_start(&o, &handler, &s), OK);
    return s;
}

/* One keep-alive client: sends, waits for the whole reply, sends again. */
struct client {
    int fd; /* -1: finished */
    int rounds;
    size_t n;
    char buf[2048];
};

struct load {
    int epoll, port;
    int open;     /* clients not finished */
    int replies;  /* complete and as expected */
    int failures; /* connections lost or wrong replies */
    struct client clients[CLIENTS_MAX];
};

static const char get_text[] = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
static const char post_text[] =
    "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789";

static bool is_post(const struct load *l, const struct client *c)
{
    return (c - l->clients + c->rounds) % 2 == 1;
}

static void client_close(struct load *l, struct client *c, bool failed)
{
    close(c->fd);
    c->fd = -1;
    l->open--;
    l->failures += failed;
}

static void client_send(struct load *l, struct client *c)
{
    const char *text = is_post(l, c) ? post_text : get_text;
    size_t len = strlen(text);
    if (send(c->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        client_close(l, c, true);
}

static void client_open(struct load *l, struct client *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)l->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->rounds = 0;
    c->n = 0;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(c->fd, 0);
    ck_assert_int_eq(connect(c->fd, (struct sockaddr *)&to, sizeof to), 0);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    ck_assert_int_eq(epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event), 0);
    l->open++;
}

/* The length of the complete reply in the buffer, or 0. */
static size_t reply_length(const struct client *c)
{
    const char *end = strstr(c->buf, "\r\n\r\n");
    const char *length = strcasestr(c->buf, "Content-Length:");
    if (!end || !length)
        return 0;
    size_t total = (size_t)(end + 4 - c->buf) + strtoul(length + 15, NULL, 10);
    return c->n >= total ? total : 0;
}

static void client_read(struct load *l, struct client *c, int rounds)
{
    ssize_t n = recv(c->fd, c->buf + c->n, sizeof c->buf - 1 - c->n, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            client_close(l, c, true);
        return;
    }
    c->n += (size_t)n;
    c->buf[c->n] = '\0';
    size_t total = reply_length(c);
    if (total == 0)
        return;
    const char *expected = is_post(l, c) ? "HTTP/1.1 201" : "HTTP/1.1 200";
    const char *body = is_post(l, c) ? "\r\n\r\n0123456789" : "\r\n\r\nfine";
    if (total != c->n || strncmp(c->buf, expected, 12) != 0 ||
        strcmp(c->buf + total - strlen(body), body) != 0) {
        client_close(l, c, true);
        return;
    }
    l->replies++;
    c->n = 0;
    if (++c->rounds == rounds)
        client_close(l, c, false);
    else
        client_send(l, c);
}

static struct load *load_open(int port, int clients)
{
    struct load *l = calloc(1, sizeof *l);
    l->port = port;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < clients; i++)
        client_open(l, &l->clients[i]);
    for (int i = 0; i < clients; i++)
        client_send(l, &l->clients[i]);
    return l;
}

/* Until all clients have had their rounds. False: nothing came for STALL_MS. */
static bool load_run(struct load *l, int rounds)
{
    struct epoll_event events[64];
    int64_t start_us = clock_monotonic_us();
    while (l->open > 0) {
        int n = epoll_wait(l->epoll, events, 64, STALL_MS);
        if (n == 0 || clock_monotonic_us() - start_us > TOTAL_LIMIT_US)
            return false;
        for (int i = 0; i < n; i++)
            client_read(l, events[i].data.ptr, rounds);
    }
    return true;
}

static void load_close(struct load *l)
{
    close(l->epoll);
    free(l);
}

static const struct {
    int clients, threads, connections;
} shapes[] = {{130, 1, 240}, {130, 4, 480}, {256, 1, 100000}, {512, 5, 600}, {512, 8, 400}};

START_TEST(busy_connections_all_finish)
{
    int clients = shapes[_i].clients;
    struct http_server *s = start(shapes[_i].threads, shapes[_i].connections);
    struct load *l = load_open(http_port(s), clients);
    ck_assert_msg(load_run(l, ROUNDS), "stalled with %d of %d open", l->open, clients);
    ck_assert_int_eq(l->failures, 0);
    ck_assert_int_eq(l->replies, clients * ROUNDS);
    load_close(l);
    http_stop(s);
    ck_assert_int_eq(ran, clients * ROUNDS);
    ck_assert_int_eq(finished, clients * ROUNDS);
    ck_assert_int_eq(refused, 0);
}
END_TEST

START_TEST(connections_above_the_limit_wait_for_their_turn)
{
    struct http_server *s = start(1, 100);
    struct load *l = load_open(http_port(s), 300);
    ck_assert_msg(load_run(l, ROUNDS), "stalled with %d of 300 open", l->open);
    ck_assert_int_eq(l->failures, 0);
    ck_assert_int_eq(l->replies, 300 * ROUNDS);
    load_close(l);
    http_stop(s);
}
END_TEST

static void *load_main(void *arg)
{
    struct load *l = arg;
    load_run(l, 1000000);
    return NULL;
}

START_TEST(a_stop_under_load_answers_everything_that_ran)
{
    for (int round = 0; round < 5; round++) {
        struct http_server *s = start(4, 480);
        struct load *l = load_open(http_port(s), 200);
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, load_main, l), 0);
        usleep(200000);
        int64_t start_us = clock_monotonic_us();
        http_stop(s);
        ck_assert_int_lt(clock_monotonic_us() - start_us, 4000000);
        pthread_join(thread, NULL);
        ck_assert_int_eq(l->open, 0);
        ck_assert_int_gt(l->replies, 0);
        /* Whatever a worker did was answered, and the client had the answer. */
        ck_assert_int_eq(ran, finished);
        ck_assert_int_eq(l->replies, finished);
        load_close(l);
    }
}
END_TEST

START_TEST(starting_and_stopping_again_and_again_is_clean)
{
    for (int i = 0; i < 20; i++)
        http_stop(start(1 + i % 3, 500));
}
END_TEST

/* Both ends of 512 connections are in this process. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        abort();
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        abort();
}

int main(void)
{
    raise_file_limit();
    Suite *suite = suite_create("http load");
    TCase *tc = tcase_create("all");
    tcase_set_timeout(tc, 180);
    tcase_add_loop_test(tc, busy_connections_all_finish, 0, (int)COUNT_OF(shapes));
    tcase_add_test(tc, connections_above_the_limit_wait_for_their_turn);
    tcase_add_test(tc, a_stop_under_load_answers_everything_that_ran);
    tcase_add_test(tc, starting_and_stopping_again_and_again_is_clean);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
