/* The bodies of the API in its OpenAPI document: schemas and examples of the declared types. */
#include "lib/json/schema.h"
#include "server/api/openapi_parts.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct shape *find_shape(struct document *d, const struct json_type *t, enum shape_kind kind)
{
    for (size_t i = 0; i < d->n_shapes; i++)
        if (d->shapes[i].type == t && d->shapes[i].kind == kind)
            return &d->shapes[i];
    return NULL;
}

static struct shape *add_shape(struct document *d, const struct json_type *t, enum shape_kind kind)
{
    struct shape *found = find_shape(d, t, kind);
    if (found != NULL)
        return found;
    assert(d->n_shapes < SHAPES_MAX);
    struct shape *s = &d->shapes[d->n_shapes++];
    *s = (struct shape){.name = t->name, .type = t, .kind = kind};
    if (kind == SHAPE_PAGE)
        s->name = arena_printf(d->arena, "%s_page", t->name);
    return s;
}

static void add_input(const struct json_type *t, void *d)
{
    add_shape(d, t, SHAPE_INPUT);
}

static void add_output(const struct json_type *t, void *d)
{
    add_shape(d, t, SHAPE_OUTPUT);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct shape *)a)->name, ((const struct shape *)b)->name);
}

/* A type that travels both ways has two schemas: what is sent is closed and may leave members out,
 * what is answered is neither. */
void doc_collect_shapes(struct document *d)
{
    for (size_t i = 0; i < n_routes; i++) {
        const struct route *r = &routes[i];
        if (route_takes_body(r)) {
            json_types_visit(r->in, add_input, d);
            add_shape(d, r->in, SHAPE_INPUT)->whole = true;
        }
        if ((r->flags & FILE_OUT) != 0)
            continue;
        json_types_visit(r->out, add_output, d);
        if (r->kind == ROUTE_LIST)
            add_shape(d, r->out, SHAPE_PAGE)->whole = true;
        else
            add_shape(d, r->out, SHAPE_OUTPUT)->whole = true;
    }
    for (size_t i = 0; i < d->n_shapes; i++)
        if (d->shapes[i].kind == SHAPE_INPUT &&
            find_shape(d, d->shapes[i].type, SHAPE_OUTPUT) != NULL)
            d->shapes[i].name = arena_printf(d->arena, "%s_input", d->shapes[i].type->name);
    qsort(d->shapes, d->n_shapes, sizeof(d->shapes[0]), by_name);
}

static const struct shape *shape_named(struct document *d, const char *type, size_t len,
                                       enum shape_kind kind)
{
    for (size_t i = 0; i < d->n_shapes; i++) {
        const char *name = d->shapes[i].type->name;
        if (d->shapes[i].kind == kind && strlen(name) == len && strncmp(name, type, len) == 0)
            return &d->shapes[i];
    }
    assert(!"a nested type that was not visited");
    return NULL;
}

/* The schema as lib/json writes it, with its references led to this document's names. */
static void put_input_schema(struct document *d, const struct json_type *t)
{
    static const char mark[] = "\"$ref\":\"#/components/schemas/";
    struct buf plain;
    buf_init(&plain, d->arena, 4096, DOCUMENT_BYTES_MAX);
    json_schema(&plain, t, JSON_INPUT);
    const char *s = plain.p;
    for (const char *at; (at = strstr(s, mark)) != NULL;) {
        at += strlen(mark);
        size_t len = strcspn(at, "\"");
        buf_put(d->out, s, (size_t)(at - s));
        buf_str(d->out, shape_named(d, at, len, SHAPE_INPUT)->name);
        s = at + len;
    }
    buf_str(d->out, s);
}

static void put_page_schema(struct document *d, const struct json_type *t)
{
    buf_str(d->out, "{\"type\":\"object\",\"properties\":{\"data\":{\"type\":\"array\"");
    doc_refer(d->out, "items", "schemas", find_shape(d, t, SHAPE_OUTPUT)->name);
    buf_printf(d->out, ",\"maxItems\":%d}", LIST_LIMIT_MAX);
    doc_raw(d->out, "has_more", "{\"type\":\"boolean\",\"description\":\"There is a next page.\"}");
    doc_raw(d->out, "next",
            "{\"type\":[\"string\",\"null\"],\"description\":\"The cursor of the next page.\"}");
    doc_raw(d->out, "prev",
            "{\"type\":[\"string\",\"null\"],\"description\":\"The cursor of the page before.\"}");
    buf_str(d->out, "},\"required\":[\"data\",\"has_more\",\"next\",\"prev\"]}");
}

static void put_shape_example(struct document *d, const struct shape *s)
{
    if (s->kind == SHAPE_PAGE)
        buf_str(d->out, "{\"data\":[");
    json_example(d->out, s->type, s->kind == SHAPE_INPUT ? JSON_INPUT : JSON_OUTPUT);
    if (s->kind == SHAPE_PAGE)
        buf_str(d->out, "],\"has_more\":false,\"next\":null,\"prev\":null}");
}

void doc_put_content(struct document *d, const char *media, const struct json_type *t,
                     enum shape_kind kind)
{
    const char *name = find_shape(d, t, kind)->name;
    doc_begin(d->out, "content", '{');
    doc_begin(d->out, media, '{');
    doc_refer(d->out, "schema", "schemas", name);
    doc_begin(d->out, "examples", '{');
    doc_refer(d->out, name, "examples", name);
    buf_str(d->out, "}}}");
}

void doc_put_lines_content(struct document *d, const struct route *r)
{
    doc_put_content(d, route_media(r), r->in, SHAPE_INPUT);
    d->out->len--; /* the bracket of the content: there is more */
    doc_raw(d->out, route_other_media(r), "{\"schema\":{\"type\":\"string\"}}");
    buf_char(d->out, '}');
}

void doc_put_shapes(struct document *d)
{
    for (size_t i = 0; i < d->n_shapes; i++) {
        const struct shape *s = &d->shapes[i];
        doc_key(d->out, s->name);
        if (s->kind == SHAPE_INPUT)
            put_input_schema(d, s->type);
        else if (s->kind == SHAPE_PAGE)
            put_page_schema(d, s->type);
        else
            json_schema(d->out, s->type, JSON_OUTPUT);
    }
}

void doc_put_shape_examples(struct document *d)
{
    for (size_t i = 0; i < d->n_shapes; i++) {
        const struct shape *s = &d->shapes[i];
        if (!s->whole)
            continue;
        doc_begin(d->out, s->name, '{');
        doc_key(d->out, "value");
        put_shape_example(d, s);
        buf_char(d->out, '}');
    }
}
