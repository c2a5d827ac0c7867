/* Latencies in microseconds, kept in 32 steps an octave: percentiles within three percent. */
#pragma once
#include <stdint.h>

#define HISTOGRAM_BUCKETS 1024

struct histogram {
    int64_t count;
    int64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, int64_t us);
/* The value that `percent` of the observations do not pass; 0 for none. */
int64_t histogram_percentile(const struct histogram *h, int percent);
