/* The table of settings. */
#include "server/settings.h"
#include "lib/base/value.h"

const struct setting o2c_settings_table[] = {
#define SETTING_TEXT(name_, env_, default_, secret_, doc_)                                         \
    {.name = #name_,                                                                               \
     .env = env_,                                                                                  \
     .text_default = default_,                                                                     \
     .secret = secret_,                                                                            \
     .doc = doc_,                                                                                  \
     .offset = offsetof(struct o2c_settings, name_)},
#define SETTING_INT(name_, env_, default_, min_, max_, doc_)                                       \
    {.name = #name_,                                                                               \
     .env = env_,                                                                                  \
     .int_default = default_,                                                                      \
     .min = min_,                                                                                  \
     .max = max_,                                                                                  \
     .doc = doc_,                                                                                  \
     .offset = offsetof(struct o2c_settings, name_)},
#include "server/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
};
const size_t o2c_settings_count = COUNT_OF(o2c_settings_table);
