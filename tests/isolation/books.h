/* The proof over what races have left of tenant 1. */
#pragma once
#include "server/reporting/proof.h"
#include "tests/isolation/races.h"

static inline err prove(struct tx *tx, void *arg)
{
    struct proof proof = {0};
    TRY(proof_run(tx, &proof));
    for (size_t i = 0; i < proof.invariants.n; i++) {
        const struct proof_invariant *v = &proof.invariants.v[i];
        if (!v->ok && !v->advisory)
            fprintf(stderr, "%s: %s\n", v->name, v->examples.v[0].detail);
    }
    *(bool *)arg = proof.ok;
    return OK;
}

static inline void expect_proof_holds(void)
{
    bool ok = false;
    struct arena *a = arena_new((size_t)64 << 20);
    struct problem p;
    problem_init(&p, a);
    struct tx_options o = {.mode = TX_READ,
                           .tenant = 1,
                           .now = clock_now_us(),
                           .today = TODAY,
                           .arena = a,
                           .problem = &p};
    ck_assert_int_eq(tx_run(pool, &o, prove, &ok), OK);
    arena_free(a);
    ck_assert(ok);
}
