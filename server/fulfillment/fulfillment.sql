-- What can be promised, and who gets what is scarce.
-- include "server/fulfillment/fulfillment.h"

-- Stock, what waits for it and what is expected, in one look: a row a day with supplies, or one
-- without. By key and day.
-- fn availability_load(rows k[struct stock_key: product_id i64, warehouse_id i64])
--     -> many(product_id i64, warehouse_id i64, on_hand i64, reserved i64, held i64, safety i64,
--     blocked i64, backordered i64, expected_date date?, incoming i64?)
SELECT k.product_id, k.warehouse_id, coalesce(s.on_hand, 0) AS on_hand,
       coalesce(s.reserved, 0) AS reserved, coalesce(h.held, 0) AS held,
       coalesce(s.safety, 0) AS safety, coalesce(q.blocked, 0) AS blocked,
       coalesce(b.backordered, 0) AS backordered,
       i.expected_date, i.incoming
  FROM unnest(:k.product_id, :k.warehouse_id) AS k(product_id, warehouse_id)
  LEFT JOIN stock s ON s.tenant_id = :tenant AND s.product_id = k.product_id
       AND s.warehouse_id = k.warehouse_id
  LEFT JOIN LATERAL stock_held(s.tenant_id, s.product_id, s.warehouse_id, s.held, s.held_until, :now)
       AS h(held) ON true
  LEFT JOIN LATERAL stock_blocked(s.tenant_id, s.product_id, s.warehouse_id, s.blocked,
                                  s.expires_on, :today) AS q(blocked) ON true
  LEFT JOIN LATERAL (SELECT sum(l.backordered)::bigint AS backordered
                       FROM order_line l
                      WHERE l.tenant_id = :tenant AND l.product_id = k.product_id
                        AND l.warehouse_id = k.warehouse_id AND l.backordered > 0) b ON true
  LEFT JOIN LATERAL (SELECT u.expected_date, sum(u.quantity - u.received)::bigint AS incoming
                       FROM stock_supply u
                      WHERE u.tenant_id = :tenant AND u.product_id = k.product_id
                        AND u.warehouse_id = k.warehouse_id AND u.status = 'open'
                      GROUP BY u.expected_date) i ON true
 ORDER BY k.product_id, k.warehouse_id, i.expected_date;

-- Orders with lines that wait, those that come first.
-- fn orders_waiting(every bool, products i64[], warehouse_id i64?, most i64) -> many(id i64)
SELECT o.id
  FROM sales_order o
 WHERE o.tenant_id = :tenant
   AND o.id IN (SELECT l.order_id FROM order_line l
                 WHERE l.tenant_id = :tenant AND l.backordered > 0
                   AND (:every OR l.product_id = ANY(:products))
                   AND (:warehouse_id::bigint IS NULL OR l.warehouse_id = :warehouse_id))
 ORDER BY o.priority DESC, coalesce(o.promised_date, o.requested_date), o.order_date, o.id
 LIMIT :most;

-- By what locked orders come before others.
-- fn orders_precedence(orders i64[]) -> many(id i64, priority i64, due_date date?)
SELECT id, priority, coalesce(promised_date, requested_date) AS due_date
  FROM sales_order WHERE tenant_id = :tenant AND id = ANY(:orders) ORDER BY id;

-- Do others wait for this stock, which is locked?
-- fn others_waiting(rows k[struct stock_facts: product_id i64, warehouse_id i64], orders i64[])
--     -> many(order_id i64)
SELECT l.order_id
  FROM unnest(:k.product_id, :k.warehouse_id) AS k(product_id, warehouse_id)
  JOIN order_line l ON l.tenant_id = :tenant AND l.product_id = k.product_id
       AND l.warehouse_id = k.warehouse_id AND l.backordered > 0
 WHERE NOT l.order_id = ANY(:orders)
 LIMIT 1;

-- fn allocation_insert(rows a[struct stock_allocation: id i64, cause text, line_count i64,
--     lines_granted i64, truncated bool]) -> exec
INSERT INTO stock_allocation (tenant_id, id, cause, line_count, lines_granted, truncated, created_at)
SELECT :tenant, a.id, a.cause, a.line_count, a.lines_granted, a.truncated, :now
  FROM unnest(:a.id, :a.cause, :a.line_count, :a.lines_granted, :a.truncated)
       AS a(id, cause, line_count, lines_granted, truncated);

-- fn allocation_lines_insert(allocation_id i64, rows l[struct stock_allocation_line: rank i64,
--     order_id i64, order_line_no i64, product_id i64, warehouse_id i64, priority i64,
--     due_date date?, wanted i64, available i64, granted i64, outcome text]) -> exec
INSERT INTO stock_allocation_line (tenant_id, allocation_id, rank, order_id, order_line_no,
                                   product_id, warehouse_id, priority, due_date, wanted, available,
                                   granted, outcome)
SELECT :tenant, :allocation_id, l.rank, l.order_id, l.order_line_no, l.product_id, l.warehouse_id,
       l.priority, l.due_date, l.wanted, l.available, l.granted, l.outcome
  FROM unnest(:l.rank, :l.order_id, :l.order_line_no, :l.product_id, :l.warehouse_id, :l.priority,
              :l.due_date, :l.wanted, :l.available, :l.granted, :l.outcome)
       AS l(rank, order_id, order_line_no, product_id, warehouse_id, priority, due_date, wanted,
            available, granted, outcome);

-- fn allocation_header(id i64) -> one struct stock_allocation(id i64, cause text, line_count i64,
--     lines_granted i64, truncated bool, created_at instant)
SELECT id, cause, line_count, lines_granted, truncated, created_at
  FROM stock_allocation WHERE tenant_id = :tenant AND id = :id;

-- fn allocation_lines(id i64) -> many struct stock_allocation_line(rank i64, order_id i64,
--     order_number text, order_line_no i64, product_id i64, sku text, warehouse_id i64,
--     priority i64, due_date date?, order_date date, wanted i64, available i64, granted i64,
--     outcome text)
SELECT l.rank, l.order_id, o.number AS order_number, l.order_line_no, l.product_id, x.sku,
       l.warehouse_id, l.priority, l.due_date, o.order_date, l.wanted, l.available, l.granted,
       l.outcome
  FROM stock_allocation_line l
  JOIN sales_order o ON o.tenant_id = :tenant AND o.id = l.order_id
  JOIN order_line x ON x.tenant_id = :tenant AND x.order_id = l.order_id
       AND x.line_no = l.order_line_no
 WHERE l.tenant_id = :tenant AND l.allocation_id = :id
 ORDER BY l.rank;

-- fn stock_allocations_list() -> list struct stock_allocation_summary(id i64, cause text,
--     line_count i64, lines_granted i64, truncated bool, created_at instant)
-- filter cause text: a.cause
-- filter created_at instant: a.created_at
-- sort id: a.id
SELECT a.id, a.cause, a.line_count, a.lines_granted, a.truncated, a.created_at
  FROM stock_allocation a WHERE a.tenant_id = :tenant AND :filters;

-- Of all tenants.
-- fn stock_work_find() -> many struct stock_work(tenant i64, today date)
SELECT t.tenant_id AS tenant, (:now AT TIME ZONE t.time_zone)::date AS today
  FROM tenant t
 WHERE EXISTS (SELECT FROM stock_freed f WHERE f.tenant_id = t.tenant_id)
    OR EXISTS (SELECT FROM credit_room r WHERE r.tenant_id = t.tenant_id)
    OR EXISTS (SELECT FROM stock_reservation r
                WHERE r.tenant_id = t.tenant_id AND r.status = 'held' AND r.expires_at <= :now)
 ORDER BY t.tenant_id;

-- fn freed_load(most i64) -> many struct freed_stock(product_id i64, warehouse_id i64, mark i64)
SELECT product_id, warehouse_id, mark FROM stock_freed
 WHERE tenant_id = :tenant
 ORDER BY product_id, warehouse_id
 LIMIT :most;

-- Those that were not marked anew since they were read; whoever marks one just now is left alone.
-- fn freed_delete(rows k[struct freed_stock: product_id i64, warehouse_id i64, mark i64]) -> exec
WITH done AS (
    SELECT f.product_id, f.warehouse_id
      FROM unnest(:k.product_id, :k.warehouse_id, :k.mark) AS k(product_id, warehouse_id, mark)
      JOIN stock_freed f ON f.tenant_id = :tenant AND f.product_id = k.product_id
           AND f.warehouse_id = k.warehouse_id AND f.mark = k.mark
       FOR UPDATE OF f SKIP LOCKED)
DELETE FROM stock_freed f USING done d
 WHERE f.tenant_id = :tenant AND f.product_id = d.product_id AND f.warehouse_id = d.warehouse_id;

-- Behind the lock of the stock, all of it shared out.
-- fn freed_settle(rows k[struct stock_key: product_id i64, warehouse_id i64]) -> exec
DELETE FROM stock_freed f
 USING unnest(:k.product_id, :k.warehouse_id) AS k(product_id, warehouse_id)
 WHERE f.tenant_id = :tenant AND f.product_id = k.product_id AND f.warehouse_id = k.warehouse_id
   AND NOT EXISTS (SELECT FROM order_hold h
                    WHERE h.tenant_id = :tenant AND h.kind = 'stock'
                      AND h.release_rule = 'when_clear' AND h.released_at IS NULL
                      AND EXISTS (SELECT FROM order_line l
                                   WHERE l.tenant_id = :tenant AND l.order_id = h.order_id
                                     AND l.product_id = k.product_id
                                     AND l.warehouse_id = k.warehouse_id
                                     AND l.shipped + l.canceled < l.quantity));

-- Orders that are held until there is stock of these, those that come first.
-- fn orders_held_for_stock(products i64[], most i64) -> many(id i64)
SELECT o.id
  FROM sales_order o
 WHERE o.tenant_id = :tenant
   AND o.id IN (SELECT h.order_id FROM order_hold h
                 WHERE h.tenant_id = :tenant AND h.kind = 'stock'
                   AND h.release_rule = 'when_clear' AND h.released_at IS NULL
                   AND EXISTS (SELECT FROM order_line l
                                WHERE l.tenant_id = :tenant AND l.order_id = h.order_id
                                  AND l.product_id = ANY(:products)
                                  AND l.shipped + l.canceled < l.quantity))
 ORDER BY o.priority DESC, coalesce(o.promised_date, o.requested_date), o.order_date, o.id
 LIMIT :most;
