/* Closing a connection whose client is still sending. A socket that is closed with bytes unread
 * resets the connection, and the client, busy sending, never sees the answer that told it to stop.
 * So the answer is sent, the sending side shut, and what comes is read and dropped for a while. */
#pragma once
#include "lib/base/err.h"

struct lingerer;

err linger_start(struct lingerer **ret) MUST_CHECK;
/* Lingers on a socket that its owner is about to close; keeps a descriptor of its own. When too
 * many linger already it does nothing. Does not block. */
void linger_on(struct lingerer *l, int fd);
void linger_stop(struct lingerer *l); /* closes what lingers; NULL is fine */
