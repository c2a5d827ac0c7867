/* Which lots leave with a shipment, and go back where they came from. */
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "server/shipments/internal.h"
#include "shipments.sql.h"
#include <inttypes.h>
#include <string.h>

/* ---- out ---- */

static void lots_fault(const struct shipping *s, size_t i, size_t j, const char *member,
                       const char *code, const char *detail)
{
    struct problem *p = s->c->problem;
    fault(p, arena_printf(p->arena, "%s/%zu/%s", s->picks[i].lots_at, j, member), code, "%s",
          detail);
}

static struct lot_facts *lot_numbered(struct lot_facts *lots, size_t n, const char *number)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(lots[i].lot_number, number) == 0)
            return &lots[i];
    return NULL;
}

/* Is what a pick asks for well said? All faults at once. ret: the lots, as it names them. */
static err find_asked(const struct shipping *s, size_t i, struct lot_facts *lots, size_t n,
                      struct lot_take *ret)
{
    const struct shipment_pick *pick = &s->picks[i];
    int64_t sum = 0;
    for (size_t j = 0; j < pick->asked->n; j++) {
        const struct shipment_lot_new *in = &pick->asked->v[j];
        struct lot_facts *lot = lot_numbered(lots, n, in->lot_number);
        if (lot == NULL)
            lots_fault(s, i, j, "lot_number", "unknown_reference",
                       "There is nothing of this lot in the warehouse.");
        for (size_t k = 0; k < j && lot != NULL; k++)
            if (ret[k].lot == lot)
                lots_fault(s, i, j, "lot_number", "repeated",
                           "The lot stands here already; add the quantities up.");
        ret[j] = (struct lot_take){lot, in->quantity};
        sum += in->quantity; /* at most a hundred, each within its own limit */
    }
    if (sum != pick->quantity)
        fault(s->c->problem, pick->lots_at, "sum",
              "The lots together must be the line's quantity.");
    return s->c->problem->code;
}

static err check_asked(const struct shipping *s, size_t i, const struct lot_take *take,
                       bool allow_expired)
{
    char text[DECIMAL_TEXT_MAX];
    const struct lot_facts *lot = take->lot;
    int64_t line_no = s->picks[i].line_no;
    if (lot->blocked)
        return fail(s->c->problem, ERR_WRONG_STATE,
                    "Line %" PRId64 ": lot %s is blocked (%s); unblock it first.", line_no,
                    lot->lot_number, lot->block_reason);
    if (lot->expired && !allow_expired)
        return fail(s->c->problem, ERR_WRONG_STATE,
                    "Line %" PRId64 ": lot %s has expired; say allow_expired if it is to go.",
                    line_no, lot->lot_number);
    if (take->quantity <= lot->on_hand)
        return OK;
    decimal_format(lot->on_hand, DECIMAL_SCALE, 0, text);
    return fail(s->c->problem, ERR_INSUFFICIENT_STOCK,
                "Line %" PRId64 ": only %s is left of lot %s.", line_no, text, lot->lot_number);
}

/* What of the takes is expired, and asked for all the same. */
static int64_t expired_of(const struct shipment_pick *pick)
{
    int64_t sum = 0;
    for (size_t j = 0; j < pick->n_lots; j++)
        if (pick->lots[j].lot->expired)
            sum += pick->lots[j].quantity;
    return sum;
}

static err take_asked(const struct shipping *s, size_t i, struct stock_facts *stock,
                      struct lot_facts *lots, size_t n, struct stock_delta *ret)
{
    struct shipment_pick *pick = &s->picks[i];
    struct lot_take *takes = ARENA_ARRAY(s->tx->arena, struct lot_take, pick->asked->n);
    TRY(find_asked(s, i, lots, n, takes));
    for (size_t j = 0; j < pick->asked->n; j++)
        TRY(check_asked(s, i, &takes[j], pick->asked->v[j].allow_expired));
    pick->lots = takes;
    pick->n_lots = pick->asked->n;
    /* Expired pieces are no part of what may be promised; these go all the same. */
    stock->blocked -= expired_of(pick);
    err e = shipment_take(pick, stock, ret);
    if (e != OK) {
        err refused = shipping_refuse_take(s, i, stock, e);
        stock->blocked += expired_of(pick);
        pick->n_lots = 0;
        return refused;
    }
    for (size_t j = 0; j < pick->n_lots; j++)
        takes[j].lot->on_hand -= takes[j].quantity;
    return OK;
}

static err take_first(const struct shipping *s, size_t i, struct stock_facts *stock,
                      struct lot_facts *lots, size_t n, struct stock_delta *ret)
{
    struct shipment_pick *pick = &s->picks[i];
    err e = shipment_take(pick, stock, ret);
    if (e != OK)
        return shipping_refuse_take(s, i, stock, e);
    pick->lots = ARENA_ARRAY(s->tx->arena, struct lot_take, n);
    pick->n_lots = lots_take_first(lots, n, pick->quantity, pick->lots);
    if (pick->n_lots > 0)
        return OK;
    shipment_put_back(pick, stock, ret); /* the proof would say it before */
    return fail(s->c->problem, ERR_INTERNAL, "The lots hold less than the stock says.");
}

err shipping_take_lots(const struct shipping *s, size_t i, struct stock_facts *stock,
                       const struct lot_facts_list *lots, struct stock_delta *ret)
{
    const struct shipment_pick *pick = &s->picks[i];
    struct lot_facts *first;
    if (stock == NULL)
        return shipping_refuse_take(s, i, NULL, ERR_INSUFFICIENT_STOCK);
    if (!stock->by_lot) {
        fault(s->c->problem, pick->lots_at, "not_tracked",
              "The product does not track lots; leave them out.");
        return s->c->problem->code;
    }
    size_t n = lots_of(lots, pick->product_id, pick->warehouse_id, &first);
    return pick->asked != NULL && pick->asked->n > 0 ? take_asked(s, i, stock, first, n, ret)
                                                     : take_first(s, i, stock, first, n, ret);
}

void shipping_put_lots_back(struct shipment_pick *pick, struct stock_facts *stock)
{
    stock->blocked += expired_of(pick);
    for (size_t j = 0; j < pick->n_lots; j++)
        pick->lots[j].lot->on_hand += pick->lots[j].quantity;
    pick->n_lots = 0;
}

err shippings_store_lots(struct tx *tx, const struct shipping *s, size_t n)
{
    size_t most = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; s[i].taken != NULL && j < s[i].n; j++)
            most += s[i].picks[j].n_lots;
    struct shipment_lot_taken *rows = ARENA_ARRAY(tx->arena, struct shipment_lot_taken, most);
    struct lot_move *moves = ARENA_ARRAY(tx->arena, struct lot_move, most);
    struct stock_key *freed = ARENA_ARRAY(tx->arena, struct stock_key, most);
    size_t n_freed = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; s[i].taken != NULL && j < s[i].n; j++)
            for (size_t l = 0; l < s[i].picks[j].n_lots; l++, k++) {
                const struct shipment_pick *p = &s[i].picks[j];
                rows[k] = (struct shipment_lot_taken){.shipment_id = s[i].shipment_id,
                                                      .line_no = p->line_no,
                                                      .lot_id = p->lots[l].lot->id,
                                                      .quantity = p->lots[l].quantity};
                moves[k] = (struct lot_move){p->lots[l].lot->id, p->product_id, p->warehouse_id,
                                             -p->lots[l].quantity};
                if (p->lots[l].lot->expired) /* what is good of the stock is no longer its line's */
                    freed[n_freed++] = (struct stock_key){p->product_id, p->warehouse_id};
            }
    TRY(shipment_line_lots_insert(tx, rows, k));
    TRY(stock_lots_move(tx, moves, k));
    return n_freed > 0 ? stock_freed_note(tx, freed, n_freed) : OK;
}

err shipment_lots_queue(struct tx *tx, int64_t shipment_id, struct shipment_lot_taken_list *ret)
{
    return shipment_line_lots_load_queue(tx, shipment_id, ret);
}

void shipment_lots_hand_out(struct arena *a, const struct shipment_lot_taken_list *taken,
                            struct shipment_line_list *lines)
{
    struct shipment_lot *lots = taken->n > 0 ? ARENA_ARRAY(a, struct shipment_lot, taken->n) : NULL;
    size_t at = 0;
    for (size_t i = 0; i < lines->n; i++) {
        struct shipment_line *l = &lines->v[i];
        l->lots = (struct shipment_lot_list){lots == NULL ? NULL : lots + at, 0};
        for (; at < taken->n && taken->v[at].line_no == l->line_no; at++, l->lots.n++)
            lots[at] = (struct shipment_lot){.lot_id = taken->v[at].lot_id,
                                             .lot_number = taken->v[at].lot_number,
                                             .quantity = taken->v[at].quantity,
                                             .returned = taken->v[at].returned};
    }
}

/* ---- back ---- */

/* What comes back, lot by lot where they are kept. */
struct coming_back {
    struct tx *tx;
    const struct call *c;
    int64_t shipment_id;
    int32_t date;
    struct shipment_lot_taken_list taken; /* returned grows with what comes back */
    struct stock_delta *deltas;
    struct stock_movement_new *moves;
    struct shipment_lot_taken *returned;
    struct lot_move *lots;
    size_t n_deltas, n_moves, n_lots;
};

static void move_back(struct coming_back *k, const struct restocking *r, int64_t lot_id,
                      int64_t quantity)
{
    k->moves[k->n_moves++] = (struct stock_movement_new){.id = id_new(),
                                                         .product_id = r->line->product_id,
                                                         .warehouse_id = r->line->warehouse_id,
                                                         .kind = "undelivered",
                                                         .quantity = quantity,
                                                         .document_id = k->shipment_id,
                                                         .lot_id = lot_id,
                                                         .reason = r->reason,
                                                         .effective_date = k->date};
}

static void lot_back(struct coming_back *k, const struct restocking *r,
                     struct shipment_lot_taken *lot, int64_t quantity)
{
    lot->returned += quantity;
    move_back(k, r, lot->lot_id, quantity);
    k->returned[k->n_lots] = (struct shipment_lot_taken){.shipment_id = k->shipment_id,
                                                         .line_no = r->line->line_no,
                                                         .lot_id = lot->lot_id,
                                                         .quantity = quantity};
    k->lots[k->n_lots++] = (struct lot_move){lot->lot_id, r->line->product_id,
                                             r->line->warehouse_id, quantity};
}

static struct shipment_lot_taken *taken_by(const struct coming_back *k, int64_t line_no,
                                           const char *number)
{
    for (size_t i = 0; i < k->taken.n; i++)
        if (k->taken.v[i].line_no == line_no &&
            (number == NULL || strcmp(k->taken.v[i].lot_number, number) == 0))
            return &k->taken.v[i];
    return NULL;
}

static size_t lots_of_line(const struct coming_back *k, int64_t line_no)
{
    size_t n = 0;
    for (size_t i = 0; i < k->taken.n; i++)
        n += k->taken.v[i].line_no == line_no;
    return n;
}

static void back_fault(const struct coming_back *k, const struct restocking *r, size_t j,
                       const char *member, const char *code, const char *detail)
{
    struct problem *p = k->c->problem;
    fault(p, arena_printf(p->arena, "%s/lots/%zu/%s", r->at, j, member), code, "%s", detail);
}

static void named_back(struct coming_back *k, const struct restocking *r)
{
    int64_t sum = 0;
    for (size_t j = 0; j < r->lots->n; j++) {
        const struct shipment_lot_back *in = &r->lots->v[j];
        struct shipment_lot_taken *lot = taken_by(k, r->line->line_no, in->lot_number);
        sum += in->quantity; /* at most a hundred, each within its own limit */
        for (size_t i = 0; i < j; i++)
            if (strcmp(r->lots->v[i].lot_number, in->lot_number) == 0)
                back_fault(k, r, j, "lot_number", "repeated",
                           "The lot stands here already; add the quantities up.");
        if (lot == NULL)
            back_fault(k, r, j, "lot_number", "unknown_reference",
                       "Nothing of this lot went out with the line.");
        else if (in->quantity > lot->quantity - lot->returned)
            back_fault(k, r, j, "quantity", "too_much", "So much of the lot did not go out.");
        else
            lot_back(k, r, lot, in->quantity);
    }
    if (sum != r->quantity)
        fault(k->c->problem, arena_printf(k->tx->arena, "%s/lots", r->at), "sum",
              "The lots together must be the exception's quantity.");
}

static void come_back(struct coming_back *k, const struct restocking *r)
{
    struct problem *p = k->c->problem;
    size_t n = lots_of_line(k, r->line->line_no);
    k->deltas[k->n_deltas++] = (struct stock_delta){.product_id = r->line->product_id,
                                                    .warehouse_id = r->line->warehouse_id,
                                                    .on_hand = r->quantity};
    if (n == 0 && r->lots->n > 0)
        fault(p, arena_printf(p->arena, "%s/lots", r->at), "not_tracked",
              "The line took no lots; leave them out.");
    else if (n == 0)
        move_back(k, r, NIL64, r->quantity);
    else if (r->lots->n > 0)
        named_back(k, r);
    else if (n > 1)
        fault(p, arena_printf(p->arena, "%s/lots", r->at), "required",
              "The line took several lots: say which of them came back.");
    else
        lot_back(k, r, taken_by(k, r->line->line_no, NULL), r->quantity);
}

err shipment_restock(struct tx *tx, const struct call *c, int64_t shipment_id, int32_t date,
                     const struct restocking *v, size_t n)
{
    struct coming_back k = {.tx = tx, .c = c, .shipment_id = shipment_id, .date = date};
    size_t most = n;
    for (size_t i = 0; i < n; i++)
        most += v[i].lots->n;
    k.deltas = ARENA_ARRAY(tx->arena, struct stock_delta, n);
    k.moves = ARENA_ARRAY(tx->arena, struct stock_movement_new, most);
    k.returned = ARENA_ARRAY(tx->arena, struct shipment_lot_taken, most);
    k.lots = ARENA_ARRAY(tx->arena, struct lot_move, most);
    TRY(shipment_line_lots_load(tx, shipment_id, &k.taken));
    for (size_t i = 0; i < n; i++)
        come_back(&k, &v[i]);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(stock_apply(tx, k.deltas, k.n_deltas));
    if (k.n_lots > 0) {
        TRY(shipment_line_lots_return(tx, k.returned, k.n_lots));
        TRY(stock_lots_move(tx, k.lots, k.n_lots));
    }
    return stock_movements_record(tx, k.moves, k.n_moves);
}
