/* What carriers say of shipments: over the API, and by webhooks that they sign. */
#include "tests/support/world.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECRET "a-secret-of-24-characters-or-more"

struct shop {
    struct world *w;
    const char *order, *path; /* of the shipment: T1 by Post, with a package T1-1 */
};

static struct shop shop_open(void)
{
    struct shop s = {.w = world_new()};
    const char *who = given_customer(s.w, NULL);
    given_product(s.w, "A", "10.00", 100);
    s.order = given_order(s.w, who, "A", 10);
    struct reply r = post(s.w, "/v1/shipments",
                          "{'order_id':'%s','ship':true,'carrier':'Post','tracking_number':'T1',"
                          "'lines':[{'order_line_no':1,'quantity':'4'}],'packages':[{"
                          "'tracking_number':'T1-1'}]}",
                          s.order);
    expect(r, 201);
    s.path = fmt(s.w, "/v1/shipments/%s", text(r, "/id"));
    return s;
}

static struct reply track(struct shop s, const char *events)
{
    return post(s.w, fmt(s.w, "%s/tracking", s.path), "{'events':[%s]}", events);
}

/* The last word, and how many updates there are. */
static const char *stands(struct shop s)
{
    struct reply r = get(s.w, "%s/tracking", s.path);
    expect(r, 200);
    return fmt(s.w, "%s %s %zu", text(r, "/tracking_status"), text(r, "/tracking_at"),
               length(r, "/events"));
}

START_TEST(updates_may_come_late_twice_and_in_any_order)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    ck_assert_str_eq(stands(s), "null null 0");
    struct reply r = track(s, "{'event_id':'2','status':'in_transit','occurred_at':"
                              "'2026-01-02T10:00:00Z','place':'Hamburg','description':'sorted'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/tracking_status"), "in_transit");
    ck_assert_str_eq(text(r, "/events/0/place"), "Hamburg");
    ck_assert_str_eq(text(r, "/events/0/source"), "api");
    ck_assert_str_eq(text(get(w, "%s", s.path), "/version"), "2");
    /* Late, and a repeat that says something else: the first one stays. */
    r = track(s, "{'event_id':'1','status':'picked_up','occurred_at':'2026-01-01T10:00:00Z'},"
                 "{'event_id':'2','status':'exception','occurred_at':'2026-01-05T10:00:00Z'}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/events/0/event_id"), "1");
    ck_assert_str_eq(stands(s), "in_transit 2026-01-02T10:00:00.000Z 2");
    /* Nothing new changes nothing. */
    const char *version = fmt(w, "%s", text(get(w, "%s", s.path), "/version"));
    expect(track(s, "{'event_id':'1','status':'picked_up','occurred_at':'2026-01-01T10:00:00Z'}"),
           200);
    ck_assert_str_eq(text(get(w, "%s", s.path), "/version"), version);
    /* Of one instant the further one, twice in one request the first. */
    expect(track(s, "{'event_id':'4','status':'delivered','occurred_at':'2026-01-03T10:00:00Z',"
                    "'package_no':1},"
                    "{'event_id':'3','status':'out_for_delivery','occurred_at':"
                    "'2026-01-03T11:00:00+01:00'},"
                    "{'event_id':'3','status':'exception','occurred_at':'2026-01-09T10:00:00Z'}"),
           200);
    ck_assert_str_eq(stands(s), "delivered 2026-01-03T10:00:00.000Z 4");
    ck_assert_str_eq(world_sql(w, "SELECT string_agg(after->>'event_id', ' ' ORDER BY seq)"
                                  " FROM event WHERE type = 'shipment.tracked'"),
                     "2 1 4 3");
    ck_assert_str_eq(world_sql(w, "SELECT before->>'tracking_status' || ' ' ||"
                                  " (after->>'tracking_status') FROM event"
                                  " WHERE type = 'shipment.tracked' ORDER BY seq LIMIT 1 OFFSET 1"),
                     "in_transit in_transit");
    /* The carrier's word moves neither goods nor orders. */
    ck_assert_str_eq(text(get(w, "%s", s.path), "/status"), "shipped");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(only_what_has_left_is_tracked_and_faults_come_at_once)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    struct reply r = track(s, "{'event_id':'','status':'vanished','occurred_at':'2026-01-01'},"
                              "{'event_id':'1','status':'delivered'}");
    expect_fault(r, "/events/0/event_id", "too_short");
    expect_fault(r, "/events/0/status", "not_a_choice");
    expect_fault(r, "/events/1/occurred_at", "required");
    expect_fault(post(w, fmt(w, "%s/tracking", s.path), "{'events':[]}"), "/events", "too_few");
    expect_fault(track(s, "{'event_id':'1','status':'delivered','occurred_at':"
                          "'2099-01-01T00:00:00Z'}"),
                 "/events/0/occurred_at", "too_late");
    r = post(w, "/v1/shipments", "{'order_id':'%s'}", s.order);
    s.path = fmt(w, "/v1/shipments/%s", text(r, "/id"));
    expect_problem(track(s, "{'event_id':'1','status':'picked_up','occurred_at':"
                            "'2026-01-01T00:00:00Z'}"),
                   409, "wrong_state");
    ck_assert_str_eq(stands(s), "null null 0");
    world_free(w);
}
END_TEST

START_TEST(clients_that_send_the_same_update_at_once_record_it_once)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *bodies[8];
    struct reply replies[8];
    for (int i = 0; i < 8; i++)
        bodies[i] = fmt(w,
                        "{\"events\":[{\"event_id\":\"%d\",\"status\":\"in_transit\","
                        "\"occurred_at\":\"2026-01-0%dT00:00:00Z\"}]}",
                        i % 2, i % 2 + 1);
    post_together(w, fmt(w, "%s/tracking", s.path), bodies, replies, 8);
    for (int i = 0; i < 8; i++)
        expect(replies[i], 200);
    ck_assert_str_eq(stands(s), "in_transit 2026-01-02T00:00:00.000Z 2");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- carriers ---- */

START_TEST(secrets_are_set_and_never_shown)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/carriers",
                          "{'external_id':'P','name':'Post','webhook_secret':'" SECRET "'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/has_webhook_secret"), "true");
    ck_assert_str_eq(text(r, "/webhook_path"),
                     fmt(w, "/v1/webhooks/%s/%s", world_tenant(w), text(r, "/id")));
    ck_assert_ptr_null(strstr(r.body, SECRET));
    ck_assert_str_eq(get(w, "%s", header(r, "Location")).body, r.body);
    ck_assert_ptr_null(strstr(get(w, "/v1/carriers").body, SECRET));
    ck_assert_ptr_null(strstr(get(w, "/v1/audit").body, SECRET));
    ck_assert_str_eq(
        world_sql(w, "SELECT count(*) FROM idempotency_key WHERE body LIKE '%%" SECRET "%%'"), "0");
    expect_problem(post(w, "/v1/carriers", "{'name':'Post'}"), 409, "duplicate");
    expect_problem(post(w, "/v1/carriers", "{'name':'Other','external_id':'P'}"), 409,
                   "external_id_taken");
    expect_fault(post(w, "/v1/carriers", "{'name':'Rail','webhook_secret':'short'}"),
                 "/webhook_secret", "too_short");
    r = patch(w, "/v1/carriers/ext:P", "{'name':'Mail','webhook_secret':'%s2'}", SECRET);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/name"), "Mail");
    ck_assert_str_ne(text(r, "/old_secret_until"), "null");
    r = patch(w, "/v1/carriers/ext:P", "{'webhook_secret':null}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/has_webhook_secret"), "false");
    ck_assert_str_eq(text(r, "/old_secret_until"), "null");
    ck_assert_str_eq(text(r, "/version"), "3");
    expect_fault(patch(w, "/v1/carriers/ext:P", "{'name':null}"), "/name", "required");
    ck_assert_ptr_null(strstr(get(w, "/v1/audit").body, SECRET));
    world_free(w);
}
END_TEST

/* ---- the webhook ---- */

static const char *sign(struct world *w, const char *secret, long long at, const char *body)
{
    unsigned char mac[32];
    unsigned len = sizeof(mac);
    char hex[65];
    const char *text = fmt(w, "%lld.%s", at, body);
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text, strlen(text), mac,
         &len);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    return fmt(w, "Webhook-Signature: v1=%s", hex);
}

static struct reply send_signed(struct world *w, const char *path, const char *body,
                                const char *timestamp, const char *signature)
{
    const char *headers[] = {timestamp, signature, "Content-Type: application/json", NULL};
    struct request_options o = {.api_key = "nobody", .headers = headers};
    return request(w, "POST", path, body, &o);
}

static struct reply call(struct world *w, const char *path, const char *secret, long long at,
                         const char *body)
{
    return send_signed(w, path, body, fmt(w, "Webhook-Timestamp: %lld", at),
                       sign(w, secret, at, body));
}

static const char *carrier(struct world *w, const char *name)
{
    struct reply r = post(w, "/v1/carriers", "{'name':'%s','webhook_secret':'" SECRET "'}", name);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/webhook_path"));
}

#define EVENT(number, id, status)                                                                  \
    "{\"tracking_number\":\"" number "\",\"event_id\":\"" id "\",\"status\":\"" status             \
    "\",\"occurred_at\":\"2026-01-02T10:00:00Z\"}"

START_TEST(a_signed_webhook_needs_no_key)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *path = carrier(w, "Post");
    const char *body = "{\"events\":[" EVENT("T1", "1", "in_transit") "," EVENT(
        "T1-1", "2", "delivered") "," EVENT("T9", "3", "delivered") "]}";
    long long now = (long long)time(NULL);
    struct reply r = call(w, path, SECRET, now, body);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/recorded"), "2");
    ck_assert_str_eq(text(r, "/results/0/result"), "recorded");
    ck_assert_str_eq(text(r, "/results/1/result"), "recorded");
    ck_assert_str_eq(text(r, "/results/2/result"), "unknown_shipment");
    ck_assert_str_eq(stands(s), "delivered 2026-01-02T10:00:00.000Z 2");
    r = get(w, "%s/tracking", s.path);
    ck_assert_str_eq(text(r, "/events/1/package_no"), "1");
    ck_assert_str_eq(text(r, "/events/1/source"), "webhook");
    /* Sent again, as it was or signed anew. */
    for (int i = 0; i < 2; i++) {
        r = call(w, path, SECRET, now + i, body);
        expect(r, 200);
        ck_assert_str_eq(text(r, "/recorded"), "0");
        ck_assert_str_eq(text(r, "/results/1/result"), "known");
    }
    ck_assert_str_eq(stands(s), "delivered 2026-01-02T10:00:00.000Z 2");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event WHERE type = 'shipment.tracked'"
                                  " AND api_key_id IS NULL"),
                     "2");
    /* Another carrier's numbers are not its own. */
    r = call(w, carrier(w, "Rail"), SECRET, now,
             "{\"events\":[" EVENT("T1", "7", "exception") "]}");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/results/0/result"), "unknown_shipment");
    expect_problem(call(w, path, SECRET, now, "{\"events\":[]}"), 422, "invalid");
    expect_problem(call(w, path, SECRET, now, "{"), 400, "syntax");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_is_not_signed_now_by_the_carrier_is_refused)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *path = carrier(w, "Post");
    const char *body = "{\"events\":[" EVENT("T1", "1", "delivered") "]}";
    long long now = (long long)time(NULL);
    const char *right = sign(w, SECRET, now, body);
    const char *stamp = fmt(w, "Webhook-Timestamp: %lld", now);
    const char *wrong[][2] = {
        {stamp, sign(w, SECRET "x", now, body)},
        {stamp, sign(w, SECRET, now, "{}")},
        {stamp, sign(w, SECRET, now - 1, body)},
        {stamp, fmt(w, "%.*s", (int)strlen(right) - 1, right)},
        {stamp, fmt(w, "%s0", right)},
        {stamp, "Webhook-Signature: v1="},
        {stamp, "X-Nothing: 1"},
        {"X-Nothing: 1", right},
        {"Webhook-Timestamp: now", right},
        {"Webhook-Timestamp: -1", right},
        {fmt(w, "Webhook-Timestamp: %lld", now - 400), sign(w, SECRET, now - 400, body)},
        {fmt(w, "Webhook-Timestamp: %lld", now + 400), sign(w, SECRET, now + 400, body)},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct reply r = send_signed(w, path, body, wrong[i][0], wrong[i][1]);
        ck_assert_msg(r.status == 401, "%zu: %d %s", i, r.status, r.body);
        ck_assert_str_eq(header(r, "WWW-Authenticate"), "Signature");
    }
    /* A key is no signature; nobody else's path, and no tenant that is not there. */
    expect(post(w, path, "{'events':[]}"), 401);
    expect(call(w, "/v1/webhooks/ten_0000000000001/car_0000000000001", SECRET, now, body), 401);
    expect(call(w, fmt(w, "/v1/webhooks/%s/car_0000000000001", world_tenant(w)), SECRET, now, body),
           401);
    expect(call(w, fmt(w, "/v1/webhooks/%s/ext:Post", world_tenant(w)), SECRET, now, body), 401);
    ck_assert_str_eq(stands(s), "null null 0");
    /* One of several signatures is enough. */
    expect(send_signed(
               w, path, body, stamp,
               fmt(w, "Webhook-Signature: v1=00,v0=1 %s", right + strlen("Webhook-Signature: "))),
           200);
    ck_assert_str_eq(stands(s), "delivered 2026-01-02T10:00:00.000Z 1");
    world_free(w);
}
END_TEST

START_TEST(a_secret_that_was_replaced_signs_for_a_day_and_a_removed_one_never)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    const char *path = carrier(w, "Post");
    const char *id = strrchr(path, '/') + 1;
    const char *body = "{\"events\":[" EVENT("T1", "1", "delivered") "]}";
    long long now = (long long)time(NULL);
    expect(patch(w, fmt(w, "/v1/carriers/%s", id), "{'webhook_secret':'another-%s'}", SECRET), 200);
    expect(call(w, path, SECRET, now, body), 200);
    expect(call(w, path, "another-" SECRET, now, body), 200);
    world_sql(w, "UPDATE carrier SET old_secret_until = now() - interval '1 s'");
    expect(call(w, path, SECRET, now, body), 401);
    expect(call(w, path, "another-" SECRET, now, body), 200);
    expect(patch(w, fmt(w, "/v1/carriers/%s", id), "{'webhook_secret':null}"), 200);
    expect(call(w, path, "another-" SECRET, now, body), 401);
    ck_assert_str_eq(stands(s), "delivered 2026-01-02T10:00:00.000Z 1");
    world_free(w);
}
END_TEST

START_TEST(the_word_of_a_trusted_carrier_delivers)
{
    struct shop s = shop_open();
    struct world *w = s.w;
    struct reply r = post(
        w, "/v1/carriers",
        "{'external_id':'P','name':'Post','delivers':true,'webhook_secret':'" SECRET "'}");
    expect(r, 201);
    ck_assert_str_eq(text(r, "/delivers"), "true");
    const char *path = text(r, "/webhook_path");
    long long now = (long long)time(NULL);
    const char *body = "{\"events\":[" EVENT("T1", "1", "in_transit") "," EVENT("T1-1", "2",
                                                                                "delivered") "]}";
    expect(call(w, path, SECRET, now, body), 200);
    r = get(w, "%s", s.path);
    ck_assert_str_eq(text(r, "/status"), "delivered");
    ck_assert_str_eq(text(r, "/tracking_status"), "delivered");
    ck_assert_str_eq(text(r, "/delivered_date"), text(r, "/ship_date")); /* not before it left */
    ck_assert_str_eq(text(r, "/proof/note"), "The carrier's update 2");
    ck_assert_str_eq(text(r, "/proof/received_at"), "2026-01-02T10:00:00.000Z");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", s.order), "/lines/0/delivered"), "4");
    /* Late words and repeats are history. */
    const char *version = text(r, "/version");
    expect(call(w, path, SECRET, now + 1, body), 200);
    ck_assert_str_eq(text(get(w, "%s", s.path), "/version"), version);
    expect(call(w, path, SECRET, now, "{\"events\":[" EVENT("T1", "3", "lost") "]}"), 200);
    r = get(w, "%s", s.path);
    ck_assert_str_eq(text(r, "/status"), "delivered");
    expect_problem(act(w, s.path, "deliver"), 409, "wrong_state");
    ck_assert_uint_eq(length(get(w, "/v1/events?type=shipment.delivered"), "/data"), 1);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_shipment_of_packages_is_delivered_with_the_last_and_not_when_one_is_lost)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 100);
    expect(post(w, "/v1/carriers", "{'external_id':'P','name':'Post','delivers':true}"), 201);
    struct shop s = {.w = w};
    for (int i = 0; i < 2; i++) {
        struct reply r = post(w, "/v1/shipments",
                              "{'order_id':'%s','ship':true,'carrier':'Post','packages':[{},{}]}",
                              given_order(w, who, "A", 4));
        expect(r, 201);
        s.path = fmt(w, "/v1/shipments/%s", text(r, "/id"));
        expect(track(s, "{'event_id':'1','status':'delivered','occurred_at':"
                        "'2026-01-02T10:00:00Z','package_no':1}"),
               200);
        ck_assert_str_eq(text(get(w, "%s", s.path), "/status"), "shipped");
        expect(track(s, fmt(w,
                            "{'event_id':'2','status':'%s','occurred_at':'2026-01-03T10:00:00Z',"
                            "'package_no':2,'place':'Bonn','description':'at the door'}",
                            i == 0 ? "delivered" : "lost")),
               200);
    }
    struct reply r = get(w, "/v1/shipments?status=delivered");
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(text(r, "/data/0/proof/note"), "The carrier's update 2, Bonn: at the door");
    /* What somebody has to look after. */
    r = get(w, "/v1/shipments?status=shipped&tracking_status=exception,refused,damaged,lost");
    ck_assert_uint_eq(length(r, "/data"), 1);
    ck_assert_str_eq(fmt(w, "/v1/shipments/%s", text(r, "/data/0/id")), s.path);
    ck_assert_str_eq(text(r, "/data/0/tracking_status"), "lost");
    /* A late word that is not the last one delivers nothing; nor does an untrusted carrier's. */
    expect(track(s, "{'event_id':'3','status':'delivered','occurred_at':'2026-01-02T12:00:00Z'}"),
           200);
    ck_assert_str_eq(text(get(w, "%s", s.path), "/status"), "shipped");
    expect(patch(w, "/v1/carriers/ext:P", "{'delivers':false}"), 200);
    expect(track(s, "{'event_id':'4','status':'delivered','occurred_at':'2026-01-05T12:00:00Z'}"),
           200);
    ck_assert_str_eq(text(get(w, "%s", s.path), "/status"), "shipped");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("tracking");
    TCase *tc = tcase_create("api");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, updates_may_come_late_twice_and_in_any_order);
    tcase_add_test(tc, only_what_has_left_is_tracked_and_faults_come_at_once);
    tcase_add_test(tc, clients_that_send_the_same_update_at_once_record_it_once);
    tcase_add_test(tc, secrets_are_set_and_never_shown);
    tcase_add_test(tc, a_signed_webhook_needs_no_key);
    tcase_add_test(tc, what_is_not_signed_now_by_the_carrier_is_refused);
    tcase_add_test(tc, a_secret_that_was_replaced_signs_for_a_day_and_a_removed_one_never);
    tcase_add_test(tc, the_word_of_a_trusted_carrier_delivers);
    tcase_add_test(tc, a_shipment_of_packages_is_delivered_with_the_last_and_not_when_one_is_lost);
    return s;
}

WORLD_MAIN(suite)
