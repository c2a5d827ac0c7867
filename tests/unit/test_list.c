/* Keyset lists: query parameters, signed cursors, the SQL that comes out, pages. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/pg/list.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    int64_t id;
    const char *name;
    int64_t created_at;
    int32_t due;
};

static const struct list_filter filters[] = {
    {.name = "status", .type = PG_TEXT, .expr = "o.status"},
    {.name = "customer_id", .type = PG_I64, .prefix = "cus", .expr = "o.customer_id"},
    {.name = "number", .type = PG_I64, .expr = "o.number"},
    {.name = "line_count", .type = PG_I32, .expr = "o.line_count"},
    {.name = "due", .type = PG_DATE, .expr = "o.due"},
    {.name = "created_at", .type = PG_INSTANT, .expr = "o.created_at"},
    {.name = "overdue", .type = PG_BOOL, .expr = "(o.due < $2)"},
};
static const struct list_sort sorts[] = {
    {.name = "id", .expr = "o.id", .type = PG_I64, .offset = offsetof(struct row, id), .unique = 1},
    {.name = "name", .expr = "o.name", .type = PG_TEXT, .offset = offsetof(struct row, name)},
    {.name = "due", .expr = "o.due", .type = PG_DATE, .offset = offsetof(struct row, due)},
    {.name = "created_at",
     .expr = "o.created_at",
     .type = PG_INSTANT,
     .offset = offsetof(struct row, created_at)},
};
static const struct list_def def = {
    .name = "orders_list",
    .filters = filters,
    .n_filters = COUNT_OF(filters),
    .sorts = sorts,
    .n_sorts = COUNT_OF(sorts),
    .id_offset = offsetof(struct row, id),
    .id_expr = "o.id",
};
static const struct pg_column base_params[] = {
    {.name = "tenant", .type = PG_I64},
    {.name = "today", .type = PG_DATE},
};
static const struct pg_column base_columns[] = {
    {.name = "id", .type = PG_I64, .offset = offsetof(struct row, id)},
    {.name = "name", .type = PG_TEXT, .offset = offsetof(struct row, name)},
};
static const struct stmt base = {
    .name = "orders_list",
    .sql = "SELECT * FROM o WHERE tenant_id = $1 AND :filters",
    .params = base_params,
    .n_params = COUNT_OF(base_params),
    .columns = base_columns,
    .n_columns = COUNT_OF(base_columns),
    .row_size = sizeof(struct row),
};
static const int64_t tenant = 7;
static const int32_t today = 20000;
static const struct pg_value base_values[] = {{.p = &tenant}, {.p = &today}};

static const struct bytes secret = {(const unsigned char *)"0123456789abcdef", 16};

static struct arena *a;
static struct problem p;

static void setup(void)
{
    a = arena_new(1 << 22);
    problem_init(&p, a);
}

static void teardown(void)
{
    arena_free(a);
}

/* "status=open&limit=2" without decoding. */
static err parse_as(const struct list_def *d, const char *query, struct bytes key,
                    struct list_query *ret)
{
    struct list_pair pairs[32];
    size_t n = 0;
    char *rest = arena_strdup(a, query);
    for (char *one; *query && (one = strsep(&rest, "&"));) {
        char *value = one;
        const char *name = strsep(&value, "=");
        ck_assert_uint_lt(n, COUNT_OF(pairs));
        pairs[n++] = (struct list_pair){name, value};
    }
    problem_init(&p, a);
    return list_parse(a, d, pairs, n, key, ret, &p);
}

static struct list_query parsed(const char *query)
{
    struct list_query q;
    err e = parse_as(&def, query, secret, &q);
    ck_assert_msg(e == OK, "%s: %s", query, p.n_faults ? p.faults[0].detail : "no fault");
    return q;
}

static struct list_text composed(const struct list_query *q)
{
    return list_compose(a, &base, base_values, q);
}

/* The SQL of a query behind what all have in common. */
static const char *composed_tail(const struct list_query *q)
{
    static const char head[] = "SELECT * FROM o WHERE tenant_id = $1 AND TRUE";
    const char *sql = composed(q).sql;
    ck_assert_msg(strncmp(sql, head, strlen(head)) == 0, "%s", sql);
    return sql + strlen(head);
}

/* The query of the page behind (or before) a row of the page that query asked for. */
static struct list_query beside(const char *query, const struct row *row, bool backward)
{
    struct list_query q = parsed(query);
    const char *cursor = list_cursor(a, &q, row, backward, secret);
    return parsed(arena_printf(a, "%s%scursor=%s", query, *query ? "&" : "", cursor));
}

static const struct row some_row = {.id = 42, .name = "Zoë & Sons", .created_at = -5, .due = -3};

/* ---- a stand-in for the database ---- */

static struct {
    size_t rows;
    const char *name, *sql;
    size_t n_params, row_size;
    err error;
} db;

err tx_query_text(struct tx *tx, const char *name, const char *text, const struct pg_column *params,
                  const struct pg_value *values, size_t n_params, const struct pg_column *columns,
                  size_t n_columns, size_t row_size, struct pg_rows *rows)
{
    (void)params, (void)values, (void)columns, (void)n_columns;
    db.name = name;
    db.sql = text;
    db.n_params = n_params;
    db.row_size = row_size;
    struct row *made = ARENA_ARRAY(tx->arena, struct row, db.rows);
    for (size_t i = 0; i < db.rows; i++)
        made[i].id = (int64_t)i + 1;
    *rows = (struct pg_rows){made, db.rows};
    return db.error;
}

static void run_page(const char *query, size_t rows, const char *expect_ids, bool expect_more)
{
    struct tx tx = {.arena = a};
    struct pg_rows got = {0};
    struct list_query q = strstr(query, "backward")
                              ? beside(arena_strndup(a, query, strcspn(query, "+")), &some_row,
                                       true)
                              : parsed(query);
    db.rows = rows;
    ck_assert_int_eq(list_run(&tx, &base, base_values, &q, &got), OK);
    char ids[64] = "";
    for (size_t i = 0; i < got.n; i++)
        snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%d ",
                 (int)((struct row *)got.v)[i].id);
    ck_assert_str_eq(ids, expect_ids);
    ck_assert_msg(q.ret_more == expect_more, "%s", query);
}

/* ---- parameters ---- */

START_TEST(without_parameters_the_first_sort_and_the_default_limit_hold)
{
    struct list_query q = parsed("");
    ck_assert_ptr_eq(q.sort, &sorts[0]);
    ck_assert_ptr_eq(q.def, &def);
    ck_assert(!q.descending && !q.backward && !q.has_cursor);
    ck_assert_int_eq(q.limit, 50);
    ck_assert_uint_eq(q.n_conditions, 0);
}
END_TEST

START_TEST(values_are_read_by_the_type_of_the_filter)
{
    char id[ID_TEXT_MAX];
    id_format("cus", 123456789, id);
    struct list_query q = parsed(
        arena_printf(a,
                     "overdue=true&created_at[gt]=2020-01-02T03:04:05Z&due=2020-01-02"
                     "&line_count[lt]=-3&number=9000000000&customer_id=%s&status=open",
                     id));
    ck_assert_uint_eq(q.n_conditions, 7);
    for (size_t i = 0; i < 7; i++)
        ck_assert_ptr_eq(q.conditions[i].filter, &filters[i]);
    int32_t due;
    int64_t created;
    ck_assert_int_eq(date_parse("2020-01-02", &due), OK);
    ck_assert_int_eq(instant_parse("2020-01-02T03:04:05Z", &created), OK);
    ck_assert_str_eq(*(const char *const *)q.conditions[0].value.p, "open");
    ck_assert_int_eq(*(const int64_t *)q.conditions[1].value.p, 123456789);
    ck_assert_int_eq(*(const int64_t *)q.conditions[2].value.p, 9000000000);
    ck_assert_int_eq(*(const int32_t *)q.conditions[3].value.p, -3);
    ck_assert_int_eq(*(const int32_t *)q.conditions[4].value.p, due);
    ck_assert_int_eq(*(const int64_t *)q.conditions[5].value.p, created);
    ck_assert(*(const bool *)q.conditions[6].value.p);
    ck_assert_int_eq(q.conditions[3].op, LIST_LT);
    ck_assert_int_eq(q.conditions[5].op, LIST_GT);
}
END_TEST

START_TEST(values_with_commas_become_an_array)
{
    struct list_query q = parsed("status=open,overdue,paid&number=3,-4");
    const struct list_condition *c = &q.conditions[0];
    ck_assert_int_eq(c->op, LIST_IN);
    ck_assert_uint_eq(c->value.n, 3);
    ck_assert_uint_eq(c->value.stride, sizeof(char *));
    ck_assert_str_eq(((const char *const *)c->value.p)[0], "open");
    ck_assert_str_eq(((const char *const *)c->value.p)[1], "overdue");
    ck_assert_str_eq(((const char *const *)c->value.p)[2], "paid");
    c = &q.conditions[1];
    ck_assert_uint_eq(c->value.n, 2);
    ck_assert_uint_eq(c->value.stride, sizeof(int64_t));
    ck_assert_int_eq(((const int64_t *)c->value.p)[1], -4);
}
END_TEST

START_TEST(sort_limit_and_direction_are_read)
{
    struct list_query q = parsed("sort=-due&limit=200");
    ck_assert_ptr_eq(q.sort, &sorts[2]);
    ck_assert(q.descending);
    ck_assert_int_eq(q.limit, 200);
    q = parsed("limit=1&sort=name");
    ck_assert_ptr_eq(q.sort, &sorts[1]);
    ck_assert(!q.descending);
    ck_assert_int_eq(q.limit, 1);
}
END_TEST

static const struct {
    const char *query, *pointer, *code;
} refused[] = {
    {"colour=red", "?colour", "unknown_parameter"},
    {"status[lte]=open", "?status[lte]", "unknown_parameter"},
    {"customer_id[gt]=cus_0000000000001", "?customer_id[gt]", "unknown_parameter"},
    {"overdue[lt]=true", "?overdue[lt]", "unknown_parameter"},
    {"due[like]=2020-01-02", "?due[like]", "unknown_parameter"},
    {"due[lte=2020-01-02", "?due[lte", "unknown_parameter"},
    {"due[]=2020-01-02", "?due[]", "unknown_parameter"},
    {"due[=2020-01-02", "?due[", "unknown_parameter"},
    {"due[in]=2020-01-02", "?due[in]", "unknown_parameter"},
    {"due[lte]]=2020-01-02", "?due[lte]]", "unknown_parameter"},
    {"status=", "?status", "invalid"},
    {"status=open,,paid", "?status", "invalid"},
    {"due=2021-02-29", "?due", "invalid"},
    {"due[lte]=2020-01-01,2020-01-02", "?due[lte]", "invalid"},
    {"created_at=yesterday", "?created_at", "invalid"},
    {"number=12x", "?number", "invalid"},
    {"number=-", "?number", "invalid"},
    {"number=9223372036854775808", "?number", "invalid"},
    {"number=-9223372036854775808", "?number", "invalid"},
    {"line_count=2147483648", "?line_count", "invalid"},
    {"overdue=yes", "?overdue", "invalid"},
    {"overdue=true,false", "?overdue", "invalid"},
    {"customer_id=ord_0000000000001", "?customer_id", "invalid"},
    {"limit=0", "?limit", "invalid"},
    {"limit=201", "?limit", "invalid"},
    {"limit=ten", "?limit", "invalid"},
    {"sort=status", "?sort", "invalid"},
    {"sort=--name", "?sort", "invalid"},
    {"sort=name&sort=due", "?sort", "duplicate"},
    {"limit=3&limit=3", "?limit", "duplicate"},
    {"cursor=a&cursor=b", "?cursor", "duplicate"},
    {"status=a&status=b", "?status", "duplicate"},
    {"status=a&number=1&status=b,c", "?status", "duplicate"},
    {"status=b,c&number=1&status=a", "?status", "duplicate"},
    {"due[lte]=2020-01-01&due[lt]=2020-01-01&due[lte]=2020-01-02", "?due[lte]", "duplicate"},
    {"cursor=", "?cursor", "invalid"},
    {"cursor=not*base64", "?cursor", "invalid"},
    {"cursor=AAAA", "?cursor", "invalid"},
};

START_TEST(what_is_wrong_is_a_fault_at_its_parameter)
{
    struct list_query q = {.limit = -1};
    ck_assert_int_eq(parse_as(&def, refused[_i].query, secret, &q), ERR_PARAMETER);
    ck_assert_int_eq(p.code, ERR_PARAMETER);
    ck_assert_uint_eq(p.n_faults, 1);
    ck_assert_str_eq(p.faults[0].pointer, refused[_i].pointer);
    ck_assert_str_eq(p.faults[0].code, refused[_i].code);
    ck_assert_int_eq(q.limit, -1);
}
END_TEST

START_TEST(all_faults_are_told_at_once)
{
    struct list_query q;
    ck_assert_int_eq(parse_as(&def, "limit=0&x=1&status=open&due=1", secret, &q), ERR_PARAMETER);
    ck_assert_uint_eq(p.n_faults, 3);
    ck_assert_str_eq(p.faults[0].pointer, "?limit");
    ck_assert_str_eq(p.faults[1].pointer, "?x");
    ck_assert_str_eq(p.faults[2].pointer, "?due");
}
END_TEST

START_TEST(a_filter_takes_a_hundred_values_and_no_more)
{
    char *query = arena_strdup(a, "number=1");
    for (int i = 0; i < 99; i++)
        query = arena_printf(a, "%s,1", query);
    ck_assert_uint_eq(parsed(query).conditions[0].value.n, 100);
    struct list_query q;
    ck_assert_int_eq(parse_as(&def, arena_printf(a, "%s,1", query), secret, &q), ERR_PARAMETER);
    ck_assert_str_eq(p.faults[0].code, "too_many");
}
END_TEST

START_TEST(sixteen_conditions_are_taken_and_no_more)
{
    static const char sixteen[] =
        "number=1&number[lt]=1&number[lte]=1&number[gt]=1&number[gte]=1&line_count=1&"
        "line_count[lt]=1&line_count[lte]=1&line_count[gt]=1&line_count[gte]=1&due=2020-01-01&"
        "due[lt]=2020-01-01&due[lte]=2020-01-01&due[gt]=2020-01-01&due[gte]=2020-01-01&status=x";
    struct list_query q = parsed(sixteen);
    ck_assert_uint_eq(q.n_conditions, LIST_CONDITIONS_MAX);
    ck_assert_uint_eq(composed(&q).n_params, 2 + 16);
    err e = parse_as(&def, arena_printf(a, "%s&overdue=true", sixteen), secret, &q);
    ck_assert_int_eq(e, ERR_PARAMETER);
    ck_assert_str_eq(p.faults[0].pointer, "?overdue");
}
END_TEST

/* ---- cursors ---- */

START_TEST(a_cursor_gives_back_the_row_it_was_made_of)
{
    struct list_query q = beside("sort=-name&status=open", &some_row, false);
    ck_assert(q.has_cursor && !q.backward && q.descending);
    ck_assert_str_eq(q.cursor_text, "Zoë & Sons");
    ck_assert_int_eq(q.cursor_id, 42);
    q = beside("sort=created_at", &some_row, true);
    ck_assert(q.has_cursor && q.backward);
    ck_assert_int_eq(q.cursor_i64, -5);
    ck_assert_int_eq(q.cursor_id, 42);
    q = beside("sort=due", &some_row, true);
    ck_assert_int_eq(q.cursor_i64, -3);
    q = beside("", &some_row, false);
    ck_assert_int_eq(q.cursor_i64, 42);
    q = beside("sort=name", &(struct row){.name = ""}, false);
    ck_assert_str_eq(q.cursor_text, "");
}
END_TEST

START_TEST(a_cursor_with_any_character_changed_is_refused)
{
    struct list_query q = parsed("sort=name"), untouched;
    const char *cursor = list_cursor(a, &q, &some_row, false, secret);
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    ck_assert_uint_eq(strspn(cursor, digits), strlen(cursor));
    char *changed = arena_printf(a, "sort=name&cursor=%s", cursor);
    char *begin = changed + strlen("sort=name&cursor=");
    for (size_t i = 0; i < strlen(cursor); i++) {
        for (const char *d = digits; *d; d++) {
            begin[i] = *d;
            err e = parse_as(&def, changed, secret, &untouched);
            ck_assert_msg(e == (*d == cursor[i] ? OK : ERR_PARAMETER), "%zu %c", i, *d);
        }
        begin[i] = cursor[i];
    }
    for (size_t len = 0; len < strlen(cursor); len++) {
        char *cut = arena_printf(a, "sort=name&cursor=%.*s", (int)len, cursor);
        ck_assert_msg(parse_as(&def, cut, secret, &untouched) == ERR_PARAMETER, "%zu", len);
    }
}
END_TEST

static const struct {
    const char *made_for, *used_with;
    bool accepted;
} cursor_uses[] = {
    {"sort=name", "sort=name&limit=7", true}, {"status=a,b&number=1", "number=1&status=a,b", true},
    {"sort=name", "sort=-name", false},       {"sort=created_at", "sort=due", false},
    {"sort=created_at", "", false},           {"", "status=a", false},
    {"status=a", "status=b", false},          {"status=a", "status=a,b", false},
    {"status=ab,c", "status=a,bc", false},    {"number[lt]=1", "number[lte]=1", false},
    {"number=1", "line_count=1", false},      {"overdue=true", "overdue=false", false},
};

START_TEST(a_cursor_belongs_to_its_sort_and_filters)
{
    struct list_query q = parsed(cursor_uses[_i].made_for);
    const char *cursor = list_cursor(a, &q, &some_row, false, secret);
    const char *query = cursor_uses[_i].used_with;
    query = arena_printf(a, "%s%scursor=%s", query, *query ? "&" : "", cursor);
    err e = parse_as(&def, query, secret, &q);
    ck_assert_int_eq(e, cursor_uses[_i].accepted ? OK : ERR_PARAMETER);
}
END_TEST

START_TEST(a_cursor_belongs_to_its_list_and_secret)
{
    struct list_query q = parsed("");
    const char *query = arena_printf(a, "cursor=%s", list_cursor(a, &q, &some_row, false, secret));
    struct list_def other = def;
    other.name = "customers_list";
    ck_assert_int_eq(parse_as(&other, query, secret, &q), ERR_PARAMETER);
    struct bytes key = {(const unsigned char *)"0123456789abcdeF", 16};
    ck_assert_int_eq(parse_as(&def, query, key, &q), ERR_PARAMETER);
    ck_assert_int_eq(parse_as(&def, query, secret, &q), OK);
}
END_TEST

START_TEST(a_list_without_ids_has_cursors_of_its_unique_sort)
{
    static const struct list_sort seq = {
        .name = "created_at",
        .expr = "e.seq",
        .type = PG_INSTANT,
        .offset = offsetof(struct row, created_at),
        .unique = true,
    };
    struct list_def events = {
        .name = "orders_list", .sorts = &seq, .n_sorts = 1, .id_offset = SIZE_MAX};
    struct list_query q;
    ck_assert_int_eq(parse_as(&events, "", secret, &q), OK);
    const char *query = arena_printf(a, "cursor=%s", list_cursor(a, &q, &some_row, false, secret));
    ck_assert_int_eq(parse_as(&events, query, secret, &q), OK);
    ck_assert_int_eq(q.cursor_i64, -5);
    ck_assert_str_eq(composed_tail(&q), " AND e.seq > $3\n ORDER BY e.seq LIMIT 51");
}
END_TEST

/* ---- SQL ---- */

static const struct {
    const char *query, *sql;
} texts[] = {
    {"", "\n ORDER BY o.id LIMIT 51"},
    {"sort=-id", "\n ORDER BY o.id DESC LIMIT 51"},
    {"sort=name&limit=100", "\n ORDER BY o.name, o.id LIMIT 101"},
    {"sort=-name&limit=200", "\n ORDER BY o.name DESC, o.id DESC LIMIT 201"},
    {"limit=7", "\n ORDER BY o.id LIMIT $3"},
    {"limit=8", "\n ORDER BY o.id LIMIT $3"},
    {"status=open", " AND o.status = $3\n ORDER BY o.id LIMIT 51"},
    {"status=open,paid", " AND o.status = ANY($3)\n ORDER BY o.id LIMIT 51"},
    {"status=open,paid,x", " AND o.status = ANY($3)\n ORDER BY o.id LIMIT 51"},
    {"due[lt]=2020-01-01", " AND o.due < $3\n ORDER BY o.id LIMIT 51"},
    {"due[lte]=2020-01-01", " AND o.due <= $3\n ORDER BY o.id LIMIT 51"},
    {"due[gt]=2020-01-01", " AND o.due > $3\n ORDER BY o.id LIMIT 51"},
    {"due[gte]=2020-01-01", " AND o.due >= $3\n ORDER BY o.id LIMIT 51"},
    {"overdue=true&number=5&limit=3",
     " AND o.number = $3 AND (o.due < $2) = $4\n ORDER BY o.id LIMIT $5"},
    {"number=5&limit=3&overdue=false",
     " AND o.number = $3 AND (o.due < $2) = $4\n ORDER BY o.id LIMIT $5"},
    {"due[lt]=2020-02-01&due[gte]=2020-01-01",
     " AND o.due < $3 AND o.due >= $4\n ORDER BY o.id LIMIT 51"},
};

START_TEST(a_query_becomes_sql)
{
    struct list_query q = parsed(texts[_i].query);
    ck_assert_str_eq(composed_tail(&q), texts[_i].sql);
}
END_TEST

static const struct {
    const char *query;
    bool backward;
    const char *sql;
} keysets[] = {
    {"", false, " AND o.id > $3\n ORDER BY o.id LIMIT 51"},
    {"", true, " AND o.id < $3\n ORDER BY o.id DESC LIMIT 51"},
    {"sort=-id", false, " AND o.id < $3\n ORDER BY o.id DESC LIMIT 51"},
    {"sort=-id", true, " AND o.id > $3\n ORDER BY o.id LIMIT 51"},
    {"sort=name", false, " AND (o.name, o.id) > ($3, $4)\n ORDER BY o.name, o.id LIMIT 51"},
    {"sort=name", true,
     " AND (o.name, o.id) < ($3, $4)\n ORDER BY o.name DESC, o.id DESC LIMIT 51"},
    {"sort=-due", false, " AND (o.due, o.id) < ($3, $4)\n ORDER BY o.due DESC, o.id DESC LIMIT 51"},
    {"sort=-due", true, " AND (o.due, o.id) > ($3, $4)\n ORDER BY o.due, o.id LIMIT 51"},
    {"sort=due&status=a&limit=3", false,
     " AND o.status = $3 AND (o.due, o.id) > ($4, $5)\n ORDER BY o.due, o.id LIMIT $6"},
};

START_TEST(ties_are_broken_by_the_id_in_the_same_direction)
{
    struct list_query q = beside(keysets[_i].query, &some_row, keysets[_i].backward);
    ck_assert_str_eq(composed_tail(&q), keysets[_i].sql);
}
END_TEST

START_TEST(parameters_follow_those_of_the_statement_with_their_types)
{
    struct list_query q = beside("sort=due&status=a,b&number=6&limit=3", &some_row, false);
    struct list_text t = composed(&q);
    static const enum pg_type types[] = {PG_I64, PG_DATE, PG_TEXT, PG_I64, PG_DATE, PG_I64, PG_I64};
    ck_assert_uint_eq(t.n_params, COUNT_OF(types));
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        ck_assert_int_eq(t.params[i].type, types[i]);
        ck_assert_int_eq(t.params[i].array, i == 2);
    }
    ck_assert_ptr_eq(t.values[0].p, &tenant);
    ck_assert_ptr_eq(t.values[1].p, &today);
    ck_assert_uint_eq(t.values[2].n, 2);
    ck_assert_int_eq(*(const int64_t *)t.values[3].p, 6);
    ck_assert_int_eq(*(const int32_t *)t.values[4].p, -3);
    ck_assert_int_eq(*(const int64_t *)t.values[5].p, 42);
    ck_assert_int_eq(*(const int64_t *)t.values[6].p, 4);
}
END_TEST

START_TEST(what_follows_the_mark_stays_behind_the_conditions)
{
    struct stmt grouped = base;
    grouped.sql = "SELECT id FROM o WHERE :filters GROUP BY id";
    struct list_query q = parsed("number=1");
    ck_assert_str_eq(list_compose(a, &grouped, base_values, &q).sql,
                     "SELECT id FROM o WHERE TRUE AND o.number = $3 GROUP BY id\n"
                     " ORDER BY o.id LIMIT 51");
}
END_TEST

/* ---- pages ---- */

START_TEST(a_page_is_cut_at_the_limit_and_backward_pages_are_turned_round)
{
    run_page("limit=3", 0, "", false);
    run_page("limit=3", 2, "1 2 ", false);
    run_page("limit=3", 3, "1 2 3 ", false);
    run_page("limit=3", 4, "1 2 3 ", true);
    run_page("limit=3+backward", 4, "3 2 1 ", true);
    run_page("limit=4+backward", 4, "4 3 2 1 ", false);
    run_page("limit=4+backward", 1, "1 ", false);
    ck_assert_str_eq(db.name, "orders_list");
    ck_assert_uint_eq(db.row_size, sizeof(struct row));
    ck_assert_uint_eq(db.n_params, 4);
}
END_TEST

START_TEST(a_failure_of_the_database_leaves_the_result_alone)
{
    struct tx tx = {.arena = a};
    struct pg_rows got = {.n = 99};
    struct list_query q = parsed("");
    db.error = ERR_CONNECTION;
    err e = list_run(&tx, &base, base_values, &q, &got);
    db.error = OK;
    ck_assert_int_eq(e, ERR_CONNECTION);
    ck_assert_uint_eq(got.n, 99);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("list");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, without_parameters_the_first_sort_and_the_default_limit_hold);
    tcase_add_test(t, values_are_read_by_the_type_of_the_filter);
    tcase_add_test(t, values_with_commas_become_an_array);
    tcase_add_test(t, sort_limit_and_direction_are_read);
    tcase_add_loop_test(t, what_is_wrong_is_a_fault_at_its_parameter, 0, COUNT_OF(refused));
    tcase_add_test(t, all_faults_are_told_at_once);
    tcase_add_test(t, a_filter_takes_a_hundred_values_and_no_more);
    tcase_add_test(t, sixteen_conditions_are_taken_and_no_more);
    tcase_add_test(t, a_cursor_gives_back_the_row_it_was_made_of);
    tcase_add_test(t, a_cursor_with_any_character_changed_is_refused);
    tcase_add_loop_test(t, a_cursor_belongs_to_its_sort_and_filters, 0, COUNT_OF(cursor_uses));
    tcase_add_test(t, a_cursor_belongs_to_its_list_and_secret);
    tcase_add_test(t, a_list_without_ids_has_cursors_of_its_unique_sort);
    tcase_add_loop_test(t, a_query_becomes_sql, 0, COUNT_OF(texts));
    tcase_add_loop_test(t, ties_are_broken_by_the_id_in_the_same_direction, 0, COUNT_OF(keysets));
    tcase_add_test(t, parameters_follow_those_of_the_statement_with_their_types);
    tcase_add_test(t, what_follows_the_mark_stays_behind_the_conditions);
    tcase_add_test(t, a_page_is_cut_at_the_limit_and_backward_pages_are_turned_round);
    tcase_add_test(t, a_failure_of_the_database_leaves_the_result_alone);
    Suite *s = suite_create("list");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
