/* JSON lines on stderr, one write(2) a line. Secrets have no business here: callers never pass
 * keys, bodies or passwords. */
#pragma once
#include "lib/base/err.h"
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };
struct log_field {
    const char *name;
    const char *text; /* NULL: number is meant */
    int64_t number;
};
/* A function, because the compiler objects to asking whether an array is NULL. */
static inline const char *log_text(const char *text)
{
    return text ? text : "";
}
#define LOG_S(name_, text_) ((struct log_field){.name = (name_), .text = log_text(text_)})
#define LOG_I(name_, number_) ((struct log_field){.name = (name_), .number = (int64_t)(number_)})

void log_set_level(enum log_level level);
err log_level_parse(const char *name, enum log_level *ret) MUST_CHECK;
void log_write(enum log_level level, const char *message, const struct log_field *fields, int n);
/* log_line(LOG_INFO, "listening", LOG_S("address", a), LOG_I("port", p)); */
#define log_line(level, message, ...)                                                              \
    log_write(                                                                                     \
        (level), (message), (const struct log_field[]){{0}, ##__VA_ARGS__} + 1,                    \
        (int)(sizeof((const struct log_field[]){{0}, ##__VA_ARGS__}) / sizeof(struct log_field)) - \
            1)
