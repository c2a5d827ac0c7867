/* JSON text into a tree: syntax, depth, duplicate names, and numbers beyond 64 bits. */
#include "lib/json/internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PARSE_FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)
#define TAMED "1e308" /* no longer than the shortest number that overflows a double */

/* The index after the string that opens at text[i]. */
static size_t skip_string(const char *text, size_t len, size_t i)
{
    for (i++; i < len && text[i] != '"'; i++)
        if (text[i] == '\\')
            i++;
    return i + 1;
}

/* Measured on the text, because the parser recurses. On text that is not JSON the measure may be
 * off, but only behind the place where the parser stops anyway. */
static bool too_deep(const char *text, size_t len)
{
    size_t depth = 0;
    for (size_t i = 0; i < len;) {
        if (text[i] == '"') {
            i = skip_string(text, len, i);
            continue;
        }
        if (text[i] == '[' || text[i] == '{')
            depth++;
        else if ((text[i] == ']' || text[i] == '}') && depth > 0)
            depth--;
        if (depth > JSON_DEPTH_MAX)
            return true;
        i++;
    }
    return false;
}

static size_t digits(const char *s)
{
    return strspn(s, "0123456789");
}

/* The length of the number at s by RFC 8259, or 0. s ends with a NUL somewhere behind. */
static size_t number_length(const char *s)
{
    size_t n = s[0] == '-';
    size_t whole = s[n] == '0' ? 1 : digits(s + n);
    if (whole == 0)
        return 0;
    n += whole;
    if (s[n] == '.' && digits(s + n + 1) > 0)
        n += 1 + digits(s + n + 1);
    if (s[n] == 'e' || s[n] == 'E') {
        size_t sign = s[n + 1] == '+' || s[n + 1] == '-';
        size_t exponent = digits(s + n + 1 + sign);
        if (exponent > 0)
            n += 1 + sign + exponent;
    }
    return n;
}

static bool number_overflows(const char *s, size_t n)
{
    if (n < strlen(TAMED))
        return false;
    errno = 0;
    if (strspn(s, "-0123456789") >= n) {
        (void)strtoll(s, NULL, 10);
        return errno == ERANGE;
    }
    double v = strtod(s, NULL);
    return errno == ERANGE && (v > 1 || v < -1);
}

/* A copy in which each number that the parser cannot hold is replaced by one that it can and no
 * kind accepts, at the same width so that positions stay true. */
static char *tame_numbers(struct arena *a, const char *text, size_t len)
{
    char *copy = arena_strndup(a, text, len);
    for (size_t i = 0; i < len;) {
        if (copy[i] == '"') {
            i = skip_string(copy, len, i);
            continue;
        }
        size_t n = number_length(copy + i);
        if (n > 0 && number_overflows(copy + i, n)) {
            memset(copy + i, ' ', n);
            memcpy(copy + i, TAMED, strlen(TAMED));
        }
        i += n > 0 ? n : 1;
    }
    return copy;
}

static const char *const sentences[] = {
    [json_error_duplicate_key] = "an object has two members of the same name",
    [json_error_null_character] = "a string contains the character U+0000, which is not accepted",
    [json_error_null_byte_in_key] =
        "a member name contains the character U+0000, which is not accepted",
    [json_error_invalid_utf8] = "the text is not valid UTF-8",
    [json_error_premature_end_of_input] = "the text ends too early",
    [json_error_end_of_input_expected] = "there is more text after the end of the value",
};

/* RFC 8259 allows these; we do not: two readers would see two different requests. */
static const char *well_formed_fault(size_t code)
{
    if (code == json_error_duplicate_key)
        return "duplicate_member";
    bool null = code == json_error_null_character || code == json_error_null_byte_in_key;
    return null ? "null_character" : NULL;
}

static err refuse(struct problem *p, const json_error_t *e)
{
    size_t code = (size_t)json_error_code(e);
    if (code == json_error_out_of_memory)
        return fail(p, ERR_OVERLOADED, "The server has no memory for the request.");
    const char *why = code < COUNT_OF(sentences) ? sentences[code] : NULL;
    if (why == NULL)
        why = utf8_valid(e->text, strnlen(e->text, sizeof e->text)) ? e->text : "unexpected text";
    const char *well_formed = well_formed_fault(code);
    if (well_formed != NULL) {
        fault(p, "", well_formed, "Line %d, column %d: %s.", e->line, e->column, why);
        return p->code;
    }
    return fail(p, ERR_SYNTAX, "The text is not acceptable JSON: %s (line %d, column %d).", why,
                e->line, e->column);
}

err json_parse(struct arena *a, const char *text, size_t len, json_t **ret, struct problem *p)
{
    /* jansson 2.14 takes a NUL behind a top-level number for the end of the text. */
    if (memchr(text, '\0', len) != NULL)
        return fail(p, ERR_SYNTAX, "The text is not acceptable JSON: it contains a NUL byte.");
    if (too_deep(text, len))
        return fail(p, ERR_SYNTAX, "The JSON is nested deeper than %d levels.", JSON_DEPTH_MAX);
    json_error_t e;
    json_t *root = json_loadb(text, len, PARSE_FLAGS, &e);
    if (root == NULL && json_error_code(&e) == json_error_numeric_overflow)
        root = json_loadb(tame_numbers(a, text, len), len, PARSE_FLAGS, &e);
    if (root == NULL)
        return refuse(p, &e);
    *ret = root;
    return OK;
}

err json_check(struct arena *a, const char *text, size_t len, struct problem *p)
{
    json_t *root = NULL;
    TRY(json_parse(a, text, len, &root, p));
    json_decref(root);
    return OK;
}
