/* o2c-bench O2CD [--seconds N] [--save FILE] [--compare FILE] [NAME…]: what is measured and how is
 * in docs/performance.md. */
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_DEFAULT 5

/* The last makes the database large. */
static const struct {
    const char *name;
    void (*run)(struct bench *b);
} benches[] = {
    {"floor", bench_floor},         {"orders", bench_orders},   {"reads", bench_reads},
    {"documents", bench_documents}, {"reports", bench_reports},
};
#define N_BENCHES (sizeof benches / sizeof benches[0])

struct options {
    const char *save, *compare;
    int seconds;
    bool chosen[N_BENCHES];
};

static void parse(int argc, char **argv, struct options *o)
{
    bool any = false;
    for (int i = 2; i < argc; i++) {
        bool value = i + 1 < argc;
        size_t k = 0;
        while (k < N_BENCHES && strcmp(benches[k].name, argv[i]) != 0)
            k++;
        if (k < N_BENCHES)
            o->chosen[k] = any = true;
        else if (strcmp(argv[i], "--seconds") == 0 && value)
            o->seconds = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--save") == 0 && value)
            o->save = argv[++i];
        else if (strcmp(argv[i], "--compare") == 0 && value)
            o->compare = argv[++i];
        else
            die("%s is no bench: docs/performance.md names them", argv[i]);
    }
    for (size_t k = 0; !any && k < N_BENCHES; k++)
        o->chosen[k] = true;
}

int main(int argc, char **argv)
{
    struct options o = {.seconds = SECONDS_DEFAULT};
    if (argc < 2)
        die("usage: o2c-bench O2CD [--seconds N] [--save FILE] [--compare FILE] [NAME…]");
    parse(argc, argv, &o);
    struct bench b = {.seconds = o.seconds};
    stage_open(&b.stage, argv[1]);
    for (size_t k = 0; k < N_BENCHES; k++)
        if (o.chosen[k])
            benches[k].run(&b);
    stage_close(&b.stage);
    if (o.save != NULL)
        figures_save(o.save);
    int worse = o.compare != NULL ? figures_compare(o.compare) : 0;
    return figures_missed() + worse > 0;
}
