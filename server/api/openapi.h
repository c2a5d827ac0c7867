/* The API described: OpenAPI 3.1 made from the route table and the declared types, and the page
 * that shows it. */
#pragma once
#include "lib/base/buf.h"
#include "lib/http/http.h"

/* Appends the whole document. */
void openapi_write(struct buf *out);
/* Answers /docs and /docs/<file>; dir holds the viewer's files, "" for none. */
void docs_respond(struct http_request *r, const char *dir);
