/* The prototypes of all use cases, made from routes.def. */
#pragma once
#include "server/routes.h"

#define ERRORS(...)
#define READ(path, fn, scope, IN, OUT, summary)                                                    \
    struct IN;                                                                                     \
    struct OUT;                                                                                    \
    err fn(struct tx *tx, struct call *c, const struct IN *in, struct OUT *ret) MUST_CHECK;
#define LIST(path, fn, scope, ITEM, summary)                                                       \
    struct ITEM##_list;                                                                            \
    extern const struct list_def fn##_def;                                                         \
    err fn(struct tx *tx, struct list_query *q, struct ITEM##_list *ret) MUST_CHECK;
#define WRITE(method, path, fn, scope, IN, OUT, status, flags, summary, errors)                    \
    struct IN;                                                                                     \
    struct OUT;                                                                                    \
    err fn(struct tx *tx, struct call *c, const struct IN *in, struct OUT *ret) MUST_CHECK;
#define TOGETHER_(fn, IN, OUT)                                                                     \
    struct IN;                                                                                     \
    struct OUT;                                                                                    \
    struct fn##_cmd {                                                                              \
        struct call *call;                                                                         \
        const struct IN *in;                                                                       \
        struct OUT *out;                                                                           \
    };                                                                                             \
    err fn(struct tx *tx, struct fn##_cmd *cmds, size_t n) MUST_CHECK;
#define READS(path, fn, scope, IN, OUT, summary, most) TOGETHER_(fn, IN, OUT)
#define BATCH(method, path, fn, scope, IN, OUT, status, flags, summary, most, errors)              \
    TOGETHER_(fn, IN, OUT)
#define BULK(method, path, fn, scope, LINE, OUT, status, flags, summary, most, errors)             \
    struct OUT;                                                                                    \
    err fn(struct tx *tx, struct call *c, const struct bulk *in, struct OUT *ret) MUST_CHECK;
#define JOB(path, fn, scope, LINE, summary)                                                        \
    err fn(struct tx *tx, struct call *c, const struct bulk *in, struct job_result *results)       \
        MUST_CHECK;
#define UPLOAD(path, fn, scope, IN, OUT, status, flags, summary, media, most, errors)              \
    struct IN;                                                                                     \
    struct OUT;                                                                                    \
    err fn(struct tx *tx, struct call *c, const struct IN *in, struct OUT *ret) MUST_CHECK;
#define DOWNLOAD(path, fn, scope, summary)                                                         \
    err fn(struct tx *tx, struct call *c, const struct none *in, struct file *ret) MUST_CHECK;
#include "server/routes.def"
#undef READ
#undef READS
#undef LIST
#undef WRITE
#undef BATCH
#undef TOGETHER_
#undef BULK
#undef JOB
#undef UPLOAD
#undef DOWNLOAD
#undef ERRORS
