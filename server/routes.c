/* The rows of routes.def as data, each with a thunk that hands the runner's untyped calls to its
 * typed use case. */
#include "server/jobs/jobs.h"
#include "server/routes_prototypes.h"
#include "server/shipments/documents.h"

/* Reads and single writes: one call after the other; a call's failure stays its own. */
#define RUN_EACH(fn)                                                                               \
    static err fn##_run(struct tx *tx, struct call **c, size_t n)                                  \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            err e = fn(tx, c[i], c[i]->in, c[i]->out);                                             \
            if (e != OK)                                                                           \
                TRY(call_failed(tx, c[i], e));                                                     \
        }                                                                                          \
        return OK;                                                                                 \
    }

/* Those that waited together, as one array. */
#define RUN_TOGETHER(fn)                                                                           \
    static err fn##_run(struct tx *tx, struct call **c, size_t n)                                  \
    {                                                                                              \
        struct fn##_cmd *cmds = ARENA_ARRAY(tx->arena, struct fn##_cmd, n);                        \
        for (size_t i = 0; i < n; i++)                                                             \
            cmds[i] = (struct fn##_cmd){.call = c[i], .in = c[i]->in, .out = c[i]->out};           \
        return fn(tx, cmds, n);                                                                    \
    }

#define ERRORS(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__ __VA_OPT__(, ) OK                                                              \
    }
#define READ(path, fn, scope, IN, OUT, summary) RUN_EACH(fn)
#define LIST(path, fn, scope, ITEM, summary)                                                       \
    static err fn##_run(struct tx *tx, struct call **c, size_t n)                                  \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            err e = fn(tx, c[i]->query, c[i]->out);                                                \
            if (e != OK)                                                                           \
                TRY(call_failed(tx, c[i], e));                                                     \
        }                                                                                          \
        return OK;                                                                                 \
    }
#define WRITE(method, path, fn, scope, IN, OUT, status, flags, summary, errors)                    \
    RUN_EACH(fn)                                                                                   \
    static const err fn##_errors[] = errors;
#define READS(path, fn, scope, IN, OUT, summary, most) RUN_TOGETHER(fn)
#define BATCH(method, path, fn, scope, IN, OUT, status, flags, summary, most, errors)              \
    RUN_TOGETHER(fn)                                                                               \
    static const err fn##_errors[] = errors;
#define BULK(method, path, fn, scope, LINE, OUT, status, flags, summary, most, errors)             \
    RUN_EACH(fn)                                                                                   \
    static const err fn##_errors[] = errors;
#define JOB(path, fn, scope, LINE, summary)                                                        \
    static err fn##_run(struct tx *tx, struct call **c, size_t n)                                  \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            err e = jobs_take(tx, c[i], c[i]->in, c[i]->out);                                      \
            if (e != OK)                                                                           \
                TRY(call_failed(tx, c[i], e));                                                     \
        }                                                                                          \
        return OK;                                                                                 \
    }
#define UPLOAD(path, fn, scope, IN, OUT, status, flags, summary, media, most, errors)              \
    RUN_EACH(fn)                                                                                   \
    static const err fn##_errors[] = errors;
#define DOWNLOAD(path, fn, scope, summary) RUN_EACH(fn)
#include "server/routes.def"
#undef READ
#undef READS
#undef LIST
#undef WRITE
#undef BATCH
#undef BULK
#undef JOB
#undef UPLOAD
#undef DOWNLOAD

#define READ(path, fn, scope, IN, OUT, summary) extern const struct json_type IN##_type, OUT##_type;
#define READS(path, fn, scope, IN, OUT, summary, most)                                             \
    extern const struct json_type IN##_type, OUT##_type;
#define LIST(path, fn, scope, ITEM, summary) extern const struct json_type ITEM##_type;
#define WRITE(method, path, fn, scope, IN, OUT, status, flags, summary, errors)                    \
    extern const struct json_type IN##_type, OUT##_type;
#define BATCH(method, path, fn, scope, IN, OUT, status, flags, summary, most, errors)              \
    extern const struct json_type IN##_type, OUT##_type;
#define BULK(method, path, fn, scope, LINE, OUT, status, flags, summary, most, errors)             \
    extern const struct json_type LINE##_type, OUT##_type;
#define JOB(path, fn, scope, LINE, summary) extern const struct json_type LINE##_type;
#define UPLOAD(path, fn, scope, IN, OUT, status, flags, summary, media, most, errors)              \
    extern const struct json_type IN##_type, OUT##_type;                                           \
    extern const char *const media[];
#define DOWNLOAD(path, fn, scope, summary)
#include "server/routes.def"
#undef READ
#undef READS
#undef LIST
#undef WRITE
#undef BATCH
#undef BULK
#undef JOB
#undef UPLOAD
#undef DOWNLOAD

/* Most reads of one kind that share a snapshot and a connection. */
#define READS_TOGETHER 16
static const err no_errors[] = {OK};

const struct route routes[] = {
#define READ(path_, fn, scope_, IN, OUT, summary_)                                                 \
    {ROUTE_READ, "GET", path_,          #fn, scope_,    summary_, &IN##_type, &OUT##_type, NULL,   \
     200,        0,     READS_TOGETHER, 0,   no_errors, fn##_run, NULL,       NULL,        0},
#define READS(path_, fn, scope_, IN, OUT, summary_, most_)                                         \
    {ROUTE_READ, "GET", path_, #fn, scope_,    summary_, &IN##_type, &OUT##_type, NULL,            \
     200,        0,     most_, 0,   no_errors, fn##_run, NULL,       NULL,        0},
#define LIST(path_, fn, scope_, ITEM, summary_)                                                    \
    {ROUTE_LIST, "GET", path_,          #fn, scope_,    summary_, NULL, &ITEM##_type, &fn##_def,   \
     200,        0,     READS_TOGETHER, 0,   no_errors, fn##_run, NULL, NULL,         0},
#define WRITE(method_, path_, fn, scope_, IN, OUT, status_, flags_, summary_, errors_)             \
    {ROUTE_WRITE, #method_, path_, #fn, scope_,      summary_, &IN##_type, &OUT##_type, NULL,      \
     status_,     flags_,   1,     0,   fn##_errors, fn##_run, NULL,       NULL,        0},
#define BATCH(method_, path_, fn, scope_, IN, OUT, status_, flags_, summary_, most_, errors_)      \
    {ROUTE_WRITE, #method_, path_, #fn, scope_,      summary_, &IN##_type, &OUT##_type, NULL,      \
     status_,     flags_,   most_, 0,   fn##_errors, fn##_run, NULL,       NULL,        0},
#define BULK(method_, path_, fn, scope_, LINE, OUT, status_, flags_, summary_, most_, errors_)     \
    {ROUTE_WRITE, #method_, path_, #fn,   scope_,      summary_, &LINE##_type, &OUT##_type, NULL,  \
     status_,     flags_,   1,     most_, fn##_errors, fn##_run, NULL,         NULL,        0},
#define JOB(path_, fn, scope_, LINE, summary_)                                                     \
    {                                                                                              \
        ROUTE_WRITE,   "POST",    path_,    #fn, scope_, summary_,                                 \
        &LINE##_type,  &job_type, NULL,     202, KEY,    1,                                        \
        JOB_LINES_MAX, no_errors, fn##_run, fn,  NULL,   0},
#define UPLOAD(path_, fn, scope_, IN, OUT, status_, flags_, summary_, media_, most_, errors_)      \
    {.kind = ROUTE_WRITE,                                                                          \
     .method = "POST",                                                                             \
     .path = path_,                                                                                \
     .name = #fn,                                                                                  \
     .scope = scope_,                                                                              \
     .summary = summary_,                                                                          \
     .in = &IN##_type,                                                                             \
     .out = &OUT##_type,                                                                           \
     .status = status_,                                                                            \
     .flags = flags_,                                                                              \
     .batch_max = 1,                                                                               \
     .errors = fn##_errors,                                                                        \
     .run = fn##_run,                                                                              \
     .media = media_,                                                                              \
     .body_max = most_},
#define DOWNLOAD(path_, fn, scope_, summary_)                                                      \
    {.kind = ROUTE_READ,                                                                           \
     .method = "GET",                                                                              \
     .path = path_,                                                                                \
     .name = #fn,                                                                                  \
     .scope = scope_,                                                                              \
     .summary = summary_,                                                                          \
     .in = &none_type,                                                                             \
     .out = &file_type,                                                                            \
     .status = 200,                                                                                \
     .flags = FILE_OUT,                                                                            \
     .batch_max = 1,                                                                               \
     .errors = no_errors,                                                                          \
     .run = fn##_run},
#include "server/routes.def"
#undef READ
#undef READS
#undef LIST
#undef WRITE
#undef BATCH
#undef BULK
#undef JOB
#undef UPLOAD
#undef DOWNLOAD
};
const size_t n_routes = COUNT_OF(routes);
_Static_assert(COUNT_OF(routes) < OPERATIONS_MAX, "what is kept of each has no room for it");

const char *route_media(const struct route *r)
{
    if (r->media != NULL)
        return r->media[0];
    return r->lines_max > 0 ? "application/x-ndjson" : "application/json";
}

const char *route_other_media(const struct route *r)
{
    return r->lines_max > 0 ? "text/csv" : NULL;
}
