/* Yardsticks: the recorded SQL of a request, run by pgbench. What differs from run to run (ids,
 * keys) is named by the caller and becomes an expression of pgbench. */
#pragma once
#include "tests/bench/recorder.h"

struct vary {
    char text[80]; /* the value as it was recorded */
    char with[80]; /* an expression of pgbench's variables; bigint, or text where it says || */
};

struct yardstick {
    const struct recording *recording;
    const struct vary *vary;
    size_t n_vary;
    const char *sets; /* \set lines that go before the statements */
};

struct tps {
    int64_t tps;
    int clients;
};

/* One round trip a statement, prepared. */
int64_t yardstick_tps(const struct stage *s, const struct yardstick *y, int clients, int seconds);
/* One call of a PL/pgSQL function that does it all. */
int64_t yardstick_call_tps(const struct stage *s, const struct yardstick *y, int clients,
                           int seconds);
/* pgbench over a script that is there already. */
int64_t pgbench_tps(const struct stage *s, const char *script, int clients, int seconds);
