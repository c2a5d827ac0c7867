/* A hash map with open addressing. */
#include "tests/load/map.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct map_entry {
    const char *key;
    size_t value;
};

static size_t slot_of(const struct map *m, const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *p = key; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    size_t slot = (size_t)hash & (m->size - 1);
    while (m->entries[slot].key != NULL && strcmp(m->entries[slot].key, key) != 0)
        slot = (slot + 1) & (m->size - 1);
    return slot;
}

static void grow(struct map *m)
{
    struct map old = *m;
    m->size = old.size ? old.size * 2 : 1024;
    m->entries = calloc(m->size, sizeof(*m->entries));
    if (m->entries == NULL)
        abort();
    for (size_t i = 0; i < old.size; i++)
        if (old.entries[i].key != NULL)
            m->entries[slot_of(m, old.entries[i].key)] = old.entries[i];
    free(old.entries);
}

size_t map_put(struct map *m, const char *key, size_t otherwise)
{
    if (m->n * 2 >= m->size)
        grow(m);
    struct map_entry *e = &m->entries[slot_of(m, key)];
    if (e->key == NULL) {
        *e = (struct map_entry){key, otherwise};
        m->n++;
    }
    return e->value;
}

bool map_get(const struct map *m, const char *key, size_t *ret)
{
    if (m->size == 0)
        return false;
    const struct map_entry *e = &m->entries[slot_of(m, key)];
    if (e->key == NULL)
        return false;
    *ret = e->value;
    return true;
}

void map_free(struct map *m)
{
    free(m->entries);
    *m = (struct map){0};
}
