/* Splits and decodes the request target: what leaves here is valid UTF-8 without a NUL. */
#include "lib/http/target.h"
#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Length of the UTF-8 sequence at s (RFC 3629: shortest form, no surrogates), 0 when there is
 * none. The terminating NUL is never a continuation byte, so this cannot run past the end. */
static size_t utf8_sequence(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    size_t len = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    unsigned char low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

static bool utf8_valid(const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    while (*u) {
        size_t len = utf8_sequence(u);
        if (len == 0)
            return false;
        u += len;
    }
    return true;
}

enum part { PATH, QUERY };

/* Decodes len bytes of s; NULL for a bad escape, a NUL or invalid UTF-8. */
static char *percent_decode(struct arena *a, const char *s, size_t len, enum part part)
{
    char *out = arena_alloc(a, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        if (c == '+' && part == QUERY) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < len ? hex_value(s[i + 1]) : -1;
            int low = high >= 0 ? hex_value(s[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return NULL;
            c = (char)(high * 16 + low);
            i += 2;
            if (part == PATH && (c == '/' || c == '%')) { /* no separator, and not to be undone */
                out[n++] = '%';
                out[n++] = '2';
                c = c == '/' ? 'F' : '5';
            }
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return utf8_valid(out) ? out : NULL;
}

static err query_parse(struct http_request *r, const char *query, struct problem *p)
{
    r->query = ARENA_ARRAY(r->arena, struct http_pair, HTTP_QUERY_MAX);
    while (*query) {
        size_t len = strcspn(query, "&");
        const char *equals = memchr(query, '=', len);
        size_t name_len = equals ? (size_t)(equals - query) : len;
        if (len > 0) {
            if (r->n_query == HTTP_QUERY_MAX)
                return fail(p, ERR_SYNTAX, "The query has more than %d parameters.",
                            HTTP_QUERY_MAX);
            struct http_pair *pair = &r->query[r->n_query];
            pair->name = percent_decode(r->arena, query, name_len, QUERY);
            pair->value = equals ? percent_decode(r->arena, equals + 1, len - name_len - 1, QUERY)
                                 : "";
            if (!pair->name || !pair->value)
                return fail(p, ERR_SYNTAX,
                            "The query parameter at position %zu is not valid percent-encoded "
                            "UTF-8.",
                            r->n_query + 1);
            r->n_query++;
        }
        query += len + (query[len] == '&');
    }
    return OK;
}

err target_parse(struct http_request *r, struct problem *p)
{
    if (r->raw_path[0] != '/')
        return fail(p, ERR_SYNTAX, "The request target must be a path that begins with '/'.");
    size_t len = strcspn(r->raw_path, "?");
    const char *path = percent_decode(r->arena, r->raw_path, len, PATH);
    if (!path)
        return fail(p, ERR_SYNTAX, "The path is not valid percent-encoded UTF-8.");
    if (strstr(path, "//"))
        return fail(p, ERR_SYNTAX, "The path has an empty segment ('//').");
    r->path = path;
    if (r->raw_path[len] == '\0')
        return OK;
    return query_parse(r, r->raw_path + len + 1, p);
}
