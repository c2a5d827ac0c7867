/* Runs after all others: every operation of the API was exercised by some test. */
#include "server/routes.h"
#include <check.h>
#undef fail
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 128

static bool *done;

static void read_names(const char *dir, const char *file)
{
    char path[1024], name[NAME_MAX_LEN];
    snprintf(path, sizeof(path), "%s/%s", dir, file);
    FILE *f = fopen(path, "re");
    ck_assert_msg(f != NULL, "%s", path);
    while (fgets(name, sizeof(name), f) != NULL) {
        name[strcspn(name, "\n")] = '\0';
        for (size_t i = 0; i < n_routes; i++)
            done[i] = done[i] || strcmp(routes[i].name, name) == 0;
    }
    fclose(f);
}

START_TEST(every_operation_was_exercised_by_some_test)
{
    const char *dir = getenv("O2C_EXERCISED");
    ck_assert_msg(dir != NULL, "O2C_EXERCISED names no directory");
    done = calloc(n_routes, sizeof(*done));
    DIR *d = opendir(dir);
    ck_assert_msg(d != NULL, "%s", dir);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.')
            read_names(dir, e->d_name);
    closedir(d);
    for (size_t i = 0; i < n_routes; i++)
        ck_assert_msg(done[i], "no test got a successful answer from %s", routes[i].name);
    free(done);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("operations");
    tcase_add_test(t, every_operation_was_exercised_by_some_test);
    Suite *s = suite_create("coverage");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
