/* What went wrong with one request: the material of an RFC 9457 reply. */
#pragma once
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include <stddef.h>

struct fault {
    const char *pointer; /* RFC 6901 pointer into the body, or "?name" for a query parameter */
    const char *code;    /* stable, e.g. "required", "too_long", "unknown_member" */
    const char *detail;  /* a sentence that tells the reader what to do */
};

struct problem {
    struct arena *arena;
    err code;                   /* OK = nothing wrong so far */
    const char *detail;         /* a sentence, or NULL */
    const char *conflicting_id; /* the id of the resource in the way, or NULL */
    const char *allow;          /* for 405: the methods that the path takes */
    int retry_after_s;          /* 0 = no Retry-After header */
    struct fault *faults;
    size_t n_faults, cap_faults;
    size_t n_unlisted; /* faults beyond PROBLEM_FAULTS_MAX */
    char *summary;     /* the detail that counts them, unless fail() gave one */
};

#define PROBLEM_FAULTS_MAX 100 /* further faults are counted in the detail, not listed */

void problem_init(struct problem *p, struct arena *a);
/* Records the failure (the last one wins) and returns code, for `return fail(p, ERR_X, "…")`. */
err fail(struct problem *p, err code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Adds an invalid field and sets code to ERR_INVALID if none is set. pointer is formatted first
 * by the caller (arena_printf). */
void fault(struct problem *p, const char *pointer, const char *code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
