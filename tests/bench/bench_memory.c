/* Memory of the server and how long it takes to start. */
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/nginx.h"
#include "tests/bench/requests.h"
#include "tests/bench/usage.h"
#include <stdlib.h>
#include <sys/resource.h>

#define IDLE_LEAST 1900
#define PROXIED 10000
#define WAIT_US INT64_C(3000000)
#define IDLE_MIB_MOST 64
#define LOADED_MIB_MOST 256

static double mib(int64_t kib)
{
    return (double)kib / 1024;
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < PROXIED + 1200)
        note("only %lld files may be open", (long long)limit.rlim_cur);
}

/* How many of n silent connections are held at once, and what the server weighs then. */
static int held(int port, int n, pid_t server, int64_t *ret_kib)
{
    struct http_load_idle idle;
    int ret = http_load_hold(port, n, WAIT_US, &idle);
    *ret_kib = resident_kib(server);
    http_load_release(&idle);
    return ret;
}

void bench_memory(struct bench *b)
{
    /* Longer than it takes to open them all. */
    static const char *const settings[] = {"O2C_IDLE_TIMEOUT_S=600", NULL};
    int64_t idle_kib, held_kib, proxied_kib;
    raise_file_limit();
    struct server server = stage_server(&b->stage, settings);
    note("start: %.1f s with a new cluster, %lld ms on a running one",
         (double)b->stage.main.started_us / 1e6, (long long)server.started_us / 1000);
    idle_kib = resident_kib(server.pid);
    int n = held(server.port, IDLE_LEAST + 20, server.pid, &held_kib);
    struct server proxy = nginx_start(&b->stage, PROXIED + 100, server.port,
                                      "location / { proxy_pass http://o2c; proxy_http_version 1.1;"
                                      " proxy_set_header Connection \"\"; }");
    int through = held(proxy.port, PROXIED, server.pid, &proxied_kib);
    stage_server_stop(&proxy);
    load_orders(&b->stage, server.port, UNIFORM, 64, 0, b->seconds);
    int64_t loaded_kib = resident_kib(server.pid), postgres = postgres_kib(&b->stage);
    stage_server_stop(&server);
    figure("MiB, idle", mib(idle_kib), -IDLE_MIB_MOST, "resident after the start");
    figure("MiB, orders at full load", mib(loaded_kib), -LOADED_MIB_MOST,
           "PostgreSQL %.0f MiB, shared memory counted once", mib(postgres));
    figure("idle connections", (double)n / IDLE_LEAST, 1.0, "%d held, %.1f MiB resident", n,
           mib(held_kib));
    figure("connections behind nginx", (double)through / PROXIED, 1.0, "%d held, %.1f MiB resident",
           through, mib(proxied_kib));
}
