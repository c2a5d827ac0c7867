/* Draws the company. */
#include "lib/base/arena.h"
#include "lib/base/date.h"
#include "tests/load/company.h"
#include "tests/load/names.h"
#include "tests/load/rng.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SATURDAY 6

static struct rng rng_for(const struct company *c, const char *what, uint64_t number)
{
    return rng_of((uint64_t)c->o.seed, what, number);
}

void company_id(const struct company *c, char kind, int64_t number, char out[COMPANY_ID_MAX])
{
    snprintf(out, COMPANY_ID_MAX, "s%lld-%c%05lld", (long long)c->o.seed, kind, (long long)number);
}

int32_t company_price_rise(const struct company *c)
{
    return date_month_start(c->start + COMPANY_DAYS / 2);
}

int64_t company_price(const struct company *c, int product, int32_t date)
{
    int64_t price = c->products[product].price;
    return date < company_price_rise(c) ? price : price + price * 4 / 100;
}

/* ---- products ---- */

static void plan_product(struct company *c, int i)
{
    static const char *const services[COMPANY_SERVICES] = {
        "Express delivery", "Assembly on site", "Engraving", "Gift wrapping",
        "Consulting, hour", "Training, day",    "Disposal",  "Extended warranty",
        "Color matching",   "Cutting to size",  "Pallet",    "Customs handling"};
    struct company_product *p = &c->products[i];
    struct rng r = rng_for(c, "product", (uint64_t)i);
    company_id(c, 'p', i + 1, p->id);
    p->service = i >= COMPANY_PRODUCTS - COMPANY_SERVICES;
    if (p->service) {
        snprintf(p->name, sizeof(p->name), "%s", services[i - COMPANY_PRODUCTS + COMPANY_SERVICES]);
        p->price = rng_between(&r, 15, 180) * 100;
        return;
    }
    name_goods(&r, p->name, sizeof(p->name));
    p->reduced_tax = rng_chance(&r, 15);
    static const int steps[] = {35, 30, 20, 10, 5};
    static const int64_t up_to[] = {10, 40, 120, 400, 1500};
    int step = rng_pick(&r, steps, 5);
    p->price = rng_between(&r, (step ? up_to[step - 1] : 1) * 100, up_to[step] * 100) / 10 * 10 - 1;
}

/* ---- customers ---- */

static void plan_customer(struct company *c, size_t i)
{
    static const int payers[PAYERS] = {10, 42, 24, 11, 4, 9};
    static const int terms[] = {0, 7, 14, 14, 30, 30, 30, 30, 45, 60};
    struct company_customer *t = &c->customers[i];
    struct rng r = rng_for(c, "customer", i);
    char word[40];
    company_id(c, 'c', (int64_t)i + 1, t->id);
    t->place = name_place(&r);
    name_company(&r, t->place, t->name, sizeof(t->name));
    name_person(&r, t->contact, sizeof(t->contact));
    name_word(&r, word, sizeof(word));
    char *street = t->street;
    const char *slot = strstr(t->place->street, "%s");
    snprintf(street, sizeof(t->street), "%.*s%s%s %lld", (int)(slot - t->place->street),
             t->place->street, word, slot + 2, (long long)rng_between(&r, 1, 120));
    snprintf(t->tax_id, sizeof(t->tax_id), "%s%09lld", t->place->vat_prefix,
             (long long)rng_between(&r, 100000000, 999999999));
    t->payer = (enum payer)rng_pick(&r, payers, PAYERS);
    t->terms_days = terms[rng_between(&r, 0, 9)];
    static const int sizes[] = {50, 30, 15, 5};
    t->size = 1 + rng_pick(&r, sizes, 4);
}

/* ---- orders ---- */

/* Business days only, more before Christmas, and a company that grows. */
static void day_weights(const struct company *c, int weights[COMPANY_DAYS])
{
    static const int season[12] = {85, 90, 100, 100, 100, 95, 85, 80, 105, 110, 130, 120};
    for (int day = 0; day < COMPANY_DAYS; day++) {
        int32_t date = c->start + day;
        int weight = season[date_ymd(date).month - 1] * (1000 + day) / 100;
        weights[day] = date_weekday(date) >= SATURDAY ? 0 : weight;
    }
    weights[COMPANY_DAYS - 1] += 1; /* never all zero */
}

static int pick_product(struct rng *r)
{
    /* The smaller of two: popular ones come first. */
    int64_t a = rng_between(r, 0, COMPANY_PRODUCTS - COMPANY_SERVICES - 1);
    int64_t b = rng_between(r, 0, COMPANY_PRODUCTS - COMPANY_SERVICES - 1);
    return (int)(a < b ? a : b);
}

static void plan_lines(struct rng *r, const struct company_customer *t, struct company_order *o,
                       const struct company *c)
{
    o->n_lines = (int)rng_between(r, 1, COMPANY_LINES_MAX - 2);
    for (int i = 0; i < o->n_lines; i++) {
        int product = pick_product(r);
        int64_t most = 1 + 12000 * t->size * t->size / c->products[product].price;
        o->lines[i] = (struct company_line){
            .product = product,
            .quantity = (int)rng_between(r, 1, most < 400 ? most : 400),
            .discount_percent = rng_chance(r, 8) ? (int)rng_between(r, 1, 3) * 5 : 0};
    }
    if (o->n_lines > 2 && rng_chance(r, 18))
        o->split = (int)rng_between(r, 1, o->n_lines - 1);
    if (rng_chance(r, 12))
        o->lines[o->n_lines++] = (struct company_line){
            .product = (int)rng_between(r, COMPANY_PRODUCTS - COMPANY_SERVICES,
                                        COMPANY_PRODUCTS - 1),
            .quantity = (int)rng_between(r, 1, 4)};
}

static int by_date(const void *a, const void *b)
{
    const struct company_order *x = a, *y = b;
    return (x->date > y->date) - (x->date < y->date);
}

static void plan_orders_of(struct company *c, struct company_customer *t, const int *weights)
{
    for (size_t i = t->first_order; i < t->first_order + t->n_orders; i++) {
        struct rng r = rng_for(c, "order date", i);
        c->orders[i].date = c->start + rng_pick(&r, weights, COMPANY_DAYS);
    }
    qsort(&c->orders[t->first_order], t->n_orders, sizeof(*c->orders), by_date);
    for (size_t i = t->first_order; i < t->first_order + t->n_orders; i++) {
        struct company_order *o = &c->orders[i];
        struct rng r = rng_for(c, "order", i);
        company_id(c, 'o', (int64_t)i + 1, o->id);
        o->warehouse = rng_chance(&r, 70) ? 0 : 1;
        plan_lines(&r, t, o, c);
        o->fate = rng_chance(&r, 2) ? FATE_CANCELED : FATE_NORMAL;
        if (o->date > c->today - 15 && rng_chance(&r, 15))
            o->fate = FATE_DRAFT;
        for (int k = 0; k < o->n_lines; k++)
            c->products[o->lines[k].product].needed[o->warehouse] += o->lines[k].quantity;
    }
}

/* What a month of their orders comes to, times the months until they pay, with some room; tight for
 * a few, so that the credit check has something to hold. */
static void plan_limit(struct company *c, size_t i)
{
    struct company_customer *t = &c->customers[i];
    struct rng r = rng_for(c, "limit", i);
    int64_t year = 0;
    for (size_t k = t->first_order; k < t->first_order + t->n_orders; k++)
        for (int l = 0; l < c->orders[k].n_lines; l++)
            year += c->orders[k].lines[l].quantity *
                    c->products[c->orders[k].lines[l].product].price;
    int64_t usual = year / 12 * (t->terms_days + 45) / 30;
    int64_t percent = rng_chance(&r, 12) ? rng_between(&r, 80, 140) : rng_between(&r, 250, 500);
    t->limit = rng_chance(&r, 25) ? -1 : (usual * percent / 100 / 50000 + 1) * 50000;
}

/* Few customers order often, many seldom. */
static void share_orders(struct company *c)
{
    size_t n = (size_t)c->o.customers, next = 0;
    int *weights = calloc(n, sizeof(*weights));
    if (weights == NULL)
        abort();
    for (size_t i = 0; i < n; i++) {
        struct rng r = rng_for(c, "share", i);
        weights[i] = (int)(10000 / rng_between(&r, 5, 100));
    }
    struct rng r = rng_for(c, "shares", 0);
    for (int64_t i = 0; i < c->o.orders; i++)
        c->customers[rng_pick(&r, weights, (int)n)].n_orders++;
    for (size_t i = 0; i < n; i++) {
        c->customers[i].first_order = next;
        next += c->customers[i].n_orders;
    }
    free(weights);
}

void company_plan(struct company *c)
{
    int weights[COMPANY_DAYS];
    c->start = c->today - COMPANY_DAYS + 1;
    c->customers = ARENA_ARRAY(c->arena, struct company_customer, (size_t)c->o.customers);
    c->orders = ARENA_ARRAY(c->arena, struct company_order, (size_t)c->o.orders);
    for (int i = 0; i < COMPANY_PRODUCTS; i++)
        plan_product(c, i);
    for (size_t i = 0; i < (size_t)c->o.customers; i++)
        plan_customer(c, i);
    share_orders(c);
    day_weights(c, weights);
    for (size_t i = 0; i < (size_t)c->o.customers; i++) {
        plan_orders_of(c, &c->customers[i], weights);
        plan_limit(c, i);
    }
}
