-- Credit accounts. Locks are taken roots first, then by depth and id: whoever holds a root holds its
-- tree. An account is locked with all above it.
-- include "server/credit/credit.h"

-- A limit counts on its days only, collateral too.
-- fn credit_lock_rows(accounts i64[]) -> many struct credit_facts(id i64, parent_id i64?,
--   currency text, credit_limit i64?, ordered i64, unbilled i64, receivable i64, unapplied i64,
--   below i64, held_orders i64, uncleared i64, disputed i64, secured i64, deposit_percent i64,
--   policy_id i64?, undecided bool, review_date date?, departures i64)
SELECT a.id, a.parent_id, a.currency,
       CASE WHEN a.credit_limit IS NULL OR :today BETWEEN coalesce(a.limit_from, :today)
                                                      AND coalesce(a.limit_to, :today)
            THEN a.credit_limit ELSE 0 END,
       a.ordered, a.unbilled, a.receivable, a.unapplied, a.below, a.held_orders, a.uncleared,
       a.disputed,
       CASE WHEN :today BETWEEN coalesce(a.secured_from, :today) AND coalesce(a.secured_to, :today)
            THEN a.secured ELSE 0 END,
       a.deposit_percent,
       coalesce(a.policy_id, (SELECT p.id FROM credit_policy p
                               WHERE p.tenant_id = :tenant AND p.is_default)),
       a.credit_limit IS NULL AND a.approved_at IS NULL, a.review_date, a.departures
  FROM credit_account a
 WHERE a.tenant_id = :tenant
   AND a.id = ANY(ARRAY(SELECT unnest(x.ancestors || x.id) FROM credit_account x
                         WHERE x.tenant_id = :tenant AND x.id = ANY(:accounts)))
 ORDER BY cardinality(a.ancestors), a.id FOR NO KEY UPDATE;

-- fn credit_lock_by_customers(customers i64[]) -> many struct credit_facts(id i64, parent_id i64?,
--   held_orders i64)
SELECT a.id, a.parent_id, a.held_orders FROM credit_account a
 WHERE a.tenant_id = :tenant
   AND a.id = ANY(ARRAY(SELECT unnest(x.ancestors || x.id)
                          FROM customer c
                          JOIN credit_account x ON x.tenant_id = :tenant
                               AND x.id = c.credit_account_id
                         WHERE c.tenant_id = :tenant AND c.id = ANY(:customers)))
 ORDER BY cardinality(a.ancestors), a.id FOR NO KEY UPDATE;

-- fn credit_lock_by_orders(orders i64[]) -> many struct credit_facts(id i64, parent_id i64?,
--   held_orders i64, policy_id i64?)
SELECT a.id, a.parent_id, a.held_orders,
       coalesce(a.policy_id, (SELECT p.id FROM credit_policy p
                               WHERE p.tenant_id = :tenant AND p.is_default))
  FROM credit_account a
 WHERE a.tenant_id = :tenant
   AND a.id = ANY(ARRAY(SELECT unnest(x.ancestors || x.id)
                          FROM sales_order o
                          JOIN credit_account x ON x.tenant_id = :tenant
                               AND x.id = o.credit_account_id
                         WHERE o.tenant_id = :tenant AND o.id = ANY(:orders)))
 ORDER BY cardinality(a.ancestors), a.id FOR NO KEY UPDATE;

-- fn credit_lock_by_orders_and_customers(orders i64[], customers i64[])
--   -> many struct credit_facts(id i64, parent_id i64?, held_orders i64, policy_id i64?)
SELECT a.id, a.parent_id, a.held_orders,
       coalesce(a.policy_id, (SELECT p.id FROM credit_policy p
                               WHERE p.tenant_id = :tenant AND p.is_default))
  FROM credit_account a
 WHERE a.tenant_id = :tenant
   AND a.id = ANY(ARRAY(SELECT unnest(x.ancestors || x.id)
                          FROM (SELECT credit_account_id AS id FROM sales_order
                                 WHERE tenant_id = :tenant AND id = ANY(:orders)
                                 UNION
                                SELECT credit_account_id FROM customer
                                 WHERE tenant_id = :tenant AND id = ANY(:customers)) w
                          JOIN credit_account x ON x.tenant_id = :tenant AND x.id = w.id))
 ORDER BY cardinality(a.ancestors), a.id FOR NO KEY UPDATE;

-- fn credit_lock_by_invoices(invoices i64[]) -> many struct credit_facts(id i64, parent_id i64?,
--   held_orders i64)
SELECT a.id, a.parent_id, a.held_orders FROM credit_account a
 WHERE a.tenant_id = :tenant
   AND a.id = ANY(ARRAY(SELECT unnest(x.ancestors || x.id)
                          FROM invoice i
                          JOIN credit_account x ON x.tenant_id = :tenant
                               AND x.id = i.credit_account_id
                         WHERE i.tenant_id = :tenant AND i.id = ANY(:invoices)))
 ORDER BY cardinality(a.ancestors), a.id FOR NO KEY UPDATE;

-- The rows are locked already, so their order here does not matter.
-- fn credit_move(rows d[struct credit_delta: account i64, ordered i64, unbilled i64,
--   receivable i64, unapplied i64, uncleared i64, disputed i64, below i64, held i64]) -> exec
UPDATE credit_account a
   SET ordered = a.ordered + d.ordered, unbilled = a.unbilled + d.unbilled,
       receivable = a.receivable + d.receivable, unapplied = a.unapplied + d.unapplied,
       uncleared = a.uncleared + d.uncleared, disputed = a.disputed + d.disputed,
       below = a.below + d.below, held_orders = a.held_orders + d.held, version = a.version + 1
  FROM unnest(:d.account, :d.ordered, :d.unbilled, :d.receivable, :d.unapplied, :d.uncleared,
              :d.disputed, :d.below, :d.held)
       AS d(account, ordered, unbilled, receivable, unapplied, uncleared, disputed, below, held)
 WHERE a.tenant_id = :tenant AND a.id = d.account;

-- Of pending payments, here and below: what has cleared by the clock, and of the account's own that
-- have not, what is unapplied.
-- fn credit_clearings(accounts i64[]) -> many(account i64, passed i64, unapplied i64)
SELECT x.id AS account, credit_uncleared_passed(:tenant, x.id, :today) AS passed,
       (SELECT coalesce(sum(p.unapplied), 0)::bigint FROM payment p
         WHERE p.tenant_id = :tenant AND p.credit_account_id = x.id AND p.clearing = 'pending'
           AND (p.clears_on IS NULL OR p.clears_on > :today)) AS unapplied
  FROM unnest(:accounts) AS x(id);

-- Ids grow with time: the oldest orders come first.
-- fn credit_blocked(roots i64[], most i64) -> many struct blocked_order(order_id i64, account i64,
--   root i64)
WITH RECURSIVE tree AS (
    SELECT r.id, r.id AS root FROM unnest(:roots) AS r(id)
    UNION ALL
    SELECT a.id, t.root FROM tree t
      JOIN credit_account a ON a.tenant_id = :tenant AND a.parent_id = t.id)
SELECT DISTINCT ON (b.order_id) b.order_id, b.credit_account_id, t.root
  FROM tree t
  JOIN blocked_order b ON b.tenant_id = :tenant AND b.credit_account_id = t.id
 ORDER BY b.order_id LIMIT :most;

-- Leaves a note that orders may go on in the trees of these roots.
-- fn credit_room_insert(rows r[root i64, mark i64]) -> exec
INSERT INTO credit_room AS c (tenant_id, credit_account_id, mark)
SELECT :tenant, r.root, r.mark FROM unnest(:r.root, :r.mark) AS r(root, mark) ORDER BY r.root
    ON CONFLICT (tenant_id, credit_account_id) DO UPDATE SET mark = excluded.mark;

-- fn credit_room_load(most i64) -> many struct credit_room_note(root i64, mark i64)
SELECT credit_account_id, mark FROM credit_room
 WHERE tenant_id = :tenant
 ORDER BY credit_account_id LIMIT :most;

-- Those that were not marked anew since they were read; whoever marks one just now is left alone.
-- fn credit_room_delete(rows r[struct credit_room_note: root i64, mark i64]) -> exec
WITH done AS (
    SELECT c.credit_account_id AS root
      FROM unnest(:r.root, :r.mark) AS r(root, mark)
      JOIN credit_room c ON c.tenant_id = :tenant AND c.credit_account_id = r.root
           AND c.mark = r.mark
       FOR UPDATE OF c SKIP LOCKED)
DELETE FROM credit_room c USING done d
 WHERE c.tenant_id = :tenant AND c.credit_account_id = d.root;

-- fn credit_block_rows(rows b[struct blocked_key: account i64, order_id i64]) -> exec
INSERT INTO blocked_order (tenant_id, credit_account_id, order_id, blocked_at)
SELECT :tenant, b.account, b.order_id, :now
  FROM unnest(:b.account, :b.order_id) AS b(account, order_id);

-- fn credit_unblock_rows(rows b[struct blocked_key: account i64, order_id i64]) -> exec
DELETE FROM blocked_order o
 USING unnest(:b.account, :b.order_id) AS b(account, order_id)
 WHERE o.tenant_id = :tenant AND o.credit_account_id = b.account AND o.order_id = b.order_id;

-- The open invoices of the customers who share the account.
-- fn credit_dues_select(account i64)
--   -> many struct credit_due(due_date date, amount i64, disputed i64)
SELECT i.due_date, i.open_amount, i.disputed
  FROM customer c
  JOIN open_item i ON i.tenant_id = :tenant AND i.customer_id = c.id AND i.kind = 'invoice'
 WHERE c.tenant_id = :tenant AND c.credit_account_id = :account
 ORDER BY i.due_date;

-- fn credit_clearing_days_select(account i64)
--   -> many struct credit_clearing(clears_on date, amount i64, unapplied i64)
WITH RECURSIVE tree AS (
    SELECT :account AS id
    UNION ALL
    SELECT a.id FROM tree t
      JOIN credit_account a ON a.tenant_id = :tenant AND a.parent_id = t.id)
SELECT p.clears_on, p.amount, CASE t.id WHEN :account THEN p.unapplied ELSE 0 END
  FROM tree t
  JOIN payment p ON p.tenant_id = :tenant AND p.credit_account_id = t.id AND p.clearing = 'pending'
       AND p.clears_on > :today
 ORDER BY p.clears_on;

-- fn credit_of_customer(customer i64) -> one(id i64)
SELECT credit_account_id FROM customer WHERE tenant_id = :tenant AND id = :customer;
