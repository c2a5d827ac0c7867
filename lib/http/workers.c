/* Queue, batching, deadlines and worker threads of one class. */
#include "lib/http/workers.h"
#include "lib/base/date.h"
#include "lib/base/log.h"
#include "lib/base/metrics.h"
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RETRY_AFTER_S 1
#define SAY_FULL_US INT64_C(1000000)

struct workers {
    const struct http_class *class;
    int index;
    const struct http_handler *handler;
    struct workers_hooks hooks;
    struct metric *depth_gauge, *batch_sizes, *refused_full, *refused_deadline;
    _Atomic int64_t said_full_us;

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t work;  /* for workers: the queue is not empty, or closed */
    pthread_cond_t alarm; /* for the reaper: an earlier deadline, or closed */
    struct exchange *head, **tail;
    atomic_int depth; /* changed under the lock, read without it to refuse */
    bool closed;
    int64_t wake_us; /* when the reaper looks next; INT64_MAX: when called */
    int numbers;     /* worker numbers given out */

    pthread_t reaper;
    bool reaper_runs;
    int n_threads;
    pthread_t threads[]; /* class->workers */
};

void exchange_refuse(struct exchange *ex, err code, const char *detail)
{
    struct problem p;
    problem_init(&p, ex->r.arena);
    (void)fail(&p, code, "%s", detail);
    p.retry_after_s = RETRY_AFTER_S;
    http_respond_problem(&ex->r, &p);
}

static void refuse_deadline(struct workers *w, struct exchange *ex)
{
    metric_add(w->refused_deadline, 1);
    exchange_refuse(ex, ERR_DEADLINE, "The request waited too long for a free worker.");
    w->hooks.finished(ex);
}

/* A list taken out of the queue, in order. */
struct taken {
    struct exchange *head, **tail;
};

static void queue_remove(struct workers *w, struct exchange **link)
{
    struct exchange *ex = *link;
    *link = ex->next;
    if (!ex->next)
        w->tail = link;
    ex->next = NULL;
    w->depth--;
}

static void queue_move(struct workers *w, struct exchange **link, struct taken *to)
{
    struct exchange *ex = *link;
    queue_remove(w, link);
    *to->tail = ex;
    to->tail = &ex->next;
}

/* Moves what is past its deadline to late; returns the next deadline. */
static int64_t queue_expire(struct workers *w, int64_t now_us, struct taken *late)
{
    int64_t next = INT64_MAX;
    for (struct exchange **link = &w->head; *link;) {
        if ((*link)->r.deadline_us <= now_us) {
            queue_move(w, link, late);
            continue;
        }
        if ((*link)->r.deadline_us < next)
            next = (*link)->r.deadline_us;
        link = &(*link)->next;
    }
    metric_set(w->depth_gauge, w->depth);
    return next;
}

/* Takes the oldest request and the waiting ones of its group. The queue is not empty. */
static size_t queue_take(struct workers *w, struct http_request *batch[HTTP_BATCH_MAX])
{
    struct exchange *first = w->head;
    size_t max = first->r.batch_max;
    if (max > HTTP_BATCH_MAX)
        max = HTTP_BATCH_MAX;
    size_t n = 0;
    batch[n++] = &first->r;
    queue_remove(w, &w->head);
    for (struct exchange **link = &w->head; first->r.group != 0 && *link && n < max;) {
        if ((*link)->r.group == first->r.group) {
            batch[n++] = &(*link)->r;
            queue_remove(w, link);
        } else {
            link = &(*link)->next;
        }
    }
    metric_set(w->depth_gauge, w->depth);
    return n;
}

static void batch_run(struct workers *w, struct http_request **batch, size_t n, int number)
{
    metric_observe(w->batch_sizes, (int64_t)n);
    w->handler->run(batch, n, w->index, number, w->handler->arg);
    for (size_t i = 0; i < n; i++) {
        struct exchange *ex = batch[i]->private_;
        if (batch[i]->response.status == 0) {
            log_line(LOG_ERROR, "request left without a response",
                     LOG_S("request_id", batch[i]->request_id));
            exchange_refuse(ex, ERR_INTERNAL, "The request was left without an answer.");
        }
        w->hooks.finished(ex);
    }
}

static void finish_late(struct workers *w, struct exchange *late)
{
    while (late) {
        struct exchange *next = late->next; /* after finished() it is not ours */
        refuse_deadline(w, late);
        late = next;
    }
}

static void *worker_main(void *arg)
{
    struct workers *w = arg;
    struct http_request *batch[HTTP_BATCH_MAX];

    pthread_mutex_lock(&w->lock);
    int number = w->numbers++;
    for (;;) {
        while (!w->head && !w->closed)
            pthread_cond_wait(&w->work, &w->lock);
        if (!w->head)
            break;
        size_t n = queue_take(w, batch);
        pthread_mutex_unlock(&w->lock);
        batch_run(w, batch, n, number);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void alarm_wait(struct workers *w)
{
    if (w->wake_us == INT64_MAX) {
        pthread_cond_wait(&w->alarm, &w->lock);
        return;
    }
    struct timespec at = {.tv_sec = w->wake_us / 1000000, .tv_nsec = w->wake_us % 1000000 * 1000};
    pthread_cond_timedwait(&w->alarm, &w->lock, &at);
}

static void *reaper_main(void *arg)
{
    struct workers *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->closed) {
        struct taken late = {.tail = &late.head};
        w->wake_us = queue_expire(w, clock_monotonic_us(), &late);
        if (!late.head) {
            alarm_wait(w);
            continue;
        }
        pthread_mutex_unlock(&w->lock);
        finish_late(w, late.head);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static bool is_full(const struct workers *w)
{
    return atomic_load_explicit(&w->depth, memory_order_relaxed) >= w->class->queue_max;
}

/* Counts a refusal, and says once a second that there are any. */
static void count_refusal(struct workers *w)
{
    metric_add(w->refused_full, 1);
    int64_t now_us = clock_monotonic_us(), said_us = atomic_load(&w->said_full_us);
    if (now_us - said_us >= SAY_FULL_US &&
        atomic_compare_exchange_strong(&w->said_full_us, &said_us, now_us))
        log_line(LOG_WARN, "requests are refused: the queue is full",
                 LOG_S("class", w->class->name),
                 LOG_I("refused_in_all", metric_value(w->refused_full)));
}

bool workers_full(struct workers *w)
{
    bool full = is_full(w);
    if (full)
        count_refusal(w);
    return full;
}

err workers_submit(struct workers *w, struct exchange *ex)
{
    /* A flood is refused without the lock: the workers need it, and who floods may hold it long. */
    if (workers_full(w))
        return ERR_OVERLOADED;
    pthread_mutex_lock(&w->lock);
    err e = w->closed ? ERR_UNAVAILABLE : is_full(w) ? ERR_OVERLOADED : OK;
    if (e == OK) {
        w->hooks.accepted(ex);
        ex->next = NULL;
        *w->tail = ex;
        w->tail = &ex->next;
        w->depth++;
        metric_set(w->depth_gauge, w->depth);
        /* The reaper sleeps through the next deadline at most: it is not woken per request. */
        if (ex->r.deadline_us < w->wake_us) {
            w->wake_us = ex->r.deadline_us;
            pthread_cond_signal(&w->alarm);
        }
        pthread_cond_signal(&w->work);
    }
    pthread_mutex_unlock(&w->lock);
    if (e == ERR_OVERLOADED)
        count_refusal(w);
    return e;
}

void workers_close(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->closed = true;
    struct exchange *ex = w->head;
    w->head = NULL;
    w->tail = &w->head;
    w->depth = 0;
    metric_set(w->depth_gauge, 0);
    pthread_cond_broadcast(&w->work);
    pthread_cond_broadcast(&w->alarm);
    pthread_mutex_unlock(&w->lock);
    while (ex) {
        struct exchange *next = ex->next;
        exchange_refuse(ex, ERR_OVERLOADED, "The server is stopping.");
        w->hooks.finished(ex);
        ex = next;
    }
}

void workers_join(struct workers *w)
{
    for (; w->n_threads > 0; w->n_threads--)
        pthread_join(w->threads[w->n_threads - 1], NULL);
    if (w->reaper_runs)
        pthread_join(w->reaper, NULL);
    w->reaper_runs = false;
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    workers_close(w);
    workers_join(w);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->alarm);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static void metrics_open(struct workers *w)
{
    char label[80];
    snprintf(label, sizeof label, "class=\"%s\"", w->class->name);
    w->depth_gauge = metric_gauge("o2c_http_queue_depth", "Requests waiting for a worker.", label);
    w->batch_sizes = metric_histogram("o2c_http_batch_size", "Requests run together.", label,
                                      METRIC_SIZE);
    w->refused_full = metric_counter("o2c_http_refused_total", "Requests refused by the front end.",
                                     "reason=\"queue_full\"");
    w->refused_deadline = metric_counter(
        "o2c_http_refused_total", "Requests refused by the front end.", "reason=\"deadline\"");
}

static void locks_open(struct workers *w)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->alarm, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static bool threads_start(struct workers *w)
{
    w->reaper_runs = pthread_create(&w->reaper, NULL, reaper_main, w) == 0;
    if (!w->reaper_runs)
        return false;
    for (; w->n_threads < w->class->workers; w->n_threads++)
        if (pthread_create(&w->threads[w->n_threads], NULL, worker_main, w) != 0)
            return false;
    return true;
}

err workers_start(const struct http_class *class, int index, const struct http_handler *handler,
                  const struct workers_hooks *hooks, struct workers **ret)
{
    assert(class->workers > 0 && class->queue_max > 0);
    struct workers *w = calloc(1, sizeof *w + (size_t) class->workers * sizeof w->threads[0]);
    if (!w)
        return ERR_INTERNAL;
    w->class = class;
    w->index = index;
    w->handler = handler;
    w->hooks = *hooks;
    w->tail = &w->head;
    w->wake_us = INT64_MAX;
    metrics_open(w);
    locks_open(w);
    if (!threads_start(w)) {
        workers_free(w);
        return ERR_INTERNAL;
    }
    *ret = w;
    return OK;
}
