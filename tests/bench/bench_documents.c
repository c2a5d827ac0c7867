/* Shipments, invoices and payments, each against its own statements run by pgbench. Every request
 * needs a document that waits for it: copies of one that the API made, for as many customers and
 * products as there are. */
#include "lib/base/id.h"
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include "tests/bench/yardstick.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS 3
#define OURS 60000       /* documents for our runs; the yardstick's are behind them */
#define CLIENT_DOCS 1500 /* of one client in one run of the yardstick */
#define CLIENTS_MAX 8
#define YARDSTICK_RUNS 5
#define DOCS (OURS + YARDSTICK_RUNS * CLIENTS_MAX * CLIENT_DOCS)

struct documents {
    struct bench *bench;
    const char *name;
    int64_t first;           /* id of the first copy */
    const char *kind;        /* prefix of the ids */
    const char *path, *body; /* printf formats for the document's id */
    int64_t used;
    uint64_t seed;
};

static size_t make_document(void *arg, uint64_t n, char *out)
{
    const struct documents *d = arg;
    char id[ID_TEXT_MAX], path[80], body[400], key[48];
    id_format(d->kind, d->first + d->used + (int64_t)n, id);
    expand(d->path, id, path, sizeof path);
    expand(d->body, id, body, sizeof body);
    snprintf(key, sizeof key, "%llx-%llx", (unsigned long long)d->seed, (unsigned long long)n);
    return make_request(&d->bench->stage, out, "POST", path, key, body);
}

static bool is_done(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    (void)arg;
    (void)n;
    (void)body;
    (void)len;
    return status == 200 || status == 201;
}

static int64_t document_rate(struct documents *d)
{
    struct http_load_result result;
    struct http_load load = {.port = d->bench->stage.main.port,
                             .connections = 64,
                             .for_us = SECONDS * 1000000,
                             .make = make_document,
                             .check = is_done,
                             .arg = d};
    d->seed = fresh_seed();
    if (!http_load_run(&load, &result) || result.wrong > 0)
        die("%s: %s", d->name, result.sample);
    d->used += result.good;
    if (d->used > OURS)
        die("%s: more than %d documents were used", d->name, OURS);
    return http_load_rate(&result);
}

/* The variables of the script: g is the number of the copy. */
static void set_document(struct yardstick *y)
{
    yardstick_set(y, "\\set g %d + (:run - %d) %% %d * %d + :client_id * %d + :seq\n", OURS,
                  yardstick_runs() + 1, YARDSTICK_RUNS, CLIENTS_MAX * CLIENT_DOCS, CLIENT_DOCS);
}

static void measure(struct documents *d, int status, double least)
{
    static struct yardstick y;
    struct bench *b = d->bench;
    d->seed = fresh_seed();
    yardstick_begin(&y, record(&b->stage, make_document, d, status));
    int64_t copy = d->used + RECORDED;
    d->used += RECORDED + 1;
    set_document(&y);
    char key[48];
    snprintf(key, sizeof key, "%llx-%llx", (unsigned long long)d->seed,
             (unsigned long long)RECORDED);
    yardstick_vary(&y, key, "'key-' || :id");
    yardstick_vary_id(&y, d->first + copy, "%lld + :g", (long long)d->first);
    yardstick_vary_id(&y, STAGE_CUSTOMER + copy % STAGE_CUSTOMERS, "%lld + :g %% %d",
                      (long long)STAGE_CUSTOMER, STAGE_CUSTOMERS);
    yardstick_vary_id(&y, STAGE_ACCOUNT + copy % STAGE_CUSTOMERS, "%lld + :g %% %d",
                      (long long)STAGE_ACCOUNT, STAGE_CUSTOMERS);
    const int fifth = STAGE_PRODUCTS / STAGE_LINES;
    for (int i = 0; i < STAGE_LINES; i++)
        yardstick_vary_id(&y, STAGE_PRODUCT + i * fifth + copy % fifth, "%lld + :g %% %d",
                          (long long)STAGE_PRODUCT + i * fifth, fifth);
    yardstick_keep_masters(&y, &b->stage);
    yardstick_end(&y);
    int64_t four = yardstick_tps(&b->stage, &y, 4, SECONDS);
    int64_t eight = yardstick_tps(&b->stage, &y, CLIENTS_MAX, SECONDS);
    int clients = eight > four ? CLIENTS_MAX : 4;
    int64_t ours[REPETITIONS], theirs[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        ours[i] = document_rate(d);
        theirs[i] = yardstick_tps(&b->stage, &y, clients, SECONDS);
    }
    int64_t o = median(ours, REPETITIONS), t = median(theirs, REPETITIONS);
    figure(d->name, (double)o / (double)t, least, "%lld/s, pgbench %lld/s at %d clients",
           (long long)o, (long long)t, clients);
}

/* ---- what is copied ---- */

static int64_t post(struct bench *b, const char *path, const char *prefix, const char *fmt,
                    int64_t order)
{
    char id[ID_TEXT_MAX], body[1000];
    id_format("ord", order, id);
    expand(fmt, id, body, sizeof body);
    char *reply = call_api(&b->stage, "POST", path, body, 201);
    int64_t ret = id_after(reply, "\"id\":\"", prefix);
    free(reply);
    return ret;
}

static const char order_body[] =
    "{\"customer_id\":\"%s\",\"confirm\":true,\"lines\":[{\"sku\":\"SKU-00000\",\"quantity\":\"2\"}"
    ","
    "{\"sku\":\"SKU-00200\",\"quantity\":\"2\"},{\"sku\":\"SKU-00400\",\"quantity\":\"2\"},"
    "{\"sku\":\"SKU-00600\",\"quantity\":\"2\"},{\"sku\":\"SKU-00800\",\"quantity\":\"2\"}]}";

static int64_t make_one_order(struct bench *b)
{
    char id[ID_TEXT_MAX], body[1000];
    id_format("cus", STAGE_CUSTOMER, id);
    expand(order_body, id, body, sizeof body);
    char *reply = call_api(&b->stage, "POST", "/v1/orders", body, 201);
    int64_t ret = id_after(reply, "\"id\":\"", "ord");
    free(reply);
    return ret;
}

#define OF_CUSTOMER "customer_id = %lld + g %% %d\ncredit_account_id = %lld + g %% %d"
#define CUSTOMER_ARGS                                                                              \
    (long long)STAGE_CUSTOMER, STAGE_CUSTOMERS, (long long)STAGE_ACCOUNT, STAGE_CUSTOMERS

static void clone_order(struct bench *b, int64_t order, int64_t first)
{
    const int fifth = STAGE_PRODUCTS / STAGE_LINES;
    stage_clone(&b->stage, "sales_order", order, "id", DOCS,
                "id = %lld + g\nnumber = 'COPY-' || (%lld + g)\n" OF_CUSTOMER, (long long)first,
                (long long)first, CUSTOMER_ARGS);
    stage_clone(&b->stage, "order_line", order, "order_id", DOCS,
                "order_id = %lld + g\nproduct_id = %lld + (o.line_no - 1) * %d + g %% %d",
                (long long)first, (long long)STAGE_PRODUCT, fifth, fifth);
}

/* Counters so large that no run takes them below zero. */
static void fill_counters(struct bench *b)
{
    stage_sql(&b->stage,
              "UPDATE credit_account SET ordered = 100000000000000, unbilled = 100000000000000,"
              " receivable = 100000000000000 WHERE tenant_id = %lld;"
              "UPDATE stock SET reserved = 100000000000000 WHERE tenant_id = %lld",
              (long long)b->stage.tenant, (long long)b->stage.tenant);
}

static void bench_shipments(struct bench *b)
{
    struct documents d = {.bench = b,
                          .name = "shipments",
                          .first = STAGE_ID(40),
                          .kind = "ord",
                          .path = "/v1/shipments",
                          .body = "{\"order_id\":\"%s\",\"ship\":true,\"carrier\":\"Post\"}"};
    clone_order(b, make_one_order(b), d.first);
    stage_sql(&b->stage, "VACUUM ANALYZE sales_order, order_line");
    measure(&d, 201, 1.0);
}

static void bench_invoices(struct bench *b)
{
    struct documents d = {.bench = b,
                          .name = "invoices finalized",
                          .first = STAGE_ID(42),
                          .kind = "inv",
                          .path = "/v1/invoices/%s/finalize",
                          .body = "{}"};
    int64_t order = make_one_order(b), orders = STAGE_ID(41);
    post(b, "/v1/shipments", "shp", "{\"order_id\":\"%s\",\"ship\":true}", order);
    int64_t draft = post(b, "/v1/invoices", "inv", "{\"order_id\":\"%s\"}", order);
    clone_order(b, order, orders);
    stage_clone(&b->stage, "invoice", draft, "id", DOCS,
                "id = %lld + g\norder_id = %lld + g\n" OF_CUSTOMER, (long long)d.first,
                (long long)orders, CUSTOMER_ARGS);
    stage_clone(&b->stage, "invoice_line", draft, "invoice_id", DOCS,
                "invoice_id = %lld + g\norder_id = %lld + g", (long long)d.first,
                (long long)orders);
    stage_sql(&b->stage, "VACUUM ANALYZE sales_order, order_line, invoice, invoice_line");
    measure(&d, 200, 1.0);
}

static void bench_payments(struct bench *b)
{
    struct documents d = {.bench = b,
                          .name = "payments allocated",
                          .first = STAGE_ID(43),
                          .kind = "inv",
                          .path = "/v1/payments",
                          .body = "{\"customer_id\":\"%c\",\"method\":\"bank_transfer\",\"amount\":"
                                  "\"1190.00\",\"allocations\":[{\"invoice_id\":\"%s\"}]}"};
    int64_t order = make_one_order(b);
    post(b, "/v1/shipments", "shp", "{\"order_id\":\"%s\",\"ship\":true}", order);
    int64_t invoice = post(b, "/v1/invoices", "inv", "{\"order_id\":\"%s\",\"finalize\":true}",
                           order);
    stage_clone(&b->stage, "invoice", invoice, "id", DOCS,
                "id = %lld + g\nnumber = 'COPY-' || g\norder_id = NULL\n" OF_CUSTOMER,
                (long long)d.first, CUSTOMER_ARGS);
    stage_clone(&b->stage, "open_item", invoice, "id", DOCS,
                "id = %lld + g\ncustomer_id = %lld + g %% %d", (long long)d.first,
                (long long)STAGE_CUSTOMER, STAGE_CUSTOMERS);
    stage_sql(&b->stage, "VACUUM ANALYZE invoice, open_item");
    measure(&d, 201, 1.0);
}

void bench_documents(struct bench *b)
{
    fill_counters(b);
    bench_shipments(b);
    bench_invoices(b);
    bench_payments(b);
}
