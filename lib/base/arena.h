/* Memory with the lifespan of a request. Nothing taken from an arena is freed on its own.
 * Allocation never returns NULL: memory is zeroed unless said otherwise, and a machine out of
 * memory aborts the process. A request that passes the arena's limit still gets its memory; the
 * runner asks arena_over() at its checkpoints and answers 503. Not thread-safe: one owner at a
 * time. */
#pragma once
#include "lib/base/err.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct arena_mark {
    void *chunk;
    size_t used;
};

struct arena *arena_new(size_t limit_bytes);
void arena_free(struct arena *a);  /* NULL is fine */
void arena_reset(struct arena *a); /* forgets everything, keeps the first chunk */
struct arena_mark arena_mark(struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark m); /* forgets what came after the mark */
bool arena_over(const struct arena *a);
size_t arena_used(const struct arena *a);

void *arena_alloc(struct arena *a, size_t bytes);                /* zeroed, aligned for anything */
void *arena_alloc_unset(struct arena *a, size_t bytes);          /* for what is written first */
char *arena_strdup(struct arena *a, const char *s);              /* NULL in, NULL out */
char *arena_strndup(struct arena *a, const char *s, size_t len); /* adds the NUL */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* n zeroed elements; aborts when n * sizeof(T) overflows. n = 0 gives a valid pointer. */
void *arena_array_bytes(struct arena *a, size_t n, size_t size);
#define ARENA_ARRAY(a, T, n) ((T *)arena_array_bytes((a), (n), sizeof(T)))
#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
