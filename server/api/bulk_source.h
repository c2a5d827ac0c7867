/* Bodies of many lines, cut into the JSON text of each: NDJSON as it is, CSV by a header line.
 *
 * A column of CSV is a member of the line's type or of the type of its required list,
 * `lines.<member>` where both have one of the name. `<x>_external_id` stands for "ext:…" as <x>_id,
 * `metadata.<name>` for a value of the metadata, `<object>.<member>` for one of an object. Rows
 * that follow each other with the same external_id are the items of one line. Empty cells are
 * absent members. */
#pragma once
#include "lib/base/csv.h"
#include "lib/base/problem.h"
#include "lib/base/value.h"
#include "lib/json/spec.h"

enum bulk_media { BULK_NDJSON, BULK_CSV };

struct bulk_text {
    enum bulk_media media;
    struct bytes body;
    int64_t first_row; /* which row of a larger file it begins with, behind the header; else 0 */
};

/* Where one line stands in the body. */
struct bulk_origin {
    int64_t row; /* from 1, blank lines and the header count */
    const int64_t *item_rows;
    size_t n_items;
};

struct bulk_column;
struct bulk_source {
    struct arena *arena;
    const struct json_type *type;
    enum bulk_media media;
    struct csv csv;
    const struct json_field *items; /* the list whose members rows may have; NULL: there is none */
    struct bulk_column *columns;
    size_t n_columns;
    size_t key; /* the column that keeps rows together; n_columns: there is none */
    struct csv_record next;
    bool has_next;
    struct bytes header; /* as it is written, with the end of its line */
};

struct bulk_item {
    struct bulk_origin origin;
    const char *text, *end; /* as it is written */
    struct csv_record *rows;
    size_t n_rows;
};

/* The list of a line that rows of CSV fill: the one that is required; NULL: there is none. */
const struct json_field *bulk_items(const struct json_type *type);
/* Faults of the header go to p. */
err bulk_source_open(struct bulk_source *s, struct arena *a, const struct json_type *type,
                     const struct bulk_text *text, struct problem *p) MUST_CHECK;
/* The next line; false at the end. Small rows need many times their size: ask arena_over(). */
bool bulk_source_next(struct bulk_source *s, struct bulk_item *ret);
/* The item as JSON, in the arena; what is wrong with its cells goes to p. */
struct bytes bulk_source_json(struct bulk_source *s, const struct bulk_item *item,
                              struct problem *p);
/* Where a fault is: the row, and the name of the column (NULL: it has none). */
void bulk_source_locate(const struct bulk_source *s, const struct bulk_origin *o,
                        const char *pointer, int64_t *ret_row, const char **ret_column);
