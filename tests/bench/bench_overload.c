/* Ten times more orders than the server can take. */
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include <stdio.h>
#include <sys/resource.h>

#define TIMES 10
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

void bench_overload(struct bench *b)
{
    int port = b->stage.main.port;
    int64_t peaks[REPETITIONS], completed[REPETITIONS];
    struct http_load_result over = {0};
    set_priority(19);
    load_orders(&b->stage, port, UNIFORM, 64, 0, b->seconds);
    for (int i = 0; i < REPETITIONS; i++) {
        struct http_load_result peak = load_orders(&b->stage, port, UNIFORM, 64, 0, b->seconds);
        peaks[i] = http_load_rate(&peak);
        over = load_orders(&b->stage, port, UNIFORM, CONNECTIONS, peaks[i] * TIMES, b->seconds);
        completed[i] = http_load_rate(&over);
        if (over.broken > 0)
            die("%lld connections ended without an answer", (long long)over.broken);
        if (over.refused_without_hint > 0)
            die("%lld refusals had no Retry-After", (long long)over.refused_without_hint);
    }
    set_priority(0);
    int64_t p = median(peaks, REPETITIONS), c = median(completed, REPETITIONS);
    figure("orders completed, overloaded", (double)c / (double)p, 0.9,
           "%lld/s of peak %lld/s; offered %d times that", (long long)c, (long long)p, TIMES);
    note("overload: %lld taken, p50 %.0f ms, p99 %.0f ms; %lld refused, p50 %.1f ms, p99 %.0f ms; "
         "%lld not sent because no connection was free",
         (long long)over.good, ms(&over.latency, 50), ms(&over.latency, 99),
         (long long)over.refused, ms(&over.refusals, 50), ms(&over.refusals, 99),
         (long long)over.skipped);
}
