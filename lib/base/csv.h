/* Comma-separated values (RFC 4180) in memory: records of cells. Lines end with LF or CRLF; a BOM
 * in front and blank lines do not count. Cells are bytes: what they mean, and whether they are
 * UTF-8, is the caller's business. */
#pragma once
#include "lib/base/arena.h"
#include <stdbool.h>
#include <stdint.h>

#define CSV_CELLS_MAX 1000 /* of one record */

struct csv_cell {
    const char
        *p; /* not NUL-terminated; in the text, or in the arena where quotes were taken off */
    size_t len;
};

struct csv_record {
    struct csv_cell *cells;
    size_t n;
    int64_t line;           /* where it begins, from 1 */
    const char *text, *end; /* the record as it is written, with the end of its line */
    const char *fault;      /* a sentence: it is not well-formed, and cells says nothing; or NULL */
};

struct csv {
    struct arena *arena;
    const char *p, *end; /* what was not read yet */
    int64_t line;        /* the number of the next line */
};

/* text must outlive what is read from it. */
void csv_begin(struct csv *c, struct arena *a, const char *text, size_t len);
/* The next record; false at the end. After one that is not well-formed reading goes on at the next
 * line: behind a quote that never ends there is none. */
bool csv_next(struct csv *c, struct csv_record *ret);
