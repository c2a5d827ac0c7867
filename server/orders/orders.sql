-- Orders, their lines and holds.
-- include "server/orders/orders.h"
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

-- fn orders_insert(rows o[id i64, external_id text?, number text, customer_id i64, credit_account_id i64, warehouse_id i64?,
--   status text, channel text?, customer_po text?, currency text, order_date date, requested_date date?, payment_terms_days i64,
--   rounding text, tax_rounding text, discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64, gross i64,
--   line_count i64, credit_exposure i64?, credit_limit i64?, bill_to json?, ship_to json?, notes text?, metadata json,
--   confirmed_at instant?, quote_id i64?]) -> exec
INSERT INTO sales_order (tenant_id, id, external_id, number, customer_id, credit_account_id, warehouse_id, status, channel,
       customer_po, currency, order_date, requested_date, payment_terms_days, rounding, tax_rounding, discount_percent,
       discount_amount, discount, net, tax, gross, line_count, credit_exposure, credit_limit, bill_to, ship_to, notes, metadata, created_at, confirmed_at, updated_at,
       quote_id)
SELECT :tenant, o.id, o.external_id, o.number, o.customer_id, o.credit_account_id, o.warehouse_id, o.status, o.channel,
       o.customer_po, o.currency, o.order_date, o.requested_date, o.payment_terms_days, o.rounding, o.tax_rounding,
       o.discount_percent, o.discount_amount, o.discount, o.net, o.tax, o.gross, o.line_count, o.credit_exposure, o.credit_limit, o.bill_to, o.ship_to, o.notes, o.metadata, :now,
       o.confirmed_at, :now, o.quote_id
  FROM unnest(:o.id, :o.external_id, :o.number, :o.customer_id, :o.credit_account_id, :o.warehouse_id, :o.status, :o.channel,
       :o.customer_po, :o.currency, :o.order_date, :o.requested_date, :o.payment_terms_days, :o.rounding, :o.tax_rounding,
       :o.discount_percent, :o.discount_amount, :o.discount, :o.net, :o.tax, :o.gross, :o.line_count, :o.credit_exposure,
       :o.credit_limit, :o.bill_to, :o.ship_to, :o.notes, :o.metadata, :o.confirmed_at, :o.quote_id)
       AS o(id, external_id, number, customer_id, credit_account_id, warehouse_id, status, channel, customer_po, currency,
            order_date, requested_date, payment_terms_days, rounding, tax_rounding, discount_percent, discount_amount,
            discount, net, tax, gross, line_count, credit_exposure, credit_limit, bill_to, ship_to, notes, metadata, confirmed_at, quote_id);

-- Writes a draft anew; its lines are deleted before and inserted after.
-- fn order_replace(rows o[struct orders_insert_o: id i64, external_id text?, warehouse_id i64?, status text, channel text?,
--   customer_po text?, order_date date, requested_date date?, payment_terms_days i64, rounding text, tax_rounding text,
--   discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64, gross i64, line_count i64, credit_exposure i64?, credit_limit i64?, bill_to json?, ship_to json?,
--   notes text?, metadata json, confirmed_at instant?]) -> exec
UPDATE sales_order o
   SET version = o.version + 1, external_id = n.external_id, warehouse_id = n.warehouse_id, status = n.status,
       channel = n.channel, customer_po = n.customer_po, order_date = n.order_date, requested_date = n.requested_date,
       payment_terms_days = n.payment_terms_days, rounding = n.rounding, tax_rounding = n.tax_rounding,
       discount_percent = n.discount_percent, discount_amount = n.discount_amount, discount = n.discount, net = n.net,
       tax = n.tax, gross = n.gross, line_count = n.line_count, credit_exposure = n.credit_exposure,
       credit_limit = n.credit_limit, bill_to = n.bill_to, ship_to = n.ship_to, notes = n.notes, metadata = n.metadata,
       confirmed_at = n.confirmed_at, updated_at = :now
  FROM unnest(:o.id, :o.external_id, :o.warehouse_id, :o.status, :o.channel, :o.customer_po, :o.order_date,
       :o.requested_date, :o.payment_terms_days, :o.rounding, :o.tax_rounding, :o.discount_percent, :o.discount_amount,
       :o.discount, :o.net, :o.tax, :o.gross, :o.line_count,
       :o.credit_exposure, :o.credit_limit, :o.bill_to, :o.ship_to, :o.notes, :o.metadata, :o.confirmed_at)
       AS n(id, external_id, warehouse_id, status, channel, customer_po, order_date, requested_date, payment_terms_days,
            rounding, tax_rounding, discount_percent, discount_amount, discount, net, tax, gross, line_count,
            credit_exposure, credit_limit, bill_to, ship_to, notes, metadata, confirmed_at)
 WHERE o.tenant_id = :tenant AND o.id = n.id AND o.status = 'draft';

-- Lines of a draft: they are no facts yet.
-- fn order_lines_delete(order_id i64) -> exec
DELETE FROM order_line WHERE tenant_id = :tenant AND order_id = :order_id;

-- fn order_lines_insert(rows l[order_id i64, line_no i64, product_id i64, kind text, sku text, description text,
--   warehouse_id i64?, quantity i64, unit_price i64, price_source text, price_id i64?, discount_percent i64,
--   discount_amount i64, order_discount i64, tax_code_id i64, tax_rate i64, net i64, tax i64, gross i64, reserved i64])
--   -> exec
INSERT INTO order_line (tenant_id, order_id, line_no, product_id, kind, sku, description, warehouse_id, quantity, unit_price,
       price_source, price_id, discount_percent, discount_amount, order_discount, tax_code_id, tax_rate, net, tax, gross, reserved)
SELECT :tenant, l.order_id, l.line_no, l.product_id, l.kind, l.sku, l.description, l.warehouse_id, l.quantity, l.unit_price,
       l.price_source, l.price_id, l.discount_percent, l.discount_amount, l.order_discount, l.tax_code_id, l.tax_rate, l.net, l.tax, l.gross, l.reserved
  FROM unnest(:l.order_id, :l.line_no, :l.product_id, :l.kind, :l.sku, :l.description, :l.warehouse_id, :l.quantity,
       :l.unit_price, :l.price_source, :l.price_id, :l.discount_percent, :l.discount_amount, :l.order_discount,
       :l.tax_code_id, :l.tax_rate, :l.net, :l.tax, :l.gross, :l.reserved)
       AS l(order_id, line_no, product_id, kind, sku, description, warehouse_id, quantity, unit_price, price_source,
            price_id, discount_percent, discount_amount, order_discount, tax_code_id, tax_rate, net, tax, gross, reserved);

-- fn order_holds_insert(rows h[order_id i64, hold_no i64, kind text, reason text, placed_by i64?]) -> exec
INSERT INTO order_hold (tenant_id, order_id, hold_no, kind, reason, placed_at, placed_by)
SELECT :tenant, h.order_id, h.hold_no, h.kind, h.reason, :now, h.placed_by
  FROM unnest(:h.order_id, :h.hold_no, :h.kind, :h.reason, :h.placed_by) AS h(order_id, hold_no, kind, reason, placed_by);

-- One more hold, numbered after those that are there; the order is locked.
-- fn order_hold_add(order_id i64, kind text, reason text, placed_by i64?) -> exec
INSERT INTO order_hold (tenant_id, order_id, hold_no, kind, reason, placed_at, placed_by)
SELECT :tenant, :order_id, coalesce(max(hold_no), 0) + 1, :kind, :reason, :now, :placed_by
  FROM order_hold WHERE tenant_id = :tenant AND order_id = :order_id;

-- Releases that have expired are renewed. Cap and last day are those of a release of credit.
-- fn order_holds_release(order_id i64, released_by i64?, reason text, cap i64?, expires_on date?) -> exec
UPDATE order_hold
   SET released_at = :now, released_by = :released_by, release_reason = :reason,
       release_cap = CASE kind WHEN 'credit' THEN :cap END,
       release_expires = CASE kind WHEN 'credit' THEN :expires_on END
 WHERE tenant_id = :tenant AND order_id = :order_id AND (released_at IS NULL OR release_expires < :today);

-- Orders that waited for credit and go on: their credit holds are released by the server.
-- fn orders_go_on(rows o[order_id i64, reason text, exposure i64, credit_limit i64?]) -> exec
WITH o AS (
    SELECT * FROM unnest(:o.order_id, :o.reason, :o.exposure, :o.credit_limit)
           AS o(order_id, reason, exposure, credit_limit)),
released AS (
    UPDATE order_hold h SET released_at = :now, release_reason = o.reason
      FROM o
     WHERE h.tenant_id = :tenant AND h.order_id = o.order_id AND h.kind = 'credit' AND h.released_at IS NULL)
UPDATE sales_order s SET credit_exposure = o.exposure, credit_limit = o.credit_limit
  FROM o WHERE s.tenant_id = :tenant AND s.id = o.order_id;

-- fn orders_headers(orders i64[]) -> many struct order(id i64, version i64, external_id text?, number text, status text,
--   customer_id i64, channel text?, customer_po text?, currency text, order_date date, requested_date date?,
--   payment_terms_days i64, warehouse_id i64?, quote_id i64?, discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64,
--   gross i64, line_count i64, notes text?, metadata json,
--   created_at instant, confirmed_at instant?, updated_at instant, priority i64, ship_complete bool)
SELECT id, version, external_id, number, status, customer_id, channel, customer_po, currency, order_date, requested_date,
       payment_terms_days, warehouse_id, quote_id, discount_percent, discount_amount, discount, net, tax, gross, line_count, notes, metadata, created_at, confirmed_at, updated_at,
       priority, ship_complete
  FROM sales_order WHERE tenant_id = :tenant AND id = ANY(:orders) ORDER BY id;

-- The lines of orders, by order and number.
-- fn order_lines(orders i64[]) -> many struct order_line_of(order_id i64, line_no i64, product_id i64, kind text, sku text,
--   description text, warehouse_id i64?, quantity i64, unit_price i64, price_source text?, price_id i64?,
--   discount_percent i64, discount_amount i64, order_discount i64, tax_code_id i64, tax_rate i64, net i64, tax i64, gross i64, canceled i64, reserved i64, shipped i64,
--   delivered i64, failed i64, invoiced i64, returned i64, credited i64, backorder bool, backordered i64)
SELECT order_id, line_no, product_id, kind, sku, description, warehouse_id, quantity, unit_price, price_source,
       price_id, discount_percent, discount_amount, order_discount, tax_code_id, tax_rate, net, tax, gross, canceled, reserved, shipped, delivered, failed,
       invoiced, returned, credited, backorder, backordered
  FROM order_line WHERE tenant_id = :tenant AND order_id = ANY(:orders) ORDER BY order_id, line_no;

-- fn order_holds(orders i64[]) -> many(order_id i64, hold_no i64, kind text, reason text, placed_at instant,
--   released_at instant?, release_reason text?, release_cap i64?, release_expires date?)
SELECT order_id, hold_no, kind, reason, placed_at, released_at, release_reason, release_cap, release_expires
  FROM order_hold WHERE tenant_id = :tenant AND order_id = ANY(:orders) ORDER BY order_id, hold_no;

-- fn orders_list() -> list struct order_summary(id i64, version i64, external_id text?, number text, status text,
--   customer_id i64, channel text?, customer_po text?, currency text, order_date date, requested_date date?,
--   payment_terms_days i64, warehouse_id i64?, quote_id i64?, discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64,
--   gross i64, line_count i64, notes text?, metadata json,
--   created_at instant, confirmed_at instant?, updated_at instant, priority i64, ship_complete bool)
-- filter status text: o.status
-- filter customer_id id cus: o.customer_id
-- filter external_id text: o.external_id
-- filter number text: o.number
-- filter customer_po text: o.customer_po
-- filter channel text: o.channel
-- filter currency text: o.currency
-- filter order_date date: o.order_date
-- filter created_at instant: o.created_at
-- sort id: o.id
SELECT o.id, o.version, o.external_id, o.number, o.status, o.customer_id, o.channel, o.customer_po, o.currency, o.order_date,
       o.requested_date, o.payment_terms_days, o.warehouse_id, o.quote_id, o.discount_percent, o.discount_amount, o.discount, o.net, o.tax, o.gross, o.line_count, o.notes, o.metadata,
       o.created_at, o.confirmed_at, o.updated_at, o.priority, o.ship_complete
  FROM sales_order o WHERE o.tenant_id = :tenant AND :filters;

-- Locks orders, sorted. Their credit accounts are locked before.
-- fn orders_lock_rows(orders i64[]) -> many(id i64, version i64, customer_id i64, credit_account_id i64, warehouse_id i64?,
--   payment_terms_days i64, number text, status text, currency text, rounding text, tax_rounding text, customer_po text?,
--   bill_to json?, ship_to json?, order_date date, confirmed_at instant?, external_id text?, gross i64,
--   ship_complete bool)
SELECT id, version, customer_id, credit_account_id, warehouse_id, payment_terms_days, number, status, currency, rounding,
       tax_rounding, customer_po, bill_to, ship_to, order_date, confirmed_at, external_id, gross,
       ship_complete
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

-- The orders are locked: their versions are known.
-- fn orders_progress(rows o[struct order_state: id i64, version i64, status text, confirmed_at instant?]) -> exec
UPDATE sales_order o SET status = n.status, confirmed_at = n.confirmed_at, version = n.version, updated_at = :now
  FROM unnest(:o.id, :o.version, :o.status, :o.confirmed_at) AS n(id, version, status, confirmed_at)
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
