/* The way through the warehouse, and who gets what was found. */
#include "server/picking/picking.h"
#include <check.h>
#include <string.h>

static struct pick_row row(int64_t product, const char *sku, const char *bin, int64_t quantity)
{
    return (struct pick_row){
        .product_id = product, .sku = sku, .bin = bin, .quantity = quantity, .picked = NIL64};
}

START_TEST(parts_are_walked_by_bin_and_product)
{
    struct arena *a = arena_new(1 << 16);
    struct pick_row rows[] = {row(1, "Z", NULL, 1), row(2, "B", "A-2", 2), row(3, "C", "A-1", 3),
                              row(2, "B", "A-2", 4), row(4, "A", "A-2", 5)};
    pick_rows_number(rows, 5);
    struct pick_line_list lines = pick_lines_of(a, &(struct pick_row_list){rows, 5});
    ck_assert_uint_eq(lines.n, 4);
    ck_assert_str_eq(lines.v[0].sku, "C");
    ck_assert_str_eq(lines.v[1].sku, "A");
    ck_assert_str_eq(lines.v[2].sku, "B");
    ck_assert_int_eq(lines.v[2].quantity, 6);
    ck_assert_int_eq(lines.v[2].parts.v[0].quantity, 2); /* as they came */
    ck_assert_int_eq(lines.v[2].parts.v[1].part_no, 2);
    ck_assert_int_eq(lines.v[2].picked, NIL64);
    ck_assert_str_eq(lines.v[3].sku, "Z");
    ck_assert_int_eq(lines.v[3].line_no, 4);
    arena_free(a);
}
END_TEST

START_TEST(the_first_get_what_was_found)
{
    struct pick_row rows[] = {row(1, "A", NULL, 3), row(1, "A", NULL, 4), row(1, "A", NULL, 5)};
    pick_share(rows, 3, 5);
    ck_assert_int_eq(rows[0].picked, 3);
    ck_assert_int_eq(rows[1].picked, 2);
    ck_assert_int_eq(rows[2].picked, 0);
}
END_TEST

START_TEST(a_list_moves_on_and_never_back)
{
    struct arena *a = arena_new(1 << 16);
    ck_assert_uint_eq(pick_list_actions(a, "open").n, 3);
    ck_assert_str_eq(pick_list_actions(a, "picking").v[0], "confirm");
    ck_assert_str_eq(pick_list_actions(a, "picked").v[0], "recall");
    ck_assert_uint_eq(pick_list_actions(a, "recalled").n, 0);
    ck_assert_uint_eq(pick_list_actions(a, "canceled").n, 0);
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("picking_rules");
    TCase *t = tcase_create("rules");
    tcase_add_test(t, parts_are_walked_by_bin_and_product);
    tcase_add_test(t, the_first_get_what_was_found);
    tcase_add_test(t, a_list_moves_on_and_never_back);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
