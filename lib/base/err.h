/* Every way to fail, by name. errors.def lists those of lib/, product_errors.def those of the
 * product. A function that can fail returns err; results leave through ret_ pointers, which stay
 * untouched on failure. */
#pragma once

typedef enum err {
    OK = 0,
#define ERROR(name, status, slug, title) name,
#include "errors.def"
#include "product_errors.def"
#undef ERROR
    ERR_COUNT
} err;

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Leaves the function with the error of expr, if it has one. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        err try_err_ = (expr);                                                                     \
        if (try_err_ != OK)                                                                        \
            return try_err_;                                                                       \
    } while (0)

int err_status(err e);       /* HTTP status; OK is 200 */
const char *err_slug(err e); /* stable machine name, "ok" for OK */
const char *err_title(err e);
