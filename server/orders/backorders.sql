-- What only some orders ask for: to wait for stock, to take substitutes, to ship complete, to come
-- first.
-- include "server/orders/orders.h"

-- Lines that may wait for stock, and for how much they do. They were inserted just before.
-- fn order_lines_wait(rows l[order_id i64, line_no i64, backordered i64]) -> exec
UPDATE order_line o SET backorder = true, backordered = l.backordered
  FROM unnest(:l.order_id, :l.line_no, :l.backordered) AS l(order_id, line_no, backordered)
 WHERE o.tenant_id = :tenant AND o.order_id = l.order_id AND o.line_no = l.line_no;

-- fn orders_set_precedence(rows o[id i64, priority i64, ship_complete bool]) -> exec
UPDATE sales_order s SET priority = o.priority, ship_complete = o.ship_complete
  FROM unnest(:o.id, :o.priority, :o.ship_complete) AS o(id, priority, ship_complete)
 WHERE s.tenant_id = :tenant AND s.id = o.id;

-- Lines that may be replaced, and lines that replace another one. They were inserted just before.
-- fn order_lines_substitution(rows l[order_id i64, line_no i64, substitution text?,
--   substitutes_line_no i64?]) -> exec
UPDATE order_line o SET substitution = l.substitution, substitutes_line_no = l.substitutes_line_no
  FROM unnest(:l.order_id, :l.line_no, :l.substitution, :l.substitutes_line_no)
       AS l(order_id, line_no, substitution, substitutes_line_no)
 WHERE o.tenant_id = :tenant AND o.order_id = l.order_id AND o.line_no = l.line_no;

-- fn substitutes_of_stock(rows k[struct stock_key: product_id i64, warehouse_id i64])
--   -> many struct substitute_facts(product_id i64, warehouse_id i64, substitute_id i64, rank i64,
--   tax_code_id i64, unit_cost i64?, available i64, sku text, name text)
SELECT DISTINCT k.product_id, k.warehouse_id, x.substitute_id, x.rank, p.tax_code_id, p.unit_cost,
       greatest(coalesce(s.on_hand - s.reserved - h.held - s.safety - b.blocked, 0), 0) AS available,
       p.sku, p.name
  FROM unnest(:k.product_id, :k.warehouse_id) AS k(product_id, warehouse_id)
  JOIN product_substitute x ON x.tenant_id = :tenant AND x.product_id = k.product_id
       AND (x.valid_from IS NULL OR x.valid_from <= :today)
       AND (x.valid_to IS NULL OR x.valid_to >= :today)
  JOIN product p ON p.tenant_id = :tenant AND p.id = x.substitute_id AND p.status = 'active'
  LEFT JOIN stock s ON s.tenant_id = :tenant AND s.product_id = x.substitute_id
       AND s.warehouse_id = k.warehouse_id
  LEFT JOIN LATERAL stock_held(s.tenant_id, s.product_id, s.warehouse_id, s.held, s.held_until, :now)
       AS h(held) ON true
  LEFT JOIN LATERAL stock_blocked(s.tenant_id, s.product_id, s.warehouse_id, s.blocked,
                                  s.expires_on, :today) AS b(blocked) ON true
 ORDER BY k.product_id, k.warehouse_id, x.rank;
