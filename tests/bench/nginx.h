/* nginx, the yardstick of HTTP and the proxy that many connections come through. */
#pragma once
#include "tests/bench/stage.h"

/* Starts one with what the format gives for the place inside "server { listen …; }". It keeps
 * connections open, `upstream` (a port) is the upstream "o2c", 0 for none. */
struct server nginx_start(const struct stage *s, int connections, int upstream, const char *inside);
