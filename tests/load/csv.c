/* Reads RFC 4180 records through zlib, which reads plain files as they are. */
#include "tests/load/csv.h"
#include "tests/load/say.h"
#include <stdlib.h>
#include <zlib.h>

#define RECORD_MAX (1 << 20)

struct csv {
    gzFile file;
    size_t line;
    char text[RECORD_MAX]; /* the fields of the record, each with its NUL */
};

struct csv *csv_open(const char *path)
{
    gzFile file = gzopen(path, "rb");
    if (file == NULL)
        return NULL;
    struct csv *c = calloc(1, sizeof(*c));
    if (c == NULL)
        abort();
    gzbuffer(file, 1 << 16);
    c->file = file;
    return c;
}

void csv_close(struct csv *c)
{
    if (c == NULL)
        return;
    gzclose(c->file);
    free(c);
}

static int next_char(struct csv *c)
{
    int ch = gzgetc(c->file);
    if (ch == '\n')
        c->line++;
    return ch;
}

static void put(struct csv *c, size_t *at, int ch)
{
    if (*at + 1 >= RECORD_MAX)
        die("line %zu: the record is too long", c->line + 1);
    c->text[(*at)++] = (char)ch;
}

/* Behind the opening quote. Returns what follows the closing one. */
static int quoted(struct csv *c, size_t *at)
{
    for (;;) {
        int ch = next_char(c);
        if (ch == -1)
            die("line %zu: a quoted field does not end", c->line + 1);
        if (ch == '"') {
            ch = next_char(c);
            if (ch != '"')
                return ch;
        }
        put(c, at, ch);
    }
}

/* From the field's first character. Returns what ends it: a comma, a line end or -1. */
static int field(struct csv *c, int ch, size_t *at)
{
    if (ch == '"') {
        ch = quoted(c, at);
    } else {
        for (; ch != ',' && ch != '\n' && ch != '\r' && ch != -1; ch = next_char(c))
            put(c, at, ch);
    }
    put(c, at, '\0');
    if (ch == '\r')
        ch = next_char(c);
    if (ch != ',' && ch != '\n' && ch != -1)
        die("line %zu: something follows a closing quote", c->line + 1);
    return ch;
}

bool csv_next(struct csv *c, struct csv_row *ret)
{
    size_t at = 0;
    ret->n = 0;
    ret->line = c->line + 1;
    int ch = next_char(c);
    if (ch == -1)
        return false;
    for (;;) {
        if (ret->n == CSV_FIELDS_MAX)
            die("line %zu: more than %d fields", ret->line, CSV_FIELDS_MAX);
        ret->field[ret->n++] = c->text + at;
        ch = field(c, ch, &at);
        if (ch != ',')
            return true;
        ch = next_char(c);
    }
}
