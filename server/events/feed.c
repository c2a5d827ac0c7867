/* Reads events back: the feed and the audit log. */
#include "server/events/feed.h"
#include "events.sql.h"
#include "lib/base/id.h"
#include "lib/pg/list.h"
#include "server/api/router.h"
#include "server/routes_prototypes.h"
#include <string.h>

JSON_TYPE(event, EVENT_FIELDS, .doc = "Something that happened to a resource.");
JSON_TYPE(audit_entry, AUDIT_ENTRY_FIELDS, .doc = "Who changed what, and when.");

static const struct list_filter event_filters[] = {
    {.name = "seq", .type = PG_I64, .expr = "e.seq"},
    {.name = "type", .type = PG_TEXT, .expr = "e.type"},
    {.name = "resource", .type = PG_TEXT, .expr = "e.resource"},
    {.name = "resource_id", .type = PG_TEXT, .expr = "e.resource_id::text"},
    {.name = "at", .type = PG_INSTANT, .expr = "e.at"},
};
static const struct list_sort event_sorts[] = {
    {.name = "seq", .expr = "e.seq", .type = PG_I64, .offset = offsetof(struct event, seq), true}};
const struct list_def events_list_def = {.name = "events_page",
                                         .filters = event_filters,
                                         .n_filters = COUNT_OF(event_filters),
                                         .sorts = event_sorts,
                                         .n_sorts = COUNT_OF(event_sorts),
                                         .id_offset = SIZE_MAX};

static const struct list_filter audit_filters[] = {
    {.name = "seq", .type = PG_I64, .expr = "e.seq"},
    {.name = "at", .type = PG_INSTANT, .expr = "e.at"},
    {.name = "api_key_id", .type = PG_I64, .prefix = "key", .expr = "e.api_key_id"},
    {.name = "request_id", .type = PG_TEXT, .expr = "e.request_id"},
    {.name = "action", .type = PG_TEXT, .expr = "e.type"},
    {.name = "resource", .type = PG_TEXT, .expr = "e.resource"},
    {.name = "resource_id", .type = PG_TEXT, .expr = "e.resource_id::text"},
};
static const struct list_sort audit_sorts[] = {{.name = "seq",
                                                .expr = "e.seq",
                                                .type = PG_I64,
                                                .offset = offsetof(struct audit_entry, seq),
                                                .unique = true}};
const struct list_def audit_list_def = {.name = "audit_page",
                                        .filters = audit_filters,
                                        .n_filters = COUNT_OF(audit_filters),
                                        .sorts = audit_sorts,
                                        .n_sorts = COUNT_OF(audit_sorts),
                                        .id_offset = SIZE_MAX};

/* The number behind an id's text, whatever its kind; 0, which nothing has, when it is no id. */
static int64_t id_of_text(const char *text)
{
    char prefix[ID_TEXT_MAX];
    size_t len = strcspn(text, "_");
    int64_t id;
    if (len >= sizeof(prefix))
        return 0;
    memcpy(prefix, text, len);
    prefix[len] = '\0';
    return id_parse(prefix, text, &id) == OK ? id : 0;
}

/* A resource is asked for by its id's text and found by its number, which the index has. */
static void find_by_number(struct arena *a, struct list_condition *c)
{
    static const struct list_filter by_number = {
        .name = "resource_id", .type = PG_I64, .expr = "e.resource_id"};
    size_t n = c->op == LIST_IN ? c->value.n : 1;
    int64_t *ids = ARENA_ARRAY(a, int64_t, n);
    for (size_t i = 0; i < n; i++) {
        const char *at = (const char *)c->value.p + i * c->value.stride;
        ids[i] = id_of_text(*(const char *const *)(const void *)at);
    }
    c->filter = &by_number;
    c->value.p = ids;
    if (c->op == LIST_IN)
        c->value.stride = sizeof(*ids);
}

/* The query as the statement understands it; the caller's stays as it is, for its cursors. */
static struct list_query translated(struct arena *a, const struct list_query *q)
{
    struct list_query t = *q;
    for (size_t i = 0; i < t.n_conditions; i++)
        if (strcmp(t.conditions[i].filter->name, "resource_id") == 0)
            find_by_number(a, &t.conditions[i]);
    return t;
}

static const char *id_text(struct arena *a, const char *kind, int64_t id)
{
    const char *prefix = kind_prefix(kind);
    if (prefix == NULL)
        return NULL;
    char *text = arena_alloc(a, ID_TEXT_MAX);
    id_format(prefix, id, text);
    return text;
}

err events_list(struct tx *tx, struct list_query *q, struct event_list *ret)
{
    struct events_page_row_list rows;
    struct list_query t = translated(tx->arena, q);
    TRY(events_page(tx, &t, &rows));
    q->ret_more = t.ret_more;
    struct event *v = ARENA_ARRAY(tx->arena, struct event, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        const struct events_page_row *r = &rows.v[i];
        v[i] = (struct event){.seq = r->seq,
                              .type = r->type,
                              .resource = r->resource,
                              .resource_id = id_text(tx->arena, r->resource, r->resource_id),
                              .at = r->at,
                              .request_id = r->request_id,
                              .api_key_id = r->api_key_id,
                              .data = r->data};
    }
    *ret = (struct event_list){v, rows.n};
    return OK;
}

err audit_list(struct tx *tx, struct list_query *q, struct audit_entry_list *ret)
{
    struct audit_page_row_list rows;
    struct list_query t = translated(tx->arena, q);
    TRY(audit_page(tx, &t, &rows));
    q->ret_more = t.ret_more;
    struct audit_entry *v = ARENA_ARRAY(tx->arena, struct audit_entry, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        const struct audit_page_row *r = &rows.v[i];
        v[i] = (struct audit_entry){.seq = r->seq,
                                    .at = r->at,
                                    .api_key_id = r->api_key_id,
                                    .request_id = r->request_id,
                                    .action = r->action,
                                    .resource = r->resource,
                                    .resource_id = id_text(tx->arena, r->resource, r->resource_id),
                                    .before = r->before,
                                    .after = r->after};
    }
    *ret = (struct audit_entry_list){v, rows.n};
    return OK;
}
