-- Quotes, their revisions and lines.
-- include "server/quotes/quotes.h"

-- fn quote_number() -> one(number i64)
SELECT nextval('quote_number') AS number;

-- fn quote_by_external_id(external_id text) -> maybe(id i64)
SELECT id FROM quote WHERE tenant_id = :tenant AND external_id = :external_id;

-- fn quote_insert(id i64, external_id text?, number text, customer_id i64, currency text,
--   metadata json) -> exec
INSERT INTO quote (tenant_id, id, external_id, number, customer_id, currency, metadata, status,
                   revision, created_at, updated_at)
VALUES (:tenant, :id, :external_id, :number, :customer_id, :currency, :metadata, 'open', 1, :now,
        :now);

-- fn quote_revision_insert(quote_id i64, reason text?, rows r[struct quote: revision i64,
--   quote_date date, valid_until date, requested_date date?, payment_terms_days i64,
--   warehouse_id i64?, discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64,
--   gross i64, line_count i64, notes text?]) -> exec
INSERT INTO quote_revision (tenant_id, quote_id, revision, quote_date, valid_until, requested_date,
                            payment_terms_days, warehouse_id, discount_percent, discount_amount,
                            discount, net, tax, gross, line_count, notes, reason, created_at)
SELECT :tenant, :quote_id, r.revision, r.quote_date, r.valid_until, r.requested_date,
       r.payment_terms_days, r.warehouse_id, r.discount_percent, r.discount_amount, r.discount,
       r.net, r.tax, r.gross, r.line_count, r.notes, :reason, :now
  FROM unnest(:r.revision, :r.quote_date, :r.valid_until, :r.requested_date, :r.payment_terms_days,
              :r.warehouse_id, :r.discount_percent, :r.discount_amount, :r.discount, :r.net, :r.tax,
              :r.gross, :r.line_count, :r.notes)
       AS r(revision, quote_date, valid_until, requested_date, payment_terms_days, warehouse_id,
            discount_percent, discount_amount, discount, net, tax, gross, line_count, notes);

-- fn quote_lines_insert(quote_id i64, revision i64, rows l[struct order_line: line_no i64,
--   product_id i64, kind text, sku text, description text, warehouse_id i64?, quantity i64,
--   unit_price i64, price_source text, price_id i64?, discount_percent i64, discount_amount i64,
--   order_discount i64, tax_code_id i64, tax_rate i64, net i64, tax i64, gross i64]) -> exec
INSERT INTO quote_line (tenant_id, quote_id, revision, line_no, product_id, kind, sku, description,
                        warehouse_id, quantity, unit_price, price_source, price_id,
                        discount_percent, discount_amount, order_discount, tax_code_id, tax_rate,
                        net, tax, gross)
SELECT :tenant, :quote_id, :revision, l.line_no, l.product_id, l.kind, l.sku, l.description,
       l.warehouse_id, l.quantity, l.unit_price, l.price_source, l.price_id, l.discount_percent,
       l.discount_amount, l.order_discount, l.tax_code_id, l.tax_rate, l.net, l.tax, l.gross
  FROM unnest(:l.line_no, :l.product_id, :l.kind, :l.sku, :l.description, :l.warehouse_id,
              :l.quantity, :l.unit_price, :l.price_source, :l.price_id, :l.discount_percent,
              :l.discount_amount, :l.order_discount, :l.tax_code_id, :l.tax_rate, :l.net, :l.tax,
              :l.gross)
       AS l(line_no, product_id, kind, sku, description, warehouse_id, quantity, unit_price,
            price_source, price_id, discount_percent, discount_amount, order_discount, tax_code_id,
            tax_rate, net, tax, gross);

-- Locked before anything else: whoever accepts it goes on to lock the credit account.
-- fn quote_lock(id i64) -> one(version i64)
SELECT version FROM quote WHERE tenant_id = :tenant AND id = :id FOR UPDATE;

-- fn quote_select(id i64) -> one struct quote(id i64, version i64, external_id text?, number text,
--   status text, customer_id i64, order_id i64?, lost_reason text?, revision i64, currency text,
--   quote_date date, valid_until date, requested_date date?, payment_terms_days i64,
--   warehouse_id i64?, discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64,
--   gross i64, line_count i64, notes text?, metadata json, created_at instant, updated_at instant)
SELECT q.id, q.version, q.external_id, q.number,
       CASE WHEN q.status = 'open' AND r.valid_until < :today THEN 'expired' ELSE q.status END
           AS status,
       q.customer_id, q.order_id, q.lost_reason, q.revision, q.currency, r.quote_date,
       r.valid_until, r.requested_date, r.payment_terms_days, r.warehouse_id, r.discount_percent,
       r.discount_amount, r.discount, r.net, r.tax, r.gross, r.line_count, r.notes, q.metadata,
       q.created_at, q.updated_at
  FROM quote q
  JOIN quote_revision r ON r.tenant_id = q.tenant_id AND r.quote_id = q.id
       AND r.revision = q.revision
 WHERE q.tenant_id = :tenant AND q.id = :id;

-- fn quotes_list() -> list struct quote_summary(id i64, version i64, external_id text?,
--   number text, status text, customer_id i64, order_id i64?, lost_reason text?, revision i64,
--   currency text, quote_date date, valid_until date, requested_date date?,
--   payment_terms_days i64, warehouse_id i64?, discount_percent i64?, discount_amount i64?,
--   discount i64, net i64, tax i64, gross i64, line_count i64, notes text?, metadata json,
--   created_at instant, updated_at instant)
-- filter id id quo: q.id
-- filter external_id text: q.external_id
-- filter number text: q.number
-- filter status text: CASE WHEN q.status = 'open' AND r.valid_until < :today THEN 'expired' ELSE q.status END
-- filter customer_id id cus: q.customer_id
-- filter currency text: q.currency
-- filter quote_date date: r.quote_date
-- filter valid_until date: r.valid_until
-- filter created_at instant: q.created_at
-- filter updated_at instant: q.updated_at
-- sort id: q.id
SELECT q.id, q.version, q.external_id, q.number,
       CASE WHEN q.status = 'open' AND r.valid_until < :today THEN 'expired' ELSE q.status END
           AS status,
       q.customer_id, q.order_id, q.lost_reason, q.revision, q.currency, r.quote_date,
       r.valid_until, r.requested_date, r.payment_terms_days, r.warehouse_id, r.discount_percent,
       r.discount_amount, r.discount, r.net, r.tax, r.gross, r.line_count, r.notes, q.metadata,
       q.created_at, q.updated_at
  FROM quote q
  JOIN quote_revision r ON r.tenant_id = q.tenant_id AND r.quote_id = q.id
       AND r.revision = q.revision
 WHERE q.tenant_id = :tenant AND :filters;

-- The lines of a quote: of one revision, or (NULL) of all, the first revision first.
-- fn quote_lines(quote_id i64, revision i64?) -> many struct quote_line_of(revision i64,
--   line_no i64, product_id i64, kind text, sku text, description text, warehouse_id i64?,
--   quantity i64, unit_price i64, price_source text, price_id i64?, discount_percent i64,
--   discount_amount i64, order_discount i64, tax_code_id i64, tax_rate i64, net i64, tax i64,
--   gross i64)
SELECT revision, line_no, product_id, kind, sku, description, warehouse_id, quantity, unit_price,
       price_source, price_id, discount_percent, discount_amount, order_discount, tax_code_id,
       tax_rate, net, tax, gross
  FROM quote_line
 WHERE tenant_id = :tenant AND quote_id = :quote_id
   AND (:revision::bigint IS NULL OR revision = :revision)
 ORDER BY revision, line_no;

-- fn quote_revisions(quote_id i64) -> many struct quote_revision(revision i64, currency text,
--   quote_date date, valid_until date, requested_date date?, payment_terms_days i64,
--   warehouse_id i64?, discount_percent i64?, discount_amount i64?, discount i64, net i64, tax i64,
--   gross i64, line_count i64, notes text?, reason text?, created_at instant)
SELECT r.revision, q.currency, r.quote_date, r.valid_until, r.requested_date, r.payment_terms_days,
       r.warehouse_id, r.discount_percent, r.discount_amount, r.discount, r.net, r.tax, r.gross,
       r.line_count, r.notes, r.reason, r.created_at
  FROM quote_revision r JOIN quote q ON q.tenant_id = r.tenant_id AND q.id = r.quote_id
 WHERE r.tenant_id = :tenant AND r.quote_id = :quote_id
 ORDER BY r.revision;

-- metadata NULL: as it was.
-- fn quote_revised(id i64, revision i64, metadata json?) -> exec
UPDATE quote
   SET revision = :revision, metadata = coalesce(:metadata::json, metadata), version = version + 1,
       updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn quote_declined(id i64, reason text) -> exec
UPDATE quote SET status = 'declined', lost_reason = :reason, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn quote_became(id i64, order_id i64) -> exec
UPDATE quote SET status = 'accepted', order_id = :order_id, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;
