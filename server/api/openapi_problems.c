/* The refusals of the API in its OpenAPI document: which operation can answer which errors. */
#include "lib/base/id.h"
#include "lib/json/schema.h"
#include "server/api/openapi_parts.h"
#include <string.h>

struct errors {
    bool has[ERR_COUNT];
};

/* These stay inside the server. */
static bool is_internal(size_t e)
{
    return e == ERR_SERIALIZATION || e == ERR_CONSTRAINT || e == ERR_CONNECTION ||
           e == ERR_NO_ROW || e == ERR_ROLLBACK;
}

static void add_errors(struct errors *to, const err *list)
{
    for (; *list != OK; list++)
        to->has[*list] = true;
}

/* Responses that many operations share, by the set of their errors. */
static const struct {
    const char *name;
    err errors[8];
} shared_responses[] = {
    {"parameter", {ERR_PARAMETER, OK}},
    {"malformed", {ERR_SYNTAX, ERR_PARAMETER, OK}},
    {"malformed_or_no_key", {ERR_SYNTAX, ERR_PARAMETER, ERR_IDEMPOTENCY_KEY_MISSING, OK}},
    {"unauthenticated", {ERR_UNAUTHENTICATED, OK}},
    {"forbidden", {ERR_FORBIDDEN, OK}},
    {"not_found", {ERR_NOT_FOUND, OK}},
    {"stale", {ERR_STALE, OK}},
    {"too_large", {ERR_TOO_LARGE, OK}},
    {"media_type", {ERR_MEDIA_TYPE, OK}},
    {"invalid", {ERR_INVALID, OK}},
    {"invalid_or_key_reused", {ERR_INVALID, ERR_OVERFLOW, ERR_IDEMPOTENCY_MISMATCH, OK}},
    {"if_match_missing", {ERR_IF_MATCH_MISSING, OK}},
    {"internal", {ERR_INTERNAL, OK}},
    {"read_unavailable", {ERR_OVERLOADED, ERR_UNAVAILABLE, ERR_DEADLINE, OK}},
    {"write_unavailable",
     {ERR_OVERLOADED, ERR_UNAVAILABLE, ERR_DEADLINE, ERR_CONFLICT_RETRIES, ERR_COMMIT_UNKNOWN, OK}},
};

static bool has_id_parameter(const struct json_type *t)
{
    for (size_t i = 0; i < t->n_fields; i++)
        if (t->fields[i].kind == JSON_KIND_id)
            return true;
    return false;
}

static void find_id(const struct json_type *t, void *found)
{
    if (has_id_parameter(t))
        *(bool *)found = true;
}

/* Does the request name resources, in its path, its parameters or its body? */
static bool names_resources(const struct route *r)
{
    bool found = strchr(r->path, '{') != NULL;
    if (r->kind != ROUTE_LIST)
        json_types_visit(r->in, find_id, &found);
    return found;
}

static struct errors errors_of(const struct route *r)
{
    static const err all[] = {ERR_PARAMETER,  ERR_UNAUTHENTICATED, ERR_FORBIDDEN, ERR_INTERNAL,
                              ERR_OVERLOADED, ERR_UNAVAILABLE,     ERR_DEADLINE,  OK};
    static const err write[] = {ERR_SYNTAX,   ERR_TOO_LARGE,        ERR_MEDIA_TYPE,     ERR_INVALID,
                                ERR_OVERFLOW, ERR_CONFLICT_RETRIES, ERR_COMMIT_UNKNOWN, OK};
    static const err keyed[] = {ERR_IDEMPOTENCY_MISMATCH, OK};
    struct errors e = {0};
    add_errors(&e, all);
    add_errors(&e, r->errors);
    if (r->kind == ROUTE_WRITE)
        add_errors(&e, write);
    if (route_takes_key(r))
        add_errors(&e, keyed);
    e.has[ERR_IDEMPOTENCY_KEY_MISSING] = (r->flags & KEY) != 0;
    e.has[ERR_IF_MATCH_MISSING] = (r->flags & MATCH) != 0;
    e.has[ERR_STALE] |= (r->flags & (MATCH | UPSERT)) != 0;
    if ((r->flags & SIGNED) != 0)
        e.has[ERR_FORBIDDEN] = false;
    else
        e.has[ERR_NOT_FOUND] |= names_resources(r);
    e.has[ERR_INVALID] |= r->kind == ROUTE_READ && has_id_parameter(r->in);
    return e;
}

/* Only those of one HTTP status; false when there are none. */
static bool of_status(const struct errors *all, int status, struct errors *ret)
{
    bool any = false;
    *ret = (struct errors){0};
    for (size_t e = 1; e < ERR_COUNT; e++) {
        ret->has[e] = all->has[e] && err_status((err)e) == status;
        any = any || ret->has[e];
    }
    return any;
}

/* Its index; COUNT_OF(shared_responses) when the set is the operation's own. */
static size_t find_shared(const struct errors *set)
{
    for (size_t i = 0; i < COUNT_OF(shared_responses); i++) {
        struct errors other = {0};
        add_errors(&other, shared_responses[i].errors);
        if (memcmp(&other, set, sizeof(other)) == 0)
            return i;
    }
    return COUNT_OF(shared_responses);
}

static const char *described(struct arena *a, const struct errors *set)
{
    struct buf b;
    buf_init(&b, a, 256, 65536);
    for (size_t e = 1; e < ERR_COUNT; e++)
        if (set->has[e])
            buf_printf(&b, "%s`%s`: %s.", b.len > 0 ? "  \n" : "", err_slug((err)e),
                       err_title((err)e));
    return b.p;
}

static void put_error_headers(struct buf *b, const struct errors *set)
{
    doc_begin(b, "headers", '{');
    doc_refer(b, "X-Request-Id", "headers", "X-Request-Id");
    if (set->has[ERR_UNAVAILABLE])
        doc_refer(b, "Retry-After", "headers", "Retry-After");
    if (set->has[ERR_UNAUTHENTICATED])
        doc_refer(b, "WWW-Authenticate", "headers", "WWW-Authenticate");
    buf_char(b, '}');
}

static void put_error_response(struct document *d, const struct errors *set)
{
    struct buf *b = d->out;
    buf_char(b, '{');
    doc_text(b, "description", described(d->arena, set));
    put_error_headers(b, set);
    buf_str(b, ",\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":"
               "\"#/components/schemas/problem\",\"properties\":{\"code\":{\"enum\":[");
    for (size_t e = 1; e < ERR_COUNT; e++)
        if (set->has[e])
            doc_item(b, err_slug((err)e));
    buf_str(b, "]}}}");
    doc_begin(b, "examples", '{');
    for (size_t e = 1; e < ERR_COUNT; e++)
        if (set->has[e])
            doc_refer(b, err_slug((err)e), "examples",
                      arena_printf(d->arena, "problem.%s", err_slug((err)e)));
    buf_str(b, "}}}}");
}

void doc_put_error_responses(struct document *d, const struct route *r)
{
    struct errors all = errors_of(r), set;
    for (size_t e = 1; e < ERR_COUNT; e++)
        d->shown[e] = d->shown[e] || all.has[e];
    for (int status = 400; status < 600; status++) {
        if (!of_status(&all, status, &set))
            continue;
        size_t shared = find_shared(&set);
        doc_key(d->out, arena_printf(d->arena, "%d", status));
        if (shared == COUNT_OF(shared_responses)) {
            put_error_response(d, &set);
        } else {
            doc_ref(d->out, "responses", shared_responses[shared].name);
            d->shared_responses |= UINT64_C(1) << shared;
        }
    }
}

void doc_put_shared_responses(struct document *d)
{
    _Static_assert(COUNT_OF(shared_responses) <= 64, "a bit for each");
    for (size_t i = 0; i < COUNT_OF(shared_responses); i++) {
        if ((d->shared_responses >> i & 1) == 0)
            continue;
        struct errors set = {0};
        add_errors(&set, shared_responses[i].errors);
        doc_key(d->out, shared_responses[i].name);
        put_error_response(d, &set);
    }
}

static void put_problem_example(struct buf *b, err e)
{
    int status = err_status(e);
    buf_printf(b, "{\"type\":\"/problems/%s\"", err_slug(e));
    doc_text(b, "title", err_title(e));
    buf_printf(b, ",\"status\":%d", status);
    doc_key(b, "detail");
    buf_printf(b, "\"%s.\"", err_title(e));
    doc_text(b, "instance", "/requests/5b0d1b4e-4c5e-4f0e-9d0a-6a1f5d3c2b10");
    doc_text(b, "code", err_slug(e));
    doc_text(b, "request_id", "5b0d1b4e-4c5e-4f0e-9d0a-6a1f5d3c2b10");
    doc_raw(b, "retryable", status == 503 ? "true" : "false");
    if (e == ERR_EXTERNAL_ID_TAKEN || e == ERR_DUPLICATE) {
        char id[ID_TEXT_MAX];
        id_format("cus", EXAMPLE_ID, id);
        doc_text(b, "conflicting_id", id);
    }
    if (e == ERR_INVALID)
        doc_raw(b, "errors",
                "[{\"pointer\":\"/name\",\"code\":\"required\",\"detail\":\"name is required.\"}]");
    if (e == ERR_PARAMETER)
        doc_raw(b, "errors",
                "[{\"parameter\":\"limit\",\"code\":\"invalid\","
                "\"detail\":\"Write an integer from 1 to 200.\"}]");
    buf_char(b, '}');
}

void doc_put_problem_examples(struct document *d)
{
    for (size_t e = 1; e < ERR_COUNT; e++) {
        if (!d->shown[e])
            continue;
        doc_begin(d->out, arena_printf(d->arena, "problem.%s", err_slug((err)e)), '{');
        doc_text(d->out, "summary", err_title((err)e));
        doc_key(d->out, "value");
        put_problem_example(d->out, (err)e);
        buf_char(d->out, '}');
    }
}

void doc_put_problem_schema(struct buf *b)
{
    doc_raw(
        b, "problem",
        "{\"type\":\"object\",\"description\":\"Why a request was refused (RFC 9457).\","
        "\"properties\":{"
        "\"type\":{\"type\":\"string\",\"format\":\"uri-reference\","
        "\"description\":\"/problems/ and the code.\"},"
        "\"title\":{\"type\":\"string\",\"description\":\"What the code means.\"},"
        "\"status\":{\"type\":\"integer\",\"minimum\":400,\"maximum\":599,"
        "\"description\":\"The HTTP status.\"},"
        "\"detail\":{\"type\":\"string\","
        "\"description\":\"A sentence: what is wrong this time, and what to do.\"},"
        "\"instance\":{\"type\":\"string\",\"format\":\"uri-reference\","
        "\"description\":\"/requests/ and the request's id.\"},"
        "\"code\":{\"type\":\"string\",\"description\":\"The stable name of the failure: decide by "
        "this one.\",\"enum\":[");
    for (size_t e = 1; e < ERR_COUNT; e++)
        if (!is_internal(e))
            doc_item(b, err_slug((err)e));
    buf_str(b,
            "]},"
            "\"request_id\":{\"type\":\"string\",\"description\":\"As in X-Request-Id and the "
            "server's log.\"},"
            "\"retryable\":{\"type\":\"boolean\",\"description\":\"The same request may succeed "
            "later.\"},"
            "\"conflicting_id\":{\"type\":\"string\",\"description\":\"The resource in the way.\"},"
            "\"errors\":{\"type\":\"array\",\"description\":\"Every fault of the request.\","
            "\"maxItems\":");
    buf_i64(b, PROBLEM_FAULTS_MAX);
    buf_str(b, ",\"items\":{\"type\":\"object\",\"properties\":{"
               "\"pointer\":{\"type\":\"string\",\"description\":\"Where in the body "
               "(RFC 6901).\"},"
               "\"parameter\":{\"type\":\"string\",\"description\":\"Or which query parameter.\"},"
               "\"code\":{\"type\":\"string\",\"description\":\"The stable name of the fault.\"},"
               "\"detail\":{\"type\":\"string\",\"description\":\"A sentence: what to do.\"}},"
               "\"required\":[\"code\",\"detail\"]}}},"
               "\"required\":[\"type\",\"title\",\"status\",\"detail\",\"instance\",\"code\","
               "\"request_id\",\"retryable\"]}");
}
