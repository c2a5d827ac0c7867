-- What only some orders ask for: to wait for stock, to ship complete, to come first.

-- Lines that may wait for stock, and for how much they do. They were inserted just before.
-- fn order_lines_wait(rows l[order_id i64, line_no i64, backordered i64]) -> exec
UPDATE order_line o SET backorder = true, backordered = l.backordered
  FROM unnest(:l.order_id, :l.line_no, :l.backordered) AS l(order_id, line_no, backordered)
 WHERE o.tenant_id = :tenant AND o.order_id = l.order_id AND o.line_no = l.line_no;

-- fn orders_set_precedence(rows o[id i64, priority i64, ship_complete bool]) -> exec
UPDATE sales_order s SET priority = o.priority, ship_complete = o.ship_complete
  FROM unnest(:o.id, :o.priority, :o.ship_complete) AS o(id, priority, ship_complete)
 WHERE s.tenant_id = :tenant AND s.id = o.id;
