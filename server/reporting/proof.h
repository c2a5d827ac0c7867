/* The proof: every invariant of the books, each one statement over the same snapshot. domain.md 2.3
 * and D1. */
#pragma once
#include "server/api/call.h"

#define PROOF_EXAMPLES_MAX 10

#define PROOF_EXAMPLE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, resource, .doc = "The kind of what is wrong, where it is a resource.",        \
          .example = "\"invoice\"")                                                                \
    VALUE(T, string, resource_id, .doc = "Its id.", .example = "\"inv_01kq3v8d2e7g4\"")            \
    VALUE(T, string, detail, .max = 10000, .doc = "What is wrong, with the values that disagree.", \
          .example = "\"open_amount 100, ledger 90\"")
JSON_STRUCT(proof_example, PROOF_EXAMPLE_FIELDS);

#define PROOF_INVARIANT_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, string, name, .doc = "Its name.", .example = "\"open_items\"")                        \
    VALUE(T, string, description, .doc = "What always holds.")                                     \
    VALUE(T, boolean, ok, .doc = "It holds.", .example = "true")                                   \
    VALUE(T, boolean, advisory, .doc = "Reported, and no failure of the proof.")                   \
    VALUE(T, integer, violations, .doc = "How many times it does not hold.", .example = "0")       \
    LIST(T, proof_example, examples, .doc = "The first 10 of them.")
JSON_STRUCT(proof_invariant, PROOF_INVARIANT_FIELDS);

#define PROOF_COUNT_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, name, .doc = "What was looked at.", .example = "\"invoices\"")                \
    VALUE(T, integer, count, .doc = "How many there are.")
JSON_STRUCT(proof_count, PROOF_COUNT_FIELDS);

#define PROOF_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    VALUE(T, boolean, ok, .doc = "All invariants hold, but for advisory ones.", .example = "true") \
    VALUE(T, instant, checked_at, .doc = "When it was checked.")                                   \
    LIST(T, proof_invariant, invariants,                                                           \
         .doc = "All of them. Amounts in details are in minor "                                    \
                "units, quantities in millionths.")                                                \
    LIST(T, proof_count, counts, .doc = "What was looked at.")
JSON_STRUCT(proof, PROOF_FIELDS);

/* Checks every invariant of tx->tenant. tx must be TX_READ: all statements see one snapshot. */
err proof_run(struct tx *tx, struct proof *ret) MUST_CHECK;

/* A violation as the statements return them: with each row the number of all of them. */
struct proof_hit {
    int64_t violations;
    const char *kind; /* of kinds.def; NULL: no resource */
    int64_t id;
    const char *detail;
};
struct proof_hit_list {
    struct proof_hit *v;
    size_t n;
};
