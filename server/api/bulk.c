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
