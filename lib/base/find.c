/* See find.h. */
#include "lib/base/find.h"

void *find_id(const void *v, size_t n, size_t size, size_t offset, int64_t id)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *element = (const char *)v + middle * size;
        int64_t other = *(const int64_t *)(const void *)(element + offset);
        if (other == id)
            return (void *)(uintptr_t)element;
        if (other < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
