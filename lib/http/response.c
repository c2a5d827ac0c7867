/* Filling in a response: plain setters on the request. */
#include "lib/http/http.h"
#include <assert.h>
#include <strings.h>

void http_respond(struct http_request *r, int status, const char *content_type, const char *body,
                  size_t body_len)
{
    assert(status >= 200 && status <= 599);
    r->response.status = status;
    r->response.content_type = content_type;
    r->response.body = body ? body : "";
    r->response.body_len = body ? body_len : 0;
}

void http_set_header(struct http_request *r, const char *name, const char *value)
{
    struct http_response *response = &r->response;
    size_t i = 0;
    while (i < response->n_headers && strcasecmp(response->headers[i].name, name) != 0)
        i++;
    assert(i < COUNT_OF(response->headers));
    if (i == response->n_headers)
        response->n_headers++;
    response->headers[i].name = arena_strdup(r->arena, name);
    response->headers[i].value = arena_strdup(r->arena, value);
}
