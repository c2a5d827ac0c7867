/* Jobs as resources: taken, shown, listed, canceled. */
#include "server/jobs/jobs.h"
#include "jobs.sql.h"
#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "server/api/bells.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

/* A part is what one transaction works off: so many lines, and so many bytes at most unless a
 * single line has more. */
#define PART_LINES 500
#define PART_BYTES ((size_t)1 << 20)
#define RESULTS_DEFAULT 100
#define RESULTS_BYTES_MAX ((size_t)64 << 20)

const char *const job_statuses[] = {"queued", "running",  "succeeded", "partially_failed",
                                    "failed", "canceled", NULL};
const char *const job_outcomes[] = {"accepted", "refused", NULL};

JSON_TYPE(job, JOB_FIELDS, .doc = "A file that is worked off in the background.");
JSON_TYPE(job_result, JOB_RESULT_FIELDS, .doc = "What became of a line.");
JSON_TYPE(job_results_query, JOB_RESULTS_QUERY_FIELDS, .doc = "Which results.");
JSON_TYPE(job_results, JOB_RESULTS_FIELDS, .doc = "What became of the lines so far.");

/* ---- taken ---- */

struct cutting {
    struct arena *arena;
    struct bytes header;
    struct job_parts_insert_p *parts;
    size_t n, cap;
    const char *from, *to; /* of the part that is being filled */
    int64_t total;
};

static struct bytes body_of(const struct cutting *k)
{
    size_t len = (size_t)(k->to - k->from);
    if (k->header.len == 0)
        return (struct bytes){.p = (const unsigned char *)k->from, .len = len};
    unsigned char *body = arena_alloc_unset(k->arena, k->header.len + len);
    memcpy(body, k->header.p, k->header.len);
    memcpy(body + k->header.len, k->from, len);
    return (struct bytes){.p = body, .len = k->header.len + len};
}

static void begin_part(struct cutting *k, const struct bulk_item *item)
{
    if (k->n == k->cap) {
        size_t cap = k->cap > 0 ? k->cap * 2 : 16;
        struct job_parts_insert_p *parts = ARENA_ARRAY(k->arena, struct job_parts_insert_p, cap);
        if (k->n > 0)
            memcpy(parts, k->parts, k->n * sizeof(*parts));
        k->parts = parts;
        k->cap = cap;
    }
    k->parts[k->n++] = (struct job_parts_insert_p){.first_index = k->total,
                                                   .first_row = item->origin.row};
    k->from = item->text;
}

static void end_part(struct cutting *k)
{
    if (k->n > 0)
        k->parts[k->n - 1].body = body_of(k);
}

static void add_line(struct cutting *k, const struct bulk_item *item)
{
    if (k->n == 0 || k->parts[k->n - 1].line_count == PART_LINES ||
        (size_t)(item->end - k->from) > PART_BYTES) {
        end_part(k);
        begin_part(k, item);
    }
    k->parts[k->n - 1].line_count++;
    k->to = item->end;
    k->total++;
}

/* Cuts the file between its lines. */
static err cut(struct arena *a, const struct call *c, const struct bulk_text *file,
               struct cutting *ret)
{
    struct bulk_source s;
    struct bulk_item item;
    *ret = (struct cutting){.arena = a};
    TRY(bulk_source_open(&s, a, c->route->in, file, c->problem));
    ret->header = s.header;
    while (ret->total <= JOB_LINES_MAX && !arena_over(a) && bulk_source_next(&s, &item))
        add_line(ret, &item);
    if (arena_over(a))
        return fail(c->problem, ERR_OVERLOADED, "The file needs more memory than there is for it.");
    end_part(ret);
    if (ret->total == 0)
        fault(c->problem, "", "too_few", "Send at least one line.");
    if (ret->total > JOB_LINES_MAX)
        fault(c->problem, "", "too_many", "A job takes %d lines at most.", JOB_LINES_MAX);
    return c->problem->code;
}

static const char *event_json(struct arena *a, const struct job *j)
{
    return arena_printf(a,
                        "{\"kind\":\"%s\",\"validate_only\":%s,\"status\":\"%s\",\"total\":%lld,"
                        "\"accepted\":%lld,\"refused\":%lld}",
                        j->kind, j->validate_only ? "true" : "false", j->status,
                        (long long)j->total, (long long)j->accepted, (long long)j->refused);
}

err jobs_take(struct tx *tx, struct call *c, const struct bulk_text *file, struct job *ret)
{
    struct cutting k;
    TRY(cut(tx->arena, c, file, &k));
    *ret = (struct job){.id = id_new(),
                        .kind = c->route->name,
                        .validate_only = c->validate_only,
                        .status = "queued",
                        .total = k.total,
                        .api_key_id = c->api_key_id,
                        .created_at = tx->now,
                        .started_at = NIL64,
                        .finished_at = NIL64};
    TRY(job_insert(tx, ret->id, ret->kind, c->api_key_id, c->request_id, file->media == BULK_CSV,
                   c->validate_only, k.total));
    TRY(job_parts_insert(tx, ret->id, k.parts, k.n));
    tx->wakes |= WAKES_JOBS;
    event_push(tx, c, "job.created", "job", ret->id, NULL, event_json(tx->arena, ret));
    return OK;
}

/* ---- shown ---- */

err jobs_get(struct tx *tx, struct call *c, const struct none *in, struct job *ret)
{
    (void)in;
    bool found;
    TRY(job_select(tx, c->path_id[0], ret, &found));
    return found ? OK : ERR_NO_ROW;
}

err jobs_results(struct tx *tx, struct call *c, const struct job_results_query *in,
                 struct job_results *ret)
{
    struct job job;
    struct job_results_page_row_list rows;
    int64_t limit = in->limit != NIL64 ? in->limit : RESULTS_DEFAULT;
    bool accepted = in->outcome != NULL && strcmp(in->outcome, "accepted") == 0;
    bool refused = in->outcome != NULL && !accepted;
    TRY(jobs_get(tx, c, NULL, &job));
    TRY(job_results_page(tx, job.id, in->after != NIL64 ? in->after : -1, refused ? 400 : 0,
                         accepted ? 399 : 599, limit + 1, &rows));
    ret->has_more = rows.n > (size_t)limit;
    size_t n = ret->has_more ? (size_t)limit : rows.n;
    ret->next_after = ret->has_more ? rows.v[n - 1].index : NIL64;
    struct buf b;
    buf_init(&b, tx->arena, 256 * n + 16, RESULTS_BYTES_MAX);
    buf_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_str(&b, i > 0 ? "," : "");
        buf_str(&b, rows.v[i].result);
    }
    buf_char(&b, ']');
    if (b.over)
        return fail(c->problem, ERR_OVERLOADED, "These are too long together; lower limit.");
    ret->results = b.p;
    return OK;
}

/* ---- moved ---- */

err job_store(struct tx *tx, const struct call *c, const struct job *was, struct job now,
              const char *event)
{
    TRY(job_move(tx, now.id, now.status, now.accepted, now.refused, now.reason, now.started_at,
                 now.finished_at));
    if (event != NULL)
        event_push(tx, c, event, "job", now.id, event_json(tx->arena, was),
                   event_json(tx->arena, &now));
    return OK;
}

err jobs_cancel(struct tx *tx, struct call *c, const struct none *in, struct job *ret)
{
    (void)in;
    struct job was;
    bool found;
    TRY(job_lock(tx, c->path_id[0], &was, &found));
    if (!found)
        return ERR_NO_ROW;
    if (was.finished_at != NIL64)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The job is %s; what can be done now: nothing. Send another file to make "
                    "another job.",
                    was.status);
    *ret = was;
    ret->status = "canceled";
    ret->finished_at = tx->now;
    return job_store(tx, c, &was, *ret, "job.canceled");
}

err jobs_prune(struct tx *tx, int64_t before)
{
    return jobs_forget_files(tx, before);
}
