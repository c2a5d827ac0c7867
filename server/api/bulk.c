/* Cuts a body into lines and decodes each. */
#include "server/api/bulk.h"
#include "lib/base/buf.h"
#include <string.h>

/* Faults that all lines together may list: a body of nonsense must not become a reply that is many
 * times as long. Lines beyond are refused without a list. */
#define BULK_FAULTS_MAX 10000

struct text {
    const char *p;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next line that is not blank, without the blanks around it; false at the end. */
static bool next_line(struct text *rest, struct text *ret)
{
    while (rest->len > 0) {
        const char *end = memchr(rest->p, '\n', rest->len);
        size_t taken = end != NULL ? (size_t)(end - rest->p) + 1 : rest->len;
        struct text line = {.p = rest->p, .len = taken - (end != NULL)};
        rest->p += taken;
        rest->len -= taken;
        for (; line.len > 0 && is_blank(line.p[0]); line.len--)
            line.p++;
        while (line.len > 0 && is_blank(line.p[line.len - 1]))
            line.len--;
        if (line.len == 0)
            continue;
        *ret = line;
        return true;
    }
    return false;
}

static size_t count_lines(struct text body)
{
    struct text line;
    size_t n = 0;
    while (next_line(&body, &line))
        n++;
    return n;
}

/* Appends the line's canonical text: of what is no order, the text itself. */
static void decode_line(struct arena *a, struct text text, struct call *line,
                        struct json_refs *refs, size_t *faults, struct buf *canonical)
{
    const struct json_type *t = line->route->in;
    struct arena_mark before = arena_mark(a);
    void *in = arena_alloc(a, t->size);
    const char *compact = NULL;
    err e = json_decode(a, t, text.p, text.len, in, refs, &compact, line->problem);
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
        buf_put(canonical, text.p, text.len);
    }
    buf_char(canonical, '\n');
}

const char *bulk_decode(struct arena *a, const struct call *c, struct bytes body, struct bulk *bulk,
                        struct json_refs **ret_refs)
{
    struct text rest = {.p = (const char *)body.p, .len = body.len}, text;
    size_t n = count_lines(rest), faults = 0;
    if (n == 0)
        fault(c->problem, "", "too_few", "Send at least one line.");
    else if (n > c->route->lines_max)
        fault(c->problem, "", "too_many", "Send at most %zu lines in one request; these are %zu.",
              c->route->lines_max, n);
    if (c->problem->code != OK)
        return "";
    struct problem *problems = ARENA_ARRAY(a, struct problem, n);
    struct json_refs *refs = ARENA_ARRAY(a, struct json_refs, n);
    struct buf canonical;
    buf_init(&canonical, a, body.len + n, 2 * (body.len + n));
    bulk->lines = ARENA_ARRAY(a, struct call, n);
    bulk->n = n;
    for (size_t i = 0; next_line(&rest, &text); i++) {
        bulk->lines[i] = *c;
        bulk->lines[i].problem = &problems[i];
        problem_init(&problems[i], a);
        decode_line(a, text, &bulk->lines[i], &refs[i], &faults, &canonical);
    }
    *ret_refs = refs;
    return canonical.p;
}

void bulk_begin(const struct bulk *bulk, struct arena *a)
{
    for (size_t i = 0; i < bulk->n; i++)
        if (bulk->lines[i].in != NULL)
            problem_init(bulk->lines[i].problem, a);
}
