-- Payments, allocations of payments and credit notes, refunds.
-- include "server/cash/cash.h"
-- include "server/cash/apply.h"
-- include "server/api/external_id.h"

-- Which of these external ids are taken? Sorted by bytes, each one probe of the unique index: the
-- first external id that is not below it, taken when it is the same.
-- fn payments_by_external_id(external_ids text[])
--   -> many struct external_id_holder(id i64, external_id text)
SELECT p.id, p.external_id
  FROM unnest(:external_ids) AS x(external_id) CROSS JOIN LATERAL (
       SELECT id, external_id FROM payment
        WHERE tenant_id = :tenant AND external_id >= x.external_id
        ORDER BY external_id LIMIT 1) p
 WHERE p.external_id = x.external_id
 ORDER BY p.external_id COLLATE "C";

-- What never changes: read without a lock, to lock the credit account first.
-- fn payment_peek(id i64) -> one(credit_account_id i64)
SELECT credit_account_id FROM payment WHERE tenant_id = :tenant AND id = :id;

-- The status follows from the amounts: payment_status().
-- fn payment_lock(id i64) -> one struct payment_summary(id i64, version i64, external_id text?,
--   number text, customer_id i64, method text, currency text, amount i64,
--   allocated i64, refunded i64, unapplied i64, value_date date, reference text?, notes text?,
--   metadata json, clearing text, clears_on date?, return_reason text?, returned_at instant?,
--   created_at instant, updated_at instant)
SELECT p.id, p.version, p.external_id, p.number, p.customer_id, p.method, p.currency, p.amount,
       p.amount - p.refunded - p.unapplied AS allocated, p.refunded, p.unapplied, p.value_date,
       p.reference, p.notes, p.metadata,
       CASE WHEN p.clears_on <= :today AND p.clearing = 'pending' THEN 'cleared'
            ELSE p.clearing END AS clearing,
       p.clears_on, p.return_reason, p.returned_at, p.created_at, p.updated_at
  FROM payment p
 WHERE p.tenant_id = :tenant AND p.id = :id
   FOR NO KEY UPDATE;

-- fn payment_select(id i64) -> one struct payment_summary(id i64, version i64, external_id text?,
--   number text, customer_id i64, method text, currency text, amount i64,
--   allocated i64, refunded i64, unapplied i64, value_date date, reference text?, notes text?,
--   metadata json, clearing text, clears_on date?, return_reason text?, returned_at instant?,
--   created_at instant, updated_at instant)
SELECT p.id, p.version, p.external_id, p.number, p.customer_id, p.method, p.currency, p.amount,
       p.amount - p.refunded - p.unapplied AS allocated, p.refunded, p.unapplied, p.value_date,
       p.reference, p.notes, p.metadata,
       CASE WHEN p.clears_on <= :today AND p.clearing = 'pending' THEN 'cleared'
            ELSE p.clearing END AS clearing,
       p.clears_on, p.return_reason, p.returned_at, p.created_at, p.updated_at
  FROM payment p
 WHERE p.tenant_id = :tenant AND p.id = :id;

-- fn payments_list() -> list struct payment_summary(id i64, version i64, external_id text?,
--   number text, customer_id i64, status text, method text, currency text, amount i64,
--   allocated i64, refunded i64, unapplied i64, value_date date, reference text?, notes text?,
--   metadata json, clearing text, clears_on date?, return_reason text?, returned_at instant?,
--   created_at instant, updated_at instant)
-- filter id id pay: p.id
-- filter external_id text: p.external_id
-- filter number text: p.number
-- filter customer_id id cus: p.customer_id
-- filter status text: p.status
-- filter method text: p.method
-- filter currency text: p.currency
-- filter value_date date: p.value_date
-- filter clearing text: p.clearing
-- filter clears_on date: p.clears_on
-- filter reference text: p.reference
-- filter created_at instant: p.created_at
-- filter updated_at instant: p.updated_at
-- sort id: p.id
-- sort number: p.number
SELECT p.id, p.version, p.external_id, p.number, p.customer_id, p.status, p.method, p.currency,
       p.amount, p.amount - p.refunded - p.unapplied AS allocated, p.refunded, p.unapplied,
       p.value_date, p.reference, p.notes, p.metadata, p.clearing, p.clears_on, p.return_reason,
       p.returned_at, p.created_at, p.updated_at
  FROM (SELECT tenant_id, id, version, external_id, number, customer_id, method, currency, amount,
               refunded, unapplied, value_date, reference, notes, metadata, clears_on,
               return_reason, returned_at, created_at, updated_at,
               CASE WHEN clears_on <= :today AND clearing = 'pending' THEN 'cleared'
                    ELSE clearing END AS clearing,
               CASE WHEN clearing = 'returned' THEN 'returned'
                    WHEN refunded = amount THEN 'refunded'
                       WHEN unapplied = 0 THEN 'allocated'
                       WHEN unapplied + refunded = amount THEN 'unallocated'
                       ELSE 'partly_allocated' END AS status
          FROM payment) p
 WHERE p.tenant_id = :tenant AND :filters;

-- fn payments_insert(rows p[id i64, external_id text?, number text, customer_id i64,
--   credit_account_id i64, method text, currency text, amount i64, unapplied i64, value_date date,
--   reference text?, notes text?, metadata json, clearing text, clears_on date?]) -> exec
INSERT INTO payment (tenant_id, id, external_id, number, customer_id, credit_account_id, method,
                     currency, amount, unapplied, value_date, reference, notes, metadata, clearing,
                     clears_on, created_at, updated_at)
SELECT :tenant, p.id, p.external_id, p.number, p.customer_id, p.credit_account_id, p.method,
       p.currency, p.amount, p.unapplied, p.value_date, p.reference, p.notes, p.metadata,
       p.clearing, p.clears_on, :now, :now
  FROM unnest(:p.id, :p.external_id, :p.number, :p.customer_id, :p.credit_account_id, :p.method,
              :p.currency, :p.amount, :p.unapplied, :p.value_date, :p.reference, :p.notes,
              :p.metadata, :p.clearing, :p.clears_on)
       AS p(id, external_id, number, customer_id, credit_account_id, method, currency, amount,
            unapplied, value_date, reference, notes, metadata, clearing, clears_on);

-- Does it still count as uncleared? The credit account is locked, so this holds still.
-- fn payment_clearing(id i64) -> many(pending bool)
SELECT clearing = 'pending' AS pending FROM payment WHERE tenant_id = :tenant AND id = :id;

-- The payments are locked, or their credit accounts.
-- fn payments_cleared(ids i64[]) -> exec
UPDATE payment SET clearing = 'cleared', version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = ANY(:ids);

-- fn payment_returned(id i64, reason text) -> exec
UPDATE payment
   SET clearing = 'returned', return_reason = :reason, returned_at = :now, version = version + 1,
       unapplied = 0, refunded = amount, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- What of it is applied now: its allocations that were not taken back.
-- fn allocations_living(source_id i64) -> many(id i64, invoice_id i64, amount i64,
--   effective_date date)
SELECT a.id, a.invoice_id, a.amount, a.effective_date
  FROM allocation a
 WHERE a.tenant_id = :tenant AND a.source_id = :source_id AND a.reverses IS NULL
   AND NOT EXISTS (SELECT FROM allocation r WHERE r.tenant_id = :tenant AND r.reverses = a.id)
 ORDER BY a.id;

-- Payments that have cleared by the clock and still count as uncleared, the oldest first, with the
-- day that it is where their books are kept.
-- fn payments_overdue(most i64) -> many(id i64, credit_account_id i64, today date)
SELECT p.id, p.credit_account_id, d.today
  FROM payment p
  JOIN tenant t ON t.tenant_id = p.tenant_id
 CROSS JOIN LATERAL (SELECT (:now AT TIME ZONE t.time_zone)::date AS today) d
 WHERE p.tenant_id = :tenant AND p.clearing = 'pending' AND p.clears_on <= d.today
 ORDER BY p.id LIMIT :most;

-- fn payments_pending_lock(ids i64[]) -> many(id i64, credit_account_id i64, amount i64)
SELECT id, credit_account_id, amount FROM payment
 WHERE tenant_id = :tenant AND id = ANY(:ids) AND clearing = 'pending'
 ORDER BY id FOR NO KEY UPDATE;

-- The payment is locked; the table's check refuses to go below zero all the same.
-- fn payment_move(id i64, unapplied i64, refunded i64) -> exec
UPDATE payment
   SET version = version + 1, unapplied = unapplied + :unapplied, refunded = refunded + :refunded,
       updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- The oldest open invoices of customers, at most so many of each. Their credit accounts are locked,
-- so nothing moves between here and the locks of the invoices. A customer keeps its currency.
-- fn oldest_open_select(rows w[customer_id i64, most i64])
--   -> many struct oldest_open(customer_id i64, id i64, open_amount i64)
SELECT o.customer_id, o.id, o.open_amount
  FROM unnest(:w.customer_id, :w.most) AS w(customer_id, most) CROSS JOIN LATERAL (
       SELECT customer_id, due_date, id, open_amount FROM open_item
        WHERE tenant_id = :tenant AND customer_id = w.customer_id AND kind = 'invoice'
        ORDER BY due_date, id LIMIT w.most) o
 ORDER BY o.customer_id, o.due_date, o.id;

-- fn allocation_of(id i64) -> one(source text, source_id i64, invoice_id i64, amount i64,
--   reverses i64?, effective_date date)
SELECT source, source_id, invoice_id, amount, reverses, effective_date
  FROM allocation
 WHERE tenant_id = :tenant AND id = :id;

-- The last day on which something that the source paid was taken back.
-- fn source_taken_back(source_id i64) -> many(last date?)
SELECT max(effective_date) AS last
  FROM allocation
 WHERE tenant_id = :tenant AND source_id = :source_id AND reverses IS NOT NULL;

-- The same of invoices, where there is one.
-- fn invoices_taken_back(invoices i64[]) -> many struct taken_back(invoice_id i64, last date)
SELECT invoice_id, max(effective_date) AS last
  FROM allocation
 WHERE tenant_id = :tenant AND invoice_id = ANY(:invoices) AND reverses IS NOT NULL
 GROUP BY invoice_id
 ORDER BY invoice_id;

-- fn allocations_reversing(id i64) -> many(id i64)
SELECT id FROM allocation WHERE tenant_id = :tenant AND reverses = :id;

-- fn allocation_select(id i64) -> one struct allocation(id i64, source text, payment_id i64?,
--   credit_note_id i64?, customer_id i64, invoice_id i64, invoice_number text?, currency text,
--   amount i64, reverses i64?, reversed_by i64?, reason text?, effective_date date,
--   recorded_at instant)
SELECT a.id, a.source, CASE WHEN a.source = 'payment' THEN a.source_id END AS payment_id,
       CASE WHEN a.source = 'credit_note' THEN a.source_id END AS credit_note_id, i.customer_id,
       a.invoice_id, i.number AS invoice_number, i.currency, a.amount, a.reverses,
       r.id AS reversed_by, a.reason, a.effective_date, a.recorded_at
  FROM allocation a
  JOIN invoice i ON i.tenant_id = a.tenant_id AND i.id = a.invoice_id
  LEFT JOIN allocation r ON r.tenant_id = a.tenant_id AND r.reverses = a.id
 WHERE a.tenant_id = :tenant AND a.id = :id;

-- fn allocations_of_source(source_id i64) -> many struct allocation(id i64, source text,
--   payment_id i64?, credit_note_id i64?, customer_id i64, invoice_id i64, invoice_number text?,
--   currency text, amount i64, reverses i64?, reversed_by i64?, reason text?, effective_date date,
--   recorded_at instant)
SELECT a.id, a.source, CASE WHEN a.source = 'payment' THEN a.source_id END AS payment_id,
       CASE WHEN a.source = 'credit_note' THEN a.source_id END AS credit_note_id, i.customer_id,
       a.invoice_id, i.number AS invoice_number, i.currency, a.amount, a.reverses,
       r.id AS reversed_by, a.reason, a.effective_date, a.recorded_at
  FROM allocation a
  JOIN invoice i ON i.tenant_id = a.tenant_id AND i.id = a.invoice_id
  LEFT JOIN allocation r ON r.tenant_id = a.tenant_id AND r.reverses = a.id
 WHERE a.tenant_id = :tenant AND a.source_id = :source_id
 ORDER BY a.id;

-- fn allocations_list() -> list struct allocation(id i64, source text, payment_id i64?,
--   credit_note_id i64?, customer_id i64, invoice_id i64, invoice_number text?, currency text,
--   amount i64, reverses i64?, reversed_by i64?, reason text?, effective_date date,
--   recorded_at instant)
-- filter id id alc: a.id
-- filter source text: a.source
-- filter payment_id id pay: a.source_id
-- filter credit_note_id id crn: a.source_id
-- filter customer_id id cus: i.customer_id
-- filter invoice_id id inv: a.invoice_id
-- filter reverses id alc: a.reverses
-- filter effective_date date: a.effective_date
-- filter recorded_at instant: a.recorded_at
-- sort id: a.id
SELECT a.id, a.source, CASE WHEN a.source = 'payment' THEN a.source_id END AS payment_id,
       CASE WHEN a.source = 'credit_note' THEN a.source_id END AS credit_note_id, i.customer_id,
       a.invoice_id, i.number AS invoice_number, i.currency, a.amount, a.reverses,
       r.id AS reversed_by, a.reason, a.effective_date, a.recorded_at
  FROM allocation a
  JOIN invoice i ON i.tenant_id = a.tenant_id AND i.id = a.invoice_id
  LEFT JOIN allocation r ON r.tenant_id = a.tenant_id AND r.reverses = a.id
 WHERE a.tenant_id = :tenant AND :filters;

-- fn refunds_by_external_id(external_id text) -> many(id i64)
SELECT id FROM refund WHERE tenant_id = :tenant AND external_id = :external_id;

-- fn refund_insert(id i64, external_id text?, source text, source_id i64, customer_id i64,
--   method text, currency text, amount i64, value_date date, reference text?,
--   returned bool) -> exec
INSERT INTO refund (tenant_id, id, external_id, source, source_id, customer_id, method, currency,
                    amount, value_date, reference, returned, created_at)
VALUES (:tenant, :id, :external_id, :source, :source_id, :customer_id, :method, :currency,
        :amount, :value_date, :reference, :returned, :now);

-- fn refund_select(id i64) -> one struct refund(id i64, external_id text?, source text,
--   payment_id i64?, credit_note_id i64?, customer_id i64, method text, currency text, amount i64,
--   value_date date, reference text?, returned bool, created_at instant)
SELECT r.id, r.external_id, r.source,
       CASE WHEN r.source = 'payment' THEN r.source_id END AS payment_id,
       CASE WHEN r.source = 'credit_note' THEN r.source_id END AS credit_note_id, r.customer_id,
       r.method, r.currency, r.amount, r.value_date, r.reference, r.returned, r.created_at
  FROM refund r
 WHERE r.tenant_id = :tenant AND r.id = :id;

-- fn refunds_list() -> list struct refund(id i64, external_id text?, source text,
--   payment_id i64?, credit_note_id i64?, customer_id i64, method text, currency text, amount i64,
--   value_date date, reference text?, returned bool, created_at instant)
-- filter id id rfd: r.id
-- filter external_id text: r.external_id
-- filter source text: r.source
-- filter payment_id id pay: r.source_id
-- filter credit_note_id id crn: r.source_id
-- filter customer_id id cus: r.customer_id
-- filter method text: r.method
-- filter value_date date: r.value_date
-- filter returned bool: r.returned
-- filter created_at instant: r.created_at
-- sort id: r.id
SELECT r.id, r.external_id, r.source,
       CASE WHEN r.source = 'payment' THEN r.source_id END AS payment_id,
       CASE WHEN r.source = 'credit_note' THEN r.source_id END AS credit_note_id, r.customer_id,
       r.method, r.currency, r.amount, r.value_date, r.reference, r.returned, r.created_at
  FROM refund r
 WHERE r.tenant_id = :tenant AND :filters;
