/* Watches for clients that drip their headers. libmicrohttpd's timeout begins anew with every byte,
 * so a byte now and then would hold a connection for ever. A connection that has gone `limit`
 * without completing the headers of a request is shut down. */
#pragma once
#include "lib/base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct peers;
struct peer;

err peers_start(int64_t limit_us, struct peers **ret) MUST_CHECK;
void peers_stop(struct peers *p); /* after the last peer_remove(); NULL is fine */
struct peer *peer_add(struct peers *p, int fd);
void peer_remove(struct peers *p, struct peer *peer); /* before the fd is closed */
void peer_busy(struct peer *peer); /* a request is under way: other limits hold */
void peer_idle(struct peer *peer); /* the time for the next one runs from here */
/* It was answered in the middle of its body; both on its HTTP thread. */
void peer_cut_short(struct peer *peer);
bool peer_was_cut_short(const struct peer *peer);
