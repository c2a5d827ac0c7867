/* What a promise may be about: an invoice, what is open of it, and which open promise is about it.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct promise_subject {
    int64_t invoice_id, customer_id;
    const char *number; /* NULL: a draft */
    const char *status;
    int64_t open_amount;
    int64_t promise_id; /* NIL64: none */
};
struct promise_subject_list {
    struct promise_subject *v;
    size_t n;
};
