/* A registry of metric families and their series, written as Prometheus text. */
#include "lib/base/metrics.h"
#include "lib/base/decimal.h"
#include "lib/base/value.h"
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BOUNDS_MAX 16

enum kind { COUNTER, GAUGE, HISTOGRAM };
static const char *const kind_names[] = {"counter", "gauge", "histogram"};

/* Upper bounds in the unit of observation, printed as v * 10^-scale. */
struct bounds {
    int64_t upper[BOUNDS_MAX];
    int n, scale;
};

static const struct bounds all_bounds[] = {
    [METRIC_SECONDS] = {{500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
                         1000000, 2500000, 5000000, 10000000},
                        14,
                        6},
    [METRIC_SIZE] = {{1, 2, 4, 8, 16, 32, 64, 128}, 8, 0},
};

struct family {
    struct family *next;
    const char *name, *help;
    enum kind kind;
    const struct bounds *bounds; /* NULL unless a histogram */
    struct metric *series;
};

struct metric {
    struct metric *next;
    const struct family *family;
    const char *labels;
    _Atomic int64_t value;                   /* the sum, of a histogram */
    _Atomic int64_t buckets[BOUNDS_MAX + 1]; /* not cumulative; the last is what passes all */
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct family *registry;

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* Families and series are kept sorted by inserting them in place. */
static struct family *find_family(const char *name, const char *help, enum kind kind,
                                  const struct bounds *bounds)
{
    struct family **at = &registry;
    while (*at && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    if (!*at || strcmp((*at)->name, name) != 0) {
        struct family *f = must(calloc(1, sizeof *f));
        *f = (struct family){.next = *at,
                             .name = must(strdup(name)),
                             .help = must(strdup(help)),
                             .kind = kind,
                             .bounds = bounds};
        *at = f;
    }
    assert((*at)->kind == kind && (*at)->bounds == bounds);
    return *at;
}

static struct metric *find_series(struct family *family, const char *labels)
{
    struct metric **at = &family->series;
    while (*at && strcmp((*at)->labels, labels) < 0)
        at = &(*at)->next;
    if (!*at || strcmp((*at)->labels, labels) != 0) {
        struct metric *m = must(calloc(1, sizeof *m));
        m->next = *at;
        m->family = family;
        m->labels = must(strdup(labels));
        *at = m;
    }
    return *at;
}

static struct metric *find(const char *family, const char *help, const char *labels, enum kind kind,
                           const struct bounds *bounds)
{
    pthread_mutex_lock(&registry_lock);
    struct metric *m = find_series(find_family(family, help, kind, bounds), labels);
    pthread_mutex_unlock(&registry_lock);
    return m;
}

struct metric *metric_counter(const char *family, const char *help, const char *labels)
{
    return find(family, help, labels, COUNTER, NULL);
}

struct metric *metric_gauge(const char *family, const char *help, const char *labels)
{
    return find(family, help, labels, GAUGE, NULL);
}

struct metric *metric_histogram(const char *family, const char *help, const char *labels,
                                enum metric_buckets buckets)
{
    assert((size_t)buckets < COUNT_OF(all_bounds));
    return find(family, help, labels, HISTOGRAM, &all_bounds[buckets]);
}

void metric_add(struct metric *m, int64_t n)
{
    assert(m->family->kind != HISTOGRAM);
    atomic_fetch_add_explicit(&m->value, n, memory_order_relaxed);
}

void metric_set(struct metric *m, int64_t v)
{
    assert(m->family->kind == GAUGE);
    atomic_store_explicit(&m->value, v, memory_order_relaxed);
}

static void observe(struct metric *m, int64_t value, const struct bounds *bounds)
{
    assert(m->family->bounds == bounds);
    int i = 0;
    while (i < bounds->n && value > bounds->upper[i])
        i++;
    atomic_fetch_add_explicit(&m->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->value, value, memory_order_relaxed);
}

void metric_observe_us(struct metric *m, int64_t microseconds)
{
    observe(m, microseconds, &all_bounds[METRIC_SECONDS]);
}

void metric_observe(struct metric *m, int64_t value)
{
    observe(m, value, &all_bounds[METRIC_SIZE]);
}

static int64_t bucket(const struct metric *m, int i)
{
    return atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
}

int64_t metric_value(const struct metric *m)
{
    if (m->family->kind != HISTOGRAM)
        return atomic_load_explicit(&m->value, memory_order_relaxed);
    int64_t count = 0;
    for (int i = 0; i <= m->family->bounds->n; i++)
        count += bucket(m, i);
    return count;
}

/* family_suffix{labels,extra} without the value. extra may be "". */
static void write_name(struct buf *out, const struct metric *m, const char *suffix,
                       const char *extra)
{
    buf_printf(out, "%s%s", m->family->name, suffix);
    if (*m->labels || *extra)
        buf_printf(out, "{%s%s%s}", m->labels, *m->labels && *extra ? "," : "", extra);
    buf_char(out, ' ');
}

static void write_bucket(struct buf *out, const struct metric *m, const char *bound, int64_t count)
{
    char le[DECIMAL_TEXT_MAX + 8] = "le=\"";
    size_t len = strlen(bound);
    memcpy(le + 4, bound, len);
    memcpy(le + 4 + len, "\"", 2);
    write_name(out, m, "_bucket", le);
    buf_i64(out, count);
    buf_char(out, '\n');
}

/* The count is the sum of the buckets read here, so that it agrees with them at any moment. */
static void write_histogram(struct buf *out, const struct metric *m)
{
    const struct bounds *bounds = m->family->bounds;
    char number[DECIMAL_TEXT_MAX];
    int64_t count = 0;
    for (int i = 0; i < bounds->n; i++) {
        count += bucket(m, i);
        decimal_format(bounds->upper[i], bounds->scale, 0, number);
        write_bucket(out, m, number, count);
    }
    count += bucket(m, bounds->n);
    write_bucket(out, m, "+Inf", count);
    decimal_format(atomic_load_explicit(&m->value, memory_order_relaxed), bounds->scale, 0, number);
    write_name(out, m, "_sum", "");
    buf_printf(out, "%s\n", number);
    write_name(out, m, "_count", "");
    buf_i64(out, count);
    buf_char(out, '\n');
}

static void write_series(struct buf *out, const struct metric *m)
{
    if (m->family->kind == HISTOGRAM) {
        write_histogram(out, m);
        return;
    }
    write_name(out, m, "", "");
    buf_i64(out, metric_value(m));
    buf_char(out, '\n');
}

static void write_help(struct buf *out, const char *help)
{
    for (; *help; help++) {
        if (*help == '\\' || *help == '\n')
            buf_put(out, *help == '\n' ? "\\n" : "\\\\", 2);
        else
            buf_char(out, *help);
    }
}

void metrics_write(struct buf *out)
{
    pthread_mutex_lock(&registry_lock);
    for (const struct family *f = registry; f; f = f->next) {
        buf_printf(out, "# HELP %s ", f->name);
        write_help(out, f->help);
        buf_printf(out, "\n# TYPE %s %s\n", f->name, kind_names[f->kind]);
        for (const struct metric *m = f->series; m; m = m->next)
            write_series(out, m);
    }
    pthread_mutex_unlock(&registry_lock);
}
