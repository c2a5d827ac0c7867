/* The requests that benchmarks send, as whole HTTP messages. */
#pragma once
#include "tests/bench/http_load.h"
#include "tests/bench/stage.h"

enum spread { UNIFORM, SKEWED, HOT };

struct order_mix {
    const struct stage *stage;
    enum spread spread;
    uint64_t seed; /* keys of one run are not those of another */
};

uint64_t fresh_seed(void);

/* POST /v1/orders: five lines, confirmed at once. */
size_t make_order(void *mix, uint64_t n, char *out);
/* POST /v1/orders/bulk: BULK_ORDERS of these; out has room for BULK_REQUEST_MAX. */
#define BULK_ORDERS 1000
#define BULK_REQUEST_MAX ((size_t)1 << 20)
size_t make_bulk(void *mix, uint64_t n, char *out);
bool order_confirmed(void *mix, uint64_t n, int status, const char *body, size_t len);
/* Orders for some seconds; rate as in http_load.h. Ends the program when one is answered with
 * anything but success or 503. */
struct http_load_result load_orders(const struct stage *s, int port, enum spread spread,
                                    int connections, int64_t rate, int seconds);
/* The same for a rate far beyond what can be served: cheap for whoever sends it. */
struct http_load_result flood_orders(const struct stage *s, int port, int connections, int64_t rate,
                                     int seconds);
/* Any request with a body (NULL: GET); returns its length. */
size_t make_request(const struct stage *s, char *out, const char *method, const char *path,
                    const char *key, const char *body);
/* A POST of another media type than JSON. */
size_t make_media_request(const struct stage *s, char *out, const char *path, const char *key,
                          const char *media, const char *body);
/* What follows the mark, up to a quote or the end of the line; ends the program when it is missing.
 */
void text_after(const char *in, const char *mark, char *out, size_t size);
/* The id of that kind behind the mark; ends the program when there is none. */
int64_t id_after(const char *in, const char *mark, const char *prefix);
/* fmt with the id in place of "%s", and of "%c" the customer whose copy it is (the id's number over
 * the customers). */
void expand(const char *fmt, const char *id, char *out, size_t size);
/* One request to the main server; ends the program unless it is answered with that status. Free the
 * reply's body. */
char *call_api(const struct stage *s, const char *method, const char *path, const char *body,
               int status);
