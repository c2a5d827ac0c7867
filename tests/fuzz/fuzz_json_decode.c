/* Any bytes as a JSON body: they are answered, and what is accepted is stable from then on. */
#include "tests/unit/json_sample.h"
#include <stdlib.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    struct problem p;
    problem_init(&p, a);
    err checked = json_check(a, (const char *)data, size, &p);
    struct sample_result once = sample_decode_bytes(a, (const char *)data, size);
    require(size == 0 || (checked == ERR_SYNTAX) == (once.code == ERR_SYNTAX));
    require((once.code == ERR_INVALID) == (once.problem.n_faults > 0));
    if (once.code == OK) {
        struct sample_result canonical = sample_decode(a, once.canonical);
        require(canonical.code == OK && strcmp(canonical.canonical, once.canonical) == 0);
        require(strcmp(sample_text(a, &canonical.value), sample_text(a, &once.value)) == 0);
    }
    arena_free(a);
    return 0;
}

#ifdef FUZZ_REPLAY
#include "tests/fuzz/replay.h"
#endif
