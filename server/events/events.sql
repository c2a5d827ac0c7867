-- Events get consecutive numbers: the series row is the last lock of a transaction, so that the
-- order of numbers is the order of commits and a reader who has seen n has missed nothing below.
-- fn events_insert(n i64, rows e[type text, resource text, resource_id i64, api_key_id i64?, request_id text?, before json?, after json?]) -> exec
WITH s AS (
    INSERT INTO number_series (tenant_id, series, prefix, last) VALUES (:tenant, 'event', '', :n)
    ON CONFLICT (tenant_id, series) DO UPDATE SET last = number_series.last + :n
    RETURNING last - :n AS base)
INSERT INTO event (tenant_id, seq, type, resource, resource_id, at, api_key_id, request_id, before, after)
SELECT :tenant, s.base + e.ordinal, e.type, e.resource, e.resource_id, :now, e.api_key_id,
       e.request_id, e.before, e.after
  FROM s, unnest(:e.type, :e.resource, :e.resource_id, :e.api_key_id, :e.request_id, :e.before, :e.after)
       WITH ORDINALITY AS e(type, resource, resource_id, api_key_id, request_id, before, after, ordinal);

-- The wrappers in list.c turn these rows into the items of the API and declare the filters.
-- fn events_page() -> list(seq i64, type text, resource text, resource_id i64, at instant,
--     request_id text?, api_key_id i64?, data json?)
-- sort seq unique: e.seq
SELECT e.seq, e.type, e.resource, e.resource_id, e.at, e.request_id, e.api_key_id, e.after AS data
  FROM event e
 WHERE e.tenant_id = :tenant AND :filters;

-- fn audit_page() -> list(seq i64, at instant, api_key_id i64?, request_id text?, action text,
--     resource text, resource_id i64, before json?, after json?)
-- sort seq unique: e.seq
SELECT e.seq, e.at, e.api_key_id, e.request_id, e.type AS action, e.resource, e.resource_id,
       e.before, e.after
  FROM event e
 WHERE e.tenant_id = :tenant AND :filters;
