/* What races are run on: warehouse 1, customer 1, and as many products, stocks and orders as the
 * tests give. Ids are small numbers; a product, its stock and its order share one. */
#pragma once
#include "lib/base/decimal.h"
#include "tests/isolation/races.h"

#define Q(n) (INT64_C(1000000) * (n))

static inline void open_company(void)
{
    pool = fixture_pool(4);
    fixture_exec(
        "INSERT INTO tenant (tenant_id, name, legal_name, currency, time_zone, created_at)"
        " VALUES (1, 'A', 'A', 'EUR', 'Europe/Berlin', now());"
        "INSERT INTO credit_account (tenant_id, id, currency, ordered) VALUES (1, 1, 'EUR', "
        "1000000);"
        "INSERT INTO customer (tenant_id, id, name, currency, credit_account_id, created_at,"
        " updated_at) VALUES (1, 1, 'C', 'EUR', 1, now(), now());"
        "INSERT INTO tax_code (tenant_id, id, code, name, created_at, updated_at)"
        " VALUES (1, 1, 'S', 'S', now(), now());"
        "INSERT INTO warehouse (tenant_id, id, code, name, is_default, created_at, updated_at)"
        " VALUES (1, 1, 'A', 'A', true, now(), now());");
}

static inline void given_product(int id)
{
    char sql[400];
    snprintf(sql, sizeof sql,
             "INSERT INTO product (tenant_id, id, sku, name, kind, tax_code_id, created_at,"
             " updated_at) VALUES (1, %d, 'SKU%d', 'P', 'stock', 1, now(), now())",
             id, id);
    fixture_exec(sql);
}

static inline void given_stock(int product, int on_hand, int reserved)
{
    char sql[300];
    snprintf(sql, sizeof sql,
             "INSERT INTO stock (tenant_id, id, product_id, warehouse_id, on_hand, reserved)"
             " VALUES (1, %d, %d, 1, %d000000, %d000000)",
             product, product, on_hand, reserved);
    fixture_exec(sql);
}

/* A confirmed order of 10, of which `reserved` are reserved; its id is the product's. */
static inline void given_order(int id, int reserved)
{
    char sql[1200];
    snprintf(sql, sizeof sql,
             "INSERT INTO sales_order (tenant_id, id, number, customer_id, credit_account_id,"
             " warehouse_id, status, currency, order_date, payment_terms_days, rounding,"
             " tax_rounding, net, tax, gross, line_count, created_at, confirmed_at, updated_at)"
             " VALUES (1, %d, 'ORD-%d', 1, 1, 1, 'confirmed', 'EUR', '2024-01-01', 30, 'half_up',"
             " 'per_document', 1000, 0, 1000, 1, now(), now(), now());"
             "INSERT INTO order_line (tenant_id, order_id, line_no, product_id, kind, sku,"
             " description, warehouse_id, quantity, unit_price, discount_percent, tax_code_id,"
             " tax_rate, net, tax, gross, reserved)"
             " VALUES (1, %d, 1, %d, 'stock', 'SKU', 'P', 1, 10000000, 1000000, 0, 1, 0, 1000, 0,"
             " 1000, %d000000)",
             id, id, id, id, reserved);
    fixture_exec(sql);
}

static inline int64_t sum_of(const char *column, const char *rows, int64_t id)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT coalesce(sum(%s), 0) FROM %s = %" PRId64, column, rows, id);
    return fixture_int(sql);
}

static inline int64_t line_of(const char *column, int64_t order)
{
    return sum_of(column, "order_line WHERE order_id", order);
}

static inline int64_t moved(int64_t product)
{
    return sum_of("quantity", "stock_movement WHERE product_id", product);
}

static inline void expect_stock(int64_t product, int64_t on_hand, int64_t reserved)
{
    ck_assert_int_eq(sum_of("on_hand", "stock WHERE product_id", product), on_hand);
    ck_assert_int_eq(sum_of("reserved", "stock WHERE product_id", product), reserved);
}
