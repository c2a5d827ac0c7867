/* Renders struct problem as application/problem+json (RFC 9457) with our extension members. */
#include "lib/base/buf.h"
#include "lib/http/http.h"

/* What the caller sent is quoted in faults, so the list is bounded in bytes as well as in number.
 */
#define FAULTS_BYTES_MAX ((size_t)64 * 1024)
#define DETAIL_BYTES_MAX 4096
#define PROBLEM_BYTES_MAX (2 * FAULTS_BYTES_MAX)

static void member(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "%s\"%s\":", b->p[b->len - 1] == '{' ? "" : ",", name);
    buf_json(b, value);
}

static void fault_render(struct buf *b, const struct fault *f)
{
    buf_char(b, '{');
    if (f->pointer && f->pointer[0] == '?')
        member(b, "parameter", f->pointer + 1);
    else
        member(b, "pointer", f->pointer ? f->pointer : "");
    member(b, "code", f->code);
    member(b, "detail", f->detail);
    buf_char(b, '}');
}

/* Renders as many faults as fit; returns how many. */
static size_t faults_render(struct buf *b, const struct problem *p)
{
    size_t kept = p->n_faults;
    if (kept > PROBLEM_FAULTS_MAX)
        kept = PROBLEM_FAULTS_MAX;
    for (size_t i = 0; i < kept; i++) {
        size_t before = b->len;
        if (i > 0)
            buf_char(b, ',');
        fault_render(b, &p->faults[i]);
        if (b->over) {
            b->len = before;
            b->p[before] = '\0';
            b->over = false;
            return i;
        }
    }
    return kept;
}

static const char *detail_text(struct arena *a, const struct problem *p, err code, size_t listed)
{
    const char *detail = p->detail ? arena_printf(a, "%.*s", DETAIL_BYTES_MAX, p->detail)
                                   : arena_printf(a, "%s.", err_title(code));
    size_t unlisted = p->n_faults - listed + (p->summary ? 0 : p->n_unlisted);
    if (unlisted == 0)
        return detail;
    return arena_printf(a, "%s %zu more faults are not listed.", detail, unlisted);
}

static void problem_render(struct buf *b, const struct http_request *r, const struct problem *p,
                           err code)
{
    int status = err_status(code);
    bool retryable = status == 503 || status == 429 || p->retry_after_s > 0;
    struct buf faults;
    buf_init(&faults, r->arena, 256, FAULTS_BYTES_MAX);
    size_t listed = faults_render(&faults, p);

    buf_printf(b, "{\"type\":\"/problems/%s\"", err_slug(code));
    member(b, "title", err_title(code));
    buf_printf(b, ",\"status\":%d", status);
    member(b, "detail", detail_text(r->arena, p, code, listed));
    buf_printf(b, ",\"instance\":\"/requests/%s\"", r->request_id);
    member(b, "code", err_slug(code));
    member(b, "request_id", r->request_id);
    buf_printf(b, ",\"retryable\":%s", retryable ? "true" : "false");
    if (p->conflicting_id)
        member(b, "conflicting_id", p->conflicting_id);
    if (listed > 0) {
        buf_str(b, ",\"errors\":[");
        buf_put(b, faults.p, faults.len);
        buf_char(b, ']');
    }
    buf_char(b, '}');
}

void http_respond_problem(struct http_request *r, const struct problem *p)
{
    err code = p->code == OK ? ERR_INTERNAL : p->code;
    struct buf b;
    buf_init(&b, r->arena, 512, PROBLEM_BYTES_MAX);
    problem_render(&b, r, p, code);
    http_respond(r, err_status(code), "application/problem+json", b.p, b.len);
    if (p->retry_after_s > 0)
        http_set_header(r, "Retry-After", arena_printf(r->arena, "%d", p->retry_after_s));
    if (p->allow)
        http_set_header(r, "Allow", p->allow);
}
