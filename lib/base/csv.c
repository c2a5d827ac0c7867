/* Cuts a text into records and cells, one character ahead of itself at most. */
#include "lib/base/csv.h"
#include <string.h>

void csv_begin(struct csv *c, struct arena *a, const char *text, size_t len)
{
    *c = (struct csv){.arena = a, .p = text, .end = text + len, .line = 1};
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        c->p += 3;
}

/* How many characters end the line here: 0 if it goes on. */
static size_t line_end(const struct csv *c)
{
    if (c->p < c->end && *c->p == '\n')
        return 1;
    if (c->p < c->end && *c->p == '\r' && (c->p + 1 == c->end || c->p[1] == '\n'))
        return c->p + 1 == c->end ? 1 : 2;
    return 0;
}

static void take_line_end(struct csv *c)
{
    size_t n = line_end(c);
    c->p += n;
    c->line += n > 0;
}

static void skip_line(struct csv *c)
{
    while (c->p < c->end && line_end(c) == 0)
        c->p++;
}

/* From behind the opening quote to behind the closing one; two quotes stand for one. */
static const char *quoted(struct csv *c, struct csv_cell *ret)
{
    const char *from = c->p;
    size_t doubled = 0;
    while (c->p < c->end && (*c->p != '"' || (c->p + 1 < c->end && c->p[1] == '"'))) {
        bool pair = *c->p == '"';
        c->line += *c->p == '\n';
        c->p += pair ? 2 : 1;
        doubled += pair;
    }
    if (c->p == c->end)
        return "A cell begins with a quote that never ends.";
    *ret = (struct csv_cell){.p = from, .len = (size_t)(c->p - from)};
    if (doubled > 0) {
        char *bare = arena_alloc_unset(c->arena, ret->len - doubled);
        size_t n = 0;
        for (const char *s = from; s < c->p; s += *s == '"' ? 2 : 1)
            bare[n++] = *s;
        *ret = (struct csv_cell){.p = bare, .len = n};
    }
    c->p++;
    bool over = c->p == c->end || *c->p == ',' || line_end(c) > 0;
    return over ? NULL : "A quoted cell goes on behind its closing quote; double quotes inside it.";
}

static const char *plain(struct csv *c, struct csv_cell *ret)
{
    const char *from = c->p;
    while (c->p < c->end && *c->p != ',' && *c->p != '"' && line_end(c) == 0)
        c->p++;
    *ret = (struct csv_cell){.p = from, .len = (size_t)(c->p - from)};
    bool over = c->p == c->end || *c->p != '"';
    return over ? NULL : "A quote stands inside a cell that does not begin with one.";
}

static void grow(struct csv *c, struct csv_record *r, size_t *cap)
{
    size_t more = *cap > 0 ? *cap * 2 : 16;
    struct csv_cell *cells = ARENA_ARRAY(c->arena, struct csv_cell, more);
    if (r->n > 0)
        memcpy(cells, r->cells, r->n * sizeof(*cells));
    r->cells = cells;
    *cap = more;
}

static const char *read_cells(struct csv *c, struct csv_record *r)
{
    size_t cap = 0;
    for (;;) {
        struct csv_cell cell;
        bool quote = c->p < c->end && *c->p == '"';
        c->p += quote;
        const char *fault = quote ? quoted(c, &cell) : plain(c, &cell);
        if (fault != NULL)
            return fault;
        if (r->n == CSV_CELLS_MAX)
            return "It has too many cells.";
        if (r->n == cap)
            grow(c, r, &cap);
        r->cells[r->n++] = cell;
        if (c->p == c->end || *c->p != ',')
            return NULL;
        c->p++;
    }
}

bool csv_next(struct csv *c, struct csv_record *ret)
{
    while (line_end(c) > 0)
        take_line_end(c);
    if (c->p == c->end)
        return false;
    *ret = (struct csv_record){.line = c->line, .text = c->p};
    ret->fault = read_cells(c, ret);
    if (ret->fault != NULL)
        skip_line(c);
    take_line_end(c);
    ret->end = c->p;
    return true;
}
