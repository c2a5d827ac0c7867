/* Every statement of the product against the migrated schema: types, tenants, plans; and the rules
 * of the schema itself. */
#include "lib/pg/list.h"
#include "lib/pg/migrate.h"
#include "server/routes.h"
#include "tests/unit/pg_fixture.h"
#include <stdarg.h>
#include <string.h>

#define ROWS "20000"

static PGconn *pg;

/* ---- talking to PostgreSQL ---- */

static PGresult *run(const char *sql)
{
    PGresult *res = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(res);
    ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
                  PQerrorMessage(pg));
    return res;
}

static void do_sql(const char *sql)
{
    PQclear(run(sql));
}

static const struct {
    const char *name;
    Oid oid, array_oid;
} types[] = {
    [PG_I64] = {"bigint", 20, 1016},   [PG_I32] = {"integer", 23, 1007},
    [PG_BOOL] = {"boolean", 16, 1000}, [PG_TEXT] = {"text", 25, 1009},
    [PG_DATE] = {"date", 1082, 1182},  [PG_INSTANT] = {"timestamptz", 1184, 1185},
    [PG_JSON] = {"json", 114, 199},    [PG_BYTES] = {"bytea", 17, 1001},
};

static Oid oid_of(const struct pg_column *c)
{
    return c->array ? types[c->type].array_oid : types[c->type].oid;
}

/* A list's statement on its own has no filters. */
static char *without_filters(const char *sql)
{
    const char *mark = strstr(sql, ":filters");
    char *out = NULL;
    if (mark == NULL)
        return strdup(sql);
    if (asprintf(&out, "%.*sTRUE%s", (int)(mark - sql), sql, mark + strlen(":filters")) < 0)
        abort();
    return out;
}

/* ---- types ---- */

static void check_types(const struct stmt *s)
{
    char *sql = without_filters(s->sql);
    Oid oids[64] = {0};
    ck_assert_uint_le(s->n_params, 64);
    for (size_t i = 0; i < s->n_params; i++)
        oids[i] = oid_of(&s->params[i]);
    PGresult *res = PQprepare(pg, s->name, sql, (int)s->n_params, oids);
    ck_assert_msg(PQresultStatus(res) == PGRES_COMMAND_OK, "%s: %s: %s", s->file, s->name,
                  PQerrorMessage(pg));
    PQclear(res);
    res = PQdescribePrepared(pg, s->name);
    ck_assert_msg((size_t)PQnparams(res) == s->n_params, "%s: %s uses %d of %zu parameters",
                  s->file, s->name, PQnparams(res), s->n_params);
    ck_assert_msg((size_t)PQnfields(res) == s->n_columns, "%s: %s has %d columns, declares %zu",
                  s->file, s->name, PQnfields(res), s->n_columns);
    for (size_t i = 0; i < s->n_columns; i++)
        ck_assert_msg(PQftype(res, (int)i) == oid_of(&s->columns[i]),
                      "%s: %s: column %s is of type %u, declared %s", s->file, s->name,
                      s->columns[i].name, PQftype(res, (int)i), types[s->columns[i].type].name);
    PQclear(res);
    free(sql);
}

START_TEST(every_statement_has_the_types_that_it_declares)
{
    ck_assert_uint_gt(n_all_stmts, 100);
    for (size_t i = 0; i < n_all_stmts; i++) {
        ck_assert_uint_eq(all_stmts[i]->number, i);
        check_types(all_stmts[i]);
    }
    do_sql("DEALLOCATE ALL");
}
END_TEST

/* ---- tenants ---- */

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static int param_number(const struct stmt *s, const char *name)
{
    for (size_t i = 0; i < s->n_params; i++)
        if (strcmp(s->params[i].name, name) == 0)
            return (int)i + 1;
    return 0;
}

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        n++;
    return n;
}

/* How often sql names a table of the schema behind FROM, JOIN, INTO or UPDATE. */
static size_t table_uses(const char *sql, const char *table)
{
    static const char *const before[] = {"FROM ", "JOIN ", "INTO ", "UPDATE "};
    size_t n = 0, len = strlen(table);
    for (size_t i = 0; i < COUNT_OF(before); i++)
        for (const char *at = sql; (at = strstr(at, before[i])) != NULL;) {
            at += strlen(before[i]);
            char end = strncmp(at, table, len) == 0 ? at[len] : 'x';
            n += end == ' ' || end == '\n' || end == ';' || end == ')' || end == '\0';
        }
    return n;
}

START_TEST(every_statement_stays_within_its_tenant)
{
    static const char *const of_no_tenant[] = {"tenants_list_all", /* the command line's */
                                               "time_zone_known", /* looks into PostgreSQL itself */
                                               "tenant_insert",   /* makes one */
                                               "jobs_open",       /* a server works for all */
                                               "stock_work_find", /* likewise, */
                                               "bureau_find_due", /* and here */
                                               NULL};
    PGresult *tables = run("SELECT table_name FROM information_schema.columns"
                           " WHERE column_name = 'tenant_id' AND table_schema = 'public'");
    ck_assert_int_gt(PQntuples(tables), 20);
    for (size_t i = 0; i < n_all_stmts; i++) {
        const struct stmt *s = all_stmts[i];
        if (is_among(s->name, of_no_tenant))
            continue;
        size_t uses = 0;
        for (int t = 0; t < PQntuples(tables); t++)
            uses += table_uses(s->sql, PQgetvalue(tables, t, 0));
        if (uses == 0)
            continue; /* such as nextval */
        int tenant = param_number(s, "tenant");
        ck_assert_msg(tenant > 0, "%s: %s does not take :tenant", s->file, s->name);
        char condition[32];
        snprintf(condition, sizeof condition, "tenant_id = $%d", tenant);
        if (count_of(s->sql, "INSERT INTO") == 0 || count_of(s->sql, "FROM ") > 1)
            ck_assert_msg(strstr(s->sql, condition) != NULL ||
                              strstr(s->sql, "INSERT INTO") != NULL,
                          "%s: %s lacks tenant_id = :tenant", s->file, s->name);
        ck_assert_msg(count_of(s->sql, "tenant_id") >= uses,
                      "%s: %s uses %zu tables and says tenant_id %zu times", s->file, s->name, uses,
                      count_of(s->sql, "tenant_id"));
    }
    PQclear(tables);
}
END_TEST

/* ---- plans ---- */

static const char *const growing[] = {"sales_order",     "order_line",
                                      "shipment",        "shipment_line",
                                      "invoice",         "invoice_line",
                                      "credit_note",     "credit_note_line",
                                      "payment",         "allocation",
                                      "refund",          "ledger_transfer",
                                      "event",           "stock_movement",
                                      "stock_supply",    "stock_reservation",
                                      "idempotency_key", "open_item",
                                      "customer",        "product",
                                      "price",           "credit_account",
                                      "stock",           "order_hold",
                                      "quote",           "quote_revision",
                                      "quote_line",      "blanket_order",
                                      "blanket_line",    NULL};

/* Reports and upkeep that read a whole table, and that is what they are for. */
static const struct {
    const char *statement, *table;
} may_scan[] = {
    {"idempotency_forget", "idempotency_key"}, /* by age, for which BRIN is enough */
    {"aging_amounts", "open_item"},            /* all that is open, and nothing else is in there */
    {"aging_now_totals", "open_item"},
    {"aging_now_all", "open_item"},
    {"open_items_page", "open_item"},
    {"open_items_page", "invoice"}, /* for the numbers of all that is open */
    {"open_items_page", "payment"},
    {"open_items_page", "credit_note"},
    {"document_sales", "credit_note"}, /* of a period; they are few */
    {"customer_sales", "credit_note"},
    {"product_sales", "credit_note"},
};

static bool may_read_all(const char *statement, const char *table)
{
    for (size_t i = 0; i < COUNT_OF(may_scan); i++)
        if (strcmp(may_scan[i].statement, statement) == 0 && strcmp(may_scan[i].table, table) == 0)
            return true;
    return !is_among(table, growing);
}

/* Tables grown to the size where the planner has a choice, as the superuser without triggers. */
static void fill(void)
{
    do_sql("SET session_replication_role = replica");
    static const char *const inserts[] = {
        "tenant (tenant_id, name, legal_name, currency, time_zone, created_at)"
        " SELECT g, 'T', 'T', 'EUR', 'Europe/Berlin', now() FROM generate_series(1, 3) g",
        "credit_account (tenant_id, id, currency) SELECT 1, g, 'EUR'",
        "customer (tenant_id, id, external_id, name, currency, credit_account_id, created_at,"
        " updated_at) SELECT 1, g, 'x' || g, 'C' || g, 'EUR', g, now(), now()",
        "tax_code (tenant_id, id, code, name, created_at, updated_at)"
        " SELECT 1, g, 'T' || g, 'T', now(), now()",
        "tax_rate (tenant_id, tax_code_id, valid_from, rate) SELECT 1, g, '2000-01-01', 0",
        "product (tenant_id, id, external_id, sku, name, kind, tax_code_id, created_at, updated_at)"
        " SELECT 1, g, 'x' || g, 'S' || g, 'P' || g, 'stock', 1, now(), now()",
        "price (tenant_id, id, external_id, product_id, currency, unit_price, valid_from,"
        " created_at, updated_at) SELECT 1, g, 'x' || g, g, 'EUR', 1, '2000-01-01', now(), now()",
        "stock (tenant_id, id, product_id, warehouse_id, on_hand) SELECT 1, g, g, 1, 1000000",
        "stock_movement (tenant_id, id, external_id, product_id, warehouse_id, kind, quantity,"
        " effective_date, recorded_at) SELECT 1, g, 'x' || g, g, 1, 'receipt', 1000000,"
        " DATE '2020-01-01' + g % 1000, now()",
        "stock_supply (tenant_id, id, external_id, product_id, warehouse_id, quantity, received,"
        " expected_date, status, created_at, updated_at) SELECT 1, g, 'x' || g, g, 1, 2, g % 3,"
        " DATE '2020-01-01' + g % 1000, CASE g % 3 WHEN 2 THEN 'received' ELSE 'open' END, now(),"
        " now()",
        "stock_reservation (tenant_id, id, external_id, product_id, warehouse_id, quantity, owner,"
        " status, expires_at, order_id, created_at, updated_at) SELECT 1, g, 'x' || g, g, 1, 1,"
        " 'o', CASE g % 10 WHEN 0 THEN 'held' ELSE 'committed' END, now(), g, now(), now()",
        "sales_order (tenant_id, id, external_id, number, customer_id, credit_account_id, status,"
        " currency, order_date, payment_terms_days, rounding, tax_rounding, net, tax, gross,"
        " line_count, created_at, updated_at) SELECT 1, g, 'x' || g, 'O' || g, g, g, 'confirmed',"
        " 'EUR', DATE '2020-01-01' + g % 1000, 30, 'half_up', 'per_document', 1, 0, 1, 1, now(),"
        " now()",
        "order_line (tenant_id, order_id, line_no, product_id, kind, sku, description, quantity,"
        " unit_price, discount_percent, tax_code_id, tax_rate, net, tax, gross)"
        " SELECT 1, g, 1, g, 'stock', 'S', 'P', 1000000, 1, 0, 1, 0, 1, 0, 1",
        "order_hold (tenant_id, order_id, hold_no, kind, reason, placed_at)"
        " SELECT 1, g, 1, 'credit', 'r', now()",
        "quote (tenant_id, id, external_id, number, customer_id, currency, status, revision,"
        " created_at, updated_at) SELECT 1, g, 'x' || g, 'Q' || g, g, 'EUR', 'open', 1, now(),"
        " now()",
        "quote_revision (tenant_id, quote_id, revision, quote_date, valid_until,"
        " payment_terms_days, discount, net, tax, gross, line_count, created_at)"
        " SELECT 1, g, 1, '2020-01-01', '2020-01-31', 30, 0, 1, 0, 1, 1, now()",
        "quote_line (tenant_id, quote_id, revision, line_no, product_id, kind, sku, description,"
        " quantity, unit_price, price_source, discount_percent, discount_amount, order_discount,"
        " tax_code_id, tax_rate, net, tax, gross)"
        " SELECT 1, g, 1, 1, g, 'stock', 'S', 'P', 1000000, 1, 'request', 0, 0, 0, 1, 0, 1, 0, 1",
        "blanket_order (tenant_id, id, external_id, number, status, customer_id, currency,"
        " valid_from, valid_to, payment_terms_days, line_count, created_at, updated_at)"
        " SELECT 1, g, 'x' || g, 'B' || g, 'open', g, 'EUR', '2020-01-01', '2020-12-31', 30, 1,"
        " now(), now()",
        "blanket_line (tenant_id, blanket_order_id, line_no, product_id, sku, description,"
        " unit_price, discount_percent, quantity) SELECT 1, g, 1, g, 'S', 'P', 1, 0, 1000000",
        "shipment (tenant_id, id, external_id, number, customer_id, order_id, status, created_at,"
        " updated_at) SELECT 1, g, 'x' || g, 'S' || g, g, g, 'shipped', now(), now()",
        "shipment_line (tenant_id, shipment_id, line_no, order_id, order_line_no, product_id,"
        " quantity) SELECT 1, g, 1, g, 1, g, 1000000",
        "invoice (tenant_id, id, external_id, number, customer_id, credit_account_id, order_id,"
        " status, currency, invoice_date, due_date, payment_terms_days, rounding, tax_rounding,"
        " net, tax, gross, line_count, created_at, updated_at) SELECT 1, g, 'x' || g, 'I' || g, g,"
        " g, g, 'finalized', 'EUR', DATE '2020-01-01' + g % 1000, DATE '2020-01-31' + g % 1000, 30,"
        " 'half_up', 'per_document', 1, 0, 1, 1, now(), now()",
        "invoice_line (tenant_id, invoice_id, line_no, order_id, order_line_no, shipment_id,"
        " shipment_line_no, product_id, description, quantity, unit_price, discount_percent,"
        " tax_code_id, tax_rate, net, tax, gross)"
        " SELECT 1, g, 1, g, 1, g, 1, g, 'P', 1000000, 1, 0, 1, 0, 1, 0, 1",
        "pick_list (tenant_id, id, external_id, warehouse_id, status, part_count, created_at,"
        " updated_at) SELECT 1, g, 'x' || g, 1, 'open', 1, now(), now()",
        "pick_list_part (tenant_id, pick_list_id, line_no, part_no, product_id, order_id,"
        " order_line_no, quantity) SELECT 1, g, 1, 1, g, g, 1, 1",
        "joint_invoice_order (tenant_id, order_id, invoice_id) SELECT 1, g, g",
        "milestone (tenant_id, id, order_id, order_line_no, milestone_no, name, quantity, net,"
        " status, created_at, updated_at) SELECT 1, g, g, 1, 1, 'M', 1, 1, 'planned', now(), now()",
        "access_grant (tenant_id, id, external_id, order_id, order_line_no, customer_id,"
        " product_id, quantity, status, starts_at, created_at, updated_at)"
        " SELECT 1, g, 'x' || g, g, 1, g, g, 1, 'granted', now(), now(), now()",
        "usage_record (tenant_id, id, external_id, order_id, order_line_no, quantity, used_at,"
        " recorded_at) SELECT 1, g, 'x' || g, g, 1, 1, now(), now()",
        "credit_note (tenant_id, id, external_id, number, customer_id, credit_account_id,"
        " invoice_id, status, reason, currency, credit_note_date, rounding, tax_rounding, net, tax,"
        " gross, line_count, created_at, updated_at) SELECT 1, g, 'x' || g, 'N' || g, g, g, g,"
        " 'issued', 'r', 'EUR', DATE '2020-01-01' + g % 1000, 'half_up', 'per_document', 1, 0, 1,"
        " 1, now(), now()",
        "credit_note_line (tenant_id, credit_note_id, line_no, invoice_id, invoice_line_no,"
        " product_id, description, quantity, unit_price, discount_percent, tax_code_id, tax_rate,"
        " net, tax, gross) SELECT 1, g, 1, g, 1, g, 'P', 1000000, 1, 0, 1, 0, 1, 0, 1",
        "payment (tenant_id, id, external_id, number, customer_id, credit_account_id, method,"
        " currency, amount, unapplied, value_date, created_at, updated_at) SELECT 1, g, 'x' || g,"
        " 'P' || g, g, g, 'cash', 'EUR', 1, 1, DATE '2020-01-01' + g % 1000, now(), now()",
        "allocation (tenant_id, id, source, source_id, invoice_id, amount, effective_date,"
        " recorded_at) SELECT 1, g, 'payment', g, g, 1, DATE '2020-01-01' + g % 1000, now()",
        "refund (tenant_id, id, external_id, source, source_id, customer_id, method, currency,"
        " amount, value_date, created_at) SELECT 1, g, 'x' || g, 'payment', g, g, 'cash', 'EUR', 1,"
        " DATE '2020-01-01' + g % 1000, now()",
        "open_item (tenant_id, id, kind, customer_id, currency, document_date, due_date, amount,"
        " open_amount) SELECT 1, g, 'invoice', g, 'EUR', DATE '2020-01-01' + g % 1000,"
        " DATE '2020-01-31' + g % 1000, 1, 1",
        "ledger_transfer (tenant_id, id, debit_account, credit_account, amount, currency,"
        " customer_id, document, document_id, effective_date, recorded_at) SELECT 1, g,"
        " 'receivable', 'revenue', 1, 'EUR', g, 'invoice', g, DATE '2020-01-01' + g % 1000, now()",
        "ledger_day (tenant_id, account, currency, day, debit)"
        " SELECT 1, 'receivable', 'EUR', DATE '1980-01-01' + g, 1",
        "event (tenant_id, seq, type, resource_id, resource, at)"
        " SELECT 1, g, 'order.created', g, 'order', now()",
        "idempotency_key (tenant_id, api_key_id, operation, key, fingerprint, status, headers, "
        "body,"
        " created_at) SELECT 1, 1, 'o', 'k' || g, '', 200, '[]', '', now()",
        "number_series (tenant_id, series, prefix) SELECT 1, 's' || g, ''",
    };
    for (size_t i = 0; i < COUNT_OF(inserts); i++) {
        char sql[1200];
        snprintf(sql, sizeof sql, "INSERT INTO %s%s", inserts[i],
                 strstr(inserts[i], " FROM ") ? "" : " FROM generate_series(1, " ROWS ") g");
        do_sql(sql);
    }
    do_sql("SET session_replication_role = origin");
    do_sql("ANALYZE");
}

static int full_scans;

/* Says so when the plan for unknown values reads a growing table from end to end. */
static void check_plan(const struct stmt *s, const char *what, const char *sql,
                       const struct pg_column *params, size_t n_params)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    fputs("PREPARE planned", f);
    for (size_t i = 0; i < n_params; i++)
        fprintf(f, "%s%s%s", i == 0 ? "(" : ", ", types[params[i].type].name,
                params[i].array ? "[]" : "");
    fprintf(f, "%s AS %s", n_params > 0 ? ")" : "", sql);
    fclose(f);
    do_sql(text);
    free(text);
    f = open_memstream(&text, &size);
    fputs("EXPLAIN (COSTS OFF) EXECUTE planned", f);
    for (size_t i = 0; i < n_params; i++)
        fputs(i == 0 ? "(NULL" : ", NULL", f);
    fputs(n_params > 0 ? ")" : "", f);
    fclose(f);
    PGresult *plan = run(text);
    free(text);
    for (int row = 0; row < PQntuples(plan); row++) {
        const char *scan = strstr(PQgetvalue(plan, row, 0), "Seq Scan on ");
        if (scan == NULL)
            continue;
        char table[64];
        snprintf(table, sizeof table, "%.*s", (int)strcspn(scan + 12, " "), scan + 12);
        if (!may_read_all(s->name, table)) {
            fprintf(stderr, "%s: %s%s reads all of %s\n", s->file, s->name, what, table);
            full_scans++;
        }
    }
    PQclear(plan);
    do_sql("DEALLOCATE planned");
}

static const struct route *route_of_list(const char *statement)
{
    for (size_t i = 0; i < n_routes; i++)
        if (routes[i].kind == ROUTE_LIST && strcmp(routes[i].list->name, statement) == 0)
            return &routes[i];
    return NULL;
}

/* The first page of a list and one behind a cursor, in each order. */
static void check_list_plans(const struct stmt *s)
{
    const struct route *r = route_of_list(s->name);
    ck_assert_msg(r != NULL, "%s: no route uses the list %s", s->file, s->name);
    struct arena *a = arena_new(1 << 22);
    struct pg_value values[64] = {{0}};
    for (size_t i = 0; i < r->list->n_sorts; i++)
        for (int variant = 0; variant < 4; variant++) {
            struct list_query q = {.def = r->list,
                                   .sort = &r->list->sorts[i],
                                   .limit = LIST_LIMIT_DEFAULT,
                                   .descending = variant % 2 == 1,
                                   .has_cursor = variant / 2 == 1,
                                   .cursor_text = ""};
            struct list_text t = list_compose(a, s, values, &q);
            check_plan(s, arena_printf(a, " sorted by %s", q.sort->name), t.sql, t.params,
                       t.n_params);
        }
    arena_free(a);
}

START_TEST(no_statement_reads_a_growing_table_from_end_to_end)
{
    fill();
    do_sql("SET plan_cache_mode = force_generic_plan");
    for (size_t i = 0; i < n_all_stmts; i++) {
        const struct stmt *s = all_stmts[i];
        if (strcmp(s->file, "server/reporting/proof.sql") == 0)
            continue;
        if (strstr(s->sql, ":filters") != NULL)
            check_list_plans(s);
        else
            check_plan(s, "", s->sql, s->params, s->n_params);
    }
    ck_assert_int_eq(full_scans, 0);
}
END_TEST

/* ---- the schema ---- */

static void expect_none(const char *what, const char *sql)
{
    PGresult *res = run(sql);
    if (PQntuples(res) > 0)
        ck_abort_msg("%s: %s", what, PQgetvalue(res, 0, 0));
    PQclear(res);
}

START_TEST(every_key_of_a_tenants_table_begins_with_the_tenant)
{
    expect_none("a table without tenant_id",
                "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r'"
                "   AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'schema_migration'"
                "   AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid"
                "                    AND a.attname = 'tenant_id' AND a.attnotnull)");
    expect_none("a table without a primary key",
                "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r'"
                "   AND c.relnamespace = 'public'::regnamespace"
                "   AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid"
                "                    AND i.indisprimary)");
    expect_none("an index that does not begin with tenant_id",
                "SELECT i.indexrelid::regclass FROM pg_index i"
                "  JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid"
                "  JOIN pg_am am ON am.oid = x.relam"
                " WHERE c.relnamespace = 'public'::regnamespace AND am.amname <> 'brin'"
                "   AND c.relname <> 'schema_migration'"
                "   AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid"
                "                    AND a.attnum = i.indkey[0] AND a.attname = 'tenant_id')");
    expect_none(
        "a foreign key that does not begin with tenant_id on both sides",
        "SELECT k.conname FROM pg_constraint k"
        "  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
        "  JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]"
        " WHERE k.contype = 'f' AND (a.attname <> 'tenant_id' OR b.attname <> 'tenant_id')");
}
END_TEST

START_TEST(no_money_quantity_or_rate_is_a_floating_point_number)
{
    expect_none("a column of a type that is not exact or not plain",
                "SELECT table_name || '.' || column_name || ' ' || data_type"
                "  FROM information_schema.columns NATURAL JOIN information_schema.tables"
                " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
                "   AND table_name <> 'schema_migration' AND udt_name <> '_int8' AND data_type NOT "
                "IN ('bigint', 'integer',"
                "   'text', 'date', 'timestamp with time zone', 'json', 'bytea', 'boolean')");
}
END_TEST

START_TEST(posted_facts_cannot_be_changed_by_anybody)
{
    static const char *const facts[] = {"event", "stock_movement", "allocation", "refund",
                                        "ledger_transfer"};
    for (size_t i = 0; i < COUNT_OF(facts); i++) {
        char sql[3][128];
        snprintf(sql[0], sizeof sql[0], "DELETE FROM %s", facts[i]);
        snprintf(sql[1], sizeof sql[1], "UPDATE %s SET tenant_id = tenant_id", facts[i]);
        snprintf(sql[2], sizeof sql[2], "TRUNCATE %s", facts[i]);
        for (int k = 0; k < 3; k++) {
            PGresult *res = PQexec(pg, sql[k]);
            ck_assert_str_eq(PQresultErrorField(res, PG_DIAG_SQLSTATE), "23001");
            PQclear(res);
        }
    }
}
END_TEST

static void connect_as_superuser(void)
{
    const char *names[] = {"dbname", "user", "options", NULL};
    const char *values[] = {embedded_owner_conninfo(fixture), "postgres",
                            "-c client_min_messages=error", NULL};
    pg = PQconnectdbParams(names, values, 1);
    ck_assert_int_eq(PQstatus(pg), CONNECTION_OK);
}

static void disconnect(void)
{
    PQfinish(pg);
}

int main(void)
{
    fixture_start();
    if (migrate(embedded_owner_conninfo(fixture)) != OK) {
        fprintf(stderr, "the schema does not migrate\n");
        fixture_stop();
        return 1;
    }
    Suite *suite = suite_create("statements");
    TCase *tc = tcase_create("statements");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, connect_as_superuser, disconnect);
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, every_statement_has_the_types_that_it_declares);
    tcase_add_test(tc, every_statement_stays_within_its_tenant);
    tcase_add_test(tc, every_key_of_a_tenants_table_begins_with_the_tenant);
    tcase_add_test(tc, no_money_quantity_or_rate_is_a_floating_point_number);
    tcase_add_test(tc, posted_facts_cannot_be_changed_by_anybody);
    tcase_add_test(tc, no_statement_reads_a_growing_table_from_end_to_end);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    fixture_stop();
    return failed != 0;
}
