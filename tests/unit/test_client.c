/* Which servers may be asked. */
#include "lib/client/client.h"
#include <check.h>
#include <stdlib.h>

START_TEST(only_https_and_the_loopback_interface_are_asked)
{
    static const char *const allowed[] = {"https://bureau.example/score?v=1",
                                          "https://10.0.0.1:8443", "http://127.0.0.1:8080/x",
                                          "http://localhost/", "http://[::1]:9/"};
    static const char *const refused[] = {"",
                                          "bureau.example",
                                          "http://bureau.example/",
                                          "http://127.0.0.1.example.com/",
                                          "http://127.0.0.1@bureau.example/",
                                          "https://user:secret@bureau.example/",
                                          "file:///etc/passwd",
                                          "ftp://127.0.0.1/",
                                          "gopher://127.0.0.1/",
                                          "https://"};
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        ck_assert_msg(client_url_allowed(allowed[i]), "%s", allowed[i]);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ck_assert_msg(!client_url_allowed(refused[i]), "%s", refused[i]);
}
END_TEST

START_TEST(a_url_that_is_not_allowed_is_not_asked)
{
    struct arena *a = arena_new(1 << 20);
    struct client_request r = {.url = "http://bureau.example/",
                               .idempotency_key = "k",
                               .json = "{}",
                               .timeout_ms = 1000,
                               .answer_max = 100};
    struct client_answer answer;
    client_post(a, &r, &answer);
    ck_assert_int_eq(answer.outcome, CLIENT_NOT_SENT);
    ck_assert_ptr_nonnull(answer.detail);
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("client");
    TCase *t = tcase_create("client");
    tcase_add_test(t, only_https_and_the_loopback_interface_are_asked);
    tcase_add_test(t, a_url_that_is_not_allowed_is_not_asked);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
