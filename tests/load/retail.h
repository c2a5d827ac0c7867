/* The order book of a file in the Online Retail layout: read, loaded, compared. */
#pragma once
#include "tests/load/map.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct client;

enum retail_use {
    RETAIL_BILLED,   /* the amount is positive, or the goods left for nothing */
    RETAIL_CREDITED, /* the amount is negative, or goods came back for nothing */
    RETAIL_ADJUSTED  /* stock that is gone: a negative quantity without value in a sale document */
};

struct retail_line {
    size_t product;
    const char *description; /* may be "" */
    int64_t quantity;        /* 10^-6, never negative */
    int64_t unit_price;      /* 10^-6, never negative */
    int64_t amount;          /* minor units, with the file's sign */
    enum retail_use use;
    size_t next; /* line of the same document, SIZE_MAX: none */
};

struct retail_doc {
    const char *no;
    char kind; /* S: sale, C: credit note, A: bad-debt adjustment */
    int32_t date;
    size_t customer;
    size_t first, last; /* lines */
    size_t n_lines;
};

struct retail_product {
    const char *sku, *name;
    bool goods;
    int64_t needed; /* what leaves the warehouse, 10^-6 */
    int32_t first_date;
};

struct retail_customer {
    const char *external_id, *name, *country; /* country: as the file names it */
};

struct retail_month {
    int32_t first_day;
    int64_t lines, documents, net, credit_lines, credits;
};

struct retail {
    struct arena *arena;
    struct retail_line *lines;
    size_t n_lines;
    struct retail_doc *docs;
    size_t n_docs;
    struct retail_product *products;
    size_t n_products;
    struct retail_customer *customers;
    size_t n_customers;
    struct retail_month *months; /* in order */
    size_t n_months;
    struct map doc_of, product_of, customer_of;
};

/* Ends the program when the file cannot be read. */
void retail_read(struct retail *r, const char *path);
void retail_free(struct retail *r);
/* NULL: the file's name of the country is no country. */
const char *retail_country_code(const char *name);
/* The month that a day is in; made when it is new. */
struct retail_month *retail_month_of(struct retail *r, int32_t date);

/* What is on the server of this file's documents, beside what the file says. False when anything
 * differs, something is still owed, or the server's proof fails. */
bool retail_compare(struct client *c, struct retail *r);

/* The verb: reads, loads, compares. The exit status. */
int retail_run(struct client *c, const char *path);
