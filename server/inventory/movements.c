/* Receive, return and adjust stock: up to 10,000 movements of a request, all or none. What arrives
 * is handed on to those who wait by a later stage (server/fulfillment). */
#include "inventory.sql.h"
#include "lib/base/decimal.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "server/events/events.h"
#include "server/inventory/internal.h"
#include "server/inventory/rules.h"
#include "server/routes_prototypes.h"
#include <stdlib.h>
#include <string.h>

/* What the movements of a request refer to. */
struct stock_intake {
    struct tx *tx;
    struct call *c;
    const struct stock_movement_entry *entries;
    size_t n;
    struct stock_naming *namings; /* as entries */
    struct stock_movements_taken_row_list taken;
    int64_t *supply_ids; /* distinct */
    size_t n_supplies;
    struct stock_movement_new *movements; /* as entries, resolved */
    struct lot_entry_list lots;
};

static void entry_fault(struct stock_intake *k, size_t i, const char *member, const char *code,
                        const char *detail)
{
    struct problem *p = k->c->problem;
    fault(p, arena_printf(p->arena, "/movements/%zu/%s", i, member), code, "%s", detail);
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int taken_order(const void *a, const void *b)
{
    const struct stock_movements_taken_row *x = a, *y = b;
    return strcmp(x->external_id, y->external_id);
}

/* The references of all entries, and which external ids are taken. */
static err load_references(struct stock_intake *k)
{
    const char **external_ids = ARENA_ARRAY(k->tx->arena, const char *, k->n);
    int64_t *supplies = ARENA_ARRAY(k->tx->arena, int64_t, k->n);
    size_t n_external_ids = 0, n_supplies = 0;
    k->namings = ARENA_ARRAY(k->tx->arena, struct stock_naming, k->n);
    for (size_t i = 0; i < k->n; i++) {
        const struct stock_movement_entry *e = &k->entries[i];
        k->namings[i] = (struct stock_naming){.call = k->c,
                                              .at = arena_printf(k->tx->arena, "/movements/%zu", i),
                                              .product_id = e->product_id,
                                              .sku = e->sku,
                                              .warehouse_id = e->warehouse_id};
        if (e->external_id != NULL)
            external_ids[n_external_ids++] = e->external_id;
        if (e->supply_id != NIL64)
            supplies[n_supplies++] = e->supply_id;
    }
    if (n_external_ids > 0)
        TRY(stock_movements_taken_queue(k->tx, external_ids, n_external_ids, &k->taken));
    k->n_supplies = distinct_ids(supplies, n_supplies);
    k->supply_ids = supplies;
    TRY(stock_namings_resolve(k->tx, k->namings, k->n));
    if (k->taken.n > 0)
        qsort(k->taken.v, k->taken.n, sizeof *k->taken.v, taken_order);
    return OK;
}

static void check_lot(struct stock_intake *k, size_t i)
{
    bool named = k->entries[i].lot != NULL, by_lot = k->namings[i].by_lot;
    if (k->namings[i].key.product_id == NIL64 || named == by_lot)
        return;
    if (by_lot)
        entry_fault(k, i, "lot", "required", "The product tracks lots: name the lot.");
    else
        entry_fault(k, i, "lot", "not_tracked", "The product does not track lots; leave it out.");
}

static void resolve(struct stock_intake *k)
{
    k->movements = ARENA_ARRAY(k->tx->arena, struct stock_movement_new, k->n);
    for (size_t i = 0; i < k->n; i++) {
        const struct stock_movement_entry *e = &k->entries[i];
        const char *why = stock_quantity_fault(e->kind, e->quantity);
        if (why != NULL)
            entry_fault(k, i, "quantity", "sign", why);
        if (e->supply_id != NIL64 && strcmp(e->kind, "receipt") != 0)
            entry_fault(k, i, "supply_id", "not_a_receipt",
                        "Only a receipt brings a supply; leave supply_id out.");
        check_lot(k, i);
        k->movements[i] = (struct stock_movement_new){
            .id = id_new(),
            .external_id = e->external_id,
            .product_id = k->namings[i].key.product_id,
            .warehouse_id = k->namings[i].key.warehouse_id,
            .kind = e->kind,
            .quantity = e->quantity,
            .document_id = e->supply_id,
            .lot_id = NIL64,
            .reason = e->reason,
            .effective_date = e->effective_date == NIL32 ? k->tx->today : e->effective_date,
        };
    }
}

/* The same external id twice in one request: which of the two would it name? */
static void refuse_repeats(struct stock_intake *k)
{
    const char **sorted = ARENA_ARRAY(k->tx->arena, const char *, k->n);
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++) {
        if (k->entries[i].external_id != NULL)
            sorted[n++] = k->entries[i].external_id;
    }
    qsort(sorted, n, sizeof *sorted, text_order);
    const char **repeated = ARENA_ARRAY(k->tx->arena, const char *, n);
    size_t n_repeated = 0;
    for (size_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            repeated[n_repeated++] = sorted[i];
    }
    for (size_t i = 0; n_repeated > 0 && i < k->n; i++) {
        const char *e = k->entries[i].external_id;
        if (e != NULL && bsearch(&e, repeated, n_repeated, sizeof *repeated, text_order) != NULL)
            entry_fault(k, i, "external_id", "repeated",
                        "The external id stands at more than one movement of this request.");
    }
}

static err refuse_taken(struct stock_intake *k)
{
    for (size_t i = 0; k->taken.n > 0 && i < k->n; i++) {
        struct stock_movements_taken_row key = {.external_id = k->entries[i].external_id};
        if (key.external_id == NULL)
            continue;
        const struct stock_movements_taken_row *row = bsearch(&key, k->taken.v, k->taken.n,
                                                              sizeof key, taken_order);
        if (row == NULL)
            continue;
        char text[ID_TEXT_MAX];
        id_format("mov", row->id, text);
        k->c->problem->conflicting_id = arena_strdup(k->c->problem->arena, text);
        return fail(k->c->problem, ERR_EXTERNAL_ID_TAKEN,
                    "Line %zu: the external id \"%s\" belongs to movement %s already.", i + 1,
                    row->external_id, text);
    }
    return OK;
}

static err check_periods(const struct stock_intake *k)
{
    err e = OK;
    for (size_t i = 0; i < k->n; i++) {
        err one = call_check_period(k->c, k->movements[i].effective_date,
                                    arena_printf(k->tx->arena, "/movements/%zu/effective_date", i));
        e = one != OK ? one : e;
    }
    return e;
}

static err lock_rows(struct stock_intake *k, struct stock_facts_list *ret)
{
    struct stock_key *keys = ARENA_ARRAY(k->tx->arena, struct stock_key, k->n);
    for (size_t i = 0; i < k->n; i++)
        keys[i] = k->namings[i].key;
    return stock_rows_lock_ensured(k->tx, keys, k->n, ret);
}

static err refuse_move(const struct stock_intake *k, size_t i, const struct stock_facts *f, err e)
{
    char text[DECIMAL_TEXT_MAX];
    if (e == ERR_OVERFLOW)
        return fail(k->c->problem, e, "Line %zu: the stock would become too large to count.",
                    i + 1);
    int64_t most = f->on_hand - f->blocked - f->reserved - f->held;
    decimal_format(most > 0 ? most : 0, DECIMAL_SCALE, 0, text);
    return fail(k->c->problem, e,
                "Line %zu: only %s is available to take away; the rest is reserved or not there.",
                i + 1, text);
}

/* Takes what moves out of the lot, or puts it in; lot NULL: not kept by lot. */
static err move_lot(const struct stock_intake *k, size_t i, struct lot_entry *lot)
{
    char text[DECIMAL_TEXT_MAX];
    int64_t quantity = k->movements[i].quantity;
    if (lot == NULL)
        return OK;
    if (quantity < 0 && lot->on_hand < -quantity) {
        decimal_format(lot->on_hand, DECIMAL_SCALE, 0, text);
        return fail(k->c->problem, ERR_INSUFFICIENT_STOCK,
                    "Line %zu: of lot %s only %s is there to take away.", i + 1, lot->lot_number,
                    text);
    }
    lot->on_hand += quantity; /* stock holds all lots and has not overflowed */
    return OK;
}

/* What the product said before its stock was locked may have changed. */
static err check_by_lot(const struct stock_intake *k, const struct stock_facts_list *facts)
{
    for (size_t i = 0; i < k->n; i++) {
        const struct stock_facts *f = stock_find(facts, k->namings[i].key.product_id,
                                                 k->namings[i].key.warehouse_id);
        if (f == NULL) /* ensured: the row cannot have gone */
            return fail(k->c->problem, ERR_INTERNAL, "A row of stock is missing.");
        if (f->by_lot != (k->entries[i].lot != NULL))
            return ERR_SERIALIZATION;
    }
    return OK;
}

static err move(const struct stock_intake *k, const struct stock_facts_list *facts)
{
    struct stock_delta *deltas = ARENA_ARRAY(k->tx->arena, struct stock_delta, k->n);
    for (size_t i = 0; i < k->n; i++) {
        const struct stock_movement_new *m = &k->movements[i];
        struct stock_facts *f = stock_find(facts, m->product_id, m->warehouse_id);
        struct lot_entry *lot = lot_entry_of(&k->lots, &k->namings[i].key, k->entries[i].lot);
        err e = stock_move(f, m->quantity, lot != NULL && (lot->blocked || lot->expired));
        if (e != OK)
            return refuse_move(k, i, f, e);
        TRY(move_lot(k, i, lot));
        deltas[i] = (struct stock_delta){
            .product_id = m->product_id, .warehouse_id = m->warehouse_id, .on_hand = m->quantity};
    }
    TRY(stock_apply(k->tx, deltas, k->n));
    TRY(lots_store(k->tx, k->c, &k->lots, k->movements, k->n));
    return stock_movements_record(k->tx, k->movements, k->n);
}

/* What a movement's event tells. */
#define STOCK_MOVED_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, choice, kind)                                                                         \
    VALUE(T, id, product_id, .prefix = "prd")                                                      \
    VALUE(T, id, warehouse_id, .prefix = "whs")                                                    \
    VALUE(T, decimal, quantity)                                                                    \
    VALUE(T, id, lot_id, .prefix = "lot", .omit_absent = true)                                     \
    VALUE(T, date, effective_date)
JSON_STRUCT(stock_moved, STOCK_MOVED_FIELDS);
JSON_TYPE(stock_moved, STOCK_MOVED_FIELDS, .doc = "A movement of stock.");

void stock_movements_tell(struct tx *tx, const struct call *c, const struct stock_movement_new *v,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct stock_movement_new *m = &v[i];
        struct stock_moved moved = {
            .kind = m->kind,
            .product_id = m->product_id,
            .warehouse_id = m->warehouse_id,
            .quantity = m->quantity,
            .lot_id = m->lot_id,
            .effective_date = m->effective_date,
        };
        event_push(tx, c, "stock.moved", "stock_movement", m->id, NULL,
                   call_json(tx->arena, &stock_moved_type, &moved, NULL));
    }
}

static err load_movements(struct stock_intake *k, struct stock_movements *ret)
{
    int64_t *ids = ARENA_ARRAY(k->tx->arena, int64_t, k->n);
    for (size_t i = 0; i < k->n; i++)
        ids[i] = k->movements[i].id;
    return stock_movements_load(k->tx, ids, k->n, &ret->movements);
}

err stock_intake_check(struct tx *tx, struct call *c, const struct stock_movements_new *in,
                       struct stock_intake **ret)
{
    struct stock_intake *k = ARENA_NEW(tx->arena, struct stock_intake);
    *k = (struct stock_intake){.tx = tx, .c = c, .entries = in->movements.v, .n = in->movements.n};
    TRY(load_references(k));
    resolve(k);
    refuse_repeats(k);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(refuse_taken(k));
    *ret = k;
    return check_periods(k);
}

size_t stock_intake_arrivals(const struct stock_intake *k, struct stock_key **ret)
{
    size_t n = 0;
    *ret = ARENA_ARRAY(k->tx->arena, struct stock_key, k->n);
    for (size_t i = 0; i < k->n; i++)
        if (k->movements[i].quantity > 0)
            (*ret)[n++] = k->namings[i].key;
    return stock_keys_sort(*ret, n);
}

err stock_intake_move(struct stock_intake *k, struct stock_facts_list *ret)
{
    TRY(lock_rows(k, ret));
    TRY(check_by_lot(k, ret));
    TRY(lots_resolve(k->tx, k->c, k->entries, k->movements, k->n, &k->lots));
    TRY(supplies_receive(k->tx, k->c, k->supply_ids, k->n_supplies, k->movements, k->n));
    TRY(move(k, ret));
    stock_movements_tell(k->tx, k->c, k->movements, k->n);
    return OK;
}

err stock_intake_show(struct stock_intake *k, struct stock_movements *ret)
{
    return load_movements(k, ret);
}

err stock_movements_get(struct tx *tx, struct call *c, const struct none *in,
                        struct stock_movement *ret)
{
    (void)in;
    struct stock_movement_list found;
    TRY(stock_movements_load(tx, &c->path_id[0], 1, &found));
    if (found.n == 0)
        return ERR_NO_ROW;
    *ret = found.v[0];
    return OK;
}
