/* Counters, gauges and latency histograms in Prometheus text format. Updates are relaxed atomics.
 * A family has at most one or two label names; a series is found once and kept by the caller. */
#pragma once
#include "lib/base/buf.h"
#include <stdint.h>

struct metric; /* one series */

/* labels: a literal like `operation="orders_create",status="201"`, or "" for none. The same family
 * and labels give the same series. Never NULL; never freed. Thread-safe. */
struct metric *metric_counter(const char *family, const char *help, const char *labels);
struct metric *metric_gauge(const char *family, const char *help, const char *labels);
/* Buckets in seconds from 0.0005 to 10, or for METRIC_SIZE powers of two from 1 to 128. */
enum metric_buckets { METRIC_SECONDS, METRIC_SIZE };
struct metric *metric_histogram(const char *family, const char *help, const char *labels,
                                enum metric_buckets buckets);
void metric_add(struct metric *m, int64_t n);
void metric_set(struct metric *m, int64_t v);
void metric_observe_us(struct metric *m, int64_t microseconds); /* METRIC_SECONDS */
void metric_observe(struct metric *m, int64_t value);           /* METRIC_SIZE */
int64_t metric_value(const struct metric *m); /* of a histogram: the number of observations */
void metrics_write(struct buf *out);          /* the whole exposition, families sorted */
