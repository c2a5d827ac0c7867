/* Orders that wait for credit go on when there is room: at the end of each transaction in which
 * exposure shrank, a limit grew or a customer was unblocked. The oldest comes first; each that fits
 * is confirmed as if it came now, so the limit is never passed. Those without stock, or with
 * another hold, go on waiting.
 *
 * A transaction that holds stock already (a cancellation, say) must not wait for more: stock is
 * locked in one order. What it cannot have at once is left to a worker, with a note. */
#include "server/orders/reconsider.h"
#include "lib/base/distinct.h"
#include "lib/base/id.h"
#include "orders.sql.h"
#include "server/api/router.h"
#include "server/events/events.h"
#include "server/orders/place.h"
#include "server/orders/stock.h"
#include <string.h>

/* One order on its second try. */
struct waiting {
    struct order_state *order;
    const struct credit_cause *cause; /* or NULL */
    const struct credit_facts *account;
    struct credit_verdict verdict;
    int64_t gross;
    bool busy; /* another transaction holds its stock */
    bool confirmed;
};

struct again {
    const struct call *call;
    struct credit_room_list room;
    struct blocked_order_list blocked;
    struct order_state_list orders;
    struct customer_facts_list customers;
    struct credit_facts_list credit;
    struct stock_facts_list stock;
    struct reservation_facts_list named;
    struct waiting *v;
    size_t n;
};

static const struct credit_cause *cause_of(const struct again *g, int64_t order)
{
    for (size_t i = 0; i < g->blocked.n; i++)
        for (size_t j = 0; g->blocked.v[i].order_id == order && j < g->room.n; j++)
            if (g->room.v[j].root == g->blocked.v[i].root)
                return g->room.v[j].cause;
    return NULL;
}

/* Is credit all that keeps it, and no hold that somebody has to release? */
static bool credit_alone(const struct order_holds_row_list *holds, int64_t order)
{
    for (size_t i = 0; i < holds->n; i++)
        if (holds->v[i].order_id == order && holds->v[i].released_at == NIL64 &&
            (strcmp(holds->v[i].release_rule, "when_clear") != 0 ||
             strcmp(holds->v[i].kind, "credit") != 0))
            return false;
    return true;
}

err orders_waiting_for_credit(struct tx *tx, const int64_t *roots, size_t n,
                              struct blocked_order_list *blocked, struct order_state_list *ret)
{
    struct order_holds_row_list holds = {0};
    struct orders_locking *locking;
    *ret = (struct order_state_list){0};
    TRY(credit_blocked_orders(tx, roots, n, RECONSIDERED_MAX, blocked));
    if (blocked->n == 0)
        return OK;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, blocked->n);
    for (size_t i = 0; i < blocked->n; i++)
        ids[i] = blocked->v[i].order_id;
    TRY(orders_lock_queue(tx, ids, blocked->n, &locking));
    TRY(order_holds_queue(tx, ids, blocked->n, &holds));
    TRY(tx_flush(tx));
    struct order_state_list all = orders_locked(tx, locking);
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].waits && credit_alone(&holds, all.v[i].id))
            all.v[ret->n++] = all.v[i];
    ret->v = all.v;
    return OK;
}

/* Locks the accounts and the orders that wait in the trees that have room. */
static err lock_orders(struct tx *tx, struct again *g)
{
    int64_t *roots = ARENA_ARRAY(tx->arena, int64_t, g->room.n);
    for (size_t i = 0; i < g->room.n; i++)
        roots[i] = g->room.v[i].root;
    TRY(orders_waiting_for_credit(tx, roots, g->room.n, &g->blocked, &g->orders));
    g->v = ARENA_ARRAY(tx->arena, struct waiting, g->orders.n);
    for (; g->n < g->orders.n; g->n++)
        g->v[g->n] = (struct waiting){.order = &g->orders.v[g->n],
                                      .cause = cause_of(g, g->orders.v[g->n].id)};
    return OK;
}

/* The facts under lock, as confirming wants them. */
static err load(struct tx *tx, struct again *g)
{
    int64_t *customers = ARENA_ARRAY(tx->arena, int64_t, g->n * 2);
    int64_t *accounts = ARENA_ARRAY(tx->arena, int64_t, g->n);
    for (size_t i = 0; i < g->n; i++) {
        customers[2 * i] = g->v[i].order->customer_id;
        customers[2 * i + 1] = order_payer(g->v[i].order);
        accounts[i] = g->v[i].order->credit_account_id;
    }
    TRY(customers_load_queue(tx, customers, distinct_ids(customers, g->n * 2), &g->customers));
    TRY(credit_lock_queue(tx, accounts, distinct_ids(accounts, g->n), &g->credit));
    bool wait = (tx->holds & HOLDS_STOCK) == 0;
    TRY(orders_stock_lock_queue(tx, &g->orders, wait, &g->stock));
    TRY(orders_named_queue(tx, &g->orders, &g->named));
    TRY(tx_flush(tx));
    for (size_t i = 0; !wait && i < g->n; i++)
        g->v[i].busy = !order_stock_is_locked(g->v[i].order, &g->stock);
    TRY(stock_locked(tx, &g->stock));
    return credit_ready(tx, &g->credit);
}

static err leave_busy(struct tx *tx, const struct again *g)
{
    int64_t *roots = ARENA_ARRAY(tx->arena, int64_t, g->blocked.n);
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; g->v[i].busy && j < g->blocked.n; j++)
            if (g->blocked.v[j].order_id == g->v[i].order->id)
                roots[n++] = g->blocked.v[j].root;
    n = distinct_ids(roots, n);
    return n > 0 ? credit_room_leave(tx, roots, n) : OK;
}

static void decide(struct tx *tx, struct again *g, struct waiting *w)
{
    struct order_state *o = w->order;
    struct confirm_case k = {.arena = tx->arena,
                             .credit_mode = g->call->tenant->credit_mode,
                             .today = tx->today,
                             .customer = customer_find(&g->customers, o->customer_id),
                             .payer = customer_find(&g->customers, order_payer(o)),
                             .credit = credit_find(&g->credit, o->credit_account_id),
                             .stock = &g->stock};
    const char *reason = NULL;
    w->account = k.credit;
    w->gross = order_open_gross(o);
    order_named_free(tx, o->id, &g->named, &g->stock, true);
    w->confirmed = confirm_decide(&k, w->gross, o->lines, o->n_lines, &w->verdict, &reason) ==
                   CONFIRM_OK;
    if (!w->confirmed)
        order_named_free(tx, o->id, &g->named, &g->stock, false);
}

static const char *because(struct arena *a, const struct credit_cause *cause)
{
    char id[ID_TEXT_MAX];
    if (cause == NULL)
        return "There is room for it now.";
    id_format(kind_prefix(cause->resource), cause->id, id);
    return arena_printf(a, "There is room for it now: %s %s.", cause->resource, id);
}

static err tell(struct tx *tx, const struct again *g, const struct waiting *w)
{
    struct substitute_facts_list substitutes;
    char id[ID_TEXT_MAX];
    const char *after = "{\"status\":\"confirmed\"}";
    if (w->cause != NULL) {
        id_format(kind_prefix(w->cause->resource), w->cause->id, id);
        after = arena_printf(tx->arena,
                             "{\"status\":\"confirmed\",\"because\":{\"resource\":\"%s\","
                             "\"resource_id\":\"%s\"}}",
                             w->cause->resource, id);
    }
    const struct call *c = w->cause != NULL && w->cause->call != NULL ? w->cause->call : g->call;
    event_push(tx, c, "order.confirmed", "order", w->order->id, "{\"status\":\"on_hold\"}", after);
    TRY(order_substitutes_find(tx, w->order->lines, w->order->n_lines, &substitutes));
    order_tell_backordered(tx, c, w->order->id, w->order->lines, w->order->n_lines, &substitutes);
    return OK;
}

static err store(struct tx *tx, struct again *g)
{
    struct order_state_list done = {.v = ARENA_ARRAY(tx->arena, struct order_state, g->n)};
    struct credit_delta *credit = ARENA_ARRAY(tx->arena, struct credit_delta, g->n);
    struct blocked_key *keys = ARENA_ARRAY(tx->arena, struct blocked_key, g->n);
    struct orders_go_on_o *rows = ARENA_ARRAY(tx->arena, struct orders_go_on_o, g->n);
    struct credit_decisions decisions = credit_decisions_new(tx->arena, g->n);
    for (size_t i = 0; i < g->n; i++) {
        struct waiting *w = &g->v[i];
        struct order_state *o = w->order;
        if (!w->confirmed)
            continue;
        o->status = "confirmed";
        o->confirmed_at = tx->now;
        o->version++;
        size_t k = done.n++;
        done.v[k] = *o;
        credit[k] = (struct credit_delta){
            .account = o->credit_account_id, .ordered = w->gross, .held = -1};
        keys[k] = (struct blocked_key){o->credit_account_id, o->id};
        rows[k] = (struct orders_go_on_o){.order_id = o->id,
                                          .reason = because(tx->arena, w->cause),
                                          .exposure = w->verdict.exposure,
                                          .credit_limit = w->verdict.limit};
        credit_decisions_add(&decisions, w->account, &w->verdict,
                             &(struct credit_subject){.call = g->call,
                                                      .point = "reconsider",
                                                      .outcome = "released",
                                                      .reason = rows[k].reason,
                                                      .customer_id = o->customer_id,
                                                      .order_id = o->id,
                                                      .amount = w->gross});
        TRY(tell(tx, g, w));
    }
    if (done.n == 0)
        return OK;
    TRY(credit_apply(tx, credit, done.n));
    TRY(credit_unblock(tx, keys, done.n));
    TRY(credit_decisions_store(tx, &decisions));
    TRY(orders_go_on(tx, rows, done.n));
    TRY(order_lines_store(tx, &done));
    for (size_t i = 0; i < done.n; i++)
        TRY(order_named_settle(tx, g->call, "committed", done.v[i].id, &g->named));
    TRY(orders_reservations_store(tx, &done));
    return orders_progress(tx, done.v, done.n);
}

err orders_reconsider(struct tx *tx, const struct call *c)
{
    struct again g = {.call = c, .room = credit_take_room(tx)};
    if (g.room.n == 0)
        return OK;
    TRY(lock_orders(tx, &g));
    if (g.n == 0)
        return OK;
    TRY(load(tx, &g));
    for (size_t i = 0; i < g.n; i++)
        if (!g.v[i].busy)
            decide(tx, &g, &g.v[i]);
    TRY(leave_busy(tx, &g));
    return store(tx, &g);
}

err orders_reconsider_noted(struct tx *tx, const struct call *c)
{
    struct credit_room_note_list notes;
    TRY(credit_room_take_up(tx, &notes));
    if (notes.n == 0)
        return OK;
    TRY(orders_reconsider(tx, c));
    return credit_room_done(tx, &notes);
}
