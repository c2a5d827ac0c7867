/* Keyset lists: query parameters to conditions, signed cursors, SQL text from declared pieces. */

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/buf.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/pg/list.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CURSOR_VERSION 1
#define CURSOR_HEAD 10 /* version, flags, id; the sort value follows */
#define CURSOR_MAC 16
#define CURSOR_TEXT_MAX 16384 /* base64url characters */
#define CURSOR_BACKWARD 1
#define SHAPE_MAX (1u << 20)
#define SQL_MAX (1u << 16)
#define KEYSET_PARAMS 3 /* sort value, id, limit */

/* ---- base64url without padding (RFC 4648 section 5) ---- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *base64_encode(struct arena *a, const unsigned char *p, size_t len)
{
    char *out = arena_alloc(a, len * 4 / 3 + 3), *o = out;
    unsigned bits = 0;
    int n = 0;
    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8 | p[i]) & 0xffff;
        for (n += 8; n >= 6; n -= 6)
            *o++ = base64_digits[bits >> (n - 6) & 63];
    }
    if (n > 0)
        *o++ = base64_digits[bits << (6 - n) & 63];
    return out;
}

/* False for a foreign character or left-over bits that are not zero: one text per value. */
static bool base64_decode(struct arena *a, const char *s, unsigned char **ret, size_t *ret_len)
{
    unsigned char *out = arena_alloc(a, strlen(s) + 1);
    size_t len = 0;
    unsigned bits = 0;
    int n = 0;
    for (; *s; s++) {
        const char *digit = strchr(base64_digits, *s);
        if (!digit)
            return false;
        bits = (bits << 6 | (unsigned)(digit - base64_digits)) & 0xffff;
        n += 6;
        if (n >= 8) {
            n -= 8;
            out[len++] = (unsigned char)(bits >> n & 0xff);
        }
    }
    *ret = out;
    *ret_len = len;
    return n < 6 && (bits & ((1u << n) - 1)) == 0;
}

/* ---- C values by type ---- */

static size_t value_size(enum pg_type type)
{
    switch (type) {
    case PG_I64:
    case PG_INSTANT:
        return sizeof(int64_t);
    case PG_I32:
    case PG_DATE:
        return sizeof(int32_t);
    case PG_BOOL:
        return sizeof(bool);
    case PG_TEXT:
    case PG_JSON:
        return sizeof(const char *);
    case PG_BYTES:
        break;
    }
    assert(!"a type that lists cannot filter or sort by");
    return 0;
}

/* Integers and dates widened; p points to the C value. */
static int64_t value_i64(enum pg_type type, const void *p)
{
    if (value_size(type) == sizeof(int32_t))
        return *(const int32_t *)p;
    return type == PG_BOOL ? *(const bool *)p : *(const int64_t *)p;
}

static bool is_text(enum pg_type type)
{
    return type == PG_TEXT;
}

static err parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
    const char *digits = *s == '-' ? s + 1 : s;
    if (!*digits || digits[strspn(digits, "0123456789")])
        return ERR_INVALID;
    errno = 0;
    long long v = strtoll(s, NULL, 10);
    if (errno || v < min || v > max)
        return ERR_INVALID;
    *ret = v;
    return OK;
}

static err parse_i32(const char *s, int32_t *ret)
{
    int64_t v;
    TRY(parse_i64(s, NIL32 + 1, INT32_MAX, &v));
    *ret = (int32_t)v;
    return OK;
}

static err parse_bool(const char *s, bool *ret)
{
    if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
        return ERR_INVALID;
    *ret = *s == 't';
    return OK;
}

static err parse_value(const struct list_filter *f, const char *s, void *ret)
{
    switch (f->type) {
    case PG_I64:
        return f->prefix ? id_parse(f->prefix, s, ret) : parse_i64(s, NIL64 + 1, INT64_MAX, ret);
    case PG_I32:
        return parse_i32(s, ret);
    case PG_BOOL:
        return parse_bool(s, ret);
    case PG_TEXT:
        *(const char **)ret = s;
        return *s ? OK : ERR_INVALID;
    case PG_DATE:
        return date_parse(s, ret);
    case PG_INSTANT:
        return instant_parse(s, ret);
    case PG_JSON:
    case PG_BYTES:
        break;
    }
    return ERR_INTERNAL;
}

static const char *expected_value(struct arena *a, const struct list_filter *f)
{
    switch (f->type) {
    case PG_I64:
        return f->prefix ? arena_printf(a, "an id that begins with %s_", f->prefix) : "an integer";
    case PG_I32:
        return "an integer of 32 bits";
    case PG_BOOL:
        return "true or false";
    case PG_DATE:
        return "a date, YYYY-MM-DD";
    case PG_INSTANT:
        return "an instant, YYYY-MM-DDTHH:MM:SSZ";
    case PG_TEXT:
    case PG_JSON:
    case PG_BYTES:
        break;
    }
    return "a text that is not empty";
}

/* ---- query parameters ---- */

struct parse {
    struct arena *a;
    const struct list_def *def;
    struct list_query q;
    struct problem *p;
    const char *cursor;
    bool failed, has_sort, has_limit;
};

#define REFUSE(x, name_, code_, ...)                                                               \
    do {                                                                                           \
        (x)->failed = true;                                                                        \
        fault((x)->p, arena_printf((x)->a, "?%s", (name_)), (code_), __VA_ARGS__);                 \
    } while (0)

static const char *const op_names[] = {"eq", "in", "lt", "lte", "gt", "gte"};

/* Splits "due[lte]" into a filter and an op. NULL: no such filter or op. */
static const struct list_filter *find_filter(const struct list_def *def, const char *name,
                                             enum list_op *ret)
{
    size_t len = strcspn(name, "[");
    *ret = LIST_EQ;
    if (name[len]) {
        enum list_op op = LIST_LT;
        size_t op_len = strlen(name + len + 1);
        while (op <= LIST_GTE && (op_len != strlen(op_names[op]) + 1 ||
                                  strncmp(name + len + 1, op_names[op], op_len - 1) != 0))
            op++;
        if (op > LIST_GTE || name[len + op_len] != ']')
            return NULL;
        *ret = op;
    }
    for (size_t i = 0; i < def->n_filters; i++)
        if (strlen(def->filters[i].name) == len && strncmp(def->filters[i].name, name, len) == 0)
            return &def->filters[i];
    return NULL;
}

static bool has_ranges(const struct list_filter *f)
{
    return f->type != PG_TEXT && f->type != PG_BOOL && !f->prefix;
}

static size_t count_commas(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += *s == ',';
    return n;
}

/* The order of the conditions does not depend on the request's: fewer shapes of SQL, and a cursor
 * stays valid when a client reorders its parameters. */
static void insert_condition(struct parse *x, const char *name, const struct list_condition *c)
{
    struct list_query *q = &x->q;
    if (q->n_conditions == LIST_CONDITIONS_MAX) {
        REFUSE(x, name, "too_many", "At most %d filters can be combined.", LIST_CONDITIONS_MAX);
        return;
    }
    size_t i = q->n_conditions;
    for (; i > 0; i--) {
        const struct list_condition *before = &q->conditions[i - 1];
        bool equality = before->op <= LIST_IN && c->op <= LIST_IN;
        if (before->filter == c->filter && (before->op == c->op || equality)) {
            REFUSE(x, name, "duplicate", "Give %s once; several values are separated by commas.",
                   name);
            return;
        }
        if (before->filter < c->filter || (before->filter == c->filter && before->op < c->op))
            break;
    }
    memmove(&q->conditions[i + 1], &q->conditions[i],
            (q->n_conditions - i) * sizeof(q->conditions[0]));
    q->conditions[i] = *c;
    q->n_conditions++;
}

static void parse_filter(struct parse *x, const struct list_pair *pair)
{
    struct list_condition c = {.op = LIST_EQ};
    c.filter = find_filter(x->def, pair->name, &c.op);
    if (!c.filter || (c.op != LIST_EQ && !has_ranges(c.filter))) {
        REFUSE(x, pair->name, "unknown_parameter", "The list does not take the parameter %s.",
               pair->name);
        return;
    }
    bool several = c.op == LIST_EQ && c.filter->type != PG_BOOL;
    size_t n = several ? count_commas(pair->value) + 1 : 1;
    if (n > LIST_IN_MAX) {
        REFUSE(x, pair->name, "too_many", "Give at most %d values.", LIST_IN_MAX);
        return;
    }
    size_t stride = value_size(c.filter->type);
    char *values = arena_array_bytes(x->a, n, stride);
    char *rest = arena_strdup(x->a, pair->value);
    for (size_t i = 0; i < n; i++) {
        const char *one = several ? strsep(&rest, ",") : rest;
        if (parse_value(c.filter, one, values + i * stride) != OK) {
            REFUSE(x, pair->name, "invalid", "Write %s.", expected_value(x->a, c.filter));
            return;
        }
    }
    c.value.p = values;
    if (n > 1) {
        c.op = LIST_IN;
        c.value.n = n;
        c.value.stride = stride;
    }
    insert_condition(x, pair->name, &c);
}

static const char *sort_names(struct arena *a, const struct list_def *def)
{
    struct buf b;
    buf_init(&b, a, 64, 1024);
    for (size_t i = 0; i < def->n_sorts; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", def->sorts[i].name);
    return b.p;
}

static void parse_sort(struct parse *x, const char *value)
{
    const char *name = *value == '-' ? value + 1 : value;
    x->q.descending = *value == '-';
    for (size_t i = 0; i < x->def->n_sorts; i++)
        if (strcmp(x->def->sorts[i].name, name) == 0) {
            x->q.sort = &x->def->sorts[i];
            return;
        }
    REFUSE(x, "sort", "invalid", "Sort by one of %s; with - in front descending.",
           sort_names(x->a, x->def));
}

static void parse_limit(struct parse *x, const char *value)
{
    int64_t v;
    if (parse_i64(value, 1, LIST_LIMIT_MAX, &v) == OK)
        x->q.limit = (int)v;
    else
        REFUSE(x, "limit", "invalid", "Write an integer from 1 to %d.", LIST_LIMIT_MAX);
}

static bool first_time(struct parse *x, const char *name, bool *seen)
{
    if (*seen)
        REFUSE(x, name, "duplicate", "Give %s once.", name);
    bool first = !*seen;
    *seen = true;
    return first;
}

static void parse_pair(struct parse *x, const struct list_pair *pair)
{
    bool has_cursor = x->cursor != NULL;
    if (strcmp(pair->name, "sort") == 0) {
        if (first_time(x, "sort", &x->has_sort))
            parse_sort(x, pair->value);
    } else if (strcmp(pair->name, "limit") == 0) {
        if (first_time(x, "limit", &x->has_limit))
            parse_limit(x, pair->value);
    } else if (strcmp(pair->name, "cursor") == 0) {
        if (first_time(x, "cursor", &has_cursor))
            x->cursor = pair->value;
    } else {
        parse_filter(x, pair);
    }
}

/* ---- cursors ----
 * version, flags, id (8, big endian), sort value (8, big endian, or text), MAC (16). The MAC also
 * covers the list, its sort and its conditions. */

static void put_be64(struct buf *b, int64_t v)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_char(b, (char)((uint64_t)v >> shift & 0xff));
}

static int64_t get_be64(const unsigned char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

/* Texts with their length in front, so that no two lists of texts look the same. */
static void put_text(struct buf *b, const char *s)
{
    put_be64(b, (int64_t)strlen(s));
    buf_str(b, s);
}

static void put_condition(struct buf *b, const struct list_condition *c)
{
    put_text(b, c->filter->name);
    put_text(b, op_names[c->op]);
    size_t n = c->op == LIST_IN ? c->value.n : 1;
    put_be64(b, (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        const void *p = (const char *)c->value.p + i * c->value.stride;
        if (is_text(c->filter->type))
            put_text(b, *(const char *const *)p);
        else
            put_be64(b, value_i64(c->filter->type, p));
    }
}

static void cursor_mac(struct arena *a, const struct list_query *q, const void *payload, size_t len,
                       struct bytes secret, unsigned char out[CURSOR_MAC])
{
    struct buf b;
    buf_init(&b, a, 512, SHAPE_MAX);
    put_text(&b, q->def->name);
    put_text(&b, q->sort->name);
    buf_char(&b, q->descending ? '-' : '+');
    put_be64(&b, (int64_t)q->n_conditions);
    for (size_t i = 0; i < q->n_conditions; i++)
        put_condition(&b, &q->conditions[i]);
    buf_put(&b, payload, len);
    assert(!b.over);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    const unsigned char *done = HMAC(EVP_sha256(), secret.p, (int)secret.len,
                                     (const unsigned char *)b.p, b.len, mac, &mac_len);
    assert(done && mac_len >= CURSOR_MAC);
    memcpy(out, mac, CURSOR_MAC);
}

static bool read_cursor(struct parse *x, struct bytes secret)
{
    struct list_query *q = &x->q;
    unsigned char *raw, mac[CURSOR_MAC];
    size_t len;
    if (strlen(x->cursor) > CURSOR_TEXT_MAX || !base64_decode(x->a, x->cursor, &raw, &len) ||
        len < CURSOR_HEAD + CURSOR_MAC)
        return false;
    len -= CURSOR_MAC;
    cursor_mac(x->a, q, raw, len, secret, mac);
    if (CRYPTO_memcmp(mac, raw + len, CURSOR_MAC) != 0 || raw[0] != CURSOR_VERSION)
        return false;
    q->has_cursor = true;
    q->backward = raw[1] & CURSOR_BACKWARD;
    q->cursor_id = get_be64(raw + 2);
    if (is_text(q->sort->type))
        q->cursor_text = arena_strndup(x->a, (char *)raw + CURSOR_HEAD, len - CURSOR_HEAD);
    else if (len == CURSOR_HEAD + sizeof(int64_t))
        q->cursor_i64 = get_be64(raw + CURSOR_HEAD);
    else
        return false;
    return true;
}

const char *list_cursor(struct arena *a, const struct list_query *q, const void *row, bool backward,
                        struct bytes secret)
{
    const void *value = (const char *)row + q->sort->offset;
    const char *id = (const char *)row + (q->def->id_offset == SIZE_MAX ? 0 : q->def->id_offset);
    struct buf b;
    buf_init(&b, a, 64, CURSOR_TEXT_MAX / 4 * 3 - CURSOR_MAC);
    buf_char(&b, CURSOR_VERSION);
    buf_char(&b, backward ? CURSOR_BACKWARD : 0);
    put_be64(&b, q->def->id_offset == SIZE_MAX ? 0 : value_i64(PG_I64, id));
    if (is_text(q->sort->type))
        buf_str(&b, *(const char *const *)value);
    else
        put_be64(&b, value_i64(q->sort->type, value));
    assert(!b.over);
    unsigned char *raw = arena_alloc(a, b.len + CURSOR_MAC);
    memcpy(raw, b.p, b.len);
    cursor_mac(a, q, b.p, b.len, secret, raw + b.len);
    return base64_encode(a, raw, b.len + CURSOR_MAC);
}

err list_parse(struct arena *a, const struct list_def *def, const struct list_pair *pairs, size_t n,
               struct bytes secret, struct list_query *ret, struct problem *p)
{
    struct parse x = {.a = a, .def = def, .p = p};
    x.q = (struct list_query){.def = def, .sort = &def->sorts[0], .limit = LIST_LIMIT_DEFAULT};
    for (size_t i = 0; i < n; i++)
        parse_pair(&x, &pairs[i]);
    if (x.cursor && !x.failed && !read_cursor(&x, secret))
        REFUSE(&x, "cursor", "invalid",
               "The cursor is damaged, or comes from another list, sort or set of filters. Begin "
               "again without it.");
    if (x.failed)
        return fail(p, ERR_PARAMETER, "A query parameter of the list is not acceptable.");
    *ret = x.q;
    return OK;
}

/* ---- SQL ---- */

struct compose {
    struct buf sql;
    struct arena *a;
    const struct list_query *q;
    struct pg_column *params;
    struct pg_value *values;
    size_t n;
};

/* Adds a parameter and returns its number. */
static int add_param(struct compose *c, const char *name, enum pg_type type, struct pg_value value)
{
    c->params[c->n] = (struct pg_column){.name = name, .type = type, .array = value.stride > 0};
    c->values[c->n] = value;
    return (int)++c->n;
}

static void compose_condition(struct compose *c, const struct list_condition *x)
{
    static const char *const operators[] = {"=", "= ANY", "<", "<=", ">", ">="};
    int n = add_param(c, x->filter->name, x->filter->type, x->value);
    const char *expr = x->filter->expr, *place = strchr(expr, '?');
    size_t before = place != NULL ? (size_t)(place - expr) : strlen(expr);
    buf_printf(&c->sql, x->op == LIST_IN ? " AND %.*s %s($%d)" : " AND %.*s %s $%d", (int)before,
               expr, operators[x->op], n);
    if (place != NULL)
        buf_str(&c->sql, place + 1);
}

static struct pg_value cursor_value(struct compose *c)
{
    const struct list_query *q = c->q;
    if (is_text(q->sort->type))
        return (struct pg_value){.p = &q->cursor_text};
    if (value_size(q->sort->type) == sizeof(int64_t))
        return (struct pg_value){.p = &q->cursor_i64};
    int32_t *narrow = ARENA_NEW(c->a, int32_t);
    *narrow = (int32_t)q->cursor_i64;
    return (struct pg_value){.p = narrow};
}

/* Rows behind the cursor's in reading direction. A row comparison, so that one index range serves
 * ties too. */
static void compose_keyset(struct compose *c, bool reads_down)
{
    const struct list_query *q = c->q;
    const char *op = reads_down ? "<" : ">";
    int value = add_param(c, "cursor_value", q->sort->type, cursor_value(c));
    if (q->sort->unique) {
        buf_printf(&c->sql, " AND %s %s $%d", q->sort->expr, op, value);
        return;
    }
    int id = add_param(c, "cursor_id", PG_I64, (struct pg_value){.p = &q->cursor_id});
    buf_printf(&c->sql, " AND (%s, %s) %s ($%d, $%d)", q->sort->expr, q->def->id_expr, op, value,
               id);
}

/* Usual limits are literals, which the planner can count on; the others share one text, so that a
 * client cannot fill the cache of prepared statements. */
static void compose_limit(struct compose *c)
{
    int limit = c->q->limit;
    if (limit == LIST_LIMIT_DEFAULT || limit == 100 || limit == LIST_LIMIT_MAX) {
        buf_printf(&c->sql, " LIMIT %d", limit + 1);
        return;
    }
    int64_t *fetched = ARENA_NEW(c->a, int64_t);
    *fetched = limit + 1;
    int n = add_param(c, "limit", PG_I64, (struct pg_value){.p = fetched});
    buf_printf(&c->sql, " LIMIT $%d", n);
}

static void compose_order(struct compose *c, bool reads_down)
{
    const struct list_query *q = c->q;
    const char *direction = reads_down ? " DESC" : "";
    buf_printf(&c->sql, "\n ORDER BY %s%s", q->sort->expr, direction);
    if (!q->sort->unique)
        buf_printf(&c->sql, ", %s%s", q->def->id_expr, direction);
}

struct list_text list_compose(struct arena *a, const struct stmt *base,
                              const struct pg_value *values, const struct list_query *q)
{
    static const char mark[] = ":filters";
    size_t most = base->n_params + LIST_CONDITIONS_MAX + KEYSET_PARAMS;
    struct compose c = {.a = a, .q = q, .n = base->n_params};
    c.params = ARENA_ARRAY(a, struct pg_column, most);
    c.values = ARENA_ARRAY(a, struct pg_value, most);
    if (c.n) {
        memcpy(c.params, base->params, c.n * sizeof(c.params[0]));
        memcpy(c.values, values, c.n * sizeof(c.values[0]));
    }
    const char *place = strstr(base->sql, mark);
    assert(place && q->n_conditions <= LIST_CONDITIONS_MAX);
    buf_init(&c.sql, a, 1024, SQL_MAX);
    buf_put(&c.sql, base->sql, (size_t)(place - base->sql));
    buf_str(&c.sql, "TRUE");
    for (size_t i = 0; i < q->n_conditions; i++)
        compose_condition(&c, &q->conditions[i]);
    bool reads_down = q->descending != q->backward;
    if (q->has_cursor)
        compose_keyset(&c, reads_down);
    buf_str(&c.sql, place + strlen(mark));
    compose_order(&c, reads_down);
    compose_limit(&c);
    assert(!c.sql.over);
    return (struct list_text){c.sql.p, c.params, c.values, c.n};
}

static void reverse_rows(struct arena *a, struct pg_rows *rows, size_t size)
{
    char *first = rows->v, *spare = arena_alloc(a, size);
    for (size_t i = 0; i < rows->n / 2; i++) {
        char *low = first + i * size, *high = first + (rows->n - 1 - i) * size;
        memcpy(spare, low, size);
        memcpy(low, high, size);
        memcpy(high, spare, size);
    }
}

err list_run(struct tx *tx, const struct stmt *base, const struct pg_value *values,
             struct list_query *q, struct pg_rows *ret)
{
    assert(strcmp(q->def->name, base->name) == 0);
    struct list_text t = list_compose(tx->arena, base, values, q);
    struct pg_rows rows = {0};
    TRY(tx_query_text(tx, base->name, t.sql, t.params, t.values, t.n_params, base->columns,
                      base->n_columns, base->row_size, &rows));
    q->ret_more = rows.n > (size_t)q->limit;
    if (q->ret_more)
        rows.n = (size_t)q->limit;
    if (q->backward)
        reverse_rows(tx->arena, &rows, base->row_size);
    *ret = rows;
    return OK;
}
