/* What the parts of the HTTP front end share. */
#pragma once
#include "lib/http/http.h"
#include <pthread.h>
#include <stdatomic.h>

#define HTTP_CLASSES_MAX 16
#define HTTP_ARENAS_KEPT 128 /* idle arenas kept for the next requests */
#define HTTP_LANES_MAX 64    /* O2C_HTTP_THREADS at most */

struct MHD_Daemon;
struct acceptor;
struct arrival;
struct http_server;
struct lingerer;
struct metric;
struct peers;
struct workers;

/* One HTTP thread and its connections: lane.h. */
struct lane {
    struct http_server *server;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool runs;
    atomic_bool stop;
    int wake; /* something arrived or was resumed, or stop */
    atomic_bool woken;
    int most;        /* connections */
    atomic_int open; /* given to it and not yet closed */

    pthread_mutex_t lock; /* of what follows */
    struct arrival *arrivals;
};

struct http_server {
    struct http_options options;
    struct http_handler handler;
    struct http_class classes[HTTP_CLASSES_MAX];
    struct workers *workers[HTTP_CLASSES_MAX];
    struct peers *peers;
    struct lingerer *lingerer;
    struct lane lanes[HTTP_LANES_MAX];
    int n_lanes;
    struct acceptor *acceptor;
    int listen_fd, port;
    atomic_bool stopping;
    atomic_int owed; /* accepted or answered, not yet sent */
    struct metric *connections, *refused_too_large, *refused_malformed, *refused_stopping;

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t sent;  /* nothing is owed any more, while stopping */
    struct arena *arenas[HTTP_ARENAS_KEPT];
    int n_arenas;
};

struct arena *server_arena(struct http_server *s);
void server_arena_return(struct http_server *s, struct arena *a);
void server_owe(struct http_server *s, int n); /* n: +1 or -1 */
