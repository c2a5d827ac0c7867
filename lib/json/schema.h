/* Declarations as JSON Schema (2020-12) for OpenAPI 3.1. */
#pragma once
#include "lib/base/buf.h"
#include "lib/json/spec.h"

/* Which way the type travels: only matters for `required` and unknown members. */
enum json_direction { JSON_INPUT, JSON_OUTPUT };
/* Appends the schema object of one type: nested types as {"$ref":"#/components/schemas/<name>"},
 * with descriptions, formats, patterns, limits, enums, additionalProperties:false for input. */
void json_schema(struct buf *out, const struct json_type *type, enum json_direction dir);
/* Appends an example object that json_decode accepts (input) or json_encode could produce. */
void json_example(struct buf *out, const struct json_type *type, enum json_direction dir);
/* Calls fn once for type and each type nested in it. */
void json_types_visit(const struct json_type *type, void (*fn)(const struct json_type *, void *),
                      void *arg);
/* A query type's members as OpenAPI parameter objects, comma-separated, no brackets. */
void json_schema_parameters(struct buf *out, const struct json_type *type);
