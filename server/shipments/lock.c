/* Shipments locked with their lines, for what happens to them later. */
#include "lib/base/find.h"
#include "server/shipments/shipments.h"
#include "shipments.sql.h"
#include <stdlib.h>
#include <string.h>

/* Both lists are sorted by shipment. Lines of shipments that are not in the list are passed over.
 */
static void hand_out_lines(struct shipment_state_list *shipments,
                           const struct shipment_line_state_list *lines)
{
    size_t at = 0;
    for (size_t i = 0; i < shipments->n; i++) {
        struct shipment_state *s = &shipments->v[i];
        while (at < lines->n && lines->v[at].shipment_id < s->id)
            at++;
        s->lines = lines->v + at;
        while (at < lines->n && lines->v[at].shipment_id == s->id)
            at++;
        s->n_lines = (size_t)(lines->v + at - s->lines);
    }
}

err shipments_bill_freight(struct tx *tx, const struct shipment_freight *rows, size_t n)
{
    return n == 0 ? OK : shipments_set_freight_invoice(tx, rows, n);
}

err shipments_orders(struct tx *tx, const int64_t *shipments, size_t n,
                     struct order_of_shipment_list *ret)
{
    return shipment_orders_of(tx, shipments, n, ret);
}

err shipments_lock(struct tx *tx, const int64_t *ids, size_t n, struct shipment_state_list *ret)
{
    struct shipment_state_list shipments;
    struct shipment_line_state_list lines;
    TRY(shipment_rows_lock_queue(tx, ids, n, &shipments));
    TRY(shipment_lines_of(tx, ids, n, &lines));
    hand_out_lines(&shipments, &lines);
    *ret = shipments;
    return OK;
}

err shipments_lock_of_orders(struct tx *tx, const int64_t *orders, size_t n,
                             struct shipment_state_list *ret)
{
    struct shipment_state_list shipments;
    struct shipment_line_state_list lines;
    TRY(shipment_rows_lock_of_orders_queue(tx, orders, n, &shipments));
    TRY(shipment_lines_of_orders(tx, orders, n, &lines));
    hand_out_lines(&shipments, &lines);
    *ret = shipments;
    return OK;
}

struct shipment_state *shipment_state_find(const struct shipment_state_list *list, int64_t id)
{
    return LIST_FIND_ID(list, id);
}

struct shipment_line_state *shipment_line_state_find(const struct shipment_state *s,
                                                     int64_t line_no)
{
    /* Lines are numbered from 1 without gaps. */
    if (line_no < 1 || (uint64_t)line_no > s->n_lines)
        return NULL;
    return &s->lines[line_no - 1];
}

static int order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_line(const void *a, const void *b)
{
    const struct shipment_line_invoiced *x = a, *y = b;
    int order = order_of(x->shipment_id, y->shipment_id);
    return order != 0 ? order : order_of(x->line_no, y->line_no);
}

static int by_invoice(const void *a, const void *b)
{
    const struct shipment_line_invoiced *x = a, *y = b;
    int order = order_of(x->shipment_id, y->shipment_id);
    return order != 0 ? order : order_of(x->invoice_id, y->invoice_id);
}

static err add_invoiced(struct tx *tx, struct shipment_line_invoiced *rows, size_t n)
{
    size_t kept = 0;
    qsort(rows, n, sizeof *rows, by_line);
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && by_line(&rows[kept - 1], &rows[i]) == 0)
            rows[kept - 1].quantity += rows[i].quantity;
        else
            rows[kept++] = rows[i];
    }
    return shipment_lines_add_invoiced(tx, rows, kept);
}

static err touch(struct tx *tx, struct shipment_line_invoiced *rows, size_t n)
{
    struct shipments_touch_s *touched = ARENA_ARRAY(tx->arena, struct shipments_touch_s, n);
    size_t kept = 0;
    qsort(rows, n, sizeof *rows, by_invoice);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && by_invoice(&rows[i - 1], &rows[i]) == 0)
            continue;
        if (kept > 0 && touched[kept - 1].id == rows[i].shipment_id)
            touched[kept - 1].times++;
        else
            touched[kept++] = (struct shipments_touch_s){.id = rows[i].shipment_id, .times = 1};
    }
    return shipments_touch(tx, touched, kept);
}

err shipment_lines_invoice(struct tx *tx, const struct shipment_line_invoiced *rows, size_t n)
{
    if (n == 0)
        return OK;
    struct shipment_line_invoiced *sorted = ARENA_ARRAY(tx->arena, struct shipment_line_invoiced,
                                                        n);
    memcpy(sorted, rows, n * sizeof *sorted);
    TRY(touch(tx, sorted, n));
    return add_invoiced(tx, sorted, n);
}
