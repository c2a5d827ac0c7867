/* Keyset lists: declared filters and sorts, composed from fragments of the .sql file; values are
 * always parameters. domain.md 4.3. */
#pragma once
#include "lib/base/problem.h"
#include "lib/pg/pg.h"

struct list_filter {
    const char *name;
    enum pg_type type;
    const char *prefix; /* ids: parsed with this prefix; NULL otherwise */
    const char *expr;   /* "c.status"; the comparison goes to the ?, or behind it without one */
};
struct list_sort {
    const char *name;
    const char *expr;
    enum pg_type type;
    size_t offset; /* of the column in the row struct */
    bool unique;
};
struct list_def {
    const char *name; /* of the statement */
    const struct list_filter *filters;
    size_t n_filters;
    const struct list_sort *sorts;
    size_t n_sorts;
    size_t
        id_offset; /* of column id in the row struct; SIZE_MAX when the sort is unique by itself */
    const char *id_expr;
};

enum list_op { LIST_EQ, LIST_IN, LIST_LT, LIST_LTE, LIST_GT, LIST_GTE };
struct list_condition {
    const struct list_filter *filter;
    enum list_op op;
    struct pg_value value; /* scalar, or an array for LIST_IN */
};
#define LIST_IN_MAX 100 /* values of one filter */
#define LIST_CONDITIONS_MAX 16
#define LIST_LIMIT_DEFAULT 50
#define LIST_LIMIT_MAX 200

struct list_query {
    const struct list_def *def;
    struct list_condition conditions[LIST_CONDITIONS_MAX]; /* by filter, then op, not as given */
    size_t n_conditions;
    const struct list_sort *sort;
    bool descending;
    bool backward; /* the page before the cursor */
    bool has_cursor;
    int64_t cursor_i64; /* the sort value of the cursor row (by sort->type) */
    const char *cursor_text;
    int64_t cursor_id;
    int limit;
    bool ret_more; /* out: there are rows beyond this page */
};

/* Fills q from query parameters: name=value, name=a,b, name[lte]=…, sort=-name, limit=, cursor=.
 * Ids are prefixed text (filter declared as `-- filter customer_id id cus: o.customer_id`),
 * decimals and money are not filterable here. Names and values must be valid UTF-8. Whatever is
 * wrong is a fault ("?name") under ERR_PARAMETER, all of them at once; ret is then untouched.
 * secret signs cursors (HMAC-SHA256, 16 bytes kept); a cursor of another list, sort or filter set
 * is a fault. */
struct list_pair {
    const char *name, *value;
};
err list_parse(struct arena *a, const struct list_def *def, const struct list_pair *pairs, size_t n,
               struct bytes secret, struct list_query *ret, struct problem *p) MUST_CHECK;
/* The cursor of a row (first or last of a page): opaque text for cursor=. A list must not be sorted
 * by texts beyond 12000 bytes. */
const char *list_cursor(struct arena *a, const struct list_query *q, const void *row, bool backward,
                        struct bytes secret);
/* The SQL that list_run sends, and its parameters: those of base, then those of q. */
struct list_text {
    const char *sql;
    const struct pg_column *params;
    const struct pg_value *values;
    size_t n_params;
};
struct list_text list_compose(struct arena *a, const struct stmt *base,
                              const struct pg_value *values, const struct list_query *q);
/* Runs the list: base is the statement's SQL with $n for its own parameters and the literal text
 * :filters. Used by the functions that sqlgen makes. Rows are in the asked order also for backward
 * pages. Sets q->ret_more: there are rows beyond this page in the direction that was read. */
err list_run(struct tx *tx, const struct stmt *base, const struct pg_value *values,
             struct list_query *q, struct pg_rows *ret) MUST_CHECK;
