/* Settings from the environment through one table. The product lists them in settings.def:
 *   SETTING_TEXT(name, "O2C_NAME", "default", secret, "doc")
 *   SETTING_INT(name, "O2C_NAME", default, min, max, "doc") */
#pragma once
#include "lib/base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct setting {
    const char *name, *env, *doc;
    const char *text_default; /* NULL for integers */
    bool secret;              /* printed as *** */
    int64_t int_default, min, max;
    size_t offset; /* into the settings struct: const char * or int64_t */
};

/* Fills *out from the environment. On failure writes a sentence for each fault to stderr and
 * returns ERR_PARAMETER. Texts stay owned by the environment. */
err settings_load(const struct setting *table, size_t n, void *out) MUST_CHECK;
/* name, value, variable and doc of each, a line each, secrets masked. */
void settings_print(const struct setting *table, size_t n, const void *settings);
