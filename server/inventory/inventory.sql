-- Warehouses, stock and its movements.
-- include "server/inventory/inventory.h"
-- include "server/inventory/rules.h"

-- Whoever adds a warehouse or moves the default mark holds the tenant, the first lock of all.
-- fn warehouse_lock_tenant() -> one(tenant_id i64)
SELECT tenant_id FROM tenant WHERE tenant_id = :tenant FOR NO KEY UPDATE;

-- fn warehouses_load() -> many struct warehouse_facts(id i64, code text, is_default bool)
SELECT id, code, is_default FROM warehouse WHERE tenant_id = :tenant ORDER BY id;

-- fn warehouse_load(id i64) -> one struct warehouse(id i64, version i64, external_id text?,
--     code text, name text, address json?, is_default bool, created_at instant,
--     updated_at instant)
SELECT id, version, external_id, code, name, address, is_default, created_at, updated_at
  FROM warehouse
 WHERE tenant_id = :tenant AND id = :id;

-- Another warehouse with this code or external id.
-- fn warehouse_taken(id i64, external_id text?, code text) -> maybe(id i64, by_external_id bool)
SELECT id, coalesce(external_id = :external_id, false) AS by_external_id
  FROM warehouse
 WHERE tenant_id = :tenant AND id <> :id AND (code = :code OR external_id = :external_id)
 ORDER BY by_external_id DESC, id
 LIMIT 1;

-- fn warehouse_insert(id i64, external_id text?, code text, name text, address json?,
--     is_default bool) -> exec
INSERT INTO warehouse (tenant_id, id, external_id, code, name, address, is_default, created_at,
                       updated_at)
VALUES (:tenant, :id, :external_id, :code, :name, :address, :is_default, :now, :now);

-- fn warehouse_update(id i64, external_id text?, code text, name text, address json?,
--     is_default bool) -> exec
UPDATE warehouse
   SET version = version + 1, external_id = :external_id, code = :code, name = :name,
       address = :address, is_default = :is_default, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- The default mark leaves every warehouse but this one.
-- fn warehouse_clear_default(id i64) -> exec
UPDATE warehouse
   SET version = version + 1, is_default = false, updated_at = :now
 WHERE tenant_id = :tenant AND is_default AND id <> :id;

-- fn warehouses_list() -> list struct warehouse(id i64, version i64, external_id text?, code text,
--     name text, address json?, is_default bool, created_at instant, updated_at instant)
-- filter external_id text: w.external_id
-- filter code text: w.code
-- filter is_default bool: w.is_default
-- sort id: w.id
-- sort code: w.code
SELECT w.id, w.version, w.external_id, w.code, w.name, w.address, w.is_default, w.created_at,
       w.updated_at
  FROM warehouse w
 WHERE w.tenant_id = :tenant AND :filters;

-- fn stock_rows_lock(rows keys[struct stock_key: product_id i64, warehouse_id i64])
--     -> many struct stock_facts(product_id i64, warehouse_id i64, on_hand i64, reserved i64,
--     held i64, held_until instant?, safety i64, blocked i64, expires_on date?, by_lot bool)
SELECT s.product_id, s.warehouse_id, s.on_hand, s.reserved, s.held, s.held_until, s.safety,
       s.blocked, s.expires_on, s.by_lot
  FROM unnest(:keys.product_id, :keys.warehouse_id) AS k(product_id, warehouse_id)
  JOIN stock s ON s.tenant_id = :tenant AND s.product_id = k.product_id
       AND s.warehouse_id = k.warehouse_id
 ORDER BY s.product_id, s.warehouse_id
   FOR NO KEY UPDATE OF s;

-- As stock_rows_lock, without those that another transaction holds.
-- fn stock_rows_try_lock(rows keys[struct stock_key: product_id i64, warehouse_id i64])
--     -> many struct stock_facts(product_id i64, warehouse_id i64, on_hand i64, reserved i64,
--     held i64, held_until instant?, safety i64, blocked i64, expires_on date?, by_lot bool)
SELECT s.product_id, s.warehouse_id, s.on_hand, s.reserved, s.held, s.held_until, s.safety,
       s.blocked, s.expires_on, s.by_lot
  FROM unnest(:keys.product_id, :keys.warehouse_id) AS k(product_id, warehouse_id)
  JOIN stock s ON s.tenant_id = :tenant AND s.product_id = k.product_id
       AND s.warehouse_id = k.warehouse_id
 ORDER BY s.product_id, s.warehouse_id
   FOR NO KEY UPDATE OF s SKIP LOCKED;

-- Empty rows for the keys that have none yet; in key order, so that two of these never wait for
-- each other crosswise. The product is locked against whoever changes whether it tracks lots.
-- fn stock_rows_ensure(rows keys[id i64, product_id i64, warehouse_id i64]) -> exec
INSERT INTO stock (tenant_id, id, product_id, warehouse_id, by_lot)
SELECT :tenant, k.id, k.product_id, k.warehouse_id, p.track_lots
  FROM unnest(:keys.id, :keys.product_id, :keys.warehouse_id) AS k(id, product_id, warehouse_id)
  JOIN product p ON p.tenant_id = :tenant AND p.id = k.product_id
 WHERE NOT EXISTS (SELECT 1 FROM stock s
                    WHERE s.tenant_id = :tenant AND s.product_id = k.product_id
                      AND s.warehouse_id = k.warehouse_id)
 ORDER BY k.product_id, k.warehouse_id
   FOR KEY SHARE OF p
    ON CONFLICT (tenant_id, product_id, warehouse_id) DO NOTHING;

-- held_until follows from what is held now, this transaction's changes included.
-- fn stock_rows_move(rows d[struct stock_delta: product_id i64, warehouse_id i64, on_hand i64,
--     reserved i64, held i64]) -> exec
UPDATE stock s
   SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved, held = s.held + d.held,
       held_until = CASE WHEN d.held = 0 THEN s.held_until
                    ELSE (SELECT min(r.expires_at) FROM stock_reservation r
                           WHERE r.tenant_id = :tenant AND r.product_id = d.product_id
                             AND r.warehouse_id = d.warehouse_id AND r.status = 'held') END
  FROM unnest(:d.product_id, :d.warehouse_id, :d.on_hand, :d.reserved, :d.held)
       AS d(product_id, warehouse_id, on_hand, reserved, held)
 WHERE s.tenant_id = :tenant AND s.product_id = d.product_id AND s.warehouse_id = d.warehouse_id;

-- Notes that something of this stock, which is locked, is free now, where somebody waits for it: a
-- line that is backordered, or an order that is held until there is stock.
-- fn stock_freed_insert(rows k[product_id i64, warehouse_id i64, mark i64]) -> exec
INSERT INTO stock_freed (tenant_id, product_id, warehouse_id, mark)
SELECT :tenant, k.product_id, k.warehouse_id, k.mark
  FROM unnest(:k.product_id, :k.warehouse_id, :k.mark) AS k(product_id, warehouse_id, mark)
 WHERE EXISTS (SELECT FROM order_line l
                WHERE l.tenant_id = :tenant AND l.product_id = k.product_id
                  AND l.warehouse_id = k.warehouse_id AND l.backordered > 0)
    OR EXISTS (SELECT FROM order_hold h
                WHERE h.tenant_id = :tenant AND h.kind = 'stock' AND h.release_rule = 'when_clear'
                  AND h.released_at IS NULL
                  AND EXISTS (SELECT FROM order_line l
                               WHERE l.tenant_id = :tenant AND l.order_id = h.order_id
                                 AND l.product_id = k.product_id
                                 AND l.warehouse_id = k.warehouse_id
                                 AND l.shipped + l.canceled < l.quantity))
 ORDER BY k.product_id, k.warehouse_id
    ON CONFLICT (tenant_id, product_id, warehouse_id) DO UPDATE SET mark = excluded.mark;

-- What has expired holds nothing, even where nobody has noticed it yet.
-- fn stock_list() -> list struct stock_level(id i64, product_id i64, sku text, unit text,
--     warehouse_id i64, warehouse_code text, on_hand i64, reserved i64, held i64, safety i64,
--     blocked i64, available i64, bin text?)
-- filter product_id id prd: s.product_id
-- filter sku text: p.sku
-- filter warehouse_id id whs: s.warehouse_id
-- sort id: s.id
-- sort sku: p.sku
SELECT s.id, s.product_id, p.sku, p.unit, s.warehouse_id, w.code AS warehouse_code, s.on_hand,
       s.reserved, h.held, s.safety, b.blocked,
       greatest(s.on_hand - s.reserved - h.held - s.safety - b.blocked, 0) AS available, s.bin
  FROM stock s
  JOIN product p ON p.tenant_id = s.tenant_id AND p.id = s.product_id
  JOIN warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id
 CROSS JOIN LATERAL stock_held(s.tenant_id, s.product_id, s.warehouse_id, s.held, s.held_until, :now)
       AS h(held)
 CROSS JOIN LATERAL stock_blocked(s.tenant_id, s.product_id, s.warehouse_id, s.blocked, s.expires_on,
                                  :today) AS b(blocked)
 WHERE s.tenant_id = :tenant AND :filters;

-- One of them.
-- fn stock_level_load(product_id i64, warehouse_id i64) -> one struct stock_level(id i64,
--     product_id i64, sku text, unit text, warehouse_id i64, warehouse_code text, on_hand i64,
--     reserved i64, held i64, safety i64, blocked i64, available i64, bin text?)
SELECT s.id, s.product_id, p.sku, p.unit, s.warehouse_id, w.code AS warehouse_code, s.on_hand,
       s.reserved, h.held, s.safety, b.blocked,
       greatest(s.on_hand - s.reserved - h.held - s.safety - b.blocked, 0) AS available, s.bin
  FROM stock s
  JOIN product p ON p.tenant_id = s.tenant_id AND p.id = s.product_id
  JOIN warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id
 CROSS JOIN LATERAL stock_held(s.tenant_id, s.product_id, s.warehouse_id, s.held, s.held_until, :now)
       AS h(held)
 CROSS JOIN LATERAL stock_blocked(s.tenant_id, s.product_id, s.warehouse_id, s.blocked, s.expires_on,
                                  :today) AS b(blocked)
 WHERE s.tenant_id = :tenant AND s.product_id = :product_id AND s.warehouse_id = :warehouse_id;

-- The row is locked.
-- fn stock_set_terms(product_id i64, warehouse_id i64, safety i64, bin text?) -> exec
UPDATE stock SET safety = :safety, bin = :bin
 WHERE tenant_id = :tenant AND product_id = :product_id AND warehouse_id = :warehouse_id;

-- fn stock_products_by_id(ids i64[]) -> many struct stock_product(id i64, sku text, kind text,
--     track_lots bool)
SELECT id, sku, kind, track_lots FROM product WHERE tenant_id = :tenant AND id = ANY(:ids);

-- fn stock_products_by_sku(skus text[]) -> many struct stock_product(id i64, sku text, kind text,
--     track_lots bool)
SELECT id, sku, kind, track_lots FROM product WHERE tenant_id = :tenant AND sku = ANY(:skus);

-- fn stock_movements_taken(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id
  FROM stock_movement
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn stock_movements_insert(rows m[struct stock_movement_new: id i64, external_id text?,
--     product_id i64, warehouse_id i64, kind text, quantity i64, document_id i64?, lot_id i64?,
--     reason text?, effective_date date]) -> exec
INSERT INTO stock_movement (tenant_id, id, external_id, product_id, warehouse_id, kind, quantity,
                            document_id, lot_id, reason, effective_date, recorded_at)
SELECT :tenant, m.id, m.external_id, m.product_id, m.warehouse_id, m.kind, m.quantity,
       m.document_id, m.lot_id, m.reason, m.effective_date, :now
  FROM unnest(:m.id, :m.external_id, :m.product_id, :m.warehouse_id, :m.kind, :m.quantity,
              :m.document_id, :m.lot_id, :m.reason, :m.effective_date)
       AS m(id, external_id, product_id, warehouse_id, kind, quantity, document_id, lot_id, reason,
            effective_date);

-- fn stock_movements_load(ids i64[]) -> many struct stock_movement(id i64, external_id text?,
--     kind text, product_id i64, sku text, warehouse_id i64, warehouse_code text, quantity i64,
--     lot_id i64?, lot_number text?, shipment_id i64?, credit_note_id i64?, supply_id i64?,
--     count_id i64?, reason text?, effective_date date, recorded_at instant)
SELECT m.id, m.external_id, m.kind, m.product_id, p.sku, m.warehouse_id,
       w.code AS warehouse_code, m.quantity, m.lot_id, l.lot_number,
       CASE WHEN m.kind IN ('shipment', 'undelivered') THEN m.document_id END AS shipment_id,
       CASE m.kind WHEN 'return' THEN m.document_id END AS credit_note_id,
       CASE m.kind WHEN 'receipt' THEN m.document_id END AS supply_id,
       CASE m.kind WHEN 'adjustment' THEN m.document_id END AS count_id, m.reason,
       m.effective_date, m.recorded_at
  FROM stock_movement m
  JOIN product p ON p.tenant_id = m.tenant_id AND p.id = m.product_id
  JOIN warehouse w ON w.tenant_id = m.tenant_id AND w.id = m.warehouse_id
  LEFT JOIN stock_lot l ON l.tenant_id = m.tenant_id AND l.id = m.lot_id
 WHERE m.tenant_id = :tenant AND m.id = ANY(:ids)
 ORDER BY m.id;

-- fn stock_movements_list() -> list struct stock_movement(id i64, external_id text?, kind text,
--     product_id i64, sku text, warehouse_id i64, warehouse_code text, quantity i64,
--     lot_id i64?, lot_number text?, shipment_id i64?, credit_note_id i64?, supply_id i64?,
--     count_id i64?, reason text?, effective_date date, recorded_at instant)
-- filter external_id text: m.external_id
-- filter kind text: m.kind
-- filter product_id id prd: m.product_id
-- filter sku text: p.sku
-- filter warehouse_id id whs: m.warehouse_id
-- filter lot_id id lot: m.lot_id
-- filter lot_number text: l.lot_number
-- filter effective_date date: m.effective_date
-- filter recorded_at instant: m.recorded_at
-- sort id: m.id
SELECT m.id, m.external_id, m.kind, m.product_id, p.sku, m.warehouse_id,
       w.code AS warehouse_code, m.quantity, m.lot_id, l.lot_number,
       CASE WHEN m.kind IN ('shipment', 'undelivered') THEN m.document_id END AS shipment_id,
       CASE m.kind WHEN 'return' THEN m.document_id END AS credit_note_id,
       CASE m.kind WHEN 'receipt' THEN m.document_id END AS supply_id,
       CASE m.kind WHEN 'adjustment' THEN m.document_id END AS count_id, m.reason,
       m.effective_date, m.recorded_at
  FROM stock_movement m
  JOIN product p ON p.tenant_id = m.tenant_id AND p.id = m.product_id
  JOIN warehouse w ON w.tenant_id = m.tenant_id AND w.id = m.warehouse_id
  LEFT JOIN stock_lot l ON l.tenant_id = m.tenant_id AND l.id = m.lot_id
 WHERE m.tenant_id = :tenant AND :filters;
