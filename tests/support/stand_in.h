/* A small HTTP server that stands in for somebody else's: it does what the test tells it, one
 * request after the other, and remembers what it was asked. */
#pragma once
#include <stddef.h>

enum stand_in_manner {
    STAND_IN_ANSWERS,   /* with the status and the body */
    STAND_IN_HANGS,     /* reads the request and says nothing */
    STAND_IN_HANGS_UP,  /* reads the request and closes the connection */
    STAND_IN_BABBLES,   /* says something that is not HTTP */
    STAND_IN_TALKS_ON,  /* an answer that does not end */
    STAND_IN_REDIRECTS, /* to the path /elsewhere of itself */
};

struct stand_in;
struct stand_in *stand_in_new(void); /* on a free port of 127.0.0.1; answers 500 at first */
void stand_in_free(struct stand_in *s);
int stand_in_port(const struct stand_in *s);
/* What it does from the next request on. */
void stand_in_shall(struct stand_in *s, enum stand_in_manner manner, int status, const char *body);
/* How many requests there were, and the last one: its head and body, as it came. Copies into ret.
 */
int stand_in_asked(struct stand_in *s, char *ret, size_t size);
