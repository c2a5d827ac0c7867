/* The embedded PostgreSQL: made once, started again after a stop and after a crash. */
#include "pg_fixture.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[256];

static void setup(void)
{
    log_set_level(LOG_OFF);
    snprintf(dir, sizeof dir, "/tmp/o2c-test-emb-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chmod(dir, 0755), 0);
}

static void teardown(void)
{
    char top[] = "/tmp/o2c-test-emb-XXXXXX";
    memcpy(top, dir, sizeof top - 1);
    nftw(top, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static struct embedded *start(bool throwaway)
{
    char inner[300];
    snprintf(inner, sizeof inner, "%s/a/pg", dir);
    struct embedded_options o = {
        .dir = inner, .shared_buffers = "32MB", .max_connections = 20, .throwaway = throwaway};
    struct embedded *e = NULL;
    ck_assert_int_eq(embedded_start(&o, &e), OK);
    return e;
}

/* The first cell as a number, or -1. */
static int64_t ask(const char *conninfo, const char *sql)
{
    PGconn *pg = PQconnectdb(conninfo);
    PGresult *res = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(res);
    int64_t v = status == PGRES_COMMAND_OK  ? 0
                : status == PGRES_TUPLES_OK ? strtoll(PQgetvalue(res, 0, 0), NULL, 10)
                                            : -1;
    PQclear(res);
    PQfinish(pg);
    return v;
}

static pid_t postmaster(void)
{
    char path[400], line[32] = "";
    snprintf(path, sizeof path, "%s/a/pg/data/postmaster.pid", dir);
    FILE *f = fopen(path, "re");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    fclose(f);
    return (pid_t)strtol(line, NULL, 10);
}

START_TEST(what_was_written_is_there_after_a_stop_and_after_a_crash)
{
    struct embedded *e = start(false);
    ck_assert_int_eq(ask(embedded_owner_conninfo(e), "CREATE TABLE t (n int)"), 0);
    ck_assert_int_eq(ask(embedded_owner_conninfo(e), "INSERT INTO t VALUES (42)"), 0);
    embedded_stop(e);
    e = start(false);
    ck_assert_int_eq(ask(embedded_owner_conninfo(e), "SELECT n FROM t"), 42);
    ck_assert_int_eq(ask(embedded_owner_conninfo(e), "UPDATE t SET n = 43"), 0);
    kill(postmaster(), SIGKILL);
    embedded_stop(e);
    e = start(false);
    ck_assert_int_eq(ask(embedded_owner_conninfo(e), "SELECT n FROM t"), 43);
    ck_assert_int_eq(
        ask(embedded_owner_conninfo(e), "SELECT (current_setting('data_checksums') = 'on')::int"),
        1);
    ck_assert_int_eq(ask(embedded_owner_conninfo(e), "SELECT (current_setting('fsync') = 'on')"
                                                     "::int"),
                     1);
    embedded_stop(e);
}
END_TEST

START_TEST(roles_have_no_more_rights_than_they_need)
{
    struct embedded *e = start(true);
    const char *owner = embedded_owner_conninfo(e), *server = embedded_server_conninfo(e);
    ck_assert_int_eq(ask(owner, "CREATE TABLE t (n int)"), 0);
    ck_assert_int_eq(ask(server, "SELECT n FROM t"), -1);
    ck_assert_int_eq(ask(server, "CREATE TABLE s (n int)"), -1);
    ck_assert_int_eq(ask(server, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'o2c%'"
                                 " AND (rolsuper OR rolcreaterole OR rolcreatedb)"),
                     0);
    ck_assert_int_eq(ask(owner, "SELECT (current_setting('fsync') = 'off')::int"), 1);
    ck_assert_int_eq(ask(owner, "SELECT (current_setting('listen_addresses') = '')::int"), 1);
    embedded_stop(e);
}
END_TEST

START_TEST(only_the_user_of_the_database_reaches_the_socket)
{
    struct embedded *e = start(true);
    char path[400];
    struct stat st;
    snprintf(path, sizeof path, "%s/a/pg", dir);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "/proc/%d", postmaster());
    struct stat program;
    ck_assert_int_eq(stat(path, &program), 0);
    ck_assert_uint_ne(program.st_uid, 0);
    ck_assert_uint_eq(program.st_uid, st.st_uid);
    embedded_stop(e);
}
END_TEST

START_TEST(a_second_server_adopts_the_running_one_and_leaves_it_alone)
{
    struct embedded *first = start(true), *second = start(true);
    ck_assert_str_eq(embedded_owner_conninfo(first), embedded_owner_conninfo(second));
    embedded_stop(second);
    ck_assert_int_eq(ask(embedded_owner_conninfo(first), "SELECT 1"), 1);
    char conninfo[300];
    snprintf(conninfo, sizeof conninfo, "%s", embedded_owner_conninfo(first));
    embedded_stop(first);
    ck_assert_int_eq(ask(conninfo, "SELECT 1"), -1);
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_gets_one_elsewhere)
{
    size_t n = strlen(dir);
    snprintf(dir + n, sizeof dir - n, "/%0100d", 7);
    struct embedded *e = start(true);
    ck_assert_ptr_nonnull(strstr(embedded_owner_conninfo(e), "/tmp/o2c-pg-"));
    ck_assert_int_eq(ask(embedded_owner_conninfo(e), "SELECT 1"), 1);
    struct embedded *second = start(true);
    ck_assert_str_eq(embedded_owner_conninfo(e), embedded_owner_conninfo(second));
    embedded_stop(second);
    embedded_stop(e);
}
END_TEST

START_TEST(it_does_not_outlive_a_server_that_was_killed)
{
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t server = fork();
    if (server == 0) {
        (void)start(true);
        if (write(ready[1], "!", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    char c = 0;
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &c, 1), 1);
    close(ready[0]);
    pid_t pid = postmaster();
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    /* A new server started at once waits for the old database to end and starts its own. */
    struct embedded *e = start(true);
    ck_assert_int_eq(ask(embedded_owner_conninfo(e), "SELECT 1"), 1);
    ck_assert_int_ne(postmaster(), pid);
    embedded_stop(e);
}
END_TEST

START_TEST(a_bin_dir_without_programs_is_refused)
{
    struct embedded_options o = {.dir = dir, .bin_dir = "/nonexistent", .throwaway = true};
    struct embedded *e = NULL;
    ck_assert_int_eq(embedded_start(&o, &e), ERR_UNAVAILABLE);
    ck_assert_ptr_null(e);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pg_embedded");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_was_written_is_there_after_a_stop_and_after_a_crash);
    tcase_add_test(c, roles_have_no_more_rights_than_they_need);
    tcase_add_test(c, only_the_user_of_the_database_reaches_the_socket);
    tcase_add_test(c, a_second_server_adopts_the_running_one_and_leaves_it_alone);
    tcase_add_test(c, a_path_too_long_for_a_socket_gets_one_elsewhere);
    tcase_add_test(c, it_does_not_outlive_a_server_that_was_killed);
    tcase_add_test(c, a_bin_dir_without_programs_is_refused);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
