/* A generated company: what it sells, to whom, and what happens to each order. All of it follows
 * from the seed, the sizes and the last day. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPANY_PRODUCTS 200
#define COMPANY_SERVICES 12 /* the last of the products */
#define COMPANY_WAREHOUSES 2
#define COMPANY_DAYS 365
#define COMPANY_LINES_MAX 8
#define COMPANY_ID_MAX 40

struct arena;
struct client;
struct place;

struct company_options {
    int64_t seed, customers, orders;
};

enum payer {
    PAYER_EARLY,  /* within days of the invoice */
    PAYER_PROMPT, /* when it is due */
    PAYER_SLOW,   /* some days or weeks late */
    PAYER_LATE,   /* weeks or months late */
    PAYER_BAD,    /* months late, or never */
    PAYER_RUNS,   /* twice a month everything that is due, in one payment */
    PAYERS
};

struct company_product {
    char id[COMPANY_ID_MAX]; /* external id and SKU */
    char name[100];
    int64_t price; /* cents, first price; later prices follow from it */
    bool service, reduced_tax;
    int64_t needed[COMPANY_WAREHOUSES]; /* pieces */
};

struct company_customer {
    char id[COMPANY_ID_MAX];
    char name[100], contact[60], street[100], tax_id[20];
    const struct place *place;
    enum payer payer;
    int terms_days, size; /* size: how much they buy at once */
    int64_t limit;        /* cents; -1: none */
    size_t first_order, n_orders;
};

enum fate { FATE_NORMAL, FATE_DRAFT, FATE_CANCELED };

struct company_line {
    int product, quantity, discount_percent;
};

struct company_order {
    char id[COMPANY_ID_MAX];
    int32_t date;
    int warehouse;
    enum fate fate;
    struct company_line lines[COMPANY_LINES_MAX];
    int n_lines;
    int split; /* lines of the first shipment when there are two; 0: one shipment */
};

struct company {
    struct company_options o;
    struct arena *arena;
    int32_t today; /* the last day */
    int32_t start;
    struct company_product products[COMPANY_PRODUCTS];
    struct company_customer *customers; /* o.customers */
    struct company_order *orders;       /* o.orders, by customer, then date */
};

/* "s<seed>-<kind><number>" */
void company_id(const struct company *c, char kind, int64_t number, char out[COMPANY_ID_MAX]);
/* Price of a product in cents from a day on: the list price rises once, in the middle. */
int64_t company_price(const struct company *c, int product, int32_t date);
int32_t company_price_rise(const struct company *c);

/* o and today are set. */
void company_plan(struct company *c);

/* Lives the year of a customer: all orders with what follows from them, day after day, one request
 * after another. */
void company_live(struct client *client, const struct company *c, size_t customer);

/* The verb: makes the master data, lives all customers, prints the reports. The exit status. */
int company_run(struct client *c, const struct company_options *o);
