-- Pick lists.
-- include "server/picking/picking.h"

-- fn pick_list_by_external_id(external_id text) -> maybe(id i64)
SELECT id FROM pick_list WHERE tenant_id = :tenant AND external_id = :external_id;

-- Orders that are promised from a day to another, of which something is reserved there and not
-- picked yet, the earliest first; they are looked at again once they are locked.
-- fn pick_candidates(warehouse_id i64, first date, last date, most i64) -> many(id i64)
SELECT o.id
  FROM sales_order o
 WHERE o.tenant_id = :tenant AND o.promised_date BETWEEN :first AND :last
   AND o.status IN ('confirmed', 'in_fulfillment')
   AND EXISTS (SELECT FROM order_line l
                WHERE l.tenant_id = :tenant AND l.order_id = o.id
                  AND l.warehouse_id = :warehouse_id AND l.reserved > l.picked)
 ORDER BY o.promised_date, o.id
 LIMIT :most;

-- What of the lines of these orders is on lists that are not confirmed yet. Behind the locks of the
-- orders.
-- fn pick_claimed(orders i64[]) -> many(order_id i64, order_line_no i64, quantity i64)
SELECT p.order_id, p.order_line_no, sum(p.quantity)::bigint AS quantity
  FROM pick_list_part p
  JOIN pick_list h ON h.tenant_id = :tenant AND h.id = p.pick_list_id
 WHERE p.tenant_id = :tenant AND p.order_id = ANY(:orders) AND h.status IN ('open', 'picking')
 GROUP BY p.order_id, p.order_line_no;

-- fn pick_bins(warehouse_id i64, products i64[]) -> many(product_id i64, bin text)
SELECT product_id, bin
  FROM stock
 WHERE tenant_id = :tenant AND product_id = ANY(:products) AND warehouse_id = :warehouse_id
   AND bin IS NOT NULL
 ORDER BY product_id;

-- fn pick_list_insert(id i64, external_id text?, warehouse_id i64, part_count i64, notes text?)
--     -> exec
INSERT INTO pick_list (tenant_id, id, external_id, warehouse_id, status, part_count, notes,
                       created_at, updated_at)
VALUES (:tenant, :id, :external_id, :warehouse_id, 'open', :part_count, :notes, :now, :now);

-- fn pick_parts_insert(pick_list_id i64, rows p[struct pick_row: line_no i64, part_no i64,
--     product_id i64, bin text?, order_id i64, order_line_no i64, quantity i64]) -> exec
INSERT INTO pick_list_part (tenant_id, pick_list_id, line_no, part_no, product_id, bin, order_id,
                            order_line_no, quantity)
SELECT :tenant, :pick_list_id, p.line_no, p.part_no, p.product_id, p.bin, p.order_id,
       p.order_line_no, p.quantity
  FROM unnest(:p.line_no, :p.part_no, :p.product_id, :p.bin, :p.order_id, :p.order_line_no,
              :p.quantity)
       AS p(line_no, part_no, product_id, bin, order_id, order_line_no, quantity);

-- fn pick_list_header(id i64) -> one struct pick_list(id i64, version i64, external_id text?,
--     status text, warehouse_id i64, part_count i64, notes text?, created_at instant,
--     picked_at instant?, updated_at instant)
SELECT id, version, external_id, status, warehouse_id, part_count, notes, created_at, picked_at,
       updated_at
  FROM pick_list WHERE tenant_id = :tenant AND id = :id;

-- Behind the locks of its orders.
-- fn pick_list_lock(id i64) -> one(version i64)
SELECT version FROM pick_list WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn pick_parts(id i64) -> many struct pick_row(line_no i64, part_no i64, product_id i64, sku text,
--     bin text?, order_id i64, order_line_no i64, quantity i64, picked i64?, recalled i64,
--     shipment_id i64?, shipment_status text?)
SELECT x.line_no, x.part_no, x.product_id, p.sku, x.bin, x.order_id, x.order_line_no, x.quantity,
       x.picked, x.recalled, x.shipment_id, s.status AS shipment_status
  FROM pick_list_part x
  JOIN product p ON p.tenant_id = x.tenant_id AND p.id = x.product_id
  LEFT JOIN shipment s ON s.tenant_id = x.tenant_id AND s.id = x.shipment_id
 WHERE x.tenant_id = :tenant AND x.pick_list_id = :id
 ORDER BY x.line_no, x.part_no;

-- fn pick_lists_list() -> list struct pick_list_summary(id i64, version i64, external_id text?,
--     status text, warehouse_id i64, part_count i64, notes text?, created_at instant,
--     picked_at instant?, updated_at instant)
-- filter external_id text: k.external_id
-- filter status text: k.status
-- filter warehouse_id id whs: k.warehouse_id
-- filter created_at instant: k.created_at
-- sort id: k.id
SELECT k.id, k.version, k.external_id, k.status, k.warehouse_id, k.part_count, k.notes, k.created_at,
       k.picked_at, k.updated_at
  FROM pick_list k WHERE k.tenant_id = :tenant AND :filters;

-- fn pick_list_status(id i64, status text, picked_at instant?) -> exec
UPDATE pick_list
   SET status = :status, picked_at = :picked_at, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn pick_parts_store(pick_list_id i64, rows p[struct pick_row: line_no i64, part_no i64,
--     picked i64?, recalled i64, shipment_id i64?]) -> exec
UPDATE pick_list_part x
   SET picked = p.picked, recalled = p.recalled, shipment_id = p.shipment_id
  FROM unnest(:p.line_no, :p.part_no, :p.picked, :p.recalled, :p.shipment_id)
       AS p(line_no, part_no, picked, recalled, shipment_id)
 WHERE x.tenant_id = :tenant AND x.pick_list_id = :pick_list_id AND x.line_no = p.line_no
   AND x.part_no = p.part_no;
