/* sqlgen: what it makes compiles, and what it refuses it refuses with file and line. Runs the tool
 * that the build made ($SQLGEN, or ../lib/sqlgen beside this program), from the source folder. */
#include <check.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define OUTPUT_MAX 65536
#define COMPILE                                                                                    \
    "${CC:-cc} -std=gnu17 -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Werror "       \
    "-D_GNU_SOURCE -fsyntax-only -I. -Iserver"

static char sqlgen[PATH_MAX + 32];
static char dir[64];
static char output[OUTPUT_MAX];

static void find_sqlgen(void)
{
    char self[PATH_MAX] = "";
    const char *given = getenv("SQLGEN");
    if (!given && readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        abort();
    snprintf(sqlgen, sizeof(sqlgen), "%s%s", given ? given : dirname(self),
             given ? "" : "/../lib/sqlgen");
}

/* Exit status of a shell command; what it says is in output. */
__attribute__((format(printf, 1, 2))) static int run(const char *fmt, ...)
{
    char command[PATH_MAX * 3];
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(command, sizeof(command), fmt, ap);
    va_end(ap);
    ck_assert_int_lt(len, (int)sizeof(command));
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    output[fread(output, 1, OUTPUT_MAX - 1, f)] = '\0';
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void setup(void)
{
    snprintf(dir, sizeof(dir), "/tmp/sqlgen-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    run("rm -rf %s", dir);
}

static void write_text(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static const char *made(const char *name)
{
    ck_assert_int_eq(run("cat %s/%s", dir, name), 0);
    return output;
}

/* Makes C of the files in dir; the status of sqlgen. Paths in messages are relative to dir. */
static int generate(const char *files)
{
    return run("cd %s && %s . %s 2>&1", dir, sqlgen, files);
}

static void expect_made(const char *file, const char *text)
{
    const char *all = made(file);
    ck_assert_msg(strstr(all, text), "no \"%s\" in:\n%s", text, all);
}

static void expect_compiles(const char *file)
{
    int status = run(COMPILE " -I%s %s/%s 2>&1", dir, dir, file);
    ck_assert_msg(status == 0, "%s", output);
}

static void given(const char *sql)
{
    write_text("a.sql", sql);
    int status = generate("a.sql");
    ck_assert_msg(status == 0, "%s", output);
    expect_compiles("a.sql.c");
    expect_compiles("all_stmts.c");
}

/* ---- what is made ---- */

START_TEST(a_statement_without_rows_is_queued)
{
    given("-- fn use_up(id i64, note text?) -> exec\n"
          "UPDATE t SET note = :note, at = :now WHERE tenant_id = :tenant AND id = :id;\n");
    expect_made("a.sql.h", "err use_up(struct tx *tx, int64_t id, const char *note) MUST_CHECK;");
    expect_made("a.sql.c", "\"UPDATE t SET note = $2, at = $3 WHERE tenant_id = $4 AND id = $1\",");
    expect_made("a.sql.c", "    {.name = \"note\", .type = PG_TEXT, .nullable = true},\n"
                           "    {.name = \"now\", .type = PG_INSTANT},\n"
                           "    {.name = \"tenant\", .type = PG_I64},\n");
    expect_made("a.sql.c", "        {.p = &id},\n        {.p = &note},\n"
                           "        {.p = &tx->now},\n        {.p = &tx->tenant},\n");
    expect_made("a.sql.c", "return tx_queue(tx, &use_up_stmt, values_, NULL);");
}
END_TEST

START_TEST(rows_come_in_a_struct_of_the_function)
{
    given("-- fn lock(ids i64[], names text[], open bool[]) -> many(id i64, due date?, raw bytes)\n"
          "SELECT id, due, raw FROM t WHERE id = ANY(:ids) AND n = ANY(:names) AND o = ANY(:open)\n"
          " AND other = ANY(:ids);\n");
    expect_made("a.sql.h", "struct lock_row {\n    int64_t id;\n    int32_t due;\n"
                           "    struct bytes raw;\n};\n"
                           "struct lock_row_list {\n    struct lock_row *v;\n    size_t n;\n};\n");
    expect_made("a.sql.h", "err lock_queue(struct tx *tx, const int64_t *ids, size_t ids_n, "
                           "const char *const *names, size_t names_n, const bool *open, "
                           "size_t open_n, struct lock_row_list *ret) MUST_CHECK;");
    expect_made("a.sql.c", "    {.name = \"due\", .type = PG_DATE, .nullable = true, "
                           ".offset = offsetof(struct lock_row, due)},\n");
    expect_made("a.sql.c", "\" AND other = ANY($1)\"");
    expect_made("a.sql.c", "{.p = names, .n = names_n, .stride = sizeof(*names)}");
    expect_made("a.sql.c", "return tx_query(tx, &lock_stmt, values_, (struct pg_rows *)ret);");
    expect_made("a.sql.c", "return tx_queue(tx, &lock_stmt, values_, (struct pg_rows *)ret);");
}
END_TEST

START_TEST(one_and_maybe_differ_in_what_no_row_means)
{
    given("-- fn get(d date, at instant, n i32, b bool, j json, x bytes) -> one(id i64)\n"
          "SELECT id FROM t WHERE (:d, :at, :n, :b, :j, :x) IS NOT NULL;\n"
          "-- fn look() -> maybe(id i64)\nSELECT id FROM t;\n");
    expect_made("a.sql.h", "err get(struct tx *tx, int32_t d, int64_t at, int32_t n, bool b, "
                           "const char *j, struct bytes x, struct get_row *ret) MUST_CHECK;");
    expect_made("a.sql.c", "    if (rows_.n == 0)\n        return ERR_NO_ROW;\n");
    expect_made("a.sql.h",
                "err look(struct tx *tx, struct look_row *ret, bool *ret_found) MUST_CHECK;");
    expect_made("a.sql.c", "    *ret_found = rows_.n == 1;\n");
}
END_TEST

START_TEST(a_set_of_rows_is_bound_as_columns)
{
    given("-- fn put(rows use[customer i64, note text?], day date) -> exec\n"
          "INSERT INTO t SELECT u.*, :day FROM unnest(:use.note, :use.customer) u;\n");
    expect_made("a.sql.h", "struct put_use {\n    int64_t customer;\n    const char *note;\n};\n");
    expect_made("a.sql.h", "err put(struct tx *tx, const struct put_use *use, size_t use_n, "
                           "int32_t day) MUST_CHECK;");
    expect_made("a.sql.c", "\"INSERT INTO t SELECT u.*, $3 FROM unnest($2, $1) u\"");
    expect_made("a.sql.c",
                "{.p = use_n ? &use[0].note : NULL, .n = use_n, .stride = sizeof(*use)},\n");
    expect_made("a.sql.c",
                "    {.name = \"note\", .type = PG_TEXT, .array = true, .nullable = true},\n");
}
END_TEST

static const char things_h[] =
    "#pragma once\n#include \"lib/pg/pg.h\"\n"
    "struct thing {\n    uint64_t has;\n    int64_t id;\n    const char *name;\n    bool on;\n};\n"
    "struct thing_list {\n    struct thing *v;\n    size_t n;\n};\n";

START_TEST(existing_structs_are_filled_and_read)
{
    write_text("things.h", things_h);
    given("-- include \"things.h\"\n"
          "-- fn all() -> many struct thing(id i64, name text, on bool)\nSELECT * FROM t;\n"
          "-- fn put(rows x[struct thing: id i64, name text?]) -> exec\n"
          "INSERT INTO t SELECT * FROM unnest(:x.id, :x.name);\n");
    expect_made("a.sql.h", "err all(struct tx *tx, struct thing_list *ret) MUST_CHECK;");
    expect_made("a.sql.h", "err put(struct tx *tx, const struct thing *x, size_t x_n) MUST_CHECK;");
    expect_made("a.sql.c", ".row_size = sizeof(struct thing),");
}
END_TEST

START_TEST(a_member_of_another_type_does_not_compile)
{
    write_text("things.h", things_h);
    write_text("a.sql", "-- include \"things.h\"\n-- fn all() -> many struct thing(id i32)\n"
                        "SELECT id FROM t;\n");
    ck_assert_int_eq(generate("a.sql"), 0);
    ck_assert_int_ne(run(COMPILE " -I%s %s/a.sql.c 2>&1", dir, dir), 0);
    ck_assert_msg(strstr(output, "thing.id is not int32_t"), "%s", output);
}
END_TEST

START_TEST(a_list_brings_its_filters_and_sorts)
{
    write_text("things.h", things_h);
    given("-- include \"things.h\"\n"
          "-- fn page(kind text) -> list struct thing(id i64, name text)\n"
          "-- filter name text: t.name\n"
          "-- filter owner id cus: t.owner\n"
          "-- filter late bool: (t.due < :today\n"
          "--     AND t.on)\n"
          "-- sort name: t.name\n"
          "-- sort id: t.id\n"
          "SELECT id, name FROM t WHERE kind = :kind AND :filters;\n"
          "-- fn stream() -> list(seq i64)\n-- sort seq unique: e.seq\n"
          "SELECT seq FROM e WHERE :filters;\n");
    expect_made("a.sql.h", "err page(struct tx *tx, const char *kind, struct list_query *q, "
                           "struct thing_list *ret) MUST_CHECK;");
    expect_made("a.sql.h", "extern const struct list_def page_def;");
    expect_made("a.sql.c", "WHERE kind = $1 AND :filters\"");
    expect_made("a.sql.c", ".name = \"owner\", .type = PG_I64, .prefix = \"cus\"");
    expect_made("a.sql.c", "\"(t.due < $2 AND t.on)\"");
    expect_made("a.sql.c", "    .id_offset = offsetof(struct thing, id),\n    .id_expr =\n"
                           "        \"t.id\",\n");
    expect_made("a.sql.c", "{.name = \"name\", .type = PG_TEXT, "
                           ".offset = offsetof(struct thing, name), .unique = false");
    expect_made("a.sql.c", "    .id_offset = SIZE_MAX,\n");
}
END_TEST

START_TEST(casts_quotes_and_comments_are_left_alone)
{
    given("-- What it is for: nobody knows.\n"
          "-- fn odd(a i64,\n"
          "--        b text) -> exec\n"
          "-- a remark; with :colon and 'quote\n"
          "SELECT ':a; it''s', \":b\"\"\", $$ :a; $$, $x$ $$ :b $x$, :a::text || :b, -- :c; '\n"
          "  -- all of a line\n"
          "  x[1:2], f(n := 3), '\\', '?' /* :d;\n"
          " */ WHERE 1 = 1; -- done\n");
    expect_made("a.sql.c", "\"SELECT ':a; it''s', \\\":b\\\"\\\"\\\", $$ :a; $$, $x$ $$ :b $x$, "
                           "$1::text || $2,\\n\"\n"
                           "        \"  x[1:2], f(n := 3), '\\\\', '\\?'  WHERE 1 = 1\",\n");
}
END_TEST

START_TEST(statements_are_numbered_over_all_files)
{
    write_text("b.sql", "-- fn one() -> exec\nSELECT 1;\n-- fn two() -> exec\nSELECT 2;\n");
    write_text("c.sql", "-- nothing here\n");
    write_text("d.sql", "\n-- fn three() -> exec\nSELECT 3\n;\n");
    ck_assert_int_eq(generate("b.sql c.sql d.sql"), 0);
    expect_made("all_stmts.c", "    &one_stmt,\n    &two_stmt,\n    &three_stmt,\n");
    expect_made("all_stmts.c", "n_all_stmts = 3;");
    expect_made("d.sql.c", "    .file = \"d.sql\",\n");
    expect_made("d.sql.c", "    .number = 2,\n");
    expect_compiles("b.sql.c");
    expect_compiles("c.sql.c");
    expect_compiles("d.sql.c");
    expect_compiles("all_stmts.c");
}
END_TEST

START_TEST(no_files_make_an_empty_table)
{
    ck_assert_int_eq(generate(""), 0);
    expect_made("all_stmts.c", "n_all_stmts = 0;");
    expect_compiles("all_stmts.c");
}
END_TEST

/* ---- what is refused ---- */

static const struct {
    const char *sql, *message;
} refused[] = {
    {"-- fn f(a int8) -> exec\nSELECT :a;\n", "a.sql:1: unknown type int8\n"},
    {"\n\n-- fn f(a i64,\n--      b money) -> exec\nSELECT :a;\n", "a.sql:4: unknown type money\n"},
    {"-- fn f() -> many(a float)\nSELECT 1;\n", "a.sql:1: unknown type float\n"},
    {"-- fn f() -> exec\nSELECT 1,\n :a;\n", "a.sql:3: parameter a is not declared\n"},
    {"-- fn f(rows r[a i64]) -> exec\nSELECT :r.a,\n :r.b;\n",
     "a.sql:3: parameter r has no member b\n"},
    {"-- fn f(rows r[a i64]) -> exec\nSELECT :r;\n",
     "a.sql:2: parameter r is a set of rows: write :r.member\n"},
    {"-- fn f(rows r[a i64]) -> exec\nSELECT :r.a, :a;\n",
     "a.sql:2: parameter a is not declared\n"},
    {"-- fn g() -> exec\nSELECT 1;\n-- fn f(a i64) -> exec\nSELECT ':a';\n",
     "a.sql:3: parameter a of f is not used\n"},
    {"-- fn f(rows r[a i64, b i64]) -> exec\nSELECT :r.a;\n",
     "a.sql:1: parameter r.b of f is not used\n"},
    {"-- fn f(tenant i64) -> exec\nSELECT :tenant;\n",
     "a.sql:1: parameter tenant: the name is reserved\n"},
    {"-- fn f(a i64, a i64) -> exec\nSELECT :a;\n", "a.sql:1: parameter a is declared twice\n"},
    {"-- fn f(a bool?) -> exec\nSELECT :a;\n", "a.sql:1: parameter a: a bool cannot be absent\n"},
    {"-- fn f() -> exec\nSELECT 1;\n-- fn f() -> exec\nSELECT 2;\n",
     "a.sql:3: function f is already declared at a.sql:1\n"},
    {"-- fn f() -> exec\nSELECT 1\n\n-- fn g() -> exec\nSELECT 2;\n",
     "a.sql:1: statement f does not end with ';'\n"},
    {"\n-- fn f() -> exec\nSELECT 1\n", "a.sql:2: statement f does not end with ';'\n"},
    {"-- fn f() -> exec\n-- fn g() -> exec\nSELECT 1;\n", "a.sql:1: function f has no statement\n"},
    {"-- fn f() -> exec\nSELECT 1; SELECT 2;\n",
     "a.sql:2: end of line expected before \"SELECT 2;\"\n"},
    {"-- fn f() -> exec\nSELECT\n 'x;\n", "a.sql:3: quote ' is not closed\n"},
    {"-- fn f() -> exec\nSELECT $1;\n",
     "a.sql:2: numbered parameters are not for .sql files: use :name\n"},
    {"SELECT 1;\n", "a.sql:1: SQL without a '-- fn' line above it\n"},
    {"-- fn f() -> row(a i64)\nSELECT 1;\n",
     "a.sql:1: unknown kind of result row: exec, one, maybe, many or list expected\n"},
    {"-- fn f() -> many(a i64[])\nSELECT 1;\n", "a.sql:1: column a: a result cannot be an array\n"},
    {"-- fn f() -> many(a i64, a i64)\nSELECT 1;\n", "a.sql:1: column a is declared twice\n"},
    {"-- fn f() -> many(a i64) exec\nSELECT 1;\n",
     "a.sql:1: end of line expected before \"exec\"\n"},
    {"-- fn f() -> list(id i64)\n-- sort id: id\nSELECT id FROM t WHERE TRUE;\n",
     "a.sql:1: list f needs :filters once in its WHERE\n"},
    {"-- fn f() -> list(id i64)\n-- sort id: id\nSELECT id FROM t WHERE :filters OR :filters;\n",
     "a.sql:1: list f needs :filters once in its WHERE\n"},
    {"-- fn f() -> list(id i64)\nSELECT id FROM t WHERE :filters;\n",
     "a.sql:1: list f has no sort\n"},
    {"-- fn f() -> list(a i64)\n-- sort a: a\nSELECT a FROM t WHERE :filters;\n",
     "a.sql:2: sort a of list f needs a column id and '-- sort id: …' as tie-break, or unique\n"},
    {"-- fn f() -> list(a i64)\n-- sort id: a\nSELECT a FROM t WHERE :filters;\n",
     "a.sql:2: sort id: no column of the result has this name\n"},
    {"-- fn f() -> list(id text)\n-- sort id: a\nSELECT a FROM t WHERE :filters;\n",
     "a.sql:2: sort id: the column must be i64\n"},
    {"-- fn f() -> list(id i64, a i64?)\n-- sort id: a\n-- sort a: a\nSELECT 1 WHERE :filters;\n",
     "a.sql:3: sort a: the column may be NULL\n"},
    {"-- fn f() -> list(id i64)\n-- filter limit i64: x\n-- sort id: id\nSELECT 1 WHERE "
     ":filters;\n",
     "a.sql:2: filter limit: the name is reserved\n"},
    {"-- fn f() -> list(id i64)\n-- filter x json: x\n-- sort id: id\nSELECT 1 WHERE :filters;\n",
     "a.sql:2: filter x: json cannot be filtered by\n"},
    {"-- fn f() -> exec\n-- filter x i64: x\nSELECT 1;\n", "a.sql:2: filters are for lists\n"},
    {"-- fn f() -> many(id i64)\nSELECT id WHERE :filters;\n",
     "a.sql:2: parameter filters is not declared\n"},
};

START_TEST(a_mistake_is_told_with_file_and_line)
{
    write_text("a.sql", refused[_i].sql);
    ck_assert_int_eq(generate("a.sql"), 1);
    ck_assert_str_eq(output, refused[_i].message);
    ck_assert_int_ne(run("test -e %s/all_stmts.c", dir), 0);
}
END_TEST

START_TEST(a_function_is_unique_over_all_files)
{
    write_text("a.sql", "-- fn f() -> exec\nSELECT 1;\n");
    write_text("b.sql", "\n-- fn f() -> exec\nSELECT 1;\n");
    ck_assert_int_eq(generate("a.sql b.sql"), 1);
    ck_assert_str_eq(output, "b.sql:2: function f is already declared at a.sql:1\n");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    ck_assert_int_eq(generate("none.sql"), 1);
    ck_assert_str_eq(output, "none.sql:1: cannot be read: No such file or directory\n");
}
END_TEST

int main(void)
{
    find_sqlgen();
    TCase *t = tcase_create("sqlgen");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_statement_without_rows_is_queued);
    tcase_add_test(t, rows_come_in_a_struct_of_the_function);
    tcase_add_test(t, one_and_maybe_differ_in_what_no_row_means);
    tcase_add_test(t, a_set_of_rows_is_bound_as_columns);
    tcase_add_test(t, existing_structs_are_filled_and_read);
    tcase_add_test(t, a_member_of_another_type_does_not_compile);
    tcase_add_test(t, a_list_brings_its_filters_and_sorts);
    tcase_add_test(t, casts_quotes_and_comments_are_left_alone);
    tcase_add_test(t, statements_are_numbered_over_all_files);
    tcase_add_test(t, no_files_make_an_empty_table);
    tcase_add_loop_test(t, a_mistake_is_told_with_file_and_line, 0, COUNT_OF(refused));
    tcase_add_test(t, a_function_is_unique_over_all_files);
    tcase_add_test(t, a_file_that_is_not_there_is_named);
    Suite *s = suite_create("sqlgen");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
