/* Shares, caps and states of invoices and credit notes. */
#include "server/invoices/rules.h"
#include "lib/base/decimal.h"
#include "server/orders/rules.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- claiming quantities of an order ---- */

static int goods_order(const void *a, const void *b)
{
    const struct shipment_line_state *x = *(struct shipment_line_state *const *)a;
    const struct shipment_line_state *y = *(struct shipment_line_state *const *)b;
    if (x->order_line_no != y->order_line_no)
        return x->order_line_no < y->order_line_no ? -1 : 1;
    if (x->shipment_id != y->shipment_id)
        return x->shipment_id < y->shipment_id ? -1 : 1;
    return (x->line_no > y->line_no) - (x->line_no < y->line_no);
}

void claims_init(struct claims *k, struct arena *a, struct order_state *order,
                 const struct shipment_state_list *shipments)
{
    size_t n = 0;
    for (size_t i = 0; i < shipments->n; i++)
        n += shipments->v[i].n_lines;
    *k = (struct claims){
        .order = order, .goods = ARENA_ARRAY(a, struct shipment_line_state *, n), .arena = a};
    for (size_t i = 0; i < shipments->n; i++) {
        const struct shipment_state *s = &shipments->v[i];
        for (size_t j = 0; shipment_has_left(s->status) && j < s->n_lines; j++)
            if (s->lines[j].order_id == order->id)
                k->goods[k->n_goods++] = &s->lines[j];
    }
    qsort(k->goods, k->n_goods, sizeof(*k->goods), goods_order);
}

static void part_add(struct claims *k, struct order_line *line, struct shipment_line_state *goods,
                     int64_t quantity)
{
    if (k->n_parts == k->cap_parts) {
        size_t cap = k->cap_parts ? k->cap_parts * 2 : 64;
        struct claim_part *grown = ARENA_ARRAY(k->arena, struct claim_part, cap);
        if (k->n_parts > 0)
            memcpy(grown, k->parts, k->n_parts * sizeof(*grown));
        k->parts = grown;
        k->cap_parts = cap;
    }
    k->parts[k->n_parts++] = (struct claim_part){line, goods, quantity};
    line->invoiced += quantity;
    if (goods != NULL)
        goods->invoiced += quantity;
}

/* Where the goods of an order line begin. */
static size_t goods_from(const struct claims *k, int64_t order_line_no)
{
    size_t low = 0, high = k->n_goods;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (k->goods[middle]->order_line_no < order_line_no)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool goods_match(const struct shipment_line_state *g, int64_t shipment_id,
                        int64_t shipment_line_no)
{
    return (shipment_id == NIL64 || g->shipment_id == shipment_id) &&
           (shipment_line_no == NIL64 || g->line_no == shipment_line_no);
}

static err take_goods(struct claims *k, struct order_line *line, int64_t shipment_id,
                      int64_t shipment_line_no, int64_t quantity, int64_t *ret_available)
{
    size_t from = goods_from(k, line->line_no), end = from;
    int64_t available = 0;
    for (; end < k->n_goods && k->goods[end]->order_line_no == line->line_no; end++)
        if (goods_match(k->goods[end], shipment_id, shipment_line_no))
            available += shipment_line_unbilled(k->goods[end]);
    /* What was invoiced and then failed ships again, and is not invoiced again. */
    if (available > line->shipped - line->invoiced)
        available = line->shipped > line->invoiced ? line->shipped - line->invoiced : 0;
    if (quantity == NIL64)
        quantity = available;
    if (quantity > available) {
        *ret_available = available;
        return ERR_QUANTITY_EXCEEDED;
    }
    for (size_t i = from; i < end && quantity > 0; i++) {
        struct shipment_line_state *g = k->goods[i];
        int64_t take = goods_match(g, shipment_id, shipment_line_no) ? shipment_line_unbilled(g)
                                                                     : 0;
        if (take > quantity)
            take = quantity;
        if (take > 0)
            part_add(k, line, g, take);
        quantity -= take;
    }
    return OK;
}

err claims_take(struct claims *k, struct order_line *line, int64_t shipment_id,
                int64_t shipment_line_no, int64_t quantity, int64_t *ret_available)
{
    if (strcmp(line->kind, "service") != 0)
        return take_goods(k, line, shipment_id, shipment_line_no, quantity, ret_available);
    bool held = line_billed_on_order(line) && strcmp(k->order->status, "on_hold") == 0;
    bool ships = shipment_id != NIL64 || shipment_line_no != NIL64;
    int64_t open = held || ships ? 0 : line_billable_quantity(line);
    if (quantity == NIL64)
        quantity = open;
    if (quantity > open) {
        *ret_available = open;
        return ERR_QUANTITY_EXCEEDED;
    }
    if (quantity > 0)
        part_add(k, line, NULL, quantity);
    return OK;
}

void claims_release(struct claims *k)
{
    for (size_t i = 0; i < k->n_parts; i++) {
        k->parts[i].line->invoiced -= k->parts[i].quantity;
        if (k->parts[i].goods != NULL)
            k->parts[i].goods->invoiced -= k->parts[i].quantity;
    }
    k->n_parts = 0;
}

static int part_order(const void *a, const void *b)
{
    const struct claim_part *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->goods == NULL || y->goods == NULL)
        return (x->goods != NULL) - (y->goods != NULL);
    return goods_order(&x->goods, &y->goods);
}

void claims_finish(struct claims *k)
{
    if (k->n_parts == 0)
        return;
    qsort(k->parts, k->n_parts, sizeof(*k->parts), part_order);
    size_t kept = 0;
    for (size_t i = 0; i < k->n_parts; i++) {
        if (kept > 0 && part_order(&k->parts[kept - 1], &k->parts[i]) == 0)
            k->parts[kept - 1].quantity += k->parts[i].quantity;
        else
            k->parts[kept++] = k->parts[i];
    }
    k->n_parts = kept;
}

err invoice_share(const struct order_line *line, int64_t invoiced_after, int64_t net_before,
                  enum rounding rounding, int64_t *ret_net)
{
    int64_t after;
    TRY(money_share(line->net, invoiced_after, line->quantity, rounding, &after));
    *ret_net = after > net_before ? after - net_before : 0;
    return OK;
}

static int64_t net_before(const struct invoiced_net_list *before, int64_t order_line_no)
{
    size_t low = 0, high = before->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (before->v[middle].order_line_no < order_line_no)
            low = middle + 1;
        else
            high = middle;
    }
    return low < before->n && before->v[low].order_line_no == order_line_no ? before->v[low].net
                                                                            : 0;
}

/* Then the line's net does not follow from quantity, price and percentage. */
static bool discounted_in_amounts(const struct order_line *l)
{
    return l->discount_amount != 0 || l->order_discount != 0;
}

/* The parts of one order line, as one line of the calculation: a line that is invoiced whole is
 * computed as the order computed it, so that both show the same tax. */
static err price_line(const struct claim_part *parts, size_t n,
                      const struct invoiced_net_list *before, enum rounding rounding,
                      struct totals_line *ret)
{
    const struct order_line *line = parts[0].line;
    int64_t quantity = 0;
    for (size_t i = 0; i < n; i++)
        quantity += parts[i].quantity;
    *ret = (struct totals_line){.quantity = quantity,
                                .unit_price = line->unit_price,
                                .discount_percent = line->discount_percent,
                                .tax_code_id = line->tax_code_id,
                                .tax_rate = line->tax_rate,
                                .net = NIL64};
    if (quantity == line->quantity && !discounted_in_amounts(line))
        return OK;
    return invoice_share(line, line->invoiced, net_before(before, line->line_no), rounding,
                         &ret->net);
}

/* What amounts took off a part: the difference to what the rest of it says. */
static err amount_off(const struct claim_part *p, int64_t net, int exponent, enum rounding rounding,
                      int64_t *ret)
{
    *ret = 0;
    if (!discounted_in_amounts(p->line))
        return OK;
    int64_t full;
    TRY(money_line_net(p->quantity, p->line->unit_price, p->line->discount_percent, exponent,
                       rounding, &full));
    *ret = full > net ? full - net : 0;
    return OK;
}

static size_t parts_of_line(const struct claims *k, size_t from)
{
    size_t end = from + 1;
    while (end < k->n_parts && k->parts[end].line == k->parts[from].line)
        end++;
    return end - from;
}

/* Splits what a line costs over its n parts. */
static err split_line(const struct claims *k, size_t from, size_t n, const struct totals_line *t,
                      int exponent, enum rounding rounding, int64_t line_no,
                      struct invoice_line *out)
{
    int64_t *weights = ARENA_ARRAY(k->arena, int64_t, n);
    int64_t *nets = ARENA_ARRAY(k->arena, int64_t, n);
    int64_t *taxes = ARENA_ARRAY(k->arena, int64_t, n);
    for (size_t i = 0; i < n; i++)
        weights[i] = k->parts[from + i].quantity;
    TRY(money_allocate(t->net, weights, n, nets));
    TRY(money_allocate(t->tax, weights, n, taxes));
    for (size_t i = 0; i < n; i++) {
        const struct claim_part *p = &k->parts[from + i];
        out[i] = (struct invoice_line){
            .line_no = line_no + (int64_t)i,
            .order_id = k->order->id,
            .order_line_no = p->line->line_no,
            .shipment_id = p->goods ? p->goods->shipment_id : NIL64,
            .shipment_line_no = p->goods ? p->goods->line_no : NIL64,
            .product_id = p->line->product_id,
            .sku = p->line->sku,
            .description = p->line->description,
            .quantity = p->quantity,
            .unit_price = p->line->unit_price,
            .discount_percent = p->line->discount_percent,
            .tax_code_id = p->line->tax_code_id,
            .tax_rate = p->line->tax_rate,
            .net = nets[i],
            .tax = taxes[i],
            .gross = nets[i] + taxes[i],
        };
        TRY(amount_off(p, nets[i], exponent, rounding, &out[i].discount_amount));
    }
    return OK;
}

static bool is_charged(const struct claims *k, const struct shipment_state *s)
{
    for (size_t i = 0; i < k->n_charges; i++)
        if (k->charges[i].shipment == s)
            return true;
    return false;
}

err claims_charge(struct claims *k, const struct shipment_state_list *shipments,
                  const struct tax_rate_facts_list *rates, int32_t date)
{
    for (size_t i = 0; i < k->n_parts; i++) {
        struct shipment_state *s = k->parts[i].goods == NULL
                                       ? NULL
                                       : shipment_state_find(shipments,
                                                             k->parts[i].goods->shipment_id);
        if (s == NULL || s->freight == NIL64 || s->freight_invoice_id != NIL64 || is_charged(k, s))
            continue;
        if (k->charges == NULL)
            k->charges = ARENA_ARRAY(k->arena, struct claim_charge, shipments->n);
        struct claim_charge *c = &k->charges[k->n_charges++];
        c->shipment = s;
        TRY(tax_rate_on(rates, s->freight_tax_code_id, date, &c->tax_rate));
    }
    return OK;
}

static struct totals_line charge_totals(const struct claim_charge *c)
{
    return (struct totals_line){.quantity = DECIMAL_ONE,
                                .tax_code_id = c->shipment->freight_tax_code_id,
                                .tax_rate = c->tax_rate,
                                .net = c->shipment->freight};
}

/* Its unit price is its net: one of it, in major units. */
static err charge_line(const struct claims *k, const struct claim_charge *c,
                       const struct totals_line *t, int exponent, int64_t line_no,
                       struct invoice_line *ret)
{
    int64_t unit_price = t->net;
    for (int i = exponent; i < DECIMAL_SCALE; i++)
        if (__builtin_mul_overflow(unit_price, 10, &unit_price))
            return ERR_OVERFLOW;
    *ret = (struct invoice_line){
        .line_no = line_no,
        .order_id = NIL64,
        .order_line_no = NIL64,
        .shipment_id = c->shipment->id,
        .shipment_line_no = NIL64,
        .product_id = NIL64,
        .description = arena_printf(k->arena, "%s %s", c->shipment->freight_description,
                                    c->shipment->number),
        .quantity = DECIMAL_ONE,
        .unit_price = unit_price,
        .tax_code_id = t->tax_code_id,
        .tax_rate = t->tax_rate,
        .net = t->net,
        .tax = t->tax,
        .gross = t->gross,
    };
    return OK;
}

/* The lines of the calculation: one a line of the order, then one a charge. */
static err priced_lines(const struct claims *k, const struct invoiced_net_list *before,
                        enum rounding rounding, struct totals_line *ret, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < k->n_parts; i += parts_of_line(k, i))
        TRY(price_line(&k->parts[i], parts_of_line(k, i), before, rounding, &ret[n++]));
    for (size_t i = 0; i < k->n_charges; i++)
        ret[n++] = charge_totals(&k->charges[i]);
    *ret_n = n;
    return OK;
}

/* What they cost, as lines of the invoice from line_no on. */
static err invoice_lines_of(const struct claims *k, const struct totals_line *priced, int exponent,
                            enum rounding rounding, int64_t line_no, struct invoice_line *out)
{
    size_t n = 0;
    for (size_t i = 0; i < k->n_parts; i += parts_of_line(k, i))
        TRY(split_line(k, i, parts_of_line(k, i), &priced[n++], exponent, rounding,
                       line_no + (int64_t)i, &out[i]));
    for (size_t i = 0; i < k->n_charges; i++)
        TRY(charge_line(k, &k->charges[i], &priced[n++], exponent,
                        line_no + (int64_t)(k->n_parts + i), &out[k->n_parts + i]));
    return OK;
}

err claims_price_joint(const struct claims *k, size_t n,
                       const struct invoiced_net_list *const *before, int exponent,
                       enum rounding rounding, bool tax_per_line, struct invoice_line_list *ret,
                       struct totals *ret_totals)
{
    size_t most = 0, used = 0, *from = ARENA_ARRAY(k->arena, size_t, n);
    for (size_t i = 0; i < n; i++)
        most += k[i].n_parts + k[i].n_charges;
    struct totals_line *priced = ARENA_ARRAY(k->arena, struct totals_line, most);
    for (size_t i = 0; i < n; i++) {
        size_t some;
        from[i] = used;
        TRY(priced_lines(&k[i], before[i], rounding, &priced[used], &some));
        used += some;
    }
    TRY(totals_compute(priced, used, exponent, rounding, tax_per_line, ret_totals));

    *ret = (struct invoice_line_list){.v = ARENA_ARRAY(k->arena, struct invoice_line, most)};
    for (size_t i = 0; i < n; i++) {
        TRY(invoice_lines_of(&k[i], &priced[from[i]], exponent, rounding, (int64_t)ret->n + 1,
                             &ret->v[ret->n]));
        ret->n += k[i].n_parts + k[i].n_charges;
    }
    return OK;
}

err claims_price(const struct claims *k, const struct invoiced_net_list *before, int exponent,
                 enum rounding rounding, bool tax_per_line, struct invoice_line_list *ret,
                 struct totals *ret_totals)
{
    return claims_price_joint(k, 1, &before, exponent, rounding, tax_per_line, ret, ret_totals);
}

/* ---- credit notes ---- */

struct invoice_line *invoice_line_find(const struct invoice_line_list *lines, int64_t line_no)
{
    /* Lines are numbered from 1 without gaps. */
    return line_no >= 1 && (uint64_t)line_no <= lines->n ? &lines->v[line_no - 1] : NULL;
}

static err credit_net(const struct invoice_line *i, struct credit_note_line *l,
                      enum rounding rounding)
{
    int64_t left_quantity = i->quantity - i->credited_quantity;
    int64_t left_net = i->net - i->credited_net;
    if (l->credited_quantity == 0)
        return l->net > left_net ? ERR_AMOUNT_EXCEEDED : OK;
    if (l->credited_quantity > left_quantity)
        return ERR_QUANTITY_EXCEEDED;
    if (l->credited_quantity < left_quantity)
        return money_share(left_net, l->credited_quantity, left_quantity, rounding, &l->net);
    l->net = left_net;
    return OK;
}

/* Tax of the lines that leave something: by rate, within what is left. */
static err credit_tax(const struct invoice_line_list *invoice, struct credit_note_line *lines,
                      size_t n, int exponent, enum rounding rounding, bool tax_per_line)
{
    struct totals_line *taxed = calloc(n + 1, sizeof(*taxed));
    size_t *at = calloc(n + 1, sizeof(*at));
    assert(taxed != NULL && at != NULL);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        struct invoice_line *of = invoice_line_find(invoice, lines[i].invoice_line_no);
        lines[i].tax = of->tax - of->credited_tax;
        if (lines[i].net == of->net - of->credited_net)
            continue;
        taxed[used] = (struct totals_line){
            .net = lines[i].net, .tax_code_id = of->tax_code_id, .tax_rate = of->tax_rate};
        at[used++] = i;
    }
    struct totals ignored;
    err e = totals_compute(taxed, used, exponent, rounding, tax_per_line, &ignored);
    for (size_t i = 0; e == OK && i < used; i++)
        if (taxed[i].tax < lines[at[i]].tax)
            lines[at[i]].tax = taxed[i].tax;
    free(taxed);
    free(at);
    return e;
}

err credit_amounts(const struct invoice_line_list *invoice, struct credit_note_line *lines,
                   size_t n, int exponent, enum rounding rounding, bool tax_per_line,
                   struct totals *ret, size_t *ret_at)
{
    for (size_t i = 0; i < n; i++) {
        *ret_at = i;
        TRY(credit_net(invoice_line_find(invoice, lines[i].invoice_line_no), &lines[i], rounding));
    }
    TRY(credit_tax(invoice, lines, n, exponent, rounding, tax_per_line));
    struct totals sum = {0};
    for (size_t i = 0; i < n; i++) {
        TRY(add64(lines[i].net, lines[i].tax, &lines[i].gross));
        TRY(add64(sum.net, lines[i].net, &sum.net));
        TRY(add64(sum.tax, lines[i].tax, &sum.tax));
    }
    TRY(add64(sum.net, sum.tax, &sum.gross));
    *ret = sum;
    return OK;
}

/* ---- states ---- */

const char *invoice_status_of(int64_t gross, int64_t open)
{
    if (open == 0)
        return "paid";
    return open < gross ? "partially_paid" : "finalized";
}

static int progress(const char *status)
{
    if (strcmp(status, "paid") == 0)
        return 2;
    return strcmp(status, "partially_paid") == 0;
}

const char *invoice_settled_event(const char *was, const char *now)
{
    if (progress(now) < progress(was))
        return "invoice.reopened";
    if (progress(now) == 1)
        return "invoice.partially_paid";
    return progress(now) == 2 && progress(was) < 2 ? "invoice.paid" : NULL;
}

bool invoice_takes_money(const struct invoice_state *i)
{
    return strcmp(i->status, "finalized") == 0 || strcmp(i->status, "partially_paid") == 0;
}

bool invoice_can_void(const char *status, int64_t gross, int64_t open, int64_t credited)
{
    if (strcmp(status, "draft") == 0)
        return true;
    bool untouched = strcmp(status, "finalized") == 0 ||
                     (strcmp(status, "paid") == 0 && gross == 0);
    return untouched && open == gross && credited == 0;
}

static int tax_order(const void *a, const void *b)
{
    const struct tax_summary *x = a, *y = b;
    if (x->tax_code_id != y->tax_code_id)
        return x->tax_code_id < y->tax_code_id ? -1 : 1;
    return (x->tax_rate > y->tax_rate) - (x->tax_rate < y->tax_rate);
}

struct tax_summary_list tax_summary_of(struct arena *a, const struct totals_line *lines, size_t n)
{
    struct tax_summary_list list = {.v = ARENA_ARRAY(a, struct tax_summary, n)};
    for (size_t i = 0; i < n; i++)
        list.v[i] = (struct tax_summary){.tax_code_id = lines[i].tax_code_id,
                                         .tax_rate = lines[i].tax_rate,
                                         .net = lines[i].net,
                                         .tax = lines[i].tax};
    if (n > 0)
        qsort(list.v, n, sizeof(*list.v), tax_order);
    for (size_t i = 0; i < n; i++) {
        if (list.n > 0 && tax_order(&list.v[list.n - 1], &list.v[i]) == 0) {
            list.v[list.n - 1].net += list.v[i].net;
            list.v[list.n - 1].tax += list.v[i].tax;
        } else {
            list.v[list.n++] = list.v[i];
        }
    }
    return list;
}
