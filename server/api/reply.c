/* Turns what a use case left in c->out into an answer. */
#include "server/api/reply.h"
#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/json/encode.h"
#include "lib/pg/list.h"
#include "server/api/router.h"
#include <stdatomic.h>
#include <string.h>

#define REPLY_BYTES_MAX ((size_t)256 << 20)
#define REPLY_BYTES_LEAST ((size_t)1024)
#define REPLY_BYTES_LIKELY ((size_t)8 << 20) /* at most, before it is known */
#define JSON_MEDIA "application/json"

static const struct json_field *field_of(const struct json_type *t, const char *name,
                                         enum json_kind kind)
{
    for (size_t i = 0; i < t->n_fields; i++)
        if (t->fields[i].kind == kind && strcmp(t->fields[i].name, name) == 0)
            return &t->fields[i];
    return NULL;
}

static int64_t int_member(const struct json_field *f, const void *value)
{
    int64_t v;
    memcpy(&v, (const char *)value + f->offset, sizeof(v));
    return v;
}

/* Where the new resource is shown; NULL when it is not. */
static const char *location_of(struct arena *a, int64_t id, const char *prefix)
{
    size_t len;
    const char *collection = kind_collection(prefix, &len);
    if (collection == NULL)
        return NULL;
    char text[ID_TEXT_MAX];
    id_format(prefix, id, text);
    return arena_printf(a, "%.*s/%s", (int)len, collection, text);
}

/* The reply outlives the transaction that read it. */
static struct outcome outcome_of_file(struct arena *a, const struct file *f)
{
    struct file *copy = ARENA_NEW(a, struct file);
    unsigned char *content = arena_alloc(a, f->content.len + 1);
    if (f->content.len > 0)
        memcpy(content, f->content.p, f->content.len);
    *copy = (struct file){.media = arena_strdup(a, f->media),
                          .name = arena_strdup(a, f->name),
                          .content = {.p = content, .len = f->content.len}};
    return (struct outcome){
        .status = 200, .body = "", .etag = arena_printf(a, "\"%s\"", f->etag), .file = copy};
}

/* How long the last reply of an operation was: most likely the next is, too, and need not grow. */
static _Atomic size_t *last_length(const struct route *r)
{
    static _Atomic size_t lengths[OPERATIONS_MAX];
    return &lengths[r - routes];
}

struct outcome outcome_of(struct arena *a, const struct call *c)
{
    if ((c->route->flags & FILE_OUT) != 0)
        return outcome_of_file(a, c->out);
    struct outcome o = {.status = c->status ? c->status : c->route->status};
    const struct json_type *t = c->route->out;
    struct buf b;
    _Atomic size_t *length = last_length(c->route);
    size_t likely = atomic_load_explicit(length, memory_order_relaxed);
    likely = likely < REPLY_BYTES_LIKELY ? likely : REPLY_BYTES_LIKELY;
    buf_init(&b, a, likely + likely / 8 + REPLY_BYTES_LEAST, REPLY_BYTES_MAX);
    json_encode(&b, t, c->out, c->tenant->currency);
    atomic_store_explicit(length, b.len, memory_order_relaxed);
    o.body = b.p;
    const struct json_field *version = field_of(t, "version", JSON_KIND_integer);
    if (version != NULL)
        o.etag = arena_printf(a, "\"%lld\"", (long long)int_member(version, c->out));
    const struct json_field *id = field_of(t, "id", JSON_KIND_id);
    if (o.status == 201 && id != NULL)
        o.location = location_of(a, int_member(id, c->out), id->prefix);
    return o;
}

/* The kept form is one line per header: this server's own text, never a caller's. */
const char *outcome_headers(struct arena *a, const struct outcome *o)
{
    struct buf b;
    buf_init(&b, a, 128, 4096);
    buf_str(&b, "[");
    buf_json(&b, o->etag);
    buf_char(&b, ',');
    buf_json(&b, o->location);
    buf_char(&b, ']');
    return b.p;
}

/* Takes the next element of ["\"3\"","/v1/…"]: a string with only \" escapes, or null. */
static const char *next_text(struct arena *a, const char **at)
{
    const char *s = *at + 1; /* past [ or , */
    if (*s != '"') {
        *at = s + strcspn(s, ",]");
        return NULL;
    }
    char *out = arena_strdup(a, s + 1);
    size_t n = 0;
    for (s++; *s != '\0' && *s != '"'; s++) {
        if (*s == '\\' && s[1] != '\0')
            s++;
        out[n++] = *s;
    }
    out[n] = '\0';
    *at = *s == '"' ? s + 1 : s;
    return out;
}

void outcome_take_headers(struct arena *a, struct outcome *o, const char *json)
{
    if (json[0] != '[')
        return;
    o->etag = next_text(a, &json);
    if (*json == ',')
        o->location = next_text(a, &json);
}

static bool etag_listed(const char *if_none_match, const char *etag)
{
    if (if_none_match == NULL || etag == NULL)
        return false;
    if (strcmp(if_none_match, "*") == 0)
        return true;
    size_t len = strlen(etag);
    for (const char *s = if_none_match; (s = strstr(s, etag)) != NULL; s += len)
        if (s[len] == '\0' || s[len] == ',' || s[len] == ' ')
            return true;
    return false;
}

/* RFC 6266: a name of plain characters for old clients, and the name itself. */
static const char *disposition(struct arena *a, const char *name)
{
    struct buf b;
    buf_init(&b, a, 256, 4096);
    buf_str(&b, "attachment; filename=\"");
    for (const char *s = name; *s != '\0'; s++)
        buf_char(&b, *s >= ' ' && *s <= '~' && *s != '"' && *s != '\\' && *s != '%' ? *s : '_');
    buf_str(&b, "\"; filename*=UTF-8''");
    for (const char *s = name; *s != '\0'; s++) {
        bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                     (*s >= '0' && *s <= '9') || strchr("-._~", *s) != NULL;
        buf_printf(&b, plain ? "%c" : "%%%02X", (unsigned char)*s);
    }
    return b.p;
}

/* Never shown in place: what somebody uploaded must not run as a page of this server. */
static void send_file(struct http_request *r, const struct file *f)
{
    http_set_header(r, "Content-Disposition", disposition(r->arena, f->name));
    http_set_header(r, "Content-Security-Policy", "default-src 'none'; sandbox");
    http_respond(r, 200, f->media, (const char *)f->content.p, f->content.len);
}

void outcome_send(struct http_request *r, const struct outcome *o)
{
    if (o->etag != NULL)
        http_set_header(r, "ETag", o->etag);
    if (o->location != NULL)
        http_set_header(r, "Location", o->location);
    bool reading = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
    if (reading && etag_listed(http_header(r, "If-None-Match"), o->etag)) {
        http_respond(r, 304, o->file != NULL ? o->file->media : JSON_MEDIA, "", 0);
        return;
    }
    if (o->file != NULL) {
        send_file(r, o->file);
        return;
    }
    const char *media = o->status >= 400 ? "application/problem+json" : JSON_MEDIA;
    http_respond(r, o->status, media, o->body, strlen(o->body));
}

/* The request's own address with another cursor. */
static const char *page_url(struct http_request *r, const char *cursor)
{
    struct buf b;
    buf_init(&b, r->arena, 256, 16384);
    buf_str(&b, r->path);
    char sep = '?';
    for (size_t i = 0; i < r->n_query; i++) {
        if (strcmp(r->query[i].name, "cursor") == 0)
            continue;
        buf_char(&b, sep);
        sep = '&';
        for (int part = 0; part < 2; part++) {
            const char *s = part == 0 ? r->query[i].name : r->query[i].value;
            for (; *s != '\0'; s++) {
                bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                             (*s >= '0' && *s <= '9') || strchr("-._~,", *s) != NULL;
                buf_printf(&b, plain ? "%c" : "%%%02X", (unsigned char)*s);
            }
            if (part == 0)
                buf_char(&b, '=');
        }
    }
    if (cursor != NULL)
        buf_printf(&b, "%ccursor=%s", sep, cursor);
    return b.p;
}

void page_send(struct http_request *r, const struct call *c, struct bytes secret)
{
    const struct json_type *t = c->route->out;
    const struct list_query *q = c->query;
    const struct pg_rows *rows = c->out;
    const char *next = NULL, *prev = NULL;
    /* Beyond the last row in the direction of travel there is more only if the list said so;
     * behind the first row lies where the cursor came from. */
    bool more_after = q->backward ? q->has_cursor : q->ret_more;
    bool more_before = q->backward ? q->ret_more : q->has_cursor;
    if (rows->n > 0 && more_after)
        next = list_cursor(r->arena, q, (const char *)rows->v + (rows->n - 1) * t->size, false,
                           secret);
    if (rows->n > 0 && more_before)
        prev = list_cursor(r->arena, q, rows->v, true, secret);

    struct buf b;
    buf_init(&b, r->arena, 4096, REPLY_BYTES_MAX);
    buf_str(&b, "{\"data\":");
    json_encode_list(&b, t, rows->v, rows->n, c->tenant->currency);
    buf_printf(&b, ",\"has_more\":%s,\"next\":", next ? "true" : "false");
    buf_json(&b, next);
    buf_str(&b, ",\"prev\":");
    buf_json(&b, prev);
    buf_char(&b, '}');

    struct buf link;
    buf_init(&link, r->arena, 512, 65536);
    buf_printf(&link, "<%s>; rel=\"first\"", page_url(r, NULL));
    if (next != NULL)
        buf_printf(&link, ", <%s>; rel=\"next\"", page_url(r, next));
    if (prev != NULL)
        buf_printf(&link, ", <%s>; rel=\"prev\"", page_url(r, prev));
    http_set_header(r, "Link", link.p);
    http_respond(r, 200, JSON_MEDIA, b.p, b.len);
}
