-- The outcomes kept under these keys. Key by key, each by the whole primary key: OFFSET 0 keeps the
-- planner from reading all keys of an operation, of which it expects one row as long as the table
-- was not analyzed.
-- fn idempotency_find(api_key i64, operation text, keys text[]) -> many(key text, fingerprint bytes, status i64, headers json, body text)
SELECT k.key, k.fingerprint, k.status::bigint, k.headers, k.body
  FROM unnest(:keys) AS w(key)
 CROSS JOIN LATERAL (
       SELECT key, fingerprint, status, headers, body FROM idempotency_key
        WHERE tenant_id = :tenant AND api_key_id = :api_key AND operation = :operation AND key = w.key
       OFFSET 0) k;

-- Keeps outcomes. A key that another transaction kept meanwhile violates the primary key, and the
-- transaction runs again and finds it.
-- fn idempotency_keep(api_key i64, operation text, rows o[key text, fingerprint bytes, status i64, headers json, body text]) -> exec
INSERT INTO idempotency_key (tenant_id, api_key_id, operation, key, fingerprint, status, headers, body, created_at)
SELECT :tenant, :api_key, :operation, o.key, o.fingerprint, o.status, o.headers, o.body, :now
  FROM unnest(:o.key, :o.fingerprint, :o.status, :o.headers, :o.body)
       AS o(key, fingerprint, status, headers, body)
 ORDER BY o.key;

-- Forgets outcomes older than a point in time.
-- fn idempotency_forget(before instant) -> exec
DELETE FROM idempotency_key WHERE tenant_id = :tenant AND created_at < :before;
