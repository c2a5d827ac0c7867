/* Pointers to the place of a fault, and the faults themselves. */
#include "lib/base/buf.h"
#include "lib/json/internal.h"
#include <string.h>

static void put_step(struct buf *out, const struct json_path *path)
{
    if (path == NULL)
        return;
    put_step(out, path->up);
    buf_char(out, '/');
    if (path->name == NULL) {
        buf_i64(out, (int64_t)path->index);
        return;
    }
    for (const char *c = path->name; *c != '\0'; c++) {
        if (*c == '~')
            buf_str(out, "~0");
        else if (*c == '/')
            buf_str(out, "~1");
        else
            buf_char(out, *c);
    }
}

/* The most that put_step writes. */
static size_t steps_length(const struct json_path *path)
{
    size_t n = 1;
    for (; path != NULL; path = path->up)
        n += 1 + (path->name != NULL ? 2 * strlen(path->name) : 20);
    return n;
}

const char *json_pointer(struct arena *a, const struct json_path *path)
{
    struct buf b;
    size_t max = steps_length(path);
    buf_init(&b, a, max + 1, max + 1);
    put_step(&b, path);
    return b.p;
}

const char *decoder_pointer(const struct decoder *d, const struct json_path *path)
{
    return d->query ? arena_printf(d->arena, "?%s", path->name) : json_pointer(d->arena, path);
}

void decoder_refuse(struct decoder *d, const struct json_path *path, const char *code,
                    const char *fmt, ...)
{
    /* Past the limit faults are only counted: no memory for their text. */
    if (d->faults++ >= PROBLEM_FAULTS_MAX) {
        fault(d->problem, "", code, "%s", "");
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    const char *detail = arena_vprintf(d->arena, fmt, ap);
    va_end(ap);
    if (d->query && d->problem->code == OK)
        d->problem->code = ERR_PARAMETER;
    fault(d->problem, decoder_pointer(d, path), code, "%s", detail);
}
