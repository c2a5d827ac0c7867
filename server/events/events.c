/* Collects the events of a transaction and writes them in one statement. */
#include "server/events/events.h"
#include "events.sql.h"
#include <assert.h>
#include <string.h>

struct pending {
    struct events_insert_e *v;
    size_t n, cap;
};

void event_push(struct tx *tx, const struct call *c, const char *type, const char *resource,
                int64_t resource_id, const char *before, const char *after)
{
    struct pending *p = tx->user;
    if (p == NULL)
        tx->user = p = ARENA_NEW(tx->arena, struct pending);
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        struct events_insert_e *grown = ARENA_ARRAY(tx->arena, struct events_insert_e, cap);
        if (p->n > 0)
            memcpy(grown, p->v, p->n * sizeof(*grown));
        p->v = grown;
        p->cap = cap;
    }
    p->v[p->n++] = (struct events_insert_e){.type = type,
                                            .resource = resource,
                                            .resource_id = resource_id,
                                            .api_key_id = c ? c->api_key_id : NIL64,
                                            .request_id = c ? c->request_id : NULL,
                                            .before = before,
                                            .after = after};
}

err events_flush(struct tx *tx)
{
    struct pending *p = tx->user;
    if (p == NULL || p->n == 0)
        return OK;
    size_t n = p->n;
    p->n = 0;
    return events_insert(tx, (int64_t)n, p->v, n);
}
