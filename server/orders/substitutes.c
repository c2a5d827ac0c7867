/* Substitutes of what orders wait for: which there are, and which one to take. */
#include "backorders.sql.h"
#include "lib/base/decimal.h"
#include "orders.sql.h"
#include "server/orders/place.h"
#include <string.h>

const char *const order_substitutions[] = {"none", "propose", "accept", NULL};
const char *const order_substitute_prices[] = {"keep", "reprice", NULL};

JSON_TYPE(order_substitute_line, ORDER_SUBSTITUTE_LINE_FIELDS, .doc = "A line to replace.");
JSON_TYPE(order_substitute, ORDER_SUBSTITUTE_FIELDS, .doc = "What to deliver instead.");
JSON_TYPE(substitute_offer, SUBSTITUTE_OFFER_FIELDS, .doc = "What could be delivered instead.");

bool line_may_substitute(const struct order_line *l)
{
    return l->substitution != NULL && strcmp(l->substitution, "none") != 0;
}

bool line_accepts_substitute(const struct order_line *l)
{
    return l->substitution != NULL && strcmp(l->substitution, "accept") == 0;
}

err substitutes_find(struct tx *tx, const struct stock_key *keys, size_t n,
                     struct substitute_facts_list *ret)
{
    *ret = (struct substitute_facts_list){0};
    return n > 0 ? substitutes_of_stock(tx, keys, n, ret) : OK;
}

err order_substitutes_find(struct tx *tx, const struct order_line *lines, size_t n,
                           struct substitute_facts_list *ret)
{
    struct stock_key *keys = NULL;
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        const struct order_line *l = &lines[i];
        if (!line_may_substitute(l) || l->warehouse_id == NIL64 ||
            line_open_quantity(l) <= l->reserved)
            continue;
        if (keys == NULL)
            keys = ARENA_ARRAY(tx->arena, struct stock_key, n);
        keys[k++] = (struct stock_key){l->product_id, l->warehouse_id};
    }
    return substitutes_find(tx, keys, k, ret);
}

struct substitute_offer_list substitute_offers(struct arena *a,
                                               const struct substitute_facts_list *list,
                                               int64_t product_id, int64_t warehouse_id)
{
    struct substitute_offer_list ret = {0};
    for (size_t i = 0; list != NULL && i < list->n; i++) {
        const struct substitute_facts *s = &list->v[i];
        if (s->product_id != product_id || s->warehouse_id != warehouse_id)
            continue;
        if (ret.v == NULL)
            ret.v = ARENA_ARRAY(a, struct substitute_offer, SUBSTITUTES_MAX);
        ret.v[ret.n++] = (struct substitute_offer){.product_id = s->substitute_id,
                                                   .sku = s->sku,
                                                   .rank = s->rank,
                                                   .available = s->available};
    }
    return ret;
}

err order_lines_substitution_store(struct tx *tx, int64_t order_id, const struct order_line *lines,
                                   size_t n)
{
    struct order_lines_substitution_l *rows = NULL;
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (!line_may_substitute(&lines[i]) && lines[i].substitutes_line_no == NIL64)
            continue;
        if (rows == NULL)
            rows = ARENA_ARRAY(tx->arena, struct order_lines_substitution_l, n);
        rows[k++] = (struct order_lines_substitution_l){
            .order_id = order_id,
            .line_no = lines[i].line_no,
            .substitution = line_may_substitute(&lines[i]) ? lines[i].substitution : NULL,
            .substitutes_line_no = lines[i].substitutes_line_no};
    }
    return k > 0 ? order_lines_substitution(tx, rows, k) : OK;
}

const char *order_name_substitutes(struct arena *a, const char *reason,
                                   const struct order_line *lines, size_t n,
                                   const struct substitute_facts_list *substitutes)
{
    for (size_t i = 0; i < n; i++) {
        const struct order_line *l = &lines[i];
        struct substitute_offer_list offers = substitute_offers(
            a, line_may_substitute(l) ? substitutes : NULL, l->product_id, l->warehouse_id);
        for (size_t j = 0; j < offers.n; j++) {
            char text[DECIMAL_TEXT_MAX];
            decimal_format(offers.v[j].available, DECIMAL_SCALE, 0, text);
            if (offers.v[j].available > 0)
                reason = arena_printf(a, "%s Instead of line %lld %s of %s could go.", reason,
                                      (long long)l->line_no, text, offers.v[j].sku);
        }
    }
    return reason;
}

/* What the lines that take substitutes would lack if they were reserved now, one after the other.
 */
static size_t short_of(const struct order_state *o, const struct stock_facts_list *stock,
                       struct substitute_wish *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_lines; i++) {
        const struct order_line *l = &o->lines[i];
        struct stock_facts *s = stock_find(stock, l->product_id, l->warehouse_id);
        int64_t wanted = line_open_quantity(l) - l->reserved, available = stock_available(s);
        if (strcmp(l->kind, "stock") != 0 || wanted <= 0)
            continue;
        if (s != NULL)
            s->reserved += wanted < available ? wanted : available;
        if (wanted > available && line_accepts_substitute(l))
            ret[n++] = (struct substitute_wish){.line_no = l->line_no,
                                                .product_id = NIL64,
                                                .quantity = wanted - available,
                                                .optional = true};
    }
    return n;
}

/* Stock is looked at without a lock: confirming looks again. */
err order_accept_substitutes(struct tx *tx, struct call *c, struct order_state *o)
{
    bool accepts = false;
    struct stock_facts_list stock;
    struct order_state_list again;
    for (size_t i = 0; i < o->n_lines; i++)
        accepts = accepts || line_accepts_substitute(&o->lines[i]);
    if (!accepts)
        return OK;
    struct substitute_wish *wishes = ARENA_ARRAY(tx->arena, struct substitute_wish, o->n_lines);
    TRY(order_stock_now(tx, o->id, &stock));
    size_t n = short_of(o, &stock, wishes);
    if (n == 0)
        return OK;
    TRY(order_substitute(tx, c, o, wishes, n, "A substitute has what is short.", NULL));
    TRY(orders_lock(tx, &o->id, 1, &again));
    if (again.n != 1)
        return ERR_NO_ROW;
    again.v[0].held = o->held; /* holds may be released, and not stored yet */
    again.v[0].waits = o->waits;
    *o = again.v[0];
    return OK;
}
