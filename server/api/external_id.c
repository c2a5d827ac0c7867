/* Refusals and checks around external ids. */
#include "server/api/external_id.h"
#include "lib/base/id.h"
#include <stdlib.h>
#include <string.h>

static void name_holder(const struct call *c, const char *prefix, int64_t holder)
{
    char text[ID_TEXT_MAX];
    id_format(prefix, holder, text);
    c->problem->conflicting_id = arena_strdup(c->problem->arena, text);
}

err external_id_taken(const struct call *c, const char *prefix, int64_t holder)
{
    /* A PUT that found nothing to replace, and now somebody else has made it: replace that. */
    if (c->path_external_id != NULL && c->path_id[0] == NIL64)
        return ERR_SERIALIZATION;
    name_holder(c, prefix, holder);
    return fail(c->problem, ERR_EXTERNAL_ID_TAKEN,
                "The external_id belongs to %s. Use another one, or change that one.",
                c->problem->conflicting_id);
}

/* By external id; those that want the same in the order in which they came. */
static int twins_together(const void *a, const void *b)
{
    const struct external_id_claim *x = *(struct external_id_claim *const *)a;
    const struct external_id_claim *y = *(struct external_id_claim *const *)b;
    int order = strcmp(x->external_id, y->external_id);
    return order != 0 ? order : (x > y) - (x < y);
}

void external_ids_link(struct arena *a, struct external_id_claim *claims, size_t n)
{
    struct external_id_claim **sorted = ARENA_ARRAY(a, struct external_id_claim *, n);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (claims[i].external_id != NULL)
            sorted[kept++] = &claims[i];
    qsort(sorted, kept, sizeof(*sorted), twins_together);
    for (size_t i = 1; i < kept; i++)
        if (strcmp(sorted[i - 1]->external_id, sorted[i]->external_id) == 0)
            sorted[i]->earlier = sorted[i - 1];
}

static int by_external_id(const void *key, const void *element)
{
    return strcmp(key, ((const struct external_id_holder *)element)->external_id);
}

err external_id_check_stored(const struct external_id_claim *claim, const char *prefix,
                             const struct external_id_holder_list *taken)
{
    if (claim->external_id == NULL || taken->n == 0)
        return OK;
    const struct external_id_holder *holder = bsearch(claim->external_id, taken->v, taken->n,
                                                      sizeof(*taken->v), by_external_id);
    return holder == NULL || holder->id == claim->id
               ? OK
               : external_id_taken(claim->call, prefix, holder->id);
}

err external_id_check_twins(struct external_id_claim *claim, const char *prefix)
{
    /* Forgets those that were refused, so that a long row of twins is not walked again and again.
     */
    while (claim->earlier != NULL && claim->earlier->call->problem->code != OK)
        claim->earlier = claim->earlier->earlier;
    if (claim->earlier == NULL)
        return OK;
    if (claim->earlier->id != NIL64)
        return external_id_taken(claim->call, prefix, claim->earlier->id);
    return fail(claim->call->problem, ERR_EXTERNAL_ID_TAKEN,
                "Another request that was sent at the same time has the external id %s.",
                claim->external_id);
}

err external_id_check(struct external_id_claim *claim, const char *prefix,
                      const struct external_id_holder_list *taken)
{
    TRY(external_id_check_stored(claim, prefix, taken));
    return external_id_check_twins(claim, prefix);
}

err external_id_differs(const struct call *c, const char *prefix, int64_t id, const char *pointer)
{
    name_holder(c, prefix, id);
    fault(c->problem, pointer, "differs", "What was recorded says something else here.");
    return fail(c->problem, ERR_EXTERNAL_ID_TAKEN,
                "%s was recorded with another %s and can no longer be replaced.",
                c->problem->conflicting_id, pointer);
}

err external_id_repeats(const struct call *c, const char *prefix, int64_t id,
                        struct json_side asked, struct json_side kept, const char *const *except)
{
    const char *differs = json_first_difference(c->problem->arena, asked, kept, except);
    return differs == NULL ? OK : external_id_differs(c, prefix, id, differs);
}

err key_taken(const struct call *c, const char *what, const char *prefix, int64_t holder)
{
    name_holder(c, prefix, holder);
    return fail(c->problem, ERR_DUPLICATE, "The %s belongs to %s. Use another one.", what,
                c->problem->conflicting_id);
}

const char *external_id_of_put(const struct call *c, const char *in_body)
{
    if (c->path_external_id == NULL)
        return in_body;
    if (in_body != NULL && strcmp(in_body, c->path_external_id) != 0)
        fault(c->problem, "/external_id", "mismatch",
              "Leave external_id out or write the one of the path.");
    return c->path_external_id;
}
