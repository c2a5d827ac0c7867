/* The legal entity through the API. */
#include "tests/support/world.h"
#include <string.h>

static struct reply patch_at(struct world *w, const char *version, const char *body)
{
    struct request_options o = {.if_match = version};
    return request(w, "PATCH", "/v1/tenant", body, &o);
}

START_TEST(the_tenant_shows_its_facts_and_its_today)
{
    struct world *w = world_new();
    struct reply r = get(w, "/v1/tenant");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/id"), world_tenant(w));
    ck_assert_str_eq(text(r, "/currency"), "EUR");
    ck_assert_str_eq(text(r, "/time_zone"), "Europe/Berlin");
    ck_assert_str_eq(text(r, "/rounding"), "half_up");
    ck_assert_str_eq(text(r, "/locked_until"), "null");
    ck_assert_str_eq(text(r, "/today"),
                     world_sql(w, "SELECT (clock_timestamp() AT TIME ZONE 'Europe/Berlin')::date"));
    ck_assert_str_eq(header(r, "ETag"), "\"1\"");
    world_free(w);
}
END_TEST

START_TEST(a_change_of_the_tenant_needs_the_version_that_was_read)
{
    struct world *w = world_new();
    expect_problem(patch_at(w, NULL, "{\"name\":\"X\"}"), 428, "if_match_missing");
    struct reply r = patch_at(w, "\"1\"", "{\"name\":\"X\",\"tax_id\":\"DE1\"}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/name"), "X");
    ck_assert_str_eq(text(r, "/tax_id"), "DE1");
    ck_assert_str_eq(text(r, "/version"), "2");
    expect_problem(patch_at(w, "\"1\"", "{\"name\":\"Y\"}"), 412, "stale");
    ck_assert_str_eq(text(get(w, "/v1/tenant"), "/name"), "X");
    world_free(w);
}
END_TEST

START_TEST(locking_the_books_can_be_taken_back_but_a_name_cannot)
{
    struct world *w = world_new();
    struct reply r = patch(w, "/v1/tenant", "{'locked_until':'2020-12-31','tax_id':'DE1'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/locked_until"), "2020-12-31");
    r = patch(w, "/v1/tenant", "{'locked_until':null,'tax_id':null}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/locked_until"), "null");
    ck_assert_str_eq(text(r, "/tax_id"), "null");
    r = patch(w, "/v1/tenant", "{'name':null,'legal_name':null,'credit_mode':null}");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/name", "required");
    expect_fault(r, "/legal_name", "required");
    expect_fault(r, "/credit_mode", "required");
    expect_fault(patch(w, "/v1/tenant", "{'currency':'USD'}"), "/currency", "unknown_member");
    world_free(w);
}
END_TEST

START_TEST(a_change_is_recorded_with_what_was_and_what_is)
{
    struct world *w = world_new();
    expect(patch(w, "/v1/tenant", "{'credit_mode':'warn'}"), 200);
    ck_assert_str_eq(world_sql(w, "SELECT before->>'credit_mode' || ' ' || (after->>'credit_mode')"
                                  " FROM event WHERE type = 'tenant.updated'"),
                     "enforce warn");
    world_free(w);
}
END_TEST

static Suite *tenant_suite(void)
{
    Suite *s = suite_create("tenant");
    TCase *t = tcase_create("tenant");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_tenant_shows_its_facts_and_its_today);
    tcase_add_test(t, a_change_of_the_tenant_needs_the_version_that_was_read);
    tcase_add_test(t, locking_the_books_can_be_taken_back_but_a_name_cannot);
    tcase_add_test(t, a_change_is_recorded_with_what_was_and_what_is);
    suite_add_tcase(s, t);
    return s;
}
WORLD_MAIN(tenant_suite)
