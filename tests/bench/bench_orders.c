/* POST /v1/orders against the same statements run by pgbench. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include "tests/bench/usage.h"
#include "tests/bench/yardstick.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the yardstick ---- */

static void yardstick_of(struct bench *b, struct yardstick *y)
{
    struct order_mix mix = {.stage = &b->stage, .spread = UNIFORM, .seed = fresh_seed()};
    yardstick_begin(y, record(&b->stage, make_order, &mix, 201));
    char request[HTTP_LOAD_REQUEST_MAX], text[64];
    make_order(&mix, RECORDED, request);
    text_after(request, "Idempotency-Key: ", text, sizeof text);
    yardstick_vary(y, text, "'key-' || :id");
    text_after(request, "\"customer_po\":\"", text, sizeof text);
    yardstick_vary(y, text, "'PO-' || :id");
    int64_t id = id_after(request, "\"customer_id\":\"", "cus");
    yardstick_set(y, "\\set customer random(0, %d)\n", STAGE_CUSTOMERS - 1);
    yardstick_vary_id(y, id, "%lld + :customer", (long long)STAGE_CUSTOMER);
    yardstick_vary_id(y, id - STAGE_CUSTOMER + STAGE_ACCOUNT, "%lld + :customer",
                      (long long)STAGE_ACCOUNT);
    yardstick_keep_masters(y, &b->stage);
    const char *at = request;
    const int fifth = STAGE_PRODUCTS / STAGE_LINES;
    for (int i = 0; (at = strstr(at, "SKU-")) != NULL; i++, at += 4) {
        snprintf(text, sizeof text, "%.9s", at);
        yardstick_set(y, "\\set p%d %d + random(0, %d)\n", i, i * fifth, fifth - 1);
        yardstick_vary(y, text, "'SKU-' || lpad((:p%d)::text, 5, '0')", i);
        yardstick_vary_id(y, STAGE_PRODUCT + strtoll(text + 4, NULL, 10), "%lld + :p%d",
                          (long long)STAGE_PRODUCT, i);
    }
    yardstick_end(y);
}

/* ---- ours ---- */

static int64_t orders_rate(struct bench *b, int port, enum spread spread, int connections)
{
    struct http_load_result r = load_orders(&b->stage, port, spread, connections, 0, b->seconds);
    return http_load_rate(&r);
}

void bench_orders(struct bench *b)
{
    static struct yardstick y;
    yardstick_of(b, &y);
    note("an order is %zu statements", y.recording.n);

    int port = b->stage.main.port;
    orders_rate(b, port, UNIFORM, 64); /* warms both */
    struct tps best = yardstick_best(&b->stage, &y, b->seconds, yardstick_tps);
    struct tps call = yardstick_best(&b->stage, &y, b->seconds, yardstick_call_tps);
    int64_t ours[REPETITIONS], theirs[REPETITIONS], calls[REPETITIONS], one[REPETITIONS],
        single[REPETITIONS], skew[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        ours[i] = orders_rate(b, port, UNIFORM, 64);
        theirs[i] = yardstick_tps(&b->stage, &y, best.clients, b->seconds);
        calls[i] = yardstick_call_tps(&b->stage, &y, call.clients, b->seconds);
        one[i] = orders_rate(b, port, UNIFORM, 1);
        single[i] = yardstick_tps(&b->stage, &y, 1, b->seconds);
        skew[i] = orders_rate(b, port, SKEWED, 64);
    }
    int64_t o = median(ours, REPETITIONS), t = median(theirs, REPETITIONS),
            c = median(calls, REPETITIONS), o1 = median(one, REPETITIONS),
            t1 = median(single, REPETITIONS), sk = median(skew, REPETITIONS);
    figure("orders", (double)o / (double)t, 3.0, "%lld/s, pgbench %lld/s at %d clients",
           (long long)o, (long long)t, best.clients);
    figure("orders against one call", (double)o / (double)c, 2.0, "one call %lld/s at %d clients",
           (long long)c, call.clients);
    figure("orders, one connection", (double)o1 / (double)t1, 1.0, "%lld/s, pgbench %lld/s",
           (long long)o1, (long long)t1);
    figure("orders, skewed", (double)sk / (double)t, 0, "%lld/s against pgbench uniform",
           (long long)sk);

    static const char *const unbatched[] = {"O2C_BATCHING=0", NULL};
    struct server alone = stage_server(&b->stage, unbatched);
    int64_t hot[REPETITIONS], hot_alone[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        hot[i] = orders_rate(b, port, HOT, 64);
        hot_alone[i] = orders_rate(b, alone.port, HOT, 64);
    }
    stage_server_stop(&alone);
    int64_t h = median(hot, REPETITIONS), ha = median(hot_alone, REPETITIONS);
    figure("orders, hot", (double)h / (double)ha, 5.0, "%lld/s, without batches %lld/s",
           (long long)h, (long long)ha);
    struct cpu before = cpu_now(&b->stage, &b->stage.main);
    struct http_load_result full = load_orders(&b->stage, port, UNIFORM, 64, 0, b->seconds);
    struct cpu used = cpu_since(&b->stage, &b->stage.main, before);
    note("CPU per order: server %lld us, PostgreSQL %lld us, load generator %lld us",
         (long long)(used.server_us / full.good), (long long)(used.postgres_us / full.good),
         (long long)(used.load_us / full.good));
    struct http_load_result half = load_orders(&b->stage, port, UNIFORM, 64, o / 2, b->seconds);
    note("orders at half load: p50 %.1f ms, p99 %.1f ms",
         (double)histogram_percentile(&half.latency, 50) / 1000,
         (double)histogram_percentile(&half.latency, 99) / 1000);
}
