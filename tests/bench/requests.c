/* See requests.h. */
#include "tests/bench/requests.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "tests/load/rng.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOOD_TICK_MS 10

static size_t put_request(const struct stage *s, char *out, const char *method, const char *path,
                          const char *key, const char *media, const char *body)
{
    int n = snprintf(out, HTTP_LOAD_REQUEST_MAX,
                     "%s %s HTTP/1.1\r\nHost: o2c\r\nAuthorization: Bearer %s\r\n"
                     "If-Match: *\r\n%s%s%sContent-Length: %zu\r\n%s%s%s\r\n%s",
                     method, path, s->key, key ? "Idempotency-Key: " : "", key ? key : "",
                     key ? "\r\n" : "", body ? strlen(body) : 0, body ? "Content-Type: " : "",
                     body ? media : "", body ? "\r\n" : "", body ? body : "");
    return (size_t)n;
}

size_t make_request(const struct stage *s, char *out, const char *method, const char *path,
                    const char *key, const char *body)
{
    return put_request(s, out, method, path, key, "application/json", body);
}

size_t make_media_request(const struct stage *s, char *out, const char *path, const char *key,
                          const char *media, const char *body)
{
    return put_request(s, out, "POST", path, key, media, body);
}

uint64_t fresh_seed(void)
{
    static uint64_t seed;
    seed = seed == 0 ? (uint64_t)clock_now_us() : seed + 1;
    return seed;
}

void text_after(const char *in, const char *mark, char *out, size_t size)
{
    const char *at = strstr(in, mark);
    if (at == NULL)
        die("no %s in %.300s", mark, in);
    at += strlen(mark);
    snprintf(out, size, "%.*s", (int)strcspn(at, "\"\r\n"), at);
}

int64_t id_after(const char *in, const char *mark, const char *prefix)
{
    char text[ID_TEXT_MAX];
    int64_t id = 0;
    text_after(in, mark, text, sizeof text);
    if (id_parse(prefix, text, &id) != OK)
        die("%s is no %s id", text, prefix);
    return id;
}

/* Zipf with exponent 1, near enough: half of the requests go to a few. */
static int64_t skewed(struct rng *r, int64_t n)
{
    int64_t bound = n;
    while (bound > 1 && rng_chance(r, 50))
        bound = (bound + 1) / 2;
    return rng_between(r, 0, bound - 1);
}

static int64_t pick(struct rng *r, enum spread spread, int64_t n)
{
    return spread == HOT ? 0 : spread == SKEWED ? skewed(r, n) : rng_between(r, 0, n - 1);
}

/* A line and a comma; returns their length. By hand: it is most of what a request costs here. */
static int put_line(char *out, int64_t product, int64_t quantity)
{
    static const char line[] = "{\"sku\":\"SKU-00000\",\"quantity\":\"0\"},";
    memcpy(out, line, sizeof line);
    for (char *digit = strchr(out, '-') + 5; product > 0; product /= 10, digit--)
        *digit = (char)('0' + product % 10);
    out[sizeof line - 5] = (char)('0' + quantity);
    return sizeof line - 1;
}

/* The body of order n; returns its length. */
static int put_order(const struct order_mix *m, uint64_t n, char *out, size_t size)
{
    struct rng r = rng_of(m->seed, "order", n);
    char customer[ID_TEXT_MAX];
    id_format("cus", STAGE_CUSTOMER + pick(&r, m->spread, STAGE_CUSTOMERS), customer);
    int len = snprintf(
        out, size,
        "{\"customer_id\":\"%s\",\"channel\":\"web\",\"customer_po\":\"PO-%llx-%llu\","
        "\"confirm\":true,\"lines\":[",
        customer, (unsigned long long)m->seed, (unsigned long long)n);
    const int fifth = STAGE_PRODUCTS / STAGE_LINES;
    for (int i = 0; i < STAGE_LINES; i++)
        len += put_line(out + len, i * fifth + pick(&r, m->spread, fifth), rng_between(&r, 1, 9));
    memcpy(out + len - 1, "]}", 3); /* instead of the last comma */
    return len + 1;
}

static void key_of(const struct order_mix *m, uint64_t n, char out[48])
{
    snprintf(out, 48, "%llx-%llx", (unsigned long long)m->seed, (unsigned long long)n);
}

size_t make_order(void *arg, uint64_t n, char *out)
{
    const struct order_mix *m = arg;
    char key[48], body[4096];
    key_of(m, n, key);
    put_order(m, n, body, sizeof body);
    return make_request(m->stage, out, "POST", "/v1/orders", key, body);
}

size_t make_bulk(void *arg, uint64_t n, char *out)
{
    const struct order_mix *m = arg;
    char key[48];
    key_of(m, n, key);
    char *body = malloc(BULK_REQUEST_MAX);
    if (body == NULL)
        abort();
    int len = 0;
    for (uint64_t i = 0; i < BULK_ORDERS; i++) {
        len += put_order(m, n * BULK_ORDERS + i, body + len, BULK_REQUEST_MAX - (size_t)len);
        body[len++] = '\n';
    }
    int head = snprintf(out, BULK_REQUEST_MAX,
                        "POST /v1/orders/bulk HTTP/1.1\r\nHost: o2c\r\nAuthorization: Bearer %s\r\n"
                        "Idempotency-Key: %s\r\nContent-Type: application/x-ndjson\r\n"
                        "Content-Length: %d\r\n\r\n",
                        m->stage->key, key, len);
    memcpy(out + head, body, (size_t)len);
    free(body);
    return (size_t)head + (size_t)len;
}

bool order_confirmed(void *mix, uint64_t n, int status, const char *body, size_t len)
{
    (void)mix;
    (void)n;
    static const char confirmed[] = "\"status\":\"confirmed\"";
    return status == 201 && memmem(body, len, confirmed, sizeof confirmed - 1) != NULL;
}

static struct http_load_result run_orders(const struct stage *s, enum spread spread,
                                          struct http_load load)
{
    struct order_mix mix = {.stage = s, .spread = spread, .seed = fresh_seed()};
    struct http_load_result result;
    load.make = make_order;
    load.check = order_confirmed;
    load.arg = &mix;
    if (!http_load_run(&load, &result))
        die("the server cannot be reached");
    if (result.wrong > 0)
        die("an order was answered: %s", result.sample);
    return result;
}

struct http_load_result load_orders(const struct stage *s, int port, enum spread spread,
                                    int connections, int64_t rate, int seconds)
{
    return run_orders(s, spread,
                      (struct http_load){.port = port,
                                         .connections = connections,
                                         .for_us = (int64_t)seconds * 1000000,
                                         .rate = rate});
}

struct http_load_result flood_orders(const struct stage *s, int port, int connections, int64_t rate,
                                     int seconds)
{
    return run_orders(s, UNIFORM,
                      (struct http_load){.port = port,
                                         .connections = connections,
                                         .for_us = (int64_t)seconds * 1000000,
                                         .rate = rate,
                                         .tick_ms = FLOOD_TICK_MS});
}

void expand(const char *fmt, const char *id, char *out, size_t size)
{
    char customer[ID_TEXT_MAX], prefix[ID_TEXT_MAX];
    int64_t number = 0;
    snprintf(prefix, sizeof prefix, "%.*s", (int)strcspn(id, "_"), id);
    if (id_parse(prefix, id, &number) != OK)
        die("no id: %s", id);
    id_format("cus", STAGE_CUSTOMER + (number & 0xffffffffff) % STAGE_CUSTOMERS, customer);
    size_t n = 0;
    for (const char *p = fmt; *p != '\0' && n + ID_TEXT_MAX < size; p++) {
        if (p[0] == '%' && (p[1] == 's' || p[1] == 'c')) {
            n += (size_t)snprintf(out + n, size - n, "%s", p[1] == 's' ? id : customer);
            p++;
        } else {
            out[n++] = *p;
        }
    }
    out[n] = '\0';
}

struct one_call {
    const struct stage *stage;
    const char *method, *path, *body;
    int status;
    char *reply;
};

static size_t make_call(void *arg, uint64_t n, char *out)
{
    const struct one_call *c = arg;
    char key[32];
    (void)n;
    snprintf(key, sizeof key, "call-%llx", (unsigned long long)fresh_seed());
    return make_request(c->stage, out, c->method, c->path, key, c->body);
}

static bool keep_reply(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    struct one_call *c = arg;
    (void)n;
    c->reply = strndup(body, len);
    return status == c->status;
}

char *call_api(const struct stage *s, const char *method, const char *path, const char *body,
               int status)
{
    struct one_call c = {
        .stage = s, .method = method, .path = path, .body = body, .status = status};
    struct http_load_result result;
    struct http_load load = {.port = s->main.port,
                             .connections = 1,
                             .for_us = 60000000,
                             .most = 1,
                             .make = make_call,
                             .check = keep_reply,
                             .arg = &c};
    if (!http_load_run(&load, &result) || result.good != 1)
        die("%s %s: %s", method, path, result.sample);
    return c.reply;
}
