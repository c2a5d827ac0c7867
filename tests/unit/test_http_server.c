/* The front end as one client sees it: framing, limits, refusals, batches, deadlines. */
#include "lib/base/date.h"
#include "lib/base/log.h"
#include "lib/base/metrics.h"
#include "lib/http/http.h"
#include "tests/support/raw_http.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REPLY_PROBLEM(reply_, status_, code_)                                                      \
    do {                                                                                           \
        ck_assert_int_eq((reply_).status, (status_));                                              \
        ck_assert_str_eq(raw_header(&(reply_), "Content-Type"), "application/problem+json");       \
        ck_assert_ptr_nonnull(strstr((reply_).body, "\"code\":\"" code_ "\""));                    \
    } while (0)

static struct http_server *server;
static int port;
static struct raw_http a, b, c, d;
static struct raw_reply reply;

/* What the handlers below saw; under lock. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool gate_open;
    int blocked; /* workers held at the gate */
    int routed, done;
    int done_status; /* of the last request */
    char runs[256];  /* "a,b|c|": the paths run, by batch */
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static void route(struct http_request *r, void *arg)
{
    (void)arg;
    pthread_mutex_lock(&seen.lock);
    seen.routed++;
    pthread_mutex_unlock(&seen.lock);
    r->body_max = strcmp(r->path, "/small") == 0 ? 10 : 1 << 20;
    r->batch_max = 3;
    r->class = strcmp(r->path, "/other") == 0;
    if (strcmp(r->path, "/missing") == 0)
        http_respond(r, 404, "text/plain", "missing", 7);
}

static void admit(struct http_request *r, void *arg)
{
    (void)arg;
    if (strncmp(r->path, "/group/", 7) == 0)
        r->group = strtoul(r->path + 7, NULL, 10);
    if (strcmp(r->path, "/refused") == 0)
        http_respond(r, 400, "text/plain", "refused", 7);
}

static void wait_at_gate(void)
{
    seen.blocked++;
    pthread_cond_broadcast(&seen.change);
    while (!seen.gate_open)
        pthread_cond_wait(&seen.change, &seen.lock);
    seen.blocked--;
}

static void respond(struct http_request *r)
{
    if (strcmp(r->path, "/echo") == 0 || strcmp(r->path, "/small") == 0)
        http_respond(r, 200, "text/plain", r->body, r->body_len);
    if (strcmp(r->path, "/silent") == 0 || r->response.status != 0)
        return;
    const char *text = arena_printf(r->arena, "%s %s %zu %zu %s %s %s", r->method, r->path,
                                    r->n_query, r->body_len, r->remote, r->traceparent,
                                    http_header(r, "x-extra") ? http_header(r, "x-extra") : "-");
    http_respond(r, 200, "text/plain", text, strlen(text));
    if (strcmp(r->path, "/cached") == 0)
        http_set_header(r, "Cache-Control", "max-age=60");
}

static void run(struct http_request **r, size_t n, int class, int worker, void *arg)
{
    (void)class;
    (void)worker;
    (void)arg;
    pthread_mutex_lock(&seen.lock);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(seen.runs);
        snprintf(seen.runs + len, sizeof seen.runs - len, "%s%s", strrchr(r[i]->raw_path, '/') + 1,
                 i + 1 < n ? "," : "|");
        if (strcmp(r[i]->path, "/block") == 0)
            wait_at_gate();
    }
    pthread_mutex_unlock(&seen.lock);
    for (size_t i = 0; i < n; i++)
        respond(r[i]);
}

static void done(struct http_request *r, void *arg)
{
    (void)arg;
    pthread_mutex_lock(&seen.lock);
    seen.done++;
    seen.done_status = r->response.status;
    pthread_cond_broadcast(&seen.change);
    pthread_mutex_unlock(&seen.lock);
}

static const struct http_handler handler = {route, admit, run, done, NULL};

static void start(int workers, int queue_max, int64_t timeout_us, int idle_s)
{
    struct http_class classes[] = {{"main", workers, queue_max}, {"other", 1, 4}};
    struct http_options o = {.address = "127.0.0.1",
                             .threads = 2,
                             .connections = 100,
                             .idle_timeout_s = idle_s,
                             .request_timeout_us = timeout_us,
                             .arena_limit = 1 << 24,
                             .classes = classes,
                             .n_classes = 2};
    seen.gate_open = false;
    seen.blocked = seen.routed = seen.done = seen.done_status = 0;
    seen.runs[0] = '\0';
    ck_assert_int_eq(http_start(&o, &handler, &server), OK);
    port = http_port(server);
    ck_assert_int_gt(port, 0);
}

static void start_usual(void)
{
    start(2, 16, 20000000, 20);
}

static void open_gate(void)
{
    pthread_mutex_lock(&seen.lock);
    seen.gate_open = true;
    pthread_cond_broadcast(&seen.change);
    pthread_mutex_unlock(&seen.lock);
}

static void stop(void)
{
    open_gate();
    http_stop(server);
}

static void await(const int *counter, int value)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&seen.lock);
    while (*counter != value)
        ck_assert_int_eq(pthread_cond_timedwait(&seen.change, &seen.lock, &until), 0);
    pthread_mutex_unlock(&seen.lock);
}

static struct metric *depth(void)
{
    return metric_gauge("o2c_http_queue_depth", "", "class=\"main\"");
}

static void await_depth(int64_t n)
{
    for (int i = 0; i < 1000 && metric_value(depth()) != n; i++)
        usleep(10000);
    ck_assert_int_eq(metric_value(depth()), n);
}

static void get(struct raw_http *client, const char *target)
{
    char text[512];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    raw_send(client, text);
}

START_TEST(a_get_is_answered_with_the_standard_headers)
{
    start_usual();
    raw_open(&a, port);
    raw_send(&a, "GET /x%20y?p=1&q HTTP/1.1\r\nHost: x\r\nX-Extra: seven\r\n"
                 "X-Request-Id: job-7\r\n"
                 "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n");
    ck_assert(raw_read(&a, &reply));
    ck_assert_int_eq(reply.status, 200);
    ck_assert_str_eq(raw_header(&reply, "X-Request-Id"), "job-7");
    ck_assert_str_eq(raw_header(&reply, "Content-Type"), "text/plain");
    ck_assert_str_eq(raw_header(&reply, "Cache-Control"), "no-store");
    ck_assert_str_eq(raw_header(&reply, "X-Content-Type-Options"), "nosniff");
    const char *expected = "GET /x y 2 0 127.0.0.1 00-4bf92f3577b34da6a3ce929d0e0e4736-";
    ck_assert_mem_eq(reply.body, expected, strlen(expected));
    ck_assert_str_eq(reply.body + strlen(expected) + 16, "-01 seven");
    get(&a, "/cached");
    ck_assert(raw_read(&a, &reply));
    ck_assert_str_eq(raw_header(&reply, "Cache-Control"), "max-age=60");
    ck_assert_uint_eq(strlen(raw_header(&reply, "X-Request-Id")), 36);
    await(&seen.done, 2);
    ck_assert_int_eq(seen.done_status, 200);
    raw_close(&a);
    stop();
}
END_TEST

START_TEST(head_is_get_without_the_body)
{
    start_usual();
    raw_open(&a, port);
    raw_send(&a, "HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert(raw_read_head_reply(&a, &reply));
    ck_assert_int_eq(reply.status, 200);
    ck_assert_str_eq(raw_header(&reply, "Content-Length"), "78");
    get(&a, "/again");
    ck_assert(raw_read(&a, &reply));
    ck_assert_mem_eq(reply.body, "GET /again ", 11);
    raw_close(&a);
    stop();
}
END_TEST

START_TEST(a_body_arrives_whole_however_it_is_cut)
{
    start_usual();
    raw_open(&a, port);
    raw_send(&a, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhel");
    usleep(50000);
    raw_send(&a, "lo w");
    usleep(50000);
    raw_send(&a, "orld");
    ck_assert(raw_read(&a, &reply));
    ck_assert_str_eq(reply.body, "hello world");
    raw_send(&a, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n");
    usleep(50000);
    raw_send(&a, "a;ext=1\r\n0123456789\r\n0\r\n\r\n");
    ck_assert(raw_read(&a, &reply));
    ck_assert_str_eq(reply.body, "abc0123456789");
    raw_send(&a, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    ck_assert(raw_read(&a, &reply));
    ck_assert_int_eq(reply.status, 200);
    ck_assert_uint_eq(reply.body_len, 0);
    raw_close(&a);
    stop();
}
END_TEST

START_TEST(a_large_body_comes_back_unchanged)
{
    static char body[120000];
    static char head[128];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)('a' + i * 7 % 26);
    start_usual();
    for (int chunked = 0; chunked < 2; chunked++) {
        raw_open(&a, port);
        snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\nHost: x\r\n%s: %s\r\n\r\n%s",
                 chunked ? "Transfer-Encoding" : "Content-Length", chunked ? "chunked" : "120000",
                 chunked ? "1D4C0\r\n" : "");
        raw_send(&a, head);
        ck_assert(raw_send_bytes(&a, body, sizeof body));
        if (chunked)
            raw_send(&a, "\r\n0\r\n\r\n");
        ck_assert(raw_read(&a, &reply));
        ck_assert_uint_eq(reply.body_len, sizeof body);
        ck_assert_mem_eq(reply.body, body, sizeof body);
        raw_close(&a);
    }
    stop();
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    start_usual();
    raw_open(&a, port);
    raw_send(&a, "GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
                 "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntwo"
                 "GET /missing HTTP/1.1\r\nHost: x\r\n\r\n"
                 "GET /four HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert(raw_read(&a, &reply));
    ck_assert_mem_eq(reply.body, "GET /one ", 9);
    ck_assert(raw_read(&a, &reply));
    ck_assert_str_eq(reply.body, "two");
    ck_assert(raw_read(&a, &reply));
    ck_assert_int_eq(reply.status, 404);
    ck_assert(raw_read(&a, &reply));
    ck_assert_mem_eq(reply.body, "GET /four ", 10);
    raw_close(&a);
    stop();
}
END_TEST

START_TEST(expect_100_continue_is_answered_before_the_body)
{
    start_usual();
    raw_open(&a, port);
    raw_send(&a, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                 "Expect: 100-continue\r\n\r\n");
    ck_assert(raw_read_head_reply(&a, &reply));
    ck_assert_int_eq(reply.status, 100);
    raw_send(&a, "ok");
    ck_assert(raw_read(&a, &reply));
    ck_assert_str_eq(reply.body, "ok");
    raw_send(&a, "POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n"
                 "Expect: 100-continue\r\n\r\n");
    ck_assert(raw_read(&a, &reply));
    REPLY_PROBLEM(reply, 413, "too_large");
    raw_close(&a);
    stop();
}
END_TEST

START_TEST(a_refused_small_body_keeps_the_connection)
{
    start_usual();
    raw_open(&a, port);
    raw_send(&a, "POST /missing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    ck_assert(raw_read(&a, &reply));
    ck_assert_int_eq(reply.status, 404);
    raw_send(&a, "POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world");
    ck_assert(raw_read(&a, &reply));
    REPLY_PROBLEM(reply, 413, "too_large");
    ck_assert_ptr_nonnull(strstr(reply.body, "The body may have at most 10 bytes."));
    raw_send(&a, "POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello worl");
    ck_assert(raw_read(&a, &reply));
    ck_assert_str_eq(reply.body, "hello worl");
    raw_send(&a, "POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    ck_assert(raw_read(&a, &reply));
    ck_assert_int_eq(reply.status, 400);
    ck_assert_str_eq(reply.body, "refused");
    raw_close(&a);
    stop();
}
END_TEST

START_TEST(a_refused_large_body_is_not_waited_for)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "GET"};
    char text[256];
    start_usual();
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        raw_open(&a, port);
        /* What follows the headers must not be read as a request of its own. */
        snprintf(text, sizeof text,
                 "%s /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
                 "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
                 methods[i]);
        raw_send(&a, text);
        ck_assert(raw_read(&a, &reply));
        REPLY_PROBLEM(reply, 413, "too_large");
        ck_assert_str_eq(raw_header(&reply, "Connection"), "close");
        ck_assert(raw_at_end(&a));
        raw_close(&a);
    }
    stop();
    ck_assert_int_eq(seen.routed, COUNT_OF(methods));
    ck_assert_str_eq(seen.runs, "");
}
END_TEST

static int status_with_header_of(size_t len)
{
    static char value[10000];
    memset(value, 'a', len);
    raw_open(&a, port);
    raw_send(&a, "GET /x HTTP/1.1\r\nHost: x\r\nX-Long: ");
    ck_assert(raw_send_bytes(&a, value, len));
    raw_send(&a, "\r\n\r\n");
    ck_assert(raw_read(&a, &reply));
    raw_close(&a);
    return reply.status;
}

START_TEST(headers_have_their_limit)
{
    start_usual();
    ck_assert_int_eq(status_with_header_of(7000), 200);
    ck_assert_int_eq(status_with_header_of(8200), 431);
    stop();
}
END_TEST

START_TEST(who_goes_on_sending_reads_the_refusal_all_the_same)
{
    static char part[65536];
    start_usual();
    raw_open(&a, port);
    raw_send(&a, "POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n");
    for (int i = 0; i < 100; i++)
        ck_assert(raw_send_bytes(&a, part, sizeof part));
    ck_assert(raw_read(&a, &reply));
    REPLY_PROBLEM(reply, 413, "too_large");
    ck_assert(raw_at_end(&a));
    raw_close(&a);
    stop();
}
END_TEST

START_TEST(a_chunked_body_is_limited_as_it_arrives)
{
    start_usual();
    raw_open(&a, port);
    raw_send(&a, "POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "6\r\nhello \r\n6\r\nworld!\r\n0\r\n\r\n");
    ck_assert(raw_read(&a, &reply));
    REPLY_PROBLEM(reply, 413, "too_large");
    raw_send(&a, "POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "6\r\nhello \r\n4\r\nworl\r\n0\r\n\r\n");
    ck_assert(raw_read(&a, &reply));
    ck_assert_str_eq(reply.body, "hello worl");
    raw_close(&a);

    /* One that never ends is cut off. */
    static char chunk[65536 + 9] = "10000\r\n";
    memcpy(chunk + 7 + 65536, "\r\n", 2);
    raw_open(&a, port);
    raw_send(&a, "POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    int sent = 0;
    while (sent < 1000 && raw_send_bytes(&a, chunk, sizeof chunk))
        sent++;
    ck_assert_int_ge(sent, 60);
    ck_assert_int_lt(sent, 1000);
    raw_close(&a);
    await(&seen.done, 3);
    stop();
}
END_TEST

START_TEST(ambiguous_framing_is_refused_and_the_connection_closed)
{
    static const char *const heads[] = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "Content-Length: 5\r\nContent-Length: 35\r\n\r\nhello",
        "Transfer-Encoding: gzip\r\n\r\nhello",
        "Transfer-Encoding: gzip, chunked\r\n\r\nhello",
    };
    start_usual();
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        raw_open(&a, port);
        raw_send(&a, "POST /echo HTTP/1.1\r\nHost: x\r\n");
        raw_send(&a, heads[i]);
        raw_send(&a, "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
        ck_assert(raw_read(&a, &reply));
        ck_assert_int_eq(reply.status, 400);
        ck_assert(!raw_read(&a, &reply));
        raw_close(&a);
    }
    stop();
    ck_assert_int_eq(seen.routed, 0);
}
END_TEST

START_TEST(a_bad_target_is_a_problem_and_the_connection_goes_on)
{
    start_usual();
    raw_open(&a, port);
    get(&a, "/a%zz");
    ck_assert(raw_read(&a, &reply));
    REPLY_PROBLEM(reply, 400, "syntax");
    get(&a, "/a?x=%00");
    ck_assert(raw_read(&a, &reply));
    REPLY_PROBLEM(reply, 400, "syntax");
    get(&a, "/fine");
    ck_assert(raw_read(&a, &reply));
    ck_assert_int_eq(reply.status, 200);
    raw_close(&a);
    stop();
    ck_assert_int_eq(seen.routed, 1);
}
END_TEST

START_TEST(a_request_left_without_a_response_is_an_internal_error)
{
    log_set_level(LOG_OFF);
    start_usual();
    raw_open(&a, port);
    get(&a, "/silent");
    ck_assert(raw_read(&a, &reply));
    REPLY_PROBLEM(reply, 500, "internal");
    raw_close(&a);
    stop();
}
END_TEST

START_TEST(half_sent_requests_are_cut_while_others_are_served)
{
    start(1, 4, 20000000, 1);
    raw_open(&a, port);
    raw_send(&a, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nhalf");
    raw_open(&b, port);
    raw_send(&b, "GET /never HTTP/1.1\r\nHos");
    raw_open(&d, port);
    raw_open(&c, port);
    int64_t start_us = clock_monotonic_us();
    while (clock_monotonic_us() - start_us < 500000) {
        get(&c, "/quick");
        ck_assert(raw_read(&c, &reply));
        ck_assert_int_eq(reply.status, 200);
        usleep(20000);
    }
    ck_assert(!raw_read(&a, &reply));
    ck_assert(!raw_read(&b, &reply));
    ck_assert(raw_at_end(&d));
    ck_assert_int_lt(clock_monotonic_us() - start_us, 5000000);
    raw_close(&a);
    raw_close(&b);
    raw_close(&c);
    raw_close(&d);
    stop();
    /* The one whose headers were complete was routed, and told of. */
    ck_assert_int_eq(seen.routed, seen.done);
}
END_TEST

START_TEST(a_body_that_drips_past_the_deadline_is_cut)
{
    start(1, 4, 300000, 20);
    raw_open(&a, port);
    raw_send(&a, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    int64_t start_us = clock_monotonic_us();
    int drops = 0;
    while (drops < 200 && raw_send_bytes(&a, "x", 1)) {
        usleep(20000);
        drops++;
    }
    ck_assert_int_lt(drops, 200);
    ck_assert_int_ge(clock_monotonic_us() - start_us, 300000);
    raw_close(&a);
    await(&seen.done, 1);
    ck_assert_int_eq(seen.done_status, 499);
    stop();
}
END_TEST

START_TEST(headers_that_drip_are_cut)
{
    start(1, 4, 300000, 1);
    raw_open(&a, port);
    raw_open(&b, port);
    static const char head[] = "GET /drip HTTP/1.1\r\nHost: x\r\nX-Long: ";
    int64_t start_us = clock_monotonic_us();
    int drops = 0;
    while (drops < 200 &&
           raw_send_bytes(&a, drops < (int)sizeof head - 1 ? &head[drops] : "x", 1)) {
        usleep(30000);
        get(&b, "/fine"); /* a busy connection of the same age is left alone */
        ck_assert(raw_read(&b, &reply));
        ck_assert_int_eq(reply.status, 200);
        drops++;
    }
    ck_assert_int_lt(drops, 200);
    ck_assert_int_ge(clock_monotonic_us() - start_us, 1300000);
    raw_close(&a);
    raw_close(&b);
    stop();
    ck_assert_int_eq(seen.routed, seen.done);
}
END_TEST

START_TEST(a_full_queue_refuses_at_once)
{
    start(1, 2, 20000000, 20);
    raw_open(&a, port);
    get(&a, "/block");
    await(&seen.blocked, 1);
    raw_open(&b, port);
    raw_open(&c, port);
    get(&b, "/b");
    await_depth(1);
    get(&c, "/c");
    await_depth(2);
    raw_open(&d, port);
    for (int i = 0; i < 3; i++) {
        get(&d, "/d");
        ck_assert(raw_read(&d, &reply));
        REPLY_PROBLEM(reply, 503, "overloaded");
        ck_assert_str_eq(raw_header(&reply, "Retry-After"), "1");
        ck_assert_ptr_nonnull(strstr(reply.body, "\"retryable\":true"));
    }
    get(&d, "/other"); /* another class has its own queue and worker */
    ck_assert(raw_read(&d, &reply));
    ck_assert_int_eq(reply.status, 200);
    open_gate();
    ck_assert(raw_read(&a, &reply));
    ck_assert_mem_eq(reply.body, "GET /block ", 11);
    ck_assert(raw_read(&b, &reply));
    ck_assert_mem_eq(reply.body, "GET /b ", 7);
    ck_assert(raw_read(&c, &reply));
    ck_assert_mem_eq(reply.body, "GET /c ", 7);
    raw_close(&a);
    raw_close(&b);
    raw_close(&c);
    raw_close(&d);
    stop();
}
END_TEST

START_TEST(a_deadline_in_the_queue_is_answered_while_the_worker_is_busy)
{
    start(1, 4, 300000, 20);
    raw_open(&a, port);
    raw_open(&b, port);
    get(&a, "/block");
    await(&seen.blocked, 1);
    int64_t sent_us = clock_monotonic_us();
    get(&b, "/late");
    ck_assert(raw_read(&b, &reply));
    int64_t waited_us = clock_monotonic_us() - sent_us;
    REPLY_PROBLEM(reply, 503, "deadline");
    ck_assert_str_eq(raw_header(&reply, "Retry-After"), "1");
    ck_assert_int_ge(waited_us, 290000);
    ck_assert_int_lt(waited_us, 3000000);
    ck_assert_int_eq(seen.blocked, 1);
    get(&b, "/late2"); /* the reaper is ready for a second one */
    ck_assert(raw_read(&b, &reply));
    REPLY_PROBLEM(reply, 503, "deadline");
    open_gate();
    ck_assert(raw_read(&a, &reply));
    ck_assert_int_eq(reply.status, 200);
    raw_close(&a);
    raw_close(&b);
    stop();
    ck_assert_str_eq(seen.runs, "block|");
}
END_TEST

START_TEST(waiting_requests_of_a_group_run_together_in_order)
{
    static const char *const targets[] = {"/group/7?/a", "/group/8?/b", "/group/0?/c",
                                          "/group/7?/d", "/group/8?/e", "/group/7?/f",
                                          "/group/0?/g", "/group/7?/h"};
    static struct raw_http clients[COUNT_OF(targets)];
    start(1, 16, 20000000, 20);
    raw_open(&a, port);
    get(&a, "/block");
    await(&seen.blocked, 1);
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        raw_open(&clients[i], port);
        get(&clients[i], targets[i]);
        await_depth((int64_t)i + 1);
    }
    open_gate();
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        ck_assert(raw_read(&clients[i], &reply));
        ck_assert_int_eq(reply.status, 200);
        raw_close(&clients[i]);
    }
    raw_close(&a);
    stop();
    /* batch_max is 3, so h is left for later; group 0 is never batched. */
    ck_assert_str_eq(seen.runs, "block|a,d,f|b,e|c|g|h|");
    ck_assert_int_eq(metric_value(depth()), 0);
}
END_TEST

START_TEST(a_client_that_leaves_while_waiting_hurts_nobody)
{
    start(1, 8, 20000000, 20);
    raw_open(&a, port);
    raw_open(&b, port);
    raw_open(&c, port);
    get(&a, "/block");
    await(&seen.blocked, 1);
    get(&b, "/gone");
    await_depth(1);
    get(&c, "/stays");
    await_depth(2);
    raw_close(&a);
    raw_close(&b);
    open_gate();
    ck_assert(raw_read(&c, &reply));
    ck_assert_mem_eq(reply.body, "GET /stays ", 11);
    await(&seen.done, 3);
    raw_close(&c);
    stop();
}
END_TEST

static void *open_gate_later(void *arg)
{
    (void)arg;
    usleep(300000);
    open_gate();
    return NULL;
}

START_TEST(stopping_refuses_the_queue_and_finishes_what_runs)
{
    start(1, 8, 20000000, 20);
    raw_open(&a, port);
    raw_open(&b, port);
    raw_open(&c, port);
    get(&a, "/block");
    await(&seen.blocked, 1);
    get(&b, "/queued");
    await_depth(1);
    raw_send(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
    pthread_t opener;
    ck_assert_int_eq(pthread_create(&opener, NULL, open_gate_later, NULL), 0);
    http_stop(server);
    pthread_join(opener, NULL);
    ck_assert(raw_read(&a, &reply));
    ck_assert_int_eq(reply.status, 200);
    ck_assert_mem_eq(reply.body, "GET /block ", 11);
    ck_assert_str_eq(raw_header(&reply, "Connection"), "close");
    ck_assert(raw_read(&b, &reply));
    REPLY_PROBLEM(reply, 503, "overloaded");
    ck_assert(!raw_read(&c, &reply));
    ck_assert_int_eq(seen.routed, seen.done);
    raw_close(&a);
    raw_close(&b);
    raw_close(&c);
}
END_TEST

START_TEST(a_taken_port_is_an_error)
{
    log_set_level(LOG_OFF);
    start_usual();
    struct http_class class = {"main", 1, 1};
    struct http_options o = {.address = "127.0.0.1",
                             .port = port,
                             .threads = 1,
                             .idle_timeout_s = 1,
                             .classes = &class,
                             .n_classes = 1};
    struct http_server *second = NULL;
    ck_assert_int_eq(http_start(&o, &handler, &second), ERR_INTERNAL);
    ck_assert_ptr_null(second);
    o.address = "not an address";
    ck_assert_int_eq(http_start(&o, &handler, &second), ERR_INTERNAL);
    stop();
}
END_TEST

START_TEST(an_idle_server_uses_no_processor_time)
{
    start_usual();
    raw_open(&a, port);
    get(&a, "/x");
    ck_assert(raw_read(&a, &reply));
    usleep(50000);
    clock_t before = clock();
    usleep(1000000);
    ck_assert_int_lt(clock() - before, CLOCKS_PER_SEC / 100);
    raw_close(&a);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http server");
    TCase *tc = tcase_create("all");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_get_is_answered_with_the_standard_headers);
    tcase_add_test(tc, head_is_get_without_the_body);
    tcase_add_test(tc, a_body_arrives_whole_however_it_is_cut);
    tcase_add_test(tc, a_large_body_comes_back_unchanged);
    tcase_add_test(tc, pipelined_requests_are_answered_in_order);
    tcase_add_test(tc, expect_100_continue_is_answered_before_the_body);
    tcase_add_test(tc, a_refused_small_body_keeps_the_connection);
    tcase_add_test(tc, a_refused_large_body_is_not_waited_for);
    tcase_add_test(tc, headers_have_their_limit);
    tcase_add_test(tc, who_goes_on_sending_reads_the_refusal_all_the_same);
    tcase_add_test(tc, a_chunked_body_is_limited_as_it_arrives);
    tcase_add_test(tc, ambiguous_framing_is_refused_and_the_connection_closed);
    tcase_add_test(tc, a_bad_target_is_a_problem_and_the_connection_goes_on);
    tcase_add_test(tc, a_request_left_without_a_response_is_an_internal_error);
    tcase_add_test(tc, half_sent_requests_are_cut_while_others_are_served);
    tcase_add_test(tc, a_body_that_drips_past_the_deadline_is_cut);
    tcase_add_test(tc, headers_that_drip_are_cut);
    tcase_add_test(tc, a_full_queue_refuses_at_once);
    tcase_add_test(tc, a_deadline_in_the_queue_is_answered_while_the_worker_is_busy);
    tcase_add_test(tc, waiting_requests_of_a_group_run_together_in_order);
    tcase_add_test(tc, a_client_that_leaves_while_waiting_hurts_nobody);
    tcase_add_test(tc, stopping_refuses_the_queue_and_finishes_what_runs);
    tcase_add_test(tc, a_taken_port_is_an_error);
    tcase_add_test(tc, an_idle_server_uses_no_processor_time);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
