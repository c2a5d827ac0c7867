/* Documents of shipments: sent as bytes, kept once, given back as they came. */
#include "tests/support/raw_http.h"
#include "tests/support/world.h"
#include <string.h>

static const char *shipment(struct world *w)
{
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 100);
    struct reply r = post(w, "/v1/shipments", "{'order_id':'%s'}", given_order(w, who, "A", 10));
    expect(r, 201);
    return fmt(w, "/v1/shipments/%s", text(r, "/id"));
}

static struct reply upload(struct world *w, const char *path, const char *query, const char *media,
                           const char *body)
{
    const char *headers[] = {fmt(w, "Content-Type: %s", media), NULL};
    struct request_options o = {.headers = headers};
    return request(w, "POST", fmt(w, "%s/documents%s", path, query), body, &o);
}

START_TEST(what_is_sent_comes_back_as_it_was)
{
    struct world *w = world_new();
    const char *path = shipment(w);
    struct reply r = upload(w, path, "?kind=packing_slip&file_name=Packzettel%20%C3%BC.txt",
                            "text/plain; charset=utf-8", "6 A\r\n");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/kind"), "packing_slip");
    ck_assert_str_eq(text(r, "/file_name"), "Packzettel \303\274.txt");
    ck_assert_str_eq(text(r, "/media_type"), "text/plain");
    ck_assert_str_eq(text(r, "/size"), "5");
    const char *sha256 = fmt(w, "%s", text(r, "/sha256"));
    ck_assert_uint_eq(strlen(sha256), 64);
    struct reply list = get(w, "%s/documents", path);
    ck_assert_uint_eq(length(list, "/documents"), 1);
    ck_assert_str_eq(text(list, "/documents/0/id"), text(r, "/id"));
    const char *document = fmt(w, "/v1/documents/%s", text(r, "/id"));
    r = get(w, "%s", document);
    expect(r, 200);
    ck_assert_str_eq(r.body, "6 A\r\n");
    ck_assert_str_eq(header(r, "Content-Type"), "text/plain");
    ck_assert_str_eq(header(r, "ETag"), fmt(w, "\"%s\"", sha256));
    ck_assert_str_eq(header(r, "Content-Disposition"),
                     "attachment; filename=\"Packzettel __.txt\"; "
                     "filename*=UTF-8''Packzettel%20%C3%BC.txt");
    ck_assert_str_eq(header(r, "X-Content-Type-Options"), "nosniff");
    const char *headers[] = {fmt(w, "If-None-Match: \"%s\"", sha256), NULL};
    struct request_options o = {.headers = headers};
    r = request(w, "GET", document, NULL, &o);
    expect(r, 304);
    ck_assert_str_eq(r.body, "");
    ck_assert_str_eq(world_sql(w, "SELECT string_agg(type, ' ') FROM event"
                                  " WHERE type LIKE 'shipment.document%%'"),
                     "shipment.document_added");
    expect_problem(get(w, "/v1/documents/doc_0000000000001"), 404, "not_found");
    struct request_options other = {.api_key = world_other_tenant_key(w)};
    expect_problem(request(w, "GET", document, NULL, &other), 404, "not_found");
    world_free(w);
}
END_TEST

START_TEST(bytes_of_any_value_survive)
{
    static const unsigned char png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 255, 0, 1};
    struct world *w = world_new();
    const char *path = shipment(w);
    static struct raw_http c;
    static struct raw_reply r;
    raw_open(&c, world_port(w));
    raw_send(&c, fmt(w,
                     "POST %s/documents?kind=proof_of_delivery HTTP/1.1\r\nHost: x\r\n"
                     "Authorization: Bearer %s\r\nContent-Type: image/png\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     path, world_key(w), sizeof(png)));
    raw_send_bytes(&c, png, sizeof(png));
    ck_assert(raw_read(&c, &r));
    ck_assert_int_eq(r.status, 200);
    const char *id = text(get(w, "%s/documents", path), "/documents/0/id");
    raw_send(&c,
             fmt(w, "GET /v1/documents/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
                 id, world_key(w)));
    ck_assert(raw_read(&c, &r));
    ck_assert_int_eq(r.status, 200);
    ck_assert_uint_eq(r.body_len, sizeof(png));
    ck_assert(memcmp(r.body, png, sizeof(png)) == 0);
    ck_assert_str_eq(raw_header(&r, "Content-Type"), "image/png");
    raw_close(&c);
    /* What is on disk is what was sent, or it is not given out. */
    world_sql(w, "BEGIN; SET LOCAL session_replication_role = replica; UPDATE document_content SET"
                 " content = overlay(content placing '\\x02'::bytea from 12); COMMIT");
    struct reply broken = get(w, "/v1/documents/%s", id);
    expect_problem(broken, 500, "internal");
    world_free(w);
}
END_TEST

START_TEST(the_same_content_is_kept_once)
{
    struct world *w = world_new();
    const char *path = shipment(w);
    struct reply one = upload(w, path, "?kind=other&file_name=a.pdf", "application/pdf", "%PDF-1");
    struct reply two = upload(w, path, "?kind=other&file_name=b.pdf", "application/pdf", "%PDF-1");
    expect(one, 200);
    expect(two, 200);
    ck_assert_str_eq(two.body, one.body);
    /* Another kind, another shipment: another document of the same content. */
    expect(upload(w, path, "?kind=customs", "application/pdf", "%PDF-1"), 200);
    expect(upload(w, path, "?kind=customs", "application/pdf", "%PDF-2"), 200);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM shipment_document"), "3");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM document_content"), "2");
    const char *body = "%PDF-at-once";
    struct shot shots[8];
    const char *headers[] = {"Content-Type: application/pdf", NULL};
    for (size_t i = 0; i < 8; i++)
        shots[i] = (struct shot){
            "POST", fmt(w, "%s/documents?kind=other", path), body, {.headers = headers}, {0}};
    shoot_together(w, shots, 8);
    for (size_t i = 0; i < 8; i++) {
        expect(shots[i].reply, 200);
        ck_assert_str_eq(text(shots[i].reply, "/id"), text(shots[0].reply, "/id"));
    }
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM shipment_document"), "4");
    /* Once kept it stays as it is. */
    ck_assert_ptr_nonnull(strstr(
        world_sql(w, "DO $$ BEGIN DELETE FROM shipment_document; EXCEPTION WHEN others THEN"
                     " CREATE TABLE refused AS SELECT sqlerrm AS why; END $$; SELECT why FROM"
                     " refused"),
        "append-only"));
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static const char *of_size(struct world *w, size_t bytes)
{
    return fmt(w, "%%PDF-%*s", (int)(bytes - 5), "");
}

START_TEST(type_size_and_name_are_checked)
{
    struct world *w = world_new();
    const char *path = shipment(w);
    struct reply r = upload(w, path, "?kind=other", "application/json", "{}");
    expect_problem(r, 415, "media_type");
    ck_assert_str_eq(text(r, "/detail"),
                     "Send the body as Content-Type: application/pdf, image/png, image/jpeg, "
                     "image/tiff or text/plain.");
    expect_problem(upload(w, path, "?kind=other", "text/html", "<p>"), 415, "media_type");
    static const char *const pretending[][2] = {
        {"application/pdf", "<script>"}, {"image/png", "%PDF-1"},
        {"image/jpeg", "\xff\xd8"},      {"image/tiff", "MM"},
        {"text/plain", "a\001b"},        {"text/plain", "\xc3("},
        {"text/plain", "\xed\xa0\x80"}};
    for (size_t i = 0; i < sizeof(pretending) / sizeof(pretending[0]); i++)
        expect_fault(upload(w, path, "?kind=other", pretending[i][0], pretending[i][1]), "",
                     "content_mismatch");
    expect_fault(upload(w, path, "?kind=other", "application/pdf", ""), "", "required");
    expect_problem(upload(w, path, "", "application/pdf", "%PDF-1"), 400, "parameter");
    expect_problem(upload(w, path, "?kind=letter", "application/pdf", "%PDF-1"), 400, "parameter");
    expect_problem(upload(w, path, "?kind=other&size=1", "application/pdf", "%PDF-1"), 400,
                   "parameter");
    static const char *const names[] = {"..", "a%2Fb", "a%5Cb", "a%0Ab"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        r = upload(w, path, fmt(w, "?kind=other&file_name=%s", names[i]), "application/pdf",
                   "%PDF-1");
        expect_problem(r, 422, "invalid");
        ck_assert_str_eq(text(r, "/errors/0/parameter"), "file_name");
    }
    expect_problem(upload(w, path, "?kind=other", "application/pdf", of_size(w, (5 << 20) + 1)),
                   413, "too_large");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM document_content"), "0");
    r = upload(w, path, "?kind=other", "application/pdf", of_size(w, 5 << 20));
    expect(r, 200);
    ck_assert_uint_eq(strlen(get(w, "/v1/documents/%s", text(r, "/id")).body), 5 << 20);
    /* A dry run keeps nothing; a canceled shipment gets no more. */
    expect(upload(w, path, "?kind=other&dry_run=true", "text/plain", "dry"), 200);
    expect(act(w, path, "cancel"), 200);
    expect_problem(upload(w, path, "?kind=other", "text/plain", "late"), 409, "wrong_state");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM shipment_document"), "1");
    world_free(w);
}
END_TEST

START_TEST(a_key_repeats_the_answer_and_no_other_content)
{
    struct world *w = world_new();
    const char *path = fmt(w, "%s/documents?kind=other", shipment(w));
    const char *headers[] = {"Content-Type: text/plain", NULL};
    struct request_options o = {.key = "k", .headers = headers};
    struct reply r = request(w, "POST", path, "one", &o);
    expect(r, 200);
    struct reply again = request(w, "POST", path, "one", &o);
    expect(again, 200);
    ck_assert_str_eq(again.body, r.body);
    ck_assert_str_eq(header(again, "Idempotency-Replayed"), "true");
    expect_problem(request(w, "POST", path, "two", &o), 422, "idempotency_mismatch");
    world_free(w);
}
END_TEST

START_TEST(a_shipment_has_a_hundred_documents_at_most)
{
    struct world *w = world_new();
    const char *path = shipment(w);
    for (int i = 0; i < 100; i++)
        expect(upload(w, path, "?kind=other", "text/plain", fmt(w, "%d", i)), 200);
    expect_problem(upload(w, path, "?kind=other", "text/plain", "100"), 409, "wrong_state");
    expect(upload(w, path, "?kind=other", "text/plain", "99"), 200);
    ck_assert_uint_eq(length(get(w, "%s/documents", path), "/documents"), 100);
    world_free(w);
}
END_TEST

START_TEST(an_application_for_credit_keeps_documents_while_it_is_open)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/credit-applications",
                          "{'customer_id':'%s','requested_limit':'1000.00'}",
                          given_customer(w, NULL));
    expect(r, 201);
    const char *path = fmt(w, "/v1/credit-applications/%s", text(r, "/id"));
    r = upload(w, path, "?kind=balance_sheet&file_name=2025.txt", "text/plain", "assets 7");
    expect(r, 200);
    const char *id = fmt(w, "%s", text(r, "/id"));
    ck_assert_str_eq(text(r, "/kind"), "balance_sheet");
    ck_assert_str_eq(text(r, "/credit_application_id"), path + strlen("/v1/credit-applications/"));
    struct reply again = upload(w, path, "?kind=balance_sheet", "text/plain", "assets 7");
    expect(again, 200);
    ck_assert_str_eq(text(again, "/id"), id);
    expect(upload(w, path, "?kind=other", "text/plain", "assets 7"), 200);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM document_content"), "1");
    struct reply list = get(w, "%s/documents", path);
    expect(list, 200);
    ck_assert_uint_eq(length(list, "/documents"), 2);
    r = get(w, "%s/documents/%s", path, id);
    expect(r, 200);
    ck_assert_str_eq(r.body, "assets 7");
    ck_assert_str_eq(header(r, "X-Content-Type-Options"), "nosniff");
    /* Documents of applications are no documents of shipments, nor of other applications. */
    expect(get(w, "/v1/documents/%s", id), 404);
    r = post(w, "/v1/credit-applications", "{'customer_id':'%s','requested_limit':'1.00'}",
             given_customer(w, NULL));
    expect_problem(get(w, "/v1/credit-applications/%s/documents/%s", text(r, "/id"), id), 404,
                   "not_found");
    struct request_options other = {.api_key = world_other_tenant_key(w)};
    expect_problem(request(w, "GET", fmt(w, "%s/documents/%s", path, id), NULL, &other), 404,
                   "not_found");
    struct request_options shipper = {.api_key = world_key_with(w, "shipments:read")};
    expect(request(w, "GET", fmt(w, "%s/documents/%s", path, id), NULL, &shipper), 403);
    expect_fault(upload(w, path, "?kind=other", "application/pdf", "no pdf"), "",
                 "content_mismatch");
    r = upload(w, path, "?kind=other&file_name=..", "text/plain", "x");
    expect_problem(r, 422, "invalid");
    ck_assert_str_eq(text(r, "/errors/0/parameter"), "file_name");
    expect(upload(w, path, "?kind=novel", "text/plain", "x"), 400);
    expect(post(w, fmt(w, "%s/decide", path), "{'decision':'decline','reason':'no'}"), 200);
    expect_problem(upload(w, path, "?kind=other", "text/plain", "late"), 409, "wrong_state");
    expect(get(w, "%s/documents/%s", path, id), 200);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("documents");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, an_application_for_credit_keeps_documents_while_it_is_open);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, what_is_sent_comes_back_as_it_was);
    tcase_add_test(tc, bytes_of_any_value_survive);
    tcase_add_test(tc, the_same_content_is_kept_once);
    tcase_add_test(tc, type_size_and_name_are_checked);
    tcase_add_test(tc, a_key_repeats_the_answer_and_no_other_content);
    tcase_add_test(tc, a_shipment_has_a_hundred_documents_at_most);
    return s;
}

WORLD_MAIN(suite)
