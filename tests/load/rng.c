/* SplitMix64 (Steele, Lea and Flood 2014). */
#include "tests/load/rng.h"
#include <assert.h>

uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct rng rng_of(uint64_t seed, const char *what, uint64_t number)
{
    struct rng r = {seed};
    for (; *what != '\0'; what++)
        r.state = rng_next(&r) ^ (unsigned char)*what;
    r.state = rng_next(&r) ^ number;
    rng_next(&r);
    return r;
}

int64_t rng_between(struct rng *r, int64_t low, int64_t high)
{
    assert(low <= high);
    return low + (int64_t)(rng_next(r) % (uint64_t)(high - low + 1));
}

bool rng_chance(struct rng *r, int percent)
{
    return rng_between(r, 0, 99) < percent;
}

int rng_pick(struct rng *r, const int *weights, int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += weights[i];
    int64_t at = rng_between(r, 0, sum - 1);
    int i = 0;
    while (at >= weights[i])
        at -= weights[i++];
    return i;
}
