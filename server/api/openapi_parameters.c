/* The parameters of the API in its OpenAPI document: ids, filters, headers. */
#include "lib/base/id.h"
#include "lib/json/schema.h"
#include "server/api/openapi_parts.h"
#include <string.h>

static const struct {
    const char *kind, *prefix, *parameter;
} kinds[] = {
#define KIND(kind, prefix, parameter) {#kind, prefix, parameter},
#include "server/kinds.def"
#undef KIND
};

static bool in_a_path(const char *parameter)
{
    for (size_t i = 0; i < n_routes; i++) {
        const char *at = strstr(routes[i].path, parameter);
        if (at != NULL && at[-1] == '{' && at[strlen(parameter)] == '}')
            return true;
    }
    return false;
}

/* External ids are accepted where api/refs.sql looks them up. */
static bool has_external_ids(const char *kind)
{
    for (size_t i = 0; i < n_all_stmts; i++)
        if (strncmp(all_stmts[i]->name, "ref_", 4) == 0 &&
            strcmp(all_stmts[i]->name + 4, kind) == 0)
            return true;
    return false;
}

#define ID_PATTERN "[0-7][0-9a-hjkmnp-tv-z]{12}"

static void put_path_parameters(struct document *d)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!in_a_path(kinds[i].parameter))
            continue;
        bool external = has_external_ids(kinds[i].kind);
        char id[ID_TEXT_MAX];
        id_format(kinds[i].prefix, EXAMPLE_ID, id);
        doc_begin(d->out, kinds[i].parameter, '{');
        doc_text(d->out, "name", kinds[i].parameter);
        doc_text(d->out, "in", "path");
        doc_raw(d->out, "required", "true");
        doc_text(d->out, "description",
                 external ? "The id, or ext: and your external id." : "The id.");
        doc_key(d->out, "schema");
        buf_printf(d->out,
                   external ? "{\"type\":\"string\",\"pattern\":\"^(%s_" ID_PATTERN "|ext:.+)$\"}"
                            : "{\"type\":\"string\",\"pattern\":\"^%s_" ID_PATTERN "$\"}",
                   kinds[i].prefix);
        doc_text(d->out, "example", id);
        buf_char(d->out, '}');
    }
}

static const struct {
    const char *name, *json;
} shared_parameters[] = {
    {"limit", "{\"name\":\"limit\",\"in\":\"query\",\"description\":\"Most items of the page.\","
              "\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":200,\"default\":50}}"},
    {"cursor", "{\"name\":\"cursor\",\"in\":\"query\",\"description\":\"next or prev of another "
               "page with the same filters and sort.\",\"schema\":{\"type\":\"string\"}}"},
    {"dry_run", "{\"name\":\"dry_run\",\"in\":\"query\",\"description\":\"true: do everything, "
                "answer as if, and take it back.\",\"schema\":{\"type\":\"boolean\","
                "\"default\":false}}"},
    {"atomic",
     "{\"name\":\"atomic\",\"in\":\"query\",\"description\":\"true: all lines or none. One "
     "refused line refuses the request, and errors[] names the lines, like /3/customer_id."
     "\",\"schema\":{\"type\":\"boolean\",\"default\":false}}"},
    {"validate_only",
     "{\"name\":\"validate_only\",\"in\":\"query\",\"description\":\"true: the job tries the lines "
     "and keeps what would become of each, but writes nothing else. Up to 500 lines are tried "
     "together, so that they see each other; those before are not there.\","
     "\"schema\":{\"type\":\"boolean\",\"default\":false}}"},
    {"Idempotency-Key.required",
     "{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":true,"
     "\"description\":\"One per intention, the same again with every retry. Not needed with "
     "dry_run.\",\"schema\":{\"type\":\"string\",\"pattern\":\"^[ -~]{1,257}$\"},"
     "\"example\":\"4711-create\"}"},
    {"Idempotency-Key", "{\"name\":\"Idempotency-Key\",\"in\":\"header\","
                        "\"description\":\"One per intention, the same again with every retry.\","
                        "\"schema\":{\"type\":\"string\",\"pattern\":\"^[ -~]{1,257}$\"},"
                        "\"example\":\"4711-create\"}"},
    {"If-Match.required",
     "{\"name\":\"If-Match\",\"in\":\"header\",\"required\":true,"
     "\"description\":\"The ETag that you read, or * for whatever is there.\","
     "\"schema\":{\"type\":\"string\",\"pattern\":\"^(\\\\*|\\\"?[1-9][0-9]*\\\"?)$\"},"
     "\"example\":\"\\\"3\\\"\"}"},
    {"If-Match", "{\"name\":\"If-Match\",\"in\":\"header\","
                 "\"description\":\"Replace only what has this ETag.\","
                 "\"schema\":{\"type\":\"string\",\"pattern\":\"^(\\\\*|\\\"?[1-9][0-9]*\\\"?)$\"},"
                 "\"example\":\"\\\"3\\\"\"}"},
    {"If-None-Match", "{\"name\":\"If-None-Match\",\"in\":\"header\","
                      "\"description\":\"The ETag that you have: 304 when it is still the one.\","
                      "\"schema\":{\"type\":\"string\"},\"example\":\"\\\"3\\\"\"}"},
    {"Webhook-Timestamp",
     "{\"name\":\"Webhook-Timestamp\",\"in\":\"header\",\"required\":true,"
     "\"description\":\"When it was signed, in Unix seconds: at most five minutes ago.\","
     "\"schema\":{\"type\":\"string\",\"pattern\":\"^[0-9]{1,12}$\"},"
     "\"example\":\"1767225600\"}"},
    {"Webhook-Signature",
     "{\"name\":\"Webhook-Signature\",\"in\":\"header\",\"required\":true,"
     "\"description\":\"v1= and the hexadecimal HMAC-SHA256 of the timestamp, a dot and the "
     "body, by the carrier's secret. Several may stand there, separated by spaces.\","
     "\"schema\":{\"type\":\"string\"},\"example\":\"v1="
     "5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd\"}"},
    {"X-Request-Id", "{\"name\":\"X-Request-Id\",\"in\":\"header\","
                     "\"description\":\"Your name for the request in logs and answers; without it, "
                     "a new one.\",\"schema\":{\"type\":\"string\","
                     "\"pattern\":\"^[A-Za-z0-9._-]{1,63}$\"}}"},
};

static bool is_choice(const struct list_filter *f, const struct json_field *member)
{
    return f->type == PG_TEXT && member != NULL && member->kind == JSON_KIND_choice;
}

/* The schema of one value of a filter; member is the item's member of that name, or NULL. */
static void put_filter_value(struct buf *b, const struct list_filter *f,
                             const struct json_field *member)
{
    static const char *const schemas[] = {
        [PG_I64] = "{\"type\":\"integer\",\"format\":\"int64\"}",
        [PG_I32] = "{\"type\":\"integer\",\"format\":\"int32\"}",
        [PG_BOOL] = "{\"type\":\"boolean\"}",
        [PG_TEXT] = "{\"type\":\"string\",\"minLength\":1}",
        [PG_DATE] = "{\"type\":\"string\",\"format\":\"date\"}",
        [PG_INSTANT] = "{\"type\":\"string\",\"format\":\"date-time\"}",
    };
    if (f->prefix != NULL) {
        buf_printf(b, "{\"type\":\"string\",\"pattern\":\"^%s_" ID_PATTERN "$\"}", f->prefix);
    } else if (is_choice(f, member)) {
        buf_str(b, "{\"type\":\"string\",\"enum\":[");
        for (const char *const *c = member->choices; *c != NULL; c++)
            doc_item(b, *c);
        buf_str(b, "]}");
    } else {
        buf_str(b, schemas[f->type]);
    }
}

static void put_filter(struct document *d, const struct list_filter *f, const struct json_type *of)
{
    struct buf *b = d->out;
    const struct json_field *member = type_member(of, f->name);
    bool several = f->type != PG_BOOL;
    doc_separate(b);
    buf_char(b, '{');
    doc_text(b, "name", f->name);
    doc_text(b, "in", "query");
    doc_text(b, "description",
             arena_printf(d->arena, "%s%s%s",
                          member != NULL && member->doc != NULL ? member->doc : "",
                          member != NULL && member->doc != NULL && several ? " " : "",
                          several ? "Any of these values, separated by commas." : ""));
    if (several)
        buf_str(b, ",\"style\":\"form\",\"explode\":false,\"schema\":{\"type\":\"array\"");
    doc_key(b, several ? "items" : "schema");
    put_filter_value(b, f, member);
    if (several)
        buf_printf(b, ",\"minItems\":1,\"maxItems\":%d}", LIST_IN_MAX);
    buf_char(b, '}');
}

static bool has_ranges(const struct list_filter *f)
{
    return f->type != PG_TEXT && f->type != PG_BOOL && f->prefix == NULL;
}

static void put_ranges(struct document *d, const struct list_filter *f)
{
    static const char *const operators[][2] = {{"lt", "Below this value."},
                                               {"lte", "Up to this value."},
                                               {"gt", "Above this value."},
                                               {"gte", "From this value."}};
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        doc_separate(d->out);
        buf_char(d->out, '{');
        doc_text(d->out, "name", arena_printf(d->arena, "%s[%s]", f->name, operators[i][0]));
        doc_text(d->out, "in", "query");
        doc_text(d->out, "description", operators[i][1]);
        doc_key(d->out, "schema");
        put_filter_value(d->out, f, NULL);
        buf_char(d->out, '}');
    }
}

static void put_sort(struct document *d, const struct list_def *list)
{
    struct buf *b = d->out;
    doc_separate(b);
    buf_str(b, "{\"name\":\"sort\",\"in\":\"query\",\"description\":\"The order; - in front: "
               "descending.\",\"schema\":{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < list->n_sorts; i++) {
        doc_item(b, list->sorts[i].name);
        doc_item(b, arena_printf(d->arena, "-%s", list->sorts[i].name));
    }
    buf_char(b, ']');
    doc_text(b, "default", list->sorts[0].name);
    buf_str(b, "}}");
}

static void put_list_parameters(struct document *d, const struct route *r)
{
    for (size_t i = 0; i < r->list->n_filters; i++) {
        put_filter(d, &r->list->filters[i], r->out);
        if (has_ranges(&r->list->filters[i]))
            put_ranges(d, &r->list->filters[i]);
    }
    put_sort(d, r->list);
    doc_ref(d->out, "parameters", "limit");
    doc_ref(d->out, "parameters", "cursor");
}

/* With the operation and not with its path: viewers miss references there. */
static void put_path_ids(struct document *d, const char *path)
{
    for (const char *at = path; (at = strchr(at, '{')) != NULL;) {
        at++;
        doc_ref(d->out, "parameters", arena_strndup(d->arena, at, strcspn(at, "}")));
    }
}

static void put_write_parameters(struct buf *b, const struct route *r)
{
    if (r->media != NULL) {
        doc_separate(b);
        json_schema_parameters(b, r->in);
    }
    doc_ref(b, "parameters", "dry_run");
}

void doc_put_parameters(struct document *d, const struct route *r)
{
    struct buf *b = d->out;
    doc_begin(b, "parameters", '[');
    put_path_ids(d, r->path);
    if (r->kind == ROUTE_LIST) {
        put_list_parameters(d, r);
    } else if (r->kind == ROUTE_READ) {
        doc_separate(b);
        json_schema_parameters(b, r->in);
    } else {
        put_write_parameters(b, r);
    }
    if (r->lines_max > 0 && r->work == NULL)
        doc_ref(b, "parameters", "atomic");
    if (r->work != NULL)
        doc_ref(b, "parameters", "validate_only");
    if (route_takes_key(r))
        doc_ref(b, "parameters",
                (r->flags & KEY) != 0 ? "Idempotency-Key.required" : "Idempotency-Key");
    if ((r->flags & MATCH) != 0)
        doc_ref(b, "parameters", "If-Match.required");
    else if ((r->flags & UPSERT) != 0)
        doc_ref(b, "parameters", "If-Match");
    if ((r->flags & SIGNED) != 0) {
        doc_ref(b, "parameters", "Webhook-Timestamp");
        doc_ref(b, "parameters", "Webhook-Signature");
    }
    if (r->kind == ROUTE_READ && (route_has_version(r) || (r->flags & FILE_OUT) != 0))
        doc_ref(b, "parameters", "If-None-Match");
    doc_ref(b, "parameters", "X-Request-Id");
    buf_char(b, ']');
}

void doc_put_shared_parameters(struct document *d)
{
    put_path_parameters(d);
    for (size_t i = 0; i < COUNT_OF(shared_parameters); i++)
        doc_raw(d->out, shared_parameters[i].name, shared_parameters[i].json);
}
