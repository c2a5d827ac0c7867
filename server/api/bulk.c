/* Cuts a body into lines and decodes each. */
#include "server/api/bulk.h"
#include "lib/base/buf.h"
#include <string.h>

/* Faults that all lines together may list: a body of nonsense must not become a reply that is many
 * times as long. Lines beyond are refused without a list. */
#define BULK_FAULTS_MAX 10000
#define BULK_CANONICAL_MAX ((size_t)512 << 20) /* never reached: a request's arena is smaller */

JSON_TYPE(bulk_fault, BULK_FAULT_FIELDS, .doc = "A fault of a line.");

/* Appends the line's canonical text: of what is no order, the text itself. */
static void decode_line(struct arena *a, struct bytes text, struct call *line,
                        struct json_refs *refs, size_t *faults, struct buf *canonical)
{
    const struct json_type *t = line->route->in;
    struct arena_mark before = arena_mark(a);
    void *in = arena_alloc(a, t->size);
    const char *compact = NULL;
    err e = json_decode(a, t, (const char *)text.p, text.len, in, refs, &compact, line->problem);
    if (line->problem->code != OK)
        e = line->problem->code;
    if (e == OK) {
        line->in = in;
        buf_str(canonical, compact);
    } else {
        *faults += line->problem->n_faults;
        if (*faults > BULK_FAULTS_MAX) {
            arena_rewind(a, before);
            problem_init(line->problem, a);
            line->problem->code = e;
        }
        refs->n = 0;
        buf_put(canonical, text.p, text.len);
    }
    buf_char(canonical, '\n');
}

static size_t count_lines(struct arena *a, const struct call *c, const struct bulk_text *text)
{
    struct arena_mark before = arena_mark(a);
    struct bulk_source s;
    struct bulk_item item;
    size_t n = 0;
    if (bulk_source_open(&s, a, c->route->in, text, c->problem) != OK)
        return 0;
    while (n <= c->route->lines_max && !arena_over(a) && bulk_source_next(&s, &item))
        n++;
    if (arena_over(a))
        fail(c->problem, ERR_OVERLOADED, "The lines need more memory than a request may use.");
    else if (n == 0)
        fault(c->problem, "", "too_few", "Send at least one line.");
    else if (n > c->route->lines_max)
        fault(c->problem, "", "too_many", "Send at most %zu lines in one request; these are more.",
              c->route->lines_max);
    else
        arena_rewind(a, before);
    return n;
}

const char *bulk_decode(struct arena *a, const struct call *c, const struct bulk_text *text,
                        struct bulk *bulk, struct json_refs **ret_refs)
{
    size_t n = count_lines(a, c, text), faults = 0;
    struct bulk_source *s = ARENA_NEW(a, struct bulk_source);
    if (c->problem->code != OK || bulk_source_open(s, a, c->route->in, text, c->problem) != OK)
        return "";
    struct problem *problems = ARENA_ARRAY(a, struct problem, n);
    struct json_refs *refs = ARENA_ARRAY(a, struct json_refs, n);
    struct bulk_origin *origins = ARENA_ARRAY(a, struct bulk_origin, n);
    struct buf canonical;
    buf_init(&canonical, a, text->body.len + n, BULK_CANONICAL_MAX);
    bulk->lines = ARENA_ARRAY(a, struct call, n);
    bulk->n = n;
    struct bulk_item item;
    for (size_t i = 0; i < n && bulk_source_next(s, &item); i++) {
        bulk->lines[i] = *c;
        bulk->lines[i].problem = &problems[i];
        problem_init(&problems[i], a);
        origins[i] = item.origin;
        struct bytes json = bulk_source_json(s, &item, &problems[i]);
        decode_line(a, json, &bulk->lines[i], &refs[i], &faults, &canonical);
    }
    bulk->source = s;
    bulk->origins = origins;
    *ret_refs = refs;
    return canonical.p;
}

void bulk_begin(const struct bulk *bulk, struct arena *a)
{
    for (size_t i = 0; i < bulk->n; i++)
        if (bulk->lines[i].in != NULL)
            problem_init(bulk->lines[i].problem, a);
}

const char *bulk_detail(struct arena *a, const struct problem *p)
{
    return p->detail != NULL ? p->detail : arena_printf(a, "%s.", err_title(p->code));
}

struct bulk_fault_list bulk_faults(struct arena *a, const struct bulk *bulk, size_t line)
{
    const struct problem *p = bulk->lines[line].problem;
    struct bulk_fault *v = ARENA_ARRAY(a, struct bulk_fault, p->n_faults);
    for (size_t i = 0; i < p->n_faults; i++) {
        v[i] = (struct bulk_fault){.pointer = p->faults[i].pointer,
                                   .code = p->faults[i].code,
                                   .detail = p->faults[i].detail};
        bulk_source_locate(bulk->source, &bulk->origins[line], v[i].pointer, &v[i].row,
                           &v[i].column);
    }
    return (struct bulk_fault_list){.v = v, .n = p->n_faults};
}

/* A reason that all refused lines share, if it is one that a line can meet without a fault. */
static err shared_refusal(const struct bulk *in)
{
    err shared = OK;
    for (size_t i = 0; i < in->n; i++) {
        err e = in->lines[i].problem->code;
        if (e != OK && (err_status(e) != 409 || (shared != OK && shared != e)))
            return ERR_INVALID;
        shared = e != OK ? e : shared;
    }
    return shared;
}

/* Faults that all refused lines have together; one that was refused without counts once. */
static size_t count_faults(const struct bulk *in)
{
    size_t n = 0;
    for (size_t i = 0; i < in->n; i++) {
        const struct problem *l = in->lines[i].problem;
        n += l->code == OK ? 0 : l->n_faults > 0 ? l->n_faults : 1;
    }
    return n;
}

static void name_fault(struct problem *p, size_t line, const struct bulk_fault *f)
{
    const char *at = arena_printf(p->arena, "/%zu%s", line, f->pointer);
    if (f->column != NULL)
        fault(p, at, f->code, "Row %lld, %s: %s", (long long)f->row, f->column, f->detail);
    else
        fault(p, at, f->code, "%s", f->detail);
}

err bulk_refuse_all(const struct call *c, const struct bulk *in)
{
    struct problem *p = c->problem;
    size_t n_refused = 0;
    for (size_t i = 0; i < in->n; i++)
        n_refused += in->lines[i].problem->code != OK;
    fail(p, shared_refusal(in), "%zu of %zu lines are refused, so nothing was written.", n_refused,
         in->n);
    size_t each = count_faults(in) <= PROBLEM_FAULTS_MAX ? PROBLEM_FAULTS_MAX : 1;
    for (size_t i = 0; i < in->n; i++) {
        const struct problem *l = in->lines[i].problem;
        if (l->code != OK && l->n_faults == 0)
            fault(p, arena_printf(p->arena, "/%zu", i), err_slug(l->code), "%s",
                  bulk_detail(p->arena, l));
        struct bulk_fault_list faults = bulk_faults(p->arena, in, i);
        for (size_t k = 0; k < faults.n && k < each; k++)
            name_fault(p, i, &faults.v[k]);
    }
    return p->code;
}
