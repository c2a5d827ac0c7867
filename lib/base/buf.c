/* A text buffer that grows by doubling, up to its maximum. */
#include "lib/base/buf.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

void buf_init(struct buf *b, struct arena *a, size_t initial, size_t max)
{
    size_t cap = initial < max ? initial : max;
    *b = (struct buf){.arena = a, .cap = cap, .max = max};
    b->p = arena_alloc_unset(a, cap + 1);
    b->p[0] = '\0';
}

/* Makes room for len more bytes and the NUL. False: they pass the maximum, or some did before:
 * what is kept is always a prefix of what was written. */
static bool buf_room(struct buf *b, size_t len)
{
    if (b->over || len > b->max - b->len) {
        b->over = true;
        return false;
    }
    if (len <= b->cap - b->len)
        return true;
    size_t cap = b->cap < b->max / 2 ? b->cap * 2 : b->max;
    if (cap < b->len + len)
        cap = b->len + len;
    char *p = arena_alloc_unset(b->arena, cap + 1);
    memcpy(p, b->p, b->len + 1);
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_put_slowly(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_room(b, len))
        return;
    memcpy(b->p + b->len, bytes, len);
    b->len += len;
    b->p[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

void buf_i64(struct buf *b, int64_t v)
{
    char text[21];
    char *end = text + sizeof text, *p = end;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (v < 0)
        *--p = '-';
    buf_put(b, p, (size_t)(end - p));
}

static void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
static void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    size_t room = b->cap - b->len;
    int len = vsnprintf(b->p + b->len, room + 1, fmt, ap);
    if (len > 0 && buf_room(b, (size_t)len)) {
        if ((size_t)len > room)
            vsnprintf(b->p + b->len, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    b->p[b->len] = '\0';
    va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

static bool continues(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the well-formed UTF-8 character at s (RFC 3629: no overlong forms, no surrogates), or
 * 0. Reads no further than the NUL. */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        return continues(s[1]) ? 2 : 0;
    if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        bool overlong = s[0] == 0xE0 && s[1] < 0xA0;
        bool surrogate = s[0] == 0xED && s[1] > 0x9F;
        return continues(s[1]) && continues(s[2]) && !overlong && !surrogate ? 3 : 0;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        bool overlong = s[0] == 0xF0 && s[1] < 0x90;
        bool beyond = s[0] == 0xF4 && s[1] > 0x8F;
        return continues(s[1]) && continues(s[2]) && continues(s[3]) && !overlong && !beyond ? 4
                                                                                             : 0;
    }
    return 0;
}

/* The letter of a two-character escape, or 0. */
static char short_escape(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void json_escape(struct buf *b, unsigned char c)
{
    char letter = short_escape(c);
    if (letter) {
        buf_put(b, (const char[]){'\\', letter}, 2);
    } else {
        const char *hex = "0123456789abcdef";
        buf_put(b, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
    }
}

static bool json_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void buf_json(struct buf *b, const char *s)
{
    if (!s) {
        buf_str(b, "null");
        return;
    }
    buf_char(b, '"');
    const unsigned char *p = (const unsigned char *)s, *run = p;
    while (*p) {
        size_t len = json_plain(*p) ? 1 : *p < 0x80 ? 0 : utf8_length(p);
        if (len > 0) {
            p += len;
            continue;
        }
        buf_put(b, run, (size_t)(p - run));
        if (*p < 0x80)
            json_escape(b, *p);
        else
            buf_str(b, REPLACEMENT);
        run = ++p;
    }
    buf_put(b, run, (size_t)(p - run));
    buf_char(b, '"');
}
