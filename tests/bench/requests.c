/* See requests.h. */
#include "tests/bench/requests.h"
#include "lib/base/id.h"
#include "tests/load/rng.h"
#include <stdio.h>
#include <string.h>

#define HOT_PRODUCTS 5

size_t make_request(const struct stage *s, char out[HTTP_LOAD_REQUEST_MAX], const char *method,
                    const char *path, const char *key, const char *body)
{
    int n = snprintf(out, HTTP_LOAD_REQUEST_MAX,
                     "%s %s HTTP/1.1\r\nHost: o2c\r\nAuthorization: Bearer %s\r\n"
                     "If-Match: *\r\n%s%s%sContent-Length: %zu\r\n%s\r\n%s",
                     method, path, s->key, key ? "Idempotency-Key: " : "", key ? key : "",
                     key ? "\r\n" : "", body ? strlen(body) : 0,
                     body ? "Content-Type: application/json\r\n" : "", body ? body : "");
    return (size_t)n;
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

size_t make_order(void *arg, uint64_t n, char out[HTTP_LOAD_REQUEST_MAX])
{
    const struct order_mix *m = arg;
    struct rng r = rng_of(m->seed, "order", n);
    char customer[ID_TEXT_MAX], key[48], body[4096];
    id_format("cus", STAGE_CUSTOMER + pick(&r, m->spread, STAGE_CUSTOMERS), customer);
    snprintf(key, sizeof key, "%llx-%llx", (unsigned long long)m->seed, (unsigned long long)n);
    int len = snprintf(body, sizeof body,
                       "{\"customer_id\":\"%s\",\"channel\":\"web\",\"customer_po\":\"PO-%llu\","
                       "\"confirm\":true,\"lines\":[",
                       customer, (unsigned long long)n);
    const int fifth = STAGE_PRODUCTS / STAGE_LINES;
    for (int i = 0; i < STAGE_LINES; i++)
        len += snprintf(body + len, sizeof body - (size_t)len,
                        "%s{\"sku\":\"SKU-%05lld\",\"quantity\":\"%lld\"}", i > 0 ? "," : "",
                        (long long)(i * fifth + pick(&r, m->spread, fifth)),
                        (long long)rng_between(&r, 1, 9));
    snprintf(body + len, sizeof body - (size_t)len, "]}");
    return make_request(m->stage, out, "POST", "/v1/orders", key, body);
}

bool order_confirmed(void *mix, uint64_t n, int status, const char *body, size_t len)
{
    (void)mix;
    (void)n;
    static const char confirmed[] = "\"status\":\"confirmed\"";
    return status == 201 && memmem(body, len, confirmed, sizeof confirmed - 1) != NULL;
}
