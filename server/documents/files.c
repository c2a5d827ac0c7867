/* What may be kept as a document. */
#include "server/documents/files.h"
#include <string.h>

const char *const document_media[] = {"application/pdf", "image/png",  "image/jpeg",
                                      "image/tiff",      "text/plain", NULL};

static const struct {
    const char *media, *first;
    size_t len;
} marks[] = {
    {"application/pdf", "%PDF-", 5},   {"image/png", "\x89PNG\r\n\x1a\n", 8},
    {"image/jpeg", "\xff\xd8\xff", 3}, {"image/tiff", "II*\0", 4},
    {"image/tiff", "MM\0*", 4},
};

/* Bytes of the UTF-8 character that begins here; 0: none does. */
static size_t character(const unsigned char *p, size_t left)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if ((p[0] >= 0x80 && p[0] < 0xC2) || p[0] > 0xF4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xED && p[1] > 0x9F;
    bool beyond = p[0] == 0xF4 && p[1] > 0x8F;
    return overlong || surrogate || beyond ? 0 : len;
}

static bool is_text(struct bytes b)
{
    for (size_t i = 0, len; i < b.len; i += len) {
        len = character(b.p + i, b.len - i);
        if (len == 0 || b.p[i] == 0x7F || (b.p[i] < 0x20 && strchr("\t\n\f\r", b.p[i]) == NULL) ||
            b.p[i] == '\0')
            return false;
    }
    return true;
}

bool document_is(const char *media, struct bytes content)
{
    if (strcmp(media, "text/plain") == 0)
        return is_text(content);
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (strcmp(marks[i].media, media) == 0 && content.len >= marks[i].len &&
            memcmp(content.p, marks[i].first, marks[i].len) == 0)
            return true;
    return false;
}

bool document_name_sane(const char *name)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    for (const unsigned char *s = (const unsigned char *)name; *s != '\0'; s++)
        if (*s < 0x20 || *s == 0x7F || *s == '/' || *s == '\\')
            return false;
    return true;
}
