/* Locks and moves credit accounts, and remembers where there is room again. */
#include "server/credit/credit.h"
#include "credit.sql.h"
#include "lib/base/id.h"
#include "server/api/bells.h"
#include "server/credit/checks.h"
#include "server/credit/policies.h"
#include "server/credit/rules.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_NOTES_MOST 100 /* in one go */

/* What credit keeps of a transaction: the answers of its locks, and who has room. */
struct credit_kept {
    struct credit_facts_list **locked;
    size_t n_locked, cap_locked;
    const struct credit_facts **index; /* of all that is locked, by id */
    size_t n_index;
    struct credit_room *room;
    size_t n_room, cap_room;
};

static struct credit_kept *kept(struct tx *tx)
{
    if (tx->credit == NULL)
        tx->credit = ARENA_NEW(tx->arena, struct credit_kept);
    return tx->credit;
}

/* One more element at the end of an array that grows in the arena. */
#define GROWN(a, v, n, cap)                                                                        \
    do {                                                                                           \
        if ((n) == (cap)) {                                                                        \
            size_t more_ = (cap) == 0 ? 8 : (cap)*2;                                               \
            void *grown_ = arena_array_bytes((a), more_, sizeof(*(v)));                            \
            if ((n) > 0)                                                                           \
                memcpy(grown_, (v), (n) * sizeof(*(v)));                                           \
            (v) = grown_;                                                                          \
            (cap) = more_;                                                                         \
        }                                                                                          \
    } while (0)

/* The answer arrives with the next flush. */
static struct credit_facts_list *remember(struct tx *tx, struct credit_facts_list *list)
{
    struct credit_kept *k = kept(tx);
    GROWN(tx->arena, k->locked, k->n_locked, k->cap_locked);
    k->locked[k->n_locked++] = list;
    return list;
}

static struct credit_facts_list *answer_of(struct tx *tx)
{
    return remember(tx, ARENA_NEW(tx->arena, struct credit_facts_list));
}

err credit_lock_queue(struct tx *tx, const int64_t *accounts, size_t n,
                      struct credit_facts_list *ret)
{
    return credit_lock_rows_queue(tx, accounts, n, remember(tx, ret));
}

err credit_lock(struct tx *tx, const int64_t *accounts, size_t n, struct credit_facts_list *ret)
{
    TRY(credit_lock_queue(tx, accounts, n, ret));
    TRY(tx_flush(tx));
    return credit_ready(tx, ret);
}

err credit_lock_of_customers(struct tx *tx, const int64_t *customers, size_t n)
{
    return credit_lock_by_customers_queue(tx, customers, n, answer_of(tx));
}

err credit_lock_of_orders(struct tx *tx, const int64_t *orders, size_t n)
{
    return credit_lock_by_orders_queue(tx, orders, n, answer_of(tx));
}

err credit_lock_of_orders_and_customers(struct tx *tx, const int64_t *orders, size_t n_orders,
                                        const int64_t *customers, size_t n_customers)
{
    return credit_lock_by_orders_and_customers_queue(tx, orders, n_orders, customers, n_customers,
                                                     answer_of(tx));
}

err credit_lock_of_invoices(struct tx *tx, const int64_t *invoices, size_t n)
{
    return credit_lock_by_invoices_queue(tx, invoices, n, answer_of(tx));
}

/* ---- the facts ---- */

static int by_id(const void *l, const void *r)
{
    int64_t a = ((const struct credit_facts *)l)->id, b = ((const struct credit_facts *)r)->id;
    return (a > b) - (a < b);
}

struct credit_facts *credit_find(const struct credit_facts_list *list, int64_t id)
{
    struct credit_facts key = {.id = id};
    return list->n == 0 ? NULL : bsearch(&key, list->v, list->n, sizeof key, by_id);
}

/* The caller's list may lie in a frame that ends before the transaction does; its rows do not. */
static void keep_header(struct tx *tx, const struct credit_facts_list *list)
{
    struct credit_kept *k = kept(tx);
    for (size_t i = 0; i < k->n_locked; i++)
        if (k->locked[i] == list) {
            k->locked[i] = ARENA_NEW(tx->arena, struct credit_facts_list);
            *k->locked[i] = *list;
        }
}

/* Payments clear by the clock: the counters still have those whose day has come. */
static err leave_out_cleared(struct tx *tx, struct credit_facts_list *list)
{
    struct credit_clearings_row_list rows;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, list->n);
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].uncleared > 0)
            ids[n++] = list->v[i].id;
    TRY(credit_clearings(tx, ids, n, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct credit_facts *f = credit_find(list, rows.v[i].account);
        f->uncleared -= rows.v[i].passed;
        f->unapplied_uncleared = rows.v[i].unapplied;
    }
    return OK;
}

err credit_ready(struct tx *tx, struct credit_facts_list *list)
{
    bool policies = false, pending = false;
    keep_header(tx, list);
    if (list->n > 1)
        qsort(list->v, list->n, sizeof *list->v, by_id);
    for (size_t i = 0; i < list->n; i++) {
        struct credit_facts *f = &list->v[i];
        policies = policies || f->policy_id != NIL64;
        f->uncleared_kept = f->uncleared;
        pending = pending || f->uncleared > 0;
        if (f->parent_id == NIL64)
            continue;
        f->parent = credit_find(list, f->parent_id);
        if (f->parent == NULL)
            return ERR_SERIALIZATION;
    }
    if (pending)
        TRY(leave_out_cleared(tx, list));
    return policies ? credit_standings_load(tx, list) : OK;
}

/* ---- the counters ---- */

static int by_fact(const void *l, const void *r)
{
    return by_id(*(const struct credit_facts *const *)l, *(const struct credit_facts *const *)r);
}

/* Everything that is locked, by id; made anew when more was locked since. */
static void index_locked(struct tx *tx, struct credit_kept *k)
{
    size_t n = 0;
    for (size_t i = 0; i < k->n_locked; i++)
        n += k->locked[i]->n;
    if (n == k->n_index)
        return;
    k->index = ARENA_ARRAY(tx->arena, const struct credit_facts *, n);
    k->n_index = 0;
    for (size_t i = 0; i < k->n_locked; i++)
        for (size_t j = 0; j < k->locked[i]->n; j++)
            k->index[k->n_index++] = &k->locked[i]->v[j];
    if (n > 1)
        qsort(k->index, n, sizeof(*k->index), by_fact);
}

static const struct credit_facts *locked_fact(const struct credit_kept *k, int64_t id)
{
    const struct credit_facts key = {.id = id}, *at = &key;
    const struct credit_facts **found = k->n_index == 0 ? NULL
                                                        : bsearch(&at, k->index, k->n_index,
                                                                  sizeof(*k->index), by_fact);
    return found == NULL ? NULL : *found;
}

static void add_room(struct tx *tx, struct credit_kept *k, int64_t root,
                     const struct credit_cause *cause)
{
    for (size_t i = 0; i < k->n_room; i++)
        if (k->room[i].root == root)
            return;
    GROWN(tx->arena, k->room, k->n_room, k->cap_room);
    k->room[k->n_room++] = (struct credit_room){.root = root, .cause = cause};
}

void credit_made_room(struct tx *tx, int64_t account, const struct credit_cause *cause)
{
    struct credit_kept *k = kept(tx);
    index_locked(tx, k);
    const struct credit_facts *f = locked_fact(k, account);
    for (int i = 0; f != NULL && f->parent_id != NIL64 && i < CREDIT_LEVELS_MAX; i++)
        f = locked_fact(k, f->parent_id);
    if (f != NULL && f->held_orders > 0)
        add_room(tx, k, f->id, cause);
}

void credit_moved_out(struct tx *tx, const struct credit_facts *f, const struct credit_cause *cause)
{
    if (f->held_orders > 0)
        add_room(tx, kept(tx), f->id, cause);
}

struct credit_room_list credit_take_room(struct tx *tx)
{
    struct credit_kept *k = tx->credit;
    if (k == NULL)
        return (struct credit_room_list){0};
    struct credit_room_list ret = {.v = k->room, .n = k->n_room};
    tx->credit = NULL; /* the answers may lie in a frame that is gone */
    return ret;
}

err credit_room_leave(struct tx *tx, const int64_t *roots, size_t n)
{
    struct credit_room_insert_r *rows = ARENA_ARRAY(tx->arena, struct credit_room_insert_r, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct credit_room_insert_r){roots[i], id_new()};
    tx->wakes |= WAKES_STOCK;
    return credit_room_insert(tx, rows, n);
}

err credit_room_take_up(struct tx *tx, struct credit_room_note_list *ret)
{
    TRY(credit_room_load(tx, ROOM_NOTES_MOST, ret));
    for (size_t i = 0; i < ret->n; i++)
        add_room(tx, kept(tx), ret->v[i].root, NULL);
    return OK;
}

err credit_room_done(struct tx *tx, const struct credit_room_note_list *notes)
{
    return credit_room_delete(tx, notes->v, notes->n);
}

const struct credit_cause *credit_cause_of(struct arena *a, const struct call *c,
                                           const char *resource, int64_t id)
{
    struct credit_cause *cause = ARENA_NEW(a, struct credit_cause);
    *cause = (struct credit_cause){.call = c, .resource = resource, .id = id};
    return cause;
}

/* What the delta comes to in each account above. */
static err roll_up(const struct credit_kept *k, const struct credit_delta *d,
                   struct credit_delta *to, size_t *n)
{
    const struct credit_facts *f = locked_fact(k, d->account);
    if (f == NULL)
        return ERR_SERIALIZATION; /* its customer got another account while we waited for it */
    for (int i = 0; f->parent_id != NIL64; i++) {
        int64_t parent = f->parent_id;
        f = locked_fact(k, parent);
        if (f == NULL || i == CREDIT_LEVELS_MAX)
            return ERR_SERIALIZATION; /* it got another parent while we waited for it */
        to[(*n)++] = (struct credit_delta){.account = parent,
                                           .below = credit_delta_net(d),
                                           .uncleared = d->uncleared,
                                           .disputed = d->disputed,
                                           .held = d->held};
    }
    return OK;
}

err credit_apply(struct tx *tx, const struct credit_delta *deltas, size_t n)
{
    struct credit_kept *k = kept(tx);
    struct credit_delta *sums = ARENA_ARRAY(tx->arena, struct credit_delta, n);
    if (n > 0)
        memcpy(sums, deltas, n * sizeof *sums);
    TRY(credit_deltas_sum(sums, n, &n));
    if (n == 0)
        return OK;
    index_locked(tx, k);
    struct credit_delta *all = ARENA_ARRAY(tx->arena, struct credit_delta,
                                           n * (CREDIT_LEVELS_MAX + 1));
    size_t m = n;
    memcpy(all, sums, n * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        TRY(roll_up(k, &sums[i], all, &m));
        if (credit_delta_net(&sums[i]) < 0 || sums[i].receivable < 0 || sums[i].uncleared < 0 ||
            sums[i].disputed > 0)
            credit_made_room(tx, sums[i].account, sums[i].cause);
    }
    if (m > n)
        TRY(credit_deltas_sum(all, m, &m));
    return m > 0 ? credit_move(tx, all, m) : OK;
}

bool credit_any_policy(struct tx *tx)
{
    const struct credit_kept *k = kept(tx);
    for (size_t i = 0; i < k->n_locked; i++)
        for (size_t j = 0; j < k->locked[i]->n; j++)
            if (k->locked[i]->v[j].policy_id > 0) /* 0: it was locked without asking */
                return true;
    return false;
}

/* ---- who waits ---- */

err credit_blocked_orders(struct tx *tx, const int64_t *roots, size_t n, int64_t most,
                          struct blocked_order_list *ret)
{
    return credit_blocked(tx, roots, n, most, ret);
}

err credit_block(struct tx *tx, const struct blocked_key *keys, size_t n)
{
    return n > 0 ? credit_block_rows(tx, keys, n) : OK;
}

err credit_unblock(struct tx *tx, const struct blocked_key *keys, size_t n)
{
    return n > 0 ? credit_unblock_rows(tx, keys, n) : OK;
}

err credit_dues(struct tx *tx, int64_t account, struct credit_due_list *ret)
{
    return credit_dues_select(tx, account, ret);
}

err credit_clearing_days(struct tx *tx, int64_t account, struct credit_clearing_list *ret)
{
    return credit_clearing_days_select(tx, account, ret);
}
