/* Matches paths segment by segment. Literal segments win over ids. */
#include "server/api/router.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind {
    const char *name, *prefix, *parameter;
};
static const struct kind kinds[] = {
#define KIND(name, prefix, parameter) {#name, prefix, parameter},
#include "server/kinds.def"
#undef KIND
};

const char *kind_prefix(const char *kind)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, kind) == 0)
            return kinds[i].prefix;
    return NULL;
}

static const char *kind_of_parameter(const char *parameter, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strlen(kinds[i].parameter) == len && strncmp(kinds[i].parameter, parameter, len) == 0)
            return kinds[i].name;
    return NULL;
}

const char *kind_collection(const char *prefix, size_t *ret_len)
{
    for (size_t i = 0; i < n_routes; i++) {
        const char *id = strchr(routes[i].path, '{');
        const char *end = id ? strchr(id, '}') : NULL;
        if (routes[i].kind != ROUTE_READ || end == NULL || end[1] != '\0')
            continue;
        const char *kind = kind_of_parameter(id + 1, (size_t)(end - id) - 1);
        if (kind == NULL || strcmp(kind_prefix(kind), prefix) != 0)
            continue;
        *ret_len = (size_t)(id - routes[i].path) - 1;
        return routes[i].path;
    }
    return NULL;
}

/* A segment with the two escapes that paths keep (http.h) undone. */
static const char *segment_text(struct arena *a, const char *path, size_t len)
{
    char *out = arena_strndup(a, path, len), *to = out;
    for (const char *s = out; *s != '\0'; s++) {
        bool slash = strncmp(s, "%2F", 3) == 0, percent = strncmp(s, "%25", 3) == 0;
        *to++ = slash ? '/' : *s;
        if (slash || percent)
            s += 2;
    }
    *to = '\0';
    return out;
}

/* Does the path fit the template? -1: no; otherwise the number of ids in it. */
static int match(struct arena *a, const char *template, const char *path, struct route_match *m)
{
    int ids = 0;
    while (*template != '\0' && *path != '\0') {
        if (*template == '{') {
            size_t name = strcspn(template + 1, "}");
            size_t len = strcspn(path, "/");
            if (len == 0 || ids == ROUTE_IDS_MAX)
                return -1;
            m->ids[ids] = segment_text(a, path, len);
            m->id_kinds[ids] = kind_of_parameter(template + 1, name);
            ids++;
            template += name + 2;
            path += len;
        } else if (*template ++ != *path++) {
            return -1;
        }
    }
    return *template == '\0' && *path == '\0' ? ids : -1;
}

/* The first seven bytes of a path's second segment, such as "orders", and the number of segments:
 * what tells most routes apart in one comparison. 0 for a second segment that is an id, and for
 * none. */
static uint64_t path_key(const char *path)
{
    const char *second = path[0] == '/' ? strchr(path + 1, '/') : NULL;
    if (second == NULL || second[1] == '{')
        return 0;
    char key[sizeof(uint64_t)] = "";
    size_t len = strcspn(second + 1, "/");
    memcpy(key, second + 1, len < sizeof key - 1 ? len : sizeof key - 1);
    for (const char *slash = second; slash != NULL; slash = strchr(slash + 1, '/'))
        key[sizeof key - 1]++;
    uint64_t ret;
    memcpy(&ret, key, sizeof ret);
    return ret;
}

static uint64_t *route_keys;

static void make_route_keys(void)
{
    route_keys = calloc(n_routes, sizeof route_keys[0]);
    if (route_keys == NULL)
        abort();
    for (size_t i = 0; i < n_routes; i++)
        route_keys[i] = path_key(routes[i].path);
}

static void add_method(struct route_match *m, const char *method)
{
    size_t len = strlen(m->allow);
    if (strstr(m->allow, method) == NULL)
        snprintf(m->allow + len, sizeof(m->allow) - len, "%s%s", len ? ", " : "", method);
}

void route_find(struct arena *a, const char *method, const char *path, struct route_match *ret)
{
    *ret = (struct route_match){0};
    int best = -1;
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_route_keys);
    uint64_t key = path_key(path);
    for (size_t i = 0; i < n_routes; i++) {
        if (route_keys[i] != key && route_keys[i] != 0)
            continue;
        struct route_match m = {0};
        int ids = match(a, routes[i].path, path, &m);
        if (ids < 0 || (best >= 0 && ids > best))
            continue;
        if (best >= 0 && ids < best) { /* a literal path hides the one with an id */
            ret->route = NULL;
            ret->allow[0] = '\0';
        }
        best = ids;
        add_method(ret, routes[i].method);
        if (strcmp(routes[i].method, method) == 0) {
            ret->route = &routes[i];
            ret->n_ids = (size_t)ids;
            memcpy(ret->ids, m.ids, sizeof(ret->ids));
            memcpy(ret->id_kinds, m.id_kinds, sizeof(ret->id_kinds));
        }
    }
    if (ret->route != NULL)
        ret->allow[0] = '\0';
}
