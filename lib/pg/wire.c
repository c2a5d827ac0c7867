/* Values on the wire: PostgreSQL's binary formats of parameters and results. */
#include "lib/pg/conn.h"

#include "lib/base/log.h"
#include <endian.h>
#include <string.h>

#define WIRE_MAX ((size_t)1 << 30)
#define WIRE_NULL SIZE_MAX
#define EPOCH_DAYS 10957 /* 2000-01-01, PostgreSQL's day 0, on ours */
#define EPOCH_US (INT64_C(10957) * 86400 * 1000000)

enum oid {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_CHAR = 18,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_JSON = 114,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIMESTAMPTZ = 1184,
    OID_JSONB = 3802,
    OID_FIRST_OF_USERS = 16384
};

static const struct {
    Oid scalar, array;
    size_t c_size;
} types[] = {
    [PG_I64] = {OID_INT8, 1016, sizeof(int64_t)},
    [PG_I32] = {OID_INT4, 1007, sizeof(int32_t)},
    [PG_BOOL] = {OID_BOOL, 1000, sizeof(bool)},
    [PG_TEXT] = {OID_TEXT, 1009, sizeof(char *)},
    [PG_DATE] = {OID_DATE, 1182, sizeof(int32_t)},
    [PG_INSTANT] = {OID_TIMESTAMPTZ, 1185, sizeof(int64_t)},
    [PG_JSON] = {OID_JSON, 199, sizeof(char *)},
    [PG_BYTES] = {OID_BYTEA, 1001, sizeof(struct bytes)},
};

/* Loads by copy: members of packed arrays need not be aligned for us. */
static int64_t load64(const void *p)
{
    int64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static int32_t load32(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static const char *load_text(const void *p)
{
    const char *v;
    memcpy(&v, p, sizeof v);
    return v;
}

static struct bytes load_bytes(const void *p)
{
    struct bytes v;
    memcpy(&v, p, sizeof v);
    return v;
}

static char *put32(char *out, uint32_t v)
{
    v = htobe32(v);
    memcpy(out, &v, sizeof v);
    return out + sizeof v;
}

static char *put64(char *out, uint64_t v)
{
    v = htobe64(v);
    memcpy(out, &v, sizeof v);
    return out + sizeof v;
}

/* The bytes of a value on the wire, WIRE_NULL for the absent one. */
static size_t wire_length(enum pg_type type, const void *p)
{
    if (p == NULL)
        return WIRE_NULL;
    switch (type) {
    case PG_I64:
    case PG_INSTANT:
        return load64(p) == NIL64 ? WIRE_NULL : sizeof(int64_t);
    case PG_I32:
    case PG_DATE:
        return load32(p) == NIL32 ? WIRE_NULL : sizeof(int32_t);
    case PG_BOOL:
        return 1;
    case PG_TEXT:
    case PG_JSON:
        return load_text(p) == NULL ? WIRE_NULL : strlen(load_text(p));
    case PG_BYTES:
        return load_bytes(p).p == NULL ? WIRE_NULL : load_bytes(p).len;
    }
    return WIRE_NULL;
}

static char *put_value(enum pg_type type, const void *p, size_t len, char *out)
{
    switch (type) {
    case PG_I64:
        return put64(out, (uint64_t)load64(p));
    case PG_INSTANT:
        return put64(out, (uint64_t)load64(p) - (uint64_t)EPOCH_US);
    case PG_I32:
        return put32(out, (uint32_t)load32(p));
    case PG_DATE:
        return put32(out, (uint32_t)load32(p) - EPOCH_DAYS);
    case PG_BOOL:
        *out = *(const bool *)p ? 1 : 0;
        return out + 1;
    case PG_TEXT:
    case PG_JSON:
        memcpy(out, load_text(p), len);
        return out + len;
    case PG_BYTES:
        memcpy(out, load_bytes(p).p, len);
        return out + len;
    }
    return out;
}

static err encode_scalar(struct arena *a, enum pg_type type, const void *p, const char **ret,
                         int *ret_len)
{
    size_t len = wire_length(type, p);
    *ret = NULL;
    *ret_len = 0;
    if (len == WIRE_NULL)
        return OK;
    if (len > WIRE_MAX)
        return ERR_TOO_LARGE;
    char *out = arena_alloc(a, len + 1);
    put_value(type, p, len, out);
    *ret = out;
    *ret_len = (int)len;
    return OK;
}

static const char *element(const struct pg_value *v, enum pg_type type, size_t i)
{
    return (const char *)v->p + i * (v->stride != 0 ? v->stride : types[type].c_size);
}

static err encode_array(struct arena *a, enum pg_type type, const struct pg_value *v,
                        const char **ret, int *ret_len)
{
    size_t size = 20;
    bool nulls = false;
    for (size_t i = 0; i < v->n; i++) {
        size_t len = wire_length(type, element(v, type, i));
        nulls |= len == WIRE_NULL;
        size += 4 + (len == WIRE_NULL ? 0 : len);
        if (size > WIRE_MAX)
            return ERR_TOO_LARGE;
    }
    char *start = arena_alloc(a, size), *out = start;
    out = put32(out, v->n > 0); /* dimensions */
    out = put32(out, nulls);
    out = put32(out, types[type].scalar);
    if (v->n > 0) {
        out = put32(out, (uint32_t)v->n);
        out = put32(out, 1); /* lower bound */
    }
    for (size_t i = 0; i < v->n; i++) {
        const char *p = element(v, type, i);
        size_t len = wire_length(type, p);
        out = put32(out, len == WIRE_NULL ? UINT32_MAX : (uint32_t)len);
        if (len != WIRE_NULL)
            out = put_value(type, p, len, out);
    }
    *ret = start;
    *ret_len = (int)(out - start);
    return OK;
}

err wire_encode(struct arena *a, const struct pg_column *params, size_t n,
                const struct pg_value *values, struct wire_params *ret)
{
    struct wire_params w = {
        .n = n,
        .types = ARENA_ARRAY(a, Oid, n),
        .values = ARENA_ARRAY(a, const char *, n),
        .lengths = ARENA_ARRAY(a, int, n),
        .formats = ARENA_ARRAY(a, int, n),
    };
    for (size_t i = 0; i < n; i++) {
        enum pg_type type = params[i].type;
        w.formats[i] = 1;
        w.types[i] = params[i].array ? types[type].array : types[type].scalar;
        if (params[i].array)
            TRY(encode_array(a, type, &values[i], &w.values[i], &w.lengths[i]));
        else
            TRY(encode_scalar(a, type, values[i].p, &w.values[i], &w.lengths[i]));
    }
    *ret = w;
    return OK;
}

/* ---- results ---- */

static bool type_fits(enum pg_type type, Oid oid)
{
    switch (type) {
    case PG_I64:
        return oid == OID_INT8 || oid == OID_INT4 || oid == OID_INT2;
    case PG_I32:
        return oid == OID_INT4 || oid == OID_INT2;
    case PG_TEXT: /* enums and domains have numbers of their own */
        return oid == OID_TEXT || oid == OID_VARCHAR || oid == OID_BPCHAR || oid == OID_NAME ||
               oid == OID_CHAR || oid == OID_JSON || oid >= OID_FIRST_OF_USERS;
    case PG_JSON:
        return oid == OID_JSON || oid == OID_JSONB || oid == OID_TEXT;
    case PG_BOOL:
    case PG_DATE:
    case PG_INSTANT:
    case PG_BYTES:
        return oid == types[type].scalar;
    }
    return false;
}

static err refuse(const struct wire_shape *shape, const char *column, const char *why, int64_t n)
{
    log_line(LOG_ERROR, "a statement's result is not as declared",
             LOG_S("statement", shape->statement), LOG_S("column", column), LOG_S("why", why),
             LOG_I("got", n));
    return ERR_INTERNAL;
}

static err check_columns(const struct wire_shape *shape, const PGresult *res)
{
    if ((size_t)PQnfields(res) != shape->n_columns)
        return refuse(shape, "", "count of columns", PQnfields(res));
    for (size_t i = 0; i < shape->n_columns; i++) {
        Oid oid = PQftype(res, (int)i);
        if (!type_fits(shape->columns[i].type, oid))
            return refuse(shape, shape->columns[i].name, "type", oid);
    }
    return OK;
}

static void put_absent(enum pg_type type, char *cell)
{
    int64_t nil64 = NIL64;
    int32_t nil32 = NIL32;
    if (type == PG_I64 || type == PG_INSTANT)
        memcpy(cell, &nil64, sizeof nil64);
    else if (type == PG_I32 || type == PG_DATE)
        memcpy(cell, &nil32, sizeof nil32);
    /* All others are absent as zeros, which the arena gave. */
}

static int64_t read_int(const char *p, int len)
{
    uint64_t v = (p[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (int i = 0; i < len; i++)
        v = v << 8 | (unsigned char)p[i];
    return (int64_t)v;
}

/* Infinity stays at the end of the range, and nothing becomes the absent value. */
static int64_t shift(int64_t v, int64_t by, int64_t min, int64_t max)
{
    if (v > max - by)
        return max;
    return v <= min + 1 ? min + 1 : v + by;
}

static void put_cell(struct arena *a, enum pg_type type, Oid oid, const char *p, int len,
                     char *cell)
{
    if (oid == OID_JSONB) { /* a version number comes first */
        p++;
        len--;
    }
    switch (type) {
    case PG_I64:
    case PG_INSTANT: {
        int64_t v = read_int(p, len);
        if (type == PG_INSTANT)
            v = shift(v, EPOCH_US, INT64_MIN, INT64_MAX);
        memcpy(cell, &v, sizeof v);
        break;
    }
    case PG_I32:
    case PG_DATE: {
        int64_t wide = read_int(p, len);
        int32_t v = (int32_t)(type == PG_DATE ? shift(wide, EPOCH_DAYS, INT32_MIN, INT32_MAX)
                                              : wide);
        memcpy(cell, &v, sizeof v);
        break;
    }
    case PG_BOOL:
        *(bool *)cell = *p != 0;
        break;
    case PG_TEXT:
    case PG_JSON: {
        const char *v = arena_strndup(a, p, (size_t)len);
        memcpy(cell, &v, sizeof v);
        break;
    }
    case PG_BYTES: {
        unsigned char *copy = arena_alloc(a, (size_t)len + 1);
        memcpy(copy, p, (size_t)len);
        struct bytes v = {copy, (size_t)len};
        memcpy(cell, &v, sizeof v);
        break;
    }
    }
}

static err decode_row(struct arena *a, const struct wire_shape *shape, const PGresult *res, int i,
                      char *row)
{
    for (size_t k = 0; k < shape->n_columns; k++) {
        const struct pg_column *c = &shape->columns[k];
        if (!PQgetisnull(res, i, (int)k)) {
            put_cell(a, c->type, PQftype(res, (int)k), PQgetvalue(res, i, (int)k),
                     PQgetlength(res, i, (int)k), row + c->offset);
        } else if (c->nullable) {
            put_absent(c->type, row + c->offset);
        } else {
            return refuse(shape, c->name, "NULL", i);
        }
    }
    return OK;
}

err wire_decode(struct arena *a, const struct wire_shape *shape, const PGresult *res,
                struct pg_rows *ret)
{
    TRY(check_columns(shape, res));
    size_t n = (size_t)PQntuples(res);
    char *rows = arena_array_bytes(a, n, shape->row_size);
    for (size_t i = 0; i < n; i++)
        TRY(decode_row(a, shape, res, (int)i, rows + i * shape->row_size));
    *ret = (struct pg_rows){rows, n};
    return OK;
}
