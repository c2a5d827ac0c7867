-- Tenants and API keys.
-- include "server/tenants/tenants.h"

-- All facts of the tenant, its date at :now, and the instant at which that date ends.
-- fn tenant_find() -> one(version i64, currency text, time_zone text, country text, rounding text,
--   tax_rounding text, credit_mode text, locked_until date?, fiscal_year_start_month i32,
--   approvals bool, today date, next_midnight instant)
SELECT version, currency, time_zone, country, rounding, tax_rounding, credit_mode, locked_until,
       fiscal_year_start_month,
       EXISTS (SELECT FROM approval_rule WHERE tenant_id = :tenant AND status = 'active')
           AS approvals,
       (:now AT TIME ZONE time_zone)::date AS today,
       ((:now AT TIME ZONE time_zone)::date + 1)::timestamp AT TIME ZONE time_zone AS next_midnight
  FROM tenant WHERE tenant_id = :tenant;

-- The key of a request.
-- fn api_key_find(key i64) -> one(name text, secret_hash bytes, scopes text, expires_at instant?,
--   revoked_at instant?)
SELECT name, secret_hash, scopes, expires_at, revoked_at
  FROM api_key WHERE tenant_id = :tenant AND id = :key;

-- fn api_key_insert(id i64, name text, secret_hash bytes, scopes text, expires_at instant?) -> exec
INSERT INTO api_key (tenant_id, id, name, secret_hash, scopes, created_at, expires_at)
VALUES (:tenant, :id, :name, :secret_hash, :scopes, :now, :expires_at);

-- The representation.
-- fn tenant_select() -> one struct tenant(id i64, version i64, name text, legal_name text,
--   tax_id text?, country text, currency text, time_zone text, fiscal_year_start_month i64,
--   rounding text, tax_rounding text, credit_mode text, locked_until date?, today date,
--   created_at instant)
SELECT tenant_id, version, name, legal_name, tax_id, country, currency, time_zone,
       fiscal_year_start_month::bigint, rounding, tax_rounding, credit_mode, locked_until,
       (:now AT TIME ZONE time_zone)::date, created_at
  FROM tenant WHERE tenant_id = :tenant;

-- fn tenant_lock() -> one struct tenant(id i64, version i64, name text, legal_name text,
--   tax_id text?, country text, currency text, time_zone text, fiscal_year_start_month i64,
--   rounding text, tax_rounding text, credit_mode text, locked_until date?, today date,
--   created_at instant)
SELECT tenant_id, version, name, legal_name, tax_id, country, currency, time_zone,
       fiscal_year_start_month::bigint, rounding, tax_rounding, credit_mode, locked_until,
       (:now AT TIME ZONE time_zone)::date, created_at
  FROM tenant WHERE tenant_id = :tenant FOR NO KEY UPDATE;

-- fn tenant_update(name text, legal_name text, tax_id text?, credit_mode text,
--   locked_until date?) -> exec
UPDATE tenant SET name = :name, legal_name = :legal_name, tax_id = :tax_id,
       credit_mode = :credit_mode, locked_until = :locked_until, version = version + 1
 WHERE tenant_id = :tenant;

-- fn tenant_insert(id i64, name text, legal_name text, tax_id text?, country text, currency text,
--   time_zone text, fiscal_year_start_month i32, rounding text, tax_rounding text,
--   credit_mode text) -> exec
INSERT INTO tenant (tenant_id, name, legal_name, tax_id, country, currency, time_zone,
                    fiscal_year_start_month, rounding, tax_rounding, credit_mode, created_at)
VALUES (:id, :name, :legal_name, :tax_id, :country, :currency, :time_zone,
        :fiscal_year_start_month, :rounding, :tax_rounding, :credit_mode, :now);

-- Does PostgreSQL know the time zone? Abbreviations and POSIX forms do not count.
-- fn time_zone_known(name text) -> one(known bool)
SELECT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = :name) AS known;

-- Every tenant of this database, for the command line.
-- fn tenants_list_all() -> many(id i64, name text, currency text)
SELECT tenant_id, name, currency FROM tenant ORDER BY tenant_id;

-- Takes n numbers of a series at once; the last one comes back. The row is made by the first taker.
-- fn number_series_take(series text, prefix text, n i64) -> one(prefix text, last i64)
INSERT INTO number_series AS s (tenant_id, series, prefix, last)
VALUES (:tenant, :series, :prefix, :n)
    ON CONFLICT (tenant_id, series) DO UPDATE SET last = s.last + excluded.last
RETURNING s.prefix, s.last;
