-- Credit accounts as resources.
-- include "server/credit/accounts.h"

-- fn credit_account_insert_new(id i64, currency text) -> exec
INSERT INTO credit_account (tenant_id, id, currency, approved_at)
VALUES (:tenant, :id, :currency, :now);

-- fn credit_account_select(account i64) -> one struct credit_account(id i64, version i64, name text?, currency text,
--   credit_limit i64?, limit_from date?, limit_to date?, limit_today i64?, parent_id i64?, reviewer text?,
--   review_date date?, secured_amount i64, secured_kind text?, secured_from date?, secured_to date?,
--   deposit_percent i64, policy_id i64?, ordered i64, unbilled i64, receivable i64, unapplied i64, below i64,
--   uncleared i64, disputed i64, secured i64, exposure i64, headroom i64?, held_orders i64)
SELECT a.id, a.revision, a.name, a.currency, a.credit_limit, a.limit_from, a.limit_to, t.credit_limit, a.parent_id,
       a.reviewer, a.review_date, a.secured, a.secured_kind, a.secured_from, a.secured_to, a.deposit_percent,
       a.policy_id, a.ordered, a.unbilled, a.receivable, a.unapplied, a.below, t.uncleared,
       a.disputed, t.secured, e.exposure,
       t.credit_limit - e.exposure, a.held_orders
  FROM credit_account a
 CROSS JOIN LATERAL (SELECT
       CASE WHEN a.credit_limit IS NULL OR :today BETWEEN coalesce(a.limit_from, :today)
                                                      AND coalesce(a.limit_to, :today)
            THEN a.credit_limit ELSE 0 END AS credit_limit,
       CASE WHEN :today BETWEEN coalesce(a.secured_from, :today) AND coalesce(a.secured_to, :today)
            THEN a.secured ELSE 0 END AS secured,
       CASE WHEN a.uncleared > 0
            THEN a.uncleared - credit_uncleared_passed(a.tenant_id, a.id, :today)
            ELSE 0 END AS uncleared) t
  LEFT JOIN credit_policy p ON p.tenant_id = :tenant
       AND p.id = coalesce(a.policy_id, (SELECT d.id FROM credit_policy d
                                          WHERE d.tenant_id = :tenant AND d.is_default))
 CROSS JOIN LATERAL (SELECT
       a.receivable + a.unbilled + a.ordered + a.below - a.unapplied - t.secured
       + CASE WHEN p.allow_uncleared THEN 0 ELSE t.uncleared END
       - CASE WHEN p.exclude_disputed THEN a.disputed ELSE 0 END AS exposure) e
 WHERE a.tenant_id = :tenant AND a.id = :account;

-- fn credit_accounts_list() -> list struct credit_account(id i64, version i64, name text?, currency text,
--   credit_limit i64?, limit_from date?, limit_to date?, limit_today i64?, parent_id i64?, reviewer text?,
--   review_date date?, secured_amount i64, secured_kind text?, secured_from date?, secured_to date?,
--   deposit_percent i64, policy_id i64?, ordered i64, unbilled i64, receivable i64, unapplied i64, below i64,
--   uncleared i64, disputed i64, secured i64, exposure i64, headroom i64?, held_orders i64)
-- filter id id cra: a.id
-- filter parent_id id cra: a.parent_id
-- filter policy_id id cpo: a.policy_id
-- filter name text: a.name
-- filter reviewer text: a.reviewer
-- filter review_date date: a.review_date
-- filter limit_to date: a.limit_to
-- filter currency text: a.currency
-- sort id: a.id
SELECT a.id, a.revision, a.name, a.currency, a.credit_limit, a.limit_from, a.limit_to, t.credit_limit, a.parent_id,
       a.reviewer, a.review_date, a.secured, a.secured_kind, a.secured_from, a.secured_to, a.deposit_percent,
       a.policy_id, a.ordered, a.unbilled, a.receivable, a.unapplied, a.below, t.uncleared,
       a.disputed, t.secured, e.exposure,
       t.credit_limit - e.exposure, a.held_orders
  FROM credit_account a
 CROSS JOIN LATERAL (SELECT
       CASE WHEN a.credit_limit IS NULL OR :today BETWEEN coalesce(a.limit_from, :today)
                                                      AND coalesce(a.limit_to, :today)
            THEN a.credit_limit ELSE 0 END AS credit_limit,
       CASE WHEN :today BETWEEN coalesce(a.secured_from, :today) AND coalesce(a.secured_to, :today)
            THEN a.secured ELSE 0 END AS secured,
       CASE WHEN a.uncleared > 0
            THEN a.uncleared - credit_uncleared_passed(a.tenant_id, a.id, :today)
            ELSE 0 END AS uncleared) t
  LEFT JOIN credit_policy p ON p.tenant_id = :tenant
       AND p.id = coalesce(a.policy_id, (SELECT d.id FROM credit_policy d
                                          WHERE d.tenant_id = :tenant AND d.is_default))
 CROSS JOIN LATERAL (SELECT
       a.receivable + a.unbilled + a.ordered + a.below - a.unapplied - t.secured
       + CASE WHEN p.allow_uncleared THEN 0 ELSE t.uncleared END
       - CASE WHEN p.exclude_disputed THEN a.disputed ELSE 0 END AS exposure) e
 WHERE a.tenant_id = :tenant AND :filters;

-- The account is locked; a limit that is named counts as decided.
-- fn credit_account_update(rows a[struct credit_account: id i64, name text?, credit_limit i64?, limit_from date?,
--   limit_to date?, reviewer text?, review_date date?, secured_amount i64, secured_kind text?, secured_from date?,
--   secured_to date?, deposit_percent i64, policy_id i64?], decided bool) -> exec
UPDATE credit_account o
   SET name = a.name, credit_limit = a.credit_limit, limit_from = a.limit_from, limit_to = a.limit_to,
       reviewer = a.reviewer, review_date = a.review_date, secured = a.secured_amount, secured_kind = a.secured_kind,
       secured_from = a.secured_from, secured_to = a.secured_to, deposit_percent = a.deposit_percent,
       policy_id = a.policy_id, approved_at = CASE WHEN :decided THEN :now ELSE o.approved_at END,
       revision = o.revision + 1, version = o.version + 1
  FROM unnest(:a.id, :a.name, :a.credit_limit, :a.limit_from, :a.limit_to, :a.reviewer, :a.review_date,
       :a.secured_amount, :a.secured_kind, :a.secured_from, :a.secured_to, :a.deposit_percent, :a.policy_id)
       AS a(id, name, credit_limit, limit_from, limit_to, reviewer, review_date, secured_amount, secured_kind,
            secured_from, secured_to, deposit_percent, policy_id)
 WHERE o.tenant_id = :tenant AND o.id = a.id;

-- How many levels the account and those below it have.
-- fn credit_account_height(account i64) -> one(height i64)
WITH RECURSIVE tree AS (
    SELECT :account AS id, 1 AS level
    UNION ALL
    SELECT a.id, t.level + 1 FROM tree t
      JOIN credit_account a ON a.tenant_id = :tenant AND a.parent_id = t.id)
SELECT max(level)::bigint FROM tree;

-- The account and those below it, under another parent whose own path is `path`, itself included.
-- fn credit_account_hang(account i64, parent_id i64?, path i64[]) -> exec
WITH RECURSIVE tree AS (
    SELECT a.id, a.ancestors FROM credit_account a WHERE a.tenant_id = :tenant AND a.id = :account
    UNION ALL
    SELECT a.id, a.ancestors FROM tree t
      JOIN credit_account a ON a.tenant_id = :tenant AND a.parent_id = t.id)
UPDATE credit_account a
   SET parent_id = CASE a.id WHEN :account THEN :parent_id ELSE a.parent_id END,
       ancestors = :path || CASE a.id WHEN :account THEN '{}'::bigint[]
                            ELSE t.ancestors[array_position(t.ancestors, :account):] END
  FROM tree t
 WHERE a.tenant_id = :tenant AND a.id = t.id;

-- fn credit_policy_exists(policy i64) -> one(known bool)
SELECT EXISTS (SELECT FROM credit_policy WHERE tenant_id = :tenant AND id = :policy) AS known;

-- ---- who shares an account ----

-- fn credit_join_customer(customer i64) -> maybe(credit_account_id i64, currency text)
SELECT credit_account_id, currency FROM customer WHERE tenant_id = :tenant AND id = :customer FOR NO KEY UPDATE;

-- Is anything of the customer open, or waiting for credit? Their account is locked.
-- fn credit_join_open(customer i64) -> one(open bool)
SELECT EXISTS (SELECT FROM open_item WHERE tenant_id = :tenant AND customer_id = :customer)
    OR EXISTS (SELECT FROM sales_order WHERE tenant_id = :tenant AND customer_id = :customer
                  AND status IN ('draft', 'on_hold', 'confirmed', 'in_fulfillment'))
    OR EXISTS (SELECT FROM sales_order WHERE tenant_id = :tenant AND payer_id = :customer
                  AND status IN ('draft', 'on_hold', 'confirmed', 'in_fulfillment'))
    OR EXISTS (SELECT FROM order_commitment
                WHERE tenant_id = :tenant AND (customer_id = :customer OR payer_id = :customer)
                  AND (ordered <> 0 OR unbilled <> 0))
    OR EXISTS (SELECT FROM invoice WHERE tenant_id = :tenant AND customer_id = :customer AND status = 'draft')
    OR EXISTS (SELECT FROM payment WHERE tenant_id = :tenant AND customer_id = :customer AND clearing = 'pending')
       AS open;

-- fn credit_join_move(customer i64, account i64) -> exec
UPDATE customer SET credit_account_id = :account, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :customer;

-- Both accounts are locked.
-- fn credit_join_left(account i64) -> exec
UPDATE credit_account SET departures = departures + 1, version = version + 1
 WHERE tenant_id = :tenant AND id = :account;

-- ---- what is behind the counters ----

-- Documents of the customers who share the account; of uncleared and disputed also those below.
-- fn exposure_documents(account i64, component text, most i64) -> many(resource text, id i64, number text?,
--   customer_id i64, document_date date, due_date date?, amount i64, count i64, total i64)
WITH RECURSIVE tree AS (
    SELECT :account AS id
    UNION ALL
    SELECT a.id FROM tree t
      JOIN credit_account a ON a.tenant_id = :tenant AND a.parent_id = t.id
     WHERE :component IN ('uncleared', 'disputed')),
who AS (
    SELECT c.id FROM customer c WHERE c.tenant_id = :tenant AND c.credit_account_id = :account),
documents AS (
    SELECT 'invoice' AS resource, i.id, i.number, i.customer_id, i.invoice_date AS document_date, i.due_date,
           o.open_amount::numeric AS amount
      FROM who w
      JOIN open_item o ON o.tenant_id = :tenant AND o.customer_id = w.id AND o.kind = 'invoice'
      JOIN invoice i ON i.tenant_id = :tenant AND i.id = o.id
     WHERE :component = 'receivable'
    UNION ALL
    SELECT 'payment', p.id, p.number, p.customer_id, p.value_date, NULL, o.open_amount
      FROM who w
      JOIN open_item o ON o.tenant_id = :tenant AND o.customer_id = w.id AND o.kind = 'payment'
      JOIN payment p ON p.tenant_id = :tenant AND p.id = o.id
     WHERE :component = 'unapplied'
    UNION ALL
    SELECT 'credit_note', n.id, n.number, n.customer_id, n.credit_note_date, NULL, o.open_amount
      FROM who w
      JOIN open_item o ON o.tenant_id = :tenant AND o.customer_id = w.id AND o.kind = 'credit_note'
      JOIN credit_note n ON n.tenant_id = :tenant AND n.id = o.id
     WHERE :component = 'unapplied'
    UNION ALL
    SELECT 'order', m.id, m.number, m.customer_id, m.order_date, NULL,
           CASE :component WHEN 'ordered' THEN m.ordered ELSE m.unbilled END
      FROM order_commitment m
     WHERE m.tenant_id = :tenant AND (m.customer_id = ANY(ARRAY(SELECT id FROM who)) OR m.payer_id = ANY(ARRAY(SELECT id FROM who)))
       AND m.credit_account_id = :account AND :component IN ('ordered', 'unbilled')
    UNION ALL
    SELECT 'invoice', i.id, i.number, i.customer_id, i.invoice_date, i.due_date, i.gross
      FROM who w
      JOIN invoice i ON i.tenant_id = :tenant AND i.customer_id = w.id AND i.status = 'draft'
     WHERE :component = 'unbilled'
    UNION ALL
    SELECT 'payment', p.id, p.number, p.customer_id, p.value_date, p.clears_on, p.amount
      FROM tree t
      JOIN payment p ON p.tenant_id = :tenant AND p.credit_account_id = t.id AND p.clearing = 'pending'
           AND (p.clears_on IS NULL OR p.clears_on > :today)
     WHERE :component = 'uncleared'
    UNION ALL
    SELECT 'invoice', i.id, i.number, i.customer_id, i.invoice_date, i.due_date, o.disputed
      FROM tree t
      JOIN customer c ON c.tenant_id = :tenant AND c.credit_account_id = t.id
      JOIN open_item o ON o.tenant_id = :tenant AND o.customer_id = c.id AND o.disputed > 0
      JOIN invoice i ON i.tenant_id = :tenant AND i.id = o.id
     WHERE :component = 'disputed')
SELECT d.resource, d.id, d.number, d.customer_id, d.document_date, d.due_date, d.amount::bigint,
       count(*) OVER () AS count, (sum(d.amount) OVER ())::bigint AS total
  FROM documents d
 WHERE d.amount <> 0
 ORDER BY d.amount DESC, d.id LIMIT :most;
