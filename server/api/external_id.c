/* Refusals and checks around external ids. */
#include "server/api/external_id.h"
#include "lib/base/id.h"
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
