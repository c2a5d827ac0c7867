/* Small checks that use cases share. */
#include "server/api/call.h"
#include "lib/base/buf.h"
#include "lib/base/date.h"
#include "lib/json/encode.h"
#include <string.h>

const struct json_type none_type = {.name = "none", .size = sizeof(struct none), .doc = "Nothing."};

const struct json_type file_type = {.name = "file", .size = sizeof(struct file), .doc = "Bytes."};

#define EVENT_BYTES_MAX ((size_t)1 << 20)

void call_file(struct call *c, err e)
{
    if (c->problem->code != OK)
        return;
    if (e == ERR_NO_ROW)
        fail(c->problem, ERR_NOT_FOUND, "There is no such resource.");
    else
        c->problem->code = e;
}

bool scopes_allow(const char *scopes, const char *scope)
{
    size_t resource = strcspn(scope, ":");
    for (const char *s = scopes; s != NULL && *s != '\0';) {
        size_t len = strcspn(s, " ");
        if (len == 1 && *s == '*')
            return true;
        if (len == resource + 2 && strncmp(s, scope, resource + 1) == 0 && s[len - 1] == '*')
            return true;
        if (len == strlen(scope) && strncmp(s, scope, len) == 0)
            return true;
        s += len;
        s += strspn(s, " ");
    }
    return false;
}

bool call_may(const struct call *c, const char *scope)
{
    return scopes_allow(c->scopes, scope);
}

err call_check_version(const struct call *c, int64_t version)
{
    if (c->if_match == VERSION_ANY || c->if_match == version)
        return OK;
    return fail(c->problem, ERR_STALE,
                "If-Match names version %lld but the resource is at %lld: read it again.",
                (long long)c->if_match, (long long)version);
}

err call_check_period(const struct call *c, int32_t effective_date, const char *pointer)
{
    if (c->tenant->locked_until == NIL32 || effective_date > c->tenant->locked_until)
        return OK;
    char day[DATE_TEXT], open[DATE_TEXT];
    date_format(effective_date, day);
    date_format(c->tenant->locked_until + 1, open);
    fault(c->problem, pointer, "period_locked",
          "The books are locked on %s; name %s or a later day.", day, open);
    return c->problem->code = ERR_PERIOD_LOCKED;
}

const char *call_json(struct arena *a, const struct json_type *type, const void *value,
                      const char *currency)
{
    struct buf b;
    buf_init(&b, a, 512, EVENT_BYTES_MAX);
    json_encode(&b, type, value, currency);
    return b.p;
}
