/* Comma-separated values: cells, quotes, ends of lines, and what is not well-formed. */
#include "lib/base/csv.h"
#include <check.h>
#undef fail
#include <stdio.h>
#include <string.h>

/* "line:cell|cell" of each record, one to a line; a fault as "line!sentence". */
static const char *read_text(struct arena *a, const char *text, size_t len)
{
    struct csv c;
    struct csv_record r;
    const char *all = "";
    for (csv_begin(&c, a, text, len); csv_next(&c, &r);) {
        all = arena_printf(a, "%s%lld%s", all, (long long)r.line, r.fault ? "!" : ":");
        for (size_t i = 0; r.fault == NULL && i < r.n; i++)
            all = arena_printf(a, "%s%s%.*s", all, i > 0 ? "|" : "", (int)r.cells[i].len,
                               r.cells[i].p);
        all = arena_printf(a, "%s%s\n", all, r.fault ? r.fault : "");
    }
    return all;
}

static void expect_records(const char *text, const char *records)
{
    struct arena *a = arena_new(1 << 20);
    ck_assert_str_eq(read_text(a, text, strlen(text)), records);
    arena_free(a);
}

START_TEST(cells_are_separated_by_commas_and_records_by_ends_of_lines)
{
    expect_records("", "");
    expect_records("a", "1:a\n");
    expect_records("a,b\nc,\n,d\r\n", "1:a|b\n2:c|\n3:|d\n");
    expect_records("\xEF\xBB\xBF"
                   "a, b \r\n,\r",
                   "1:a| b \n2:|\n");
    expect_records("a\rb,c", "1:a\rb|c\n");
}
END_TEST

START_TEST(blank_lines_do_not_count_but_are_numbered)
{
    expect_records("\n\r\na\n\n\nb\n\n", "3:a\n6:b\n");
    expect_records("\"\"\n", "1:\n");
}
END_TEST

START_TEST(quotes_keep_commas_quotes_and_ends_of_lines)
{
    expect_records("\"a,b\",\"say \"\"hi\"\"\",\"\"\nnext", "1:a,b|say \"hi\"|\n2:next\n");
    expect_records("\"one\ntwo\r\nthree\",x\ny", "1:one\ntwo\r\nthree|x\n4:y\n");
    expect_records("\"\"\"\"", "1:\"\n");
}
END_TEST

START_TEST(what_is_not_well_formed_is_told_and_the_next_line_is_read)
{
    expect_records("a\"b,c\nd",
                   "1!A quote stands inside a cell that does not begin with one.\n2:d\n");
    expect_records(
        "x,\"a\"b,\"c\nd",
        "1!A quoted cell goes on behind its closing quote; double quotes inside it.\n2:d\n");
    expect_records("a\n\"b\nc", "1:a\n2!A cell begins with a quote that never ends.\n");
    struct arena *a = arena_new(1 << 20);
    char many[CSV_CELLS_MAX + 3];
    memset(many, ',', sizeof(many));
    memcpy(many + CSV_CELLS_MAX, "\nz", 3);
    ck_assert_str_eq(read_text(a, many, CSV_CELLS_MAX + 2), "1!It has too many cells.\n2:z\n");
    arena_free(a);
}
END_TEST

START_TEST(the_text_of_the_records_is_the_whole_text)
{
    static const char text[] = "a,\"b\nc\"\r\n\"d\"e\nf";
    struct arena *a = arena_new(1 << 20);
    struct csv c;
    struct csv_record r;
    const char *at = text;
    for (csv_begin(&c, a, text, strlen(text)); csv_next(&c, &r); at = r.end)
        ck_assert_ptr_eq(r.text, at);
    ck_assert_ptr_eq(at, text + strlen(text));
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("csv");
    tcase_add_test(t, cells_are_separated_by_commas_and_records_by_ends_of_lines);
    tcase_add_test(t, blank_lines_do_not_count_but_are_numbered);
    tcase_add_test(t, quotes_keep_commas_quotes_and_ends_of_lines);
    tcase_add_test(t, what_is_not_well_formed_is_told_and_the_next_line_is_read);
    tcase_add_test(t, the_text_of_the_records_is_the_whole_text);
    Suite *s = suite_create("csv");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
