-- Credit accounts. Locks are taken in the order of the account's id.
-- include "server/credit/credit.h"

-- fn credit_lock(accounts i64[]) -> many struct credit_facts(id i64, credit_limit i64?, ordered i64,
--   unbilled i64, receivable i64, unapplied i64)
SELECT id, credit_limit, ordered, unbilled, receivable, unapplied
  FROM credit_account WHERE tenant_id = :tenant AND id = ANY(:accounts)
 ORDER BY id FOR NO KEY UPDATE;

-- fn credit_lock_by_customers(customers i64[]) -> many(locked i64)
SELECT count(*) FROM (
    SELECT id FROM credit_account
     WHERE tenant_id = :tenant
       AND id = ANY(ARRAY(SELECT credit_account_id FROM customer
                           WHERE tenant_id = :tenant AND id = ANY(:customers)))
     ORDER BY id FOR NO KEY UPDATE) a;

-- fn credit_lock_by_orders(orders i64[]) -> many(locked i64)
SELECT count(*) FROM (
    SELECT id FROM credit_account
     WHERE tenant_id = :tenant
       AND id = ANY(ARRAY(SELECT credit_account_id FROM sales_order
                           WHERE tenant_id = :tenant AND id = ANY(:orders)))
     ORDER BY id FOR NO KEY UPDATE) a;

-- fn credit_lock_by_orders_and_customers(orders i64[], customers i64[]) -> many(locked i64)
SELECT count(*) FROM (
    SELECT id FROM credit_account
     WHERE tenant_id = :tenant
       AND id = ANY(ARRAY(SELECT credit_account_id FROM sales_order
                           WHERE tenant_id = :tenant AND id = ANY(:orders)
                           UNION
                          SELECT credit_account_id FROM customer
                           WHERE tenant_id = :tenant AND id = ANY(:customers)))
     ORDER BY id FOR NO KEY UPDATE) a;

-- fn credit_lock_by_invoices(invoices i64[]) -> many(locked i64)
SELECT count(*) FROM (
    SELECT id FROM credit_account
     WHERE tenant_id = :tenant
       AND id = ANY(ARRAY(SELECT credit_account_id FROM invoice
                           WHERE tenant_id = :tenant AND id = ANY(:invoices)))
     ORDER BY id FOR NO KEY UPDATE) a;

-- The rows are locked already, so their order here does not matter.
-- fn credit_move(rows d[struct credit_delta: account i64, ordered i64, unbilled i64,
--   receivable i64, unapplied i64]) -> exec
UPDATE credit_account a
   SET ordered = a.ordered + d.ordered, unbilled = a.unbilled + d.unbilled,
       receivable = a.receivable + d.receivable, unapplied = a.unapplied + d.unapplied,
       version = a.version + 1
  FROM unnest(:d.account, :d.ordered, :d.unbilled, :d.receivable, :d.unapplied)
       AS d(account, ordered, unbilled, receivable, unapplied)
 WHERE a.tenant_id = :tenant AND a.id = d.account;

-- fn credit_of_customer(customer i64) -> one(currency text, id i64, credit_limit i64?, ordered i64,
--   unbilled i64, receivable i64, unapplied i64)
SELECT a.currency, a.id, a.credit_limit, a.ordered, a.unbilled, a.receivable, a.unapplied
  FROM customer c JOIN credit_account a ON a.tenant_id = c.tenant_id AND a.id = c.credit_account_id
 WHERE c.tenant_id = :tenant AND c.id = :customer;
