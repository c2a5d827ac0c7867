/* The caller's own ids of resources: the rules that creating and replacing share. */
#pragma once
#include "lib/json/differ.h"
#include "server/api/call.h"

/* The refusal of an external id that belongs to another resource of the kind. When a PUT raced with
 * the creation of its own target, ERR_SERIALIZATION instead: run again, there it is. */
err external_id_taken(const struct call *c, const char *prefix, int64_t holder);
/* A stored resource and the external id that it has; lists are sorted by it, by bytes. */
struct external_id_holder {
    int64_t id;
    const char *external_id;
};
struct external_id_holder_list {
    struct external_id_holder *v;
    size_t n;
};
/* What one of a batch wants for the resource that it makes. */
struct external_id_claim {
    const struct call *call;
    const char *external_id;           /* NULL: none */
    int64_t id;                        /* of the resource; NIL64 while it has none */
    struct external_id_claim *earlier; /* the last one before it that wants the same */
};
/* Fills `earlier` of a batch in the order in which it came. */
void external_ids_link(struct arena *a, struct external_id_claim *claims, size_t n);
/* external_id_taken() when a stored resource other than the claimant's has the id. */
err external_id_check_stored(const struct external_id_claim *claim, const char *prefix,
                             const struct external_id_holder_list *taken) MUST_CHECK;
/* Decided in turn: external_id_taken() when an earlier claimant, not refused so far, makes a
 * resource with the id. */
err external_id_check_twins(struct external_id_claim *claim, const char *prefix) MUST_CHECK;
/* Both, where a claimant is decided before the next one is looked at. */
err external_id_check(struct external_id_claim *claim, const char *prefix,
                      const struct external_id_holder_list *taken) MUST_CHECK;
/* The refusal of any other unique key ("SKU", "code") that belongs to another resource. */
err key_taken(const struct call *c, const char *what, const char *prefix, int64_t holder);
/* The refusal of a PUT that says something else, at pointer, than what was recorded under the id.
 */
err external_id_differs(const struct call *c, const char *prefix, int64_t id, const char *pointer);
/* OK when the body of a PUT says nothing else than what was recorded under the id: sides and except
 * as in json_first_difference(). Otherwise external_id_differs(). */
err external_id_repeats(const struct call *c, const char *prefix, int64_t id,
                        struct json_side asked, struct json_side kept,
                        const char *const *except) MUST_CHECK;
/* What a PUT makes of the path's external id and the body's (NULL: none). They must agree: if not,
 * a fault at /external_id. */
const char *external_id_of_put(const struct call *c, const char *in_body);
