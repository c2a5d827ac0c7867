/* Any bytes as a file of CSV: what becomes of a line without a fault of its cells is JSON, and
 * every fault has a place. */
#include "lib/json/decode.h"
#include "server/api/bulk_source.h"
#include <stdlib.h>

#define PLACE_FIELDS(T, VALUE, OBJECT, LIST) VALUE(T, string, city) VALUE(T, integer, floor)
#define PIECE_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    VALUE(T, string, sku) VALUE(T, decimal, quantity, .required = true) OBJECT(T, place, from)
#define PARCEL_FIELDS(T, VALUE, OBJECT, LIST)                                                      \
    VALUE(T, string, external_id)                                                                  \
    VALUE(T, id, customer_id, .prefix = "cus")                                                     \
    VALUE(T, boolean, confirm)                                                                     \
    VALUE(T, metadata, metadata)                                                                   \
    OBJECT(T, place, ship_to)                                                                      \
    LIST(T, piece, lines, .required = true, .min = 1)
JSON_STRUCT(place, PLACE_FIELDS);
JSON_STRUCT(piece, PIECE_FIELDS);
JSON_STRUCT(parcel, PARCEL_FIELDS);
JSON_TYPE(place, PLACE_FIELDS, .doc = "Where.");
JSON_TYPE(piece, PIECE_FIELDS, .doc = "What.");
JSON_TYPE(parcel, PARCEL_FIELDS, .doc = "Who.");

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_places(const struct bulk_source *s, const struct bulk_item *item,
                         const struct problem *p)
{
    for (size_t i = 0; i < p->n_faults; i++) {
        int64_t row;
        const char *column;
        bulk_source_locate(s, &item->origin, p->faults[i].pointer, &row, &column);
        require(row >= item->rows[0].line && row <= item->rows[item->n_rows - 1].line);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    struct problem p;
    problem_init(&p, a);
    struct bulk_text text = {.media = BULK_CSV, .body = {.p = data, .len = size}};
    struct bulk_source s;
    struct bulk_item item;
    err e = bulk_source_open(&s, a, &parcel_type, &text, &p);
    require((e == OK) == (p.code == OK));
    while (e == OK && bulk_source_next(&s, &item)) {
        struct problem cells, decoded;
        struct parcel parcel;
        struct json_refs refs = {0};
        problem_init(&cells, a);
        problem_init(&decoded, a);
        struct bytes json = bulk_source_json(&s, &item, &cells);
        err d = json_decode(a, &parcel_type, (const char *)json.p, json.len, &parcel, &refs, NULL,
                            &decoded);
        require(d != ERR_SYNTAX);
        check_places(&s, &item, &cells);
        check_places(&s, &item, &decoded);
    }
    arena_free(a);
    return 0;
}

#ifdef FUZZ_REPLAY
#include "tests/fuzz/replay.h"
#endif
