/* The route table: every operation of the API as data. The prototypes that routes.def implies are
 * in routes_prototypes.h, which each file that implements a use case includes: a use case with
 * other arguments than its row says does not compile. */
#pragma once
#include "lib/json/spec.h"
#include "lib/pg/list.h"
#include "server/api/call.h"

enum route_flag {
    KEY = 1,
    MATCH = 2,
    UPSERT = 4,
    PURE = 8,
    TENANT_FACTS = 16,
    SIGNED = 32,
    FILE_OUT = 64 /* of DOWNLOAD: the reply is a struct file */
};
enum route_kind { ROUTE_READ, ROUTE_LIST, ROUTE_WRITE };

struct job_result;

struct route {
    enum route_kind kind;
    const char *method, *path, *name, *scope, *summary;
    const struct json_type *in, *out; /* of a list: out is one item */
    const struct list_def *list;
    int status;
    unsigned flags;
    size_t batch_max;  /* 1: never batched */
    size_t lines_max;  /* the body is NDJSON or CSV, `in` the type of a line; 0: one JSON object */
    const err *errors; /* ends with OK */
    /* Runs n calls; failures of single calls are in their problems. */
    err (*run)(struct tx *tx, struct call **calls, size_t n);
    /* Of a JOB: works off lines of the file that run() has taken; else NULL. */
    err (*work)(struct tx *tx, struct call *c, const struct bulk *in, struct job_result *results);
    const char *const *media; /* of UPLOAD: the types that its body may have, ends with NULL */
    size_t body_max;          /* bytes of it; 0: whatever the server takes */
};

/* The media type of the operation's body, of UPLOAD the first, and the other one that it takes, or
 * NULL. */
const char *route_media(const struct route *r);
const char *route_other_media(const struct route *r);
/* Files e under the call and lets the batch go on; returns e itself when it spoils the transaction
 * (a failure of the database) or when the call is alone in it and writes. */
err call_failed(struct tx *tx, struct call *c, err e) MUST_CHECK;

extern const struct route routes[];
extern const size_t n_routes;
#define OPERATIONS_MAX 256 /* room for what is kept of each */
