/* What a use case sees of the request that asked for it. The runner (run.c) has already routed,
 * authenticated, decoded, claimed the idempotency key, resolved "ext:" references and begun the
 * transaction; it will encode, record, commit, and answer. */
#pragma once
#include "lib/base/money.h"
#include "lib/base/problem.h"
#include "lib/json/spec.h"
#include "lib/pg/pg.h"
#include <stdbool.h>
#include <stdint.h>

struct route;
struct list_query;
struct bulk_source;
struct bulk_origin;

/* The legal entity whose books these are. */
struct tenant_facts {
    int64_t id;
    int64_t version;
    const char *currency;
    int exponent;
    const char *time_zone;
    const char *country;
    enum rounding rounding;
    bool tax_per_line;       /* else per document */
    const char *credit_mode; /* ignore, warn, enforce */
    bool approvals;          /* there are rules by which orders need approval */
    int32_t locked_until;    /* nothing is posted on or before; NIL32: open */
    int fiscal_year_start_month;
};

#define VERSION_ANY (-1)

struct call {
    const struct route *route;
    struct problem *problem; /* fail(c->problem, …): the failure of this call alone */
    const struct tenant_facts *tenant;
    int64_t api_key_id;
    const char *scopes; /* of the key; ask call_may() */
    const char *request_id;
    int64_t path_id[2];           /* ids of the path, in order; NIL64 for an unknown ext: on PUT */
    const char *path_external_id; /* the ext: text of path_id[0], or NULL */
    int64_t if_match; /* version asked for, VERSION_ANY for "*" or where it is optional and
                         missing */
    bool dry_run;
    bool validate_only; /* of a JOB: each line is only tried */
    const void *in;
    struct bytes body;        /* of an UPLOAD */
    const char *media;        /* its type, without parameters */
    struct list_query *query; /* of a list, instead of in */
    void *out;
    int status; /* 0: the route's own; a use case that created on PUT sets 201 */
};

/* A request of many lines, each like a request of its own: what c->in of a BULK operation is. A
 * line that cannot be tried (not JSON, faulty, an unknown reference) has its problem already. */
struct bulk {
    bool atomic;        /* all lines or none */
    struct call *lines; /* in: the decoded line, NULL when it could not be decoded; out: NULL */
    size_t n;
    const struct bulk_source *source;  /* where they came from, */
    const struct bulk_origin *origins; /* each at its place */
};

/* A body-less or parameter-less request. */
JSON_STRUCT_EMPTY(none);

/* The reply of a DOWNLOAD: bytes, for the client to keep. */
struct file {
    const char *media, *name;
    const char *etag; /* without quotes: a hash of the content */
    struct bytes content;
};
extern const struct json_type file_type; /* has no members: it is no JSON */

/* Says in the call's problem that it failed with e, if it does not say so yet. */
void call_file(struct call *c, err e);

/* Do these scopes (separated by spaces; "*" and "orders:*" match all and all of orders) have that
 * one? NULL: none. */
bool scopes_allow(const char *scopes, const char *scope);
/* May the caller do what needs this scope, beside the route's own? */
bool call_may(const struct call *c, const char *scope);

/* ERR_STALE when the caller's If-Match names another version. */
err call_check_version(const struct call *c, int64_t version) MUST_CHECK;
/* ERR_PERIOD_LOCKED when the books are locked on that day; pointer: the member that says the day,
 * "" when none does. */
err call_check_period(const struct call *c, int32_t effective_date, const char *pointer) MUST_CHECK;

/* An object of the type as compact JSON text in the arena, for events. */
const char *call_json(struct arena *a, const struct json_type *type, const void *value,
                      const char *currency);
