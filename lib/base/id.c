/* Time-ordered identifiers from one atomic counter, and their text. */
#include "lib/base/id.h"
#include "lib/base/date.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uuid/uuid.h>

#define EPOCH_MS INT64_C(1577836800000) /* 2020-01-01T00:00:00Z */
#define COUNTER_BITS 13
#define NODE_BITS 8
#define COUNTER_MASK ((INT64_C(1) << COUNTER_BITS) - 1)
#define CODE_LENGTH 13
#define PREFIX_MAX 8
#define NODE_UNSET (-1)

static _Atomic int node = NODE_UNSET;
/* The next free position: milliseconds << COUNTER_BITS | counter. It runs ahead of the clock when
 * a millisecond is used up or the clock steps back, so ids never repeat and never go down. */
static _Atomic int64_t next;

void id_set_node(unsigned number)
{
    assert(number < 1U << NODE_BITS);
    atomic_store(&node, (int)number);
}

static int64_t node_number(void)
{
    int known = atomic_load(&node);
    if (known != NODE_UNSET)
        return known;
    unsigned char random;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        abort();
    if (atomic_compare_exchange_strong(&node, &known, random))
        return random;
    return known;
}

/* Where a block of n may start, at or after position: within one millisecond, because the node
 * stands between counter and time. */
static int64_t block_start(int64_t position, int64_t n)
{
    if ((position & COUNTER_MASK) + n <= COUNTER_MASK + 1)
        return position;
    return (position | COUNTER_MASK) + 1;
}

int64_t id_new_block(size_t n)
{
    assert(n <= ID_BLOCK_MAX);
    int64_t count = n > 0 ? (int64_t)n : 1;
    int64_t ms = clock_now_us() / 1000 - EPOCH_MS;
    int64_t now = (ms > 0 ? ms : 1) << COUNTER_BITS;
    int64_t seen = atomic_load(&next), start;
    do
        start = block_start(seen > now ? seen : now, count);
    while (!atomic_compare_exchange_weak(&next, &seen, start + count));
    return (start >> COUNTER_BITS) << (COUNTER_BITS + NODE_BITS) | node_number() << COUNTER_BITS |
           (start & COUNTER_MASK);
}

int64_t id_new(void)
{
    return id_new_block(1);
}

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

size_t id_format(const char *prefix, int64_t id, char out[ID_TEXT_MAX])
{
    size_t at = strlen(prefix);
    assert(at <= PREFIX_MAX && id > 0);
    memcpy(out, prefix, at);
    out[at++] = '_';
    for (int i = CODE_LENGTH - 1; i >= 0; i--, id >>= 5)
        out[at + (size_t)i] = alphabet[id & 31];
    at += CODE_LENGTH;
    out[at] = '\0';
    return at;
}

/* Value of a character, or -1. Only the canonical lower-case letters: one id has one text. */
static int code_value(char c)
{
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

err id_parse(const char *prefix, const char *s, int64_t *ret)
{
    size_t length = strlen(prefix);
    if (!s || strncmp(s, prefix, length) != 0 || s[length] != '_')
        return ERR_INVALID;
    const char *code = s + length + 1;
    if (strnlen(code, CODE_LENGTH + 1) != CODE_LENGTH)
        return ERR_INVALID;
    /* 13 characters carry 65 bits: the first may only use the lowest three of its five. */
    if (code[0] > '7')
        return ERR_INVALID;
    int64_t id = 0;
    for (int i = 0; i < CODE_LENGTH; i++) {
        int value = code_value(code[i]);
        if (value < 0)
            return ERR_INVALID;
        id = id << 5 | value;
    }
    if (id == 0)
        return ERR_INVALID;
    *ret = id;
    return OK;
}

uint64_t random_u64(void)
{
    static _Thread_local uint64_t state;
    static _Thread_local bool seeded;
    if (!seeded) {
        uuid_t uuid;
        uuid_generate_random(uuid);
        memcpy(&state, uuid, sizeof state);
        seeded = true;
    }
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

void hex_format(uint64_t v, int digits, char *out)
{
    for (int i = digits - 1; i >= 0; i--, v >>= 4)
        out[i] = "0123456789abcdef"[v & 15];
}

/* Version 4, variant 1 (RFC 9562). */
void request_id_new(char out[REQUEST_ID_TEXT])
{
    uint64_t high = random_u64(), low = random_u64();
    high = (high & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
    low = (low & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    memcpy(out, "00000000-0000-0000-0000-000000000000", REQUEST_ID_TEXT);
    hex_format(high >> 32, 8, out);
    hex_format(high >> 16, 4, out + 9);
    hex_format(high, 4, out + 14);
    hex_format(low >> 48, 4, out + 19);
    hex_format(low, 12, out + 24);
}
