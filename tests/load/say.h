/* How the load program speaks: tables on stdout, everything else on stderr. */
#pragma once
#include "lib/base/err.h"
#include <stddef.h>
#include <stdint.h>

_Noreturn void die(const char *fmt, ...) PRINTF_LIKE(1, 2); /* "o2c-load: …", exit 1 */

/* 1234567 as "1,234,567" and, with two decimals, "12,345.67". Up to SAID at a time in one printf.
 */
#define SAID 16
const char *say_count(int64_t n);
const char *say_money(int64_t minor);

void say_title(const char *title); /* a headline with a rule below it */
