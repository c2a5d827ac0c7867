/* Counts: a sheet says what should be there, what was counted is entered, posting corrects the
 * stock. What was counted is compared with the books of the moment in which it is entered, so that
 * what moves before or after it stays right. The count is locked before the stock. */
#include "counts.sql.h"
#include "inventory.sql.h"
#include "lib/base/decimal.h"
#include "lib/base/find.h"
#include "lib/base/id.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/inventory/internal.h"
#include "server/inventory/rules.h"
#include "server/routes_prototypes.h"
#include <inttypes.h>
#include <string.h>

const char *const stock_count_statuses[] = {"open", "posted", "canceled", NULL};

JSON_TYPE(stock_count_product, STOCK_COUNT_PRODUCT_FIELDS, .doc = "A product to count.");
JSON_TYPE(stock_count_new, STOCK_COUNT_NEW_FIELDS, .doc = "A count to make.");
JSON_TYPE(stock_count_entry, STOCK_COUNT_ENTRY_FIELDS, .doc = "What was counted of a product.");
JSON_TYPE(stock_count_entries, STOCK_COUNT_ENTRIES_FIELDS, .doc = "What was counted.");
JSON_TYPE(stock_count_line, STOCK_COUNT_LINE_FIELDS, .doc = "A product of a count.");
JSON_TYPE(stock_count_summary, STOCK_COUNT_HEADER_FIELDS, .doc = "A count without its lines.");
JSON_TYPE(stock_count, STOCK_COUNT_FIELDS, .doc = "A count of stock.");

static err show(struct tx *tx, int64_t id, struct stock_count *ret)
{
    struct stock_count_line_list lines;
    TRY(count_lines_queue(tx, id, &lines));
    TRY(count_header(tx, id, ret));
    ret->lines = lines;
    return OK;
}

static void tell(struct tx *tx, const struct call *c, const char *what, int64_t id, const char *was,
                 const char *now)
{
    event_push(tx, c, arena_printf(tx->arena, "stock_count.%s", what), "stock_count", id,
               was != NULL ? arena_printf(tx->arena, "{\"status\":\"%s\"}", was) : NULL,
               arena_printf(tx->arena, "{\"status\":\"%s\"}", now));
}

/* ---- the sheet ---- */

static err check_free(struct tx *tx, const struct call *c, const char *external_id)
{
    struct count_by_external_id_row holder;
    bool found = false;
    if (external_id != NULL)
        TRY(count_by_external_id(tx, external_id, &holder, &found));
    return found ? external_id_taken(c, "cnt", holder.id) : OK;
}

/* A line for each product, or for each of its lots. */
static err lines_of_lots(struct tx *tx, const struct call *c, int64_t warehouse,
                         const struct stock_naming *named, size_t n,
                         struct stock_count_line_list *ret)
{
    struct stock_count_line_list lots = {0};
    int64_t *tracked = ARENA_ARRAY(tx->arena, int64_t, n);
    size_t n_tracked = 0, used = 0;
    for (size_t i = 0; i < n; i++)
        if (named[i].by_lot)
            tracked[n_tracked++] = named[i].key.product_id;
    if (n_tracked == 0)
        return OK;
    TRY(count_lots(tx, warehouse, tracked, n_tracked, &lots));
    ret->v = ARENA_ARRAY(tx->arena, struct stock_count_line, n + lots.n);
    for (size_t i = 0; i < n; i++) {
        size_t before = used;
        if (!named[i].by_lot)
            ret->v[used++] = (struct stock_count_line){.product_id = named[i].key.product_id,
                                                       .lot_id = NIL64};
        for (size_t j = 0; named[i].by_lot && j < lots.n; j++)
            if (lots.v[j].product_id == named[i].key.product_id)
                ret->v[used++] = lots.v[j];
        if (used == before)
            fault(c->problem, named[i].at, "no_lots",
                  "No lot of the product is there to count: record what was found by movements.");
    }
    ret->n = used;
    if (used > COUNT_LINES_MAX)
        fault(c->problem, "/products", "too_many",
              "A count has at most %d lines: name fewer products.", COUNT_LINES_MAX);
    return c->problem->code;
}

static err name_lines(struct tx *tx, const struct call *c, const struct stock_count_new *in,
                      int64_t warehouse, struct stock_count_line_list *ret)
{
    size_t n = in->products.n;
    struct stock_naming *named = ARENA_ARRAY(tx->arena, struct stock_naming, n);
    ret->v = ARENA_ARRAY(tx->arena, struct stock_count_line, n);
    ret->n = n;
    for (size_t i = 0; i < n; i++)
        named[i] = (struct stock_naming){.call = c,
                                         .at = arena_printf(tx->arena, "/products/%zu", i),
                                         .product_id = in->products.v[i].product_id,
                                         .sku = in->products.v[i].sku,
                                         .warehouse_id = NIL64};
    TRY(stock_namings_resolve(tx, named, n));
    for (size_t i = 0; i < n; i++) {
        ret->v[i].product_id = named[i].key.product_id;
        ret->v[i].lot_id = NIL64;
        for (size_t j = 0; j < i && ret->v[i].product_id != NIL64; j++)
            if (ret->v[j].product_id == ret->v[i].product_id) {
                fault(c->problem, named[i].at, "repeated", "The product stands here already.");
                break;
            }
    }
    return c->problem->code != OK ? c->problem->code
                                  : lines_of_lots(tx, c, warehouse, named, n, ret);
}

static err all_lines(struct tx *tx, const struct call *c, int64_t warehouse,
                     struct stock_count_line_list *ret)
{
    TRY(count_products(tx, warehouse, COUNT_LINES_MAX + 1, ret));
    if (ret->n == 0)
        fault(c->problem, "/products", "required",
              "Nothing has ever been in the warehouse: name the products to count.");
    if (ret->n > COUNT_LINES_MAX)
        fault(c->problem, "/products", "too_many",
              "A count has at most %d products: name those to count.", COUNT_LINES_MAX);
    return c->problem->code;
}

err stock_counts_create(struct tx *tx, struct call *c, const struct stock_count_new *in,
                        struct stock_count *ret)
{
    struct warehouse_facts_list warehouses;
    struct stock_count_line_list lines;
    TRY(warehouses_load_queue(tx, &warehouses));
    TRY(tx_flush(tx));
    const struct warehouse_facts *w = in->warehouse_id != NIL64
                                          ? warehouse_find(&warehouses, in->warehouse_id)
                                          : warehouse_default(&warehouses);
    if (w == NULL) {
        fault(c->problem, "/warehouse_id",
              in->warehouse_id != NIL64 ? "unknown_reference" : "required",
              "There is no such warehouse.");
        return c->problem->code;
    }
    TRY(check_free(tx, c, in->external_id));
    TRY(in->products.n > 0 ? name_lines(tx, c, in, w->id, &lines)
                           : all_lines(tx, c, w->id, &lines));
    for (size_t i = 0; i < lines.n; i++)
        lines.v[i].line_no = (int64_t)i + 1;
    int64_t id = id_new();
    TRY(count_insert(tx, id, in->external_id, w->id, in->notes, (int64_t)lines.n));
    TRY(count_lines_insert(tx, id, w->id, lines.v, lines.n));
    tell(tx, c, "created", id, NULL, "open");
    return show(tx, id, ret);
}

err stock_counts_get(struct tx *tx, struct call *c, const struct none *in, struct stock_count *ret)
{
    (void)in;
    return show(tx, c->path_id[0], ret);
}

/* ---- what happens to it ---- */

/* The count of the path, locked, with its lines, if it is open. */
static err lock_open(struct tx *tx, const struct call *c, const char *what, struct stock_count *ret)
{
    struct stock_count locked;
    TRY(count_lock(tx, c->path_id[0], &locked));
    TRY(call_check_version(c, locked.version));
    if (strcmp(locked.status, "open") != 0)
        return fail(c->problem, ERR_WRONG_STATE, "The count is %s; only an open one can be %s.",
                    locked.status, what);
    return show(tx, c->path_id[0], ret);
}

/* The lines that are counted, or that were. Rows are made where nothing has ever been. */
static err lock_stock(struct tx *tx, const struct stock_count *count,
                      const struct stock_count_line *lines, size_t n, struct stock_facts_list *ret)
{
    struct stock_key *keys = ARENA_ARRAY(tx->arena, struct stock_key, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = (struct stock_key){lines[i].product_id, count->warehouse_id};
    return stock_rows_lock_ensured(tx, keys, n, ret);
}

/* Of the lines that are of a lot, behind the lock of their stock. */
static err load_lots(struct tx *tx, const struct stock_count_line *lines, size_t n,
                     struct lot_facts_list *ret)
{
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        if (lines[i].lot_id != NIL64)
            ids[used++] = lines[i].lot_id;
    return lots_load(tx, ids, used, ret);
}

static struct lot_facts *lot_of(const struct lot_facts_list *lots, const struct stock_count_line *l)
{
    return l->lot_id == NIL64 ? NULL : LIST_FIND_ID(lots, l->lot_id);
}

static err take_entries(struct tx *tx, const struct call *c, const struct stock_count_entries *in,
                        const struct stock_count *count, struct stock_count_line *ret)
{
    bool *seen = ARENA_ARRAY(tx->arena, bool, count->lines.n);
    for (size_t i = 0; i < in->entries.n; i++) {
        const struct stock_count_entry *e = &in->entries.v[i];
        const char *at = arena_printf(tx->arena, "/entries/%zu/line_no", i);
        if ((size_t)e->line_no > count->lines.n) {
            fault(c->problem, at, "unknown_line", "The count has no such line.");
            continue;
        }
        if (seen[e->line_no - 1])
            fault(c->problem, at, "repeated", "The line stands here already.");
        seen[e->line_no - 1] = true;
        ret[i] = count->lines.v[e->line_no - 1];
        ret[i].counted = e->counted;
    }
    return c->problem->code;
}

err stock_counts_enter(struct tx *tx, struct call *c, const struct stock_count_entries *in,
                       struct stock_count *ret)
{
    struct stock_count count = {0};
    struct stock_facts_list stock;
    struct lot_facts_list lots;
    struct stock_count_line *lines = ARENA_ARRAY(tx->arena, struct stock_count_line, in->entries.n);
    TRY(lock_open(tx, c, "counted", &count));
    TRY(take_entries(tx, c, in, &count, lines));
    TRY(lock_stock(tx, &count, lines, in->entries.n, &stock));
    TRY(load_lots(tx, lines, in->entries.n, &lots));
    for (size_t i = 0; i < in->entries.n; i++) {
        const struct lot_facts *lot = lot_of(&lots, &lines[i]);
        lines[i].book = lot != NULL
                            ? lot->on_hand
                            : stock_find(&stock, lines[i].product_id, count.warehouse_id)->on_hand;
    }
    TRY(count_lines_counted(tx, count.id, lines, in->entries.n));
    TRY(count_set_status(tx, count.id, "open", NIL64));
    tell(tx, c, "counted", count.id, "open", "open");
    return show(tx, count.id, ret);
}

/* Moves stock, and the lot of it if there is one. */
static err correct_line(const struct stock_count_line *l, struct stock_facts *f,
                        struct lot_facts *lot)
{
    if (lot != NULL && lot->on_hand + l->difference < 0)
        return ERR_INSUFFICIENT_STOCK;
    TRY(stock_move(f, l->difference, lot != NULL && lot_unusable(lot)));
    if (lot != NULL)
        lot->on_hand += l->difference;
    return OK;
}

static void refuse_line(const struct call *c, size_t i, const struct stock_count_line *l,
                        const struct stock_facts *f, const struct lot_facts *lot)
{
    struct problem *p = c->problem;
    char least[DECIMAL_TEXT_MAX], usable[DECIMAL_TEXT_MAX];
    const char *at = arena_printf(p->arena, "/lines/%zu", i);
    if (p->code == OK)
        fail(p, ERR_INSUFFICIENT_STOCK,
             "Posting would take away what is reserved or held: release it first.");
    if (lot != NULL && lot->on_hand + l->difference < 0) {
        decimal_format(lot->on_hand, DECIMAL_SCALE, 0, least);
        fault(p, at, "insufficient_stock", "%s: only %s of lot %s are left.", l->sku, least,
              lot->lot_number);
        return;
    }
    decimal_format(f->reserved + f->held, DECIMAL_SCALE, 0, least);
    decimal_format(f->on_hand - f->blocked, DECIMAL_SCALE, 0, usable);
    fault(p, at, "insufficient_stock", "%s: %s are on hand, of which %s are reserved or held.",
          l->sku, usable, least);
}

/* Moves the facts by what the lines differ, in one direction; names all lines that cannot. */
static void correct_lines(const struct call *c, const struct stock_count *count,
                          const struct stock_facts_list *stock, const struct lot_facts_list *lots,
                          bool more)
{
    for (size_t i = 0; i < count->lines.n; i++) {
        const struct stock_count_line *l = &count->lines.v[i];
        if (l->counted == NIL64 || l->difference == 0 || (l->difference > 0) != more)
            continue;
        struct stock_facts *f = stock_find(stock, l->product_id, count->warehouse_id);
        struct lot_facts *lot = lot_of(lots, l);
        if (correct_line(l, f, lot) != OK)
            refuse_line(c, i, l, f, lot);
    }
}

/* What a product has more in one lot makes up for what it has less in another. */
static err correct(const struct call *c, const struct stock_count *count,
                   const struct stock_facts_list *stock, const struct lot_facts_list *lots)
{
    correct_lines(c, count, stock, lots, true);
    correct_lines(c, count, stock, lots, false);
    return c->problem->code;
}

static err post_movements(struct tx *tx, const struct call *c, const struct stock_count *count)
{
    struct stock_movement_new *moves = ARENA_ARRAY(tx->arena, struct stock_movement_new,
                                                   count->lines.n);
    struct lot_move *lots = ARENA_ARRAY(tx->arena, struct lot_move, count->lines.n);
    struct stock_key *freed = ARENA_ARRAY(tx->arena, struct stock_key, count->lines.n);
    size_t n_lots = 0, n_freed = 0;
    struct stock_delta *deltas = ARENA_ARRAY(tx->arena, struct stock_delta, count->lines.n);
    size_t n = 0;
    for (size_t i = 0; i < count->lines.n; i++) {
        const struct stock_count_line *l = &count->lines.v[i];
        if (l->counted == NIL64 || l->difference == 0)
            continue;
        deltas[n] = (struct stock_delta){.product_id = l->product_id,
                                         .warehouse_id = count->warehouse_id,
                                         .on_hand = l->difference};
        if (l->lot_id != NIL64 && l->difference > 0) /* a blocked lot may have as much less */
            freed[n_freed++] = (struct stock_key){l->product_id, count->warehouse_id};
        if (l->lot_id != NIL64)
            lots[n_lots++] = (struct lot_move){l->lot_id, l->product_id, count->warehouse_id,
                                               l->difference};
        moves[n++] = (struct stock_movement_new){.id = id_new(),
                                                 .product_id = l->product_id,
                                                 .warehouse_id = count->warehouse_id,
                                                 .kind = "adjustment",
                                                 .quantity = l->difference,
                                                 .document_id = count->id,
                                                 .lot_id = l->lot_id,
                                                 .reason = "count",
                                                 .effective_date = tx->today};
    }
    TRY(stock_apply(tx, deltas, n));
    TRY(stock_lots_move(tx, lots, n_lots));
    TRY(stock_freed_note(tx, freed, n_freed));
    TRY(stock_movements_record(tx, moves, n));
    stock_movements_tell(tx, c, moves, n);
    return OK;
}

err stock_counts_post(struct tx *tx, struct call *c, const struct none *in, struct stock_count *ret)
{
    (void)in;
    struct stock_count count = {0};
    struct stock_facts_list stock;
    struct lot_facts_list lots;
    TRY(lock_open(tx, c, "posted", &count));
    TRY(call_check_period(c, tx->today, ""));
    TRY(lock_stock(tx, &count, count.lines.v, count.lines.n, &stock));
    TRY(load_lots(tx, count.lines.v, count.lines.n, &lots));
    TRY(correct(c, &count, &stock, &lots));
    TRY(post_movements(tx, c, &count));
    TRY(count_set_status(tx, count.id, "posted", tx->now));
    tell(tx, c, "posted", count.id, "open", "posted");
    return show(tx, count.id, ret);
}

err stock_counts_cancel(struct tx *tx, struct call *c, const struct none *in,
                        struct stock_count *ret)
{
    (void)in;
    struct stock_count count = {0};
    TRY(lock_open(tx, c, "canceled", &count));
    TRY(count_set_status(tx, count.id, "canceled", NIL64));
    tell(tx, c, "canceled", count.id, "open", "canceled");
    return show(tx, count.id, ret);
}
