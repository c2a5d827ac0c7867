/* A private PostgreSQL of the server's own: initdb once under dir, unix socket only, never as root
 * (as root it runs as `user`, which gets the directory), stopped with the server. */
#pragma once
#include "lib/base/err.h"
#include <stdbool.h>
#include <sys/types.h>

struct embedded;
struct embedded_options {
    const char *dir;            /* e.g. /var/lib/o2c/pg; created */
    const char *user;           /* used when running as root; default "postgres" */
    const char *bin_dir;        /* NULL: found under /usr/lib/postgresql */
    const char *shared_buffers; /* "512MB" */
    int max_connections;
    bool throwaway; /* fsync off: for tests only */
};
/* Starts (or adopts a running one of the same dir), creates the database "o2c" and the roles
 * o2c_owner (owns the schema) and o2c_server (runs requests). conninfo texts belong to e.
 * Call it from the main thread: PostgreSQL shuts down when the thread that started it ends, so that
 * it never outlives a server that was killed. Operators' settings: <dir>/data/local.conf. */
err embedded_start(const struct embedded_options *o, struct embedded **ret) MUST_CHECK;
const char *embedded_owner_conninfo(const struct embedded *e);
const char *embedded_server_conninfo(const struct embedded *e);
/* Fast shutdown, waits; frees e. NULL is fine. Does nothing to an adopted one. */
void embedded_stop(struct embedded *e);
