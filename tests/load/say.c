/* Numbers with thousands separators, headlines, and the end of the program. */
#include "tests/load/say.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *fmt, ...)
{
    va_list ap;
    fputs("\no2c-load: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

static char *said(void)
{
    static char text[SAID][40];
    static size_t next;
    return text[next++ % SAID];
}

/* Writes backwards from the end of a buffer. */
static const char *grouped(int64_t v, int decimals)
{
    char *text = said(), *p = text + 39;
    uint64_t n = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    *p = '\0';
    for (int digit = 0; digit <= decimals || n > 0; digit++, n /= 10) {
        if (digit == decimals && decimals > 0)
            *--p = '.';
        else if (digit > decimals && (digit - decimals) % 3 == 0)
            *--p = ',';
        *--p = (char)('0' + n % 10);
    }
    if (v < 0)
        *--p = '-';
    return p;
}

const char *say_count(int64_t n)
{
    return grouped(n, 0);
}

const char *say_money(int64_t minor)
{
    return grouped(minor, 2);
}

void say_title(const char *title)
{
    printf("\n%s\n", title);
    for (size_t i = 0; i < strlen(title); i++)
        putchar('-');
    putchar('\n');
}
