-- Counts of stock: sheets, what was counted, and what that changed.
-- include "server/inventory/inventory.h"

-- fn count_insert(id i64, external_id text?, warehouse_id i64, notes text?, line_count i64) -> exec
INSERT INTO stock_count (tenant_id, id, external_id, warehouse_id, status, notes, line_count,
                         created_at, updated_at)
VALUES (:tenant, :id, :external_id, :warehouse_id, 'open', :notes, :line_count, :now, :now);

-- What the books say when the sheet is made.
-- fn count_lines_insert(count_id i64, warehouse_id i64,
--     rows l[struct stock_count_line: line_no i64, product_id i64, lot_id i64?]) -> exec
INSERT INTO stock_count_line (tenant_id, count_id, line_no, product_id, lot_id, expected)
SELECT :tenant, :count_id, l.line_no, l.product_id, l.lot_id, coalesce(t.on_hand, s.on_hand, 0)
  FROM unnest(:l.line_no, :l.product_id, :l.lot_id) AS l(line_no, product_id, lot_id)
  LEFT JOIN stock s ON s.tenant_id = :tenant AND s.product_id = l.product_id
       AND s.warehouse_id = :warehouse_id
  LEFT JOIN stock_lot t ON t.tenant_id = :tenant AND t.id = l.lot_id;

-- fn count_by_external_id(external_id text) -> maybe(id i64)
SELECT id FROM stock_count WHERE tenant_id = :tenant AND external_id = :external_id;

-- What has ever been in the warehouse, or the lots of it that are there.
-- fn count_products(warehouse_id i64, most i64)
--     -> many struct stock_count_line(product_id i64, lot_id i64?)
SELECT s.product_id, l.id AS lot_id
  FROM product p
  JOIN stock s ON s.tenant_id = :tenant AND s.product_id = p.id AND s.warehouse_id = :warehouse_id
  LEFT JOIN stock_lot l ON l.tenant_id = :tenant AND l.product_id = s.product_id
       AND l.warehouse_id = s.warehouse_id AND l.on_hand > 0
 WHERE p.tenant_id = :tenant AND (l.id IS NOT NULL OR NOT s.by_lot)
 ORDER BY p.sku, l.lot_number
 LIMIT :most;

-- The lots of these products that are there.
-- fn count_lots(warehouse_id i64, products i64[])
--     -> many struct stock_count_line(product_id i64, lot_id i64)
SELECT product_id, id AS lot_id
  FROM stock_lot
 WHERE tenant_id = :tenant AND product_id = ANY(:products) AND warehouse_id = :warehouse_id
   AND on_hand > 0
 ORDER BY product_id, lot_number;

-- fn count_lock(id i64) -> one struct stock_count(id i64, version i64, status text,
--     warehouse_id i64)
SELECT id, version, status, warehouse_id
  FROM stock_count WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn count_header(id i64) -> one struct stock_count(id i64, version i64, external_id text?,
--     status text, warehouse_id i64, warehouse_code text, notes text?, line_count i64,
--     created_at instant, posted_at instant?, updated_at instant)
SELECT c.id, c.version, c.external_id, c.status, c.warehouse_id, w.code AS warehouse_code, c.notes,
       c.line_count, c.created_at, c.posted_at, c.updated_at
  FROM stock_count c
  JOIN warehouse w ON w.tenant_id = c.tenant_id AND w.id = c.warehouse_id
 WHERE c.tenant_id = :tenant AND c.id = :id;

-- fn count_lines(id i64) -> many struct stock_count_line(line_no i64, product_id i64, sku text,
--     unit text, lot_id i64?, lot_number text?, expected i64, counted i64?, book i64?,
--     difference i64?)
SELECT l.line_no, l.product_id, p.sku, p.unit, l.lot_id, t.lot_number, l.expected, l.counted,
       l.book, l.counted - l.book AS difference
  FROM stock_count_line l
  JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
  LEFT JOIN stock_lot t ON t.tenant_id = l.tenant_id AND t.id = l.lot_id
 WHERE l.tenant_id = :tenant AND l.count_id = :id
 ORDER BY l.line_no;

-- fn count_lines_counted(count_id i64,
--     rows l[struct stock_count_line: line_no i64, counted i64, book i64]) -> exec
UPDATE stock_count_line t SET counted = l.counted, book = l.book
  FROM unnest(:l.line_no, :l.counted, :l.book) AS l(line_no, counted, book)
 WHERE t.tenant_id = :tenant AND t.count_id = :count_id AND t.line_no = l.line_no;

-- fn count_set_status(id i64, status text, posted_at instant?) -> exec
UPDATE stock_count
   SET status = :status, posted_at = :posted_at, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn stock_counts_list() -> list struct stock_count_summary(id i64, version i64, external_id text?,
--     status text, warehouse_id i64, warehouse_code text, notes text?, line_count i64,
--     created_at instant, posted_at instant?, updated_at instant)
-- filter status text: c.status
-- filter external_id text: c.external_id
-- filter warehouse_id id whs: c.warehouse_id
-- filter created_at instant: c.created_at
-- sort id: c.id
SELECT c.id, c.version, c.external_id, c.status, c.warehouse_id, w.code AS warehouse_code, c.notes,
       c.line_count, c.created_at, c.posted_at, c.updated_at
  FROM stock_count c
  JOIN warehouse w ON w.tenant_id = c.tenant_id AND w.id = c.warehouse_id
 WHERE c.tenant_id = :tenant AND :filters;
