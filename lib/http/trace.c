/* Takes over or makes the request id and the trace context of a request. */
#include "lib/http/trace.h"
#include "lib/base/id.h"
#include <string.h>

#define LOWER_HEX "0123456789abcdef"
#define TRACEPARENT_LEN 55

static bool request_id_sane(const char *s)
{
    size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return len >= 1 && len <= 63 && s[len] == '\0';
}

void trace_request_id(const char *caller, char out[64])
{
    if (caller && request_id_sane(caller)) {
        memcpy(out, caller, strlen(caller) + 1);
        return;
    }
    char fresh[REQUEST_ID_TEXT];
    request_id_new(fresh);
    memcpy(out, fresh, sizeof fresh);
}

/* len lower-case hex digits at s, not all zero. */
static bool hex_field(const char *s, size_t len)
{
    return strspn(s, LOWER_HEX) == len && strspn(s, "0") < len;
}

static bool traceparent_sane(const char *s)
{
    if (strlen(s) < TRACEPARENT_LEN || strspn(s, LOWER_HEX) != 2 || strncmp(s, "ff", 2) == 0)
        return false;
    if (s[2] != '-' || s[35] != '-' || s[52] != '-')
        return false;
    if (!hex_field(s + 3, 32) || !hex_field(s + 36, 16) || strspn(s + 53, LOWER_HEX) != 2)
        return false;
    /* Later versions may append fields; version 00 has none. */
    return s[55] == '\0' || (s[55] == '-' && strncmp(s, "00", 2) != 0);
}

/* An id of zeros only means "none". */
static uint64_t random_id(void)
{
    uint64_t v = random_u64();
    return v != 0 ? v : 1;
}

void trace_parent(const char *caller, char out[56])
{
    memcpy(out, "00-00000000000000000000000000000000-0000000000000000-01", 56);
    if (caller && traceparent_sane(caller)) {
        memcpy(out + 3, caller + 3, 32);
        memcpy(out + 53, caller + 53, 2);
    } else {
        hex_format(random_id(), 16, out + 3);
        hex_format(random_id(), 16, out + 19);
    }
    hex_format(random_id(), 16, out + 36);
}
