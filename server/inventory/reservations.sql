-- Reservations of stock: each changes under the lock of its row of stock.
-- include "server/inventory/inventory.h"
-- include "server/api/external_id.h"

-- fn reservations_insert(rows r[struct stock_reservation: id i64, external_id text?, product_id i64, warehouse_id i64,
--     quantity i64, owner text, expires_at instant]) -> exec
INSERT INTO stock_reservation (tenant_id, id, external_id, product_id, warehouse_id, quantity, owner,
                               status, expires_at, created_at, updated_at)
SELECT :tenant, r.id, r.external_id, r.product_id, r.warehouse_id, r.quantity, r.owner, 'held',
       r.expires_at, :now, :now
  FROM unnest(:r.id, :r.external_id, :r.product_id, :r.warehouse_id, :r.quantity, :r.owner,
              :r.expires_at)
       AS r(id, external_id, product_id, warehouse_id, quantity, owner, expires_at);

-- The time of these is over; their stock is locked.
-- fn reservations_expire(rows k[struct stock_key: product_id i64, warehouse_id i64])
--     -> many struct reservation_facts(id i64, product_id i64, warehouse_id i64, quantity i64)
UPDATE stock_reservation r SET status = 'expired', version = r.version + 1, updated_at = :now
  FROM unnest(:k.product_id, :k.warehouse_id) AS k(product_id, warehouse_id)
 WHERE r.tenant_id = :tenant AND r.product_id = k.product_id AND r.warehouse_id = k.warehouse_id
   AND r.status = 'held' AND r.expires_at <= :now
RETURNING r.id, r.product_id, r.warehouse_id, r.quantity;

-- Rows of stock with reservations whose time is over, for the sweeper.
-- fn stock_overdue(most i64) -> many struct stock_key(product_id i64, warehouse_id i64)
SELECT DISTINCT r.product_id, r.warehouse_id
  FROM (SELECT product_id, warehouse_id FROM stock_reservation
         WHERE tenant_id = :tenant AND status = 'held' AND expires_at <= :now
         LIMIT :most) r
 ORDER BY r.product_id, r.warehouse_id;

-- fn reservations_load(ids i64[]) -> many struct reservation_facts(id i64, product_id i64,
--     warehouse_id i64, quantity i64, expires_at instant, status text, order_id i64?)
SELECT id, product_id, warehouse_id, quantity, expires_at, status, order_id
  FROM stock_reservation
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id;

-- fn reservations_of_orders(orders i64[]) -> many struct reservation_facts(id i64, product_id i64,
--     warehouse_id i64, quantity i64, expires_at instant, status text, order_id i64?)
SELECT id, product_id, warehouse_id, quantity, expires_at, status, order_id
  FROM stock_reservation
 WHERE tenant_id = :tenant AND order_id = ANY(:orders)
 ORDER BY id;

-- fn reservations_update(ids i64[], status text, order_id i64?) -> exec
UPDATE stock_reservation
   SET status = :status, order_id = coalesce(:order_id, order_id), version = version + 1,
       updated_at = :now
 WHERE tenant_id = :tenant AND id = ANY(:ids);

-- fn reservation_extend(id i64, expires_at instant) -> exec
UPDATE stock_reservation
   SET expires_at = :expires_at, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- A reservation of the row ends at another time than before.
-- fn stock_touch_held(product_id i64, warehouse_id i64) -> exec
UPDATE stock
   SET held_until = (SELECT min(r.expires_at) FROM stock_reservation r
                      WHERE r.tenant_id = :tenant AND r.product_id = :product_id
                        AND r.warehouse_id = :warehouse_id AND r.status = 'held')
 WHERE tenant_id = :tenant AND product_id = :product_id AND warehouse_id = :warehouse_id;

-- Which of these external ids are taken? Sorted by bytes.
-- fn reservations_by_external_id(external_ids text[])
--     -> many struct external_id_holder(id i64, external_id text)
SELECT id, external_id FROM stock_reservation
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids)
 ORDER BY external_id COLLATE "C";

-- fn reservations_show(ids i64[]) -> many struct stock_reservation(id i64, version i64,
--     external_id text?, status text, owner text, product_id i64, sku text, warehouse_id i64,
--     warehouse_code text, quantity i64, expires_at instant, order_id i64?, created_at instant,
--     updated_at instant)
SELECT r.id, r.version, r.external_id, x.status, r.owner, r.product_id, p.sku, r.warehouse_id,
       w.code AS warehouse_code, r.quantity, r.expires_at, r.order_id, r.created_at, r.updated_at
  FROM stock_reservation r
  JOIN product p ON p.tenant_id = r.tenant_id AND p.id = r.product_id
  JOIN warehouse w ON w.tenant_id = r.tenant_id AND w.id = r.warehouse_id
 CROSS JOIN LATERAL stock_reservation_status(r.tenant_id, r.status, r.expires_at, r.order_id,
       r.product_id, r.warehouse_id, :now) AS x(status)
 WHERE r.tenant_id = :tenant AND r.id = ANY(:ids)
 ORDER BY r.id;

-- fn stock_reservations_list() -> list struct stock_reservation(id i64, version i64,
--     external_id text?, status text, owner text, product_id i64, sku text, warehouse_id i64,
--     warehouse_code text, quantity i64, expires_at instant, order_id i64?, created_at instant,
--     updated_at instant)
-- filter status text: x.status
-- filter owner text: r.owner
-- filter external_id text: r.external_id
-- filter product_id id prd: r.product_id
-- filter warehouse_id id whs: r.warehouse_id
-- filter order_id id ord: r.order_id
-- filter expires_at instant: r.expires_at
-- sort id: r.id
SELECT r.id, r.version, r.external_id, x.status, r.owner, r.product_id, p.sku, r.warehouse_id,
       w.code AS warehouse_code, r.quantity, r.expires_at, r.order_id, r.created_at, r.updated_at
  FROM stock_reservation r
  JOIN product p ON p.tenant_id = r.tenant_id AND p.id = r.product_id
  JOIN warehouse w ON w.tenant_id = r.tenant_id AND w.id = r.warehouse_id
 CROSS JOIN LATERAL stock_reservation_status(r.tenant_id, r.status, r.expires_at, r.order_id,
       r.product_id, r.warehouse_id, :now) AS x(status)
 WHERE r.tenant_id = :tenant AND :filters;
