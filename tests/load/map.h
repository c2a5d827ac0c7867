/* From texts to numbers. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct map {
    struct map_entry *entries;
    size_t n, size;
};

/* The number of a key; a new key gets `otherwise` and is kept (its text is not copied). */
size_t map_put(struct map *m, const char *key, size_t otherwise);
bool map_get(const struct map *m, const char *key, size_t *ret);
void map_free(struct map *m);
