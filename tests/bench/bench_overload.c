/* Ten times more orders than the server can take. */
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include "tests/bench/usage.h"
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define TIMES 10
#define FLOODS 5         /* they differ more than other runs */
#define CONNECTIONS 1800 /* fewer would hold the offered load back */

static double ms(const struct histogram *h, int percentile)
{
    return (double)histogram_percentile(h, percentile) / 1000;
}

/* The flood stands for other machines: it must not take the cores that the server runs on. Where
 * the kernel groups processes by session, only the group's priority counts beyond the session. */
static void set_priority(int nice)
{
    setpriority(PRIO_PROCESS, 0, nice);
    FILE *group = fopen("/proc/self/autogroup", "we");
    if (group == NULL)
        return;
    fprintf(group, "%d", nice);
    fclose(group);
}

struct run {
    struct http_load_result result;
    int64_t rate;     /* orders completed a second */
    int64_t per_core; /* the same per processor that the load generator did not use itself */
};

/* rate 0: as many as 64 connections get served. */
static struct run run_load(struct bench *b, int64_t rate)
{
    struct server *server = &b->stage.main;
    struct cpu before = cpu_now(&b->stage, server);
    struct run r = {
        .result = rate > 0 ? flood_orders(&b->stage, server->port, CONNECTIONS, rate, b->seconds)
                           : load_orders(&b->stage, server->port, UNIFORM, 64, 0, b->seconds)};
    int64_t cores_us = sysconf(_SC_NPROCESSORS_ONLN) * r.result.took_us;
    int64_t left_us = cores_us - cpu_since(&b->stage, server, before).load_us;
    r.rate = http_load_rate(&r.result);
    r.per_core = left_us > 0 ? r.result.good * 1000000 / left_us : 0;
    return r;
}

void bench_overload(struct bench *b)
{
    int64_t peaks[FLOODS], completed[FLOODS], peaks_core[FLOODS], completed_core[FLOODS];
    struct http_load_result over = {0};
    set_priority(19);
    run_load(b, 0);
    for (int i = 0; i < FLOODS; i++) {
        struct run peak = run_load(b, 0);
        struct run flood = run_load(b, peak.rate * TIMES);
        peaks[i] = peak.rate;
        peaks_core[i] = peak.per_core;
        completed[i] = flood.rate;
        completed_core[i] = flood.per_core;
        over = flood.result;
        if (over.broken > 0)
            die("%lld connections ended without an answer", (long long)over.broken);
        if (over.refused_without_hint > 0)
            die("%lld refusals had no Retry-After", (long long)over.refused_without_hint);
    }
    set_priority(0);
    int64_t p = median(peaks, FLOODS), c = median(completed, FLOODS);
    figure("orders completed, overloaded", (double)c / (double)p, 0.9,
           "%lld/s of peak %lld/s; offered %d times that", (long long)c, (long long)p, TIMES);
    int64_t pc = median(peaks_core, FLOODS), cc = median(completed_core, FLOODS);
    figure("the same per core left by the flood", (double)cc / (double)pc, 0.9,
           "%lld/s and core, of %lld/s: what the flood's own processor time does not take",
           (long long)cc, (long long)pc);
    note("overload: %lld taken, p50 %.0f ms, p99 %.0f ms; %lld refused, p50 %.1f ms, p99 %.0f ms; "
         "%lld not sent because no connection was free",
         (long long)over.good, ms(&over.latency, 50), ms(&over.latency, 99),
         (long long)over.refused, ms(&over.refusals, 50), ms(&over.refusals, 99),
         (long long)over.skipped);
}
