/* POST /v1/orders: prices, taxes and records a batch of orders, and confirms those that ask for it.
 * Load everything in two flushes, decide each order in turn in memory, store all in one. */
#include "backorders.sql.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "lib/base/money.h"
#include "orders.sql.h"
#include "server/api/external_id.h"
#include "server/catalog/totals.h"
#include "server/credit/policies.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <assert.h>
#include <string.h>

struct facts {
    struct customer_facts_list customers;
    struct product_facts_list products, products_by_sku;
    struct warehouse_facts_list warehouses;
    struct external_id_holder_list taken;
    struct order_numbers_row_list numbers;
    struct price_facts_list prices; /* sorted by precedence */
    struct tax_rate_facts_list tax_rates;
    struct credit_facts_list credit;
    struct stock_facts_list stock;
    struct reservation_facts_list reservations;
    struct approval_rule_facts_list approval_rules;
    struct orders_by_customer_po_row_list with_po;
    struct substitute_facts_list substitutes; /* of lines to confirm that may be replaced */
};

/* Of an order whose terms are the request's. */
static const struct order_origin by_request = {
    .quote_id = NIL64, .blanket_order_id = NIL64, .price_source = "request"};

/* One order on its way. */
struct placing {
    struct call *call;
    const struct order_new *in;
    struct order *out;
    const struct order *draft; /* what it replaces, locked; NULL: it is new */
    const struct order_origin *origin;
    bool only_price;
    int64_t id;
    const struct customer_facts *customer, *payer;
    struct order_parties parties;
    struct po_claim *po; /* NULL: the order has no customer_po */
    int64_t po_copy;
    struct order_line *lines;
    size_t n_lines; /* those of the request, and what goes instead of some */
    const struct substitute_facts_list *substitutes; /* NULL: none of its lines may be replaced */
    int64_t *unit_costs;                             /* of the lines' products */
    struct stock_key *wanted; /* of its stock lines, when it is to be confirmed or names stock that
                                 is held */
    size_t n_wanted;
    struct external_id_claim *claim;
    struct reservation_facts *named; /* the reservations that it names */
    size_t n_named;
    const char *settled;             /* what they become; NULL: nothing */
    struct order_hold_placing *held; /* why it is not confirmed */
    size_t n_held;
    struct credit_verdict credit;
    const struct credit_facts *account; /* that was judged; NULL: none */
};

static bool alive(const struct placing *p)
{
    return p->call->problem->code == OK;
}

static const char *at_line(struct arena *a, size_t i, const char *member)
{
    return arena_printf(a, "/lines/%zu/%s", i, member);
}

/* ---- load ---- */

/* The orders have ids already, so that a batch can say whose number it is. */
static struct po_claim *po_claims_of(struct tx *tx, struct placing *p, size_t n, size_t *ret_n)
{
    struct po_claim *claims = ARENA_ARRAY(tx->arena, struct po_claim, n);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i].in->customer_po == NULL)
            continue;
        claims[k] = (struct po_claim){.call = p[i].call,
                                      .customer_id = p[i].in->customer_id,
                                      .customer_po = p[i].in->customer_po,
                                      .id = p[i].id,
                                      .allowed = p[i].in->allow_duplicate_po,
                                      .holder = NIL64};
        p[i].po = &claims[k++];
    }
    po_claims_link(tx->arena, claims, k);
    *ret_n = k;
    return claims;
}

static err load_masters(struct tx *tx, struct placing *p, size_t n, struct facts *f)
{
    size_t lines = 0, k = 0, s = 0, x = 0, c = 0, n_po;
    bool confirms = false;
    for (size_t i = 0; i < n; i++)
        lines += p[i].in->lines.n;
    int64_t *customers = ARENA_ARRAY(tx->arena, int64_t, n * 2);
    int64_t *products = ARENA_ARRAY(tx->arena, int64_t, lines);
    const char **skus = ARENA_ARRAY(tx->arena, const char *, lines);
    const char **external_ids = ARENA_ARRAY(tx->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        confirms = confirms || p[i].in->confirm;
        customers[c++] = p[i].in->customer_id;
        if (p[i].in->payer_id != NIL64)
            customers[c++] = p[i].in->payer_id;
        if (p[i].in->external_id != NULL)
            external_ids[x++] = p[i].in->external_id;
        for (size_t j = 0; j < p[i].in->lines.n; j++) {
            const struct order_line_new *l = &p[i].in->lines.v[j];
            if (l->product_id != NIL64)
                products[k++] = l->product_id;
            else if (l->sku != NULL)
                skus[s++] = l->sku;
        }
    }
    if (p[0].draft == NULL && !p[0].only_price)
        TRY(order_numbers_queue(tx, (int64_t)n, &f->numbers));
    TRY(customers_load_queue(tx, customers, distinct_ids(customers, c), &f->customers));
    TRY(warehouses_load_queue(tx, &f->warehouses));
    if (k > 0)
        TRY(products_load_queue(tx, products, distinct_ids(products, k), &f->products));
    if (s > 0)
        TRY(products_load_by_sku_queue(tx, skus, distinct_texts(skus, s), &f->products_by_sku));
    if (confirms && p[0].call->tenant->approvals)
        TRY(approval_rules_load_queue(tx, &f->approval_rules));
    if (x > 0)
        TRY(orders_by_external_id_queue(tx, external_ids, x, &f->taken));
    struct po_claim *pos = po_claims_of(tx, p, n, &n_po);
    TRY(po_claims_load_queue(tx, pos, n_po, &f->with_po));
    TRY(tx_flush(tx));
    po_claims_held(pos, &f->with_po);
    return OK;
}

/* Behind the lock of the stock: the reservations that the orders name. */
static err load_reservations(struct tx *tx, const struct placing *p, size_t n, struct facts *f)
{
    size_t most = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        most += p[i].in->reservations.n;
    if (most == 0)
        return OK;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, most);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p[i].in->reservations.n; j++)
            ids[k++] = p[i].in->reservations.v[j].reservation_id;
    return reservations_load_queue(tx, ids, distinct_ids(ids, k), &f->reservations);
}

/* Queues that lines that may wait find a row of stock to lock. */
static err make_stock(struct tx *tx, const struct placing *p, size_t n, size_t n_lines)
{
    struct stock_key *keys = NULL;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; alive(&p[i]) && p[i].in->confirm && j < p[i].in->lines.n; j++) {
            const struct order_line *l = &p[i].lines[j];
            if (!l->backorder)
                continue;
            if (keys == NULL)
                keys = ARENA_ARRAY(tx->arena, struct stock_key, n_lines);
            keys[k++] = (struct stock_key){l->product_id, l->warehouse_id};
        }
    return stock_make_queue(tx, keys, k);
}

/* Who was known before their account was locked may have another one by now. Only where somebody
 * ever left is it worth the question. */
static err check_departures(struct tx *tx, const struct placing *p, size_t n, const struct facts *f)
{
    struct customer_facts_list now;
    bool any = false;
    for (size_t i = 0; i < f->credit.n; i++)
        any = any || f->credit.v[i].departures > 0;
    if (!any)
        return OK;
    int64_t *payers = ARENA_ARRAY(tx->arena, int64_t, n);
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (alive(&p[i]))
            payers[m++] = p[i].payer->id;
    TRY(customers_load(tx, payers, distinct_ids(payers, m), &now));
    for (size_t i = 0; i < n; i++) {
        const struct customer_facts *c = alive(&p[i]) ? customer_find(&now, p[i].payer->id) : NULL;
        if (c != NULL && c->credit_account_id != p[i].payer->credit_account_id)
            return ERR_SERIALIZATION;
    }
    return OK;
}

/* Prices and tax rates of what is ordered, and under lock the credit and the stock of what is to
 * be confirmed. */
static err load_and_lock(struct tx *tx, const struct placing *p, size_t n, struct facts *f)
{
    size_t lines = 0, k = 0, t = 0, w = 0, c = 0, m = 0;
    for (size_t i = 0; i < n; i++)
        lines += p[i].in->lines.n;
    int64_t *products = ARENA_ARRAY(tx->arena, int64_t, lines);
    int64_t *tax_codes = ARENA_ARRAY(tx->arena, int64_t, lines + f->substitutes.n);
    struct stock_key *wanted = ARENA_ARRAY(tx->arena, struct stock_key, lines + f->substitutes.n);
    int64_t *accounts = ARENA_ARRAY(tx->arena, int64_t, n);
    int64_t *customers = ARENA_ARRAY(tx->arena, int64_t, n);
    int64_t *groups = ARENA_ARRAY(tx->arena, int64_t, n);
    size_t g = 0;
    int32_t first = INT32_MAX, last = INT32_MIN;
    bool unpriced = false;
    for (size_t i = 0; i < n; i++) {
        if (!alive(&p[i]))
            continue;
        int32_t date = p[i].out->order_date;
        first = date < first ? date : first;
        last = date > last ? date : last;
        customers[m++] = p[i].customer->id;
        if (p[i].customer->group_id != NIL64)
            groups[g++] = p[i].customer->group_id;
        for (size_t j = 0; j < p[i].in->lines.n; j++) {
            products[k++] = p[i].lines[j].product_id;
            tax_codes[t++] = p[i].lines[j].tax_code_id;
            unpriced = unpriced || p[i].in->lines.v[j].unit_price == NIL64;
        }
        if (p[i].in->confirm)
            accounts[c++] = p[i].payer->credit_account_id;
        if (p[i].n_wanted > 0)
            memcpy(wanted + w, p[i].wanted, p[i].n_wanted * sizeof(*wanted));
        w += p[i].n_wanted;
    }
    if (m == 0)
        return OK;
    if (unpriced)
        TRY(prices_load_queue(tx, products, distinct_ids(products, k), customers,
                              distinct_ids(customers, m), groups, distinct_ids(groups, g), first,
                              last, &f->prices));
    for (size_t i = 0; i < f->substitutes.n; i++) {
        const struct substitute_facts *s = &f->substitutes.v[i];
        tax_codes[t++] = s->tax_code_id;
        wanted[w++] = (struct stock_key){s->substitute_id, s->warehouse_id};
    }
    TRY(tax_rates_load_queue(tx, tax_codes, distinct_ids(tax_codes, t), &f->tax_rates));
    if (c > 0)
        TRY(credit_lock_queue(tx, accounts, distinct_ids(accounts, c), &f->credit));
    TRY(make_stock(tx, p, n, lines));
    if (w > 0)
        TRY(stock_lock_queue(tx, wanted, w, &f->stock));
    TRY(load_reservations(tx, p, n, f));
    TRY(tx_flush(tx));
    TRY(stock_locked(tx, &f->stock));
    TRY(credit_ready(tx, &f->credit));
    return check_departures(tx, p, n, f);
}

/* ---- decide ---- */

static const struct product_facts *product_of(const struct facts *f, const struct order_line_new *l)
{
    return l->product_id != NIL64 ? product_find(&f->products, l->product_id)
           : l->sku != NULL       ? product_find_sku(&f->products_by_sku, l->sku)
                                  : NULL;
}

/* An external id belongs to the order that has it, else to the first of the batch that asks and is
 * not refused. */
static void claim_external_ids(struct tx *tx, struct placing *p, size_t n)
{
    struct external_id_claim *claims = ARENA_ARRAY(tx->arena, struct external_id_claim, n);
    for (size_t i = 0; i < n; i++) {
        claims[i] = (struct external_id_claim){.call = p[i].call,
                                               .external_id = p[i].in->external_id,
                                               .id = p[i].draft != NULL ? p[i].draft->id : NIL64};
        p[i].claim = &claims[i];
    }
    external_ids_link(tx->arena, claims, n);
}

/* An amount of the request in minor units. */
static int64_t amount_of(struct problem *p, const char *pointer, int64_t decimal,
                         const char *currency)
{
    int64_t minor = NIL64;
    int exponent = currency_exponent(currency);
    if (money_from_decimal(decimal, exponent, &minor) != OK)
        fault(p, pointer, err_slug(ERR_DECIMAL_SCALE), "%s has %d decimals.", currency, exponent);
    return minor;
}

/* Another customer who pays, in the same currency. */
static void resolve_payer(struct placing *p, const struct facts *f)
{
    struct problem *problem = p->call->problem;
    p->payer = p->customer;
    if (p->in->payer_id == NIL64 || p->in->payer_id == p->in->customer_id || p->customer == NULL)
        return;
    p->payer = customer_find(&f->customers, p->in->payer_id);
    if (p->payer == NULL)
        fault(problem, "/payer_id", "unknown_reference", "There is no such customer.");
    else if (strcmp(p->payer->status, "archived") == 0)
        fault(problem, "/payer_id", "archived", "Who should pay is archived.");
    else if (strcmp(p->payer->currency, p->customer->currency) != 0)
        fault(problem, "/payer_id", "currency_mismatch", "Who pays must pay in %s.",
              p->customer->currency);
}

/* Who buys and in which terms: fills the header, finds the faults. */
static void resolve_header(struct tx *tx, struct placing *p, const struct facts *f,
                           const char *number)
{
    const struct order_new *in = p->in;
    struct problem *problem = p->call->problem;
    p->customer = customer_find(&f->customers, in->customer_id);
    const struct warehouse_facts *w = in->warehouse_id != NIL64
                                          ? warehouse_find(&f->warehouses, in->warehouse_id)
                                          : warehouse_default(&f->warehouses);
    if (p->customer == NULL)
        fault(problem, "/customer_id", "unknown_reference", "There is no such customer.");
    else if (strcmp(p->customer->status, "archived") == 0)
        fault(problem, "/customer_id", "archived", "The customer is archived.");
    else if (in->currency != NULL && strcmp(in->currency, p->customer->currency) != 0)
        fault(problem, "/currency", "currency_mismatch", "The customer's currency is %s.",
              p->customer->currency);
    if (in->warehouse_id != NIL64 && w == NULL)
        fault(problem, "/warehouse_id", "unknown_reference", "There is no such warehouse.");
    if (in->discount_percent != NIL64 && in->discount_amount != NIL64)
        fault(problem, "/discount_amount", "ambiguous",
              "Give discount_percent or discount_amount, not both.");
    resolve_payer(p, f);
    if (!alive(p))
        return;
    assert(p->customer != NULL && p->payer != NULL); /* their absence is a fault */
    p->parties = order_parties(tx->arena, p->call, in, p->customer, p->payer);
    p->po_copy = p->po != NULL ? po_claim_take(p->po) : NIL64;
    if (!alive(p))
        return;
    *p->out = (struct order){
        .id = p->id,
        .version = p->draft != NULL ? p->draft->version + 1 : 1,
        .external_id = in->external_id,
        .number = number,
        .status = "draft",
        .customer_id = in->customer_id,
        .payer_id = p->payer != p->customer ? p->payer->id : NIL64,
        .channel = in->channel,
        .customer_po = in->customer_po,
        .currency = p->customer->currency,
        .order_date = in->order_date != NIL32 ? in->order_date : tx->today,
        .requested_date = in->requested_date,
        .committed_date = in->committed_date,
        .promised_date = in->promised_date,
        .bill_to = p->parties.bill_address,
        .ship_to = p->parties.ship_address,
        .payment_terms_days = in->payment_terms_days != NIL64 ? in->payment_terms_days
                                                              : p->payer->payment_terms_days,
        .warehouse_id = w ? w->id : NIL64,
        .quote_id = p->draft != NULL ? p->draft->quote_id : p->origin->quote_id,
        .blanket_order_id = p->draft != NULL ? p->draft->blanket_order_id
                                             : p->origin->blanket_order_id,
        .discount_percent = in->discount_percent,
        .discount_amount = amount_of(problem, "/discount_amount", in->discount_amount,
                                     p->customer->currency),
        .line_count = (int64_t)in->lines.n,
        .priority = in->priority != NIL64 ? in->priority : 0,
        .ship_complete = in->ship_complete,
        .split_from = NIL64,
        .notes = in->notes,
        .metadata = in->metadata ? in->metadata : "{}",
        .created_at = p->draft != NULL ? p->draft->created_at : tx->now,
        .confirmed_at = NIL64,
        .updated_at = tx->now,
    };
}

static const char *substitution_of(const struct placing *p, const struct order_line_new *in,
                                   bool stock)
{
    const char *asked = in->substitution != NULL ? in->substitution : p->in->substitution;
    return stock && asked != NULL ? asked : "none";
}

static void resolve_line(struct tx *tx, struct placing *p, size_t i, const struct facts *f)
{
    const struct order_line_new *in = &p->in->lines.v[i];
    struct problem *problem = p->call->problem;
    struct order_line *l = &p->lines[i];
    const struct product_facts *product = product_of(f, in);
    bool named = in->product_id != NIL64 || in->sku != NULL;
    if (in->product_id != NIL64 && in->sku != NULL)
        fault(problem, at_line(tx->arena, i, "sku"), "ambiguous",
              "Give product_id or sku, not both.");
    if (product == NULL) {
        fault(problem, at_line(tx->arena, i, in->sku != NULL ? "sku" : "product_id"),
              named ? "unknown_reference" : "required",
              named ? "There is no such product." : "Give product_id or sku.");
        return;
    }
    if (strcmp(product->status, "archived") == 0)
        fault(problem, at_line(tx->arena, i, "product_id"), "archived", "The product is archived.");
    if (in->unit != NULL && strcmp(in->unit, product->unit) != 0)
        fault(problem, at_line(tx->arena, i, "unit"), "unknown_unit", "%s is sold by the %s.",
              product->sku, product->unit);
    bool stock = strcmp(product->kind, "stock") == 0;
    int64_t warehouse = in->warehouse_id != NIL64 ? in->warehouse_id : p->out->warehouse_id;
    if (in->warehouse_id != NIL64 && warehouse_find(&f->warehouses, warehouse) == NULL)
        fault(problem, at_line(tx->arena, i, "warehouse_id"), "unknown_reference",
              "There is no such warehouse.");
    else if (stock && warehouse == NIL64)
        fault(problem, at_line(tx->arena, i, "warehouse_id"), "required",
              "There is no default warehouse: create one with POST /v1/warehouses.");
    p->unit_costs[i] = product->unit_cost;
    *l = (struct order_line){
        .line_no = (int64_t)i + 1,
        .product_id = product->id,
        .kind = product->kind,
        .fulfillment = product->fulfillment,
        .sku = product->sku,
        .description = in->description ? in->description : product->name,
        .warehouse_id = stock ? warehouse : NIL64,
        .quantity = in->quantity,
        .unit_price = in->unit_price,
        .price_source = p->origin->price_source,
        .blanket_line_no = p->origin->blanket_line_nos != NULL ? p->origin->blanket_line_nos[i]
                                                               : NIL64,
        .price_id = NIL64,
        .discount_amount = in->discount_amount != NIL64
                               ? amount_of(problem, at_line(tx->arena, i, "discount_amount"),
                                           in->discount_amount, p->customer->currency)
                               : 0,
        .discount_percent = in->discount_percent != NIL64 ? in->discount_percent : 0,
        .tax_code_id = in->tax_code_id != NIL64 ? in->tax_code_id : product->tax_code_id,
        .backorder = stock &&
                     (JSON_HAS(order_line_new, in, backorder) ? in->backorder : p->in->backorder),
        .substitution = substitution_of(p, in, stock),
        .substitutes_line_no = NIL64,
    };
    if (stock && (p->in->confirm || p->in->reservations.n > 0))
        p->wanted[p->n_wanted++] = (struct stock_key){.product_id = l->product_id,
                                                      .warehouse_id = l->warehouse_id};
}

static void resolve(struct tx *tx, struct placing *p, const struct facts *f, const char *number)
{
    resolve_header(tx, p, f, number);
    if (!alive(p))
        return;
    size_t n = p->n_lines = p->in->lines.n;
    p->lines = ARENA_ARRAY(tx->arena, struct order_line, n);
    p->wanted = ARENA_ARRAY(tx->arena, struct stock_key, n);
    p->unit_costs = ARENA_ARRAY(tx->arena, int64_t, n);
    for (size_t i = 0; i < n; i++)
        resolve_line(tx, p, i, f);
}

/* The price list's, where the request gave none. */
static bool pick_price(const struct placing *p, struct order_line *l, const struct facts *f)
{
    struct price_wanted w = {.product_id = l->product_id,
                             .customer_id = p->customer->id,
                             .group_id = p->customer->group_id,
                             .currency = p->customer->currency,
                             .quantity = l->quantity,
                             .date = p->out->order_date};
    const struct price_facts *price = price_pick(&f->prices, &w);
    if (price == NULL)
        return false;
    l->unit_price = price->unit_price;
    l->price_source = price_source(price);
    l->price_id = price->id;
    return true;
}

static void price_line(struct tx *tx, struct placing *p, size_t i, const struct facts *f)
{
    struct order_line *l = &p->lines[i];
    struct problem *problem = p->call->problem;
    if (l->unit_price == NIL64 && !pick_price(p, l, f))
        fault(problem, at_line(tx->arena, i, "unit_price"), err_slug(ERR_NO_PRICE),
              "%s has no price in %s on that date: give one here or with POST /v1/prices.", l->sku,
              p->customer->currency);
    if (!tax_code_known(&f->tax_rates, l->tax_code_id))
        fault(problem, at_line(tx->arena, i, "tax_code_id"), "unknown_reference",
              "There is no such tax code.");
    else if (tax_rate_on(&f->tax_rates, l->tax_code_id, p->out->order_date, &l->tax_rate) != OK)
        fault(problem, at_line(tx->arena, i, "tax_code_id"), err_slug(ERR_NO_TAX_RATE),
              "The tax code has no rate on the order date.");
}

/* ---- what goes instead ---- */

/* The best substitute that has enough for a line and can be taxed; NULL: none. */
static const struct substitute_facts *substitute_for(const struct placing *p, const struct facts *f,
                                                     const struct order_line *l, int64_t quantity,
                                                     int64_t *ret_tax_rate)
{
    for (size_t i = 0; i < f->substitutes.n; i++) {
        const struct substitute_facts *s = &f->substitutes.v[i];
        if (s->product_id == l->product_id && s->warehouse_id == l->warehouse_id &&
            stock_available(stock_find(&f->stock, s->substitute_id, s->warehouse_id)) >= quantity &&
            tax_rate_on(&f->tax_rates, s->tax_code_id, p->out->order_date, ret_tax_rate) == OK)
            return s;
    }
    return NULL;
}

/* The line becomes less by what goes instead, at its price, with its part of the discount. */
static err replace_part(struct order_line *l, int64_t quantity, const struct substitute_facts *s,
                        struct order_line *goes)
{
    int64_t discount;
    TRY(money_share(l->discount_amount, quantity, l->quantity, ROUND_HALF_UP, &discount));
    goes->product_id = s->substitute_id;
    goes->sku = s->sku;
    goes->description = s->name;
    goes->tax_code_id = s->tax_code_id;
    goes->quantity = quantity;
    goes->discount_amount = discount;
    goes->substitution = "none";
    goes->backorder = false;
    goes->substitutes_line_no = l->line_no;
    l->discount_amount -= discount;
    l->dropped = l->quantity == quantity;
    if (l->dropped)
        l->canceled = l->quantity;
    else
        l->quantity -= quantity;
    return OK;
}

static void free_named(const struct placing *p, const struct facts *f, bool free);

/* Takes what is available in memory, for those that follow; its caller gives it back. */
static int64_t try_take(const struct facts *f, int64_t product, int64_t warehouse, int64_t quantity)
{
    struct stock_facts *s = stock_find(&f->stock, product, warehouse);
    int64_t available = stock_available(s), taken = quantity < available ? quantity : available;
    if (s != NULL)
        s->reserved += taken;
    return taken;
}

/* Lines that take substitutes and would be short: what they lack goes by others, where one has
 * enough. Lines are reserved later, all of them, in their order. */
static err accept_substitutes(struct tx *tx, struct placing *p, const struct facts *f)
{
    size_t n = p->in->lines.n;
    struct order_line *lines = ARENA_ARRAY(tx->arena, struct order_line, 2 * n);
    int64_t *costs = ARENA_ARRAY(tx->arena, int64_t, 2 * n);
    int64_t *taken = ARENA_ARRAY(tx->arena, int64_t, 2 * n);
    memcpy(lines, p->lines, n * sizeof(*lines));
    memcpy(costs, p->unit_costs, n * sizeof(*costs));
    p->lines = lines;
    p->unit_costs = costs;
    free_named(p, f, true);
    err e = OK;
    for (size_t i = 0; e == OK && i < n; i++) {
        struct order_line *l = &lines[i], *goes = &lines[p->n_lines];
        if (l->warehouse_id == NIL64)
            continue;
        taken[i] = try_take(f, l->product_id, l->warehouse_id, l->quantity);
        int64_t lacks = l->quantity - taken[i], rate = 0;
        if (lacks == 0 || !line_accepts_substitute(l) || p->n_lines == ORDER_LINES_MAX)
            continue;
        const struct substitute_facts *s = substitute_for(p, f, l, lacks, &rate);
        if (s == NULL)
            continue;
        *goes = *l;
        goes->line_no = (int64_t)p->n_lines + 1;
        goes->tax_rate = rate;
        costs[p->n_lines] = s->unit_cost;
        e = replace_part(l, lacks, s, goes);
        taken[p->n_lines++] = try_take(f, s->substitute_id, s->warehouse_id, lacks);
    }
    for (size_t i = 0; i < p->n_lines; i++)
        if (lines[i].warehouse_id != NIL64 && taken[i] > 0)
            stock_find(&f->stock, lines[i].product_id, lines[i].warehouse_id)->reserved -= taken[i];
    free_named(p, f, false);
    p->out->line_count = (int64_t)p->n_lines;
    return e;
}

static bool accepts_substitutes(const struct placing *p)
{
    for (size_t i = 0; i < p->in->lines.n; i++)
        if (line_accepts_substitute(&p->lines[i]))
            return p->in->confirm;
    return false;
}

/* ---- amounts ---- */

/* Everything that is taken off, and tax on the rest. */
static err total(struct placing *p, struct totals_line *t, size_t n, struct totals *ret,
                 size_t *ret_at)
{
    const struct tenant_facts *tenant = p->call->tenant;
    int exponent = currency_exponent(p->customer->currency);
    struct totals_discount d = {.percent = p->out->discount_percent,
                                .amount = p->out->discount_amount};
    TRY(totals_discount(t, n, exponent, tenant->rounding, d, &p->out->discount, ret_at));
    return totals_compute(t, n, exponent, tenant->rounding, tenant->tax_per_line, ret);
}

/* at: index of a line, or n_lines. */
static void refuse_totals(struct tx *tx, const struct placing *p, err e, size_t at)
{
    struct problem *problem = p->call->problem;
    if (at < p->n_lines && p->lines[at].substitutes_line_no != NIL64)
        at = (size_t)p->lines[at].substitutes_line_no - 1;
    if (e != ERR_AMOUNT_EXCEEDED)
        fault(problem, "/lines", err_slug(ERR_OVERFLOW),
              "The amounts of this order are out of range.");
    else if (at < p->in->lines.n)
        fault(problem, at_line(tx->arena, at, "discount_amount"), "too_large",
              "The discount is more than the line.");
    else
        fault(problem, "/discount_amount", "too_large", "The discount is more than the lines.");
}

/* What a line is replaced by as a whole leaves it worth nothing. */
static err compute(struct tx *tx, struct placing *p, struct totals *ret, size_t *ret_at)
{
    struct totals_line *t = ARENA_ARRAY(tx->arena, struct totals_line, p->n_lines);
    size_t *line = ARENA_ARRAY(tx->arena, size_t, p->n_lines), n = 0, at = p->n_lines;
    for (size_t i = 0; i < p->n_lines; i++) {
        if (p->lines[i].dropped)
            continue;
        line[n] = i;
        t[n++] = (struct totals_line){.quantity = p->lines[i].quantity,
                                      .unit_price = p->lines[i].unit_price,
                                      .discount_percent = p->lines[i].discount_percent,
                                      .discount_amount = p->lines[i].discount_amount,
                                      .tax_code_id = p->lines[i].tax_code_id,
                                      .tax_rate = p->lines[i].tax_rate,
                                      .net = NIL64};
    }
    err e = total(p, t, n, ret, &at);
    *ret_at = at < n ? line[at] : p->n_lines;
    for (size_t i = 0; e == OK && i < n; i++) {
        p->lines[line[i]].order_discount = t[i].order_discount;
        p->lines[line[i]].net = t[i].net;
        p->lines[line[i]].tax = t[i].tax;
        p->lines[line[i]].gross = t[i].gross;
    }
    return e;
}

static void price(struct tx *tx, struct placing *p, const struct facts *f)
{
    struct totals sum;
    size_t at = SIZE_MAX;
    err e = OK;
    for (size_t i = 0; i < p->in->lines.n; i++)
        price_line(tx, p, i, f);
    if (!alive(p))
        return;
    if (p->substitutes != NULL && accepts_substitutes(p))
        e = accept_substitutes(tx, p, f);
    if (e == OK)
        e = compute(tx, p, &sum, &at);
    if (e != OK) {
        refuse_totals(tx, p, e, at);
        return;
    }
    p->out->net = sum.net;
    p->out->tax = sum.tax;
    p->out->gross = sum.gross;
}

static bool wants(const struct placing *p, const struct reservation_facts *r)
{
    for (size_t i = 0; i < p->n_wanted; i++)
        if (p->wanted[i].product_id == r->product_id &&
            p->wanted[i].warehouse_id == r->warehouse_id)
            return true;
    return false;
}

static bool named_before(const struct placing *p, int64_t id)
{
    for (size_t i = 0; i < p->n_named; i++)
        if (p->named[i].id == id)
            return true;
    return false;
}

static void refuse_reservation(const struct tx *tx, const struct placing *p,
                               const struct reservation_facts *r)
{
    char id[ID_TEXT_MAX];
    id_format("rsv", r->id, id);
    if (!reservation_holds(r, tx->now))
        fail(p->call->problem, ERR_WRONG_STATE,
             "Reservation %s is %s: make another one, or leave it out.", id,
             strcmp(r->status, "held") == 0 ? "expired" : r->status);
    else
        fail(p->call->problem, ERR_WRONG_STATE, "Reservation %s is held for another order.", id);
}

/* The reservations that the order names, if it may take them over. */
static void name_reservations(struct tx *tx, struct placing *p, const struct facts *f)
{
    const struct order_reservation_list *in = &p->in->reservations;
    p->named = ARENA_ARRAY(tx->arena, struct reservation_facts, in->n);
    for (size_t i = 0; i < in->n; i++) {
        const char *at = arena_printf(tx->arena, "/reservations/%zu/reservation_id", i);
        const struct reservation_facts *r = reservation_find(&f->reservations,
                                                             in->v[i].reservation_id);
        if (r == NULL)
            fault(p->call->problem, at, "unknown_reference", "There is no such reservation.");
        else if (named_before(p, r->id))
            fault(p->call->problem, at, "repeated", "The reservation stands here already.");
        else if (!wants(p, r))
            fault(p->call->problem, at, "mismatch",
                  "The order has no line of the reservation's product and warehouse.");
        else if (!reservation_holds(r, tx->now) ||
                 (r->order_id != NIL64 && r->order_id != p->out->id))
            refuse_reservation(tx, p, r);
        else
            p->named[p->n_named++] = *r;
    }
}

/* Frees what is held for the order, for itself; or takes that back. */
static void free_named(const struct placing *p, const struct facts *f, bool free)
{
    for (size_t i = 0; i < p->n_named; i++) {
        const struct reservation_facts *r = &p->named[i];
        stock_find(&f->stock, r->product_id, r->warehouse_id)->held += free ? -r->quantity
                                                                            : r->quantity;
    }
}

/* The next order of the batch finds them so. */
static void settle_named(struct placing *p, const struct facts *f, const char *status)
{
    p->settled = status;
    for (size_t i = 0; i < p->n_named; i++) {
        struct reservation_facts *r = reservation_find(&f->reservations, p->named[i].id);
        r->status = status;
        r->order_id = p->out->id;
    }
}

/* Approvals come first: whoever approves confirms. */
static bool needs_approval(struct tx *tx, struct placing *p, const struct facts *f)
{
    p->held = ARENA_ARRAY(tx->arena, struct order_hold_placing, f->approval_rules.n + 1);
    if (f->approval_rules.n > 0)
        p->n_held = order_approvals(tx->arena, p->call, &f->approval_rules, p->customer->currency,
                                    p->lines, p->unit_costs, p->n_lines, p->held);
    return p->n_held > 0;
}

static void confirm(struct tx *tx, struct placing *p, struct facts *f)
{
    if (needs_approval(tx, p, f)) {
        p->out->status = "on_hold";
        settle_named(p, f, "held");
        return;
    }
    struct confirm_case k = {.arena = tx->arena,
                             .credit_mode = p->call->tenant->credit_mode,
                             .today = tx->today,
                             .customer = p->customer,
                             .payer = p->payer,
                             .credit = credit_find(&f->credit, p->payer->credit_account_id),
                             .stock = &f->stock};
    const char *reason = NULL;
    assert(k.credit != NULL); /* the account of a customer is locked */
    p->account = k.credit;
    free_named(p, f, true);
    switch (confirm_decide(&k, p->out->gross, p->lines, p->n_lines, &p->credit, &reason)) {
    case CONFIRM_OK:
        p->out->status = "confirmed";
        p->out->confirmed_at = tx->now;
        settle_named(p, f, "committed");
        break;
    case CONFIRM_HELD:
        free_named(p, f, false);
        settle_named(p, f, "held");
        p->out->status = "on_hold";
        p->held[p->n_held++] = (struct order_hold_placing){
            .kind = "credit", .reason = reason, .release_rule = "when_clear"};
        break;
    case CONFIRM_NO_STOCK:
        free_named(p, f, false);
        fail(p->call->problem, ERR_INSUFFICIENT_STOCK, "%s",
             order_name_substitutes(tx->arena, reason, p->lines, p->n_lines, p->substitutes));
        break;
    }
}

static void show_holds(struct tx *tx, struct placing *p)
{
    struct order_hold *holds = ARENA_ARRAY(tx->arena, struct order_hold, p->n_held);
    for (size_t i = 0; i < p->n_held; i++) {
        int64_t rule = p->held[i].approval_rule_id;
        holds[i] = (struct order_hold){.hold_no = (int64_t)i + 1,
                                       .kind = p->held[i].kind,
                                       .reason = p->held[i].reason,
                                       .owner = p->held[i].owner,
                                       .release_rule = p->held[i].release_rule,
                                       .approval_rule_id = rule != 0 ? rule : NIL64,
                                       .placed_at = tx->now,
                                       .placed_by = p->call->api_key_id,
                                       .released_at = NIL64,
                                       .released_by = NIL64,
                                       .release_cap = NIL64,
                                       .release_expires = NIL32};
    }
    p->out->holds = (struct order_hold_list){.v = holds, .n = p->n_held};
}

/* Those before it are decided: whether one of them makes its external id is known by now. */
static void decide(struct tx *tx, struct placing *p, struct facts *f)
{
    if (!alive(p) || external_id_check_twins(p->claim, "ord") != OK)
        return;
    if (p->in->reservations.n > 0 && p->substitutes != NULL)
        name_reservations(tx, p, f); /* what is held for it is not short */
    if (alive(p))
        price(tx, p, f);
    if (alive(p) && p->in->reservations.n > 0 && p->substitutes == NULL)
        name_reservations(tx, p, f);
    if (alive(p) && p->in->confirm)
        confirm(tx, p, f);
    else if (alive(p))
        settle_named(p, f, "held");
    if (!alive(p))
        return;
    p->claim->id = p->out->id;
    p->out->lines = (struct order_line_list){.v = p->lines, .n = p->n_lines};
    show_holds(tx, p);
    struct string_list actions = order_actions(tx->arena, p->out->status,
                                               p->out->confirmed_at != NIL64, p->n_held > 0,
                                               p->lines, p->n_lines);
    p->out->allowed_actions = order_actions_held(tx->arena, actions, &p->out->holds);
}

/* ---- store ---- */

static struct orders_insert_o order_row(const struct placing *p)
{
    const struct order *o = p->out;
    const struct tenant_facts *t = p->call->tenant;
    return (struct orders_insert_o){
        .id = o->id,
        .external_id = o->external_id,
        .number = o->number,
        .customer_id = o->customer_id,
        .credit_account_id = p->payer->credit_account_id,
        .warehouse_id = o->warehouse_id,
        .status = o->status,
        .channel = o->channel,
        .customer_po = o->customer_po,
        .currency = o->currency,
        .order_date = o->order_date,
        .requested_date = o->requested_date,
        .payment_terms_days = o->payment_terms_days,
        .rounding = rounding_name(t->rounding),
        .tax_rounding = t->tax_per_line ? "per_line" : "per_document",
        .discount_percent = o->discount_percent,
        .discount_amount = o->discount_amount,
        .discount = o->discount,
        .net = o->net,
        .tax = o->tax,
        .gross = o->gross,
        .line_count = o->line_count,
        .credit_exposure = p->account != NULL ? p->credit.exposure : NIL64,
        .credit_limit = p->account != NULL ? p->credit.limit : NIL64,
        .bill_to = p->parties.bill_to,
        .ship_to = p->parties.ship_to,
        .notes = o->notes,
        .metadata = o->metadata,
        .confirmed_at = o->confirmed_at,
        .quote_id = o->quote_id,
        .blanket_order_id = o->blanket_order_id,
        .payer_id = o->payer_id,
        .committed_date = o->committed_date,
        .promised_date = o->promised_date,
        .po_copy = p->po_copy,
    };
}

static struct order_lines_insert_l line_row(const struct order *o, const struct order_line *l)
{
    return (struct order_lines_insert_l){.order_id = o->id,
                                         .line_no = l->line_no,
                                         .product_id = l->product_id,
                                         .kind = l->kind,
                                         .sku = l->sku,
                                         .description = l->description,
                                         .warehouse_id = l->warehouse_id,
                                         .quantity = l->quantity,
                                         .unit_price = l->unit_price,
                                         .price_source = l->price_source,
                                         .price_id = l->price_id,
                                         .discount_percent = l->discount_percent,
                                         .discount_amount = l->discount_amount,
                                         .order_discount = l->order_discount,
                                         .tax_code_id = l->tax_code_id,
                                         .tax_rate = l->tax_rate,
                                         .net = l->net,
                                         .tax = l->tax,
                                         .gross = l->gross,
                                         .reserved = l->reserved,
                                         .blanket_line_no = l->blanket_line_no,
                                         .fulfillment = l->fulfillment};
}

static struct order_holds_insert_h hold_row(const struct order *o, const struct order_hold *h)
{
    return (struct order_holds_insert_h){.order_id = o->id,
                                         .hold_no = h->hold_no,
                                         .kind = h->kind,
                                         .reason = h->reason,
                                         .placed_by = h->placed_by,
                                         .owner = h->owner,
                                         .release_rule = h->release_rule,
                                         .approval_rule_id = h->approval_rule_id};
}

static void push_event(struct tx *tx, const struct placing *p)
{
    const char *now = order_event_json(tx->arena, p->out);
    const char *was = p->draft != NULL ? order_event_json(tx->arena, p->draft) : NULL;
    const char *type = p->out->confirmed_at != NIL64 ? "order.confirmed"
                       : p->n_held > 0               ? "order.held"
                       : p->draft != NULL            ? "order.updated"
                                                     : "order.created";
    event_push(tx, p->call, type, "order", p->out->id, was, now);
    if (p->credit.outcome == CREDIT_WARNED)
        event_push(tx, p->call, "order.credit_exceeded", "order", p->out->id, NULL, now);
    order_tell_backordered(tx, p->call, p->out->id, p->lines, p->n_lines, p->substitutes);
    if (p->n_lines > p->in->lines.n)
        order_tell_substituted(tx, p->call, p->out->id, p->lines, p->n_lines);
}

/* Lines that others replace as a whole. */
static err store_dropped(struct tx *tx, const struct placing *p)
{
    struct order_line *dropped;
    size_t n = 0;
    if (p->n_lines == p->in->lines.n)
        return OK;
    dropped = ARENA_ARRAY(tx->arena, struct order_line, p->n_lines);
    for (size_t i = 0; i < p->n_lines; i++)
        if (p->lines[i].dropped)
            dropped[n++] = p->lines[i];
    return order_lines_change(tx, p->out->id, dropped, n);
}

/* What only some orders ask for: to wait for stock, to take substitutes, to come first, to ship
 * complete. */
static err store_precedence(struct tx *tx, const struct placing *p, size_t n, size_t n_lines)
{
    struct order_lines_wait_l *lines = ARENA_ARRAY(tx->arena, struct order_lines_wait_l, n_lines);
    struct orders_set_precedence_o *orders = ARENA_ARRAY(tx->arena, struct orders_set_precedence_o,
                                                         n);
    size_t l = 0, o = 0;
    for (size_t i = 0; i < n; i++) {
        if (!alive(&p[i]))
            continue;
        const struct order *out = p[i].out;
        if (out->priority != 0 || out->ship_complete || p[i].draft != NULL)
            orders[o++] = (struct orders_set_precedence_o){
                .id = out->id, .priority = out->priority, .ship_complete = out->ship_complete};
        TRY(order_lines_substitution_store(tx, out->id, p[i].lines, p[i].n_lines));
        TRY(store_dropped(tx, &p[i]));
        for (size_t j = 0; j < p[i].n_lines; j++)
            if (p[i].lines[j].backorder)
                lines[l++] = (struct order_lines_wait_l){.order_id = out->id,
                                                         .line_no = p[i].lines[j].line_no,
                                                         .backordered = p[i].lines[j].backordered};
    }
    if (l > 0)
        TRY(order_lines_wait(tx, lines, l));
    return o > 0 ? orders_set_precedence(tx, orders, o) : OK;
}

/* The reservations of an order that is stored; what they no longer hold goes to deltas, which have
 * room. */
static err store_named(struct tx *tx, const struct placing *p, struct stock_delta *deltas,
                       size_t *n_deltas)
{
    if (p->n_named == 0)
        return OK;
    for (size_t i = 0; strcmp(p->settled, "committed") == 0 && i < p->n_named; i++)
        deltas[(*n_deltas)++] = (struct stock_delta){.product_id = p->named[i].product_id,
                                                     .warehouse_id = p->named[i].warehouse_id,
                                                     .held = -p->named[i].quantity};
    return reservations_settle(tx, p->call, p->settled, p->named, p->n_named, p->out->id);
}

/* What was decided about the order, where it has to be kept. */
static void note_decision(const struct placing *p, struct credit_decisions *decisions)
{
    if (p->account != NULL)
        credit_decisions_add(decisions, p->account, &p->credit,
                             &(struct credit_subject){.call = p->call,
                                                      .point = "confirm",
                                                      .customer_id = p->out->customer_id,
                                                      .order_id = p->out->id,
                                                      .amount = p->out->gross});
}

static bool waits_for_credit(const struct placing *p)
{
    return p->n_held > 0 && strcmp(p->held[0].kind, "credit") == 0;
}

/* What call-offs draw from their blanket orders. */
static err draw(struct tx *tx, const struct placing *p, size_t n, size_t n_lines)
{
    if (p[0].origin->blanket_line_nos == NULL)
        return OK; /* call-offs come alone */
    struct blanket_draw *draws = ARENA_ARRAY(tx->arena, struct blanket_draw, n_lines);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p[i].in->lines.n; j++)
            draws[k++] = (struct blanket_draw){.blanket_order_id = p[i].out->blanket_order_id,
                                               .line_no = p[i].lines[j].blanket_line_no,
                                               .quantity = p[i].lines[j].quantity};
    return blanket_draw(tx, draws, k);
}

/* First-time customers whose orders wait for a decision apply for credit. */
static err send_to_onboarding(struct tx *tx, const struct placing *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (alive(&p[i]) && p[i].credit.outcome == CREDIT_HELD && p[i].account != NULL &&
            credit_wants_decision(p[i].account))
            TRY(credit_application_for(tx, p[i].call, p[i].account, p[i].out->customer_id,
                                       p[i].out->id, p[i].out->gross));
    return OK;
}

static err store(struct tx *tx, const struct placing *p, size_t n)
{
    size_t n_lines = 0, n_named = 0, n_holds = 0, o = 0, l = 0, h = 0, b = 0, c = 0, s = 0;
    struct credit_decisions decisions = credit_decisions_new(tx->arena, n);
    struct blocked_key *blocked = ARENA_ARRAY(tx->arena, struct blocked_key, n);
    for (size_t i = 0; i < n; i++) {
        n_lines += p[i].n_lines;
        n_named += p[i].n_named;
        n_holds += p[i].n_held;
    }
    struct orders_insert_o *orders = ARENA_ARRAY(tx->arena, struct orders_insert_o, n);
    struct order_lines_insert_l *lines = ARENA_ARRAY(tx->arena, struct order_lines_insert_l,
                                                     n_lines);
    struct order_holds_insert_h *holds = ARENA_ARRAY(tx->arena, struct order_holds_insert_h,
                                                     n_holds);
    struct credit_delta *credit = ARENA_ARRAY(tx->arena, struct credit_delta, n);
    struct stock_delta *stock = ARENA_ARRAY(tx->arena, struct stock_delta, n_lines + n_named);
    for (size_t i = 0; i < n; i++) {
        if (!alive(&p[i]))
            continue;
        orders[o++] = order_row(&p[i]);
        for (size_t j = 0; j < p[i].n_lines; j++) {
            const struct order_line *line = &p[i].lines[j];
            lines[l++] = line_row(p[i].out, line);
            if (line->reserved > 0)
                stock[s++] = (struct stock_delta){.product_id = line->product_id,
                                                  .warehouse_id = line->warehouse_id,
                                                  .reserved = line->reserved};
        }
        for (size_t j = 0; j < p[i].n_held; j++)
            holds[h++] = hold_row(p[i].out, &p[i].out->holds.v[j]);
        int64_t account = p[i].payer->credit_account_id;
        if (waits_for_credit(&p[i])) {
            credit[c++] = (struct credit_delta){.account = account, .held = 1};
            blocked[b++] = (struct blocked_key){account, p[i].out->id};
        } else if (p[i].out->confirmed_at != NIL64) {
            credit[c++] = (struct credit_delta){.account = account, .ordered = p[i].out->gross};
        }
        note_decision(&p[i], &decisions);
        push_event(tx, &p[i]);
        TRY(store_named(tx, &p[i], stock, &s));
    }
    if (o == 0)
        return OK;
    if (c > 0)
        TRY(credit_apply(tx, credit, c));
    if (p[0].draft != NULL) {
        TRY(order_lines_delete(tx, p[0].draft->id));
        TRY(order_replace(tx, orders, o));
    } else {
        TRY(orders_insert(tx, orders, o));
    }
    TRY(order_lines_insert(tx, lines, l));
    TRY(store_precedence(tx, p, n, n_lines));
    TRY(draw(tx, p, n, n_lines));
    if (h > 0)
        TRY(order_holds_insert(tx, holds, h));
    TRY(credit_block(tx, blocked, b));
    TRY(credit_decisions_store(tx, &decisions));
    TRY(send_to_onboarding(tx, p, n));
    return s > 0 ? stock_apply(tx, stock, s) : OK;
}

static const char *number_of(struct tx *tx, const struct placing *p, size_t i,
                             const struct facts *f)
{
    if (p->only_price)
        return NULL;
    return p->draft != NULL
               ? p->draft->number
               : arena_printf(tx->arena, "ORD-%06lld", (long long)f->numbers.v[i].number);
}

/* In turn, each with its external id, if it is free, and its number. */
static err resolve_each(struct tx *tx, struct placing *p, size_t n, const struct facts *f)
{
    claim_external_ids(tx, p, n);
    for (size_t i = 0; i < n; i++) {
        if (alive(&p[i]) &&
            external_id_check_stored(p[i].claim, "ord", &f->taken) == ERR_SERIALIZATION)
            return ERR_SERIALIZATION;
        if (alive(&p[i]))
            resolve(tx, &p[i], f, number_of(tx, &p[i], i, f));
    }
    return OK;
}

/* What may go instead of lines that are to be confirmed; asks nothing when none says so. */
static err load_substitutes(struct tx *tx, struct placing *p, size_t n, struct facts *f)
{
    struct substitute_facts_list *found = ARENA_NEW(tx->arena, struct substitute_facts_list);
    struct stock_key *keys = NULL;
    size_t most = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        most += p[i].in->lines.n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; alive(&p[i]) && p[i].in->confirm && j < p[i].n_lines; j++) {
            const struct order_line *l = &p[i].lines[j];
            if (!line_may_substitute(l))
                continue;
            if (keys == NULL)
                keys = ARENA_ARRAY(tx->arena, struct stock_key, most);
            keys[k++] = (struct stock_key){l->product_id, l->warehouse_id};
            p[i].substitutes = found;
        }
    TRY(substitutes_find(tx, keys, k, found));
    f->substitutes = *found;
    return OK;
}

/* Either all are new, or there is one: it replaces a draft or is only priced. */
static err place(struct tx *tx, struct placing *p, size_t n)
{
    struct facts f = {0};
    for (size_t i = 0; i < n; i++)
        p[i].id = p[i].draft != NULL ? p[i].draft->id : id_new();
    TRY(load_masters(tx, p, n, &f));
    TRY(resolve_each(tx, p, n, &f));
    TRY(load_substitutes(tx, p, n, &f));
    TRY(load_and_lock(tx, p, n, &f));
    for (size_t i = 0; i < n; i++)
        decide(tx, &p[i], &f);
    return p[0].only_price ? OK : store(tx, p, n);
}

err orders_create(struct tx *tx, struct orders_create_cmd *cmds, size_t n)
{
    struct placing *p = ARENA_ARRAY(tx->arena, struct placing, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (struct placing){
            .call = cmds[i].call, .in = cmds[i].in, .out = cmds[i].out, .origin = &by_request};
    return place(tx, p, n);
}

err order_place_one(struct tx *tx, struct call *c, const struct order_new *in,
                    const struct order *draft, struct order *ret)
{
    struct placing p = {.call = c, .in = in, .out = ret, .draft = draft, .origin = &by_request};
    TRY(place(tx, &p, 1));
    return c->problem->code;
}

err order_place_from(struct tx *tx, struct call *c, const struct order_new *in,
                     const struct order_origin *origin, struct order *ret)
{
    struct placing p = {.call = c, .in = in, .out = ret, .origin = origin};
    TRY(place(tx, &p, 1));
    return c->problem->code;
}

err order_price(struct tx *tx, struct call *c, const struct order_new *in, struct order *ret)
{
    struct order_new draft = *in;
    draft.confirm = false;
    draft.external_id = NULL;
    struct placing p = {
        .call = c, .in = &draft, .out = ret, .origin = &by_request, .only_price = true};
    TRY(place(tx, &p, 1));
    return c->problem->code;
}

/* ---- more lines for an order that exists ---- */

err order_lines_add(struct tx *tx, int64_t order_id, const struct order_line *lines, size_t n)
{
    struct order_lines_insert_l *rows = ARENA_ARRAY(tx->arena, struct order_lines_insert_l, n);
    struct order_lines_wait_l *wait = ARENA_ARRAY(tx->arena, struct order_lines_wait_l, n);
    const struct order o = {.id = order_id};
    size_t w = 0;
    for (size_t i = 0; i < n; i++) {
        rows[i] = line_row(&o, &lines[i]);
        if (lines[i].backorder)
            wait[w++] = (struct order_lines_wait_l){.order_id = order_id,
                                                    .line_no = lines[i].line_no,
                                                    .backordered = lines[i].backordered};
    }
    if (n == 0)
        return OK;
    TRY(order_lines_insert(tx, rows, n));
    TRY(order_lines_substitution_store(tx, order_id, lines, n));
    return w > 0 ? order_lines_wait(tx, wait, w) : OK;
}

/* Faults of a request within the request. */
static void hand_on(struct problem *to, const struct problem *from, const char *under)
{
    static const char lines[] = "/lines";
    for (size_t i = 0; i < from->n_faults; i++) {
        const struct fault *f = &from->faults[i];
        bool here = strncmp(f->pointer, lines, strlen(lines)) == 0;
        fault(to, here ? arena_printf(to->arena, "%s%s", under, f->pointer + strlen(lines)) : under,
              f->code, "%s", f->detail);
    }
    if (from->code != OK && to->code == OK)
        (void)fail(to, from->code, "%s", from->detail != NULL ? from->detail : "");
}

err order_lines_resolve(struct tx *tx, struct call *c, const struct order *o,
                        const struct order_line_new_list *in, const char *under,
                        struct order_line_list *ret)
{
    struct problem problem;
    problem_init(&problem, tx->arena);
    struct call own = *c;
    own.problem = &problem;
    struct order_new asked;
    json_set_all_absent(&order_new_type, &asked);
    asked.customer_id = o->customer_id;
    asked.payer_id = o->payer_id;
    asked.order_date = o->order_date;
    asked.warehouse_id = o->warehouse_id;
    asked.lines = *in;
    struct order scratch;
    struct placing p = {.call = &own,
                        .in = &asked,
                        .out = &scratch,
                        .id = o->id,
                        .draft = o,
                        .origin = &by_request};
    struct facts f = {0};
    TRY(load_masters(tx, &p, 1, &f));
    resolve(tx, &p, &f, o->number);
    TRY(load_and_lock(tx, &p, 1, &f));
    if (alive(&p))
        price(tx, &p, &f);
    hand_on(c->problem, &problem, under);
    if (c->problem->code != OK)
        return c->problem->code;
    *ret = (struct order_line_list){.v = p.lines, .n = in->n};
    return OK;
}
