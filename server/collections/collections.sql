-- Dunning levels and promises to pay.
-- include "server/collections/collections.h"
-- include "server/collections/subjects.h"

-- fn collections_select(customer i64) -> maybe struct collections(customer_id i64, version i64,
--   dunning_level i64, since date, source text?, updated_at instant)
SELECT customer_id, version, dunning_level, since, source, updated_at
  FROM customer_collections WHERE tenant_id = :tenant AND customer_id = :customer;

-- The customer's credit account is locked.
-- fn collections_store(customer i64, dunning_level i64, since date, source text?) -> exec
INSERT INTO customer_collections (tenant_id, customer_id, dunning_level, since, source, updated_at)
VALUES (:tenant, :customer, :dunning_level, :since, :source, :now)
    ON CONFLICT (tenant_id, customer_id) DO UPDATE
   SET version = customer_collections.version + 1, dunning_level = excluded.dunning_level,
       since = excluded.since, source = excluded.source, updated_at = excluded.updated_at;

-- fn collections_customer(customer i64) -> maybe(credit_account_id i64, currency text)
SELECT credit_account_id, currency FROM customer WHERE tenant_id = :tenant AND id = :customer;

-- What is open of invoices, and which open promise is about them. Behind the customer's credit
-- account: nobody pays, and nobody promises, meanwhile.
-- fn promise_subjects(invoices i64[]) -> many struct promise_subject(invoice_id i64,
--   customer_id i64, number text?, status text, open_amount i64, promise_id i64?)
SELECT i.id, i.customer_id, i.number, i.status, coalesce(o.open_amount, 0),
       (SELECT min(p.id)
          FROM promise_invoice x
          JOIN promise p ON p.tenant_id = :tenant AND p.id = x.promise_id
               AND p.canceled_at IS NULL AND p.last_day >= :today
          JOIN promise_paid d ON d.tenant_id = :tenant AND d.promise_id = p.id
               AND d.paid < p.amount
         WHERE x.tenant_id = :tenant AND x.invoice_id = i.id)
  FROM invoice i
  LEFT JOIN open_item o ON o.tenant_id = :tenant AND o.id = i.id
 WHERE i.tenant_id = :tenant AND i.id = ANY(:invoices)
 ORDER BY i.id;

-- fn promise_insert(id i64, customer_id i64, currency text, amount i64, due_date date,
--   grace_days i64, channel text?, promised_by text?, notes text?) -> exec
INSERT INTO promise (tenant_id, id, customer_id, currency, amount, due_date, grace_days, last_day,
                     channel, promised_by, notes, created_at, updated_at)
VALUES (:tenant, :id, :customer_id, :currency, :amount, :due_date, :grace_days,
        :due_date + :grace_days::int, :channel, :promised_by, :notes, :now, :now);

-- fn promise_invoices_insert(promise i64, invoices i64[]) -> exec
INSERT INTO promise_invoice (tenant_id, promise_id, invoice_id, prior)
SELECT :tenant, :promise, x.id,
       ARRAY(SELECT a.id FROM allocation a
              WHERE a.tenant_id = :tenant AND a.invoice_id = x.id AND a.source = 'payment'
                AND a.reverses IS NULL)
  FROM unnest(:invoices) AS x(id);

-- fn promise_canceled(id i64, reason text) -> exec
UPDATE promise SET version = version + 1, cancel_reason = :reason, canceled_at = :now,
       updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn promise_customer(id i64) -> maybe(customer_id i64)
SELECT customer_id FROM promise WHERE tenant_id = :tenant AND id = :id;

-- fn promise_select(id i64) -> maybe struct promise_summary(id i64, version i64, customer_id i64,
--   status text, currency text, amount i64, paid i64, due_date date, grace_days i64,
--   channel text?, promised_by text?, notes text?, cancel_reason text?, canceled_at instant?,
--   created_at instant, updated_at instant)
SELECT p.id, p.version, p.customer_id,
       CASE WHEN p.canceled_at IS NOT NULL THEN 'canceled'
            WHEN d.paid >= p.amount THEN 'kept'
            WHEN p.last_day >= :today THEN 'open'
            WHEN d.paid > 0 THEN 'partly_kept'
            ELSE 'broken' END AS status,
       p.currency, p.amount, d.paid, p.due_date, p.grace_days, p.channel, p.promised_by, p.notes,
       p.cancel_reason, p.canceled_at, p.created_at, p.updated_at
  FROM promise p
  JOIN promise_paid d ON d.tenant_id = p.tenant_id AND d.promise_id = p.id
 WHERE p.tenant_id = :tenant AND p.id = :id;

-- fn promise_invoices_select(id i64) -> many struct promise_invoice(invoice_id i64, number text?,
--   open_amount i64)
SELECT i.id, i.number, coalesce(o.open_amount, 0)
  FROM promise_invoice x
  JOIN invoice i ON i.tenant_id = :tenant AND i.id = x.invoice_id
  LEFT JOIN open_item o ON o.tenant_id = :tenant AND o.id = i.id
 WHERE x.tenant_id = :tenant AND x.promise_id = :id
 ORDER BY i.id;

-- fn promises_list() -> list struct promise_summary(id i64, version i64, customer_id i64,
--   status text, currency text, amount i64, paid i64, due_date date, grace_days i64,
--   channel text?, promised_by text?, notes text?, cancel_reason text?, canceled_at instant?,
--   created_at instant, updated_at instant)
-- filter customer_id id cus: p.customer_id
-- filter status text: p.status
-- filter due_date date: p.due_date
-- filter created_at instant: p.created_at
-- sort id: p.id
SELECT p.id, p.version, p.customer_id, p.status, p.currency, p.amount, p.paid, p.due_date,
       p.grace_days, p.channel, p.promised_by, p.notes, p.cancel_reason, p.canceled_at,
       p.created_at, p.updated_at
  FROM (SELECT q.tenant_id, q.id, q.version, q.customer_id, q.currency, q.amount, d.paid,
               q.due_date, q.grace_days, q.channel, q.promised_by, q.notes, q.cancel_reason,
               q.canceled_at, q.created_at, q.updated_at,
               CASE WHEN q.canceled_at IS NOT NULL THEN 'canceled'
                    WHEN d.paid >= q.amount THEN 'kept'
                    WHEN q.last_day >= :today THEN 'open'
                    WHEN d.paid > 0 THEN 'partly_kept'
                    ELSE 'broken' END AS status
          FROM promise q
          JOIN promise_paid d ON d.tenant_id = q.tenant_id AND d.promise_id = q.id) p
 WHERE p.tenant_id = :tenant AND :filters;
