/* What the server asks of PostgreSQL for one request: the statements and their parameters, taken
 * from PostgreSQL's own log. Yardsticks are made of them, so that they run the very same SQL. */
#pragma once
#include "tests/bench/stage.h"

struct recorded {
    char *sql;     /* with $1 … $n */
    char **params; /* as text; NULL: SQL's null */
    size_t n_params;
    const struct stmt *stmt; /* of the server, NULL for BEGIN and COMMIT */
};

struct recording {
    struct recorded *v;
    size_t n;
    char *reply; /* the body of the answer */
};

#define RECORDED 2 /* the number of the request that is recorded */

/* Sends the request (a whole HTTP/1.1 message) to a server of its own and writes down what it did.
 * Ends the program when the answer has another status. Three requests are
 * made, with the numbers 0, 1 and RECORDED: the first finds nothing cached. */
struct recording record(const struct stage *s, size_t (*make)(void *arg, uint64_t n, char *out),
                        void *arg, int status);
