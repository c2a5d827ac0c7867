/* The proof: it passes over one of each document, and names what is corrupted by hand. */
#include "tests/support/company.h"
#include <stdio.h>
#include <string.h>

/* One row is changed behind the server's back, and put back afterwards. */
struct corruption {
    const char *invariant; /* the only one that may name it */
    const char *table;
    const char *sql;
    const char *detail; /* part of what it says; NULL: anything */
};

/* The first row by id, as the rest of an UPDATE or DELETE. */
#define FIRST(table, where)                                                                        \
    " WHERE ctid = (SELECT ctid FROM " table " WHERE " where " ORDER BY id LIMIT 1)"
#define ANY_ROW(table, where) " WHERE ctid = (SELECT ctid FROM " table " WHERE " where " LIMIT 1)"

static const struct corruption corruptions[] = {
    {"transfers", "ledger_transfer",
     "ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_amount_check;"
     "INSERT INTO ledger_transfer SELECT tenant_id, 1, 'cash', 'revenue', 0, currency, customer_id,"
     " NULL, NULL, document, document_id, effective_date, recorded_at FROM ledger_transfer LIMIT 1",
     "0 from revenue to cash"},
    {"ledger_days", "ledger_day",
     "UPDATE ledger_day SET debit = debit + 1" ANY_ROW("ledger_day", "account = 'receivable'"),
     "receivable EUR on"},
    {"ledger_days", "ledger_day",
     "UPDATE ledger_day SET credit = credit - 1" ANY_ROW("ledger_day", "account = 'revenue'"),
     "revenue EUR on"},
    {"ledger_days", "ledger_day",
     "DELETE FROM ledger_day" ANY_ROW("ledger_day", "account = 'cash'"), "cash EUR on"},
    {"document_postings", "ledger_transfer",
     "UPDATE ledger_transfer SET amount = amount + 1" FIRST("ledger_transfer",
                                                            "document = 'invoice'"),
     "receivable: posted"},
    {"document_postings", "ledger_transfer",
     "UPDATE ledger_transfer SET amount = amount + 1" FIRST("ledger_transfer",
                                                            "document = 'payment'"),
     "cash: posted"},
    {"document_postings", "ledger_transfer",
     "UPDATE ledger_transfer SET amount = amount - 1" FIRST("ledger_transfer",
                                                            "document = 'allocation'"),
     ": posted"},
    {"document_postings", "ledger_transfer",
     "UPDATE ledger_transfer SET amount = amount - 1" FIRST("ledger_transfer",
                                                            "document = 'credit_note'"),
     "customer_credit: posted"},
    {"document_postings", "ledger_transfer",
     "UPDATE ledger_transfer SET amount = amount - 1" FIRST("ledger_transfer",
                                                            "document = 'refund'"),
     "cash: posted"},
    {"document_postings", "allocation",
     "UPDATE allocation SET amount = amount + 1" FIRST(
         "allocation a", "a.reverses IS NULL AND NOT EXISTS (SELECT 1 FROM allocation r"
                         " WHERE r.reverses = a.id)"),
     ": posted"},
    {"document_postings", "refund",
     "UPDATE refund SET amount = amount + 1" FIRST("refund", "source = 'payment'"), "cash: posted"},
    {"transfer_items", "ledger_transfer",
     "UPDATE ledger_transfer SET customer_id = 1" FIRST("ledger_transfer", "document = 'tax'"
                                                                           " OR true"),
     NULL},
    {"open_items", "open_item",
     "UPDATE open_item SET open_amount = open_amount - 1" FIRST("open_item", "kind = 'invoice'"),
     "the ledger says"},
    {"open_items", "open_item",
     "UPDATE open_item SET open_amount = open_amount - 1" FIRST("open_item", "kind = 'payment'"),
     "the ledger says"},
    {"open_items", "open_item", "DELETE FROM open_item" FIRST("open_item", "kind = 'credit_note'"),
     "open_amount 0, the ledger says"},
    {"open_amounts", "open_item",
     "ALTER TABLE open_item DROP CONSTRAINT open_item_open_check,"
     " DROP CONSTRAINT open_item_disputed_check;"
     "UPDATE open_item SET open_amount = -open_amount" FIRST("open_item", "kind = 'invoice'"),
     "-"},
    {"open_amounts", "payment",
     "ALTER TABLE payment DROP CONSTRAINT payment_unapplied_check;"
     "UPDATE payment SET unapplied = -1" FIRST("payment", "true"),
     "unapplied -1"},
    {"open_item_facts", "open_item",
     "UPDATE open_item SET due_date = due_date + 1" FIRST("open_item", "kind = 'invoice'"),
     "the document says"},
    {"open_item_facts", "open_item",
     "UPDATE open_item SET amount = amount + 1" FIRST("open_item", "kind = 'payment'"),
     "the document says"},
    {"order_totals", "order_line",
     "UPDATE order_line SET net = net + 1, tax = tax - 1" ANY_ROW("order_line", "tax > 0"),
     "the lines say"},
    {"order_totals", "sales_order",
     "UPDATE sales_order SET line_count = line_count + 1" FIRST("sales_order", "true"),
     "the lines say"},
    {"order_discounts", "order_line",
     "UPDATE order_line SET order_discount = order_discount + 1" ANY_ROW("order_line", "true"),
     "the lines say"},
    {"quote_totals", "quote_line",
     "UPDATE quote_line SET net = net + 1, tax = tax - 1" ANY_ROW("quote_line", "tax > 0"),
     "the lines say"},
    {"quote_totals", "quote_revision",
     "UPDATE quote_revision SET discount = discount + 1" ANY_ROW("quote_revision", "true"),
     "the lines say"},
    {"blanket_lines_called", "blanket_line",
     "UPDATE blanket_line SET called = called + 1" ANY_ROW("blanket_line", "true"),
     "the orders say"},
    {"blanket_lines_called", "order_line",
     "UPDATE order_line SET blanket_line_no = NULL" ANY_ROW("order_line",
                                                            "blanket_line_no IS NOT NULL"),
     "the orders say"},
    {"orphans", "order_hold", "UPDATE order_hold SET kind = 'approval', approval_rule_id = 1",
     "the approval rule of hold"},
    {"quote_orders", "sales_order",
     "UPDATE sales_order SET quote_id = NULL" FIRST("sales_order", "quote_id IS NOT NULL"),
     "does not name it"},
    {"quote_orders", "sales_order",
     "UPDATE sales_order SET quote_id = (SELECT id FROM quote WHERE status = 'open' LIMIT 1)" FIRST(
         "sales_order", "quote_id IS NULL"),
     "is not what it became"},
    {"orphans", "quote", "UPDATE quote SET revision = revision + 1" FIRST("quote", "true"),
     "does not exist"},
    {"invoice_totals", "invoice",
     "UPDATE invoice SET net = net + 1, gross = gross + 1" FIRST("invoice",
                                                                 "status = 'partially_paid'"),
     "the lines say"},
    {"invoice_totals", "invoice",
     "UPDATE invoice SET net = net + 1, gross = gross + 1" FIRST("invoice", "status = 'draft'"),
     "the lines say"},
    {"invoice_totals", "invoice_line",
     "UPDATE invoice_line SET net = net + 1, gross = gross + 1" ANY_ROW("invoice_line", "true"),
     "the lines say"},
    {"invoice_orders", "joint_invoice_order",
     "DELETE FROM joint_invoice_order" ANY_ROW("joint_invoice_order", "true"), "does not name"},
    {"invoice_orders", "joint_invoice_order",
     "UPDATE joint_invoice_order SET order_id = (SELECT min(id) FROM sales_order)" ANY_ROW(
         "joint_invoice_order", "true"),
     "no"},
    {"credit_note_totals", "credit_note",
     "UPDATE credit_note SET net = net + 1, gross = gross + 1" FIRST("credit_note",
                                                                     "status = 'issued'"),
     "the lines say"},
    {"credit_note_totals", "credit_note_line",
     "UPDATE credit_note_line SET net = net + 1, gross = gross + 1" ANY_ROW("credit_note_line",
                                                                            "true"),
     "the lines say"},
    {"invoice_status", "invoice",
     "UPDATE invoice SET status = 'paid'" FIRST("invoice", "status = 'partially_paid'"),
     "paid with"},
    {"invoice_status", "invoice",
     "UPDATE invoice SET status = 'finalized'" FIRST("invoice", "status = 'partially_paid'"),
     "finalized with"},
    {"payment_amounts", "payment",
     "UPDATE payment SET unapplied = unapplied - 1" FIRST("payment", "unapplied > 0"), "unapplied"},
    {"payment_amounts", "payment",
     "UPDATE payment SET refunded = refunded - 1" FIRST("payment", "refunded > 0"), "refunded"},
    {"invoice_numbers", "number_series",
     "UPDATE number_series SET last = last + 1 WHERE series = 'invoice'", "is missing"},
    {"invoice_numbers", "invoice",
     "UPDATE invoice SET number = 'INV-900000'" FIRST("invoice", "number IS NOT NULL"), NULL},
    {"credit_note_numbers", "number_series",
     "UPDATE number_series SET last = last - 1 WHERE series = 'credit_note'",
     "does not belong to the series"},
    {"job_progress", "job_result",
     "INSERT INTO job_result SELECT tenant_id, id, 0, 201, '{}' FROM job LIMIT 1",
     "the results say 1 and 0"},
    {"job_progress", "job",
     "UPDATE job SET status = 'running', started_at = now(), refused = 1" FIRST("job", "true"),
     "the results say 0 and 0"},
    {"event_sequence", "event", "DELETE FROM event WHERE seq = 3", "event 3 is missing"},
    {"event_sequence", "event", "DELETE FROM event WHERE seq BETWEEN 3 AND 5",
     "events 3 to 5 are missing"},
    {"event_sequence", "number_series",
     "UPDATE number_series SET last = last + 1 WHERE series = 'event'", "the series says"},
    {"documents_have_events", "event",
     "UPDATE event SET resource_id = 1 WHERE resource_id = (SELECT min(id) FROM payment)",
     "no event tells of it"},
    {"order_status", "sales_order",
     "UPDATE sales_order SET status = 'confirmed'" FIRST("sales_order",
                                                         "status = 'in_fulfillment'"),
     "confirmed, its lines and holds say in_fulfillment"},
    {"order_status", "order_hold", "UPDATE order_hold SET released_at = now()",
     "on_hold, its lines and holds say confirmed"},
    {"stock_on_hand", "stock", "UPDATE stock SET on_hand = on_hand + 1" FIRST("stock", "true"),
     "the movements say"},
    {"stock_on_hand", "stock_movement",
     "UPDATE stock_movement SET quantity = quantity + 1" FIRST("stock_movement",
                                                               "kind = 'receipt'"),
     "the movements say"},
    {"stock_reserved", "stock",
     "UPDATE stock SET reserved = reserved + 1" FIRST("stock", "on_hand > reserved"),
     "the orders say"},
    {"stock_reserved", "order_line",
     "UPDATE order_line SET reserved = reserved - 1" ANY_ROW("order_line", "reserved > 0"),
     "the orders say"},
    {"stock_held", "stock", "UPDATE stock SET held = held - 1" FIRST("stock", "held > 0"),
     "the reservations say"},
    {"stock_held", "stock",
     "UPDATE stock SET held_until = held_until + interval '1 second'" FIRST("stock", "held > 0"),
     "the reservations say"},
    {"stock_held", "stock_reservation",
     "UPDATE stock_reservation SET quantity = quantity + 1" FIRST("stock_reservation",
                                                                  "status = 'held'"),
     "the reservations say"},
    {"stock_lots", "stock_lot",
     "UPDATE stock_lot SET on_hand = on_hand + 1" FIRST("stock_lot", "on_hand > 0 AND NOT blocked"),
     "the movements say"},
    {"stock_lots", "stock_movement",
     "UPDATE stock_movement SET lot_id = NULL" FIRST("stock_movement",
                                                     "kind = 'receipt' AND lot_id IS NOT NULL"),
     "the movements say"},
    {"stock_lots", "product",
     "UPDATE product SET track_lots = NOT track_lots" FIRST("product", "sku = 'A'"),
     "stock is not kept by lot"},
    {"stock_blocked", "stock", "UPDATE stock SET blocked = blocked + 1" FIRST("stock", "by_lot"),
     "the lots say"},
    {"stock_blocked", "stock_lot",
     "UPDATE stock_lot SET expired = true" FIRST("stock_lot", "on_hand > 0 AND NOT blocked"),
     "the lots say"},
    {"shipment_lots", "shipment_line_lot",
     "UPDATE shipment_line_lot SET quantity = quantity + 1" ANY_ROW("shipment_line_lot", "true"),
     "out of lots"},
    {"shipment_lots", "shipment_line_lot",
     "UPDATE shipment_line_lot SET returned = returned + 1" ANY_ROW("shipment_line_lot",
                                                                    "returned = 0"),
     "came back"},
    {"supplies_received", "stock_supply",
     "UPDATE stock_supply SET received = received + 1" FIRST("stock_supply", "status = 'open'"),
     "the movements say"},
    {"counts_posted", "stock_count_line",
     "UPDATE stock_count_line SET counted = counted + 1" ANY_ROW(
         "stock_count_line", "count_id IN (SELECT id FROM stock_count WHERE status = 'posted')"),
     "more than the books"},
    {"waiting_served", "stock_freed", "DELETE FROM stock_freed",
     "waits for 4000000, free are 1000000"},
    {"order_lines_backordered", "order_line",
     "UPDATE order_line SET backordered = backordered - 1" ANY_ROW("order_line", "backordered > 0"),
     "open and not reserved"},
    {"stock_reserved", "order_line",
     "UPDATE order_line SET reserved = reserved - 1" ANY_ROW("order_line",
                                                             "backordered > 0 AND reserved > 0"),
     "the orders say"},
    {"orphans", "stock_reservation",
     "UPDATE stock_reservation SET order_id = 1" FIRST("stock_reservation", "true"),
     "its order does not exist"},
    {"order_substitutes", "order_line",
     "UPDATE order_line SET substitutes_line_no = 0" ANY_ROW("order_line",
                                                             "substitutes_line_no IS NOT NULL"),
     "cannot go instead of line 0"},
    {"shipment_movements", "stock_movement",
     "UPDATE stock_movement SET quantity = quantity - 1" FIRST("stock_movement",
                                                               "kind = 'shipment'"),
     "moved out of stock"},
    {"order_lines_shipped", "order_line",
     "ALTER TABLE order_line DROP CONSTRAINT order_line_counters_check,"
     " DROP CONSTRAINT order_line_backordered_check;"
     "UPDATE order_line SET shipped = shipped + 1" ANY_ROW("order_line",
                                                           "shipped > 0 AND kind = 'stock'"),
     "shipments say"},
    {"order_lines_shipped", "shipment_line",
     "UPDATE shipment_line SET quantity = quantity + 1" ANY_ROW(
         "shipment_line", "shipment_id IN (SELECT id FROM shipment WHERE status = 'delivered')"),
     "shipments say"},
    {"shipment_movements", "stock_movement",
     "UPDATE stock_movement SET quantity = quantity + 1" FIRST("stock_movement",
                                                               "kind = 'undelivered'"),
     "moved out of stock"},
    {"order_lines_failed", "order_line",
     "UPDATE order_line SET failed = failed - 1" ANY_ROW("order_line", "failed > 0"),
     "shipments say"},
    {"shipment_lines_failed", "shipment_line",
     "UPDATE shipment_line SET failed = failed - 1" ANY_ROW("shipment_line", "failed > 0"),
     "the exceptions say"},
    {"shipment_lines_failed", "shipment_exception",
     "UPDATE shipment_exception SET failed = failed - 1" ANY_ROW("shipment_exception",
                                                                 "failed > 0"),
     "the exceptions say"},
    {"shipment_freight", "shipment",
     "UPDATE shipment SET freight_invoice_id = NULL" FIRST("shipment",
                                                           "freight_invoice_id IS NOT NULL"),
     "the invoices bill"},
    {"shipment_freight", "shipment",
     "UPDATE shipment SET freight = freight + 1" FIRST("shipment",
                                                       "freight_invoice_id IS NOT NULL"),
     "the invoices bill"},
    {"shipment_tracking", "shipment",
     "UPDATE shipment SET tracking_status = 'delivered'" FIRST("shipment",
                                                               "tracking_status IS NOT NULL"),
     "the carrier says"},
    {"shipment_tracking", "shipment_tracking",
     "UPDATE shipment_tracking SET occurred_at = occurred_at - interval '1 s'" FIRST(
         "shipment_tracking", "true"),
     "the carrier says"},
    {"shipment_packages", "shipment_package_line",
     "UPDATE shipment_package_line SET quantity = quantity + 1" ANY_ROW("shipment_package_line",
                                                                        "true"),
     "in packages"},
    {"order_lines_delivered", "order_line",
     "UPDATE order_line SET delivered = delivered - 1" ANY_ROW("order_line",
                                                               "delivered > 0 AND kind = 'stock'"),
     "delivered"},
    {"order_lines_picked", "order_line",
     "UPDATE order_line SET picked = picked - 1" ANY_ROW("order_line", "picked > 0"),
     "pick lists say"},
    {"order_lines_picked", "pick_list_part",
     "UPDATE pick_list_part SET picked = picked - 1" ANY_ROW("pick_list_part", "picked > 0"),
     "pick lists say"},
    {"services_fulfilled", "order_line",
     "UPDATE order_line SET delivered = delivered - 1" ANY_ROW(
         "order_line", "delivered > 0 AND kind = 'service'"),
     "what fulfills it says"},
    {"services_fulfilled", "order_line",
     "UPDATE order_line SET shipped = shipped + 1" ANY_ROW("order_line",
                                                           "shipped > 0 AND fulfillment = 'usage'"),
     "what fulfills it says"},
    {"services_fulfilled", "milestone",
     "UPDATE milestone SET quantity = quantity + 1" FIRST("milestone", "status = 'completed'"),
     "what fulfills it says"},
    {"services_fulfilled", "access_grant",
     "UPDATE access_grant SET quantity = quantity - 1" FIRST("access_grant", "true"),
     "what fulfills it says"},
    {"services_fulfilled", "usage_record",
     "UPDATE usage_record SET quantity = quantity + 1" FIRST("usage_record", "true"),
     "what fulfills it says"},
    {"order_lines_invoiced", "order_line",
     "UPDATE order_line SET invoiced = invoiced - 1" ANY_ROW("order_line", "invoiced > credited"),
     "invoices say"},
    {"order_lines_credited", "order_line",
     "UPDATE order_line SET credited = credited - 1" ANY_ROW("order_line", "credited > 0"),
     "credit notes say"},
    {"shipment_lines_invoiced", "shipment_line",
     "UPDATE shipment_line SET invoiced = invoiced - 1" ANY_ROW("shipment_line", "invoiced > 0"),
     "invoices say"},
    {"shipment_lines_invoiced", "invoice_line",
     "UPDATE invoice_line SET quantity = quantity + 1" ANY_ROW("invoice_line",
                                                               "shipment_id IS NOT NULL"),
     "invoices say"},
    {"invoice_lines_credited", "invoice_line",
     "UPDATE invoice_line SET credited_net = credited_net - 1" ANY_ROW("invoice_line",
                                                                       "credited_net > 0"),
     "credit notes say"},
    {"invoice_lines_credited", "credit_note_line",
     "UPDATE credit_note_line SET quantity = quantity + 1, credited_quantity = quantity + "
     "1" ANY_ROW("credit_note_line", "credited_quantity > 0"),
     "credit notes say"},
    {"credit_commitments", "credit_account",
     "UPDATE credit_account SET ordered = ordered + 1" FIRST("credit_account", "true"), "ordered"},
    {"credit_commitments", "credit_account",
     "UPDATE credit_account SET unbilled = unbilled + 1" FIRST("credit_account", "true"),
     "unbilled"},
    {"credit_uncleared", "credit_account",
     "UPDATE credit_account SET uncleared = uncleared + 1" FIRST("credit_account", "true"),
     "the payments say"},
    {"credit_uncleared", "payment",
     "UPDATE payment SET clearing = 'cleared'" FIRST("payment", "clearing = 'pending'"),
     "the payments say"},
    {"disputes", "credit_account",
     "UPDATE credit_account SET disputed = disputed + 1" FIRST("credit_account", "true"),
     "the invoices say"},
    {"disputes", "invoice",
     "UPDATE invoice SET disputed = disputed + 1" FIRST("invoice", "disputed > 0"),
     "the dispute says"},
    {"disputes", "open_item",
     "UPDATE open_item SET disputed = disputed - 1" FIRST("open_item", "disputed > 0"),
     "the dispute says"},
    {"disputes", "invoice_dispute",
     "UPDATE invoice_dispute SET amount = amount + 1" FIRST("invoice_dispute", "true"),
     "the dispute says"},
    {"credit_balances", "credit_account",
     "UPDATE credit_account SET receivable = receivable + 1" FIRST("credit_account", "true"),
     "receivable"},
    {"credit_balances", "credit_account",
     "UPDATE credit_account SET unapplied = unapplied + 1" FIRST("credit_account", "true"),
     "unapplied"},
    {"orphans", "order_hold", "UPDATE order_hold SET order_id = 1", "has no order"},
    {"orphans", "order_line",
     "UPDATE order_line SET price_id = 1" ANY_ROW("order_line", "price_id IS NOT NULL"),
     "the price of order line"},
    {"orphans", "shipment", "UPDATE shipment SET customer_id = 1" FIRST("shipment", "true"),
     "the customer is not"},
    {"orphans", "invoice",
     "UPDATE invoice SET order_id = 1" FIRST("invoice", "order_id IS NOT NULL"),
     "order does not exist"},
};

/* Triggers and foreign keys sleep. */
#define BY_HAND "BEGIN; SET LOCAL session_replication_role = replica;"

static void corrupt(struct world *w, const struct corruption *c)
{
    world_sql(w, "CREATE TABLE kept AS SELECT * FROM %s", c->table);
    world_sql(w, BY_HAND "%s; COMMIT", c->sql);
    ck_assert_msg(strcmp(world_sql(w,
                                   "SELECT count(*) FROM ((SELECT t::text FROM %s t EXCEPT ALL"
                                   " SELECT k::text FROM kept k) UNION ALL (SELECT k::text"
                                   " FROM kept k EXCEPT ALL SELECT t::text FROM %s t)) x",
                                   c->table, c->table),
                         "0") != 0,
                  "changes nothing: %s", c->sql);
}

static void restore(struct world *w, const struct corruption *c)
{
    world_sql(w, BY_HAND "DELETE FROM %s; INSERT INTO %s SELECT * FROM kept; COMMIT", c->table,
              c->table);
    world_sql(w, "DROP TABLE kept");
}

/* The violated invariants: their names, or what the first example of each says. */
static const char *violated_as(struct world *w, struct reply r, const char *member)
{
    const char *names = "";
    for (size_t i = 0; i < length(r, "/invariants"); i++)
        if (strcmp(text(r, fmt(w, "/invariants/%zu/ok", i)), "true") != 0 &&
            strcmp(text(r, fmt(w, "/invariants/%zu/advisory", i)), "true") != 0)
            names = fmt(w, "%s %s", names, text(r, fmt(w, "/invariants/%zu/%s", i, member)));
    return names;
}

static const char *violated(struct world *w, struct reply r)
{
    return violated_as(w, r, "name");
}

static const char *violations_of(struct world *w, struct reply r)
{
    return violated_as(w, r, "examples/0/detail");
}

static void expect_named(struct world *w, const struct corruption *c)
{
    struct reply r = get(w, "/v1/proof");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/ok"), "false");
    ck_assert_msg(strcmp(violated(w, r), fmt(w, " %s", c->invariant)) == 0, "%s\nviolates%s: %s",
                  c->sql, violated(w, r), violations_of(w, r));
    for (size_t i = 0; i < length(r, "/invariants"); i++) {
        if (strcmp(text(r, fmt(w, "/invariants/%zu/name", i)), c->invariant) != 0)
            continue;
        const char *detail = text(r, fmt(w, "/invariants/%zu/examples/0/detail", i));
        ck_assert_str_ne(text(r, fmt(w, "/invariants/%zu/violations", i)), "0");
        ck_assert_msg(c->detail == NULL || strstr(detail, c->detail) != NULL, "%s: %s", c->sql,
                      detail);
    }
}

START_TEST(the_proof_passes_over_one_of_each_document)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    struct reply r = get(w, "/v1/proof");
    expect(r, 200);
    ck_assert_msg(strcmp(violated(w, r), "") == 0, "%s: %s", violated(w, r), violations_of(w, r));
    ck_assert_str_eq(text(r, "/ok"), "true");
    ck_assert_uint_gt(length(r, "/invariants"), 30);
    for (size_t i = 0; i < length(r, "/counts"); i++)
        ck_assert_msg(strcmp(text(r, fmt(w, "/counts/%zu/count", i)), "0") != 0,
                      "nothing to look at: %s", text(r, fmt(w, "/counts/%zu/name", i)));
    world_free(w);
}
END_TEST

START_TEST(one_corrupted_row_is_named_by_exactly_its_invariant)
{
    struct world *w = world_new();
    struct company c;
    company_found(w, &c);
    for (size_t i = 0; i < sizeof(corruptions) / sizeof(corruptions[0]); i++) {
        corrupt(w, &corruptions[i]);
        expect_named(w, &corruptions[i]);
        restore(w, &corruptions[i]);
    }
    expect_books_balance(w);
    world_free(w);
}
END_TEST

START_TEST(the_examples_name_at_most_ten_and_count_all)
{
    struct world *w = world_new();
    const char *who = given_customer(w, NULL);
    for (int i = 0; i < 12; i++)
        expect(post(w, "/v1/payments", "{'customer_id':'%s','method':'cash','amount':'5.00'}", who),
               201);
    world_sql(w, BY_HAND "UPDATE open_item SET open_amount = open_amount - 1; COMMIT");
    struct reply r = get(w, "/v1/proof");
    expect(r, 200);
    ck_assert_str_eq(violated(w, r), " open_items");
    for (size_t i = 0; i < length(r, "/invariants"); i++)
        if (strcmp(text(r, fmt(w, "/invariants/%zu/name", i)), "open_items") == 0) {
            ck_assert_str_eq(text(r, fmt(w, "/invariants/%zu/violations", i)), "12");
            ck_assert_uint_eq(length(r, fmt(w, "/invariants/%zu/examples", i)), 10);
            ck_assert_str_eq(text(r, fmt(w, "/invariants/%zu/examples/0/resource", i)), "payment");
            const char *id = text(r, fmt(w, "/invariants/%zu/examples/0/resource_id", i));
            expect(get(w, "/v1/payments/%s", id), 200);
        }
    world_free(w);
}
END_TEST

START_TEST(exposure_over_the_limit_is_reported_and_no_failure)
{
    struct world *w = world_new();
    const char *who = given_customer(w, "'credit_limit':'100.00'");
    given_product(w, "A", "60.00", 10);
    given_order(w, who, "A", 1);
    world_sql(w, "UPDATE credit_account SET credit_limit = 1");
    struct reply r = get(w, "/v1/proof");
    expect(r, 200);
    ck_assert_str_eq(text(r, "/ok"), "true");
    size_t last = length(r, "/invariants") - 1;
    ck_assert_str_eq(text(r, fmt(w, "/invariants/%zu/name", last)), "credit_limits");
    ck_assert_str_eq(text(r, fmt(w, "/invariants/%zu/ok", last)), "false");
    ck_assert_str_eq(text(r, fmt(w, "/invariants/%zu/examples/0/resource_id", last)), who);
    ck_assert_str_eq(text(r, fmt(w, "/invariants/%zu/examples/0/detail", last)),
                     "exposure 7140, limit 1");
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("proof");
    TCase *t = tcase_create("proof");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, the_proof_passes_over_one_of_each_document);
    tcase_add_test(t, one_corrupted_row_is_named_by_exactly_its_invariant);
    tcase_add_test(t, the_examples_name_at_most_ten_and_count_all);
    tcase_add_test(t, exposure_over_the_limit_is_reported_and_no_failure);
    suite_add_tcase(s, t);
    return s;
}

WORLD_MAIN(suite)
