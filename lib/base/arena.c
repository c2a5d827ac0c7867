/* A chain of growing chunks, cut from the front. */
#include "lib/base/arena.h"
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define CHUNK_FIRST ((size_t)32 << 10)
#define CHUNK_GROWN ((size_t)1 << 20)
#define PRINTF_STACK 256

struct chunk {
    struct chunk *previous;
    size_t before; /* bytes taken from all earlier chunks */
    size_t used, cap;
    alignas(max_align_t) char data[];
};

struct arena {
    struct chunk *current;
    size_t limit;
};

static _Noreturn void out_of_memory(size_t bytes)
{
    fprintf(stderr, "out of memory: %zu bytes\n", bytes);
    abort();
}

static struct chunk *chunk_new(struct chunk *previous, size_t cap)
{
    struct chunk *c = malloc(sizeof *c + cap);
    if (!c)
        out_of_memory(cap);
    c->previous = previous;
    c->before = previous ? previous->before + previous->used : 0;
    c->used = 0;
    c->cap = cap;
    POISON(c->data, cap);
    return c;
}

static struct chunk *chunk_drop(struct chunk *c)
{
    struct chunk *previous = c->previous;
    UNPOISON(c->data, c->cap);
    free(c);
    return previous;
}

static void chunk_cut(struct chunk *c, size_t used)
{
    c->used = used;
    POISON(c->data + used, c->cap - used);
}

struct arena *arena_new(size_t limit_bytes)
{
    struct arena *a = malloc(sizeof *a);
    if (!a)
        out_of_memory(sizeof *a);
    a->limit = limit_bytes;
    a->current = chunk_new(NULL, CHUNK_FIRST);
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    while (a->current)
        a->current = chunk_drop(a->current);
    free(a);
}

void arena_reset(struct arena *a)
{
    while (a->current->previous)
        a->current = chunk_drop(a->current);
    chunk_cut(a->current, 0);
}

struct arena_mark arena_mark(struct arena *a)
{
    return (struct arena_mark){.chunk = a->current, .used = a->current->used};
}

void arena_rewind(struct arena *a, struct arena_mark m)
{
    while (a->current != m.chunk)
        a->current = chunk_drop(a->current);
    chunk_cut(a->current, m.used);
}

size_t arena_used(const struct arena *a)
{
    return a->current->before + a->current->used;
}

bool arena_over(const struct arena *a)
{
    return arena_used(a) > a->limit;
}

/* Doubling keeps the number of chunks small; a request larger than that gets its own size. */
static void arena_grow(struct arena *a, size_t bytes)
{
    size_t cap = a->current->cap * 2;
    if (cap > CHUNK_GROWN)
        cap = CHUNK_GROWN;
    if (cap < bytes)
        cap = bytes;
    a->current = chunk_new(a->current, cap);
}

void *arena_alloc_unset(struct arena *a, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    if (bytes > PTRDIFF_MAX - sizeof(struct chunk) - align)
        out_of_memory(bytes);
    size_t rounded = bytes == 0 ? align : (bytes + align - 1) / align * align;
    if (rounded > a->current->cap - a->current->used)
        arena_grow(a, rounded);
    char *p = a->current->data + a->current->used;
    a->current->used += rounded;
    UNPOISON(p, bytes);
    return p;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    return memset(arena_alloc_unset(a, bytes), 0, bytes);
}

void *arena_array_bytes(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        out_of_memory(SIZE_MAX);
    return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
    if (!s)
        return NULL;
    char *copy = arena_alloc(a, len + 1);
    memcpy(copy, s, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    char small[PRINTF_STACK];
    va_list again;
    va_copy(again, ap);
    int len = vsnprintf(small, sizeof small, fmt, ap);
    char *text;
    if (len < 0) {
        text = arena_strdup(a, "");
    } else if ((size_t)len < sizeof small) {
        text = arena_strndup(a, small, (size_t)len);
    } else {
        text = arena_alloc(a, (size_t)len + 1);
        vsnprintf(text, (size_t)len + 1, fmt, again);
    }
    va_end(again);
    return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return text;
}
