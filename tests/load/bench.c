/* Posts confirmed orders and measures. */
#include "tests/load/bench.h"
#include "lib/base/date.h"
#include "tests/load/body.h"
#include "tests/load/client.h"
#include "tests/load/rng.h"
#include "tests/load/say.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PRODUCTS 1000
#define CUSTOMERS 200
#define HOT_PRODUCTS 5
#define TEXT_LEN 80
#define PLENTY "1000000000"

struct bench {
    struct client *client;
    struct bench_options o;
    int64_t *latencies;
    size_t n;
    char run[TEXT_LEN]; /* keys of one run are not those of another */
};

/* ---- what orders need ---- */

static void base_start(void *arg, size_t i)
{
    struct bench *b = arg;
    if (i == 0)
        client_put(b->client, "tax-codes", "bench-tax",
                   json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "code", "BENCH", "name", "Tax", "rates",
                             "valid_from", "2000-01-01", "rate", "19"));
    else
        client_put(b->client, "warehouses", "bench",
                   json_pack("{s:s, s:s}", "code", "BENCH", "name", "Warehouse"));
}

static void product_start(void *arg, size_t i)
{
    struct bench *b = arg;
    char id[TEXT_LEN];
    snprintf(id, sizeof(id), "bench-%04zu", i);
    client_put(b->client, "products", id,
               json_pack("{s:s, s:s, s:s}", "sku", id, "name", id, "tax_code_id", "ext:bench-tax"));
}

static void customer_start(void *arg, size_t i)
{
    struct bench *b = arg;
    char id[TEXT_LEN];
    snprintf(id, sizeof(id), "bench-%04zu", i);
    client_put(b->client, "customers", id, json_pack("{s:s}", "name", id));
}

static void receipts_answered(void *arg, const struct reply *reply)
{
    (void)arg;
    if (!reply_is(reply, "external_id_taken"))
        expect(reply, 201, 201);
}

static void receipts_start(void *arg, size_t i)
{
    struct bench *b = arg;
    json_t *movements = json_array();
    (void)i;
    for (int p = 0; p < PRODUCTS; p++)
        json_array_append_new(movements, json_pack("{s:o, s:s, s:o, s:s, s:s}", "external_id",
                                                   json_sprintf("bench-%04d", p), "kind", "receipt",
                                                   "sku", json_sprintf("bench-%04d", p), "quantity",
                                                   PLENTY, "warehouse_id", "ext:bench"));
    client_send(b->client, &(struct request){.method = "POST",
                                             .path = "/v1/stock/movements",
                                             .body = json_pack("{s:o}", "movements", movements),
                                             .key = "bench receipts",
                                             .done = receipts_answered});
}

/* ---- orders ---- */

static void order_answered(void *arg, const struct reply *reply)
{
    struct bench *b = arg;
    expect(reply, 201, 201);
    if (reply->replayed)
        die("an order was answered from an earlier run");
    if (strstr(reply->body, "\"status\":\"confirmed\"") == NULL)
        die("an order is not confirmed: %.500s", reply->body);
    b->latencies[b->n++] = reply->latency_us;
}

static void order_start(void *arg, size_t i)
{
    struct bench *b = arg;
    struct rng r = rng_of(1, b->run, i);
    char key[TEXT_LEN + 24];
    snprintf(key, sizeof(key), "%s %zu", b->run, i);
    int64_t customer = b->o.hot ? 0 : rng_between(&r, 0, CUSTOMERS - 1);
    json_t *lines = json_array();
    for (int64_t k = 0; k < b->o.lines; k++) {
        int64_t product = rng_between(&r, 0, b->o.hot ? HOT_PRODUCTS - 1 : PRODUCTS - 1);
        json_array_append_new(
            lines,
            json_pack("{s:o, s:o, s:s}", "sku", json_sprintf("bench-%04lld", (long long)product),
                      "quantity", json_sprintf("%lld", (long long)rng_between(&r, 1, 9)),
                      "unit_price", "9.99"));
    }
    client_send(b->client,
                &(struct request){
                    .method = "POST",
                    .path = "/v1/orders",
                    .body = json_pack("{s:o, s:s, s:b, s:o}", "customer_id",
                                      json_sprintf("ext:bench-%04lld", (long long)customer),
                                      "warehouse_id", "ext:bench", "confirm", 1, "lines", lines),
                    .key = key,
                    .done = order_answered,
                    .arg = b});
}

/* ---- the verb ---- */

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static const char *say_ms(int64_t us)
{
    return say_money((us + 5) / 10); /* two decimals */
}

static int64_t percentile(const struct bench *b, size_t permille)
{
    return b->latencies[(b->n - 1) * permille / 1000];
}

int bench_run(struct client *c, const struct bench_options *o)
{
    struct bench b = {.client = c, .o = *o};
    b.latencies = calloc((size_t)o->orders, sizeof(*b.latencies));
    if (b.latencies == NULL)
        abort();
    snprintf(b.run, sizeof(b.run), "bench %lld %d", (long long)clock_now_us(), (int)getpid());
    client_run(c, "tax code, warehouse", 2, base_start, &b);
    client_run(c, "products", PRODUCTS, product_start, &b);
    client_run(c, "customers", CUSTOMERS, customer_start, &b);
    client_run(c, "stock", 1, receipts_start, &b);

    uint64_t repeats = client_repeats(c);
    int64_t began = clock_monotonic_us();
    client_run(c, "orders", (size_t)o->orders, order_start, &b);
    int64_t us = clock_monotonic_us() - began;
    qsort(b.latencies, b.n, sizeof(*b.latencies), by_size);
    printf("%s orders of %s lines, %s: %lld.%lld s, %s orders/s, p50 %s ms, p99 %s ms, max %s ms, "
           "%s attempts repeated\n",
           say_count((int64_t)b.n), say_count(o->lines), o->hot ? "hot" : "uniform",
           (long long)(us / 1000000), (long long)(us / 100000 % 10),
           say_count((int64_t)b.n * 1000000 / (us ? us : 1)), say_ms(percentile(&b, 500)),
           say_ms(percentile(&b, 990)), say_ms(b.latencies[b.n - 1]),
           say_count((int64_t)(client_repeats(c) - repeats)));
    free(b.latencies);
    return 0;
}
