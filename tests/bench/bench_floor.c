/* The HTTP floor: /healthz against nginx that answers the same bytes. */
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BODY "{\"status\":\"ok\"}"

static size_t make_health(void *arg, uint64_t n, char out[HTTP_LOAD_REQUEST_MAX])
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
    char conf[128];
    int port = free_port();
    snprintf(conf, sizeof conf, "%s/nginx.conf", b->stage.dir);
    FILE *f = fopen(conf, "we");
    if (f == NULL)
        die("cannot write %s", conf);
    fprintf(f,
            "daemon off; worker_processes 1; pid %s/nginx.pid; error_log stderr crit;\n"
            "events { worker_connections 1024; }\n"
            "http { access_log off; keepalive_requests 1000000000; server { listen "
            "127.0.0.1:%d; location = /healthz { default_type application/json;"
            " return 200 '" BODY "'; } } }\n",
            b->stage.dir, port);
    fclose(f);
    struct server nginx = stage_program((const char *[]){"nginx", "-c", conf, NULL}, port);
    int64_t ours[REPETITIONS], theirs[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        ours[i] = health_rate(b, b->stage.main.port);
        theirs[i] = health_rate(b, port);
    }
    stage_server_stop(&nginx);
    int64_t o = median(ours, REPETITIONS), t = median(theirs, REPETITIONS);
    figure("http floor", (double)o / (double)t, 0.8, "%lld/s, nginx %lld/s", (long long)o,
           (long long)t);
}
