/* The server's settings, from the environment; settings.def lists them. */
#pragma once
#include "lib/base/settings.h"

struct o2c_settings {
#define SETTING_TEXT(name, env, default_, secret, doc) const char *name;
#define SETTING_INT(name, env, default_, min, max, doc) int64_t name;
#include "server/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
};
extern const struct setting o2c_settings_table[];
extern const size_t o2c_settings_count;
