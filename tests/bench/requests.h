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

/* POST /v1/orders: five lines, confirmed at once. */
size_t make_order(void *mix, uint64_t n, char out[HTTP_LOAD_REQUEST_MAX]);
bool order_confirmed(void *mix, uint64_t n, int status, const char *body, size_t len);
/* Any request with a body (NULL: GET); returns its length. */
size_t make_request(const struct stage *s, char out[HTTP_LOAD_REQUEST_MAX], const char *method,
                    const char *path, const char *key, const char *body);
