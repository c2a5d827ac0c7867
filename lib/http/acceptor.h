/* The thread that takes connections and gives each to the lane that has the fewest. When all lanes
 * are full, connections wait in the kernel's backlog until one leaves. */
#pragma once
#include "lib/base/err.h"
#include "lib/http/server.h"

/* Accepts on s->listen_fd for s->lanes. */
err acceptor_start(struct http_server *s, struct acceptor **ret) MUST_CHECK;
/* A connection of the lane was closed. */
void acceptor_left(struct acceptor *a, struct lane *lane);
/* Accepts nothing more; the connections that were taken go on. */
void acceptor_quiesce(struct acceptor *a);
/* Quiesces, and frees a. The lanes have ended. NULL is fine. */
void acceptor_stop(struct acceptor *a);
