-- Invoices, credit notes and the allocations between them.
-- include "server/invoices/invoices.h"
-- include "server/invoices/rules.h"

-- Which of these external ids are taken? Each is one probe of the unique index, whatever plan was
-- made while the table was small.
-- fn invoices_by_external_id(external_ids text[]) -> many(id i64, external_id text)
SELECT i.id, i.external_id
  FROM unnest(:external_ids) AS x(external_id) CROSS JOIN LATERAL (
       SELECT id, external_id FROM invoice
        WHERE tenant_id = :tenant AND external_id >= x.external_id
        ORDER BY external_id LIMIT 1) i
 WHERE i.external_id = x.external_id;

-- fn credit_note_taken(external_id text) -> many(id i64)
SELECT id FROM credit_note WHERE tenant_id = :tenant AND external_id = :external_id;

-- What living invoices took of each line of orders: what is left of its net is exact even when an
-- invoice in the middle was voided.
-- fn invoiced_of_orders(orders i64[]) -> many(order_id i64, order_line_no i64, net i64)
SELECT i.order_id, l.order_line_no, sum(l.net)::bigint AS net
  FROM (SELECT id, order_id, status FROM invoice
         WHERE tenant_id = :tenant AND order_id = ANY(:orders)
        UNION ALL
        SELECT v.id, x.order_id, v.status
          FROM joint_invoice_order x
          JOIN invoice v ON v.tenant_id = :tenant AND v.id = x.invoice_id
         WHERE x.tenant_id = :tenant AND x.order_id = ANY(:orders)) i
  JOIN invoice_line l ON l.tenant_id = :tenant AND l.invoice_id = i.id AND l.order_id = i.order_id
 WHERE i.status NOT IN ('void', 'canceled') AND l.order_line_no IS NOT NULL
 GROUP BY i.order_id, l.order_line_no;

-- Of invoices over several orders: which.
-- fn invoice_orders_insert(rows x[invoice_id i64, order_id i64]) -> exec
INSERT INTO joint_invoice_order (tenant_id, order_id, invoice_id)
SELECT :tenant, x.order_id, x.invoice_id
  FROM unnest(:x.invoice_id, :x.order_id) AS x(invoice_id, order_id);

-- fn invoices_insert(rows i[id i64, external_id text?, number text?, customer_id i64,
--     credit_account_id i64, order_id i64?, status text, currency text, invoice_date date,
--     due_date date, payment_terms_days i64, rounding text, tax_rounding text, net i64, tax i64,
--     gross i64, line_count i64, bill_to json?, customer_po text?, notes text?, metadata json,
--     finalized_at instant?]) -> exec
INSERT INTO invoice (tenant_id, id, external_id, number, customer_id, credit_account_id, order_id,
                     status, currency, invoice_date, due_date, payment_terms_days, rounding,
                     tax_rounding, net, tax, gross, line_count, bill_to, customer_po, notes,
                     metadata, created_at, finalized_at, updated_at)
SELECT :tenant, i.id, i.external_id, i.number, i.customer_id, i.credit_account_id, i.order_id,
       i.status, i.currency, i.invoice_date, i.due_date, i.payment_terms_days, i.rounding,
       i.tax_rounding, i.net, i.tax, i.gross, i.line_count, i.bill_to, i.customer_po, i.notes,
       i.metadata, :now, i.finalized_at, :now
  FROM unnest(:i.id, :i.external_id, :i.number, :i.customer_id, :i.credit_account_id, :i.order_id,
              :i.status, :i.currency, :i.invoice_date, :i.due_date, :i.payment_terms_days,
              :i.rounding, :i.tax_rounding, :i.net, :i.tax, :i.gross, :i.line_count, :i.bill_to,
              :i.customer_po, :i.notes, :i.metadata, :i.finalized_at)
       AS i(id, external_id, number, customer_id, credit_account_id, order_id, status, currency,
            invoice_date, due_date, payment_terms_days, rounding, tax_rounding, net, tax, gross,
            line_count, bill_to, customer_po, notes, metadata, finalized_at);

-- fn invoice_lines_insert(rows l[invoice_id i64, line_no i64, order_id i64?,
--     order_line_no i64?, shipment_id i64?, shipment_line_no i64?, product_id i64?, sku text?,
--     description text, quantity i64, unit_price i64, discount_percent i64, discount_amount i64,
--     tax_code_id i64, tax_rate i64, net i64, tax i64, gross i64]) -> exec
INSERT INTO invoice_line (tenant_id, invoice_id, line_no, order_id, order_line_no, shipment_id,
                          shipment_line_no, product_id, sku, description, quantity, unit_price,
                          discount_percent, discount_amount, tax_code_id, tax_rate, net, tax,
                          gross)
SELECT :tenant, l.invoice_id, l.line_no, l.order_id, l.order_line_no, l.shipment_id,
       l.shipment_line_no, l.product_id, l.sku, l.description, l.quantity, l.unit_price,
       l.discount_percent, l.discount_amount, l.tax_code_id, l.tax_rate, l.net, l.tax, l.gross
  FROM unnest(:l.invoice_id, :l.line_no, :l.order_id, :l.order_line_no, :l.shipment_id,
              :l.shipment_line_no, :l.product_id, :l.sku, :l.description, :l.quantity,
              :l.unit_price, :l.discount_percent, :l.discount_amount, :l.tax_code_id, :l.tax_rate,
              :l.net, :l.tax, :l.gross)
       AS l(invoice_id, line_no, order_id, order_line_no, shipment_id, shipment_line_no, product_id, sku,
            description, quantity, unit_price, discount_percent, discount_amount, tax_code_id,
            tax_rate, net, tax, gross);

-- fn invoice_headers(ids i64[]) -> many struct invoice(id i64, version i64, external_id text?,
--     number text?, status text, customer_id i64, order_id i64?, customer_po text?, currency text,
--     invoice_date date, due_date date, payment_terms_days i64, net i64, tax i64, gross i64,
--     open_amount i64, disputed_amount i64, overdue bool, line_count i64, notes text?,
--     metadata json, created_at instant, finalized_at instant?, voided_at instant?,
--     updated_at instant, bill_to json?, rounding text, tax_rounding text, paid_amount i64, credit_applied i64,
--     credited_amount i64)
SELECT i.id, i.version, i.external_id, i.number, i.status, i.customer_id, i.order_id,
       i.customer_po, i.currency, i.invoice_date, i.due_date, i.payment_terms_days, i.net, i.tax,
       i.gross, coalesce(o.open_amount, 0) AS open_amount,
       coalesce(o.disputed, 0) AS disputed_amount,
       (o.open_amount IS NOT NULL AND i.due_date < :today) AS overdue, i.line_count, i.notes,
       i.metadata, i.created_at, i.finalized_at, i.voided_at, i.updated_at, i.bill_to, i.rounding,
       i.tax_rounding, a.paid AS paid_amount, a.credit AS credit_applied,
       n.credited AS credited_amount
  FROM invoice i
  LEFT JOIN open_item o ON o.tenant_id = i.tenant_id AND o.id = i.id
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(amount) FILTER (WHERE source = 'payment'), 0)::bigint AS paid,
              coalesce(sum(amount) FILTER (WHERE source = 'credit_note'), 0)::bigint AS credit
         FROM allocation a
        WHERE a.tenant_id = :tenant AND a.invoice_id = i.id) a
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(gross), 0)::bigint AS credited
         FROM credit_note n
        WHERE n.tenant_id = :tenant AND n.invoice_id = i.id AND n.status = 'issued') n
 WHERE i.tenant_id = :tenant AND i.id = ANY(:ids)
 ORDER BY i.id;

-- The lines of invoices, by invoice and number.
-- fn invoice_lines(invoices i64[])
--     -> many struct invoice_line_of(invoice_id i64, line_no i64, order_id i64?, order_line_no i64?,
--     shipment_id i64?, shipment_line_no i64?, product_id i64?, sku text?, description text,
--     quantity i64, unit_price i64, discount_percent i64, discount_amount i64, tax_code_id i64,
--     tax_rate i64, net i64, tax i64, gross i64, credited_quantity i64, credited_net i64,
--     credited_tax i64)
SELECT invoice_id, line_no, order_id, order_line_no, shipment_id, shipment_line_no, product_id, sku,
       description, quantity, unit_price, discount_percent, discount_amount, tax_code_id, tax_rate,
       net, tax, gross, credited_quantity, credited_net, credited_tax
  FROM invoice_line
 WHERE tenant_id = :tenant AND invoice_id = ANY(:invoices)
 ORDER BY invoice_id, line_no;

-- fn invoices_list() -> list struct invoice_summary(id i64, version i64, external_id text?,
--     number text?, status text, customer_id i64, order_id i64?, customer_po text?, currency text,
--     invoice_date date, due_date date, payment_terms_days i64, net i64, tax i64, gross i64,
--     open_amount i64, disputed_amount i64, overdue bool, line_count i64, notes text?,
--     metadata json, created_at instant, finalized_at instant?, voided_at instant?,
--     updated_at instant)
-- filter external_id text: i.external_id
-- filter number text: i.number
-- filter status text: i.status
-- filter customer_id id cus: i.customer_id
-- filter order_id id ord: i.id IN (SELECT x.id FROM (SELECT id, order_id FROM invoice WHERE tenant_id = :tenant UNION ALL SELECT invoice_id, order_id FROM joint_invoice_order WHERE tenant_id = :tenant) x WHERE x.order_id ?)
-- filter customer_po text: i.customer_po
-- filter currency text: i.currency
-- filter invoice_date date: i.invoice_date
-- filter due_date date: i.due_date
-- filter overdue bool: (o.open_amount IS NOT NULL AND i.due_date < :today)
-- filter disputed_amount i64: coalesce(o.disputed, 0)
-- filter created_at instant: i.created_at
-- sort id: i.id
-- sort invoice_date: i.invoice_date
SELECT i.id, i.version, i.external_id, i.number, i.status, i.customer_id, i.order_id,
       i.customer_po, i.currency, i.invoice_date, i.due_date, i.payment_terms_days, i.net, i.tax,
       i.gross, coalesce(o.open_amount, 0) AS open_amount,
       coalesce(o.disputed, 0) AS disputed_amount,
       (o.open_amount IS NOT NULL AND i.due_date < :today) AS overdue, i.line_count, i.notes,
       i.metadata, i.created_at, i.finalized_at, i.voided_at, i.updated_at
  FROM invoice i
  LEFT JOIN open_item o ON o.tenant_id = i.tenant_id AND o.id = i.id
 WHERE i.tenant_id = :tenant AND :filters;

-- Services that are billed on order are billed unless the order is on hold. Page by page in order of
-- the ids: what says whether something can be billed changes too often for an index.
-- fn billable_list() -> list struct billable(id i64, number text, status text, customer_id i64,
--     payer_id i64, currency text, lines i64, gross i64, updated_at instant)
-- filter customer_id id cus: o.customer_id
-- filter payer_id id cus: coalesce(o.payer_id, o.customer_id)
-- filter order_id id ord: o.id
-- filter currency text: o.currency
-- filter status text: o.status
-- sort id: o.id
SELECT o.id, o.number, o.status, o.customer_id, coalesce(o.payer_id, o.customer_id) AS payer_id,
       o.currency, b.lines, b.gross, o.updated_at
  FROM sales_order o
 CROSS JOIN LATERAL (
       SELECT count(*) AS lines, sum(round(l.gross::numeric * d.up_to / l.quantity)
                                     - round(l.gross::numeric * l.invoiced / l.quantity))::bigint
                                     AS gross
         FROM order_line l
        CROSS JOIN LATERAL (
              SELECT CASE WHEN o.confirmed_at IS NULL OR o.status IN ('canceled', 'closed') THEN 0
                          WHEN l.kind <> 'service' OR l.fulfillment IS NOT NULL THEN l.shipped
                          WHEN o.status = 'on_hold' THEN 0
                          ELSE l.quantity - l.canceled END AS up_to) d
        WHERE l.tenant_id = :tenant AND l.order_id = o.id AND d.up_to > l.invoiced) b
 WHERE o.tenant_id = :tenant AND b.lines > 0 AND :filters;

-- Without a lock: what has to be locked before the invoice itself.
-- fn invoice_peek(id i64) -> one struct invoice_state(id i64, version i64, customer_id i64,
--     credit_account_id i64, order_id i64?, number text?, status text, currency text,
--     rounding text, tax_rounding text, invoice_date date, due_date date, net i64, tax i64,
--     gross i64, disputed i64)
SELECT id, version, customer_id, credit_account_id, order_id, number, status, currency, rounding,
       tax_rounding, invoice_date, due_date, net, tax, gross, disputed
  FROM invoice
 WHERE tenant_id = :tenant AND id = :id;

-- What a credit note takes from an invoice before it is locked; neither ever changes.
-- fn invoice_source(id i64) -> one(order_id i64?, bill_to json?)
SELECT order_id, bill_to FROM invoice WHERE tenant_id = :tenant AND id = :id;

-- fn invoice_rows_lock(ids i64[]) -> many struct invoice_state(id i64, version i64,
--     customer_id i64, credit_account_id i64, order_id i64?, number text?, status text,
--     currency text, rounding text, tax_rounding text, invoice_date date, due_date date, net i64,
--     tax i64, gross i64, disputed i64)
SELECT id, version, customer_id, credit_account_id, order_id, number, status, currency, rounding,
       tax_rounding, invoice_date, due_date, net, tax, gross, disputed
  FROM invoice
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id
   FOR UPDATE;

-- The invoices are locked: their versions are known.
-- fn invoices_finalize_rows(rows f[struct invoice_state: id i64, version i64, number text,
--     status text]) -> exec
UPDATE invoice i
   SET version = f.version, number = f.number, status = f.status, finalized_at = :now,
       updated_at = :now
  FROM unnest(:f.id, :f.version, :f.number, :f.status) AS f(id, version, number, status)
 WHERE i.tenant_id = :tenant AND i.id = f.id;

-- fn invoice_end_row(id i64, status text) -> exec
UPDATE invoice
   SET version = version + 1, status = :status, voided_at = :now, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- The invoices are locked, so their versions are known.
-- fn invoices_settle_rows(rows s[id i64, version i64, status text]) -> exec
UPDATE invoice i
   SET version = s.version, status = s.status, updated_at = :now
  FROM unnest(:s.id, :s.version, :s.status) AS s(id, version, status)
 WHERE i.tenant_id = :tenant AND i.id = s.id;

-- The guard of the rules lives in invoice_line_credited_check as well.
-- fn invoice_lines_credit(invoice_id i64, rows l[struct credit_note_line: invoice_line_no i64,
--     credited_quantity i64, net i64, tax i64]) -> exec
UPDATE invoice_line i
   SET credited_quantity = i.credited_quantity + l.credited_quantity,
       credited_net = i.credited_net + l.net, credited_tax = i.credited_tax + l.tax
  FROM unnest(:l.invoice_line_no, :l.credited_quantity, :l.net, :l.tax)
       AS l(invoice_line_no, credited_quantity, net, tax)
 WHERE i.tenant_id = :tenant AND i.invoice_id = :invoice_id AND i.line_no = l.invoice_line_no;

-- fn credit_note_insert(rows n[struct credit_note_state: id i64, customer_id i64,
--     credit_account_id i64, invoice_id i64?, status text, currency text, rounding text,
--     tax_rounding text, credit_note_date date, net i64, tax i64, gross i64], external_id text?,
--     reason text, line_count i64, bill_to json?, notes text?, metadata json) -> exec
INSERT INTO credit_note (tenant_id, id, external_id, customer_id, credit_account_id, invoice_id,
                         status, reason, currency, credit_note_date, rounding, tax_rounding, net,
                         tax, gross, line_count, bill_to, notes, metadata, created_at, updated_at)
SELECT :tenant, n.id, :external_id, n.customer_id, n.credit_account_id, n.invoice_id, n.status,
       :reason, n.currency, n.credit_note_date, n.rounding, n.tax_rounding, n.net, n.tax, n.gross,
       :line_count, :bill_to, :notes, :metadata, :now, :now
  FROM unnest(:n.id, :n.customer_id, :n.credit_account_id, :n.invoice_id, :n.status, :n.currency,
              :n.rounding, :n.tax_rounding, :n.credit_note_date, :n.net, :n.tax, :n.gross)
       AS n(id, customer_id, credit_account_id, invoice_id, status, currency, rounding,
            tax_rounding, credit_note_date, net, tax, gross);

-- fn credit_note_lines_insert(credit_note_id i64, invoice_id i64?,
--     rows l[struct credit_note_line: line_no i64, invoice_line_no i64?, product_id i64?,
--     sku text?, description text, quantity i64, credited_quantity i64, unit_price i64,
--     discount_percent i64, tax_code_id i64, tax_rate i64, net i64, tax i64, gross i64]) -> exec
INSERT INTO credit_note_line (tenant_id, credit_note_id, line_no, invoice_id, invoice_line_no,
                              product_id, sku, description, quantity, credited_quantity, unit_price,
                              discount_percent, tax_code_id, tax_rate, net, tax, gross)
SELECT :tenant, :credit_note_id, l.line_no, :invoice_id, l.invoice_line_no, l.product_id, l.sku,
       l.description, l.quantity, l.credited_quantity, l.unit_price, l.discount_percent,
       l.tax_code_id, l.tax_rate, l.net, l.tax, l.gross
  FROM unnest(:l.line_no, :l.invoice_line_no, :l.product_id, :l.sku, :l.description, :l.quantity,
              :l.credited_quantity, :l.unit_price, :l.discount_percent, :l.tax_code_id,
              :l.tax_rate, :l.net, :l.tax, :l.gross)
       AS l(line_no, invoice_line_no, product_id, sku, description, quantity, credited_quantity,
            unit_price, discount_percent, tax_code_id, tax_rate, net, tax, gross);

-- The amounts of a draft, taken anew when it is issued.
-- fn credit_note_lines_update(credit_note_id i64, rows l[struct credit_note_line: line_no i64,
--     net i64, tax i64, gross i64]) -> exec
UPDATE credit_note_line c
   SET net = l.net, tax = l.tax, gross = l.gross
  FROM unnest(:l.line_no, :l.net, :l.tax, :l.gross) AS l(line_no, net, tax, gross)
 WHERE c.tenant_id = :tenant AND c.credit_note_id = :credit_note_id AND c.line_no = l.line_no;

-- fn credit_note_issue_row(id i64, number text, net i64, tax i64, gross i64) -> exec
UPDATE credit_note
   SET version = version + 1, number = :number, status = 'issued', net = :net, tax = :tax,
       gross = :gross, issued_at = :now, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn credit_notes_touch(ids i64[]) -> exec
UPDATE credit_note SET version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = ANY(:ids);

-- fn credit_note_peek(id i64) -> one struct credit_note_state(id i64, version i64,
--     customer_id i64, credit_account_id i64, invoice_id i64?, number text?, status text,
--     currency text, rounding text, tax_rounding text, credit_note_date date, net i64, tax i64,
--     gross i64)
SELECT id, version, customer_id, credit_account_id, invoice_id, number, status, currency, rounding,
       tax_rounding, credit_note_date, net, tax, gross
  FROM credit_note
 WHERE tenant_id = :tenant AND id = :id;

-- fn credit_note_rows_lock(ids i64[]) -> many struct credit_note_state(id i64, version i64,
--     customer_id i64, credit_account_id i64, invoice_id i64?, number text?, status text,
--     currency text, rounding text, tax_rounding text, credit_note_date date, net i64, tax i64,
--     gross i64)
SELECT id, version, customer_id, credit_account_id, invoice_id, number, status, currency, rounding,
       tax_rounding, credit_note_date, net, tax, gross
  FROM credit_note
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id
   FOR UPDATE;

-- fn credit_note_header(id i64) -> one struct credit_note(id i64, version i64, external_id text?,
--     number text?, status text, customer_id i64, invoice_id i64?, reason text, currency text,
--     credit_note_date date, net i64, tax i64, gross i64, available i64, line_count i64,
--     notes text?, metadata json, created_at instant, issued_at instant?, updated_at instant,
--     bill_to json?, rounding text, tax_rounding text, applied_amount i64, refunded_amount i64)
SELECT n.id, n.version, n.external_id, n.number, n.status, n.customer_id, n.invoice_id, n.reason,
       n.currency, n.credit_note_date, n.net, n.tax, n.gross,
       coalesce(o.open_amount, 0) AS available, n.line_count, n.notes, n.metadata, n.created_at,
       n.issued_at, n.updated_at, n.bill_to, n.rounding, n.tax_rounding,
       (SELECT coalesce(sum(a.amount), 0)::bigint FROM allocation a
         WHERE a.tenant_id = :tenant AND a.source_id = n.id) AS applied_amount,
       (SELECT coalesce(sum(r.amount), 0)::bigint FROM refund r
         WHERE r.tenant_id = :tenant AND r.source_id = n.id) AS refunded_amount
  FROM credit_note n
  LEFT JOIN open_item o ON o.tenant_id = n.tenant_id AND o.id = n.id
 WHERE n.tenant_id = :tenant AND n.id = :id;

-- fn credit_note_lines_select(credit_note_id i64)
--     -> many struct credit_note_line(line_no i64, invoice_line_no i64?, product_id i64?,
--     sku text?, description text, quantity i64, credited_quantity i64, unit_price i64,
--     discount_percent i64, tax_code_id i64, tax_rate i64, net i64, tax i64, gross i64)
SELECT line_no, invoice_line_no, product_id, sku, description, quantity, credited_quantity,
       unit_price, discount_percent, tax_code_id, tax_rate, net, tax, gross
  FROM credit_note_line
 WHERE tenant_id = :tenant AND credit_note_id = :credit_note_id
 ORDER BY line_no;

-- fn credit_notes_list() -> list struct credit_note_summary(id i64, version i64,
--     external_id text?, number text?, status text, customer_id i64, invoice_id i64?, reason text,
--     currency text, credit_note_date date, net i64, tax i64, gross i64, available i64,
--     line_count i64, notes text?, metadata json, created_at instant, issued_at instant?,
--     updated_at instant)
-- filter external_id text: n.external_id
-- filter number text: n.number
-- filter status text: n.status
-- filter customer_id id cus: n.customer_id
-- filter invoice_id id inv: n.invoice_id
-- filter reason text: n.reason
-- filter currency text: n.currency
-- filter credit_note_date date: n.credit_note_date
-- filter created_at instant: n.created_at
-- sort id: n.id
SELECT n.id, n.version, n.external_id, n.number, n.status, n.customer_id, n.invoice_id, n.reason,
       n.currency, n.credit_note_date, n.net, n.tax, n.gross,
       coalesce(o.open_amount, 0) AS available, n.line_count, n.notes, n.metadata, n.created_at,
       n.issued_at, n.updated_at
  FROM credit_note n
  LEFT JOIN open_item o ON o.tenant_id = n.tenant_id AND o.id = n.id
 WHERE n.tenant_id = :tenant AND :filters;

-- fn allocations_insert(rows a[struct allocation_new: id i64, source text, source_id i64,
--     invoice_id i64, amount i64, reverses i64?, reason text?, effective_date date]) -> exec
INSERT INTO allocation (tenant_id, id, source, source_id, invoice_id, amount, reverses, reason,
                        effective_date, recorded_at)
SELECT :tenant, a.id, a.source, a.source_id, a.invoice_id, a.amount, a.reverses, a.reason,
       a.effective_date, :now
  FROM unnest(:a.id, :a.source, :a.source_id, :a.invoice_id, :a.amount, :a.reverses, :a.reason,
              :a.effective_date)
       AS a(id, source, source_id, invoice_id, amount, reverses, reason, effective_date);

-- ---- disputes ----

-- The invoice is locked.
-- fn invoice_dispute_row(id i64, amount i64) -> exec
UPDATE invoice SET version = version + 1, disputed = :amount, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn dispute_insert(id i64, invoice_id i64, customer_id i64, kind text, currency text, amount i64,
--   reason text, opened_by i64?) -> exec
INSERT INTO invoice_dispute (tenant_id, id, invoice_id, customer_id, status, kind, currency, amount,
                             reason, opened_at, opened_by)
VALUES (:tenant, :id, :invoice_id, :customer_id, 'open', :kind, :currency, :amount, :reason, :now,
        :opened_by);

-- fn dispute_open(invoice_id i64) -> maybe(id i64)
SELECT id FROM invoice_dispute
 WHERE tenant_id = :tenant AND invoice_id = :invoice_id AND status = 'open' FOR NO KEY UPDATE;

-- fn dispute_resolved(id i64, outcome text, note text?, resolved_by i64?) -> exec
UPDATE invoice_dispute
   SET status = 'resolved', outcome = :outcome, note = :note, resolved_at = :now,
       resolved_by = :resolved_by
 WHERE tenant_id = :tenant AND id = :id;

-- fn dispute_select(id i64) -> one struct dispute(id i64, invoice_id i64, customer_id i64,
--   status text, kind text, currency text, amount i64, reason text, outcome text?, note text?,
--   opened_at instant, opened_by i64?, resolved_at instant?, resolved_by i64?)
SELECT id, invoice_id, customer_id, status, kind, currency, amount, reason, outcome, note,
       opened_at, opened_by, resolved_at, resolved_by
  FROM invoice_dispute WHERE tenant_id = :tenant AND id = :id;

-- fn disputes_list() -> list struct dispute(id i64, invoice_id i64, customer_id i64, status text,
--   kind text, currency text, amount i64, reason text, outcome text?, note text?,
--   opened_at instant, opened_by i64?, resolved_at instant?, resolved_by i64?)
-- filter invoice_id id inv: d.invoice_id
-- filter customer_id id cus: d.customer_id
-- filter status text: d.status
-- filter kind text: d.kind
-- filter outcome text: d.outcome
-- filter opened_at instant: d.opened_at
-- filter resolved_at instant: d.resolved_at
-- sort id: d.id
SELECT d.id, d.invoice_id, d.customer_id, d.status, d.kind, d.currency, d.amount, d.reason,
       d.outcome, d.note, d.opened_at, d.opened_by, d.resolved_at, d.resolved_by
  FROM invoice_dispute d WHERE d.tenant_id = :tenant AND :filters;
