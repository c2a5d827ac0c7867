-- Orders, their lines and holds.
-- include "server/orders/orders.h"
-- include "server/orders/place.h"
-- include "server/orders/rules.h"
-- include "server/api/external_id.h"

-- Numbers for new orders.
-- fn order_numbers(n i64) -> many(number i64)
SELECT nextval('order_number') AS number FROM generate_series(1, :n);

-- Which of these external ids are taken? Sorted by bytes. Each is one probe of the unique index: the
-- first external id that is not below it, taken when it is the same. The order makes that index the
-- cheapest way in; with = ANY a plan made while the table was small compares every order of the
-- tenant with all of them.
-- fn orders_by_external_id(external_ids text[])
--   -> many struct external_id_holder(id i64, external_id text)
SELECT o.id, o.external_id
  FROM unnest(:external_ids) AS x(external_id) CROSS JOIN LATERAL (
       SELECT id, external_id FROM sales_order
        WHERE tenant_id = :tenant AND external_id >= x.external_id
        ORDER BY external_id LIMIT 1) o
 WHERE o.external_id = x.external_id
 ORDER BY o.external_id COLLATE "C";

-- Which other order has this number of its customer? Each is one probe of sales_order_po_key, as
-- above.
-- fn orders_by_customer_po(rows w[struct po_claim: customer_id i64, customer_po text, id i64])
--   -> many(claim i64, holder i64)
SELECT w.claim, o.id AS holder
  FROM unnest(:w.customer_id, :w.customer_po, :w.id)
       WITH ORDINALITY AS w(customer_id, customer_po, id, claim) CROSS JOIN LATERAL (
       SELECT id, customer_id, customer_po FROM sales_order
        WHERE tenant_id = :tenant AND po_copy IS NOT NULL AND id <> w.id
          AND (customer_po, customer_id) >= (w.customer_po, w.customer_id)
        ORDER BY customer_po, customer_id, po_copy LIMIT 1) o
 WHERE o.customer_po = w.customer_po AND o.customer_id = w.customer_id;

-- fn orders_insert(rows o[id i64, external_id text?, number text, customer_id i64, credit_account_id i64, warehouse_id i64?,
--   status text, channel text?, customer_po text?, currency text, order_date date, requested_date date?, payment_terms_days i64,
--   rounding text, tax_rounding text, discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64, gross i64,
--   line_count i64, credit_exposure i64?, credit_limit i64?, bill_to json?, ship_to json?, notes text?, metadata json,
--   confirmed_at instant?, quote_id i64?, blanket_order_id i64?,
--   payer_id i64?, committed_date date?, promised_date date?, po_copy i64?]) -> exec
INSERT INTO sales_order (tenant_id, id, external_id, number, customer_id, credit_account_id, warehouse_id, status, channel,
       customer_po, currency, order_date, requested_date, payment_terms_days, rounding, tax_rounding, discount_percent,
       discount_amount, discount, net, tax, gross, line_count, credit_exposure, credit_limit, bill_to, ship_to, notes, metadata,
       created_at, confirmed_at, updated_at, quote_id, blanket_order_id, payer_id, committed_date, promised_date, po_copy)
SELECT :tenant, o.id, o.external_id, o.number, o.customer_id, o.credit_account_id, o.warehouse_id, o.status, o.channel,
       o.customer_po, o.currency, o.order_date, o.requested_date, o.payment_terms_days, o.rounding, o.tax_rounding,
       o.discount_percent, o.discount_amount, o.discount, o.net, o.tax, o.gross, o.line_count, o.credit_exposure,
       o.credit_limit, o.bill_to, o.ship_to, o.notes, o.metadata, :now, o.confirmed_at, :now, o.quote_id, o.blanket_order_id, o.payer_id,
       o.committed_date, o.promised_date, o.po_copy
  FROM unnest(:o.id, :o.external_id, :o.number, :o.customer_id, :o.credit_account_id, :o.warehouse_id, :o.status, :o.channel,
       :o.customer_po, :o.currency, :o.order_date, :o.requested_date, :o.payment_terms_days, :o.rounding, :o.tax_rounding,
       :o.discount_percent, :o.discount_amount, :o.discount, :o.net, :o.tax, :o.gross, :o.line_count, :o.credit_exposure,
       :o.credit_limit, :o.bill_to, :o.ship_to, :o.notes, :o.metadata, :o.confirmed_at, :o.quote_id, :o.blanket_order_id, :o.payer_id,
       :o.committed_date, :o.promised_date, :o.po_copy)
       AS o(id, external_id, number, customer_id, credit_account_id, warehouse_id, status, channel, customer_po, currency,
            order_date, requested_date, payment_terms_days, rounding, tax_rounding, discount_percent, discount_amount,
            discount, net, tax, gross, line_count, credit_exposure, credit_limit, bill_to, ship_to, notes, metadata,
            confirmed_at, quote_id, blanket_order_id, payer_id, committed_date, promised_date, po_copy);

-- Writes a draft anew; its lines are deleted before and inserted after.
-- fn order_replace(rows o[struct orders_insert_o: id i64, external_id text?, warehouse_id i64?, status text, channel text?,
--   customer_po text?, order_date date, requested_date date?, payment_terms_days i64, rounding text, tax_rounding text,
--   discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64, gross i64, line_count i64, credit_exposure i64?, credit_limit i64?, bill_to json?, ship_to json?,
--   notes text?, metadata json, confirmed_at instant?, committed_date date?, promised_date date?, po_copy i64?]) -> exec
UPDATE sales_order o
   SET version = o.version + 1, external_id = n.external_id, warehouse_id = n.warehouse_id, status = n.status,
       channel = n.channel, customer_po = n.customer_po, order_date = n.order_date, requested_date = n.requested_date,
       payment_terms_days = n.payment_terms_days, rounding = n.rounding, tax_rounding = n.tax_rounding,
       discount_percent = n.discount_percent, discount_amount = n.discount_amount, discount = n.discount, net = n.net,
       tax = n.tax, gross = n.gross, line_count = n.line_count, credit_exposure = n.credit_exposure,
       credit_limit = n.credit_limit, bill_to = n.bill_to, ship_to = n.ship_to, notes = n.notes, metadata = n.metadata,
       confirmed_at = n.confirmed_at, committed_date = n.committed_date, promised_date = n.promised_date,
       po_copy = n.po_copy, updated_at = :now
  FROM unnest(:o.id, :o.external_id, :o.warehouse_id, :o.status, :o.channel, :o.customer_po, :o.order_date,
       :o.requested_date, :o.payment_terms_days, :o.rounding, :o.tax_rounding, :o.discount_percent, :o.discount_amount,
       :o.discount, :o.net, :o.tax, :o.gross, :o.line_count,
       :o.credit_exposure, :o.credit_limit, :o.bill_to, :o.ship_to, :o.notes, :o.metadata, :o.confirmed_at,
       :o.committed_date, :o.promised_date, :o.po_copy)
       AS n(id, external_id, warehouse_id, status, channel, customer_po, order_date, requested_date, payment_terms_days,
            rounding, tax_rounding, discount_percent, discount_amount, discount, net, tax, gross, line_count,
            credit_exposure, credit_limit, bill_to, ship_to, notes, metadata, confirmed_at, committed_date,
            promised_date, po_copy)
 WHERE o.tenant_id = :tenant AND o.id = n.id AND o.status = 'draft';

-- Lines of a draft: they are no facts yet.
-- fn order_lines_delete(order_id i64) -> exec
DELETE FROM order_line WHERE tenant_id = :tenant AND order_id = :order_id;

-- fn order_lines_insert(rows l[order_id i64, line_no i64, product_id i64, kind text, sku text, description text,
--   warehouse_id i64?, quantity i64, unit_price i64, price_source text, price_id i64?, discount_percent i64,
--   discount_amount i64, order_discount i64, tax_code_id i64, tax_rate i64, net i64, tax i64, gross i64, reserved i64,
--   blanket_line_no i64?, fulfillment text?])
--   -> exec
INSERT INTO order_line (tenant_id, order_id, line_no, product_id, kind, sku, description, warehouse_id, quantity, unit_price,
       price_source, price_id, discount_percent, discount_amount, order_discount, tax_code_id, tax_rate, net, tax, gross, reserved, blanket_line_no,
       fulfillment)
SELECT :tenant, l.order_id, l.line_no, l.product_id, l.kind, l.sku, l.description, l.warehouse_id, l.quantity, l.unit_price,
       l.price_source, l.price_id, l.discount_percent, l.discount_amount, l.order_discount, l.tax_code_id, l.tax_rate, l.net, l.tax, l.gross, l.reserved, l.blanket_line_no,
       l.fulfillment
  FROM unnest(:l.order_id, :l.line_no, :l.product_id, :l.kind, :l.sku, :l.description, :l.warehouse_id, :l.quantity,
       :l.unit_price, :l.price_source, :l.price_id, :l.discount_percent, :l.discount_amount, :l.order_discount,
       :l.tax_code_id, :l.tax_rate, :l.net, :l.tax, :l.gross, :l.reserved, :l.blanket_line_no,
       :l.fulfillment)
       AS l(order_id, line_no, product_id, kind, sku, description, warehouse_id, quantity, unit_price, price_source,
            price_id, discount_percent, discount_amount, order_discount, tax_code_id, tax_rate, net, tax, gross, reserved, blanket_line_no,
            fulfillment);

-- fn order_holds_insert(rows h[order_id i64, hold_no i64, kind text, reason text, placed_by i64?, owner text?,
--   release_rule text, approval_rule_id i64?]) -> exec
INSERT INTO order_hold (tenant_id, order_id, hold_no, kind, reason, placed_at, placed_by, owner, release_rule,
       approval_rule_id)
SELECT :tenant, h.order_id, h.hold_no, h.kind, h.reason, :now, h.placed_by, h.owner, h.release_rule, h.approval_rule_id
  FROM unnest(:h.order_id, :h.hold_no, :h.kind, :h.reason, :h.placed_by, :h.owner, :h.release_rule, :h.approval_rule_id)
       AS h(order_id, hold_no, kind, reason, placed_by, owner, release_rule, approval_rule_id);

-- One more hold, numbered after those that are there; the order is locked.
-- fn order_hold_add(order_id i64, kind text, reason text, placed_by i64?, owner text?, release_rule text,
--   approval_rule_id i64?) -> exec
INSERT INTO order_hold (tenant_id, order_id, hold_no, kind, reason, placed_at, placed_by, owner, release_rule,
       approval_rule_id)
SELECT :tenant, :order_id, coalesce(max(hold_no), 0) + 1, :kind, :reason, :now, :placed_by, :owner, :release_rule,
       :approval_rule_id
  FROM order_hold WHERE tenant_id = :tenant AND order_id = :order_id;

-- Releases that have expired are renewed. Cap and last day are those of a release of credit.
-- fn order_holds_release(order_id i64, hold_nos i64[], released_by i64?, reason text, cleared bool, cap i64?,
--   expires_on date?) -> exec
UPDATE order_hold
   SET released_at = :now, released_by = :released_by, release_reason = :reason, cleared = :cleared,
       release_cap = CASE kind WHEN 'credit' THEN :cap END,
       release_expires = CASE kind WHEN 'credit' THEN :expires_on END
 WHERE tenant_id = :tenant AND order_id = :order_id AND hold_no = ANY(:hold_nos)
   AND (released_at IS NULL OR release_expires < :today);

-- Of an order that is canceled. That is no decision about its credit, should it be reopened.
-- fn order_holds_release_all(order_id i64, released_by i64?, reason text) -> exec
UPDATE order_hold
   SET released_at = :now, released_by = :released_by, release_reason = :reason,
       release_cap = CASE kind WHEN 'credit' THEN 0 END
 WHERE tenant_id = :tenant AND order_id = :order_id AND released_at IS NULL;

-- Orders that waited for credit and go on: their credit holds are released by the server.
-- fn orders_go_on(rows o[order_id i64, reason text, exposure i64, credit_limit i64?]) -> exec
WITH o AS (
    SELECT * FROM unnest(:o.order_id, :o.reason, :o.exposure, :o.credit_limit)
           AS o(order_id, reason, exposure, credit_limit)),
released AS (
    UPDATE order_hold h SET released_at = :now, release_reason = o.reason, cleared = true
      FROM o
     WHERE h.tenant_id = :tenant AND h.order_id = o.order_id AND h.kind = 'credit' AND h.released_at IS NULL)
UPDATE sales_order s SET credit_exposure = o.exposure, credit_limit = o.credit_limit
  FROM o WHERE s.tenant_id = :tenant AND s.id = o.order_id;

-- fn orders_headers(orders i64[]) -> many struct order(id i64, version i64, external_id text?, number text, status text,
--   customer_id i64, payer_id i64?, channel text?, customer_po text?, currency text, order_date date, requested_date date?,
--   committed_date date?, promised_date date?, bill_to json?, ship_to json?, payment_terms_days i64, warehouse_id i64?,
--   quote_id i64?, blanket_order_id i64?, discount_percent i64?, discount_amount i64?, discount i64, net i64,
--   tax i64, gross i64, line_count i64,
--   split_from i64?, notes text?, metadata json, created_at instant, confirmed_at instant?, updated_at instant, priority i64,
--   ship_complete bool)
SELECT id, version, external_id, number, status, customer_id, payer_id, channel, customer_po, currency, order_date,
       requested_date, committed_date, promised_date, bill_to -> 'address' AS bill_to, ship_to -> 'address' AS ship_to,
       payment_terms_days, warehouse_id, quote_id, blanket_order_id, discount_percent, discount_amount, discount, net, tax, gross, line_count,
       split_from, notes, metadata, created_at, confirmed_at, updated_at, priority, ship_complete
  FROM sales_order WHERE tenant_id = :tenant AND id = ANY(:orders) ORDER BY id;

-- The lines of orders, by order and number.
-- fn order_lines(orders i64[]) -> many struct order_line_of(order_id i64, line_no i64, product_id i64, kind text, sku text,
--   description text, warehouse_id i64?, quantity i64, unit_price i64, price_source text?, price_id i64?,
--   discount_percent i64, discount_amount i64, order_discount i64, tax_code_id i64, tax_rate i64, net i64, tax i64, gross i64,
--   blanket_line_no i64?, canceled i64, reserved i64, shipped i64, delivered i64, failed i64, invoiced i64, returned i64, credited i64, dropped bool,
--   backorder bool, backordered i64, fulfillment text?, picked i64, substitution text, substitutes_line_no i64?)
SELECT order_id, line_no, product_id, kind, sku, description, warehouse_id, quantity, unit_price, price_source,
       price_id, discount_percent, discount_amount, order_discount, tax_code_id, tax_rate, net, tax, gross,
       blanket_line_no, canceled, reserved, shipped, delivered, failed, invoiced, returned, credited, dropped, backorder, backordered,
       fulfillment, picked, coalesce(substitution, 'none') AS substitution, substitutes_line_no
  FROM order_line WHERE tenant_id = :tenant AND order_id = ANY(:orders) ORDER BY order_id, line_no;

-- fn order_holds(orders i64[]) -> many(order_id i64, hold_no i64, kind text, reason text, owner text?, release_rule text,
--   approval_rule_id i64?, placed_at instant, placed_by i64?, released_at instant?, released_by i64?, release_reason text?,
--   release_cap i64?, release_expires date?, cleared bool)
SELECT order_id, hold_no, kind, reason, owner, release_rule, approval_rule_id, placed_at, placed_by, released_at,
       released_by, release_reason, release_cap, release_expires, cleared
  FROM order_hold WHERE tenant_id = :tenant AND order_id = ANY(:orders) ORDER BY order_id, hold_no;

-- fn orders_list() -> list struct order_summary(id i64, version i64, external_id text?, number text, status text,
--   customer_id i64, payer_id i64?, channel text?, customer_po text?, currency text, order_date date, requested_date date?,
--   committed_date date?, promised_date date?, bill_to json?, ship_to json?, payment_terms_days i64, warehouse_id i64?,
--   quote_id i64?, blanket_order_id i64?, discount_percent i64?, discount_amount i64?, discount i64, net i64,
--   tax i64, gross i64, line_count i64,
--   split_from i64?, notes text?, metadata json, created_at instant, confirmed_at instant?, updated_at instant, priority i64,
--   ship_complete bool)
-- filter status text: o.status
-- filter customer_id id cus: o.customer_id
-- filter payer_id id cus: o.payer_id
-- filter quote_id id quo: o.quote_id
-- filter blanket_order_id id blk: o.blanket_order_id
-- filter external_id text: o.external_id
-- filter number text: o.number
-- filter customer_po text: o.customer_po
-- filter channel text: o.channel
-- filter currency text: o.currency
-- filter order_date date: o.order_date
-- filter requested_date date: o.requested_date
-- filter promised_date date: o.promised_date
-- filter split_from id ord: o.split_from
-- filter created_at instant: o.created_at
-- sort id: o.id
SELECT o.id, o.version, o.external_id, o.number, o.status, o.customer_id, o.payer_id, o.channel, o.customer_po, o.currency,
       o.order_date, o.requested_date, o.committed_date, o.promised_date, o.bill_to -> 'address' AS bill_to,
       o.ship_to -> 'address' AS ship_to, o.payment_terms_days, o.warehouse_id, o.quote_id, o.blanket_order_id, o.discount_percent,
       o.discount_amount, o.discount, o.net, o.tax, o.gross, o.line_count, o.split_from, o.notes, o.metadata, o.created_at,
       o.confirmed_at, o.updated_at, o.priority, o.ship_complete
  FROM sales_order o WHERE o.tenant_id = :tenant AND :filters;

-- Locks orders, sorted. Their credit accounts are locked before.
-- fn orders_lock_rows(orders i64[]) -> many(id i64, version i64, customer_id i64, credit_account_id i64, warehouse_id i64?,
--   payment_terms_days i64, number text, status text, currency text, rounding text, tax_rounding text, customer_po text?,
--   bill_to json?, ship_to json?, order_date date, confirmed_at instant?, external_id text?, gross i64, payer_id i64?,
--   po_copy i64?, ship_complete bool, blanket_order_id i64?)
SELECT id, version, customer_id, credit_account_id, warehouse_id, payment_terms_days, number, status, currency, rounding,
       tax_rounding, customer_po, bill_to, ship_to, order_date, confirmed_at, external_id, gross, payer_id,
       po_copy, ship_complete, blanket_order_id
  FROM sales_order WHERE tenant_id = :tenant AND id = ANY(:orders) ORDER BY id FOR UPDATE;

-- Which of these orders are held, and which by credit? An expired release holds what has yet to leave.
-- fn orders_held(orders i64[]) -> many(order_id i64, credit bool)
SELECT h.order_id, bool_or(h.kind = 'credit' AND h.released_at IS NULL) AS credit
  FROM order_hold h
 WHERE h.tenant_id = :tenant AND h.order_id = ANY(:orders)
   AND (h.released_at IS NULL
        OR h.release_expires < :today
           AND EXISTS (SELECT FROM order_line l
                        WHERE l.tenant_id = :tenant AND l.order_id = h.order_id AND l.kind = 'stock'
                          AND l.shipped + l.canceled < l.quantity))
 GROUP BY h.order_id;

-- The orders are locked: their versions are known. A canceled one leaves its customer_po to another.
-- fn orders_progress(rows o[struct order_state: id i64, version i64, status text, confirmed_at instant?, po_copy i64?])
--   -> exec
UPDATE sales_order o
   SET status = n.status, confirmed_at = n.confirmed_at, version = n.version, updated_at = :now,
       po_copy = CASE WHEN n.status <> 'canceled' THEN n.po_copy END
  FROM unnest(:o.id, :o.version, :o.status, :o.confirmed_at, :o.po_copy) AS n(id, version, status, confirmed_at, po_copy)
 WHERE o.tenant_id = :tenant AND o.id = n.id;

-- fn order_patch_store(rows o[struct order: id i64, customer_po text?, requested_date date?, committed_date date?,
--   promised_date date?, notes text?, metadata json], bill_to json?, ship_to json?, po_copy i64?) -> exec
UPDATE sales_order o
   SET version = o.version + 1, customer_po = n.customer_po, requested_date = n.requested_date,
       committed_date = n.committed_date, promised_date = n.promised_date, notes = n.notes, metadata = n.metadata,
       bill_to = :bill_to, ship_to = :ship_to, po_copy = :po_copy, updated_at = :now
  FROM unnest(:o.id, :o.customer_po, :o.requested_date, :o.committed_date, :o.promised_date, :o.notes, :o.metadata)
       AS n(id, customer_po, requested_date, committed_date, promised_date, notes, metadata)
 WHERE o.tenant_id = :tenant AND o.id = n.id;

-- fn order_credit_decided(order_id i64, exposure i64, credit_limit i64?) -> exec
UPDATE sales_order SET credit_exposure = :exposure, credit_limit = :credit_limit
 WHERE tenant_id = :tenant AND id = :order_id;

-- fn order_lines_progress(rows l[order_id i64, line_no i64, canceled i64, reserved i64, shipped i64, delivered i64,
--   failed i64, invoiced i64, returned i64, credited i64, backordered i64]) -> exec
UPDATE order_line o SET canceled = l.canceled, reserved = l.reserved, shipped = l.shipped, delivered = l.delivered,
       failed = l.failed, invoiced = l.invoiced, returned = l.returned, credited = l.credited,
       backordered = l.backordered
  FROM unnest(:l.order_id, :l.line_no, :l.canceled, :l.reserved, :l.shipped, :l.delivered, :l.failed, :l.invoiced, :l.returned,
       :l.credited, :l.backordered)
       AS l(order_id, line_no, canceled, reserved, shipped, delivered, failed, invoiced, returned, credited, backordered)
 WHERE o.tenant_id = :tenant AND o.order_id = l.order_id AND o.line_no = l.line_no;

-- Before order_lines_progress, which may leave less reserved.
-- fn order_lines_pick(rows l[order_id i64, line_no i64, picked i64]) -> exec
UPDATE order_line o SET picked = l.picked
  FROM unnest(:l.order_id, :l.line_no, :l.picked) AS l(order_id, line_no, picked)
 WHERE o.tenant_id = :tenant AND o.order_id = l.order_id AND o.line_no = l.line_no;

-- Who has to do with a hold that was not released, when nobody was named: the key that placed it.
-- fn order_hold_owners(order_id i64) -> many(hold_no i64, owner text?)
SELECT h.hold_no, coalesce(h.owner, k.name) AS owner
  FROM order_hold h
  LEFT JOIN api_key k ON k.tenant_id = h.tenant_id AND k.id = h.placed_by
 WHERE h.tenant_id = :tenant AND h.order_id = :order_id AND h.released_at IS NULL
 ORDER BY h.hold_no;

-- Customer and payer as they are now, and since when one of them is not active.
-- fn order_parties_now(order_id i64) -> many(customer_id i64, status text, pays bool, since instant?, owner text?)
SELECT c.id AS customer_id, c.status, c.id = coalesce(o.payer_id, o.customer_id) AS pays, e.at AS since, k.name AS owner
  FROM sales_order o
  JOIN customer c ON c.tenant_id = o.tenant_id AND c.id IN (o.customer_id, o.payer_id)
  LEFT JOIN LATERAL (SELECT v.at, v.api_key_id FROM event v
                      WHERE v.tenant_id = :tenant AND v.resource_id = c.id AND v.after ->> 'status' = c.status
                        AND v.before ->> 'status' IS DISTINCT FROM c.status
                      ORDER BY v.seq DESC LIMIT 1) e ON true
  LEFT JOIN api_key k ON k.tenant_id = o.tenant_id AND k.id = e.api_key_id
 WHERE o.tenant_id = :tenant AND o.id = :order_id
 ORDER BY pays, c.id;

-- fn order_credit_now(order_id i64) -> maybe struct credit_facts(id i64, credit_limit i64?, ordered i64, unbilled i64,
--   receivable i64, unapplied i64, below i64, secured i64)
SELECT a.id, CASE WHEN a.credit_limit IS NULL OR :today BETWEEN coalesce(a.limit_from, :today)
                                                            AND coalesce(a.limit_to, :today)
                  THEN a.credit_limit ELSE 0 END AS credit_limit,
       a.ordered, a.unbilled, a.receivable, a.unapplied, a.below,
       CASE WHEN :today BETWEEN coalesce(a.secured_from, :today) AND coalesce(a.secured_to, :today)
            THEN a.secured ELSE 0 END AS secured
  FROM sales_order o JOIN credit_account a ON a.tenant_id = o.tenant_id AND a.id = o.credit_account_id
 WHERE o.tenant_id = :tenant AND o.id = :order_id;

-- fn order_stock_now(order_id i64) -> many struct stock_facts(product_id i64, warehouse_id i64, on_hand i64, reserved i64,
--   held i64, safety i64, blocked i64)
SELECT s.product_id, s.warehouse_id, s.on_hand, s.reserved,
       coalesce((SELECT sum(r.quantity) FROM stock_reservation r
                  WHERE r.tenant_id = :tenant AND r.product_id = s.product_id AND r.warehouse_id = s.warehouse_id
                    AND r.status = 'held' AND r.expires_at > :now AND r.order_id IS DISTINCT FROM :order_id), 0)::bigint
           AS held, s.safety,
       stock_blocked(s.tenant_id, s.product_id, s.warehouse_id, s.blocked, s.expires_on, :today) AS blocked
  FROM stock s
 WHERE s.tenant_id = :tenant
   AND (s.product_id, s.warehouse_id) IN (SELECT l.product_id, l.warehouse_id FROM order_line l
                                           WHERE l.tenant_id = :tenant AND l.order_id = :order_id)
 ORDER BY s.product_id, s.warehouse_id;

-- Shipments and invoices of the order that are still drafts, and whose.
-- fn order_drafts(order_id i64) -> many(kind text, id i64, label text, since instant, owner text?)
SELECT d.kind, d.id, d.label, d.since, k.name AS owner
  FROM (SELECT 'shipment' AS kind, id, number AS label, created_at AS since
          FROM shipment
         WHERE tenant_id = :tenant AND status = 'draft'
           AND id IN (SELECT shipment_id FROM shipment_line WHERE tenant_id = :tenant AND order_id = :order_id)
        UNION ALL
        SELECT 'invoice', id, currency, created_at
          FROM invoice
         WHERE tenant_id = :tenant AND status = 'draft'
           AND id = ANY(ARRAY(SELECT id FROM invoice WHERE tenant_id = :tenant AND order_id = :order_id
                              UNION ALL
                              SELECT invoice_id FROM joint_invoice_order
                               WHERE tenant_id = :tenant AND order_id = :order_id))) d
  LEFT JOIN LATERAL (SELECT v.api_key_id FROM event v
                      WHERE v.tenant_id = :tenant AND v.resource_id = d.id
                      ORDER BY v.seq LIMIT 1) e ON true
  LEFT JOIN api_key k ON k.tenant_id = :tenant AND k.id = e.api_key_id
 ORDER BY d.kind DESC, d.id;

-- The events of an order and of all that followed from it, each with the document that it follows
-- from.
-- fn order_events(order_id i64, most i64) -> many struct order_event_row(seq i64, at instant, type text, resource text,
--   resource_id i64, parent text?, parent_id i64?, request_id text?, api_key_id i64?, before json?, after json?)
WITH bills AS (
    SELECT i.id, (SELECT l.shipment_id FROM invoice_line l
                   WHERE l.tenant_id = :tenant AND l.invoice_id = i.id AND l.shipment_id IS NOT NULL
                   ORDER BY l.line_no LIMIT 1) AS shipment_id
      FROM invoice i
     WHERE i.tenant_id = :tenant
       AND i.id = ANY(ARRAY(SELECT id FROM invoice WHERE tenant_id = :tenant AND order_id = :order_id
                            UNION ALL
                            SELECT invoice_id FROM joint_invoice_order
                             WHERE tenant_id = :tenant AND order_id = :order_id))),
notes AS (
    SELECT n.id, n.invoice_id FROM credit_note n
     WHERE n.tenant_id = :tenant AND n.invoice_id IN (SELECT id FROM bills)),
applied AS (
    SELECT a.id, a.source, a.source_id, a.invoice_id FROM allocation a
     WHERE a.tenant_id = :tenant AND a.invoice_id IN (SELECT id FROM bills)),
family AS (
    SELECT :order_id AS id, NULL::text AS parent, NULL::bigint AS parent_id
    UNION ALL
    SELECT DISTINCT shipment_id, 'order', order_id FROM shipment_line WHERE tenant_id = :tenant AND order_id = :order_id
    UNION ALL
    SELECT id, 'order', order_id FROM milestone WHERE tenant_id = :tenant AND order_id = :order_id
    UNION ALL
    SELECT id, 'order', order_id FROM access_grant WHERE tenant_id = :tenant AND order_id = :order_id
    UNION ALL
    SELECT id, CASE WHEN shipment_id IS NULL THEN 'order' ELSE 'shipment' END, coalesce(shipment_id, :order_id) FROM bills
    UNION ALL
    SELECT id, 'invoice', invoice_id FROM notes
    UNION ALL
    SELECT id, source, source_id FROM applied
    UNION ALL
    SELECT source_id, 'invoice', min(invoice_id) FROM applied
     WHERE source_id NOT IN (SELECT id FROM notes) GROUP BY source_id)
SELECT e.seq, e.at, e.type, e.resource, e.resource_id, f.parent, f.parent_id, e.request_id, e.api_key_id, e.before, e.after
  FROM family f JOIN event e ON e.tenant_id = :tenant AND e.resource_id = f.id
 ORDER BY e.seq
 LIMIT :most;

-- ---- amendments ----

-- fn order_lines_amend(rows l[order_id i64, line_no i64, quantity i64, unit_price i64, price_source text?, price_id i64?,
--   discount_percent i64, discount_amount i64, order_discount i64, net i64, tax i64, gross i64, canceled i64,
--   reserved i64, dropped bool, backordered i64]) -> exec
UPDATE order_line o
   SET quantity = l.quantity, unit_price = l.unit_price, price_source = l.price_source, price_id = l.price_id,
       discount_percent = l.discount_percent, discount_amount = l.discount_amount, order_discount = l.order_discount,
       net = l.net, tax = l.tax, gross = l.gross, canceled = l.canceled, reserved = l.reserved, dropped = l.dropped,
       backordered = l.backordered
  FROM unnest(:l.order_id, :l.line_no, :l.quantity, :l.unit_price, :l.price_source, :l.price_id, :l.discount_percent,
       :l.discount_amount, :l.order_discount, :l.net, :l.tax, :l.gross, :l.canceled, :l.reserved, :l.dropped, :l.backordered)
       AS l(order_id, line_no, quantity, unit_price, price_source, price_id, discount_percent, discount_amount,
            order_discount, net, tax, gross, canceled, reserved, dropped, backordered)
 WHERE o.tenant_id = :tenant AND o.order_id = l.order_id AND o.line_no = l.line_no;

-- fn order_amended(rows o[struct order: id i64, version i64, status text, discount_amount i64?, discount i64, net i64,
--   tax i64, gross i64, line_count i64, requested_date date?, committed_date date?, promised_date date?]) -> exec
UPDATE sales_order o
   SET version = n.version, status = n.status, discount_amount = n.discount_amount, discount = n.discount, net = n.net, tax = n.tax, gross = n.gross, line_count = n.line_count,
       requested_date = n.requested_date, committed_date = n.committed_date, promised_date = n.promised_date,
       updated_at = :now
  FROM unnest(:o.id, :o.version, :o.status, :o.discount_amount, :o.discount, :o.net, :o.tax, :o.gross, :o.line_count,
       :o.requested_date, :o.committed_date, :o.promised_date)
       AS n(id, version, status, discount_amount, discount, net, tax, gross, line_count, requested_date, committed_date,
            promised_date)
 WHERE o.tenant_id = :tenant AND o.id = n.id;

-- The same terms, other goods. The customer's number is on both.
-- fn order_split_insert(id i64, external_id text?, number text, from_id i64, discount i64, net i64, tax i64, gross i64,
--   line_count i64) -> exec
INSERT INTO sales_order (tenant_id, id, external_id, number, customer_id, payer_id, credit_account_id, warehouse_id, status,
       channel, customer_po, currency, order_date, requested_date, committed_date, promised_date, payment_terms_days,
       rounding, tax_rounding, discount_percent, discount_amount, discount, net, tax, gross, line_count, bill_to, ship_to,
       notes, metadata, created_at, confirmed_at, updated_at, po_copy, split_from, priority, ship_complete,
       blanket_order_id)
SELECT tenant_id, :id, :external_id, :number, customer_id, payer_id, credit_account_id, warehouse_id, 'confirmed', channel,
       customer_po, currency, order_date, requested_date, committed_date, promised_date, payment_terms_days, rounding,
       tax_rounding, discount_percent, CASE WHEN discount_amount IS NOT NULL THEN :discount::bigint END, :discount, :net,
       :tax, :gross, :line_count, bill_to, ship_to, notes, metadata, :now, confirmed_at, :now,
       CASE WHEN customer_po IS NOT NULL THEN :id::bigint END, :from_id, priority, ship_complete, blanket_order_id
  FROM sales_order WHERE tenant_id = :tenant AND id = :from_id;

-- fn order_revision_insert(order_id i64, kind text, reason text?, api_key_id i64?, request_id text?, before json, after json)
--   -> exec
INSERT INTO order_revision (tenant_id, order_id, revision_no, kind, reason, at, api_key_id, request_id, before, after)
SELECT :tenant, :order_id, coalesce(max(revision_no), 0) + 1, :kind, :reason, :now, :api_key_id, :request_id, :before, :after
  FROM order_revision WHERE tenant_id = :tenant AND order_id = :order_id;

-- fn order_revisions_count(order_id i64) -> one(n i64)
SELECT count(*) AS n FROM order_revision WHERE tenant_id = :tenant AND order_id = :order_id;

-- fn order_revisions(order_id i64) -> many struct order_revision(revision_no i64, kind text, reason text?, at instant,
--   api_key_id i64?, request_id text?, before json, after json)
SELECT revision_no, kind, reason, at, api_key_id, request_id, before, after
  FROM order_revision WHERE tenant_id = :tenant AND order_id = :order_id ORDER BY revision_no;

-- Did this key make the order what it is? Who asked for its approval is known by the holds.
-- fn order_made_by(order_id i64, api_key i64?) -> one(made bool)
SELECT EXISTS (SELECT FROM event
                WHERE tenant_id = :tenant AND resource_id = :order_id AND api_key_id = :api_key
                  AND type IN ('order.created', 'order.updated', 'order.amended')) AS made;

-- An approval that was refused waits on, and says why.
-- fn order_hold_rejected(order_id i64, hold_nos i64[], reason text) -> exec
UPDATE order_hold SET reason = :reason
 WHERE tenant_id = :tenant AND order_id = :order_id AND hold_no = ANY(:hold_nos) AND released_at IS NULL;

-- Lines of blanket orders in one order, before they are drawn from or given back to. They are the
-- last that a transaction locks before the numbers.
-- fn blanket_lines_lock(blanket_orders i64[]) -> many(locked i64)
SELECT count(*) FROM (
    SELECT line_no FROM blanket_line
     WHERE tenant_id = :tenant AND blanket_order_id = ANY(:blanket_orders)
     ORDER BY blanket_order_id, line_no FOR NO KEY UPDATE) l;

-- fn blanket_lines_draw(rows d[blanket_order_id i64, line_no i64, quantity i64]) -> exec
UPDATE blanket_line l SET called = l.called + d.quantity
  FROM (SELECT blanket_order_id, line_no, sum(quantity)::bigint AS quantity
          FROM unnest(:d.blanket_order_id, :d.line_no, :d.quantity)
               AS u(blanket_order_id, line_no, quantity)
         GROUP BY blanket_order_id, line_no) d
 WHERE l.tenant_id = :tenant AND l.blanket_order_id = d.blanket_order_id
   AND l.line_no = d.line_no;

-- ---- metered lines ----

-- fn order_lines_grow(rows l[order_id i64, line_no i64, quantity i64, net i64, tax i64, gross i64]) -> exec
UPDATE order_line o SET quantity = l.quantity, net = l.net, tax = l.tax, gross = l.gross
  FROM unnest(:l.order_id, :l.line_no, :l.quantity, :l.net, :l.tax, :l.gross)
       AS l(order_id, line_no, quantity, net, tax, gross)
 WHERE o.tenant_id = :tenant AND o.order_id = l.order_id AND o.line_no = l.line_no;

-- By how much the totals of orders grow.
-- fn orders_grow(rows o[id i64, net i64, tax i64, gross i64]) -> exec
UPDATE sales_order s SET net = s.net + o.net, tax = s.tax + o.tax, gross = s.gross + o.gross
  FROM unnest(:o.id, :o.net, :o.tax, :o.gross) AS o(id, net, tax, gross)
 WHERE s.tenant_id = :tenant AND s.id = o.id;
