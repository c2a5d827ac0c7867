/* Finding in what is sorted by id: rows of the database come so, and lists of facts are kept so. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The element whose int64_t at `offset` is id, or NULL. v: n elements of `size` bytes, sorted. */
void *find_id(const void *v, size_t n, size_t size, size_t offset, int64_t id);

/* The same of a list {v, n} of structs with a member `id`. */
#define LIST_FIND_ID(list, wanted)                                                                 \
    ((typeof(&(list)->v[0]))find_id((list)->v, (list)->n, sizeof((list)->v[0]),                    \
                                    offsetof(typeof((list)->v[0]), id), wanted))
