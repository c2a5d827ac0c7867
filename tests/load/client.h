/* Many HTTP requests at once over kept-alive connections. A request that finds no server, or one
 * that is busy (429, 503, a key still in progress), is repeated with the same Idempotency-Key after
 * a growing pause, until the client's patience ends; then the program ends. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_options {
    const char *url;     /* http://127.0.0.1:8080 */
    const char *api_key; /* the bearer token */
    int connections;     /* requests in flight at most */
    int patience_s;      /* longest time without any answer */
    bool quiet;          /* no progress line */
};
struct client;

struct request;
struct reply {
    const struct request *request;
    int status;
    const char *body; /* NUL-terminated, never NULL; valid during the callback */
    size_t len;
    bool replayed;      /* an earlier request with this key had been answered */
    int64_t latency_us; /* of the attempt that was answered */
};
typedef void reply_fn(void *arg, const struct reply *reply);

struct request {
    const char *method; /* a literal */
    const char *path;   /* "/v1/…", already escaped; copied */
    json_t *body;       /* taken over; NULL: none */
    const char *key;    /* Idempotency-Key; NULL: none; copied */
    bool any_version;   /* If-Match: * */
    reply_fn *done;
    void *arg;
};

struct client *client_new(const struct client_options *o);
void client_free(struct client *c);

/* Queues a request. Callbacks may send further ones. */
void client_send(struct client *c, const struct request *r);
/* PUT /v1/<collection>/ext:<external id>, which must succeed. */
void client_put(struct client *c, const char *collection, const char *external_id, json_t *body);
/* Calls start(arg, 0) … start(arg, n - 1), each as soon as a connection has nothing to do, and
 * returns when everything that they sent is answered. `what` heads the progress line, which shows
 * how many were started. */
void client_run(struct client *c, const char *what, size_t n, void (*start)(void *arg, size_t i),
                void *arg);
/* One request and its answer as JSON (a new reference); anything but 2xx ends the program. */
json_t *client_call(struct client *c, const char *method, const char *path, json_t *body);
/* A resource, NULL when there is none (404). */
json_t *client_find(struct client *c, const char *path);
/* All elements of a list, page by page: each(arg, element). query is "" or "filter=value&…". */
void client_list(struct client *c, const char *path, const char *query,
                 void (*each)(void *arg, const json_t *element), void *arg);

/* What most callbacks are for a request whose reply says nothing new: it must be 200 or 201. */
void expect_done(void *arg, const struct reply *reply);
/* Ends the program with the problem unless the reply is one of these. */
void expect(const struct reply *reply, int status, int or_status);
/* The slug of a problem ("external_id_taken"): does the reply carry it? */
bool reply_is(const struct reply *reply, const char *slug);
/* The body as JSON (a new reference); ends the program when it is none. */
json_t *reply_json(const struct reply *reply);

uint64_t client_requests(const struct client *c); /* answered so far */
uint64_t client_repeats(const struct client *c);  /* attempts that had to be repeated */

/* "/v1/orders/ext:<escaped id><suffix>"; the caller frees it. */
char *ext_path(const char *collection, const char *external_id, const char *suffix);
