/* Fills a tenant with a generated company: its master data first, then the year of each customer.
 * The same seed and sizes on a tenant make the same company, also when the load was interrupted, or
 * is repeated on a later day: the last day of the year is kept in the metadata of the customers. */
#include "tests/load/company.h"
#include "lib/base/arena.h"
#include "lib/base/date.h"
#include "tests/load/body.h"
#include "tests/load/client.h"
#include "tests/load/names.h"
#include "tests/load/report.h"
#include "tests/load/rng.h"
#include "tests/load/say.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRICES_PER_PRODUCT 4
#define TIER_QUANTITY 50
#define RECEIPTS_PER_YEAR 12
#define REPORT_ROWS 15

struct making {
    struct client *client;
    const struct company *company;
    char until[DATE_TEXT];
};

/* ---- master data ---- */

static void base_start(void *arg, size_t i)
{
    struct making *m = arg;
    static const char *const cities[COMPANY_WAREHOUSES] = {"Hamburg", "Leipzig"};
    char id[COMPANY_ID_MAX];
    switch (i) {
    case 0:
        client_put(m->client, "tax-codes", "VAT19",
                   json_pack("{s:s, s:s, s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}", "code", "VAT19",
                             "name", "Value added tax", "rates", "valid_from", "2007-01-01", "rate",
                             "19", "valid_from", "2020-07-01", "rate", "16", "valid_from",
                             "2021-01-01", "rate", "19"));
        break;
    case 1:
        client_put(m->client, "tax-codes", "VAT7",
                   json_pack("{s:s, s:s, s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}", "code", "VAT7",
                             "name", "Value added tax, reduced", "rates", "valid_from",
                             "1983-07-01", "rate", "7", "valid_from", "2020-07-01", "rate", "5",
                             "valid_from", "2021-01-01", "rate", "7"));
        break;
    case 2:
        client_put(m->client, "tax-codes", "EU0",
                   json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}]}", "code", "EU0", "name",
                             "Intra-community supply", "category", "K", "rates", "valid_from",
                             "1993-01-01", "rate", "0"));
        break;
    default:
        company_id(m->company, 'w', (int64_t)i - 2, id);
        client_put(m->client, "warehouses", id,
                   json_pack("{s:s, s:o, s:{s:s, s:s}}", "code", id, "name",
                             json_sprintf("Warehouse %s", cities[i - 3]), "address", "city",
                             cities[i - 3], "country", "DE"));
        break;
    }
}

static void customer_start(void *arg, size_t i)
{
    static const char *const payers[PAYERS] = {"early", "prompt", "slow", "late", "bad", "runs"};
    struct making *m = arg;
    const struct company_customer *t = &m->company->customers[i];
    const struct company_options *o = &m->company->o;
    json_t *body = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:i, s:[{s:[s], s:s, s:s, s:s}], s:[{s:s, s:s}]}", "name",
        t->name, "legal_name", t->name, "tax_id", t->tax_id, "language", t->place->language,
        "email", json_sprintf("%s@example.com", t->id), "payment_terms_days", t->terms_days,
        "addresses", "lines", t->street, "city", t->place->city, "postal_code",
        t->place->postal_code, "country", t->place->country, "contacts", "name", t->contact, "role",
        "accounts payable");
    if (t->limit >= 0)
        json_object_set_new(body, "credit_limit", json_money(t->limit));
    json_object_set_new(
        body, "metadata",
        json_pack("{s:s, s:s, s:o}", "payer", payers[t->payer], "until", m->until, "size",
                  json_sprintf("%lld/%lld", (long long)o->customers, (long long)o->orders)));
    client_put(m->client, "customers", t->id, body);
}

static void product_start(void *arg, size_t i)
{
    struct making *m = arg;
    const struct company_product *p = &m->company->products[i];
    client_put(m->client, "products", p->id,
               json_pack("{s:s, s:s, s:s, s:s, s:s}", "sku", p->id, "name", p->name, "kind",
                         p->service ? "service" : "stock", "unit", p->service ? "unit" : "piece",
                         "tax_code_id", p->reduced_tax ? "ext:VAT7" : "ext:VAT19"));
}

/* List prices before and after the rise, and the same for large quantities. */
static void price_start(void *arg, size_t i)
{
    struct making *m = arg;
    const struct company *c = m->company;
    int product = (int)(i / PRICES_PER_PRODUCT);
    bool raised = i % 2, tier = i % PRICES_PER_PRODUCT >= 2;
    int32_t from = raised ? company_price_rise(c) : date_month_start(c->start);
    int64_t price = company_price(c, product, from);
    char id[COMPANY_ID_MAX + 4];
    snprintf(id, sizeof(id), "%s-%zu", c->products[product].id, i % PRICES_PER_PRODUCT + 1);
    client_put(m->client, "prices", id,
               json_pack("{s:o, s:o, s:o, s:o}", "product_id", json_ext(c->products[product].id),
                         "unit_price", json_money(tier ? price * 92 / 100 : price), "min_quantity",
                         json_sprintf("%d", tier ? TIER_QUANTITY : 0), "valid_from",
                         json_date(from)));
}

/* ---- stock ---- */

static void receipts_answered(void *arg, const struct reply *reply)
{
    (void)arg;
    if (!reply_is(reply, "external_id_taken"))
        expect(reply, 201, 201);
}

/* A delivery a month; together somewhat more than the year takes. */
static void receipts_start(void *arg, size_t month)
{
    struct making *m = arg;
    const struct company *c = m->company;
    char key[80], warehouse[COMPANY_ID_MAX];
    json_t *movements = json_array();
    int32_t date = date_add_months(date_month_start(c->start), (int)month);
    snprintf(key, sizeof(key), "company s%lld receipts %zu", (long long)c->o.seed, month);
    for (int i = 0; i < COMPANY_PRODUCTS * COMPANY_WAREHOUSES; i++) {
        const struct company_product *p = &c->products[i / COMPANY_WAREHOUSES];
        int64_t needed = p->needed[i % COMPANY_WAREHOUSES];
        if (p->service || needed == 0)
            continue;
        company_id(c, 'w', i % COMPANY_WAREHOUSES + 1, warehouse);
        json_array_append_new(
            movements,
            json_pack("{s:o, s:s, s:s, s:o, s:o, s:o}", "external_id",
                      json_sprintf("%s/%s/%zu", warehouse, p->id, month + 1), "kind", "receipt",
                      "sku", p->id, "warehouse_id", json_ext(warehouse), "quantity",
                      json_sprintf("%ld", needed * 115 / 100 / RECEIPTS_PER_YEAR + 1),
                      "effective_date", json_date(date)));
    }
    client_send(m->client, &(struct request){.method = "POST",
                                             .path = "/v1/stock/movements",
                                             .body = json_pack("{s:o}", "movements", movements),
                                             .key = key,
                                             .done = receipts_answered});
}

/* ---- the verb ---- */

static void life_start(void *arg, size_t i)
{
    struct making *m = arg;
    company_live(m->client, m->company, i);
}

/* The last day: today, or the one of the load that began it. */
static void find_until(struct client *client, struct company *c)
{
    char id[COMPANY_ID_MAX], size[60];
    json_t *tenant = client_call(client, "GET", "/v1/tenant", NULL);
    c->today = json_day(tenant, "today");
    json_decref(tenant);
    company_id(c, 'c', 1, id);
    char *path = ext_path("customers", id, "");
    json_t *first = client_find(client, path);
    if (first != NULL) {
        const json_t *metadata = json_object_get(first, "metadata");
        c->today = json_day(metadata, "until");
        snprintf(size, sizeof(size), "%lld/%lld", (long long)c->o.customers,
                 (long long)c->o.orders);
        if (strcmp(size, json_text(metadata, "size")) != 0)
            die("seed %lld was loaded with %s customers/orders before: use those, or another "
                "--seed",
                (long long)c->o.seed, json_text(metadata, "size"));
    }
    json_decref(first);
    free(path);
}

static void make(struct making *m)
{
    struct client *c = m->client;
    const struct company *company = m->company;
    int64_t began = clock_monotonic_us();
    client_run(c, "tax codes, warehouses", 3 + COMPANY_WAREHOUSES, base_start, m);
    client_run(c, "customers", (size_t)company->o.customers, customer_start, m);
    client_run(c, "products", COMPANY_PRODUCTS, product_start, m);
    client_run(c, "prices", (size_t)COMPANY_PRODUCTS * PRICES_PER_PRODUCT, price_start, m);
    client_run(c, "stock", RECEIPTS_PER_YEAR, receipts_start, m);
    client_run(c, "a year of each customer", (size_t)company->o.customers, life_start, m);
    int64_t ms = (clock_monotonic_us() - began) / 1000;
    printf("%s customers, %s orders, %s requests in %lld.%lld s\n", say_count(company->o.customers),
           say_count(company->o.orders), say_count((int64_t)client_requests(c)),
           (long long)(ms / 1000), (long long)(ms % 1000 / 100));
}

int company_run(struct client *client, const struct company_options *o)
{
    struct company c = {.o = *o, .arena = arena_new(SIZE_MAX)};
    struct making m = {.client = client, .company = &c};
    find_until(client, &c);
    date_format(c.today, m.until);
    company_plan(&c);
    make(&m);
    report_sales_by_month(client, c.start, c.today);
    report_top_customers(client, c.start, c.today, REPORT_ROWS);
    report_aging(client, REPORT_ROWS);
    report_dso(client, 90);
    report_trial_balance(client);
    bool ok = report_proof(client);
    arena_free(c.arena);
    return ok ? 0 : 1;
}
