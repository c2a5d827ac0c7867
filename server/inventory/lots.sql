-- Lots of stock: each changes under the lock of its row of stock.
-- include "server/inventory/inventory.h"
-- include "server/inventory/internal.h"

-- fn lots_of_stock(rows k[struct stock_key: product_id i64, warehouse_id i64])
--     -> many struct lot_facts(id i64, product_id i64, warehouse_id i64, lot_number text,
--     expiry_date date?, on_hand i64, blocked bool, expired bool, block_reason text?)
SELECT l.id, l.product_id, l.warehouse_id, l.lot_number, l.expiry_date, l.on_hand, l.blocked,
       l.expired, l.block_reason
  FROM unnest(:k.product_id, :k.warehouse_id) AS k(product_id, warehouse_id)
  JOIN stock_lot l ON l.tenant_id = :tenant AND l.product_id = k.product_id
       AND l.warehouse_id = k.warehouse_id AND l.on_hand > 0
 ORDER BY l.product_id, l.warehouse_id, l.expiry_date, l.id;

-- fn lots_by_id(ids i64[]) -> many struct lot_facts(id i64, product_id i64, warehouse_id i64,
--     lot_number text, expiry_date date?, on_hand i64, blocked bool, expired bool,
--     block_reason text?)
SELECT id, product_id, warehouse_id, lot_number, expiry_date, on_hand, blocked, expired,
       block_reason
  FROM stock_lot
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id;

-- The lots of these numbers, in whatever warehouse.
-- fn lots_named(rows k[struct lot_entry: product_id i64, lot_number text])
--     -> many struct lot_entry(id i64, product_id i64, warehouse_id i64, lot_number text,
--     expiry_date date?, best_before_date date?, supplier_reference text?, on_hand i64,
--     blocked bool, expired bool)
SELECT DISTINCT l.id, l.product_id, l.warehouse_id, l.lot_number, l.expiry_date, l.best_before_date,
       l.supplier_reference, l.on_hand, l.blocked, l.expired
  FROM unnest(:k.product_id, :k.lot_number) AS k(product_id, lot_number)
  JOIN stock_lot l ON l.tenant_id = :tenant AND l.product_id = k.product_id
       AND l.lot_number = k.lot_number
 ORDER BY l.id;

-- fn lots_insert(rows l[struct lot_entry: id i64, product_id i64, warehouse_id i64,
--     lot_number text, expiry_date date?, best_before_date date?, supplier_reference text?,
--     expired bool]) -> exec
INSERT INTO stock_lot (tenant_id, id, product_id, warehouse_id, lot_number, expiry_date,
                       best_before_date, supplier_reference, expired, created_at, updated_at)
SELECT :tenant, l.id, l.product_id, l.warehouse_id, l.lot_number, l.expiry_date,
       l.best_before_date, l.supplier_reference, l.expired, :now, :now
  FROM unnest(:l.id, :l.product_id, :l.warehouse_id, :l.lot_number, :l.expiry_date,
              :l.best_before_date, :l.supplier_reference, :l.expired)
       AS l(id, product_id, warehouse_id, lot_number, expiry_date, best_before_date,
            supplier_reference, expired);

-- fn lots_move(rows m[struct lot_move: lot_id i64, quantity i64]) -> exec
UPDATE stock_lot l
   SET on_hand = l.on_hand + m.quantity, version = l.version + 1, updated_at = :now
  FROM unnest(:m.lot_id, :m.quantity) AS m(lot_id, quantity)
 WHERE l.tenant_id = :tenant AND l.id = m.lot_id;

-- What stock counts as blocked, and when it next must look, as its lots say now.
-- fn lots_settle(rows k[struct stock_key: product_id i64, warehouse_id i64]) -> exec
UPDATE stock s
   SET blocked = x.blocked, expires_on = x.expires_on
  FROM unnest(:k.product_id, :k.warehouse_id) AS k(product_id, warehouse_id)
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(l.on_hand) FILTER (WHERE l.blocked OR l.expired), 0)::bigint AS blocked,
              min(l.expiry_date) FILTER (WHERE NOT l.expired) AS expires_on
         FROM stock_lot l
        WHERE l.tenant_id = :tenant AND l.product_id = k.product_id
          AND l.warehouse_id = k.warehouse_id AND l.on_hand > 0) x
 WHERE s.tenant_id = :tenant AND s.product_id = k.product_id AND s.warehouse_id = k.warehouse_id;

-- The last day of these is over; their stock is locked. Lots of which nothing is there learn it when
-- something comes in.
-- fn lots_expire(rows k[struct stock_key: product_id i64, warehouse_id i64])
--     -> many struct lot_facts(id i64, product_id i64, warehouse_id i64, lot_number text,
--     expiry_date date?, on_hand i64, blocked bool, expired bool)
UPDATE stock_lot l SET expired = true, version = l.version + 1, updated_at = :now
  FROM unnest(:k.product_id, :k.warehouse_id) AS k(product_id, warehouse_id)
 WHERE l.tenant_id = :tenant AND l.product_id = k.product_id AND l.warehouse_id = k.warehouse_id
   AND l.on_hand > 0 AND NOT l.expired AND l.expiry_date < :today
RETURNING l.id, l.product_id, l.warehouse_id, l.lot_number, l.expiry_date, l.on_hand, l.blocked,
          l.expired;

-- Goods come into lots whose last day is over.
-- fn lots_set_expired(ids i64[]) -> exec
UPDATE stock_lot SET expired = true WHERE tenant_id = :tenant AND id = ANY(:ids);

-- fn lot_set_block(id i64, blocked bool, reason text?) -> exec
UPDATE stock_lot
   SET blocked = :blocked, block_reason = :reason, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn lot_correct(id i64, expiry_date date?, best_before_date date?, supplier_reference text?,
--     expired bool) -> exec
UPDATE stock_lot
   SET expiry_date = :expiry_date, best_before_date = :best_before_date,
       supplier_reference = :supplier_reference, expired = :expired, version = version + 1,
       updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn lot_key(id i64) -> one struct stock_key(product_id i64, warehouse_id i64)
SELECT product_id, warehouse_id FROM stock_lot WHERE tenant_id = :tenant AND id = :id;

-- The lots of a number of a product: one in each warehouse.
-- fn lots_show(product_id i64, lot_number text) -> many struct stock_lot(id i64, version i64,
--     status text, lot_number text, product_id i64, sku text, warehouse_id i64,
--     warehouse_code text, on_hand i64, expiry_date date?, best_before_date date?,
--     supplier_reference text?, block_reason text?, created_at instant, updated_at instant)
SELECT l.id, l.version, CASE WHEN l.blocked THEN 'blocked' WHEN l.expiry_date < :today THEN 'expired'
                             ELSE 'available' END AS status, l.lot_number, l.product_id, p.sku,
       l.warehouse_id, w.code AS warehouse_code, l.on_hand, l.expiry_date, l.best_before_date,
       l.supplier_reference, l.block_reason, l.created_at, l.updated_at
  FROM stock_lot l
  JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
  JOIN warehouse w ON w.tenant_id = l.tenant_id AND w.id = l.warehouse_id
 WHERE l.tenant_id = :tenant AND l.product_id = :product_id AND l.lot_number = :lot_number
 ORDER BY w.code, l.id;

-- fn lot_show(id i64) -> one struct stock_lot(id i64, version i64, status text, lot_number text,
--     product_id i64, sku text, warehouse_id i64, warehouse_code text, on_hand i64,
--     expiry_date date?, best_before_date date?, supplier_reference text?, block_reason text?,
--     created_at instant, updated_at instant)
SELECT l.id, l.version, CASE WHEN l.blocked THEN 'blocked' WHEN l.expiry_date < :today THEN 'expired'
                             ELSE 'available' END AS status, l.lot_number, l.product_id, p.sku,
       l.warehouse_id, w.code AS warehouse_code, l.on_hand, l.expiry_date, l.best_before_date,
       l.supplier_reference, l.block_reason, l.created_at, l.updated_at
  FROM stock_lot l
  JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
  JOIN warehouse w ON w.tenant_id = l.tenant_id AND w.id = l.warehouse_id
 WHERE l.tenant_id = :tenant AND l.id = :id;

-- fn stock_lots_list() -> list struct stock_lot(id i64, version i64, status text, lot_number text,
--     product_id i64, sku text, warehouse_id i64, warehouse_code text, on_hand i64,
--     expiry_date date?, best_before_date date?, supplier_reference text?, block_reason text?,
--     created_at instant, updated_at instant)
-- filter status text: CASE WHEN l.blocked THEN 'blocked' WHEN l.expiry_date < :today THEN 'expired' ELSE 'available' END
-- filter lot_number text: l.lot_number
-- filter product_id id prd: l.product_id
-- filter sku text: p.sku
-- filter warehouse_id id whs: l.warehouse_id
-- filter expiry_date date: l.expiry_date
-- filter in_stock bool: (l.on_hand > 0)
-- filter supplier_reference text: l.supplier_reference
-- sort id: l.id
SELECT l.id, l.version, CASE WHEN l.blocked THEN 'blocked' WHEN l.expiry_date < :today THEN 'expired'
                             ELSE 'available' END AS status, l.lot_number, l.product_id, p.sku,
       l.warehouse_id, w.code AS warehouse_code, l.on_hand, l.expiry_date, l.best_before_date,
       l.supplier_reference, l.block_reason, l.created_at, l.updated_at
  FROM stock_lot l
  JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
  JOIN warehouse w ON w.tenant_id = l.tenant_id AND w.id = l.warehouse_id
 WHERE l.tenant_id = :tenant AND :filters;

-- ---- where a lot went ----

-- fn lot_trace_sums(product_id i64, lot_number text)
--     -> one(on_hand i64, shipped i64, returned i64, customers i64)
SELECT (SELECT coalesce(sum(l.on_hand), 0)::bigint FROM stock_lot l
         WHERE l.tenant_id = :tenant AND l.product_id = :product_id AND l.lot_number = :lot_number)
           AS on_hand,
       coalesce(sum(x.quantity), 0)::bigint AS shipped,
       coalesce(sum(x.returned), 0)::bigint AS returned, count(DISTINCT s.customer_id) AS customers
  FROM stock_lot l
  JOIN shipment_line_lot x ON x.tenant_id = l.tenant_id AND x.lot_id = l.id
  JOIN shipment s ON s.tenant_id = x.tenant_id AND s.id = x.shipment_id
 WHERE l.tenant_id = :tenant AND l.product_id = :product_id AND l.lot_number = :lot_number;

-- fn lot_traced(product_id i64, lot_number text, most i64) -> many struct stock_lot_traced(
--     customer_id i64, customer_name text, shipment_id i64, shipment_number text,
--     shipment_status text, ship_date date?, line_no i64, order_id i64, order_line_no i64,
--     lot_id i64, warehouse_code text, quantity i64, returned i64)
SELECT s.customer_id, c.name AS customer_name, s.id AS shipment_id, s.number AS shipment_number,
       s.status AS shipment_status, s.ship_date, x.line_no, i.order_id, i.order_line_no, x.lot_id,
       w.code AS warehouse_code, x.quantity, x.returned
  FROM stock_lot l
  JOIN shipment_line_lot x ON x.tenant_id = l.tenant_id AND x.lot_id = l.id
  JOIN shipment s ON s.tenant_id = x.tenant_id AND s.id = x.shipment_id
  JOIN shipment_line i ON i.tenant_id = x.tenant_id AND i.shipment_id = x.shipment_id
       AND i.line_no = x.line_no
  JOIN customer c ON c.tenant_id = s.tenant_id AND c.id = s.customer_id
  JOIN warehouse w ON w.tenant_id = l.tenant_id AND w.id = l.warehouse_id
 WHERE l.tenant_id = :tenant AND l.product_id = :product_id AND l.lot_number = :lot_number
 ORDER BY c.name, s.customer_id, s.id, x.line_no, x.lot_id
 LIMIT :most;
