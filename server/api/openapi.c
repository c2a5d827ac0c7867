/* OpenAPI 3.1 of the API, made from the route table, the declared types, the lists' definitions and
 * the table of errors. The same build always writes the same bytes, laid out so that a change of
 * one thing is a change of few lines. */
#include "server/api/openapi.h"
#include "server/api/bulk_source.h"
#include "server/api/openapi_parts.h"
#include <assert.h>
#include <string.h>

#define SCRATCH_BYTES_MAX ((size_t)256 << 20)

const struct json_field *type_member(const struct json_type *t, const char *name)
{
    for (size_t i = 0; i < t->n_fields; i++)
        if (strcmp(t->fields[i].name, name) == 0)
            return &t->fields[i];
    return NULL;
}

bool route_takes_body(const struct route *r)
{
    return r->kind == ROUTE_WRITE && r->media == NULL && r->in->n_fields > 0;
}

bool route_takes_key(const struct route *r)
{
    return r->kind == ROUTE_WRITE && (r->flags & (PURE | SIGNED)) == 0;
}

bool route_has_version(const struct route *r)
{
    const struct json_field *version = type_member(r->out, "version");
    return r->kind != ROUTE_LIST && version != NULL && version->kind == JSON_KIND_integer;
}

/* ---- answers ---- */

static const char *const headers[][2] = {
    {"X-Request-Id", "{\"description\":\"The request's name in the server's log.\","
                     "\"schema\":{\"type\":\"string\"}}"},
    {"ETag", "{\"description\":\"The version, for If-Match and If-None-Match.\","
             "\"schema\":{\"type\":\"string\",\"pattern\":\"^\\\"[1-9][0-9]*\\\"$\"},"
             "\"example\":\"\\\"3\\\"\"}"},
    {"ETag.content", "{\"description\":\"The SHA-256 of the content, for If-None-Match.\","
                     "\"schema\":{\"type\":\"string\",\"pattern\":\"^\\\"[0-9a-f]{64}\\\"$\"}}"},
    {"Content-Disposition", "{\"description\":\"attachment, with the name of the file.\","
                            "\"schema\":{\"type\":\"string\"}}"},
    {"Location", "{\"description\":\"Where the new resource is.\","
                 "\"schema\":{\"type\":\"string\",\"format\":\"uri-reference\"}}"},
    {"Link", "{\"description\":\"The first, next and prev page (RFC 8288).\","
             "\"schema\":{\"type\":\"string\"}}"},
    {"Idempotency-Replayed", "{\"description\":\"true: this is the answer of an earlier request "
                             "with the same key.\",\"schema\":{\"type\":\"string\","
                             "\"enum\":[\"true\"]}}"},
    {"O2C-Dry-Run", "{\"description\":\"true: nothing was kept.\","
                    "\"schema\":{\"type\":\"string\",\"enum\":[\"true\"]}}"},
    {"Retry-After", "{\"description\":\"Seconds to wait before trying again.\","
                    "\"schema\":{\"type\":\"integer\",\"minimum\":1}}"},
    {"WWW-Authenticate",
     "{\"description\":\"How to authenticate.\",\"schema\":{\"type\":\"string\"}}"},
};

static void put_header(struct buf *b, const char *name)
{
    doc_refer(b, name, "headers", name);
}

static void put_answer_headers(struct buf *b, const struct route *r, int status)
{
    doc_begin(b, "headers", '{');
    put_header(b, "X-Request-Id");
    if (route_has_version(r))
        put_header(b, "ETag");
    if ((r->flags & FILE_OUT) != 0) {
        doc_refer(b, "ETag", "headers", "ETag.content");
        put_header(b, "Content-Disposition");
    }
    if (status == 201 && type_member(r->out, "id") != NULL)
        put_header(b, "Location");
    if (r->kind == ROUTE_LIST)
        put_header(b, "Link");
    if (route_takes_key(r))
        put_header(b, "Idempotency-Replayed");
    if (r->kind == ROUTE_WRITE)
        put_header(b, "O2C-Dry-Run");
    buf_char(b, '}');
}

static const char *answer_description(const struct route *r, int status)
{
    if (status == 201)
        return "Created.";
    if (status == 202)
        return "Accepted: it will be done.";
    if (r->kind == ROUTE_LIST)
        return "One page.";
    return r->kind == ROUTE_WRITE ? "Done." : "Found.";
}

static void put_answer(struct document *d, const struct route *r, int status)
{
    doc_begin(d->out, arena_printf(d->arena, "%d", status), '{');
    doc_text(d->out, "description", answer_description(r, status));
    put_answer_headers(d->out, r, status);
    if ((r->flags & FILE_OUT) != 0)
        doc_raw(d->out, "content",
                "{\"*/*\":{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}}");
    else
        doc_put_content(d, "application/json", r->out,
                        r->kind == ROUTE_LIST ? SHAPE_PAGE : SHAPE_OUTPUT);
    buf_char(d->out, '}');
}

static void put_responses(struct document *d, const struct route *r)
{
    doc_begin(d->out, "responses", '{');
    put_answer(d, r, r->status);
    if ((r->flags & UPSERT) != 0)
        put_answer(d, r, 201);
    if (r->kind == ROUTE_READ && (r->flags & FILE_OUT) != 0)
        doc_raw(d->out, "304",
                "{\"description\":\"Still the content that you have.\",\"headers\":{\"ETag\":"
                "{\"$ref\":\"#/components/headers/ETag.content\"},\"X-Request-Id\":{\"$ref\":"
                "\"#/components/headers/X-Request-Id\"}}}");
    if (r->kind == ROUTE_READ && route_has_version(r))
        doc_raw(
            d->out, "304",
            "{\"description\":\"Still the version that you have.\",\"headers\":{\"ETag\":{\"$ref\":"
            "\"#/components/headers/ETag\"},\"X-Request-Id\":{\"$ref\":"
            "\"#/components/headers/X-Request-Id\"}}}");
    doc_put_error_responses(d, r);
    buf_char(d->out, '}');
}

/* ---- operations ---- */

/* Which part of the API a path belongs to, by what follows /v1/. */
static const struct {
    const char *tag, *description, *collections;
} tags[] = {
    {"Tenant", "The legal entity whose books these are.", " tenant "},
    {"Customers", "Who buys and pays, and how much credit they have.",
     " customers customer-groups "},
    {"Credit", "How much customers and groups may owe, by which rules, and what was decided.",
     " credit credit-accounts credit-applications credit-policies credit-decisions "},
    {"Catalog", "What is sold, at which price and tax.", " tax-codes products prices price-lists "},
    {"Inventory", "Where goods are, and how many.", " warehouses stock "},
    {"Orders", "What was agreed: priced, credit-checked, reserved.", " orders blanket-orders "},
    {"Approval rules", "Which orders somebody else must approve.", " approval-rules "},
    {"Quotes", "What was offered, until when, and what became of it.", " quotes "},
    {"Jobs", "Files that are worked off in the background.", " jobs "},
    {"Shipments", "What left the warehouse.",
     " shipments carriers documents webhooks freight-policy pick-lists "},
    {"Services", "What was done, granted and used.", " milestones access-grants usage-records "},
    {"Invoices", "What is asked for, and what is disputed of it.", " invoices billable disputes "},
    {"Credit notes", "What is taken back.", " credit-notes "},
    {"Payments", "What came in, what it paid for, what went back.",
     " payments allocations refunds "},
    {"Collections", "What was asked for again, and promised.", " promises "},
    {"Ledger", "The books.", " ledger "},
    {"Reports", "What the books say.", " reports "},
    {"History", "What happened, who did it, and whether it adds up.", " events audit proof "},
    {"Server", "The server itself. Needs no key.", ""},
};

static const char *tag_of(struct arena *a, const struct route *r)
{
    const char *at = r->path + strlen("/v1/");
    const char *name = arena_strndup(a, at, strcspn(at, "/"));
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        if (strstr(tags[i].collections, arena_printf(a, " %s ", name)) != NULL)
            return tags[i].tag;
    return name;
}

static const char *describe_lines(struct arena *a, const struct route *r)
{
    const struct json_field *items = bulk_items(r->in);
    const char *list = items != NULL ? items->name : NULL;
    const char *grouped = list == NULL ? ""
                                       : arena_printf(a,
                                                      " Rows that follow each other with the same "
                                                      "external_id are the %s of one object; "
                                                      "`%s.<member>` is a member of these.",
                                                      list, list);
    return arena_printf(a,
                        "One such object on each line, %zu at most. Blank lines do not count. Or "
                        "CSV (RFC 4180, UTF-8) with a header line that names the members: "
                        "`<x>_external_id` stands for `ext:…` as `<x>_id`, `metadata.<name>` for a "
                        "value of the metadata; empty cells are absent members.%s",
                        r->lines_max, grouped);
}

static void put_request_body(struct document *d, const struct route *r)
{
    bool required = false;
    for (size_t i = 0; i < r->in->n_fields; i++)
        required = required || r->in->fields[i].required;
    doc_begin(d->out, "requestBody", '{');
    doc_raw(d->out, "required", required ? "true" : "false");
    if (r->lines_max > 0) {
        doc_text(d->out, "description", describe_lines(d->arena, r));
        doc_put_lines_content(d, r);
    } else {
        doc_put_content(d, route_media(r), r->in, SHAPE_INPUT);
    }
    buf_char(d->out, '}');
}

static void put_upload(struct document *d, const struct route *r)
{
    doc_begin(d->out, "requestBody", '{');
    doc_raw(d->out, "required", "true");
    doc_text(d->out, "description",
             arena_printf(d->arena, "The content, %zu bytes at most.", r->body_max));
    doc_begin(d->out, "content", '{');
    for (const char *const *m = r->media; *m != NULL; m++)
        doc_raw(d->out, *m, "{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}");
    buf_str(d->out, "}}");
}

static void put_security(struct document *d, const struct route *r)
{
    if ((r->flags & SIGNED) != 0) {
        doc_raw(d->out, "security", "[]");
        return;
    }
    buf_str(d->out, ",\"security\":[{\"api_key\":[");
    doc_item(d->out, r->scope);
    buf_str(d->out, "]}]");
}

static const char *needs(struct arena *a, const struct route *r)
{
    if ((r->flags & SIGNED) != 0)
        return "Needs no key: the headers sign the body with the carrier's secret.";
    return arena_printf(a, "Needs the scope `%s`.%s", r->scope,
                        (r->flags & PURE) != 0 ? " Writes nothing." : "");
}

static void put_operation(struct document *d, const struct route *r)
{
    struct buf *b = d->out;
    char *method = arena_strdup(d->arena, r->method);
    for (char *c = method; *c != '\0'; c++)
        *c = (char)(*c | 0x20);
    doc_begin(b, method, '{');
    doc_text(b, "operationId", r->name);
    doc_text(b, "summary", r->summary);
    doc_text(b, "description", needs(d->arena, r));
    doc_begin(b, "tags", '[');
    doc_item(b, tag_of(d->arena, r));
    buf_char(b, ']');
    doc_text(b, "x-scope", r->scope);
    put_security(d, r);
    doc_put_parameters(d, r);
    if (r->media != NULL)
        put_upload(d, r);
    else if (route_takes_body(r))
        put_request_body(d, r);
    put_responses(d, r);
    buf_char(b, '}');
}

static bool seen_before(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(routes[k].path, routes[i].path) == 0)
            return true;
    return false;
}

#define PLAIN_ANSWER(media)                                                                        \
    "{\"description\":\"Here it is.\",\"headers\":{\"X-Request-Id\":{\"$ref\":"                    \
    "\"#/components/headers/X-Request-Id\"}},\"content\":{\"" media                                \
    "\":{\"schema\":{\"type\":\"string\"}}}}"
#define JSON_ANSWER(properties, required)                                                          \
    "{\"description\":\"Here it is.\",\"headers\":{\"X-Request-Id\":{\"$ref\":"                    \
    "\"#/components/headers/X-Request-Id\"}},\"content\":{\"application/json\":{\"schema\":"       \
    "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required "]}}}}"

/* Paths beside the API. */
static const struct {
    const char *path, *name, *summary, *parameters, *responses;
} pages[] = {
    {"/healthz", "healthz", "Is the process alive?", "",
     "\"200\":" JSON_ANSWER("\"status\":{\"const\":\"ok\"}", "\"status\"")},
    {"/readyz", "readyz", "Can it answer, with its database?", "",
     "\"200\":" JSON_ANSWER("\"status\":{\"const\":\"ready\"}",
                            "\"status\"") ",\"503\":{\"$ref\":"
                                          "\"#/components/responses/read_unavailable\"}"},
    {"/metrics", "metrics", "Counters and timings for Prometheus", "",
     "\"200\":" PLAIN_ANSWER("text/plain")},
    {"/openapi.json", "openapi", "This document", "",
     "\"200\":" JSON_ANSWER("\"openapi\":{\"type\":\"string\"}", "\"openapi\"")},
    {"/docs", "docs", "This document, to read and try out in a browser", "",
     "\"200\":" PLAIN_ANSWER("text/html")},
    {"/docs/{file}", "docs_file", "A file of that page",
     "{\"name\":\"file\",\"in\":\"path\",\"required\":true,\"description\":\"Its name.\","
     "\"schema\":{\"type\":\"string\"},\"example\":\"swagger-ui.css\"}",
     "\"200\":" PLAIN_ANSWER("*/*") ",\"404\":{\"$ref\":\"#/components/responses/not_found\"}"},
};

static void put_pages(struct buf *b)
{
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        doc_begin(b, pages[i].path, '{');
        doc_begin(b, "get", '{');
        doc_text(b, "operationId", pages[i].name);
        doc_text(b, "summary", pages[i].summary);
        doc_raw(b, "tags", "[\"Server\"]");
        doc_raw(b, "security", "[]");
        if (pages[i].parameters[0] != '\0')
            doc_raw(b, "parameters", arena_printf(b->arena, "[%s]", pages[i].parameters));
        doc_raw(b, "responses", arena_printf(b->arena, "{%s}", pages[i].responses));
        buf_str(b, "}}");
    }
}

static void put_paths(struct document *d)
{
    doc_begin(d->out, "paths", '{');
    for (size_t i = 0; i < n_routes; i++) {
        if (seen_before(i))
            continue;
        doc_begin(d->out, routes[i].path, '{');
        for (size_t k = i; k < n_routes; k++)
            if (strcmp(routes[k].path, routes[i].path) == 0)
                put_operation(d, &routes[k]);
        buf_char(d->out, '}');
    }
    put_pages(d->out);
    buf_char(d->out, '}');
}

/* ---- the document ---- */

static const char introduction[] =
    "**Keys.** Send `Authorization: Bearer o2c_live_…`. A key belongs to one tenant and has "
    "scopes; "
    "each operation names the one it needs.\n"
    "\n"
    "**Retries.** Operations that move money, stock or numbers need an `Idempotency-Key`: one per "
    "intention, the same again with every retry. A repeated request gets the first answer, with "
    "`Idempotency-Replayed: true`.\n"
    "\n"
    "**Versions.** Resources have a `version`, which is their `ETag`. Changes and actions need "
    "`If-Match`: 428 without it, 412 when somebody was faster. `If-None-Match` saves reading "
    "what you have.\n"
    "\n"
    "**Ids.** Wherever an id is asked for, `ext:` and your own `external_id` will do. PUT to such "
    "an "
    "address creates what is not there yet. Filters of lists take ids only.\n"
    "\n"
    "**Numbers.** Money, quantities, prices and rates are decimal strings in major units, like "
    "`\"129.90\"`. JSON numbers with a decimal point are refused.\n"
    "\n"
    "**Time.** Business dates are `YYYY-MM-DD` in the tenant's time zone; instants are RFC 3339 in "
    "UTC.\n"
    "\n"
    "**Lists.** Pages of up to 200 items with `next` and `prev` cursors, also as `Link` headers. "
    "Filters take several values separated by commas, and `[lt]`, `[lte]`, `[gt]`, `[gte]` where "
    "there is an order. Unknown parameters are refused.\n"
    "\n"
    "**Many at once.** `POST /v1/orders/bulk` takes a file of orders, one JSON object a line "
    "(`application/x-ndjson`) or as CSV (`text/csv`), and answers with what became of each line. "
    "Lines stand for "
    "themselves; with `atomic=true` one refusal takes all of them back. With `dry_run=true` the "
    "file is only checked: the answer says what would become of each line.\n"
    "\n"
    "**Jobs.** A longer file goes to `POST /v1/jobs/orders-import`, which answers at once with a "
    "job. "
    "`GET /v1/jobs/{job_id}` says how far it has come, `GET /v1/jobs/{job_id}/results` what became "
    "of "
    "each line. It goes on whatever happens to the server, and does each line exactly once.\n"
    "\n"
    "**Dry runs.** Every change takes `dry_run=true`: it is done, answered and taken back.\n"
    "\n"
    "**Failures** are `application/problem+json` with a stable `code`, a sentence that says what "
    "to "
    "do, and every fault of the request at once. An unknown path is 404 `no_route`; a method that "
    "the path does not take is 405 `method_not_allowed` with `Allow`. HEAD works wherever GET "
    "does.";

static void put_head(struct buf *b)
{
    doc_text(b, "openapi", "3.1.0");
    doc_begin(b, "info", '{');
    doc_text(b, "title", "o2c");
    doc_text(b, "version", O2C_VERSION);
    doc_text(b, "summary", "Order to cash over HTTP and JSON.");
    doc_text(b, "description", introduction);
    buf_char(b, '}');
    doc_raw(b, "servers",
            "[{\"url\":\"/\",\"description\":\"The server that this document is from.\"}]");
    doc_begin(b, "tags", '[');
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        doc_separate(b);
        buf_char(b, '{');
        doc_text(b, "name", tags[i].tag);
        doc_text(b, "description", tags[i].description);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void put_components(struct document *d)
{
    struct buf *b = d->out;
    doc_begin(b, "components", '{');
    doc_raw(b, "securitySchemes",
            "{\"api_key\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"o2c_live_…\","
            "\"description\":\"A key of the tenant, made with `o2cd key create`.\"}}");
    doc_begin(b, "parameters", '{');
    doc_put_shared_parameters(d);
    buf_char(b, '}');
    doc_begin(b, "headers", '{');
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        doc_raw(b, headers[i][0], headers[i][1]);
    buf_char(b, '}');
    doc_begin(b, "responses", '{');
    doc_put_shared_responses(d);
    buf_char(b, '}');
    doc_begin(b, "examples", '{');
    doc_put_shape_examples(d);
    doc_put_problem_examples(d);
    buf_char(b, '}');
    doc_begin(b, "schemas", '{');
    doc_put_shapes(d);
    doc_put_problem_schema(b);
    buf_str(b, "}}");
}

void openapi_write(struct buf *out)
{
    struct arena *scratch = arena_new(SCRATCH_BYTES_MAX);
    struct buf compact;
    buf_init(&compact, scratch, 1 << 20, DOCUMENT_BYTES_MAX);
    struct document *d = ARENA_NEW(scratch, struct document);
    *d = (struct document){.arena = scratch, .out = &compact};
    doc_collect_shapes(d);
    buf_char(&compact, '{');
    put_head(&compact);
    put_paths(d);
    put_components(d);
    buf_char(&compact, '}');
    assert(!compact.over);
    doc_lay_out(out, compact.p);
    arena_free(scratch);
}
