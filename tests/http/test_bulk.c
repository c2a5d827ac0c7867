/* Many orders in one request: each line stands for itself, or all stand together. */
#include "tests/support/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const ndjson[] = {"Content-Type: application/x-ndjson", NULL};

/* The lines with ' for ", sent under that key ("": a new one). */
static struct reply send_lines(struct world *w, const char *query, const char *key,
                               const char *lines)
{
    char *body = strdup(lines);
    for (char *c = body; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    struct request_options o = {.key = key, .headers = ndjson};
    struct reply r = request(w, "POST", fmt(w, "/v1/orders/bulk%s", query), body, &o);
    free(body);
    return r;
}

static const char *line(struct world *w, const char *who, const char *more, const char *sku,
                        const char *quantity)
{
    return fmt(w, "{'customer_id':'%s',%s'lines':[{'sku':'%s','quantity':'%s'}]}\n", who, more, sku,
               quantity);
}

static const char *result(struct world *w, struct reply r, size_t i, const char *member)
{
    return text(r, fmt(w, "/results/%zu/%s", i, member));
}

static const char *orders_in(struct world *w)
{
    return world_sql(w, "SELECT count(*) FROM sales_order");
}

START_TEST(good_lines_become_orders_and_bad_ones_are_told_why)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 5);
    const char *good = line(w, who, "'external_id':'f-1','confirm':true,", "A", "2");
    const char *draft = line(w, who, "", "A", "1");
    const char *unknown = line(w, who, "'external_id':'f-2',", "NO", "1");
    const char *invalid = line(w, who, "'channel':'fax','surprise':1,", "A", "1");
    struct reply r = send_lines(w, "", "",
                                fmt(w, "%s\n \t\r\n%s{'customer_id':\n%s%s[]\n%s", good, unknown,
                                    invalid, draft, line(w, who, "'confirm':true,", "A", "4")));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), "2");
    ck_assert_str_eq(text(r, "/refused"), "5");
    ck_assert_uint_eq(length(r, "/results"), 7);
    ck_assert_str_eq(result(w, r, 0, "index"), "0");
    ck_assert_str_eq(result(w, r, 0, "status"), "201");
    ck_assert_str_eq(result(w, r, 0, "external_id"), "f-1");
    ck_assert_str_eq(result(w, r, 0, "order_status"), "confirmed");
    ck_assert_str_eq(result(w, r, 0, "code"), "null");
    struct reply order = get(w, "/v1/orders/%s", result(w, r, 0, "id"));
    expect(order, 200);
    ck_assert_str_eq(text(order, "/number"), result(w, r, 0, "number"));
    ck_assert_str_eq(text(order, "/gross"), "23.80");
    ck_assert_str_eq(result(w, r, 1, "status"), "422");
    ck_assert_str_eq(result(w, r, 1, "external_id"), "f-2");
    ck_assert_str_eq(result(w, r, 1, "id"), "null");
    ck_assert_str_eq(result(w, r, 1, "errors/0/pointer"), "/lines/0/sku");
    ck_assert_str_eq(result(w, r, 1, "errors/0/code"), "unknown_reference");
    ck_assert_str_eq(result(w, r, 2, "status"), "400");
    ck_assert_str_eq(result(w, r, 2, "code"), "syntax");
    ck_assert_str_eq(result(w, r, 3, "code"), "invalid");
    ck_assert_uint_eq(length(r, "/results/3/errors"), 2);
    ck_assert_str_eq(result(w, r, 3, "errors/0/pointer"), "/channel");
    ck_assert_str_eq(result(w, r, 4, "order_status"), "draft");
    ck_assert_str_eq(result(w, r, 5, "errors/0/code"), "type");
    ck_assert_str_eq(result(w, r, 6, "status"), "409");
    ck_assert_str_eq(result(w, r, 6, "code"), "insufficient_stock");
    ck_assert_str_eq(result(w, r, 6, "detail"), "Line 1 wants 4 of A, 3 are available.");
    ck_assert_str_eq(orders_in(w), "2");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(atomic_lines_are_all_taken_or_none)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 5);
    const char *events = world_sql(w, "SELECT count(*) FROM event");
    const char *good = line(w, who, "'confirm':true,", "A", "2");
    const char *bad = line(w, who, "", "NO", "1");
    const char *mixed = fmt(w, "%s%snot json\n%s", good, bad, line(w, who, "", "A", "0"));
    struct reply r = send_lines(w, "?atomic=true", "mixed", mixed);
    expect_problem(r, 422, "invalid");
    ck_assert_str_eq(text(r, "/detail"), "3 of 4 lines are refused, so nothing was written.");
    ck_assert_uint_eq(length(r, "/errors"), 3);
    expect_fault(r, "/1/lines/0/sku", "unknown_reference");
    expect_fault(r, "/2", "syntax");
    expect_fault(r, "/3/lines/0/quantity", "too_small");
    ck_assert_str_eq(send_lines(w, "?atomic=true", "mixed", mixed).body, r.body);
    r = send_lines(w, "?atomic=true", "", fmt(w, "%s%s%s", good, good, good));
    expect_problem(r, 409, "insufficient_stock");
    expect_fault(r, "/2", "insufficient_stock");
    ck_assert_str_eq(orders_in(w), "0");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event"), events);
    expect_books_balance(w);
    r = send_lines(w, "?atomic=true", "", fmt(w, "%s%s", good, good));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), "2");
    ck_assert_str_eq(text(get(w, "/v1/stock"), "/data/0/reserved"), "4");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_refused_atomic_line_is_named_with_all_its_faults)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 5);
    struct reply r = send_lines(w, "?atomic=true", "",
                                fmt(w,
                                    "%s%s{'customer_id':'%s','lines':[{'sku':'NO','quantity':'1'},"
                                    "{'sku':'A','quantity':'1'},{'sku':'NOT','quantity':'1'}]}",
                                    line(w, who, "", "A", "1"),
                                    line(w, who, "'channel':'fax','surprise':1,", "A", "0"), who));
    expect_problem(r, 422, "invalid");
    ck_assert_str_eq(text(r, "/detail"), "2 of 3 lines are refused, so nothing was written.");
    ck_assert_uint_eq(length(r, "/errors"), 5);
    expect_fault(r, "/1/channel", "not_a_choice");
    expect_fault(r, "/1/surprise", "unknown_member");
    expect_fault(r, "/1/lines/0/quantity", "too_small");
    expect_fault(r, "/2/lines/0/sku", "unknown_reference");
    expect_fault(r, "/2/lines/2/sku", "unknown_reference");
    world_free(w);
}
END_TEST

START_TEST(of_many_refused_atomic_lines_a_hundred_are_named_and_the_rest_counted)
{
    enum { LINES = 150 };
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    const char *lines = "";
    for (int i = 0; i < LINES; i++)
        lines = fmt(w, "%s%s", lines, line(w, who, "", "NO", "1"));
    struct reply r = send_lines(w, "?atomic=true", "", lines);
    expect_problem(r, 422, "invalid");
    ck_assert_uint_eq(length(r, "/errors"), 100);
    ck_assert_str_eq(text(r, "/detail"), "150 of 150 lines are refused, so nothing was written. 50 "
                                         "more faults are not listed.");
    world_free(w);
}
END_TEST

START_TEST(lines_name_masters_by_external_id)
{
    struct world *w = world_new();
    given_customer(w, NULL);
    expect(post(w, "/v1/customers", "{'name':'B','external_id':'B'}"), 201);
    given_product(w, "A", "10.00", 50);
    struct reply r = send_lines(
        w, "", "",
        "{'customer_id':'ext:B','warehouse_id':'ext:MAIN','confirm':true,'lines':["
        "{'product_id':'ext:A','quantity':'2','tax_code_id':'ext:T0'}]}\n"
        "{'customer_id':'ext:NOBODY','lines':[{'product_id':'ext:A','quantity':'1'}]}\n"
        "{'customer_id':'ext:B','lines':[{'product_id':'ext:A','quantity':'1'},"
        "{'product_id':'ext:NOTHING','quantity':'1'}]}\n"
        "{'customer_id':'ext:B','lines':[{'product_id':'ext:A','quantity':'3'}]}");
    expect(r, 200);
    ck_assert_str_eq(result(w, r, 0, "order_status"), "confirmed");
    ck_assert_str_eq(result(w, r, 1, "code"), "invalid");
    ck_assert_str_eq(result(w, r, 1, "errors/0/pointer"), "/customer_id");
    ck_assert_str_eq(result(w, r, 1, "errors/0/code"), "unknown_reference");
    ck_assert_str_eq(result(w, r, 2, "errors/0/pointer"), "/lines/1/product_id");
    ck_assert_str_eq(result(w, r, 3, "status"), "201");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", result(w, r, 0, "id")), "/gross"), "20.00");
    ck_assert_str_eq(text(get(w, "/v1/orders/%s", result(w, r, 3, "id")), "/gross"), "35.70");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_dry_run_answers_as_if_and_leaves_no_trace)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'30.00'");
    given_product(w, "A", "10.00", 50);
    const char *events = world_sql(w, "SELECT count(*) FROM event");
    const char *lines = fmt(w, "%s%s%s", line(w, who, "'confirm':true,", "A", "2"),
                            line(w, who, "'confirm':true,", "A", "1"), line(w, who, "", "NO", "1"));
    struct reply dry = send_lines(w, "?dry_run=true", NULL, lines);
    expect(dry, 200);
    ck_assert_str_eq(header(dry, "O2C-Dry-Run"), "true");
    ck_assert_str_eq(orders_in(w), "0");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM event"), events);
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/exposure"), "0.00");
    ck_assert_str_eq(text(get(w, "/v1/stock"), "/data/0/reserved"), "0");
    expect_problem(send_lines(w, "?dry_run=true&atomic=true", NULL, lines), 422, "invalid");
    struct reply real = send_lines(w, "", "", lines);
    expect(real, 200);
    ck_assert_ptr_null(header(real, "O2C-Dry-Run"));
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(result(w, real, i, "order_status"), result(w, dry, i, "order_status"));
    ck_assert_str_eq(result(w, real, 1, "order_status"), "on_hold");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(the_same_key_replays_the_same_bytes)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 50);
    const char *lines = fmt(w, "%s%s", line(w, who, "'confirm':true,", "A", "2"),
                            line(w, who, "", "NO", "1"));
    struct reply first = send_lines(w, "", "file-7", lines);
    expect(first, 200);
    /* Blank lines and the order of members are not what a file says. */
    struct reply again = send_lines(
        w, "", "file-7",
        fmt(w,
            "\n{'confirm':true, 'customer_id':'%s','lines':[{'quantity':'2','sku':'A'}]}\r\n\n%s",
            who, line(w, who, "", "NO", "1")));
    expect(again, 200);
    ck_assert_str_eq(again.body, first.body);
    ck_assert_str_eq(header(again, "Idempotency-Replayed"), "true");
    expect_problem(send_lines(w, "?atomic=true", "file-7", lines), 422, "idempotency_mismatch");
    expect_problem(send_lines(w, "", "file-7", line(w, who, "", "A", "1")), 422,
                   "idempotency_mismatch");
    expect_problem(send_lines(w, "", NULL, lines), 400, "idempotency_key_missing");
    ck_assert_str_eq(orders_in(w), "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_external_id_is_taken_once_whether_by_a_twin_or_by_an_older_order)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 50);
    struct reply old = post(w, "/v1/orders",
                            "{'customer_id':'%s','external_id':'old','lines':[{'sku':'A',"
                            "'quantity':'1'}]}",
                            who);
    expect(old, 201);
    const char *mine = line(w, who, "'external_id':'new',", "A", "1");
    const char *other = line(w, who, "'external_id':'newer',", "A", "1");
    struct reply r = send_lines(w, "", "",
                                fmt(w, "%s%s%s%s%s", other, mine,
                                    line(w, who, "'external_id':'old',", "A", "1"), mine, mine));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), "2");
    ck_assert_str_eq(result(w, r, 0, "status"), "201");
    ck_assert_str_eq(result(w, r, 1, "status"), "201");
    ck_assert_str_eq(result(w, r, 2, "code"), "external_id_taken");
    ck_assert_str_eq(result(w, r, 2, "conflicting_id"), text(old, "/id"));
    ck_assert_str_eq(result(w, r, 3, "code"), "external_id_taken");
    ck_assert_str_eq(result(w, r, 4, "status"), "409");
    ck_assert_str_eq(text(get(w, "/v1/orders/ext:new"), "/id"), result(w, r, 1, "id"));
    ck_assert_str_eq(orders_in(w), "3");
    expect_problem(send_lines(w, "?atomic=true", "", fmt(w, "%s%s", mine, other)), 409,
                   "external_id_taken");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_external_id_goes_to_the_first_line_that_is_not_refused_for_whatever_reason)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 5);
    expect(post(w, "/v1/products", "{'sku':'U','name':'Unpriced','tax_code_id':'ext:T19'}"), 201);
    const char *greedy = line(w, who, "'external_id':'x','confirm':true,", "A", "6");
    const char *unpriced = line(w, who, "'external_id':'x',", "U", "1");
    const char *unknown = line(w, who, "'external_id':'x',", "NO", "1");
    const char *good = line(w, who, "'external_id':'x','confirm':true,", "A", "5");
    struct reply r = send_lines(
        w, "", "", fmt(w, "%s%s%s%s%s%s", greedy, unpriced, unknown, good, good, unpriced));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), "1");
    ck_assert_str_eq(result(w, r, 0, "code"), "insufficient_stock");
    ck_assert_str_eq(result(w, r, 1, "errors/0/code"), "no_price");
    ck_assert_str_eq(result(w, r, 2, "errors/0/code"), "unknown_reference");
    ck_assert_str_eq(result(w, r, 3, "order_status"), "confirmed");
    ck_assert_str_eq(result(w, r, 4, "code"), "external_id_taken");
    ck_assert_str_eq(result(w, r, 4, "conflicting_id"), result(w, r, 3, "id"));
    ck_assert_str_eq(result(w, r, 5, "code"), "external_id_taken");
    ck_assert_str_eq(orders_in(w), "1");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(stock_that_runs_out_in_the_middle_refuses_the_lines_that_want_more)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 5);
    const char *two = line(w, who, "'confirm':true,", "A", "2");
    struct reply r = send_lines(
        w, "", "",
        fmt(w, "%s%s%s%s%s", two, two, two, line(w, who, "'confirm':true,", "A", "1"), two));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), "3");
    ck_assert_str_eq(result(w, r, 2, "code"), "insufficient_stock");
    ck_assert_str_eq(result(w, r, 3, "order_status"), "confirmed");
    ck_assert_str_eq(result(w, r, 4, "detail"), "Line 1 wants 2 of A, 0 are available.");
    ck_assert_str_eq(text(get(w, "/v1/stock"), "/data/0/available"), "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(credit_that_runs_out_in_the_middle_holds_the_orders_that_follow)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'60.00'");
    const char *rich = given_customer(w, NULL);
    given_product(w, "A", "10.00", 50);
    const char *two = line(w, who, "'confirm':true,", "A", "2");
    struct reply r = send_lines(w, "", "",
                                fmt(w, "%s%s%s%s%s", two, two, two,
                                    line(w, rich, "'confirm':true,", "A", "30"),
                                    line(w, who, "'confirm':true,", "A", "1")));
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), "5");
    ck_assert_str_eq(result(w, r, 1, "order_status"), "confirmed");
    ck_assert_str_eq(result(w, r, 2, "order_status"), "on_hold");
    ck_assert_str_eq(result(w, r, 3, "order_status"), "confirmed");
    ck_assert_str_eq(result(w, r, 4, "order_status"), "confirmed");
    ck_assert_str_eq(text(get(w, "/v1/customers/%s/credit", who), "/exposure"), "59.50");
    ck_assert_str_eq(text(get(w, "/v1/stock"), "/data/0/reserved"), "35");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* n orders of five lines for ten customers, with the external ids f-0 … */
static char *file_of(int n, const char *const *customers)
{
    size_t cap = (size_t)n * 400, len = 0;
    char *lines = malloc(cap);
    for (int i = 0; i < n; i++) {
        len += (size_t)snprintf(lines + len, cap - len,
                                "{'external_id':'f-%d','customer_id':'%s','confirm':true,"
                                "'lines':[",
                                i, customers[i % 10]);
        for (int k = 0; k < 5; k++)
            len += (size_t)snprintf(lines + len, cap - len, "%s{'sku':'P%d','quantity':'%d'}",
                                    k > 0 ? "," : "", (i * 5 + k) % 20, k + 1);
        len += (size_t)snprintf(lines + len, cap - len, "]}\n");
    }
    ck_assert_uint_lt(len, cap);
    return lines;
}

static void one_file(int n)
{
    struct world *w = world_new_with((const char *[]){"O2C_REQUEST_TIMEOUT_MS", "100000", NULL});
    const char *customers[10];
    for (int i = 0; i < 10; i++)
        customers[i] = given_customer(w, NULL);
    for (int i = 0; i < 20; i++)
        given_product(w, fmt(w, "P%d", i), "1.00", 1000000);
    char *lines = file_of(n, customers);
    const char *all = fmt(w, "%d", n);
    struct reply r = send_lines(w, "?atomic=true", "", lines);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), all);
    ck_assert_uint_eq(length(r, "/results"), (size_t)n);
    ck_assert_str_eq(result(w, r, (size_t)n - 1, "external_id"), fmt(w, "f-%d", n - 1));
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM order_line"), fmt(w, "%d", 5 * n));
    ck_assert_str_eq(world_sql(w, "SELECT sum(reserved) FROM stock"), fmt(w, "%d000000", 15 * n));
    expect_books_balance(w);
    r = send_lines(w, "", "", lines);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/refused"), all);
    ck_assert_str_eq(result(w, r, (size_t)n / 2, "code"), "external_id_taken");
    free(lines);
    expect_books_balance(w);
    world_free(w);
}

START_TEST(a_thousand_orders_fit_into_one_request)
{
    one_file(1000);
}
END_TEST

START_TEST(ten_thousand_orders_of_five_lines_fit_into_one_request)
{
    one_file(10000);
}
END_TEST

/* Two files that share half of their external ids at the same moment: each id once. */
START_TEST(two_files_at_once_share_no_external_id)
{
    enum { EACH = 40 };
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "1.00", 3 * EACH / 2);
    struct shot shots[2] = {0};
    for (int f = 0; f < 2; f++) {
        const char *body = "";
        for (int i = 0; i < EACH; i++)
            body = fmt(w,
                       "%s{\"external_id\":\"f-%d\",\"customer_id\":\"%s\",\"confirm\":true,"
                       "\"lines\":[{\"sku\":\"A\",\"quantity\":\"1\"}]}\n",
                       body, f * EACH / 2 + i, who);
        shots[f] = (struct shot){.method = "POST",
                                 .path = "/v1/orders/bulk",
                                 .body = body,
                                 .options = {.key = "", .headers = ndjson}};
    }
    shoot_together(w, shots, 2);
    expect(shots[0].reply, 200);
    expect(shots[1].reply, 200);
    json_int_t accepted = 0;
    for (int f = 0; f < 2; f++)
        accepted += json_integer_value(at(shots[f].reply, "/accepted"));
    ck_assert_int_eq(accepted, 3 * EACH / 2);
    ck_assert_str_eq(orders_in(w), "60");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(no_line_and_too_many_lines_are_refused)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    struct reply r = send_lines(w, "", "", " \n\n");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "", "too_few");
    struct request_options o = {.key = "", .headers = ndjson};
    expect_problem(request(w, "POST", "/v1/orders/bulk", NULL, &o), 422, "invalid");
    enum { LINES = 10001 };
    char *lines = malloc(2 * LINES + 1);
    for (size_t i = 0; i < LINES; i++)
        memcpy(lines + 2 * i, "1\n", 3);
    r = send_lines(w, "", "", lines);
    free(lines);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "", "too_many");
    expect_problem(send_lines(w, "?atomic=maybe", "", line(w, who, "", "A", "1")), 400,
                   "parameter");
    expect_problem(send_lines(w, "?sloppy=true", "", line(w, who, "", "A", "1")), 400, "parameter");
    ck_assert_str_eq(orders_in(w), "0");
    world_free(w);
}
END_TEST

START_TEST(ten_thousand_lines_of_nonsense_get_a_bounded_answer)
{
    enum { LINES = 10000, MEMBERS = 60, MEMBER_CHARS = 9 };
    struct world *w = world_new();
    size_t cap = (size_t)LINES * (MEMBERS * MEMBER_CHARS + 4), len = 0;
    char *lines = malloc(cap);
    for (int i = 0; i < LINES; i++)
        for (int k = 0; k < MEMBERS; k++)
            len += (size_t)snprintf(lines + len, cap - len, "%s'a%d':1%s", k > 0 ? "," : "{", k,
                                    k + 1 < MEMBERS ? "" : "}\n");
    struct reply r = send_lines(w, "", "", lines);
    free(lines);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/refused"), "10000");
    ck_assert_uint_eq(length(r, "/results/0/errors"), MEMBERS + 2);
    ck_assert_uint_eq(length(r, "/results/9999/errors"), 0);
    ck_assert_str_eq(result(w, r, 9999, "code"), "invalid");
    ck_assert_uint_lt(strlen(r.body), 5000000);
    world_free(w);
}
END_TEST

START_TEST(each_operation_takes_its_own_media_type_only)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 50);
    const char *body = fmt(
        w, "{\"customer_id\":\"%s\",\"lines\":[{\"sku\":\"A\",\"quantity\":\"1\"}]}", who);
    struct request_options json = {.key = ""};
    struct reply r = request(w, "POST", "/v1/orders/bulk", body, &json);
    expect_problem(r, 415, "media_type");
    ck_assert_str_eq(text(r, "/detail"),
                     "Send the body as Content-Type: application/x-ndjson or text/csv.");
    struct request_options lines = {.key = "", .headers = ndjson};
    expect_problem(request(w, "POST", "/v1/orders", body, &lines), 415, "media_type");
    static const char *const utf8[] = {"Content-Type: application/x-ndjson; charset=utf-8", NULL};
    struct request_options charset = {.key = "", .headers = utf8};
    expect(request(w, "POST", "/v1/orders/bulk", body, &charset), 200);
    const char *reader = world_key_with(w, "orders:read");
    struct request_options unscoped = {.key = "", .headers = ndjson, .api_key = reader};
    expect_problem(request(w, "POST", "/v1/orders/bulk", body, &unscoped), 403, "forbidden");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- CSV ---- */

static const char *const csv[] = {"Content-Type: text/csv; charset=utf-8", NULL};

static struct reply send_csv(struct world *w, const char *query, const char *key, const char *text)
{
    struct request_options o = {.key = key, .headers = csv};
    return request(w, "POST", fmt(w, "/v1/orders/bulk%s", query), text, &o);
}

static struct world *given_csv_world(void)
{
    struct world *w = world_new();
    given_customer(w, "'external_id':'C1'");
    given_product(w, "A", "10.00", 50);
    given_product(w, "B", "1.00", 50);
    return w;
}

START_TEST(rows_of_csv_with_one_external_id_are_the_lines_of_one_order)
{
    struct world *w = given_csv_world();
    const char *file = "\xEF\xBB\xBF"
                       "external_id,customer_external_id,confirm,notes,metadata.shop,sku,quantity,"
                       "unit_price,lines.warehouse_id\r\n"
                       "o-1,C1,TRUE,\"said \"\"now\"\",\r\ntoday\",north,A,2,,ext:MAIN\r\n"
                       "o-1,,,,,B,1.5,3.25,\r\n"
                       "\r\n"
                       "o-2,C1,false,,,A,1,,\r\n"
                       ",C1,,,,B,1,,\r\n"
                       ",C1,,,,B,1,,";
    struct reply r = send_csv(w, "", "file", file);
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), "4");
    ck_assert_str_eq(result(w, r, 0, "order_status"), "confirmed");
    ck_assert_str_eq(result(w, r, 0, "row"), "2");
    ck_assert_str_eq(result(w, r, 1, "row"), "6");
    ck_assert_str_eq(result(w, r, 1, "external_id"), "o-2");
    ck_assert_str_eq(result(w, r, 3, "row"), "8");
    struct reply order = get(w, "/v1/orders/ext:o-1");
    expect(order, 200);
    ck_assert_str_eq(text(order, "/notes"), "said \"now\",\r\ntoday");
    ck_assert_str_eq(text(order, "/metadata/shop"), "north");
    ck_assert_uint_eq(length(order, "/lines"), 2);
    ck_assert_str_eq(text(order, "/lines/0/unit_price"), "10.00");
    ck_assert_str_eq(text(order, "/lines/1/quantity"), "1.5");
    ck_assert_str_eq(text(order, "/lines/1/unit_price"), "3.25");
    struct reply again = send_csv(w, "", "file", file);
    ck_assert_str_eq(header(again, "Idempotency-Replayed"), "true");
    ck_assert_str_eq(again.body, r.body);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(faults_of_csv_name_row_and_column)
{
    struct world *w = given_csv_world();
    struct reply r = send_csv(w, "", "",
                              "external_id,customer_external_id,customer_po,sku,quantity\n"
                              "o-1,C1,p,A,1\n"
                              "o-1,C1,q,NO,x\n"
                              "o-2,C9,,A,1\n"
                              "o-3,C1,,A\n"
                              "o-4,C1,,A,1\n"
                              "o-1,C1,,\xFF,1\n"
                              "a\"b,C1,,A,1\n"
                              "o-5,\"C1,,A,1\n");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/accepted"), "1");
    ck_assert_uint_eq(length(r, "/results"), 7);
    ck_assert_str_eq(result(w, r, 0, "errors/0/code"), "differs");
    ck_assert_str_eq(result(w, r, 0, "errors/0/row"), "3");
    ck_assert_str_eq(result(w, r, 0, "errors/0/column"), "customer_po");
    ck_assert_str_eq(result(w, r, 0, "errors/1/pointer"), "/lines/1/quantity");
    ck_assert_str_eq(result(w, r, 0, "errors/1/row"), "3");
    ck_assert_str_eq(result(w, r, 0, "errors/1/column"), "quantity");
    ck_assert_str_eq(result(w, r, 1, "errors/0/code"), "unknown_reference");
    ck_assert_str_eq(result(w, r, 1, "errors/0/row"), "4");
    ck_assert_str_eq(result(w, r, 1, "errors/0/column"), "customer_external_id");
    ck_assert_str_eq(result(w, r, 2, "errors/0/code"), "cells");
    ck_assert_str_eq(result(w, r, 2, "errors/1/code"), "required");
    ck_assert_str_eq(result(w, r, 3, "status"), "201");
    ck_assert_str_eq(result(w, r, 4, "errors/0/code"), "encoding");
    ck_assert_str_eq(result(w, r, 4, "errors/0/column"), "sku");
    ck_assert_str_eq(result(w, r, 5, "code"), "syntax");
    ck_assert_str_eq(result(w, r, 5, "detail"),
                     "Row 8 cannot be read: A quote stands inside a cell that does not begin with "
                     "one.");
    ck_assert_str_eq(result(w, r, 6, "detail"),
                     "Row 9 cannot be read: A cell begins with a quote that never ends.");
    r = send_csv(w, "?atomic=true", "", "customer_id,sku,quantity\next:C1,A,1\next:C1,NO,1\n");
    expect_problem(r, 422, "invalid");
    expect_fault(r, "/1/lines/0/sku", "unknown_reference");
    ck_assert_str_eq(text(r, "/errors/0/detail"), "Row 3, sku: There is no such product.");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_header_of_csv_must_name_members_each_once)
{
    struct world *w = given_csv_world();
    struct reply r = send_csv(w, "", "", "sku,surprise,sku,metadata,lines\nA,1,A,,\n");
    expect_problem(r, 422, "invalid");
    ck_assert_uint_eq(length(r, "/errors"), 4);
    expect_fault(r, "/header/1", "unknown_column");
    expect_fault(r, "/header/2", "duplicate");
    expect_fault(r, "/header/3", "unknown_column");
    ck_assert_str_eq(text(r, "/errors/0/detail"),
                     "Column 2, \"surprise\", is no member that a cell can hold; remove it.");
    expect_problem(send_csv(w, "", "", "\"sku"), 400, "syntax");
    expect_problem(send_csv(w, "", "", "\n\n"), 422, "invalid");
    expect_problem(send_csv(w, "", "", "sku,quantity\n\n"), 422, "invalid");
    world_free(w);
}
END_TEST

START_TEST(millions_of_tiny_rows_are_refused_before_they_fill_the_memory)
{
    enum { ROWS = 4000000 };
    struct world *w = given_csv_world();
    static const char head[] = "external_id\n";
    size_t len = strlen(head);
    char *file = malloc(len + ROWS * 2 + 1);
    memcpy(file, head, len);
    for (int i = 0; i < ROWS; i++, len += 2)
        memcpy(file + len, "k\n", 3);
    expect_problem(send_csv(w, "", "", file), 503, "overloaded");
    for (char *c = file + strlen(head); *c != '\0'; c += 2)
        *c = (char)('a' + (c - file) / 2 % 26);
    struct reply r = send_csv(w, "", "", file);
    expect_problem(r, 422, "invalid");
    expect_fault(r, "", "too_many");
    free(file);
    world_free(w);
}
END_TEST

static Suite *bulk_suite(void)
{
    Suite *s = suite_create("bulk");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    tcase_add_test(t, good_lines_become_orders_and_bad_ones_are_told_why);
    tcase_add_test(t, atomic_lines_are_all_taken_or_none);
    tcase_add_test(t, a_refused_atomic_line_is_named_with_all_its_faults);
    tcase_add_test(t, of_many_refused_atomic_lines_a_hundred_are_named_and_the_rest_counted);
    tcase_add_test(t, lines_name_masters_by_external_id);
    tcase_add_test(t, a_dry_run_answers_as_if_and_leaves_no_trace);
    tcase_add_test(t, the_same_key_replays_the_same_bytes);
    tcase_add_test(t, an_external_id_is_taken_once_whether_by_a_twin_or_by_an_older_order);
    tcase_add_test(t,
                   an_external_id_goes_to_the_first_line_that_is_not_refused_for_whatever_reason);
    tcase_add_test(t, stock_that_runs_out_in_the_middle_refuses_the_lines_that_want_more);
    tcase_add_test(t, credit_that_runs_out_in_the_middle_holds_the_orders_that_follow);
    tcase_add_test(t, a_thousand_orders_fit_into_one_request);
    tcase_add_test(t, ten_thousand_orders_of_five_lines_fit_into_one_request);
    tcase_add_test(t, two_files_at_once_share_no_external_id);
    tcase_add_test(t, no_line_and_too_many_lines_are_refused);
    tcase_add_test(t, ten_thousand_lines_of_nonsense_get_a_bounded_answer);
    tcase_add_test(t, each_operation_takes_its_own_media_type_only);
    tcase_add_test(t, rows_of_csv_with_one_external_id_are_the_lines_of_one_order);
    tcase_add_test(t, faults_of_csv_name_row_and_column);
    tcase_add_test(t, a_header_of_csv_must_name_members_each_once);
    tcase_add_test(t, millions_of_tiny_rows_are_refused_before_they_fill_the_memory);
    return s;
}
WORLD_MAIN(bulk_suite)
