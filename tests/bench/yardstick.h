/* Yardsticks: the recorded SQL of a request, run by pgbench. What differs from run to run (ids,
 * keys) is named by the caller and becomes an expression of pgbench. */
#pragma once
#include "tests/bench/recorder.h"

#define VARIED_MAX 64

struct yardstick {
    struct recording recording;
    char sets[2048]; /* \set lines that go before the statements */
    struct {
        char text[80]; /* a value as it was recorded */
        char with[96]; /* an expression of pgbench's variables */
    } varied[VARIED_MAX];
    size_t n_varied;
};

/* Begins a yardstick; its script has the variables :seq (1, 2, … of each client) and :id (unique,
 * with room for 64 ids behind it). */
void yardstick_begin(struct yardstick *y, struct recording recording);
void yardstick_set(struct yardstick *y, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The recorded value `text` becomes the expression. The first that is said of a value holds. */
void yardstick_vary(struct yardstick *y, const char *text, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void yardstick_vary_id(struct yardstick *y, int64_t id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Tenant, key, warehouse and tax code stay as they are. */
void yardstick_keep_masters(struct yardstick *y, const struct stage *s);
/* Every id that is left was made for the request, and every document number: they become unique. */
void yardstick_end(struct yardstick *y);

struct tps {
    int64_t tps;
    int clients;
};

/* One round trip a statement, prepared. */
int64_t yardstick_tps(const struct stage *s, const struct yardstick *y, int clients, int seconds);
/* One call of a PL/pgSQL function that does it all. */
int64_t yardstick_call_tps(const struct stage *s, const struct yardstick *y, int clients,
                           int seconds);
/* How often pgbench ran so far: its :run is one more. */
int yardstick_runs(void);
/* The best of several numbers of clients. */
struct tps yardstick_best(const struct stage *s, const struct yardstick *y, int seconds,
                          int64_t (*run)(const struct stage *, const struct yardstick *, int, int));
