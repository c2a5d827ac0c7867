/* HTTP requests with libcurl: see client.h. */
#include "lib/client/client.h"
#include "lib/base/buf.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0 ||
           strcmp(host, "localhost") == 0;
}

bool client_url_allowed(const char *url)
{
    char *scheme = NULL, *host = NULL, *user = NULL;
    pthread_once(&once, begin);
    CURLU *u = curl_url();
    bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
              (strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && is_loopback(host)));
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(u);
    return ok;
}

/* Nothing of an answer that is too long is kept: the transfer ends. */
static size_t take(char *data, size_t size, size_t n, void *arg)
{
    struct buf *b = arg;
    buf_put(b, data, size * n);
    return b->over ? 0 : size * n;
}

static int watch(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct client_request *r = arg;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return r->stopped != NULL && r->stopped(r->arg);
}

static struct curl_slist *headers_of(struct arena *a, const struct client_request *r)
{
    struct curl_slist *list = NULL;
    const char *lines[4] = {"Content-Type: application/json", "Accept: application/json",
                            arena_printf(a, "Idempotency-Key: %s", r->idempotency_key), NULL};
    if (r->bearer != NULL)
        lines[3] = arena_printf(a, "Authorization: Bearer %s", r->bearer);
    for (size_t i = 0; i < 4 && lines[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(list, lines[i]);
        if (longer == NULL)
            abort();
        list = longer;
    }
    return list;
}

static bool set_up(CURL *c, const struct client_request *r, struct curl_slist *headers,
                   struct buf *body)
{
    CURLcode e = CURLE_OK;
#define SET(option, value) e = e != CURLE_OK ? e : curl_easy_setopt(c, CURLOPT_##option, (value))
    SET(PROTOCOLS_STR, "http,https");
    SET(URL, r->url);
    SET(FOLLOWLOCATION, 0L);
    SET(PROXY, "");
    SET(NETRC, (long)CURL_NETRC_IGNORED);
    SET(SSL_VERIFYPEER, 1L);
    SET(SSL_VERIFYHOST, 2L);
    SET(NOSIGNAL, 1L);
    SET(TIMEOUT_MS, (long)r->timeout_ms);
    SET(HTTPHEADER, headers);
    SET(USERAGENT, "o2cd");
    SET(POSTFIELDSIZE_LARGE, (curl_off_t)strlen(r->json));
    SET(POSTFIELDS, r->json);
    SET(WRITEFUNCTION, take);
    SET(WRITEDATA, body);
    SET(HTTP09_ALLOWED, 0L);
    SET(NOPROGRESS, 0L);
    SET(XFERINFOFUNCTION, watch);
    SET(XFERINFODATA, (void *)(uintptr_t)r);
#undef SET
    return e == CURLE_OK;
}

/* Once a byte of the request may have gone out, nobody knows what became of it. */
static enum client_outcome outcome_of(CURL *c, CURLcode e, const struct buf *body)
{
    curl_off_t ready = 0;
    if (e == CURLE_OK)
        return CLIENT_ANSWERED;
    if (body->over)
        return CLIENT_GARBLED;
    if (e == CURLE_COULDNT_RESOLVE_HOST || e == CURLE_COULDNT_CONNECT ||
        e == CURLE_SSL_CONNECT_ERROR || e == CURLE_PEER_FAILED_VERIFICATION)
        return CLIENT_NOT_SENT;
    if (e == CURLE_UNSUPPORTED_PROTOCOL || e == CURLE_WEIRD_SERVER_REPLY)
        return CLIENT_GARBLED;
    curl_easy_getinfo(c, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return ready > 0 ? CLIENT_UNKNOWN : CLIENT_NOT_SENT;
}

void client_post(struct arena *a, const struct client_request *r, struct client_answer *ret)
{
    long status = 0;
    struct buf body;
    pthread_once(&once, begin);
    buf_init(&body, a, 1024, r->answer_max);
    CURL *c = curl_easy_init();
    struct curl_slist *headers = headers_of(a, r);
    if (c == NULL)
        abort();
    *ret = (struct client_answer){.outcome = CLIENT_NOT_SENT,
                                  .detail = "The request could not be made."};
    if (client_url_allowed(r->url) && set_up(c, r, headers, &body)) {
        CURLcode e = curl_easy_perform(c);
        ret->outcome = outcome_of(c, e, &body);
        ret->detail = e == CURLE_OK ? NULL
                      : body.over   ? "The answer is too long."
                                    : arena_strdup(a, curl_easy_strerror(e));
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    }
    if (ret->outcome == CLIENT_ANSWERED) {
        ret->status = (int)status;
        ret->body = body.p;
        ret->len = body.len;
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
}
