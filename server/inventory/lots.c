/* Lots: what stock of a product is made of. They come with movements, expire by the clock, and can
 * be blocked; the row of stock counts what is not usable of it, so that a promise looks at one row.
 */
#include "lib/base/decimal.h"
#include "lib/base/find.h"
#include "lib/base/id.h"
#include "lots.sql.h"
#include "server/events/events.h"
#include "server/inventory/internal.h"
#include "server/inventory/rules.h"
#include "server/routes_prototypes.h"
#include <stdlib.h>
#include <string.h>

/* ---- for those who lock stock ---- */

err stock_lots_load(struct tx *tx, const struct stock_facts_list *locked,
                    struct lot_facts_list *ret)
{
    struct stock_key *keys = NULL;
    size_t n = 0;
    for (size_t i = 0; i < locked->n; i++) {
        if (!locked->v[i].by_lot)
            continue;
        if (keys == NULL)
            keys = ARENA_ARRAY(tx->arena, struct stock_key, locked->n);
        keys[n++] = (struct stock_key){locked->v[i].product_id, locked->v[i].warehouse_id};
    }
    *ret = (struct lot_facts_list){0};
    return n > 0 ? lots_of_stock(tx, keys, n, ret) : OK;
}

err lots_load(struct tx *tx, const int64_t *ids, size_t n, struct lot_facts_list *ret)
{
    *ret = (struct lot_facts_list){0};
    return n > 0 ? lots_by_id(tx, ids, n, ret) : OK;
}

err stock_lots_move(struct tx *tx, const struct lot_move *v, size_t n)
{
    struct lot_move *sums = ARENA_ARRAY(tx->arena, struct lot_move, n);
    if (n > 0)
        memcpy(sums, v, n * sizeof *v);
    n = lot_moves_sum(sums, n);
    if (n == 0)
        return OK;
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = (struct stock_key){sums[i].product_id, sums[i].warehouse_id};
    TRY(lots_move(tx, sums, n));
    return lots_settle(tx, keys, stock_keys_sort(keys, n));
}

static err expire(struct tx *tx, const struct stock_facts_list *locked,
                  const struct stock_key *keys, size_t n)
{
    struct lot_facts_list over;
    TRY(lots_expire(tx, keys, n, &over));
    for (size_t i = 0; i < over.n; i++) {
        const struct lot_facts *l = &over.v[i];
        if (!l->blocked)
            stock_find(locked, l->product_id, l->warehouse_id)->blocked += l->on_hand;
        event_push(tx, NULL, "stock_lot.expired", "stock_lot", l->id, "{\"status\":\"available\"}",
                   "{\"status\":\"expired\"}");
    }
    return lots_settle(tx, keys, n);
}

err lots_let_expire(struct tx *tx, const struct stock_facts_list *locked)
{
    struct stock_key *keys = NULL;
    size_t n = 0;
    for (size_t i = 0; i < locked->n; i++) {
        struct stock_facts *f = &locked->v[i];
        if (f->expires_on == NIL32 || f->expires_on >= tx->today)
            continue;
        if (keys == NULL)
            keys = ARENA_ARRAY(tx->arena, struct stock_key, locked->n);
        keys[n++] = (struct stock_key){f->product_id, f->warehouse_id};
        f->expires_on = NIL32;
    }
    return n > 0 ? expire(tx, locked, keys, n) : OK;
}

/* ---- with movements ---- */

static int id_order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int entry_order(const void *a, const void *b)
{
    const struct lot_entry *x = a, *y = b;
    int order = id_order(x->product_id, y->product_id);
    if (order == 0)
        order = id_order(x->warehouse_id, y->warehouse_id);
    return order != 0 ? order : strcmp(x->lot_number, y->lot_number);
}

struct lot_entry *lot_entry_of(const struct lot_entry_list *lots, const struct stock_key *key,
                               const struct stock_lot_named *named)
{
    if (named == NULL || lots->n == 0)
        return NULL;
    const struct lot_entry wanted = {.product_id = key->product_id,
                                     .warehouse_id = key->warehouse_id,
                                     .lot_number = named->lot_number};
    return bsearch(&wanted, lots->v, lots->n, sizeof wanted, entry_order);
}

static struct stock_key key_of(const struct stock_movement_new *m)
{
    return (struct stock_key){m->product_id, m->warehouse_id};
}

/* Each once; none of them known yet. */
static struct lot_entry_list name_lots(struct tx *tx, const struct stock_movement_entry *entries,
                                       const struct stock_movement_new *movements, size_t n)
{
    struct lot_entry_list ret = {.v = ARENA_ARRAY(tx->arena, struct lot_entry, n)};
    size_t named = 0;
    for (size_t i = 0; i < n; i++)
        if (entries[i].lot != NULL)
            ret.v[named++] = (struct lot_entry){.id = NIL64,
                                                .product_id = movements[i].product_id,
                                                .warehouse_id = movements[i].warehouse_id,
                                                .lot_number = entries[i].lot->lot_number,
                                                .expiry_date = NIL32,
                                                .best_before_date = NIL32};
    qsort(ret.v, named, sizeof *ret.v, entry_order);
    for (size_t i = 0; i < named; i++)
        if (ret.n == 0 || entry_order(&ret.v[ret.n - 1], &ret.v[i]) != 0)
            ret.v[ret.n++] = ret.v[i];
    return ret;
}

/* A lot that is new to a warehouse is what it is in others. */
static void recognize(const struct lot_entry_list *lots, const struct lot_entry_list *known)
{
    for (size_t i = known->n; i-- > 0;) {
        const struct lot_entry *k = &known->v[i];
        for (size_t j = 0; j < lots->n; j++) {
            struct lot_entry *l = &lots->v[j];
            if (l->id != NIL64 || l->product_id != k->product_id ||
                strcmp(l->lot_number, k->lot_number) != 0)
                continue;
            int64_t warehouse = l->warehouse_id;
            if (warehouse == k->warehouse_id) {
                *l = *k;
                continue;
            }
            l->expiry_date = k->expiry_date;
            l->best_before_date = k->best_before_date;
            l->supplier_reference = k->supplier_reference;
        }
    }
}

static void lot_fault(const struct call *c, size_t i, const char *member, const char *code,
                      const char *detail)
{
    struct problem *p = c->problem;
    fault(p, arena_printf(p->arena, "/movements/%zu/lot/%s", i, member), code, "%s", detail);
}

/* A lot stays what it was when it first came in, but for a correction of it. */
static void check_same(const struct call *c, size_t i, const struct stock_lot_named *in,
                       const struct lot_entry *l)
{
    static const char why[] = "The lot was recorded with another one: correct the lot first.";
    if (in->expiry_date != NIL32 && in->expiry_date != l->expiry_date)
        lot_fault(c, i, "expiry_date", "mismatch", why);
    if (in->best_before_date != NIL32 && in->best_before_date != l->best_before_date)
        lot_fault(c, i, "best_before_date", "mismatch", why);
    if (in->supplier_reference != NULL &&
        (l->supplier_reference == NULL ||
         strcmp(in->supplier_reference, l->supplier_reference) != 0))
        lot_fault(c, i, "supplier_reference", "mismatch", why);
}

static void come_in(const struct stock_lot_named *in, struct lot_entry *l)
{
    l->id = id_new();
    l->is_new = true;
    if (in->expiry_date != NIL32)
        l->expiry_date = in->expiry_date;
    if (in->best_before_date != NIL32)
        l->best_before_date = in->best_before_date;
    if (in->supplier_reference != NULL)
        l->supplier_reference = in->supplier_reference;
}

static void resolve_one(struct tx *tx, const struct call *c, size_t i,
                        const struct stock_lot_named *in, struct stock_movement_new *m,
                        struct lot_entry *l)
{
    if (l->id == NIL64 && m->quantity < 0) {
        lot_fault(c, i, "lot_number", "unknown_reference",
                  "Nothing of this lot has ever been in the warehouse.");
        return;
    }
    if (l->id == NIL64)
        come_in(in, l);
    check_same(c, i, in, l);
    m->lot_id = l->id;
    if (!l->expired && l->expiry_date != NIL32 && l->expiry_date < tx->today) {
        l->expired = true;
        l->comes_expired = !l->is_new;
    }
}

err lots_resolve(struct tx *tx, const struct call *c, const struct stock_movement_entry *entries,
                 struct stock_movement_new *movements, size_t n, struct lot_entry_list *ret)
{
    struct lot_entry_list known;
    *ret = name_lots(tx, entries, movements, n);
    if (ret->n == 0)
        return OK;
    TRY(lots_named(tx, ret->v, ret->n, &known));
    recognize(ret, &known);
    for (size_t i = 0; i < n; i++) {
        struct stock_key key = key_of(&movements[i]);
        if (entries[i].lot != NULL)
            resolve_one(tx, c, i, entries[i].lot, &movements[i],
                        lot_entry_of(ret, &key, entries[i].lot));
    }
    return c->problem->code;
}

static err store_expired(struct tx *tx, const struct lot_entry_list *lots)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, lots->n);
    size_t n = 0;
    for (size_t i = 0; i < lots->n; i++)
        if (lots->v[i].comes_expired)
            ids[n++] = lots->v[i].id;
    return n > 0 ? lots_set_expired(tx, ids, n) : OK;
}

static err store_new(struct tx *tx, const struct call *c, const struct lot_entry_list *lots)
{
    struct lot_entry *rows = ARENA_ARRAY(tx->arena, struct lot_entry, lots->n);
    size_t n = 0;
    for (size_t i = 0; i < lots->n; i++) {
        const struct lot_entry *l = &lots->v[i];
        if (!l->is_new)
            continue;
        rows[n++] = *l;
        struct stock_lot_named now = {.lot_number = l->lot_number,
                                      .expiry_date = l->expiry_date,
                                      .best_before_date = l->best_before_date,
                                      .supplier_reference = l->supplier_reference};
        event_push(tx, c, "stock_lot.created", "stock_lot", l->id, NULL,
                   call_json(tx->arena, &stock_lot_named_type, &now, NULL));
    }
    return n > 0 ? lots_insert(tx, rows, n) : OK;
}

err lots_store(struct tx *tx, const struct call *c, const struct lot_entry_list *lots,
               const struct stock_movement_new *movements, size_t n)
{
    if (lots->n == 0)
        return OK;
    struct lot_move *moves = ARENA_ARRAY(tx->arena, struct lot_move, n);
    size_t moved = 0;
    for (size_t i = 0; i < n; i++)
        if (movements[i].lot_id != NIL64)
            moves[moved++] = (struct lot_move){movements[i].lot_id, movements[i].product_id,
                                               movements[i].warehouse_id, movements[i].quantity};
    TRY(store_new(tx, c, lots));
    TRY(store_expired(tx, lots));
    return stock_lots_move(tx, moves, moved);
}

/* ---- what happens to one ---- */

/* The lot of the path behind the lock of its stock, as it is shown. */
struct lot_locked {
    struct stock_facts_list stock;
    struct lot_facts lot;
    struct stock_lot before;
};

static err lock_lot(struct tx *tx, const struct call *c, struct lot_locked *ret)
{
    struct stock_key key;
    struct lot_facts_list lots;
    TRY(lot_key(tx, c->path_id[0], &key));
    TRY(stock_lock(tx, &key, 1, &ret->stock));
    TRY(lots_load(tx, c->path_id, 1, &lots));
    TRY(lot_show(tx, c->path_id[0], &ret->before));
    if (lots.n != 1 || ret->stock.n != 1)
        return ERR_NO_ROW;
    ret->lot = lots.v[0];
    return call_check_version(c, ret->before.version);
}

/* What is reserved and held would no longer be covered by what is usable. */
static err refuse_short(const struct call *c, const struct lot_locked *k)
{
    char usable[DECIMAL_TEXT_MAX], wanted[DECIMAL_TEXT_MAX];
    const struct stock_facts *f = &k->stock.v[0];
    int64_t left = f->on_hand - f->blocked - k->lot.on_hand;
    decimal_format(left > 0 ? left : 0, DECIMAL_SCALE, 0, usable);
    decimal_format(f->reserved + f->held, DECIMAL_SCALE, 0, wanted);
    return fail(c->problem, ERR_INSUFFICIENT_STOCK,
                "Without lot %s, %s of %s can ship, %s are reserved or held: release them first, "
                "or say allow_shortage.",
                k->lot.lot_number, usable, k->before.sku, wanted);
}

static bool makes_short(const struct lot_locked *k)
{
    return !lot_unusable(&k->lot) && k->lot.on_hand > 0 &&
           stock_short_without(&k->stock.v[0], k->lot.on_hand);
}

/* Behind a change of the lot: its stock, the answer, the event. */
static err settle(struct tx *tx, const struct call *c, const struct lot_locked *k,
                  const char *event, const char *reason, struct stock_lot *ret)
{
    struct stock_key key = {k->lot.product_id, k->lot.warehouse_id};
    TRY(lots_settle(tx, &key, 1));
    if (lot_unusable(&k->lot))
        TRY(stock_freed_note(tx, &key, 1)); /* it may be good again */
    TRY(lot_show(tx, k->lot.id, ret));
    struct stock_lot_unblock why = {.reason = reason};
    const char *now = call_json(tx->arena, &stock_lot_type, ret, NULL);
    if (reason != NULL) /* the lot as it is now, and why */
        now = arena_printf(tx->arena, "%.*s,%s", (int)strlen(now) - 1, now,
                           call_json(tx->arena, &stock_lot_unblock_type, &why, NULL) + 1);
    event_push(tx, c, event, "stock_lot", k->lot.id,
               call_json(tx->arena, &stock_lot_type, &k->before, NULL), now);
    return OK;
}

err stock_lots_get(struct tx *tx, struct call *c, const struct none *in, struct stock_lot *ret)
{
    (void)in;
    return lot_show(tx, c->path_id[0], ret);
}

err stock_lots_block(struct tx *tx, struct call *c, const struct stock_lot_block *in,
                     struct stock_lot *ret)
{
    struct lot_locked k;
    TRY(lock_lot(tx, c, &k));
    if (k.lot.blocked)
        return fail(c->problem, ERR_WRONG_STATE, "Lot %s is blocked already: %s", k.lot.lot_number,
                    k.lot.block_reason);
    if (!in->allow_shortage && makes_short(&k))
        return refuse_short(c, &k);
    TRY(lot_set_block(tx, k.lot.id, true, in->reason));
    return settle(tx, c, &k, "stock_lot.blocked", NULL, ret);
}

err stock_lots_unblock(struct tx *tx, struct call *c, const struct stock_lot_unblock *in,
                       struct stock_lot *ret)
{
    struct lot_locked k;
    TRY(lock_lot(tx, c, &k));
    if (!k.lot.blocked)
        return fail(c->problem, ERR_WRONG_STATE, "Lot %s is not blocked.", k.lot.lot_number);
    TRY(lot_set_block(tx, k.lot.id, false, NULL));
    return settle(tx, c, &k, "stock_lot.unblocked", in->reason, ret);
}

err stock_lots_patch(struct tx *tx, struct call *c, const struct stock_lot_patch *in,
                     struct stock_lot *ret)
{
    struct lot_locked k;
    TRY(lock_lot(tx, c, &k));
    struct stock_lot after = k.before;
    if (JSON_HAS(stock_lot_patch, in, expiry_date))
        after.expiry_date = in->expiry_date;
    if (JSON_HAS(stock_lot_patch, in, best_before_date))
        after.best_before_date = in->best_before_date;
    if (JSON_HAS(stock_lot_patch, in, supplier_reference))
        after.supplier_reference = in->supplier_reference;
    bool expired = after.expiry_date != NIL32 && after.expiry_date < tx->today;
    if (expired && !in->allow_shortage && makes_short(&k))
        return refuse_short(c, &k);
    TRY(lot_correct(tx, k.lot.id, after.expiry_date, after.best_before_date,
                    after.supplier_reference, expired));
    return settle(tx, c, &k, "stock_lot.corrected", NULL, ret);
}

/* ---- where it went ---- */

err stock_lots_trace(struct tx *tx, struct call *c, const struct none *in,
                     struct stock_lot_trace *ret)
{
    (void)in;
    struct stock_lot of;
    struct lot_trace_sums_row sums;
    TRY(lot_show(tx, c->path_id[0], &of));
    *ret = (struct stock_lot_trace){
        .lot_number = of.lot_number, .product_id = of.product_id, .sku = of.sku};
    TRY(lots_show_queue(tx, of.product_id, of.lot_number, &ret->lots));
    TRY(lot_traced_queue(tx, of.product_id, of.lot_number, LOT_TRACE_MAX + 1, &ret->shipments));
    TRY(lot_trace_sums(tx, of.product_id, of.lot_number, &sums));
    ret->on_hand = sums.on_hand;
    ret->shipped = sums.shipped;
    ret->returned = sums.returned;
    ret->customers = sums.customers;
    ret->truncated = ret->shipments.n > LOT_TRACE_MAX;
    if (ret->truncated)
        ret->shipments.n = LOT_TRACE_MAX;
    return OK;
}
