/* The HTTP floor: /healthz against nginx that answers the same bytes. */
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/http_load.h"
#include "tests/bench/nginx.h"
#include <stdio.h>
#include <string.h>

#define BODY "{\"status\":\"ok\"}"

static size_t make_health(void *arg, uint64_t n, char *out)
{
    (void)arg;
    (void)n;
    return (size_t)snprintf(out, HTTP_LOAD_REQUEST_MAX,
                            "GET /healthz HTTP/1.1\r\nHost: o2c\r\n\r\n");
}

static bool is_health(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    (void)arg;
    (void)n;
    return status == 200 && len == sizeof BODY - 1 && memcmp(body, BODY, len) == 0;
}

static int64_t health_rate(struct bench *b, int port)
{
    struct http_load_result result;
    struct http_load load = {.port = port,
                             .connections = 64,
                             .for_us = (int64_t)b->seconds * 1000000,
                             .make = make_health,
                             .check = is_health};
    if (!http_load_run(&load, &result) || result.wrong > 0)
        die("/healthz answered: %s", result.sample);
    return http_load_rate(&result);
}

void bench_floor(struct bench *b)
{
    struct server nginx = nginx_start(&b->stage, 512, 0,
                                      "location = /healthz { default_type application/json;"
                                      " return 200 '" BODY "'; }");
    int64_t ours[REPETITIONS], theirs[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        ours[i] = health_rate(b, b->stage.main.port);
        theirs[i] = health_rate(b, nginx.port);
    }
    stage_server_stop(&nginx);
    int64_t o = median(ours, REPETITIONS), t = median(theirs, REPETITIONS);
    figure("http floor", (double)o / (double)t, 0.8, "%lld/s, nginx %lld/s", (long long)o,
           (long long)t);
}
