/* Reads the environment by a table of settings, all faults at once. */
#include "lib/base/settings.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_text(const struct setting *s)
{
    return s->text_default != NULL;
}

static bool parse_int(const char *text, int64_t *ret)
{
    const char *digits = *text == '-' ? text + 1 : text;
    if (*digits < '0' || *digits > '9')
        return false;
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *ret = v;
    return true;
}

static bool int_value(const struct setting *s, int64_t *ret)
{
    const char *text = getenv(s->env);
    if (!text) {
        *ret = s->int_default;
        return true;
    }
    return parse_int(text, ret) && *ret >= s->min && *ret <= s->max;
}

static bool check(const struct setting *s)
{
    int64_t ignored;
    if (is_text(s) || int_value(s, &ignored))
        return true;
    fprintf(stderr, "%s must be a whole number from %" PRId64 " to %" PRId64, s->env, s->min,
            s->max);
    if (s->secret)
        fprintf(stderr, ".\n");
    else
        fprintf(stderr, ", not \"%s\".\n", getenv(s->env));
    return false;
}

static void fill(const struct setting *s, void *out)
{
    char *field = (char *)out + s->offset;
    if (is_text(s)) {
        const char *text = getenv(s->env);
        if (!text)
            text = s->text_default;
        memcpy(field, &text, sizeof text);
    } else {
        int64_t v = s->int_default;
        int_value(s, &v);
        memcpy(field, &v, sizeof v);
    }
}

err settings_load(const struct setting *table, size_t n, void *out)
{
    bool good = true;
    for (size_t i = 0; i < n; i++)
        good = check(&table[i]) && good;
    if (!good)
        return ERR_PARAMETER;
    for (size_t i = 0; i < n; i++)
        fill(&table[i], out);
    return OK;
}

static void print_value(const struct setting *s, const void *settings)
{
    const char *field = (const char *)settings + s->offset;
    if (s->secret) {
        printf("***");
    } else if (is_text(s)) {
        const char *text;
        memcpy(&text, field, sizeof text);
        printf("%s", text);
    } else {
        int64_t v;
        memcpy(&v, field, sizeof v);
        printf("%" PRId64, v);
    }
}

void settings_print(const struct setting *table, size_t n, const void *settings)
{
    for (size_t i = 0; i < n; i++) {
        printf("%s = ", table[i].name);
        print_value(&table[i], settings);
        printf("  (%s: %s)\n", table[i].env, table[i].doc);
    }
}
