/* Sums over credit deltas. Pure. */
#pragma once
#include "server/credit/credit.h"

/* Sorts by account and adds up what concerns the same one, in place; leaves out accounts on which
 * nothing moves. ret_n is how many remain. ERR_OVERFLOW. */
err credit_deltas_sum(struct credit_delta *deltas, size_t n, size_t *ret_n) MUST_CHECK;
