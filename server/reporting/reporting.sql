-- Reports over open items, documents and the books. A report as of a day starts from what is open
-- now and takes back what moved after that day, found by effective date: its cost follows the open
-- items and what happened since, never the whole history.
--
-- Branches with `:customer_id IS NULL` and `= :customer_id` stand beside each other so that one plan
-- serves both: the branch that does not apply is never started. The upper bound of effective_date
-- is no condition but tells the planner that the range is narrow.

-- include "server/reporting/rules.h"

-- fn report_customer(id i64) -> maybe(currency text, external_id text?, name text)
SELECT currency, external_id, name FROM customer WHERE tenant_id = :tenant AND id = :id;

-- A join and not = ANY: for a page of thousands it may read the customers once.
-- fn report_customers(ids i64[]) -> many(id i64, external_id text?, name text)
SELECT c.id, c.external_id, c.name
  FROM unnest(:ids) AS x(id)
  JOIN customer c ON c.tenant_id = :tenant AND c.id = x.id
 ORDER BY c.id;

-- Whether anything is effective after a day: else what was open then is what is open now.
-- fn aging_moved(as_of date, currency text) -> one(moved bool)
SELECT EXISTS (SELECT 1 FROM ledger_day
                WHERE tenant_id = :tenant AND currency = :currency AND day > :as_of
                  AND account IN ('receivable', 'unapplied_cash', 'customer_credit')) AS moved;

-- What is open now of all customers, by kind (0 invoice, -1 credit note, -2 payment) and due date.
-- fn aging_now_totals(currency text)
--     -> many struct open_amount(customer_id i64, kind i32, due_date date, items i64,
--     amount i64)
SELECT 0::bigint AS customer_id,
       CASE o.kind WHEN 'invoice' THEN 0 WHEN 'credit_note' THEN -1 ELSE -2 END AS kind,
       o.due_date, count(*) AS items, sum(o.open_amount)::bigint AS amount
  FROM open_item o
 WHERE o.tenant_id = :tenant AND o.currency = :currency
 GROUP BY o.kind, o.due_date;

-- What is open now of all customers, item by item. ascii() tells the kinds apart at a third of the
-- cost of comparing texts.
-- fn aging_now_all(currency text, most i64)
--     -> many(customer_id i64, letter i32, due_date date, amount i64)
SELECT o.customer_id, ascii(o.kind) AS letter, o.due_date, o.open_amount AS amount
  FROM open_item o
 WHERE o.tenant_id = :tenant AND o.currency = :currency
 LIMIT :most;

-- What is open now, item by item, by customer.
-- fn aging_now_items(currency text, after i64, most i64)
--     -> many struct open_amount(customer_id i64, kind i32, due_date date, items i64,
--     amount i64)
SELECT o.customer_id,
       CASE o.kind WHEN 'invoice' THEN 0 WHEN 'credit_note' THEN -1 ELSE -2 END AS kind,
       o.due_date, 1::bigint AS items, o.open_amount AS amount
  FROM open_item o
 WHERE o.tenant_id = :tenant AND o.customer_id > :after AND o.currency = :currency
 ORDER BY o.tenant_id, o.customer_id
 LIMIT :most;

-- Open amounts as of any day by customer, kind and due date, which of other kinds than invoices is
-- the day of the report; a customer may have several rows of the same. Customer 0 is the sum of all;
-- then come those behind `after` and up to `upto`, `most` of them, in no order that is promised.
--
-- What is open now is summed as it is. For each item that moved since, what moved is taken back,
-- and the item is counted if it was open then and uncounted if it is open now.
-- fn aging_amounts(as_of date, currency text, customer_id i64?, after i64, upto i64, most i64)
--     -> many struct open_amount(customer_id i64, kind i32, due_date date, items i64,
--     amount i64)
WITH moves AS MATERIALIZED (
    SELECT t.debit_account, t.debit_item, t.credit_account, t.credit_item, t.customer_id, t.amount
      FROM ledger_transfer t
     WHERE t.tenant_id = :tenant AND :customer_id IS NULL AND t.currency = :currency
       AND t.effective_date > :as_of
       AND t.effective_date <= (SELECT max(l.effective_date) FROM ledger_transfer l
                                 WHERE l.tenant_id = :tenant)
    UNION ALL
    SELECT t.debit_account, t.debit_item, t.credit_account, t.credit_item, t.customer_id, t.amount
      FROM ledger_transfer t
     WHERE t.tenant_id = :tenant AND t.customer_id = :customer_id AND t.currency = :currency
       AND t.effective_date > :as_of),
moved AS (
    SELECT s.id, s.kind, s.customer_id,
           sum(CASE s.kind WHEN 0 THEN s.amount ELSE -s.amount END)::bigint AS amount
      FROM (SELECT m.debit_item AS id, m.customer_id, m.amount,
                   CASE m.debit_account WHEN 'receivable' THEN 0
                                        WHEN 'customer_credit' THEN -1 ELSE -2 END AS kind
              FROM moves m
             WHERE m.debit_item IS NOT NULL
            UNION ALL
            SELECT m.credit_item, m.customer_id, -m.amount,
                   CASE m.credit_account WHEN 'receivable' THEN 0
                                         WHEN 'customer_credit' THEN -1 ELSE -2 END
              FROM moves m
             WHERE m.credit_item IS NOT NULL) s
     GROUP BY s.id, s.kind, s.customer_id
    HAVING sum(s.amount) <> 0),
undone AS (
    SELECT m.customer_id, m.kind,
           CASE m.kind WHEN 0 THEN coalesce(o.due_date, i.due_date) ELSE :as_of END AS due_date,
           (coalesce(o.open_amount, 0) <> m.amount)::int - (o.id IS NOT NULL)::int AS items,
           -m.amount AS amount
      FROM moved m
      LEFT JOIN open_item o ON o.tenant_id = :tenant AND o.id = m.id
      LEFT JOIN invoice i ON i.tenant_id = :tenant
           AND i.id = CASE WHEN m.kind = 0 AND o.id IS NULL THEN m.id END),
total AS (
    SELECT p.kind, p.due_date, sum(p.items)::bigint AS items, sum(p.amount)::bigint AS amount
      FROM (SELECT CASE o.kind WHEN 'invoice' THEN 0 WHEN 'credit_note' THEN -1 ELSE -2 END AS kind,
                   CASE o.kind WHEN 'invoice' THEN o.due_date ELSE :as_of END AS due_date,
                   count(*) AS items, sum(o.open_amount) AS amount
              FROM open_item o
             WHERE o.tenant_id = :tenant AND :customer_id IS NULL AND o.currency = :currency
             GROUP BY o.kind, o.due_date
            UNION ALL
            SELECT CASE o.kind WHEN 'invoice' THEN 0 WHEN 'credit_note' THEN -1 ELSE -2 END,
                   CASE o.kind WHEN 'invoice' THEN o.due_date ELSE :as_of END,
                   1, o.open_amount
              FROM open_item o
             WHERE o.tenant_id = :tenant AND o.customer_id = :customer_id
               AND o.currency = :currency
            UNION ALL
            SELECT u.kind, u.due_date, u.items, u.amount FROM undone u) p
     GROUP BY p.kind, p.due_date
    HAVING sum(p.items) > 0)
SELECT 0::bigint AS customer_id, t.kind, t.due_date, t.items, t.amount
  FROM total t
UNION ALL
(SELECT x.customer_id, x.kind, x.due_date, x.items, x.amount
  FROM (SELECT p.customer_id, p.kind, p.due_date, sum(p.items)::bigint AS items,
               sum(p.amount)::bigint AS amount, dense_rank() OVER (ORDER BY p.customer_id) AS place
          FROM (SELECT o.customer_id,
                       CASE o.kind WHEN 'invoice' THEN 0 WHEN 'credit_note' THEN -1 ELSE -2 END
                           AS kind,
                       CASE o.kind WHEN 'invoice' THEN o.due_date ELSE :as_of END AS due_date,
                       1 AS items, o.open_amount AS amount
                  FROM open_item o
                 WHERE o.tenant_id = :tenant AND o.customer_id > :after
                   AND o.customer_id <= :upto AND o.currency = :currency AND :most > 0
                UNION ALL
                SELECT u.customer_id, u.kind, u.due_date, u.items, u.amount
                  FROM undone u
                 WHERE u.customer_id > :after AND u.customer_id <= :upto AND :most > 0) p
         GROUP BY p.customer_id, p.kind, p.due_date
        HAVING sum(p.items) > 0) x
 WHERE x.place <= :most);

-- fn open_items_page(as_of date, currency text, customer_id i64?, kind text?, overdue_only bool,
--     most i64) -> many(id i64, kind text, number text?, external_id text?, customer_id i64,
--     document_date date, due_date date, amount i64, open_amount i64)
WITH moves AS MATERIALIZED (
    SELECT t.debit_account, t.debit_item, t.credit_account, t.credit_item, t.amount
      FROM ledger_transfer t
     WHERE t.tenant_id = :tenant AND :customer_id IS NULL AND t.currency = :currency
       AND t.effective_date > :as_of
       AND t.effective_date <= (SELECT max(l.effective_date) FROM ledger_transfer l
                                 WHERE l.tenant_id = :tenant)
    UNION ALL
    SELECT t.debit_account, t.debit_item, t.credit_account, t.credit_item, t.amount
      FROM ledger_transfer t
     WHERE t.tenant_id = :tenant AND t.customer_id = :customer_id AND t.currency = :currency
       AND t.effective_date > :as_of),
since AS (
    SELECT s.id, s.account,
           sum(CASE s.account WHEN 'receivable' THEN s.amount ELSE -s.amount END)::bigint AS moved
      FROM (SELECT m.debit_item AS id, m.debit_account AS account, m.amount
              FROM moves m
             WHERE m.debit_item IS NOT NULL
            UNION ALL
            SELECT m.credit_item, m.credit_account, -m.amount
              FROM moves m
             WHERE m.credit_item IS NOT NULL) s
     GROUP BY s.id, s.account
    HAVING sum(s.amount) <> 0),
gone AS (
    SELECT s.id, s.account, s.moved
      FROM since s
     WHERE NOT EXISTS (SELECT 1 FROM open_item o WHERE o.tenant_id = :tenant AND o.id = s.id)),
item AS (
    SELECT o.id, o.kind, o.customer_id, o.document_date, o.due_date, o.amount,
           o.open_amount - coalesce(s.moved, 0) AS open_amount
      FROM open_item o
      LEFT JOIN since s ON s.id = o.id
     WHERE o.tenant_id = :tenant AND :customer_id IS NULL AND o.currency = :currency
    UNION ALL
    SELECT o.id, o.kind, o.customer_id, o.document_date, o.due_date, o.amount,
           o.open_amount - coalesce(s.moved, 0)
      FROM open_item o
      LEFT JOIN since s ON s.id = o.id
     WHERE o.tenant_id = :tenant AND o.customer_id = :customer_id AND o.currency = :currency
    UNION ALL
    SELECT i.id, 'invoice', i.customer_id, i.invoice_date, i.due_date, i.gross, -g.moved
      FROM gone g
      JOIN invoice i ON i.tenant_id = :tenant AND i.id = g.id
     WHERE g.account = 'receivable'
    UNION ALL
    SELECT p.id, 'payment', p.customer_id, p.value_date, p.value_date, p.amount, -g.moved
      FROM gone g
      JOIN payment p ON p.tenant_id = :tenant AND p.id = g.id
     WHERE g.account = 'unapplied_cash'
    UNION ALL
    SELECT n.id, 'credit_note', n.customer_id, n.credit_note_date, n.credit_note_date, n.gross,
           -g.moved
      FROM gone g
      JOIN credit_note n ON n.tenant_id = :tenant AND n.id = g.id
     WHERE g.account = 'customer_credit'),
page AS (
    SELECT i.id, i.kind, i.customer_id, i.document_date, i.due_date, i.amount, i.open_amount
      FROM item i
     WHERE i.open_amount <> 0 AND (:kind IS NULL OR i.kind = :kind)
       AND (NOT :overdue_only OR (i.kind = 'invoice' AND i.due_date < :as_of))
     ORDER BY i.due_date, i.id
     LIMIT :most)
SELECT x.id, x.kind, coalesce(i.number, p.number, n.number) AS number,
       coalesce(i.external_id, p.external_id, n.external_id) AS external_id, x.customer_id,
       x.document_date, x.due_date, x.amount, x.open_amount
  FROM page x
  LEFT JOIN invoice i ON i.tenant_id = :tenant AND i.id = x.id AND x.kind = 'invoice'
  LEFT JOIN payment p ON p.tenant_id = :tenant AND p.id = x.id AND x.kind = 'payment'
  LEFT JOIN credit_note n ON n.tenant_id = :tenant AND n.id = x.id AND x.kind = 'credit_note'
 ORDER BY x.due_date, x.id;

-- Balances of the accounts that open items belong to, on their normal side.
-- fn subledger_balances(as_of date, currency text)
--     -> one(receivable i64, unapplied_cash i64, customer_credit i64)
SELECT coalesce(sum(debit - credit) FILTER (WHERE account = 'receivable'), 0)::bigint
           AS receivable,
       coalesce(sum(credit - debit) FILTER (WHERE account = 'unapplied_cash'), 0)::bigint
           AS unapplied_cash,
       coalesce(sum(credit - debit) FILTER (WHERE account = 'customer_credit'), 0)::bigint
           AS customer_credit
  FROM ledger_day
 WHERE tenant_id = :tenant AND account IN ('receivable', 'unapplied_cash', 'customer_credit')
   AND currency = :currency AND day <= :as_of;

-- The same for one customer, whose days are not kept: from the customer's transfers.
-- fn subledger_balances_of_customer(customer_id i64, as_of date, currency text)
--     -> one(receivable i64, unapplied_cash i64, customer_credit i64)
SELECT coalesce(sum(CASE 'receivable' WHEN t.debit_account THEN t.amount
                                      WHEN t.credit_account THEN -t.amount END), 0)::bigint
           AS receivable,
       coalesce(sum(CASE 'unapplied_cash' WHEN t.credit_account THEN t.amount
                                          WHEN t.debit_account THEN -t.amount END), 0)::bigint
           AS unapplied_cash,
       coalesce(sum(CASE 'customer_credit' WHEN t.credit_account THEN t.amount
                                           WHEN t.debit_account THEN -t.amount END), 0)::bigint
           AS customer_credit
  FROM ledger_transfer t
 WHERE t.tenant_id = :tenant AND t.customer_id = :customer_id AND t.currency = :currency
   AND t.effective_date <= :as_of;

-- What moved a customer's balance: applying money to invoices moves it from one account to another
-- and drops out. The sums are those of all lines, shown or not.
-- fn statement_lines(customer_id i64, currency text, from date, to date, most i64)
--     -> many(day date, document text, document_id i64, taken_back bool, effect i64,
--     number text?, external_id text?, due_date date?, debit i64, credit i64)
WITH moves AS (
    SELECT t.id, t.effective_date, t.document, t.document_id,
           (CASE WHEN t.debit_account IN ('receivable', 'unapplied_cash', 'customer_credit')
                 THEN t.amount ELSE 0 END
            - CASE WHEN t.credit_account IN ('receivable', 'unapplied_cash', 'customer_credit')
                   THEN t.amount ELSE 0 END) AS effect
      FROM ledger_transfer t
     WHERE t.tenant_id = :tenant AND t.customer_id = :customer_id AND t.currency = :currency
       AND t.effective_date >= :from AND t.effective_date <= :to),
lines AS (
    SELECT m.effective_date, m.document, m.document_id, min(m.id) AS first, sum(m.effect) AS effect
      FROM moves m
     WHERE m.effect <> 0
     GROUP BY m.effective_date, m.document, m.document_id, sign(m.effect)),
page AS (
    SELECT l.effective_date, l.document, l.document_id, l.first, l.effect,
           coalesce(sum(l.effect) FILTER (WHERE l.effect > 0) OVER (), 0) AS debit,
           coalesce(-sum(l.effect) FILTER (WHERE l.effect < 0) OVER (), 0) AS credit
      FROM lines l
     ORDER BY l.effective_date, l.first
     LIMIT :most)
SELECT x.effective_date AS day, x.document, x.document_id,
       ((x.document = 'invoice' AND x.effect < 0) OR (x.document = 'credit_note' AND x.effect > 0))
           AS taken_back,
       x.effect::bigint AS effect, coalesce(i.number, n.number, p.number) AS number,
       coalesce(i.external_id, n.external_id, p.external_id, r.external_id) AS external_id,
       i.due_date, x.debit::bigint AS debit, x.credit::bigint AS credit
  FROM page x
  LEFT JOIN invoice i ON i.tenant_id = :tenant AND i.id = x.document_id AND x.document = 'invoice'
  LEFT JOIN credit_note n
       ON n.tenant_id = :tenant AND n.id = x.document_id AND x.document = 'credit_note'
  LEFT JOIN payment p ON p.tenant_id = :tenant AND p.id = x.document_id AND x.document = 'payment'
  LEFT JOIN refund r ON r.tenant_id = :tenant AND r.id = x.document_id AND x.document = 'refund'
 ORDER BY x.effective_date, x.first;

-- Sales by month from the books, oldest first.
-- fn ledger_sales(currency text, from date, to date) -> many(month date, net i64, tax i64)
SELECT d.day - (extract(day FROM d.day)::int - 1) AS month,
       coalesce(sum(d.credit - d.debit) FILTER (WHERE d.account = 'revenue'), 0)::bigint AS net,
       coalesce(sum(d.credit - d.debit) FILTER (WHERE d.account = 'tax'), 0)::bigint AS tax
  FROM ledger_day d
 WHERE d.tenant_id = :tenant AND d.account IN ('revenue', 'tax') AND d.currency = :currency
   AND d.day >= :from AND d.day <= :to
 GROUP BY 1
 ORDER BY 1;

-- The same from the documents. Sales are what was invoiced, less credit notes, less what was voided
-- on the day that the books say.
-- fn document_sales(currency text, from date, to date)
--     -> many(month date, net i64, tax i64, invoices i64, credit_notes i64, voids i64)
WITH posting AS (
    SELECT 'invoice' AS kind, i.id, i.customer_id, 1 AS sign, i.invoice_date AS day, i.net, i.tax
      FROM invoice i
     WHERE i.tenant_id = :tenant AND i.currency = :currency AND i.invoice_date >= :from
       AND i.invoice_date <= :to AND i.status NOT IN ('draft', 'canceled')
    UNION ALL
    SELECT 'invoice', i.id, i.customer_id, -1, v.day, i.net, i.tax
      FROM (SELECT DISTINCT t.document_id AS id, t.effective_date AS day
              FROM ledger_transfer t
             WHERE t.tenant_id = :tenant AND t.effective_date >= :from AND t.effective_date <= :to
               AND t.document = 'invoice' AND t.credit_account = 'receivable') v
      JOIN invoice i ON i.tenant_id = :tenant AND i.id = v.id
     WHERE i.currency = :currency
    UNION ALL
    SELECT 'credit_note', n.id, n.customer_id, -1, n.credit_note_date, n.net, n.tax
      FROM credit_note n
     WHERE n.tenant_id = :tenant AND n.currency = :currency AND n.credit_note_date >= :from
       AND n.credit_note_date <= :to AND n.status IN ('issued', 'void')
    UNION ALL
    SELECT 'credit_note', n.id, n.customer_id, 1, v.day, n.net, n.tax
      FROM (SELECT DISTINCT t.document_id AS id, t.effective_date AS day
              FROM ledger_transfer t
             WHERE t.tenant_id = :tenant AND t.effective_date >= :from AND t.effective_date <= :to
               AND t.document = 'credit_note' AND t.debit_account = 'customer_credit') v
      JOIN credit_note n ON n.tenant_id = :tenant AND n.id = v.id
     WHERE n.currency = :currency)
SELECT p.day - (extract(day FROM p.day)::int - 1) AS month, sum(p.sign * p.net)::bigint AS net,
       sum(p.sign * p.tax)::bigint AS tax,
       count(*) FILTER (WHERE p.kind = 'invoice' AND p.sign = 1) AS invoices,
       count(*) FILTER (WHERE p.kind = 'credit_note' AND p.sign = -1) AS credit_notes,
       count(*) FILTER (WHERE (p.kind = 'invoice') = (p.sign = -1)) AS voids
  FROM posting p
 GROUP BY 1
 ORDER BY 1;

-- The all_ columns are sums over all rows, shown or not.
-- fn customer_sales(currency text, from date, to date, most i64)
--     -> many(customer_id i64, external_id text?, name text, net i64, tax i64, documents i64,
--     lines i64, all_rows i64, all_net i64, all_tax i64, all_lines i64)
WITH posting AS (
    SELECT 'invoice' AS kind, i.id, i.customer_id, 1 AS sign, i.invoice_date AS day, i.net, i.tax
      FROM invoice i
     WHERE i.tenant_id = :tenant AND i.currency = :currency AND i.invoice_date >= :from
       AND i.invoice_date <= :to AND i.status NOT IN ('draft', 'canceled')
    UNION ALL
    SELECT 'invoice', i.id, i.customer_id, -1, v.day, i.net, i.tax
      FROM (SELECT DISTINCT t.document_id AS id, t.effective_date AS day
              FROM ledger_transfer t
             WHERE t.tenant_id = :tenant AND t.effective_date >= :from AND t.effective_date <= :to
               AND t.document = 'invoice' AND t.credit_account = 'receivable') v
      JOIN invoice i ON i.tenant_id = :tenant AND i.id = v.id
     WHERE i.currency = :currency
    UNION ALL
    SELECT 'credit_note', n.id, n.customer_id, -1, n.credit_note_date, n.net, n.tax
      FROM credit_note n
     WHERE n.tenant_id = :tenant AND n.currency = :currency AND n.credit_note_date >= :from
       AND n.credit_note_date <= :to AND n.status IN ('issued', 'void')
    UNION ALL
    SELECT 'credit_note', n.id, n.customer_id, 1, v.day, n.net, n.tax
      FROM (SELECT DISTINCT t.document_id AS id, t.effective_date AS day
              FROM ledger_transfer t
             WHERE t.tenant_id = :tenant AND t.effective_date >= :from AND t.effective_date <= :to
               AND t.document = 'credit_note' AND t.debit_account = 'customer_credit') v
      JOIN credit_note n ON n.tenant_id = :tenant AND n.id = v.id
     WHERE n.currency = :currency),
line AS (
    SELECT p.id, p.customer_id, l.product_id, p.sign * l.quantity AS quantity,
           p.sign * l.net AS net, p.sign * l.tax AS tax
      FROM posting p
      JOIN invoice_line l ON l.tenant_id = :tenant AND l.invoice_id = p.id
     WHERE p.kind = 'invoice'
    UNION ALL
    SELECT p.id, p.customer_id, l.product_id,
           p.sign * CASE WHEN l.invoice_id IS NULL THEN l.quantity ELSE l.credited_quantity END,
           p.sign * l.net, p.sign * l.tax
      FROM posting p
      JOIN credit_note_line l ON l.tenant_id = :tenant AND l.credit_note_id = p.id
     WHERE p.kind = 'credit_note'),
page AS (
    SELECT l.customer_id, sum(l.net) AS net, sum(l.tax) AS tax,
           count(DISTINCT l.id) AS documents, count(*) AS lines, count(*) OVER () AS all_rows,
           sum(sum(l.net)) OVER () AS all_net, sum(sum(l.tax)) OVER () AS all_tax,
           sum(count(*)) OVER () AS all_lines
      FROM line l
     GROUP BY l.customer_id
     ORDER BY sum(l.net) DESC, l.customer_id
     LIMIT :most)
SELECT x.customer_id, c.external_id, c.name, x.net::bigint AS net, x.tax::bigint AS tax,
       x.documents, x.lines, x.all_rows, x.all_net::bigint AS all_net,
       x.all_tax::bigint AS all_tax, x.all_lines::bigint AS all_lines
  FROM page x
  JOIN customer c ON c.tenant_id = :tenant AND c.id = x.customer_id
 ORDER BY x.net DESC, x.customer_id;

-- fn product_sales(currency text, from date, to date, most i64)
--     -> many(product_id i64?, sku text?, name text?, quantity i64, net i64, tax i64,
--     documents i64, lines i64, all_rows i64, all_net i64, all_tax i64, all_lines i64)
WITH posting AS (
    SELECT 'invoice' AS kind, i.id, i.customer_id, 1 AS sign, i.invoice_date AS day, i.net, i.tax
      FROM invoice i
     WHERE i.tenant_id = :tenant AND i.currency = :currency AND i.invoice_date >= :from
       AND i.invoice_date <= :to AND i.status NOT IN ('draft', 'canceled')
    UNION ALL
    SELECT 'invoice', i.id, i.customer_id, -1, v.day, i.net, i.tax
      FROM (SELECT DISTINCT t.document_id AS id, t.effective_date AS day
              FROM ledger_transfer t
             WHERE t.tenant_id = :tenant AND t.effective_date >= :from AND t.effective_date <= :to
               AND t.document = 'invoice' AND t.credit_account = 'receivable') v
      JOIN invoice i ON i.tenant_id = :tenant AND i.id = v.id
     WHERE i.currency = :currency
    UNION ALL
    SELECT 'credit_note', n.id, n.customer_id, -1, n.credit_note_date, n.net, n.tax
      FROM credit_note n
     WHERE n.tenant_id = :tenant AND n.currency = :currency AND n.credit_note_date >= :from
       AND n.credit_note_date <= :to AND n.status IN ('issued', 'void')
    UNION ALL
    SELECT 'credit_note', n.id, n.customer_id, 1, v.day, n.net, n.tax
      FROM (SELECT DISTINCT t.document_id AS id, t.effective_date AS day
              FROM ledger_transfer t
             WHERE t.tenant_id = :tenant AND t.effective_date >= :from AND t.effective_date <= :to
               AND t.document = 'credit_note' AND t.debit_account = 'customer_credit') v
      JOIN credit_note n ON n.tenant_id = :tenant AND n.id = v.id
     WHERE n.currency = :currency),
line AS (
    SELECT p.id, p.customer_id, l.product_id, p.sign * l.quantity AS quantity,
           p.sign * l.net AS net, p.sign * l.tax AS tax
      FROM posting p
      JOIN invoice_line l ON l.tenant_id = :tenant AND l.invoice_id = p.id
     WHERE p.kind = 'invoice'
    UNION ALL
    SELECT p.id, p.customer_id, l.product_id,
           p.sign * CASE WHEN l.invoice_id IS NULL THEN l.quantity ELSE l.credited_quantity END,
           p.sign * l.net, p.sign * l.tax
      FROM posting p
      JOIN credit_note_line l ON l.tenant_id = :tenant AND l.credit_note_id = p.id
     WHERE p.kind = 'credit_note'),
page AS (
    SELECT l.product_id, sum(l.quantity) AS quantity, sum(l.net) AS net, sum(l.tax) AS tax,
           count(DISTINCT l.id) AS documents, count(*) AS lines, count(*) OVER () AS all_rows,
           sum(sum(l.net)) OVER () AS all_net, sum(sum(l.tax)) OVER () AS all_tax,
           sum(count(*)) OVER () AS all_lines
      FROM line l
     GROUP BY l.product_id
     ORDER BY sum(l.net) DESC, l.product_id
     LIMIT :most)
SELECT x.product_id, p.sku, p.name, x.quantity::bigint AS quantity, x.net::bigint AS net,
       x.tax::bigint AS tax, x.documents, x.lines, x.all_rows, x.all_net::bigint AS all_net,
       x.all_tax::bigint AS all_tax, x.all_lines::bigint AS all_lines
  FROM page x
  LEFT JOIN product p ON p.tenant_id = :tenant AND p.id = x.product_id
 ORDER BY x.net DESC, x.product_id;
