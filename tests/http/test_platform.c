/* What every operation of the API has in common: keys, scopes, tenants, paths, methods, media
 * types, preconditions, dry runs, external ids, tracing, the server's own pages. Where it can be, a
 * test goes over the whole route table. */
#include "server/routes.h"
#include "tests/support/company.h"
#include "tests/support/raw_http.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct reply request_route(struct world *w, const struct company *c, const struct route *r,
                                  const struct request_options *o)
{
    const char *body = r->kind == ROUTE_WRITE ? company_body(w, c, r->name) : NULL;
    const char *type[] = {fmt(w, "Content-Type: %s", route_media(r)), NULL};
    struct request_options typed = o != NULL ? *o : (struct request_options){0};
    if (body != NULL && typed.headers == NULL)
        typed.headers = type;
    const char *path = company_path(w, c, r->path);
    if (r->media != NULL)
        path = fmt(w, "%s?kind=other", path);
    return request(w, r->method, path, body, &typed);
}

/* {"a":1} and x: {"external_id":"x","a":1} */
static const char *with_external_id(struct world *w, const char *body, const char *id)
{
    return fmt(w, "{\"external_id\":\"%s\"%s%s", id, strcmp(body, "{}") == 0 ? "" : ",", body + 1);
}

#define FOR_EACH_ROUTE(r) for (const struct route *r = routes; r < routes + n_routes; r++)

/* ---- who asks ---- */

static const char *with_last_changed(struct world *w, const char *key)
{
    size_t len = strlen(key);
    return fmt(w, "%.*s%c", (int)len - 1, key, key[len - 1] == '0' ? '1' : '0');
}

START_TEST(without_a_valid_key_nobody_gets_in)
{
    struct world *w = world_new();
    const char *revoked = world_key_with(w, "*");
    world_sql(w, "UPDATE api_key SET revoked_at = '2020-01-01'"
                 " WHERE id = (SELECT max(id) FROM api_key)");
    const char *expired = world_key_with(w, "*");
    world_sql(w, "UPDATE api_key SET expires_at = '2020-01-01'"
                 " WHERE id = (SELECT max(id) FROM api_key)");
    const char *key = world_key(w);
    const char *bad[] = {revoked,
                         expired,
                         "",
                         "nonsense",
                         with_last_changed(w, key),
                         fmt(w, "%s0", key),
                         fmt(w, "%.*s", (int)strlen(key) - 1, key),
                         fmt(w, "o2c_live_%026d_%s", 0, strrchr(key, '_') + 1),
                         fmt(w, "x2c_live_%s", key + 9)};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct request_options o = {.api_key = bad[i]};
        struct reply r = request(w, "GET", "/v1/customers", NULL, &o);
        expect_problem(r, 401, "unauthenticated");
        ck_assert_str_eq(header(r, "WWW-Authenticate"), "Bearer");
        ck_assert_ptr_null(strstr(r.body, bad[i][0] ? bad[i] : "\n"));
    }
    world_free(w);
}
END_TEST

START_TEST(a_request_without_the_header_is_told_what_to_send)
{
    static const char *const lines[] = {"", "Authorization: Basic dXNlcjpwYXNz\r\n",
                                        "Authorization: Bearer\r\n"};
    struct world *w = world_new();
    static struct raw_http c;
    static struct raw_reply r;
    raw_open(&c, world_port(w));
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        raw_send(&c, fmt(w, "GET /v1/customers HTTP/1.1\r\nHost: x\r\n%s\r\n", lines[i]));
        ck_assert(raw_read(&c, &r));
        ck_assert_int_eq(r.status, 401);
        ck_assert_str_eq(raw_header(&r, "WWW-Authenticate"), "Bearer");
        ck_assert_str_eq(raw_header(&r, "Content-Type"), "application/problem+json");
    }
    raw_close(&c);
    world_free(w);
}
END_TEST

START_TEST(a_key_that_was_in_use_stops_working_soon_after_it_is_revoked)
{
    struct world *w = world_new();
    struct request_options o = {.api_key = world_key_with(w, "*")};
    expect(request(w, "GET", "/v1/customers", NULL, &o), 200);
    world_sql(w, "UPDATE api_key SET revoked_at = now() WHERE id = (SELECT max(id) FROM api_key)");
    int status = 200;
    for (int tenths = 0; tenths < 60 && status == 200; tenths++) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        status = request(w, "GET", "/v1/customers", NULL, &o).status;
    }
    ck_assert_int_eq(status, 401);
    expect(get(w, "/v1/customers"), 200);
    world_free(w);
}
END_TEST

START_TEST(every_operation_needs_its_scope_and_nothing_more)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    const char *none = world_key_with(w, "nothing:read customers orders:");
    const char *scopes[64], *keys[64];
    size_t n = 0;
    FOR_EACH_ROUTE(r)
    {
        if ((r->flags & SIGNED) != 0)
            continue;
        struct request_options without = {.api_key = none, .key = "", .if_match = "*"};
        struct reply refused = request_route(w, &c, r, &without);
        expect_problem(refused, 403, "forbidden");
        ck_assert_msg(strstr(text(refused, "/detail"), r->scope) != NULL, "%s: %s", r->name,
                      refused.body);
        size_t i = 0;
        while (i < n && strcmp(scopes[i], r->scope) != 0)
            i++;
        if (i == n) {
            ck_assert_uint_lt(n, 64);
            scopes[n] = r->scope;
            keys[n++] = world_key_with(w, r->scope);
        }
        struct request_options with = {.api_key = keys[i], .key = "", .if_match = "*"};
        int status = request_route(w, &c, r, &with).status;
        ck_assert_msg(status != 401 && status != 403 && status < 500, "%s: %d", r->name, status);
    }
    ck_assert_uint_gt(n, 15);
    world_free(w);
}
END_TEST

START_TEST(a_scope_with_a_star_covers_its_resource_only)
{
    static const struct {
        const char *scopes, *method, *path;
        int status;
    } cases[] = {
        {"customers:*", "GET", "/v1/customers", 200},
        {"customers:*", "POST", "/v1/customers", 201},
        {"customers:*", "GET", "/v1/products", 403},
        {"customers:read", "POST", "/v1/customers", 403},
        {"customers:write", "GET", "/v1/customers", 403},
        {"audit:read customers:read", "GET", "/v1/customers", 200},
        {"audit:read  customers:read", "GET", "/v1/customers", 200},
        {"custom:*", "GET", "/v1/customers", 403},
        {"customers:rea", "GET", "/v1/customers", 403},
        {"customers:readers", "GET", "/v1/customers", 403},
        {"*", "GET", "/v1/customers", 200},
    };
    struct world *w = world_new();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request_options o = {.api_key = world_key_with(w, cases[i].scopes)};
        bool writes = strcmp(cases[i].method, "POST") == 0;
        struct reply r = request(w, cases[i].method, cases[i].path,
                                 writes ? "{\"name\":\"A\"}" : NULL, &o);
        ck_assert_msg(r.status == cases[i].status, "%s: %s", cases[i].scopes, r.body);
    }
    world_free(w);
}
END_TEST

/* ---- whose it is ---- */

START_TEST(what_belongs_to_another_tenant_does_not_exist)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    const char *stranger = world_other_tenant_key(w);
    struct request_options o = {.api_key = stranger, .key = "", .if_match = "*"};
    expect(request(w, "POST", "/v1/tax-codes", /* bodies name it */
                   with_external_id(w, company_body(w, &c, "tax_codes_create"), "T19"), &o),
           201);
    int n = 0;
    FOR_EACH_ROUTE(r)
    {
        if (strchr(r->path, '{') == NULL || (r->flags & SIGNED) != 0)
            continue;
        struct reply theirs = request_route(w, &c, r, &o);
        ck_assert_msg(theirs.status == 404, "%s: %d %s", r->name, theirs.status, theirs.body);
        ck_assert_str_eq(text(theirs, "/code"), "not_found");
        if (r->kind == ROUTE_READ)
            expect(request_route(w, &c, r, NULL), 200);
        n++;
    }
    ck_assert_int_gt(n, 35);
    /* Their lists are empty, and our documents are no references for them. */
    FOR_EACH_ROUTE(r)
    if (r->kind == ROUTE_LIST) {
        bool theirs = strcmp(r->name, "events_list") == 0 || /* their tax code's */
                      strcmp(r->name, "audit_list") == 0 || strcmp(r->name, "tax_codes_list") == 0;
        struct reply list = request(w, "GET", r->path, NULL, &o);
        expect(list, 200);
        ck_assert_msg(length(list, "/data") == theirs, "%s: %s", r->name, list.body);
    }
    struct reply order = request(w, "POST", "/v1/orders", company_body(w, &c, "orders_create"), &o);
    expect_fault(order, "/customer_id", "unknown_reference");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_id_of_nothing_or_of_another_kind_is_not_found)
{
    static const char *const ids[] = {"cus_0000000000001",
                                      "cus_zzzzzzzzzzzzz",
                                      "cus_1",
                                      "ord_0000000000001",
                                      "ext:nobody",
                                      "ext:",
                                      "42",
                                      "CUS_0000000000001",
                                      "%20"};
    struct world *w = world_new();
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        expect_problem(get(w, "/v1/customers/%s", ids[i]), 404, "not_found");
    world_free(w);
}
END_TEST

/* ---- paths, methods, bodies ---- */

START_TEST(unknown_paths_and_methods_are_told_apart)
{
    static const char *const unknown[] = {"/",
                                          "/v1",
                                          "/v1/",
                                          "/v2/customers",
                                          "/v1/customers/",
                                          "/v1/customer",
                                          "/v1/customers/cus_1/nothing",
                                          "/V1/customers",
                                          "/v1/customers/../customers",
                                          "/openapi.yaml"};
    static const struct {
        const char *method, *path, *allow;
    } wrong[] = {
        {"DELETE", "/v1/customers", "POST, GET"},
        {"PUT", "/v1/customers", "POST, GET"},
        {"POST", "/v1/customers/cus_0000000000001", "GET, PATCH, PUT"},
        {"GET", "/v1/orders/preview", "POST"},
        {"GET", "/v1/orders/ord_0000000000001/confirm", "POST"},
        {"POST", "/v1/proof", "GET"},
        {"BREW", "/v1/proof", "GET"},
    };
    struct world *w = world_new();
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        expect_problem(get(w, "%s", unknown[i]), 404, "no_route");
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct reply r = request(w, wrong[i].method, wrong[i].path, NULL, NULL);
        expect_problem(r, 405, "method_not_allowed");
        ck_assert_str_eq(header(r, "Allow"), wrong[i].allow);
    }
    world_free(w);
}
END_TEST

START_TEST(a_body_must_say_that_it_is_json)
{
    static const struct {
        const char *type;
        int status;
    } cases[] = {
        {"Content-Type: text/plain", 415},
        {"Content-Type: application/x-www-form-urlencoded", 415},
        {"Content-Type: application/jsonp", 415},
        {"Content-Type: application/json-seq", 415},
        {"Content-Type;", 415},
        {"Content-Type: application/json", 201},
        {"Content-Type: application/json; charset=utf-8", 201},
        {"Content-Type: Application/JSON", 201},
    };
    struct world *w = world_new();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *headers[] = {cases[i].type, NULL};
        struct request_options o = {.headers = headers};
        struct reply r = request(w, "POST", "/v1/customers", "{\"name\":\"A\"}", &o);
        ck_assert_msg(r.status == cases[i].status, "%s: %d", cases[i].type, r.status);
        if (r.status == 415)
            ck_assert_str_eq(text(r, "/code"), "media_type");
    }
    world_free(w);
}
END_TEST

static const char *body_of(struct world *w, size_t bytes)
{
    static const char frame[] = "{\"name\":\"A\"%*s}";
    return fmt(w, frame, (int)(bytes - strlen("{\"name\":\"A\"}")), "");
}

START_TEST(a_body_over_the_limit_is_refused_before_it_is_read)
{
    static const char *const env[] = {"O2C_BODY_MAX", "2048", NULL};
    struct world *w = world_new_with(env);
    expect(request(w, "POST", "/v1/customers", body_of(w, 2048), NULL), 201);
    expect_problem(request(w, "POST", "/v1/customers", body_of(w, 2049), NULL), 413, "too_large");
    /* Announced only, and in chunks. */
    static struct raw_http c;
    static struct raw_reply r;
    raw_open(&c, world_port(w));
    const char *head = fmt(w,
                           "POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                           "Content-Type: application/json\r\n",
                           world_key(w));
    raw_send(&c, fmt(w, "%sContent-Length: 1000000000000\r\n\r\n{", head));
    ck_assert(raw_read(&c, &r));
    ck_assert_int_eq(r.status, 413);
    raw_close(&c);
    raw_open(&c, world_port(w));
    raw_send(&c, fmt(w, "%sTransfer-Encoding: chunked\r\n\r\n", head));
    for (int i = 0; i < 3; i++)
        raw_send(&c, fmt(w, "3e8\r\n%1000s\r\n", ""));
    raw_send(&c, "0\r\n\r\n");
    ck_assert(raw_read(&c, &r));
    ck_assert_int_eq(r.status, 413);
    raw_close(&c);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM customer"), "1");
    world_free(w);
}
END_TEST

START_TEST(unknown_members_and_all_other_faults_are_listed_at_once)
{
    struct world *w = world_new();
    struct reply r = post(w, "/v1/customers",
                          "{'nmae':'x','credit_limit':'-1','payment_terms_days':366,'currency':"
                          "'XXY','status':'happy','addresses':[{'city':'Bonn'},{'country':'DE',"
                          "'planet':'Earth'}],'metadata':{'a':1},'id':'cus_0000000000001'}");
    expect_problem(r, 422, "invalid");
    static const char *const faults[][2] = {
        {"/nmae", "unknown_member"},
        {"/credit_limit", "too_small"},
        {"/payment_terms_days", "too_large"},
        {"/currency", "not_a_currency"},
        {"/status", "not_a_choice"},
        {"/addresses/0/country", "required"},
        {"/addresses/1/planet", "unknown_member"},
        {"/metadata/a", "type"},
        {"/id", "unknown_member"},
        {"/name", "required"},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        expect_fault(r, faults[i][0], faults[i][1]);
    ck_assert_uint_eq(length(r, "/errors"), COUNT_OF(faults));
    ck_assert_str_eq(text(r, "/status"), "422");
    ck_assert_str_eq(text(r, "/type"), "/problems/invalid");
    ck_assert_str_eq(text(r, "/request_id"), header(r, "X-Request-Id"));
    ck_assert_str_eq(text(r, "/retryable"), "false");
    ck_assert_str_eq(header(r, "Content-Type"), "application/problem+json");
    world_free(w);
}
END_TEST

START_TEST(a_write_takes_no_parameter_but_dry_run)
{
    struct world *w = world_new();
    struct reply r = request(w, "POST", "/v1/customers?notify=1&dry_run=maybe", "{\"name\":\"A\"}",
                             NULL);
    expect_problem(r, 400, "parameter");
    ck_assert_str_eq(text(r, "/errors/0/parameter"), "notify");
    ck_assert_str_eq(text(r, "/errors/1/parameter"), "dry_run");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM customer"), "0");
    world_free(w);
}
END_TEST

/* ---- keys and preconditions ---- */

START_TEST(an_idempotency_key_is_needed_wherever_money_stock_or_numbers_move)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    int n = 0;
    FOR_EACH_ROUTE(r)
    {
        if (r->kind != ROUTE_WRITE || (r->flags & KEY) == 0)
            continue;
        struct request_options o = {.if_match = "*"};
        struct reply without = request_route(w, &c, r, &o);
        ck_assert_msg(without.status == 400, "%s: %d", r->name, without.status);
        ck_assert_str_eq(text(without, "/code"), "idempotency_key_missing");
        n++;
    }
    ck_assert_int_gt(n, 20);
    static const char *const bad[] = {"a\tb", "a\\b", "ü"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct request_options o = {.key = bad[i]};
        expect_problem(request(w, "POST", "/v1/orders", company_body(w, &c, "orders_create"), &o),
                       400, "parameter");
    }
    struct request_options o = {.key = fmt(w, "%0256d", 0)};
    expect_problem(request(w, "POST", "/v1/orders", company_body(w, &c, "orders_create"), &o), 400,
                   "parameter");
    o.key = fmt(w, "%0255d", 0);
    expect(request(w, "POST", "/v1/orders", company_body(w, &c, "orders_create"), &o), 201);
    world_free(w);
}
END_TEST

START_TEST(a_change_needs_the_version_that_was_read)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    int n = 0;
    FOR_EACH_ROUTE(r)
    {
        if (r->kind != ROUTE_WRITE || (r->flags & MATCH) == 0)
            continue;
        struct request_options o = {.key = ""};
        struct reply reply = request_route(w, &c, r, &o);
        ck_assert_msg(reply.status == 428, "%s: %d %s", r->name, reply.status, reply.body);
        ck_assert_str_eq(text(reply, "/code"), "if_match_missing");
        o.if_match = "\"999999\"";
        reply = request_route(w, &c, r, &o);
        ck_assert_msg(reply.status == 412, "%s: %d %s", r->name, reply.status, reply.body);
        ck_assert_str_eq(text(reply, "/code"), "stale");
        static const char *const bad[] = {"\"0\"", "\"-1\"", "\"1", "x", "W/\"1\"", "\"1\" \"2\""};
        for (size_t i = 0; i < COUNT_OF(bad); i++) {
            o.if_match = bad[i];
            reply = request_route(w, &c, r, &o);
            ck_assert_msg(reply.status == 400, "%s, If-Match %s: %d", r->name, bad[i],
                          reply.status);
        }
        n++;
    }
    ck_assert_int_gt(n, 15);
    world_free(w);
}
END_TEST

START_TEST(etags_grow_with_every_change_and_guard_it)
{
    struct world *w = world_new();
    const char *path = fmt(w, "/v1/customers/%s", given_customer(w, NULL));
    ck_assert_str_eq(header(get(w, "%s", path), "ETag"), "\"1\"");
    struct request_options o = {.if_match = "\"1\""};
    struct reply r = request(w, "PATCH", path, "{\"name\":\"B\"}", &o);
    expect(r, 200);
    ck_assert_str_eq(header(r, "ETag"), "\"2\"");
    ck_assert_str_eq(text(r, "/version"), "2");
    expect_problem(request(w, "PATCH", path, "{\"name\":\"C\"}", &o), 412, "stale");
    o.if_match = "2";
    expect(request(w, "PATCH", path, "{\"name\":\"C\"}", &o), 200);
    ck_assert_str_eq(text(get(w, "%s", path), "/name"), "C");
    world_free(w);
}
END_TEST

START_TEST(what_has_not_changed_is_not_sent_again)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    int n = 0;
    FOR_EACH_ROUTE(r)
    {
        if (r->kind != ROUTE_READ)
            continue;
        const char *path = company_path(w, &c, r->path);
        struct reply first = get(w, "%s", path);
        if (first.status != 200 || header(first, "ETag") == NULL)
            continue;
        const char *etag = fmt(w, "%s", header(first, "ETag"));
        const char *same[] = {fmt(w, "If-None-Match: %s", etag),
                              fmt(w, "If-None-Match: \"77777\", %s", etag), "If-None-Match: *"};
        for (size_t i = 0; i < COUNT_OF(same); i++) {
            const char *headers[] = {same[i], NULL};
            struct request_options o = {.headers = headers};
            struct reply again = request(w, "GET", path, NULL, &o);
            ck_assert_msg(again.status == 304, "%s: %d", r->name, again.status);
            ck_assert_str_eq(again.body, "");
            ck_assert_str_eq(header(again, "ETag"), etag);
        }
        const char *headers[] = {"If-None-Match: \"77777\"", NULL};
        struct request_options o = {.headers = headers};
        struct reply changed = request(w, "GET", path, NULL, &o);
        expect(changed, 200);
        ck_assert_str_eq(changed.body, first.body);
        n++;
    }
    ck_assert_int_ge(n, 10);
    world_free(w);
}
END_TEST

/* ---- dry runs ---- */

/* Everything in the database as one text. */
static const char *state_of(struct world *w)
{
    const char *sql = world_sql(
        w, "SELECT string_agg(format('SELECT %%L AS t, md5(string_agg(x::text, '','' ORDER BY"
           " x::text)) AS m FROM %%I x', c.relname, c.relname), ' UNION ALL ')"
           "  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace");
    return world_sql(w, "SELECT string_agg(t || m, ',' ORDER BY t) FROM (%s) s", sql);
}

/* Puts * in place of what differs between two runs of the same thing: new ids, instants, and the
 * numbers of orders and shipments, which may have gaps. */
static json_t *masked(json_t *v, const char *known)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_object(v)) {
        json_t *out = json_object();
        json_object_foreach (v, name, member)
            json_object_set_new(out, name, masked(member, known));
        return out;
    }
    if (json_is_array(v)) {
        json_t *out = json_array();
        json_array_foreach (v, i, member)
            json_array_append_new(out, masked(member, known));
        return out;
    }
    const char *s = json_string_value(v);
    if (s == NULL)
        return json_incref(v);
    bool id = strlen(s) == 17 && s[3] == '_' && strstr(known, s) == NULL;
    bool instant = strlen(s) == 24 && s[10] == 'T' && s[23] == 'Z';
    bool loose = strncmp(s, "ORD-", 4) == 0 || strncmp(s, "SHP-", 4) == 0;
    return id || instant || loose ? json_string("*") : json_incref(v);
}

START_TEST(a_dry_run_answers_like_the_real_thing_and_leaves_no_trace)
{
    static const char *const commands[] = {
        "customers_create",    "customers_patch",        "products_create", "prices_create",
        "warehouses_create",   "stock_movements_create", "orders_create",   "orders_hold",
        "orders_release",      "shipments_create",       "invoices_create", "credit_notes_create",
        "payments_create",     "payments_allocate",      "payments_refund", "allocations_reverse",
        "credit_notes_refund", "tax_codes_create",       "orders_cancel",   "orders_close",
    };
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    const char *known = fmt(w, "%s %s %s %s %s %s %s %s %s", c.customer, c.product, c.service,
                            c.tax_code, c.warehouse, c.order, c.invoice, c.payment, c.allocation);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        const struct route *r = routes;
        while (r < routes + n_routes && strcmp(r->name, commands[i]) != 0)
            r++;
        ck_assert(r < routes + n_routes);
        const char *path = company_path(w, &c, r->path), *body = company_body(w, &c, r->name);
        struct request_options o = {.key = "", .if_match = "*"};
        const char *before = state_of(w);
        struct reply dry = request(w, r->method, fmt(w, "%s?dry_run=true", path), body, &o);
        ck_assert_msg(strcmp(state_of(w), before) == 0, "%s wrote something", r->name);
        struct reply real = request(w, r->method, fmt(w, "%s?dry_run=false", path), body, &o);
        ck_assert_msg(dry.status == real.status, "%s: %d %s, really %d %s", r->name, dry.status,
                      dry.body, real.status, real.body);
        if (real.status >= 400) {
            ck_assert_str_eq(text(dry, "/code"), text(real, "/code"));
            continue;
        }
        ck_assert_str_eq(header(dry, "O2C-Dry-Run"), "true");
        ck_assert_ptr_null(header(real, "O2C-Dry-Run"));
        json_t *a = masked(dry.json, known), *b = masked(real.json, known);
        ck_assert_msg(json_equal(a, b), "%s:\n%s\n%s", r->name, dry.body, real.body);
        json_decref(a);
        json_decref(b);
    }
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_dry_run_keeps_no_key)
{
    struct world *w = world_new();
    const char *customer = given_customer(w, NULL);
    given_product(w, "A", "10.00", 5);
    const char *body = fmt(w, "{\"customer_id\":\"%s\",\"lines\":[{\"sku\":\"A\",\"quantity\":1}]}",
                           customer);
    struct request_options o = {.key = "k"};
    expect(request(w, "POST", "/v1/orders?dry_run=true", body, &o), 201);
    struct reply r = request(w, "POST", "/v1/orders", body, &o);
    expect(r, 201);
    ck_assert_ptr_null(header(r, "Idempotency-Replayed"));
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM sales_order"), "1");
    /* And needs none. */
    expect(request(w, "POST", "/v1/orders?dry_run=true", body, NULL), 201);
    world_free(w);
}
END_TEST

/* ---- external ids ---- */

static const struct {
    const char *path, *operation;
} external[] = {
    {"/v1/customers", "customers"},       {"/v1/tax-codes", "tax_codes"},
    {"/v1/products", "products"},         {"/v1/prices", "prices"},
    {"/v1/warehouses", "warehouses"},     {"/v1/orders", "orders"},
    {"/v1/shipments", "shipments"},       {"/v1/invoices", "invoices"},
    {"/v1/credit-notes", "credit_notes"}, {"/v1/payments", "payments"},
};

START_TEST(resources_are_found_and_made_by_external_id)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    struct request_options o = {.key = "", .if_match = "*"};
    for (size_t i = 0; i < COUNT_OF(external); i++) {
        const char *path = external[i].path;
        const char *body = company_body(w, &c, fmt(w, "%s_create", external[i].operation));
        struct reply made = request(w, "POST", path, with_external_id(w, body, "E 1"), &o);
        expect(made, 201);
        ck_assert_str_eq(text(made, "/external_id"), "E 1");
        const char *id = fmt(w, "%s", text(made, "/id"));
        ck_assert_str_eq(header(made, "Location"), fmt(w, "%s/%s", path, id));
        struct reply found = get(w, "%s/ext:E%%201", path);
        expect(found, 200);
        ck_assert_str_eq(found.body, get(w, "%s/%s", path, id).body);
        /* Taken. A body that names nothing unique but the external id, else the SKU speaks first.
         */
        struct reply taken = request(w, "POST", path, with_external_id(w, body, "E 1"), &o);
        expect_problem(taken, 409, "external_id_taken");
        ck_assert_str_eq(text(taken, "/conflicting_id"), id);
        /* The body of a PUT may repeat the external id of the path, but no other. */
        struct reply other = request(w, "PUT", fmt(w, "%s/ext:E%%201", path),
                                     with_external_id(w, body, "E2"), &o);
        ck_assert_msg(other.status == 422, "%s: %d %s", path, other.status, other.body);
        expect_fault(other, "/external_id", "mismatch");
    }
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_put_by_external_id_creates_once)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    struct request_options o = {.key = ""};
    for (size_t i = 0; i < COUNT_OF(external); i++) {
        const char *path = fmt(w, "%s/ext:P%%2B%%C3%%BC", external[i].path);
        const char *body = company_body(w, &c, fmt(w, "%s_create", external[i].operation));
        struct reply made = request(w, "PUT", path, body, &o);
        expect(made, 201);
        ck_assert_str_eq(text(made, "/external_id"), "P+ü");
        struct reply again = request(w, "PUT", path, body, &o);
        ck_assert_msg(again.status == 200, "%s: %d %s", path, again.status, again.body);
        ck_assert_str_eq(text(again, "/id"), text(made, "/id"));
        ck_assert_msg(strcmp(text(again, "/version"), text(made, "/version")) == 0, "%s: %s", path,
                      again.body);
    }
    /* Replaces a master as a whole. */
    expect(request(w, "PUT", "/v1/customers/ext:X", "{\"name\":\"A\",\"email\":\"a@b.c\"}", &o),
           201);
    struct reply replaced = request(w, "PUT", "/v1/customers/ext:X", "{\"name\":\"B\"}", &o);
    expect(replaced, 200);
    ck_assert_str_eq(text(replaced, "/name"), "B");
    ck_assert_str_eq(text(replaced, "/email"), "null");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_external_id_may_have_any_characters)
{
    static const char *const ids[] = {"a/b", "a%b", "a%2Fb", "a?b#c",    "ext:a",
                                      "ä ö", "..",  "+",     "a/confirm"};
    static const char *const paths[] = {"a%2Fb",     "a%25b", "a%252Fb",
                                        "a%3Fb%23c", "ext:a", "%C3%A4%20%C3%B6",
                                        "..",        "+",     "a%2Fconfirm"};
    struct world *w = world_new();
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct reply made = post(w, "/v1/customers", "{'name':'A','external_id':'%s'}", ids[i]);
        expect(made, 201);
        struct reply found = get(w, "/v1/customers/ext:%s", paths[i]);
        ck_assert_msg(found.status == 200, "%s: %s", ids[i], found.body);
        ck_assert_str_eq(text(found, "/id"), text(made, "/id"));
    }
    world_free(w);
}
END_TEST

/* ---- tracing, and the server's own pages ---- */

START_TEST(the_callers_request_id_comes_back_when_it_is_sane)
{
    static const struct {
        const char *line;
        const char *echoed; /* NULL: a new one */
    } cases[] = {
        {"X-Request-Id: abc-1.2_3", "abc-1.2_3"},
        {"X-Request-Id: with space", NULL},
        {"X-Request-Id: \"quoted\"", NULL},
        {"X-Request-Id: 0123456789012345678901234567890123456789012345678901234567890123", NULL},
        {"X-Other: 1", NULL},
    };
    struct world *w = world_new();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *headers[] = {
            cases[i].line,
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"
            "01",
            NULL};
        struct request_options o = {.headers = headers};
        struct reply r = request(w, "GET", "/v1/customers", NULL, &o);
        expect(r, 200);
        const char *id = header(r, "X-Request-Id");
        ck_assert_ptr_nonnull(id);
        if (cases[i].echoed != NULL)
            ck_assert_str_eq(id, cases[i].echoed);
        else
            ck_assert_uint_eq(strlen(id), 36);
        ck_assert_str_eq(header(r, "Cache-Control"), "no-store");
        ck_assert_str_eq(header(r, "X-Content-Type-Options"), "nosniff");
    }
    world_free(w);
}
END_TEST

static long long metric(struct world *w, const char *name)
{
    struct reply r = get(w, "/metrics");
    expect(r, 200);
    const char *at = strstr(r.body, name);
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

START_TEST(metrics_count_every_request_by_operation_and_status)
{
    static const char created[] =
        "o2c_requests_total{operation=\"customers_create\",status=\"201\"}";
    static const char invalid[] =
        "o2c_requests_total{operation=\"customers_create\",status=\"422\"}";
    static const char took[] = "o2c_request_seconds_count{operation=\"customers_create\"}";
    struct world *w = world_new();
    long long before[] = {metric(w, created), metric(w, invalid), metric(w, took)};
    for (int i = 0; i < 3; i++)
        expect(post(w, "/v1/customers", "{'name':'A'}"), 201);
    expect(post(w, "/v1/customers", "{}"), 422);
    for (int i = 0; i < 50 && metric(w, took) < before[2] + 4; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL); /* counted after the answer */
    ck_assert_int_eq(metric(w, created) - before[0], 3);
    ck_assert_int_eq(metric(w, invalid) - before[1], 1);
    ck_assert_int_eq(metric(w, took) - before[2], 4);
    static const char *const others[] = {"o2c_http_connections", "o2c_http_queue_depth{",
                                         "o2c_http_batch_size_bucket{", "o2c_tx_round_trips_total",
                                         "# TYPE o2c_request_seconds histogram"};
    struct reply r = get(w, "/metrics");
    for (size_t i = 0; i < COUNT_OF(others); i++)
        ck_assert_msg(strstr(r.body, others[i]) != NULL, "no %s", others[i]);
    ck_assert_str_eq(header(r, "Content-Type"), "text/plain; version=0.0.4");
    world_free(w);
}
END_TEST

START_TEST(the_servers_own_pages_need_no_key)
{
    struct world *w = world_new();
    struct request_options nobody = {.api_key = "nobody"};
    struct reply r = request(w, "GET", "/healthz", NULL, &nobody);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "ok");
    r = request(w, "GET", "/readyz", NULL, &nobody);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/status"), "ready");
    r = request(w, "GET", "/openapi.json", NULL, &nobody);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/openapi"), "3.1.0");
    size_t operations = 0;
    FOR_EACH_ROUTE(route)
    {
        json_t *path = json_object_get(at(r, "/paths"), route->path);
        char method[8] = "";
        for (size_t i = 0; route->method[i] != '\0'; i++)
            method[i] = (char)(route->method[i] | 0x20);
        json_t *operation = json_object_get(path, method);
        ck_assert_msg(operation != NULL, "%s %s is not described", method, route->path);
        char status[8];
        snprintf(status, sizeof(status), "%d", route->status);
        ck_assert_ptr_nonnull(json_object_get(json_object_get(operation, "responses"), status));
        operations++;
    }
    ck_assert_uint_eq(operations, n_routes);
    r = request(w, "GET", "/docs", NULL, &nobody);
    ck_assert_int_lt(r.status, 500);
    world_free(w);
}
END_TEST

START_TEST(head_answers_as_get_without_the_body)
{
    struct world *w = world_new();
    const char *path = fmt(w, "/v1/customers/%s", given_customer(w, NULL));
    struct reply r = request(w, "HEAD", path, NULL, NULL);
    expect(r, 200);
    ck_assert_str_eq(r.body, "");
    ck_assert_str_eq(header(r, "ETag"), "\"1\"");
    expect(request(w, "HEAD", "/v1/customers/cus_0000000000001", NULL, NULL), 404);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("platform");
    TCase *tc = tcase_create("platform");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    tcase_add_test(tc, without_a_valid_key_nobody_gets_in);
    tcase_add_test(tc, a_request_without_the_header_is_told_what_to_send);
    tcase_add_test(tc, a_key_that_was_in_use_stops_working_soon_after_it_is_revoked);
    tcase_add_test(tc, every_operation_needs_its_scope_and_nothing_more);
    tcase_add_test(tc, a_scope_with_a_star_covers_its_resource_only);
    tcase_add_test(tc, what_belongs_to_another_tenant_does_not_exist);
    tcase_add_test(tc, an_id_of_nothing_or_of_another_kind_is_not_found);
    tcase_add_test(tc, unknown_paths_and_methods_are_told_apart);
    tcase_add_test(tc, a_body_must_say_that_it_is_json);
    tcase_add_test(tc, a_body_over_the_limit_is_refused_before_it_is_read);
    tcase_add_test(tc, unknown_members_and_all_other_faults_are_listed_at_once);
    tcase_add_test(tc, a_write_takes_no_parameter_but_dry_run);
    tcase_add_test(tc, an_idempotency_key_is_needed_wherever_money_stock_or_numbers_move);
    tcase_add_test(tc, a_change_needs_the_version_that_was_read);
    tcase_add_test(tc, etags_grow_with_every_change_and_guard_it);
    tcase_add_test(tc, what_has_not_changed_is_not_sent_again);
    tcase_add_test(tc, a_dry_run_answers_like_the_real_thing_and_leaves_no_trace);
    tcase_add_test(tc, a_dry_run_keeps_no_key);
    tcase_add_test(tc, resources_are_found_and_made_by_external_id);
    tcase_add_test(tc, a_put_by_external_id_creates_once);
    tcase_add_test(tc, an_external_id_may_have_any_characters);
    tcase_add_test(tc, the_callers_request_id_comes_back_when_it_is_sane);
    tcase_add_test(tc, metrics_count_every_request_by_operation_and_status);
    tcase_add_test(tc, the_servers_own_pages_need_no_key);
    tcase_add_test(tc, head_answers_as_get_without_the_body);
    return s;
}
WORLD_MAIN(suite)
