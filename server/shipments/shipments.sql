-- Shipments of orders.
-- include "server/shipments/shipments.h"
-- include "server/shipments/rules.h"

-- Which of these external ids are taken? Each is one probe of the unique index, whatever plan was
-- made while the table was small.
-- fn shipments_by_external_id(external_ids text[]) -> many(id i64, external_id text)
SELECT s.id, s.external_id
  FROM unnest(:external_ids) AS x(external_id) CROSS JOIN LATERAL (
       SELECT id, external_id FROM shipment
        WHERE tenant_id = :tenant AND external_id >= x.external_id
        ORDER BY external_id LIMIT 1) s
 WHERE s.external_id = x.external_id;

-- fn shipment_numbers(n i64) -> many(number i64)
SELECT nextval('shipment_number') AS number FROM generate_series(1, :n);

-- The orders of shipments never change: read without a lock, to lock the orders first.
-- fn shipment_orders_of(ids i64[]) -> many struct order_of_shipment(shipment_id i64, order_id i64)
SELECT DISTINCT shipment_id, order_id
  FROM shipment_line
 WHERE tenant_id = :tenant AND shipment_id = ANY(:ids)
 ORDER BY shipment_id, order_id;

-- fn shipment_rows_lock(ids i64[]) -> many struct shipment_state(id i64, version i64, order_id i64?,
--     customer_id i64, number text, status text, ship_date date?)
SELECT id, version, order_id, customer_id, number, status, ship_date
  FROM shipment
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id
   FOR NO KEY UPDATE;

-- fn shipment_rows_lock_of_orders(orders i64[]) -> many struct shipment_state(id i64, version i64,
--     order_id i64?, customer_id i64, number text, status text, ship_date date?)
SELECT s.id, s.version, s.order_id, s.customer_id, s.number, s.status, s.ship_date
  FROM (SELECT DISTINCT l.shipment_id
          FROM shipment_line l
         WHERE l.tenant_id = :tenant AND l.order_id = ANY(:orders)
           AND l.invoiced < l.quantity) x
  JOIN shipment s ON s.tenant_id = :tenant AND s.id = x.shipment_id
 WHERE s.status IN ('shipped', 'delivered', 'exception')
 ORDER BY s.id
   FOR NO KEY UPDATE OF s;

-- fn shipment_lines_of(ids i64[]) -> many struct shipment_line_state(shipment_id i64, line_no i64,
--     order_id i64, order_line_no i64, product_id i64, warehouse_id i64?, quantity i64,
--     delivered i64, failed i64, invoiced i64)
SELECT shipment_id, line_no, order_id, order_line_no, product_id, warehouse_id, quantity, delivered,
       failed, invoiced
  FROM shipment_line
 WHERE tenant_id = :tenant AND shipment_id = ANY(:ids)
 ORDER BY shipment_id, line_no;

-- fn shipment_lines_of_orders(orders i64[]) -> many struct shipment_line_state(shipment_id i64,
--     line_no i64, order_id i64, order_line_no i64, product_id i64, warehouse_id i64?,
--     quantity i64, delivered i64, failed i64, invoiced i64)
SELECT shipment_id, line_no, order_id, order_line_no, product_id, warehouse_id, quantity, delivered,
       failed, invoiced
  FROM shipment_line
 WHERE tenant_id = :tenant AND order_id = ANY(:orders)
 ORDER BY shipment_id, line_no;

-- fn shipments_insert(rows s[struct shipment: id i64, external_id text?, number text,
--     customer_id i64, order_id i64?, warehouse_id i64?, status text, carrier text?,
--     service text?, tracking_number text?, ship_date date?, expected_date date?, ship_to json?, notes text?,
--     metadata json]) -> exec
INSERT INTO shipment (tenant_id, id, external_id, number, customer_id, order_id, warehouse_id,
                      status, carrier, service, tracking_number, ship_date, expected_date, ship_to,
                      notes, metadata, created_at, updated_at)
SELECT :tenant, s.id, s.external_id, s.number, s.customer_id, s.order_id, s.warehouse_id, s.status,
       s.carrier, s.service, s.tracking_number, s.ship_date, s.expected_date, s.ship_to, s.notes,
       s.metadata, :now, :now
  FROM unnest(:s.id, :s.external_id, :s.number, :s.customer_id, :s.order_id, :s.warehouse_id,
              :s.status, :s.carrier, :s.service, :s.tracking_number, :s.ship_date, :s.expected_date,
              :s.ship_to, :s.notes, :s.metadata)
       AS s(id, external_id, number, customer_id, order_id, warehouse_id, status, carrier,
            service, tracking_number, ship_date, expected_date, ship_to, notes, metadata);

-- fn shipment_lines_insert(rows l[shipment_id i64, order_id i64, line_no i64, order_line_no i64,
--     product_id i64, warehouse_id i64?, quantity i64]) -> exec
INSERT INTO shipment_line (tenant_id, shipment_id, line_no, order_id, order_line_no, product_id,
                           warehouse_id, quantity)
SELECT :tenant, l.shipment_id, l.line_no, l.order_id, l.order_line_no, l.product_id,
       l.warehouse_id, l.quantity
  FROM unnest(:l.shipment_id, :l.order_id, :l.line_no, :l.order_line_no, :l.product_id,
              :l.warehouse_id, :l.quantity)
       AS l(shipment_id, order_id, line_no, order_line_no, product_id, warehouse_id, quantity);

-- fn shipment_set_shipped(id i64, ship_date date, expected_date date?, carrier text?,
--     service text?, tracking_number text?) -> exec
UPDATE shipment
   SET version = version + 1, status = 'shipped', ship_date = :ship_date,
       expected_date = coalesce(:expected_date, expected_date),
       carrier = coalesce(:carrier, carrier), service = coalesce(:service, service),
       tracking_number = coalesce(:tracking_number, tracking_number), updated_at = :now
 WHERE tenant_id = :tenant AND id = :id AND status = 'draft';

-- fn shipment_set_delivered(id i64, status text, delivered_date date, proof json?) -> exec
UPDATE shipment
   SET version = version + 1, status = :status, delivered_date = :delivered_date,
       proof = :proof, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id AND status = 'shipped';

-- fn shipment_lines_set_delivered(rows l[struct shipment_line_state: shipment_id i64, line_no i64,
--     delivered i64, failed i64]) -> exec
UPDATE shipment_line t
   SET delivered = l.delivered, failed = l.failed
  FROM unnest(:l.shipment_id, :l.line_no, :l.delivered, :l.failed)
       AS l(shipment_id, line_no, delivered, failed)
 WHERE t.tenant_id = :tenant AND t.shipment_id = l.shipment_id AND t.line_no = l.line_no;

-- fn shipment_exceptions_insert(shipment_id i64, rows e[struct shipment_exception:
--     exception_no i64, line_no i64, kind text, quantity i64, resolution text, restocked bool,
--     failed i64, reason text?]) -> exec
INSERT INTO shipment_exception (tenant_id, shipment_id, exception_no, line_no, kind, quantity,
                                resolution, restocked, failed, reason)
SELECT :tenant, :shipment_id, e.exception_no, e.line_no, e.kind, e.quantity, e.resolution,
       e.restocked, e.failed, e.reason
  FROM unnest(:e.exception_no, :e.line_no, :e.kind, :e.quantity, :e.resolution, :e.restocked,
              :e.failed, :e.reason)
       AS e(exception_no, line_no, kind, quantity, resolution, restocked, failed, reason);

-- fn shipment_exceptions_load(id i64) -> many struct shipment_exception(exception_no i64,
--     line_no i64, kind text, quantity i64, resolution text, restocked bool, failed i64,
--     reason text?)
SELECT exception_no, line_no, kind, quantity, resolution, restocked, failed, reason
  FROM shipment_exception
 WHERE tenant_id = :tenant AND shipment_id = :id
 ORDER BY exception_no;

-- fn shipment_packages_insert(rows p[shipment_id i64, package_no i64, tracking_number text?,
--     weight_kg i64?, length_cm i64?, width_cm i64?, height_cm i64?]) -> exec
INSERT INTO shipment_package (tenant_id, shipment_id, package_no, tracking_number, weight_kg,
                              length_cm, width_cm, height_cm)
SELECT :tenant, p.shipment_id, p.package_no, p.tracking_number, p.weight_kg, p.length_cm,
       p.width_cm, p.height_cm
  FROM unnest(:p.shipment_id, :p.package_no, :p.tracking_number, :p.weight_kg, :p.length_cm,
              :p.width_cm, :p.height_cm)
       AS p(shipment_id, package_no, tracking_number, weight_kg, length_cm, width_cm, height_cm);

-- fn shipment_package_lines_insert(rows l[shipment_id i64, package_no i64, line_no i64,
--     quantity i64]) -> exec
INSERT INTO shipment_package_line (tenant_id, shipment_id, package_no, line_no, quantity)
SELECT :tenant, l.shipment_id, l.package_no, l.line_no, l.quantity
  FROM unnest(:l.shipment_id, :l.package_no, :l.line_no, :l.quantity)
       AS l(shipment_id, package_no, line_no, quantity);

-- How a draft was packed is no fact yet.
-- fn shipment_package_lines_delete(id i64) -> exec
DELETE FROM shipment_package_line WHERE tenant_id = :tenant AND shipment_id = :id;

-- fn shipment_packages_delete(id i64) -> exec
DELETE FROM shipment_package WHERE tenant_id = :tenant AND shipment_id = :id;

-- fn shipment_packages_load(id i64) -> many struct shipment_package(package_no i64,
--     tracking_number text?, weight_kg i64?, length_cm i64?, width_cm i64?, height_cm i64?)
SELECT package_no, tracking_number, weight_kg, length_cm, width_cm, height_cm
  FROM shipment_package
 WHERE tenant_id = :tenant AND shipment_id = :id
 ORDER BY package_no;

-- fn shipment_package_lines_load(id i64) -> many(package_no i64, line_no i64, quantity i64)
SELECT package_no, line_no, quantity
  FROM shipment_package_line
 WHERE tenant_id = :tenant AND shipment_id = :id
 ORDER BY package_no, line_no;

-- fn shipment_set_canceled(id i64) -> exec
UPDATE shipment
   SET version = version + 1, status = 'canceled', updated_at = :now
 WHERE tenant_id = :tenant AND id = :id AND status = 'draft';

-- fn shipment_lines_add_invoiced(rows l[struct shipment_line_invoiced: shipment_id i64,
--     line_no i64, quantity i64]) -> exec
UPDATE shipment_line t
   SET invoiced = t.invoiced + l.quantity
  FROM unnest(:l.shipment_id, :l.line_no, :l.quantity) AS l(shipment_id, line_no, quantity)
 WHERE t.tenant_id = :tenant AND t.shipment_id = l.shipment_id AND t.line_no = l.line_no;

-- fn shipments_touch(rows s[id i64, times i64]) -> exec
UPDATE shipment t
   SET version = t.version + s.times, updated_at = :now
  FROM unnest(:s.id, :s.times) AS s(id, times)
 WHERE t.tenant_id = :tenant AND t.id = s.id;

-- fn shipment_header(id i64) -> one struct shipment(id i64, version i64, external_id text?,
--     number text, status text, order_id i64?, customer_id i64, warehouse_id i64?, carrier text?,
--     service text?, tracking_number text?, ship_date date?, expected_date date?, delivered_date date?,
--     ship_to json?, proof json?, notes text?, metadata json, created_at instant,
--     updated_at instant)
SELECT id, version, external_id, number, status, order_id, customer_id, warehouse_id, carrier,
       service, tracking_number, ship_date, expected_date, delivered_date, ship_to, proof, notes, metadata,
       created_at, updated_at
  FROM shipment
 WHERE tenant_id = :tenant AND id = :id;

-- fn shipment_lines_load(id i64) -> many struct shipment_line(line_no i64, order_id i64,
--     order_line_no i64, product_id i64, sku text, description text, warehouse_id i64?,
--     quantity i64, delivered i64, failed i64, invoiced i64, invoiceable i64)
SELECT l.line_no, l.order_id, l.order_line_no, l.product_id, o.sku, o.description, l.warehouse_id,
       l.quantity, l.delivered, l.failed, l.invoiced,
       greatest(least(l.quantity - l.failed - l.invoiced, o.shipped - o.invoiced), 0) AS invoiceable
  FROM shipment_line l
  JOIN order_line o ON o.tenant_id = l.tenant_id AND o.order_id = l.order_id
       AND o.line_no = l.order_line_no
 WHERE l.tenant_id = :tenant AND l.shipment_id = :id
 ORDER BY l.line_no;

-- fn shipments_list() -> list struct shipment_summary(id i64, version i64, external_id text?,
--     number text, status text, order_id i64?, customer_id i64, warehouse_id i64?, carrier text?,
--     service text?, tracking_number text?, ship_date date?, expected_date date?, delivered_date date?,
--     ship_to json?, proof json?, notes text?, metadata json, created_at instant,
--     updated_at instant)
-- filter external_id text: s.external_id
-- filter number text: s.number
-- filter status text: s.status
-- filter order_id id ord: s.id IN (SELECT l.shipment_id FROM shipment_line l WHERE l.tenant_id = :tenant AND l.order_id ?)
-- filter customer_id id cus: s.customer_id
-- filter warehouse_id id whs: s.warehouse_id
-- filter tracking_number text: s.tracking_number
-- filter ship_date date: s.ship_date
-- filter delivered_date date: s.delivered_date
-- filter created_at instant: s.created_at
-- sort id: s.id
-- sort number: s.number
SELECT s.id, s.version, s.external_id, s.number, s.status, s.order_id, s.customer_id,
       s.warehouse_id, s.carrier, s.service, s.tracking_number, s.ship_date, s.expected_date,
       s.delivered_date, s.ship_to, s.proof, s.notes, s.metadata, s.created_at, s.updated_at
  FROM shipment s
 WHERE s.tenant_id = :tenant AND :filters;
