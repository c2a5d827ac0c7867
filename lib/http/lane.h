/* A lane: one thread, one libmicrohttpd daemon without a thread of its own, and its connections.
 *
 * The loop is ours because of what the library's own does in 0.9.75: it asks epoll for at most 128
 * events and, when it gets 128, waits again before it handles them, so that 128 ready connections
 * hang until another event comes. Here the lane waits, and the library never does. So one thread
 * takes any number of connections: threads that wake each other for a handful of requests are
 * slower than one, and many of them take more of the processor than their priority says. */
#pragma once
#include "lib/http/server.h"
#include <stdbool.h>
#include <sys/socket.h>

/* Starts the thread of lane->daemon. False when it cannot. */
bool lane_start(struct lane *lane);
bool lane_has_room(const struct lane *lane);
/* Takes over fd, a connection from peer. The lane has room. Any thread. */
void lane_give(struct lane *lane, int fd, const struct sockaddr_storage *peer, socklen_t len);
/* A connection was resumed. Once for many is enough. Any thread. */
void lane_wake(struct lane *lane);
/* Ends the thread, closes what is open and frees the daemon. No connection is suspended any more,
 * and nothing is given any more. Also right when lane_start() failed. */
void lane_stop(struct lane *lane);
