/* Finds the row of the route table for a method and a path. */
#pragma once
#include "server/routes.h"

#define ROUTE_IDS_MAX 2

struct route_match {
    const struct route *route;           /* NULL: none */
    const char *ids[ROUTE_IDS_MAX];      /* texts of the path's ids, in order */
    const char *id_kinds[ROUTE_IDS_MAX]; /* "customer" … */
    size_t n_ids;
    char allow[64]; /* when only the method is wrong: the methods of this path, "GET, POST" */
};
/* path is cut into pieces in the arena. */
void route_find(struct arena *a, const char *method, const char *path, struct route_match *ret);

/* The prefix of a kind of resource ("cus"), NULL for an unknown one. */
const char *kind_prefix(const char *kind);
/* The path of the collection that shows resources of this prefix ("/v1/customers" for "cus"), up to
 * ret_len characters of the text; NULL when there is none. */
const char *kind_collection(const char *prefix, size_t *ret_len);
