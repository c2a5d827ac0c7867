/* POST /v1/orders/{id}/split: moves open quantities to an order of their own, in the same terms.
 * What both are worth, reserve and expose together stays the same. */
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/base/money.h"
#include "orders.sql.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"
#include <string.h>

/* stay: the lines of the order, less what moves. go: the lines of the new one. */
struct splitting {
    struct tx *tx;
    struct call *c;
    const struct order_split *in;
    struct order_state *o;
    struct order_line *stay, *go;
    bool *changed;
    size_t n_go;
    int64_t id;
};

static err take(int64_t *amount, int64_t part, int64_t whole, int64_t *ret)
{
    TRY(money_share(*amount, part, whole, ROUND_HALF_UP, ret));
    *amount -= *ret;
    return OK;
}

static err take_amounts(struct order_line *l, int64_t quantity, struct order_line *go)
{
    TRY(take(&l->net, quantity, l->quantity, &go->net));
    TRY(take(&l->tax, quantity, l->quantity, &go->tax));
    TRY(take(&l->discount_amount, quantity, l->quantity, &go->discount_amount));
    TRY(take(&l->order_discount, quantity, l->quantity, &go->order_discount));
    go->gross = go->net + go->tax;
    l->gross = l->net + l->tax;
    return OK;
}

/* What is reserved stays with what stays open, the rest goes along. */
static err move_line(struct order_line *l, int64_t quantity, struct order_line *go)
{
    TRY(take_amounts(l, quantity, go));
    int64_t open = line_open_quantity(l) - quantity;
    int64_t kept = l->reserved < open ? l->reserved : open;
    go->quantity = quantity;
    go->reserved = l->reserved - kept;
    l->reserved = kept;
    if (l->quantity > quantity) {
        l->quantity -= quantity;
    } else {
        l->canceled = l->quantity;
        l->dropped = true;
    }
    line_wait(l);
    line_wait(go);
    return OK;
}

static struct order_line moved(const struct order_line *l, size_t no)
{
    struct order_line go = *l;
    go.line_no = (int64_t)no;
    go.canceled = go.reserved = go.picked = go.shipped = go.delivered = go.failed = 0;
    go.invoiced = go.returned = go.credited = 0;
    go.substitutes_line_no = NIL64;
    return go;
}

static err split_line(struct splitting *k, size_t i)
{
    const struct order_split_line *want = &k->in->lines.v[i];
    const char *at = arena_printf(k->tx->arena, "/lines/%zu", i);
    struct problem *p = k->c->problem;
    const struct order_line *found = order_line_find(k->o, want->line_no);
    if (found == NULL || k->changed[found - k->o->lines]) {
        fault(p, arena_printf(p->arena, "%s/line_no", at),
              found == NULL ? "unknown_line" : "repeated",
              found == NULL ? "The order has no such line." : "The line stands here already.");
        return OK;
    }
    size_t n = (size_t)(found - k->o->lines);
    struct order_line *l = &k->stay[n];
    int64_t open = line_free_quantity(l);
    int64_t quantity = want->quantity != NIL64 ? want->quantity : open;
    k->changed[n] = true;
    if (quantity > open || open == 0) {
        char text[DECIMAL_TEXT_MAX];
        decimal_format(open, DECIMAL_SCALE, 0, text);
        fault(p, arena_printf(p->arena, "%s/quantity", at), "quantity_exceeded",
              "Only %s is open and can move.", text);
        return OK;
    }
    k->go[k->n_go] = moved(l, k->n_go + 1);
    return move_line(l, quantity, &k->go[k->n_go++]);
}

static err decide(struct splitting *k)
{
    size_t n = k->o->n_lines;
    k->stay = ARENA_ARRAY(k->tx->arena, struct order_line, n);
    k->go = ARENA_ARRAY(k->tx->arena, struct order_line, k->in->lines.n);
    k->changed = ARENA_ARRAY(k->tx->arena, bool, n);
    memcpy(k->stay, k->o->lines, n * sizeof(*k->stay));
    for (size_t i = 0; i < k->in->lines.n; i++)
        TRY(split_line(k, i));
    if (k->c->problem->code == OK && strcmp(order_status_of_lines(k->stay, n), "canceled") == 0)
        fault(k->c->problem, "/lines", "nothing_left", "Nothing would be left of the order.");
    return k->c->problem->code;
}

static err claim_external_id(const struct splitting *k)
{
    struct external_id_holder_list taken = {0};
    struct external_id_claim claim = {.call = k->c, .external_id = k->in->external_id, .id = k->id};
    if (k->in->external_id != NULL)
        TRY(orders_by_external_id(k->tx, &k->in->external_id, 1, &taken));
    return external_id_check(&claim, "ord", &taken);
}

static void add_up(const struct order_line *lines, size_t n, struct order *ret)
{
    ret->discount = ret->net = ret->tax = ret->gross = 0;
    for (size_t i = 0; i < n; i++) {
        ret->discount += lines[i].order_discount;
        ret->net += lines[i].net;
        ret->tax += lines[i].tax;
        ret->gross += lines[i].gross;
    }
}

static err store_kept(const struct splitting *k, const struct order *before)
{
    struct order_line *changed = ARENA_ARRAY(k->tx->arena, struct order_line, k->o->n_lines);
    struct order header = *before;
    size_t n = 0;
    for (size_t i = 0; i < k->o->n_lines; i++)
        if (k->changed[i])
            changed[n++] = k->stay[i];
    add_up(k->stay, k->o->n_lines, &header);
    if (header.discount_amount != NIL64)
        header.discount_amount = header.discount;
    header.version++;
    header.status = order_status_of_lines(k->stay, k->o->n_lines);
    TRY(order_lines_change(k->tx, k->o->id, changed, n));
    TRY(order_amended(k->tx, &header, 1));
    order_tell(
        k->tx, k->c,
        (struct order_step){.order_id = k->o->id, .was = before->status, .now = header.status});
    return OK;
}

static err store_new(const struct splitting *k, int64_t number)
{
    struct order header;
    add_up(k->go, k->n_go, &header);
    TRY(order_split_insert(k->tx, k->id, k->in->external_id,
                           arena_printf(k->tx->arena, "ORD-%06lld", (long long)number), k->o->id,
                           header.discount, header.net, header.tax, header.gross,
                           (int64_t)k->n_go));
    return order_lines_add(k->tx, k->id, k->go, k->n_go);
}

/* Shares are rounded, so what is exposed may differ by a minor unit. */
static err move_exposure(const struct splitting *k)
{
    struct line_exposure was = lines_exposure(k->o->lines, k->o->n_lines);
    struct line_exposure now = lines_exposure(k->stay, k->o->n_lines);
    struct line_exposure there = lines_exposure(k->go, k->n_go);
    now.ordered += there.ordered;
    now.unbilled += there.unbilled;
    return order_exposure_apply(k->tx, k->o, &was, &now);
}

static void tell(const struct splitting *k, const struct order *made)
{
    char into[ID_TEXT_MAX];
    id_format("ord", k->id, into);
    event_push(k->tx, k->c, "order.split", "order", k->o->id, NULL,
               arena_printf(k->tx->arena, "{\"into\":\"%s\"}", into));
    event_push(k->tx, k->c, "order.created", "order", k->id, NULL,
               order_event_json(k->tx->arena, made));
}

err orders_split(struct tx *tx, struct call *c, const struct order_split *in, struct order *ret)
{
    struct splitting k = {.tx = tx, .c = c, .in = in, .id = id_new()};
    struct order_numbers_row_list number;
    struct order before, after;
    TRY(order_lock_for(tx, c, "split", &k.o));
    TRY(decide(&k));
    TRY(claim_external_id(&k));
    TRY(order_numbers_queue(tx, 1, &number));
    TRY(order_load(tx, k.o->id, &before));
    TRY(store_kept(&k, &before));
    TRY(store_new(&k, number.v[0].number));
    TRY(move_exposure(&k));
    TRY(order_load(tx, k.o->id, &after));
    TRY(order_revision_keep(tx, c, "split", in->reason, &before, &after));
    TRY(order_load(tx, k.id, ret));
    tell(&k, ret);
    return OK;
}
