/* Seeded random numbers: the same on every machine. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

/* A stream of its own for each (seed, what, number), so that nothing depends on an order. */
struct rng rng_of(uint64_t seed, const char *what, uint64_t number);
uint64_t rng_next(struct rng *r);
int64_t rng_between(struct rng *r, int64_t low, int64_t high); /* both included */
bool rng_chance(struct rng *r, int percent);
/* An index by weight; the weights are not all zero. */
int rng_pick(struct rng *r, const int *weights, int n);
