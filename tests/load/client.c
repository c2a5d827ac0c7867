/* The client: a queue of requests in front of one curl multi handle. */
#include "tests/load/client.h"
#include "lib/base/date.h"
#include "tests/load/say.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_FIRST_US INT64_C(20000)
#define PAUSE_MAX_US INT64_C(1000000)
#define PROGRESS_EVERY_US INT64_C(200000) /* on a terminal; in a log: */
#define PROGRESS_IN_LOG_US INT64_C(10000000)
#define REQUEST_TIMEOUT_S 120L
#define HEADER_MAX 400

struct pending {
    struct pending *next;
    struct request request; /* path, key and text are its own */
    char *text;             /* the body */
    int64_t pause_us;       /* of the next repetition */
    int64_t not_before_us;
};

struct slot {
    CURL *easy;
    struct curl_slist *headers;
    struct pending *pending; /* NULL: idle */
    char *text;              /* of the reply */
    size_t len, cap;
    bool replayed;
};

struct client {
    struct client_options o;
    CURLM *multi;
    struct slot *slots;
    struct pending *first, **last; /* waiting for a slot */
    struct pending *paused;        /* waiting for their time */
    size_t outstanding;            /* queued, paused and in flight */
    size_t in_flight;
    uint64_t requests, repeats;
    int64_t answered_us; /* when the last answer came */
    const char *what;    /* of the progress line */
    size_t started, n;
    int64_t began_us, shown_us;
    uint64_t requests_before;
};

/* ---- slots ---- */

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct slot *s = arg;
    size_t len = size * n;
    if (s->len + len + 1 > s->cap) {
        while (s->len + len + 1 > s->cap)
            s->cap = s->cap ? s->cap * 2 : 4096;
        s->text = realloc(s->text, s->cap);
        if (s->text == NULL)
            abort();
    }
    memcpy(s->text + s->len, bytes, len);
    s->len += len;
    s->text[s->len] = '\0';
    return len;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
    static const char name[] = "Idempotency-Replayed: true";
    struct slot *s = arg;
    if (size * n >= sizeof(name) - 1 && strncasecmp(bytes, name, sizeof(name) - 1) == 0)
        s->replayed = true;
    return size * n;
}

static void slot_open(struct slot *s)
{
    s->easy = curl_easy_init();
    if (s->easy == NULL)
        abort();
    take_body("", 1, 0, s);
    curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(s->easy, CURLOPT_TIMEOUT, REQUEST_TIMEOUT_S);
    curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(s->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(s->easy, CURLOPT_NOPROXY, "*");
}

static void header(struct slot *s, const char *name, const char *value)
{
    char text[HEADER_MAX];
    int len = snprintf(text, sizeof(text), "%s: %s", name, value);
    if (len < 0 || (size_t)len >= sizeof(text))
        die("the header %s is too long", name);
    struct curl_slist *more = curl_slist_append(s->headers, text);
    if (more == NULL)
        abort();
    s->headers = more;
}

static void headers_of(const struct client *c, struct slot *s, const struct request *r)
{
    char text[HEADER_MAX];
    curl_slist_free_all(s->headers);
    s->headers = NULL;
    snprintf(text, sizeof(text), "Bearer %s", c->o.api_key);
    header(s, "Authorization", text);
    header(s, "Expect", ""); /* curl would wait for 100 Continue before large bodies */
    if (r->body != NULL)
        header(s, "Content-Type", "application/json");
    if (r->key != NULL)
        header(s, "Idempotency-Key", r->key);
    if (r->any_version)
        header(s, "If-Match", "*");
    curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
}

static void slot_start(struct client *c, struct slot *s, struct pending *p)
{
    char url[4096];
    int len = snprintf(url, sizeof(url), "%s%s", c->o.url, p->request.path);
    if (len < 0 || (size_t)len >= sizeof(url))
        die("the address is too long: %s", p->request.path);
    s->pending = p;
    s->len = 0;
    s->text[0] = '\0';
    s->replayed = false;
    curl_easy_setopt(s->easy, CURLOPT_URL, url);
    if (strcmp(p->request.method, "GET") == 0) {
        curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, NULL);
        curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(s->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, p->request.method);
        curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, p->text ? p->text : "");
        curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE, p->text ? (long)strlen(p->text) : 0L);
    }
    headers_of(c, s, &p->request);
    if (curl_multi_add_handle(c->multi, s->easy) != CURLM_OK)
        abort();
    c->in_flight++;
}

/* ---- the queue ---- */

static void enqueue(struct client *c, struct pending *p)
{
    p->next = NULL;
    *c->last = p;
    c->last = &p->next;
}

static struct pending *dequeue(struct client *c)
{
    struct pending *p = c->first;
    if (p != NULL) {
        c->first = p->next;
        if (c->first == NULL)
            c->last = &c->first;
    }
    return p;
}

static char *copy(const char *text)
{
    char *copied = text ? strdup(text) : NULL;
    if (text != NULL && copied == NULL)
        abort();
    return copied;
}

static void pending_free(struct pending *p)
{
    free((char *)(uintptr_t)p->request.path);
    free((char *)(uintptr_t)p->request.key);
    free(p->text);
    free(p);
}

void client_send(struct client *c, const struct request *r)
{
    struct pending *p = calloc(1, sizeof(*p));
    if (p == NULL)
        abort();
    p->request = *r;
    p->request.path = copy(r->path);
    p->request.key = copy(r->key);
    p->pause_us = PAUSE_FIRST_US;
    if (r->body != NULL) {
        p->text = json_dumps(r->body, JSON_COMPACT);
        if (p->text == NULL)
            die("%s %s: the body is not valid JSON", r->method, r->path);
        json_decref(r->body);
    }
    enqueue(c, p);
    c->outstanding++;
}

static void pause_it(struct client *c, struct pending *p, const char *why)
{
    int64_t now = clock_monotonic_us();
    if (now - c->answered_us > c->o.patience_s * INT64_C(1000000))
        die("%s %s: %s for %d seconds", p->request.method, p->request.path, why, c->o.patience_s);
    /* Half of the pause is drawn, so that those who were refused together do not return together.
     */
    p->not_before_us = now + p->pause_us / 2 + random() % (p->pause_us / 2 + 1);
    p->pause_us = p->pause_us * 2 < PAUSE_MAX_US ? p->pause_us * 2 : PAUSE_MAX_US;
    p->next = c->paused;
    c->paused = p;
    c->repeats++;
}

static void wake_paused(struct client *c)
{
    int64_t now = clock_monotonic_us();
    for (struct pending **at = &c->paused; *at != NULL;) {
        struct pending *p = *at;
        if (p->not_before_us > now) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        enqueue(c, p);
    }
}

static void dispatch(struct client *c)
{
    for (int i = 0; i < c->o.connections && c->first != NULL; i++)
        if (c->slots[i].pending == NULL)
            slot_start(c, &c->slots[i], dequeue(c));
}

/* ---- answers ---- */

static bool is_busy(const struct reply *reply)
{
    return reply->status == 503 || reply->status == 429 ||
           (reply->status == 409 && reply_is(reply, "idempotency_in_progress"));
}

static void finish(struct client *c, struct slot *s, CURLcode code)
{
    struct pending *p = s->pending;
    curl_off_t latency = 0;
    long status = 0;
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(s->easy, CURLINFO_TOTAL_TIME_T, &latency);
    curl_multi_remove_handle(c->multi, s->easy);
    c->in_flight--;
    s->pending = NULL;
    if (code != CURLE_OK) {
        pause_it(c, p, curl_easy_strerror(code));
        return;
    }
    struct reply reply = {.request = &p->request,
                          .status = (int)status,
                          .body = s->text,
                          .len = s->len,
                          .replayed = s->replayed,
                          .latency_us = latency};
    if (is_busy(&reply)) {
        pause_it(c, p, "the server is busy");
        return;
    }
    c->answered_us = clock_monotonic_us();
    c->requests++;
    c->outstanding--;
    if (p->request.done != NULL)
        p->request.done(p->request.arg, &reply);
    pending_free(p);
}

static bool finish_all(struct client *c)
{
    bool any = false;
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(c->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct slot *s = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&s);
        finish(c, s, code);
        any = true;
    }
    return any;
}

static void progress(struct client *c, bool last)
{
    int64_t now = clock_monotonic_us();
    bool tty = isatty(STDERR_FILENO) == 1;
    if (c->o.quiet || c->what == NULL ||
        (!last && now - c->shown_us < (tty ? PROGRESS_EVERY_US : PROGRESS_IN_LOG_US)))
        return;
    c->shown_us = now;
    int64_t ms = (now - c->began_us) / 1000 + 1;
    fprintf(stderr, "%s%-24s %s of %s   %s requests/s   %lld.%lld s%s%s", tty ? "\r" : "", c->what,
            say_count((int64_t)c->started), say_count((int64_t)c->n),
            say_count((int64_t)(c->requests - c->requests_before) * 1000 / ms),
            (long long)(ms / 1000), (long long)(ms % 1000 / 100), tty ? "\033[K" : "",
            last || !tty ? "\n" : "");
}

static void step(struct client *c)
{
    int running = 0;
    wake_paused(c);
    dispatch(c);
    if (curl_multi_perform(c->multi, &running) != CURLM_OK)
        abort();
    if (!finish_all(c) && c->outstanding > 0)
        curl_multi_poll(c->multi, NULL, 0, c->paused != NULL ? 5 : 100, NULL);
}

void client_run(struct client *c, const char *what, size_t n, void (*start)(void *arg, size_t i),
                void *arg)
{
    c->what = what;
    c->n = n;
    c->started = 0;
    c->began_us = c->shown_us = c->answered_us = clock_monotonic_us();
    c->requests_before = c->requests;
    while (c->started < n || c->outstanding > 0) {
        while (c->started < n && c->outstanding < (size_t)c->o.connections)
            start(arg, c->started++);
        if (c->outstanding > 0)
            step(c);
        progress(c, false);
    }
    progress(c, true);
}

/* ---- what came back ---- */

void expect(const struct reply *reply, int status, int or_status)
{
    if (reply->status != status && reply->status != or_status)
        die("%s %s: %d %.2000s", reply->request->method, reply->request->path, reply->status,
            reply->body);
}

void expect_done(void *arg, const struct reply *reply)
{
    (void)arg;
    expect(reply, 200, 201);
}

bool reply_is(const struct reply *reply, const char *slug)
{
    bool is = false;
    if (reply->status >= 400) {
        json_t *problem = json_loadb(reply->body, reply->len, 0, NULL);
        const char *code = json_string_value(json_object_get(problem, "code"));
        is = code != NULL && strcmp(code, slug) == 0;
        json_decref(problem);
    }
    return is;
}

json_t *reply_json(const struct reply *reply)
{
    json_error_t error;
    json_t *json = json_loadb(reply->body, reply->len, 0, &error);
    if (json == NULL)
        die("%s %s: the reply is not JSON: %s", reply->request->method, reply->request->path,
            error.text);
    return json;
}

/* ---- one at a time ---- */

struct one_call {
    struct client *client;
    struct request request;
    bool may_be_missing;
    json_t *reply;
};

static void one_answered(void *arg, const struct reply *reply)
{
    struct one_call *call = arg;
    if (!call->may_be_missing || reply->status != 404) {
        expect(reply, 200, 201);
        call->reply = reply_json(reply);
    }
}

static void one_start(void *arg, size_t i)
{
    struct one_call *call = arg;
    (void)i;
    client_send(call->client, &call->request);
}

static json_t *call_once(struct client *c, const char *method, const char *path, json_t *body,
                         bool may_be_missing)
{
    struct one_call call = {
        .client = c,
        .request = {.method = method, .path = path, .body = body, .done = one_answered},
        .may_be_missing = may_be_missing};
    call.request.arg = &call;
    client_run(c, NULL, 1, one_start, &call);
    return call.reply;
}

json_t *client_call(struct client *c, const char *method, const char *path, json_t *body)
{
    return call_once(c, method, path, body, false);
}

json_t *client_find(struct client *c, const char *path)
{
    return call_once(c, "GET", path, NULL, true);
}

void client_list(struct client *c, const char *path, const char *query,
                 void (*each)(void *arg, const json_t *element), void *arg)
{
    char *cursor = NULL;
    do {
        char at[4096];
        snprintf(at, sizeof(at), "%s?limit=200%s%s%s%s", path, *query ? "&" : "", query,
                 cursor ? "&cursor=" : "", cursor ? cursor : "");
        json_t *page = client_call(c, "GET", at, NULL), *element;
        size_t i;
        json_array_foreach (json_object_get(page, "data"), i, element)
            each(arg, element);
        free(cursor);
        cursor = copy(json_string_value(json_object_get(page, "next")));
        json_decref(page);
    } while (cursor != NULL);
}

char *ext_path(const char *collection, const char *external_id, const char *suffix)
{
    char *escaped = curl_easy_escape(NULL, external_id, 0), *path;
    if (escaped == NULL || asprintf(&path, "/v1/%s/ext:%s%s", collection, escaped, suffix) < 0)
        abort();
    curl_free(escaped);
    return path;
}

void client_put(struct client *c, const char *collection, const char *external_id, json_t *body)
{
    char *path = ext_path(collection, external_id, "");
    client_send(
        c, &(struct request){.method = "PUT", .path = path, .body = body, .done = expect_done});
    free(path);
}

/* ---- beginning and end ---- */

struct client *client_new(const struct client_options *o)
{
    struct client *c = calloc(1, sizeof(*c));
    if (c == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    c->o = *o;
    c->last = &c->first;
    c->multi = curl_multi_init();
    c->slots = calloc((size_t)o->connections, sizeof(*c->slots));
    if (c->multi == NULL || c->slots == NULL)
        abort();
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)o->connections);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)o->connections);
    for (int i = 0; i < o->connections; i++)
        slot_open(&c->slots[i]);
    return c;
}

void client_free(struct client *c)
{
    for (int i = 0; i < c->o.connections; i++) {
        curl_easy_cleanup(c->slots[i].easy);
        curl_slist_free_all(c->slots[i].headers);
        free(c->slots[i].text);
    }
    curl_multi_cleanup(c->multi);
    curl_global_cleanup();
    free(c->slots);
    free(c);
}

uint64_t client_requests(const struct client *c)
{
    return c->requests;
}

uint64_t client_repeats(const struct client *c)
{
    return c->repeats;
}
