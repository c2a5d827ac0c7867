/* An HTTP client that says exactly what a test tells it to: bytes out, parsed replies in. Blocking,
 * with a limit of ten seconds on every read. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct raw_http {
    int fd;
    size_t n;             /* bytes in buf */
    char buf[256 * 1024]; /* read, not yet taken by a reply */
};

struct raw_reply {
    int status;
    char head[4096]; /* status line and header lines */
    char body[128 * 1024];
    size_t body_len;
};

void raw_open(struct raw_http *c, int port);
void raw_close(struct raw_http *c);
void raw_send(struct raw_http *c, const char *text);
/* Sends what the peer will take; false when it has closed. */
bool raw_send_bytes(struct raw_http *c, const void *bytes, size_t len);
/* False when the peer closes (or ten seconds pass) before a reply is complete. */
bool raw_read(struct raw_http *c, struct raw_reply *reply);
bool raw_read_head_reply(struct raw_http *c, struct raw_reply *reply); /* has no body */
bool raw_at_end(struct raw_http *c); /* waits for the peer's close; false: more bytes or silence */
/* The value of a header of the reply, or NULL; valid until the next call. */
const char *raw_header(const struct raw_reply *reply, const char *name);
