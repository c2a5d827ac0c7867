/* Identifiers of resources: 64 bits, time-ordered, made by the server without asking the database.
 *
 * Layout: 42 bits milliseconds since 2020-01-01Z | 8 bits node | 13 bits counter, never negative,
 * never 0. On the wire a prefix and 13 characters of Crockford base32: ord_01kq3…. Like UUIDv7 they
 * sort by creation and keep B-trees dense, at half the width and without a second unique index:
 * what the API shows is the primary key. Two servers that drew the same node number can only
 * collide within one millisecond and counter; the primary key refuses that and the transaction
 * runner draws again. */
#pragma once
#include "lib/base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_TEXT_MAX 24 /* prefix (at most 8), '_', 13 characters, NUL */

void id_set_node(unsigned node); /* 0..255; random when never called */
int64_t id_new(void);            /* strictly increasing within the process; thread-safe */
#define ID_BLOCK_MAX 8192
/* Reserves n <= ID_BLOCK_MAX consecutive ids (first, first + 1, …), returns the first. */
int64_t id_new_block(size_t n);
size_t id_format(const char *prefix, int64_t id, char out[ID_TEXT_MAX]);
/* "cus_0123…" with exactly this prefix. ERR_INVALID for anything else. */
err id_parse(const char *prefix, const char *s, int64_t *ret) MUST_CHECK;

/* For what must differ but need not be secret: request and trace ids, jitter. SplitMix64 (Steele,
 * Lea and Flood 2014), seeded per thread by libuuid: a request must not cost a system call here. */
uint64_t random_u64(void);
void hex_format(uint64_t v, int digits, char *out); /* the last digits of v, without a NUL */

#define REQUEST_ID_TEXT 37
void request_id_new(char out[REQUEST_ID_TEXT]); /* a random UUID */
