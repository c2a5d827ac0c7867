/* Loads an order book in the Online Retail layout as orders, shipments, invoices, credit notes and
 * payments. Everything is addressed by external ids, every write is one that may be repeated: a
 * load that was killed is started again, and one that is through is loaded again without effect.
 *
 * The rules. A document is one InvoiceNo; its date is that of InvoiceDate, its lines keep their
 * order. A line's amount is Quantity x UnitPrice, rounded half away from zero to the cent; there is
 * no tax (one tax code of 0 %), the currency is GBP, no customer has a credit limit.
 *   - Number only, a sale. Lines that bring money, and those of quantity > 0 that cost nothing,
 *     become an order with the given prices, shipped, invoiced and paid in full the same day. A
 *     document that comes to nothing is invoiced at 0.00 and not paid. An order of services only
 *     has no shipment.
 *     Lines of negative quantity without value are stock that was damaged, lost or thrown away:
 *     adjustments of stock. If one has a value, it is credited as in a C document.
 *   - C, a credit note: free lines (the file does not say which invoice is meant), issued and
 *     refunded in full the same day. Goods come back to stock. Lines that bring money are invoiced
 *     (and paid) without an order.
 *   - A, an adjustment for bad debt: negative amounts become a credit note for bad debt, positive
 *     ones an invoice without an order, each settled the same day.
 *   - Lines without CustomerID belong to a customer "cash sales <Country>", one per country.
 *   - Stock codes that do not stand for goods (POST, D, M, BANK CHARGES, …) are services.
 *   - Before the first document, each product receives what the sales and adjustments of the file
 *     take, on the first day that it occurs. Returns are not counted on. */
#include "tests/load/retail.h"
#include "lib/base/date.h"
#include "tests/load/body.h"
#include "tests/load/client.h"
#include "tests/load/say.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURRENCY "GBP"
#define TAX_CODE "ZERO"
#define WAREHOUSE "MAIN"
#define RECEIPTS_PER_REQUEST 1000
#define TEXT_MAX 200

struct load {
    struct client *client;
    struct retail *retail;
};

/* ---- a document: its steps one after another ---- */

enum step { ORDER, SHIPMENT, INVOICE, PAYMENT, CREDIT_NOTE, REFUND, RETURNS, ADJUSTMENTS, DONE };

struct chain {
    struct client *client;
    const struct retail *retail;
    const struct retail_doc *doc;
    int step;
    int64_t billed, credited; /* minor units, both positive */
    bool bills, bills_goods, credits, credits_goods, adjusts;
};

static void measure(struct chain *c)
{
    for (size_t i = c->doc->first; i != SIZE_MAX; i = c->retail->lines[i].next) {
        const struct retail_line *line = &c->retail->lines[i];
        bool goods = c->retail->products[line->product].goods;
        if (line->use == RETAIL_BILLED) {
            c->bills = true;
            c->bills_goods |= goods;
            c->billed += line->amount;
        } else if (line->use == RETAIL_CREDITED) {
            c->credits = true;
            c->credits_goods |= goods;
            c->credited -= line->amount;
        } else {
            c->adjusts = true;
        }
    }
}

static bool has_step(const struct chain *c, int step)
{
    switch ((enum step)step) {
    case ORDER:
        return c->doc->kind == 'S' && c->bills;
    case SHIPMENT:
        return c->doc->kind == 'S' && c->bills_goods;
    case INVOICE:
        return c->bills;
    case PAYMENT:
        return c->billed > 0;
    case CREDIT_NOTE:
        return c->credits;
    case REFUND:
        return c->credited > 0;
    case RETURNS:
        return c->credits_goods && c->doc->kind != 'A';
    case ADJUSTMENTS:
        return c->adjusts;
    case DONE:
        return true;
    }
    return false;
}

static json_t *customer_of(const struct chain *c)
{
    return json_ext(c->retail->customers[c->doc->customer].external_id);
}

static json_t *lines_of(const struct chain *c, enum retail_use use)
{
    json_t *lines = json_array();
    for (size_t i = c->doc->first; i != SIZE_MAX; i = c->retail->lines[i].next) {
        const struct retail_line *line = &c->retail->lines[i];
        const struct retail_product *product = &c->retail->products[line->product];
        if (line->use != use)
            continue;
        json_t *one = json_pack("{s:s, s:o, s:o}", "sku", product->sku, "quantity",
                                json_quantity(line->quantity), "unit_price",
                                json_price(line->unit_price));
        if (*line->description != '\0' && strcmp(line->description, product->name) != 0)
            json_object_set_new(one, "description", json_string(line->description));
        json_array_append_new(lines, one);
    }
    return lines;
}

static json_t *movements_of(const struct chain *c, enum retail_use use, const char *kind,
                            const char *reason)
{
    json_t *movements = json_array();
    int n = 0;
    for (size_t i = c->doc->first; i != SIZE_MAX; i = c->retail->lines[i].next) {
        const struct retail_line *line = &c->retail->lines[i];
        const struct retail_product *product = &c->retail->products[line->product];
        n++;
        if (line->use != use || !product->goods)
            continue;
        int64_t quantity = use == RETAIL_ADJUSTED ? -line->quantity : line->quantity;
        json_array_append_new(
            movements,
            json_pack("{s:o, s:s, s:s, s:o, s:s, s:o}", "external_id",
                      json_sprintf("%s/%d", c->doc->no, n), "kind", kind, "sku", product->sku,
                      "quantity", json_quantity(quantity), "reason",
                      *line->description && use == RETAIL_ADJUSTED ? line->description : reason,
                      "effective_date", json_date(c->doc->date)));
    }
    return json_pack("{s:o}", "movements", movements);
}

static json_t *order_body(const struct chain *c)
{
    return json_pack("{s:o, s:o, s:b, s:o}", "customer_id", customer_of(c), "order_date",
                     json_date(c->doc->date), "confirm", 1, "lines", lines_of(c, RETAIL_BILLED));
}

static json_t *shipment_body(const struct chain *c)
{
    return json_pack("{s:o, s:b, s:o}", "order_id", json_ext(c->doc->no), "ship", 1, "ship_date",
                     json_date(c->doc->date));
}

static json_t *invoice_body(const struct chain *c)
{
    json_t *body = json_pack("{s:o, s:b}", "invoice_date", json_date(c->doc->date), "finalize", 1);
    if (c->doc->kind == 'S') {
        json_object_set_new(body, "order_id", json_ext(c->doc->no));
    } else {
        json_object_set_new(body, "customer_id", customer_of(c));
        json_object_set_new(body, "lines", lines_of(c, RETAIL_BILLED));
    }
    return body;
}

static json_t *payment_body(const struct chain *c)
{
    return json_pack("{s:o, s:s, s:o, s:o, s:s, s:[{s:o, s:o}]}", "customer_id", customer_of(c),
                     "method", "bank_transfer", "amount", json_money(c->billed), "value_date",
                     json_date(c->doc->date), "reference", c->doc->no, "allocations", "invoice_id",
                     json_ext(c->doc->no), "amount", json_money(c->billed));
}

static json_t *credit_note_body(const struct chain *c)
{
    return json_pack("{s:o, s:s, s:o, s:b, s:o}", "customer_id", customer_of(c), "reason",
                     c->doc->kind == 'A' ? "bad_debt" : "other", "credit_note_date",
                     json_date(c->doc->date), "issue", 1, "lines", lines_of(c, RETAIL_CREDITED));
}

static json_t *refund_body(const struct chain *c)
{
    return json_pack("{s:s, s:o, s:o, s:s}", "external_id", c->doc->no, "amount",
                     json_money(c->credited), "value_date", json_date(c->doc->date), "reference",
                     c->doc->no);
}

static json_t *body_of(const struct chain *c)
{
    switch ((enum step)c->step) {
    case ORDER:
        return order_body(c);
    case SHIPMENT:
        return shipment_body(c);
    case INVOICE:
        return invoice_body(c);
    case PAYMENT:
        return payment_body(c);
    case CREDIT_NOTE:
        return credit_note_body(c);
    case REFUND:
        return refund_body(c);
    case RETURNS:
        return movements_of(c, RETAIL_CREDITED, "return", "credited");
    case ADJUSTMENTS:
        return movements_of(c, RETAIL_ADJUSTED, "adjustment", "adjusted");
    case DONE:
        break;
    }
    return NULL;
}

/* What is put by its external id, in the order of enum step; the others are posted. */
static const char *const collections[] = {"orders", "shipments", "invoices", "payments",
                                          "credit-notes"};

static char *path_of(const struct chain *c)
{
    if (c->step < REFUND)
        return ext_path(collections[c->step], c->doc->no, "");
    char *path = c->step == REFUND ? ext_path("credit-notes", c->doc->no, "/refund")
                                   : strdup("/v1/stock/movements");
    if (path == NULL)
        abort();
    return path;
}

static void chain_next(struct chain *c);

static void chain_answered(void *arg, const struct reply *reply)
{
    struct chain *c = arg;
    /* Loaded before, and the key is no longer kept. */
    if (c->step < REFUND || !reply_is(reply, "external_id_taken"))
        expect(reply, 200, 201);
    c->step++;
    chain_next(c);
}

static void chain_next(struct chain *c)
{
    while (!has_step(c, c->step))
        c->step++;
    if (c->step == DONE) {
        free(c);
        return;
    }
    char key[TEXT_MAX], *path = path_of(c);
    snprintf(key, sizeof(key), "retail %d %s", c->step, c->doc->no);
    client_send(c->client, &(struct request){.method = c->step < REFUND ? "PUT" : "POST",
                                             .path = path,
                                             .body = body_of(c),
                                             .key = c->step < REFUND ? NULL : key,
                                             .done = chain_answered,
                                             .arg = c});
    free(path);
}

static void document_start(void *arg, size_t i)
{
    struct load *l = arg;
    struct chain *c = calloc(1, sizeof(*c));
    if (c == NULL)
        abort();
    *c = (struct chain){.client = l->client, .retail = l->retail, .doc = &l->retail->docs[i]};
    measure(c);
    chain_next(c);
}

/* ---- master data ---- */

static void customer_start(void *arg, size_t i)
{
    struct load *l = arg;
    const struct retail_customer *t = &l->retail->customers[i];
    const char *country = retail_country_code(t->country);
    json_t *body = json_pack("{s:s, s:s, s:i}", "name", t->name, "currency", CURRENCY,
                             "payment_terms_days", 0);
    if (country != NULL)
        json_object_set_new(body, "addresses", json_pack("[{s:s}]", "country", country));
    client_put(l->client, "customers", t->external_id, body);
}

static void product_start(void *arg, size_t i)
{
    struct load *l = arg;
    const struct retail_product *p = &l->retail->products[i];
    client_put(l->client, "products", p->sku,
               json_pack("{s:s, s:s, s:s, s:s}", "sku", p->sku, "name", p->name, "kind",
                         p->goods ? "stock" : "service", "tax_code_id", "ext:" TAX_CODE));
}

static void receipts_answered(void *arg, const struct reply *reply)
{
    (void)arg;
    if (!reply_is(reply, "external_id_taken"))
        expect(reply, 201, 201);
}

/* The external ids name the file by its first and last document, so that the files of a series each
 * bring their own stock. */
static void receipts_start(void *arg, size_t chunk)
{
    struct load *l = arg;
    const struct retail *r = l->retail;
    char key[TEXT_MAX], file[TEXT_MAX / 2];
    snprintf(file, sizeof(file), "%s-%s", r->docs[0].no, r->docs[r->n_docs - 1].no);
    snprintf(key, sizeof(key), "retail receipts %s %zu", file, chunk);
    json_t *movements = json_array();
    size_t first = chunk * RECEIPTS_PER_REQUEST;
    for (size_t i = first; i < first + RECEIPTS_PER_REQUEST && i < r->n_products; i++) {
        const struct retail_product *p = &r->products[i];
        if (p->needed > 0)
            json_array_append_new(movements,
                                  json_pack("{s:o, s:s, s:s, s:o, s:o}", "external_id",
                                            json_sprintf("%s/%s", file, p->sku), "kind", "receipt",
                                            "sku", p->sku, "quantity", json_quantity(p->needed),
                                            "effective_date", json_date(p->first_date)));
    }
    if (json_array_size(movements) == 0) {
        json_decref(movements);
        return;
    }
    client_send(l->client, &(struct request){.method = "POST",
                                             .path = "/v1/stock/movements",
                                             .body = json_pack("{s:o}", "movements", movements),
                                             .key = key,
                                             .done = receipts_answered});
}

static void base_start(void *arg, size_t i)
{
    struct load *l = arg;
    if (i == 0)
        client_put(l->client, "tax-codes", TAX_CODE,
                   json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}]}", "code", TAX_CODE, "name", "No tax",
                             "category", "Z", "rates", "valid_from", "1990-01-01", "rate", "0"));
    else
        client_put(l->client, "warehouses", WAREHOUSE,
                   json_pack("{s:s, s:s, s:b}", "code", WAREHOUSE, "name", "Main warehouse",
                             "is_default", 1));
}

/* ---- the verb ---- */

static void check_tenant(struct client *c)
{
    json_t *tenant = client_call(c, "GET", "/v1/tenant", NULL);
    if (strcmp(json_text(tenant, "currency"), CURRENCY) != 0)
        die("the file is in " CURRENCY ", but the books of %s are in %s: use the key of another "
            "tenant",
            json_text(tenant, "name"), json_text(tenant, "currency"));
    json_decref(tenant);
}

int retail_run(struct client *c, const char *path)
{
    struct retail r;
    struct load l = {.client = c, .retail = &r};
    retail_read(&r, path);
    if (r.n_docs == 0)
        die("%s has no documents", path);
    printf("%s: %s lines, %s documents, %s products, %s customers\n", path,
           say_count((int64_t)r.n_lines), say_count((int64_t)r.n_docs),
           say_count((int64_t)r.n_products), say_count((int64_t)r.n_customers));
    fflush(stdout);
    check_tenant(c);

    int64_t began = clock_monotonic_us();
    client_run(c, "tax code, warehouse", 2, base_start, &l);
    client_run(c, "customers", r.n_customers, customer_start, &l);
    client_run(c, "products", r.n_products, product_start, &l);
    client_run(c, "stock", (r.n_products + RECEIPTS_PER_REQUEST - 1) / RECEIPTS_PER_REQUEST,
               receipts_start, &l);
    client_run(c, "documents", r.n_docs, document_start, &l);
    int64_t ms = (clock_monotonic_us() - began) / 1000;
    printf("loaded in %lld.%lld s: %s requests, %s of them repeated\n", (long long)(ms / 1000),
           (long long)(ms % 1000 / 100), say_count((int64_t)client_requests(c)),
           say_count((int64_t)client_repeats(c)));
    bool same = retail_compare(c, &r);
    retail_free(&r);
    return same ? 0 : 1;
}
