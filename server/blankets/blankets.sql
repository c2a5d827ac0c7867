-- Blanket orders and their lines. What is drawn from a line is moved by orders.sql.
-- include "server/blankets/blankets.h"

-- fn blanket_number() -> one(number i64)
SELECT nextval('blanket_order_number') AS number;

-- fn blanket_by_external_id(external_id text) -> maybe(id i64)
SELECT id FROM blanket_order WHERE tenant_id = :tenant AND external_id = :external_id;

-- fn blanket_insert(rows b[struct blanket: id i64, external_id text?, number text, customer_id i64,
--   currency text, customer_po text?, valid_from date, valid_to date, payment_terms_days i64,
--   line_count i64, notes text?, metadata json]) -> exec
INSERT INTO blanket_order (tenant_id, id, external_id, number, status, customer_id, currency,
                           customer_po, valid_from, valid_to, payment_terms_days, line_count, notes,
                           metadata, created_at, updated_at)
SELECT :tenant, b.id, b.external_id, b.number, 'open', b.customer_id, b.currency, b.customer_po,
       b.valid_from, b.valid_to, b.payment_terms_days, b.line_count, b.notes, b.metadata, :now, :now
  FROM unnest(:b.id, :b.external_id, :b.number, :b.customer_id, :b.currency, :b.customer_po,
              :b.valid_from, :b.valid_to, :b.payment_terms_days, :b.line_count, :b.notes,
              :b.metadata)
       AS b(id, external_id, number, customer_id, currency, customer_po, valid_from, valid_to,
            payment_terms_days, line_count, notes, metadata);

-- fn blanket_lines_insert(blanket_order_id i64, rows l[struct order_line: line_no i64,
--   product_id i64, sku text, description text, unit_price i64, discount_percent i64,
--   quantity i64]) -> exec
INSERT INTO blanket_line (tenant_id, blanket_order_id, line_no, product_id, sku, description,
                          unit_price, discount_percent, quantity)
SELECT :tenant, :blanket_order_id, l.line_no, l.product_id, l.sku, l.description, l.unit_price,
       l.discount_percent, l.quantity
  FROM unnest(:l.line_no, :l.product_id, :l.sku, :l.description, :l.unit_price,
              :l.discount_percent, :l.quantity)
       AS l(line_no, product_id, sku, description, unit_price, discount_percent, quantity);

-- Behind its lock: was anything ever called off?
-- fn blanket_drawn_from(id i64) -> one(drawn bool)
SELECT EXISTS (SELECT FROM sales_order WHERE tenant_id = :tenant AND blanket_order_id = :id) AS drawn;

-- fn blanket_replace(rows b[struct blanket: id i64, external_id text?, customer_id i64,
--   currency text, customer_po text?, valid_from date, valid_to date, payment_terms_days i64,
--   line_count i64, notes text?, metadata json]) -> exec
UPDATE blanket_order t
   SET external_id = b.external_id, customer_id = b.customer_id, currency = b.currency,
       customer_po = b.customer_po, valid_from = b.valid_from, valid_to = b.valid_to,
       payment_terms_days = b.payment_terms_days, line_count = b.line_count, notes = b.notes,
       metadata = b.metadata, version = t.version + 1, updated_at = :now
  FROM unnest(:b.id, :b.external_id, :b.customer_id, :b.currency, :b.customer_po, :b.valid_from,
              :b.valid_to, :b.payment_terms_days, :b.line_count, :b.notes, :b.metadata)
       AS b(id, external_id, customer_id, currency, customer_po, valid_from, valid_to,
            payment_terms_days, line_count, notes, metadata)
 WHERE t.tenant_id = :tenant AND t.id = b.id;

-- fn blanket_lines_delete(id i64) -> exec
DELETE FROM blanket_line WHERE tenant_id = :tenant AND blanket_order_id = :id;

-- Locked before anything else: whoever calls off goes on to lock the credit account.
-- fn blanket_lock(id i64) -> one(version i64)
SELECT version FROM blanket_order WHERE tenant_id = :tenant AND id = :id FOR UPDATE;

-- fn blanket_select(id i64) -> one struct blanket(id i64, version i64, external_id text?,
--   number text, status text, customer_id i64, currency text, customer_po text?, valid_from date,
--   valid_to date, payment_terms_days i64, line_count i64, closed_reason text?, notes text?,
--   metadata json, created_at instant, updated_at instant)
SELECT id, version, external_id, number,
       CASE WHEN status = 'open' AND valid_to < :today THEN 'expired' ELSE status END AS status,
       customer_id, currency, customer_po, valid_from, valid_to, payment_terms_days, line_count,
       closed_reason, notes, metadata, created_at, updated_at
  FROM blanket_order WHERE tenant_id = :tenant AND id = :id;

-- fn blanket_lines(id i64) -> many struct blanket_line(line_no i64, product_id i64, sku text,
--   description text, unit_price i64, discount_percent i64, quantity i64, called i64, open i64)
SELECT line_no, product_id, sku, description, unit_price, discount_percent, quantity, called,
       quantity - called AS open
  FROM blanket_line WHERE tenant_id = :tenant AND blanket_order_id = :id ORDER BY line_no;

-- fn blankets_list() -> list struct blanket_summary(id i64, version i64, external_id text?,
--   number text, status text, customer_id i64, currency text, customer_po text?, valid_from date,
--   valid_to date, payment_terms_days i64, line_count i64, closed_reason text?, notes text?,
--   metadata json, created_at instant, updated_at instant)
-- filter id id blk: b.id
-- filter external_id text: b.external_id
-- filter number text: b.number
-- filter status text: CASE WHEN b.status = 'open' AND b.valid_to < :today THEN 'expired' ELSE b.status END
-- filter customer_id id cus: b.customer_id
-- filter customer_po text: b.customer_po
-- filter valid_from date: b.valid_from
-- filter valid_to date: b.valid_to
-- filter created_at instant: b.created_at
-- sort id: b.id
SELECT b.id, b.version, b.external_id, b.number,
       CASE WHEN b.status = 'open' AND b.valid_to < :today THEN 'expired' ELSE b.status END
           AS status,
       b.customer_id, b.currency, b.customer_po, b.valid_from, b.valid_to, b.payment_terms_days,
       b.line_count, b.closed_reason, b.notes, b.metadata, b.created_at, b.updated_at
  FROM blanket_order b WHERE b.tenant_id = :tenant AND :filters;

-- fn blanket_closed(id i64, reason text) -> exec
UPDATE blanket_order
   SET status = 'closed', closed_reason = :reason, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;
