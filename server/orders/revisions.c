/* What an order was before and after each amendment. */
#include "orders.sql.h"
#include "server/orders/place.h"
#include "server/routes_prototypes.h"

err order_revision_keep(struct tx *tx, const struct call *c, const char *kind, const char *reason,
                        const struct order *before, const struct order *after)
{
    struct order_revisions_count_row count;
    TRY(order_revisions_count(tx, before->id, &count));
    if (count.n >= ORDER_REVISIONS_MAX)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The order was amended %d times; cancel it and create another.",
                    ORDER_REVISIONS_MAX);
    return order_revision_insert(tx, before->id, kind, reason, c->api_key_id, c->request_id,
                                 call_json(tx->arena, &order_type, before, NULL),
                                 call_json(tx->arena, &order_type, after, NULL));
}

err order_lines_change(struct tx *tx, int64_t order_id, const struct order_line *lines, size_t n)
{
    struct order_lines_amend_l *rows = ARENA_ARRAY(tx->arena, struct order_lines_amend_l, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct order_lines_amend_l){.order_id = order_id,
                                               .line_no = lines[i].line_no,
                                               .quantity = lines[i].quantity,
                                               .unit_price = lines[i].unit_price,
                                               .price_source = lines[i].price_source,
                                               .price_id = lines[i].price_id,
                                               .discount_percent = lines[i].discount_percent,
                                               .discount_amount = lines[i].discount_amount,
                                               .order_discount = lines[i].order_discount,
                                               .net = lines[i].net,
                                               .tax = lines[i].tax,
                                               .gross = lines[i].gross,
                                               .canceled = lines[i].canceled,
                                               .reserved = lines[i].reserved,
                                               .dropped = lines[i].dropped,
                                               .backordered = lines[i].backordered};
    return n > 0 ? order_lines_amend(tx, rows, n) : OK;
}

err orders_revisions(struct tx *tx, struct call *c, const struct none *in,
                     struct order_revisions_reply *ret)
{
    (void)in;
    struct order_list known;
    *ret = (struct order_revisions_reply){.order_id = c->path_id[0]};
    TRY(orders_headers_queue(tx, c->path_id, 1, &known));
    TRY(order_revisions(tx, c->path_id[0], &ret->revisions));
    return known.n > 0 ? OK : ERR_NO_ROW;
}
