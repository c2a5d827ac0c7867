/* What the parts of the OpenAPI document share; nobody else includes this. Every doc_put_… appends
 * to d->out; members and items get their commas by themselves. */
#pragma once
#include "lib/base/buf.h"
#include "server/routes.h"

#define DOCUMENT_BYTES_MAX ((size_t)8 << 20)
#define SHAPES_MAX 512
#define EXAMPLE_ID INT64_C(402784000000000000) /* made in January 2026 */

enum shape_kind { SHAPE_INPUT, SHAPE_OUTPUT, SHAPE_PAGE };

/* One schema among the components. */
struct shape {
    const char *name;
    const struct json_type *type;
    enum shape_kind kind;
    bool whole; /* a body by itself, so it has an example */
};

struct document {
    struct arena *arena;
    struct buf *out;
    struct shape shapes[SHAPES_MAX]; /* by name */
    size_t n_shapes;
    bool shown[ERR_COUNT];     /* errors of some response */
    uint64_t shared_responses; /* those in use, by bit */
};

/* openapi_json.c: members and items of compact JSON */
void doc_separate(struct buf *b); /* a comma, unless this is the first of its object or array */
void doc_key(struct buf *b, const char *name);
void doc_begin(struct buf *b, const char *name, char bracket);
void doc_text(struct buf *b, const char *name, const char *value);
void doc_raw(struct buf *b, const char *name, const char *json); /* the value is JSON already */
void doc_item(struct buf *b, const char *value);
/* {"$ref":"#/components/<section>/<name>"}, as an item and as a member */
void doc_ref(struct buf *b, const char *section, const char *name);
void doc_refer(struct buf *b, const char *member, const char *section, const char *name);
/* Writes compact JSON with one value to a line. */
void doc_lay_out(struct buf *out, const char *compact);

/* openapi_schemas.c: the bodies */
void doc_collect_shapes(struct document *d); /* before the rest */
void doc_put_content(struct document *d, const char *media, const struct json_type *t,
                     enum shape_kind kind);
void doc_put_lines_content(struct document *d, const struct route *r); /* NDJSON and CSV */
void doc_put_shapes(struct document *d);
void doc_put_shape_examples(struct document *d);

/* openapi_problems.c: the refusals */
void doc_put_error_responses(struct document *d, const struct route *r);
/* Those below after the operations, which say what is in use. */
void doc_put_shared_responses(struct document *d);
void doc_put_problem_examples(struct document *d);
void doc_put_problem_schema(struct buf *b);

/* openapi_parameters.c */
void doc_put_parameters(struct document *d, const struct route *r);
void doc_put_shared_parameters(struct document *d);

const struct json_field *type_member(const struct json_type *t, const char *name); /* or NULL */
bool route_takes_body(const struct route *r);
bool route_takes_key(const struct route *r);
bool route_has_version(const struct route *r);
