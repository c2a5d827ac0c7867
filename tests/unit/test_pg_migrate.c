/* Migrations: applied once, in order, alone, and never when something does not fit. */
#include "lib/pg/migrate_list.h"
#include "pg_fixture.h"
#include <pthread.h>
#include <string.h>

/* For when the program links no migrations of its own. */
__attribute__((weak)) const struct migration migrations[] = {{0, "", ""}};
__attribute__((weak)) const int n_migrations = 0;

static const struct migration list[] = {
    {1, "0001_spine", "CREATE TABLE a (n int); INSERT INTO a VALUES (1);"},
    {2, "0002_more", "-- with a comment; and ü\nALTER TABLE a ADD m int NOT NULL DEFAULT 7;"},
    {3, "0003_empty", "-- nothing\n"},
};

static void setup(void)
{
    fixture_exec("DROP TABLE IF EXISTS schema_migration, a");
}

static err up(const struct migration *l, int n)
{
    return migrate_list(embedded_owner_conninfo(fixture), l, n);
}

static err check(const struct migration *l, int n)
{
    return migrate_check_list(embedded_owner_conninfo(fixture), l, n);
}

START_TEST(missing_migrations_are_applied_in_order_and_recorded)
{
    ck_assert_int_eq(up(list, 1), OK);
    ck_assert_int_eq(check(list, 1), OK);
    ck_assert_int_eq(check(list, 2), ERR_INTERNAL);
    ck_assert_int_eq(up(list, 3), OK);
    ck_assert_int_eq(up(list, 3), OK);
    ck_assert_int_eq(check(list, 3), OK);
    ck_assert_int_eq(fixture_int("SELECT sum(m) FROM a"), 7);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM schema_migration"), 3);
    char *sha256 = fixture_sql(false, "SELECT sha256 = encode(sha256('-- nothing\n'), 'hex')"
                                      " FROM schema_migration WHERE name = '0003_empty'");
    ck_assert_str_eq(sha256, "t");
    free(sha256);
}
END_TEST

START_TEST(a_schema_that_was_never_migrated_fails_the_check)
{
    ck_assert_int_eq(check(list, 1), ERR_INTERNAL);
}
END_TEST

START_TEST(the_server_role_may_check)
{
    ck_assert_int_eq(up(list, 3), OK);
    ck_assert_int_eq(migrate_check_list(embedded_server_conninfo(fixture), list, 3), OK);
    ck_assert_int_eq(migrate_list(embedded_server_conninfo(fixture), list, 3), ERR_INTERNAL);
}
END_TEST

START_TEST(a_failing_migration_leaves_nothing_behind)
{
    const struct migration bad[] = {list[0],
                                    {2, "0002_bad", "ALTER TABLE a ADD b int;\nSELECT nonsense;"}};
    ck_assert_int_eq(up(bad, 2), ERR_INTERNAL);
    ck_assert_int_eq(fixture_int("SELECT max(version) FROM schema_migration"), 1);
    ck_assert_int_eq(
        fixture_int("SELECT count(*) FROM information_schema.columns WHERE table_name = 'a'"), 1);
    ck_assert_int_eq(up(list, 2), OK);
}
END_TEST

START_TEST(a_migration_that_ends_its_transaction_is_refused)
{
    const struct migration bad[] = {{1, "0001_commit", "CREATE TABLE a (n int); COMMIT;"}};
    ck_assert_int_eq(up(bad, 1), ERR_INTERNAL);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM schema_migration"), 0);
}
END_TEST

START_TEST(a_changed_text_and_an_unknown_version_are_refused)
{
    ck_assert_int_eq(up(list, 2), OK);
    const struct migration changed[] = {list[0], {2, "0002_more", "SELECT 1"}};
    ck_assert_int_eq(up(changed, 2), ERR_INTERNAL);
    ck_assert_int_eq(check(changed, 2), ERR_INTERNAL);
    ck_assert_int_eq(up(list, 1), ERR_INTERNAL);
    ck_assert_int_eq(check(list, 1), ERR_INTERNAL);
}
END_TEST

START_TEST(a_database_that_is_not_there_is_unavailable)
{
    ck_assert_int_eq(migrate_list("host=/nonexistent", list, 1), ERR_UNAVAILABLE);
    ck_assert_int_eq(migrate_check_list("host=/nonexistent", list, 1), ERR_UNAVAILABLE);
}
END_TEST

static void *up_in_thread(void *arg)
{
    *(err *)arg = up(list, 3);
    return NULL;
}

START_TEST(servers_that_start_together_take_turns)
{
    pthread_t threads[4];
    err results[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, up_in_thread, &results[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(results[i], OK);
    ck_assert_int_eq(fixture_int("SELECT count(*) FROM a"), 1);
}
END_TEST

int main(void)
{
    fixture_start();
    Suite *suite = suite_create("pg_migrate");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, missing_migrations_are_applied_in_order_and_recorded);
    tcase_add_test(c, a_schema_that_was_never_migrated_fails_the_check);
    tcase_add_test(c, the_server_role_may_check);
    tcase_add_test(c, a_failing_migration_leaves_nothing_behind);
    tcase_add_test(c, a_migration_that_ends_its_transaction_is_refused);
    tcase_add_test(c, a_changed_text_and_an_unknown_version_are_refused);
    tcase_add_test(c, a_database_that_is_not_there_is_unavailable);
    tcase_add_test(c, servers_that_start_together_take_turns);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    fixture_stop();
    return failures != 0;
}
