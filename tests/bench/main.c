/* o2c-bench O2CD [--seconds N] [--save [FILE]] [--compare [FILE]] [NAME…]: what is measured and how
 * is in docs/performance.md. */
#include "lib/base/date.h"
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define SECONDS_DEFAULT 5
#define BASELINE "tests/bench/baseline"

/* In an order that keeps the database small for as long as possible. */
static const struct {
    const char *name;
    void (*run)(struct bench *b);
    bool only_named; /* it takes as long as it is told */
} benches[] = {{"floor", bench_floor, false},         {"memory", bench_memory, false},
               {"orders", bench_orders, false},       {"reads", bench_reads, false},
               {"documents", bench_documents, false}, {"bulk", bench_bulk, false},
               {"overload", bench_overload, false},   {"reports", bench_reports, false},
               {"sustained", bench_sustained, true}};
#define N_BENCHES (sizeof benches / sizeof benches[0])

struct options {
    const char *save, *compare;
    int seconds;
    bool chosen[N_BENCHES];
};

static size_t bench_named(const char *name)
{
    size_t k = 0;
    while (k < N_BENCHES && strcmp(benches[k].name, name) != 0)
        k++;
    return k;
}

/* The file behind argv[*i], or the committed baseline when none is named. */
static const char *file_after(int argc, char **argv, int *i)
{
    const char *next = *i + 1 < argc ? argv[*i + 1] : "--";
    if (strncmp(next, "--", 2) == 0 || bench_named(next) < N_BENCHES)
        return BASELINE;
    ++*i;
    return next;
}

static void parse(int argc, char **argv, struct options *o)
{
    bool any = false;
    for (int i = 2; i < argc; i++) {
        size_t k = bench_named(argv[i]);
        if (k < N_BENCHES)
            o->chosen[k] = any = true;
        else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            o->seconds = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--save") == 0)
            o->save = file_after(argc, argv, &i);
        else if (strcmp(argv[i], "--compare") == 0)
            o->compare = file_after(argc, argv, &i);
        else
            die("%s is no bench: docs/performance.md names them", argv[i]);
    }
    for (size_t k = 0; !any && k < N_BENCHES; k++)
        o->chosen[k] = !benches[k].only_named;
}

/* Microseconds until a page is on the disk: what every commit waits for. */
static long long fdatasync_us(const struct stage *s)
{
    enum { TIMES = 200, PAGE = 8192 };
    static char page[PAGE];
    char path[128];
    int64_t took[TIMES];
    snprintf(path, sizeof path, "%s/fdatasync", s->dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (int i = 0; i < TIMES; i++) {
        int64_t since = clock_monotonic_us();
        if (pwrite(fd, page, PAGE, (off_t)i % 16 * PAGE) != PAGE || fdatasync(fd) != 0)
            die("cannot write %s", path);
        took[i] = clock_monotonic_us() - since;
    }
    close(fd);
    return median(took, TIMES);
}

static void tell_machine(const struct stage *s)
{
    struct sysinfo info;
    double load = 0;
    sysinfo(&info);
    getloadavg(&load, 1);
    note("%ld cores, %llu MiB, load %.1f before; fdatasync %lld us; PostgreSQL %s",
         sysconf(_SC_NPROCESSORS_ONLN), (unsigned long long)info.totalram * info.mem_unit >> 20,
         load, fdatasync_us(s),
         stage_sql(s,
                   "SELECT current_setting('server_version') || ', ' || string_agg(name || ' ' || "
                   "current_setting(name), ', ' ORDER BY name) FROM pg_settings WHERE name IN "
                   "('shared_buffers', 'synchronous_commit', 'fsync', 'full_page_writes', "
                   "'max_wal_size', 'data_checksums')"));
}

int main(int argc, char **argv)
{
    struct options o = {.seconds = SECONDS_DEFAULT};
    if (argc < 2)
        die("usage: o2c-bench O2CD [--seconds N] [--save [FILE]] [--compare [FILE]] [NAME…]");
    parse(argc, argv, &o);
    struct bench b = {.seconds = o.seconds};
    stage_open(&b.stage, argv[1]);
    tell_machine(&b.stage);
    for (size_t k = 0; k < N_BENCHES; k++)
        if (o.chosen[k])
            benches[k].run(&b);
    stage_close(&b.stage);
    if (o.save != NULL)
        figures_save(o.save);
    int worse = o.compare != NULL ? figures_compare(o.compare) : 0;
    return figures_missed() + worse > 0;
}
