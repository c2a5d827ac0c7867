-- Questions to a credit bureau.
-- include "server/credit/bureau.h"

-- The application is locked.
-- fn bureau_insert(id i64, application i64, asked_by i64?) -> exec
INSERT INTO bureau_request (tenant_id, id, application_id, status, next_try_at, asked_at, asked_by, updated_at)
VALUES (:tenant, :id, :application, 'asked', :now, :now, :asked_by, :now);

-- The last one of the application.
-- fn bureau_last(application i64) -> maybe struct bureau_request(id i64, credit_application_id i64, status text,
--   tries i64, next_try_at instant?, score i64?, currency text, proposed_limit i64?, reference text?, reason text?,
--   asked_at instant, updated_at instant)
SELECT r.id, r.application_id, r.status, r.tries, r.next_try_at, r.score, a.currency, r.proposed_limit, r.reference,
       r.reason, r.asked_at, r.updated_at
  FROM bureau_request r
  JOIN credit_application a ON a.tenant_id = :tenant AND a.id = r.application_id
 WHERE r.tenant_id = :tenant AND r.application_id = :application
 ORDER BY r.id DESC LIMIT 1;

-- Of all tenants, each with the day that it is there.
-- fn bureau_find_due(most i64) -> many struct bureau_due(tenant i64, id i64, today date)
SELECT r.tenant_id, r.id, (:now AT TIME ZONE t.time_zone)::date
  FROM bureau_request r
  JOIN tenant t ON t.tenant_id = r.tenant_id
 WHERE r.next_try_at IS NOT NULL AND r.next_try_at <= :now
 ORDER BY r.next_try_at LIMIT :most;

-- None when another worker has it, or when nobody asks it any more.
-- fn bureau_claim_row(id i64) -> maybe(application_id i64, tries i64)
SELECT application_id, tries FROM bureau_request
 WHERE tenant_id = :tenant AND id = :id AND next_try_at <= :now
   FOR NO KEY UPDATE SKIP LOCKED;

-- fn bureau_tried(id i64, again instant) -> exec
UPDATE bureau_request SET tries = tries + 1, next_try_at = :again, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn bureau_subject(application i64) -> one struct bureau_question(application_id i64, name text, legal_name text?,
--   tax_id text?, currency text, requested_limit i64)
SELECT a.id, c.name, c.legal_name, c.tax_id, a.currency, a.requested_limit
  FROM credit_application a
  JOIN customer c ON c.tenant_id = :tenant AND c.id = a.customer_id
 WHERE a.tenant_id = :tenant AND a.id = :application;

-- fn bureau_lock(id i64) -> one(status text, tries i64, open bool)
SELECT status, tries, next_try_at IS NOT NULL AS open FROM bureau_request
 WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn bureau_store_row(id i64, status text, next_try_at instant?, score i64?, proposed_limit i64?, reference text?,
--   reason text?) -> exec
UPDATE bureau_request
   SET status = :status, next_try_at = :next_try_at, score = :score, proposed_limit = :proposed_limit,
       reference = :reference, reason = :reason, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- The application is locked; its score is its own so far.
-- fn bureau_application(application i64) -> one(status text, score i64, score_parts json)
SELECT status, score, score_parts FROM credit_application WHERE tenant_id = :tenant AND id = :application
   FOR NO KEY UPDATE;

-- fn bureau_scored(application i64, score i64, score_parts json) -> exec
UPDATE credit_application SET score = :score, score_parts = :score_parts, version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :application;
