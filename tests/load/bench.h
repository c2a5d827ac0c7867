/* Orders at full speed: the load of benchmarks. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct client;

struct bench_options {
    int64_t orders, lines;
    bool hot; /* one customer and five products instead of many */
};

/* The verb: makes what is needed to order, posts confirmed orders, prints rate and latencies. Any
 * reply but 201 with a confirmed order ends the program. The exit status. */
int bench_run(struct client *c, const struct bench_options *o);
