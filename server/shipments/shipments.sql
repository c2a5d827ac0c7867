-- Shipments of orders.
-- include "server/shipments/shipments.h"
-- include "server/shipments/rules.h"
-- include "server/shipments/internal.h"
-- include "server/shipments/freight.h"
-- include "server/shipments/tracking.h"
-- include "server/shipments/documents.h"

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
--     customer_id i64, number text, status text, ship_date date?, freight i64?,
--     freight_tax_code_id i64?, freight_description text?, freight_invoice_id i64?)
SELECT id, version, order_id, customer_id, number, status, ship_date, freight, freight_tax_code_id,
       freight_description, freight_invoice_id
  FROM shipment
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id
   FOR NO KEY UPDATE;

-- fn shipment_rows_lock_of_orders(orders i64[]) -> many struct shipment_state(id i64, version i64,
--     order_id i64?, customer_id i64, number text, status text, ship_date date?, freight i64?,
--     freight_tax_code_id i64?, freight_description text?, freight_invoice_id i64?)
SELECT s.id, s.version, s.order_id, s.customer_id, s.number, s.status, s.ship_date, s.freight,
       s.freight_tax_code_id, s.freight_description, s.freight_invoice_id
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

-- fn shipment_line_lots_insert(rows l[struct shipment_lot_taken: shipment_id i64, line_no i64,
--     lot_id i64, quantity i64]) -> exec
INSERT INTO shipment_line_lot (tenant_id, shipment_id, line_no, lot_id, quantity)
SELECT :tenant, l.shipment_id, l.line_no, l.lot_id, l.quantity
  FROM unnest(:l.shipment_id, :l.line_no, :l.lot_id, :l.quantity)
       AS l(shipment_id, line_no, lot_id, quantity);

-- fn shipment_line_lots_return(rows l[struct shipment_lot_taken: shipment_id i64, line_no i64,
--     lot_id i64, quantity i64]) -> exec
UPDATE shipment_line_lot t
   SET returned = t.returned + l.quantity
  FROM (SELECT u.shipment_id, u.line_no, u.lot_id, sum(u.quantity)::bigint AS quantity
          FROM unnest(:l.shipment_id, :l.line_no, :l.lot_id, :l.quantity)
               AS u(shipment_id, line_no, lot_id, quantity)
         GROUP BY u.shipment_id, u.line_no, u.lot_id) l
 WHERE t.tenant_id = :tenant AND t.shipment_id = l.shipment_id AND t.line_no = l.line_no
   AND t.lot_id = l.lot_id;

-- In the order in which they went out.
-- fn shipment_line_lots_load(id i64) -> many struct shipment_lot_taken(shipment_id i64,
--     line_no i64, lot_id i64, lot_number text, quantity i64, returned i64)
SELECT x.shipment_id, x.line_no, x.lot_id, l.lot_number, x.quantity, x.returned
  FROM shipment_line_lot x
  JOIN stock_lot l ON l.tenant_id = x.tenant_id AND l.id = x.lot_id
 WHERE x.tenant_id = :tenant AND x.shipment_id = :id
 ORDER BY x.line_no, l.expiry_date, x.lot_id;

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
--     service text?, tracking_number text?, tracking_status text?, ship_date date?, expected_date date?, delivered_date date?,
--     ship_to json?, proof json?, freight_currency text?, freight i64?,
--     freight_invoice_id i64?, notes text?, metadata json, created_at instant,
--     updated_at instant)
SELECT id, version, external_id, number, status, order_id, customer_id, warehouse_id, carrier,
       service, tracking_number, tracking_status, ship_date, expected_date, delivered_date, ship_to, proof,
       freight_currency, freight, freight_invoice_id, notes, metadata, created_at, updated_at
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
--     service text?, tracking_number text?, tracking_status text?, ship_date date?, expected_date date?, delivered_date date?,
--     ship_to json?, proof json?, freight_currency text?, freight i64?,
--     freight_invoice_id i64?, notes text?, metadata json, created_at instant,
--     updated_at instant)
-- filter external_id text: s.external_id
-- filter number text: s.number
-- filter status text: s.status
-- filter order_id id ord: s.id IN (SELECT l.shipment_id FROM shipment_line l WHERE l.tenant_id = :tenant AND l.order_id ?)
-- filter customer_id id cus: s.customer_id
-- filter warehouse_id id whs: s.warehouse_id
-- filter tracking_number text: s.tracking_number
-- filter tracking_status text: s.tracking_status
-- filter ship_date date: s.ship_date
-- filter delivered_date date: s.delivered_date
-- filter created_at instant: s.created_at
-- sort id: s.id
-- sort number: s.number
SELECT s.id, s.version, s.external_id, s.number, s.status, s.order_id, s.customer_id,
       s.warehouse_id, s.carrier, s.service, s.tracking_number, s.tracking_status, s.ship_date, s.expected_date,
       s.delivered_date, s.ship_to, s.proof, s.freight_currency, s.freight,
       s.freight_invoice_id, s.notes, s.metadata, s.created_at, s.updated_at
  FROM shipment s
 WHERE s.tenant_id = :tenant AND :filters;

-- ---- carriers ----

-- fn carrier_insert(id i64, external_id text?, name text, webhook_secret text?, delivers bool) -> exec
INSERT INTO carrier (tenant_id, id, external_id, name, webhook_secret, delivers, created_at,
                     updated_at)
VALUES (:tenant, :id, :external_id, :name, :webhook_secret, :delivers, :now, :now);

-- Another carrier with this name or external id.
-- fn carrier_taken(id i64, external_id text?, name text) -> maybe(id i64, by_external_id bool)
SELECT id, coalesce(external_id = :external_id, false) AS by_external_id
  FROM carrier
 WHERE tenant_id = :tenant AND id <> :id AND (name = :name OR external_id = :external_id)
 ORDER BY by_external_id DESC, id
 LIMIT 1;

-- fn carrier_lock(id i64) -> one(webhook_secret text?)
SELECT webhook_secret FROM carrier WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn carrier_set_secret(id i64, secret text?, old_secret text?, old_secret_until instant?) -> exec
UPDATE carrier
   SET webhook_secret = :secret, old_secret = :old_secret, old_secret_until = :old_secret_until
 WHERE tenant_id = :tenant AND id = :id;

-- fn carrier_touch(id i64, name text, delivers bool) -> exec
UPDATE carrier
   SET version = version + 1, name = :name, delivers = :delivers, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- What signs for the carrier now.
-- fn carrier_secrets(id i64) -> one(secret text?, old_secret text?)
SELECT webhook_secret AS secret, CASE WHEN old_secret_until > :now THEN old_secret END AS old_secret
  FROM carrier
 WHERE tenant_id = :tenant AND id = :id;

-- fn carrier_load(id i64) -> one struct carrier(id i64, version i64, external_id text?, name text,
--     has_webhook_secret bool, old_secret_until instant?, delivers bool, created_at instant, updated_at instant)
SELECT id, version, external_id, name, webhook_secret IS NOT NULL AS has_webhook_secret,
       CASE WHEN old_secret_until > :now THEN old_secret_until END AS old_secret_until, delivers,
       created_at, updated_at
  FROM carrier
 WHERE tenant_id = :tenant AND id = :id;

-- fn carriers_list() -> list struct carrier_summary(id i64, version i64, external_id text?,
--     name text, has_webhook_secret bool, old_secret_until instant?, delivers bool, created_at instant,
--     updated_at instant)
-- filter external_id text: c.external_id
-- filter name text: c.name
-- sort id: c.id
-- sort name: c.name
SELECT c.id, c.version, c.external_id, c.name, c.webhook_secret IS NOT NULL AS has_webhook_secret,
       CASE WHEN c.old_secret_until > :now THEN c.old_secret_until END AS old_secret_until,
       c.delivers, c.created_at, c.updated_at
  FROM carrier c
 WHERE c.tenant_id = :tenant AND :filters;

-- ---- tracking ----

-- fn tracking_heads_lock(ids i64[])
--     -> many(id i64, status text, tracking_status text?, tracking_at instant?)
SELECT id, status, tracking_status, tracking_at
  FROM shipment
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id
   FOR NO KEY UPDATE;

-- How many updates there are, of each shipment, also where there are none.
-- fn tracking_counts(ids i64[]) -> many(shipment_id i64, n i64)
SELECT x.id AS shipment_id, (SELECT count(*) FROM shipment_tracking t
                              WHERE t.tenant_id = :tenant AND t.shipment_id = x.id) AS n
  FROM unnest(:ids) AS x(id);

-- fn tracking_known(ids i64[], event_ids text[]) -> many(shipment_id i64, event_id text)
SELECT shipment_id, event_id
  FROM shipment_tracking
 WHERE tenant_id = :tenant AND shipment_id = ANY(:ids) AND event_id = ANY(:event_ids);

-- fn tracking_insert(rows t[id i64, shipment_id i64, event_id text, status text,
--     occurred_at instant, package_no i64?, place text?, description text?, source text]) -> exec
INSERT INTO shipment_tracking (tenant_id, id, shipment_id, event_id, status, occurred_at,
                               package_no, place, description, source, recorded_at)
SELECT :tenant, t.id, t.shipment_id, t.event_id, t.status, t.occurred_at, t.package_no, t.place,
       t.description, t.source, :now
  FROM unnest(:t.id, :t.shipment_id, :t.event_id, :t.status, :t.occurred_at, :t.package_no,
              :t.place, :t.description, :t.source)
       AS t(id, shipment_id, event_id, status, occurred_at, package_no, place, description,
            source);

-- Shipments on their way whose carrier's word delivers them, an order each that they are of.
-- fn tracking_deliverable(ids i64[]) -> many(shipment_id i64, ship_date date, order_id i64)
SELECT DISTINCT s.id AS shipment_id, s.ship_date, l.order_id
  FROM shipment s
  JOIN carrier c ON c.tenant_id = :tenant AND c.name = s.carrier AND c.delivers
  JOIN shipment_line l ON l.tenant_id = :tenant AND l.shipment_id = s.id
 WHERE s.tenant_id = :tenant AND s.id = ANY(:ids) AND s.status = 'shipped'
 ORDER BY s.id, l.order_id;

-- Which day that was for the tenant, and how many packages nobody said to be delivered.
-- fn tracking_delivered(id i64, at instant) -> one(day date, packages_open i64)
SELECT (:at AT TIME ZONE t.time_zone)::date AS day,
       (SELECT count(*) FROM shipment_package p
         WHERE p.tenant_id = :tenant AND p.shipment_id = :id
           AND NOT EXISTS (SELECT FROM shipment_tracking x
                            WHERE x.tenant_id = :tenant AND x.shipment_id = :id
                              AND x.status = 'delivered'
                              AND (x.package_no IS NULL OR x.package_no = p.package_no)))
           AS packages_open
  FROM tenant t WHERE t.tenant_id = :tenant;

-- fn tracking_heads_store(rows s[id i64, status text?, at instant?]) -> exec
UPDATE shipment t
   SET version = t.version + 1, tracking_status = s.status, tracking_at = s.at, updated_at = :now
  FROM unnest(:s.id, :s.status, :s.at) AS s(id, status, at)
 WHERE t.tenant_id = :tenant AND t.id = s.id;

-- fn tracking_head(id i64) -> one(tracking_status text?, tracking_at instant?)
SELECT tracking_status, tracking_at FROM shipment WHERE tenant_id = :tenant AND id = :id;

-- fn tracking_events(id i64) -> many struct tracking_event(event_id text, status text,
--     occurred_at instant, package_no i64?, place text?, description text?, source text,
--     recorded_at instant)
SELECT event_id, status, occurred_at, package_no, place, description, source, recorded_at
  FROM shipment_tracking
 WHERE tenant_id = :tenant AND shipment_id = :id
 ORDER BY occurred_at, id;

-- Numbers are used again after some years: the latest shipment first.
-- fn tracking_targets(carrier_id i64, numbers text[])
--     -> many(number text, shipment_id i64, package_no i64?)
SELECT x.number, x.shipment_id, x.package_no
  FROM (SELECT s.tracking_number AS number, s.id AS shipment_id, NULL::bigint AS package_no
          FROM shipment s
          JOIN carrier c ON c.tenant_id = s.tenant_id AND c.name = s.carrier
         WHERE s.tenant_id = :tenant AND s.tracking_number = ANY(:numbers)
           AND c.id = :carrier_id AND s.status <> 'canceled'
        UNION ALL
        SELECT p.tracking_number, p.shipment_id, p.package_no
          FROM shipment_package p
          JOIN shipment s ON s.tenant_id = p.tenant_id AND s.id = p.shipment_id
          JOIN carrier c ON c.tenant_id = s.tenant_id AND c.name = s.carrier
         WHERE p.tenant_id = :tenant AND p.tracking_number = ANY(:numbers)
           AND c.id = :carrier_id AND s.status <> 'canceled') x
 ORDER BY x.number, x.shipment_id DESC, x.package_no NULLS FIRST;

-- ---- documents ----

-- fn document_shipment_lock(id i64) -> one(status text)
SELECT status FROM shipment WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn document_shipment(id i64) -> one(id i64)
SELECT id FROM shipment WHERE tenant_id = :tenant AND id = :id;

-- fn documents_of(shipment_id i64) -> many struct document(id i64, shipment_id i64, kind text,
--     file_name text, media_type text, size i64, sha256 text, created_at instant)
SELECT id, shipment_id, kind, file_name, media_type, size, encode(sha256, 'hex') AS sha256,
       created_at
  FROM shipment_document
 WHERE tenant_id = :tenant AND shipment_id = :shipment_id
 ORDER BY id;

-- fn document_insert(id i64, shipment_id i64, kind text, file_name text, media_type text,
--     sha256 bytes, size i64) -> exec
INSERT INTO shipment_document (tenant_id, id, shipment_id, kind, file_name, media_type, sha256,
                               size, created_at)
VALUES (:tenant, :id, :shipment_id, :kind, :file_name, :media_type, :sha256, :size, :now);

-- fn document_content_of(id i64) -> one(file_name text, media_type text, sha256 bytes,
--     content bytes)
SELECT d.file_name, d.media_type, d.sha256, c.content
  FROM shipment_document d
  JOIN document_content c ON c.tenant_id = d.tenant_id AND c.sha256 = d.sha256
 WHERE d.tenant_id = :tenant AND d.id = :id;

-- ---- freight ----

-- fn freight_lock() -> one(tenant_id i64)
SELECT tenant_id FROM tenant WHERE tenant_id = :tenant FOR NO KEY UPDATE;

-- fn freight_rules_load() -> many struct freight_rule(currency text, mode text, amount i64?,
--     tax_code_id i64, description text)
SELECT currency, mode, amount, tax_code_id, description
  FROM freight_policy
 WHERE tenant_id = :tenant
 ORDER BY currency;

-- fn freight_rules_delete() -> exec
DELETE FROM freight_policy WHERE tenant_id = :tenant;

-- fn freight_rules_insert(rows r[struct freight_rule: currency text, mode text, amount i64?,
--     tax_code_id i64, description text]) -> exec
INSERT INTO freight_policy (tenant_id, currency, mode, amount, tax_code_id, description)
SELECT :tenant, r.currency, r.mode, r.amount, r.tax_code_id, r.description
  FROM unnest(:r.currency, :r.mode, :r.amount, :r.tax_code_id, :r.description)
       AS r(currency, mode, amount, tax_code_id, description);

-- fn shipment_set_freight(id i64, freight i64, freight_currency text, freight_tax_code_id i64,
--     freight_description text) -> exec
UPDATE shipment
   SET freight = :freight, freight_currency = :freight_currency,
       freight_tax_code_id = :freight_tax_code_id, freight_description = :freight_description
 WHERE tenant_id = :tenant AND id = :id;

-- fn shipments_set_freight_invoice(rows f[struct shipment_freight: shipment_id i64,
--     invoice_id i64?]) -> exec
UPDATE shipment s
   SET freight_invoice_id = f.invoice_id
  FROM unnest(:f.shipment_id, :f.invoice_id) AS f(shipment_id, invoice_id)
 WHERE s.tenant_id = :tenant AND s.id = f.shipment_id;
