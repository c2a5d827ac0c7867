-- Applications for credit.
-- include "server/credit/applications.h"
-- include "server/credit/application_documents.h"

-- One is open for a customer at most: nothing comes back when there is one already.
-- fn credit_application_insert(rows a[struct credit_application: id i64, customer_id i64, currency text,
--   requested_limit i64, requested_terms_days i64?, order_id i64?, references json, notes text?, score i64,
--   score_parts json]) -> many(id i64)
INSERT INTO credit_application (tenant_id, id, customer_id, status, currency, requested_limit, requested_terms_days,
       order_id, trade_references, notes, score, score_parts, created_at, updated_at)
SELECT :tenant, a.id, a.customer_id, 'open', a.currency, a.requested_limit, a.requested_terms_days, a.order_id,
       a.trade_references, a.notes, a.score, a.score_parts, :now, :now
  FROM unnest(:a.id, :a.customer_id, :a.currency, :a.requested_limit, :a.requested_terms_days, :a.order_id,
       :a.references, :a.notes, :a.score, :a.score_parts)
       AS a(id, customer_id, currency, requested_limit, requested_terms_days, order_id, trade_references, notes, score,
            score_parts)
    ON CONFLICT (tenant_id, customer_id) WHERE status = 'open' DO NOTHING
RETURNING id;

-- fn credit_application_open(customer i64) -> maybe(id i64)
SELECT id FROM credit_application WHERE tenant_id = :tenant AND customer_id = :customer AND status = 'open';

-- fn credit_application_select(application i64) -> one struct credit_application(id i64, version i64, customer_id i64,
--   status text, currency text, requested_limit i64, requested_terms_days i64?, order_id i64?, references json,
--   notes text?, score i64, score_parts json, granted_limit i64?, granted_terms_days i64?, deposit_percent i64?,
--   reason text?, decided_at instant?, decided_by i64?, bureau_status text?, bureau_score i64?,
--   bureau_limit i64?, bureau_reference text?, created_at instant, updated_at instant)
SELECT a.id, a.version, a.customer_id, a.status, a.currency, a.requested_limit, a.requested_terms_days, a.order_id,
       a.trade_references, a.notes, a.score, a.score_parts, a.granted_limit, a.granted_terms_days, a.deposit_percent,
       a.reason, a.decided_at, a.decided_by, b.status, b.score, b.proposed_limit, b.reference, a.created_at,
       a.updated_at
  FROM credit_application a
  LEFT JOIN LATERAL (SELECT r.status, r.score, r.proposed_limit, r.reference
                       FROM bureau_request r
                      WHERE r.tenant_id = :tenant AND r.application_id = a.id
                      ORDER BY r.id DESC LIMIT 1) b ON true
 WHERE a.tenant_id = :tenant AND a.id = :application;

-- fn credit_applications_list() -> list struct credit_application(id i64, version i64, customer_id i64,
--   status text, currency text, requested_limit i64, requested_terms_days i64?, order_id i64?, references json,
--   notes text?, score i64, score_parts json, granted_limit i64?, granted_terms_days i64?, deposit_percent i64?,
--   reason text?, decided_at instant?, decided_by i64?, bureau_status text?, bureau_score i64?,
--   bureau_limit i64?, bureau_reference text?, created_at instant, updated_at instant)
-- filter status text: a.status
-- filter customer_id id cus: a.customer_id
-- filter score i64: a.score
-- filter created_at instant: a.created_at
-- sort id: a.id
SELECT a.id, a.version, a.customer_id, a.status, a.currency, a.requested_limit, a.requested_terms_days, a.order_id,
       a.trade_references, a.notes, a.score, a.score_parts, a.granted_limit, a.granted_terms_days, a.deposit_percent,
       a.reason, a.decided_at, a.decided_by, b.status, b.score, b.proposed_limit, b.reference, a.created_at,
       a.updated_at
  FROM credit_application a
  LEFT JOIN LATERAL (SELECT r.status, r.score, r.proposed_limit, r.reference
                       FROM bureau_request r
                      WHERE r.tenant_id = :tenant AND r.application_id = a.id
                      ORDER BY r.id DESC LIMIT 1) b ON true
 WHERE a.tenant_id = :tenant AND :filters;

-- The customer's account is locked.
-- fn credit_application_lock(application i64) -> one(version i64, status text)
SELECT version, status FROM credit_application WHERE tenant_id = :tenant AND id = :application FOR NO KEY UPDATE;

-- fn credit_application_decided(rows a[struct credit_application: id i64, status text, granted_limit i64?,
--   granted_terms_days i64?, deposit_percent i64?, reason text, decided_by i64?]) -> exec
UPDATE credit_application o
   SET status = a.status, granted_limit = a.granted_limit, granted_terms_days = a.granted_terms_days,
       deposit_percent = a.deposit_percent, reason = a.reason, decided_at = :now, decided_by = a.decided_by,
       version = o.version + 1, updated_at = :now
  FROM unnest(:a.id, :a.status, :a.granted_limit, :a.granted_terms_days, :a.deposit_percent, :a.reason, :a.decided_by)
       AS a(id, status, granted_limit, granted_terms_days, deposit_percent, reason, decided_by)
 WHERE o.tenant_id = :tenant AND o.id = a.id;

-- What was granted, where it holds. The account is locked.
-- fn credit_application_grant(account i64, credit_limit i64, deposit_percent i64) -> exec
UPDATE credit_account SET credit_limit = :credit_limit, deposit_percent = :deposit_percent, limit_from = NULL,
       limit_to = NULL, approved_at = :now, revision = revision + 1, version = version + 1
 WHERE tenant_id = :tenant AND id = :account;

-- fn credit_application_terms(customer i64, days i64) -> exec
UPDATE customer SET payment_terms_days = :days, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :customer AND payment_terms_days <> :days;

-- fn credit_application_customer(customer i64) -> maybe(credit_account_id i64, currency text, payment_terms_days i64)
SELECT credit_account_id, currency, payment_terms_days FROM customer WHERE tenant_id = :tenant AND id = :customer;

-- How the customer has paid: an invoice is late from its due date to the day of its last payment, or until today.
-- fn credit_behavior_of(customer i64) -> one(invoices i64, late_days i64, owed i64, overdue i64, volume i64, age_days i64)
SELECT count(i.id), coalesce(avg(greatest(coalesce(p.paid, :today) - i.due_date, 0)) * 1000000, 0)::bigint AS late_days,
       coalesce(sum(o.open_amount), 0)::bigint AS owed,
       coalesce(sum(o.open_amount) FILTER (WHERE i.due_date < :today), 0)::bigint AS overdue,
       coalesce(sum(i.gross) FILTER (WHERE i.invoice_date > :today - 365), 0)::bigint AS volume,
       coalesce(:today - (SELECT s.order_date FROM sales_order s
                           WHERE s.tenant_id = :tenant AND s.customer_id = :customer ORDER BY s.id LIMIT 1), 0)::bigint
           AS age_days
  FROM invoice i
  LEFT JOIN open_item o ON o.tenant_id = :tenant AND o.id = i.id
  LEFT JOIN LATERAL (SELECT max(a.effective_date) AS paid FROM allocation a
                      WHERE a.tenant_id = :tenant AND a.invoice_id = i.id AND o.id IS NULL) p ON true
 WHERE i.tenant_id = :tenant AND i.customer_id = :customer AND i.status IN ('finalized', 'partially_paid', 'paid');

-- ---- documents ----

-- fn credit_documents_of(application i64) -> many struct credit_document(id i64, credit_application_id i64, kind text,
--   file_name text, media_type text, size i64, sha256 text, created_at instant)
SELECT id, application_id, kind, file_name, media_type, size, encode(sha256, 'hex') AS sha256, created_at
  FROM credit_application_document
 WHERE tenant_id = :tenant AND application_id = :application
 ORDER BY id;

-- fn credit_document_insert(id i64, application i64, kind text, file_name text, media_type text, sha256 bytes,
--   size i64) -> exec
INSERT INTO credit_application_document (tenant_id, id, application_id, kind, file_name, media_type, sha256, size,
       created_at)
VALUES (:tenant, :id, :application, :kind, :file_name, :media_type, :sha256, :size, :now);

-- fn credit_document_content(application i64, id i64) -> one(file_name text, media_type text, sha256 bytes,
--   content bytes)
SELECT d.file_name, d.media_type, d.sha256, c.content
  FROM credit_application_document d
  JOIN document_content c ON c.tenant_id = d.tenant_id AND c.sha256 = d.sha256
 WHERE d.tenant_id = :tenant AND d.application_id = :application AND d.id = :id;

-- Is the bureau being asked? The application is locked.
-- fn credit_application_asks(application i64) -> one(open bool)
SELECT EXISTS (SELECT FROM bureau_request
                WHERE tenant_id = :tenant AND application_id = :application AND next_try_at IS NOT NULL) AS open;

-- fn credit_application_known(application i64) -> one(id i64)
SELECT id FROM credit_application WHERE tenant_id = :tenant AND id = :application;
