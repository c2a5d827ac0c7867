/* Records of a comma-separated file (RFC 4180), plain or gzip. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define CSV_FIELDS_MAX 64

struct csv;
struct csv_row {
    const char *field[CSV_FIELDS_MAX]; /* without their quotes; valid until the next call */
    size_t n;
    size_t line; /* where the record begins, from 1 */
};

struct csv *csv_open(const char *path); /* NULL: errno says why */
void csv_close(struct csv *c);
/* The next record, false at the end. A record that is not RFC 4180 ends the program with its line.
 */
bool csv_next(struct csv *c, struct csv_row *ret);
