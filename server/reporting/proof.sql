-- The invariants of the books (domain.md 2.3 and D1), one statement each. A statement returns what
-- violates the invariant, at most 10 rows, with the number of all violations on each.
--
-- Corrupting one row must make exactly one invariant name it. So each value that is kept is
-- compared with its source once, and what follows from another invariant's violation is left to
-- that one: the subqueries that look for it run only when there is something to leave.
-- include "server/reporting/proof.h"

-- The proof compares whole tables. Where the planner knows nothing of a table yet it takes it for
-- small and loops over one inside the other, which is quadratic; a hash costs little even then.
-- fn proof_without_loops() -> many(setting text)
SELECT set_config('enable_nestloop', 'off', true) AS setting;

-- How much there was to look at.
-- fn proof_counts() -> many struct proof_count(name text, count i64)
SELECT 'customers' AS name, count(*) AS count FROM customer WHERE tenant_id = :tenant
UNION ALL
SELECT 'credit_accounts', count(*) FROM credit_account WHERE tenant_id = :tenant
UNION ALL
SELECT 'products', count(*) FROM product WHERE tenant_id = :tenant
UNION ALL
SELECT 'stock', count(*) FROM stock WHERE tenant_id = :tenant
UNION ALL
SELECT 'stock_supplies', count(*) FROM stock_supply WHERE tenant_id = :tenant
UNION ALL
SELECT 'stock_reservations', count(*) FROM stock_reservation WHERE tenant_id = :tenant
UNION ALL
SELECT 'stock_counts', count(*) FROM stock_count WHERE tenant_id = :tenant
UNION ALL
SELECT 'stock_lots', count(*) FROM stock_lot WHERE tenant_id = :tenant
UNION ALL
SELECT 'stock_movements', count(*) FROM stock_movement WHERE tenant_id = :tenant
UNION ALL
SELECT 'orders', count(*) FROM sales_order WHERE tenant_id = :tenant
UNION ALL
SELECT 'order_lines', count(*) FROM order_line WHERE tenant_id = :tenant
UNION ALL
SELECT 'quotes', count(*) FROM quote WHERE tenant_id = :tenant
UNION ALL
SELECT 'shipments', count(*) FROM shipment WHERE tenant_id = :tenant
UNION ALL
SELECT 'shipment_lines', count(*) FROM shipment_line WHERE tenant_id = :tenant
UNION ALL
SELECT 'shipment_packages', count(*) FROM shipment_package WHERE tenant_id = :tenant
UNION ALL
SELECT 'shipment_exceptions', count(*) FROM shipment_exception WHERE tenant_id = :tenant
UNION ALL
SELECT 'shipment_tracking', count(*) FROM shipment_tracking WHERE tenant_id = :tenant
UNION ALL
SELECT 'invoices', count(*) FROM invoice WHERE tenant_id = :tenant
UNION ALL
SELECT 'invoice_lines', count(*) FROM invoice_line WHERE tenant_id = :tenant
UNION ALL
SELECT 'credit_notes', count(*) FROM credit_note WHERE tenant_id = :tenant
UNION ALL
SELECT 'credit_note_lines', count(*) FROM credit_note_line WHERE tenant_id = :tenant
UNION ALL
SELECT 'payments', count(*) FROM payment WHERE tenant_id = :tenant
UNION ALL
SELECT 'allocations', count(*) FROM allocation WHERE tenant_id = :tenant
UNION ALL
SELECT 'disputes', count(*) FROM invoice_dispute WHERE tenant_id = :tenant
UNION ALL
SELECT 'promises', count(*) FROM promise WHERE tenant_id = :tenant
UNION ALL
SELECT 'refunds', count(*) FROM refund WHERE tenant_id = :tenant
UNION ALL
SELECT 'open_items', count(*) FROM open_item WHERE tenant_id = :tenant
UNION ALL
SELECT 'transfers', count(*) FROM ledger_transfer WHERE tenant_id = :tenant
UNION ALL
SELECT 'ledger_days', count(*) FROM ledger_day WHERE tenant_id = :tenant
UNION ALL
SELECT 'jobs', count(*) FROM job WHERE tenant_id = :tenant
UNION ALL
SELECT 'events', count(*) FROM event WHERE tenant_id = :tenant;

-- A transfer moves a positive amount between two accounts of the chart.
-- fn proof_transfers()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'transfer' AS kind, t.id,
           format('%s from %s to %s', t.amount, t.credit_account, t.debit_account) AS detail
      FROM ledger_transfer t
     WHERE t.tenant_id = :tenant
       AND (t.amount <= 0 OR t.debit_account = t.credit_account
            OR t.debit_account NOT IN ('receivable', 'cash', 'unapplied_cash', 'customer_credit',
                                       'revenue', 'tax', 'write_off')
            OR t.credit_account NOT IN ('receivable', 'cash', 'unapplied_cash', 'customer_credit',
                                        'revenue', 'tax', 'write_off')))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Days that carry the postings of a wrong document are left to document_postings.
-- fn proof_ledger_days()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT NULL::text AS kind, NULL::bigint AS id,
           format('%s %s on %s: debit %s, credit %s; the transfers say debit %s, credit %s',
                  c.account, c.currency, c.day, c.kept_debit, c.kept_credit, c.debit, c.credit)
               AS detail
      FROM (SELECT s.account, s.currency, s.day, sum(s.debit) AS debit, sum(s.credit) AS credit,
                   sum(s.kept_debit) AS kept_debit, sum(s.kept_credit) AS kept_credit
              FROM (SELECT d.account, d.currency, d.day, 0::bigint AS debit, 0::bigint AS credit,
                           d.debit AS kept_debit, d.credit AS kept_credit
                      FROM ledger_day d
                     WHERE d.tenant_id = :tenant
                    UNION ALL
                    SELECT p.account, p.currency, p.effective_date, greatest(p.amount, 0),
                           greatest(-p.amount, 0), 0, 0
                      FROM ledger_posting p
                     WHERE p.tenant_id = :tenant) s
             GROUP BY s.account, s.currency, s.day
            HAVING sum(s.debit) <> sum(s.kept_debit) OR sum(s.credit) <> sum(s.kept_credit)) c
     WHERE (c.account, c.currency, c.day) NOT IN (
           SELECT p.account, p.currency, p.effective_date
             FROM ledger_posting p
            WHERE p.tenant_id = :tenant
              AND p.document_id IN (SELECT w.document_id
                                      FROM misposted w
                                     WHERE w.tenant_id = :tenant)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Documents whose own totals are wrong are left to invoice_totals and credit_note_totals.
-- fn proof_document_postings()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT w.document AS kind, w.document_id AS id,
           format('%s: posted %s, due %s', w.account, w.posted, w.due) AS detail
      FROM misposted w
     WHERE w.tenant_id = :tenant
       AND w.document_id NOT IN (SELECT m.id FROM mistotaled m WHERE m.tenant_id = :tenant))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_transfer_items()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'transfer' AS kind, p.transfer_id AS id,
           CASE WHEN p.item IS NULL THEN format('%s without an open item', p.account)
                WHEN d.id IS NULL THEN format('the item of %s is no such document', p.account)
                ELSE format('customer or currency of %s is not the document''s', p.account)
            END AS detail
      FROM ledger_posting p
      LEFT JOIN item_document d
           ON d.tenant_id = :tenant AND d.account = p.account AND d.id = p.item
     WHERE p.tenant_id = :tenant
       AND (p.item IS NOT NULL
            OR p.account IN ('receivable', 'unapplied_cash', 'customer_credit'))
       AND (d.id IS NULL OR d.customer_id IS DISTINCT FROM p.customer_id
            OR d.currency <> p.currency))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Items that a wrong document moved are left to document_postings, amounts out of range to
-- open_amounts.
-- fn proof_open_items()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT c.kind, c.id, format('open_amount %s, the ledger says %s', c.open, c.ledger) AS detail
      FROM (SELECT s.kind, s.id, sum(s.ledger) AS ledger, sum(s.open) AS open
              FROM (SELECT o.kind, o.id, 0::bigint AS ledger, o.open_amount AS open
                      FROM open_item o
                     WHERE o.tenant_id = :tenant
                    UNION ALL
                    SELECT CASE p.account WHEN 'receivable' THEN 'invoice'
                                          WHEN 'unapplied_cash' THEN 'payment'
                                          ELSE 'credit_note' END,
                           p.item,
                           CASE p.account WHEN 'receivable' THEN p.amount ELSE -p.amount END, 0
                      FROM ledger_posting p
                     WHERE p.tenant_id = :tenant AND p.item IS NOT NULL) s
             GROUP BY s.kind, s.id
            HAVING sum(s.ledger) <> sum(s.open)) c
     WHERE c.id NOT IN (SELECT w.document_id FROM misposted w WHERE w.tenant_id = :tenant)
       AND c.id NOT IN (
           SELECT p.item
             FROM ledger_posting p
            WHERE p.tenant_id = :tenant AND p.item IS NOT NULL
              AND p.document_id IN (SELECT w.document_id
                                      FROM misposted w
                                     WHERE w.tenant_id = :tenant))
       AND c.id NOT IN (SELECT o.id
                          FROM open_item o
                         WHERE o.tenant_id = :tenant
                           AND (o.open_amount <= 0 OR o.open_amount > o.amount)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- An item whose amount is not its document's is left to open_item_facts.
-- fn proof_open_amounts()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT o.kind, o.id, format('%s open of %s', o.open_amount, o.amount) AS detail
      FROM open_item o
     WHERE o.tenant_id = :tenant AND (o.open_amount <= 0 OR o.open_amount > o.amount)
    UNION ALL
    SELECT 'payment', p.id, format('unapplied %s, refunded %s of %s', p.unapplied, p.refunded,
                                   p.amount)
      FROM payment p
     WHERE p.tenant_id = :tenant
       AND (p.unapplied < 0 OR p.refunded < 0 OR p.unapplied + p.refunded > p.amount))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Documents whose own totals are wrong are left to invoice_totals and credit_note_totals.
-- fn proof_open_item_facts()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT o.kind, o.id,
           CASE WHEN d.id IS NULL THEN 'the document does not exist'
                ELSE format('dated %s, due %s, amount %s; the document says %s, %s, %s',
                            o.document_date, o.due_date, o.amount, d.day, d.due_date, d.amount)
            END AS detail
      FROM open_item o
      LEFT JOIN item_document d ON d.tenant_id = :tenant AND d.kind = o.kind AND d.id = o.id
     WHERE o.tenant_id = :tenant
       AND (d.id IS NULL OR d.customer_id <> o.customer_id OR d.currency <> o.currency
            OR d.day <> o.document_date OR d.due_date <> o.due_date OR d.amount <> o.amount)
       AND o.id NOT IN (SELECT m.id FROM mistotaled m WHERE m.tenant_id = :tenant))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_order_totals()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT m.kind, m.id,
           format('net %s, tax %s, %s lines; the lines say net %s, tax %s, %s lines', m.net, m.tax,
                  m.line_count, m.lines_net, m.lines_tax, m.lines) AS detail
      FROM mistotaled m
     WHERE m.tenant_id = :tenant AND m.kind = 'order')
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Orders that lost lines are left to order_totals.
-- fn proof_order_discounts()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, o.id,
           format('discount %s, the lines say %s', o.discount, coalesce(l.discount, 0)) AS detail
      FROM sales_order o
      LEFT JOIN (SELECT x.order_id, sum(x.order_discount) AS discount
                   FROM order_line x
                  WHERE x.tenant_id = :tenant
                  GROUP BY x.order_id) l ON l.order_id = o.id
     WHERE o.tenant_id = :tenant AND o.discount <> coalesce(l.discount, 0)
       AND NOT EXISTS (SELECT 1 FROM mistotaled m
                        WHERE m.tenant_id = :tenant AND m.kind = 'order' AND m.id = o.id))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_quote_totals()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'quote' AS kind, r.quote_id AS id,
           format('revision %s: net %s, tax %s, discount %s, %s lines; the lines say net %s, tax %s, discount %s, %s lines',
                  r.revision, r.net, r.tax, r.discount, r.line_count, coalesce(l.net, 0),
                  coalesce(l.tax, 0), coalesce(l.discount, 0), coalesce(l.n, 0)) AS detail
      FROM quote_revision r
      LEFT JOIN (SELECT x.quote_id, x.revision, sum(x.net) AS net, sum(x.tax) AS tax,
                        sum(x.order_discount) AS discount, count(*) AS n
                   FROM quote_line x
                  WHERE x.tenant_id = :tenant
                  GROUP BY x.quote_id, x.revision) l
           ON l.quote_id = r.quote_id AND l.revision = r.revision
     WHERE r.tenant_id = :tenant
       AND (r.net <> coalesce(l.net, 0) OR r.tax <> coalesce(l.tax, 0)
            OR r.discount <> coalesce(l.discount, 0) OR r.line_count <> coalesce(l.n, 0)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_quote_orders()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'quote' AS kind, q.id, 'the order that it became does not name it' AS detail
      FROM quote q
     WHERE q.tenant_id = :tenant AND q.order_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM sales_order o
                        WHERE o.tenant_id = :tenant AND o.id = q.order_id AND o.quote_id = q.id)
    UNION ALL
    SELECT 'quote', o.quote_id, format('order %s names it, and is not what it became', o.number)
      FROM sales_order o
     WHERE o.tenant_id = :tenant AND o.quote_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM quote q
                        WHERE q.tenant_id = :tenant AND q.id = o.quote_id AND q.order_id = o.id)
       AND NOT EXISTS (SELECT 1 FROM quote q
                        WHERE q.tenant_id = :tenant AND q.order_id = o.id))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_blanket_lines_called()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'blanket_order' AS kind, x.blanket_order_id AS id,
           format('line %s: called %s, the orders say %s', x.line_no, x.called, x.drawn) AS detail
      FROM (SELECT s.blanket_order_id, s.line_no, sum(s.called) AS called, sum(s.drawn) AS drawn
              FROM (SELECT b.blanket_order_id, b.line_no, b.called, 0::bigint AS drawn
                      FROM blanket_line b
                     WHERE b.tenant_id = :tenant
                    UNION ALL
                    SELECT o.blanket_order_id, l.blanket_line_no, 0, l.quantity - l.canceled
                      FROM order_line l
                      JOIN sales_order o ON o.tenant_id = :tenant AND o.id = l.order_id
                     WHERE l.tenant_id = :tenant AND l.blanket_line_no IS NOT NULL) s
             GROUP BY s.blanket_order_id, s.line_no
            HAVING sum(s.called) <> sum(s.drawn)) x)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_invoice_totals()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT m.kind, m.id,
           format('net %s, tax %s, %s lines; the lines say net %s, tax %s, %s lines', m.net, m.tax,
                  m.line_count, m.lines_net, m.lines_tax, m.lines) AS detail
      FROM mistotaled m
     WHERE m.tenant_id = :tenant AND m.kind = 'invoice')
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Invoices whose order or lines do not exist are left to orphans.
-- fn proof_invoice_orders()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH billed AS (
    SELECT DISTINCT l.invoice_id, l.order_id FROM invoice_line l
     WHERE l.tenant_id = :tenant AND l.order_id IS NOT NULL),
bad AS (
    SELECT 'invoice' AS kind, i.id, 'its lines bill another order' AS detail
      FROM invoice i
      JOIN billed b ON b.invoice_id = i.id AND b.order_id <> i.order_id
     WHERE i.tenant_id = :tenant
       AND EXISTS (SELECT 1 FROM sales_order o WHERE o.tenant_id = :tenant AND o.id = i.order_id)
    UNION ALL
    SELECT 'invoice', i.id, 'its lines bill an order that it does not name'
      FROM invoice i
      JOIN billed b ON b.invoice_id = i.id
     WHERE i.tenant_id = :tenant AND i.order_id IS NULL
       AND NOT EXISTS (SELECT 1 FROM joint_invoice_order x
                        WHERE x.tenant_id = :tenant AND x.invoice_id = i.id
                          AND x.order_id = b.order_id)
    UNION ALL
    SELECT 'invoice', x.invoice_id, 'it names an order that no line bills'
      FROM joint_invoice_order x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM billed b
                        WHERE b.invoice_id = x.invoice_id AND b.order_id = x.order_id))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_credit_note_totals()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT m.kind, m.id,
           format('net %s, tax %s, %s lines; the lines say net %s, tax %s, %s lines', m.net, m.tax,
                  m.line_count, m.lines_net, m.lines_tax, m.lines) AS detail
      FROM mistotaled m
     WHERE m.tenant_id = :tenant AND m.kind = 'credit_note')
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Allocations that disagree with the ledger are left to document_postings, totals to
-- invoice_totals, sums out of range to invoice_allocations.
-- fn proof_invoice_status()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'invoice' AS kind, i.id,
           format('%s with %s of %s applied', i.status, coalesce(a.amount, 0), i.gross) AS detail
      FROM invoice i
      LEFT JOIN (SELECT x.invoice_id, sum(x.amount) AS amount
                   FROM allocation x
                  WHERE x.tenant_id = :tenant
                  GROUP BY x.invoice_id) a ON a.invoice_id = i.id
     WHERE i.tenant_id = :tenant
       AND NOT CASE i.status
                    WHEN 'paid' THEN coalesce(a.amount, 0) = i.gross
                    WHEN 'partially_paid' THEN a.amount > 0 AND a.amount < i.gross
                    ELSE coalesce(a.amount, 0) = 0 END
       AND (coalesce(a.amount, 0) BETWEEN 0 AND i.gross)
       AND i.id NOT IN (SELECT a.invoice_id FROM allocation a
                          JOIN misposted w ON w.tenant_id = :tenant AND w.document = 'allocation'
                               AND w.document_id = a.id
                         WHERE a.tenant_id = :tenant)
       AND i.id NOT IN (SELECT m.id FROM mistotaled m WHERE m.tenant_id = :tenant))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Allocations that disagree with the ledger are left to document_postings, totals to
-- invoice_totals.
-- fn proof_invoice_allocations()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'invoice' AS kind, i.id, format('%s of %s applied', a.amount, i.gross) AS detail
      FROM (SELECT x.invoice_id, sum(x.amount) AS amount
              FROM allocation x
             WHERE x.tenant_id = :tenant
             GROUP BY x.invoice_id) a
      JOIN invoice i ON i.tenant_id = :tenant AND i.id = a.invoice_id
     WHERE NOT (a.amount BETWEEN 0 AND i.gross)
       AND i.id NOT IN (SELECT a.invoice_id FROM allocation a
                          JOIN misposted w ON w.tenant_id = :tenant AND w.document = 'allocation'
                               AND w.document_id = a.id
                         WHERE a.tenant_id = :tenant)
       AND i.id NOT IN (SELECT m.id FROM mistotaled m WHERE m.tenant_id = :tenant))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Allocations and refunds that disagree with the ledger are left to document_postings, amounts out
-- of range to open_amounts.
-- fn proof_payment_amounts()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'payment' AS kind, p.id,
           format('amount %s, refunded %s, unapplied %s; %s is applied and %s refunded', p.amount,
                  p.refunded, p.unapplied, coalesce(a.amount, 0), coalesce(r.amount, 0)) AS detail
      FROM payment p
      LEFT JOIN (SELECT x.source_id, sum(x.amount) AS amount
                   FROM allocation x
                  WHERE x.tenant_id = :tenant AND x.source = 'payment'
                  GROUP BY x.source_id) a ON a.source_id = p.id
      LEFT JOIN (SELECT x.source_id, sum(x.amount) AS amount
                   FROM refund x
                  WHERE x.tenant_id = :tenant AND x.source = 'payment'
                  GROUP BY x.source_id) r ON r.source_id = p.id
     WHERE p.tenant_id = :tenant
       AND (p.unapplied <> p.amount - coalesce(a.amount, 0) - coalesce(r.amount, 0)
            OR p.refunded <> coalesce(r.amount, 0))
       AND p.unapplied >= 0 AND p.refunded >= 0 AND p.unapplied + p.refunded <= p.amount
       AND p.id NOT IN (SELECT a.source_id FROM allocation a
                          JOIN misposted w ON w.tenant_id = :tenant AND w.document = 'allocation'
                               AND w.document_id = a.id
                         WHERE a.tenant_id = :tenant)
       AND p.id NOT IN (SELECT r.source_id FROM refund r
                          JOIN misposted w ON w.tenant_id = :tenant AND w.document = 'refund'
                               AND w.document_id = r.id
                         WHERE r.tenant_id = :tenant))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Allocations that disagree with the ledger are left to document_postings, totals to
-- credit_note_totals.
-- fn proof_credit_note_amounts()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'credit_note' AS kind, n.id,
           format('%s: %s of %s applied or refunded', n.status, u.amount, n.gross) AS detail
      FROM (SELECT x.source_id, sum(x.amount) AS amount
              FROM (SELECT a.source_id, a.amount
                      FROM allocation a
                     WHERE a.tenant_id = :tenant AND a.source = 'credit_note'
                    UNION ALL
                    SELECT r.source_id, r.amount
                      FROM refund r
                     WHERE r.tenant_id = :tenant AND r.source = 'credit_note') x
             GROUP BY x.source_id) u
      JOIN credit_note n ON n.tenant_id = :tenant AND n.id = u.source_id
     WHERE NOT (u.amount BETWEEN 0 AND CASE n.status WHEN 'issued' THEN n.gross ELSE 0 END)
       AND n.id NOT IN (SELECT a.source_id FROM allocation a
                          JOIN misposted w ON w.tenant_id = :tenant AND w.document = 'allocation'
                               AND w.document_id = a.id
                         WHERE a.tenant_id = :tenant)
       AND n.id NOT IN (SELECT m.id FROM mistotaled m WHERE m.tenant_id = :tenant))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Amounts that disagree with the ledger are left to document_postings.
-- fn proof_allocation_reversals()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'allocation' AS kind, r.id,
           CASE WHEN a.id IS NULL THEN 'what it reverses does not exist'
                ELSE format('amount %s reverses an amount of %s', r.amount, a.amount) END AS detail
      FROM allocation r
      LEFT JOIN allocation a ON a.tenant_id = :tenant AND a.id = r.reverses
     WHERE r.tenant_id = :tenant AND r.reverses IS NOT NULL
       AND (a.id IS NULL OR a.reverses IS NOT NULL OR a.amount <> -r.amount
            OR a.source <> r.source OR a.source_id <> r.source_id
            OR a.invoice_id <> r.invoice_id OR a.effective_date > r.effective_date)
       AND NOT EXISTS (SELECT 1 FROM misposted w
                        WHERE w.tenant_id = :tenant AND w.document = 'allocation'
                          AND (w.document_id = r.id OR w.document_id = a.id)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_invoice_numbers()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH series AS (
    SELECT s.prefix, s.last
      FROM number_series s
     WHERE s.tenant_id = :tenant AND s.series = 'invoice'),
due AS (
    SELECT s.prefix || lpad(n::text, greatest(6, length(n::text)), '0') AS number
      FROM series s
     CROSS JOIN LATERAL generate_series(1, s.last) AS n),
bad AS (
    SELECT 'invoice' AS kind, h.id,
           CASE WHEN h.id IS NULL THEN format('%s is missing', d.number)
                ELSE format('%s does not belong to the series', h.number) END AS detail
      FROM due d
      FULL JOIN (SELECT x.id, x.number
                   FROM invoice x
                  WHERE x.tenant_id = :tenant AND x.number IS NOT NULL) h ON h.number = d.number
     WHERE h.id IS NULL OR d.number IS NULL)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_credit_note_numbers()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH series AS (
    SELECT s.prefix, s.last
      FROM number_series s
     WHERE s.tenant_id = :tenant AND s.series = 'credit_note'),
due AS (
    SELECT s.prefix || lpad(n::text, greatest(6, length(n::text)), '0') AS number
      FROM series s
     CROSS JOIN LATERAL generate_series(1, s.last) AS n),
bad AS (
    SELECT 'credit_note' AS kind, h.id,
           CASE WHEN h.id IS NULL THEN format('%s is missing', d.number)
                ELSE format('%s does not belong to the series', h.number) END AS detail
      FROM due d
      FULL JOIN (SELECT x.id, x.number
                   FROM credit_note x
                  WHERE x.tenant_id = :tenant AND x.number IS NOT NULL) h ON h.number = d.number
     WHERE h.id IS NULL OR d.number IS NULL)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_event_sequence()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT NULL::text AS kind, NULL::bigint AS id,
           CASE WHEN g.seq - g.before = 2 THEN format('event %s is missing', g.seq - 1)
                ELSE format('events %s to %s are missing', g.before + 1, g.seq - 1) END AS detail
      FROM (SELECT e.seq, lag(e.seq, 1, 0::bigint) OVER (ORDER BY e.seq) AS before
              FROM event e
             WHERE e.tenant_id = :tenant) g
     WHERE g.seq <> g.before + 1
    UNION ALL
    SELECT NULL, NULL, format('the last event is %s, the series says %s', x.last, x.due)
      FROM (SELECT (SELECT coalesce(max(e.seq), 0) FROM event e WHERE e.tenant_id = :tenant) AS last,
                   (SELECT coalesce(max(s.last), 0)
                      FROM number_series s
                     WHERE s.tenant_id = :tenant AND s.series = 'event') AS due) x
     WHERE x.last <> x.due)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Missing events are left to event_sequence.
-- fn proof_documents_have_events()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT d.kind, d.id, 'no event tells of it' AS detail
      FROM (SELECT 'order' AS kind, x.id FROM sales_order x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'blanket_order', x.id FROM blanket_order x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'quote', x.id FROM quote x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'stock_count', x.id FROM stock_count x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'stock_supply', x.id FROM stock_supply x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'stock_lot', x.id FROM stock_lot x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'stock_reservation', x.id FROM stock_reservation x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'shipment', x.id FROM shipment x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'access_grant', x.id FROM access_grant x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'pick_list', x.id FROM pick_list x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'invoice', x.id FROM invoice x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'credit_note', x.id FROM credit_note x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'payment', x.id FROM payment x WHERE x.tenant_id = :tenant
            UNION ALL
            SELECT 'promise', x.id FROM promise x WHERE x.tenant_id = :tenant) d
     WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.tenant_id = :tenant AND e.resource_id = d.id)
       AND (SELECT count(*) = coalesce(max(e.seq), 0) FROM event e WHERE e.tenant_id = :tenant)
       AND (SELECT coalesce(max(e.seq), 0) FROM event e WHERE e.tenant_id = :tenant)
           = (SELECT coalesce(max(s.last), 0)
                FROM number_series s
               WHERE s.tenant_id = :tenant AND s.series = 'event'))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Orders whose lines disagree with their documents are left to order_lines_shipped and
-- order_lines_invoiced, holds without an order to orphans. Releases for a time hold again when it
-- is over, and the order learns of it when it next moves.
-- fn proof_order_status()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH disagreeing AS MATERIALIZED (
    SELECT DISTINCT l.order_id
      FROM order_line_done l
     WHERE l.tenant_id = :tenant
       AND (l.shipped <> l.on_shipments OR l.invoiced <> l.on_invoices)),
said AS (
    SELECT o.id, o.status, o.confirmed_at IS NOT NULL AS confirmed,
           EXISTS (SELECT 1 FROM order_hold h
                    WHERE h.tenant_id = :tenant AND h.order_id = o.id AND h.released_at IS NULL)
               AS held, l.all_canceled, l.all_complete, l.begun
      FROM sales_order o
      JOIN (SELECT x.order_id, bool_and(x.canceled = x.quantity) AS all_canceled,
                   bool_and(x.quantity = x.canceled + CASE WHEN x.kind = 'service' AND x.fulfillment IS NULL
                                                          THEN x.invoiced ELSE x.shipped END)
                       AS all_complete,
                   bool_or(x.shipped > 0 OR x.invoiced > 0) AS begun
              FROM order_line x
             WHERE x.tenant_id = :tenant
             GROUP BY x.order_id) l ON l.order_id = o.id
     WHERE o.tenant_id = :tenant AND o.status <> 'closed'),
due AS (
    SELECT s.id, s.status,
           CASE WHEN s.held THEN 'on_hold'
                WHEN s.all_canceled THEN 'canceled'
                WHEN NOT s.confirmed THEN 'draft'
                WHEN s.all_complete THEN 'fulfilled'
                WHEN s.begun THEN 'in_fulfillment'
                ELSE 'confirmed' END AS due
      FROM said s),
bad AS (
    SELECT 'order' AS kind, d.id, format('%s, its lines and holds say %s', d.status, d.due) AS detail
      FROM due d
     WHERE d.status <> d.due
       AND NOT EXISTS (SELECT 1 FROM order_hold h
                        WHERE h.tenant_id = :tenant AND h.order_id = d.id
                          AND h.release_expires IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM disagreeing x WHERE x.order_id = d.id)
       AND NOT EXISTS (SELECT 1 FROM order_hold h
                        WHERE h.tenant_id = :tenant
                          AND NOT EXISTS (SELECT 1 FROM sales_order o
                                           WHERE o.tenant_id = :tenant AND o.id = h.order_id)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Stock that a wrong movement of a shipment touched is left to shipment_movements.
-- fn proof_stock_on_hand()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'product' AS kind, x.product_id AS id,
           format('on_hand %s in warehouse %s, the movements say %s', x.on_hand, h.code, x.moved)
               AS detail
      FROM (SELECT s.product_id, s.warehouse_id, sum(s.on_hand) AS on_hand, sum(s.moved) AS moved
              FROM (SELECT k.product_id, k.warehouse_id, k.on_hand, 0::bigint AS moved
                      FROM stock k
                     WHERE k.tenant_id = :tenant
                    UNION ALL
                    SELECT m.product_id, m.warehouse_id, 0, m.quantity
                      FROM stock_movement m
                     WHERE m.tenant_id = :tenant) s
             GROUP BY s.product_id, s.warehouse_id
            HAVING sum(s.on_hand) <> sum(s.moved)) x
      LEFT JOIN warehouse h ON h.tenant_id = :tenant AND h.id = x.warehouse_id
     WHERE NOT EXISTS (SELECT 1 FROM mismoved w
                        WHERE w.tenant_id = :tenant AND w.product_id = x.product_id
                          AND w.warehouse_id = x.warehouse_id))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_stock_reserved()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'product' AS kind, x.product_id AS id,
           format('reserved %s in warehouse %s, the orders say %s', x.reserved, h.code, x.wanted)
               AS detail
      FROM (SELECT s.product_id, s.warehouse_id, sum(s.reserved) AS reserved,
                   sum(s.wanted) AS wanted
              FROM (SELECT k.product_id, k.warehouse_id, k.reserved, 0::bigint AS wanted
                      FROM stock k
                     WHERE k.tenant_id = :tenant
                    UNION ALL
                    SELECT l.product_id, l.warehouse_id, 0, l.reserved
                      FROM order_line l
                     WHERE l.tenant_id = :tenant AND l.reserved <> 0) s
             GROUP BY s.product_id, s.warehouse_id
            HAVING sum(s.reserved) <> sum(s.wanted)) x
      LEFT JOIN warehouse h ON h.tenant_id = :tenant AND h.id = x.warehouse_id)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_stock_held()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'product' AS kind, x.product_id AS id,
           format('held %s until %s in warehouse %s, the reservations say %s until %s', x.held,
                  x.held_until, h.code, x.wanted, x.until) AS detail
      FROM (SELECT s.product_id, s.warehouse_id, sum(s.held) AS held, sum(s.wanted) AS wanted,
                   max(s.held_until) AS held_until, min(s.until) AS until
              FROM (SELECT k.product_id, k.warehouse_id, k.held, 0::bigint AS wanted, k.held_until,
                           NULL::timestamptz AS until
                      FROM stock k
                     WHERE k.tenant_id = :tenant
                    UNION ALL
                    SELECT r.product_id, r.warehouse_id, 0, r.quantity, NULL, r.expires_at
                      FROM stock_reservation r
                     WHERE r.tenant_id = :tenant AND r.status = 'held') s
             GROUP BY s.product_id, s.warehouse_id
            HAVING sum(s.held) <> sum(s.wanted)
                OR max(s.held_until) IS DISTINCT FROM min(s.until)) x
      LEFT JOIN warehouse h ON h.tenant_id = :tenant AND h.id = x.warehouse_id)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Stock of which a lot disagrees with its movements is named by the lot.
-- fn proof_stock_lots()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH moved AS (
    SELECT l.id, l.product_id, l.warehouse_id, l.lot_number, l.on_hand,
           (SELECT coalesce(sum(m.quantity), 0) FROM stock_movement m
             WHERE m.tenant_id = :tenant AND m.lot_id = l.id) AS moved
      FROM stock_lot l
     WHERE l.tenant_id = :tenant),
bad AS (
    SELECT 'stock_lot' AS kind, l.id,
           format('lot %s: on_hand %s, the movements say %s', l.lot_number, l.on_hand, l.moved)
               AS detail
      FROM moved l WHERE l.on_hand <> l.moved
    UNION ALL
    SELECT 'product', s.product_id,
           format('on_hand %s in warehouse %s, the lots say %s', s.on_hand, h.code, x.on_hand)
      FROM stock s
      JOIN warehouse h ON h.tenant_id = :tenant AND h.id = s.warehouse_id
     CROSS JOIN LATERAL (SELECT coalesce(sum(l.on_hand), 0) AS on_hand,
                                coalesce(bool_or(l.on_hand <> l.moved), false) AS mismoved
                           FROM moved l
                          WHERE l.product_id = s.product_id
                            AND l.warehouse_id = s.warehouse_id) x
     WHERE s.tenant_id = :tenant AND NOT x.mismoved
       AND x.on_hand <> CASE WHEN s.by_lot THEN s.on_hand ELSE 0 END
    UNION ALL
    SELECT 'product', p.id, format('in warehouse %s stock is%s kept by lot', h.code,
                                   CASE WHEN s.by_lot THEN '' ELSE ' not' END)
      FROM stock s
      JOIN product p ON p.tenant_id = :tenant AND p.id = s.product_id
      JOIN warehouse h ON h.tenant_id = :tenant AND h.id = s.warehouse_id
     WHERE s.tenant_id = :tenant AND s.by_lot <> p.track_lots)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_stock_blocked()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'product' AS kind, s.product_id AS id,
           format('blocked %s and the next expires %s in warehouse %s, the lots say %s and %s',
                  s.blocked, s.expires_on, h.code, x.blocked, x.expires_on) AS detail
      FROM stock s
      LEFT JOIN warehouse h ON h.tenant_id = :tenant AND h.id = s.warehouse_id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(l.on_hand) FILTER (WHERE l.blocked OR l.expired), 0) AS blocked,
                  min(l.expiry_date) FILTER (WHERE NOT l.expired) AS expires_on
             FROM stock_lot l
            WHERE l.tenant_id = :tenant AND l.product_id = s.product_id
              AND l.warehouse_id = s.warehouse_id AND l.on_hand > 0) x
     WHERE s.tenant_id = :tenant
       AND (s.blocked <> x.blocked OR s.expires_on IS DISTINCT FROM x.expires_on))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Lines whose lots add up wrongly are named once, by the line.
-- fn proof_shipment_lots()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH lines AS (
    SELECT i.shipment_id, i.line_no, i.quantity, sum(x.quantity) AS in_lots
      FROM shipment_line i
      JOIN shipment_line_lot x ON x.tenant_id = :tenant AND x.shipment_id = i.shipment_id
           AND x.line_no = i.line_no
     WHERE i.tenant_id = :tenant
     GROUP BY i.shipment_id, i.line_no, i.quantity
    HAVING sum(x.quantity) <> i.quantity),
bad AS (
    SELECT 'shipment' AS kind, l.shipment_id AS id,
           format('line %s: %s shipped, %s out of lots', l.line_no, l.quantity, l.in_lots) AS detail
      FROM lines l
    UNION ALL
    SELECT 'shipment', x.shipment_id,
           format('lot %s: %s went out and %s came back, the movements say %s and %s', l.lot_number,
                  x.out, x.back, x.moved_out, x.moved_back)
      FROM (SELECT s.shipment_id, s.lot_id, sum(s.out) AS out, sum(s.back) AS back,
                   sum(s.moved_out) AS moved_out, sum(s.moved_back) AS moved_back
              FROM (SELECT t.shipment_id, t.lot_id, t.quantity AS out, t.returned AS back,
                           0::bigint AS moved_out, 0::bigint AS moved_back
                      FROM shipment_line_lot t
                     WHERE t.tenant_id = :tenant
                    UNION ALL
                    SELECT m.document_id, m.lot_id, 0, 0,
                           CASE m.kind WHEN 'shipment' THEN -m.quantity ELSE 0 END,
                           CASE m.kind WHEN 'undelivered' THEN m.quantity ELSE 0 END
                      FROM stock_movement m
                     WHERE m.tenant_id = :tenant AND m.lot_id IS NOT NULL
                       AND m.kind IN ('shipment', 'undelivered')) s
             GROUP BY s.shipment_id, s.lot_id
            HAVING sum(s.out) <> sum(s.moved_out) OR sum(s.back) <> sum(s.moved_back)) x
      LEFT JOIN stock_lot l ON l.tenant_id = :tenant AND l.id = x.lot_id
     WHERE x.shipment_id NOT IN (SELECT shipment_id FROM lines))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Movements that disagree with their stock are left to stock_on_hand.
-- fn proof_supplies_received()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH differing AS MATERIALIZED (
    SELECT u.id, u.product_id, u.warehouse_id, u.received, coalesce(m.moved, 0) AS moved
      FROM stock_supply u
      LEFT JOIN (SELECT x.document_id, sum(x.quantity) AS moved
                   FROM stock_movement x
                  WHERE x.tenant_id = :tenant AND x.kind = 'receipt' AND x.document_id IS NOT NULL
                  GROUP BY x.document_id) m ON m.document_id = u.id
     WHERE u.tenant_id = :tenant AND u.received <> coalesce(m.moved, 0)),
bad AS (
    SELECT 'stock_supply' AS kind, u.id,
           format('received %s, the movements say %s', u.received, u.moved) AS detail
      FROM differing u
     WHERE (SELECT s.on_hand FROM stock s
             WHERE s.tenant_id = :tenant AND s.product_id = u.product_id
               AND s.warehouse_id = u.warehouse_id)
           = (SELECT sum(x.quantity) FROM stock_movement x
               WHERE x.tenant_id = :tenant AND x.product_id = u.product_id
                 AND x.warehouse_id = u.warehouse_id))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Movements that disagree with their stock are left to stock_on_hand.
-- fn proof_counts_posted()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'stock_count' AS kind, x.count_id AS id,
           format('product %s: counted %s more than the books, moved %s', p.sku, x.counted, x.moved)
               AS detail
      FROM (SELECT s.count_id, s.product_id, sum(s.counted) AS counted, sum(s.moved) AS moved,
                   max(s.warehouse_id) AS warehouse_id
              FROM (SELECT l.count_id, l.product_id, l.counted - l.book AS counted,
                           0::bigint AS moved, c.warehouse_id
                      FROM stock_count_line l
                      JOIN stock_count c ON c.tenant_id = :tenant AND c.id = l.count_id
                     WHERE l.tenant_id = :tenant AND c.status = 'posted' AND l.counted IS NOT NULL
                    UNION ALL
                    SELECT m.document_id, m.product_id, 0, m.quantity, m.warehouse_id
                      FROM stock_movement m
                     WHERE m.tenant_id = :tenant AND m.kind = 'adjustment'
                       AND m.document_id IS NOT NULL) s
             GROUP BY s.count_id, s.product_id
            HAVING sum(s.counted) <> sum(s.moved)) x
      LEFT JOIN product p ON p.tenant_id = :tenant AND p.id = x.product_id
     WHERE (SELECT s.on_hand FROM stock s
             WHERE s.tenant_id = :tenant AND s.product_id = x.product_id
               AND s.warehouse_id = x.warehouse_id)
           = (SELECT sum(m.quantity) FROM stock_movement m
               WHERE m.tenant_id = :tenant AND m.product_id = x.product_id
                 AND m.warehouse_id = x.warehouse_id))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Lines that wait for what they should not are left to order_lines_backordered, stock whose counters
-- are wrong to the other invariants of stock.
-- fn proof_waiting_served()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: waits for %s, free are %s', l.line_no, l.backordered,
                  s.on_hand - s.reserved - s.held - s.safety - s.blocked) AS detail
      FROM order_line l
      JOIN stock s ON s.tenant_id = :tenant AND s.product_id = l.product_id
           AND s.warehouse_id = l.warehouse_id
     WHERE l.tenant_id = :tenant AND l.backordered > 0
       AND l.backordered = l.quantity - l.canceled - l.shipped - l.reserved
       AND s.on_hand - s.reserved - s.held - s.safety - s.blocked > 0
       AND s.on_hand = (SELECT coalesce(sum(m.quantity), 0) FROM stock_movement m
                         WHERE m.tenant_id = :tenant AND m.product_id = s.product_id
                           AND m.warehouse_id = s.warehouse_id)
       AND s.reserved = (SELECT coalesce(sum(x.reserved), 0) FROM order_line x
                          WHERE x.tenant_id = :tenant AND x.product_id = s.product_id
                            AND x.warehouse_id = s.warehouse_id)
       AND s.held = (SELECT coalesce(sum(r.quantity), 0) FROM stock_reservation r
                      WHERE r.tenant_id = :tenant AND r.product_id = s.product_id
                        AND r.warehouse_id = s.warehouse_id AND r.status = 'held')
       AND s.blocked = (SELECT coalesce(sum(t.on_hand), 0) FROM stock_lot t
                         WHERE t.tenant_id = :tenant AND t.product_id = s.product_id
                           AND t.warehouse_id = s.warehouse_id AND (t.blocked OR t.expired))
       AND NOT EXISTS (SELECT FROM stock_freed f
                        WHERE f.tenant_id = :tenant AND f.product_id = s.product_id
                          AND f.warehouse_id = s.warehouse_id)
       AND NOT EXISTS (SELECT FROM order_hold h
                        WHERE h.tenant_id = :tenant AND h.order_id = l.order_id
                          AND (h.released_at IS NULL OR h.release_expires < :today)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Lines whose other counters are wrong are left to stock_reserved and order_lines_shipped.
-- fn proof_order_lines_backordered()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH differing AS MATERIALIZED ( /* few, if any: what is asked of each reads much */
    SELECT l.*
      FROM (SELECT x.order_id, x.line_no, x.product_id, x.warehouse_id, x.backordered,
                   CASE WHEN o.confirmed_at IS NULL THEN 0
                        ELSE x.quantity - x.canceled - x.shipped - x.reserved END AS waiting
              FROM order_line x
              JOIN sales_order o ON o.tenant_id = :tenant AND o.id = x.order_id
             WHERE x.tenant_id = :tenant AND x.backorder) l
     WHERE l.backordered <> l.waiting),
bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: backordered %s, open and not reserved %s', l.line_no, l.backordered,
                  l.waiting) AS detail
      FROM differing l
     WHERE coalesce((SELECT s.reserved FROM stock s
                      WHERE s.tenant_id = :tenant AND s.product_id = l.product_id
                        AND s.warehouse_id = l.warehouse_id), 0)
           = (SELECT sum(x.reserved) FROM order_line x
             WHERE x.tenant_id = :tenant AND x.product_id = l.product_id
               AND x.warehouse_id = l.warehouse_id)
       AND NOT EXISTS (SELECT 1 FROM order_line_done d
                        WHERE d.tenant_id = :tenant AND d.order_id = l.order_id
                          AND d.line_no = l.line_no AND d.shipped <> d.on_shipments))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- What ships takes from what is picked first, also when it was picked for another shipment of the
-- line; so what is picked is at least what the lists say less all that has left.
-- fn proof_order_lines_picked()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH listed AS (
    SELECT p.order_id, p.order_line_no, sum(p.picked - p.recalled) AS picked
      FROM pick_list_part p
     WHERE p.tenant_id = :tenant AND p.picked IS NOT NULL
     GROUP BY p.order_id, p.order_line_no),
bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: picked %s of %s reserved, pick lists say %s', l.line_no, l.picked,
                  l.reserved, coalesce(p.picked, 0)) AS detail
      FROM order_line l
      LEFT JOIN listed p ON p.order_id = l.order_id AND p.order_line_no = l.line_no
     WHERE l.tenant_id = :tenant
       AND (l.picked > 0 OR p.picked > 0)
       AND (l.picked > coalesce(p.picked, 0)
            OR l.picked < coalesce(p.picked, 0) - l.shipped - l.failed))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Lines that disagree with their order are left to order_lines_shipped.
-- fn proof_order_substitutes()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: cannot go instead of line %s', l.line_no, l.substitutes_line_no)
               AS detail
      FROM order_line l
      LEFT JOIN order_line x ON x.tenant_id = :tenant AND x.order_id = l.order_id
           AND x.line_no = l.substitutes_line_no AND x.line_no < l.line_no
           AND x.kind = 'stock' AND x.product_id <> l.product_id
           AND x.warehouse_id = l.warehouse_id
     WHERE l.tenant_id = :tenant AND l.substitutes_line_no IS NOT NULL AND x.line_no IS NULL)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_shipment_movements()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'shipment' AS kind, g.shipment_id AS id,
           format('product %s: %s shipped, %s moved out of stock', coalesce(p.sku, '?'), g.shipped,
                  g.moved) AS detail
      FROM mismoved g
      LEFT JOIN product p ON p.tenant_id = :tenant AND p.id = g.product_id
     WHERE g.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1
                         FROM shipment_line x
                         JOIN order_line_done l ON l.tenant_id = :tenant
                              AND l.order_id = x.order_id AND l.line_no = x.order_line_no
                        WHERE x.tenant_id = :tenant AND x.shipment_id = g.shipment_id
                          AND x.product_id = g.product_id AND l.shipped <> l.on_shipments
                          AND l.shipped + l.failed <> l.carried AND l.carried > 0))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Shipments whose lines disagree with their exceptions are left to shipment_lines_failed, order
-- lines to order_lines_failed.
-- fn proof_order_lines_shipped()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: shipped %s, shipments say %s', l.line_no, l.shipped, l.on_shipments) AS detail
      FROM order_line_done l
     WHERE l.tenant_id = :tenant AND l.fulfillment IS NULL AND l.shipped <> l.on_shipments
       AND l.shipped + l.failed <> l.carried)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_order_lines_delivered()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: delivered %s, shipments say %s', l.line_no, l.delivered, l.arrived) AS detail
      FROM order_line_done l
     WHERE l.tenant_id = :tenant AND l.fulfillment IS NULL AND l.delivered <> l.arrived)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_services_fulfilled()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: shipped %s, delivered %s; what fulfills it says %s', l.line_no, l.shipped,
                  l.delivered, l.arrived) AS detail
      FROM order_line_done l
     WHERE l.tenant_id = :tenant AND l.fulfillment IS NOT NULL
       AND (l.shipped <> l.arrived OR l.delivered <> l.arrived))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Shipments whose lines disagree with their exceptions are left to shipment_lines_failed.
-- fn proof_order_lines_failed()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: failed %s, shipments say %s', l.line_no, l.failed,
                  l.failed_on_shipments) AS detail
      FROM order_line_done l
     WHERE l.tenant_id = :tenant AND l.failed <> l.failed_on_shipments
       AND l.failed <> l.excepted)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_shipment_lines_failed()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'shipment' AS kind, l.shipment_id AS id,
           format('line %s: failed %s of %s with %s delivered, the exceptions say %s of %s',
                  l.line_no, l.failed, l.quantity, l.delivered, coalesce(e.failed, 0),
                  coalesce(e.quantity, 0)) AS detail
      FROM shipment_line l
      LEFT JOIN (SELECT x.shipment_id, x.line_no, sum(x.failed) AS failed,
                        sum(x.quantity) AS quantity
                   FROM shipment_exception x
                  WHERE x.tenant_id = :tenant
                  GROUP BY x.shipment_id, x.line_no) e
           ON e.shipment_id = l.shipment_id AND e.line_no = l.line_no
     WHERE l.tenant_id = :tenant
       AND (l.failed <> coalesce(e.failed, 0) OR l.delivered + e.quantity > l.quantity))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_shipment_packages()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'shipment' AS kind, p.shipment_id AS id,
           format('line %s: %s in packages, %s ship', p.line_no, p.quantity, l.quantity) AS detail
      FROM (SELECT x.shipment_id, x.line_no, sum(x.quantity) AS quantity
              FROM shipment_package_line x
             WHERE x.tenant_id = :tenant
             GROUP BY x.shipment_id, x.line_no) p
      LEFT JOIN shipment_line l ON l.tenant_id = :tenant AND l.shipment_id = p.shipment_id
           AND l.line_no = p.line_no
     WHERE p.quantity > coalesce(l.quantity, 0))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Invoices with wrong totals are left to invoice_totals.
-- fn proof_shipment_freight()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'shipment' AS kind, coalesce(s.id, f.shipment_id) AS id,
           format('freight %s on invoice %s; the invoices bill %s in %s lines', s.freight,
                  s.freight_invoice_id, coalesce(f.net, 0), coalesce(f.n, 0)) AS detail
      FROM (SELECT x.id, x.freight, x.freight_invoice_id
              FROM shipment x
             WHERE x.tenant_id = :tenant AND x.freight_invoice_id IS NOT NULL) s
      FULL JOIN (SELECT l.shipment_id, min(l.invoice_id) AS invoice_id, sum(l.net) AS net,
                        count(*) AS n
                   FROM invoice_line l
                   JOIN invoice i ON i.tenant_id = :tenant AND i.id = l.invoice_id
                  WHERE l.tenant_id = :tenant AND l.shipment_id IS NOT NULL
                    AND l.shipment_line_no IS NULL AND i.status NOT IN ('void', 'canceled')
                  GROUP BY l.shipment_id) f ON f.shipment_id = s.id
     WHERE s.id IS NULL OR f.shipment_id IS NULL OR f.n <> 1 OR f.invoice_id <> s.freight_invoice_id
        OR (f.net <> s.freight
            AND f.invoice_id NOT IN (SELECT m.id FROM mistotaled m WHERE m.tenant_id = :tenant)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- The last word is decided as server/shipments/rules.h has it.
-- fn proof_shipment_tracking()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'shipment' AS kind, s.id,
           format('tracking_status %s at %s, the carrier says %s at %s', s.tracking_status,
                  s.tracking_at, t.status, t.occurred_at) AS detail
      FROM shipment s
      LEFT JOIN (SELECT DISTINCT ON (x.shipment_id) x.shipment_id, x.status, x.occurred_at
                   FROM shipment_tracking x
                  WHERE x.tenant_id = :tenant
                  ORDER BY x.shipment_id, x.occurred_at DESC,
                        array_position(ARRAY['picked_up', 'in_transit', 'out_for_delivery',
                                             'exception', 'refused', 'damaged', 'lost',
                                             'delivered'], x.status) DESC) t
           ON t.shipment_id = s.id
     WHERE s.tenant_id = :tenant
       AND (s.tracking_status IS DISTINCT FROM t.status
            OR s.tracking_at IS DISTINCT FROM t.occurred_at))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Lines that agree with their shipments are left to shipment_lines_invoiced.
-- fn proof_order_lines_invoiced()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: invoiced %s, invoices say %s', l.line_no, l.invoiced, l.on_invoices) AS detail
      FROM order_line_done l
     WHERE l.tenant_id = :tenant AND l.invoiced <> l.on_invoices
       AND l.invoiced IS DISTINCT FROM l.on_invoiced_shipments)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Lines that agree with their invoices are left to invoice_lines_credited.
-- fn proof_order_lines_credited()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, l.order_id AS id,
           format('line %s: credited %s, credit notes say %s', l.line_no, l.credited, l.on_credit_notes) AS detail
      FROM order_line_done l
     WHERE l.tenant_id = :tenant AND l.credited <> l.on_credit_notes
       AND l.credited IS DISTINCT FROM nullif(l.on_credited_invoices, 0))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_shipment_lines_invoiced()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'shipment' AS kind, l.shipment_id AS id,
           format('line %s: invoiced %s, invoices say %s', l.line_no, l.invoiced,
                  coalesce(s.quantity, 0)) AS detail
      FROM shipment_line l
      LEFT JOIN (SELECT x.shipment_id, x.shipment_line_no AS line_no, sum(x.quantity) AS quantity
                   FROM invoice_line x
                   JOIN invoice h ON h.tenant_id = :tenant AND h.id = x.invoice_id
                  WHERE x.tenant_id = :tenant AND x.shipment_id IS NOT NULL
                    AND h.status NOT IN ('void', 'canceled')
                  GROUP BY x.shipment_id, x.shipment_line_no) s
           ON s.shipment_id = l.shipment_id AND s.line_no = l.line_no
     WHERE l.tenant_id = :tenant AND l.invoiced <> coalesce(s.quantity, 0))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Lines that a credit note with wrong totals credits are left to credit_note_totals.
-- fn proof_invoice_lines_credited()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'invoice' AS kind, l.invoice_id AS id,
           format('line %s: credited %s, net %s, tax %s; credit notes say %s, net %s, tax %s',
                  l.line_no, l.credited_quantity, l.credited_net, l.credited_tax,
                  coalesce(s.quantity, 0), coalesce(s.net, 0), coalesce(s.tax, 0)) AS detail
      FROM invoice_line l
      LEFT JOIN (SELECT x.invoice_id, x.invoice_line_no AS line_no,
                        sum(x.credited_quantity) AS quantity, sum(x.net) AS net, sum(x.tax) AS tax
                   FROM credit_note_line x
                   JOIN credit_note h ON h.tenant_id = :tenant AND h.id = x.credit_note_id
                  WHERE x.tenant_id = :tenant AND x.invoice_id IS NOT NULL AND h.status = 'issued'
                  GROUP BY x.invoice_id, x.invoice_line_no) s
           ON s.invoice_id = l.invoice_id AND s.line_no = l.line_no
     WHERE l.tenant_id = :tenant
       AND (l.credited_quantity <> coalesce(s.quantity, 0) OR l.credited_net <> coalesce(s.net, 0)
            OR l.credited_tax <> coalesce(s.tax, 0))
       AND l.invoice_id NOT IN (SELECT x.invoice_id
                                  FROM credit_note_line x
                                 WHERE x.tenant_id = :tenant AND x.invoice_id IS NOT NULL
                                   AND x.credit_note_id IN (SELECT m.id
                                                              FROM mistotaled m
                                                             WHERE m.tenant_id = :tenant)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Lines whose counters are wrong are left to order_lines_shipped and order_lines_invoiced.
-- fn proof_credit_commitments()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH due AS (
    SELECT x.id, sum(x.ordered) AS ordered, sum(x.unbilled) AS unbilled
      FROM (SELECT m.credit_account_id AS id, m.ordered, m.unbilled
              FROM order_commitment m
             WHERE m.tenant_id = :tenant
            UNION ALL
            SELECT i.credit_account_id, 0, i.gross
              FROM invoice i
             WHERE i.tenant_id = :tenant AND i.status = 'draft') x
     GROUP BY x.id),
bad AS (
    SELECT 'customer' AS kind,
           (SELECT min(c.id) FROM customer c
             WHERE c.tenant_id = :tenant AND c.credit_account_id = a.id) AS id,
           format('ordered %s, unbilled %s; the documents say %s, %s', a.ordered, a.unbilled,
                  coalesce(d.ordered, 0), coalesce(d.unbilled, 0)) AS detail
      FROM credit_account a
      LEFT JOIN due d ON d.id = a.id
     WHERE a.tenant_id = :tenant
       AND (a.ordered <> coalesce(d.ordered, 0) OR a.unbilled <> coalesce(d.unbilled, 0))
       AND a.id NOT IN (SELECT o.credit_account_id
                          FROM sales_order o
                          JOIN order_line_done l ON l.tenant_id = :tenant AND l.order_id = o.id
                         WHERE o.tenant_id = :tenant
                           AND ((l.shipped <> l.on_shipments AND l.shipped + l.failed <> l.carried)
                                OR l.invoiced <> l.on_invoices))
       AND a.id NOT IN (SELECT i.credit_account_id
                          FROM invoice i
                          JOIN mistotaled m ON m.tenant_id = :tenant AND m.id = i.id
                         WHERE i.tenant_id = :tenant))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Accounts of documents that posted wrongly are left to document_postings.
-- fn proof_credit_balances()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH due AS (
    SELECT d.credit_account_id AS id,
           sum(CASE WHEN p.account = 'receivable' THEN p.amount ELSE 0 END) AS receivable,
           sum(CASE WHEN p.account <> 'receivable' THEN -p.amount ELSE 0 END) AS unapplied
      FROM ledger_posting p
      JOIN item_document d ON d.tenant_id = :tenant AND d.id = p.item
     WHERE p.tenant_id = :tenant
       AND p.account IN ('receivable', 'unapplied_cash', 'customer_credit')
     GROUP BY d.credit_account_id),
bad AS (
    SELECT 'customer' AS kind,
           (SELECT min(c.id) FROM customer c
             WHERE c.tenant_id = :tenant AND c.credit_account_id = a.id) AS id,
           format('receivable %s, unapplied %s; the ledger says %s, %s', a.receivable, a.unapplied,
                  coalesce(d.receivable, 0), coalesce(d.unapplied, 0)) AS detail
      FROM credit_account a
      LEFT JOIN due d ON d.id = a.id
     WHERE a.tenant_id = :tenant
       AND (a.receivable <> coalesce(d.receivable, 0) OR a.unapplied <> coalesce(d.unapplied, 0))
       AND a.id NOT IN (SELECT d.credit_account_id
                          FROM misposted w
                          JOIN ledger_posting p ON p.tenant_id = :tenant AND p.document_id = w.document_id
                          JOIN item_document d ON d.tenant_id = :tenant AND d.id = p.item
                         WHERE w.tenant_id = :tenant))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- What the accounts below come to, by their own counters.
-- fn proof_credit_groups()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH due AS (
    SELECT p.id, sum(a.ordered + a.unbilled + a.receivable - a.unapplied) AS below
      FROM credit_account a CROSS JOIN LATERAL unnest(a.ancestors) AS p(id)
     WHERE a.tenant_id = :tenant
     GROUP BY p.id),
bad AS (
    SELECT 'credit_account' AS kind, a.id,
           format('below %s; the accounts below say %s', a.below, coalesce(d.below, 0)) AS detail
      FROM credit_account a
      LEFT JOIN due d ON d.id = a.id
     WHERE a.tenant_id = :tenant AND a.below <> coalesce(d.below, 0)
       AND NOT EXISTS (SELECT FROM credit_account x
                        WHERE x.tenant_id = :tenant AND x.parent_id = a.id
                          AND x.ancestors <> a.ancestors || a.id)
    UNION ALL
    SELECT 'credit_account', a.id, 'the path is not that of the parent'
      FROM credit_account a
      LEFT JOIN credit_account p ON p.tenant_id = :tenant AND p.id = a.parent_id
     WHERE a.tenant_id = :tenant
       AND a.ancestors <> CASE WHEN p.id IS NULL THEN '{}' ELSE p.ancestors || p.id END)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Pending payments count until they are cleared or returned, whatever the clock says.
-- fn proof_credit_uncleared()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH due AS (
    SELECT p.id, sum(x.amount) AS uncleared
      FROM payment x
      JOIN credit_account a ON a.tenant_id = :tenant AND a.id = x.credit_account_id
     CROSS JOIN LATERAL unnest(a.ancestors || a.id) AS p(id)
     WHERE x.tenant_id = :tenant AND x.clearing = 'pending'
     GROUP BY p.id),
bad AS (
    SELECT 'credit_account' AS kind, a.id,
           format('uncleared %s; the payments say %s', a.uncleared, coalesce(d.uncleared, 0))
               AS detail
      FROM credit_account a
      LEFT JOIN due d ON d.id = a.id
     WHERE a.tenant_id = :tenant AND a.uncleared <> coalesce(d.uncleared, 0))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Accounts are compared with their open items, unless those are wrong themselves.
-- fn proof_disputes()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH wrong AS (
    SELECT i.id, i.credit_account_id,
           format('disputed %s, of it open %s; the dispute says %s', i.disputed, o.disputed,
                  coalesce(d.amount, 0)) AS detail
      FROM invoice i
      LEFT JOIN (SELECT x.invoice_id, sum(x.amount) AS amount
                   FROM invoice_dispute x
                  WHERE x.tenant_id = :tenant AND x.status = 'open'
                  GROUP BY x.invoice_id) d ON d.invoice_id = i.id
      LEFT JOIN open_item o ON o.tenant_id = :tenant AND o.id = i.id
     WHERE i.tenant_id = :tenant
       AND (i.disputed <> coalesce(d.amount, 0)
            OR (o.open_amount > 0 AND o.disputed <> least(i.disputed, o.open_amount)))),
due AS (
    SELECT p.id, sum(o.disputed) AS disputed
      FROM open_item o
      JOIN invoice i ON i.tenant_id = :tenant AND i.id = o.id
      JOIN credit_account a ON a.tenant_id = :tenant AND a.id = i.credit_account_id
     CROSS JOIN LATERAL unnest(a.ancestors || a.id) AS p(id)
     WHERE o.tenant_id = :tenant AND o.disputed <> 0
     GROUP BY p.id),
bad AS (
    SELECT 'invoice' AS kind, w.id, w.detail FROM wrong w
    UNION ALL
    SELECT 'credit_account', a.id,
           format('disputed %s; the invoices say %s', a.disputed, coalesce(d.disputed, 0))
      FROM credit_account a
      LEFT JOIN due d ON d.id = a.id
     WHERE a.tenant_id = :tenant AND a.disputed <> coalesce(d.disputed, 0)
       AND NOT EXISTS (SELECT FROM wrong w
                         JOIN credit_account x ON x.tenant_id = :tenant AND x.id = w.credit_account_id
                        WHERE a.id = ANY(x.ancestors || x.id)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Accounts of an order that is not in the queue as it should are named by their order.
-- fn proof_blocked_orders()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH waits AS (
    SELECT o.id AS order_id, o.credit_account_id
      FROM sales_order o
     WHERE o.tenant_id = :tenant AND o.status = 'on_hold' AND o.confirmed_at IS NULL
       AND EXISTS (SELECT FROM order_hold h
                    WHERE h.tenant_id = :tenant AND h.order_id = o.id AND h.kind = 'credit'
                      AND h.released_at IS NULL)),
wrong AS (
    SELECT coalesce(w.order_id, b.order_id) AS order_id,
           coalesce(w.credit_account_id, b.credit_account_id) AS account,
           CASE WHEN b.order_id IS NULL THEN 'waits for credit, nobody knows'
                ELSE 'is said to wait for credit' END AS detail
      FROM waits w
      FULL JOIN (SELECT order_id, credit_account_id FROM blocked_order
                  WHERE tenant_id = :tenant) b
           ON b.order_id = w.order_id AND b.credit_account_id = w.credit_account_id
     WHERE w.order_id IS NULL OR b.order_id IS NULL),
due AS (
    SELECT p.id, count(*) AS held
      FROM blocked_order b
      JOIN credit_account a ON a.tenant_id = :tenant AND a.id = b.credit_account_id
     CROSS JOIN LATERAL unnest(a.ancestors || a.id) AS p(id)
     WHERE b.tenant_id = :tenant
     GROUP BY p.id),
bad AS (
    SELECT 'order' AS kind, w.order_id AS id, w.detail FROM wrong w
    UNION ALL
    SELECT 'credit_account', a.id,
           format('held_orders %s; %s wait', a.held_orders, coalesce(d.held, 0))
      FROM credit_account a
      LEFT JOIN due d ON d.id = a.id
     WHERE a.tenant_id = :tenant AND a.held_orders <> coalesce(d.held, 0)
       AND NOT EXISTS (SELECT FROM wrong w
                         JOIN credit_account x ON x.tenant_id = :tenant AND x.id = w.account
                        WHERE a.id = ANY(x.ancestors || x.id)))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- Advisory: orders may be released over the limit, and limits may be lowered.
-- fn proof_credit_limits()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'customer' AS kind,
           (SELECT min(c.id) FROM customer c
             WHERE c.tenant_id = :tenant AND c.credit_account_id = a.id) AS id,
           format('exposure %s, limit %s', e.exposure, a.credit_limit) AS detail
      FROM credit_account a
      LEFT JOIN credit_policy p ON p.tenant_id = :tenant
           AND p.id = coalesce(a.policy_id, (SELECT d.id FROM credit_policy d
                                              WHERE d.tenant_id = :tenant AND d.is_default))
     CROSS JOIN LATERAL (SELECT
           a.ordered + a.unbilled + a.receivable + a.below - a.unapplied
           + CASE WHEN p.allow_uncleared THEN 0 ELSE a.uncleared END
           - CASE WHEN p.exclude_disputed THEN a.disputed ELSE 0 END AS exposure) e
     WHERE a.tenant_id = :tenant AND e.exposure > a.credit_limit)
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- fn proof_orphans()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH bad AS (
    SELECT 'order' AS kind, x.order_id AS id, format('order line %s has no order', x.line_no) AS detail
      FROM order_line x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM sales_order h WHERE h.tenant_id = :tenant AND h.id = x.order_id)
    UNION ALL
    SELECT 'order', x.order_id, format('order line %s has no product', x.line_no)
      FROM order_line x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM product p WHERE p.tenant_id = :tenant AND p.id = x.product_id)
    UNION ALL
    SELECT 'order', x.order_id, format('the price of order line %s does not exist', x.line_no)
      FROM order_line x
     WHERE x.tenant_id = :tenant AND x.price_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM price p WHERE p.tenant_id = :tenant AND p.id = x.price_id)
    UNION ALL
    SELECT 'quote', x.quote_id, format('revision %s has no quote', x.revision)
      FROM quote_revision x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM quote q WHERE q.tenant_id = :tenant AND q.id = x.quote_id)
    UNION ALL
    SELECT 'quote', q.id, format('revision %s does not exist', q.revision)
      FROM quote q
     WHERE q.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM quote_revision x
                        WHERE x.tenant_id = :tenant AND x.quote_id = q.id
                          AND x.revision = q.revision)
    UNION ALL
    SELECT 'quote', x.quote_id, format('line %s of revision %s has no revision', x.line_no, x.revision)
      FROM quote_line x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM quote_revision r
                        WHERE r.tenant_id = :tenant AND r.quote_id = x.quote_id
                          AND r.revision = x.revision)
    UNION ALL
    SELECT 'order', x.order_id, format('the approval rule of hold %s does not exist', x.hold_no)
      FROM order_hold x
     WHERE x.tenant_id = :tenant AND x.approval_rule_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM approval_rule r
                        WHERE r.tenant_id = :tenant AND r.id = x.approval_rule_id)
    UNION ALL
    SELECT 'blanket_order', x.blanket_order_id, format('line %s has no blanket order', x.line_no)
      FROM blanket_line x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM blanket_order b
                        WHERE b.tenant_id = :tenant AND b.id = x.blanket_order_id)
    UNION ALL
    SELECT 'order', x.order_id, format('hold %s has no order', x.hold_no)
      FROM order_hold x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM sales_order h WHERE h.tenant_id = :tenant AND h.id = x.order_id)
    UNION ALL
    SELECT 'order', x.id, 'the order has no credit account'
      FROM sales_order x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM credit_account a
                        WHERE a.tenant_id = :tenant AND a.id = x.credit_account_id)
    UNION ALL
    SELECT 'shipment', x.shipment_id, format('shipment line %s has no shipment', x.line_no)
      FROM shipment_line x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM shipment h WHERE h.tenant_id = :tenant AND h.id = x.shipment_id)
    UNION ALL
    SELECT 'shipment', x.shipment_id, format('shipment line %s has no order line', x.line_no)
      FROM shipment_line x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM order_line l
                        WHERE l.tenant_id = :tenant AND l.order_id = x.order_id
                          AND l.line_no = x.order_line_no)
    UNION ALL
    SELECT 'shipment', x.id, 'the customer is not the order''s'
      FROM shipment x
     WHERE x.tenant_id = :tenant
       AND EXISTS (SELECT 1 FROM shipment_line l
                     LEFT JOIN sales_order h ON h.tenant_id = :tenant AND h.id = l.order_id
                    WHERE l.tenant_id = :tenant AND l.shipment_id = x.id
                      AND h.customer_id IS DISTINCT FROM x.customer_id)
    UNION ALL
    SELECT 'shipment', x.id, 'the order is not that of the lines'
      FROM shipment x
     WHERE x.tenant_id = :tenant AND x.order_id IS NOT NULL
       AND EXISTS (SELECT 1 FROM shipment_line l
                    WHERE l.tenant_id = :tenant AND l.shipment_id = x.id
                      AND l.order_id <> x.order_id)
    UNION ALL
    SELECT 'invoice', x.invoice_id, format('invoice line %s has no invoice', x.line_no)
      FROM invoice_line x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM invoice h WHERE h.tenant_id = :tenant AND h.id = x.invoice_id)
    UNION ALL
    SELECT 'invoice', x.invoice_id, format('invoice line %s has no order line', x.line_no)
      FROM invoice_line x
     WHERE x.tenant_id = :tenant
       AND x.order_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM order_line l
                        WHERE l.tenant_id = :tenant AND l.order_id = x.order_id
                          AND l.line_no = x.order_line_no)
    UNION ALL
    SELECT 'invoice', x.invoice_id, format('invoice line %s has no shipment line', x.line_no)
      FROM invoice_line x
     WHERE x.tenant_id = :tenant
       AND x.shipment_line_no IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM shipment_line l
                        WHERE l.tenant_id = :tenant AND l.shipment_id = x.shipment_id
                          AND l.line_no = x.shipment_line_no)
    UNION ALL
    SELECT 'invoice', x.id, 'the invoice has no credit account'
      FROM invoice x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM credit_account a
                        WHERE a.tenant_id = :tenant AND a.id = x.credit_account_id)
    UNION ALL
    SELECT 'invoice', x.id, 'the invoice''s order does not exist'
      FROM invoice x
     WHERE x.tenant_id = :tenant
       AND x.order_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM sales_order h
                        WHERE h.tenant_id = :tenant AND h.id = x.order_id)
    UNION ALL
    SELECT 'credit_note', x.credit_note_id, format('credit note line %s has no credit note', x.line_no)
      FROM credit_note_line x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM credit_note h
                        WHERE h.tenant_id = :tenant AND h.id = x.credit_note_id)
    UNION ALL
    SELECT 'credit_note', x.credit_note_id, format('credit note line %s has no invoice line', x.line_no)
      FROM credit_note_line x
     WHERE x.tenant_id = :tenant
       AND x.invoice_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM invoice_line l
                        WHERE l.tenant_id = :tenant AND l.invoice_id = x.invoice_id
                          AND l.line_no = x.invoice_line_no)
    UNION ALL
    SELECT 'payment', x.id, 'the payment has no credit account'
      FROM payment x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM credit_account a
                        WHERE a.tenant_id = :tenant AND a.id = x.credit_account_id)
    UNION ALL
    SELECT 'allocation', x.id, format('the %s does not exist', x.source)
      FROM allocation x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM payment p
                        WHERE p.tenant_id = :tenant AND p.id = x.source_id AND x.source = 'payment')
       AND NOT EXISTS (SELECT 1 FROM credit_note n
                        WHERE n.tenant_id = :tenant AND n.id = x.source_id
                          AND x.source = 'credit_note')
    UNION ALL
    SELECT 'allocation', x.id, 'the invoice does not exist'
      FROM allocation x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM invoice h WHERE h.tenant_id = :tenant AND h.id = x.invoice_id)
    UNION ALL
    SELECT 'refund', x.id, format('the %s of the customer does not exist', x.source)
      FROM refund x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM payment p
                        WHERE p.tenant_id = :tenant AND p.id = x.source_id AND x.source = 'payment'
                          AND p.customer_id = x.customer_id)
       AND NOT EXISTS (SELECT 1 FROM credit_note n
                        WHERE n.tenant_id = :tenant AND n.id = x.source_id
                          AND x.source = 'credit_note' AND n.customer_id = x.customer_id)
    UNION ALL
    SELECT 'stock_movement', x.id, 'the product or warehouse does not exist'
      FROM stock_movement x
     WHERE x.tenant_id = :tenant
       AND NOT EXISTS (SELECT 1 FROM stock s
                        WHERE s.tenant_id = :tenant AND s.product_id = x.product_id
                          AND s.warehouse_id = x.warehouse_id)
    UNION ALL
    SELECT 'stock_reservation', x.id, 'its order does not exist'
      FROM stock_reservation x
     WHERE x.tenant_id = :tenant AND x.order_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM sales_order h
                        WHERE h.tenant_id = :tenant AND h.id = x.order_id))
SELECT count(*) OVER () AS violations, b.kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id, b.detail
 LIMIT 10;

-- A job has counted each result once.
-- fn proof_job_progress()
--     -> many struct proof_hit(violations i64, kind text?, id i64?, detail text)
WITH r AS (
    SELECT job_id, count(*) FILTER (WHERE status < 400) AS accepted,
           count(*) FILTER (WHERE status >= 400) AS refused
      FROM job_result WHERE tenant_id = :tenant GROUP BY job_id),
bad AS (
    SELECT coalesce(j.id, r.job_id) AS id,
           format('%s accepted, %s refused; the results say %s and %s', j.accepted, j.refused,
                  coalesce(r.accepted, 0), coalesce(r.refused, 0)) AS detail
      FROM (SELECT * FROM job WHERE tenant_id = :tenant) j
      FULL JOIN r ON r.job_id = j.id
     WHERE j.id IS NULL OR j.accepted <> coalesce(r.accepted, 0)
        OR j.refused <> coalesce(r.refused, 0))
SELECT count(*) OVER () AS violations, 'job' AS kind, b.id, b.detail
  FROM bad b
 ORDER BY b.id
 LIMIT 10;
