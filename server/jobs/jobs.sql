-- Jobs, their files and results.
-- include "server/jobs/jobs.h"

-- fn job_insert(id i64, kind text, api_key_id i64, request_id text?, csv bool, validate_only bool,
--   total i64) -> exec
INSERT INTO job (tenant_id, id, kind, api_key_id, request_id, csv, validate_only, total,
                 created_at, turn_at)
VALUES (:tenant, :id, :kind, :api_key_id, :request_id, :csv, :validate_only, :total, :now, :now);

-- fn job_parts_insert(job i64, rows p[first_index i64, line_count i64, first_row i64, body bytes]) -> exec
INSERT INTO job_part (tenant_id, job_id, first_index, line_count, first_row, body)
SELECT :tenant, :job, p.first_index, p.line_count, p.first_row, p.body
  FROM unnest(:p.first_index, :p.line_count, :p.first_row, :p.body)
       AS p(first_index, line_count, first_row, body);

-- fn job_select(id i64) -> maybe struct job(id i64, kind text, validate_only bool, status text, total i64, done i64,
--   accepted i64, refused i64, reason text?, api_key_id i64, created_at instant,
--   started_at instant?, finished_at instant?)
SELECT id, kind, validate_only, status, total, accepted + refused AS done, accepted, refused, reason, api_key_id,
       created_at, started_at, finished_at
  FROM job WHERE tenant_id = :tenant AND id = :id;

-- Waits for whoever works on it.
-- fn job_lock(id i64) -> maybe struct job(id i64, kind text, validate_only bool, status text, total i64, done i64,
--   accepted i64, refused i64, reason text?, api_key_id i64, created_at instant,
--   started_at instant?, finished_at instant?)
SELECT id, kind, validate_only, status, total, accepted + refused AS done, accepted, refused, reason, api_key_id,
       created_at, started_at, finished_at
  FROM job WHERE tenant_id = :tenant AND id = :id FOR UPDATE;

-- None when another worker has it, or when it has ended.
-- fn job_claim(id i64) -> maybe(kind text, validate_only bool, status text, total i64, accepted i64,
--   refused i64, api_key_id i64, request_id text?, csv bool, created_at instant, started_at instant?)
SELECT kind, validate_only, status, total, accepted, refused, api_key_id, request_id, csv, created_at, started_at
  FROM job
 WHERE tenant_id = :tenant AND id = :id AND status IN ('queued', 'running')
   FOR UPDATE SKIP LOCKED;

-- The part of the file that the line is in.
-- fn job_part_of(job i64, index i64) -> maybe(first_index i64, line_count i64, first_row i64, body bytes)
SELECT first_index, line_count, first_row, body FROM job_part
 WHERE tenant_id = :tenant AND job_id = :job AND first_index <= :index
 ORDER BY first_index DESC LIMIT 1;

-- fn job_move(id i64, status text, accepted i64, refused i64, reason text?, started_at instant?,
--   finished_at instant?) -> exec
UPDATE job SET status = :status, accepted = :accepted, refused = :refused, reason = :reason,
       started_at = :started_at, finished_at = :finished_at, turn_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn job_results_insert(job i64, rows r[index i64, status i64, result json]) -> exec
INSERT INTO job_result (tenant_id, job_id, index, status, result)
SELECT :tenant, :job, r.index, r.status, r.result
  FROM unnest(:r.index, :r.status, :r.result) AS r(index, status, result);

-- fn job_results_page(job i64, after i64, lowest i64, highest i64, most i64) -> many(index i64, result json)
SELECT index, result FROM job_result
 WHERE tenant_id = :tenant AND job_id = :job AND index > :after
   AND status BETWEEN :lowest AND :highest
 ORDER BY index LIMIT :most;

-- Those of all tenants that are open, the one that waits longest first.
-- fn jobs_open(most i64) -> many(tenant i64, id i64, validate_only bool, today date)
SELECT j.tenant_id AS tenant, j.id, j.validate_only, (:now AT TIME ZONE t.time_zone)::date AS today
  FROM job j JOIN tenant t ON t.tenant_id = j.tenant_id
 WHERE j.status IN ('queued', 'running')
 ORDER BY j.turn_at LIMIT :most;

-- fn jobs_forget_files(before instant) -> exec
DELETE FROM job_part p USING job j
 WHERE p.tenant_id = :tenant AND j.tenant_id = :tenant AND j.id = p.job_id
   AND j.finished_at < :before;

-- fn jobs_list() -> list struct job(id i64, kind text, validate_only bool, status text, total i64, done i64,
--   accepted i64, refused i64, reason text?, api_key_id i64, created_at instant,
--   started_at instant?, finished_at instant?)
-- filter kind text: j.kind
-- filter status text: j.status
-- filter validate_only bool: j.validate_only
-- filter created_at instant: j.created_at
-- sort id: j.id
SELECT j.id, j.kind, j.validate_only, j.status, j.total, j.accepted + j.refused AS done, j.accepted, j.refused,
       j.reason, j.api_key_id, j.created_at, j.started_at, j.finished_at
  FROM job j
 WHERE j.tenant_id = :tenant AND :filters;
