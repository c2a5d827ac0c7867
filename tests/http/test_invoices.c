/* Invoices and credit notes through the API, alone and racing. */
#include "tests/support/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *ship(struct world *w, const char *order, int quantity)
{
    struct reply r = post(w, "/v1/shipments",
                          "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,"
                          "'quantity':'%d'}]}",
                          order, quantity);
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static void expect_text(struct reply r, const char *pointer, const char *expected)
{
    ck_assert_msg(strcmp(text(r, pointer), expected) == 0, "%s is %s, not %s", pointer,
                  text(r, pointer), expected);
}

static void expect_credit(struct world *w, const char *customer, const char *ordered,
                          const char *unbilled, const char *receivable, const char *unapplied)
{
    struct reply r = get(w, "/v1/customers/%s/credit", customer);
    expect(r, 200);
    expect_text(r, "/ordered", ordered);
    expect_text(r, "/unbilled", unbilled);
    expect_text(r, "/receivable", receivable);
    expect_text(r, "/unapplied", unapplied);
}

/* What an account holds today, on its normal side. */
static const char *balance(struct world *w, const char *account)
{
    struct reply r = get(w, "/v1/ledger/trial-balance?as_of=2199-12-31");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/totals/0/debit"), text(r, "/totals/0/credit"));
    for (size_t i = 0; i < length(r, "/rows"); i++)
        if (strcmp(text(r, fmt(w, "/rows/%zu/account", i)), account) == 0)
            return fmt(w, "%s", text(r, fmt(w, "/rows/%zu/balance", i)));
    return "0.00";
}

static const char *id_of(struct world *w, struct reply r)
{
    expect(r, 201);
    return fmt(w, "%s", text(r, "/id"));
}

static const char *action(struct world *w, const char *kind, const char *id)
{
    return fmt(w, "/v1/%s/%s", kind, id);
}

/* ---- of orders and shipments ---- */

START_TEST(an_order_is_invoiced_as_it_ships_and_the_parts_add_up)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "3.333333", 10);
    const char *order = given_order(w, who, "A", 3);
    expect_problem(post(w, "/v1/invoices", "{'order_id':'%s'}", order), 409, "quantity_exceeded");

    static const char *const nets[] = {"3.33", "3.34", "3.33"};
    for (size_t i = 0; i < 3; i++) {
        ship(w, order, 1);
        struct reply r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", order);
        expect(r, 201);
        expect_text(r, "/net", nets[i]);
        expect_text(r, "/status", "finalized");
        expect_text(r, "/number", fmt(w, "INV-00000%zu", i + 1));
        expect_text(r, "/open_amount", text(r, "/gross"));
        expect_text(r, "/lines/0/order_line_no", "1");
        expect_text(r, "/tax_summary/0/net", nets[i]);
    }
    expect_text(get(w, "/v1/orders/%s", order), "/lines/0/invoiced", "3");
    ck_assert_str_eq(balance(w, "revenue"), "10.00");
    expect_problem(post(w, "/v1/invoices", "{'order_id':'%s'}", order), 409, "quantity_exceeded");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_shipment_is_invoiced_once_and_only_its_own_goods)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *order = given_order(w, who, "A", 5);
    const char *first = ship(w, order, 2), *second = ship(w, order, 3);
    struct reply r = post(w, "/v1/invoices", "{'shipment_id':'%s','finalize':true}", second);
    expect(r, 201);
    expect_text(r, "/net", "30.00");
    expect_text(r, "/tax", "5.70");
    expect_text(r, "/lines/0/shipment_id", second);
    expect_text(r, "/order_id", order);
    expect_problem(post(w, "/v1/invoices", "{'shipment_id':'%s'}", second), 409,
                   "quantity_exceeded");
    expect_problem(post(w, "/v1/invoices",
                        "{'order_id':'%s','lines':[{'order_line_no':1,'shipment_id':'%s',"
                        "'quantity':'2.5'}]}",
                        order, first),
                   409, "quantity_exceeded");
    expect(r = post(w, "/v1/invoices",
                    "{'order_id':'%s','lines':[{'order_line_no':1,'quantity':'1.5'}]}", order),
           201);
    expect_text(r, "/lines/0/shipment_id", first);
    expect_text(r, "/gross", "17.85");
    expect(r = post(w, "/v1/invoices", "{'order_id':'%s'}", order), 201);
    expect_text(r, "/lines/0/quantity", "0.5");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(services_are_invoiced_from_the_order)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_service(w, "S", "99.00");
    const char *order = given_order(w, who, "S", 2);
    struct reply r = post(w, "/v1/invoices",
                          "{'order_id':'%s','lines':[{'order_line_no':1,"
                          "'quantity':'0.5'}],'finalize':true}",
                          order);
    expect(r, 201);
    expect_text(r, "/net", "49.50");
    expect_credit(w, who, "176.71", "0.00", "58.91", "0.00");
    expect(r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", order), 201);
    expect_text(r, "/net", "148.50");
    expect_credit(w, who, "0.00", "0.00",
                  text(get(w, "/v1/customers/%s/credit", who), "/receivable"), "0.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_counts_as_unbilled_until_it_is_finalized_or_canceled)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *order = given_order(w, who, "A", 4);
    expect_credit(w, who, "47.60", "0.00", "0.00", "0.00");
    ship(w, order, 4);
    expect_credit(w, who, "0.00", "47.60", "0.00", "0.00");
    const char *draft = id_of(w, post(w, "/v1/invoices", "{'order_id':'%s'}", order));
    expect_credit(w, who, "0.00", "47.60", "0.00", "0.00");
    ck_assert_str_eq(balance(w, "receivable"), "0.00");

    struct reply r = act(w, action(w, "invoices", draft), "void");
    expect(r, 200);
    expect_text(r, "/status", "canceled");
    expect_text(r, "/number", "null");
    expect_text(get(w, "/v1/orders/%s", order), "/lines/0/invoiced", "0");
    expect_credit(w, who, "0.00", "47.60", "0.00", "0.00");
    expect_problem(act(w, action(w, "invoices", draft), "finalize"), 409, "wrong_state");
    expect_problem(act(w, action(w, "invoices", draft), "void"), 409, "wrong_state");

    draft = id_of(w, post(w, "/v1/invoices", "{'order_id':'%s'}", order));
    expect(r = act(w, action(w, "invoices", draft), "finalize"), 200);
    expect_text(r, "/number", "INV-000001");
    expect_text(r, "/open_amount", "47.60");
    expect_text(r, "/allowed_actions/0", "pay");
    expect_credit(w, who, "0.00", "0.00", "47.60", "0.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_void_invoice_is_reversed_and_its_goods_can_be_invoiced_again)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *order = given_order(w, who, "A", 4);
    ship(w, order, 4);
    const char *id = id_of(w, post(w, "/v1/invoices",
                                   "{'order_id':'%s','finalize':true,"
                                   "'invoice_date':'2026-01-15'}",
                                   order));
    struct reply r = act(w, action(w, "invoices", id), "void");
    expect(r, 200);
    expect_text(r, "/status", "void");
    expect_text(r, "/number", "INV-000001");
    expect_text(r, "/open_amount", "0.00");
    expect_text(r, "/overdue", "false");
    expect_credit(w, who, "0.00", "47.60", "0.00", "0.00");
    ck_assert_str_eq(balance(w, "receivable"), "0.00");
    ck_assert_str_eq(balance(w, "revenue"), "0.00");
    expect(r = get(w, "/v1/ledger/trial-balance?as_of=2026-01-31"), 200);
    expect_text(r, "/totals/0/debit", "47.60");
    expect(r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", order), 201);
    expect_text(r, "/number", "INV-000002");
    expect_text(r, "/gross", "47.60");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(two_requests_for_the_same_goods_make_one_invoice)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 100);
    for (int round = 0; round < 5; round++) {
        const char *order = given_order(w, who, "A", 2);
        ship(w, order, 2);
        const char *body = fmt(w, "{'order_id':'%s','finalize':true}", order);
        const char *bodies[] = {body, body, body, body};
        struct reply r[4];
        int made = 0;
        post_together(w, "/v1/invoices", bodies, r, 4);
        for (size_t i = 0; i < 4; i++) {
            made += r[i].status == 201;
            if (r[i].status != 201)
                expect_problem(r[i], 409, "quantity_exceeded");
        }
        ck_assert_int_eq(made, 1);
    }
    ck_assert_str_eq(world_sql(w, "SELECT string_agg(number, ',' ORDER BY number) FROM invoice"),
                     "INV-000001,INV-000002,INV-000003,INV-000004,INV-000005");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(numbers_of_racing_invoices_have_no_gaps)
{
    struct world *w = world_new();
    const char *bodies[12];
    struct reply r[12];
    for (size_t i = 0; i < 12; i++)
        bodies[i] = fmt(w,
                        "{'customer_id':'%s','finalize':%s,'lines':[{'description':'Work',"
                        "'quantity':'1','unit_price':'1','tax_code_id':'ext:%s'}]}",
                        given_customer(w, NULL), "true", i % 3 ? "T19" : "missing");
    post_together(w, "/v1/invoices", bodies, r, 12);
    for (size_t i = 0; i < 12; i++)
        expect(r[i], i % 3 ? 201 : 422);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) || ' ' || max(number) FROM invoice"),
                     "8 INV-000008");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- free lines ---- */

START_TEST(free_lines_are_billed_to_a_customer)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'payment_terms_days':10");
    const char *product = given_product(w, "A", "10.00", 1);
    struct reply r = post(w, "/v1/invoices",
                          "{'customer_id':'%s','external_id':'I-1','invoice_date':'2026-02-01',"
                          "'customer_po':'PO 7','metadata':{'k':'v'},'lines':["
                          "{'sku':'A','quantity':'2','unit_price':'12.50'},"
                          "{'product_id':'%s','quantity':'1','unit_price':'5',"
                          "'discount_percent':'10','tax_code_id':'ext:T0'},"
                          "{'description':'Work','quantity':'0.5','unit_price':'99',"
                          "'tax_code_id':'ext:T19'}]}",
                          who, product);
    expect(r, 201);
    expect_text(r, "/status", "draft");
    expect_text(r, "/net", "79.00");
    expect_text(r, "/tax", "14.16");
    expect_text(r, "/due_date", "2026-02-11");
    expect_text(r, "/lines/1/net", "4.50");
    expect_text(r, "/lines/2/product_id", "null");
    expect_text(r, "/metadata/k", "v");
    ck_assert_uint_eq(length(r, "/tax_summary"), 2);
    expect_credit(w, who, "0.00", "93.16", "0.00", "0.00");
    expect(r = act(w, "/v1/invoices/ext:I-1", "finalize"), 200);
    expect_text(r, "/overdue", "true");
    expect_credit(w, who, "0.00", "0.00", "93.16", "0.00");
    expect(r = get(w, "/v1/invoices?overdue=true&customer_id=%s", who), 200);
    ck_assert_uint_eq(length(r, "/data"), 1);
    expect_text(r, "/data/0/open_amount", "93.16");
    expect(r = get(w, "/v1/invoices?overdue=false"), 200);
    ck_assert_uint_eq(length(r, "/data"), 0);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(an_invoice_over_nothing_is_paid_at_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_service(w, "S", "1.00");
    struct reply r = post(w, "/v1/invoices",
                          "{'customer_id':'%s','finalize':true,'lines':[{'sku':'S',"
                          "'quantity':'1','unit_price':'0'}]}",
                          who);
    expect(r, 201);
    expect_text(r, "/status", "paid");
    expect_text(r, "/number", "INV-000001");
    expect_text(r, "/open_amount", "0.00");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM ledger_transfer"), "0");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM open_item"), "0");
    expect(act(w, action(w, "invoices", fmt(w, "%s", text(r, "/id"))), "void"), 200);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_is_wrong_with_an_invoice_is_said_all_at_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *order = given_order(w, who, "A", 1);
    struct reply r = post(w, "/v1/invoices", "{}");
    expect_fault(r, "/order_id", "required");
    r = post(w, "/v1/invoices", "{'customer_id':'%s'}", who);
    expect_fault(r, "/lines", "required");
    r = post(w, "/v1/invoices",
             "{'customer_id':'%s','lines':[{'order_line_no':1},{'sku':'nope','quantity':'1',"
             "'unit_price':'1'},{'description':'x','quantity':'1','unit_price':'1'}]}",
             who);
    expect_fault(r, "/lines/0/order_line_no", "out_of_place");
    r = post(w, "/v1/invoices",
             "{'customer_id':'%s','lines':[{},{'sku':'nope','quantity':'1',"
             "'unit_price':'1'},{'description':'x','quantity':'1','unit_price':'1'}]}",
             who);
    expect(r, 422);
    expect_fault(r, "/lines/0/description", "required");
    expect_fault(r, "/lines/0/quantity", "required");
    expect_fault(r, "/lines/0/unit_price", "required");
    expect_fault(r, "/lines/1/sku", "unknown");
    expect_fault(r, "/lines/2/tax_code_id", "required");
    r = post(w, "/v1/invoices", "{'order_id':'%s','lines':[{'order_line_no':2},{'sku':'A'}]}",
             order);
    expect_fault(r, "/lines/1/order_line_no", "required");
    expect_fault(r, "/lines/1/sku", "out_of_place");
    r = post(w, "/v1/invoices", "{'order_id':'%s','lines':[{'order_line_no':2}]}", order);
    expect_fault(r, "/lines/0/order_line_no", "unknown");
    r = post(w, "/v1/invoices", "{'order_id':'%s','customer_id':'%s'}", order,
             given_customer(w, NULL));
    expect_fault(r, "/customer_id", "mismatch");
    r = post(w, "/v1/invoices", "{'order_id':'ord_0000000000001'}");
    expect_fault(r, "/order_id", "unknown");
    r = post(w, "/v1/invoices", "{'shipment_id':'shp_0000000000001'}");
    expect_fault(r, "/shipment_id", "unknown");
    expect_problem(post(w, "/v1/invoices", "{'order_id':'%s','currency':'USD'}", order), 422,
                   "currency_mismatch");
    expect_problem(get(w, "/v1/invoices/inv_0000000000001"), 404, "not_found");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(putting_an_invoice_twice_changes_nothing)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *order = given_order(w, who, "A", 1);
    ship(w, order, 1);
    struct reply r = put(w, "/v1/invoices/ext:I-9",
                         "{'order_id':'%s','finalize':true,'invoice_date':'2026-03-03'}", order);
    expect(r, 201);
    const char *id = fmt(w, "%s", text(r, "/id"));
    expect(r = put(w, "/v1/invoices/ext:I-9",
                   "{'order_id':'%s','finalize':true,'invoice_date':'2026-03-03'}", order),
           200);
    expect_text(r, "/id", id);
    expect_text(r, "/version", "1");
    r = put(w, "/v1/invoices/ext:I-9", "{'order_id':'%s','invoice_date':'2026-03-04'}", order);
    expect_problem(r, 409, "external_id_taken");
    r = post(w, "/v1/invoices", "{'external_id':'I-9','order_id':'%s'}", order);
    expect_problem(r, 409, "external_id_taken");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM invoice"), "1");
    world_free(w);
}
END_TEST

START_TEST(nothing_is_finalized_or_voided_in_a_locked_period)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_service(w, "S", "1.00");
    const char *future = id_of(w, post(w, "/v1/invoices",
                                       "{'customer_id':'%s','finalize':true,'invoice_date':"
                                       "'2198-01-31','lines':[{'sku':'S','quantity':'1',"
                                       "'unit_price':'1'}]}",
                                       who));
    expect(patch(w, "/v1/tenant", "{'locked_until':'2198-01-31'}"), 200);
    /* A key of its own: what a server knows of a tenant is cached by key for a moment. */
    struct request_options o = {.api_key = world_key_with(w, "*"), .key = "", .if_match = "*"};
    static const char *const dates[] = {"2198-01-31", "2198-02-01"};
    for (size_t i = 0; i < 2; i++) {
        struct reply r = request(w, "POST", "/v1/invoices",
                                 fmt(w,
                                     "{\"customer_id\":\"%s\",\"finalize\":true,"
                                     "\"invoice_date\":\"%s\",\"lines\":[{\"sku\":\"S\","
                                     "\"quantity\":\"1\",\"unit_price\":\"1\"}]}",
                                     who, dates[i]),
                                 &o);
        if (i == 0)
            expect_problem(r, 422, "period_locked");
        else
            expect(r, 201);
    }
    const char *draft = id_of(w, post(w, "/v1/invoices",
                                      "{'customer_id':'%s','invoice_date':'2198-01-31',"
                                      "'lines':[{'sku':'S','quantity':'1','unit_price':'1'}]}",
                                      who));
    expect_problem(request(w, "POST", fmt(w, "/v1/invoices/%s/finalize", draft), NULL, &o), 422,
                   "period_locked");
    expect_problem(request(w, "POST", fmt(w, "/v1/invoices/%s/void", future), "{}", &o), 422,
                   "period_locked");
    expect_problem(
        request(w, "POST", "/v1/credit-notes",
                fmt(w, "{\"invoice_id\":\"%s\",\"reason\":\"other\",\"issue\":true}", future), &o),
        422, "period_locked");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(ten_thousand_lines_are_invoiced_and_credited)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_service(w, "S", "0.99");
    size_t room = 10000 * 32 + 200;
    char *body = malloc(room);
    ck_assert_ptr_nonnull(body);
    size_t n = (size_t)snprintf(body, room, "{'customer_id':'%s','confirm':true,'lines':[", who);
    for (int i = 0; i < 10000; i++)
        n += (size_t)snprintf(body + n, room - n, "%s{'sku':'S','quantity':'1'}", i ? "," : "");
    snprintf(body + n, room - n, "]}");
    struct reply r = post(w, "/v1/orders", "%s", body);
    free(body);
    expect(r, 201);
    const char *gross = fmt(w, "%s", text(r, "/gross"));
    expect(r = post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", text(r, "/id")), 201);
    expect_text(r, "/gross", gross);
    expect_text(r, "/line_count", "10000");
    expect(r = post(w, "/v1/credit-notes", "{'invoice_id':'%s','reason':'other','issue':true}",
                    text(r, "/id")),
           201);
    expect_text(r, "/gross", gross);
    expect_text(r, "/available", "0.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- credit notes ---- */

START_TEST(a_credit_note_offsets_its_invoice_first)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *invoice = given_invoice(w, who, "A", 3);
    struct reply r = post(w, "/v1/credit-notes",
                          "{'invoice_id':'%s','reason':'damaged','issue':true,"
                          "'lines':[{'invoice_line_no':1,'quantity':'1'}]}",
                          invoice);
    expect(r, 201);
    expect_text(r, "/number", "CRN-000001");
    expect_text(r, "/gross", "11.90");
    expect_text(r, "/applied_amount", "11.90");
    expect_text(r, "/available", "0.00");
    ck_assert_uint_eq(length(r, "/allowed_actions"), 0);
    expect(r = get(w, "/v1/invoices/%s", invoice), 200);
    expect_text(r, "/status", "partially_paid");
    expect_text(r, "/open_amount", "23.80");
    expect_text(r, "/credited_amount", "11.90");
    expect_text(r, "/credit_applied", "11.90");
    expect_text(r, "/lines/0/credited_quantity", "1");
    expect_text(get(w, "/v1/orders/%s", text(r, "/order_id")), "/lines/0/credited", "1");
    expect_credit(w, who, "0.00", "0.00", "23.80", "0.00");
    expect_problem(act(w, action(w, "invoices", invoice), "void"), 409, "wrong_state");

    expect(r = post(w, "/v1/credit-notes", "{'invoice_id':'%s','reason':'damaged','issue':true}",
                    invoice),
           201);
    expect_text(r, "/gross", "23.80");
    expect(r = get(w, "/v1/invoices/%s", invoice), 200);
    expect_text(r, "/status", "paid");
    ck_assert_str_eq(balance(w, "receivable"), "0.00");
    ck_assert_str_eq(balance(w, "revenue"), "0.00");
    ck_assert_str_eq(balance(w, "tax"), "0.00");
    ck_assert_str_eq(balance(w, "customer_credit"), "0.00");
    expect_problem(post(w, "/v1/credit-notes", "{'invoice_id':'%s','reason':'other'}", invoice),
                   409, "quantity_exceeded");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(credit_beyond_what_is_open_stays_available)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *invoice = given_invoice(w, who, "A", 2);
    expect(post(w, "/v1/payments",
                "{'customer_id':'%s','method':'bank_transfer','amount':'20.00','allocations':"
                "[{'invoice_id':'%s','amount':'20.00'}]}",
                who, invoice),
           201);
    struct reply r = post(w, "/v1/credit-notes",
                          "{'invoice_id':'%s','reason':'quality','issue':true,"
                          "'lines':[{'invoice_line_no':1,'net':'10.00'}]}",
                          invoice);
    expect(r, 201);
    expect_text(r, "/gross", "11.90");
    expect_text(r, "/applied_amount", "3.80");
    expect_text(r, "/available", "8.10");
    expect_text(r, "/lines/0/credited_quantity", "0");
    expect(r = get(w, "/v1/invoices/%s", invoice), 200);
    expect_text(r, "/status", "paid");
    expect_text(r, "/lines/0/credited_net", "10.00");
    expect_text(r, "/paid_amount", "20.00");
    expect_credit(w, who, "0.00", "0.00", "0.00", "8.10");
    ck_assert_str_eq(balance(w, "customer_credit"), "8.10");
    expect_problem(post(w, "/v1/credit-notes",
                        "{'invoice_id':'%s','reason':'quality',"
                        "'lines':[{'invoice_line_no':1,'net':'10.01'}]}",
                        invoice),
                   409, "amount_exceeded");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_draft_credit_note_claims_nothing_and_is_checked_when_it_is_issued)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *invoice = given_invoice(w, who, "A", 2);
    const char *ids[2];
    for (size_t i = 0; i < 2; i++)
        ids[i] = id_of(
            w, post(w, "/v1/credit-notes", "{'invoice_id':'%s','reason':'pricing'}", invoice));
    expect_credit(w, who, "0.00", "0.00", "23.80", "0.00");
    expect_text(get(w, "/v1/credit-notes/%s", ids[0]), "/number", "null");
    struct shot shots[2];
    for (size_t i = 0; i < 2; i++)
        shots[i] = (struct shot){.method = "POST",
                                 .path = fmt(w, "/v1/credit-notes/%s/issue", ids[i]),
                                 .options = {.key = "", .if_match = "*"}};
    shoot_together(w, shots, 2);
    ck_assert_int_eq(shots[0].reply.status + shots[1].reply.status, 200 + 409);
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM credit_note WHERE status = 'issued'"), "1");
    ck_assert_str_eq(balance(w, "revenue"), "0.00");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_credit_note_without_an_invoice_is_wholly_available)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_service(w, "S", "1.00");
    struct reply r = post(w, "/v1/credit-notes",
                          "{'customer_id':'%s','external_id':'C-1','reason':'goodwill',"
                          "'lines':[{'sku':'S','quantity':'2','unit_price':'5.00'}]}",
                          who);
    expect(r, 201);
    expect_text(r, "/status", "draft");
    expect_text(r, "/allowed_actions/0", "issue");
    expect(r = act(w, "/v1/credit-notes/ext:C-1", "issue"), 200);
    expect_text(r, "/available", "11.90");
    expect_credit(w, who, "0.00", "0.00", "0.00", "11.90");
    expect_problem(act(w, "/v1/credit-notes/ext:C-1", "issue"), 409, "wrong_state");
    expect(r = put(w, "/v1/credit-notes/ext:C-1",
                   "{'customer_id':'%s','reason':'goodwill','lines':[{'sku':'S',"
                   "'quantity':'2','unit_price':'5.00'}]}",
                   who),
           200);
    expect_text(r, "/status", "issued");
    r = put(w, "/v1/credit-notes/ext:C-1", "{'customer_id':'%s','reason':'other','lines':[{}]}",
            who);
    expect_problem(r, 409, "external_id_taken");
    expect(r = get(w, "/v1/credit-notes?status=issued&customer_id=%s", who), 200);
    expect_text(r, "/data/0/available", "11.90");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(what_is_wrong_with_a_credit_note_is_said_all_at_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *invoice = given_invoice(w, who, "A", 2);
    struct reply r = post(w, "/v1/credit-notes", "{'reason':'other'}");
    expect_fault(r, "/invoice_id", "required");
    r = post(w, "/v1/credit-notes",
             "{'invoice_id':'%s','reason':'other','lines':[{'invoice_line_no':7},"
             "{'invoice_line_no':1},{'invoice_line_no':1,'net':'0.001'}]}",
             invoice);
    expect_fault(r, "/lines/0/invoice_line_no", "unknown");
    expect_fault(r, "/lines/2/invoice_line_no", "repeated");
    expect_fault(r, "/lines/2/net", "decimal_scale");
    r = post(w, "/v1/credit-notes",
             "{'invoice_id':'%s','reason':'other','lines':[{'net':'1','quantity':'1',"
             "'sku':'A'}]}",
             invoice);
    expect_fault(r, "/lines/0/invoice_line_no", "required");
    expect_fault(r, "/lines/0/net", "out_of_place");
    expect_fault(r, "/lines/0/sku", "out_of_place");
    r = post(w, "/v1/credit-notes",
             "{'invoice_id':'%s','reason':'other','credit_note_date':'2020-01-01'}", invoice);
    expect_fault(r, "/credit_note_date", "too_early");
    r = post(w, "/v1/credit-notes", "{'invoice_id':'inv_0000000000001','reason':'other'}");
    expect_fault(r, "/invoice_id", "unknown");
    r = post(w, "/v1/credit-notes", "{'invoice_id':'%s','reason':'nonsense'}", invoice);
    expect_fault(r, "/reason", "not_a_choice");
    world_free(w);
}
END_TEST

START_TEST(a_draft_invoice_cannot_be_credited)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_service(w, "S", "1.00");
    const char *draft = id_of(w, post(w, "/v1/invoices",
                                      "{'customer_id':'%s','lines':[{'sku':'S','quantity':'1',"
                                      "'unit_price':'1'}]}",
                                      who));
    expect_problem(post(w, "/v1/credit-notes", "{'invoice_id':'%s','reason':'other'}", draft), 409,
                   "wrong_state");
    world_free(w);
}
END_TEST

/* ---- the books ---- */

START_TEST(transfers_name_their_documents_and_can_be_found_by_them)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *invoice = given_invoice(w, who, "A", 2);
    const char *note = id_of(w, post(w, "/v1/credit-notes",
                                     "{'invoice_id':'%s','reason':'other','issue':true}", invoice));
    struct reply r = get(w, "/v1/ledger/transfers?invoice_id=%s", invoice);
    expect(r, 200);
    ck_assert_uint_eq(length(r, "/data"), 2);
    expect_text(r, "/data/0/debit_account", "receivable");
    expect_text(r, "/data/0/credit_account", "revenue");
    expect_text(r, "/data/0/amount", "20.00");
    expect_text(r, "/data/0/document", "invoice");
    expect_text(r, "/data/1/amount", "3.80");
    const char *id = fmt(w, "%s", text(r, "/data/1/id"));
    expect(r = get(w, "/v1/ledger/transfers/%s", id), 200);
    expect_text(r, "/credit_account", "tax");
    expect_text(r, "/invoice_id", invoice);
    expect(r = get(w, "/v1/ledger/transfers?customer_id=%s&document=allocation", who), 200);
    ck_assert_uint_eq(length(r, "/data"), 1);
    expect_text(r, "/data/0/credit_note_id", note);
    expect_text(r, "/data/0/invoice_id", invoice);
    expect(r = get(w, "/v1/ledger/accounts"), 200);
    expect_text(r, "/accounts/0/name", "receivable");
    expect(r = get(w, "/v1/ledger/trial-balance"), 200);
    expect_text(r, "/totals/0/debit", "71.40");
    expect(r = get(w, "/v1/ledger/trial-balance?as_of=1990-01-01"), 200);
    ck_assert_uint_eq(length(r, "/rows"), 0);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(dry_runs_leave_no_trace)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *order = given_order(w, who, "A", 2);
    ship(w, order, 2);
    struct reply r = post(w, "/v1/invoices?dry_run=true", "{'order_id':'%s','finalize':true}",
                          order);
    ck_assert_int_eq(r.status / 100, 2);
    expect_text(r, "/number", "INV-000001");
    ck_assert_str_eq(world_sql(w, "SELECT count(*) FROM invoice"), "0");
    expect_text(get(w, "/v1/orders/%s", order), "/lines/0/invoiced", "0");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* ---- racing ---- */

START_TEST(a_draft_is_finalized_once)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_service(w, "S", "1.00");
    const char *draft = id_of(w, post(w, "/v1/invoices",
                                      "{'customer_id':'%s','lines':[{'sku':'S','quantity':'1',"
                                      "'unit_price':'1'}]}",
                                      who));
    struct shot shots[4];
    const char *names[] = {"finalize", "void", "finalize", "void"};
    for (size_t i = 0; i < 4; i++)
        shots[i] = (struct shot){.method = "POST",
                                 .path = fmt(w, "/v1/invoices/%s/%s", draft, names[i]),
                                 .body = i % 2 ? "{}" : NULL,
                                 .options = {.key = "", .if_match = "\"1\""}};
    shoot_together(w, shots, 4);
    int done = 0;
    for (size_t i = 0; i < 4; i++) {
        done += shots[i].reply.status == 200;
        if (shots[i].reply.status != 200)
            expect_problem(shots[i].reply, 412, "stale");
    }
    ck_assert_int_eq(done, 1);
    expect_books_balance(w);
    world_free(w);
}
END_TEST

/* Credit notes, payments and a void for the same two invoices at the same moment. */
static void race_for_two_invoices(struct world *w, const char *who)
{
    const char *invoices[] = {given_invoice(w, who, "A", 3), given_invoice(w, who, "A", 2)};
    struct shot shots[10];
    for (size_t i = 0; i < 10; i++) {
        const char *a = invoices[i % 2], *b = invoices[1 - i % 2];
        shots[i] = (struct shot){.method = "POST", .options = {.key = "", .if_match = "*"}};
        if (i < 4) {
            shots[i].path = "/v1/credit-notes";
            shots[i].body = fmt(w,
                                "{\"invoice_id\":\"%s\",\"reason\":\"other\",\"issue\":true,"
                                "\"lines\":[{\"invoice_line_no\":1,\"quantity\":\"1\"}]}",
                                a);
        } else if (i < 8) {
            shots[i].path = "/v1/payments";
            shots[i].body = fmt(w,
                                "{\"customer_id\":\"%s\",\"method\":\"cash\",\"amount\":\"9\","
                                "\"allocations\":[{\"invoice_id\":\"%s\",\"amount\":\"5\"},"
                                "{\"invoice_id\":\"%s\",\"amount\":\"4\"}]}",
                                who, a, b);
        } else {
            shots[i].path = fmt(w, "/v1/invoices/%s/void", a);
            shots[i].body = "{}";
        }
    }
    shoot_together(w, shots, 10);
    for (size_t i = 0; i < 10; i++)
        if (shots[i].reply.status / 100 != 2)
            expect(shots[i].reply, 409);
}

START_TEST(credits_payments_and_voids_of_the_same_invoices_never_tear)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 1000);
    for (int round = 0; round < 6; round++) {
        race_for_two_invoices(w, who);
        expect_books_balance(w);
    }
    world_free(w);
}
END_TEST

START_TEST(amounts_beyond_all_reason_are_refused_by_name)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_service(w, "S", "1.00");
    struct reply r = post(w, "/v1/invoices",
                          "{'customer_id':'%s','finalize':true,'lines':[{'sku':'S',"
                          "'quantity':'1000000000','unit_price':'1000000000'}]}",
                          who);
    expect_problem(r, 422, "overflow");
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(a_closed_order_stays_closed_when_its_invoice_is_credited)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    given_product(w, "A", "10.00", 10);
    const char *invoice = given_invoice(w, who, "A", 3);
    const char *order = fmt(w, "%s", text(get(w, "/v1/invoices/%s", invoice), "/order_id"));
    expect(act(w, fmt(w, "/v1/orders/%s", order), "close"), 200);
    expect_problem(act(w, fmt(w, "/v1/invoices/%s", invoice), "void"), 409, "wrong_state");
    expect(
        post(w, "/v1/credit-notes", "{'invoice_id':'%s','reason':'other','issue':true}", invoice),
        201);
    struct reply r = get(w, "/v1/orders/%s", order);
    expect_text(r, "/status", "closed");
    expect_text(r, "/lines/0/credited", "3");
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("invoices");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, an_order_is_invoiced_as_it_ships_and_the_parts_add_up);
    tcase_add_test(t, a_shipment_is_invoiced_once_and_only_its_own_goods);
    tcase_add_test(t, services_are_invoiced_from_the_order);
    tcase_add_test(t, a_draft_counts_as_unbilled_until_it_is_finalized_or_canceled);
    tcase_add_test(t, a_void_invoice_is_reversed_and_its_goods_can_be_invoiced_again);
    tcase_add_test(t, two_requests_for_the_same_goods_make_one_invoice);
    tcase_add_test(t, numbers_of_racing_invoices_have_no_gaps);
    tcase_add_test(t, free_lines_are_billed_to_a_customer);
    tcase_add_test(t, an_invoice_over_nothing_is_paid_at_once);
    tcase_add_test(t, what_is_wrong_with_an_invoice_is_said_all_at_once);
    tcase_add_test(t, putting_an_invoice_twice_changes_nothing);
    tcase_add_test(t, nothing_is_finalized_or_voided_in_a_locked_period);
    tcase_add_test(t, ten_thousand_lines_are_invoiced_and_credited);
    tcase_add_test(t, a_credit_note_offsets_its_invoice_first);
    tcase_add_test(t, credit_beyond_what_is_open_stays_available);
    tcase_add_test(t, a_draft_credit_note_claims_nothing_and_is_checked_when_it_is_issued);
    tcase_add_test(t, a_credit_note_without_an_invoice_is_wholly_available);
    tcase_add_test(t, what_is_wrong_with_a_credit_note_is_said_all_at_once);
    tcase_add_test(t, a_draft_invoice_cannot_be_credited);
    tcase_add_test(t, transfers_name_their_documents_and_can_be_found_by_them);
    tcase_add_test(t, dry_runs_leave_no_trace);
    tcase_add_test(t, a_draft_is_finalized_once);
    tcase_add_test(t, credits_payments_and_voids_of_the_same_invoices_never_tear);
    tcase_add_test(t, amounts_beyond_all_reason_are_refused_by_name);
    tcase_add_test(t, a_closed_order_stays_closed_when_its_invoice_is_credited);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
