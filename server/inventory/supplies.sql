-- Supplies: goods on their way in.
-- include "server/inventory/inventory.h"

-- fn supply_insert(id i64, external_id text?, product_id i64, warehouse_id i64, quantity i64,
--     expected_date date, reference text?) -> exec
INSERT INTO stock_supply (tenant_id, id, external_id, product_id, warehouse_id, quantity,
                          expected_date, status, reference, created_at, updated_at)
VALUES (:tenant, :id, :external_id, :product_id, :warehouse_id, :quantity, :expected_date, 'open',
        :reference, :now, :now);

-- fn supply_by_external_id(external_id text) -> maybe(id i64)
SELECT id FROM stock_supply WHERE tenant_id = :tenant AND external_id = :external_id;

-- Sorted, behind the locks of stock rows.
-- fn supplies_lock(ids i64[]) -> many struct stock_supply(id i64, version i64, status text,
--     product_id i64, warehouse_id i64, quantity i64, received i64)
SELECT id, version, status, product_id, warehouse_id, quantity, received
  FROM stock_supply
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id FOR NO KEY UPDATE;

-- fn supplies_store(rows s[struct stock_supply: id i64, received i64, status text]) -> exec
UPDATE stock_supply t
   SET received = s.received, status = s.status, version = t.version + 1, updated_at = :now
  FROM unnest(:s.id, :s.received, :s.status) AS s(id, received, status)
 WHERE t.tenant_id = :tenant AND t.id = s.id;

-- fn supply_update(id i64, quantity i64, expected_date date, reference text?, status text) -> exec
UPDATE stock_supply
   SET quantity = :quantity, expected_date = :expected_date, reference = :reference,
       status = :status, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn supply_select(id i64) -> one struct stock_supply(id i64, version i64, external_id text?,
--     status text, product_id i64, sku text, warehouse_id i64, warehouse_code text, quantity i64,
--     received i64, open i64, expected_date date, reference text?, created_at instant,
--     updated_at instant)
SELECT s.id, s.version, s.external_id, s.status, s.product_id, p.sku, s.warehouse_id,
       w.code AS warehouse_code, s.quantity, s.received,
       CASE s.status WHEN 'open' THEN s.quantity - s.received ELSE 0 END AS open, s.expected_date,
       s.reference, s.created_at, s.updated_at
  FROM stock_supply s
  JOIN product p ON p.tenant_id = s.tenant_id AND p.id = s.product_id
  JOIN warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id
 WHERE s.tenant_id = :tenant AND s.id = :id;

-- fn stock_supplies_list() -> list struct stock_supply(id i64, version i64, external_id text?,
--     status text, product_id i64, sku text, warehouse_id i64, warehouse_code text, quantity i64,
--     received i64, open i64, expected_date date, reference text?, created_at instant,
--     updated_at instant)
-- filter status text: s.status
-- filter external_id text: s.external_id
-- filter product_id id prd: s.product_id
-- filter warehouse_id id whs: s.warehouse_id
-- filter expected_date date: s.expected_date
-- filter reference text: s.reference
-- sort id: s.id
SELECT s.id, s.version, s.external_id, s.status, s.product_id, p.sku, s.warehouse_id,
       w.code AS warehouse_code, s.quantity, s.received,
       CASE s.status WHEN 'open' THEN s.quantity - s.received ELSE 0 END AS open, s.expected_date,
       s.reference, s.created_at, s.updated_at
  FROM stock_supply s
  JOIN product p ON p.tenant_id = s.tenant_id AND p.id = s.product_id
  JOIN warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id
 WHERE s.tenant_id = :tenant AND :filters;
