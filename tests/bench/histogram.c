/* See histogram.h. */
#include "tests/bench/histogram.h"

#define STEPS 32
#define STEP_BITS 5

static int bucket_of(int64_t us)
{
    if (us < STEPS)
        return us < 0 ? 0 : (int)us;
    int octave = 63 - __builtin_clzll((unsigned long long)us);
    int step = (int)(us >> (octave - STEP_BITS)) & (STEPS - 1);
    int i = (octave - STEP_BITS + 1) * STEPS + step;
    return i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1;
}

static int64_t value_of(int bucket)
{
    if (bucket < STEPS)
        return bucket;
    int octave = bucket / STEPS + STEP_BITS - 1;
    return ((int64_t)STEPS + bucket % STEPS) << (octave - STEP_BITS);
}

void histogram_add(struct histogram *h, int64_t us)
{
    h->count++;
    h->buckets[bucket_of(us)]++;
}

int64_t histogram_percentile(const struct histogram *h, int percent)
{
    int64_t wanted = (h->count * percent + 99) / 100, seen = 0;
    if (wanted == 0)
        return 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen >= wanted)
            return value_of(i);
    }
    return value_of(HISTOGRAM_BUCKETS - 1);
}
