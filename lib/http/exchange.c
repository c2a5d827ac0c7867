/* The life of one request on the HTTP threads: headers, body, hand-over to the queue, response. */
#include "lib/http/exchange.h"
#include "lib/base/date.h"
#include "lib/base/log.h"
#include "lib/base/metrics.h"
#include "lib/http/peers.h"
#include "lib/http/server.h"
#include "lib/http/target.h"
#include "lib/http/trace.h"
#include "lib/http/workers.h"
#include <arpa/inet.h>
#include <assert.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A body is given memory as it arrives, never for what is only declared. */
#define BODY_STEP ((size_t)64 * 1024)
/* A refused request's body up to this size is read and dropped, to keep the connection. */
#define SWALLOW_MAX ((size_t)64 * 1024)
/* The library takes no response in the middle of a chunked body, so what passes the limit has to be
 * dropped until the end; a client that goes on for this long is cut off. */
#define DROP_MAX ((size_t)4 * 1024 * 1024)
#define STATUS_CLIENT_GONE 499 /* only for done(): nobody is left to read it */

const char *http_header(const struct http_request *r, const char *name)
{
    const struct exchange *ex = r->private_;
    return ex ? MHD_lookup_connection_value(ex->connection, MHD_HEADER_KIND, name) : NULL;
}

static enum MHD_Result count_lengths(void *count, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    (void)kind;
    (void)value;
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
        ++*(int *)count;
    return MHD_YES;
}

static void refuse(struct exchange *ex, err code, const char *detail)
{
    struct problem p;
    problem_init(&p, ex->r.arena);
    (void)fail(&p, code, "%s", detail);
    http_respond_problem(&ex->r, &p);
}

/* Reads the framing headers. Two readings of one message are how requests are smuggled past a
 * proxy, so anything ambiguous is refused (RFC 9112 section 6.3). */
static bool framing_parse(struct exchange *ex)
{
    const char *length = http_header(&ex->r, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *coding = http_header(&ex->r, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    int lengths = 0;
    MHD_get_connection_values(ex->connection, MHD_HEADER_KIND, count_lengths, &lengths);
    ex->chunked = coding != NULL;
    ex->content_length = length && !coding ? strtoull(length, NULL, 10) : 0;
    if (lengths > 1 || (length && coding) || (coding && strcasecmp(coding, "chunked") != 0)) {
        ex->close = true;
        refuse(ex, ERR_SYNTAX, "The framing of the body is ambiguous.");
        return false;
    }
    return true;
}

static const char *remote_text(struct exchange *ex)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        ex->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";
    if (info && info->client_addr->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)info->client_addr;
        inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
    } else if (info && info->client_addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)info->client_addr;
        inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
    }
    return arena_strdup(ex->r.arena, text);
}

static void describe(struct exchange *ex, const char *method)
{
    struct http_request *r = &ex->r;
    r->method = strcmp(method, "HEAD") == 0 ? "GET" : arena_strdup(r->arena, method);
    r->path = r->raw_path;
    r->remote = remote_text(ex);
    r->received_us = clock_monotonic_us();
    r->deadline_us = r->received_us + ex->server->options.request_timeout_us;
    trace_request_id(http_header(r, "X-Request-Id"), r->request_id);
    trace_parent(http_header(r, "traceparent"), r->traceparent);
}

static void refuse_too_large(struct exchange *ex)
{
    metric_add(ex->server->refused_too_large, 1);
    struct problem p;
    problem_init(&p, ex->r.arena);
    (void)fail(&p, ERR_TOO_LARGE, "The body may have at most %zu bytes.", ex->r.body_max);
    http_respond_problem(&ex->r, &p);
}

static void refuse_stopping(struct exchange *ex)
{
    metric_add(ex->server->refused_stopping, 1);
    exchange_refuse(ex, ERR_OVERLOADED, "The server is stopping.");
}

static void refuse_crowded(struct exchange *ex)
{
    ex->r.crowded_out = true;
    exchange_refuse(ex, ERR_OVERLOADED, "Too many requests are waiting.");
}

static bool target_ok(struct exchange *ex)
{
    struct problem p;
    problem_init(&p, ex->r.arena);
    if (target_parse(&ex->r, &p) == OK)
        return true;
    http_respond_problem(&ex->r, &p);
    return false;
}

/* The headers are in: finds out what the request is, or answers it. */
static void begin(struct exchange *ex, const char *method)
{
    const struct http_handler *h = &ex->server->handler;
    ex->begun = true;
    peer_busy(ex->peer);
    describe(ex, method);
    if (!framing_parse(ex) || !target_ok(ex)) {
        metric_add(ex->server->refused_malformed, 1);
        return;
    }
    if (atomic_load(&ex->server->stopping)) {
        refuse_stopping(ex);
        return;
    }
    ex->routed = true;
    h->route(&ex->r, h->arg);
    if (ex->r.response.status != 0)
        return;
    assert(ex->r.class >= 0 && ex->r.class < ex->server->options.n_classes);
    if (ex->content_length > ex->r.body_max)
        refuse_too_large(ex);
    else if (workers_full(ex->server->workers[ex->r.class])) /* spares reading body and key */
        refuse_crowded(ex);
}

/* Answering before the body is read costs the connection: right for a body that is large, of
 * unknown size or not yet sent, wasteful for a small one. */
static bool answer_before_body(struct exchange *ex)
{
    if (ex->r.response.status == 0 || (!ex->chunked && ex->content_length == 0))
        return false;
    return ex->close || ex->chunked || ex->content_length > SWALLOW_MAX ||
           http_header(&ex->r, MHD_HTTP_HEADER_EXPECT);
}

static void body_reserve(struct exchange *ex, size_t need)
{
    size_t most = (ex->chunked ? ex->r.body_max : ex->content_length) + 1;
    size_t cap = ex->body_cap ? 2 * ex->body_cap : BODY_STEP;
    if (cap > most)
        cap = most;
    if (cap < need)
        cap = need;
    char *grown = arena_alloc(ex->r.arena, cap);
    if (ex->r.body_len > 0)
        memcpy(grown, ex->body, ex->r.body_len);
    ex->body = grown;
    ex->body_cap = cap;
    ex->r.body = grown;
}

/* A part of the body has come. False: the client is not worth waiting for. */
static bool body_take(struct exchange *ex, const char *data, size_t len)
{
    struct http_request *r = &ex->r;
    if (clock_monotonic_us() > r->deadline_us)
        return false;
    if (r->response.status == 0 && len <= r->body_max - r->body_len && ex->body_dropped == 0) {
        if (r->body_len + len + 1 > ex->body_cap)
            body_reserve(ex, r->body_len + len + 1);
        memcpy(ex->body + r->body_len, data, len);
        r->body_len += len;
        ex->body[r->body_len] = '\0';
        return true;
    }
    ex->body_dropped += len;
    return ex->body_dropped <= DROP_MAX;
}

/* The body is complete. True: the request now belongs to the queue and must not be touched. */
static bool hand_over(struct exchange *ex)
{
    const struct http_handler *h = &ex->server->handler;
    if (ex->body_dropped > 0) {
        refuse_too_large(ex);
        return false;
    }
    if (h->admit)
        h->admit(&ex->r, h->arg);
    if (ex->r.response.status != 0)
        return false;
    err e = workers_submit(ex->server->workers[ex->r.class], ex);
    if (e == OK)
        return true;
    if (e == ERR_OVERLOADED)
        refuse_crowded(ex);
    else
        refuse_stopping(ex);
    return false;
}

static struct MHD_Response *response_make(struct exchange *ex)
{
    const struct http_response *a = &ex->r.response;
    /* The body lives in the arena (or for ever), which outlasts the sending. */
    struct MHD_Response *m = MHD_create_response_from_buffer(
        a->body_len, (void *)(uintptr_t)a->body, MHD_RESPMEM_PERSISTENT);
    if (!m)
        return NULL;
    bool cache_control = false;
    for (size_t i = 0; i < a->n_headers; i++) {
        cache_control |= strcasecmp(a->headers[i].name, "Cache-Control") == 0;
        if (MHD_add_response_header(m, a->headers[i].name, a->headers[i].value) != MHD_YES)
            log_line(LOG_ERROR, "response header refused", LOG_S("name", a->headers[i].name));
    }
    MHD_add_response_header(m, "X-Request-Id", ex->r.request_id);
    MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
    if (!cache_control)
        MHD_add_response_header(m, "Cache-Control", "no-store");
    if (a->content_type)
        MHD_add_response_header(m, "Content-Type", a->content_type);
    if (ex->close || atomic_load(&ex->server->stopping))
        MHD_add_response_header(m, "Connection", "close");
    return m;
}

static void done(struct exchange *ex)
{
    const struct http_handler *h = &ex->server->handler;
    if (h->done)
        h->done(&ex->r, h->arg);
}

static bool answer(struct exchange *ex)
{
    struct MHD_Response *m = response_make(ex);
    if (!m)
        return false;
    if (!ex->owed) {
        ex->owed = true;
        server_owe(ex->server, 1);
    }
    enum MHD_Result queued = MHD_queue_response(ex->connection, (unsigned)ex->r.response.status, m);
    MHD_destroy_response(m);
    if (queued != MHD_YES)
        return false;
    ex->answered = true;
    done(ex);
    return true;
}

struct exchange *exchange_new(struct lane *lane, struct MHD_Connection *c, const char *target)
{
    struct arena *a = server_arena(lane->server);
    struct exchange *ex = ARENA_NEW(a, struct exchange);
    ex->server = lane->server;
    ex->lane = lane;
    ex->connection = c;
    ex->peer = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    ex->r.arena = a;
    ex->r.private_ = ex;
    ex->r.raw_path = arena_strdup(a, target);
    ex->r.body = "";
    return ex;
}

bool exchange_step(struct exchange *ex, const char *method, const char *data, size_t *len)
{
    if (!ex->begun) {
        begin(ex, method);
        if (!answer_before_body(ex))
            return true;
        ex->close = true;
        peer_cut_short(ex->peer);
        return answer(ex);
    }
    if (*len > 0) {
        bool go_on = body_take(ex, data, *len);
        *len = 0;
        return go_on;
    }
    if (ex->r.response.status == 0 && hand_over(ex))
        return true;
    return answer(ex);
}

void exchange_end(struct exchange *ex)
{
    struct http_server *s = ex->server;
    if (ex->routed && !ex->answered) {
        if (ex->r.response.status == 0)
            ex->r.response.status = STATUS_CLIENT_GONE;
        done(ex);
    }
    bool owed = ex->owed;
    if (ex->begun)
        peer_idle(ex->peer);
    server_arena_return(s, ex->r.arena);
    if (owed)
        server_owe(s, -1);
}
