/* Any bytes as CSV: reading ends, cells are of the text or shorter, records cover the text. */
#include "lib/base/csv.h"
#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    struct csv c;
    struct csv_record r;
    int64_t line = 0;
    const char *at = (const char *)data;
    for (csv_begin(&c, a, at, size); csv_next(&c, &r); at = r.end) {
        require(r.line > line && r.text >= at && r.end > r.text);
        line = r.line;
        size_t bytes = 0;
        for (size_t i = 0; r.fault == NULL && i < r.n; i++) {
            bytes += r.cells[i].len;
            for (size_t k = 0; k < r.cells[i].len; k++)
                require(r.cells[i].p[k] != '"' || memchr(r.text, '"', (size_t)(r.end - r.text)));
        }
        require(bytes <= (size_t)(r.end - r.text) && (r.fault != NULL || r.n > 0));
    }
    require(c.p == (const char *)data + size);
    arena_free(a);
    return 0;
}

#ifdef FUZZ_REPLAY
#include "tests/fuzz/replay.h"
#endif
