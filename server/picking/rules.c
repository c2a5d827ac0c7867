/* Pure rules of pick lists: see picking.h. */
#include "server/picking/picking.h"
#include <stdlib.h>
#include <string.h>

const char *const pick_list_statuses[] = {"open",     "picking",  "picked",
                                          "canceled", "recalled", NULL};

/* line_no is where the row stood before. */
static int walk(const void *a, const void *b)
{
    const struct pick_row *x = a, *y = b;
    if ((x->bin == NULL) != (y->bin == NULL))
        return x->bin == NULL ? 1 : -1;
    int by = x->bin != NULL ? strcmp(x->bin, y->bin) : 0;
    if (by == 0)
        by = strcmp(x->sku, y->sku);
    return by != 0 ? by : (x->line_no > y->line_no) - (x->line_no < y->line_no);
}

void pick_rows_number(struct pick_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rows[i].line_no = (int64_t)i;
    if (n > 0)
        qsort(rows, n, sizeof(*rows), walk);
    for (size_t i = 0; i < n; i++) {
        bool same = i > 0 && rows[i].product_id == rows[i - 1].product_id;
        rows[i].line_no = same ? rows[i - 1].line_no : i > 0 ? rows[i - 1].line_no + 1 : 1;
        rows[i].part_no = same ? rows[i - 1].part_no + 1 : 1;
    }
}

static struct pick_part part_of(const struct pick_row *r)
{
    return (struct pick_part){.part_no = r->part_no,
                              .order_id = r->order_id,
                              .order_line_no = r->order_line_no,
                              .quantity = r->quantity,
                              .picked = r->picked,
                              .recalled = r->recalled,
                              .shipment_id = r->shipment_id};
}

struct pick_line_list pick_lines_of(struct arena *a, const struct pick_row_list *rows)
{
    struct pick_line_list ret = {.v = ARENA_ARRAY(a, struct pick_line, rows->n)};
    struct pick_part *parts = ARENA_ARRAY(a, struct pick_part, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        const struct pick_row *r = &rows->v[i];
        parts[i] = part_of(r);
        if (i == 0 || r->line_no != rows->v[i - 1].line_no)
            ret.v[ret.n++] = (struct pick_line){.line_no = r->line_no,
                                                .product_id = r->product_id,
                                                .sku = r->sku,
                                                .bin = r->bin,
                                                .picked = r->picked != NIL64 ? 0 : NIL64,
                                                .parts = {.v = &parts[i]}};
        struct pick_line *l = &ret.v[ret.n - 1];
        l->parts.n++;
        l->quantity += r->quantity;
        if (r->picked != NIL64)
            l->picked += r->picked;
    }
    return ret;
}

void pick_share(struct pick_row *parts, size_t n, int64_t found)
{
    for (size_t i = 0; i < n; i++) {
        parts[i].picked = parts[i].quantity < found ? parts[i].quantity : found;
        found -= parts[i].picked;
    }
}

struct string_list pick_list_actions(struct arena *a, const char *status)
{
    struct string_list ret = {.v = ARENA_ARRAY(a, const char *, 3)};
    bool open = strcmp(status, "open") == 0;
    if (open)
        ret.v[ret.n++] = "start";
    if (open || strcmp(status, "picking") == 0) {
        ret.v[ret.n++] = "confirm";
        ret.v[ret.n++] = "cancel";
    }
    if (strcmp(status, "picked") == 0)
        ret.v[ret.n++] = "recall";
    return ret;
}
