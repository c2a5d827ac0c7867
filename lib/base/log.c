/* Writes one JSON object a line to stderr. */
#include "lib/base/log.h"
#include "lib/base/buf.h"
#include "lib/base/date.h"
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 16384
#define TEXT_MAX_BYTES 1024 /* of a message or field; six times as many when all are escaped */
#define ELLIPSIS "\xE2\x80\xA6"
#define TRUNCATED ",\"truncated\":true}\n"

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};
static _Atomic int threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

err log_level_parse(const char *name, enum log_level *ret)
{
    for (size_t i = 0; name && i < COUNT_OF(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *ret = (enum log_level)i;
            return OK;
        }
    }
    return ERR_INVALID;
}

/* A text cut at a character's start when it is too long for a log. */
static void put_text(struct buf *line, const char *text)
{
    size_t len = strnlen(text, TEXT_MAX_BYTES + 1);
    if (len <= TEXT_MAX_BYTES) {
        buf_json(line, text);
        return;
    }
    len = TEXT_MAX_BYTES;
    while (len > TEXT_MAX_BYTES - 4 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    char cut[TEXT_MAX_BYTES + sizeof ELLIPSIS];
    memcpy(cut, text, len);
    memcpy(cut + len, ELLIPSIS, sizeof ELLIPSIS);
    buf_json(line, cut);
}

static void put_field(struct buf *line, const struct log_field *field)
{
    buf_char(line, ',');
    buf_json(line, field->name);
    buf_char(line, ':');
    if (field->text)
        put_text(line, field->text);
    else
        buf_i64(line, field->number);
}

/* False: the field did not fit, and the line is as before. */
static bool try_field(struct buf *line, const struct log_field *field)
{
    size_t before = line->len;
    put_field(line, field);
    if (!line->over)
        return true;
    line->over = false;
    line->len = before;
    line->p[before] = '\0';
    return false;
}

static void put_head(struct buf *line, enum log_level level, const char *message)
{
    char time[INSTANT_TEXT];
    instant_format(clock_now_us(), time);
    buf_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", time, level_names[level]);
    put_text(line, message);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, int n)
{
    if (level >= LOG_OFF || (int)level < atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    int saved_errno = errno;
    char text[LINE_MAX_BYTES];
    /* The buffer is born full-grown, so it never asks for an arena. */
    size_t room = sizeof text - sizeof TRUNCATED;
    struct buf line = {.p = text, .cap = room, .max = room};
    put_head(&line, level, message ? message : "");
    bool truncated = false;
    for (int i = 0; i < n; i++)
        truncated |= !try_field(&line, &fields[i]);
    const char *tail = truncated ? TRUNCATED : "}\n";
    memcpy(text + line.len, tail, strlen(tail));
    size_t len = line.len + strlen(tail);
    while (write(STDERR_FILENO, text, len) < 0 && errno == EINTR)
        ;
    errno = saved_errno;
}
