/* The request target (RFC 9112 origin form): a path and a query, checked and decoded once. */
#pragma once
#include "lib/http/http.h"

#define HTTP_QUERY_MAX 64 /* pairs in one query */

/* Fills path, query and n_query from r->raw_path, in r's arena. A target that is not acceptable
 * gives ERR_SYNTAX with a sentence in p. */
err target_parse(struct http_request *r, struct problem *p) MUST_CHECK;
