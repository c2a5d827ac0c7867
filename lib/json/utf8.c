/* Well-formed UTF-8 by the table of the Unicode standard (3.9, table 3-7). */
#include "lib/json/internal.h"

struct sequence {
    unsigned char lead_from, lead_to, second_from, second_to;
    unsigned length;
};

static const struct sequence sequences[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* The length of the multi-byte sequence at s, or 0. */
static size_t sequence_length(const unsigned char *s, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(sequences); i++) {
        const struct sequence *q = &sequences[i];
        if (s[0] < q->lead_from || s[0] > q->lead_to)
            continue;
        if (len < q->length || s[1] < q->second_from || s[1] > q->second_to)
            return 0;
        for (size_t k = 2; k < q->length; k++)
            if ((s[k] & 0xc0) != 0x80)
                return 0;
        return q->length;
    }
    return 0;
}

bool utf8_valid(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;
    for (size_t i = 0; i < len;) {
        size_t n = u[i] == 0 ? 0 : u[i] < 0x80 ? 1 : sequence_length(u + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t utf8_characters(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)s[i] & 0xc0) != 0x80;
    return n;
}
