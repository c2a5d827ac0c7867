/* Random structs and random damage: what is encoded decodes to the same, and no text breaks the
 * decoder. The seed is fixed. */
#include "json_sample.h"
#include "lib/base/date.h"
#include <check.h>
#include <stdlib.h>

#define ROUNDS 2000
#define SEED UINT64_C(0x9e3779b97f4a7c15)

static struct arena *a;
static uint64_t state;

static void setup(void)
{
    a = arena_new(256 << 20);
    state = SEED;
}

static void teardown(void)
{
    arena_free(a);
}

/* splitmix64, written from its published constants. */
static uint64_t draw(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* min <= result <= max, often at the edges */
static int64_t between(int64_t min, int64_t max)
{
    uint64_t span = (uint64_t)max - (uint64_t)min;
    switch (draw() % 8) {
    case 0:
        return min;
    case 1:
        return max;
    default:
        return (int64_t)((uint64_t)min + (span == UINT64_MAX ? draw() : draw() % (span + 1)));
    }
}

static bool now_and_then(void)
{
    return draw() % 4 == 0;
}

static const char *random_text(int64_t min, int64_t max)
{
    static const char *const pieces[] = {
        "a", "\"", "\\", "/", "\n", "\x01", "\x7f", "\xc3\xab", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "{", "]",  ",",  " "};
    struct buf b;
    buf_init(&b, a, 16, 4096);
    for (int64_t n = between(min, max); n > 0; n--)
        buf_str(&b, pieces[draw() % COUNT_OF(pieces)]);
    return b.p;
}

static struct string_list random_texts(int64_t max)
{
    struct string_list list = {.n = (size_t)between(0, 4)};
    list.v = ARENA_ARRAY(a, const char *, list.n);
    for (size_t i = 0; i < list.n; i++)
        list.v[i] = random_text(0, max);
    return list;
}

static struct sample_point random_point(void)
{
    return (struct sample_point){.x = between(-10, 10),
                                 .y = now_and_then() ? NIL64 : between(0, INT64_MAX)};
}

static struct sample_point *random_place(void)
{
    struct sample_point *p = ARENA_NEW(a, struct sample_point);
    *p = random_point();
    return now_and_then() ? NULL : p;
}

static struct sample_line random_line(void)
{
    return (struct sample_line){
        .sku = random_text(1, 40),
        .quantity = between(1, INT64_MAX),
        .unit_price = now_and_then() ? NIL64 : between(0, INT64_MAX),
        .percent = now_and_then() ? NIL64 : between(-10000, 10000) * 10000,
        .place = random_place(),
    };
}

static struct sample random_sample(void)
{
    struct sample v = {
        .name = random_text(1, 10),
        .note = now_and_then() ? NULL : random_text(0, 500),
        .color = now_and_then() ? NULL : sample_colors[draw() % 3],
        .owner = now_and_then() ? NIL64 : between(1, INT64_MAX),
        .count = now_and_then() ? NIL64 : between(1, 1000),
        .level = now_and_then() ? NIL64 : between(-INT64_MAX, INT64_MAX),
        .weight = now_and_then() ? NIL64 : between(0, INT64_MAX),
        .pieces = now_and_then() ? NIL64 : between(0, 500) * DECIMAL_ONE,
        .cost = now_and_then() ? NIL64 : between(0, INT64_MAX / 100) * 100,
        .active = now_and_then(),
        .due = now_and_then() ? NIL32 : (int32_t)between(DATE_MIN, DATE_MAX),
        .seen_at = now_and_then() ? NIL64 : between(-1000000000000, 4000000000000) * 1000,
        .currency = now_and_then() ? NULL : "CHF",
        .metadata = now_and_then() ? NULL : "{\"k\":\"v\"}",
        .tags = random_texts(5),
        .origin = random_place(),
    };
    v.colors.n = (size_t)between(0, 3);
    v.colors.v = ARENA_ARRAY(a, const char *, v.colors.n);
    for (size_t i = 0; i < v.colors.n; i++)
        v.colors.v[i] = sample_colors[draw() % 3];
    v.lines.n = (size_t)between(0, 5);
    v.lines.v = ARENA_ARRAY(a, struct sample_line, v.lines.n);
    for (size_t i = 0; i < v.lines.n; i++)
        v.lines.v[i] = random_line();
    v.corners.n = (size_t)between(2, 4);
    v.corners.v = ARENA_ARRAY(a, struct sample_point, v.corners.n);
    for (size_t i = 0; i < v.corners.n; i++)
        v.corners.v[i] = random_point();
    return v;
}

static void check_same_text(const char *x, const char *y)
{
    ck_assert((x == NULL) == (y == NULL));
    if (x != NULL)
        ck_assert_str_eq(x, y);
}

static void check_same_point(const struct sample_point *x, const struct sample_point *y)
{
    ck_assert((x == NULL) == (y == NULL));
    if (x != NULL)
        ck_assert(x->x == y->x && x->y == y->y);
}

static void check_same_line(const struct sample_line *x, const struct sample_line *y)
{
    ck_assert_str_eq(x->sku, y->sku);
    ck_assert(x->quantity == y->quantity && x->unit_price == y->unit_price);
    ck_assert(x->percent == y->percent);
    check_same_point(x->place, y->place);
}

static void check_same(const struct sample *x, const struct sample *y)
{
    ck_assert_str_eq(x->name, y->name);
    check_same_text(x->note, y->note);
    ck_assert_ptr_eq(x->color, y->color);
    ck_assert(x->owner == y->owner && x->count == y->count && x->level == y->level);
    ck_assert(x->weight == y->weight && x->pieces == y->pieces && x->cost == y->cost);
    ck_assert(x->active == y->active && x->due == y->due && x->seen_at == y->seen_at);
    check_same_text(x->currency, y->currency);
    check_same_text(x->metadata, y->metadata);
    ck_assert_uint_eq(x->tags.n, y->tags.n);
    for (size_t i = 0; i < x->tags.n; i++)
        ck_assert_str_eq(x->tags.v[i], y->tags.v[i]);
    ck_assert_uint_eq(x->colors.n, y->colors.n);
    for (size_t i = 0; i < x->colors.n; i++)
        ck_assert_ptr_eq(x->colors.v[i], y->colors.v[i]);
    check_same_point(x->origin, y->origin);
    ck_assert_uint_eq(x->lines.n, y->lines.n);
    for (size_t i = 0; i < x->lines.n; i++)
        check_same_line(&x->lines.v[i], &y->lines.v[i]);
    ck_assert_uint_eq(x->corners.n, y->corners.n);
    for (size_t i = 0; i < x->corners.n; i++)
        check_same_point(&x->corners.v[i], &y->corners.v[i]);
}

START_TEST(random_structs_come_back_from_their_text)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct arena_mark mark = arena_mark(a);
        struct sample v = random_sample();
        const char *text = sample_text(a, &v);
        struct sample_result r = sample_decode(a, text);
        ck_assert_msg(r.code == OK, "%s: %s %s", text, r.problem.detail ? r.problem.detail : "",
                      sample_faults(a, &r.problem));
        check_same(&v, &r.value);
        ck_assert_str_eq(sample_text(a, &r.value), text);
        arena_rewind(a, mark);
    }
}
END_TEST

START_TEST(the_canonical_text_is_its_own_canonical_text)
{
    for (int i = 0; i < ROUNDS / 4; i++) {
        struct arena_mark mark = arena_mark(a);
        struct sample v = random_sample();
        struct sample_result once = sample_decode(a, sample_text(a, &v));
        ck_assert_int_eq(once.code, OK);
        struct sample_result twice = sample_decode(a, once.canonical);
        ck_assert_int_eq(twice.code, OK);
        ck_assert_str_eq(once.canonical, twice.canonical);
        arena_rewind(a, mark);
    }
}
END_TEST

/* One byte changed, one left out, or the end cut off. */
static size_t damage(char *text, size_t len)
{
    size_t at = draw() % len;
    switch (draw() % 3) {
    case 0:
        text[at] = "\"\\{}[],:0e-.\xff\0 "[draw() % 16];
        return len;
    case 1:
        memmove(text + at, text + at + 1, len - at - 1);
        return len - 1;
    default:
        return at;
    }
}

START_TEST(damaged_text_is_refused_or_decoded_but_always_answered)
{
    int refused = 0;
    for (int i = 0; i < ROUNDS * 5; i++) {
        struct arena_mark mark = arena_mark(a);
        struct sample v = random_sample();
        const char *text = sample_text(a, &v);
        size_t len = strlen(text);
        char *damaged = malloc(len);
        ck_assert_ptr_nonnull(damaged);
        memcpy(damaged, text, len);
        len = damage(damaged, len);
        struct sample_result r = sample_decode_bytes(a, damaged, len);
        ck_assert(r.code == OK || r.code == ERR_SYNTAX || r.code == ERR_INVALID);
        ck_assert((r.code == ERR_INVALID) == (r.problem.n_faults > 0));
        ck_assert((r.code == ERR_SYNTAX) == (r.problem.n_faults == 0 && r.problem.detail != NULL));
        ck_assert_int_eq(r.problem.code, r.code);
        refused += r.code != OK;
        free(damaged);
        arena_rewind(a, mark);
    }
    ck_assert_int_gt(refused, ROUNDS);
    ck_assert_int_lt(refused, ROUNDS * 5);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("property");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, random_structs_come_back_from_their_text);
    tcase_add_test(t, the_canonical_text_is_its_own_canonical_text);
    tcase_add_test(t, damaged_text_is_refused_or_decoded_but_always_answered);
    Suite *s = suite_create("json_property");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
