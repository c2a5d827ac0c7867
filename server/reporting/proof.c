/* Runs every invariant of proof.sql over one snapshot. */
#include "server/reporting/proof.h"
#include "lib/base/id.h"
#include "proof.sql.h"
#include "server/api/router.h"
#include "server/routes_prototypes.h"

/* In the order of the reply. */
static const struct invariant {
    const char *name, *description;
    err (*queue)(struct tx *tx, struct proof_hit_list *ret);
    bool advisory;
} invariants[] = {
#define INVARIANT(name_, description_) {#name_, description_, proof_##name_##_queue, false},
#define ADVISORY(name_, description_) {#name_, description_, proof_##name_##_queue, true},
#include "server/reporting/invariants.def"
#undef INVARIANT
#undef ADVISORY
};

static struct proof_example example_of(struct arena *a, const struct proof_hit *hit)
{
    struct proof_example x = {.resource = hit->kind, .detail = hit->detail};
    const char *prefix = hit->kind != NULL ? kind_prefix(hit->kind) : NULL;
    if (prefix != NULL && hit->id != NIL64) {
        char *text = arena_alloc(a, ID_TEXT_MAX);
        id_format(prefix, hit->id, text);
        x.resource_id = text;
    }
    return x;
}

static struct proof_invariant invariant_of(struct arena *a, const struct invariant *i,
                                           const struct proof_hit_list *hits)
{
    struct proof_invariant ret = {.name = i->name,
                                  .description = i->description,
                                  .ok = hits->n == 0,
                                  .advisory = i->advisory,
                                  .violations = hits->n > 0 ? hits->v[0].violations : 0,
                                  .examples.v = ARENA_ARRAY(a, struct proof_example, hits->n)};
    for (; ret.examples.n < hits->n && ret.examples.n < PROOF_EXAMPLES_MAX; ret.examples.n++)
        ret.examples.v[ret.examples.n] = example_of(a, &hits->v[ret.examples.n]);
    return ret;
}

err proof_run(struct tx *tx, struct proof *ret)
{
    struct proof_hit_list hits[COUNT_OF(invariants)];
    struct proof_without_loops_row_list setting;
    TRY(proof_without_loops_queue(tx, &setting));
    for (size_t i = 0; i < COUNT_OF(invariants); i++)
        TRY(invariants[i].queue(tx, &hits[i]));
    TRY(proof_counts(tx, &ret->counts));
    ret->ok = true;
    ret->checked_at = tx->now;
    ret->invariants.n = COUNT_OF(invariants);
    ret->invariants.v = ARENA_ARRAY(tx->arena, struct proof_invariant, COUNT_OF(invariants));
    for (size_t i = 0; i < COUNT_OF(invariants); i++) {
        ret->invariants.v[i] = invariant_of(tx->arena, &invariants[i], &hits[i]);
        ret->ok = ret->ok && (ret->invariants.v[i].ok || invariants[i].advisory);
    }
    return OK;
}

err proof_get(struct tx *tx, struct call *c, const struct none *in, struct proof *ret)
{
    (void)c;
    (void)in;
    return proof_run(tx, ret);
}
