/* POST /v1/orders against the same statements run by pgbench. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include "tests/bench/yardstick.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t text_id(const char *body, const char *prefix)
{
    char mark[16], text[ID_TEXT_MAX];
    snprintf(mark, sizeof mark, "\"id\":\"%s_", prefix);
    const char *at = strstr(body, mark);
    int64_t id = 0;
    if (at != NULL)
        snprintf(text, sizeof text, "%.*s", (int)strcspn(at + 6, "\""), at + 6);
    if (at == NULL || id_parse(prefix, text, &id) != OK)
        die("no %s id in %.200s", prefix, body);
    return id;
}

/* ---- the yardstick ---- */

#define VARIED 16

static size_t varied_ids(const struct recording *r, const struct order_mix *m, struct vary *v)
{
    size_t n = 0;
    long long order = text_id(r->reply, "ord");
    char request[HTTP_LOAD_REQUEST_MAX], sku[16];
    make_order((void *)(uintptr_t)m, 2, request); /* the third was recorded */
    snprintf(v[n].text, sizeof v[n].text, "%lld", order);
    snprintf(v[n++].with, sizeof v[n].with, ":id");
    const char *at = strstr(strstr(r->reply, "\"number\":\""), "ORD-");
    snprintf(v[n].text, sizeof v[n].text, "%.*s", (int)strcspn(at, "\""), at);
    snprintf(v[n++].with, sizeof v[n].with, "'ORD-' || :id");
    at = strstr(request, "Idempotency-Key: ") + 17;
    snprintf(v[n].text, sizeof v[n].text, "%.*s", (int)strcspn(at, "\r"), at);
    snprintf(v[n++].with, sizeof v[n].with, "'key-' || :id");
    at = strstr(request, "cus_");
    char customer[ID_TEXT_MAX];
    int64_t id = 0;
    snprintf(customer, sizeof customer, "%.*s", (int)strcspn(at, "\""), at);
    if (id_parse("cus", customer, &id) != OK)
        die("no customer in the request");
    snprintf(v[n].text, sizeof v[n].text, "%lld", (long long)id);
    snprintf(v[n++].with, sizeof v[n].with, "%lld + :customer", (long long)STAGE_CUSTOMER);
    snprintf(v[n].text, sizeof v[n].text, "%lld", (long long)(id - STAGE_CUSTOMER + STAGE_ACCOUNT));
    snprintf(v[n++].with, sizeof v[n].with, "%lld + :customer", (long long)STAGE_ACCOUNT);
    at = request;
    for (int i = 0; (at = strstr(at, "SKU-")) != NULL; i++) {
        snprintf(sku, sizeof sku, "%.9s", at);
        snprintf(v[n].text, sizeof v[n].text, "%s", sku);
        snprintf(v[n++].with, sizeof v[n].with, "'SKU-' || lpad((:p%d)::text, 5, '0')", i);
        snprintf(v[n].text, sizeof v[n].text, "%lld",
                 (long long)STAGE_PRODUCT + strtoll(sku + 4, NULL, 10));
        snprintf(v[n++].with, sizeof v[n].with, "%lld + :p%d", (long long)STAGE_PRODUCT, i);
        at += 4;
    }
    return n;
}

static const char *sets_of(enum spread spread, char *out, size_t size)
{
    int len = snprintf(out, size,
                       "\\set seq :seq + 1\n"
                       "\\set id %lld + :run * 1099511627776 + :client_id * 268435456 + :seq\n"
                       "\\set customer %s\n",
                       (long long)STAGE_YARDSTICK, spread == HOT ? "0" : "random(0, 1999)");
    const int fifth = STAGE_PRODUCTS / STAGE_LINES;
    for (int i = 0; i < STAGE_LINES; i++)
        len += snprintf(out + len, size - (size_t)len, "\\set p%d %d + %s\n", i, i * fifth,
                        spread == HOT ? "0" : "random(0, 199)");
    return out;
}

/* ---- ours ---- */

static uint64_t fresh_seed(void)
{
    static uint64_t seed;
    seed = seed == 0 ? (uint64_t)clock_now_us() : seed + 1;
    return seed;
}

static struct http_load_result load_orders(struct bench *b, int port, enum spread spread,
                                           int connections, int64_t rate)
{
    struct order_mix mix = {.stage = &b->stage, .spread = spread, .seed = fresh_seed()};
    struct http_load_result result;
    struct http_load load = {.port = port,
                             .connections = connections,
                             .for_us = (int64_t)b->seconds * 1000000,
                             .rate = rate,
                             .make = make_order,
                             .check = order_confirmed,
                             .arg = &mix};
    if (!http_load_run(&load, &result))
        die("the server cannot be reached");
    if (result.wrong > 0)
        die("an order was answered: %s", result.sample);
    return result;
}

static int64_t orders_rate(struct bench *b, int port, enum spread spread, int connections)
{
    struct http_load_result r = load_orders(b, port, spread, connections, 0);
    return http_load_rate(&r);
}

static struct tps best_tps(struct bench *b, const struct yardstick *y,
                           int64_t (*run)(const struct stage *, const struct yardstick *, int, int))
{
    static const int clients[] = {4, 8, 16};
    struct tps best = {0};
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        int64_t tps = run(&b->stage, y, clients[i], b->seconds);
        if (tps > best.tps)
            best = (struct tps){.tps = tps, .clients = clients[i]};
    }
    return best;
}

void bench_orders(struct bench *b)
{
    struct order_mix mix = {.stage = &b->stage, .spread = UNIFORM, .seed = fresh_seed()};
    struct recording recording = record(&b->stage, make_order, &mix, 201);
    struct vary vary[VARIED];
    char sets[1024];
    struct yardstick y = {.recording = &recording, .vary = vary};
    y.n_vary = varied_ids(&recording, &mix, vary);
    y.sets = sets_of(UNIFORM, sets, sizeof sets);
    note("an order is %zu statements", recording.n);

    int port = b->stage.main.port;
    orders_rate(b, port, UNIFORM, 64); /* warms both */
    struct tps best = best_tps(b, &y, yardstick_tps), call = best_tps(b, &y, yardstick_call_tps);
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
    struct http_load_result half = load_orders(b, port, UNIFORM, 64, o / 2);
    note("orders at half load: p50 %.1f ms, p99 %.1f ms",
         (double)histogram_percentile(&half.latency, 50) / 1000,
         (double)histogram_percentile(&half.latency, 99) / 1000);
}
