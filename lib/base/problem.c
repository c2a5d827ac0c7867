/* Collects what went wrong with one request. */
#include "lib/base/problem.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SUMMARY_MAX 96

void problem_init(struct problem *p, struct arena *a)
{
    *p = (struct problem){.arena = a, .code = OK};
}

err fail(struct problem *p, err code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    p->code = code;
    p->detail = arena_vprintf(p->arena, fmt, ap);
    va_end(ap);
    return code;
}

/* One buffer for all of them: a body of a million faults must not fill the arena with sentences. */
static void count_unlisted(struct problem *p)
{
    p->n_unlisted++;
    if (!p->summary && p->detail)
        return;
    if (!p->summary)
        p->summary = arena_alloc(p->arena, SUMMARY_MAX);
    snprintf(p->summary, SUMMARY_MAX, "%zu fields are invalid; the first %d are listed.",
             p->n_faults + p->n_unlisted, PROBLEM_FAULTS_MAX);
    if (!p->detail)
        p->detail = p->summary;
}

static void grow(struct problem *p)
{
    size_t cap = p->cap_faults ? p->cap_faults * 2 : 8;
    struct fault *faults = ARENA_ARRAY(p->arena, struct fault, cap);
    if (p->n_faults > 0)
        memcpy(faults, p->faults, p->n_faults * sizeof *faults);
    p->faults = faults;
    p->cap_faults = cap;
}

void fault(struct problem *p, const char *pointer, const char *code, const char *fmt, ...)
{
    if (p->code == OK)
        p->code = ERR_INVALID;
    if (p->n_faults >= PROBLEM_FAULTS_MAX) {
        count_unlisted(p);
        return;
    }
    if (p->n_faults == p->cap_faults)
        grow(p);
    va_list ap;
    va_start(ap, fmt);
    p->faults[p->n_faults++] = (struct fault){
        .pointer = pointer, .code = code, .detail = arena_vprintf(p->arena, fmt, ap)};
    va_end(ap);
}
