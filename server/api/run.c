/* The runner: see run.h. A request passes route_request, admit_request (HTTP thread), then
 * run_requests (worker): prepare each, run them in one transaction, answer each. */
#include "server/api/run.h"
#include "idempotency.sql.h"
#include "lib/base/buf.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/metrics.h"
#include "server/api/auth.h"
#include "server/api/bells.h"
#include "server/api/bulk.h"
#include "server/api/openapi.h"
#include "server/api/refs.h"
#include "server/api/reply.h"
#include "server/api/router.h"
#include "server/api/signature.h"
#include "server/events/events.h"
#include "server/orders/reconsider.h"
#include <assert.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TX_ARENA_LIMIT ((size_t)512 << 20)
#define KEY_CHARS_MAX 255
#define GROUP_MAX 64 /* most requests in one transaction */
#define RETRY_AFTER_S 1
#define OPENAPI_BYTES_MAX ((size_t)8 << 20)

enum { CLASS_WRITE, CLASS_READ, CLASS_REPORT, N_CLASSES };

struct runner {
    const struct o2c_settings *settings;
    struct pool *pool, *report_pool;
    struct bells *bells;
    struct bytes secret;
    struct auth *auth;
    struct http_class classes[N_CLASSES];
    struct arena **arenas[N_CLASSES]; /* one per worker, for its transactions */
    struct arena *static_arena;
    struct buf openapi;
};

/* One request on its way, in r->user. */
struct request {
    struct http_request *http;
    struct route_match match;
    struct actor actor;
    bool authenticated;
    struct call call;
    struct problem problem;
    struct bulk *bulk; /* of an operation that takes lines, else NULL */
    struct json_refs path_refs;
    struct json_refs *refs; /* of the body, or of each line */
    size_t n_refs;
    const char *key; /* the Idempotency-Key, NULL for none */
    unsigned char fingerprint[SHA256_DIGEST_LENGTH];
    struct outcome outcome; /* status 0: none yet */
    bool replayed;
    int64_t retries;
};

/* ---- on the HTTP thread ---- */

static void refuse(struct http_request *r, err code, const char *detail)
{
    struct problem p;
    problem_init(&p, r->arena);
    p.code = code;
    p.detail = detail;
    if (err_status(code) == 503)
        p.retry_after_s = RETRY_AFTER_S;
    const struct request *q = r->user;
    bool is_signed = q != NULL && (q->match.route->flags & SIGNED) != 0;
    if (code == ERR_UNAUTHENTICATED)
        http_set_header(r, "WWW-Authenticate", is_signed ? "Signature" : "Bearer");
    http_respond_problem(r, &p);
}

static bool own_page(struct runner *run, struct http_request *r)
{
    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0)
        return false;
    if (strcmp(r->path, "/healthz") == 0) {
        http_respond(r, 200, "application/json", "{\"status\":\"ok\"}", 15);
    } else if (strcmp(r->path, "/readyz") == 0) {
        r->class = CLASS_READ;
    } else if (strcmp(r->path, "/metrics") == 0) {
        struct buf b;
        buf_init(&b, r->arena, 65536, OPENAPI_BYTES_MAX);
        metrics_write(&b);
        http_respond(r, 200, "text/plain; version=0.0.4", b.p, b.len);
    } else if (strcmp(r->path, "/openapi.json") == 0) {
        http_respond(r, 200, "application/json", run->openapi.p, run->openapi.len);
    } else if (strcmp(r->path, "/docs") == 0 || strncmp(r->path, "/docs/", 6) == 0) {
        docs_respond(r, run->settings->docs_dir);
    } else {
        return false;
    }
    return true;
}

static bool carries_body(const struct http_request *r)
{
    const char *length = http_header(r, "Content-Length");
    return http_header(r, "Transfer-Encoding") != NULL ||
           (length != NULL && strspn(length, "0") != strlen(length));
}

static bool says_media(const struct http_request *r, const char *media)
{
    const char *type = http_header(r, "Content-Type");
    size_t len = strlen(media);
    if (type == NULL || strncasecmp(type, media, len) != 0)
        return false;
    return type[len] == '\0' || type[len] == ';' || type[len] == ' ';
}

/* The media type that the operation takes and the body has; NULL: it has another. */
static const char *media_of(const struct route *route, const struct http_request *r)
{
    const char *const plain[] = {route_media(route), route_other_media(route), NULL};
    for (const char *const *m = route->media != NULL ? route->media : plain; *m != NULL; m++)
        if (says_media(r, *m))
            return *m;
    return NULL;
}

static void refuse_media(struct http_request *r, const struct route *route)
{
    const char *const plain[] = {route_media(route), route_other_media(route), NULL};
    const char *const *media = route->media != NULL ? route->media : plain;
    const char *all = media[0];
    for (size_t i = 1; media[i] != NULL; i++)
        all = arena_printf(r->arena, "%s%s%s", all, media[i + 1] == NULL ? " or " : ", ", media[i]);
    refuse(r, ERR_MEDIA_TYPE, arena_printf(r->arena, "Send the body as Content-Type: %s.", all));
}

static size_t body_max(const struct runner *run, const struct route *route)
{
    size_t most = (size_t)run->settings->body_max;
    if ((route->flags & SIGNED) != 0 && SIGNED_BODY_MAX < most)
        return SIGNED_BODY_MAX;
    return route->body_max != 0 && route->body_max < most ? route->body_max : most;
}

static int class_of(const struct route *route)
{
    if (strncmp(route->path, "/v1/reports/", 12) == 0 || strcmp(route->path, "/v1/proof") == 0)
        return CLASS_REPORT;
    return route->kind == ROUTE_WRITE ? CLASS_WRITE : CLASS_READ;
}

static void route_request(struct http_request *r, void *arg)
{
    struct runner *run = arg;
    r->body_max = (size_t)run->settings->body_max;
    r->batch_max = 1;
    if (own_page(run, r))
        return;
    struct request *q = ARENA_NEW(r->arena, struct request);
    route_find(r->arena, r->method, r->path, &q->match);
    if (q->match.route == NULL && q->match.allow[0] == '\0') {
        refuse(r, ERR_NO_ROUTE, "There is no such path. /openapi.json lists them all.");
        return;
    }
    problem_init(&q->problem, r->arena);
    if (q->match.route == NULL) {
        q->problem.allow = arena_strdup(r->arena, q->match.allow);
        fail(&q->problem, ERR_METHOD, "This path takes %s.", q->match.allow);
        http_respond_problem(r, &q->problem);
        return;
    }
    if (q->match.route->kind == ROUTE_WRITE && carries_body(r) &&
        media_of(q->match.route, r) == NULL) {
        refuse_media(r, q->match.route);
        return;
    }
    r->body_max = body_max(run, q->match.route);
    q->http = r;
    r->user = q;
    r->class = class_of(q->match.route);
    r->batch_max = q->match.route->batch_max;
}

/* Answers when the key lacks the scope. */
static bool scope_missing(struct request *q)
{
    if (actor_may(&q->actor, q->match.route->scope))
        return false;
    refuse(q->http, ERR_FORBIDDEN,
           arena_printf(q->http->arena, "The API key needs the scope %s.", q->match.route->scope));
    return true;
}

static bool asks_dry_run(const struct http_request *r)
{
    for (size_t i = 0; i < r->n_query; i++)
        if (strcmp(r->query[i].name, "dry_run") == 0)
            return true;
    return false;
}

/* Requests of one route and key may share a transaction. */
static uint64_t group_of(const struct request *q)
{
    uint64_t h = (uint64_t)(uintptr_t)q->match.route;
    h = (h ^ (uint64_t)q->actor.tenant.id) * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ (h >> 29) ^ (uint64_t)q->actor.api_key_id) * UINT64_C(0xBF58476D1CE4E5B9);
    return h | 1;
}

static void admit_request(struct http_request *r, void *arg)
{
    struct runner *run = arg;
    struct request *q = r->user;
    if (q == NULL || (q->match.route->flags & SIGNED) != 0)
        return; /* a signature needs the secret: a worker asks the database */
    err e = auth_cached(run->auth, http_header(r, "Authorization"), clock_now_us(), r->arena,
                        &q->actor);
    if (e == ERR_UNAUTHENTICATED) {
        refuse(r, e, "Send a valid key: Authorization: Bearer o2c_live_…");
        return;
    }
    if (e != OK)
        return; /* not in the cache: a worker asks the database */
    q->authenticated = true;
    if (scope_missing(q))
        return;
    if (run->settings->batching != 0 && r->batch_max > 1 && !asks_dry_run(r))
        r->group = group_of(q);
}

/* ---- on a worker: what needs no transaction ---- */

static bool parse_boolean(const char *s, bool *ret)
{
    *ret = strcmp(s, "true") == 0;
    return *ret || strcmp(s, "false") == 0;
}

/* Where the parameter goes; NULL: there is none of that name. */
static bool *write_parameter(struct request *q, const char *name)
{
    if (strcmp(name, "dry_run") == 0)
        return &q->call.dry_run;
    if (q->match.route->work != NULL && strcmp(name, "validate_only") == 0)
        return &q->call.validate_only;
    return q->bulk != NULL && strcmp(name, "atomic") == 0 ? &q->bulk->atomic : NULL;
}

static void parse_write_query(struct request *q)
{
    for (size_t i = 0; i < q->http->n_query; i++) {
        const struct http_pair *pair = &q->http->query[i];
        const char *at = arena_printf(q->http->arena, "?%s", pair->name);
        bool *target = write_parameter(q, pair->name);
        if (target == NULL && q->match.route->media != NULL)
            continue; /* the operation's own: decode_upload */
        if (target == NULL)
            fault(&q->problem, at, "unknown_parameter",
                  q->bulk != NULL ? "The parameters here are atomic and dry_run."
                  : q->match.route->work != NULL
                      ? "The parameters here are validate_only and dry_run."
                      : "The only parameter here is dry_run.");
        else if (!parse_boolean(pair->value, target))
            fault(&q->problem, at, "type", "Say true or false.");
    }
    if (q->problem.code != OK)
        q->problem.code = ERR_PARAMETER;
}

static void parse_if_match(struct request *q)
{
    const char *text = http_header(q->http, "If-Match");
    bool needed = (q->match.route->flags & MATCH) != 0;
    q->call.if_match = VERSION_ANY;
    if (text == NULL && needed) {
        fail(&q->problem, ERR_IF_MATCH_MISSING,
             "Send If-Match with the ETag that you read, or If-Match: * for whatever is there.");
    } else if (text != NULL && strcmp(text, "*") != 0) {
        char *end = NULL;
        bool quoted = text[0] == '"';
        long long version = strtoll(text + quoted, &end, 10);
        if (end == text + quoted || (quoted && *end++ != '"') || *end != '\0' || version < 1)
            fail(&q->problem, ERR_PARAMETER, "If-Match is an ETag of this server, like \"3\".");
        q->call.if_match = version;
    }
}

/* Idempotency-Key is a structured-field string; the bare form is fine too. */
static void parse_key(struct request *q)
{
    const char *text = http_header(q->http, "Idempotency-Key");
    if ((q->match.route->flags & SIGNED) != 0)
        return; /* keys belong to an API key; what is signed has ids of its own */
    if (text == NULL || text[0] == '\0') {
        if ((q->match.route->flags & KEY) != 0 && !q->call.dry_run)
            fail(&q->problem, ERR_IDEMPOTENCY_KEY_MISSING,
                 "Send an Idempotency-Key: one per intention, the same again when you retry.");
        return;
    }
    size_t len = strlen(text);
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        text++;
        len -= 2;
    }
    bool sane = len >= 1 && len <= KEY_CHARS_MAX;
    for (size_t i = 0; sane && i < len; i++)
        sane = text[i] >= 0x20 && text[i] < 0x7F && text[i] != '"' && text[i] != '\\';
    if (!sane)
        fail(&q->problem, ERR_PARAMETER, "An Idempotency-Key has 1 to %d printable characters.",
             KEY_CHARS_MAX);
    else if ((q->match.route->flags & PURE) == 0 && !q->call.dry_run)
        q->key = arena_strndup(q->http->arena, text, len);
}

static void parse_path_ids(struct request *q)
{
    struct arena *a = q->http->arena;
    q->path_refs.v = ARENA_ARRAY(a, struct json_ref, ROUTE_IDS_MAX);
    for (size_t i = 0; i < q->match.n_ids; i++) {
        const char *text = q->match.ids[i];
        const char *prefix = kind_prefix(q->match.id_kinds[i]);
        q->call.path_id[i] = NIL64;
        if (strncmp(text, "ext:", 4) == 0 && text[4] != '\0') {
            q->path_refs.v[q->path_refs.n++] = (struct json_ref){
                .target = &q->call.path_id[i], .prefix = prefix, .external_id = text + 4};
            if (i == 0)
                q->call.path_external_id = text + 4;
        } else if (id_parse(prefix, text, &q->call.path_id[i]) != OK) {
            fail(&q->problem, ERR_NOT_FOUND,
                 "There is no %s %s: ids look like %s_… or ext:<your id>.", q->match.id_kinds[i],
                 text, prefix);
        }
    }
}

/* The body and its canonical text. */
static const char *decode_object(struct request *q)
{
    struct http_request *r = q->http;
    const struct json_type *t = q->match.route->in;
    void *in = arena_alloc(r->arena, t->size);
    const char *canonical = "";
    q->refs = ARENA_NEW(r->arena, struct json_refs);
    q->n_refs = 1;
    err e = json_decode(r->arena, t, r->body, r->body_len, in, q->refs, &canonical, &q->problem);
    if (e != OK && q->problem.code == OK)
        fail(&q->problem, e, "The body could not be read.");
    q->call.in = in;
    return canonical;
}

static struct bulk_text text_of(const struct http_request *r)
{
    return (struct bulk_text){.media = says_media(r, "text/csv") ? BULK_CSV : BULK_NDJSON,
                              .body = {.p = (const unsigned char *)r->body, .len = r->body_len}};
}

static const char *decode_lines(struct request *q)
{
    struct http_request *r = q->http;
    struct bulk_text text = text_of(r);
    const char *canonical = bulk_decode(r->arena, &q->call, &text, q->bulk, &q->refs);
    q->n_refs = q->bulk->n;
    q->call.in = q->bulk;
    return q->bulk->atomic ? arena_printf(r->arena, "atomic\n%s", canonical) : canonical;
}

/* A file that is only taken: its canonical text is its hash. */
static const char *take_file(struct request *q)
{
    struct bulk_text *file = ARENA_NEW(q->http->arena, struct bulk_text);
    *file = text_of(q->http);
    q->call.in = file;
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256(file->body.p, file->body.len, hash);
    const char *text = arena_printf(q->http->arena, "%s%s",
                                    q->call.validate_only ? "validate_only " : "",
                                    file->media == BULK_CSV ? "csv " : "");
    for (size_t i = 0; i < sizeof(hash); i++)
        text = arena_printf(q->http->arena, "%s%02x", text, hash[i]);
    return text;
}

/* What the parameters of a query say, as a struct. */
static void decode_pairs(struct request *q, const struct http_pair *pairs, size_t n)
{
    struct http_request *r = q->http;
    const struct json_type *t = q->match.route->in;
    void *in = arena_alloc(r->arena, t->size);
    q->refs = ARENA_NEW(r->arena, struct json_refs);
    q->n_refs = 1;
    err e = json_decode_query(r->arena, t, (const struct json_pair *)pairs, n, in, q->refs,
                              &q->problem);
    if (e != OK && q->problem.code == OK)
        fail(&q->problem, e, "The parameters could not be read.");
    q->call.in = in;
}

/* The parameters of an upload; its canonical text is what they say, and a hash of the body. */
static const char *decode_upload(struct request *q)
{
    struct http_request *r = q->http;
    struct http_pair *own = ARENA_ARRAY(r->arena, struct http_pair, r->n_query);
    unsigned char hash[SHA256_DIGEST_LENGTH];
    struct buf b;
    size_t n = 0;
    buf_init(&b, r->arena, 256, 65536);
    for (size_t i = 0; i < r->n_query; i++) {
        if (write_parameter(q, r->query[i].name) != NULL)
            continue;
        own[n++] = r->query[i];
        buf_printf(&b, "%s=%s\n", r->query[i].name, r->query[i].value);
    }
    decode_pairs(q, own, n);
    q->call.body = (struct bytes){.p = (const unsigned char *)r->body, .len = r->body_len};
    q->call.media = media_of(q->match.route, r);
    if (r->body_len == 0)
        fault(&q->problem, "", "required", "Send the content as the body.");
    SHA256(q->call.body.p, r->body_len, hash);
    for (size_t i = 0; i < sizeof(hash); i++)
        buf_printf(&b, "%02x", hash[i]);
    return b.p;
}

static void decode_query(struct request *q, struct bytes secret)
{
    struct http_request *r = q->http;
    const struct route *route = q->match.route;
    if (route->kind == ROUTE_LIST) {
        struct list_query *query = ARENA_NEW(r->arena, struct list_query);
        err e = list_parse(r->arena, route->list, (const struct list_pair *)r->query, r->n_query,
                           secret, query, &q->problem);
        q->call.query = query;
        if (e != OK && q->problem.code == OK)
            fail(&q->problem, e, "The parameters could not be read.");
    } else {
        decode_pairs(q, r->query, r->n_query);
    }
}

/* Decodes the body into the call; its canonical text. */
static const char *decode_body(struct request *q)
{
    if (q->match.route->work != NULL)
        return take_file(q);
    if (q->match.route->media != NULL)
        return decode_upload(q);
    return q->bulk != NULL ? decode_lines(q) : decode_object(q);
}

/* SHA-256 of method, path and canonical body: what makes two requests the same intention. */
static void fingerprint(struct request *q, const char *canonical)
{
    const char *text = arena_printf(q->http->arena, "%s %s\n%s", q->http->method, q->http->path,
                                    canonical);
    SHA256((const unsigned char *)text, strlen(text), q->fingerprint);
}

static err authenticate(struct runner *run, struct request *q, struct problem *p)
{
    struct http_request *r = q->http;
    int64_t now = clock_now_us();
    if ((q->match.route->flags & SIGNED) == 0)
        return auth_load(run->auth, run->pool, http_header(r, "Authorization"), now, r->arena,
                         &q->actor, p);
    const struct signed_request s = {
        .tenant = q->match.ids[0],
        .carrier = q->match.ids[1],
        .timestamp = http_header(r, SIGNATURE_TIMESTAMP),
        .signature = http_header(r, SIGNATURE_HEADER),
        .body = {.p = (const unsigned char *)r->body, .len = r->body_len}};
    return auth_signed(run->pool, &s, now, r->arena, &q->actor, p);
}

/* Authenticates and decodes. True when the call is ready to run; otherwise it is answered. */
static bool prepare(struct runner *run, struct request *q)
{
    struct http_request *r = q->http;
    if (!q->authenticated) {
        struct problem p;
        problem_init(&p, r->arena);
        if (authenticate(run, q, &p) != OK) {
            refuse(r, p.code, p.detail);
            return false;
        }
        q->authenticated = true;
        if ((q->match.route->flags & SIGNED) == 0 && scope_missing(q))
            return false;
    }
    q->call = (struct call){.route = q->match.route,
                            .problem = &q->problem,
                            .tenant = &q->actor.tenant,
                            .api_key_id = q->actor.api_key_id,
                            .scopes = q->actor.scopes,
                            .request_id = r->request_id,
                            .if_match = VERSION_ANY};
    if (q->match.route->lines_max > 0 && q->match.route->work == NULL)
        q->bulk = ARENA_NEW(r->arena, struct bulk);
    parse_path_ids(q);
    if (q->match.route->kind == ROUTE_WRITE && q->problem.code == OK) {
        parse_write_query(q);
        if (q->problem.code == OK)
            parse_key(q);
        if (q->problem.code == OK)
            fingerprint(q, decode_body(q));
        if (q->problem.code == OK)
            parse_if_match(q);
    } else if (q->problem.code == OK) {
        decode_query(q, run->secret);
    }
    if (q->problem.code == OK && arena_over(r->arena))
        fail(&q->problem, ERR_OVERLOADED, "The request needs more memory than it may use.");
    if (q->problem.code != OK) {
        http_respond_problem(r, &q->problem);
        return false;
    }
    return true;
}

/* ---- in the transaction ---- */

struct group {
    struct runner *run;
    struct request **v;
    size_t n;
};

err call_failed(struct tx *tx, struct call *c, err e)
{
    (void)tx;
    call_file(c, e);
    return c->route->kind == ROUTE_WRITE || err_status(e) >= 500 ? e : OK;
}

/* What the database knows of the group's keys and references. */
struct lookups {
    struct idempotency_find_row_list kept; /* v is NULL until the answer has come */
    bool keys;                             /* there are any to look up */
    struct refs *refs;
    bool needed; /* before the use case runs: it needs the references, or has much to do in vain */
};

static err queue_refs(struct tx *tx, const struct group *g, struct lookups *ret)
{
    size_t n_lists = 0, n_refs = 0, k = 0;
    for (size_t i = 0; i < g->n; i++)
        n_lists += g->v[i]->n_refs + 1;
    struct json_refs *refs = ARENA_ARRAY(tx->arena, struct json_refs, n_lists);
    for (size_t i = 0; i < g->n; i++) {
        for (size_t j = 0; j < g->v[i]->n_refs; j++)
            refs[k++] = g->v[i]->refs[j];
        refs[k++] = g->v[i]->path_refs;
        ret->needed = ret->needed || g->v[i]->bulk != NULL;
    }
    for (size_t i = 0; i < n_lists; i++)
        n_refs += refs[i].n;
    ret->needed = ret->needed || n_refs > 0;
    return ret->needed ? refs_queue(tx, refs, n_lists, &ret->refs) : OK;
}

static err lookups_queue(struct tx *tx, const struct group *g, struct lookups *ret)
{
    const char **keys = ARENA_ARRAY(tx->arena, const char *, g->n);
    size_t n_keys = 0;
    for (size_t i = 0; i < g->n; i++)
        if (g->v[i]->key != NULL)
            keys[n_keys++] = g->v[i]->key;
    const struct request *first = g->v[0];
    ret->keys = n_keys > 0;
    if (ret->keys)
        TRY(idempotency_find_queue(tx, first->actor.api_key_id, first->match.route->name, keys,
                                   n_keys, &ret->kept));
    return queue_refs(tx, g, ret);
}

/* The outcome that was kept under the request's key, if there is one. */
static void replay(struct request *q, const struct idempotency_find_row_list *kept)
{
    for (size_t k = 0; q->key != NULL && k < kept->n; k++) {
        if (strcmp(kept->v[k].key, q->key) != 0)
            continue;
        if (kept->v[k].fingerprint.len != sizeof(q->fingerprint) ||
            memcmp(kept->v[k].fingerprint.p, q->fingerprint, sizeof(q->fingerprint)) != 0) {
            fail(q->call.problem, ERR_IDEMPOTENCY_MISMATCH,
                 "This Idempotency-Key belongs to a request with another body or path.");
            continue;
        }
        q->outcome = (struct outcome){.status = (int)kept->v[k].status,
                                      .body = arena_strdup(q->http->arena, kept->v[k].body)};
        outcome_take_headers(q->http->arena, &q->outcome, kept->v[k].headers);
        q->replayed = true;
    }
}

/* A line's unknown reference is a fault of that line alone. */
static void resolve(struct request *q, struct refs *found)
{
    for (size_t i = 0; i < q->n_refs; i++)
        refs_fill(found, &q->refs[i], q->bulk != NULL ? q->bulk->lines[i].problem : &q->problem);
    refs_fill(found, &q->path_refs, &q->problem);
    for (size_t k = 0; k < q->path_refs.n; k++)
        if (*q->path_refs.v[k].target == NIL64 && (q->match.route->flags & UPSERT) == 0)
            fail(&q->problem, ERR_NOT_FOUND, "There is no %s with external id %s.",
                 q->match.id_kinds[k], q->path_refs.v[k].external_id);
}

/* Replays what was done before and resolves references. When there is nothing to resolve the first
 * attempt does not wait for the keys: their answer comes with the use case's own first question,
 * and a key that turns up then makes it run again (run_group). */
static err replay_and_resolve(struct tx *tx, struct group *g, struct lookups *l)
{
    TRY(lookups_queue(tx, g, l));
    if (!l->needed && tx->attempt == 1)
        return OK;
    TRY(tx_flush(tx));
    for (size_t i = 0; i < g->n; i++) {
        struct request *q = g->v[i];
        replay(q, &l->kept);
        if (l->needed && q->outcome.status == 0 && q->problem.code == OK)
            resolve(q, l->refs);
    }
    return OK;
}

static void begin_attempt(struct tx *tx, struct request *q)
{
    const struct route *route = q->match.route;
    problem_init(&q->problem, q->http->arena);
    q->http->response = (struct http_response){0};
    q->outcome = (struct outcome){0};
    q->replayed = false;
    q->call.status = 0;
    if (q->bulk != NULL)
        bulk_begin(q->bulk, tx->arena);
    q->call.out = arena_alloc(tx->arena, route->kind == ROUTE_LIST ? sizeof(struct pg_rows)
                                                                   : route->out->size);
}

/* Is this what a retry with the same key gets? What was done, and refusals of what was asked for;
 * not that the caller saw an old version, nor a failure of ours. */
static bool to_be_kept(const struct request *q)
{
    err e = q->problem.code;
    int status = err_status(e);
    return q->key != NULL && e != ERR_IDEMPOTENCY_MISMATCH &&
           (e == OK || status == 404 || status == 409 || status == 422);
}

/* Encodes the replies and keeps the outcomes of those with a key. */
static err keep_outcomes(struct tx *tx, struct group *g)
{
    struct idempotency_keep_o *rows = ARENA_ARRAY(tx->arena, struct idempotency_keep_o, g->n);
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        struct request *q = g->v[i];
        if (q->replayed || q->match.route->kind == ROUTE_LIST)
            continue;
        if (q->problem.code == OK) {
            q->outcome = outcome_of(q->http->arena, &q->call);
        } else {
            http_respond_problem(q->http, &q->problem);
            q->outcome = (struct outcome){.status = q->http->response.status,
                                          .body = q->http->response.body};
        }
        if (to_be_kept(q))
            rows[n++] = (struct idempotency_keep_o){
                .key = q->key,
                .fingerprint = {.p = q->fingerprint, .len = sizeof(q->fingerprint)},
                .status = q->outcome.status,
                .headers = outcome_headers(tx->arena, &q->outcome),
                .body = q->outcome.body};
    }
    if (n == 0)
        return OK;
    const struct request *first = g->v[0];
    return idempotency_keep(tx, first->actor.api_key_id, first->match.route->name, rows, n);
}

static err run_calls(struct tx *tx, struct group *g)
{
    struct call **ready = ARENA_ARRAY(tx->arena, struct call *, g->n);
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++)
        if (g->v[i]->problem.code == OK && g->v[i]->outcome.status == 0)
            ready[n++] = &g->v[i]->call;
    if (n == 0)
        return OK;
    return g->v[0]->match.route->run(tx, ready, n);
}

/* Was a key used before, as turns out only after the use case ran? One that asked nothing itself,
 * say because it refused at once, did not bring the answer along. */
static bool found_late(struct tx *tx, const struct lookups *l)
{
    return l->keys && (l->kept.v != NULL || tx_flush(tx) == OK) && l->kept.n > 0;
}

static err run_group(struct tx *tx, void *arg)
{
    struct group *g = arg;
    struct lookups l = {0};
    for (size_t i = 0; i < g->n; i++)
        begin_attempt(tx, g->v[i]);
    TRY(replay_and_resolve(tx, g, &l));
    err e = run_calls(tx, g);
    if (tx->attempt == 1 && !l.needed && found_late(tx, &l))
        return ERR_SERIALIZATION;
    TRY(e);
    TRY(orders_reconsider(tx, &g->v[0]->call));
    if (arena_over(tx->arena))
        return fail(tx->problem, ERR_OVERLOADED, "The request needs more memory than it may use.");
    TRY(keep_outcomes(tx, g));
    return events_flush(tx);
}

/* ---- on a worker: around the transaction ---- */

static err run_transaction(struct group *g, err (*body)(struct tx *, void *), struct problem *p,
                           struct arena *arena)
{
    const struct request *first = g->v[0];
    const struct route *route = first->match.route;
    int64_t retries = 0;
    unsigned wakes = 0;
    struct tx_options o = {.mode = route->kind == ROUTE_WRITE ? TX_WRITE : TX_READ,
                           .tenant = first->actor.tenant.id,
                           .now = clock_now_us(),
                           .today = first->actor.today,
                           .deadline_us = first->http->deadline_us,
                           .rollback = first->call.dry_run || (route->flags & PURE) != 0,
                           .arena = arena,
                           .problem = p,
                           .ret_retries = &retries,
                           .ret_wakes = &wakes};
    bool report = class_of(route) == CLASS_REPORT;
    err e = tx_run(report ? g->run->report_pool : g->run->pool, &o, body, g);
    bells_ring(g->run->bells, wakes);
    for (size_t i = 0; i < g->n; i++)
        g->v[i]->retries = retries;
    return e;
}

static void answer(struct group *g, struct request *q)
{
    if (q->http->response.status != 0)
        return; /* a refusal, rendered when it was kept */
    if (q->problem.code != OK) {
        http_respond_problem(q->http, &q->problem);
    } else if (q->match.route->kind == ROUTE_LIST) {
        page_send(q->http, &q->call, g->run->secret);
    } else {
        if (q->replayed)
            http_set_header(q->http, "Idempotency-Replayed", "true");
        if (q->call.dry_run)
            http_set_header(q->http, "O2C-Dry-Run", "true");
        outcome_send(q->http, &q->outcome);
    }
}

static err keep_refusal(struct tx *tx, void *arg)
{
    return keep_outcomes(tx, arg);
}

/* A refusal rolled the call's transaction back; its outcome is kept in one of its own, so that a
 * retry with the same key gets the same answer. When that fails the answer still goes out, and a
 * retry is decided anew. */
static void refuse_alone(struct group *g, struct arena *arena)
{
    struct request *q = g->v[0];
    if (err_status(q->problem.code) == 503)
        q->problem.retry_after_s = RETRY_AFTER_S;
    if (to_be_kept(q)) {
        struct problem p;
        problem_init(&p, arena);
        if (run_transaction(g, keep_refusal, &p, arena) != OK)
            log_line(LOG_WARN, "refusal not kept", LOG_S("request_id", q->http->request_id),
                     LOG_S("code", err_slug(p.code)));
    }
    if (q->http->response.status == 0)
        http_respond_problem(q->http, &q->problem);
}

static bool concerns_all(err e)
{
    return e == ERR_UNAVAILABLE || e == ERR_OVERLOADED || e == ERR_DEADLINE ||
           e == ERR_CONFLICT_RETRIES || e == ERR_COMMIT_UNKNOWN || e == ERR_CONNECTION;
}

static void run_and_answer(struct group *g, struct arena *arena)
{
    arena_reset(arena);
    struct problem shared;
    problem_init(&shared, arena);
    struct problem *p = g->n == 1 ? &g->v[0]->problem : &shared;
    err e = run_transaction(g, run_group, p, arena);
    /* The outcome of a commit is unknown: the keys in the database tell. Running again replays what
     * was committed and does what was not. */
    bool all_keyed = true;
    for (size_t i = 0; i < g->n; i++)
        all_keyed = all_keyed && g->v[i]->key != NULL;
    if (e == ERR_COMMIT_UNKNOWN && all_keyed)
        e = run_transaction(g, run_group, p, arena);
    if (e == OK) {
        if ((g->v[0]->match.route->flags & TENANT_FACTS) != 0)
            auth_forget(g->run->auth);
        for (size_t i = 0; i < g->n; i++)
            answer(g, g->v[i]);
        return;
    }
    for (size_t i = 0; i < g->n; i++)
        g->v[i]->http->response = (struct http_response){0};
    if (g->n == 1) {
        call_file(&g->v[0]->call, e);
        refuse_alone(g, arena);
        return;
    }
    /* Memory is what a batch runs out of and each of its requests, alone, may not. */
    bool too_much = e == ERR_OVERLOADED && arena_over(arena);
    if (concerns_all(e) && !too_much) {
        for (size_t i = 0; i < g->n; i++)
            refuse(g->v[i]->http, e,
                   shared.detail ? arena_strdup(g->v[i]->http->arena, shared.detail) : NULL);
        return;
    }
    /* One bad apple: halve until it is alone. */
    struct group low = {.run = g->run, .v = g->v, .n = g->n / 2};
    struct group high = {.run = g->run, .v = g->v + low.n, .n = g->n - low.n};
    run_and_answer(&low, arena);
    run_and_answer(&high, arena);
}

static bool key_in(struct request **v, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (key != NULL && v[i]->key != NULL && strcmp(v[i]->key, key) == 0)
            return true;
    return false;
}

static void ready_page(struct runner *run, struct http_request *r)
{
    if (pool_healthy(run->pool, 2000000))
        http_respond(r, 200, "application/json", "{\"status\":\"ready\"}", 18);
    else
        refuse(r, ERR_UNAVAILABLE, "The database does not answer.");
}

static void run_requests(struct http_request **r, size_t n, int class, int worker, void *arg)
{
    struct runner *run = arg;
    struct arena *arena = run->arenas[class][worker];
    struct request *now[GROUP_MAX], *later[GROUP_MAX];
    size_t n_now = 0, n_later = 0;
    for (size_t i = 0; i < n; i++) {
        struct request *q = r[i]->user;
        if (q == NULL)
            ready_page(run, r[i]);
        else if (!prepare(run, q))
            continue;
        else if (key_in(now, n_now, q->key)) /* the same key twice: the second replays the first */
            later[n_later++] = q;
        else
            now[n_now++] = q;
    }
    if (n_now > 0)
        run_and_answer(&(struct group){.run = run, .v = now, .n = n_now}, arena);
    for (size_t i = 0; i < n_later; i++)
        run_and_answer(&(struct group){.run = run, .v = &later[i], .n = 1}, arena);
}

/* ---- afterwards ---- */

/* The series of an operation, looked up once: index n_routes is everything outside the table. */
static _Atomic(struct metric *) counters[OPERATIONS_MAX][600], timers[OPERATIONS_MAX];

static void count(const struct route *route, int status, int64_t took_us)
{
    size_t k = route ? (size_t)(route - routes) : n_routes;
    const char *operation = route ? route->name : "other";
    assert(k < OPERATIONS_MAX && status >= 0 && status < 600);
    char labels[128];
    if (counters[k][status] == NULL) {
        snprintf(labels, sizeof(labels), "operation=\"%s\",status=\"%d\"", operation, status);
        counters[k][status] = metric_counter("o2c_requests_total",
                                             "Requests by operation and status.", labels);
    }
    if (timers[k] == NULL) {
        snprintf(labels, sizeof(labels), "operation=\"%s\"", operation);
        timers[k] = metric_histogram("o2c_request_seconds", "Time from headers to answer.", labels,
                                     METRIC_SECONDS);
    }
    metric_add(counters[k][status], 1);
    metric_observe_us(timers[k], took_us);
}

static void request_done(struct http_request *r, void *arg)
{
    (void)arg;
    const struct request *q = r->user;
    const char *operation = q ? q->match.route->name : "other";
    int64_t took = clock_monotonic_us() - r->received_us;
    count(q ? q->match.route : NULL, r->response.status, took);
    if (r->crowded_out)
        return;
    char tenant[ID_TEXT_MAX] = "", key[ID_TEXT_MAX] = "";
    if (q != NULL && q->authenticated) {
        id_format("ten", q->actor.tenant.id, tenant);
        if (q->actor.api_key_id != NIL64)
            id_format("key", q->actor.api_key_id, key);
    }
    log_line(q == NULL && r->response.status < 400 ? LOG_DEBUG : LOG_INFO, "request",
             LOG_S("method", r->method), LOG_S("path", r->path), LOG_S("operation", operation),
             LOG_I("status", r->response.status), LOG_I("took_us", took),
             LOG_S("request_id", r->request_id), LOG_S("traceparent", r->traceparent),
             LOG_S("tenant", tenant), LOG_S("api_key", key), LOG_S("remote", r->remote),
             LOG_I("retries", q ? q->retries : 0));
}

struct runner *runner_new(const struct runner_options *o)
{
    struct runner *run = calloc(1, sizeof(*run));
    if (run == NULL)
        abort();
    const struct o2c_settings *s = o->settings;
    run->settings = s;
    run->pool = o->pool;
    run->report_pool = o->report_pool;
    run->bells = o->bells;
    run->secret = o->secret;
    run->auth = auth_new(o->secret);
    int queue = (int)s->queue_max;
    run->classes[CLASS_WRITE] = (struct http_class){"write", (int)s->write_workers, queue};
    run->classes[CLASS_READ] = (struct http_class){"read", (int)s->read_workers, queue};
    run->classes[CLASS_REPORT] = (struct http_class){"report", (int)s->report_workers, queue};
    for (int c = 0; c < N_CLASSES; c++) {
        run->arenas[c] = calloc((size_t)run->classes[c].workers, sizeof(*run->arenas[c]));
        if (run->arenas[c] == NULL)
            abort();
        for (int i = 0; i < run->classes[c].workers; i++)
            run->arenas[c][i] = arena_new(TX_ARENA_LIMIT);
    }
    run->static_arena = arena_new(OPENAPI_BYTES_MAX * 2);
    buf_init(&run->openapi, run->static_arena, 1 << 20, OPENAPI_BYTES_MAX);
    openapi_write(&run->openapi);
    return run;
}

void runner_free(struct runner *run)
{
    if (run == NULL)
        return;
    for (int c = 0; c < N_CLASSES; c++) {
        for (int i = 0; i < run->classes[c].workers; i++)
            arena_free(run->arenas[c][i]);
        free(run->arenas[c]);
    }
    auth_free(run->auth);
    arena_free(run->static_arena);
    free(run);
}

struct http_handler runner_handler(struct runner *run)
{
    return (struct http_handler){.route = route_request,
                                 .admit = admit_request,
                                 .run = run_requests,
                                 .done = request_done,
                                 .arg = run};
}

const struct http_class *runner_classes(struct runner *run, int *ret_n)
{
    *ret_n = N_CLASSES;
    return run->classes;
}
