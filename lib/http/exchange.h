/* One request on its way through the HTTP threads, the queue and a worker. */
#pragma once
#include "lib/http/http.h"

struct MHD_Connection;
struct http_server;
struct lane;
struct peer;

struct exchange {
    struct http_request r; /* r.private_ points back here */
    struct http_server *server;
    struct lane *lane; /* that has the connection */
    struct MHD_Connection *connection;
    struct peer *peer;
    struct exchange *next; /* in the queue */
    char *body;            /* r.body while it grows */
    size_t body_cap;
    size_t body_dropped;   /* bytes read and thrown away */
    size_t content_length; /* 0 when none is declared */
    bool chunked;
    bool begun;    /* the headers were seen */
    bool routed;   /* the product knows it: done() is owed */
    bool owed;     /* http_stop() waits until it is sent */
    bool answered; /* the response is queued for sending */
    bool close;    /* the connection cannot be kept */
};

/* All of these run on an HTTP thread. */
struct exchange *exchange_new(struct lane *lane, struct MHD_Connection *c, const char *target);
/* One call of the access handler; false cuts the connection. */
bool exchange_step(struct exchange *ex, const char *method, const char *data, size_t *len);
/* The response is sent, or the client is gone. Frees ex. */
void exchange_end(struct exchange *ex);
