/* Writing the OpenAPI document: compact JSON with commas by themselves, then laid out in lines. */
#include "server/api/openapi_parts.h"
#include <string.h>

void doc_separate(struct buf *b)
{
    if (b->len > 0 && strchr("{[:,", b->p[b->len - 1]) == NULL)
        buf_char(b, ',');
}

void doc_key(struct buf *b, const char *name)
{
    doc_separate(b);
    buf_json(b, name);
    buf_char(b, ':');
}

void doc_begin(struct buf *b, const char *name, char bracket)
{
    doc_key(b, name);
    buf_char(b, bracket);
}

void doc_text(struct buf *b, const char *name, const char *value)
{
    doc_key(b, name);
    buf_json(b, value);
}

void doc_raw(struct buf *b, const char *name, const char *json)
{
    doc_key(b, name);
    buf_str(b, json);
}

void doc_item(struct buf *b, const char *value)
{
    doc_separate(b);
    buf_json(b, value);
}

void doc_ref(struct buf *b, const char *section, const char *name)
{
    doc_separate(b);
    buf_printf(b, "{\"$ref\":\"#/components/%s/%s\"}", section, name);
}

void doc_refer(struct buf *b, const char *member, const char *section, const char *name)
{
    doc_key(b, member);
    doc_ref(b, section, name);
}

static void new_line(struct buf *out, int depth)
{
    buf_char(out, '\n');
    for (int i = 0; i < depth; i++)
        buf_str(out, "  ");
}

/* The end of the string that begins at s: past its closing quote. */
static const char *string_end(const char *s)
{
    for (s++; *s != '"'; s++)
        if (*s == '\\')
            s++;
    return s + 1;
}

void doc_lay_out(struct buf *out, const char *s)
{
    int depth = 0;
    while (*s != '\0') {
        const char *end = *s == '"' ? string_end(s) : s + 1;
        bool opens = *s == '{' || *s == '[', closes = *s == '}' || *s == ']';
        if (closes && s[-1] != '{' && s[-1] != '[')
            new_line(out, depth - 1);
        buf_put(out, s, (size_t)(end - s));
        depth += opens - closes;
        if (*s == ':')
            buf_char(out, ' ');
        if (*s == ',' || (opens && *end != '}' && *end != ']'))
            new_line(out, depth);
        s = end;
    }
    buf_char(out, '\n');
}
