/* A growing text buffer in an arena, always NUL-terminated, born with its maximum (without the
 * NUL). A write that passes the maximum sets `over` and is dropped whole, as is all that follows:
 * what is kept is what was there. */
#pragma once
#include "lib/base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    struct arena *arena;
    char *p; /* never NULL after buf_init */
    size_t len, cap, max;
    bool over;
};

void buf_init(struct buf *b, struct arena *a, size_t initial, size_t max);
void buf_put_slowly(struct buf *b, const void *bytes, size_t len); /* may have to grow */

/* Inline: a reply is thousands of short pieces. */
static inline void buf_put(struct buf *b, const void *bytes, size_t len)
{
    if (b->over || len > b->cap - b->len) {
        buf_put_slowly(b, bytes, len);
        return;
    }
    memcpy(b->p + b->len, bytes, len);
    b->len += len;
    b->p[b->len] = '\0';
}
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* s as a JSON string with its quotes, escaped per RFC 8259; NULL becomes null. Invalid UTF-8 never
 * gets here (input is checked), but is replaced by U+FFFD rather than passed on. */
void buf_json(struct buf *b, const char *s);
