/* Sorts, then drops what follows its equal. */
#include "lib/base/distinct.h"
#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t distinct_ids(int64_t *v, size_t n)
{
    size_t kept = 0;
    qsort(v, n, sizeof(*v), by_id);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || v[kept - 1] != v[i])
            v[kept++] = v[i];
    return kept;
}

size_t distinct_texts(const char **v, size_t n)
{
    size_t kept = 0;
    qsort(v, n, sizeof(*v), by_text);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || strcmp(v[kept - 1], v[i]) != 0)
            v[kept++] = v[i];
    return kept;
}
