/* What each name of a failure means on the wire. */
#include "lib/base/err.h"

static const struct {
    int status;
    const char *slug, *title;
} table[ERR_COUNT] = {
    [OK] = {200, "ok", "OK"},
#define ERROR(name, status, slug, title) [name] = {status, slug, title},
#include "errors.def"
#include "product_errors.def"
#undef ERROR
};

/* A number outside the table is our own bug, and reads as one. */
static err known(err e)
{
    return (unsigned)e < ERR_COUNT ? e : ERR_INTERNAL;
}

int err_status(err e)
{
    return table[known(e)].status;
}

const char *err_slug(err e)
{
    return table[known(e)].slug;
}

const char *err_title(err e)
{
    return table[known(e)].title;
}
