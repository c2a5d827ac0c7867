/* Reads the file: documents, products and customers, and its control totals. */
#include "lib/base/arena.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "tests/load/csv.h"
#include "tests/load/retail.h"
#include "tests/load/say.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MONTHS_MAX 600

enum column { INVOICE, STOCK_CODE, DESCRIPTION, QUANTITY, DATE, PRICE, CUSTOMER, COUNTRY, COLUMNS };

static const char *const header[COLUMNS] = {"InvoiceNo",   "StockCode", "Description", "Quantity",
                                            "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};

static const struct {
    const char *name, *code;
} countries[] = {
    {"Australia", "AU"},
    {"Austria", "AT"},
    {"Bahrain", "BH"},
    {"Belgium", "BE"},
    {"Brazil", "BR"},
    {"Canada", "CA"},
    {"Channel Islands", "JE"},
    {"Cyprus", "CY"},
    {"Czech Republic", "CZ"},
    {"Denmark", "DK"},
    {"EIRE", "IE"},
    {"Finland", "FI"},
    {"France", "FR"},
    {"Germany", "DE"},
    {"Greece", "GR"},
    {"Hong Kong", "HK"},
    {"Iceland", "IS"},
    {"Israel", "IL"},
    {"Italy", "IT"},
    {"Japan", "JP"},
    {"Lebanon", "LB"},
    {"Lithuania", "LT"},
    {"Malta", "MT"},
    {"Netherlands", "NL"},
    {"Norway", "NO"},
    {"Poland", "PL"},
    {"Portugal", "PT"},
    {"RSA", "ZA"},
    {"Saudi Arabia", "SA"},
    {"Singapore", "SG"},
    {"Spain", "ES"},
    {"Sweden", "SE"},
    {"Switzerland", "CH"},
    {"USA", "US"},
    {"United Arab Emirates", "AE"},
    {"United Kingdom", "GB"},
};

const char *retail_country_code(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(countries); i++)
        if (strcmp(countries[i].name, name) == 0)
            return countries[i].code;
    return NULL;
}

/* ---- growing arrays ---- */

static void *grown(void *array, size_t n, size_t size)
{
    if (n != 0 && (n & (n - 1)) != 0)
        return array;
    void *more = reallocarray(array, n ? 2 * n : 1, size);
    if (more == NULL)
        abort();
    return more;
}

/* A new zeroed element at the end. */
#define PUSH(array, n)                                                                             \
    ((array) = grown((array), (n), sizeof(*(array))), memset(&(array)[n], 0, sizeof(*(array))),    \
     &(array)[(n)++])

/* ---- a record ---- */

static bool is_number(const char *s)
{
    return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static char kind_of(const struct csv_row *row)
{
    const char *no = row->field[INVOICE];
    if (is_number(no))
        return 'S';
    if ((no[0] == 'C' || no[0] == 'A') && is_number(no + 1))
        return no[0];
    die("line %zu: %s is neither a sale, nor a credit note (C), nor an adjustment (A)", row->line,
        no);
}

static int64_t decimal_at(const struct csv_row *row, enum column column)
{
    int64_t v;
    if (decimal_parse(row->field[column], DECIMAL_SCALE, &v) != OK)
        die("line %zu: %s is %s", row->line, header[column], row->field[column]);
    return v;
}

static int32_t date_at(const struct csv_row *row)
{
    char text[DATE_TEXT] = "";
    int32_t date;
    memcpy(text, row->field[DATE], strnlen(row->field[DATE], DATE_TEXT - 1));
    if (date_parse(text, &date) != OK)
        die("line %zu: the date is %s", row->line, row->field[DATE]);
    return date;
}

/* In cents, half away from zero. Not the server's own function: the totals are to judge it. */
static int64_t amount_of(int64_t quantity, int64_t unit_price)
{
    const __int128 unit = 10000000000;
    __int128 exact = (__int128)quantity * unit_price;
    __int128 rounded = ((exact < 0 ? -exact : exact) * 2 + unit) / (2 * unit);
    return (int64_t)(exact < 0 ? -rounded : rounded);
}

/* Stock codes of goods begin with a number of five digits, or stand for goods all the same. The
 * others are postage, discounts, fees, samples, vouchers and manual entries. */
static bool is_goods(const char *code)
{
    return strspn(code, "0123456789") >= 4 || strncmp(code, "DCGS", 4) == 0 ||
           strncmp(code, "SP", 2) == 0;
}

static size_t product_at(struct retail *r, const struct csv_row *row, int32_t date)
{
    const char *sku = row->field[STOCK_CODE];
    size_t i;
    if (!map_get(&r->product_of, sku, &i)) {
        i = r->n_products;
        struct retail_product *p = PUSH(r->products, r->n_products);
        p->sku = arena_strdup(r->arena, sku);
        p->goods = is_goods(sku);
        p->first_date = date;
        map_put(&r->product_of, p->sku, i);
    }
    return i;
}

/* CustomerID is written 17850.0; lines without one belong to the cash sales of their country. */
static size_t customer_at(struct retail *r, const struct csv_row *row)
{
    const char *id = row->field[CUSTOMER], *country = row->field[COUNTRY];
    const char *external_id = *id == '\0' ? arena_printf(r->arena, "cash sales %s", country)
                                          : arena_strndup(r->arena, id, strspn(id, "0123456789"));
    size_t i;
    if (!map_get(&r->customer_of, external_id, &i)) {
        i = r->n_customers;
        struct retail_customer *c = PUSH(r->customers, r->n_customers);
        c->external_id = external_id;
        c->name = *id == '\0' ? external_id : arena_printf(r->arena, "Customer %s", external_id);
        c->country = arena_strdup(r->arena, country);
        map_put(&r->customer_of, external_id, i);
    }
    return i;
}

static struct retail_doc *doc_at(struct retail *r, const struct csv_row *row, int32_t date)
{
    size_t i;
    if (map_get(&r->doc_of, row->field[INVOICE], &i))
        return &r->docs[i];
    i = r->n_docs;
    struct retail_doc *d = PUSH(r->docs, r->n_docs);
    d->no = arena_strdup(r->arena, row->field[INVOICE]);
    d->kind = kind_of(row);
    d->date = date;
    d->customer = customer_at(r, row);
    d->first = d->last = SIZE_MAX;
    map_put(&r->doc_of, d->no, i);
    retail_month_of(r, d->date)->documents++;
    return d;
}

static enum retail_use use_of(char kind, bool goods, int64_t quantity, int64_t amount)
{
    if (amount != 0)
        return amount > 0 ? RETAIL_BILLED : RETAIL_CREDITED;
    if (quantity > 0)
        return RETAIL_BILLED;
    return kind == 'S' && goods ? RETAIL_ADJUSTED : RETAIL_CREDITED;
}

static void count(struct retail *r, const struct retail_doc *d, int64_t amount)
{
    struct retail_month *m = retail_month_of(r, d->date);
    m->lines++;
    m->net += amount;
    if (d->kind == 'C') {
        m->credit_lines++;
        m->credits += amount;
    }
}

static void name_product(struct retail *r, struct retail_product *p, const char *description,
                         bool priced)
{
    /* Of adjustments the description is a remark, such as "damaged". */
    if (*description != '\0' && priced && p->name == NULL)
        p->name = arena_strdup(r->arena, description);
}

static void record(struct retail *r, const struct csv_row *row)
{
    if (row->n != COLUMNS)
        die("line %zu: %zu fields, not %d", row->line, row->n, COLUMNS);
    int32_t date = date_at(row);
    int64_t quantity = decimal_at(row, QUANTITY), price = decimal_at(row, PRICE);
    struct retail_doc *d = doc_at(r, row, date);
    size_t product = product_at(r, row, date);
    struct retail_product *p = &r->products[product];
    name_product(r, p, row->field[DESCRIPTION], price > 0);
    int64_t amount = amount_of(quantity, price);
    count(r, d, amount);
    if (quantity == 0)
        die("line %zu: the quantity is zero", row->line);

    size_t i = r->n_lines;
    struct retail_line *line = PUSH(r->lines, r->n_lines);
    *line = (struct retail_line){.product = product,
                                 .description = arena_strdup(r->arena, row->field[DESCRIPTION]),
                                 .quantity = quantity < 0 ? -quantity : quantity,
                                 .unit_price = price < 0 ? -price : price,
                                 .amount = amount,
                                 .use = use_of(d->kind, p->goods, quantity, amount),
                                 .next = SIZE_MAX};
    if (p->goods && d->kind == 'S' && line->use != RETAIL_CREDITED)
        p->needed += line->quantity;
    if (d->first == SIZE_MAX)
        d->first = i;
    else
        r->lines[d->last].next = i;
    d->last = i;
    d->n_lines++;
}

/* ---- the file ---- */

struct retail_month *retail_month_of(struct retail *r, int32_t date)
{
    int32_t first_day = date_month_start(date);
    size_t at = 0;
    while (at < r->n_months && r->months[at].first_day < first_day)
        at++;
    if (at == r->n_months || r->months[at].first_day != first_day) {
        if (r->n_months == MONTHS_MAX)
            die("more than %d months", MONTHS_MAX);
        memmove(&r->months[at + 1], &r->months[at], (r->n_months++ - at) * sizeof(*r->months));
        r->months[at] = (struct retail_month){.first_day = first_day};
    }
    return &r->months[at];
}

static void check_header(struct csv *csv)
{
    struct csv_row row;
    bool fits = csv_next(csv, &row) && row.n == COLUMNS;
    for (size_t i = 0; fits && i < COLUMNS; i++)
        fits = strcmp(row.field[i], header[i]) == 0;
    if (!fits)
        die("the first line must be InvoiceNo,StockCode,Description,Quantity,InvoiceDate,"
            "UnitPrice,CustomerID,Country");
}

void retail_read(struct retail *r, const char *path)
{
    *r = (struct retail){.arena = arena_new(SIZE_MAX)};
    r->months = ARENA_ARRAY(r->arena, struct retail_month, MONTHS_MAX + 1);
    struct csv *csv = csv_open(path);
    if (csv == NULL)
        die("%s: %s", path, strerror(errno));
    check_header(csv);
    struct csv_row row;
    while (csv_next(csv, &row))
        record(r, &row);
    csv_close(csv);
    for (size_t i = 0; i < r->n_products; i++)
        if (r->products[i].name == NULL)
            r->products[i].name = r->products[i].sku;
}

void retail_free(struct retail *r)
{
    map_free(&r->doc_of);
    map_free(&r->product_of);
    map_free(&r->customer_of);
    free(r->lines);
    free(r->docs);
    free(r->products);
    free(r->customers);
    arena_free(r->arena);
}
