/* Shipments locked with their lines, for what happens to them later. */
#include "server/shipments/shipments.h"
#include "shipments.sql.h"
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
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->v[middle].id == id)
            return &list->v[middle];
        if (list->v[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct shipment_line_state *shipment_line_state_find(const struct shipment_state *s,
                                                     int64_t line_no)
{
    /* Lines are numbered from 1 without gaps. */
    if (line_no < 1 || (uint64_t)line_no > s->n_lines)
        return NULL;
    return &s->lines[line_no - 1];
}

err shipment_lines_invoice(struct tx *tx, const struct shipment_line_invoiced *rows, size_t n)
{
    if (n == 0)
        return OK;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, n);
    size_t n_ids = 0;
    for (size_t i = 0; i < n; i++) {
        if (n_ids == 0 || ids[n_ids - 1] != rows[i].shipment_id)
            ids[n_ids++] = rows[i].shipment_id;
    }
    TRY(shipment_lines_add_invoiced(tx, rows, n));
    return shipments_touch(tx, ids, n_ids);
}
