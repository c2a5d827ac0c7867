/* POST /v1/jobs/orders-import: some lines of a file as a POST /v1/orders/bulk of their own. */
#include "lib/base/id.h"
#include "server/jobs/jobs.h"
#include "server/orders/orders.h"
#include "server/routes_prototypes.h"

static struct job_result result_of(struct arena *a, const struct orders_bulk_result *r)
{
    struct job_result ret = {.row = r->row,
                             .status = r->status,
                             .external_id = r->external_id,
                             .code = r->code,
                             .detail = r->detail,
                             .conflicting_id = r->conflicting_id,
                             .errors = r->errors};
    if (r->id != NIL64) {
        char text[ID_TEXT_MAX];
        id_format("ord", r->id, text);
        ret.id = arena_strdup(a, text);
    }
    return ret;
}

err orders_import(struct tx *tx, struct call *c, const struct bulk *in, struct job_result *results)
{
    struct orders_bulk_reply reply;
    TRY(orders_bulk(tx, c, in, &reply));
    for (size_t i = 0; i < in->n; i++)
        results[i] = result_of(tx->arena, &reply.results.v[i]);
    return OK;
}
